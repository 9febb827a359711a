"""Word discovery: word for word what the published algorithms find, by twins that count slowly."""

from __future__ import annotations

import csv
import lzma
import math
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import Ngram
from places import DATA, SAMPLES

from nlptools.discovery.discover import (
    METHODS,
    default_min_count,
    default_min_entropy,
    discover_words,
)
from nlptools.discovery.entropy import MOST_FREEDOM
from nlptools.discovery.joiner import MAX_WORD
from nlptools.discovery.wordtable import ARRAYS, SORT_COLUMNS, WordTable
from nlptools.errors import NlptoolsError
from nlptools.ngrams import count as counting
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import WordModel

# Clauses made of few words, so that much repeats; and of nothing but symbols.
WORDS = ["天地", "玄黄", "宇宙洪荒", "日月盈", "𠮷A", "B2B网络", "辰", "宿", "5", "，", "，"]
BY_WORDS = st.lists(st.sampled_from(WORDS), max_size=50).map("".join)
BY_SYMBOLS = st.text(st.sampled_from("天地玄𠮷A，"), max_size=60)
TEXTS = st.lists(BY_WORDS | BY_SYMBOLS, max_size=4)
# With a symbol in them that occurs 4 times; texts in which nothing is frequent have their own tests.
FULL = TEXTS.map(lambda texts: [*texts, "天天，天，天"])
LEAST = st.integers(1, 4)
# Bars of 1 to 5 orders; low ones let long words through.
BARS = st.lists(st.sampled_from([-9.0, 0.0, 0.3, 1.0, 2.0, 4.0]), min_size=1, max_size=5)

WORN = "吃葡萄不吐葡萄皮不吃葡萄倒吐葡萄皮"


def discover(texts: Sequence[str], **how: Any) -> WordTable:
    block_size = how.pop("block_size", 4 << 20)
    how.setdefault("workers", 1)
    return discover_words(Corpus.from_texts(texts, block_size=block_size), **how)


def by_entropy(texts: Sequence[str], **how: Any) -> WordTable:
    return discover(texts, method="entropy", **how)


def by_joining(texts: Sequence[str], **how: Any) -> WordTable:
    """All words of the method pmi, single symbols and numbers too."""
    return discover(texts, method="pmi", numbers=True, min_length=1, **how)


def cut_out(table: WordTable) -> dict[str, int]:
    """Word -> how often it was cut out."""
    assert len(set(table.words)) == len(table.words)
    return dict(zip(table.words, table.scores.tolist(), strict=True))


def spelled(words: dict[Ngram, int]) -> dict[str, int]:
    """Words as texts; what is longer than MAX_WORD symbols is none."""
    return {"".join(word): n for word, n in words.items() if len(word) <= MAX_WORD}


def same_tables(one: WordTable, other: WordTable) -> None:
    assert one.words == other.words
    for name in ARRAYS:
        ours, theirs = getattr(one, name), getattr(other, name)
        assert np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f"), name
    assert one.removed == other.removed


def check_statistics(texts: Sequence[str], table: WordTable, latin: str = "run") -> None:
    """Counts, PMI and entropies of all words, however long, against the oracles."""
    ngrams = [tuple(oracles.symbols_of(word, latin)) for word in table.words]
    counts = oracles.count_ngrams(texts, max(map(len, ngrams), default=1), latin)
    entropies = oracles.branching_entropy(texts, ngrams, latin)
    close = {"rel": 1e-12, "abs": 1e-12}
    assert table.counts.tolist() == [counts[w] for w in ngrams]
    assert table.pmi.tolist() == pytest.approx([oracles.pmi(counts, w) for w in ngrams], **close)
    for i, column in enumerate((table.left_entropy, table.right_entropy)):
        assert column.tolist() == pytest.approx([entropies[w][i] for w in ngrams], **close)


