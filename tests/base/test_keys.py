"""n-grams <-> keys, dense ranks on both paths, the hash table, the threaded sort."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base import keys
from nlptools.base.keys import KeyTable

pytestmark = pytest.mark.usefixtures("loops")

BASES = st.lists(st.sampled_from([1, 2, 3, 255, 65536, 65537, 1 << 20]), min_size=1, max_size=5)
KEYS = st.lists(st.integers(0, (1 << 64) - 2), max_size=60)


def random_keys(size: int, limit: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, limit, size, np.uint64)


@settings(max_examples=200, deadline=None)
@given(st.data(), BASES)
def test_pack_and_unpack(data: st.DataObject, bases: list[int]) -> None:
    if not keys.fits(bases):
        assert math.prod(bases) > 1 << 64
        with pytest.raises(ValueError, match="do not fit"):
            keys.pack([np.zeros(1, np.uint32)] * len(bases), bases, np.empty(1, np.uint64))
        return
    rows = data.draw(st.lists(st.tuples(*(st.integers(0, b - 1) for b in bases)), max_size=20))
    columns = [np.array([row[j] for row in rows], np.uint32) for j in range(len(bases))]
    packed = keys.pack(columns, bases, np.empty(len(rows), np.uint64))
    expected = []
    for row in rows:
        number = 0
        for digit, base in zip(row, bases, strict=True):
            number = number * base + digit
        expected.append(number)
    assert packed.tolist() == expected
    # Keys sort as their n-grams do.
    assert [rows[i] for i in np.argsort(packed, kind="stable")] == sorted(rows)
    unpacked = keys.unpack(packed, bases)
    assert [tuple(row) for row in zip(*(c.tolist() for c in unpacked), strict=True)] == rows
    for column, base in zip(unpacked, bases, strict=True):
        assert column.dtype == (np.uint16 if base <= 65536 else np.uint32)


def test_pack_fills_all_64_bits() -> None:
    bases = [1 << 32, 1 << 32]
    assert keys.fits(bases)
    assert not keys.fits([1 << 32, (1 << 32) + 1])
    columns = [np.array([(1 << 32) - 1], np.uint32)] * 2
    packed = keys.pack(columns, bases, np.empty(1, np.uint64))
    assert packed.tolist() == [(1 << 64) - 1]
    assert [c.tolist() for c in keys.unpack(packed, bases)] == [[(1 << 32) - 1]] * 2


def test_pack_over_several_pieces() -> None:
    size = 2 * keys.PIECE + 17
    columns = [random_keys(size + 9, 1000, seed).astype(np.uint16) for seed in (1, 2, 3)]
    packed = keys.pack(columns, [1000] * 3, np.empty(size, np.uint64))
    a, b, c = (column[:size].astype(np.uint64) for column in columns)
    assert np.array_equal(packed, (a * 1000 + b) * 1000 + c)


def test_id_dtype() -> None:
    assert keys.id_dtype(1 << 16) is np.uint16
    assert keys.id_dtype((1 << 16) + 1) is np.uint32
    assert keys.id_dtype(1 << 32) is np.uint32
    assert keys.id_dtype((1 << 32) + 1) is np.uint64


@settings(deadline=None)
@given(st.lists(st.integers(0, 12)))
def test_group_starts(values: list[int]) -> None:
    values.sort()
    starts = keys.group_starts(np.array(values, np.uint64))
    assert starts.tolist() == [
        i for i, value in enumerate(values) if not i or values[i - 1] != value
    ]


def check_ranks(values: list[int], limit: int) -> None:
    distinct = sorted(set(values))
    place = {value: i for i, value in enumerate(distinct)}
    ranks, found = keys.dense_ranks(np.array(values, np.uint64), limit)
    assert found.tolist() == distinct
    assert found.dtype == np.uint64
    assert ranks.tolist() == [place[value] for value in values]
    assert ranks.dtype == np.uint32


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=60), st.sampled_from([41, 1 << 40, 1 << 64]))
def test_dense_ranks(values: list[int], limit: int) -> None:
    check_ranks(values, limit)  # 1 << 64: keys and positions do not fit into 64 bits together


@settings(max_examples=100, deadline=None)
@given(KEYS)
def test_dense_ranks_of_large_keys(values: list[int]) -> None:
    check_ranks(values, 1 << 64)


@pytest.mark.parametrize(
    "bits", [46, 47, 48, 64]
)  # 100,000 positions take 17 bits: the border is 47
@pytest.mark.parametrize("alike", [True, False])
def test_dense_ranks_of_many_keys(bits: int, alike: bool) -> None:
    values = random_keys(100_000, 1 << bits)
    if alike:
        values = values >> np.uint64(bits - 10) << np.uint64(bits - 10)
    distinct, place = np.unique(values, return_inverse=True)
    ranks, found = keys.dense_ranks(values.copy(), 1 << bits)
    assert np.array_equal(found, distinct)
    assert np.array_equal(ranks, place)


def test_dense_ranks_of_one_long_group() -> None:
    ranks, found = keys.dense_ranks(np.full(3 * keys.PIECE, 7, np.uint64), 8)
    assert found.tolist() == [7]
    assert not ranks.any()


def check_order(values: list[int], limit: int) -> None:
    found, places = keys.sorted_order(np.array(values, np.uint64), limit)
    order = sorted(range(len(values)), key=values.__getitem__)  # equal ones stay as they stand
    assert places.tolist() == order
    assert found.tolist() == [values[i] for i in order]
    assert found.dtype == np.uint64
    assert places.dtype == np.int64


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_distinct_rows(rows: list[tuple[int, int]]) -> None:
    """Rows are numbered as they come; the first place of each."""
    array = np.array(rows, np.uint16).reshape(-1, 2)
    numbers, first = keys.distinct_rows(array, 4)
    distinct = list(dict.fromkeys(rows))
    assert numbers.tolist() == [distinct.index(row) for row in rows]
    assert first.tolist() == [rows.index(row) for row in distinct]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=60), st.sampled_from([41, 1 << 40, 1 << 64]))
def test_sorted_order(values: list[int], limit: int) -> None:
    check_order(values, limit)


@settings(max_examples=50, deadline=None)
@given(KEYS)
def test_sorted_order_of_large_keys(values: list[int]) -> None:
    check_order(values, 1 << 64)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("limit", [1, 2, 1 << 61, 1 << 62, 1 << 63, 1 << 64])
def test_sorted_order_where_key_and_place_just_fit(size: int, limit: int) -> None:
    check_order([limit - 1 - i % min(limit, 3) for i in range(size)], limit)


@pytest.mark.parametrize("bits", [46, 47, 48, 64])  # as above: the border is 47
def test_sorted_order_of_many_keys(bits: int) -> None:
    values = random_keys(100_000, 1 << bits) >> np.uint64(bits - 14) << np.uint64(bits - 14)
    order = np.argsort(values, kind="stable")
    found, places = keys.sorted_order(values.copy(), 1 << bits)
    assert np.array_equal(found, values[order])
    assert np.array_equal(places, order)


# --- KeyTable --------------------------------------------------------------------------------


def check_table(known: np.ndarray, queries: np.ndarray) -> None:
    index = {key: i for i, key in enumerate(known.tolist())}
    found = KeyTable(known).find(queries)
    assert found.dtype == np.int32
    assert found.tolist() == [index.get(query, -1) for query in queries.tolist()]


@settings(max_examples=150, deadline=None)
@given(st.sets(st.integers(0, (1 << 64) - 1), max_size=60), KEYS)
def test_key_table(known: set[int], others: list[int]) -> None:
    queries = np.array([*others, *known, *others[:3]], np.uint64)
    check_table(np.array(list(known), np.uint64), queries)


def test_key_table_of_small_numbers() -> None:
    known = np.random.default_rng(5).permutation(200_000)[:100_000].astype(np.uint64)
    check_table(known, np.arange(200_000, dtype=np.uint64))


def in_one_slot(size: int) -> np.ndarray:
    """Keys that all fall into the same slot of a first table of `size` keys."""
    bits = max(4, (4 * size - 1).bit_length())
    multiplier = keys._MULTIPLIERS[0]
    inverse = pow(multiplier, -1, 1 << 64)
    wanted = (5 << (64 - bits)) + np.arange(size, dtype=object) * 977
    return np.array([int(hashed) * inverse % (1 << 64) for hashed in wanted], np.uint64)


@pytest.mark.parametrize("size", [2, 50, 3000])
def test_key_table_with_keys_that_collide(size: int) -> None:
    known = in_one_slot(size)
    table = KeyTable(known)
    assert len(table._rounds) > 1, "they were meant to collide"
    queries = np.concatenate([known[::-1], known + np.uint64(1), in_one_slot(size + 1)[-1:]])
    check_table(known, queries)
    check_table(known[: size // 2], known)  # half of them are strangers with the same slot


@pytest.mark.parametrize("size", [1000, 40_000, 66_000])
def test_key_table_is_small(size: int) -> None:
    """The tables of words of a large corpus are most of what discover holds at --memory 128MB."""
    known = np.random.default_rng(size).permutation(1 << 20)[:size].astype(np.uint64)
    table = KeyTable(known)
    assert sum(places.nbytes for _, _, places in table._rounds) + known.nbytes <= 44 * size


def test_key_table_of_nothing() -> None:
    assert KeyTable(np.empty(0, np.uint64)).find(np.arange(3, dtype=np.uint64)).tolist() == [-1] * 3
    table = KeyTable(np.array([0], np.uint64))
    assert table.find(np.empty(0, np.uint64)).tolist() == []
    assert table.find(np.array([0, 1], np.uint64)).tolist() == [0, -1]


# --- sorting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "make",
    [
        lambda: random_keys(300_000, 1 << 63),
        lambda: random_keys(300_001, 3),
        lambda: np.arange(300_000, 0, -1, dtype=np.uint64),
        lambda: np.zeros(300_000, np.uint64),
        lambda: random_keys(10, 100),
        lambda: np.empty(0, np.uint64),
    ],
    ids=["random", "three values", "descending", "equal", "few", "none"],
)
def test_sort_in_place(workers: int, make: Callable[[], np.ndarray]) -> None:
    values = make()
    expected = np.sort(values)
    with ThreadPoolExecutor(workers) as pool:
        assert keys.sort_in_place(values, pool, workers) is None
    assert np.array_equal(values, expected)


def test_sort_in_place_without_threads() -> None:
    values = random_keys(300_000, 1 << 40)
    expected = np.sort(values)
    keys.sort_in_place(values)
    assert np.array_equal(values, expected)
