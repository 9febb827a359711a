"""The best split of each word into others: by hand, and against a loop over its characters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.vocab.redundancy import best_splits

UNKNOWN = -12.0


def slow(words: list[str], scores: list[float]) -> list[tuple[float, int]]:
    """(score, words) of the best path of each word without itself; of equal sums the longer last word."""
    known = dict(zip(words, scores, strict=True))
    found = []
    for word in words:
        best = [(0.0, 0)]
        for end in range(1, len(word) + 1):
            paths = []
            for k in range(1, end + 1):
                part = word[end - k : end]
                score = known.get(part, UNKNOWN if k == 1 else None)
                if score is not None and (k < len(word) or len(word) == 1):
                    paths.append((best[end - k][0] + score, k, best[end - k][1] + 1))
            score, _, number = max(paths)
            best.append((score, number))
        found.append(best[-1] if len(word) > 1 else (-math.inf, 1))
    return found


WORDS = st.dictionaries(
    st.text("一丁七", min_size=1, max_size=7), st.integers(-20, 0), min_size=1, max_size=30
)


@given(WORDS)
def test_as_a_loop_finds_it(listed: dict[str, int]) -> None:
    """Halves have exact sums, so that ties are ties."""
    words, scores = list(listed), [number / 2 for number in listed.values()]
    found = best_splits(words, np.array(scores), UNKNOWN)
    assert list(zip(found.scores.tolist(), found.pieces.tolist(), strict=True)) == slow(
        words, scores
    )


def test_by_hand() -> None:
    """中华人民共和国: 中华 -2, 人民 -2, 共和国 -3 make -7; without 共和国 its characters are unknown, 3 * -12."""
    words = ["中华", "人民", "共和国", "中华人民共和国", "人"]
    found = best_splits(words, np.array([-2.0, -2.0, -3.0, -8.0, -6.0]), UNKNOWN)
    assert found.scores.tolist() == [-24.0, -18.0, -36.0, -7.0, -math.inf]
    assert found.pieces.tolist() == [2, 2, 3, 3, 1]
    assert len(best_splits([], np.empty(0), UNKNOWN).scores) == 0
    only = best_splits(["中", "\U00020000"], np.array([-1.0, -2.0]), UNKNOWN)
    assert only.scores.tolist() == [-math.inf, -math.inf]
    with pytest.raises(ValueError, match="a word is empty"):
        best_splits(["中", ""], np.zeros(2), UNKNOWN)
