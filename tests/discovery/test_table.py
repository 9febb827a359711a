"""Word tables as text: columns, digits, escapes; the same rows in every format."""

from __future__ import annotations

import csv
import io
import json
import math
import warnings

import numpy as np
import pytest

from nlptools.discovery import table as tables
from nlptools.discovery.table import COLUMNS, FORMATS, format_words
from nlptools.discovery.wordtable import WordTable, make_table


def make(words: list[str], **columns: object) -> WordTable:
    size = len(words)
    values = {
        "counts": np.arange(10, 10 + size),
        "pmi": np.full(size, 1.23456),
        "left_entropy": np.zeros(size),
        "right_entropy": np.full(size, 2.0),
        "scores": np.full(size, 100.5),
        "passed": np.ones(size, bool),
        "known": np.arange(size) % 2 == 1,
        "expected": np.full(size, 9.876),
        "shards": np.full(size, 7),
        "terms": np.zeros(size, bool),
        **columns,
    }
    return WordTable(words, **values)  # type: ignore[arg-type]


def text_of(table: WordTable, how: str) -> str:
    return "".join(format_words(table, how))


HEADER = "word count expected pmi left_entropy right_entropy shards score term known"


def test_tsv_exactly() -> None:
    table = make(["沈渡秋", "全国人民代表大会"], terms=np.array([False, True]))
    assert text_of(table, "tsv") == (
        HEADER.replace(" ", "\t") + "\n"
        "沈渡秋\t10\t9.88\t1.2346\t0.0000\t2.0000\t7\t100.5000\tno\tno\n"
        "全国人民代表大会\t11\t9.88\t1.2346\t0.0000\t2.0000\t7\t100.5000\tyes\tyes\n"
    )


def test_what_a_method_does_not_say() -> None:
    """The methods entropy and pmi have no expected counts, and look at no tenths of the corpus."""
    made = make_table(["甲乙"], np.array([3]), *np.full((4, 1), 1.5))
    assert text_of(made, "tsv").split("\n")[1] == (
        "甲乙\t3\t\t1.5000\t1.5000\t1.5000\t\t1.5000\tno\tno"
    )
    assert text_of(made, "csv").split("\n")[1] == ("甲乙,3,,1.5000,1.5000,1.5000,,1.5000,no,no")
    row = json.loads(text_of(made, "jsonl"), parse_constant=pytest.fail)
    assert [name for name, value in row.items() if value is None] == ["expected", "shards"]
    assert len(WordTable.empty()) == 0


def test_csv_exactly() -> None:
    assert text_of(make(["沈渡秋"]), "csv") == (
        HEADER.replace(" ", ",") + "\n沈渡秋,10,9.88,1.2346,0.0000,2.0000,7,100.5000,no,no\n"
    )


def test_json_lines_exactly() -> None:
    assert text_of(make(["沈渡秋"]), "jsonl") == (
        '{"word": "沈渡秋", "count": 10, "expected": 9.88, "pmi": 1.2346, "left_entropy": 0.0, '
        '"right_entropy": 2.0, "shards": 7, "score": 100.5, "term": false, "known": false}\n'
    )


def test_plain_exactly() -> None:
    assert text_of(make(["沈渡秋", "5G网络"]), "plain") == "沈渡秋\n5G网络\n"


@pytest.mark.parametrize(
    "how, text",
    [
        ("tsv", "\t".join(COLUMNS) + "\n"),
        ("csv", ",".join(COLUMNS) + "\n"),
        ("jsonl", ""),
        ("plain", ""),
    ],
)
def test_no_words(how: str, text: str) -> None:
    assert text_of(make([]), how) == text


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match="tsv, jsonl, csv, plain"):
        text_of(make(["甲乙"]), "xml")


@pytest.mark.parametrize("value, cell", [(math.inf, "inf"), (-math.inf, "-inf")])
def test_infinity(value: float, cell: str) -> None:
    """A single symbol has an infinite PMI, and JSON has no word for that."""
    table = make(["甲"], pmi=np.array([value]))
    assert text_of(table, "tsv").split("\n")[1].split("\t")[3] == cell
    assert json.loads(text_of(table, "jsonl"), parse_constant=pytest.fail)["pmi"] is None


def test_csv_quotes() -> None:
    rows = list(csv.reader(io.StringIO(text_of(make(['a,"b"', "甲乙"]), "csv"))))
    assert [row[0] for row in rows] == ["word", 'a,"b"', "甲乙"]


@pytest.mark.parametrize("size", [1, tables._BATCH - 1, tables._BATCH, tables._BATCH + 1])
def test_formats_agree(size: int) -> None:
    words = [f"词{i}" for i in range(size)]
    table = make(words)
    plain = text_of(table, "plain").split("\n")[:-1]
    tsv = [line.split("\t") for line in text_of(table, "tsv").split("\n")[1:-1]]
    comma = list(csv.reader(io.StringIO(text_of(table, "csv"))))[1:]
    lines = [json.loads(line) for line in text_of(table, "jsonl").split("\n")[:-1]]
    assert plain == words == [row[0] for row in tsv] == [row["word"] for row in lines]
    assert tsv == comma
    assert [int(row[1]) for row in tsv] == [row["count"] for row in lines] == table.counts.tolist()
    assert [row[9] == "yes" for row in tsv] == [row["known"] for row in lines]
    assert [list(row) for row in lines] == [list(COLUMNS)] * size


def test_pieces_are_large() -> None:
    pieces = list(format_words(make([f"词{i}" for i in range(3 * tables._BATCH)]), "tsv"))
    assert len(pieces) == 4  # the header, and thousands of lines at a time


def test_every_format_was_tested() -> None:
    assert FORMATS == ("tsv", "jsonl", "csv", "plain")


def test_frame() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pandas warns of at import is not ours
        pytest.importorskip("pandas")
    table = make(["沈渡秋", "5G网络"])
    frame = tables.to_frame(table)
    assert list(frame.columns) == list(COLUMNS)
    assert frame["word"].tolist() == table.words
    assert frame["pmi"].tolist() == [1.23456, 1.23456]  # not rounded
    assert frame["known"].tolist() == [False, True]
    assert frame["expected"].tolist() == [9.876, 9.876]
    assert frame["shards"].tolist() == [7, 7]
    assert frame["term"].tolist() == [False, False]
    assert len(tables.to_frame(make([]))) == 0
