"""Keys with values -> a table in which whole arrays of keys are looked up, as it lies in a file.

The keys below 2**bits are shuffled by a bijection of these numbers onto themselves and sorted; the place of a key
among the shuffled ones is its *row*. The upper bits of a shuffled key say in which bucket it lies, `first` where
each bucket begins, and `rests` holds the lower bits of each row, with a bit above them where the bucket goes on.
So a key takes two bytes besides its value, none is found that is not there, and the keys can be had back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.storage import Column
from nlptools.lm.partition import BYTES_PER_ROW, Exchange, Slices
from nlptools.ngrams.counts import SLICE

# 2**64 divided by the golden ratio (Knuth): an odd multiplier shuffles the numbers below any power of 2.
_MULTIPLIER = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class NgramTable:
    """`size` keys with `width` numbers each, in columns that are read from a file or mapped.

    first: uint32 or uint64, the first row of each bucket; `size` for an empty one. rests (uint16 to uint64) and
    values (float32, `width` numbers a row) have one more row, which stands for what is not found: zeros, but
    that no key has its rest.
    """

    bits: int
    width: int
    first: Column
    rests: Column
    values: Column

    def __len__(self) -> int:
        return len(self.rests) - 1

    @property
    def _low(self) -> int:
        """Bits of a shuffled key that the bucket does not say."""
        return self.bits - len(self.first).bit_length() + 1

    def check(self, size: int) -> None:
        """ValueError when columns and numbers cannot belong together."""
        buckets = len(self.first)
        fits = isinstance(self.bits, int) and buckets > 0 and buckets & (buckets - 1) == 0
        fits = fits and 0 <= self._low < 8 * self.rests.dtype.itemsize and self.bits < 64
        fits = fits and len(self) == size and len(self.values) == (size + 1) * self.width
        kinds = self.first.dtype.kind, self.rests.dtype.kind
        if not fits or kinds != ("u", "u") or self.values.dtype != np.float32:
            raise ValueError("the columns of a table disagree")

    def in_memory(self) -> NgramTable:
        """With arrays for columns that lie in a temporary file."""
        columns = [column[:] for column in (self.first, self.rests, self.values)]
        return NgramTable(self.bits, self.width, *columns)

    def find(self, wanted: np.ndarray) -> np.ndarray:
        """Row of each key (uint64, overwritten), len(self) where there is none; int64.

        Whatever the columns say, no row is outside of the table.
        """
        first, all_rests, size = self.first, self.rests, len(self)
        assert isinstance(first, np.ndarray) and isinstance(all_rests, np.ndarray)
        low = self._low
        _shuffle(wanted, self.bits)
        number = all_rests.dtype.type
        mask, more = number((1 << low) - 1), number(1 << low)
        rests = wanted.astype(number)
        rests &= mask
        wanted >>= np.uint64(low)
        rows = np.take(first, wanted.view(np.int64), mode="clip").astype(np.int64)
        if first.dtype.itemsize == 8:  # only a damaged file has such numbers
            np.clip(rows, 0, size, out=rows)
        # The first two rows of every bucket, then the rest of the few that have more. An empty bucket is row
        # `size`, which does not matter whether it is found.
        one = np.take(all_rests, rows, mode="clip")
        two = np.take(all_rests, rows + 1, mode="clip")
        hit = ((one ^ rests) & mask) == 0
        second = ((two ^ rests) & mask) == 0
        second &= one >= more
        second &= ~hit
        hit |= second
        left = np.flatnonzero((two >= more) & (one >= more) & ~hit)
        rows += second
        on, rests = rows[left] + 2, rests[left]
        rows = np.where(hit, rows, size)
        while len(left):
            third = np.take(all_rests, on, mode="clip")
            hit = ((third ^ rests) & mask) == 0
            at = np.flatnonzero(hit)
            rows[left[at]] = on[at]
            hit |= (third < more) | (on >= size)
            stay = np.flatnonzero(~hit)
            left, on, rests = left[stay], on[stay] + 1, rests[stay]
        return np.minimum(rows, size, out=rows)

    def all_keys(self) -> Iterator[np.ndarray]:
        """The keys in the order of their rows, uint64, slice by slice; ValueError in a damaged table."""
        size = len(self)
        buckets, starts = np.empty(0, np.int64), np.empty(0, np.int64)
        done = 0
        for begin in range(0, len(self.first) + 1, SLICE):
            # The rows of a bucket end where those of the next one that is not empty begin.
            first = self.first[begin : begin + SLICE].astype(np.int64)
            filled = np.flatnonzero(first < size)
            last = begin + SLICE > len(self.first)
            if not len(filled) and not last:
                continue
            ends = np.append(starts, size if last and not len(filled) else first[filled[0]])
            yield self._keys(buckets, ends, done)
            done, buckets, starts = int(ends[-1]), filled + begin, first[filled]
            if last and len(filled):
                yield self._keys(buckets, np.append(starts, size), done)

    def _keys(self, buckets: np.ndarray, starts: np.ndarray, done: int) -> np.ndarray:
        number = np.diff(starts)
        if np.any(number < 1) or (starts[0] if len(buckets) else starts[-1]) != done:
            raise ValueError("the buckets of a table disagree")
        low = self._low
        found = np.repeat(buckets.astype(np.uint64) << np.uint64(low), number)
        rests = self.rests[int(starts[0]) : int(starts[-1])]
        found |= rests.astype(np.uint64) & np.uint64((1 << low) - 1)
        _unshuffle(found, self.bits)
        return found


def make_table(
    slices: Slices,
    size: int,
    limit: int,
    values: Sequence[Column],
    room: int,
    folder: Path | None,
) -> tuple[NgramTable, Column]:
    """(table, row in the table of each key).

    slices: gives the keys, unique, uint64 below `limit`, in some order; size: how many; values: columns aligned
    with the keys. room: bytes for the work; what does not fit goes to `folder`, and so do the columns.
    """
    bits = max(1, (limit - 1).bit_length())
    # As many buckets as keys, about; more where that makes the rests fit into 16 bits.
    upper = round(math.log2(max(size, 1)))
    upper = min(bits, max(upper, min(bits - 15, upper + 2)))
    low = bits - upper
    spill = None if folder is None or size * BYTES_PER_ROW <= room else storage.SpillFile(folder)

    def shuffled() -> Iterator[np.ndarray]:
        for piece in slices():
            _shuffle(piece, bits)
            yield piece

    exchange = Exchange(shuffled, size, 1 << bits, room, folder, step=1 << low)
    row_type = np.uint32 if size < 1 << 32 else np.uint64
    first = storage.ColumnWriter(row_type, spill)
    width = np.uint16 if low < 16 else np.uint32 if low < 32 else np.uint64
    rests = storage.ColumnWriter(width, spill)
    packed = storage.ColumnWriter(np.float32, spill)
    rows = []
    for part in exchange.parts:
        ordered, order = keys.sorted_order(part.take_keys(), 1 << bits)
        buckets = (ordered >> np.uint64(low)).view(np.int64)
        starts = keys.group_starts(buckets)
        done = rests.length
        begins = np.full(int(buckets[-1]) + 1 - first.length if len(buckets) else 0, size)
        begins[buckets[starts] - first.length] = done + starts
        first.append(begins)
        ordered &= np.uint64((1 << low) - 1)
        ordered[:-1] |= (buckets[1:] == buckets[:-1]).astype(np.uint64) << np.uint64(low)
        rests.append(ordered)
        together = np.empty((len(order), len(values)), np.float32)
        for number, column in enumerate(values):
            together[:, number] = exchange.of_part(column, part)[order]
        packed.append(together.reshape(-1))
        place = np.empty(len(order), row_type)
        place[order] = np.arange(done, done + len(order))
        writer = exchange.writer(row_type)
        writer.append(place)
        rows.append(writer.finish())
    first.append(np.full((1 << upper) - first.length, size))
    rests.append(np.zeros(1))
    packed.append(np.zeros(len(values)))
    table = NgramTable(bits, len(values), first.finish(), rests.finish(), packed.finish())
    return table, exchange.in_row_order(rows, row_type)


def _shuffle(numbers: np.ndarray, bits: int) -> None:
    """A bijection of the numbers below 2**bits, uint64, in place."""
    numbers ^= numbers >> np.uint64((bits + 1) // 2)
    numbers *= np.uint64(_MULTIPLIER)
    numbers &= np.uint64((1 << bits) - 1)


def _unshuffle(numbers: np.ndarray, bits: int) -> None:
    """The inverse of `_shuffle`, in place."""
    numbers *= np.uint64(pow(_MULTIPLIER, -1, 1 << 64))
    numbers &= np.uint64((1 << bits) - 1)
    numbers ^= numbers >> np.uint64((bits + 1) // 2)
