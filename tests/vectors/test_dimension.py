"""Bounds on the dimension of word vectors: the published numbers to their last digit, twins, properties."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.segmentation.segmenter import Segmenter
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.vectors.dimension import (
    ASYMPTOTIC,
    BOUNDS,
    COMMON_SIZES,
    LN_PHI,
    Bounds,
    Capacities,
    capacity,
    dimension_bounds,
    entropy_gap,
    exact_dimension,
    word_capacities,
)
from nlptools.vocab.wordcount import WordCount, count_words

# --- h_n --------------------------------------------------------------------------------------

# n -> h_n, h_n / n
PRINTED = {
    16: ("-3.92641", "-0.24540"),
    32: ("-7.77471", "-0.24296"),
    64: ("-15.47340", "-0.24177"),
    96: ("-23.17256", "-0.24138"),
    128: ("-30.87183", "-0.24119"),
    256: ("-61.66922", "-0.24090"),
    512: ("-123.26425", "-0.24075"),
}
# By mpmath: the closed form in Bessel functions with 50 digits; the last three by quadrature with 40.
PRECISE = {
    1: -0.3278133254727377011,
    2: -0.5715557744450596811,
    3: -0.8091507685380820419,
    4: -1.047098650899311559,
    7: -1.764562531500382415,
    16: -3.926413025395662515,
    100: -24.13496463421923071,
    512: -123.2642468435470395,
    1000: -240.6798903849635186,
    1001: -240.9204962537241274,
    2048: -492.8348643002915800,
    10_000: -2406.133063733941247,
    100_000: -24060.66518747554494,
    12_345: -2970.353927784606338,
    999_999: -240605.7458579905252,
    1_000_000: -240605.9864639030549,
}


def by_quadrature(n: int) -> float:
    """h_n as it is defined, by the trapezoid rule with 4,001 points in log space."""
    angles = np.linspace(0, np.pi, 4001)
    with np.errstate(divide="ignore"):
        density = (n - 2) * np.log(np.sin(angles)) if n > 2 else np.zeros(len(angles))
    cosines = np.cos(angles)
    weights = np.ones(len(angles))
    weights[[0, -1]] = 0.5

    def log_sum(exponents: np.ndarray) -> float:
        top = exponents.max()
        return float(top + np.log((weights * np.exp(exponents - top)).sum()))

    tilted = density + n * cosines
    shares = weights * np.exp(tilted - tilted.max())
    mean = float((shares * cosines).sum() / shares.sum())
    return log_sum(tilted) - log_sum(density) - n * mean


@pytest.mark.parametrize("n", PRINTED)
def test_the_printed_table(n: int) -> None:
    assert (f"{entropy_gap(n):.5f}", f"{entropy_gap(n) / n:.5f}") == PRINTED[n]


@pytest.mark.parametrize("n", PRECISE)
def test_precise_values(n: int) -> None:
    assert entropy_gap(n) == pytest.approx(PRECISE[n], rel=3e-15, abs=1e-12)
    assert abs(entropy_gap(n) - PRECISE[n]) < 1e-9


def test_one_dimension() -> None:
    """Two directions: E[exp(c)] = cosh 1, E[c exp(c)] = sinh 1."""
    assert entropy_gap(1) == pytest.approx(math.log(math.cosh(1)) - math.tanh(1), rel=1e-14)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4000))
@example(2)
@example(1000)
@example(1001)
def test_equals_quadrature(n: int) -> None:
    # For odd n sin**(n - 2) has a kink at both ends, which the trapezoid rule feels while n is small.
    off = 1e-7 if n in (3, 5) else 1e-11
    assert entropy_gap(n) == pytest.approx(by_quadrature(n), rel=1e-11, abs=off)


def test_the_two_formulas_meet() -> None:
    """Steps of h_n fall smoothly to their limit, across n = 1000 too, where the formula changes."""
    values = np.array([entropy_gap(n) for n in range(1, 3001)])
    steps = values[:-1] - values[1:]
    assert ((steps > 0.2375) & (steps < 0.2438)).all()
    assert (np.diff(steps)[1:200] > 0).all()
    assert np.abs(np.diff(steps)[900:]).max() < 2e-10
    assert steps[-1] == pytest.approx(LN_PHI / 2, abs=1e-8)


@given(st.integers(1, 10**7), st.integers(1, 10**6))
def test_h_n_falls(n: int, more: int) -> None:
    assert entropy_gap(n + more) < entropy_gap(n) < 0


# --- bounds -----------------------------------------------------------------------------------

# N -> 8.33 ln N, 8 ln N, 8.3123 ln N, exact
WORKED = {
    1_000: ("57.54", "55.26", "57.42", 58),
    10_000: ("76.72", "73.68", "76.56", 77),
    21_128: ("82.95", "79.67", "82.78", 83),
    33_586: ("86.81", "83.37", "86.63", 87),
    100_000: ("95.90", "92.10", "95.70", 96),
    1_000_000: ("115.08", "110.52", "114.84", 115),
    5_000_000: ("128.49", "123.40", "128.22", 128),
}


@pytest.mark.parametrize("size", WORKED)
def test_worked_numbers(size: int) -> None:
    bounds = dimension_bounds(size)
    shown = [f"{x:.2f}" for x in (bounds.published, bounds.published_8, bounds.asymptotic)]
    assert (*shown, bounds.exact) == WORKED[size]
    assert exact_dimension(size) == bounds.exact


def test_the_slope() -> None:
    assert f"{ASYMPTOTIC:.4f}" == "8.3123"
    assert f"{LN_PHI / 2:.7f}" == "0.2406059"
    assert f"{2 / 0.24:.2f}" == "8.33"


def test_attention_head() -> None:
    """N is the length of the sequence: the usual heads have 64."""
    bounds = dimension_bounds(512)
    assert f"{bounds.published:.2f}" == "51.97"
    assert bounds.exact == 52


# eps -> jl, jl_exists, jl_sklearn for 100,000 points. 24 ln N / eps**2 = 1105.24 for eps 0.5.
JOHNSON = {0.5: (1106, 737, 552), 0.1: (27_632, 18_421, 9_868)}


@pytest.mark.parametrize("eps", JOHNSON)
def test_johnson_lindenstrauss(eps: float) -> None:
    bounds = dimension_bounds(100_000, eps=eps)
    assert (bounds.jl, bounds.jl_exists, bounds.jl_sklearn) == JOHNSON[eps]
    assert bounds.eps == eps


# johnson_lindenstrauss_min_dim of scikit-learn 1.9.1 for eps 0.1, 0.2, 0.5, 0.9
SKLEARN = {
    1: [0, 0, 0, 0],
    2: [594, 159, 33, 17],
    1_000: [5920, 1594, 331, 170],
    21_128: [8535, 2298, 478, 245],
    5_000_000: [13221, 3559, 740, 380],
}


@pytest.mark.parametrize("size", SKLEARN)
def test_scikit_learn(size: int) -> None:
    found = [dimension_bounds(size, eps=eps).jl_sklearn for eps in (0.1, 0.2, 0.5, 0.9)]
    assert found == SKLEARN[size]


def test_few_words() -> None:
    """2 ln 1 + h_1 = -0.33. For two words 2 ln 2 = 1.3863: h_5 = -1.2858, h_6 = -1.5250."""
    assert [exact_dimension(size) for size in (1, 2, 3)] == [1, 6, 9]
    one = dimension_bounds(1)
    assert (one.published, one.published_8, one.asymptotic) == (0, 0, 0)
    assert (one.jl, one.jl_exists, one.jl_sklearn) == (1, 1, 0)


@cache
def slowly() -> list[float]:
    """-h_n for n from 1, up to 10**30 words, by quadrature."""
    return [-PRECISE[1], *(-by_quadrature(n) for n in range(2, 620))]


@given(st.integers(1, 10**30))
@example(10**30)
@settings(deadline=None)
def test_exact_is_the_smallest(size: int) -> None:
    need = 2 * math.log(size)
    smallest = next(n for n, gap in enumerate(slowly(), 1) if gap >= need)
    if abs(slowly()[smallest - 1] - need) > 1e-9:
        assert exact_dimension(size) == smallest


def test_large_numbers() -> None:
    assert exact_dimension(10**30) == 574
    assert exact_dimension(10**100) == 1914
    assert exact_dimension(10**4000) == 76_560
    assert exact_dimension(np.int64(100_000)) == 96  # type: ignore[arg-type]


@given(st.integers(1, 10**40), st.integers(1, 10**40), st.sampled_from([0.05, 0.3, 0.99]))
def test_bounds_never_fall(a: int, b: int, eps: float) -> None:
    fewer, more = (dimension_bounds(size, eps=eps) for size in sorted((a, b)))
    for name in BOUNDS:
        assert getattr(fewer, name) <= getattr(more, name), name
    assert more.jl_exists <= more.jl
    assert more.exact <= more.jl_exists
    assert more.published_8 <= more.asymptotic <= more.published


@given(st.integers(2, 10**12), st.floats(0.01, 0.49))
def test_a_smaller_error_needs_more(size: int, eps: float) -> None:
    strict, loose = dimension_bounds(size, eps=eps), dimension_bounds(size, eps=2 * eps)
    for name in ("jl", "jl_exists", "jl_sklearn"):
        assert getattr(strict, name) > getattr(loose, name)
    assert strict.exact == loose.exact


# --- backwards --------------------------------------------------------------------------------

# By mpmath with 120 digits.
FIT = {
    1: 1,
    50: 425,
    64: 2_290,
    96: 107_611,
    100: 174_116,
    128: 5_055_144,
    200: 29_206_815_535,
    300: 4_899_585_299_205_556,
    768: 13857787244407899466101256193695544599288,
    1024: 328775743192091919923301132658148090756270810917425460,
}


@pytest.mark.parametrize("dimension", FIT)
def test_how_many_words_fit(dimension: int) -> None:
    assert capacity(dimension) == FIT[dimension]
    assert word_capacities(dimension).exact == FIT[dimension]


def test_many_digits() -> None:
    """By mpmath with 950 digits."""
    digits = str(capacity(16_384))
    assert (len(digits), digits[:20], digits[-8:]) == (857, "10701129526885788275", "83143207")


def test_the_other_bounds_backwards() -> None:
    """By mpmath with 950 digits."""
    words = word_capacities(300)
    assert words.published == 4_373_787_626_196_807
    assert words.published_8 == 19_321_599_304_402_836
    assert words.asymptotic == 4_721_424_167_835_364
    words = word_capacities(1000, eps=0.5)
    assert (words.jl, words.jl_exists, words.jl_sklearn) == (33_411, 6_107_328, 1_116_353_417)
    words = word_capacities(5000, eps=0.5)
    assert words.jl_exists == 8496819620589352216793253085942326
    ends = [str(n) for n in (words.published, words.published_8, words.asymptotic)]
    assert [(len(digits), digits[:10], digits[-10:]) for digits in ends] == [
        (261, "4796909517", "9124830500"),
        (272, "2716759469", "0084908560"),
        (262, "1716130510", "9689453122"),
    ]


@pytest.mark.parametrize("power", [2, 3, 10, 11, 250, 1250, 1251])
def test_powers_of_the_golden_ratio(power: int) -> None:
    """phi**m + (-1 / phi)**m is the Lucas number L(m): 2, 1, 3, 4, 7, ... A hair more or less than phi**m."""
    a, b = 2, 1
    for _ in range(power):
        a, b = b, a + b
    assert word_capacities(4 * power).asymptotic == (a if power % 2 else a - 1)


@pytest.mark.parametrize("dimension", [*range(1, 130), 299, 300, 301, 512, 767, 768, 1024, 2000])
def test_exact_and_its_inverse(dimension: int) -> None:
    """One word more than fits needs more; at 10**16 and above floating point cannot tell them apart."""
    most = capacity(dimension)
    assert exact_dimension(most) <= dimension < exact_dimension(most + 1)


def test_floats_cannot_tell() -> None:
    """Why the test above is one: 300 dimensions are already beyond the logarithm's last digit."""
    most = capacity(300)
    assert math.log(most) == math.log(most + 1)


