"""Encoded corpus with marks -> what surrounds them: n-gram counts across blanks, hyphens, brackets; a row for each dot.

In these counts a mark is a symbol, but a blank between Latin runs is nothing: iPad Pro is a sequence of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, worker_pool
from nlptools.base.spool import Spool
from nlptools.ngrams.count import NgramCounter
from nlptools.ngrams.counts import NgramCounts, Settings
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.marks import (
    CLOSING,
    DOTS,
    HYPHENS,
    MARK,
    OPENING,
    SIGNS,
    SPACES,
    MarkedBlock,
    sign_numbers,
)
from nlptools.ngrams.symbols import IdBlock, SymbolEncoder

_BUCKETS = 1 << 20  # of the filter of rare pairs: 4 MB
_MOST = (1 << 31) - 1  # in a bucket
_PIECE = 1 << 15  # rows at a time: 5 MB
_OVERLAP = (
    32  # symbols of two blocks of a line that are looked at together; more than any reach, twice
)
# A number in figures that belongs to a word, as in 抗原19-9; years, dates and telephone numbers are longer.
FIGURES = re.compile(r"\d{1,3}-\d{1,3}")


@dataclass(frozen=True)
class Family:
    """Marks that are looked at alike.

    signs: in the text; the first one stands for all in the counts, "" for none. han, run: how many symbols beside a mark
    are looked at on a side that is Han, or a run of letters and digits. order: of the counts.
    """

    name: str
    signs: str
    mark: str
    han: int
    run: int
    order: int


# One symbol more than a part of a word may have, for the neighbours.
SPACED = Family("spaced", SPACES, "", 3, 3, 5)
# Han and Latin side by side: β-胡萝卜素, 新型冠状病毒（2019-nCoV, and 抗原19-9, whose mark stands inside of a symbol.
MIXED = Family("mixed", HYPHENS + OPENING, "-（", 9, 2, 10)
FAMILIES = (SPACED, MIXED)
DOTTED = "dotted"  # dots, and hyphens between Han characters
# Added to the number of a hyphen between two Han characters, which joins names as dots do: 迪亚斯-卡内尔.
_JOINING = 32
# Symbols on the left of a dot, and from the dot on: names of several dots are long.
LEFT, RIGHT = 9, 28


_ROW = np.dtype([("symbols", np.uint32, (LEFT + RIGHT,))])


class DotRows:
    """Rows of symbols around dots, to be read again: uint32, shape (dots, LEFT + RIGHT) in pieces."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def append(self, rows: np.ndarray) -> None:
        """Keep more of them."""
        self._spool.append(np.ascontiguousarray(rows).reshape(-1).view(_ROW))

    def __iter__(self) -> Iterator[np.ndarray]:
        for piece in self._spool:
            yield piece["symbols"]


@dataclass(frozen=True)
class Surroundings:
    """counts: of each family, by name, in its order. signs: how often each sign of marks.SIGNS was a mark; joiner: the
    commonest hyphen between Han characters, which `signs` does not count.

    dots: for each dot, and each hyphen between Han characters, provisional ids of LEFT symbols before it, the next one
    last, and of RIGHT from it on, every dot being `dot`, every such hyphen `hyphen`; 0 at the first break and beyond it;
    uint32, shape (dots, LEFT + RIGHT) in pieces.
    """

    counts: dict[str, NgramCounts]
    dots: DotRows
    dot: int
    hyphen: int
    signs: dict[str, int]
    joiner: str

    def commonest(self, signs: str) -> str:
        """The one of these that stands most often; the first of equals."""
        return max(signs, key=lambda sign: self.signs.get(sign, 0))


@dataclass
class MarksSeen:
    """What a first look at the marks of a corpus adds up to.

    buckets: of each family, and of DOTTED for dots, by name: how often what stands on both sides of a mark falls into each
    bucket. signs: occurrences of marks by their number, those of hyphens between Han characters _JOINING higher.
    """

    buckets: dict[str, np.ndarray]
    signs: np.ndarray

    @staticmethod
    def none() -> MarksSeen:
        """Of no text."""
        names = [*(family.name for family in FAMILIES), DOTTED]
        buckets = {name: np.zeros(_BUCKETS, np.int32) for name in names}
        return MarksSeen(buckets, np.zeros(2 * _JOINING, np.int64))

    def add(self, other: MarksSeen) -> None:
        """What was seen of another part of the corpus."""
        for name, buckets in self.buckets.items():
            # Two billion are often enough, whatever is asked for.
            buckets[:] = np.minimum(buckets.astype(np.int64) + other.buckets[name], _MOST)
        self.signs += other.signs

    def often(self, least: int) -> dict[str, np.ndarray]:
        """Which buckets are so full, bool."""
        return {name: buckets >= least for name, buckets in self.buckets.items()}


