"""Corpus as symbol ids + weighted words -> how often each word occurs and is expected, in the whole corpus.

One pass over all blocks, whatever was trained on: an E-step whose candidates are looked up.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.counting import EncodedCorpus
from nlptools.lattice import arrange, find_runs, forward_backward
from nlptools.sampling import LONGEST_RUN, Sample
from nlptools.trie import Trie
from nlptools.unigram import Base, exact

SHARDS = 10  # equal stretches of the corpus in which a word may occur or not
_PIECE = 1 << 19  # symbols at a time: what is looked up for them takes 50 bytes each


@dataclass(frozen=True)
class Weighted:
    """Words with weights (not logarithms) for an E-step.

    spelling: symbol ids of words of two symbols and more, padded with 0, most frequent first; words,
    singles: their weights and those of all symbols, float32; base: of unseen words.
    """

    spelling: np.ndarray
    words: np.ndarray
    singles: np.ndarray
    base: Base | None


@dataclass
class Tally:
    """What was found; `singles` by symbol id, `words` in the order of the spelling.

    counts: int64 occurrences; expected: as words, float64; shards: in how many of SHARDS stretches of the
    corpus a word occurs.
    """

    singles: np.ndarray
    words: np.ndarray
    expected_singles: list[np.ndarray]
    expected_words: list[np.ndarray]
    shards: np.ndarray


def tally(
    encoded: EncodedCorpus,
    sample: Sample,
    models: Sequence[Weighted],
    run: Callable[..., Iterable[Any]] = map,
) -> Tally:
    """Count the words of models, which share one spelling, in a corpus. run: as in unigram.expect."""
    spelling, size = models[0].spelling, len(sample.texts) + 1
    trie = Trie(spelling, size)
    rows = trie.tabulate(np.arange(1, len(spelling) + 1, dtype=np.int32), 0)
    result = Tally(
        np.zeros(size, np.int64),
        np.zeros(len(spelling), np.int64),
        [np.zeros(size) for _ in models],
        [np.zeros(len(spelling)) for _ in models],
        np.zeros(len(spelling), np.uint16),
    )
    work = functools.partial(_tally_piece, trie, rows, models, sample.symbols)
    for singles, words, expected, present in run(work, _pieces(encoded, sample.number)):
        result.singles += singles
        result.words += words[1:]
        for i, (of_singles, of_words) in enumerate(expected):
            result.expected_singles[i] += of_singles
            result.expected_words[i] += of_words[1:]
        for shard, found in present:
            result.shards[found] |= np.uint16(1 << shard)
    bits = np.unpackbits(result.shards.view(np.uint8).reshape(-1, 2), axis=1)
    result.shards = bits.sum(axis=1, dtype=np.int64)
    return result


def _pieces(encoded: EncodedCorpus, number: np.ndarray) -> Iterator[tuple[np.ndarray, int]]:
    """(dense ids, how many symbols come before them); each piece ends at a break or is very long."""
    before = 0
    for block in encoded.blocks:
        ids = number[block]
        start = 0
        while start < len(ids):
            stop = start + _PIECE
            if stop < len(ids):
                breaks = np.flatnonzero(ids[stop:] == 0)
                stop = stop + int(breaks[0]) + 1 if len(breaks) else len(ids)
            piece = ids[start:stop]
            yield piece, before
            before += int(np.count_nonzero(piece))
            start = stop


def _tally_piece(
    trie: Trie,
    rows: Sequence[np.ndarray],
    models: Sequence[Weighted],
    symbols: int,
    piece: tuple[np.ndarray, int],
) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]], list[tuple[int, Any]]]:
    ids, before = piece
    size, number = len(models[0].singles), len(models[0].spelling) + 1
    ending = trie.look_up(ids, rows)
    singles = np.bincount(ids, minlength=size)
    singles[0] = 0
    words = np.zeros(number, np.int64)
    for found in ending:
        words += np.bincount(found, minlength=number)
    words[0] = 0
    expected = [(np.zeros(size), np.zeros(number)) for _ in models]
    for block in arrange(*find_runs(ids, LONGEST_RUN)):
        cells = [np.take(ids, block.places)]
        cells += [np.take(found, block.places) for found in ending]
        for model, (of_singles, of_words) in zip(models, expected, strict=True):
            weights = np.concatenate([np.zeros(1, np.float32), model.words])
            terms = [np.take(model.singles, cells[0])]
            terms += [np.take(weights, cell) for cell in cells[1:]]
            if model.base is not None:
                while len(terms) < max(model.base.tables):
                    terms.append(np.zeros(len(block), np.float32))
                model.base.add_to(terms, block, cells[0])
            forward_backward(block, terms)
            of_singles += np.bincount(cells[0], weights=exact(terms[0]), minlength=size)
            for cell, posterior in zip(cells[1:], terms[1:], strict=False):
                of_words += np.bincount(cell, weights=exact(posterior), minlength=number)
    return singles, words, expected, _present(ids, ending, before, symbols)


def _present(
    ids: np.ndarray, ending: Sequence[np.ndarray], before: int, symbols: int
) -> list[tuple[int, np.ndarray]]:
    """(shard, words that end in it) for the shards that a piece lies in."""
    if not len(ids):
        return []
    place = np.maximum(before + np.cumsum(ids > 0) - 1, 0)
    shard = np.minimum(place * SHARDS // max(symbols, 1), SHARDS - 1)
    first, last = int(shard[0]), int(shard[-1])
    edges = np.searchsorted(shard, np.arange(first, last + 2)).tolist()
    return [
        (number, part[part > 0] - 1)
        for number in range(first, last + 1)
        for part in (found[edges[number - first] : edges[number - first + 1]] for found in ending)
    ]
