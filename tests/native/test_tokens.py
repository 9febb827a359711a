"""Best segmentations by tokens.c: what NumPy finds, for words of any length, with ties, in short and very long runs."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from bothways import compiled, without
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.lattice.exact import RUN, PathFinder
from nlptools.lattice.sums import LEAST, NEVER
from nlptools.lattice.trie import Trie, _numbered
from nlptools.native import tokens
from nlptools.segmentation.blockpath import BlockPath
from nlptools.segmentation.scores import WordScores
from nlptools.segmentation.userwords import UserBounds

pytestmark = compiled
SIZE = 6  # symbols 1 to 5, 0 is a break
WORDS = st.lists(st.lists(st.integers(1, SIZE - 1), min_size=1, max_size=9), max_size=25)
LENGTHS = st.lists(st.integers(0, 40), max_size=60)


def text_of(rng: np.random.Generator, lengths: list[int]) -> np.ndarray:
    """Runs of these lengths, in which few symbols are frequent."""
    runs = [np.append(rng.integers(1, SIZE, n) // rng.integers(1, 3, n), 0) for n in lengths]
    ids = np.concatenate([*runs, np.zeros(1, np.int64)])
    return ids.astype(np.uint16)


def word_scores(rng: np.random.Generator, words: list[list[int]], places: int) -> WordScores:
    """Words with scores that are often equal; unseen ones of 2 .. `places` symbols."""
    spelled = np.zeros((len(words), 10), np.int32)
    for row, word in zip(spelled, words, strict=True):
        row[: len(word)] = word
    unseen = {}
    for k in range(2, places + 1):
        tables = [rng.integers(-9, -2, SIZE).astype(np.int32) for _ in range(k)]
        for table in tables:
            table[[0, 2]] = NEVER
        unseen[k] = tables
    alone = rng.integers(-6, -1, SIZE).astype(np.int32)
    of_words = rng.integers(-12, -1, len(words)).astype(np.int32)
    order = np.argsort(-of_words, kind="stable").astype(np.int32)
    return WordScores(spelled, of_words, order, alone, unseen)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 9999), WORDS, LENGTHS, st.integers(1, 3), st.booleans())
@example(1, [[1, 1], [1, 2, 1, 2]], [577, 1, 3000], 3, True)  # longer than what is laid out
@example(2, [[1, 2], [1, 2, 3, 4]], [20] * 200, 2, False)  # more runs than go together
@example(3, [], [4, 0, 7], 1, False)
def test_by_sums(
    seed: int, words: list[list[int]], lengths: list[int], places: int, bounded: bool
) -> None:
    rng = np.random.default_rng(seed)
    scores, ids = word_scores(rng, words, places), text_of(rng, lengths)
    names = {str(i): i for i in range(1, SIZE)}
    bounds = UserBounds([["1", "2"], ["3", "1", "1"]], names) if bounded else None
    found = BlockPath(scores, bounds).cut(ids)
    assert np.array_equal(found, without(lambda: BlockPath(scores, bounds).cut(ids)))


def test_the_largest_sums_by_a_trie() -> None:
    """As lattice.sums has it: nothing overflows, what is no word is never taken."""
    scores = word_scores(np.random.default_rng(0), [], 3)
    scores.of_symbols[:] = LEAST
    for tables in scores.places.values():
        for table in tables:
            table[:] = NEVER
    assert BlockPath(scores).cut(np.ones(5000, np.uint16)).all()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 9999), WORDS, LENGTHS, st.booleans(), st.booleans())
@example(1, [[1, 1], [1, 2, 1, 2], [1] * 9], [2000, RUN, 1], True, False)
@example(2, [[1, 1], [1] * 9], [RUN + 1, 3], False, True)  # NumPy cuts it before
@example(3, [], [4, 0, 7], True, False)
def test_exactly(
    seed: int, words: list[list[int]], lengths: list[int], backward: bool, never: bool
) -> None:
    """never: some words have the score -inf."""
    rng = np.random.default_rng(seed)
    texts = ["".join(chr(0x4E00 + symbol) for symbol in word) for word in words]
    codes = (text_of(rng, lengths) + np.uint16(0x4E00)).astype(np.uint16)
    scores = np.round(rng.uniform(-9, -1, len(words)), 1)
    if never:
        scores[rng.random(len(words)) < 0.3] = -np.inf
    inside = np.arange(0x4E01, 0x4E00 + SIZE)

    def found() -> list[list[int]]:
        by = PathFinder(texts, scores, -20.3, inside, backward=backward)
        both = by.find(codes), pickle.loads(pickle.dumps(by)).find(codes)
        return [array.tolist() for found in both for array in (found.lengths, found.words)]

    assert found() == without(found)


def test_arrays_of_another_type_are_refused() -> None:
    levels = Trie(np.array([[1, 2]]), 3).with_values([np.array([-1, 0], np.int32)], -1)
    assert isinstance(levels, tokens.WordLevels)
    one = np.zeros(1, np.int64)
    scores = np.zeros((3, tokens.SYMBOL_SCORES), np.int32)
    ids, ends = np.array([1, 2], np.uint32), np.zeros(2, bool)
    levels.cut_by_sums(scores, (one, one + 2), ids, None, ends)
    assert ends.tolist() == [True, True]
    with pytest.raises(ValueError, match="24 are wanted"):
        levels.cut_by_sums(scores[:2], (one, one + 2), ids, None, ends)
    with pytest.raises(TypeError):
        levels.cut_by_sums(scores, (one, one + 2), ids.astype(np.int32), None, ends)


@given(st.lists(st.integers(0, 9) | st.integers(0, (1 << 64) - 1), max_size=60))
def test_states_of_a_trie_are_numbered_alike(values: list[int]) -> None:
    keys = np.array(values, np.uint64)

    def numbered() -> list[list[int]]:
        return [array.tolist() for array in _numbered(keys, 1 << 64)]

    assert numbered() == without(numbered)
