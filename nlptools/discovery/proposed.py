"""Candidates + fitted model -> those that it could have as words, and the models by which they are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.base.machine import trim_memory
from nlptools.discovery.candidates import Candidates
from nlptools.wordmodel.em import LONGEST, PENALTIES, Expected, expect, find_rows, weights
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.fit import Fitted, add_prior, lexicon
from nlptools.wordmodel.sample import Sample

# A word whose expected count is below the discount keeps a tenth of it, so that it can be ranked.
LEAST_SHARE = 0.1

_PIECE = 1 << 16  # candidates at a time

Run = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class Proposed:
    """The candidates whose symbols the sample has; arrays are aligned, the heaviest words come first.

    rows: which; spelling: symbol ids of the sample padded with 0; listed: whether a list has them; expected: how often
    the first of them, those that the model has as words, occur as such by the default and by the fine penalties, shape
    (2, these), to be filled in.
    """

    candidates: Candidates
    rows: np.ndarray
    spelling: np.ndarray
    listed: np.ndarray
    expected: np.ndarray

    def expected_of(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(which of them the model has: bool; how often they are expected, shape (2, places), 0 for all others)."""
        modelled = places < self.expected.shape[1]
        expected = np.zeros((2, len(places)))
        expected[:, modelled] = self.expected[:, places[modelled]]
        return modelled, expected


@dataclass(frozen=True)
class Models:
    """Models with one spelling: by the default and by the fine penalties, and the one that cuts text into words.

    rows: of the proposed candidates that are modelled, in their order.
    """

    weighted: list[Weighted]
    cutter: Weighted
    rows: np.ndarray


def propose_words(
    candidates: Candidates, sample: Sample, fitted: Fitted, run: Run
) -> tuple[Proposed, Models]:
    """The candidates whose symbols the sample has, and the models of those that are words, and of all other words."""
    both = [
        weights(expected, penalties, fitted.bonus, LEAST_SHARE)
        for expected, penalties in (
            (fitted.expected, fitted.penalties),
            (_fine_expected(fitted, run), PENALTIES["fine"]),
        )
    ]
    trim_memory()
    rows, spelling = _spelled(candidates, sample)
    listed = np.zeros(len(rows), bool)
    places, values = [np.zeros(0, np.int64)], [np.zeros((2, 0), np.float32)]
    # Of most candidates the model has no word, and there may be a million of them.
    for start in range(0, len(rows), _PIECE):
        lengths = np.count_nonzero(spelling[start : start + _PIECE], axis=1)
        weighed = np.zeros((2, len(lengths)), np.float32)
        for k in range(2, LONGEST + 1):
            here = np.flatnonzero(lengths == k)
            numbers = find_rows(fitted.lattice.words[k - 1], spelling[here + start, :k])
            weighed[:, here] = [tables[k - 1][numbers] for tables in both]
            if fitted.known is not None:
                listed[here + start] = fitted.known[k - 1][numbers]
        modelled = np.flatnonzero(weighed.any(axis=0))
        places.append(modelled + start)
        values.append(weighed[:, modelled])
    at, weighed = np.concatenate(places), np.concatenate(values, axis=1)
    heaviest = np.argsort(-weighed[0], kind="stable")
    at, weighed = at[heaviest], weighed[:, heaviest]
    rest = np.ones(len(rows), bool)
    rest[at] = False
    own, expected = spelling[at], np.zeros((2, len(at)))
    rows = _heaviest_first(rows, at, rest)
    spelling = _heaviest_first(spelling, at, rest)
    listed = _heaviest_first(listed, at, rest)
    proposed = Proposed(candidates, rows, spelling, listed, expected)
    singles = [tables[0] for tables in both]
    return proposed, _models(own, weighed, singles, lexicon(fitted))


def _heaviest_first(column: np.ndarray, at: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Those at some places, in this order, then the rest, for which a mask is true."""
    found = np.empty_like(column)
    found[: len(at)] = column[at]
    done = len(at)
    for start in range(0, len(column), _PIECE):
        part = column[start : start + _PIECE][rest[start : start + _PIECE]]
        found[done : done + len(part)] = part
        done += len(part)
    return found


def _models(
    spelling: np.ndarray, weighed: np.ndarray, singles: Sequence[np.ndarray], cutter: Weighted
) -> Models:
    """Models of some words and, without weight, of those of the cutter. weighed: of the words, shape (2, words)."""
    every = np.concatenate([cutter.spelling, spelling])
    # The heaviest first, as the cutter has them.
    place, first = keys.distinct_rows(every, len(cutter.singles))
    own, rows = np.split(place, [len(cutter.spelling)])
    distinct = every[first]

    def spread(values: np.ndarray, at: np.ndarray) -> np.ndarray:
        column = np.zeros(len(distinct), np.float32)
        column[at] = values
        return column

    weighted = [
        Weighted(distinct, spread(values, rows), of_singles, cutter.base)
        for values, of_singles in zip(weighed, singles, strict=True)
    ]
    cutter = Weighted(distinct, spread(cutter.words, own), cutter.singles, cutter.base)
    return Models(weighted, cutter, rows)


def _spelled(candidates: Candidates, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """(rows, symbol ids of the sample padded with 0) of the candidates that the model can have as words."""
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    table = np.array([0] + [number.get(text, -1) for text in candidates.texts], np.int32)
    # Most of them, so the arrays have room for all.
    rows = np.empty(len(candidates), np.int32)
    spelling = np.empty((len(candidates), LONGEST), sample.ids.dtype)
    done = 0
    for first, records in candidates.pieces():
        spelled = table[records["symbols"]]
        known = np.flatnonzero((spelled >= 0).all(axis=1))
        own = slice(done, done := done + len(known))
        rows[own], spelling[own] = known + first, spelled[known]
    return rows[:done], spelling[:done]


def _fine_expected(fitted: Fitted, run: Run) -> Expected:
    """Expected counts after one more E-step with the fine penalties."""
    gaps = fitted.regression.gaps if fitted.regression is not None else None
    tables = weights(fitted.expected, PENALTIES["fine"], fitted.bonus, LEAST_SHARE)
    found = expect(fitted.lattice, tables, fitted.base, gaps, run).expected
    return add_prior(found, fitted.prior)
