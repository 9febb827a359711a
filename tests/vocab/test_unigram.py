"""A vocabulary's own words: their scores by order or by counts, and the best path through them."""

from __future__ import annotations

import math

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.text import chars
from nlptools.vocab.unigram import (
    GRAIN,
    RANK_SHIFT,
    UNKNOWN_PENALTY,
    VocabWords,
    is_word,
    score_words,
)
from nlptools.vocab.vocab import Vocab

BASE = ("[PAD]", "[UNK]", "今", "今天", "nice", "##天", "天气", "。", "气", "今天", "")


def test_words() -> None:
    assert [
        token for token in (*BASE, "今a", "〇〇", "㐀𠀀", "天" * 64, "天" * 65) if is_word(token)
    ] == [*("今", "今天", "天气", "气", "今天", "㐀𠀀", "天" * 64)]


def test_scores_by_order() -> None:
    """Two words of several characters have the ranks 1 and 2, single characters the last one, 3: with the
    shift of 2.7 that is 1/3.7, 1/4.7 and twice 1/5.7, their sum being the whole. Of 今天 the last line counts.
    """
    scores = score_words(Vocab(BASE))
    assert RANK_SHIFT == 2.7
    shares = {6: 1 / 4.7, 9: 1 / 3.7, 2: 1 / 5.7, 8: 1 / 5.7}
    assert scores.keys() == shares.keys()
    total = sum(shares.values())
    # 今天 (9) stands first in the order of the dictionary, where its first line is.
    for number, share in shares.items():
        assert scores[number] == pytest.approx(math.log(share / total), abs=GRAIN / 2)
    assert math.fsum(map(math.exp, scores.values())) == pytest.approx(1, abs=GRAIN)


def test_scores_by_counts() -> None:
    """Counts of 60 and 20; what has none, or 0, has a tenth of 20; the sum is 84."""
    scores = score_words(Vocab(BASE), {"今天": 60, "天气": 20, "气": 0, "别的": 5, "nice": 7})
    expected = {9: 60, 6: 20, 2: 2, 8: 2}
    assert scores.keys() == expected.keys()
    for number, count in expected.items():
        assert scores[number] == pytest.approx(math.log(count / 84), abs=GRAIN / 2)
    none = score_words(Vocab(BASE), {"今": None})  # no count at all: all alike
    assert list(none.values()) == pytest.approx([math.log(1 / 4)] * 4, abs=GRAIN / 2)
    assert score_words(Vocab(("[UNK]", "a"))) == score_words(Vocab(("[UNK]",)), {"天": 3.0}) == {}


def test_paths_of_the_same_words_are_ties() -> None:
    """Whatever stands before them: of 哼哼 哼 and 哼 哼哼 the one whose last word is longer. With logarithms
    that are not rounded it was the other one after 一个蚊子, by the last bit of a sum.
    """
    tokens = ["[UNK]", "哼", "哼哼", *(chr(0x4E00 + i) for i in range(200))]
    scores = score_words(Vocab(tuple(tokens)))
    assert all(score / GRAIN == round(score / GRAIN) for score in scores.values())
    assert all(len(repr(score).strip("-").replace(".", "")) <= 15 for score in scores.values())
    vocab = Vocab(tuple(tokens))
    for before in range(1, 200):
        text = "".join(tokens[3 : 3 + before]) + "哼哼哼"
        assert [word for word, _ in cut(VocabWords(vocab), vocab, text)][-2:] == ["哼", "哼哼"]


def cut(by: VocabWords, vocab: Vocab, text: str) -> list[tuple[str, int]]:
    inside, lengths, ids = by.cut(chars.code_points(text))
    assert (inside.dtype, lengths.dtype, ids.dtype) == (bool, np.int32, np.int32)
    assert not lengths[~inside].any()
    found = []
    for stop in np.flatnonzero(lengths).tolist():
        word = text[stop + 1 - int(lengths[stop]) : stop + 1]
        found.append((word, int(ids[stop])))
    assert "".join(word for word, _ in found) == "".join(
        c for c, i in zip(text, inside.tolist(), strict=True) if i
    )
    return found


def test_by_hand() -> None:
    vocab = Vocab(BASE)
    by = VocabWords(vocab)
    assert cut(by, vocab, "今天天气。") == [("今天", 9), ("天气", 6)]
    # 天 is in words only: alone it is unknown, and two of them together are one token.
    assert cut(by, vocab, "今天天天气x天天") == [
        *[("今天", 9), ("天", 1), ("天气", 6)],
        ("天天", 1),
    ]
    # 黄 is in no word: it parts stretches, and is none of this module's business.
    assert cut(by, vocab, "天黄天") == [("天", 1), ("天", 1)]


def test_weights_decide() -> None:
    vocab = Vocab(("[UNK]", *"研究生命", "研究", "研究生", "生命"))
    weights = {"研": 1.0, "究": 1.0, "生": 1.0, "命": 1.0, "研究": 9.0, "生命": 9.0}
    assert [
        w for w, _ in cut(VocabWords(vocab, {**weights, "研究生": 1.0}), vocab, "研究生命")
    ] == [*("研究", "生命")]
    assert [
        w for w, _ in cut(VocabWords(vocab, {**weights, "研究生": 99.0}), vocab, "研究生命")
    ] == [*("研究生", "命")]


WORDS = st.lists(st.text("天地玄黄𠀀", min_size=1, max_size=4), max_size=10)


@settings(max_examples=200, deadline=None)
@given(WORDS, st.none() | st.integers(0, 10**6), st.text("天地玄黄𠀀宇a。", max_size=20))
def test_the_slow_twin(words: list[str], seed: int | None, text: str) -> None:
    vocab = Vocab(("[UNK]", *words, "a"))
    weights = None
    if seed is not None:
        chance = np.random.default_rng(seed)
        weights = {word: float(chance.integers(0, 50)) for word in words}
    scores = score_words(vocab, weights)
    by_word = {vocab.tokens[number]: score for number, score in scores.items()}
    unknown = min(by_word.values(), default=0.0) - UNKNOWN_PENALTY
    slow = oracles.vocab_tokens(text, vocab.ids, by_word, unknown)
    known = {c for word in words for c in word}
    assert cut(VocabWords(vocab, weights), vocab, text) == [
        (token, number) for token, number in slow if set(token) <= known
    ]


def test_it_needs_a_token_for_the_unknown() -> None:
    with pytest.raises(DataError, match=r"no \[UNK\] among its 1 tokens"):
        VocabWords(Vocab(("天",)))