# --- method pmi, kexue.fm 6920 ---------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(FULL, LEAST, BARS, st.sampled_from(["run", "char", "break"]))
@example(["天地玄黄" * 9], 1, [-9.0], "run")
@example(["天地" * 20 + "，" + "天地" * 21], 1, [-9.0], "run")
@example(["天地玄黄宇宙洪荒" * 3 + "，天地玄"], 2, [-9.0, -9.0, -9.0], "run")
def test_6920_word_for_word(texts: list[str], least: int, bars: list[float], latin: str) -> None:
    table = by_joining(texts, min_count=least, min_pmi=bars, latin=latin)
    expected = spelled(oracles.discover_6920(texts, least, bars, latin))
    assert cut_out(table) == expected
    assert table.words == sorted(expected, key=lambda word: (-expected[word], word))
    check_statistics(texts, table, latin)
    assert table.passed.all()
    assert not table.known.any()


@settings(max_examples=80, deadline=None)
@given(FULL, LEAST, BARS, st.integers(1, 60), st.integers(1, 3))
def test_6920_of_blocks_of_any_size(
    texts: list[str], least: int, bars: list[float], size: int, workers: int
) -> None:
    how: dict[str, Any] = {"min_count": least, "min_pmi": bars}
    whole = by_joining(texts, **how)
    same_tables(by_joining(texts, block_size=size, workers=workers, **how), whole)


@settings(max_examples=60, deadline=None)
@given(FULL, LEAST, BARS, st.integers(0, 2))
def test_counts_made_earlier_change_nothing(
    texts: list[str], least: int, bars: list[float], more: int
) -> None:
    counts = count_ngrams(Corpus.from_texts(texts), order=len(bars) + 1 + more, workers=1)
    given_them = by_joining(texts, min_count=least, min_pmi=bars, counts=counts)
    same = by_joining(texts, min_count=least, min_pmi=bars)
    assert cut_out(given_them) == cut_out(same)
    check_statistics(texts, given_them)
    if not more:
        same_tables(given_them, same)


def zipf_texts(size: int, seed: int) -> list[str]:
    """Clauses of words of 1 to 6 characters, drawn by Zipf's law."""
    rng = random.Random(seed)
    words = [
        "".join(chr(0x4E00 + rng.randrange(300)) for _ in range(rng.choice([1, 2, 2, 2, 3, 4, 6])))
        for _ in range(600)
    ]
    weights = [1 / (i + 1) for i in range(len(words))]
    return ["".join(rng.choices(words, weights, k=rng.randint(1, 12))) for _ in range(size)]


def test_6920_of_words_by_zipf() -> None:
    texts = zipf_texts(2500, seed=1)
    table = by_joining(texts, min_count=5)
    assert cut_out(table) == spelled(oracles.discover_6920(texts, 5))
    check_statistics(texts, table)
    lengths = [len(word) for word in table.words]
    assert min(lengths) == 1
    assert max(lengths) > 4
    assert lengths.count(2) > 100
    assert lengths.count(3) > 20


def test_6920_worked() -> None:
    # docs/how-it-works.md: T = 1000, PMI of 甲乙 2.3026 and of 乙丙 2.4204 pass 2, that of 甲乙丙 2.878 fails 4.
    texts = [
        *(["甲乙丙"] * 16 + ["甲乙"] * 4 + ["乙丙"] * 2),
        *(["甲"] * 30 + ["乙"] * 18 + ["丙"] * 22 + ["丁"] * 870),
    ]
    table = by_joining(texts, min_count=4)
    # 甲乙丙 is cut out 16 times and refused: it does not hold together.
    assert cut_out(table) == {"丁": 870, "甲": 30, "丙": 22, "乙": 18, "甲乙": 4}
    assert table.removed["not cohesive as a whole"] == 16
    assert table.removed["cut out less than 4 times"] == 1  # 乙丙, twice
    assert by_joining(texts, min_count=4, min_pmi=[2, 2.8]).words[4] == "甲乙丙"
    assert "甲乙" not in by_joining(texts, min_count=4, min_pmi=[2.31]).words


