"""Texts of documents -> the table of their numbers, with the reasons that need no limits; the table -> limits, duplicates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlptools.base import storage
from nlptools.base.machine import trim_memory
from nlptools.base.seen import SeenHashes
from nlptools.lm.documents import score_documents
from nlptools.lm.filtered import FilterReport
from nlptools.lm.filterrules import COLUMNS, REASONS, FilterRules, per_symbol
from nlptools.lm.limits import quantiles_of, shrunk
from nlptools.lm.measures import hashes_of, measure
from nlptools.lm.stream import LineScorer
from nlptools.text.longtexts import LongText

WIDTH = len(COLUMNS)
REASON = COLUMNS.index("reason")  # the last one
# What limits are found by, as columns of a narrower table.
OF_LIMITS = [COLUMNS.index(name) for name in ("log10_prob", "numbers", "reason")]
_ROWS = 1 << 14  # of the table that are read at a time; sums do not depend on how the text came


def judge(
    texts: Sequence[str | LongText], scorer: LineScorer, rules: FilterRules
) -> tuple[np.ndarray, np.ndarray]:
    """(rows of the table, float64, a row for each text; hashes of the texts where duplicates are looked for)."""
    long = any(isinstance(text, LongText) for text in texts)
    if long:  # large arrays do not fit into what those of other documents have left
        trim_memory()
    scores = score_documents(scorer, texts)
    if long:
        trim_memory()
    columns = {
        "log10_prob": scores.log10_probs,
        "numbers": scores.numbers,
        "symbols": scores.symbols,
        "oov": scores.oov / np.maximum(scores.symbols, 1),
        "characters": np.fromiter(map(len, texts), np.float64, len(texts)),
        **measure(texts, rules.measured),
    }
    rows = np.full((len(texts), WIDTH), math.nan)
    for name, values in columns.items():
        rows[:, COLUMNS.index(name)] = values
    rows[:, REASON] = rules.reasons(columns)
    return rows, hashes_of(texts) if rules.unique else np.empty((0, 2), np.uint64)


def duplicates(rows: np.ndarray, hashes: np.ndarray, seen: SeenHashes) -> np.ndarray:
    """Places of the rows whose texts came before; those with too few symbols are not looked at. Their reason is set."""
    fit = np.flatnonzero(rows[:, -1] != REASONS.index("symbols"))
    again = fit[seen.add(hashes[fit])]
    rows[again, -1] = REASONS.index("duplicate")
    return again


class DocumentTable:
    """Rows of documents in a file; the last column is the reason."""

    def __init__(self, folder: Path, width: int = WIDTH) -> None:
        self._width = width
        self._writer = storage.ColumnWriter(np.float64, storage.SpillFile(folder))
        self._column: storage.Column | None = None

    def append(self, rows: np.ndarray) -> None:
        """Put rows at the end; not after one was read."""
        self._writer.append(rows.ravel())

    def __len__(self) -> int:
        return self._writer.length // self._width

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Some rows, as far as there are any."""
        if self._column is None:
            self._column = self._writer.finish()
        width = self._width
        return self._column[start * width : stop * width].reshape(-1, width)

    def kept(self) -> Iterator[np.ndarray]:
        """Rows of documents that have no reason to be dropped, some at a time."""
        for start in range(0, len(self), _ROWS):
            rows = self.rows(start, min(start + _ROWS, len(self)))
            yield rows[rows[:, -1] == 0]


def find_limits(table: DocumentTable, rules: FilterRules, report: FilterReport) -> None:
    """Mean and limits, of the documents that no other rule drops, into the report."""
    log10_prob = numbers = 0.0
    for rows in table.kept():
        log10_prob += float(rows[:, COLUMNS.index("log10_prob")].sum())
        numbers += float(rows[:, COLUMNS.index("numbers")].sum())
    report.mean = log10_prob / numbers if numbers else math.nan
    report.sample = len(table)
    if rules.quantiles is None:
        return

    def values() -> Iterator[np.ndarray]:
        for rows in table.kept():
            yield -shrunk(*per_symbol(rows), report.mean, rules.weight)

    report.limits = quantiles_of(values, [share / 100 for share in rules.quantiles])
