"""Fitted word model + corpus -> terms of five to eight symbols: sequences of words that hold together.

Candidates are sequences of two to four words of the best segmentation of the sample. Their numbers are
those of the whole corpus: occurrences, neighbours, and how often both ends are ends of words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.lattice.trie import Trie
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.wordmodel.candidates import find_substrings
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
    sides; pmi: of the weakest split between two of its words, nats; normed_pmi: the same divided by -ln p;
    left_entropy, right_entropy: nats; left_edge, right_edge: share of the occurrences next to a break;
    shards: as in tally.
    """

    spelling: np.ndarray
    counts: np.ndarray
    expected: np.ndarray
    pmi: np.ndarray
    normed_pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    left_edge: np.ndarray
    right_edge: np.ndarray
    shards: np.ndarray


def find_terms(
    encoded: EncodedCorpus,
    sample: Sample,
    model: Weighted,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]] = map,
) -> Terms:
    """Terms that occur at least min_count times.

    alone: for each symbol the share of its occurrences in which it is a word of its own.
    """
    finder = WordLookup(model)
    share = len(sample) / max(sample.symbols, 1)
    # Where equal runs were left out fewer are seen than there are.
    least = max(2, round(min_count * share))
    spelling, splits = _candidates(sample, finder, alone, least, run)
    return _statistics(encoded, sample, finder, spelling, splits, min_count, run)


def _candidates(
    sample: Sample,
    finder: WordLookup,
    alone: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]],
) -> tuple[np.ndarray, np.ndarray]:
    """(spelling, splits): symbol ids padded with 0, and the places between words, padded with 0."""
    singles = finder.number + np.flatnonzero(alone >= FUNCTION_SHARE)
    types = finder.number + len(alone)
    listed = np.ones(types, bool)
    listed[singles] = False
    tokens = [np.zeros(1, np.uint32)]
    for numbers in run(finder.tokens, stretches(sample.ids)):
        numbers[~listed[numbers]] = 0
        tokens.append(numbers)
    ids = np.concatenate(tokens)
    spelled = np.zeros((types, LONGEST), sample.ids.dtype)
    spelled[1 : finder.number] = finder.spelling
    spelled[finder.number :, 0] = np.arange(len(alone))
    length = np.count_nonzero(spelled, axis=1)
    found, places, counts = [], [], []
    for words, _ in find_substrings(ids, types, MOST_WORDS, min_count):
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


class _Neighbours:
    """Counts of (term, neighbour); neighbours at breaks are left out."""

    def __init__(self) -> None:
        self._pairs = np.zeros(0, np.uint64)
        self._counts = np.zeros(0, np.int64)
        self._new: list[np.ndarray] = []
        self._size = 0

    def add(self, term: np.ndarray, neighbour: np.ndarray) -> None:
        pairs = (term.astype(np.uint64) << np.uint64(32)) | neighbour.astype(np.uint64)
        self._new.append(pairs[neighbour > 0])
        self._size += len(self._new[-1])
        if self._size > 1 << 19:
            self._merge()

    def _merge(self) -> None:
        if not self._size:
            return
        pairs = np.concatenate([self._pairs, *self._new])
        counts = np.concatenate([self._counts, np.ones(self._size, np.int64)])
        self._new.clear()
        self._size = 0
        self._pairs, place = np.unique(pairs, return_inverse=True)
        self._counts = np.bincount(place, weights=counts, minlength=len(self._pairs)).astype(
            np.int64
        )

    def entropy(self, counts: np.ndarray) -> np.ndarray:
        """Branching entropy of each term, nats; every break is a neighbour of its own."""
        self._merge()
        owner = (self._pairs >> np.uint64(32)).astype(np.int64)
        together = self._counts * np.log(self._counts)
        together = np.bincount(owner, weights=together, minlength=len(counts))
        counts = np.maximum(counts, 1)
        return np.maximum(np.log(counts) - together / counts, 0.0)

    def edge(self, counts: np.ndarray) -> np.ndarray:
        """Share of the occurrences of each term that have no neighbour."""
        self._merge()
        owner = (self._pairs >> np.uint64(32)).astype(np.int64)
        inside = np.bincount(owner, weights=self._counts, minlength=len(counts))
        return 1 - inside / np.maximum(counts, 1)