@given(st.integers(6, 250), st.sampled_from([0.1, 0.5, 0.9]))
def test_every_bound_and_its_inverse(dimension: int, eps: float) -> None:
    words = word_capacities(dimension, eps=eps)
    for name in BOUNDS:
        most = getattr(words, name)
        within = getattr(dimension_bounds(most, eps=eps), name)
        beyond = getattr(dimension_bounds(most + 1, eps=eps), name)
        if name == "jl_sklearn":  # rounded down
            assert within <= dimension <= beyond
        elif name == "exact" or name.startswith("jl"):
            assert within <= dimension < beyond, name
        else:
            assert within <= dimension * (1 + 1e-15), name
            assert dimension * (1 - 1e-15) <= beyond, name


def test_capacities_grow() -> None:
    fit = [capacity(n) for n in range(1, 400)]
    assert fit == sorted(fit)
    # A dimension more has room for about exp(ln(phi) / 4) as many words.
    assert Decimal(fit[-1]) / fit[-2] == pytest.approx(
        Decimal(LN_PHI / 4).exp(), abs=Decimal("1e-5")
    )


# --- what is asked for ------------------------------------------------------------------------


def test_the_names_are_the_same_everywhere() -> None:
    for kind, first in ((Bounds, "size"), (Capacities, "dimension")):
        names = [field.name for field in dataclasses.fields(kind)]
        assert names == [first, *list(BOUNDS)[:4], "eps", *list(BOUNDS)[4:]]
    assert list(COMMON_SIZES) == [50, 64, 100, 128, 200, 256, 300, 512, 768, 1024]
    for bound in BOUNDS.values():
        assert "kexue" in bound.source or bound.name in ("8.3123 ln N", "JL, sklearn")


