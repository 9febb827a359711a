"""Columns of words and their numbers -> WordTable: selecting, sorting, putting tables together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

SORT_COLUMNS = {
    "score": "scores",
    "count": "counts",
    "expected": "expected",
    "pmi": "pmi",
    "left-entropy": "left_entropy",
    "right-entropy": "right_entropy",
}


@dataclass(frozen=True)
class WordTable:
    """Ranked words, best first; aligned columns.

    counts: occurrences in the corpus, int64. expected: of them as a word (method em), or times
    cut out (method lm), float64, NaN where the method does not say. pmi: of the weakest split, nats. left_entropy, right_entropy: nats. shards: how
    many tenths of the corpus have it (method em), int64, 0 where the method does not say. scores: what the
    method ranks by. terms: whether it is a sequence of words (method em). known: whether in a list of known
    words.
    passed: False for what only `top` asked for. removed: what each filter took out, in their order.
    settings: the thresholds that were used, also where they were scaled to the corpus. symbols,
    ngrams: how many there are in the corpus, and how many different ones were looked at.
    """

    words: list[str]
    counts: np.ndarray
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    scores: np.ndarray
    passed: np.ndarray
    known: np.ndarray
    expected: np.ndarray
    shards: np.ndarray
    terms: np.ndarray
    removed: dict[str, int] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    symbols: int = 0
    ngrams: int = 0

    def __len__(self) -> int:
        return len(self.words)

    @staticmethod
    def empty() -> WordTable:
        """No words."""
        none = np.zeros(0)
        return make_table([], none.astype(np.int64), none, none, none, none)

    def select(self, rows: np.ndarray) -> WordTable:
        """The table of these rows, in this order."""
        arrays = {name: getattr(self, name)[rows] for name in ARRAYS}
        words = [self.words[i] for i in rows.tolist()]
        return replace(self, words=words, **arrays)

    def sorted(self, by: str = "score") -> WordTable:
        """Best first by a column of SORT_COLUMNS, or by "word"; ties by word, in code point order."""
        order = sorted(range(len(self.words)), key=self.words.__getitem__)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        if by == "word":
            return self.select(np.array(order, np.int64))
        keys = [place, -getattr(self, SORT_COLUMNS[by])]
        if by == "score":  # what did not pass comes last; where it has no score, by PMI
            keys = [place, np.where(self.passed, 0, -self.pmi), -self.scores, ~self.passed]
        return self.select(np.lexsort(keys))


ARRAYS = (
    *("counts", "pmi", "left_entropy", "right_entropy", "scores", "passed", "known"),
    *("expected", "shards", "terms"),
)


def stack_tables(tables: Sequence[WordTable]) -> WordTable:
    """The rows of all tables; what is not a row is the first one's."""
    words = [word for table in tables for word in table.words]
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(t, name) for t in tables]) for name in ARRAYS
    }
    return replace(tables[0], words=words, **arrays)


def make_table(
    words: list[str],
    counts: np.ndarray,
    weakest: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    scores: np.ndarray,
) -> WordTable:
    """Words that passed, none known, without what only the method em says."""
    size = len(counts)
    return WordTable(
        words,
        counts,
        weakest,
        left,
        right,
        scores.astype(np.float64),
        passed=np.ones(size, bool),
        known=np.zeros(size, bool),
        expected=np.full(size, np.nan),
        shards=np.zeros(size, np.int64),
        terms=np.zeros(size, bool),
    )
