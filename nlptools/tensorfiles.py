"""Files of arrays (.npy, .npz, .safetensors) -> one matrix of floating-point numbers; nothing in them is executed.

Names, types, sizes and offsets in such a file are claims: each is checked before anything is read.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from tokenize import TokenError
from typing import IO, Any

import numpy as np

from nlptools.errors import DataError
from nlptools.paths import reason
from nlptools.storage import FileColumn, SharedFile
from nlptools.vectors import Vectors, batch_rows

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
TENSOR = "vectors"  # the name in what is written here

_MOST_HEADER = 100_000_000  # bytes; the limit of the safetensors library
_DTYPES = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}
_CUT_SHORT = "the file was cut short: copy or download it again"
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
# NumPy parses the header as a Python literal; it says at most that it is none.
_HEADER_ERRORS = (ValueError, EOFError, TypeError, SyntaxError, RecursionError, TokenError)
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
_PICKLE = "pickled Python objects, which are never loaded"


@dataclass(frozen=True)
class Tensor:
    """A matrix in a file. bfloat16: its numbers are the upper halves of float32, read as uint16.

    packed: reading it once more means to unpack it once more.
    """

    source: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    pieces: Any  # iterable of flat arrays, as they are in the file
    bfloat16: bool = False
    packed: bool = False

    @property
    def nbytes(self) -> int:
        """Of the rows in memory."""
        return self.shape[0] * self.shape[1] * self.dtype.itemsize

    def __iter__(self) -> Iterator[np.ndarray]:
        """Batches of rows, flat."""
        for piece in self.pieces:
            if self.bfloat16:
                yield (piece.astype(np.uint32) << 16).view(np.float32)
            else:
                yield piece.astype(self.dtype, copy=False)


@dataclass(frozen=True)
class _Batches:
    """A column in a file by batches of rows."""

    column: FileColumn
    size: int

    def __iter__(self) -> Iterator[np.ndarray]:
        for start in range(0, len(self.column), self.size):
            yield self.column[start : start + self.size]


# --- .npy ------------------------------------------------------------------------------------


def open_npy(path: str) -> Tensor:
    """The matrix of a .npy file."""
    with _opened(path) as file:
        shape, fortran, dtype = _npy_header(file, path)
        start, size = file.tell(), os.fstat(file.fileno()).st_size
    matrix = _check_matrix(path, shape, dtype)
    if start + math.prod(shape) * dtype.itemsize > size:
        raise DataError(path, None, f"ends inside its array of {_size(shape)}", _CUT_SHORT)
    if fortran:
        mapped = np.memmap(path, dtype, "r", start, matrix, "F")
        return Tensor(path, matrix, _native(dtype), _Columns(mapped))
    return _in_file(path, matrix, dtype, start)


@dataclass(frozen=True)
class _Columns:
    """A matrix that lies in its file column by column, by batches of rows."""

    mapped: np.ndarray

    def __iter__(self) -> Iterator[np.ndarray]:
        size = batch_rows(self.mapped.shape[1])
        for start in range(0, len(self.mapped), size):
            yield np.array(self.mapped[start : start + size], order="C").ravel()


def _npy_header(
    file: IO[bytes], path: str, member: str | None = None
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether it lies there column by column, and type."""
    name = "" if member is None else f"{member}: "
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version[0]}.{version[1]}")
        shape, fortran, dtype = _HEADERS[version](file)
        if all(0 <= n < 1 << 62 for n in shape):
            return shape, fortran, dtype
        problem = f"shape {shape}"
    except _HEADER_ERRORS as error:
        problem = str(error).partition("\n")[0].rstrip(".:")
    raise DataError(path, None, f"{name}a damaged .npy header: {problem}")


