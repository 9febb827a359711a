"""A command line -> what it prints, or why it is refused; and what every test of a command needs around it.

Import this before nlptools.cli: NumPy has to come before it. own_folder and own_signals work by being imported.
"""

from __future__ import annotations

from pathlib import Path

from test_cli import (
    FORMATS,
    PLAIN_LOCALE,
    SAMPLES,
    Done,
    on_terminal,
    own_folder,
    own_signals,
    posix,
    run,
    shell,
    write,
)

__all__ = [
    "FORMATS",
    "PLAIN_LOCALE",
    "SAMPLES",
    "Done",
    "on_terminal",
    "own_folder",
    "own_signals",
    "posix",
    "printed",
    "refused",
    "run",
    "shell",
    "write",
]


def printed(*args: object, stdin: str | bytes | None = None) -> str:
    """What a quiet run prints; it says nothing."""
    done = run(*args, "-q", stdin=stdin).ok()
    assert done.err == "", done.err
    return done.out


def refused(*args: object, stdin: str | bytes | None = None, code: int = 1) -> list[str]:
    """Lines on stderr: code 1, the problem and a hint at most; 2, the usage too. Nothing is printed, no file made."""
    before = sorted(Path().iterdir())
    done = run(*args, stdin=stdin)
    assert (done.code, done.out) == (code, ""), done.err
    assert sorted(Path().iterdir()) == before
    return (done.error if code == 1 else done.err).splitlines()
