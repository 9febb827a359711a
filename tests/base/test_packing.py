"""Whole numbers and strings in few bytes: they come back, and what is damaged is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base.packing import (
    MOST_BYTES,
    JoinedStrings,
    as_joined,
    pack,
    pack_strings,
    unpack,
    unpack_strings,
)

NUMBERS = st.lists(st.integers(-(1 << 62), 1 << 62) | st.integers(-300, 300), max_size=50)


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.booleans())
def test_numbers_come_back(numbers: list[int], differences: bool) -> None:
    if differences:
        numbers = [n >> 1 for n in numbers]
    data, facts = pack(np.array(numbers, np.int64), differences=differences)
    assert unpack(data, facts).tolist() == numbers


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)))
def test_strings_come_back(strings: list[str]) -> None:
    packed = pack_strings(strings)
    found = unpack_strings(unpack(*packed["text"]), unpack(*packed["lengths"]))
    assert list(found) == strings
    assert [found[i] for i in range(len(found))] == strings
    assert found[1:3] == strings[1:3]


def test_small_numbers_take_few_bytes() -> None:
    data, facts = pack(np.arange(10**6, 0, -1), differences=True)
    assert facts == {
        "length": 10**6,
        "planes": 3,
        "signed": True,
        "differences": True,
    }  # the first is large
    assert len(data) < 5000


@pytest.mark.parametrize(
    "wrong",
    [
        {"length": 3},
        {"length": 5},
        {"length": -1},
        {"length": 4.0},
        {"planes": 2},
        {"planes": 9},
        {"planes": None},
        {"length": MOST_BYTES + 1, "planes": 0},
        {"length": MOST_BYTES, "planes": 8},
    ],
)
def test_other_sizes(wrong: dict[str, Any]) -> None:
    data, facts = pack(np.arange(4))
    with pytest.raises(ValueError, match="column"):
        unpack(data, facts | wrong)


def test_damage() -> None:
    data, facts = pack(np.arange(400))
    for bad in (data[:-9], data[3:], np.zeros(9, np.uint8)):
        with pytest.raises(ValueError, match=r"."):
            unpack(bad, facts)


@pytest.mark.parametrize(
    ("units", "lengths"),
    [
        ([97, 98], [1]),
        ([97], [1, 0]),
        ([97], [2, -1]),
        ([1 << 16], [1]),
        ([-1], [1]),
        ([0xD800], [1]),
    ],
)
def test_strings_that_cannot_be(units: list[int], lengths: list[int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack_strings(np.array(units), np.array(lengths))


def test_joined_strings_of_nothing() -> None:
    assert list(JoinedStrings("", np.zeros(0, np.int64))) == []


STRINGS = ["山", "", "人工智能", "\U00020000\ud800", "山"]


def test_joined_strings_are_taken_by_rows() -> None:
    strings = as_joined(STRINGS)
    rows = np.array([3, 0, 0, 1, 4])
    assert list(strings.take(rows)) == [STRINGS[i] for i in rows]
    assert strings.take(rows[:0]) == []
    assert strings.codes.tolist() == [ord(c) for c in "".join(STRINGS)]


def test_joined_strings_are_like_a_list() -> None:
    strings = as_joined(STRINGS)
    assert as_joined(strings) is strings
    assert strings == STRINGS and strings != STRINGS[:-1] and strings != "山"
    assert strings + as_joined(["水"]) == [*STRINGS, "水"]
    assert strings[1:4] == STRINGS[1:4] and strings[-1] == "山"


@pytest.mark.parametrize(
    ("lengths", "shown"),
    [
        ([], "<0 strings: >"),
        ([1, 2], "<2 strings: '国', '家标'>"),
        ([1] * 4, "<4 strings: '国', '家', '标', ...>"),
    ],
)
def test_what_is_shown(lengths: list[int], shown: str) -> None:
    text = "国家标准"[: sum(lengths)]
    assert repr(JoinedStrings(text, np.array(lengths, np.uint8))) == shown
