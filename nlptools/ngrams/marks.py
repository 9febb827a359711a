"""Text + its symbols -> marks: the places in the ids where one sign alone parts two symbols, as in 卡莱尔·布朗, iPad Pro.

A mark is a break like any other for who counts n-grams; discovery looks for words across marks (discovery/marked.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.spool import Spool
from nlptools.ngrams.symbols import IdBlock, Scanned
from nlptools.text import chars

# Dots of names that are written in other letters; the first one is what GB/T 15834 asks for.
DOTS = "·•・‧．"
SPACES, HYPHENS, OPENING, CLOSING = " \xa0", "-－‐", "（(", "）)"
SIGNS = DOTS + SPACES + HYPHENS + OPENING + CLOSING
# Numbers of the signs in marks are their places in SIGNS + 1.
MARK = np.dtype([("at", np.uint32), ("sign", np.uint8)])
NONE = np.zeros(0, MARK)


# Variants of the same signs; the full stop of full width is a dot between Han characters alone.
_PLAIN = str.maketrans("•・‧\xa0－‐(（)）", "··· --（（））")
_WIDE_STOP = re.compile("(?<=[\u3400-\u9fff])．(?=[\u3400-\u9fff])")


def plain_signs(text: str) -> str:
    """The text with one form of each sign; as long as it was.

    >>> plain_signs("卡莱尔•布朗(画家)")
    '卡莱尔·布朗（画家）'
    """
    text = text.translate(_PLAIN)
    return _WIDE_STOP.sub("·", text) if "．" in text else text


def sign_numbers(signs: str) -> list[int]:
    """The numbers of some signs.

    >>> sign_numbers("·•")
    [1, 2]
    """
    return [SIGNS.index(sign) + 1 for sign in signs]


def _table() -> np.ndarray:
    table = np.zeros(0x10000, np.uint8)
    table[[ord(sign) for sign in SIGNS]] = np.arange(1, len(SIGNS) + 1)
    return table


_TABLE = _table()
_DOT, _SPACE, _HYPHEN, _OPEN, _CLOSE = range(1, 6)
_GROUP = np.array(
    [0]
    + [
        group
        for group, signs in enumerate((DOTS, SPACES, HYPHENS, OPENING, CLOSING), 1)
        for _ in signs
    ],
    np.uint8,
)
_EDGE = 7  # the class of what stands beyond the end of a block


def _sides() -> tuple[np.ndarray, np.ndarray]:
    """(before, after): by group, whether a class of character may stand there; shape (groups, classes)."""
    before, after = np.zeros((6, 8), bool), np.zeros((6, 8), bool)
    runs = [chars.LETTER, chars.DIGIT]
    ends = [*runs, chars.PLUS, chars.SHARP]  # of runs: C++
    before[_DOT, [chars.HAN, *runs]] = after[_DOT, [chars.HAN, *runs]] = True
    before[_SPACE, ends] = after[_SPACE, runs] = True
    before[_HYPHEN, [chars.HAN, *ends]] = after[_HYPHEN, [chars.HAN, *runs]] = True
    before[_OPEN, chars.HAN] = after[_OPEN, runs] = True
    before[_CLOSE, ends] = after[_CLOSE] = True
    before[:, _EDGE] = after[:, _EDGE] = True
    return before, after


_BEFORE, _AFTER = _sides()


def find_marks(text: str, scanned: Scanned) -> np.ndarray:
    """Marks of a block (MARK), at: places in its ids, rising.

    What stands beyond an end of the block is not seen: `Marks` looks again at marks there.
    """
    codes = chars.code_points(text)
    signs = np.take(_TABLE, codes if codes.dtype == np.uint16 else np.minimum(codes, 0xFFFF))
    at = np.flatnonzero(signs)
    if scanned.kept is not None:
        at = at[scanned.kept[at]]
    group, last = _GROUP[signs[at]], len(codes) - 1
    beside = chars.classes(codes[np.minimum(at + 1, last)])
    beside[at == last] = _EDGE
    at, group = at[good := _AFTER[group, beside]], group[good]
    beside = chars.classes(codes[np.maximum(at - 1, 0)])
    beside[at == 0] = _EDGE
    at = at[_BEFORE[group, beside]]
    marks = np.empty(len(at), MARK)
    marks["sign"] = signs[at]
    places = at if scanned.kept is None else np.cumsum(scanned.kept, dtype=np.int64)[at] - 1
    marks["at"] = places
    return marks[scanned.ids[places] == 0]


@dataclass(frozen=True)
class MarkedBlock:
    """One block of a corpus: its ids, its marks (MARK), whether it begins inside a line that the block before began."""

    ids: np.ndarray
    marks: np.ndarray
    inside: bool


class Marks:
    """The marks of a corpus, kept beside its blocks of ids."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    @property
    def packed(self) -> Spool:
        """An array (MARK) for each block: its sign says whether the block begins inside a line, then come the marks."""
        return self._spool

    def append(self, block: IdBlock) -> None:
        """Those of one more block."""
        head = np.zeros(1, MARK)
        head["sign"] = block.inside
        marks = NONE if block.marks is None else block.marks
        self._spool.append(np.concatenate([head, marks]))

    def blocks(self, ids: Iterable[np.ndarray]) -> Iterator[MarkedBlock]:
        """The blocks of ids with their marks."""
        for block, marks in zip(ids, self._spool, strict=True):
            yield MarkedBlock(block, marks[1:], bool(marks["sign"][0]))


def joined_block(blocks: list[IdBlock]) -> IdBlock:
    """Blocks that go on without a break, as one."""
    if len(blocks) == 1:
        return blocks[0]
    starts = np.cumsum([0, *(len(block.ids) for block in blocks)])
    marks = [NONE]
    for block, start in zip(blocks, starts.tolist(), strict=False):
        if block.marks is not None:
            moved = block.marks.copy()
            moved["at"] += np.uint32(start)
            marks.append(moved)
    ids = np.concatenate([block.ids for block in blocks])
    return IdBlock(ids, blocks[0].joined, np.concatenate(marks), blocks[0].inside)
