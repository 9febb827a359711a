"""A longest common subsequence: as long as the obvious one, and in order in both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lcscases import lcs_length

from nlptools.segmentation import lcs
from nlptools.segmentation.lcs import longest_common_subsequence


@given(
    st.lists(st.sampled_from("甲乙丙丁"), max_size=14),
    st.lists(st.sampled_from("甲乙丙戊"), max_size=14),
    st.sampled_from([1, 6, 20, 1 << 26]),
)
@settings(max_examples=400)
def test_longest_common_subsequence(a: list[str], b: list[str], bits: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lcs, "_TABLE_BITS", bits)
        found = longest_common_subsequence(a, b)
    assert len(found) == lcs_length(tuple(a), tuple(b))
    assert all(a[i] == b[j] for i, j in found)
    for place in (0, 1):
        rising = [pair[place] for pair in found]
        assert rising == sorted(set(rising))


def test_long_sequences_with_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than 64 words: beyond one machine word, and through many halvings."""
    random = np.random.default_rng(3)
    a, b = (random.integers(0, 9, 700).astype(str).tolist() for _ in range(2))
    whole = longest_common_subsequence(a, b)
    monkeypatch.setattr(lcs, "_TABLE_BITS", 1000)
    halved = longest_common_subsequence(a, b)
    table = np.zeros((len(a) + 1, len(b) + 1), np.int64)
    for i, word in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            same = table[i - 1, j - 1] + 1
            table[i, j] = same if word == other else max(table[i - 1, j], table[i, j - 1])
    assert len(whole) == len(halved) == table[-1, -1]
    assert all(a[i] == b[j] for i, j in halved)
