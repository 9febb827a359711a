"""Formulas of --method em: expected counts, freedom, spread -> the score of a word; cohesion, edges -> that of a term.

Sources and worked numbers: docs/how-it-works.md.
"""

from __future__ import annotations

import numpy as np

# Chosen on statutes, medical questions, IT news and a novel; two more corpora confirmed them.
RARE = 5.0  # added to the count: of what occurs five times half remains
RARE_LEAST = 1.5
ENOUGH_FREEDOM = 2.0  # nats: more kinds of neighbours say no more
LEAST_FREEDOM = 0.05  # added, so that words which always have the same neighbour have an order too
ALONE = 2.0  # exponent for the shares of the first and last symbol
# Terms are ranked by another formula, which gives about three times as much to a term as good as a word.
TERM_SCALE = 0.35
# Terms of which less than a tenth of the occurrences are at an edge of a clause lose score; rare ones are
# shrunk to that tenth, as if they had been seen ten times more.
EDGE, EDGE_SEEN = 0.1, 10.0


def shrinkage(symbols: int) -> float:
    """What is added to counts in the score: RARE, less for a corpus below a million symbols.

    In a short story nothing occurs often, and what occurs three times is no accident.
    """
    return min(RARE, max(RARE_LEAST, symbols ** (1 / 3) / 20))


def expectation_score(
    expected: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    shards: np.ndarray,
    alone: np.ndarray,
    rare: float = RARE,
) -> np.ndarray:
    """Score of each word.

    expected: mean expected count under default and fine penalties; freedom: the smaller branching entropy,
    nats; shards: tenths of the corpus that have it; alone: sum of the shares of the occurrences of its
    first and of its last symbol in which that is a word of its own; rare: what is added to the count, so
    that rare words have less.
    """
    share = expected / (counts + rare)
    free = np.minimum(freedom, ENOUGH_FREEDOM) + LEAST_FREEDOM
    return share * free * np.sqrt(shards) * np.exp(-ALONE * alone)


def term_score(
    normed_pmi: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    alone: np.ndarray,
    edge: np.ndarray,
) -> np.ndarray:
    """Score of each term of several words, on the scale of expectation_score.

    normed_pmi: PMI of the weakest split between its words, divided by -ln p(term). edge: the smaller share
    of its occurrences that begin or end at a break. A part of a clause that never stands at one of its ends, as
    管理部门应当, is no term.
    """
    cohesion = np.log(counts) * np.maximum(normed_pmi, 0)
    shrunk = (edge * counts + EDGE * EDGE_SEEN) / (counts + EDGE_SEEN)
    at_edges = np.sqrt(np.minimum(shrunk / EDGE, 1))
    freedom = np.minimum(freedom, ENOUGH_FREEDOM)
    return TERM_SCALE * cohesion * freedom * np.exp(-alone) * at_edges
