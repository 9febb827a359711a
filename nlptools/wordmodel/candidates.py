"""Symbol ids -> the frequent substrings of up to four symbols, and which of them ends at every position.

The candidates of the word model. Ids of substrings of length k come from one sort of the pairs
(id of the first k - 1 symbols, last symbol); a substring whose beginning or end is rare is rare too
and never gets a key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base import keys


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


def single_symbols(ids: np.ndarray, size: int) -> Substrings:
    """The symbols themselves as candidates of length 1; size: one more than the largest id."""
    counts = np.bincount(ids, minlength=size)
    counts[0] = 0
    spelling = np.arange(size, dtype=ids.dtype)[:, None]
    return Substrings(spelling, counts)


def find_substrings(
    ids: np.ndarray,
    size: int,
    longest: int,
    min_count: int,
    sort: Callable[[np.ndarray], None] = np.ndarray.sort,
) -> Iterator[tuple[Substrings, np.ndarray]]:
    """Lengths 2 .. longest: (candidates, for every position the candidate that ends there, int32).

    ids: symbol ids below `size`, 0 at breaks, which no substring crosses.
    """
    of_length = single_symbols(ids, size)
    ending = ids
    for _ in range(2, longest + 1):
        # Both its first and its last length - 1 symbols have to be candidates.
        possible = np.zeros(len(ids), bool)
        np.logical_and(ending[1:], ending[:-1], out=possible[1:])
        bases = [len(of_length), size]
        packed = np.empty(int(np.count_nonzero(possible)), np.uint64)
        keys.pack([ending[:-1][possible[1:]], ids[possible]], bases, packed)
        ranks, distinct = keys.dense_ranks(packed, bases[0] * bases[1], sort)
        del packed
        counts = np.bincount(ranks, minlength=len(distinct))
        kept = counts >= min_count
        number = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
        ending = np.zeros(len(ids), np.int32)
        ending[possible] = number[ranks]
        del ranks, possible
        prefix, last = keys.unpack(distinct[kept], bases)
        spelling = np.zeros((len(prefix) + 1, of_length.length + 1), ids.dtype)
        spelling[1:, :-1] = of_length.spelling[prefix]
        spelling[1:, -1] = last
        of_length = Substrings(spelling, np.concatenate([[0], counts[kept]]))
        yield of_length, ending
