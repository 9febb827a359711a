"""Lines of a text -> their numbers in the source, also where lines of it were left out or put together."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np


def _none() -> array[int]:
    return array("q")


@dataclass(frozen=True, slots=True)
class LineNumbers:
    """Numbers (from 1) of the lines of a text; each is one more than that of the line before, but at a jump.

    first: of the text's first line. at, to: the lines (of the text, from 0, rising) at which there is a jump, and their
    numbers.
    """

    first: int = 1
    at: array[int] = field(default_factory=_none)
    to: array[int] = field(default_factory=_none)

    @staticmethod
    def listed(numbers: array[int]) -> LineNumbers:
        """From the number of every line."""
        values = np.frombuffer(numbers, np.int64)
        at = np.flatnonzero(np.diff(values) != 1) + 1
        if not len(at):
            return LineNumbers(numbers[0])
        return LineNumbers(numbers[0], array("q", at.tobytes()), array("q", values[at].tobytes()))

    def __getitem__(self, line: int) -> int:
        """Number of one line of the text, which counts from 0."""
        place = bisect.bisect_right(self.at, line) - 1
        return self.first + line if place < 0 else self.to[place] + line - self.at[place]

    def jumps(self) -> Iterator[tuple[int, int]]:
        """(line, number) of the first line, and wherever the number is not one more than that before."""
        yield 0, self.first
        yield from zip(self.at, self.to, strict=True)

    def of(self, lines: np.ndarray) -> np.ndarray:
        """Numbers of lines of the text, int64, shape of `lines`."""
        lines = lines.astype(np.int64)
        if not self.at:
            return self.first + lines
        at, to = (np.frombuffer(column, np.int64) for column in (self.at, self.to))
        shift = np.append(self.first, to - at)
        return shift[np.searchsorted(at, lines, side="right")] + lines

    def after(self, lines: int) -> LineNumbers:
        """Those of the text without its first lines."""
        if not lines:
            return self
        if not self.at:
            return LineNumbers(self.first + lines)
        place = bisect.bisect_right(self.at, lines)
        at = np.frombuffer(self.at, np.int64)[place:] - lines
        return LineNumbers(self[lines], array("q", at.tobytes()), self.to[place:])

    def then(self, lines: int, more: LineNumbers) -> LineNumbers:
        """Those of the text, which has so many line ends, and of another that goes on in its last line."""
        if not more.at:
            return self
        at = self.at + array("q", [line + lines for line in more.at])
        return LineNumbers(self.first, at, self.to + more.to)
