"""The bytes of a dictionary of jieba -> where its words stand and their frequencies, by whole arrays; which can be in others.

Only for files without anything odd, as jieba's own is: a tenth of the time of a loop over 349,000 lines. Of all others
JiebaDictionary reads the lines one by one, and knows what is wrong with them.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from typing import NamedTuple, Self

import numpy as np

from nlptools.text import chars

_MOST_DIGITS = 12  # so that millions of them are not too much together
_BLOCK = 1 << 19  # bytes
_PAIR = np.uint64(21)  # bits of a code point


class PartPairs:
    """What parts of some words are made of: there: bool, by code point; pairs: uint64, rising, two code points in one."""

    def __init__(self, words: Collection[str]) -> None:
        self.there = np.zeros(0x110000, bool)
        self.there[chars.code_points("".join(words))] = True
        neighbours = set(itertools.chain.from_iterable(map(itertools.pairwise, words)))
        pairs = [ord(first) << int(_PAIR) | ord(second) for first, second in neighbours]
        self.pairs = np.array(sorted(pairs), np.uint64)


def blocks_of(data: bytes) -> Iterator[bytes]:
    """The data in pieces of whole lines, so that the arrays of a piece are small: all at once they take 60 MB."""
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        yield data[start:stop]
        start = stop


class JiebaLines(NamedTuple):
    """starts, stops: int64, of the word of each line in the text; frequencies: int64."""

    text: str
    codes: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    frequencies: np.ndarray

    @classmethod
    def of(cls, data: bytes) -> Self | None:
        """None for a file in which not every line is `word frequency[ tag]`, with single spaces and LF."""
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return None
        if not text or any(sign in text for sign in "\t\r\v\f"):
            return None
        if not text.endswith("\n"):
            text += "\n"
        codes = chars.code_points(text)
        ends, spaces = np.flatnonzero(codes == 0x0A), np.flatnonzero(codes == 0x20)
        starts = np.concatenate([[0], ends[:-1] + 1])
        at = np.searchsorted(spaces, starts)
        spaces = np.append(spaces, [len(codes), len(codes)])
        stops, behind = spaces[at], np.minimum(spaces[at + 1], ends)
        odd = (stops == starts) | (stops >= ends) | (codes[ends - 1] == 0x20)
        if odd.any():
            return None
        frequencies = _numbers(codes, stops + 1, behind)
        return None if frequencies is None else cls(text, codes, starts, stops, frequencies)

    def among(self, parts: PartPairs) -> Iterator[tuple[str, int]]:
        """The lines whose words may be such parts, in their order."""
        lacking = np.zeros(len(self.codes) + 1, np.int32)
        np.cumsum(~parts.there[self.codes], out=lacking[1:])
        rows, pairs = np.flatnonzero(lacking[self.starts] == lacking[self.stops]), parts.pairs
        # Of words of the same length the first pairs, the second ones, ...
        place = self.starts[rows]
        left, fits = self.stops[rows] - place - 1, np.ones(len(rows), bool)
        at = np.flatnonzero(left > 0)
        while len(at):
            first = self.codes[place[at]].astype(np.uint64) << _PAIR
            pair = first | self.codes[place[at] + 1].astype(np.uint64)
            found = np.minimum(np.searchsorted(pairs, pair), len(pairs) - 1)
            fits[at] = pairs[found] == pair if len(pairs) else False
            place[at] += 1
            left[at] -= 1
            at = at[fits[at] & (left[at] > 0)]
        rows = rows[fits]
        columns = (self.starts[rows], self.stops[rows], self.frequencies[rows])
        for start, stop, frequency in zip(*(column.tolist() for column in columns), strict=True):
            yield self.text[start:stop], frequency


def _numbers(codes: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray | None:
    """The numbers that stand there in figures, int64; None where one of them does not."""
    widths = stops - starts
    if widths.min() < 1 or widths.max() > _MOST_DIGITS:
        return None
    numbers = np.zeros(len(starts), np.int64)
    at = np.arange(len(starts))
    for place in range(int(widths.max())):
        at = at[widths[at] > place]
        digits = codes[starts[at] + place].astype(np.int64) - 0x30
        if ((digits < 0) | (digits > 9)).any():
            return None
        numbers[at] = numbers[at] * 10 + digits
    return numbers
