"""Columns -> a pandas DataFrame; rows -> an HTML table that fills a screen, for notebooks.

The only file that imports pandas, and only when somebody asks for a DataFrame. A result with columns has
`to_frame` and `_repr_html_`, and both are one call of these.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pandas import DataFrame as DataFrame  # for the annotations of every `to_frame`

SCREENFUL = 20  # rows of a table in a notebook
_DIGITS = 4
_NUMBER = ' style="text-align: right"'
_TEXT = ' style="text-align: left"'


def to_frame(columns: Mapping[str, Any]) -> DataFrame:
    """A DataFrame with these columns (lists or arrays of one length), in this order, nothing rounded.

    Raises ValueError when the lengths differ.
    """
    import pandas as pd

    return pd.DataFrame(dict(columns))


def html_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], *, total: int | None = None
) -> str:
    """The first SCREENFUL rows as an HTML table; a line below says how many there are in all.

    rows: cells in the order of the header. Of a long or lazy row source no more is taken than is shown.
    total: how many rows there are; None: `rows` is a list. Numbers stand at the right, floats with four
    digits; a truth value is yes or no; None and nan are an empty cell; all else is text, escaped.
    Raises ValueError for a row whose length is not that of the header, TypeError for a lazy source
    without a total.
    """
    if total is None:
        if not isinstance(rows, Sequence):
            raise TypeError("total must be given where rows is no list")
        total = len(rows)
    shown = [[_plain(cell) for cell in row] for row in itertools.islice(rows, SCREENFUL)]
    if any(len(row) != len(header) for row in shown):
        raise ValueError(f"every row must have {len(header)} cells, as the header has")
    numeric = [any(_is_number(row[i]) for row in shown) for i in range(len(header))]
    styles = [_NUMBER if right else _TEXT for right in numeric]
    lines = ["<table>", f"<thead>{_row('th', header, styles)}</thead>", "<tbody>"]
    lines += [_row("td", map(_cell, row), styles) for row in shown]
    lines += ["</tbody>", "</table>"]
    if total > len(shown):
        lines.append(f"<p>{len(shown):,} of {total:,} rows</p>")
    return "\n".join(lines)


def _row(tag: str, cells: Iterable[str], styles: Sequence[str]) -> str:
    inner = "".join(
        f"<{tag}{style}>{_escaped(cell)}</{tag}>" for cell, style in zip(cells, styles, strict=True)
    )
    return f"<tr>{inner}</tr>"


def _escaped(text: str) -> str:
    """HTML that can be sent as UTF-8, whatever bytes the corpus had."""
    import html

    return html.escape(text).encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(cell: object) -> object:
    return cell.item() if isinstance(cell, np.generic) else cell


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _cell(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:,.{_DIGITS}f}" if isinstance(cell, float) else str(cell)
