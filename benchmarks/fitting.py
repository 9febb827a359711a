"""Texts + lexicons + candidates judged by eye (judged.tsv) -> constants and weights of nlptools/discovery/em_score.py.

Good are the words of lists; of those that are in none the judged ones stand for all of theirs: same text, same length,
not far below the bar. What lies farther below counts as bad. Logistic regression with a ridge; every text weighs the same.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import references
from report import Report

from nlptools.discovery import em
from nlptools.discovery.discover import discover_words
from nlptools.discovery.em_score import (
    CONSTANTS,
    FACTORS,
    LEAST_FREEDOM,
    LEAST_WHOLE,
    WEIGHTS,
    Seen,
)
from nlptools.discovery.known import known_words
from nlptools.text.corpus import Corpus

JUDGED = Path(__file__).with_name("judged.tsv")
RIDGE = 5.0
# The judged candidates were drawn from all with at least these odds (nats) by an earlier model of the first eight
# factors: constants and weights by length, as in em_score.py.
DRAWN_ABOVE = -0.9
DRAWN_BY = np.array(
    [
        (0.75, 1.25, 0.23, 0.49, 0.10, -1.59, 0.0, 0.0, 0.0),
        (0.39, 3.65, 0.58, 1.05, 0.29, -2.63, 0.0, -0.85, -1.39),
        (0.03, 2.22, 1.27, 0.0, 0.30, -1.16, -1.14, -0.78, -0.99),
        (0.80, 1.89, 1.57, 0.0, 0.27, -0.15, -1.42, -0.99, -0.93),
    ]
)
# The lengths of a row of weights, and the factors that it has.
GROUPS = ((2, 2), (3, 3), (4, 4), (5, 8))
_MOST = ("cohesion", "freedom", "edge", "alone", "first", "last", "begins", "ends")
USED = (
    {*_MOST, "whole"} - {"first", "last"},
    {*_MOST, "whole"},
    {*_MOST, "joints"},
    {*_MOST, "joints"},
)


@dataclass
class Candidates:
    """What discover scores in one text and no word list has; aligned. good: 1, 0 or nan, where nobody says."""

    words: list[str]
    lengths: np.ndarray
    factors: np.ndarray
    good: np.ndarray
    listed: np.ndarray

    def group(self, lengths: tuple[int, int], nats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(rows of some lengths to learn from, how many each stands for)."""
        own = (self.lengths >= lengths[0]) & (self.lengths <= lengths[1])
        high = own & ~self.listed & (nats > DRAWN_ABOVE)
        judged = high & ~np.isnan(self.good)
        weight = np.where(own & (self.listed | ~high), 1.0, 0.0)
        weight[judged] = np.count_nonzero(high) / max(1, np.count_nonzero(judged))
        rows = np.flatnonzero(weight)
        return rows, weight[rows] * (1000 / weight[rows].sum())


def bench_fit(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Print what em_score.py has, fitted anew."""
    listed = references.read([*args.lexicon, *args.dictionary, *args.reference])
    judged: dict[str, dict[str, float]] = {}
    for line in JUDGED.read_text("utf-8").splitlines()[1:]:
        name, word, good = line.split("\t")
        judged.setdefault(name, {})[word] = float(good)
    texts = []
    for named in args.named:
        name, _, path = named.partition("=")
        texts.append(candidates(Path(path), listed, judged[name]))
    report.note(f"\n{'':8}{'':9}" + "".join(f"{name:>10}" for name in FACTORS))
    for row, (lengths, used) in enumerate(zip(GROUPS, USED, strict=True)):
        constant, weights = fit(texts, lengths, row, np.array([f in used for f in FACTORS]))
        name = f"{lengths[0]}-{lengths[1]}"
        for label, one, many in (
            ("new", constant, weights),
            ("has", float(CONSTANTS[row]), WEIGHTS[row]),
        ):
            shown = "".join(f"{weight:10.2f}" for weight in many.tolist())
            report.note(f"{name:4}{label:4}{one:9.2f}{shown}")


def candidates(path: Path, listed: set[str], judged: dict[str, float]) -> Candidates:
    """By what discover sees on its way."""
    taken: list[tuple[np.ndarray, Seen]] = []
    found: list[em.Ranked] = []
    see, rank = em._seen, em.rank_expected

    def seen(what: object, spelling: np.ndarray, *rest: object) -> Seen:
        taken.append((spelling, see(what, spelling, *rest)))  # type: ignore[arg-type]
        return taken[-1][1]

    def ranked(*arguments: object) -> em.Ranked:
        found.append(rank(*arguments))  # type: ignore[arg-type]
        return found[-1]

    em._seen, em.rank_expected = seen, ranked  # type: ignore[assignment]
    try:
        symbols = discover_words(Corpus([os.fspath(path)])).symbols
    finally:
        em._seen, em.rank_expected = see, rank
    texts = np.array(["", *found[0].texts], object)
    every = Seen(
        *(np.concatenate([getattr(one, f.name) for _, one in taken]) for f in fields(Seen))
    )
    words = ["".join(row) for spelling, _ in taken for row in texts[spelling].tolist()]
    general = known_words("general")
    keep = (every.whole > LEAST_WHOLE * every.counts) & (every.freedom > LEAST_FREEDOM)
    keep &= np.array([word not in general for word in words])
    kept = [word for word, good in zip(words, keep.tolist(), strict=True) if good]
    is_listed = np.array([word in listed for word in kept])
    good = np.array([1.0 if word in listed else judged.get(word, np.nan) for word in kept])
    return Candidates(kept, every.lengths[keep], every.factors(symbols)[keep], good, is_listed)


def fit(
    texts: list[Candidates], lengths: tuple[int, int], row: int, used: np.ndarray
) -> tuple[float, np.ndarray]:
    """(constant, weights of FACTORS, 0 for those that are not used)."""
    parts = list(_parts(texts, lengths, row))
    factors = np.concatenate([part[0] for part in parts])[:, used]
    good, weight = (np.concatenate([part[i] for part in parts]) for i in (1, 2))
    mean, spread = factors.mean(axis=0), factors.std(axis=0) + 1e-9
    found = logistic((factors - mean) / spread, good, weight)
    weights = np.zeros(len(used))
    weights[used] = found[1:] / spread
    return float(found[0] - weights[used] @ mean), weights


def _parts(
    texts: list[Candidates], lengths: tuple[int, int], row: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    for text in texts:
        nats = DRAWN_BY[row, 0] + text.factors[:, :8] @ DRAWN_BY[row, 1:]
        rows, weight = text.group(lengths, nats)
        yield text.factors[rows], np.nan_to_num(text.good[rows]), weight


def logistic(factors: np.ndarray, good: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(constant, weights) by Newton's method; RIDGE on the weights."""
    columns = np.column_stack([np.ones(len(factors)), factors])
    ridge = np.full(columns.shape[1], RIDGE)
    ridge[0] = 1e-6
    found = np.zeros(columns.shape[1])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
        slope = columns.T @ (weight * (good - chance)) - ridge * found
        curve = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        found += step
        if abs(step).max() < 1e-6:
            break
    return found
