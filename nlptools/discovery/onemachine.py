"""A request's corpus on this machine -> what method em asks of it (source.py), from memory or from files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from nlptools.base.machine import trim_memory
from nlptools.base.spool import Spool
from nlptools.discovery.method import Request, counted_and_kept
from nlptools.discovery.occurrences import CutCorpus, CutText, texts_within
from nlptools.discovery.source import CountedCorpus, Run
from nlptools.discovery.surroundings import Surroundings, count_surroundings
from nlptools.ngrams.counts import Settings
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import frequent_ngrams
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.wordmodel.expected_counts import Tally, Weighted, tally
from nlptools.wordmodel.sample import Sample, take_sample


class OneMachine:
    """The corpus of a request, on this machine."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._encoded: EncodedCorpus | None = None

    @property
    def encoded(self) -> EncodedCorpus:
        """What is kept of it once it is counted."""
        assert self._encoded is not None
        return self._encoded

    @property
    def room(self) -> int:
        """Bytes in memory for as much again."""
        return self.encoded.room

    @property
    def folder(self) -> Path:
        """For what does not fit."""
        return self.encoded.folder

    def count(self, order: int, least: Callable[[int], int]) -> CountedCorpus:
        """As DiscoverySource.count; it is read here, if it was not counted before."""
        counts, self._encoded = counted_and_kept(self._request, order, marks=True)
        trim_memory()
        return CountedCorpus(
            frequent_ngrams(counts, least(counts.total), order - 1),
            counts.total,
            sum(counts.size(n) for n in range(1, counts.order + 1)),
            [counts.at_least(n, 2) for n in range(1, order)],
        )

    def surroundings(self, settings: Settings, least: int) -> tuple[SymbolEncoder, Surroundings]:
        """As DiscoverySource.surroundings. The marks are not kept any longer."""
        encoded = self.encoded
        found = count_surroundings(encoded, settings, least, self._request.machine.memory)
        self._encoded = replace(encoded, marks=None)
        return encoded.encoder, found

    def sample(self, most: int, usable: Callable[[str], bool]) -> Sample:
        """As DiscoverySource.sample."""
        sample = take_sample(self.encoded, most, usable)
        # The names of symbols, 150 bytes each, are not asked for any longer.
        self._encoded = replace(self.encoded, encoder=SymbolEncoder())
        trim_memory()
        return sample

    def cut(
        self,
        sample: Sample,
        models: Sequence[Weighted],
        cutter: Weighted,
        run: Run,
        piece: int | None,
    ) -> tuple[Tally, CutText]:
        """As DiscoverySource.cut."""
        blocks, ends = self.encoded.blocks, Spool(self.room, self.folder)
        found = tally(blocks, sample, models, run, piece, cutter=cutter, ends=ends)
        most = texts_within(self._request.machine.memory)
        number, types = sample.number, len(sample.texts) + 1
        return found, CutCorpus(
            blocks, number, types, sample.symbols, ends, found.singles, piece, most
        )
