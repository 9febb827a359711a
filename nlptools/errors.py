"""What can be wrong with a user's data -> one readable line (file, line, problem) and a hint."""

from __future__ import annotations

# What the package index calls us; `nlptools` there is somebody else's.
DISTRIBUTION = "nlptools-zh"


def install_hint(extra: str) -> str:
    """How to install one of the extras of pyproject.toml: from the package index, or in a checkout."""
    return f"pip install '{DISTRIBUTION}[{extra}]', in a checkout bin/setup {extra}"


class NlptoolsError(Exception):
    """Base of every error that is the data's or the machine's fault, never the code's.

    `str()` is one line for people; `hint`, where there is one, says what to try.
    The command line turns it into exit code 1.
    """

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(problem)
        self.hint = hint


class DataError(NlptoolsError):
    """Something unreadable in an input: `path:line: problem`, with a hint.

    line counts from 1; None where a line makes no sense (a directory, a damaged archive).
    """

    def __init__(
        self, path: object, line: int | None, problem: str, hint: str | None = None
    ) -> None:
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {problem}", hint)
        self.path = str(path)
        self.line = line
        self.problem = problem


class ResourceError(NlptoolsError):
    """The machine ran out of something: disk space for spilled runs, memory for the budget asked."""
