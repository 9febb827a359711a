"""Scores of words + a short text -> its words, by one loop over its cells: no fixed cost, as a sentence needs.

The same numbers as in blockpath.py are added, so the same path is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.lattice.sums import NEVER
from nlptools.segmentation.cells import cells
from nlptools.segmentation.scores import WordScores
from nlptools.text import chars

# Runs of letters have a character each to stand for them in keys, from the planes for private use.
STAND_INS = 0xF0000
MOST_SYMBOLS = 0x10FFFF - STAND_INS
NOTHING = "\0"  # stands for a cell that is in no word

# What a cell is to the loop: its character in keys, its score as a word, and what it adds to unseen words of two
# symbols as their first and second, of three as their first, second, third.
Row = tuple[str, int, int, int, int, int, int]
BREAK: Row = (NOTHING, 0, NEVER, NEVER, NEVER, NEVER, NEVER)
# Signs that are known beforehand; any other break costs some time.
SIGNS = [*range(0x80), 0xB7, *range(0x2010, 0x2028), *range(0x3000, 0x3007), *range(0x3008, 0x3020)]
SIGNS += range(0xFF00, 0xFF66)


class ShortPath:
    """Finds the best path through a text cell by cell.

    Words are keys of one character a cell; so are the beginnings of words of three symbols and more.
    """

    def __init__(self, scores: WordScores, symbols: Sequence[str], words: Sequence[str]) -> None:
        """symbols: those with the ids 1, 2, ..., at most MOST_SYMBOLS; words: all, by number."""
        names = [s if len(s) == 1 else chr(STAND_INS + i) for i, s in enumerate(symbols)]
        columns = [scores.of_symbols.tolist()]
        for k in (2, 3):
            tables = scores.places.get(k) or [np.full(scores.size, NEVER)] * k
            columns += [table.tolist() for table in tables]
        unnamed = list(zip(*columns, strict=True))
        rows: Iterable[Row] = zip(names, *(column[1:-1] for column in columns), strict=True)
        self._rows: dict[str, Row] = dict.fromkeys(map(chr, SIGNS), BREAK)
        self._rows.update(zip(symbols, rows, strict=True))
        for symbol in symbols:
            if len(symbol) > 1 and chars.is_han(symbol[0]):  # with a mark, which no look-up has
                del self._rows[symbol]
        self._other: Row = (NOTHING, *unnamed[-1])
        keys, values = _keys(scores, names, words)
        # The heaviest of equal words comes first, and so has to be the last here.
        self._words = dict(zip(reversed(keys), reversed(values), strict=True))
        self._beginnings = _beginnings(self._words)

    def segment(self, text: str) -> list[str]:
        """The tokens of a text; joined they are the text."""
        found = cells(text)
        simple = len(found) == len(text)
        known = list(map(self._rows.get, found))
        if None in known:
            rows = [row or self._strange(cell) for row, cell in zip(known, found, strict=True)]
            key = "".join([row[0] for row in rows])
        else:
            rows = known  # type: ignore[assignment]
            key = text if simple else "".join([row[0] for row in rows])
        lengths = self._lengths(key, rows)
        end = len(rows)
        words = []
        while end:
            start = end - lengths[end - 1]
            words.append(text[start:end] if simple else "".join(found[start:end]))
            end = start
        words.reverse()
        return words

    def _strange(self, cell: str) -> Row:
        """The row of a cell that is no symbol: a Han character, maybe one with marks, or a break."""
        return self._rows.get(cell[0], self._other) if chars.is_han(cell[0]) else BREAK

    def _lengths(self, key: str, rows: Sequence[Row]) -> list[int]:
        """By cell: the length of the word that ends there on the best path up to it; the shorter of equal ones."""
        word, beginnings = self._words.get, self._beginnings
        lengths = []
        long: dict[int, list[tuple[int, int]]] = {}  # end -> (score up to it, length)
        total = before = before2 = 0  # best scores up to the cell, the one before, ...
        first_of_2 = first_of_3 = two_of_3 = NEVER
        goes_on = False  # whether longer words begin with the two cells before
        for end, (_, single, a2, b2, a3, b3, c3) in enumerate(rows, 1):
            best, length = total + single, 1
            pair = key[end - 2 : end]
            score = word(pair)
            if score is None:
                score = first_of_2 + b2
            if before + score > best:
                best, length = before + score, 2
            score = None
            if goes_on:
                three = key[end - 3 : end]
                score = word(three)
                if three in beginnings:
                    self._find_long(key, end, before2, long)
            if score is None:
                score = two_of_3 + c3
            if before2 + score > best:
                best, length = before2 + score, 3
            if long:
                for score, k in long.pop(end, ()):
                    if score > best:
                        best, length = score, k
            lengths.append(length)
            before2, before, total = before, total, best
            first_of_2, two_of_3, first_of_3 = a2, first_of_3 + b3, a3
            goes_on = pair in beginnings
        return lengths

    def _find_long(
        self, key: str, end: int, before: int, long: dict[int, list[tuple[int, int]]]
    ) -> None:
        """Note the words of more than three cells that begin three cells before `end`; before: the score up to there."""
        start = end - 3
        for stop in range(end + 1, len(key) + 1):
            begun = key[start:stop]
            if (score := self._words.get(begun)) is not None:
                long.setdefault(stop, []).append((before + score, stop - start))
            if begun not in self._beginnings:
                return


def _keys(
    scores: WordScores, names: Sequence[str], words: Sequence[str]
) -> tuple[list[str], list[int]]:
    """The words of two symbols and more, a character a symbol, and their scores; heaviest first."""
    many = np.flatnonzero(scores.spelled[:, 1])
    lengths = np.count_nonzero(scores.spelled[many], axis=1).tolist()
    keys = [words[i] for i in scores.numbers[many].tolist()]
    for i, (key, length) in enumerate(zip(keys, lengths, strict=True)):
        if len(key) != length:
            ids = scores.spelled[many[i], :length].tolist()
            keys[i] = "".join([names[number - 1] for number in ids])
    return keys, scores.of_words[many].tolist()


def _beginnings(words: Iterable[str]) -> set[str]:
    """All beginnings of the words, of two characters and more, that are not the whole word."""
    begun = {word[:-1] for word in words if len(word) > 2}
    every = set(begun)
    while begun := {word[:-1] for word in begun if len(word) > 2} - every:
        every |= begun
    return every
