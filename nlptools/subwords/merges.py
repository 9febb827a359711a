"""Token sequences with counts -> merges that byte-pair encoding goes on with, each the most frequent pair left.

Source of the algorithm: Sennrich, Haddow & Birch, "Neural Machine Translation of Rare Words with Subword Units", 2016.
Here it begins with the tokens of a base and sees only what lies inside words, so that no token goes over the border of one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class IdSequences:
    """Distinct sequences of ids, one after the other.

    ids: int64; ends: int64, where each of them ends; counts: int64, how often each occurs.
    """

    ids: np.ndarray
    ends: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, counted: Mapping[tuple[int, ...], int]) -> IdSequences:
        """From a count of each; those of one token say nothing and are left out."""
        several = {ids: count for ids, count in counted.items() if len(ids) > 1}
        lengths = np.fromiter(map(len, several), np.int64, len(several))
        flat = np.fromiter((i for ids in several for i in ids), np.int64, int(lengths.sum()))
        counts = np.fromiter(several.values(), np.int64, len(several))
        return cls(flat, np.cumsum(lengths), counts)


@dataclass(frozen=True)
class Merge:
    """Two tokens that become one. left, right: ids, in the base or of merges before; token: what it is called;
    parts: base ids it is made of; saved: tokens that the sequences have less by it.
    """

    left: int
    right: int
    token: str
    parts: tuple[int, ...]
    saved: int


Joined = Callable[[tuple[int, ...]], "str | None"]


def learn_merges(
    sequences: IdSequences, number: int, joined: Joined, *, first: int, least: int = 1
) -> list[Merge]:
    """The next `number` merges, as many as save `least` tokens; the first one gets the id `first`, and so on.

    joined: base ids -> what the token of them is called, None where there is to be none. Of pairs that occur equally
    often the one with the smaller ids.
    """
    found: list[Merge] = []
    if not len(sequences.ids):
        return found
    learner = _Learner(sequences, joined)
    while len(found) < number:
        pair = learner.next_pair(least)
        if pair is None:
            break
        found.append(learner.merge(*pair, first + len(found)))
    return found


@dataclass
class _Learner:
    """The sequences as a list linked both ways, and for each pair how often and where it stands."""

    sequences: IdSequences
    joined: Joined
    counts: dict[tuple[int, int], int] = field(default_factory=dict)
    places: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    names: dict[tuple[int, int], str] = field(default_factory=dict)
    heap: list[tuple[int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        ids, ends, counts = self.sequences.ids, self.sequences.ends, self.sequences.counts
        self.symbols = ids.tolist()
        lengths = np.diff(ends, prepend=0)
        self.weights = np.repeat(counts, lengths).tolist()
        after, before = np.arange(1, len(ids) + 1), np.arange(-1, len(ids) - 1)
        after[ends - 1] = -1
        before[ends - lengths] = -1
        self.after, self.before = after.tolist(), before.tolist()
        self._count_pairs(ids, np.flatnonzero(after >= 0))

    def _count_pairs(self, ids: np.ndarray, at: np.ndarray) -> None:
        pairs = np.stack([ids[at], ids[at + 1]], axis=1)
        order = np.lexsort((at, pairs[:, 1], pairs[:, 0]))
        pairs, at = pairs[order], at[order]
        new = np.any(pairs[1:] != pairs[:-1], axis=1)
        starts = np.flatnonzero(np.concatenate([[True], new]))
        weights = np.array(self.weights, np.int64)[at]
        sums = np.add.reduceat(weights, starts).tolist()
        stops = np.append(starts[1:], len(at)).tolist()
        rows = zip(pairs[starts].tolist(), sums, starts.tolist(), stops, strict=True)
        for (left, right), count, start, stop in rows:
            self.counts[left, right] = count
            self.places[left, right] = at[start:stop].tolist()
            heapq.heappush(self.heap, (-count, left, right))

    def next_pair(self, least: int) -> tuple[int, int] | None:
        """The most frequent pair that may become a token; None where none saves enough."""
        while self.heap:
            negative, left, right = heapq.heappop(self.heap)
            count = self.counts.get((left, right), 0)
            if count < least:
                continue
            if count != -negative:  # it was counted before other merges
                heapq.heappush(self.heap, (-count, left, right))
                continue
            name = self.joined((*self._of(left), *self._of(right)))
            if name is not None:
                self.names[left, right] = name
                return left, right
            del self.counts[left, right], self.places[left, right]
        return None

    def _of(self, symbol: int) -> tuple[int, ...]:
        return self.parts.get(symbol, (symbol,))

    def merge(self, left: int, right: int, new: int) -> Merge:
        """Make the pair one symbol wherever it stands."""
        saved = 0
        raised: set[tuple[int, int]] = set()
        symbols, after, before = self.symbols, self.after, self.before
        for place in sorted(self.places.pop((left, right))):
            other = after[place]
            if symbols[place] != left or other < 0 or symbols[other] != right:
                continue  # another merge was there before, or this one
            weight = self.weights[place]
            saved += weight
            symbols[place], symbols[other] = new, -1
            if (then := after[other]) >= 0:
                self._less((right, symbols[then]), weight)
                self._more((new, symbols[then]), weight, place, raised)
                before[then] = place
            after[place] = then
            if (last := before[place]) >= 0:
                self._less((symbols[last], left), weight)
                self._more((symbols[last], new), weight, last, raised)
        self.counts.pop((left, right), None)
        for pair in raised:
            if (count := self.counts.get(pair, 0)) > 0:
                heapq.heappush(self.heap, (-count, *pair))
        self.parts[new] = (*self._of(left), *self._of(right))
        return Merge(left, right, self.names.pop((left, right)), self.parts[new], saved)

    def _less(self, pair: tuple[int, int], weight: int) -> None:
        if pair in self.counts:
            self.counts[pair] -= weight

    def _more(
        self, pair: tuple[int, int], weight: int, place: int, raised: set[tuple[int, int]]
    ) -> None:
        self.counts[pair] = self.counts.get(pair, 0) + weight
        self.places.setdefault(pair, []).append(place)
        raised.add(pair)
