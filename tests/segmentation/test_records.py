"""Documents in = documents out: every record with all its fields, and the words that its text has alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordcases import CASES, SQUEEZE, Case, results_of, rows_of

from nlptools.errors import DataError
from nlptools.segmentation import stream
from nlptools.segmentation.records import segment_documents, segment_records
from nlptools.segmentation.search import tokens_of
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import SegmentCounts, segment_corpus
from nlptools.text.corpus import Corpus

SMALL = Segmenter.from_counts({"今天": 9, "天气": 9, "非常": 9, "国家": 9, "今天天气": 2})
in_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def alone(text: str, **how: Any) -> str:
    return "".join(segment_corpus(Corpus.from_texts([text]), SMALL, **how))


@in_folder
@given(
    case=CASES,
    squeeze=st.sampled_from(list(SQUEEZE)),
    block_size=st.sampled_from([1, 50, 1 << 20]),
    workers=st.sampled_from([1, 3]),
    separator=st.sampled_from([" ", "/", "\u3000"]),
    mode=st.sampled_from(["default", "search"]),
    into=st.sampled_from([None, "分词"]),
)
def test_texts_with_separators(
    case: Case,
    squeeze: str,
    block_size: int,
    workers: int,
    separator: str,
    mode: str,
    into: str | None,
    tmp_path: Path,
) -> None:
    corpus = case.corpus(tmp_path, squeeze, block_size)
    how = {"separator": separator, "mode": mode}
    made = segment_records(corpus, SMALL, into=into, workers=workers, **how)
    name = into or "words"
    found = results_of(case, "".join(map(str, made)), [name])
    assert [row[name] for row in found] == [alone(text, **how) for text in case.texts]


@in_folder
@given(
    case=CASES,
    workers=st.sampled_from([1, 3]),
    mode=st.sampled_from(["default", "search"]),
    into=st.sampled_from([None, "结果"]),
)
def test_lists_with_offsets(
    case: Case, workers: int, mode: str, into: str | None, tmp_path: Path
) -> None:
    made = segment_records(
        case.corpus(tmp_path), SMALL, into=into, format="jsonl", mode=mode, workers=workers
    )
    found = results_of(case, "".join(map(str, made)), [into] if into else ["words", "offsets"])
    for text, row in zip(case.texts, found, strict=True):
        have = row[into] if into else row
        tokens = tokens_of(SMALL, text, mode)
        assert have["words"] == [token.word for token in tokens]
        assert have["offsets"] == [[token.start, token.stop] for token in tokens]


@in_folder
@given(case=CASES, format=st.sampled_from(["text", "jsonl"]), into=st.sampled_from([None, "分词"]))
def test_parquet_says_the_same(case: Case, format: str, into: str | None, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    corpus = case.corpus(tmp_path)
    made = "".join(map(str, segment_records(corpus, SMALL, format=format, into=into)))
    names = ["words", "offsets"] if format == "jsonl" else ["words"]
    names = names if into is None else [into]
    table = b"".join(
        piece if isinstance(piece, bytes) else piece.encode()
        for piece in segment_records(corpus, SMALL, format=format, into=into, container="parquet")
    )
    assert rows_of(case, table, names) == results_of(case, made, names) or not case.texts


def test_batches_of_any_size_are_the_same() -> None:
    texts = ["今天天气", "", "非常好\n国家", "\r", "好" * 20]
    expected = None
    for size in (1, 7, 1 << 18):
        found = segment_documents(Corpus.from_texts(texts).documents(size), SMALL)
        words = [word for documents, got in found for word in got["words"]]  # type: ignore[union-attr]
        assert words == (expected or words)
        expected = words
    assert expected == ["今天 天气", "", "非常 好\n国家", "\r", " ".join("好" * 20)]


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_a_long_document(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is cut in pieces, which leave no trace."""
    texts = ["今天天气非常好，国家。\r\n" * 300, "今天非常" * 500, "国家 12345"]

    def words() -> str:
        return "".join(map(str, segment_records(Corpus.from_texts(texts), SMALL, format=format)))

    whole = words()
    monkeypatch.setattr(stream, "PIECE", 500)
    assert words() == whole
    assert whole.count("\n") == 3


def test_the_field_is_there_already(tmp_path: Path) -> None:
    for record in ('{"text": "天", "words": 1}', '{"text": "天", "\\u0077ords": 1}'):
        (tmp_path / "a.jsonl").write_text(f'{{"text": "words"}}\n\n{record}\n', "utf-8")
        corpus = Corpus([tmp_path / "a.jsonl"], field="text")
        with pytest.raises(DataError, match="there is a field 'words' already") as caught:
            list(segment_records(corpus, SMALL))
        assert (caught.value.line, caught.value.hint) == (
            3,
            "give the result another name: --into NAME",
        )
        assert len(list(segment_records(corpus, SMALL, into="w"))) == 1


@pytest.mark.parametrize(
    "wrong", [{"container": "csv"}, {"format": "xml"}, {"separator": ""}, {"mode": "x"}]
)
def test_wrong_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        list(segment_records(Corpus.from_texts(["天"]), SMALL, **wrong))


def test_who_watches_sees_every_token() -> None:
    seen: list[int] = []
    counts = SegmentCounts()
    corpus = Corpus.from_texts(["今天國家", "非常"])
    list(
        segment_records(
            corpus, Segmenter.load(), watch=lambda _, ends: seen.append(len(ends)), counts=counts
        )
    )
    assert sum(seen) == 7  # with the line end between the two
    assert counts.traditional == 1
