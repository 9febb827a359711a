"""UTF-8 chunks of one source -> pieces of decoded text that end where a line ends.

Lines end at LF, CRLF or lone CR, and at nothing else.
"""

from __future__ import annotations

import codecs
import io
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nlptools.text.decoding import MARK, MARK_ERRORS, bad_bytes, count_line_ends, short_lines
from nlptools.text.linenumbers import LineNumbers


class Piece(NamedTuple):
    """Decoded text that ends at a line end or the end of the source, unless `goes_on`."""

    text: str
    lines: LineNumbers
    goes_on: bool
    marked: bool  # there is a MARK for each bad byte sequence


# A lull of a pipe (pipes.py), between lines.
LULL = Piece("", LineNumbers(), False, False)


def lines_of(text: str) -> Iterator[str]:
    """The lines with their ends: LF, CRLF or lone CR, and nothing else."""
    return io.StringIO(text, newline="")


class Cutting(NamedTuple):
    """How bytes become pieces. size: bytes of a piece, about; whole_lines: however long a line is.

    strict: a bad byte sequence raises DataError, else it becomes a MARK. longest_line: in bytes; DataError for a
    longer one before it is held; None: no bound.
    """

    size: int
    whole_lines: bool
    strict: bool
    longest_line: int | None = None


def read_pieces(chunks: Iterable[bytes], source: str, how: Cutting) -> Iterator[Piece]:
    """UTF-8 chunks -> pieces. A byte order mark at the beginning is left out; an empty chunk is a lull."""
    size = max(how.size, 4)
    parts: list[bytes] = []
    length = 0
    endless = False  # no line ends in parts: wait for a chunk that has a line end
    position, line = 0, 1
    fresh = False  # a line ends in parts: something to hand on in a lull
    if how.longest_line is not None:
        chunks = short_lines(chunks, source, how.longest_line)
    for chunk in chunks:
        parts.append(chunk)
        length += len(chunk)
        ends = b"\n" in chunk or b"\r" in chunk
        fresh |= ends
        lull = not chunk
        if lull and not fresh:
            yield LULL
        if not fresh if lull else length < size or (endless and not ends):
            continue
        data = b"".join(parts) if len(parts) > 1 else chunk
        if position == 0:
            data, position = _without_bom(data)
        end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        goes_on = end == 0
        if goes_on and not (how.whole_lines or lull):
            end = len(data) - data.endswith(b"\r")  # the LF may be still to come
        if end:
            piece, used = _decode(data, end, source, line, position, goes_on, how.strict)
            if piece.text:
                yield piece
            if not goes_on:
                line += count_line_ends(data, used)
            position += used
            data = data[used:]
        endless = how.whole_lines and goes_on
        parts = [data]
        length = len(data)
        fresh = data.endswith(b"\r")
        if lull:
            yield LULL
    data = b"".join(parts)
    if position == 0:
        data, position = _without_bom(data)
    if data:
        yield _decode(data, len(data), source, line, position, False, how.strict)[0]


def _decode(
    data: bytes, end: int, source: str, line: int, position: int, goes_on: bool, strict: bool
) -> tuple[Piece, int]:
    """data[:end] as text, and how many bytes that took (fewer: the last character is cut)."""
    view = memoryview(data)[:end]
    try:
        text, used = codecs.utf_8_decode(view, "strict", not goes_on)
        return Piece(text, LineNumbers(line), goes_on, False), used
    except UnicodeDecodeError as error:
        if strict:
            start = error.start
            at = line + count_line_ends(data, start)
            raise bad_bytes(source, at, "utf-8", data, start, position + start) from None
    text, used = codecs.utf_8_decode(view, MARK_ERRORS, not goes_on)
    return Piece(text, LineNumbers(line), goes_on, True), used


def _without_bom(data: bytes) -> tuple[bytes, int]:
    """UTF-8 without a byte order mark at its beginning, and how long that was."""
    return (data[3:], 3) if data.startswith(codecs.BOM_UTF8) else (data, 0)


def replaced_marks(pieces: Iterable[Piece], told: Callable[[int], None]) -> Iterator[Piece]:
    """Pieces with U+FFFD for each MARK. told: called with how many those are."""
    for piece in pieces:
        if piece.marked:
            told(piece.text.count(MARK))
            piece = piece._replace(text=piece.text.replace(MARK, "\ufffd"), marked=False)
        yield piece


def kept_lines(pieces: Iterable[Piece], skipped: Callable[[], None]) -> Iterator[Piece]:
    """Pieces without the lines that have bad bytes. skipped: called for each of them."""
    for piece in pieces:
        if not piece.marked:
            yield piece
            continue
        kept: list[str] = []
        numbers = array("q")
        for number, line in enumerate(lines_of(piece.text), piece.lines.first):
            if MARK in line:
                skipped()
                continue
            numbers.append(number)
            kept.append(line)
        if kept:
            yield Piece("".join(kept), LineNumbers.listed(numbers), False, False)
