"""Files, folders, patterns, stdin -> Corpus: blocks of text of several MB, afresh on every loop.

One source passes through: raw chunks -> decompressed, UTF-8 (decoding.py) -> pieces of decoded
text that end where a line ends -> the field or column asked for -> blocks, folded.
Lines end at LF, CRLF or lone CR, and at nothing else.
"""

from __future__ import annotations

import codecs
import contextlib
import csv
import glob
import importlib
import io
import itertools
import json
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nlptools.chars import find_cut
from nlptools.decoding import (
    MARK,
    MARK_ERRORS,
    bad_bytes,
    count_line_ends,
    decompress,
    find_codec,
    to_utf8,
)
from nlptools.errors import DataError, NlptoolsError

BLOCK_SIZE = 4 << 20
ON_ERROR = ("strict", "replace", "skip")
FOLDS = ("nfkc", "lower", "t2s")  # in the order in which they are applied
COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
SURROGATE = re.compile("[\ud800-\udfff]")
# What NFKC may change: runs of anything but ASCII, Han and the usual punctuation. Those stay as
# they are and begin no composition; except ASCII (e + accent), so an ASCII character before is in.
NOT_NFKC = re.compile("[\x00-\x7f]?[^\x00-\x7f\u2014\u2018-\u201d\u3001-\u3011\u4e00-\u9fff]+")

