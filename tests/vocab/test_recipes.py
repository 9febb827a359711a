"""What new rows are made of: weights by characters, words with tokens of their own, pieces that are [UNK]."""

from __future__ import annotations

import numpy as np
import pytest

from nlptools.vocab.map import VocabMap
from nlptools.vocab.recipes import NearTokens, Recipe, unknown_pieces

# 咖 (3 bytes), the first two bytes of 啡, its last, an ASCII letter with 恤, a special token.
TOKENS = ["咖".encode(), "啡".encode()[:2], "啡".encode()[2:], "T恤".encode(), None]


def recipe(*pieces: list[int], unknown: int | None = None) -> Recipe:
    words = [f"词{i}" for i in range(len(pieces))]
    made = VocabMap.of(range(5), pieces, words, base_size=5, unknown=unknown)
    return Recipe.of(made, "skip")


def test_weights_by_characters() -> None:
    """咖啡: 1, 2/3 and 1/3 of a character; T恤 has two. A word of special tokens keeps equal weights."""
    found = recipe([0, 1, 2], [3, 0], [4, 4], [4, 0]).by_characters(TOKENS)
    assert found.weights is not None
    assert found.weights.tolist() == pytest.approx([1, 2 / 3, 1 / 3, 2, 1, 1, 1, 0, 1])
    assert found.totals.tolist() == pytest.approx([2, 3, 2, 1])


def test_words_of_other_tokens() -> None:
    """The first and the third have tokens of their own, more or fewer than they had pieces."""
    base = recipe([0, 1, 2], [3, 0], [4])
    others = NearTokens(np.array([1, 3]), np.array([4, 0, 2, 3]), np.array([1.0, 0.5, 0.25, 0.25]))
    found = base.with_others(np.array([0, 2]), others)
    assert found.ids.tolist() == [4, 3, 0, 0, 2, 3]
    assert found.offsets.tolist() == [0, 1, 3, 6]
    assert found.weights is not None
    assert found.weights.tolist() == [1, 1, 1, 0.5, 0.25, 0.25]
    assert found.totals.tolist() == [1, 2, 1]
    none = NearTokens(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    same = base.with_others(np.empty(0, np.int64), none)
    assert same.ids.tolist() == base.ids.tolist()
    assert same.totals.tolist() == base.totals.tolist()


def test_unknown_pieces() -> None:
    made = VocabMap.of(range(3), [[0, 1], [1], [2]], ["一", "二", "三"], base_size=3, unknown=1)
    assert Recipe.of(made, "skip").ids.tolist() == [0, 1, 2]
    assert Recipe.of(made, "average").ids.tolist() == [0, 1, 1, 2]
    assert [(of.word, of.nothing_else) for of in unknown_pieces(made)] == [
        ("一", False),
        ("二", True),
    ]
