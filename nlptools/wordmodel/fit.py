"""Lattice of candidates -> fitted word model: the stages of EM in their order."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlptools.base.machine import trim_memory
from nlptools.base.resources import Watch, unwatched
from nlptools.wordmodel.em import (
    LONGEST,
    PRUNE,
    Base,
    Expected,
    Lattice,
    Tables,
    affix_bonus,
    base_measure,
    expect,
    prune,
    weights,
)
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.gap_regression import GapRegression
from nlptools.wordmodel.sample import Sample

MIN_COUNT = 2  # of a candidate; 1 and 3 lose 0.003 F1
ITERATIONS = 4
PRUNE_AFTER = 2
BASE_FROM = 3  # iterations without the base measure, while most candidates are still alive
ROUNDS = 2  # of co-training; one gives half of what two give, a third one a tenth
LEAST_EXPECTED = 0.5  # of a word in the model
# Words of a prior keep a tenth of their expected count where the discount would take all of it: F1 of a corpus of
# 20,000 characters .737 -> .782, of 200,000 .804 -> .807.
PRIOR_SHARE = 0.1

# Where a prior says which words are known, from a word list: nats that a known word of 1, 2, 3, 4 symbols gains,
# and that any other loses. Chosen on six development sets, flat around it (docs/decisions.md).
KNOWN_NATS = (0.0, 1.0, 2.5, 4.0)
UNKNOWN_NATS = -2.0
PRUNE_KNOWN = 0.02  # known words are not dropped before the list was heard

# `numerals="split"`: a character is a measure word when so many of the numerals stand before it
# often enough, and words of numerals and a measure word become this much less likely.
NUMERAL_SYMBOLS = "一二三四五六七八九十百千万亿两〇零几"
MEASURE_NUMERALS, MEASURE_COUNT, MEASURE_NATS = 6, 5, -6.0


@dataclass(frozen=True)
class Prior:
    """What is said of the candidates before the text is read; by length - 1.

    expected: counts to add to what is found. known: bool, whether a word list has them; None: there is no list.
    others: bool, which of them such a list says nothing of, as it has few words with letters.
    """

    expected: Expected
    known: list[np.ndarray] | None = None
    others: list[np.ndarray] | None = None

    def select(self, kept: Sequence[np.ndarray]) -> Prior:
        """The kept rows of the lengths 2, 3, ..."""
        if self.known is None or self.others is None:
            return Prior(rows_of(self.expected, kept))
        return Prior(
            rows_of(self.expected, kept), rows_of(self.known, kept), rows_of(self.others, kept)
        )

    def bonus(self) -> list[np.ndarray | None]:
        """Nats for words that are known or not."""
        none: list[np.ndarray | None] = [None] * LONGEST
        if self.known is None or self.others is None:
            return none
        both = zip(self.known[1:], self.others[1:], strict=True)
        for k, (known, others) in enumerate(both, 2):
            # In float32, which has all of these numbers.
            nats = np.full(len(known), UNKNOWN_NATS, np.float32)
            nats[others] = 0
            nats[known] = KNOWN_NATS[k - 1]
            none[k - 1] = nats
        return none

    def with_affixes(self, affixes: Sequence[np.ndarray | None]) -> list[np.ndarray | None]:
        """The bonus and that for affixes: no known word loses by how it splits, which is a guess where a list knows."""
        if self.known is None:
            return list(affixes)
        made = []
        for bonus, affix, known in zip(self.bonus(), affixes, self.known, strict=True):
            if bonus is None or affix is None:
                made.append(bonus)
            else:
                made.append(bonus + np.where(known, np.maximum(affix, 0), affix))
        return made

    def least(self, least: float) -> list[np.ndarray | float]:
        """By length - 1: the expected count below which candidates are dropped."""
        if self.known is None:
            return [least] * LONGEST
        return [np.where(known, min(least, PRUNE_KNOWN), least) for known in self.known]


@dataclass
class Fitted:
    """The word model in its own numbers, before it becomes a list of words.

    expected holds what was found and what the prior, the same candidates' expected counts, adds to it. known: bool,
    by length - 1, whether a word list has each of them; None: there was no list.
    """

    lattice: Lattice
    penalties: Sequence[float]
    expected: Expected
    bonus: list[np.ndarray | None]
    prior: Expected | None
    base: Base
    regression: GapRegression | None = field(default=None, repr=False)
    known: list[np.ndarray] | None = None

    def tables(self) -> Tables:
        """Weight of every candidate."""
        return weights(self.expected, self.penalties, self.bonus, self.least_share)

    @property
    def least_share(self) -> float:
        """The share of its expected count that every word keeps."""
        return 0.0 if self.prior is None else PRIOR_SHARE


def fit(
    sample: Sample,
    lattice: Lattice,
    penalties: Sequence[float],
    *,
    prior: Prior | None = None,
    split_numerals: bool = False,
    rounds: int = ROUNDS,
    least: float = PRUNE,
    run: Callable[..., Iterable[Any]] = map,
    watch: Watch = unwatched,
) -> Fitted:
    """EM, affix bonus, EM with the gap regression. The lattice is pruned on the way.

    prior: expected counts to add to what is found, and which candidates are known words. rounds: of co-training. least: expected
    count below which candidates are dropped.
    """
    han = sample.han
    expected = [words.counts.astype(np.float64) for words in lattice.words]
    if prior is not None:
        for c in expected[1:]:
            c[c < MIN_COUNT] = 0
    added = None if prior is None else prior.expected
    expected = add_prior(expected, added)
    bonus: list[np.ndarray | None] = [None] * LONGEST if prior is None else prior.bonus()
    base: Base | None = None
    least_share = 0.0 if prior is None else PRIOR_SHARE
    listed = prior is not None and prior.known is not None

    steps = itertools.count(1)
    of = ITERATIONS + 1 + 2 * rounds

    def step(gaps: Any = None) -> Sequence[np.ndarray]:
        nonlocal expected
        watch("learning", next(steps), of)
        tables = weights(expected, penalties, bonus, least_share)
        expected = []  # room for the new ones
        trim_memory()
        found = expect(lattice, tables, base, gaps, run)
        expected = add_prior(found.expected, added)
        return found.boundaries

    for iteration in range(ITERATIONS):
        if iteration == PRUNE_AFTER:
            trim_memory()
            kept = prune(lattice, expected, least if prior is None else prior.least(least))
            expected = rows_of(expected, kept)
            if prior is not None:
                prior = prior.select(kept)
                added, bonus = prior.expected, prior.bonus()
            trim_memory()
        if iteration >= BASE_FROM:
            base = base_measure(lattice.words, expected, han, listed)
        step()
    affixes = affix_bonus(lattice, expected)
    bonus = affixes if prior is None else prior.with_affixes(affixes)
    if split_numerals:
        _split_numerals(bonus, lattice, sample.texts)
    base = base_measure(lattice.words, expected, han, listed)
    boundaries = step()
    # Pairs that were dropped as words are dropped as features too: .0004 F1 either way, half the memory.
    regression = GapRegression(
        lattice.blocks,
        lattice.endings[0],
        lattice.endings[1],
        (len(lattice.words[0]), len(lattice.words[1])),
        run,
        lattice.store,
    )
    for _ in range(rounds):
        regression.fit(boundaries)
        for _ in range(2):
            base = base_measure(lattice.words, expected, han, listed)
            boundaries = step(regression.gaps)
    base = base_measure(lattice.words, expected, han, listed)
    known = None if prior is None else prior.known
    return Fitted(lattice, penalties, expected, bonus, added, base, regression, known)


def add_prior(found: Expected, prior: Expected | None) -> Expected:
    """What was found, to which is added in place what a prior adds to it, candidate by candidate."""
    if prior is not None:
        for own, more in zip(found, prior, strict=True):
            own += more
    return found


def rows_of(columns: Sequence[np.ndarray], kept: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The kept rows of the lengths 2, 3, ..., behind row 0."""
    rest = zip(columns[1:], kept, strict=True)
    return [columns[0]] + [np.concatenate([c[:1], c[rows]]) for c, rows in rest]


