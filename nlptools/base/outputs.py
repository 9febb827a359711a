"""Path -> a stream or a folder that appears there when it is complete, with the mode and owner of what it replaces."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from nlptools.errors import DataError

# A stream that the process has already: another descriptor of it, not another file.
_OPEN_STREAM = re.compile(r"(?:/dev|/proc/self)/(?:fd/([0-9]{1,6})|(stdout)|(stderr))")
_SCHEME = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]+://"
)  # s3://, hdfs://: of no folder here, whatever its name
_LONGEST_NAME = 255  # bytes, on the usual file systems
_RANDOM = 16  # hexadecimal digits


class _OutputFile(io.FileIO):
    """A file whose failures name it: a disk that is full is not taken for that of temporary files."""

    def __init__(self, descriptor: int, path: str) -> None:
        super().__init__(descriptor, "wb")
        self._path = path

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:  # a reader that has enough, as `| head`
            raise
        except OSError as error:
            raise _cannot_write(self._path, error) from error


@contextlib.contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when it is complete.

    It has the mode of the file that it replaces, and its owner where that is allowed. On Linux it has no name
    at all until it is complete, so that not even kill -9 leaves a part of it. Something that is no regular file
    (/dev/stdout, a named pipe) is written directly. Raises DataError for what cannot be written, also for a file
    without write permission, which a mere renaming would replace.
    """
    name = os.fspath(path)
    target = Path(os.path.realpath(name))
    status = _status(name, target)
    if name.endswith((os.sep, os.altsep or os.sep)) or (status and stat.S_ISDIR(status.st_mode)):
        raise DataError(path, None, "is a folder", "name a file to write to")
    if (stream := _OPEN_STREAM.fullmatch(name)) or (status and not stat.S_ISREG(status.st_mode)):
        with _named(name):
            descriptor = _duplicate(stream) if stream else os.open(target, os.O_WRONLY)
        with io.BufferedWriter(_OutputFile(descriptor, name)) as direct:
            yield direct
        return
    part: str | None = None
    try:
        with _named(name):
            if status and not _writable(target):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            descriptor, part = _new_file(target)
        with io.BufferedWriter(_OutputFile(descriptor, name)) as whole:
            with _named(name):
                _keep_rights(descriptor, status, nameless=part is None)
            yield whole
            whole.flush()
            if part is None:
                with _named(name):
                    part = _link(descriptor, target)
        with _named(name):
            Path(part).replace(target)
        part = None
    finally:
        if part is not None:
            with contextlib.suppress(OSError):
                Path(part).unlink()


@contextlib.contextmanager
def folder_for(path: str | os.PathLike[str]) -> Iterator[Path]:
    """The folder at path to write files into, made where there is none; without a file in it it goes if writing fails.

    Raises DataError where it cannot be made.
    """
    folder = Path(path)
    new = [there for there in (folder, *folder.parents) if not there.exists()]
    with _named(os.fspath(path)):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    except BaseException:
        with contextlib.suppress(OSError):  # not empty
            for made in new:
                made.rmdir()
        raise


@contextlib.contextmanager
def whole_folder(path: str | os.PathLike[str], check: Callable[[Path], None]) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of what is at path when it is complete.

    check: raises DataError for something there that must not go; a link is followed first. What runs that were
    killed have left beside it is removed.
    """
    name = os.fspath(path)
    target = Path(os.path.realpath(name))
    if _status(name, target):
        check(target)
    with _named(name):
        _remove_leftovers(target)
        holder, lock = _locked_folder(target)
    try:
        made = holder / "made"
        with _named(name):
            made.mkdir()
        yield made
        status = _status(name, target)  # another run may have been faster
        if status:
            check(target)
        with _named(name):
            if status:
                made.chmod(stat.S_IMODE(status.st_mode))
            _exchange(made, target, holder / "old" if status else None)
    finally:
        shutil.rmtree(holder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _exchange(made: Path, target: Path, old: Path | None) -> None:
    """Rename; what is there already goes to `old`, and comes back if that fails."""
    if old is not None:
        target.rename(old)
    try:
        made.rename(target)
    except BaseException:
        if old is not None:
            old.rename(target)
        raise


def _cannot_write(path: str, error: OSError) -> DataError:
    return DataError(path, None, f"cannot write: {error.strerror or error}")


@contextlib.contextmanager
def _named(path: str) -> Iterator[None]:
    """Failures of the system name the file."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error) from error


