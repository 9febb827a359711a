"""Runs of symbols -> expected counts of words: the unigram word model, learnt by soft EM.

The model: a text is a sequence of words drawn independently, word s with the weight
w(s) = max(C(s) - 0.5, 0) / N * exp(-penalty(length)) * exp(bonus(s)), C(s) being its expected count over all
segmentations of the corpus and N the sum of all C. Every frequent substring begins as a word with its
count as expected count, and each round of EM lets the words compete for the text. Likelihood alone
would prefer ever longer words; the penalty by length is what keeps it at words (docs/how-it-works.md).

Each stage is a function; fit.py says in which order they run.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlptools.base import keys, steady
from nlptools.base.shelf import Shelf, Store
from nlptools.lattice.paths import forward_backward
from nlptools.lattice.runs import Steps
from nlptools.native import kernel
from nlptools.ngrams.neighbours import NeighbourPairs
from nlptools.wordmodel.candidates import Substrings

LONGEST = 4  # symbols of a word. Six give +0.0003 F1 for half as much time again.
# Nats by which a word of 1, 2, 3, 4 symbols is less likely. Chosen on PKU, the best or within 0.001 of
# it on all five development sets and for every size of the corpus (docs/decisions.md).
PENALTIES = {
    "coarse": (0.0, 1.0, 5.0, 8.0),
    "default": (0.0, 2.0, 7.0, 12.0),
    "fine": (0.0, 3.0, 9.0, 15.0),
}
NATS_GRAIN = 2.0**-12  # of a bonus
LEAST_PENALTY = -40.0  # nats; float32 has no room for the weights of words with less than -80
DISCOUNT = 0.5  # as absolute discounting takes from every n-gram; 0 to 1 give the same F1
SINGLE_FLOOR = 0.05  # a single symbol never becomes impossible, or a run could not be cut at all
# Words below this expected count after two iterations never come back. What is left is a tenth.
PRUNE = 0.2
# Where at most this share of the cells has a candidate of some length, those cells are listed: two numbers for each, not
# one for every cell.
SPARSE = 0.25

# Base measure: words that were not seen, or too rarely to be candidates, are made of characters that
# stand at the first, second, third place of rare words. The nats are the price of an unseen word.
BASE_NATS = {2: -5.0, 3: -7.0}  # (-4, -6) and (-6, -8) lose 0.001 F1
# On top of a word list, whose counts are twice those of the text, an unseen word is dearer beside them by as much, and
# most words that are not listed are names: (-5, -7) loses .005 F1, on a novel .02; (-3.5, -5) .0003.
KNOWN_BASE_NATS = {2: -4.0, 3: -5.5}
BASE_SMOOTHING = 0.02
# Its characters are learnt from words that are rare, but words: more than 30 % of their occurrences.
RARE_EXPECTED = (0.5, 100.0)
RARE_SHARE = 0.3

# Affix bonus: three symbols whose best split is 2+1 (经济学, 记者们) are words more often than
# those that split 1+2, and both three and four symbols more often when their neighbours are free.
SPLIT_BONUS = 1.2  # nats; 0.7 gives half of the gain
FREEDOM_BONUS = 0.5  # for a nat of entropy above or below FREEDOM_MIDDLE
FREEDOM_MIDDLE, FREEDOM_MOST = 2.0, 4.0

Expected = list[np.ndarray]  # by length - 1: expected count of every candidate, float64
Tables = list[np.ndarray]  # by length - 1: a number for every candidate, float32


@dataclass
class Lattice:
    """All segmentations of a corpus: which candidate of each length ends in every cell.

    blocks: how the cells lie. endings: by length - 1, for each block the number of the candidate that ends in
    every cell, int32; of length 1 the symbols themselves. words: candidates by length - 1. store: where the
    endings lie, and what else is as long as the text. places: by length - 1, where there are few candidates, the cells
    (int32, ascending) of each block in which they end, and `endings` has these alone.
    """

    blocks: list[Steps]
    endings: list[Shelf]
    words: list[Substrings]
    store: Store
    places: dict[int, Shelf] = field(default_factory=dict)

    def found(self, k: int, i: int) -> tuple[np.ndarray | slice, np.ndarray]:
        """(cells of a block, the candidates of length k that end in them; 0: none)."""
        places = self.places.get(k - 1)
        return slice(None) if places is None else places[i], self.endings[k - 1][i]

    def cells(self, i: int) -> list[np.ndarray]:
        """By length - 1 the candidates that end in the cells of a block."""
        cells = []
        for k in range(1, len(self.endings) + 1):
            at, number = self.found(k, i)
            of_length = np.zeros(len(self.blocks[i]), number.dtype)
            of_length[at] = number
            cells.append(of_length)
        return cells

    def thin(self) -> None:
        """Keep those cells alone in which a candidate of three symbols and more ends, where these are few.

        After pruning they are 3 and 1 of a hundred.
        """
        for k in range(3, len(self.endings) + 1):
            if k - 1 in self.places:
                continue
            endings = self.endings[k - 1]
            if sum(map(np.count_nonzero, endings)) > SPARSE * sum(map(len, self.blocks)):
                continue
            places, numbers = Shelf(self.store), Shelf(self.store)
            for cells in endings:
                at = np.flatnonzero(cells)
                places.append(at.astype(np.int32))
                numbers.append(cells[at])
            self.places[k - 1], self.endings[k - 1] = places, numbers

    def renumber(self, kept: Sequence[np.ndarray]) -> None:
        """Keep these rows of the lengths 2, 3, ... alone, and number them anew, from 1."""
        for k, rows in enumerate(kept, 2):
            number = np.zeros(len(self.words[k - 1]), np.int32)
            number[rows] = np.arange(1, len(rows) + 1)
            endings = self.endings[k - 1]
            for i, cells in enumerate(endings):
                endings[i] = np.take(number, cells, out=cells, mode="clip")
            self.words[k - 1] = self.words[k - 1].select(rows)


@dataclass
class Expectation:
    """What an E-step finds.

    expected: by length - 1; boundaries: float32, for each block the posterior of a boundary after each
    cell; log_likelihood: of the corpus, nats.
    """

    expected: Expected
    boundaries: Sequence[np.ndarray]
    log_likelihood: float


@dataclass(frozen=True)
class Base:
    """Base measure: probability of each symbol at each place of an unseen word.

    counts[k][j]: int64, in how many rare words of k symbols each symbol stands at place j;
    tables[k][j]: float32, its probability, the first one times exp(nats[k]).
    """

    counts: dict[int, list[np.ndarray]]
    tables: dict[int, list[np.ndarray]]

    @staticmethod
    def from_counts(
        counts: dict[int, list[np.ndarray]], words: np.ndarray, known: bool = False
    ) -> Base:
        """words: which symbols can be part of an unseen word (the Han characters); bool. known: beside a word list."""
        nats = base_nats(known)
        tables = {}
        for k, of_place in counts.items():
            tables[k] = [
                ((n + BASE_SMOOTHING) / (n.sum() + BASE_SMOOTHING * len(n))).astype(np.float32)
                * words
                for n in of_place
            ]
            tables[k][0] *= np.float32(np.exp(nats[k]))
        return Base(counts, tables)

    def measures(self, block: Steps, symbols: np.ndarray) -> dict[int, np.ndarray]:
        """By length: the measure of the word that ends in each cell, float32; 0 where it would begin before its run."""
        starts = block.starts
        found = {}
        for k, tables in self.tables.items():
            columns = [np.take(table, symbols) for table in tables]
            measure = columns[-1]
            measure[: starts[min(k - 1, block.steps)]] = 0
            for step in range(k - 1, block.steps):
                a, e = starts[step], starts[step + 1]
                for j in range(k - 1):
                    measure[a:e] *= columns[j][starts[step - k + 1 + j] :][: e - a]
            found[k] = measure
        return found

    def measure(self, ids: np.ndarray, length: int) -> np.ndarray:
        """Measure of the word of that many symbols that ends at each place of an id array, float32."""
        found = np.zeros(len(ids), np.float32)
        if len(ids) >= length:
            last = len(ids) - length + 1
            product = found[length - 1 :]
            np.take(self.tables[length][0], ids[:last], out=product)
            for j, table in enumerate(self.tables[length][1:], 1):
                product *= np.take(table, ids[j : last + j])
        return found


def base_nats(listed: bool) -> dict[int, float]:
    """The price of an unseen word by its length. listed: whether the model is learnt on top of a word list."""
    return KNOWN_BASE_NATS if listed else BASE_NATS


def weights(
    expected: Expected,
    penalties: Sequence[float],
    bonus: Sequence[np.ndarray | None] | None = None,
    least_share: float = 0.0,
) -> Tables:
    """Weight of each candidate.

    least_share: the discount leaves at least this share of the expected count. 0 lets rare candidates
    die out, as a segmenter should; a ranking of all candidates wants 0.1.
    """
    total = sum(float(c.sum()) for c in expected)
    costs = steady.rounded(np.exp(-np.array(penalties)))
    tables = []
    for k, c in enumerate(expected, 1):
        table = np.empty(len(c), np.float32)
        extra = None if bonus is None else bonus[k - 1]
        for start in range(0, len(c), keys.PIECE):  # no column of float64 beside it
            part = slice(start, start + keys.PIECE)
            w = np.maximum(c[part] - DISCOUNT, SINGLE_FLOOR if k == 1 else least_share * c[part])
            w *= float(costs[k - 1]) / total
            if extra is not None:
                w *= steady.exp(extra[part])
            table[part] = w
        if k > 1:
            table[0] = 0
        tables.append(table)
    return tables


def expect(
    lattice: Lattice,
    tables: Tables,
    base: Base | None = None,
    gaps: Callable[[int], np.ndarray] | None = None,
    run: Callable[..., Iterable[Any]] = map,
) -> Expectation:
    """E-step: the expected counts of all candidates under the model.

    gaps: number of a block -> weight of a boundary after each of its cells. run: `map`, or one that uses several
    threads; the result does not depend on it.
    """
    sums = Sums([len(words) for words in lattice.words])
    boundaries = Shelf(lattice.store)
    total = 0.0
    work = functools.partial(_expect_block, lattice, tables, base, gaps, sums)
    for boundary, log_likelihood in run(work, range(len(lattice.blocks))):
        boundaries.append(boundary)
        total += log_likelihood
    totals = sums.totals
    for of_length in totals[1:]:
        of_length[0] = 0
    return Expectation(totals, boundaries, total)


def _expect_block(
    lattice: Lattice,
    tables: Tables,
    base: Base | None,
    gaps: Callable[[int], np.ndarray] | None,
    sums: Sums,
    i: int,
) -> tuple[np.ndarray, float]:
    block = lattice.blocks[i]
    found = [lattice.found(k, i) for k in range(1, len(tables) + 1)]
    weight = gaps(i) if gaps is not None else None
    return sums.expect(block, found, tables, base, weight)


# By length - 1: (cells, words that end in them), as Lattice.found.
Found = Sequence[tuple[np.ndarray | slice, np.ndarray]]


class Sums:
    """Sums of posteriors by candidate, to which several threads add in any order: they are exact."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """sizes: by length - 1; all longer words are those of the last."""
        self._sizes = sizes
        # Each thread adds to numbers of its own; the first ones take them all in.
        self._totals = [np.zeros(size) for size in sizes]
        self._free = [self._totals]
        self._lock = threading.Lock()

    @property
    def totals(self) -> list[np.ndarray]:
        """By length - 1, float64; when no thread is at work."""
        for others in self._free:
            if others is not self._totals:
                for total, other in zip(self._totals, others, strict=True):
                    total += other
        self._free = [self._totals]
        return self._totals

    def expect(
        self,
        block: Steps,
        found: Found,
        tables: Sequence[np.ndarray],
        base: Base | None,
        gaps: np.ndarray | None = None,
    ) -> tuple[np.ndarray, float]:
        """Add the posteriors of the words that end in a block. (Those of boundaries, float32; the log-likelihood).

        found: of length 1 the symbol of every cell. tables: weights of the words, float32; gaps: of a boundary after each
        cell.
        """
        with self._lock:
            totals = self._free.pop() if self._free else None
        totals = totals or [np.zeros(size) for size in self._sizes]
        of_length = [*totals, *totals[-1:] * (len(found) - len(totals))]
        if kernel.usable():
            numbers = [_dense(block, at, ending) for at, ending in found]
            of_base = {} if base is None else base.tables
            result = kernel.expect(block.starts, numbers, tables, of_length, of_base, gaps)
        else:
            result = _expect(block, found, tables, base, gaps, of_length)
        with self._lock:
            self._free.append(totals)
        return result


def _dense(block: Steps, at: np.ndarray | slice, numbers: np.ndarray) -> np.ndarray:
    if isinstance(at, slice):
        return numbers.astype(np.int32, copy=False)
    every = np.zeros(len(block), np.int32)
    every[at] = numbers
    return every


def _expect(
    block: Steps,
    found: Found,
    tables: Sequence[np.ndarray],
    base: Base | None,
    gaps: np.ndarray | None,
    totals: Sequence[np.ndarray],
) -> tuple[np.ndarray, float]:
    """What kernel.expect does."""
    terms = []
    for table, (at, number) in zip(tables, found, strict=True):
        weights_of = np.take(table, number, mode="clip")
        if not isinstance(at, slice):
            every = np.zeros(len(block), np.float32)
            every[at] = weights_of
            weights_of = every
        terms.append(weights_of)
    if base is not None:
        for k, measure in base.measures(block, found[0][1]).items():
            terms[k - 1] += measure
    result = forward_backward(block, terms, gaps)
    for total, (at, number), posterior in zip(totals, found, terms, strict=True):
        # Half of the time of np.bincount where there are a million candidates.
        np.add.at(total, number.astype(np.intp), exact(posterior[at]).astype(np.float64))
    return result


def exact(posteriors: np.ndarray) -> np.ndarray:
    """Posteriors rounded, in place, to multiples of 2**-20.

    Float64 sums of up to 2**33 of them are exact, so they do not depend on blocks, threads or shards.
    """
    posteriors += np.float32(8)
    posteriors -= np.float32(8)
    return posteriors


def prune(
    lattice: Lattice, expected: Expected, least: float | Sequence[np.ndarray | float] = PRUNE
) -> list[np.ndarray]:
    """Drop the words below an expected count, number the others from the largest down.

    least: that count; or by length - 1 one for all, or one for each candidate.

    Returns the rows that are kept, for the lengths 2, 3, ...
    """
    kept = []
    bounds = [least] * len(expected) if isinstance(least, float) else least
    for c, bound in zip(expected[1:], bounds[1:], strict=True):
        rows = np.flatnonzero(c >= bound)
        rows = rows[rows > 0]
        kept.append(rows[np.argsort(-c[rows], kind="stable")])
    lattice.renumber(kept)
    lattice.thin()
    return kept


def base_measure(
    words: Sequence[Substrings], expected: Expected, han: np.ndarray, known: bool = False
) -> Base:
    """Base measure learnt from the rare part of the lexicon, each word counted once.

    han: which symbols are Han characters; bool. known: whether there is a word list.
    """
    counts = {}
    least, most = RARE_EXPECTED
    for k in BASE_NATS:
        c = expected[k - 1]
        rare = (c >= least) & (c < most) & (c > RARE_SHARE * words[k - 1].counts)
        spelling = words[k - 1].spelling[rare]
        counts[k] = [np.bincount(spelling[:, j], minlength=len(han)) for j in range(k)]
    return Base.from_counts(counts, han, known)


def affix_bonus(lattice: Lattice, expected: Expected) -> list[np.ndarray | None]:
    """Nats to add to words of three and four symbols, for how they split and how free they are."""
    of_three, of_four = (
        FREEDOM_BONUS * (np.minimum(_least_entropy(lattice, k), FREEDOM_MOST) - FREEDOM_MIDDLE)
        for k in (3, 4)
    )
    # C(ab) C(c) against C(a) C(bc)
    counts = [np.maximum(c, 0.01) for c in expected[:2]]
    counts[1][0] = 0.01
    spelling = lattice.words[2].spelling
    a, c = counts[0][spelling[:, 0]], counts[0][spelling[:, 2]]
    ab, bc = (
        counts[1][find_rows(lattice.words[1], pair)] for pair in (spelling[:, :2], spelling[:, 1:])
    )
    of_three += np.where(ab * c >= a * bc, SPLIT_BONUS, -SPLIT_BONUS)
    of_three[0] = of_four[0] = 0
    # The last bits of a logarithm, of which the entropies are made, differ by machine.
    return [
        None,
        None,
        *(np.rint(bonus / NATS_GRAIN) * NATS_GRAIN for bonus in (of_three, of_four)),
    ]


def find_rows(words: Substrings, spelling: np.ndarray) -> np.ndarray:
    """Rows of the candidates with these spellings, 0 for those that are none; int64.

    Symbol after symbol, so that any number of symbols fits into a key.
    """
    if words.length == 1:
        return spelling[:, 0].astype(np.int64)
    size = int(max(words.spelling.max(initial=0), spelling.max(initial=0))) + 1
    bases = [size] * words.length
    if keys.fits(bases):
        return _find_packed(words.spelling[1:], spelling.astype(np.uint32), bases)
    base = np.uint64(size)
    own = words.spelling[1:, 0].astype(np.uint64)
    asked = spelling[:, 0].astype(np.uint64)
    for j in range(1, words.length):
        distinct, own = np.unique(
            own * base + words.spelling[1:, j].astype(np.uint64), return_inverse=True
        )
        own = own.astype(np.uint64)
        found = keys.KeyTable(distinct).find(asked * base + spelling[:, j].astype(np.uint64))
        asked = np.where(found < 0, len(distinct), found).astype(np.uint64)
    row = np.zeros(int(own.max(initial=0)) + 2, np.int64)
    row[own.astype(np.int64)] = np.arange(1, len(words))
    return row[np.minimum(asked, len(row) - 1).astype(np.int64)]


def _find_packed(own: np.ndarray, asked: np.ndarray, bases: Sequence[int]) -> np.ndarray:
    """As find_rows, of spellings that fit into a key; row 0 is left out of `own`."""
    known, wanted = (
        keys.pack(list(rows.T), bases, np.empty(len(rows), np.uint64)) for rows in (own, asked)
    )
    if not len(known) or (known[1:] > known[:-1]).all():  # as they are when they are found
        places = np.searchsorted(known, wanted)
        there = np.append(known, np.uint64(0))[places] == wanted
        return np.where(there & (places < len(known)), places + 1, 0)
    return keys.KeyTable(known).find(wanted).astype(np.int64) + 1


def _least_entropy(lattice: Lattice, length: int) -> np.ndarray:
    """The smaller branching entropy of each candidate, nats; every break is a neighbour of its own."""
    counts = np.zeros(len(lattice.words[length - 1]), np.int64)
    pairs = NeighbourPairs(), NeighbourPairs()
    for i, (block, symbols) in enumerate(zip(lattice.blocks, lattice.endings[0], strict=True)):
        at, number = lattice.found(length, i)
        if isinstance(at, slice):
            at = np.flatnonzero(number)
            number = number[at]
        counts += np.bincount(number, minlength=len(counts))
        for side, beside in zip(pairs, _neighbours(block, symbols, length), strict=True):
            side.add(number, beside[at])
    left, right = (side.sums(counts).entropy() for side in pairs)
    return np.minimum(left, right)


def _neighbours(block: Steps, symbols: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The symbols left and right of the word of that length that ends in each cell, 0 for none."""
    left, right = np.zeros_like(symbols), np.zeros_like(symbols)
    starts = block.starts
    for step in range(block.steps):
        a, e = starts[step], starts[step + 1]
        if step >= length:
            left[a:e] = symbols[starts[step - length] :][: e - a]
        if after := block.width(step + 1):
            right[a : a + after] = symbols[e : e + after]
    return left, right
