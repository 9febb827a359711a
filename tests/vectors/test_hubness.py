"""How often each vector is among the nearest of others: equal to a slow twin, whatever the blocks."""

from __future__ import annotations

import itertools
import math
from functools import reduce
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.vectors import hubness, vectors
from nlptools.vectors import nearest as neighbours
from nlptools.vectors.hubness import Hubness, find_hubs
from nlptools.vectors.vectors import Vectors


def norms_of(matrix: np.ndarray) -> np.ndarray:
    return np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1))


def hubs(matrix: np.ndarray, **options: object) -> Hubness:
    return find_hubs(Vectors.from_array(matrix), norms_of(matrix), **options)  # type: ignore[arg-type]


def total(products: list[float]) -> float:
    return reduce(lambda a, b: a + b, products)


def twin(matrix: np.ndarray, nearest: int) -> list[int]:
    """N_k in plain Python: of unit vectors in float32, ties to the first rows."""
    units = {}
    for i, row in enumerate(matrix.tolist()):
        norm = math.sqrt(total([x * x for x in row]))
        if norm:
            units[i] = [float(np.float32(x / norm)) for x in row]
    counts = [0] * len(matrix)
    for i, unit in units.items():
        order = []
        for j, other in units.items():
            if i != j:
                order.append((-total([x * y for x, y in zip(unit, other, strict=True)]), j))
        for _, j in sorted(order)[:nearest]:
            counts[j] += 1
    return counts


# Few different numbers: zeros, copies, multiples and many ties.
ROWS = st.integers(1, 5).flatmap(
    lambda columns: st.lists(
        st.lists(st.sampled_from([-2.0, -1, 0, 1, 2, 6]), min_size=columns, max_size=columns),
        min_size=2,
        max_size=40,
    )
)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.integers(1, 12), st.integers(1, 9), st.integers(1, 9), st.integers(1, 3))
def test_counts_are_those_of_the_twin(
    rows: list[list[float]], nearest: int, tile: int, queries: int, workers: int
) -> None:
    matrix = np.array(rows, np.float32)
    with (
        mock.patch.object(neighbours, "_TILE", tile),
        mock.patch.object(neighbours, "_QUERIES", queries),
        mock.patch.object(neighbours, "_PAIRS", 1),
    ):
        found = hubs(matrix, nearest=nearest, memory=0, workers=workers)
    assert found.counts.tolist() == twin(matrix, nearest)
    points = np.count_nonzero(matrix.any(axis=1))
    assert len(found.points) == found.queries if points > 1 else found.queries == 0
    assert found.nearest == (min(nearest, points - 1) if points > 1 else 0)


@pytest.mark.parametrize(
    "kind", ["ball", "far", "copies", "one direction", "axes", "close to one", "long"]
)
def test_many_vectors(kind: str) -> None:
    """More than a tile and a batch of them; float32 cannot tell some, and many are equal."""
    random = np.random.default_rng(9)
    matrix = random.normal(size=(300, 7)).astype(np.float32)
    if kind == "far":
        matrix += 300
    elif kind == "copies":
        matrix = matrix[random.integers(20, size=300)]
    elif kind == "one direction":
        matrix = np.outer(np.arange(1, 301), [1, 2, 3]).astype(np.float32)
    elif kind == "axes":
        matrix = np.eye(7, dtype=np.float32)[random.integers(7, size=300)]
    elif kind == "close to one":
        matrix = (np.ones((300, 7)) + 1e-5 * matrix).astype(np.float32)
    elif kind == "long":
        matrix *= 10 ** random.integers(-18, 18, (300, 1)).astype(np.float32)
    expected = twin(matrix, 10)
    for tile, batch in ((40, 1), (256, 1000), (4096, 1 << 20)):
        with (
            mock.patch.object(neighbours, "_TILE", tile),
            mock.patch.object(neighbours, "_QUERIES", 64),
            mock.patch.object(vectors, "BATCH", batch),
        ):
            for memory in (0, 10**9):
                found = hubs(matrix, memory=memory, workers=2)
                assert found.counts.tolist() == expected
    assert sum(expected) == 3000


def test_wide_vectors_against_numpy() -> None:
    """No ties: NumPy's sorted float64 cosines give the same counts."""
    matrix = np.random.default_rng(11).normal(size=(2500, 120)).astype(np.float32)
    units = matrix / norms_of(matrix)[:, None]
    cosines = units @ units.T
    np.fill_diagonal(cosines, -2)
    nearest = np.argsort(-cosines, axis=1)[:, :10]
    expected = np.bincount(nearest.ravel(), minlength=2500)
    found = hubs(matrix)
    assert found.counts.tolist() == expected.tolist()
    deviations = expected - 10.0
    sigma = math.sqrt((deviations**2).mean())
    assert found.skewness == pytest.approx((deviations**3).mean() / sigma**3, rel=1e-12)
    assert found.antihub_share == np.mean(expected == 0)
    top = found.hubs(5)
    assert expected[top].tolist() == sorted(expected.tolist())[:-6:-1]


