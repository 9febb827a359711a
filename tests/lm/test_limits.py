"""Quantiles, buckets and shrunk values, by hand and beside NumPy."""

from __future__ import annotations

import math

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.lm.limits import BUCKETS, buckets_of, quantiles_of, shrunk

NUMBERS = st.sampled_from([-0.0, 0.0, 1.5, -1.5, 1e-300, -1e300]) | st.floats(-9, 9)


@settings(deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=40), st.integers(0, 40), st.integers(1, 100))
def test_quantiles_are_exact(numbers: list[float], cut: int, percent: int) -> None:
    values = np.array(numbers)
    [found] = quantiles_of(lambda: [values[:cut], values[cut:]], [percent / 100])
    # The least value that so many do not exceed.
    enough = [x for x in numbers if sum(y <= x for y in numbers) * 100 >= percent * len(numbers)]
    assert found == min(enough)


def test_quantiles_by_hand() -> None:
    values = np.array([4.0, 1.0, 3.0, 2.0, 5.0])
    assert quantiles_of(lambda: [values], [0, 0.2, 0.21, 0.6, 1]) == [1, 1, 2, 3, 5]
    assert math.isnan(quantiles_of(lambda: [], [0.5])[0])


def test_buckets_end_with_their_limit() -> None:
    values = np.array([1.0, 2.0, 2.5, 3.0, 3.5])
    names = [BUCKETS[number] for number in buckets_of(values, [2, 3]).tolist()]
    assert names == ["head", "head", "middle", "middle", "tail"]
    names = [BUCKETS[number] for number in buckets_of(values, [2]).tolist()]
    assert names == ["head", "head", "tail", "tail", "tail"]


def test_a_short_document_goes_towards_the_mean() -> None:
    # Ten symbols of -4 and thirty of the mean -2: (-40 - 60) / 40.
    values, numbers = np.array([-4.0, -4.0]), np.array([10, 3000])
    found = shrunk(values, numbers, -2.0, 30.0)
    assert found[0] == pytest.approx(-2.5)
    assert found[1] == pytest.approx(-12060 / 3030)
    assert shrunk(values, numbers, math.nan, 0.0) is values
