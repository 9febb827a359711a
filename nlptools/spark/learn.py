"""A corpus that Spark keeps -> the sample that a word model learns from, and sums of the words of a model over all of it.

What train and discover have in common; the same runs, and the same sums, as on one machine.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base import keys
from nlptools.base.spool import Spool
from nlptools.lattice.runs import find_runs
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.spark.kept import fixed_texts, pack_arrays, pack_texts, unpack_arrays, unpack_texts
from nlptools.spark.passes import Kept, Place, Row, SpreadCorpus, Unit, folded
from nlptools.wordmodel.expected_counts import Tally, Weighted, tally
from nlptools.wordmodel.sample import LONGEST_RUN, Sample, Share, choose_runs, sample_of, share_of


@dataclass(frozen=True)
class Dense:
    """The symbols of a sample, which have the ids 1, 2, ... there. packed: as pack_texts gives them."""

    packed: np.ndarray

    @functools.cached_property
    def texts(self) -> list[str]:
        """Of the ids from 1."""
        return unpack_texts(self.packed)

    @functools.cached_property
    def _number(self) -> dict[str, int]:
        return {text: i for i, text in enumerate(self.texts, 1)}

    @functools.cached_property
    def _fixed(self) -> dict[str, list[int]]:
        return {}

    def numbers(self, encoder: SymbolEncoder) -> np.ndarray:
        """Provisional id -> id in the sample, 0 for all others."""
        named = [self._number.get(text, 0) for text in encoder.named()]
        if encoder.latin not in self._fixed:
            fixed = fixed_texts(encoder.latin)
            self._fixed[encoder.latin] = [self._number.get(text, 0) for text in fixed]
        every = [0, *self._fixed[encoder.latin], *named]
        return np.array(every, keys.id_dtype(len(self._number) + 1))


class SpreadSample:
    """The sample of a corpus, and what is needed to count in all of it."""

    def __init__(self, corpus: SpreadCorpus, texts: Sequence[str], total: int, most: int) -> None:
        """texts: the symbols that do not break a run, as kept_symbols orders them; total: occurrences; most: symbols wanted."""
        context = corpus.spark.sparkContext
        self.dense = context.broadcast(Dense(pack_texts(texts)))
        runs: dict[Place, int] = {}
        symbols: dict[Place, int] = {}
        for place, data in corpus.kept.each(_runs, self.dense):
            runs[place], symbols[place] = json.loads(data)
        self.before = context.broadcast(_sums_before(symbols))
        share = share_of(most, total)
        before = context.broadcast(_sums_before(runs))
        taken = dict(corpus.kept.each(_taken, self.dense, before, share))
        pieces = [np.zeros(1, keys.id_dtype(len(texts) + 1))]
        for place in sorted(taken):
            pieces += unpack_arrays(taken.pop(place))
        number = np.zeros(1, pieces[0].dtype)  # nobody numbers symbols here
        self.sample = sample_of(np.concatenate(pieces), list(texts), number, total, True)


def survey(corpus: SpreadCorpus) -> tuple[list[str], list[int]]:
    """All symbols, and how often they occur."""
    counts: dict[str, int] = {}
    for _, data in corpus.kept.each(_symbols):
        names, number = unpack_arrays(data)
        for text, times in zip(unpack_texts(names), number.tolist(), strict=True):
            counts[text] = counts.get(text, 0) + times
    return list(counts), list(counts.values())


def count_words(
    corpus: SpreadCorpus,
    sample: SpreadSample,
    models: Sequence[Weighted],
    cutter: Weighted | None = None,
) -> tuple[Tally, Kept]:
    """As tally, without the shards; and the text, cut into words where there is a cutter, kept for another pass."""
    shared = corpus.spark.sparkContext.broadcast((list(models), cutter))
    frames = corpus.kept.map(_tallied, sample.dense, sample.before, shared)
    if cutter is not None:
        # The sums and the cut text come from the same look at each word.
        digest = sample.sample.digest, _digest([*models, cutter])
        frames = [corpus.keep(frame, f"cut-{i}", digest) for i, frame in enumerate(frames)]
    sums = ArraySum(0)
    for _, data in folded(frames, corpus.sums, ArraySum):
        sums.add(data)
    singles, words, *expected = unpack_arrays(sums.result())
    none = np.zeros(len(words), np.int64)
    found = Tally(singles, words, expected[::2], expected[1::2], none)
    cut = [frame.where("report is not null") for frame in frames]
    return found, Kept(cut, corpus.latin, corpus.memory)


class ArraySum:
    """Adds up arrays: whole numbers, and multiples of 2**-20, which are exact in whatever order."""

    def __init__(self, part: int) -> None:
        self._sums: list[np.ndarray] = []

    def __bool__(self) -> bool:
        return bool(self._sums)

    def add_arrays(self, arrays: list[np.ndarray]) -> None:
        """One more list of arrays."""
        sums = self._sums
        self._sums = [a + b for a, b in zip(sums, arrays, strict=True)] if sums else arrays

    def add(self, data: bytes) -> None:
        """What `result` gave of others."""
        self.add_arrays(unpack_arrays(data))

    def result(self) -> bytes:
        """The sums."""
        return pack_arrays(self._sums)


def _digest(models: Sequence[Weighted]) -> str:
    """Of what is counted, so that a run that goes on does not take another one's sums."""
    digest = hashlib.sha256()
    for model in models:
        for array in (model.spelling, model.words, model.singles):
            digest.update(array.tobytes())
    return digest.hexdigest()


