"""Distances between normal distributions: equal to what is computed by hand, and to integrals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.vectors.moments import Moments
from nlptools.vectors.normal import (
    Normal,
    bhattacharyya_distance,
    kl_divergence,
    oas_shrinkage,
    wasserstein_distance,
)


def normal(mean: list[float], covariance: np.ndarray, **options: float) -> Normal:
    """With this covariance; the number of vectors plays no part unless it is singular."""
    count = 1001
    scatter = np.asarray(covariance, float) * (count - 1)
    return Normal.of(Moments(count, np.array(mean, float), scatter), "v.txt", **options)


def test_one_dimension() -> None:
    """N(0, 1) and N(1, 4).

    KL(p||q) = ln 2 + (1 + 1) / 8 - 1/2; KL(q||p) = -ln 2 + (4 + 1) / 2 - 1/2. Bhattacharyya: 1/4 * 1 / (1 + 4)
    + 1/2 ln(2.5 / (1 * 2)). Wasserstein: 1 + (2 - 1)^2 = 2, and its root.
    """
    p, q = normal([0], np.eye(1)), normal([1], 4 * np.eye(1))
    assert kl_divergence(p, q) == pytest.approx(math.log(2) + 2 / 8 - 1 / 2, rel=1e-12)
    assert kl_divergence(q, p) == pytest.approx(-math.log(2) + 5 / 2 - 1 / 2, rel=1e-12)
    expected = 1 / 20 + math.log(2.5 / 2) / 2
    assert bhattacharyya_distance(p, q) == pytest.approx(expected, rel=1e-12)
    assert bhattacharyya_distance(q, p) == pytest.approx(expected, rel=1e-12)
    assert wasserstein_distance(p, q) == pytest.approx(math.sqrt(2), rel=1e-12)


def test_integrals_in_one_dimension() -> None:
    """The definitions: KL is the integral of p ln(p/q), Bhattacharyya -ln of that of sqrt(pq)."""
    x = np.linspace(-40, 40, 400_001)

    def log_density(mean: float, variance: float) -> np.ndarray:
        return -((x - mean) ** 2) / (2 * variance) - math.log(2 * math.pi * variance) / 2

    p, q = log_density(0.5, 2.25), log_density(-1, 1.44)
    a, b = normal([0.5], np.array([[2.25]])), normal([-1], np.array([[1.44]]))
    step = x[1] - x[0]
    assert kl_divergence(a, b) == pytest.approx((np.exp(p) * (p - q)).sum() * step, rel=1e-9)
    integral = np.exp((p + q) / 2).sum() * step
    assert bhattacharyya_distance(a, b) == pytest.approx(-math.log(integral), rel=1e-9)


def test_diagonal() -> None:
    """Where both covariances are diagonal, KL, Bhattacharyya and W^2 are sums over the dimensions.

    diag(1, 4) at (0, 0) and diag(9, 4) at (2, 1):
    KL: first ln 3 + (1 + 4) / 18 - 1/2, second ln 1 + (4 + 1) / 8 - 1/2.
    Bhattacharyya: 4 / (8 * 5) + 1 / (8 * 4) + 1/2 ln(5 * 4 / (3 * 4)).
    W^2: 4 + (3 - 1)^2, and 1 + 0.
    """
    p, q = normal([0, 0], np.diag([1.0, 4])), normal([2, 1], np.diag([9.0, 4]))
    assert kl_divergence(p, q) == pytest.approx(math.log(3) + 5 / 18 + 5 / 8 - 1, rel=1e-12)
    expected = 4 / 40 + 1 / 32 + math.log(20 / 12) / 2
    assert bhattacharyya_distance(p, q) == pytest.approx(expected, rel=1e-12)
    assert wasserstein_distance(p, q) == pytest.approx(3, rel=1e-12)


def test_covariances_that_do_not_commute() -> None:
    """C_p = [[2, 1], [1, 2]], C_q = diag(1, 4).

    det C_p = 3, det C_q = 4, tr(C_q^-1 C_p) = 2 + 1/2: KL = (2.5 - 2 + ln(4 / 3)) / 2.
    The mean of both is [[1.5, .5], [.5, 3]] with the determinant 4.25.
    Of a 2 x 2 matrix M with positive eigenvalues tr(M^1/2) = sqrt(tr M + 2 sqrt(det M)); C_p C_q has the trace
    2 + 8 = 10 and the determinant 12: W^2 = 4 + 5 - 2 sqrt(10 + 2 sqrt(12)).
    """
    p = normal([3, 3], np.array([[2.0, 1], [1, 2]]))
    q = normal([3, 3], np.diag([1.0, 4]))
    assert kl_divergence(p, q) == pytest.approx((0.5 + math.log(4 / 3)) / 2, rel=1e-12)
    expected = math.log(4.25 / math.sqrt(12)) / 2
    assert bhattacharyya_distance(p, q) == pytest.approx(expected, rel=1e-12)
    square = 9 - 2 * math.sqrt(10 + 2 * math.sqrt(12))
    assert wasserstein_distance(p, q) == pytest.approx(math.sqrt(square), rel=1e-12)


@given(st.integers(0, 1 << 32), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_what_holds_for_all(seed: int, n: int) -> None:
    """0 for equal ones, not below 0, and a rotation, shift and scale of both change no ratio."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(2, n, n + 3))
    means = rng.normal(size=(2, n))
    p, q = (normal(list(m), r @ r.T) for m, r in zip(means, roots, strict=True))
    for distance in (kl_divergence, bhattacharyya_distance, wasserstein_distance):
        assert distance(p, p) == 0.0
        assert distance(p, q) > 0
    turn, _ = np.linalg.qr(rng.normal(size=(n, n)))
    turn *= 10
    moved = [
        normal(list(m @ turn + 7), turn.T @ r @ r.T @ turn)
        for m, r in zip(means, roots, strict=True)
    ]
    assert kl_divergence(*moved) == pytest.approx(kl_divergence(p, q), rel=1e-6)
    assert bhattacharyya_distance(*moved) == pytest.approx(bhattacharyya_distance(p, q), rel=1e-6)
    assert wasserstein_distance(*moved) == pytest.approx(10 * wasserstein_distance(p, q), rel=1e-6)


