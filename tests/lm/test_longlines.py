"""A line of many megabytes is scored window by window, and gets what it gets at once."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.lm import longlines, stream
from nlptools.lm.model import LanguageModel
from nlptools.lm.stream import ScoredLine, score_corpus
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus


def model(order: int, latin: str, sentences: str) -> LanguageModel:
    rng = random.Random(order)
    texts = ["".join(rng.choices("天地玄黄abc3，。 ", k=20)) for _ in range(60)]
    corpus = Corpus.from_texts(texts)
    return LanguageModel.from_trie(learn_lm(corpus, order=order, latin=latin, sentences=sentences))


MODELS = [
    model(*how)
    for how in [
        (1, "run", "line"),
        (2, "char", "clause"),
        (3, "run", "clause"),
        (4, "char", "line"),
    ]
]


def rows(text: str, scorer: LanguageModel) -> list[ScoredLine]:
    corpus = Corpus.from_texts([text], block_size=50)
    return [row for lines in score_corpus(corpus, scorer, workers=1) for row in lines]


def in_windows_of(characters: int, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longlines, "PIECE", characters)
    patch.setattr(stream, "PIECE", characters)
    patch.setattr(longlines, "LONG", 4 * characters)


@settings(max_examples=150, deadline=None)
@given(
    st.text("天地玄黄洪abc3.+ ，。\n\u200d\U00020000", max_size=120),
    st.integers(1, 12),
    st.sampled_from(MODELS),
)
@example("abc" * 30, 1, MODELS[2])
@example("a.b" * 30 + "，，，天\n天", 2, MODELS[2])
@example("，" * 40, 3, MODELS[1])
@example("天" * 40, 3, MODELS[3])
def test_windows_change_nothing(text: str, piece: int, scorer: LanguageModel) -> None:
    whole = rows(text, scorer)
    with pytest.MonkeyPatch.context() as patch:
        in_windows_of(piece, patch)
        made = rows(text, scorer)
    assert [(r.line, r.symbols, r.oov, r.text) for r in made] == [
        (r.line, r.symbols, r.oov, r.text) for r in whole
    ]
    for column in ("log10_prob", "per_symbol"):
        np.testing.assert_allclose(
            [getattr(r, column) for r in made], [getattr(r, column) for r in whole], rtol=1e-12
        )


def test_a_long_line_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "天地玄黄，洪荒abc。" * 5_000

    def peak() -> int:
        tracemalloc.start()
        try:
            rows(text, MODELS[2])
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    whole = peak()
    in_windows_of(1 << 10, monkeypatch)
    assert peak() < whole / 3
