"""PMI, branching entropy, accessor variety: worked numbers, symmetries, and the twins in oracles."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.spool import Spool
from nlptools.ngrams import scores
from nlptools.ngrams.alphabet import Alphabet
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import Level, NgramCounts, Settings, load_counts
from nlptools.ngrams.scores import (
    Frequent,
    Sides,
    all_sides,
    cohesion,
    each_side,
    frequent_ngrams,
    pmi,
    side_parts,
    sides,
)
from nlptools.text.corpus import Corpus

CLAUSE = st.lists(st.sampled_from("天地玄𠮷A，"), max_size=40).map("".join)
TEXTS = st.lists(CLAUSE, max_size=4)
HAN_TEXTS = st.lists(st.text(st.sampled_from("天地玄𠮷，"), max_size=40), max_size=4)
LEAST = st.integers(1, 4)

WORN = "吃葡萄不吐葡萄皮不吃葡萄倒吐葡萄皮"


def count(texts: Sequence[str], order: int = 5) -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, workers=1)


def ngrams_of(frequent: Frequent, order: int) -> list[tuple[str, ...]]:
    rows = frequent.levels[order - 1].rows
    if not len(rows):
        return []
    names = ["", *frequent.counts.alphabet.symbols]
    columns = frequent.counts.symbols_of(order, rows)
    return list(zip(*([names[i] for i in column.tolist()] for column in columns), strict=True))


def one(frequent: Frequent, values: np.ndarray, word: str) -> float:
    """The value of one word (of Han) among those of its order."""
    return float(values[ngrams_of(frequent, len(word)).index(tuple(word))])


# --- worked numbers --------------------------------------------------------------------------

# T = 1000, C(甲) = 50, C(乙) = 40, C(丙) = 40, C(甲乙) = 20, C(乙丙) = 18, C(甲乙丙) = 16.
WORKED = [
    *(["甲乙丙"] * 16 + ["甲乙"] * 4 + ["乙丙"] * 2),
    *(["甲"] * 30 + ["乙"] * 18 + ["丙"] * 22 + ["丁"] * 870),
]


def check_worked(frequent: Frequent) -> None:
    assert frequent.counts.total == 1000
    pairs = pmi(frequent, 2)
    # 1000 * 20 / (50 * 40) = 10; 1000 * 18 / (40 * 40) = 11.25
    assert one(frequent, pairs, "甲乙") == pytest.approx(2.3026, abs=5e-5)
    assert one(frequent, pairs, "甲乙") == pytest.approx(math.log(10), rel=1e-14)
    assert one(frequent, pairs, "乙丙") == pytest.approx(math.log(11.25), rel=1e-14)
    # 甲|乙丙: 1000 * 16 / (50 * 18) = 17.78; 甲乙|丙: 1000 * 16 / (20 * 40) = 20; the least counts
    assert one(frequent, pmi(frequent, 3), "甲乙丙") == pytest.approx(math.log(160 / 9), rel=1e-14)
    assert one(frequent, pmi(frequent, 3), "甲乙丙") == pytest.approx(2.878, abs=5e-4)
    assert one(frequent, cohesion(frequent, 3, 1000), "甲乙丙") == pytest.approx(160 / 9, rel=1e-14)
    # The ratio with another total, as 4256 has it.
    assert one(frequent, cohesion(frequent, 2, 500), "甲乙") == 5


def test_pmi_worked() -> None:
    check_worked(frequent_ngrams(count(WORKED), 10))


def test_pmi_of_counts_made_by_hand() -> None:
    # 丁 丙 乙 甲 in code point order, then the rows below each: 乙丙, 甲乙 (丁 and 丙 go on nowhere).
    levels = (
        Level(np.array([1, 2, 3, 4]), np.array([870, 40, 40, 50]), np.array([0, 0, 0, 1, 2])),
        Level(np.array([2, 3]), np.array([18, 20]), np.array([0, 0, 1])),
        Level(np.array([2]), np.array([16]), None),
    )
    alphabet = Alphabet(("丁", "丙", "乙", "甲"))
    check_worked(frequent_ngrams(NgramCounts(Settings(3), alphabet, levels), 16))


def test_pmi_of_a_single_symbol_is_infinite() -> None:
    assert pmi(frequent_ngrams(count(["天地"]), 1), 1).tolist() == [math.inf, math.inf]


def test_entropy_worked() -> None:
    # 葡萄 four times. Left 吃 2, 吐 2: ln 2. Right 不 1, 皮 2, 倒 1: 1.5 ln 2.
    frequent = frequent_ngrams(count([WORN]), 1)
    found = sides(frequent, 2)
    assert one(frequent, found.left_entropy, "葡萄") == pytest.approx(0.6931, abs=5e-5)
    assert one(frequent, found.right_entropy, "葡萄") == pytest.approx(1.0397, abs=5e-5)
    assert one(frequent, found.left_variety, "葡萄") == 2
    assert one(frequent, found.right_variety, "葡萄") == 3


def test_entropy_at_breaks() -> None:
    # 葡萄 three times: left 吃, 吃, nothing; right nothing three times. Nothing is never twice the same.
    frequent = frequent_ngrams(count(["吃葡萄", "吃葡萄，葡萄"]), 1)
    found = sides(frequent, 2)
    left = -(2 / 3) * math.log(2 / 3) - (1 / 3) * math.log(1 / 3)
    assert one(frequent, found.left_entropy, "葡萄") == pytest.approx(left, rel=1e-14)
    assert one(frequent, found.right_entropy, "葡萄") == pytest.approx(math.log(3), rel=1e-14)
    assert one(frequent, found.left_variety, "葡萄") == 2
    assert one(frequent, found.right_variety, "葡萄") == 3


# --- the twins -------------------------------------------------------------------------------


def check_all(texts: Sequence[str], frequent: Frequent) -> None:
    """Everything about all frequent n-grams against the oracles."""
    order = len(frequent.levels)
    expected = oracles.count_ngrams(texts, order)
    for n, side in enumerate([*all_sides(frequent, order - 1), None], 1):
        level = frequent.levels[n - 1]
        ngrams = ngrams_of(frequent, n)
        often = {w for w, c in expected.items() if len(w) == n and c >= frequent.min_count}
        assert set(ngrams) == often
        assert len(ngrams) == len(often)
        assert level.counts.tolist() == [expected[w] for w in ngrams]
        assert pmi(frequent, n).tolist() == pytest.approx(
            [oracles.pmi(expected, w) for w in ngrams], rel=1e-12, abs=1e-12
        )
        if n > 1:
            above = ngrams_of(frequent, n - 1)
            assert [above[i] for i in level.parents.tolist()] == [w[:-1] for w in ngrams]
            assert [above[i] for i in level.suffixes.tolist()] == [w[1:] for w in ngrams]
        if side is not None:
            check_sides(texts, side, ngrams)


def check_sides(texts: Sequence[str], side: Sides, ngrams: list[tuple[str, ...]]) -> None:
    entropies = oracles.branching_entropy(texts, ngrams)
    varieties = oracles.accessor_variety(texts, ngrams)
    for i, (entropy, variety) in enumerate(
        [(side.left_entropy, side.left_variety), (side.right_entropy, side.right_variety)]
    ):
        expected = [entropies[w][i] for w in ngrams]
        assert entropy.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert (entropy >= 0).all()
        assert variety.tolist() == [varieties[w][i] for w in ngrams]


@settings(max_examples=150, deadline=None)
@given(TEXTS, LEAST, st.integers(2, 6), st.sampled_from([1, 3, 1 << 19]))
@example([], 1, 3, 1)
@example(["天"], 1, 5, 1)
@example(["天天天天天天"], 1, 5, 2)
def test_scores_are_those_of_the_oracles(
    texts: list[str], least: int, order: int, piece: int
) -> None:
    with mock.patch.object(scores, "_SLICE", piece):
        check_all(texts, frequent_ngrams(count(texts, order), least))


def test_scores_of_counts_on_the_disk(tmp_path: Path) -> None:
    texts = ["天地玄黄，天地玄A天地" * 3, WORN * 2]
    count(texts).save(tmp_path / "a")
    for mapped in (True, False):
        with mock.patch.object(scores, "_SLICE", 4):
            check_all(texts, frequent_ngrams(load_counts(tmp_path / "a", mapped=mapped), 2))


@settings(max_examples=80, deadline=None)
@given(HAN_TEXTS, LEAST)
def test_reversing_the_corpus_swaps_left_and_right(texts: list[str], least: int) -> None:
    forward = frequent_ngrams(count(texts, 4), least)
    backward = frequent_ngrams(count([text[::-1] for text in texts], 4), least)
    for n in (1, 2, 3):
        place = {word[::-1]: i for i, word in enumerate(ngrams_of(backward, n))}
        there = np.array([place[word] for word in ngrams_of(forward, n)], np.int64)
        one_way, other_way = sides(forward, n), sides(backward, n)
        assert len(there) == len(place)
        for here, mirrored in (
            (one_way.left_entropy, other_way.right_entropy),
            (one_way.right_entropy, other_way.left_entropy),
            (one_way.left_variety, other_way.right_variety),
            (one_way.right_variety, other_way.left_variety),
            (pmi(forward, n), pmi(backward, n)),
        ):
            assert here.tolist() == pytest.approx(mirrored[there].tolist(), rel=1e-12, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(2, 4))
def test_scores_do_not_depend_on_the_minimum_count(texts: list[str], least: int) -> None:
    """Marginals and neighbours are counted exactly, whatever is left out."""
    counts = count(texts, 4)
    every, some = frequent_ngrams(counts, 1), frequent_ngrams(counts, least)
    for n in (1, 2, 3):
        kept = np.flatnonzero(every.levels[n - 1].counts >= least)
        assert np.array_equal(every.levels[n - 1].rows[kept], some.levels[n - 1].rows)
        assert np.array_equal(pmi(every, n)[kept], pmi(some, n))
        whole, part = sides(every, n), sides(some, n)
        for name in ("left_entropy", "right_entropy", "left_variety", "right_variety"):
            assert np.array_equal(getattr(whole, name)[kept], getattr(part, name))


@settings(max_examples=120, deadline=None)
@given(TEXTS, LEAST, st.randoms(), st.sampled_from([0.1, 0.5]), st.sampled_from([1, 3, 1 << 19]))
def test_sides_of_some_ngrams_only(
    texts: list[str], least: int, rng: random.Random, share: float, piece: int
) -> None:
    frequent = frequent_ngrams(count(texts, 5), least)
    wanted = [
        np.array([rng.random() < share for _ in range(len(level))], bool)
        for level in frequent.levels[:4]
    ]
    before = [mask.copy() for mask in wanted]
    with mock.patch.object(scores, "_SLICE", piece):
        some = all_sides(frequent, 4, wanted)
    for part, whole, mask, mask_before in zip(
        some, all_sides(frequent, 4), wanted, before, strict=True
    ):
        assert np.array_equal(mask, mask_before)
        for name in ("left_entropy", "right_entropy", "left_variety", "right_variety"):
            ours, theirs = getattr(part, name)[mask], getattr(whole, name)[mask]
            assert ours.tolist() == pytest.approx(theirs.tolist(), rel=1e-12, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(TEXTS, LEAST)
def test_lookup(texts: list[str], least: int) -> None:
    frequent = frequent_ngrams(count(texts, 3), least)
    for n in (2, 3):
        parents = ngrams_of(frequent, n - 1)
        names = frequent.counts.alphabet.symbols
        pairs = [(i, j) for i in range(len(parents)) for j in range(1, len(names) + 1)][::-1]
        queries = np.array(pairs, np.int64).reshape(-1, 2)
        found = frequent.lookup(n, queries[:, 0], queries[:, 1])
        place = {word: i for i, word in enumerate(ngrams_of(frequent, n))}
        assert found.tolist() == [place.get((*parents[i], names[j - 1]), -1) for i, j in pairs]


# --- arguments -------------------------------------------------------------------------------


def test_fewer_orders() -> None:
    frequent = frequent_ngrams(count(["天地玄黄"]), 1, 2)
    assert [len(level) for level in frequent.levels] == [4, 3]
    assert len(all_sides(frequent, 2)) == 2


def test_wrong_arguments() -> None:
    counts = count(["天地玄黄"], 3)
    with pytest.raises(ValueError, match="min_count must be at least 1, not 0"):
        frequent_ngrams(counts, 0)
    frequent = frequent_ngrams(counts, 1)
    for longest in (3, 4):
        with pytest.raises(ValueError, match=f"need counts of order {longest + 1}; counted were 3"):
            all_sides(frequent, longest)
    with pytest.raises(ValueError, match="need counts of order 4; counted were 3"):
        sides(frequent, 3)


@given(TEXTS, LEAST)
def test_neighbours_by_way_of_a_file(texts: list[str], least: int) -> None:
    frequent = frequent_ngrams(count(texts), least)
    with mock.patch.object(scores, "_SLICE", 2):
        filed = list(each_side(frequent, 4, spool=lambda: Spool(0, None)))
    for one, other in zip(filed, all_sides(frequent, 4), strict=True):
        assert all(np.array_equal(vars(one)[name], vars(other)[name]) for name in vars(one))


@given(TEXTS, LEAST, st.integers(1, 9))
def test_neighbours_part_by_part(texts: list[str], least: int, most: int) -> None:
    frequent = frequent_ngrams(count(texts), least)
    parts: list[list[Sides]] = [[], [], [], []]
    for n, part, found in side_parts(frequent, 4, most=most):
        assert len(found.left_entropy) == part.stop - part.start <= most
        parts[n - 1].append(found)
    for some, whole in zip(parts, all_sides(frequent, 4), strict=True):
        for name, values in vars(whole).items():
            assert np.array_equal(np.concatenate([vars(one)[name] for one in some]), values)


@given(HAN_TEXTS, st.integers(0, 9), st.integers(0, 9))
def test_pmi_of_a_part(texts: list[str], first: int, last: int) -> None:
    frequent = frequent_ngrams(count(texts), 1)
    for order in range(1, 5):
        part = slice(first, last)
        assert np.array_equal(pmi(frequent, order, part), pmi(frequent, order)[part])
