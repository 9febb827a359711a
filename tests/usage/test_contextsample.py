"""Contexts spread over all occurrences of a word: which of them are kept, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nlptools.text.linenumbers import LineNumbers
from nlptools.usage.contextsample import ContextSample
from nlptools.usage.windows import Window

LINES = [f"第{i}词" for i in range(9)]


def sample(contexts: int, parts: int = 1, width: int = 20) -> ContextSample:
    """Of 词, which never stands in a line twice, and 有, which does not occur; lines from 3, 100 characters before."""
    found = ContextSample(["有", "词"], contexts, width)
    size = len(LINES) // parts
    for start in range(0, len(LINES), size):
        text = "".join(line + "\n" for line in LINES[start : start + size])
        places = np.array([i for i, c in enumerate(text) if c == "词"])
        window = Window(text, "a.txt", LineNumbers(3 + start), 0, len(text))
        found.add(window, 100 + 4 * start, np.ones_like(places), places)
    return found


@pytest.mark.parametrize("parts", [1, 3, 9])
def test_by_hand(parts: int) -> None:
    # Two wanted: fewer than four are kept. Of nine every fourth, 0, 4 and 8; shown are the first two.
    found = sample(2, parts)
    assert found.first.tolist() == [-1, 102]
    nothing, shown = found.contexts()
    assert nothing == []
    assert [(c.source, c.line, c.left, c.word, c.right) for c in shown] == [
        ("a.txt", 3, "第0", "词", ""),
        ("a.txt", 7, "第4", "词", ""),
    ]


def test_all_where_there_are_few() -> None:
    assert [c.left for c in sample(9).contexts()[1]] == [f"第{i}" for i in range(9)]
    assert [c.left for c in sample(5).contexts()[1]] == ["第0", "第1", "第3", "第5", "第7"]


def test_width_and_none() -> None:
    assert [c.left for c in sample(1, width=1).contexts()[1]] == ["0"]
    found = sample(0)
    assert found.contexts() == [[], []]
    assert found.first.tolist() == [-1, 102]
