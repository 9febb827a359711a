"""The reference segmenters: worked numbers, and twins that try every segmentation."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import NlptoolsError
from nlptools.lattice.paths import OVERLAP, PIECE
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts, load_counts
from nlptools.segmentation.baselines import BranchingCutter, PmiCutter
from nlptools.segmentation.segmenter import Segmenter, dictionary_weights
from nlptools.segmentation.tokens import Cutter
from nlptools.text.corpus import Corpus

HAN = "天地玄𠮷"
CLAUSE = st.lists(st.sampled_from(HAN + "，"), max_size=40).map("".join)
TEXTS = st.lists(CLAUSE, max_size=4)
RUN = st.text(st.sampled_from(HAN + "黄"), min_size=1, max_size=9)  # 黄 stands in no text
MIXED = st.text(
    st.sampled_from("天地玄𠮷黄Ab5.%，。… \n\u3000😀\u0301\ud800"), min_size=1, max_size=60
)

WORN = "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮"


def count(texts: Sequence[str], order: int = 5, latin: str = "break") -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, latin=latin, workers=1)


def cut(cutter: Cutter, text: str) -> str:
    words = cutter.segment(text)
    assert "".join(words) == text
    return " ".join(words)


def segmentations(run: str, longest: int) -> Iterator[list[str]]:
    """All of them."""
    if not run:
        yield []
    for k in range(1, min(longest, len(run)) + 1):
        yield from ([run[:k], *rest] for rest in segmentations(run[k:], longest))


# --- cutting at weak pairs ---------------------------------------------------------------------


def test_pmi_worked() -> None:
    # T = 17, c(葡) = c(萄) = 4, c(葡萄) = 4, c(倒) = 1, all others 2. T c(ab) / (c(a) c(b)):
    # 葡萄 68/16, 吃葡 吐葡 萄皮 34/8, 不吐 不吃 17/4, 萄倒 17/4 are all 4.25 (1.447 nats);
    # 萄不 17/8 (0.754 nats); 倒吐 17/2 (2.140 nats).
    counts = count([WORN])
    assert counts.total == 17
    assert cut(PmiCutter(counts, min_pmi=0.75), WORN) == "吃葡萄不吐葡萄皮 ， 不吃葡萄倒吐葡萄皮"
    assert cut(PmiCutter(counts, min_pmi=0.76), WORN) == "吃葡萄 不吐葡萄皮 ， 不吃葡萄倒吐葡萄皮"
    assert (
        cut(PmiCutter(counts, min_pmi=1.45), WORN)
        == "吃 葡 萄 不 吐 葡 萄 皮 ， 不 吃 葡 萄 倒吐 葡 萄 皮"
    )
    assert cut(PmiCutter(counts), "倒吐") == "倒 吐"  # 2.14 is below 2.5
    # 不吐 不吃 萄倒 倒吐 occur once.
    assert (
        cut(PmiCutter(counts, min_pmi=1, min_count=2), WORN)
        == "吃葡萄 不 吐葡萄皮 ， 不 吃葡萄 倒 吐葡萄皮"
    )


def test_pmi_is_glued_at_the_bar() -> None:
    # 4 * 2 / (2 * 2) = 2
    counts = count(["甲乙，甲乙"])
    assert cut(PmiCutter(counts, min_pmi=math.log(2)), "甲乙甲") == "甲乙 甲"
    assert cut(PmiCutter(counts, min_pmi=math.log(2) + 1e-9), "甲乙甲") == "甲 乙 甲"


def test_pmi_of_unknown_symbols_and_pairs() -> None:
    cutter = PmiCutter(count(["甲乙，甲乙"]), min_pmi=-9)
    assert cut(cutter, "丙甲乙丙丙") == "丙 甲乙 丙 丙"
    assert cut(cutter, "乙甲乙乙") == "乙 甲乙 乙"  # 乙甲, 乙乙 never occur
    assert cut(cutter, "甲，乙\U00020000甲乙") == "甲 ， 乙 \U00020000 甲乙"


@given(TEXTS, RUN, st.sampled_from([-0.6, 0.1, 0.4, 0.9, 1.3]), st.integers(1, 3))
def test_pmi_is_that_of_the_twin(texts: list[str], run: str, bar: float, least: int) -> None:
    counted = oracles.count_ngrams(texts, 2)
    words = [run[0]]
    for pair in itertools.pairwise(run):
        if counted[pair] >= least and oracles.pmi(counted, pair) >= bar:
            words[-1] += pair[1]
        else:
            words.append(pair[1])
    cutter = PmiCutter(count(texts, 2), min_pmi=bar, min_count=least)
    assert cutter.segment(run) == words


# --- variation of branching entropy ------------------------------------------------------------

# h_r: 甲 0 (乙 follows three times), 乙 ln 3 (three breaks), 丙 0, 丁 0, 甲乙 ln 3, 丙甲 0.
# h_l: 甲 ln 3 (two breaks, 丙), 乙 0, 丙 0, 丁 0, 甲乙 ln 3, 丙甲 0.
# d of length 1, either side: ln 3 once and 0 three times; mean ln 3 / 4, deviation ln 3 * sqrt(3) / 4, so
# sqrt(3) once and -1 / sqrt(3) three times. Both sides: 甲, 乙 2 / sqrt(3); 丙, 丁 -2 / sqrt(3).
# d_r of length 2: 甲乙 ln 3 - h_r(甲) = ln 3, 丙甲 0; d_l: 甲乙 ln 3 - h_l(乙) = ln 3, 丙甲 0 - h_l(甲) = -ln 3.
# Of two values one is 1 deviation above the mean, one below. Both sides: 甲乙 2, 丙甲 -2.
WORKED = ["甲乙", "甲乙", "丙甲乙", "丁"]


def test_branching_worked() -> None:
    cutter = BranchingCutter(count(WORKED), max_length=2)
    assert cut(cutter, "甲乙") == "甲乙"  # 2 * 2 against 2 * 2 / sqrt(3)
    assert cut(cutter, "丙甲乙") == "丙 甲乙"
    assert cut(cutter, "丙甲") == "丙 甲"  # 2 * -2 against 0
    root = 2 / math.sqrt(3)
    single, pair = (values.tolist() for values in cutter._scores)
    # A break, the symbols in code point order 丁 丙 乙 甲, an unknown one.
    assert single[1:] == pytest.approx([-root, -root, root, root, -root], rel=1e-6)
    assert pair == pytest.approx([-4, 4, -math.inf], rel=1e-6)  # 丙甲, 甲乙, none


def test_branching_unknown_symbols_and_ngrams() -> None:
    cutter = BranchingCutter(count(WORKED), max_length=2)
    assert cut(cutter, "戊甲乙己己") == "戊 甲乙 己 己"
    assert cut(cutter, "乙甲乙甲") == "乙 甲乙 甲"  # 乙甲 never occurs
    assert cut(cutter, "甲，乙\U00020000甲乙。") == "甲 ， 乙 \U00020000 甲乙 。"
    nothing = BranchingCutter(count([""]))
    assert cut(nothing, "甲乙，丙") == "甲 乙 ， 丙"


def test_branching_of_equal_values_is_no_rounding() -> None:
    # Every pair has the same entropies: 0 deviations, and of equal sums the shorter words are taken.
    assert cut(BranchingCutter(count(["甲乙", "丙丁"]), max_length=2), "甲乙丙丁") == "甲 乙 丙 丁"


def standardised(values: Mapping[str, float]) -> dict[str, float]:
    mean, deviation = statistics.fmean(values.values()), statistics.pstdev(values.values())
    return {
        w: (value - mean) / deviation if deviation > 1e-9 else 0.0 for w, value in values.items()
    }


def autonomies(texts: Sequence[str], longest: int) -> dict[str, float]:
    """a(w) * |w| of every n-gram, n <= longest."""
    ngrams = oracles.count_ngrams(texts, longest)
    sides = oracles.branching_entropy(texts, ngrams)
    sides[()] = (0.0, 0.0)
    result: dict[str, float] = {}
    for n in range(1, longest + 1):
        here = ["".join(ngram) for ngram in ngrams if len(ngram) == n]
        if here:
            left = {w: sides[tuple(w)][0] - sides[tuple(w[1:])][0] for w in here}
            right = {w: sides[tuple(w)][1] - sides[tuple(w[:-1])][1] for w in here}
            left, right = standardised(left), standardised(right)
            result |= {w: (left[w] + right[w]) * n for w in here}
    return result


def total_of(scores: Mapping[str, float]) -> Callable[[Sequence[str]], float]:
    """The sum of a segmentation by the twin's scores."""
    worst = min((score for word, score in scores.items() if len(word) == 1), default=0.0)
    return lambda words: math.fsum(
        scores.get(word, worst if len(word) == 1 else -math.inf) for word in words
    )


