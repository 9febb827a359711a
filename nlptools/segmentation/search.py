"""Text + a segmenter with a word list -> its words, and the words of the list inside them, as search engines index them.

Who looks for 大学 finds 清华大学 too, if both are in the index. Inside of a word are those of the list that have two
symbols or more and begin and end inside it; a run of letters or digits is one symbol.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.text import chars

NO_LIST = (
    "mode search needs a segmenter with a word list: a model of nlptools train, or a list of words"
)


class Listed(Protocol):
    """What is asked of a segmenter; see Cutter."""

    @property
    def trie(self) -> Trie | None:
        """The words of its list, of the ids of cells; None: it has no list."""

    def cells(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(where each cell begins, its id)."""

    def ends(self, codes: np.ndarray) -> np.ndarray:
        """Whether a token ends after each code point."""


class Token(NamedTuple):
    """A word and where it stands in the text, in characters: text[start:stop]."""

    word: str
    start: int
    stop: int


class TokenSpans(NamedTuple):
    """Words by their places, aligned: where they start and stop, int64, and whether they stand inside another, bool."""

    starts: np.ndarray
    stops: np.ndarray
    inner: np.ndarray


def check_mode(mode: str, cutter: Listed) -> None:
    """ValueError for a mode that is none, or that the segmenter has not."""
    if mode not in SPANS:
        raise ValueError(f"mode must be one of {', '.join(SPANS)}, not {mode!r}")
    if mode == "search" and cutter.trie is None:
        raise ValueError(NO_LIST)


def tokens_of(cutter: Listed, text: str, mode: str) -> list[Token]:
    """The words of a text with their places, without white space, in the order of `search_spans`.

    Raises ValueError as check_mode.
    """
    check_mode(mode, cutter)
    starts, stops, _ = SPANS[mode](cutter, chars.code_points(text))
    spans = zip(starts.tolist(), stops.tolist(), strict=True)
    return [Token(text[a:b], a, b) for a, b in spans if not text[a:b].isspace()]


def word_spans(cutter: Listed, codes: np.ndarray) -> TokenSpans:
    """The tokens of a text (chars.code_points), one after another, white space among them."""
    stops = np.flatnonzero(cutter.ends(codes)) + 1
    starts = np.append(0, stops[:-1])[: len(stops)]
    return TokenSpans(starts, stops, np.zeros(len(stops), bool))


def search_spans(cutter: Listed, codes: np.ndarray) -> TokenSpans:
    """As word_spans, and before each word the words of the list inside it: short ones first, then from the left.

    The order is that of jieba's cut_for_search, which has inner words of two and three characters.
    """
    words = word_spans(cutter, codes)
    starts, stops, owner = _inner(cutter, codes, words)
    return TokenSpans(
        np.insert(words.starts, owner, starts),
        np.insert(words.stops, owner, stops),
        np.insert(words.inner, owner, np.ones(len(owner), bool)),
    )


SPANS = {"default": word_spans, "search": search_spans}


def _inner(
    cutter: Listed, codes: np.ndarray, words: TokenSpans
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(starts, stops, the number of the word around it) of inner words, in the order in which they are given."""
    assert cutter.trie is not None
    at, ids = cutter.cells(codes)
    ends = np.append(at[1:], len(codes))
    # Cells of each word: those from `first` up to `last` lie wholly in it.
    first = np.searchsorted(at, words.starts)
    last = np.searchsorted(ends, words.stops, side="right")
    size = last - first
    two = np.flatnonzero(
        size == 2
    )  # with no other word in it, unless a user's word begins or ends inside of a cell
    more = (ends[last[two] - 1] < words.stops[two]) | (at[first[two]] > words.starts[two])
    size[two[~more]] = 0
    long = np.flatnonzero(size > 1)
    sizes = size[long]
    # Their cells one after another, a break between two words: no word of the list goes across it.
    number = np.repeat(np.arange(len(long)), sizes)
    place = np.arange(len(number)) + number
    cells = np.arange(len(number)) + np.repeat(first[long] - (np.cumsum(sizes) - sizes), sizes)
    line = np.zeros(len(number) + len(long) + 1, ids.dtype)
    line[place] = ids[cells]
    cell_of = np.zeros(len(line), np.int64)
    cell_of[place] = cells
    word_of = np.zeros(len(line), np.int64)
    word_of[place] = long[number]
    found = []
    for length, stop in enumerate(cutter.trie.word_ends(line), 2):
        span = at[cell_of[stop - length + 1]], ends[cell_of[stop]], word_of[stop]
        whole = (span[0] == words.starts[span[2]]) & (span[1] == words.stops[span[2]])
        found.append([column[~whole] for column in (*span, np.full(len(stop), length))])
    if not found:
        none = np.zeros(0, np.int64)
        return none, none, none
    starts, stops, owner, lengths = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((starts, lengths, owner))
    return starts[order], stops[order], owner[order]


def woven(
    codes: np.ndarray, spans: TokenSpans, followed: np.ndarray, separator: np.ndarray
) -> np.ndarray:
    """The code points of all words, one after another, and a separator after those that are `followed` by one."""
    sizes = spans.stops - spans.starts
    lengths = sizes + followed * len(separator)
    begins = np.cumsum(lengths) - lengths
    before = np.cumsum(sizes) - sizes
    inside = np.arange(int(sizes.sum()))
    out = np.empty(int(lengths.sum()), max(codes.dtype, separator.dtype))
    out[inside + np.repeat(begins - before, sizes)] = codes[
        inside + np.repeat(spans.starts - before, sizes)
    ]
    after = (begins + sizes)[followed]
    for j, unit in enumerate(separator.tolist()):
        out[after + j] = unit
    return out
