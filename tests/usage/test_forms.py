"""The form in which a word of a folded corpus stands most often in its text."""

from __future__ import annotations

import importlib.util
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.forms import original_forms

BOTH = ["nfkc", "lower"]


def forms(
    texts: list[str], words: list[str], fold: list[str] = BOTH, size: int = 4096
) -> list[str]:
    return original_forms(Corpus.from_texts(texts, fold=fold, block_size=size), words)


def test_by_hand() -> None:
    texts = ["买T恤，穿Ｔ恤。T恤", "K线图和k线图，看Ｋ线图和Ｋ线图"]
    assert forms(texts, ["t恤", "k线图", "线图"]) == ["T恤", "Ｋ线图", "线图"]


def test_ties_by_text() -> None:
    assert forms(["Ｔ恤 t恤 T恤"], ["t恤"]) == ["T恤"]


def test_runs_of_letters_are_whole() -> None:
    """As words are counted: AI芯片 is not in OpenAI芯片."""
    assert forms(["OpenAI芯片，OpenAI芯片，ai芯片"], ["ai芯片", "openai芯片"]) == [
        "ai芯片",
        "OpenAI芯片",
    ]


def test_what_changes_its_length_comes_back_as_it_is() -> None:
    assert forms(["十㎏重"], ["十kg重"]) == ["十kg重"]
    assert forms(["十㎏重，十KG重"], ["十kg重"]) == ["十KG重"]


def test_nothing_to_do() -> None:
    assert forms(["天地"], []) == []
    assert original_forms(Corpus.from_texts(["Ｔ恤"]), ["Ｔ恤"]) == ["Ｔ恤"]
    assert forms(["天地"], ["玄黄", "ab"]) == ["玄黄", "ab"]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.text(st.sampled_from("Ｔt恤天𠮷Aａ，\n"), max_size=40), min_size=1, max_size=6),
    st.integers(1, 60),
)
def test_as_a_slow_twin_for_every_block_size(texts: list[str], size: int) -> None:
    """Of two Han characters, whose occurrences nothing hides."""
    words = ["恤天", "天恤", "天天", "𠮷天"]
    expected = []
    for word in words:
        found = Counter(t[i : i + 2] for t in texts for i in range(len(t)) if t[i : i + 2] == word)
        expected.append(max(found, default=word))
    assert forms(texts, words, size=size) == expected
    mixed = ["t恤", "a天"]
    assert forms(texts, mixed, size=size) == forms(texts, mixed)


@pytest.mark.skipif(not importlib.util.find_spec("opencc"), reason="no opencc: bin/setup zh")
def test_traditional_forms() -> None:
    """Those of phrases, too, where the same character is left alone elsewhere; and of a text in both scripts."""
    texts = ["資訊社會，資訊和资讯，瞭解，著名的餅乾和乾隆", "手机，手機，手机"]
    words = ["资讯", "了解", "著名", "饼干", "乾隆", "手机"]
    assert forms(texts, words, ["t2s"]) == ["資訊", "瞭解", "著名", "餅乾", "乾隆", "手机"]
