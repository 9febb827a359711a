"""Word tables: made, selected, sorted, stacked; as text the same rows in every format."""

from __future__ import annotations

import csv
import io
import json
import math
import warnings

import numpy as np
import pytest
from wordtables import same_tables

from nlptools.discovery import table as tables
from nlptools.discovery.columns import COLUMNS, NUMBERS
from nlptools.discovery.table import WordTable, format_words, stack_tables


def make(words: list[str], **columns: np.ndarray) -> WordTable:
    size = len(words)
    values = {
        "counts": np.arange(10, 10 + size),
        "pmi": np.full(size, 1.23456),
        "left_entropy": np.zeros(size),
        "right_entropy": np.full(size, 2.0),
        "scores": np.full(size, 100.5),
        "known": np.arange(size) % 2 == 1,
        "expected": np.full(size, 9.876),
        "shards": np.full(size, 7),
        **columns,
    }
    return WordTable.of(words, **values)


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


@pytest.mark.parametrize(
    "score, written",
    [(0.99979, "0.9998"), (0.9998951, "0.99989510"), (0.99989499, "0.99989499"), (1.0, "1.0000")],
)
def test_probabilities_near_one_can_be_told_apart(score: float, written: str) -> None:
    table = make(["沈渡秋"], scores=np.array([score]))
    assert text_of(table, "tsv").split("\n")[1].split("\t")[7] == written
    assert json.loads(text_of(table, "jsonl"))["score"] == float(written)


def test_what_a_method_does_not_say() -> None:
    """The methods entropy and pmi have no expected counts, and look at no tenths of the corpus."""
    said = ("pmi", "left_entropy", "right_entropy", "scores")
    made = WordTable.of(["甲乙"], counts=np.array([3]), **dict.fromkeys(said, np.array([1.5])))
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
    assert [row[COLUMNS.index("known")] == "yes" for row in tsv] == [row["known"] for row in lines]
    assert [list(row) for row in lines] == [list(COLUMNS)] * size


def test_pieces_are_large() -> None:
    pieces = list(format_words(make([f"词{i}" for i in range(3 * tables._BATCH)]), "tsv"))
    assert len(pieces) == 4  # the header, and thousands of lines at a time


def test_frame() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pandas warns of at import is not ours
        pytest.importorskip("pandas")
    table = make(["沈渡秋", "5G网络"])
    frame = table.to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["word"].tolist() == table.words
    assert frame["pmi"].tolist() == [1.23456, 1.23456]  # not rounded
    assert frame["known"].tolist() == [False, True]
    assert frame["expected"].tolist() == [9.876, 9.876]
    assert frame["shards"].tolist() == [7, 7]
    assert frame["term"].tolist() == [False, False]
    assert len(make([]).to_frame()) == 0


# --- the table itself --------------------------------------------------------------------------


def test_columns_by_name() -> None:
    needed = {one.attribute: np.ones(2) for one in NUMBERS if one.unsaid is None}
    table = WordTable.of(["甲乙", "丙丁"], **needed)
    assert np.isnan(table.expected).all()
    assert (table.shards == 0).all()
    assert table.passed.all()
    assert not table.terms.any() and not table.known.any()
    assert (table.removed, table.settings, table.symbols, table.ngrams) == ({}, {}, 0, 0)
    for name in needed:
        with pytest.raises(TypeError, match=f"the column {name} is missing"):
            WordTable.of(["甲乙", "丙丁"], **{k: v for k, v in needed.items() if k != name})
    with pytest.raises(ValueError, match="shards has another length"):
        WordTable.of(["甲乙", "丙丁"], **needed, shards=np.ones(3, np.int64))
    with pytest.raises(ValueError, match="more or fewer words than numbers"):
        WordTable.of(["甲乙"], **needed)
    with pytest.raises(TypeError, match="beauty"):
        WordTable.of(["甲乙", "丙丁"], **needed, beauty=np.ones(2))


def test_rows() -> None:
    table = make(["沈渡秋", "5G网络"], expected=np.array([9.876, np.nan]), shards=np.array([7, 0]))
    first, second = table
    assert (first.word, first.count, first.expected, first.pmi) == ("沈渡秋", 10, 9.876, 1.23456)
    assert (second.expected, second.shards, second.term, second.known) == (None, None, False, True)
    assert repr(first).startswith("WordRow(word='沈渡秋', count=10, expected=9.876, ")
    many = [f"词{i}" for i in range(tables._BATCH + 2)]
    assert [row.word for row in make(many)] == many
    assert list(make([])) == []


def test_it_shows_itself() -> None:
    assert repr(make([])) == "WordTable(0 words)"
    assert repr(make(["甲乙", "丙丁"])) == "WordTable(2 words: 甲乙 丙丁)"
    many = make([f"词{i}" for i in range(1234)])
    assert repr(many) == "WordTable(1,234 words: 词0 词1 词2 词3 词4 ...)"
    page = many._repr_html_()
    assert page.count("<tr>") == 21
    assert "词19" in page and "词20" not in page
    assert "20 of 1,234 rows" in page
    assert "&lt;b&gt;" in make(["<b>"])._repr_html_()


def test_select_where_and_stack() -> None:
    table = make(["甲", "乙", "丙"])
    assert table.select(np.array([2, 0])).words == ["丙", "甲"]
    assert table.select(np.array([2, 0])).counts.tolist() == [12, 10]
    assert table.where(np.array([False, True, True])).words == ["乙", "丙"]
    parts = [table.where(np.array(mask)) for mask in ([True, False, False], [False, True, True])]
    same_tables(stack_tables(parts), table)
    same_tables(stack_tables([WordTable.empty(), table]), table)


def test_sorted() -> None:
    """Best first; what did not pass comes last, by its score, then its PMI; ties by word."""
    table = make(
        ["丁", "丙", "乙", "甲", "戊"],
        scores=np.array([1.0, 2.0, 2.0, 0.0, 0.0]),
        pmi=np.array([1.0, 1.0, 5.0, 2.0, 1.0]),
        passed=np.array([True, True, True, False, False]),
    )
    assert table.sorted().words == ["丙", "乙", "丁", "甲", "戊"]
    assert table.sorted("pmi").words == ["乙", "甲", "丁", "丙", "戊"]
    assert table.sorted("count").words == ["戊", "甲", "乙", "丙", "丁"]
    assert table.sorted("word").words == sorted(table.words)
