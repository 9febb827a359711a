"""Lines of a word and numbers (word2vec text, GloVe, fastText's .vec) <-> words and rows of numbers."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import ordered_map, worker_pool
from nlptools.base.textcolumns import Fields, parse_number
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.text.decoding import bad_bytes, peek
from nlptools.vectors.vectors import Vectors, first_not_finite

HEADER = re.compile(rb"[ \t]*([0-9]{1,15})[ \t]+([0-9]{1,9})[ \t]*\r?(\n|\Z)")
CUT_SHORT = "the file was cut short: copy or download it again"

_HEAD = 1 << 16  # bytes of which the first lines tell the number of columns
_FIRST_LINES = 100
_LONGEST_LINE = 1 << 24
_FIELD = re.compile(rb"[^ \t\r\n]+")
# What stands before the numbers of a row may be a word with blanks ("iphone 6"), or one number too many. It is
# no part of a word if it is a decimal ("0.25"), or if there are whole numbers among those that follow.
_WHOLE = re.compile(rb"[+-]?[0-9]+")
_DECIMAL = re.compile(rb"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class RowBlock:
    """Words with their rows of numbers (float32), and the numbers of their lines, or of the rows in a file."""

    words: list[bytes]
    matrix: np.ndarray
    places: np.ndarray


@dataclass(frozen=True)
class _Lines:
    """Whole lines: the number of the first, where it begins in the file, and the text."""

    line: int
    position: int
    data: bytes


class TextReader:
    """Reads what is in a text of vectors.

    dimensions: numbers in a row; announced: rows, by the header, None where there is none.
    """

    def __init__(
        self, chunks: Iterator[bytes], source: str, header: bool | None, on_error: str
    ) -> None:
        """chunks: UTF-8, see decoding.to_utf8. header: whether there is one, None: when it looks like one."""
        self._source, self._on_error = source, on_error
        self.announced: int | None = None
        self._head_end = 0
        head, self._chunks = _head(chunks)
        self._bom = head.startswith(codecs.BOM_UTF8)
        head = head.removeprefix(codecs.BOM_UTF8)
        if not head.strip():
            raise DataError(source, None, "no vectors: the file is empty")
        found = HEADER.match(head)
        if found is not None and header is not False:
            self.announced, self.dimensions = int(found[1]), int(found[2])
            self._head_end = found.end()
            if not self.announced or not self.dimensions:
                raise DataError(
                    source, 1, f"no vectors: the header says {quoted(found[0].strip())}"
                )
            return
        if header:
            problem = f"no header (number of vectors, their dimension), but {quoted(_line(head))}"
            raise DataError(source, 1, problem, "a file without one: --input-format glove")
        # Words may have spaces in them, and lines may be damaged: what most lines have is right.
        lines = head.split(b"\n")[:_FIRST_LINES]
        counts = Counter(map(_numbers_at_end, lines[: max(1, len(lines) - 1)]))
        self.dimensions = max(counts, key=lambda number: (counts[number], number))
        if self.dimensions < 1:
            hint = "a line of a vector file has a word and its numbers"
            raise DataError(source, 1, f"no vectors, but {quoted(_line(head))}", hint)

    def rows(self, block_size: int, workers: int) -> Iterator[RowBlock]:
        """All rows. DataError, with the line, for what cannot be read."""
        done = 0
        with worker_pool(workers) as pool:
            blocks = self._blocks(block_size)
            for lines, rows in ordered_map(pool, workers, self._parse, blocks):
                done += lines
                if self.announced is not None and done > self.announced:
                    line = self.announced + 2
                    problem = f"more vectors than the {self.announced:,} of the header"
                    raise DataError(self._source, line, problem, "the header or the file is wrong")
                yield rows
        if self.announced is not None and done < self.announced:
            problem = f"ends after {done:,} of {self.announced:,} vectors"
            raise DataError(self._source, None, problem, CUT_SHORT)
        if not done:
            raise DataError(self._source, None, "no vectors in the file")

    def _blocks(self, size: int) -> Iterator[_Lines]:
        """Whole lines of about `size` bytes; empty lines at the end of the file are left out."""
        rest, line, position, empty = b"", 1, 0, 0
        skip = self._head_end + (len(codecs.BOM_UTF8) if self._bom else 0)
        ended = False
        while not ended:
            pieces, length = [rest], len(rest)
            while length < max(size, 1) or not any(b"\n" in piece for piece in pieces):
                if length > _LONGEST_LINE:
                    raise DataError(self._source, line, "a line of many megabytes: no vector file")
                chunk = next(self._chunks, b"")
                if not chunk:
                    ended = True
                    break
                pieces.append(chunk)
                length += len(chunk)
            data = b"".join(pieces)
            if skip:
                position, line = skip, line + (self._head_end > 0)
                data, skip = data[skip:], 0
            end = len(data) if ended else data.rfind(b"\n") + 1
            rest = data[end:]
            used = data[:end].rstrip(b" \t\r\n")
            if used:
                if empty:
                    raise DataError(self._source, line - empty, "an empty line")
                yield _Lines(line, position, used + b"\n")
            after = data.count(b"\n", 0, end)
            inside = used.count(b"\n")
            empty = after - inside - 1 if used else empty + after
            line += after
            position += end

    def _parse(self, block: _Lines) -> tuple[int, RowBlock]:
        """(how many lines there were, the rows among them)."""
        data = block.data
        lines = data.count(b"\n")
        numbers = np.arange(block.line, block.line + lines, dtype=np.int32)
        if b"\0" in data:
            line = block.line + data.count(b"\n", 0, data.index(b"\0"))
            hint = "a word2vec binary? --input-format word2vec-bin"
            raise DataError(self._source, line, "a NUL byte: not a text file", hint)
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if self._on_error == "strict":
                line = block.line + data.count(b"\n", 0, error.start)
                at = block.position + error.start
                raise bad_bytes(self._source, line, "utf-8", data, error.start, at) from None
            data, numbers = self._mended(data, numbers)
            if not data:
                return lines, RowBlock([], np.empty((0, self.dimensions), np.float32), numbers)
        fields = Fields(data)
        first = fields.first
        counts = np.diff(first)
        wrong = np.flatnonzero(counts != self.dimensions + 1)
        long = {}
        for row in wrong.tolist():
            text = data.split(b"\n", row + 1)[row]
            long[row] = self._long_word(text, int(numbers[row]), int(counts[row]))
        words = fields.texts(first[:-1])
        for row, word in long.items():
            words[row] = word
        columns = first[1:, None] + np.arange(-self.dimensions, 0)
        with np.errstate(over="ignore"):
            matrix = fields.numbers(columns.ravel()).astype(np.float32).reshape(columns.shape)
        bad = first_not_finite(matrix)
        if bad is not None:
            number = fields.texts(columns[bad[0], bad[1] : bad[1] + 1])[0]
            raise DataError(self._source, int(numbers[bad[0]]), _no_number(number, bad[1]))
        return lines, RowBlock(words, matrix, numbers)

    def _mended(self, data: bytes, numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
        """Lines without bad bytes: with U+FFFD in their place, or without the lines that have them."""
        if self._on_error == "replace":
            return data.decode("utf-8", "replace").encode(), numbers
        lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
        good = np.array([_is_utf8(line) for line in lines])
        return b"".join(line for line, ok in zip(lines, good, strict=True) if ok), numbers[good]

    def _long_word(self, text: bytes, line: int, count: int) -> bytes:
        """The word of a line with more fields than it should have: it has spaces in it."""
        fields = list(_FIELD.finditer(text))
        if not fields:
            raise DataError(self._source, line, "an empty line")
        problem = f"{count - 1} number{'s' * (count != 2)} in the row, not {self.dimensions}"
        if count <= self.dimensions:
            if count == self.dimensions and np.isfinite(parse_number(fields[0][0])):
                problem = f"{count} numbers, but no word"
            raise DataError(self._source, line, problem, self._why())
        at = count - self.dimensions
        last = fields[at - 1]
        numbers = [field[0] for field in fields[at:]]
        if _DECIMAL.fullmatch(last[0]) or (
            _WHOLE.fullmatch(last[0]) and any(map(_WHOLE.fullmatch, numbers))
        ):
            raise DataError(self._source, line, problem, self._why())
        return text[fields[0].start() : last.end()]

    def _why(self) -> str:
        by = (
            "as the header says"
            if self.announced is not None
            else "as most of the first lines have"
        )
        return f"every row has a word and {self.dimensions} numbers, {by}"


def _head(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, with a whole line among them, and all chunks."""
    size = _HEAD
    while True:
        head, chunks = peek(chunks, size)
        if b"\n" in head or len(head) < size or size > _LONGEST_LINE:
            return head, chunks
        size *= 4


