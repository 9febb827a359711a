"""Parquet and Arrow files -> pieces of the text in one column, or documents with all columns; row by row of the file.

Whole arrays from the file to the text: where no row has a line end in it, no Python runs for a row. Read in batches of
some thousand rows, so that a row group of gigabytes takes no more memory than a small one.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nlptools.errors import DataError, listed, quoted
from nlptools.text.documents import Documents, separated
from nlptools.text.jsonlines import likely_field
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.pieces import Piece
from nlptools.text.tableformats import COMPLETE, Format, Rows, needs_pyarrow, table_format

_MOST_ROWS = 1 << 14  # of a batch: a column that repeats few long texts looks small
_METADATA = (
    "_metadata",
    "_common_metadata",
)  # beside the files of a data set, which are read themselves

# What on_error makes of (bytes that are not UTF-8, row): a text, or None, which leaves the row out.
Mend = Callable[[bytes, int], str | None]


class TableFile:
    """One open file of a known format, or rows of one, and the column that has the text.

    Of the file, size: in bytes; of its text so far, bytes. mend: see Mend. skipped: called for each row without a text, which is left out; None: DataError. share: of its rows,
    how many were read so far.
    """

    def __init__(
        self,
        file: BinaryIO | Rows,
        source: str,
        field: str | None,
        size: int,
        *,
        mend: Mend,
        skipped: Callable[[], None] | None,
    ) -> None:
        self._source, self._size = source, size
        self._mend, self._skipped = mend, skipped
        self._pa = needs_pyarrow(source)
        self._compute = importlib.import_module("pyarrow.compute")
        # From Python's own things pyarrow makes arrays with the help of pandas, whose import takes as long as 100 MB of text.
        place = self._pa.py_buffer(np.array([0, 1], np.int32))
        line_end = [None, place, self._pa.py_buffer(b"\n")]
        self._end = self._pa.Array.from_buffers(self._pa.binary(), 1, line_end)[0]
        self.size = 0 if isinstance(file, Rows) else file.seek(0, os.SEEK_END)  # of the file, bytes
        self.share = 0.0
        self.bytes = 0  # of text so far
        with self._damage():
            self._table = _format(file, source, self._pa)
            self._path = _column_path(self._table, field, source, self._pa)

    def pieces(self) -> Iterator[Piece]:
        """The text of the column, a line end between two rows; the number of a line is that of its row."""
        return separated(self._pieces(), ended=True)

    def documents(self) -> Iterator[Documents]:
        """The rows with all their columns."""
        for first, batch, column in self._batches(None):
            numbers, good = self._good(column, first)
            texts, numbers, kept = self._texts(column, numbers)
            if good is not None:
                batch = batch.filter(good)
            if kept is not None:
                batch = batch.filter(self._pa.array(kept))
            if texts:
                yield Documents(self._source, numbers, numbers, texts, table=batch)

    def _pieces(self) -> Iterator[Piece]:
        for first, _, column in self._batches(self._path):
            numbers, good = self._good(column, first)
            if good is not None:
                column = column.drop_null()
            if not len(column):
                continue
            joined = self._joined(column)
            try:
                text = str(joined, "utf-8")
            except UnicodeDecodeError:
                texts, numbers, _ = self._texts(column, numbers)
                if not texts:
                    continue
                text = "\n".join(texts)
                column = self._pa.array([text.encode("utf-8") for text in texts], self._pa.binary())
            yield Piece(text, self._lines(text, column, numbers), False, False)

    # --- rows ----------------------------------------------------------------------------

    def _batches(self, only: list[str] | None) -> Iterator[tuple[int, Any, Any]]:
        """Number of its first row, the batch, and the column as an array of bytes; `only`: nothing else is read."""
        if Path(self._source).name in _METADATA:
            return
        first = self._table.first
        batches = self._table.batches(only, self._size, _MOST_ROWS)
        while True:
            with self._damage():
                batch = next(batches, None)
                column = (
                    None
                    if batch is None
                    else self._bytes(_values(batch, self._path, self._compute))
                )
            if batch is None:
                return
            self.share = min(1.0, (first - 1 + len(batch)) / max(1, self._table.rows))
            yield first, batch, column
            first += len(batch)

    def _bytes(self, column: Any) -> Any:
        """A column of any kind of text as an array of bytes; a list of texts as one, put together by line ends."""
        pa = self._pa
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if _is_list(column.type, pa):
            column = column.cast(pa.list_(pa.binary()))
            column = self._compute.binary_join(column, self._end)
        return column.cast(pa.binary())

    def _good(self, column: Any, first: int) -> tuple[array[int], Any]:
        """Numbers of the rows that have a text, and which those are; None: all."""
        numbers = np.arange(first, first + len(column), dtype=np.int64)
        if not column.null_count:
            return array("q", numbers.tobytes()), None
        good = column.is_valid()
        mask = self._array(good).astype(bool)
        if self._skipped is None:
            row = int(numbers[np.argmin(mask)])
            problem = f"no text in column {quoted('.'.join(self._path))}"
            raise DataError(self._source, row, problem, "--on-error skip leaves such rows out")
        for _ in range(column.null_count):
            self._skipped()
        return array("q", numbers[mask].tobytes()), good

    # --- texts ---------------------------------------------------------------------------

    def _joined(self, column: Any) -> Any:
        """All texts, a line end between two of them, as a buffer of bytes."""
        pa = self._pa
        ends = pa.py_buffer(np.array([0, len(column)], np.int32))
        whole = pa.Array.from_buffers(pa.list_(pa.binary()), 1, [None, ends], children=[column])
        joined = self._compute.binary_join(whole, self._end)[0].as_buffer()
        self.bytes += len(joined)
        return joined

    def _texts(
        self, column: Any, numbers: array[int]
    ) -> tuple[list[str], array[int], list[bool] | None]:
        """The text of each good row, its number, and which of the good rows stay; None: all."""
        column = column.drop_null()
        if not len(column):
            return [], array("q"), None
        try:
            text = str(self._joined(column), "utf-8")
        except UnicodeDecodeError:
            return self._mended(column, numbers)
        texts = text.split("\n")
        if len(texts) != len(column):
            texts = column.cast(self._pa.string()).to_pylist()
        return texts, numbers, None

    def _mended(self, column: Any, numbers: array[int]) -> tuple[list[str], array[int], list[bool]]:
        texts, kept, places = list[str](), list[bool](), array("q")
        for value, number in zip(column.to_pylist(), numbers, strict=True):
            try:
                text: str | None = value.decode("utf-8")
            except UnicodeDecodeError:
                text = self._mend(value, number)
            kept.append(text is not None)
            if text is not None:
                texts.append(text)
                places.append(number)
        return texts, places, kept

    def _lines(self, text: str, column: Any, numbers: array[int]) -> LineNumbers:
        """The row of each line of the text."""
        if "\r" not in text and text.count("\n") == len(column) - 1:
            return LineNumbers.listed(numbers)
        count = self._compute.count_substring
        breaks = self._array(count(column, b"\n"))
        if "\r" in text:
            # A lone CR at its end is part of the line end after it.
            last = self._array(self._compute.ends_with(column, b"\r"))
            pairs = self._array(count(column, b"\r\n"))
            breaks = breaks + self._array(count(column, b"\r")) - pairs - last
        repeated = np.repeat(np.frombuffer(numbers, np.int64), breaks + 1)
        return LineNumbers.listed(array("q", repeated.tobytes()))

    def _array(self, numbers: Any) -> np.ndarray:
        """Whole numbers or truth values of pyarrow, as int64."""
        made = numbers.cast(self._pa.int64())
        values: np.ndarray = np.frombuffer(made.buffers()[1], np.int64)
        return values[made.offset : made.offset + len(made)]

    @contextlib.contextmanager
    def _damage(self) -> Iterator[None]:
        """What pyarrow raises for a damaged file, as one line."""
        try:
            yield
        except DataError:
            raise
        except (self._pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            detail = str(error).split("\n")[0].strip(" .") or type(error).__name__
            raise DataError(self._source, None, f"damaged file: {detail}", COMPLETE) from None


def _format(file: BinaryIO | Rows, source: str, pa: Any) -> Format:
    return file if isinstance(file, Rows) else table_format(file, source, pa)


def _column_path(table: Format, field: str | None, source: str, pa: Any) -> list[str]:
    """The name of the column, or of a and b where it is a.b: b in the structure a."""
    schema = table.schema
    found = _text_columns(schema, pa)
    if field is None:
        hint = "name the column that has the text: --field"
        if found:
            hint += f" {likely_field(dict.fromkeys(found, 0))} (columns with text: {listed(found)})"
        raise DataError(source, None, f"{table.name}, read as plain text", hint)
    columns = f"columns with text: {listed(found)}" if found else None
    names = [field] if field in schema.names else field.split(".")
    kind: Any = pa.struct(list(schema))
    for name in names:
        index = kind.get_field_index(name) if pa.types.is_struct(kind) else -1
        if index < 0:
            raise DataError(source, None, f"no column {quoted(field)}", columns)
        kind = kind.field(index).type
    if not _is_text(kind, pa):
        problem = f"column {quoted(field)} is {kind}, not text"
        raise DataError(source, None, problem, columns)
    return names


def _text_columns(fields: Any, pa: Any, prefix: str = "", depth: int = 4) -> list[str]:
    found = []
    for field in fields:
        if _is_text(field.type, pa):
            found.append(prefix + field.name)
        elif pa.types.is_struct(field.type) and depth:
            found += _text_columns(field.type, pa, f"{prefix}{field.name}.", depth - 1)
    return found


def _is_text(kind: Any, pa: Any) -> bool:
    if pa.types.is_dictionary(kind) or _is_list(kind, pa):
        kind = kind.value_type
    types = pa.types
    return any(
        is_kind(kind)
        for is_kind in (
            *(types.is_string, types.is_large_string, types.is_string_view),
            *(types.is_binary, types.is_large_binary, types.is_binary_view),
        )
    )


def _is_list(kind: Any, pa: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _values(batch: Any, path: list[str], compute: Any) -> Any:
    column = batch.column(path[0])
    return compute.struct_field(column, path[1:]) if len(path) > 1 else column
