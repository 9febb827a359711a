"""Symbol ids of as many blocks as the memory allows -> their n-gram counts, by one sort.

Each position of a part is one uint64 key of the n-gram that begins there; a single sort brings equal
n-grams together, and the counts of all lower orders can be read off the sorted keys, for a prefix of
equal keys is equal. Where a break follows before the n-gram is complete, the key holds a 0, and what
comes after it does not matter: it only counts as a prefix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.base import keys
from nlptools.base.resources import ordered_map
from nlptools.ngrams.alphabet import Alphabet
from nlptools.ngrams.counts import LevelSlice, LevelWriter, NgramCounts, Settings
from nlptools.ngrams.symbols import IdBlock, SymbolEncoder

# Bytes at the peak for each symbol of a part. One-word keys: the ids of the blocks or the joined ids
# (2 each), one key (8), a tenth for the slices. Keys of ranks: ids of 4 bytes and ranks of two widths.
# Measured on 200 MB of mixed text at 256 MB, 512 MB and 1 GB; `bin/bench memory` repeats it.
BYTES_PER_SYMBOL = 18
BYTES_PER_SYMBOL_RANKED = 26
# From this order on the ranks are those of 4-grams, most of which are different: a table of four columns more.
LONG_ORDER, BYTES_PER_SYMBOL_LONG = 8, 48
# Interpreter, NumPy, click, the alphabet, the blocks in flight and the slices under work.
BASE_MEMORY = 96_000_000
# Sorted keys are turned into levels slice by slice: few enough to stay in the cache, and a bound
# on the memory of that step.
SLICE = 1 << 19


class Buffer:
    """The memory for keys, used again and again: new memory costs more than a sort's tenth."""

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint64)

    def take(self, size: int) -> np.ndarray:
        """`size` uint64 with anything in them; what was taken before is lost."""
        if size > len(self._memory):
            self._memory = np.empty(0, np.uint64)  # not both at a time
            self._memory = np.empty(size + size // 16, np.uint64)
        return self._memory[:size]


@dataclass(frozen=True)
class Field:
    """One digit of the keys: at each position the dense rank of the `width`-gram that begins there.

    columns: symbols of each rank, one array a place; ranks sort as their n-grams do.
    """

    values: np.ndarray
    columns: list[np.ndarray]

    @property
    def base(self) -> int:
        return len(self.columns[0])


def part_room(memory: int, workers: int, ranked: bool, order: int) -> int:
    """How many symbols can be counted at once within `memory` bytes."""
    each = BYTES_PER_SYMBOL_RANKED if ranked else BYTES_PER_SYMBOL
    if ranked and order >= LONG_ORDER:
        each = BYTES_PER_SYMBOL_LONG
    return max(1 << 16, (memory - BASE_MEMORY - workers * 24_000_000) // each)


def count_part(
    blocks: list[IdBlock],
    left: int,
    seen: np.ndarray,
    settings: Settings,
    encoder: SymbolEncoder,
    folder: Path | None,
    pool: Executor,
    workers: int,
    buffer: Buffer,
) -> NgramCounts:
    """Counts of the n-grams that begin at all but the last `left` symbols of the blocks.

    The blocks' list is emptied on the way to free their memory. seen: which provisional ids occur.
    folder: where the levels go, None for memory.
    """

    def sort(array: np.ndarray) -> None:
        keys.sort_in_place(array, pool, workers)

    ids, symbols = _join(blocks, settings.order, seen, encoder)
    size = len(ids) - settings.order - left
    fields = _fields(ids, settings.order, size, len(symbols) + 1, sort, buffer)
    bases = [field.base for field in fields]
    widths = [len(field.columns) for field in fields]
    packed = buffer.take(size)
    shifted = [field.values[sum(widths[:i]) :] for i, field in enumerate(fields)]
    keys.pack(shifted, bases, packed)
    tables = [field.columns for field in fields]
    del ids, fields, shifted
    sort(packed)
    writer = LevelWriter(settings.order, len(symbols), folder, total=size, rows=size)
    spans = _spans(packed, tables[0][0], len(symbols), math.prod(bases[1:]))
    slices = ordered_map(
        pool, workers, lambda span: _slice_levels(packed[span], bases, tables), spans
    )
    for levels in slices:
        writer.append(levels)
    return NgramCounts(settings, Alphabet(symbols), writer.finish())


def _join(
    blocks: list[IdBlock], order: int, seen: np.ndarray, encoder: SymbolEncoder
) -> tuple[np.ndarray, list[str]]:
    """All ids in one array, a break between blocks, `order` breaks at the end; and their symbols.

    The ids are those of the part's own alphabet: 1 .. number of symbols, in canonical order.
    """
    used, symbols = encoder.in_order(np.flatnonzero(seen))
    renumber = np.zeros(len(seen), keys.id_dtype(len(used) + 1))
    renumber[used] = np.arange(1, len(used) + 1)
    ids = np.zeros(sum(len(b.ids) + (not b.joined) for b in blocks) + order, renumber.dtype)
    end = 0
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        start = end + (not block.joined)
        end = start + len(block.ids)
        np.take(renumber, block.ids, out=ids[start:end], mode="clip")
    return ids, symbols


def _fields(
    ids: np.ndarray,
    order: int,
    size: int,
    base: int,
    sort: Callable[[np.ndarray], None],
    buffer: Buffer,
) -> list[Field]:
    """Digits for keys of `order` symbols, as few and wide as 64 bits need."""
    known = {1: Field(ids, [np.arange(base, dtype=ids.dtype)])}
    width = 1
    while True:
        widths = _split(order, width)
        if keys.fits([known[w].base for w in widths]):
            return [known[w] for w in widths]
        if 2 * width <= order:
            known[2 * width] = _pair(known[width], known[width], size + order, sort, buffer)
            width *= 2
            continue
        # The rare end, where the last fields are all large: join two until it fits.
        *front, left, right = widths
        known[left + right] = _pair(known[left], known[right], size + order, sort, buffer)
        fields = [known[w] for w in (*front, left + right)]
        if keys.fits([field.base for field in fields]):
            return fields
        raise ValueError("a part of this size cannot be counted; give less --memory")


def _pair(
    left: Field, right: Field, size: int, sort: Callable[[np.ndarray], None], buffer: Buffer
) -> Field:
    """The field of the n-grams made of one n-gram of `left` and the one of `right` after it."""
    shift = len(left.columns)
    packed = buffer.take(min(size, len(right.values) - shift))
    bases = [left.base, right.base]
    keys.pack([left.values, right.values[shift:]], bases, packed)
    # What begins with a break is never counted: one rank, 0, is enough for all of it.
    breaks = int(np.searchsorted(left.columns[0], 1))
    for start in range(0, len(packed), keys.PIECE):
        piece = packed[start : start + keys.PIECE]
        piece[piece < np.uint64(breaks * right.base)] = 0
    ranks, distinct = keys.dense_ranks(packed, math.prod(bases), sort)
    if not len(distinct) or distinct[0] != 0:
        distinct = np.concatenate([np.zeros(1, np.uint64), distinct])
        ranks += np.uint32(1)
    at_left, at_right = keys.unpack(distinct, bases)
    columns = [c[at_left] for c in left.columns] + [c[at_right] for c in right.columns]
    return Field(ranks, columns)


def _spans(packed: np.ndarray, firsts: np.ndarray, symbols: int, stride: int) -> list[slice]:
    """Slices of sorted keys that hold all occurrences of their first symbols, about SLICE long.

    firsts: first symbol of each rank of the first field; stride: product of the other bases.
    """
    ranks = np.searchsorted(firsts, np.arange(1, symbols + 1)).astype(np.uint64)
    bounds = [*np.searchsorted(packed, ranks * np.uint64(stride)).tolist(), len(packed)]
    spans, start = [], bounds[0]
    for end in bounds[1:]:
        if end - start >= SLICE or end == len(packed):
            if end > start:
                spans.append(slice(start, end))
            start = end
    return spans


def _split(order: int, width: int) -> list[int]:
    """Widths of the fields: as many of `width` as fit, then the powers of two that remain."""
    widths = []
    while order:
        while width > order:
            width //= 2
        widths.append(width)
        order -= width
    return widths


def _slice_levels(
    packed: np.ndarray, bases: Sequence[int], tables: list[list[np.ndarray]]
) -> list[LevelSlice]:
    """Levels of sorted keys that begin with a symbol and hold every occurrence of their first ones."""
    starts = keys.group_starts(packed)
    rows = packed[starts]
    ends = np.append(starts, len(packed))
    columns = [
        column[digit]
        for digit, table in zip(keys.unpack(rows, bases), tables, strict=True)
        for column in table
    ]
    levels: list[LevelSlice] = []
    new = np.zeros(len(rows), bool)
    new[:1] = True
    whole = np.ones(len(rows), bool)
    previous: np.ndarray | None = None
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
        whole &= column != 0
        begins = np.flatnonzero(new)
        here = new & whole
        kept = here[begins]
        after = np.append(begins[1:], len(rows))
        at = begins[kept]
        if previous is not None:
            # Where np.searchsorted(at, previous) would find them, in a fourth of its time.
            before = np.cumsum(here, dtype=np.int32)[previous]
            before -= here[previous]
            last = levels[-1]
            levels[-1] = LevelSlice(last.symbols, last.counts, before)
        levels.append(LevelSlice(column[at], ends[after[kept]] - ends[at], None))
        previous = at
    return levels
