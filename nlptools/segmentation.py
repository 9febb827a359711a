"""Text + weighted words -> the words of the text, by the path through all of them with the largest weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools import chars
from nlptools.cutting import HAN, WORD, Cutter, joined_to_last, kinds_of
from nlptools.keys import KeyTable
from nlptools.lattice import arrange, best_path, find_runs
from nlptools.unigram import Base
from nlptools.wordmodel import PLACES, WordModel

# A longer run is cut into pieces that overlap, each is segmented alone, and two pieces meet at a boundary
# that both have. What lies 64 symbols away changes no decision.
PIECE, OVERLAP = 512, 64
LONGEST_WORD = 40  # symbols; longer entries of a word list are left out


@dataclass(frozen=True)
class Level:
    """Words and beginnings of words of one length: the trie's states at one depth.

    find: (state one level up) * base + symbol -> state - 1; scores: float32, weight of the word that the
    state spells, -inf where it is only a beginning; open: whether longer words begin so. Index 0: none.
    """

    find: KeyTable
    scores: np.ndarray
    open: np.ndarray


class Segmenter(Cutter):
    """Segments text by a weighted word list."""

    def __init__(
        self,
        words: Sequence[str],
        weights: np.ndarray,
        *,
        unknown: float | None = None,
        places: tuple[Sequence[str], np.ndarray] | None = None,
    ) -> None:
        """words, weights: their logarithms; unknown: the weight of a single symbol that is not in the list
        (by default one nat below the least single symbol); places: those of a WordModel.
        """
        symbols, spelled = _spell(words)
        super().__init__(symbols)
        order = np.argsort(-np.asarray(weights, np.float64), kind="stable")
        spelled, values = spelled[order], np.asarray(weights, np.float32)[order]
        fits = spelled[:, 0] > 0
        spelled, values = spelled[fits], values[fits]
        single = np.full(self.size, -np.inf, np.float32)
        alone = spelled[:, 1] == 0 if spelled.shape[1] > 1 else np.ones(len(spelled), bool)
        single[spelled[alone, 0][::-1]] = values[alone][::-1]
        known = single[np.isfinite(single)]
        if unknown is None:
            least = known if len(known) else values
            unknown = float(least.min(initial=0.0)) - 1
        single[~np.isfinite(single)] = unknown
        self._single = single
        self._levels = self._build_levels(spelled, values)
        self._places = self._place_tables(places) if places is not None else {}

    @classmethod
    def from_model(cls, model: WordModel) -> Segmenter:
        """A segmenter by a trained word model."""
        return cls(model.words, model.weights, places=(model.place_symbols, model.place_counts))

    # --- tables --------------------------------------------------------------------------

    def _build_levels(self, spelled: np.ndarray, values: np.ndarray) -> list[Level]:
        levels = []
        state = spelled[:, 0].astype(np.uint64)
        for k in range(1, spelled.shape[1]):
            here = spelled[:, k] > 0
            spelled, values, state = spelled[here], values[here], state[here]
            if not len(spelled):
                break
            keyed = state * np.uint64(self.size) + spelled[:, k].astype(np.uint64)
            # States in the order of their best words: what is frequent lies together.
            distinct, first, inverse = np.unique(keyed, return_index=True, return_inverse=True)
            rank = np.argsort(first)
            number = np.empty(len(rank), np.int64)
            number[rank] = np.arange(1, len(rank) + 1)
            state = number[inverse].astype(np.uint64)
            ends = (
                spelled[:, k + 1] == 0 if k + 1 < spelled.shape[1] else np.ones(len(spelled), bool)
            )
            scores = np.full(len(rank) + 1, -np.inf, np.float32)
            scores[state[ends].astype(np.int64)[::-1]] = values[ends][::-1]
            goes_on = np.zeros(len(rank) + 1, bool)
            goes_on[state[~ends].astype(np.int64)] = True
            levels.append(Level(KeyTable(distinct[rank]), scores, goes_on))
        return levels

    def _place_tables(
        self, places: tuple[Sequence[str], np.ndarray]
    ) -> dict[int, list[np.ndarray]]:
        symbols, counts = places
        known = np.array([self.symbols.get(s, 0) for s in symbols], np.int64)
        han = np.zeros(self.size, bool)
        han[-1] = True
        for s, i in self.symbols.items():
            han[i] = chars.is_han(s[0])
        by_length: dict[int, list[np.ndarray]] = {}
        for (k, _), column in zip(PLACES, counts.T, strict=True):
            n = np.zeros(self.size, np.int64)
            n[known] = column
            n[0] = 0
            by_length.setdefault(k, []).append(n)
        return Base.from_counts(by_length, han).tables

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        scores = self._scores(ids)
        ends = ids == 0
        starts, lengths = find_runs(ids)
        if not len(lengths):
            return ends
        long = lengths > PIECE + OVERLAP
        if long.any():
            self._cut_long(ends, scores, starts[long], lengths[long])
            starts, lengths = starts[~long], lengths[~long]
        _decode(ends, scores, starts, lengths)
        return ends

    def _cut_long(
        self, ends: np.ndarray, scores: list[np.ndarray], starts: np.ndarray, lengths: np.ndarray
    ) -> None:
        """As _decode, for runs that are too long to be laid out beside others."""
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            seams = np.arange(PIECE, length - OVERLAP, PIECE)
            edges = np.concatenate([[0], seams, [length]])
            first = np.maximum(edges[:-1] - OVERLAP, 0)
            last = np.minimum(edges[1:] + OVERLAP, length)
            even, odd = np.zeros((2, length), bool)
            part = [score[start : start + length] for score in scores]
            _decode(even, part, first[0::2], (last - first)[0::2])
            _decode(odd, part, first[1::2], (last - first)[1::2])
            zone = seams[:, None] + np.arange(-OVERLAP, OVERLAP)
            distance = np.where((even & odd)[zone], np.abs(zone - seams[:, None]), 2 * OVERLAP)
            meet = seams - OVERLAP + np.argmin(distance, axis=1)
            sizes = np.diff(np.concatenate([[0], meet + 1, [length]]))
            of_odd = np.repeat(np.arange(len(sizes)) % 2 == 1, sizes)
            chosen = np.where(of_odd, odd, even)
            chosen[meet] = True  # they do meet there, but for a run made to prevent it
            ends[start : start + length] = chosen

    def _scores(self, ids: np.ndarray) -> list[np.ndarray]:
        """By length - 1: the score of the word that ends at each symbol, -inf where there is none."""
        scores = [np.take(self._single, ids)]
        state, at = ids, None  # states of the symbols `at` (None: all), one level up
        base = np.uint64(self.size)
        for k, level in enumerate(self._levels, 2):
            if at is None:
                keyed = state[:-1].astype(np.uint64)
                keyed *= base
                keyed += ids[1:]
                number = level.find.find(keyed)
                score = np.full(len(ids), -np.inf, np.float32)
                number += 1
                np.take(level.scores, number, out=score[1:])
                at = np.flatnonzero(level.open[number]) + 2
                state = number[at - 2]
            else:
                keyed = state.astype(np.uint64)
                keyed *= base
                keyed += ids[at]
                number = level.find.find(keyed)
                number += 1
                score = np.full(len(ids), -np.inf, np.float32)
                score[at] = level.scores[number]
                more = level.open[number]
                at, state = at[more] + 1, number[more]
            inside = at < len(ids)
            if not inside.all():
                at, state = at[inside], state[inside]
            scores.append(score)
        for k, tables in self._places.items():
            if len(ids) < k:
                continue
            measure = np.take(tables[0], ids[: len(ids) - k + 1])
            for j in range(1, k):
                measure *= np.take(tables[j], ids[j : len(ids) - k + 1 + j])
            while len(scores) < k:
                scores.append(np.full(len(ids), -np.inf, np.float32))
            score = scores[k - 1][k - 1 :]
            np.exp(score, out=score)
            score += measure
            with np.errstate(divide="ignore"):
                np.log(score, out=score)
        return scores


def _decode(
    ends: np.ndarray, scores: Sequence[np.ndarray], starts: np.ndarray, lengths: np.ndarray
) -> None:
    for block in arrange(starts, lengths):
        terms = [np.take(score, block.places) for score in scores]
        ends[block.places] = best_path(block, terms)


def _spell(words: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """(symbols, ids of each word, from 1, int32, padded with 0; all 0 for what can be no word)."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    codes = chars.code_points("".join(words))
    if len(codes) != int(lengths.sum()):
        raise ValueError("a word with a lone surrogate")
    owner = np.repeat(np.arange(len(words)), lengths)
    kinds = kinds_of(codes)
    joined = joined_to_last(codes, kinds)
    firsts = np.cumsum(lengths) - lengths
    joined[firsts[lengths > 0]] = False
    bad = np.zeros(len(words), bool)
    bad[owner[(kinds != HAN) & (kinds != WORD) & ~joined]] = True
    at = np.flatnonzero(~joined)
    owner = owner[at]
    number = np.bincount(owner, minlength=len(words))
    bad |= (number > LONGEST_WORD) | (number == 0)
    at, owner = at[~bad[owner]], owner[~bad[owner]]
    ends = np.append(np.flatnonzero(~joined), len(codes))
    ends = ends[np.searchsorted(ends, at) + 1] if len(at) else at
    simple = ends - at == 1
    values = codes[at].astype(np.int64)
    distinct, place = np.unique(values[simple], return_inverse=True)
    symbols = {chr(c): i for i, c in enumerate(distinct.tolist(), 1)}
    ids = np.zeros(len(at), np.int32)
    ids[simple] = place + 1
    for i in np.flatnonzero(~simple).tolist():
        text = "".join(map(chr, codes[at[i] : ends[i]].tolist()))
        ids[i] = symbols.setdefault(text, len(symbols) + 1)
    number[bad] = 0
    spelled = np.zeros((len(words), max(2, int(number.max(initial=0)))), np.int32)
    column = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    spelled[owner, column] = ids
    return list(symbols), spelled
