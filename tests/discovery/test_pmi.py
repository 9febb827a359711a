"""The method pmi: word for word what the published algorithms find, by twins that count slowly."""

from __future__ import annotations

import lzma
import math
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
from wordtables import (
    BARS,
    FULL,
    LEAST,
    NOTHING_FREQUENT,
    check_statistics,
    discover,
    same_tables,
    zipf_texts,
)

from nlptools.discovery.joiner import MAX_WORD
from nlptools.discovery.table import WordTable
from nlptools.ngrams import count as counting
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus


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


def test_6920_of_words_by_zipf() -> None:
    texts = zipf_texts(1200, seed=1)
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
    some = discover(texts, min_length=shortest, **how)
    assert cut_out(some) == cut_out(every.select(np.array(long, np.int64)))


def test_min_length_above_the_longest_bar() -> None:
    how: dict[str, Any] = {"method": "pmi", "min_count": 2, "min_pmi": [0.5]}
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
    texts = zipf_texts(1200, seed=2)
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


# --- edges


@pytest.mark.parametrize("compat", [None, "4256"])
@pytest.mark.parametrize("texts", NOTHING_FREQUENT)
def test_nothing_in_nothing_out_by_joining(texts: list[str], compat: str | None) -> None:
    for top in (None, 5):
        assert by_joining(texts, compat=compat, top=top).words == []
    for least in (1, 2):
        expected = spelled(oracles.discover_6920(texts, least))
        assert cut_out(by_joining(texts, min_count=least)) == expected


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
        data = stream.read(700_000)
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
