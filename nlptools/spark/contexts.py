"""Word list + paths -> what it takes to judge each word, as words_in_context has it; the text is read by many machines.

Twice: which occurrences of a word are its contexts depends on how many there are, so they are counted first. Then the
tasks in which some of them are fetch these, each with its file and line; the driver chooses and cuts as one machine does.
"""

from __future__ import annotations

import functools
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.resources import Watch, unwatched
from nlptools.errors import NlptoolsError
from nlptools.review.contexts import WordsInContext, most_needed, rows_in_context
from nlptools.segmentation.segmenter import Segmenter
from nlptools.spark.count import PARTS_AT_A_TIME
from nlptools.spark.kept import pack_arrays, unpack_arrays
from nlptools.spark.ordered import Firsts, OrderedText, add_report, place
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.spark.worker import (
    COLUMNS,
    Input,
    corpus_of,
    count_lines,
    report_of,
    result_row,
    start_of,
    told_to_the_driver,
)
from nlptools.text.reading import ReadReport
from nlptools.text.wordlists import WordRows, read_rows
from nlptools.usage.contexts import Context, spread
from nlptools.usage.contextsample import steps_of
from nlptools.usage.usage import measure_usage

# Of each job: the number of a task's partition -> what was packed.
Tasks = list[dict[int, bytes]]


