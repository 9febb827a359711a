"""The columns of a word table: one row of a schema each, from which every format, the sorting and the docs are made.

Knows no NumPy, so that the command line can read it at `--help`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

WORD_FORMATS = ("tsv", "jsonl", "csv", "plain")
EVERY_METHOD = ("em", "entropy", "lm", "pmi")


@dataclass(frozen=True)
class Column:
    """What is known of a column.

    attribute: of the WordTable. name: in files. kind: "text", "int", "real", "flag" or "decision". meaning, chinese: one
    sentence for the docs, in English and in Chinese. unit, chinese_unit: likewise, "" for none. digits: after
    the point, of a real number. unsaid: the value where the method does not say, None: every method says
    it. methods: which say it. sortable: whether `sort` takes it. printed: whether files have it.
    """

    attribute: str
    name: str
    kind: str
    meaning: str
    chinese: str
    unit: str = ""
    chinese_unit: str = ""
    digits: int = 4
    unsaid: float | None = None
    methods: tuple[str, ...] = EVERY_METHOD
    sortable: bool = False
    printed: bool = True


def _row(name: str, kind: str, meaning: str, chinese: str, **more: Any) -> dict[str, Any]:
    """A row of the schema, for a field of WordColumns; `more` are the other fields of a Column."""
    return {"name": name, "kind": kind, "meaning": meaning, "chinese": chinese, **more}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WordColumns:
    """The schema, in the order of the files. Numbers are arrays, aligned with the words.

    Types follow the kind: int is int64, real float64, flag and decision bool.
    """

    words: list[str] = field(metadata=_row("word", "text", "the word", "词"))
    counts: np.ndarray = field(
        metadata=_row(
            "count",
            "int",
            "occurrences in the corpus, inside longer words too",
            "在语料中出现的次数，包括出现在更长的词之内",
            unit="occurrences",
            chinese_unit="次",
            sortable=True,
        )
    )
    expected: np.ndarray = field(
        metadata=_row(
            "expected",
            "real",
            "em: how many of them the model takes for this word, and not for a part of another or for two words; for what "
            "it makes of several words, as terms: how many begin and end where words do. lm: how many were cut out",
            "em：模型认为其中有多少次确实是这个词，而不是别的词的一部分或两个词；由几个词组成的（如术语）则是两端都是词边界的次数。lm：被切出的次数",
            unit="occurrences",
            chinese_unit="次",
            digits=2,
            unsaid=float("nan"),
            methods=("em", "lm"),
            sortable=True,
        )
    )
    pmi: np.ndarray = field(
        metadata=_row(
            "pmi",
            "real",
            "how strongly the parts hold together: ln of (count found / count expected if the parts were independent), "
            "for the weakest split (of a term: between two of its words)",
            "凝固度：ln（实际次数 / 各部分相互独立时的期望次数），取最弱的一种切分（术语只在词与词之间切分）",
            unit="nats",
            chinese_unit="nat",
            sortable=True,
        )
    )
    left_entropy: np.ndarray = field(
        metadata=_row(
            "left_entropy",
            "real",
            "how varied the neighbours on the left are; 0: always the same one",
            "左边的自由度：邻接符号有多丰富；0 表示总是同一个",
            unit="nats",
            chinese_unit="nat",
            sortable=True,
        )
    )
    right_entropy: np.ndarray = field(
        metadata=_row(
            "right_entropy",
            "real",
            "how varied the neighbours on the right are; 0: always the same one",
            "右边的自由度：邻接符号有多丰富；0 表示总是同一个",
            unit="nats",
            chinese_unit="nat",
            sortable=True,
        )
    )
    shards: np.ndarray = field(
        metadata=_row(
            "shards",
            "int",
            "em: how many tenths of the corpus have it",
            "em：把语料等分成十份，其中几份有这个词",
            unit="1 to 10",
            chinese_unit="1 到 10",
            unsaid=0,
            methods=("em",),
        )
    )
    scores: np.ndarray = field(
        metadata=_row(
            "score",
            "real",
            "what the method ranks by, times newness. em: the probability that it is a word or a term. entropy: ln(count) × PMI × the smaller entropy (at most "
            "3). lm: that, times `expected` / `count`. pmi: how often the word was cut out as a whole",
            "排序的依据，乘以新颖度。em：是词或术语的概率。entropy：ln(count) × PMI × 左右熵中较小的一个（最多取 3）。lm：entropy 方法的得分乘以 "
            "`expected` / `count`。pmi：作为整体被切出的次数",
            sortable=True,
        )
    )
    terms: np.ndarray = field(
        metadata=_row(
            "term",
            "flag",
            "`yes` for a term of several words (em)",
            "由几个词组成的术语为 `yes`（em）",
            unsaid=False,
            methods=("em",),
        )
    )
    known: np.ndarray = field(
        metadata=_row(
            "known",
            "flag",
            "`yes` when a list given with `--known` has it, by default that under the general model",
            "在 `--known` 给出的词表中时为 `yes`，默认为通用模型所用的词表",
            unsaid=False,
        )
    )
    passed: np.ndarray = field(
        metadata=_row(
            "passed",
            "flag",
            "no for what only `--top` or `--accepted` asked for",
            "仅因 `--top` 或 `--accepted` 才列出的为否",
            unsaid=True,
            printed=False,
        )
    )
    marked: np.ndarray = field(
        metadata=_row(
            "marked",
            "flag",
            "whether it was found across a sign (em)",
            "是否跨符号发现（em）",
            unsaid=False,
            methods=("em",),
            printed=False,
        )
    )
    accepted: np.ndarray = field(
        metadata=_row(
            "decision",
            "decision",
            "with `--accepted` or `--rejected` only: `accepted` for the words that were accepted before",
            "仅在给出 `--accepted` 或 `--rejected` 时才有：先前采纳的词为 `accepted`",
            unsaid=False,
            printed=False,
        )
    )


SCHEMA = tuple(Column(row.name, **row.metadata) for row in fields(WordColumns))
# Those that are arrays, and those that files have.
NUMBERS = tuple(column for column in SCHEMA if column.kind != "text")
PRINTED = tuple(column for column in SCHEMA if column.printed)
# That of tables with decisions, after all others.
DECISION = next(column for column in SCHEMA if column.kind == "decision")
COLUMNS = tuple(column.name for column in PRINTED)
KINDS = {column.name: column.kind for column in SCHEMA}

# As `sort` names them -> attribute; first of all what the methods rank by.
SORT_COLUMNS = {
    column.name.replace("_", "-"): column.attribute
    for column in sorted(SCHEMA, key=lambda column: column.name != "score")
    if column.sortable
}
SORTS = (*SORT_COLUMNS, "word")


def columns_table(chinese: bool = False) -> str:
    """The columns as a Markdown table for the docs: name, meaning, unit."""
    lines = ["| 列 | 含义 | 单位 |" if chinese else "| column | meaning | unit |", "|---|---|---|"]
    for one in (*PRINTED, DECISION):
        meaning, unit = (one.chinese, one.chinese_unit) if chinese else (one.meaning, one.unit)
        lines.append(f"| `{one.name}` | {meaning} | {unit + ' ' if unit else ''}|")
    return "\n".join(lines) + "\n"
