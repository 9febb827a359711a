"""Many texts + what cuts one -> the tokens of each, by one pass over all of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nlptools.text import chars

PIECE = 1 << 18  # characters that are cut together: their arrays stay in the cache
BETWEEN = "\n"  # no token is joined to white space, other than the same again


def cut_batch(ends: Callable[[np.ndarray], np.ndarray], texts: Sequence[str]) -> list[list[str]]:
    """The tokens of each text. ends: code points -> whether a token ends after each (Cutter.ends)."""
    found: list[list[str]] = []
    for some in _pieces(texts):
        found += _cut(ends, some)
    return found


def _pieces(texts: Sequence[str]) -> Iterator[list[str]]:
    """The texts, some at a time."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text) + 1
        if size >= PIECE:
            yield held
            held, size = [], 0
    if held:
        yield held


def _cut(ends: Callable[[np.ndarray], np.ndarray], texts: list[str]) -> list[list[str]]:
    joined = BETWEEN.join([*texts, ""])
    codes = chars.code_points(joined)
    stops = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1) - 1
    starts = np.append(0, stops[:-1] + 1)
    found = ends(codes)
    # A text may begin or end with a line end of its own.
    found[stops] = True
    found[stops[stops > 0] - 1] = True
    places = np.flatnonzero(found) + 1
    words = [joined[a:b] for a, b in itertools.pairwise([0, *places.tolist()])]
    first = np.searchsorted(places, starts, side="right").tolist()
    last = np.searchsorted(places, stops, side="right").tolist()
    return [words[a:b] for a, b in zip(first, last, strict=True)]
