"""Pieces of decoded text -> the texts in a field of JSON Lines or in a column of CSV or TSV."""

from __future__ import annotations

import io
import json
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nlptools.errors import DataError, cut, listed, quoted
from nlptools.text.chars import count_line_breaks
from nlptools.text.decoding import MARK
from nlptools.text.delimited import DelimitedError, read_cells
from nlptools.text.linenumbers import LineNumbers

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")


class Piece(NamedTuple):
    """Decoded text that ends at a line end or the end of the source, unless `goes_on`."""

    text: str
    lines: LineNumbers
    goes_on: bool
    marked: bool  # there is a MARK for each bad byte sequence


# The text of one record, or of a part of it, and the first and last of its lines in the source.
Record = tuple[str, int, int]

# A lull of a pipe (pipes.py), between lines.
LULL = Piece("", LineNumbers(), False, False)
NO_RECORD: Record = ("", 0, 0)


def lines_of(text: str) -> Iterator[str]:
    """The lines with their ends: LF, CRLF or lone CR, and nothing else."""
    return io.StringIO(text, newline="")


def json_texts(
    pieces: Iterable[Piece],
    source: str,
    name: str,
    whole: Callable[[str, str, int], str | None],
    skipped: Callable[[], None] | None,
) -> Iterator[Record]:
    """The named field of each line of JSON Lines, with the number of its line.

    whole: (text, source, line) -> the text without lone surrogates; None: left out.
    skipped: called for each bad record, which is left out; None: a bad record raises DataError.
    """
    first = True
    for piece in pieces:
        if piece is LULL:
            yield NO_RECORD
        for number, line in enumerate(lines_of(piece.text), piece.lines.first):
            if line.isspace():
                continue
            try:
                if piece.marked and MARK in line:
                    raise DataError(source, number, "bad bytes")
                record = _json_record(line, source, number, first)
                first = False
                for text in _strings(record, name, source, number):
                    # Only an escape can bring in half a character.
                    good = whole(text, source, number) if "\\u" in line else text
                    if good is not None:
                        yield good, number, number
            except _OtherFormatError:
                raise
            except DataError:
                if skipped is None:
                    raise
                skipped()


def column_texts(
    pieces: Iterable[Piece], source: str, column: str, skipped: Callable[[], None] | None
) -> Iterator[Record]:
    """The cells of one column of CSV or TSV, with the lines of the row.

    skipped: as for json_texts.
    """
    lines = _Lines(pieces)
    header = next(lines, None)
    if header is None:
        return
    lines.put_back(header)
    tabs = _bare_name(source).endswith(".tsv") or ("\t" in header and "," not in header)
    rows = read_cells(lines, delimiter="\t" if tabs else ",", strict=True)
    index = int(column) - 1 if column.isdecimal() else -1
    while True:
        while lines.at_lull():
            yield NO_RECORD
        number = rows.line_num + 1
        try:
            row = next(rows)
            if not row:
                continue
            if index < 0:
                index = _column_index(row, column, source)
                continue
            if index >= len(row):
                problem = f"row has {len(row)} columns, there is no column {index + 1}"
                raise DataError(source, number, problem)
            if skipped is not None and any(MARK in cell for cell in row):
                raise DataError(source, number, "bad bytes")
            yield row[index], number, rows.line_num
        except StopIteration:
            return
        except DelimitedError as error:
            if skipped is None:
                hint = "a quotation mark inside a quoted cell is written twice"
                raise DataError(source, number, f"not CSV: {error}", hint) from None
            skipped()
        except _OtherFormatError:
            raise
        except DataError:
            if skipped is None:
                raise
            skipped()


