"""Words + the codes of a text -> the places where they stand, each a token that no rule and no method cuts.

For words that the rule for tokens would cut (5w-30, C++, 宝马(进口), iPad Pro), and for the words of users under methods
that have no list of words. Most places of a text are passed over by the two characters that stand there.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.text import chars
from nlptools.text.lookup import Lookup

LONGEST_SPAN = 64  # characters; longer words are left out
_CODE_POINTS = 0x110000
_NONE = np.empty(0, np.int64)
_PAIR_BITS = (
    18  # of the number of two characters; at 1,000 words 1 in 250 places goes on by mistake
)


class Sequences:
    """Finds sequences of numbers in an array of numbers: all occurrences of all of them, at once."""

    def __init__(self, spelled: np.ndarray, size: int) -> None:
        """spelled: the sequences, one a row, of two numbers and more from 1 to size - 1, padded with 0."""
        self._trie = Trie(spelled, size)
        # Tables by number, the last entry being that of all beyond it: whether one begins with it, goes on with it.
        width = int(spelled.max(initial=0)) + 2
        self._firsts, self._seconds = np.zeros(width, bool), np.zeros(width, bool)
        self._firsts[spelled[:, 0]] = True
        self._seconds[spelled[:, 1]] = True
        self._pairs = np.zeros(1 << _PAIR_BITS, bool)
        self._pairs[_pair(spelled[:, 0], spelled[:, 1])] = True

    def find(
        self, array: np.ndarray, held: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(first places, lengths, numbers of the sequences) of all occurrences; int64.

        held: places before which none may begin or end.
        """
        starts = self._starts(array)
        if held is not None:
            starts = starts[~held[starts]]
        if not len(starts):
            return _NONE, _NONE, _NONE
        firsts, lengths, numbers = [_NONE], [_NONE], [_NONE]
        walk = zip(self._trie.levels, self._trie.walk(array, starts), strict=True)
        for length, (level, (last, state)) in enumerate(walk, 2):
            number = level.word[state]
            found = np.flatnonzero(number >= 0)
            if held is not None:
                after = np.minimum(last[found] + 1, len(array) - 1)
                found = found[(last[found] + 1 == len(array)) | ~held[after]]
            firsts.append(last[found].astype(np.int64) - (length - 1))
            lengths.append(np.full(len(found), length))
            numbers.append(number[found].astype(np.int64))
        return np.concatenate(firsts), np.concatenate(lengths), np.concatenate(numbers)

    def _starts(self, array: np.ndarray) -> np.ndarray:
        """Where one may begin, as far as two numbers tell; rising."""
        both = np.take(self._firsts, array[:-1], mode="clip")
        both &= np.take(self._seconds, array[1:], mode="clip")
        at = np.flatnonzero(both)
        return at[self._pairs[_pair(array[at], array[at + 1])]]


class Spans:
    """Finds words as they stand in a text. Of words that overlap the one that begins first holds, of those the longest.

    words: those that are looked for, of two characters and more; one character is a token anyway. unused: those that
    cannot be found: too long, or with a line end in them.
    """

    def __init__(self, words: Iterable[str], lookup: Lookup | None = None) -> None:
        """lookup: by what words are looked up; the codes that are given are folded already."""
        several = [word for word in dict.fromkeys(words) if len(word) > 1]
        self.words = tuple(word for word in several if _fits(word))
        self.unused = tuple(word for word in several if not _fits(word))
        longest = max(map(len, self.words), default=2)
        spelled = np.zeros((len(self.words), longest), np.uint32)
        for row, word in zip(spelled, self.words, strict=True):
            row[: len(word)] = chars.code_points(lookup.text(word) if lookup else word)
        self._sequences = Sequences(spelled, _CODE_POINTS)

    def __repr__(self) -> str:
        return f"Spans({len(self.words):,} words)"

    def find(
        self, codes: np.ndarray, held: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(first places, lengths, numbers in `words`) of all occurrences; held: as in `lay`."""
        return self._sequences.find(codes, held)

    def lay(self, codes: np.ndarray, joined: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Make each word found one token, in `joined`; returns the places where they begin, int64.

        joined: whether each code point belongs to the token of the one before it. held: where it does and no
        word begins or ends, as inside of a run of letters.
        """
        firsts, lengths = _chosen(*self.find(codes, held)[:2])
        if len(firsts):
            offsets = np.arange(int(lengths.sum())) - np.repeat(
                np.cumsum(lengths) - lengths, lengths
            )
            joined[np.repeat(firsts, lengths) + offsets] = offsets > 0
            after = firsts + lengths
            joined[after[after < len(codes)]] = False
        return firsts


def _chosen(firsts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of those that overlap, the ones that hold; in the order of the text."""
    if len(firsts) < 2:
        return firsts, lengths
    order = np.lexsort((-lengths, firsts))
    kept, end = [], 0
    for i, first in zip(order.tolist(), firsts[order].tolist(), strict=True):
        if first >= end:
            kept.append(i)
            end = first + int(lengths[i])
    return firsts[kept], lengths[kept]


def _pair(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """A number of _PAIR_BITS bits for two characters."""
    mixed = first.astype(np.uint32) * np.uint32(0x9E3779B1)
    mixed += second
    mixed *= np.uint32(0x85EBCA77)
    return mixed >> np.uint32(32 - _PAIR_BITS)


def _fits(word: str) -> bool:
    return len(word) <= LONGEST_SPAN and not any(sign in word for sign in "\0\r\n")
