"""n-gram (aligned columns of ids) <-> one uint64 key; keys -> dense ranks; a hash table of keys.

The only file that knows the bit layout. A key is a number in mixed radix: digit j has base
`bases[j]`, the first digit is the most significant, so keys sort as their n-grams do.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np

from nlptools.native import kernel

# Work goes through the arrays in pieces that stay in the second-level cache (1 MB): packing
# 17 M keys of four ids takes a third of the time of whole-array passes.
PIECE = 1 << 15


def fits(bases: Sequence[int]) -> bool:
    """Whether a key with these bases fits into 64 bits."""
    return math.prod(map(int, bases)) <= 1 << 64


def pack(columns: Sequence[np.ndarray], bases: Sequence[int], out: np.ndarray) -> np.ndarray:
    """Keys of the n-grams whose j-th ids are `columns[j]`; written into `out` (uint64) and returned.

    Each column holds at least len(out) ids, all below its base.
    """
    if not fits(bases):
        raise ValueError(f"{len(bases)} ids with bases {list(bases)} do not fit into 64 bits")
    for start in range(0, len(out), PIECE):
        keys = out[start : start + PIECE]
        stop = start + len(keys)
        keys[:] = columns[0][start:stop]
        for column, base in zip(columns[1:], bases[1:], strict=True):
            keys *= np.uint64(base)
            keys += column[start:stop]
    return out


def unpack(keys: np.ndarray, bases: Sequence[int]) -> list[np.ndarray]:
    """The columns of ids behind keys, uint32 (uint16 where the base allows)."""
    columns: list[np.ndarray] = []
    rest = keys
    for base in reversed(bases[1:]):
        quotient = rest // np.uint64(base)
        columns.append((rest - quotient * np.uint64(base)).astype(id_dtype(base)))
        rest = quotient
    columns.append(rest.astype(id_dtype(bases[0])))
    return columns[::-1]


def id_dtype(base: int) -> type[np.uint16] | type[np.uint32] | type[np.uint64]:
    """The narrowest type for ids below base."""
    return np.uint16 if base <= 1 << 16 else np.uint32 if base <= 1 << 32 else np.uint64


def sort_in_place(keys: np.ndarray, pool: Executor | None = None, workers: int = 1) -> None:
    """Sort keys, on several threads where given: split at exact quantiles, then each part alone.

    Splitting is the first step quicksort would take anyway, so it costs no CPU time.
    """
    if pool is None or workers == 1 or len(keys) < 1 << 18:
        keys.sort()
        return
    cuts = [len(keys) * i // workers for i in range(workers + 1)]
    keys.partition(cuts[1:-1])
    parts = (keys[a:b] for a, b in itertools.pairwise(cuts))
    list(pool.map(np.ndarray.sort, parts))


def group_starts(sorted_keys: np.ndarray) -> np.ndarray:
    """Where each group of equal keys begins; int64."""
    if not len(sorted_keys):
        return np.empty(0, np.int64)
    new = np.empty(len(sorted_keys), bool)
    new[0] = True
    np.not_equal(sorted_keys[1:], sorted_keys[:-1], out=new[1:])
    return np.flatnonzero(new)


def places_fit(size: int, limit: int) -> bool:
    """Whether a key below `limit` and its place among so many keys fit into 64 bits together."""
    return (limit - 1).bit_length() + _place_bits(size) <= 64


def _place_bits(size: int) -> int:
    return max(1, (size - 1).bit_length())


def sort_with_places(keys: np.ndarray, sort: Callable[[np.ndarray], None] = np.ndarray.sort) -> int:
    """Keys, uint64, become key << bits | place, sorted; returns the bits. `places_fit` says whether there is room."""
    bits = _place_bits(len(keys))
    keys <<= np.uint64(bits)
    for start in range(0, len(keys), PIECE):
        piece = keys[start : start + PIECE]
        piece |= np.arange(start, start + len(piece), dtype=np.uint64)
    sort(keys)
    return bits


def dense_ranks(
    keys: np.ndarray, limit: int, sort: Callable[[np.ndarray], None] = np.ndarray.sort
) -> tuple[np.ndarray, np.ndarray]:
    """(ranks, distinct): each key's place among the distinct keys, and those in order.

    keys: uint64 below `limit`, overwritten. ranks: uint32, shape of keys. distinct: uint64.
    Where key and position fit into 64 bits together, one sort of plain integers does it all,
    three times faster than argsort.
    """
    size = len(keys)
    ranks = np.empty(size, np.uint32)
    if places_fit(size, limit):
        bits = sort_with_places(keys, sort)
        shift, mask = np.uint64(bits), np.uint64((1 << bits) - 1)
        if kernel.usable():
            return kernel.ranks_of_sorted(keys, bits)
        distinct = []
        rank, previous = -1, None
        for start in range(0, size, PIECE):
            piece = keys[start : start + PIECE]
            values = piece >> shift
            new = np.empty(len(values), bool)
            new[0] = previous is None or values[0] != previous
            np.not_equal(values[1:], values[:-1], out=new[1:])
            distinct.append(values[new])
            number = np.cumsum(new, dtype=np.int64) + rank
            ranks[(piece & mask).view(np.int64)] = number
            rank, previous = int(number[-1]), values[-1]
        return ranks, np.concatenate(distinct) if distinct else keys[:0]
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = group_starts(ordered)
    new = np.zeros(size, np.uint32)
    new[starts[1:]] = 1
    ranks[order] = np.cumsum(new, dtype=np.uint32)
    return ranks, ordered[starts]


def sorted_order(keys: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """(the keys in order, the place where each stood before; equal ones as they stood).

    keys: uint64 below `limit`, overwritten. Plain integers are sorted, as in `dense_ranks`, where that is possible.
    """
    bits = max(1, (len(keys) - 1).bit_length())
    if (limit - 1).bit_length() + bits > 64:
        order = np.argsort(keys, kind="stable")
        return keys[order], order
    keys <<= np.uint64(bits)
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    order = (keys & np.uint64((1 << bits) - 1)).view(np.int64)
    keys >>= np.uint64(bits)
    return keys, order


def row_ranks(rows: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(ranks, first): which rows are equal, and the first place of each distinct row.

    rows: ids below `size`, any number of columns. ranks: uint32, in the order of the rows as sequences;
    first: int64, by rank. np.unique(axis=0) takes ten times as long.
    """
    ranks, distinct = dense_ranks(rows[:, 0].astype(np.uint64), size)
    for column in rows.T[1:]:
        keyed = ranks.astype(np.uint64) * np.uint64(size) + column.astype(np.uint64)
        ranks, distinct = dense_ranks(keyed, len(distinct) * size)
    first = np.empty(len(distinct), np.int64)
    first[ranks[::-1]] = np.arange(len(rows))[::-1]
    return ranks, first


