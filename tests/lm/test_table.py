"""The table of keys: as a dictionary, its keys back, and no harm from damaged columns."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.storage import Column, FileColumn
from nlptools.lm import partition as exchange
from nlptools.lm import table as ngramtable
from nlptools.lm.partition import BYTES_PER_ROW
from nlptools.lm.table import NgramTable, make_table

ROOMY = 1 << 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ngramtable")


@contextlib.contextmanager
def small_slices(size: int) -> Iterator[None]:
    with (
        mock.patch.object(exchange, "SLICE", size),
        mock.patch.object(ngramtable, "SLICE", size),
    ):
        yield


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """TimeoutError for what takes longer, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("no alarms on this system")

    def late(*_: object) -> None:
        raise TimeoutError("this does not end")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def build(
    known: np.ndarray,
    limit: int,
    *,
    width: int = 1,
    rows: int = ROOMY // BYTES_PER_ROW,
    folder: Path | None = None,
    piece: int = 1 << 20,
) -> tuple[NgramTable, Column]:
    """The table of keys whose values are 1 and more, 0.5 and more; room for about so many rows."""

    def slices() -> Iterator[np.ndarray]:
        for start in range(0, len(known), piece):
            yield known[start : start + piece].copy()

    values = [
        np.arange(len(known), dtype=np.float32) + np.float32(1 / (k + 1)) for k in range(width)
    ]
    return make_table(slices, len(known), limit, values, rows * BYTES_PER_ROW, folder)


def check(table: NgramTable, places: Column, known: np.ndarray, strangers: Sequence[int]) -> None:
    """What was put in is found in its row with its values, nothing else is, and all keys come back."""
    size = len(known)
    assert len(table) == size
    assert len(table.values) == (size + 1) * table.width
    table.check(size)
    near = table.in_memory()
    rows = places[:].astype(np.int64)
    assert sorted(rows.tolist()) == list(range(size))
    index = dict(zip(known.tolist(), rows.tolist(), strict=True))
    wanted = np.array([*known.tolist(), *strangers, *known.tolist()[::-1]], np.uint64)
    found = near.find(wanted.copy())
    assert found.dtype == np.int64
    assert found.tolist() == [index.get(key, size) for key in wanted.tolist()]
    together = np.asarray(near.values).reshape(-1, table.width)
    for k in range(table.width):
        assert together[rows, k].tolist() == [i + np.float32(1 / (k + 1)) for i in range(size)]
    assert not together[size].any()
    for size_of_slices in (3, 1 << 18):
        with small_slices(size_of_slices):
            back = [key for piece in table.all_keys() for key in piece.tolist()]
        assert [index[key] for key in back] == list(range(size))


def test_by_hand() -> None:
    # Keys below 8 take 3 bits, two keys two buckets: the upper bit; the multiplier ends in 0x15, which is 5.
    # 1 -> 1 ^ 1 >> 2 = 1, 1 * 5 % 8 = 5 = 0b101: bucket 1, rest 1.
    # 6 -> 6 ^ 6 >> 2 = 7, 7 * 5 % 8 = 3 = 0b011: bucket 0, rest 3. It stands first.
    table, places = build(np.array([1, 6], np.uint64), 8)
    assert table.bits == 3
    assert table.first.tolist() == [0, 1]
    assert table.rests.tolist() == [3, 1, 0]
    assert table.values.tolist() == [2, 1, 0]
    assert places.tolist() == [1, 0]
    assert table.find(np.arange(8, dtype=np.uint64)).tolist() == [2, 1, 2, 2, 2, 2, 0, 2]
    assert np.concatenate(list(table.all_keys())).tolist() == [6, 1]
    # 3 -> 3 ^ 0 = 3, 3 * 5 % 8 = 7 = 0b111: bucket 1 goes on after rest 1 (bit 2 is set) with rest 3.
    table, places = build(np.array([3, 1], np.uint64), 8)
    assert table.first.tolist() == [2, 0]
    assert table.rests.tolist() == [1 | 4, 3, 0]
    assert table.find(np.arange(8, dtype=np.uint64)).tolist() == [2, 0, 2, 1, 2, 2, 2, 2]


