"""Words in their contexts, found by Spark, are those of one machine, to the byte, however the text is divided."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from commandline import run
from sparkcases import SAMPLES, needs_spark, spark_marks

from nlptools.spark import contexts, ordered
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles

pytestmark = spark_marks

# Rare and frequent ones, with a sign or a blank inside, of a letter, and some that do not occur.
WORDS = [
    *(
        "天气",
        "非常好",
        "标准",
        "的",
        "一",
        "Café",
        "5G网络",
        "没有的",
        "第",
        "网络 5G",
        "3.5%",
        "A",
    ),
    *("沈渡秋", "医院", "a", "公司", "没有换行", "回车"),
]


@pytest.fixture(params=["whole", "groups", "lines"])
def divided(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, spark: Any) -> str:
    """whole: one task. groups: of a few files. lines: each file is a job, and cut into pieces where it can be."""
    if request.param == "groups":
        monkeypatch.setattr(ordered, "SPLIT", 5_000)
    if request.param == "lines":
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        monkeypatch.setattr(engine, "PART", 1)
        # What is asked for in a session is set there, unless Spark was started with it.
        monkeypatch.setattr(engine, "split_size", lambda total, at_once: 3_000)
    return str(request.param)


def same(*arguments: object) -> list[dict[str, Any]]:
    """The rows that both engines write, byte for byte."""
    local = run("contexts", *arguments).ok()
    spread = run("contexts", *arguments, "--engine", "spark").ok()
    alike = spread.out == local.out
    assert alike
    assert " engine:spark | " in spread.err
    return [json.loads(line) for line in spread.out.splitlines()]


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.tsv"
    lines = [f"{word}\t{number}\t\n" for number, word in enumerate(WORDS)]
    path.write_text("word\tscore\tdecision\n" + "".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    """Files with marks, lone CR, CR LF, empty and long lines, without a line end at their end; one is empty."""
    made = {
        "a.txt": "\ufeff国家标准，Café。\r\n\r\n单独的回车\r没有换行",
        "b.txt": "\n𠮷野家5G网络\n" + "天气非常好" * 700 + "\n今天",
        "c.txt": "",
        "d.txt": "".join(f"第{i}行的\r天气，3.5%\r\n\n标准 网络 5G\n" for i in range(400)),
        "e.txt": "天气\n" * 19 + "\n" + "Αθήνα weather A\n\n",
    }
    for name, text in made.items():
        (tmp_path / name).write_bytes(text.encode())
    return [*SAMPLES[:2], *(str(tmp_path / name) for name in made), SAMPLES[2]]


def corpora(paths: list[str]) -> list[str]:
    return [argument for path in paths for argument in ("--corpus", path)]


@needs_spark
def test_text(divided: str, words: Path, texts: list[str]) -> None:
    """More occurrences than contexts and fewer, none at all; lines of pieces of a file are those of the file."""
    how = {"whole": (), "groups": ("--contexts", 30), "lines": ("--contexts", 100, "--width", 30)}
    found = same(words, *corpora(texts), *how[divided])
    by_word = {row["word"]: row for row in found}
    assert by_word["第"]["count"] >= 400
    assert [one["line"] for one in by_word["没有换行"]["contexts"]] == [4]
    missing = by_word["没有的"]
    assert (missing["count"], missing["contexts"], missing["score"]) == (0, [], 7)
    if divided == "lines":
        assert len(by_word["第"]["contexts"]) == 100
        last = by_word["3.5%"]["contexts"][-1]
        assert last["source"].endswith("d.txt")
        assert last["line"] > 1500


@needs_spark
def test_records(divided: str, tmp_path: Path, words: Path, spark: Any) -> None:
    """JSON Lines and a table, whose places are lines and rows; folded, and by single letters."""
    rows = [f"第{i}条的天气。\n\nCAFÉ {'公司的' * (i % 3)}" if i % 7 else "" for i in range(300)]
    path = tmp_path / "a.jsonl"
    made = [json.dumps({"t": text}, ensure_ascii=False) for text in rows]
    path.write_text("\n\n".join(made), encoding="utf-8")
    table = tmp_path / "b.parquet"
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    columns = arrow.table({"s": rows[::-1], "t": rows})
    parquet.write_table(columns, table, row_group_size=70, compression="none")
    how = ["--field", "t", "--fold", "lower", "--latin", "char", "--format", "jsonl"]
    found = same(words, *corpora([str(path), str(table)]), *how)
    by_word = {row["word"]: row for row in found}
    assert by_word["Café"]["count"] == 2 * sum(i % 7 > 0 for i in range(300))
    lines = [one["line"] for one in by_word["天气"]["contexts"]]
    assert lines[0] == 3
    assert max(lines) > 400
    assert [one["line"] for one in by_word["A"]["contexts"]][-1] > 100


@needs_spark
def test_the_first_words(words: Path, spark: Any) -> None:
    """A list through a pipe, as a table; nothing is left over of words that are not asked for."""
    arguments = ["-", "--corpus", SAMPLES[0], "--top", 3, "--contexts", 0, "--format", "tsv", "-q"]
    text = words.read_bytes()
    spread = run("contexts", *arguments, "--engine", "spark", stdin=text).ok()
    assert spread.out == run("contexts", *arguments, stdin=text).ok().out
    assert len(spread.out.splitlines()) == 4


@needs_spark
def test_problems(tmp_path: Path, words: Path, spark: Any) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes("天气\n".encode() + b"\xff\n")
    done = run("contexts", words, "--corpus", path, "--engine", "spark")
    assert "bad.txt:2: not UTF-8" in done.error
    nowhere = run("contexts", words, "--corpus", tmp_path / "none.txt", "--engine", "spark")
    assert "none.txt: no such file" in nowhere.error


@needs_spark
def test_a_corpus_that_changes(words: Path, spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted is not there any more."""
    monkeypatch.setattr(contexts, "_to_fetch", lambda counted, steps: [{} for _ in counted])
    done = run("contexts", words, "--corpus", SAMPLES[0], "--engine", "spark")
    assert "the corpus has changed while it was read" in done.error


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ("x --corpus - --engine spark", "Spark reads files"),
        ("x --corpus y --master yarn", "--master goes with --engine spark"),
        ("x --corpus y --engine spark --field a --column b", "give one of them"),
    ],
)
def test_usage_errors(arguments: str, problem: str) -> None:
    assert problem in run("contexts", *arguments.split()).usage
