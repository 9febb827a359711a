"""Word list with counts + spelled candidates -> how readily the words they begin and end with form compounds in the list.

操作 and 系统 begin and end many listed words for their frequency, 进行 and 一些 hardly any: 操作系统 is a term where
进行操作 is a phrase. A parameter-free stand-in for the part-of-speech filters of term extraction (Justeson & Katz 1995).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from nlptools.base import keys
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
        rows, spelling = carried.spelled, carried.spelling
        rate = model.expected[rows] * (1e6 / max(1.0, float(model.expected.sum()))) + RATE
        counted = _compounds(model.known, carried)
        values = [np.log((number + COMPOUNDS) / rate) for number in counted]
        lengths = np.count_nonzero(spelling, axis=1)
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
            own[1:number] = value[listed]
            own[number + spelling[single, 0]] = value[single]

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


def _compounds(known: np.ndarray, carried: Carried) -> tuple[np.ndarray, np.ndarray]:
    """How many listed words of three symbols and more each of the spelled words begins, and how many it ends; int64.

    known: which words of the model are listed. What they begin with counts where the corpus has all symbols of that,
    whatever follows.
    """
    lengths, ends = carried.words.lengths, carried.words.ends
    # Among the symbols of the model, of which there are so few that three fit into a key.
    number = np.zeros(int(carried.symbols.max(initial=0)) + 1, np.uint64)
    used = np.flatnonzero(np.bincount(carried.symbols, minlength=1)[1:]) + 1
    number[used] = np.arange(1, len(used) + 1)
    ids, size = number[carried.symbols], len(used) + 1
    own = _keys([number[column] for column in carried.spelling.T[: LONGEST - 1]], size)
    # A part has three symbols at most.
    longest = np.flatnonzero(carried.spelling[:, LONGEST - 1])
    compound = np.flatnonzero(known & (lengths > 2) & (lengths <= LONGEST))
    found = []
    for last in (False, True):
        parts = []
        for k in range(1, LONGEST):
            longer = compound[lengths[compound] > k]
            start = ends[longer] - (k if last else lengths[longer])
            columns = [ids[start + j] for j in range(k)]
            there = functools.reduce(np.logical_and, [column > 0 for column in columns])
            parts.append(_keys([column[there] for column in columns], size))
        distinct, times = np.unique(np.concatenate(parts), return_counts=True)
        at = keys.KeyTable(distinct).find(own)
        of_own = np.where(at >= 0, times[at], 0) if len(times) else np.zeros(len(own), np.int64)
        of_own[longest] = 0
        found.append(of_own)
    return found[0], found[1]


def _keys(columns: list[np.ndarray], size: int) -> np.ndarray:
    """One key for the symbols of each row, below `size`, from 1; 0 behind the last one."""
    found = columns[-1].copy()
    for column in columns[-2::-1]:
        found *= np.uint64(size)
        found += column
    return found