def _status(name: str, target: Path) -> os.stat_result | None:
    """Of what is there, if there is something; DataError for links in a circle, and for places elsewhere."""
    if _SCHEME.match(name):
        problem, hint = "files are written on this machine", "name a file here and copy it there"
        raise DataError(name, None, problem, hint)
    try:
        return target.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _cannot_write(name, error) from error


def _duplicate(stream: re.Match[str]) -> int:
    number, out, _ = stream.groups()
    return os.dup(int(number) if number else 1 if out else 2)


def _writable(target: Path) -> bool:
    if os.access in os.supports_effective_ids:
        return os.access(target, os.W_OK, effective_ids=True)
    return os.access(target, os.W_OK)


def _new_file(target: Path) -> tuple[int, str | None]:
    """(descriptor, name) of a new file in the folder of another; no name where the system can do without."""
    if hasattr(os, "O_TMPFILE"):
        with contextlib.suppress(OSError):  # NFS and others: tried again with a name
            descriptor = os.open(target.parent, os.O_TMPFILE | os.O_RDWR, 0o666)
            if os.path.exists(f"/proc/self/fd/{descriptor}"):
                return descriptor, None
            os.close(descriptor)
    return tempfile.mkstemp(prefix=_hidden(target), dir=target.parent)


def _hidden(target: Path) -> str:
    """The beginning of a hidden name beside a file, short enough for what comes after it."""
    name = target.name
    while len(os.fsencode(name)) > _LONGEST_NAME - _RANDOM - 2:
        name = name[:-1]
    return f".{name}."


def _keep_rights(descriptor: int, status: os.stat_result | None, *, nameless: bool) -> None:
    """Mode and owner of the file that is replaced; of a new one what the umask leaves."""
    if os.name == "nt":
        return
    if status is None:
        if not nameless:  # mkstemp's are for the owner alone
            umask = os.umask(0)
            os.umask(umask)
            os.fchmod(descriptor, 0o666 & ~umask)
        return
    for owner, group in ((status.st_uid, -1), (-1, status.st_gid)):
        with contextlib.suppress(PermissionError):  # only root gives files away
            os.fchown(descriptor, owner, group)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _random_digits() -> str:
    return os.urandom(_RANDOM // 2).hex()  # the module secrets takes 5 ms to import


def _link(descriptor: int, target: Path) -> str:
    """Give a file without a name a hidden one, which nobody has; a rename takes it from there."""
    while True:
        part = str(target.with_name(_hidden(target) + _random_digits()))
        with contextlib.suppress(FileExistsError):
            # src_dir_fd makes it linkat(AT_SYMLINK_FOLLOW); the path being absolute, it is not used.
            os.link(f"/proc/self/fd/{descriptor}", part, src_dir_fd=descriptor)
            return part


# --- folders under way: each is locked by the process that fills it -------------------------------


def _locked_folder(target: Path) -> tuple[Path, int | None]:
    """A new folder beside another, and the descriptor that locks it; None where there are no such locks."""
    while True:
        holder = Path(tempfile.mkdtemp(prefix=_hidden(target), dir=target.parent))
        # Somebody who looks for leftovers may have it in the moment before it is locked; then another is made.
        with contextlib.suppress(FileNotFoundError):
            lock = _lock(holder, wait=True)
            if lock is None or os.path.samestat(os.fstat(lock), holder.stat()):
                return holder, lock


def _lock(folder: Path, *, wait: bool) -> int | None:
    """A descriptor that locks a folder; None where it is locked already, or cannot be."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_leftovers(target: Path) -> None:
    """Folders of processes that were killed; if one had just put the old folder aside, it comes back."""
    prefix = _hidden(target)
    for holder in target.parent.iterdir():
        if not (holder.name.startswith(prefix) and holder.is_dir() and not holder.is_symlink()):
            continue
        if (lock := _lock(holder, wait=False)) is None:
            continue
        try:
            if not {entry.name for entry in holder.iterdir()} <= {"made", "old"}:
                continue  # somebody else's
            if (holder / "old").is_dir() and not target.exists():
                (holder / "old").rename(target)
            shutil.rmtree(holder, ignore_errors=True)
        finally:
            os.close(lock)
