"""Arrays on disk: columns that grow and are read by slices, temporary folders, container files.

A container file is one line `nlptools KIND VERSION`, one line of JSON (what the file means and, for
every array, its name, type, length, offset and CRC-32), one line with the CRC-32 of that line in
hexadecimal, then the arrays, little-endian, 64-byte aligned.
docs/formats.md describes it for readers in other languages.
"""

from __future__ import annotations

import bisect
import contextlib
import errno
import io
import json
import os
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from nlptools.errors import DataError, ResourceError, cut, quoted

_ALIGN = 64
_HEADER_LIMIT = 1 << 26
_PIECE = 1 << 20  # elements of an array that are read or written at a time
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SharedFile(io.FileIO):
    """An unbuffered file that is closed with the last of the columns that read it; none owns it."""

    def __del__(self) -> None:
        self.close()


class SpillFile:
    """A temporary file without a name that several columns share; it goes with the last of them."""

    def __init__(self, folder: str | os.PathLike[str] | None) -> None:
        file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        if isinstance(file, io.FileIO):
            with file:
                self.file: IO[bytes] = SharedFile(os.dup(file.fileno()), "r+")
        else:  # Windows: a file with a name, deleted when it is closed
            self.file = file
        self.end = 0

    def write(self, values: np.ndarray, offset: int | None = None) -> int:
        """Append an array's bytes, whatever the system takes at a time; returns their offset.

        offset: write them over others of the same size there.
        """
        start = self.end if offset is None else offset
        self.file.seek(start)
        rest = values.reshape(-1).view(np.uint8).data
        while rest:
            rest = rest[self.file.write(rest) :]
        self.end = max(self.end, start + values.nbytes)
        return start


@dataclass(frozen=True)
class FileColumn:
    """An array in a file, read by slices. Unlike a memory map its pages do not stay in the process.

    It lies there in pieces: piece i begins with element `firsts[i]` at byte `offsets[i]`.
    """

    file: IO[bytes]
    dtype: np.dtype[Any]
    length: int
    firsts: Sequence[int]
    offsets: Sequence[int]

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, where: slice) -> np.ndarray:
        start, stop, _ = where.indices(self.length)
        out = np.empty(max(0, stop - start), self.dtype)
        done = 0
        piece = bisect.bisect_right(self.firsts, start) - 1
        while done < len(out):
            end = self.firsts[piece + 1] if piece + 1 < len(self.firsts) else self.length
            part = out[done : min(end, stop) - start]
            inside = start + done - self.firsts[piece]
            self.file.seek(self.offsets[piece] + inside * self.dtype.itemsize)
            if self.file.readinto(part.view(np.uint8)) != part.nbytes:  # type: ignore[attr-defined]
                raise DataError(
                    self.file.name, None, "the file ends inside its arrays", "it was cut short"
                )
            done += len(part)
            piece += 1
        return out


Column = np.ndarray | FileColumn


def lower_bound(column: Column, value: int) -> int:
    """First place in an ascending column of unsigned integers whose value is not below `value`.

    np.searchsorted would cast the whole column to the type of a Python int.
    """
    low, high = 0, len(column)
    while high - low > 1 << 16 and not isinstance(column, np.ndarray):
        middle = (low + high) // 2
        if int(column[middle : middle + 1][0]) < value:
            low = middle + 1
        else:
            high = middle
    if value > np.iinfo(column.dtype).max:
        return high
    return low + int(np.searchsorted(column[low:high], column.dtype.type(max(value, 0))))


class ColumnWriter:
    """Collects the pieces of one array, in memory or, with a spill file, there."""

    def __init__(self, dtype: type[np.generic], spill: SpillFile | None) -> None:
        self.dtype = np.dtype(dtype)
        self.length = 0
        self._spill = spill
        self._pieces: list[np.ndarray] = []
        self._firsts: list[int] = []
        self._offsets: list[int] = []

    def append(self, values: np.ndarray) -> None:
        values = np.ascontiguousarray(values, self.dtype)
        if self._spill is None:
            self._pieces.append(values)
        elif len(values):
            self._firsts.append(self.length)
            self._offsets.append(self._spill.write(values))
        self.length += len(values)

    def finish(self) -> Column:
        if self._spill is not None:
            return FileColumn(
                self._spill.file, self.dtype, self.length, self._firsts, self._offsets
            )
        whole = np.concatenate(self._pieces) if self._pieces else np.empty(0, self.dtype)
        self._pieces.clear()
        return whole


