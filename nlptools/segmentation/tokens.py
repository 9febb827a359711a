"""Text -> tokens: the rule for everything that is not Han, and the frame that any method of cutting Han text fills in.

A run of letters and digits is a token (3.14 and 50% too), a repeated mark is one (—— ……), any other
character is one. Between two Han characters, and beside letters and digits where a word list has words
with both, the method decides.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.text import chars
from nlptools.text.lookup import lookup_for

OTHER, SPACE, HAN, WORD, POINT, PERCENT, MARK = range(7)
POINTS = ".．"
PERCENTS = "%％‰"
# Variation selectors, combining marks and the joiner of emoji belong to what stands before them, if that is
# not white space; and an emoji after the joiner belongs to the one before it.
MARK_RANGES = ((0x300, 0x36F), (0x20D0, 0x20FF), (0xFE00, 0xFE0F), (0x200D, 0x200D))
JOINER = 0x200D


def _kinds() -> np.ndarray:
    kinds = np.full(0x10000, OTHER, np.uint8)
    kinds[chars.CLASS_TABLE == chars.HAN] = HAN
    kinds[(chars.CLASS_TABLE == chars.LETTER) | (chars.CLASS_TABLE == chars.DIGIT)] = WORD
    for signs, kind in ((POINTS, POINT), (PERCENTS, PERCENT), (chars.SPACES, SPACE)):
        kinds[[ord(sign) for sign in signs]] = kind
    for first, last in MARK_RANGES:
        kinds[first : last + 1] = MARK
    return kinds


KINDS = _kinds()


class Cutter:
    """What every segmenter shares: symbols, the rule for tokens, lists of tokens.

    A method is a subclass that has `cut`.
    """

    def __init__(self, symbols: Iterable[str], fold: Sequence[str] | None = None) -> None:
        """symbols: those the method knows; symbol i of them gets the id i + 1.

        fold: by what text is looked up, as in lookup_for; it is given out as it stands. Of symbols that are folded
        alike that one is found which is as it is folded, else the first.
        """
        self.symbols = {symbol: number for number, symbol in enumerate(symbols, 1)}
        self.lookup = lookup_for(self.symbols, fold)
        # 0 is a break, the last id any other Han character.
        self.size = len(self.symbols) + 2
        self.has_runs = any(not chars.is_han(symbol[0]) for symbol in self.symbols)
        self._lookup = np.zeros(0x10000, np.uint16 if self.size <= 1 << 16 else np.uint32)
        self._lookup[KINDS == HAN] = self.size - 1
        self._folded: dict[str, int] = {}  # symbol as it is looked up -> id
        for folded, number in zip(
            self.lookup.texts(list(self.symbols)), self.symbols.values(), strict=True
        ):
            self._folded.setdefault(folded, number)
        for symbol in self._folded.keys() & self.symbols.keys():
            self._folded[symbol] = self.symbols[symbol]
        for symbol, number in self._folded.items():
            if len(symbol) == 1 and ord(symbol) < 0x10000 and chars.is_han(symbol):
                self._lookup[ord(symbol)] = number
        self._lookup = self._lookup[self.lookup.table]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.symbols):,} symbols)"

    @property
    def fold(self) -> tuple[str, ...]:
        """By what text is looked up: of FOLDS."""
        return self.lookup.names

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        raise NotImplementedError

    def segment(self, text: str) -> list[str]:
        """The tokens of a text, white space among them: joined they give back the text."""
        places = (np.flatnonzero(self.ends(chars.code_points(text))) + 1).tolist()
        return [text[a:b] for a, b in itertools.pairwise([0, *places])]

    def ends(self, codes: np.ndarray) -> np.ndarray:
        """Whether a token ends after each code point (chars.code_points); bool."""
        if not len(codes):
            return np.zeros(0, bool)
        kinds = kinds_of(codes)
        joined = joined_to_last(codes, kinds)
        ends = np.empty(len(codes), bool)
        np.logical_not(joined[1:], out=ends[:-1])
        ends[-1] = True
        ids = self._ids(codes, kinds)
        if self.has_runs or np.any(kinds == MARK):
            # One cell for each token-to-be, which ends where the next begins: no word ends before a mark.
            at = np.flatnonzero(~joined)
            if self.has_runs:
                self._name_runs(codes, kinds, ids, at)
            ends[np.append(at[1:], len(codes)) - 1] = self.cut(ids[at])
        else:
            ends &= self.cut(ids)
        return ends

    def _ids(self, codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        if codes.dtype == np.uint16:
            return np.take(self._lookup, codes)
        ids = np.take(self._lookup, np.minimum(codes, 0xFFFF))
        wide = np.flatnonzero((codes > 0xFFFF) & (kinds == HAN))
        ids[wide] = [self._folded.get(chr(c), self.size - 1) for c in codes[wide].tolist()]
        return ids

    def _name_runs(
        self, codes: np.ndarray, kinds: np.ndarray, ids: np.ndarray, at: np.ndarray
    ) -> None:
        """Ids of the runs of letters and digits that the method knows, at their first places."""
        here = np.flatnonzero(kinds[at] == WORD)
        ends = np.append(at, len(codes))[here + 1]
        looked = self.lookup.codes(codes)
        for a, b in zip(at[here].tolist(), ends.tolist(), strict=True):
            ids[a] = self._folded.get("".join(map(chr, looked[a:b].tolist())), 0)


def kinds_of(codes: np.ndarray) -> np.ndarray:
    """What each code point is to the rule for tokens, uint8."""
    if codes.dtype == np.uint16:
        return np.take(KINDS, codes)
    kinds = np.take(KINDS, np.minimum(codes, 0xFFFF))
    kinds[codes > 0xFFFF] = OTHER
    kinds[(codes >= chars.HAN_SUPPLEMENTARY[0]) & (codes <= chars.HAN_SUPPLEMENTARY[1])] = HAN
    kinds[((codes >= 0x1F3FB) & (codes <= 0x1F3FF)) | ((codes >= 0xE0100) & (codes <= 0xE01EF))] = (
        MARK
    )
    return kinds


def joined_to_last(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Whether each code point belongs to the token of the one before it; bool. Never between Han characters."""
    joined = np.zeros(len(codes), bool)
    same = joined[1:]
    np.equal(codes[1:], codes[:-1], out=same)
    same &= kinds[1:] != HAN
    word = kinds == WORD
    same |= word[1:] & word[:-1]
    same |= word[:-1] & (kinds[1:] == PERCENT)
    same |= (kinds[1:] == MARK) & (kinds[:-1] != SPACE)
    point = np.flatnonzero((kinds[1:-1] == POINT) & word[:-2] & word[2:]) + 1
    joined[point] = joined[point + 1] = True
    after = np.flatnonzero(codes[1:-1] == JOINER) + 2
    before = kinds[after - 2]
    joined[after[((before == OTHER) | (before == MARK)) & (kinds[after] == OTHER)]] = True
    return joined
