"""Paths -> a language model, as learn_lm makes it of the corpus: counted by Spark, smoothed at the driver.

Modified Kneser-Ney, as lmplz has it, asks for the order in which the symbols appear: a second pass finds the first place
of each.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, worker_pool
from nlptools.lm.smoothing import KNESER_NEY, train_lm
from nlptools.lm.trie import NgramModel
from nlptools.ngrams.encode import id_blocks
from nlptools.ngrams.sentences import Appearance
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.spark.count import count_with_spark
from nlptools.spark.ordered import OrderedText, place
from nlptools.spark.session import open_session
from nlptools.spark.streams import Reading, reading_of
from nlptools.spark.sums import ROWS, added_up, home_of, packed_task, rows_of, unpacked
from nlptools.spark.worker import COLUMNS, Input, corpus_of, told_to_the_driver
from nlptools.text.reading import ReadReport

# Bits of a place: symbols of a task, tasks of a job. There are some hundred jobs.
_SYMBOLS, _TASKS = 28, 24


def learn_lm_with_spark(
    paths: Sequence[str],
    *,
    order: int = 4,
    smoothing: str = KNESER_NEY,
    prune: Sequence[int] | None = None,
    latin: str = "char",
    sentences: str = "line",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
    work: str | None = None,
) -> tuple[NgramModel, ReadReport]:
    """Learn a model as learn_lm does from a corpus, to the same bytes, with Spark; and what was read.

    Everything as in learn_lm and count_with_spark.
    """
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    settings: dict[str, Any] = {"latin": latin, "sentences": sentences}
    with open_session(master, conf) as spark:
        made = count_with_spark(
            paths,
            order=order,
            **settings,
            **reading._asdict(),
            memory=memory,
            tmp_dir=tmp_dir,
            conf=conf,
            work=work,
        )
        assert made.counts is not None
        appearance: list[str] = []
        if smoothing == KNESER_NEY and made.counts.total:
            appearance = _appearance(spark, paths, reading, memory, work, **settings)
    model = train_lm(
        made.counts,
        smoothing=smoothing,
        prune=prune,
        appearance=appearance,
        memory=memory,
        tmp_dir=tmp_dir,
    )
    return model, made.report


def _appearance(
    spark: Any,
    paths: Sequence[str],
    reading: Reading,
    memory: int,
    work: str | None,
    **settings: str,
) -> list[str]:
    """The symbols of a corpus in the order in which they appear, as count_sentences gives them."""
    text = OrderedText(spark, paths, reading)
    task = functools.partial(_appearance_task, settings, memory)
    jobs = [functools.partial(text.frame, job, task, ROWS) for job in range(len(text.jobs))]
    home = home_of(work, "appearance", reading, text.files, settings)
    first: dict[str, int] = {}
    with added_up(spark, jobs, home, tasks=text.sums, least=True) as found:
        for row in found.mapInArrow(packed_task, COLUMNS).toLocalIterator():
            for batch in unpacked(bytes(row.data)):
                symbols = (key.decode("utf-8") for key in batch.column(1).to_pylist())
                first.update(zip(symbols, batch.column(2).to_pylist(), strict=True))
    return sorted(first, key=first.__getitem__)


def _appearance_task(
    settings: dict[str, str], memory: int, job: int, given: Input, batches: Iterable[Any]
) -> Iterator[Any]:
    """Text -> its symbols with the place at which each appears first."""
    with told_to_the_driver():
        corpus = corpus_of(given, batches)
        if corpus is None:
            return
        encoder = SymbolEncoder(settings["latin"], settings["sentences"])
        appearance = Appearance()
        with worker_pool(1) as pool:
            for block in id_blocks(corpus, encoder, pool, 1, memory):
                appearance.add(block.ids)
        start = (job << _TASKS | place()) << _SYMBOLS
        symbols = [
            symbol.encode("utf-8") for symbol in encoder.texts(np.array(appearance.ids, np.int64))
        ]
        yield rows_of(0, symbols, range(start, start + len(symbols)))
