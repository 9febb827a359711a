"""Parquet and Arrow: the texts of a column as they are, in place; what cannot be read is one line that helps."""

from __future__ import annotations

import gzip
import sys
from array import array
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError, install_hint
from nlptools.text import tableformats, tables
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents

pa = pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup parquet")
parquet = pytest.importorskip("pyarrow.parquet")
feather = pytest.importorskip("pyarrow.feather")

TEXTS = st.lists(
    st.lists(st.sampled_from(["天", "地", "玄黄", "Ａ", "\n", "\r", "\r\n", " "]), max_size=5).map(
        "".join
    ),
    max_size=9,
)
KINDS = ("parquet", "feather", "arrow")


def write(path: Path, table: Any, **how: Any) -> Path:
    """As Parquet, an Arrow file or an Arrow stream, by its suffix."""
    if path.suffix == ".parquet":
        parquet.write_table(table, path, **how)
    elif path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table)
    return path


def failure(path: Path, **reading: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        list(Corpus([path], **reading).blocks())
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError) as again:
        list(Corpus([path], **reading).documents())
    assert str(again.value) == str(caught.value)
    return caught.value


def text_of(path: Path, **reading: Any) -> str:
    return "".join(block.text for block in Corpus([path], **reading).blocks())


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def check(path: Path, field: str, texts: list[str], table: Any, size: int) -> None:
    """Blocks and documents of a file are these texts, in these rows."""
    corpus = Corpus([path], field=field, block_size=size)
    found = []
    for block in corpus.blocks():
        lines = [(line, block.lines[i]) for i, line in enumerate(lines_of(block.text))]
        if block.inside:  # of a long text
            lines[0] = (found.pop()[0] + lines[0][0], lines[0][1])
        elif found and not found[-1][0]:
            found.pop()
        found += lines
    expected = [(line, row) for row, text in enumerate(texts, 1) for line in lines_of(text)]
    assert [line for line in found if line[0]] == [line for line in expected if line[0]]
    batches = list(corpus.documents(max(1, size // 3)))
    assert [text for batch in batches for text in batch.texts] == texts
    assert [row for batch in batches for row in batch.lines] == list(range(1, len(texts) + 1))
    assert corpus.report.characters == sum(map(len, texts))
    assert corpus.bytes_read == path.stat().st_size
    if batches:
        assert pa.Table.from_batches([batch.table for batch in batches]).equals(table.slice(0))
    assert [number for batch in batches for number in batch.numbers] == list(
        range(1, len(texts) + 1)
    )


@settings(max_examples=20, deadline=None)
@given(TEXTS, st.sampled_from(KINDS), st.sampled_from([1, 40, 1 << 20]), st.integers(1, 4))
@example(["", "天\r", "\n", ""], "parquet", 1, 1)
def test_texts_stand_in_their_rows(
    tmp_path_factory: Any, texts: list[str], kind: str, size: int, group: int
) -> None:
    table = pa.table({"id": list(range(len(texts))), "text": pa.array(texts, pa.string())})
    path = tmp_path_factory.mktemp("table") / f"a.{kind}"
    write(path, table, **({"row_group_size": group} if kind == "parquet" else {}))
    check(path, "text", texts, table, size)


TYPES = {
    "string": pa.string(),
    "large": pa.large_string(),
    "dictionary": pa.dictionary(pa.int32(), pa.string()),
    "binary": pa.binary(),
    "large binary": pa.large_binary(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", TYPES)
def test_every_kind_of_text(tmp_path: Path, kind: str, name: str) -> None:
    texts = ["天\n地", "玄", "", "玄"]
    values = [text.encode() for text in texts] if "binary" in name else texts
    table = pa.table({"a.b": pa.array(values, TYPES[name]), "a": [1, 2, 3, 4]})
    path = write(tmp_path / f"a.{kind}", table)
    assert text_of(path, field="a.b") == "天\n地\n玄\n\n玄"
    assert [d.texts for d in Corpus([path], field="a.b").documents()] == [texts]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_inside_another_and_lists(tmp_path: Path, kind: str) -> None:
    table = pa.table(
        {
            "meta": [{"title": "甲", "n": {"x": "子"}}, {"title": "乙", "n": {"x": "丑"}}],
            "list": pa.array([["一", "二"], []], pa.large_list(pa.large_string())),
        }
    )
    path = write(tmp_path / f"a.{kind}", table)
    assert text_of(path, field="meta.title") == "甲\n乙"
    assert text_of(path, field="meta.n.x") == "子\n丑"
    assert text_of(path, field="list") == "一\n二\n\n"  # an empty text is a line
    (batch,) = Corpus([path], field="list", fold=["lower"]).documents()
    assert (batch.texts, batch.table.schema.names) == (["一\n二", ""], ["meta", "list"])


def test_only_the_column_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"id": [1], "text": ["天"]}))
    names = []
    lines = tables.TableFile._batches

    def noted(self: Any, only: Any) -> Any:
        for first, batch, column in lines(self, only):
            names.append(batch.schema.names)
            yield first, batch, column

    monkeypatch.setattr(tables.TableFile, "_batches", noted)
    assert text_of(path, field="text") == "天"
    assert names == [["text"]]


def test_a_large_row_group_is_read_in_parts(tmp_path: Path) -> None:
    table = pa.table({"t": [f"{i}" + "天" * 300 for i in range(3000)]})
    path = write(tmp_path / "a.parquet", table, row_group_size=1 << 30)
    blocks = list(Corpus([path], field="t", block_size=1 << 16).blocks())
    assert len(blocks) > 20
    assert max(len(block.text) for block in blocks) < 1 << 16
    assert "".join(block.text for block in blocks) == "\n".join(table["t"].to_pylist())


def test_folders_of_several_formats(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path / "b" / "part-0.parquet", pa.table({"t": ["地"]}))
    write(tmp_path / "c.arrow", pa.table({"t": ["玄"]}))
    (tmp_path / "a.jsonl").write_text('{"t": "天"}\n', encoding="utf-8")
    (tmp_path / "b" / "_SUCCESS").write_bytes(b"")
    parquet.write_metadata(pa.schema([("t", pa.string())]), tmp_path / "b" / "_metadata")
    assert [b.text for b in Corpus([tmp_path], field="t").blocks()] == ["天", "地", "玄"]
    pattern = str(tmp_path / "**" / "*.parquet")
    assert [d.texts for d in Corpus([pattern], field="t").documents()] == [["地"]]


# --- rows that are left out ------------------------------------------------------------------


def test_rows_without_text(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3, 4], "t": ["天", None, "地", None]})
    path = write(tmp_path / "a.parquet", table)
    error = failure(path, field="t")
    assert (error.line, error.problem) == (2, "no text in column 't'")
    assert error.hint == "--on-error skip leaves such rows out"
    corpus = Corpus([path], field="t", on_error="skip")
    (block,) = corpus.blocks()
    assert (block.text, block.lines[0], block.lines[1]) == ("天\n地", 1, 3)
    assert corpus.report.skipped_lines == 2
    (batch,) = corpus.documents()
    assert (batch.texts, list(batch.lines)) == (["天", "地"], [1, 3])
    assert batch.table.column("id").to_pylist() == [1, 3]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    values = ["天".encode(), b"a\xff\xfe", "地\n玄".encode()]
    path = write(tmp_path / "a.parquet", pa.table({"t": pa.array(values, pa.binary())}))
    error = failure(path, field="t")
    assert (error.line, error.problem) == (2, "not UTF-8: byte 0xff")
    corpus = Corpus([path], field="t", on_error="replace")
    assert [block.text for block in corpus.blocks()] == ["天\na\ufffd\ufffd\n地\n玄"]
    assert corpus.report.replaced == 2
    corpus = Corpus([path], field="t", on_error="skip")
    (block,) = corpus.blocks()
    assert (block.text, [block.lines[i] for i in range(3)]) == ("天\n地\n玄", [1, 3, 3])
    assert corpus.report.skipped_lines == 1
    (batch,) = corpus.documents()
    assert batch == Documents(
        str(path), array("q", [1, 3]), array("q", [1, 3]), ["天", "地\n玄"], table=batch.table
    )
    assert len(batch.table) == 2