def test_6920_a_pmi_at_its_bar_passes() -> None:
    # T = 4, ln(4 * 1 / (2 * 2)) = 0 exactly.
    texts = ["甲乙", "甲", "乙"]
    assert cut_out(by_joining(texts, min_count=1, min_pmi=[0])) == {"甲": 1, "乙": 1, "甲乙": 1}
    assert cut_out(by_joining(texts, min_count=1, min_pmi=[1e-9])) == {"甲": 2, "乙": 2}


# G = {ab, bc, cd}; T = 140, 甲乙: ln(140 * 10 / (10 * 10)) = 2.6, 丁戊: ln(140 * 10 / (10 * 100)) = 0.3.
JOINED = ["甲乙丙丁戊"] * 10 + ["戊"] * 90


def test_longest_join() -> None:
    good = {("甲", "乙"), ("乙", "丙"), ("丙", "丁")}
    for join in (oracles.longest_join, oracles.covered_join):
        assert join("甲乙丙丁戊", good, 4) == [tuple("甲乙丙丁"), ("戊",)]
    # Held by pairs alone the run is a word; where words of 4 must hold together it is none.
    assert cut_out(by_joining(JOINED, min_count=2, min_pmi=[0.5])) == {"戊": 100, "甲乙丙丁": 10}
    table = by_joining(JOINED, min_count=2, min_pmi=[0.5, 99, 99])
    assert cut_out(table) == {"戊": 100}
    assert table.removed["not cohesive as a whole"] == 10
    # Of 3: both 甲乙丙 and 乙丙丁 hold (2.6), so the run of 4 does.
    assert by_joining(JOINED, min_count=2, min_pmi=[0.5, 2]).words == ["戊", "甲乙丙丁"]


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("天地玄"), max_size=12), st.data())
def test_both_ways_to_cut_are_the_same(text: str, data: st.DataObject) -> None:
    """Reading on to the farthest end (6920) cuts at the gaps that nothing covers (4256)."""
    every = [tuple(text[i : i + n]) for n in (2, 3, 4) for i in range(len(text) - n + 1)]
    good = data.draw(st.sets(st.sampled_from(every))) if every else set()
    assert oracles.longest_join(text, good, 4) == oracles.covered_join(text, good, 4)


@settings(max_examples=40, deadline=None)
@given(FULL, LEAST, st.integers(1, 4))
def test_min_length_leaves_out_what_is_shorter(texts: list[str], least: int, shortest: int) -> None:
    how: dict[str, Any] = {
        "method": "pmi",
        "numbers": True,
        "min_count": least,
        "min_pmi": [0.3] * 3,
    }
    every = discover(texts, min_length=1, **how)
    long = [i for i, w in enumerate(every.words) if len(oracles.symbols_of(w)) >= shortest]
    some = discover(texts, min_length=shortest, max_length=6, **how)
    assert cut_out(some) == cut_out(every.select(np.array(long, np.int64)))


def test_min_length_above_the_longest_bar() -> None:
    how: dict[str, Any] = {"method": "pmi", "min_count": 2, "min_pmi": [0.5], "max_length": 9}
    assert discover(JOINED, min_length=4, **how).words == ["甲乙丙丁"]
    assert discover(JOINED, min_length=5, **how).words == []


# --- method pmi, kexue.fm 4256 ---------------------------------------------------------------


# Bars that no ratio of small numbers is equal to; what happens there has a test of its own.
ODD_RATIOS = (Fraction(5003, 1000), Fraction(25003, 1000), Fraction(125003, 1000))
LOW_RATIOS = (Fraction(1003, 1000), Fraction(1007, 1000), Fraction(1009, 1000))


@settings(max_examples=150, deadline=None)
@given(FULL, LEAST, st.sampled_from([ODD_RATIOS, LOW_RATIOS]), st.integers(1, 3))
@example(["天地玄黄宇宙洪荒日月盈昃"], 1, ODD_RATIOS, 3)
@example(["天地玄黄，" * 3, "天地玄，黄"], 2, LOW_RATIOS, 3)
def test_4256_word_for_word(
    texts: list[str], least: int, ratios: tuple[Fraction, ...], bars: int
) -> None:
    ratios = ratios[:bars]
    table = by_joining(
        texts, compat="4256", min_count=least, min_pmi=[math.log(ratio) for ratio in ratios]
    )
    expected = spelled(oracles.discover_4256(texts, least, ratios))
    assert cut_out(table) == expected
    assert table.words == sorted(expected, key=lambda word: (-expected[word], word))
    check_statistics(texts, table)


