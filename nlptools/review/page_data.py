"""Word rows, their usage, a comparison -> the data of the page, as values that JSON can hold."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlptools import __version__
from nlptools.discovery.columns import KINDS
from nlptools.errors import NlptoolsError
from nlptools.review.compare import Comparison, per_million
from nlptools.review.targets import MOST, TARGETS
from nlptools.review.winning import frequencies_for_any_part
from nlptools.segmentation.jieba import JiebaDictionary
from nlptools.text.delimited import csv_line, read_cells
from nlptools.text.wordlists import WordRows
from nlptools.usage.usage import LONGEST_DIVIDED, Usage

_GROWTH_POINTS = 200
_WIDTHS = {
    "word": "minmax(90px, 2fr)",
    "decision": "minmax(112px, 1.1fr)",
    "first_seen": "minmax(84px, 1.1fr)",
    "log_odds": "minmax(84px, 1fr)",
    "known": "minmax(84px, 1fr)",  # "known" with the arrow of a sorted column
}
_NARROWEST, _DIGIT, _PADDING = 64, 9, 18  # pixels: of a column, of a digit or a comma, beside them

# Key of a column -> type: of those that a word table has, too, its schema says it.
_KINDS = KINDS | {
    **{"count_a": "int", "count_b": "int", "log_odds": "real", "z": "real"},
    **{"rate_a": "real", "rate_b": "real", "first_seen": "text"},
    **{"length": "int", "decision": "text"},
}
# Columns of a comparison for which there is no room in the table.
_BESIDE = ("rate_a", "rate_b", "count", "length", "pmi")


def report_data(
    rows: WordRows,
    usage: Usage,
    *,
    name: str,
    files: Sequence[str],
    known: frozenset[str] | set[str] = frozenset(),
    comparison: Comparison | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, contexts) of the page for words and how they are used.

    name: of the list, by which downloads are named. files: what the corpus was read from. known: words that are
    marked, beside those that the list marks itself. comparison: of the same words, in the same order.
    """
    columns = _columns(rows, usage, known, comparison)
    values = dict(columns)
    values |= {"left_entropy": _reals(usage.left_entropy, 4, usage.counts)}
    values |= {"right_entropy": _reals(usage.right_entropy, 4, usage.counts)}
    if rows.decisions:
        values["decision"] = rows.decisions
    data: dict[str, Any] = {
        "version": 1,
        "kind": "report" if comparison is None else "compare",
        "generator": f"nlptools {__version__}",
        "id": _identity(name, rows.words),
        "corpus": {
            "files": list(files),
            "symbols": sum(usage.symbols),
            "characters": sum(usage.characters),
        },
        "columns": [_described(key, values, comparison) for key, values in columns.items()],
        "rows": values,
        "splits": [
            [number for left, _, a, b in splits for number in (len(left), a, b)]
            for splits in usage.splits
        ],
        "left": [[cell for pair in pairs for cell in pair] for pairs in usage.left],
        "right": [[cell for pair in pairs for cell in pair] for pairs in usage.right],
        "left_breaks": usage.left_breaks.tolist(),
        "right_breaks": usage.right_breaks.tolist(),
        "growth": growth(usage.first, sum(usage.characters)),
        "source": _source(rows, name),
        "jieba": jieba_frequencies(rows.words, usage.counts.tolist()),
    }
    if comparison is not None:
        data["slices"] = {
            "names": short_names(comparison.names),
            "symbols": comparison.totals,
            "counts": comparison.slices.tolist(),
            "first_b": comparison.first_b,
        }
    return data, _contexts(usage)


def _columns(
    rows: WordRows, usage: Usage, known: frozenset[str] | set[str], comparison: Comparison | None
) -> dict[str, list[Any]]:
    """Key -> values, in the order of the table."""
    counts = usage.counts
    columns: dict[str, list[Any]] = {"word": rows.words}
    if comparison is None:
        columns["count"] = counts.tolist()
    else:
        columns["count_a"] = comparison.count_a.tolist()
        columns["count_b"] = comparison.count_b.tolist()
        columns["log_odds"] = _reals(comparison.log_odds, 4)
        columns["z"] = _reals(comparison.z, 2)
        a = per_million(comparison.count_a, comparison.total_a)
        b = per_million(comparison.count_b, comparison.total_b)
        columns["rate_a"], columns["rate_b"] = a.tolist(), b.tolist()
        short = dict(zip(comparison.names, short_names(comparison.names), strict=True)) | {"": ""}
        columns["first_seen"] = [short[name] for name in comparison.first_seen]
    given = rows.columns
    if "score" in given:
        columns["score"] = given["score"]
    columns["length"] = [
        int(n) or len(w) for n, w in zip(usage.symbol_counts, rows.words, strict=True)
    ]
    columns["pmi"] = _reals(usage.pmi, 4, counts)
    if comparison is not None:
        columns["known"] = (comparison.count_a > 0).tolist()
    elif "known" in given or known:
        marked = given.get("known", [False] * len(rows.words))
        columns["known"] = [
            bool(mark) or word in known for mark, word in zip(marked, rows.words, strict=True)
        ]
    if any(given.get("term", [])):
        columns["term"] = given["term"]
    if comparison is not None:
        columns["count"] = counts.tolist()
    columns["decision"] = []
    return columns


