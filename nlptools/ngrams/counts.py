"""Exact n-gram counts: what they are, where one n-gram is found, how they are saved and loaded.

The counts form a trie, one level an order. The n-grams of a level are sorted by their symbol ids;
row i of level n has the last symbol `symbols[i]`, occurs `counts[i]` times, and is continued by
the rows `children[i] .. children[i + 1]` of level n + 1. So an n-gram is known by its row, the
right neighbours of an n-gram stand side by side, and no key ever grows with the order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.frames import html_table, to_frame
from nlptools.base.keys import id_dtype
from nlptools.base.outputs import whole_file
from nlptools.base.storage import Column
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.ngrams.alphabet import Alphabet
from nlptools.ngrams.symbols import LATIN_MODES, SENTENCE_MODES, join_texts, split_symbols

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

KIND, VERSION = "counts", 1
_BATCH = 1 << 16
SLICE = 1 << 18  # rows that are worked on at a time
MAX_ORDER = 12


@dataclass(frozen=True)
class Level:
    """The n-grams of one order; aligned columns, read by slices.

    symbols: id of the last symbol, from 1. counts: occurrences. children: first row of the
    continuations in the next level, one entry more than there are rows; None for the last order.
    """

    symbols: Column
    counts: Column
    children: Column | None

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(frozen=True)
class Settings:
    """What makes counts comparable: only counts with equal settings merge."""

    order: int = 5
    latin: str = "run"
    fold: tuple[str, ...] = ()
    sentences: str = "none"

    @property
    def options(self) -> str:
        """As they are given on the command line."""
        folds = "".join(f" --fold {name}" for name in self.fold)
        marks = f" --sentences {self.sentences}" if self.sentences != "none" else ""
        return f"--order {self.order} --latin {self.latin}{marks}{folds}"

    def __post_init__(self) -> None:
        if not 1 <= self.order <= MAX_ORDER:
            raise ValueError(f"order must be between 1 and {MAX_ORDER}, not {self.order}")
        if self.latin not in LATIN_MODES:
            raise ValueError(f"latin must be one of {', '.join(LATIN_MODES)}, not {self.latin!r}")
        if self.sentences not in SENTENCE_MODES:
            known = ", ".join(SENTENCE_MODES)
            raise ValueError(f"sentences must be one of {known}, not {self.sentences!r}")


@dataclass(frozen=True)
class Contexts:
    """Consecutive contexts and the n-grams that continue them: rows low .. high of one order, first .. last of
    the next.

    starts: the first n-gram of each context, counted from `first`, and where the last one ends; int64.
    """

    low: int
    high: int
    first: int
    last: int
    starts: np.ndarray

    def spread(self, values: np.ndarray) -> np.ndarray:
        """A value of each context, repeated for its n-grams."""
        return np.repeat(values, np.diff(self.starts))

    def sums(self, values: np.ndarray) -> np.ndarray:
        """For each context the sum of the values of its n-grams, float64; 0 where it has none."""
        total = np.zeros(len(self.starts) - 1)
        filled = self.starts[1:] > self.starts[:-1]
        if filled.any():
            total[filled] = np.add.reduceat(values, self.starts[:-1][filled], dtype=np.float64)
        return total


class NgramTrie:
    """N-grams as a trie, one level an order: what counts and language models have in common."""

    levels: tuple[Any, ...]  # each with `symbols` and `children`, as in Level

    def contexts(self, order: int) -> Iterator[Contexts]:
        """The n-grams of an order, all, by their contexts; about SLICE n-grams at a time."""
        children = self.levels[order - 2].children
        assert children is not None
        size = len(children) - 1
        low, first = 0, 0
        while low < size:
            ends = children[low + 1 : low + 1 + SLICE].astype(np.int64)
            number = max(1, int(np.searchsorted(ends, first + SLICE, side="right")))
            starts = np.append(first, ends[:number]) - first
            last = first + int(starts[-1])
            yield Contexts(low, low + number, first, last, starts)
            low, first = low + number, last

    def symbols_of(self, order: int, rows: np.ndarray) -> list[np.ndarray]:
        """Symbol ids of n-grams of one order, ascending rows: a column for each position."""
        columns: list[np.ndarray] = []
        for n in range(order, 0, -1):
            first, last = int(rows[0]), int(rows[-1])
            columns.append(self.levels[n - 1].symbols[first : last + 1][rows - first])
            if n > 1:
                rows = self.parents(n, rows)
        return columns[::-1]

    def parents(self, order: int, rows: np.ndarray) -> np.ndarray:
        """Rows, in order - 1, of the prefixes of n-grams given by ascending rows; int64."""
        children = self.levels[order - 2].children
        assert children is not None
        low, high = (_search(children, int(row)) for row in (rows[0], rows[-1]))
        return low + np.searchsorted(children[low : high + 1], rows, side="right") - 1


@dataclass(frozen=True)
class NgramCounts(NgramTrie):
    """Counts of all n-grams of orders 1 .. settings.order of a corpus; nothing is pruned.

    levels[n - 1] holds the n-grams of order n. Row i of the first level is symbol i + 1.
    """

    settings: Settings
    alphabet: Alphabet
    levels: tuple[Level, ...]

    def __repr__(self) -> str:
        ngrams = sum(map(len, self.levels))
        return f"NgramCounts(order {self.order}, {self.total:,} symbols, {ngrams:,} n-grams)"

    def __iter__(self) -> Iterator[tuple[str, int]]:
        """(n-gram, count), by order and in canonical order."""
        return self.items()

    def to_frame(self, min_count: int = 1) -> DataFrame:
        """The n-grams that occur so often, as a pandas DataFrame with the columns ngram and count."""
        texts: list[str] = []
        numbers: list[int] = []
        for some, their in self.batches(min_count):
            texts += some
            numbers += their
        return to_frame({"ngram": texts, "count": numbers})

    def _repr_html_(self) -> str:
        return html_table(("ngram", "count"), self, total=sum(map(len, self.levels)))

    @property
    def order(self) -> int:
        return self.settings.order

    @property
    def total(self) -> int:
        """Number of symbols in the corpus: the sum of the counts of order 1."""
        return int(np.sum(self.levels[0].counts[:], dtype=np.int64))

    def size(self, order: int) -> int:
        """Number of distinct n-grams of an order."""
        return len(self.levels[order - 1])

    def at_least(self, order: int, count: int) -> int:
        """Number of distinct n-grams of an order that occur so often."""
        column = self.levels[order - 1].counts
        pieces = (column[i : i + (1 << 18)] for i in range(0, len(column), 1 << 18))
        return sum(int(np.count_nonzero(piece >= count)) for piece in pieces)

    def require(self, order: int) -> None:
        """NlptoolsError when n-grams of this order were not counted, or there are sentences among them."""
        if self.settings.sentences != "none":
            raise NlptoolsError(
                f"these counts are for a language model: {self.settings.options}",
                "make them without --sentences",
            )
        if self.order < order:
            raise NlptoolsError(
                f"this needs counts of order {order}, the counts given go up to {self.order}",
                f"make them with nlptools count --order {order}",
            )

    def rows(self, symbols: Sequence[str]) -> list[int]:
        """Rows of the prefixes of an n-gram, of orders 1, 2, ...; ends where one never occurred."""
        rows: list[int] = []
        for symbol_id in self.alphabet.ids(symbols[: self.order]).tolist():
            if symbol_id < 1:
                break
            if not rows:
                rows.append(symbol_id - 1)
                continue
            level, parent = self.levels[len(rows)], self.levels[len(rows) - 1]
            assert parent.children is not None
            start, stop = parent.children[rows[-1] : rows[-1] + 2].tolist()
            place = start + storage.lower_bound(level.symbols[start:stop], symbol_id)
            if place == stop or level.symbols[place : place + 1][0] != symbol_id:
                break
            rows.append(place)
        return rows

    def count(self, word: str | Sequence[str]) -> int:
        """Occurrences of a word (str) or of a sequence of symbols; 0 when it never occurs.

        Raises ValueError when it is longer than the order.
        """
        settings = self.settings
        symbols = (
            split_symbols(word, settings.latin, settings.sentences)
            if isinstance(word, str)
            else word
        )
        if not 1 <= len(symbols) <= self.order:
            raise ValueError(
                f"{quoted(word)} has {len(symbols)} symbols; counted were 1 to {self.order}"
            )
        rows = self.rows(symbols)
        if len(rows) < len(symbols):
            return 0
        return int(self.levels[len(rows) - 1].counts[rows[-1] : rows[-1] + 1][0])

    def items(self, min_count: int = 1) -> Iterator[tuple[str, int]]:
        """(n-gram, count) of every order, shortest first, each order sorted by symbols."""
        for texts, counts in self.batches(min_count):
            yield from zip(texts, counts, strict=True)

    def batches(self, min_count: int = 1) -> Iterator[tuple[list[str], list[int]]]:
        """As `items`, many at a time: texts and counts."""
        for order in range(1, self.order + 1):
            for start in range(0, self.size(order), _BATCH):
                counts = self.levels[order - 1].counts[start : start + _BATCH]
                kept = np.flatnonzero(counts >= min_count)
                if len(kept):
                    yield self.texts(order, start + kept), counts[kept].tolist()

    def texts(self, order: int, rows: np.ndarray) -> list[str]:
        """Texts of n-grams of one order, given by ascending rows."""
        if not len(rows):
            return []
        return join_texts(["", *self.alphabet.symbols], self.symbols_of(order, rows))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the counts file; it appears under its name only when complete.

        The bytes depend on the counts and settings alone, not on how they were computed.
        """
        with whole_file(path) as stream:
            self.write(stream)

    def write(self, stream: IO[bytes]) -> None:
        """The counts file as bytes to a stream."""
        storage.write_container(stream, KIND, VERSION, self._meta(), self._arrays())

    def check(self, path: str | os.PathLike[str]) -> None:
        """Read every array once; DataError when they cannot be counts, as in a damaged file."""
        for n, level in enumerate(self.levels, 1):
            after = len(self.levels[n]) if n < self.order else 0
            if not _holds_together(level, len(self.alphabet), after):
                raise DataError(
                    path,
                    None,
                    f"damaged counts file: its arrays of order {n} do not fit together",
                    "make it again with nlptools count",
                )

    def _meta(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "latin": self.settings.latin,
            "fold": list(self.settings.fold),
            **self._sentences(),
            "total": self.total,
            "sizes": [len(level) for level in self.levels],
        }

    def _sentences(self) -> dict[str, str]:
        """Said only where there are any: files without are what they were before there were any."""
        sentences = self.settings.sentences
        return {} if sentences == "none" else {"sentences": sentences}

    def _arrays(self) -> dict[str, Column]:
        arrays: dict[str, Column] = {"alphabet": np.frombuffer(self.alphabet.text, np.uint8)}
        for n, level in enumerate(self.levels, 1):
            arrays[f"symbols{n}"] = _narrow(level.symbols, id_dtype(len(self.alphabet) + 1))
            arrays[f"counts{n}"] = _narrow(
                level.counts, id_dtype(_largest(level.counts) + 1), np.uint32
            )
            if level.children is not None:
                arrays[f"children{n}"] = _narrow(
                    level.children, id_dtype(len(self.levels[n]) + 1), np.uint32
                )
        return arrays


