"""Sources (sources.py) or strings -> Corpus: blocks of text of several MB, afresh on every loop.

One source passes through: raw chunks -> decompressed, UTF-8 (decoding.py) -> pieces of decoded
text that end where a line ends -> the field or column asked for (records.py) -> blocks, folded
(folding.py). Lines end at LF, CRLF or lone CR, and at nothing else.
"""

from __future__ import annotations

import codecs
import copy
import dataclasses
import os
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlptools.errors import DataError
from nlptools.text.chars import count_line_breaks, find_cut
from nlptools.text.decoding import (
    MARK,
    MARK_ERRORS,
    bad_bytes,
    count_line_ends,
    decompress,
    find_codec,
    short_lines,
    to_utf8,
)
from nlptools.text.folding import FOLD_CONTEXT, FOLDS, fold_stops, folder
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.lookup import lookup
from nlptools.text.pipes import pipe_chunks
from nlptools.text.records import (
    LULL,
    Piece,
    Record,
    batches,
    column_texts,
    json_texts,
    lines_of,
    refuse_json_lines,
)
from nlptools.text.sources import Source, find_sources, reason, stdin_chunks

BLOCK_SIZE = 4 << 20
ON_ERROR = ("strict", "replace", "skip")
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one source's text; all blocks of a source, put together, are the whole text.

    lines: numbers (from 1) of its lines in the source; the first is that of the line in which the text
    begins. joined: the cut before this text lies between two Han characters of a line without any
    break, so n-grams go across it. inside: the cut before this text lies inside a line.
    A block without text is a lull of a pipe, see Corpus.prompt.
    """

    text: str
    source: str
    lines: LineNumbers
    joined: bool = False
    inside: bool = False

    @property
    def line(self) -> int:
        """Number of the line in which the text begins."""
        return self.lines.first


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


class Corpus:
    """Text of files, folders, patterns (`**` too) and `-` (stdin) as blocks.

    Paths are expanded here, so that a missing file fails now. A file found through a folder or a
    pattern is read once, a file named twice twice. Compression (gzip, bzip2, xz, zstd) is found by
    content, not by name.

    encoding: a Python codec or "auto". A byte order mark is obeyed under "utf-8" and "auto".
    on_error: "strict" raises DataError; "replace" puts U+FFFD for bad bytes (a bad record still
    raises); "skip" leaves out the line or record, and holds each line whole in memory for that.
    field: the sources are JSON Lines, take this field (a.b: b in the object a).
    column: the sources are CSV or TSV, take this column, by name or number (from 1, no header).
    fold: any of "nfkc", "lower", "t2s". block_size: bytes of text for one block, about.
    """

    rereadable: bool  # False: stdin, a named pipe, an iterator; blocks() works once
    total_bytes: int | None  # on disk; None: unknown
    bytes_read: int  # on disk, so far in this pass
    block_size: int  # bytes of text in a block, about; changes no result
    longest_line: int | None  # bytes; a longer one is DataError before it is held; None: no bound
    # Of stdin and named pipes: what is there is given as soon as nothing more comes for now, and a block without text
    # after it (pipes.py). Changes no result, unless encoding is "auto" and the first lines mislead.
    prompt: bool
    fold: tuple[str, ...]  # in the order in which they are applied
    report: ReadReport
    paths: list[str]  # as they were given; none for texts
    _texts: Iterable[str] | None
    _sources: list[Source]

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
        self.paths = [os.fspath(path) for path in paths]
        if not paths:
            raise ValueError("no paths: name a file, or - for standard input")
        self._sources = find_sources(paths)
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
        """A corpus of strings, each a line of its own; the numbers of lines are those of the strings."""
        if isinstance(texts, str):
            raise TypeError("texts must be an iterable of str, not one str")
        corpus = cls.__new__(cls)
        corpus._configure(on_error, fold, block_size)
        corpus._texts = texts
        corpus._sources = []
        corpus.paths = []
        corpus.rereadable = iter(texts) is not texts
        corpus.total_bytes = None
        return corpus

    def unfolded(self) -> Corpus:
        """The same text as it stands. What can be read only once is read by one of the two."""
        other = copy.copy(self)
        other.fold, other._fold, other.report = (), None, ReadReport()
        return other

    def looked_up(self, names: Sequence[str]) -> Corpus:
        """The same text as segmenters look it up with these folds (lookup.py), which are no folds of this corpus.

        What can be read only once is read by one of the two.
        """
        other = copy.copy(self)
        other._fold = lookup(tuple(names)).text
        other.report = ReadReport()
        return other

    def _configure(self, on_error: str, fold: Sequence[str], block_size: int) -> None:
        if on_error not in ON_ERROR:
            raise ValueError(f"on_error must be one of {', '.join(ON_ERROR)}, not {on_error!r}")
        if block_size < 1:
            raise ValueError("block_size must be at least 1")
        self._on_error = on_error
        self.block_size = block_size
        self.longest_line = None
        self.prompt = False
        self.fold = tuple(name for name in FOLDS if name in fold)
        self._fold = folder(fold)
        self._used = False
        self.bytes_read = 0
        self.report = ReadReport()

    def __repr__(self) -> str:
        if self._texts is not None:
            return "Corpus.from_texts(...)"
        more = f", ... {len(self.paths):,} paths" if len(self.paths) > 3 else ""
        return f"Corpus([{', '.join(map(repr, self.paths[:3]))}{more}])"

    @property
    def _characters(self) -> int:
        """Of a block made from decoded text. Who reads the corpus may have lowered the block size."""
        return max(1, self.block_size // 2)

    @property
    def name(self) -> str:
        """Of its first file; empty for texts."""
        return self._sources[0].name if self._sources else ""

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
            records = self._checked_texts(self._texts)
            return self._cut(batches(records, self._characters, ended=False), "texts")
        return self._read_all()

    def _read_all(self) -> Iterator[Block]:
        for source in self._sources:
            yield from self._read(source.name, self._raw(source))

    def _checked_texts(self, texts: Iterable[str]) -> Iterator[Record]:
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
            yield text, number, number

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

    def _skip(self) -> None:
        self.report.skipped_lines += 1

    # --- one source ----------------------------------------------------------------------

    def _read(self, source: str, raw: Iterator[bytes]) -> Iterator[Block]:
        self.report.files += 1
        chunks = self._counted(raw)
        chunks = self._measured(decompress(chunks, source))

        def found(encoding: str) -> None:
            self.report.encodings[source] = encoding

        chunks, encoding = to_utf8(chunks, source, self._encoding, self._on_error, found)
        if encoding != self._encoding:
            found(encoding)
        whole_lines = (
            self._on_error == "skip" or self._field is not None or self._column is not None
        )
        pieces: Iterable[Piece] = self._pieces(chunks, source, whole_lines)
        if self._on_error == "replace":
            pieces = self._replaced(pieces)
        skipped = self._skip if self._on_error == "skip" else None
        if self._field is not None:
            records = json_texts(pieces, source, self._field, self._whole, skipped)
        elif self._column is not None:
            records = column_texts(pieces, source, self._column, skipped)
        else:
            pieces = refuse_json_lines(pieces, source)
            if self._on_error == "skip":
                pieces = self._kept(pieces)
            yield from self._cut(pieces, source)
            return
        yield from self._cut(batches(records, self._characters, ended=True), source)

    def _raw(self, source: Source) -> Iterator[bytes]:
        try:
            if source.name == "-":
                yield from stdin_chunks(self.block_size, prompt=self.prompt)
                return
            with open(source.name, "rb", buffering=0) as file:
                if self.prompt and source.size is None:
                    yield from pipe_chunks(file, file.read, self.block_size, prompt=True)
                while chunk := file.read(self.block_size):
                    yield chunk
        except OSError as error:
            raise DataError(source.name, None, reason(error)) from None

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_read += len(chunk)
            yield chunk

    def _measured(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.report.bytes += len(chunk)
            yield chunk

    def _pieces(self, chunks: Iterable[bytes], source: str, whole_lines: bool) -> Iterator[Piece]:
        """UTF-8 chunks -> pieces of about block_size; whole_lines: however long a line is."""
        size = max(self.block_size, 4)
        parts: list[bytes] = []
        length = 0
        endless = False  # no line ends in parts: wait for a chunk that has a line end
        position, line = 0, 1
        fresh = False  # a line ends in parts: something to hand on in a lull
        if self.longest_line is not None:
            chunks = short_lines(chunks, source, self.longest_line)
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
            if goes_on and not (whole_lines or lull):
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
            fresh = data.endswith(b"\r")
            if lull:
                yield LULL
        data = b"".join(parts)
        if position == 0:
            data, position = _without_bom(data)
        if data:
            yield self._decode(data, len(data), source, line, position, False)[0]

    def _decode(
        self, data: bytes, end: int, source: str, line: int, position: int, goes_on: bool
    ) -> tuple[Piece, int]:
        """data[:end] as text, and how many bytes that took (fewer: the last character is cut)."""
        view = memoryview(data)[:end]
        try:
            text, used = codecs.utf_8_decode(view, "strict", not goes_on)
            return Piece(text, LineNumbers(line), goes_on, False), used
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
        return Piece(text, LineNumbers(line), goes_on, True), used

    def _replaced(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            if piece.marked:
                self.report.replaced += piece.text.count(MARK)
                piece = piece._replace(text=piece.text.replace(MARK, "\ufffd"), marked=False)
            yield piece

    def _kept(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Pieces without the lines that have bad bytes."""
        for piece in pieces:
            if not piece.marked:
                yield piece
                continue
            kept: list[str] = []
            numbers = array("q")
            for number, line in enumerate(lines_of(piece.text), piece.lines.first):
                if MARK in line:
                    self.report.skipped_lines += 1
                    continue
                numbers.append(number)
                kept.append(line)
            if kept:
                yield Piece("".join(kept), LineNumbers.listed(numbers), False, False)

    # --- blocks --------------------------------------------------------------------------

    def _cut(self, pieces: Iterable[Piece], source: str) -> Iterator[Block]:
        """Pieces -> blocks."""
        size = self._characters
        head: list[str] = []  # text in which there is no place to cut
        tail = ""  # what follows it and has not been searched
        lines = LineNumbers()
        joined = inside = False
        for piece in pieces:
            text = piece.text
            if piece is LULL:
                yield Block("", source, lines, inside=True)
                continue
            step = size if len(text) > 4 * size else 4 * size  # usually one round
            for start in range(0, len(text), step):
                if start == 0 and not head and not tail:
                    lines = piece.lines
                tail += text[start : start + step]
                if not piece.goes_on and start + step >= len(text):
                    whole = "".join(head) + tail if head else tail
                    yield self._block(whole, source, lines, joined, inside)
                    head, tail, joined, inside = [], "", False, False
                    continue
                cut, clean = self._place_to_cut(tail)
                if not cut:
                    head.append(tail[: -FOLD_CONTEXT - 1])
                    tail = tail[-FOLD_CONTEXT - 1 :]
                    continue
                whole = "".join(head) + tail[:cut]
                yield self._block(whole, source, lines, joined, inside)
                lines = lines.after(count_line_breaks(whole))
                head, tail, joined = [], tail[cut:], not clean
                inside = not whole.endswith(("\n", "\r"))
        if head or tail:
            yield self._block("".join(head) + tail, source, lines, joined, inside)

    def _block(
        self, text: str, source: str, lines: LineNumbers, joined: bool, inside: bool
    ) -> Block:
        self.report.characters += len(text)
        if self._fold is not None:
            text = self._fold(text)
        return Block(text, source, lines, joined, inside)

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
            if not cut or fold_stops(self._fold, text, cut, clean):
                return cut, clean
            cut, clean = find_cut(text[: cut - 1])
        return 0, False


