"""Files of word vectors (word2vec text and binary, GloVe, .npy, .npz, .safetensors) <-> Vectors.

Text and word2vec binary are read as a stream, compressed or from stdin too; the numbers are kept in memory, or in
an unnamed temporary file where they do not fit. What a file is tells its content.
"""

from __future__ import annotations

import codecs
import contextlib
import itertools
import math
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base import storage
from nlptools.base.outputs import whole_file
from nlptools.base.resources import DEFAULT_MEMORY, check_memory
from nlptools.base.textcolumns import parse_number
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.text.compressing import compressing
from nlptools.text.corpus import ON_ERROR
from nlptools.text.decoding import COMPRESSED, decompress, find_codec, peek, to_utf8
from nlptools.text.sources import reason, stdin_chunks
from nlptools.text.whole import bounded
from nlptools.vectors.binary import binary_pieces, decoded, read_binary
from nlptools.vectors.headers import NPY, ZIP, looks_like_safetensors
from nlptools.vectors.tensors import (
    Tensor,
    npy_pieces,
    open_npy,
    open_npz,
    open_safetensors,
    safetensors_pieces,
)
from nlptools.vectors.text import HEADER, RowBlock, TextReader, text_pieces
from nlptools.vectors.vectors import (
    SKIP_HINT,
    BadRows,
    SeenWords,
    Vectors,
    VectorStore,
    Watch,
    batch_rows,
    first_not_finite,
    unwatched,
)

TEXTS = ("word2vec", "glove")
STREAMS = (*TEXTS, "word2vec-bin")
INPUT_FORMATS = (*STREAMS, "npy", "npz", "safetensors")  # that are read
OUTPUT_FORMATS = (*STREAMS, "npy", "safetensors")
DUPLICATES = ("error", "first")
BAD_ROWS = ("stop", "skip")
BLOCK_SIZE = 1 << 18  # bytes of a text parsed at a time: their arrays stay in the cache