# What a cut inside a line must see on both sides of it to know that folding does not reach across.
FOLD_CONTEXT = 32


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one source's text; all blocks of a source, put together, are the whole text.

    line: number (from 1) of the line in which the text begins. joined: the cut before this text
    lies between two Han characters of a line without any break, so n-grams go across it.
    """

    text: str
    source: str
    line: int
    joined: bool = False


@dataclass(slots=True)
class ReadReport:
    """What one pass over a corpus has read so far.

    files: sources begun. bytes: decompressed. characters: given out, before folding.
    replaced: bad byte sequences that became U+FFFD. skipped_lines: lines or records left out.
    encodings: source -> encoding, where it was found in the source instead of told.
    """

    files: int = 0
    bytes: int = 0
    characters: int = 0
    replaced: int = 0
    skipped_lines: int = 0
    encodings: dict[str, str] = field(default_factory=dict)


class _Source(NamedTuple):
    name: str
    size: int | None  # None: not a regular file


class _Piece(NamedTuple):
    """Decoded text that ends at a line end or the end of the source, unless `goes_on`."""

    text: str
    line: int
    goes_on: bool
    marked: bool  # there is a MARK for each bad byte sequence


class Corpus:
    """Text of files, folders, patterns (`**` too) and `-` (stdin) as blocks.

    Paths are expanded here, so that a missing file fails now. A file found through a folder or a
    pattern is read once, a file named twice twice. Compression (gzip, bzip2, xz, zstd) is found by
    content, not by name.

    encoding: a Python codec or "auto". A byte order mark is obeyed under "utf-8" and "auto".
    on_error: "strict" raises DataError; "replace" puts U+FFFD for bad bytes (a bad record still
    raises); "skip" leaves out the line or record, and holds each line whole in memory for that
    (line numbers of blocks stay right, but counting on inside a block then falls short).
    field: the sources are JSON Lines, take this field (a.b: b in the object a).
    column: the sources are CSV or TSV, take this column, by name or number (from 1, no header).
    fold: any of "nfkc", "lower", "t2s". block_size: bytes of text for one block, about.
    """

    rereadable: bool  # False: stdin, a named pipe, an iterator; blocks() works once
    total_bytes: int | None  # on disk; None: unknown
    bytes_read: int  # on disk, so far in this pass
    block_size: int  # bytes of text in a block, about; changes no result
    fold: tuple[str, ...]  # in the order in which they are applied
    report: ReadReport
    _texts: Iterable[str] | None
    _sources: list[_Source]

    def __init__(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        encoding: str = "utf-8",
        on_error: str = "strict",
        field: str | None = None,
        column: str | None = None,
        fold: Sequence[str] = (),
        block_size: int = BLOCK_SIZE,
    ) -> None:
        if isinstance(paths, str | os.PathLike):
            raise TypeError("paths must be a sequence of paths, not one path")
        if field is not None and column is not None:
            raise ValueError("field and column exclude each other")
        if column is not None and column.isdecimal() and int(column) < 1:
            raise ValueError("columns count from 1")
        self._configure(on_error, fold, block_size)
        self._encoding = encoding if encoding == "auto" else find_codec(encoding)
        self._field = field
        self._column = column
        self._texts = None
        if not paths:
            raise ValueError("no paths: name a file, or - for standard input")
        self._sources = _expand(paths)
        sizes = [source.size for source in self._sources]
        self.rereadable = None not in sizes
        self.total_bytes = sum(size or 0 for size in sizes) if self.rereadable else None

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        on_error: str = "strict",
        fold: Sequence[str] = (),
        block_size: int = BLOCK_SIZE,
    ) -> Corpus:
        """A corpus of strings, each a line of its own; Block.line is the number of the string."""
        if isinstance(texts, str):
            raise TypeError("texts must be an iterable of str, not one str")
        corpus = cls.__new__(cls)
        corpus._configure(on_error, fold, block_size)
        corpus._texts = texts
        corpus._sources = []
        corpus.rereadable = iter(texts) is not texts
        corpus.total_bytes = None
        return corpus

    def _configure(self, on_error: str, fold: Sequence[str], block_size: int) -> None:
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}, not {on_error!r}")
        if block_size < 1:
            raise ValueError("block_size must be at least 1")
        self._on_error = on_error
        self.block_size = block_size
        self._characters = max(1, block_size // 2)  # of a block made from decoded text
        self.fold = tuple(name for name in FOLDS if name in fold)
        self._fold = _folder(fold)
        self._used = False
        self.bytes_read = 0
        self.report = ReadReport()

    def blocks(self) -> Iterator[Block]:
        """Read everything, from the beginning.

        Raises ValueError on the second call where the input can be read only once, and DataError
        while reading.
        """
        if self._used and not self.rereadable:
            raise ValueError(
                "this corpus can be read only once: it comes from a pipe, stdin or an iterator"
            )
        self._used = True
        self.bytes_read = 0
        self.report = ReadReport()
        if self._texts is not None:
            return self._cut(_batches(self._checked_texts(self._texts), self._characters), "texts")
        return self._read_all()

    def _read_all(self) -> Iterator[Block]:
        for source in self._sources:
            yield from self._read(source)

    def _checked_texts(self, texts: Iterable[str]) -> Iterator[tuple[str, int]]:
        self.report.files = 1
        for number, text in enumerate(texts, 1):
            if not isinstance(text, str):
                raise TypeError(f"texts must be str, not {type(text).__name__}")
            try:
                size = len(text.encode("utf-8"))
            except UnicodeEncodeError:
                good = self._whole(text, "texts", number)
                if good is None:
                    continue
                text, size = good, len(good.encode("utf-8"))
            self.report.bytes += size
            self.bytes_read += size
            yield text, number

    def _whole(self, text: str, source: str, line: int) -> str | None:
        """The text, or what on_error makes of it if it has lone surrogates; None: left out."""
        found = SURROGATE.search(text)
        if found is None:
            return text
        if self._on_error == "strict":
            problem = f"a lone surrogate U+{ord(found[0]):04X}, half a character"
            raise DataError(source, line, problem, "try --on-error replace")
        if self._on_error == "skip":
            self.report.skipped_lines += 1
            return None
        text, count = SURROGATE.subn("\ufffd", text)
        self.report.replaced += count
        return text

    # --- one source ----------------------------------------------------------------------

    def _read(self, source: _Source) -> Iterator[Block]:
        self.report.files += 1
        chunks = self._counted(self._raw(source))
        chunks = self._measured(decompress(chunks, source.name))
        chunks, encoding = to_utf8(chunks, source.name, self._encoding, self._on_error)
        if encoding != self._encoding:
            self.report.encodings[source.name] = encoding
        whole_lines = (
            self._on_error == "skip" or self._field is not None or self._column is not None
        )
        pieces = self._pieces(chunks, source.name, whole_lines)
        if self._on_error == "replace":
            pieces = self._replaced(pieces)
        if self._field is not None:
            records = self._json_texts(pieces, source.name, self._field)
        elif self._column is not None:
            records = self._column_texts(pieces, source.name, self._column)
        else:
            if _bare_name(source.name).endswith((".jsonl", ".ndjson")):
                pieces = _no_json_lines(pieces, source.name)
            if self._on_error == "skip":
                pieces = self._kept(pieces)
            yield from self._cut(pieces, source.name, numbered=True)
            return
        yield from self._cut(_batches(records, self._characters), source.name)

    def _raw(self, source: _Source) -> Iterator[bytes]:
        stdin = source.name == "-"
        try:
            with (
                contextlib.nullcontext(sys.stdin.buffer)
                if stdin
                else open(source.name, "rb", buffering=0)
            ) as file:
                while chunk := file.read(self.block_size):
                    yield chunk
        except OSError as error:
            raise DataError(source.name, None, _reason(error)) from None

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_read += len(chunk)
            yield chunk

    def _measured(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.report.bytes += len(chunk)
            yield chunk

    def _pieces(self, chunks: Iterable[bytes], source: str, whole_lines: bool) -> Iterator[_Piece]:
        """UTF-8 chunks -> pieces of about block_size; whole_lines: however long a line is."""
        size = max(self.block_size, 4)
        parts: list[bytes] = []
        length = 0
        endless = False  # no line ends in parts: wait for a chunk that has a line end
        position, line = 0, 1
        for chunk in chunks:
            parts.append(chunk)
            length += len(chunk)
            if length < size or (endless and b"\n" not in chunk and b"\r" not in chunk):
                continue
            data = b"".join(parts) if len(parts) > 1 else chunk
            if position == 0:
                data, position = _without_bom(data)
            end = max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
            goes_on = end == 0
            if goes_on and not whole_lines:
                end = len(data) - data.endswith(b"\r")  # the LF may be still to come
            if end:
                piece, used = self._decode(data, end, source, line, position, goes_on)
                if piece.text:
                    yield piece
                if not goes_on:
                    line += count_line_ends(data, used)
                position += used
                data = data[used:]
            endless = whole_lines and goes_on
            parts = [data]
            length = len(data)
        data = b"".join(parts)
        if position == 0:
            data, position = _without_bom(data)
        if data:
            yield self._decode(data, len(data), source, line, position, False)[0]

    def _decode(
        self, data: bytes, end: int, source: str, line: int, position: int, goes_on: bool
    ) -> tuple[_Piece, int]:
        """data[:end] as text, and how many bytes that took (fewer: the last character is cut)."""
        view = memoryview(data)[:end]
        try:
            text, used = codecs.utf_8_decode(view, "strict", not goes_on)
            return _Piece(text, line, goes_on, False), used
        except UnicodeDecodeError as error:
            if self._on_error == "strict":
                start = error.start
                raise bad_bytes(
                    source,
                    line + count_line_ends(data, start),
                    "utf-8",
                    data,
                    start,
                    position + start,
                ) from None
        text, used = codecs.utf_8_decode(view, MARK_ERRORS, not goes_on)
        return _Piece(text, line, goes_on, True), used

    def _replaced(self, pieces: Iterable[_Piece]) -> Iterator[_Piece]:
        for piece in pieces:
            if piece.marked:
                self.report.replaced += piece.text.count(MARK)
                piece = _Piece(piece.text.replace(MARK, "\ufffd"), piece.line, piece.goes_on, False)
            yield piece

    def _kept(self, pieces: Iterable[_Piece]) -> Iterator[_Piece]:
        """Pieces without the lines that have bad bytes."""
        for piece in pieces:
            if not piece.marked:
                yield piece
                continue
            kept: list[str] = []
            first = piece.line
            for number, line in enumerate(_lines(piece.text), piece.line):
                if MARK in line:
                    self.report.skipped_lines += 1
                    continue
                if not kept:
                    first = number
                kept.append(line)
            if kept:
                yield _Piece("".join(kept), first, False, False)

    # --- blocks --------------------------------------------------------------------------

    def _cut(
        self, pieces: Iterable[_Piece], source: str, numbered: bool = False
    ) -> Iterator[Block]:
        """Pieces -> blocks. numbered: the line ends in a text are those of the source."""
        size = self._characters
        head: list[str] = []  # text in which there is no place to cut
        tail = ""  # what follows it and has not been searched
        line = 1
        joined = False
        for piece in pieces:
            text = piece.text
            step = size if len(text) > 4 * size else 4 * size  # usually one round
            for start in range(0, len(text), step):
                if start == 0 and not head and not tail:
                    line = piece.line
                tail += text[start : start + step]
                if not piece.goes_on and start + step >= len(text):
                    whole = "".join(head) + tail if head else tail
                    yield self._block(whole, source, line, joined)
                    head, tail, joined = [], "", False
                    continue
                cut, clean = self._place_to_cut(tail)
                if not cut:
                    head.append(tail[: -FOLD_CONTEXT - 1])
                    tail = tail[-FOLD_CONTEXT - 1 :]
                    continue
                whole = "".join(head) + tail[:cut]
                yield self._block(whole, source, line, joined)
                line = line + _count_line_ends(whole) if numbered else piece.line
                head, tail, joined = [], tail[cut:], not clean
        if head or tail:
            yield self._block("".join(head) + tail, source, line, joined)

    def _block(self, text: str, source: str, line: int, joined: bool) -> Block:
        self.report.characters += len(text)
        if self._fold is not None:
            text = self._fold(text)
        return Block(text, source, line, joined)

    def _place_to_cut(self, text: str) -> tuple[int, bool]:
        """Where to cut a text that goes on: after its last line end, else where find_cut says.

        Some characters stay right of the cut, so that CR and LF stay together and a fold that
        would reach across the cut is noticed. Position 0: nowhere.
        """
        end = len(text) - (FOLD_CONTEXT if self._fold is not None else 1)
        if end < 1:
            return 0, False
        cut = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
        if cut:
            return (cut + 1 if text[cut - 1 : cut + 1] == "\r\n" else cut), True
        cut, clean = find_cut(text[:end])
        if self._fold is None:
            return cut, clean
        for _ in range(100):
            if not cut or self._fold_stops(text, cut):
                return cut, clean
            cut, clean = find_cut(text[: cut - 1])
        return 0, False

    def _fold_stops(self, text: str, cut: int) -> bool:
        """Whether folding both sides of the cut alone gives the same as folding the whole."""
        assert self._fold is not None
        left, right = text[max(0, cut - FOLD_CONTEXT) : cut], text[cut : cut + FOLD_CONTEXT]
        if unicodedata.combining(unicodedata.normalize("NFKD", right[0])[0]):
            return False
        return self._fold(left + right) == self._fold(left) + self._fold(right)

    # --- formats -------------------------------------------------------------------------

    def _json_texts(
        self, pieces: Iterable[_Piece], source: str, name: str
    ) -> Iterator[tuple[str, int]]:
        """The named field of each line of JSON Lines, with the number of its line."""
        first = True
        for piece in pieces:
            for number, line in enumerate(_lines(piece.text), piece.line):
                if line.isspace():
                    continue
                try:
                    if piece.marked and MARK in line:
                        raise DataError(source, number, "bad bytes")
                    record = _json_record(line, source, number, first)
                    first = False
                    for text in _strings(record, name, source, number):
                        # Only an escape can bring in half a character.
                        good = self._whole(text, source, number) if "\\u" in line else text
                        if good is not None:
                            yield good, number
                except _OtherFormatError:
                    raise
                except DataError:
                    if self._on_error != "skip":
                        raise
                    self.report.skipped_lines += 1

    def _column_texts(
        self, pieces: Iterable[_Piece], source: str, column: str
    ) -> Iterator[tuple[str, int]]:
        """The cells of one column of CSV or TSV, with the number of the row's first line."""
        lines: Iterator[str] = (line for piece in pieces for line in _lines(piece.text))
        header = next(lines, None)
        if header is None:
            return
        lines = itertools.chain([header], lines)
        tabs = _bare_name(source).endswith(".tsv") or ("\t" in header and "," not in header)
        csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
        rows = csv.reader(lines, delimiter="\t" if tabs else ",", strict=True)
        index = int(column) - 1 if column.isdecimal() else -1
        while True:
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
                if self._on_error == "skip" and any(MARK in cell for cell in row):
                    raise DataError(source, number, "bad bytes")
                yield row[index], number
            except StopIteration:
                return
            except csv.Error as error:
                if self._on_error != "skip":
                    hint = "a quotation mark inside a quoted cell is written twice"
                    raise DataError(source, number, f"not CSV: {error}", hint) from None
                self.report.skipped_lines += 1
            except _OtherFormatError:
                raise
            except DataError:
                if self._on_error != "skip":
                    raise
                self.report.skipped_lines += 1


