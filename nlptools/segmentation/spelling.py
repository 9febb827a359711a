"""Words -> the symbols they consist of, and each word as ids of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.base.packing import joined
from nlptools.segmentation.cells import joined_to_last
from nlptools.segmentation.kinds import HAN, WORD, kinds_of
from nlptools.segmentation.measures import counted
from nlptools.text import chars
from nlptools.text.lookup import Lookup
from nlptools.wordmodel.model import WordNotes

# Of the rules by which notes_of goes: raise it when they change (test_spelling.py notices), and let
# `bin/general-model --notes` write the models of the package anew. What a file notes by other rules is not used.
RULES = 1


def notes_of(words: Sequence[str]) -> WordNotes:
    """What the rules for cells and for numbers say of the words of a model: it takes longer than to open the model."""
    text, lengths = joined(words)
    places = np.flatnonzero(_glued(chars.code_points(text), lengths))
    return WordNotes(RULES, places, np.flatnonzero(counted(words)))


def notes_for(notes: WordNotes | None, words: Sequence[str]) -> WordNotes:
    """The notes of a model if they are by these rules, else those that are made of its words."""
    return notes if notes is not None and notes.rules == RULES else notes_of(words)


def spell(
    words: Sequence[str], longest: int, lookup: Lookup, glued: np.ndarray | None = None
) -> tuple[list[str], np.ndarray]:
    """(symbols, ids of each word, from 1, uint16 or, if need be, int32, padded with 0; all 0 for what can be no word).

    longest: symbols that a word may have. lookup: by what words are looked up; of words that are folded alike all ids
    are the same. glued: as in WordNotes, None: it is found here.
    """
    text, lengths = joined(words)
    codes = chars.code_points(text)
    first = np.ones(len(codes), bool)
    first[_glued(codes, lengths) if glued is None else glued] = False
    edges = np.zeros(len(words) + 1, np.int64)
    np.cumsum(lengths, out=edges[1:])
    starts = np.flatnonzero(first)
    # Cells before each edge of a word.
    before = edges if len(starts) == len(codes) else _before(first)[edges]
    number = np.diff(before)
    bad = (number > longest) | (number == 0)
    kinds = kinds_of(codes)
    strange = np.flatnonzero((kinds != HAN) & (kinds != WORD) & first)
    bad[np.searchsorted(edges, strange, side="right") - 1] = True
    kept = np.repeat(~bad, number) if bad.any() else None
    symbols, ids = _numbered(lookup.codes(codes), starts, kept)
    number[bad] = 0
    width = max(2, int(number.max(initial=0)))
    # Column by column: who reads them takes one place of all words at a time.
    spelled = np.zeros((width, len(words)), np.uint16 if len(symbols) < 1 << 16 else np.int32)
    ids = ids.astype(spelled.dtype)
    rows = np.flatnonzero(number)
    at = before[rows]
    for column in spelled:
        column[rows] = ids[at]
        number -= 1
        more = number[rows] > 0
        rows, at = rows[more], at[more] + 1
    return symbols, spelled.T


def _glued(codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether each code point belongs to the cell of the one before it in its word; bool."""
    # A line each, so that none goes on with the next: "3." and "5" are not 3.5, 十点 and 三 no numeral.
    place = np.arange(len(codes)) + np.repeat(np.arange(len(lengths)), lengths)
    lines = np.full(len(codes) + len(lengths), 0x0A, codes.dtype)
    lines[place] = codes
    return joined_to_last(lines, kinds_of(lines))[place]


def _before(first: np.ndarray) -> np.ndarray:
    """How many cells begin before each code point, and at the end."""
    before = np.zeros(len(first) + 1, np.int32)
    np.cumsum(first, out=before[1:])
    return before


def _numbered(
    codes: np.ndarray, starts: np.ndarray, kept: np.ndarray | None
) -> tuple[list[str], np.ndarray]:
    """(symbols, the id of each cell): characters by code point, then runs. kept: of which cells; None: all."""
    values = codes[starts]
    runs = np.diff(starts, append=len(codes)) > 1
    some = runs.any()
    usual = values[~runs] if some else values
    if kept is not None:
        usual = values[kept & ~runs]
    table = np.zeros(max(int(values.max(initial=0)), 1) + 1, np.int32)
    table[usual] = 1
    distinct = np.flatnonzero(table)
    table[distinct] = np.arange(1, len(distinct) + 1)
    ids = np.take(table, values)
    symbols = dict(zip(map(chr, distinct.tolist()), range(1, len(distinct) + 1), strict=True))
    if some:
        # Never as UTF-16: two lone surrogates would become one character.
        text = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
        which = np.flatnonzero(runs if kept is None else runs & kept)
        stops = np.append(starts, len(codes))[which + 1]
        places = zip(starts[which].tolist(), stops.tolist(), strict=True)
        cells = [text[start:stop] for start, stop in places]
        ids[which] = [symbols.setdefault(cell, len(symbols) + 1) for cell in cells]
    return list(symbols), ids