@settings(deadline=None)
@given(TEXTS, RUN, st.integers(1, 4))
@example(["天地玄天地玄，地玄𠮷，天地𠮷"], "天地玄𠮷黄地玄", 3)
def test_branching_takes_the_best_of_all_segmentations(
    texts: list[str], run: str, longest: int
) -> None:
    total = total_of(autonomies(texts, longest))
    found = BranchingCutter(count(texts), max_length=longest).segment(run)
    best = max(map(total, segmentations(run, longest)))
    assert total(found) == pytest.approx(best, abs=1e-4)
    assert max(map(len, found)) <= longest


def test_branching_of_a_long_run() -> None:
    generator = np.random.default_rng(7)
    text = "".join(generator.choice(list("吃葡萄不吐皮倒"), 3 * PIECE + OVERLAP).tolist())
    total = total_of(autonomies([text], 3))
    best = [0.0]
    for i in range(1, len(text) + 1):
        best.append(max(best[i - k] + total([text[i - k : i]]) for k in range(1, min(3, i) + 1)))
    found = BranchingCutter(count([text]), max_length=3).segment(text)
    assert "".join(found) == text
    assert total(found) == pytest.approx(best[-1], rel=1e-5)


# --- both --------------------------------------------------------------------------------------

METHODS = [PmiCutter, BranchingCutter]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("latin", ["run", "char", "break"])
@given(MIXED)
def test_words_give_back_the_text(
    method: Callable[[NgramCounts], Cutter], latin: str, text: str
) -> None:
    texts = ["天地玄黄A股，Ab5天地，5天。天地玄𠮷"]
    assert "".join(method(count(texts, latin=latin)).segment(text)) == text


