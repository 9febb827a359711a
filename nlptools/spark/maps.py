"""Paths + what is to be done with documents -> a folder with what comes of them, written by many machines in their order.

The kernels are those of one machine (a Kernel of segment.py, tokenize.py, lmscore.py, lmfilter.py); here is what they have
in common: parts, their order, what is written, and how a run that died goes on.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nlptools import __version__
from nlptools.errors import DataError
from nlptools.spark.count import SPLIT, configure, exists, names_in, parts_of
from nlptools.spark.files import File, absolute, list_files, ordered_frame, ordered_plan
from nlptools.spark.folders import read_text, remove_files, write_text
from nlptools.spark.kernel import Kernel, Sums
from nlptools.spark.streams import Reading
from nlptools.spark.tables import Columns, columns_of, rows_of
from nlptools.spark.worker import (
    LINES_OF_PIECES,
    Input,
    corpus_of,
    count_lines,
    report_of,
    start_of,
    told_to_the_driver,
)
from nlptools.text.corpus import Corpus
from nlptools.text.reading import ReadReport
from nlptools.text.results import record_pieces

HOME = ".nlptools"  # in the folder of the output, passed over by whoever reads it
_TEXT = "value string"
_PIECE = 1 << 22  # characters of a row
_PACKED = {".gz": "gzip", ".bz2": "bzip2"}  # which Spark can write without libraries of the system
_OTHERS = (".zst", ".xz")


@dataclass(frozen=True)
class Output:
    """The folder to write. into: see record_pieces.

    container: of records, "jsonl" or "parquet"; "rows": the kernel's own table; None: text.
    """

    path: str
    container: str | None = None
    into: str | None = None


@dataclass
class Mapped:
    """What was done: files in the folder, what was read, and what the kernel has counted."""

    files: int = 0
    report: ReadReport = field(default_factory=ReadReport)
    sums: Sums = field(default_factory=dict)

    def add(self, sums: Sums) -> None:
        """What one part has counted; names with `read.` before them are of the report."""
        for name, value in sums.items():
            kind, _, rest = name.partition(".")
            if kind == "read":
                setattr(self.report, rest, getattr(self.report, rest) + int(value))
            elif kind == "encoding":
                source, _, encoding = rest.partition("\n")
                self.report.encodings[source] = encoding
            else:
                self.sums[name] = self.sums.get(name, 0) + value


def compression_of(path: str) -> str | None:
    """How Spark compresses the files of a folder of that name; ValueError where it cannot."""
    name = path.rstrip("/").lower()
    for suffix in _OTHERS:
        if name.endswith(suffix):
            raise ValueError(f"Spark does not write {suffix}: name the folder .gz or .bz2")
    return next((codec for suffix, codec in _PACKED.items() if name.endswith(suffix)), None)


def digest_of(shared: Any) -> str:
    """Of what workers are sent, so that another model does not go on with this one's parts."""
    cloudpickle = importlib.import_module("pyspark.cloudpickle")
    return hashlib.sha256(cloudpickle.dumps(shared)).hexdigest()


