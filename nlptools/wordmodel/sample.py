"""Corpus as symbol ids -> the sample that the word model learns from, and its lattice of candidates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nlptools.base import keys
from nlptools.base.shelf import Shelf, Store
from nlptools.lattice.runs import Steps, arrange, find_runs
from nlptools.native import kernel
from nlptools.ngrams.alphabet import sort_key
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.text.chars import is_han
from nlptools.wordmodel.candidates import find_substrings, single_symbols
from nlptools.wordmodel.em import LONGEST, Lattice

LONGEST_RUN = 200  # symbols; a cut every 200 symbols of text without any break changes nothing


class Share(NamedTuple):
    """A part of a whole, in lowest terms: what a Fraction is, whose import takes 3 ms."""

    numerator: int
    denominator: int


@dataclass(frozen=True)
class Sample:
    """What is trained on.

    ids: dense symbol ids by falling count, 0 at breaks; texts: of the ids from 1; number: provisional
    id of the corpus' encoder -> dense id; symbols: how many the whole corpus has.
    """

    ids: np.ndarray
    texts: list[str]
    number: np.ndarray
    symbols: int

    def __len__(self) -> int:
        """Symbols in the sample."""
        return int(np.count_nonzero(self.ids))

    @property
    def han(self) -> np.ndarray:
        """Which ids are Han characters; bool."""
        return np.array([False] + [len(t) == 1 and is_han(t) for t in self.texts])

    @property
    def digest(self) -> str:
        """Of the text that is trained on; hexadecimal."""
        import hashlib  # 4 ms, for who makes a model

        digest = hashlib.sha256("\n".join(self.texts).encode())
        for start in range(0, len(self.ids), 1 << 20):
            digest.update(self.ids[start : start + (1 << 20)].astype("<u4").tobytes())
        return digest.hexdigest()


def take_sample(
    encoded: EncodedCorpus, most: int, usable: Callable[[str], bool], once: bool = True
) -> Sample:
    """Runs spread evenly over a corpus, so that about `most` symbols remain.

    Runs, not lines: one line may be a whole book. usable: which symbols besides Han characters do not
    break a run. once: of equal runs the first alone is kept: formulas that are repeated a thousand
    times say once what they say (+0.003 F1 on six development sets, and fewer runs to go through).
    """
    size = len(encoded.encoder)
    count = np.zeros(size, np.int64)
    for block in encoded.blocks:
        count += np.bincount(block, minlength=size)
    count[0] = 0
    present = np.flatnonzero(count)
    texts = encoded.encoder.texts(present)
    kept = kept_symbols(texts, count[present].tolist(), usable)
    number = np.zeros(size, keys.id_dtype(len(kept) + 1))
    number[present[kept]] = np.arange(1, len(kept) + 1)
    total = int(count[present[kept]].sum())
    share = share_of(most, total)
    pieces: list[np.ndarray] = [np.zeros(1, number.dtype)]
    seen = 0
    for block in encoded.blocks:
        ids = np.take(number, block)
        taken, runs = choose_runs(ids, seen, share)
        seen += runs
        pieces.append(taken)
    ids = np.concatenate(pieces)
    del pieces
    return sample_of(ids, [texts[i] for i in kept], number, total, once)


def kept_symbols(
    texts: Sequence[str], counts: Sequence[int], usable: Callable[[str], bool]
) -> list[int]:
    """Places of the symbols that do not break a run: Han characters, and what is usable; the most frequent first."""
    # Any other symbol that occurs once is in no candidate.
    kept = [
        i
        for i, (t, n) in enumerate(zip(texts, counts, strict=True))
        if (len(t) == 1 and is_han(t)) or (n > 1 and usable(t))
    ]
    kept.sort(key=[sort_key(t) for t in texts].__getitem__)
    order = np.argsort(-np.array([counts[i] for i in kept], np.int64), kind="stable")
    return [kept[i] for i in order.tolist()]


def share_of(most: int, total: int) -> Share:
    """What share of the runs makes about `most` of `total` symbols."""
    # No run is longer than LONGEST_RUN, so that at least one of them is taken.
    part, whole = min(max(most, LONGEST_RUN), total), max(total, 1)
    common = math.gcd(part, whole)
    return Share(part // common, whole // common)


def choose_runs(ids: np.ndarray, seen: int, share: Share) -> tuple[np.ndarray, int]:
    """(the runs that are taken, each with a 0 behind it; how many runs there are). seen: runs before these.

    Run j is taken where j times the share passes a whole number: evenly, and whatever the blocks.
    """
    starts, lengths = find_runs(ids, LONGEST_RUN)
    passed = np.arange(seen, seen + len(starts) + 1) * share.numerator // share.denominator
    chosen = passed[1:] > passed[:-1]
    return _runs_of(ids, starts[chosen], lengths[chosen]), len(starts)


def sample_of(
    ids: np.ndarray, texts: list[str], number: np.ndarray, total: int, once: bool
) -> Sample:
    """The sample of runs that were taken, ids being those of the texts; a 0 comes first."""
    if once:
        starts, lengths = find_runs(ids, LONGEST_RUN)
        first = _first_of_equals(ids, starts, lengths)
        ids = _runs_of(ids, starts[first], lengths[first], 1)
    return Sample(ids, texts, number, total)


def _first_of_equals(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Which runs are not the same as an earlier one, in order.

    Runs are compared by 64-bit hashes: among ten million runs two different ones are taken for equal
    with a probability of 3 in a million, and then one run is missing in the sample.
    """
    places = _scattered(0, LONGEST_RUN)
    values = _scattered(LONGEST_RUN, int(ids.max(initial=0)) + 1)
    hashes = np.empty(len(starts), np.uint64)
    if kernel.usable():
        for a in range(0, len(starts), 1 << 16):
            begin, size = starts[a : a + (1 << 16)], lengths[a : a + (1 << 16)]
            first, stop = int(begin[0]), int(begin[-1] + size[-1])  # they ascend
            wide = np.ascontiguousarray(ids[first:stop], np.uint32)
            found = kernel.hash_runs(wide, begin - first, size, values, places)
            hashes[a : a + (1 << 16)] = found
        return _first_of_equal_hashes(hashes)
    for a in range(0, len(starts), 1 << 15):
        part = slice(a, a + (1 << 15))
        ends = np.cumsum(lengths[part])
        within = np.arange(int(ends[-1])) - np.repeat(ends - lengths[part], lengths[part])
        mixed = np.take(values, ids[within + np.repeat(starts[part], lengths[part])])
        mixed *= np.take(places, within) | np.uint64(1)
        mixed ^= mixed >> np.uint64(29)
        hashes[part] = np.add.reduceat(mixed, ends - lengths[part])
    return _first_of_equal_hashes(hashes)


