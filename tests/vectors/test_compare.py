"""Two sets of vectors: the words in both, the Procrustes residual, the overlap of neighbours; in bounded memory."""

from __future__ import annotations

import math
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.vectors import compare, vectors
from nlptools.vectors.compare import (
    VectorComparison,
    chosen_rows,
    compare_vectors,
    neighbour_overlap,
    procrustes_residual,
    shared_rows,
)
from nlptools.vectors.vectors import Vectors


def of(rows: object, words: list[str] | None = None) -> Vectors:
    return Vectors.from_array(np.array(rows, float), words)


def turned(seed: int, rows: int, n: int) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Rows, and the same after a rotation."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, n))
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    return matrix, matrix @ turn, rng


# --- which rows belong together


def test_shared_rows() -> None:
    a = of([[1], [2], [3], [4]], list("甲乙丙丁"))
    b = of([[1], [2], [3]], list("丁戊乙"))
    of_a, of_b = shared_rows(a, b)
    assert (of_a.tolist(), of_b.tolist()) == ([1, 3], [2, 0])
    assert [rows.tolist() for rows in shared_rows(a, of([[1], [2], [3], [4]]))] == [[], []]
    assert [rows.tolist() for rows in shared_rows(of([[1], [2]]), of([[5], [6]]))] == [[0, 1]] * 2
    assert [rows.tolist() for rows in shared_rows(of([[1], [2]]), of([[5]]))] == [[], []]


@pytest.mark.parametrize("room", [0, 200, 1 << 20])
def test_chosen_rows(tmp_path: Path, room: int) -> None:
    """In the order that is asked for, whatever fits into memory."""
    matrix = np.arange(600.0).reshape(200, 3)
    rows = np.random.default_rng(0).permutation(200)[:150]
    with mock.patch.object(vectors, "BATCH", 1):
        whole = of(matrix)
        found = chosen_rows(whole, rows, room, tmp_path)
        assert np.array_equal(found.array(), matrix[rows])
        assert chosen_rows(whole, np.arange(200), room, tmp_path) is whole
        few = chosen_rows(whole, np.arange(5), room, tmp_path)
    assert np.array_equal(few.array(), matrix[:5])


# --- Procrustes


def test_residual_by_hand() -> None:
    """A triangle and a line of the plane, both with the mean 0.

    A = (1, 0), (-1, 0), (0, 0): |A|^2 = 2. B = (1, 0), (0, 1), (-1, -1): |B|^2 = 4.
    A^T B = [[1, -1], [0, 0]], whose singular value is sqrt 2: 1 - 2 / (2 * 4) = 3/4.
    """
    a, b = of([[1, 0], [-1, 0], [0, 0]]), of([[1, 0], [0, 1], [-1, -1]])
    assert procrustes_residual(a, b) == pytest.approx(3 / 4, rel=1e-12)
    assert procrustes_residual(b, a) == pytest.approx(3 / 4, rel=1e-12)
    moved = of(np.array([[1, 0], [-1, 0], [0, 0]]) * 100 + [7, -9])
    assert procrustes_residual(moved, b) == pytest.approx(3 / 4, rel=1e-12)
    # In one dimension it is 1 - r^2 of the correlation: of 1, 2, 3 and 1, 3, 2 it is 1/2.
    assert procrustes_residual(of([[1], [2], [3]]), of([[1], [3], [2]])) == pytest.approx(3 / 4)
    assert math.isnan(procrustes_residual(of([[1], [1]]), of([[1], [3]])))