def _split_numerals(bonus: list[np.ndarray | None], lattice: Lattice, texts: Sequence[str]) -> None:
    """Lower the words of numerals and a measure word, which is learnt from what follows numerals."""
    numeral = np.array([False] + [text in NUMERAL_SYMBOLS for text in texts])
    pairs = lattice.words[1]
    often = (pairs.counts >= MEASURE_COUNT) & numeral[pairs.spelling[:, 0]]
    before = np.bincount(pairs.spelling[often, 1], minlength=len(numeral))
    measure = (before >= MEASURE_NUMERALS) & ~numeral
    for k in range(2, LONGEST + 1):
        spelling = lattice.words[k - 1].spelling
        here = numeral[spelling[:, :-1]].all(axis=1) & measure[spelling[:, -1]]
        extra = bonus[k - 1]
        bonus[k - 1] = (np.zeros(len(spelling)) if extra is None else extra) + MEASURE_NATS * here


def lexicon(fitted: Fitted) -> Weighted:
    """The words of a fitted model: at least half an occurrence is expected, or they are known; with a prior a
    tenth of that. Heaviest first.
    """
    tables = fitted.tables()
    least = LEAST_EXPECTED * (fitted.least_share or 1.0)
    spelling, values = [], []
    known = fitted.known or [np.zeros(1, bool)] * LONGEST
    for words, expected, table, listed in zip(
        fitted.lattice.words[1:], fitted.expected[1:], tables[1:], known[1:], strict=True
    ):
        rows = np.flatnonzero(((expected >= least) | listed) & (table > 0))
        padded = np.zeros((len(rows), LONGEST), words.spelling.dtype)
        padded[:, : words.length] = words.spelling[rows]
        spelling.append(padded)
        values.append(table[rows])
    weight = np.concatenate(values)
    order = np.argsort(-weight, kind="stable")
    return Weighted(np.concatenate(spelling)[order], weight[order], tables[0], fitted.base)
