"""Numbers of lines: those of the file, whatever was left out or put together on the way."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import run
from hypothesis import given
from hypothesis import strategies as st

from nlptools.lm.files import write_model
from nlptools.lm.stream import score_text
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.usage.contexts import find_contexts
from nlptools.usage.usage import measure_usage

NUMBERS = st.lists(st.integers(1, 40), min_size=1, max_size=12)


def numbered(numbers: list[int]) -> LineNumbers:
    return LineNumbers.listed(array("q", numbers))


def listed(lines: LineNumbers, size: int) -> list[int]:
    assert lines.of(np.arange(size)).tolist() == [lines[i] for i in range(size)]
    return [lines[i] for i in range(size)]


@given(NUMBERS, NUMBERS, st.data())
def test_they_are_those_of_a_list(first: list[int], other: list[int], data: st.DataObject) -> None:
    lines = numbered(first)
    assert listed(lines, len(first)) == first
    left = data.draw(st.integers(0, len(first) - 1))
    assert listed(lines.after(left), len(first) - left) == first[left:]
    # The other goes on in the last line, and so begins with its number.
    both = lines.then(len(first) - 1, numbered([first[-1], *other]))
    assert listed(both, len(first) + len(other)) == first + other


def test_by_hand() -> None:
    lines = numbered([3, 4, 8, 9, 9])
    assert (lines.first, lines.at.tolist(), lines.to.tolist()) == (3, [2, 4], [8, 9])
    assert list(lines.jumps()) == [(0, 3), (2, 8), (4, 9)]
    assert lines.after(3) == numbered([9, 9])
    assert numbered([5, 6]) == LineNumbers(5)


# What a file holds, how it is read, and the lines on which 天 stands in it.
FILES: dict[str, tuple[str, bytes, dict[str, Any], list[int]]] = {
    "blank lines": (
        "a.jsonl",
        '{"t": "天a"}\n\n \n{"t": "地"}\n{"t": "天"}\n\n{"t": "天b"}'.encode(),
        {"field": "t"},
        [1, 5, 7],
    ),
    "line ends in a record": (
        "a.jsonl",
        '{"t": "天\\n天\\r\\n地\\r"}\r\n{"t": "玄"}\r\n{"t": "\\n天"}\r\n'.encode(),
        {"field": "t"},
        [1, 1, 3],
    ),
    "several texts in a record": (
        "a.jsonl",
        '{"t": ["天", "地"]}\n{"t": []}\n{"t": ["玄", "天"]}\n'.encode(),
        {"field": "t"},
        [1, 3],
    ),
    "bad records": (
        "a.jsonl",
        '{"t": "天"}\n{"u": 1}\n{"t": 5}\n{"t": "天"}\n'.encode(),
        {"field": "t", "on_error": "skip"},
        [1, 4],
    ),
    "blank rows": ("a.csv", "n,t\n1,天\n\n\n2,天\n".encode(), {"column": "t"}, [2, 5]),
    "bad rows": (
        "a.csv",
        "n,t\n1,天\n2\n3,天\n".encode(),
        {"column": "t", "on_error": "skip"},
        [2, 4],
    ),
    "skipped lines": (
        "a.txt",
        "天\n".encode() + b"\xff\n" + "地\n".encode() + b"\xe5\n\xe5\n" + "天\n天".encode(),
        {"on_error": "skip"},
        [1, 6, 7],
    ),
    "skipped at the beginning": (
        "a.txt",
        b"\xff\n\xff\n" + "天\n".encode(),
        {"on_error": "skip"},
        [3],
    ),
}


@pytest.fixture(params=list(FILES))
def case(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path, dict[str, Any], list[int]]]:
    name, data, how, lines = FILES[request.param]
    (tmp_path / name).write_bytes(data)
    yield tmp_path / name, how, lines


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lm") / "m.lm"
    write_model(learn_lm(Corpus.from_texts(["天地玄黄"]), order=2), path)
    return path


@pytest.mark.parametrize("size", [1, 5, 17, 1 << 20])
def test_every_reader_says_the_line_of_the_file(
    case: tuple[Path, dict[str, Any], list[int]], size: int, model: Path
) -> None:
    path, how, lines = case

    def corpus() -> Corpus:
        return Corpus([path], block_size=size, **how)

    assert [found.line for found in find_contexts(corpus(), ["天"], number=9)["天"]] == lines
    usage = measure_usage([corpus()], ["天"], contexts=9)
    assert [found.line for found in usage.contexts[0]] == lines
    scored = score_text(corpus(), model)
    assert [row.line for row in scored if "天" in row.text] == lines


def test_what_the_commands_say(model: Path, case: tuple[Path, dict[str, Any], list[int]]) -> None:
    path, how, lines = case
    options = [f"--{name.replace('_', '-')}={value}" for name, value in how.items()]
    shown = run("explain", "天", "--corpus", path, "--contexts", 9, *options).ok().out
    places = [line.split(": ")[0].strip() for line in shown.splitlines() if f"{path}:" in line]
    assert places == [f"{path}:{line}" for line in lines]
    _, *rows = run("lm", "score", "--model", model, path, *options).ok().out.splitlines()
    found = [row.split("\t") for row in rows]
    # A record has one row, with the line in which it begins.
    assert [int(row[1]) for row in found if "天" in row[-1]] == list(dict.fromkeys(lines))


def test_texts_have_the_numbers_of_the_strings() -> None:
    texts = ["天\n天", "地", "天", "\ud800天", "天"]
    corpus = Corpus.from_texts(texts, on_error="skip")
    assert [found.line for found in find_contexts(corpus, ["天"], number=9)["天"]] == [1, 1, 3, 5]
