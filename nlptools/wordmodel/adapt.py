"""Model + the text that is to be cut -> the model with the words of that text."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, Watch, check_memory, threads_within, unwatched
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.em import PENALTIES
from nlptools.wordmodel.expected_counts import Tally, Weighted, tally
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.sample import Sample
from nlptools.wordmodel.train import EncodedText, NothingToLearnError, learn_model

# Of a longer text so many characters, spread over it, are learnt from. F1 of 850,000 characters of SXU: .890 without,
# .892 with 300,000 of them, .895 with all; a text of any length takes a second, then.
ADAPT_SAMPLE = 1_000_000
# A text of fewer Han characters is not adapted to unless that is asked for: the names that stand in it once or twice
# cannot be told from chance. Chosen on development sets of 20,000 to 420,000 characters.
ADAPT_LEAST = 20_000


def adapt_model(
    corpus: Corpus,
    model: WordModel,
    *,
    granularity: str | None = None,
    least: int = 0,
    sample: int = ADAPT_SAMPLE,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
) -> WordModel | None:
    """The model with the words of a corpus, which is read once; None where it has less than `least` Han characters.

    granularity: None: as the model was trained. sample: characters to learn from, spread over the corpus; counts are
    theirs. workers changes no result. watch: as train_model. Raises ValueError for settings without sense.
    """
    check_memory(memory)
    workers = threads_within(memory, workers)

    def open_text() -> _Sampled:
        encoded = encode_corpus(
            corpus, latin="break", memory=memory, workers=workers, tmp_dir=tmp_dir
        )
        return _Sampled(encoded, max(least, 1))

    # As the model was trained, unless a granularity is asked for.
    penalties = model.settings.get("penalties", PENALTIES["default"])
    try:
        return learn_model(
            open_text,
            fold=corpus.fold,
            granularity=granularity or "default",
            penalty=None if granularity else penalties[1:],
            numerals="keep",
            prior=model,
            prior_weight=None,
            sample=sample,
            memory=memory,
            workers=workers,
            tmp_dir=tmp_dir,
            watch=watch,
        )
    except NothingToLearnError:
        return None


class _Sampled(EncodedText):
    """A corpus of which the sample alone is counted: a segmenter needs no counts of all of it."""

    def __init__(self, encoded: EncodedCorpus, least: int) -> None:
        super().__init__(encoded)
        self._least = least

    def sample(self, most: int) -> Sample:
        """As take_sample; NothingToLearnError where the corpus is too small."""
        taken = super().sample(most)
        if taken.symbols < self._least:
            raise NothingToLearnError("there are too few Han characters to learn words from")
        return taken

    def tally(self, sample: Sample, words: Weighted, run: Callable[..., Any], piece: int) -> Tally:
        """As tally.tally."""
        same = replace(sample, number=np.arange(len(sample.texts) + 1, dtype=sample.ids.dtype))
        return tally([sample.ids], same, [words], run, piece)
