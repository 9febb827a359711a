"""Data frames of (kind, key, number), a job each -> one, with the sum or the least number of each key.

Spark brings equal keys together by their hash. The rows of a job that is finished are kept, by Spark until the run
ends or, in a folder for such work, for a run that goes on.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from nlptools import __version__
from nlptools.spark.count import PARTS_AT_A_TIME, exists
from nlptools.spark.worker import result_row

ROWS = "kind int, key binary, number long"


def rows_of(kind: int, keys: Sequence[bytes], numbers: Any) -> Any:
    """A batch of rows of one kind. numbers: int64, as many as keys."""
    arrow = importlib.import_module("pyarrow")
    columns = [
        arrow.array([kind] * len(keys), arrow.int32()),
        arrow.array(keys, arrow.binary()),
        arrow.array(numbers, arrow.int64()),
    ]
    return arrow.RecordBatch.from_arrays(columns, names=["kind", "key", "number"])


def packed(batch: Any) -> bytes:
    """A batch of rows as a worker sends it to the driver."""
    arrow = importlib.import_module("pyarrow")
    sink = arrow.BufferOutputStream()
    with arrow.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def packed_task(batches: Iterable[Any]) -> Iterator[Any]:
    """All rows as the driver gets them (worker.COLUMNS)."""
    for batch in batches:
        yield result_row(0, packed(batch), None)


def unpacked(data: bytes) -> Iterator[Any]:
    """The batches of what was packed."""
    arrow = importlib.import_module("pyarrow")
    with arrow.ipc.open_stream(data) as stream:
        yield from stream


def home_of(work: str | None, *told: Any) -> str | None:
    """The folder of this run in `work`. told: all that decides what its jobs make, as JSON has it."""
    if work is None:
        return None
    text = json.dumps([__version__, *told], ensure_ascii=False)
    name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{work.rstrip('/')}/{name}"


@contextmanager
def added_up(
    spark: Any,
    jobs: Sequence[Callable[[], Any]],
    home: str | None,
    *,
    tasks: int,
    least: bool = False,
) -> Iterator[Any]:
    """The rows of all jobs, each key once. jobs: what makes the data frame of each. least: the least number, not the sum.

    tasks: how many add up. The frame is there inside; it is read from what was kept, however often.
    """
    functions = importlib.import_module("pyspark.sql.functions")
    one = (functions.min if least else functions.sum)("number").alias("number")

    def grouped(frame: Any) -> Any:
        # A task has a key once, so there is nothing to be added up before the rows move.
        return frame.repartition(tasks, "kind", "key").groupBy("kind", "key").agg(one)

    kept: list[Any] = [None] * len(jobs)

    def keep(number: int) -> None:
        place = None if home is None else f"{home}/part-{number:05d}"
        if place is None:
            kept[number] = grouped(jobs[number]()).persist(_disk())
            kept[number].count()
            return
        if not exists(spark, f"{place}/_SUCCESS"):
            made = grouped(jobs[number]())
            made.write.mode("overwrite").option("compression", "zstd").parquet(place)
        kept[number] = spark.read.schema(ROWS).parquet(place)

    try:
        with ThreadPoolExecutor(PARTS_AT_A_TIME) as pool:
            list(pool.map(keep, range(len(jobs))))
        united = kept[0] if kept else spark.createDataFrame([], ROWS)
        for frame in kept[1:]:
            united = united.unionAll(frame)
        yield grouped(united) if len(kept) > 1 else united
    finally:
        for frame in kept if home is None else ():
            if frame is not None:
                frame.unpersist()


def _disk() -> Any:
    from pyspark import StorageLevel

    return StorageLevel.DISK_ONLY