@pytest.mark.parametrize("bits", range(1, 12))
def test_the_shuffle_is_a_bijection(bits: int) -> None:
    numbers = np.arange(1 << bits, dtype=np.uint64)
    shuffled = numbers.copy()
    ngramtable._shuffle(shuffled, bits)
    assert sorted(shuffled.tolist()) == numbers.tolist()
    ngramtable._unshuffle(shuffled, bits)
    assert np.array_equal(shuffled, numbers)


@pytest.mark.parametrize("bits", [31, 32, 33, 60, 63])
def test_the_shuffle_of_large_numbers_can_be_undone(bits: int) -> None:
    numbers = np.random.default_rng(bits).integers(0, 1 << bits, 1000, np.uint64)
    shuffled = numbers.copy()
    ngramtable._shuffle(shuffled, bits)
    assert not np.array_equal(shuffled, numbers)
    assert int(shuffled.max()) < 1 << bits
    ngramtable._unshuffle(shuffled, bits)
    assert np.array_equal(shuffled, numbers)


@settings(max_examples=150, deadline=None)
@given(
    st.data(),
    st.sampled_from([1, 2, 3, 50, 1000, 1 << 16, (1 << 16) + 1, 1 << 31]),
    st.integers(1, 3),
)
@example(None, 1, 1)
@example(None, 2, 2)
def test_as_a_dictionary(folder: Path, data: st.DataObject | None, limit: int, width: int) -> None:
    if data is None:
        known, strangers = [*range(limit)], []
        rows, piece = 1, 1
    else:
        known = sorted(data.draw(st.sets(st.integers(0, min(limit - 1, 300)), max_size=60)))
        known = data.draw(st.permutations(known))
        strangers = data.draw(st.lists(st.integers(0, limit - 1)))
        rows, piece = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    keys = np.array(known, np.uint64)
    check(*build(keys, limit, width=width), keys, strangers)
    check(*build(keys, limit, width=width, rows=rows, folder=folder, piece=piece), keys, strangers)


