"""Word model + sample -> sequences of words that may be terms of five to eight symbols; those + corpus -> terms.

Candidates are sequences of two to four words of the best segmentation of the sample. Their numbers are
those of the whole corpus: occurrences, neighbours, and how often both ends are ends of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.base.shelf import Shelf, Store
from nlptools.discovery.occurrences import CutText, Occurrences, find_occurrences
from nlptools.ngrams.neighbours import weakest_split
from nlptools.wordmodel.candidates import find_substrings, single_symbols
from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.expected_counts import Weighted, WordLookup, stretches
from nlptools.wordmodel.sample import Sample

SHORTEST_TERM, LONGEST_TERM = 5, 8
MOST_WORDS = 4
# Share of its occurrences in which a single character is a word of its own. Those above it, 的 和 在, are
# part of phrases, not of terms.
FUNCTION_SHARE = 0.55


@dataclass(frozen=True)
class Terms:
    """Statistics of terms, aligned.

    spelling: symbol ids padded with 0; counts: occurrences; expected: of them with an end of a word on both
    sides; pmi: of the weakest split between two of its words, nats; left_entropy, right_entropy: nats; shards: tenths
    of the corpus that have it.
    """

    spelling: np.ndarray
    counts: np.ndarray
    expected: np.ndarray
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    shards: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)

    @staticmethod
    def none() -> Terms:
        """No terms."""
        number, real = np.zeros(0, np.int64), np.zeros(0)
        columns = {column.name: real for column in fields(Terms)}
        columns["spelling"] = np.zeros((0, LONGEST_TERM), np.uint16)
        return Terms(**{**columns, "counts": number, "shards": number})

    def where(self, mask: np.ndarray) -> Terms:
        """Those for which a mask is true."""
        return Terms(*(getattr(self, column.name)[mask] for column in fields(self)))


@dataclass(frozen=True)
class WordSequences:
    """WordSequences of words that may be terms. spelling: symbol ids padded with 0; splits: the places between words, too."""

    spelling: np.ndarray
    splits: np.ndarray


def propose_terms(
    sample: Sample,
    model: Weighted,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]] = map,
    *,
    store: Store | None = None,
    part: int = 1 << 22,
) -> WordSequences:
    """WordSequences that occur about min_count times in the corpus, by the sample of it.

    alone: for each symbol the share of its occurrences in which it is a word of its own. store, part: as find_substrings.
    """
    share = len(sample) / max(sample.symbols, 1)
    # Where equal runs were left out fewer are seen than there are.
    least = max(2, round(min_count * share))
    return _candidates(sample, WordLookup(model), alone, least, run, store or Store(), part)


def find_terms(
    text: CutText,
    proposed: WordSequences,
    min_count: int,
    run: Callable[..., Iterable[Any]] = map,
) -> tuple[Terms, Occurrences]:
    """(terms that occur at least min_count times, how they stand). text: of the sample that they were proposed by."""
    spelling, splits = proposed.spelling, proposed.splits
    divided = [np.flatnonzero(column) for column in splits.T]
    every = np.concatenate([spelling, *_parts(spelling, splits, divided)])
    # Terms come by their frequency, and the parts behind them.
    place, first = keys.distinct_rows(every, text.types)
    texts = every[first]
    del every
    whole, counts = np.full(len(texts), -1), text.singles[texts[:, 0]]
    whole[place[: len(spelling)]] = np.arange(len(spelling))
    stand = Occurrences.none(len(spelling))
    for rows, found in find_occurrences(text, texts, run, free=whole >= 0):
        counts[rows] = found.counts
        of_term = whole[rows]
        stand.put(of_term[of_term >= 0], found.of(of_term >= 0))
    sizes = [len(spelling), *np.repeat([len(terms) for terms in divided], 2)]
    _, *parts = np.split(counts[place], np.cumsum(sizes)[:-1])
    total = max(text.symbols, 1)
    both = zip(divided, parts[::2], parts[1::2], strict=True)
    terms = Terms(
        spelling,
        stand.counts,
        stand.whole.astype(np.float64),
        np.log(weakest_split(total, stand.counts, both)),
        stand.left_entropy,
        stand.right_entropy,
        stand.shards,
    )
    often = terms.counts >= min_count
    return terms.where(often), stand.of(often)


def _candidates(
    sample: Sample,
    finder: WordLookup,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]],
    store: Store,
    part: int,
) -> WordSequences:
    singles = finder.number + np.flatnonzero(alone >= FUNCTION_SHARE)
    types = finder.number + len(alone)
    listed = np.ones(types, bool)
    listed[singles] = False
    tokens = Shelf(store)
    for numbers in run(finder.tokens, stretches(sample.ids)):
        numbers[~listed[numbers]] = 0
        tokens.append(numbers)
    spelled = np.zeros((types, LONGEST), sample.ids.dtype)
    spelled[1 : finder.number] = finder.spelling
    spelled[finder.number :, 0] = np.arange(len(alone))
    length = np.count_nonzero(spelled, axis=1)
    found, places, counts = [], [], []
    one_by_one = single_symbols(tokens, types, np.uint32)
    for words, _ in find_substrings(
        tokens, one_by_one, MOST_WORDS, min_count, store=store, part=part
    ):
        sizes = length[words.spelling]
        total = sizes.sum(axis=1)
        good = (total >= SHORTEST_TERM) & (total <= LONGEST_TERM) & (words.counts >= min_count)
        sizes, parts = sizes[good], words.spelling[good]
        ends = np.cumsum(sizes, axis=1)
        spelling = np.zeros((len(parts), LONGEST_TERM), sample.ids.dtype)
        for j in range(words.length):
            for k in range(LONGEST):
                here = np.flatnonzero(sizes[:, j] > k)
                spelling[here, ends[here, j] - sizes[here, j] + k] = spelled[parts[here, j], k]
        splits = np.zeros((len(parts), MOST_WORDS - 1), np.int8)
        splits[:, : words.length - 1] = ends[:, :-1]
        found.append(spelling)
        places.append(splits)
        counts.append(words.counts[good])
    # The same text may be cut in several ways; the most frequent one says where its words end.
    order = np.argsort(-np.concatenate(counts), kind="stable")
    spelling, splits = np.concatenate(found)[order], np.concatenate(places)[order]
    first = keys.distinct_rows(spelling, len(alone))[1]
    return WordSequences(spelling[first], splits[first])


def _parts(
    spelling: np.ndarray, splits: np.ndarray, divided: Sequence[np.ndarray]
) -> Iterator[np.ndarray]:
    """For each column of splits the left parts of the terms that it divides, then their right parts."""
    lengths = np.count_nonzero(spelling, axis=1)
    for terms, column in zip(divided, splits.T, strict=True):
        at = column[terms]
        yield _part(spelling[terms], np.zeros(len(terms), np.int64), at)
        yield _part(spelling[terms], at, lengths[terms])


def _part(spelling: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """The symbols from start to stop of each row, padded with 0."""
    column = start[:, None] + np.arange(LONGEST_TERM)
    inside = column < stop[:, None]
    return np.where(
        inside, np.take_along_axis(spelling, np.minimum(column, LONGEST_TERM - 1), axis=1), 0
    )
