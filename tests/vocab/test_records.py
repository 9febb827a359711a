"""Documents in = documents out: every record with all its fields, and the tokens that its text has alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordcases import CASES, results_of, rows_of
from tokencases import TINY

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.vocab import longlines
from nlptools.vocab.records import id_type, token_lines, tokenize_documents, tokenize_records
from nlptools.vocab.stream import TOKEN_FORMATS, TokenCounts
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import END, START, Vocab

WORDS = WordTokenizer(TINY)
in_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def alone(text: str, special: bool, most: int | None, marks: bool = False) -> dict[str, Any]:
    encoded = WORDS.encode(text)
    stop = None if most is None else most - 2 * special
    tokens = [TINY.tokens[i] for i in encoded.ids.tolist()] if marks else WORDS.tokens(encoded)
    row = {
        "tokens": tokens[:stop],
        "ids": encoded.ids.tolist()[:stop],
        "offsets": encoded.offsets.tolist()[:stop],
    }
    if special:
        for name, (first, last) in {
            "tokens": (START, END),
            "ids": (TINY.ids[START], TINY.ids[END]),
            "offsets": ([0, 0], [0, 0]),
        }.items():
            row[name] = [first, *row[name], last]
    return row


def text_of(pieces: Any) -> str:
    return "".join(map(str, pieces))


@in_folder
@given(
    case=CASES,
    format=st.sampled_from(TOKEN_FORMATS),
    special=st.booleans(),
    most=st.sampled_from([None, 3, 8]),
    marks=st.booleans(),
    workers=st.sampled_from([1, 3]),
    block_size=st.sampled_from([1, 50, 1 << 20]),
    into=st.sampled_from([None, "bert"]),
)
def test_records(
    case: Any,
    format: str,
    special: bool,
    most: int | None,
    marks: bool,
    workers: int,
    block_size: int,
    into: str | None,
    tmp_path: Path,
) -> None:
    how = {"format": format, "special": special, "max_length": most, "mark_unknown": marks}
    corpus = case.corpus(tmp_path, block_size=block_size)
    counts = TokenCounts()
    made = text_of(
        tokenize_records(corpus, WORDS, into=into, workers=workers, counts=counts, **how)
    )
    parts = ["tokens", "ids", "offsets"] if format == "jsonl" else [format]
    found = results_of(case, made, parts if into is None else [into])
    expected = [alone(text, special, most, marks) for text in case.texts]
    for row, want in zip(found, expected, strict=True):
        have = row if into is None else row[into] if len(parts) > 1 else {parts[0]: row[into]}
        assert have == {name: want[name] for name in parts}
    assert counts.tokens == sum(len(row["ids"]) - 2 * special for row in expected)
    if format != "jsonl":
        corpus = case.corpus(tmp_path, block_size=block_size)
        lines = text_of(token_lines(tokenize_documents(corpus.documents(), WORDS, **how)))
        assert lines == "".join(f"{' '.join(map(str, row[format]))}\n" for row in expected)


@in_folder
@given(case=CASES, into=st.sampled_from([None, "bert"]), format=st.sampled_from(["ids", "jsonl"]))
def test_parquet_says_the_same(case: Any, into: str | None, format: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    corpus = case.corpus(tmp_path)
    made = text_of(tokenize_records(corpus, WORDS, into=into, format=format))
    pieces: Any = tokenize_records(corpus, WORDS, into=into, format=format, container="parquet")
    names = [into] if into else ["tokens", "ids", "offsets"] if format == "jsonl" else ["ids"]
    if case.texts:
        assert rows_of(case, b"".join(pieces), names) == results_of(case, made, names)


@pytest.mark.parametrize("format", TOKEN_FORMATS)
def test_a_long_document(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["今天天气非常好, 国家。\r\n" * 300, "今天非常" * 500, "", "国家 12345 魑"]

    def made() -> str:
        return text_of(tokenize_records(Corpus.from_texts(texts), WORDS, format=format))

    whole = made()
    monkeypatch.setattr(longlines, "PIECE", 100)
    monkeypatch.setattr(longlines, "LONG", 400)
    assert made() == whole
    assert json.loads(whole.split("\n")[3])["text"] == texts[3]


def test_types_of_ids() -> None:
    assert id_type(65_536) is np.uint16
    assert id_type(65_537) is np.uint32


def test_a_vocabulary_without_special_tokens() -> None:
    tokenizer = WordTokenizer(Vocab(("[UNK]", "天")))
    with pytest.raises(DataError, match=r"\[CLS\]"):
        list(tokenize_records(Corpus.from_texts(["天"]), tokenizer, special=True))


@pytest.mark.parametrize("wrong", [{"format": "npy"}, {"max_length": 0}, {"container": "npy"}])
def test_wrong_settings(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        list(tokenize_records(Corpus.from_texts(["天"]), WORDS, **wrong))
