"""Runs of ids with whole numbers as scores -> best paths, by sums that are exact, so alike in any order and anywhere.

A score is a logarithm in units of 1 / SCALE nat, int32. Whoever adds the same scores, an array at a time or one by
one, finds the same best path with the same ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lattice.runs import RunBlock

# 512 and 2,048 cut the development texts as well. A sum over a run that is laid out (paths.PIECE + OVERLAP symbols of
# at least -1,000 nats, and three times NEVER) stays within 32 bits.
SCALE = 1024
LEAST = -1000 * SCALE  # of a word
MOST = 40 * SCALE
NEVER = -(1 << 28)  # of what is no word: less than any word of single symbols


def whole(log_weights: np.ndarray) -> np.ndarray:
    """Scores of logarithms (nats), int32; NEVER for -inf."""
    values = np.asarray(log_weights, np.float64)
    scores = np.rint(np.clip(values * SCALE, LEAST, MOST)).astype(np.int32)
    scores[np.isneginf(values)] = NEVER
    return scores


@dataclass(frozen=True)
class RareWords:
    """Words that are too rare to have a column of their own: those that end in a text, by place, shorter ones first.

    places: where they end; lengths: int64, in symbols; scores: int32; more: whether the next of them ends at the same place.
    """

    places: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    more: np.ndarray

    @staticmethod
    def gather(
        found: Sequence[tuple[int, np.ndarray, np.ndarray]], size: int
    ) -> tuple[RareWords, np.ndarray]:
        """found: (length, places, scores), lengths rising. Also, for each of `size` places, int32: the number (from 1)
        of the first word that ends there, 0 where none does.
        """
        first = np.zeros(size, np.int32)
        at = np.concatenate([places for _, places, _ in found] or [np.zeros(0, np.int64)])
        lengths = np.repeat([k for k, _, _ in found], [len(places) for _, places, _ in found])
        scores = np.concatenate([scores for *_, scores in found] or [np.zeros(0, np.int32)])
        order = np.argsort(at, kind="stable")
        at = at[order]
        first[at[::-1]] = np.arange(len(at), 0, -1)
        more = np.append(at[1:] == at[:-1], False)
        return RareWords(at, lengths[order].astype(np.int64), scores[order], more), first


def best_sums(block: RunBlock, terms: Sequence[np.ndarray], words: RareWords) -> np.ndarray:
    """Whether the best segmentation has a boundary after each cell; bool.

    terms: for every cell the scores of the words of 1, 2, ... symbols that end there, int32, and last the number
    of the first of the longer `words`. Of equally good words that end at a cell the shorter one is taken.
    """
    *dense, first = terms
    starts = block.starts
    total = np.empty(len(block) + 1, np.int32)
    total[-1] = 0  # before the first symbol of a run
    length = np.ones(len(block), np.uint8)
    long = _by_step(block, first, words)
    for step in range(block.steps):
        a, e = starts[step], starts[step + 1]
        width = e - a
        best = dense[0][a:e]
        if step:
            best += total[starts[step - 1] :][:width]
        for k in range(2, min(len(dense), step + 1) + 1):
            sums = dense[k - 1][a:e]
            if step >= k:
                sums += total[starts[step - k] :][:width]
            length[a:e][sums > best] = k
            np.maximum(best, sums, out=best)
        for rank in long:
            if (x := rank.edges[step]) == (y := rank.edges[step + 1]):
                continue
            sums = total[rank.before[x:y]] + rank.scores[x:y]
            cells = rank.cells[x:y]
            better = sums > best[cells - a]
            cells = cells[better]
            best[cells - a] = sums[better]
            length[cells] = rank.lengths[x:y][better]
        total[a:e] = best
    return _boundaries(block, length, len(dense), long)


@dataclass(frozen=True)
class _Rank:
    """Long words of a block, at most one a cell. before: the cell before each, -1 at the beginning of a run;
    edges: the first of them in each step.
    """

    cells: np.ndarray
    before: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    edges: list[int]


def _by_step(block: RunBlock, first: np.ndarray, words: RareWords) -> list[_Rank]:
    """The words as the steps need them: those that are the first of their cell, then the second, ..."""
    ranks = []
    cells = np.flatnonzero(first)
    number = first[cells] - 1
    starts = np.array(block.starts)
    while len(cells):
        step = np.searchsorted(starts, cells, side="right") - 1
        lengths = words.lengths[number]
        back = step - lengths
        before = np.where(back >= 0, starts[np.maximum(back, 0)] + cells - starts[step], -1)
        fits = np.flatnonzero(back >= -1)  # a word that began before its run was cut in two is none
        edges = np.searchsorted(cells[fits], starts).tolist()
        ranks.append(
            _Rank(cells[fits], before[fits], lengths[fits], words.scores[number[fits]], edges)
        )
        on = words.more[number]
        cells, number = cells[on], number[on] + 1
    return ranks


def _boundaries(
    block: RunBlock, length: np.ndarray, dense: int, long: Sequence[_Rank]
) -> np.ndarray:
    """The ends of words, from the length of the last word on the best path to each cell."""
    starts = block.starts
    boundary = np.zeros(len(block), bool)
    for step in range(block.steps - 1, -1, -1):
        a, e = starts[step], starts[step + 1]
        boundary[a + block.width(step + 1) : e] = True
        ends, lengths = boundary[a:e], length[a:e]
        for k in range(1, min(dense, step) + 1):
            boundary[starts[step - k] :][: e - a] |= ends & (lengths == k)
        for rank in long:
            if (x := rank.edges[step]) == (y := rank.edges[step + 1]):
                continue
            cells, before = rank.cells[x:y], rank.before[x:y]
            taken = boundary[cells] & (length[cells] == rank.lengths[x:y]) & (before >= 0)
            boundary[before[taken]] = True
    return boundary
