"""The runner of examples itself: it finds blocks, and it notices what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from console import Block, blocks, make_folder, matches, run_block

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
