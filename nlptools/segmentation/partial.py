"""Word model + characters -> the model without the words that no text of these characters has: it cuts such text as the whole does.

To number the symbols of 157,000 words and to lay them into a trie takes 50 ms, which for a few words is nearly all.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nlptools.base.packing import JoinedStrings, as_joined
from nlptools.segmentation.spelling import notes_for
from nlptools.text import chars
from nlptools.text.folding import FOLDS
from nlptools.text.lookup import lookup_for
from nlptools.wordmodel.model import WordModel, WordNotes


def part_for(model: WordModel, text: str) -> WordModel:
    """The words that can stand in the text, as they are looked up; and those that a segmenter takes its symbols from."""
    words = as_joined(model.words)
    notes = notes_for(model.notes, words)
    lookup = lookup_for((), FOLDS)
    codes = lookup.codes(chars.code_points(words.text))
    there, alone = np.zeros((2, 0x110000), bool)
    there[lookup.codes(chars.code_points(text))] = True
    starts = words.ends - words.lengths
    single = words.lengths == 1
    alone[codes[starts[single]]] = True
    # How many symbols there are, and which is the least likely, has to stay: all words of one character do, and those with
    # a character that is no word, or with cells of several characters, which are symbols of their own.
    kept = _all_of(there[codes], words) | single | ~_all_of(alone[codes], words)
    of_glued = np.searchsorted(words.ends, notes.glued, side="right")
    kept[of_glued] = True
    rows = np.flatnonzero(kept)
    lengths = words.lengths[rows].astype(np.int64)
    inside = np.repeat(kept, words.lengths)
    moved = np.cumsum(inside) - 1
    counted = np.searchsorted(rows, notes.counted[kept[notes.counted]])
    return replace(
        model,
        words=JoinedStrings(chars.text_of(chars.code_points(words.text)[inside]), lengths),
        counts=model.counts[rows],
        expected=model.expected[rows],
        weights=model.weights[rows],
        known=None if model.known is None else model.known[rows],
        notes=WordNotes(notes.rules, moved[notes.glued], counted),
    )


def _all_of(which: np.ndarray, words: JoinedStrings) -> np.ndarray:
    """Whether it is so of all characters of each word. which: bool, of all characters in a row."""
    lacking = np.zeros(len(which) + 1, np.int64)
    np.cumsum(~which, out=lacking[1:])
    return np.asarray(lacking[words.ends] == lacking[words.ends - words.lengths])
