"""Hashes of 128 bits, batch by batch -> which of them came before; exact, in a file when there are too many."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlptools.base.storage import FileColumn, SpillFile

ROW = 16  # bytes of a hash
_STEP = 256  # hashes between two that the index of a run in a file has


class _Sorted(NamedTuple):
    """Hashes in ascending order, as their upper and lower halves; uint64."""

    high: np.ndarray
    low: np.ndarray

    def holds(self, high: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Which of these hashes are here; bool."""
        found = np.zeros(len(high), bool)
        place = np.searchsorted(self.high, high)
        left = np.arange(len(high))
        # Halves that are equal by chance stand side by side: nearly always the first step answers.
        while len(left):
            left = left[place[left] < len(self.high)]
            left = left[self.high[place[left]] == high[left]]
            same = self.low[place[left]] == low[left]
            found[left[same]] = True
            left = left[~same]
            place[left] += 1
        return found


def _sorted(high: np.ndarray, low: np.ndarray) -> _Sorted:
    order = np.lexsort((low, high))
    return _Sorted(high[order], low[order])


class _Run:
    """Sorted hashes in a file; in memory is every 256th upper half."""

    def __init__(self, held: _Sorted, spill: SpillFile) -> None:
        pairs = np.column_stack([held.high, held.low]).ravel()
        self._index = held.high[::_STEP].copy()
        self._pairs = FileColumn(spill.file, pairs.dtype, len(pairs), (0,), (spill.write(pairs),))

    def holds(self, high: np.ndarray, low: np.ndarray) -> np.ndarray:
        first = np.maximum(np.searchsorted(self._index, high, "left") - 1, 0)
        last = np.searchsorted(self._index, high, "right")
        found = np.zeros(len(high), bool)
        for start, stop in np.unique(np.column_stack([first, last]), axis=0).tolist():
            asked = np.flatnonzero((first == start) & (last == stop))
            pairs = self._pairs[2 * _STEP * start : 2 * _STEP * stop]
            found[asked] = _Sorted(pairs[0::2], pairs[1::2]).holds(high[asked], low[asked])
        return found


class SeenHashes:
    """A set of hashes that holds at most about `room` bytes in memory, beside an index of what is in its file.

    The file is in `folder`, and has no name.
    """

    def __init__(self, room: int, folder: Path | None) -> None:
        self._room = max(1, room // (3 * ROW))  # hashes; to join two lists takes as much again
        self._folder = folder
        self._spill: SpillFile | None = None
        self._runs: list[_Run] = []
        self._held: list[_Sorted] = []  # each more than twice as long as the next

    def add(self, hashes: np.ndarray) -> np.ndarray:
        """hashes: uint64, two numbers each. Returns which came before, in this call or an earlier one; bool."""
        high, low = np.ascontiguousarray(hashes[:, 0]), np.ascontiguousarray(hashes[:, 1])
        order = np.lexsort((low, high))  # stable: the first of equal ones comes first
        before = np.zeros(len(high), bool)
        same = (high[order[1:]] == high[order[:-1]]) & (low[order[1:]] == low[order[:-1]])
        before[order[1:][same]] = True
        parts: list[_Sorted | _Run] = [*self._held, *self._runs]
        for part in parts:
            left = np.flatnonzero(~before)
            before[left] = part.holds(high[left], low[left])
        fresh = order[~before[order]]
        if len(fresh):
            self._keep(_Sorted(high[fresh], low[fresh]))
        return before

    def _keep(self, new: _Sorted) -> None:
        while self._held and len(self._held[-1].high) <= 2 * len(new.high):
            last = self._held.pop()
            new = _sorted(*map(np.concatenate, zip(last, new, strict=True)))
        self._held.append(new)
        if sum(len(part.high) for part in self._held) < self._room:
            return
        if self._spill is None:
            self._spill = SpillFile(self._folder)
        whole = _sorted(*map(np.concatenate, zip(*self._held, strict=True)))
        self._held.clear()
        self._runs.append(_Run(whole, self._spill))
