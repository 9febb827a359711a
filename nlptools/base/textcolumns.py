"""Columns of numbers and texts <-> the bytes of lines: whole arrays, no Python for a row.

Writing: a column is an array of bytes (dtype S), every text filled up with NUL, as NumPy has them. `weave`
puts columns side by side into records of one width and then takes out all NULs, in one pass over the
bytes: 30 ns for a row of 28 bytes, a quarter of what it takes to compute the place of each byte.
Reading: `Fields` finds what stands between the blanks of lines, as numbers and as words.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

# --- columns -> lines ------------------------------------------------------------------------

ROWS = 1 << 15  # a good number of rows for `weave`: the records and columns stay in the cache
_MARK = b"\xff"  # in no UTF-8 text: stands for a text that is too long for its column
_WIDTHS = (4, 8, 16)  # of a column of texts; 4: one Han character, or </s>
_FEW = 16  # a column is wide enough for all its texts but one in so many


@dataclass(frozen=True)
class Texts:
    """A column of texts: those that fit are in `short`, those of `rows` (ascending) in `long`."""

    short: np.ndarray
    rows: np.ndarray
    long: np.ndarray


# A column; bytes: a cell that is the same in all rows.
Cells = np.ndarray | Texts | bytes


class TextTable:
    """Texts by number: table[ids] is a column of them. There is no NUL in a text."""

    def __init__(self, texts: Iterable[str]) -> None:
        data = [text.encode() for text in texts]
        self._texts = np.array([*data, None], object)  # with None no array of dtype S
        self._lengths = np.array([len(text) for text in data], np.int32)
        self._short = [
            np.array([t if len(t) <= width else _MARK for t in data], f"S{width}")
            for width in _WIDTHS
        ]

    def __getitem__(self, ids: np.ndarray) -> Texts:
        lengths = self._lengths.take(ids)
        for short in self._short:
            rows = np.flatnonzero(lengths > short.dtype.itemsize)
            if len(rows) * _FEW <= len(ids):
                break
        return Texts(short.take(ids), rows, self._texts.take(ids[rows]))


def weave(columns: Sequence[Cells]) -> bytes:
    """The cells of each row, one after another; line ends are cells, too. Not all columns are bytes."""
    cells = [column.short if isinstance(column, Texts) else column for column in columns]
    widths = [len(cell) if isinstance(cell, bytes) else cell.dtype.itemsize for cell in cells]
    size = next(len(cell) for cell in cells if not isinstance(cell, bytes))
    records = np.empty(size, [(f"{j}", f"S{width}") for j, width in enumerate(widths)])
    for j, cell in enumerate(cells):
        records[f"{j}"] = cell
    data = records.tobytes().translate(None, b"\0")
    long = [(j, c) for j, c in enumerate(columns) if isinstance(c, Texts) and len(c.rows)]
    if not long:
        return data
    rows = np.concatenate([column.rows for _, column in long])
    places = np.repeat([j for j, _ in long], [len(column.rows) for _, column in long])
    texts = np.concatenate([column.long for _, column in long])[np.lexsort((places, rows))]
    pieces = [b""] * (2 * len(texts) + 1)
    pieces[::2] = data.split(_MARK)
    pieces[1::2] = texts.tolist()
    return b"".join(pieces)


def decimals(values: np.ndarray, places: int, *, short: bool = False) -> np.ndarray:
    """Numbers as a column of texts, with so many decimals; never "-0.00".

    A float is multiplied by 10**places and rounded to the nearest whole number, half to even. Integers
    have no decimals. short: nor have whole numbers. ValueError for a number that is not finite or, times
    10**places, reaches 10**18.
    """
    if values.dtype.kind in "iu":
        places = 0
        largest: float = max(int(values.max(initial=0)), -int(values.min(initial=0)))
        scaled = np.abs(values)
    else:
        scaled = np.rint(np.abs(values.astype(np.float64)) * 10.0**places)
        largest = float(scaled.max(initial=0))
    if not largest < 1e18:  # nor is NaN
        raise ValueError(f"a number that cannot be written with {places} decimals")
    number = scaled.astype(np.uint32 if largest < 1 << 32 and places < 10 else np.uint64)
    whole = number // 10**places
    words = _whole_words(whole, (values < 0) & (number > 0))
    rest = number - whole * 10**places
    broken = rest != 0
    dot = "."
    for count in [places % 4] * (places > 0) + [4] * (places // 4):
        places -= count
        group = rest // 10**places
        rest -= group * 10**places
        word = _digits(count, dot).take(group)
        words.append(word * broken if short else word)
        dot = ""
    matrix = np.empty((len(values), len(words)), np.uint32)
    for j, word in enumerate(words):
        matrix[:, j] = word
    return matrix.view(f"S{4 * len(words)}").reshape(-1)


def _whole_words(number: np.ndarray, negative: np.ndarray) -> list[np.ndarray]:
    """Whole numbers, four bytes of each text in an array."""
    largest = int(number.max(initial=0))
    if largest < 1000:
        return [_signed().take(number + number.dtype.type(1000) * negative)]
    words = [np.where(negative, *_four(["-", ""]))]
    begun = np.zeros(len(number), bool)
    for after in range((len(str(largest)) - 1) // 4 * 4, -1, -4):
        group = number // 10**after
        number = number - group * 10**after
        first = np.where(group | (after > 0), group, 10000)
        words.append(np.where(begun, _digits(4).take(group), _first_digits().take(first)))
        begun |= group > 0
    return words


@functools.cache
def _signed() -> np.ndarray:
    """0 to 999 and -0 to -999."""
    return _four(f"{sign}{number}" for sign in ("", "-") for number in range(1000))


@functools.cache
def _first_digits() -> np.ndarray:
    """1 to 9999; nothing for 0, and 0 for 10000."""
    return _four(["", *map(str, range(1, 10000)), "0"])


@functools.cache
def _digits(count: int, before: str = "") -> np.ndarray:
    """All numbers of `count` digits, those with zeros in front included."""
    return _four(f"{before}{number:0{count}}" if count else before for number in range(10**count))


def _four(texts: Iterable[str]) -> np.ndarray:
    """Texts of up to four bytes, each as one integer: arrays of those are the quickest to copy."""
    return np.array(list(texts), "S4").view(np.uint32)


# --- lines -> columns ------------------------------------------------------------------------

WORD_BYTES = 8  # of the longest word that is one integer
# For n = 0 .. 8: the first n of eight bytes (the first byte is the lowest, as in little-endian); how far
# they are shifted to be the last n; and eight digits 0, of which the first 8 - n stand before them.
_COUNTS = range(WORD_BYTES + 1)
_FIRST = np.array([(1 << 8 * n) - 1 for n in _COUNTS], np.uint64)
_SHIFT = np.array([8 * (WORD_BYTES - n) for n in _COUNTS], np.uint64)
_ZEROS = 0x3030303030303030
_BEFORE = np.array([_ZEROS >> 8 * n for n in _COUNTS], np.uint64)
_POWERS = 10.0 ** np.arange(WORD_BYTES + 1)


def word_key(word: bytes) -> int:
    """A word of up to WORD_BYTES bytes, none of them NUL, as one integer below 2**64."""
    return int.from_bytes(word, "little")


class Fields:
    """What stands between the blanks, tabs and line ends (LF or CRLF) of lines; fields have numbers.

    first: of every line its first field, and after the last line the number of fields.
    """

    def __init__(self, lines: bytes) -> None:
        """lines: whole ones, the last too ends with LF."""
        data = np.frombuffer(lines + b"\n" * 16, np.uint8)
        blank = (data == 32) | (data == 9) | (data == 10) | (data == 13)
        turns = np.flatnonzero(blank[1:] != blank[:-1]) + 1
        if not blank[0]:
            turns = np.concatenate([[0], turns])
        self._starts, self._ends = turns[::2], turns[1::2]
        line_ends = data[: len(lines)] == 10
        after = np.flatnonzero(data[self._ends] == 10) + 1
        if len(after) != np.count_nonzero(line_ends):  # an LF that does not follow a field
            after = np.searchsorted(self._starts, np.flatnonzero(line_ends))
        self.first = np.concatenate([[0], after])
        self._lines, self._data = lines, data
        # The eight bytes that begin at each byte; a copy, because NumPy takes only from aligned arrays.
        self._eights = np.ndarray(len(lines) + 8, "<u8", data, 0, (1,)).astype(np.uint64)

    def texts(self, fields: np.ndarray) -> list[bytes]:
        starts, ends = self._starts[fields].tolist(), self._ends[fields].tolist()
        return [self._lines[start:end] for start, end in zip(starts, ends, strict=True)]

    def words(self, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(keys, long): each word's `word_key`, and the places of those that are too long for one."""
        starts = self._starts[fields]
        lengths = self._ends[fields] - starts
        long = np.flatnonzero(lengths > WORD_BYTES)
        return self._eights[starts] & _FIRST[np.minimum(lengths, WORD_BYTES)], long

    def numbers(self, fields: np.ndarray) -> np.ndarray:
        """float64, as float() reads them; NaN for what it does not read.

        Those with up to two digits before the point and sixteen after it, nearly all, are read here.
        """
        data, starts, ends = self._data, self._starts[fields], self._ends[fields]
        sign = data[starts]
        at = starts + (sign == 45)
        first, second = data[at] - np.uint8(48), data[at + 1] - np.uint8(48)  # digits are below 10
        two = second < 10
        dot = at + 1 + two
        count = ends - dot - 1  # of decimals; -1: there is no point
        good = (first < 10) & ((count < 0) | (data[dot] == 46)) & (count <= 16)
        decimals, whole_digits = self._digits(dot + 1, np.clip(count, 0, 8))
        good &= whole_digits
        long = np.flatnonzero(count > 8)
        if len(long):
            rest = np.minimum(count[long] - 8, 8)
            more, whole_digits = self._digits(dot[long] + 9, rest)
            decimals[long] += more / _POWERS[rest]
            good[long] &= whole_digits
        power = _POWERS[np.clip(count, 0, 8)]
        values = (np.where(two, 10 * first + second, first) * power + decimals) / power
        np.negative(values, out=values, where=sign == 45)
        other = np.flatnonzero(~good)
        if len(other):
            values[other] = list(map(parse_number, self.texts(fields[other])))
        return values

    def _digits(self, starts: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Up to eight digits from each start -> (the numbers they are, whether they are digits).

        Pairs of digits become numbers below 100, pairs of those below 10,000, and so on: Lemire, "Number
        parsing at a gigabyte per second" (2021).
        """
        eight = (self._eights[starts] << _SHIFT[count]) | _BEFORE[count]
        good = ((eight + 0x4646464646464646) | (eight - _ZEROS)) & 0x8080808080808080 == 0
        eight -= _ZEROS
        eight = 10 * eight + (eight >> 8)
        odd, even = eight & 0xFF000000FF, (eight >> 16) & 0xFF000000FF
        return ((odd * 0xF424000000064 + even * 0x271000000001) >> 32).astype(np.float64), good


def parse_number(text: bytes) -> float:
    try:
        return float(text) if b"_" not in text else math.nan
    except ValueError:
        return math.nan
