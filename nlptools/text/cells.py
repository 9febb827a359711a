"""Pieces of CSV or TSV -> documents: the cell in one column of each row."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nlptools.errors import DataError, listed, quoted
from nlptools.text.chars import count_line_breaks
from nlptools.text.decoding import MARK
from nlptools.text.delimited import DelimitedError, read_cells
from nlptools.text.documents import Documents, lull
from nlptools.text.jsonlines import OtherFormatError, bare_name
from nlptools.text.pieces import LULL, Piece, lines_of


def cell_documents(
    pieces: Iterable[Piece],
    source: str,
    column: str,
    skipped: Callable[[], None] | None,
    size: int,
) -> Iterator[Documents]:
    """The cells of one column, by name or number, up to about `size` characters in a batch.

    skipped: called for each bad row, which is left out; None: a bad row raises DataError.
    """
    rows = _Rows(pieces, source, column, skipped)
    held: list[list[str]] = []
    texts, numbers, lines = list[str](), array("q"), array("q")
    length = 0
    for row in rows:
        text = "" if row is None else row[rows.index]
        if held and (row is None or length + len(text) > size):
            yield Documents(source, numbers, lines, texts, rows=held, header=rows.header)
            held, texts, numbers, lines, length = [], [], array("q"), array("q"), 0
        if row is None:
            yield lull(source)
            continue
        numbers.append(rows.number)
        lines.append(rows.line)
        texts.append(text)
        held.append(row)
        length += len(text) + 1
    if held:
        yield Documents(source, numbers, lines, texts, rows=held, header=rows.header)


class _Rows:
    """The good rows without the header; None is a lull. Tells where the one that it has just given stands.

    header: names of the columns; None: there are none. index: of the column. number: of the row, from 1. line: where its cell begins.
    """

    def __init__(
        self,
        pieces: Iterable[Piece],
        source: str,
        column: str,
        skipped: Callable[[], None] | None,
    ) -> None:
        self._lines = _Lines(pieces)
        self._source, self._column, self._skipped = source, column, skipped
        self.header: list[str] | None = None
        self.index = int(column) - 1 if column.isdecimal() else -1
        self.number = self.line = 0

    def __iter__(self) -> Iterator[list[str] | None]:
        first = next(self._lines, None)
        if first is None:
            return
        self._lines.put_back(first)
        tabs = bare_name(self._source).endswith(".tsv") or ("\t" in first and "," not in first)
        rows = read_cells(self._lines, delimiter="\t" if tabs else ",", strict=True)
        while True:
            while self._lines.at_lull():
                yield None
            before = rows.line_num
            try:
                row = next(rows)
                if not row:
                    continue
                if self.index < 0:
                    self.index = _column_index(row, self._column, self._source)
                    self.header = row
                    continue
                self.number += 1
                self._check(row, before + 1)
            except StopIteration:
                return
            except OtherFormatError:
                raise
            except (DelimitedError, DataError) as error:
                self._leave_out(error, before + 1)
                continue
            self.line = before + 1
            if rows.line_num > self.line:
                self.line += sum(map(count_line_breaks, row[: self.index]))
            yield row

    def _check(self, row: list[str], line: int) -> None:
        if self.index >= len(row):
            problem = f"row has {len(row)} columns, there is no column {self.index + 1}"
            raise DataError(self._source, line, problem)
        if self._skipped is not None and any(MARK in cell for cell in row):
            raise DataError(self._source, line, "bad bytes")

    def _leave_out(self, error: Any, line: int) -> None:
        if self._skipped is not None:
            if not isinstance(error, DataError):
                self.number += 1
            self._skipped()
            return
        if isinstance(error, DataError):
            raise error
        hint = "a quotation mark inside a quoted cell is written twice"
        raise DataError(self._source, line, f"not CSV: {error}", hint) from None


class _Lines:
    """The lines of pieces; between two of them it can be asked whether a lull of the pipe comes next."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._lines: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._lines:
            self._lines.extend(lines_of(next(self._pieces).text))
        return self._lines.popleft()

    def put_back(self, line: str) -> None:
        """The next line, once more."""
        self._lines.appendleft(line)

    def at_lull(self) -> bool:
        """Whether the next piece is a lull, which is over then."""
        if self._lines or (piece := next(self._pieces, None)) is None:
            return False
        self._lines.extend(lines_of(piece.text))
        return piece is LULL


def _column_index(header: list[str], column: str, source: str) -> int:
    if column in header:
        return header.index(column)
    names = listed(name.replace(MARK, "\ufffd") for name in header)
    raise OtherFormatError(
        source, 1, f"no column {quoted(column)}", f"columns: {names}; or give its number"
    )