_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
_SUFFIXES = {
    ".npy": "npy",
    ".safetensors": "safetensors",
    ".bin": "word2vec-bin",
    ".txt": "word2vec",
    ".vec": "word2vec",
    ".glove": "glove",
}
_OTHERS = (
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\xba\x16\x4f\x2f", "a fastText model"),
    (b"nlptools ", "a native nlptools file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"GGUF", "a GGUF model"),
)
_OTHERS_HINT = "save the vectors as word2vec text or binary, .npy or .safetensors first"


def format_of(path: str | os.PathLike[str]) -> str | None:
    """The format that a name asks for: .npy, .safetensors, .bin, .txt, .vec, .glove, also with .gz or another compression after a text."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in COMPRESSED:
        found = _SUFFIXES.get(Path(path.stem).suffix.lower())
        return found if found in TEXTS else None
    return _SUFFIXES.get(suffix)


# --- reading ---------------------------------------------------------------------------------


def read_vectors(
    path: str | os.PathLike[str],
    *,
    input_format: str | None = None,
    words: str | os.PathLike[str] | None = None,
    tensor: str | None = None,
    duplicates: str = "error",
    bad_rows: str = "stop",
    limit: int | None = None,
    encoding: str = "utf-8",
    on_error: str = "strict",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    room: int | None = None,
    block_size: int = BLOCK_SIZE,
    watch: Watch = unwatched,
) -> Vectors:
    """All vectors of a file; `-` is stdin, for text and word2vec binary.

    input_format: one of INPUT_FORMATS, None: found out. words: a file with a word in each line, for arrays. tensor: the
    name of one of several arrays. duplicates: what a word that came before is, an "error" or left out ("first").
    bad_rows: rows with NaN, infinite numbers, no word or another number of numbers are an error ("stop") or left out
    ("skip"); `Vectors.bad_rows` counts and names those. limit: rows to read, None: all.
    encoding, on_error: of words, as for Corpus. memory: bytes for the whole process; room: those of them that the
    numbers may take, None: a third; more go to a file in tmp_dir. workers: threads, None: one for each core.
    block_size: bytes of text read at a time; changes no result.

    Raises DataError, with line or row, for whatever else is wrong in the file: a header that does not fit, words that
    come twice, nothing at all.
    """
    _check_choice("input_format", input_format, (None, *INPUT_FORMATS))
    _check_choice("duplicates", duplicates, DUPLICATES)
    _check_choice("bad_rows", bad_rows, BAD_ROWS)
    _check_choice("on_error", on_error, ON_ERROR)
    if limit is not None and limit < 1:
        raise ValueError("limit must be at least 1")
    check_memory(memory)
    some: dict[str, Any] = {"skip": bad_rows == "skip", "limit": limit}
    codec = encoding if encoding == "auto" else find_codec(encoding)
    path = os.fspath(path)
    with storage.spilling(tmp_dir) as folder, _raw(path, watch, block_size) as raw:
        kept = _Kept(path, duplicates == "first", memory // 3 if room is None else room, folder)
        head, chunks = peek(raw, 512)
        found = input_format or _array_format(path, head)
        if found is None or found in STREAMS:
            chunks = decompress(chunks, path)
            head, chunks = peek(chunks, 1 << 16)
            found = found or _stream_format(path, head)
            _refuse(path, found, words=words, tensor=tensor)
            if found == "word2vec-bin":
                rows = read_binary(chunks, path, codec, on_error, block_size, **some)
                return kept.stream(rows, found)
            text, _ = to_utf8(chunks, path, codec, on_error)
            header = None if input_format is None else found != "glove"
            reader = TextReader(text, path, header, on_error, **some)
            found = "glove" if reader.announced is None else "word2vec"
            # Its threads end here, also where a row is refused: not when a collector finds them.
            with contextlib.closing(
                reader.rows(block_size, workers or os.cpu_count() or 1)
            ) as rows_read:
                return kept.stream(rows_read, found)
        if path == "-":
            raise DataError(path, None, f"{found} has to be a file", "stdin is for text")
        if found == "npy":
            _refuse(path, found, tensor=tensor)
            matrix = open_npy(path)
        else:
            matrix = (open_npz if found == "npz" else open_safetensors)(path, tensor)
        listed = None if words is None else _read_words(words, codec, on_error)
        return kept.tensor(matrix, found, listed, words, watch, **some)


def _check_choice(name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}, not {value!r}")


def _refuse(path: str, format: str, **options: str | os.PathLike[str] | None) -> None:
    """DataError for options that other formats have."""
    for option, value in options.items():
        if value is not None:
            problem = f"{format} has no use for --{option}"
            raise DataError(path, None, problem, f"leave out --{option}")


@contextlib.contextmanager
def _raw(path: str, watch: Watch, size: int) -> Iterator[Iterator[bytes]]:
    """The bytes of a file or of stdin, `size` at a time."""
    if path == "-" and sys.stdin is None:
        raise NlptoolsError("standard input is closed", "name a file to read")
    try:
        file = None if path == "-" else open(path, "rb", buffering=0)  # noqa: SIM115
        total = os.fstat(file.fileno()).st_size if file is not None else 0
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None

    def chunks() -> Iterator[bytes]:
        done = 0
        try:
            read = (
                stdin_chunks(size) if file is None else iter(lambda: file.read(max(size, 1)), b"")
            )
            for chunk in read:
                done += len(chunk)
                watch("reading", done, total)
                yield chunk
        except OSError as error:
            raise DataError(path, None, reason(error)) from None

    try:
        yield chunks()
    finally:
        if file is not None:
            file.close()


def _array_format(path: str, head: bytes) -> str | None:
    if head.startswith(NPY):
        return "npy"
    if head.startswith(ZIP):
        return "npz"
    if looks_like_safetensors(head):
        return "safetensors"
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise DataError(path, None, f"{what}, not a file of vectors", _OTHERS_HINT)
    return None


def _stream_format(path: str, head: bytes) -> str:
    found = _array_format(path, head)
    if found is not None:
        raise DataError(path, None, f"a compressed {found} file", "unpack it first")
    header = HEADER.match(head.removeprefix(codecs.BOM_UTF8))
    if header is None:
        return "glove"
    rest = head[header.end() :]
    fields = rest.partition(b"\n")[0].split()
    # All of a row: the bytes of a binary number may be a line end, after a word that is a number.
    if len(fields) > int(header[2]) and not math.isnan(parse_number(fields[-1])):
        return "word2vec"
    named = format_of(path) == "word2vec-bin"
    return "word2vec-bin" if _CONTROL.search(rest[:4096]) or named else "word2vec"


class _Kept:
    """Puts what is read into a store; finds words that came before and arrays that are not finite."""

    def __init__(self, path: str, first: bool, room: int, folder: Path) -> None:
        """first: of a word that comes twice the first vector is kept. room: bytes of numbers in memory."""
        self._path, self._first, self._room, self._folder = path, first, room, folder
        self._seen = SeenWords()
        self._bad = BadRows()

    def stream(self, rows: Iterable[RowBlock], format: str) -> Vectors:
        """Words and numbers that come together."""
        store: VectorStore | None = None
        kept = 0
        for part in rows:
            self._bad.add(part.bad)
            if store is None:
                store = self._store(part.matrix.shape[1], part.matrix.dtype)
            good = self._new(part.words, part.places, self._path, format != "word2vec-bin")
            words = part.words if good.all() else _chosen(part.words, good)
            store.add(part.matrix[good], words)
            kept += len(words)
        if store is None or not kept:
            raise self._nothing_left()
        return store.finish(self._path, format, self._bad)

    def _nothing_left(self) -> DataError:
        first = f"the first: {self._bad.first[0]}" if self._bad.count else None
        return DataError(self._path, None, "no vectors are left of the file", first)

    def tensor(
        self,
        matrix: Tensor,
        format: str,
        words: list[bytes | None] | None,
        source: str | os.PathLike[str] | None,
        watch: Watch,
        *,
        skip: bool,
        limit: int | None,
    ) -> Vectors:
        """An array, and words from another file, `source`. skip, limit: as for TextReader."""
        rows, dimensions = matrix.shape
        good = np.ones(rows, bool)
        texts: list[bytes] | None = None
        if words is not None:
            good = self._usable(words, rows, os.fspath(source or ""))
            texts = [word or b"" for word in words]
        # What does not fit is read from the file as often as needed; what is packed there, from another.
        whole = bool(good.all()) and not skip and (limit or rows) >= rows
        direct = matrix.nbytes > self._room and not matrix.packed and whole
        store = self._store(dimensions, matrix.dtype)
        done, kept, rows = 0, 0, min(rows, limit or rows)
        for flat in matrix:
            batch = flat.reshape(-1, dimensions)[: rows - done]
            part = slice(done, done + len(batch))
            chosen = good[part] & self._finite(batch, done, skip)
            if not direct:
                named = None if texts is None else _chosen(texts[part], chosen)
                store.add(batch[chosen], named)
            kept += int(np.count_nonzero(chosen))
            done += len(batch)
            watch("reading", done, rows)
            if done == rows:
                break
        if not kept:
            raise self._nothing_left()
        if not direct:
            return store.finish(self._path, format, self._bad)
        packed = None if texts is None else _packed(texts, batch_rows(dimensions))
        return Vectors(matrix.shape, matrix.dtype, matrix, packed, source=self._path, format=format)

    def _store(self, dimensions: int, dtype: np.dtype[Any]) -> VectorStore:
        return VectorStore(dimensions, dtype, room=self._room, folder=self._folder)

    def _usable(self, words: list[bytes | None], rows: int, source: str) -> np.ndarray:
        """Which rows have a word that is read, and has not come before."""
        if len(words) != rows:
            problem = f"{len(words):,} words for the {rows:,} vectors of {self._path}"
            raise DataError(source, None, problem, "one word in each line")
        good = np.array([word is not None for word in words])
        read = [word for word in words if word is not None]
        good[good] = self._new(read, np.flatnonzero(good).astype(np.int32) + 1, source, True)
        if not good.any():
            raise DataError(source, None, "no words are left of the file")
        return good

    def _new(self, words: list[bytes], places: np.ndarray, path: str, lines: bool) -> np.ndarray:
        """Which words have not come before. places: numbers of their lines, or of their rows."""
        earlier = self._seen.add(words, places)
        again = np.flatnonzero(earlier >= 0)
        if len(again) and not self._first:
            i = int(again[0])
            here, there = int(places[i]), int(earlier[i])
            problem = f"the word {quoted(words[i])} a second time, "
            problem += f"after line {there}" if lines else f"in vector {here}, after vector {there}"
            hint = "keep the first of its vectors: --duplicates first"
            raise DataError(path, here if lines else None, problem, hint)
        return earlier < 0

    def _finite(self, batch: np.ndarray, first: int, skip: bool) -> np.ndarray:
        """Which rows are finite; unless those that are not are to be left out, they are an error."""
        if first_not_finite(batch) is None:
            return np.ones(len(batch), bool)
        finite = np.isfinite(batch)
        good = finite.all(axis=1)
        for i in np.flatnonzero(~good).tolist():
            column = int(finite[i].argmin())
            value = "NaN" if np.isnan(batch[i, column]) else "an infinite number"
            problem = f"{value} at [{first + i}, {column}]"
            if not skip:
                raise DataError(self._path, None, problem, SKIP_HINT)
            self._bad.add([problem])
        return good


def _chosen(words: list[bytes], good: np.ndarray) -> list[bytes]:
    return list(itertools.compress(words, good.tolist()))


def _packed(words: list[bytes], size: int) -> list[np.ndarray]:
    """Words of each batch, as Vectors has them."""
    starts = range(0, len(words), size)
    return [np.frombuffer(b"\n".join(words[at : at + size]), np.uint8) for at in starts]


def _read_words(path: str | os.PathLike[str], codec: str, on_error: str) -> list[bytes | None]:
    """The lines of a file, as far as the first tab; None for one that is to be left out."""
    name = os.fspath(path)
    with _raw(name, unwatched, BLOCK_SIZE) as raw:
        text, _ = to_utf8(decompress(raw, name), name, codec, on_error)
        data = b"".join(bounded(text, name)).removeprefix(codecs.BOM_UTF8)
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise DataError(path, None, "no words: the file is empty")
    return [
        decoded(line.rstrip(b"\r").partition(b"\t")[0], "utf-8", on_error, name, number)
        for number, line in enumerate(lines, 1)
    ]


# --- writing ---------------------------------------------------------------------------------


def as_vectors(
    source: str | os.PathLike[str] | Vectors,
    *,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    room: int | None = None,
) -> Vectors:
    """Vectors as they are; those of a file, whose format its content tells. Other settings: read_vectors."""
    if isinstance(source, Vectors):
        return source
    return read_vectors(source, memory=memory, workers=workers, tmp_dir=tmp_dir, room=room)


def write_vectors(
    vectors: Vectors, path: str | os.PathLike[str], *, format: str | None = None
) -> None:
    """Write a file; it appears when it is complete. format: one of OUTPUT_FORMATS, None: by the name.

    Text, for which 9 digits are written (17 of float64), is packed where the name ends in .gz, .bz2, .xz or .zst. word2vec binary
    is float32, .npy and .safetensors have the type of the vectors. They have no words: `write_words`.

    Raises ValueError for an unknown format, NlptoolsError for words that the format cannot hold.
    """
    format = format or format_of(path)
    if format not in OUTPUT_FORMATS:
        raise ValueError(f"format must be one of {', '.join(OUTPUT_FORMATS)}, not {format!r}")
    if format in STREAMS and not vectors.has_words:
        problem = f"{format} has a word in every row, and these vectors have none"
        raise NlptoolsError(problem, "name a list of them: --words FILE")
    if format == "npy":
        pieces = npy_pieces(vectors)
    elif format == "safetensors":
        pieces = safetensors_pieces(vectors)
    elif format == "word2vec-bin":
        pieces = binary_pieces(vectors)
    else:
        pieces = text_pieces(vectors, header=format == "word2vec")
    name = path if format in TEXTS else ""
    with whole_file(path) as stream, compressing(stream, name) as packed:
        for piece in pieces:
            packed.write(piece)


def write_words(vectors: Vectors, path: str | os.PathLike[str]) -> None:
    """Write the words, one a line; NlptoolsError where there are none."""
    if not vectors.has_words:
        raise NlptoolsError("these vectors have no words", "name a list of them: --words FILE")
    with whole_file(path) as stream:
        for words in vectors.word_batches():
            stream.write(b"".join(word + b"\n" for word in words))
