"""The formulas of the method em, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from nlptools.discovery.em_score import (
    BEHIND,
    CONSTANTS,
    EVEN_SHARE,
    FACTORS,
    FIRST,
    LAST,
    MOST_FREEDOM,
    WEIGHTS,
    Seen,
    listed_score,
    score,
    shrinkage,
)
from nlptools.text.chars import is_han

SYMBOLS = 1000
# 10 of 1,000 symbols; 9 whole, with 4 ends of words inside; 3 at the end of a clause.
NUMBERS: dict[str, Any] = {
    **{"lengths": 3, "counts": 10, "pmi": 2.0, "left_entropy": 1.5, "right_entropy": 1.2},
    **{"whole": 9, "joints": 4, "right_edge": 3, "alone": 0.2, "first": False, "last": True},
    **{"begins": -3.0, "ends": -4.0},
}


def seen(**changed: Any) -> Seen:
    return Seen(**{name: np.array([value]) for name, value in (NUMBERS | changed).items()})


def test_the_factors() -> None:
    found = dict(zip(FACTORS, seen().factors(SYMBOLS)[0].tolist(), strict=True))
    assert found == {
        "cohesion": pytest.approx(2.0 / math.log(100)),
        "freedom": pytest.approx(math.log(1.3)),
        "whole": pytest.approx(math.log(9.2 / 12)),
        "edge": pytest.approx(math.log(4 / 20)),
        "alone": 0.2,
        "joints": 0.45,
        "first": 0,
        "last": 1,
        "begins": -3,
        "ends": -4,
    }
    # More freedom than MOST_FREEDOM says no more, and a share of the text above a half is taken for a half.
    free = seen(left_entropy=9.0, right_entropy=8.0).factors(SYMBOLS)[0, 1]
    assert free == pytest.approx(math.log(MOST_FREEDOM + 0.1))
    assert seen(counts=900).factors(SYMBOLS)[0, 0] == pytest.approx(2.0 / math.log(2))


@pytest.mark.parametrize("length, row", [(2, 0), (3, 1), (4, 2), (5, 3), (8, 3)])
def test_the_score(length: int, row: int) -> None:
    one = seen(lengths=length)
    nats = CONSTANTS[row] + float(one.factors(SYMBOLS)[0] @ WEIGHTS[row])
    assert score(one, SYMBOLS)[0] == pytest.approx(1 / (1 + math.exp(-nats)))


@pytest.mark.parametrize("changed", [{"whole": 1}, {"right_entropy": 0.1}])
def test_what_is_never_whole_or_never_free_comes_behind(changed: dict[str, Any]) -> None:
    one = seen(**changed)
    nats = CONSTANTS[1] + float(one.factors(SYMBOLS)[0] @ WEIGHTS[1])
    assert score(one, SYMBOLS)[0] == pytest.approx(BEHIND / (1 + math.exp(-nats)))


@pytest.mark.parametrize(
    "worse",
    [
        *({"pmi": 1.9}, {"left_entropy": 1.1}, {"whole": 8}, {"right_edge": 2}, {"alone": 0.3}),
        *({"first": True}, {"begins": -3.1}, {"ends": -4.1}),
    ],
)
def test_what_makes_a_worse_word(worse: dict[str, Any]) -> None:
    assert score(seen(**worse), SYMBOLS)[0] < score(seen(), SYMBOLS)[0]


def test_each_has_its_own_score() -> None:
    """Rows do not mix."""
    every = [seen(), seen(lengths=2, pmi=1.0), seen(lengths=7, whole=1)]
    joined = Seen(*(np.concatenate([getattr(one, name) for one in every]) for name in NUMBERS))
    assert score(joined, SYMBOLS).tolist() == [score(one, SYMBOLS)[0] for one in every]
    none = replace(joined, **{name: getattr(joined, name)[:0] for name in NUMBERS})
    assert score(none, SYMBOLS).tolist() == []


def test_a_word_of_a_list() -> None:
    # (8 / 15 / .1) to the fourth against 1; where a tenth of the shrunk count is expected as likely as not.
    odds = (8 / 15 / EVEN_SHARE) ** 4
    found = listed_score(np.array([8.0, 1.5, 0.0]), np.array([10, 10, 10]), 5.0)
    assert found.tolist() == pytest.approx([odds / (1 + odds), 0.5, 0])


def test_the_characters_are_listed_once() -> None:
    for characters in (FIRST, LAST):
        assert all(map(is_han, characters))
        assert len(set(characters)) == len(characters)


def test_shrinkage_grows_with_the_corpus() -> None:
    # A twentieth of the cube root: 27,000 symbols 30 / 20, 512,000 80 / 20, a million 100 / 20.
    found = [shrinkage(n) for n in (0, 8_000, 27_000, 512_000, 1_000_000, 10**9)]
    assert found == pytest.approx([1.5, 1.5, 1.5, 4, 5, 5])
