"""Text with lines of many megabytes -> pieces that can be tokenized alone; the columns of a line that wait for each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlptools.base.spool import Spool

PIECE = 1 << 18  # characters that are tokenized at a time: their arrays stay in the cache
LONG = 4 * PIECE  # a line of more characters is tokenized in pieces
# Every pre-segmenter cuts on both sides of these, and no small letter depends on what is beyond: so no
# control characters, which are left out of words, and no colon, which a sigma that ends a word looks past.
_SAFE = re.compile("[ \\t\u3000。，！？；、（）《》“”]")
_ROOM = 1 << 22  # bytes in memory for a column of one line


def is_long(text: str) -> bool:
    """Whether a text is a single line, with its end, that is tokenized in pieces."""
    return len(text) > LONG and text.find("\n") == len(text) - 1


def whole_lines(text: str, end: int) -> Iterator[tuple[int, int]]:
    """Spans of whole lines, of about PIECE characters, up to `end`, where a line ends; a long line is one of its own."""
    start = 0
    while start < end:
        stop = text.find("\n", start + PIECE, end) + 1 if end - start > PIECE else end
        stop = stop or end
        if stop - start > LONG:
            stop = text.rfind("\n", start, start + PIECE) + 1 or stop
        yield start, stop
        start = stop


def safe_cut(text: str, start: int, stop: int) -> int:
    """Where to cut a text that goes on, after about PIECE characters; `stop`, its end, where it is short, 0: nowhere."""
    if stop - start <= LONG:
        return stop
    for size in (PIECE, LONG - PIECE):
        if places := [found.end() for found in _SAFE.finditer(text, start, start + size)]:
            return places[-1]
    return 0


class LongLine:
    """The object of one line, whose columns are all made at once, and written one after the other.

    They wait as text, in a file where they are long: as lists they would take a hundred times the line.
    """

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        """names: of the columns; folder: where they wait."""
        self._columns = {name: Spool(_ROOM, folder) for name in names}

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """The next cells of each column."""
        for column, cells in zip(self._columns.values(), rows, strict=True):
            if cells:
                text = ", " * bool(len(column)) + ", ".join(cells)
                column.append(np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8))

    def pieces(self, text: str) -> Iterator[str]:
        """The object with its line end; text: its first member, in JSON."""
        yield f'{{"text": {text}'
        for name, column in self._columns.items():
            yield f', "{name}": ['
            for cells in column:
                yield cells.tobytes().decode("utf-8", "surrogatepass")
            yield "]"
        yield "}\n"