def distinct_rows(rows: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """As row_ranks, but numbered in the order in which they come; (numbers, first), int64."""
    ranks, first = row_ranks(rows, size)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    return number[ranks], first[order]


# Odd multipliers for multiplicative hashing; the first is 2**64 divided by the golden ratio (Knuth).
_MULTIPLIERS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93)


class KeyTable:
    """Finds uint64 keys among a fixed set, a few nanoseconds each, on whole arrays.

    A table of at least four slots a key, each with the place of a key, 24 to 40 bytes a key with the key itself. Keys
    whose slot is taken go to a second, smaller table with another hash, and so on. Few queries get past the first
    table, for a slot knows whether any key was moved on from it.
    """

    def __init__(self, keys: np.ndarray) -> None:
        """keys: unique, fewer than 2**30."""
        self._keys = keys
        # A slot is twice the place of its key, + 1 if another key was moved on from it; -2: empty.
        self._rounds: list[tuple[np.uint64, np.uint64, np.ndarray]] = []
        left = np.arange(len(keys), dtype=np.int32)
        while len(left):
            bits = max(4, (4 * len(left) - 1).bit_length())
            number = len(self._rounds)
            multiplier = np.uint64(_MULTIPLIERS[number % len(_MULTIPLIERS)] + 2 * number)
            shift = np.uint64(64 - bits)
            slots = ((keys[left] * multiplier) >> shift).view(np.int64)
            table = np.full(1 << bits, -1, np.int32)
            table[slots[::-1]] = left[::-1]  # the first key of a slot stays
            moves = table[slots] != left
            table *= 2
            table[slots[moves]] |= 1
            self._rounds.append((multiplier, shift, table))
            left = left[moves]

    @functools.cached_property
    def _compiled(self) -> kernel.HashTable | None:
        return kernel.HashTable(self._keys, self._rounds) if kernel.usable() else None

    def __getstate__(self) -> dict[str, object]:
        """Without what has addresses of this process."""
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def find(self, queries: np.ndarray) -> np.ndarray:
        """Index of each query in the keys, -1 where it is not one of them; int32."""
        if self._compiled is not None:
            return self._compiled.find(queries)
        found = np.full(len(queries), -1, np.int32)
        for start in range(0, len(queries), PIECE):
            piece = queries[start : start + PIECE]
            out = found[start : start + PIECE]
            at: np.ndarray | None = None
            for multiplier, shift, table in self._rounds:
                slot = np.take(table, ((piece * multiplier) >> shift).view(np.int64))
                place = slot >> 1
                # An empty slot gives the last key, which is no query that comes to an empty slot.
                hit = self._keys[place] == piece
                if at is None:
                    out[:] = np.where(hit, place, np.int32(-1))
                else:
                    out[at[hit]] = place[hit]
                on = np.flatnonzero(((slot & 1) == 1) & ~hit)
                if not len(on):
                    break
                piece = piece[on]
                at = on if at is None else at[on]
        return found
