"""Counts -> the candidates of method em: frequent n-grams of two to four symbols, in a file where memory is small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base.machine import trim_memory
from nlptools.base.spool import Spool
from nlptools.ngrams.scores import Frequent, pmi, side_parts
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
_SIDES = 1 << 18  # n-grams whose neighbours are added up at a time, at least: 20 MB


@dataclass(frozen=True)
class Candidates:
    """Frequent n-grams of two to four symbols, numbered from 0, shorter ones first.

    texts: the alphabet of the counts, "" for what is not frequent; records: all that is known of the candidates (CANDIDATE), in pieces.
    """

    texts: Sequence[str]
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
    how: dict[str, Any] = {"entropy_only": True, "spool": partial(Spool, room, folder)}
    most = max(_SIDES, room // 32)
    for n, of, side in side_parts(frequent, LONGEST, most=most, **how):
        level = frequent.levels[n - 1]
        first, stop, _ = of.indices(len(level))
        for start in range(first, stop if n > 1 else 0, _PIECE):
            part = slice(start, min(start + _PIECE, stop))
            piece = np.zeros(len(level.counts[part]), CANDIDATE)
            rows = np.arange(start, start + len(piece))
            for k in range(n, 0, -1):
                above = frequent.levels[k - 1]
                piece["symbols"][:, k - 1] = above.rows[rows] + 1 if k == 1 else above.symbols[rows]
                rows = above.parents[rows]
            piece["counts"] = level.counts[part]
            piece["pmi"] = pmi(frequent, n, part)
            here = slice(start - first, part.stop - first)
            piece["left_entropy"] = side.left_entropy[here]
            piece["right_entropy"] = side.right_entropy[here]
            records.append(piece)
        del side
        trim_memory()
    # Of a hundred thousand runs of letters and digits most are rare, and in no candidate.
    symbols = frequent.counts.alphabet.symbols
    texts = [""] * len(symbols)
    for row in frequent.levels[0].rows.tolist():
        texts[row] = symbols[row]
    return Candidates(texts, records)
