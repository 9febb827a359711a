"""Counts + a word -> all that goes into its scores: splits, neighbours, entropies."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nlptools.base import storage
from nlptools.base.storage import Column
from nlptools.errors import NlptoolsError, quoted
from nlptools.ngrams.counts import MAX_ORDER, NgramCounts
from nlptools.ngrams.neighbours import NeighbourSums, weakest_split
from nlptools.ngrams.symbols import split_symbols

_SHOWN = 5  # neighbours in the repr of a side


@dataclass(frozen=True)
class Split:
    """One way to divide a word in two: the parts, their counts, and the PMI in nats."""

    left: str
    right: str
    left_count: int
    right_count: int
    pmi: float


@dataclass(frozen=True, repr=False)
class Side:
    """Neighbours on one side of a word.

    neighbours: (symbol, count), most frequent first; breaks: occurrences next to a break, each a
    neighbour of its own. entropy in nats; variety = kinds of neighbours + breaks.
    """

    neighbours: list[tuple[str, int]]
    breaks: int
    entropy: float
    variety: int

    def __repr__(self) -> str:
        """The most frequent neighbours alone: there may be thousands."""
        shown = " ".join(f"{symbol} {count:,}" for symbol, count in self.neighbours[:_SHOWN])
        more = " ..." if len(self.neighbours) > _SHOWN else ""
        return f"Side(entropy {self.entropy:.4f}, variety {self.variety:,}: {shown}{more})"


@dataclass(frozen=True, repr=False)
class Explanation:
    """All about one word. pmi: of the weakest split, inf for a single symbol, nan when it never occurs.

    left, right: None where the counts do not reach one symbol beyond the word.
    """

    word: str
    symbols: list[str]
    count: int
    total: int
    splits: list[Split]
    pmi: float
    left: Side | None
    right: Side | None

    def __repr__(self) -> str:
        """One line: what `discover` says of a word."""
        if not self.count:
            return f"Explanation({self.word!r}: never occurs)"
        numbers = [f"count {self.count:,} of {self.total:,}", f"PMI {self.pmi:.4f}"]
        if self.left and self.right:
            numbers.append(f"entropy {self.left.entropy:.4f} left, {self.right.entropy:.4f} right")
        return f"Explanation({self.word!r}: {', '.join(numbers)})"


def word_symbols(word: str, latin: str = "run") -> list[str]:
    """The symbols of a word; NlptoolsError when there is a break in it."""
    symbols = split_symbols(word, latin)
    if not symbols or "" in symbols:
        raise NlptoolsError(
            f"{quoted(word)} has a break in it, so it is no n-gram",
            "ask for the parts between the breaks",
        )
    return symbols


def symbols_within(word: str, latin: str, order: int) -> list[str]:
    """The symbols of a word, not more than `order`; NlptoolsError where it has more, or a break in it."""
    symbols = word_symbols(word, latin)
    if len(symbols) > order:
        enough = min(len(symbols) + 1, MAX_ORDER)
        raise NlptoolsError(
            f"{quoted(word)} has {len(symbols)} symbols, counted were n-grams of up to {order}",
            "ask for its parts" if len(symbols) > MAX_ORDER else f"count with --order {enough}",
        )
    return symbols


def explain_word(counts: NgramCounts, word: str) -> Explanation:
    """The arithmetic behind a word's scores, formulas as in scores.py.

    Raises NlptoolsError for a word with a break in it or longer than the counted order.
    """
    symbols = symbols_within(word, counts.settings.latin, counts.order)
    own = counts.count(symbols)
    splits = _splits(counts, symbols, own)
    left = right = None
    if own and len(symbols) < counts.order:
        left = _side(own, _left_neighbours(counts, symbols))
        right = _side(own, _right_neighbours(counts, symbols))
    weakest = min((split.pmi for split in splits), default=math.inf) if own else math.nan
    return Explanation(word, symbols, own, counts.total, splits, weakest, left, right)


def _splits(counts: NgramCounts, symbols: list[str], own: int) -> list[Split]:
    """Every way to divide a word that occurs `own` times."""
    parts = [(symbols[:j], symbols[j:]) for j in range(1, len(symbols))]
    heads = np.array([counts.count(head) for head, _ in parts], np.int64)
    tails = np.array([counts.count(tail) for _, tail in parts], np.int64)
    # Each split as if it were the only one.
    ratios = weakest_split(counts.total, np.full(len(parts), own), [(slice(None), heads, tails)])
    values = np.log(ratios).tolist() if own else [math.nan] * len(parts)
    numbers = zip(parts, heads.tolist(), tails.tolist(), values, strict=True)
    return [Split("".join(a), "".join(b), *rest) for (a, b), *rest in numbers]


def _side(own: int, found: list[tuple[str, int]]) -> Side:
    """What the neighbours (symbol, count) on one side of a word that occurs `own` times add up to."""
    found.sort(key=lambda item: (-item[1], item[0]))
    sums = NeighbourSums(np.array([own]))
    sums.add(np.zeros(len(found), np.int64), np.array([count for _, count in found], np.int64))
    return Side(found, int(sums.breaks()[0]), float(sums.entropy()[0]), int(sums.variety()[0]))


def _right_neighbours(counts: NgramCounts, symbols: list[str]) -> list[tuple[str, int]]:
    row, n = counts.rows(symbols)[-1], len(symbols)
    children = counts.levels[n - 1].children
    assert children is not None
    start, stop = children[row : row + 2].tolist()
    level = counts.levels[n]
    texts = [counts.alphabet.symbols[i - 1] for i in level.symbols[start:stop].tolist()]
    return list(zip(texts, level.counts[start:stop].tolist(), strict=True))


def _left_neighbours(counts: NgramCounts, symbols: list[str]) -> list[tuple[str, int]]:
    """Follows the word's symbols down from every symbol at once."""
    rows = np.arange(counts.size(1))
    first = rows
    for n, symbol_id in enumerate(counts.alphabet.ids(symbols).tolist(), 1):
        children = counts.levels[n - 1].children
        assert children is not None
        if n == 1:
            found = _rows_with(counts.levels[1].symbols, symbol_id)
            first = counts.parents(2, found) if len(found) else found
        else:
            pairs = [
                (at, place)
                for at, row in zip(first.tolist(), rows.tolist(), strict=True)
                if (place := _child(counts, n, row, symbol_id)) >= 0
            ]
            first = np.array([at for at, _ in pairs], np.int64)
            found = np.array([place for _, place in pairs], np.int64)
        rows = found
    level = counts.levels[len(symbols)]
    return [
        (counts.alphabet.symbols[at], int(level.counts[row : row + 1][0]))
        for at, row in zip(first.tolist(), rows.tolist(), strict=True)
    ]


def _rows_with(column: Column, symbol_id: int) -> np.ndarray:
    pieces = [
        start + np.flatnonzero(column[start : start + (1 << 20)] == symbol_id)
        for start in range(0, len(column), 1 << 20)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def _child(counts: NgramCounts, n: int, row: int, symbol_id: int) -> int:
    children = counts.levels[n - 1].children
    assert children is not None
    start, stop = children[row : row + 2].tolist()
    below = counts.levels[n].symbols[start:stop]
    place = storage.lower_bound(below, symbol_id)
    return start + place if place < len(below) and below[place] == symbol_id else -1