def test_hubs_are_in_order() -> None:
    found = Hubness(1, np.arange(5), 5, np.array([0, 2, 1, 2, 0]))
    assert found.hubs(2).tolist() == [1, 3]
    assert found.hubs(9).tolist() == [1, 3, 2]


def test_skewness_by_hand() -> None:
    """Counts 0, 0, 0, 4: mean 1, variance (3 + 9) / 4 = 3, third moment (-3 + 27) / 4 = 6; 6 / 3^1.5."""
    found = Hubness(1, np.arange(4), 4, np.array([0, 0, 0, 4]))
    assert found.skewness == pytest.approx(6 / 3**1.5)
    assert math.isnan(Hubness(1, np.arange(4), 4, np.ones(4, int)).skewness)
    with_zero = Hubness(1, np.array([0, 1, 3, 4]), 4, np.array([0, 0, 0, 0, 4]))
    assert with_zero.skewness == pytest.approx(6 / 3**1.5)
    assert with_zero.antihub_share == 0.75


# --- samples


def moments(counts: np.ndarray, asked: int) -> list[float]:
    """What the skewness of a sample is made from: mean, second and third moment about 0."""
    size, found, factor = len(counts), [], 1.0
    product = np.ones(size)
    for r in range(3):
        product = product * (counts - r)
        factor *= (size - r) / (asked - r)
        found.append(factor * product.mean())
    one, two, three = found
    return [one, two + one, three + 3 * two + one]


def test_a_sample_is_not_biased() -> None:
    """Over all samples of 4 of 8 queries the moments of the counts are those of all 8 on average."""
    matrix = np.random.default_rng(13).normal(size=(8, 2)).astype(np.float32)
    whole = hubs(matrix, nearest=3)
    assert whole.counts.max() > 3
    found = []
    for chosen in itertools.combinations(range(8), 4):
        with mock.patch.object(hubness, "sample_rows", lambda *_, c=chosen: np.array(c)):
            part = hubs(matrix, nearest=3, queries=4)
        assert part.queries == 4
        assert part.counts.sum() == 12
        found.append(moments(part.counts, 4))
        one, two, three = found[-1]
        variance = two - one**2
        if variance > 1e-9 * two:
            third = three - 3 * one * two + 2 * one**3
            assert part.skewness == pytest.approx(third / variance**1.5)
        else:
            assert math.isnan(part.skewness)
    counts = whole.counts.astype(float)
    exact = [counts.mean(), (counts**2).mean(), (counts**3).mean()]
    assert np.mean(found, axis=0) == pytest.approx(exact)


def test_samples() -> None:
    # Around a point that is not 0 there are hubs: those in the middle.
    matrix = np.random.default_rng(17).normal(size=(2000, 50)).astype(np.float32) + 1
    whole = hubs(matrix)
    part = hubs(matrix, queries=1000)
    assert whole.exact
    assert whole.scale == 1
    assert whole.skewness > 3
    assert (part.queries, part.exact, part.scale) == (1000, False, 2)
    assert part.counts.sum() == 10_000
    assert math.isnan(part.antihub_share)
    assert part.skewness == pytest.approx(whole.skewness, rel=0.2)
    assert (part.counts <= whole.counts).all()
    again = hubs(matrix, queries=1000, workers=1, memory=0)
    assert part.counts.tolist() == again.counts.tolist()
    assert part.counts.tolist() != hubs(matrix, queries=1000, seed=1).counts.tolist()
    assert hubs(matrix, queries=5000).exact


def test_the_usual_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """All are asked up to EXACT_ROWS, SAMPLE of more."""
    matrix = np.random.default_rng(19).normal(size=(100, 3)).astype(np.float32)
    monkeypatch.setattr(hubness, "EXACT_ROWS", 100)
    monkeypatch.setattr(hubness, "SAMPLE", 30)
    assert hubs(matrix).queries == 100
    matrix = np.concatenate([matrix, matrix[:1] + 1])
    assert hubs(matrix).queries == 30
    matrix[0] = 0  # it does not count
    assert hubs(matrix).queries == 100


def test_arguments() -> None:
    for options in ({"nearest": 0}, {"queries": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            hubs(np.eye(3, dtype=np.float32), **options)
