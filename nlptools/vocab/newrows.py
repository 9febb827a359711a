"""One array of a checkpoint + Recipe -> its new rows, piece by piece as they are stored, and the norms seen on the way."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from nlptools.vectors.checkpoints import Stored, StoredRows
from nlptools.vectors.vectors import batch_rows
from nlptools.vocab.map import VocabMap
from nlptools.vocab.recipes import Recipe, sums


@dataclass(frozen=True)
class Norms:
    """L2 norms of some rows, of a vector the absolute values; NaN where there are no rows.

    rows: how many. not_finite: those that have NaN or an infinite number in them; the figures are of the others.
    """

    rows: int
    mean: float
    least: float
    most: float
    not_finite: int

    @classmethod
    def of(cls, norms: np.ndarray) -> Norms:
        """norms: one for each row, not finite where the row is not."""
        good = norms[np.isfinite(norms)]
        if not len(good):
            return cls(len(norms), math.nan, math.nan, math.nan, len(norms))
        figures = (float(good.mean()), float(good.min()), float(good.max()))
        return cls(len(norms), *figures, len(norms) - len(good))


@dataclass
class NewRows:
    """The rows of one array for the new vocabulary, computed while they are written.

    rescale: a new row gets the length of the rows that it is made of, their weighted mean. rows: how many there are to
    be; those after the tokens are a padding, the mean of the rows of all base tokens. norms: once they were written.
    """

    stored_rows: StoredRows
    vocab_map: VocabMap
    recipe: Recipe
    rescale: bool
    rows: int
    norms: dict[str, Norms] = field(default_factory=dict)

    @property
    def stored(self) -> Stored:
        return self.stored_rows.stored

    def __iter__(self) -> Iterator[np.ndarray]:
        keep, size = self.vocab_map.keep, batch_rows(self.stored.columns)
        base, middle = self._of_base()
        self.norms["base"], self.norms["kept"] = Norms.of(base), Norms.of(base[keep])
        for start in range(0, len(keep), size):
            yield self.stored_rows.take(keep[start : start + size])
        yield from self._new()
        padding = self.rows - len(self.vocab_map)
        for start in range(0, padding, size):
            yield np.repeat(self.stored.encoded(middle), min(size, padding - start), axis=0)

    def _of_base(self) -> tuple[np.ndarray, np.ndarray]:
        """Norms of the rows of tokens, without a padding, and the mean of the finite ones, shape (1, columns)."""
        height, size = self.vocab_map.base_size, batch_rows(self.stored.columns)
        norms, total, good = [], np.zeros(self.stored.columns), 0
        for start in range(0, height, size):
            part = slice(start, min(start + size, height))
            rows = self.stored.decoded(self.stored_rows.take(part))
            norms.append(_norms(rows))
            if self.rows > len(self.vocab_map):
                finite = rows[np.isfinite(norms[-1])]
                total += finite.sum(axis=0)
                good += len(finite)
        return _joined(norms), total[None] / max(good, 1)

    def _new(self) -> Iterator[np.ndarray]:
        """Rows of new words as they are stored."""
        before, after = [], []
        for means, lengths in self._means():
            before.append(_norms(means))
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                factors = lengths / before[-1] if self.rescale else np.ones(len(means))
                factors[~(np.isfinite(factors) & (factors > 0))] = 1.0
                found = self.stored.encoded(means * factors[:, None])
            after.append(_norms(self.stored.decoded(found)))
            yield found
        self.norms["new"] = Norms.of(_joined(after))
        self.norms["averaged"] = Norms.of(_joined(before)) if self.rescale else self.norms["new"]

    def _means(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Means in float64 and the mean norms of what they are of, in groups of words whose pieces make up a batch."""
        ids, offsets = self.recipe.ids, self.recipe.offsets
        start, size = 0, batch_rows(self.stored.columns)
        while start < len(offsets) - 1:
            stop = int(np.searchsorted(offsets, offsets[start] + size, "right")) - 1
            stop = max(stop, start + 1)
            part = slice(offsets[start], offsets[stop])
            values = self.stored.decoded(self.stored_rows.take(ids[part]))
            norms = _norms(values)
            with np.errstate(over="ignore", invalid="ignore"):
                if self.recipe.weights is not None:
                    values *= self.recipe.weights[part, None]
                    norms *= self.recipe.weights[part]
                inside, totals = (
                    offsets[start : stop + 1] - offsets[start],
                    self.recipe.totals[start:stop],
                )
                means = np.add.reduceat(values, inside[:-1], axis=0) / totals[:, None]
                lengths = sums(norms, inside) / totals
            yield means, lengths
            start = stop


def _norms(rows: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0)
