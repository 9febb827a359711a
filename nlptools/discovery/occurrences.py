"""Texts + corpus that was cut into words -> how each stands in it: how often, whole, at edges, beside what, in which tenths."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from nlptools.base.spool import Spool
from nlptools.lattice.trie import Trie
from nlptools.native import kernel
from nlptools.ngrams.neighbours import NeighbourPairs
from nlptools.wordmodel.expected_counts import Shards, pieces

# Texts that are looked up in one reading of the corpus: their tables take 100 bytes each.
MOST_TEXTS = 1 << 18
# Of --memory for each of them, beside what everything else takes.
TEXT_MEMORY, OTHER_MEMORY = 2_000, 64_000_000

_LOOKED_AT = 1 << 17  # texts at a time
_PAIRS = 1 << 17  # pairs of a text and a neighbour that wait: 1 MB


def texts_within(memory: int) -> int:
    """How many texts are looked up at a time within `memory` bytes of the whole process; it changes no result."""
    return min(MOST_TEXTS, max(1 << 15, (memory - OTHER_MEMORY) // TEXT_MEMORY))


@dataclass(frozen=True)
class Occurrences:
    """How texts stand in a corpus; int64, aligned with them.

    counts: how often; whole: of them with an end of a word on both sides; joints: ends of words inside those, added up;
    right_edge: next to a break on the right; shards: tenths of the corpus that have it. left_entropy, right_entropy:
    nats, of the neighbours of the texts for which they were asked for; 0 of all others.
    """

    counts: np.ndarray
    whole: np.ndarray
    joints: np.ndarray
    right_edge: np.ndarray
    shards: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray

    @staticmethod
    def none(size: int) -> Occurrences:
        """Of texts that do not occur."""
        numbers = [np.zeros(size, np.int64) for _ in range(5)]
        return Occurrences(*numbers, *(np.zeros(size) for _ in range(2)))

    def of(self, rows: slice | np.ndarray) -> Occurrences:
        """Of some of them."""
        return Occurrences(*(getattr(self, column.name)[rows] for column in fields(self)))

    def put(self, rows: slice | np.ndarray, found: Occurrences) -> None:
        """Those rows become what was found of them."""
        for column in fields(self):
            getattr(self, column.name)[rows] = getattr(found, column.name)


# (ids, symbols before them, where words end: bool).
CutPiece = tuple[np.ndarray, int, np.ndarray]
# (texts, the symbols on their left, those on their right).
Sides = tuple[np.ndarray, np.ndarray, np.ndarray]


def cut_pieces(
    pieces: Iterable[tuple[np.ndarray, int]], ends: Iterable[np.ndarray]
) -> Iterator[CutPiece]:
    """pieces: (ids, symbols before them), of a corpus; ends: for each where words end, as packed bits."""
    for (ids, before), bits in zip(pieces, ends, strict=True):
        yield ids, before, np.unpackbits(bits, count=len(ids)).view(bool)


class CutText(Protocol):
    """A corpus that was cut into words, wherever it lies."""

    @property
    def types(self) -> int:
        """One more than the largest id."""

    @property
    def symbols(self) -> int:
        """In all of it, without breaks."""

    @property
    def singles(self) -> np.ndarray:
        """Occurrences of every id, int64."""

    @property
    def most(self) -> int:
        """So many texts can be looked up in one reading of it, about."""

    def find(
        self, texts: np.ndarray, asked: Asked, run: Callable[..., Iterable[Any]]
    ) -> Occurrences:
        """How texts, which begin with the symbols asked for, stand in it."""


class Asked(NamedTuple):
    """What is asked of some texts. first, last: they begin with a symbol from one to the other; free: those whose
    neighbours are wanted, bool, or None.
    """

    first: int
    last: int
    free: np.ndarray | None = None


@dataclass(frozen=True)
class CutCorpus:
    """A corpus as ids, and where words end in it.

    blocks: its ids, of which `number` makes those of a sample, below `types`; symbols: in all of them, without breaks;
    ends: for each of the pieces of `piece` symbols whether a word ends at each of its symbols, as packed bits
    (expected_counts.tally); singles, most: as CutText has them.
    """

    blocks: Spool
    number: np.ndarray
    types: int
    symbols: int
    ends: Spool
    singles: np.ndarray
    piece: int | None = None
    most: int = MOST_TEXTS

    def pieces(self) -> Iterator[CutPiece]:
        """One piece after the other."""
        yield from cut_pieces(pieces(self.blocks, self.number, self.piece), self.ends)

    def find(
        self, texts: np.ndarray, asked: Asked, run: Callable[..., Iterable[Any]]
    ) -> Occurrences:
        """As CutText.find."""
        lookup = TextFinder(texts, asked, self.types)
        return lookup.read(self.pieces(), self.symbols, run).occurrences()


def find_occurrences(
    text: CutText,
    texts: np.ndarray,
    run: Callable[..., Iterable[Any]] = map,
    *,
    free: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, Occurrences]]:
    """(rows of some texts, ascending; how these stand in the corpus), until all are there that have two symbols and more.

    texts: symbol ids of the sample padded with 0, distinct, the most frequent first, about. free: those whose neighbours
    are wanted, bool. text.most: so many are given at a time, about.
    """
    for rows, (first, last) in _parts(texts, text.most):
        asked = Asked(first, last, None if free is None else free[rows])
        yield rows, text.find(texts[rows], asked, run)


def _parts(texts: np.ndarray, most: int) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    """(rows of about `most` texts, ascending; (first, last) of the symbols that they begin with)."""
    if not len(texts) or texts.shape[1] < 2:
        return
    # In 32 bits: they are there as long as the texts are looked up, and may be a million.
    parts = range(0, len(texts), _LOOKED_AT)
    long = np.concatenate(
        [np.flatnonzero(texts[at : at + _LOOKED_AT, 1]).astype(np.int32) + at for at in parts]
    )
    begin = texts[long, 0]
    until = np.cumsum(np.bincount(begin))
    first = done = 0
    while done < len(long):
        last = max(first, int(np.searchsorted(until, done + most, side="right")) - 1)
        stop = int(until[last])
        if stop > done:
            yield long[(begin >= first) & (begin <= last)], (first, last)
        first, done = last + 1, stop


class TextFinder:
    """Looks some texts up in a corpus, piece by piece."""

    def __init__(self, texts: np.ndarray, asked: Asked, types: int) -> None:
        """types: one more than the largest id."""
        self._size, self._asked = len(texts), asked
        self._trie = Trie(texts, types)
        # A text is its row + 1; 0: none.
        self._tables = self._trie.tabulate(np.arange(1, len(texts) + 1, dtype=np.int32), 0)
        self._wanted = None if asked.free is None else np.append(False, asked.free)

    def read(
        self, pieces: Iterable[CutPiece], symbols: int, run: Callable[..., Iterable[Any]] = map
    ) -> OccurrenceSums:
        """What is found in some pieces of a corpus of so many symbols."""
        sums = OccurrenceSums(self._size, self._asked.free)
        if kernel.usable():
            for sides in run(partial(self._add, sums, Shards(0, symbols)), pieces):
                sums.take_sides(sides)
            sums.join()
            return sums
        for found in run(partial(self._look_up, Shards(0, symbols)), pieces):
            sums.take(*found)
        return sums

    def _starts(self, ids: np.ndarray) -> np.ndarray:
        first, last = self._asked.first, self._asked.last
        return np.flatnonzero((ids >= first) & (ids <= last)).astype(np.int32)

    def _add(self, sums: OccurrenceSums, shards: Shards, piece: CutPiece) -> list[Sides]:
        """The compiled `_look_up`, which adds to sums of its own; it gives the neighbours that are wanted."""
        assert self._trie.compiled is not None
        ids, before, ends = piece
        ids, starts = ids.astype(np.uint32), self._starts(ids)
        starts = starts[: np.searchsorted(starts, len(ids) - 1)]
        edges = shards.edges(before, ids)
        with sums.own() as (by_text, bits):
            found = self._trie.compiled.stand(
                *(self._tables, (ids, ends), starts, edges, by_text, bits, self._wanted)
            )
            return list(found)

    def _look_up(self, shards: Shards, piece: CutPiece) -> tuple[Any, ...]:
        """What `take` takes, of one piece."""
        ids, before, ends = piece
        edges = shards.edges(before, ids)
        starts = self._starts(ids)
        ended = np.zeros(len(ids) + 1, np.int32)  # words that end before each place
        np.cumsum(ends, out=ended[1:])
        begins = np.append(True, ends)
        padded = np.concatenate([ids[:1] * 0, ids, ids[:1] * 0])
        found = []
        for k, ((at, state), table) in enumerate(
            zip(self._trie.walk(ids, starts), self._tables, strict=True), 2
        ):
            text = np.take(table, state)
            there = np.flatnonzero(text)
            at, text = at[there], text[there]
            start = at - (k - 1)
            whole = np.flatnonzero(begins[start] & ends[at])
            inside = ended[at[whole]] - ended[start[whole]]
            sides = None
            if self._wanted is not None and len(asked := np.flatnonzero(self._wanted[text])):
                sides = text[asked], padded[start[asked]], padded[at[asked] + 2]
            edge = text[padded[at + 2] == 0]
            found.append((at, text, text[whole], inside, edge, sides))
        return edges, found


class OccurrenceSums:
    """What is found of some texts, added up piece by piece, and part by part where others added up the parts."""

    def __init__(self, size: int, free: np.ndarray | None) -> None:
        """size: texts; free: as in Asked."""
        # What belongs to a text lies together: it is in the cache, or not, all at once.
        self._by_text = np.zeros((size + 1, 4), np.int64)
        self._sums = self._by_text.T
        self._shards = Shards(size + 1, 1)
        self._free = [(self._by_text, self._shards.bits)]
        self._lock = threading.Lock()
        self._wanted = None if free is None else np.append(False, free)
        self._sides = NeighbourPairs(_PAIRS), NeighbourPairs(_PAIRS)

    def take(self, edges: Sequence[tuple[int, int]], found: Sequence[tuple[Any, ...]]) -> None:
        """Of one piece: where its shards begin, and by length what stands in it."""
        if not found:
            return
        columns = zip(*((text, *rest) for _, text, *rest, _ in found), strict=True)
        texts, whole, inside, edge = map(np.concatenate, columns)
        size = self._sums.shape[1]
        for own, rows in ((0, texts), (1, whole), (3, edge)):
            self._sums[own] += np.bincount(rows, minlength=size)
        # Sums of whole numbers: exact in float64.
        self._sums[2] += np.bincount(whole, inside, minlength=size).astype(np.int64)
        for at, text, *_, sides in found:
            self._shards.add(text, at, edges)
            if sides is not None:
                self.take_sides([sides])

    @contextmanager
    def own(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(sums of each text, shape (texts, 4); bits of its shards) for one thread to add to; `join` takes them in."""
        with self._lock:
            own = self._free.pop() if self._free else None
        if own is None:
            own = np.zeros_like(self._by_text), np.zeros_like(self._shards.bits)
        yield own
        with self._lock:
            self._free.append(own)

    def join(self) -> None:
        """Take in what the threads have added, when they are done."""
        for by_text, bits in self._free:
            if by_text is not self._by_text:
                self._by_text += by_text
                self._shards.bits |= bits
        self._free = [(self._by_text, self._shards.bits)]

    def take_sides(self, sides: Iterable[Sides]) -> None:
        """Neighbours of texts."""
        for rows, left, right in sides:
            for pairs, beside in zip(self._sides, (left, right), strict=True):
                pairs.add(rows, beside)

    def parts(self, size: int) -> Iterator[tuple[int, list[np.ndarray]]]:
        """(number of the part, what `add` takes) of the texts that occur, so many texts a part."""
        rows = np.flatnonzero(self._sums[0, 1:])
        sides = [pairs.counts() for pairs in self._sides]
        for number in np.unique(rows // size).tolist():
            start, stop = number * size, (number + 1) * size
            own = rows[np.searchsorted(rows, start) : np.searchsorted(rows, stop)]
            arrays = [own - start, self._sums[:, own + 1], self._shards.bits[own + 1]]
            for texts, neighbours, together in sides:
                here = slice(*np.searchsorted(texts, (start + 1, stop + 1)).tolist())
                arrays += [texts[here] - start, neighbours[here], together[here]]
            yield number, arrays

    def add(self, rows: np.ndarray, sums: np.ndarray, bits: np.ndarray, *sides: np.ndarray) -> None:
        """What `parts` gave of texts that are those of a part here."""
        self._sums[:, rows + 1] += sums
        self._shards.bits[rows + 1] |= bits
        for pairs, counted in zip(self._sides, (sides[:3], sides[3:]), strict=True):
            pairs.add_counts(*counted)

    def occurrences(self) -> Occurrences:
        """Of the texts."""
        counts = self._sums[0]
        columns = [*self._sums[:, 1:], self._shards.number()[1:]]
        sides = [np.zeros(len(counts) - 1)] * 2
        if (wanted := self._wanted) is not None:
            sides = [np.where(wanted, s.sums(counts).entropy(), 0.0)[1:] for s in self._sides]
        return Occurrences(*columns, *sides)
