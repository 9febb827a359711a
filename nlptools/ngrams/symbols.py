"""Block text -> array of symbol ids, 0 at every break.

A *symbol* is the unit that is counted: one Han character, or one whole run of letters of other
scripts and digits (`latin="run"`), so that 5G网络 is three symbols and no list is littered with `ernete`.
With `sentences="line"`, for language models, every other visible character is a symbol too.

While a corpus is read, ids are provisional: a BMP Han character has a fixed id (its rank among
those, in code point order), and so have most other characters that are symbols by themselves; every other
symbol has the next free one. What remains in the end is an Alphabet (alphabet.py): the symbols that occur, in a
canonical order, numbered from 1.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlptools.ngrams.alphabet import sort_key
from nlptools.text import chars

LATIN_MODES = ("run", "char", "break")
# none: no sentences. clause: a sentence ends at every break. line: it ends with its line, and marks are symbols.
SENTENCE_MODES = ("none", "clause", "line")
START, END = "<s>", "</s>"  # where a sentence begins and ends; no text has such a symbol

_HAN_BMP = np.flatnonzero(chars.CLASS_TABLE == chars.HAN)
# Other symbols of one character with a fixed id lie here: signs, kana, full-width forms.
_FIXED_RANGES = ((0x21, 0x33FF), (0xFE10, 0xFFEF))
# While a block is scanned: a symbol still to be named (of a run, of one character), white space to leave out.
_MARK, _SINGLE, _DROP = 0xFFFF, 0xFFFE, 0xFFFD


@functools.cache
def _id_table(latin: str, signs: bool, lines: bool) -> tuple[np.ndarray, np.ndarray]:
    """(table, fixed): code point -> id, 0 or one of the values above; code points of fixed ids, Han first.

    lines: LF has an id, too, the last fixed one.
    """
    word = (chars.CLASS_TABLE == chars.LETTER) | (chars.CLASS_TABLE == chars.DIGIT)
    han = chars.CLASS_TABLE == chars.HAN
    alone = np.zeros(0x10000, bool)  # symbols by themselves, but Han
    if signs:
        alone = ~han & ~word
        alone[:0x21] = False
        alone[[ord(space) for space in chars.SPACES]] = False
        for first, last in chars.INVISIBLE_RANGES:
            alone[first : last + 1] = False
    if latin == "char":
        alone |= word
    fixed = np.zeros(0x10000, bool)
    for first, last in _FIXED_RANGES:
        fixed[first : last + 1] = alone[first : last + 1]
    table = np.zeros(0x10000, np.uint16)
    table[alone] = _SINGLE
    if latin == "run":
        table[word] = _MARK
    if signs:
        table[:0x21] = _DROP
        table[[ord(space) for space in chars.SPACES]] = _DROP
        for first, last in chars.INVISIBLE_RANGES:
            table[first : last + 1] = _DROP
        table[[ord(end) for end in chars.LINE_ENDS]] = 0
    lf = np.array([ord("\n")] if lines else [], np.int64)
    codes = np.concatenate([_HAN_BMP, np.flatnonzero(fixed), lf])
    table[codes] = np.arange(1, len(codes) + 1)
    return table, codes


_FIRST_WIDE = next(i for i, (first, _) in enumerate(chars.INVISIBLE_RANGES) if first > 0xFFFF)


@dataclass(frozen=True)
class Scanned:
    """A block whose unnamed symbols still wait for ids.

    ids: uint16, 0 at breaks, `_MARK` at unnamed symbols; names: their texts, in order. kept: which
    characters of the text begin what has an id or is a break, in that order; None: every one.
    """

    ids: np.ndarray
    names: list[str]
    kept: np.ndarray | None = None

    def numbered(self, table: np.ndarray, numbers: Mapping[str, int]) -> np.ndarray:
        """Other ids: table[id] of what has a fixed one, numbers[name] of the others, 0 where there is none.

        table: of 65,536 entries.
        """
        ids = np.take(table, self.ids)
        if self.names:
            found = (numbers.get(name, 0) for name in self.names)
            ids[self.ids == _MARK] = np.fromiter(found, table.dtype, len(self.names))
        return ids


@dataclass
class SymbolEncoder:
    """Texts -> provisional ids. `scan` may run in any thread; `name` must see blocks in order.

    lines: LF is no break, but the symbol `line`.
    """

    latin: str = "run"
    sentences: str = "none"
    lines: bool = False
    _table: np.ndarray = field(init=False, repr=False)
    _fixed: np.ndarray = field(init=False, repr=False)
    _numbers: defaultdict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.latin not in LATIN_MODES:
            raise ValueError(f"latin must be one of {', '.join(LATIN_MODES)}, not {self.latin!r}")
        if self.sentences not in SENTENCE_MODES:
            known = ", ".join(SENTENCE_MODES)
            raise ValueError(f"sentences must be one of {known}, not {self.sentences!r}")
        self._table, self._fixed = _id_table(self.latin, self.signs, self.lines)
        self.line = len(self._fixed) if self.lines else 0
        self._numbers = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        if self.sentences != "none":
            self.start, self.end = self.boundaries()

    def boundaries(self) -> tuple[int, int]:
        """The ids of <s> and </s>; given now if there were none."""
        return self.extra(START), self.extra(END)

    def extra(self, text: str) -> int:
        """The id of something that is no symbol of a text; given now if it had none."""
        number = self._numbers[text]
        return self._first_free + number

    def identify(self, symbol: str) -> int:
        """The id of a symbol of a text; given now if it had none."""
        return self._fixed_id(symbol) or self.extra(symbol)

    def named(self) -> list[str]:
        """The symbols without a fixed id, in the order of their ids: `extra` of each gives the same ids anywhere."""
        return list(self._numbers)

    def han(self) -> np.ndarray:
        """Which provisional ids are Han characters; bool, of length `len(self)`."""
        found = np.zeros(len(self), bool)
        found[1 : len(_HAN_BMP) + 1] = True
        free = self._first_free
        found[free:] = [len(name) == 1 and chars.is_han(name) for name in self._numbers]
        return found

    def matching(self, expression: re.Pattern[str]) -> np.ndarray:
        """Which provisional ids are symbols of several characters that an expression matches; bool, of length `len(self)`."""
        found = np.zeros(len(self), bool)
        found[self._first_free :] = [
            len(name) > 1 and expression.fullmatch(name) is not None for name in self._numbers
        ]
        return found

    @property
    def signs(self) -> bool:
        """Whether every visible character is a symbol."""
        return self.sentences == "line"

    @property
    def _first_free(self) -> int:
        return len(self._fixed) + 1

    def encode(self, text: str) -> np.ndarray:
        """Provisional ids of a text: uint16, or uint32 once there are too many symbols for that."""
        return self.name(self.scan(text))

    def scan(self, text: str) -> Scanned:
        """The part of `encode` that needs no shared state."""
        codes = chars.code_points(text)
        if codes.dtype == np.uint16:
            ids = np.take(self._table, codes)
        else:
            ids = np.take(self._table, np.minimum(codes, 0xFFFF))
            wide = np.flatnonzero(codes > 0xFFFF)
            kinds = chars.classes(codes[wide])
            ids[wide] = _SINGLE if self.signs else 0
            ids[wide[kinds == chars.HAN]] = _SINGLE
            word = wide[(kinds == chars.LETTER) | (kinds == chars.DIGIT)]
            ids[word] = {"run": _MARK, "char": _SINGLE, "break": 0}[self.latin]
            if self.signs:
                for first, last in chars.INVISIBLE_RANGES[_FIRST_WIDE:]:
                    ids[(codes >= first) & (codes <= last)] = _DROP
        single: np.ndarray | None = ids == _SINGLE
        if single is not None and not single.any():
            single = None
        if self.latin == "run":
            marked = ids == _MARK
            if marked.any():
                return _squeeze_runs(codes, ids, marked, single)
        names: list[str] = []
        if single is not None:
            ids[single] = _MARK
            names = list(chars.text_of(codes[single]))
        return Scanned(_without_spaces(ids) if self.signs else ids, names)

    def name(self, scanned: Scanned) -> np.ndarray:
        """Give the scanned block's unnamed symbols their ids."""
        if not scanned.names:
            return scanned.ids
        numbers = np.fromiter(
            map(self._numbers.__getitem__, scanned.names), np.uint32, len(scanned.names)
        )
        numbers += self._first_free
        ids = scanned.ids
        slots = np.flatnonzero(ids == _MARK)
        if len(self) > _DROP:
            ids = ids.astype(np.uint32)
        ids[slots] = numbers
        return ids

    def __len__(self) -> int:
        """One more than the largest provisional id given so far."""
        return self._first_free + len(self._numbers)

    def in_order(self, ids: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """(the ids, sorted as their symbols in an `Alphabet`; these symbols). ids: ascending, int64, without 0."""
        # Han characters with a fixed id are in order and come first; every other symbol has to be looked at.
        first = int(np.searchsorted(ids, len(_HAN_BMP), "right"))
        others = self.texts(ids[first:])
        order = sorted(range(len(others)), key=list(map(sort_key, others)).__getitem__)
        ids = np.concatenate([ids[:first], ids[first:][order]])
        return ids, self.texts(ids[:first]) + [others[i] for i in order]

    def restarted(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The same symbols with new ids, every id that was given before being forgotten."""
        free = self._first_free
        every = np.unique(np.concatenate(arrays))
        every = every[every >= free]
        names = self.texts(every)
        self._numbers.clear()
        if self.sentences != "none":
            self.boundaries()  # they stay what they were
        numbers = np.zeros(int(every[-1]) + 1 - free if len(every) else 0, np.uint32)
        numbers[every - free] = [self._numbers[name] for name in names]
        made = []
        for ids in arrays:
            ids = ids.astype(np.uint32)  # a copy
            named = ids >= free
            ids[named] = numbers[ids[named] - free] + free
            made.append(ids if len(self) > _DROP else ids.astype(np.uint16))
        return made

    def ids(self, symbols: Iterable[str]) -> np.ndarray:
        """Provisional ids of symbols, int64; 0 for one that was never given an id."""
        free = self._first_free
        found = [self._numbers.get(s, -free) + free or self._fixed_id(s) for s in symbols]
        return np.array(found, np.int64)

    def _fixed_id(self, symbol: str) -> int:
        code = ord(symbol) if len(symbol) == 1 else 0
        number = int(self._table[code]) if code < 0x10000 else 0
        return number if number < self._first_free else 0

    def texts(self, ids: np.ndarray) -> list[str]:
        """Texts of provisional ids."""
        names = list(self._numbers)
        free = self._first_free
        fixed = self._fixed
        return [chr(fixed[i - 1]) if i < free else names[i - free] for i in ids.tolist()]


def _without_spaces(ids: np.ndarray) -> np.ndarray:
    kept = ids != _DROP
    return ids if kept.all() else ids[kept]


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
        # A symbol of one character: a "run" of one.
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
    keep &= ids != _DROP
    # One 0 is enough between two symbols: texts full of code shrink by a third.
    keep[1:] &= ~((ids[1:] == 0) & (ids[:-1] == 0) & keep[:-1])
    return Scanned(ids[keep], names, keep)


def split_symbols(text: str, latin: str = "run", sentences: str = "none") -> list[str]:
    """The symbols of a word; a break in it gives an empty string in its place. latin, sentences: as in count.

    >>> split_symbols("5G网络"), split_symbols("网，络")
    (['5G', '网', '络'], ['网', '', '络'])
    """
    encoder = SymbolEncoder(latin, sentences)
    ids = encoder.encode(text)
    texts = iter(encoder.texts(ids[ids > 0]))
    return [next(texts) if i else "" for i in ids.tolist()]


def join_texts(texts: Sequence[str], columns: Iterable[np.ndarray]) -> list[str]:
    """Ids of symbols -> the texts that they spell. texts: of each id; columns: the first symbols, the second, ...

    >>> join_texts(["", "天", "地"], [np.array([1, 2]), np.array([2, 0])])
    ['天地', '地']
    """
    names = np.array(texts, object)
    first, *rest = (names[column] for column in columns)
    joined: list[str] = sum(rest, first).tolist()
    return joined


@dataclass(frozen=True)
class IdBlock:
    """Symbol ids of one block; joined: it goes on without a break from the block before.

    marks: of the block (marks.py), where somebody asked for them; inside: it goes on in the line of the block before.
    """

    ids: np.ndarray
    joined: bool = False
    marks: np.ndarray | None = None
    inside: bool = False
