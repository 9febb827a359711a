"""A file of arrays (.npy, .npz, .safetensors, an index of several) -> one like it, some arrays made anew, the others byte for byte.

Nothing is loaded whole: rows are read from the file where they lie, what is copied is copied piece by piece.
"""

from __future__ import annotations

import contextlib
import json
import math
import mmap
import os
import re
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from nlptools.base.outputs import whole_file
from nlptools.base.storage import SpillFile, spilling
from nlptools.errors import DataError
from nlptools.vectors.headers import (
    CUT_SHORT,
    NPY,
    ZIP,
    ZIP_ERRORS,
    NpyArray,
    bad_zip,
    check_end,
    check_floats,
    check_tensor,
    looks_like_safetensors,
    npy_array,
    npy_head,
    npz_arrays,
    opened,
    safetensors_head,
    safetensors_header,
)
from nlptools.vectors.tensors import by_columns, from_bfloat16, to_bfloat16, unpacked

INDEX = ".index.json"
SUFFIXES = (".npy", ".npz", ".safetensors", INDEX)
_MOST_INDEX = 100_000_000  # bytes of an index; that of a model of a million tensors has as many
_PIECE = 1 << 22  # bytes copied at a time
# StoredRows read before what was read is let go: to read one may map 2 MB of the file, whatever its length. 16 keep the
# process below 100 MB on a matrix of 1 GB; all rows of a batch made it 193 MB, in the same time.
_ROWS = 16


