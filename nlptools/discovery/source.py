"""A corpus as method em asks for it, step by step: its frequent n-grams, what surrounds its marks, a sample, how texts stand in it.

onemachine.py has one that is kept in memory or in files; spark/discover.py one that many machines keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from nlptools.discovery.occurrences import CutText
from nlptools.discovery.surroundings import Surroundings
from nlptools.ngrams.counts import Settings
from nlptools.ngrams.scores import Frequent
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.wordmodel.expected_counts import Tally, Weighted
from nlptools.wordmodel.sample import Sample

Run = Callable[..., Iterable[Any]]


@dataclass(frozen=True)
class CountedCorpus:
    """frequent: n-grams, with their neighbours. symbols, ngrams: how many there are in the corpus, and how many different
    ones of all orders; twice: of each order, those that occur twice or more.
    """

    frequent: Frequent
    symbols: int
    ngrams: int
    twice: Sequence[int]

    @property
    def settings(self) -> Settings:
        """How they were counted."""
        return self.frequent.counts.settings


class DiscoverySource(Protocol):
    """A corpus that can be read as often as needed, wherever it lies."""

    @property
    def room(self) -> int:
        """Bytes in memory for what is kept beside it."""

    @property
    def folder(self) -> Path:
        """For what does not fit."""

    def count(self, order: int, least: Callable[[int], int]) -> CountedCorpus:
        """N-grams up to order - 1 that occur least(symbols of the corpus) times or more."""

    def surroundings(self, settings: Settings, least: int) -> tuple[SymbolEncoder, Surroundings]:
        """As count_surroundings, and whose ids there are in its rows."""

    def sample(self, most: int, usable: Callable[[str], bool]) -> Sample:
        """As take_sample."""

    def cut(
        self,
        sample: Sample,
        models: Sequence[Weighted],
        cutter: Weighted,
        run: Run,
        piece: int | None,
    ) -> tuple[Tally, CutText]:
        """As tally of the models, and the corpus cut into words by the cutter."""
