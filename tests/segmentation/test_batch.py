"""Many texts at once: the tokens that each has alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.segmentation import batch
from nlptools.segmentation.segmenter import Segmenter

SEGMENTER = Segmenter.from_counts({"天地": 5, "玄黄": 3, "T恤": 2, "天": 9})
PIECES = st.sampled_from(
    [
        "天",
        "地",
        "玄黄",
        "，",
        "\n",
        "\r\n",
        " ",
        "T",
        "恤",
        "3",
        ".",
        "…",
        "\u0301",
        "\u200d",
        "😀",
        "\ud83d",
        "\ude00",
    ]
)
TEXTS = st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=8)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example(["\n", "\n\n", "", "\u0301", "天\n", "\ud83d", "\ude00", "\u200d", "😀"])
def test_each_as_it_is_alone(texts: list[str]) -> None:
    assert SEGMENTER.segment_batch(texts) == [SEGMENTER.segment(text) for text in texts]


@pytest.mark.parametrize("size", [1, 3, 10])
def test_pieces(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    texts = ["天地玄黄", "", "\n", "天", "玄黄，" * 4]
    expected = SEGMENTER.segment_batch(texts)
    monkeypatch.setattr(batch, "PIECE", size)
    assert SEGMENTER.segment_batch(texts) == expected
    assert SEGMENTER.segment_batch(iter(texts)) == expected


def test_one_text_is_no_batch() -> None:
    with pytest.raises(TypeError, match="texts must be a sequence of str, not one str"):
        SEGMENTER.segment_batch("天地")
