"""Word tables -> TSV, CSV, JSON lines, plain words, pandas. Columns, their names and their order are fixed here."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nlptools.base import frames
from nlptools.discovery.wordtable import WordTable

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

FORMATS = ("tsv", "jsonl", "csv", "plain")
COLUMNS = (
    *("word", "count", "expected", "pmi", "left_entropy", "right_entropy"),
    *("shards", "score", "term", "known"),
)
_DIGITS = 4
_EXPECTED_DIGITS = 2
_BATCH = 1 << 13


def format_words(table: WordTable, how: str) -> Iterator[str]:
    """The table as pieces of text, each of many lines. PMI and entropy are in nats.

    Raises ValueError for an unknown format.
    """
    if how not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {how!r}")
    if how in ("tsv", "csv"):
        yield ("\t" if how == "tsv" else ",").join(COLUMNS) + "\n"
    for start in range(0, len(table), _BATCH):
        rows = list(_rows(table, start, min(start + _BATCH, len(table))))
        if how == "plain":
            yield "".join(f"{row[0]}\n" for row in rows)
        elif how == "tsv":
            yield "".join("\t".join(_cells(row)) + "\n" for row in rows)
        elif how == "csv":
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(map(_cells, rows))
            yield text.getvalue()
        else:
            yield "".join(
                json.dumps(dict(zip(COLUMNS, map(_json, row), strict=True)), ensure_ascii=False)
                + "\n"
                for row in rows
            )


def _rows(table: WordTable, start: int, stop: int) -> Iterator[tuple[Any, ...]]:
    part = slice(start, stop)
    rounded = (
        column[part].round(_DIGITS).tolist()
        for column in (table.pmi, table.left_entropy, table.right_entropy, table.scores)
    )
    pmi, left, right, score = rounded
    yield from zip(
        table.words[part],
        table.counts[part].tolist(),
        table.expected[part].round(_EXPECTED_DIGITS).tolist(),
        pmi,
        left,
        right,
        [number or None for number in table.shards[part].tolist()],
        score,
        table.terms[part].tolist(),
        table.known[part].tolist(),
        strict=True,
    )


def _cells(row: tuple[Any, ...]) -> list[str]:
    return [_cell(value, name) for value, name in zip(row, COLUMNS, strict=True)]


def _cell(value: Any, name: str) -> str:
    """Empty where the method does not say."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or (name == "expected" and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.{_EXPECTED_DIGITS if name == 'expected' else _DIGITS}f}"
    return str(value)


def _json(cell: Any) -> Any:
    """JSON has no number for the PMI of a single symbol, which is infinite, nor for what is not said: null."""
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def to_frame(table: WordTable) -> DataFrame:
    """The table as a pandas DataFrame with the columns of the TSV, unrounded."""
    return frames.to_frame(
        {
            "word": table.words,
            "count": table.counts,
            "expected": table.expected,
            "pmi": table.pmi,
            "left_entropy": table.left_entropy,
            "right_entropy": table.right_entropy,
            "shards": table.shards,
            "score": table.scores,
            "term": table.terms,
            "known": table.known,
        }
    )
