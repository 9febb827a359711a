"""General word model + small corpus -> its expected counts, in the corpus' numbers, for the model to learn on top of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.wordmodel.em import DISCOUNT, LONGEST, SINGLE_FLOOR, Expected, Lattice, find_rows
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.fit import MIN_COUNT, Fitted, rows_of
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.sample import Sample

# A carried-over model weighs twice the corpus, and more under a very small one, as the root of its size.
# On six development texts of 20,000 to 400,000 characters half and twice as much lose up to .01 F1.
PRIOR_MASS, PRIOR_FULL = 2.0, 100_000
SYMBOLS_PER_WORD = 1.42  # of the general model: distinct text learnt from / sum of expected counts


def auto_prior_weight(sample: Sample, prior: WordModel) -> float:
    """So much of a prior that it weighs twice the sample, more under a very small one; 1 at most."""
    size = len(sample)
    mass = PRIOR_MASS * max(1.0, float(np.sqrt(PRIOR_FULL / max(size, 1))))
    # Not by what it was trained on: a model may have a prior itself.
    return min(1.0, mass * size / max(1.0, SYMBOLS_PER_WORD * float(prior.expected.sum())))


class Carried:
    """A general model under a corpus: its expected counts, times a weight, in the corpus' numbers.

    of_word: weighted counts by word. spelling, expected: symbol ids of the words that the corpus' symbols
    can spell, padded with 0, and their weighted counts. left: the other words.
    """

    def __init__(self, model: WordModel, weight: float, texts: Sequence[str]) -> None:
        number = {text: i for i, text in enumerate(texts, 1)}
        weighted = (model.expected * weight).tolist()
        self.of_word = {
            word: value
            for word, value in zip(model.words, weighted, strict=True)
            if len(word) <= LONGEST
        }
        self.left: list[str] = []
        spelled: list[list[int]] = []
        values: list[float] = []
        for word, value in self.of_word.items():
            ids = [number.get(symbol, 0) for symbol in word]
            if all(ids):
                spelled.append(ids + [0] * (LONGEST - len(ids)))
                values.append(value)
            else:
                self.left.append(word)
        self.spelling = np.array(spelled, np.int64).reshape(-1, LONGEST)
        self.expected = np.array(values)

    def into(self, lattice: Lattice) -> Expected:
        """Drop the candidates that occur once and are not in the model; its counts for the others."""
        lengths = np.count_nonzero(self.spelling, axis=1)
        columns = []
        kept = []
        for k, words in enumerate(lattice.words, 1):
            column = np.zeros(len(words))
            of_length = lengths == k
            rows = find_rows(words, self.spelling[of_length, :k])
            column[rows] = self.expected[of_length]
            column[0] = 0
            columns.append(column)
            if k > 1:
                rows = np.flatnonzero((words.counts >= MIN_COUNT) | (column > 0))
                kept.append(rows[rows > 0])
        lattice.renumber(kept)
        return rows_of(columns, kept)

    def join(self, words: Weighted, fitted: Fitted) -> Weighted:
        """The words and those of the model that are no candidates in the corpus."""
        lengths = np.count_nonzero(self.spelling, axis=1)
        value = self._weights(self.expected, lengths, fitted)
        new = (lengths > 1) & (value > 0)
        for k, candidates in enumerate(fitted.lattice.words[1:], 2):
            of_length = lengths == k
            new[of_length] &= find_rows(candidates, self.spelling[of_length, :k]) == 0
        spelling = np.concatenate([words.spelling, self.spelling[new].astype(words.spelling.dtype)])
        weight = np.concatenate([words.words, value[new].astype(np.float32)])
        order = np.argsort(-weight, kind="stable")
        return Weighted(spelling[order], weight[order], words.singles, words.base)

    def rest(self, fitted: Fitted) -> list[tuple[str, float, float]]:
        """(word, expected count, weight) of words with symbols that the corpus does not have."""
        words = self.left
        expected = np.array([self.of_word[word] for word in words])
        lengths = np.array([len(word) for word in words], np.int64)
        value = self._weights(expected, lengths, fitted)
        return [
            (word, e, w)
            for word, e, w in zip(words, expected.tolist(), value.tolist(), strict=True)
            if w > 0
        ]

    def _weights(self, expected: np.ndarray, lengths: np.ndarray, fitted: Fitted) -> np.ndarray:
        total = sum(float(c.sum()) for c in fitted.expected)
        floor = np.where(lengths == 1, SINGLE_FLOOR, fitted.least_share * expected)
        cost = np.exp(-np.array([0.0, *fitted.penalties]))[lengths]
        return np.maximum(expected - DISCOUNT, floor) * cost / total
