"""Text file -> nothing: work such as the commands do, by Python and NumPy alone, beside which `bin/bench gate` measures.

No code of nlptools, so that nothing that is changed there changes it. Like the commands it decodes a text, packs
n-grams into keys, sorts them, looks them up in large tables, adds up by group, walks along lines in small arrays,
and makes strings of the results. To change it is to make all stored figures anew.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

READ = 1_500_000  # bytes
BLOCK = 1 << 16  # symbols; the arrays of a block stay in the second cache
TABLE = 1 << 21  # entries: 8 and 16 MB, more than that cache holds
STEPS = 8_000  # of small arrays, each some microseconds of NumPy's own
Codes = npt.NDArray[np.uint32]


def main(path: str) -> None:
    """All parts once."""
    with Path(path).open("rb") as file:
        text = file.read(READ).decode("utf-8", "ignore")
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    keys = _sorted_keys(codes)
    _lookups(codes, keys)
    _small_arrays(codes)
    _strings(text[: len(text) // 2])


def _sorted_keys(codes: Codes) -> npt.NDArray[np.uint64]:
    """Pairs and groups of four as keys of 64 bits, sorted by block, merged, and counted."""
    ids = np.unique(codes, return_inverse=True)[1].astype(np.uint64)
    keys = ids[:-3]
    for place in (1, 2, 3):
        keys = (keys << np.uint64(16)) | ids[place : len(ids) - 3 + place]
    parts = [np.sort(keys[at : at + BLOCK], kind="stable") for at in range(0, len(keys), BLOCK)]
    merged = np.sort(np.concatenate(parts), kind="stable")
    first = np.flatnonzero(np.concatenate([[True], merged[1:] != merged[:-1]]))
    np.bincount(np.diff(first))
    return merged[first]


def _lookups(codes: Codes, keys: npt.NDArray[np.uint64]) -> None:
    """What a lattice of words takes: hashes, gathers from tables, sums by place, the best of each group."""
    weights = np.arange(TABLE, dtype=np.float32)
    numbers = np.arange(TABLE, dtype=np.int64)
    for at in range(0, len(codes), BLOCK):
        block = codes[at : at + BLOCK].astype(np.uint64)
        hashes = block
        for length in range(1, 9):
            hashes = hashes[:-1] * np.uint64(0x9E3779B97F4A7C15) + block[length:]
            places = (hashes >> np.uint64(43)).astype(np.int64)
            found = weights[places]
            kept = np.flatnonzero(numbers[places] & 1)
            score = np.exp(-found[kept] * np.float32(1e-7)) + found[kept]
            sums = np.bincount(kept >> 3, score, minlength=1)
            np.maximum.reduceat(score, np.arange(0, len(score), 7))
            np.cumsum(sums)
    np.searchsorted(keys, keys[::7] + np.uint64(1))


def _small_arrays(codes: Codes) -> None:
    """Line by line or length by length: arrays so short that the calls cost more than the work."""
    best = np.zeros(32)
    for step in range(STEPS):
        line = codes[step * 32 : step * 32 + 32]
        best = np.where(line & 1, best + 1, best * 0.5)
        best[line[:8] & 15] = 0
        best = np.maximum(best, best[::-1])


def _strings(text: str) -> None:
    """Lines cut, counted, sorted, joined and encoded by Python itself."""
    counts: dict[str, int] = {}
    rows = []
    for line in text.splitlines():
        for place in range(0, len(line) - 2, 3):
            piece = line[place : place + 2]
            counts[piece] = counts.get(piece, 0) + 1
        rows.append(" ".join(line[place : place + 2] for place in range(0, len(line), 2)))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    "\n".join(f"{piece}\t{count}" for piece, count in ranked).encode()
    "\n".join(rows).encode()


if __name__ == "__main__":
    main(sys.argv[1])
