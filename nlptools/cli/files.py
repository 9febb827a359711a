"""The files that a command reads and writes: the types of its options, and the guard by which none is lost.

An option that names a file has one of these types. As the command line is parsed, every output is compared with
every input and every other output, before anything is read; so a new command is guarded by its declarations.
"""

from __future__ import annotations

import contextlib
import glob
import os
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import click

from nlptools.errors import NlptoolsError
from nlptools.text.remote import is_remote
from nlptools.text.sources import find_sources

_META = "nlptools.files"
_STDOUT = "/dev/stdout"


@dataclass
class _Named:
    """What stands on the command line: paths to read, and (option, path) to write."""

    read: list[str] = field(default_factory=list)
    written: list[tuple[str, str]] = field(default_factory=list)
    stdin: bool = False


class InputPath(click.Path):
    """A file, folder or pattern to read; `-` is stdin, which can be read once.

    What cannot be read is the data's fault, and said by what reads it: exit code 1.
    """

    def __init__(self, *not_paths: str) -> None:
        """not_paths: words that name something else, such as `general`."""
        super().__init__(readable=False)
        self._not_paths = not_paths

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = os.fsdecode(super().convert(value, param, ctx))
        if ctx is None or ctx.resilient_parsing or path in self._not_paths:
            return path
        if path == "-":
            claim_stdin(ctx)
        else:
            named = _named(ctx)
            for option, output in named.written:
                _check_read(option, output, path, ctx)
            named.read.append(path)
        return path


class OutputPath(click.Path):
    """A file to write, which is no input and no other output; devices and pipes may be.

    dash: what `-` stands for. "default": what the command does without the option, which is printing; "stdout":
    that stream in place of the file; None: nothing, as the command prints something else.
    """

    def __init__(self, dash: Literal["default", "stdout"] | None = None) -> None:
        super().__init__(readable=False)
        self._dash = dash

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = os.fsdecode(super().convert(value, param, ctx))
        if ctx is None or ctx.resilient_parsing:
            return path
        option = max(param.opts, key=len) if param is not None else "output"
        if path == "-":
            if self._dash is None or (self._dash == "stdout" and not os.path.exists(_STDOUT)):
                raise click.UsageError(f"{option} needs the name of a file; ./- is one.", ctx)
            return None if self._dash == "default" else _STDOUT
        named = _named(ctx)
        for other, output in named.written:
            if other != option and _same(path, output):
                raise click.UsageError(f"{other} and {option} are the same file.", ctx)
        _check(option, path, named, ctx)
        named.written.append((option, path))
        return path


class FolderPath(click.Path):
    """A folder for what a command puts aside and takes back."""

    def __init__(self) -> None:
        super().__init__(readable=False)


def claim_stdin(ctx: click.Context | None = None) -> None:
    """Usage error where it is read already, or is a file that is written."""
    ctx = ctx or click.get_current_context()
    named = _named(ctx)
    if named.stdin:
        raise click.UsageError("stdin can be read only once.", ctx)
    named.stdin = True
    for option, output in named.written:
        _check(option, output, named, ctx)


def check_outputs(option: str, paths: Iterable[str]) -> None:
    """Usage error where one of the files that an option makes is read."""
    ctx = click.get_current_context()
    for path in paths:
        _check(option, path, _named(ctx), ctx)


def _named(ctx: click.Context) -> _Named:
    found: _Named = ctx.meta.setdefault(_META, _Named())
    return found


def _check(option: str, output: str, named: _Named, ctx: click.Context) -> None:
    for path in named.read:
        _check_read(option, output, path, ctx)
    if named.stdin and (of_stdin := _stdin_identity()) and of_stdin == _identity(output):
        raise click.UsageError(f"{option} is a file that is read: stdin.", ctx)


def _check_read(option: str, output: str, path: str, ctx: click.Context) -> None:
    if _same(output, path) or _among(output, path):
        raise click.UsageError(f"{option} is a file that is read: {output}.", ctx)


def _same(first: str, second: str) -> bool:
    identity = _identity(first)
    return identity is not None and identity == _identity(second)


def _among(output: str, path: str) -> bool:
    """Whether a file that is there already is one of those in a folder, or of a pattern."""
    if is_remote(path) or not Path(output).is_file():
        return False
    if not (Path(path).is_dir() or glob.has_magic(path)):
        return False
    try:
        sources = find_sources([path])
    except NlptoolsError:  # said when it is read
        return False
    written = _identity(output)
    return any(_identity(source.name) == written for source in sources)


def _identity(path: str) -> object:
    """What two names of one file or folder have in common; None for what may be written and read at once."""
    if "://" in path:  # another file system, by Spark
        return path
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return os.path.normcase(os.path.realpath(path))
    return _key(status)


def _stdin_identity() -> object:
    with contextlib.suppress(OSError, AttributeError, ValueError):  # closed, or not a real one
        return _key(os.fstat(sys.stdin.fileno()))
    return None


def _key(status: os.stat_result) -> object:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return None
    return status.st_dev, status.st_ino
