"""Words -> the symbols they consist of, and each word as ids of symbols."""

from __future__ import annotations

import itertools
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
    if glued is None:
        glued = np.flatnonzero(_glued(codes, lengths))
    of_words = np.searchsorted(np.cumsum(lengths), glued, side="right")
    # Cells of each word, and before it.
    number = lengths - np.bincount(of_words, minlength=len(lengths))
    before = np.cumsum(number) - number
    first = np.ones(len(codes), bool)
    first[glued] = False
    # The first character of each cell, of the type by which NumPy looks up: it would convert them each time.
    values = (codes[first] if len(glued) else codes).astype(np.intp)
    runs, cells = _runs(text, glued)
    bad = (number > longest) | (number == 0)
    strange = _strange(values)
    bad[np.searchsorted(before, strange, side="right") - 1] = True
    kept = np.repeat(~bad, number) if bad.any() else None
    symbols, ids = _numbered(values, runs, cells, kept, lookup)
    number[bad] = 0
    return symbols, _columns(ids, before, number).T


def _columns(ids: np.ndarray, before: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Ids of all words in a row -> the first of each word, the second, ...: one place of all words is taken at a time."""
    columns = np.zeros((max(2, int(number.max(initial=0))), len(number)), ids.dtype)
    rows = np.flatnonzero(number)
    at, left = before[rows], number[rows].astype(np.int32)
    for place, column in enumerate(columns, 1):
        column[rows] = np.take(ids, at)
        more = left > place
        rows, at, left = rows[more], at[more], left[more]
        at += 1
    return columns


def _glued(codes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Whether each code point belongs to the cell of the one before it in its word; bool."""
    # A line each, so that none goes on with the next: "3." and "5" are not 3.5, 十点 and 三 no numeral.
    place = np.arange(len(codes)) + np.repeat(np.arange(len(lengths)), lengths)
    lines = np.full(len(codes) + len(lengths), 0x0A, codes.dtype)
    lines[place] = codes
    glued = joined_to_last(lines, kinds_of(lines))[place]
    # Not the line feed with which a word may begin to the one before it.
    glued[(np.cumsum(lengths) - lengths)[lengths > 0]] = False
    return glued


def _runs(text: str, glued: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """(numbers of the cells that have several characters, these cells)."""
    numbers = glued - np.arange(1, len(glued) + 1)
    begins = np.flatnonzero(np.diff(numbers, prepend=-1))
    ends = np.append(begins[1:], len(glued)) - 1 if len(begins) else begins
    places = zip((glued[begins] - 1).tolist(), (glued[ends] + 1).tolist(), strict=True)
    return numbers[begins], [text[start:stop] for start, stop in places]


def _strange(values: np.ndarray) -> np.ndarray:
    """Which cells begin with neither a Han character nor a letter or digit; numbers of cells."""
    distinct = _distinct(values)
    kinds = kinds_of(distinct.astype(np.uint32))
    strange = distinct[(kinds != HAN) & (kinds != WORD)]
    return np.flatnonzero(np.isin(values, strange)) if len(strange) else np.empty(0, np.int64)


def _distinct(codes: np.ndarray) -> np.ndarray:
    """The code points that there are, ascending, intp: in a tenth of the time of np.unique."""
    there = np.zeros(int(codes.max(initial=0)) + 1, bool)
    there[codes] = True
    return np.flatnonzero(there)


def _numbered(
    values: np.ndarray, runs: np.ndarray, cells: list[str], kept: np.ndarray | None, lookup: Lookup
) -> tuple[list[str], np.ndarray]:
    """(symbols, the id of each cell): characters by code point, then runs, as they are looked up.

    values: first character of each cell. runs, cells: as _runs has them. kept: of which cells; None: all.
    """
    usual = np.ones(len(values), bool) if kept is None else kept.copy()
    usual[runs] = False
    distinct = _distinct(values if usual.all() else values[usual])
    folded = lookup.codes(distinct.astype(np.uint32))
    characters = _distinct(folded)
    symbols = dict(zip(map(chr, characters.tolist()), range(1, len(characters) + 1), strict=True))
    if kept is not None:
        some = kept[runs]
        runs, cells = runs[some], list(itertools.compress(cells, some.tolist()))
    of_runs = [symbols.setdefault(run, len(symbols) + 1) for run in lookup.texts(cells)]
    type_of_ids = np.uint16 if len(symbols) < 1 << 16 else np.int32
    table = np.zeros(int(values.max(initial=0)) + 1, type_of_ids)
    table[distinct] = np.searchsorted(characters, folded) + 1
    ids = np.take(table, values)
    ids[runs] = of_runs
    return list(symbols), ids
