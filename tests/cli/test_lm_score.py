"""`nlptools lm score`: one row a line, as the model file says it."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import linux, posix, run, write
from lmcases import Arpa, Models, Row, printed, rows_of, score, totals_of
from places import CLINIC, FORMATS, NOVEL

from nlptools.lm.stream import COLUMNS


def test_rows(novel: Models) -> None:
    rows = score(novel.native, CLINIC)
    text = CLINIC.read_text("utf-8").split("\n")[:-1]
    assert [row.text for row in rows] == text
    assert [row.line for row in rows] == list(range(1, len(text) + 1))
    assert {row.source for row in rows} == {str(CLINIC)}
    model = novel.parsed
    for row in rows:
        symbols = [c for c in row.text if not c.isspace()]
        assert row.symbols == len(symbols)
        assert row.oov == sum((c,) not in model.log_probs for c in symbols)
        assert row.log10_prob == pytest.approx(model.score(symbols), abs=2e-4)
        assert row.per_symbol == pytest.approx(row.log10_prob / (row.symbols + 1), abs=6e-5)
    assert 0 < sum(row.oov for row in rows) < sum(row.symbols for row in rows) / 2
    assert printed("score", "--model", novel.arpa, CLINIC) == printed(
        "score", "--model", novel.native, CLINIC
    )


def test_numbers_are_printed_with_four_decimals(novel: Models) -> None:
    lines = printed("score", "--model", novel.native, NOVEL).split("\n")[1:-1]
    assert len(lines) == 143
    for line in lines:
        assert re.fullmatch(r"[^\t]+\t\d+\t-\d+\.\d{4}\t-\d+\.\d{4}\t\d+\t0\t[^\t]+", line)


def test_sources_and_line_numbers(novel: Models) -> None:
    write("a.txt", "天\n\n地")
    write("d/b.txt", "玄\r\n黄\r宇")
    write("c.txt", "")
    found = [
        (row.source, row.line, row.text)
        for row in score(novel.native, "a.txt", "c.txt", "-", "d", stdin="宙\n洪\n")
    ]
    assert found == [
        *(("a.txt", 1, "天"), ("a.txt", 2, ""), ("a.txt", 3, "地")),
        *(("-", 1, "宙"), ("-", 2, "洪")),
        *(("d/b.txt", 1, "玄"), ("d/b.txt", 2, "黄"), ("d/b.txt", 3, "宇")),
    ]


def test_line_numbers_of_a_long_text(novel: Models) -> None:
    """Scored in many pieces, by many threads: the lines stay in order, and none is lost."""
    text = NOVEL.read_text("utf-8") * 60
    expected = score(novel.native, NOVEL)
    rows = score(novel.native, "--workers", 3, stdin=text)
    assert [row.line for row in rows] == list(range(1, 60 * 143 + 1))
    assert [row.log10_prob for row in rows] == [row.log10_prob for row in expected] * 60
    for workers in (1, 8):
        assert score(novel.native, "--workers", workers, stdin=text) == rows


@pytest.mark.parametrize(
    "text, lines",
    [
        ("天\n地\n", ["天", "地"]),
        ("天\n地", ["天", "地"]),
        ("天\r\n地\r\n", ["天", "地"]),
        ("天\r地\r", ["天", "地"]),
        ("\n天\n\n", ["", "天", ""]),
        ("\n", [""]),
        ("  \n\u3000", ["  ", "\u3000"]),
        ("", []),
        ("\ufeff天", ["天"]),
        ("天\t地\t", ["天 地 "]),
        ("天\v地\f玄\u2028黄\x1c\x85", ["天\v地\f玄\u2028黄\x1c\x85"]),
    ],
)
def test_lines(novel: Models, text: str, lines: list[str]) -> None:
    write("a.txt", text)
    table = printed("score", "--model", novel.native, "a.txt")
    rows = rows_of(table)
    assert [row.text for row in rows] == lines
    for row, line in zip(rows, lines, strict=True):
        symbols = "".join(line.split())
        assert (row.symbols, row.oov) == (len(symbols), 0)
        expected = novel.parsed.score(list(symbols)) if symbols else 0
        assert row.log10_prob == pytest.approx(expected, abs=1e-4)
    assert printed("score", "--model", novel.native, stdin=text) == table.replace("a.txt", "-")


def test_json_lines_are_the_rows(novel: Models) -> None:
    text = CLINIC.read_text("utf-8").replace("，", "\t", 3) + "\n \n"
    rows = score(novel.native, stdin=text)
    printed_lines = printed("score", "--model", novel.native, "--format", "jsonl", stdin=text)
    found = [json.loads(line, parse_constant=pytest.fail) for line in printed_lines.splitlines()]
    assert [list(row) for row in found] == [list(COLUMNS)] * len(rows)
    assert [row["text"] for row in found] == text.split("\n")[:-1]  # a tab stays one
    for name in COLUMNS[:-1]:
        assert [row[name] for row in found] == [getattr(row, name) for row in rows]


def test_fields_and_columns(novel: Models) -> None:
    write("a.jsonl", '{"id": 1, "a": {"b": "天地"}}\n{"id": 2, "a": {"b": "玄"}}\n')
    rows = score(novel.native, "a.jsonl", "--field", "a.b")
    assert [(row.line, row.text) for row in rows] == [(1, "天地"), (2, "玄")]
    write("a.csv", 'id,text\n1,"天,\n地"\n2,玄\n')
    for column in ("text", "2"):
        rows = score(novel.native, "a.csv", "--column", column)
        head = [(1, "text")] if column == "2" else []
        assert [(row.line, row.text) for row in rows] == [*head, (2, "天, 地"), (4, "玄")]
    error = run("lm", "score", "--model", novel.native, "a.csv", "--column", "x").error
    assert error.startswith("Error: a.csv:1: no column 'x'")
    error = run("lm", "score", "--model", novel.native, "a.jsonl").error
    assert "JSON Lines, read as plain text\nhint: name the field" in error


@pytest.mark.parametrize(
    "text, args, lines",
    [
        ('{"t": "天"}\n\n\n{"t": "地"}\n', ["--field", "t"], [1, 4]),
        ('{"t": "天\\n地"}\n{"t": "玄"}\n', ["--field", "t"], [1, 2]),
        ("id,t\n1,天\n\n2,地\n", ["--column", "t"], [2, 4]),
        (b"\xe5\xa4\xa9\n\xff\n\xe5\x9c\xb0\n", ["--on-error", "skip"], [1, 3]),
    ],
    ids=["blank lines", "line ends", "blank rows", "skipped"],
)
def test_line_numbers_of_records(
    novel: Models, text: str | bytes, args: list[str], lines: list[int]
) -> None:
    assert [row.line for row in score(novel.native, *args, stdin=text)] == lines


def test_encodings(novel: Models) -> None:
    expected = score(novel.native, FORMATS / "plain.txt")
    for name, args in (
        ("plain.txt.gz", []),
        ("utf16.txt", []),
        ("utf8-bom-crlf.txt", []),
        ("gb18030.txt", ["--encoding", "gb18030"]),
        ("gb18030.txt", ["--encoding", "auto"]),
    ):
        rows = score(novel.native, FORMATS / name, *args)
        assert [(r.line, r.log10_prob, r.text) for r in rows] == [
            (r.line, r.log10_prob, r.text) for r in expected
        ]
    done = run("lm", "score", "--model", novel.native, FORMATS / "gb18030.txt", "-o", "out")
    assert "gb18030.txt:1: not UTF-8: byte 0xc8" in done.error
    assert os.listdir() == []
    bad = b"\xe5\xa4\xa9\xff\n"
    (row,) = score(novel.native, "--on-error", "replace", stdin=bad)
    assert (row.text, row.symbols, row.oov) == ("天\ufffd", 2, 1)


def test_a_fold_that_is_asked_for() -> None:
    run("lm", "train", "-q", "-o", "m", stdin="天地ab天\n").ok()
    line = "天ＡＢ地\n"
    (plain,) = score("m", stdin=line)
    (folded,) = score("m", "--fold", "nfkc", "--fold", "lower", stdin=line)
    assert (plain.text, folded.text) == (line.strip(), line.strip())
    assert (plain.oov, folded.oov) == (2, 0)
    assert score("m", "--fold", "none", stdin=line) == [plain]


def test_traditional_text_under_a_simplified_model() -> None:
    run("lm", "train", "-q", "-o", "simplified", stdin="电脑坏了，灯还亮着\n").ok()
    run("lm", "train", "-q", "-o", "traditional", stdin="電腦壞了，燈還亮著\n").ok()
    for model, text, said in (
        ("simplified", "電腦\n电\n", True),
        ("simplified", "电脑\n電\n", False),
        ("traditional", "電腦\n", False),
    ):
        done = run("lm", "score", "--model", model, stdin=text).ok()
        assert ("--fold t2s" in done.err) == said
    quiet = run("lm", "score", "-q", "--model", "simplified", stdin="電腦\n").ok()
    assert not quiet.err
    assert (
        "--fold t2s"
        not in run("lm", "score", "--model", "simplified", "--fold", "none", stdin="電腦\n").err
    )


def test_the_text_becomes_symbols_as_in_training() -> None:
    """Folds, runs of letters and clauses are those of the model."""
    text = "5G网络，好。5g？\n"
    common = ["--order", 2, "--smoothing", "witten-bell", "-q", "-o"]

    def scored(*args: object) -> Row:
        run("lm", "train", *args, *common, "m", stdin=text).ok()
        (row,) = score("m", stdin="５Ｇ网络，好。\n")
        return row

    assert (scored().symbols, scored().oov) == (7, 2)
    assert (scored("--latin", "run").symbols, scored("--latin", "run").oov) == (6, 1)
    assert scored("--latin", "break").symbols == 5
    folded = scored("--latin", "run", "--fold", "nfkc")
    assert (folded.symbols, folded.oov) == (6, 0)
    assert folded.text == "５Ｇ网络，好。"  # as it stands
    clauses = scored("--sentences", "clause", "--latin", "run", "--fold", "nfkc")
    assert (clauses.symbols, clauses.oov) == (4, 0)
    # Two sentences: 5G网络 and 好; an end counts as a symbol does.
    assert clauses.per_symbol == pytest.approx(clauses.log10_prob / 6, abs=6e-5)
    assert folded.per_symbol == pytest.approx(folded.log10_prob / 7, abs=6e-5)
    model = Arpa(printed("convert", "m"))
    by_hand = model.score(["5G", "网", "络"]) + model.score(["好"])
    assert clauses.log10_prob == pytest.approx(by_hand, abs=1e-4)


def test_names_that_a_table_cannot_have(novel: Models) -> None:
    """A tab would be a cell more, a percent sign is one of formats."""
    for name, shown in (("a\tb.txt", "a b.txt"), ("100%s%d.txt", "100%s%d.txt")):
        write(name, "天\n")
        for more in ([], ["--sort"]):
            (row,) = score(novel.native, name, *more)
            assert row.source == shown


@posix
def test_a_source_with_a_line_end_in_its_name(novel: Models) -> None:
    write("a\nb.txt", "天\n地\n")
    done = run("lm", "score", "--model", novel.native, "a\nb.txt", "-q").ok()
    assert done.out.count("\t天\n") == done.out.count("\t地\n") == 1


@linux
def test_file_names_that_are_not_utf8(novel: Models) -> None:
    with open(os.fsencode(Path.cwd()) + b"/\xff\xfe.txt", "wb") as file:
        file.write("天\n".encode())
    program = Path(sys.executable).with_name("nlptools")
    for more in (["--sort"], ["--format", "jsonl"]):
        command = [str(program), "lm", "score", "-q", "--model", str(novel.native), *more]
        done = subprocess.run([*command, b"\xff\xfe.txt"], capture_output=True, check=True)
        assert b"\xff\xfe.txt" in done.stdout  # the name as it is


def test_there_is_no_minus_zero() -> None:
    run("lm", "train", "-q", "-o", "m", stdin="天\n" * 100_000).ok()
    for how in ("tsv", "jsonl"):
        table = printed("score", "--model", "m", "--format", how, stdin="天\n")
        assert "0.0" in table
        assert "-0.0" not in table


def test_scores_of_what_is_impossible() -> None:
    """In a model of maximum likelihood, and a perplexity with a hundred digits."""
    run("lm", "train", "--smoothing", "ml", "-q", "-o", "m", stdin="天地\n" * 9).ok()
    # 地 follows on 天 alone: back-off of <s> and <unk>, each -99; then </s>, one symbol in three.
    (row,) = score("m", stdin="龘\n")
    assert row.log10_prob == pytest.approx(-198 + math.log10(1 / 3), abs=1e-4)
    totals = totals_of("m", stdin="龘\n")
    assert 1e98 < totals["perplexity"] < 1e100
    assert totals["perplexity_without_oov"] == 3
