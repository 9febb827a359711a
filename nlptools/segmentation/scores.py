"""Weighted words + places of unseen ones -> their scores as whole numbers, by symbol ids.

All that a path adds up is made here, once; so the path of arrays (blockpath.py) and the scalar one (shortpath.py)
add the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lattice.sums import NEVER, SCALE, whole
from nlptools.wordmodel.em import BASE_NATS, BASE_SMOOTHING
from nlptools.wordmodel.model import PLACES


@dataclass(frozen=True)
class WordScores:
    """Words by the ids of their symbols, heaviest first, with their scores in units of 1 / SCALE nat.

    numbers: int64, which word of the list each is; spelled: int32, ids of each, padded with 0; of_words: int32.
    of_symbols: int32, of every id as a word. places: by length of an unseen word and place in it, int32, for every id
    what it adds to the score of such a word; none where unseen words are cut into symbols.
    """

    numbers: np.ndarray
    spelled: np.ndarray
    of_words: np.ndarray
    of_symbols: np.ndarray
    places: Mapping[int, Sequence[np.ndarray]]

    @property
    def size(self) -> int:
        """One more than the largest id."""
        return len(self.of_symbols)

    @staticmethod
    def of(
        spelled: np.ndarray,
        weights: np.ndarray,
        size: int,
        unknown: float | None,
        places: Mapping[int, Sequence[np.ndarray]],
    ) -> WordScores:
        """spelled: as above, a row of zeros for what is no word; weights: their logarithms (nats); unknown: that of
        a single symbol without a weight, None: one nat below the least single symbol.
        """
        order = np.argsort(-weights, kind="stable")
        order = order[spelled[order, 0] > 0]
        spelled, weights = spelled[order], weights[order]
        single = np.full(size, -np.inf)
        alone = spelled[:, 1] == 0
        single[spelled[alone, 0][::-1]] = weights[alone][::-1]
        known = single[np.isfinite(single)]
        if unknown is None:
            unknown = float((known if len(known) else weights).min(initial=0.0)) - 1
        single[~np.isfinite(single)] = unknown
        # Where a word is also an unseen word by its symbols, both count.
        lengths = np.count_nonzero(spelled, axis=1)
        scores = whole(weights)
        for k, tables in places.items():
            here = np.flatnonzero(lengths == k)
            if not len(here):
                continue
            unseen = sum(np.take(table, spelled[here, j]) for j, table in enumerate(tables))
            both = whole(np.logaddexp(weights[here], unseen / SCALE))
            scores[here] = np.maximum(both, unseen)
        return WordScores(order, spelled, scores, whole(single), places)


def place_scores(
    known: np.ndarray, counts: np.ndarray, han: np.ndarray
) -> dict[int, list[np.ndarray]]:
    """What each id adds to the score of an unseen word at each place, by the length of the word.

    known: int64, ids of the symbols that are counted, 0 for one without; counts: shape (symbols, PLACES), in how
    many rare words they stand there; han: bool, by id, which may be part of an unseen word.
    """
    places: dict[int, list[np.ndarray]] = {}
    for (k, place), column in zip(PLACES, counts.T, strict=True):
        n = np.zeros(len(han))
        n[known] = column
        n[0] = 0
        share = np.log(n + BASE_SMOOTHING) - np.log(n.sum() + BASE_SMOOTHING * len(n))
        scores = whole(share + (BASE_NATS[k] if place == 0 else 0.0))
        scores[~han] = NEVER
        places.setdefault(k, []).append(scores)
    return places
