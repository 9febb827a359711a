"""Lines of a word and numbers (word2vec text, GloVe, fastText's .vec) <-> words and rows of numbers."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import numpy as np

from nlptools.base.ninedigits import nine_digits
from nlptools.base.resources import ordered_map, worker_pool
from nlptools.base.textcolumns import Fields, parse_number
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.text.decoding import bad_bytes, peek
from nlptools.vectors.vectors import SKIP_HINT, Vectors, first_not_finite

HEADER = re.compile(rb"[ \t]*([0-9]{1,15})[ \t]+([0-9]{1,9})[ \t]*\r?(\n|\Z)")
WRONG_HEADER = "the header or the file is wrong"
CUT_SHORT = "the file was cut short: copy or download it again"

_HEAD = 1 << 16  # bytes of which the first lines tell the number of columns
_FIRST_LINES = 100
_LONGEST_LINE = 1 << 24
_ALL = 1 << 62  # rows
_FIELD = re.compile(rb"[^ \t\r\n]+")
_NAN = re.compile(rb"[+-]?nan", re.IGNORECASE)
# What stands before the numbers of a row may be a word with blanks ("iphone 6"), or one number too many. It is
# no part of a word if it is a decimal ("0.25"), or if there are whole numbers among those that follow.
_WHOLE = re.compile(rb"[+-]?[0-9]+")
_DECIMAL = re.compile(rb"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class RowBlock:
    """Words with their rows of numbers (float32), and the numbers of their lines, or of the rows in a file.

    bad: what is wrong with the rows that were left out, and where.
    """

    words: list[bytes]
    matrix: np.ndarray
    places: np.ndarray
    bad: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Lines:
    """Whole lines: the number of the first, where it begins in the file, and the text.

    cut: the file ends with them, without a line end.
    """

    line: int
    position: int
    data: bytes
    cut: bool


class TextReader:
    """Reads what is in a text of vectors.

    dimensions: numbers in a row; announced: rows, by the header, None where there is none.
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        source: str,
        header: bool | None,
        on_error: str,
        *,
        skip: bool = False,
        limit: int | None = None,
    ) -> None:
        """chunks: UTF-8, see decoding.to_utf8. header: whether there is one, None: when it looks like one.

        skip: rows that cannot be read are left out, instead of an error. limit: rows to read, None: all.
        """
        self._source, self._on_error = source, on_error
        self._skip, self._limit = skip, limit
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

    def rows(self, block_size: int, workers: int) -> Generator[RowBlock, None, None]:
        """All rows. DataError, with the line, for what cannot be read."""
        done = 0
        with worker_pool(workers) as pool:
            blocks = self._blocks(block_size)
            for lines, last, rows in ordered_map(pool, workers, self._parse, blocks):
                done += lines
                if self.announced is not None and done > self.announced:
                    problem = f"more vectors than the {self.announced:,} of the header"
                    hint = f"{WRONG_HEADER}; {limit_hint(self.announced)}"
                    raise DataError(self._source, last, problem, hint)
                yield rows
        if self.announced is not None and done < min(self.announced, self._limit or done + 1):
            problem = f"ends after {done:,} of {self.announced:,} vectors"
            raise DataError(self._source, None, problem, cut_hint(done))
        if not done:
            raise DataError(self._source, None, "no vectors in the file")

    def _blocks(self, size: int) -> Iterator[_Lines]:
        """Whole lines of about `size` bytes; empty lines at the end of the file are left out."""
        rest, line, position, empty = b"", 1, 0, 0
        # Of more rows than the header says the first is an error: those after it are not looked at.
        left = min(self._limit or _ALL, (self.announced or _ALL) + 1)
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
                if empty and not self._skip:
                    yield _Lines(line - empty, position, b"\n", False)  # an error, in its turn
                used, left = _first_rows(used, left, self._skip)
                cut = ended and left != 0 and not data.endswith(b"\n")
                yield _Lines(line, position, used + b"\n", cut)
                if left == 0:
                    return
            after = data.count(b"\n", 0, end)
            inside = used.count(b"\n")
            empty = after - inside - 1 if used else empty + after
            line += after
            position += end

    def _parse(self, block: _Lines) -> tuple[int, int, RowBlock]:
        """(how many rows there were, the line of the last, those that were read)."""
        data = block.data
        lines = data.count(b"\n")
        last = block.line + lines - 1
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
                return (
                    lines,
                    last,
                    RowBlock([], np.empty((0, self.dimensions), np.float32), numbers),
                )
        fields = Fields(data)
        counts = np.diff(fields.first)
        if self._skip:  # an empty line is no row
            lines -= int(np.count_nonzero(counts == 0))
        good, words, errors = self._words(data, fields, numbers, block.cut)
        columns = fields.first[good + 1, None] + np.arange(-self.dimensions, 0)
        with np.errstate(over="ignore"):
            matrix = fields.numbers(columns.ravel()).astype(np.float32).reshape(columns.shape)
        named: dict[int, str] = {}
        if first_not_finite(matrix) is not None:
            finite = np.isfinite(matrix)
            for i in np.flatnonzero(~finite.all(axis=1)).tolist():
                column, line = int(finite[i].argmin()), int(numbers[good[i]])
                number = fields.texts(columns[i, column : column + 1])[0]
                problem = _no_number(number, column)
                errors[line] = DataError(self._source, line, problem, SKIP_HINT)
                named[line] = f" ({quoted(words[i])})"
            kept = np.flatnonzero(finite.all(axis=1))
            matrix, good, words = matrix[kept], good[kept], [words[i] for i in kept.tolist()]
        if errors and not self._skip:
            raise errors[min(errors)]
        bad = [f"line {at}{named.get(at, '')}: {errors[at].problem}" for at in sorted(errors)]
        return lines, last, RowBlock(words, matrix, numbers[good], bad)

    def _words(
        self, data: bytes, fields: Fields, numbers: np.ndarray, cut: bool
    ) -> tuple[np.ndarray, list[bytes], dict[int, DataError]]:
        """(rows with a word and as many numbers as there have to be, their words, by line what is wrong in others)."""
        counts = np.diff(fields.first)
        usable = np.ones(len(counts), bool)
        long: dict[int, bytes] = {}
        errors: dict[int, DataError] = {}
        wrong = np.flatnonzero(counts != self.dimensions + 1).tolist()
        texts = data.split(b"\n") if wrong else []
        for row in wrong:
            line = int(numbers[row])
            if self._skip and not counts[row]:
                usable[row] = False
                continue
            try:
                ends = cut and row == len(counts) - 1
                long[row] = self._long_word(texts[row], line, int(counts[row]), ends)
            except DataError as error:
                usable[row] = False
                errors[line] = error
        good = np.flatnonzero(usable)
        words = fields.texts(fields.first[good])
        for row, word in long.items():
            words[int(np.searchsorted(good, row))] = word
        return good, words, errors

    def _mended(self, data: bytes, numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
        """Lines without bad bytes: with U+FFFD in their place, or without the lines that have them."""
        if self._on_error == "replace":
            return data.decode("utf-8", "replace").encode(), numbers
        lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
        good = np.array([_is_utf8(line) for line in lines])
        return b"".join(line for line, ok in zip(lines, good, strict=True) if ok), numbers[good]

    def _long_word(self, text: bytes, line: int, count: int, ends: bool) -> bytes:
        """The word of a line with more fields than it should have: it has spaces in it.

        ends: the file does so in this line, which may be cut.
        """
        fields = list(_FIELD.finditer(text))
        if not fields:
            raise DataError(self._source, line, "an empty line", SKIP_HINT)
        problem = f"{count - 1} number{'s' * (count != 2)} in the row, not {self.dimensions}"
        if count <= self.dimensions:
            if count == self.dimensions and np.isfinite(parse_number(fields[0][0])):
                problem = f"{count} numbers, but no word"
            before = line - 1 - (self._head_end > 0)
            hint = cut_hint(before) if ends and before else self._why()
            raise DataError(self._source, line, problem, hint)
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
        return f"every row has a word and {self.dimensions} numbers, {by}; {SKIP_HINT}"


def limit_hint(rows: int) -> str:
    """How to read the first rows alone."""
    return f"--limit {rows} reads no more than that"


def cut_hint(rows: int) -> str:
    """What to do with a file that ends early; rows: that are whole."""
    return f"{CUT_SHORT}; {limit_hint(rows)}" if rows else CUT_SHORT


def _first_rows(lines: bytes, most: int, skip: bool) -> tuple[bytes, int]:
    """(lines as far as the row of that number, how many rows are left to be read).

    An empty line is no row; unless it is skipped, it is an error, and it does not matter how it is counted.
    """
    if not skip and (rows := lines.count(b"\n") + 1) < most:
        return lines, most - rows
    texts = lines.split(b"\n")
    for i, text in enumerate(texts):
        most -= bool(text.strip(b" \t\r"))
        if not most:
            return b"\n".join(texts[: i + 1]), 0
    return lines, most


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
    others = (i for i, field in enumerate(fields) if not _is_number(field))
    return next(others, len(fields))


def _is_number(text: bytes) -> bool:
    """Whether it is a number, finite or not."""
    return not math.isnan(parse_number(text)) or _NAN.fullmatch(text) is not None


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
    if np.isinf(value) or _NAN.fullmatch(text):
        return f"{text.decode()} in column {column + 1}"
    if np.isnan(value):
        return f"not a number in column {column + 1}: {quoted(text)}"
    return f"too large for float32 in column {column + 1}: {quoted(text)}"


# --- writing ---------------------------------------------------------------------------------


def text_pieces(vectors: Vectors, header: bool) -> Iterator[bytes]:
    """The lines of a file. 9 digits give the same float32 when they are read, 17 the same float64.

    NlptoolsError for words that cannot stand there.
    """
    size, dimensions = vectors.shape
    wide = vectors.dtype.itemsize > 4
    form = b" %.17g" * dimensions
    if header:
        yield b"%d %d\n" % (size, dimensions)
    for words, batch in zip(vectors.word_batches(), vectors.batches(), strict=True):
        for start in range(0, len(words), 256):
            stop = start + 256
            part = batch[start:stop]
            if wide or not dimensions:
                rows = [form % tuple(row) for row in part.tolist()]
            else:
                rows = nine_digits(part.astype(np.float32, copy=False))
            lines: list[bytes] = []
            for word, numbers in zip(words[start:stop], rows, strict=True):
                if _ends_in_number(word):
                    numbers = b"".join(b" " + _with_point(number) for number in numbers.split())
                lines += word, numbers, b"\n"
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
