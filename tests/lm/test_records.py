"""Documents in = documents out: every record with all its fields, and the sums over the lines of its text."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordcases import CASES, results_of, rows_of

from nlptools.lm import longlines
from nlptools.lm.files import open_lm
from nlptools.lm.filter import filter_documents
from nlptools.lm.filterfiles import dropping, kept_pieces
from nlptools.lm.model import LanguageModel
from nlptools.lm.records import score_documents, score_records
from nlptools.lm.stream import score_text
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus

NAMES = ["log10_prob", "per_symbol", "perplexity", "symbols", "oov"]
in_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module", params=["line", "clause"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    texts = ["今天天气非常好。", "国家非常好，今天好。", "ab12 天气"]
    made = learn_lm(
        Corpus.from_texts(texts), order=3, smoothing="witten-bell", sentences=request.param
    )
    return LanguageModel.from_trie(made)


def alone(model: LanguageModel, text: str) -> dict[str, Any]:
    totals = score_text(Corpus.from_texts([text]), model).totals
    number = totals.symbols + totals.sentences
    return {
        "log10_prob": pytest.approx(totals.log10_prob, abs=1e-4),
        "per_symbol": pytest.approx(totals.log10_prob / max(number, 1), abs=1e-4),
        "perplexity": pytest.approx(totals.perplexity, abs=1e-3) if number else None,
        "symbols": totals.symbols,
        "oov": totals.oov,
    }


@in_folder
@given(
    case=CASES,
    workers=st.sampled_from([1, 3]),
    block_size=st.sampled_from([1, 50, 1 << 20]),
    into=st.sampled_from([None, "lm"]),
)
def test_records(
    case: Any, workers: int, block_size: int, into: str | None, tmp_path: Path, model: Any
) -> None:
    corpus = case.corpus(tmp_path, block_size=block_size)
    made = "".join(map(str, score_records(corpus, model, into=into, workers=workers)))
    found = results_of(case, made, NAMES if into is None else [into])
    for row, text in zip(found, case.texts, strict=True):
        assert (row if into is None else row[into]) == alone(model, text)


@in_folder
@given(case=CASES, into=st.sampled_from([None, "lm"]))
def test_parquet_says_the_same(case: Any, into: str | None, tmp_path: Path, model: Any) -> None:
    pytest.importorskip("pyarrow")
    corpus = case.corpus(tmp_path)
    made = "".join(map(str, score_records(corpus, model, into=into)))
    pieces: Any = score_records(corpus, model, into=into, container="parquet")
    names = NAMES if into is None else [into]
    if case.texts:
        assert rows_of(case, b"".join(pieces), names) == results_of(case, made, names)


def test_a_document_has_the_probability_of_its_lines(model: Any) -> None:
    """By hand: the sums of two lines; nothing reaches from one document into the next."""
    first, second = (score_text(Corpus.from_texts([text]), model).totals for text in ("今天", "好"))
    both = Corpus.from_texts(["今天\r\n\n好\n", "", "好"])
    ((documents, scored),) = score_documents(both.documents(), model)
    assert documents.texts == scored.texts == ["今天\r\n\n好\n", "", "好"]
    assert scored.symbols.tolist() == [3, 0, 1]
    assert scored.log10_probs.tolist() == pytest.approx(
        [first.log10_prob + second.log10_prob, 0, second.log10_prob]
    )
    assert scored.totals().lines == 3


def test_a_long_document(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["今天天气非常好，国家。\n" * 300, "今天非常，" * 500, "国家"]

    def sums() -> list[float]:
        scored = score_documents(Corpus.from_texts(texts).documents(), model)
        return [prob for _, lines in scored for prob in lines.log10_probs.tolist()]

    whole = sums()
    monkeypatch.setattr(longlines, "PIECE", 100)
    monkeypatch.setattr(longlines, "LONG", 400)
    assert sums() == pytest.approx(whole, rel=1e-5)
    assert all(map(math.isfinite, whole))


def test_open_lm_is_the_same(model: Any, tmp_path: Path) -> None:
    model.save(tmp_path / "m")
    corpus = Corpus.from_texts(["今天"])
    made = list(score_records(corpus, model))
    assert made == list(score_records(corpus, open_lm(tmp_path / "m")))


@in_folder
@given(
    case=CASES,
    limit=st.sampled_from([1, 30, 1e9]),
    workers=st.sampled_from([1, 3]),
    block_size=st.sampled_from([1, 50, 1 << 20]),
    container=st.sampled_from(["jsonl", "parquet"]),
)
def test_what_is_kept_and_dropped_is_everything(
    case: Any,
    limit: float,
    workers: int,
    block_size: int,
    container: str,
    tmp_path: Path,
    model: Any,
) -> None:
    pytest.importorskip("pyarrow")
    corpus = case.corpus(tmp_path, block_size=block_size)
    found = filter_documents(corpus, model, max_perplexity=[limit], workers=workers)
    gone = io.BytesIO()
    with dropping(gone, container, "lm") as drop:
        batches = list(found.batches())
        pieces = kept_pieces(iter(batches), container, "lm", drop)
        made = [piece if isinstance(piece, bytes) else piece.encode() for piece in pieces]
    keep = [flag for batch in batches for flag in batch.kept.tolist()]
    read = rows_of if container == "parquet" else results_of
    for data, flag in ((b"".join(made), True), (gone.getvalue(), False)):
        part = case.part([at for at, kept in enumerate(keep) if kept == flag])
        if part.texts:
            rows = read(part, data if container == "parquet" else data.decode(), ["lm"])  # type: ignore[operator]
            assert all(("reason" in row["lm"]) != flag for row in rows)
