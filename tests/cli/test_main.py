"""The group: help, exit codes, and command lines that make no sense (exit 2)."""

from __future__ import annotations

import os
import sys

import pytest
from commandline import TEXT, posix, run, shell, write

from nlptools import __version__


def test_version_and_help() -> None:
    assert run("--version").ok().out.endswith(f" {__version__}\n")
    assert run("-V").ok().out == run("--version").ok().out
    for args in (["--help"], ["-h"], ["count", "-h"], ["discover", "--help"]):
        assert run(*args).ok().out.startswith("Usage: ")
    assert "Commands:" in run().err + run().out


@pytest.mark.parametrize(
    "args, problem",
    [
        (["nothing"], "No such command 'nothing'"),
        (["count", "a", "--tsv", "--nothing"], "No such option"),
        (["count", "a", "--tsv", "--memory", "nonsense"], "'nonsense' is no size; examples: 512MB"),
        (["count", "a", "--tsv", "--memory", "1MB"], "1MB is too little: at least 128MB"),
        (["count", "a", "--tsv", "--memory", "0"], "0 is too little: at least 128MB"),
        (["merge", "a", "--tsv", "--memory", "1k"], "1k is too little: at least 128MB"),
        (["count", "a", "--tsv", "--order", "0"], "0 is not in the range 1<=x<=12"),
        (["count", "a", "--tsv", "--order", "13"], "13 is not in the range 1<=x<=12"),
        (["count", "a", "--tsv", "--workers", "0"], "0 is not in the range x>=1"),
        (["count", "a", "--tsv", "--latin", "x"], "'x' is not one of 'run', 'char', 'break'"),
        (["count", "a", "--tsv", "--field", "b", "--column", "c"], "give one of them"),
        (["count", "a", "--tsv", "--column", "0"], "columns count from 1"),
        (["count", "a"], "-o FILE, or print the counts with --tsv"),
        (["count", "a", "--tsv", "-o", "b"], "give one of them"),
        (["count", "a", "-o", "b", "--min-count", "2"], "--min-count goes with --tsv"),
        (["merge", "a"], "-o FILE, or print the counts with --tsv"),
        (["merge", "--tsv"], "Missing argument 'FILES...'"),
        (
            ["discover", "a", "--known", "none", "--new-only"],
            "--new-only needs a list of known words: --known general, jieba or FILE",
        ),
        (["discover", "a", "--compat", "4256"], "--compat goes with --method pmi"),
        (
            ["discover", "a", "--method", "pmi", "--min-entropy", "1"],
            "--min-entropy goes with --method em, entropy or lm",
        ),
        (
            ["discover", "a", "--method", "entropy", "--counts", "b"],
            "--counts replaces the corpus with --method entropy",
        ),
        (
            ["discover", "--counts", "b"],
            "--method em reads the corpus too: name it beside --counts",
        ),
        (["discover", "--method", "pmi", "--counts", "b"], "--method pmi reads the corpus too"),
        (["discover", "--method", "lm", "--counts", "b"], "--method lm reads the corpus too"),
        (["discover", "a", "--weights", "0.1,0.1"], "--weights goes with --method lm"),
        (
            ["discover", "a", "--method", "pmi", "--weights", "0.1,0.1"],
            "--weights goes with --method lm",
        ),
        (
            ["discover", "a", "--method", "lm", "--weights", "0.1"],
            "--weights: one number at least for the second and the third symbol",
        ),
        (
            ["discover", "a", "--method", "lm", "--weights", "0.1" + ",0.1" * 6],
            "7 numbers, there can be 6",
        ),
        (["discover", "a", "--method", "lm", "--weights", "0.1,-1"], "-1 is below 0"),
        (["discover", "a", "--method", "lm", "--weights", "0.1,x"], "is not a list of numbers"),
        (["discover", "a", "--method", "lm", "--weights", "0.1,inf"], "is not a list of numbers"),
        (["discover", "a", "--method", "lm", "--compat", "4256"], "goes with --method pmi"),
        (["discover", "a", "--method", "lm", "--min-score", "1"], "goes with --method em"),
        (["discover", "a", "--method", "lm", "--prior", "none"], "goes with --method em"),
        (["discover", "a", "--method", "lm", "--min-length", "1"], "goes with --method pmi"),
        (["discover", "a", "--method", "lm", "--min-length", "6"], "larger than --max-length"),
        (
            ["discover", "a", "--method", "pmi", "--min-score", "1"],
            "--min-score goes with --method em",
        ),
        (["discover", "a", "--method", "entropy", "--min-score", "1"], "goes with --method em"),
        (
            ["discover", "a", "--all", "--background", "general"],
            "--all is --background none: give one of them",
        ),
        (
            ["discover", "a", "--method", "entropy", "--prior", "none"],
            "--prior goes with --method em",
        ),
        (["discover", "a", "--max-length", "9"], "finds terms of up to 8 symbols: --max-length 8"),
        (["discover", "a", "--min-length", "9"], "larger than --max-length"),
        (["discover", "a", "--min-score", "nan"], "'nan' is not a number"),
        (["discover", "a", "--min-score", "-1"], "-1.0 is not in the range x>=0"),
        (
            ["discover", "a", "--method", "pmi", "--max-length", "5"],
            "--max-length goes with --method em, entropy or lm",
        ),
        (["discover", "a", "--min-length", "3", "--max-length", "2"], "larger than --max-length"),
        (["discover", "a", "--min-length", "1"], "--min-length 1 goes with --method pmi"),
        (["discover", "a", "--min-pmi", "1,x"], "'1,x' is not a list of numbers; example: 2,4,6"),
        (["discover", "a", "--min-pmi", ""], "'' is not a list of numbers"),
        (["discover", "a", "--min-pmi", "nan"], "'nan' is not a list of numbers"),
        (["discover", "a", "--min-pmi", "1" + ",1" * 11], "12 numbers, there can be 11"),
        (["discover", "a", "--min-entropy", "nan"], "'nan' is not a number"),
        (["discover", "a", "--min-entropy", "-1"], "-1.0 is not in the range x>=0"),
        (["discover", "a", "--top", "0"], "0 is not in the range x>=1"),
        (["discover", "a", "--sort", "x"], "'x' is not one of"),
        (["discover", "a", "--format", "xml"], "'xml' is not one of"),
        (["explain"], "Missing argument 'WORDS...'"),
        (["explain", "国家"], "--corpus FILE, or its counts with --counts FILE"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    write("a", TEXT)
    assert problem in run(*args).usage
    assert os.listdir() == ["a"]


def test_the_longest_list_of_thresholds() -> None:
    run("discover", "--method", "pmi", "--min-pmi", "1" + ",1" * 10, stdin=TEXT).ok()
    entropy = ["--method", "entropy", "--max-length", 11]
    run("discover", "--min-pmi", "1" + ",1" * 10, *entropy, stdin=TEXT).ok()
    run("discover", "--min-pmi", "1" + ",1" * 10, stdin=TEXT).ok()


@posix
def test_exit_codes_of_a_process() -> None:
    write("a.txt", TEXT)
    assert shell("nlptools count a.txt --tsv").code == 0
    assert shell("nlptools count b.txt --tsv").code == 1
    assert shell("nlptools count a.txt").code == 2
    assert shell("nlptools").code == 2


@posix
def test_python_m() -> None:
    write("a.txt", TEXT)
    command = "count a.txt --tsv --order 2"
    by_module = shell(f"'{sys.executable}' -m nlptools {command}").ok()
    assert by_module.out == shell(f"nlptools {command}").ok().out
    assert f"nlptools {__version__} count |" in by_module.err
