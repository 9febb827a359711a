"""Neighbours of n-grams and their splits: worked numbers, and a twin that counts with a Counter."""

from __future__ import annotations

import math
from collections import Counter
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.ngrams import neighbours
from nlptools.ngrams.neighbours import NeighbourPairs, NeighbourSums, weakest_split

# --- worked numbers --------------------------------------------------------------------------


def test_sums_by_hand() -> None:
    # n-gram 0, eight times: 4 beside a, 2 beside b, 2 at breaks: 1/2 ln 2 + 1/4 ln 4 + 2/8 ln 8 = 1.75 ln 2.
    # n-gram 1, three times beside a. n-gram 2, twice at breaks: 2/2 ln 2. n-gram 3 never.
    sums = NeighbourSums(np.array([8, 3, 2, 0]))
    sums.add(np.array([0, 1, 0]), np.array([4, 3, 2]))
    assert sums.entropy().tolist() == pytest.approx([1.75 * math.log(2), 0, math.log(2), 0])
    assert sums.entropy()[0] == pytest.approx(1.2130, abs=5e-5)
    assert sums.variety().tolist() == [4, 1, 2, 0]
    assert sums.breaks().tolist() == [2, 0, 2, 0]
    assert sums.edge().tolist() == [0.25, 0, 1, 1]


def test_the_sums_may_come_in_parts() -> None:
    sums = NeighbourSums(np.array([8, 3]))
    for ngrams, together in (([0], [4]), ([], []), ([1, -1, 0], [3, 99, 2])):  # -1: not asked for
        sums.add(np.array(ngrams, np.int64), np.array(together, np.uint32))
    assert sums.entropy().tolist() == pytest.approx([1.75 * math.log(2), 0])
    assert sums.variety().tolist() == [4, 1]


def test_neighbours_seen_once_may_be_left_out() -> None:
    some, every = (NeighbourSums(np.array([5])) for _ in "ab")
    some.add(np.array([0]), np.array([3]))
    every.add(np.array([0, 0, 0]), np.array([3, 1, 1]))
    assert some.entropy()[0] == every.entropy()[0] == pytest.approx(0.9503, abs=5e-5)
    assert some.variety() == every.variety() == 3
    assert (some.breaks(), every.breaks()) == (2, 0)  # so they are needed for what is at breaks


def test_one_neighbour_is_no_freedom() -> None:
    counts = np.arange(1, 2000)
    sums = NeighbourSums(counts)
    sums.add(np.arange(len(counts)), counts)
    assert ((np.log(counts) - counts * np.log(counts) / counts) < 0).any()  # without the bound
    assert (sums.entropy() >= 0).all()
    assert sums.entropy().max() < 1e-12


def test_pairs_by_hand() -> None:
    pairs = NeighbourPairs()
    pairs.add(np.array([2, 0, 2, 2]), np.array([7, 5, 7, 0]))
    pairs.add(np.array([2, 0], np.int32), np.array([4, 5], np.uint16))
    ngrams, beside, together = pairs.counts()
    assert list(zip(ngrams.tolist(), beside.tolist(), together.tolist(), strict=True)) == [
        *((0, 5, 2), (2, 4, 1), (2, 7, 2)),
    ]
    # n-gram 2: 7 twice, 4 once, and one break: 1/2 ln 2 + 2/4 ln 4.
    sums = pairs.sums(np.array([2, 0, 4]))
    assert sums.entropy().tolist() == pytest.approx([0, 0, 1.5 * math.log(2)])
    assert sums.variety().tolist() == [1, 0, 3]
    assert sums.breaks().tolist() == [0, 0, 1]
    assert sums.edge().tolist() == [0, 1, 0.25]


def test_large_ids() -> None:
    pairs = NeighbourPairs()
    pairs.add(np.array([3_000_000_000, 1]), np.array([1, 4_000_000_000]))
    assert [column.tolist() for column in pairs.counts()] == [
        [1, 3_000_000_000],
        [4_000_000_000, 1],
        [1, 1],
    ]


