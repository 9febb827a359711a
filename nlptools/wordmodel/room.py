"""Memory of the whole process -> how a training is laid out: threads, sample, what lies in a file.

No result depends on it where the sample is not cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nlptools.base.resources import threads_within
from nlptools.base.shelf import Store

# More text of the same mixture does not help: mean F1 on five development sets is .8278 with 8 M
# characters, .8289 with 13 to 16 M, .8277 with 27 M, .8267 with 48 M.
SAMPLE = 14_000_000
# Measured with everything that can lie in a file there; docs/decisions.md, `bin/bench memory` repeats it.
BASE_MEMORY = 52_000_000  # interpreter, NumPy, the corpus' symbols
BLOCK_MEMORY = 16_000_000  # a block of the lattice under work
BYTES_PER_SYMBOL = 9  # of a sample: its ids twice for a moment, and the candidates that it makes
LEAST_SAMPLE = 100_000


@dataclass(frozen=True)
class Room:
    """How a word model is learnt within some memory.

    sample: most symbols to learn from; threads; part: places that are sorted at a time; piece: symbols of the
    corpus that are looked up at a time; shelves: bytes in memory
    for what is as long as the sample, the rest of it lies in a file.
    """

    sample: int
    threads: int
    part: int
    piece: int
    shelves: int

    def store(self, folder: Path | None) -> Store:
        """Where the lattice lies."""
        return Store(self.shelves, folder)


@dataclass(frozen=True)
class Learnt:
    """How much of a corpus a model is learnt from: `symbols` of `total`, where the memory has room for `room`."""

    symbols: int
    total: int
    room: int

    def __str__(self) -> str:
        return f"learnt from {self.symbols:,} of {self.total:,}"

    @property
    def cut(self) -> bool:
        """Whether more memory would give a better model. (Equal runs are learnt from once, whatever the memory.)"""
        return self.room < min(self.total, SAMPLE) * 0.9


def room_within(memory: int, workers: int | None, sample: int = SAMPLE, held: int = 0) -> Room:
    """The layout within `memory` bytes, of which `held` are taken, for at most so many threads and symbols."""
    threads = threads_within(memory - held, workers)
    part = min(1 << 22, max(1 << 19, memory >> 8))
    left = memory - held - BASE_MEMORY - threads * BLOCK_MEMORY
    most = min(sample, max(LEAST_SAMPLE, left // BYTES_PER_SYMBOL))
    piece = min(1 << 18, max(1 << 15, memory >> 12))
    # An eighth is for what is freed and lies between arrays.
    shelves = left - most * BYTES_PER_SYMBOL - 24 * part - memory // 8
    return Room(most, threads, part, piece, max(0, shelves))