@pytest.mark.parametrize(
    ("size", "limit"),
    [(0, 1), (1, 1), (1, 1 << 30), (3, 1 << 31), (300, 1 << 30), (300, 300), (3000, 1 << 40)],
)
@pytest.mark.parametrize("spilled", [False, True])
def test_sizes_and_limits(folder: Path, size: int, limit: int, spilled: bool) -> None:
    rng = np.random.default_rng(size)
    known = np.unique(rng.integers(0, limit, 2 * size, np.uint64))
    known = rng.permutation(known)[:size]
    strangers = rng.integers(0, limit, size, np.uint64).tolist()
    how = {"folder": folder, "rows": max(1, size // 5)} if spilled else {}
    check(*build(known, limit, **how), known, strangers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "limit"), [(0, 1 << 36), (1, 1 << 40), (100, 1 << 41), (9, 1 << 60)]
)
def test_few_keys_below_a_large_limit(size: int, limit: int) -> None:
    known = np.random.default_rng(size).permutation(np.arange(size, dtype=np.uint64) * 977)
    check(*build(known, limit), known, [limit - 1, 3, 978])


@pytest.mark.parametrize(
    ("size", "limit", "rests"),
    [
        (1000, 1 << 25, np.uint16),  # 2**10 buckets leave 15 bits and the one that says "goes on"
        (1000, 1 << 27, np.uint16),  # as many buckets as it takes, up to four a key
        (1000, 1 << 28, np.uint32),
        (1000, 1 << 40, np.uint32),
    ],
)
def test_rests_of_two_widths(size: int, limit: int, rests: type) -> None:
    known = np.random.default_rng(3).choice(limit, size, replace=False).astype(np.uint64)
    table, places = build(known, limit, width=2)
    assert table.rests.dtype == rests
    assert len(table.first) <= 4 << 10
    check(table, places, known, range(0, limit, limit // 1000))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 7), st.integers(0, 6))
def test_buckets_of_any_length(data: st.DataObject, bits: int, upper: int) -> None:
    """Far fewer buckets than keys, and every number asked for: rests that agree in other buckets."""
    known = data.draw(st.sets(st.integers(0, (1 << bits) - 1)).map(sorted))
    keys = np.array(known, np.uint64)
    with mock.patch.object(ngramtable.math, "log2", lambda _: upper):
        table, places = build(keys, 1 << bits)
    assert len(table.first) == 1 << min(bits, upper)
    check(table, places, keys, range(1 << bits))


def test_long_buckets() -> None:
    """All keys in one bucket, and in the last two: every way through `find`."""
    bits, low = 20, 14
    shuffled = np.concatenate([np.arange(40) * 3, ((1 << bits) - 1) - np.arange(40) * 409])
    known = shuffled.astype(np.uint64)
    ngramtable._unshuffle(known, bits)
    with mock.patch.object(ngramtable.math, "log2", lambda _: bits - low):
        table, places = build(known, 1 << bits, width=2)
    assert len(table.first) == 1 << (bits - low)
    counts = np.diff(np.flatnonzero(np.append(True, table.rests[:-1] < 1 << low)))
    assert counts.max() > 30
    near = np.append(shuffled + 1, shuffled[1:] - 1).astype(np.uint64)
    ngramtable._unshuffle(near, bits)
    strangers = sorted(set(near.tolist()) - set(known.tolist()))
    check(table, places, known, [*strangers, *range(0, 1 << bits, 97)])


def test_out_of_memory_equals_in_memory(folder: Path) -> None:
    rng = np.random.default_rng(7)
    for size, limit in ((5000, 1 << 26), (5000, 1 << 44), (4096, 4096)):
        known = rng.choice(limit, size, replace=False).astype(np.uint64)
        near, places = build(known, limit, width=2)
        for rows in (4999, 700, 13):
            with small_slices(600):
                far, other = build(known, limit, width=2, rows=rows, folder=folder, piece=777)
                assert isinstance(far.first, FileColumn) == (rows < size)
                assert np.array_equal(places[:], other[:])
            assert (far.bits, far.width) == (near.bits, near.width)
            for name in ("first", "rests", "values"):
                a, b = getattr(near, name), getattr(far, name)
                assert a.dtype == b.dtype
                assert np.array_equal(a[:], b[:])
    assert list(folder.iterdir()) == []


# --- damaged columns -------------------------------------------------------------------------

DTYPES = st.sampled_from([np.uint32, np.uint64])


def damaged(data: st.DataObject, first_type: type, rests_type: type) -> NgramTable:
    """Columns of any bytes that `check` takes."""
    size, upper = data.draw(st.integers(0, 12)), data.draw(st.integers(0, 4))
    low = data.draw(st.integers(0, 8 * np.dtype(rests_type).itemsize - 1))

    def column(dtype: type, length: int) -> np.ndarray:
        count = length * np.dtype(dtype).itemsize
        if data.draw(st.booleans()):
            return np.frombuffer(data.draw(st.binary(min_size=count, max_size=count)), dtype).copy()
        few = st.lists(st.integers(0, 14), min_size=length, max_size=length)
        return np.array(data.draw(few)).astype(dtype)

    rests = column(rests_type, size + 1)
    if data.draw(st.booleans()):
        rests |= rests_type(1 << low)  # every bucket goes on
    table = NgramTable(
        upper + low, 1, column(first_type, 1 << upper), rests, np.zeros(size + 1, np.float32)
    )
    table.check(size)
    return table


def look_up(table: NgramTable, data: st.DataObject) -> np.ndarray:
    some = data.draw(st.lists(st.integers(0, (1 << 64) - 1) | st.integers(0, 40), max_size=20))
    return table.find(np.array(some, np.uint64))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from([np.uint16, np.uint32]))
def test_any_bytes_give_rows_of_the_table(data: st.DataObject, rests_type: type) -> None:
    table = damaged(data, np.uint32, rests_type)
    low = table.bits - len(table.first).bit_length() + 1
    table.rests[-1] &= rests_type((1 << low) - 1)  # see test_a_last_row_that_goes_on
    rows = look_up(table, data)
    assert np.all((rows >= 0) & (rows <= len(table)))


@settings(max_examples=200, deadline=None)
@given(st.data(), DTYPES, st.sampled_from([np.uint16, np.uint32]), st.integers(1, 5))
def test_any_bytes_give_keys_or_a_value_error(
    data: st.DataObject, first_type: type, rests_type: type, size: int
) -> None:
    table = damaged(data, first_type, rests_type)
    with small_slices(size), contextlib.suppress(ValueError):
        keys = np.concatenate(list(table.all_keys()))
        assert len(keys) == len(table)
        assert np.all(keys < 1 << table.bits)


def test_buckets_that_disagree_are_told() -> None:
    known = np.arange(40, dtype=np.uint64)
    table, _ = build(known, 40)
    for wrong in ([40] * 64, [1] * 64, [0] * 64, list(range(63, -1, -1))):
        first = np.array(wrong, np.uint32)
        broken = NgramTable(table.bits, 1, first, table.rests, table.values)
        with pytest.raises(ValueError, match="the buckets of a table disagree"):
            list(broken.all_keys())


def test_a_last_row_that_goes_on() -> None:
    """The row after the last: its bit that says "goes on" is set by one changed byte of a file."""
    table = NgramTable(
        4, 1, np.zeros(2, np.uint32), np.array([8, 8, 8, 8], np.uint16), np.zeros(4, np.float32)
    )
    table.check(3)
    with within(0.3):
        rows = table.find(np.arange(16, dtype=np.uint64))
    assert np.all((rows >= 0) & (rows <= 3))


def test_beginnings_beyond_63_bits() -> None:
    table = NgramTable(
        4, 1, np.full(2, (1 << 64) - 5, np.uint64), np.zeros(4, np.uint16), np.zeros(4, np.float32)
    )
    table.check(3)
    rows = table.find(np.arange(16, dtype=np.uint64))
    assert np.all((rows >= 0) & (rows <= 3))


def test_check_refuses_columns_that_disagree() -> None:
    first, rests, values = np.zeros(4, np.uint32), np.zeros(3, np.uint16), np.zeros(6, np.float32)
    NgramTable(5, 2, first, rests, values).check(2)
    NgramTable(2, 2, first, rests, values).check(2)  # no bit is left to the rests
    NgramTable(17, 2, first, rests, values).check(2)  # 15 bits are
    wrong = [
        NgramTable(1, 2, first, rests, values),  # more buckets than numbers
        NgramTable(18, 2, first, rests, values),  # 16 bits and one more
        NgramTable(64, 2, first, rests.astype(np.uint64), values),
        NgramTable(5.0, 2, first, rests, values),  # type: ignore[arg-type]
        NgramTable("5", 2, first, rests, values),  # type: ignore[arg-type]
        NgramTable(None, 2, first, rests, values),  # type: ignore[arg-type]
        NgramTable(-1, 2, first, rests, values),
        NgramTable(5, 1, first, rests, values),
        NgramTable(5, 3, first, rests, values),
        NgramTable(5, 2, first[:3], rests, values),
        NgramTable(5, 2, first[:0], rests, values),
        NgramTable(5, 2, first, rests[:2], values),
        NgramTable(5, 2, first, rests, values[:5]),
        NgramTable(5, 2, first.astype(np.int32), rests, values),
        NgramTable(5, 2, first, rests.astype(np.int16), values),
        NgramTable(5, 2, first, rests, values.astype(np.int32)),
    ]
    for table in wrong:
        with pytest.raises(ValueError, match="the columns of a table disagree"):
            table.check(2)
    with pytest.raises(ValueError, match="len"):
        NgramTable(5, 2, first, rests[:0], values[:0]).check(0)
    for size in (1, 3, "2", None, 2.5):
        with pytest.raises(ValueError, match="the columns of a table disagree"):
            NgramTable(5, 2, first, rests, values).check(size)  # type: ignore[arg-type]
