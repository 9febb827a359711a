"""Paths -> jobs of tasks that stand in the order of the text, the same in every pass; a task's corpus, line for line.

What depends on the order (which lines are held out, which symbol appears first) is asked of each task by its place:
the number of its job, then of its partition.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nlptools.spark.count import SPLIT, configure, parts_of
from nlptools.spark.files import File, Frame, list_files, ordered_frame, ordered_plan
from nlptools.spark.streams import Reading
from nlptools.spark.worker import Input, corpus_of
from nlptools.text.blocks import Block
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.reading import ReadReport

# Text for one of the tasks that add up, at least: what is added up is a few per cent of it; and how many there can be.
PER_SUM, MOST_SUMS = 256 << 20, 2048
# (job, what the batches are, batches of names and data) -> batches of rows.
Work = Callable[[int, Input, Iterable[Any]], Iterator[Any]]
# Of large files, by path: see worker.Input.
Firsts = Mapping[str, Mapping[int, int]]


class OrderedText:
    """A corpus that Spark reads in passes.

    files: as they are found. jobs: of each the groups of files that are read alike. The tasks of one job make one data
    frame, which must not have too many parts. sums: how many tasks add up what is found.
    """

    def __init__(
        self,
        spark: Any,
        paths: Sequence[str] | Sequence[File],
        reading: Reading,
        *,
        placed: bool = False,
    ) -> None:
        """paths: or files that were found already, all of them with text. placed: file and line are asked for."""
        self._spark, self._reading, self._placed = spark, reading, placed
        found = [path for path in paths if isinstance(path, File)]
        self.files = found or list_files(spark, [path for path in paths if isinstance(path, str)])
        total = sum(file.size for file in self.files)
        at_once = spark.sparkContext.defaultParallelism
        configure(spark, total, at_once)
        if placed:  # tables are read with all columns, whose names may differ in that alone
            spark.conf.set("spark.sql.caseSensitive", "true")
        self.sums = min(MOST_SUMS, max(at_once, -(-total // PER_SUM)))
        self.jobs: list[list[Frame]] = [
            list(ordered_plan(spark, part, reading, SPLIT, records=placed))
            for part in parts_of(self.files)
        ]

    def frame(self, job: int, work: Work, columns: str, firsts: Firsts | None = None) -> Any:
        """The data frame of what `work` makes of the text of each task of a job."""
        united: Any = None
        for group in self.jobs[job]:
            told = group.input(self._reading, ordered=True, placed=self._placed)
            if firsts is not None and group.how == "lines":
                told = told._replace(firsts=firsts.get(group.files[0].path))
            task = functools.partial(_work, work, job, told)
            frame = ordered_frame(self._spark, group, self._reading, placed=self._placed)
            made = frame.mapInArrow(task, columns)
            united = made if united is None else united.unionAll(made)
        return united


def _work(work: Work, job: int, given: Input, batches: Iterable[Any]) -> Iterator[Any]:
    yield from work(job, given, batches)


def place() -> int:
    """The number of the task's partition in its job; on a worker."""
    import pyspark

    context = pyspark.TaskContext.get()
    assert context is not None
    return int(context.partitionId())


def add_report(total: ReadReport, found: dict[str, Any]) -> None:
    """Add what a task has read (worker.report_of)."""
    for name, value in found.items():
        if name == "encodings":
            total.encodings.update(value)
        else:
            setattr(total, name, getattr(total, name) + value)


class LinesOfTask(Corpus):
    """The text of a task, of which the lines are those that the local engine would count."""

    def __init__(self, given: Input, plain: Corpus) -> None:
        self._configure("strict", (), plain.block_size)
        self._given, self._plain = given, plain

    def blocks(self) -> Iterator[Block]:
        """As of the task, without the line end that stands before the lines of a large file (worker.corpus_of)."""
        last = ""
        first = self._given.how == "lines" and self._given.reading.field is None
        for block in self._plain.blocks():
            last = block.text
            if first and last:
                first = False
                block = dataclasses.replace(block, text=last.removeprefix("\n"))
            if block.text:
                yield block
        # An empty line at the end of a record is one; see documents.separated.
        if self._given.how == "rows" and (not last or last.endswith("\n")):
            yield Block("\n", "", LineNumbers())


def opened(given: Input, batches: Iterable[Any]) -> tuple[Corpus, LinesOfTask] | None:
    """(what a task reads, with the report; its lines); None for nothing."""
    corpus = corpus_of(given, batches)
    return None if corpus is None else (corpus, LinesOfTask(given, corpus))
