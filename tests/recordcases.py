"""Documents in every format, and what has to come back of them: each field as it was, and the result beside it."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from nlptools.text.corpus import Corpus

# Whatever ends a line, is blank, needs quotation marks or more than two bytes, or none at all.
SIGNS = '今天气非常好国家ab12 ,。"\\\t\u3000\u2028\x85\0\ufe0f😀𠮷\n\r'
TEXT = st.text(st.sampled_from(SIGNS), max_size=30) | st.just("今天天气非常好。\r\n国家\n")
# What a record may have beside its text.
_OTHER = st.sampled_from(
    [
        "1",
        "123456789012345678901234567890.50",
        "-0.0e+3",
        '"words"',
        '"\\u8bcd\\ud83d\\ude00\\/"',
        '{"words": [{"ids": {}}], "text": null}',
        "[ ]",
        "null",
        '"}"',
    ]
)
SQUEEZE = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
}


@dataclass(frozen=True)
class Case:
    """A file with documents. records: as they stand, JSON Lines alone; fields: of each, what JSON makes of it."""

    name: str
    data: bytes
    texts: list[str]
    fields: list[dict[str, Any]]
    records: list[str] | None = None
    field: str | None = None
    column: str | None = None

    def corpus(self, folder: Path, squeeze: str = "", block_size: int = 1 << 20) -> Corpus:
        """It, written there."""
        path = folder / (self.name + squeeze)
        path.write_bytes(SQUEEZE[squeeze](self.data))
        return Corpus([path], field=self.field, column=self.column, block_size=block_size)

    def part(self, places: list[int]) -> Case:
        """What is known of some of the documents."""
        return replace(
            self,
            texts=[self.texts[at] for at in places],
            fields=[self.fields[at] for at in places],
            records=None if self.records is None else [self.records[at] for at in places],
        )


@st.composite
def _json_lines(draw: st.DrawFn) -> Case:
    records, texts, lines = [], [], []
    for text in draw(st.lists(TEXT, max_size=6)):
        ascii_only = draw(st.booleans())
        gap = draw(st.sampled_from(["", " "]))
        members = [
            f'"id":{gap}{draw(_OTHER)}',
            f'"text":{gap}{json.dumps(text, ensure_ascii=ascii_only)}',
        ]
        if draw(st.booleans()):
            members.append(f'"\\u8bcd":{draw(_OTHER)}')
        if draw(st.booleans()):
            members.insert(0, f'"id":{draw(_OTHER)}')  # twice: both have to stay
        record = f"{gap}{{{gap}{f',{gap}'.join(members)}{gap}}}{gap}"
        records.append(record)
        texts.append(text)
        lines.append(record + draw(st.sampled_from(["\n", "\r\n", "\n\n", "\n \n"])))
    data = "".join(lines)
    if draw(st.booleans()):
        data = data.rstrip("\r\n")
    fields = list(map(json.loads, records))
    return Case("a.jsonl", data.encode(), texts, fields, records, field="text")


@st.composite
def _cells(draw: st.DrawFn) -> Case:
    # A row of nothing is no row; NUL is refused by the csv module of some versions of Python.
    cell = TEXT.map(lambda text: text.replace("\0", ""))
    rows = draw(st.lists(st.tuples(st.sampled_from(["1", "甲", '"']), cell, cell), max_size=6))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("id", "text", "备注"), *rows])
    fields = [dict(zip(("id", "text", "备注"), row, strict=True)) for row in rows]
    return Case("a.csv", out.getvalue().encode(), [row[1] for row in rows], fields, column="text")


@st.composite
def _lines(draw: st.DrawFn) -> Case:
    line = TEXT.map(lambda text: text.replace("\n", "").replace("\r", ""))
    texts = draw(st.lists(line, max_size=6))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    data = "".join(text + end for text in texts)
    return Case("a.txt", data.encode(), texts, [{"text": text} for text in texts])


JSON_LINES = _json_lines()
CASES = JSON_LINES | _cells() | _lines()


def results_of(case: Case, made: str, names: list[str]) -> list[dict[str, Any]]:
    """The new fields of each record; the rest has to be what was there, byte for byte."""
    lines = made.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(case.texts)
    found = []
    for at, line in enumerate(lines):
        have = json.loads(line)
        found.append({name: have.pop(name) for name in names})
        assert have == case.fields[at]
        # Before the rest stands nothing new, and after it nothing else.
        assert list(json.loads(line))[len(have) :] == names
        if case.records is not None:
            head, end = case.records[at].rstrip().removesuffix("}"), ", "
            assert line.startswith(head + end)
            assert json.loads("{" + line[len(head + end) :]) == found[-1]
    return found


def rows_of(case: Case, made: bytes, names: list[str]) -> list[dict[str, Any]]:
    """As results_of, of a Parquet file."""
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(io.BytesIO(made)).to_pylist()
    assert len(rows) == len(case.texts)
    found = []
    for at, row in enumerate(rows):
        found.append({name: row.pop(name) for name in names})
        given = case.fields[at] if case.records is None else {"record": case.records[at]}
        assert row == given
    return found
