"""Arrays on a shelf, in memory and in a file: read, replaced by several threads, and their places used again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nlptools.base.shelf import Shelf, Store


@pytest.mark.parametrize("room", [0, 100, 10**9])
def test_what_is_put_there_is_there(room: int, tmp_path: Path) -> None:
    shelf = Shelf(Store(room, tmp_path))
    arrays = [np.arange(n, dtype=kind) for n in (0, 3, 40) for kind in (np.uint16, np.float32)]
    for values in arrays:
        shelf.append(values.copy())
    assert len(shelf) == 6
    for ours, theirs in zip(shelf, arrays, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()
    shelf[4] = shelf[4] + 1
    assert shelf[4].tolist() == list(range(1, 41))
    assert [len(values) for values in shelf[1:3]] == [0, 3]
    assert list(tmp_path.iterdir()) == []


def test_threads_replace_what_is_theirs() -> None:
    shelf = Shelf(Store(0))
    for n in range(50):
        shelf.append(np.full(1000, n))

    def work(i: int) -> None:
        for _ in range(20):
            shelf[i] = shelf[i] + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(50)))
    assert [set(values.tolist()) for values in shelf] == [{n + 20} for n in range(50)]


def test_places_are_used_again() -> None:
    store = Store(80)
    offsets = []
    for _ in range(3):
        shelf = Shelf(store)
        for n in (10, 10, 20):
            shelf.append(np.zeros(n))
        assert store.room == 0
        offsets.append([item.offsets[0] for item in shelf._items[1:]])  # type: ignore[union-attr]
        del shelf
        assert store.room == 80
    assert offsets == [[0, 80]] * 3
