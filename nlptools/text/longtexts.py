"""Lines of plain text of many megabytes -> texts that lie in a file and are read by slices; nothing else is held.

A line of 60 MB is 40 MB as a str and several times that where it is decoded, put together and written. Here it stands as
code points in an unnamed file, 4 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import overload

import numpy as np

from nlptools.base.storage import Column, ColumnWriter, SpillFile
from nlptools.text.blocks import cut_blocks
from nlptools.text.chars import code_points
from nlptools.text.folding import Fold
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.pieces import LULL, Piece

MOST_HELD = 960_000  # characters of a line that are held as a str
SLICE = 1 << 18  # characters that are read at a time


class LongText:
    """A text in a file. As of a str there are len(text) and text[start:stop]; str(text) is all of it."""

    def __init__(self, parts: Iterable[str], folder: Path | None) -> None:
        """All parts, one after the other, in an unnamed file in the folder, which goes with this."""
        writer = ColumnWriter(np.uint32, SpillFile(folder))  # so that every character has its place
        for part in parts:
            writer.append(code_points(part))
        self._column: Column = writer.finish()
        self._folder = folder

    def __len__(self) -> int:
        return len(self._column)

    @overload
    def __getitem__(self, where: int) -> str: ...
    @overload
    def __getitem__(self, where: slice) -> str: ...
    def __getitem__(self, where: int | slice) -> str:
        if not isinstance(where, slice):
            where = slice(where, where + 1 or None)
        codes = self._column[where].astype("<u4", copy=False)
        return codes.tobytes().decode("utf-32-le", "surrogatepass")

    def __str__(self) -> str:
        return "".join(slices(self))

    def folded(self, fold: Fold | None, end: str) -> LongText:
        """The text and `end`, folded; by parts between which a fold does not reach."""
        parts = self._and(end)
        if fold is not None:
            blocks = cut_blocks(parts, "", SLICE, fold, lambda characters: None)
            return LongText((block.text for block in blocks), self._folder)
        return LongText((part.text for part in parts), self._folder)

    def _and(self, end: str) -> Iterator[Piece]:
        for part in slices(self):
            yield Piece(part, LineNumbers(), True, False)
        yield Piece(end, LineNumbers(), False, False)


def slices(text: str | LongText) -> Iterator[str]:
    """A text in parts that fit into memory; a str as it is."""
    if isinstance(text, str):
        yield text
        return
    for start in range(0, len(text), SLICE):
        yield text[start : start + SLICE]


def stored_lines(pieces: Iterable[Piece], folder: Path) -> Iterator[Piece | tuple[LongText, int]]:
    """Pieces, also of parts of lines -> pieces of whole lines; of a line of more than MOST_HELD characters the text and
    the number.
    """
    held: list[str] = []  # parts of a line
    size = 0
    first = LULL
    pieces = iter(pieces)
    for piece in pieces:
        if piece is LULL:
            yield piece
            continue
        if piece.goes_on:
            held.append(piece.text)
            size += len(piece.text)
            first = piece
            if size > MOST_HELD:
                line = _Line(held, pieces)
                held, size = [], 0
                yield LongText(line.parts(), folder), piece.lines[0]
                if line.rest is not None:
                    yield line.rest
            continue
        yield piece._replace(text="".join([*held, piece.text])) if held else piece
        held, size = [], 0
    if held:  # nothing was left for a last piece
        yield first._replace(text="".join(held), goes_on=False)


class _Line:
    """A line that is too long. rest: once it is read, the lines after it in its last piece."""

    def __init__(self, held: list[str], pieces: Iterator[Piece]) -> None:
        self._held, self._pieces = held, pieces
        self.rest: Piece | None = None

    def parts(self) -> Iterator[str]:
        """Of the line, without its end."""
        yield from self._held
        self._held.clear()
        for piece in self._pieces:
            if piece.goes_on or piece is LULL:
                yield piece.text
                continue
            ends = [at for at in map(piece.text.find, "\r\n") if at >= 0]
            end = min(ends, default=len(piece.text))
            yield piece.text[:end]
            after = end + (2 if piece.text[end : end + 2] == "\r\n" else 1)
            if after < len(piece.text):
                self.rest = Piece(piece.text[after:], piece.lines.after(1), False, False)
            return
