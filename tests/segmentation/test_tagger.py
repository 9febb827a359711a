"""Segmenting by a language model: the article's bars, and a twin that tries every segmentation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import NlptoolsError
from nlptools.lattice.paths import OVERLAP, PIECE
from nlptools.lm.model import LanguageModel
from nlptools.lm.smoothing import SMOOTHINGS, train_lm
from nlptools.ngrams.count import count_ngrams
from nlptools.segmentation.stream import segment_corpus
from nlptools.segmentation.tagger import (
    ARTICLE_WEIGHTS,
    DEFAULT_WEIGHTS,
    TagCutter,
    default_weights,
)
from nlptools.text.corpus import Corpus

HAN = "天地玄𠮷"
UNKNOWN = "黄"
SPECIAL = ("<unk>", "<s>", "</s>")
Ids = tuple[int, ...]


class Backoff:
    """A back-off model as its definition has it; n-grams and contexts are tuples of texts.

    probs: log10 of the probability of the last one after the others, of all single ones at least.
    """

    def __init__(
        self,
        order: int,
        vocabulary: Sequence[str],
        probs: Mapping[tuple[str, ...], float],
        backoffs: Mapping[tuple[str, ...], float] | None = None,
    ) -> None:
        self.order, self.vocabulary = order, tuple(vocabulary)
        self.probs, self.backoffs = probs, backoffs or {}
        self.asked: list[tuple[list[int], int | None]] = []

    def log_prob(self, ngram: tuple[str, ...]) -> float:
        if ngram in self.probs:
            return self.probs[ngram]
        return self.backoffs.get(ngram[:-1], 0.0) + self.log_prob(ngram[1:])

    def conditionals(self, ids: np.ndarray, longest: int | None = None) -> list[np.ndarray]:
        assert ids.dtype == np.int64
        self.asked.append((ids.tolist(), longest))
        texts = [self.vocabulary[i] for i in ids.tolist()]
        return [
            np.array(
                [self.log_prob(tuple(texts[max(0, i - k + 1) : i + 1])) for i in range(len(texts))],
                np.float32,
            )
            for k in range(1, (longest or self.order) + 1)
        ]


def logs(probs: Mapping[str, float]) -> dict[tuple[str, ...], float]:
    """Of n-grams of single characters, _ being <unk>."""
    return {
        tuple("<unk>" if c == "_" else c for c in ngram): math.log10(p)
        for ngram, p in probs.items()
    }


def model_of(order: int, probs: Mapping[str, float], extra: Sequence[str] = ()) -> Backoff:
    """The vocabulary is that of the single characters."""
    singles = [ngram for ngram in probs if len(ngram) == 1 and ngram != "_"]
    return Backoff(order, [*SPECIAL, *extra, *singles], logs({"_": 1e-9} | dict(probs)))


def cut(cutter: TagCutter, text: str) -> str:
    words = cutter.segment(text)
    assert "".join(words) == text
    return " ".join(words)


# --- the weights of the article ------------------------------------------------------------------


def test_weights_of_every_order() -> None:
    assert ARTICLE_WEIGHTS == (0.15, 0.01, 0.01, 0.001)
    assert DEFAULT_WEIGHTS == (0.17, 0.005, 0.003, 0.001)
    assert default_weights(2) == (0.17, 0.005)
    assert default_weights(4) == DEFAULT_WEIGHTS
    assert default_weights(6) == (*DEFAULT_WEIGHTS, 0.001, 0.001)


def article_weights(order: int) -> tuple[float, ...]:
    """Those of the article for a model of any order: without what it has no tag for, or the last one again."""
    known = (0.15, 0.01, 0.01) if order > 3 else (0.15, 0.01)
    return known + (0.001,) * (order - len(known))


LINE = "甲乙丙丁戊己庚"


@pytest.mark.parametrize("order", range(2, 7))
@pytest.mark.parametrize("length", range(2, 8))
def test_a_symbol_joins_above_its_bar(order: int, length: int) -> None:
    """It does iff P(x | those before it) / P(x) > 1 / weight: 6.67 for the second symbol, then 100, then 1000.

    All probabilities are 1e-4. Those before it in the word follow upon each other with a
    probability of 1, whose logarithm of 0 is no error.
    """
    bars = {2: 1 / 0.15, 3: 100, 4: 1000 if order == 3 else 100}
    bar = bars.get(length, 1000) if order > 2 or length == 2 else 100
    for factor, joined in ((0.99, False), (1.01, True)):
        probs: dict[str, float] = dict.fromkeys(LINE, 1e-4)
        for i in range(1, length):
            # The longest context that the model has, and no shorter one.
            ngram = LINE[max(0, i - order + 1) : i + 1]
            probs[ngram] = 1.0 if i + 1 < length else 1e-4 * bar * factor
        cutter = TagCutter(model_of(order, probs), weights=article_weights(order))
        word = LINE[:length]
        assert cut(cutter, word) == (word if joined else f"{word[:-1]} {word[-1]}")
        # The same in the middle of a run.
        expected = f"庚 {word}" if joined else f"庚 {word[:-1]} {word[-1]}"
        assert cut(cutter, f"庚{word}庚庚") == f"{expected} 庚 庚"


def test_worked_by_hand() -> None:
    # 甲乙: .5 * .15 against .01 is 7.5 times as good; then 丙 .9 * .01 (9e-3) against .1 as a word and against
    # 乙丙: .01 * .15 * .2 (3e-4) with 甲 alone, where 甲乙 and 丙 have .5 * .15 * .1 (7.5e-3).
    probs = {"甲": 0.01, "乙": 0.01, "丙": 0.1, "甲乙": 0.5, "乙丙": 0.2, "甲乙丙": 0.9}
    weights = article_weights(3)
    assert cut(TagCutter(model_of(3, probs), weights=weights), "甲乙丙") == "甲乙 丙"
    # 丙 rarer than 9e-3 joins.
    rarer = model_of(3, probs | {"丙": 0.008})
    assert cut(TagCutter(rarer, weights=weights), "甲乙丙，甲乙") == "甲乙丙 ， 甲乙"
    # The weights are what keeps words apart.
    assert cut(TagCutter(model_of(3, probs), weights=(1, 1, 1)), "甲乙丙") == "甲乙丙"
    assert cut(TagCutter(model_of(3, probs), weights=(0.001, 1, 1)), "甲乙丙") == "甲 乙 丙"


def test_equal_scores_make_short_words() -> None:
    # .001 * .1 is .0001, so a pair is as good as two words.
    probs = {"甲": 0.001, "乙": 0.0001, "甲乙": 0.001, "乙甲": 0.01}
    assert cut(TagCutter(model_of(2, probs), weights=(0.1, 0.1)), "甲乙甲乙") == "甲 乙 甲 乙"
    # 甲乙|甲 and 甲|乙甲 are both ten times as good: the last word is the shorter one.
    better = probs | {"甲乙": 0.01, "乙甲": 0.1}
    cutter = TagCutter(model_of(2, better), weights=(0.1, 0.01))
    assert cut(cutter, "甲乙甲") == "甲乙 甲"


# --- against all segmentations -------------------------------------------------------------------


def words_by_twin(model: Backoff, weights: Sequence[float], text: str) -> list[str]:
    """By the definition, for a text of Han characters and commas."""
    known = [c if c in model.vocabulary else "<unk>" for c in text]
    found: list[str] = []
    for at, run in _runs(text):

        def score(a: int, b: int, at: int = at) -> float:
            word = known[at + a : at + b]
            total = 0.0
            for i in range(len(word)):
                first = max(0, i - len(weights) + 1)
                total += model.log_prob(tuple(word[first : i + 1]))
                if i:
                    total += math.log10(weights[min(i, len(weights)) - 1])
            return total

        words = oracles.best_segmentation(len(run), len(run), score) if run != "，" else [(0, 1)]
        found += [run[a:b] for a, b in words]
    return found


def _runs(text: str) -> list[tuple[int, str]]:
    """Runs of Han characters, each comma one of its own, and where they begin."""
    starts = [i for i, c in enumerate(text) if not i or "，" in text[i - 1 : i + 1]]
    return [(a, text[a:b]) for a, b in itertools.pairwise([*starts, len(text)])]


@st.composite
def models(draw: st.DrawFn) -> Backoff:
    """Logarithms are whole numbers, so that sums are exact and many of them equal."""
    order = draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    probs: dict[tuple[str, ...], float] = {}
    backoffs: dict[tuple[str, ...], float] = {}
    symbols = ["<unk>", *HAN]
    for n in range(1, order + 1):
        for ngram in itertools.product(symbols, repeat=n):
            if n == 1 or rng.random() < 0.3:
                low = -6 if n == 1 else -2
                probs[ngram] = float(rng.integers(low, low + 3)) if rng.random() < 0.9 else -99.0
            if n < order and rng.random() < 0.3:
                backoffs[ngram] = float(rng.integers(-1, 2))
    return Backoff(order, [*SPECIAL, *HAN], probs, backoffs)


RUN = st.text(st.sampled_from(HAN + UNKNOWN), min_size=1, max_size=7)
RUNS = st.lists(RUN, max_size=4).map("，".join)


@settings(max_examples=150, deadline=None)
@given(models(), RUNS, st.lists(st.integers(-2, 0), min_size=5, max_size=5), st.integers(2, 5))
def test_the_best_of_all_segmentations(
    model: Backoff, text: str, logarithms: list[int], tags: int
) -> None:
    weights = [10.0**w for w in logarithms[: min(tags, model.order)]]
    assert TagCutter(model, weights=weights).segment(text) == words_by_twin(model, weights, text)


@settings(deadline=None)
@given(models(), RUNS)
@example(
    Backoff(2, [*SPECIAL, *HAN], logs(dict.fromkeys("_" + HAN, 1e-05) | {"天地": 0.5})), "天地"
)
def test_default_weights_are_used(model: Backoff, text: str) -> None:
    weights = default_weights(model.order)
    cutter = TagCutter(model)
    assert cutter.segment(text) == TagCutter(model, weights=weights).segment(text)
    # Sums are not exact now.
    assert _total(model, cutter.segment(text)) == pytest.approx(
        _total(model, words_by_twin(model, weights, text)), abs=1e-3
    )


def _total(model: Backoff, words: Sequence[str]) -> float:
    weights = default_weights(model.order)
    total = 0.0
    for word in words:
        if word != "，":
            known = [c if c in model.vocabulary else "<unk>" for c in word]
            for i in range(len(known)):
                total += model.log_prob(tuple(known[max(0, i - model.order + 1) : i + 1]))
                total += math.log10(weights[min(i, model.order) - 1]) if i else 0.0
    return total


def random_model(seed: int, order: int = 4) -> Backoff:
    rng = np.random.default_rng(seed)
    probs = {("<unk>",): -6.0} | {(c,): float(rng.uniform(-5, -3)) for c in HAN}
    for n in range(2, order + 1):
        for ngram in itertools.product(HAN, repeat=n):
            if rng.random() < 0.3:
                probs[ngram] = float(rng.uniform(-3, 0))
    return Backoff(order, [*SPECIAL, *HAN], probs)


@pytest.mark.parametrize("length", [PIECE + OVERLAP, 3 * PIECE + OVERLAP + 5])
def test_a_long_run(length: int) -> None:
    """Against the same recursion, symbol by symbol."""
    model = random_model(5)
    text = "".join(np.random.default_rng(7).choice(list(HAN), length).tolist())
    weights = [math.log10(w) for w in ARTICLE_WEIGHTS]
    emissions = [column.tolist() for column in model.conditionals(np.array(_ids(model, text)))]
    # The best with each tag: its score, and the ends before it.
    states: list[tuple[float, list[int]]] = [(emissions[0][0], [])]
    for i in range(1, length):
        best = max(states)
        after = [(best[0] + emissions[0][i], [*best[1], i])]
        for k in range(1, min(i + 1, 4)):
            ways = [(states[k - 1][0] + weights[k - 1], states[k - 1][1])]
            if k == 3 and len(states) == 4:
                ways.append((states[3][0] + weights[3], states[3][1]))
            score, ends = max(ways)
            after.append((score + emissions[k][i], ends))
        states = after
    expected = [text[a:b] for a, b in itertools.pairwise([0, *max(states)[1], length])]
    assert max(map(len, expected)) > 4
    assert TagCutter(model, weights=ARTICLE_WEIGHTS).segment(text) == expected


def _ids(model: Backoff, text: str) -> list[int]:
    return [model.vocabulary.index(c) for c in text]


# --- what the model is asked ---------------------------------------------------------------------


def test_ids_of_the_model() -> None:
    """Everything but the Han characters of the vocabulary is <unk>."""
    probs = dict.fromkeys("乙甲𠮷A", 1e-4)
    model = model_of(3, probs, extra=["5G", "甲乙"])
    assert model.vocabulary == (*SPECIAL, "5G", "甲乙", "乙", "甲", "𠮷", "A")
    cutter = TagCutter(model)
    assert list(cutter.symbols) == ["乙", "甲", "𠮷"]
    assert not cutter.has_runs
    assert cut(cutter, "甲，乙丙A𠮷5G甲乙\U00020000") == "甲 ， 乙 丙 A 𠮷 5G 甲 乙 \U00020000"
    assert model.asked == [([6, 0, 5, 0, 0, 7, 0, 0, 6, 5, 0], 3)]


@pytest.mark.parametrize("order", range(2, 7))
def test_no_longer_context_than_there_are_weights(order: int) -> None:
    # Whatever goes on for four symbols, goes on; with pairs alone it does not begin.
    probs = {"甲": 1e-4, "甲甲": 1e-4} | {"甲" * n: 1.0 for n in range(3, order + 1)}
    model = model_of(order, probs)
    for tags in range(2, order + 1):
        cutter = TagCutter(model, weights=[1] * tags)
        words = cut(cutter, "甲甲甲甲甲，甲")
        assert words == ("甲 甲 甲 甲 甲 ， 甲" if tags == 2 else "甲甲甲甲甲 ， 甲")
    assert [longest for _, longest in model.asked] == list(range(2, order + 1))


def test_a_context_ends_where_the_run_does() -> None:
    """乙 is certain after <unk>, which is what a break is to the model, and after 甲."""
    probs = {
        "甲": 1e-4,
        "乙": 1e-4,
        "甲乙": 1.0,
        "_乙": 1.0,
        "甲_乙": 1.0,
        "甲__": 1.0,
        "甲__乙": 1.0,
    }
    cutter = TagCutter(model_of(4, probs), weights=[1, 1, 1, 1])
    assert cut(cutter, "甲，乙") == "甲 ， 乙"
    assert cut(cutter, "甲。，乙甲乙，乙") == "甲 。 ， 乙 甲乙 ， 乙"
    assert cut(cutter, "乙") == "乙"
    # An unknown character is <unk>, too, and stands in a word.
    assert cut(cutter, "甲，黄乙") == "甲 ， 黄乙"


def test_unknown_characters_stand_alone_where_the_model_has_nothing_of_them() -> None:
    cutter = TagCutter(model_of(2, {"甲": 1e-4, "乙": 1e-4, "甲乙": 1.0}))
    assert cut(cutter, "黄黄甲乙黄甲乙") == "黄 黄 甲乙 黄 甲乙"


def test_a_weight_of_nothing_forbids() -> None:
    probs = {"甲": 1e-4} | {"甲" * n: 1.0 for n in (2, 3)}
    lengths = {(1, 1, 1): [7], (1, 1, 0): [3, 3, 1], (1, 0, 1): [2, 2, 2, 1], (0, 1, 1): [1] * 7}
    for weights, expected in lengths.items():
        found = TagCutter(model_of(3, probs), weights=weights).segment("甲" * 7)
        assert sorted(map(len, found), reverse=True) == expected


# --- models of the package -----------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", [2, 4])
def test_a_trained_model(smoothing: str, order: int) -> None:
    """As a twin that has its numbers."""
    rng = np.random.default_rng(11)
    words = ["葡萄", "葡萄皮", "倒", "吃", "不", "吐", "天地玄黄", "5G", "宇宙"]
    lines = ["".join(rng.choice(words, 20).tolist()) + "，" for _ in range(300)]
    counts = count_ngrams(Corpus.from_texts(lines), order=order, sentences="line")
    trie = train_lm(counts, smoothing=smoothing)
    probs: dict[tuple[str, ...], float] = {}
    backoffs: dict[tuple[str, ...], float] = {}
    for n, level in enumerate(trie.levels, 1):
        if not len(level):
            continue
        columns = trie.symbols_of(n, np.arange(len(level)))
        ngrams = [
            tuple(trie.vocabulary[i] for i in row) for row in np.stack(columns, axis=1).tolist()
        ]
        probs |= zip(ngrams, level.log_probs[:].tolist(), strict=True)
        if level.backoffs is not None:
            backoffs |= zip(ngrams, level.backoffs[:].tolist(), strict=True)
    twin = TagCutter(Backoff(order, trie.vocabulary, probs, backoffs))
    text = "".join(lines[:40]) + "龘吃葡萄龘"
    found = TagCutter(LanguageModel.from_trie(trie)).segment(text)
    assert found == twin.segment(text)
    assert sum(len(token) > 1 for token in found) > 100
    assert sum(len(token) == 1 for token in found) > 100


# --- errors --------------------------------------------------------------------------------------


def test_models_that_cannot_segment() -> None:
    with pytest.raises(NlptoolsError, match="order 2 or more, this one has order 1") as caught:
        TagCutter(model_of(1, {"甲": 0.1}))
    assert caught.value.hint == "train one of order 4"
    with pytest.raises(NlptoolsError, match="no Han characters") as caught:
        TagCutter(model_of(2, {"a": 0.1}, extra=["甲乙"]))
    assert caught.value.hint == "train one on text in Chinese"


@pytest.mark.parametrize("weights", [[], [0.1], [0.1] * 4])
def test_too_few_or_too_many_weights(weights: list[float]) -> None:
    with pytest.raises(ValueError, match=f"from 2 to 3 for a model of order 3, not {len(weights)}"):
        TagCutter(model_of(3, {"甲": 0.1}), weights=weights)


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf])
def test_weights_that_are_none(bad: float) -> None:
    with pytest.raises(ValueError, match="a weight is below 0"):
        TagCutter(model_of(3, {"甲": 0.1}), weights=[0.1, bad, 0.1])


# --- texts ---------------------------------------------------------------------------------------

MIXED = st.text(
    st.sampled_from("天地玄𠮷黄Ab5.%，。… \n\u3000😀\u0301\ud800"), min_size=1, max_size=60
)


@settings(deadline=None)
@given(MIXED, st.integers(0, 99))
def test_words_give_back_the_text(text: str, seed: int) -> None:
    assert "".join(TagCutter(random_model(seed)).segment(text)) == text


@pytest.mark.parametrize("text", ["", "，", "abc 5G", "\n"])
def test_nothing_to_cut(text: str) -> None:
    assert "".join(TagCutter(random_model(0)).segment(text)) == text
    assert TagCutter(random_model(0)).cut(np.zeros(0, np.uint16)).tolist() == []


@settings(deadline=None)
@given(
    st.lists(st.text(st.sampled_from("天地玄𠮷黄，a"), min_size=1, max_size=40), max_size=12),
    st.integers(0, 99),
    st.integers(1, 60),
)
def test_what_else_is_in_the_text_changes_nothing(texts: list[str], seed: int, size: int) -> None:
    cutter = TagCutter(random_model(seed))
    alone = [cutter.segment(text) for text in texts]
    whole = "".join(text + "\n" for text in texts)
    assert cutter.segment(whole) == [token for tokens in alone for token in [*tokens, "\n"]]
    # Nor does the size of the blocks, nor what goes on beside it.
    corpus = Corpus.from_texts(texts, block_size=size)
    lines = "".join(segment_corpus(corpus, cutter, separator="|", workers=2))
    assert lines == "\n".join("|".join(tokens) for tokens in alone)
