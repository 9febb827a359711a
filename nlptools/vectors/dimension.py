"""Number of words -> bounds on the dimension of word vectors, and back; a corpus or a word list -> number of words."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import TYPE_CHECKING

from nlptools.base.frames import html_table, to_frame

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

LN_PHI = math.log((1 + math.sqrt(5)) / 2)  # of the golden ratio
ASYMPTOTIC = 4 / LN_PHI  # 8.3123, the slope of the exact bound: h_n / n tends to -LN_PHI / 2
PUBLISHED, PUBLISHED_SHORT = "8.33", "8"  # slopes in the article: 2 / 0.24, and one to remember
COMMON_SIZES = (50, 64, 100, 128, 200, 256, 300, 512, 768, 1024)  # of vectors in use

# h_n + n ln(phi) / 2 for large n, a polynomial in 1 / n: DLMF 10.41.3, 10.41.5 for the Bessel functions of the
# order n / 2 and Stirling's series, docs/guides/dimension.md#h_n. The term after these is .1292 / n**4.
_ROOT = math.sqrt(5)
_LARGE = (
    LN_PHI - math.log(5) / 4 - (3 - _ROOT) / 5,
    (103 - 49 * _ROOT) / 150,
    (13 * _ROOT - 31) / 125,
    (1961 * _ROOT - 3205) / 28125,
)
_SMALL = 1000  # up to here the power series; its sum, about exp(.377 n), stays a float
_LEAST_EPS = 1e-6
_COLUMNS = ("bound", "dimension", "formula", "source")


@dataclass(frozen=True)
class Bound:
    """What a number is: its name for people, its formula, what it means, where it comes from."""

    name: str
    formula: str
    meaning: str
    source: str


# By the names of the attributes of Bounds, in the order of the columns.
BOUNDS = {
    "exact": Bound(
        "exact",
        "the smallest n with 2 ln N + h_n <= 0",
        "Capacity: from this dimension on, N vectors spread over a sphere are too few to fill it; the entropy "
        "of a skip-gram model, estimated from them, is no longer above zero.",
        "kexue.fm/archives/7695, solved without rounding",
    ),
    "published": Bound(
        "8.33 ln N",
        "n > 8.33 ln N",
        "The same with -0.24 n for h_n: 8.33 = 2 / 0.24.",
        "kexue.fm/archives/7695; for attention heads 8711",
    ),
    "published_8": Bound(
        "8 ln N",
        "n > 8 ln N",
        "The same, easier to remember, 4% lower.",
        "kexue.fm/archives/7695",
    ),
    "asymptotic": Bound(
        "8.3123 ln N",
        "n > 4 / ln phi * ln N, phi = (1 + sqrt 5) / 2",
        "The same for large n: h_n / n tends to -ln(phi) / 2 = -0.2406.",
        "Laplace's method for h_n",
    ),
    "jl": Bound(
        "JL",
        "n > 24 ln N / eps^2",
        "Lemma of Johnson and Lindenstrauss: a random Gaussian projection to n dimensions keeps all squared "
        "distances of N points within 1 +- eps, with probability 1 - 1/N; inner products of unit vectors "
        "within eps, with probability 1 - 2/N. It vouches for every pair, so it is far above a capacity.",
        "kexue.fm/archives/8679; Johnson & Lindenstrauss 1984",
    ),
    "jl_exists": Bound(
        "JL, exists",
        "n > 16 ln N / eps^2",
        "There is a projection that does this; a random one may not.",
        "kexue.fm/archives/8679",
    ),
    "jl_sklearn": Bound(
        "JL, sklearn",
        "n >= 4 ln N / (eps^2 / 2 - eps^3 / 3)",
        "A sharper bound for a random projection; rounded down, as scikit-learn does it.",
        "Dasgupta & Gupta 2003; sklearn.random_projection.johnson_lindenstrauss_min_dim",
    ),
}


@dataclass(frozen=True)
class Bounds:
    """Dimensions for `size` words, or an attention head's for `size` positions; BOUNDS says what each one is.

    exact and those by the lemma of Johnson and Lindenstrauss are whole dimensions, the rest is not rounded.
    A row is (name, dimension, formula, source).
    """

    size: int
    exact: int
    published: float
    published_8: float
    asymptotic: float
    eps: float
    jl: int
    jl_exists: int
    jl_sklearn: int

    def __repr__(self) -> str:
        return (
            f"Bounds({self.size:,} words: exact {self.exact}, JL {self.jl:,} at eps {self.eps:g})"
        )

    def __iter__(self) -> Iterator[tuple[str, float, str, str]]:
        for attribute, bound in BOUNDS.items():
            yield bound.name, getattr(self, attribute), bound.formula, bound.source

    def to_frame(self) -> DataFrame:
        """A pandas DataFrame with the columns bound, dimension, formula and source."""
        return to_frame(dict(zip(_COLUMNS, zip(*self, strict=True), strict=True)))

    def _repr_html_(self) -> str:
        return html_table(_COLUMNS, list(self))


@dataclass(frozen=True)
class Capacities:
    """How many words fit into a dimension: the most for which the bound of that name is not above it."""

    dimension: int
    exact: int
    published: int
    published_8: int
    asymptotic: int
    eps: float
    jl: int
    jl_exists: int
    jl_sklearn: int


# --- bounds -----------------------------------------------------------------------------------


def dimension_bounds(vocab_size: int, *, eps: float = 0.1) -> Bounds:
    """All bounds on the dimension of word vectors for a vocabulary of this size.

    For the size of an attention head give the length of the sequence, which is the number of keys to tell apart
    (kexue.fm/archives/8711). eps: for the lemma of Johnson and Lindenstrauss, how far a squared distance
    may be off, as a share of it. Raises ValueError for less than one word, and unless 1e-6 <= eps < 1.

    >>> dimension_bounds(100_000).exact, dimension_bounds(5_000_000).exact
    (96, 128)
    """
    size = _at_least_one(vocab_size, "vocab_size")
    _check_eps(eps)
    words = math.log(size)
    return Bounds(
        size,
        exact_dimension(size),
        float(PUBLISHED) * words,
        float(PUBLISHED_SHORT) * words,
        ASYMPTOTIC * words,
        eps,
        math.floor(24 * words / eps**2) + 1,
        math.floor(16 * words / eps**2) + 1,
        math.floor(4 * words / (eps**2 / 2 - eps**3 / 3)),
    )


def exact_dimension(vocab_size: int) -> int:
    """The smallest dimension n, from 1, with 2 ln N + h_n <= 0. Exact for integers of any size.

    Source: Su Jianlin, kexue.fm/archives/7695. Raises ValueError for less than one word.
    """
    size = _at_least_one(vocab_size, "vocab_size")
    # Without its other terms, which are negative and small, h_n asks for a little more: never too far to begin at.
    dimension = max(1, math.floor((2 * math.log(size) + _LARGE[0]) / (LN_PHI / 2)))
    while not _fits(size, dimension):
        dimension += 1
    return dimension


def _fits(size: int, dimension: int) -> bool:
    """Whether 2 ln N + h_n <= 0."""
    excess = 2 * math.log(size) + entropy_gap(dimension)
    if abs(excess) > 1e-9 + 1e-13 * dimension:
        return excess < 0
    return size <= capacity(dimension)  # too near for floats


def entropy_gap(dimension: int) -> float:
    """h_n: the entropy of a skip-gram model of N words, less 2 ln N, with vectors all over a sphere, in nats.

    h_n = ln E[exp(n c)] - n E[c exp(n c)] / E[exp(n c)], where c is the cosine of the angle between two
    random directions of an n-dimensional space. Accurate to 1e-15 of its value or 1e-12, whichever is more.
    Formulas: docs/guides/dimension.md#h_n. Raises ValueError for n < 1.
    """
    n = _at_least_one(dimension, "dimension")
    if n > _SMALL:
        return -n * LN_PHI / 2 + sum(part / n**power for power, part in enumerate(_LARGE))
    # E[exp(n c)] = sum of t_k, t_k = (n / 2)**2k Gamma(n / 2) / (k! Gamma(n / 2 + k)); n c gives each the weight 2 k.
    total = term = 1.0
    weighted, k = 0.0, 0
    while term > 1e-18 * total:
        term *= n * n / (2 * (k + 1) * (n + 2 * k))
        k += 1
        total += term
        weighted += 2 * k * term
    return math.log(total) - weighted / total


def capacity(dimension: int) -> int:
    """The most words for which 2 ln N + h_n <= 0: exp(-h_n / 2), rounded down. Exact, whatever its size.

    Raises ValueError for n < 1.
    """
    n = _at_least_one(dimension, "dimension")
    with _digits(n * LN_PHI / 4) as context:
        # The series of entropy_gap in integers, one being 2**bits.
        bits = round(context.prec * math.log2(10))
        term = total = 1 << bits
        weighted = k = 0
        while term:
            term = term * n * n // (2 * (k + 1) * (n + 2 * k))
            k += 1
            total += term
            weighted += k * term
        mean = Decimal(weighted) / Decimal(total)
        return _floor(mean.exp() / (Decimal(total) / Decimal(1 << bits)).sqrt())


def word_capacities(dimension: int, *, eps: float = 0.1) -> Capacities:
    """How many words fit into a dimension by each bound: the inverse of dimension_bounds.

    Raises ValueError for n < 1, and unless 1e-6 <= eps < 1.

    >>> word_capacities(300).exact
    4899585299205556
    """
    n = _at_least_one(dimension, "dimension")
    _check_eps(eps)
    with _digits(n / float(PUBLISHED_SHORT)):  # the largest of them
        e = Decimal(eps)
        return Capacities(
            n,
            capacity(n),
            _floor((n / Decimal(PUBLISHED)).exp()),
            _floor((n / Decimal(PUBLISHED_SHORT)).exp()),
            _golden(n),
            eps,
            _floor((n * e**2 / 24).exp()),
            _floor((n * e**2 / 16).exp()),
            _floor((n * (e**2 / 2 - e**3 / 3) / 4).exp()),
        )


def _golden(dimension: int) -> int:
    """phi**(n / 4), rounded down. Where n / 4 = m is whole, it is within phi**-m of a Lucas number."""
    with _digits(dimension * LN_PHI / 2):
        phi = (1 + Decimal(5).sqrt()) / 2
        return _floor((dimension * phi.ln() / 4).exp())


def _digits(nats: float) -> AbstractContextManager[Context]:
    """A decimal context for numbers up to exp(nats) and 30 digits after the point."""
    return localcontext(Context(prec=round(nats / math.log(10)) + 30))


def _floor(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def _at_least_one(number: int, name: str) -> int:
    number = operator.index(number)
    if number < 1:
        raise ValueError(f"{name} must be at least 1, not {number}")
    return number


def _check_eps(eps: float) -> None:
    if not _LEAST_EPS <= eps < 1:
        raise ValueError(f"eps must be at least {_LEAST_EPS:g} and below 1, not {eps}")


# --- numbers of words -------------------------------------------------------------------------
