"""Corpora + words -> in how many documents each word occurs, and how often in each of many equal parts of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.chars import MAX_RUN
from nlptools.text.corpus import Corpus
from nlptools.text.folding import fold_text
from nlptools.usage.matcher import IdMatcher
from nlptools.usage.signed import LONGEST, SignedWords
from nlptools.usage.windows import Window, read_windows

PARTS = 100  # equal stretches of the text, by characters


@dataclass(frozen=True)
class Spread:
    """documents: how many have each word, int64; parts: occurrences, a row for each word, a column for each part."""

    documents: np.ndarray
    parts: np.ndarray


def measure_spread(
    corpora: Sequence[Corpus],
    words: Sequence[str],
    characters: int,
    *,
    by_line: bool = True,
    latin: str = "run",
) -> Spread:
    """Read the corpora, which have so many characters, and say how the words are spread over them.

    by_line: whether a line (a record of JSON Lines, CSV or TSV) is a document, and not a file. words: looked for as the
    corpora are folded. latin: what is a symbol, as in count. A word inside another occurs, too: occurrences are those of
    measure_usage, however the text is read.
    """
    pass_ = _Pass(words, corpora[0].fold if corpora else (), max(characters, 1), latin)
    pass_.by_line = by_line
    for corpus in corpora:
        for window in read_windows(corpus, pass_.margin):
            pass_.take(window)
    for rows in pass_.same:
        pass_.documents[rows] = pass_.documents[rows[0]]
        pass_.parts[rows] = pass_.parts[rows[0]]
    return Spread(pass_.documents, pass_.parts)


class _Pass:
    """What is collected over the windows of all corpora."""

    def __init__(
        self, words: Sequence[str], fold: tuple[str, ...], characters: int, latin: str
    ) -> None:
        folded = [fold_text(word, fold) if fold else word for word in words]
        self.encoder = SymbolEncoder(latin)
        # Ids of a word, none of one with a break in it -> the rows that have it.
        self.rows: dict[tuple[int, ...], list[int]] = {}
        signed: dict[str, list[int]] = {}
        for row, word in enumerate(folded):
            ids = tuple(self.encoder.encode(word).tolist()) if word else ()
            if ids and 0 not in ids:
                self.rows.setdefault(ids, []).append(row)
            elif 0 < len(word) <= LONGEST:
                signed.setdefault(word, []).append(row)
        self.matcher = IdMatcher([np.array(ids, np.int64) for ids in self.rows])
        self.lengths = np.array([len(ids) for ids in self.rows], np.int64)
        self.row_of = np.array([rows[0] for rows in self.rows.values()], np.int64)
        self.signed = SignedWords(list(signed))
        self.signed_row = np.array([rows[0] for rows in signed.values()], np.int64)
        self.same = [rows for rows in (*self.rows.values(), *signed.values()) if len(rows) > 1]
        self.margin = max(map(len, folded), default=1) + 3 * MAX_RUN + 4
        self.by_line = True
        self.characters, self.before = characters, 0
        self.documents = np.zeros(len(words), np.int64)
        self.parts = np.zeros((len(words), PARTS), np.int64)
        self.last = np.full(len(words), -1, np.int64)  # document in which each word was seen last
        self.sources: dict[str, int] = {}

    def take(self, window: Window) -> None:
        """One window; what begins in it is counted."""
        scanned = self.encoder.scan(window.text)
        last, found = self.matcher.find(self.encoder.name(scanned))
        start = last - self.lengths[found] + 1 if len(found) else last
        if scanned.kept is not None:
            start = np.flatnonzero(scanned.kept)[start]
        own = (start >= window.start) & (start < window.stop)
        row, place = self.row_of[found[own]], start[own]
        if len(self.signed):
            number, first, _ = self.signed.find(window)
            row = np.concatenate([row, self.signed_row[number]])
            place = np.concatenate([place, first])
        self._count(window, row, place)
        self.before += window.stop - window.start

    def _count(self, window: Window, row: np.ndarray, place: np.ndarray) -> None:
        order = np.lexsort([place, row])
        row, place = row[order], place[order]
        at = self.before + place - window.start
        np.add.at(self.parts, (row, np.minimum(at * PARTS // self.characters, PARTS - 1)), 1)
        document = np.full(len(row), self._source(window), np.int64)
        if self.by_line:
            document = (document << 40) + window.lines(place)
        # Of a word's occurrences in a row of the same document the first counts, unless the last window had one.
        new = np.ones(len(row), bool)
        new[1:] = (row[1:] != row[:-1]) | (document[1:] != document[:-1])
        first = np.diff(row, prepend=-1) > 0
        new[first] &= self.last[row[first]] != document[first]
        self.documents += np.bincount(row[new], minlength=len(self.documents))
        self.last[row] = document

    def _source(self, window: Window) -> int:
        return self.sources.setdefault(window.source, len(self.sources))
