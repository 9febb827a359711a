"""Strings -> the row of each among many others, looked up by whole arrays; a tenth of the memory of a dict of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.base.packing import JoinedStrings, joined


class StringIndex:
    """Where each of many strings stands: 163,000 words of a model take 5 MB, a dict with them and their rows 25.

    They are sorted by Python's hash of a string, which is another in every process and no part of any result; what is
    found by it is compared character by character.
    """

    def __init__(self, strings: Sequence[str]) -> None:
        self._strings = JoinedStrings(*joined(strings))
        hashes = np.fromiter(map(hash, self._strings), np.int64, len(self._strings))
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._rows = hashes[order], order.astype(np.uint32)

    def __len__(self) -> int:
        return len(self._strings)

    def rows(self, asked: Sequence[str]) -> np.ndarray:
        """The row of each string, int64; the last of equal ones, -1 for one that is not there."""
        if not len(self) or not len(asked):
            return np.full(len(asked), -1)
        hashes = np.fromiter(map(hash, asked), np.int64, len(asked))
        places = np.searchsorted(self._hashes, hashes, side="right") - 1
        same = np.flatnonzero(self._hashes[places] == hashes)
        found = np.full(len(asked), -1)
        rows = self._rows[places[same]].astype(np.int64)
        found[same] = rows
        wrong = same[~self._equal(rows, [asked[i] for i in same.tolist()])]
        for i in wrong.tolist():  # another string of the same hash: one in 10**14
            found[i] = self._search(asked[i], int(places[i]))
        return found

    def _equal(self, rows: np.ndarray, asked: Sequence[str]) -> np.ndarray:
        """Whether the strings in these rows are those that are asked for, bool."""
        text, lengths = joined(asked)
        equal = self._strings.lengths[rows] == lengths
        if not equal.all():
            return np.array(
                [self._strings[i] == s for i, s in zip(rows.tolist(), asked, strict=True)]
            )
        ends = np.cumsum(lengths)
        places = np.arange(len(text)) + np.repeat(self._strings.ends[rows] - ends, lengths)
        # Where one differs, its first place says so: reduceat would take an empty string for the next one.
        differs = _codes(self._strings.text)[places] != _codes(text)
        number = np.repeat(np.arange(len(rows)), lengths)
        equal[number[differs]] = False
        return equal

    def _search(self, wanted: str, place: int) -> int:
        """The row of a string whose hash is that of this place and of some before it."""
        own = self._hashes[place]
        while place >= 0 and self._hashes[place] == own:
            row = int(self._rows[place])
            if self._strings[row] == wanted:
                return row
            place -= 1
        return -1


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