def _check_matrix(
    path: str, shape: tuple[int, ...], dtype: np.dtype[Any], name: str = ""
) -> tuple[int, int]:
    """The shape, if it is that of a matrix of floats."""
    what = f"{name}: " if name else ""
    if dtype.hasobject:
        raise DataError(path, None, f"{what}{_PICKLE}", "save an array of floats")
    if dtype.kind != "f" or dtype.itemsize > 8:
        raise DataError(path, None, f"{what}an array of {dtype}, not of floats", "float32 is usual")
    if len(shape) != 2:
        raise DataError(path, None, f"{what}an array of {_size(shape)}, not a matrix")
    if 0 in shape:
        raise DataError(path, None, f"{what}no vectors: a matrix of {_size(shape)}")
    return shape[0], shape[1]


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape) or "no dimensions"


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("=")


def _in_file(
    path: str, shape: tuple[int, int], dtype: np.dtype[Any], start: int, bfloat16: bool = False
) -> Tensor:
    file = SharedFile(path, "r")
    column = FileColumn(file, dtype, shape[0] * shape[1], (0,), (start,))
    batches = _Batches(column, batch_rows(shape[1]) * shape[1])
    read = np.dtype(np.float32) if bfloat16 else _native(dtype)
    return Tensor(path, shape, read, batches, bfloat16)


def _opened(path: str) -> IO[bytes]:
    try:
        return open(path, "rb")
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None


# --- .npz ------------------------------------------------------------------------------------