def join_small(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """Small sources as one text of up to `size` characters, a line end between two of them; other blocks as they are.

    The source and line of such a text are those of its first block. Ten thousand files of one line would else be ten
    thousand pieces of work, each with a cost of its own.
    """
    held: list[str] = []
    first: Block | None = None
    length = 0
    for block in blocks:
        text = block.text
        lull = not text
        # CR and LF of two files are two line ends.
        if first and (lull or block.inside or length + len(text) > size or held[-1].endswith("\r")):
            yield dataclasses.replace(first, text="".join(held))
            held, first, length = [], None, 0
        if lull:
            yield block
            continue
        if first and not held[-1].endswith("\n"):
            held.append("\n")
        first = first or block
        held.append(text)
        length += len(text) + 1
    if first:
        yield dataclasses.replace(first, text="".join(held))


# What a function that reads a corpus takes: the corpus, or where its text lies.
CorpusLike = Corpus | str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def as_corpus(source: CorpusLike, **reading: Any) -> Corpus:
    """A corpus as it is; of a path, or of several, the corpus of what is there.

    reading: settings of Corpus, for paths alone. Raises TypeError for settings beside a corpus, which has its own,
    and for anything else.
    """
    if isinstance(source, Corpus):
        if reading:
            raise TypeError(f"a Corpus has its own settings: leave out {', '.join(reading)}")
        return source
    if isinstance(source, str | os.PathLike):
        source = [source]
    if not isinstance(source, list | tuple):
        raise TypeError(
            "corpus must be a Corpus, a path or a list of paths; Corpus.from_texts takes an iterable of str"
        )
    return Corpus(source, **reading)


def _without_bom(data: bytes) -> tuple[bytes, int]:
    """UTF-8 without a byte order mark at its beginning, and how long that was."""
    return (data[3:], 3) if data.startswith(codecs.BOM_UTF8) else (data, 0)