@dataclass(frozen=True)
class Stored:
    """An array of floats as it lies in its file: rows are what its first dimension counts.

    dtype: of the numbers there, uint16 for bfloat16.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    bfloat16: bool = False

    @property
    def columns(self) -> int:
        """Numbers in a row; 1 for a vector."""
        return math.prod(self.shape[1:])

    def decoded(self, rows: np.ndarray) -> np.ndarray:
        """As float64."""
        with np.errstate(invalid="ignore"):  # a signalling NaN
            return (from_bfloat16(rows) if self.bfloat16 else rows).astype(np.float64)

    def encoded(self, rows: np.ndarray) -> np.ndarray:
        """float64 as it is to lie in the file; each number is rounded once, to nearest even."""
        if self.bfloat16:
            return to_bfloat16(rows)
        with np.errstate(over="ignore", invalid="ignore"):
            return rows.astype(self.dtype)


class StoredRows:
    """The rows of an array, any of them, read from a mapped file. What was read does not stay in the process."""

    def __init__(self, file: IO[bytes], stored: Stored, begin: int = 0) -> None:
        """begin: bytes before them in the file."""
        self.stored = stored
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        row = np.dtype((np.void, stored.columns * stored.dtype.itemsize))
        # Rows of bytes, not of numbers: in a .safetensors file numbers may lie at odd places.
        self._rows = np.frombuffer(self._map, row, stored.shape[0], begin)

    def take(self, ids: np.ndarray | slice) -> np.ndarray:
        """Some rows as they are stored, shape (len(ids), columns)."""
        if isinstance(ids, slice):
            found = self._rows[ids].copy()
            self._let_go()
        else:
            found = np.empty(len(ids), self._rows.dtype)
            step = _ROWS if self._rows.nbytes > _PIECE else max(len(ids), 1)
            for start in range(0, len(ids), step):
                found[start : start + step] = self._rows[ids[start : start + step]]
                self._let_go()
        return found.view(self.stored.dtype).reshape(len(found), -1)

    def _let_go(self) -> None:
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)


class Made(NamedTuple):
    """A new array for an old one: how many rows, and they, piece by piece, as they are stored."""

    rows: int
    pieces: Iterable[np.ndarray]


class Checkpoint(ABC):
    """A file of named arrays. shapes: of all of them, in the order of the file."""

    suffix: str

    def __init__(self, path: str, shapes: dict[str, tuple[int, ...]]) -> None:
        self.path, self.shapes = path, shapes

    @abstractmethod
    def stored(self, name: str) -> Stored:
        """An array of floats; DataError for another."""

    @abstractmethod
    def rows(self, stored: Stored) -> contextlib.AbstractContextManager[StoredRows]:
        """Its rows, which must not be none, nor empty."""

    @abstractmethod
    def write(self, stream: IO[bytes], made: Mapping[str, Made]) -> None:
        """A file of the same kind; arrays that are not made are copied."""

    @property
    def inputs(self) -> list[Path]:
        """The files that are read."""
        return [Path(self.path)]

    def outputs(self, output: Path) -> list[Path]:
        """The files that are written."""
        return [output]

    def save(self, output: str | os.PathLike[str], made: Mapping[str, Made]) -> None:
        """`write` to a file, or several, which appear when all are complete."""
        with whole_file(output) as stream:
            self.write(stream, made)


def open_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """What a file is tells its content. DataError for what cannot be read, or is none of these kinds."""
    path = os.fspath(path)
    with opened(path) as file:
        try:
            head = file.read(9)
        except OSError as error:
            raise DataError(path, None, str(error.strerror).lower()) from None
    if head.startswith(NPY):
        return _Npy(path)
    if head.startswith(ZIP):
        return _Npz(path)
    if looks_like_safetensors(head):
        return _Safetensors(path)
    if head.lstrip().startswith(b"{"):
        return _Sharded(path)
    hint = "of another kind of checkpoint save the tensors as .safetensors or .npy first"
    raise DataError(path, None, "neither a .npy, a .npz nor a .safetensors file", hint)


@contextlib.contextmanager
def _spilled(stored: Stored, pieces: Iterable[np.ndarray]) -> Iterator[StoredRows]:
    """StoredRows that do not lie in a file one after the other, in an unnamed one where they do."""
    with spilling(None) as folder:
        spill = SpillFile(folder)
        for piece in pieces:
            spill.write(np.ascontiguousarray(piece))
    yield StoredRows(spill.file, stored)


class _Npy(Checkpoint):
    suffix = ".npy"

    def __init__(self, path: str) -> None:
        self._array = npy_array(path)
        self._name = Path(path).name
        super().__init__(path, {self._name: self._array.shape})

    def stored(self, name: str) -> Stored:
        check_floats(self.path, self._array.dtype)
        return Stored(name, self._array.shape, self._array.dtype)

    @contextlib.contextmanager
    def rows(self, stored: Stored) -> Iterator[StoredRows]:
        if self._array.fortran and len(stored.shape) > 1:
            pieces = by_columns(self.path, self._array, _matrix(stored))
            with _spilled(stored, pieces) as rows:
                yield rows
        else:
            with opened(self.path) as file:
                yield StoredRows(file, stored, self._array.start)

    def write(self, stream: IO[bytes], made: Mapping[str, Made]) -> None:
        stream.writelines(_npy(self._array, made[self._name]))


def _npy(array: NpyArray, made: Made) -> Iterator[bytes]:
    yield npy_head(array.dtype, (made.rows, *array.shape[1:]))
    for piece in made.pieces:
        yield piece.tobytes()


def _matrix(stored: Stored) -> tuple[int, int]:
    return stored.shape[0], stored.columns


class _Npz(Checkpoint):
    suffix = ".npz"

    def __init__(self, path: str) -> None:
        self._arrays = npz_arrays(path)
        super().__init__(path, {name: array.shape for name, array in self._arrays.items()})

    def stored(self, name: str) -> Stored:
        array = self._arrays[name]
        check_floats(self.path, array.dtype, f"{name}: ")
        return Stored(name, array.shape, array.dtype)

    @contextlib.contextmanager
    def rows(self, stored: Stored) -> Iterator[StoredRows]:
        pieces = unpacked(self.path, self._arrays[stored.name], _matrix(stored))
        with _spilled(stored, pieces) as rows:
            yield rows

    def write(self, stream: IO[bytes], made: Mapping[str, Made]) -> None:
        anew = {self._arrays[name].member: name for name in made}
        with zipfile.ZipFile(self.path) as old, zipfile.ZipFile(stream, "w") as new:
            for info in old.infolist():
                like = zipfile.ZipInfo(info.filename, info.date_time)
                like.compress_type, like.external_attr = info.compress_type, info.external_attr
                name = anew.get(info.filename)
                with new.open(like, "w", force_zip64=True) as member:
                    if name is None:
                        pieces = self._copied(old, info)
                    else:
                        pieces = _npy(self._arrays[name], made[name])
                    for piece in pieces:
                        member.write(piece)

    def _copied(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
        try:
            with archive.open(info) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except ZIP_ERRORS as error:
            raise bad_zip(self.path, error) from None


class _Safetensors(Checkpoint):
    suffix = ".safetensors"

    def __init__(self, path: str) -> None:
        self._header = safetensors_header(path)
        for name in self._header.entries:
            check_end(path, self._header, name)
        super().__init__(path, {name: of.shape for name, of in self._header.entries.items()})

    def stored(self, name: str) -> Stored:
        dtype = check_tensor(self.path, self._header, name)
        entry = self._header.entries[name]
        return Stored(name, entry.shape, dtype, entry.kind == "BF16")

    @contextlib.contextmanager
    def rows(self, stored: Stored) -> Iterator[StoredRows]:
        begin = self._header.start + self._header.entries[stored.name].begin
        with opened(self.path) as file:
            yield StoredRows(file, stored, begin)

    def write(self, stream: IO[bytes], made: Mapping[str, Made]) -> None:
        entries, text, done = self._header.entries, dict(self._header.text), 0
        order = sorted(entries, key=lambda name: entries[name][2:])
        for name in order:
            shape, size = entries[name].shape, entries[name].end - entries[name].begin
            if name in made:
                size = size // shape[0] * made[name].rows
                shape = (made[name].rows, *shape[1:])
            text[name] = {**text[name], "shape": shape, "data_offsets": [done, done + size]}
            done += size
        stream.write(safetensors_head(text))
        with opened(self.path) as file:
            for name in order:
                if name in made:
                    stream.writelines(piece.tobytes() for piece in made[name].pieces)
                else:
                    file.seek(self._header.start + entries[name].begin)
                    self._copy(file, stream, entries[name].end - entries[name].begin)

    def copy(self, stream: IO[bytes]) -> None:
        """The file as it is."""
        with opened(self.path) as file:
            self._copy(file, stream, self._header.size)

    def bytes_of(self, name: str) -> int:
        """Bytes of a tensor."""
        entry = self._header.entries[name]
        return entry.end - entry.begin

    def _copy(self, file: IO[bytes], stream: IO[bytes], rest: int) -> None:
        while rest:
            piece = file.read(min(_PIECE, rest))
            if not piece:
                raise DataError(self.path, None, "became shorter while it was read")
            stream.write(piece)
            rest -= len(piece)


class _Sharded(Checkpoint):
    """Several .safetensors files and the index that says which tensor lies in which.

    Source: huggingface.co/docs/transformers, "Sharding": {"metadata": {"total_size": ...}, "weight_map": {...}}.
    """

    suffix = INDEX

    def __init__(self, path: str) -> None:
        self._index = _read_index(path)
        self._files: dict[str, str] = self._index["weight_map"]
        folder = Path(path).parent
        self._shards = {
            file: _Safetensors(str(folder / file)) for file in dict.fromkeys(self._files.values())
        }
        for name, file in self._files.items():
            if name not in self._shards[file].shapes:
                raise DataError(path, None, f"no tensor {name} in {file}", CUT_SHORT)
        super().__init__(path, {n: self._shards[f].shapes[n] for n, f in self._files.items()})

    def stored(self, name: str) -> Stored:
        return self._shards[self._files[name]].stored(name)

    def rows(self, stored: Stored) -> contextlib.AbstractContextManager[StoredRows]:
        return self._shards[self._files[stored.name]].rows(stored)

    @property
    def inputs(self) -> list[Path]:
        return [Path(self.path), *(Path(shard.path) for shard in self._shards.values())]

    def outputs(self, output: Path) -> list[Path]:
        return [output, *(output.parent / file for file in self._shards)]

    def save(self, output: str | os.PathLike[str], made: Mapping[str, Made]) -> None:
        index, *files = self.outputs(Path(output))
        try:
            index.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DataError(output, None, f"cannot write: {error.strerror}") from None
        with contextlib.ExitStack() as stack:
            # Files get their names in the reverse order: who finds the index finds all of them.
            stream = stack.enter_context(whole_file(index))
            streams = [stack.enter_context(whole_file(file)) for file in files]
            for (file, shard), target in zip(self._shards.items(), streams, strict=True):
                here = {name: new for name, new in made.items() if self._files[name] == file}
                if here:
                    shard.write(target, here)
                else:
                    shard.copy(target)
            self.write(stream, made)

    def write(self, stream: IO[bytes], made: Mapping[str, Made]) -> None:
        """The index alone, with the sizes as they are now."""
        size = numbers = 0
        for name, file in self._files.items():
            shape, old = self.shapes[name], self._shards[file].bytes_of(name)
            if name in made:
                old = old // shape[0] * made[name].rows
                shape = (made[name].rows, *shape[1:])
            size += old
            numbers += math.prod(shape)
        metadata = {**self._index.get("metadata", {}), "total_size": size}
        if "total_parameters" in metadata:
            metadata["total_parameters"] = numbers
        text = json.dumps({**self._index, "metadata": metadata}, ensure_ascii=False, indent=2)
        stream.write(text.encode() + b"\n")


def index_of(path: str) -> Path | None:
    """The index beside a file that is one of several (NAME-00001-of-00002.safetensors), if it is there."""
    if not (part := re.fullmatch(r"(.+)-\d+-of-\d+(\.\w+)", Path(path).name)):
        return None
    index = Path(path).parent / f"{part[1]}{part[2]}{INDEX}"
    return index if index.is_file() else None


def _read_index(path: str) -> dict[str, Any]:
    with opened(path) as file:
        text = file.read(_MOST_INDEX + 1)
    hint = 'an index has {"weight_map": {NAME: FILE}}'
    if len(text) > _MOST_INDEX:
        raise DataError(path, None, "longer than any index of a checkpoint", hint)
    try:
        index = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = str(error).partition("\n")[0]
        raise DataError(path, None, f"no index of a checkpoint: {problem}", hint) from None
    files = index.get("weight_map")
    if not isinstance(files, dict) or not files or not isinstance(index.get("metadata", {}), dict):
        raise DataError(path, None, "no index of a checkpoint: no weight_map", hint)
    for name, file in files.items():
        # A file of another folder would be written there.
        plain = isinstance(file, str) and Path(file).name == file and file not in ("", "..")
        if not plain or "\0" in file:
            raise DataError(path, None, f"{name}: no file beside the index: {file!r}", hint)
        if file == Path(path).name:
            raise DataError(path, None, f"{name}: lies in the index itself", hint)
    return dict(index)
