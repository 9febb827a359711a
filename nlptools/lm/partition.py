"""Keys of a long table -> parts that fit into memory, each with a range of the keys; their results in row order.

What needs its rows sorted by something else than their order, here is sorted part by part: the keys are sent to
the part of their range, with their row where there is more than one part. A part keeps the order of
its rows, so results go back to row order by reading all parts at the same time, from their beginnings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from nlptools.base import storage
from nlptools.base.storage import Column
from nlptools.ngrams.counts import SLICE

# Bytes at the peak for each row of a part: its key twice, rank or place, its values, and copies of these.
BYTES_PER_ROW = 48
# The keys' ranges are found in a histogram of so many bins.
_BINS = 1 << 16

Slices = Callable[[], Iterator[np.ndarray]]


class Sliceable(Protocol):
    """What a column is to a reader."""

    @property
    def dtype(self) -> np.dtype[Any]: ...

    def __getitem__(self, where: slice, /) -> np.ndarray: ...


@dataclass
class Part:
    """Some rows of the table. keys: uint64; rows: ascending, None where the part is the whole table."""

    keys: Column
    rows: Column | None

    def take_keys(self) -> np.ndarray:
        """The keys, to be changed at will; they are there once."""
        taken, self.keys = self.keys[:], np.empty(0, np.uint64)
        return taken


class Exchange:
    """A table's keys, split by their value; equal keys are in one part, and parts ascend."""

    def __init__(
        self,
        slices: Slices,
        size: int,
        limit: int,
        room: int,
        folder: Path | None,
        step: int = 1,
    ) -> None:
        """slices: gives the keys (uint64, below `limit`) in row order, each time it is called; size: how many.

        room: bytes for the work on one part; folder: where parts go if there are several. step: parts begin
        at multiples of it.
        """
        self.size = size
        self._folder = folder
        number = -(-size * BYTES_PER_ROW // max(room, 1))
        if number <= 1 or folder is None:
            self.parts = [Part(_whole(slices()), None)]
            return
        bounds = _bounds(slices(), size, limit, number, step)
        spill = storage.SpillFile(folder)
        kept = [storage.ColumnWriter(np.uint64, spill) for _ in range(len(bounds) + 1)]
        rows = [storage.ColumnWriter(np.int64, spill) for _ in range(len(bounds) + 1)]
        first = 0
        for keys in slices():
            target = np.searchsorted(bounds, keys, side="right").astype(np.uint16)
            order = np.argsort(target, kind="stable")
            ends = np.searchsorted(target[order], np.arange(len(bounds) + 2))
            for part in range(len(bounds) + 1):
                mine = order[ends[part] : ends[part + 1]]
                kept[part].append(keys[mine])
                rows[part].append(mine + first)
            first += len(keys)
        self.parts = [Part(k.finish(), r.finish()) for k, r in zip(kept, rows, strict=True)]

    def in_row_order(self, values: Sequence[Column], dtype: type[np.generic]) -> Column:
        """A column of the table: the values of the rows of every part, in row order."""
        if self.parts[0].rows is None:
            return values[0][:].astype(dtype, copy=False)
        writer = storage.ColumnWriter(dtype, storage.SpillFile(self._folder))
        done = [0] * len(self.parts)
        for start in range(0, self.size, SLICE):
            out = np.empty(min(SLICE, self.size - start), dtype)
            for number, (part, value) in enumerate(zip(self.parts, values, strict=True)):
                assert part.rows is not None
                rows = part.rows[done[number] : done[number] + len(out)] - start
                rows = rows[: int(np.searchsorted(rows, len(out)))]
                out[rows] = value[done[number] : done[number] + len(rows)]
                done[number] += len(rows)
            writer.append(out)
        return writer.finish()

    def of_part(self, column: Sliceable, part: Part) -> np.ndarray:
        """The values that a column of the table has at the rows of a part."""
        if part.rows is None:
            return column[:]
        out = np.empty(len(part.rows), column.dtype)
        done = 0
        for start in range(0, self.size, SLICE):
            rows = part.rows[done : done + SLICE] - start
            rows = rows[: int(np.searchsorted(rows, SLICE))]
            out[done : done + len(rows)] = column[start : start + SLICE][rows]
            done += len(rows)
        return out

    def writer(self, dtype: type[np.generic]) -> storage.ColumnWriter:
        """For values of one part: in memory where there is one part, else on disk."""
        alone = self.parts[0].rows is None
        return storage.ColumnWriter(dtype, None if alone else storage.SpillFile(self._folder))


def _whole(slices: Iterator[np.ndarray]) -> np.ndarray:
    pieces = list(slices)
    if len(pieces) == 1:
        return pieces[0]
    return np.concatenate(pieces) if pieces else np.empty(0, np.uint64)


def _bounds(
    slices: Iterator[np.ndarray], size: int, limit: int, number: int, step: int
) -> np.ndarray:
    """Keys at which `number` parts of about equal size begin, but the first; uint64, ascending."""
    shift = np.uint64(max(0, (limit - 1).bit_length() - _BINS.bit_length() + 1))
    bins = np.zeros(_BINS, np.int64)
    for keys in slices:
        bins += np.bincount((keys >> shift).astype(np.int64), minlength=_BINS)
    filled = np.cumsum(bins)
    wanted = size * np.arange(1, number) // number
    places = np.searchsorted(filled, wanted, side="right").astype(np.uint64) << shift
    places = np.unique(places // np.uint64(step) * np.uint64(step))
    return places[places > 0]