def test_no_pairs() -> None:
    assert [len(column) for column in NeighbourPairs().counts()] == [0, 0, 0]
    assert NeighbourPairs().sums(np.array([1])).entropy().tolist() == [0]
    assert len(NeighbourPairs().sums(np.zeros(0, np.int64)).variety()) == 0


def test_weakest_split_by_hand() -> None:
    # Of 1,000: 甲乙丙 16 times. 甲|乙丙: 1000 * 16 / (50 * 18) = 17.78; 甲乙|丙: 1000 * 16 / (20 * 40) = 20.
    # 丁 has no split. 甲乙 20 times: 1000 * 20 / (50 * 40) = 10.
    ratios = weakest_split(
        1000,
        np.array([16, 7, 20]),
        [
            (np.array([0, 2]), np.array([50, 50]), np.array([18, 40])),
            (np.array([0]), np.array([20]), np.array([40])),
        ],
    )
    assert ratios.tolist() == pytest.approx([160 / 9, math.inf, 10], rel=1e-14)
    whole = weakest_split(1000, np.array([20]), [(slice(None), np.array([50]), np.array([40]))])
    assert whole.tolist() == [10]
    assert weakest_split(0, np.zeros(0, np.int64), []).tolist() == []


def test_weakest_split_of_large_counts() -> None:
    """A product of counts need not fit into 64 bits, nor 32."""
    big = np.array([1 << 31], np.uint32)
    ratios = weakest_split(1 << 40, np.array([1 << 31]), [(slice(None), big, big)])
    assert ratios.tolist() == [2.0**9]
    huge = np.array([1 << 40])
    assert weakest_split(1 << 50, huge, [(slice(None), huge, huge)]).tolist() == [2.0**10]


# --- the twin --------------------------------------------------------------------------------

OCCURRENCES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.lists(OCCURRENCES, max_size=6), st.sampled_from([0, 3, 1 << 19]))
@example([[(0, 1)] * 5, [(0, 1), (1, 1)], [(0, 2)]], 0)
def test_as_a_counter_counts(parts: list[list[tuple[int, int]]], room: int) -> None:
    pairs = NeighbourPairs()
    with mock.patch.object(neighbours, "_ROOM", room):
        for part in parts:
            columns = np.array(part, np.int64).reshape(-1, 2)
            pairs.add(columns[:, 0], columns[:, 1].astype(np.uint32))
    every = [pair for part in parts for pair in part]
    counter = Counter(pair for pair in every if pair[1])
    ngrams, beside, together = (column.tolist() for column in pairs.counts())
    assert list(zip(ngrams, beside, together, strict=True)) == [
        (*pair, counter[pair]) for pair in sorted(counter)
    ]
    occurrences = Counter(ngram for ngram, _ in every)
    sums = pairs.sums(np.array([occurrences[i] for i in range(4)]))
    for i in range(4):
        side = Counter(n if n else object() for ngram, n in every if ngram == i)
        breaks = every.count((i, 0))
        assert sums.variety()[i] == len(side)
        assert sums.breaks()[i] == breaks
        if side:
            assert sums.entropy()[i] == pytest.approx(oracles.entropy(side), abs=1e-12)
            assert sums.edge()[i] == pytest.approx(breaks / occurrences[i])


@pytest.mark.parametrize("different, merges", [(1000, 7), (1, 90)])
def test_when_pairs_are_counted_together(different: int, merges: int) -> None:
    """Where eleven wait, and as many as are known: 1,000 different ones are merged at 11, 23, 47 ... 767."""
    pairs = NeighbourPairs(10)
    merge = mock.patch.object(
        NeighbourPairs, "_merge", autospec=True, side_effect=NeighbourPairs._merge
    )
    with merge as merged:
        for i in range(1000):
            pairs.add(np.array([i % different]), np.array([1]))
    assert merged.call_count == merges
    assert pairs.counts()[2].tolist() == [1000 // different] * different
