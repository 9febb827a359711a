"""Every example of README, docs and cases/ is run; what it prints is what the page shows.

What the pages say beside their examples is compared with the code where that can be done.
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from click.shell_completion import ShellComplete
from console import ROOT, Block, blocks, make_folder, matches, run_block
from test_wings import ORDER

from nlptools.cli import main
from nlptools.discovery.em import LEAST_FREEDOM, MIN_SCORE, MOST_FREEDOM, shrinkage
from nlptools.wordmodel.expected_counts import SHARDS
from nlptools.wordmodel.model import GENERAL, general_model

assert np

# Blocks that can be run on each page, at least. A page that loses its examples fails here.
LEAST = {
    "README.md": 36,
    "README.zh-CN.md": 36,
    "docs/formats.md": 14,
    "docs/how-it-works.md": 24,
    "docs/dimension.md": 10,
    "docs/export.md": 9,
    "docs/report.md": 3,
    "docs/vectors.md": 7,
    "docs/vocab.md": 6,
    "docs/scale.md": 1,
    "tests/cases/pipes.md": 4,
    "tests/cases/counts.md": 4,
    "tests/cases/errors.md": 4,
    "tests/cases/formats.md": 4,
    "tests/cases/segment.md": 4,
    "tests/cases/lm.md": 7,
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


READMES = ("README.md", "README.zh-CN.md")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readmes_have_the_same_examples() -> None:
    english, chinese = ([block.text for block in blocks(text_of(name))] for name in READMES)
    assert english == chinese


def headings(text: str) -> list[int]:
    """Levels of the headings, in order."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)]


def test_the_readmes_are_in_step() -> None:
    english, chinese = map(text_of, READMES)
    assert headings(english) == headings(chinese)
    assert english.count("\n| ") == chinese.count("\n| ")
    assert english.count("\n- ") == chinese.count("\n- ")


@pytest.mark.parametrize("name", READMES)
def test_the_map_has_every_module_in_order(name: str) -> None:
    found = re.search(r"^```text\nnlptools/\n(.*?)^```$", text_of(name), re.DOTALL | re.MULTILINE)
    assert found
    listed = re.findall(r"^  (\w+)\.py  ", found[1], re.MULTILINE)
    parts = [module.split(".") for module in ORDER]
    assert listed == [
        part[1] for part in parts if len(part) == 2 and part[1] not in ("cli", "report", "__main__")
    ]


@pytest.mark.parametrize("name", READMES)
def test_the_names_of_the_story(name: str) -> None:
    """The sentence says what the example below it prints."""
    printed = re.search(
        r"^\$ grep -cxf names.txt found.txt\n(\d+)\n\$ grep -cxf names.txt alone.txt\n(\d+)$",
        text_of(name),
        re.MULTILINE,
    )
    assert printed
    before = text_of(name)[: printed.start()].rpartition("\n```console\n")[0]
    sentence = re.split("[.。] ?", before)[-1]
    terms = text_of("data/samples/terms.tsv").split("\n")
    names = sum(term.startswith("novel.txt\t") for term in terms)
    assert re.findall(r"\d+", sentence) == [str(names), *printed.groups()]


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_factors(name: str) -> None:
    """The most that each factor of the score of em can be, and that it can be for rare words."""

    def factors(count: int, symbols: int) -> list[float]:
        share = count / (count + shrinkage(symbols))
        freedom = min(np.log(count), MOST_FREEDOM) + LEAST_FREEDOM
        found = [share, freedom, min(count, SHARDS) ** 0.5, 1.0]
        return [*found, float(np.prod(found))]

    most, story, large = factors(10**9, 8_000), factors(3, 8_000), factors(3, 10**7)
    cell = r" ([\d.]+) \|"
    rows = re.findall(rf"^\| [^|]+ \|{cell}{cell}{cell}$", text_of(name), re.MULTILINE)
    shown = np.array(rows, float)
    assert np.allclose(shown, np.array([most, story, large]).T, rtol=0, atol=0.0051)
    assert story[-1] > large[-1] > MIN_SCORE
    twice = [factors(2, symbols)[-1] for symbols in (8_000, 10**7)]
    assert max(twice) < MIN_SCORE
    assert all(f"{score:.2f}" in text_of(name) for score in twice)


def test_the_files_that_contributing_names() -> None:
    names = re.findall(r"`([a-z/]+\.(?:py|md))`", text_of("CONTRIBUTING.md"))
    assert len(names) >= 10
    for name in names:
        places = (ROOT / name, ROOT / "nlptools" / name)
        assert any(place.exists() for place in places), name


@pytest.mark.parametrize("name", [*READMES, "nlptools/wordmodel/general.md"])
def test_the_size_of_the_general_model(name: str) -> None:
    assert f"{len(general_model()):,}" in text_of(name)


def test_the_page_of_the_general_model() -> None:
    page, settings = text_of("nlptools/wordmodel/general.md"), general_model().settings
    for number in (GENERAL.stat().st_size, settings["symbols"], settings["trained_on"]):
        assert f"{number:,}" in page
    build = text_of("bin/general-model")
    mixture = dict(re.findall(r'^    "(\w+)": (\d+),$', build, re.MULTILINE))
    taken = {"1": "all", "2": "every 2nd", "3": "every 3rd"}
    rows = {name: taken.get(step, f"every {step}th") for name, step in mixture.items()}
    assert len(rows) >= 5
    assert dict(re.findall(r"^\| `(\w+)` \| .* \| (.+?) \|$", page, re.MULTILINE)) == rows


def names_of(group: click.Group, before: str = "nlptools") -> list[str]:
    """The full names of a group and of all commands in it."""
    found = [before]
    for name, command in group.commands.items():
        whole = f"{before} {name}"
        found += names_of(command, whole) if isinstance(command, click.Group) else [whole]
    return found


def test_the_reference_has_every_command() -> None:
    names = names_of(main)
    assert "nlptools lm train" in names
    page = text_of("docs/cli.md")
    assert re.findall(r"^## (nlptools.*)$", page, re.MULTILINE) == names
    for name in names:
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section.startswith(f"\n```text\nUsage: {name} [OPTIONS]")


@pytest.mark.parametrize("name", READMES)
def test_the_readme_shows_every_command(name: str) -> None:
    """In an example, which is run."""
    shown = [example.command for block in blocks(text_of(name)) for example in block.examples]
    for command in names_of(main):
        assert any(f"{command} " in line for line in shown), command


def offered(words: str) -> list[str]:
    """What the shell offers for a command line that is not finished."""
    *before, last = words.split(" ")[1:]
    completion = ShellComplete(main, {}, "nlptools", "_NLPTOOLS_COMPLETE")
    return [item.value for item in completion.get_completions(before, last)]


def test_the_page_of_completion_says_what_is_offered() -> None:
    text = text_of("docs/completion.md")
    said = re.findall(r"`(nlptools [^`]*)` and the tab key: it offers ([^.]*)\.", text)
    assert len(said) == 2
    for words, names in said:
        assert offered(words) == re.findall(r"`([^`]+)`", names)
    assert offered("nlptools lm train --smoothing ") == ["kneser-ney", "witten-bell", "ml"]
    assert offered("nlptools lm convert --min") == []


@pytest.mark.parametrize("name", pages())
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", text_of(name)):
        file = path.parent / target if target else path
        assert file.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in anchors, f"{target}#{anchor}"


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
