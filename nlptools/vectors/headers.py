"""Headers of .npy, .npz and .safetensors files <-> names, types, shapes and places of their arrays.

What such a header says are claims: each is checked before anything is read, and nothing in it is executed.
"""

from __future__ import annotations

import json
import lzma
import math
import os
import shlex
import struct
import zipfile
import zlib
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np

from nlptools.errors import QUOTED, DataError, cut, quoted
from nlptools.text.sources import reason

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"

_METADATA = "__metadata__"  # in a header, no tensor
_MOST_HEADER = 100_000_000  # bytes; the limit of the safetensors library
DTYPES = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}  # as they lie there
CUT_SHORT = "the file was cut short: copy or download it again"
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# NumPy parses the header as a Python literal; it says at most that it is none.
_HEADER_ERRORS = (
    *(ValueError, EOFError, TypeError, SyntaxError, RecursionError, TokenError, MemoryError),
    *(OverflowError, AttributeError, IndexError),
)
# What the zipfile of Python raises for a damaged archive, whatever packs its members.
ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError, OverflowError, IndexError),
)
_PICKLE = "pickled Python objects, which are never loaded"


def opened(path: str) -> IO[bytes]:
    """A file to read; DataError where that cannot be."""
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None


def check_floats(path: str, dtype: np.dtype[Any], what: str = "") -> None:
    """DataError unless it is float16, float32 or float64; what: the name of the array, as "NAME: "."""
    if dtype.hasobject:
        raise DataError(path, None, f"{what}{_PICKLE}", "save an array of floats")
    if dtype.kind != "f" or dtype.itemsize > 8:
        raise DataError(path, None, f"{what}an array of {dtype}, not of floats", "float32 is usual")


def sized(shape: tuple[int, ...]) -> str:
    """A shape for people: 21,128 x 768."""
    return cut(" x ".join(f"{n:,}" for n in shape) or "no dimensions")


# --- .npy ------------------------------------------------------------------------------------


