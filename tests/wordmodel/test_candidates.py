"""Frequent substrings: a Counter says which and how often, and which of them ends at every symbol."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base import keys
from nlptools.base.shelf import Store
from nlptools.wordmodel.candidates import Substrings, find_substrings, single_symbols

pytestmark = pytest.mark.usefixtures("loops")

IDS = st.lists(st.integers(0, 3), max_size=60)


def counted(ids: Sequence[int], longest: int) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    run: list[int] = []
    for i in [*ids, 0]:
        if i:
            run.append(i)
        else:
            found.update(tuple(run[a:b]) for a, b in oracles.occurrences(run, longest))
            run = []
    return found


def check(
    ids: Sequence[int],
    size: int,
    longest: int,
    min_count: int,
    dtype: type,
    part: int = 1 << 22,
    room: int = 1 << 30,
) -> None:
    counts = counted(ids, longest)
    pieces = [np.array(ids, dtype)]
    singles = single_symbols(pieces, size, dtype)
    levels = list(
        find_substrings(pieces, singles, longest, min_count, part=part, store=Store(room))
    )
    assert len(levels) == longest - 1
    for k, (words, (ending,)) in enumerate(levels, 2):
        assert words.length == k
        spelled = list(map(tuple, words.spelling.tolist()))
        assert spelled[0] == (0,) * k
        assert words.counts[0] == 0
        often = {word: n for word, n in counts.items() if len(word) == k and n >= min_count}
        assert dict(zip(spelled[1:], words.counts.tolist()[1:], strict=True)) == often
        assert len(words) == len(often) + 1
        assert ending.dtype == np.int32
        here = [tuple(ids[max(0, end - k + 1) : end + 1]) for end in range(len(ids))]
        expected = [word if word in often else spelled[0] for word in here]
        assert [spelled[i] for i in ending.tolist()] == expected


@settings(max_examples=200, deadline=None)
@given(IDS, st.integers(2, 5), st.integers(1, 4))
@example([], 4, 2)
@example([0, 0], 4, 1)
@example([1] * 9, 4, 2)
@example([1, 2, 0, 1, 2, 0, 3], 3, 2)
def test_substrings_are_those_of_a_counter(ids: list[int], longest: int, min_count: int) -> None:
    for part, room in ((1 << 22, 1 << 30), (3, 1 << 30), (1, 0)):
        check(ids, 4, longest, min_count, np.uint16, part, room)


@pytest.mark.parametrize("seed", range(2))
def test_many_symbols(seed: int) -> None:
    """More than 2**16 symbols, the largest id among them."""
    size = 70_000
    rng = random.Random(seed)
    symbols = [1, 2, size - 2, size - 1, *rng.sample(range(3, size - 2), 30)]
    ids = rng.choices([0, *symbols], k=20_000)
    check(ids, size, 4, 2, np.uint32)


def test_the_sort_knows_how_large_a_key_can_be() -> None:
    """By that it sees whether key and position fit into 64 bits together."""
    limits = []

    def fit(size: int, limit: int) -> bool:
        limits.append(limit)
        return places_fit(size, limit)

    places_fit = keys.places_fit
    with mock.patch.object(keys, "places_fit", fit):
        pieces = [np.array([1, 2, 6, 2, 1], np.uint16)]
        found = list(find_substrings(pieces, single_symbols(pieces, 7, np.uint16), 3, 1))
    # (first symbol, last symbol), then (pair or none, last symbol).
    assert [len(words) for words, _ in found] == [5, 4]
    assert limits == [7 * 7, 5 * 7]


def test_single_symbols() -> None:
    words = single_symbols([np.array([0, 2, 2, 0, 1], np.uint16)], 4, np.uint16)
    assert words.spelling.tolist() == [[0], [1], [2], [3]]
    assert words.counts.tolist() == [0, 1, 2, 0]
    assert words.length == 1


def test_select_keeps_row_0() -> None:
    words = Substrings(np.array([[0, 0], [1, 2], [2, 1], [2, 2]]), np.array([0, 5, 6, 7]))
    some = words.select(np.array([3, 1]))
    assert some.spelling.tolist() == [[0, 0], [2, 2], [1, 2]]
    assert some.counts.tolist() == [0, 7, 5]
