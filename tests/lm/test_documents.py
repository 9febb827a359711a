"""Sums of documents: those of their lines, whatever stands beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lmcases import Arpa

from nlptools.lm import documents, longlines
from nlptools.lm.arpa import arpa_pieces
from nlptools.lm.documents import score_documents
from nlptools.lm.model import LanguageModel
from nlptools.lm.stream import LineScorer, score_text
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus

TEXT = ["天地玄黄，宇宙洪荒。", "日月盈昃，辰宿列张。", "天地日月 abc"]
MODEL = learn_lm(Corpus.from_texts(TEXT), order=3)
SCORER = LineScorer(LanguageModel.from_trie(MODEL), ())
PARSED = Arpa(b"".join(arpa_pieces(MODEL)).decode())
TEXTS = st.lists(st.text("天地玄黄日月龘a，\n\r 　", max_size=30), max_size=8)


@settings(deadline=None)
@given(TEXTS)
def test_by_the_textbook(texts: list[str]) -> None:
    """A line that has symbols is a sentence; logarithms are added up by hand."""
    found = score_documents(SCORER, texts)
    for place, text in enumerate(texts):
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        sentences = [[x for x in line if not x.isspace()] for line in lines]
        sentences = [sentence for sentence in sentences if sentence]
        assert found.ends[place] == len(sentences)
        assert found.symbols[place] == sum(map(len, sentences))
        unknown = sum((x,) not in PARSED.log_probs for s in sentences for x in s)
        assert found.oov[place] == unknown
        whole = sum(map(PARSED.score, sentences))
        assert found.log10_probs[place] == pytest.approx(whole, abs=1e-5)
        assert found.per_symbol[place] == pytest.approx(
            whole / max(1, found.numbers[place]), abs=1e-5
        )


@settings(deadline=None)
@given(TEXTS)
def test_the_same_alone_and_together(texts: list[str]) -> None:
    together = score_documents(SCORER, texts)
    alone = [score_documents(SCORER, [text]) for text in texts]
    assert together.log10_probs.tolist() == [float(one.log10_probs[0]) for one in alone]


def test_long_documents_are_scored_window_by_window(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "天地玄黄，日月。" * 40
    texts = ["天地", text, f"{text}\n{text}\r\n玄", "龘"]
    whole = score_documents(SCORER, texts)
    for module in (longlines, documents):
        monkeypatch.setattr(module, "LONG", 100, raising=False)
    monkeypatch.setattr(longlines, "PIECE", 30)
    pieces = score_documents(SCORER, texts)
    assert pieces.log10_probs == pytest.approx(whole.log10_probs)
    for name in ("symbols", "ends", "oov"):
        assert np.array_equal(getattr(pieces, name), getattr(whole, name))


def test_as_lm_score_has_it(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("天地玄黄\n日月\n", "utf-8")
    scored = score_text(tmp_path / "text", LanguageModel.from_trie(MODEL)).totals
    found = score_documents(SCORER, ["天地玄黄\n日月"])
    assert 10 ** -found.per_symbol[0] == pytest.approx(scored.perplexity)