# --- formats ---------------------------------------------------------------------------------


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


def _no_json_lines(pieces: Iterable[_Piece], source: str) -> Iterator[_Piece]:
    """Refuse JSON Lines that are read as plain text, and say which fields there are."""
    for piece in pieces:
        if piece.text.isspace():
            continue
        try:
            line = next(line for line in _lines(piece.text) if not line.isspace())
            names = _string_fields(json.loads(line))
        except (ValueError, RecursionError):
            names = []
        hint = "name the field that has the text: --field"
        if names:
            hint += f" {names[0]} (fields with text: {', '.join(names[:20])})"
        raise DataError(source, None, "JSON Lines, read as plain text", hint)
    return iter(())


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
        problem, hint = f"no field {name!r}", _field_hint(record)
        raise DataError(source, number, problem, hint)
    kind = {bool: "true or false", dict: "an object", list: "a list of other things than text"}
    what = kind.get(type(value), "a number")
    raise DataError(source, number, f"field {name!r} is {what}, not text", _field_hint(record))


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
    return f"fields with text: {', '.join(names[:20])}" if names else None


def _column_index(header: list[str], column: str, source: str) -> int:
    if column in header:
        return header.index(column)
    names = ", ".join(header).replace(MARK, "\ufffd")
    raise _OtherFormatError(
        source, 1, f"no column {column!r}", f"columns: {names}; or give its number"
    )