def _numbers_at_end(line: bytes) -> int:
    """How many numbers a line ends in; its first field is none of them, but a word."""
    fields = _FIELD.findall(line)[:0:-1]
    others = (i for i, field in enumerate(fields) if not math.isfinite(parse_number(field)))
    return next(others, len(fields))


def _line(head: bytes) -> bytes:
    return head.lstrip().partition(b"\n")[0]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _no_number(text: bytes, column: int) -> str:
    value = parse_number(text)
    if np.isinf(value) or text.lower().lstrip(b"+-") == b"nan":
        return f"{text.decode()} in column {column + 1}"
    if np.isnan(value):
        return f"not a number in column {column + 1}: {quoted(text)}"
    return f"too large for float32 in column {column + 1}: {quoted(text)}"


# --- writing ---------------------------------------------------------------------------------


def text_pieces(vectors: Vectors, header: bool) -> Iterator[bytes]:
    """The lines of a file. 9 digits give the same float32 when they are read, 17 the same float64.

    NlptoolsError for words that cannot stand there.
    """
    rows, dimensions = vectors.shape
    digits = 17 if vectors.dtype.itemsize > 4 else 9
    form = " ".join([f"%.{digits}g"] * dimensions)
    if header:
        yield b"%d %d\n" % (rows, dimensions)
    for words, batch in zip(vectors.word_batches(), vectors.batches(), strict=True):
        for start in range(0, len(words), 256):
            stop = start + 256
            lines = []
            for word, row in zip(words[start:stop], batch[start:stop].tolist(), strict=True):
                numbers = (form % tuple(row)).encode()
                if _ends_in_number(word):
                    numbers = b" ".join(map(_with_point, numbers.split()))
                lines.append(b"%s %s\n" % (word, numbers))
            yield b"".join(lines)


def _with_point(number: bytes) -> bytes:
    return number + b".0" if _WHOLE.fullmatch(number) else number


def _ends_in_number(word: bytes) -> bool:
    """Whether it is a word with blanks that ends so; NlptoolsError for one that would be read as something else."""
    fields = _FIELD.findall(word)
    edge = word != word.strip(b" \t\r\n")
    if edge or not fields or b"\n" in word or b"\0" in word:
        problem = f"a text of vectors cannot have the word {quoted(word)}"
        raise NlptoolsError(problem, "write .npy or .safetensors, and the words to a file")
    if len(fields) > 1 and _DECIMAL.fullmatch(fields[-1]):
        problem = (
            f"a text of vectors cannot have the word {quoted(word)}: its end looks like a number"
        )
        raise NlptoolsError(problem, "write .npy or .safetensors, and the words to a file")
    return len(fields) > 1 and _WHOLE.fullmatch(fields[-1]) is not None
