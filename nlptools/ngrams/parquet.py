"""Counts <-> a folder of Parquet files with the columns ngram, n, count, which other programs read too.

Two symbols that are not Han have a space between them, all others nothing; so 5G网络 can be had back as its
symbols. `_nlptools.json` beside the files says how it was counted.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base.outputs import whole_folder
from nlptools.errors import DataError, NlptoolsError, cut, install_hint
from nlptools.ngrams.alphabet import Alphabet, symbol_order
from nlptools.ngrams.counts import Level, NgramCounts, Settings, prune
from nlptools.text import chars

MARKER = "_nlptools.json"
VERSION = 1
SUFFIX = ".parquet"
SCHEMA = "ngram string, n int, count bigint"
_OWN_NAME = re.compile(
    r"_nlptools\.json|_SUCCESS|part-[^/]*\.parquet|\.(_nlptools\.json|_SUCCESS|part-[^/]*\.parquet)\.crc"
)
_ROWS = 1 << 18
# What a damaged file raises, in pyarrow or where its rows are made arrays of.
_DAMAGED = (OSError, ValueError, KeyError, IndexError, TypeError, OverflowError, AttributeError)


def is_table(path: str | os.PathLike[str]) -> bool:
    """Whether this names a folder of n-grams."""
    return os.fspath(path).rstrip("/").endswith(SUFFIX)


def marker(settings: Settings, min_count: int, sizes: list[int], total: int) -> str:
    """The text of the file that says what a folder holds."""
    return json.dumps(
        {
            "nlptools": "ngrams",
            "version": VERSION,
            "order": settings.order,
            "latin": settings.latin,
            "fold": list(settings.fold),
            "sentences": settings.sentences,
            "min_count": min_count,
            "total": total,
            "sizes": sizes,
        },
        ensure_ascii=False,
    )


def table_batches(counts: NgramCounts) -> Iterator[Any]:
    """The n-grams that occur as record batches: short ones first, each order as in the counts."""
    arrow = _arrow()
    compute = arrow.compute
    symbols = counts.alphabet.symbols
    names = arrow.array(["", *symbols], arrow.string())
    spaces = arrow.array(["", " "], arrow.string())
    other = np.array([False] + [symbol_order(symbol)[0] for symbol in symbols])
    for n in range(1, counts.order + 1):
        for start in range(0, counts.size(n), _ROWS):
            numbers = np.asarray(counts.levels[n - 1].counts[start : start + _ROWS], np.int64)
            rows = start + np.flatnonzero(numbers)
            if not len(rows):
                continue
            columns = counts.symbols_of(n, rows)
            pieces = [compute.take(names, arrow.array(columns[0].astype(np.int64)))]
            for left, right in itertools.pairwise(columns):
                apart = (other[left] & other[right]).astype(np.int64)
                if apart.any():
                    pieces.append(compute.take(spaces, arrow.array(apart)))
                pieces.append(compute.take(names, arrow.array(right.astype(np.int64))))
            texts = compute.binary_join_element_wise(*pieces, "") if n > 1 else pieces[0]
            yield arrow.RecordBatch.from_arrays(
                [
                    texts,
                    arrow.array(np.full(len(rows), n, np.int32)),
                    arrow.array(numbers[rows - start]),
                ],
                names=["ngram", "n", "count"],
            )


def save_table(counts: NgramCounts, path: str | os.PathLike[str], min_count: int = 1) -> None:
    """Write a folder with one file, or what occurs at least min_count times and every single symbol.

    It appears under its name when it is complete. Raises DataError when something else is there, or when there is
    anything in the folder that no run writes.
    """
    parquet = _arrow().parquet
    counts = prune(counts, min_count)
    sizes = [len(level) for level in counts.levels]
    with whole_folder(path, lambda _: check_replaceable(path)) as folder:
        kinds = {"string": "string", "int": "int32", "bigint": "int64"}
        pairs = [column.split(" ") for column in SCHEMA.split(", ")]
        schema = _arrow().schema([(name, kinds[kind]) for name, kind in pairs])
        file = folder / f"part-00000{SUFFIX}"
        try:
            with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
                for batch in table_batches(counts):
                    writer.write_batch(batch)
            text = marker(counts.settings, min_count, sizes, counts.total)
            (folder / MARKER).write_text(text, encoding="utf-8")
        except OSError as error:
            problem = f"cannot write: {error.strerror or error}"
            raise DataError(path, None, problem) from error


def foreign_names(names: Iterable[str]) -> list[str]:
    """Of the names in a folder of n-grams those that neither we nor Spark (checksums, _SUCCESS) write."""
    return sorted(name for name in names if not _OWN_NAME.fullmatch(name))


def not_replaceable(path: object, foreign: Sequence[str]) -> DataError:
    """The error for a folder with files of somebody else."""
    return DataError(
        path,
        None,
        f"has files that are no n-grams: {', '.join(foreign[:3])}",
        "name another folder",
    )


def check_replaceable(path: str | os.PathLike[str]) -> None:
    """DataError for something that save_table would not replace; nothing there is fine."""
    folder = Path(os.path.realpath(path))
    if not folder.exists():
        return
    try:
        ours = json.loads((folder / MARKER).read_text(encoding="utf-8"))["nlptools"] == "ngrams"
    except (OSError, ValueError, KeyError, TypeError):
        ours = False
    if not ours:
        raise DataError(path, None, "is there already, and is no folder of n-grams", "remove it")
    entries = {entry.name: entry.is_file() for entry in os.scandir(folder)}
    foreign = foreign_names(name for name, is_file in entries.items() if is_file)
    if foreign := sorted({*foreign, *(name for name, is_file in entries.items() if not is_file)}):
        raise not_replaceable(path, foreign)


@dataclass(frozen=True)
class Table:
    """A folder of n-grams on a disk. The rows may stand in any order, in any number of files.

    Raises DataError for another folder, and for one that was pruned.
    """

    path: Path
    settings: Settings
    sizes: list[int]
    total: int

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Table:
        """Read the description alone."""
        return cls(Path(path), *_described(Path(path)))

    def parts(self, memory: int) -> Iterator[NgramCounts]:
        """Counts that make, added up, those of the table; DataError for files of something else."""
        parquet = _arrow().parquet
        rows = max(1 << 14, min(_ROWS, memory // 2000))
        try:
            for file in sorted(self.path.rglob(f"*{SUFFIX}")):
                if not file.is_file():
                    continue
                with parquet.ParquetFile(file) as opened:
                    for batch in opened.iter_batches(rows, columns=["ngram", "n", "count"]):
                        yield from _batch_parts(batch, self.settings)
        except (_arrow().ArrowException, *_DAMAGED) as error:
            problem = f"not a folder of n-grams: {cut(str(error).partition(chr(10))[0], 200)}"
            raise DataError(self.path, None, problem, "count again") from None
        yield _counts_of(self.settings, np.zeros((0, 1), np.int64), np.zeros(0, np.int64), [])

    def check(self, counts: NgramCounts) -> None:
        """DataError when the sum of the parts is not what the folder says that it holds."""
        counts.check(self.path)
        if [len(level) for level in counts.levels] != self.sizes or counts.total != self.total:
            problem = "rows are missing, or there are too many"
            raise DataError(self.path, None, problem, "count again")


def _described(path: Path) -> tuple[Settings, list[int], int]:
    """Settings, n-grams of each order, and symbols in all."""
    try:
        meta = json.loads((path / MARKER).read_text(encoding="utf-8"))
        if meta["nlptools"] != "ngrams":
            raise ValueError("another kind of folder")
        order, version, min_count = (meta[name] for name in ("order", "version", "min_count"))
        sizes, total = list(meta["sizes"]), meta["total"]
        if any(type(number) is not int for number in (order, version, min_count, total, *sizes)):
            raise ValueError("a number that is no whole number")
        if version > VERSION:
            raise DataError(path, None, f"format {cut(str(version))}", "update nlptools")
        settings = Settings(order, meta["latin"], tuple(meta["fold"]), meta["sentences"])
    except FileNotFoundError:
        raise DataError(
            path, None, f"no folder of n-grams: it has no {MARKER}", "a run that died leaves none"
        ) from None
    except OSError as error:
        raise DataError(path, None, f"cannot read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(path, None, f"damaged {MARKER}: {error}") from None
    if min_count > 1:
        raise DataError(
            path,
            None,
            f"n-grams that occur less than {min_count} times were left out",
            "add up what was counted without --min-count",
        )
    return settings, sizes, total


def _batch_parts(batch: Any, settings: Settings) -> Iterator[NgramCounts]:
    kinds = [str(column.type) for column in batch.columns]
    if kinds != ["string", "int32", "int64"] or any(column.null_count for column in batch.columns):
        raise ValueError(f"columns of {', '.join(kinds)}, or rows without a value")
    orders = batch.column(1).to_numpy(zero_copy_only=False)
    for n in np.unique(orders).tolist():
        if not 1 <= n <= settings.order:
            raise ValueError(f"a row of order {n}")
        chosen = np.flatnonzero(orders == n)
        whole = len(chosen) == batch.num_rows
        part = batch if whole else batch.take(_arrow().array(chosen))
        ids, names = _symbols(part.column(0).to_pylist(), n)
        numbers = np.asarray(part.column(2).to_numpy(zero_copy_only=False), np.int64)
        yield _counts_of(settings, ids, numbers, names)


def _symbols(texts: list[str], n: int) -> tuple[np.ndarray, list[str]]:
    """(ids of each text's symbols, from 0 in the order of an Alphabet; their names)."""
    codes = chars.code_points("\n".join(texts))
    blank = (codes == 0x20) | (codes == 0x0A)
    han = chars.classes(codes) == chars.HAN
    starts = ~blank
    starts[1:] &= han[1:] | han[:-1] | blank[:-1]
    at = np.flatnonzero(starts)
    if len(at) != n * len(texts):
        raise ValueError(f"a row of n-grams that has not {n} symbols")
    ends = np.flatnonzero(blank | (starts & (np.arange(len(codes)) > 0)))
    ends = np.append(ends, len(codes))
    stops = ends[np.searchsorted(ends, at, side="right")]
    values = codes[at].astype(np.int64)
    runs = np.flatnonzero(~han[at])
    named: dict[str, int] = {}
    text = "\n".join(texts)
    for place in runs.tolist():
        name = text[at[place] : stops[place]]
        values[place] = 0x110000 + named.setdefault(name, len(named))
    distinct, ids = np.unique(values, return_inverse=True)
    others = list(named)
    names = [chr(v) if v < 0x110000 else others[v - 0x110000] for v in distinct.tolist()]
    order = sorted(range(len(names)), key=lambda i: symbol_order(names[i]))
    place_of = np.empty(len(names), np.int64)
    place_of[order] = np.arange(len(names))
    return place_of[ids].reshape(len(texts), n), [names[i] for i in order]


def _counts_of(
    settings: Settings, ids: np.ndarray, numbers: np.ndarray, names: list[str]
) -> NgramCounts:
    """Rows of one order as counts: those of their prefixes are 0, and come from other rows."""
    number, n = ids.shape
    order = np.lexsort(ids.T[::-1])
    ids, numbers = ids[order], numbers[order]
    levels: list[Level] = []
    new = np.zeros(number, bool)
    new[:1] = True
    begins = np.arange(len(names))  # of level 1 every symbol has a row
    last: np.ndarray | None = None
    for place in range(n):
        column = ids[:, place]
        new[1:] |= column[1:] != column[:-1]
        rows = np.flatnonzero(new)
        if place == 0:
            found = np.zeros(len(names), np.int64)
            if n == 1:
                found[column] = numbers
            levels.append(Level(begins + 1, found, None))
            last = np.searchsorted(column, begins)
        else:
            assert last is not None
            children = np.append(np.searchsorted(rows, last), len(rows))
            levels[-1] = Level(levels[-1].symbols, levels[-1].counts, children)
            counted = numbers[rows] if place == n - 1 else np.zeros(len(rows), np.int64)
            levels.append(Level(column[rows] + 1, counted, None))
            last = rows
    for _ in range(n, settings.order):
        above = levels[-1]
        levels[-1] = Level(above.symbols, above.counts, np.zeros(len(above) + 1, np.int64))
        levels.append(Level(np.zeros(0, np.int64), np.zeros(0, np.int64), None))
    return NgramCounts(settings, Alphabet(names), tuple(levels))


def _arrow() -> Any:
    """The module pyarrow, its parts compute and parquet loaded."""
    try:
        importlib.import_module("pyarrow.compute")
        importlib.import_module("pyarrow.parquet")
        return importlib.import_module("pyarrow")
    except ImportError:
        raise NlptoolsError("Parquet needs the module pyarrow", install_hint("spark")) from None
