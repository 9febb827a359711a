"""Weighted words + places of unseen ones -> their scores as whole numbers, by symbol ids.

All that a path adds up is made here, once; so the path of arrays (blockpath.py) and the scalar one (shortpath.py)
add the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lattice.sums import NEVER, SCALE, whole
from nlptools.wordmodel.em import BASE_SMOOTHING, base_nats
from nlptools.wordmodel.model import PLACES


@dataclass(frozen=True)
class WordScores:
    """Words by the ids of their symbols, with their scores in units of 1 / SCALE nat.

    spelled: ids of the symbols of each word, padded with 0; of_words: int32, scores. order: int32, which of
    them are words at all, heaviest first: of equal ones the first counts. of_symbols: int32, of every id as a word.
    places: by length of an unseen word and place in it, int32, for every id what it adds to the score of such a word;
    none where unseen words are cut into symbols.
    """

    spelled: np.ndarray
    of_words: np.ndarray
    order: np.ndarray
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
        characters: np.ndarray,
        unknown: float | None,
        places: Mapping[int, Sequence[np.ndarray]],
    ) -> WordScores:
        """spelled: as above, a row of zeros for what is no word; weights: their logarithms (nats); characters:
        bool, by id, which symbols are single characters; unknown: the weight of a symbol without one, None: one nat below
        the least of a character.
        """
        scores = whole(weights)
        order = _heaviest_first(scores)
        first, second = spelled[:, 0], spelled[:, 1]
        alone = order[(second[order] == 0) & (first[order] > 0)][::-1]
        single = np.full(len(characters), NEVER, np.int32)
        single[first[alone]] = scores[alone]
        if unknown is None:
            of_characters = alone[characters[first[alone]]]
            least = weights[of_characters] if len(of_characters) else weights[first > 0]
            unknown = float(least.min(initial=0.0)) - 1
        single[single == NEVER] = whole(np.array([unknown]))
        # Where a word is also an unseen word by its symbols, both count.
        for k, tables in places.items():
            here = np.flatnonzero(_have_length(spelled, k))
            if not len(here):
                continue
            unseen = np.zeros(len(here), np.int32)
            for j, table in enumerate(tables):
                unseen += np.take(table, spelled[here, j])
            both = whole(np.logaddexp(weights[here], unseen / SCALE))
            scores[here] = np.maximum(both, unseen)
        return WordScores(spelled, scores, order[first[order] > 0], single, places)


def _heaviest_first(scores: np.ndarray) -> np.ndarray:
    """Numbers of the scores, int32, the largest first, equal ones in their order."""
    keys = -scores.astype(np.int64) << 32
    keys |= np.arange(len(scores))
    keys.sort()  # plain integers: five times as fast as a stable argsort
    return (keys & 0xFFFF_FFFF).astype(np.int32)


def _have_length(spelled: np.ndarray, length: int) -> np.ndarray:
    """Which words have so many symbols."""
    if spelled.shape[1] < length:
        return np.zeros(len(spelled), bool)
    has = spelled[:, length - 1] > 0
    return has & (spelled[:, length] == 0) if spelled.shape[1] > length else has


def place_scores(
    known: np.ndarray, counts: np.ndarray, han: np.ndarray, listed: bool
) -> dict[int, list[np.ndarray]]:
    """What each id adds to the score of an unseen word at each place, by the length of the word.

    known: int64, ids of the symbols that are counted, 0 for one without; counts: shape (symbols, PLACES), in how
    many rare words they stand there, which is added up where ids are equal; han: bool, by id, which may be part of an
    unseen word. listed: as in base_nats.
    """
    nats = base_nats(listed)
    places: dict[int, list[np.ndarray]] = {}
    for (k, place), column in zip(PLACES, counts.T, strict=True):
        n = np.bincount(known, column, len(han))
        n[0] = 0
        share = np.log(n + BASE_SMOOTHING) - np.log(n.sum() + BASE_SMOOTHING * len(n))
        scores = whole(share + (nats[k] if place == 0 else 0.0))
        scores[~han] = NEVER
        places.setdefault(k, []).append(scores)
    return places
