"""`nlptools explain`: the arithmetic of a word as it is printed."""

from __future__ import annotations

import json
import re

import pytest
from commandline import TEXT, run, write
from places import NOVEL


def test_explain_text() -> None:
    write("a.txt", "国家标准，国家标准。\n国家管\n准国家标")
    done = run("explain", "国家", "标准", "家国", "--corpus", "a.txt", "--method", "none").ok()
    assert done.err == ""
    assert done.out == (
        "国家  count 4 of 15 symbols\n"
        "  split  国 4 | 家 4  PMI 1.3218\n"
        "  left   entropy 1.3863, variety 4: 准 1; at a break 3\n"
        "  right  entropy 0.5623, variety 2: 标 3 管 1\n"
        "  a.txt:1: [国家]标准，国家标准。\n"
        "  a.txt:1: 国家标准，[国家]标准。\n"
        "  a.txt:2: [国家]管\n"
        "  a.txt:3: 准[国家]标\n"
        "\n"
        "标准  count 2 of 15 symbols\n"
        "  split  标 3 | 准 3  PMI 1.2040\n"
        "  left   entropy 0.0000, variety 1: 家 2\n"
        "  right  entropy 0.6931, variety 2: ; at a break 2\n"
        "  a.txt:1: 国家[标准]，国家标准。\n"
        "  a.txt:1: 国家标准，国家[标准]。\n"
        "\n"
        "家国  count 0 of 15 symbols\n"
        "  never occurs\n"
    )


def test_explain_json_lines() -> None:
    done = run("explain", "沈渡秋", "龘龘", "沈", "--corpus", NOVEL, "--format", "jsonl").ok()
    first, never, single = (
        json.loads(line, parse_constant=pytest.fail) for line in done.out.split("\n")[:-1]
    )
    assert first["count"] == NOVEL.read_text(encoding="utf-8").count("沈渡秋")
    assert [split["left"] for split in first["splits"]] == ["沈", "沈渡"]
    assert len(first["contexts"]) == 5
    assert len(first["left"]["neighbours"]) <= 8
    assert (never["count"], never["pmi"], never["left"], never["contexts"]) == (0, None, None, [])
    assert single["pmi"] is None


def test_explain_from_counts() -> None:
    run("count", NOVEL, "-o", "c", "-q").ok()
    numbers = run("explain", "沈渡秋", "--counts", "c").ok().out
    assert NOVEL.name not in numbers
    both = run("explain", "沈渡秋", "--counts", "c", "--corpus", NOVEL).ok().out
    assert both.startswith(numbers)
    assert both == run("explain", "沈渡秋", "--corpus", NOVEL, "--method", "none").ok().out
    piped = run(
        "explain", "沈渡秋", "--counts", "c", "--corpus", "-", stdin=NOVEL.read_bytes()
    ).ok()
    assert piped.out == both.replace(str(NOVEL), "-")


def test_explain_of_a_pipe_says_why_there_are_no_contexts() -> None:
    done = run("explain", "沈渡秋", "--corpus", "-", stdin=NOVEL.read_bytes()).ok()
    assert done.out.startswith("沈渡秋  count 35 of ")
    assert "[沈渡秋]" not in done.out
    assert done.err == "No contexts: a pipe can be read only once, and was read for the counts.\n"


def test_explain_limits() -> None:
    few = run("explain", "沈渡秋", "--corpus", NOVEL, "--contexts", 2, "--neighbours", 1).ok().out
    assert few.count("[沈渡秋]") == 2
    assert re.search(r"right .*: \S+ \d+ and \d+ more", few)
    none = run("explain", "沈渡秋", "--corpus", NOVEL, "--contexts", 0, "--neighbours", 0).ok().out
    assert "[沈渡秋]" not in none


@pytest.mark.parametrize(
    "word, problem",
    [
        ("国家，标准", "has a break in it"),
        ("国 家", "has a break in it"),
        ("", "has a break in it"),
    ],
)
def test_explain_impossible_words(word: str, problem: str) -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "c", "-q").ok()
    done = run("explain", "国家", word, "--counts", "c")
    assert problem in done.error
    assert "hint: ask for " in done.error
    assert done.out == ""
    too_long = run("explain", "国家标准国家标准国家标准国", "--corpus", "a.txt").error
    assert "has 13 symbols" in too_long


def test_explain_longer_than_the_counts() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "c", "--order", 3, "-q").ok()
    assert "hint: count with --order 5\n" in run("explain", "国家标准", "--counts", "c").error


def test_explain_takes_the_settings_of_discover() -> None:
    """The word stands where it stands in the list that discover prints with the same options."""
    write("known.txt", "沈渡秋\n")
    options = ["--min-count", 3, "--background", "none", "--min-score", 0.4, "--min-length", 3]
    words = run("discover", NOVEL, *options, "--format", "plain").ok().out.split()
    done = run("explain", "沈渡秋", "松烟", "--corpus", NOVEL, *options, "--format", "jsonl").ok()
    first, second = (json.loads(line)["standing"] for line in done.out.splitlines())
    assert (first["rank"], first["words"]) == (words.index("沈渡秋") + 1, len(words))
    assert first["newness"] is None
    assert second["bars"][0].startswith("2 symbols: words have from 3 to 8")
    known = run("explain", "沈渡秋", "--corpus", NOVEL, "--known", "known.txt", "--new-only").ok()
    assert "  not in the list: known already (--new-only)\n" in known.out


@pytest.mark.parametrize(
    "options, problem",
    [
        ("--method lm --min-score 0.3", "--min-score goes with --method em"),
        ("--method none --top 3", "There is no list without a method, and --top changes nothing."),
        ("--known none --new-only", "--new-only needs a list of known words"),
        ("--all --background general", "--all is --background none"),
        ("--method em --max-length 9", "terms of up to 8 symbols"),
    ],
)
def test_settings_that_do_not_go_together(options: str, problem: str) -> None:
    done = run("explain", "沈渡秋", "--corpus", NOVEL, *options.split())
    assert done.code == 2
    assert problem in done.err
