"""Words -> the symbols they consist of, and each word as ids of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.base.packing import joined
from nlptools.segmentation.cells import joined_to_last
from nlptools.segmentation.kinds import HAN, WORD, kinds_of
from nlptools.text import chars
from nlptools.text.lookup import Lookup


def spell(words: Sequence[str], longest: int, lookup: Lookup) -> tuple[list[str], np.ndarray]:
    """(symbols, ids of each word, from 1, uint16 or, if need be, int32, padded with 0; all 0 for what can be no word).

    longest: symbols that a word may have. lookup: by what words are looked up; of words that are folded alike all ids
    are the same.
    """
    text, lengths = joined(words)
    codes = chars.code_points(text)
    kinds = kinds_of(codes)
    glued = _glued(codes, lengths)
    codes = lookup.codes(codes)
    edges = np.zeros(len(words) + 1, np.int64)
    np.cumsum(lengths, out=edges[1:])
    starts = np.flatnonzero(~glued)
    # Cells before each edge of a word.
    before = edges if len(starts) == len(codes) else _before(glued)[edges]
    number = np.diff(before)
    bad = (number > longest) | (number == 0)
    strange = np.flatnonzero((kinds != HAN) & (kinds != WORD) & ~glued)
    bad[np.searchsorted(edges, strange, side="right") - 1] = True
    symbols, ids = _numbered(codes, glued, starts, np.repeat(~bad, number) if bad.any() else None)
    number[bad] = 0
    width = max(2, int(number.max(initial=0)))
    # Column by column: who reads them takes one place of all words at a time.
    spelled = np.zeros((width, len(words)), np.uint16 if len(symbols) < 1 << 16 else np.int32)
    rows = np.arange(len(words))
    for place, column in enumerate(spelled):
        rows = rows[number[rows] > place]
        column[rows] = ids[before[rows] + place]
    return symbols, spelled.T


def _glued(codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether each code point belongs to the cell of the one before it in its word; bool."""
    # A line each, so that none goes on with the next: "3." and "5" are not 3.5, 十点 and 三 no numeral.
    place = np.arange(len(codes)) + np.repeat(np.arange(len(lengths)), lengths)
    lines = np.full(len(codes) + len(lengths), 0x0A, codes.dtype)
    lines[place] = codes
    return joined_to_last(lines, kinds_of(lines))[place]


def _before(joined: np.ndarray) -> np.ndarray:
    """How many cells begin before each code point, and at the end."""
    before = np.zeros(len(joined) + 1, np.int32)
    np.cumsum(~joined, out=before[1:])
    return before


def _numbered(
    codes: np.ndarray, joined: np.ndarray, starts: np.ndarray, kept: np.ndarray | None
) -> tuple[list[str], np.ndarray]:
    """(symbols, the id of each cell): characters by code point, then runs. kept: of which cells; None: all."""
    values = codes[starts]
    runs = np.append(joined[1:], False)[starts]
    usual = values[~runs] if kept is None else values[kept & ~runs]
    table = np.zeros(max(int(values.max(initial=0)), 1) + 1, np.int32)
    table[usual] = 1
    distinct = np.flatnonzero(table)
    table[distinct] = np.arange(1, len(distinct) + 1)
    ids = np.take(table, values)
    symbols = dict(zip(map(chr, distinct.tolist()), range(1, len(distinct) + 1), strict=True))
    for i in np.flatnonzero(runs if kept is None else runs & kept).tolist():
        stop = starts[i + 1] if i + 1 < len(starts) else len(codes)
        text = chars.text_of(codes[starts[i] : stop])
        ids[i] = symbols.setdefault(text, len(symbols) + 1)
    return list(symbols), ids
