"""Candidates + fitted model -> those that it could have as words, and the models by which they are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.discovery.candidates import Candidates
from nlptools.wordmodel.em import LONGEST, PENALTIES, Expected, expect, find_rows, weights
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.fit import Fitted, add_prior, lexicon
from nlptools.wordmodel.sample import Sample

# A word whose expected count is below the discount keeps a tenth of it, so that it can be ranked.
LEAST_SHARE = 0.1

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
    rows, spelling = _spelled(candidates, sample)
    lengths, numbers = np.count_nonzero(spelling, axis=1), np.zeros(len(rows), np.int64)
    for k in range(2, LONGEST + 1):
        here = np.flatnonzero(lengths == k)
        numbers[here] = find_rows(fitted.lattice.words[k - 1], spelling[here, :k])

    def of_words(tables: Sequence[np.ndarray]) -> np.ndarray:
        values = np.zeros(len(rows), tables[1].dtype)
        for k in range(2, LONGEST + 1):
            here = np.flatnonzero(lengths == k)
            values[here] = tables[k - 1][numbers[here]]
        return values

    both = [
        weights(expected, penalties, fitted.bonus, LEAST_SHARE)
        for expected, penalties in (
            (fitted.expected, fitted.penalties),
            (_fine_expected(fitted, run), PENALTIES["fine"]),
        )
    ]
    weighed = np.stack([of_words(tables) for tables in both])
    listed = np.zeros(len(rows), bool) if fitted.known is None else of_words(fitted.known)
    modelled = np.any(weighed, axis=0)
    order = np.argsort(np.where(modelled, -weighed[0], 1.0), kind="stable")
    at = order[: np.count_nonzero(modelled)]
    expected = np.zeros((2, len(at)))
    proposed = Proposed(candidates, rows[order], spelling[order], listed[order], expected)
    singles = [tables[0] for tables in both]
    return proposed, _models(spelling[at], weighed[:, at], singles, lexicon(fitted))


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
    rows, spelling = [np.zeros(0, np.int32)], [np.zeros((0, LONGEST), sample.ids.dtype)]
    for first, records in candidates.pieces():
        spelled = table[records["symbols"]]
        known = np.flatnonzero((spelled >= 0).all(axis=1))
        rows.append((known + first).astype(np.int32))
        spelling.append(spelled[known].astype(sample.ids.dtype))
    return np.concatenate(rows), np.concatenate(spelling)


def _fine_expected(fitted: Fitted, run: Run) -> Expected:
    """Expected counts after one more E-step with the fine penalties."""
    gaps = fitted.regression.gaps if fitted.regression is not None else None
    tables = weights(fitted.expected, PENALTIES["fine"], fitted.bonus, LEAST_SHARE)
    found = expect(fitted.lattice, tables, fitted.base, gaps, run).expected
    return add_prior(found, fitted.prior)
