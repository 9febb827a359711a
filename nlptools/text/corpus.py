"""Sources (sources.py) or strings -> Corpus: blocks of text of several MB, or documents, afresh on every loop.

One source passes through reading.py; its pieces of text become blocks (blocks.py), or its documents (documents.py) stay
whole. Both are folded (folding.py). Lines end at LF, CRLF or lone CR, and at nothing else.
"""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from nlptools.text.blocks import Block, cut_blocks
from nlptools.text.decoding import find_codec
from nlptools.text.documents import Documents, folded, joined, sized, text_documents
from nlptools.text.folding import FOLDS, folder
from nlptools.text.lookup import lookup
from nlptools.text.pieces import Piece
from nlptools.text.pipes import pipe_chunks
from nlptools.text.reading import ReadReport, SourceReader
from nlptools.text.remote import is_remote, open_remote, remote_errors
from nlptools.text.sources import Source, find_sources, reading_errors, stdin_chunks
from nlptools.text.tableformats import HEAD as TABLE_HEAD
from nlptools.text.tableformats import Rows, is_table
from nlptools.text.tables import TableFile

BLOCK_SIZE = 4 << 20
DOCUMENTS_SIZE = 1 << 18  # characters in a batch of documents
ON_ERROR = ("strict", "replace", "skip")
TABLE_SUFFIXES = (".parquet", ".arrow", ".feather")
# 45 MB are its code, the rest pages of a column that are unpacked: 1.8 GB of text in one row group, texts from 40 bytes to
# 3 MB, take 175 MB to read where plain text takes 65.
TABLE_MEMORY = 110_000_000
LEAST_ROOM = 50_000_000  # a count with less than 75 MB takes as much as with 75
Part = TypeVar("Part")
Opened = Iterator[bytes] | io.IOBase | Rows


