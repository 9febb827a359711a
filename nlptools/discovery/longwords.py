"""Words longer than the counted n-grams + id blocks -> exact counts, PMI and entropies of each.

A small trie holds every suffix of the words; its nodes are all their substrings. Only places where
the first symbols of a node begin are looked at, so a pass costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.keys import KeyTable
from nlptools.discovery.joiner import Joiner
from nlptools.ngrams.neighbours import NeighbourPairs, SplitCounts, weakest_split
from nlptools.ngrams.scores import Frequent


@dataclass(frozen=True)
class LongStatistics:
    """Aligned with the words asked for: occurrences, weakest-split PMI and entropies in nats."""

    counts: np.ndarray
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray


class LongWords:
    """Counts words of at least `depth` symbols; every window of `depth` symbols must be frequent."""

    def __init__(
        self, frequent: Frequent, depth: int, words: list[list[int]], joiner: Joiner
    ) -> None:
        """words: as indices among the frequent symbols, longest first, so that little is kept of the few
        long ones; joiner: whose ids and hits `add` will take.
        """
        self.frequent, self.depth = frequent, depth
        self.base = joiner.base
        self.lengths = np.array([len(word) for word in words], np.int64)
        self.ids = np.zeros((len(words), int(self.lengths.max(initial=depth)) + depth), np.int64)
        for row, word in enumerate(words):
            self.ids[row, : len(word)] = joiner.ids_of(np.array(word, np.int64))
        self.short = self._short_rows(joiner.symbols)
        self._build()

    def _short_rows(self, symbols_of: np.ndarray) -> list[np.ndarray]:
        """[n - 1][word, start]: index of the n-gram that begins there, -1 where it is cut short."""
        width = self.ids.shape[1] - self.depth + 1
        index = np.append(symbols_of, -1)  # of id 0, which stands for nothing, too
        rows = [index[self.ids[:, :width] - 1]]
        for n in range(2, self.depth + 1):
            symbol = self.ids[:, n - 1 : n - 1 + width]
            known = (rows[-1] >= 0) & (symbol > 0)
            found = np.full(rows[-1].shape, -1)
            symbols = self.frequent.levels[0].rows[symbols_of[symbol[known] - 1]] + 1
            found[known] = self.frequent.lookup(n, rows[-1][known], symbols)
            rows.append(found)
        return rows

    def _build(self) -> None:
        """Nodes: first one for each distinct n-gram of `depth` symbols, then their continuations."""
        starts = self.short[-1]
        roots = np.unique(starts[starts >= 0])
        self.root = np.full(len(self.frequent.levels[self.depth - 1]) + 1, -1, np.int64)
        self.root[roots] = np.arange(len(roots))
        node = self.root[starts]
        # [n - depth][word, start]: node of the substring of n symbols, for the words that long.
        self.nodes = [node]
        edges = []
        size = len(roots)
        while True:
            n = self.depth + len(self.nodes) - 1
            node = node[: np.count_nonzero(self.lengths > n)]
            symbol = np.zeros_like(node)
            below = self.ids[: len(node), n : n + node.shape[1]]
            symbol[:, : below.shape[1]] = below
            goes_on = (node >= 0) & (symbol > 0)
            if not goes_on.any():
                break
            edge, number = np.unique(
                node[goes_on] * self.base + symbol[goes_on], return_inverse=True
            )
            node = np.full_like(node, -1)
            node[goes_on] = number.ravel() + size
            edges.append(edge)
            size += len(edge)
            self.nodes.append(node)
        every = np.concatenate(edges) if edges else np.empty(0, np.int64)
        self._first_edge = len(roots)
        self._edges = KeyTable(every.astype(np.uint64))
        self.visits = np.zeros(size, np.int64)
        self.word_at = np.full(size, -1, np.int64)
        for row, length in enumerate(self.lengths.tolist()):
            self.word_at[self.nodes[length - self.depth][row, 0]] = row
        self._left, self._right = NeighbourPairs(), NeighbourPairs()

    def add(self, ids: np.ndarray, full: np.ndarray, at: np.ndarray, index: np.ndarray) -> None:
        """One block: its ids for the joiner, its full ids, and positions and indices of `Cut.hits`."""
        size = len(ids)
        node = self.root[index]
        at, node = at[node >= 0].astype(np.int64), node[node >= 0]
        length = self.depth
        while len(at):
            self.visits += np.bincount(node, minlength=len(self.visits))
            word = self.word_at[node]
            is_word = word >= 0
            if is_word.any():
                self._add_neighbours(word[is_word], at[is_word], length, full)
            inside = at + length < size
            at, node = at[inside], node[inside]
            queries = node * self.base + ids[at + length]
            found = self._edges.find(queries.astype(np.uint64))
            at, node = at[found >= 0], found[found >= 0].astype(np.int64) + self._first_edge
            length += 1

    def _add_neighbours(
        self, word: np.ndarray, at: np.ndarray, length: int, full: np.ndarray
    ) -> None:
        """Note what stands beside words of one length that begin at some places."""
        for pairs, place in ((self._left, at - 1), (self._right, at + length)):
            inside = (place >= 0) & (place < len(full))
            pairs.add(word[inside], full[place[inside]])

    def finish(self) -> LongStatistics:
        """Statistics of the words, from all blocks."""
        counts = (
            self.visits[
                [self.nodes[n - self.depth][row, 0] for row, n in enumerate(self.lengths.tolist())]
            ]
            if len(self.lengths)
            else np.zeros(0, np.int64)
        )
        return LongStatistics(
            counts,
            np.log(weakest_split(self.frequent.counts.total, counts, self._splits())),
            self._left.sums(counts).entropy(),
            self._right.sums(counts).entropy(),
        )

    def _splits(self) -> Iterator[SplitCounts]:
        """Every way to divide the words, with the counts of both parts."""
        for j in range(1, int(self.lengths.max(initial=1))):
            words = np.flatnonzero(self.lengths > j)
            start, at = np.zeros_like(words), np.full_like(words, j)
            heads = self._substring_counts(words, start, at)
            yield words, heads, self._substring_counts(words, at, self.lengths[words] - j)

    def _substring_counts(
        self, word: np.ndarray, start: np.ndarray, length: np.ndarray
    ) -> np.ndarray:
        out = np.zeros(len(word), np.int64)
        for n in np.unique(length).tolist():
            these = length == n
            if n < self.depth:
                index = self.short[n - 1][word[these], start[these]]
                out[these] = self.frequent.levels[n - 1].counts[index]
            else:
                out[these] = self.visits[self.nodes[n - self.depth][word[these], start[these]]]
        return out
