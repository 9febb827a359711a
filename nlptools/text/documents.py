"""Texts of records, or lines -> documents in batches: each with its text, its place and the record it came from."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from nlptools.text.chars import count_line_breaks
from nlptools.text.folding import Fold
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.pieces import LULL, Piece, lines_of


@dataclass(frozen=True, slots=True)
class Documents:
    """Some documents of one source, in order: lines of plain text, records of any other format.

    source: the file they are from. numbers: of each in its source, from 1; for plain text that of the line.
    lines: the line in which the text of each begins; in Parquet, which has no lines, the row. texts: of each; where
    the field is a list of strings they are put together by line ends; a LongText (longtexts.py) for a line that is too
    long, where that was asked for. records: JSON Lines as they stand in the source,
    without the line end. rows: of CSV and TSV, header: the names of their columns, unless --column is a number.
    table: a RecordBatch of pyarrow with the rows of Parquet and Arrow, all columns of them.
    A batch without documents is a lull of a pipe, see Corpus.prompt.
    """

    source: str
    numbers: array[int]
    lines: array[int]
    texts: list[str]
    records: list[str] | None = None
    rows: list[list[str]] | None = None
    header: list[str] | None = None
    table: Any = None

    def __len__(self) -> int:
        return len(self.texts)

    def part(self, first: int, stop: int) -> Documents:
        """Those from `first` up to `stop`, counted from 0 in this batch."""
        return replace(
            self,
            numbers=self.numbers[first:stop],
            lines=self.lines[first:stop],
            texts=self.texts[first:stop],
            records=None if self.records is None else self.records[first:stop],
            rows=None if self.rows is None else self.rows[first:stop],
            table=None if self.table is None else self.table.slice(first, stop - first),
        )


def lull(source: str) -> Documents:
    """A batch without documents."""
    return Documents(source, array("q"), array("q"), [])


def line_documents(pieces: Iterable[Piece], source: str) -> Iterator[Documents]:
    """Pieces of whole lines of plain text -> its lines without their ends, the empty ones too."""
    for piece in pieces:
        if piece is LULL:
            yield lull(source)
            continue
        yield _lines_in(piece, source)


def _lines_in(piece: Piece, source: str) -> Documents:
    text = piece.text
    if "\r" in text:
        texts = [line.rstrip("\r\n") for line in lines_of(text)]
    else:
        texts = text.removesuffix("\n").split("\n")
    numbers = array("q", piece.lines.of(np.arange(len(texts))).tobytes())
    return Documents(source, numbers, numbers, texts)


def stored_documents(pieces: Iterable[Piece], source: str, folder: Path) -> Iterator[Documents]:
    """As line_documents, of pieces that may be parts of lines: a line that is too long lies in a file in the folder."""
    from nlptools.text.longtexts import stored_lines

    for found in stored_lines(pieces, folder):
        if isinstance(found, Piece):
            yield from line_documents([found], source)
            continue
        text, number = found
        numbers = array("q", [number])
        yield Documents(source, numbers, numbers, [cast(str, text)])


def text_documents(texts: Iterable[tuple[str, int]], source: str, size: int) -> Iterator[Documents]:
    """Strings and the number of each -> documents, up to about `size` characters in a batch."""
    numbers, batch, length = array("q"), list[str](), 0
    for text, number in texts:
        if batch and length + len(text) > size:
            yield Documents(source, numbers, numbers, batch)
            numbers, batch, length = array("q"), [], 0
        numbers.append(number)
        batch.append(text)
        length += len(text) + 1
    if batch:
        yield Documents(source, numbers, numbers, batch)


def sized(batches: Iterable[Documents], size: int) -> Iterator[Documents]:
    """Batches of more than `size` characters in parts of about that."""
    for batch in batches:
        ends = np.cumsum(np.fromiter(map(len, batch.texts), np.int64, len(batch)))
        first = 0
        while first < len(batch) and ends[-1] - (ends[first - 1] if first else 0) > size:
            before = int(ends[first - 1]) if first else 0
            stop = max(first + 1, int(np.searchsorted(ends, before + size, side="right")))
            yield batch.part(first, stop)
            first = stop
        if first < len(batch) or not len(batch):
            yield batch.part(first, len(batch)) if first else batch


def folded(batches: Iterable[Documents], fold: Fold | None) -> Iterator[Documents]:
    """Batches with their texts folded, as the blocks of a corpus are."""
    for batch in batches:
        if fold is None or not batch.texts:
            yield batch
            continue
        joined = "\n".join(batch.texts)
        alone = joined.count("\n") == len(batch) - 1
        # One call for many short texts: a fold keeps line ends and reaches across none.
        texts = fold(joined).split("\n") if alone else list(map(fold, batch.texts))
        yield replace(batch, texts=texts)


def joined(batches: Iterable[Documents], *, ended: bool) -> Iterator[Piece]:
    """Batches -> pieces of text, a line end between two documents. ended: see `separated`."""
    return separated(map(_piece, batches), ended=ended)


def separated(pieces: Iterable[Piece], *, ended: bool) -> Iterator[Piece]:
    """Pieces with a line end between two of them.

    ended: after the last one, too, where it would not be seen: an empty line is one, whatever follows or not.
    """
    held: Piece | None = None
    for piece in pieces:
        if held is not None:
            yield held._replace(text=held.text + "\n")
        held = piece
        if piece is LULL:
            yield LULL
            held = None
    if held is not None:
        unseen = ended and (not held.text or held.text.endswith(("\n", "\r")))
        yield held._replace(text=held.text + "\n" * unseen)


def _piece(batch: Documents) -> Piece:
    if not len(batch):
        return LULL
    text = "\n".join(batch.texts)
    if text.count("\n") == len(batch) - 1 and "\r" not in text:
        numbers = batch.lines
    else:
        numbers = array("q", _numbers(batch))
    return Piece(text, LineNumbers.listed(numbers), False, False)


def _numbers(batch: Documents) -> Iterator[int]:
    """The line in the source of each line of the texts."""
    # A cell with line ends in it stands on several lines; any other record on one.
    step = batch.rows is not None
    for first, text in zip(batch.lines, batch.texts, strict=True):
        yield first
        if "\n" in text or "\r" in text:
            # A lone CR at its end is part of the line end after it.
            more = count_line_breaks(text) - text.endswith("\r")
            yield from (first + step * line for line in range(1, more + 1))