@pytest.mark.parametrize("function", [dimension_bounds, exact_dimension])
def test_no_words(function: object) -> None:
    assert callable(function)
    for number in (0, -1):
        with pytest.raises(ValueError, match=f"vocab_size must be at least 1, not {number}"):
            function(number)
    for wrong in (1.5, "1000", None):
        with pytest.raises(TypeError):
            function(wrong)


@pytest.mark.parametrize("function", [entropy_gap, capacity, word_capacities])
def test_no_dimensions(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="dimension must be at least 1, not 0"):
        function(0)
    with pytest.raises(TypeError):
        function(2.5)


@pytest.mark.parametrize("eps", [0, -0.1, 1, 2, 1e-7, math.nan, math.inf])
def test_no_eps(eps: float) -> None:
    for function in (dimension_bounds, word_capacities):
        with pytest.raises(ValueError, match="eps must be at least 1e-06 and below 1"):
            function(100, eps=eps)


def test_the_smallest_eps() -> None:
    """24 ln 1000 * 10**12."""
    assert dimension_bounds(1000, eps=1e-6).jl == pytest.approx(24e12 * math.log(1000), rel=1e-12)


# --- counting words ---------------------------------------------------------------------------

WORDS = Segmenter.from_counts({"葡萄": 4, "葡萄皮": 2, "吐": 2, "5G": 1})


