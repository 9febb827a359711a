"""Files, folders, patterns, `-` (stdin), paths with a scheme (remote.py) -> the sources to read: name and size of each."""

from __future__ import annotations

import contextlib
import glob
import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from nlptools.errors import DataError, NlptoolsError
from nlptools.text.pipes import pipe_chunks
from nlptools.text.remote import find_remote, is_remote


class Source(NamedTuple):
    """One file to read; `-` is stdin."""

    name: str
    size: int | None  # None: not a regular file, or one elsewhere (remote.py) that does not tell

    @property
    def rereadable(self) -> bool:
        """Whether it can be read again: not stdin, a named pipe, a device."""
        return self.size is not None or is_remote(self.name)


class _There(NamedTuple):
    """What is known of a file elsewhere."""

    size: int | None


_Status = os.stat_result | _There | None


def reason(error: OSError | ValueError) -> str:
    """What went wrong with a file, for people."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error)).lower()


@contextlib.contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """What the system says of a file that cannot be read, as DataError."""
    try:
        yield
    except OSError as error:
        raise DataError(name, None, reason(error)) from None


def stdin_chunks(size: int, *, prompt: bool = False) -> Iterator[bytes]:
    """The bytes of stdin, as pipe_chunks gives them."""
    stream = cast(io.BufferedReader, sys.stdin.buffer)
    return pipe_chunks(stream, stream.read1, size, prompt=prompt)


def find_sources(paths: Sequence[str | os.PathLike[str]]) -> list[Source]:
    """Files named, found in folders, and matching patterns, in this order; stdin stays "-"."""
    found: list[tuple[str, _Status, bool]] = []  # name, status, named itself
    for given in paths:
        path = os.fspath(given)
        if path == "-":
            found.append((path, None, True))
            continue
        if is_remote(path):
            there, direct = find_remote(path)
            found.extend((name, _There(size), direct) for name, size in there)
            continue
        try:
            status = Path(path).stat()
        except (OSError, ValueError) as error:
            # Windows has other errors for names that cannot be, such as *.txt.
            if glob.has_magic(path) and (isinstance(error, FileNotFoundError) or os.name == "nt"):
                matches = sorted(glob.glob(path, recursive=True))
                inside = [entry for name in matches for entry in _walk(name, _stat(name))]
                problem = "no file matches this pattern"
            else:
                raise DataError(path, None, reason(error)) from None
        else:
            if not stat.S_ISDIR(status.st_mode):
                found.append((path, status, True))
                continue
            inside = list(_walk(path, status))
            problem = "no file in this directory"
        if not inside:
            raise DataError(path, None, problem)
        found.extend((name, status, False) for name, status in inside)
    if sum(name == "-" for name, _, _ in found) > 1:
        raise NlptoolsError("standard input (-) can be read only once, it is named twice")
    seen = {_identity(name, known) for name, known, direct in found if direct}
    sources = []
    for name, known, direct in found:
        key = _identity(name, known)
        if direct or key not in seen:
            sources.append(Source(name, _size(name, known)))
        seen.add(key)
    return sources


def _stat(path: str) -> os.stat_result:
    try:
        return Path(path).stat()
    except OSError as error:
        raise DataError(path, None, reason(error)) from None


def _identity(name: str, status: _Status) -> object:
    if isinstance(status, _There):
        return name
    if status is None or not status.st_ino:
        return os.path.realpath(name)
    return status.st_dev, status.st_ino


def _size(name: str, status: _Status) -> int | None:
    if isinstance(status, _There):
        return status.size
    if status is None or not stat.S_ISREG(status.st_mode):
        return None
    if os.name == "posix" and name.startswith(("/dev/", "/proc/")):
        return None  # /dev/stdin, /dev/fd/N: may share its position with another reader
    if not os.access(name, os.R_OK):
        raise DataError(name, None, "permission denied")
    return status.st_size


def _walk(path: str, status: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files below a folder, sorted by name at each level, without hidden ones.

    A regular file is what is below itself; pipes and devices are not read unless named.
    """
    visited: set[object] = set()

    def walk(path: str, status: os.stat_result) -> Iterator[tuple[str, os.stat_result]]:
        if stat.S_ISREG(status.st_mode):
            yield path, status
        if not stat.S_ISDIR(status.st_mode):
            return
        key = _identity(path, status)
        if key in visited:  # a symbolic link back
            return
        visited.add(key)
        try:
            names = sorted(os.listdir(path))
        except OSError as error:
            raise DataError(path, None, reason(error)) from None
        for name in names:
            if not name.startswith("."):
                below = os.path.join(path, name)
                yield from walk(below, _stat(below))

    return walk(path, status)