def test_shrinkage() -> None:
    """(1 - s) C + s tr(C)/n I: diag(1, 3) with s = 1/2 is diag(3/2, 5/2); W is that of diag(1, 3)."""
    p = normal([0, 0], np.diag([1.0, 3]), shrinkage=0.5)
    assert np.allclose(p.shrunk, np.diag([1.5, 2.5]), rtol=1e-12)
    assert (p.shrinkage, p.rank) == (0.5, 2)
    q = normal([0, 0], np.eye(2))
    assert kl_divergence(p, q) == pytest.approx((4 - 2 - math.log(3.75)) / 2, rel=1e-12)
    assert wasserstein_distance(p, q) == pytest.approx(math.sqrt(3) - 1, rel=1e-12)


def test_oas() -> None:
    """N = 3, S = diag(2, 1, 0), N = 11: tr(S^2) = 5, tr(S)^2 = 9; (5/3 + 9) / ((12 - 2/3) (5 - 3)) = 8/17."""
    moments = Moments(11, np.zeros(3), 11 * np.diag([2.0, 1, 0]))
    assert oas_shrinkage(moments) == pytest.approx(8 / 17, rel=1e-12)
    found = Normal.of(moments, "v.txt")
    assert (found.shrinkage, found.rank) == (pytest.approx(8 / 17), 2)
    assert oas_shrinkage(Moments(5, np.zeros(2), np.eye(2))) == 1.0  # there is nothing to shrink


def test_errors() -> None:
    flat = Moments(5, np.ones(3), np.zeros((3, 3)))
    with pytest.raises(DataError, match=r"v\.txt: all vectors are equal"):
        Normal.of(flat, "v.txt")
    line = Moments(5, np.ones(3), np.ones((3, 3)))
    with pytest.raises(DataError, match=r"v\.txt: a covariance of rank 1 of 3 has no inverse"):
        Normal.of(line, "v.txt", 0)
