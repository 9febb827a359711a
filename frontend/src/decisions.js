// Which words are accepted and rejected: kept in the browser, undone, downloaded.

const LONGEST_UNDO = 200;

export class Decisions {
  constructor(data, changed) {
    this.words = data.rows.word;
    this.data = data;
    this.key = `nlptools-report:${data.id}`;
    this.changed = changed;
    this.saved = true;
    this.past = [];
    this.made = new Map(); // row -> "accepted" | "rejected"
    (data.rows.decision || []).forEach((decision, row) => decision && this.made.set(row, decision));
    this.load();
  }

  load() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key) || "null");
      if (!kept) return;
      const place = new Map(this.words.map((word, row) => [word, row]));
      this.made.clear();
      for (const decision of ["accepted", "rejected"]) {
        for (const word of kept[decision] || []) if (place.has(word)) this.made.set(place.get(word), decision);
      }
    } catch {
      this.saved = false;
    }
  }

  save() {
    try {
      localStorage.setItem(this.key, JSON.stringify({
        accepted: this.list("accepted"), rejected: this.list("rejected"),
      }));
      this.saved = true;
    } catch {
      this.saved = false;
    }
  }

  of(row) { return this.made.get(row) || ""; }

  count(decision) {
    let number = 0;
    for (const made of this.made.values()) if (made === decision) number += 1;
    return number;
  }

  list(decision) { return this.words.filter((_, row) => this.made.get(row) === decision); }

  decide(rows, decision) {
    this.past.push(rows.map((row) => [row, this.of(row)]));
    if (this.past.length > LONGEST_UNDO) this.past.shift();
    for (const row of rows) this.put(row, decision);
    this.save();
    this.changed();
  }

  put(row, decision) {
    if (decision) this.made.set(row, decision);
    else this.made.delete(row);
  }

  undo() {
    const before = this.past.pop();
    if (!before) return null;
    for (const [row, decision] of before) this.put(row, decision);
    this.save();
    this.changed();
    return before[0] && before[0][0];
  }

  // --- downloads -----------------------------------------------------------------------

  file(kind) {
    if (kind === "plain") return ["accepted.txt", this.list("accepted")];
    if (kind === "plain_rejected") return ["rejected.txt", this.list("rejected")];
    if (kind === "jieba") {
      const { frequencies } = this.data.jieba; // null: a word that jieba would misread
      const rows = this.words.map((_, row) => row).filter((row) => this.of(row) === "accepted" && frequencies[row] !== null);
      return ["userdict.txt", rows.map((row) => `${this.words[row]} ${frequencies[row]} nz`)];
    }
    return this.input();
  }

  input() {
    const { kind, header, lines, name } = this.data.source;
    const column = { tsv: "\tdecision", csv: ",decision" }[kind];
    const stem = name.replace(/\.[^.]*$/, "") || "words";
    if (kind === "jsonl") {
      return [`${stem}.reviewed.jsonl`, lines.map((line, row) =>
        `${line.slice(0, line.lastIndexOf("}"))}, "decision": ${JSON.stringify(this.of(row))}}`)];
    }
    if (kind === "lines") {
      const rest = lines.some((line) => line);
      const rows = lines.map((line, row) => [this.words[row], this.of(row), ...(rest ? [line] : [])].join("\t"));
      return [`${stem}.reviewed.tsv`, [rest ? "word\tdecision\trest" : "word\tdecision", ...rows]];
    }
    const separator = column[0];
    return [`${stem}.reviewed.${kind}`, [header + column, ...lines.map((line, row) => line + separator + this.of(row))]];
  }

  download(kind) {
    const [name, lines] = this.file(kind);
    const blob = new Blob(lines.map((line) => `${line}\n`), { type: "text/plain;charset=utf-8" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
}
