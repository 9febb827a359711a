"""Mean and covariance of two sets of vectors -> how far apart they are as normal distributions, in closed form.

Source of the formulas: Su Jianlin, kexue.fm/archives/8512. A covariance that is singular has no inverse; it is
shrunk towards a multiple of the identity (Chen, Wiesel, Eldar and Hero, "Shrinkage Algorithms for MMSE Covariance
Estimation", IEEE Transactions on Signal Processing 58, 2010, equation 23: OAS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nlptools.errors import DataError
from nlptools.vectors.moments import Moments, eigenvectors
from nlptools.vectors.whitening import TOLERANCE

ROUNDING = (
    1e-12  # a distance below so much of what it is the difference of is rounding, and counts as 0
)


@dataclass(frozen=True)
class Normal:
    """A normal distribution of n dimensions; all float64.

    mean: (n,). root: (n, n), the covariance being root root^T. factor: (n, n), lower triangular, factor factor^T being
    the covariance after it was shrunk. shrinkage: by how much, 0: not at all. rank: of the covariance.
    """

    mean: np.ndarray
    root: np.ndarray
    factor: np.ndarray
    shrinkage: float
    rank: int

    @classmethod
    def of(cls, moments: Moments, source: str, shrinkage: float | None = None) -> Normal:
        """Of some vectors. source: their file, for errors.

        shrinkage: s in (1 - s) C + s tr(C)/n I; None: 0 for a covariance C that has an inverse, else by OAS.
        Raises DataError for a covariance of 0, and for one without an inverse that is not to be shrunk.
        """
        covariance = moments.covariance
        values, columns = eigenvectors(covariance)
        if values[0] <= (1e-15 * float(np.abs(moments.mean).max())) ** 2:
            raise DataError(source, None, "all vectors are equal: they have no covariance")
        rank = int(np.count_nonzero(values > TOLERANCE * values[0]))
        if shrinkage is None:
            shrinkage = 0.0 if rank == len(values) else oas_shrinkage(moments)
        target = shrinkage * float(values.mean())
        try:
            factor = np.linalg.cholesky((1 - shrinkage) * covariance + target * np.eye(len(values)))
        except np.linalg.LinAlgError:
            problem = f"a covariance of rank {rank} of {len(values)} has no inverse"
            hint = "shrink it by more with --shrinkage, or leave that out"
            raise DataError(source, None, problem, hint) from None
        return cls(moments.mean, columns * np.sqrt(values), factor, shrinkage, rank)

    @property
    def log_determinant(self) -> float:
        """Of the covariance after it was shrunk."""
        return 2 * float(np.log(np.diag(self.factor)).sum())

    @property
    def shrunk(self) -> np.ndarray:
        """The covariance after it was shrunk."""
        return self.factor @ self.factor.T


def oas_shrinkage(moments: Moments) -> float:
    """The shrinkage with the least expected squared error, for vectors from a normal distribution; in (0, 1].

    With S the covariance divided by N: ((1 - 2/n) tr(S^2) + tr(S)^2) / ((N + 1 - 2/n) (tr(S^2) - tr(S)^2 / n)).
    """
    n = len(moments.mean)
    scatter = moments.scatter / np.trace(moments.scatter)
    squares = float((scatter**2).sum())
    below = (moments.count + 1 - 2 / n) * (squares - 1 / n)
    above = (1 - 2 / n) * squares + 1
    return min(1.0, above / below) if below > 0 else 1.0


def kl_divergence(p: Normal, q: Normal) -> float:
    """KL(p || q), in nats: half of (m' C_q^-1 m + tr(C_q^-1 C_p) - n + ln det C_q - ln det C_p), m = mean_p - mean_q."""
    n = len(p.mean)
    step = np.linalg.solve(q.factor, p.mean - q.mean)
    ratio = np.linalg.solve(q.factor, p.factor)
    trace = float((ratio**2).sum())
    logs = q.log_determinant - p.log_determinant
    return _above_rounding((float(step @ step) + trace - n + logs) / 2, trace + n)


def bhattacharyya_distance(p: Normal, q: Normal) -> float:
    """M' C^-1 m / 8 + ln(det C / sqrt(det C_p det C_q)) / 2, C being the mean of C_p and C_q; in nats.

    It is -ln of the integral of sqrt(p q).
    """
    factor = np.linalg.cholesky((p.shrunk + q.shrunk) / 2)
    step = np.linalg.solve(factor, p.mean - q.mean)
    logs = 2 * float(np.log(np.diag(factor)).sum())
    logs -= (p.log_determinant + q.log_determinant) / 2
    return _above_rounding(float(step @ step) / 8 + logs / 2, len(p.mean))


def wasserstein_distance(p: Normal, q: Normal) -> float:
    """The 2-Wasserstein distance W, in the unit of the vectors; needs no inverse, so that nothing is shrunk.

    W^2 = |m|^2 + tr(C_p) + tr(C_q) - 2 tr((C_p^1/2 C_q C_p^1/2)^1/2). The last trace is the sum of the singular values
    of R_p^T R_q for any roots with R R^T = C, which keeps the digits that a root of eigenvalues near 0 would lose.
    """
    step = p.mean - q.mean
    traces = float((p.root**2).sum() + (q.root**2).sum())
    common = float(np.linalg.svd(p.root.T @ q.root, compute_uv=False).sum())
    return float(np.sqrt(_above_rounding(float(step @ step) + traces - 2 * common, traces)))


def _above_rounding(distance: float, terms: float) -> float:
    """The distance, 0 where it is nothing but the rounding of the terms that it is the difference of."""
    return distance if distance > ROUNDING * terms else 0.0
