"""VocabMap -> Recipe: which rows of the base each new row is the weighted mean of; by pieces, or by near tokens.

Mean: Su Jianlin, kexue.fm/archives/7758 (WoBERT). By characters: `char_weighted` of NVIDIA's Nemotron
(docs.nvidia.com/nemotron, tokenizer extension, "Initialize Embeddings").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlptools.vocab.map import VocabMap

_OF_HAN = 3  # bytes of a Han character in UTF-8, but for the rarest


@dataclass(frozen=True)
class Recipe:
    """What to average: base ids, one word after the other; where each word begins; weights, or None; their sums."""

    ids: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray | None
    totals: np.ndarray

    @classmethod
    def of(cls, vocab_map: VocabMap, unknown: str) -> Recipe:
        """By pieces. unknown: whether pieces that are [UNK] are left out ("skip") or not ("average")."""
        ids, weights = vocab_map.keep[vocab_map.pieces], vocab_map.weights
        offsets = vocab_map.offsets
        if unknown == "skip":
            nothing_known = np.repeat(_nothing_known(vocab_map), np.diff(offsets))
            use = _known(vocab_map) | nothing_known
            ids, weights = ids[use], None if weights is None else weights[use]
            offsets = _starts(sums(use.astype(np.int64), offsets))
        return cls.made(ids, offsets, weights)

    @classmethod
    def made(cls, ids: np.ndarray, offsets: np.ndarray, weights: np.ndarray | None) -> Recipe:
        """With the sums of the weights."""
        one = np.ones(len(ids)) if weights is None else weights
        return cls(ids, offsets, weights, sums(one, offsets))

    def by_characters(self, tokens: Sequence[bytes | None]) -> Recipe:
        """The same pieces, each weighted by the characters of the word that it covers.

        tokens: bytes of each token of the base; None: a token of no text. A byte of ASCII is a character, any other a
        third of one, as Han characters have three. A word of pieces without bytes keeps equal weights.
        """
        covered = np.array([0.0 if token is None else _characters(token) for token in tokens])
        weights = covered[self.ids]
        empty = sums(weights, self.offsets) == 0
        weights[np.repeat(empty, np.diff(self.offsets))] = 1.0
        return Recipe.made(self.ids, self.offsets, weights)

    def with_others(self, words: np.ndarray, others: NearTokens) -> Recipe:
        """The same, but for some words (their numbers, ascending), which are made of other tokens."""
        lengths, taken = np.diff(self.offsets), np.zeros(len(self.offsets) - 1, bool)
        taken[words] = True
        old = np.ones(len(self.ids)) if self.weights is None else self.weights
        pieces = ~np.repeat(taken, lengths)
        number = np.repeat(np.arange(len(lengths)), lengths)[pieces]
        number = np.concatenate([number, np.repeat(words, others.lengths)])
        order = np.argsort(number, kind="stable")
        ids = np.concatenate([self.ids[pieces], others.ids])[order]
        weights = np.concatenate([old[pieces], others.weights])[order]
        lengths[words] = others.lengths
        return Recipe.made(ids, _starts(lengths), weights)


class NearTokens(NamedTuple):
    """What some words are made of: how many tokens each, the base ids one word after the other, their weights."""

    lengths: np.ndarray
    ids: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class UnknownPieces:
    """A new word with pieces that the base vocabulary does not know; with nothing else: its row is that of [UNK]."""

    word: str
    pieces: int
    unknown: int
    nothing_else: bool


def unknown_pieces(vocab_map: VocabMap) -> tuple[UnknownPieces, ...]:
    """The new words that have some."""
    counts = sums((~_known(vocab_map)).astype(np.int64), vocab_map.offsets)
    nothing, lengths = _nothing_known(vocab_map), np.diff(vocab_map.offsets)
    return tuple(
        UnknownPieces(vocab_map.words[i], int(lengths[i]), int(counts[i]), bool(nothing[i]))
        for i in np.flatnonzero(counts)
    )


def sums(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Of the values of each word."""
    return np.add.reduceat(values, offsets[:-1]) if len(values) else values


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _characters(token: bytes) -> float:
    ascii_bytes = len(token.decode("ascii", "ignore"))
    return ascii_bytes + (len(token) - ascii_bytes) / _OF_HAN


def _known(vocab_map: VocabMap) -> np.ndarray:
    """For each piece whether it is another token than [UNK]."""
    ids = vocab_map.keep[vocab_map.pieces]
    return np.ones(len(ids), bool) if vocab_map.unknown is None else ids != vocab_map.unknown


def _nothing_known(vocab_map: VocabMap) -> np.ndarray:
    """For each word whether no known piece has a weight."""
    weights = 1.0 if vocab_map.weights is None else vocab_map.weights
    return sums(_known(vocab_map) * weights, vocab_map.offsets) == 0
