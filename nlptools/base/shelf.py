"""Arrays that are read and replaced again and again -> kept in memory as far as there is room, in a file beyond it."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np

from nlptools.base.storage import FileColumn, SpillFile


class Store:
    """Where the arrays of some shelves lie: `room` bytes in memory, the others in one unnamed file.

    Several threads may read and replace arrays. What a shelf held is free again when the shelf is gone.
    """

    def __init__(self, room: float = math.inf, folder: Path | None = None) -> None:
        self.room = room
        self._folder = folder
        self._file: SpillFile | None = None
        self._free: dict[int, list[int]] = {}  # bytes -> offsets of places of that size
        self._lock = threading.Lock()

    def keep(self, values: np.ndarray) -> np.ndarray | FileColumn:
        """The array, or the place in the file to which it was written."""
        with self._lock:
            if values.nbytes <= self.room:
                self.room -= values.nbytes
                return values
            if self._file is None:
                self._file = SpillFile(self._folder)
            free = self._free.get(values.nbytes)
            values = np.ascontiguousarray(values)
            offset = self._file.write(values, free.pop() if free else None)
            return FileColumn(self._file.file, values.dtype, len(values), (0,), (offset,))

    def read(self, item: np.ndarray | FileColumn) -> np.ndarray:
        """What was kept; in memory the array itself."""
        if isinstance(item, np.ndarray):
            return item
        with self._lock:  # a file has one position for all threads
            return item[:]

    def replace(self, item: np.ndarray | FileColumn, values: np.ndarray) -> np.ndarray | FileColumn:
        """Keep other values of the same type and number in the same place."""
        if isinstance(item, np.ndarray):
            return values
        assert self._file is not None
        with self._lock:
            self._file.write(np.ascontiguousarray(values, item.dtype), item.offsets[0])
        return item

    def release(self, items: Sequence[np.ndarray | FileColumn]) -> None:
        """Nobody wants these any more."""
        with self._lock:
            for item in items:
                if isinstance(item, np.ndarray):
                    self.room += item.nbytes
                else:
                    size = item.length * item.dtype.itemsize
                    self._free.setdefault(size, []).append(item.offsets[0])


class Shelf(Sequence[np.ndarray]):
    """A list of arrays in a store; an array that was changed has to be put back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._items: list[np.ndarray | FileColumn] = []

    def append(self, values: np.ndarray) -> None:
        """One more array; it is the shelf's from now on."""
        self._items.append(self._store.keep(values))

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, i: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, i: slice) -> list[np.ndarray]: ...
    def __getitem__(self, i: int | slice) -> np.ndarray | list[np.ndarray]:
        if isinstance(i, slice):
            return [self._store.read(item) for item in self._items[i]]
        return self._store.read(self._items[i])

    def __setitem__(self, i: int, values: np.ndarray) -> None:
        """Other values of the same type and number."""
        self._items[i] = self._store.replace(self._items[i], values)

    def __del__(self) -> None:
        self._store.release(self._items)
