"""Best paths by whole numbers: what trying every segmentation gives, long words and pieces of long runs included."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.lattice.paths import OVERLAP, PIECE, best_path, cut_runs
from nlptools.lattice.runs import arrange, find_runs
from nlptools.lattice.sums import LEAST, MOST, NEVER, SCALE, RareWords, best_sums, whole

pytestmark = pytest.mark.usefixtures("loops")

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)
DENSE = 2


def ids_of(lengths: Sequence[int]) -> np.ndarray:
    return np.array([0] + [i for n in lengths for i in [1] * n + [0]], np.uint16)


def parted(scores: np.ndarray, dense: int) -> tuple[list[np.ndarray], RareWords]:
    """Scores by length - 1 as `best_sums` takes them, words of more than `dense` symbols as rare ones."""
    found = [
        (k, at, scores[k - 1, at])
        for k in range(dense + 1, len(scores) + 1)
        for at in [np.flatnonzero(scores[k - 1] != NEVER)]
    ]
    words, first = RareWords.gather(found, scores.shape[1])
    return [*scores[:dense].copy(), first], words


def cut(ids: np.ndarray, scores: np.ndarray, dense: int) -> np.ndarray:
    terms, words = parted(scores, dense)
    return cut_runs(ids, terms, functools.partial(best_sums, words=words))


@settings(max_examples=150, deadline=None)
@given(LENGTHS, st.integers(0, 1 << 32), st.sampled_from([1, 3, 40]), st.sampled_from([6, 99]))
def test_best_of_all(lengths: list[int], seed: int, most: int, size: int) -> None:
    """Few different numbers: many paths are equally good, and the one whose last word is shorter wins."""
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    scores = rng.integers(-most, 1, (6, len(ids)), dtype=np.int32)
    scores[1:][rng.random((5, len(ids))) < 0.4] = NEVER
    terms, words = parted(scores, DENSE)
    ends = np.zeros(len(ids), bool)
    for block in arrange(starts, sizes, size):
        taken = [np.take(term, block.places) for term in terms]
        ends[block.places] = best_sums(block, taken, words)
    for start, length in zip(starts.tolist(), lengths, strict=True):
        best = oracles.best_segmentation(
            length, 6, lambda a, b, start=start: float(scores[b - a - 1, start + b - 1])
        )
        assert (np.flatnonzero(ends[start : start + length]) + 1).tolist() == [b for _, b in best]


@pytest.mark.parametrize("length", [PIECE + OVERLAP, PIECE + OVERLAP + 1, 3000])
@pytest.mark.parametrize("dense", [1, 3, 6])
def test_long_runs_are_cut_as_by_differences(length: int, dense: int) -> None:
    """As `best_path`, which adds differences of floating-point numbers: exact here too, they are whole and small."""
    rng = np.random.default_rng(length)
    ids = ids_of([length, 7, 1])
    scores = rng.integers(-9, -4, (6, len(ids)), dtype=np.int32) * np.arange(1, 7)[:, None]
    scores = scores.astype(np.int32)
    scores[1:][rng.random((5, len(ids))) < 0.8] = NEVER
    floating = np.where(scores == NEVER, -np.inf, scores).astype(np.float32)
    expected = cut_runs(ids, list(floating), best_path)
    assert np.array_equal(cut(ids, scores, dense), expected)
    assert 0.2 < expected.mean() < 0.9


def test_the_largest_sums() -> None:
    """A run of the greatest length, of the least words: nothing overflows, and what is no word is never taken."""
    ids = ids_of([PIECE + OVERLAP])
    scores = np.full((5, len(ids)), 3 * NEVER, np.int32)
    scores[0] = LEAST
    assert cut(ids, scores, 3).all()
    scores[4] = MOST
    ends = np.flatnonzero(cut(ids, scores, 3)[1:-1])
    assert (PIECE + OVERLAP) % 5 == 1
    assert np.diff(ends, prepend=-1).tolist() == [5] * ((PIECE + OVERLAP) // 5) + [1]


def test_whole() -> None:
    weights = np.array([0.0, -1.0, -0.25 / SCALE, -1e9, 1e9, -np.inf])
    assert whole(weights).tolist() == [0, -SCALE, 0, LEAST, MOST, NEVER]
