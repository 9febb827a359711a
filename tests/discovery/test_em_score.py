"""The formulas of the method em, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nlptools.discovery.em_score import (
    ALONE,
    EDGE,
    ENOUGH_FREEDOM,
    LEAST_FREEDOM,
    RARE,
    TERM_SCALE,
    expectation_score,
    shrinkage,
    term_score,
)


def one(*numbers: float) -> list[np.ndarray]:
    return [np.array([number]) for number in numbers]


def test_the_score_of_a_word() -> None:
    # 8 of 10 occurrences, shrunk by 5; freedom 1.5; 4 tenths; its ends are words of their own in 20 %.
    score = expectation_score(*one(8, 10, 1.5, 4, 0.2), 5.0)
    free = 1.5 + LEAST_FREEDOM
    assert score[0] == pytest.approx(8 / 15 * free * 2 * math.exp(-ALONE * 0.2))
    # More freedom than ENOUGH_FREEDOM says no more.
    most = expectation_score(*one(8, 10, ENOUGH_FREEDOM, 4, 0.2))
    assert np.array_equal(most, expectation_score(*one(8, 10, 9, 4, 0.2)))
    free = ENOUGH_FREEDOM + LEAST_FREEDOM
    assert most[0] == pytest.approx(8 / (10 + RARE) * free * 2 * math.exp(-ALONE * 0.2))
    assert expectation_score(*one(0, 10, 1.5, 4, 0.2))[0] == 0
    assert expectation_score(*one(8, 10, 0, 4, 0.2))[0] == pytest.approx(
        LEAST_FREEDOM / free * most[0], abs=1e-12
    )


@pytest.mark.parametrize(
    "better, worse",
    [
        ((9, 10, 1, 4, 0.2), (8, 10, 1, 4, 0.2)),
        ((90, 100, 1, 4, 0.2), (9, 10, 1, 4, 0.2)),
        ((8, 10, 1.1, 4, 0.2), (8, 10, 1, 4, 0.2)),
        ((8, 10, 1, 5, 0.2), (8, 10, 1, 4, 0.2)),
        ((8, 10, 1, 4, 0.1), (8, 10, 1, 4, 0.2)),
    ],
)
def test_what_makes_a_better_word(better: tuple[float, ...], worse: tuple[float, ...]) -> None:
    assert expectation_score(*one(*better))[0] > expectation_score(*one(*worse))[0]


def test_the_score_of_a_term() -> None:
    # Half of its occurrences at an edge are more than EDGE: no loss.
    score = term_score(*one(0.4, 10, 1.5, 0.2, 0.5))
    assert score[0] == pytest.approx(TERM_SCALE * math.log(10) * 0.4 * 1.5 * math.exp(-0.2))
    assert np.array_equal(
        term_score(*one(0.4, 10, 9, 0, 1)), term_score(*one(0.4, 10, ENOUGH_FREEDOM, 0, 1))
    )
    for nothing in ((0.4, 1, 1, 0, 1), (-0.4, 10, 1, 0, 1), (0.4, 10, 0, 0, 1)):
        assert term_score(*one(*nothing))[0] == 0
    # Never at an edge: less, and the less the oftener it was seen; as often as EDGE: nothing is lost.
    never, often = (term_score(*one(0.4, n, 1.5, 0.2, 0.0))[0] / math.log(n) for n in (10, 1000))
    full = TERM_SCALE * 0.4 * 1.5 * math.exp(-0.2)
    assert 0 < often < never < full
    assert term_score(*one(0.4, 10, 1.5, 0.2, EDGE))[0] == pytest.approx(full * math.log(10))


def test_shrinkage_grows_with_the_corpus() -> None:
    # A twentieth of the cube root: 27,000 symbols 30 / 20, 512,000 80 / 20, a million 100 / 20.
    found = [shrinkage(n) for n in (0, 8_000, 27_000, 512_000, 1_000_000, 10**9)]
    assert found == pytest.approx([1.5, 1.5, 1.5, 4, 5, 5])