def test_words_of_a_text() -> None:
    """吃 1, 葡萄 2, 吐 2, 葡萄皮 1, 不 1, PM 1, A股 cut as A and 股; ，。 2.5 2026 10% are no words."""
    texts = ["吃葡萄，吐葡萄皮。", "不吐葡萄 2026 10%", "PM 2.5", "A股"]
    found = count_words(Corpus.from_texts(texts), WORDS, min_count=1)
    assert found == WordCount(words=8, distinct=8, tokens=10)
    assert count_words(Corpus.from_texts(texts), WORDS, min_count=2).words == 2
    assert count_words(Corpus.from_texts(texts), WORDS, min_count=3) == WordCount(0, 8, 10)


def test_other_scripts_and_planes() -> None:
    """Han of plane 2, Greek and a run of kana are words; emoji and a lone digit are not."""
    texts = ["𠮷 β かな 😀 7 ，"]
    assert count_words(Corpus.from_texts(texts), WORDS, min_count=1) == WordCount(3, 3, 3)


def test_no_words_in_a_text() -> None:
    for text in ("", "， 12。"):
        found = count_words(Corpus.from_texts([text]), WORDS, min_count=1)
        assert found == WordCount(0, 0, 0)


def test_min_count() -> None:
    with pytest.raises(ValueError, match="min_count must be at least 1"):
        count_words(Corpus.from_texts(["葡萄"]), WORDS, min_count=0)


def words_slowly(path: Path, least: int) -> WordCount:
    """Sentence by sentence."""
    segmenter = Segmenter.load()
    counts: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").split("\n"):
        for token in segmenter.segment(line):
            kinds = chars.classes(chars.code_points(token))
            if chars.HAN in kinds or chars.LETTER in kinds:
                counts[token] += 1
    often = sum(count >= least for count in counts.values())
    return WordCount(often, len(counts), counts.total())


@pytest.mark.parametrize("name", ["novel.txt", "startup.txt"])
def test_equals_a_loop(name: str) -> None:
    path = SAMPLES / name
    segmenter = Segmenter.load()
    expected = words_slowly(path, 5)
    assert 0 < expected.words < expected.distinct < expected.tokens
    assert count_words(Corpus([path]), segmenter) == expected
    for block_size, workers in itertools.product((97, 4096), (1, 3)):
        corpus = Corpus([path], block_size=block_size)
        assert count_words(corpus, segmenter, workers=workers) == expected


def test_bounds_show_themselves() -> None:
    """8.33 ln 100,000 = 95.9027; by the lemma 24 ln 100,000 / 0.1^2 = 27631.02."""
    found = dimension_bounds(100_000)
    assert repr(found) == "Bounds(100,000 words: exact 96, JL 27,632 at eps 0.1)"
    rows = {name: dimension for name, dimension, _, _ in found}
    assert list(rows) == [bound.name for bound in BOUNDS.values()]
    assert (rows["exact"], rows["JL"]) == (96, 27632)
    assert rows["8.33 ln N"] == pytest.approx(95.9027, abs=1e-4)
    frame = found.to_frame()
    assert list(frame.columns) == ["bound", "dimension", "formula", "source"]
    assert frame["dimension"].tolist() == list(rows.values())
    assert found._repr_html_().count("<tr>") == 1 + len(BOUNDS)
