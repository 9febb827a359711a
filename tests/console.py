"""Markdown pages -> the examples in them; runs them, and says how what they print differs.

A ```console block is a terminal session. A line that begins with `$ ` is a command for bash; the
lines after it are what it prints on stdout, all of it. Besides:

- a command ends with exit code 0; with 1 where it shows a line `Error: ...`, with 2 where that
  comes after `Usage: ...`; with N where the command itself ends in `# exit N`;
- a block that begins with ```console stderr shows stderr together with stdout;
- a line `...` stands for any lines, `...` inside a line for any characters of that line.

A ```pycon block is a Python session, read as doctest reads it.

The blocks of a page run one after another in one folder that has a copy of data/samples, so they
find the files that earlier blocks made.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from places import ROOT

_BLOCK = re.compile(r"^```(console|pycon)( stderr)?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXIT = re.compile(r"\s+# exit ([0-9]+)$")


@dataclass(frozen=True)
class Example:
    """A command and what it shows; line: where it stands on its page."""

    line: int
    command: str
    shown: str
    code: int = 0
    stderr: bool = False


@dataclass(frozen=True)
class Block:
    """The text of one block; examples: those of a console, in a pycon block they are doctest's."""

    line: int
    kind: str
    text: str
    examples: tuple[Example, ...] = ()


def blocks(page: str) -> list[Block]:
    """All blocks of a page that can be run."""
    found = []
    for match in _BLOCK.finditer(page):
        line = page.count("\n", 0, match.start()) + 2
        examples = _examples(match[3], line, bool(match[2])) if match[1] == "console" else ()
        found.append(Block(line, match[1], match[3], examples))
    return found


def _examples(text: str, line: int, stderr: bool) -> tuple[Example, ...]:
    found = []
    for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE):
        if part:
            command, _, shown = part.partition("\n")
            if not command.startswith("$ "):
                raise ValueError(f"line {line}: a console block begins with a command, `$ ...`")
            found.append(Example(line, command[2:], shown, _code(command, shown), stderr))
        line += part.count("\n")
    return tuple(found)


def _code(command: str, shown: str) -> int:
    """The exit code that a command has to end with."""
    if told := _EXIT.search(command):
        return int(told[1])
    before, error, _ = f"\n{shown}".partition("\nError: ")
    return (2 if "\nUsage: " in before else 1) if error else 0


def matches(shown: str, printed: str) -> bool:
    """Whether what is printed is what is shown, see `...` above."""
    pattern = ""
    for line in shown.splitlines():
        if line == "...":
            pattern += "(?:.*\n)*"
        else:
            pattern += ".*".join(map(re.escape, line.split("..."))) + "\n"
    whole = printed if printed.endswith("\n") or not printed else printed + "\n"
    return re.fullmatch(pattern, whole) is not None


def make_folder(folder: Path) -> Path:
    """What the examples expect to find where they run."""
    shutil.copytree(ROOT / "data" / "samples", folder / "data" / "samples")
    return folder


PROGRAMS = Path(sys.executable).parent


def run_block(block: Block, folder: Path, programs: Path = PROGRAMS) -> list[str]:
    """What is wrong with a block; nothing when all is as shown. programs: where `nlptools` is."""
    if block.kind == "pycon":
        return _run_python(block, folder)
    return [problem for example in block.examples if (problem := _run(example, folder, programs))]


def _run(example: Example, folder: Path, programs: Path) -> str:
    path = os.pathsep.join([str(programs), str(PROGRAMS), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", example.command],
        cwd=folder,
        env={**os.environ, "PATH": path, "COLUMNS": "100", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if example.stderr else subprocess.PIPE,
        timeout=600,
        check=False,
    )
    printed = done.stdout.decode()
    if done.returncode == example.code and matches(example.shown, printed):
        return ""
    more = (done.stderr or b"").decode()
    return (
        f"line {example.line}: $ {example.command}\n"
        f"--- shown (exit {example.code})\n{example.shown}"
        f"--- printed (exit {done.returncode})\n{printed}" + (f"--- stderr\n{more}" if more else "")
    )


def _run_python(block: Block, folder: Path) -> list[str]:
    test = doctest.DocTestParser().get_doctest(
        block.text, {"__name__": "__main__"}, "block", None, block.line - 1
    )
    problems: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    with contextlib.chdir(folder):
        runner.run(test, out=problems.append)
    return ["".join(problems)] if problems else []
