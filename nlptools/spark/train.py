"""Paths on any file system -> the model of train_model; Spark reads the corpus, one machine learns from a sample.

Three passes: what symbols and how many runs there are; the runs of the sample; the counts of the words
that were learnt.
"""

from __future__ import annotations

import functools
import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.base.resources import DEFAULT_MEMORY, Watch, check_memory, unwatched
from nlptools.lattice.runs import find_runs
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.spark.count import SPLIT, configure, parts_of
from nlptools.spark.files import list_files, ordered_frame, ordered_plan
from nlptools.spark.session import open_session
from nlptools.spark.streams import Reading, reading_of
from nlptools.spark.worker import (
    COLUMNS,
    Input,
    corpus_of,
    report_of,
    result_row,
    told_to_the_driver,
)
from nlptools.text.reading import ReadReport
from nlptools.wordmodel.expected_counts import Tally, Weighted, tally
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.room import SAMPLE
from nlptools.wordmodel.sample import (
    LONGEST_RUN,
    Sample,
    choose_runs,
    kept_symbols,
    sample_of,
    share_of,
)
from nlptools.wordmodel.train import learn_model

# Sums of the last pass are added up by so many tasks before the driver gets them.
_SUMS = 16


def train_with_spark(
    paths: Sequence[str],
    *,
    granularity: str = "default",
    penalty: Sequence[float] | None = None,
    numerals: str = "keep",
    prior: WordModel | None = None,
    prior_weight: float | None = None,
    segmented: WordModel | None = None,
    sample: int = SAMPLE,
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    memory: int = DEFAULT_MEMORY,
    master: str | None = None,
    conf: Sequence[str] = (),
    watch: Watch = unwatched,
) -> tuple[WordModel, ReadReport]:
    """Learn the words of a corpus as train_model does, to the same model, with Spark.

    The passes over the corpus are spread, learning from the sample is not. memory: bytes for each Python
    worker, and for the Python of the driver. segmented: as count_segmented makes it. Everything else as in train_model and count_with_spark.
    """
    check_memory(memory)
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    with open_session(master, conf) as spark:
        text = _SparkText(spark, paths, reading, memory)
        model = learn_model(
            lambda: text,
            fold=reading.fold,
            granularity=granularity,
            penalty=penalty,
            numerals=numerals,
            prior=prior,
            prior_weight=prior_weight,
            segmented=segmented,
            sample=sample,
            memory=memory,
            workers=os.cpu_count() or 1,
            watch=watch,
        )
    return model, text.report


class _SparkText:
    """A corpus that Spark reads; a training.Text."""

    def __init__(self, spark: Any, paths: Sequence[str], reading: Reading, memory: int) -> None:
        self._spark, self._reading, self._memory = spark, reading, memory
        files = list_files(spark, paths)
        configure(spark, sum(f.size for f in files), spark.sparkContext.defaultParallelism)
        # The tasks of one job make one data frame, which must not have too many parts.
        self._parts = [list(ordered_plan(spark, part, reading, SPLIT)) for part in parts_of(files)]
        self.report = ReadReport()

    def _pass(self, work: Callable[..., Any], *given: Any) -> Iterator[Any]:
        """For each job the data frame of what `work` makes of each task's text."""
        for number, groups in enumerate(self._parts):
            united = None
            for group in groups:
                told = group.input(self._reading, ordered=True)
                task = functools.partial(work, number, told, self._memory, *given)
                made = ordered_frame(self._spark, group, self._reading).mapInArrow(task, COLUMNS)
                united = made if united is None else united.unionAll(made)
            if united is not None:
                yield united

    def sample(self, most: int) -> Sample:
        """As sampling.take_sample, to the same runs in the same order."""
        counts: Counter[str] = Counter()
        runs: dict[tuple[int, int], int] = {}
        for job, frame in enumerate(self._pass(_survey_task)):
            for row in frame.collect():
                found = json.loads(row.report)
                counts.update(dict(zip(found["symbols"], found["counts"], strict=True)))
                runs[job, row.part] = found["runs"]
                self._add_report(found["report"])
        texts = list(counts)
        kept = kept_symbols(texts, list(counts.values()), lambda symbol: False)
        texts = [texts[i] for i in kept]
        total = sum(counts[text] for text in texts)
        share = share_of(most, total)
        before: dict[tuple[int, int], int] = {}
        seen = 0
        for place in sorted(runs):
            before[place] = seen
            seen += runs[place]
        taken: dict[tuple[int, int], str] = {}
        for job, frame in enumerate(self._pass(_sample_task, before, share)):
            for row in frame.collect():
                taken[job, row.part] = bytes(row.data).decode("utf-8")
        encoder = SymbolEncoder("break")
        number = np.zeros(1, keys.id_dtype(len(texts) + 1))
        pieces = [number]
        for place in sorted(taken):
            ids = encoder.encode(taken.pop(place))
            number = _numbers(encoder, texts)
            pieces.append(number[ids])
        return sample_of(np.concatenate(pieces), texts, number, total, True)

    def _add_report(self, found: dict[str, Any]) -> None:
        self.report.encodings.update(found.pop("encodings"))
        for name, value in found.items():
            setattr(self.report, name, getattr(self.report, name) + value)

    def tally(self, sample: Sample, words: Weighted, run: Callable[..., Any], piece: int) -> Tally:
        """As tally.tally, without the shards."""
        spark = self._spark
        shared = spark.sparkContext.broadcast((sample.texts, words))
        sums: list[np.ndarray] | None = None
        for frame in self._pass(_tally_task, shared):
            for row in frame.repartition(_SUMS, "part").mapInArrow(_sum_task, COLUMNS).collect():
                sums = _added(sums, bytes(row.data))
        if sums is None:
            raise AssertionError("a sample of nothing")
        return Tally(sums[0], sums[1], [sums[2]], [sums[3]], np.zeros(len(sums[1]), np.int64))


