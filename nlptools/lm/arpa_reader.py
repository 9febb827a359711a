r"""ARPA file -> its n-grams as columns of ids, in the order of the file; what is wrong with a file is said here.

Whatever KenLM, SRILM, IRSTLM and CMU tools write is read: blanks or tabs between the fields, back-offs left
out, empty lines, CRLF, text before \data\.
"""

from __future__ import annotations

import codecs
import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.keys import KeyTable, id_dtype
from nlptools.base.textcolumns import WORD_BYTES, Fields, parse_number, word_key
from nlptools.errors import DataError, quoted
from nlptools.lm.trie import DECIMALS, LOG_ZERO, MAX_MODEL_ORDER, UNKNOWN
from nlptools.ngrams.alphabet import symbol_order
from nlptools.ngrams.symbols import END, START
from nlptools.text.decoding import decompress, to_utf8
from nlptools.text.sources import reason

COMMENT = "# nlptools lm "  # of a line with settings, before \data\
DATA = re.compile(rb"^[ \t]*\\data\\[ \t\r]*$", re.MULTILINE)

_BLOCK = 1 << 18  # bytes read and parsed at a time: their arrays stay in the cache
_HEAD = 1 << 20  # bytes in which \data\ has to come
_LONGEST_LINE = 1 << 24
_COUNT = re.compile(rb"ngram[ \t]+([0-9]{1,9})[ \t]*=[ \t]*([0-9]{1,18})")
_TINY = 1e-5  # how far rounding, in IRSTLM, takes the logarithm of a probability above 0
_MOST_BACKOFF = 99.0
_CUT_SHORT = "the file was cut short: copy or download it again"
_EDITED = "the file was cut short or edited"
_KENLM_BINARY = (
    "take the ARPA file it was made from, KenLM has no way back; without it score in Python: "
    'kenlm.Model(FILE).score(" ".join(text))'
)
_OTHERS = (
    (b"mmap lm http://kheafield.com/code", "a KenLM binary", _KENLM_BINARY),
    (b"blmt", "an IRSTLM binary", "make it ARPA: compile-lm --text=yes"),
    (b"iARPA", "an IRSTLM iARPA file", "make it ARPA: compile-lm --text=yes"),
    (b"qARPA", "an IRSTLM qARPA file", "make it ARPA: compile-lm --text=yes"),
    (b"SRILM_BINARY_NGRAM", "an SRILM binary", "make it ARPA: ngram -lm FILE -write-lm FILE"),
    (b"nlptools ", "a native nlptools file", None),
    (b"# nlptools model", "an nlptools word model", None),
    (b"{", "JSON", None),
    (b"[", "JSON", None),
    (b"<", "XML or HTML", None),
)


_IRSTLM = (b"iARPA", b"qARPA", b"blmt")


@dataclass
class Section:
    """The n-grams of one order: a column of ids for each position; log_probs, backoffs: float32.

    lines: the number of the line of each.
    """

    columns: list[np.ndarray]
    log_probs: np.ndarray
    backoffs: np.ndarray
    lines: np.ndarray

    def arrays(self) -> list[np.ndarray]:
        return [*self.columns, self.log_probs, self.backoffs, self.lines]


def read_sections(
    path: str | os.PathLike[str],
) -> tuple[dict[str, Any], tuple[str, ...], list[Section]]:
    """Settings (none where the file has none), vocabulary, and a section for each order.

    The vocabulary has <unk> first, the rest is in the canonical order; <s> and </s> are in it even if the file
    lacks them. DataError, with the line, for what cannot be read.
    """
    lines = _Lines(path)
    settings, sizes = _read_head(lines)
    vocabulary = _Vocabulary()
    sections = []
    for order, size in enumerate(sizes, 1):
        lines.expect(f"\\{order}-grams:")
        section = _read_section(lines, order, size, order == len(sizes), vocabulary)
        if order == 1:
            section.columns = [vocabulary.close()]
        sections.append(section)
    lines.expect("\\end\\")
    while (line := lines.next()) is not None:
        if line:
            problem = f"text after \\end\\: {quoted(line)}"
            raise DataError(lines.path, lines.number, problem, "a file holds one model")
    return settings, vocabulary.texts, sections


