"""N-gram counts -> for every n-gram the row of its suffix, and in how many contexts each n-gram occurs.

The suffix of a b c is b c: the n-gram that a language model falls back on. That of an n-gram is the child
of its parent's suffix with the same symbol; so (row of the parent's suffix, symbol) is a key that sorts as the
rows of the suffixes do, and one sort of an order tells both which suffix each n-gram has and how many
n-grams share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.storage import Column
from nlptools.errors import NlptoolsError
from nlptools.lm.partition import Exchange
from nlptools.ngrams.counts import SLICE, NgramCounts
from nlptools.ngrams.symbols import START


@dataclass(frozen=True)
class Suffixes:
    """The suffixes of the n-grams of one order.

    rows: the row of each n-gram's suffix in the order below. contexts: for each row of the order below,
    in how many n-grams of this order it is the suffix; 0 for what begins a sentence.
    """

    rows: Column
    contexts: Column
    _exchange: Exchange
    _bounds: tuple[int, ...]  # rows of the order below at which the parts begin, and their end
    _ranks: tuple[Column, ...]

    def gather(self, below: Column) -> Column:
        """For each n-gram the value that a column of the order below has for its suffix."""
        if len(self._ranks) == 1 and isinstance(below, np.ndarray):
            return below[self.rows[:]]
        values = []
        for number, ranks in enumerate(self._ranks):
            low, high = self._bounds[number : number + 2]
            table = below[low:high]
            writer = self._exchange.writer(table.dtype.type)
            for start in range(0, len(ranks), SLICE):
                writer.append(table[ranks[start : start + SLICE] - low])
            values.append(writer.finish())
        return self._exchange.in_row_order(values, below.dtype.type)


def find_suffixes(
    counts: NgramCounts, order: int, above: Suffixes | None, room: int, folder: Path | None
) -> Suffixes:
    """The suffixes of the n-grams of `order`, from 2. above: those of order - 1, None for order 2.

    room: bytes for the work; what does not fit goes to `folder`. Raises NlptoolsError for counts that no text has.
    """
    level, below = counts.levels[order - 1], order - 1
    base = len(counts.alphabet) + 1
    limit = (counts.size(order - 2) if order > 2 else 1) * base

    def slices() -> Iterator[np.ndarray]:
        for part in counts.contexts(order):
            key = level.symbols[part.first : part.last].astype(np.uint64)
            if above is not None:
                suffix = above.rows[part.low : part.high].astype(np.uint64)
                key += part.spread(suffix * np.uint64(base))
            yield key

    exchange = Exchange(slices, len(level), limit, room, folder)
    # What begins with <s> is nobody's suffix, and every other n-gram is one.
    gap = rows_begun(counts, below)
    width = len(gap)
    dtype = keys.id_dtype(max(counts.size(below), 1 << 16) + 1)
    spill = storage.SpillFile(folder) if len(exchange.parts) > 1 else None
    contexts = storage.ColumnWriter(dtype, spill)
    bounds, ranks = [0], []
    done = 0  # different suffixes so far
    for part in exchange.parts:
        found, distinct = keys.dense_ranks(part.take_keys(), limit)
        shared = np.bincount(found, minlength=len(distinct))
        rows = found.astype(np.int64) + done
        rows[rows >= gap.start] += width
        if done <= gap.start < done + len(distinct):
            shared = np.insert(shared, gap.start - done, np.zeros(width, np.int64))
        done += len(distinct)
        contexts.append(shared)
        bounds.append(contexts.length)
        writer = exchange.writer(dtype)
        writer.append(rows)
        ranks.append(writer.finish())
    if done == gap.start:
        contexts.append(np.zeros(width, dtype))
    if contexts.length != counts.size(below):
        raise NlptoolsError(
            f"no counts of a text: {counts.size(below):,} n-grams of order {below}, "
            f"but {contexts.length:,} suffixes of those of order {order}",
            "the counts file is damaged: make it again with nlptools count",
        )
    in_order = exchange.in_row_order(ranks, dtype)
    return Suffixes(in_order, contexts.finish(), exchange, tuple(bounds), tuple(ranks))


def rows_begun(counts: NgramCounts, order: int) -> range:
    """The rows of the n-grams that begin with <s>, which stand side by side."""
    first = int(counts.alphabet.ids([START])[0]) - 1
    low, high = first, first + 1
    for level in counts.levels[: order - 1]:
        assert level.children is not None
        low, high = (int(level.children[row : row + 1][0]) for row in (low, high))
    return range(low, high)
