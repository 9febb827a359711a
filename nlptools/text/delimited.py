"""Lines of CSV or TSV -> the cells of each row, however long they are; cells -> a line of CSV."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any

LONGEST_CELL = 2**31 - 1  # characters


def _own_csv() -> ModuleType:
    """A copy of the C module behind csv, with a limit for cells of its own.

    The limit of 131,072 characters is one number for everybody in the process; raising it, even for as long as
    one file is read, would change what the program around us and its other threads read.
    """
    spec = importlib.util.find_spec("_csv")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.field_size_limit(LONGEST_CELL)
    return module


_CSV = _own_csv()
DelimitedError: type[Exception] = _CSV.Error  # what read_cells raises; not csv.Error


def read_cells(lines: Iterable[str], *, delimiter: str = ",", strict: bool = False) -> Any:
    """A reader as csv.reader makes it: rows of str, and `line_num`, the lines read so far.

    strict: DelimitedError for quotation marks in the wrong place. Lines keep their ends, or a line end inside
    a quoted cell is lost.
    """
    return _CSV.reader(lines, delimiter=delimiter, strict=strict)


class _Returned:
    """A file that hands back what is written to it; so does writerow, then."""

    def write(self, text: str) -> str:
        return text


# Only what is in the line terminator, too, gets quotation marks.
_writer = csv.writer(_Returned(), lineterminator="\n")


def csv_line(cells: Sequence[str]) -> str:
    """A row of CSV, without a line end after it.

    >>> csv_line(["a,b", "", "丙"])
    '"a,b",,丙'
    """
    return str(_writer.writerow(cells))[:-1]
