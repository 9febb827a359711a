"""Documents: what goes in comes out, whole, with its place and its record, in every format; blocks say the same."""

from __future__ import annotations

import csv
import io
import json
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents, sized

# Everything that can end a line, be folded, be quoted or be escaped.
TEXTS = st.lists(
    st.lists(
        st.sampled_from(
            ["天", "地", "玄黄", "Ａ", "ﬁ", "\n", "\r", "\r\n", '"', ",", "\t", "\\", " "]
        ),
        max_size=6,
    ).map("".join),
    max_size=8,
)
SIZES = st.sampled_from([1, 5, 17, 1 << 18])


def read(corpus: Corpus, size: int = 1 << 18) -> list[Documents]:
    return list(corpus.documents(size))


def texts_of(batches: list[Documents]) -> list[str]:
    return [text for batch in batches for text in batch.texts]


def numbers_of(batches: list[Documents]) -> list[tuple[int, int]]:
    return [pair for batch in batches for pair in zip(batch.numbers, batch.lines, strict=True)]


def block_lines(corpus: Corpus) -> list[tuple[str, int]]:
    """Each line of the blocks, and the number it is said to have."""
    found: list[tuple[str, int]] = []
    for block in corpus.blocks():
        pairs = [(line, block.lines[i]) for i, line in enumerate(file_lines(block.text))]
        if block.inside and found:  # a long line in several blocks
            assert found[-1][1] == pairs[0][1]
            pairs[0] = (found.pop()[0] + pairs[0][0], pairs[0][1])
        elif found and not found[-1][0]:
            found.pop()
        found += pairs
    return found


def file_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


# --- plain text ------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["天", "地，", "\n", "\r", "\r\n"]), max_size=12).map("".join), SIZES
)
@example("天\n\n地", 1)
@example("天\r\n\r\n", 5)
def test_lines_of_plain_text(tmp_path_factory: Any, text: str, size: int) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(text.encode())
    lines = file_lines(text)
    if not lines[-1]:
        lines.pop()
    for block_size in (1, 1 << 20):
        batches = read(Corpus([path], block_size=block_size), size)
        assert texts_of(batches) == lines
        places = list(range(1, len(lines) + 1))
        assert numbers_of(batches) == list(zip(places, places, strict=True))
        assert all(batch.records is batch.rows is batch.table is None for batch in batches)


def test_texts_are_documents() -> None:
    corpus = Corpus.from_texts(["一\n二", "", "三\ud83d"], on_error="replace", fold=["lower"])
    (batch,) = corpus.documents()
    assert batch == Documents(
        "texts", array("q", [1, 2, 3]), array("q", [1, 2, 3]), ["一\n二", "", "三\ufffd"]
    )
    assert (corpus.report.replaced, corpus.report.characters) == (1, 5)


def test_bad_lines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("天\n".encode() + b"\xff\n" + "地".encode())
    corpus = Corpus([path], on_error="skip")
    batches = read(corpus)
    assert (texts_of(batches), numbers_of(batches)) == (["天", "地"], [(1, 1), (3, 3)])
    assert corpus.report.skipped_lines == 1
    with pytest.raises(DataError, match=r"a\.txt:2: not UTF-8"):
        read(Corpus([path]))


def test_a_stream_is_read_once() -> None:
    corpus = Corpus.from_texts(iter(["天"]))
    assert texts_of(read(corpus)) == ["天"]
    with pytest.raises(ValueError, match="read only once"):
        corpus.documents()
    with pytest.raises(ValueError, match="at least 1"):
        Corpus.from_texts([]).documents(0)


