"""Sums over a corpus that Spark makes are those of one machine, to the byte, however the text is divided."""

from __future__ import annotations

import filecmp
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import run
from sparkcases import SAMPLES, needs_spark, spark_marks

from nlptools.errors import NlptoolsError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles
from nlptools.spark.train import train_with_spark
from nlptools.spark.vocab import count_corpus_with_spark
from nlptools.text.corpus import Corpus
from nlptools.vocab import wordcount
from nlptools.vocab.wordcount import CorpusWords, count_corpus
from nlptools.wordmodel.train import train_model

pytestmark = spark_marks


def _whole(patch: pytest.MonkeyPatch) -> None:
    """All files in one task."""


def _groups(patch: pytest.MonkeyPatch) -> None:
    """Several tasks of a few files each, in one job."""
    for name, module in list(sys.modules.items()):
        if name.startswith("nlptools.spark.") and hasattr(module, "SPLIT"):
            patch.setattr(module, "SPLIT", 20_000)


def _lines(patch: pytest.MonkeyPatch) -> None:
    """Every file is a job, and is read line by line."""
    patch.setattr(sparkfiles, "WHOLE", 0)
    patch.setattr(engine, "PART", 1)


DIVIDED = pytest.mark.parametrize("divide", [_whole, _groups, _lines])
Divide = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def awkward(tmp_path: Path) -> list[str]:
    """Files without a line end at their end, with marks, lone CR and long lines; and one that is named twice."""
    texts = {
        "a.txt": "\ufeff国家标准，Café。\r\n\r\n单独的回车\r没有换行",
        "b.txt": "\n𠮷野家5G网络\n" + "天气非常好" * 3000 + "\n今天",
        "c.txt": "Αθήνα weather\n\n",
        # The symbol that appears last follows one other, three times: so the order of the corpus is seen in a model.
        "d.txt": "".join(f"第{i}行的天气\n" for i in range(200)) + "天罍\n" * 3,
    }
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    return [*SAMPLES[:3], *(str(tmp_path / name) for name in [*texts, "a.txt"])]


def told(found: CorpusWords) -> tuple[Any, ...]:
    seen = np.flatnonzero(found.characters)
    characters = dict(zip(seen.tolist(), found.characters[seen].tolist(), strict=True))
    return dict(sorted(found.words.items())), characters, found.held


# --- vocab build -----------------------------------------------------------------------------------


@needs_spark
@pytest.mark.parametrize("divide", [_groups, _lines])  # in one task: the next test
def test_words_and_characters(
    spark: Any, awkward: list[str], monkeypatch: pytest.MonkeyPatch, divide: Divide
) -> None:
    """Words, characters, and the same held-out lines, of which only the first are kept."""
    divide(monkeypatch)
    monkeypatch.setattr("nlptools.spark.vocab.MOST_HELD", 1100)
    cutter = Segmenter.load()
    expected = count_corpus(Corpus(awkward), cutter, most_held=1100)
    found, report = count_corpus_with_spark(awkward, cutter)
    assert told(found) == told(expected)
    assert len(found.held) == 1100
    assert report.files >= len(awkward)


