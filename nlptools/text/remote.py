"""Paths with a scheme (hf://, s3://, https://, hdfs://) -> the files there and their sizes; each as an open file.

By fsspec, which is asked only for such paths. What is read is streamed: a file is never whole in memory or on disk.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from nlptools.errors import DataError, NlptoolsError, install_hint

# One letter would be a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


def is_remote(path: str) -> bool:
    """Whether a path names a file elsewhere."""
    return _SCHEME.match(path) is not None


def find_remote(path: str) -> tuple[list[tuple[str, int | None]], bool]:
    """Names and sizes (None: unknown) of the files of a path, sorted, and whether it names a single file itself.

    Without hidden ones in folders, as on this machine. Raises DataError.
    """
    with remote_errors(path):
        system, root = _system(path)
        if _has_magic(path):
            found = [one for one in system.glob(root, detail=True).values() if _is_file(one)]
            problem = "no file matches this pattern"
        else:
            about = system.info(root)
            if _is_file(about):
                return [(str(system.unstrip_protocol(root)), about.get("size"))], True
            below = system.find(root, detail=True).items()
            found = [one for name, one in below if _is_file(one) and not _hidden(name, root)]
            problem = "no file in this directory"
        if not found:
            raise DataError(path, None, problem)
        named = [(str(system.unstrip_protocol(one["name"])), one.get("size")) for one in found]
    return sorted(named), False


def open_remote(path: str) -> BinaryIO:
    """A file elsewhere, to be read. Its failures are for remote_errors."""
    with remote_errors(path):
        system, root = _system(path)
        opened: BinaryIO = system.open(root, "rb")
        return opened


@contextlib.contextmanager
def remote_errors(path: str) -> Iterator[None]:
    """Whatever a network and the libraries for it raise, as one line."""
    try:
        yield
    except NlptoolsError:
        raise
    except Exception as error:
        raise DataError(path, None, _reason(error)) from None


def _reason(error: Exception) -> str:
    cause = error.__cause__
    if isinstance(error, FileNotFoundError) and isinstance(cause, Exception):
        # Of the web, what comes from nobody answering, too.
        error = error if getattr(cause, "status", None) == 404 else cause
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "permission denied"
    detail = " ".join(str(error).split()) or type(error).__name__
    return f"cannot be read: {detail[:300]}"


def _system(path: str) -> tuple[Any, str]:
    """The file system of fsspec, and what the path is called there."""
    scheme = path.partition("://")[0].lower()
    try:
        core = importlib.import_module("fsspec.core")
    except ImportError:
        problem = f"reading {scheme}:// needs the module fsspec"
        raise DataError(path, None, problem, install_hint("remote")) from None
    try:
        system, root = core.url_to_fs(path)
    except ImportError as error:
        # What it says names the package: "Install s3fs to access S3".
        problem = f"reading {scheme}:// needs a module that is not installed"
        raise DataError(path, None, problem, str(error).split("\n")[0]) from None
    except ValueError as error:
        if "rotocol" not in str(error):
            raise
        hint = "one of hf://, s3://, gs://, https://, hdfs://, ... that fsspec knows"
        raise DataError(path, None, f"{scheme}:// is not known", hint) from None
    return system, root


def _is_file(about: Any) -> bool:
    return bool(about["type"] == "file")


def _hidden(name: str, root: str) -> bool:
    return any(part.startswith(".") for part in name.removeprefix(root).split("/"))


def _has_magic(path: str) -> bool:
    scheme, _, rest = path.partition("://")
    inside = rest.partition("/")[2]
    # What follows a ? in an address of the web is a question, no pattern.
    return bool(re.search(r"[*\[]" if scheme.lower() in ("http", "https") else r"[*?\[]", inside))
