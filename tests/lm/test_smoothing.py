"""Training of language models: the textbook's numbers, those of lmplz, and probabilities that sum to 1."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import END, START, UNKNOWN, Ngram

from nlptools.base.storage import FileColumn
from nlptools.errors import NlptoolsError, ResourceError
from nlptools.lm import partition as exchange
from nlptools.lm import smoothing, suffixes
from nlptools.lm.smoothing import (
    FALLBACK_DISCOUNTS,
    KNESER_NEY,
    MAXIMUM_LIKELIHOOD,
    PRUNE_ML,
    SMOOTHINGS,
    WITTEN_BELL,
    train_lm,
)
from nlptools.lm.trie import LOG_ZERO, MAX_MODEL_ORDER, NgramModel
from nlptools.ngrams import counts as counts_module
from nlptools.ngrams.count import count_ngrams, count_sentences
from nlptools.ngrams.counts import NgramCounts
from nlptools.text.corpus import Corpus

LINES = st.lists(
    st.lists(st.sampled_from("天天天地地玄a，𠮷"), max_size=9).map("".join), min_size=1, max_size=30
).filter(any)
ORDERS = st.integers(1, MAX_MODEL_ORDER)
PRUNED = st.lists(st.sampled_from([0, 0, 1, 2]), min_size=1, max_size=3).map(sorted)


def count(texts: Sequence[str], order: int, latin: str = "char", mode: str = "line") -> NgramCounts:
    corpus = Corpus.from_texts(texts)
    return count_ngrams(corpus, order=order, latin=latin, sentences=mode, workers=1)


def appearance_of(known: Sequence[Ngram] | dict[Ngram, int]) -> list[str]:
    """The symbols in the order of the corpus, in which an oracle counts."""
    return [ngram[0] for ngram in known if len(ngram) == 1]


def as_dicts(model: NgramModel) -> tuple[dict[Ngram, float], dict[Ngram, float]]:
    """(log10 of the probability, log10 of the back-off) of every n-gram."""
    log_probs: dict[Ngram, float] = {}
    backoffs: dict[Ngram, float] = {}
    for n, level in enumerate(model.levels, 1):
        assert (level.children is None) == (level.backoffs is None) == (n == model.order)
        if not len(level):
            continue
        columns = model.symbols_of(n, np.arange(len(level)))
        assert np.array_equal(np.lexsort(columns[::-1]), np.arange(len(level))), "not sorted"
        names = ([model.vocabulary[i] for i in column.tolist()] for column in columns)
        ngrams = list(zip(*names, strict=True))
        assert len(set(ngrams)) == len(ngrams) == len(level.log_probs)
        log_probs.update(zip(ngrams, level.log_probs[:].tolist(), strict=True))
        if level.backoffs is not None:
            backoffs.update(zip(ngrams, level.backoffs[:].tolist(), strict=True))
    return log_probs, backoffs


def power(log: float) -> float:
    """10 ** log; 0 for what says 0."""
    return 0.0 if log == LOG_ZERO else 10.0**log


def check_equal(model: NgramModel, twin: oracles.BackoffModel) -> None:
    log_probs, backoffs = as_dicts(model)
    assert log_probs.keys() == twin.ngrams
    for ngram, log in log_probs.items():
        if ngram == (START,):
            assert log == 0
        else:
            expected = twin.prob(ngram[-1], ngram[:-1])
            assert power(log) == pytest.approx(expected, rel=3e-6, abs=1e-12)
            assert (log == LOG_ZERO) == (expected == 0)
    for ngram, log in backoffs.items():
        assert power(log) == pytest.approx(twin.backoff(ngram), rel=1e-6, abs=1e-9)


# --- by hand ---------------------------------------------------------------------------------


def test_maximum_likelihood_by_hand() -> None:
    # <s> 天 地 </s> twice, <s> 天 </s> once. 8 symbols that follow another: 天 3, 地 2, </s> 3.
    model = train_lm(count(["天地", "天地", "天"], 2), smoothing=MAXIMUM_LIKELIHOOD, prune=[0])
    assert model.vocabulary == (UNKNOWN, "地", "天", END, START)
    log_probs, backoffs = as_dicts(model)
    expected = {
        (UNKNOWN,): 0,
        ("地",): 2 / 8,
        ("天",): 3 / 8,
        (END,): 3 / 8,
        (START,): 1,
        (START, "天"): 1,
        ("天", "地"): 2 / 3,
        ("天", END): 1 / 3,
        ("地", END): 1,
    }
    assert {ngram: power(log) for ngram, log in log_probs.items()} == pytest.approx(expected)
    # Nothing is left to unseen symbols, but what ends a sentence is no context.
    assert backoffs == {
        (UNKNOWN,): 0,
        ("地",): LOG_ZERO,
        ("天",): LOG_ZERO,
        (END,): 0,
        (START,): LOG_ZERO,
    }


def test_witten_bell_by_hand() -> None:
    # The same text. Order 1: 8 symbols, 3 different: b = 3 / 11, shared by <unk> 地 天 </s>: 3 / 44 each.
    model = train_lm(count(["天地", "天地", "天"], 2), smoothing=WITTEN_BELL)
    log_probs, backoffs = as_dicts(model)
    unknown = 3 / 44
    single = {"地": 2 / 11 + unknown, "天": 3 / 11 + unknown, END: 3 / 11 + unknown}
    expected = {
        (UNKNOWN,): unknown,
        **{(symbol,): prob for symbol, prob in single.items()},
        (START,): 1,
        # After <s>: 天 three times, one kind: 3 / 4 and 1 / 4 of the order below.
        (START, "天"): 3 / 4 + single["天"] / 4,
        # After 天: 地 twice, </s> once, two kinds: b = 2 / 5. After 地: </s> twice: b = 1 / 3.
        ("天", "地"): 2 / 5 + 2 / 5 * single["地"],
        ("天", END): 1 / 5 + 2 / 5 * single[END],
        ("地", END): 2 / 3 + single[END] / 3,
    }
    assert {ngram: power(log) for ngram, log in log_probs.items()} == pytest.approx(expected)
    backs = {(UNKNOWN,): 1, ("地",): 1 / 3, ("天",): 2 / 5, (END,): 1, (START,): 1 / 4}
    assert {ngram: power(log) for ngram, log in backoffs.items()} == pytest.approx(backs)


def test_pruned_witten_bell_by_hand() -> None:
    # 天 </s> occurs once and is left out: it gives its 1 to the order below, b = (2 + 1) / 5.
    model = train_lm(count(["天地", "天地", "天"], 2), smoothing=WITTEN_BELL, prune=[0, 1])
    log_probs, backoffs = as_dicts(model)
    assert log_probs.keys() == {
        *((symbol,) for symbol in (UNKNOWN, "地", "天", END, START)),
        *((START, "天"), ("天", "地"), ("地", END)),
    }
    assert power(backoffs[("天",)]) == pytest.approx(3 / 5)
    assert power(log_probs[("天", "地")]) == pytest.approx(2 / 5 + 3 / 5 * (2 / 11 + 3 / 44))


# Twelve lines, as `lmplz -o 3 --discount_fallback` of KenLM has them, a space between two characters.
LMPLZ_TEXT = [
    *["有山", "鸟", "有水", "有在鱼", "有山", "山"],
    *["有在鱼", "鸟", "有在鱼", "鸟", "山", "有山"],
]
# n-gram: (log10 of the probability, of the back-off), then the same with --prune 0 0 1, and --prune 0 1 1.
LMPLZ: dict[str, tuple[tuple[float, float] | None, ...]] = {
    "<unk>": ((-1.3802114, 0.0), (-1.3802114, 0.0), (-1.3802114, 0.0)),
    "<s>": ((0.0, -0.2867896), (0.0, -0.2867896), (0.0, -0.2867896)),
    "</s>": ((-0.42596874, 0.0), (-0.42596874, 0.0), (-0.42596874, 0.0)),
    "在": ((-1.1428504, -0.22184873), (-1.1428504, -0.22184873), (-1.1428504, -0.22184873)),
    "山": ((-0.65075195, -1.0000001), (-0.65075195, -1.0000001), (-0.65075195, -1.0000001)),
    "有": ((-1.1428504, -0.22184873), (-1.1428504, -0.22184873), (-1.1428504, -0.13469857)),
    "水": ((-1.1428504, -0.22184873), (-1.1428504, -0.22184873), (-1.1428504, 0.0)),
    "鱼": ((-1.1428504, -0.22184873), (-1.1428504, -0.22184873), (-1.1428504, -0.22184873)),
    "鸟": ((-1.1428504, -0.22184873), (-1.1428504, -0.22184873), (-1.1428504, -0.22184873)),
    "<s> 山": ((-0.5759892, -0.30103), (-0.5759892, -0.30103), (-0.5759892, -0.30103)),
    "<s> 有": ((-0.4311911, -0.30103), (-0.4311911, -0.24303803), (-0.4311911, -0.24303803)),
    "<s> 鸟": ((-1.4296399, -0.30103), (-1.4296399, -0.30103), (-1.4296399, -0.30103)),
    "在 鱼": ((-0.3534181, -0.30103), (-0.3534181, -0.30103), (-0.3534181, -0.30103)),
    "山 </s>": ((-0.028028725, 0.0), (-0.028028725, 0.0), (-0.028028725, 0.0)),
    "有 在": ((-0.75321805, -0.30103), (-0.75321805, -0.30103), (-0.7302277, -0.30103)),
    "有 山": ((-0.57279927, -0.30103), (-0.57279927, -0.30103), (-0.52691877, -0.30103)),
    "有 水": ((-0.75321805, -0.30103), (-0.75321805, 0.0), None),
    "水 </s>": ((-0.20412, 0.0), (-0.20412, 0.0), None),
    "鱼 </s>": ((-0.20412, 0.0), (-0.20412, 0.0), (-0.20412, 0.0)),
    "鸟 </s>": ((-0.20412, 0.0), (-0.20412, 0.0), (-0.20412, 0.0)),
    "<s> 山 </s>": ((-0.013788285, 0.0), (-0.013788285, 0.0), (-0.013788285, 0.0)),
    "<s> 有 在": ((-0.5192125, 0.0), (-0.5014806, 0.0), (-0.49398917, 0.0)),
    "<s> 有 山": ((-0.45842344, 0.0), (-0.43521613, 0.0), (-0.4155252, 0.0)),
    "<s> 有 水": ((-0.7967328, 0.0), None, None),
    "<s> 鸟 </s>": ((-0.090176634, 0.0), (-0.090176634, 0.0), (-0.090176634, 0.0)),
    "在 鱼 </s>": ((-0.090176634, 0.0), (-0.090176634, 0.0), (-0.090176634, 0.0)),
    "有 在 鱼": ((-0.14170897, 0.0), (-0.14170897, 0.0), (-0.14170897, 0.0)),
    "有 山 </s>": ((-0.013788285, 0.0), (-0.013788285, 0.0), (-0.013788285, 0.0)),
    "有 水 </s>": ((-0.090176634, 0.0), None, None),
}


@pytest.mark.parametrize(("column", "prune"), [(0, [0]), (1, [0, 0, 1]), (2, [0, 1])])
def test_the_numbers_of_lmplz(column: int, prune: list[int]) -> None:
    corpus = Corpus.from_texts(LMPLZ_TEXT)
    counts, appearance = count_sentences(corpus, order=3, workers=1)
    model = train_lm(counts, prune=prune, appearance=appearance)
    log_probs, backoffs = as_dicts(model)
    expected = {
        tuple(name.split(" ")): values[column]
        for name, values in LMPLZ.items()
        if values[column] is not None
    }
    assert log_probs.keys() == expected.keys()
    for ngram, numbers in expected.items():
        assert numbers is not None
        assert log_probs[ngram] == pytest.approx(numbers[0], abs=5e-7)
        assert backoffs.get(ngram, 0) == pytest.approx(numbers[1], abs=5e-7)
    # Numbers of contexts: 有 鸟 水 在 鱼 1, 山 2 (<s>, 有), </s> 4 (山 鸟 水 鱼). But lmplz takes the last one,
    # 鱼, as often as it occurs, 3 times: n = 4, 1, 1, 1, y = 4 / (4 + 2 * 1) = 2 / 3, and so
    # 1 - 2 y 1 / 4 = 2 / 3, 2 - 3 y 1 / 1 = 0, 3 - 4 y 1 / 1 = 1 / 3.
    # Order 2: <s> 有 7, <s> 鸟 3 and <s> 山 2 as often as they occur; 山 </s> 2; 有 山, 有 在, 有 水, 水 </s>, 鱼 </s>
    # and 鸟 </s> 1; and 在 鱼, the last one, 3 instead of 1: n = 6, 2, 2, 0, y = 6 / (6 + 2 * 2) = 3 / 5, and so
    # 1 - 2 y 2 / 6 = 3 / 5, 2 - 3 y 2 / 2 = 1 / 5, 3 - 4 y 0 / 2 = 3.
    assert model.settings["discounts"][0] == pytest.approx([2 / 3, 0, 1 / 3])
    assert model.settings["discounts"][1] == pytest.approx([3 / 5, 1 / 5, 3])
    assert model.settings["discounts"][2] == list(FALLBACK_DISCOUNTS)
    assert model.settings["fallback"] == [3]


def test_without_the_order_of_the_corpus_every_ngram_counts_its_contexts() -> None:
    # As above, with 鱼 1: n = 5, 1, 0: no discounts.
    model = train_lm(count(LMPLZ_TEXT, 3))
    assert model.settings["fallback"] == [1, 3]


# --- the oracle's numbers --------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(LINES, ORDERS, st.sampled_from([KNESER_NEY, *SMOOTHINGS]), PRUNED, st.booleans())
@example(["天"], 6, KNESER_NEY, [0], True)
@example(
    ["山", "山", "有鱼", "山", "河", "河"], 4, KNESER_NEY, [0], True
)  # the last ends with <s> 河
@example(["天地玄天地玄天地", "地玄", "天天天天", "地", "玄"] * 3, 3, KNESER_NEY, [0, 0, 2], True)
def test_models_are_those_of_the_oracle(
    lines: list[str], order: int, how: str, prune: list[int], ordered: bool
) -> None:
    prune = prune[:order]
    known = oracles.count_sentences(lines, order, "line", "char")
    appearance = appearance_of(known) if ordered else []
    twin = oracles.BackoffModel(known, order, how, prune, appearance)
    model = train_lm(count(lines, order), smoothing=how, prune=prune, appearance=appearance)
    check_equal(model, twin)
    assert model.order == order
    assert model.vocabulary[0] == UNKNOWN
    assert {START, *twin.vocabulary} == set(model.vocabulary)
    settings = {"latin": "char", "sentences": "line", "fold": [], "smoothing": how}
    settings["prune"] = [*prune, *[prune[-1]] * (order - len(prune))]
    if how == KNESER_NEY:
        settings["fallback"] = twin.fallback_orders
        discounts = model.settings["discounts"]
        assert np.allclose(discounts, [own[1:] for own in twin.discounts], atol=1e-7)
        settings["discounts"] = discounts
    assert model.settings == settings


def test_the_oracle_is_not_asked_about_fallbacks_alone() -> None:
    """The corpus of the example above has discounts of its own in some orders, and not in all."""
    lines = ["天地玄天地玄天地", "地玄", "天天天天", "地", "玄"] * 3
    fallback = train_lm(count(lines, 3)).settings["fallback"]
    assert 0 < len(fallback) < 3


@pytest.mark.parametrize(
    ("how", "mode", "latin"),
    [
        (KNESER_NEY, "line", "char"),
        (KNESER_NEY, "clause", "run"),
        (KNESER_NEY, "line", "run"),
        (WITTEN_BELL, "clause", "char"),
        (MAXIMUM_LIKELIHOOD, "line", "break"),
    ],
)
def test_larger_text(how: str, mode: str, latin: str) -> None:
    """All discounts are estimated, n-grams occur more than four times, symbols have several letters."""
    lines = sample(400, seed=5)
    known = oracles.count_sentences(lines, 3, mode, latin)
    appearance = appearance_of(known)
    corpus = Corpus.from_texts(lines)
    counts, found = count_sentences(corpus, order=3, latin=latin, sentences=mode, workers=1)
    assert found == appearance
    prune = PRUNE_ML if how == MAXIMUM_LIKELIHOOD else [0]  # what is meant by None
    twin = oracles.BackoffModel(known, 3, how, prune, appearance)
    model = train_lm(counts, smoothing=how, appearance=found)
    assert how != KNESER_NEY or model.settings["fallback"] == []
    assert (how != KNESER_NEY) == ("discounts" not in model.settings)
    check_equal(model, twin)


def sample(size: int, seed: int) -> list[str]:
    """Lines in which some symbols are frequent and many rare, with runs, marks and spaces."""
    rng = np.random.default_rng(seed)
    symbols = ["天", "地", "玄", "，", "ab ", "𠮷", "5G", " ", *map(chr, range(0x4E00, 0x4E40))]
    lengths = rng.integers(0, 12, size)
    return ["".join(symbols[i - 1] for i in np.minimum(rng.zipf(1.5, n), 60)) for n in lengths]


@settings(max_examples=40, deadline=None)
@given(LINES, ORDERS, st.sampled_from([KNESER_NEY, WITTEN_BELL]), PRUNED, st.data())
def test_probabilities_sum_to_1(
    lines: list[str], order: int, how: str, prune: list[int], data: st.DataObject
) -> None:
    model = train_lm(count(lines, order), smoothing=how, prune=prune[:order])
    log_probs, backoffs = as_dicts(model)
    symbols = [symbol for symbol in model.vocabulary if symbol != START]
    within = [symbol for symbol in model.vocabulary if symbol != END]
    contexts = [(), *(ngram for ngram in backoffs)]
    for _ in range(4):
        context: Ngram = data.draw(
            st.sampled_from(contexts)
            | st.lists(st.sampled_from(within), max_size=order - 1).map(tuple)
        )
        probs = [
            10 ** oracles.backed_off(log_probs, backoffs, (*context, symbol)) for symbol in symbols
        ]
        assert math.fsum(probs) == pytest.approx(1, abs=2e-6)


@settings(max_examples=25, deadline=None)
@given(LINES, ORDERS, PRUNED)
def test_maximum_likelihood_gives_nothing_to_what_never_occurred(
    lines: list[str], order: int, prune: list[int]
) -> None:
    model = train_lm(count(lines, order), smoothing=MAXIMUM_LIKELIHOOD, prune=prune[:order])
    log_probs, backoffs = as_dicts(model)
    for context, log in backoffs.items():
        followers = [g for g in log_probs if g[:-1] == context]
        # Less than 1 where some were pruned.
        assert math.fsum(power(log_probs[g]) for g in followers) <= 1 + 1e-6
        assert log == (0 if context[-1] in (END, UNKNOWN) else LOG_ZERO)
    assert power(log_probs[(UNKNOWN,)]) == 0


# --- odd corpora -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", SMOOTHINGS)
@pytest.mark.parametrize(
    ("lines", "order"), [(["天"], 1), (["天"], 2), (["天"], 6), (["天地玄黄"] * 50, 3), (["，"], 4)]
)
def test_tiny_corpora(how: str, lines: list[str], order: int) -> None:
    model = train_lm(count(lines, order), smoothing=how, prune=[0])
    check_equal(
        model,
        oracles.BackoffModel(oracles.count_sentences(lines, order, "line", "char"), order, how),
    )
    if how == KNESER_NEY:  # no order has n-grams with counts of 1, 2 and 3
        assert model.settings["fallback"] == [*range(1, order + 1)]
        assert model.settings["discounts"] == [list(FALLBACK_DISCOUNTS)] * order


def test_orders_that_a_corpus_is_too_short_for() -> None:
    model = train_lm(count(["天", "地"], 5))
    assert [len(level) for level in model.levels] == [5, 4, 2, 0, 0]
    assert [len(level.children) for level in model.levels[:-1]] == [6, 5, 3, 1]


def test_everything_pruned_but_the_boundaries() -> None:
    model = train_lm(count(["天地", "玄"], 3), prune=[9])
    assert model.vocabulary == (UNKNOWN, END, START)
    assert [len(level) for level in model.levels] == [3, 0, 0]
    log_probs, backoffs = as_dicts(model)
    # <unk> and </s> share what there is.
    assert power(log_probs[(UNKNOWN,)]) + power(log_probs[(END,)]) == pytest.approx(1)
    assert backoffs[(START,)] == 0  # all is given below


def test_fallbacks_are_told_by_order() -> None:
    # Bigrams 1, 2, 3, 4 times by their contexts or, begun, their counts; unigrams all in one context.
    lines = ["天", "地", "地", "玄", "玄", "玄"]
    model = train_lm(count(lines, 2))
    # Order 1: </s> follows three symbols, each other one follows one: n = 3, 0, 1, 0.
    # Order 2: <s> 天 1, <s> 地 2, <s> 玄 3, and the same before </s>: n = 2, 2, 2, 0: y = 2 / 6,
    # 1 - 2 y = 1 / 3, 2 - 3 y = 1, 3 - 4 y 0 = 3.
    assert model.settings["fallback"] == [1]
    assert model.settings["discounts"] == [
        [0.5, 1, 1.5],
        pytest.approx([1 / 3, 1, 3], abs=1e-7),
    ]


def test_discounts_out_of_range_are_refused() -> None:
    # Bigrams of 天 1, 地 2, 玄 3 times, of 宇 宙 洪 荒 日 月 4 times: n = 2, 2, 2, 12, y = 2 / 6, and D3 would be
    # 3 - 4 y 12 / 2 = -5. Order 1 has no symbol with 2 contexts.
    lines = ["天", *["地"] * 2, *["玄"] * 3, *[c for c in "宇宙洪荒日月" for _ in range(4)]]
    model = train_lm(count(lines, 2))
    assert model.settings["fallback"] == [1, 2]


# --- what is refused -------------------------------------------------------------------------


def test_no_text() -> None:
    for texts in ([], ["", "\n"], [" \t"]):
        for how in SMOOTHINGS:
            with pytest.raises(NlptoolsError, match="there is no text to learn from"):
                train_lm(count(texts, 3), smoothing=how)


def test_counts_without_sentences() -> None:
    counts = count_ngrams(Corpus.from_texts(["天地"]), order=3, workers=1)
    with pytest.raises(NlptoolsError, match="beginnings and ends of sentences") as caught:
        train_lm(counts)
    assert "--sentences" in (caught.value.hint or "")


def test_order_7() -> None:
    train_lm(count(["天地玄"], 6))
    with pytest.raises(NlptoolsError, match="order 7, a language model at most 6") as caught:
        train_lm(count(["天地玄"], 7))
    assert "--order 6" in (caught.value.hint or "")


@pytest.mark.parametrize("prune", [[], [0] * 4, [1, 0], [0, 2, 1], [-1], [-1, 0]])
def test_bad_prune(prune: list[int]) -> None:
    with pytest.raises(ValueError, match="prune"):
        train_lm(count(["天地"], 3), prune=prune)


def test_bad_settings() -> None:
    counts = count(["天地"], 3)
    with pytest.raises(ValueError, match="smoothing must be one of kneser-ney, witten-bell, ml"):
        train_lm(counts, smoothing="good-turing")
    with pytest.raises(ValueError, match="memory must be at least 128 MB"):
        train_lm(counts, memory=10**6)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot write temporary files there"):
        train_lm(count(["天地"], 3), tmp_dir=tmp_path / "none")


# --- memory changes nothing ------------------------------------------------------------------


@contextlib.contextmanager
def small(slice_size: int) -> Iterator[None]:
    """Any memory is allowed, and work is done on so many rows at a time."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(smoothing, "check_memory", lambda _: None))
        for module in (counts_module, exchange, suffixes, smoothing):
            stack.enter_context(mock.patch.object(module, "SLICE", slice_size))
        yield