def _holds_together(level: Level, alphabet: int, after: int) -> bool:
    """Whether symbols are ids of an alphabet of that size, counts at least 1, and children ascend from 0 to `after`."""
    for start in range(0, len(level), SLICE):
        symbols = level.symbols[start : start + SLICE]
        if not 1 <= symbols.min() <= symbols.max() <= alphabet:
            return False
        if level.counts[start : start + SLICE].min() < 1:
            return False
    if level.children is None:
        return True
    if len(level.children) != len(level) + 1:
        return False
    last = 0
    for start in range(0, len(level.children), SLICE):
        children = level.children[start : start + SLICE]
        if (start == 0 and children[0] != 0) or children[0] < last:
            return False
        if np.any(children[1:] < children[:-1]):
            return False
        last = int(children[-1])
    return last == after


def _largest(column: Column) -> int:
    pieces = (column[i : i + (1 << 20)] for i in range(0, len(column), 1 << 20))
    return max((int(piece.max()) for piece in pieces), default=0)


def _search(children: Column, row: int) -> int:
    """The last parent whose children begin at or before `row`."""
    low, high = 0, len(children) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if int(children[middle : middle + 1][0]) <= row:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True)
class _Cast:
    """A column read as another type."""

    column: Column
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return len(self.column)

    def __getitem__(self, where: slice) -> np.ndarray:
        return self.column[where].astype(self.dtype)


