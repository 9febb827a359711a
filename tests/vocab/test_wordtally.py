"""Counts of words by keys: those of a Counter of str.split."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.text import chars
from nlptools.vocab import wordtally
from nlptools.vocab.wordtally import WordTally

TEXT = st.text(st.sampled_from("天地天气好aB1，\0\uffff𠀀😀é \n\u3000\x85"), max_size=30)


def by_counter(texts: list[str]) -> list[int]:
    counts = Counter(word for text in texts for word in text.split())
    kinds = {word: chars.classes(chars.code_points(word)) for word in counts}
    return sorted(
        count
        for word, count in counts.items()
        if np.isin(kinds[word], (chars.HAN, chars.LETTER)).any()
    )


@given(st.lists(TEXT, max_size=4))
@example(
    ["天 天\0 \0 天\uffff 天天天天 天天天天天 1 ， 1a 𠀀 😀", "", " ", "天 𠀀 1a\u3000天天天天天"]
)
def test_counts_are_those_of_a_counter(texts: list[str]) -> None:
    tally = WordTally()
    for text in texts:
        tally.add(text)
    assert sorted(tally.lexical_counts().tolist()) == by_counter(texts)


def test_keys_are_put_together_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordtally, "_MORE", 3)
    texts = ["天 地 气", "天 好", "好 天气 天", "a b c d e f", "天 a"]
    tally = WordTally()
    for text in texts:
        tally.add(text)
    assert sorted(tally.lexical_counts().tolist()) == by_counter(texts) == [1] * 8 + [2, 2, 4]
