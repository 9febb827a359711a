"""Every format gives the same vectors; what is wrong with a file is one error with its place."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from vectorcases import (
    MATRIX,
    WORDS,
    bfloat16,
    binary_of,
    number,
    safetensors_of,
    text_of,
    write_all,
)

from nlptools.errors import DataError, NlptoolsError
from nlptools.vectors import files as vectorfiles
from nlptools.vectors import vectors
from nlptools.vectors.files import format_of, read_vectors, write_vectors, write_words
from nlptools.vectors.tensors import Tensor
from nlptools.vectors.vectors import Vectors

NAMES = ["的", "新词发现", "New_York", "...", "2013", "iphone", "naïve", "，"]
TWO = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


def same(found: Vectors, matrix: np.ndarray, words: list[str] | None) -> None:
    assert found.shape == matrix.shape
    assert np.array_equal(found.array(), matrix)
    assert list(found.words()) == (words or [])
    assert found.has_words == (words is not None)


def problem(path: Path | str, data: bytes | None = None, **options: object) -> str:
    """The error line without the folder, and the hint after " | "."""
    if data is not None:
        Path(path).write_bytes(data)
    with pytest.raises(NlptoolsError) as caught:
        read_vectors(path, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    assert "\n" not in text
    folder = f"{Path(path).parent}/"
    return " | ".join(filter(None, [text.replace(folder, ""), caught.value.hint]))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- the same vectors in every format


def test_every_format(here: Path) -> None:
    files = write_all(here, MATRIX, NAMES)
    assert len(files) == 24
    for name, array in files:
        options = {"encoding": "auto"} if name == "utf16.txt" else {}
        found = read_vectors(name, words="words.txt" if array else None, **options)
        same(found, MATRIX, NAMES)
        assert found.dtype == (np.float64 if name.startswith("f64") else np.float32), name
        if array:
            same(read_vectors(name), MATRIX, None)
    formats = {name: read_vectors(name).format for name, _ in files if name.startswith("v.")}
    assert formats == {
        "v.bin": "word2vec-bin",
        "v.bin.gz": "word2vec-bin",
        "v.npy": "npy",
        "v.npz": "npz",
        "v.safetensors": "safetensors",
        "v.txt": "word2vec",
        "v.txt.bz2": "word2vec",
        "v.txt.gz": "word2vec",
        "v.txt.xz": "word2vec",
    }
    assert read_vectors("glove.txt").format == "glove"


@pytest.mark.parametrize("block_size", [11, 100, 1 << 18])
def test_blocks_and_memory(here: Path, block_size: int) -> None:
    """Whatever the blocks, the threads, and whether the numbers are in memory or in a file."""
    matrix = np.random.default_rng(1).normal(size=(150, 5)).astype(np.float32)
    words = [f"词{i}" for i in range(150)]
    for name, array in write_all(here, matrix, words):
        if name == "utf16.txt":
            continue
        with (
            mock.patch.object(vectorfiles, "check_memory"),
            mock.patch.object(vectors, "BATCH", 1),
        ):
            for memory in (0, 10**9):
                found = read_vectors(
                    name,
                    words="words.txt" if array else None,
                    block_size=block_size,
                    memory=memory,
                    workers=2,
                )
                same(found, matrix, words)
                # An array that does not fit into the memory stays in its file.
                assert isinstance(found._matrix, Tensor) == (
                    array and not memory and "npz" not in name
                )
                assert [len(batch) for batch in found.batches()] == [64, 64, 22]
                assert found.names([149, 0, 64]) == ["词149", "词0", "词64"]
                assert np.array_equal(found.take(np.array([3, 64, 149])), matrix[[3, 64, 149]])


@pytest.mark.parametrize("dtype", ["<f2", "<f8", ">f8"])
def test_types(here: Path, dtype: str) -> None:
    matrix = TWO.astype(dtype)
    np.save("a.npy", matrix)
    found = read_vectors("a.npy")
    assert found.dtype == np.dtype(dtype).newbyteorder("=")
    assert np.array_equal(found.array(), matrix)


def test_bfloat16(here: Path) -> None:
    """3.14159 = 0x40490fd0 in float32; its upper half 0x4049 is 3.140625."""
    data = safetensors_of({"w": bfloat16(np.array([[3.14159, -1], [0, 2]], np.float32))})
    (here / "a.safetensors").write_bytes(data)
    found = read_vectors("a.safetensors")
    assert found.dtype == np.float32
    assert found.array().tolist() == [[3.140625, -1], [0, 2]]


def test_stdin(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (text_of(MATRIX, NAMES), binary_of(MATRIX, NAMES)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        same(read_vectors("-"), MATRIX, NAMES)
    np.save("a.npy", TWO)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("a.npy").read_bytes())))
    assert problem("-") == "-: npy has to be a file | stdin is for text"


def test_words_with_blanks(here: Path) -> None:
    for header in (True, False):
        (here / "a.txt").write_bytes(text_of(MATRIX, WORDS, header))
        same(read_vectors("a.txt"), MATRIX, WORDS)
    (here / "a.txt").write_bytes(b"1 2\na  b\t c 1.0 2.0\n")
    assert list(read_vectors("a.txt").words()) == ["a  b\t c"]


def test_a_number_too_many_is_no_word(here: Path) -> None:
    """In "iphone 6 0.1 0.2" a word ends in 6; in "iphone 0.6 0.1 0.2" there is a number too many."""
    good = b"1 2\niphone 6 0.1 0.2\n"
    (here / "a.txt").write_bytes(good)
    assert list(read_vectors("a.txt").words()) == ["iphone 6"]
    write_vectors(Vectors.from_array(np.array([[1.0, 2.5]]), ["iphone 6"]), "b.txt")
    assert Path("b.txt").read_text() == "1 2\niphone 6 1.0 2.5\n"
    assert problem("b.txt", b"1 2\niphone 6 1 2.5\n").startswith(
        "b.txt:2: 3 numbers in the row, not 2"
    )
    for extra in (b"0.6", b"-.5", b"1e-5", b"3."):
        found = problem("a.txt", good.replace(b"6", extra, 1))
        assert found == (
            "a.txt:2: 3 numbers in the row, not 2 | every row has a word and 2 numbers, as the header says; --bad-rows skip leaves such rows out"
        )


def test_the_format_can_be_told(here: Path) -> None:
    """A first line of two whole numbers is a header, unless told otherwise."""
    Path("a.txt").write_bytes(b"2 1\nx 5\ny 7\n")
    same(read_vectors("a.txt"), np.array([[5], [7]], np.float32), ["x", "y"])
    found = read_vectors("a.txt", input_format="glove")
    same(found, np.array([[1], [5], [7]], np.float32), ["2", "x", "y"])
    assert problem("a.txt", b"a 1\nb 2\n", input_format="word2vec") == (
        "a.txt:1: no header (number of vectors, their dimension), but 'a 1' | "
        "a file without one: --input-format glove"
    )
    # Four bytes that are all printable: 0x41424344 = 12.14...
    row = np.frombuffer(b"DCBA", "<f4").reshape(1, 1)
    Path("b.bin").write_bytes(binary_of(row, ["词"]))
    same(read_vectors("b.bin"), row, ["词"])
    Path("b.txt").write_bytes(binary_of(row, ["词"]))
    same(read_vectors("b.txt", input_format="word2vec-bin"), row, ["词"])
    with pytest.raises(ValueError, match="input_format must be one of"):
        read_vectors("a.txt", input_format="vec")


FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
PIECE = st.text(
    st.characters(codec="utf-8", exclude_characters=" \t\r\n\0"), min_size=1, max_size=5
)
WORD = st.lists(PIECE, min_size=1, max_size=3).map(" ".join)


def writable(word: str) -> bool:
    """With a blank, and a decimal at the end, it is refused; with a whole number GloVe has no sure answer."""
    return " " not in word or not any(c in word.split(" ")[-1] for c in "0123456789")


@st.composite
def some_vectors(draw: st.DrawFn) -> tuple[np.ndarray, list[str]]:
    # From two columns on: "5 7" alone on the first line would be a header.
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(2, 5))
    numbers = draw(st.lists(FLOATS, min_size=rows * columns, max_size=rows * columns))
    words = draw(st.lists(WORD.filter(writable), min_size=rows, max_size=rows, unique=True))
    return np.array(numbers, np.float32).reshape(rows, columns), words


@settings(max_examples=50, deadline=None)
@given(some_vectors(), st.integers(1, 50))
def test_text_round_trip(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[np.ndarray, list[str]], block: int
) -> None:
    """What is written is read again, to the last bit; any other text of the numbers is, too."""
    matrix, words = case
    path = tmp_path_factory.getbasetemp() / "round.txt"
    for format in ("word2vec", "glove"):
        write_vectors(Vectors.from_array(matrix, words), path, format=format)
        same(read_vectors(path, block_size=block), matrix, words)
    path.write_bytes(text_of(matrix, words))
    same(read_vectors(path, block_size=block), matrix, words)
    lines = [
        " ".join([w, *(f"{x:.25e}" for x in row)]) for w, row in zip(words, matrix, strict=True)
    ]
    path.write_bytes(f"{len(words)} {matrix.shape[1]}\n{chr(10).join(lines)}".encode())
    same(read_vectors(path), matrix, words)


@settings(max_examples=40, deadline=None)
@given(some_vectors(), st.integers(1, 50), st.booleans())
@example(
    (np.array([[0.01, 0]], np.float32), ["0"]), 1, False
)  # 0.01 begins with the byte of a line end
def test_binary_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[np.ndarray, list[str]],
    block: int,
    dense: bool,
) -> None:
    matrix, words = case
    words = [f"{i}{word.replace(' ', '_')}" for i, word in enumerate(words)]
    path = tmp_path_factory.getbasetemp() / "round.bin"
    path.write_bytes(binary_of(matrix, words, b"" if dense else b"\n"))
    found = read_vectors(path, block_size=block)
    same(found, matrix, words)
    write_vectors(found, path)
    assert path.read_bytes() == binary_of(matrix, words)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays_round_trip(here: Path, dtype: type[np.floating]) -> None:
    matrix = MATRIX.astype(dtype) if dtype is not np.float16 else TWO.astype(dtype)
    given = Vectors.from_array(matrix)
    for name in ("a.npy", "a.safetensors"):
        write_vectors(given, name)
        found = read_vectors(name)
        same(found, matrix, None)
        assert found.dtype == dtype
    assert np.array_equal(np.load("a.npy"), matrix)  # the other reader
    np.save("b.npy", matrix)
    assert Path("a.npy").read_bytes() == Path("b.npy").read_bytes()
    header = Path("a.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", header[:8])
    assert length % 8 == 0
    assert header[8 + length :] == matrix.tobytes()


def test_float64_keeps_its_digits_in_text(here: Path) -> None:
    write_vectors(Vectors.from_array(np.array([[1 / 3, 2.0]]), ["a"]), "a.txt")
    assert Path("a.txt").read_text() == "1 2\na 0.33333333333333331 2\n"


def test_writing(here: Path) -> None:
    given = Vectors.from_array(TWO, ["甲", "乙"])
    write_vectors(given, "a.txt")
    assert Path("a.txt").read_text(encoding="utf-8") == "2 3\n甲 1 2 3\n乙 4 5 6\n"
    write_vectors(given, "a.glove")
    assert Path("a.glove").read_text(encoding="utf-8") == "甲 1 2 3\n乙 4 5 6\n"
    write_vectors(given, "a.vec.gz")
    assert Path("a.vec.gz").read_bytes()[:2] == b"\x1f\x8b"
    same(read_vectors("a.vec.gz"), TWO, ["甲", "乙"])
    write_vectors(given, "a.vec.bz2")
    assert Path("a.vec.bz2").read_bytes()[:3] == b"BZh"
    same(read_vectors("a.vec.bz2"), TWO, ["甲", "乙"])
    write_words(given, "words.txt")
    assert Path("words.txt").read_text(encoding="utf-8") == "甲\n乙\n"
    names = [
        "a.TXT",
        "a.vec",
        "b/c.bin",
        "x.npy",
        "x.safetensors",
        "x.glove",
        "x.txt.gz",
        "x.bin.gz",
    ]
    assert [format_of(name) for name in names] == [
        *("word2vec", "word2vec", "word2vec-bin", "npy", "safetensors", "glove", "word2vec", None)
    ]
    with pytest.raises(ValueError, match="format must be one of"):
        write_vectors(given, "a.npz")


@pytest.mark.parametrize(
    "format, word",
    [
        *(("word2vec", word) for word in ("", " a", "a ", "a 0.5", "a\0b")),
        *(("word2vec-bin", word) for word in ("", "a b")),
    ],
)
def test_words_that_a_format_cannot_hold(here: Path, format: str, word: str) -> None:
    given = Vectors.from_array(TWO, ["甲", word])
    with pytest.raises(NlptoolsError, match="cannot have the word"):
        write_vectors(given, "out", format=format)
    assert list(here.iterdir()) == []  # nothing half-written
    write_vectors(given, "out.npy")
    write_words(given, "words.txt")
    same(read_vectors("out.npy", words="words.txt"), TWO, ["甲", word])


def test_what_a_format_needs(here: Path) -> None:
    with pytest.raises(NlptoolsError, match="word2vec has a word in every row"):
        write_vectors(Vectors.from_array(TWO), "a.txt")
    with pytest.raises(NlptoolsError, match="have no words"):
        write_words(Vectors.from_array(TWO), "w.txt")
    with pytest.raises(NlptoolsError, match="too large for float32"):
        write_vectors(Vectors.from_array(TWO * np.float64(1e300), ["a", "b"]), "a.bin")
    assert list(here.iterdir()) == []


# --- errors: a text


BOTH = "每"


@pytest.mark.parametrize(
    "data, expected",
    [
        (b"", "a.txt: no vectors: the file is empty"),
        (b"\xef\xbb\xbf", "a.txt: no vectors: the file is empty"),
        (b"\n\n", "a.txt: no vectors: the file is empty"),
        (b"0 3\n", "a.txt:1: no vectors: the header says '0 3'"),
        (b"2 0\na\nb\n", "a.txt:1: no vectors: the header says '2 0'"),
        (
            b"2 3\n",
            "a.txt: ends after 0 of 2 vectors | the file was cut short: copy or download it again",
        ),
        (
            b"3 2\na 1 2\nb 3 4\n",
            "a.txt: ends after 2 of 3 vectors | the file was cut short: copy or download it again; "
            "--limit 2 reads no more than that",
        ),
        (
            b"1 2\na 1 2\nb 3 4\n",
            "a.txt:3: more vectors than the 1 of the header | the header or the file is wrong; --limit 1 reads no more than that",
        ),
        (
            b"2 3\na 1 2 3\nb 4 5\n",
            "a.txt:3: 2 numbers in the row, not 3 | every row has a word and 3 numbers, as the header says; --bad-rows skip leaves such rows out",
        ),
        (
            b"a 1 2 3\nb 4 5\nc 7 8 9\n",
            "a.txt:2: 2 numbers in the row, not 3 | every row has a word and 3 numbers, "
            "as most of the first lines have; --bad-rows skip leaves such rows out",
        ),
        (
            b"a 1 2 3\nb 4 5 6\nc 7 8 9.5 9.5 9\n",
            "a.txt:3: 5 numbers in the row, not 3 | every row has a word and 3 numbers, "
            "as most of the first lines have; --bad-rows skip leaves such rows out",
        ),
        (
            b"2 3\na 1 2 3\n4 5 6\n",
            "a.txt:3: 3 numbers, but no word | every row has a word and 3 numbers, as the header says; --bad-rows skip leaves such rows out",
        ),
        (
            b"2 2\na 1 nan\nb 3 4\n",
            "a.txt:2: nan in column 2 | --bad-rows skip leaves such rows out",
        ),
        (b"a 1 nan\nb 3 4\n", "a.txt:1: nan in column 2 | --bad-rows skip leaves such rows out"),
        (
            b"2 2\na 1 2\nb -inf 4\n",
            "a.txt:3: -inf in column 1 | --bad-rows skip leaves such rows out",
        ),
        (
            b"2 2\na 1 1e39\nb 3 4\n",
            "a.txt:2: too large for float32 in column 2: '1e39' | --bad-rows skip leaves such rows out",
        ),
        (
            b"2 2\na 1 2\nb 3 4,5\n",
            "a.txt:3: not a number in column 2: '4,5' | --bad-rows skip leaves such rows out",
        ),
        (
            b"2 2\na 1 2\nb 3 1_0\n",
            "a.txt:3: not a number in column 2: '1_0' | --bad-rows skip leaves such rows out",
        ),
        (
            b"2 2\na 1 2\nb 3 0x1\n",
            "a.txt:3: not a number in column 2: '0x1' | --bad-rows skip leaves such rows out",
        ),
        (b"2 2\na 1 2\n\nb 3 4\n", "a.txt:3: an empty line | --bad-rows skip leaves such rows out"),
        (b"\n2 2\na 1 2\nb 3 4\n", "a.txt:1: an empty line | --bad-rows skip leaves such rows out"),
        (
            b"3 1\na 1\nb 2\na 3\n",
            "a.txt:4: the word 'a' a second time, after line 2 | "
            "keep the first of its vectors: --duplicates first",
        ),
        (
            "2 1\n\u8bcd 1\n\u8bcd 2\n".encode(),
            "a.txt:3: the word '词' a second time, after line 2 | "
            "keep the first of its vectors: --duplicates first",
        ),
        (
            "2 1\n词 1\n典 2\n".encode("gb18030"),
            "a.txt:2: not UTF-8: byte 0xb4 at byte 4 of the file | try --encoding auto, or --on-error replace",
        ),
        (
            b"2 2\na 1 2\nb\0 3 4\n",
            "a.txt:3: a NUL byte: not a text file | a word2vec binary? --input-format word2vec-bin",
        ),
        (
            b"<html>\n<body>\n",
            "a.txt:1: no vectors, but '<html>' | a line of a vector file has a word and its numbers",
        ),
        (
            b"\x80\x04\x95abc",
            "a.txt: a Python pickle, not a file of vectors | "
            "save the vectors as word2vec text or binary, .npy or .safetensors first",
        ),
    ],
)
def test_text_errors(here: Path, data: bytes, expected: str) -> None:
    options = {"input_format": "word2vec"} if b"\0" in data else {}
    for block_size in (1, 1 << 18):
        assert problem("a.txt", data, block_size=block_size, **options) == expected


def test_the_place_of_an_error_in_a_large_file(here: Path) -> None:
    """Many blocks: the line is right, whatever the threads."""
    lines = [f"词{i} {i} 1.5 -2" for i in range(20_000)]
    for line, wrong, expected in (
        (15_001, "短 1 2", "2 numbers in the row, not 3"),
        (9_999, "词1 1 2 3", "the word '词1' a second time, after line 3"),
        (20_000, "坏 1 2 x", "not a number in column 3: 'x'"),
        (12_345, "", "an empty line | --bad-rows skip leaves such rows out"),
        (7_777, " \t", "an empty line | --bad-rows skip leaves such rows out"),
    ):
        damaged = [*lines]
        damaged[line - 2] = wrong
        text = "\n".join(["20000 3", *damaged])
        found = problem("a.txt", text.encode(), workers=3, block_size=1000)
        assert found.startswith(f"a.txt:{line}: {expected}")
    data = "\n".join(["20000 3", *lines]).encode()
    at = data.index("词15000 ".encode()) + 1
    found = problem("a.txt", data[:at] + b"\n" + data[at + 1 :], workers=3, block_size=1000)
    assert found.startswith(f"a.txt:15002: not UTF-8: byte 0xe8 at byte {at - 1} of the file")


def test_missing_files(here: Path) -> None:
    assert problem("no.txt") == "no.txt: no such file"
    assert problem(here).endswith(": is a directory")
    np.save("a.npy", TWO)
    assert problem("a.npy", words="no.txt") == "no.txt: no such file"


def test_options_of_other_formats(here: Path) -> None:
    assert problem("a.txt", b"a 1\n", words="w") == (
        "a.txt: glove has no use for --words | leave out --words"
    )
    assert problem("a.txt", b"1 1\na 1\n", tensor="w") == (
        "a.txt: word2vec has no use for --tensor | leave out --tensor"
    )
    np.save("a.npy", TWO)
    assert problem("a.npy", tensor="w") == "a.npy: npy has no use for --tensor | leave out --tensor"


def test_first_of_duplicates(here: Path) -> None:
    matrix = np.arange(8, dtype=np.float32).reshape(4, 2)
    words = ["a", "b", "a", "c"]
    Path("a.txt").write_bytes(text_of(matrix, words))
    Path("a.bin").write_bytes(binary_of(matrix, words))
    Path("w.txt").write_text("a\nb\na\nc\n")
    np.save("a.npy", matrix)
    for name, listed in (("a.txt", None), ("a.bin", None), ("a.npy", "w.txt")):
        for block_size, memory in ((1, 0), (1000, 10**9)):
            with mock.patch.object(vectorfiles, "check_memory"):
                found = read_vectors(
                    name, words=listed, duplicates="first", block_size=block_size, memory=memory
                )
            same(found, matrix[[0, 1, 3]], ["a", "b", "c"])
    assert problem("a.bin").startswith(
        "a.bin: the word 'a' a second time, in vector 3, after vector 1"
    )
    assert problem("a.npy", words="w.txt").startswith(
        "w.txt:3: the word 'a' a second time, after line 1"
    )


def test_bad_bytes(here: Path) -> None:
    matrix = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    text = text_of(matrix, ["a", "Q", "c"]).replace(b"Q", b"\xb4\xca")
    binary = binary_of(matrix, ["a", "Q", "c"]).replace(b"Q", b"\xb4\xca")
    np.save("a.npy", matrix)
    Path("w.txt").write_bytes(b"a\n\xb4\xca\nc\n")
    for name, data, listed in (
        ("a.txt", text, None),
        ("a.bin", binary, None),
        ("a.npy", b"", "w.txt"),
    ):
        if data:
            Path(name).write_bytes(data)
        same(read_vectors(name, words=listed, encoding="gb18030"), matrix, ["a", "词", "c"])
        found = read_vectors(name, words=listed, on_error="replace")
        same(found, matrix, ["a", "\ufffd\ufffd", "c"])
        found = read_vectors(name, words=listed, on_error="skip")
        same(found, matrix[[0, 2]], ["a", "c"])
    assert problem("a.txt").startswith("a.txt:3: not UTF-8: byte 0xb4 at byte 14 of the file")
    assert problem("a.bin").startswith(
        "a.bin: vector 2, before byte 18: a word that is not UTF-8: byte 0xb4"
    )
    assert problem("a.npy", words="w.txt").startswith(
        "w.txt:2: a word that is not UTF-8: byte 0xb4"
    )
    Path("a.txt").write_bytes(b"2 1\n\xb4 1\n\xca 2\n")
    assert problem("a.txt", on_error="skip") == "a.txt: no vectors are left of the file"
    # A line after one that was left out keeps its number.
    Path("a.txt").write_bytes(b"3 1\n\xb4 1\nb 2\nb 3\n")
    assert problem("a.txt", on_error="skip").startswith(
        "a.txt:4: the word 'b' a second time, after line 3"
    )


# --- errors: word2vec binary


def binary_problem(data: bytes) -> str:
    found = {problem("a.bin", data, block_size=size) for size in (1, 10, 1 << 18)}
    assert len(found) == 1
    return found.pop()


def test_binary_errors(here: Path) -> None:
    """A header of 4 bytes, then for each row a word of one byte, a blank, 12 bytes and LF: 4 + 15 + 15."""
    good = binary_of(TWO, ["a", "b"])
    assert len(good) == 34
    cut = "| the file was cut short: copy or download it again"
    one = "--limit 1 reads no more than that"
    assert binary_problem(good[:30]) == f"a.bin: ends inside vector 2 of 2, at byte 30 {cut}; {one}"
    assert binary_problem(good[:19]) == f"a.bin: ends inside vector 2 of 2, at byte 19 {cut}; {one}"
    assert binary_problem(good[:4]) == f"a.bin: ends inside vector 1 of 2, at byte 4 {cut}"
    same(read_vectors(put("a.bin", good[:-1])), TWO, ["a", "b"])
    assert binary_problem(good + b"c") == (
        "a.bin: more than the 2 vectors of the header, from byte 33 | the header or the file is wrong; "
        "--limit 2 reads no more than that"
    )
    wrong = "| not word2vec binary, or damaged"
    skip = "--bad-rows skip leaves such rows out"
    for value, name in ((np.nan, "NaN"), (-np.inf, "an infinite number")):
        matrix = TWO.copy()
        matrix[1, 2] = value
        # The third number of the second row begins at byte 4 + 15 + 2 + 8.
        assert binary_problem(binary_of(matrix, ["a", "b"])) == (
            f"a.bin: {name} in vector 2, at byte 29 {wrong}; {skip}"
        )
    assert binary_problem(binary_of(TWO, ["a", ""])) == (
        f"a.bin: vector 2, before byte 20: no word {wrong}; {skip}"
    )
    assert binary_problem(binary_of(TWO, ["a", "a"])) == (
        "a.bin: the word 'a' a second time, in vector 2, after vector 1 | "
        "keep the first of its vectors: --duplicates first"
    )
    many = np.arange(300, dtype=np.float32).reshape(100, 3)
    many[70, 1] = np.inf
    # A header of 6 bytes, 70 rows of 2 + 1 + 12 + 1 bytes, then the third byte, and a number after it.
    assert binary_problem(binary_of(many, [f"{i:02}" for i in range(100)])) == (
        f"a.bin: an infinite number in vector 71, at byte {6 + 70 * 16 + 3 + 4} {wrong}; {skip}"
    )
    good = binary_of(many[:70], [f"{i:02}" for i in range(70)])
    assert (
        binary_problem(good[:-20])
        == f"a.bin: ends inside vector 69 of 70, at byte {len(good) - 20} {cut}; --limit 68 reads no more than that"
    )
    assert binary_problem(good + b"x") == (
        f"a.bin: more than the 70 vectors of the header, from byte {len(good) - 1} | "
        "the header or the file is wrong; --limit 70 reads no more than that"
    )
    long = b"2 3\n" + b"\1" * 70_000
    assert binary_problem(long) == f"a.bin: no word begins at byte 4, where vector 1 should {wrong}"
    assert binary_problem(b"0 3\n\0") == "a.bin: no vectors: the header says '0 3'"
    assert (
        problem("a.bin", b"", input_format="word2vec-bin") == "a.bin: no vectors: the file is empty"
    )
    assert problem("a.bin", b"a 1 2\n", input_format="word2vec-bin") == (
        "a.bin: no header (number of vectors, their dimension), but 'a 1 2\\n'"
    )


def put(name: str, data: bytes) -> str:
    Path(name).write_bytes(data)
    return name


# --- errors: arrays


def test_npy_errors(here: Path) -> None:
    np.save("a.npy", TWO)
    good = Path("a.npy").read_bytes()
    cut = "the file was cut short: copy or download it again"
    assert problem("a.npy", good[:-1]) == f"a.npy: ends inside its array of 2 x 3 | {cut}"
    for array, expected in (
        (np.arange(6).reshape(2, 3), "an array of int64, not of floats | float32 is usual"),
        (np.zeros((2, 3), complex), "an array of complex128, not of floats | float32 is usual"),
        (np.zeros(3), "an array of 3, not a matrix"),
        (np.zeros((2, 2, 2)), "an array of 2 x 2 x 2, not a matrix"),
        (np.zeros((0, 3)), "no vectors: a matrix of 0 x 3"),
        (np.array([[1.0], [np.nan]]), "NaN at [1, 0] | --bad-rows skip leaves such rows out"),
        (
            np.array([[1.0, 2], [3, -np.inf]], np.float32),
            "an infinite number at [1, 1] | --bad-rows skip leaves such rows out",
        ),
        (
            np.array([["a"]], object),
            "pickled Python objects, which are never loaded | save an array of floats",
        ),
    ):
        np.save("a.npy", array, allow_pickle=True)
        assert problem("a.npy") == f"a.npy: {expected}"
    for header in (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3), }",
        b"{'descr': '<f4', 'shape': (2, 3), }",
        b"__import__('os').system('true')",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3",
        b"(" * 5000,
        b"\xff\xfe",
    ):
        data = (
            b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + b"\0" * 24
        )
        assert problem("a.npy", data).startswith("a.npy: a damaged .npy header: ")
    assert problem("a.npy", good[:7]).startswith("a.npy: a damaged .npy header: ")
    assert problem("a.npy", b"\x93NUMPY\x09\x00" + good[8:]) == (
        "a.npy: a damaged .npy header: version 9.0"
    )
    huge = b"{'descr': '<f4', 'fortran_order': False, 'shape': (4000000000, 4000000000), }"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(huge)) + huge
    assert problem("a.npy", data).startswith("a.npy: ends inside its array")


def test_words_of_arrays(here: Path) -> None:
    np.save("a.npy", TWO)
    Path("w.txt").write_bytes("\ufeff的\t12\r\n了".encode())
    same(read_vectors("a.npy", words="w.txt"), TWO, ["的", "了"])
    Path("w.txt").write_bytes("中\u2028国\n\n".encode())  # U+2028 ends no line; a word may be empty
    same(read_vectors("a.npy", words="w.txt"), TWO, ["中\u2028国", ""])
    Path("w.txt").write_bytes(b"a\nb\nc\n")
    assert (
        problem("a.npy", words="w.txt")
        == "w.txt: 3 words for the 2 vectors of a.npy | one word in each line"
    )
    Path("w.txt").write_bytes(b"")
    assert problem("a.npy", words="w.txt") == "w.txt: no words: the file is empty"


def test_npz_errors(here: Path) -> None:
    np.savez("a.npz", a=TWO, b=TWO, c=np.arange(3))
    assert problem("a.npz") == "a.npz: 2 matrices | choose one with --tensor: a (2 x 3), b (2 x 3)"
    same(read_vectors("a.npz", tensor="b"), TWO, None)
    assert problem("a.npz", tensor="d") == "a.npz: no tensor 'd' | there are: a (2 x 3), b (2 x 3)"
    assert (
        problem("a.npz", tensor="c")
        == "a.npz: c: an array of int64, not of floats | float32 is usual"
    )
    np.savez("a.npz", c=np.arange(3))
    assert problem("a.npz") == "a.npz: no matrix among its arrays"
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    assert problem("a.npz") == (
        "a.npz: a zip archive without .npy arrays | "
        "a PyTorch file is not read: save its tensor as .safetensors or .npy"
    )
    np.save("a.npy", TWO)
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("x.npy", Path("a.npy").read_bytes()[:-4])
    assert problem("a.npz") == "a.npz: x: its array is not as long as it says"
    np.savez("a.npz", x=np.array([[None]], object))
    assert problem("a.npz").startswith("a.npz: x: pickled Python objects")
    np.savez_compressed("a.npz", x=np.random.default_rng(1).normal(size=(100, 9)))
    data = Path("a.npz").read_bytes()
    assert problem("a.npz", data[:-30]).startswith("a.npz: a damaged .npz file: ")
    damaged = bytearray(data)
    damaged[3000:3010] = b"\0" * 10
    assert problem("a.npz", bytes(damaged)).startswith("a.npz: a damaged .npz file: ")


def safetensors(header: bytes, data: bytes = b"\0" * 24) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def test_safetensors_errors(here: Path) -> None:
    def entry(**change: object) -> bytes:
        parts = {"dtype": '"F32"', "shape": "[2,3]", "data_offsets": "[0,24]"} | change
        inner = ",".join(f'"{name}":{value}' for name, value in parts.items())
        return f'{{"w":{{{inner}}}}}'.encode()

    name = "a.safetensors"
    same(read_vectors(put(name, safetensors(entry()))), np.zeros((2, 3), np.float32), None)
    bad = "a damaged .safetensors header: "
    for header, expected in (
        (b"{}", "no tensors in the file"),
        (b'{"w":', bad),
        (b'{"w":[1]}', bad),
        (b'{"w":{}}', bad),
        (b'{"w":null}', bad),
        (b'{"w":{},"w":{}}', f"{bad}a name stands there twice"),
        (b'{"' + b"\xff" * 9 + b'":1}', bad),
        (b'{"a":' + b"[" * 100_000, bad),
        (entry(shape="[2,-3]"), f"{bad}the entry of 'w'"),
        (entry(shape="[2.0,3]"), f"{bad}the entry of 'w'"),
        (entry(shape="[true,3]"), f"{bad}the entry of 'w'"),
        (entry(shape="7"), bad),
        (entry(data_offsets="[-1,23]"), f"{bad}the entry of 'w'"),
        (entry(data_offsets="[24,0]"), f"{bad}the entry of 'w'"),
        (entry(data_offsets="[0,24,48]"), f"{bad}the entry of 'w'"),
        (entry(data_offsets=f"[0,{1 << 64}]"), f"{bad}the entry of 'w'"),
        (entry(dtype="5"), f"{bad}the entry of 'w'"),
        (entry(dtype='"I64"'), "w: a tensor of I64, not of floats | read are: F16, BF16, F32, F64"),
        (entry(data_offsets="[0,20]"), "w: 20 bytes for 2 x 3 of F32"),
        (entry(dtype='"F64"'), "w: 24 bytes for 2 x 3 of F64"),
        (
            entry(data_offsets="[0,28]", shape="[1,7]"),
            "ends inside the tensor w | the file was cut short: ",
        ),
        (entry(data_offsets="[4,24]"), f"{bad}'w' begins at byte 4, what is before it ends at 0"),
        (
            entry()[:-1] + b"," + entry(data_offsets="[8,24]").replace(b"w", b"v")[1:],
            f"{bad}'v' begins at byte 8, what is before it ends at 24",
        ),
        (entry(shape="[6]"), "no matrix among its arrays"),
        (
            entry(shape="[1,3]", data_offsets="[0,12]"),
            "12 bytes after the last tensor, which the format forbids | something was appended",
        ),
    ):
        found = problem(name, safetensors(header))
        assert found.startswith(f"{name}: {expected}"), header
    nothing = entry(shape="[0,3]", data_offsets="[0,0]")
    found = problem(name, safetensors(nothing, b""))
    assert found.startswith(f"{name}: w: no vectors: a matrix of 0 x 3")
    for data in (struct.pack("<Q", 10**6) + b"{}", struct.pack("<Q", 0), b"\1"):
        found = problem(name, data, input_format="safetensors")
        assert found == f"{name}: no .safetensors file: no header at its beginning"
    wrong = np.zeros((2, 3), np.float32)
    wrong[1, 2] = np.nan
    assert (
        problem(name, safetensors_of({"w": wrong}))
        == f"{name}: NaN at [1, 2] | --bad-rows skip leaves such rows out"
    )
    assert problem(name, safetensors_of({"a": TWO, "b": TWO}), tensor="c").startswith(
        f"{name}: no tensor 'c' | there are: a (2 x 3), b (2 x 3)"
    )


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.safetensors", "a.bin", "a.txt", "g.txt"])
def test_damaged_files_are_errors(here: Path, name: str) -> None:
    """Whatever bytes are changed or missing: vectors, or one NlptoolsError."""
    matrix = np.random.default_rng(5).normal(size=(6, 4)).astype(np.float32)
    words = list("abcdef")
    np.save("a.npy", matrix)
    np.savez_compressed("a.npz", x=matrix)
    Path("a.safetensors").write_bytes(safetensors_of({"x": matrix}))
    Path("a.bin").write_bytes(binary_of(matrix, words))
    Path("a.txt").write_bytes(text_of(matrix, words))
    Path("g.txt").write_bytes(text_of(matrix, words, header=False))
    good = Path(name).read_bytes()
    random = np.random.default_rng(7)
    errors = 0
    for i in range(300):
        data = bytearray(good)
        if i % 3:
            for _ in range(random.integers(1, 4)):
                data[random.integers(len(data))] = random.integers(256)
        else:
            del data[random.integers(len(data)) :]
        Path("x").write_bytes(bytes(data))
        try:
            found = read_vectors("x", workers=1)
            assert np.isfinite(found.array()).all()
        except NlptoolsError:
            errors += 1
    assert 100 <= errors <= 300


def test_compressed_arrays(here: Path) -> None:
    import gzip

    np.save("a.npy", TWO)
    found = problem("a.npy.gz", gzip.compress(Path("a.npy").read_bytes()))
    assert found == "a.npy.gz: a compressed npy file | unpack it first"
    assert problem("a.txt.gz", gzip.compress(text_of(MATRIX, NAMES))[:-20]).startswith(
        "a.txt.gz: truncated gzip file"
    )


def test_numbers_are_read_as_python_reads_them(here: Path) -> None:
    texts = [
        "1",
        "-0",
        "+.5",
        "5.",
        "1e3",
        "-1E-3",
        "0.1",
        "16777217",
        "3.4028235e38",
        "1e-45",
        "00012",
    ]
    Path("a.txt").write_text(f"1 {len(texts)}\nx {' '.join(texts)}\n")
    expected = np.array([float(text) for text in texts]).astype(np.float32)
    found = read_vectors("a.txt").array()[0]
    assert found.tolist() == expected.tolist()
    assert [number(x) for x in found[:3]] == ["1.0", "-0.0", "0.5"]


def test_error_class() -> None:
    with pytest.raises(DataError) as caught:
        read_vectors("/nowhere/at/all")
    assert caught.value.path == "/nowhere/at/all"


# --- what a damaged archive raises -------------------------------------------------------------


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_packed_by_others(tmp_path: Path, packing: int) -> None:
    """They are read; damaged, they are an error of one line."""
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    stream = io.BytesIO()
    np.save(stream, rows)
    path = tmp_path / "v.npz"
    with zipfile.ZipFile(path, "w", packing) as archive:
        archive.writestr("e.npy", stream.getvalue())
    assert read_vectors(path).array().tobytes() == rows.tobytes()
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"v\.npz: a damaged \.npz file: "):
        read_vectors(path)
