"""Posteriors of boundaries + the characters around them -> a weight for a boundary at every gap.

The second opinion of the word model: a logistic regression that sees no words, only the two
characters on each side of a gap. It is fitted to the posteriors of the E-step and then tells the next
E-steps where boundaries are, so that what was learnt from frequent words reaches rare ones
(co-training; Blum & Mitchell 1998).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from nlptools.base import steady
from nlptools.base.shelf import Shelf, Store
from nlptools.lattice.runs import Steps
from nlptools.native import kernel

# Four indicator features of a gap between b and c in a b | c d: ab, cd, b, c. The two pairs first, which
# explain most. bc and pairs further away change the F1 of the word model by 0 to -0.002.
PAIR_BEFORE, PAIR_AFTER, BEFORE, AFTER = FAMILIES = range(4)
RIDGE = 4.0  # L2 penalty on each weight; 2 to 5 are the same
PASSES = 2  # Newton steps for each family; a third changes nothing
MOST_STEP = 3.0
MOST_GAP = 6.0  # logits beyond that are cut off before they enter the word model
# The curvature p (1 - p) of a feature that is nearly decided is nearly 0; a floor keeps steps small.
LEAST_CURVATURE = 0.06


class GapRegression:
    """The regression and its score of every gap in a corpus."""

    def __init__(
        self,
        blocks: Sequence[Steps],
        symbols: Sequence[np.ndarray],
        pairs: Sequence[np.ndarray],
        sizes: tuple[int, int],
        run: Callable[..., Iterable[Any]] = map,
        store: Store | None = None,
    ) -> None:
        """symbols, pairs: for each block the symbol and the candidate of length 2 that end in its cells;
        sizes: how many symbols and pairs there are, 0 ("none") included. store: where the scores of the gaps lie.
        """
        self._blocks, self._symbols, self._pairs = blocks, symbols, pairs
        # At the edge of a run a symbol stands in for a pair, with a number of its own.
        self._edge = sizes[1]
        self._run = run
        self._sizes = [sizes[0] + sizes[1]] * 2 + [sizes[0]] * 2
        self._weights = [np.zeros(size, np.float32) for size in self._sizes]
        self._counts = [self._count(family) for family in FAMILIES]
        self._store = store or Store()
        self._scores = Shelf(self._store)

    def _features(self, i: int, family: int) -> np.ndarray:
        """Number of the feature of one family for every gap of a block, int32."""
        block, symbols, pairs = self._blocks[i], self._symbols[i], self._pairs[i]
        starts = block.starts
        parts: list[np.ndarray] = []
        for step in range(block.steps - 1):
            a, b, width = starts[step], starts[step + 1], block.width(step + 1)
            if family == BEFORE:
                parts.append(symbols[a : a + width])
            elif family == AFTER:
                parts.append(symbols[b : b + width])
            elif family == PAIR_BEFORE:
                parts.append(pairs[a : a + width] if step else self._at_edge(symbols[:width]))
            else:
                longer = block.width(step + 2)
                parts.append(pairs[starts[step + 2] :][:longer] if longer else pairs[:0])
                parts.append(self._at_edge(symbols[b + longer : b + width]))
        return np.concatenate(parts) if parts else np.empty(0, np.int32)

    def _cells(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        return self._symbols[i].astype(np.int32), self._pairs[i]

    def _at_edge(self, symbols: np.ndarray) -> np.ndarray:
        return symbols.astype(np.int32) + self._edge

    def _inner(self, i: int) -> np.ndarray:
        """Which cells of a block have a gap after them, in the order of `_features`; bool."""
        block = self._blocks[i]
        inner = np.zeros(len(block), bool)
        for step in range(block.steps - 1):
            inner[block.starts[step] :][: block.width(step + 1)] = True
        return inner

    def _count(self, family: int) -> np.ndarray:
        size = self._sizes[family]
        count = np.zeros(size, np.int64)
        for i in range(len(self._blocks)):
            count += np.bincount(self._features(i, family), minlength=size)
        if family in (PAIR_BEFORE, PAIR_AFTER):
            count[0] = 0  # pairs too rare to be candidates
        return count

    def fit(self, boundaries: Sequence[np.ndarray]) -> None:
        """Newton steps towards the posteriors of boundaries, one family at a time.

        boundaries: float32, for each block the posterior of a boundary after each cell. A second call
        begins where the first ended.
        """
        # Without the ends of runs, which are no gaps: once for all passes.
        targets = Shelf(self._store)
        for i, boundary in enumerate(boundaries):
            targets.append(boundary[self._inner(i)])
        if not self._scores:
            self._start(targets)
        update: tuple[int, np.ndarray] | None = None
        for family in (*FAMILIES,) * PASSES:
            gradient, curvature = np.zeros((2, self._sizes[family]))
            work = functools.partial(self._derivatives, targets, family, update)
            for g, h in self._run(work, range(len(self._blocks))):
                gradient += g
                curvature += h
            count, weight = self._counts[family], self._weights[family]
            curvature = np.maximum(curvature, LEAST_CURVATURE * count)
            step = (gradient - RIDGE * weight) / (curvature + RIDGE)
            step = np.clip(step, -MOST_STEP, MOST_STEP).astype(np.float32)
            step[count < 2] = 0
            weight += step
            update = family, step
        assert update is not None
        for i in range(len(self._blocks)):
            self._update(i, update)

    def _start(self, targets: Sequence[np.ndarray]) -> None:
        sizes, total = [], 0.0
        for target in targets:
            sizes.append(len(target))
            total += float(target.sum(dtype=np.float64))
        mean = min(max(total / max(sum(sizes), 1), 1e-3), 1 - 1e-3)
        bias = np.log(mean / (1 - mean))
        for size in sizes:
            self._scores.append(np.full(size, bias, np.float32))

    def _update(self, i: int, update: tuple[int, np.ndarray]) -> None:
        family, step = update
        scores = self._scores[i]
        if kernel.usable():
            starts, cells = self._blocks[i].starts, self._cells(i)
            kernel.gap_derivatives(starts, cells, self._edge, scores, update, None)
            self._scores[i] = scores
            return
        scores += np.take(step, self._features(i, family))
        self._scores[i] = scores

    def _derivatives(
        self,
        targets: Sequence[np.ndarray],
        family: int,
        update: tuple[int, np.ndarray] | None,
        i: int,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Sums of y - p and of p (1 - p) over the gaps with each feature, after the last update; y are the targets."""
        if kernel.usable():
            scores, wanted = self._scores[i], (family, targets[i], self._sizes[family])
            starts, cells = self._blocks[i].starts, self._cells(i)
            sums = kernel.gap_derivatives(starts, cells, self._edge, scores, update, wanted)
            assert sums is not None
            self._scores[i] = scores
            return sums
        if update is not None:
            self._update(i, update)
        p = steady.exp(-self._scores[i])
        p += 1
        np.divide(np.float32(1), p, out=p)
        features = self._features(i, family)
        missing = targets[i] - p
        p *= 1 - p
        size = self._sizes[family]
        return (
            np.bincount(features, weights=missing, minlength=size),
            np.bincount(features, weights=p, minlength=size),
        )

    def gaps(self, i: int) -> np.ndarray:
        """Weight of a boundary after each cell of a block, float32; 1 at the ends of runs."""
        weight = np.ones(len(self._blocks[i]), np.float32)
        weight[self._inner(i)] = steady.exp(np.clip(self._scores[i], -MOST_GAP, MOST_GAP))
        return weight
