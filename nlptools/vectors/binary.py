"""word2vec binary: "N n", then for each row its word, a blank, n times float32, and often a line end.

Streams of bytes -> words and rows of numbers, and back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.vectors.text import (
    HEADER,
    WRONG_HEADER,
    RowBlock,
    cut_hint,
    limit_hint,
)
from nlptools.vectors.vectors import SKIP_HINT, Vectors, first_not_finite

_LONGEST_WORD = 1 << 16  # bytes
_WRONG = "not word2vec binary, or damaged"


def read_binary(
    chunks: Iterator[bytes],
    path: str,
    codec: str,
    on_error: str,
    block_size: int,
    *,
    skip: bool = False,
    limit: int | None = None,
) -> Iterator[RowBlock]:
    """All rows of a file, whose words are in the encoding `codec`.

    skip: rows that are not finite or have no word are left out. limit: rows to read, None: all.
    DataError, with the vector and the byte, for what cannot be read.
    """
    codec = "utf-8" if codec == "auto" else codec
    data = b"".join(_taken(chunks, max(block_size, 64)))
    header = HEADER.match(data[:64])
    if header is None:
        problem = f"no header (number of vectors, their dimension), but {quoted(data)}"
        raise DataError(path, None, problem if data else "no vectors: the file is empty")
    announced, dimensions = int(header[1]), int(header[2])
    if not announced or not dimensions:
        raise DataError(path, None, f"no vectors: the header says {quoted(header[0].strip())}")
    width = 4 * dimensions
    at, base, done = header.end(), 0, 0  # base: where data begins in the file
    wanted = min(announced, limit or announced)
    while done < wanted:
        words: list[bytes] = []
        pieces: list[memoryview] = []
        view, starts = memoryview(data), []
        while done + len(words) < wanted:
            blank = data.find(b" ", at, at + _LONGEST_WORD)
            start = blank + 1
            if blank < 0 or start + width > len(data):
                break
            words.append(data[at:blank].lstrip(b"\n"))
            pieces.append(view[start : start + width])
            starts.append(base + start)
            at = start + width
        if words:
            matrix = np.frombuffer(b"".join(pieces), "<f4").reshape(-1, dimensions)
            yield _binary_rows(words, matrix, starts, done, path, codec, on_error, skip)
            done += len(words)
            continue
        if blank < 0 and len(data) - at >= _LONGEST_WORD:
            problem = f"no word begins at byte {base + at}, where vector {done + 1} should"
            raise DataError(path, None, problem, _WRONG)
        more = list(_taken(chunks, max(block_size, 1)))
        if not more:
            problem = f"ends inside vector {done + 1} of {announced:,}, at byte {base + len(data)}"
            raise DataError(path, None, problem, cut_hint(done))
        data, base, at = b"".join([data[at:], *more]), base + at, 0
    if limit is not None and limit <= announced:
        return
    for rest in itertools.chain([data[at:]], chunks):
        if rest.strip(b"\n"):
            problem = f"more than the {announced:,} vectors of the header, from byte {base + at}"
            raise DataError(path, None, problem, f"{WRONG_HEADER}; {limit_hint(announced)}")


def _taken(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Chunks until they are of some size."""
    for chunk in chunks:
        yield chunk
        size -= len(chunk)
        if size <= 0:
            return


def _binary_rows(
    words: list[bytes],
    matrix: np.ndarray,
    starts: list[int],
    done: int,
    path: str,
    codec: str,
    on_error: str,
    skip: bool,
) -> RowBlock:
    places = np.arange(done + 1, done + 1 + len(words), dtype=np.int32)
    found = dict(_problems(words, matrix, starts, done))
    if found and not skip:
        raise DataError(path, None, found[min(found)], f"{_WRONG}; {SKIP_HINT}")
    texts: list[bytes | None] = [
        None
        if i in found
        else decoded(
            word, codec, on_error, path, None, f"vector {done + 1 + i}, before byte {starts[i]}: "
        )
        for i, word in enumerate(words)
    ]
    good = np.array([text is not None for text in texts])
    bad = [found[i] for i in sorted(found)]
    return RowBlock([text for text in texts if text is not None], matrix[good], places[good], bad)


def _problems(
    words: list[bytes], matrix: np.ndarray, starts: list[int], done: int
) -> Iterator[tuple[int, str]]:
    """(row, what is wrong with it) of all that have no word or are not finite."""
    if first_not_finite(matrix) is not None:
        finite = np.isfinite(matrix)
        for i in np.flatnonzero(~finite.all(axis=1)).tolist():
            column = int(finite[i].argmin())
            value = "NaN" if np.isnan(matrix[i, column]) else "an infinite number"
            yield i, f"{value} in vector {done + 1 + i}, at byte {starts[i] + 4 * column}"
    for i, word in enumerate(words):
        if not word or b"\n" in word:
            yield i, f"vector {done + 1 + i}, before byte {starts[i]}: no word"


def decoded(
    word: bytes, codec: str, on_error: str, path: str, line: int | None, where: str = ""
) -> bytes | None:
    """The word in UTF-8; None: it is to be left out."""
    try:
        return word.decode(codec).encode()
    except UnicodeError as error:
        if on_error == "skip":
            return None
        if on_error == "replace":
            return word.decode(codec, "replace").encode("utf-8", "replace")
        at = error.start if isinstance(error, UnicodeDecodeError) else 0
        problem = f"{where}a word that is not {codec.upper()}: byte 0x{word[at]:02x}"
        raise DataError(
            path, line, problem, "try --encoding gb18030, or --on-error replace"
        ) from None


def binary_pieces(vectors: Vectors) -> Iterator[bytes]:
    """The file, a piece at a time. NlptoolsError for words with blanks, and numbers too large for float32."""
    rows, dimensions = vectors.shape
    yield b"%d %d\n" % (rows, dimensions)
    for words, batch in zip(vectors.word_batches(), vectors.batches(), strict=True):
        with np.errstate(over="ignore"):
            small = batch.astype(np.float32)
        if first_not_finite(small) is not None:
            raise NlptoolsError("a number is too large for float32", "write .npy or .safetensors")
        numbers = memoryview(small.astype("<f4").tobytes())
        width = 4 * dimensions
        pieces: list[bytes | memoryview] = []
        for i, word in enumerate(words):
            if not word or b" " in word or b"\n" in word:
                problem = (
                    f"word2vec binary cannot have the word {quoted(word)}: it has a blank in it"
                )
                raise NlptoolsError(problem, "write text, .npy or .safetensors")
            pieces += (word, b" ", numbers[i * width : (i + 1) * width], b"\n")
        yield b"".join(pieces)
