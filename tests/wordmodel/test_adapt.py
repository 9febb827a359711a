"""A model with the words of the text that is to be cut."""

from __future__ import annotations

import pytest

from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.adapt import adapt_model
from nlptools.wordmodel.model import general_model, raw_model
from nlptools.wordmodel.train import train_model

NAME = "沐云笙"
TEXT = [
    f"{NAME}说今天不去。",
    f"大家都看着{NAME}，没有说话。",
    f"“{NAME}！”他叫道。",
    "天气很好。",
] * 30


def test_a_name_of_the_text_is_learnt() -> None:
    general = general_model()
    assert NAME not in Segmenter.from_model(general).segment(TEXT[1])
    adapted = adapt_model(Corpus.from_texts([f"{text}{i}" for i, text in enumerate(TEXT)]), general)
    assert adapted is not None
    assert NAME in Segmenter.from_model(adapted).segment(TEXT[1])
    assert adapted.known is not None
    assert not adapted.known[adapted.words.index(NAME)]


def test_too_little_text_is_not_adapted_to() -> None:
    model = raw_model()
    han = sum(map(str.isalpha, "".join(TEXT)))
    assert adapt_model(Corpus.from_texts(TEXT), model, least=han + 1) is None
    assert adapt_model(Corpus.from_texts(TEXT), model, least=han) is not None
    assert adapt_model(Corpus.from_texts(["no Han at all"]), model) is None


def test_penalties_are_those_of_the_model() -> None:
    fine = train_model(Corpus.from_texts(TEXT), granularity="fine")
    adapted = adapt_model(Corpus.from_texts(TEXT), fine)
    assert adapted is not None
    assert adapted.settings["penalties"] == fine.settings["penalties"]
    coarse = adapt_model(Corpus.from_texts(TEXT), fine, granularity="coarse")
    assert coarse is not None
    assert coarse.settings["granularity"] == "coarse"
    with pytest.raises(ValueError, match="granularity"):
        adapt_model(Corpus.from_texts(TEXT), fine, granularity="rough")


def test_blocks_and_workers_do_not_matter() -> None:
    general = general_model()
    found = set()
    for block_size, workers in ((1 << 20, 1), (64, 3)):
        corpus = Corpus.from_texts(TEXT)
        corpus.block_size = block_size
        adapted = adapt_model(corpus, general, sample=600, workers=workers)
        assert adapted is not None
        assert adapted.settings["trained_on"] <= 600
        found.add(adapted.text())
    assert len(found) == 1
