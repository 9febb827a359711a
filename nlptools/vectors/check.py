"""Vectors -> what there is to know about them: lengths, isotropy, effective dimension, hubs; and that as a table."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.errors import DataError, cell
from nlptools.vectors.dimension import exact_dimension
from nlptools.vectors.files import as_vectors
from nlptools.vectors.hubness import NEAREST, find_hubs
from nlptools.vectors.measures import MEASURE_FORMATS, Measures, measure_table, plain_number
from nlptools.vectors.moments import OVERFLOW, Moments, eigenvectors, moments_of
from nlptools.vectors.vectors import Vectors, Watch, shown_number, unwatched

CHECK_FORMATS = MEASURE_FORMATS
HUBS = 10


@dataclass(frozen=True)
class VectorCheck(Measures):
    """Measures by name, in the order in which they are shown, and the hubs: name and k-occurrence.

    exact: whether all vectors were asked for their neighbours.
    """

    hubs: list[tuple[str, float]]
    exact: bool

    def __repr__(self) -> str:
        rows, columns = self.measures["vectors"], self.measures["dimensions"]
        return f"VectorCheck({rows:,} x {columns:,}, isotropy {self.measures['isotropy']:.4g})"


def check_vectors(
    vectors: Vectors | str | os.PathLike[str],
    *,
    nearest: int = NEAREST,
    queries: int | None = None,
    seed: int = 0,
    hubs: int = HUBS,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    watch: Watch = unwatched,
) -> VectorCheck:
    """Measure vectors, or those of a file; docs/guides/vectors.md explains the measures and gives their sources.

    nearest: so many nearest neighbours of each vector, for hubs; queries: ask so many vectors for theirs, None: all of
    up to 50,000, else 10,000; seed: which ones. hubs: how many are named. memory: bytes for the whole process;
    workers: threads, which change no result; watch: called with stage, done and total.
    Raises DataError for a single vector and for vectors that are all zero.
    """
    vectors = as_vectors(vectors, memory=memory, workers=workers)
    if len(vectors) < 2:
        raise DataError(vectors.source, None, "one vector: there is nothing to compare it with")
    lengths: list[np.ndarray] = []
    direction = np.zeros(vectors.shape[1])

    def look(rows: np.ndarray) -> None:
        nonlocal direction
        with np.errstate(over="ignore"):
            lengths.append(np.sqrt((rows * rows).sum(axis=1)))
        if not np.isfinite(lengths[-1]).all():
            raise DataError(vectors.source, None, OVERFLOW)
        long = lengths[-1] > 0
        direction = direction + (rows[long] / lengths[-1][long, None]).sum(axis=0)

    moments = moments_of(vectors, memory=memory, workers=workers, look=look)
    norms = np.concatenate(lengths)
    points = int(np.count_nonzero(norms))
    if not points:
        raise DataError(vectors.source, None, "all vectors are zero")
    values, _ = eigenvectors(moments.covariance)
    found = find_hubs(
        vectors,
        norms,
        nearest=nearest,
        queries=queries,
        seed=seed,
        memory=memory,
        workers=workers,
        watch=watch,
    )
    named = found.hubs(hubs)
    scale = 1 if found.exact else found.scale  # whole numbers stay whole
    counts = (found.counts[named] * scale).tolist()
    measures = {
        "vectors": len(vectors),
        "dimensions": vectors.shape[1],
        "bad_rows": vectors.bad_rows.count,
        "dimension_bound": exact_dimension(len(vectors)),
        "norm_min": float(norms.min()),
        "norm_median": float(np.median(norms)),
        "norm_max": float(norms.max()),
        "zero_vectors": len(norms) - points,
        "norm_of_mean": float(np.sqrt((moments.mean**2).sum())),
        "mean_cosine": mean_cosine(direction, points),
        "isotropy": isotropy(vectors, moments),
        "effective_dimension": effective_dimension(values),
        "components_90": components(values, 0.9),
        "nearest": found.nearest,
        "queries": found.queries,
        "hub_skewness": found.skewness,
        "hub_largest": (found.counts.max() * scale).item(),
        "antihub_share": found.antihub_share,
    }
    return VectorCheck(
        measures, list(zip(vectors.names(named.tolist()), counts, strict=True)), found.exact
    )


def mean_cosine(direction: np.ndarray, points: int) -> float:
    """Of all pairs of different rows: (|sum of unit vectors|^2 - N) / (N (N - 1)). direction: that sum.

    0 where directions are spread evenly; near 1 where all vectors point one way.
    """
    if points < 2:
        return math.nan
    return (float((direction**2).sum()) - points) / (points * (points - 1))


def effective_dimension(eigenvalues: np.ndarray) -> float:
    """The participation ratio (sum l)^2 / sum l^2: n for n equal variances, 1 for a single one."""
    scaled = _scaled(eigenvalues)
    squares = float((scaled**2).sum())
    return float(scaled.sum()) ** 2 / squares if squares else math.nan


def _scaled(eigenvalues: np.ndarray) -> np.ndarray:
    """Divided by a power of 2, so that no square overflows and no digit changes."""
    _, exponent = math.frexp(eigenvalues.max(initial=0))
    return np.ldexp(eigenvalues, -exponent)


def components(eigenvalues: np.ndarray, share: float) -> int:
    """How many of the largest eigenvalues are this share of their sum; 0 where all are 0."""
    sums = np.cumsum(_scaled(eigenvalues))
    return int(np.searchsorted(sums, share * sums[-1] * (1 - 1e-12))) + 1 if sums[-1] else 0


def isotropy(vectors: Vectors, moments: Moments) -> float:
    """The ratio min Z(c) / max Z(c), where Z(c) = sum over rows of exp(c x), c being unit eigenvectors of X^T X, and -c.

    1 where the partition function Z is the same in every direction. An eigenvector has no sign, so both are
    taken. Source: Mu and Viswanath, "All-but-the-Top", ICLR 2018, equations 7 and 8.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        products = moments.scatter + moments.count * np.outer(moments.mean, moments.mean)
    if not np.isfinite(products).all():
        raise DataError(vectors.source, None, OVERFLOW)
    _, columns = eigenvectors(products)
    logs = np.full(2 * len(columns), -np.inf)
    for batch in vectors.batches():
        products = batch.astype(np.float64) @ columns
        products = np.concatenate([products, -products], axis=1)
        largest = products.max(axis=0)
        logs = np.logaddexp(logs, largest + np.log(np.exp(products - largest).sum(axis=0)))
    return float(np.exp(logs.min() - logs.max()))


def check_table(check: VectorCheck, format: str) -> str:
    """One of CHECK_FORMATS: lines of name, tab, value; or one JSON object, with null for what is not known."""
    objects = [{"word": name, "count": plain_number(count)} for name, count in check.hubs]
    return measure_table(
        check.measures, format, lines=_hub_lines(check.hubs), objects={"hubs": objects}
    )


def _hub_lines(hubs: list[tuple[str, float]]) -> Iterator[tuple[str, str]]:
    for i, (name, count) in enumerate(hubs, 1):
        yield f"hub_{i}", cell(name)
        yield f"hub_{i}_count", shown_number(count)