def test_4256_of_words_by_zipf() -> None:
    texts = zipf_texts(2500, seed=2)
    table = by_joining(texts, compat="4256", min_count=5)
    assert cut_out(table) == spelled(oracles.discover_4256(texts, 5))
    check_statistics(texts, table)
    assert max(map(len, table.words)) > 4


@pytest.mark.parametrize(
    ("bar", "texts"),
    [
        # T = 10, 10 * 2 / (2 * 2) = 5
        (5, ["甲乙"] * 2 + ["丙"] * 6),
        # T = 100, 100 * 4 / (4 * 4) = 25; the pairs exceed their 5
        (25, ["甲乙丙"] * 4 + ["丁"] * 88),
        # T = 500, 500 * 4 / (4 * 4) = 125
        (125, ["甲乙丙丁"] * 4 + ["戊"] * 484),
    ],
)
def test_4256_a_ratio_equal_to_its_bar_does_not_pass(bar: int, texts: list[str]) -> None:
    """It must exceed it; T is the sum of what is kept, so the other symbols do not matter."""
    expected = spelled(oracles.discover_4256(texts, 2))
    assert not any(len(word) == {5: 2, 25: 3, 125: 4}[bar] for word in expected)
    passed = [
        rare
        for rare in range(60)
        if cut_out(
            by_joining(
                [*texts, *(chr(0x5000 + i) for i in range(rare))], compat="4256", min_count=2
            )
        )
        != expected
    ]
    assert passed == []


def test_4256_keeps_its_own_minimum_count() -> None:
    texts = ["天地"] * 128 + ["玄黄"] * 127 + ["，".join("日月星辰" * 300)]
    assert discover(texts, method="pmi", compat="4256").words == ["天地"]


def test_4256_checks_the_windows_of_3_where_6920_does_not() -> None:
    # 4: bars of nats that let the 4-gram through and none of its 3-grams.
    texts = JOINED
    loose = oracles.discover_6920(texts, 2, [0.5, 99.0, 0.5])
    assert tuple("甲乙丙丁") in loose
    assert cut_out(by_joining(texts, min_count=2, min_pmi=[0.5, 99, 0.5])) == spelled(loose)
    strict = by_joining(texts, compat="4256", min_count=2, min_pmi=[0.5, 99, 0.5])
    assert "甲乙丙丁" not in strict.words


# --- method entropy --------------------------------------------------------------------------


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
        discover_words(None, counts=counts, max_length=6, **how),
        discover(texts, max_length=6, **how),
    )


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 60), st.integers(1, 3))
def test_entropy_of_blocks_of_any_size(texts: list[str], size: int, workers: int) -> None:
    how: dict[str, Any] = {"method": "entropy", "min_count": 2, "min_entropy": 0.3}
    same_tables(discover(texts, block_size=size, workers=workers, **how), discover(texts, **how))


# --- both ------------------------------------------------------------------------------------


def test_default_min_count_grows() -> None:
    sizes = [0, 1, 1000, 10**5, 10**6, 10**7, 10**8, 10**9, 10**10, 10**11]
    counts = [default_min_count(size) for size in sizes]
    assert counts == sorted(counts)
    assert counts[0] == 2
    assert len(set(counts)) > 5
    assert default_min_count(100) >= 2
    entropies = [default_min_entropy(size) for size in sizes]
    assert entropies == sorted(entropies)
    assert entropies[0] >= 0


