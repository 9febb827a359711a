// The texts of the page in both languages, and what switches between them.

const TEXTS = {
  en: {
    title: "Words", title_compare: "Words: what is new",
    intro: "{words} words · {files} · {symbols} symbols", files: "{n} files",
    language: "中文", language_label: "中文：切换到中文",
    search: "Search", search_hint: "word, part of one, or /regular expression/",
    all: "all", filters: "Filters", known: "known", new: "new", status: "Known or new", decision: "Decision",
    undecided: "undecided", accepted: "accepted", rejected: "rejected",
    from: "{name}, from", to: "{name}, to", clear: "Clear filters",
    shown: "{shown} of {all} words shown, {selected} selected; {accepted} accepted, {rejected} rejected",
    accept: "Accept", reject: "Reject", undo: "Undo", reset: "Reset",
    keys: "Keys", keys_text: "↑ ↓ move · Shift+↑ ↓ select several · Ctrl+A all that is shown · A accept · R reject · U reset · Z undo · / search · Esc one word only",
    download: "Download", plain: "accepted words, plain list", plain_rejected: "rejected words, plain list",
    jieba: "accepted words, jieba dictionary", jieba_counts: "accepted words, jieba dictionary (counts; some may have no effect)", input: "your list with a column “decision”",
    table: "Table of words", word: "word", count: "count", score: "score", length: "length", pmi: "PMI",
    entropy: "entropy", left_entropy: "left entropy", right_entropy: "right entropy", expected: "expected",
    term: "term", shards: "tenths", log_odds: "log odds", z: "z", count_a: "count A", count_b: "count B",
    rate_a: "A per million", rate_b: "B per million", first_seen: "first seen", yes: "yes", no: "no",
    details: "The word", choose: "Choose a word in the table.", contexts: "Contexts", splits: "Splits",
    neighbours: "Neighbours", before: "before", after: "after", at_break: "at a break", weakest: "weakest",
    no_contexts: "It does not occur in this text.", source: "place", context_left: "text before", context_right: "text after",
    left_part: "left part", right_part: "right part",
    charts: "Charts", rank: "Rank and frequency", rank_x: "rank of the word", rank_y: "count",
    cloud: "PMI and entropy: drag the lines, click a point", cloud_x: "PMI (weakest split, nats)", cloud_y: "entropy (smaller side, nats)",
    least_pmi: "Least PMI", least_entropy: "Least entropy", scores: "Scores", lengths: "Lengths", words_axis: "words",
    length_x: "symbols", growth: "Vocabulary growth", growth_x: "characters read", growth_y: "different words of the list",
    curves: "Growth of the selected words", curves_x: "slice", curves_y: "per million symbols",
    chart_says: "{name}. Horizontal: {x}, {low} to {high}. Vertical: {y}. {n} points.",
    not_saved: "This browser does not let the page keep your decisions: download them before you close it.",
    none_shown: "No word passes the filters.", made: "Made by {generator}. The page needs no network; your decisions stay in this browser.",
    select_several: "several words", licences: "Parts of others, and their licences", active: "{word}: {decision}",
  },
  zh: {
    title: "词表", title_compare: "新词与增长",
    intro: "{words} 个词 · {files} · {symbols} 个符号", files: "{n} 个文件",
    language: "English", language_label: "English: switch to English",
    search: "查找", search_hint: "词、词的一部分，或 /正则表达式/",
    all: "全部", filters: "筛选", known: "已知", new: "新词", status: "已知或新词", decision: "判定",
    undecided: "未判定", accepted: "已采纳", rejected: "已拒绝",
    from: "{name}，最小", to: "{name}，最大", clear: "清除筛选",
    shown: "显示 {shown} / {all} 个词，选中 {selected} 个；采纳 {accepted} 个，拒绝 {rejected} 个",
    accept: "采纳", reject: "拒绝", undo: "撤销", reset: "重置",
    keys: "按键", keys_text: "↑ ↓ 移动 · Shift+↑ ↓ 多选 · Ctrl+A 选中所有显示的词 · A 采纳 · R 拒绝 · U 重置 · Z 撤销 · / 查找 · Esc 只选当前词",
    download: "下载", plain: "采纳的词（纯词表）", plain_rejected: "拒绝的词（纯词表）",
    jieba: "采纳的词（jieba 词典）", jieba_counts: "采纳的词（jieba 词典，以次数为词频，部分词可能不起作用）", input: "原词表加一列 decision",
    table: "词表", word: "词", count: "次数", score: "得分", length: "长度", pmi: "PMI",
    entropy: "熵", left_entropy: "左熵", right_entropy: "右熵", expected: "期望次数",
    term: "词组", shards: "十分段", log_odds: "对数几率比", z: "z", count_a: "A 次数", count_b: "B 次数",
    rate_a: "A 每百万", rate_b: "B 每百万", first_seen: "首次出现", yes: "是", no: "否",
    details: "词的详情", choose: "请在表中选一个词。", contexts: "上下文", splits: "切分",
    neighbours: "邻字", before: "左邻", after: "右邻", at_break: "在断点处", weakest: "最弱",
    no_contexts: "语料中没有出现。", source: "位置", context_left: "上文", context_right: "下文",
    left_part: "左部", right_part: "右部",
    charts: "图", rank: "词频与排名", rank_x: "排名", rank_y: "次数",
    cloud: "PMI 与熵：拖动两条线，点击一点", cloud_x: "PMI（最弱切分，纳特）", cloud_y: "熵（较小一侧，纳特）",
    least_pmi: "最小 PMI", least_entropy: "最小熵", scores: "得分分布", lengths: "长度分布", words_axis: "词数",
    length_x: "符号数", growth: "词汇增长", growth_x: "已读字符数", growth_y: "出现过的不同词数",
    curves: "所选词的增长", curves_x: "时间段", curves_y: "每百万符号",
    chart_says: "{name}。横轴：{x}，{low} 至 {high}。纵轴：{y}。{n} 个点。",
    not_saved: "浏览器不允许本页保存判定：关闭之前请先下载。",
    none_shown: "没有词通过筛选。", made: "由 {generator} 生成。本页不需要网络；判定保存在本浏览器中。",
    select_several: "多个词", licences: "所用部件及其许可", active: "{word}：{decision}",
  },
};

let language = "en";

export function startLanguage() {
  let kept = null;
  try { kept = localStorage.getItem("nlptools-language"); } catch { /* not allowed */ }
  const wanted = kept || (navigator.languages || [navigator.language || "en"])[0];
  language = wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function switchLanguage() {
  language = language === "zh" ? "en" : "zh";
  try { localStorage.setItem("nlptools-language", language); } catch { /* not allowed */ }
}

export const currentLanguage = () => language;

export function t(name, values = {}) {
  const text = TEXTS[language][name];
  if (text === undefined) throw new Error(`no text ${name}`);
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

const whole = { en: new Intl.NumberFormat("en"), zh: new Intl.NumberFormat("zh") };
export const integer = (n) => whole[language].format(n);

export function number(n, digits = 2) {
  return n === null || n === undefined ? "–" : n.toFixed(digits);
}
