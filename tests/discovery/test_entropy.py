"""The method entropy: word for word by a twin, by hand, and the others that `top` asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wordtables import FULL, LEAST, TEXTS, WORN, check_statistics, discover, same_tables, zipf_texts

from nlptools.discovery.discover import discover_words
from nlptools.discovery.entropy import MOST_FREEDOM, OtherNgrams, free_ngrams
from nlptools.discovery.table import WordTable
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.scores import each_side
from nlptools.text.corpus import Corpus


def by_entropy(texts: Sequence[str], **how: Any) -> WordTable:
    return discover(texts, method="entropy", **how)


@settings(max_examples=120, deadline=None)
@given(TEXTS, LEAST, st.sampled_from([-1.0, 0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_entropy_word_for_word(texts: list[str], least: int, bar: float, freedom: float) -> None:
    table = by_entropy(texts, min_count=least, min_pmi=[bar], min_entropy=freedom, numbers=True)
    counts = oracles.count_ngrams(texts, 5)
    candidates = [w for w, c in counts.items() if 2 <= len(w) <= 4 and c >= least]
    entropies = oracles.branching_entropy(texts, candidates)
    scores = {}
    for word in candidates:
        cohesion, free = oracles.pmi(counts, word), min(entropies[word])
        if cohesion >= bar - 1e-9 and free >= freedom - 1e-9:  # near is settled below
            scores["".join(word)] = (
                math.log(counts[word]) * max(cohesion, 0) * min(free, MOST_FREEDOM)
            )
    near = {
        "".join(word)
        for word in candidates
        if abs(oracles.pmi(counts, word) - bar) < 1e-9 or abs(min(entropies[word]) - freedom) < 1e-9
    }
    assert set(table.words) | near == set(scores) | near
    assert table.scores.tolist() == pytest.approx(
        [scores[word] for word in table.words], rel=1e-9, abs=1e-9
    )
    order = list(zip((-table.scores).tolist(), table.words, strict=True))
    assert order == sorted(order)
    check_statistics(texts, table)


def test_entropy_worked() -> None:
    # 葡萄: min(0.6931, 1.0397) = 0.6931, ln(17 * 4 / (4 * 4)) = 1.4469, ln 4 = 1.3863.
    low: dict[str, Any] = {"min_count": 4, "min_pmi": [0.5]}
    table = by_entropy([WORN], min_entropy=0.69, **low)
    assert table.words == ["葡萄"]
    assert table.scores[0] == pytest.approx(math.log(4) * math.log(4.25) * math.log(2))
    assert by_entropy([WORN], min_entropy=0.7, **low).words == []
    assert by_entropy([WORN], min_count=4, min_pmi=[1.44], min_entropy=0).words == ["葡萄"]
    assert by_entropy([WORN], min_count=4, min_pmi=[1.45], min_entropy=0).words == []
    assert by_entropy([WORN], min_count=5, min_pmi=[0], min_entropy=0).words == []


@pytest.mark.parametrize(
    "bars, lengths",
    [
        ([0, 99, 99], {2}),
        ([99, 0, 99], {3}),
        ([99, 99, 0], {4}),
        ([99, 0], {3, 4}),
        ([0], {2, 3, 4}),
    ],
)
def test_entropy_has_a_bar_for_each_length(bars: list[float], lengths: set[int]) -> None:
    """The last one of all longer words. Every n-gram of 天地玄黄 has a PMI of ln 4."""
    table = by_entropy(["天地玄黄"] * 3, min_count=3, min_entropy=0, min_pmi=bars)
    assert set(map(len, table.words)) == lengths


def test_entropy_says_what_was_removed() -> None:
    table = by_entropy([WORN], min_count=4, min_pmi=[1], min_entropy=0.7)
    assert table.removed["entropy"] == 1
    assert table.removed["PMI"] == 0
    assert by_entropy([WORN], min_count=4, min_pmi=[2], min_entropy=0.7).removed["PMI"] == 1


def test_entropy_lengths() -> None:
    texts = zipf_texts(600, seed=3)
    how: dict[str, Any] = {"method": "entropy", "min_count": 3, "min_entropy": 0.3}
    every = discover(texts, min_length=2, max_length=6, **how)
    assert {len(word) for word in every.words} == {2, 3, 4, 5, 6}
    for shortest, longest in ((2, 2), (3, 5), (6, 6)):
        some = discover(texts, min_length=shortest, max_length=longest, **how)
        fitting = [w for w in every.words if shortest <= len(w) <= longest]
        assert some.words == fitting
    counts = count_ngrams(Corpus.from_texts(texts), order=9)
    same_tables(
        discover_words(None, counts=counts, max_length=6, background=None, known=(), **how),
        discover(texts, max_length=6, **how),
    )


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 60), st.integers(1, 3))
def test_entropy_of_blocks_of_any_size(texts: list[str], size: int, workers: int) -> None:
    how: dict[str, Any] = {"method": "entropy", "min_count": 2, "min_entropy": 0.3}
    same_tables(discover(texts, block_size=size, workers=workers, **how), discover(texts, **how))


# --- the others that `top` asks for ------------------------------------------------------------


def others(texts: Sequence[str], have: int, lengths: tuple[int, int] = (2, 4)) -> OtherNgrams:
    """What passed is the best `have` of all n-grams that occur twice."""
    counts = count_ngrams(Corpus.from_texts(texts), order=5, workers=1)
    every = free_ngrams(counts, 2, [-9.0], 0.0, lengths).sorted()
    return OtherNgrams(every.select(np.arange(min(have, len(every)))), counts, lengths, 2)


@settings(max_examples=80, deadline=None)
@given(FULL, st.integers(0, 5), st.integers(0, 9))
def test_the_best_others_of_all_lengths(texts: list[str], have: int, number: int) -> None:
    """As many as asked for and those as good as the last; whatever is better than another is there."""
    found = others(texts, have)
    every, some = found.scored(None), found.scored(number)
    passed = every.words[: int(every.passed.sum())]
    assert some.words[: len(passed)] == passed
    assert not some.passed[len(passed) :].any()
    scores = dict(zip(every.words, every.scores.tolist(), strict=True))
    assert len(scores) == len(every)
    assert {word: scores[word] for word in some.words} == dict(
        zip(some.words, some.scores.tolist(), strict=True)
    )
    left_out = [score for word, score in scores.items() if word not in set(some.words)]
    if left_out:
        assert len(some) - len(passed) >= number
        added = some.scores[len(passed) :].tolist()
        assert max(left_out) < min(added, default=math.inf)


def test_others_that_were_never_cut_out() -> None:
    """Of each length so many more, with no score; those of the table keep theirs."""
    texts = zipf_texts(300, seed=9)
    found = others(texts, have=10)
    some, every = found.unscored(3), found.unscored(None)
    assert some.words[:10] == every.words[:10]
    assert some.scores[:10].min() > 0
    assert not some.scores[10:].any()
    for length in (2, 3, 4):
        assert 3 <= sum(len(word) == length for word in some.words[10:]) <= 13
    assert len(every) == len(found.scored(None)) > len(some)


def test_all_are_scored_once() -> None:
    found = others(zipf_texts(100, seed=9), have=3)
    with mock.patch("nlptools.discovery.entropy.each_side", wraps=each_side) as scoring:
        for number in (5, None):
            found.scored(number)
    assert scoring.call_count == 1
