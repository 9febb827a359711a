"""Symbol ids -> the frequent substrings of up to four symbols, and which of them ends at every position.

The candidates of the word model. Ids of substrings of length k come from one sort of the pairs
(id of the first k - 1 symbols, last symbol); a substring whose beginning or end is rare is rare too
and never gets a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.base.shelf import Shelf, Store
from nlptools.native import kernel

# Number of a piece, a value for each of its places -> the value of the place before each.
Before = Callable[[int, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Substrings:
    """The candidates of one length; row i is candidate i, row 0 stands for "none".

    spelling: symbol ids, shape (size, length); counts: int64, occurrences.
    """

    spelling: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def length(self) -> int:
        return self.spelling.shape[1]

    def select(self, rows: np.ndarray) -> Substrings:
        """Row 0 and these rows, in this order."""
        rows = np.concatenate([[0], rows])
        return Substrings(self.spelling[rows], self.counts[rows])


def single_symbols(pieces: Iterable[np.ndarray], size: int, dtype: Any) -> Substrings:
    """The symbols themselves as candidates of length 1; size: one more than the largest id."""
    counts = np.zeros(size, np.int64)
    for ids in pieces:
        counts += np.bincount(ids, minlength=size)
    counts[0] = 0
    return Substrings(np.arange(size, dtype=dtype)[:, None], counts)


def one_place_before(piece: int, values: np.ndarray) -> np.ndarray:
    """For pieces of text as it is read: the value of the place before each place, 0 for the first."""
    shifted = np.zeros_like(values)
    shifted[1:] = values[:-1]
    return shifted


def find_substrings(
    pieces: Sequence[np.ndarray],
    singles: Substrings,
    longest: int,
    min_count: int,
    *,
    before: Before = one_place_before,
    store: Store | None = None,
    part: int = 1 << 22,
) -> Iterator[tuple[Substrings, Shelf]]:
    """Lengths 2 .. longest: (candidates, for every place of each piece the candidate that ends there, int32).

    pieces: symbol ids, 0 at breaks, which no substring crosses; nor does one cross from piece to piece.
    singles: the symbols as candidates. before: piece number, a value for each of its places -> the value
    one place earlier. store: where the places lie. part: so many places are sorted at a time, about; it
    changes no result.
    """
    store = store or Store()
    of_length, ending = singles, pieces
    for _ in range(2, longest + 1):
        search = _Search(pieces, ending, before, len(of_length), len(singles))
        number = Shelf(store)
        for ids in pieces:
            number.append(np.zeros(len(ids), np.int32))
        found, counts, known = [], [], 0
        for first, last in search.ranges(part):
            distinct, count = search.count(first, last, min_count, number, known)
            found.append(distinct)
            counts.append(count)
            known += len(distinct)
        prefix, symbol = keys.unpack(np.concatenate(found), search.bases)
        del found
        spelling = np.zeros((known + 1, of_length.length + 1), singles.spelling.dtype)
        spelling[1:, :-1] = of_length.spelling[prefix]
        spelling[1:, -1] = symbol
        of_length = Substrings(spelling, np.concatenate([[0], *counts]))
        ending = number
        yield of_length, number


class _Search:
    """The substrings of one length: a candidate that is one symbol shorter, and the symbol after it."""

    def __init__(
        self,
        pieces: Sequence[np.ndarray],
        ending: Sequence[np.ndarray],
        before: Before,
        size: int,
        symbols: int,
    ) -> None:
        """ending: the shorter candidate that ends at each place; size: how many there are; symbols: as well."""
        self._pieces, self._ending, self._before = pieces, ending, before
        self.bases = [size, symbols]

    def _places(self, i: int, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
        """(places where a substring may end that begins with one of these candidates; which one), of a piece."""
        ending = self._ending[i]
        prefix = self._before(i, ending)
        # Both its first and its last length - 1 symbols have to be candidates.
        possible = ending > 0
        possible &= prefix >= first
        possible &= prefix < last
        at = np.flatnonzero(possible)
        return at, prefix[at]

    def ranges(self, part: int) -> Iterator[tuple[int, int]]:
        """(first, last) of shorter candidates, in order, that begin about `part` substrings."""
        size = self.bases[0]
        if size == 1 or sum(len(ids) for ids in self._pieces) <= part:
            yield 1, size
            return
        begun = np.zeros(size, np.int64)
        for i in range(len(self._pieces)):
            begun += np.bincount(self._places(i, 1, size)[1], minlength=size)
        np.cumsum(begun, out=begun)
        first = 1
        while first < size:
            most = int(begun[first - 1]) + part
            last = max(first + 1, int(np.searchsorted(begun, most, side="right")))
            yield first, last
            first = last

    def count(
        self, first: int, last: int, min_count: int, number: Shelf, known: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """(keys, counts) of the frequent ones that begin so; their numbers, from known + 1, are put in place."""
        most = sum(map(len, self._pieces))
        if kernel.usable() and keys.places_fit(most, self.bases[0] * self.bases[1]):
            return self._count_compiled(first, last, min_count, number, known)
        packed: list[np.ndarray] = []
        for i, ids in enumerate(self._pieces):
            at, prefix = self._places(i, first, last)
            packed.append(keys.pack([prefix, ids[at]], self.bases, np.empty(len(at), np.uint64)))
        sizes = [len(values) for values in packed]
        joined = _joined(packed)
        del packed
        ranks, distinct = keys.dense_ranks(joined, self.bases[0] * self.bases[1])
        del joined
        counts = np.bincount(ranks, minlength=len(distinct))
        kept = counts >= min_count
        numbers = np.where(kept, np.cumsum(kept) + known, 0).astype(np.int32)
        start = 0
        for i, size in enumerate(sizes):
            if size:
                values = number[i]
                values[self._places(i, first, last)[0]] = numbers[ranks[start : start + size]]
                number[i] = values
            start += size
        return distinct[kept], counts[kept]

    def _count_compiled(
        self, first: int, last: int, min_count: int, number: Shelf, known: int
    ) -> tuple[np.ndarray, np.ndarray]:
        packed: list[np.ndarray] = []
        for i, ids in enumerate(self._pieces):
            wide = np.ascontiguousarray(ids, np.uint32)
            both = self._both(i)
            found = kernel.substring_keys(*both, wide, (first, last), self.bases[1])
            # A few keys would keep room for all.
            packed.append(found.copy() if 2 * len(found) < len(ids) else found)
            del both, wide, found
        joined = _joined(packed)
        del packed
        bits = keys.sort_with_places(joined)
        numbers, distinct, counts = kernel.number_frequent(joined, bits, min_count, known)
        del joined
        done = 0
        for i in range(len(self._pieces)):
            values = number[i]
            done += kernel.put_numbers(*self._both(i), (first, last), numbers[done:], values)
            number[i] = values
        return distinct, counts

    def _both(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """The shorter candidate that ends at each place of a piece, and the one that ends a place before it; int32."""
        ending = self._ending[i].astype(np.int32, copy=False)
        return ending, self._before(i, ending)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.empty(0, np.uint64)])
