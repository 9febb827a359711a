"""Paths on any file system -> the word table of discover_words, method em, made by many machines with Apache Spark.

The corpus is read once and kept as ids. Counts, what surrounds marks, the sample, expected words and how texts stand in the
corpus are sums over its units, which workers make with the kernels of one machine; the model is learnt at the driver.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base import storage
from nlptools.base.resources import DEFAULT_MEMORY, check_memory, spool_room
from nlptools.base.spool import Spool
from nlptools.discovery.discover import discover_words
from nlptools.discovery.occurrences import (
    Asked,
    CutPiece,
    CutText,
    Occurrences,
    OccurrenceSums,
    TextFinder,
    cut_pieces,
)
from nlptools.discovery.source import CountedCorpus, Run
from nlptools.discovery.surroundings import (
    DOTTED,
    FAMILIES,
    DotRows,
    MarkFinder,
    MarksSeen,
    Surroundings,
    count_around,
    dots_often,
    look_at_marks,
    surroundings_of,
)
from nlptools.discovery.table import WordTable
from nlptools.ngrams.count import count_encoded
from nlptools.ngrams.counts import NgramCounts, Settings
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import frequent_ngrams
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.spark.count import Task, gathered_sums, no_counts, number_of_sums, partition_keys
from nlptools.spark.kept import (
    fixed_texts,
    pack_arrays,
    pack_texts,
    unpack_arrays,
    unpack_encoded,
    unpack_texts,
)
from nlptools.spark.learn import SpreadSample, count_words
from nlptools.spark.neighbours import find_frequent
from nlptools.spark.passes import MOST_SUMS, Kept, Row, SpreadCorpus, Unit, folded, united
from nlptools.spark.session import open_session
from nlptools.spark.shuffle import add_pieces, split_counts, to_bytes
from nlptools.spark.streams import reading_of
from nlptools.text.reading import ReadReport
from nlptools.wordmodel.expected_counts import Tally, Weighted, pieces
from nlptools.wordmodel.sample import Sample, kept_symbols, sample_of

# Texts that are looked up in one reading of the corpus: a worker has 150 bytes for each of them.
MOST_TEXTS = 1 << 22
TEXT_MEMORY = 500  # of --memory for each of them
_SPAN = 1 << 16  # texts whose sums are added up together


@dataclass(frozen=True)
class Discovered:
    """The words, and what was read."""

    table: WordTable
    report: ReadReport
    fold: tuple[str, ...]


def discover_with_spark(
    paths: Sequence[str],
    *,
    latin: str = "run",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    fold: Sequence[str] = (),
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
    work: str | None = None,
    **settings: Any,
) -> Discovered:
    """Find the words of a corpus as discover_words does with the method em, to the same table, with Spark.

    memory: bytes for each Python worker, and for the Python of the driver. work: a folder for what is read and counted,
    with which a run that died goes on. settings: of discover_words. Everything else as in count_with_spark. With fold words
    stand as they were counted.
    """
    check_memory(memory)
    reading = reading_of(
        encoding=encoding, on_error=on_error, field=field, column=column, fold=fold
    )
    machine: dict[str, Any] = {"memory": memory, "tmp_dir": tmp_dir}
    with (
        open_session(master, conf) as spark,
        contextlib.ExitStack() as until_done,
        storage.spilling(tmp_dir) as folder,
    ):

        def read() -> SpreadCorpus:
            how: dict[str, Any] = {"latin": latin, "marks": True, "memory": memory, "work": work}
            return until_done.enter_context(SpreadCorpus(spark, paths, reading, **how))

        source = SpreadText(read, folder)
        table = discover_words(None, source=source, latin=latin, **machine, **settings)
        return Discovered(table, source.corpus.report, reading.fold)


class SpreadText:
    """A corpus that Spark keeps; a DiscoverySource."""

    def __init__(self, read: Callable[[], SpreadCorpus], folder: Path) -> None:
        """read: reads it, when the settings were found to make sense."""
        self._read, self._folder = read, folder
        self._counts: NgramCounts | None = None
        self._sample: SpreadSample | None = None

    @functools.cached_property
    def corpus(self) -> SpreadCorpus:
        """What is kept of it."""
        return self._read()

    @property
    def room(self) -> int:
        """Bytes at the driver for what is kept beside it."""
        return spool_room(self.corpus.memory)

    @property
    def folder(self) -> Path:
        """For what does not fit."""
        return self._folder

    def count(self, order: int, least: Callable[[int], int]) -> CountedCorpus:
        """As DiscoverySource.count."""
        corpus = self.corpus
        settings = Settings(order, corpus.latin, corpus.reading.fold, "none")
        if not corpus.places:
            self._counts = no_counts(settings)
            return CountedCorpus(
                frequent_ngrams(self._counts, least(0), order - 1), 0, 0, [0] * order
            )
        number = number_of_sums(corpus.spark, corpus.size, corpus.work is not None)
        task = Task(settings, corpus.memory, partition_keys(number))
        counted = united(corpus.kept.map(_counted, task)).where("report is null")
        summed = corpus.keep(gathered_sums(counted, task), "counts", order, number)
        told = [
            json.loads(row.report)
            for row in summed.where("report is not null").select("report").collect()
        ]
        symbols = sum(one["symbols"] for one in told)
        frequent = find_frequent(
            *(corpus.spark, summed, settings, least(symbols)),
            memory=corpus.memory,
            folder=self._folder,
        )
        self._counts = frequent.counts
        twice = np.sum([np.zeros(order, np.int64), *(one["twice"] for one in told)], axis=0)
        return CountedCorpus(frequent, symbols, sum(one["ngrams"] for one in told), twice.tolist())

    def surroundings(self, settings: Settings, least: int) -> tuple[SymbolEncoder, Surroundings]:
        """As DiscoverySource.surroundings. The encoder has the symbols of the rows alone."""
        corpus, seen = self.corpus, MarksSeen.none()
        encoder = SymbolEncoder(corpus.latin)
        marked = MarkFinder(encoder)
        dots = DotRows(Spool(self.room // 4, self._folder))
        every = {
            family.name: no_counts(replace(settings, order=family.order)) for family in FAMILIES
        }
        if corpus.places:
            for _, data in folded(corpus.kept.map(_marks_seen), corpus.sums, SeenSum):
                seen.add(unpack_seen(data))
            often = corpus.spark.sparkContext.broadcast(seen.often(least))
            if any(often.value[family.name].any() for family in FAMILIES):
                every |= self._counts_around(settings, often)
            if often.value[DOTTED].any():
                for _, data in sorted(corpus.kept.each(_dot_rows, often)):
                    names, rows = unpack_arrays(data)
                    own = np.array([0, *map(encoder.identify, unpack_texts(names))], np.uint32)
                    dots.append(own[rows])
        return encoder, surroundings_of(marked, seen, every, dots)

    def _counts_around(self, settings: Settings, often: Any) -> dict[str, NgramCounts]:
        corpus = self.corpus
        frames = corpus.kept.map(_counted_around, settings, often)
        parts: dict[str, list[bytes]] = {family.name: [] for family in FAMILIES}
        for part, data in folded(frames, corpus.sums, PieceSum, corpus.memory):
            parts[FAMILIES[part // MOST_SUMS].name].append(data)
        return {
            name: counts
            for name, data in parts.items()
            if (counts := add_pieces(data, memory=corpus.memory, tmp_dir=self._folder, keep=True))
        }

    def sample(self, most: int, usable: Callable[[str], bool]) -> Sample:
        """As DiscoverySource.sample."""
        assert self._counts is not None
        texts, counts = self._counts.alphabet.symbols, self._counts.levels[0].counts[:].tolist()
        self._counts = None  # its memory is for the model
        kept = kept_symbols(texts, counts, usable)
        total = sum(counts[i] for i in kept)
        if not kept:
            return sample_of(np.zeros(1, np.uint16), [], np.zeros(1, np.uint16), 0, True)
        self._sample = SpreadSample(self.corpus, [texts[i] for i in kept], total, most)
        return self._sample.sample

    def cut(
        self,
        sample: Sample,
        models: Sequence[Weighted],
        cutter: Weighted,
        run: Run,
        piece: int | None,
    ) -> tuple[Tally, CutText]:
        """As DiscoverySource.cut."""
        assert self._sample is not None
        found, kept = count_words(self.corpus, self._sample, models, cutter)
        types = len(sample.texts) + 1
        most = min(MOST_TEXTS, self.corpus.memory // TEXT_MEMORY)
        cut = SpreadCut(
            self.corpus, kept, self._sample.before, types, sample.symbols, found.singles, most
        )
        return found, cut


@dataclass(frozen=True)
class SpreadCut:
    """A corpus that Spark keeps as ids and ends of words; a CutText. before: symbols before each of its units, broadcast."""

    corpus: SpreadCorpus
    kept: Kept
    before: Any
    types: int
    symbols: int
    singles: np.ndarray
    most: int

    def find(self, texts: np.ndarray, asked: Asked, run: Run) -> Occurrences:
        """As CutText.find."""
        shared = self.corpus.spark.sparkContext.broadcast(Wanted(texts, asked, self.types))
        frames = self.kept.map(_looked_up, shared, self.before, self.symbols)
        found = Occurrences.none(len(texts))
        number = max(1, -(-len(texts) // _SPAN))
        for part, data in folded(frames, number, OccurrenceFold, shared):
            here = slice(part * _SPAN, (part + 1) * _SPAN)
            found.put(here, Occurrences(*unpack_arrays(data)))
        shared.unpersist()
        return found


@dataclass(frozen=True)
class Wanted:
    """Texts to be looked up, as CutText.find gets them; a worker makes their tables once."""

    texts: np.ndarray
    asked: Asked
    types: int

    @functools.cached_property
    def finder(self) -> TextFinder:
        """Finds them."""
        return TextFinder(self.texts, self.asked, self.types)

    def sums(self, part: int) -> OccurrenceSums:
        """Nothing yet, of the texts of one part."""
        here = slice(part * _SPAN, (part + 1) * _SPAN)
        free = self.asked.free
        return OccurrenceSums(len(self.texts[here]), None if free is None else free[here])


class OccurrenceFold:
    """Adds up how the texts of one part stand in the units."""

    def __init__(self, part: int, shared: Any) -> None:
        self._sums = shared.value.sums(part)

    def add(self, data: bytes) -> None:
        """What OccurrenceSums.parts gave for the part."""
        self._sums.add(*unpack_arrays(data))

    def result(self) -> bytes:
        """The columns of Occurrences."""
        found = self._sums.occurrences()
        return pack_arrays([getattr(found, one.name) for one in fields(found)])


class SeenSum:
    """Adds up what was seen of marks."""

    def __init__(self, part: int) -> None:
        self._sum = MarksSeen.none()

    def add(self, data: bytes) -> None:
        """What pack_seen packed."""
        self._sum.add(unpack_seen(data))

    def result(self) -> bytes:
        """The sum."""
        return pack_seen(self._sum)


class PieceSum:
    """Adds up pieces of counts."""

    def __init__(self, part: int, memory: int) -> None:
        self._memory = memory
        self._held: list[bytes] = []

    def add(self, data: bytes) -> None:
        """One more."""
        self._held.append(data)

    def result(self) -> bytes:
        """The bytes of the sum."""
        folder = Path(tempfile.gettempdir())
        counts = add_pieces(self._held, memory=self._memory, tmp_dir=folder, keep=True)
        assert counts is not None
        return to_bytes(counts)


def pack_seen(seen: MarksSeen) -> bytes:
    """The buckets that are not empty, and the signs."""
    arrays = [seen.signs]
    for buckets in seen.buckets.values():
        full = np.flatnonzero(buckets)
        arrays += [full, buckets[full]]
    return pack_arrays(arrays)


def unpack_seen(data: bytes) -> MarksSeen:
    """What pack_seen packed."""
    seen, (signs, *arrays) = MarksSeen.none(), unpack_arrays(data)
    seen.signs += signs
    for buckets, full, number in zip(seen.buckets.values(), arrays[::2], arrays[1::2], strict=True):
        buckets[full] += number
    return seen


# --- on the workers --------------------------------------------------------------------------------


def _counted(units: Iterator[Unit], task: Task) -> Iterator[Row]:
    """Pieces of the counts of each task."""
    for _, group in itertools.groupby(units, lambda unit: unit.place[:3]):
        data = (unit.data for unit in group)
        folder = Path(tempfile.gettempdir())
        encoded = unpack_encoded(data, task.settings.latin, folder, spool_room(task.memory))
        counts = count_encoded(encoded, task.settings, memory=task.memory, workers=1)
        for piece, made in split_counts(counts, len(task.keys)):
            yield task.keys[piece], made


@functools.cache
def _checksums(latin: str) -> list[int]:
    return [checksum(text) for text in fixed_texts(latin)]


def _finder(encoded: EncodedCorpus) -> MarkFinder:
    """Puts pairs of symbols into the same buckets on every machine."""
    encoder = encoded.encoder
    named = [checksum(text) for text in encoder.named()]
    # The marks that it adds have no neighbours of their own.
    numbers = np.array([0, *_checksums(encoder.latin), *named], np.uint64)
    return MarkFinder(encoder, numbers)


def checksum(text: str) -> int:
    """The same on every machine."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def _marks_seen(units: Iterator[Unit]) -> Iterator[Row]:
    """What is seen of marks."""
    seen, part = MarksSeen.none(), 0
    for unit in units:
        encoded = unit.encoded()
        seen.add(look_at_marks(encoded, _finder(encoded)))
        part = unit.part
    yield part, pack_seen(seen)