def same(a: NgramModel, b: NgramModel) -> None:
    assert (a.vocabulary, a.settings) == (b.vocabulary, b.settings)
    for one, two in zip(a.levels, b.levels, strict=True):
        for name in ("symbols", "log_probs", "backoffs", "children"):
            left, right = getattr(one, name), getattr(two, name)
            if left is None:
                assert right is None
            else:
                assert left.dtype == right.dtype
                assert np.array_equal(left[:], right[:]), name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("smoothing")


@settings(max_examples=25, deadline=None)
@given(
    LINES,
    ORDERS,
    st.sampled_from(SMOOTHINGS),
    PRUNED,
    st.integers(400, 8000),
    st.integers(1, 30),
    st.booleans(),
)
def test_memory_changes_no_number(
    folder: Path,
    lines: list[str],
    order: int,
    how: str,
    prune: list[int],
    memory: int,
    size: int,
    ordered: bool,
) -> None:
    counts = count(lines, order)
    options: dict[str, Any] = {"smoothing": how, "prune": prune[:order]}
    if ordered:
        options["appearance"] = appearance_of(oracles.count_sentences(lines, 1, "line", "char"))
    expected = train_lm(counts, **options)
    with small(size):
        same(train_lm(counts, memory=memory, tmp_dir=folder, **options), expected)


