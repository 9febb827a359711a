"""Corpora + words -> counts, splits, neighbours, contexts and first places of all words, in one pass.

What `explain` says of a word from counts of everything, this says of thousands of words from the places where
they stand: the text becomes symbol ids, one automaton finds the words and the parts that they split into.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.ngrams.neighbours import NeighbourPairs, SplitCounts, weakest_split
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.chars import MAX_RUN
from nlptools.text.corpus import Corpus
from nlptools.usage.contexts import Context
from nlptools.usage.contextsample import ContextSample
from nlptools.usage.matcher import IdMatcher
from nlptools.usage.sought import SoughtWords
from nlptools.usage.windows import Window, read_windows

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

# The parts of a word have together as many symbols as its square: 1.2 GB for one of 5,000. A longer one, which is a line
# that is repeated, has no splits and no PMI; all methods of discovery find words of 40 symbols at most.
LONGEST_DIVIDED = 100

Split = tuple[str, str, int, int]  # texts of both parts, counts of both

_SHOWN = 5  # neighbours of a word in a notebook


@dataclass(frozen=True)
class WordUsage:
    """How one word is used: a row of `Usage`, with the same names and units."""

    word: str
    count: int
    pmi: float
    left_entropy: float
    right_entropy: float
    left: list[tuple[str, int]]
    right: list[tuple[str, int]]
    contexts: list[Context]


@dataclass(frozen=True, repr=False)
class Usage:
    """How words are used in a row of corpora; all columns are aligned with `words`, iteration gives `WordUsage`.

    by_corpus: occurrences, int64, a row for each corpus. symbols, characters: of each corpus. pmi: of the weakest
    split, nats, inf for a single symbol; nan for what never occurs, or has a break in it. left_entropy, right_entropy: nats.
    symbol_counts: how many symbols a word has, 0 for one with a break in it. splits: for each word the counts of the
    left and right part at each place; none of a word with a break in it. left, right: the most frequent neighbours as (symbol, count); left_breaks, right_breaks:
    occurrences at a break. first: characters before the first occurrence, from the beginning of the first
    corpus, -1 for what never occurs.
    """

    words: list[str]
    by_corpus: np.ndarray
    symbols: list[int]
    characters: list[int]
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    symbol_counts: np.ndarray
    splits: list[list[Split]]
    left: list[list[tuple[str, int]]]
    right: list[list[tuple[str, int]]]
    left_breaks: np.ndarray
    right_breaks: np.ndarray
    contexts: list[list[Context]]
    first: np.ndarray

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[WordUsage]:
        numbers = (self.counts, self.pmi, self.left_entropy, self.right_entropy)
        columns = (column.tolist() for column in numbers)
        rows = zip(self.words, *columns, self.left, self.right, self.contexts, strict=True)
        return itertools.starmap(WordUsage, rows)

    def __repr__(self) -> str:
        return (
            f"Usage(words {len(self):,}, corpora {len(self.symbols):,}, "
            f"symbols {sum(self.symbols):,}, occurrences {int(self.counts.sum()):,})"
        )

    def _repr_html_(self) -> str:
        """For notebooks: the first words, with their most frequent neighbours."""
        header = ["word", "count", "pmi", "left entropy", "right entropy", "left", "right"]
        rows = (
            (
                *(row.word, row.count, row.pmi, row.left_entropy, row.right_entropy),
                *(_listed(row.left), _listed(row.right)),
            )
            for row in self
        )
        return html_table(header, rows, total=len(self))

    def to_frame(self) -> DataFrame:
        """The numbers of each word as a pandas DataFrame, unrounded."""
        names = ("pmi", "left_entropy", "right_entropy", "left_breaks", "right_breaks", "first")
        columns = {name: getattr(self, name) for name in names}
        return to_frame({"word": self.words, "count": self.counts, **columns})

    @property
    def counts(self) -> np.ndarray:
        """Occurrences in all corpora."""
        return self.by_corpus.sum(axis=0)

    def select(self, rows: Sequence[int]) -> Usage:
        """That of these words, in this order."""
        at = np.array(rows, np.int64)
        changed: dict[str, Any] = {"by_corpus": self.by_corpus[:, at]}
        for name, column in vars(self).items():
            if name in ("symbols", "characters", "by_corpus"):
                continue
            chosen = column[at] if isinstance(column, np.ndarray) else [column[i] for i in rows]
            changed[name] = chosen
        return replace(self, **changed)


def _listed(neighbours: list[tuple[str, int]]) -> str:
    return " ".join(f"{text} {count:,}" for text, count in neighbours[:_SHOWN])


def measure_usage(
    corpora: Sequence[Corpus],
    words: Sequence[str],
    *,
    contexts: int = 5,
    width: int = 20,
    neighbours: int = 8,
    latin: str = "run",
    earlier: tuple[np.ndarray, np.ndarray] | None = None,
) -> Usage:
    """Read the corpora once, in order, and say how each word is used in them.

    contexts: at most so many of each word, spread evenly over all corpora, `width` characters on both sides.
    neighbours: at most so many on each side. latin: what is a symbol, as in `count`. A word with a break in it (iPad
    Pro) is no sequence of symbols, and is looked for as it is written (signed.py). Words are looked for as the corpora
    are folded. earlier: the corpora are the end or the middle of a text, before which each word has occurred so often,
    and every how many-th occurrence in all of it is a context (contextsample.steps_of); all of these are given then.
    """
    if contexts < 0 or width < 0 or neighbours < 0:
        raise ValueError("contexts, width and neighbours must not be negative")
    pass_ = _Pass(words, corpora[0].fold if corpora else (), contexts, width, latin)
    if earlier is not None:
        pass_.go_on(*earlier)
    for number, corpus in enumerate(corpora):
        pass_.read(number, corpus)
    return pass_.finish(list(words), neighbours)


class _Pass:
    """One reading of the corpora: what is collected meanwhile, and what comes of it."""

    def __init__(
        self, words: Sequence[str], fold: tuple[str, ...], contexts: int, width: int, latin: str
    ) -> None:
        sought = SoughtWords(words, fold, latin)
        self.encoder, self.at = sought.encoder, sought.at
        # Ids -> number; the words first, then their parts. A word with a break in it has a place after the others.
        self.keys, self.number = sought.keys, sought.number
        self.texts, self.signed = sought.texts, sought.signed
        for ids in list(self.keys):
            for j in range(1, len(ids)) if len(ids) <= LONGEST_DIVIDED else ():
                for part in (ids[:j], ids[j:]):
                    if len(part) > 1:
                        self.keys.setdefault(part, len(self.keys))
        sequences = [np.array(ids, np.int64) for ids in self.keys]
        self.lengths = np.array([len(ids) for ids in sequences], np.int64)
        self.matcher = IdMatcher(sequences)
        longest = max(map(len, self.texts), default=1)
        # A neighbour may be a run of letters, and a run is told from none by one character more.
        self.margin = max(width, longest + MAX_RUN + 4) + 2 * MAX_RUN
        self.counts = np.zeros(len(self.keys), np.int64)
        self.signed_counts = np.zeros(len(self.signed), np.int64)
        self.single = np.zeros(len(self.encoder), np.int64)
        self.by_corpus: list[np.ndarray] = []
        self.symbols: list[int] = []
        self.characters: list[int] = []
        self.sample = ContextSample(self.texts, contexts, width)
        self.left, self.right = NeighbourPairs(), NeighbourPairs()

    def go_on(self, seen: np.ndarray, step: np.ndarray) -> None:
        """What came before in text that others read; both aligned with the words that are asked for."""
        there = self.at >= 0
        every = np.zeros((2, len(self.texts)), np.int64)
        every[1] = 1
        every[:, self.at[there]] = np.array([seen, step], np.int64)[:, there]
        self.sample.go_on(*every)

    def read(self, number: int, corpus: Corpus) -> None:
        """Take one more corpus."""
        self.symbols.append(0)
        self.characters.append(0)
        before = self._own().copy()
        for window in read_windows(corpus, self.margin):
            self._take(window, sum(self.characters))
            self.characters[number] += window.stop - window.start
        self.by_corpus.append(self._own() - before)

    def _own(self) -> np.ndarray:
        """Occurrences of each word, those with a break in them last."""
        return np.concatenate([self.counts[: self.number], self.signed_counts])

    def _take(self, window: Window, before: int) -> None:
        """One window, which `before` characters of all corpora precede."""
        scanned = self.encoder.scan(window.text)
        ids = self.encoder.name(scanned)
        places = None if scanned.kept is None else np.flatnonzero(scanned.kept)
        low, high = window.start, window.stop
        if places is not None:
            low, high = np.searchsorted(places, [low, high]).tolist()
        inside = np.bincount(ids[low:high], minlength=len(self.single))
        inside[: len(self.single)] += self.single
        self.single = inside
        self.symbols[-1] += int(np.count_nonzero(ids[low:high]))
        last, found = self.matcher.find(ids)
        start = last - self.lengths[found] + 1
        own = (start >= low) & (start < high)
        start, last, found = start[own], last[own], found[own]
        self.counts += np.bincount(found, minlength=len(self.counts))
        words = found < self.number
        start, last, found = start[words], last[words], found[words]
        edged = np.zeros(len(ids) + 2, np.int64)
        edged[1:-1] = ids
        if len(self.signed):
            self._take_signed(window, before, edged, scanned.kept)
        if not len(found):
            return
        self.left.add(found, edged[start])
        self.right.add(found, edged[last + 2])
        order = np.argsort(found, kind="stable")
        at = start if places is None else places[start]
        self.sample.add(window, before, found[order], at[order])

    def _take_signed(
        self, window: Window, before: int, edged: np.ndarray, kept: np.ndarray | None
    ) -> None:
        """The words with a break in them. edged: ids of the window between two 0; kept: which characters begin one."""
        found, start, stop = self.signed.find(window, kept)
        self.signed_counts += np.bincount(found, minlength=len(self.signed_counts))
        places = np.arange(len(edged) - 2) if kept is None else np.flatnonzero(kept)
        # Of several breaks in a row only the first has an id.
        after = np.searchsorted(places, stop)
        there = np.append(places, -1)[after] == stop
        self.left.add(self.number + found, edged[np.searchsorted(places, start)])
        self.right.add(self.number + found, np.where(there, edged[after + 1], 0))
        self.sample.add(window, before, self.number + found, start)

    def finish(self, words: list[str], neighbours: int) -> Usage:
        """What was collected, for each word."""
        own = self._own()
        splits = [*self._splits(), *([] for _ in self.signed.words)]
        left, right = self.left.sums(own), self.right.sums(own)
        number = len(own)
        # After the words one that is given to all that are empty, and never occurs.
        every = Usage(
            [*self.texts, ""],
            np.array([np.append(row, 0) for row in self.by_corpus], np.int64).reshape(
                -1, number + 1
            ),
            self.symbols,
            self.characters,
            np.append(self._pmi(own, splits), np.nan),
            np.append(left.entropy(), np.nan),
            np.append(right.entropy(), np.nan),
            np.append(self.lengths[: self.number], np.zeros(number - self.number + 1, np.int64)),
            [*splits, []],
            [*_most_frequent(self.left, number, neighbours, self.encoder), []],
            [*_most_frequent(self.right, number, neighbours, self.encoder), []],
            np.append(left.breaks(), 0),
            np.append(right.breaks(), 0),
            [*self.sample.contexts(), []],
            np.append(self.sample.first, -1),
        )
        rows = np.where(self.at >= 0, self.at, number)
        return replace(every.select(rows.tolist()), words=words)

    def _splits(self) -> list[list[Split]]:
        """Of every word, at every place; none of a word that is too long."""
        words = list(self.keys)[: self.number]
        flat = [i for ids in words for i in ids]
        symbols = iter(self.encoder.texts(np.array(flat, np.int64)))
        every = []
        for ids in words:
            texts = list(itertools.islice(symbols, len(ids)))
            every.append(
                [
                    (
                        "".join(texts[:j]),
                        "".join(texts[j:]),
                        self._count(ids[:j]),
                        self._count(ids[j:]),
                    )
                    for j in range(1, len(ids))
                ]
                if len(ids) <= LONGEST_DIVIDED
                else []
            )
        return every

    def _pmi(self, own: np.ndarray, splits: Sequence[Sequence[Split]]) -> np.ndarray:
        """Of the weakest split of each word; nan for one that is too long to be divided, or has a break in it."""
        pmi = _pmi(sum(self.symbols), own, splits)
        pmi[: self.number][self.lengths[: self.number] > LONGEST_DIVIDED] = np.nan
        pmi[self.number :] = np.nan
        return pmi

    def _count(self, part: tuple[int, ...]) -> int:
        if len(part) == 1:
            return int(self.single[part[0]]) if part[0] < len(self.single) else 0
        return int(self.counts[self.keys[part]])


def _most_frequent(
    pairs: NeighbourPairs, size: int, most: int, encoder: SymbolEncoder
) -> list[list[tuple[str, int]]]:
    """(text, count) of the most frequent neighbours of each of `size` words; equal counts by text."""
    words, neighbours, counts = pairs.counts()
    order = np.lexsort([-counts, words])
    bounds = np.searchsorted(words[order], np.arange(size + 1))
    chosen: list[np.ndarray] = []
    for word in range(size):
        rows = order[bounds[word] : bounds[word + 1]]
        if len(rows) > most:
            # All with the count of the last, for their texts decide; only these are given a text.
            rows = rows[counts[rows] >= counts[rows[most - 1]]] if most else rows[:0]
        chosen.append(rows)
    every = np.concatenate(chosen) if chosen else np.empty(0, np.int64)
    named = zip(encoder.texts(neighbours[every]), counts[every].tolist(), strict=True)
    return [
        sorted(itertools.islice(named, len(rows)), key=lambda item: (-item[1], item[0]))[:most]
        for rows in chosen
    ]


def _pmi(total: int, counts: np.ndarray, splits: Sequence[Sequence[Split]]) -> np.ndarray:
    """Of the weakest split of each word, nats; inf for a single symbol, nan for what never occurs."""

    def columns() -> Iterator[SplitCounts]:
        for j in range(max(map(len, splits), default=0)):
            rows = [row for row, parts in enumerate(splits) if len(parts) > j]
            numbers = np.array([splits[row][j][2:] for row in rows], np.int64)
            yield np.array(rows), numbers[:, 0], numbers[:, 1]

    ratios = weakest_split(total, counts, columns())
    return np.log(np.where(counts > 0, ratios, np.nan))