@pytest.mark.parametrize("method", ["entropy", "lm", "pmi"])
def test_the_default_min_count_is_used(method: str) -> None:
    texts = zipf_texts(700, seed=4)
    with mock.patch("nlptools.discovery.discover.default_min_count", lambda total: 9):
        scaled = discover(texts, method=method)
    same = discover(texts, method=method, min_count=9)
    assert scaled.words == same.words
    assert len(scaled) > 0
    assert scaled.counts.min() >= 9


@settings(max_examples=60, deadline=None)
@given(FULL, st.integers(0, 30), st.sampled_from(["entropy", "lm", "pmi"]), LEAST)
def test_top_gives_a_ranking(texts: list[str], top: int, method: str, least: int) -> None:
    how: dict[str, Any] = {"method": method, "min_count": least, "numbers": True}
    passing = discover(texts, **how)
    table = discover(texts, top=top, **how)
    assert table.words[: len(passing)] == passing.words[:top]
    assert table.passed.tolist() == [i < len(passing) for i in range(len(table))]
    longest = {"entropy": 4, "lm": 5, "pmi": 3}[method]
    counts = oracles.count_ngrams(texts, longest)
    twice = {"".join(w) for w, c in counts.items() if len(w) > 1 and c >= 2}
    assert len(table) >= min(top, len(twice))
    assert len(table) <= top
    assert len(set(table.words)) == len(table)
    check_statistics(texts, table)


def check_nothing_passes(method: str, least: int, bars: int) -> None:
    table = discover([WORN], method=method, min_count=least, min_pmi=[99] * bars, top=3)
    assert len(table) == 3
    assert not table.passed.any()


@pytest.mark.parametrize("method", ["entropy", "lm", "pmi"])
def test_top_where_nothing_passes(method: str) -> None:
    check_nothing_passes(method, least=4, bars=3)


@pytest.mark.parametrize("method", ["entropy", "lm", "pmi"])
def test_top_where_not_even_a_symbol_is_frequent(method: str) -> None:
    check_nothing_passes(method, least=50, bars=3)


@pytest.mark.parametrize(
    "method",
    ["entropy", "lm", "pmi"],
)
def test_top_where_nothing_passes_the_only_bar(method: str) -> None:
    check_nothing_passes(method, least=4, bars=1)


@pytest.mark.parametrize("method", ["entropy", "lm", "pmi"])
def test_known_words(method: str) -> None:
    texts = zipf_texts(700, seed=5)
    how: dict[str, Any] = {"method": method, "min_count": 4}
    plain = discover(texts, **how)
    known = {*plain.words[::3], "没有的词"}
    marked = discover(texts, known=known, **how)
    assert marked.words == plain.words
    assert marked.known.tolist() == [word in known for word in plain.words]
    new = discover(texts, known=known, new_only=True, **how)
    assert new.words == [word for word in plain.words if word not in known]
    assert not new.known.any()
    assert new.removed["known already"] == len(plain) - len(new) > 0
    first = discover(texts, known=known, new_only=True, top=5, **how)
    assert first.words == new.words[:5]


@pytest.mark.parametrize(
    "method",
    ["entropy", "lm", "pmi"],
)
def test_top_new_words(method: str) -> None:
    """As many as asked for, also where most of those that pass are known."""
    texts = zipf_texts(700, seed=5)
    passing = discover(texts, method=method, min_count=4)
    known = passing.words[1:]
    table = discover(
        texts, method=method, min_count=4, known=known, new_only=True, top=len(passing)
    )
    assert table.words[0] == passing.words[0]
    assert len(table) == len(passing)


def test_numbers_in_figures() -> None:
    words = ["3月", "第3章", "K8s集群", "2.5倍", "三月", "5G网络", "１月"]
    texts = [a + "，" + a + b for a in words for b in "甲乙丙丁戊"]
    how: dict[str, Any] = {
        "method": "entropy",
        "min_count": 2,
        "min_entropy": 0.0,
        "min_pmi": [0.0],
    }
    every = discover(texts, numbers=True, **how)
    assert set(words) <= set(every.words)
    some = discover(texts, **how)
    assert set(some.words) & set(words) == {"三月", "K8s集群", "5G网络"}
    assert some.removed["a number in figures"] == len(every) - len(some)


