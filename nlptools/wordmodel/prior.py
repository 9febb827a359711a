"""General word model or word list + corpus -> its expected counts, in the corpus' numbers, for the model to learn on top of."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from nlptools.base import steady
from nlptools.base.packing import JoinedStrings, as_joined
from nlptools.base.stringindex import StringIndex
from nlptools.text import chars
from nlptools.wordmodel.candidates import Substrings
from nlptools.wordmodel.em import DISCOUNT, LONGEST, SINGLE_FLOOR, Lattice, find_rows
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.fit import KNOWN_NATS, MIN_COUNT, UNKNOWN_NATS, Fitted, Prior
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.sample import Sample

# A carried-over model weighs twice the corpus, and more under a very small one, as the root of its size.
# On six development texts of 20,000 to 400,000 characters half and twice as much lose up to .01 F1.
PRIOR_MASS, PRIOR_FULL = 2.0, 100_000
# With known words it holds its own against the names and phrases of one text: ten times the corpus (mean F1 of six
# development texts .8631 with 2, .8647 with 5, .8650 with 10, .8639 with 30; not adapted .8631), where one without
# known words loses by it (a novel .790 -> .780).
KNOWN_MASS = 10.0
# A known word that is so much of all words weighs at least as much as its best cut, and a little more. F1 on six
# development sets is the same within .0003 for 1 to 10 in a million; 3 is what cuts none of the everyday words.
EVERYDAY_SHARE, WHOLE_NATS = 3e-6, 0.1
SYMBOLS_PER_WORD = 1.42  # of the general model: distinct text learnt from / sum of expected counts


def put_together(priors: Sequence[tuple[WordModel, float]]) -> tuple[WordModel, float]:
    """Priors with their weights as one with its weight: counts are added, and what one of them knows is known."""
    if len(priors) == 1:
        return priors[0]
    expected: dict[str, float] = {}
    known: dict[str, bool] = {}
    for model, weight in priors:
        flags = [False] * len(model) if model.known is None else model.known.tolist()
        for word, count, flag in zip(model.words, model.expected.tolist(), flags, strict=True):
            expected[word] = expected.get(word, 0.0) + weight * count
            known[word] = known.get(word, False) or flag
    none = all(model.known is None for model, _ in priors)
    joined = WordModel(
        list(expected),
        np.zeros(len(expected), np.int64),
        np.array(list(expected.values())),
        np.zeros(len(expected)),
        known=None if none else np.array(list(known.values()), bool),
    )
    return joined, 1.0


# How a word of two or three characters may be cut.
_SPLITS: dict[int, list[tuple[slice, ...]]] = {
    2: [(slice(0, 1), slice(1, 2))],
    3: [
        (slice(0, 1), slice(1, 3)),
        (slice(0, 2), slice(2, 3)),
        (slice(0, 1), slice(1, 2), slice(2, 3)),
    ],
}


def auto_prior_weight(sample: Sample, prior: WordModel) -> float:
    """So much of a prior that it weighs some times the sample, more under a very small one; 1 at most.

    A list of counts weighs as much as the sample, whatever text it was counted in; words without counts count 1 each.
    """
    size = len(sample)
    total = max(1.0, SYMBOLS_PER_WORD * float(prior.expected.sum()))
    listed = prior.settings.get("list")
    if listed == "words":
        return 1.0
    mass = PRIOR_MASS if prior.known is None or listed else KNOWN_MASS
    if listed:
        mass = 1.0
    mass *= max(1.0, float(np.sqrt(PRIOR_FULL / max(size, 1))))
    # Not by what it was trained on: a model may have a prior itself.
    return min(1.0, mass * size / total)


class Carried:
    """A general model under a corpus: its expected counts, times a weight, in the corpus' numbers.

    words, expected, known: those of the model, weighted; known is None where there was no list. spelling: symbol ids of
    the words of up to four symbols that the corpus' symbols can spell, padded with 0; spelled: the rows of these words;
    left: the rows of the others that can be words. symbols: of all characters of the words in a row the id, int32, 0 for
    one that the corpus does not have.
    """

    def __init__(self, model: WordModel, weight: float, texts: Sequence[str]) -> None:
        self.expected = model.expected * weight
        self.known = model.known
        # Not the model's list of them: 15 MB, which goes with the model.
        self.words = as_joined(model.words)
        characters = self.words.lengths
        codes = chars.code_points(self.words.text)
        # Runs of letters and digits are symbols too where words are looked for; a prior's words have none of them.
        single = [(ord(text), number) for number, text in enumerate(texts, 1) if len(text) == 1]
        table = np.zeros(0x10000 if codes.dtype == np.uint16 else 0x110000, np.int32)
        places, numbers = np.array(single, np.int64).reshape(-1, 2).T
        table[places[places < len(table)]] = numbers[places < len(table)]
        self.symbols = np.take(table, codes)
        lacking = np.zeros(len(codes) + 1, np.int32)
        np.cumsum(self.symbols == 0, out=lacking[1:])
        ends = self.words.ends
        short = characters <= LONGEST
        here = short & (lacking[ends] == lacking[ends - characters])
        self._han = np.array([True] + [len(text) == 1 and chars.is_han(text) for text in texts])
        self.spelled = np.flatnonzero(here)
        self.spelling = self._ids(self.spelled, characters[self.spelled])
        self.left = np.flatnonzero(~here & (short if self.known is None else short | self.known))
        self._symbols = characters - _inside_runs(codes, ends)

    def _ids(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Symbol ids of some words that have these lengths, padded with 0."""
        spelling = np.zeros((len(rows), LONGEST), np.int64)
        firsts = self.words.ends[rows] - lengths
        for place in range(LONGEST):
            longer = np.flatnonzero(lengths > place)
            spelling[longer, place] = self.symbols[firsts[longer] + place]
        return spelling

    def into(self, lattice: Lattice) -> Prior:
        """Drop the candidates that occur once and are not in the model; its counts for the others."""
        columns, flags, kept, dropped = [], [], [], False
        for k, words in enumerate(lattice.words, 1):
            of_length, rows = self._rows(words, k)
            of_length = self.spelled[of_length]
            column, known = np.zeros(len(words)), np.zeros(len(words), bool)
            column[rows] = self.expected[of_length]
            column[0] = 0
            if self.known is not None:
                known[rows] = self.known[of_length]
                known[0] = False
            once = (words.counts < MIN_COUNT) & (column == 0)
            once[0] = False
            if k > 1 and once.any():
                column, known, dropped = column[~once], known[~once], True
            columns.append(column)
            flags.append(known)
            if k > 1:
                kept.append(once)
        if dropped:  # of a large sample none
            lattice.renumber([np.flatnonzero(~once)[1:] for once in kept])
        if self.known is None:
            return Prior(columns)
        others = [~self._han[words.spelling].all(axis=1) for words in lattice.words]
        return Prior(columns, flags, others)

    def join(self, words: Weighted, fitted: Fitted) -> Weighted:
        """The words and those of the model that are no candidates in the corpus."""
        value = self._weights(self.spelled, fitted)
        new = (np.count_nonzero(self.spelling, axis=1) > 1) & (value > 0)
        for k, candidates in enumerate(fitted.lattice.words[1:], 2):
            of_length, rows = self._rows(candidates, k)
            new[of_length] &= rows == 0
        spelling = np.concatenate([words.spelling, self.spelling[new].astype(words.spelling.dtype)])
        weight = np.concatenate([words.words, value[new].astype(np.float32)])
        order = np.argsort(-weight, kind="stable")
        return Weighted(spelling[order], weight[order], words.singles, words.base)

    def rest(self, fitted: Fitted) -> tuple[np.ndarray, np.ndarray]:
        """(rows, weights) of words with symbols that the corpus does not have, and of long ones."""
        weights = self._weights(self.left, fitted)
        return self.left[weights > 0], weights[weights > 0]

    def rows_of(self, words: Sequence[str]) -> np.ndarray:
        """The row of each word in the model, -1 where it is none of it."""
        return StringIndex(self.words).rows(words)

    def _rows(self, words: Substrings, length: int) -> tuple[np.ndarray, np.ndarray]:
        """(which of the spelled words have this length, their rows among the candidates)."""
        of_length = np.count_nonzero(self.spelling, axis=1) == length
        return of_length, find_rows(words, self.spelling[of_length, :length])

    def _weights(self, rows: np.ndarray, fitted: Fitted) -> np.ndarray:
        expected, lengths = self.expected[rows], self._symbols[rows]
        total = sum(float(c.sum()) for c in fitted.expected)
        floor = np.where(lengths == 1, SINGLE_FLOOR, fitted.least_share * expected)
        short = np.minimum(lengths, LONGEST)
        cost = steady.rounded(np.exp(-np.array([0.0, *fitted.penalties])))[short]
        if self.known is not None:
            gains = np.array([0.0, *KNOWN_NATS])[short]
            losses = np.where(lengths > 1, UNKNOWN_NATS, 0.0)
            cost = cost * steady.rounded(np.exp(np.where(self.known[rows], gains, losses)))
            # Longer words are of the list alone: what penalty and bonus would be of them cancels out.
            cost[lengths > LONGEST] = 1.0
        return np.maximum(expected - DISCOUNT, floor) * cost / total