# --- errors ----------------------------------------------------------------------------------

COLUMNS = "columns with text: id, body, meta.t"


@pytest.mark.parametrize("kind", KINDS)
def test_errors_help(tmp_path: Path, kind: str) -> None:
    table = pa.table({"id": ["a"], "n": [1], "body": ["天"], "meta": [{"t": "地"}]})
    path = write(tmp_path / f"a.{kind}", table)
    error = failure(path)
    assert error.problem.endswith(", read as plain text")
    assert error.hint == f"name the column that has the text: --field body ({COLUMNS})"
    for field, problem in (
        ("x", "no column 'x'"),
        ("meta.x", "no column 'meta.x'"),
        ("body.x", "no column 'body.x'"),
        ("n", "column 'n' is int64, not text"),
        ("meta", "column 'meta' is struct<t: string>, not text"),
    ):
        error = failure(path, field=field)
        assert (error.problem, error.hint) == (problem, COLUMNS)
    assert failure(path, column="body").hint == "name the column that has the text: --field"
    assert failure(write(tmp_path / f"b.{kind}", pa.table({"n": [1]}))).hint == (
        "name the column that has the text: --field"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_not_complete(tmp_path: Path, kind: str) -> None:
    table = pa.table({"t": [f"{i}天地玄黄" for i in range(500)]})
    data = write(tmp_path / f"a.{kind}", table).read_bytes()
    path = tmp_path / f"b.{kind}"
    for size in (10, len(data) // 2, len(data) - 9):
        path.write_bytes(data[:size])
        if kind == "arrow" and size == len(data) - 9:
            continue  # only its last mark is missing
        error = failure(path, field="t")
        assert error.problem.startswith("damaged file: ")
        assert error.hint == tableformats.COMPLETE


def test_a_page_that_is_damaged(tmp_path: Path) -> None:
    table = pa.table({"t": [f"{i * i}天地玄黄" for i in range(500)]})
    path = write(tmp_path / "a.parquet", table, compression="snappy", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[4:40] = b"\xff" * 36
    path.write_bytes(data)
    assert failure(path, field="t").problem.startswith("damaged file: ")


def test_what_cannot_be_read_from_anywhere_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"t": ["天"]}))
    packed = tmp_path / "a.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert failure(packed, field="t").problem == "a Parquet file, not a text"


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"t": ["天"]}))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = failure(path, field="t")
    assert error.problem == "reading Parquet and Arrow needs the module pyarrow"
    assert error.hint == install_hint("parquet")
