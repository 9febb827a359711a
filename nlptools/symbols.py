"""Block text -> array of symbol ids, 0 at every break; the alphabet that gives ids their text.

A *symbol* is the unit that is counted: one Han character, or one whole run of Latin letters
and digits (`latin="run"`), so that 5G网络 is three symbols and no list is littered with `ernete`.

While a corpus is read, ids are provisional: a BMP Han character has a fixed id (its rank among
those, in code point order), every other symbol the next free one. `Alphabet` is what remains
in the end: the symbols that occur, in a canonical order, numbered from 1.
"""

from __future__ import annotations

import bisect
import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlptools import chars

LATIN_MODES = ("run", "char", "break")

_HAN_BMP = np.flatnonzero(chars.CLASS_TABLE == chars.HAN)
_HAN_LIST: list[int] = _HAN_BMP.tolist()
FIRST_FREE = len(_HAN_BMP) + 1  # the first provisional id that is not a fixed one
_FIRST_SUPPLEMENTARY = chr(chars.HAN_SUPPLEMENTARY[0])
_MARK = 0xFFFF  # stands for "a symbol still to be named" while a block is scanned


@functools.cache
def _id_table(latin: str) -> np.ndarray:
    table = np.zeros(0x10000, np.uint16)
    table[_HAN_BMP] = np.arange(1, FIRST_FREE)
    if latin != "break":
        table[(chars.CLASS_TABLE == chars.LETTER) | (chars.CLASS_TABLE == chars.DIGIT)] = _MARK
    return table


def _han_id(symbol: str) -> int:
    """The fixed id of a BMP Han character, 0 for any other text."""
    code = ord(symbol) if len(symbol) == 1 else 0
    at = bisect.bisect_left(_HAN_LIST, code)
    return at + 1 if at < len(_HAN_LIST) and _HAN_LIST[at] == code else 0


@dataclass(frozen=True)
class Scanned:
    """A block whose unnamed symbols still wait for ids.

    ids: uint16, 0 at breaks, `_MARK` at unnamed symbols; names: their texts, in order.
    """

    ids: np.ndarray
    names: list[str]


@dataclass
class SymbolEncoder:
    """Texts -> provisional ids. `scan` may run in any thread; `name` must see blocks in order."""

    latin: str = "run"
    _table: np.ndarray = field(init=False, repr=False)
    _numbers: defaultdict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.latin not in LATIN_MODES:
            raise ValueError(f"latin must be one of {', '.join(LATIN_MODES)}, not {self.latin!r}")
        self._table = _id_table(self.latin)
        self._numbers = defaultdict()
        self._numbers.default_factory = self._numbers.__len__

    def encode(self, text: str) -> np.ndarray:
        """Provisional ids of a text: uint16, or uint32 once there are too many symbols for that."""
        return self.name(self.scan(text))

    def scan(self, text: str) -> Scanned:
        """The part of `encode` that needs no shared state."""
        codes = chars.code_points(text)
        if codes.dtype == np.uint16:
            ids = np.take(self._table, codes)
            single = None
        else:
            ids = np.take(self._table, np.minimum(codes, 0xFFFF))
            single = (codes >= chars.HAN_SUPPLEMENTARY[0]) & (codes <= chars.HAN_SUPPLEMENTARY[1])
            single = single if single.any() else None
        marked = ids == _MARK
        if single is None and not marked.any():
            return Scanned(ids, [])
        if self.latin == "char" or not marked.any():
            if single is not None:
                ids[single] = _MARK
                marked |= single
            return Scanned(ids, list(chars.text_of(codes[marked])))
        return _squeeze_runs(codes, ids, marked, single)

    def name(self, scanned: Scanned) -> np.ndarray:
        """Give the scanned block's unnamed symbols their ids."""
        if not scanned.names:
            return scanned.ids
        numbers = np.fromiter(
            map(self._numbers.__getitem__, scanned.names), np.uint32, len(scanned.names)
        )
        numbers += FIRST_FREE
        ids = scanned.ids
        slots = np.flatnonzero(ids == _MARK)
        if FIRST_FREE + len(self._numbers) >= _MARK:
            ids = ids.astype(np.uint32)
        ids[slots] = numbers
        return ids

    def __len__(self) -> int:
        """One more than the largest provisional id given so far."""
        return FIRST_FREE + len(self._numbers)

    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """(order, place): provisional ids sorted as in an `Alphabet`, and each id's place there.

        Both int64, of length `len(self)`; id 0 has place 0. A Han character sorts by code point
        before every other symbol, those sort by text.
        """
        names = list(self._numbers)
        by_text = sorted(range(len(names)), key=names.__getitem__)
        # Supplementary Han characters, the last of all texts, come before the runs.
        runs = bisect.bisect_left(by_text, _FIRST_SUPPLEMENTARY, key=names.__getitem__)
        free = by_text[runs:] + by_text[:runs]
        order = np.arange(len(self))
        order[FIRST_FREE:] = np.array(free, np.int64) + FIRST_FREE
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return order, place

    def ids(self, symbols: Iterable[str]) -> np.ndarray:
        """Provisional ids of symbols, int64; 0 for one that was never given an id."""
        found = [self._numbers.get(s, -FIRST_FREE) + FIRST_FREE or _han_id(s) for s in symbols]
        return np.array(found, np.int64)

    def texts(self, ids: np.ndarray) -> list[str]:
        """Texts of provisional ids."""
        names = list(self._numbers)
        return [
            chr(_HAN_BMP[i - 1]) if i < FIRST_FREE else names[i - FIRST_FREE] for i in ids.tolist()
        ]


