"""Paths on any file system -> the model of train_model; Spark reads and counts the corpus, one machine learns from a sample."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from nlptools.base.resources import DEFAULT_MEMORY, Watch, check_memory, unwatched
from nlptools.spark.learn import SpreadSample, count_words, survey
from nlptools.spark.passes import SpreadCorpus
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.text.reading import ReadReport
from nlptools.wordmodel.expected_counts import Tally, Weighted
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.room import SAMPLE
from nlptools.wordmodel.sample import Sample, kept_symbols
from nlptools.wordmodel.train import learn_model


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
    work: str | None = None,
    watch: Watch = unwatched,
) -> tuple[WordModel, ReadReport]:
    """Learn the words of a corpus as train_model does, to the same model, with Spark.

    The passes over the corpus are spread, learning from the sample is not. memory: bytes for each Python
    worker, and for the Python of the driver. segmented: as count_segmented makes it. work: a folder for what is read and
    counted, with which a run that died goes on. Everything else as in train_model and count_with_spark.
    """
    check_memory(memory)
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    with open_session(master, conf) as spark, contextlib.ExitStack() as until_done:
        opened: list[SpreadCorpus] = []

        def open_text() -> _SparkText:
            corpus = SpreadCorpus(spark, paths, reading, latin="break", memory=memory, work=work)
            opened.append(until_done.enter_context(corpus))
            return _SparkText(corpus)

        model = learn_model(
            open_text,
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
    return model, opened[0].report


class _SparkText:
    """A corpus that Spark keeps; a train.TextSource."""

    def __init__(self, corpus: SpreadCorpus) -> None:
        self._corpus = corpus
        self._sample: SpreadSample | None = None

    def sample(self, most: int) -> Sample:
        """As take_sample, to the same runs in the same order."""
        texts, counts = survey(self._corpus)
        kept = kept_symbols(texts, counts, lambda symbol: False)
        total = sum(counts[i] for i in kept)
        self._sample = SpreadSample(self._corpus, [texts[i] for i in kept], total, most)
        return self._sample.sample

    def tally(self, sample: Sample, words: Weighted, run: Callable[..., Any], piece: int) -> Tally:
        """As expected_counts.tally, without the shards."""
        assert self._sample is not None
        return count_words(self._corpus, self._sample, [words])[0]
