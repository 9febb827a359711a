"""What Spark hands to a worker -> a corpus; rows and errors -> what goes back to Spark."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nlptools.errors import NlptoolsError
from nlptools.spark.session import problem_text
from nlptools.spark.streams import Reading, StreamCorpus
from nlptools.text.corpus import Corpus

COLUMNS = "part int, data binary, report string"


class Input(NamedTuple):
    """What the rows of a data frame of sparkfiles.py are.

    how: "whole", "lines" or "rows". names: files in their order, where that matters.
    """

    how: str
    reading: Reading
    names: tuple[str, ...] = ()


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
    if given.how == "lines":
        return StreamCorpus([("a large file, read line by line", _lines(batches))], reading)
    files: Iterable[tuple[str, Any]] = (
        (name.as_py(), data.as_buffer())
        for batch in batches
        for name, data in zip(batch.column(0), batch.column(1), strict=True)
    )
    if given.names:
        files = _in_order(files, given.names)
    return StreamCorpus(((name, _chunks(data)) for name, data in files), reading)


def report_of(given: Input, corpus: Corpus) -> dict[str, Any]:
    """What a task has read, to be sent to the driver."""
    report = dataclasses.asdict(corpus.report)
    if given.how == "lines":  # but for the line end that _lines puts before the first line
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


def _chunks(data: Any) -> Iterator[bytes]:
    view = memoryview(data)
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
