"""Corpus -> WordModel: the schedule of the word model's stages, on a sample of a large corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from nlptools import keys
from nlptools.chars import is_han
from nlptools.counting import EncodedCorpus
from nlptools.gaps import GapRegression
from nlptools.lattice import arrange, find_runs
from nlptools.substrings import find_substrings, single_symbols
from nlptools.symbols import symbol_order
from nlptools.unigram import (
    LONGEST,
    Base,
    Expected,
    Lattice,
    affix_bonus,
    base_measure,
    expect,
    prune,
    weights,
)

# More text of the same mixture does not help: F1 on five development sets is .8278 with 8 M
# characters, .8289 with 13 to 16 M, .8277 with 27 M, .8267 with 48 M.
SAMPLE = 14_000_000
LONGEST_RUN = 200  # symbols; a cut every 200 symbols of text without any break changes nothing
MIN_COUNT = 2  # of a candidate; 1 and 3 lose 0.003 F1
ITERATIONS = 4
PRUNE_AFTER = 2
BASE_FROM = 3  # iterations without the base measure, while most candidates are still alive
ROUNDS = 2  # of co-training; one gives half of what two give, a third a tenth


@dataclass
class Sample:
    """What is trained on: dense symbol ids by falling count, 0 at breaks; their texts.

    size: symbols in the sample; symbols: in the whole corpus.
    """

    ids: np.ndarray
    texts: list[str]
    size: int
    symbols: int

    @property
    def han(self) -> np.ndarray:
        """Which ids are Han characters; bool."""
        return np.array([False] + [len(t) == 1 and is_han(t) for t in self.texts])


def take_sample(
    encoded: EncodedCorpus, most: int, usable: Callable[[str], bool], once: bool = True
) -> Sample:
    """Runs spread evenly over a corpus, so that about `most` symbols remain.

    Runs, not lines: one line may be a whole book. usable: which symbols besides Han characters do not
    break a run. once: of equal runs the first alone is kept (see DISTINCT in docs/decisions.md).
    """
    size = len(encoded.encoder)
    count = np.zeros(size, np.int64)
    for block in encoded.blocks:
        count += np.bincount(block, minlength=size)
    count[0] = 0
    present = np.flatnonzero(count)
    texts = encoded.encoder.texts(present)
    # Any other symbol that occurs once is in no candidate.
    good = [
        (len(t) == 1 and is_han(t)) or (n > 1 and usable(t))
        for t, n in zip(texts, count[present].tolist(), strict=True)
    ]
    kept = sorted(
        (i for i, ok in enumerate(good) if ok),
        key=lambda i: (-count[present[i]], symbol_order(texts[i])),
    )
    number = np.zeros(size, keys.id_dtype(len(kept) + 1))
    number[present[kept]] = np.arange(1, len(kept) + 1)
    total = int(count[present[kept]].sum())
    share = Fraction(min(most, total), max(total, 1))
    pieces: list[np.ndarray] = [np.zeros(1, number.dtype)]
    seen = 0
    for block in encoded.blocks:
        ids = number[block]
        starts, lengths = find_runs(ids, LONGEST_RUN)
        # Run j is taken where j times the share passes a whole number: evenly, and whatever the blocks.
        passed = np.arange(seen, seen + len(starts) + 1) * share.numerator // share.denominator
        chosen = passed[1:] > passed[:-1]
        seen += len(starts)
        pieces.append(_runs_of(ids, starts[chosen], lengths[chosen]))
    ids = np.concatenate(pieces)
    del pieces
    if once:
        starts, lengths = find_runs(ids, LONGEST_RUN)
        first = _first_of_equals(ids, starts, lengths)
        ids = np.concatenate([ids[:1], _runs_of(ids, starts[first], lengths[first])])
    return Sample(ids, [texts[i] for i in kept], int(np.count_nonzero(ids)), total)


def _first_of_equals(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Which runs are not the same as an earlier one, in order.

    Runs are compared by 64-bit hashes: among ten million runs two different ones are taken for equal
    with a probability of 3 in a million, and then one run is missing in the sample.
    """
    places = np.random.Generator(np.random.PCG64(1)).integers(
        1, 1 << 62, LONGEST_RUN, dtype=np.uint64
    )
    values = np.random.Generator(np.random.PCG64(2)).integers(
        1, 1 << 62, int(ids.max(initial=0)) + 1, dtype=np.uint64
    )
    hashes = np.empty(len(starts), np.uint64)
    for a in range(0, len(starts), 1 << 15):
        part = slice(a, a + (1 << 15))
        ends = np.cumsum(lengths[part])
        within = np.arange(int(ends[-1])) - np.repeat(ends - lengths[part], lengths[part])
        mixed = np.take(values, ids[within + np.repeat(starts[part], lengths[part])])
        mixed *= np.take(places, within) | np.uint64(1)
        mixed ^= mixed >> np.uint64(29)
        hashes[part] = np.add.reduceat(mixed, ends - lengths[part])
    _, first = np.unique(hashes, return_index=True)
    return np.sort(first)


