"""Arrays on disk: columns that grow and are read by slices, temporary folders, whole-or-nothing output files.

A container file is one line `nlptools KIND VERSION`, one line of JSON (what the file means and, for
every array, its name, type, length and offset), one line with the CRC-32 of that line in hexadecimal,
then the arrays, little-endian, 64-byte aligned.
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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from nlptools.errors import DataError, ResourceError

_ALIGN = 64
_HEADER_LIMIT = 1 << 26
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
        rest = values.data.cast("B") if values.nbytes else memoryview(b"")
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


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when it is complete.

    On Linux it has no name at all until then, so that not even kill -9 leaves a part of it.
    Something that is no regular file (/dev/stdout, a named pipe) is written directly.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise DataError(target, None, "is a folder", "name a file to write to")
        with open(target, "wb") as stream:
            yield stream
        return
    target = target.resolve()
    folder, part = target.parent, None
    try:
        try:
            descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
        except (AttributeError, OSError) as error:
            if isinstance(error, OSError) and error.errno in (
                errno.ENOENT,
                errno.EACCES,
                errno.EROFS,
            ):
                raise
            descriptor, part = tempfile.mkstemp(prefix=f".{target.name}.", dir=folder)
        with open(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            if part is None:
                part = str(folder / f".{target.name}.{os.getpid()}")
                # src_dir_fd makes it linkat(AT_SYMLINK_FOLLOW); the path being absolute, it is not used.
                os.link(f"/proc/self/fd/{descriptor}", part, src_dir_fd=descriptor)
            else:
                umask = os.umask(0)
                os.umask(umask)
                Path(part).chmod(0o666 & ~umask)
        Path(part).replace(target)
        part = None
    except OSError as error:
        if error.filename is None and error.errno not in _DISK_FULL:
            raise
        raise DataError(path, None, f"cannot write: {error.strerror}") from error
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                Path(part).unlink()


def write_container(
    stream: IO[bytes],
    kind: str,
    version: int,
    meta: Mapping[str, Any],
    arrays: Mapping[str, Column],
) -> None:
    """Write a container: the description first, then every array in the order given."""
    table, offset = [], 0
    for name, array in arrays.items():
        dtype = np.dtype(array.dtype).newbyteorder("<")
        table.append({"name": name, "dtype": dtype.str, "length": len(array), "offset": offset})
        offset += -(-len(array) * dtype.itemsize // _ALIGN) * _ALIGN
    text = json.dumps({**meta, "arrays": table}, ensure_ascii=False, separators=(",", ":"))
    head = f"nlptools {kind} {version}\n{text}\n{zlib.crc32(text.encode()):08x}\n".encode()
    stream.write(head + b"\0" * (-len(head) % _ALIGN))
    for array in arrays.values():
        size = 0
        for start in range(0, len(array), 1 << 20):
            piece = array[start : start + (1 << 20)]
            data = np.ascontiguousarray(piece, piece.dtype.newbyteorder("<"))
            stream.write(data.data.cast("B"))
            size += data.nbytes
        stream.write(b"\0" * (-size % _ALIGN))


def read_container(
    path: str | os.PathLike[str], kind: str, version: int, data: bytes | None = None
) -> tuple[dict[str, Any], Callable[[str, bool], Column]]:
    """(description, column): column(name, mapped) gives an array, memory-mapped or read by slices.

    Nothing but the description is read. DataError when the file is of another kind, of a newer
    version, damaged or cut short; the file is only ever parsed, never executed. data: the whole
    container, if it is in memory; path is then what errors call it, and arrays are views of it.
    """
    file: io.RawIOBase | io.BytesIO
    try:
        if data is None:
            file = SharedFile(path, "r")  # the columns keep it open
            size = os.fstat(file.fileno()).st_size
        else:
            file, size = io.BytesIO(data), len(data)
    except OSError as error:
        raise DataError(path, None, f"cannot read: {error.strerror}") from error
    start = b""
    while start.count(b"\n") < 3 and len(start) < _HEADER_LIMIT:
        more = file.read(1 << 16)
        if not more:
            break
        start += more
        if not b"nlptools ".startswith(start[:9]) and not start.startswith(b"nlptools "):
            break
    first, _, rest = start.partition(b"\n")
    words = first.decode("utf-8", "replace").split(" ")
    if len(words) != 3 or words[0] != "nlptools" or not re.fullmatch("[0-9]{1,9}", words[2]):
        raise DataError(
            path, None, f"not an nlptools {kind} file", f"make one with nlptools {_MAKERS[kind]}"
        )
    if words[1] != kind:
        raise DataError(path, None, f"an nlptools {words[1]} file, not a {kind} file")
    if int(words[2]) > version:
        raise DataError(
            path,
            None,
            f"{kind} format {words[2]}; this version reads up to {version}",
            "update nlptools",
        )
    line, _, rest = rest.partition(b"\n")
    check, end, _ = rest.partition(b"\n")
    base = len(first) + len(line) + len(check) + 3
    base += -base % _ALIGN
    try:
        if not end or check != b"%08x" % zlib.crc32(line):
            raise ValueError("its description is incomplete or was changed")
        meta = json.loads(line)
        table = {entry["name"]: entry for entry in meta.pop("arrays")}
        expected = 0
        for entry in table.values():
            dtype = _plain_type(entry["dtype"])
            if entry["length"] < 0 or entry["offset"] != expected:
                raise ValueError(entry["name"])
            expected += -(-entry["length"] * dtype.itemsize // _ALIGN) * _ALIGN
            if base + entry["offset"] + entry["length"] * dtype.itemsize > size:
                raise DataError(
                    path, None, "the file ends inside its arrays", "it was cut short; make it again"
                )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(path, None, f"damaged {kind} file: {error}") from error

    def column(name: str, mapped: bool) -> Column:
        if name not in table:
            raise DataError(path, None, f"damaged {kind} file: no array {name}")
        entry = table[name]
        dtype, offset = np.dtype(entry["dtype"]), base + entry["offset"]
        if data is not None:
            return np.frombuffer(data, dtype, entry["length"], offset if entry["length"] else 0)
        if not mapped:
            return FileColumn(file, dtype, entry["length"], (0,), (offset,))
        if not entry["length"]:
            return np.empty(0, dtype)
        return np.memmap(file, dtype, "r", offset, entry["length"])

    return meta, column


def _plain_type(name: str) -> np.dtype[Any]:
    """The type of a number; np.dtype alone would read a small language, and raise SyntaxError."""
    if not re.fullmatch(r"\|[ui]1|<[uif][248]", name):
        raise ValueError(f"type {name!r}")
    return np.dtype(name)


_MAKERS = {"counts": "count", "lm": "lm train"}
