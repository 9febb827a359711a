"""Ids of runs and numerals by whole arrays: what a dict of them has."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.segmentation.runnames import RunNames
from nlptools.text import chars

CELLS = st.text(st.sampled_from("aab0第二\0\uffff𝐀𝟙"), min_size=1, max_size=7)


@given(st.dictionaries(CELLS, st.integers(1, 2**32 - 1), max_size=12), st.lists(CELLS, max_size=20))
@example({"a": 1, "a\0": 2, "aa": 3, "aaab": 4, "𝐀a": 5}, ["a\0", "a", "aaa", "aaab", "𝐀a", "𝐀"])
def test_ids_are_those_of_a_dict(names: dict[str, int], cells: list[str]) -> None:
    asked = [*cells, *names]
    stops = np.cumsum([len(cell) for cell in asked], dtype=np.int64)
    starts = stops - [len(cell) for cell in asked]
    found = RunNames(names).find(chars.code_points("".join(asked)), starts, stops)
    assert found.tolist() == [names.get(cell, 0) for cell in asked]
