"""Formulas of --method em: what is seen of a candidate -> the probability that it is a word or a term.

Words of a word list and all others have a formula each; both give a probability, so that words and terms of all
lengths stand in one ranking. docs/decisions.md has the measurement, docs/how-it-works.md worked numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Chosen on statutes, medical questions, IT news and a novel; two more corpora confirmed them.
RARE = 5.0  # added to the count: of what occurs five times half remains
RARE_LEAST = 1.5
# A word of the list is as likely as not where so much of its occurrences is expected as a word.
EVEN_SHARE = 0.1

# Of the occurrences of a candidate so many begin and end where words do, and its neighbours are so free at least
# (nats); what is below one of them is put behind everything else.
LEAST_WHOLE, LEAST_FREEDOM = 0.12, 0.1
BEHIND = 0.01  # what remains of its probability
MOST_FREEDOM = 3.0  # nats: more kinds of neighbours say no more

# Characters with which a phrase begins or ends more often than a word does: pronouns, numerals, adverbs, auxiliaries
# and prepositions; particles, directions and places.
FIRST = (
    "这那哪各每某两几该此本其任我你他她它您咱谁一二三四五六七八九十百千万半第太很越更最较不没未就也都再又还已可能会"
    "要应须将只才正并均仍便需想把被从在对向于与和及或而但若如为以由给让使按经因至到"
)
LAST = "着成到于了过的地得起出去来给时后前中内外里上下间和与或及是为在有以并对将被从等也就都"

# The logistic model: for words of 2, 3, 4 and 5 to 8 symbols a constant and the weights of FACTORS. Fitted on IT news,
# medical questions, statutes and television news (10 to 20 MB each), on candidates that the general model's word list
# lacks: good ones were the entries of THUOCL, of jieba's dictionary and of a general word list; of those that are in none
# 960 were judged by eye and stand for all the others (bin/bench fit). So .5 is where every second one is a word or a term.
FACTORS = (
    *("cohesion", "freedom", "whole", "edge", "alone", "joints"),
    *("first", "last", "begins", "ends"),
)
CONSTANTS = np.array([2.33, 2.45, 3.28, 3.72])
WEIGHTS = np.array(
    [
        (3.52, 0.61, 1.01, 0.10, -2.95, 0.0, 0.0, 0.0, 0.15, 0.18),
        (4.84, 1.08, 1.89, 0.34, -3.27, 0.0, -0.99, -1.44, 0.50, 0.47),
        (4.50, 2.05, 0.0, 0.59, -2.07, -2.36, -1.24, -1.85, 0.58, 0.09),
        (2.94, 2.67, 0.0, 0.40, -1.88, -2.28, -2.35, -1.59, 0.45, 0.21),
    ]
)


@dataclass(frozen=True)
class Seen:
    """What is seen of candidates; aligned arrays.

    lengths: symbols; counts: occurrences; pmi: of the weakest split, nats; left_entropy, right_entropy: nats; whole:
    occurrences with an end of a word on both sides; joints: ends of words inside those, added up; right_edge:
    occurrences next to a break on the right; alone: shares of the occurrences of the first and of the last symbol in which
    that is a word of its own, added; first, last: whether these symbols are of FIRST and of LAST; begins, ends: how
    readily the first listed word in it begins compounds, and the last one ends them (formation.py).
    """

    lengths: np.ndarray
    counts: np.ndarray
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    whole: np.ndarray
    joints: np.ndarray
    right_edge: np.ndarray
    alone: np.ndarray
    first: np.ndarray
    last: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    @property
    def freedom(self) -> np.ndarray:
        """The smaller branching entropy, nats."""
        return np.minimum(self.left_entropy, self.right_entropy)

    def factors(self, symbols: int) -> np.ndarray:
        """FACTORS of each candidate, shape (candidates, factors). symbols: of the corpus.

        cohesion: PMI of the weakest split, divided by -ln p; freedom, whole, edge: logarithms, of the shares with
        rare candidates shrunk towards a tenth; joints: ends of words inside an occurrence.
        """
        # A probability above a half would make the divisor as small as one likes.
        share = np.minimum(self.counts / max(symbols, 1), 0.5)
        columns = (
            self.pmi / -np.log(share),
            np.log(np.minimum(self.freedom, MOST_FREEDOM) + 0.1),
            np.log((self.whole + 0.2) / (self.counts + 2)),
            np.log((self.right_edge + 1) / (self.counts + 10)),
            self.alone,
            (self.joints + 0.5) / (self.whole + 1),
            self.first,
            self.last,
            self.begins,
            self.ends,
        )
        return np.column_stack([column.astype(np.float64) for column in columns])


def shrinkage(symbols: int) -> float:
    """What is added to counts in the score: RARE, less for a corpus below a million symbols.

    In a short story nothing occurs often, and what occurs three times is no accident.
    """
    return min(RARE, max(RARE_LEAST, symbols ** (1 / 3) / 20))


def listed_score(expected: np.ndarray, counts: np.ndarray, rare: float = RARE) -> np.ndarray:
    """Probability that words of a word list are words here, too, and no mere parts of others.

    expected: mean expected count under default and fine penalties; rare: what is added to the count, so that rare
    words have less. The odds are the fourth power of the share of what is expected, divided by EVEN_SHARE: so steep that what is nearly
    always a word stands before the best of those that no list has.
    """
    odds = (expected / (counts + rare) / EVEN_SHARE) ** 4
    return odds / (1 + odds)


def score(seen: Seen, symbols: int) -> np.ndarray:
    """Probability that candidates that no list has are words or terms. symbols: of the corpus."""
    row = np.clip(seen.lengths, 2, 5) - 2
    nats = CONSTANTS[row] + (WEIGHTS[row] * seen.factors(symbols)).sum(axis=1)
    behind = (seen.whole <= LEAST_WHOLE * seen.counts) | (seen.freedom <= LEAST_FREEDOM)
    return np.where(behind, BEHIND, 1.0) / (1 + np.exp(-nats))
