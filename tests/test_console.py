"""Every example of README, docs and cases/ is run; what it prints is what the page shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from console import ROOT, Block, blocks, make_folder, matches, run_block

assert np

# Blocks that can be run on each page, at least. A page that loses its examples fails here.
LEAST = {
    "README.md": 10,
    "README.zh-CN.md": 10,
    "docs/formats.md": 3,
    "docs/how-it-works.md": 4,
    "tests/cases/pipes.md": 4,
    "tests/cases/counts.md": 4,
    "tests/cases/errors.md": 4,
    "tests/cases/formats.md": 4,
}


def pages() -> list[str]:
    """All pages, those of the table first."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/cases/*.md")]
    names = sorted(path.relative_to(ROOT).as_posix() for path in found)
    return [*LEAST, *(name for name in names if name not in LEAST)]


@pytest.mark.parametrize("name", pages())
def test_page(name: str, tmp_path: Path) -> None:
    path = ROOT / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.count("\n") < 3:
        pytest.skip(f"{name} is not written yet")
    found = blocks(text)
    assert len(found) >= LEAST.get(name, 0)
    assert text.count("\n```console") + text.count("\n```pycon") == len(found)
    folder = make_folder(tmp_path)
    problems = [problem for block in found for problem in run_block(block, folder)]
    assert not problems, f"{name}\n" + "\n\n".join(problems)


def test_there_is_a_page_of_cases() -> None:
    assert sum(name.startswith("tests/cases/") for name in pages()) >= 4
    assert all((ROOT / name).exists() for name in LEAST if name.startswith("tests/"))


# --- the runner itself: it has to notice ------------------------------------------------------

PAGE = """Text.

```console
$ echo 词 > made
$ cat made
词
$ ls data
samples
```

```console stderr
$ echo one; echo two >&2; exit 3  # exit 3
one
two
```

```sh
$ not run
```

```pycon
>>> open("made", encoding="utf-8").read()
'词\\n'
```
"""


def check(page: str, folder: Path) -> list[str]:
    return [problem for block in blocks(page) for problem in run_block(block, folder)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path)


def test_blocks_are_found() -> None:
    first, second, third = blocks(PAGE)
    assert [example.command for example in first.examples] == [
        "echo 词 > made",
        "cat made",
        "ls data",
    ]
    assert [example.line for example in first.examples] == [4, 5, 7]
    assert [example.shown for example in first.examples] == ["", "词\n", "samples\n"]
    assert [(example.code, example.stderr) for example in second.examples] == [(3, True)]
    assert third == Block(22, "pycon", third.text)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_page_that_is_right(folder: Path) -> None:
    assert check(PAGE, folder) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "before, after, problem",
    [
        ("\n词\n", "\n字\n", "line 5: $ cat made"),
        ("samples\n", "samples\nmore\n", "line 7: $ ls data"),
        ("samples\n", "", "line 7: $ ls data"),
        ("# exit 3", "", "(exit 3)"),
        ("exit 3  #", "exit 1  #", "printed (exit 1)"),
        ("\ntwo\n", "\n", "line 12"),
        ("console stderr", "console", "--- stderr\ntwo"),
        ("'词\\n'", "'字'", "Expected:\n    '字'\nGot:\n    '词\\n'"),
    ],
)
def test_a_page_that_is_wrong(folder: Path, before: str, after: str, problem: str) -> None:
    assert PAGE.count(before) >= 1
    problems = check(PAGE.replace(before, after, 1), folder)
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_block_without_a_command() -> None:
    with pytest.raises(ValueError, match="line 2: a console block begins with a command"):
        blocks("```console\nls\n```\n")


@pytest.mark.parametrize(
    "command, shown, code",
    [
        ("a", "b\n", 0),
        ("a  # exit 7", "b\n", 7),
        ("a", "Error: b\nhint: c\n", 1),
        ("a", "b\nError: c\n", 1),
        ("a", "Usage: a\n\nError: b\n", 2),
        ("a  # exit 2", "...\nError: b\n", 2),
        ("a", "no Error: here\n", 0),
    ],
)
def test_exit_codes(command: str, shown: str, code: int) -> None:
    (block,) = blocks(f"```console\n$ {command}\n{shown}```\n")
    assert [example.code for example in block.examples] == [code]


@pytest.mark.parametrize(
    "shown, printed, same",
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n...\n", "a\n", True),
        ("a\n...\n", "a\nb\nc\n", True),
        ("...\nc\n", "a\nb\nc\n", True),
        ("a ... c\n", "a b c\n", True),
        ("a\n...\nd\n", "a\nb\nc\n", False),
        ("a ... c\n", "a b\nc\n", False),
        ("a\n", "a\n\n", False),
        ("a.c\n", "abc\n", False),
        ("", "a\n", False),
        ("", "\n", False),
        ("a\n", "a", True),
        ("", "", True),
    ],
)
def test_matching(shown: str, printed: str, same: bool) -> None:
    assert matches(shown, printed) is same