def _numbers(encoder: SymbolEncoder, texts: Sequence[str]) -> np.ndarray:
    """Provisional id of an encoder -> place among the texts, from 1; 0 for all others."""
    number = np.zeros(len(encoder), keys.id_dtype(len(texts) + 1))
    ids = encoder.ids(texts)
    known = ids > 0
    number[ids[known]] = np.flatnonzero(known) + 1
    return number


# --- on the workers --------------------------------------------------------------------------------


def _encoded(given: Input, memory: int, batches: Iterable[Any]) -> Any:
    corpus = corpus_of(given, batches)
    if corpus is None:
        return None
    return corpus, encode_corpus(corpus, latin="break", memory=memory, workers=1)


def _place() -> int:
    """Number of the task: the order in which texts stand."""
    import pyspark

    context = pyspark.TaskContext.get()
    assert context is not None
    return int(context.partitionId())


def _survey_task(job: int, given: Input, memory: int, batches: Iterable[Any]) -> Iterator[Any]:
    """Text -> how often each symbol occurs, and how many runs there are."""
    with told_to_the_driver():
        opened = _encoded(given, memory, batches)
        if opened is None:
            return
        corpus, encoded = opened
        count = np.zeros(len(encoded.encoder), np.int64)
        runs = 0
        for block in encoded.blocks:
            count += np.bincount(block, minlength=len(count))
            runs += len(find_runs(block, LONGEST_RUN)[0])
        count[0] = 0
        present = np.flatnonzero(count)
        told = {
            "symbols": encoded.encoder.texts(present),
            "counts": count[present].tolist(),
            "runs": runs,
            "report": report_of(given, corpus),
        }
        yield result_row(_place(), None, json.dumps(told))


def _sample_task(
    job: int,
    given: Input,
    memory: int,
    before: dict[tuple[int, int], int],
    share: Fraction,
    batches: Iterable[Any],
) -> Iterator[Any]:
    """Text -> its runs that are in the sample, a line each."""
    with told_to_the_driver():
        opened = _encoded(given, memory, batches)
        if opened is None:
            return
        encoded: EncodedCorpus = opened[1]
        seen = before[job, _place()]
        names = np.array(["\n", *encoded.encoder.texts(np.arange(1, len(encoded.encoder)))], object)
        lines = []
        for block in encoded.blocks:
            taken, runs = choose_runs(block, seen, share)
            seen += runs
            lines.append("".join(names[taken].tolist()))
        yield result_row(_place(), "".join(lines).encode(), None)


def _tally_task(
    job: int, given: Input, memory: int, shared: Any, batches: Iterable[Any]
) -> Iterator[Any]:
    """Text -> occurrences and expected counts of all symbols and words."""
    with told_to_the_driver():
        opened = _encoded(given, memory, batches)
        if opened is None:
            return
        encoded: EncodedCorpus = opened[1]
        texts, words = shared.value
        none = np.zeros(0, np.uint16)
        known = Sample(none, texts, _numbers(encoded.encoder, texts), 1)
        found = tally(encoded.blocks, known, [words])
        arrays = [found.singles, found.words, found.expected_singles[0], found.expected_words[0]]
        yield result_row(_place(), _packed(arrays), None)


def _sum_task(batches: Iterable[Any]) -> Iterator[Any]:
    sums: list[np.ndarray] | None = None
    for batch in batches:
        for data in batch.column(1):
            sums = _added(sums, data.as_py())
    if sums is not None:
        yield result_row(0, _packed(sums), None)


def _packed(arrays: Sequence[np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, *arrays)
    return stream.getvalue()


def _added(sums: list[np.ndarray] | None, data: bytes) -> list[np.ndarray]:
    """Sums are exact, in whatever order: whole numbers, and multiples of 2**-20."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        arrays = [found[name] for name in found.files]
    return arrays if sums is None else [a + b for a, b in zip(sums, arrays, strict=True)]
