"""Symbol ids -> the runs between breaks, laid out time by time in blocks that are worked on together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Cells of a block: some arrays of it fit into the second-level cache, and the cost of a NumPy call
# is shared by enough runs. 2**17 to 2**19 take the same time.
BLOCK = 1 << 18


@dataclass(frozen=True)
class Steps:
    """How the cells of some runs lie, time by time.

    starts: the first cell of each step, and the number of cells at the end; the runs that are longer
    than t have the cells starts[t] .. starts[t + 1], in the same order in every step.
    """

    starts: list[int]

    def __len__(self) -> int:
        """Cells."""
        return self.starts[-1]

    @property
    def steps(self) -> int:
        return len(self.starts) - 1

    def width(self, step: int) -> int:
        """How many runs are longer than `step`."""
        return self.starts[step + 1] - self.starts[step] if step < self.steps else 0

    def before(self, values: np.ndarray) -> np.ndarray:
        """The value of the cell before each cell in its run; 0 for the first ones."""
        shifted = np.zeros_like(values)
        for step in range(1, self.steps):
            a, e = self.starts[step], self.starts[step + 1]
            shifted[a:e] = values[self.starts[step - 1] :][: e - a]
        return shifted


@dataclass(frozen=True)
class RunBlock(Steps):
    """Some runs of an array of ids.

    places: int32, for every cell the index of its symbol in the array.
    """

    places: np.ndarray


def find_runs(ids: np.ndarray, longest: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(starts, lengths) of the runs of an id array, 0 being a break; int64.

    longest: runs of more symbols are cut into pieces of so many.
    """
    inside = np.zeros(len(ids) + 2, bool)
    np.not_equal(ids, 0, out=inside[1:-1])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, lengths = edges[0::2].copy(), edges[1::2] - edges[0::2]
    del inside, edges  # a view would keep all of them
    if longest is None or not len(lengths) or lengths.max() <= longest:
        return starts, lengths
    pieces = -(-lengths // longest)
    first = np.cumsum(pieces) - pieces
    number = np.arange(int(pieces.sum())) - np.repeat(first, pieces)
    ends = np.repeat(starts + lengths, pieces)
    starts = np.repeat(starts, pieces) + number * longest
    return starts, np.minimum(longest, ends - starts)


def arrange(starts: np.ndarray, lengths: np.ndarray, size: int = BLOCK) -> Iterator[RunBlock]:
    """Blocks of about `size` cells, the longest runs first; runs of a length in their own order."""
    # Of 16 bits NumPy sorts by counting.
    narrow = np.int16 if lengths.max(initial=0) < 1 << 15 else np.int32
    order = np.argsort(np.negative(lengths, dtype=narrow, casting="unsafe"), kind="stable")
    starts, lengths = starts[order].astype(np.int32), lengths[order]
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        done = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + size, side="right")))
        widths = _widths(lengths[first:last])
        begin = starts[first:last]
        places = np.empty(int(ends[last - 1]) - done, np.int32)
        cells = [0]
        for step, width in enumerate(widths):
            np.add(begin[:width], step, out=places[cells[-1] : cells[-1] + width])
            cells.append(cells[-1] + width)
        yield RunBlock(cells, places)
        first = last


def _widths(lengths: np.ndarray) -> list[int]:
    """How many of the lengths, which fall, are above 0, 1, 2, ..."""
    steps = np.arange(1, int(lengths[0]) + 1)
    return np.searchsorted(-lengths, -steps, side="right").tolist()
