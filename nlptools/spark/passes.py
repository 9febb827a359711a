"""Paths on any file system -> ids that Spark keeps on the workers' disks, and passes over them: a kernel for each unit, a sum.

A text is decoded once. A unit is a part of what one task read (kept.py). A kernel is a function of a module, so that
workers find it: kernel(units of a task, *given) -> rows. What it gives is sent to the driver, or added up by
workers, part by part, by a Fold.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from nlptools import __version__
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.spark.count import configure, disk_only, exists, parts_of, split_size
from nlptools.spark.files import list_files, ordered_frame, ordered_plan, text_bytes
from nlptools.spark.kept import pack_encoded, unpack_encoded
from nlptools.spark.streams import Reading
from nlptools.spark.worker import (
    COLUMNS,
    Input,
    corpus_of,
    report_of,
    result_row,
    told_to_the_driver,
)
from nlptools.text.reading import ReadReport

MOST_SUMS = 16  # so many tasks add up what is small
# Units rise with the corpus: the job, the group of files in it, where the piece of a large file begins that a task read,
# the number of the unit in it. A task of Spark has another number where it is done again for a later job.
Place = tuple[int, int, int, int]
# (part, data) to be added up with what has the same part; or (place of a unit, data) of that unit.
Row = tuple[int | Place, bytes]


class Unit(NamedTuple):
    """Some text that is kept. latin, fold: of its symbols; memory: bytes for the worker."""

    place: Place
    data: bytes
    latin: str
    memory: int

    @property
    def part(self) -> int:
        """That of small sums: one of MOST_SUMS."""
        return (self.place[1] + self.place[2] // (1 << 20)) % MOST_SUMS

    def encoded(self) -> EncodedCorpus:
        """As it was read, in memory."""
        return unpack_encoded([self.data], self.latin, Path(tempfile.gettempdir()), 1 << 40)


Kernel = Callable[..., Iterator[Row]]


class Fold(Protocol):
    """Adds up the rows of one part; made by a worker, or by the driver for the last sums."""

    def add(self, data: bytes) -> None:
        """One more."""

    def result(self) -> bytes:
        """The sum."""


class Kept:
    """Units on the disks of the workers; one data frame a job, which must not have too many parts."""

    def __init__(self, frames: Sequence[Any], latin: str, memory: int) -> None:
        self._frames, self._latin, self._memory = frames, latin, memory

    def map(self, kernel: Kernel, *given: Any) -> list[Any]:
        """The data frames of what a kernel makes of every unit."""
        how = self._latin, self._memory
        return [
            frame.mapInArrow(functools.partial(_map_task, job, kernel, how, given), COLUMNS)
            for job, frame in enumerate(self._frames)
        ]

    def each(self, kernel: Kernel, *given: Any) -> Iterator[tuple[Place, bytes]]:
        """(place, what the kernel gives for the unit there), in no order."""
        for job, frame in enumerate(self.map(kernel, *given)):
            for row in frame.collect():
                start, number = json.loads(row.report)["unit"]
                yield (job, row.part, start, number), bytes(row.data)


class SpreadCorpus(contextlib.AbstractContextManager["SpreadCorpus"]):
    """A corpus that Spark reads once, when it is made; what is kept of it goes when the context ends."""

    def __init__(
        self,
        spark: Any,
        paths: Sequence[str],
        reading: Reading,
        *,
        latin: str,
        marks: bool = False,
        memory: int,
        work: str | None = None,
    ) -> None:
        """marks: keep them, too. work: a folder of Spark for what is kept; another run with the same files goes on from it."""
        self.spark, self.reading, self.latin, self.memory = spark, reading, latin, memory
        files = list_files(spark, paths)
        self.size = text_bytes(files)
        at_once = spark.sparkContext.defaultParallelism
        configure(spark, self.size, at_once)
        split = split_size(self.size, at_once)
        self.work = work and work.rstrip("/")
        self._persisted: list[Any] = []
        self._told = [__version__, reading, latin, marks, files]
        self.report = ReadReport()
        self.places: list[Place] = []
        frames = []
        for job, part in enumerate(parts_of(files)):
            made = []
            for number, group in enumerate(ordered_plan(spark, part, reading, split)):
                told = group.input(reading, ordered=True, placed=True)
                task = functools.partial(_keep_task, number, told, memory, latin, marks)
                frame = ordered_frame(spark, group, reading, placed=True)
                made.append(frame.mapInArrow(task, COLUMNS))
            frames.append(self.keep(united(made), f"ids-{job}"))
            for row in frames[-1].select("part", "report").collect():
                told_back = json.loads(row.report)
                if "read" in told_back:
                    self._add_report(told_back["read"])
                else:
                    self.places.append((job, row.part, *told_back["unit"]))
        self.places.sort()
        self.kept = Kept(frames, latin, memory)

    @property
    def sums(self) -> int:
        """How many tasks add up what is small."""
        return max(1, min(MOST_SUMS, len({place[:3] for place in self.places})))

    def keep(self, frame: Any, name: str, *given: Any) -> Any:
        """The frame, to be read more than once. given: what it depends on besides the corpus."""
        if self.work is None:
            self._persisted.append(frame.persist(disk_only()))
            return frame
        told = json.dumps([*self._told, *given], ensure_ascii=False, default=str)
        digest = hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        place = f"{self.work}/{digest}/{name}"
        if not exists(self.spark, f"{place}/_SUCCESS"):
            frame.write.mode("overwrite").option("compression", "zstd").parquet(place)
        return self.spark.read.schema(COLUMNS).parquet(place)

    def __exit__(self, *exception: object) -> None:
        # Spark would find it again for another corpus at the same path, too.
        for frame in self._persisted:
            with contextlib.suppress(Exception):  # of a session that is lost
                frame.unpersist()

    def _add_report(self, found: dict[str, Any]) -> None:
        self.report.encodings.update(found.pop("encodings"))
        for name, value in found.items():
            setattr(self.report, name, getattr(self.report, name) + value)


def united(frames: Sequence[Any]) -> Any:
    """The rows of all data frames."""
    return functools.reduce(lambda a, b: a.unionAll(b), frames)


def folded(
    frames: Sequence[Any], number: int, fold: Callable[..., Fold], *given: Any
) -> Iterator[tuple[int, bytes]]:
    """(part, sum of the rows of it), each once, in no order. number: of tasks that add up; fold(part, *given) makes the sum."""
    gathered = united(frames).where("report is null").repartition(number, "part")
    summed = gathered.mapInArrow(functools.partial(_fold_task, fold, given), COLUMNS)
    for row in summed.toLocalIterator(prefetchPartitions=True):
        yield row.part, bytes(row.data)


# --- on the workers --------------------------------------------------------------------------------


def _keep_task(
    group: int, given: Input, memory: int, latin: str, marks: bool, batches: Iterable[Any]
) -> Iterator[Any]:
    """Text -> units."""
    with told_to_the_driver():
        start, batches = _start(given, batches)
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        encoded = encode_corpus(corpus, latin=latin, memory=memory, workers=1, marks=marks)
        for number, data in enumerate(pack_encoded(encoded)):
            yield result_row(group, data, json.dumps({"unit": [start, number]}))
        # What was read is known when all of it is.
        yield result_row(group, None, json.dumps({"read": report_of(given, corpus)}))


def _start(given: Input, batches: Iterable[Any]) -> tuple[int, Iterable[Any]]:
    """(the byte of its file at which begins what a task reads, 0 for whole files; the batches)."""
    batches = iter(batches)
    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None:
        return 0, ()
    start = 0 if given.how == "whole" else int(first.column(0)[0].as_py())
    return start, itertools.chain([first], batches)


def _map_task(
    job: int,
    kernel: Kernel,
    how: tuple[str, int],
    given: Sequence[Any],
    batches: Iterable[Any],
) -> Iterator[Any]:
    """Units -> rows."""
    with told_to_the_driver():
        for where, made in kernel(_units(job, how, batches), *given):
            if isinstance(where, int):
                yield result_row(where, made, None)
            else:
                yield result_row(where[1], made, json.dumps({"unit": where[2:]}))


def _units(job: int, how: tuple[str, int], batches: Iterable[Any]) -> Iterator[Unit]:
    for batch in batches:
        columns = (batch.column(i).to_pylist() for i in (0, 2))
        for group, told, data in zip(*columns, batch.column(1), strict=True):
            if data.is_valid:
                start, number = json.loads(told)["unit"]
                yield Unit((job, group, start, number), data.as_py(), *how)


def _fold_task(
    fold: Callable[..., Fold], given: Sequence[Any], batches: Iterable[Any]
) -> Iterator[Any]:
    """Rows -> one for each part."""
    sums: dict[int, Fold] = {}
    with told_to_the_driver():
        for batch in batches:
            for part, data in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
                if part not in sums:
                    sums[part] = fold(part, *given)
                sums[part].add(data.as_py())
        for part, made in sums.items():
            yield result_row(part, made.result(), None)
