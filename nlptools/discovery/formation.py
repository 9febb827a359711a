"""Word list with counts + spelled candidates -> how readily the words they begin and end with form compounds in the list.

操作 and 系统 begin and end many listed words for their frequency, 进行 and 一些 hardly any: 操作系统 is a term where
进行操作 is a phrase. A parameter-free stand-in for the part-of-speech filters of term extraction (Justeson & Katz 1995).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from nlptools.base import keys
from nlptools.base.packing import joined
from nlptools.text import chars
from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.expected_counts import Weighted, WordLookup
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.prior import Carried

# What is added to the listed compounds of a word and to its occurrences in a million words.
COMPOUNDS, RATE = 0.5, 0.4
# The mean over candidates: what all have where there is no word list.
NEUTRAL = -4.4
_UNSEEN = 1e-6  # weight of a symbol that the model does not have
_PIECE = 1 << 15  # candidates at a time


class Formation:
    """How readily words begin and end compounds, by the word list that a model was learnt on.

    A word of the list, or a single symbol, has ln((listed compounds of three symbols and more that begin with it +
    COMPOUNDS) / (occurrences in a million words + RATE)), and the same of those that end with it.
    """

    def __init__(self, model: WordModel, carried: Carried, symbols: int) -> None:
        """carried: the model in the symbols of a corpus, whose ids are below `symbols`. Raises ValueError for a model without a word list."""
        if model.known is None:
            raise ValueError("the model was not learnt on top of a word list")
        begins, ends = _compounds(model)
        rate = model.expected * (1e6 / max(1.0, float(model.expected.sum()))) + RATE
        values = [np.log((number + COMPOUNDS) / rate) for number in (begins, ends)]
        lengths = np.count_nonzero(carried.spelling, axis=1)
        rows, spelling = carried.spelled, carried.spelling
        listed = np.flatnonzero((lengths > 1) & model.known[rows])
        listed = listed[np.argsort(-model.weights[rows[listed]], kind="stable")]
        single = np.flatnonzero(lengths == 1)
        singles = np.full(symbols, _UNSEEN, np.float32)
        singles[spelling[single, 0]] = np.exp(model.weights[rows[single]])
        weights = np.exp(model.weights[rows[listed]]).astype(np.float32)
        self._listed = Weighted(spelling[listed], weights, singles, None)
        # By number of WordLookup.tokens: words from 1, then symbols.
        unseen, number = np.log(COMPOUNDS / RATE), len(listed) + 1
        self._values = np.full((2, number + symbols), unseen)
        for own, value in zip(self._values, values, strict=True):
            own[1:number] = value[rows[listed]]
            own[number + spelling[single, 0]] = value[rows[single]]

    @cached_property
    def _lookup(self) -> WordLookup:
        return WordLookup(self._listed)

    def of(self, spelling: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(of the first, of the last listed word) of each candidate, float64. spelling: symbol ids padded with 0."""
        first, last = [np.zeros(0)], [np.zeros(0)]
        for part in _parts(spelling):
            # One after the other, with a break behind each.
            ids = np.pad(part, ((0, 0), (0, 1)))
            inside = ids > 0
            inside[np.arange(len(part)), np.count_nonzero(part, axis=1)] = True
            tokens = self._lookup.tokens(ids[inside])
            stops = np.flatnonzero(tokens == 0)
            first.append(self._values[0, tokens[np.concatenate([[0], stops[:-1] + 1])]])
            last.append(self._values[1, tokens[stops - 1]])
        return np.concatenate(first), np.concatenate(last)


def _parts(spelling: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(spelling), _PIECE):
        yield spelling[start : start + _PIECE]


def _compounds(model: WordModel) -> tuple[np.ndarray, np.ndarray]:
    """How many listed words of three symbols and more each word of a model begins, and how many it ends; int64."""
    text, lengths = joined(model.words)
    short = lengths <= LONGEST
    codes = chars.code_points(text)[np.repeat(short, lengths)]
    rows, lengths = np.flatnonzero(short), lengths[short]
    # In 16 bits: a list of words with more kinds of characters than that has the last ones in common.
    used = np.zeros(int(codes.max(initial=0)) + 1, np.int32)
    used[codes] = 1
    number = np.minimum(np.cumsum(used)[codes], 0xFFFF)
    ids = np.zeros((len(rows), LONGEST), np.uint16)
    ids[np.arange(LONGEST) < lengths[:, None]] = number
    own = _keys(ids)
    compound = model.known[rows] & (lengths > 2) if model.known is not None else lengths < 0
    found = []
    for end in (False, True):
        parts = []
        for k in range(1, LONGEST):
            longer = np.flatnonzero(compound & (lengths > k))
            start = lengths[longer] - k if end else np.zeros(len(longer), np.int64)
            part = np.zeros((len(longer), LONGEST), np.uint16)
            part[:, :k] = np.take_along_axis(ids[longer], start[:, None] + np.arange(k), axis=1)
            parts.append(_keys(part))
        distinct, times = np.unique(np.concatenate(parts), return_counts=True)
        at = keys.KeyTable(distinct).find(own)
        of_all = np.zeros(len(model.words), np.int64)
        of_all[rows] = np.where(at >= 0, times[at], 0) if len(times) else 0
        found.append(of_all)
    return found[0], found[1]


def _keys(ids: np.ndarray) -> np.ndarray:
    return keys.pack(list(ids.T), [1 << 16] * LONGEST, np.empty(len(ids), np.uint64))
