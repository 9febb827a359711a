"""Words + the codes of a text -> the places where they stand, each a token that no rule and no method cuts.

For words that the rule for tokens would cut (5w-30, C++, 宝马(进口), iPad Pro), and for the words of users under methods
that have no list of words. A text has few signs that such words have, so the search begins at those.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.text import chars

LONGEST_SPAN = 64  # characters; longer words are left out
_SIZE = 0x110000  # code points
_NONE = np.empty(0, np.int64)


class Spans:
    """Finds words as they stand in a text. Of words that overlap the one that begins first holds, of those the longest.

    words: those that are looked for. unused: those that are too long, of one character, or have a line end in them.
    """

    def __init__(self, words: Iterable[str]) -> None:
        distinct = list(dict.fromkeys(words))
        self.words = tuple(word for word in distinct if _fits(word))
        self.unused = tuple(word for word in distinct if not _fits(word))
        spelled = np.zeros((len(self.words), max(map(len, self.words), default=0) + 1), np.uint32)
        for row, word in zip(spelled, self.words, strict=True):
            row[: len(word)] = chars.code_points(word)
        self._trie = Trie(spelled, _SIZE)
        # Tables by character; the last entry is that of all beyond it.
        size = int(spelled.max(initial=0)) + 2
        self._firsts = np.zeros(size, bool)
        self._firsts[spelled[:, 0]] = True
        self._signs = np.zeros(size, bool)
        # Offset in a word -> the characters by which those are found that have them there.
        self._anchors: dict[int, np.ndarray] = {}
        for word in self.words:
            at = _anchor(word)
            self._anchors.setdefault(at, np.zeros(size, bool))[ord(word[at])] = True
            self._signs[ord(word[at])] = True

    def __repr__(self) -> str:
        return f"Spans({len(self.words):,} words)"

    def lay(self, codes: np.ndarray, joined: np.ndarray, held: np.ndarray) -> np.ndarray:
        """Make each word found one token, in `joined`; returns the places where they begin, int64.

        joined: whether each code point belongs to the token of the one before it. held: where it does and no
        word begins or ends, as inside of a run of letters.
        """
        firsts, lengths = self._chosen(*self._find(codes, held))
        if len(firsts):
            offsets = np.arange(int(lengths.sum())) - np.repeat(
                np.cumsum(lengths) - lengths, lengths
            )
            joined[np.repeat(firsts, lengths) + offsets] = offsets > 0
            after = firsts + lengths
            joined[after[after < len(codes)]] = False
        return firsts

    def _find(self, codes: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(first places, lengths) of all occurrences between two places where a word may begin and end."""
        starts = self._starts(codes)
        starts = starts[~held[starts]]
        if not len(starts):
            return _NONE, _NONE
        firsts, lengths = [_NONE], [_NONE]
        levels = zip(self._trie.levels, self._trie.walk(codes, starts), strict=True)
        for length, (level, (last, state)) in enumerate(levels, 2):
            last = last[level.word[state] >= 0].astype(np.int64)
            inside = np.minimum(last + 1, len(codes) - 1)
            last = last[(last + 1 == len(codes)) | ~held[inside]]
            firsts.append(last - (length - 1))
            lengths.append(np.full(len(last), length))
        return np.concatenate(firsts), np.concatenate(lengths)

    def _starts(self, codes: np.ndarray) -> np.ndarray:
        """Where a word may begin: a place before each sign by which words are found."""
        signs = np.flatnonzero(np.take(self._signs, codes, mode="clip"))
        found = []
        for offset, of_offset in self._anchors.items():
            at = signs[of_offset[codes[signs]]] - offset
            at = at[at >= 0]
            found.append(at[np.take(self._firsts, codes[at], mode="clip")])
        return np.unique(np.concatenate(found)) if found else _NONE

    @staticmethod
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


def _fits(word: str) -> bool:
    return 1 < len(word) <= LONGEST_SPAN and not any(sign in word for sign in "\0\r\n")


def _anchor(word: str) -> int:
    """The place of the character by which a word is found: the rarest in a Chinese text, as far as classes tell."""
    classes: Sequence[int] = chars.classes(chars.code_points(word)).tolist()
    ranks = [
        _RARE.get(kind, 0) if sign not in chars.SPACES else 3
        for kind, sign in zip(classes, word, strict=True)
    ]
    return ranks.index(min(ranks))


# The rarest first: signs, letters and digits, blanks, Han characters.
_RARE = {chars.LETTER: 1, chars.DIGIT: 2, chars.HAN: 4}