def _runs_of(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The runs one after the other, each with a 0 behind it."""
    ends = np.cumsum(lengths + 1)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, ids.dtype)
    shift = (starts - (ends - lengths - 1)).astype(np.int32)
    places = np.repeat(shift, lengths + 1)
    places += np.arange(len(out), dtype=np.int32)
    places[ends - 1] = 0
    np.take(ids, places, out=out)
    out[ends - 1] = 0
    return out


def build_lattice(
    sample: Sample, min_count: int, sort: Callable[[np.ndarray], None] = np.ndarray.sort
) -> Lattice:
    """The candidates of a sample and where they stand."""
    size = len(sample.texts) + 1
    blocks = list(arrange(*find_runs(sample.ids, LONGEST_RUN)))
    lattice = Lattice(
        blocks,
        [[np.take(sample.ids, block.places)] for block in blocks],
        [single_symbols(sample.ids, size)],
    )
    for words, ending in find_substrings(sample.ids, size, LONGEST, min_count, sort):
        lattice.words.append(words)
        for block, cells in zip(blocks, lattice.cells, strict=True):
            cells.append(np.take(ending, block.places))
    return lattice


@dataclass
class Trained:
    """The word model in its own numbers, before it becomes a list of words."""

    lattice: Lattice
    expected: Expected
    bonus: list[np.ndarray | None]
    base: Base
    regression: GapRegression | None


Watch = Callable[[str, int, float, int], None]


def fit(
    lattice: Lattice,
    han: np.ndarray,
    penalties: Sequence[float],
    *,
    least: float = 0.2,
    run: Callable[..., Iterable[Any]] = map,
    watch: Watch = lambda *_: None,
) -> Trained:
    expected: Expected = [words.counts.astype(np.float64) for words in lattice.words]
    pairs = [cells[1] for cells in lattice.cells]
    sizes = len(lattice.words[0]), len(lattice.words[1])
    bonus: list[np.ndarray | None] | None = None
    base: Base | None = None

    def step(stage: str, number: int, gaps: Any = None) -> list[np.ndarray]:
        nonlocal expected
        tables = weights(expected, penalties, bonus)
        found = expect(lattice, tables, base, gaps, run)
        expected = found.expected
        active = sum(int(np.count_nonzero(c)) for c in expected)
        watch(stage, number, found.log_likelihood, active)
        return found.boundaries

    for iteration in range(ITERATIONS):
        if iteration == PRUNE_AFTER:
            expected = prune(lattice, expected, least)
        if iteration >= BASE_FROM:
            base = base_measure(lattice.words, expected, han)
        step("EM", iteration + 1)
    bonus = affix_bonus(lattice, expected)
    base = base_measure(lattice.words, expected, han)
    boundaries = step("affixes", 1)
    regression = GapRegression(
        lattice.blocks, [cells[0] for cells in lattice.cells], pairs, sizes, run
    )
    for _ in range(ROUNDS):
        regression.fit(boundaries)
        for number in range(2):
            base = base_measure(lattice.words, expected, han)
            boundaries = step("co-training", number + 1, regression.gaps)
    base = base_measure(lattice.words, expected, han)
    return Trained(lattice, expected, bonus, base, regression)