def _source(rows: WordRows, name: str) -> dict[str, Any]:
    """The list as it stands in its file, without decisions: the page writes them anew."""
    header, lines = (rows.header, rows.lines) if not rows.decisions else _undecided(rows)
    return {"kind": rows.kind, "header": header, "lines": lines, "name": Path(name).name}


def _undecided(rows: WordRows) -> tuple[str, list[str]]:
    if rows.kind == "jsonl":
        records = map(json.loads, rows.lines)
        shorter = ({k: v for k, v in row.items() if k != "decision"} for row in records)
        return rows.header, [json.dumps(row, ensure_ascii=False) for row in shorter]
    cut: Callable[[str], list[str]]
    join: Callable[[list[str]], str]
    if rows.kind == "csv":
        cut, join = (lambda line: next(read_cells(io.StringIO(line)))), csv_line
    else:
        cut, join = (lambda line: line.split("\t")), "\t".join
    out = {i for i, name in enumerate(cut(rows.header)) if name == "decision"}

    def without(line: str) -> str:
        return join([cell for i, cell in enumerate(cut(line)) if i not in out])

    return without(rows.header), [without(line) for line in rows.lines]


def jieba_frequencies(words: Sequence[str], counts: Sequence[int]) -> dict[str, Any]:
    """What the page writes into a user dictionary of jieba.

    frequencies: of each word, None for one that jieba would misread. winning: whether jieba cuts the accepted words
    as one with them; where its dictionary is not there they are the counts.
    """
    readable = [not TARGETS["jieba"].refusal(word) for word in words]
    found: dict[str, int] = {}
    shown = zip(words, readable, strict=True)
    asked = [word for word, there in shown if there and len(word) <= LONGEST_DIVIDED]
    try:
        base = JiebaDictionary.load(parts_of=asked)
    except NlptoolsError:
        base = None
    if base is not None:
        found = frequencies_for_any_part(asked, base)
    frequencies = [
        found.get(word, min(max(count, 1), MOST)) if there else None
        for word, count, there in zip(words, counts, readable, strict=True)
    ]
    return {"frequencies": frequencies, "winning": base is not None}


def _described(key: str, values: Sequence[Any], comparison: Comparison | None) -> dict[str, Any]:
    narrow = {
        "word",
        "decision",
        *(("count", "score") if comparison is None else ("count_b", "log_odds")),
    }
    digits = 1 if key.startswith("rate") else 2
    width = _WIDTHS.get(key) or _width(_KINDS[key], values, digits)
    return {
        "key": key,
        "type": _KINDS[key],
        "digits": digits,
        "width": width,
        "narrow": key in narrow,
        # The others are shown beside the word, and can be filtered by.
        "table": comparison is None or key not in _BESIDE,
    }


def _width(kind: str, values: Sequence[Any], digits: int) -> str:
    """Wide enough for the longest of its numbers, as the page writes them."""
    shown = "{:,}" if kind == "int" else f"{{:.{digits}f}}"
    numbers = [value for value in values if value is not None and kind in ("int", "real")]
    ends = (min(numbers), max(numbers)) if numbers else ()
    longest = max((len(shown.format(number)) for number in ends), default=0)
    return f"minmax({max(_NARROWEST, longest * _DIGIT + _PADDING)}px, 1fr)"


def short_names(names: Sequence[str]) -> list[str]:
    """Names without what they all begin with; a number stays whole (news-2023, news-2024: 2023, 2024)."""
    if len(names) < 2:
        return list(names)
    pairs = zip(min(names), max(names), strict=False)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)
    before = "".join(pair[0] for pair in same).rstrip("0123456789")
    if any(len(name) == len(before) for name in names):
        return list(names)
    return [name[len(before) :] for name in names]


def _reals(values: np.ndarray, digits: int, counts: np.ndarray | None = None) -> list[float | None]:
    """Rounded; None for what JSON has no number for, and where a word never occurs."""
    shown = [
        round(value, digits) if math.isfinite(value) else None
        for value in np.asarray(values, np.float64).tolist()
    ]
    if counts is None:
        return shown
    return [value if count else None for value, count in zip(shown, counts.tolist(), strict=True)]


def growth(first: np.ndarray, characters: int) -> list[list[int]]:
    """[characters read, different words seen by then], at up to 200 places."""
    places = np.sort(first[first >= 0])
    at = np.unique(np.linspace(0, characters, _GROWTH_POINTS + 1).astype(np.int64))
    return [at.tolist(), np.searchsorted(places, at, side="left").tolist()]


def _identity(name: str, words: Sequence[str]) -> str:
    """By which a browser keeps the decisions: of the list, whatever corpus it is looked at in."""
    text = "\n".join([Path(name).name, *sorted(words)])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _contexts(usage: Usage) -> dict[str, Any]:
    """For each word [source, line, left, right, source, line, ...]; sources by number."""
    sources: dict[str, int] = {}
    rows = [
        [
            cell
            for found in contexts
            for cell in (
                sources.setdefault(found.source, len(sources)),
                found.line,
                found.left,
                found.right,
            )
        ]
        for contexts in usage.contexts
    ]
    return {"sources": list(sources), "rows": rows}
