"""Files of word vectors (word2vec text and binary, GloVe, .npy, .npz, .safetensors) <-> Vectors.

Text and word2vec binary are read as a stream, compressed or from stdin too; the numbers are kept in memory, or in
an unnamed temporary file where they do not fit. What a file is tells its content.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import itertools
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nlptools import storage
from nlptools.corpus import ON_ERROR
from nlptools.counting import DEFAULT_MEMORY, check_memory
from nlptools.decoding import decompress, find_codec, peek, to_utf8
from nlptools.errors import DataError, NlptoolsError
from nlptools.paths import reason
from nlptools.storage import whole_file
from nlptools.tensorfiles import (
    NPY,
    ZIP,
    Tensor,
    looks_like_safetensors,
    npy_pieces,
    open_npy,
    open_npz,
    open_safetensors,
    safetensors_pieces,
)
from nlptools.vectors import (
    SeenWords,
    Vectors,
    VectorStore,
    Watch,
    batch_rows,
    first_not_finite,
    unwatched,
)
from nlptools.vectortext import CUT_SHORT, HEADER, Rows, TextReader, shown, text_pieces
from nlptools.weaving import parse_number

TEXTS = ("word2vec", "glove")
STREAMS = (*TEXTS, "word2vec-bin")
FORMATS = (*STREAMS, "npy", "npz", "safetensors")  # that are read
OUTPUT_FORMATS = (*STREAMS, "npy", "safetensors")
DUPLICATES = ("error", "first")
BLOCK_SIZE = 1 << 18  # bytes of a text parsed at a time: their arrays stay in the cache

_LONGEST_WORD = 1 << 16  # bytes, in a binary file
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
    """The format that a name asks for: .npy, .safetensors, .bin, .txt, .vec, .glove, also with .gz after a text."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".gz":
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
    encoding: str = "utf-8",
    on_error: str = "strict",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    block_size: int = BLOCK_SIZE,
    watch: Watch = unwatched,
) -> Vectors:
    """All vectors of a file; `-` is stdin, for text and word2vec binary.

    input_format: one of FORMATS, None: found out. words: a file with a word in each line, for arrays. tensor: the
    name of one of several arrays. duplicates: what a word that came before is, an "error" or left out ("first").
    encoding, on_error: of words, as for Corpus. memory: bytes for the whole process; a third of it for the
    numbers, of which more go to a file in tmp_dir. workers: threads, None: one for each core. block_size: bytes
    of text read at a time; changes no result.

    Raises DataError, with line or row, for whatever is wrong in the file: rows of another length, NaN, infinite
    numbers, a header that does not fit, words that come twice, nothing at all.
    """
    for name, value, allowed in (
        ("input_format", input_format, (None, *FORMATS)),
        ("duplicates", duplicates, DUPLICATES),
        ("on_error", on_error, ON_ERROR),
    ):
        if value not in allowed:
            raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}, not {value!r}")
    check_memory(memory)
    codec = encoding if encoding == "auto" else find_codec(encoding)
    path = os.fspath(path)
    kept = _Kept(path, duplicates, memory // 3, watch)
    with storage.spilling(tmp_dir) as folder, _raw(path, kept.count) as raw:
        kept.folder = folder
        head, chunks = peek(raw, 512)
        found = input_format or _array_format(path, head)
        if found is None or found in STREAMS:
            chunks = decompress(chunks, path)
            head, chunks = peek(chunks, 1 << 16)
            found = found or _stream_format(path, head)
            for option, given in (("--words", words), ("--tensor", tensor)):
                if given is not None:
                    problem = f"{option} is for .npy, .npz and .safetensors; this is {found}"
                    raise DataError(path, None, problem, f"leave out {option}")
            if found == "word2vec-bin":
                rows = _read_binary(chunks, path, codec, on_error, block_size)
            else:
                text, _ = to_utf8(chunks, path, codec, on_error)
                reader = TextReader(
                    text, path, None if not input_format else found != "glove", on_error
                )
                found = "glove" if reader.announced is None else "word2vec"
                rows = reader.rows(block_size, workers or os.cpu_count() or 1)
            return kept.stream(rows, found)
    if path == "-":
        raise DataError(path, None, f"a {found} file has to be a file", "stdin is for text")
    if found == "npy":
        matrix = open_npy(path)
    else:
        matrix = (open_npz if found == "npz" else open_safetensors)(path, tensor)
    return kept.tensor(matrix, found, words, codec, on_error)


@contextlib.contextmanager
def _raw(path: str, count: Callable[[int, int], None]) -> Iterator[Iterator[bytes]]:
    """The bytes of a file or of stdin."""
    if path == "-" and sys.stdin is None:
        raise NlptoolsError("standard input is closed", "name a file to read")
    try:
        file = sys.stdin.buffer if path == "-" else open(path, "rb", buffering=0)  # noqa: SIM115
        size = os.fstat(file.fileno()).st_size if path != "-" else 0
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None

    def chunks() -> Iterator[bytes]:
        done = 0
        try:
            while chunk := file.read(1 << 18):
                done += len(chunk)
                count(done, size)
                yield chunk
        except OSError as error:
            raise DataError(path, None, reason(error)) from None

    try:
        yield chunks()
    finally:
        if path != "-":
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
    if fields and not math.isnan(parse_number(fields[-1])):
        return "word2vec"
    named = format_of(path) == "word2vec-bin"
    return "word2vec-bin" if _CONTROL.search(rest[:4096]) or named else "word2vec"


class _Kept:
    """Puts rows into a store; words that came before and numbers that are not finite are found on the way."""

    def __init__(self, path: str, duplicates: str, room: int, watch: Watch) -> None:
        self.folder: Path | None = None
        self._path, self._first, self._room = path, duplicates == "first", room
        self._watch = watch
        self._seen = SeenWords()

    def count(self, done: int, total: int) -> None:
        self._watch("reading", done, total)

    def stream(self, rows: Iterable[Rows], format: str) -> Vectors:
        store: VectorStore | None = None
        number = 0
        for part in rows:
            if store is None:
                store = self._store(part.matrix.shape[1], part.matrix.dtype)
            good = self._new(part.words, part.places, self._path, format != "word2vec-bin")
            if not good.all():
                chosen = np.flatnonzero(good).tolist()
                part = Rows([part.words[i] for i in chosen], part.matrix[good], part.places[good])
            store.add(part.matrix, part.words)
            number += len(part.words)
        if store is None or not number:
            raise DataError(self._path, None, "no vectors are left of the file")
        return store.finish(self._path, format)

    def _store(self, dimensions: int, dtype: np.dtype[Any]) -> VectorStore:
        return VectorStore(dimensions, dtype, room=self._room, folder=self.folder)

    def _new(self, words: list[bytes], places: np.ndarray, path: str, lines: bool) -> np.ndarray:
        """Which words have not come before. places: numbers of their lines, or of their rows."""
        earlier = self._seen.add(words, places)
        again = np.flatnonzero(earlier >= 0)
        if len(again) and not self._first:
            i = int(again[0])
            here, there = int(places[i]), int(earlier[i])
            problem = f"the word {shown(words[i])} a second time, "
            problem += f"after line {there}" if lines else f"in vector {here}, after vector {there}"
            hint = "keep the first of its vectors: --duplicates first"
            raise DataError(path, here if lines else None, problem, hint)
        return earlier < 0

    def tensor(
        self,
        matrix: Tensor,
        format: str,
        words: str | os.PathLike[str] | None,
        codec: str,
        on_error: str,
    ) -> Vectors:
        rows, dimensions = matrix.shape
        listed = None if words is None else _read_words(words, codec, on_error)
        good = np.ones(rows, bool)
        if listed is not None:
            if len(listed) != rows:
                problem = f"{len(listed):,} words for the {rows:,} vectors of {self._path}"
                raise DataError(words, None, problem, "one word in each line")
            texts = [word or b"" for word in listed]
            skipped = np.array([word is None for word in listed])
            places = np.arange(1, rows + 1, dtype=np.int32)[~skipped]
            good = ~skipped
            kept = [text for text, ok in zip(texts, good.tolist(), strict=True) if ok]
            good[~skipped] = self._new(kept, places, os.fspath(words or ""), True)
            if not good.any():
                raise DataError(words, None, "no words are left of the file")
        small = matrix.nbytes <= self._room
        store = self._store(dimensions, matrix.dtype)
        done = 0
        for flat in matrix:
            batch = flat.reshape(-1, dimensions)
            self._check(batch, done)
            part = slice(done, done + len(batch))
            done += len(batch)
            self._watch("reading", done, rows)
            if small or not good.all():
                chosen = (
                    None
                    if listed is None
                    else [
                        text
                        for text, ok in zip(texts[part], good[part].tolist(), strict=True)
                        if ok
                    ]
                )
                store.add(batch[good[part]], chosen)
        if small or not good.all():
            return store.finish(self._path, format)
        packed = None if listed is None else _packed(texts, batch_rows(dimensions))
        shape = (rows, dimensions)
        return Vectors(shape, matrix.dtype, matrix, packed, source=self._path, format=format)

    def _check(self, batch: np.ndarray, first: int) -> None:
        bad = first_not_finite(batch)
        if bad is not None:
            problem = f"{batch[bad]} at [{first + bad[0]}, {bad[1]}]"
            raise DataError(
                self._path, None, problem.replace("nan", "NaN").replace("inf", "infinite")
            )


def _packed(words: list[bytes], size: int) -> list[np.ndarray]:
    """Words of each batch, as Vectors has them."""
    starts = range(0, len(words), size)
    return [np.frombuffer(b"\n".join(words[at : at + size]), np.uint8) for at in starts]


def _read_words(path: str | os.PathLike[str], codec: str, on_error: str) -> list[bytes | None]:
    """The lines of a file, as far as the first tab; None for one that is to be left out."""
    name = os.fspath(path)
    with _raw(name, lambda done, total: None) as raw:
        text, _ = to_utf8(decompress(raw, name), name, codec, on_error)
        data = b"".join(text).removeprefix(codecs.BOM_UTF8)
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if not lines:
        raise DataError(path, None, "no words: the file is empty")
    return [
        _decoded(line.rstrip(b"\r").partition(b"\t")[0], "utf-8", on_error, name, number)
        for number, line in enumerate(lines, 1)
    ]


def _decoded(
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


def _read_binary(
    chunks: Iterator[bytes], path: str, codec: str, on_error: str, block_size: int
) -> Iterator[Rows]:
    """word2vec binary: "N n", then for each row its word, a blank, n times float32, and often a line end."""
    codec = "utf-8" if codec == "auto" else codec
    data = b"".join(_taken(chunks, max(block_size, 64)))
    header = HEADER.match(data[:64])
    if header is None:
        problem = f"no header (number of vectors, their dimension), but {shown(data)}"
        raise DataError(path, None, problem if data else "no vectors: the file is empty")
    announced, dimensions = int(header[1]), int(header[2])
    if not announced or not dimensions:
        raise DataError(path, None, f"no vectors: the header says {shown(header[0].strip())}")
    width = 4 * dimensions
    at, base, done = header.end(), 0, 0  # base: where data begins in the file
    while done < announced:
        words: list[bytes] = []
        pieces: list[memoryview] = []
        view, starts = memoryview(data), []
        while done + len(words) < announced:
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
            yield _binary_rows(words, matrix, starts, done, path, codec, on_error)
            done += len(words)
            continue
        if blank < 0 and len(data) - at >= _LONGEST_WORD:
            problem = f"no word begins at byte {base + at}, where vector {done + 1} should"
            raise DataError(path, None, problem, "not word2vec binary, or damaged")
        more = list(_taken(chunks, max(block_size, 1)))
        if not more:
            problem = f"ends inside vector {done + 1} of {announced:,}, at byte {base + len(data)}"
            raise DataError(path, None, problem, CUT_SHORT)
        data, base, at = b"".join([data[at:], *more]), base + at, 0
    for rest in itertools.chain([data[at:]], chunks):
        if rest.strip(b"\n"):
            problem = f"more than the {announced:,} vectors of the header, from byte {base + at}"
            raise DataError(path, None, problem, "the header or the file is wrong")


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
) -> Rows:
    places = np.arange(done + 1, done + 1 + len(words), dtype=np.int32)
    bad = first_not_finite(matrix)
    if bad is not None:
        value = "NaN" if np.isnan(matrix[bad]) else "an infinite number"
        problem = f"{value} in vector {done + 1 + bad[0]}, at byte {starts[bad[0]] + 4 * bad[1]}"
        raise DataError(path, None, problem, "not word2vec binary, or damaged")
    texts: list[bytes | None] = []
    for i, word in enumerate(words):
        where = f"vector {done + 1 + i}, before byte {starts[i]}: "
        if not word or b"\n" in word:
            raise DataError(path, None, f"{where}no word", "not word2vec binary, or damaged")
        texts.append(_decoded(word, codec, on_error, path, None, where))
    good = np.array([text is not None for text in texts])
    return Rows([text for text in texts if text is not None], matrix[good], places[good])


# --- writing ---------------------------------------------------------------------------------


def write_vectors(
    vectors: Vectors, path: str | os.PathLike[str], *, format: str | None = None
) -> None:
    """Write a file; it appears when it is complete. format: one of OUTPUT_FORMATS, None: by the name.

    Text, for which 9 digits are written (17 of float64), is packed where the name ends in .gz. word2vec binary
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
        pieces = _binary_pieces(vectors)
    else:
        pieces = text_pieces(vectors, header=format == "word2vec")
    with whole_file(path) as stream:
        if format in TEXTS and os.fspath(path).endswith(".gz"):
            with gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
                packed.writelines(pieces)
        else:
            stream.writelines(pieces)


def write_words(vectors: Vectors, path: str | os.PathLike[str]) -> None:
    """Write the words, one a line; NlptoolsError where there are none."""
    if not vectors.has_words:
        raise NlptoolsError("these vectors have no words", "name a list of them: --words FILE")
    with whole_file(path) as stream:
        for words in vectors.word_batches():
            stream.write(b"".join(word + b"\n" for word in words))


def _binary_pieces(vectors: Vectors) -> Iterator[bytes]:
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
                    f"word2vec binary cannot have the word {shown(word)}: it has a blank in it"
                )
                raise NlptoolsError(problem, "write text, .npy or .safetensors")
            pieces += (word, b" ", numbers[i * width : (i + 1) * width], b"\n")
        yield b"".join(pieces)
