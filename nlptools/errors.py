"""What can be wrong with a user's data -> one readable line (file, line, problem) and a hint.

What a message tells of the content of a file is `quoted`; every message is `visible` as a whole, so that no file
can send signs to a terminal that move its cursor or set its title.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

# What the package index calls us; `nlptools` there is somebody else's.
DISTRIBUTION = "nlptools-zh"


def install_hint(extra: str) -> str:
    """How to install one of the extras of pyproject.toml: from the package index, or in a checkout."""
    return f"pip install '{DISTRIBUTION}[{extra}]', in a checkout bin/setup {extra}"


# Characters of a file that a message shows; of a whole message, should something have been forgotten (a path may
# have 4,096).
QUOTED = 60
LONGEST_MESSAGE = 8192
_BLANKS = str.maketrans("\t\n\r", "   ")


def visible(text: str, keep: str = "\u3000") -> str:
    r"""Text of printable characters alone, and those to keep: any other is escaped as in Python.

    >>> visible("a\tb")
    'a\\tb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else repr(c)[1:-1] for c in text)


def cut(text: str, most: int = QUOTED) -> str:
    """Text for people: visible, and no longer than `most` characters, an ellipsis at its end where more follows."""
    text = visible(text[: most + 1])
    return text if len(text) <= most else f"{text[: most - 1]}…"


def quoted(value: object) -> str:
    """A piece of a file for a message, in quotation marks: visible and cut; bytes as UTF-8.

    >>> quoted("word")
    "'word'"
    """
    if isinstance(value, bytes):
        value = value[: 4 * QUOTED + 4].decode("utf-8", "replace")
    return f"'{cut(value)}'" if isinstance(value, str) else cut(repr(value))


def listed(names: Iterable[str], most: int = 10) -> str:
    """Some names of a file for a message, each visible and cut, separated by commas."""
    first = list(itertools.islice(names, most + 1))
    return ", ".join([*map(cut, first[:most]), *(["..."] if len(first) > most else [])])


def cell(text: str) -> str:
    """A name as a cell of a TSV: blanks for tabs and line ends, which would begin another cell or row."""
    return text.translate(_BLANKS)


class NlptoolsError(Exception):
    """Base of every error that is the data's or the machine's fault, never the code's.

    `str()` is one line for people; `hint`, where there is one, says what to try.
    The command line turns it into exit code 1.
    """

    def __init__(self, problem: str, hint: str | None = None) -> None:
        super().__init__(cut(problem, LONGEST_MESSAGE))
        self.hint = None if hint is None else cut(hint, LONGEST_MESSAGE)


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
        self.problem = cut(problem, LONGEST_MESSAGE)


class ResourceError(NlptoolsError):
    """The machine ran out of something: disk space for spilled runs, memory for the budget asked."""
