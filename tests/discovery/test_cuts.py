"""Into which words a model cuts the occurrences of a word: one text by hand, and against a loop over all places."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.discovery.cuts import Cuts, find_cuts
from nlptools.wordmodel.expected_counts import Weighted, WordLookup
from nlptools.wordmodel.sample import Sample

TEXTS = ["云", "计", "算", "机", "房"]


def of_ids(text: list[int], number: int = len(TEXTS)) -> tuple[np.ndarray, Sample]:
    """A text of symbol ids, 0 at breaks, and the sample that it is."""
    ids = np.array(text, np.uint16)
    sample = Sample(ids, TEXTS[:number], np.arange(number + 1, dtype=np.uint16), len(text))
    return ids, sample


def model(words: list[tuple[int, ...]], weights: list[float], singles: list[float]) -> Weighted:
    spelling = np.array([(*word, 0, 0, 0)[:4] for word in words], np.uint16).reshape(-1, 4)
    alone = np.array([0.0, *singles], np.float32)
    return Weighted(spelling, np.array(weights, np.float32), alone, None)


def test_the_four_kinds() -> None:
    """计算 as it is, in 计算机, as 计|算 before 机房, and across an end in 云计|算."""
    learnt = model([(2, 3), (2, 3, 4), (1, 2)], [0.2, 0.3, 0.9], [0.01] * 5)
    # 计算 (.2 beats .01 x .01); 计算机 (.3 beats .2 x .01); 云计|算 (.9 x .01 beats .01 x .2).
    ids, sample = of_ids([0, 2, 3, 0, 2, 3, 4, 0, 1, 2, 3, 0, 2, 3, 0])
    asked = {"计算": (2, 3), "算": (3,), "机房": (4, 5), "计算机": (2, 3, 4)}
    found = find_cuts([ids], sample, learnt, asked)
    ways = [(("计算",), 2), (("云计", "算"), 1), (("计算机",), 1)]
    assert found["计算"] == Cuts(whole=2, inside=1, divided=0, torn=1, ways=ways)
    assert found["算"].ways == [(("计算",), 2), (("算",), 1), (("计算机",), 1)]
    assert (found["算"].whole, found["算"].inside) == (1, 3)
    assert found["计算机"] == Cuts(1, 0, 0, 0, [(("计算机",), 1)])
    assert "机房" not in found  # it does not occur
    divided = find_cuts([ids], sample, model([(1, 2)], [0.9], [0.5] * 5), asked)["计算"]
    assert (divided.divided, divided.torn) == (3, 1)
    assert divided.ways == [(("计", "算"), 3), (("云计", "算"), 1)]


def by_hand(ids: list[int], ends: list[bool], words: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, own in words.items():
        kinds: Counter[str] = Counter()
        ways: Counter[tuple[str, ...]] = Counter()
        for first in range(len(ids)):
            if tuple(ids[first : first + len(own)]) != own:
                continue
            begin, end = first, first + len(own) - 1
            while begin and not ends[begin - 1]:
                begin -= 1
            while not ends[end]:
                end += 1
            way = [""]
            for at in range(begin, end + 1):
                way[-1] += TEXTS[ids[at] - 1]
                if ends[at] and at < end:
                    way.append("")
            over = begin < first or end > first + len(own) - 1
            ways[tuple(way)] += 1
            kinds[
                ("inside" if over else "whole") if len(way) == 1 else "torn" if over else "divided"
            ] += 1
        if ways:
            found[word] = (dict(kinds), dict(ways))
    return found


TEXT = st.lists(st.integers(0, 5), min_size=1, max_size=60)
WORD = st.lists(st.integers(1, 5), min_size=2, max_size=4).map(tuple)


@settings(deadline=None, max_examples=60)
@given(TEXT, st.lists(WORD, min_size=1, max_size=8, unique=True), st.data())
def test_as_a_loop_over_all_places(
    text: list[int], words: list[tuple[int, ...]], data: st.DataObject
) -> None:
    weight = st.floats(0.015625, 1, width=32)
    weights = data.draw(st.lists(weight, min_size=len(words), max_size=len(words)))
    learnt = model(words, weights, data.draw(st.lists(weight, min_size=5, max_size=5)))
    ids, sample = of_ids(text)
    asked = {"".join(TEXTS[i - 1] for i in word): word for word in [*words, (1,), (1, 2, 3, 4, 5)]}
    ends = WordLookup(learnt).ends(ids).tolist()
    found = find_cuts([ids], sample, learnt, asked)
    told = {
        word: (
            {k: n for k in ("whole", "inside", "divided", "torn") if (n := getattr(cuts, k))},
            dict(cuts.ways),
        )
        for word, cuts in found.items()
    }
    assert told == by_hand(text, ends, asked)
    # Whatever the pieces are in which the corpus is read.
    assert find_cuts([ids], sample, learnt, asked, piece=7) == found
