"""Vocab + words in a text -> the longest pieces of each word, as wordpiece.word_pieces finds them, by a compiled loop."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.native import kernel, tokens
from nlptools.text import chars
from nlptools.vocab.vocab import Vocab
from nlptools.vocab.wordpiece import CONTINUED, LONGEST_WORD, OTHER, classes


class WordPieces:
    """The tokens of a vocabulary that words have, which are neither of Han characters nor of signs."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab
        self._short = max(map(len, vocab.ids), default=0) <= LONGEST_WORD

    def usable(self) -> bool:
        """Whether the loop is compiled, and all pieces are as short as words that are cut."""
        return kernel.usable() and self._short

    def cut(
        self,
        codes: np.ndarray,
        starts: np.ndarray,
        stops: np.ndarray,
        ids: np.ndarray,
        lengths: np.ndarray,
    ) -> None:
        """Put into ids and lengths, int32, what ends at each code point of some words: its token, its length or 0.

        starts, stops: int64, of the words; what stands there has to be of the class OTHER.
        """
        table, alone, levels = self._tables
        symbols = np.take(table, codes)
        limits = LONGEST_WORD, self._vocab.unknown
        tokens.cut_greedily(levels, alone, (starts, stops), symbols, limits, ids, lengths)

    @cached_property
    def _tables(
        self,
    ) -> tuple[
        np.ndarray, tuple[np.ndarray, np.ndarray], tuple[tokens.WordLevels, tokens.WordLevels]
    ]:
        """(code point -> symbol, 0: of no piece; symbol -> its piece; longer pieces): those that begin a word, those that go on."""
        first, later = self._pieces()
        used = np.zeros(0x110000, bool)
        for pieces in (first, later):
            used[chars.code_points("".join(pieces))] = True
        known = np.flatnonzero(used)
        table = np.zeros(0x110000, np.uint32)
        table[known] = np.arange(1, len(known) + 1)
        radix = len(known) + 1
        one, two = (_levels(pieces, table, radix) for pieces in (first, later))
        return table, (one[0], two[0]), (one[1], two[1])

    def _pieces(self) -> tuple[dict[str, int], dict[str, int]]:
        """(pieces that begin a word, pieces that go on, without their sign), with their ids."""
        names = list(self._vocab.ids)
        sizes = np.fromiter(map(len, names), np.int64, len(names))
        stops = np.cumsum(sizes)
        other = np.append(0, np.cumsum(classes(chars.code_points("".join(names))) == OTHER))
        count = other[stops] - other[stops - sizes]
        first = np.flatnonzero((count == sizes) & (sizes > 0)).tolist()
        # Signs are no parts of words, so one that goes on has two of them, which stand before it.
        some = np.flatnonzero((count == sizes - len(CONTINUED)) & (count > 0)).tolist()
        later = [i for i in some if names[i].startswith(CONTINUED)]
        ids = self._vocab.ids
        return {names[i]: ids[names[i]] for i in first}, {
            names[i][len(CONTINUED) :]: ids[names[i]] for i in later
        }

    def __getstate__(self) -> dict[str, object]:
        """Without what has addresses of this process."""
        return {name: value for name, value in self.__dict__.items() if name != "_tables"}


def _levels(
    pieces: dict[str, int], table: np.ndarray, radix: int
) -> tuple[np.ndarray, tokens.WordLevels]:
    """(symbol -> the id of its piece, int32, -1 for none; longer pieces)."""
    alone = np.full(radix, -1, np.int32)
    sizes = np.fromiter(map(len, pieces), np.int64, len(pieces))
    spelled = np.zeros((len(pieces), max(2, int(sizes.max(initial=0)))), np.int32)
    spelled[np.arange(spelled.shape[1]) < sizes[:, None]] = table[
        chars.code_points("".join(pieces))
    ]
    numbers = np.fromiter(pieces.values(), np.int32, len(pieces))
    short = sizes == 1
    alone[spelled[short, 0]] = numbers[short]
    trie = Trie(spelled[~short], radix)
    of_words = np.append(numbers[~short], np.int32(-1))
    levels = trie.with_values([of_words[level.word] for level in trie.levels], -1)
    assert levels is not None
    return alone, levels
