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

from nlptools.base.keys import KeyTable
from nlptools.errors import NlptoolsError
from nlptools.ngrams.scores import Frequent

# Words longer than the n-grams travel as strings of these code points: above the surrogates, so that
# any id is a valid character and str.split and Counter do the work.
_FIRST_CODE = 0xE000
# A stretch of more symbols that hold together is a verse, a form or a repeated line, not a word.
MAX_WORD = 40


@dataclass(frozen=True)
class _Table:
    """The n-grams of one order that are kept, or begin a longer one that is.

    keys: (index of the prefix among the frequent n-grams, for order 2 id - 1) * base + last id. index: their
    place among the frequent n-grams; kept: which of them hold together; goes_on: which begin a longer one.
    """

    keys: KeyTable
    index: np.ndarray
    kept: np.ndarray
    goes_on: np.ndarray


@dataclass(frozen=True)
class Cut:
    """What one block gave.

    counts: [n - 1] how often each frequent n-gram was cut out as a word. longer: the longer words,
    with repetitions. refused: stretches that do not hold together as a whole. hits: position and
    index, in turn, of the longest kept n-grams, int32.
    """

    counts: list[np.ndarray]
    longer: list[str]
    refused: int
    hits: np.ndarray


class Joiner:
    """Cuts blocks into words; `kept[n - 2]` tells which frequent n-grams of order n hold together."""

    def __init__(
        self,
        frequent: Frequent,
        kept: Sequence[np.ndarray],
        *,
        check_all: bool = False,
        singles: bool = False,
        room: int = 1 << 26,
    ) -> None:
        """check_all: a word longer than 3 must hold in all its 3-grams too, not just the longest (4256).

        singles: count the symbols that stay alone too. room: bytes for the table of pairs.
        """
        self.frequent = frequent
        self.kept = kept
        self.longest = len(kept) + 1
        self.check_all = check_all
        self.singles = singles
        wanted = self._wanted()
        if singles:
            wanted[0][:] = True
        # symbols[i]: index among the frequent symbols of the symbol with id i + 1 here.
        self.symbols = np.flatnonzero(wanted[0])
        self.base = len(self.symbols) + 1
        if self.base + _FIRST_CODE > 0x110000:
            raise NlptoolsError(
                f"{len(self.symbols):,} symbols take part in words, more than can be told apart",
                "raise --min-count, or leave letters and digits out with --latin break",
            )
        self._number = np.zeros(len(frequent.levels[0]), np.int64)
        self._number[self.symbols] = np.arange(1, self.base)
        self._tables = self._build(wanted)
        self._pairs = self._pair_table() if 4 * self.base**2 <= room else None

    def ids_of(self, index: np.ndarray) -> np.ndarray:
        """Ids for `cut` of symbols given by their index among the frequent ones; 0: in no kept n-gram."""
        return self._number[index]

    def _wanted(self) -> list[np.ndarray]:
        """Which frequent n-grams are kept or lie at the beginning of one, or are a symbol of one."""
        levels = self.frequent.levels
        wanted = [np.zeros(len(levels[0]), bool)]
        for n in range(self.longest, 1, -1):
            own = self.kept[n - 2].copy()
            if n < self.longest:
                own[levels[n].parents[wanted[1]]] = True
            wanted.insert(1, own)
        for n in range(2, self.longest + 1):
            last = np.unique(levels[n - 1].symbols[wanted[n - 1]])
            wanted[0][self.frequent.symbols_at(last)] = True
        wanted[0][levels[1].parents[wanted[1]]] = True
        return wanted

    def _build(self, wanted: list[np.ndarray]) -> list[_Table]:
        levels = self.frequent.levels
        tables: list[_Table] = []
        for n in range(2, self.longest + 1):
            level, index = levels[n - 1], np.flatnonzero(wanted[n - 1])
            symbols = self.frequent.symbols_at(level.symbols[index])
            prefix = level.parents[index]
            if n == 2:
                prefix = self._number[prefix] - 1
            row_keys = (prefix * self.base + self._number[symbols]).astype(np.uint64)
            goes_on = np.zeros(len(index), bool)
            if n < self.longest:
                longer = np.flatnonzero(wanted[n])
                goes_on[np.searchsorted(index, levels[n].parents[longer])] = True
            tables.append(_Table(KeyTable(row_keys), index, self.kept[n - 2][index], goes_on))
        return tables

    def _pair_table(self) -> np.ndarray:
        """[first id * base + second id]: place in the table of order 2, -1 for no entry; int32."""
        level, index = self.frequent.levels[1], self._tables[0].index
        first = self._number[level.parents[index]]
        last = np.searchsorted(
            self.frequent.levels[0].rows, level.symbols[index].astype(np.int64) - 1
        )
        pairs = np.full(self.base**2, -1, np.int32)
        pairs[first * self.base + self._number[last]] = np.arange(len(index))
        return pairs

    def cut(self, ids: np.ndarray) -> Cut:
        """Words of one block. ids: as `ids_of` gives them, 0 for breaks and all other symbols."""
        # Stretch by stretch, each small enough for the cache and cut at a break.
        stretches = []
        start = 0
        while start < len(ids):
            stop = _next_break(ids, start + _STRETCH)
            stretches.append(self._cut_stretch(ids[start:stop], start))
            start = stop
        levels = self.frequent.levels
        counts = [
            np.bincount(_joined([s.words[n] for s in stretches]), minlength=len(levels[n]))
            for n in range(self.longest)
        ]
        longer = [word for s in stretches for word in s.longer]
        hits = np.empty(2 * sum(len(s.at) for s in stretches), np.int32)
        hits[0::2] = _joined([s.at for s in stretches])
        hits[1::2] = _joined([s.index for s in stretches])
        return Cut(counts, longer, sum(s.refused for s in stretches), hits)

    def _cut_stretch(self, ids: np.ndarray, offset: int) -> _Stretch:
        """Everything about one stretch, which begins at `offset` in its block."""
        size = len(ids)
        padded = np.zeros(size + self.longest, np.int64)
        padded[:size] = ids
        uncut = np.zeros(size + self.longest, bool)  # True: no cut before this symbol
        at = index = np.arange(size)
        hits = []
        for n, table in enumerate(self._tables, 2):
            if n == 2:
                queries = padded[:size] * self.base + padded[1 : size + 1]
                if self._pairs is not None:
                    found = self._pairs[queries]
                else:
                    queries -= self.base
                    found = table.keys.find(queries.view(np.uint64))
            else:
                queries = index * self.base + padded[at + (n - 1)]
                found = table.keys.find(queries.view(np.uint64))
            alive = np.flatnonzero(found >= 0)
            at, found = at[alive], found[alive]
            kept = np.flatnonzero(table.kept[found])
            own = at[kept]
            for gap in range(1, n):
                uncut[own + gap] = True
            hits.append((own, table.index[found[kept]]))
            on = np.flatnonzero(table.goes_on[found])
            at, index = at[on], table.index[found[on]]
        edges = np.flatnonzero(~uncut[: size + 1])
        lengths = np.diff(edges)
        # Longer than one symbol is never a break.
        chosen = np.flatnonzero(padded[edges[:-1]] if self.singles else lengths > 1)
        starts, lengths = edges[chosen], lengths[chosen]
        return self._sum_up(ids, hits, starts, lengths, offset)

    def _sum_up(
        self,
        ids: np.ndarray,
        hits: list[tuple[np.ndarray, np.ndarray]],
        starts: np.ndarray,
        lengths: np.ndarray,
        offset: int,
    ) -> _Stretch:
        """Keep what holds together as a whole."""
        words = [self.symbols[ids[starts[lengths == 1]].astype(np.int64) - 1]]
        whole = np.full(len(ids), -1)
        for n, (own, index) in enumerate(hits, 2):
            same = starts[lengths == n]
            for m in range(3, n) if self.check_all else ():
                same = same[_holds(hits[m - 2][0], m, same, n)]
            whole[own] = index
            found = whole[same]
            whole[own] = -1
            words.append(found[found >= 0])
        refused = len(starts) - sum(map(len, words))
        long = np.flatnonzero((lengths > self.longest) & (lengths <= MAX_WORD))
        starts, lengths = starts[long], lengths[long]
        for m in range(3 if self.check_all else self.longest, self.longest + 1):
            good = _holds(hits[m - 2][0], m, starts, lengths)
            starts, lengths = starts[good], lengths[good]
        own, index = hits[-1]
        return _Stretch(
            words,
            _strings(ids, starts, lengths),
            refused - len(starts),
            (own + offset).astype(np.int32),
            index.astype(np.int32),
        )


@dataclass(frozen=True)
class _Stretch:
    """As `Cut`, but words[n - 1] lists the n-grams cut out instead of counting them."""

    words: list[np.ndarray]
    longer: list[str]
    refused: int
    at: np.ndarray
    index: np.ndarray


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
