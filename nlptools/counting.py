"""Streams of symbol ids -> exact n-gram counts, in bounded memory, on all cores.

The ids of as many blocks as the memory allows are one *part*. Each position of a part is one
uint64 key of the n-gram that begins there; a single sort brings equal n-grams together, and the
counts of all lower orders can be read off the sorted keys, for a prefix of equal keys is equal.
Several parts are merged at the end (merging.py). Where a break follows before the n-gram is
complete, the key holds a 0 and what comes after it does not matter: it only counts as a prefix.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from nlptools import keys, storage
from nlptools.corpus import Corpus
from nlptools.counts import NgramCounts, Settings
from nlptools.levels import LevelSlice, LevelWriter
from nlptools.merging import MOST_PARTS, merge_counts
from nlptools.spool import Spool
from nlptools.symbols import Alphabet, Scanned, SymbolEncoder

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_MEMORY = 1_000_000_000
MIN_MEMORY = 128_000_000

# Bytes at the peak for each symbol of a part. One-word keys: the ids of the blocks or the joined ids
# (2 each), one key (8), a tenth for the slices. Keys of ranks: ids of 4 bytes and ranks of two widths.
# Measured on 200 MB of mixed text at 256 MB, 512 MB and 1 GB; `bin/bench memory` repeats it.
BYTES_PER_SYMBOL = 18
BYTES_PER_SYMBOL_RANKED = 26
BYTES_PER_ROW_KEPT = 14  # symbol, count and first child of an n-gram; places for the next order
# Interpreter, NumPy, click, the alphabet, the blocks in flight and the slices under work.
BASE_MEMORY = 96_000_000
# Sorted keys are turned into levels slice by slice: few enough to stay in the cache, and a bound
# on the memory of that step.
SLICE = 1 << 19


@dataclass(frozen=True)
class IdBlock:
    """Symbol ids of one block; joined: it goes on without a break from the block before."""

    ids: np.ndarray
    joined: bool = False


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


def check_memory(memory: int) -> None:
    """ValueError for less than NumPy and a few blocks of text take."""
    if memory < MIN_MEMORY:
        raise ValueError(f"memory must be at least {MIN_MEMORY // 10**6} MB")


def part_room(memory: int, workers: int, ranked: bool) -> int:
    """How many symbols can be counted at once within `memory` bytes."""
    each = BYTES_PER_SYMBOL_RANKED if ranked else BYTES_PER_SYMBOL
    return max(1 << 16, (memory - BASE_MEMORY - workers * 24_000_000) // each)


def count_part(
    blocks: list[IdBlock],
    left: int,
    seen: np.ndarray,
    settings: Settings,
    encoder: SymbolEncoder,
    folder: Path | None,
    pool: ThreadPoolExecutor,
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
    return NgramCounts(settings, Alphabet(tuple(symbols)), writer.finish())


def _join(
    blocks: list[IdBlock], order: int, seen: np.ndarray, encoder: SymbolEncoder
) -> tuple[np.ndarray, list[str]]:
    """All ids in one array, a break between blocks, `order` breaks at the end; and their symbols.

    The ids are those of the part's own alphabet: 1 .. number of symbols, in canonical order.
    """
    in_order, _ = encoder.in_order()
    used = in_order[seen[in_order]]
    renumber = np.zeros(len(in_order), keys.id_dtype(len(used) + 1))
    renumber[used] = np.arange(1, len(used) + 1)
    ids = np.zeros(sum(len(b.ids) + (not b.joined) for b in blocks) + order, renumber.dtype)
    end = 0
    blocks.reverse()
    while blocks:
        block = blocks.pop()
        start = end + (not block.joined)
        end = start + len(block.ids)
        np.take(renumber, block.ids, out=ids[start:end], mode="clip")
    return ids, encoder.texts(used)


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
        kept = whole[begins]
        after = np.append(begins[1:], len(rows))
        at = begins[kept]
        if previous is not None:
            last = levels[-1]
            children = np.searchsorted(at, previous)
            levels[-1] = LevelSlice(last.symbols, last.counts, children)
        levels.append(LevelSlice(column[at], ends[after[kept]] - ends[at], None))
        previous = at
    return levels


@dataclass
class NgramCounter:
    """Takes the id blocks of a corpus in order, `finish` gives the counts.

    memory: bytes for the whole process; workers: threads.
    """

    settings: Settings
    encoder: SymbolEncoder
    pool: ThreadPoolExecutor
    workers: int = 1
    memory: int = DEFAULT_MEMORY
    tmp_dir: Path | None = None

    def __post_init__(self) -> None:
        self._blocks: list[IdBlock] = []
        self._size = 0
        self._seen = np.zeros(1 << 16, bool)
        self._tiers: list[list[NgramCounts]] = []
        self._buffer = Buffer()

    def add(self, block: IdBlock) -> None:
        """Take one more block; counts and spills a part when there are enough of them."""
        seen = np.zeros(max(len(self.encoder), len(self._seen)), bool)
        seen[block.ids] = True
        seen[0] = False
        self._seen = np.concatenate([self._seen, np.zeros(len(seen) - len(self._seen), bool)])
        if self._blocks and self._size + len(block.ids) > self._room(seen):
            self._close_part(goes_on=block.joined)
        self._take(block, seen)

    def _room(self, seen: np.ndarray) -> int:
        """How large the part may become with a block that has these symbols.

        Keys of one word need one sort, keys of ranks two. Rather than outgrow them a part ends,
        unless it is so small that merging it would cost more.
        """
        ranked = part_room(self.memory, self.workers, True)
        order = self.settings.order
        if not keys.fits([int(np.count_nonzero(self._seen)) + 1] * order):
            return ranked
        if keys.fits([int(np.count_nonzero(self._seen | seen)) + 1] * order):
            return part_room(self.memory, self.workers, False)
        return 0 if 3 * self._size > ranked else ranked

    def _take(self, block: IdBlock, seen: np.ndarray) -> None:
        self._seen |= seen
        self._blocks.append(block)
        self._size += len(block.ids)

    def _close_part(self, goes_on: bool) -> None:
        """Count the blocks so far. The last n-grams of a run that goes on are left to the next part."""
        tail = self._tail()
        self._keep(self._count(len(tail) if goes_on else 0, self.tmp_dir))
        if goes_on:
            seen = np.zeros_like(self._seen)
            seen[tail[tail > 0]] = True
            self._take(IdBlock(tail), seen)

    def _keep(self, part: NgramCounts) -> None:
        """Merge parts of about a size as soon as there are many: few files stay open."""
        tier = 0
        while True:
            if tier == len(self._tiers):
                self._tiers.append([])
            self._tiers[tier].append(part)
            if len(self._tiers[tier]) < MOST_PARTS:
                return
            part = merge_counts(self._tiers[tier], memory=self.memory, tmp_dir=self.tmp_dir)
            self._tiers[tier].clear()
            tier += 1

    def _tail(self) -> np.ndarray:
        """The last symbols of the part, fewer than the order, as far as they are one stretch."""
        wanted = self.settings.order - 1
        pieces: list[np.ndarray] = []
        for block in reversed(self._blocks):
            pieces.insert(0, block.ids[max(0, len(block.ids) - wanted) :])
            wanted -= len(pieces[0])
            if not wanted or not block.joined:
                break
        return np.concatenate(pieces)

    def _count(self, left: int, folder: Path | None) -> NgramCounts:
        blocks, self._blocks, self._size = self._blocks, [], 0
        seen, self._seen = self._seen, np.zeros_like(self._seen)
        return count_part(
            blocks,
            left,
            seen,
            self.settings,
            self.encoder,
            folder,
            self.pool,
            self.workers,
            self._buffer,
        )

    def finish(self) -> NgramCounts:
        """Counts of everything added."""
        if not self._tiers:
            # In memory the levels take up to 12 bytes a symbol and order, less where text repeats.
            roomy = 2 * self._size <= part_room(self.memory, self.workers, True)
            return self._count(0, None if roomy else self.tmp_dir)
        self._close_part(goes_on=False)
        self._buffer = Buffer()
        parts = [part for tier in reversed(self._tiers) for part in tier]
        rows = sum(part.size(n) for part in parts for n in range(1, self.settings.order + 1))
        roomy = rows * BYTES_PER_ROW_KEPT <= self.memory // 3
        return merge_counts(parts, memory=self.memory, tmp_dir=None if roomy else self.tmp_dir)


def ordered_map(
    pool: ThreadPoolExecutor, workers: int, work: Callable[[T], R], items: Iterable[T]
) -> Iterator[R]:
    """Results of `work` in the order of the items, with at most workers + 1 of them under way."""
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as provisional symbol ids, to be read as often as needed.

    Each array of `blocks` begins and ends at a break, several MB of text where lines allow. room and
    folder: bytes in memory and place on disk for as much again, if somebody has more to keep.
    """

    encoder: SymbolEncoder
    blocks: Spool
    room: int
    folder: Path


