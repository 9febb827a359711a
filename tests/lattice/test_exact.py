"""Best paths by scores: the words that a loop over the characters finds, forward and, as jieba does, backward."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import oracles
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from nlptools.lattice import exact as bestpaths
from nlptools.lattice.exact import LONGEST, PathFinder
from nlptools.text import chars

pytestmark = pytest.mark.usefixtures("loops")

UNKNOWN = -9.0
INSIDE = "甲乙丙丁𠮷"
# Scores that are sums of few halves: there are ties everywhere.
SCORES = st.integers(-16, -1).map(lambda n: n / 2)
WORD = st.text(INSIDE, min_size=1, max_size=7)
TEXT = st.text(INSIDE + "，x", max_size=30)


def finder(
    words: Sequence[str],
    scores: Sequence[float],
    inside: str = INSIDE,
    unknown: float = UNKNOWN,
    backward: bool = False,
) -> PathFinder:
    codes = np.array(sorted(map(ord, inside)), np.int64)
    return PathFinder(words, np.array(scores, float), unknown, codes, backward=backward)


def cut(by: PathFinder, text: str, words: Sequence[str]) -> list[str]:
    """The words of a text; the lengths fill its runs exactly, and the numbers say what the words are."""
    found = by.find(chars.code_points(text))
    assert (found.lengths.dtype, found.words.dtype) == (np.uint8, np.int32)
    assert len(found.lengths) == len(found.words) == len(text)
    pieces = []
    for stop in np.flatnonzero(found.lengths).tolist():
        word = text[stop + 1 - int(found.lengths[stop]) : stop + 1]
        number = int(found.words[stop])
        if number >= 0:
            assert words[number] == word
        else:
            assert len(word) == 1
        pieces.append(word)
    return pieces


def runs(text: str, inside: str = INSIDE) -> list[str]:
    return ["".join(group) for i, group in itertools.groupby(text, inside.__contains__) if i]


def slow_cut(words: Mapping[str, float], text: str, backward: bool) -> list[str]:
    slow = oracles.cut_backward if backward else oracles.cut_forward
    return [word for run in runs(text) for word in slow(run, words, UNKNOWN)]


@pytest.mark.parametrize("backward", [False, True])
@settings(max_examples=200, deadline=None)
@given(words=st.dictionaries(WORD, SCORES, max_size=14), text=TEXT)
@example(words={}, text="甲乙，丙")
@example(words={}, text="")
@example(words={"甲": -1.0}, text="")
@example(words={"𠮷𠮷": -1.0}, text="x𠮷𠮷𠮷，𠮷")
def test_the_words_of_the_slow_twin(backward: bool, words: dict[str, float], text: str) -> None:
    by = finder(list(words), list(words.values()), backward=backward)
    assert cut(by, text, list(words)) == slow_cut(words, text, backward)
    assert cut(by, text, list(words)) == slow_cut(words, text, backward)  # nothing is remembered


@pytest.mark.parametrize("backward", [False, True])
@settings(max_examples=60, deadline=None)
@given(
    words=st.dictionaries(
        st.text("甲乙", min_size=1, max_size=LONGEST), st.floats(-20, -1), max_size=9
    ),
    text=st.lists(st.text("甲乙", max_size=LONGEST), max_size=4),
    seed=st.integers(0, 99),
)
def test_long_words_and_any_scores(
    backward: bool, words: dict[str, float], text: list[str], seed: int
) -> None:
    """Words of up to 64 characters, standing in the text; sums that round."""
    names = sorted(words)
    whole = "，".join([*text, *names[seed % 3 :], "".join(names)])
    by = finder(list(words), list(words.values()), backward=backward)
    assert cut(by, whole, list(words)) == slow_cut(words, whole, backward)


def test_by_hand() -> None:
    """研究|生命 and 研究生|命 have the same sum: the longer last word wins forward, the longer first one backward."""
    words = {"研究": -2.0, "研究生": -3.0, "生命": -2.0, "命": -1.0}
    names, scores, inside = list(words), list(words.values()), "研究生命"
    assert cut(finder(names, scores, inside), "研究生命", names) == ["研究", "生命"]
    assert cut(finder(names, scores, inside, backward=True), "研究生命", names) == ["研究生", "命"]
    # One character that is no word costs 9: three words of one character less than one word of -28.
    words = {"甲乙丙": -28.0, "乙": -9.5}
    assert cut(finder(list(words), [-28.0, -9.5]), "甲乙丙", list(words)) == ["甲", "乙", "丙"]
    assert cut(finder(list(words), [-27.0, -9.5]), "甲乙丙", list(words)) == ["甲乙丙"]


def test_what_is_no_word_stands_alone_only_where_none_begins() -> None:
    """甲 is no word, and 甲乙 costs more than 甲 and 乙 apart: jieba takes it for all that."""
    names = ["甲乙", "乙"]
    assert cut(finder(names, [-30.0, -1.0]), "甲乙甲", names) == ["甲", "乙", "甲"]
    assert cut(finder(names, [-30.0, -1.0], backward=True), "甲乙甲", names) == ["甲乙", "甲"]


def test_words_that_are_never_found() -> None:
    names = ["甲x", "x", "", "甲" * (LONGEST + 1), "乙" * LONGEST, "丙𠀀"]
    for backward in (False, True):
        by = finder(names, [-1.0] * 6, backward=backward)
        text = "甲x甲" + "甲" * LONGEST + "，" + "乙" * (LONGEST + 1) + "丙𠀀"
        found = cut(by, text, names)
        assert max(map(len, found)) == LONGEST
        assert sorted(set(found)) == sorted(["甲", "乙", "丙", "乙" * LONGEST])
        assert "".join(found) == text.replace("x", "").replace("，", "").replace("𠀀", "")


def test_of_equal_words_the_first_one_counts() -> None:
    names = ["甲乙", "甲", "甲乙", "甲", "甲乙丙丁", "甲乙丙丁"]
    scores = [-5.0, -2.0, -1.0, -1.0, -3.0, -1.0]
    for backward in (False, True):
        by = finder(names, scores, backward=backward)
        found = by.find(chars.code_points("甲乙甲甲乙丙丁"))
        assert found.words.tolist() == [-1, 0, 1, -1, -1, -1, 4]
        assert found.lengths.tolist() == [0, 2, 1, 0, 0, 0, 4]


def test_nothing() -> None:
    for backward in (False, True):
        empty = PathFinder([], np.empty(0), UNKNOWN, np.empty(0, np.int64), backward=backward)
        assert cut(empty, "甲乙", []) == cut(empty, "", []) == []
        assert cut(finder([], [], "甲", backward=backward), "甲乙甲甲", []) == ["甲"] * 3
        assert cut(finder(["甲"], [-1.0], "", backward=backward), "甲", ["甲"]) == []


def test_every_plane() -> None:
    """Code points come as uint16 or as uint32; a text may have larger ones than any word."""
    for inside in ("甲乙", "甲𠀀", "\uffff甲"):
        a, b = inside
        names = [a + b, b]
        by = finder(names, [-1.0, -1.0], inside)
        for text in (a + b + b, "😀" + a + b + "😀" + b, f"{a}\U0010ffff{b}"):
            assert cut(by, text, names) == [
                word
                for run in runs(text, inside)
                for word in oracles.cut_forward(run, dict.fromkeys(names, -1.0), UNKNOWN)
            ]


# --- long runs -------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True])
@settings(max_examples=100, deadline=None)
@given(
    words=st.dictionaries(st.text("甲乙丙", min_size=1, max_size=3), SCORES, max_size=6),
    text=st.text("甲乙丙", max_size=60),
    most=st.integers(12, 20),
)
def test_long_runs_are_cut_where_no_word_goes_across(
    backward: bool, words: dict[str, float], text: str, most: int
) -> None:
    """Then nothing changes but where sums begin; these scores have no roundings."""
    ends = {
        i
        for w in words
        for i in range(len(text))
        if text.startswith(w, i)
        for i in range(i + 1, i + len(w))
    }
    assume(all(set(range(i, i + 4)) - ends for i in range(1, len(text))))
    by = finder(list(words), list(words.values()), backward=backward)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bestpaths, "RUN", most)
        found = cut(by, text, list(words))
    assert found == slow_cut(words, text, backward)


@pytest.mark.parametrize("backward", [False, True])
@settings(max_examples=200, deadline=None)
@given(
    words=st.dictionaries(WORD, SCORES, max_size=8),
    text=st.text("甲乙", max_size=60),
    most=st.integers(1, 9),
)
@example(words={"甲甲": -1.0}, text="甲" * 11, most=5)
@example(words={"甲甲甲": -1.0, "甲甲甲甲甲": -1.0}, text="甲" * 11, most=3)
def test_cut_anywhere_there_are_still_words(
    backward: bool, words: dict[str, float], text: str, most: int
) -> None:
    """Where words cover every gap a word may be lost, no character, and no word is made up."""
    by = finder(list(words), list(words.values()), backward=backward)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bestpaths, "RUN", most)
        found = cut(by, text, list(words))
    assert "".join(found) == text
    assert all(word in words or len(word) == 1 for word in found)
    assert max(map(len, found), default=0) <= max(most, 1)


@pytest.mark.parametrize("backward", [False, True])
def test_longer_than_a_run_may_be(backward: bool) -> None:
    """As it is: 20,000 characters without a break, cut where the sum of the slow twin cuts."""
    words = {"甲乙": -1.5, "乙丙": -1.0, "丙": -0.5, "乙丙丁": -2.0, "丁丁": -1.0}
    chance = np.random.default_rng(1)
    text = "".join(chance.choice(list("甲乙丙丁"), 20_000))
    by = finder(list(words), list(words.values()), backward=backward)
    slow = oracles.cut_backward if backward else oracles.cut_forward
    found = cut(by, text, list(words))
    assert found == slow_long(text, words, slow)


def slow_long(text: str, words: Mapping[str, float], slow: object) -> list[str]:
    """Cut at the pairs across which no word goes, where every path has a boundary."""
    assert callable(slow)
    found: list[str] = []
    start = 0
    for gap in range(1, len(text) + 1):
        pair = text[gap - 1 : gap + 1]
        if len(pair) < 2 or not any(pair in word for word in words):
            found += slow(text[start:gap], words, UNKNOWN)
            start = gap
    return found
