"""Rows of a table + the size of the terminal -> a screenful: columns in line, numbers short, what is best first.

For people; a pipe and a file get all rows as they are. Widths are those of East Asian Width: a Han character takes two
columns, a combining mark none, what is ambiguous one, as terminals have it.
"""

from __future__ import annotations

import itertools
import math
import shutil
import sys
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from nlptools.cli.console import given_options
from nlptools.errors import visible

_GAP = "  "
_LEAST_ROWS = 3  # however low the terminal is
_CLOSING = 250  # characters of a closing line, about; it may go over several lines
_DIGITS = 4  # of a number, where it has a fraction
_NO_WIDTH = ("Mn", "Me", "Cf")
_LONGEST_TEXT = 32  # columns of a text in a row, of which half a narrow terminal is the most
_ELLIPSIS = "..."


@dataclass(frozen=True)
class ScreenSize:
    """Of a terminal, in columns and lines."""

    columns: int
    lines: int

    @staticmethod
    def now() -> ScreenSize:
        """That of stdout; 80 by 24 where it does not say, or COLUMNS and LINES."""
        columns, lines = shutil.get_terminal_size()
        return ScreenSize(max(columns, 2), max(lines, 2))


def on_screen(output: str | None) -> bool:
    """Whether a command's table is for people: it goes to a terminal, and no format was asked for."""
    if output is not None or sys.stdout is None or not sys.stdout.isatty():
        return False
    return "how" not in given_options()


def screenful(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    total: int,
    *,
    every: str = "-o FILE",
    least: Sequence[str] = (),
    whole: bool = False,
    quiet: bool = False,
    size: ScreenSize | None = None,
) -> Iterator[str]:
    """The first rows, as many as fit above the closing line; then how many more there are, and what gives them all.

    rows: of the best first, `total` in all; no more are taken than are shown. every: the option that gives all. least:
    the columns that a narrow terminal can spare, first of all the first; after them the last ones go, all but the
    first. whole: all rows, as somebody asked for so many. quiet: no closing line follows.
    """
    size = size or ScreenSize.now()
    below = 1 if quiet else 1 + -(-_CLOSING // size.columns)  # the prompt of the shell is one
    number = total if whole else max(_LEAST_ROWS, size.lines - below - 2)
    if total == number + 1:  # the line that would say so has room for it
        number += 1
    shown = list(itertools.islice(rows, number))
    texts = _filled(header, shown, size)
    columns = _fitting(texts, least, size.columns)
    for line in zip(*(_aligned(column) for column in columns), strict=True):
        yield _GAP.join(line).rstrip() + "\n"
    if told := _more(total - len(shown), len(texts) - len(columns)):
        yield f"... {told}: {every}\n"


@dataclass(frozen=True)
class _Texts:
    """A column: its name and its cells as they are shown."""

    name: str
    cells: list[str]
    right: bool

    @property
    def width(self) -> int:
        return max(map(display_width, (self.name, *self.cells)))


def _filled(header: Sequence[str], rows: list[Sequence[object]], size: ScreenSize) -> list[_Texts]:
    """The columns that say something in these rows; all of them where there are none."""
    if not rows:
        return [_Texts(name, [], False) for name in header]
    most = max(4, min(_LONGEST_TEXT, size.columns // 2))
    columns = (
        _texts(name, column, most)
        for name, column in zip(header, zip(*rows, strict=True), strict=True)
    )
    return [column for number, column in enumerate(columns) if not number or any(column.cells)]


def _texts(name: str, cells: Sequence[object], most: int) -> _Texts:
    # A bool is an int as well.
    numbers = [c for c in cells if isinstance(c, int | float) and not isinstance(c, bool)]
    digits = _decimals(numbers)
    return _Texts(name, [_cell(cell, digits, most) for cell in cells], bool(numbers))


def _decimals(numbers: Collection[float]) -> int:
    """Digits after the point, the same in a column: four digits of its largest number, none of whole ones."""
    finite = [abs(number) for number in numbers if math.isfinite(number)]
    if all(number == int(number) for number in finite):
        return 0
    return max(0, _DIGITS - len(str(int(max(finite) + 0.5))))


def _cell(cell: object, digits: int, most: int) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.{digits}f}" if math.isfinite(cell) else ""
    return shortened(visible(str(cell)), most)


def _fitting(columns: list[_Texts], least: Sequence[str], width: int) -> list[_Texts]:
    """The columns for which there is room."""
    names = [column.name for column in columns]
    spare = [name for name in least if name in names]
    spare += [name for name in reversed(names[1:]) if name not in spare]
    kept = list(columns)
    for name in spare:
        if sum(column.width for column in kept) + len(_GAP) * (len(kept) - 1) <= width:
            break
        kept = [column for column in kept if column.name != name]
    return kept


def _aligned(column: _Texts) -> list[str]:
    """The name and the cells, filled with blanks."""
    width = column.width
    blanks = [" " * (width - display_width(cell)) for cell in (column.name, *column.cells)]
    pairs = zip((column.name, *column.cells), blanks, strict=True)
    return [blank + cell if column.right else cell + blank for cell, blank in pairs]


def _more(rows: int, columns: int) -> str:
    named = "1 column" if columns == 1 else f"{columns} columns"
    if rows > 0:
        return f"{rows:,} more and {named}" if columns else f"{rows:,} more"
    return f"{named} more" if columns else ""


def display_width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in _NO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, most: int) -> str:
    """A text of at most so many columns, with dots at its end where more follows."""
    if display_width(text) <= most:
        return text
    ends = itertools.accumulate(map(_width, text))
    room = max(0, most - len(_ELLIPSIS))
    return text[: sum(end <= room for end in ends)] + _ELLIPSIS
