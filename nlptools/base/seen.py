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
        """Which of these hashes are here; bool. A read of some kilobytes for each."""
        first = np.maximum(np.searchsorted(self._index, high, "left") - 1, 0)
        last = np.searchsorted(self._index, high, "right")
        found = np.zeros(len(high), bool)
        for place, (start, stop) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
            pairs = self._pairs[2 * _STEP * start : 2 * _STEP * stop]
            one = slice(place, place + 1)
            found[one] = _Sorted(pairs[0::2], pairs[1::2]).holds(high[one], low[one])
        return found


class _Sieve:
    """Bits for the upper ends of hashes: most of those that are not in the file are told without reading it."""

    def __init__(self, room: int) -> None:
        self._shift = np.uint64(64 - max(3, (8 * room).bit_length() - 1))
        self._bits = np.zeros(1 << (61 - int(self._shift)), np.uint8)

    def add(self, high: np.ndarray) -> None:
        places, masks = self._at(high)
        np.bitwise_or.at(self._bits, places, masks)

    def passes(self, high: np.ndarray) -> np.ndarray:
        """Which may have been added; bool."""
        places, masks = self._at(high)
        return (self._bits[places] & masks) != 0

    def _at(self, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ends = high >> self._shift
        return (ends >> np.uint64(3)).astype(np.int64), np.uint8(1) << (ends & np.uint64(7)).astype(
            np.uint8
        )


class SeenHashes:
    """A set of hashes that holds at most about `room` bytes in memory, beside an index of what is in its file.

    The file is in `folder`, and has no name.
    """

    def __init__(self, room: int, folder: Path | None) -> None:
        # Half of it for hashes, of which to join two lists takes as much again, a quarter for the sieve.
        self._room = max(1, room // (6 * ROW))
        self._sieve_room = max(1, room // 4)
        self._sieve: _Sieve | None = None
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
        for part in self._held:
            left = np.flatnonzero(~before)
            before[left] = part.holds(high[left], low[left])
        if self._sieve is not None:
            maybe = np.flatnonzero(self._sieve.passes(high) & ~before)
            for run in self._runs:
                before[maybe] = run.holds(high[maybe], low[maybe])
                maybe = maybe[~before[maybe]]
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
        self._sieve = self._sieve or _Sieve(self._sieve_room)
        whole = _sorted(*map(np.concatenate, zip(*self._held, strict=True)))
        self._held.clear()
        self._sieve.add(whole.high)
        self._runs.append(_Run(whole, self._spill))