def _narrow(
    column: Column,
    dtype: type[np.unsignedinteger[Any]],
    least: type[np.unsignedinteger[Any]] = np.uint16,
) -> Column:
    """The column in its canonical type, so that equal counts are equal bytes."""
    wanted = (
        np.dtype(dtype) if np.dtype(dtype).itemsize > np.dtype(least).itemsize else np.dtype(least)
    )
    return column if column.dtype == wanted else _Cast(column, wanted)  # type: ignore[return-value]


def as_counts(source: NgramCounts | str | os.PathLike[str]) -> NgramCounts:
    """Counts as they are; those of a file, mapped from the disk. Raises DataError as load_counts."""
    return source if isinstance(source, NgramCounts) else load_counts(source)


def load_counts(
    path: str | os.PathLike[str], *, mapped: bool = True, data: bytes | None = None
) -> NgramCounts:
    """Load a counts file, mapped or read by slices from the disk, so that it takes no memory.

    It is read through once: checksums, and whether its arrays can be counts. After that it is trusted.
    data: the bytes of a file of our own making; path is then only its name.
    Raises DataError when it is not a counts file or damaged.
    """
    container = storage.read_container(path, KIND, VERSION, data)
    if data is None:
        container.check()
    meta, column = container.meta, container.column
    try:
        if type(meta["order"]) is not int:
            raise ValueError("its order is no whole number")
        settings = Settings(
            meta["order"], meta["latin"], tuple(meta["fold"]), meta.get("sentences", "none")
        )
        text = bytes(column("alphabet", False)[:])
        alphabet = Alphabet.packed(text, text.count(b"\n") + 1 if text else 0)
        if not alphabet.in_order():
            raise ValueError("the symbols of its alphabet are not in order")
        counts = NgramCounts(settings, alphabet, _levels(container, settings.order, mapped))
        sizes = [len(level) for level in counts.levels]
        if sizes != meta["sizes"] or sizes[0] != len(alphabet):
            raise ValueError("sizes disagree")
        if counts.total != meta["total"]:
            raise ValueError(f"its symbols add up to {counts.total:,}, not to its total")
        if data is None:  # by slices: what is mapped would stay in memory
            levels = _levels(container, settings.order, mapped=False)
            NgramCounts(settings, alphabet, levels).check(path)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            path, None, f"damaged counts file: {error}", "make it again with nlptools count"
        ) from error
    return counts


