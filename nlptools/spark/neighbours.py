"""Counts in pieces on the workers -> the frequent n-grams at the driver, with sums of all their neighbours.

The driver gets the n-grams that occur often enough; what stands beside them is looked up where it was counted. An
n-gram and what follows it are in one piece (shuffle.py), what stands before it is in many.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.ngrams.counts import NgramCounts, Settings, load_counts, prune
from nlptools.ngrams.neighbours import NeighbourSums
from nlptools.ngrams.scores import Frequent, find_keys, frequent_ngrams
from nlptools.spark.count import no_counts
from nlptools.spark.kept import pack_arrays, pack_texts, unpack_arrays, unpack_texts
from nlptools.spark.passes import folded
from nlptools.spark.shuffle import add_pieces, to_bytes
from nlptools.spark.worker import COLUMNS, result_row, told_to_the_driver

_SPAN = 1 << 18  # n-grams whose sums are added up together: 8 MB
_MOST_SPANS = 1 << 20  # of one order: the part of a span is order * this + its number


def find_frequent(
    spark: Any, summed: Any, settings: Settings, least: int, *, memory: int, folder: Path
) -> Frequent:
    """The n-grams that occur `least` times or more, of one symbol less than were counted, with their neighbours.

    summed: data frame of the sums of pieces of counts with these settings, not pruned; folder: for counts that do not
    fit into memory.
    """
    longest = settings.order - 1
    pruned = summed.where("data is not null").mapInArrow(
        functools.partial(_prune_task, least, longest), COLUMNS
    )
    received = (bytes(row.data) for row in pruned.toLocalIterator(prefetchPartitions=True))
    counts = add_pieces(received, memory=memory, tmp_dir=folder, keep=True)
    if counts is None:  # no symbol anywhere
        counts = no_counts(replace(settings, order=longest))
    frequent = frequent_ngrams(counts, least, longest)
    return replace(frequent, neighbours=_neighbours(spark, summed, frequent))


def _neighbours(
    spark: Any, summed: Any, frequent: Frequent
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    shared = spark.sparkContext.broadcast(NgramIndex.of(frequent))
    work = functools.partial(_neighbour_task, shared)
    frame = summed.where("data is not null").mapInArrow(work, COLUMNS)
    sums = [np.zeros((4, len(level)), np.int64) for level in frequent.levels]
    spans = sum(-(-len(level) // _SPAN) for level in frequent.levels)
    for part, data in folded([frame], max(1, spans), SpanSum):
        order, span = divmod(part, _MOST_SPANS)
        rows, found = unpack_arrays(data)
        sums[order - 1][:, rows + span * _SPAN] = found
    shared.unpersist()
    return tuple((both[:2], both[2:]) for both in sums)


@dataclass(frozen=True)
class NgramIndex:
    """Where to find frequent n-grams by their symbols.

    packed: texts of the frequent symbols, by index; keys: of each order from 2, ascending: (index of the n-gram without its
    last symbol) * symbols + index of that symbol.
    """

    packed: np.ndarray
    keys: tuple[np.ndarray, ...]

    @staticmethod
    def of(frequent: Frequent) -> NgramIndex:
        """Of all of them."""
        names, single = frequent.counts.alphabet.symbols, frequent.levels[0]
        texts = [names[row] for row in single.rows.tolist()]
        keys = []
        for level in frequent.levels[1:]:
            last = frequent.symbols_at(level.symbols)
            keys.append(level.parents.astype(np.int64) * len(texts) + last)
        return NgramIndex(pack_texts(texts), tuple(keys))

    @functools.cached_property
    def _single(self) -> dict[str, int]:
        return {text: i for i, text in enumerate(unpack_texts(self.packed))}

    def singles(self, texts: Sequence[str]) -> np.ndarray:
        """Indices of symbols, int64; -1 for one that is not frequent."""
        return np.array([self._single.get(text, -1) for text in texts], np.int64)

    def find(self, order: int, parents: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Indices of n-grams of this order by those of their beginnings and last symbols; -1: not frequent."""
        if order == 1:
            return last
        keys = self.keys[order - 2]
        found = np.full(len(last), -1)
        known = np.flatnonzero((parents >= 0) & (last >= 0))
        if len(known):
            found[known] = find_keys(keys, parents[known] * len(self._single) + last[known])
        return found


