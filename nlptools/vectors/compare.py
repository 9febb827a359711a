"""Two sets of vectors -> how far apart they lie: as normal distributions, and word by word; and that as a table."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.base.storage import spilling
from nlptools.errors import DataError
from nlptools.vectors.files import as_vectors
from nlptools.vectors.hubness import EXACT_ROWS, NEAREST, SAMPLE
from nlptools.vectors.measures import MEASURE_FORMATS, Measures, measure_table
from nlptools.vectors.moments import OVERFLOW, moments_of
from nlptools.vectors.nearest import nearest_rows, queries_at_a_time
from nlptools.vectors.normal import (
    ROUNDING,
    Normal,
    bhattacharyya_distance,
    kl_divergence,
    wasserstein_distance,
)
from nlptools.vectors.vectors import (
    Vectors,
    VectorStore,
    Watch,
    batch_rows,
    rebatched,
    sample_rows,
    unwatched,
    word_digests,
)

VECTOR_COMPARE_FORMATS = MEASURE_FORMATS
_DISTANCES = ("shrinkage_a", "shrinkage_b", "kl_ab", "kl_ba", "bhattacharyya", "wasserstein")


@dataclass(frozen=True)
class VectorComparison(Measures):
    """Measures by name, in the order in which they are shown; NaN where one cannot be.

    ranks: of the two covariances, None where the dimensions differ. exact: whether all shared words were asked for
    their neighbours.
    """

    ranks: tuple[int, int] | None
    exact: bool

    def __repr__(self) -> str:
        shared, overlap = self.measures["shared"], self.measures["neighbour_overlap"]
        return f"VectorComparison({shared:,} shared, neighbour overlap {overlap:.4g})"


def compare_vectors(
    a: Vectors | str | os.PathLike[str],
    b: Vectors | str | os.PathLike[str],
    *,
    shrinkage: float | None = None,
    nearest: int = NEAREST,
    queries: int | None = None,
    seed: int = 0,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
) -> VectorComparison:
    """How far apart two sets of vectors, or those of two files, lie; docs/guides/vectors.md explains the measures.

    As normal distributions, where they have the same dimension: KL divergence both ways, Bhattacharyya and 2-Wasserstein
    distance. For words in both (rows of the same number, where neither has words): the orthogonal Procrustes residual,
    and how many of the nearest neighbours are the same.
    shrinkage: of both covariances, between 0 and 1; None: of those that are singular, by OAS. nearest: neighbours of
    each word; queries: ask so many words for theirs, None: all of up to 50,000, else 10,000; seed: which ones. memory:
    bytes for the whole process, what does not fit goes to files in tmp_dir; workers: threads, which change no result;
    watch: called with stage, done and total.
    Raises DataError for a single vector, for vectors that are all equal, and where there is nothing to compare.
    """
    if shrinkage is not None and not 0 <= shrinkage <= 1:
        raise ValueError("shrinkage must be between 0 and 1")
    if nearest < 1 or (queries is not None and queries < 1):
        raise ValueError("nearest and queries must be at least 1")
    first, second = (
        as_vectors(side, memory=memory, workers=workers, tmp_dir=tmp_dir, room=memory // 6)
        for side in (a, b)
    )
    rows = shared_rows(first, second)
    _check_comparable(first, second, len(rows[0]))
    normals = []
    if first.shape[1] == second.shape[1]:
        for side in (first, second):
            moments = moments_of(side, memory=memory, workers=workers)
            normals.append(Normal.of(moments, side.source, shrinkage))
    residual, overlap = math.nan, Overlap(0, 0, 0, math.nan)
    if len(rows[0]) > 1:
        search: dict[str, Any] = {"nearest": nearest, "queries": queries, "seed": seed}
        search |= {"memory": memory, "workers": workers, "watch": watch}
        with spilling(tmp_dir) as folder:
            shared = [
                chosen_rows(side, of_side, memory // 12, folder)
                for side, of_side in zip((first, second), rows, strict=True)
            ]
            residual = procrustes_residual(*shared)
            overlap = neighbour_overlap(*shared, **search)
    measures = {
        "vectors_a": len(first),
        "vectors_b": len(second),
        "dimensions_a": first.shape[1],
        "dimensions_b": second.shape[1],
        **normal_distances(*normals),
        "shared": len(rows[0]),
        "procrustes_residual": residual,
        "nearest": overlap.nearest,
        "queries": overlap.queries,
        "neighbour_overlap": overlap.share,
    }
    ranks = (normals[0].rank, normals[1].rank) if normals else None
    return VectorComparison(measures, ranks, overlap.queries == overlap.points)


def _check_comparable(a: Vectors, b: Vectors, shared: int) -> None:
    """DataError where there is nothing to compare. shared: how many words are in both."""
    for side in (a, b):
        if len(side) < 2:
            raise DataError(side.source, None, "one vector: it has no covariance")
    if a.shape[1] != b.shape[1] and not shared:
        problem = f"{b.shape[1]} dimensions, {a.source} {a.shape[1]}, and no word is in both"
        hint = None if a.has_words and b.has_words else "name the words of an array"
        raise DataError(b.source, None, problem, hint)


def normal_distances(p: Normal | None = None, q: Normal | None = None) -> dict[str, float]:
    """What there is to know about two normal distributions; NaN without them."""
    if p is None or q is None:
        return dict.fromkeys(_DISTANCES, math.nan)
    values = (
        p.shrinkage,
        q.shrinkage,
        kl_divergence(p, q),
        kl_divergence(q, p),
        bhattacharyya_distance(p, q),
        wasserstein_distance(p, q),
    )
    return dict(zip(_DISTANCES, values, strict=True))


def shared_rows(a: Vectors, b: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """The rows of the words that are in both, in the order of a: (rows of a, rows of b).

    Where neither has words and there are as many rows: all of them. Where one has words: none.
    """
    if not a.has_words and not b.has_words and len(a) == len(b):
        return np.arange(len(a)), np.arange(len(a))
    if not (a.has_words and b.has_words):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    first, second = (
        np.concatenate([word_digests(words) for words in side.word_batches()]) for side in (a, b)
    )
    _, of_a, of_b = np.intersect1d(first, second, return_indices=True)
    order = np.argsort(of_a)
    return of_a[order], of_b[order]


def chosen_rows(vectors: Vectors, rows: np.ndarray, room: int, folder: Path | None) -> Vectors:
    """Some rows in the order that is asked for, without their words.

    room: bytes that they may take in memory; more go to a file in the folder. The vectors are read once for every
    half of that.
    """
    if len(rows) == len(vectors) and np.array_equal(rows, np.arange(len(rows))):
        return vectors
    dimensions = vectors.shape[1]
    store = VectorStore(dimensions, vectors.dtype, room=room // 2, folder=folder)
    step = max(batch_rows(dimensions), room // 2 // (dimensions * vectors.dtype.itemsize))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        order = np.argsort(part)
        found = np.empty((len(part), dimensions), vectors.dtype)
        for places, some in vectors.parts(part[order]):
            found[order[places]] = some
        store.add(found, None)
    return store.finish(vectors.source, vectors.format)


def procrustes_residual(a: Vectors, b: Vectors) -> float:
    """What the best shift, rotation or reflection, and scale leave of b where a is to become b: a share, 0 to 1.

    With A and B the rows less their means, over their Frobenius norms: 1 - (sum of the singular values of A^T B)^2.
    Rows of the same number belong together; dimensions may differ (the smaller is filled up with zeros). NaN where all
    rows of one are equal. Source: Schoenemann, "A generalized solution of the orthogonal Procrustes problem",
    Psychometrika 31 (1966); Gower, "Generalized Procrustes analysis", Psychometrika 40 (1975).
    """
    count = 0
    means = [np.zeros(side.shape[1]) for side in (a, b)]
    squares, cross = [0.0, 0.0], np.zeros((a.shape[1], b.shape[1]))
    for pair in _together(a, b):
        more = len(pair[0])
        weight = count * more / (count + more)
        centres = [rows.mean(axis=0) for rows in pair]
        steps = [centre - mean for centre, mean in zip(centres, means, strict=True)]
        away = [rows - centre for rows, centre in zip(pair, centres, strict=True)]
        for i in (0, 1):
            squares[i] += float((away[i] ** 2).sum() + weight * (steps[i] ** 2).sum())
            means[i] = means[i] + steps[i] * (more / (count + more))
        cross += away[0].T @ away[1] + weight * np.outer(*steps)
        count += more
    if not squares[0] or not squares[1]:
        return math.nan
    common = float(np.linalg.svd(cross, compute_uv=False).sum()) ** 2
    residual = 1 - common / squares[0] / squares[1]
    return residual if residual > ROUNDING else 0.0


def _together(a: Vectors, b: Vectors) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The same rows of both, a batch at a time, in float64. DataError for numbers too large for it."""
    size = min(batch_rows(a.shape[1]), batch_rows(b.shape[1]))
    pairs = zip(rebatched(a.batches(), size), rebatched(b.batches(), size), strict=True)
    for pair in pairs:
        first, second = (rows.astype(np.float64) for rows in pair)
        for side, rows in ((a, first), (b, second)):
            with np.errstate(over="ignore"):
                if not np.isfinite((rows * rows).sum()):
                    raise DataError(side.source, None, OVERFLOW)
        yield first, second


