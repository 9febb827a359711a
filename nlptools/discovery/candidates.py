"""Counts -> the candidates of method em: frequent n-grams of two to four symbols, in a file where memory is small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from nlptools.base.machine import trim_memory
from nlptools.base.spool import Spool
from nlptools.ngrams.scores import Frequent, each_side, pmi
from nlptools.ngrams.symbols import join_texts
from nlptools.wordmodel.em import LONGEST

# What is known of a candidate. symbols: ids of the alphabet of the counts, padded with 0; the rest as in WordTable.
CANDIDATE = np.dtype(
    [
        ("symbols", np.int32, (LONGEST,)),
        ("counts", np.int64),
        ("pmi", np.float64),
        ("left_entropy", np.float64),
        ("right_entropy", np.float64),
    ]
)
_PIECE = 1 << 15  # candidates that are read at a time: 1.6 MB


@dataclass(frozen=True)
class Candidates:
    """Frequent n-grams of two to four symbols, numbered from 0, shorter ones first.

    texts: the alphabet of the counts; records: all that is known of the candidates (CANDIDATE), in pieces.
    """

    texts: tuple[str, ...]
    records: Spool

    def __len__(self) -> int:
        return self.records.nbytes // CANDIDATE.itemsize

    @property
    def nbytes(self) -> int:
        """Of all records, wherever they lie."""
        return self.records.nbytes

    def pieces(self) -> Iterator[tuple[int, np.ndarray]]:
        """(number of the first, records) of one piece after the other."""
        first = 0
        for records in self.records:
            yield first, records
            first += len(records)

    def among(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """(places in `rows`, records of the candidates there), piece by piece; rows: numbers, in any order."""
        order = np.argsort(rows, kind="stable")
        done = 0
        for first, records in self.pieces():
            stop = int(np.searchsorted(rows, first + len(records), sorter=order))
            at = order[done:stop]
            if len(at):
                yield at, records[rows[at] - first]
            done = stop

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Records of these candidates, in this order."""
        taken = np.empty(len(rows), CANDIDATE)
        for at, records in self.among(rows):
            taken[at] = records
        return taken

    def spell(self, records: np.ndarray) -> list[str]:
        """Their texts."""
        return join_symbols(records["symbols"], self.texts)


def join_symbols(spelling: np.ndarray, texts: Sequence[str]) -> list[str]:
    """Texts of rows of symbol ids, the first of which is 1, padded with 0."""
    if not len(spelling):
        return []
    return join_texts(["", *texts], spelling.T)


def list_candidates(frequent: Frequent, room: int, folder: Path) -> Candidates:
    """All frequent n-grams of two to four symbols, with the scores that need the counts.

    room: bytes in memory for them; the rest lies in a file in `folder`.
    """
    records = Spool(room, folder)
    every = each_side(frequent, LONGEST, entropy_only=True, spool=partial(Spool, room, folder))
    for n, side in enumerate(every, 1):
        level = frequent.levels[n - 1]
        for start in range(0, len(level) if n > 1 else 0, _PIECE):
            part = slice(start, start + _PIECE)
            piece = np.zeros(len(level.counts[part]), CANDIDATE)
            rows = np.arange(start, start + len(piece))
            for k in range(n, 0, -1):
                above = frequent.levels[k - 1]
                piece["symbols"][:, k - 1] = above.rows[rows] + 1 if k == 1 else above.symbols[rows]
                rows = above.parents[rows]
            piece["counts"] = level.counts[part]
            piece["pmi"] = pmi(frequent, n, part)
            piece["left_entropy"] = side.left_entropy[part]
            piece["right_entropy"] = side.right_entropy[part]
            records.append(piece)
        del side
        trim_memory()
    return Candidates(frequent.counts.alphabet.symbols, records)
