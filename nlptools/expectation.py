"""Counts + corpus as symbol ids -> words ranked by how often the word model expects them as words.

The score of a word: the share of its occurrences in which it is a word, as the model sees them, shrunk for
rare words; times the freedom of its neighbours; times the square root of the number of tenths of the corpus
that have it; lowered where its first or last character is mostly a word of its own, as in 了解决.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.counting import EncodedCorpus
from nlptools.parts import ordered_map
from nlptools.sampling import Sample, build_lattice, take_sample
from nlptools.scores import Frequent
from nlptools.tally import Weighted, tally
from nlptools.terms import Terms, find_terms
from nlptools.training import (
    LEAST_EXPECTED,
    MIN_COUNT,
    SAMPLE,
    Fitted,
    Watch,
    fit,
    lexicon,
    sample_room,
)
from nlptools.unigram import LONGEST, PENALTIES, expect, find_rows, weights

LEAST_SHARE = 0.1
RARE = 5.0  # added to the count: what occurs five times counts half
MOST_FREEDOM = 2.0
ALONE = 2.0


def expectation_score(
    expected: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    shards: np.ndarray,
    first_alone: np.ndarray,
    last_alone: np.ndarray,
) -> np.ndarray:
    """Score of each word.

    expected: mean expected count under default and fine penalties; freedom: the smaller branching entropy,
    nats; shards: 1 .. 10; first_alone, last_alone: share of the occurrences of the first and the last symbol
    in which it is a word of its own.
    """
    share = expected / (counts + RARE)
    free = np.minimum(freedom, MOST_FREEDOM)
    return share * free * np.sqrt(shards) * np.exp(-ALONE * (first_alone + last_alone))


def term_score(
    normed: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    first_alone: np.ndarray,
    last_alone: np.ndarray,
) -> np.ndarray:
    """Score of each term of several words: as METHOD."""
    free = np.minimum(freedom, MOST_FREEDOM)
    return np.log(counts) * np.maximum(normed, 0) * free * np.exp(-(first_alone + last_alone))


@dataclass
class Expectations:
    """What the word model says of the candidates: all frequent n-grams of two to four symbols.

    rows: by length - 2, index of each candidate in the frequent level, for those that the model can
    have as words. The arrays are aligned with the candidates of all lengths together. alone: by symbol id.
    """

    rows: list[np.ndarray]
    spelling: np.ndarray
    expected: np.ndarray
    fine: np.ndarray
    shards: np.ndarray
    alone: np.ndarray
    texts: list[str]
    terms: Terms

    def ends_alone(self, spelling: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`alone` of the first and the last symbol of each word."""
        lengths = np.count_nonzero(spelling, axis=1)
        last = spelling[np.arange(len(spelling)), lengths - 1]
        return self.alone[spelling[:, 0]], self.alone[last]


def expect_words(
    frequent: Frequent,
    encoded: EncodedCorpus,
    *,
    usable: Callable[[str], bool],
    longest: int = LONGEST,
    memory: int,
    workers: int,
    watch: Watch,
    least: float = 0.2,
    once: bool = True,
) -> Expectations:
    sample = take_sample(encoded, min(SAMPLE, sample_room(memory)), usable, once)
    lattice = build_lattice(sample, MIN_COUNT)
    with ThreadPoolExecutor(workers) as pool:
        run = functools.partial(ordered_map, pool, workers)
        fitted = fit(sample, lattice, PENALTIES["default"], least=least, run=run, watch=watch)
        rows, spelling = _candidates(frequent, sample, longest)
        order, models = _models(fitted, spelling, run)
        model = lexicon(fitted, LEAST_EXPECTED)
        del fitted, lattice
        found = tally(encoded, sample, models, run)
        alone = found.expected_singles[0] / np.maximum(found.singles, 1)
        terms = find_terms(encoded, sample, model, alone, frequent.min_count, run)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return Expectations(
        rows,
        spelling,
        found.expected_words[0][place],
        found.expected_words[1][place],
        found.shards[place],
        alone,
        sample.texts,
        terms,
    )


def _candidates(
    frequent: Frequent, sample: Sample, longest: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """(rows by length - 2, their symbol ids padded with 0) of the frequent n-grams the model knows."""
    names = frequent.counts.alphabet.symbols
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    own = np.array([number.get(names[row], 0) for row in frequent.levels[0].rows.tolist()])
    by_symbol = np.zeros(len(names) + 1, np.int64)
    by_symbol[frequent.levels[0].rows + 1] = own
    spelled = own[:, None]
    rows, result = [], []
    for n in range(2, longest + 1):
        level = frequent.levels[n - 1]
        last = by_symbol[level.symbols]
        spelled = np.column_stack([spelled[level.parents], last])
        good = np.flatnonzero((spelled > 0).all(axis=1))
        rows.append(good)
        padded = np.zeros((len(good), LONGEST), np.int64)
        padded[:, :n] = spelled[good]
        result.append(padded)
    return rows, np.concatenate(result)


def _models(
    fitted: Fitted, spelling: np.ndarray, run: Callable[..., Iterable[Any]]
) -> tuple[np.ndarray, list[Weighted]]:
    """(order of the candidates, heaviest first; their weights by default and fine penalties)."""
    lattice, fine = fitted.lattice, PENALTIES["fine"]
    gaps = fitted.regression.gaps if fitted.regression is not None else None
    tables = weights(fitted.expected, fine, fitted.bonus, LEAST_SHARE)
    fine_expected = expect(lattice, tables, fitted.base, gaps, run).expected
    lengths = np.count_nonzero(spelling, axis=1)
    models = []
    order: np.ndarray | None = None
    for expected, penalties in ((fitted.expected, fitted.penalties), (fine_expected, fine)):
        tables = weights(expected, penalties, fitted.bonus, LEAST_SHARE)
        weight = np.zeros(len(spelling), np.float32)
        for k in range(2, LONGEST + 1):
            of_length = np.flatnonzero(lengths == k)
            rows = find_rows(lattice.words[k - 1], spelling[of_length, :k])
            weight[of_length] = tables[k - 1][rows]
        if order is None:
            order = np.argsort(-weight, kind="stable")
        models.append(Weighted(spelling[order], weight[order], tables[0], fitted.base))
    assert order is not None
    return order, models