def open_npz(path: str, tensor: str | None) -> Tensor:
    """The matrix of that name in a .npz file; None: the only matrix there. It is unpacked while it is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            arrays: dict[str, tuple[tuple[int, ...], bool, np.dtype[Any]]] = {}
            for name, info in infos.items():
                if info.filename.endswith(".npy"):
                    with archive.open(info) as member:
                        arrays[name] = _npy_header(member, path, name)
                        start = member.tell()
                    shape, _, dtype = arrays[name]
                    claimed = start + math.prod(shape) * dtype.itemsize
                    if not dtype.hasobject and info.file_size != claimed:
                        raise DataError(path, None, f"{name}: its array is not as long as it says")
    except _ZIP_ERRORS as error:
        raise _bad_zip(path, error) from None
    if not arrays:
        hint = "a PyTorch file is not read: save its tensor as .safetensors or .npy"
        raise DataError(path, None, "a zip archive without .npy arrays", hint)
    name = _choose(path, tensor, {name: shape for name, (shape, _, _) in arrays.items()})
    shape, fortran, dtype = arrays[name]
    matrix = _check_matrix(path, shape, dtype, name)
    packed = _Member(path, infos[name].filename, matrix, dtype, fortran)
    return Tensor(path, matrix, _native(dtype), packed, packed=True)


@dataclass(frozen=True)
class _Member:
    path: str
    name: str
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    fortran: bool

    def __iter__(self) -> Iterator[np.ndarray]:
        rows, columns = self.shape
        size = batch_rows(columns) * columns * self.dtype.itemsize
        rest = rows * columns * self.dtype.itemsize
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.name) as file:
                _npy_header(file, self.path, self.name)
                if self.fortran:
                    whole = np.frombuffer(_exactly(file, rest), self.dtype)
                    matrix = whole.reshape(columns, rows).T
                    for start in range(0, rows, batch_rows(columns)):
                        yield matrix[start : start + batch_rows(columns)].ravel()
                    rest = 0
                while rest:
                    data = _exactly(file, min(size, rest))
                    yield np.frombuffer(data, self.dtype)
                    rest -= len(data)
        except _ZIP_ERRORS as error:
            raise _bad_zip(self.path, error) from None


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError("its array is cut short")
    return data


def _bad_zip(path: str, error: Exception) -> DataError:
    if isinstance(error, OSError) and error.errno is not None:
        return DataError(path, None, reason(error))
    return DataError(path, None, f"a damaged .npz file: {str(error).lower()}", _CUT_SHORT)


def _choose(path: str, asked: str | None, shapes: dict[str, tuple[int, ...]]) -> str:
    """The matrix that is asked for, or the only one."""
    matrices = [name for name, shape in shapes.items() if len(shape) == 2]
    listed = ", ".join(f"{name} ({_size(shapes[name])})" for name in matrices[:10])
    if len(matrices) > 10:
        listed += f", and {len(matrices) - 10:,} more"
    if asked is not None:
        if asked not in shapes:
            problem = f"no tensor {asked!r}"
            raise DataError(path, None, problem, f"there are: {listed}" if listed else None)
        return asked
    if len(matrices) != 1:
        if matrices:
            problem, hint = f"{len(matrices):,} matrices", f"choose one with --tensor: {listed}"
            raise DataError(path, None, problem, hint)
        raise DataError(path, None, "no matrix among its arrays")
    return matrices[0]


# --- .safetensors ----------------------------------------------------------------------------


def looks_like_safetensors(head: bytes) -> bool:
    """Whether the first nine bytes are the length of a header, and its beginning."""
    if len(head) < 9 or head[8:9] != b"{":
        return False
    (length,) = struct.unpack("<Q", head[:8])
    return 2 <= length <= _MOST_HEADER


def open_safetensors(path: str, tensor: str | None) -> Tensor:
    """The matrix of that name in a .safetensors file; None: the only matrix there.

    Eight bytes say how long the header is, little-endian; the header is JSON: for each name dtype, shape and
    data_offsets, counted from the header's end. Source: github.com/huggingface/safetensors, "Format".
    """
    with _opened(path) as file:
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
        header.pop("__metadata__", None)
        entries = {name: _entry(name, entry) for name, entry in header.items()}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(path, None, f"a damaged .safetensors header: {error}") from None
    if not entries:
        raise DataError(path, None, "no tensors in the file")
    start = 8 + length
    name = _choose(path, tensor, {name: shape for name, (_, shape, _) in entries.items()})
    kind, shape, (begin, end) = entries[name]
    if kind not in _DTYPES:
        hint = f"read are: {', '.join(_DTYPES)}"
        raise DataError(path, None, f"{name}: a tensor of {kind}, not of floats", hint)
    stored = np.dtype(_DTYPES[kind])
    matrix = _check_matrix(path, shape, np.dtype(np.float32), name)
    if end - begin != math.prod(shape) * stored.itemsize:
        raise DataError(path, None, f"{name}: {end - begin:,} bytes for {_size(shape)} of {kind}")
    if start + end > size:
        raise DataError(path, None, f"ends inside the tensor {name}", _CUT_SHORT)
    return _in_file(path, matrix, stored, start + begin, kind == "BF16")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    numbers = [*shape, *offsets]
    plain = all(type(number) is int and 0 <= number < 1 << 62 for number in numbers)
    if not isinstance(kind, str) or not plain or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError(f"the entry of {name!r}")
    return kind, tuple(shape), (offsets[0], offsets[1])


# --- writing ---------------------------------------------------------------------------------


def npy_pieces(vectors: Vectors) -> Iterator[bytes]:
    """A .npy file; its type is that of the vectors."""
    dtype = vectors.dtype.newbyteorder("<")
    head = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {vectors.shape}, }}"
    head += " " * (-(len(NPY) + 4 + len(head) + 1) % 64) + "\n"
    yield NPY + b"\x01\x00" + struct.pack("<H", len(head)) + head.encode("ascii")
    for batch in vectors.batches():
        yield batch.astype(dtype, copy=False).tobytes()


def safetensors_pieces(vectors: Vectors) -> Iterator[bytes]:
    """A .safetensors file with one tensor, `vectors`."""
    dtype = vectors.dtype.newbyteorder("<")
    kind = next(name for name, of in _DTYPES.items() if np.dtype(of) == dtype)
    entry = {
        "dtype": kind,
        "shape": vectors.shape,
        "data_offsets": [0, math.prod(vectors.shape) * dtype.itemsize],
    }
    text = json.dumps({TENSOR: entry}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield struct.pack("<Q", len(text)) + text
    for batch in vectors.batches():
        yield batch.astype(dtype, copy=False).tobytes()