def rounded(logs: np.ndarray) -> np.ndarray:
    """Logarithms as models have them: float32, and never -0."""
    return np.round(np.maximum(logs, LOG_ZERO), DECIMALS).astype(np.float32) + np.float32(0)


# --- lines -----------------------------------------------------------------------------------


class _Lines:
    """The lines of a file: one at a time, or many as a block."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.number = 0  # of the line that was given last
        chunks = decompress(_raw(self.path), self.path)
        self._chunks, _ = to_utf8(chunks, self.path, "utf-8", "strict")
        self._data, self._at = b"", 0

    def _more(self) -> bool:
        chunk = next(self._chunks, b"")
        self._data, self._at = self._data[self._at :] + chunk, 0
        if len(self._data) > _LONGEST_LINE and b"\n" not in self._data:
            raise DataError(self.path, self.number + 1, "a line of many megabytes: no ARPA file")
        return bool(chunk)

    def head(self) -> bytes:
        """The first bytes, without a byte order mark; they stay to be read."""
        while len(self._data) < _HEAD and self._more():
            pass
        self._data = self._data.removeprefix(codecs.BOM_UTF8)
        return self._data[:_HEAD]

    def next(self) -> bytes | None:
        """The next line, without white space around it; None at the end."""
        while (end := self._data.find(b"\n", self._at)) < 0 and self._more():
            pass
        if end < 0:
            end = len(self._data)
            if self._at >= end:
                return None
        line = self._data[self._at : end]
        self._at = end + 1
        self.number += 1
        return line.strip()

    def expect(self, text: str) -> None:
        """Read the line that has to come now."""
        line = self.next()
        if line is None:
            raise DataError(self.path, self.number, f"the file ends before {text}", _CUT_SHORT)
        if line != text.encode():
            raise DataError(self.path, self.number, f"expected {text}, found {quoted(line)}")

    def at_section(self) -> bool:
        """Whether the next line begins with a backslash."""
        while self._at >= len(self._data) and self._more():
            pass
        return self._data.startswith(b"\\", self._at)

    def _section(self, stop: int) -> int:
        """Where a line begins with a backslash, not the next one; 0: nowhere before `stop`."""
        at = self._at
        while (at := self._data.find(b"\\", at + 1, stop)) > 0 and self._data[at - 1] != 10:
            pass
        return max(at, 0)

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """The lines before one that begins with a backslash: (number of the first, whole lines)."""
        while not self.at_section():
            far = self._at + 2 * _BLOCK
            end = (
                self._section(far)
                or self._data.rfind(b"\n", self._at, far) + 1
                or self._data.find(b"\n", self._at) + 1
            )
            if end:
                block = self._data[self._at : end]
            elif self._more():
                continue
            elif self._data:
                block, end = self._data + b"\n", len(self._data)
            else:
                return
            self._at = end
            yield self.number + 1, block
            self.number += int(np.count_nonzero(np.frombuffer(block, np.uint8) == 10))


def _raw(path: str) -> Iterator[bytes]:
    try:
        with open(path, "rb", 0) as file:
            while chunk := file.read(_BLOCK):
                yield chunk
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None


# --- the head --------------------------------------------------------------------------------


def _read_head(lines: _Lines) -> tuple[dict[str, Any], list[int]]:
    """Settings, and how many n-grams of each order are announced."""
    head = lines.head()
    if DATA.search(head) is None:
        raise _not_arpa(lines.path, head)
    settings: dict[str, Any] = {}
    while (line := lines.next()) is not None and line != b"\\data\\":
        if line.startswith(_IRSTLM):  # these have a \\data\\, too
            raise _not_arpa(lines.path, line)
        if not settings and line.startswith(COMMENT.encode()):
            settings = _settings(line[len(COMMENT) :])
    sizes: list[int] = []
    after = False  # an empty line, with which the counts should end
    while not lines.at_section() and (line := lines.next()) is not None:
        if not line:
            after = bool(sizes)
            continue
        found = _COUNT.fullmatch(line)
        if found is None or int(found[1]) != len(sizes) + 1:
            wanted = "\\1-grams:" if after and found is None else f"ngram {len(sizes) + 1}=..."
            raise DataError(lines.path, lines.number, f"expected {wanted}, found {quoted(line)}")
        sizes.append(int(found[2]))
        if len(sizes) > MAX_MODEL_ORDER:
            problem = f"n-grams of order {len(sizes)}; the highest read here is {MAX_MODEL_ORDER}"
            raise DataError(lines.path, lines.number, problem)
    if not sizes or not sizes[0]:
        raise DataError(lines.path, lines.number, "no 1-grams announced: a model has words")
    return settings, sizes


def _settings(text: bytes) -> dict[str, Any]:
    try:
        settings = json.loads(text.decode())
    except (ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _not_arpa(path: str, head: bytes) -> DataError:
    head = head.lstrip()
    if not head:
        return DataError(path, None, "an empty file, not an ARPA file")
    for magic, what, hint in _OTHERS:
        if head.startswith(magic):
            return DataError(path, None, f"{what}, not an ARPA file", hint)
    begins = quoted(head.partition(b"\n")[0])
    return DataError(path, 1, f"not an ARPA file: no line \\data\\; it begins {begins}")


# --- n-grams ---------------------------------------------------------------------------------


class _Vocabulary:
    """Words of the 1-grams -> ids."""

    def __init__(self) -> None:
        self.words: list[bytes] = []  # of the 1-grams, in the order of the file
        self.texts: tuple[str, ...] = ()
        self.ids: dict[bytes, int] = {}
        self.dtype: np.dtype[Any] = np.dtype(np.uint64)  # of ids, once they are there

    def close(self) -> np.ndarray:
        """Called when all words are there; returns their ids."""
        names = [UNKNOWN if word == b"<UNK>" else word.decode() for word in self.words]
        rest = sorted({*names, START, END} - {UNKNOWN}, key=symbol_order)
        self.texts = (UNKNOWN, *rest)
        numbers = dict(zip(self.texts, range(len(self.texts)), strict=True))
        ids = [numbers[name] for name in names]
        self.ids = dict(zip(self.words, ids, strict=True))
        keys = {word_key(word): i for word, i in self.ids.items() if len(word) <= WORD_BYTES}
        self._table = KeyTable(np.array(list(keys), np.uint64))
        self._short = np.array([*keys.values(), -1], np.int32)
        self.dtype = np.dtype(id_dtype(len(self.texts)))
        return np.array(ids, self.dtype)

    def find(self, fields: Fields, at: np.ndarray) -> np.ndarray:
        """The ids of fields, -1 for what is no 1-gram; int32."""
        keys, long = fields.words(at)
        ids = self._short[self._table.find(keys)]
        ids[long] = [self.ids.get(word, -1) for word in fields.texts(at[long])]
        return ids


def _read_section(
    lines: _Lines, order: int, size: int, last: bool, vocabulary: _Vocabulary
) -> Section:
    dtypes = [vocabulary.dtype] * (order if order > 1 else 0)
    try:  # memory is taken when it is written to
        arrays = [np.empty(size, dtype) for dtype in (*dtypes, np.float32, np.float32, np.uint32)]
    except MemoryError:
        problem = f"{size:,} {order}-grams announced, more than there is memory for"
        raise DataError(lines.path, None, problem, _EDITED) from None
    done = 0
    for line, block in lines.blocks():
        part = _read_block(lines.path, line, block, order, size - done, last, vocabulary)
        end = done + len(part.lines)
        for array, piece in zip(arrays, part.arrays(), strict=True):
            array[done:end] = piece
        done = end
    if done < size:
        problem = f"ends after {done:,} of {size:,} {order}-grams"
        if lines.at_section():
            raise DataError(lines.path, lines.number + 1, f"the section {problem}", _EDITED)
        raise DataError(lines.path, lines.number, f"the file {problem}", _CUT_SHORT)
    *columns, log_probs, backoffs, numbers = arrays
    return Section(columns, log_probs, backoffs, numbers)


def _read_block(
    path: str, line: int, block: bytes, order: int, room: int, last: bool, vocabulary: _Vocabulary
) -> Section:
    """The n-grams of lines, the first of which has the number `line`; room: how many there may be.

    Whether something is wrong is found for all lines at once; `_fault` says what it is, for the first.
    """
    if b"\0" in block:
        line += block.count(b"\n", 0, block.index(b"\0"))
        raise DataError(path, line, "a NUL byte: not a text file")
    fields = Fields(block)
    counts = np.diff(fields.first)
    rows = np.flatnonzero(counts)
    weighted = counts[rows] == order + 2
    bad = ~weighted & (counts[rows] != order + 1)
    bad[room:] = True
    end = _first(bad)
    at = fields.first[rows[:end]]
    log_probs, backoffs = fields.numbers(at), np.zeros(end)
    with_backoff = np.flatnonzero(weighted[:end])
    backoffs[with_backoff] = fields.numbers(at[with_backoff] + (order + 1))
    if last:
        good = (log_probs <= _TINY) & (backoffs == 0)
    else:
        good = (log_probs <= _TINY) & (backoffs <= _MOST_BACKOFF)  # NaN is neither
    columns = []
    if order == 1:
        words = fields.texts(at + 1)
        good &= _is_utf8(words)
        vocabulary.words += words
    else:
        for j in range(1, order + 1):
            ids = vocabulary.find(fields, at + j)
            good &= ids >= 0
            columns.append(ids.astype(vocabulary.dtype))
    end = _first(~good)
    if end < len(rows):
        row = int(rows[end])
        found = fields.texts(np.arange(fields.first[row], fields.first[row + 1]))
        if end == room:
            raise DataError(path, line + row, f"more {order}-grams than announced", _EDITED)
        raise DataError(path, line + row, *_fault(found, order, last, vocabulary))
    lines = (line + rows).astype(np.uint32)
    return Section(columns, rounded(np.minimum(log_probs, 0)), rounded(backoffs), lines)


def _first(bad: np.ndarray) -> int:
    """The first place that is True, or the length."""
    return int(np.argmax(bad)) if bad.any() else len(bad)


def _is_utf8(words: list[bytes]) -> np.ndarray:
    good = np.ones(len(words), bool)
    try:
        b" ".join(words).decode()
    except UnicodeDecodeError:
        good[:] = [_bad_byte(word) is None for word in words]
    return good


def _bad_byte(word: bytes) -> int | None:
    """The first byte that makes the word no UTF-8."""
    try:
        word.decode()
    except UnicodeDecodeError as error:
        return word[error.start]
    return None


def _fault(
    fields: list[bytes], order: int, last: bool, vocabulary: _Vocabulary
) -> tuple[str, str | None]:
    """(problem, hint): what is wrong with the fields of a line."""
    wanted = f"a number and {order} word{'s' * (order > 1)}"
    if not last:
        wanted += ", perhaps a back-off"
    found = quoted(b" ".join(fields))
    if len(fields) not in (order + 1, order + 2):
        return f"expected {wanted}, found {found}", None
    log_prob = parse_number(fields[0])
    if math.isnan(log_prob):
        return f"not a number: {quoted(fields[0])}", None
    if log_prob > _TINY:
        return f"the logarithm of a probability cannot be {log_prob:g}", None
    for number, word in enumerate(fields[1 : order + 1], 1):
        byte = _bad_byte(word)
        if byte is not None:
            return f"not UTF-8: byte 0x{byte:02x}", "convert it: iconv -f gb18030 -t utf-8"
        if order > 1 and word not in vocabulary.ids:
            if number == order == len(fields) - 1 and not math.isnan(parse_number(word)):
                return f"expected {wanted}, found {found}", None
            return f"{quoted(word)} is not among the 1-grams", None
    backoff = parse_number(fields[-1])
    if last and not math.isnan(backoff):
        return f"a back-off, {backoff:g}, in the highest order", None
    if backoff > _MOST_BACKOFF:
        return f"a back-off of {backoff:g}", None
    return f"not a number: {quoted(fields[-1])}", None