class SpanSum:
    """Adds up the sums of neighbours of one span of n-grams."""

    def __init__(self, part: int) -> None:
        self._sums = np.zeros((4, _SPAN), np.int64)

    def add(self, data: bytes) -> None:
        """Of some of them: their rows in the span, and their sums."""
        rows, found = unpack_arrays(data)
        self._sums[:, rows] += found

    def result(self) -> bytes:
        """Of those that have any."""
        rows = np.flatnonzero(self._sums.any(axis=0))
        return pack_arrays([rows, self._sums[:, rows]])


# --- on the workers --------------------------------------------------------------------------------


def _prune_task(least: int, longest: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Pieces of counts -> what is frequent in them."""
    with told_to_the_driver():
        for batch in batches:
            for data in batch.column(1):
                counts = prune(load_counts("a piece of counts", data=data.as_py()), least)
                yield result_row(0, to_bytes(_shorter(counts, longest)), None)


def _shorter(counts: NgramCounts, order: int) -> NgramCounts:
    """The counts up to an order."""
    levels = list(counts.levels[:order])
    levels[-1] = replace(levels[-1], children=None)
    return NgramCounts(replace(counts.settings, order=order), counts.alphabet, tuple(levels))


def _neighbour_task(shared: Any, batches: Iterable[Any]) -> Iterator[Any]:
    """Pieces of counts -> sums of the neighbours in them, span by span."""
    with told_to_the_driver():
        for batch in batches:
            for data in batch.column(1):
                counts = load_counts("a piece of counts", data=data.as_py())
                for order, rows, sums in _sums_in(counts, shared.value):
                    for span in np.unique(rows // _SPAN).tolist():
                        here = rows // _SPAN == span
                        made = [rows[here] - span * _SPAN, sums[:, here]]
                        part = order * _MOST_SPANS + span
                        yield result_row(part, pack_arrays(made), None)


def _sums_in(
    counts: NgramCounts, index: NgramIndex
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """(order, frequent n-grams, their sums: left and right, two rows each) of what stands together in a piece."""
    single = np.append(index.singles(counts.alphabet.symbols), -1)
    itself = suffix = single[np.asarray(counts.levels[0].symbols[:]).astype(np.int64) - 1]
    rows = np.arange(len(itself))
    for n in range(1, counts.order):
        first, level = counts.levels[n - 1].children, counts.levels[n]
        assert first is not None
        children = np.asarray(first[:]).astype(np.int64)
        child = np.flatnonzero(np.asarray(level.counts[:]) >= 2)
        together = np.asarray(level.counts[:])[child]
        last = single[np.asarray(level.symbols[:])[child].astype(np.int64) - 1]
        parent = np.searchsorted(children, child, side="right") - 1
        # Rows above that were left out occur once, and so do their children.
        above = np.searchsorted(rows, parent)
        ending = index.find(n, suffix[above], last)  # all but the first symbol
        sides = [_weights(ending, together), _weights(itself[above], together)]
        found = np.unique(np.concatenate([ngrams for ngrams, _ in sides]))
        sums = np.zeros((4, len(found)), np.int64)
        for i, (ngrams, weights) in enumerate(sides):
            sums[2 * i : 2 * i + 2, np.searchsorted(found, ngrams)] = weights
        yield n, found, sums
        itself = index.find(n + 1, itself[above], last) if n + 1 < counts.order else itself[:0]
        suffix, rows = ending, child


def _weights(ngrams: np.ndarray, together: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n-grams, their sums of c ln c) of n-grams that stand so often beside one neighbour each; -1 is left out."""
    known = ngrams >= 0
    distinct, place = np.unique(ngrams[known], return_inverse=True)
    sums = NeighbourSums(np.zeros(len(distinct), np.int64), entropy_only=True)
    sums.add(place, together[known])
    return distinct, sums.weights