@pytest.mark.parametrize("by", [*SORT_COLUMNS, "word"])
def test_sort(by: str) -> None:
    texts = zipf_texts(400, seed=6)
    best = by_entropy(texts, min_count=3, top=60)
    table = by_entropy(texts, min_count=3, top=60, sort=by)
    assert sorted(table.words) == sorted(best.words)
    if by == "word":
        assert table.words == sorted(table.words)
        return
    if by == "expected":  # the method says nothing of it, and nothing is left but the word
        assert np.isnan(table.expected).all()
        assert table.words == sorted(table.words)
        return
    values = (-getattr(table, SORT_COLUMNS[by])).tolist()
    passed = (~table.passed).tolist() if by == "score" else [False] * len(table)
    rows = list(zip(passed, values, table.words, strict=True))
    assert rows == sorted(rows)


NOTHING_FREQUENT = [[], [""], ["，。\n"], ["天"], ["天地玄"]]


@pytest.mark.parametrize("method", ["em", "entropy", "lm"])
@pytest.mark.parametrize("texts", NOTHING_FREQUENT)
def test_nothing_in_nothing_out(texts: list[str], method: str) -> None:
    for top in (None, 5):
        assert discover(texts, method=method, top=top).words == []


@pytest.mark.parametrize("compat", [None, "4256"])
@pytest.mark.parametrize("texts", NOTHING_FREQUENT)
def test_nothing_in_nothing_out_by_joining(texts: list[str], compat: str | None) -> None:
    for top in (None, 5):
        assert by_joining(texts, compat=compat, top=top).words == []
    for least in (1, 2):
        expected = spelled(oracles.discover_6920(texts, least))
        assert cut_out(by_joining(texts, min_count=least)) == expected


