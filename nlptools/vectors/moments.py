"""Vectors -> their mean and covariance, in one pass."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, ordered_map, worker_pool
from nlptools.errors import DataError, ResourceError
from nlptools.vectors.vectors import Vectors

OVERFLOW = "numbers so large that their squares overflow"


@dataclass(frozen=True)
class Moments:
    """count rows; their mean, and the sum of the products of their deviations from it; float64."""

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray) -> Moments:
        """Of a matrix of float64."""
        mean = rows.mean(axis=0)
        deviations = rows - mean
        return cls(len(rows), mean, deviations.T @ deviations)

    def __add__(self, other: Moments) -> Moments:
        """Of the rows of both. Source: Chan, Golub and LeVeque, "Updating formulae" (1979)."""
        count = self.count + other.count
        step = other.mean - self.mean
        mean = self.mean + step * (other.count / count)
        between = np.outer(step, step * (self.count * other.count / count))
        return Moments(count, mean, self.scatter + other.scatter + between)

    @property
    def covariance(self) -> np.ndarray:
        """Divided by count - 1."""
        return self.scatter / (self.count - 1)


def moments_of(
    vectors: Vectors,
    *,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    look: Callable[[np.ndarray], None] = lambda rows: None,
) -> Moments:
    """Mean and covariance of all rows; look: sees every batch as float64, in order.

    ResourceError where a matrix of n x n does not fit into the memory, DataError for numbers too large for it.
    """
    dimensions = vectors.shape[1]
    if 8 * 8 * dimensions**2 > memory:
        problem = f"a covariance of {dimensions:,} dimensions needs more memory"
        raise ResourceError(problem, f"--memory {8 * 8 * dimensions**2 // 10**9 + 1}GB")
    workers = workers or os.cpu_count() or 1

    def work(batch: np.ndarray) -> tuple[np.ndarray, Moments]:
        rows = batch.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            return rows, Moments.of(rows)

    total: Moments | None = None
    with worker_pool(workers) as pool:
        for rows, moments in ordered_map(pool, workers, work, vectors.batches()):
            with np.errstate(over="ignore", invalid="ignore"):
                total = moments if total is None else total + moments
            if not np.isfinite(total.scatter).all():
                raise DataError(vectors.source, None, OVERFLOW)
            look(rows)
    assert total is not None  # no Vectors without rows
    return total


def eigenvectors(symmetric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(eigenvalues, descending and not below 0; eigenvectors as columns, their largest component positive)."""
    values, columns = np.linalg.eigh(symmetric)
    values, columns = values[::-1].clip(0), columns[:, ::-1]
    largest = np.abs(columns).argmax(axis=0)
    return values, columns * np.sign(columns[largest, np.arange(len(values))])
