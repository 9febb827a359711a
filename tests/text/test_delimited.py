"""Cells of CSV and TSV: as the csv module reads them, but however long they are, and for nobody else."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.text.delimited import DelimitedError, csv_line, read_cells
from nlptools.text.wordlists import read_rows, read_weighted_words, read_words

LONG = "长" * 200_000  # the csv module stops at 131,072 characters
CELLS = st.lists(st.text(st.sampled_from('ab,"\n\t 云')), min_size=1, max_size=4)


@settings(deadline=None)
@given(rows=st.lists(CELLS, max_size=5), delimiter=st.sampled_from(",\t"))
def test_as_the_csv_module(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    lines = io.StringIO(text.getvalue(), newline="")
    assert list(read_cells(lines, delimiter=delimiter, strict=True)) == rows


@settings(deadline=None)
@given(cells=CELLS)
def test_a_line_comes_back(cells: list[str]) -> None:
    assert list(read_cells(io.StringIO(csv_line(cells), newline=""))) == [cells]


def test_a_bad_quotation_mark() -> None:
    with pytest.raises(DelimitedError, match="expected after"):
        list(read_cells(['"a"b\n'], strict=True))
    assert list(read_cells(['"a"b\n'])) == [["ab"]]


def test_the_limit_of_others_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one number for the whole process: a reader of the program around us must still stop there."""
    monkeypatch.chdir(tmp_path)
    limit = csv.field_size_limit()
    Path("a.csv").write_text(f"word,count,text\n云计算,3,{LONG}\n区块链,2,b\n", encoding="utf-8")
    blocks = Corpus(["a.csv"], column="text").blocks()
    assert next(blocks).text.startswith(LONG)
    assert csv.field_size_limit() == limit
    with pytest.raises(csv.Error, match="field larger than field limit"):
        list(csv.reader([LONG]))
    assert read_words(["a.csv"]) == {"云计算", "区块链"}
    assert read_weighted_words("a.csv") == {"云计算": 3, "区块链": 2}
    assert read_rows("a.csv").lines[0] == f"云计算,3,{LONG}"
    assert csv.field_size_limit() == limit


def test_two_threads() -> None:
    """A limit that one of them took back would end the reading of the other."""
    rows = [f"a,{LONG}\n"] * 50
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: [len(row[1]) for row in read_cells(rows)], range(8)))
    assert found == [[len(LONG)] * 50] * 8
