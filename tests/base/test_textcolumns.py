"""Columns of numbers and texts: woven as Python's own formatting does it, and found again in lines."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.base.textcolumns import Fields, TextTable, decimals, parse_number, weave, word_key

# Of 1, 3, 4, 5, 8, 9, 16, 17 and more bytes: on both sides of each width of a column.
WORDS = [
    "a",
    "天",
    "𠮷",
    "PM2.5",
    "天地a1",
    "</s>",
    "天地玄",
    "x" * 16,
    "x" * 17,
    "黄" * 30,
    "\x01",
]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text("ab天𠮷ÿ", min_size=1), min_size=1)


def texts_of(column: np.ndarray) -> list[str]:
    return weave([column, b"\n"]).decode().split("\n")[:-1]


# --- writing


def test_weave_by_hand() -> None:
    words = TextTable(["天", "PM2.5", "", "a" * 20])
    columns = [words[np.array([0, 1, 3])], b"\t", decimals(np.array([1.5, -20.25, 0]), 2), b"\n"]
    assert weave(columns) == f"天\t1.50\nPM2.5\t-20.25\n{'a' * 20}\t0.00\n".encode()
    assert weave([b"<", words[np.array([2, 2])], b">"]) == b"<><>"
    assert weave([words[np.array([], int)], b"\n"]) == b""


@given(TEXTS, st.data())
def test_weave_puts_the_cells_of_a_row_together(words: list[str], data: st.DataObject) -> None:
    """Long texts, of several columns of one row too, come to their places."""
    number = st.integers(0, len(words) - 1)
    rows = data.draw(st.lists(st.tuples(number, number), max_size=40))
    table = TextTable(words)
    left, right = np.array(rows, int).reshape(-1, 2).T
    expected = "".join(f"{words[a]} {words[b]}{words[a]};" for a, b in rows)
    assert weave([table[left], b" ", table[right], table[left], b";"]).decode() == expected


def test_few_long_texts_do_not_widen_a_column() -> None:
    table = TextTable(["天", "a" * 60])
    assert table[np.array([0] * 15 + [1])].short.dtype.itemsize == 4
    assert table[np.array([0, 1])].short.dtype.itemsize == 16


@given(st.lists(st.floats(-100, 100, width=32)), st.integers(0, 7))
@example([0.5, 1.5, -0.5, -0.0, 1e-8, -1e-8, 99.99999, 9.999999], 0)
@example([0.03125, -0.09375, 0.0001, -0.0001], 4)  # ties
def test_float32_as_python_writes_it(values: list[float], places: int) -> None:
    """Times 10**7 they are exact, so that even ties are rounded alike."""
    expected = [f"{value:.{places}f}" for value in values]
    expected = [text.lstrip("-") if not text.strip("-0.") else text for text in expected]
    assert texts_of(decimals(np.array(values, np.float32), places)) == expected


@given(st.lists(st.floats(-9e8, 9e8)), st.integers(0, 9))
@example([999.9999999, 9999.5, 123456789.125, -1000, -99999.75, 10000, 100000001], 3)
def test_float64_to_the_last_decimal(values: list[float], places: int) -> None:
    for value, text in zip(values, texts_of(decimals(np.array(values), places)), strict=True):
        assert re.fullmatch(r"-?(0|[1-9]\d*)" + (rf"\.\d{{{places}}}" if places else ""), text)
        off = abs(Decimal(text) - Decimal(value))
        assert off <= Decimal(10) ** -places / 2 + abs(Decimal(value)) * Decimal(2) ** -52
        assert not re.fullmatch("-[0.]+", text)


@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1)), st.integers(0, 9))
@example([0, 9, 10, 999, 1000, 9999, 10000, 10001, 100000000, -1, -1000, -10000, 20000000], 7)
def test_integers_have_no_decimals(values: list[int], places: int) -> None:
    assert texts_of(decimals(np.array(values, np.int64), places)) == [
        str(value) for value in values
    ]


def test_unsigned_integers() -> None:
    values = np.array([0, 7, 65535], np.uint16)
    assert texts_of(decimals(values, 0)) == ["0", "7", "65535"]


def test_short_whole_numbers() -> None:
    values = np.array([0, -0.0, -99, -1, 12, -1.5, 0.25, 1e-9, -1e-9, 1234567])
    expected = ["0", "0", "-99", "-1", "12", "-1.5000000", "0.2500000", "0", "0", "1234567"]
    assert texts_of(decimals(values, 7, short=True)) == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e30, -1e12])
def test_what_cannot_be_written(value: float) -> None:
    with pytest.raises(ValueError, match="cannot be written with 7 decimals"):
        decimals(np.array([0, value]), 7)


@pytest.mark.parametrize("value", [10**18, -(10**18), -(2**63)])
def test_integers_that_cannot_be_written(value: int) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        decimals(np.array([0, value], np.int64), 0)


# --- reading

BLANKS = st.text(" \t\r", min_size=1, max_size=3)
FIELD = (
    st.sampled_from(WORDS)
    | st.floats().map(str)
    | st.sampled_from(["1e-5", "-", "+", ".", "-.", "1_0"])
)
LINE = st.lists(FIELD, max_size=6)


@given(st.lists(st.tuples(LINE, BLANKS, st.sampled_from(["", " ", "\r", "\t "])), max_size=10))
def test_fields_are_what_stands_between_blanks(lines: list[tuple[list[str], str, str]]) -> None:
    rows = [[field.encode() for field in row] for row, _, _ in lines]
    text = "".join(end + blank.join(row) + end + "\n" for row, blank, end in lines)
    fields = Fields(text.encode())
    flat = [field for row in rows for field in row]
    assert fields.first.tolist() == [0, *np.cumsum([len(row) for row in rows]).tolist()]
    every = np.arange(len(flat))
    assert fields.texts(every) == flat
    keys, long = fields.words(every)
    assert long.tolist() == [i for i, field in enumerate(flat) if len(field) > 8]
    short = [i for i, field in enumerate(flat) if len(field) <= 8]
    assert keys[short].tolist() == [word_key(flat[i]) for i in short]
    expected = [parse_number(field) for field in flat]
    np.testing.assert_allclose(fields.numbers(every), expected, rtol=3e-16, equal_nan=True)


def test_word_keys_are_different() -> None:
    words = [b"a", b"b", b"ab", b"ba", b"12345678", b"12345679", "天".encode(), "地".encode()]
    assert len({word_key(word) for word in words}) == len(words)


@given(st.lists(st.decimals(-99, 99, places=8), min_size=1), st.integers(1, 8))
@example([Decimal("-0.00000001"), Decimal("-1.5"), Decimal("99.99999999")], 8)
def test_numbers_of_up_to_eight_decimals_are_exact(values: list[Decimal], places: int) -> None:
    texts = [f"{value:.{places}f}" for value in values]
    fields = Fields((" ".join(texts) + "\n").encode())
    assert fields.numbers(np.arange(len(texts))).tolist() == [float(text) for text in texts]


NUMBERS = {
    "0": 0.0,
    "-0": 0.0,
    "5": 5.0,
    "-99": -99.0,
    "+1.5": 1.5,
    "-1.": -1.0,
    ".5": 0.5,
    "-.5": -0.5,
    "123.456": 123.456,
    "007": 7.0,
    "-0.12345678901": -0.12345678901,
    "-1.0123456789012345": -1.0123456789012345,
    "-1.01234567890123456789": -1.0123456789012346,
    "-4.3e-05": -4.3e-05,
    "1E2": 100.0,
    "-inf": -math.inf,
    "-Infinity": -math.inf,
}
NO_NUMBERS = [
    "-",
    "+",
    ".",
    "-.",
    "--1",
    "1-",
    "1.2.3",
    "1.2-3",
    "1,5",
    "0x10",
    "1_0",
    "1.1_0",
    "1e",
    "nan",
    "天",
    "１",
    "1:5",
    "/1",
    "1/",
    "1.:",
    "1.5a",
    "-1.2345678:",
    "1.12345678a",
    "1.123456789a",
    "1.1234567a9",
    "1.1234567890123456a",
]


def test_numbers_by_hand() -> None:
    fields = Fields((" ".join([*NUMBERS, *NO_NUMBERS]) + "\n").encode())
    found = fields.numbers(np.arange(len(NUMBERS) + len(NO_NUMBERS)))
    np.testing.assert_allclose(found[: len(NUMBERS)], list(NUMBERS.values()), rtol=3e-16)
    wrong = np.flatnonzero(~np.isnan(found[len(NUMBERS) :]))
    assert [NO_NUMBERS[i] for i in wrong] == []
