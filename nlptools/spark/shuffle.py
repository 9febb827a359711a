"""Counts -> pieces by the first two symbols of their n-grams, as bytes; pieces of many machines -> counts.

A piece is the bytes of a counts file with a part of the n-grams: it names its symbols itself, so pieces made
anywhere add up (merging.py). All n-grams that begin with the same two symbols are in pieces of the same
number, whoever made them, so the pieces of one number can be added up without the others. What a single
symbol counts stands in the piece of its own number and is 0 elsewhere, where the symbol is only a place
for n-grams to hang on.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nlptools.ngrams.alphabet import Alphabet
from nlptools.ngrams.counts import Level, NgramCounts, load_counts
from nlptools.ngrams.merge import BYTES_PER_ROW_KEPT, Tiers, merge_counts

# Odd numbers without pattern (of SplitMix64): what they multiply is spread over the upper bits.
_SPREAD, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def split_counts(counts: NgramCounts, number: int) -> Iterator[tuple[int, bytes]]:
    """(number of the piece, its bytes), for pieces 0 .. number - 1 that have any n-gram."""
    levels = [
        [np.asarray(level.symbols[:]), np.asarray(level.counts[:])] for level in counts.levels
    ]
    below: list[np.ndarray] = [
        np.diff(level.children[:].astype(np.int64))
        for level in counts.levels
        if level.children is not None
    ]
    hashes = _hashes(counts.alphabet.symbols)
    home = _numbered(hashes * _MIX, number)
    firsts = np.empty(0, np.int64)
    of_row = np.empty(
        0, home.dtype
    )  # piece of each row of the level above, as they stand in the counts
    counted: np.ndarray = np.empty(0, np.int64)  # and how many rows lie below each
    bounds = []
    for n in range(2, counts.order + 1):
        level = levels[n - 1]
        if n == 2:
            firsts = np.repeat(np.arange(len(home)), below[0])
            of_row = _numbered((hashes[firsts] + _SPREAD * hashes[level[0] - 1]) * _MIX, number)
        else:
            of_row = np.repeat(of_row, counted)
        # Stable: what belongs together stays in its order. 16-bit numbers are sorted in linear time.
        order = np.argsort(of_row, kind="stable")
        if n == 2:
            firsts = firsts[order]
        levels[n - 1] = [column[order] for column in level]
        if n < counts.order:
            counted, below[n - 1] = below[n - 1], below[n - 1][order]
        bounds.append(np.searchsorted(of_row[order], np.arange(number + 1)))
    at_home = np.argsort(home, kind="stable")
    home_bounds = np.searchsorted(home[at_home], np.arange(number + 1))
    for piece in range(number):
        own = at_home[home_bounds[piece] : home_bounds[piece + 1]]
        spans = [slice(int(b[piece]), int(b[piece + 1])) for b in bounds]
        if len(own) or any(span.stop > span.start for span in spans):
            yield piece, to_bytes(_piece(counts, levels, below, firsts, own, spans))


def _piece(
    counts: NgramCounts,
    levels: Sequence[Sequence[np.ndarray]],
    below: Sequence[np.ndarray],
    firsts: np.ndarray,
    own: np.ndarray,
    spans: Sequence[slice],
) -> NgramCounts:
    """The rows of one piece as counts with an alphabet of their own."""
    found = [own, *(np.unique(levels[n][0][span]) - 1 for n, span in enumerate(spans, 1))]
    if spans:
        found.append(np.unique(firsts[spans[0]]))
    used = np.unique(np.concatenate([part.astype(np.int64) for part in found]))
    singles = np.zeros(len(used), np.int64)
    singles[np.searchsorted(used, own)] = levels[0][1][own]
    children: np.ndarray | None = None
    if spans:
        children = np.append(np.searchsorted(firsts[spans[0]], used), _length(spans[0]))
    made = [Level(np.arange(1, len(used) + 1), singles, children)]
    for n, span in enumerate(spans, 1):
        children = None
        if n < len(spans):
            children = np.zeros(_length(span) + 1, np.int64)
            np.cumsum(below[n][span], out=children[1:])
        symbols = np.searchsorted(used, levels[n][0][span] - 1) + 1
        made.append(Level(symbols, levels[n][1][span], children))
    names = counts.alphabet.symbols
    return NgramCounts(counts.settings, Alphabet(names[i] for i in used.tolist()), tuple(made))


def _length(span: slice) -> int:
    return int(span.stop - span.start)


def _hashes(symbols: Sequence[str]) -> np.ndarray:
    """uint64 of each symbol's text: the same on every machine."""
    sums = (zlib.crc32(symbol.encode("utf-8", "surrogatepass")) for symbol in symbols)
    return (np.fromiter(sums, np.uint64, len(symbols)) + np.uint64(1)) * _SPREAD


def _numbered(hashes: np.ndarray, number: int) -> np.ndarray:
    """Numbers below `number` from the upper half of hashes, in as few bits as they need."""
    upper = hashes >> np.uint64(32)
    return (upper % np.uint64(number)).astype(np.uint16 if number <= 1 << 16 else np.uint32)


def to_bytes(counts: NgramCounts) -> bytes:
    """The counts file in memory."""
    stream = io.BytesIO()
    counts.write(stream)
    return stream.getvalue()


def add_pieces(
    pieces: Iterable[bytes], *, memory: int, tmp_dir: Path, keep: bool = False
) -> NgramCounts | None:
    """The sum of pieces, in bounded memory; None if there are none.

    keep: the result stays in memory when it is small enough, else it is in unnamed files of tmp_dir.
    """
    tiers = Tiers(memory // 2, tmp_dir)
    held: list[NgramCounts] = []
    size = 0
    for data in pieces:
        held.append(load_counts("a piece of counts", data=data))
        size += len(data)
        if size > memory // 4:
            tiers.add(merge_counts(held, memory=memory // 2, tmp_dir=tmp_dir))
            held, size = [], 0
    held += tiers.parts()
    if not held:
        return None
    rows = sum(len(level) for part in held for level in part.levels)
    roomy = keep and rows * BYTES_PER_ROW_KEPT <= memory // 3
    return merge_counts(held, memory=memory // 2, tmp_dir=None if roomy else tmp_dir)
