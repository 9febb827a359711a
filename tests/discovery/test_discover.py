"""What all methods of discovery have in common: bars that scale, filters, `top`, sorting, counts made before."""

from __future__ import annotations

import csv
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import NOVEL, SAMPLES
from wordtables import (
    FULL,
    LEAST,
    NOTHING_FREQUENT,
    WORN,
    check_statistics,
    discover,
    same_tables,
    zipf_texts,
)

from nlptools.discovery.columns import SORT_COLUMNS
from nlptools.discovery.discover import discover_words
from nlptools.discovery.entropy import default_min_entropy
from nlptools.discovery.method import default_min_count
from nlptools.discovery.rules import METHODS
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus
from nlptools.text.folding import fold_text


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
    with mock.patch(f"nlptools.discovery.{method}.default_min_count", lambda total: 9):
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


class Listed(list[str]):
    """A list in which nobody may look for a word: that takes as long as the list is."""

    def __contains__(self, word: object) -> bool:
        raise AssertionError("looked for in a list")


@pytest.mark.parametrize("method", ["em", "entropy", "lm", "pmi"])
def test_known_words_may_be_a_long_list(method: str) -> None:
    texts = zipf_texts(700, seed=5)
    plain = discover(texts, method=method, min_count=4)
    lists = [plain.words[::3], plain.words[1::3], plain.words[2::9]]
    names = ("known", "accepted", "rejected")
    as_sets = dict(zip(names, map(set, lists), strict=True))
    as_lists = dict(zip(names, map(Listed, lists), strict=True))
    how: dict[str, Any] = {"method": method, "min_count": 4, "top": 5}
    assert list(discover(texts, **how, **as_lists)) == list(discover(texts, **how, **as_sets))


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
    best = discover(texts, method="entropy", min_count=3, top=60)
    table = discover(texts, method="entropy", min_count=3, top=60, sort=by)
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


@pytest.mark.parametrize("method", ["em", "entropy", "lm"])
@pytest.mark.parametrize("texts", NOTHING_FREQUENT)
def test_nothing_in_nothing_out(texts: list[str], method: str) -> None:
    for top in (None, 5):
        assert discover(texts, method=method, top=top).words == []


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
def test_counts_of_another_corpus(method: str) -> None:
    counts = count_ngrams(Corpus.from_texts(["天地玄黄"]), order=5)
    with pytest.raises(NlptoolsError, match=r"counts are not those of this corpus: 4 symbols .* 2"):
        discover(["天地"], method=method, counts=counts)


def test_a_corpus_that_can_be_read_once() -> None:
    texts = zipf_texts(300, seed=7)
    for method in METHODS:
        once = discover_words(Corpus.from_texts(iter(texts)), method=method)
        same_tables(once, discover_words(Corpus.from_texts(texts), method=method))


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


# --- accepted and rejected words


@pytest.mark.parametrize("method", ["em", "entropy", "pmi", "lm"])
def test_accepted_stay_and_rejected_go(method: str) -> None:
    corpus = Corpus([NOVEL])
    plain = discover_words(corpus, method=method)
    gone = set(plain.words[:3])
    kept = {"松烟派的", "沈渡秋把刀", "不在文中的词", plain.words[5]}
    found = discover_words(corpus, method=method, accepted=kept, rejected=gone)
    assert gone.isdisjoint(found.words)
    text = NOVEL.read_text(encoding="utf-8")
    assert kept & set(found.words) == {word for word in kept if word in text}
    assert "松烟派的" in found.words
    others = [w for w in plain.words if w not in gone | kept]
    assert [w for w in found.words if w not in kept] == others
    row = found.words.index("松烟派的")
    assert found.counts[row] == text.count("松烟派的")
    assert found.removed["rejected"] == 3
    assert len(set(found.words)) == len(found.words)


def test_accepted_beyond_top_and_filters() -> None:
    corpus = Corpus([NOVEL])
    few = discover_words(corpus, top=5)
    accepted = {"松烟派的"}
    found = discover_words(corpus, top=5, accepted=accepted)
    assert found.words == [*few.words, "松烟派的"]
    known = discover_words(corpus, known=few.words, new_only=True, accepted=few.words[:1])
    assert few.words[0] in known.words
    assert few.words[1] not in known.words


def test_without_a_corpus() -> None:
    counts = count_ngrams(Corpus([NOVEL]), order=5)
    found = discover_words(
        None, method="entropy", counts=counts, accepted={"松烟派的", "沈渡秋把刀鞘", "，"}
    )
    assert "松烟派的" in found.words
    assert "，" not in found.words


def test_accepted_are_folded_as_the_corpus() -> None:
    corpus = Corpus.from_texts(["用ＡＢＣ技术，学ABC技术。"] * 30, fold=["nfkc"])
    found = discover_words(corpus, accepted={"ＡＢＣ技术"}, rejected={"技术"})
    assert "ABC技术" in found.words
    assert "技术" not in found.words


def test_a_word_cannot_be_both() -> None:
    with pytest.raises(NlptoolsError, match="accepted and rejected: 甲乙"):
        discover_words(Corpus.from_texts(["甲乙"]), accepted=["甲乙"], rejected=["甲乙", "丙"])


def test_words_stand_as_they_are_mostly_written() -> None:
    """Counts and marks are those of the folded text; ties of the score by the form that is printed."""
    texts = ["用ＡＢＣ技术，学ABC技术，ABC技术。", "买Ｔ恤，T恤，卖Ｔ恤。"] * 30
    corpus = Corpus.from_texts(texts, fold=["nfkc", "lower"])
    found = discover_words(corpus, method="entropy", min_entropy=0, min_pmi=[0], known={"t恤"})
    rows = {row.word: row for row in found}
    assert {"ABC技术", "Ｔ恤"} <= set(rows)
    assert (rows["ABC技术"].count, rows["Ｔ恤"].count) == (90, 90)
    assert [word for word, row in rows.items() if row.known] == ["Ｔ恤"]
    assert found.words == found.sorted().words
    once = Corpus.from_texts(iter(texts), fold=["nfkc", "lower"])
    folded = discover_words(once, method="entropy", min_entropy=0, min_pmi=[0])
    assert sorted(fold_text(word, corpus.fold) for word in rows) == sorted(folded.words)
    assert "t恤" in folded.words
