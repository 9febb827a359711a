"""Streams of bytes that somebody else reads -> Corpus: what the distributed engine counts on one worker."""

from __future__ import annotations

import contextlib
import dataclasses
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlptools.errors import DataError
from nlptools.text.blocks import Block
from nlptools.text.corpus import BLOCK_SIZE, DOCUMENTS_SIZE, Corpus, Opened
from nlptools.text.decoding import find_codec
from nlptools.text.documents import Documents
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.reading import SourceReader
from nlptools.text.tableformats import Rows


class Reading(NamedTuple):
    """How a source becomes text: the keywords of a Corpus."""

    encoding: str = "utf-8"
    on_error: str = "strict"
    field: str | None = None
    column: str | None = None
    fold: tuple[str, ...] = ()


class StreamCorpus(Corpus):
    """A corpus of (name, chunks of bytes or an open table), read once: each stream is what a file would be."""

    def __init__(
        self,
        streams: Iterable[tuple[str, Opened]],
        reading: Reading,
        *,
        block_size: int = BLOCK_SIZE,
    ) -> None:
        self._configure(reading.on_error, reading.fold, block_size)
        encoding = reading.encoding
        self._encoding = encoding if encoding == "auto" else find_codec(encoding)
        self._field, self._column = reading.field, reading.column
        self._texts = None
        self._sources = []
        self._opened = streams
        self.rereadable = False
        self.total_bytes = None

    def _streams(self) -> Iterator[tuple[str, Opened]]:
        yield from self._opened


class LineCorpus(StreamCorpus):
    """Lines of a large file, from somewhere in it: their numbers are told from there.

    data begins with an empty line, which is none of the file: without it a mark of the byte order would be looked for
    in the middle of a file.
    """

    def __init__(
        self, name: str, start: int, line: int | None, data: Iterator[bytes], reading: Reading
    ) -> None:
        """name: of the file. start: the byte of it at which the piece begins that these are lines of.

        line: the number of the first; None: who cuts a file does not count its lines, so they are told from that byte.
        """
        self.start = start
        self._shown = name if start == 0 or line is not None else f"{name}, from byte {start:,}"
        self._shift = (1 if line is None else line) - 2  # the empty line is the first
        super().__init__([(self._shown, data)], reading)

    def _reader(self, size: int) -> SourceReader:
        reader = super()._reader(size)
        reader.begun = self.start > 0
        return reader

    def blocks(self) -> Iterator[Block]:
        cut = int(self._field is None)  # no record comes of the empty line
        with self._placed():
            blocks = super().blocks()
            for block in blocks:
                self.report.bytes -= 1
                self.report.characters -= cut
                if block.text[cut:]:
                    yield self._block(block, block.text[cut:], block.lines.after(cut))
                break
            for block in blocks:
                yield self._block(block, block.text, block.lines)

    def documents(
        self, size: int = DOCUMENTS_SIZE, folder: Path | None = None
    ) -> Iterator[Documents]:
        lines = self._field is None and self._column is None
        with self._placed():
            for number, batch in enumerate(super().documents(size, folder)):
                self.report.bytes -= number == 0
                if lines:
                    batch, lines = batch.part(1, len(batch)), False
                places = array("q", (np.asarray(batch.lines, np.int64) + self._shift).tobytes())
                numbers = batch.numbers if self._field is not None else places
                yield dataclasses.replace(batch, lines=places, numbers=numbers)

    def _block(self, block: Block, text: str, lines: LineNumbers) -> Block:
        at = array("q", [number + self._shift for number in lines.to])
        lines = LineNumbers(lines.first + self._shift, lines.at, at)
        return dataclasses.replace(block, text=text, lines=lines)

    @contextlib.contextmanager
    def _placed(self) -> Iterator[None]:
        """What is wrong with a line has its number without the empty line."""
        try:
            yield
        except DataError as error:
            if error.path != self._shown or error.line is None:
                raise
            raise DataError(
                error.path, error.line + self._shift, error.problem, error.hint
            ) from None


class RowCorpus(StreamCorpus):
    """Rows of a large table, from somewhere in it."""

    def __init__(self, name: str, rows: Rows, reading: Reading) -> None:
        self.start = rows.first - 1
        super().__init__([(name, rows)], reading)


def reading_of(
    *,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: Sequence[str],
) -> Reading:
    """Checked as a Corpus would; ValueError for what makes no sense."""
    if field is not None and column is not None:
        raise ValueError("field and column exclude each other")
    reading = Reading(encoding, on_error, field, column, tuple(fold))
    corpus = StreamCorpus((), reading)
    return reading._replace(fold=corpus.fold)
