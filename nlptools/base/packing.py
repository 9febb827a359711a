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


class JoinedStrings(Sequence[str]):
    """Strings that lie in one, each cut out when it is asked for."""

    def __init__(self, text: str, lengths: np.ndarray) -> None:
        """lengths: of each string, in characters; their sum is the length of the text."""
        self.text = text
        self.lengths = lengths
        self._ends = np.cumsum(lengths, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, number: int) -> str: ...

    @overload
    def __getitem__(self, number: slice) -> list[str]: ...

    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return list(self)[number]
        end = int(self._ends[number])
        return self.text[end - int(self.lengths[number]) : end]

    def __iter__(self) -> Iterator[str]:
        start = 0
        for end in self._ends.tolist():
            yield self.text[start:end]
            start = end


def pack(values: np.ndarray, *, differences: bool = False) -> tuple[np.ndarray, dict[str, Any]]:
    """The bytes of a column of whole numbers (uint8), and what is to be known for unpacking it.

    differences: pack each number's difference from the one before, as of numbers that fall or rise.
    """
    numbers = np.asarray(values, np.int64)
    if differences:
        numbers = np.diff(numbers, prepend=0)
    zigzag = (numbers << 1 ^ numbers >> 63).view(np.uint64)  # the sign is the lowest bit
    planes = (int(zigzag.max(initial=0)).bit_length() + 7) // 8
    rows = zigzag.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :planes].T
    packed = zlib.compress(np.ascontiguousarray(rows).tobytes(), 9)
    facts = {"length": len(numbers), "planes": planes, "differences": differences}
    return np.frombuffer(packed, np.uint8), facts


def unpack(data: np.ndarray, facts: Mapping[str, Any]) -> np.ndarray:
    """The column, int64. ValueError for what `pack` did not make."""
    length, planes, differences = (facts[name] for name in ("length", "planes", "differences"))
    if type(length) is not int or type(planes) is not int or not 0 <= planes <= 8 or length < 0:
        raise ValueError("the size of a column")
    size = length * planes
    if size > MOST_BYTES or length > MOST_BYTES:
        raise ValueError(f"a column of {max(size, length):,} bytes")
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(data.tobytes(), size + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(plain) != size:
        raise ValueError("a column of another size than announced")
    unsigned = np.dtype(np.uint64 if planes > 4 else np.uint32)
    numbers: np.ndarray = np.zeros(length, unsigned)
    for i in range(planes):
        plane = np.frombuffer(plain, np.uint8, length, i * length)
        numbers |= plane.astype(unsigned) << unsigned.type(8 * i)
    one = unsigned.type(1)
    signed = (numbers >> one).astype(np.int64)
    signed ^= -(numbers & one).astype(np.int64)
    return np.cumsum(signed) if differences else signed


def pack_strings(strings: Sequence[str]) -> dict[str, tuple[np.ndarray, dict[str, Any]]]:
    """Columns of strings: their characters as UTF-16, their lengths in characters."""
    units = np.frombuffer("".join(strings).encode("utf-16-le", "surrogatepass"), "<u2")
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    return {"text": pack(units), "lengths": pack(lengths)}


def unpack_strings(units: np.ndarray, lengths: np.ndarray) -> JoinedStrings:
    """The strings of two columns. ValueError for columns that do not belong together."""
    if len(units) and not 0 <= units.min() <= units.max() < 1 << 16:
        raise ValueError("a text that is no UTF-16")
    text = units.astype("<u2").tobytes().decode("utf-16-le")
    if (lengths < 1).any() or lengths.sum() != len(text):
        raise ValueError("words of other lengths than their text has")
    return JoinedStrings(text, lengths)