@dataclass(frozen=True)
class Overlap:
    """share: of the nearest neighbours that are the same, on average; NaN where there are none.

    nearest: how many each has; points: rows that have a direction in both; queries: how many of those were asked.
    """

    nearest: int
    points: int
    queries: int
    share: float


def neighbour_overlap(
    a: Vectors,
    b: Vectors,
    *,
    nearest: int = NEAREST,
    queries: int | None = None,
    seed: int = 0,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    watch: Watch = unwatched,
) -> Overlap:
    """How many of the nearest rows, by cosine, are the same in both; rows of the same number belong together.

    Exact, as in `find_hubs`; vectors of 0 take no part.
    """
    norms = np.concatenate(
        [[np.sqrt((rows**2).sum(axis=1)) for rows in pair] for pair in _together(a, b)], axis=1
    )
    norms[:, (norms == 0).any(axis=0)] = 0
    points = np.flatnonzero(norms[0])
    nearest = min(nearest, len(points) - 1)
    if nearest < 1:
        return Overlap(0, len(points), 0, math.nan)
    if queries is None:
        queries = len(points) if len(points) <= EXACT_ROWS else SAMPLE
    asked = points[sample_rows(len(points), queries, seed)]
    size = queries_at_a_time(max(a.shape[1], b.shape[1]), nearest, memory // 2)
    look = _Look(watch, 2 * -(-len(asked) // size) * len(a))
    pairs = zip(
        *(
            nearest_rows(side, of_side, asked, nearest, size=size, workers=workers, look=look)
            for side, of_side in zip((a, b), norms, strict=True)
        ),
        strict=True,
    )
    same = 0
    for pair in pairs:
        # A row is in each list once: next to its equal, when both lists are sorted as one.
        both = np.sort(np.concatenate(pair, axis=1), axis=1)
        same += int(np.count_nonzero(both[:, 1:] == both[:, :-1]))
    return Overlap(nearest, len(points), len(asked), same / (nearest * len(asked)))


class _Look:
    """Adds up the rows that were read, for `watch`."""

    def __init__(self, watch: Watch, total: int) -> None:
        self._watch, self._done, self._total = watch, 0, total

    def __call__(self, read: int) -> None:
        self._done += read
        self._watch("neighbours", self._done, self._total)


def comparison_table(comparison: VectorComparison, format: str) -> str:
    """One of VECTOR_COMPARE_FORMATS: lines of name, tab, value; or one JSON object."""
    return measure_table(comparison.measures, format)