def contexts_with_spark(
    words: str | os.PathLike[str] | WordRows,
    paths: Sequence[str],
    *,
    contexts: int = 5,
    width: int = 20,
    top: int | None = None,
    model: Segmenter | str | os.PathLike[str] | None = None,
    latin: str = "run",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    master: str | None = None,
    conf: Sequence[str] = (),
    watch: Watch = unwatched,
) -> tuple[WordsInContext, ReadReport]:
    """What it takes to judge the words of a list, as words_in_context finds it, with Spark; and what was read.

    Words and model are files of this machine. Everything else as in words_in_context and count_with_spark.
    """
    number, around = most_needed(contexts, width, top)
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    rows = words if isinstance(words, WordRows) else read_rows(words)
    segmenter = model if isinstance(model, Segmenter) else Segmenter.load(model)
    asked = rows.words[:top]
    with open_session(master, conf) as spark:
        text = OrderedText(spark, paths, reading, placed=True)
        shared = spark.sparkContext.broadcast(asked)
        counted = _counted(text, functools.partial(_count_task, shared, latin))
        totals = np.zeros(len(asked), np.int64)
        for counts in _in_order(counted.counts):
            totals += counts
        steps = steps_of(totals, number)
        tasks = _to_fetch(counted.counts, steps)
        kept = _fetched(spark, text, tasks, counted.firsts, shared, (around, latin))
    for some, total, step in zip(kept, totals.tolist(), steps.tolist(), strict=True):
        if len(some) != -(-total // step):
            raise NlptoolsError("the corpus has changed while it was read", "run it again")
    kept = [spread(some, number) for some in kept]
    found = rows_in_context(
        rows, totals, kept, segmenter, contexts=contexts, width=width, top=top, watch=watch
    )
    return found, counted.report


@dataclass(frozen=True)
class _Counted:
    """counts: of each word, of every task. firsts: numbers of the first lines of the pieces of large files."""

    counts: Tasks
    firsts: Firsts
    report: ReadReport


def _collected(frames: Sequence[Any]) -> Iterator[list[Any]]:
    """The rows of the frame of each job, some jobs at a time. The frames are made outside: a thread has no session."""
    with ThreadPoolExecutor(PARTS_AT_A_TIME) as pool:
        yield from pool.map(lambda frame: frame.collect(), frames)


def _counted(text: OrderedText, work: Any) -> _Counted:
    """The first reading."""
    lines: dict[str, dict[int, int]] = defaultdict(dict)
    report = ReadReport()
    counts: Tasks = []
    for rows in _collected([text.frame(job, work, COLUMNS) for job in range(len(text.jobs))]):
        counts.append({row.part: bytes(row.data) for row in rows})
        for row in rows:
            told = json.loads(row.report)
            add_report(report, told["report"])
            if told["lines"]:
                lines[told["path"]][told["start"]] = told["lines"]
    firsts: dict[str, dict[int, int]] = {}
    for path, pieces in lines.items():
        starts = sorted(pieces)
        after = np.cumsum([1, *(pieces[start] for start in starts)]).tolist()
        firsts[path] = dict(zip(starts, after, strict=False))
    return _Counted(counts, firsts, report)


def _in_order(tasks: Tasks) -> Iterator[np.ndarray]:
    """The counts of each task, in the order of the text."""
    for job in tasks:
        for part in sorted(job):
            yield unpack_arrays(job[part])[0]


def _to_fetch(counted: Tasks, steps: np.ndarray) -> Tasks:
    """Of each task with contexts in it: the words that have some, how often each occurs before it, its step."""
    seen = np.zeros(len(steps), np.int64)
    counts = _in_order(counted)
    tasks: Tasks = []
    for job in counted:
        tasks.append({})
        for part in sorted(job):
            after = seen + next(counts)
            some = np.flatnonzero(-(-seen // steps) * steps < after)
            if len(some):
                tasks[-1][part] = pack_arrays([some, seen[some], steps[some]])
            seen = after
    return tasks


def _fetched(
    spark: Any,
    text: OrderedText,
    tasks: Tasks,
    firsts: Firsts,
    shared: Any,
    how: tuple[int, str],
) -> list[list[Context]]:
    """The second reading: the contexts of each word."""
    frames = []
    for job, wanted in enumerate(tasks):
        if wanted:
            told = spark.sparkContext.broadcast(wanted)
            work = functools.partial(_fetch_task, shared, told, how)
            frames.append(text.frame(job, work, COLUMNS, firsts))
    kept: list[list[Context]] = [[] for _ in shared.value]
    for rows in _collected(frames):
        for row in sorted(rows, key=lambda row: row.part):
            for at, *found in json.loads(bytes(row.data)):
                kept[at].append(Context(*found))
    return kept


# --- on the workers ------------------------------------------------------------------------------


def _count_task(
    shared: Any, latin: str, job: int, given: Input, batches: Iterable[Any]
) -> Iterator[Any]:
    """Text -> how often each word occurs; where a large file is cut, also how many lines it has."""
    with told_to_the_driver():
        lines = [0]
        if given.how == "lines":
            batches = _counting(batches, lines)
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        asked = shared.value
        usage = measure_usage([corpus], asked, contexts=0, width=0, neighbours=0, latin=latin)
        told = {"path": given.names[0], "start": start_of(corpus), "lines": lines[0]}
        told |= {"report": report_of(given, corpus)}
        yield result_row(place(), pack_arrays([usage.counts]), json.dumps(told))


def _counting(batches: Iterable[Any], lines: list[int]) -> Iterator[Any]:
    """The batches; meanwhile their lines are added up."""
    for batch in batches:
        lines[0] += sum(row.column(1)[0].as_py() for row in count_lines([batch]))
        yield batch


def _fetch_task(
    shared: Any,
    wanted: Any,
    how: tuple[int, str],
    job: int,
    given: Input,
    batches: Iterable[Any],
) -> Iterator[Any]:
    """Text -> the contexts that are in it, as JSON: the number of the word, and what a Context has."""
    with told_to_the_driver():
        packed = wanted.value.get(place())
        if packed is None:
            for _ in batches:  # Spark does not like to be left in the middle of what it sends
                pass
            return
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        some, seen, step = unpack_arrays(packed)
        width, latin = how
        asked = [shared.value[at] for at in some.tolist()]
        usage = measure_usage(
            [corpus],
            asked,
            contexts=1,
            width=width,
            neighbours=0,
            latin=latin,
            earlier=(seen, step),
        )
        found = [
            [at, one.source, one.line, one.left, one.word, one.right]
            for at, kept in zip(some.tolist(), usage.contexts, strict=True)
            for one in kept
        ]
        yield result_row(place(), json.dumps(found).encode(), None)
