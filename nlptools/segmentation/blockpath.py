"""Scores of words + symbol ids of a text -> where its words end, by whole arrays: for text of any length."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from nlptools.lattice.paths import cut_runs
from nlptools.lattice.sums import NEVER, SCALE, RareWords, best_sums
from nlptools.lattice.trie import Trie
from nlptools.native import tokens
from nlptools.segmentation.scores import WordScores
from nlptools.segmentation.userwords import UserBounds

DENSE = 3  # symbols of a word up to which every place of a text has a score; longer ones are rare


class BlockPath:
    """Finds the best path through a text of any length; the fixed cost is that of a hundred NumPy calls."""

    def __init__(self, scores: WordScores, bounds: UserBounds | None = None) -> None:
        """bounds: no unseen word lies across them."""
        self._bounds = bounds
        self._single = scores.of_symbols
        self._places = scores.places
        self.trie = Trie(scores.spelled, scores.size, scores.order)
        self._tables = self.trie.tabulate(scores.of_words, NEVER)
        self._compiled = self.trie.with_values(self._tables, NEVER)
        if self._compiled is not None:
            self._of_symbols = self._side_by_side()

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        if self._compiled is not None:
            places = [np.ascontiguousarray(ids, np.uint32)]
            if self._bounds is not None:
                places.append(self._bounds.before(ids))
            return cut_runs(ids, places, in_place=self._cut_in_place)
        dense, words = self._look_up(ids)
        return cut_runs(ids, dense, functools.partial(best_sums, words=words))

    def _cut_in_place(
        self, starts: np.ndarray, sizes: np.ndarray, places: Sequence[np.ndarray], ends: np.ndarray
    ) -> None:
        """As lattice.paths.InPlace; places: ids, and whether no unseen word goes on before each."""
        assert self._compiled is not None
        bounds = places[1] if len(places) > 1 else None
        self._compiled.cut_by_sums(self._of_symbols, (starts, sizes), places[0], bounds, ends)

    def _side_by_side(self) -> np.ndarray:
        """All that one symbol adds to scores, int32, shape (symbols, tokens.SYMBOL_SCORES): of what lies together one is read."""
        columns = [self._single]
        for k in range(2, DENSE + 1):
            columns += self._places.get(k) or [np.full(len(self._single), NEVER, np.int32)] * k
        scores = np.zeros((len(self._single), tokens.SYMBOL_SCORES), np.int32)
        scores[:, : len(columns)] = np.stack(columns, axis=1)
        return scores

    def scores(self, ids: np.ndarray) -> list[np.ndarray]:
        """By length - 1: the score of the word that ends at each symbol, float64, nats; -inf where there is none."""
        (*dense, _), words = self._look_up(ids)
        longest = max(DENSE, int(words.lengths.max(initial=0)))
        found = [*dense, *(np.full(len(ids), NEVER, np.int32) for _ in range(longest - DENSE))]
        for place, length, score in zip(words.places, words.lengths, words.scores, strict=True):
            found[length - 1][place] = score
        # A part of an unseen word that cannot be is NEVER, the sum less.
        return [np.where(scores <= NEVER // 2, -np.inf, scores / SCALE) for scores in found]

    def _look_up(self, ids: np.ndarray) -> tuple[list[np.ndarray], RareWords]:
        """What `best_sums` takes, for every symbol."""
        size = len(ids)
        dense = [np.take(self._single, ids)]
        bounds = None if self._bounds is None else self._bounds.before(ids)
        dense += [self._unseen(ids, k, bounds) for k in range(2, DENSE + 1)]
        long = []
        for k, ((at, state), table) in enumerate(
            zip(self.trie.walk(ids), self._tables, strict=True), 2
        ):
            scores = np.take(table, state)
            if k == 2:  # at every place
                np.maximum(dense[1][1:], scores, out=dense[1][1:])
            elif k <= DENSE:
                dense[k - 1][at] = np.maximum(dense[k - 1][at], scores)
            elif len(some := np.flatnonzero(scores != NEVER)):
                long.append((k, at[some], scores[some]))
        words, first = RareWords.gather(long, size)
        return [*dense, first], words

    def _unseen(self, ids: np.ndarray, length: int, bounds: np.ndarray | None) -> np.ndarray:
        """The score of the unseen word of that many symbols that ends at each place. bounds: before which symbols none
        goes on; bool.
        """
        scores = np.full(len(ids), NEVER, np.int32)
        if (tables := self._places.get(length)) is None or len(ids) < length:
            return scores
        size = len(ids)
        last = size - length + 1
        ends = scores[length - 1 :]
        np.take(tables[0], ids[:last], out=ends)
        for j, table in enumerate(tables[1:], 1):
            ends += np.take(table, ids[j : last + j])
        if bounds is not None:
            for j in range(length - 1):
                scores[j:][bounds[: size - j]] = NEVER  # a bound before the last symbol but j
        return scores
