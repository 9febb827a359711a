"""Paths + segmenter -> a folder of segmented text, written by many machines, in the order of the corpus."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from nlptools import __version__
from nlptools.errors import DataError
from nlptools.segmentation.stream import segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.spark.count import SPLIT, configure, exists, parts_of
from nlptools.spark.files import list_files, ordered_frame, ordered_plan
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.spark.worker import Input, corpus_of, told_to_the_driver

_MARKER = "_nlptools.json"
_TEXT = "value string"
_PIECE = 1 << 22  # characters of a row


def segment_with_spark(
    paths: Sequence[str],
    cutter: Cutter,
    output: str,
    *,
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    encoding: str = "utf-8",
    on_error: str = "strict",
    master: str | None = None,
    conf: Sequence[str] = (),
) -> int:
    """Segment as segment_corpus does, with Spark, into a folder of text files; returns how many folders it has.

    All files below the folder, sorted by their paths and put together, are what segment_corpus gives, but for
    a line end at the end of the text. A run that died goes on when it is started again as it was.
    """
    reading = reading_of(encoding=encoding, on_error=on_error, field=None, column=None, fold=())
    output = output.rstrip("/")
    with open_session(master, conf) as spark:
        files = list_files(spark, paths)
        shared = spark.sparkContext.broadcast(cutter)
        told = json.dumps([__version__, reading, separator, format, mode, files, _digest(cutter)])
        _begin(spark, output, hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest())
        total = sum(file.size for file in files)
        configure(spark, total, spark.sparkContext.defaultParallelism)
        settings = {"separator": separator, "format": format, "mode": mode}
        number = 0
        for number, part in enumerate(parts_of(files), 1):
            place = f"{output}/part-{number:05d}"
            if exists(spark, f"{place}/_SUCCESS"):
                continue
            united: Any = None
            for group in ordered_plan(spark, part, reading, SPLIT):
                work = functools.partial(
                    _segment_task, shared, group.input(reading, ordered=True), settings
                )
                made = ordered_frame(spark, group, reading).mapInArrow(work, _TEXT)
                united = made if united is None else united.unionAll(made)
            united.write.mode("overwrite").text(place)
        return number


def _digest(cutter: Cutter) -> str:
    """Of what a segmenter is made of, so that another one does not go on with this one's parts."""
    from pyspark import cloudpickle

    return hashlib.sha256(cloudpickle.dumps(cutter)).hexdigest()


def _begin(spark: Any, output: str, run: str) -> None:
    """Make the folder; DataError if there is one of another run."""
    place = spark._jvm.org.apache.hadoop.fs.Path(f"{output}/{_MARKER}")
    system = place.getFileSystem(spark._jsc.hadoopConfiguration())
    if system.exists(place):
        stream = system.open(place)
        before = json.loads(bytes(stream.readAllBytes()).decode("utf-8"))
        stream.close()
        if before.get("run") == run:
            return
    if exists(spark, output):
        hint = "remove it, or name another folder"
        raise DataError(output, None, "is there already, and not of the same text and model", hint)
    stream = system.create(place, True)
    stream.write(bytearray(json.dumps({"nlptools": "segmented", "run": run}), "utf-8"))
    stream.close()


def _segment_task(
    shared: Any, given: Input, settings: dict[str, Any], batches: Iterable[Any]
) -> Iterator[Any]:
    """Batches of names and data -> rows of several lines each, without the last line end."""
    import pyarrow

    with told_to_the_driver():
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        corpus.block_size = 1 << 20
        pieces = segment_corpus(corpus, shared.value, **settings, workers=1)
        for text in _whole_lines(pieces, first=1 if given.how == "lines" else 0):
            rows = pyarrow.array([text], pyarrow.string())
            yield pyarrow.RecordBatch.from_arrays([rows], names=["value"])


def _whole_lines(pieces: Iterable[str], first: int) -> Iterator[str]:
    """Texts that end before an LF, which the writer adds. first: lines to leave out at the beginning."""
    held = ""
    for piece in pieces:
        held += piece
        end = held.rfind("\n") + 1
        if first and end:
            start = held.index("\n") + 1
            held, end, first = held[start:], end - start, 0
        if end and len(held) > _PIECE:
            yield held[: end - 1]
            held = held[end:]
    if held:
        yield held.removesuffix("\n")
