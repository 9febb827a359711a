"""Rows that cannot be read, files that end early, and the first rows alone: an error, or left out and counted."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectorcases import binary_of, safetensors_of, text_of

from nlptools.errors import DataError
from nlptools.vectors import files as vectorfiles
from nlptools.vectors import vectors
from nlptools.vectors.files import read_vectors
from nlptools.vectors.vectors import Vectors

DAMAGED = """\
9 2
山 1 2
水 nan nan
火 3 -inf
 5 6
土 7
金 1e39 2

木 8 9,5
日 1 2 3.5
月 10 11
"""
PROBLEMS = [
    "line 3 ('水'): nan in column 1",
    "line 4 ('火'): -inf in column 2",
    "line 5: 2 numbers, but no word",
    "line 6: 1 number in the row, not 2",
    "line 7 ('金'): too large for float32 in column 1: '1e39'",
    "line 9 ('木'): not a number in column 2: '9,5'",
    "line 10: 3 numbers in the row, not 2",
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def put(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


def caught(path: str, **options: object) -> DataError:
    with pytest.raises(DataError) as error:
        read_vectors(path, **options)  # type: ignore[arg-type]
    return error.value


def skipped(path: str, **options: object) -> Vectors:
    return read_vectors(path, bad_rows="skip", **options)  # type: ignore[arg-type]


# --- rows that cannot be read


@pytest.mark.parametrize("block_size", [7, 25, 1 << 18])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text(block_size: int, end: str) -> None:
    """Seven bad rows of nine, and an empty line, which is no row; whatever the blocks."""
    put("a.txt", DAMAGED.replace("\n", end).encode())
    found = skipped("a.txt", block_size=block_size, workers=2)
    assert list(found.words()) == ["山", "月"]
    assert found.array().tolist() == [[1, 2], [10, 11]]
    assert (found.bad_rows.count, found.bad_rows.first) == (7, PROBLEMS)


def test_the_default_is_an_error() -> None:
    error = caught(put("a.txt", DAMAGED.encode()), workers=1)
    assert (error.line, error.hint) == (3, "--bad-rows skip leaves such rows out")
    assert not read_vectors(put("b.txt", b"a 1 2\nb 3 4\n")).bad_rows.count


def test_most_rows_are_bad() -> None:
    """As in a file of 10,817 rows of which 9,640 are NaN; ten are named. Without a header the dimension is found too."""
    matrix = np.full((500, 3), np.nan, np.float32)
    matrix[::100] = 1
    for header in (True, False):
        put("a.txt", text_of(matrix, [f"w{i}" for i in range(500)], header))
        found = skipped("a.txt")
        assert found.shape == (5, 3)
        assert (found.bad_rows.count, len(found.bad_rows.first)) == (495, 10)
        assert found.bad_rows.first[0] == f"line {2 + header} ('w1'): nan in column 1"


def test_nothing_is_left() -> None:
    error = caught(put("a.txt", b"a nan 1\nb 1 inf\n"), bad_rows="skip")
    assert error.problem == "no vectors are left of the file"
    assert error.hint == "the first: line 1 ('a'): nan in column 1"
    np.save("a.npy", np.full((3, 2), np.nan))
    assert caught("a.npy", bad_rows="skip").problem == "no vectors are left of the file"


@pytest.mark.parametrize("block_size", [16, 1 << 18])
def test_binary(block_size: int) -> None:
    """The word of the third row is empty, the second number of the fourth not finite: 4 + 3 * 11 - 1 + 2 + 4."""
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    matrix[3, 1] = np.nan
    put("a.bin", binary_of(matrix, ["a", "b", "", "d", "e"]))
    found = skipped("a.bin", block_size=block_size)
    assert list(found.words()) == ["a", "b", "e"]
    assert found.array().tolist() == [[0, 1], [2, 3], [8, 9]]
    assert found.bad_rows.first == [
        "vector 3, before byte 27: no word",
        "NaN in vector 4, at byte 42",
    ]


@pytest.mark.parametrize("memory", [0, 10**9])
def test_arrays(memory: int) -> None:
    """With their words, in memory or in files, packed and in the file itself."""
    matrix = np.arange(600, dtype=np.float32).reshape(200, 3)
    matrix[17, 2], matrix[150, 0] = np.nan, np.inf
    kept = np.delete(np.arange(200), [17, 150])
    np.save("a.npy", matrix)
    np.savez_compressed("a.npz", a=matrix)
    put("a.safetensors", safetensors_of({"w": matrix}))
    put("w.txt", "".join(f"词{i}\n" for i in range(200)).encode())
    with mock.patch.object(vectorfiles, "check_memory"), mock.patch.object(vectors, "BATCH", 1):
        for name in ("a.npy", "a.npz", "a.safetensors"):
            found = skipped(name, words="w.txt", memory=memory)
            assert np.array_equal(found.array(), matrix[kept])
            assert list(found.words()) == [f"词{i}" for i in kept]
            assert found.bad_rows.first == ["NaN at [17, 2]", "an infinite number at [150, 0]"]
            assert caught(name, memory=memory).hint == "--bad-rows skip leaves such rows out"


def test_what_is_made_of_them_knows_of_them() -> None:
    found = skipped(put("a.txt", DAMAGED.encode()))
    assert found.mapped(lambda rows: rows[:, :1], 1).bad_rows is found.bad_rows


PIECES = st.sampled_from(
    [
        *(f"{word} {i} {i / 4}\n" for i, word in enumerate("山水火土")),
        "\n",
        " \n",
        "木 nan 1\n",
        "金 1\n",
        " 1 2\n",
        "日 月 1 2\n",
        "5 2\n",
        "x\n",
        "inf -1 2 3\n",
        "星 1 2",
        "\r\n",
        "\t1 2 3\n",
        "1e39 1e39 1e39\n",
    ]
)


@given(
    st.lists(PIECES, max_size=12), st.sampled_from([None, 1, 3]), st.sampled_from(["stop", "skip"])
)
@settings(max_examples=150, deadline=None)
def test_blocks_change_nothing(pieces: list[str], limit: int | None, bad_rows: str) -> None:
    """The same rows, the same list of bad ones or the same error, whatever the blocks; never another error."""
    with tempfile.TemporaryDirectory() as folder:
        path = put(f"{folder}/a.txt", "".join(["7 2\n"] * (len(pieces) % 2) + pieces).encode())
        seen = set()
        for block_size in (1, 9, 30, 1 << 18):
            try:
                found = read_vectors(
                    path,
                    bad_rows=bad_rows,
                    limit=limit,
                    duplicates="first",
                    block_size=block_size,
                    workers=1,
                )
                rows = repr((list(found.words()), found.array().tolist(), found.bad_rows))
            except DataError as error:
                rows = repr((str(error), error.hint))
            seen.add(rows)
    assert len(seen) == 1, seen


# --- files that end early, and the first rows alone


@pytest.mark.parametrize("block_size", [5, 1 << 18])
def test_a_text_that_was_cut_at_a_line(block_size: int) -> None:
    """The hint works when it is followed; so it does for a packed file, and for more rows than the header says."""
    data = b"900 2\na 1 2\nb 3 4\nc 5 6\n"
    put("a.txt", data)
    put("a.txt.gz", gzip.compress(data))
    put("more.txt", b"3 2\na 1 2\nb 3 4\nc 5 6\nd 7 x\n")
    for name, problem, hint in (
        (
            "a.txt",
            "ends after 3 of 900 vectors",
            "the file was cut short: copy or download it again",
        ),
        (
            "a.txt.gz",
            "ends after 3 of 900 vectors",
            "the file was cut short: copy or download it again",
        ),
    ):
        error = caught(name, block_size=block_size)
        assert error.problem == problem
        assert error.hint == f"{hint}; --limit 3 reads no more than that"
    for name in ("a.txt", "a.txt.gz", "more.txt"):
        found = read_vectors(name, limit=3, block_size=block_size)
        assert found.array().tolist() == [[1, 2], [3, 4], [5, 6]]
        assert read_vectors(name, limit=1, block_size=block_size).array().tolist() == [[1, 2]]
    assert caught("a.txt", limit=4, block_size=block_size).problem == "ends after 3 of 900 vectors"


def test_a_text_that_was_cut_inside_a_line() -> None:
    for data in (b"4 2\na 1 2\nb 3 4\nc 5", b"a 1 2\nb 3 4\nc 5"):
        error = caught(put("a.txt", data))
        assert error.problem == "1 number in the row, not 2"
        assert error.hint == (
            "the file was cut short: copy or download it again; --limit 2 reads no more than that"
        )
        assert list(read_vectors("a.txt", limit=2).words()) == ["a", "b"]


def test_a_binary_that_was_cut() -> None:
    matrix = np.arange(10, dtype=np.float32).reshape(5, 2)
    data = binary_of(matrix, list("abcde"))
    error = caught(put("a.bin", data[:-20]))
    assert error.problem == f"ends inside vector 4 of 5, at byte {len(data) - 20}"
    assert error.hint is not None
    assert error.hint.endswith("; --limit 3 reads no more than that")
    assert np.array_equal(read_vectors("a.bin", limit=3).array(), matrix[:3])
    put("a.bin", data.replace(b"5 2", b"2 2", 1))
    assert str(caught("a.bin").hint).endswith("; --limit 2 reads no more than that")
    assert np.array_equal(read_vectors("a.bin", limit=2).array(), matrix[:2])


def test_the_first_rows() -> None:
    """Bad ones among them count, empty lines do not; more than there are is all."""
    put("a.txt", DAMAGED.encode())
    assert list(skipped("a.txt", limit=1).words()) == ["山"]
    assert skipped("a.txt", limit=7).bad_rows.count == 6
    assert skipped("a.txt", limit=8).bad_rows.count == 7
    assert skipped("a.txt", limit=99).bad_rows.count == 7
    matrix = np.arange(600, dtype=np.float32).reshape(200, 3)
    np.save("a.npy", matrix)
    put("w.txt", "".join(f"词{i}\n" for i in range(200)).encode())
    found = read_vectors("a.npy", limit=70, words="w.txt")
    assert np.array_equal(found.array(), matrix[:70])
    assert len(list(found.words())) == 70
    assert read_vectors("a.npy", limit=500).shape == (200, 3)
    with pytest.raises(ValueError, match="limit must be at least 1"):
        read_vectors("a.npy", limit=0)


# --- archives


def test_a_zip_of_texts() -> None:
    with zipfile.ZipFile("g 1.zip", "w") as archive:
        archive.writestr("small.txt", "a 1 2\n")
        archive.writestr("large.txt", "a 1 2\n")
    error = caught("g 1.zip")
    assert error.problem == "a zip archive without .npy arrays"
    assert error.hint == (
        "unzip -p 'g 1.zip' small.txt | nlptools vectors check; it has 1 more file"
    )
    with zipfile.ZipFile("model.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    assert str(caught("model.pt").hint).startswith("a PyTorch file is not read")
