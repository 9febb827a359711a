"""Pieces of large files, as workers get them, are what they are in the file: without Spark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nlptools.errors import DataError
from nlptools.spark.streams import LineCorpus, Reading, RowCorpus

TEXT = "国家标准\r\n\n天气\r好\n" * 3


def piece(text: str, start: int = 0, line: int | None = None, **reading: Any) -> LineCorpus:
    """What worker.py makes of lines."""
    return LineCorpus("a", start, line, iter([b"\n", text.encode()]), Reading(**reading))


@pytest.mark.parametrize("line", [None, 8])
def test_lines_have_the_numbers_of_the_file(line: int | None) -> None:
    first = line or 1
    (batch,) = piece(TEXT, 70, line).documents()
    assert batch.texts == ["国家标准", "", "天气", "好"] * 3
    assert batch.lines.tolist() == batch.numbers.tolist() == list(range(first, first + 12))
    assert batch.source == ("a" if line else "a, from byte 70")
    (block,) = piece(TEXT, 70, line).blocks()
    assert (block.text, block.line) == (TEXT, first)


def test_an_empty_line_before_all_is_not_counted() -> None:
    corpus = piece("\n\n天气")
    assert [block.text for block in corpus.blocks()] == ["\n\n天气"]
    assert (corpus.report.bytes, corpus.report.characters) == (8, 4)
    corpus = piece("\n\n天气")
    assert [batch.texts for batch in corpus.documents()] == [["", "", "天气"]]
    assert (corpus.report.bytes, corpus.report.characters) == (8, 2)


def test_records_have_their_lines() -> None:
    rows = '{"t": "天"}\n\n{"t": "气"}\n'
    (batch,) = piece(rows, 30, 5, field="t").documents()
    assert (batch.texts, batch.lines.tolist(), batch.numbers.tolist()) == (
        ["天", "气"],
        [5, 7],
        [1, 2],
    )
    corpus = piece(rows, 30, 5, field="t")
    (block,) = corpus.blocks()
    assert (block.text, block.lines.of(np.arange(2)).tolist()) == ("天\n气", [5, 7])
    assert (corpus.report.bytes, corpus.report.characters) == (len(rows.encode()), 3)


@pytest.mark.parametrize(
    "start, line, told",
    [(0, None, "a:3: "), (70, None, "a, from byte 70:3: "), (70, 9, "a:11: ")],
)
def test_what_is_wrong_is_told_where_it_stands(start: int, line: int | None, told: str) -> None:
    with pytest.raises(DataError, match=f"^{told}not JSON"):
        list(piece('{"t": "天"}\n\n{"t\n', start, line, field="t").documents())
    with pytest.raises(DataError, match=f"^{told}no field 't'"):
        list(piece('{"t": "天"}\n\n{}\n', start, line, field="t").documents())


def test_the_middle_of_a_file_does_not_tell_what_it_is() -> None:
    """A record that is cut in two is no JSON document of many lines, which no skipping would help."""
    rows = '{"t": [\n{"t": "天"}\n'
    with pytest.raises(DataError, match="one JSON document"):
        list(piece(rows, 0, None, field="t", on_error="skip").documents())
    (batch,) = piece(rows, 70, None, field="t", on_error="skip").documents()
    assert batch.texts == ["天"]
    page = "<!DOCTYPE html><html><body><p>天气</p></body></html>\n" * 3
    with pytest.raises(DataError):
        list(piece(page).documents())
    assert len(next(piece(page, 70).documents())) == 3


def test_rows_have_the_numbers_of_the_file() -> None:
    pa = pytest.importorskip("pyarrow")
    from nlptools.text.tableformats import Rows

    schema = pa.schema([("n", pa.uint16()), ("text", pa.string())])
    rows = pa.record_batch(
        {"text": ["天", "气", None], "n": pa.array([1, 2, 3], pa.int32()), "x": [0] * 3}
    )

    def read(**reading: Any) -> RowCorpus:
        return RowCorpus(
            "a", Rows(schema, iter([rows, rows]), 11), Reading(field="text", **reading)
        )

    found = list(read(on_error="skip").documents())
    assert [number for batch in found for number in batch.numbers] == [11, 12, 14, 15]
    assert found[0].table.schema == schema
    assert found[0].table.to_pylist() == [{"n": 1, "text": "天"}, {"n": 2, "text": "气"}]
    assert "".join(block.text for block in read(on_error="skip").blocks()).split() == list(
        "天气天气"
    )
    with pytest.raises(DataError, match=r"^a:13: no text in column 'text'"):
        list(read().documents())
