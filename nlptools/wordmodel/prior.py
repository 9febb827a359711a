"""General word model or word list + corpus -> its expected counts, in the corpus' numbers, for the model to learn on top of."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Mapping, Sequence

import numpy as np

from nlptools.errors import DataError
from nlptools.text.chars import is_han
from nlptools.text.wordlists import WHAT_IS_READ, is_json_lines, read_weighted_words
from nlptools.wordmodel.candidates import Substrings
from nlptools.wordmodel.em import DISCOUNT, LONGEST, SINGLE_FLOOR, Lattice, find_rows
from nlptools.wordmodel.expected_counts import Weighted
from nlptools.wordmodel.fit import KNOWN_NATS, MIN_COUNT, UNKNOWN_NATS, Fitted, Prior, rows_of
from nlptools.wordmodel.model import WordModel, first_line, general_model, is_model, load_model
from nlptools.wordmodel.packed import is_packed
from nlptools.wordmodel.sample import Sample

# A carried-over model weighs twice the corpus, and more under a very small one, as the root of its size.
# On six development texts of 20,000 to 400,000 characters half and twice as much lose up to .01 F1.
PRIOR_MASS, PRIOR_FULL = 2.0, 100_000
# With known words it holds its own against the names and phrases of one text: thirty times the corpus (novel .836 ->
# .851; 10 and 100 are within .001), where one without loses by it (.790 -> .776).
KNOWN_MASS = 30.0
SYMBOLS_PER_WORD = 1.42  # of the general model: distinct text learnt from / sum of expected counts
# A word of a list without counts: as if it had been met so often. (Five tenths of what jieba's list has for its rarest.)
LISTED_COUNT = 1.0


def load_prior(name: str | os.PathLike[str]) -> WordModel:
    """A model to learn on top of: "general", "raw", the model of a file, or one made of a word list."""
    if name in ("general",):
        return general_model()
    if is_packed(name) or (not is_json_lines(name) and is_model(first_line(name))):
        return load_model(name)
    words = read_weighted_words(name, encoding="auto")
    if not words:
        raise DataError(name, None, "no words to learn on top of", WHAT_IS_READ)
    return prior_of_words(words)


def prior_of_words(counts: Mapping[str, float | None]) -> WordModel:
    """A word list as what is known before the text is read; its words have no weights yet.

    counts: of each word, None where the list has none; words with the count 0 are left out.
    """
    words = [word for word, count in counts.items() if count != 0 and word]
    given = [counts[word] for word in words]
    flat = all(count is None for count in given)
    expected = np.array([LISTED_COUNT if c is None else c for c in given], np.float64)
    digest = hashlib.sha256()
    for word, count in zip(words, given, strict=True):
        digest.update(f"{word}\t{count}\n".encode("utf-8", "surrogatepass"))
    settings = {"list": "words" if flat else "counts", "sha256": digest.hexdigest()}
    return WordModel(
        words,
        np.zeros(len(words), np.int64),
        expected,
        np.zeros(len(words)),
        settings=settings,
        known=np.ones(len(words), bool),
    )


def symbols_of(word: str) -> int:
    """How many symbols a word has: Han characters, and runs of anything else (T恤 2, 卡拉OK 3)."""
    other = [not is_han(character) for character in word]
    return len(word) - sum(a and b for a, b in itertools.pairwise(other))


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

    of_word: weighted counts by word; known: words that a list has, None where there is none. spelling, expected,
    listed: symbol ids of the words of up to four symbols that the corpus' symbols can spell, padded with 0, their
    weighted counts, and whether they are known. left: the other words.
    """

    def __init__(self, model: WordModel, weight: float, texts: Sequence[str]) -> None:
        number = {text: i for i, text in enumerate(texts, 1)}
        self.of_word = dict(zip(model.words, (model.expected * weight).tolist(), strict=True))
        self.known: set[str] | None = None
        if model.known is not None:
            flags = zip(model.words, model.known.tolist(), strict=True)
            self.known = {word for word, flag in flags if flag}
        self.left: list[str] = []
        here: list[str] = []
        spelled: list[list[int]] = []
        for word in self.of_word:
            ids = [number.get(symbol, 0) for symbol in word]
            if len(ids) <= LONGEST and all(ids):
                spelled.append(ids + [0] * (LONGEST - len(ids)))
                here.append(word)
            elif len(ids) <= LONGEST or (self.known is not None and word in self.known):
                self.left.append(word)
        self.spelling = np.array(spelled, np.int64).reshape(-1, LONGEST)
        self.expected = np.array([self.of_word[word] for word in here])
        self.listed = self._flags(here)

    def into(self, lattice: Lattice) -> Prior:
        """Drop the candidates that occur once and are not in the model; its counts for the others."""
        columns, flags = [], []
        kept = []
        for k, words in enumerate(lattice.words, 1):
            of_length, rows = self._rows(words, k)
            column, known = np.zeros(len(words)), np.zeros(len(words), bool)
            column[rows] = self.expected[of_length]
            known[rows] = self.listed[of_length]
            column[0] = known[0] = 0
            columns.append(column)
            flags.append(known)
            if k > 1:
                rows = np.flatnonzero((words.counts >= MIN_COUNT) | (column > 0))
                kept.append(rows[rows > 0])
        lattice.renumber(kept)
        known_rows = None if self.known is None else rows_of(flags, kept)
        return Prior(rows_of(columns, kept), known_rows)

    def join(self, words: Weighted, fitted: Fitted) -> Weighted:
        """The words and those of the model that are no candidates in the corpus."""
        lengths = np.count_nonzero(self.spelling, axis=1)
        value = self._weights(self.expected, lengths, self.listed, fitted)
        new = (lengths > 1) & (value > 0)
        for k, candidates in enumerate(fitted.lattice.words[1:], 2):
            of_length, rows = self._rows(candidates, k)
            new[of_length] &= rows == 0
        spelling = np.concatenate([words.spelling, self.spelling[new].astype(words.spelling.dtype)])
        weight = np.concatenate([words.words, value[new].astype(np.float32)])
        order = np.argsort(-weight, kind="stable")
        return Weighted(spelling[order], weight[order], words.singles, words.base)

    def rest(self, fitted: Fitted) -> list[tuple[str, float, float]]:
        """(word, expected count, weight) of words with symbols that the corpus does not have, and of long ones."""
        words = self.left
        expected = np.array([self.of_word[word] for word in words])
        lengths = np.array([symbols_of(word) for word in words], np.int64)
        value = self._weights(expected, lengths, self._flags(words), fitted)
        return [
            (word, e, w)
            for word, e, w in zip(words, expected.tolist(), value.tolist(), strict=True)
            if w > 0
        ]

    def _flags(self, words: Sequence[str]) -> np.ndarray:
        known = self.known or ()
        return np.array([word in known for word in words], bool)

    def _rows(self, words: Substrings, length: int) -> tuple[np.ndarray, np.ndarray]:
        """(which words of the model have this length, their rows among the candidates)."""
        of_length = np.count_nonzero(self.spelling, axis=1) == length
        return of_length, find_rows(words, self.spelling[of_length, :length])

    def _weights(
        self, expected: np.ndarray, lengths: np.ndarray, known: np.ndarray, fitted: Fitted
    ) -> np.ndarray:
        total = sum(float(c.sum()) for c in fitted.expected)
        floor = np.where(lengths == 1, SINGLE_FLOOR, fitted.least_share * expected)
        nats = -np.array([0.0, *fitted.penalties])
        cost = np.exp(nats)[np.minimum(lengths, LONGEST)]
        if self.known is not None:
            gains = np.array([0.0, *KNOWN_NATS])[np.minimum(lengths, LONGEST)]
            losses = np.where(lengths > 1, UNKNOWN_NATS, 0.0)
            cost = cost * np.exp(np.where(known, gains, losses))
            # Longer words are of the list alone, and rare: what penalty and bonus would be of them cancels out.
            cost[lengths > LONGEST] = 1.0
        return np.maximum(expected - DISCOUNT, floor) * cost / total