@contextlib.contextmanager
def spilling(tmp_dir: str | os.PathLike[str] | None) -> Iterator[Path]:
    """The folder for what does not fit into memory; says where a disk is full.

    Files there have no name (tempfile.TemporaryFile): whatever ends the process, none is left.
    """
    place = Path(tmp_dir) if tmp_dir is not None else Path(tempfile.gettempdir())
    try:
        tempfile.TemporaryFile(dir=place).close()
        yield place
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise ResourceError(
                f"{place}: no space left on the disk while spilling there",
                "choose another folder with --tmp-dir, or give more --memory so that less is spilled",
            ) from error
        if not (place.is_dir() and os.access(place, os.W_OK)):
            raise ResourceError(
                f"{place}: cannot write temporary files there: {error.strerror}",
                "choose another folder with --tmp-dir",
            ) from error
        raise


def write_container(
    stream: IO[bytes],
    kind: str,
    version: int,
    meta: Mapping[str, Any],
    arrays: Mapping[str, Column],
) -> None:
    """Write a container: the description first, then every array in the order given.

    The arrays are read twice, since their checksums stand before them.
    """
    table, offset = [], 0
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype).newbyteorder("<")
        entry = {"name": name, "dtype": dtype.str, "length": len(array), "offset": offset}
        check = 0
        for data in _little_endian(array):
            check = zlib.crc32(data, check)
        table.append({**entry, "crc32": f"{check:08x}"})
        offset += -(-len(array) * dtype.itemsize // _ALIGN) * _ALIGN
    text = json.dumps({**meta, "arrays": table}, ensure_ascii=False, separators=(",", ":"))
    head = f"nlptools {kind} {version}\n{text}\n{zlib.crc32(text.encode()):08x}\n".encode()
    stream.write(head + b"\0" * (-len(head) % _ALIGN))
    for array in arrays.values():
        size = 0
        for data in _little_endian(array):
            stream.write(data)
            size += len(data)
        stream.write(b"\0" * (-size % _ALIGN))


def _little_endian(array: Column) -> Iterator[memoryview]:
    """The bytes of an array as they stand in a file, a piece at a time."""
    for start in range(0, len(array), _PIECE):
        piece = array[start : start + _PIECE]
        yield np.ascontiguousarray(piece, piece.dtype.newbyteorder("<")).data.cast("B")


@dataclass(frozen=True)
class _Entry:
    """An array of a container; offset: bytes from the beginning of the file. crc32: None in files of old."""

    dtype: np.dtype[Any]
    length: int
    offset: int
    crc32: str | None


@dataclass(frozen=True)
class Container:
    """An opened container. meta: its description without the arrays. data: the whole of it, where it is in memory."""

    path: str | os.PathLike[str]
    kind: str
    meta: dict[str, Any]
    _file: IO[bytes]
    _entries: dict[str, _Entry]
    _data: bytes | None

    def column(self, name: str, mapped: bool) -> Column:
        """An array, memory-mapped or read by slices. DataError where there is none of that name."""
        entry = self._entry(name)
        if self._data is not None:
            offset = entry.offset if entry.length else 0
            return np.frombuffer(self._data, entry.dtype, entry.length, offset)
        if not mapped:
            return FileColumn(self._file, entry.dtype, entry.length, (0,), (entry.offset,))
        if not entry.length:
            return np.empty(0, entry.dtype)
        return np.memmap(self._file, entry.dtype, "r", entry.offset, entry.length)

    def check(self, *names: str) -> None:
        """Read the arrays of these names, or all; DataError where one is not what was written.

        Containers written before there were checksums pass.
        """
        for name in names or self._entries:
            check, wanted = 0, self._entry(name).crc32
            if wanted is None:
                continue
            column = self.column(name, False)
            for start in range(0, len(column), _PIECE):
                check = zlib.crc32(column[start : start + _PIECE].data.cast("B"), check)
            if wanted != f"{check:08x}":
                problem = f"damaged {self.kind} file: the array {name} has another checksum"
                hint = f"copy it again, or make it again with nlptools {_MAKERS[self.kind]}"
                raise DataError(self.path, None, problem, hint)

    def _entry(self, name: str) -> _Entry:
        if name not in self._entries:
            raise DataError(self.path, None, f"damaged {self.kind} file: no array {name}")
        return self._entries[name]


def is_container(path: str | os.PathLike[str], kind: str) -> bool:
    """Whether a file begins as a container of this kind. Nothing is taken out of a pipe."""
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(kind) + 10) == f"nlptools {kind} ".encode()
    except OSError:  # whoever reads it says so
        return False


