"""Every example of README, docs and pages/cases is run; what it prints is what the page shows.

What the pages say beside their examples is compared with the code where that can be done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from click.shell_completion import ShellComplete
from console import ROOT, blocks, make_folder, run_block
from forkserver import commands

import nlptools
from nlptools.cli import main
from nlptools.discovery.rules import MIN_SCORE
from nlptools.wordmodel.model import GENERAL, general_model

assert np

READMES = ("README.md", "README.zh-CN.md")
DISCOVER = ("docs/guides/discover.md", "docs/guides/discover.zh-CN.md")
SEGMENT = ("docs/guides/segment.md", "docs/guides/segment.zh-CN.md")
CASES = "tests/pages/cases/"


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pages() -> list[str]:
    """All pages."""
    found = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(f"{CASES}*.md")]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


# Pages in Chinese: each has the blocks of the English page beside it.
CHINESE = [name for name in pages() if name.endswith(".zh-CN.md")]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the `nlptools` that examples run."""
    with commands(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


# What is run of an English page is not run again in Chinese: a test below compares the blocks.
@pytest.mark.parametrize("name", [name for name in pages() if name not in CHINESE])
def test_page(name: str, tmp_path: Path, programs: Path) -> None:
    found = blocks(text_of(name))
    assert text_of(name).count("\n```console") + text_of(name).count("\n```pycon") == len(found)
    assert found or (name != READMES[0] and not name.startswith(CASES))
    folder = make_folder(tmp_path)
    problems = [problem for block in found for problem in run_block(block, folder, programs)]
    assert not problems, f"{name}\n" + "\n\n".join(problems)


def test_there_is_a_page_of_cases() -> None:
    assert sum(name.startswith(CASES) for name in pages()) >= 4


def english(name: str) -> str:
    return name.replace(".zh-CN", "")


@pytest.mark.parametrize("name", CHINESE)
def test_both_languages_have_the_same_examples(name: str) -> None:
    chinese = [block.text for block in blocks(text_of(name))]
    assert chinese == [block.text for block in blocks(text_of(english(name)))]
    assert chinese


def headings(text: str) -> list[int]:
    """Levels of the headings, in order."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)]


@pytest.mark.parametrize("name", CHINESE)
def test_both_languages_are_in_step(name: str) -> None:
    here, there = text_of(name), text_of(english(name))
    assert headings(here) == headings(there)
    for mark in ("\n| ", "\n- ", "!["):
        assert here.count(mark) == there.count(mark), mark


def test_the_readme_is_read_in_five_minutes() -> None:
    assert all(len(text_of(name).encode()) < 16_000 for name in READMES)


def test_the_pictures_are_small() -> None:
    pictures = [*(ROOT / "docs" / "images").glob("*.png")]
    assert len(pictures) == 3
    assert all(picture.stat().st_size < 150_000 for picture in pictures)


def test_the_index_has_every_page() -> None:
    linked = re.findall(r"\]\(([\w./-]+\.md)", text_of("docs/index.md"))
    named = {(ROOT / "docs" / name).resolve() for name in linked}
    assert named >= {ROOT / name for name in pages() if name.startswith("docs/")} - {
        ROOT / "docs" / "index.md"
    }


@pytest.mark.parametrize("name", DISCOVER)
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


@pytest.mark.parametrize("name", DISCOVER)
def test_the_threshold(name: str) -> None:
    assert f"| `--min-score` | em | {MIN_SCORE} |" in text_of(name)
    assert re.search(rf"`--min-score`[^.\n]*{re.escape(str(MIN_SCORE))}", text_of(name))


def test_the_files_that_contributing_names() -> None:
    text = text_of("CONTRIBUTING.md")
    new = set(re.findall(r"Write `([a-z_/]+\.py)`", text))  # the walks have the reader make these
    names = set(re.findall(r"`([a-z_/]+\.(?:py|md))`", text)) - new
    assert len(names) >= 10
    for name in names:
        places = (ROOT / name, ROOT / "nlptools" / name)
        assert any(place.exists() for place in places), name
    assert not any((ROOT / "nlptools" / name).exists() for name in new)


@pytest.mark.parametrize("name", [*READMES, *SEGMENT, "nlptools/wordmodel/general.md"])
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


def test_every_command_is_shown() -> None:
    """In an example, which is run."""
    guides = [name for name in pages() if name == "README.md" or name.startswith("docs/guides/")]
    found = [block for name in guides for block in blocks(text_of(name))]
    shown = [example.command for block in found for example in block.examples]
    for command in names_of(main):
        assert any(f"{command} " in line for line in shown), command


def test_the_table_of_functions_has_every_command() -> None:
    rows = re.findall(
        r"^\| \[`(.*?)`\]\(.*?\) \| `(\w+)\(", text_of("docs/guides/python.md"), re.MULTILINE
    )
    commands = {name.removeprefix("nlptools ") for name in names_of(main) if " " in name}
    groups = {command.rpartition(" ")[0] for command in commands}
    assert {command for command, _ in rows} == commands - groups
    for command, function in rows:
        assert function == re.sub(r"[ -]", "_", command)
        assert function in nlptools.__all__


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
