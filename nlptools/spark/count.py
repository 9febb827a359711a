"""Paths on HDFS, S3 or a disk -> the counts of count_ngrams, made by many machines with Apache Spark.

Each worker counts what it reads with the kernel of one machine and cuts the result into pieces by the first
two symbols (pieces.py). Spark brings the pieces of a number together, whoever made them; they are added up
there, pruned, and handed to the driver, or written as Parquet.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nlptools import __version__
from nlptools.base import storage
from nlptools.base.resources import DEFAULT_MEMORY, check_memory
from nlptools.errors import DataError
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts, Settings, load_counts, prune
from nlptools.ngrams.parquet import (
    MARKER,
    SCHEMA,
    foreign_names,
    marker,
    not_replaceable,
    table_batches,
)
from nlptools.spark.files import File, frames_of, list_files, plan, text_bytes
from nlptools.spark.session import open_session
from nlptools.spark.shuffle import add_pieces, split_counts, to_bytes
from nlptools.spark.streams import Reading, reading_of
from nlptools.spark.worker import (
    COLUMNS,
    Input,
    corpus_of,
    report_of,
    result_row,
    told_to_the_driver,
)
from nlptools.text.corpus import Corpus
from nlptools.text.reading import ReadReport

# Text for one task: its counts take about five times as much in a worker.
SPLIT = 64 << 20
# Text for one of the tasks that add up, at least; and how many there can be.
# Each piece names its symbols: 2,048 pieces of a task are 1.2 times as large as 512, 4,096 are 1.4 times.
PER_SUM, MOST_SUMS = 16 << 20, 2048
OPEN_COST = 1 << 16  # bytes that opening a small file is taken to cost
BATCH_BYTES, BATCH_ROWS = 16 << 20, 10_000
# What is written at a time with `work`: a hundredth of everything, but not less than this.
PART = 256 << 20
PARTS_AT_A_TIME = 4


@dataclass(frozen=True)
class Task:
    """What a worker has to know."""

    settings: Settings
    memory: int
    keys: tuple[int, ...]  # what Spark is told instead of the number of a piece
    min_count: int = 1


@dataclass(frozen=True)
class Counted:
    """The counts (None: they are in a folder), how many symbols and n-grams, what was read.

    ngrams: of all orders, before pruning.
    """

    counts: NgramCounts | None
    symbols: int
    ngrams: int
    report: ReadReport


def count_with_spark(
    paths: Sequence[str],
    *,
    order: int = 5,
    latin: str = "run",
    sentences: str = "none",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    min_count: int = 1,
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
    work: str | None = None,
    table: str | None = None,
) -> Counted:
    """Count n-grams as count_ngrams does, to the same bytes, with Spark.

    paths: files, folders and patterns of any file system that Spark knows. field: of JSON Lines or Parquet.
    min_count: n-grams of two symbols and more that occur less often are left out. memory: bytes for each
    Python worker, and for the Python of the driver. master: of Spark (None: what spark-submit says, or
    all cores of this machine); conf: settings of Spark, name=value. work: a folder for finished parts, with
    which a run that died goes on. table: a folder to be written by the workers (ngramparquet.py), for more
    n-grams than the driver can take.
    """
    check_memory(memory)
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    settings = Settings(order, latin, reading.fold, sentences)
    with open_session(master, conf) as spark, storage.spilling(tmp_dir) as folder:
        if table is not None:
            _check_table(spark, table)
        summed = summed_pieces(spark, paths, settings, reading, memory, min_count, work)
        cached = summed.persist(disk_only())
        try:
            cached.count()  # all tasks at once; what follows takes them one by one
            reports = [row.report for row in cached.select("report").collect() if row.report]
            counts = None
            if table is not None:
                _write_table(spark, cached, table, settings, min_count)
            else:
                counts = add_pieces(_received(cached), memory=memory, tmp_dir=folder, keep=True)
                counts = counts or no_counts(settings)
        finally:
            cached.unpersist()
    return _total(counts, reports)


def disk_only() -> Any:
    """Where data frames are kept between two jobs."""
    from pyspark import StorageLevel

    return StorageLevel.DISK_ONLY


def no_counts(settings: Settings) -> NgramCounts:
    """Of no text."""
    return count_ngrams(
        Corpus.from_texts([], fold=settings.fold),
        order=settings.order,
        latin=settings.latin,
        sentences=settings.sentences,
    )


def _received(frame: Any) -> Iterator[bytes]:
    for row in frame.where("data is not null").select("data").toLocalIterator():
        yield bytes(row.data)


def summed_pieces(
    spark: Any,
    paths: Sequence[str],
    settings: Settings,
    reading: Reading,
    memory: int,
    min_count: int,
    work: str | None,
) -> Any:
    """The data frame of sums: for each task one row with counts of its own n-grams, and reports."""
    files = list_files(spark, paths)
    total = text_bytes(files)
    at_once = spark.sparkContext.defaultParallelism
    number = number_of_sums(spark, total, work is not None)
    task = Task(settings, memory, partition_keys(number), min_count)
    configure(spark, total, at_once)
    if work is None:
        counted = _counted(spark, files, task, reading)
    else:
        counted = _finished_parts(spark, files, task, reading, work.rstrip("/"))
    if counted is None:
        return spark.createDataFrame([], COLUMNS)
    return gathered_sums(counted, task)


def gathered_sums(counted: Any, task: Task) -> Any:
    """The data frame of sums of pieces: for each of len(task.keys) numbers one row with counts, and reports."""
    gathered = counted.repartition(len(task.keys), "part")
    return gathered.mapInArrow(functools.partial(_add_task, task), COLUMNS)


def number_of_sums(spark: Any, total: int, fixed: bool) -> int:
    """How many tasks add up the counts of so many bytes of text. fixed: whatever the size of the cluster."""
    # Parts that are to be found again must not depend on how large the cluster is today.
    least = 16 if fixed else spark.sparkContext.defaultParallelism
    return min(MOST_SUMS, max(least, -(-total // PER_SUM)))


def split_size(total: int, at_once: int) -> int:
    """Bytes of text for a task, where so many tasks run at once."""
    return max(4 << 20, min(SPLIT, -(-total // at_once)))


def configure(spark: Any, total: int, at_once: int) -> None:
    """Sizes of tasks and batches, unless they were set."""
    wanted = {
        "spark.sql.files.maxPartitionBytes": split_size(total, at_once),
        "spark.sql.files.openCostInBytes": OPEN_COST,
        "spark.sql.execution.arrow.maxBytesPerBatch": BATCH_BYTES,
        "spark.sql.adaptive.enabled": "false",
        # Files are named one by one; a task for each of them to look it up takes longer than to read it.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": 4 * at_once,
    }
    given = spark.sparkContext.getConf()
    for name, value in wanted.items():
        if not given.contains(name):
            spark.conf.set(name, str(value))
    if tuple(map(int, spark.version.split(".")[:2])) < (4, 1):
        # These count rows alone, and a row may be a file.
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1")


def _counted(spark: Any, files: Sequence[File], task: Task, reading: Reading) -> Any:
    """The pieces of the counts of files; None for no files."""
    united = None
    for frame in plan(spark, files, reading):
        alone = frame.how == "lines" and len(frame.files) == 1
        work = functools.partial(_count_task, task, frame.input(reading, placed=alone))
        made = frames_of(spark, frame, reading, placed=alone).mapInArrow(work, COLUMNS)
        united = made if united is None else united.unionAll(made)
    return united


# --- parts that are finished ---------------------------------------------------------------------


def _finished_parts(
    spark: Any, files: Sequence[File], task: Task, reading: Reading, work: str
) -> Any:
    """The pieces of all parts, each of them read from where it was written, by this run or an earlier one.

    What the folder of a run is called tells files and settings, so no part of another run is taken.
    """
    told = json.dumps(
        [__version__, asdict(task.settings), reading, task.keys, files], ensure_ascii=False
    )
    home = f"{work}/{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    places = []
    waiting = []
    for number, part in enumerate(parts_of(files)):
        place = f"{home}/part-{number:05d}"
        places.append(place)
        if not exists(spark, f"{place}/_SUCCESS"):
            waiting.append((place, part))

    def write(item: tuple[str, list[File]]) -> None:
        place, part = item
        counted = _counted(spark, part, task, reading)
        counted.write.mode("overwrite").option("compression", "zstd").parquet(place)

    with ThreadPoolExecutor(PARTS_AT_A_TIME) as pool:
        list(pool.map(write, waiting))
    return spark.read.schema(COLUMNS).parquet(*places) if places else None


def parts_of(files: Sequence[File]) -> Iterator[list[File]]:
    """Files in their order, so many at a time as make a part; the same for the same files."""
    least = max(PART, text_bytes(files) // 100)
    part: list[File] = []
    size = 0
    for file in files:
        part.append(file)
        size += text_bytes([file])
        if size >= least:
            yield part
            part, size = [], 0
    if part:
        yield part


def exists(spark: Any, path: str) -> bool:
    """Whether there is such a file, on whatever file system."""
    place = spark._jvm.org.apache.hadoop.fs.Path(path)
    return bool(place.getFileSystem(spark._jsc.hadoopConfiguration()).exists(place))


def names_in(spark: Any, path: str) -> list[str]:
    """The names of what is in a folder, on whatever file system."""
    place = spark._jvm.org.apache.hadoop.fs.Path(path)
    system = place.getFileSystem(spark._jsc.hadoopConfiguration())
    return [str(status.getPath().getName()) for status in system.listStatus(place)]


# --- a table of the workers ----------------------------------------------------------------------


def _check_table(spark: Any, table: str) -> None:
    if exists(spark, table) and not exists(spark, f"{table}/{MARKER}"):
        # What a run that died has left behind is as good as nothing.
        if exists(spark, f"{table}/_temporary"):
            return
        raise DataError(table, None, "is there already, and is no folder of n-grams", "remove it")
    if exists(spark, table) and (foreign := foreign_names(names_in(spark, table))):
        raise not_replaceable(table, foreign)


def _write_table(spark: Any, summed: Any, table: str, settings: Settings, min_count: int) -> None:
    """Each worker writes its n-grams; the description follows when all are there."""
    rows = summed.where("data is not null").select("data").mapInArrow(_table_task, SCHEMA)
    rows.write.mode("overwrite").option("compression", "zstd").parquet(table)
    sizes = [0] * settings.order
    symbols = 0
    for row in summed.select("report").where("report is not null").collect():
        report = json.loads(row.report)
        if "sizes" in report:
            sizes = [a + b for a, b in zip(sizes, report["sizes"], strict=True)]
            symbols += report["symbols"]
    place = spark._jvm.org.apache.hadoop.fs.Path(f"{table}/{MARKER}")
    system = place.getFileSystem(spark._jsc.hadoopConfiguration())
    stream = system.create(place, True)
    stream.write(bytearray(marker(settings, min_count, sizes, symbols), "utf-8"))
    stream.close()


def _table_task(batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        for data in batch.column(0):
            yield from table_batches(load_counts("a piece of counts", data=data.as_py()))


# --- on the workers ------------------------------------------------------------------------------


def _count_task(task: Task, given: Input, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches of names and data -> rows of pieces and a report."""
    with told_to_the_driver():
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        settings = task.settings
        counts = count_ngrams(
            corpus,
            order=settings.order,
            latin=settings.latin,
            sentences=settings.sentences,
            memory=task.memory,
            workers=1,
        )
        for piece, data in split_counts(counts, len(task.keys)):
            yield result_row(task.keys[piece], data, None)
        yield result_row(task.keys[0], None, json.dumps(report_of(given, corpus)))


