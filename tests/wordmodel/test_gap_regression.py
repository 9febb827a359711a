"""The regression of boundaries on characters: a twin that goes from gap to gap, and steps by hand."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.resources import ordered_map
from nlptools.lattice.runs import arrange, find_runs
from nlptools.wordmodel import sample as sampling
from nlptools.wordmodel.em import Lattice
from nlptools.wordmodel.gap_regression import GapRegression
from nlptools.wordmodel.sample import Sample, build_lattice

pytestmark = pytest.mark.usefixtures("loops")

RUNS = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=9), min_size=1, max_size=12)
SEEDS = st.integers(0, 1 << 32)


class Corpus:
    """Runs, their regression, and values by run instead of by block."""

    def __init__(
        self,
        runs: Sequence[Sequence[int]],
        size: int = 1 << 18,
        min_count: int = 2,
        **settings: object,
    ) -> None:
        self.runs = runs
        symbols = max(map(max, runs))
        ids = np.array([0] + [i for run in runs for i in [*run, 0]], np.uint16)
        sample = Sample(ids, ["一"] * symbols, np.arange(symbols + 1), len(ids))
        with mock.patch.object(sampling, "arrange", functools.partial(arrange, size=size)):
            self.lattice: Lattice = build_lattice(sample, min_count)
        self.placed = list(arrange(*find_runs(ids), size))
        self.starts = find_runs(ids)[0].tolist()
        self.size = len(ids)
        self.pairs = {tuple(pair) for pair in self.lattice.words[1].spelling[1:].tolist()}
        self.regression = GapRegression(
            self.lattice.blocks,
            self.lattice.endings[0],
            self.lattice.endings[1],
            (len(self.lattice.words[0]), len(self.lattice.words[1])),
            **settings,  # type: ignore[arg-type]
        )

    def fit(self, targets: Sequence[Sequence[float]]) -> None:
        """targets: for each run the posteriors after its symbols but the last."""
        by_place = np.full(self.size, np.nan, np.float32)
        for start, values in zip(self.starts, targets, strict=True):
            by_place[start : start + len(values)] = values
            by_place[start + len(values)] = 1
        self.regression.fit([np.take(by_place, block.places) for block in self.placed])

    def gaps(self) -> list[list[float]]:
        """For each run the weight of a boundary after its symbols."""
        by_place = np.full(self.size, np.nan)
        for i, block in enumerate(self.placed):
            weights = self.regression.gaps(i)
            assert weights.dtype == np.float32
            by_place[block.places] = weights
        ends = [start + len(run) for start, run in zip(self.starts, self.runs, strict=True)]
        return [by_place[a:b].tolist() for a, b in zip(self.starts, ends, strict=True)]

    def logits(self) -> list[float]:
        """Of all gaps, run after run; checks that there is none at an end."""
        found = self.gaps()
        assert [values[-1] for values in found] == [1] * len(found)
        return [math.log(weight) for values in found for weight in values[:-1]]


def targets_of(rng: np.random.Generator, runs: Sequence[Sequence[int]]) -> list[list[float]]:
    return [(rng.random(len(run) - 1) ** 2).astype(np.float32).tolist() for run in runs]


def flat(values: Sequence[Sequence[float]]) -> list[float]:
    return [value for of_run in values for value in of_run]


@settings(max_examples=120, deadline=None)
@given(RUNS, SEEDS, st.sampled_from([5, 1 << 18]), st.integers(1, 3))
@example([[1], [2]], 0, 5, 1)  # no gap at all
@example([[1, 2]], 0, 5, 1)
@example([[1, 2]] * 4 + [[1, 2, 3]] * 3, 1, 7, 2)
def test_the_regression_of_the_oracle(
    runs: list[list[int]], seed: int, size: int, min_count: int
) -> None:
    """All features of all gaps, the edges of runs, pairs that are none, two calls after each other."""
    rng = np.random.default_rng(seed)
    corpus = Corpus(runs, size, min_count)
    twin = oracles.Gaps(runs, corpus.pairs)
    for _ in range(2):
        targets = targets_of(rng, runs)
        corpus.fit(targets)
        twin.fit(flat(targets))
        expected = [min(max(twin.score(gap), -6), 6) for gap in twin.gaps]
        assert corpus.logits() == pytest.approx(expected, rel=2e-4, abs=2e-4)


def test_newton_steps_by_hand() -> None:
    """Ten times 1|2, always divided, ten times 3|4, never: no feature is in both."""
    corpus = Corpus([[1, 2], [3, 4]] * 10)
    corpus.fit([[1.0], [0.0]] * 10)
    # The bias is logit(1/2) = 0. Each step: 10 gaps with a feature, all with the same score.
    score = 0.0
    weights = [0.0] * 4
    steps = []
    for family in (0, 1, 2, 3, 0, 1, 2, 3):
        p = 1 / (1 + math.exp(-score))
        gradient = 10 * (1 - p) - 4 * weights[family]
        step = gradient / (max(10 * p * (1 - p), 0.06 * 10) + 4)
        steps.append(step)
        weights[family] += step
        score += step
    assert steps[0] == 5 / (2.5 + 4)
    assert corpus.logits() == pytest.approx([score, -score] * 10, rel=1e-5)


def test_the_mean_is_the_bias() -> None:
    """All gaps are alike: every gradient is 0, and the odds of 0.8 are 4."""
    corpus = Corpus([[1, 2]] * 20)
    corpus.fit([[0.8]] * 20)
    assert corpus.gaps() == [pytest.approx([4, 1], rel=1e-5)] * 20


def test_what_occurs_once_has_no_weight() -> None:
    corpus = Corpus([[1, 2], [3, 4], [5, 6]])
    corpus.fit([[0.9], [0.3], [0.3]])
    assert corpus.logits() == pytest.approx([0] * 3, abs=1e-6)  # the mean is 0.5
    corpus = Corpus([[1, 2], [1, 2], [5, 6]])
    corpus.fit([[0.9], [0.6], [0.0]])
    assert corpus.logits()[0] == corpus.logits()[1] > 0
    assert corpus.logits()[2] == pytest.approx(0, abs=1e-6)


def test_steps_of_three_nats_at_most() -> None:
    """The mean is 0.1, the first gradient of 1|2 200 * 0.9, the curvature 200 * 0.09: 180 / 22 is too far."""
    runs = [[1, 2]] * 200 + [[3, 4]] * 1800
    targets = [[1.0]] * 200 + [[0.0]] * 1800
    corpus = Corpus(runs)
    corpus.fit(targets)
    twin = oracles.Gaps(runs, corpus.pairs)
    twin.fit(flat(targets))
    expected = [min(max(twin.score(gap), -6), 6) for gap in twin.gaps]
    assert corpus.logits() == pytest.approx(expected, rel=1e-4)
    assert 0 < corpus.logits()[0] < 6


def test_weights_are_cut_off_at_six_nats() -> None:
    corpus = Corpus([[1, 2], [3, 4]] * 4000)
    for _ in range(6):
        corpus.fit([[1.0], [0.0]] * 4000)
    assert corpus.logits() == pytest.approx([6, -6] * 4000)


def test_fitting_lowers_the_loss() -> None:
    """Of boundaries that depend on the characters; a second fit lowers it again."""
    rng = np.random.default_rng(4)
    runs = [rng.integers(1, 12, rng.integers(2, 15)).tolist() for _ in range(200)]
    targets = [
        [0.9 if (a * b) % 3 == 1 else 0.2 for a, b in itertools.pairwise(run)] for run in runs
    ]
    y = np.array(flat(targets))

    def loss(logits: Sequence[float]) -> float:
        p = 1 / (1 + np.exp(-np.array(logits)))
        return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())

    corpus = Corpus(runs)
    losses = [loss([math.log(y.mean() / (1 - y.mean()))] * len(y))]
    for _ in range(2):
        corpus.fit(targets)
        losses.append(loss(corpus.logits()))
    assert losses[1] < losses[0] - 0.05
    assert losses[2] < losses[1]


def test_threads_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    runs = [rng.integers(1, 30, rng.integers(1, 40)).tolist() for _ in range(300)]
    targets = targets_of(rng, runs)
    one = Corpus(runs, 200)
    one.fit(targets)
    assert len(one.lattice.blocks) > 10
    with ThreadPoolExecutor(3) as pool:
        other = Corpus(runs, 200, run=functools.partial(ordered_map, pool, 3))
        other.fit(targets)
    assert one.gaps() == other.gaps()