def batches(records: Iterable[Record], size: int, *, ended: bool) -> Iterator[Piece]:
    """Records -> pieces of about `size`, a line end between two texts.

    ended: after the last one, too, where it would not be seen: an empty line is one, whatever follows or not.
    """
    batch: list[str] = []
    numbers = array("q")
    length = 0
    for text, first, last in records:
        lull = not first
        if batch and (lull or length + len(text) > size):
            yield Piece("\n".join(batch) + "\n", LineNumbers.listed(numbers), False, False)
            batch, numbers, length = [], array("q"), 0
        if lull:
            yield LULL
            continue
        numbers.append(first)
        if "\n" in text or "\r" in text:
            # A lone CR at its end is part of the line end after it.
            more = count_line_breaks(text) - text.endswith("\r")
            numbers.extend(min(first + line, last) for line in range(1, more + 1))
        batch.append(text)
        length += len(text) + 1
    if batch:
        unseen = ended and (not batch[-1] or batch[-1].endswith(("\n", "\r")))
        yield Piece("\n".join(batch) + "\n" * unseen, LineNumbers.listed(numbers), False, False)


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


def refuse_json_lines(pieces: Iterable[Piece], source: str) -> Iterable[Piece]:
    """Refuse JSON Lines that are read as plain text, and say which fields there are.

    A source is JSON Lines by its name; the pieces of any other are given back.
    """
    if not _bare_name(source).endswith((".jsonl", ".ndjson")):
        return pieces
    for piece in pieces:
        if not piece.text or piece.text.isspace():
            continue
        try:
            line = next(line for line in lines_of(piece.text) if not line.isspace())
            names = _string_fields(json.loads(line))
        except (ValueError, RecursionError):
            names = []
        hint = "name the field that has the text: --field"
        if names:
            hint += f" {cut(names[0])} (fields with text: {listed(names)})"
        raise DataError(source, None, "JSON Lines, read as plain text", hint)
    return ()


class _OtherFormatError(DataError):
    """The whole source is something else than asked for: skipping lines does not help."""


def _json_record(line: str, source: str, number: int, first: bool) -> object:
    try:
        record = json.loads(line)
    except RecursionError:
        raise DataError(source, number, "not JSON: nested too deeply") from None
    except ValueError as error:
        at_end = isinstance(error, json.JSONDecodeError) and error.pos >= len(line.rstrip())
        if first and (at_end or line.lstrip().startswith("[")):
            raise _one_document(line, source, number) from None
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise DataError(source, number, f"not JSON: {detail}") from None
    if first and isinstance(record, list):
        raise _one_document(line, source, number)
    return record


def _one_document(line: str, source: str, number: int) -> _OtherFormatError:
    items = "'.[]'" if line.lstrip().startswith("[") else "."
    file = "" if source == "-" else f" {source}"
    hint = f"make it one object per line: jq -c {items}{file} | nlptools ... -"
    return _OtherFormatError(source, number, "one JSON document, not JSON Lines", hint)


def _strings(record: object, name: str, source: str, number: int) -> list[str]:
    """The string or strings in the field `name` (or a.b: b in the object a) of one record."""
    value = record
    for part in [name] if isinstance(record, dict) and name in record else name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if value is None:
        problem, hint = f"no field {quoted(name)}", _field_hint(record)
        raise DataError(source, number, problem, hint)
    kind = {bool: "true or false", dict: "an object", list: "a list of other things than text"}
    what = kind.get(type(value), "a number")
    raise DataError(
        source, number, f"field {quoted(name)} is {what}, not text", _field_hint(record)
    )


def _string_fields(record: object, prefix: str = "", depth: int = 4) -> list[str]:
    if not isinstance(record, dict):
        return []
    names = []
    for key, value in record.items():
        if isinstance(value, str) or (
            isinstance(value, list) and value and all(isinstance(item, str) for item in value)
        ):
            names.append(prefix + key)
        elif depth:
            names.extend(_string_fields(value, f"{prefix}{key}.", depth - 1))
    return names


def _field_hint(record: object) -> str | None:
    names = _string_fields(record)
    return f"fields with text: {listed(names)}" if names else None


def _column_index(header: list[str], column: str, source: str) -> int:
    if column in header:
        return header.index(column)
    names = listed(name.replace(MARK, "\ufffd") for name in header)
    raise _OtherFormatError(
        source, 1, f"no column {quoted(column)}", f"columns: {names}; or give its number"
    )


def _bare_name(source: str) -> str:
    """The name in lower case, without the suffix of a compression."""
    name = source.lower()
    return next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), name)