NO_MODEL = WordModel([], np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"method": "magic"}, "method must be one of em, entropy, lm, pmi, not 'magic'"),
        ({"compat": "4256"}, "compat is 4256, and goes with the method pmi"),
        ({"compat": "6920", "method": "pmi"}, "compat is 4256"),
        ({"compat": "4256", "method": "entropy"}, "compat is 4256, and goes with the method pmi"),
        ({"min_length": 0}, "lengths must be 1 <= min_length"),
        ({"min_length": 3, "max_length": 2}, "min_length is larger than max_length"),
        ({"max_length": 12}, "lengths must be"),
        ({"max_length": 9}, "words of up to 4 and terms of up to 8 symbols"),
        ({"max_length": 9}, "words of up to 4 and terms of up to 8 symbols"),
        ({"method": "entropy", "background": NO_MODEL}, "background goes with the method em"),
        ({"method": "pmi", "background": NO_MODEL}, "background goes with the method em"),
        ({"method": "lm", "background": NO_MODEL}, "background goes with the method em"),
        ({"min_length": 1}, "a single symbol has no PMI"),
        ({"sort": "beauty"}, "sort must be one of score"),
        ({"min_count": 0}, "min_count must be at least 1"),
        ({"min_count": 0, "method": "pmi"}, "min_count must be at least 1"),
    ],
)
def test_settings_that_make_no_sense(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        discover(["天地"], **how)


def test_counts_of_too_low_an_order() -> None:
    counts = count_ngrams(Corpus.from_texts(["天地"]), order=3)
    with pytest.raises(NlptoolsError, match="needs counts of order 5, the counts given go up to 3"):
        discover_words(None, method="entropy", counts=counts)
    with pytest.raises(NlptoolsError, match="needs counts of order 5, the counts given go up to 3"):
        discover(["天地"], counts=counts)
    with pytest.raises(NlptoolsError, match="needs counts of order 4, the counts given go up to 3"):
        discover(["天地"], method="pmi", counts=counts)


@pytest.mark.parametrize("method", METHODS)
def test_a_corpus_is_needed(method: str) -> None:
    with pytest.raises((TypeError, ValueError), match="corpus"):
        discover_words(None, method=method)


@pytest.mark.parametrize("method", ["em", "lm", "pmi"])
def test_a_corpus_is_needed_with_counts_too(method: str) -> None:
    counts = count_ngrams(Corpus.from_texts(["天地"]), order=5)
    with pytest.raises(ValueError, match="there is no corpus to read"):
        discover_words(None, method=method, counts=counts)


@pytest.mark.parametrize("method", ["em", "lm", "pmi"])
def test_counts_of_another_corpus(method: str) -> None:
    counts = count_ngrams(Corpus.from_texts(["天地玄黄"]), order=5)
    with pytest.raises(NlptoolsError, match=r"counts are not those of this corpus: 4 symbols .* 2"):
        discover(["天地"], method=method, counts=counts)


def test_a_corpus_that_can_be_read_once() -> None:
    texts = zipf_texts(300, seed=7)
    for method in METHODS:
        once = discover_words(Corpus.from_texts(iter(texts)), method=method)
        same_tables(once, discover_words(Corpus.from_texts(texts), method=method))


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_small_memory(tmp_path: Path) -> None:
    """Many parts, the symbol ids on the disk."""
    texts = zipf_texts(1500, seed=8)
    whole = by_joining(texts, min_count=3)
    with (
        mock.patch.object(counting, "part_room", lambda *_: 2000),
        mock.patch("nlptools.base.resources.MIN_MEMORY", 0),
    ):
        parts = by_joining(texts, min_count=3, memory=1 << 14, block_size=1 << 11, tmp_dir=tmp_path)
    same_tables(parts, whole)
    assert list(tmp_path.iterdir()) == []


# --- samples and a real corpus ---------------------------------------------------------------


# The model of 20 kB of text cuts some words of four characters into two of two.
@pytest.mark.parametrize("method, most", [("em", 0.3), ("entropy", 0.1), ("lm", 0.15)])
def test_the_planted_terms_of_the_samples_are_found(method: str, most: float) -> None:
    with open(SAMPLES / "terms.tsv", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream, delimiter="\t") if int(row["count"]) >= 6]
    assert len(rows) > 50
    files = sorted({row["file"] for row in rows})
    assert len(files) == 3
    found = {
        (name, word)
        for name in files
        for word in discover_words(Corpus([SAMPLES / name]), method=method).words
    }
    missed = [row["term"] for row in rows if (row["file"], row["term"]) not in found]
    assert len(missed) <= most * len(rows), missed
    together = set(discover_words(Corpus([SAMPLES / name for name in files]), method=method).words)
    missed = [row["term"] for row in rows if row["term"] not in together]
    assert len(missed) <= most * len(rows), missed


@pytest.mark.parametrize("name", ["novel.txt", "clinic.txt", "startup.txt"])
def test_samples_word_for_word(name: str) -> None:
    texts = (SAMPLES / name).read_text(encoding="utf-8").split("\n")
    for least in (2, 4):
        table = by_joining(texts, min_count=least)
        assert cut_out(table) == spelled(oracles.discover_6920(texts, least))
        check_statistics(texts, table)
        table = by_joining(texts, compat="4256", min_count=least)
        assert cut_out(table) == spelled(oracles.discover_4256(texts, least))


def test_real_corpus_word_for_word() -> None:
    path = DATA / "corpora" / "medical_qa.txt.xz"
    if not path.exists():
        pytest.skip(f"the corpus {path} is not here; NLPTOOLS_DATA names the folder")
    with lzma.open(path) as stream:
        data = stream.read(2_000_000)
    texts = data.decode("utf-8", "ignore").split("\n")  # the last character may be cut
    counts = oracles.count_ngrams(texts, 4)
    table = by_joining(texts, min_count=8)
    expected = spelled(oracles.discover_6920(texts, 8, counts=counts))
    assert len(expected) > 2000
    assert cut_out(table) == expected
    longer = [i for i, word in enumerate(table.words) if len(oracles.symbols_of(word)) > 3]
    assert len(longer) > 20
    picked = table.select(np.array(longer[::10], np.int64))
    check_statistics(texts, picked)
