"""Two corpora on any file system of Hadoop + words -> their comparison, as compare_corpora has it.

The words of each slice are counted where its text is, by the kernel of one machine; Spark adds up, the driver compares.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nlptools.errors import DataError
from nlptools.review.compare import Comparison, compare_counts, shown_rows, with_statistics
from nlptools.review.slices import CORPUS, Slices, kind_of, slices_of
from nlptools.review.statistics import need_text
from nlptools.spark.files import File, head_of, list_files
from nlptools.spark.ordered import OrderedText
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.spark.sums import ROWS, added_up, home_of, packed_task, rows_of, unpacked
from nlptools.spark.worker import COLUMNS, Input, corpus_of, told_to_the_driver
from nlptools.usage.counting import count_words

_WIDTH = 8  # bytes of the number of a word


def compare_with_spark(
    a: str,
    b: str | Sequence[str],
    *,
    words: Collection[str],
    shrink: float | None = None,
    new_only: bool = False,
    fallen: bool = False,
    statistic: Collection[str] = (),
    top: int | None = None,
    latin: str = "run",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    master: str | None = None,
    conf: Sequence[str] = (),
    work: str | None = None,
) -> Comparison:
    """Compare corpora as compare_corpora does, to the same numbers, with Spark.

    words: those to compare, which nothing else finds. statistic: no documents, no dispersion, which are of one reading in
    order; ValueError. Everything else as in compare_corpora and count_with_spark; there are no contexts for a page.
    """
    if some := need_text(statistic):
        raise ValueError(f"{some[0]} is of one machine: leave out engine spark")
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    asked = sorted(words)
    with open_session(master, conf) as spark:
        sides = [_files(spark, [a]), _files(spark, [b] if isinstance(b, str) else b)]
        found = slices_of(CORPUS, [[file.path for file in side] for side in sides])
        shared = spark.sparkContext.broadcast(asked)
        jobs = []
        tasks = 1
        for number, files in enumerate(_of_slices(found, sides)):
            text = OrderedText(spark, files, reading) if files else None
            if text is None:
                continue
            tasks = max(tasks, text.sums)
            work_of_slice = functools.partial(_count_task, shared, number, latin)
            jobs += [
                functools.partial(text.frame, job, work_of_slice, ROWS)
                for job in range(len(text.jobs))
            ]
        home = home_of(work, "compare", reading, sides, latin, asked)
        counts = np.zeros((len(asked) + 1, len(found.names)), np.int64)
        with added_up(spark, jobs, home, tasks=tasks) as summed:
            for row in summed.mapInArrow(packed_task, COLUMNS).toLocalIterator():
                for batch in unpacked(bytes(row.data)):
                    keys = b"".join(batch.column(1).to_pylist())
                    at = np.frombuffer(keys, np.int64), batch.column(0).to_numpy()
                    counts[at] = batch.column(2).to_numpy()
    totals = counts[-1].tolist()
    every = compare_counts(asked, counts[:-1], totals, found.names, found.first_b, shrink=shrink)
    result = shown_rows(every, new_only=new_only, fallen=fallen, top=top)
    return with_statistics(result, statistic)


def _files(spark: Any, paths: Sequence[str]) -> list[File]:
    """The files of one side; DataError for what is no text."""
    files = list_files(spark, paths, empty=True)
    for file in files[:1]:
        kind = kind_of(file.path, head_of(spark, file.path)[:64])
        if kind != CORPUS:
            raise DataError(file.path, None, f"a {kind}, not text", "leave out --engine spark")
    return files


def _of_slices(found: Slices, sides: Sequence[list[File]]) -> Iterator[list[File]]:
    """The files of each slice that have text."""
    files = iter([file for side in sides for file in side])
    for paths in found.paths:
        some = [next(files) for _ in paths]
        yield [file for file in some if file.size]


def _count_task(
    shared: Any, number: int, latin: str, job: int, given: Input, batches: Iterable[Any]
) -> Iterator[Any]:
    """Text of a slice -> how often each word occurs in it, and last how many symbols it has."""
    with told_to_the_driver():
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        asked = shared.value
        found = count_words([corpus], asked, latin=latin)
        counts = np.append(found.by_corpus[0], found.symbols[0])
        there = np.flatnonzero(counts)
        data = there.astype(np.int64).tobytes()
        keys = [data[at : at + _WIDTH] for at in range(0, len(data), _WIDTH)]
        yield rows_of(number, keys, counts[there])
