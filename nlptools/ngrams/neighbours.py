"""N-grams and what stands beside them -> entropy, variety, share at breaks; counts of parts -> the weakest split.

The one place for this arithmetic, whoever found the neighbours: in counts (`scores`, `explain`) or where the
n-grams stand in the text (methods em and pmi, `usage`). Formulas and worked numbers: docs/how-it-works.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nlptools.base import keys

_ROOM = 1 << 19  # pairs that wait to be counted together: 4 MB
# c ln c is kept as the nearest whole number and a rest in units of 2**-40: sums of whole numbers are the same in whatever
# order, and by however many machines, they are made. 64 bits are enough for all texts there are.
_UNITS = float(1 << 40)
_NEIGHBOUR_BITS = np.uint64(32)

# One way to divide n-grams in two: (which of them, counts of their left parts, counts of their right parts).
SplitCounts = tuple[np.ndarray | slice, np.ndarray, np.ndarray]


class NeighbourSums:
    """What the neighbours of n-grams add up to on one side: a few numbers for each n-gram, however many they are.

    Occurrences that were not added have a neighbour of their own each: a break, for an n-gram at the edge of a
    clause is free there, or a neighbour that is seen once. Both add 1 ln 1 = 0 to the sum.
    """

    def __init__(self, occurrences: np.ndarray, *, entropy_only: bool = False) -> None:
        """occurrences: of each n-gram, int64; what all methods give is aligned with it. entropy_only: no other
        numbers are wanted, so less memory is enough.
        """
        self._occurrences = occurrences
        self._entropy_only = entropy_only
        if not entropy_only:
            self._kinds = np.zeros(len(occurrences), np.int64)
            self._seen = np.zeros(len(occurrences), np.int64)
        self._weights = np.zeros((2, len(occurrences)), np.int64)

    def add(self, ngrams: np.ndarray, together: np.ndarray) -> None:
        """N-gram ngrams[i] stands together[i] times beside one neighbour.

        Every pair of an n-gram and a neighbour comes once. n-gram -1 is left out.
        """
        wanted = ngrams >= 0
        ngrams, together = ngrams[wanted], together[wanted].astype(np.float64)
        size = len(self._occurrences)
        if not self._entropy_only:
            self._kinds += np.bincount(ngrams, minlength=size)
            self._seen += np.bincount(ngrams, together, minlength=size).astype(np.int64)
        weights = together * np.log(together)
        whole = np.rint(weights)
        rest = np.rint((weights - whole) * _UNITS)
        self.add_weights(ngrams, np.stack([whole, rest]).astype(np.int64))

    def add_weights(self, ngrams: np.ndarray, weights: np.ndarray) -> None:
        """Parts of the sums of c ln c that were made elsewhere, as `weights` has them; enough for `entropy`."""
        for sums, parts in zip(self._weights, weights, strict=True):
            np.add.at(sums, ngrams, parts)

    @property
    def weights(self) -> np.ndarray:
        """The sums of c ln c so far, int64, shape (2, n-grams): whole numbers, and units of 2**-40."""
        return self._weights

    def entropy(self) -> np.ndarray:
        """Branching entropy, nats, float64: ln n - (1 / n) sum of c ln c, n occurrences, c of them with a neighbour.

        0 for an n-gram that never occurs. Source: matrix67 (entropy); Jin & Tanaka-Ishii 2006.
        """
        n = np.maximum(self._occurrences, 1)
        whole, rest = self._weights
        found = rest / _UNITS
        found += whole
        found /= n
        np.subtract(np.log(n), found, out=found)
        # One neighbour alone gives ln n - (n ln n) / n, which can be a rounding below 0.
        return np.maximum(found, 0.0, out=found)

    def variety(self) -> np.ndarray:
        """Accessor variety, int64: kinds of neighbours (Feng et al. 2004)."""
        return self._kinds + self.breaks()

    def breaks(self) -> np.ndarray:
        """Occurrences next to a break, int64, where all other pairs were added, those seen once too."""
        return self._occurrences - self._seen

    def edge(self) -> np.ndarray:
        """Share of the occurrences next to a break, float64, where all other pairs were added."""
        return 1 - self._seen / np.maximum(self._occurrences, 1)


class NeighbourPairs:
    """Occurrences of n-grams with what stands beside each -> how often each pair occurs.

    Pairs are counted together whenever many wait, so memory follows the different ones, not the text.
    """

    def __init__(self, room: int | None = None) -> None:
        """room: pairs that wait before they are counted together; it changes no result."""
        self._room = room or _ROOM
        self._pairs = np.empty(0, np.uint64)
        self._together = np.empty(0, np.int64)
        self._waiting: list[np.ndarray] = []
        self._size = 0

    def add(self, ngrams: np.ndarray, neighbours: np.ndarray) -> None:
        """Occurrences of n-grams, numbers below 2**32, and the symbol ids beside them; 0, a break, is left out."""
        there = neighbours > 0
        pairs = ngrams[there].astype(np.uint64) << _NEIGHBOUR_BITS
        pairs |= neighbours[there].astype(np.uint64)
        self._waiting.append(pairs)
        self._size += len(pairs)
        # As many as are known already, or many different pairs would be merged again and again.
        if self._size > max(self._room, len(self._pairs)):
            self._merge()

    def add_counts(self, ngrams: np.ndarray, neighbours: np.ndarray, together: np.ndarray) -> None:
        """Pairs that were counted elsewhere, as `counts` gives them."""
        pairs = ngrams.astype(np.uint64) << _NEIGHBOUR_BITS | neighbours.astype(np.uint64)
        self._join(pairs, together)

    def _merge(self) -> None:
        if not self._size:
            return
        pairs = np.concatenate(self._waiting)
        self._waiting, self._size = [], 0
        pairs.sort()
        starts = keys.group_starts(pairs)
        self._join(pairs[starts], np.diff(starts, append=len(pairs)))

    def _join(self, pairs: np.ndarray, together: np.ndarray) -> None:
        """Add counts of ascending pairs."""
        if len(self._pairs):
            both = np.concatenate([self._pairs, pairs])
            order = np.argsort(both, kind="stable")  # two sorted runs: merged, not sorted
            both, together = both[order], np.concatenate([self._together, together])[order]
            starts = keys.group_starts(both)
            pairs, together = both[starts], np.add.reduceat(together, starts)
        self._pairs, self._together = pairs, together

    def counts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n-grams, neighbours, how often they stand together), int64, ascending by n-gram and neighbour."""
        self._merge()
        neighbours = self._pairs & np.uint64((1 << 32) - 1)
        ngrams = self._pairs >> _NEIGHBOUR_BITS
        return ngrams.astype(np.int64), neighbours.astype(np.int64), self._together

    def sums(self, occurrences: np.ndarray) -> NeighbourSums:
        """The sums of n-grams 0 .. len(occurrences) - 1, which occur so often."""
        self._merge()
        found = NeighbourSums(occurrences)
        found.add((self._pairs >> _NEIGHBOUR_BITS).astype(np.int64), self._together)
        return found


def weakest_split(total: int, counts: np.ndarray, splits: Iterable[SplitCounts]) -> np.ndarray:
    """The least over the splits of total * c(w) / (c(head) * c(tail)), float64; +inf for an n-gram without a split.

    Its logarithm is the pointwise mutual information of the weakest split, in nats.
    counts: of the n-grams, aligned with the result. Each split names an n-gram at most once.
    Source: Su Jianlin, kexue.fm/archives/4256 and 6920 (word-discovery).
    """
    largest = np.zeros(len(counts))
    for rows, heads, tails in splits:
        largest[rows] = np.maximum(largest[rows], heads.astype(np.float64) * tails)
    ratio = np.full(len(counts), np.inf)
    return np.divide(float(total) * counts, largest, out=ratio, where=largest > 0)
