// One word: its numbers, splits, neighbours and contexts.

import { foreign, make } from "./dom.js";
import { integer, number, t } from "./words.js";

export function showWord(holder, data, contexts, decisions, row) {
  if (row < 0) {
    holder.replaceChildren(make("p", { class: "quiet" }, t("choose")));
    return;
  }
  const decision = decisions.of(row);
  const { rows } = data;
  const mark = decision ? make("span", { class: `mark ${decision}` }, t(decision)) : null;
  holder.replaceChildren(
    make("h2", {}, foreign(rows.word[row]), mark),
    facts(data, row),
    make("h3", {}, t("contexts")), contextTable(contexts, row, rows.word[row]),
    ...splitTable(data, row),
    make("h3", {}, t("neighbours")), neighbourList(data, row),
  );
}

function facts(data, row) {
  const { rows } = data;
  const list = make("dl", { class: "facts" });
  for (const { key, type, digits } of [...data.columns, { key: "left_entropy", type: "real", digits: 2 }, { key: "right_entropy", type: "real", digits: 2 }]) {
    if (["word", "decision", "entropy"].includes(key)) continue;
    const value = rows[key][row];
    if (value === null || value === undefined || value === "") continue;
    const shown = type === "int" ? integer(value) : type === "flag" ? t(key === "known" ? (value ? "known" : "new") : value ? "yes" : "no")
      : type === "real" ? number(value, digits) : foreign(value);
    list.append(make("div", {}, make("dt", {}, t(key)), make("dd", {}, shown)));
  }
  return list;
}

function contextTable({ sources, rows }, row, word) {
  const flat = rows[row];
  if (!flat.length) return make("p", { class: "quiet" }, t("no_contexts"));
  const body = make("tbody");
  for (let i = 0; i < flat.length; i += 4) {
    const [source, line, left, right] = flat.slice(i, i + 4);
    body.append(make("tr", {},
      make("td", { class: "left" }, foreign(left)),
      make("td", { class: "middle" }, foreign(word, "mark")),
      make("td", { class: "right" }, foreign(right)),
      make("td", { class: "place" }, foreign(sources[source]), `:${line}`)));
  }
  const head = make("tr", {}, ...["context_left", "word", "context_right", "source"].map((name) => make("th", { scope: "col" }, t(name))));
  return make("table", { class: "contexts" }, make("thead", { class: "hidden" }, head), body);
}

function splitTable(data, row) {
  const flat = data.splits[row];
  if (!flat.length) return [];
  const [word, own, total] = [data.rows.word[row], data.rows.count[row], data.corpus.symbols];
  const letters = [...word]; // code points: lengths are counted in them
  const splits = [];
  for (let i = 0; i < flat.length; i += 3) {
    const [length, left, right] = flat.slice(i, i + 3);
    const pmi = own && left && right ? Math.log((total * own) / (left * right)) : null;
    splits.push({ texts: [letters.slice(0, length).join(""), letters.slice(length).join("")], counts: [left, right], pmi });
  }
  const weakest = Math.min(...splits.map((split) => split.pmi ?? Infinity));
  const body = make("tbody", {}, ...splits.map(({ texts, counts, pmi }) => make("tr", {},
    make("td", {}, foreign(texts[0]), ` ${integer(counts[0])}`), make("td", {}, foreign(texts[1]), ` ${integer(counts[1])}`),
    make("td", { class: "real" }, number(pmi)), make("td", { class: "quiet" }, splits.length > 1 && pmi === weakest ? t("weakest") : ""))));
  const head = make("tr", {}, make("th", { scope: "col" }, t("left_part")), make("th", { scope: "col" }, t("right_part")), make("th", { scope: "col", class: "real" }, t("pmi")), make("td"));
  return [make("h3", {}, t("splits")), make("table", { class: "splits" }, make("thead", {}, head), body)];
}

function neighbourList(data, row) {
  const list = make("dl", { class: "neighbours" });
  for (const [name, key] of [["before", "left"], ["after", "right"]]) {
    const flat = data[key][row];
    const shown = make("dd");
    for (let i = 0; i < flat.length; i += 2) shown.append(make("span", { class: "chip" }, foreign(flat[i]), ` ${integer(flat[i + 1])}`));
    const breaks = data[`${key}_breaks`][row];
    if (breaks) shown.append(make("span", { class: "chip quiet" }, `${t("at_break")} ${integer(breaks)}`));
    list.append(make("dt", {}, t(name)), shown);
  }
  return list;
}

