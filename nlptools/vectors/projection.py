"""Vectors -> fewer dimensions by a random projection, and how far distances are from what they were.

Source of the bound: Johnson and Lindenstrauss (1984), in the form of Su Jianlin, kexue.fm/archives/8679.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.vectors.dimension import dimension_bounds
from nlptools.vectors.files import as_vectors
from nlptools.vectors.vectors import Vectors, sample_rows, shown_number

EPS = 0.1  # as for nlptools dim
PAIRS = 10_000
_ROWS = 1000  # from which the pairs are taken


def random_matrix(dimensions: int, dim: int, seed: int) -> np.ndarray:
    """Independent numbers of N(0, 1/dim), float64, shape (dimensions, dim); the same for ever for a seed.

    By the method of Box and Muller from the raw stream of PCG64, which NumPy keeps in all its versions.
    """
    size = -(-dimensions * dim // 2)
    raw = np.random.PCG64(seed).random_raw(2 * size)
    first, second = ((raw >> np.uint64(11)) + 0.5).reshape(2, size) * 2.0**-53  # in (0, 1)
    radius = np.sqrt(-2 * np.log(first) / dim)
    angle = 2 * np.pi * second
    normal = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return normal.ravel()[: dimensions * dim].reshape(dimensions, dim)


def random_projection(vectors: Vectors, dim: int, *, seed: int = 0) -> Vectors:
    """Every row times a random matrix of N(0, 1/dim): its squared length stays the same on average."""
    if dim < 1:
        raise ValueError("dim must be at least 1")
    matrix = random_matrix(vectors.shape[1], dim, seed)
    return vectors.mapped(lambda rows: rows @ matrix, dim)


def bound_eps(rows: int, dim: int) -> float:
    """The smallest eps for which the lemma says that `dim` dimensions are enough; above 1 it says nothing."""
    return math.sqrt(24 * math.log(rows) / dim)


@dataclass(frozen=True)
class Distortion:
    """|d' / d - 1| of squared distances d before and d' after; share: of pairs where it is above eps.

    pairs: that were measured, of different vectors; NaN stands where there are none.
    """

    pairs: int
    eps: float
    mean: float
    largest: float
    share: float


def measure_distortion(
    before: Vectors, after: Vectors, *, eps: float = EPS, pairs: int = PAIRS, seed: int = 0
) -> Distortion:
    """Of all pairs, or of a sample: `pairs` pairs among a thousand rows."""
    if len(before) != len(after):
        raise ValueError("before and after must have the same rows")
    if not 0 < eps < 1 or pairs < 1:
        raise ValueError("eps must be between 0 and 1, pairs at least 1")
    rows = sample_rows(len(before), _ROWS, seed)
    first, second = np.triu_indices(len(rows), 1)
    chosen = sample_rows(len(first), pairs, seed)
    first, second = first[chosen], second[chosen]
    old = _squared_distances(before.take(rows), first, second)
    new = _squared_distances(after.take(rows), first, second)
    different = old > 0
    error = np.abs(new[different] / old[different] - 1)
    if not len(error):
        return Distortion(0, eps, math.nan, math.nan, math.nan)
    share = float(np.count_nonzero(error > eps) / len(error))
    return Distortion(len(error), eps, float(error.mean()), float(error.max()), share)


def _squared_distances(rows: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of pairs of rows; a hundred pairs at a time."""
    wide = rows.astype(np.float64)
    found = np.empty(len(first))
    for start in range(0, len(first), 100):
        part = slice(start, start + 100)
        found[part] = ((wide[first[part]] - wide[second[part]]) ** 2).sum(axis=1)
    return found


class Projected(NamedTuple):
    """Vectors after a random projection, and what it did to distances."""

    vectors: Vectors
    distortion: Distortion


def project_vectors(
    vectors: Vectors | str | os.PathLike[str],
    dim: int,
    *,
    seed: int = 0,
    eps: float = EPS,
    pairs: int = PAIRS,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> Projected:
    """Vectors, or those of a file, with `dim` dimensions by a random projection; and how far distances are off.

    seed: of the matrix and of the pairs that are measured; the same seed gives the same numbers on every machine.
    eps: how far a squared distance may be off, as a share of it; pairs: how many distances are measured. memory,
    workers: for reading a file.
    Raises ValueError for a dim below 1, an eps that is not between 0 and 1, and pairs below 1.
    """
    found = as_vectors(vectors, memory=memory, workers=workers)
    made = random_projection(found, dim, seed=seed)
    return Projected(made, measure_distortion(found, made, eps=eps, pairs=pairs, seed=seed))


def distortion_table(found: Distortion, shape: tuple[int, int], dim: int) -> str:
    """Lines of name, tab, value. shape: of the vectors that were projected to `dim` dimensions."""
    rows = {
        "vectors": shape[0],
        "dimensions": shape[1],
        "dim": dim,
        "pairs": found.pairs,
        "distortion_mean": found.mean,
        "distortion_max": found.largest,
        "eps": found.eps,
        "share_outside": found.share,
        "bound_dim": dimension_bounds(shape[0], eps=found.eps).jl,
        "bound_eps": bound_eps(shape[0], dim),
    }
    lines = [f"{name}\t{shown_number(value)}\n" for name, value in rows.items()]
    return "".join(["measure\tvalue\n", *lines])
