"""Lines + where they may be cut (cutting.py) -> their ids, each different piece being encoded once."""

from __future__ import annotations

import itertools
import threading
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from nlptools.subwords.cutting import CutPlaces
from nlptools.subwords.surfaces import EncodedLines, places
from nlptools.text import chars

# What encodes texts, each by itself: (all ids, int32; how many each has, int64).
Encode = Callable[[Sequence[str]], tuple[np.ndarray, np.ndarray]]
_MOST = (
    1 << 18
)  # pieces that are remembered, and ids of them; forgotten together. 2**17 and 2**19 take as long.
_MOST_IDS = 1 << 21
# Where more than half of the text is in pieces that were never seen, after so many characters, cutting costs more than
# it saves (Baichuan 2, whose tokens have 41,000 pairs of characters: 6.3 CPU s for 10 MB, 4.2 without).
_TRIED, _NEW = 1 << 18, 0.5
_LINE, _INNER = "\n", "\r"  # what parts pieces; what begins a piece that does not begin a line


class _Known:
    """Pieces and their ids."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.count = 0  # of ids
        self.flat = np.zeros(1 << 14, np.int32)
        self.starts = np.zeros(1 << 12, np.int64)
        self.sizes = np.zeros(1 << 12, np.int64)

    def add(self, pieces: Sequence[str], ids: np.ndarray, sizes: np.ndarray) -> None:
        """Those that have no row yet get one. pieces: distinct."""
        rows = self.rows
        before, row = self.count, len(rows)
        self.flat = _room(self.flat, before + len(ids))
        self.starts = _room(self.starts, row + len(pieces))
        self.sizes = _room(self.sizes, row + len(pieces))
        self.flat[before : before + len(ids)] = ids
        # Another thread may have added some of them: their ids stay there, and nobody asks for them.
        new = ~np.fromiter(map(rows.__contains__, pieces), bool, len(pieces))
        rows.update(zip(itertools.compress(pieces, new), itertools.count(row), strict=False))
        self.sizes[row : len(rows)] = sizes[new]
        self.starts[row : len(rows)] = (before + np.cumsum(sizes) - sizes)[new]
        self.count += len(ids)


def _room(array: np.ndarray, size: int) -> np.ndarray:
    if size <= len(array):
        return array
    return np.concatenate([array, np.zeros(max(size, 2 * len(array)) - len(array), array.dtype)])


class PieceIds:
    """Encodes lines by their pieces. Many threads may ask."""

    def __init__(
        self, cut: CutPlaces, encode: Encode, prefix: int = -1, doubtful: Sequence[int] = ()
    ) -> None:
        """prefix: the id of the blank that is put before a text (CutPlaces.prefixed): it is taken from the ids of pieces
        that do not begin a line. doubtful: ids of tokens that a part may have become where the whole would not
        (taken_whole): a line with one of them is encoded again, whole.
        """
        self._cut, self._encode, self._prefix = cut, encode, prefix
        self._doubtful = np.array(doubtful, np.int32)
        self._known = _Known()
        self._lock = threading.Lock()
        self._seen = self._new_seen = 0  # characters, and those of pieces that were new

    def encode(self, lines: Sequence[str]) -> EncodedLines:
        """The ids of each line."""
        if self._seen > _TRIED and self._new_seen > _NEW * self._seen:
            ids, sizes = self._encode(lines)
            return EncodedLines(ids, np.cumsum(sizes))
        text = _LINE.join(lines)
        if "\r" in text or text.count(_LINE) != len(lines) - 1 or not _composed(text):
            return self._without_strange(lines)
        codes = chars.code_points(text)
        cut = self._cut.find(codes)
        pieces = _parted(codes, cut, _LINE + _INNER * self._cut.prefixed).split(_LINE)
        until = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)) + 1)
        last = np.searchsorted(cut, until) + np.arange(
            1, len(lines) + 1
        )  # pieces up to the end of each line
        known, rows = self._rows(pieces)
        self._seen += len(text)
        sizes = known.sizes[rows]
        ids = known.flat[places(known.starts[rows], sizes)]
        found = EncodedLines(ids, np.append(0, np.cumsum(sizes))[last])
        if len(self._doubtful) and (doubtful := np.isin(ids, self._doubtful)).any():
            again = np.zeros(len(lines), bool)
            again[np.searchsorted(found.ends, np.flatnonzero(doubtful), side="right")] = True
            return self._with_whole(lines, again, found.chosen(np.flatnonzero(~again)))
        return found

    def _without_strange(self, lines: Sequence[str]) -> EncodedLines:
        """The same where some lines have line ends in them, or are not in normal form C: those are left whole."""
        strange = np.fromiter(map(_is_strange, lines), bool, len(lines))
        usual = [line for line, apart in zip(lines, strange.tolist(), strict=True) if not apart]
        none = EncodedLines(np.zeros(0, np.int32), np.zeros(0, np.int64))
        return self._with_whole(lines, strange, self.encode(usual) if usual else none)

    def _with_whole(
        self, lines: Sequence[str], whole: np.ndarray, others: EncodedLines
    ) -> EncodedLines:
        """The lines that have to be whole among the others, which are encoded."""
        ids, counts = self._encode([lines[n] for n in np.flatnonzero(whole).tolist()])
        sizes = np.zeros(len(lines), np.int64)
        sizes[whole], sizes[~whole] = counts, others.sizes
        made = np.zeros(int(sizes.sum()), np.int32)
        of = np.repeat(whole, sizes)
        made[of], made[~of] = ids, others.ids
        return EncodedLines(made, np.cumsum(sizes))

    def _rows(self, pieces: list[str]) -> tuple[_Known, np.ndarray]:
        """(what is known; the rows of the pieces there)."""
        with self._lock:
            known = self._known
            if len(known.rows) > _MOST or known.count > _MOST_IDS:
                known = self._known = _Known()  # other threads go on with the old one
            found = map(known.rows.get, pieces, itertools.repeat(-1))
            rows = np.fromiter(found, np.int64, len(pieces))
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            asked = [pieces[n] for n in missing.tolist()]
            new = list(dict.fromkeys(asked))
            ids, sizes = self._new(new)
            with self._lock:
                known.add(new, ids, sizes)
                self._new_seen += sum(map(len, new))
            rows[missing] = np.fromiter(map(known.rows.__getitem__, asked), np.int64, len(asked))
        return known, rows

    def _new(self, pieces: list[str]) -> tuple[np.ndarray, np.ndarray]:
        if not self._cut.prefixed:
            return self._encode(pieces)
        ids, sizes = self._encode([piece.removeprefix(_INNER) for piece in pieces])
        inner = np.array([piece.startswith(_INNER) for piece in pieces], bool) & (sizes > 0)
        first = (np.cumsum(sizes) - sizes)[inner]
        first = first[ids[first] == self._prefix]  # not where an added token begins the piece
        keep = np.ones(len(ids), bool)
        keep[first] = False
        return ids[keep], np.add.reduceat(np.append(keep, False), np.cumsum(sizes) - sizes) * (
            sizes > 0
        )


def _is_strange(line: str) -> bool:
    return "\n" in line or "\r" in line or not _composed(line)


def _composed(text: str) -> bool:
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def _parted(codes: np.ndarray, cut: np.ndarray, between: str) -> str:
    """A text with some characters put in at the places of cuts."""
    units = chars.code_points(between)
    out = np.empty(len(codes) + len(cut) * len(units), codes.dtype)
    shift = np.zeros(len(codes), np.int32)
    shift[cut] = len(units)
    place = np.cumsum(shift, dtype=np.int32)
    place += np.arange(len(codes), dtype=np.int32)
    out[place] = codes
    for n, unit in enumerate(units[::-1].tolist(), 1):
        out[place[cut] - n] = unit
    return chars.text_of(out)