class NpyArray(NamedTuple):
    """What a .npy file, or a member of a .npz file, says of its array.

    fortran: it lies there column by column. start: bytes before its numbers. member: its file name in the archive.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    start: int
    member: str = ""


def npy_array(path: str) -> NpyArray:
    """The header of a .npy file."""
    with opened(path) as file:
        array = npy_header(file, path)
        size = os.fstat(file.fileno()).st_size
    ends = array.start + math.prod(array.shape) * array.dtype.itemsize
    if not array.dtype.hasobject and ends > size:
        raise DataError(path, None, f"ends inside its array of {sized(array.shape)}", CUT_SHORT)
    return array


def npy_header(file: IO[bytes], path: str, name: str = "", member: str = "") -> NpyArray:
    """The header of an opened file, or of a member of an archive, whose array has that name."""
    what = f"{cut(name)}: " if member else ""
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version[0]}.{version[1]}")
        shape, fortran, dtype = _HEADERS[version](file)
        if all(0 <= n < 1 << 62 for n in shape):
            return NpyArray(shape, fortran, dtype, file.tell(), member)
        problem = f"shape {cut(str(shape))}"
    except _HEADER_ERRORS as error:
        problem = cut(str(error).partition("\n")[0].rstrip(".:"), 2 * QUOTED)
    raise DataError(path, None, f"{what}a damaged .npy header: {problem}")


def npy_head(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """What stands in a .npy file before the numbers."""
    head = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (-(len(NPY) + 4 + len(head) + 1) % 64) + "\n"
    return NPY + b"\x01\x00" + struct.pack("<H", len(head)) + head.encode("ascii")


# --- .npz ------------------------------------------------------------------------------------


def npz_arrays(path: str) -> dict[str, NpyArray]:
    """The headers of all arrays of a .npz file."""
    arrays: dict[str, NpyArray] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info.filename for info in archive.infolist() if not info.is_dir()]
            for info in archive.infolist():
                if info.filename.endswith(".npy"):
                    name = info.filename.removesuffix(".npy")
                    with archive.open(info) as member:
                        array = npy_header(member, path, name, info.filename)
                    arrays[name] = array
                    claimed = array.start + math.prod(array.shape) * array.dtype.itemsize
                    if not array.dtype.hasobject and info.file_size != claimed:
                        raise DataError(
                            path, None, f"{cut(name)}: its array is not as long as it says"
                        )
    except ZIP_ERRORS as error:
        raise bad_zip(path, error) from None
    if not arrays:
        raise DataError(path, None, "a zip archive without .npy arrays", _unzip_hint(path, members))
    return arrays


def npz_values(path: str, array: NpyArray) -> np.ndarray:
    """All of an array of a .npz file, whose header was checked."""
    size = math.prod(array.shape) * array.dtype.itemsize
    try:
        with zipfile.ZipFile(path) as archive, archive.open(array.member) as member:
            npy_header(member, path, array.member, array.member)
            data = member.read(size + 1)  # with its end comes its checksum
        values = np.frombuffer(data, array.dtype)
        return values.reshape(array.shape, order="F" if array.fortran else "C")
    except ZIP_ERRORS as error:
        raise bad_zip(path, error) from None


def _unzip_hint(path: str, members: list[str]) -> str:
    """What to do with an archive of other things."""
    if not members or any(name.endswith("data.pkl") for name in members):
        return "a PyTorch file is not read: save its tensor as .safetensors or .npy"
    first, more = shlex.quote(members[0]), len(members) - 1
    others = f"; it has {more:,} more file{'s' * (more > 1)}" if more else ""
    return f"unzip -p {shlex.quote(path)} {first} | nlptools vectors check{others}"


def bad_zip(path: str, error: Exception) -> DataError:
    """The error for what was raised, one of ZIP_ERRORS, over a damaged .npz file."""
    if isinstance(error, OSError) and error.errno is not None:
        return DataError(path, None, reason(error))
    return DataError(
        path, None, f"a damaged .npz file: {cut(str(error).lower(), 2 * QUOTED)}", CUT_SHORT
    )


# --- .safetensors ----------------------------------------------------------------------------


def looks_like_safetensors(head: bytes) -> bool:
    """Whether the first nine bytes are the length of a header, and its beginning."""
    if len(head) < 9 or head[8:9] != b"{":
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= _MOST_HEADER


class Entry(NamedTuple):
    """What a .safetensors file says of a tensor; begin, end: its bytes, counted from the end of the header."""

    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsHeader(NamedTuple):
    """The header of a .safetensors file: the JSON as it is, and its tensors in that order.

    start, end: bytes before and after the numbers of all of them. size: of the file.
    """

    text: dict[str, Any]
    entries: dict[str, Entry]
    start: int
    end: int
    size: int


def safetensors_header(path: str) -> SafetensorsHeader:
    """The header of a .safetensors file.

    Eight bytes say how long the header is, little-endian; the header is JSON: for each name dtype, shape and
    data_offsets, counted from the header's end. Source: github.com/huggingface/safetensors, "Format".
    """
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        prefix = file.read(8)
        (length,) = struct.unpack("<Q", prefix) if len(prefix) == 8 else (0,)
        if not 2 <= length <= min(_MOST_HEADER, size - 8):
            raise DataError(path, None, "no .safetensors file: no header at its beginning")
        text = file.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_distinct)
        if not isinstance(header, dict):
            raise ValueError("no object")
        entries = {name: _entry(name, of) for name, of in header.items() if name != _METADATA}
        _check_adjacent(entries)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            path, None, f"a damaged .safetensors header: {cut(str(error), 2 * QUOTED)}"
        ) from None
    if not entries:
        raise DataError(path, None, "no tensors in the file")
    end = max(entry.end for entry in entries.values())
    return SafetensorsHeader(header, entries, 8 + length, 8 + length + end, size)


def check_tensor(path: str, header: SafetensorsHeader, name: str) -> np.dtype[Any]:
    """The type of the numbers of a tensor of floats as they lie there; DataError for others, and for wrong sizes."""
    kind, shape, begin, end = header.entries[name]
    if kind not in DTYPES:
        hint = f"read are: {', '.join(DTYPES)}"
        raise DataError(path, None, f"{cut(name)}: a tensor of {cut(kind)}, not of floats", hint)
    stored = np.dtype(DTYPES[kind])
    if end - begin != math.prod(shape) * stored.itemsize:
        raise DataError(
            path, None, f"{cut(name)}: {end - begin:,} bytes for {sized(shape)} of {kind}"
        )
    check_end(path, header, name)
    return stored


def check_end(path: str, header: SafetensorsHeader, name: str) -> None:
    """DataError for a tensor that is not wholly in the file, and for a file that goes on after the last one."""
    if header.start + header.entries[name].end > header.size:
        raise DataError(path, None, f"ends inside the tensor {cut(name)}", CUT_SHORT)
    if header.end < header.size:
        problem = (
            f"{header.size - header.end:,} bytes after the last tensor, which the format forbids"
        )
        raise DataError(path, None, problem, "something was appended to it: copy or make it again")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _check_adjacent(entries: dict[str, Entry]) -> None:
    """ValueError for tensors that overlap or leave holes, which the format forbids."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin != end:
            raise ValueError(
                f"{name!r} begins at byte {entry.begin:,}, what is before it ends at {end:,}"
            )
        end = entry.end


def _entry(name: str, entry: Any) -> Entry:
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    numbers = [*shape, *offsets]
    plain = all(type(number) is int and 0 <= number < 1 << 62 for number in numbers)
    if not isinstance(kind, str) or not plain or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError(f"the entry of {quoted(name)}")
    return Entry(kind, tuple(shape), offsets[0], offsets[1])


def safetensors_head(header: dict[str, Any]) -> bytes:
    """What stands in a .safetensors file before the numbers."""
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text