def read_container(
    path: str | os.PathLike[str], kind: str, version: int, data: bytes | None = None
) -> Container:
    """Open a container. Nothing but the description is read.

    DataError when the file is of another kind, of a newer version, damaged or cut short; the file is only ever
    parsed, never executed. data: the whole container, if it is in memory; path is then what errors call it, and
    arrays are views of it.
    """
    file: Any
    try:
        if data is None:
            file = SharedFile(path, "r")  # the columns keep it open
            size = os.fstat(file.fileno()).st_size
        else:
            file, size = io.BytesIO(data), len(data)
        start = _head(file)
    except OSError as error:
        raise DataError(path, None, f"cannot read: {error.strerror}") from error
    first, _, rest = start.partition(b"\n")
    _check_kind(first, path, kind, version)
    line, _, rest = rest.partition(b"\n")
    check, end, _ = rest.partition(b"\n")
    base = len(first) + len(line) + len(check) + 3
    base += -base % _ALIGN
    try:
        if not end or check != b"%08x" % zlib.crc32(line):
            raise ValueError("its description is incomplete or was changed")
        meta = json.loads(line)
        entries = _entries(meta.pop("arrays"), base)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DataError(path, None, f"damaged {kind} file: {error}") from error
    for entry in entries.values():
        if entry.offset + entry.length * entry.dtype.itemsize > size:
            hint = "it was cut short; make it again"
            raise DataError(path, None, "the file ends inside its arrays", hint)
    return Container(path, kind, meta, file, entries, data)


def _head(file: IO[bytes]) -> bytes:
    """The beginning of a file with its description, if it has one."""
    start = b""
    while start.count(b"\n") < 3 and len(start) < _HEADER_LIMIT:
        more = file.read(1 << 16)
        if not more:
            break
        start += more
        if not b"nlptools ".startswith(start[:9]) and not start.startswith(b"nlptools "):
            break
    return start


def _check_kind(first: bytes, path: str | os.PathLike[str], kind: str, version: int) -> None:
    """DataError unless this is the first line of a container that can be read."""
    words = first.decode("utf-8", "replace").split(" ")
    if len(words) != 3 or words[0] != "nlptools" or not re.fullmatch("[0-9]{1,9}", words[2]):
        hint = f"make one with nlptools {_MAKERS[kind]}"
        raise DataError(path, None, f"not an nlptools {kind} file", hint)
    if words[1] != kind:
        raise DataError(path, None, f"an nlptools {cut(words[1])} file, not a {kind} file")
    if int(words[2]) > version:
        problem = f"{kind} format {words[2]}; this version reads up to {version}"
        raise DataError(path, None, problem, "update nlptools")


def _entries(listed: list[dict[str, Any]], base: int) -> dict[str, _Entry]:
    """The arrays that a description lists; base: where they begin. ValueError, KeyError or TypeError for others."""
    entries: dict[str, _Entry] = {}
    expected = 0
    for entry in listed:
        name, length, offset, crc32 = entry["name"], entry["length"], entry["offset"], None
        dtype = _plain_type(entry["dtype"])
        if not isinstance(name, str) or name in entries:
            raise ValueError("its arrays have no names of their own")
        if type(length) is not int or type(offset) is not int or length < 0 or offset != expected:
            raise ValueError(f"the place of the array {quoted(name)}")
        if "crc32" in entry:
            crc32 = entry["crc32"]
            if not isinstance(crc32, str):
                raise ValueError(f"the checksum of the array {quoted(name)}")
        entries[name] = _Entry(dtype, length, base + offset, crc32)
        expected += -(-length * dtype.itemsize // _ALIGN) * _ALIGN
    return entries


def _plain_type(name: str) -> np.dtype[Any]:
    """The type of a number; np.dtype alone would read a small language, and raise SyntaxError."""
    if not re.fullmatch(r"\|[ui]1|<[uif][248]", name):
        raise ValueError(f"type {quoted(name)}")
    return np.dtype(name)


_MAKERS = {"counts": "count", "lm": "lm train", "compact-lm": "lm convert", "model": "train"}