def _sums_before(numbers: dict[Place, int]) -> dict[Place, int]:
    """What all places before each of them add up to."""
    places = sorted(numbers)
    before = np.cumsum([0, *(numbers[place] for place in places)]).tolist()
    return dict(zip(places, before, strict=False))


# --- on the workers --------------------------------------------------------------------------------


def _symbols(units: Iterator[Unit]) -> Iterator[Row]:
    """How often each symbol occurs."""
    for unit in units:
        encoded = unit.encoded()
        count = np.zeros(len(encoded.encoder), np.int64)
        for block in encoded.blocks:
            count += np.bincount(block, minlength=len(count))
        count[0] = 0
        present = np.flatnonzero(count)
        names = pack_texts(encoded.encoder.texts(present))
        yield unit.place, pack_arrays([names, count[present]])


def _runs(units: Iterator[Unit], dense: Any) -> Iterator[Row]:
    """How many runs there are, and how many symbols in them."""
    for unit in units:
        encoded = unit.encoded()
        number = dense.value.numbers(encoded.encoder)
        runs = symbols = 0
        for block in encoded.blocks:
            _, lengths = find_runs(number[block], LONGEST_RUN)
            runs += len(lengths)
            symbols += int(lengths.sum())
        yield unit.place, json.dumps([runs, symbols]).encode()


def _taken(units: Iterator[Unit], dense: Any, before: Any, share: Share) -> Iterator[Row]:
    """The runs that are in the sample."""
    for unit in units:
        encoded = unit.encoded()
        number, seen = dense.value.numbers(encoded.encoder), before.value[unit.place]
        pieces = []
        for block in encoded.blocks:
            taken, runs = choose_runs(number[block], seen, share)
            seen += runs
            pieces.append(taken)
        yield unit.place, pack_arrays(pieces)


def _tallied(units: Iterator[Unit], dense: Any, before: Any, shared: Any) -> Iterator[Row]:
    """Sums of all symbols and words; with a cutter also the ids of each unit, and where words end in it."""
    sums, part = ArraySum(0), 0
    models, cutter = shared.value
    for unit in units:
        encoded = unit.encoded()
        number = dense.value.numbers(encoded.encoder)
        ends = None if cutter is None else Spool(1 << 40, encoded.folder)
        known = Sample(np.zeros(0, number.dtype), dense.value.texts, number, 1)
        done = before.value[unit.place]
        found = tally(encoded.blocks, known, models, cutter=cutter, ends=ends, before=done)
        arrays = [found.singles, found.words]
        for both in zip(found.expected_singles, found.expected_words, strict=True):
            arrays += both
        sums.add_arrays(arrays)
        part = unit.part
        if ends is not None:
            blocks = [number[block] for block in encoded.blocks]
            yield unit.place, pack_arrays([np.array(len(blocks)), *blocks, *ends])
    if sums:
        yield part, sums.result()
