"""Blocks of symbol ids -> the same with the beginning and the end of every sentence as symbols; which is new when.

A sentence is what lies between two breaks; where nothing lies, there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from nlptools.ngrams.symbols import IdBlock

_FIRST_PIECE = 1 << 12


class Appearance:
    """The ids of a corpus in the order in which they appear first."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self._seen = np.zeros(1 << 16, bool)
        self._seen[0] = True

    def add(self, ids: np.ndarray) -> None:
        """Take the next ids of the corpus."""
        most = int(ids.max(initial=0))
        if most >= len(self._seen):
            self._seen = np.append(self._seen, np.zeros(most + 1, bool))
        # By growing pieces: most symbols appear early, so few are new in the large ones.
        start, size = 0, _FIRST_PIECE
        while start < len(ids):
            piece = ids[start : start + size]
            new = piece[~self._seen[piece]]
            if len(new):
                self.ids += dict.fromkeys(new.tolist())
                self._seen[new] = True
            start, size = start + size, 2 * size


def with_boundaries(blocks: Iterable[IdBlock], start: int, end: int) -> Iterator[IdBlock]:
    """0 a b 0 0 c -> 0 start a b end 0 start c end; start, end: the ids of <s> and </s>.

    A sentence that goes on in the next block gets its end there: such a block goes on, too.
    """
    is_open = False
    for block in blocks:
        if not len(block.ids) and block.joined:  # white space inside a sentence
            yield block
            continue
        goes_on = is_open and block.joined and bool(block.ids[0])
        closes = is_open and not goes_on
        ids = _marked(block.ids, start, end, closes, goes_on)
        yield IdBlock(ids, joined=is_open or block.joined)
        is_open = len(block.ids) > 0 and bool(block.ids[-1])
    if is_open:
        yield IdBlock(np.array([end], np.uint32), joined=True)


def _marked(ids: np.ndarray, start: int, end: int, closes: bool, goes_on: bool) -> np.ndarray:
    """The ids of one block with boundaries. closes: end the sentence before; goes_on: begin inside one."""
    inside = ids != 0
    begins = np.flatnonzero(inside[1:] & ~inside[:-1]) + 1
    ends = np.flatnonzero(~inside[1:] & inside[:-1]) + 1
    if len(ids) and inside[0] and not goes_on:
        begins = np.append(0, begins)
    # How many boundaries stand before each symbol, and before the end of the block.
    extra = np.zeros(len(ids) + 1, np.int64)
    extra[begins] += 1
    extra[ends] += 1
    extra[0] += 2 * closes  # </s> and a break
    np.cumsum(extra, out=extra)
    dtype = ids.dtype if max(start, end) <= np.iinfo(ids.dtype).max else np.uint32
    out = np.zeros(len(ids) + int(extra[-1]), dtype)
    out[np.arange(len(ids)) + extra[:-1]] = ids
    out[begins + extra[begins] - 1] = start
    out[ends + extra[ends] - 1] = end
    if closes:
        out[0] = end
    return out
