"""Word list as symbol ids + text as symbol ids -> the word of each length that ends at every symbol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nlptools.base.keys import KeyTable, dense_ranks
from nlptools.native import kernel, tokens


@dataclass(frozen=True)
class TrieLevel:
    """Words and beginnings of words of one length: the states at one depth, numbered from 1; 0: none.

    keys: (state one level up) * size + symbol, of the states from 1, uint64; word: number of the word that a state
    spells, -1 where it is only a beginning; open: whether longer words begin so.
    """

    keys: np.ndarray
    word: np.ndarray
    open: np.ndarray

    @cached_property
    def table(self) -> KeyTable:
        """Of the keys."""
        return KeyTable(self.keys)

    def __getstate__(self) -> dict[str, object]:
        """Without what is made when asked for, so the same before and after work."""
        return {name: value for name, value in self.__dict__.items() if name != "table"}


class Trie:
    """The words of two symbols and more, to be found at all places of a text at once."""

    def __init__(self, spelled: np.ndarray, size: int, order: np.ndarray | None = None) -> None:
        """spelled: symbol ids below `size` of each word, one row a word, padded with 0. order: which rows, the first
        first; None: all. Words that come first lie together, so the most frequent should; of equal words the first
        one counts.
        """
        self._size = size
        self.levels: list[TrieLevel] = []
        word = np.arange(len(spelled)) if order is None else order
        state, states = spelled[word, 0].astype(np.uint64), size
        for k in range(1, spelled.shape[1]):
            symbols = spelled[word, k]
            here = np.flatnonzero(symbols)
            if not len(here):
                break
            word = word[here]
            keyed = state[here] * np.uint64(size) + symbols[here].astype(np.uint64)
            at, keys = _numbered(keyed, states * size)
            states = len(keys) + 1
            last = k + 1 == spelled.shape[1]
            ends = np.ones(len(at), bool) if last else spelled[word, k + 1] == 0
            whole = np.flatnonzero(ends)[::-1]
            words = np.full(states, -1, np.int32)
            words[at[whole]] = word[whole]
            more = np.zeros(states, bool)
            more[at[~ends]] = True
            self.levels.append(TrieLevel(keys, words, more))
            state = at.astype(np.uint64)

    @cached_property
    def compiled(self) -> kernel.Levels | None:
        """The levels for kernel.py, where it can be used."""
        if not kernel.usable():
            return None
        return kernel.Levels([(level.keys, level.open) for level in self.levels], self._size)

    def with_values(self, values: Sequence[np.ndarray], none: int) -> tokens.WordLevels | None:
        """The levels with a number for each state (int32, `none` where no word is), for native/tokens.py, where it can be used."""
        if not kernel.usable():
            return None
        levels = [(level.keys, level.open) for level in self.levels]
        return tokens.WordLevels(levels, values, self._size, none)

    def __getstate__(self) -> dict[str, object]:
        """Without what has addresses of this process."""
        return {name: value for name, value in self.__dict__.items() if name != "compiled"}

    def tabulate(self, values: np.ndarray, missing: float) -> list[np.ndarray]:
        """A value for each word -> tables for `look_up`, one for each length from 2."""
        padded = np.append(values, np.array([missing], values.dtype))  # word -1 is the last one
        return [padded[level.word] for level in self.levels]

    def look_up(self, ids: np.ndarray, tables: Sequence[np.ndarray]) -> list[np.ndarray]:
        """For each length from 2: the value of the word that ends at each symbol, or the missing one."""
        if self.compiled is not None and all(table.dtype == np.int32 for table in tables):
            return self.compiled.look_up(np.ascontiguousarray(ids, np.uint32), tables)
        found: list[np.ndarray] = []
        for (at, number), table in zip(self.walk(ids), tables, strict=True):
            values = np.full(len(ids), table[0])
            values[at] = np.take(table, number)
            found.append(values)
        return found

    def word_ends(self, ids: np.ndarray) -> Iterator[np.ndarray]:
        """For each length from 2: the places where a word of that length ends, rising."""
        for (at, number), level in zip(self.walk(ids), self.levels, strict=True):
            yield at[level.word[number] >= 0]

    def walk(
        self, ids: np.ndarray, starts: np.ndarray | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each length from 2: (places, states) where words of that length may end; rising, state 0: none.

        starts: the places where words may begin, rising; by default all.
        """
        if self.compiled is not None:
            yield from self._walk_compiled(ids, starts)
            return
        size = np.uint64(self._size)
        # The states one level up of the symbols before `at`; of all symbols to begin with.
        state, at = ids[:-1], np.arange(1, len(ids), dtype=np.int32)
        if starts is not None:
            at = starts[: np.searchsorted(starts, len(ids) - 1)] + 1
            state = ids[at - 1]
        for level in self.levels:
            keyed = state.astype(np.uint64)
            keyed *= size
            keyed += ids[at]
            number = level.table.find(keyed)
            number += 1
            yield at, number
            on = np.flatnonzero(level.open[number])
            at, state = at[on] + 1, number[on]
            if len(at) and at[-1] == len(ids):
                at, state = at[:-1], state[:-1]

    def _walk_compiled(
        self, ids: np.ndarray, starts: np.ndarray | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        assert self.compiled is not None
        ids = np.ascontiguousarray(ids, np.uint32)
        if starts is None:
            at = np.arange(1, len(ids), dtype=np.int32)
        else:
            at = starts[: np.searchsorted(starts, len(ids) - 1)].astype(np.int32) + np.int32(1)
        state = ids[at - 1].view(np.int32)
        for number in range(len(self.levels)):
            found, (next_at, state) = self.compiled.walk(number, ids, at, state)
            yield at, found
            at = next_at


def _numbered(keys: np.ndarray, bound: int) -> tuple[np.ndarray, np.ndarray]:
    """(number of each key, uint64, from 1, in the order in which they first occur, int32; the different keys in that order)."""
    if kernel.usable():
        return tokens.number_keys(keys)
    ranks, distinct = dense_ranks(keys, bound)
    first = np.empty(len(distinct), np.int32)
    first[ranks[::-1]] = np.arange(len(keys) - 1, -1, -1, dtype=np.int32)
    order = np.argsort(first)
    number = np.empty(len(distinct), np.int32)
    number[order] = np.arange(1, len(distinct) + 1, dtype=np.int32)
    return number[ranks], distinct[order]
