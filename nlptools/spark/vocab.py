"""Paths + segmenter -> the words and characters of a corpus, and its held-out lines, as count_corpus finds them.

Two passes: how many lines each task has, so that it is known which of them are held out; then the counts, which Spark
adds up by the hash of the word. The driver gets the words that occur often enough.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nlptools.lattice.exact import LONGEST
from nlptools.segmentation.tokens import Cutter
from nlptools.spark.ordered import OrderedText, add_report, opened, place
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.spark.sums import ROWS, added_up, home_of, packed, rows_of, unpacked
from nlptools.spark.worker import COLUMNS, Input, report_of, result_row, told_to_the_driver
from nlptools.text.reading import ReadReport
from nlptools.vocab.wordcount import (
    MOST_HELD,
    CorpusWords,
    count_corpus,
    held_characters,
    survey_lines,
)

_WORD, _CHARACTER, _HELD = range(3)  # kinds of rows
_FIELD = 8  # bytes of the place of a task, before its held-out text

# Of a task: (lines before it, characters that are to be kept of its held-out lines).
Start = tuple[int, int]


def count_corpus_with_spark(
    paths: Sequence[str],
    cutter: Cutter | None,
    *,
    lower: bool = True,
    least: int = 1,
    longest: int = LONGEST,
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    master: str | None = None,
    conf: Sequence[str] = (),
    work: str | None = None,
) -> tuple[CorpusWords, ReadReport]:
    """Count as count_corpus does, to the same numbers, with Spark.

    least: words that occur less often are counted in `rarer` and left out, unless they have more than `longest`
    characters. Everything else as in count_corpus and count_with_spark.
    """
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    with open_session(master, conf) as spark:
        text = OrderedText(spark, paths, reading)
        starts, report = _surveyed(text)
        shared = spark.sparkContext.broadcast(cutter)
        jobs = [
            functools.partial(
                text.frame, job, functools.partial(_count_task, shared, lower, starts[job]), ROWS
            )
            for job in range(len(text.jobs))
        ]
        home = home_of(work, "words", reading, text.files, lower, _digest(cutter))
        with added_up(spark, jobs, home, tasks=text.sums) as summed:
            chosen = functools.partial(_chosen_task, least, min(longest, LONGEST))
            rows = summed.mapInArrow(chosen, COLUMNS)
            return _received(rows.toLocalIterator(), least), report


def _digest(cutter: Cutter | None) -> str:
    """Of what a segmenter is made of."""
    from pyspark import cloudpickle

    return hashlib.sha256(cloudpickle.dumps(cutter)).hexdigest()


def _surveyed(text: OrderedText) -> tuple[list[dict[int, Start]], ReadReport]:
    """Where each task of each job starts, by the number of its partition."""
    starts: list[dict[int, Start]] = []
    report = ReadReport()
    line, room = 0, MOST_HELD
    for job in range(len(text.jobs)):
        found = {row.part: row for row in text.frame(job, _survey_task, COLUMNS).collect()}
        starts.append({})
        for part in sorted(found):
            told = json.loads(found[part].report)
            add_report(report, told["report"])
            starts[job][part] = (line, room)
            sizes = np.frombuffer(bytes(found[part].data), np.int64)
            room -= min(room, held_characters(sizes, line))
            line += told["lines"]
    return starts, report


def _received(rows: Iterable[Any], least: int) -> CorpusWords:
    """What the last tasks send, as one."""
    arrow = importlib.import_module("pyarrow")
    found = CorpusWords(least=least)
    held: dict[bytes, bytes] = {}
    for row in rows:
        found.rarer += json.loads(row.report)
        for batch in unpacked(bytes(row.data)):
            keys = batch.column(1)
            kinds, numbers = batch.column(0).to_numpy(), batch.column(2).to_numpy()
            words = np.flatnonzero(kinds == _WORD)
            named = keys.take(arrow.array(words)).cast(arrow.string()).to_pylist()
            found.words.update(dict(zip(named, numbers[words].tolist(), strict=True)))
            for at in np.flatnonzero(kinds == _CHARACTER).tolist():
                found.characters[int.from_bytes(keys[at].as_py(), "big")] += numbers[at]
            for at in np.flatnonzero(kinds == _HELD).tolist():
                key = keys[at].as_py()
                held[key[:_FIELD]] = key[_FIELD:]
    found.held = b"".join(held[at] for at in sorted(held)).decode("utf-8", "surrogatepass")
    return found


# --- on the workers --------------------------------------------------------------------------------


def _survey_task(job: int, given: Input, batches: Iterable[Any]) -> Iterator[Any]:
    """Text -> how many lines, and the characters of them."""
    with told_to_the_driver():
        read = opened(given, batches)
        if read is None:
            return
        corpus, lines = read
        number, sizes = survey_lines(lines)
        told = {"lines": number, "report": report_of(given, corpus)}
        yield result_row(place(), sizes.tobytes(), json.dumps(told))


def _count_task(
    shared: Any,
    lower: bool,
    starts: dict[int, Start],
    job: int,
    given: Input,
    batches: Iterable[Any],
) -> Iterator[Any]:
    """Text -> its words and characters with their counts, and what is held out of it."""
    with told_to_the_driver():
        read = opened(given, batches)
        if read is None:
            return
        line, room = starts[place()]
        found = count_corpus(
            read[1], shared.value, lower=lower, workers=1, line=line, most_held=room
        )
        words = [word.encode("utf-8") for word in found.words]
        yield rows_of(_WORD, words, list(found.words.values()))
        codes = np.flatnonzero(found.characters)
        keys = [code.to_bytes(4, "big") for code in codes.tolist()]
        yield rows_of(_CHARACTER, keys, found.characters[codes])
        if found.held:
            at = (job << 32 | place()).to_bytes(_FIELD, "big")
            yield rows_of(_HELD, [at + found.held.encode("utf-8", "surrogatepass")], [0])


def _chosen_task(least: int, longest: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Sums -> those that the driver needs, as a stream of Arrow, and how many words were left out."""
    arrow = importlib.import_module("pyarrow")
    compute = importlib.import_module("pyarrow.compute")
    for batch in batches:
        kinds, keys, numbers = (batch.column(i) for i in range(3))
        rare = compute.and_(compute.equal(kinds, _WORD), compute.less(numbers, least))
        # A place is no text, so only what is rare is looked at as such.
        spelled = keys.filter(rare).cast(arrow.string())
        short = compute.less_equal(compute.utf8_length(spelled), longest)
        left_out = np.flatnonzero(rare.to_numpy(zero_copy_only=False))[
            short.to_numpy(zero_copy_only=False)
        ]
        keep = np.ones(batch.num_rows, bool)
        keep[left_out] = False
        sent = packed(batch.filter(arrow.array(keep)))
        yield result_row(0, sent, json.dumps(len(left_out)))
