"""Words laid over a text, against a regular expression; where none may begin or end."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.segmentation.spans import LONGEST_SPAN, Spans
from nlptools.text import chars

SIGNS = "天地𠮷ab3-+ "
WORDS = st.lists(st.text(SIGNS, min_size=1, max_size=5), max_size=8)
TEXT = st.text(SIGNS + "，", max_size=30)


def laid(words: list[str], text: str, held: list[int] | None = None) -> list[str]:
    """The words that are found; held: places where none may begin or end."""
    codes = chars.code_points(text)
    joined = np.ones(len(codes), bool)
    closed = np.zeros(len(codes), bool)
    closed[held or []] = True
    firsts = Spans(words).lay(codes, joined, closed).tolist()
    begins = np.append(np.flatnonzero(~joined), len(codes)).tolist()
    return [text[first : begins[begins.index(first) + 1]] for first in firsts]


@settings(max_examples=300, deadline=None)
@given(WORDS, TEXT)
@example(["ab", "b+", "+"], "ab+b+")
@example(["a天", "𠮷天"], "a天")  # a text without wide characters
@example([], "天")
def test_the_first_and_the_longest(words: list[str], text: str) -> None:
    several = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    pattern = "|".join(map(re.escape, several))
    assert laid(words, text) == (re.findall(pattern, text) if pattern else [])


@settings(max_examples=200, deadline=None)
@given(WORDS, TEXT)
def test_every_occurrence(words: list[str], text: str) -> None:
    spans = Spans(words)
    codes = chars.code_points(text)
    found = zip(*(part.tolist() for part in spans.find(codes)), strict=True)
    slowly = {
        (first, len(word), number)
        for number, word in enumerate(spans.words)
        for first in range(len(text))
        if text.startswith(word, first)
    }
    assert sorted(found) == sorted(slowly)


@pytest.mark.parametrize(
    "held, found", [([], True), ([1], False), ([3], False), ([2], True), ([4], True)]
)
def test_where_none_may_begin_or_end(held: list[int], found: bool) -> None:
    assert laid(["天地"], "玄天地黄宇", held) == (["天地"] if found else [])


def test_a_shorter_one_where_the_longest_may_not_end() -> None:
    assert laid(["天地", "天地玄"], "天地玄黄", [3]) == ["天地"]


def test_what_cannot_be_found() -> None:
    longest = "天-" * (LONGEST_SPAN // 2)
    spans = Spans(["天", "天\n地", "天\0", longest, longest + "天", longest])
    assert spans.words == (longest,)
    assert spans.unused == ("天\n地", "天\0", longest + "天")
    assert repr(spans) == "Spans(1 words)"
