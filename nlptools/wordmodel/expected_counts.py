"""Corpus as symbol ids + weighted words -> how often each word occurs and is expected, in the whole corpus.

One pass over all blocks, whatever was trained on: an E-step whose candidates are looked up.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.spool import Spool
from nlptools.lattice.paths import cut_runs
from nlptools.lattice.runs import RunBlock, arrange, find_runs
from nlptools.lattice.trie import Trie
from nlptools.native import kernel
from nlptools.wordmodel.em import LONGEST, Base, Found, Sums
from nlptools.wordmodel.sample import LONGEST_RUN, Sample

SHARDS = 10  # equal stretches of the corpus in which a word may occur or not
_PIECE = 1 << 18  # symbols at a time: what is looked up for them takes 50 bytes each


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

    @functools.cached_property
    def padded(self) -> np.ndarray:
        """The weights by number from 1; 0, no word, has none."""
        return np.concatenate([np.zeros(1, np.float32), self.words])


class WordLookup:
    """Looks up the words of a model in symbol ids, and cuts ids into words.

    Words are numbered from 1 in the order of the spelling, 0: none; `number` is one more than the last.
    """

    def __init__(self, model: Weighted) -> None:
        self.spelling, self.number = model.spelling, len(model.spelling) + 1
        self._trie = Trie(model.spelling, len(model.singles))
        self._rows = self._trie.tabulate(np.arange(1, self.number, dtype=np.int32), 0)
        self._weights = model.padded
        self._singles, self._base = np.log(np.maximum(model.singles, 1e-30)), model.base

    def look_up(self, ids: np.ndarray) -> list[np.ndarray]:
        """For each length from 2 the word that ends at each symbol, int32."""
        found = self._trie.look_up(ids, self._rows)
        return found + [np.zeros(len(ids), np.int32)] * (LONGEST - 1 - len(found))

    def ends(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol in the best segmentation, True at breaks; bool."""
        return self.cut(ids, self.look_up(ids))

    def cut(self, ids: np.ndarray, ending: list[np.ndarray]) -> np.ndarray:
        """As `ends`; ending: from look_up."""
        scores = [np.take(self._singles, ids)]
        for k, found in enumerate(ending, 2):
            weight = self._weigh(ids, found, k)
            with np.errstate(divide="ignore"):
                scores.append(np.log(weight, out=weight))
        return cut_runs(ids, scores)

    def _weigh(self, ids: np.ndarray, found: np.ndarray, length: int) -> np.ndarray:
        """The weights of the words of a length that end at each symbol."""
        base = None if self._base is None else self._base.tables.get(length)
        if kernel.usable():
            return kernel.weigh(found, self._weights, np.ascontiguousarray(ids, np.uint32), base)
        weight = np.take(self._weights, found)
        if self._base is not None and base is not None:
            weight += self._base.measure(ids, length)
        return weight

    def tokens(self, ids: np.ndarray) -> np.ndarray:
        """The words of the best segmentation, uint32: numbers; `number` + id for single symbols, 0 for
        breaks and for words that are not in the list.
        """
        ending = self.look_up(ids)
        at = np.flatnonzero(self.cut(ids, ending))
        length = np.diff(at, prepend=-1)
        tokens = np.where(ids[at] > 0, ids[at].astype(np.int32) + self.number, 0)
        for k, found in enumerate(ending, 2):
            tokens[length == k] = found[at[length == k]]
        return tokens.astype(np.uint32)


