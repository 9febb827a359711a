"""Terms of several words: which there are and their numbers, against twins that look at every place."""

from __future__ import annotations

import functools
import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import oracles
import pytest
from cutcorpora import TEXTS, WEIGHTS, Case, Run, Word, make, zipf_case
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.resources import ordered_map
from nlptools.discovery.occurrences import MOST_TEXTS
from nlptools.discovery.terms import (
    FUNCTION_SHARE,
    LONGEST_TERM,
    MOST_WORDS,
    SHORTEST_TERM,
    Terms,
    find_terms,
    propose_terms,
)
from nlptools.wordmodel import expected_counts as tally
from nlptools.wordmodel.expected_counts import SHARDS, WordLookup


def find(case: Case, min_count: int, run: Run = map, most: int = MOST_TEXTS) -> Terms:
    proposed = propose_terms(case.sample, case.model, case.shares, min_count, run)
    return find_terms(case.cut_corpus(run, most), proposed, min_count, run)[0]


def rows(found: Terms, case: Case) -> dict[Word, dict[str, float]]:
    """Text -> its numbers."""
    named = {}
    for i, spelling in enumerate(found.spelling.tolist()):
        word = tuple(case.sample.texts[symbol - 1] for symbol in spelling if symbol)
        assert word not in named
        named[word] = {
            name: getattr(found, name)[i].item()
            for name in Terms.__dataclass_fields__
            if name != "spelling"
        }
    return named


# --- by hand ---------------------------------------------------------------------------------


def test_worked() -> None:
    # Symbols 0-5, 6-12, 13-19, 20-21, 22-23; T = 24, c(全国) = 4, the others 3.
    texts = ["全国代表大会", "开全国代表大会", "全国代表大会了", "代表", "全国"]
    case = make(texts, {"全国": -2, "代表": -2.1, "大会": -2.2}, {})
    assert case.cut("开全国代表大会") == [("开",), ("全", "国"), ("代", "表"), ("大", "会")]
    found = rows(find(case, 3), case)
    assert found == {
        tuple("全国代表大会"): {
            "counts": 3,
            "expected": 3,
            "pmi": pytest.approx(math.log(6)),  # 全国|代表大会: 24 * 3 / (4 * 3); the other 8
            "left_entropy": pytest.approx(math.log(3)),  # 开 and two breaks
            "right_entropy": pytest.approx(math.log(3)),
            "shards": 3,  # its ends are 5, 12, 18 of 24: tenths 2, 5, 7
        }
    }
    assert len(find(case, 4).counts) == 0
    # A character that is mostly a word of its own is no part of a term, a word of two is.
    longer = make(
        [text + "了" for text in texts],
        case_words := {"全国": -2.0, "代表": -2.1, "大会": -2.2},
        {},
    )
    assert tuple("全国代表大会了") in rows(find(longer, 3), longer)
    kept = make([text + "了" for text in texts], case_words, {"了": FUNCTION_SHARE})
    assert list(rows(find(kept, 3), kept)) == [tuple("全国代表大会")]


def test_letters_are_symbols() -> None:
    texts = ["用K8s集群网络，", "K8s集群网络", "的K8s集群网络"]
    case = make(texts, {"K8s集群": -2, "网络": -2}, {})
    assert list(rows(find(case, 2), case)) == [("K8s", "集", "群", "网", "络")]


def test_an_end_inside_a_word() -> None:
    """expected: occurrences whose ends are ends of words, unlike in 全国代表大会场."""
    texts = ["全国代表大会"] * 3 + ["全国代表大会场", "全国代表大会，"]
    words = {"全国": -2.0, "代表": -2.0, "大会": -2.0, "会场": -1.0}
    case = make(texts, words, {})
    assert case.cut("大会场") == [("大",), ("会", "场")]
    found = rows(find(case, 2), case)[tuple("全国代表大会")]
    assert (found["counts"], found["expected"]) == (5, 4)


def test_a_term_behind_the_first_symbol() -> None:
    """It begins with a word only where one ends before it, also at the beginning of the corpus."""
    texts = ["开全国代表大会", *["全国代表大会"] * 3]
    case = make(texts, {"开全": -0.5, "全国": -2.0, "代表": -2.0, "大会": -2.0}, {})
    assert case.cut("开全国代表大会")[0] == ("开", "全")
    found = rows(find(case, 2), case)[tuple("全国代表大会")]
    assert (found["counts"], found["expected"]) == (4, 3)


def test_most_of_the_text_is_one_term() -> None:
    """天 40 times: 35 times six, which split into 39 twos and 37 fours."""
    case = make(["天" * 40], {"天天": -1.0}, {})
    found = rows(find(case, 2), case)[tuple("天" * 6)]
    assert found["counts"] == 35
    assert found["pmi"] == pytest.approx(math.log(40 * 35 / (39 * 37)))


def test_equal_runs_count_once_in_the_sample_alone() -> None:
    """What repeats is learnt from once; its numbers are those of the corpus all the same."""
    texts = ["全国代表大会"] * 8 + ["开全国代表大会"]
    words = {"全国": -2.0, "代表": -2.0, "大会": -2.0}
    case = make(texts, words, {}, once=True)
    assert len(case.sample) == 13
    found = rows(find(case, 4), case)
    assert found[tuple("全国代表大会")]["counts"] == 9
    assert len(find(case, 10).counts) == 0