def id_blocks(
    corpus: Corpus, encoder: SymbolEncoder, pool: ThreadPoolExecutor, workers: int, memory: int
) -> Iterator[IdBlock]:
    """The blocks of a corpus as provisional ids; all cores scan, names are given in order."""
    # Each block under way takes about 6 times its size for a moment.
    corpus.block_size = min(corpus.block_size, max(1 << 16, memory >> 7))

    def scan(piece: tuple[str, bool]) -> tuple[Scanned, bool]:
        return encoder.scan(piece[0]), piece[1]

    for scanned, joined in ordered_map(pool, workers, scan, _texts(corpus)):
        yield IdBlock(encoder.name(scanned), joined)


def _texts(corpus: Corpus) -> Iterator[tuple[str, bool]]:
    """(text, goes on without a break from the text before); many small files make one text.

    A block has a cost of its own, 0.3 ms, which 10,000 files of 1 kB would pay 10,000 times.
    """
    held: list[str] = []
    size = 0
    for block in corpus.blocks():
        if held and (block.joined or size + len(block.text) > corpus.block_size // 4):
            yield "\n".join(held), False
            held, size = [], 0
        if block.joined:
            yield block.text, True
        else:
            held.append(block.text)
            size += len(block.text)
    if held:
        yield "\n".join(held), False


def count_ngrams(
    corpus: Corpus,
    *,
    order: int = 5,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramCounts:
    """Count the n-grams of orders 1 .. `order` of a corpus, exactly.

    latin: what a symbol is besides a Han character: each "run" of letters and digits, each "char",
    or none ("break"). memory: bytes for the whole process; what does not fit goes to unnamed files
    in tmp_dir. workers: threads, by default one a core. None of the three changes the result.
    """
    check_memory(memory)
    return _count(corpus, order, latin, memory, workers, tmp_dir, None)[0]


def count_and_keep(
    corpus: Corpus,
    *,
    order: int = 5,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> tuple[NgramCounts, EncodedCorpus]:
    """As count_ngrams, and keep the symbol ids for a second pass."""
    check_memory(memory)
    counts, encoder, blocks, folder = _count(
        corpus, order, latin, memory - memory // 16, workers, tmp_dir, memory // 16
    )
    assert blocks is not None
    return counts, EncodedCorpus(encoder, blocks, memory // 16, folder)


def encode_corpus(
    corpus: Corpus,
    *,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> EncodedCorpus:
    """The symbol ids of a corpus alone."""
    workers = workers or os.cpu_count() or 1
    encoder = SymbolEncoder(latin)
    with storage.spilling(tmp_dir) as folder, ThreadPoolExecutor(workers) as pool:
        blocks = Spool(memory // 16, folder)
        for block in _whole_stretches(id_blocks(corpus, encoder, pool, workers, memory)):
            blocks.append(block)
        return EncodedCorpus(encoder, blocks, memory // 16, folder)


def _count(
    corpus: Corpus,
    order: int,
    latin: str,
    memory: int,
    workers: int | None,
    tmp_dir: str | os.PathLike[str] | None,
    keep: int | None,
) -> tuple[NgramCounts, SymbolEncoder, Spool | None, Path]:
    if not isinstance(corpus, Corpus):
        raise TypeError("corpus must be a Corpus; Corpus.from_texts takes an iterable of str")
    workers = workers or os.cpu_count() or 1
    encoder = SymbolEncoder(latin)
    settings = Settings(order, latin, tuple(corpus.fold))
    with storage.spilling(tmp_dir) as folder, ThreadPoolExecutor(workers) as pool:
        counter = NgramCounter(settings, encoder, pool, workers, memory, folder)
        spool = None if keep is None else Spool(keep, folder)

        def counted() -> Iterator[IdBlock]:
            for block in id_blocks(corpus, encoder, pool, workers, memory):
                counter.add(block)
                yield block

        if spool is None:
            deque(counted(), maxlen=0)
        else:
            for ids in _whole_stretches(counted()):
                spool.append(ids)
        return counter.finish(), encoder, spool, folder


def _whole_stretches(blocks: Iterable[IdBlock]) -> Iterator[np.ndarray]:
    """Blocks that go on without a break, put together."""
    held: list[np.ndarray] = []
    for block in blocks:
        if held and not block.joined:
            yield np.concatenate(held) if len(held) > 1 else held[0]
            held.clear()
        held.append(block.ids)
    if held:
        yield np.concatenate(held) if len(held) > 1 else held[0]