@dataclass(frozen=True)
class Job:
    """What is to be read by Spark. made_of: tells, as JSON, what the result depends on beside the files."""

    spark: Any
    files: Sequence[File]
    reading: Reading
    made_of: Sequence[object]

    @classmethod
    def of(
        cls, spark: Any, paths: Sequence[str], reading: Reading, made_of: Sequence[object]
    ) -> Job:
        """Of files, folders and patterns."""
        files = list_files(spark, paths)
        configure(spark, sum(file.size for file in files), spark.sparkContext.defaultParallelism)
        # Else times are in a form of Spark's own that others read as having no zone; and are read as of a zone.
        spark.conf.set("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        # Names of columns may differ in that alone.
        spark.conf.set("spark.sql.caseSensitive", "true")
        return cls(spark, files, reading, made_of)

    def begin(self, output: Output) -> None:
        """Make the folder, unless it is of the same job already; DataError if there is another."""
        output = replace(output, path=absolute(self.spark, output.path))
        told = [__version__, self.reading, output.container, output.into, self.files, self.made_of]
        text = json.dumps(told, default=str).encode("utf-8", "surrogatepass")
        _begin(self.spark, output.path, hashlib.sha256(text).hexdigest())

    def map(self, kernel: Kernel, shared: Any, output: Output) -> Mapped:
        """Write what a kernel makes of the documents, in their order, into a folder of files.

        All files in the folder, sorted by their names and put together, are what one machine writes; where that is
        Parquet, all of them are one table. A run that died and is started again goes on where it stopped, if made_of and
        the files are the same. shared: is broadcast.
        Raises ValueError for a name that asks for a compression that Spark cannot write, DataError for a folder that is
        there already, of something else, and for whatever the kernel finds.
        """
        spark = self.spark
        codec = compression_of(output.path)
        output = replace(output, path=absolute(spark, output.path))
        home = f"{output.path}/{HOME}"
        self.begin(output)
        parts = list(enumerate(parts_of(self.files), 1))
        left = [part for part in parts if not exists(spark, f"{home}/part-{part[0]:05d}")]
        columns = self._columns(kernel, shared, output) if left else None
        if left and columns is None and output.container == "parquet":
            left, parts = [], []  # of no documents there is no table
        work = _Work(spark.sparkContext.broadcast(shared), kernel, output, columns)
        for number, part in left:
            sums = _write_part(spark, part, work, self.reading, number, codec)
            write_text(spark, f"{home}/part-{number:05d}", json.dumps(sums))
        write_text(spark, f"{output.path}/_SUCCESS", "")
        made = Mapped()
        for number, _ in parts:
            made.add(json.loads(read_text(spark, f"{home}/part-{number:05d}")))
        made.files = sum(name.startswith("part-") for name in names_in(spark, output.path))
        return made

    def _columns(self, kernel: Kernel, shared: Any, output: Output) -> Columns | None:
        """Those of a table; None where there is none."""
        if output.container != "parquet":
            return None
        reading, every = self.reading, kernel.every()
        return columns_of(self.spark, self.files, reading, every, shared, output.into)


@dataclass(frozen=True)
class _Work:
    """What every task is given."""

    shared: Any  # broadcast
    kernel: Kernel
    output: Output
    columns: Columns | None  # of Parquet


def _write_part(
    spark: Any, part: Sequence[File], work: _Work, reading: Reading, number: int, codec: str | None
) -> Sums:
    """The files of a part, whose names begin with its number; what its tasks have counted."""
    name = f"part-{number:05d}"
    sums = spark.sparkContext.accumulator(Counter(), _Summing())
    united: Any = None
    table = work.output.container in ("parquet", "rows")
    schema = _TEXT if work.columns is None else work.columns.schema
    schema = work.kernel.schema if work.output.container == "rows" else schema
    groups = ordered_plan(spark, part, reading, SPLIT, records=True)
    for place, group in enumerate(groups):
        given = group.input(reading, ordered=True, placed=True)
        made = ordered_frame(spark, group, reading, placed=True)
        if group.how == "lines" and work.kernel.numbered:
            given = given._replace(firsts=_first_lines(made))
        given = given._replace(leading=number == 1 and united is None)
        here = replace(work, kernel=work.kernel.at(number, place))
        made = made.mapInArrow(functools.partial(_task, here, given, sums), schema)
        united = made if united is None else united.unionAll(made)
    remove_files(spark, work.output.path, f"{name}-")  # of a run that died while it wrote them
    writer = united.write.mode("append").option("mapreduce.output.basename", name)
    # Spark's own mark of success would stand there after the first part.
    writer = writer.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false")
    if table:
        writer.option("compression", "zstd").parquet(work.output.path)
    else:
        writer.option("compression", codec or "none").text(work.output.path)
    return dict(sums.value)


def _first_lines(frame: Any) -> dict[int, int]:
    """The number of the first line of each piece of a large file, by the byte at which the piece begins."""
    lines: Counter[int] = Counter()
    for row in frame.mapInArrow(count_lines, LINES_OF_PIECES).collect():
        lines[row.start] += row.lines
    firsts, line = {}, 1
    for start in sorted(lines):
        firsts[start] = line
        line += lines[start]
    return firsts


class _Summing:
    """How Spark adds up what tasks have counted: its AccumulatorParam."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        return Counter()

    def addInPlace(self, one: Counter[str], other: Counter[str]) -> Counter[str]:  # noqa: N802
        one.update(other)  # adds
        return one


# --- the folder ----------------------------------------------------------------------------------


def _begin(spark: Any, output: str, run: str) -> None:
    """Make the folder; DataError if there is one of another run."""
    place = f"{output}/{HOME}/run"
    if exists(spark, place) and read_text(spark, place) == run:
        return
    if exists(spark, output):
        hint = "remove it, or name another folder"
        raise DataError(
            output, None, "is there already, and not of the same text and settings", hint
        )
    write_text(spark, place, run)


# --- on the workers ------------------------------------------------------------------------------


def _task(work: _Work, given: Input, sums: Any, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches of names and data -> rows of several lines each without the last line end, or those of the table."""
    import pyarrow

    with told_to_the_driver():
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        corpus.block_size = 1 << 20
        counted: Sums = {}
        output = work.output
        pieces: Iterator[str] = iter(())
        if output.container is None:
            pieces = work.kernel.text(corpus, work.shared.value, counted)
        elif output.container == "rows":
            yield from work.kernel.rows(corpus, work.shared.value, counted)
        else:
            found = work.kernel.records(corpus, work.shared.value, counted)
            if work.columns is not None:
                yield from rows_of(found, work.columns, output.into)
            else:
                pieces = record_pieces(found, into=output.into)
        if given.leading and start_of(corpus) == 0 and output.container is None:
            pieces = itertools.chain([work.kernel.head], pieces)
        for text in _whole_lines(pieces):
            rows = pyarrow.array([text], pyarrow.string())
            yield pyarrow.RecordBatch.from_arrays([rows], names=["value"])
        sums.add(Counter(counted | _read_by(given, corpus)))


def _read_by(given: Input, corpus: Corpus) -> Sums:
    """What a task has read, as numbers to be added up."""
    report = report_of(given, corpus)
    encodings = report.pop("encodings")
    read: Sums = {f"read.{name}": value for name, value in report.items()}
    return read | {f"encoding.{source}\n{name}": 1 for source, name in encodings.items()}


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Texts that end before an LF, which the writer adds."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        end = piece.rfind("\n") + 1
        size += len(piece)
        if not end or size < _PIECE:
            held.append(piece)
            continue
        yield "".join([*held, piece[: end - 1]])
        held, size = [piece[end:]], len(piece) - end
    if size:
        yield "".join(held).removesuffix("\n")
