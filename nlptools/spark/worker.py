"""What Spark hands to a worker -> a corpus; rows and errors -> what goes back to Spark."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import io
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nlptools.errors import NlptoolsError
from nlptools.spark.session import problem_text
from nlptools.spark.streams import LineCorpus, Reading, RowCorpus, StreamCorpus
from nlptools.text.corpus import Corpus, Opened
from nlptools.text.tableformats import HEAD as TABLE_HEAD
from nlptools.text.tableformats import Rows, is_table

COLUMNS = "part int, data binary, report string"
LINES_OF_PIECES = "start long, lines long"


class Input(NamedTuple):
    """What the rows of a data frame of sparkfiles.py are.

    how: "whole", "lines", "rows" or "table". names: files in their order, where that matters; shown: what messages call them,
    where these are to name file and line; firsts: the numbers of the first lines of a large file's pieces, by the byte at
    which each begins; None: not known. leading: nothing of the corpus is before these. schema: of a table.
    """

    how: str
    reading: Reading
    names: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    firsts: Mapping[int, int] | None = None
    leading: bool = False
    schema: Any = None


@contextlib.contextmanager
def told_to_the_driver() -> Iterator[None]:
    try:
        yield
    except NlptoolsError as error:
        raise RuntimeError(problem_text(error)) from None


def result_row(key: int, data: bytes | None, report: str | None) -> Any:
    arrow = importlib.import_module("pyarrow")
    columns = [
        arrow.array([key], arrow.int32()),
        arrow.array([data], arrow.binary()),
        arrow.array([report], arrow.string()),
    ]
    return arrow.RecordBatch.from_arrays(columns, names=["part", "data", "report"])


def corpus_of(given: Input, batches: Iterable[Any]) -> Corpus | None:
    """What a task reads as a corpus; None for nothing."""
    batches = iter(batches)
    first = next((batch for batch in batches if batch.num_rows), None)
    if first is None:
        return None
    batches = itertools.chain([first], batches)
    reading = given.reading
    if given.how == "rows":
        texts = (
            value.as_py().decode("utf-8", "surrogateescape")
            for batch in batches
            for value in batch.column(1)
        )
        return Corpus.from_texts(texts, on_error=reading.on_error, fold=reading.fold)
    if given.how == "lines" and given.shown:
        start = int(first.column(0)[0].as_py())
        line = None if given.firsts is None else given.firsts[start]
        return LineCorpus(given.shown[0], start, line, _lines(batches), reading)
    if given.how == "lines":
        return StreamCorpus([("a large file, read line by line", _lines(batches))], reading)
    if given.how == "table":
        row = first.column(0)[0].as_py()
        name = given.shown[0] if given.shown else given.names[0]
        return RowCorpus(name, Rows(given.schema, batches, row + 1), reading)
    files: Iterable[tuple[str, Any]] = (
        (name.as_py(), data.as_buffer())
        for batch in batches
        for name, data in zip(batch.column(0), batch.column(1), strict=True)
    )
    if given.names:
        files = _in_order(files, given.names)
    shown = dict(zip(given.names, given.shown, strict=True)) if given.shown else {}
    return StreamCorpus(((shown.get(name, name), _opened(data)) for name, data in files), reading)


def start_of(corpus: Corpus) -> int:
    """Where the piece of a large file begins that a task reads, in bytes or rows; 0: it reads files from there."""
    return corpus.start if isinstance(corpus, LineCorpus | RowCorpus) else 0


def count_lines(batches: Iterable[Any]) -> Iterator[Any]:
    """Batches of the places of pieces and their lines, as Spark cuts them -> (place, lines: CR ends one, too)."""
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    for batch in batches:
        if batch.num_rows:
            data = batch.column(1)
            ends = compute.sum(compute.count_substring(data, b"\r")).as_py()
            ends -= compute.sum(compute.ends_with(data, b"\r")).as_py() or 0
            starts = arrow.array([int(batch.column(0)[0].as_py())], arrow.int64())
            lines = arrow.array([batch.num_rows + ends], arrow.int64())
            yield arrow.RecordBatch.from_arrays([starts, lines], names=["start", "lines"])


def report_of(given: Input, corpus: Corpus) -> dict[str, Any]:
    """What a task has read, to be sent to the driver."""
    report = dataclasses.asdict(corpus.report)
    report["files"] -= start_of(corpus) > 0  # of which others have read the beginning
    # But for the line end that _lines puts before the first line.
    if given.how == "lines" and not isinstance(corpus, LineCorpus):
        report["bytes"] -= 1
        report["characters"] -= 1
    return report


def _in_order(files: Iterable[tuple[str, Any]], names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Files as they stand in the corpus; Spark gives the largest first."""
    found: dict[str, list[Any]] = {}
    for name, data in files:
        found.setdefault(name, []).append(data)
    for name in names:
        yield name, found[name].pop()


def _opened(data: Any) -> Opened:
    """The bytes of a file; a table as something to be read from anywhere."""
    view = memoryview(data)
    return io.BytesIO(view) if is_table(bytes(view[:TABLE_HEAD])) else _chunks(view)


def _chunks(view: memoryview) -> Iterator[bytes]:
    for start in range(0, len(view), 1 << 22):
        yield bytes(view[start : start + (1 << 22)])


def _lines(batches: Iterable[Any]) -> Iterator[bytes]:
    """Lines without their LF -> text. It begins with one: a mark of the byte order is one in a file only."""
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    yield b"\n"
    for batch in batches:
        if batch.num_rows:
            values = batch.column(1)
            whole = arrow.ListArray.from_arrays(
                arrow.array([0, len(values)], arrow.int32()), values
            )
            yield from _chunks(memoryview(compute.binary_join(whole, b"\n")[0].as_buffer()))
            yield b"\n"
