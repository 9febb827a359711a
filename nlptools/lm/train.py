"""Corpus, or counts of it with sentences -> language model of its characters: counting and smoothing in one call."""

from __future__ import annotations

import os
from collections.abc import Sequence

from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.lm.smoothing import KNESER_NEY, train_lm
from nlptools.lm.trie import NgramModel
from nlptools.ngrams.count import count_sentences
from nlptools.ngrams.counts import NgramCounts, as_counts
from nlptools.text.corpus import CorpusLike, as_corpus


def learn_lm(
    corpus: CorpusLike | None = None,
    *,
    counts: NgramCounts | str | os.PathLike[str] | None = None,
    order: int = 4,
    smoothing: str = KNESER_NEY,
    prune: Sequence[int] | None = None,
    latin: str = "char",
    sentences: str = "line",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramModel:
    """A back-off language model of the characters of a corpus.

    counts: made earlier with sentences (count_ngrams), or their file, instead of a corpus; order, latin and sentences are then theirs.
    order, latin, sentences: as in count_sentences. smoothing, prune: as in train_lm. memory: bytes for the
    whole process. Neither memory nor workers changes a number.
    Raises ValueError for settings that make no sense or without anything to learn from, NlptoolsError for counts
    without sentences.
    """
    if (corpus is None) == (counts is None):
        raise ValueError("give a corpus or its counts, one of them")
    appearance: list[str] = []
    if counts is not None:
        counted = as_counts(counts)
    else:
        assert corpus is not None
        counted, appearance = count_sentences(
            as_corpus(corpus),
            order=order,
            latin=latin,
            sentences=sentences,
            memory=memory,
            workers=workers,
            tmp_dir=tmp_dir,
        )
    return train_lm(
        counted,
        smoothing=smoothing,
        prune=prune,
        appearance=appearance,
        memory=memory,
        tmp_dir=tmp_dir,
    )
