"""Gold texts + raw text -> the raw text without the passages that the gold texts have.

A passage is one, two or three clauses in a row with LEAST or more letters, digits and Han characters; only
those are compared, in NFKC and small letters, so that neither line ends, quotes nor white space hide it.
Whole sentences will not do: corpora break lines at commas too, each at other ones.
"""

from __future__ import annotations

import unicodedata

import numpy as np

from nlptools.text import chars

LEAST = 8
CLAUSES = 3
ENDS = "。！？；，、：…—!?;,:\n\r"

# A passage is its hash: the sum of a random number for each character times a power of _BASE, modulo
# 2**64. The powers are odd and have inverses, so the hashes of all passages come from one running sum.
_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)


def _number_table() -> np.ndarray:
    """Number of each code point, 0 for what is not compared; the last one is that of all above U+FFFF."""
    numbers = np.random.default_rng(1).integers(1, 1 << 64, 0x10000, dtype=np.uint64)
    table = np.zeros_like(numbers)
    for code in range(0xFFFF):
        character = chr(code)
        if character.isalnum():
            folded = unicodedata.normalize("NFKC", character).lower()
            simple = len(folded) == 1 and ord(folded) < 0x10000
            table[code] = numbers[ord(folded) if simple else code]
    table[-1] = numbers[-1]
    return table


_NUMBERS = _number_table()
_IS_END = np.zeros(0x10000, bool)
_IS_END[[ord(sign) for sign in ENDS]] = True


class Passages:
    """The clauses of a text, and the hashes of the passages that begin with each of them."""

    def __init__(self, text: str) -> None:
        self._codes = chars.code_points(text)
        low = self._codes
        if low.dtype != np.uint16:
            low = np.minimum(low, 0xFFFF)
        numbers = np.take(_NUMBERS, low)
        compared = numbers != 0
        stops = np.flatnonzero(np.take(_IS_END, low)) + 1
        if len(low) and (not len(stops) or stops[-1] < len(low)):
            stops = np.append(stops, len(low))
        place = np.concatenate([[0], np.cumsum(compared)])[np.concatenate([[0], stops])]
        # A clause without anything to compare, such as the one between ， and ”, goes with the one before.
        kept = np.flatnonzero(np.diff(place)) + 1
        self._stops = stops[kept - 1]
        if len(kept):
            self._stops[:-1] = stops[kept[1:] - 2]
            self._stops[-1] = len(low)
        self._place = np.concatenate([[0], place[kept]])
        numbers = numbers[compared]
        self._sums = np.zeros(len(numbers) + 1, np.uint64)
        np.cumsum(numbers * _powers(_BASE, len(numbers)), out=self._sums[1:])
        self._inverses = _powers(_INVERSE, len(numbers) + 1)

    def __len__(self) -> int:
        """Clauses."""
        return len(self._stops)

    def hashes(self, clauses: int) -> tuple[np.ndarray, np.ndarray]:
        """(index of the first clause, hash) of every passage of so many clauses."""
        first, last = self._place[:-clauses], self._place[clauses:]
        hashes = (self._sums[last] - self._sums[first]) * self._inverses[first]
        rows = np.flatnonzero(last - first >= LEAST)
        return rows, hashes[rows]

    def all(self) -> np.ndarray:
        """Hashes of all passages, each once, sorted."""
        return np.unique(np.concatenate([self.hashes(n)[1] for n in range(1, CLAUSES + 1)]))

    def among(self, gold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(whether each clause lies in a passage whose hash is in `gold`, the hashes of those)."""
        mask = np.zeros(len(self), bool)
        same: list[np.ndarray] = []
        for number in range(1, CLAUSES + 1):
            rows, hashes = self.hashes(number)
            found = np.isin(hashes, gold)
            same.append(hashes[found])
            for i in range(number):
                mask[rows[found] + i] = True
        return mask, np.unique(np.concatenate(same))

    def without(self, mask: np.ndarray) -> str:
        """The text without some clauses.

        Nothing grows together: what stands before a clause ends with one of ENDS.
        """
        sizes = np.diff(self._stops, prepend=0)
        return chars.text_of(self._codes[: sizes.sum()][np.repeat(~mask, sizes)])


def _powers(base: int, number: int) -> np.ndarray:
    """base**0, base**1, ... modulo 2**64."""
    powers = np.full(number, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)