def _scattered(start: int, size: int) -> np.ndarray:
    """Random numbers, uint64, the same each time: SplitMix64 (Steele, Lea and Flood 2014), from number `start` on.

    Importing numpy.random takes 12 ms.
    """
    bits = np.arange(start + 1, start + size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ bits >> np.uint64(shift)) * np.uint64(factor)
    return bits ^ bits >> np.uint64(31)


def _first_of_equal_hashes(hashes: np.ndarray) -> np.ndarray:
    chosen = np.zeros(len(hashes), bool)
    for top in range(8):  # an eighth at a time: np.unique takes 40 bytes a run
        at = np.flatnonzero(hashes >> np.uint64(61) == top)
        chosen[at[np.unique(hashes[at], return_index=True)[1]]] = True
    return np.flatnonzero(chosen)


def _runs_of(ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray, done: int = 0) -> np.ndarray:
    """The runs one after the other, each with a 0 behind it; so many 0 before the first."""
    out = np.zeros(done + int(lengths.sum()) + len(lengths), ids.dtype)
    for a in range(0, len(starts), 1 << 15):
        size = lengths[a : a + (1 << 15)] + 1
        ends = np.cumsum(size)
        places = np.repeat(starts[a : a + (1 << 15)] - (ends - size), size)
        places += np.arange(len(places))
        places[ends - 1] = 0
        part = out[done : done + len(places)]
        np.take(ids, places, out=part, mode="clip")  # "raise" makes a copy first
        part[ends - 1] = 0
        done += len(places)
    return out


def build_lattice(
    sample: Sample, min_count: int, store: Store | None = None, part: int = 1 << 22
) -> Lattice:
    """The candidates of a sample and where they stand. store: where the places lie; part: as find_substrings."""
    store = store or Store()
    blocks: list[Steps] = []
    symbols = Shelf(store)
    for block in arrange(*find_runs(sample.ids, LONGEST_RUN)):
        blocks.append(Steps(block.starts))
        symbols.append(np.take(sample.ids, block.places))
    singles = single_symbols(symbols, len(sample.texts) + 1, sample.ids.dtype)
    lattice = Lattice(blocks, [symbols], [singles], store)

    def before(i: int, values: np.ndarray) -> np.ndarray:
        return blocks[i].before(values)

    for words, ending in find_substrings(
        symbols, singles, LONGEST, min_count, before=before, store=store, part=part
    ):
        lattice.words.append(words)
        lattice.endings.append(ending)
    return lattice
