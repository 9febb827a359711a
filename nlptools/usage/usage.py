"""Corpora + words -> counts, splits, neighbours, contexts and first places of all words, in one pass.

What `explain` says of a word from counts of everything, this says of thousands of words from the places where
they stand: the text becomes symbol ids, one automaton finds the words and the parts that they split into.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.chars import MAX_RUN, code_points, count_line_breaks
from nlptools.text.corpus import Corpus
from nlptools.text.folding import fold_text
from nlptools.usage.contexts import Context, line_end, spread
from nlptools.usage.matcher import IdMatcher

_MERGE = 1 << 22  # pairs of word and neighbour that wait to be counted together


@dataclass(frozen=True)
class Usage:
    """How words are used in a row of corpora; all columns are aligned with `words`.

    by_corpus: occurrences, int64, a row for each corpus. symbols, characters: of each corpus. pmi: of the weakest
    split, nats, inf for a single symbol; nan for what never occurs. left_entropy, right_entropy: nats.
    symbol_counts: how many symbols a word has. splits: for each word the counts of the left and right part
    at each place. left, right: the most frequent neighbours as (symbol, count); left_breaks, right_breaks:
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
    splits: list[list[tuple[str, str, int, int]]]
    left: list[list[tuple[str, int]]]
    right: list[list[tuple[str, int]]]
    left_breaks: np.ndarray
    right_breaks: np.ndarray
    contexts: list[list[Context]]
    first: np.ndarray

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


def measure_usage(
    corpora: Sequence[Corpus],
    words: Sequence[str],
    *,
    contexts: int = 5,
    width: int = 20,
    neighbours: int = 8,
    latin: str = "run",
) -> Usage:
    """Read the corpora once, in order, and say how each word is used in them.

    contexts: at most so many of each word, spread evenly over all corpora, `width` characters on both sides.
    neighbours: at most so many on each side. latin: what is a symbol, as in `count`. A word with a break in it is
    no sequence of symbols and never occurs. Words are looked for as the corpora are folded.
    """
    if contexts < 0 or width < 0 or neighbours < 0:
        raise ValueError("contexts, width and neighbours must not be negative")
    pass_ = _Pass(words, corpora[0].fold if corpora else (), contexts, width, latin)
    for number, corpus in enumerate(corpora):
        pass_.read(number, corpus)
    return pass_.finish(list(words), neighbours, len(corpora))


@dataclass(frozen=True)
class _Window:
    """A stretch of text; occurrences that begin from `start` to `stop` are this window's."""

    text: str
    source: str
    line: int
    start: int
    stop: int


def _windows(corpus: Corpus, margin: int) -> Iterator[_Window]:
    """Blocks, and where a line goes on over several of them, with `margin` characters of both neighbours."""
    text, source, line, start = "", "", 1, 0
    for block in corpus.blocks():
        if block.inside and text:
            stop = len(text) + len(block.text) - margin
            text += block.text
            if stop > start:
                yield _Window(text, source, line, start, stop)
                # What lies before the text that is kept has to be long enough for a symbol, too.
                cut = _outside_line_end(text, max(0, stop - margin))
                line += count_line_breaks(text, 0, cut)
                text, start = text[cut:], stop - cut
            continue
        if text:
            yield _Window(text, source, line, start, len(text))
        text, source, line, start = block.text, block.source, block.line, 0
        stop = len(text) - margin
        if stop > margin:
            # Most blocks end a line; what is near the end waits for the next one all the same.
            yield _Window(text, source, line, 0, stop)
            cut = _outside_line_end(text, stop - margin)
            line += count_line_breaks(text, 0, cut)
            text, start = text[cut:], stop - cut
    if text:
        yield _Window(text, source, line, start, len(text))


def _outside_line_end(text: str, cut: int) -> int:
    """The place, or the one before it where it lies in the middle of a CR LF."""
    return cut - 1 if text[cut - 1 : cut + 1] == "\r\n" else cut


def _line_ends(text: str) -> np.ndarray:
    """Where lines end, at the last character of the end: LF, CR LF, lone CR."""
    codes = code_points(text)
    feed, back = codes == 10, codes == 13
    back[:-1] &= ~feed[1:]
    return np.flatnonzero(feed | back)