class Corpus:
    """Text of files, folders, patterns (`**` too) and `-` (stdin) as blocks or documents.

    Paths are expanded here, so that a missing file fails now. One with a scheme (hf://, s3://, https://) is read from
    there by fsspec. A file found through a folder or a
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
    any_text: bool  # a list or a model: mark-up and JSON are not refused by their content
    # Of stdin and named pipes: what is there is given as soon as nothing more comes for now, and a block without text
    # after it (pipes.py). Changes no result, unless encoding is "auto" and the first lines mislead.
    prompt: bool
    fold: tuple[str, ...]  # in the order in which they are applied
    report: ReadReport
    paths: list[str]  # as they were given; none for texts
    _encoding: str
    _field: str | None
    _column: str | None
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
        self.rereadable = all(source.rereadable for source in self._sources)
        sizes = [source.size for source in self._sources]
        self.total_bytes = None if None in sizes else sum(size or 0 for size in sizes)

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
        self._encoding, self._field, self._column = "utf-8", None, None
        self.block_size = block_size
        self.longest_line = None
        self.any_text = False
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

    def room(self, memory: int) -> int:
        """What is left of so many bytes for who counts the text: pyarrow, which reads tables, takes TABLE_MEMORY."""
        tables = any(source.name.lower().endswith(TABLE_SUFFIXES) for source in self._sources)
        return max(LEAST_ROOM, memory - TABLE_MEMORY) if tables else memory

    def blocks(self) -> Iterator[Block]:
        """Read everything, from the beginning.

        Raises ValueError on the second call where the input can be read only once, and DataError
        while reading.
        """
        self._begin()
        return self._blocks()

    def documents(
        self, size: int = DOCUMENTS_SIZE, folder: Path | None = None
    ) -> Iterator[Documents]:
        """Read everything, from the beginning: each line of plain text, each record of any other format.

        Batches of about `size` characters, in order; an empty line is a document, too. A long one is held whole;
        with a folder a line of plain text of a million characters is a LongText that lies there (longtexts.py).
        Raises as blocks() does.
        """
        if size < 1:
            raise ValueError("size must be at least 1")
        self._begin()
        # Of a Han character, which has three bytes.
        reader = self._reader(max(1, min(self.block_size, 3 * size)))
        folder = folder if self._fold is None else None
        batches = self._read_documents(reader, size, folder)
        return self._measured(folded(sized(batches, size), self._fold))

    def _begin(self) -> None:
        if self._used and not self.rereadable:
            raise ValueError(
                "this corpus can be read only once: it comes from a pipe, stdin or an iterator"
            )
        self._used = True
        self.bytes_read = 0
        self.report = ReadReport()

    def _reader(self, size: int) -> SourceReader:
        return SourceReader(
            self._encoding,
            self._on_error,
            self._field,
            self._column,
            size,
            self.longest_line,
            self.any_text,
            self.report,
        )

    def _blocks(self) -> Iterator[Block]:
        reader = self._reader(self.block_size)
        records = self._field is not None or self._column is not None
        if self._texts is not None:
            batches = text_documents(self._checked_texts(reader), "texts", self._characters)
            yield from self._cut(joined(batches, ended=False), "texts")
        for source, opened in self._streams():
            self.report.files += 1
            if isinstance(opened, io.IOBase | Rows):
                table = reader.table(cast(BinaryIO | Rows, opened), source)
                pieces = self._counted_table(table, table.pieces())
            elif records:
                batches = reader.documents(self._counted(opened), source, keep=False)
                pieces = joined(batches, ended=True)
            else:
                pieces = reader.pieces(self._counted(opened), source)
            yield from self._cut(pieces, source)

    def _read_documents(
        self, reader: SourceReader, size: int, folder: Path | None
    ) -> Iterator[Documents]:
        if self._texts is not None:
            yield from text_documents(self._checked_texts(reader), "texts", size)
        for source, opened in self._streams():
            self.report.files += 1
            if isinstance(opened, io.IOBase | Rows):
                table = reader.table(cast(BinaryIO | Rows, opened), source)
                yield from self._counted_table(table, table.documents())
            else:
                chunks = self._counted(opened)
                yield from reader.documents(chunks, source, keep=True, folder=folder)

    def _measured(self, batches: Iterable[Documents]) -> Iterator[Documents]:
        for batch in batches:
            self.report.characters += sum(map(len, batch.texts))
            yield batch

    def _cut(self, pieces: Iterable[Piece], source: str) -> Iterator[Block]:
        return cut_blocks(pieces, source, self._characters, self._fold, self._count)

    def _count(self, characters: int) -> None:
        self.report.characters += characters

    def _checked_texts(self, reader: SourceReader) -> Iterator[tuple[str, int]]:
        assert self._texts is not None
        self.report.files = 1
        for number, text in enumerate(self._texts, 1):
            if not isinstance(text, str):
                raise TypeError(f"texts must be str, not {type(text).__name__}")
            try:
                size = len(text.encode("utf-8"))
            except UnicodeEncodeError:
                good = reader.whole(text, "texts", number)
                if good is None:
                    continue
                text, size = good, len(good.encode("utf-8"))
            self.report.bytes += size
            self.bytes_read += size
            yield text, number

    # --- sources -------------------------------------------------------------------------

    def _streams(self) -> Iterator[tuple[str, Opened]]:
        """Name of each source and its bytes, or itself where it is a table: Parquet, Arrow."""
        for source in self._sources:
            name = source.name
            if not source.rereadable:
                yield name, self._raw(source)
                continue
            errors = remote_errors if is_remote(name) else reading_errors
            with errors(name):
                file = _opened(name)
            with file:
                with errors(name):
                    head = file.read(TABLE_HEAD)
                    again = file.seekable()
                    if again:
                        file.seek(0)
                if again and is_table(head):
                    yield name, cast(io.IOBase, file)
                else:
                    yield name, self._chunks(file, name, b"" if again else head)

    def _raw(self, source: Source) -> Iterator[bytes]:
        """The bytes of stdin, a named pipe or a device."""
        with reading_errors(source.name):
            if source.name == "-":
                yield from stdin_chunks(self.block_size, prompt=self.prompt)
                return
            with open(source.name, "rb", buffering=0) as file:
                if self.prompt:
                    yield from pipe_chunks(file, file.read, self.block_size, prompt=True)
                yield from self._chunks(cast(BinaryIO, file), source.name)

    def _chunks(self, file: BinaryIO, name: str, head: bytes = b"") -> Iterator[bytes]:
        if head:
            yield head
        with remote_errors(name) if is_remote(name) else reading_errors(name):
            while chunk := file.read(self.block_size):
                yield chunk

    def _counted_table(self, table: TableFile, parts: Iterable[Part]) -> Iterator[Part]:
        """What a table gives; its bytes are counted by its rows."""
        before, text = self.bytes_read, self.report.bytes
        for part in parts:
            self.bytes_read = before + int(table.size * table.share)
            self.report.bytes = text + table.bytes
            yield part
        self.bytes_read = before + table.size

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.bytes_read += len(chunk)
            yield chunk


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


def _opened(name: str) -> BinaryIO:
    if is_remote(name):
        return open_remote(name)
    return cast(BinaryIO, open(name, "rb", buffering=0))
