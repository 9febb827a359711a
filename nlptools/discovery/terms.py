"""Fitted word model + corpus -> terms of five to eight symbols, sequences of words; where they and shorter words stand.

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
from nlptools.lattice.trie import Trie
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.neighbours import NeighbourPairs, weakest_split
from nlptools.wordmodel.candidates import find_substrings, single_symbols
from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.expected_counts import Shards, Weighted, WordLookup, pieces, stretches
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
class Places:
    """Where words or terms stand; occurrences, int64, aligned with them.

    whole: with an end of a word on both sides; joints: ends of words inside those, added up; right_edge: next to a
    break on the right.
    """

    whole: np.ndarray
    joints: np.ndarray
    right_edge: np.ndarray

    def of(self, rows: slice | np.ndarray) -> Places:
        """Of some of them."""
        return Places(self.whole[rows], self.joints[rows], self.right_edge[rows])

    def at(self, rows: np.ndarray, start: int, size: int) -> Places:
        """Of so many rows from `start` on, where these are of the given ones, ascending; of all others nothing is known: 0."""
        first, stop = np.searchsorted(rows, [start, start + size])
        columns = [np.zeros(size, np.int64) for _ in fields(self)]
        for column, own in zip(columns, fields(self), strict=True):
            column[rows[first:stop] - start] = getattr(self, own.name)[first:stop]
        return Places(*columns)


def find_terms(
    encoded: EncodedCorpus,
    sample: Sample,
    model: Weighted,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]] = map,
    *,
    words: np.ndarray | None = None,
    wanted: bool = True,
    store: Store | None = None,
    part: int = 1 << 22,
    piece: int | None = None,
) -> tuple[Terms, Places, Places]:
    """(terms that occur at least min_count times, where they stand, where `words` stand).

    alone: for each symbol the share of its occurrences in which it is a word of its own. words: other texts, distinct,
    symbol ids padded with 0. wanted: False for no terms. store, part: as find_substrings; piece: as tally.
    """
    finder = WordLookup(model)
    others = np.zeros((0 if words is None else len(words), LONGEST_TERM), sample.ids.dtype)
    if words is not None:
        others[:, : words.shape[1]] = words
    spelling, splits = others[:0], np.zeros((0, MOST_WORDS - 1), np.int8)
    if wanted:
        share = len(sample) / max(sample.symbols, 1)
        # Where equal runs were left out fewer are seen than there are.
        least = max(2, round(min_count * share))
        spelling, splits = _candidates(sample, finder, alone, least, run, store or Store(), part)
    rows = np.concatenate([others, spelling])
    terms, places = _statistics(encoded, sample, finder, rows, len(others), splits, run, piece)
    often = terms.counts >= min_count
    return (
        terms.where(often),
        places.of(len(others) + np.flatnonzero(often)),
        places.of(slice(len(others))),
    )


def _candidates(
    sample: Sample,
    finder: WordLookup,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]],
    store: Store,
    part: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(spelling, splits): symbol ids padded with 0, and the places between words, padded with 0."""
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
    first = np.sort(keys.row_ranks(spelling, len(alone))[1])
    return spelling[first], splits[first]


