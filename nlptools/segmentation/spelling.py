"""Words -> the symbols they consist of, and each word as ids of symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.base.packing import JoinedStrings
from nlptools.segmentation.cells import joined_to_last
from nlptools.segmentation.kinds import HAN, WORD, kinds_of
from nlptools.text import chars


def spell(words: Sequence[str], longest: int) -> tuple[list[str], np.ndarray]:
    """(symbols, ids of each word, from 1, uint16 or, if need be, int32, padded with 0; all 0 for what can be no word).

    longest: symbols that a word may have.
    """
    if isinstance(words, JoinedStrings):
        text, lengths = words.text, words.lengths
    else:
        text = "".join(words)
        lengths = np.fromiter(map(len, words), np.int64, len(words))
    codes = chars.code_points(text)
    kinds = kinds_of(codes)
    joined = joined_to_last(codes, kinds)
    firsts = np.cumsum(lengths) - lengths
    joined[firsts[lengths > 0]] = False
    owner = np.repeat(np.arange(len(words), dtype=np.int32), lengths)
    bad = np.zeros(len(words), bool)
    bad[owner[(kinds != HAN) & (kinds != WORD) & ~joined]] = True
    at = np.flatnonzero(~joined)
    ends = np.append(at[1:], len(codes))
    owner = owner[at]
    number = np.bincount(owner, minlength=len(words))
    bad |= (number > longest) | (number == 0)
    if bad.any():
        kept = ~bad[owner]
        at, ends, owner = at[kept], ends[kept], owner[kept]
        number[bad] = 0
    symbols, ids = _numbered(codes, at, ends)
    width = max(2, int(number.max(initial=0)))
    # Column by column: who reads them takes one place of all words at a time.
    spelled = np.zeros((width, len(words)), np.uint16 if len(symbols) < 1 << 16 else np.int32)
    column = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    spelled.ravel()[column * len(words) + owner] = ids
    return symbols, spelled.T


def _numbered(
    codes: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """(symbols, the id of each one in some stretches of code points): characters by code point, then runs."""
    values = codes[starts]
    simple = ends - starts == 1
    single = values[simple]
    table = np.zeros(int(single.max(initial=0)) + 1, np.int32)
    table[single] = 1
    distinct = np.flatnonzero(table)
    table[distinct] = np.arange(1, len(distinct) + 1)
    ids = np.zeros(len(starts), np.int32)
    ids[simple] = np.take(table, single)
    symbols = dict(zip(map(chr, distinct.tolist()), range(1, len(distinct) + 1), strict=True))
    for i in np.flatnonzero(~simple).tolist():
        text = chars.text_of(codes[starts[i] : ends[i]])
        ids[i] = symbols.setdefault(text, len(symbols) + 1)
    return list(symbols), ids