@given(st.integers(0, 1 << 32), st.integers(2, 6), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_residual_is_that_of_the_definition(seed: int, n: int, batch: int) -> None:
    """The least |s A Q - B|^2 over rotations Q and scales s, by the singular vectors, whatever the batches."""
    a, b, rng = turned(seed, 30, n)
    assert procrustes_residual(of(a), of(5 * b - 3)) == 0.0
    b = b + rng.normal(size=b.shape)
    x, y = a - a.mean(axis=0), b - b.mean(axis=0)
    u, s, v = np.linalg.svd(x.T @ y)
    best = s.sum() / (x**2).sum() * x @ u @ v
    expected = ((best - y) ** 2).sum() / (y**2).sum()
    with mock.patch.object(compare, "batch_rows", lambda dimensions: batch):
        assert procrustes_residual(of(a), of(b)) == pytest.approx(expected, rel=1e-9)


def test_residual_of_other_dimensions() -> None:
    """The smaller is filled up with zeros."""
    a, b, _ = turned(4, 50, 5)
    wide = np.concatenate([b, np.zeros((50, 3))], axis=1)
    assert procrustes_residual(of(a), of(wide)) == 0.0
    small = a[:, :2]
    filled = np.concatenate([small, np.zeros((50, 3))], axis=1)
    expected = procrustes_residual(of(filled), of(b))
    assert procrustes_residual(of(small), of(b)) == pytest.approx(expected, rel=1e-9)


# --- neighbours


def slow_overlap(a: np.ndarray, b: np.ndarray, nearest: int) -> float:
    """By sorting all cosines."""
    lists = []
    for rows in (a, b):
        units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        cosines = units @ units.T
        np.fill_diagonal(cosines, -2)
        lists.append(np.argsort(-cosines, axis=1, kind="stable")[:, :nearest])
    return float(
        np.mean(
            [
                len(set(x) & set(y)) / nearest
                for x, y in zip(*map(np.ndarray.tolist, lists), strict=True)
            ]
        )
    )


def test_overlap_by_hand() -> None:
    """Directions by angle: a 0, b 10, c 30, d 90 degrees; in the other set c is at 80.

    The nearest: a-b, b-a, c-b, d-c; in the other a-b, b-a, c-d, d-c: three of four.
    """

    def plane(*degrees: float) -> Vectors:
        angles = np.radians(degrees)
        return of(np.stack([np.cos(angles), np.sin(angles)], axis=1))

    found = neighbour_overlap(plane(0, 10, 30, 90), plane(0, 10, 80, 90), nearest=1)
    assert (found.share, found.nearest, found.queries) == (0.75, 1, 4)
    assert neighbour_overlap(plane(0, 10, 30), plane(0, 10, 80)).nearest == 2
    alone = neighbour_overlap(of([[1, 0], [0, 0]]), of([[1, 0], [0, 1]]))
    assert (alone.nearest, alone.queries) == (0, 0)
    assert math.isnan(alone.share)


def test_overlap_is_that_of_all_cosines() -> None:
    rng = np.random.default_rng(5)
    a = rng.normal(size=(300, 6))
    b = a[:, :4] + rng.normal(size=(300, 4)) / 2
    expected = slow_overlap(a, b, 7)
    assert 0.05 < expected < 0.9
    for memory in (10**6, 10**9):
        found = neighbour_overlap(of(a), of(b), nearest=7, memory=memory, workers=2)
        assert found.share == pytest.approx(expected, rel=1e-12)
    some = neighbour_overlap(of(a), of(b), nearest=7, queries=50)
    assert some.queries == 50
    assert some.share == pytest.approx(expected, abs=0.15)
    a[3] = 0  # without a direction it takes no part on either side
    kept = [i for i in range(300) if i != 3]
    found = neighbour_overlap(of(a), of(b), nearest=7)
    assert found.share == pytest.approx(slow_overlap(a[kept], b[kept], 7), rel=1e-12)


# --- all of it


def test_compare() -> None:
    a, b, rng = turned(6, 400, 8)
    words = [f"词{i}" for i in range(400)]
    order = rng.permutation(400)[:250]
    first, second = of(a, words), of(b[order], [words[i] for i in order])
    found = compare_vectors(first, second)
    measures = found.measures
    assert (measures["vectors_a"], measures["vectors_b"], measures["shared"]) == (400, 250, 250)
    assert measures["procrustes_residual"] == 0.0
    assert measures["neighbour_overlap"] == 1.0
    assert 0 < measures["kl_ab"] < 5
    assert (found.ranks, found.exact) == ((8, 8), True)
    back = compare_vectors(second, first).measures
    assert (back["kl_ab"], back["kl_ba"]) == (measures["kl_ba"], measures["kl_ab"])
    assert back["wasserstein"] == pytest.approx(measures["wasserstein"], rel=1e-9)
    assert isinstance(found, VectorComparison)
    assert repr(found) == "VectorComparison(250 shared, neighbour overlap 1)"
    assert dict(found) == measures
    assert list(found.to_frame()["measure"]) == list(measures)


def test_before_and_after_whitening() -> None:
    """Of white vectors N(0, I): KL to them is (tr C + |m|^2 - n - ln det C) / 2."""
    rng = np.random.default_rng(7)
    before = rng.normal(size=(300, 4)) @ np.diag([1, 2, 3, 4.0]) + 1
    covariance = np.cov(before.T)
    root = np.linalg.cholesky(covariance)
    mean = before.mean(axis=0)
    white = np.linalg.solve(root, (before - mean).T).T
    measures = compare_vectors(of(before), of(white)).measures
    log = float(np.linalg.slogdet(covariance)[1])
    expected = (np.trace(covariance) + mean @ mean - 4 - log) / 2
    assert measures["kl_ab"] == pytest.approx(expected, rel=1e-9)
    assert measures["shared"] == 300


def test_other_dimensions() -> None:
    a, b, _ = turned(8, 40, 6)
    words = [f"w{i}" for i in range(40)]
    found = compare_vectors(of(a, words), of(b[:, :3], words))
    assert found.ranks is None
    assert all(math.isnan(found.measures[name]) for name in ("kl_ab", "wasserstein", "shrinkage_a"))
    assert 0 < found.measures["procrustes_residual"] < 1
    with pytest.raises(DataError, match=r"3 dimensions, .* 6, and no word is in both"):
        compare_vectors(of(a, words), of(b[:, :3], [f"v{i}" for i in range(40)]))


def test_nothing_shared() -> None:
    a, b, _ = turned(9, 20, 3)
    measures = compare_vectors(of(a, [f"a{i}" for i in range(20)]), of(b)).measures
    assert measures["shared"] == 0
    assert math.isnan(measures["procrustes_residual"])
    assert math.isnan(measures["neighbour_overlap"])
    assert measures["wasserstein"] > 0


def test_errors() -> None:
    good = of([[1, 2], [3, 5], [4, 1]])
    with pytest.raises(DataError, match="one vector: it has no covariance"):
        compare_vectors(good, of([[1, 2]]))
    with pytest.raises(DataError, match="squares overflow"):
        compare_vectors(good, of([[1e200, 2], [3, 5], [4, 1]]))
    with pytest.raises(DataError, match="squares overflow"):
        compare_vectors(of([[1e200], [3e200], [-1e200]]), good)
    for options in ({"shrinkage": -0.1}, {"shrinkage": 2}, {"nearest": 0}, {"queries": 0}):
        with pytest.raises(ValueError, match="must be"):
            compare_vectors(good, good, **options)  # type: ignore[arg-type]