def _statistics(
    encoded: EncodedCorpus,
    sample: Sample,
    finder: WordLookup,
    spelling: np.ndarray,
    splits: np.ndarray,
    min_count: int,
    run: Callable[..., Iterable[Any]],
) -> Terms:
    size, number = len(sample.texts) + 1, len(spelling)
    rows = np.arange(number)
    lengths = np.count_nonzero(spelling, axis=1)
    # Everything that is counted: the terms, then what is left and right of each split.
    split_of = [rows[splits[:, j] > 0] for j in range(splits.shape[1])]
    heads = [
        _part(spelling[r], np.zeros(len(r), np.int64), splits[r, j]) for j, r in enumerate(split_of)
    ]
    tails = [_part(spelling[r], splits[r, j], lengths[r]) for j, r in enumerate(split_of)]
    every = np.concatenate([spelling, *heads, *tails])
    place, first_rows = keys.row_ranks(every, size)
    every = every[first_rows]
    term_of = np.full(len(every) + 1, -1, np.int64)
    term_of[place[:number].astype(np.int64) + 1] = rows
    trie = Trie(every, size)
    tables = trie.tabulate(np.arange(1, len(every) + 1, dtype=np.int32), 0)
    counts = np.zeros(len(every) + 1, np.int64)
    singles = np.zeros(size, np.int64)
    whole = np.zeros(number, np.int64)
    shards = Shards(number, sample.symbols)
    left, right = _Neighbours(), _Neighbours()

    def work(piece: tuple[np.ndarray, int]) -> Any:
        ids, before = piece
        ends = finder.ends(ids)
        return ids, before, ends, trie.look_up(ids, tables)

    for ids, before, ends, found in run(work, pieces(encoded, sample.number)):
        singles += np.bincount(ids, minlength=size)
        padded = np.concatenate([[0], ids, [0]])
        for k, ending in enumerate(found, 2):
            at = np.flatnonzero(ending)
            np.add.at(counts, ending[at], 1)
            if k < SHORTEST_TERM:
                continue
            term = term_of[ending[at]]
            at, term = at[term >= 0], term[term >= 0]
            left.add(term, padded[at - k + 1])
            right.add(term, padded[at + 2])
            free = ends[at] & ((at < k) | ends[at - k])
            np.add.at(whole, term[free], 1)
            shards.add(term, before, ids, at)
    single = every[:, 1] == 0
    own = np.where(single, singles[every[:, 0]], counts[1:])
    f = own[place[:number]]
    total = float(max(sample.symbols, 1))
    pmi = np.full(number, np.inf)
    sizes = [number, *map(len, heads), *map(len, tails)]
    parts = np.split(own[place], np.cumsum(sizes)[:-1])[1:]
    for r, head, tail in zip(split_of, parts[: len(heads)], parts[len(heads) :], strict=True):
        pmi[r] = np.minimum(pmi[r], np.log(total * f[r] / (head.astype(np.float64) * tail)))
    kept = np.flatnonzero(f >= min_count)
    result = Terms(
        spelling,
        f,
        whole.astype(np.float64),
        pmi,
        pmi / -np.log(np.minimum(f / total, 0.5)),
        left.entropy(f),
        right.entropy(f),
        left.edge(f),
        right.edge(f),
        shards.number(),
    )
    return Terms(*(getattr(result, name)[kept] for name in Terms.__dataclass_fields__))


def _part(spelling: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """The symbols from start to stop of each row, padded with 0."""
    column = start[:, None] + np.arange(LONGEST_TERM)
    inside = column < stop[:, None]
    return np.where(
        inside, np.take_along_axis(spelling, np.minimum(column, LONGEST_TERM - 1), axis=1), 0
    )