@pytest.mark.parametrize("texts", [["天"], ["天地玄黄"], ["天，地"], ["天地玄黄宇宙洪荒"]])
def test_nothing(texts: list[str]) -> None:
    case = make(texts, {"天地": -1}, {})
    assert len(find(case, 2).counts) == 0


# --- against twins ---------------------------------------------------------------------------


def candidates(case: Case, min_count: int) -> dict[Word, list[list[int]]]:
    """Text -> where its words end; several such lists where several are as frequent."""
    least = max(2, round(min_count * len(case.sample) / max(case.sample.symbols, 1)))
    counts: Counter[tuple[Word, ...]] = Counter()
    for run in case.runs():
        words = case.cut(run)
        for i in range(len(words)):
            for j in range(i + 2, min(len(words), i + MOST_WORDS) + 1):
                counts[tuple(words[i:j])] += 1
    found: dict[Word, dict[tuple[Word, ...], int]] = {}
    for words, count in counts.items():
        text = tuple(symbol for word in words for symbol in word)
        listed = all(len(w) > 1 or case.alone.get(w[0], 0) < FUNCTION_SHARE for w in words)
        if count >= least and listed and SHORTEST_TERM <= len(text) <= LONGEST_TERM:
            found.setdefault(text, {})[words] = count
    return {
        text: [
            np.cumsum([len(word) for word in words])[:-1].tolist()
            for words, count in ways.items()
            if count == max(ways.values())
        ]
        for text, ways in found.items()
    }


def check(case: Case, min_count: int, found: Terms) -> int:
    wanted = {
        word: splits
        for word, splits in candidates(case, min_count).items()
        if case.counts[word] >= min_count
    }
    named = rows(found, case)
    assert set(named) == set(wanted)
    total = case.sample.symbols
    runs = case.runs()
    cuts = [case.cut(run) for run in runs]
    texts = ["，".join("".join(run) for run in runs)]
    entropies = oracles.branching_entropy(texts, wanted)
    for word, ways in wanted.items():
        row = named[word]
        counts = case.counts[word]
        assert row["counts"] == counts
        expected, places, before = 0, set(), 0
        for run, words in zip(runs, cuts, strict=True):
            ends = {0, *np.cumsum([len(w) for w in words]).tolist()}
            for i in range(len(run) - len(word) + 1):
                j = i + len(word)
                if tuple(run[i:j]) == word:
                    expected += i in ends and j in ends
                    places.add(min((before + j - 1) * SHARDS // total, SHARDS - 1))
            before += len(run)
        assert (row["expected"], row["shards"]) == (expected, len(places))
        ratios = [
            min(total * counts / (case.counts[word[:k]] * case.counts[word[k:]]) for k in splits)
            for splits in ways
        ]
        pmi = row["pmi"]
        assert any(math.isclose(pmi, math.log(r), rel_tol=1e-9, abs_tol=1e-9) for r in ratios)
        sides = (row["left_entropy"], row["right_entropy"])
        assert sides == pytest.approx(entropies[word], abs=1e-9)
    return len(wanted)


@settings(max_examples=150, deadline=None)
@given(
    TEXTS,
    st.sets(st.sampled_from(sorted(WEIGHTS))),
    st.sets(st.sampled_from(["了", "的", "开", "K8s"])),
    st.integers(1, 4),
)
@example(["全国代表大会"] * 3 + ["全国代表大会了"] * 3, set(WEIGHTS), {"了"}, 2)
def test_terms_of_random_texts(
    texts: list[str], words: set[str], often_alone: set[str], min_count: int
) -> None:
    case = make(texts, {w: WEIGHTS[w] for w in words}, dict.fromkeys(often_alone, 0.9))
    check(case, min_count, find(case, min_count))


def test_terms_by_zipf() -> None:
    case = zipf_case()
    assert check(case, 3, find(case, 3)) > 10


@pytest.mark.parametrize(("workers", "most"), [(1, MOST_TEXTS), (3, 40), (1, 1)])
def test_pieces_threads_and_parts_do_not_matter(workers: int, most: int) -> None:
    case = zipf_case()
    whole = find(case, 2)
    with ThreadPoolExecutor(workers) as pool, mock.patch.object(tally, "_PIECE", 100):
        pieces = find(case, 2, functools.partial(ordered_map, pool, workers), most)
    for name in Terms.__dataclass_fields__:
        assert np.array_equal(getattr(pieces, name), getattr(whole, name)), name


# --- words in symbol ids ---------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sets(st.sampled_from(sorted(WEIGHTS))))
def test_tokens(texts: list[str], words: set[str]) -> None:
    """Numbers from 1 in the order of the spelling, then symbols; 0 for breaks."""
    case = make(texts, {w: WEIGHTS[w] for w in words}, {})
    finder = WordLookup(case.model)
    assert finder.number == len(case.model.spelling) + 1
    known = [tuple(case.sample.texts[s - 1] for s in row if s) for row in finder.spelling.tolist()]
    numbers = finder.tokens(case.sample.ids)
    assert numbers.dtype == np.uint32
    named: list[Word] = [
        ()
        if number == 0
        else known[number - 1]
        if number < finder.number
        else (case.sample.texts[number - finder.number - 1],)
        for number in numbers.tolist()
    ]
    expected: list[Word] = [()]
    for run in case.runs():
        expected += [*case.cut(run), ()]
    assert named == expected
    ends = finder.ends(case.sample.ids)
    lengths = [max(len(word), 1) for word in named]
    assert (np.flatnonzero(ends) + 1).tolist() == np.cumsum(lengths).tolist()