@needs_spark
def test_what_the_driver_gets(spark: Any, awkward: list[str]) -> None:
    """Words that are too rare are counted, unless they are long: these are refused by name."""
    cutter = Segmenter.load()
    every = count_corpus(Corpus(awkward), cutter, lower=False)
    found, _ = count_corpus_with_spark(awkward, cutter, lower=False, least=5, longest=3)
    rare = {word for word, count in every.words.items() if count < 5 and len(word) <= 3}
    assert found.words == {word: n for word, n in every.words.items() if word not in rare}
    assert found.rarer == len(rare) > 100
    none, _ = count_corpus_with_spark(awkward, None)
    assert told(none) == told(count_corpus(Corpus(awkward)))


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
def test_lines_of_records(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """A record without a line end at its end, an empty one and one of several lines are as many lines as elsewhere."""
    if not whole:
        _lines(monkeypatch)
    texts = [
        "",
        "卷一\n",
        "天气\n非常好\r",
        *(f"第{i}条 text" for i in range(150)),
        "",
        "末\n\n",
        "",
    ]
    rows = tmp_path / "a.jsonl"
    rows.write_text("".join(json.dumps({"t": t}) + "\n" for t in texts), encoding="utf-8")
    table = tmp_path / "b.parquet"
    lists = [[text, "条"] if text else [] for text in texts]
    columns = "t string, l array<string>"
    spark.createDataFrame([*zip(texts, lists, strict=True)], columns).coalesce(1).write.parquet(
        str(table)
    )
    (part,) = table.glob("*.parquet")
    for name, paths in (("t", [str(rows), str(part), str(rows)]), ("l", [str(part), str(part)])):
        found, _ = count_corpus_with_spark(paths, None, field=name)
        expected = count_corpus(Corpus(paths, field=name))
        assert told(found) == told(expected)
        assert found.held


@needs_spark
def test_a_vocabulary(spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Vocabulary, weights and report are the same bytes; a second run takes what the first has left."""
    made: dict[str, list[bytes]] = {}
    work = tmp_path / "work"
    more = ("--engine", "spark", "--work", str(work))
    for name, options in (("local", ()), ("spark", more), ("again", more)):
        outputs = [str(tmp_path / f"{name}.{kind}") for kind in ("txt", "tsv", "json")]
        corpus = [argument for path in SAMPLES for argument in ("--corpus", path)]
        done = run(
            *("vocab", "build", *corpus, "--size", "2500", "--coverage", ".99", "--prune"),
            *("--max-length", "3", "--min-count", "2", *options),
            *("-o", outputs[0], "--weights", outputs[1], "--report", outputs[2]),
        )
        assert done.code == 0, done.err
        made[name] = [Path(path).read_bytes() for path in outputs]
        before = sorted((path, path.stat().st_mtime_ns) for path in work.rglob("*"))
    same = made["spark"] == made["local"] == made["again"]
    assert same
    assert any(path.name == "_SUCCESS" for path, _ in before)


@needs_spark
def test_a_corpus_without_words(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("2024 ……\n", encoding="utf-8")
    done = run("vocab", "build", "--engine", "spark", "--corpus", str(path))
    assert "a.txt: no words" in done.error
    path.write_bytes("天气\n".encode() + b"\xff\n")
    with pytest.raises(NlptoolsError, match=r"a\.txt:2: not UTF-8") as caught:
        count_corpus_with_spark([str(path)], None)
    assert "--on-error replace" in str(caught.value.hint)


def test_parts_of_a_corpus_are_surveyed() -> None:
    """The lines of two parts, counted apart, are held out as in the whole."""
    lines = [f"第{i}行\n" for i in range(400)]
    whole = count_corpus(Corpus.from_texts(["".join(lines)]))
    parts = [Corpus.from_texts(["".join(part)]) for part in (lines[:157], lines[157:])]
    surveyed = [wordcount.survey_lines(part) for part in parts]
    assert [number for number, _ in surveyed] == [157, 243]
    counted = [count_corpus(part, line=line) for part, line in zip(parts, (0, 157), strict=True)]
    assert "".join(part.held for part in counted) == whole.held
    sizes = [sizes for _, sizes in surveyed]
    assert sum(map(np.sum, sizes)) == sum(map(len, lines))
    for one, line, part in zip(sizes, (0, 157), counted, strict=True):
        assert wordcount.held_characters(one, line) == len(part.held)


# --- lm train --------------------------------------------------------------------------------------


@needs_spark
@DIVIDED
def test_a_language_model(
    spark: Any,
    awkward: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    divide: Divide,
) -> None:
    """The discounts of lmplz hang on which symbol appears last; prune, clauses and folds go through."""
    divide(monkeypatch)
    how = [] if divide is _whole else ["--sentences", "clause", "--prune", "0,1", "--fold", "lower"]
    local, made = tmp_path / "local.lm", tmp_path / "spark.lm"
    work = ["--engine", "spark", "--work", str(tmp_path / "work")]
    run("lm", "train", *awkward, "--order", "3", *how, "-o", local).ok()
    done = run("lm", "train", *awkward, "--order", "3", *how, *work, "-o", made).ok()
    assert filecmp.cmp(made, local, shallow=False)  # pytest takes minutes to tell two models apart
    assert "engine:spark" in done.err
    if divide is _whole:
        counts, unordered = tmp_path / "a.counts", tmp_path / "unordered.lm"
        how = ["--order", "3", "--latin", "char", "--sentences", "line"]
        run("count", *awkward, *how, "-o", counts).ok()
        run("lm", "train", "--counts", counts, "-o", unordered).ok()
        assert not filecmp.cmp(unordered, local, shallow=False)
    if divide is _groups:  # where the order of the corpus does not matter
        how = ["--smoothing", "witten-bell", "--latin", "run", "--format", "arpa"]
        spread = run("lm", "train", *awkward[3:], *how, "--engine", "spark", "-q").ok()
        same = spread.out == run("lm", "train", *awkward[3:], *how, "-q").ok().out
        assert same


@needs_spark
def test_nothing_to_learn_from(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n \n", encoding="utf-8")
    assert "no text to learn from" in run("lm", "train", "--engine", "spark", path).error


# --- compare ---------------------------------------------------------------------------------------


@needs_spark
@DIVIDED
def test_a_comparison(
    spark: Any,
    awkward: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    divide: Divide,
) -> None:
    """Slices of several files, one of them empty; words with signs inside; every column."""
    divide(monkeypatch)
    words = tmp_path / "words.tsv"
    words.write_text(
        "天气\n的天气\n非常好\n标准\nCafé\n5G\n5G网络\n一\n没有的\n医院\n护士，\n", encoding="utf-8"
    )
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "1.txt").write_bytes(Path(awkward[5]).read_bytes())
    (folder / "2.txt").write_bytes(b"")
    (folder / "3.txt").write_bytes(Path(awkward[0]).read_bytes())
    how = ["--words", words, "--fallen", "--statistic", "log_ratio", "--latin", "char"]
    if divide is _lines:
        how = ["--words", words, "--new-only", "--fold", "lower", "--format", "jsonl"]
    local = run("compare", folder, *awkward, *how, "-o", tmp_path / "local").ok()
    spread = run("compare", folder, *awkward, *how, "--engine", "spark", "-o", tmp_path / "spark")
    assert (tmp_path / "spark").read_bytes() == (tmp_path / "local").read_bytes() != b""
    settings = [done.err.split(" | ")[1:4] for done in (local, spread.ok())]
    assert settings[1] == [f"{settings[0][0]} engine:spark", *settings[0][1:]]


@needs_spark
def test_what_is_not_compared(spark: Any, tmp_path: Path) -> None:
    counts, words = tmp_path / "a.counts", tmp_path / "w.txt"
    run("count", SAMPLES[0], "-o", counts).ok()
    words.write_text("天气\n", encoding="utf-8")
    done = run("compare", SAMPLES[0], counts, "--words", words, "--engine", "spark")
    assert "a.counts: a counts file, not text" in done.error


# --- the order of tasks ----------------------------------------------------------------------------


@needs_spark
def test_groups_of_files_are_tasks_of_their_own(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark 4.1 put the groups of a union into one task, and a model was learnt from another sample."""
    _groups(monkeypatch)
    made, _ = train_with_spark(SAMPLES, sample=3000)
    assert made.text() == train_model(Corpus(SAMPLES), sample=3000).text()


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ("vocab build --engine spark x", "give --corpus FILE"),
        ("vocab build --engine spark --corpus -", "Spark reads files"),
        ("vocab build --corpus x --work y", "--work goes with --engine spark"),
        ("vocab build --engine spark --corpus x --workers 2", "--workers goes with --engine local"),
        ("vocab build --engine spark --corpus x --field a --column b", "give one of them"),
        ("compare --engine spark a b", "give --words"),
        ("compare --engine spark a b --words c --lists", "--lists goes with --engine local"),
        ("compare --engine spark a b --words c --report d", "--report goes with --engine local"),
        ("compare --engine spark a b --words c --statistic documents", "it is no sum over parts"),
        ("compare --engine spark a b --words c --workers 2", "--workers goes with"),
        ("compare a b --work c", "--work goes with --engine spark"),
        ("lm train --engine spark --counts x", "--counts goes with --engine local"),
        ("lm train --engine spark -", "Spark reads files"),
        ("lm train --engine spark x --workers 2", "--workers goes with --engine local"),
        ("lm train --master yarn x", "--master goes with --engine spark"),
        ("lm train --engine spark x --conf nothing", "no setting of Spark"),
    ],
)
def test_usage_errors(arguments: str, problem: str) -> None:
    assert problem in run(*arguments.split()).usage
