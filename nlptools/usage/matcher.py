"""Word list + text -> every occurrence of every word, one by one or as arrays. The only pyahocorasick import."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

import ahocorasick
import numpy as np


class Matcher:
    """Finds all occurrences of a set of words, overlapping ones too, in one pass over a text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if not word:
                raise ValueError("an empty word occurs everywhere")
            self._automaton.add_word(word, word)
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """(start, word) of each occurrence, by the place where it ends."""
        if not len(self._automaton):
            return
        for last, word in self._automaton.iter(text):
            yield last - len(word) + 1, word


class IdMatcher:
    """Finds all occurrences of sequences of symbol ids in an array of ids; overlapping ones too.

    The automaton is one of characters, so an id is searched for as the character of that number; ids of which
    there is no character (symbols that no sequence has, so late are they numbered) match nothing.
    """

    def __init__(self, sequences: Sequence[np.ndarray]) -> None:
        """sequences: of ids from 1, all different, none empty."""
        self._automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        for number, ids in enumerate(sequences):
            self._automaton.add_word(_as_text(ids), number)
        self._automaton.make_automaton()

    def find(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(where it ends, number of the sequence) of each occurrence, by the place where it ends; int64.

        The place is that of the last id.
        """
        if not len(self._automaton):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        found = itertools.chain.from_iterable(self._automaton.iter(_as_text(ids)))
        pairs = np.fromiter(found, np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


# No characters are the surrogates, nor what lies beyond the last one.
_SURROGATES, _LEFT_OUT, _MOST = 0xD800, 0x800, 0x110000 - 0x800


def _as_text(ids: np.ndarray) -> str:
    codes = ids.astype(np.uint32)
    codes[codes >= _MOST] = 0
    codes[codes >= _SURROGATES] += _LEFT_OUT
    return codes.tobytes().decode("utf-32-le")
