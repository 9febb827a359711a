"""Counts of words in two corpora, and how they are spread over one -> statistics that `compare` adds on request."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from nlptools.usage.parts import Spread

# Name of a column -> whether it needs the text, and not the counts alone.
STATISTICS = {
    "log_likelihood": False,
    "log_ratio": False,
    "documents": True,
    "dispersion": True,
}


def need_text(names: Collection[str]) -> list[str]:
    """Those of the statistics that need the text."""
    return [name for name in names if STATISTICS[name]]


def log_likelihood(
    count_a: np.ndarray, count_b: np.ndarray, total_a: int, total_b: int
) -> np.ndarray:
    """G2 of each word: 2 (a ln(a / E_a) + b ln(b / E_b)) with E_a = N_a (a + b) / (N_a + N_b), E_b likewise.

    How sure it is that the frequencies differ, in either direction; 3.84 is p < .05 of one word, 15.13 p < .0001.
    Source: Rayson and Garside (2000), Comparing corpora using frequency profiling, after Dunning (1993).

    >>> log_likelihood(np.array([10, 3, 0]), np.array([40, 3, 0]), 1000, 1000).round(4).tolist()
    [19.2745, 0.0, 0.0]
    """
    a, b = np.asarray(count_a, np.float64), np.asarray(count_b, np.float64)
    whole = max(total_a + total_b, 1)
    found = np.zeros(len(a))
    for own, total in ((a, total_a), (b, total_b)):
        there = own > 0
        expected = total * (a + b)[there] / whole
        found[there] += 2 * own[there] * np.log(own[there] / expected)
    return np.maximum(found, 0.0)  # -1e-16 is none


def log_ratio(count_a: np.ndarray, count_b: np.ndarray, total_a: int, total_b: int) -> np.ndarray:
    """log2((b / N_b) / (a / N_a)): 1 for a word that is twice as frequent in B, 2 for four times; 0 occurrences are .5.

    How large the difference is, however rare the word. Source: Hardie (2014), Log Ratio, an informal introduction.

    >>> log_ratio(np.array([10, 0]), np.array([40, 4]), 1000, 2000).tolist()
    [1.0, 2.0]
    """
    a, b = (np.where(count > 0, count, 0.5) for count in (count_a, count_b))
    found: np.ndarray = np.log2(b / max(total_b, 1)) - np.log2(a / max(total_a, 1))
    return found


def dispersion(parts: np.ndarray) -> np.ndarray:
    """Deviation of proportions, from 0 for a word that is spread evenly to 1 for one in a single part; nan: none occurs.

    DP = half the sum over the parts, which are equally large, of |share of the word's occurrences there - 1 / parts|,
    divided by 1 - 1 / parts, its most. parts: occurrences, a row for each word.
    Source: Gries (2008), Dispersions and adjusted frequencies in corpora; the norm: Lijffijt and Gries (2012).

    >>> dispersion(np.array([[2, 2, 2, 2], [0, 8, 0, 0], [4, 0, 4, 0]])).round(4).tolist()
    [0.0, 1.0, 0.6667]
    """
    parts = np.asarray(parts, np.float64)
    number = parts.shape[1]
    with np.errstate(invalid="ignore"):
        shares = parts / parts.sum(axis=1, keepdims=True)
    found: np.ndarray = np.abs(shares - 1 / number).sum(axis=1) / 2 / (1 - 1 / number)
    return found


def statistics(
    names: Collection[str],
    count_a: np.ndarray,
    count_b: np.ndarray,
    total_a: int,
    total_b: int,
    spread: Spread | None,
) -> dict[str, np.ndarray]:
    """The columns of these names, in the order of STATISTICS. spread: of the words in B, where one needs the text."""
    found: dict[str, np.ndarray] = {}
    for name in (name for name in STATISTICS if name in names):
        if name == "log_likelihood":
            found[name] = log_likelihood(count_a, count_b, total_a, total_b)
        elif name == "log_ratio":
            found[name] = log_ratio(count_a, count_b, total_a, total_b)
        else:
            assert spread is not None
            found[name] = spread.documents if name == "documents" else dispersion(spread.parts)
    return found
