"""Runs side by side: every cell once, and sums and best paths that trying every segmentation gives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools import lattice
from nlptools.lattice import (
    OVERLAP,
    PIECE,
    RunBlock,
    arrange,
    best_path,
    cut_runs,
    find_runs,
    forward_backward,
)

IDS = st.lists(st.integers(0, 2), max_size=40)
LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)
SEEDS = st.integers(0, 1 << 32)


def ids_of(lengths: Sequence[int]) -> np.ndarray:
    """Runs of these lengths with breaks around and between them."""
    return np.array([0] + [i for n in lengths for i in [1] * n + [0]], np.uint16)


def spread(
    by_place: Sequence[np.ndarray], starts: np.ndarray, lengths: np.ndarray, nothing: float
) -> list[np.ndarray]:
    """The same with `nothing` where a word would begin before its run, where no value may matter."""
    by_place = [column.astype(np.float32) for column in by_place]
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        for k, column in enumerate(by_place, 1):
            column[start : start + min(k - 1, length)] = nothing
    return by_place


# --- runs ------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(IDS, st.none() | st.integers(1, 6))
@example([], None)
@example([0, 0], 1)
@example([1], 1)
def test_runs_are_what_lies_between_breaks(ids: list[int], longest: int | None) -> None:
    expected = []
    at = 0
    for inside, group in itertools.groupby(ids, key=bool):
        size = len(list(group))
        step = longest or size
        if inside:
            expected += [(at + i, min(step, size - i)) for i in range(0, size, step)]
        at += size
    starts, lengths = find_runs(np.array(ids, np.uint16), longest)
    assert list(zip(starts.tolist(), lengths.tolist(), strict=True)) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 12), max_size=12), st.integers(1, 60))
@example([], 5)
def test_every_cell_is_in_one_block(lengths: list[int], size: int) -> None:
    starts, sizes = find_runs(ids_of(lengths))
    assert sizes.tolist() == lengths
    seen: list[tuple[int, int]] = []
    for block in arrange(starts, sizes, size):
        widths = [block.width(step) for step in range(block.steps)]
        assert len(block) == sum(widths) == len(block.places)
        assert block.starts == [sum(widths[:step]) for step in range(block.steps + 1)]
        assert widths == sorted(widths, reverse=True)
        assert widths[-1] > 0
        assert block.width(block.steps) == 0
        assert block.places.dtype == np.int32
        assert len(block) <= size or widths[0] == 1  # a run is never divided
        # Cell j of a step is one symbol after cell j of the step before.
        first = block.places[: widths[0]].tolist()
        for step, width in enumerate(widths):
            a = block.starts[step]
            assert block.places[a : a + width].tolist() == [place + step for place in first[:width]]
        seen += [(place, sum(width > j for width in widths)) for j, place in enumerate(first)]
    # The longest run first, those of a length as they stand in the text.
    expected = sorted(zip(starts.tolist(), lengths, strict=True), key=lambda run: -run[1])
    assert seen == expected


# --- forward and backward ----------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(LENGTHS, SEEDS, st.integers(1, 5), st.booleans(), st.sampled_from([6, 1 << 18]))
@example([1], 0, 4, True, 6)
@example([9, 9, 9], 1, 4, False, 1 << 18)
def test_sums_over_all_segmentations(
    lengths: list[int], seed: int, longest: int, with_gaps: bool, size: int
) -> None:
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    weights = np.exp(rng.uniform(-9, 2, (longest, len(ids))))
    weights[1:][rng.random((longest - 1, len(ids))) < 0.2] = 0  # no such word
    factors = np.exp(rng.uniform(-6, 6, len(ids))) if with_gaps else np.ones(len(ids))
    columns = spread(weights, starts, sizes, math.nan)
    found = [np.full(len(ids), np.nan) for _ in range(longest)]
    ends = np.full(len(ids), np.nan)
    likelihood = 0.0
    for block in arrange(starts, sizes, size):
        terms = [np.take(column, block.places) for column in columns]
        gaps = np.take(factors.astype(np.float32), block.places) if with_gaps else None
        boundary, log_likelihood = forward_backward(block, terms, gaps)
        assert boundary.dtype == np.float32
        ends[block.places] = boundary
        likelihood += log_likelihood
        for column, term in zip(found, terms, strict=True):
            column[block.places] = term
    expected_likelihood = 0.0
    for start, length in zip(starts.tolist(), lengths, strict=True):

        def weight(a: int, b: int, start: int = start) -> float:
            end = start + b - 1
            return float(weights[b - a - 1, end] * factors[end])

        expected, total = oracles.posteriors(length, longest, weight)
        expected_likelihood += math.log(total)
        for end in range(length):
            words = [expected[end - k + 1, end + 1] for k in range(1, longest + 1)]
            at = [float(column[start + end]) for column in found]
            assert at == pytest.approx(words, rel=3e-5, abs=1e-6)
            assert ends[start + end] == pytest.approx(sum(words), rel=3e-5, abs=1e-6)
            # Exactly one word covers each symbol.
            covering = sum(
                found[k - 1][start + later]
                for k in range(1, longest + 1)
                for later in range(end, min(end + k, length))
            )
            assert covering == pytest.approx(1, abs=1e-5)
        assert ends[start + length - 1] == 1
    assert likelihood == pytest.approx(expected_likelihood, rel=1e-5, abs=1e-4)
    # Nothing is written anywhere else.
    assert np.isnan(ends[ids == 0]).all()


@pytest.mark.parametrize(("low", "high"), [(-20.0, -10.0), (5.0, 15.0)])
def test_long_runs_neither_underflow_nor_overflow(low: float, high: float) -> None:
    """The sums themselves would be about exp(-30000) and exp(20000)."""
    rng = np.random.default_rng(7)
    lengths = [3000, 2999, 5]
    starts, sizes = find_runs(ids_of(lengths))
    (block,) = arrange(starts, sizes)
    logs = rng.uniform(low, high, (4, sum(lengths) + 4))
    columns = spread(np.exp(logs), starts, sizes, math.nan)
    boundary, likelihood = forward_backward(block, [np.take(c, block.places) for c in columns])
    expected = 0.0
    for start, length in zip(starts.tolist(), lengths, strict=True):
        sums = [0.0]  # logarithms of the sums up to each place
        for end in range(length):
            words = [sums[-k] + logs[k - 1, start + end] for k in range(1, min(4, end + 1) + 1)]
            sums.append(float(np.logaddexp.reduce(words)))
        expected += sums[-1]
    assert likelihood == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(boundary).all()
    assert boundary.min() >= 0
    assert boundary.max() <= 1 + 1e-4


def test_sums_by_hand() -> None:
    # A run of two: w(a) = 2, w(b) = 3, w(ab) = 6; a|b 2 * 3 = 6 and ab 6 are as likely.
    block = RunBlock(np.array([0, 1], np.int32), [0, 1, 2])
    terms = [np.array([2, 3], np.float32), np.array([9, 6], np.float32)]
    boundary, likelihood = forward_backward(block, terms)
    assert boundary.tolist() == [0.5, 1]
    assert [term.tolist() for term in terms] == [[0.5, 0.5], [0, 0.5]]
    assert likelihood == pytest.approx(math.log(12), rel=1e-6)
    # With a boundary after the first three times as likely: 18 against 6.
    terms = [np.array([2, 3], np.float32), np.array([9, 6], np.float32)]
    boundary, likelihood = forward_backward(block, terms, np.array([3, 1], np.float32))
    assert boundary.tolist() == [0.75, 1]
    assert [term.tolist() for term in terms] == [[0.75, 0.75], [0, 0.25]]
    assert likelihood == pytest.approx(math.log(24), rel=1e-6)


# --- best paths --------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(LENGTHS, SEEDS, st.integers(1, 5), st.sampled_from([1, 3, 40]), st.sampled_from([6, 99]))
def test_best_path_of_all(
    lengths: list[int], seed: int, longest: int, most: int, size: int
) -> None:
    """Whole numbers, few of them: many paths are equally good, and the one with shorter words wins."""
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    scores = rng.integers(-most, 1, (longest, len(ids))).astype(np.float32)
    scores[1:][rng.random((longest - 1, len(ids))) < 0.3] = -np.inf  # no such word
    columns = spread(scores, starts, sizes, math.nan)
    ends = np.zeros(len(ids), bool)
    for block in arrange(starts, sizes, size):
        ends[block.places] = best_path(block, [np.take(c, block.places) for c in columns])
    for start, length in zip(starts.tolist(), lengths, strict=True):
        best = oracles.best_segmentation(
            length, longest, lambda a, b, start=start: float(scores[b - a - 1, start + b - 1])
        )
        assert (np.flatnonzero(ends[start : start + length]) + 1).tolist() == [b for _, b in best]


def test_of_two_equal_paths_the_shorter_words() -> None:
    # ab costs as much as a and b, bc as b and c, abc as all three.
    block = RunBlock(np.arange(3, dtype=np.int32), [0, 1, 2, 3])
    singles = np.array([-1, -1, -1], np.float32)
    pairs, triples = np.array([0, -2, -2], np.float32), np.array([0, 0, -3], np.float32)
    assert best_path(block, [singles, pairs, triples]).tolist() == [True, True, True]
    # ab c and a bc are the best ones: the last word is the shorter one.
    assert best_path(block, [singles, pairs + 0.5, triples]).tolist() == [False, True, True]
    assert best_path(block, [singles, pairs, triples + 0.5]).tolist() == [False, False, True]


# --- runs that are too long ----------------------------------------------------------------------


def undivided(ids: np.ndarray, scores: Sequence[np.ndarray]) -> np.ndarray:
    ends = ids == 0
    for block in arrange(*find_runs(ids)):
        ends[block.places] = best_path(block, [np.take(score, block.places) for score in scores])
    return ends


def random_scores(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    scores = [rng.uniform(-12, -6, size).astype(np.float32)]
    for k in (2, 3, 4):
        score = rng.uniform(-8 * k, -4 * k, size).astype(np.float32)
        score[rng.random(size) < 0.5] = -np.inf
        scores.append(score)
    return scores


def scores_of_words(rng: np.random.Generator, ids: np.ndarray) -> list[np.ndarray]:
    """By a word list: the same word has the same weight everywhere."""
    words: dict[tuple[int, ...], float] = {}
    scores = np.full((4, len(ids)), -np.inf, np.float32)
    text = ids.tolist()
    for end in range(len(text)):
        for k in range(1, min(4, end + 1) + 1):
            word = tuple(text[end - k + 1 : end + 1])
            if 0 not in word:
                share = 1 if k == 1 else 0.1
                chosen = rng.random() < share
                found = words.setdefault(word, rng.uniform(-9, -3) if chosen else -math.inf)
                scores[k - 1, end] = found
    return list(scores)


LONG = PIECE + OVERLAP


@pytest.mark.parametrize(
    "lengths",
    [[LONG], [LONG + 1], [2 * PIECE + OVERLAP, 2 * PIECE + OVERLAP + 1], [5000, 3, 40, 1700, 1]],
)
@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_a_long_run_meet(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    scores = random_scores(rng, len(ids))
    assert np.array_equal(cut_runs(ids, scores), undivided(ids, scores))
    ids[ids > 0] = rng.integers(1, 30, np.count_nonzero(ids))
    scores = scores_of_words(rng, ids)
    ends = cut_runs(ids, scores)
    assert np.array_equal(ends, undivided(ids, scores))
    assert 0.3 < ends.mean() < 0.95  # there are words, and there are boundaries


def test_small_pieces_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of seams at every phase."""
    monkeypatch.setattr(lattice, "PIECE", 80)
    monkeypatch.setattr(lattice, "OVERLAP", 40)
    rng = np.random.default_rng(3)
    for _ in range(40):
        ids = ids_of(rng.integers(1, 600, 5).tolist())
        scores = random_scores(rng, len(ids))
        assert np.array_equal(cut_runs(ids, scores), undivided(ids, scores))


@pytest.mark.parametrize("period", [2, 3, 4, 5])
@pytest.mark.parametrize("length", [LONG + 2, 2003])
def test_one_symbol_over_and_over(period: int, length: int) -> None:
    """哈哈哈…: the pieces are out of step and may have no end in common; no word becomes too long."""
    ids = ids_of([length])
    scores = [np.full(len(ids), value, np.float32) for value in (-9, -30, -30, -30, -30)]
    scores[period - 1][:] = -5
    ends = cut_runs(ids, scores)[1:-1]
    sizes = np.diff(np.flatnonzero(ends), prepend=-1)
    assert sizes.max() <= 5
    assert sizes.sum() == length
    # A few words around each seam at most are not the best ones.
    others = np.count_nonzero(sizes != period)
    assert others <= period * (1 + length // PIECE)


def test_nothing_to_cut() -> None:
    empty = [np.zeros(0, np.float32)] * 4
    assert cut_runs(np.zeros(0, np.uint16), empty).tolist() == []
    breaks = [np.zeros(3, np.float32)] * 4
    assert cut_runs(np.zeros(3, np.uint16), breaks).tolist() == [True] * 3
