"""Scores of words + a short text -> its words, by one loop over its cells: no fixed cost, as a sentence needs.

The same numbers as in blockpath.py are added, so the same path is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nlptools.lattice.sums import NEVER
from nlptools.segmentation.cells import cells
from nlptools.segmentation.scores import WordScores

# Symbols of several characters have one each to stand for them in keys, from the planes for private use.
STAND_INS = 0xF0000
MOST_SYMBOLS = 0x10FFFF - STAND_INS
NOTHING = "\0"  # stands for a cell that is in no word
MOST_ROWS = (
    1 << 17
)  # that are kept; beyond it what is new is made anew, as of a text of nothing but numbers

# What a cell is to the loop: its character in keys, what finds the words that begin with it, its score as a word, and
# what it adds to unseen words of two symbols as their first and second, of three as their first, second, third.
Find = Callable[[str], int | None]
Row = tuple[str, Find, int, int, int, int, int, int]
BREAK: Row = (NOTHING, dict[str, int]().get, 0, NEVER, NEVER, NEVER, NEVER, NEVER)


class ShortPath:
    """Finds the best path through a text cell by cell.

    The row of a cell is made when it is first met, with all words that begin with it: a dictionary of 190,000 words
    at once would take longer than some hundred sentences.
    """

    def __init__(
        self, scores: WordScores, symbols: Sequence[str], id_of: Callable[[str], int]
    ) -> None:
        """symbols: those with the ids 1, 2, ..., at most MOST_SYMBOLS. id_of: cell -> id, 0 for a break."""
        self._scores = scores
        self._id_of = id_of
        self._names = np.zeros(scores.size, "<u4")
        self._names[1:-1] = [
            ord(s) if len(s) == 1 else STAND_INS + i for i, s in enumerate(symbols, 1)
        ]
        self._sizes = np.zeros(len(scores.spelled), np.uint8)
        for column in scores.spelled.T:
            self._sizes += column > 0
        longer = scores.order[self._sizes[scores.order] > 1][::-1]  # heaviest last
        first = scores.spelled[longer, 0]
        self._longer = longer[np.argsort(first, kind="stable")]
        self._edges = np.searchsorted(np.sort(first), np.arange(scores.size + 1))
        self._rows: dict[str, Row] = {}

    def segment(self, text: str) -> list[str]:
        """The tokens of a text; joined they are the text."""
        found = cells(text)
        simple = len(found) == len(text)
        known = list(map(self._rows.get, found))
        if None in known:
            rows = [row or self._new_row(cell) for row, cell in zip(known, found, strict=True)]
        else:
            rows = known  # type: ignore[assignment]
        lengths = self._lengths(rows)
        end = len(rows)
        words = []
        while end:
            start = end - lengths[end - 1]
            words.append(text[start:end] if simple else "".join(found[start:end]))
            end = start
        words.reverse()
        return words

    def _new_row(self, cell: str) -> Row:
        """The row of a cell that was not met before."""
        row = self._row(number) if (number := self._id_of(cell)) else BREAK
        if len(self._rows) < MOST_ROWS:
            self._rows[cell] = row
        return row

    def _row(self, number: int) -> Row:
        two = [int(table[number]) for table in self._scores.places.get(2, ())] or [NEVER] * 2
        three = [int(table[number]) for table in self._scores.places.get(3, ())] or [NEVER] * 3
        single = int(self._scores.of_symbols[number])
        name = chr(self._names[number])
        return (name, self._tails(number).get, single, *two, *three)  # type: ignore[return-value]

    def _tails(self, number: int) -> dict[str, int]:
        """What follows a symbol in words that begin with it -> their scores; NEVER for what is only a beginning."""
        here = self._longer[self._edges[number] : self._edges[number + 1]]
        sizes = self._sizes[here]
        width = int(sizes.max(initial=1)) - 1
        named = np.take(self._names, self._scores.spelled[here, 1 : width + 1])
        whole = named.tobytes().decode("utf-32-le", "surrogatepass")
        tails: dict[str, int] = {}
        scores = self._scores.of_words[here].tolist()
        for at, (size, score) in enumerate(zip(sizes.tolist(), scores, strict=True)):
            tail = whole[at * width : at * width + size - 1]
            tails[tail] = score
            for stop in range(1, size - 1):
                tails.setdefault(tail[:stop], NEVER)
        return tails

    def _lengths(self, rows: Sequence[Row]) -> list[int]:
        """By cell: the length of the word that ends there on the best path up to it; the shorter of equal ones."""
        lengths = []
        long: dict[int, list[tuple[int, int]]] = {}  # end -> (score up to it, length)
        total = before = before2 = (
            0  # best scores up to the cell, to the one before, to that before it
        )
        first_of_2 = first_of_3 = two_of_3 = NEVER
        last, find1, find2 = NOTHING, BREAK[1], BREAK[1]  # of the cells before
        goes_on = False  # whether words begin with the two cells before
        for end, (name, find, single, a2, b2, a3, b3, c3) in enumerate(rows, 1):
            best, length = total + single, 1
            score = first_of_2 + b2
            pair = find1(name)
            if pair is not None and pair > score:
                score = pair
            if before + score > best:
                best, length = before + score, 2
            score = two_of_3 + c3
            if goes_on:
                three = find2(last + name)
                if three is not None:
                    if three > score:
                        score = three
                    _find_long(find2, last + name, rows, end, before2, long)
            if before2 + score > best:
                best, length = before2 + score, 3
            if long:
                for score, k in long.pop(end, ()):
                    if score > best:
                        best, length = score, k
            lengths.append(length)
            before2, before, total = before, total, best
            first_of_2, two_of_3, first_of_3 = a2, first_of_3 + b3, a3
            last, find2, find1, goes_on = name, find1, find, pair is not None
        return lengths


def _find_long(
    find: Find,
    tail: str,
    rows: Sequence[Row],
    end: int,
    before: int,
    long: dict[int, list[tuple[int, int]]],
) -> None:
    """Note the words of more than three cells whose first three end at `end`. before: the score up to the first."""
    length = 3
    for stop in range(end, len(rows)):
        tail += rows[stop][0]
        length += 1
        score = find(tail)
        if score is None:
            return
        if score != NEVER:
            long.setdefault(end + length - 3, []).append((before + score, length))