class _Occurrences:
    """Where words, terms and the parts of their splits occur in the whole corpus: the sums, piece by piece."""

    def __init__(
        self, texts: np.ndarray, order: np.ndarray, terms: np.ndarray, size: int, symbols: int
    ) -> None:
        """texts: distinct, symbol ids below `size` padded with 0; order: the most frequent first, about; terms: which
        rows of it are the terms; symbols: of the whole corpus.
        """
        self._texts = texts
        self._trie = Trie(texts, size, order)
        # A text is its row + 1; 0: none.
        self._tables = self._trie.tabulate(np.arange(1, len(texts) + 1, dtype=np.int32), 0)
        self._term_of = np.full(len(texts) + 1, -1, np.int64)
        self._term_of[terms.astype(np.int64) + 1] = np.arange(len(terms))
        self._sums = np.zeros((4, len(texts) + 1), np.int64)
        self._singles = np.zeros(size, np.int64)
        self.left, self.right = NeighbourPairs(), NeighbourPairs()
        self.shards = Shards(len(terms), symbols)

    def look_up(self, ids: np.ndarray, ends: np.ndarray) -> list[tuple[np.ndarray, ...]]:
        """By length - 2: (places where a text ends, which, those that are whole, words that end inside).

        ends: whether a word ends at each symbol.
        """
        ended = np.concatenate([[0], np.cumsum(ends)])  # words that end before each place
        begins = np.concatenate([[True], ends])
        found: list[tuple[np.ndarray, ...]] = []
        for k, ending in enumerate(self._trie.look_up(ids, self._tables), 2):
            at = np.flatnonzero(ending)
            text, first = ending[at], at - k + 1
            whole = np.flatnonzero(begins[first] & ends[at])
            inside = ended[at[whole]] - ended[first[whole]]
            found.append((at, text, text[whole], inside))
        return found

    def take(self, ids: np.ndarray, before: int, found: Sequence[tuple[np.ndarray, ...]]) -> None:
        """One piece of the corpus: its ids, the symbols before it, and `look_up`."""
        self._singles += np.bincount(ids, minlength=len(self._singles))
        padded = np.concatenate([[0], ids, [0]])
        for k, (at, text, whole, inside) in enumerate(found, 2):
            after = padded[at + 2]
            for own, texts in ((0, text), (1, whole), (3, text[after == 0])):
                self._sums[own] += np.bincount(texts, minlength=self._sums.shape[1])
            np.add.at(self._sums[2], whole, inside)
            if k < SHORTEST_TERM:
                continue
            term = self._term_of[text]
            at, after, term = at[term >= 0], after[term >= 0], term[term >= 0]
            self.left.add(term, padded[at - k + 1])
            self.right.add(term, after)
            self.shards.add(term, before, ids, at)

    def counts(self) -> np.ndarray:
        """Occurrences of every text, int64."""
        first, single = self._texts[:, 0], self._texts[:, 1] == 0
        return np.where(single, self._singles[first], self._sums[0, 1:])

    def places(self) -> Places:
        """Of every text."""
        return Places(*self._sums[1:, 1:])


def _statistics(
    encoded: EncodedCorpus,
    sample: Sample,
    finder: WordLookup,
    rows: np.ndarray,
    words: int,
    splits: np.ndarray,
    run: Callable[..., Iterable[Any]],
    piece: int | None,
) -> tuple[Terms, Places]:
    """(terms, where all rows stand). rows: so many words, then the terms, whose splits are given."""
    spelling = rows[words:]
    size, number = len(sample.texts) + 1, len(rows)
    divided = [np.flatnonzero(column) for column in splits.T]
    every = np.concatenate([rows, *_parts(spelling, splits, divided)])
    place, first = keys.row_ranks(every, size)
    found = _Occurrences(every[first], np.argsort(first), place[words:number], size, sample.symbols)
    del every

    def work(text: tuple[np.ndarray, int]) -> tuple[Any, ...]:
        ids, before = text
        return ids, before, found.look_up(ids, finder.ends(ids))

    for done in run(work, pieces(encoded.blocks, sample.number, piece)):
        found.take(*done)
    sizes = [words, len(spelling), *np.repeat([len(terms) for terms in divided], 2)]
    _, counts, *parts = np.split(found.counts()[place], np.cumsum(sizes)[:-1])
    places = found.places().of(place[:number])
    total = max(sample.symbols, 1)
    pmi = np.log(weakest_split(total, counts, zip(divided, parts[::2], parts[1::2], strict=True)))
    left, right = found.left.sums(counts), found.right.sums(counts)
    terms = Terms(
        spelling,
        counts,
        places.whole[words:].astype(np.float64),
        pmi,
        left.entropy(),
        right.entropy(),
        found.shards.number(),
    )
    return terms, places


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