def _bare_name(source: str) -> str:
    """The name in lower case, without the suffix of a compression."""
    name = source.lower()
    return next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), name)


def _without_bom(data: bytes) -> tuple[bytes, int]:
    """UTF-8 without a byte order mark at its beginning, and how long that was."""
    return (data[3:], 3) if data.startswith(codecs.BOM_UTF8) else (data, 0)


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends."""
    return io.StringIO(text, newline="")


def _count_line_ends(text: str) -> int:
    count = text.count("\n")
    return count + text.count("\r") - text.count("\r\n") if "\r" in text else count


def _batches(records: Iterable[tuple[str, int]], size: int) -> Iterator[_Piece]:
    """Texts with their lines -> pieces of about `size`, a line end between two texts."""
    batch: list[str] = []
    first = length = 0
    for text, line in records:
        if batch and length + len(text) > size:
            yield _Piece("\n".join(batch) + "\n", first, False, False)
            batch, length = [], 0
        if not batch:
            first = line
        batch.append(text)
        length += len(text) + 1
    if batch:
        yield _Piece("\n".join(batch), first, False, False)


# --- folding ---------------------------------------------------------------------------------


def _nfkc(text: str) -> str:
    """unicodedata.normalize("NFKC", text), six times faster on Chinese text."""
    for wide, narrow in zip("，：；？！（）", ",:;?!()", strict=True):
        text = text.replace(wide, narrow)
    return NOT_NFKC.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _folder(names: Sequence[str]) -> Callable[[str], str] | None:
    if isinstance(names, str):
        raise TypeError("fold must be a sequence of names, not one str")
    for name in names:
        if name not in FOLDS:
            raise ValueError(f"fold must be of {', '.join(FOLDS)}, not {name!r}")
    steps: list[Callable[[str], str]] = []
    if "nfkc" in names:
        steps.append(_nfkc)
    if "lower" in names:
        steps.append(str.lower)
    if "t2s" in names:
        try:
            opencc = importlib.import_module("opencc")
        except ImportError:
            raise NlptoolsError(
                "traditional to simplified (t2s) needs the module opencc",
                "pip install 'nlptools[zh]'",
            ) from None
        steps.append(opencc.OpenCC("t2s").convert)
    if not steps:
        return None

    def fold(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return fold


# --- paths -----------------------------------------------------------------------------------


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error)).lower()


def _expand(paths: Sequence[str | os.PathLike[str]]) -> list[_Source]:
    """Files named, found in folders, and matching patterns, in this order; stdin stays "-"."""
    found: list[tuple[str, os.stat_result | None, bool]] = []  # name, status, named itself
    for given in paths:
        path = os.fspath(given)
        if path == "-":
            found.append((path, None, True))
            continue
        try:
            status = Path(path).stat()
        except (OSError, ValueError) as error:
            # Windows has other errors for names that cannot be, such as *.txt.
            if glob.has_magic(path) and (isinstance(error, FileNotFoundError) or os.name == "nt"):
                matches = sorted(glob.glob(path, recursive=True))
                inside = [entry for name in matches for entry in _walk(name, _stat(name))]
                problem = "no file matches this pattern"
            else:
                raise DataError(path, None, _reason(error)) from None
        else:
            if not stat.S_ISDIR(status.st_mode):
                found.append((path, status, True))
                continue
            inside = list(_walk(path, status))
            problem = "no file in this directory"
        if not inside:
            raise DataError(path, None, problem)
        found.extend((name, status, False) for name, status in inside)
    if sum(name == "-" for name, _, _ in found) > 1:
        raise NlptoolsError("standard input (-) can be read only once, it is named twice")
    seen = {_identity(name, known) for name, known, direct in found if direct}
    sources = []
    for name, known, direct in found:
        key = _identity(name, known)
        if direct or key not in seen:
            sources.append(_Source(name, _size(name, known)))
        seen.add(key)
    return sources


def _stat(path: str) -> os.stat_result:
    try:
        return Path(path).stat()
    except OSError as error:
        raise DataError(path, None, _reason(error)) from None


def _identity(name: str, status: os.stat_result | None) -> object:
    if status is None or not status.st_ino:
        return os.path.realpath(name)
    return status.st_dev, status.st_ino


def _size(name: str, status: os.stat_result | None) -> int | None:
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    if os.name == "posix" and name.startswith(("/dev/", "/proc/")):
        return None  # /dev/stdin, /dev/fd/N: may share its position with another reader
    if not os.access(name, os.R_OK):
        raise DataError(name, None, "permission denied")
    return status.st_size


def _walk(path: str, status: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files below a folder, sorted by name at each level, without hidden ones.

    A regular file is what is below itself; pipes and devices are not read unless named.
    """
    visited: set[object] = set()

    def walk(path: str, status: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
        if stat.S_ISREG(status.st_mode):
            yield path, status
        if not stat.S_ISDIR(status.st_mode):
            return
        key = _identity(path, status)
        if key in visited:  # a symbolic link back
            return
        visited.add(key)
        try:
            names = sorted(os.listdir(path))
        except OSError as error:
            raise DataError(path, None, _reason(error)) from None
        for name in names:
            if not name.startswith("."):
                below = os.path.join(path, name)
                yield from walk(below, _stat(below))

    return walk(path, status)
