"""Vectors -> a whitening: the linear map after which their mean is 0 and their covariance the identity.

x' = (x - mean) U_k diag(l_1 ... l_k)^(-1/2), where l and U are the eigenvalues and eigenvectors of the
covariance. Source: Su Jianlin, kexue.fm/archives/8069 ("BERT-whitening").
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlptools.base.outputs import whole_file
from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.errors import DataError, quoted
from nlptools.vectors.files import as_vectors
from nlptools.vectors.headers import ZIP, npz_arrays, npz_values, opened
from nlptools.vectors.moments import eigenvectors, moments_of
from nlptools.vectors.vectors import Vectors

KIND = "nlptools whitening 1"
TOLERANCE = 1e-10

_ARRAYS = ("kind", "mean", "matrix", "eigenvalues")
_MOST_KIND = 1 << 12  # bytes
# Of the matrix: that of as many dimensions as have a covariance (moments.py) within 8 GB.
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Whitening:
    """mean: (n,). matrix: (n, k), whose columns are eigenvectors over roots of eigenvalues, the largest first.

    eigenvalues: (n,), of the covariance, descending. rank: how many of the k columns are not 0. All float64.
    """

    mean: np.ndarray
    matrix: np.ndarray
    eigenvalues: np.ndarray

    def __repr__(self) -> str:
        before, after = self.matrix.shape
        return f"Whitening({before:,} -> {after:,} dimensions, {self.variance:.1%} of the variance)"

    @property
    def rank(self) -> int:
        """Directions that have a variance, among those kept."""
        return int(np.count_nonzero(self.matrix.any(axis=0)))

    @property
    def variance(self) -> float:
        """The share of the variance that lies in the directions kept."""
        return float(self.eigenvalues[: self.matrix.shape[1]].sum() / self.eigenvalues.sum())

    def shortened(self, dim: int | None) -> Whitening:
        """The same with the first `dim` columns alone; None: all. ValueError for more than there are."""
        if dim is None:
            return self
        if not 1 <= dim <= self.matrix.shape[1]:
            raise ValueError(f"dim must be between 1 and {self.matrix.shape[1]}")
        return Whitening(self.mean, self.matrix[:, :dim], self.eigenvalues)

    def apply(self, vectors: Vectors) -> Vectors:
        """Other rows for the same words, of the same type. ValueError for vectors of another dimension."""
        if vectors.shape[1] != len(self.mean):
            raise ValueError(f"vectors must have {len(self.mean)} dimensions")
        return vectors.mapped(lambda rows: (rows - self.mean) @ self.matrix, self.matrix.shape[1])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .npz file with the arrays kind, mean, matrix and eigenvalues; the same bytes for the same map."""
        with whole_file(path) as stream:
            np.savez(
                stream,
                kind=np.array(KIND),
                mean=self.mean,
                matrix=self.matrix,
                eigenvalues=self.eigenvalues,
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Whitening:
        """Read what `save` wrote. DataError for anything else."""
        path = os.fspath(path)
        hint = "make one with nlptools vectors whiten --transform"
        with opened(path) as file:
            if file.read(len(ZIP)) != ZIP:
                raise DataError(path, None, "not a whitening: no .npz file", hint)
        arrays = npz_arrays(path)
        try:
            if missing := [name for name in _ARRAYS if name not in arrays]:
                raise ValueError(f"no array {missing[0]}")
            kind, mean, matrix, eigenvalues = (arrays[name] for name in _ARRAYS)
            if len(matrix.shape) != 2:
                raise ValueError("its matrix has not two dimensions")
            n, k = matrix.shape
            if mean.shape != (n,) or eigenvalues.shape != (n,) or not 1 <= k <= n:
                raise ValueError("the shapes of its arrays disagree")
            if kind.dtype.kind != "U" or math.prod(kind.shape) * kind.dtype.itemsize > _MOST_KIND:
                raise ValueError("it does not say what it is")
            if any(array.dtype != np.float64 for array in (mean, matrix, eigenvalues)):
                raise ValueError("other numbers than float64")
            if 8 * n * k > _MOST_BYTES:
                raise ValueError(f"a matrix of {n:,} x {k:,}")
            named = _text(npz_values(path, kind))
            if named != KIND:
                raise ValueError(quoted(named))
            found = cls(*(npz_values(path, array) for array in (mean, matrix, eigenvalues)))
            for values in (found.mean, found.matrix, found.eigenvalues):
                if not np.isfinite(values).all():
                    raise ValueError("numbers that are not finite")
        except (ValueError, OverflowError) as error:  # OverflowError: chr
            raise DataError(path, None, f"not a whitening: {error}", hint) from None
        return found


def _text(array: np.ndarray) -> str:
    """A text that lies in an array; NumPy would make a str of code points that no text has. ValueError for these."""
    order = array.dtype.str[0]
    return "".join(
        map(chr, np.ascontiguousarray(array).reshape(-1).view(f"{order}u4").tolist())
    ).rstrip("\0")


class Whitened(NamedTuple):
    """Vectors after a whitening, and the whitening."""

    vectors: Vectors
    whitening: Whitening


def whiten_vectors(
    vectors: Vectors | str | os.PathLike[str],
    *,
    dim: int | None = None,
    tolerance: float = TOLERANCE,
    apply: Whitening | str | os.PathLike[str] | None = None,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> Whitened:
    """Vectors, or those of a file, with mean 0 and covariance the identity; and the map that makes them so.

    dim: how many directions are kept, None: all. tolerance: an eigenvalue of at most so much of the largest counts as
    0, and so does its column. apply: a whitening of other vectors, or its file, instead of their own. memory: bytes
    for the whole process; workers: threads, which change no result.
    Raises ValueError for a dim that there is not, or a whitening of another dimension.
    """
    found = as_vectors(vectors, memory=memory, workers=workers)
    if apply is None:
        whitening = fit_whitening(
            found, dim=dim, tolerance=tolerance, memory=memory, workers=workers
        )
    else:
        loaded = apply if isinstance(apply, Whitening) else Whitening.load(apply)
        whitening = loaded.shortened(dim)
    return Whitened(whitening.apply(found), whitening)


def fit_whitening(
    vectors: Vectors,
    *,
    dim: int | None = None,
    tolerance: float = TOLERANCE,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> Whitening:
    """The whitening of some vectors; dim: how many directions are kept, None: all.

    tolerance: an eigenvalue of at most so much of the largest counts as 0. There is nothing in its direction but
    rounding, so that its column is 0 instead of rounding made large.

    Raises ValueError for a dim that the vectors do not have, DataError for vectors that are all equal.
    """
    if dim is not None and not 1 <= dim <= vectors.shape[1]:
        raise ValueError(f"dim must be between 1 and {vectors.shape[1]}")
    if len(vectors) < 2:
        raise DataError(vectors.source, None, "one vector: it has no covariance")
    moments = moments_of(vectors, memory=memory, workers=workers)
    values, columns = eigenvectors(moments.covariance)
    largest = float(np.abs(moments.mean).max())
    if values[0] <= (1e-15 * largest) ** 2:
        raise DataError(vectors.source, None, "all vectors are equal: they have no covariance")
    good = values > tolerance * values[0]
    scales = np.where(good, 1 / np.sqrt(np.where(good, values, 1)), 0)
    return Whitening(moments.mean, columns * scales, values).shortened(dim)