def keep_whole(
    words: JoinedStrings, weights: np.ndarray, expected: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """Weights (logarithms) by which no everyday word of two or three characters is cut when it stands alone.

    为什么 and 之所以 are made of characters that are words so often that no count of theirs holds against them.
    """
    often = known & (expected >= EVERYDAY_SHARE * expected.sum())
    index, raised = StringIndex(words), weights.copy()
    # The last one is of what is no word.
    weight_of = np.append(weights, -np.inf)
    for length, splits in _SPLITS.items():
        rows = np.flatnonzero(often & (words.lengths == length))
        codes = words.take(rows).codes.reshape(-1, length)

        def weights_of(part: slice, codes: np.ndarray = codes) -> np.ndarray:
            own = codes[:, part]
            sizes = np.full(len(own), own.shape[1])
            return weight_of[index.rows(JoinedStrings.of(own, sizes))]

        sums = [functools.reduce(np.add, map(weights_of, split)) for split in splits]
        best = functools.reduce(np.maximum, sums)
        raised[rows] = np.maximum(weights[rows], best + WHOLE_NATS)
    return raised


def _inside_runs(codes: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many characters of each word go on a run of others than Han (T恤 0, 卡拉OK 1): one symbol with it.

    ends: where each word ends among the codes.
    """
    other = np.flatnonzero(chars.classes(codes) != chars.HAN)
    goes_on = other[1:][np.diff(other) == 1]
    # The last character of the word before does not count.
    of_word = np.searchsorted(ends, goes_on, side="right")
    first = goes_on == np.concatenate([[0], ends[:-1]])[of_word]
    return np.bincount(of_word[~first], minlength=len(ends))
