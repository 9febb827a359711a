"""Text -> tokens: the frame that any method of cutting Han text fills in, over the cells of cells.py.

Between two Han characters, and beside letters, digits and numerals where a word list has words with both, the
method decides; everything else is cut by the rule of cells.py.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.native import kernel
from nlptools.native.texts import lay_cells, spread_ends
from nlptools.segmentation.batch import cut_batch
from nlptools.segmentation.cells import joined_to_last
from nlptools.segmentation.kinds import HAN, KINDS, MARK, WORD, kinds_of
from nlptools.segmentation.measures import measured
from nlptools.segmentation.runnames import RunNames
from nlptools.segmentation.search import Token, tokens_of
from nlptools.segmentation.spans import Spans
from nlptools.text import chars
from nlptools.text.lookup import lookup_for


class Cutter:
    """What every segmenter shares: symbols, the rule for tokens, lists of tokens.

    A method is a subclass that has `cut`. numerals: whether measure words go with their numbers (measures.py). spans:
    words that are laid over the text, whatever the method. user_words: those of users. unused: words that were given
    and cannot be found in any text, being too long.
    """

    numerals: str = "auto"
    spans: Spans | None = None
    user_words: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def __init__(self, symbols: Iterable[str], fold: Sequence[str] | None = None) -> None:
        """symbols: those the method knows; symbol i of them gets the id i + 1.

        fold: by what text is looked up, as in lookup_for; it is given out as it stands. Of symbols that are folded
        alike that one is found which is as it is folded, else the first.
        """
        self.symbols = {symbol: number for number, symbol in enumerate(symbols, 1)}
        self.lookup = lookup_for(self.symbols, fold)
        # 0 is a break, the last id any other Han character.
        self.size = len(self.symbols) + 2
        names = list(self.symbols)
        folded = self.lookup.texts(names)
        self._folded = self.symbols  # symbol as it is looked up -> id
        self._names: RunNames | None = None  # of those that are no Han character, when asked for
        if folded != names:
            # Backwards, so that of equal ones the first stays.
            self._folded = dict(zip(reversed(folded), reversed(self.symbols.values()), strict=True))
            for symbol in self._folded.keys() & self.symbols.keys():
                self._folded[symbol] = self.symbols[symbol]
        singles = [symbol for symbol in self._folded if len(symbol) == 1]
        codes = chars.code_points("".join(singles))
        numbers = np.fromiter(map(self._folded.__getitem__, singles), np.uint32, len(singles))
        han = chars.classes(codes) == chars.HAN
        self.has_runs = len(singles) < len(self._folded) or not bool(han.all())
        # By code point; those beyond the first 65,536 are found one at a time (`_ids`, `_name_runs`).
        han &= codes <= 0xFFFF
        table = np.zeros(0x10000, np.uint16 if self.size <= 1 << 16 else np.uint32)
        table[KINDS == HAN] = self.size - 1
        table[codes[han]] = numbers[han]
        self._lookup = table[self.lookup.table]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.symbols):,} symbols)"

    def with_words(self, words: Iterable[str] | Mapping[str, float | None]) -> Self:
        """Another segmenter, with words of one's own: tokens wherever they stand in a text.

        Of those that overlap the one that begins first holds, of those that begin together the longest.
        Raises as words_of.
        """
        made = copy.copy(self)
        made.user_words = tuple(dict.fromkeys([*self.user_words, *words_of(words)]))
        made.spans = Spans(made.user_words, made.lookup)
        made.unused = made.spans.unused
        return made

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

    def segment_batch(self, texts: Sequence[str]) -> list[list[str]]:
        """The tokens of each text, as `segment` gives them, by one pass over all: for thousands of short texts.

        Raises TypeError for one str.
        """
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of str, not one str")
        return cut_batch(self.ends, texts)

    def tokens(self, text: str, *, mode: str = "default") -> list[Token]:
        """The words of a text with their places in it, in characters; white space is left out.

        mode "search": before each word those of the word list inside it, short ones first.
        Raises ValueError for another mode, and for "search" where the method has no word list.
        """
        return tokens_of(self, text, mode)

    def search(self, text: str) -> list[str]:
        """The words of a text as a search engine indexes them: before each word those of the list inside it.

        White space is left out. Raises ValueError where the method has no word list.
        """
        return [token.word for token in tokens_of(self, text, "search")]

    @property
    def trie(self) -> Trie | None:
        """The words of the list, spelled by the ids of `cells`; None for a method without a list."""
        return None

    def cells(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(where each cell begins, its id): what the rule for tokens keeps together."""
        kinds = kinds_of(codes)
        return self._cells(codes, kinds, joined_to_last(codes, kinds), self._ids(codes, kinds))

    def _cells(
        self, codes: np.ndarray, kinds: np.ndarray, joined: np.ndarray, ids: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `cells`. ids: of every code point by itself."""
        if kernel.usable():
            at, named, which = lay_cells(joined, kinds, ids, HAN, WORD, MARK)
        else:
            at = np.flatnonzero(~joined)
            rows = self._rows(kinds, at)
            named = ids[at]
            named[rows] = 0
            which = np.concatenate([np.flatnonzero(kinds[at] == WORD), rows])
        if self.has_runs:
            named[which] = self._named(codes, at, which)
        return at, named

    def ends(self, codes: np.ndarray) -> np.ndarray:
        """Whether a token ends after each code point (chars.code_points); bool."""
        if not len(codes):
            return np.zeros(0, bool)
        kinds = kinds_of(codes)
        joined = joined_to_last(codes, kinds)
        whole = self._lay_spans(codes, kinds, joined)
        ends = np.empty(len(codes), bool)
        np.logical_not(joined[1:], out=ends[:-1])
        ends[-1] = True
        ids = self._ids(codes, kinds)
        # Marks on Han characters; those on others are inside of cells that are breaks.
        marks = bool(np.any((kinds[1:] == MARK) & (kinds[:-1] == HAN)))
        if not (self.has_runs or marks or len(whole)):
            # A numeral is as many breaks as it has characters.
            inside = np.flatnonzero(joined)
            inside = inside[(kinds[inside] == HAN) | (kinds[inside - 1] == HAN)]
            ids[inside] = ids[inside - 1] = 0
            ends &= self.cut(ids)
            return measured(codes, ends, self.numerals)
        # One id for each cell, which ends where the next begins: no word ends inside of one.
        at, named = self._cells(codes, kinds, joined, ids)
        named[np.searchsorted(at, whole)] = 0  # a break: no word goes on there
        cut = self.cut(named)
        if kernel.usable():
            ends = spread_ends(at, cut, len(codes))
        else:
            ends[np.append(at[1:], len(codes)) - 1] = cut
        return measured(codes, ends, self.numerals)

    @staticmethod
    def _rows(kinds: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Which cells begin with a Han character and have more than that and its marks: numerals."""
        if np.any((kinds[1:] == MARK) & (kinds[:-1] == HAN)):
            sizes = np.add.reduceat(kinds != MARK, at, dtype=np.int64)
        else:
            sizes = np.diff(at, append=len(kinds))
        return np.flatnonzero((sizes > 1) & (kinds[at] == HAN))

    def id_of(self, cell: str) -> int:
        """The id that one cell has in any text: 0 for a break. What `ends` finds for arrays."""
        if not chars.is_han(cell[0]):
            return self._folded.get(self.lookup.text(cell), 0)
        if len(cell) == 1 or np.all(kinds_of(chars.code_points(cell[1:])) == MARK):
            return self._folded.get(self.lookup.text(cell[0]), self.size - 1)
        return self._folded.get(self.lookup.text(cell), 0)

    def _lay_spans(self, codes: np.ndarray, kinds: np.ndarray, joined: np.ndarray) -> np.ndarray:
        """Where the words begin that are laid over the text; joined: becomes what it is with them."""
        if self.spans is None:
            return np.empty(0, np.int64)
        return self.spans.lay(
            self.lookup.codes(codes), joined, joined & ~repeated_signs(codes, kinds)
        )

    def _ids(self, codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        if codes.dtype == np.uint16:
            return np.take(self._lookup, codes)
        ids = np.take(self._lookup, np.minimum(codes, 0xFFFF))
        wide = np.flatnonzero((codes > 0xFFFF) & (kinds == HAN))
        ids[wide] = [self._folded.get(chr(c), self.size - 1) for c in codes[wide].tolist()]
        return ids

    def __getstate__(self) -> dict[str, Any]:
        """The same before and after work: Spark knows by it whether a run goes on. Nothing that is made when asked for."""
        return {**self.__dict__, "_names": None}

    def _named(self, codes: np.ndarray, at: np.ndarray, which: np.ndarray) -> np.ndarray:
        """Ids of the cells (by their numbers) that the method knows, 0 for the others; uint32."""
        ends = np.append(at, len(codes))[which + 1]
        looked = self.lookup.codes(codes)
        if self._names is None:
            self._names = RunNames(
                {n: i for n, i in self._folded.items() if n[1:] or not chars.is_han(n)}
            )
        return self._names.find(looked, at[which], ends)


def repeated_signs(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Whether each code point is the sign before it once more, and no letter, digit or mark; bool."""
    repeated = np.zeros(len(codes), bool)
    np.equal(codes[1:], codes[:-1], out=repeated[1:])
    repeated &= (kinds != WORD) & (kinds != MARK)
    return repeated


def words_of(words: Iterable[str] | Mapping[str, float | None]) -> list[str]:
    """Words of users as they can stand in a text: without white space around them, each once.

    Counts beside them do not matter; but a word with the count 0 is left out, as from any list of words.
    Raises TypeError for one str, ValueError for a word of white space.
    """
    if isinstance(words, str):
        raise TypeError("words must be an iterable of str, not one str")
    if isinstance(words, Mapping):
        words = [word for word, count in words.items() if count != 0]
    found = dict.fromkeys(word.strip() for word in words)
    if "" in found:
        raise ValueError("a word is empty")
    return list(found)