@pytest.mark.parametrize("method", METHODS)
def test_empty_text(method: Callable[[NgramCounts], Cutter]) -> None:
    assert method(count([WORN])).segment("") == []


@pytest.mark.parametrize("method", METHODS)
@given(TEXTS, st.integers(1, 30), st.sampled_from(["run", "break"]))
def test_block_size_changes_nothing(
    method: Callable[[NgramCounts], Cutter], texts: list[str], size: int, latin: str
) -> None:
    text = "，".join(["天黄", *texts])
    small = count_ngrams(Corpus.from_texts(texts, block_size=size), latin=latin, workers=1)
    whole = count_ngrams(Corpus.from_texts(texts), latin=latin, workers=1)
    assert method(small).segment(text) == method(whole).segment(text)


@pytest.mark.parametrize("method", METHODS)
def test_counts_from_a_file(method: Callable[[NgramCounts], Cutter], tmp_path: Path) -> None:
    counts = count([WORN] * 3)
    counts.save(tmp_path / "worn.counts")
    loaded = load_counts(tmp_path / "worn.counts")
    assert method(loaded).segment(WORN) == method(counts).segment(WORN)


def test_runs_of_letters_stick_where_they_were_counted() -> None:
    texts = ["5G网，5G网，网，路，好好好好"]
    # T = 10, c(5G网) = c(5G) = 2, c(网) = 3, c(网路) = 0: 10 * 2 / (2 * 3) = 3.3
    counts = count(texts, latin="run")
    assert cut(PmiCutter(counts, min_pmi=1), "用5G网4G网") == "用 5G网 4G 网"
    assert cut(PmiCutter(count(texts), min_pmi=1), "用5G网4G网") == "用 5G 网 4G 网"


