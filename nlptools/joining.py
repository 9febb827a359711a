"""Symbol ids + the n-grams that hold together -> words: runs that no gap divides, and their counts.

The second half of kexue.fm 4256 and 6920. A gap between two symbols is a cut unless one of the kept
n-grams covers it; a word is what lies between two cuts, and may so be longer than any n-gram.
Reading on from each start to the farthest end reached so far (6920) cuts at the same gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.keys import KeyTable
from nlptools.scores import Frequent

# Words longer than the n-grams travel as strings of these code points: above the surrogates, so that
# any id is a valid character and str.split and Counter do the work.
_FIRST_CODE = 0xE000


@dataclass(frozen=True)
class _Table:
    """The n-grams of one order that are kept, or begin a longer one that is.

    index: their place among the frequent n-grams; kept: which of them hold together.
    """

    keys: KeyTable
    index: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True)
class Cut:
    """What one block gave.

    counts: [n - 1] how often each frequent n-gram was cut out as a word. longer: the longer words,
    with repetitions. refused: stretches that do not hold together as a whole. hits: (position,
    index) of the longest kept n-grams, int32 each.
    """

    counts: list[np.ndarray]
    longer: list[str]
    refused: int
    hits: tuple[np.ndarray, np.ndarray]


class Joiner:
    """Cuts blocks into words; `kept[n - 2]` tells which frequent n-grams of order n hold together."""

    def __init__(
        self,
        frequent: Frequent,
        kept: Sequence[np.ndarray],
        *,
        check_all: bool = False,
        singles: bool = False,
    ) -> None:
        """check_all: a word longer than 3 must hold in all its 3-grams too, not just the longest (4256).

        singles: count the symbols that stay alone too.
        """
        self.frequent = frequent
        self.kept = kept
        self.longest = len(kept) + 1
        self.check_all = check_all
        self.singles = singles
        self.base = len(frequent.levels[0]) + 1
        live = np.zeros(len(frequent.counts.alphabet) + 1, np.int64)
        live[frequent.levels[0].rows + 1] = np.arange(1, self.base)
        self._tables = self._build(live)

    def _build(self, live: np.ndarray) -> list[_Table]:
        needed = np.zeros(0, bool)
        tables: list[_Table] = []
        for n in range(self.longest, 1, -1):
            level, kept = self.frequent.levels[n - 1], self.kept[n - 2]
            wanted = kept.copy()
            if len(needed):
                wanted |= needed
            needed = np.zeros(len(self.frequent.levels[n - 2]), bool)
            needed[level.parents[wanted]] = True
            index = np.flatnonzero(wanted)
            row_keys = level.parents[index] * self.base + live[level.symbols[index]]
            tables.append(_Table(KeyTable(row_keys.astype(np.uint64)), index, kept[index]))
        return tables[::-1]

    def cut(self, ids: np.ndarray) -> Cut:
        """Words of one block. ids: 1 + index of each symbol among the frequent ones, else 0."""
        # Stretch by stretch, each small enough for the cache and cut at a break.
        places: list[list[np.ndarray]] = [[] for _ in self._tables]
        indices: list[list[np.ndarray]] = [[] for _ in self._tables]
        starts_of: list[np.ndarray] = []
        lengths_of: list[np.ndarray] = []
        start = 0
        while start < len(ids):
            stop = _next_break(ids, start + _STRETCH)
            hits, starts, lengths = self._cut_stretch(ids[start:stop])
            for (own, index), own_list, index_list in zip(hits, places, indices, strict=True):
                own_list.append(own + start)
                index_list.append(index)
            starts_of.append(starts + start)
            lengths_of.append(lengths)
            start = stop
        return self._sum_up(
            ids,
            [(_joined(own), _joined(index)) for own, index in zip(places, indices, strict=True)],
            _joined(starts_of),
            _joined(lengths_of),
        )

    def _cut_stretch(
        self, ids: np.ndarray
    ) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray, np.ndarray]:
        """(position, index) of the kept n-grams of each order; starts and lengths of all words."""
        size = len(ids)
        padded = np.zeros(size + self.longest, np.int64)
        padded[:size] = ids
        uncut = np.zeros(size + self.longest, bool)  # True: no cut before this symbol
        at = np.flatnonzero(padded[:-1])
        index = padded[at] - 1
        hits = []
        for n, table in enumerate(self._tables, 2):
            index *= self.base
            index += padded[at + (n - 1)]
            found = table.keys.find(index.view(np.uint64))
            alive = np.flatnonzero(found >= 0)
            at, found = at[alive], found[alive]
            index = table.index[found]
            kept = table.kept[found]
            own = at[kept]
            for gap in range(1, n):
                uncut[own + gap] = True
            hits.append((own, index[kept]))
        edges = np.flatnonzero(~uncut[: size + 1])
        lengths = np.diff(edges)
        if self.singles:
            words = np.flatnonzero(padded[edges[:-1]])
        else:  # a break is never part of a longer stretch
            words = np.flatnonzero(lengths > 1)
        return hits, edges[words], lengths[words]

    def _sum_up(
        self,
        ids: np.ndarray,
        places: list[tuple[np.ndarray, np.ndarray]],
        starts: np.ndarray,
        lengths: np.ndarray,
    ) -> Cut:
        """Count the words that hold together as a whole."""
        single = ids[starts[lengths == 1]].astype(np.int64) - 1
        counts = [np.bincount(single, minlength=len(self.frequent.levels[0]))]
        refused = len(starts) - len(single)
        for n, (own, index) in enumerate(places, 2):
            chosen = starts[lengths == n]
            for m in range(3, n) if self.check_all else ():
                chosen = chosen[_holds(places[m - 2][0], m, chosen, n)]
            spot = np.searchsorted(own, chosen)
            spot = spot[np.append(own, -1)[spot] == chosen]
            refused -= len(spot)
            counts.append(np.bincount(index[spot], minlength=len(self.frequent.levels[n - 1])))
        long = lengths > self.longest
        starts, lengths = starts[long], lengths[long]
        for m in range(3 if self.check_all else self.longest, self.longest + 1):
            whole = _holds(places[m - 2][0], m, starts, lengths)
            starts, lengths = starts[whole], lengths[whole]
        own, index = places[-1]
        hits = own.astype(np.int32), index.astype(np.int32)
        return Cut(counts, _strings(ids, starts, lengths), refused - len(starts), hits)


_STRETCH = 1 << 16


def _next_break(ids: np.ndarray, at: int) -> int:
    """Place after the first break at or after `at`; the end where there is none."""
    while at < len(ids):
        breaks = np.flatnonzero(ids[at : at + 4096] == 0)
        if len(breaks):
            return at + int(breaks[0]) + 1
        at += 4096
    return len(ids)


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(pieces) if pieces else np.empty(0, np.int64)


def _holds(own: np.ndarray, m: int, starts: np.ndarray, lengths: np.ndarray | int) -> np.ndarray:
    """Which stretches have a kept m-gram (they begin at `own`, ascending) at each of their places."""
    places = lengths - m + 1
    return np.searchsorted(own, starts + places) - np.searchsorted(own, starts) == places


def _strings(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> list[str]:
    """The stretches of ids as strings, one code point an id."""
    if not len(starts):
        return []
    ends = np.cumsum(lengths + 1)
    spread = np.full(int(ends[-1]), 10, np.uint32)
    inside = np.ones(len(spread), bool)
    inside[ends - 1] = False
    offset = np.repeat(starts - (ends - lengths - 1), lengths)
    spread[inside] = ids[np.flatnonzero(inside) + offset] + _FIRST_CODE
    return spread[:-1].tobytes().decode("utf-32-le").split("\n")


def ids_of(word: str) -> list[int]:
    """The ids behind one of the strings of `Cut.longer`."""
    return [ord(character) - _FIRST_CODE for character in word]


@dataclass
class WordCounts:
    """Sum of the cuts: counts[n - 1] aligned with the frequent n-grams, longer by string."""

    counts: list[np.ndarray]
    longer: Counter[str]
    refused: int

    def add(self, cut: Cut) -> None:
        for total, more in zip(self.counts, cut.counts, strict=True):
            total += more
        self.longer.update(cut.longer)
        self.refused += cut.refused