# --- records ---------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(TEXTS, SIZES, st.sampled_from(["\n", "\r\n", "\n\n"]), st.sampled_from([(), ("nfkc",)]))
def test_json_lines(
    tmp_path_factory: Any, texts: list[str], size: int, end: str, fold: Any
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    records = [
        json.dumps({"id": i, "t": text, "more": [i, None]}, ensure_ascii=i % 2 == 0)
        for i, text in enumerate(texts)
    ]
    path.write_bytes(end.join(records).encode())
    step = 2 if end == "\n\n" else 1
    for block_size in (1, 1 << 20):
        corpus = Corpus([path], field="t", block_size=block_size, fold=fold)
        batches = read(corpus, size)
        folded = [text.replace("Ａ", "A").replace("ﬁ", "fi") if fold else text for text in texts]
        assert texts_of(batches) == folded
        assert numbers_of(batches) == [(i + 1, i * step + 1) for i in range(len(texts))]
        assert [record for batch in batches for record in batch.records or []] == records
        # Every line of the blocks is said to be where the record is.
        expected = [
            (line, i * step + 1) for i, text in enumerate(folded) for line in file_lines(text)
        ]
        assert [found for found in block_lines(corpus) if found[0]] == [
            one for one in expected if one[0]
        ]


@settings(max_examples=60, deadline=None)
@given(TEXTS, SIZES, st.sampled_from(["\n", "\r\n"]), st.sampled_from([",", "\t"]), st.booleans())
def test_rows(
    tmp_path_factory: Any, texts: list[str], size: int, end: str, tab: str, named: bool
) -> None:
    path = tmp_path_factory.mktemp("rows") / ("a.tsv" if tab == "\t" else "a.csv")
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=tab, lineterminator=end, quoting=csv.QUOTE_ALL)
    rows = [[f"甲\n{i}" if i % 3 == 0 else str(i), text, "乙"] for i, text in enumerate(texts)]
    writer.writerows([["id", "t", "more"], *rows] if named else rows)
    written = stream.getvalue()
    path.write_bytes(written.encode())
    physical = file_lines(written)
    for block_size in (1, 1 << 20):
        corpus = Corpus([path], column="t" if named else "2", block_size=block_size)
        batches = read(corpus, size)
        assert texts_of(batches) == texts
        assert [row for batch in batches for row in batch.rows or []] == rows
        assert all(batch.header == (["id", "t", "more"] if named else None) for batch in batches)
        assert [number for number, _ in numbers_of(batches)] == list(range(1, len(texts) + 1))
        for line, number in block_lines(corpus):
            assert line.replace('"', '""') in physical[number - 1] or line in physical[number - 1]


def test_a_list_of_strings_is_one_document(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"t": ["天", "地"]}\n{"t": []}\n{"t": "玄"}\n', encoding="utf-8")
    batches = read(Corpus([path], field="t"))
    assert (texts_of(batches), numbers_of(batches)) == (
        ["天\n地", "", "玄"],
        [(1, 1), (2, 2), (3, 3)],
    )


def test_bad_records_keep_the_numbers_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"t": "天"}\n\n{"t": 3}\n{"t": "\\ud83d"}\n{"t": "地"}\n', encoding="utf-8")
    corpus = Corpus([path], field="t", on_error="skip")
    batches = read(corpus)
    assert (texts_of(batches), numbers_of(batches)) == (["天", "地"], [(1, 1), (4, 5)])
    assert corpus.report.skipped_lines == 2
    path = tmp_path / "a.csv"
    path.write_text('x,t\n1,天\n2\n"a"b,地\n3,玄\n', encoding="utf-8")
    corpus = Corpus([path], column="t", on_error="skip")
    batches = read(corpus)
    assert (texts_of(batches), numbers_of(batches)) == (["天", "玄"], [(1, 2), (4, 5)])
    assert corpus.report.skipped_lines == 2


def test_batches_are_of_the_size_asked_for() -> None:
    texts = ["天" * 10] * 7 + ["地" * 50, ""]
    places = array("q", range(1, 10))
    batches = list(sized([Documents("a", places, places, texts, records=list("123456789"))], 30))
    assert [batch.texts for batch in batches] == [
        texts[:3],
        texts[3:6],
        texts[6:7],
        [texts[7]],
        [texts[8]],
    ]
    assert "".join(record for batch in batches for record in batch.records or []) == "123456789"
    assert [batch.numbers[0] for batch in batches] == [1, 4, 7, 8, 9]
