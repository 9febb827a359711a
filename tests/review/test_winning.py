"""Which words jieba cuts as one, by its own arithmetic; frequencies that hold for any part of a list."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jiebacases import INSIDE, KNOWN, jieba_with

from nlptools.review.export import NO_EFFECT, export_words
from nlptools.review.winning import frequencies_for_any_part, without_effect
from nlptools.segmentation.jieba import JiebaDictionary


def test_without_effect_by_hand() -> None:
    """Total 100; 沈渡 needs 9 (30/100 * 30/100), and the new words add to the total."""
    base = JiebaDictionary({"沈": 30, "渡": 30, "人": 40})
    assert without_effect({"沈渡": 8}, base) == ["沈渡"]
    assert without_effect({"沈渡": 9}, base) == []
    assert without_effect({"沈渡": None, "秋山": 1}, base) == []  # jieba computes 10 itself
    assert without_effect({"沈渡": 10, "沈渡人": 1}, base) == ["沈渡人"]


@settings(max_examples=100, deadline=None)
@given(KNOWN, st.dictionaries(INSIDE, st.none() | st.integers(1, 10**6), max_size=4))
def test_jieba_suggests_the_same(known: dict[str, int], words: dict[str, int | None]) -> None:
    theirs = jieba_with(known)
    for word, frequency in words.items():
        theirs.add_word(word, frequency)
    lost = without_effect(words, JiebaDictionary(known))
    for word in words:
        if not set(word) & set("aA1."):
            assert (theirs.lcut(word, HMM=False) != [word]) == (word in lost)


@settings(max_examples=200, deadline=None)
@given(KNOWN, st.lists(INSIDE, min_size=1, max_size=5, unique=True), st.data())
def test_any_part_of_a_list(known: dict[str, int], words: list[str], data: Any) -> None:
    """Where the new frequencies are small beside the total, as they are in a dictionary of millions."""
    base = JiebaDictionary({**known, "总": 10**12})
    found = frequencies_for_any_part(words, base)
    assert list(found) == words
    loaded = data.draw(st.lists(st.sampled_from(words), unique=True))
    assert without_effect({word: found[word] for word in loaded}, base) == []


def test_the_note_on_what_is_written(tmp_path: Any) -> None:
    (tmp_path / "dict.txt").write_text("沈 30 n\n渡 30 v\n人 40 n\n", encoding="utf-8")
    words = {"沈渡": 2.0, "秋山": 1.0}
    how = {"jieba_dict": tmp_path / "dict.txt"}
    assert export_words(words, "jieba", freq="corpus", **how).doubtful == {"沈渡": NO_EFFECT}
    assert export_words(words, "jieba", freq=9, **how).doubtful == {}
    assert export_words(words, "jieba", **how).doubtful == {}


def test_without_a_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = export_words({"沈渡": 2.0}, "jieba")
    assert (found.freq, found.words, found.doubtful) == ("corpus", {"沈渡": 2}, {})
