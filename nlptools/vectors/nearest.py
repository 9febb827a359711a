"""Vectors -> the nearest of the others to each, by cosine, exactly, by blocks; of equally near ones the first rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from nlptools.base.resources import ordered_map, worker_pool
from nlptools.vectors.vectors import Vectors, batch_rows

_QUERIES, _TILE = 256, 4096  # vectors whose cosines are computed at a time
_PAIRS = 1 << 19  # numbers in the vectors of pairs whose cosines are computed exactly at a time


def queries_at_a_time(dimensions: int, nearest: int, memory: int) -> int:
    """How many vectors are asked for their nearest in one pass over all; changes no result."""
    return max(_QUERIES, memory // 8 // (4 * dimensions + 16 * nearest))


def nearest_rows(
    vectors: Vectors,
    norms: np.ndarray,
    asked: np.ndarray,
    nearest: int,
    *,
    size: int,
    workers: int | None = None,
    look: Callable[[int], None] = lambda read: None,
) -> Iterator[np.ndarray]:
    """The rows nearest to each that is asked, int64, shape (up to `size`, nearest), the nearest first.

    norms: of all rows, float64; a row whose norm is 0 is nobody's neighbour. asked: rows with a norm, ascending.
    nearest: at most as many as there are other rows with a norm. size: rows asked in one pass over all of them.
    workers: threads, which change no result; look: called with the number of rows of each batch that was read.
    """
    workers = workers or os.cpu_count() or 1
    units = _Units(vectors, norms, nearest)
    with worker_pool(workers) as pool:
        for start in range(0, len(asked), size):
            rows = asked[start : start + size]
            matrix = units.take(rows)
            blocks = [
                _Block(rows[at : at + _QUERIES], matrix[at : at + _QUERIES], nearest)
                for at in range(0, len(rows), _QUERIES)
            ]
            for tile, numbers, read in units.batches():
                for _ in ordered_map(pool, workers, partial(_look, tile, numbers), blocks):
                    pass
                look(read)
            yield np.concatenate([block.rows for block in blocks])


class _Units:
    """The vectors over their norms, as float32."""

    def __init__(self, vectors: Vectors, norms: np.ndarray, nearest: int) -> None:
        self._vectors, self._norms, self._nearest = vectors, norms, nearest

    def take(self, rows: np.ndarray) -> np.ndarray:
        found = np.empty((len(rows), self._vectors.shape[1]), np.float32)
        for places, part in self._vectors.parts(rows):
            found[places] = _unit(part, self._norms[rows[places]])
        return found

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
        """(units, their rows, rows read): without zeros, and without copies that nothing can be nearest to.

        Of k + 1 equal vectors and more the first k + 1 are nearest to everything, themselves included: the
        rest would only be many ties.
        """
        start, size = 0, batch_rows(self._vectors.shape[1])
        for batch in self._vectors.batches():
            norms = self._norms[start : start + len(batch)]
            good = np.flatnonzero(norms)
            units = _unit(batch[good], norms[good])
            kept = _first_copies(units, self._nearest + 1)
            if len(kept) < len(good):
                units, good = units[kept], good[kept]
            yield units, start + good, len(batch)
            start += size


def _unit(rows: np.ndarray, norms: np.ndarray) -> np.ndarray:
    return (rows / norms[:, None]).astype(np.float32)


def _first_copies(units: np.ndarray, most: int) -> np.ndarray:
    """The rows that have fewer than `most` equals before them, ascending."""
    _, numbers, sizes = np.unique(
        np.ascontiguousarray(units).view(f"V{units.itemsize * units.shape[1]}").ravel(),
        return_inverse=True,
        return_counts=True,
    )
    if not (sizes > most).any():
        return np.arange(len(units))
    order = np.argsort(numbers, kind="stable")
    place = np.arange(len(units)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(order[place < most])


class _Block:
    """Some vectors and the nearest of them so far: cosines, descending, and rows."""

    def __init__(self, numbers: np.ndarray, units: np.ndarray, nearest: int) -> None:
        self.numbers, self.units = numbers, units
        self.cosines = np.full((len(numbers), nearest), -np.inf)
        self.rows = np.full((len(numbers), nearest), -1)


def _look(tile: np.ndarray, numbers: np.ndarray, block: _Block) -> None:
    """Look for nearer vectors among those of a tile; numbers: their rows, above those seen before."""
    for start in range(0, len(tile), _TILE):
        part = slice(start, start + _TILE)
        queries, places = _candidates(block, tile[part])
        rows = numbers[part][places]
        other = block.numbers[queries] != rows
        queries, places, rows = queries[other], places[other], rows[other]
        if len(queries):
            _merge(block, queries, rows, pair_cosines(block.units, tile[part], queries, places))


def _candidates(block: _Block, tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(queries, places in the tile) of all pairs that may be among the nearest.

    A product of float32 differs from the exact cosine by no more than `slack`, whatever the order in which BLAS
    adds; so what is below the k-th best by more than twice that is not among the k best.
    """
    dimensions, nearest = block.units.shape[1], block.cosines.shape[1]
    few = (nearest + 1) * len(block.units)
    most = min(8 * few, len(block.units) * len(tile) // 8)
    queries, places = np.empty(0, np.int64), np.empty(0, np.int64)
    for name in ("f4", "f8"):
        dtype: np.dtype[np.floating[Any]] = np.dtype(name)
        slack = (dimensions + 4) * float(np.finfo(dtype).eps)
        products = block.units.astype(dtype, copy=False) @ tile.astype(dtype, copy=False).T
        floor = block.cosines[:, -1] - slack
        queries, places = _above(products, floor)
        if len(queries) <= most or nearest + 1 >= len(tile):
            break
        # One more, because a vector is not its own neighbour.
        best = np.partition(products, -(nearest + 1), axis=1)[:, -(nearest + 1)]
        queries, places = _above(products, np.maximum(floor, best - 2 * slack))
        if len(queries) <= 2 * few:
            break
    return queries, places


def _above(products: np.ndarray, floor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    below = np.nextafter(floor.astype(products.dtype), -np.inf)
    found = np.flatnonzero(products >= below[:, None])
    return found // products.shape[1], found % products.shape[1]


def pair_cosines(
    units: np.ndarray, tile: np.ndarray, queries: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """Of pairs of rows of `units` and `tile`, in float64; each is computed by itself, so that it is the same in whatever company."""
    found = np.empty(len(queries))
    step = max(1, _PAIRS // units.shape[1])
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        pairs = np.multiply(units[queries[part]], tile[places[part]], dtype=np.float64)
        found[part] = pairs.sum(axis=1)
    return found


def _merge(block: _Block, queries: np.ndarray, rows: np.ndarray, cosines: np.ndarray) -> None:
    """Put pairs among the nearest so far."""
    touched, group = np.unique(queries, return_inverse=True)
    nearest = block.cosines.shape[1]
    group = np.concatenate([np.repeat(np.arange(len(touched)), nearest), group])
    cosines = np.concatenate([block.cosines[touched].ravel(), cosines])
    rows = np.concatenate([block.rows[touched].ravel(), rows])
    order = np.lexsort((rows, -cosines, group))
    firsts = np.searchsorted(group[order], np.arange(len(touched)))
    best = order[firsts[:, None] + np.arange(nearest)]
    block.cosines[touched], block.rows[touched] = cosines[best], rows[best]
