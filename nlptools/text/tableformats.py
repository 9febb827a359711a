"""An open file of Parquet or Arrow (IPC file or stream, Feather) -> its schema, number of rows, batches of rows."""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from nlptools.errors import DataError, install_hint

COMPLETE = "the file is not complete: copy or download it again"
HEAD = 8  # bytes by which a format is known
_PARQUET, _ARROW = b"PAR1", b"ARROW1\0\0"
# A message of the Arrow stream format begins so, and the length of its metadata follows.
_STREAM = b"\xff\xff\xff\xff"
_BUFFER = 1 << 20  # bytes that are read at once of each column


class Format(Protocol):
    """What is to be known of a file. rows: 0 where the file does not say. first: the number of its first row."""

    name: str
    schema: Any
    rows: int
    first: int

    def batches(self, only: list[str] | None, size: int, most: int) -> Iterator[Any]:
        """Batches of up to `most` rows with about `size` bytes; only: of this column, a.b as [a, b], and no other."""


def is_table(head: bytes) -> bool:
    """Whether a file that begins so is Parquet or Arrow."""
    # Metadata of a schema has between 64 bytes and some megabytes; no text begins with 0xff 0xff 0xff 0xff.
    return head.startswith((_PARQUET, _ARROW)) or (
        head.startswith(_STREAM) and len(head) == HEAD and head[4] % 8 == 0 and head[7] == 0
    )


def needs_pyarrow(source: str) -> Any:
    """The module pyarrow, or one line that says how to install it."""
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        problem = "reading Parquet and Arrow needs the module pyarrow"
        raise DataError(source, None, problem, install_hint("parquet")) from None


def table_format(file: BinaryIO, source: str, pa: Any) -> Format:
    """The format of an open file, which can be read from anywhere."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(_PARQUET):
        return _Parquet(file)
    importlib.import_module("pyarrow.ipc")
    opened = file
    if isinstance(file, io.FileIO) and isinstance(file.name, str):
        opened = pa.memory_map(file.name)  # one batch may be the whole file
    return _ArrowFile(opened, pa) if head.startswith(_ARROW) else _ArrowStream(opened, pa)


class _Parquet:
    name = "Parquet"
    first = 1

    def __init__(self, file: BinaryIO) -> None:
        module = importlib.import_module("pyarrow.parquet")
        # Without these two a column of a whole row group is in memory before its first row is read.
        self._file = module.ParquetFile(file, pre_buffer=False, buffer_size=_BUFFER)
        self.schema = self._file.schema_arrow
        self.rows = self._file.metadata.num_rows

    def batches(self, only: list[str] | None, size: int, most: int) -> Iterator[Any]:
        columns = None if only is None else [".".join(only)]
        for group in range(self._file.metadata.num_row_groups):
            rows = self._rows(group, ".".join(only) if only else None, size, most)
            yield from self._file.iter_batches(rows, [group], columns, use_threads=False)

    def _rows(self, group: int, name: str | None, size: int, most: int) -> int:
        """How many rows of a row group have about `size` bytes in this column; None: in all."""
        data = self._file.metadata.row_group(group)
        columns = [data.column(i) for i in range(data.num_columns)]
        bytes_ = sum(
            column.total_uncompressed_size
            for column in columns
            if name is None or f"{column.path_in_schema}.".startswith(f"{name}.")
        )
        # Half of it: where some rows are long, several of them lie together.
        return max(1, min(most, size // 2 * data.num_rows // max(1, bytes_)))


class _ArrowFile:
    name = "Arrow"
    first = 1

    def __init__(self, file: BinaryIO, pa: Any) -> None:
        self._open: Any = lambda only: pa.ipc.open_file(file, options=_including(pa, only))
        reader = self._open(None)
        self.schema = reader.schema
        self.rows = 0
        self._groups = reader.num_record_batches

    def batches(self, only: list[str] | None, size: int, most: int) -> Iterator[Any]:
        reader = self._open(None if only is None else [self.schema.get_field_index(only[0])])
        for group in range(self._groups):
            yield from _parts(reader.get_batch(group), size, most)


class _ArrowStream:
    """As the library datasets keeps what it has downloaded."""

    name = "Arrow"
    first = 1

    def __init__(self, file: BinaryIO, pa: Any) -> None:
        self._open: Any = lambda only: pa.ipc.open_stream(file, options=_including(pa, only))
        self._file = file
        self.schema = self._open(None).schema
        self.rows = 0

    def batches(self, only: list[str] | None, size: int, most: int) -> Iterator[Any]:
        self._file.seek(0)
        for batch in self._open(None if only is None else [self.schema.get_field_index(only[0])]):
            yield from _parts(batch, size, most)


class Rows:
    """Rows of Parquet that somebody else reads, as a Format: batches of pyarrow in the order of the file.

    schema: that of the file; batches are brought to it, as far as that can be done. first: the number of the first row,
    from 1.
    """

    name = "Parquet"
    rows = 0

    def __init__(self, schema: Any, batches: Iterator[Any], first: int) -> None:
        self.schema, self.first = schema, first
        self._batches = batches

    def batches(self, only: list[str] | None, size: int, most: int) -> Iterator[Any]:
        """All columns, in any case."""
        for batch in self._batches:
            yield from _parts(batch.select(self.schema.names).cast(self.schema), size, most)


def _including(pa: Any, fields: list[int] | None) -> Any:
    return pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)


def _parts(batch: Any, size: int, most: int) -> Iterator[Any]:
    """Rows of a batch of any size."""
    step = max(1, min(most, size * len(batch) // max(1, batch.get_total_buffer_size())))
    for first in range(0, len(batch), step):
        yield batch.slice(first, step)
