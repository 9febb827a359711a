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

    def __init__(self, frequent: Frequent, kept: Sequence[np.ndarray], *, check_all: bool) -> None:
        """check_all: a word longer than 3 must hold in all its 3-grams too, not just the longest (4256)."""
        self.frequent = frequent
        self.kept = kept
        self.longest = len(kept) + 1
        self.check_all = check_all
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
        size = len(ids)
        padded = np.zeros(size + self.longest, np.uint64)
        padded[:size] = ids
        joined = np.zeros(size + self.longest, bool)  # no cut before this symbol
        at = np.flatnonzero(ids)
        index = ids[at].astype(np.int64) - 1
        places: list[tuple[np.ndarray, np.ndarray]] = []
        for n, table in enumerate(self._tables, 2):
            queries = index.view(np.uint64) * np.uint64(self.base) + padded[at + n - 1]
            found = table.keys.find(queries)
            alive = np.flatnonzero(found >= 0)
            at, found = at[alive], found[alive]
            index = table.index[found]
            kept = table.kept[found]
            own = at[kept]
            for gap in range(1, n):
                joined[own + gap] = True
            places.append((own, index[kept]))
        edges = np.flatnonzero(~joined[: size + 1])
        lengths = np.diff(edges)
        edges = edges[:-1]
        word = ids[edges] != 0
        starts, lengths = edges[word], lengths[word]
        single = ids[starts[lengths == 1]].astype(np.int64) - 1
        counts = [np.bincount(single, minlength=len(self.frequent.levels[0]))]
        refused = len(starts) - len(single)
        for n, (own, index) in enumerate(places, 2):
            chosen = starts[lengths == n]
            for m in range(3, n) if self.check_all else ():
                chosen = chosen[_holds(places[m - 2][0], size, m, chosen, n)]
            spot = np.searchsorted(own, chosen)
            spot = spot[np.append(own, -1)[spot] == chosen]
            refused -= len(spot)
            counts.append(np.bincount(index[spot], minlength=len(self.frequent.levels[n - 1])))
        long = lengths > self.longest
        starts, lengths = starts[long], lengths[long]
        for m in range(3 if self.check_all else self.longest, self.longest + 1):
            whole = _holds(places[m - 2][0], size, m, starts, lengths)
            starts, lengths = starts[whole], lengths[whole]
        own, index = places[-1]
        hits = own.astype(np.int32), index.astype(np.int32)
        return Cut(counts, _strings(ids, starts, lengths), refused - len(starts), hits)


def _holds(
    own: np.ndarray, size: int, m: int, starts: np.ndarray, lengths: np.ndarray | int
) -> np.ndarray:
    """Which stretches have a kept m-gram (they begin at `own`) at each of their places."""
    missing = np.ones(size + 1, np.int64)
    missing[own] = 0
    before = np.concatenate([[0], np.cumsum(missing)])
    return before[starts + lengths - m + 1] == before[starts]


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
