"""Messages: what a file says is escaped and cut, whatever it is."""

from __future__ import annotations

import pytest

from nlptools.errors import DataError, NlptoolsError, cell, cut, listed, quoted, visible

TITLE = "\x1b]0;title\x07"  # sets the title of a terminal's window


def test_visible() -> None:
    assert visible("甲\t乙\n\ud800 \u3000é\u202e") == "甲\\t乙\\n\\ud800 \u3000é\\u202e"
    assert visible("a\u3000\nb", keep="\n") == "a\\u3000\nb"
    assert visible(visible(TITLE)) == visible(TITLE) == "\\x1b]0;title\\x07"


def test_cut() -> None:
    assert cut("字" * 60) == "字" * 60
    assert cut("字" * 61) == "字" * 59 + "…"
    assert len(cut("\n" * 60)) == 60  # what is escaped counts as it is shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("天", "'天'"),
        ("天\n", "'天\\n'"),
        (b"\xe5\xa4\xa9\xff", "'天\ufffd'"),
        (b"x" * 10**6, f"'{'x' * 59}…'"),
        (["天"] * 100, repr(["天"] * 100)[:59] + "…"),
        (4.5, "4.5"),
    ],
)
def test_quoted(value: object, shown: str) -> None:
    assert quoted(value) == shown


def test_listed() -> None:
    assert listed(iter("abc")) == "a, b, c"
    assert listed(map(str, range(99)), 3) == "0, 1, 2, ..."
    assert listed([TITLE, "x" * 99]) == f"{visible(TITLE)}, {'x' * 59}…"


def test_cell() -> None:
    assert cell("a\tb\r\nc") == "a b  c"


def test_no_error_sends_signs_to_a_terminal() -> None:
    error = NlptoolsError(f"no {TITLE}\n", f"try {TITLE}")
    assert str(error) == "no \\x1b]0;title\\x07\\n"
    assert error.hint == "try \\x1b]0;title\\x07"
    data = DataError(f"{TITLE}.txt", 3, f"found {TITLE}" + "x" * 10**6)
    assert str(data).startswith("\\x1b]0;title\\x07.txt:3: found \\x1b")
    assert len(str(data)) < 10_000
    assert len(data.problem) < 10_000
