// The data in the page -> table, detail, plots, and what joins them.

import "uplot/dist/uPlot.min.css";
import "./style.css";
import { Charts, entropyOf } from "./charts.js";
import { Decisions } from "./decisions.js";
import { showWord } from "./detail.js";
import { byId, make } from "./dom.js";
import { WordTable } from "./table.js";
import { currentLanguage, integer, startLanguage, switchLanguage, t } from "./words.js";

const read = (id) => JSON.parse(byId(id).textContent);
const data = read("data");
if (data.rows.pmi) addEntropy();
let contexts = null; // the larger part; read when the first word is looked at
const filters = { search: "", status: "all", decision: "all", ranges: {} };
const RANGES = data.columns.filter(({ type }) => type === "int" || type === "real").map(({ key }) => key);
let table = null;
let charts = null;
let waiting = 0;

const decisions = new Decisions(data, () => {
  if (table) narrow();
});

// The smaller side is what thresholds are about.
function addEntropy() {
  data.rows.entropy = data.rows.word.map((_, row) => entropyOf(data, row));
  const after = data.columns.findIndex(({ key }) => key === "pmi");
  data.columns.splice(after + 1, 0, { ...data.columns[after], key: "entropy" });
}

function narrow() {
  const { search, status, decision, ranges } = filters;
  const tests = [];
  if (search) {
    const pattern = search.match(/^\/(.+)\/$/);
    let expression = null;
    try { expression = pattern && new RegExp(pattern[1], "u"); } catch { /* not complete yet */ }
    const small = search.toLowerCase();
    tests.push((row) => (expression ? expression.test(data.rows.word[row]) : data.rows.word[row].toLowerCase().includes(small)));
  }
  if (status !== "all" && data.rows.known) tests.push((row) => Boolean(data.rows.known[row]) === (status === "known"));
  if (decision !== "all") tests.push((row) => decisions.of(row) === (decision === "undecided" ? "" : decision));
  for (const [key, [low, high]] of Object.entries(ranges)) {
    if (low === null && high === null) continue;
    tests.push((row) => {
      const value = data.rows[key][row];
      return value !== null && (low === null || value >= low) && (high === null || value <= high);
    });
  }
  table.narrowTo(tests.length ? (row) => tests.every((test) => test(row)) : null);
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(narrow, 60);
}

function moved() {
  if (!table) return;
  const row = table.row();
  contexts ??= read("contexts");
  showWord(byId("word"), data, contexts, decisions, row);
  byId("shown").textContent = t("shown", {
    shown: integer(table.list.length), all: integer(data.rows.word.length), selected: integer(table.selected.size),
    accepted: integer(decisions.count("accepted")), rejected: integer(decisions.count("rejected")),
  });
  const warning = byId("warning");
  warning.hidden = decisions.saved;
  warning.textContent = decisions.saved ? "" : t("not_saved");
  charts?.select([...table.selected]);
}

function setRange(key, end, value) {
  const range = (filters.ranges[key] ??= [null, null]);
  range[end] = value;
  if (end === 0 && (key === "pmi" || key === "entropy")) charts?.setThreshold(key, value);
}

function threshold(key, value) {
  setRange(key, 0, value === null ? null : Math.round(value * 100) / 100);
  const field = byId(`from-${key}`);
  if (field) field.value = filters.ranges[key][0] ?? "";
  soon();
}

function select(id, name, values) {
  const chosen = filters[name];
  const field = make("select", { id, onchange: (event) => { filters[name] = event.target.value; narrow(); } },
    ...values.map((value) => make("option", { value }, t(value))));
  field.value = chosen;
  return make("label", {}, t(name), field);
}

function rangeField(key) {
  const field = (end, word) => {
    const input = make("input", {
      type: "number", step: "any", id: `${word}-${key}`, "aria-label": t(word, { name: t(key) }),
      oninput: (event) => { setRange(key, end, event.target.value === "" ? null : Number(event.target.value)); soon(); },
    });
    input.value = filters.ranges[key]?.[end] ?? "";
    return input;
  };
  return make("fieldset", {}, make("legend", {}, t(key)), field(0, "from"), make("span", { "aria-hidden": "true" }, "–"), field(1, "to"));
}

