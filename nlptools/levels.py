"""Levels of the count trie -> written slice by slice, in memory or on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools import keys, storage
from nlptools.counts import Level


@dataclass(frozen=True)
class LevelSlice:
    """Rows of one order that stand together; aligned columns, as in `Level`."""

    symbols: np.ndarray
    counts: np.ndarray
    children: np.ndarray | None  # first child, counted from the beginning of the slice


class LevelWriter:
    """Puts the levels of consecutive slices together, in memory or in files of `folder`."""

    def __init__(
        self, order: int, alphabet: int, folder: Path | None, total: int, rows: int
    ) -> None:
        """alphabet: its size; total, rows: upper bounds on any count and on the rows of a level."""
        spill = None if folder is None else storage.SpillFile(folder)
        self.symbols = [
            storage.ColumnWriter(keys.id_dtype(alphabet + 1), spill) for _ in range(order)
        ]
        self.counts = [
            storage.ColumnWriter(keys.id_dtype(max(total, 1 << 16) + 1), spill)
            for _ in range(order)
        ]
        self.children = [
            storage.ColumnWriter(keys.id_dtype(max(rows, 1 << 16) + 1), spill)
            for _ in range(order - 1)
        ]

    def append(self, slices: Sequence[LevelSlice]) -> None:
        """Levels of a slice of all orders; its children are counted from its own beginning."""
        bases = [counts.length for counts in self.counts]
        for n, level in enumerate(slices):
            self.symbols[n].append(level.symbols)
            self.counts[n].append(level.counts)
            if level.children is not None:
                self.children[n].append(level.children + bases[n + 1])

    def finish(self) -> tuple[Level, ...]:
        """The complete levels."""
        levels = []
        for n, (symbols, counts) in enumerate(zip(self.symbols, self.counts, strict=True)):
            children = None
            if n < len(self.children):
                self.children[n].append(np.array([self.counts[n + 1].length]))
                children = self.children[n].finish()
            levels.append(Level(symbols.finish(), counts.finish(), children))
        return tuple(levels)