class _Pass:
    """One reading of the corpora: what is collected meanwhile, and what comes of it."""

    def __init__(
        self, words: Sequence[str], fold: tuple[str, ...], contexts: int, width: int, latin: str
    ) -> None:
        self.encoder = SymbolEncoder(latin)
        self.wanted, self.width = contexts, width
        self.keys: dict[
            tuple[int, ...], int
        ] = {}  # ids -> number; the words first, then their parts
        self.texts: list[str] = []
        # -1: a word with a break in it.
        self.at = np.array([self._number(fold_text(w, fold) if fold else w) for w in words])
        self.number = len(self.keys)
        for ids in list(self.keys):
            for j in range(1, len(ids)):
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
        self.single = np.zeros(len(self.encoder), np.int64)
        self.by_corpus: list[np.ndarray] = []
        self.symbols: list[int] = []
        self.characters: list[int] = []
        self.first = np.full(self.number, -1, np.int64)
        self.step = np.ones(self.number, np.int64)
        self.kept: list[list[tuple[int, Context]]] = [[] for _ in range(self.number)]
        self.left, self.right = _Pairs(), _Pairs()

    def _number(self, word: str) -> int:
        ids = tuple(self.encoder.encode(word).tolist()) if word else ()
        if not ids or 0 in ids:
            return -1
        if ids not in self.keys:
            self.texts.append(word)
        return self.keys.setdefault(ids, len(self.keys))

    def read(self, number: int, corpus: Corpus) -> None:
        """Take one more corpus."""
        self.symbols.append(0)
        self.characters.append(0)
        before = self.counts[: self.number].copy()
        for window in _windows(corpus, self.margin):
            self._take(window, sum(self.characters))
            self.characters[number] += window.stop - window.start
        self.by_corpus.append(self.counts[: self.number] - before)

    def _take(self, window: _Window, before: int) -> None:
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
        earlier = self.counts[: self.number].copy()
        self.counts += np.bincount(found, minlength=len(self.counts))
        words = found < self.number
        start, last, found = start[words], last[words], found[words]
        if not len(found):
            return
        edged = np.zeros(len(ids) + 2, np.int64)
        edged[1:-1] = ids
        self.left.add(found, edged[start])
        self.right.add(found, edged[last + 2])
        order = np.argsort(found, kind="stable")
        self._sample(window, before, earlier, found[order], start[order], places)

    def _sample(
        self,
        window: _Window,
        before: int,
        earlier: np.ndarray,
        found: np.ndarray,
        start: np.ndarray,
        places: np.ndarray | None,
    ) -> None:
        """Note first places, and keep every step-th occurrence of each word, thinned out as there are more.

        earlier: occurrences of each word before this window; found: sorted, and the places of each word too.
        """
        at = start if places is None else places[start]
        new = np.flatnonzero(np.diff(found, prepend=-1))
        unseen = new[self.first[found[new]] < 0]
        self.first[found[unseen]] = before + at[unseen] - window.start
        if not self.wanted:
            return
        rank = np.arange(len(found)) - np.repeat(new, np.diff(new, append=len(found)))
        number = earlier[found] + rank
        seen = self.counts[: self.number]
        self.step = _steps(self.step, seen, 2 * self.wanted)
        rows = np.flatnonzero(number % self.step[found] == 0)
        lines = window.line + np.searchsorted(_line_ends(window.text), at[rows])
        columns = (found[rows], number[rows], lines, at[rows])
        for word, nth, line, place in zip(*(c.tolist() for c in columns), strict=True):
            self.kept[word].append((nth, self._context(window, line, word, place)))
        for word in found[new].tolist():
            step = int(self.step[word])
            if step > 1:
                self.kept[word] = [item for item in self.kept[word] if item[0] % step == 0]

    def _context(self, window: _Window, line: int, word: int, place: int) -> Context:
        text, end = window.text, place + len(self.texts[word])
        left = line_end(text[max(0, place - self.width) : place], last=True)
        right = line_end(text[end : end + self.width], last=False)
        return Context(window.source, line, left, self.texts[word], right)

    def finish(self, words: list[str], neighbours: int, corpora: int) -> Usage:
        """What was collected, for each word."""
        at = np.maximum(self.at, 0)
        given = self.at >= 0
        if not self.number:
            at, given = np.zeros(len(words), np.int64), np.zeros(len(words), bool)
        total = sum(self.symbols)
        splits = self._splits()
        own = self.counts[: self.number]
        pmi = np.array(
            [
                _weakest(total, count, parts)
                for count, parts in zip(own.tolist(), splits, strict=True)
            ]
        )
        left, left_breaks, left_entropy = self.left.finish(own, neighbours, self.encoder)
        right, right_breaks, right_entropy = self.right.finish(own, neighbours, self.encoder)
        by_corpus = np.array(self.by_corpus, np.int64).reshape(corpora, self.number)

        def column(values: np.ndarray, missing: float) -> np.ndarray:
            if not self.number:
                return np.full(len(words), missing, values.dtype)
            return np.where(given, values[at], missing).astype(values.dtype)

        def listed(values: list) -> list:  # type: ignore[type-arg]
            return [values[i] if i >= 0 else [] for i in (self.at.tolist() if len(words) else [])]

        kept = [spread([item[1] for item in items], self.wanted) for items in self.kept]
        return Usage(
            words,
            np.array([column(row, 0) for row in by_corpus], np.int64).reshape(corpora, len(words)),
            self.symbols,
            self.characters,
            column(pmi, np.nan),
            column(left_entropy, np.nan),
            column(right_entropy, np.nan),
            column(self.lengths[: self.number], 0),
            listed(splits),
            listed(left),
            listed(right),
            column(left_breaks, 0),
            column(right_breaks, 0),
            listed(kept),
            column(self.first, -1),
        )

    def _splits(self) -> list[list[tuple[str, str, int, int]]]:
        """Of every word, at every place."""
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
            )
        return every

    def _count(self, part: tuple[int, ...]) -> int:
        if len(part) == 1:
            return int(self.single[part[0]]) if part[0] < len(self.single) else 0
        return int(self.counts[self.keys[part]])