def _add_task(task: Task, batches: Iterable[Any]) -> Iterator[Any]:
    """Rows of pieces and reports -> one row with their sum."""
    reports: list[str] = []

    def pieces() -> Iterator[bytes]:
        for batch in batches:
            for data, report in zip(batch.column(1), batch.column(2), strict=True):
                if report.is_valid:
                    reports.append(report.as_py())
                if data.is_valid:
                    yield data.as_py()

    with told_to_the_driver():
        folder = Path(tempfile.gettempdir())
        counts = add_pieces(pieces(), memory=task.memory, tmp_dir=folder, keep=True)
        for report in reports:
            yield result_row(0, None, report)
        if counts is not None:
            ngrams = sum(map(len, counts.levels[1:])) + counts.at_least(1, 1)
            total = counts.total
            twice = [counts.at_least(n, 2) for n in range(1, counts.order + 1)]
            counts = prune(counts, task.min_count)
            sizes = [counts.at_least(n, 1) for n in range(1, counts.order + 1)]
            told = {"ngrams": ngrams, "symbols": total, "sizes": sizes, "twice": twice}
            yield result_row(0, to_bytes(counts), json.dumps(told))


# --- numbers -------------------------------------------------------------------------------------


def partition_keys(number: int) -> tuple[int, ...]:
    """For each of `number` partitions an integer that Spark puts there."""
    keys: dict[int, int] = {}
    for key in itertools.count():
        keys.setdefault(_murmur3(key) % number, key)
        if len(keys) == number:
            return tuple(keys[i] for i in range(number))
    raise AssertionError


def _murmur3(value: int) -> int:
    """Spark's hash of an int: Murmur3 with seed 42, as a signed number."""
    k = value * 0xCC9E2D51 & 0xFFFFFFFF
    k = (k << 15 | k >> 17) & 0xFFFFFFFF
    h = 42 ^ (k * 0x1B873593 & 0xFFFFFFFF)
    h = (h << 13 | h >> 19) & 0xFFFFFFFF
    h = (h * 5 + 0xE6546B64) & 0xFFFFFFFF
    h ^= 4
    h = (h ^ h >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    h = (h ^ h >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    h ^= h >> 16
    return h - (1 << 32) if h >> 31 else h


def _total(counts: NgramCounts | None, reports: Iterable[str]) -> Counted:
    """All reports as one."""
    total = ReadReport()
    symbols = ngrams = 0
    for text in reports:
        report = json.loads(text)
        if "sizes" in report:
            symbols += report["symbols"]
            ngrams += report["ngrams"]
            continue
        total.encodings.update(report.pop("encodings"))
        for name, value in report.items():
            setattr(total, name, getattr(total, name) + value)
    return Counted(counts, symbols, ngrams, total)
