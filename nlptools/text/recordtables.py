"""Documents + what was found in each -> the bytes of a Parquet file: all columns as they were, and the results.

Rows of Parquet keep their columns and types. Of JSON Lines the record stands in a column `record`, as it was; of CSV and
TSV each cell in a column of its own; of plain text the line in a column `text`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from nlptools.errors import DataError, NlptoolsError, install_hint
from nlptools.text.documents import Documents
from nlptools.text.results import (
    SLICE,
    TEXT,
    Found,
    Ragged,
    Sliced,
    Values,
    check_columns,
    fields_of,
)

RECORD = "record"  # the column with the record of JSON Lines
# Of a row group: what waits in memory. Readers take a group at a time, so not much more; and not less, as each
# column of each group is compressed alone.
_GROUP_BYTES = 1 << 25
_GROUP_ROWS = 1 << 17


def arrow(name: str) -> Any:
    """A module of pyarrow; NlptoolsError where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NlptoolsError(
            "writing Parquet needs the module pyarrow", install_hint("parquet")
        ) from None


class _Written(io.RawIOBase):
    """A file that hands out what was written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What came since the last call."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def table_pieces(
    results: Iterable[tuple[Documents, Found]], *, into: str | None = None
) -> Iterator[bytes]:
    """A Parquet file, piece by piece: a row for each document.

    into: the column of the results, a struct where there are several; None: each has a column by its own name.
    Raises DataError for a column that is there already, and for a source whose columns are others than those of the
    first. What no documents come of is an empty file, without rows and columns.
    """
    parquet = arrow("pyarrow.parquet")
    file = _Written()
    writer: Any = None
    for table, source in _groups(tables_of(results, into)):
        if writer is None:
            writer = parquet.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(fitted(table, writer.schema, source))
        yield file.taken()
    if writer is None:
        writer = parquet.ParquetWriter(file, arrow("pyarrow").schema([]))
    writer.close()
    yield file.taken()


def _groups(tables: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    """Tables of one schema together, as row groups."""
    arrow_ = arrow("pyarrow")
    held: list[Any] = []
    source, rows, size = "", 0, 0
    for table, name in tables:
        same = not held or held[0].schema.equals(table.schema)
        if held and (not same or rows >= _GROUP_ROWS or size >= _GROUP_BYTES):
            yield arrow_.concat_tables(held), source
            held, rows, size = [], 0, 0
        held.append(table)
        source, rows, size = name, rows + table.num_rows, size + table.nbytes
    if held:
        yield arrow_.concat_tables(held), source


def fitted(table: Any, schema: Any, source: str) -> Any:
    """A table with the columns of the first, in their order and types."""
    if table.schema.equals(schema):
        return table
    try:
        return table.select(schema.names).cast(schema)
    except (KeyError, ValueError, NotImplementedError):  # ArrowInvalid is a ValueError
        raise DataError(
            source,
            None,
            "has other columns than the files before it",
            "write it to a file of its own, or as JSON Lines: -o NAME.jsonl",
        ) from None


def tables_of(
    results: Iterable[tuple[Documents, Found]], into: str | None
) -> Iterator[tuple[Any, str]]:
    """(table, source) of each batch."""
    arrow_ = arrow("pyarrow")
    for documents, found in results:
        if not len(documents):
            continue
        named = fields_of(found, into)
        table = _given(documents)
        check_columns(documents, table.schema.names, named.names)
        columns = {name: arrow_column(values) for name, values in named.found.items()}
        if named.inside is not None:
            whole = arrow_.StructArray.from_arrays(list(columns.values()), names=list(columns))
            columns = {named.inside: whole}
        for name, column in columns.items():
            table = table.append_column(name, column)
        yield table, documents.source


def _given(documents: Documents) -> Any:
    """The documents as a table, without results."""
    arrow_ = arrow("pyarrow")
    if documents.table is not None:
        return arrow_.Table.from_batches([documents.table])
    if documents.records is not None:
        return arrow_.table({RECORD: arrow_.array(documents.records, arrow_.string())})
    if documents.rows is not None:
        return arrow_.table(_cells(documents, documents.rows))
    return arrow_.table({TEXT: arrow_.array(map(str, documents.texts), arrow_.string())})


def _cells(documents: Documents, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Columns of CSV by name, or by number where they have none; what a short row lacks is null."""
    arrow_ = arrow("pyarrow")
    width = max(map(len, rows), default=0)
    header = documents.header or []
    names = [*header[:width], *(str(at + 1) for at in range(len(header), width))]
    if len(set(names)) < len(names):
        raise DataError(
            documents.source,
            1,
            "two columns have the same name",
            "write JSON Lines: -o NAME.jsonl",
        )
    return {
        name: arrow_.array([row[at] if at < len(row) else None for row in rows], arrow_.string())
        for at, name in enumerate(names)
    }


def arrow_column(values: Values) -> Any:
    """Results as an array of Arrow."""
    arrow_ = arrow("pyarrow")
    if isinstance(values, Ragged):
        offsets = arrow_.array(values.offsets.astype(np.int32))
        return arrow_.ListArray.from_arrays(offsets, _items(values.items))
    if isinstance(values, list):
        return arrow_.array(values, arrow_.string())
    return arrow_.array(values, from_pandas=values.dtype.kind == "f")


def _items(items: Sliced) -> Any:
    arrow_ = arrow("pyarrow")
    if isinstance(items, np.ndarray):
        if items.ndim == 1:
            return arrow_.array(items)
        pairs = arrow_.array(np.ascontiguousarray(items).reshape(-1))
        return arrow_.FixedSizeListArray.from_arrays(pairs, items.shape[1])
    # All strings of a long document at once take ten times its size.
    slices = range(0, max(len(items), 1), SLICE)
    strings = [arrow_.array(items[at : at + SLICE], arrow_.string()) for at in slices]
    return arrow_.concat_arrays(strings)
