"""Results in a notebook: a DataFrame of columns, and one screenful of HTML."""

from __future__ import annotations

import math
import re
import warnings
from itertools import count

import numpy as np
import pytest

from nlptools.base.frames import SCREENFUL, html_table, to_frame

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandas warns of at import is not ours
    import pandas  # noqa: F401


def cells_of(text: str) -> list[list[str]]:
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in text.split("<tr>")[1:]]


def test_frame() -> None:
    frame = to_frame(
        {"word": ["葡萄", "皮"], "count": np.array([4, 2]), "pmi": [1.23456, math.inf]}
    )
    assert list(frame.columns) == ["word", "count", "pmi"]
    assert frame["word"].tolist() == ["葡萄", "皮"]
    assert frame["count"].tolist() == [4, 2]
    assert frame["pmi"].tolist() == [1.23456, math.inf]  # nothing is rounded
    assert len(to_frame({"word": []})) == 0
    with pytest.raises(ValueError, match="same length"):
        to_frame({"word": ["葡萄"], "count": [1, 2]})


def test_html_exactly() -> None:
    assert html_table(["word", "count"], [("葡萄", 1234)]) == (
        "<table>\n"
        '<thead><tr><th style="text-align: left">word</th>'
        '<th style="text-align: right">count</th></tr></thead>\n'
        "<tbody>\n"
        '<tr><td style="text-align: left">葡萄</td><td style="text-align: right">1,234</td></tr>\n'
        "</tbody>\n</table>"
    )


def test_cells() -> None:
    row = ["a<b>&", 1.23456, np.float64(-0.5), np.int64(1000), True, np.bool_(False), None]
    row += [math.nan, math.inf, "坏\udcff"]
    text = html_table([f"c{i}" for i in range(len(row))], [row])
    assert cells_of(text)[1] == [
        *("a&lt;b&gt;&amp;", "1.2346", "-0.5000", "1,000", "yes", "no", ""),
        *("", "inf", "坏\\udcff"),
    ]
    sides = re.findall(r"<td style=\"text-align: (\w+)\"", text)
    number = {1, 2, 3, 7, 8}
    assert sides == ["right" if i in number else "left" for i in range(len(row))]
    text.encode()


def test_a_screenful() -> None:
    full = html_table(["n"], [[i] for i in range(SCREENFUL)])
    assert len(cells_of(full)) == 1 + SCREENFUL
    assert "<p>" not in full
    more = html_table(["n"], [[i] for i in range(SCREENFUL + 1)])
    assert len(cells_of(more)) == 1 + SCREENFUL
    assert more.endswith(f"</table>\n<p>{SCREENFUL} of {SCREENFUL + 1} rows</p>")
    # No more is taken of an endless source than is shown.
    source = ([i] for i in count())
    assert html_table(["n"], source, total=12345).endswith(f"<p>{SCREENFUL} of 12,345 rows</p>")
    assert next(source) == [SCREENFUL]


def test_no_rows() -> None:
    assert cells_of(html_table(["word", "a & b"], [])) == [["word", "a &amp; b"]]


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        html_table(["word", "count"], [["葡萄"]])
    with pytest.raises(TypeError, match="total"):
        html_table(["word"], iter([["葡萄"]]))