def test_too_low_an_order() -> None:
    with pytest.raises(NlptoolsError, match=r"needs counts of order 2, .* go up to 1") as caught:
        PmiCutter(count([WORN], 1))
    assert caught.value.hint == "make them with nlptools count --order 2"
    with pytest.raises(NlptoolsError, match=r"needs counts of order 5, .* go up to 4") as caught:
        BranchingCutter(count([WORN], 4))
    assert caught.value.hint == "make them with nlptools count --order 5"
    BranchingCutter(count([WORN], 4), max_length=3)
    with pytest.raises(ValueError, match="max_length must be at least 1, not 0"):
        BranchingCutter(count([WORN]), max_length=0)


# --- dictionary --------------------------------------------------------------------------------


def test_dictionary_worked() -> None:
    words, weights = dictionary_weights({"葡萄": 3, "葡萄皮": 0, "皮": 1})
    assert words == ["葡萄", "皮"]
    assert weights.tolist() == pytest.approx([math.log(3 / 4), math.log(1 / 4)])
    # 甲乙|丙 1/3 * 1/3 (丙 counts 1), 甲|乙丙 1/3 * 2/3
    assert cut(Segmenter.from_counts({"甲乙": 1, "乙丙": 2}), "甲乙丙") == "甲 乙丙"
    # 100 of 1000: .1 against 30/1000 * 30/1000
    words_counted = {"甲乙": 100, "甲": 30, "乙": 30, "丙": 840}
    assert cut(Segmenter.from_counts(words_counted), "甲乙，甲丙乙丁") == "甲乙 ， 甲 丙 乙 丁"
    assert cut(Segmenter(*dictionary_weights(words_counted)), "甲乙丙") == "甲乙 丙"


def test_dictionary_of_shares() -> None:
    # An unknown symbol weighs as the rarest word, not as a count of 1, which would be everything.
    assert cut(Segmenter.from_counts({"甲乙": 0.2, "丙": 0.8}), "甲乙丙") == "甲乙 丙"


def test_dictionary_without_words() -> None:
    nothing: dict[str, int] = {}
    for words in (nothing, {"甲乙": 0}):
        assert cut(Segmenter.from_counts(words), "甲乙，丙") == "甲 乙 ， 丙"


@pytest.mark.parametrize("number", [-1, math.nan, math.inf])
def test_dictionary_with_a_count_that_is_none(number: float) -> None:
    with pytest.raises(ValueError, match="count of a word"):
        dictionary_weights({"甲": 1, "乙": number})


@given(
    st.dictionaries(st.text(st.sampled_from(HAN), min_size=1, max_size=4), st.integers(0, 9)), RUN
)
def test_dictionary_takes_the_most_probable(words: dict[str, int], run: str) -> None:
    total = sum(words.values()) or 1

    def probability(found: Sequence[str]) -> Fraction:
        return math.prod(
            Fraction(words.get(word, 0) or int(len(word) == 1), total) for word in found
        )

    found = Segmenter.from_counts(words).segment(run)
    best = max(map(probability, segmentations(run, 4)))
    assert float(probability(found) / best) == pytest.approx(1, rel=1e-4)