def _levels(container: storage.Container, order: int, mapped: bool) -> tuple[Level, ...]:
    """The arrays of all orders; ValueError for other numbers than those of counts."""
    levels = []
    for n in range(1, order + 1):
        names = [f"symbols{n}", f"counts{n}", *([f"children{n}"] if n < order else [])]
        columns = [container.column(name, mapped) for name in names]
        if any(column.dtype.kind != "u" for column in columns):
            raise ValueError(f"its arrays of order {n} are no whole numbers")
        levels.append(Level(columns[0], columns[1], columns[2] if n < order else None))
        if len(levels[-1].symbols) != len(levels[-1]):
            raise ValueError(f"its arrays of order {n} are not of one length")
    return tuple(levels)


def prune(counts: NgramCounts, min_count: int) -> NgramCounts:
    """The n-grams that occur at least so often, and every single symbol.

    The first symbols of what is kept are kept: they occur no less often.
    """
    if min_count <= 1:
        return counts
    kept = [np.asarray(level.counts[:]) >= min_count for level in counts.levels]
    kept[0][:] = True
    levels = []
    for n, level in enumerate(counts.levels):
        children = None
        if level.children is not None:
            before = np.zeros(len(kept[n + 1]) + 1, np.int64)
            np.cumsum(kept[n + 1], out=before[1:])
            places = level.children[:].astype(np.int64)
            starts = before[places[:-1][kept[n]]]
            children = np.append(starts, before[-1])
        levels.append(Level(level.symbols[:][kept[n]], level.counts[:][kept[n]], children))
    return NgramCounts(counts.settings, counts.alphabet, tuple(levels))


def check_mergeable(settings: Sequence[Settings], names: Sequence[str]) -> Settings:
    """The common settings of counts to be merged; NlptoolsError names the first that differs."""
    first = settings[0]
    for other, name in zip(settings[1:], names[1:], strict=True):
        if other != first:
            raise NlptoolsError(
                f"{name} was counted with {other.options}, {names[0]} with {first.options}",
                "count both with the same --order, --latin, --sentences and --fold",
            )
    return first


@dataclass(frozen=True)
class LevelSlice:
    """Rows of one order that stand together; aligned columns, as in `Level`."""

    symbols: np.ndarray
    counts: np.ndarray
    children: np.ndarray | None  # first child, counted from the beginning of the slice


class LevelWriter:
    """Puts the levels of consecutive slices together, in memory or in files of `folder`."""

    def __init__(
        self, order: int, alphabet: int, folder: Path | None, total: int, rows: int
    ) -> None:
        """alphabet: its size; total, rows: upper bounds on any count and on the rows of a level."""
        spill = None if folder is None else storage.SpillFile(folder)
        self.symbols = [
            storage.ColumnWriter(keys.id_dtype(alphabet + 1), spill) for _ in range(order)
        ]
        self.counts = [
            storage.ColumnWriter(keys.id_dtype(max(total, 1 << 16) + 1), spill)
            for _ in range(order)
        ]
        self.children = [
            storage.ColumnWriter(keys.id_dtype(max(rows, 1 << 16) + 1), spill)
            for _ in range(order - 1)
        ]

    def append(self, slices: Sequence[LevelSlice]) -> None:
        """Levels of a slice of all orders; its children are counted from its own beginning."""
        bases = [counts.length for counts in self.counts]
        for n, level in enumerate(slices):
            self.symbols[n].append(level.symbols)
            self.counts[n].append(level.counts)
            if level.children is not None:
                self.children[n].append(level.children + bases[n + 1])

    def finish(self) -> tuple[Level, ...]:
        """The complete levels."""
        levels = []
        for n, (symbols, counts) in enumerate(zip(self.symbols, self.counts, strict=True)):
            children = None
            if n < len(self.children):
                self.children[n].append(np.array([self.counts[n + 1].length]))
                children = self.children[n].finish()
            levels.append(Level(symbols.finish(), counts.finish(), children))
        return tuple(levels)