class _Pairs:
    """Counts pairs of a word and a neighbour; neighbour 0 is a break."""

    def __init__(self) -> None:
        self._waiting: list[np.ndarray] = []
        self._size = 0
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int64)

    def add(self, words: np.ndarray, neighbours: np.ndarray) -> None:
        self._waiting.append((words << 32) | neighbours)
        self._size += len(words)
        if self._size >= _MERGE:
            self._merge()

    def _merge(self) -> None:
        if not self._waiting:
            return
        keys, counts = np.unique(np.concatenate(self._waiting), return_counts=True)
        self._waiting, self._size = [], 0
        every = np.concatenate([self._keys, keys])
        self._keys, where = np.unique(every, return_inverse=True)
        weights = np.concatenate([self._counts, counts])
        merged = np.zeros(len(self._keys), np.int64)
        np.add.at(merged, where.ravel(), weights)
        self._counts = merged

    def finish(
        self, own: np.ndarray, most: int, encoder: SymbolEncoder
    ) -> tuple[list[list[tuple[str, int]]], np.ndarray, np.ndarray]:
        """For each word its most frequent neighbours, the breaks beside it, and the entropy as in scores.py."""
        self._merge()
        word, neighbour, counts = self._keys >> 32, self._keys & 0xFFFFFFFF, self._counts
        breaks = np.zeros(len(own), np.int64)
        at_break = neighbour == 0
        breaks[word[at_break]] = counts[at_break]
        word, neighbour, counts = word[~at_break], neighbour[~at_break], counts[~at_break]
        weight = np.bincount(word, counts * np.log(counts), minlength=len(own))
        entropy = np.maximum(np.log(np.maximum(own, 1)) - weight / np.maximum(own, 1), 0.0)
        # Among equal counts the texts decide; only what may be shown is given its text.
        order = np.lexsort([-counts, word])
        bounds = np.searchsorted(word[order], np.arange(len(own) + 1))
        chosen: list[np.ndarray] = []
        for row in range(len(own)):
            rows = order[bounds[row] : bounds[row + 1]]
            if len(rows) > most:
                rows = rows[counts[rows] >= counts[rows[most - 1]]] if most else rows[:0]
            chosen.append(rows)
        every = np.concatenate(chosen) if chosen else np.empty(0, np.int64)
        pairs = zip(encoder.texts(neighbour[every]), counts[every].tolist(), strict=True)
        shown = [
            sorted(itertools.islice(pairs, len(rows)), key=lambda item: (-item[1], item[0]))[:most]
            for rows in chosen
        ]
        return shown, breaks, entropy


def _steps(step: np.ndarray, seen: np.ndarray, room: int) -> np.ndarray:
    """The least power of two, not below `step`, that leaves fewer than `room` of so many occurrences."""
    step = step.copy()
    while True:
        over = -(-seen // step) >= room
        if not over.any():
            return step
        step[over] *= 2


def _weakest(total: int, count: int, splits: list[tuple[str, str, int, int]]) -> float:
    if not count:
        return float("nan")
    values = [np.log(total * count / (left * right)) for _, _, left, right in splits]
    return float(min(values, default=float("inf")))
