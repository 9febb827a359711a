"""Rows of Parquet go through with all columns, in their order and types; into JSON Lines as JSON has them."""

from __future__ import annotations

import datetime
import decimal
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlptools.errors import DataError, NlptoolsError, install_hint
from nlptools.text import recordtables
from nlptools.text.corpus import Corpus
from nlptools.text.recordfiles import container_of, written
from nlptools.text.results import Found, Parts, Ragged, selected

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def table() -> Any:
    return pa.table(
        {
            "id": pa.array([1, 2, None], pa.int16()),
            "text": ["桃花\n源", "", "渡口"],
            "when": pa.array([datetime.date(2026, 11, 29), None, None]),
            "meta": [{"a": [1.5, float("nan")]}, {"a": None}, None],
            "raw": pa.array([b"\xff", b"", None]),
            "price": pa.array([decimal.Decimal("1.50"), None, None], pa.decimal128(5, 2)),
            "score": pa.array([float("inf"), 0.5, None], pa.float32()),
        }
    ).replace_schema_metadata({"made by": "a test"})


def lengths(corpus: Corpus) -> Any:
    """Documents with something found in them."""
    for documents in corpus.documents():
        found: Found = {"length": np.array(list(map(len, documents.texts)), np.int32)}
        yield documents, found


def read(pieces: Any) -> Any:
    return pq.read_table(io.BytesIO(b"".join(pieces)))


def corpus_of(folder: Path, *tables: Any, rows: int = 2) -> Corpus:
    paths = [folder / f"{number}.parquet" for number in range(len(tables))]
    for path, rows_ in zip(paths, tables, strict=True):
        pq.write_table(rows_, path, row_group_size=rows)
    return Corpus(paths, field="text")


def test_columns_stay_what_they_are(tmp_path: Path) -> None:
    made = read(written(lengths(corpus_of(tmp_path, table())), "parquet"))
    assert made.schema.names == [*table().schema.names, "length"]
    assert made.drop_columns("length").schema.equals(table().schema)
    assert made.column("length").to_pylist() == [4, 0, 2]
    rows = made.drop_columns("length").to_pylist()
    assert str(rows) == str(table().to_pylist())  # NaN is not NaN
    assert made.schema.metadata[b"made by"] == b"a test"


def test_rows_as_json(tmp_path: Path) -> None:
    made = "".join(map(str, written(lengths(corpus_of(tmp_path, table())), "jsonl", "n")))
    first, second, third = map(json.loads, made.splitlines())
    assert first == {
        "id": 1,
        "text": "桃花\n源",
        "when": "2026-11-29",
        "meta": {"a": [1.5, None]},
        "raw": "/w==",
        "price": "1.50",
        "score": None,
        "n": 4,
    }
    assert (second["id"], second["raw"], second["score"], third["meta"]) == (2, "", 0.5, None)


def test_a_column_that_is_there(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, table())
    for container in ("parquet", "jsonl"):
        with pytest.raises(DataError, match="there is a field 'id' already"):
            list(written(lengths(corpus), container, "id"))


def test_files_of_one_kind_are_one_file(tmp_path: Path) -> None:
    other = table().select(["text", "id", "when", "meta", "raw", "price", "score"])
    wide = other.set_column(1, "id", pa.array([1, 2, 3], pa.int64()))
    made = read(written(lengths(corpus_of(tmp_path, table(), other, wide)), "parquet"))
    assert made.column("id").to_pylist() == [1, 2, None, 1, 2, None, 1, 2, 3]
    assert made.schema.field("id").type == pa.int16()


@pytest.mark.parametrize(
    "other",
    [
        pa.table({"text": ["天"]}),
        table().set_column(0, "id", pa.array(["a", "b", "c"])),
    ],
    ids=["a column is missing", "another type"],
)
def test_files_of_other_kinds_are_refused(other: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="other columns than the files before it") as caught:
        list(written(lengths(corpus_of(tmp_path, table(), other)), "parquet"))
    assert str(caught.value).startswith(str(tmp_path / "1.parquet"))


def test_row_groups_are_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordtables, "_GROUP_ROWS", 2)
    pieces = list(written(lengths(corpus_of(tmp_path, *[table()] * 4, rows=1)), "parquet"))
    assert len(pieces) > 3
    assert read(pieces).num_rows == 12
    assert pq.ParquetFile(io.BytesIO(b"".join(pieces))).num_row_groups > 3


def test_no_documents_are_an_empty_file() -> None:
    assert read(written([], "parquet")).num_rows == 0


def test_cells_of_csv(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,text\n1,天,多\n2,地\n", "utf-8")
    rows = read(written(lengths(Corpus([tmp_path / "a.csv"], column="text")), "parquet"))
    assert rows.to_pylist() == [
        {"a": "1", "text": "天", "3": "多", "length": 1},
        {"a": "2", "text": "地", "3": None, "length": 1},
    ]
    (tmp_path / "a.csv").write_text("a,text,a\n1,天,2\n", "utf-8")
    with pytest.raises(DataError, match="two columns have the same name"):
        list(written(lengths(Corpus([tmp_path / "a.csv"], column="text")), "parquet"))


def test_selected_documents(tmp_path: Path) -> None:
    (documents,) = corpus_of(tmp_path, table(), rows=3).documents()
    some = selected(documents, np.array([0, 2]))
    assert some.texts == ["桃花\n源", "渡口"]
    assert some.table.column("id").to_pylist() == [1, None]
    assert list(some.lines) == [1, 3]
    assert selected(documents, np.arange(3)) is documents


def test_lists_are_made_in_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """What they are made of is never there at once."""
    from nlptools.text import results

    text = "天地玄黄" * 5
    starts = np.arange(len(text))
    parts = Ragged(Parts(text, starts, starts + 1), np.array([0, 1, 20]))
    pairs = Ragged(np.stack([starts, starts + 1], axis=1), np.array([0, 0, 20]))
    whole = [results.json_values(values) for values in (parts, pairs)]
    columns = [recordtables.arrow_column(values).to_pylist() for values in (parts, pairs)]
    monkeypatch.setattr(results, "SLICE", 3)
    monkeypatch.setattr(recordtables, "SLICE", 3)
    assert [results.json_values(values) for values in (parts, pairs)] == whole
    for values, column, texts in zip((parts, pairs), columns, whole, strict=True):
        assert recordtables.arrow_column(values).to_pylist() == column
        assert list(map(json.loads, texts)) == column


def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(NlptoolsError, match="writing Parquet needs the module pyarrow") as caught:
        list(written(lengths(Corpus.from_texts(["天"])), "parquet"))
    assert caught.value.hint == install_hint("parquet")


@pytest.mark.parametrize(
    "name, container",
    [
        ("a.jsonl", "jsonl"),
        ("a.NDJSON.zst", "jsonl"),
        ("a.parquet", "parquet"),
        ("a.json", None),
        ("a.jsonl.txt", None),
        ("jsonl", None),
    ],
)
def test_containers_by_name(name: str, container: str | None) -> None:
    assert container_of(name) == container
