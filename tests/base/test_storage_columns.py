"""Columns in memory and in files: where a value would stand."""

from __future__ import annotations

import bisect

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base import storage


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 300), max_size=60).map(sorted),
    st.integers(-2, 1 << 33),
    st.sampled_from([np.uint16, np.uint32, np.uint64]),
)
def test_lower_bound(values: list[int], value: int, dtype: type[np.generic]) -> None:
    """In memory and on the disk, also for a value that the type does not hold."""
    column = np.repeat(np.array(values, dtype), 200)  # more than is read at once
    writer = storage.ColumnWriter(dtype, storage.SpillFile(None))
    writer.append(column)
    for wanted in (value, *values[::20]):
        expected = bisect.bisect_left(values, wanted) * 200
        assert storage.lower_bound(column, wanted) == expected
        assert storage.lower_bound(writer.finish(), wanted) == expected
