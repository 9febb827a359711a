"""Keys sorted part by part: every row in one part, parts that ascend, and results back in row order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.storage import FileColumn
from nlptools.lm import partition as exchange
from nlptools.lm.partition import BYTES_PER_ROW, Exchange

LIMITS = st.sampled_from([1, 2, 3, 1000, 1 << 16, (1 << 16) + 1, 1 << 40, (1 << 63) + 5, 1 << 64])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exchange")


def exchanged(
    keys: np.ndarray, limit: int, rows: int, folder: Path | None, step: int = 1, piece: int = 5
) -> Exchange:
    """An exchange with room for about so many rows, its keys given in pieces."""

    def slices() -> Iterator[np.ndarray]:
        for start in range(0, len(keys), piece):
            yield keys[start : start + piece].copy()

    return Exchange(slices, len(keys), limit, rows * BYTES_PER_ROW, folder, step)


def check(made: Exchange, keys: np.ndarray, step: int = 1) -> None:
    """Every row is in one part, with its key; parts ascend and hold whole steps; columns go and return."""
    rows = []
    highest = -1
    doubled = []
    for part in made.parts:
        own = np.arange(len(keys)) if part.rows is None else part.rows[:]
        assert np.all(np.diff(own) > 0)
        rows.append(own)
        values = part.keys[:]
        assert np.array_equal(values, keys[own])
        if len(values):
            assert int(values.min()) // step > highest
            highest = int(values.max()) // step
        # A column of the table (here: the row, and the key) at the rows of the part.
        assert np.array_equal(made.of_part(np.arange(len(keys)) * 7, part), own * 7)
        writer = made.writer(np.uint64)
        writer.append(values // np.uint64(2))
        doubled.append(writer.finish())
        assert np.array_equal(part.take_keys(), values)
        assert not len(part.keys)
    assert sorted(np.concatenate(rows).tolist()) == list(range(len(keys)))
    back = made.in_row_order(doubled, np.uint64)
    assert np.array_equal(back[:], keys // np.uint64(2))
    narrow = made.in_row_order([column[:] % 251 for column in doubled], np.uint16)
    assert narrow.dtype == np.uint16
    assert np.array_equal(narrow[:], keys // np.uint64(2) % np.uint64(251))


@settings(max_examples=150, deadline=None)
@given(st.data(), LIMITS, st.integers(1, 60), st.integers(1, 9), st.integers(1, 9))
def test_any_room(
    folder: Path, data: st.DataObject, limit: int, rows: int, piece: int, size: int
) -> None:
    high = min(limit - 1, data.draw(st.sampled_from([1, 6, 1 << 20, limit])))
    numbers = data.draw(st.lists(st.integers(0, high) | st.integers(max(0, limit - 3), limit - 1)))
    keys = np.array(numbers, np.uint64)
    with mock.patch.object(exchange, "SLICE", size):
        check(exchanged(keys, limit, rows, folder, piece=piece), keys)
        alone = exchanged(keys, limit, rows, None, piece=piece)
        assert [part.rows for part in alone.parts] == [None]
        check(alone, keys)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1 << 12), min_size=2), st.integers(0, 13), st.integers(1, 4))
@example([0, 1, 2, 3, 4, 5, 6, 7], 2, 1)
def test_parts_begin_at_steps(folder: Path, numbers: list[int], bits: int, rows: int) -> None:
    keys = np.array(numbers, np.uint64)
    made = exchanged(keys, (1 << 12) + 1, rows, folder, step=1 << bits)
    check(made, keys, 1 << bits)
    assert len({key >> bits for key in numbers}) >= sum(len(part.keys) > 0 for part in made.parts)


@pytest.mark.parametrize("limit", [1 << 20, 12_345_678_901, 1 << 64])
def test_parts_are_of_about_equal_size(folder: Path, limit: int) -> None:
    keys = np.random.default_rng(1).integers(0, limit, 20_000, np.uint64)
    made = exchanged(keys, limit, 1000, folder, piece=3000)
    sizes = [len(part.keys) for part in made.parts]
    assert len(sizes) == 20
    assert min(sizes) > 800
    assert max(sizes) < 1200
    check(made, keys)


def test_equal_keys_stay_in_one_part(folder: Path) -> None:
    keys = np.full(100, 5, np.uint64)
    made = exchanged(keys, 1 << 20, 3, folder)
    assert sorted(len(part.keys) for part in made.parts)[-1] == 100
    check(made, keys)


def test_what_fits_stays_in_memory(folder: Path) -> None:
    keys = np.arange(10, dtype=np.uint64)
    for made, on_disk in (
        (exchanged(keys, 10, 10, folder), False),
        (exchanged(keys, 10, 9, folder), True),
        (exchanged(keys, 10, 1, None), False),
    ):
        assert (len(made.parts) > 1) == on_disk
        columns = [made.writer(np.uint16).finish() for _ in made.parts]
        kinds = [*columns, *(part.keys for part in made.parts)]
        assert all(isinstance(column, FileColumn) == on_disk for column in kinds)
    assert list(folder.iterdir()) == []  # files there have no name


def test_no_rows(folder: Path) -> None:
    for room in (0, 1, 1000):
        made = Exchange(lambda: iter([]), 0, 7, room, folder)
        check(made, np.empty(0, np.uint64))
        made = Exchange(lambda: iter([np.empty(0, np.uint64)] * 2), 0, 7, room, folder)
        check(made, np.empty(0, np.uint64))
