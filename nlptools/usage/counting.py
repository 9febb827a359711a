"""Corpora + words -> how often each word occurs in each corpus, and nothing else: as measure_usage counts, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.text.chars import MAX_RUN
from nlptools.text.corpus import Corpus
from nlptools.usage.matcher import IdMatcher
from nlptools.usage.sought import SoughtWords
from nlptools.usage.windows import Window, read_windows


@dataclass(frozen=True)
class CorpusCounts:
    """by_corpus: occurrences, int64, shape (corpora, words). symbols, characters: of each corpus."""

    by_corpus: np.ndarray
    symbols: list[int]
    characters: list[int]


def count_words(
    corpora: Sequence[Corpus], words: Sequence[str], *, latin: str = "run"
) -> CorpusCounts:
    """Read the corpora once, in order, and count the words in each; the numbers are those of measure_usage.

    words: looked for as the corpora are folded, those with a break in them (iPad Pro) as they are written. latin: what is
    a symbol, as in `count`.
    """
    pass_ = _Pass(SoughtWords(words, corpora[0].fold if corpora else (), latin))
    for corpus in corpora:
        pass_.read(corpus)
    every = np.array(pass_.by_corpus, np.int64).reshape(len(corpora), pass_.size)
    # One more, which is given to all that are empty, and never occurs.
    every = np.pad(every, ((0, 0), (0, 1)))
    return CorpusCounts(every[:, pass_.sought.at], pass_.symbols, pass_.characters)


class _Pass:
    """What is counted over the windows of all corpora."""

    def __init__(self, sought: SoughtWords) -> None:
        self.sought, self.size = sought, len(sought.texts)
        sequences = [np.array(ids, np.int64) for ids in sought.keys]
        self.lengths = np.array([len(ids) for ids in sequences], np.int64)
        self.matcher = IdMatcher(sequences)
        self.margin = max(map(len, sought.texts), default=1) + 3 * MAX_RUN + 4
        self.by_corpus: list[np.ndarray] = []
        self.symbols: list[int] = []
        self.characters: list[int] = []

    def read(self, corpus: Corpus) -> None:
        """Count one more corpus."""
        self.by_corpus.append(np.zeros(self.size, np.int64))
        self.symbols.append(0)
        self.characters.append(0)
        for window in read_windows(corpus, self.margin):
            self._take(window)

    def _take(self, window: Window) -> None:
        counts, sought = self.by_corpus[-1], self.sought
        scanned = sought.encoder.scan(window.text)
        ids = sought.encoder.name(scanned)
        low, high = window.start, window.stop
        if scanned.kept is not None:
            low, high = np.searchsorted(np.flatnonzero(scanned.kept), [low, high]).tolist()
        self.symbols[-1] += int(np.count_nonzero(ids[low:high]))
        self.characters[-1] += window.stop - window.start
        last, found = self.matcher.find(ids)
        start = last - self.lengths[found] + 1
        own = (start >= low) & (start < high)
        counts[: sought.number] += np.bincount(found[own], minlength=sought.number)
        if len(sought.signed):
            number, _, _ = sought.signed.find(window, scanned.kept)
            counts[sought.number :] += np.bincount(number, minlength=len(sought.signed))
