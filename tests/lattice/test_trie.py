"""The trie finds what a dictionary of words finds."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.lattice.trie import Trie

pytestmark = pytest.mark.usefixtures("loops")

Word = tuple[int, ...]

SYMBOLS = st.integers(1, 4)
WORDS = st.lists(st.lists(SYMBOLS, min_size=1, max_size=6).map(tuple), max_size=20)
TEXT = st.lists(st.integers(0, 4), max_size=40)


def spelled(words: Sequence[Word], width: int, dtype: type = np.int32) -> np.ndarray:
    rows = np.zeros((len(words), width), dtype)
    for row, word in zip(rows, words, strict=True):
        row[: len(word)] = word
    return rows


def twin(words: Sequence[Word], text: Sequence[int], longest: int) -> list[list[int]]:
    """By length from 2: number of the first of the equal words that end at each symbol, -1: none."""
    number: dict[Word, int] = {}
    for i, word in enumerate(words):
        number.setdefault(word, i)
    return [
        [
            number.get(tuple(text[end - k : end]), -1) if end >= k else -1
            for end in range(1, len(text) + 1)
        ]
        for k in range(2, longest + 1)
    ]


def found(trie: Trie, words: int, text: np.ndarray) -> list[list[int]]:
    tables = trie.tabulate(np.arange(words), -1)
    return [values.tolist() for values in trie.look_up(text, tables)]


@settings(max_examples=200, deadline=None)
@given(WORDS, TEXT, st.integers(0, 2))
@example([(1, 2, 3)], [1, 2, 3, 1, 2], 0)  # a beginning of a word is no word
@example([(1, 2), (1, 2, 3), (1, 2)], [1, 2, 3], 1)
@example([(1, 2, 1, 2, 1, 2)], [1, 2, 1, 2, 1], 0)  # the text ends inside a word
@example([(1, 2, 3)], [1, 2, 0, 3], 0)
@example([], [1, 2], 0)
@example([(1,)], [1, 1], 0)
@example([(1, 2)], [], 0)
@example([(1, 2)], [1], 0)
def test_words_at_all_places(words: list[Word], text: list[int], wider: int) -> None:
    width = max(map(len, words), default=1) + wider
    trie = Trie(spelled(words, width), 5)
    longest = max([1, *map(len, words)])
    assert found(trie, len(words), np.array(text, np.uint16)) == twin(words, text, longest)


@pytest.mark.parametrize(("size", "dtype"), [(1 << 16, np.uint16), ((1 << 16) + 9, np.uint32)])
@pytest.mark.parametrize("seed", range(3))
def test_many_symbols_and_words(size: int, dtype: type, seed: int) -> None:
    """The largest ids of their type: keys must not wrap around."""
    rng = random.Random(seed)
    symbols = [1, 2, 3, size - 3, size - 2, size - 1, *rng.sample(range(4, size - 4), 60)]
    words = [tuple(rng.choices(symbols, k=rng.choice((2, 2, 3, 4, 7)))) for _ in range(3000)]
    words += [word[:2] for word in words[:50]] + words[:20]
    text: list[int] = []
    for _ in range(3000):
        text += rng.choice(words) if rng.random() < 0.5 else [rng.choice([0, *symbols])]
    expected = twin(words, text, 7)
    trie = Trie(spelled(words, 7, dtype), size)
    assert found(trie, len(words), np.array(text, dtype)) == expected
    hits = [sum(n >= 0 for n in column) for column in expected]
    assert [n > 100 for n in hits] == [True, True, True, False, False, True]


def test_more_beginnings_than_symbols() -> None:
    """Numbers of states are larger than any symbol, at every depth."""
    rng = random.Random(5)
    words = sorted({tuple(rng.choices(range(1, 60), k=4)) for _ in range(90_000)})
    rng.shuffle(words)
    words.append(words[7][:3])
    text = [symbol for word in rng.sample(words, 2000) for symbol in word]
    trie = Trie(spelled(words, 4), 60)
    states = [len(level.word) for level in trie.levels]
    assert states[1] > 1 << 16  # different beginnings of three symbols
    assert states[2] > 1 << 16
    assert found(trie, len(words), np.array(text, np.uint16)) == twin(words, text, 4)


def test_tables_have_the_type_of_the_values() -> None:
    trie = Trie(spelled([(1, 2), (1, 2, 3)], 3), 4)
    (pairs, triples) = trie.look_up(
        np.array([1, 2, 3], np.uint16),
        trie.tabulate(np.array([-1.5, -2.5], np.float32), -np.inf),
    )
    assert pairs.dtype == triples.dtype == np.float32
    assert pairs.tolist() == [-np.inf, -1.5, -np.inf]
    assert triples.tolist() == [-np.inf, -np.inf, -2.5]
