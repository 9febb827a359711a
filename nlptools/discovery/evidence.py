"""Some words + a running discovery by method em -> what it saw of each of them: factors, probability, cuts.

discover_words takes an `Explained` and fills it on its way, so that words are explained by the run that made the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlptools.discovery.cuts import Cuts, find_cuts
from nlptools.discovery.em_score import (
    BEHIND,
    CONSTANTS,
    EVEN_SHARE,
    FACTORS,
    LEAST_FREEDOM,
    LEAST_WHOLE,
    WEIGHTS,
    Seen,
)
from nlptools.ngrams.symbols import split_symbols
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.sample import Sample

if TYPE_CHECKING:
    from nlptools.discovery.keyness import Reference


class Factor(NamedTuple):
    """A summand of the score: its value, the weight of it, and what both make, in nats."""

    name: str
    value: float
    weight: float
    nats: float


@dataclass(frozen=True)
class Evidence:
    """What method em saw of a word, and the probability that follows; formulas and names as in em_score.py.

    kind: "listed" for a word of the word list that the prior was learnt on and that is expected as a word, "word" for
    any that is judged by its factors, "term" for a sequence of words.
    expected, fine: expected as a word under the default and the fine penalties, nan for a term, `share` their mean
    divided by count and `shrunk`, even_share: where the odds are even; these four for listed words, which have no
    factors. factors: they begin with the constant, whose value is 1. nats: logarithm of the odds. behind: why the
    probability is BEHIND of what the odds say, "" if it is not. seen: columns of Seen.
    """

    kind: str
    seen: dict[str, float]
    probability: float
    nats: float
    expected: float
    fine: float
    share: float | None = None
    shrunk: float | None = None
    even_share: float | None = None
    factors: list[Factor] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


@dataclass
class Explained:
    """Words to be explained, as the corpus is folded, and what is known of them when the discovery has ended.

    evidence, cuts: of words that method em scored, or that its model cut. standing: where each word stands (explain.py).
    """

    words: tuple[str, ...]
    evidence: dict[str, Evidence] = field(default_factory=dict)
    cuts: dict[str, Cuts] = field(default_factory=dict)
    background: Reference | None = None
    standing: dict[str, Any] = field(default_factory=dict)

    def take(
        self,
        spelling: np.ndarray,
        seen: Seen,
        probability: np.ndarray,
        sample: Sample,
        *,
        listed: np.ndarray | None = None,
        expected: Sequence[np.ndarray] = (),
        shrunk: float = 0.0,
    ) -> None:
        """Some of the scored candidates: symbol ids padded with 0, what was seen, the probability.

        listed, expected: of words, whether a list has them, and expected counts by both penalties; of terms there are
        none. shrunk: what is added to counts for listed words.
        """
        for row, word in self._rows(spelling, sample):
            one = Seen(*(getattr(seen, column.name)[row : row + 1] for column in fields(Seen)))
            default, fine = (float(of[row]) for of in expected) if expected else (np.nan, np.nan)
            found = Evidence(
                "word" if expected else "term",
                {column.name: getattr(one, column.name)[0].item() for column in fields(Seen)},
                float(probability[row]),
                0.0,
                default,
                fine,
            )
            by_factors = _of_factors(found, one, sample.symbols)
            self.evidence[word] = by_factors
            if listed is not None and listed[row]:
                # What says more of a listed word counts.
                by_list = _of_list(found, shrunk)
                self.evidence[word] = max(by_list, by_factors, key=_probability)

    def _rows(self, spelling: np.ndarray, sample: Sample) -> Iterable[tuple[int, str]]:
        """(row, word) of those of the words that are among the texts spelled so."""
        asked = {ids: word for word, ids in spelled(self.words, sample).items()}
        starts = np.unique(np.array([ids[:2] for ids in asked if len(ids) > 1], np.int64), axis=0)
        if not len(starts):
            return
        # Two symbols leave few rows, which Python can look at.
        base = len(sample.texts) + 1
        first = spelling[:, 0].astype(np.int64) * base + spelling[:, 1]
        for row in np.flatnonzero(np.isin(first, starts[:, 0] * base + starts[:, 1])).tolist():
            ids = tuple(i for i in spelling[row].tolist() if i)
            if ids in asked:
                yield row, asked[ids]

    def cut(
        self,
        blocks: Iterable[np.ndarray],
        sample: Sample,
        model: Weighted,
        run: Callable[..., Iterable[Any]],
        piece: int | None,
    ) -> None:
        """Read the corpus as ids once more: how does the model cut each occurrence of the words?"""
        self.cuts = find_cuts(blocks, sample, model, spelled(self.words, sample), run, piece)


def spelled(words: Sequence[str], sample: Sample) -> dict[str, tuple[int, ...]]:
    """The ids of those of the words whose symbols are all in the sample."""
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    # A symbol is one character, or a run: where all runs are characters, so are those of the words.
    found = {}
    for word in words:
        for latin in ("run", "char"):
            ids = tuple(number.get(symbol, 0) for symbol in split_symbols(word, latin))
            if ids and 0 not in ids:
                found[word] = ids
                break
    return found


def _probability(found: Evidence) -> float:
    return (BEHIND if found.behind else 1.0) / (1 + float(np.exp(-found.nats)))


def _of_list(found: Evidence, shrunk: float) -> Evidence:
    """The odds are the fourth power of the share that is expected, divided by EVEN_SHARE (em_score.listed_score)."""
    share = (found.expected + found.fine) / 2 / (found.seen["counts"] + shrunk)
    nats = 4 * float(np.log(max(share, 1e-12) / EVEN_SHARE))
    return replace(
        found, kind="listed", nats=nats, share=share, shrunk=shrunk, even_share=EVEN_SHARE
    )


def _of_factors(found: Evidence, seen: Seen, symbols: int) -> Evidence:
    """The logistic model of em_score.score, summand by summand."""
    row = int(np.clip(seen.lengths[0], 2, len(CONSTANTS) + 1)) - 2
    values, weights = seen.factors(symbols)[0].tolist(), WEIGHTS[row].tolist()
    factors = [Factor("constant", 1.0, float(CONSTANTS[row]), float(CONSTANTS[row]))]
    for name, value, weight in zip(FACTORS, values, weights, strict=True):
        factors.append(Factor(name, value, weight, value * weight))
    whole, count = found.seen["whole"], found.seen["counts"]
    behind = []
    freedom = float(seen.freedom[0])
    if whole <= LEAST_WHOLE * count:
        behind.append(
            f"only {whole:,} of {count:,} occurrences begin and end where words do, "
            f"no more than {LEAST_WHOLE:.0%}: {BEHIND:g} of the probability remains"
        )
    if freedom <= LEAST_FREEDOM:
        behind.append(
            f"the neighbours on one side are nearly always the same: entropy {freedom:.4f}, no more than "
            f"{LEAST_FREEDOM:g}: {BEHIND:g} of the probability remains"
        )
    nats = sum(factor.nats for factor in factors)
    return replace(found, nats=nats, factors=factors, behind=behind)