def count_surroundings(
    encoded: EncodedCorpus, settings: Settings, least: int, memory: int = DEFAULT_MEMORY
) -> Surroundings:
    """Count what stands around marks whose neighbours stand together `least` times or more.

    settings: of the counts of the corpus. N-grams with a mark inside that occur so often are counted exactly, with
    their neighbours, as far as a family looks; all others may be missing.
    """
    marked = MarkFinder(encoded.encoder)
    dots = DotRows(Spool(encoded.room // 4, encoded.folder))
    seen = look_at_marks(encoded, marked, dots)
    counts = count_around(encoded, marked, settings, seen.often(least), memory // 3)
    return surroundings_of(marked, seen, counts, dots)


def look_at_marks(
    encoded: EncodedCorpus, marked: MarkFinder, dots: DotRows | None = None
) -> MarksSeen:
    """Look at all marks of a corpus; `dots` takes the rows of Surroundings.dots."""
    seen = MarksSeen.none()
    for block in _overlapping(encoded):
        found, own, ids = marked.both(block)
        seen.signs += np.bincount(own.sign, minlength=len(seen.signs))
        for name in seen.buckets:
            pairs = marked.buckets(marked.of(own, name), ids)
            np.add.at(seen.buckets[name], pairs, np.int32(1))
        if dots is not None:
            for rows in marked.dotted(ids, found, own):
                dots.append(rows)
    return seen


def count_around(
    encoded: EncodedCorpus,
    marked: MarkFinder,
    settings: Settings,
    often: Mapping[str, np.ndarray],
    memory: int,
) -> dict[str, NgramCounts]:
    """The counts of each family. often: buckets of the marks that are wanted; memory: for each of the counts."""
    counts = {}
    with worker_pool(1) as pool:
        streams = {}
        for family in FAMILIES:
            how = replace(settings, order=family.order)
            counter = NgramCounter(how, encoded.encoder, pool, 1, memory, encoded.folder)
            streams[family.name] = _Stream(marked, family, often[family.name], counter)
        wanted = [stream for stream in streams.values() if stream.often.any()]
        for stretch in _overlapping(encoded) if wanted else ():
            found = marked.find(stretch.block)
            for stream in wanted:
                stream.take(stretch, found.of(stream.family))
        for name, stream in streams.items():
            counts[name] = stream.counter.finish()
    return counts


def dots_often(
    encoded: EncodedCorpus, marked: MarkFinder, often: np.ndarray
) -> Iterator[np.ndarray]:
    """The rows of Surroundings.dots whose bucket is full. often: of DOTTED."""
    for block in _overlapping(encoded):
        found, own, ids = marked.both(block)
        own = marked.of(own, DOTTED)
        yield from marked.dotted(ids, found, own.where(often[marked.buckets(own, ids)]))


def surroundings_of(
    marked: MarkFinder, seen: MarksSeen, counts: dict[str, NgramCounts], dots: DotRows
) -> Surroundings:
    """What was seen of all of a corpus, and counted around the marks that are wanted."""
    signs = seen.signs
    number = dict(zip(SIGNS, signs[1 : len(SIGNS) + 1].tolist(), strict=True))
    joining = dict(zip(HYPHENS, signs[np.array(sign_numbers(HYPHENS)) + _JOINING], strict=True))
    joiner = max(HYPHENS, key=joining.__getitem__)
    return Surroundings(counts, dots, marked.dot, marked.hyphen, number, joiner)


@dataclass(frozen=True)
class _Found:
    """Marks that stand where they should. at: places in the ids; sign: its number, 0 for figures, which are a symbol."""

    at: np.ndarray
    sign: np.ndarray

    def where(self, mask: np.ndarray) -> _Found:
        return _Found(self.at[mask], self.sign[mask])

    def of(self, family: Family) -> _Found:
        signs = sign_numbers(family.signs) + [0] * (family is MIXED)
        return self.where(np.isin(self.sign, signs))


@dataclass(frozen=True)
class _Stretch:
    """Ids and marks of a block with some of its neighbours; its own are those from start to stop."""

    block: MarkedBlock
    start: int
    stop: int


class MarkFinder:
    """What is known of the symbols of a corpus, to find its marks and to write them as symbols."""

    def __init__(self, encoder: SymbolEncoder, numbers: np.ndarray | None = None) -> None:
        """numbers: uint64 for each provisional id, which put pairs of symbols into buckets; None: the ids."""
        self._numbers = numbers
        # The marks first: there are no new symbols afterwards.
        self._mark = np.zeros(len(SIGNS) + 1, np.uint32)
        for family in FAMILIES:
            for number, sign in zip(sign_numbers(family.signs), family.signs, strict=True):
                self._mark[number] = _standing(encoder, family, sign)
        self.dot, self.hyphen = encoder.extra(DOTS[0]), encoder.extra(HYPHENS[0])
        self._han = encoder.han()
        self._figures = encoder.matching(FIGURES)

    def both(self, stretch: _Stretch) -> tuple[_Found, _Found, np.ndarray]:
        """(the marks of a stretch and its neighbours, its own ones, the ids of both)."""
        found = self.find(stretch.block)
        own = found.where((found.at >= stretch.start) & (found.at < stretch.stop))
        return found, own, stretch.block.ids

    def of(self, found: _Found, name: str) -> _Found:
        """Those of a family, or of DOTTED."""
        if name == DOTTED:
            return found.where(self._joins(found))
        return found.of(next(family for family in FAMILIES if family.name == name))

    def buckets(self, found: _Found, ids: np.ndarray) -> np.ndarray:
        """A number below _BUCKETS for what stands on both sides of each mark, of figures for them and what is before."""
        before, after = ids[found.at - 1], ids[found.at + (found.sign > 0)]
        if self._numbers is not None:
            before, after = self._numbers[before], self._numbers[after]
        mixed = before.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= after.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return (mixed >> np.uint64(44)).astype(np.int64)

    def find(self, block: MarkedBlock) -> _Found:
        """The marks of a block, and the numbers in figures that follow a Han character; rising by place."""
        ids, marks = block.ids, block.marks
        at, sign = marks["at"].astype(np.int64), marks["sign"].astype(np.int64)
        inside = (at > 0) & (at + 1 < len(ids))
        at, sign = at[inside], sign[inside]
        before, after = ids[at - 1], ids[at + 1]
        han_before, han_after = self._han[before], self._han[after]
        good = (before > 0) & (after > 0)
        wide = np.isin(sign, sign_numbers("．"))
        good &= ~wide | (han_before & han_after)
        good &= ~np.isin(sign, sign_numbers(SPACES)) | ~(han_before | han_after)
        hyphen = np.isin(sign, sign_numbers(HYPHENS))
        good &= ~hyphen | han_before | han_after
        sign = sign + _JOINING * (hyphen & han_before & han_after)
        opening = np.isin(sign, sign_numbers(OPENING))
        closing = marks["at"][np.isin(marks["sign"], sign_numbers(CLOSING))]
        good &= ~opening | (han_before & ~han_after & np.isin(at + 2, closing))
        good &= ~np.isin(sign, sign_numbers(CLOSING))
        at, sign = at[good], sign[good]
        if self._figures.any():
            more = np.flatnonzero(np.take(self._figures, ids))
            more = more[(more > 0) & self._han[ids[more - 1]]]
            at, sign = np.append(at, more), np.append(sign, np.zeros(len(more), np.int64))
            order = np.argsort(at)
            at, sign = at[order], sign[order]
        return _Found(at, sign)

    def dotted(self, ids: np.ndarray, found: _Found, own: _Found) -> Iterator[np.ndarray]:
        """The rows of `Surroundings.dots` for those among `own`. found: all marks of the block."""
        joining = self._joins(found)
        dots, every = found.at[joining], own.at[self._joins(own)]
        ids_of = np.where(found.sign[joining] > _JOINING, self.hyphen, self.dot)
        for start in range(0, len(every), _PIECE):
            near = every[start : start + _PIECE, None] + np.arange(-LEFT, RIGHT)
            inside = (near >= 0) & (near < len(ids))
            near = np.clip(near, 0, len(ids) - 1)
            rows = np.where(inside, ids[near], 0).astype(np.uint32)
            place = np.minimum(np.searchsorted(dots, near), len(dots) - 1)
            there = inside & (dots[place] == near)
            rows[there] = ids_of[place[there]]
            open_left = np.logical_and.accumulate(rows[:, LEFT - 1 :: -1] > 0, axis=1)[:, ::-1]
            open_right = np.logical_and.accumulate(rows[:, LEFT:] > 0, axis=1)
            rows[~np.concatenate([open_left, open_right], axis=1)] = 0
            yield rows

    def _joins(self, found: _Found) -> np.ndarray:
        """Which marks are dots, or hyphens between Han characters."""
        return np.isin(found.sign, sign_numbers(DOTS)) | (found.sign > _JOINING)

    def near(self, ids: np.ndarray, marks: _Found, family: Family) -> np.ndarray:
        """Which places are within the reach of one of the marks, bool."""
        near = np.zeros(len(ids), bool)
        left = np.where(self._han[ids[marks.at - 1]], family.han, family.run)
        right = np.where(self._han[ids[marks.at + (marks.sign > 0)]], family.han, family.run)
        most = max(family.han, family.run)
        for offset in range(-most, most + 1):
            reaching = marks.at[(left >= -offset) if offset < 0 else (right >= offset)] + offset
            near[reaching[(reaching >= 0) & (reaching < len(ids))]] = True
        return near

    def standing(self, signs: np.ndarray) -> np.ndarray:
        """The ids of the marks that stand for these signs in counts."""
        return self._mark[signs]


class _Stream:
    """What surrounds the marks of a family, marks among it, as one sequence of ids with 0 between stretches -> counts."""

    def __init__(
        self, marked: MarkFinder, family: Family, often: np.ndarray, counter: NgramCounter
    ) -> None:
        """often: buckets of the marks that are wanted."""
        self.family, self.often, self.counter = family, often, counter
        self._marked = marked
        self._goes_on = False  # the last place that was looked at is in the sequence

    def take(self, stretch: _Stretch, every: _Found) -> None:
        """The next stretch, and its marks of the family."""
        ids = stretch.block.ids
        wanted = every.where(self.often[self._marked.buckets(every, ids)])
        goes_on, self._goes_on = self._goes_on and stretch.start > 0, False
        if not len(wanted.at):
            return
        taken = self._marked.near(ids, wanted, self.family)[stretch.start : stretch.stop]
        chosen = np.flatnonzero(taken) + stretch.start
        if not len(chosen):
            return
        values = ids[chosen].astype(np.uint32)
        places = np.searchsorted(chosen, every.at)
        there = places < len(chosen)
        there[there] = chosen[places[there]] == every.at[there]
        marks = there & (every.sign > 0)
        values[places[marks]] = self._marked.standing(every.sign[marks])
        new = np.append(not (goes_on and taken[0]), np.diff(chosen) > 1)
        out = np.zeros(len(values) + int(new.sum()), np.uint32)
        own = np.arange(len(values)) + np.cumsum(new)
        out[own] = values
        if not self.family.mark:
            shown = np.ones(len(out), bool)
            shown[own[places[marks]]] = False
            out = out[shown]
        self.counter.add(IdBlock(out, joined=True))
        self._goes_on = bool(taken[-1])


def _standing(encoder: SymbolEncoder, family: Family, sign: str) -> int:
    """The id of the mark that stands for a sign in the counts of a family; 0 for none."""
    return encoder.extra("（" if sign in OPENING else "-") if family.mark else 0


def _overlapping(encoded: EncodedCorpus) -> Iterator[_Stretch]:
    """The blocks of a corpus, those of one line with enough of each other; every symbol is one stretch's own."""
    assert encoded.marks is not None
    held: MarkedBlock | None = None
    start = 0
    for block in encoded.marks.blocks(encoded.blocks):
        if held is None or not block.inside:
            if held is not None:
                yield _Stretch(held, start, len(held.ids))
            held, start = block, 0
            continue
        if len(block.ids) >= _OVERLAP:
            yield _Stretch(_joined(held, block, 0, _OVERLAP), start, len(held.ids))
            cut = max(0, len(held.ids) - _OVERLAP)
            held, start = _joined(held, block, cut), len(held.ids) - cut
        else:
            held = _joined(held, block)
    if held is not None:
        yield _Stretch(held, start, len(held.ids))


def _joined(
    first: MarkedBlock, second: MarkedBlock, begin: int = 0, end: int | None = None
) -> MarkedBlock:
    """The first block from `begin` on, and the second up to `end`."""
    size = len(first.ids) - begin
    before = first.marks[first.marks["at"] >= begin].copy()
    before["at"] -= np.uint32(begin)
    after = second.marks[second.marks["at"] < (len(second.ids) if end is None else end)].copy()
    after["at"] += np.uint32(size)
    ids = np.concatenate([first.ids[begin:], second.ids[:end]])
    return MarkedBlock(ids, np.concatenate([before, after]).astype(MARK), first.inside)