def _counted_around(units: Iterator[Unit], settings: Settings, often: Any) -> Iterator[Row]:
    """Pieces of the counts of each family."""
    for unit in units:
        encoded = unit.encoded()
        marked = _finder(encoded)
        every = count_around(encoded, marked, settings, often.value, unit.memory // 3)
        for number, family in enumerate(FAMILIES):
            for piece, data in split_counts(every[family.name], MOST_SUMS):
                yield number * MOST_SUMS + piece, data


def _dot_rows(units: Iterator[Unit], often: Any) -> Iterator[Row]:
    """Rows around dots, and the texts of their ids."""
    for unit in units:
        encoded = unit.encoded()
        marked = _finder(encoded)
        rows = list(dots_often(encoded, marked, often.value[DOTTED]))
        if rows:
            every = np.concatenate(rows)
            used = np.unique(every[every > 0])
            names = pack_texts(encoded.encoder.texts(used.astype(np.int64)))
            place = np.append(0, used)
            yield unit.place, pack_arrays([names, np.searchsorted(place, every)])


def _looked_up(units: Iterator[Unit], shared: Any, before: Any, symbols: int) -> Iterator[Row]:
    """How texts stand in all of the units, part by part."""

    def read() -> Iterator[CutPiece]:
        for unit in units:
            number, *arrays = unpack_arrays(unit.data)
            blocks, ends = arrays[: int(number)], arrays[int(number) :]
            yield from cut_pieces(pieces(blocks, None, None, before.value[unit.place]), ends)

    found = shared.value.finder.read(read(), symbols)
    for part, columns in found.parts(_SPAN):
        yield part, pack_arrays(columns)
