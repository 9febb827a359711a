"""Strings -> their rows: what a dict says, for duplicates, empty strings and hashes that are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.base import stringindex
from nlptools.base.packing import JoinedStrings
from nlptools.base.stringindex import StringIndex

TEXTS = st.lists(st.text("国家ab\U00020000", max_size=4))


def rows_of(strings: list[str], asked: list[str]) -> list[int]:
    number = {string: row for row, string in enumerate(strings)}  # the last of equal ones
    return [number.get(string, -1) for string in asked]


@given(TEXTS, TEXTS)
def test_rows_are_those_of_a_dict(strings: list[str], asked: list[str]) -> None:
    asked += strings
    assert StringIndex(strings).rows(asked).tolist() == rows_of(strings, asked)


def test_joined_strings() -> None:
    index = StringIndex(JoinedStrings("国家标准", np.array([2, 0, 1, 1])))
    assert len(index) == 4
    assert index.rows(["标", "国家", "", "家"]).tolist() == [2, 0, 1, -1]


@given(TEXTS, TEXTS)
def test_strings_of_the_same_hash(strings: list[str], asked: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stringindex, "_hashes", lambda of: of.lengths.astype(np.uint64) << 60)
        asked += strings
        assert StringIndex(strings).rows(asked).tolist() == rows_of(strings, asked)
