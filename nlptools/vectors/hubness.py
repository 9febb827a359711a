"""Vectors -> how often each is among the nearest of the others, exactly, by blocks.

N_k(x), the k-occurrence, is the number of other vectors that have x among their k nearest by cosine; of equally
near ones the first rows count. In many dimensions some vectors (hubs) are near to very many and others
(anti-hubs) to none. Source: Radovanovic, Nanopoulos and Ivanovic, "Hubs in Space", JMLR 11 (2010); Su Jianlin,
kexue.fm/archives/9147.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.vectors.nearest import nearest_rows, queries_at_a_time
from nlptools.vectors.vectors import Vectors, Watch, sample_rows, unwatched

NEAREST = 10
EXACT_ROWS = 50_000  # no more vectors than these are all asked for their nearest
SAMPLE = 10_000  # as many are asked where there are more


@dataclass(frozen=True)
class Hubness:
    """nearest: k. counts: N_k of each row, int64; those that have no direction, being 0, are not `points`.

    points: of them how many take part; queries: how many of those were asked for their nearest.
    """

    nearest: int
    points: np.ndarray
    queries: int
    counts: np.ndarray

    @property
    def exact(self) -> bool:
        """Whether all were asked."""
        return self.queries == len(self.points)

    @property
    def scale(self) -> float:
        """What a count is multiplied by to estimate N_k."""
        return len(self.points) / self.queries if self.queries else math.nan

    @property
    def skewness(self) -> float:
        """E[(N_k - k)^3] / sigma^3; NaN where all N_k are equal.

        From the factorial moments E[N(N-1)...]. A sample of M of N queries thins each by M(M-1).../(N(N-1)...),
        so that its estimates of them are not biased.
        """
        counts = self.counts[self.points].astype(np.float64)
        total, asked = len(self.points), self.queries
        if asked < 3:
            return math.nan
        factorials, product, factor = [], np.ones(total), 1.0
        for r in range(3):
            product = product * (counts - r)
            factor *= (total - r) / (asked - r)
            factorials.append(factor * float(product.mean()))
        one, two, three = factorials
        square, cube = two + one, three + 3 * two + one
        variance = square - one**2
        if variance <= 1e-9 * square:
            return math.nan
        return (cube - 3 * one * square + 2 * one**3) / variance**1.5

    @property
    def antihub_share(self) -> float:
        """The share of N_k = 0; NaN for a sample, in which many are 0 by chance."""
        if not self.exact or not len(self.points):
            return math.nan
        return float(np.mean(self.counts[self.points] == 0))

    def hubs(self, number: int) -> np.ndarray:
        """The rows with the largest counts, largest first, then by row; none with a count of 0."""
        order = np.argsort(-self.counts, kind="stable")[:number]
        return order[self.counts[order] > 0]


def find_hubs(
    vectors: Vectors,
    norms: np.ndarray,
    *,
    nearest: int = NEAREST,
    queries: int | None = None,
    seed: int = 0,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    watch: Watch = unwatched,
) -> Hubness:
    """Count how often each vector is among the nearest of others. norms: of all rows, float64.

    nearest: k; fewer if there are fewer other vectors. queries: how many vectors are asked; None: all of up to
    50,000, else 10,000. The counts do not depend on memory and workers.
    """
    if nearest < 1 or (queries is not None and queries < 1):
        raise ValueError("nearest and queries must be at least 1")
    points = np.flatnonzero(norms)
    counts = np.zeros(len(norms), np.int64)
    nearest = min(nearest, len(points) - 1)
    if nearest < 1:
        return Hubness(0, points, 0, counts)
    if queries is None:
        queries = len(points) if len(points) <= EXACT_ROWS else SAMPLE
    asked = points[sample_rows(len(points), queries, seed)]
    size = queries_at_a_time(vectors.shape[1], nearest, memory)
    total = -(-len(asked) // size) * len(norms)
    done = 0

    def look(read: int) -> None:
        nonlocal done
        done += read
        watch("neighbours", done, total)

    for found in nearest_rows(
        vectors, norms, asked, nearest, size=size, workers=workers, look=look
    ):
        counts += np.bincount(found.ravel(), minlength=len(counts))
    return Hubness(nearest, points, len(asked), counts)
