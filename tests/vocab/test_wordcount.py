"""Words and characters of a corpus, and what is held out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import NOVEL

from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.vocab.wordcount import EVERY, FIRST, GROUP, CorpusWords, class_bits, count_corpus
from nlptools.vocab.wordpiece import CJK, DROP, OTHER, PUNCTUATION, SPACE, fold_case


def characters(found: CorpusWords) -> dict[str, int]:
    return {chr(i): int(found.characters[i]) for i in np.flatnonzero(found.characters)}


def test_by_hand() -> None:
    """The words are the segmenter's, Han or letters alone; 3.14, Wi-Fi and signs are none. Café is cafe."""
    cutter = Segmenter.from_counts({"天气": 5, "非常": 3, "好": 2})
    corpus = Corpus.from_texts(["天气非常好，好！3.14 Café cafe Wi-Fi", "天气 OK"])
    found = count_corpus(corpus, cutter)
    assert found.counted() == {"cafe": 2, "天气": 2, "好": 2, "ok": 1, "非常": 1}
    assert found.held == ""
    assert characters(found)["天"] == 2
    assert characters(found)["，"] == 1
    assert characters(found)["c"] == 2
    assert "é" not in characters(found)
    assert " " not in characters(found)
    as_it_is = count_corpus(corpus, cutter, lower=False)
    assert {"Café": 1, "cafe": 1, "OK": 1}.items() <= as_it_is.words.items()
    assert characters(as_it_is)["é"] == 1
    assert not count_corpus(corpus).words


def test_held_out_lines() -> None:
    """8 lines of 160, in order; the last of these is not complete."""
    lines = [f"卷{i}行" for i in range(GROUP * EVERY * 2 + GROUP * FIRST + 3)]
    found = count_corpus(Corpus.from_texts(lines), Segmenter.from_counts({"卷": 1, "行": 1}))
    held = [line for i, line in enumerate(lines) if i // GROUP % EVERY == FIRST]
    assert len(held) == 2 * GROUP + 3
    assert found.held.split() == held
    assert characters(found)["卷"] == found.words["卷"] == len(lines) - len(held)


@pytest.mark.parametrize("size", [1, 7, 100, 3000])
def test_blocks_do_not_matter(size: int) -> None:
    cutter = Segmenter.load()
    whole, parts = (
        count_corpus(Corpus([NOVEL], block_size=n), cutter, workers=w)
        for n, w in ((1 << 20, 1), (size, 3))
    )
    assert whole.held == parts.held != ""
    assert np.array_equal(whole.characters, parts.characters)
    assert whole.words == parts.words


@settings(deadline=None)
@given(st.lists(st.text("天气aé1，  \r", max_size=6), max_size=400))
def test_characters_are_those_of_a_counter(texts: list[str]) -> None:
    texts = [text.replace("\r", "") for text in texts]
    found = count_corpus(Corpus.from_texts(texts))
    seen = [text for i, text in enumerate(texts) if i // GROUP % EVERY != FIRST]
    expected = Counter(c for text in seen for c in fold_case(text) if c != " ")
    assert characters(found) == dict(expected)


def test_class_bits() -> None:
    bits = class_bits(["", "天", "a天", "天，", "a\u200bb", "a b", ""])
    expected = [(), (CJK,), (OTHER, CJK), (CJK, PUNCTUATION), (OTHER, DROP), (OTHER, SPACE), ()]
    assert bits.tolist() == [sum(1 << kind for kind in kinds) for kinds in expected]
    assert len(class_bits([])) == 0