@pytest.mark.parametrize("how", SMOOTHINGS)
def test_out_of_memory_equals_in_memory(tmp_path: Path, how: str) -> None:
    counts, appearance = count_sentences(Corpus.from_texts(sample(600, seed=1)), order=4, workers=1)
    expected = train_lm(counts, smoothing=how, appearance=appearance)
    with small(500):
        model = train_lm(
            counts, smoothing=how, appearance=appearance, memory=60_000, tmp_dir=tmp_path
        )
    columns = [column for level in model.levels for column in vars(level).values()]
    assert sum(isinstance(column, FileColumn) for column in columns) == 14
    same(model, expected)
    assert list(tmp_path.iterdir()) == []


def test_counts_from_a_file_train_the_same(tmp_path: Path) -> None:
    counts = count(sample(100, seed=2), 3)
    counts.save(tmp_path / "a.counts")
    for mapped in (True, False):
        loaded = counts_module.load_counts(tmp_path / "a.counts", mapped=mapped)
        same(train_lm(loaded), train_lm(counts))


def test_what_is_almost_certain_has_no_minus_0() -> None:
    # p(</s> | 天 地) = 1 - (1 - p(</s> | 地)) / 3001, and so on: 1 - 3e-11 at last.
    model = train_lm(count(["天地"] * 3000, 4), smoothing=WITTEN_BELL)
    last = model.levels[-1].log_probs
    assert last.tolist() == [0]
    assert not np.signbit(last).any()


def test_logarithms_are_those_that_seven_decimals_give_back() -> None:
    model = train_lm(count(sample(100, seed=3), 3))
    for level in model.levels:
        for column in (level.log_probs, level.backoffs):
            if column is not None:
                assert np.all(column <= 0)
                assert column.dtype == np.float32
                assert not np.any(np.signbit(column) & (column == 0)), "-0.0"
                again = [np.float32(f"{value:.7f}") for value in column.tolist()]
                assert again == column.tolist()
