"""Words of users + what a model makes of them -> the weights with which they win on the best path.

A user's word shall be found, but not at any price: 和服 is not in 产品和服务. So its weight is that of the best cut of
itself by the model, and some nats more for each gap in it. jieba's suggest_freq is the same with the least number that
suffices. Only words of the list may lie across its ends. docs/decisions.md has the figures.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nlptools.segmentation.spans import Sequences, Spans
from nlptools.text import chars
from nlptools.text.lookup import Lookup

# Of the places of gold words that the general model tears, 2, 3, 4, 8 nats find .963 .968 .977 .994 on PKU; where a
# gold word lies across the word of the user, it is broken in 10, 14, 21, 39 of 100 places. MSR, SXU: the same picture.
MARGIN = 3.0


def user_weights(
    words: Sequence[Sequence[str]],
    symbols: Mapping[str, int],
    score: Callable[[np.ndarray], list[np.ndarray]],
) -> list[float]:
    """The logarithm of the weight of each word, aligned; 0 for words without a cell.

    words: as cells, what the rule for tokens makes one token of, all different. symbols: ids from 1 of those that the
    model knows. score: ids, 0 at breaks -> by length - 1 the score in nats of the word that ends at each, -inf for none.
    A word wins against a shorter one in it, because that gets its weight first.
    """
    ids, starts = _ids_of(words, symbols)
    scores = score(ids)
    found = [0.0] * len(words)
    given: dict[tuple[str, ...], float] = {}
    for number in sorted(range(len(words)), key=lambda i: len(words[i])):
        if words[number]:
            cells, start = tuple(words[number]), starts[number]
            found[number] = given[cells] = _weight(cells, start, scores, given)
    return found


def _weight(
    cells: tuple[str, ...],
    start: int,
    scores: Sequence[np.ndarray],
    given: Mapping[tuple[str, ...], float],
) -> float:
    """start: where the word begins in the scores. given: the weights of shorter words of users."""

    def weigh(first: int, stop: int) -> float:
        length = stop - first
        own = given.get(cells[first:stop], -math.inf)
        return max(
            own, float(scores[length - 1][start + stop - 1]) if length <= len(scores) else own
        )

    size = len(cells)
    best = [0.0]
    for stop in range(1, size + 1):
        firsts = range(1 if stop == size > 1 else 0, stop)
        best.append(max(best[first] + weigh(first, stop) for first in firsts))
    return max(weigh(0, size), best[size] + MARGIN * (size - 1))


def _ids_of(
    words: Sequence[Sequence[str]], symbols: Mapping[str, int]
) -> tuple[np.ndarray, list[int]]:
    """(ids of all cells, uint32, with a break after each word; where each word begins)."""
    other = len(symbols) + 1  # any other Han character; any other run is a break
    starts: list[int] = []
    ids: list[int] = []
    for cells in words:
        starts.append(len(ids))
        ids += [symbols.get(cell, other if chars.is_han(cell[0]) else 0) for cell in cells]
        ids.append(0)
    return np.array(ids, np.uint32), starts


class UserBounds:
    """Where words of users begin and end in a text: no unseen word of the model lies across.

    Only what is in its list may do so, if it is likelier; what is in no list was made up of characters, and would take
    a name from its user again and again (阿箬 in 阿箬醒).
    """

    def __init__(self, words: Sequence[Sequence[str]], symbols: Mapping[str, int]) -> None:
        """words: as cells, each of two or more. symbols: their ids, from 1."""
        spelled = np.zeros((len(words), max(map(len, words), default=2)), np.uint32)
        self._by_pair: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for row, cells in zip(spelled, words, strict=True):
            row[: len(cells)] = [symbols[cell] for cell in cells]
            self._by_pair.setdefault(tuple(cells[:2]), []).append(tuple(cells))
        self._sequences = Sequences(spelled, int(spelled.max(initial=0)) + 1)

    def before(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word of a user begins at each symbol, or ends before it; bool."""
        firsts, lengths, _ = self._sequences.find(ids)
        bounds = np.zeros(len(ids) + 1, bool)
        bounds[firsts] = bounds[firsts + lengths] = True
        return bounds[:-1]

    def places(self, cells: Sequence[str]) -> set[int]:
        """As `before`, of a short text as cells: the places, from 0 to the number of cells."""
        found = set()
        for first, pair in enumerate(itertools.pairwise(cells)):
            for word in self._by_pair.get(pair, ()):
                if tuple(cells[first : first + len(word)]) == word:
                    found |= {first, first + len(word)}
        return found


class UserWordCount:
    """How often words of users stand in a text, and how often as one token; to be told of every piece of it.

    places: where they stand. whole: those where the word is a token. overlapped: of the others those where it shares
    characters with another user's word that is a token. lost: the rest of them, by word. The sums do not depend on
    how the text is divided into pieces, as no word has a line end in it.
    """

    def __init__(self, words: Sequence[str], lookup: Lookup | None = None) -> None:
        """lookup: by what words are looked up."""
        self._lookup = lookup
        self._spans = Spans(words, lookup)
        self._lock = threading.Lock()  # pieces come from several threads
        self._lost = np.zeros(len(self._spans.words), np.int64)
        self.places = self.whole = self.overlapped = 0

    @property
    def lost(self) -> dict[str, int]:
        """Word -> places where a word of the model holds, longer or across its ends; the most frequent first."""
        order = np.argsort(-self._lost, kind="stable").tolist()
        return {self._spans.words[i]: int(self._lost[i]) for i in order if self._lost[i]}

    def add(self, codes: np.ndarray, ends: np.ndarray) -> None:
        """A piece of the text: its code points, and whether a token ends after each."""
        looked = codes if self._lookup is None else self._lookup.codes(codes)
        firsts, lengths, numbers = self._spans.find(looked)
        stops = firsts + lengths
        ended = _sums(ends)
        whole = ends[stops - 1] & (ended[stops - 1] == ended[firsts])
        whole &= (firsts == 0) | ends[firsts - 1]
        torn = np.flatnonzero(~whole)
        # A part of a longer run of letters and digits is no place of a word.
        torn = torn[~(_in_run(codes, firsts[torn]) | _in_run(codes, stops[torn]))]
        steps = np.zeros(len(codes) + 1, np.int64)
        np.add.at(steps, firsts[whole], 1)
        np.add.at(steps, stops[whole], -1)
        taken = _sums(np.cumsum(steps[:-1]) > 0)
        overlapped = taken[stops[torn]] > taken[firsts[torn]]
        lost = np.bincount(numbers[torn[~overlapped]], minlength=len(self._lost))
        with self._lock:
            self.places += int(np.count_nonzero(whole)) + len(torn)
            self.whole += int(np.count_nonzero(whole))
            self.overlapped += int(np.count_nonzero(overlapped))
            self._lost += lost


def _sums(flags: np.ndarray) -> np.ndarray:
    """Of those before each place, and of all at the end; int64."""
    found = np.zeros(len(flags) + 1, np.int64)
    np.cumsum(flags, out=found[1:])
    return found


def _in_run(codes: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether a letter or digit stands on both sides of each place."""
    inner = np.clip(places, 1, len(codes) - 1)
    kinds = chars.classes(codes[inner - 1]), chars.classes(codes[inner])
    before, after = (np.isin(kind, (chars.LETTER, chars.DIGIT)) for kind in kinds)
    return (inner == places) & before & after
