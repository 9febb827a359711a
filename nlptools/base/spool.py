"""Arrays to be read again -> kept in memory, or in an unnamed file once there are too many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nlptools.base.storage import FileColumn, SpillFile


class Spool:
    """A list of arrays that holds at most `room` bytes in memory; loop over it as often as needed.

    The second pass of a discovery reads symbol ids from here, so that a pipe is read once, and no
    text is decoded twice.
    """

    def __init__(self, room: int, folder: Path | None) -> None:
        self._room, self._folder = room, folder
        self._items: list[np.ndarray | FileColumn] = []
        self._spill: SpillFile | None = None
        self.nbytes = 0  # of all arrays, in memory or not

    def append(self, values: np.ndarray) -> None:
        """Keep one more array; it must not be changed afterwards."""
        self.nbytes += values.nbytes
        if values.nbytes <= self._room:
            self._room -= values.nbytes
            self._items.append(values)
            return
        if self._spill is None:
            self._spill = SpillFile(self._folder)
        offset = self._spill.write(np.ascontiguousarray(values))
        self._items.append(FileColumn(self._spill.file, values.dtype, len(values), (0,), (offset,)))

    def where(self, mask: np.ndarray) -> np.ndarray:
        """The elements for which a mask over those of all arrays is true; of a spool that is not empty."""
        kept, start = [], 0
        for values in self:
            kept.append(values[mask[start : start + len(values)]])
            start += len(values)
        return np.concatenate(kept)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[np.ndarray]:
        for item in self._items:
            yield item[:]
