"""`nlptools count`, and words from its counts."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest
from commandline import TEXT, run, write
from places import FORMATS, NOVEL, SAMPLES

from nlptools import __version__


def test_count_prints_exactly() -> None:
    write("a.txt", TEXT)
    done = run("count", "a.txt", "--tsv", "--order", 3).ok()
    assert done.out == (
        "ngram\tcount\n准\t1\n国\t2\n家\t2\n标\t1\n"
        "国家\t2\n家标\t1\n标准\t1\n国家标\t1\n家标准\t1\n"
    )
    frequent = run("count", "a.txt", "--tsv", "--order", 3, "--min-count", 2).ok()
    assert frequent.out == "ngram\tcount\n国\t2\n家\t2\n国家\t2\n"


def test_the_closing_line() -> None:
    done = run("count", NOVEL, "--tsv", "--order", 3, "--fold", "lower", "--fold", "nfkc").ok()
    characters = len(NOVEL.read_text(encoding="utf-8"))
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} count \| order:3 latin:run fold:nfkc\+lower \| "
        rf"{characters:,} characters in \d+\.\d [kM]B \| [\d,]+ symbols \| [\d,]+ n-grams"
        r"( \| \d+\.\d [MG]B memory)? \| \d+\.\d s\n",
        done.err,
    )
    assert run("count", NOVEL, "--tsv", "-q").ok().err == ""


def test_the_closing_line_tells_the_encodings_found() -> None:
    done = run("count", FORMATS / "gb18030.txt", "--encoding", "auto", "--tsv").ok()
    assert "encodings found: gb18030" in done.err


@pytest.mark.parametrize("method", ["em", "entropy", "lm", "pmi"])
def test_count_then_discover(method: str) -> None:
    run("count", NOVEL, "-o", "novel.counts", "-q").ok()
    by = ["-q", "--method", method]
    if method == "lm":  # by itself as long as the counts allow
        by += ["--max-length", 4]
    counted = [*by, "--counts", "novel.counts", *([] if method == "entropy" else [NOVEL])]
    shorter = [] if method == "pmi" else [["--max-length", 3]]
    for more in ([], ["--top", 50], ["--format", "jsonl"], ["--min-count", 4], *shorter):
        direct = run("discover", NOVEL, *by, *more).ok()
        assert run("discover", *counted, *more).ok().out == direct.out


def test_counts_made_with_fold_and_latin() -> None:
    reading = ["--fold", "nfkc", "--latin", "char"]
    run("count", SAMPLES / "clinic.txt", "-o", "c", "-q", *reading).ok()
    clinic = SAMPLES / "clinic.txt"
    entropy = ["--method", "entropy"]
    direct = run("discover", clinic, "-q", *reading, *entropy).ok()
    done = run("discover", "--counts", "c", *entropy).ok()
    assert done.out == direct.out
    assert "latin:char fold:nfkc" in done.err
    direct = run("discover", clinic, "-q", *reading).ok()
    done = run("discover", clinic, "--counts", "c", "--fold", "nfkc").ok()
    assert done.out == direct.out
    assert "latin:char fold:nfkc" in done.err
    assert (
        "count this corpus, and give the same --fold"
        in run("discover", clinic, "--counts", "c").error
    )


def test_memory_workers_and_tmp_dir_do_not_matter() -> None:
    Path("tmp").mkdir()
    text = "".join(random.Random(3).choices("国家标准管理中华人民的，。了在是", k=300_000))
    write("a.txt", text)
    run("count", "a.txt", "-o", "a", "-q").ok()
    run("count", "a.txt", "-o", "b", "-q", "--memory", "128MB", "--tmp-dir", "tmp").ok()
    run("count", "a.txt", "-o", "c", "-q", "--workers", 1).ok()
    assert Path("a").read_bytes() == Path("b").read_bytes() == Path("c").read_bytes()
    assert os.listdir("tmp") == []