def symbol_order(symbol: str) -> tuple[bool, str]:
    """Sort key of the canonical order: Han characters first, then runs, each by code point."""
    return not (len(symbol) == 1 and chars.is_han(symbol)), symbol


def _squeeze_runs(
    codes: np.ndarray, ids: np.ndarray, marked: np.ndarray, single: np.ndarray | None
) -> Scanned:
    """Find the runs of letters and digits (chars.py says what joins them); one id each remains."""
    kinds = chars.classes(codes)
    last = len(kinds) - 1
    at = np.flatnonzero(marked)
    after = kinds[np.minimum(at + 1, last)]
    after[at == last] = chars.BREAK
    second = np.minimum(at + 2, last)
    joins = at[(after == chars.CONNECTOR) & marked[second] & (at + 2 <= last)] + 1
    plus = at[after == chars.PLUS]
    double = plus[(kinds[np.minimum(plus + 2, last)] == chars.PLUS) & (plus + 2 <= last)]
    before = np.where(at > 0, kinds[at - 1], chars.BREAK)
    alone = (before == chars.BREAK) | (before == chars.HAN)
    sharp = at[(after == chars.SHARP) & alone & (kinds[at] == chars.LETTER)]
    inside = marked
    for more in (joins, plus + 1, double + 2, sharp + 1):
        inside[more] = True

    at = np.flatnonzero(inside)
    first = np.empty(len(at), bool)
    first[0] = True
    np.not_equal(at[1:], at[:-1] + 1, out=first[1:])
    starts = np.flatnonzero(first)
    lengths = np.diff(starts, append=len(at))
    long = lengths > chars.MAX_RUN
    ids[at] = 0
    ids[at[starts[~long]]] = _MARK
    keep = ~inside
    keep[at[starts]] = True
    if long.any():
        usable = np.repeat(~long, lengths)
        at, first, starts = at[usable], first[usable], starts[~long]
    if single is not None:
        # A supplementary Han character is a symbol of its own: a "run" of one.
        extra = np.flatnonzero(single)
        ids[extra] = _MARK
        at, first = np.concatenate([at, extra]), np.concatenate([first, np.ones(len(extra), bool)])
        order = np.argsort(at)
        at, first = at[order], first[order]
    run = np.cumsum(first)
    spaced = np.full(len(at) + int(run[-1]) if len(run) else 0, 10, codes.dtype)
    if len(at):
        spaced[np.arange(len(at)) + run - 1] = codes[at]
    names = chars.text_of(spaced[:-1]).split("\n") if len(spaced) else []
    # One 0 is enough between two symbols: texts full of code shrink by a third.
    keep[1:] &= ~((ids[1:] == 0) & (ids[:-1] == 0) & keep[:-1])
    return Scanned(ids[keep], names)


@dataclass(frozen=True)
class Alphabet:
    """The symbols of a count, in canonical order; symbol i of `symbols` has id i + 1, a break is 0."""

    symbols: tuple[str, ...]
    _ids: dict[str, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.symbols)

    def ids(self, symbols: Iterable[str]) -> np.ndarray:
        """int64 ids, -1 for a symbol that never occurred."""
        if not self._ids:
            self._ids.update(zip(self.symbols, range(1, len(self.symbols) + 1), strict=True))
        return np.array([self._ids.get(symbol, -1) for symbol in symbols], np.int64)

    @staticmethod
    def union(alphabets: Sequence[Alphabet]) -> Alphabet:
        """All symbols of several alphabets."""
        if len(alphabets) == 1:
            return alphabets[0]
        every = set().union(*(alphabet.symbols for alphabet in alphabets))
        return Alphabet(tuple(sorted(every, key=symbol_order)))


def split_symbols(text: str, latin: str = "run") -> list[str]:
    """A word's symbols: 5G网络 -> 5G, 网, 络. A break in it gives an empty string in its place."""
    encoder = SymbolEncoder(latin)
    ids = encoder.encode(text)
    texts = iter(encoder.texts(ids[ids > 0]))
    return [next(texts) if i else "" for i in ids.tolist()]
