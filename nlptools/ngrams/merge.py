"""Several counts -> their sum: level by level, range by range, in bounded memory.

A level is merged over ranges of its parents. Each part maps its rows of the level above to the
merged rows (ascending, so what is sorted stays sorted); (merged parent, symbol) is the key of a
row, equal keys are one n-gram. No n-gram is ever spelled out, so the order does not matter.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.storage import Column
from nlptools.ngrams.alphabet import union
from nlptools.ngrams.counts import LevelWriter, NgramCounts, check_mergeable, load_counts

# Bytes at the peak for each row in hand: its key, sorted twin, parent, count, rank and copies.
BYTES_PER_ROW = 80
BYTES_PER_ROW_KEPT = 14  # symbol, count and first child of an n-gram; places for the next order
# A part keeps a file open, and reading many in turn is slow.
MOST_PARTS = 8
OTHER_MEMORY = 80_000_000  # what the process has beside, in the largest of the commands
# More rows at once are not faster: their arrays no longer come from memory that is already mapped.
MOST_ROWS = 1 << 20


def merge_files(
    paths: Sequence[str | os.PathLike[str]],
    *,
    memory: int = 1_000_000_000,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramCounts:
    """The counts of several counts files together, or folders of Parquet that `count` wrote.

    Raises DataError for a file that is neither, NlptoolsError when their settings differ.
    """
    if not paths:
        raise ValueError("there is nothing to merge")
    from nlptools.ngrams.parquet import Table, is_table

    opened = [
        Table.open(path) if is_table(path) else load_counts(path, mapped=False) for path in paths
    ]
    check_mergeable([one.settings for one in opened], [str(path) for path in paths])
    with storage.spilling(tmp_dir) as folder:
        parts = []
        for one in opened:
            if isinstance(one, Table):
                tiers = Tiers(memory, folder)
                for part in one.parts(memory):
                    tiers.add(part)
                one_counts = merge_counts(tiers.parts(), memory=memory, tmp_dir=folder)
                one.check(one_counts)
                parts.append(one_counts)
            else:
                parts.append(one)
        return merge_counts(parts, memory=memory, tmp_dir=folder)


class Tiers:
    """Takes counts one by one; as soon as there are many of about a size they are merged."""

    def __init__(self, memory: int, tmp_dir: Path | None) -> None:
        self._memory, self._tmp_dir = memory, tmp_dir
        self._tiers: list[list[NgramCounts]] = []

    def __bool__(self) -> bool:
        return bool(self._tiers)

    def add(self, part: NgramCounts) -> None:
        """Take one more; few files stay open."""
        tier = 0
        while True:
            if tier == len(self._tiers):
                self._tiers.append([])
            self._tiers[tier].append(part)
            if len(self._tiers[tier]) < MOST_PARTS:
                return
            part = merge_counts(self._tiers[tier], memory=self._memory, tmp_dir=self._tmp_dir)
            self._tiers[tier].clear()
            tier += 1

    def parts(self) -> list[NgramCounts]:
        """What is left to merge, the largest first."""
        return [part for tier in reversed(self._tiers) for part in tier]


def merge_counts(parts: Sequence[NgramCounts], *, memory: int, tmp_dir: Path | None) -> NgramCounts:
    """The counts of all parts together; they must have equal settings.

    tmp_dir None keeps the result in memory, else it lives in unnamed files there.
    """
    while len(parts) > MOST_PARTS:
        groups = [parts[i : i + MOST_PARTS] for i in range(0, len(parts), MOST_PARTS)]
        parts = [
            merge_counts(group, memory=memory, tmp_dir=tmp_dir) if len(group) > 1 else group[0]
            for group in groups
        ]
    settings = parts[0].settings
    alphabet, to_merged = union([part.alphabet for part in parts])
    base = len(alphabet) + 1
    within = max(memory // 8, min(memory // 4, (memory - OTHER_MEMORY) // 2))
    room = min(MOST_ROWS, max(1 << 12, within // BYTES_PER_ROW))
    most_rows = max(sum(part.size(n) for part in parts) for n in range(1, settings.order + 1))
    writer = LevelWriter(
        settings.order,
        len(alphabet),
        tmp_dir,
        total=sum(part.total for part in parts),
        rows=most_rows,
    )
    first = np.zeros(len(alphabet), np.int64)
    places: list[Column] = []
    for part, ids in zip(parts, to_merged, strict=True):
        # In a part that ends inside a run, a symbol may only occur after others: it has no row.
        place = ids[part.levels[0].symbols[:].astype(np.int64) - 1] - 1
        # From 2**32 symbols on a part has uint64, and NumPy adds that to int64 as float64 only.
        first[place] += part.levels[0].counts[:].astype(np.int64)
        places.append(place)
    writer.symbols[0].append(np.arange(1, base))
    writer.counts[0].append(first)
    place_type = keys.id_dtype(max(most_rows, 1 << 16) + 1)
    for n in range(2, settings.order + 1):
        # Where each part's rows went is needed for the level below only.
        spill = None if tmp_dir is None else storage.SpillFile(tmp_dir)
        next_places = [storage.ColumnWriter(place_type, spill) for _ in parts if n < settings.order]
        above = writer.counts[n - 2].length
        for low, high in _ranges(parts, places, n, above, room):
            rows = [
                _child_rows(part, place, n, low, high, ids, base)
                for part, place, ids in zip(parts, places, to_merged, strict=True)
            ]
            before = writer.counts[n - 1].length
            merged, counts, ranks = _add_up(rows, (high - low) * base, bool(next_places))
            for own, kept in zip(ranks, next_places, strict=True):
                kept.append(own + before)
            parents = merged // np.uint64(base)
            writer.symbols[n - 1].append(merged - parents * np.uint64(base))
            writer.counts[n - 1].append(counts)
            children = np.bincount(parents.view(np.int64), minlength=high - low)
            children[1:] = np.cumsum(children[:-1])
            children[:1] = 0
            children += before
            writer.children[n - 2].append(children)
        places = [kept.finish() for kept in next_places]
    return NgramCounts(settings, alphabet, writer.finish())


def _add_up(
    rows: Sequence[tuple[np.ndarray, np.ndarray]], limit: int, ranked: bool
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """(distinct keys, their summed counts, for each part the ranks of its rows if they are wanted).

    rows: (keys below `limit`, counts) of each part, whose keys are in order, each once.
    """
    most = max(int(counts.max(initial=1)) for _, counts in rows)
    of_count, of_part = most.bit_length(), (len(rows) - 1).bit_length() if ranked else 0
    if (limit - 1).bit_length() + of_count + of_part > 64:
        return _add_up_long(rows, limit, ranked)
    packed = np.concatenate([key for key, _ in rows])
    start = 0
    for part, (key, counts) in enumerate(rows):
        own = packed[start : start + len(key)]
        own <<= np.uint64(of_count)
        own |= counts.astype(np.uint64)
        if ranked:
            own <<= np.uint64(of_part)
            own |= np.uint64(part)
        start += len(key)
    packed.sort(kind="stable")  # merges what is in order already: a third of the time of a sort
    part_of = (packed & np.uint64((1 << of_part) - 1)).astype(np.uint8) if ranked else packed[:0]
    if ranked:
        packed >>= np.uint64(of_part)
    sums = packed & np.uint64((1 << of_count) - 1)
    packed >>= np.uint64(of_count)
    new = np.ones(len(packed), bool)
    np.not_equal(packed[1:], packed[:-1], out=new[1:])
    # np.compress takes a fourth of the time of a mask between brackets.
    upto = np.compress(np.append(new[1:], True)[: len(new)], np.cumsum(sums))
    ranks: list[np.ndarray] = []
    if ranked:
        # What is in order in all parts together is in order in each of them.
        rank = np.cumsum(new, dtype=np.int64)
        rank -= 1
        ranks = [np.compress(part_of == part, rank) for part in range(len(rows))]
    return np.compress(new, packed), np.diff(upto, prepend=np.uint64(0)), ranks


def _add_up_long(
    rows: Sequence[tuple[np.ndarray, np.ndarray]], limit: int, ranked: bool
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """As _add_up, where a key, a count and the number of a part do not fit into 64 bits."""
    ranks, distinct = keys.dense_ranks(np.concatenate([key for key, _ in rows]), limit)
    # float64 adds integers exactly up to 2**53; no corpus has that many characters.
    counts = np.concatenate([count for _, count in rows])
    sums = np.bincount(ranks, weights=counts, minlength=len(distinct)).astype(np.int64)
    ends = np.cumsum([len(key) for key, _ in rows])
    parts = np.split(ranks.astype(np.int64), ends[:-1]) if ranked else []
    return distinct, sums, parts


def _child_rows(
    part: NgramCounts, place: Column, n: int, low: int, high: int, ids: np.ndarray, base: int
) -> tuple[np.ndarray, np.ndarray]:
    """Keys and counts of a part's n-grams whose merged prefix is one of low .. high - 1."""
    first, last = storage.lower_bound(place, low), storage.lower_bound(place, high)
    above, level = part.levels[n - 2], part.levels[n - 1]
    assert above.children is not None
    children = above.children[first : last + 1].astype(np.int64)
    rows = slice(int(children[0]), int(children[-1]))
    parents = place[first:last].astype(np.uint64) - np.uint64(low)
    row_keys = np.repeat(parents, np.diff(children)) * np.uint64(base)
    row_keys += ids[level.symbols[rows].astype(np.int64) - 1].astype(np.uint64)
    return row_keys, level.counts[rows]


def _ranges(
    parts: Sequence[NgramCounts], places: Sequence[Column], n: int, len_above: int, room: int
) -> Iterator[tuple[int, int]]:
    """Ranges of merged parents that have about `room` rows below them in all parts together.

    A single parent is never divided: it has at most as many children as there are symbols.
    """
    total = sum(part.size(n) for part in parts)
    if total <= room:
        yield 0, len_above
        return
    step = max(1, room // len(parts))
    cuts = {0, len_above}
    for part, place in zip(parts, places, strict=True):
        children = part.levels[n - 2].children
        assert children is not None
        for target in range(step, part.size(n), step):
            row = storage.lower_bound(children, target)
            if row < len(place):
                cuts.add(int(place[row : row + 1][0]))
    marks = sorted(cuts)
    below = np.zeros(len(marks), np.int64)
    for part, place in zip(parts, places, strict=True):
        children = part.levels[n - 2].children
        assert children is not None
        for i, mark in enumerate(marks):
            row = storage.lower_bound(place, mark)
            below[i] += int(children[row : row + 1][0])
    start = 0
    for i in range(1, len(marks)):
        if i == len(marks) - 1 or below[i + 1] - below[start] > room:
            yield marks[start], marks[i]
            start = i
