"""Whole numbers and strings <-> few bytes, unpacked by whole arrays: differences, byte planes, zlib.

A column of numbers is taken apart into planes, the lowest bytes of all numbers, then the next ones: high bytes are
nearly all alike, and zlib, which sees each plane as a stretch of its own, packs them to nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np

MOST_BYTES = (
    1 << 28
)  # of a column when it is unpacked: the largest list that is known has 200 million
WORTH = 0.8  # a column that zlib makes no smaller than this share is not compressed


class JoinedStrings(Sequence[str]):
    """Strings that lie in one, each cut out when it is asked for."""

    def __init__(self, text: str, lengths: np.ndarray) -> None:
        """lengths: of each string, in characters, of any type; their sum is the length of the text. ends: their sums up to
        each string, int64.
        """
        self.text = text
        self.lengths = lengths
        self.ends = np.cumsum(lengths, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    def __repr__(self) -> str:
        shown = ", ".join(repr(self[number]) for number in range(min(len(self), 3)))
        return f"<{len(self):,} strings: {shown}{', ...' if len(self) > 3 else ''}>"

    @overload
    def __getitem__(self, number: int) -> str: ...

    @overload
    def __getitem__(self, number: slice) -> list[str]: ...

    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return list(self)[number]
        end = int(self.ends[number])
        return self.text[end - int(self.lengths[number]) : end]

    def __iter__(self) -> Iterator[str]:
        ends = self.ends.tolist()
        # No Python for each of them: a fifth of the time of a loop.
        return map(self.text.__getitem__, map(slice, [0, *ends[:-1]], ends))


def joined(strings: Sequence[str]) -> tuple[str, np.ndarray]:
    """(all of them in one, the length of each in characters)."""
    if isinstance(strings, JoinedStrings):
        return strings.text, strings.lengths.astype(np.int64)
    return "".join(strings), np.fromiter(map(len, strings), np.int64, len(strings))


def pack(values: np.ndarray, *, differences: bool = False) -> tuple[np.ndarray, dict[str, Any]]:
    """The bytes of a column of whole numbers (uint8), and what is to be known for unpacking it.

    differences: pack each number's difference from the one before, as of numbers that fall or rise.
    """
    numbers = np.asarray(values, np.int64)
    if differences:
        numbers = np.diff(numbers, prepend=0)
    signed = bool(numbers.min(initial=0) < 0)
    plain = (numbers << 1 ^ numbers >> 63 if signed else numbers).astype("<u8", casting="unsafe")
    planes = (int(plain.max(initial=0)).bit_length() + 7) // 8
    rows = plain.view(np.uint8).reshape(-1, 8)[:, :planes].T
    plain_bytes = np.ascontiguousarray(rows).tobytes()
    packed = zlib.compress(plain_bytes, 9)
    if len(packed) > WORTH * len(plain_bytes):
        packed = zlib.compress(plain_bytes, 0)  # a zlib stream as well, and read in no time
    facts = {"length": len(numbers), "planes": planes, "signed": signed}
    return np.frombuffer(packed, np.uint8), facts | {"differences": differences}


def unpack(data: np.ndarray, facts: Mapping[str, Any]) -> np.ndarray:
    """The column: int64, or the least unsigned type where no number is below 0. ValueError for what `pack` did not make."""
    length, planes = facts["length"], facts["planes"]
    if type(length) is not int or type(planes) is not int or not 0 <= planes <= 8 or length < 0:
        raise ValueError("the size of a column")
    size = length * planes
    if size > MOST_BYTES or length > MOST_BYTES:
        raise ValueError(f"a column of {max(size, length):,} bytes")
    try:
        # One byte more than announced would show that it is another column.
        unpacked = zlib.decompressobj().decompress(data.tobytes(), size + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(unpacked) != size:
        raise ValueError("a column of another size than announced")
    numbers = _from_planes(unpacked, length, planes)
    if facts["signed"]:
        one = numbers.dtype.type(1)
        odd = numbers & one
        numbers >>= one
        signed = np.dtype(f"i{numbers.itemsize}")
        numbers = (numbers.view(signed) ^ -odd.view(signed)).astype(np.int64)
    return np.cumsum(numbers, dtype=np.int64) if facts["differences"] else numbers


def _from_planes(data: bytes, length: int, planes: int) -> np.ndarray:
    width = 1 << (max(planes, 1) - 1).bit_length()  # bytes of the type: 1, 2, 4, 8
    numbers = np.zeros((length, width), np.uint8)
    for i in range(planes):
        numbers[:, i] = np.frombuffer(data, np.uint8, length, i * length)
    return numbers.reshape(-1).view(f"<u{width}")


def pack_strings(strings: Sequence[str]) -> dict[str, tuple[np.ndarray, dict[str, Any]]]:
    """Columns of strings: their characters as UTF-16, their lengths in characters."""
    units = np.frombuffer("".join(strings).encode("utf-16-le", "surrogatepass"), "<u2")
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    return {"text": pack(units), "lengths": pack(lengths)}


def unpack_strings(units: np.ndarray, lengths: np.ndarray) -> JoinedStrings:
    """The strings of two columns. ValueError for columns that do not belong together."""
    if units.min(initial=0) < 0 or units.max(initial=0) >= 1 << 16:
        raise ValueError("a text that is no UTF-16")
    text = units.astype("<u2", copy=False).tobytes().decode("utf-16-le")
    if (lengths < 1).any() or lengths.sum(dtype=np.int64) != len(text):
        raise ValueError("words of other lengths than their text has")
    return JoinedStrings(text, lengths)