function fill() {
  document.documentElement.lang = currentLanguage() === "zh" ? "zh-CN" : "en";
  byId("title").textContent = t(data.kind === "compare" ? "title_compare" : "title");
  byId("intro").textContent = t("intro", {
    words: integer(data.rows.word.length), symbols: integer(data.corpus.symbols),
    files: data.corpus.files.length === 1 ? data.corpus.files[0] : t("files", { n: integer(data.corpus.files.length) }),
  });
  const toggle = byId("language");
  toggle.textContent = t("language");
  toggle.setAttribute("aria-label", t("language_label"));
  toggle.lang = currentLanguage() === "zh" ? "en" : "zh-CN";
  const search = make("input", { type: "search", id: "search", placeholder: t("search_hint"), autocomplete: "off", oninput: (event) => { filters.search = event.target.value.trim(); soon(); } });
  search.value = filters.search;
  byId("filters").replaceChildren(
    make("label", { class: "search" }, t("search"), search),
    ...(data.rows.known ? [select("status", "status", ["all", "known", "new"])] : []),
    select("decision", "decision", ["all", "undecided", "accepted", "rejected"]),
    make("details", { id: "ranges", ...(byId("ranges")?.open ? { open: "" } : {}) }, make("summary", {}, t("filters")),
      make("div", { class: "ranges" }, ...RANGES.map(rangeField),
        make("button", { type: "button", id: "clear", onclick: clear }, t("clear")))),
  );
  const button = (id, act, sign = "") => make("button", { type: "button", id, onclick: act }, sign + t(id));
  byId("actions").replaceChildren(
    button("accept", () => table.decide("accepted"), "✓ "), button("reject", () => table.decide("rejected"), "✗ "),
    button("reset", () => table.decide("")), button("undo", () => table.show(decisions.undo())),
    make("details", { class: "menu" }, make("summary", {}, t("download")), make("div", { class: "choices" },
      ...["plain", "plain_rejected", "jieba", "input"].map((kind) =>
        make("button", { type: "button", id: `download-${kind}`, onclick: (event) => { decisions.download(kind); event.target.closest("details").open = false; } }, t(kind === "jieba" && !data.jieba.winning ? "jieba_counts" : kind))))),
  );
  byId("keys").replaceChildren(make("summary", {}, t("keys")), make("p", {}, t("keys_text")));
  byId("word").setAttribute("aria-label", t("details"));
  byId("charts-title").textContent = t("charts");
  byId("made").textContent = t("made", { generator: data.generator });
  byId("licences").firstElementChild.textContent = t("licences");
}

function clear() {
  Object.assign(filters, { search: "", status: "all", decision: "all", ranges: {} });
  for (const name of ["pmi", "entropy"]) charts.setThreshold(name, null);
  fill();
  narrow();
}

startLanguage();
fill();
table = new WordTable(byId("grid"), data, decisions, moved);
moved();
byId("language").addEventListener("click", () => {
  switchLanguage();
  fill();
  table.refresh();
  charts.rebuild();
  charts.select([...table.selected]);
});
// The keys of the table work as long as nothing else has the focus.
document.body.addEventListener("keydown", (event) => table.key(event));
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) {
    byId("search").focus();
    event.preventDefault();
  } else if ((event.key === "Enter" || event.key === "ArrowDown" || event.key === "Escape") && event.target.id === "search") {
    byId("grid").focus();
    event.preventDefault();
  }
});
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== width) table.refresh();
  width = window.innerWidth;
});
// The plots come after the first picture of the table.
requestAnimationFrame(() => setTimeout(() => {
  charts = new Charts(byId("charts"), data, decisions, {
    show: (row) => { table.show(row); byId("grid").scrollIntoView({ block: "nearest" }); },
    threshold,
  });
  charts.select([...table.selected]);
  document.documentElement.dataset.ready = "yes";
}));