class Shards:
    """In how many of SHARDS equal stretches of a corpus each of some words occurs."""

    def __init__(self, words: int, symbols: int) -> None:
        self.bits = np.zeros(words, np.uint16)  # a bit a stretch
        self._symbols = max(symbols, 1)

    def edges(self, before: int, ids: np.ndarray) -> list[tuple[int, int]]:
        """(shard, place in the piece from which on symbols are of it), rising. before: symbols before the piece."""
        last = before + int(np.count_nonzero(ids)) - 1
        shards = [
            min(place * SHARDS // self._symbols, SHARDS - 1)
            for place in (before, max(before, last))
        ]
        edges = [(shards[0], 0)]
        if shards[1] > shards[0]:
            numbers = np.arange(shards[0] + 1, shards[1] + 1)
            starts = (
                -(-numbers * self._symbols // SHARDS) - before
            )  # symbols of the piece before each
            places = np.searchsorted(np.cumsum(ids > 0), starts, side="right")
            edges += zip(numbers.tolist(), places.tolist(), strict=True)
        return edges

    def add(self, words: np.ndarray, at: np.ndarray, edges: Sequence[tuple[int, int]]) -> None:
        """Words that end at the places `at` (ascending) of a piece, whose shards have these edges."""
        shards, places = zip(*edges, strict=True)
        stops = [*np.searchsorted(at, places[1:]).tolist(), len(at)]
        for shard, (a, b) in zip(shards, itertools.pairwise([0, *stops]), strict=True):
            self.bits[words[a:b]] |= np.uint16(1 << shard)

    def number(self) -> np.ndarray:
        """int64, for each word."""
        return np.bitwise_count(self.bits).astype(np.int64)


@dataclass
class Tally:
    """What was found; `singles` by symbol id, `words` in the order of the spelling.

    counts: int64 occurrences; expected: as words, for each model, float64; shards: int64.
    """

    singles: np.ndarray
    words: np.ndarray
    expected_singles: list[np.ndarray]
    expected_words: list[np.ndarray]
    shards: np.ndarray


def tally(
    blocks: Iterable[np.ndarray],
    sample: Sample,
    models: Sequence[Weighted],
    run: Callable[..., Iterable[Any]] = map,
    piece: int | None = None,
    *,
    cutter: Weighted | None = None,
    ends: Spool | None = None,
    before: int = 0,
) -> Tally:
    """Count the words of models, which share one spelling, in a corpus.

    blocks: its ids, of which sample.number makes those of the sample. run: as in em.expect; piece: symbols at a time, None: 2**18. Neither changes the result.
    cutter: one more model with this spelling; `ends` takes, piece by piece, where words end in its best segmentation,
    as packed bits. before: symbols of the corpus before these blocks.
    """
    size, number = len(sample.texts) + 1, len(models[0].spelling) + 1
    singles, words = np.zeros(size, np.int64), np.zeros(number, np.int64)
    sums = [Sums([size, number]) for _ in models]
    shards = Shards(number, sample.symbols)
    finder = WordLookup(models[0] if cutter is None else cutter)
    work = functools.partial(_tally_piece, finder, models, sums, cutter is not None)
    for ids, done, ending, cut in run(work, pieces(blocks, sample.number, piece, before)):
        singles += np.bincount(ids, minlength=size)
        edges = shards.edges(done, ids)
        for found in ending:
            if kernel.usable():
                kernel.tally_words(found, edges, words, shards.bits)
                continue
            at = np.flatnonzero(found)
            np.add.at(words, found[at], 1)
            shards.add(found[at], at, edges)
        if ends is not None:
            ends.append(cut)
    singles[0] = 0
    return Tally(
        singles,
        words[1:],
        [of_model.totals[0] for of_model in sums],
        [of_model.totals[1][1:] for of_model in sums],
        shards.number()[1:],
    )


def pieces(
    blocks: Iterable[np.ndarray],
    number: np.ndarray | None,
    piece: int | None = None,
    before: int = 0,
) -> Iterator[tuple[np.ndarray, int]]:
    """(dense ids, how many symbols come before them) of a whole corpus, or of the part behind so many symbols.

    number: as of a Sample; None: the blocks have dense ids.
    """
    for block in blocks:
        for ids in stretches(block if number is None else np.take(number, block), piece):
            yield ids, before
            before += int(np.count_nonzero(ids))


def stretches(ids: np.ndarray, piece: int | None = None) -> Iterator[np.ndarray]:
    """Parts of an id array that end at breaks, of about `piece` symbols where there are breaks."""
    piece = piece or _PIECE
    start = 0
    while start < len(ids):
        stop = start + piece
        while stop < len(ids) and ids[stop - 1]:
            breaks = np.flatnonzero(ids[stop : stop + piece] == 0)
            stop += int(breaks[0]) + 1 if len(breaks) else piece
        yield ids[start:stop]
        start = stop


def _tally_piece(
    finder: WordLookup,
    models: Sequence[Weighted],
    sums: Sequence[Sums],
    cut: bool,
    piece: tuple[np.ndarray, int],
) -> tuple[np.ndarray, int, list[np.ndarray], np.ndarray | None]:
    """(its ids, symbols before it, the words that end in it by length, where words end as packed bits)."""
    ids, before = piece
    ending = finder.look_up(ids)
    for block in arrange(*find_runs(ids, LONGEST_RUN)):
        found = _found_in(block, ids, ending)
        for model, of_model in zip(models, sums, strict=True):
            tables = [model.singles, *[model.padded] * len(ending)]
            of_model.expect(block, found, tables, model.base)
    return ids, before, ending, np.packbits(finder.cut(ids, ending)) if cut else None


def _found_in(block: RunBlock, ids: np.ndarray, ending: Sequence[np.ndarray]) -> Found:
    """The symbols, and the words that end in the cells of a block; NumPy is faster with the few cells that have one."""
    if kernel.usable():
        cells = [kernel.gather(values, block.places) for values in (ids.astype(np.int32), *ending)]
        return [(slice(None), of_length) for of_length in cells]
    found: list[tuple[np.ndarray | slice, np.ndarray]] = [(slice(None), np.take(ids, block.places))]
    for of_length in ending:
        words = np.take(of_length, block.places)
        at = np.flatnonzero(words)
        found.append((at, words[at]))
    return found
