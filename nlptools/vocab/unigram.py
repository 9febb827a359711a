"""Vocab + text -> Han words on the best path by the vocabulary's own unigram model.

The model is what `nlptools vocab export` writes as Hugging Face's Unigram model, whose choices are the same:
sums from the left of every stretch of Han characters, of equal sums the longer last word.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from nlptools.errors import DataError
from nlptools.lattice.exact import LONGEST, PathFinder
from nlptools.text import chars
from nlptools.vocab.vocab import Vocab
from nlptools.vocab.wordpiece import CJK, classes, is_cjk

UNKNOWN_PENALTY = 10.0  # below the least score of all tokens; Hugging Face's K_UNK_PENALTY
# Words in the order of their file are taken for words in the order of their frequency, of Zipf's law:
# p(r) ~ 1 / (r + RANK_SHIFT), a single character being as rare as the last word. Neither matters much: shifts
# from 2.7 to 5,000 and single characters from a tenth of the last rank to 64 times move F1 on four
# development sets by .0002 (docs/decisions.md); the fewest tokens win, ranks settle ties.
RANK_SHIFT = 2.7  # Mandelbrot's, for texts
# Scores are multiples of this: their sums have no rounding, so that paths of the same words in another order are
# ties; and 14 decimal digits say them exactly, which the JSON reader of Hugging Face asks for (of 17 it may get
# the last bit wrong).
GRAIN = 2.0**-12


def is_word(token: str) -> bool:
    """Whether a token is one that the best path can take: Han characters, as BERT counts them, and no others."""
    return 0 < len(token) <= LONGEST and all(map(is_cjk, token))


def score_words(
    vocab: Vocab, weights: Mapping[str, float | None] | None = None
) -> dict[int, float]:
    """Natural logarithms of the probabilities of the Han words of a vocabulary, by id.

    weights: counts of words; one without a count counts as a tenth of the least. None: by the order of
    the vocabulary.
    """
    lengths = np.fromiter(map(len, vocab.tokens), np.int64, len(vocab))
    han = np.append(0, np.cumsum(classes(chars.code_points("".join(vocab.tokens))) == CJK))
    stops = np.cumsum(lengths)
    words = (lengths > 0) & (lengths <= LONGEST) & (han[stops] - han[stops - lengths] == lengths)
    ids = list(dict.fromkeys(vocab.ids[vocab.tokens[i]] for i in np.flatnonzero(words).tolist()))
    lengths = lengths[ids]
    if weights is None:
        many = lengths > 1
        last = int(many.sum()) + 1
        ranks = np.full(len(ids), last)
        ranks[many] = np.arange(1, last)
        shares = 1 / (ranks + RANK_SHIFT)
    else:
        counts = [weights.get(vocab.tokens[i]) for i in ids]
        shares = np.array([count or 0.0 for count in counts])
        counted = shares[shares > 0]
        shares[shares <= 0] = (counted.min() if len(counted) else 1.0) / 10
    scores = np.round((np.log(shares) - np.log(shares.sum() or 1.0)) / GRAIN) * GRAIN
    return dict(zip(ids, scores.tolist(), strict=True))


Weights = Mapping[str, float | None]


def as_weights(source: Weights | str | os.PathLike[str] | None) -> Weights | None:
    """Counts of words as they are; those of a word list.

    Raises DataError as read_weighted_words, and for a list without any count.
    """
    if source is None or isinstance(source, Mapping):
        return source
    from nlptools.text.wordlists import read_weighted_words

    words = read_weighted_words(source, encoding="auto")
    if all(count is None for count in words.values()):
        raise DataError(source, None, "no counts", "name a list with a count beside each word")
    return words


class VocabWords:
    """Cuts stretches of Han characters into tokens of a vocabulary by its unigram model."""

    def __init__(self, vocab: Vocab, weights: Mapping[str, float | None] | None = None) -> None:
        """Raises DataError where the vocabulary has no [UNK]."""
        scores = score_words(vocab, weights)
        self._ids = np.array([*scores, vocab.unknown], np.int32)
        words = [vocab.tokens[i] for i in scores]
        # A character that no word has parts stretches.
        self._inside = np.zeros(0x110000, bool)
        self._inside[chars.code_points("".join(words))] = True
        codes = np.flatnonzero(self._inside)
        values = np.array(list(scores.values()))
        unknown = float(values.min(initial=0.0)) - UNKNOWN_PENALTY
        self._finder = PathFinder(words, values, unknown, codes)

    def cut(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each code point: whether words were looked for, bool; the length of the word that ends there,
        int32, 0 where none does; its id, int32, that of [UNK] where characters stand together that are no
        words by themselves.
        """
        inside = np.take(self._inside, codes)
        found = self._finder.find(codes)
        lengths = found.lengths.astype(np.int32)
        strange = (lengths == 1) & (found.words < 0)
        together = strange[1:] & strange[:-1]
        if together.any():  # as Hugging Face's fuse_unk
            first = np.flatnonzero(strange & ~np.append(False, together))
            last = np.flatnonzero(strange & ~np.append(together, False))
            lengths[strange] = 0
            lengths[last] = last - first + 1
        return inside, lengths, np.take(self._ids, found.words, mode="wrap")  # -1 is the last one
