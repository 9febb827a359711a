"""FOCUS: weights are the sparsemax of exact cosines, of tokens found by their text; words without a vector are left."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.vectors.vectors import Vectors
from nlptools.vocab.focus import near_tokens


def slow(cosines: np.ndarray) -> np.ndarray:
    """Sparsemax as Martins & Astudillo write it (2016, algorithm 1)."""
    z = np.sort(cosines)[::-1]
    k = max(i for i in range(1, len(z) + 1) if 1 + i * z[i - 1] > z[:i].sum())
    return np.maximum(cosines - (z[:k].sum() - 1) / k, 0)


def test_by_hand() -> None:
    """狗 is (1, 0): cosines 1 with 犬, 0.8 with 猫, 0 with 车. Of 1 and 0.8 the threshold is (1.8 - 1) / 2 = 0.4."""
    rows = np.array([[2, 0], [4, 0], [4, 3], [0, 1]], np.float32)
    vectors = Vectors.from_array(rows, ["狗", "犬", "猫", "车"])
    tokens = [b"\xe7", "车".encode(), "猫".encode(), None, "犬".encode()]
    words, near = near_tokens(["树", "狗"], tokens, vectors)
    assert words.tolist() == [1]
    assert near.lengths.tolist() == [2]
    assert near.ids.tolist() == [2, 4]
    assert near.weights == pytest.approx([0.4, 0.6], abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(1, 40), st.integers(1, 9), st.sampled_from([0, 3]))
def test_the_same_as_the_obvious_way(seed: int, tokens: int, columns: int, shift: int) -> None:
    """Also where many cosines are alike, and whatever is computed at a time."""
    random = np.random.default_rng(seed)
    rows = (random.integers(-2, 3, (tokens + 12, columns)) + shift).astype(np.float32)
    names = [f"t{i}" for i in range(len(rows))]
    vectors = Vectors.from_array(rows, names)
    texts = [name.encode() for name in names[:tokens]]
    words = [*names[tokens:], "none"]
    found, near = near_tokens(words, texts, vectors)
    with (
        mock.patch("nlptools.vocab.focus._COSINES", 8),
        mock.patch("nlptools.vectors.nearest._PAIRS", 8),
    ):
        again, same = near_tokens(words, texts, vectors)
    assert np.array_equal(found, again)
    assert all(np.array_equal(a, b) for a, b in zip(near, same, strict=True))
    wide = rows.astype(np.float64)
    norms = np.linalg.norm(wide, axis=1)
    units = (wide / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32).astype(np.float64)
    usable = norms[:tokens] > 0
    expected = [i for i in range(12) if norms[tokens + i] > 0] if usable.any() else []
    assert found.tolist() == expected
    stop = np.cumsum(near.lengths)
    for number, start, end in zip(found, stop - near.lengths, stop, strict=True):
        weights = np.zeros(tokens)
        weights[near.ids[start:end]] = near.weights[start:end]
        wanted = np.zeros(tokens)
        wanted[usable] = slow(units[:tokens][usable] @ units[tokens + number])
        assert weights == pytest.approx(wanted, abs=1e-8)
        assert near.weights[start:end].sum() == pytest.approx(1, abs=1e-12)


def test_tokens_by_their_text() -> None:
    """A blank before a word is no part of it; of the same texts that without a blank counts, else the first."""
    vectors = Vectors.from_array(np.eye(3, dtype=np.float32), ["a", "b", "词"])
    tokens = [b" a", b"a", b"a", b"  b", b" b", "\u2581b".encode()]
    words, near = near_tokens([" a", "\u2581b", "b", "a"], tokens, vectors)
    assert words.tolist() == [0, 1, 2, 3]
    assert near.ids.tolist() == [1, 4, 4, 1]
    assert near.weights.tolist() == [1, 1, 1, 1]


def test_nothing_to_find() -> None:
    vectors = Vectors.from_array(np.array([[0, 0], [1, 2]], np.float32), ["零", "一"])
    for words, tokens in ((["零"], ["一"]), (["一"], ["零"]), (["二"], ["一"]), (["一"], [])):
        found, near = near_tokens(words, [token.encode() for token in tokens], vectors)
        assert (len(found), [len(part) for part in near]) == (0, [0, 0, 0])
    with pytest.raises(ValueError, match="must have words"):
        near_tokens(["一"], [b"a"], Vectors.from_array(np.eye(2)))
