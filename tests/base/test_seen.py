"""Hashes that were seen before: as a set says it, however few of them fit into memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base.seen import ROW, SeenHashes

# Upper halves that are equal, and hashes next to each other: what chance hardly ever makes.
HASHES = st.tuples(
    st.sampled_from([0, 1, 7, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1),
    st.sampled_from([0, 1, 2**64 - 1]) | st.integers(0, 3),
)


def rows(hashes: list[tuple[int, int]]) -> np.ndarray:
    return np.array(hashes, np.uint64).reshape(-1, 2)


def check(batches: list[list[tuple[int, int]]], room: int, folder: Path) -> SeenHashes:
    seen, known = SeenHashes(room, folder), set[tuple[int, int]]()
    for batch in batches:
        expected = []
        for one in batch:
            expected.append(one in known)
            known.add(one)
        assert seen.add(rows(batch)).tolist() == expected
    return seen


@settings(deadline=None)
@given(st.lists(st.lists(HASHES, max_size=12), max_size=12), st.sampled_from([0, 200, 10**6]))
def test_as_a_set(batches: list[list[tuple[int, int]]], room: int) -> None:
    check(batches, room, Path())


def test_runs_in_a_file_are_longer_than_their_index(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    known = rng.integers(0, 2**63, (2000, 2), np.uint64)
    batches = [known[rng.integers(0, 2000, 300)].tolist() for _ in range(20)]
    seen = check([[tuple(one) for one in batch] for batch in batches], 6 * ROW * 700, tmp_path)
    assert len(seen._runs) == 2
    assert sum(len(part.high) for part in seen._held) < 700
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("room", [0, 10**6])
def test_nothing(room: int, tmp_path: Path) -> None:
    assert SeenHashes(room, tmp_path).add(rows([])).tolist() == []
