"""Files of arrays (.npy, .npz, .safetensors) -> one matrix of floating-point numbers; and such files of vectors."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from nlptools.base.storage import FileColumn, SharedFile
from nlptools.errors import DataError, cut
from nlptools.vectors.headers import (
    DTYPES,
    ZIP_ERRORS,
    NpyArray,
    bad_zip,
    check_floats,
    check_tensor,
    npy_array,
    npy_head,
    npy_header,
    npz_arrays,
    safetensors_head,
    safetensors_header,
    sized,
)
from nlptools.vectors.vectors import Vectors, batch_rows

TENSOR = "vectors"  # the name in what is written here


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
                yield from_bfloat16(piece)
            else:
                yield piece.astype(self.dtype, copy=False)


def from_bfloat16(halves: np.ndarray) -> np.ndarray:
    """The upper halves of float32, as uint16 -> float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)


def to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Numbers of float64 -> the upper halves of float32, as uint16; rounded once, to nearest even."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = values.astype(np.float32)
        # Rounded to odd: on the way to float32 nothing becomes a tie that was none, so it counts as one rounding.
        bits = single.view(np.uint32) - (np.abs(single) > np.abs(values))
    bits |= single != values
    rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
    return np.where(np.isnan(values), bits >> 16 | 0x40, rounded).astype(np.uint16)


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
    array = npy_array(path)
    matrix = _check_matrix(path, array.shape, array.dtype)
    if array.fortran:
        return Tensor(path, matrix, _native(array.dtype), by_columns(path, array, matrix))
    return _in_file(path, matrix, array.dtype, array.start)


def by_columns(path: str, array: NpyArray, shape: tuple[int, int]) -> Iterable[np.ndarray]:
    """Batches of rows, flat, of a matrix that lies in a .npy file column by column."""
    return _Columns(np.memmap(path, array.dtype, "r", array.start, shape, "F"))


@dataclass(frozen=True)
class _Columns:
    """A matrix that lies in its file column by column, by batches of rows."""

    mapped: np.ndarray

    def __iter__(self) -> Iterator[np.ndarray]:
        size = batch_rows(self.mapped.shape[1])
        for start in range(0, len(self.mapped), size):
            yield np.array(self.mapped[start : start + size], order="C").ravel()


def _check_matrix(
    path: str, shape: tuple[int, ...], dtype: np.dtype[Any], name: str = ""
) -> tuple[int, int]:
    """The shape, if it is that of a matrix of floats."""
    what = f"{cut(name)}: " if name else ""
    check_floats(path, dtype, what)
    if len(shape) != 2:
        raise DataError(path, None, f"{what}an array of {sized(shape)}, not a matrix")
    if 0 in shape:
        raise DataError(path, None, f"{what}no vectors: a matrix of {sized(shape)}")
    return shape[0], shape[1]


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


# --- .npz ------------------------------------------------------------------------------------


def open_npz(path: str, tensor: str | None) -> Tensor:
    """The matrix of that name in a .npz file; None: the only matrix there. It is unpacked while it is read."""
    arrays = npz_arrays(path)
    name = _choose(path, tensor, {name: array.shape for name, array in arrays.items()})
    array = arrays[name]
    matrix = _check_matrix(path, array.shape, array.dtype, name)
    return Tensor(path, matrix, _native(array.dtype), unpacked(path, array, matrix), packed=True)


def unpacked(path: str, array: NpyArray, shape: tuple[int, int]) -> Iterable[np.ndarray]:
    """Batches of rows, flat, of a matrix in a .npz file."""
    return _Member(path, array.member, shape, array.dtype, array.fortran)


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
                npy_header(file, self.path, self.name, self.name)
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
        except ZIP_ERRORS as error:
            raise bad_zip(self.path, error) from None


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError("its array is cut short")
    return data


def _choose(path: str, asked: str | None, shapes: dict[str, tuple[int, ...]]) -> str:
    """The matrix that is asked for, or the only one."""
    matrices = [name for name, shape in shapes.items() if len(shape) == 2]
    listed = ", ".join(f"{cut(name)} ({sized(shapes[name])})" for name in matrices[:10])
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


def open_safetensors(path: str, tensor: str | None) -> Tensor:
    """The matrix of that name in a .safetensors file; None: the only matrix there."""
    header = safetensors_header(path)
    entries = header.entries
    name = _choose(path, tensor, {name: entry.shape for name, entry in entries.items()})
    entry = entries[name]
    stored = check_tensor(path, header, name)
    matrix = _check_matrix(path, entry.shape, np.dtype(np.float32), name)
    return _in_file(path, matrix, stored, header.start + entry.begin, entry.kind == "BF16")


# --- writing ---------------------------------------------------------------------------------


def npy_pieces(vectors: Vectors) -> Iterator[bytes]:
    """A .npy file; its type is that of the vectors."""
    dtype = vectors.dtype.newbyteorder("<")
    yield npy_head(dtype, vectors.shape)
    for batch in vectors.batches():
        yield batch.astype(dtype, copy=False).tobytes()


def safetensors_pieces(vectors: Vectors) -> Iterator[bytes]:
    """A .safetensors file with one tensor, `vectors`."""
    dtype = vectors.dtype.newbyteorder("<")
    kind = next(name for name, of in DTYPES.items() if np.dtype(of) == dtype)
    entry = {
        "dtype": kind,
        "shape": vectors.shape,
        "data_offsets": [0, math.prod(vectors.shape) * dtype.itemsize],
    }
    yield safetensors_head({TENSOR: entry})
    for batch in vectors.batches():
        yield batch.astype(dtype, copy=False).tobytes()
