"""Runs of symbols + a trie of words -> the words of their best segmentations, by tokens.c; kernel.usable() counts here too."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from nlptools.native.kernel import array_pointers, call, checked

GROUP = 1024  # symbols that are worked on together: what is found in them stays in the cache
SYMBOL_SCORES = (
    8  # numbers of a symbol in `cut_by_sums`: alone, two and three of unseen words, the rest unused
)


class _Level(ctypes.Structure):
    _fields_ = (("words", ctypes.c_void_p), ("bits", ctypes.c_int64))


def number_keys(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(numbers of keys, uint64, from 1, in the order in which they first occur, int32; the different keys in that order)."""
    size = len(checked(keys, np.uint64))
    bits = max(4, (2 * size - 1).bit_length())
    numbers, distinct = np.empty(size, np.int32), np.empty(size, np.uint64)
    known = call("number_keys", keys, size, bits, np.zeros(1 << bits, np.int32), numbers, distinct)
    return numbers, distinct[:known].copy()


class WordLevels:
    """The levels of a lattice.trie.Trie with a number for each word: 32 to 64 bytes a word or beginning of a word."""

    def __init__(
        self,
        levels: Sequence[tuple[np.ndarray, np.ndarray]],
        values: Sequence[np.ndarray],
        radix: int,
        none: int,
    ) -> None:
        """levels, radix: as kernel.Levels has them. values: by level, of the states from 0, int32, `none` where no word is."""
        self._radix, self._none = radix, none
        self._words, self._levels = [], []
        for (keys, longer), of_level in zip(levels, values, strict=True):
            bits = max(4, (2 * len(keys) - 1).bit_length())
            words = np.zeros(2 << bits, np.uint64)  # each is twice as wide
            checked(longer, np.bool_, len(checked(keys, np.uint64)) + 1)
            checked(of_level, np.int32, len(longer))
            call(
                *("fill_words", keys, longer, of_level, ctypes.c_int32(none)),
                *(len(keys), bits, words),
            )
            self._words.append(words)  # the structure has its address alone
            self._levels.append(_Level(words.ctypes.data, bits))
        self._pointers = (ctypes.c_void_p * len(levels))(*map(ctypes.addressof, self._levels))

    def _room(self, sizes: np.ndarray) -> tuple[int, np.ndarray]:
        """(symbols of a group, room for them), where runs have these sizes."""
        most = max(GROUP, int(sizes.max(initial=0)) + 2)
        return most, np.empty((10 + 3 * len(self._levels)) * most, np.int32)

    def cut_by_sums(
        self,
        scores: np.ndarray,
        runs: tuple[np.ndarray, np.ndarray],
        ids: np.ndarray,
        bounds: np.ndarray | None,
        ends: np.ndarray,
    ) -> None:
        """Which symbols of runs (starts, sizes, int64) end a word is put into `ends`, bool, as lattice.sums.best_sums finds it.

        The values are scores of words. scores: int32, shape (symbols, SYMBOL_SCORES). ids: uint32. bounds: bool, before which
        symbols no unseen word goes on.
        """
        starts, sizes = runs
        most, room = self._room(sizes)
        checked(scores, np.int32, self._radix * SYMBOL_SCORES)
        checked(ids, np.uint32, len(checked(ends, np.bool_)))
        if bounds is not None:
            checked(bounds, np.bool_, len(ids))
        call(
            *("cut_by_sums", len(self._levels), self._pointers, self._radix),
            *(ctypes.c_int32(self._none), scores, len(starts), checked(starts, np.int64)),
            *(checked(sizes, np.int64), ids, bounds, most, room, ends),
        )

    def cut_exactly(
        self,
        scores: np.ndarray,
        alone: tuple[np.ndarray, np.ndarray],
        runs: tuple[np.ndarray, np.ndarray],
        ids: np.ndarray,
        *,
        backward: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        """(length, uint8, and number, int32, of the word that ends at each symbol on the best path), 0 and -1 where none does.

        The values are numbers of words, `none` is -1. scores: of the words, float64; alone: number, int32, and score, float64,
        of every symbol as a word; backward: as lattice.exact.PathFinder. runs, ids: as in cut_by_sums.
        """
        starts, sizes = runs
        most, room = self._room(sizes)
        lengths, words = np.zeros(len(ids), np.uint8), np.full(len(ids), -1, np.int32)
        number, score = alone
        call(
            *("cut_exactly", len(self._levels), self._pointers, self._radix),
            *(checked(scores, np.float64), checked(number, np.int32, self._radix)),
            *(checked(score, np.float64, self._radix), int(backward), len(starts)),
            *(checked(starts, np.int64), checked(sizes, np.int64), checked(ids, np.uint32)),
            *(most, room, lengths, words),
        )
        return lengths, words


def cut_greedily(
    pieces: tuple[WordLevels, WordLevels],
    alone: tuple[np.ndarray, np.ndarray],
    spans: tuple[np.ndarray, np.ndarray],
    symbols: np.ndarray,
    limits: tuple[int, int],
    tokens: np.ndarray,
    lengths: np.ndarray,
) -> None:
    """vocab.wordpiece.word_pieces of spans (starts, stops, int64) of a text, put into tokens and lengths, int32.

    pieces: those that begin a word and those that go on, by number; alone: by symbol, int32, the number of the piece of it alone,
    -1: none. symbols: uint32, 0 for what is in no piece. limits: (symbols of the longest word that is cut, unknown token).
    """
    starts, stops = spans
    radix, size = pieces[0]._radix, len(checked(symbols, np.uint32))
    both = [checked(one, np.int32, radix) for one in alone]
    depths = np.array([len(levels._levels) for levels in pieces], np.int64)
    pointers = (ctypes.c_void_p * 2)(*(ctypes.addressof(levels._pointers) for levels in pieces))
    longest, unknown = limits
    call(
        *("cut_greedily", depths, pointers, radix, array_pointers(both), len(starts)),
        *(checked(starts, np.int64), checked(stops, np.int64, len(starts)), symbols, longest),
        *(ctypes.c_int32(unknown), checked(tokens, np.int32, size)),
        checked(lengths, np.int32, size),
    )
