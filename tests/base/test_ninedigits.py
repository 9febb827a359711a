"""Numbers with nine digits: the texts that Python makes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.base import ninedigits
from nlptools.base.ninedigits import nine_digits


def by_python(rows: np.ndarray) -> list[bytes]:
    return [b"".join(b" %.9g" % value for value in row) for row in rows.tolist()]


@given(st.lists(st.floats(width=32) | st.floats(-20, 20, width=32), min_size=1, max_size=12))
@example(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        10.0,
        0.5,
        0.25,
        9.999999,
        -9.9999990463,
        0.1,
        0.01,
        0.001,
        1e-4,
        9.9999e-5,
    ]
)
@example([float("nan"), float("inf"), -float("inf"), 3e38, 1e-45, 1234567.0])
def test_one_row(values: list[float]) -> None:
    rows = np.array([values], np.float32)
    assert nine_digits(rows) == by_python(rows)


@pytest.mark.parametrize("unit", [1, 2.0**-11, 2.0**-24, 1e-3, 1e-5])
def test_ties_whole_numbers_and_zeros_at_the_end(unit: float) -> None:
    rows = (np.arange(-40_000, 40_000).reshape(-1, 50) * unit).astype(np.float32)
    assert nine_digits(rows) == by_python(rows)


def test_beside_every_power_of_ten() -> None:
    powers = np.float32(10) ** np.arange(-10, 10, dtype=np.float32)
    near = [np.nextafter(powers, np.float32(bound)) for bound in (0, np.inf)]
    rows = np.concatenate([powers, -powers, *near]).reshape(-1, 4)
    assert nine_digits(rows) == by_python(rows)


def test_rows_of_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ninedigits, "_PIECE", 6)
    for shape in ((0, 3), (1, 1), (7, 2), (3, 9)):
        rows = np.linspace(-2, 2, shape[0] * shape[1]).reshape(shape).astype(np.float32)
        assert nine_digits(rows) == by_python(rows)
