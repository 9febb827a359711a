"""Tables on a terminal: a screenful in columns, as wide and as high as it is; a pipe and a file get all rows as they are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from commandline import on_screen, posix, run, write
from hypothesis import given
from hypothesis import strategies as st
from places import NOVEL

from nlptools.cli.screen import ScreenSize, display_width, screenful, shortened

HEADER = ("word", "count", "pmi", "score", "known")
ROWS = [
    ("国家", 12345, 4.56789, 0.987, True),
    ("国家标准", 7, 12.3, 0.5, False),
    ("ISO标准", 80, float("inf"), float("nan"), False),
]


def lines(rows: Sequence[Sequence[object]], size: ScreenSize, **how: object) -> list[str]:
    text = "".join(screenful(HEADER, rows, len(rows), size=size, **how))  # type: ignore[arg-type]
    assert text.endswith("\n")
    return text.split("\n")[:-1]


def test_columns_are_in_line() -> None:
    """Han characters take two columns; a column of numbers has as many digits as its largest one needs for four."""
    assert lines(ROWS, ScreenSize(80, 24)) == [
        "word       count    pmi  score  known",
        "国家      12,345   4.57  0.987  yes",
        "国家标准       7  12.30  0.500  no",
        "ISO标准       80                no",
    ]


def test_a_column_that_says_nothing_is_left_out() -> None:
    rows = [("国", 1, None, 3.0, False), ("家", 2, None, 540.0, False)]
    assert lines(rows, ScreenSize(80, 24)) == [
        "word  count  score  known",
        "国        1      3  no",
        "家        2    540  no",
    ]
    assert lines([], ScreenSize(80, 24)) == ["word  count  pmi  score  known"]


def test_a_narrow_terminal_spares_columns() -> None:
    """First those that are named, then the last ones; the first column always stays."""
    narrow = lines(ROWS, ScreenSize(30, 24), least=("pmi",))
    assert narrow[0] == "word       count  score  known"
    assert narrow[-1] == "... 1 column more: -o FILE"
    assert lines(ROWS, ScreenSize(24, 24), least=("pmi",))[0] == "word       count  score"
    assert lines(ROWS, ScreenSize(24, 24))[0] == "word       count    pmi"
    assert lines(ROWS, ScreenSize(5, 24))[0] == "word"


@pytest.mark.parametrize(
    "height, quiet, shown",
    [(24, False, 17), (24, True, 21), (24, None, 100), (5, False, 3), (103, True, 100)],
)
def test_a_low_terminal_spares_rows(height: int, quiet: bool | None, shown: int) -> None:
    """Header, rows, the line that says so, a closing line of four lines if there is one, and the prompt."""
    rows = [(f"词{i}", i, 1.0, 1.0, False) for i in range(100)]
    found = lines(rows, ScreenSize(80, height), whole=quiet is None, quiet=bool(quiet))
    more = [f"... {100 - shown} more: -o FILE"] if shown < 100 else []
    assert found[shown + 1 :] == more
    assert found[shown].startswith(f"词{shown - 1} ")


def test_no_more_rows_are_taken_than_are_shown() -> None:
    endless = ((f"词{i}", i, 1.5, 1.5, False) for i in itertools.count())
    text = "".join(screenful(HEADER, endless, 10**6, size=ScreenSize(80, 24)))
    assert text.endswith("... 999,983 more: -o FILE\n")
    assert next(endless)[1] == 17


def test_long_words_and_signs_that_move_a_cursor() -> None:
    rows = [("长" * 40, 1, 1.0, 1.0, False), ("a\x1b]0;b\x07\n", 1, 1.0, 1.0, False)]
    found = lines(rows, ScreenSize(80, 24))
    assert found[1].startswith("长" * 14 + "...     ")
    assert found[2].startswith(r"a\x1b]0;b\x07\n  ")


@pytest.mark.parametrize(
    "text, width",
    [
        ("", 0),
        ("abc", 3),
        ("国家", 4),
        ("ＡＢ", 4),
        ("e\u0301", 1),
        ("𠮷\U00031350", 4),
        ("カｶ", 3),
    ],
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


@given(st.text(), st.integers(3, 40))
def test_shortened(text: str, most: int) -> None:
    found = shortened(text, most)
    assert display_width(found) <= most
    assert found == text or (found.endswith("...") and text.startswith(found[:-3]))


# --- terminals ---------------------------------------------------------------------------------


def rows_of(shown: list[str]) -> list[str]:
    """The words of a screenful."""
    assert shown[0].startswith("word ")
    return [line.split()[0] for line in shown[1:] if line and not line.startswith("...")]


@posix
def test_discover_on_a_terminal() -> None:
    """The best words of the table, as many as there is room for; the line of progress is gone."""
    words = run("discover", NOVEL, "-q", "--format", "plain").ok().out.split("\n")[:-1]
    shown = on_screen("discover", str(NOVEL), "-q", columns=80, lines=12)
    assert len(shown) == 12
    assert shown[-2] == f"... {len(words) - 9:,} more and 1 column: -o FILE"
    assert rows_of(shown) == words[:9]
    assert all(display_width(line) <= 80 for line in shown)


@posix
def test_the_closing_line_has_room() -> None:
    shown = on_screen(
        "discover", str(NOVEL), "--method", "entropy", columns=100, lines=16, LC_ALL="C"
    )
    assert len(rows_of(shown[:11])) == 10
    assert shown[11].startswith("... ")
    assert shown[12].startswith("nlptools ")
    assert len(shown[12]) < 300


@posix
def test_what_asks_for_more_than_a_screenful() -> None:
    """So many by --top, and a format by its name: all of it."""
    of = ["discover", str(NOVEL), "-q", "--method", "entropy"]
    assert len(rows_of(on_screen(*of, "-n", "30", columns=100, lines=12))) == 30
    shown = on_screen(*of, "--format", "tsv", columns=100, lines=12)
    assert "\n".join(shown) == run(*of).ok().out


@posix
def test_compare_on_a_terminal() -> None:
    write("a.txt", "国家标准，" * 5)
    write("b.txt", "国家标准，操作系统，" * 20)
    words = run("compare", "a.txt", "b.txt", "-q", "--format", "plain").ok().out.split()
    shown = on_screen("compare", "a.txt", "b.txt", "-q", columns=54, lines=24)
    assert rows_of(shown) == words
    assert shown[0].split() == ["word", "count_a", "count_b", "log_odds", "first_seen", "new"]


@posix
def test_a_dumb_terminal_has_no_line_of_progress(tmp_path: Path) -> None:
    of = ["train", str(NOVEL), "-o", str(tmp_path / "model")]
    shown = on_screen(*of, columns=200, lines=24, TERM="dumb")
    assert [line[:9] for line in shown] == ["nlptools ", ""]
