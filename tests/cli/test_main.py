"""The command line as people meet it: ways in and out, exit codes, errors, signals, the terminal.

In-process where only text matters; in processes of their own where signals, pipes, limits and the
environment do. `run` and `start` give (exit code, stdout, stderr); nothing here may print a traceback.
"""

from __future__ import annotations

import bz2
import contextlib
import csv
import gzip
import importlib.util
import io
import json
import lzma
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partialmethod
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import PLAIN_LOCALE, linux, on_terminal, posix, run, shell, write
from places import DATA, FORMATS, NOVEL, SAMPLES
from tqdm import tqdm

from nlptools import __version__
from nlptools.base import storage
from nlptools.discovery.table import COLUMNS
from nlptools.ngrams.counts import load_counts

AWKWARD = DATA / "awkward"

HEADER = "\t".join(COLUMNS)


def bigrams(*args: object, stdin: str | bytes | None = None) -> dict[str, int]:
    """n-gram -> count up to order 2, as `count --tsv` prints them."""
    done = run("count", "--tsv", "--order", 2, "-q", *args, stdin=stdin).ok()
    assert done.err == ""
    header, *lines = done.out.split("\n")[:-1]
    assert header == "ngram\tcount"
    return {ngram: int(count) for ngram, count in (line.split("\t") for line in lines)}


TEXT = "国家标准，国家。"
COUNTS = {"国": 2, "家": 2, "准": 1, "标": 1, "国家": 2, "家标": 1, "标准": 1}


# --- ways in ---------------------------------------------------------------------------------


def test_a_file() -> None:
    assert bigrams(write("a.txt", TEXT)) == COUNTS


def test_stdin_by_name_and_by_nothing() -> None:
    assert bigrams("-", stdin=TEXT) == COUNTS
    assert bigrams(stdin=TEXT) == COUNTS


def test_a_file_and_stdin() -> None:
    both = bigrams(write("a.txt", TEXT), "-", stdin=TEXT)
    assert both == {ngram: 2 * count for ngram, count in COUNTS.items()}


def test_several_files_do_not_run_together() -> None:
    write("a.txt", "国")
    write("b.txt", "家")
    assert bigrams("a.txt", "b.txt") == {"国": 1, "家": 1}
    assert bigrams("b.txt", "a.txt", "a.txt") == {"国": 2, "家": 1}


def test_folders_and_patterns() -> None:
    write("d/a.txt", "国家")
    write("d/sub/b.txt", "标准")
    write("d/.hidden", "管理")
    everything = {"国": 1, "家": 1, "标": 1, "准": 1, "国家": 1, "标准": 1}
    assert bigrams("d") == everything
    assert bigrams("d/**/*.txt") == everything
    assert bigrams("d/*.txt") == {"国": 1, "家": 1, "国家": 1}


@posix
def test_named_pipe() -> None:
    os.mkfifo("pipe")
    feeder = threading.Thread(
        target=Path("pipe").write_text, args=(TEXT,), kwargs={"encoding": "utf-8"}
    )
    feeder.start()
    assert bigrams("pipe") == COUNTS
    feeder.join()


@posix
def test_process_substitution() -> None:
    write("a.txt", TEXT)
    done = shell("nlptools count <(cat a.txt) <(cat a.txt) --tsv --order 1 -q").ok()
    assert done.out == "ngram\tcount\n准\t2\n国\t4\n家\t4\n标\t2\n"


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_by_content(pack: Callable[[bytes], bytes]) -> None:
    assert bigrams(write("a.txt", pack(TEXT.encode()))) == COUNTS
    assert bigrams(stdin=pack(TEXT.encode())) == COUNTS


def test_formats_of_the_samples_agree() -> None:
    plain = bigrams(FORMATS / "plain.txt")
    names = ["plain.txt.gz", "plain.txt.bz2", "plain.txt.xz", "utf8-bom-crlf.txt", "utf16.txt"]
    if importlib.util.find_spec("zstandard"):
        names.append("plain.txt.zst")
    for name in names:
        assert bigrams(FORMATS / name) == plain, name
    assert bigrams(FORMATS / "gb18030.txt", "--encoding", "gb18030") == plain
    assert bigrams(FORMATS / "gb18030.txt", "--encoding", "auto") == plain
    assert bigrams(FORMATS / "big5.txt", "--encoding", "auto")["江湖"] >= 1


def test_json_lines() -> None:
    write("a.jsonl", '{"id": "五", "text": "国家标准", "more": {"body": "国家"}}\n')
    assert bigrams("a.jsonl", "--field", "text")["国家"] == 1
    assert bigrams("a.jsonl", "--field", "more.body") == {"国": 1, "家": 1, "国家": 1}
    assert bigrams("--field", "text", stdin=Path("a.jsonl").read_bytes())["标准"] == 1


@pytest.mark.parametrize("column", ["text", "2"])
@pytest.mark.parametrize("name, comma", [("a.csv", ","), ("a.tsv", "\t")])
def test_columns(name: str, comma: str, column: str) -> None:
    header = "" if column == "2" else f"id{comma}text\n"
    write(name, f"{header}一{comma}国家标准\n二{comma}国家\n")
    assert bigrams(name, "--column", column) == COUNTS


def test_on_error() -> None:
    write("a.txt", "国家\n".encode() + b"\xff" + "标准\n国家\n".encode())
    assert "a.txt:2: not UTF-8: byte 0xff" in run("count", "--tsv", "a.txt").error
    skipped = run("count", "--tsv", "a.txt", "--on-error", "skip").ok()
    assert "国家\t2" in skipped.out
    assert "标准" not in skipped.out
    assert "1 lines skipped" in skipped.err
    replaced = run("count", "--tsv", "a.txt", "--on-error", "replace").ok()
    assert "标准\t1" in replaced.out
    assert "1 bad byte sequences replaced" in replaced.err


def test_fold() -> None:
    write("a.txt", "ＡＩ芯片，ai芯片")
    assert set(bigrams("a.txt", "--fold", "nfkc")) > {"AI芯", "ai芯"}
    assert bigrams("a.txt", "--fold", "nfkc", "--fold", "lower")["ai芯"] == 2
    assert bigrams("a.txt", "--fold", "lower", "--fold", "nfkc")["ai芯"] == 2


@pytest.mark.skipif(not importlib.util.find_spec("opencc"), reason="nlptools[zh] is not installed")
def test_fold_traditional() -> None:
    assert bigrams(write("a.txt", "國家標準，国家"), "--fold", "t2s") == COUNTS


def test_latin() -> None:
    write("a.txt", "5G网")
    assert set(bigrams("a.txt")) == {"5G", "网", "5G网"}
    assert set(bigrams("a.txt", "--latin", "char")) == {"5", "G", "网", "5G", "G网"}
    assert set(bigrams("a.txt", "--latin", "break")) == {"网"}


def test_the_terminal_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that waits for typing says so."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)
    monkeypatch.setattr("nlptools.cli.console.shows_progress", lambda quiet: False)
    done = run("count", "--tsv", "-q", stdin=TEXT).ok()
    assert done.err == "Reading text from the terminal; end with Ctrl-D.\n"


# --- ways out --------------------------------------------------------------------------------


def test_count_prints_exactly() -> None:
    write("a.txt", TEXT)
    done = run("count", "a.txt", "--tsv", "--order", 3).ok()
    assert done.out == (
        "ngram\tcount\n准\t1\n国\t2\n家\t2\n标\t1\n"
        "国家\t2\n家标\t1\n标准\t1\n国家标\t1\n家标准\t1\n"
    )
    frequent = run("count", "a.txt", "--tsv", "--order", 3, "--min-count", 2).ok()
    assert frequent.out == "ngram\tcount\n国\t2\n家\t2\n国家\t2\n"


def test_discover_tsv() -> None:
    done = run("discover", NOVEL).ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert HEADER.replace("\t", " ") == (
        "word count expected pmi left_entropy right_entropy shards score term known"
    )
    assert len(lines) > 20
    text = NOVEL.read_text(encoding="utf-8")
    previous = math.inf
    for line in lines:
        word, count, expected, *numbers, shards, score, term, known = line.split("\t")
        assert text.count(word) >= int(count) > 1
        assert re.fullmatch(r"\d+\.\d\d", expected)
        assert float(expected) <= int(count)
        assert all(re.fullmatch(r"\d+\.\d{4}", number) for number in [*numbers, score])
        assert 1 <= int(shards) <= 10
        assert term == ("yes" if len(word) > 4 else "no")
        assert known == "no"
        assert 0.7 <= float(score) <= previous
        previous = float(score)
    words = [line.split("\t")[0] for line in lines]
    assert {"沈渡秋", "陆青蘅", "司空翎"} <= set(words[:30])
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("method", ["entropy", "pmi"])
def test_discover_says_no_more_than_the_method_knows(method: str) -> None:
    """One header for all methods; a cell is empty, in JSON null, where there is nothing to say."""
    done = run("discover", NOVEL, "-q", "--method", method, "--min-count", 4).ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert len(lines) > 20
    for line in lines:
        _, count, expected, *numbers, shards, _, term, known = line.split("\t")
        assert int(count) >= 4
        assert (expected, shards, term, known) == ("", "", "no", "no")
        assert all(re.fullmatch(r"-?\d+\.\d{4}", number) for number in numbers)
    done = run("discover", NOVEL, "-q", "--method", method, "--top", 1, "--format", "jsonl").ok()
    row = json.loads(done.out, parse_constant=pytest.fail)
    assert [name for name, value in row.items() if value is None] == ["expected", "shards"]
    assert (row["term"], row["known"]) == (False, False)


def test_discover_by_a_language_model() -> None:
    done = run("discover", NOVEL, "--method", "lm").ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert len(lines) > 300
    previous, whole = math.inf, 0
    for line in lines:
        word, count, expected, *numbers, shards, score, term, known = line.split("\t")
        assert 2 <= len(word) <= 5
        assert re.fullmatch(r"\d+\.00", expected)
        assert 2 <= float(expected) <= int(count)
        assert all(re.fullmatch(r"-?\d+\.\d{4}", number) for number in [*numbers, score])
        assert (shards, term, known) == ("", "no", "no")
        assert 0 <= float(score) <= previous
        previous, whole = float(score), whole + (float(expected) == int(count))
    assert 0 < whole < len(lines)
    words = [line.split("\t")[0] for line in lines]
    assert words[:2] == ["沈渡秋", "陆青蘅"]
    weights = "weights:0.3,0.005,0.003,0.003"
    assert f" | method:lm min_count:2 max_length:5 {weights} latin:run | " in done.err
    text = NOVEL.read_text(encoding="utf-8")
    assert run("discover", "-q", "--method", "lm", stdin=text).ok().out == done.out
    for more in (["--workers", 3], ["--memory", "128MB"], ["--weights", "0.3,0.005,0.003,0.003"]):
        assert run("discover", NOVEL, "-q", "--method", "lm", *more).ok().out == done.out
    sparing = ["--weights", "0.01,0.001", "--min-pmi", 3, "--min-entropy", 1]
    fewer = run("discover", NOVEL, "--method", "lm", *sparing).ok()
    assert 20 < fewer.out.count("\n") < len(lines) / 2
    assert " weights:0.01,0.001 min_pmi:3 min_entropy:1 latin:run | " in fewer.err


def test_discover_formats_agree() -> None:
    outputs = {
        how: run("discover", NOVEL, "-q", "--format", how).ok().out
        for how in ("tsv", "csv", "jsonl", "plain")
    }
    tsv = [line.split("\t") for line in outputs["tsv"].split("\n")[:-1]]
    assert list(csv.reader(io.StringIO(outputs["csv"]))) == tsv
    rows = [
        json.loads(line, parse_constant=pytest.fail) for line in outputs["jsonl"].split("\n")[:-1]
    ]
    assert [list(row) for row in rows] == [list(COLUMNS)] * (len(tsv) - 1)
    assert [row["word"] for row in rows] == [row[0] for row in tsv[1:]]
    assert [row["count"] for row in rows] == [int(row[1]) for row in tsv[1:]]
    assert outputs["plain"].split("\n")[:-1] == [row[0] for row in tsv[1:]]


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "plain"])
def test_output_file_is_what_is_printed(how: str) -> None:
    printed = run("discover", NOVEL, "-q", "--format", how).ok()
    written = run("discover", NOVEL, "-q", "--format", how, "-o", "out").ok()
    assert (written.out, written.err) == ("", "")
    assert Path("out").read_bytes().decode() == printed.out
    assert os.listdir() == ["out"]


def test_single_symbols_in_json() -> None:
    """The PMI of a single symbol is infinite, which JSON cannot say."""
    done = run("discover", NOVEL, "--method", "pmi", "--min-length", 1, "--format", "jsonl").ok()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in done.out.split("\n")[:-1]]
    single = [row for row in rows if len(row["word"]) == 1]
    assert single
    assert all(row["pmi"] is None for row in single)


def test_top() -> None:
    every = run("discover", NOVEL, "-q").ok().out.split("\n")
    assert run("discover", NOVEL, "-q", "--top", 5).ok().out.split("\n") == [*every[:6], ""]
    many = run("discover", NOVEL, "-q", "--top", 100_000).ok().out.split("\n")
    assert many[: len(every) - 1] == every[:-1]
    assert len(many) > 2 * len(every)


@pytest.mark.parametrize(
    "name, column",
    [
        ("count", 1),
        ("expected", 2),
        ("pmi", 3),
        ("left-entropy", 4),
        ("right-entropy", 5),
        ("score", 7),
    ],
)
def test_sort(name: str, column: int) -> None:
    lines = run("discover", NOVEL, "-q", "--sort", name).ok().out.split("\n")[1:-1]
    rows = [line.split("\t") for line in lines]
    expected = sorted(rows, key=lambda row: -float(row[column]))
    assert [row[column] for row in rows] == [row[column] for row in expected]
    assert sorted(lines) == sorted(run("discover", NOVEL, "-q").ok().out.split("\n")[1:-1])


def test_sort_by_word() -> None:
    words = run("discover", NOVEL, "-q", "--sort", "word", "--format", "plain").ok().out.split("\n")
    assert words[:-1] == sorted(words[:-1])


def test_the_method_pmi() -> None:
    done = run("discover", NOVEL, "--method", "pmi").ok()
    assert done.out.startswith(HEADER + "\n")
    words = [line.split("\t")[0] for line in done.out.split("\n")[1:-1]]
    assert "沈渡秋" in words
    assert " method:pmi min_count:2 min_pmi:2,4,6 " in done.err
    compat = run("discover", NOVEL, "--method", "pmi", "--compat", 4256, "--min-count", 5).ok()
    assert " method:pmi/4256 min_count:5 " in compat.err


def test_known_words_in_all_formats() -> None:
    text = run("discover", NOVEL, "-q", "--top", 3, "--format", "plain").ok().out
    names = text.split("\n")[:-1]
    write("plain.txt", text)
    write("bom.txt", "\ufeff" + text.replace("\n", "\r\n"))
    write("jieba.txt", "".join(f"{name} 300 nr\n" for name in names))
    write("vocab.txt", "[PAD]\n[CLS]\n##了\n" + text)
    write("gb.txt", (text + "我们的国家\n这个问题\n").encode("gb18030"))
    for how in ("tsv", "csv", "jsonl"):
        run("discover", NOVEL, "-q", "--top", 3, "--format", how, "-o", f"own.{how}").ok()
    expected = run("discover", NOVEL, "-q", "--known", "plain.txt").ok().out
    assert [line.endswith("\tyes") for line in expected.split("\n")[1:5]] == [True] * 3 + [False]
    for name in os.listdir():
        assert run("discover", NOVEL, "-q", "--known", name).ok().out == expected, name
    fresh = run("discover", NOVEL, "-q", "--known", "jieba.txt", "--new-only").ok().out
    assert fresh.split("\n") == [
        line for line in expected.split("\n") if not line.endswith("\tyes")
    ]


def test_several_lists_of_known_words() -> None:
    write("a.txt", "沈渡秋\n")
    write("b.txt", "陆青蘅\n")
    done = run("discover", NOVEL, "-q", "--known", "a.txt", "--known", "b.txt", "--new-only").ok()
    assert "沈渡秋\t" not in done.out
    assert "陆青蘅\t" not in done.out
    assert "司空翎\t" in done.out


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


def test_the_closing_line_of_discover() -> None:
    done = run("discover", NOVEL, "--fold", "lower").ok()
    line = done.err.split("\n")[-2]
    assert line.startswith(
        f"nlptools {__version__} discover | method:em min_count:2 min_score:0.7 prior:general latin:run "
        "fold:lower |"
    )
    assert f" | {done.out.count(chr(10)) - 1:,} words | " in line
    assert run("discover", NOVEL, "-q").ok().err == ""
    bars = ["--min-score", 0.5, "--min-pmi", "1,2", "--min-entropy", 0.5, "--min-count", 3]
    assert (
        " min_score:0.5 prior:general min_pmi:1,2 min_entropy:0.5 latin:run | "
        in run("discover", NOVEL, *bars).ok().err
    )
    done = run("discover", NOVEL, "--method", "entropy").ok()
    assert " discover | method:entropy min_count:2 min_pmi:2 min_entropy:0.904 latin:" in done.err


def test_the_closing_line_tells_the_encodings_found() -> None:
    done = run("count", FORMATS / "gb18030.txt", "--encoding", "auto", "--tsv").ok()
    assert "encodings found: gb18030" in done.err


def test_few_words_are_explained() -> None:
    done = run("discover", NOVEL, "--min-count", 10_000).ok()
    assert done.out == HEADER + "\n"
    assert "the filter `rarer than 10000` removed" in done.err or "0 words" in done.err
    entropy = ["--method", "entropy"]
    for args, reason, option in (
        ([*entropy, "--min-entropy", 3], "entropy", "--min-entropy"),
        ([*entropy, "--min-pmi", 9], "PMI", "--min-pmi"),
        (["--min-score", 9], "score below 9", "--min-score"),
        (["--min-score", 0, "--min-entropy", 3], "entropy", "--min-entropy"),
        (["--min-score", 0, "--min-pmi", 9], "PMI", "--min-pmi"),
        (["--min-count", 10_000], "rarer than 10000", "--min-count"),
    ):
        noted = run("discover", NOVEL, *args).ok().err
        assert re.search(rf"the filter `{reason}` removed [\d,]+; lower {option}, or ask", noted)
        assert "Few words" not in run("discover", NOVEL, *args, "-q").ok().err
    assert "Few words" not in run("discover", NOVEL, "--top", 3).ok().err


def test_few_words_of_a_language_model_are_explained() -> None:
    by = ["--method", "lm"]
    for args, reason, remedy in (
        (["--weights", "0,0"], "seldom cut out", "--top N ranks them all the same"),
        (["--min-count", 10_000], "rarer than 10000", "lower --min-count, or ask for --top N"),
        (["--min-pmi", 9, "--min-count", 20], "rarer than 20", "lower --min-count"),
        (
            ["--weights", "1e9,1e9", "--max-length", 2, "--min-count", 30],
            "longer than 2",
            "raise --max-length, or lower --weights",
        ),
    ):
        noted = run("discover", NOVEL, *by, *args).ok().err
        found = re.search(rf"the filter `{reason}` removed ([\d,]+); {remedy}", noted)
        assert found
        assert found[1] != "0"


def test_background_and_prior() -> None:
    """Models of other text: what is as frequent there loses its score; and what is learnt on top of."""
    plain = run("discover", NOVEL).ok()
    keyed = run("discover", NOVEL, "--background", "general", "--format", "plain").ok().out
    assert keyed.split("\n")[0] == "沈渡秋"
    assert "什么" not in keyed.split("\n")
    assert "\n什么\t" in plain.out
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    same = ["--background", "novel.model", "--prior", "none"]
    assert run("discover", NOVEL, "-q", *same).ok().out == HEADER + "\n"
    assert " prior:general latin:" in plain.err
    assert run("discover", NOVEL, "--prior", "general").ok().out == plain.out
    assert run("discover", NOVEL, "--prior", "auto").ok().out == plain.out
    alone = run("discover", NOVEL, "--prior", "none").ok()
    assert alone.out != plain.out
    assert "prior" not in alone.err
    given = run("discover", NOVEL, "--prior", "novel.model").ok()
    assert re.search(" prior:[0-9a-f]{8} latin:", given.err)
    for option in ("--background", "--prior"):
        error = run("discover", NOVEL, option, "nothing").error
        assert error == "Error: nothing: no such file\n"
        error = run("discover", NOVEL, option, SAMPLES / "known.txt").error
        assert "known.txt:1: not an nlptools model\nhint: make one with nlptools train" in error


def test_progress_of_discover(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bar has a step for each call of the watcher, and leaves nothing behind."""
    quiet = run("discover", NOVEL, "-q").ok()
    monkeypatch.setattr("nlptools.cli.console.shows_progress", lambda quiet: not quiet)
    monkeypatch.setattr("tqdm.std.tqdm.__init__", partialmethod(tqdm.__init__, mininterval=0))
    done = run("discover", NOVEL).ok()
    assert done.out == quiet.out
    stages = re.findall(r"\r([a-zA-Z -]+ \d): +(\d+)%", done.err)
    assert stages[0][0] == "EM 1"
    assert [stage for stage, _ in stages[-2:]] == ["expected counts 1", "terms 1"]
    assert stages[-1][1] == "100"
    assert re.search(r"\r +\rnlptools \S+ discover \| ", done.err)


def test_progress_of_a_language_model(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = run("discover", NOVEL, "-q", "--method", "lm").ok()
    monkeypatch.setattr("nlptools.cli.console.shows_progress", lambda quiet: not quiet)
    monkeypatch.setattr("tqdm.std.tqdm.__init__", partialmethod(tqdm.__init__, mininterval=0))
    done = run("discover", NOVEL, "--method", "lm").ok()
    assert done.out == quiet.out
    stages = re.findall(r"\r([a-zA-Z -]+ \d): +(\d+)%", done.err)
    assert stages == [("language model 1", "50"), ("words 1", "100")]
    assert re.search(r"\r +\rnlptools \S+ discover \| ", done.err)


def test_version_and_help() -> None:
    assert run("--version").ok().out.endswith(f" {__version__}\n")
    assert run("-V").ok().out == run("--version").ok().out
    for args in (["--help"], ["-h"], ["count", "-h"], ["discover", "--help"]):
        assert run(*args).ok().out.startswith("Usage: ")
    assert "Commands:" in run().err + run().out


# --- counts files ----------------------------------------------------------------------------


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


def test_shards_merge_to_the_same_bytes() -> None:
    names = ["novel.txt", "clinic.txt", "startup.txt"]
    paths = [SAMPLES / name for name in names]
    run("count", *paths, "-o", "whole", "-q").ok()
    for name, path in zip("abc", paths, strict=True):
        run("count", path, "-o", name, "-q").ok()
    whole = Path("whole").read_bytes()
    for order in ("abc", "cab"):
        run("merge", *order, "-o", "merged", "-q").ok()
        assert Path("merged").read_bytes() == whole
    run("merge", "c", "a", "-o", "some", "-q").ok()
    run("merge", "some", "b", "-o", "merged", "-q").ok()
    assert Path("merged").read_bytes() == whole
    run("merge", "whole", "-o", "merged", "-q").ok()
    assert Path("merged").read_bytes() == whole


def test_merge_prints() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "a", "--order", 2, "-q").ok()
    done = run("merge", "a", "a", "--tsv", "--min-count", 4).ok()
    assert done.out == "ngram\tcount\n国\t4\n家\t4\n国家\t4\n"
    assert re.search(r"merge \| order:2 latin:run \| 2 files \| 12 symbols \| 7 n-grams", done.err)


def test_merge_into_one_of_its_files() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "a", "-q").ok()
    run("count", "a.txt", "a.txt", "-o", "twice", "-q").ok()
    run("merge", "a", "a", "-o", "a", "-q").ok()
    assert Path("a").read_bytes() == Path("twice").read_bytes()


def test_memory_workers_and_tmp_dir_do_not_matter() -> None:
    Path("tmp").mkdir()
    text = "".join(random.Random(3).choices("国家标准管理中华人民的，。了在是", k=300_000))
    write("a.txt", text)
    run("count", "a.txt", "-o", "a", "-q").ok()
    run("count", "a.txt", "-o", "b", "-q", "--memory", "128MB", "--tmp-dir", "tmp").ok()
    run("count", "a.txt", "-o", "c", "-q", "--workers", 1).ok()
    assert Path("a").read_bytes() == Path("b").read_bytes() == Path("c").read_bytes()
    assert os.listdir("tmp") == []


def test_output_onto_the_input() -> None:
    """The corpus is read before its place is taken; a file is never read and written at once."""
    expected = run("discover", NOVEL, "-q").ok().out
    copy = write("x", NOVEL.read_bytes())
    run("discover", copy, "-o", copy, "-q").ok()
    assert copy.read_bytes().decode() == expected
    copy = write("y", NOVEL.read_bytes())
    run("count", copy, "-o", copy, "-q").ok()
    assert load_counts(copy).order == 5


def test_output_replaces_and_follows_links() -> None:
    write("a.txt", TEXT)
    write("old", "something longer than the counts " * 100)
    Path("link").symlink_to("old")
    run("count", "a.txt", "-o", "link", "-q").ok()
    assert Path("link").is_symlink()
    assert load_counts("old").total == 6


@posix
def test_output_rights_follow_the_umask() -> None:
    write("a.txt", TEXT)
    before = os.umask(0o027)
    try:
        run("count", "a.txt", "-o", "out", "-q").ok()
    finally:
        os.umask(before)
    assert Path("out").stat().st_mode & 0o777 == 0o640


@posix
def test_output_to_a_device_or_pipe() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "c", "-q").ok()
    run("count", "a.txt", "-o", "/dev/null", "-q").ok()
    assert not Path("/dev/null").is_file()
    done = shell("nlptools count a.txt -o /dev/stdout -q | cmp - c").ok()
    assert done.err == ""


@linux
def test_output_on_a_disk_without_nameless_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS and others have no O_TMPFILE; a file with a hidden name is renamed then."""
    real = os.open

    def refuse(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return real(path, flags, *args, **kwargs)  # type: ignore[arg-type]

    write("a.txt", TEXT)
    monkeypatch.setattr(storage.os, "open", refuse)
    before = os.umask(0o027)
    try:
        run("count", "a.txt", "-o", "out", "-q").ok()
    finally:
        os.umask(before)
    assert load_counts("out").total == 6
    assert Path("out").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir()) == ["a.txt", "out"]


# --- explain ---------------------------------------------------------------------------------


def test_explain_text() -> None:
    write("a.txt", "国家标准，国家标准。\n国家管\n准国家标")
    done = run("explain", "国家", "标准", "家国", "--corpus", "a.txt").ok()
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
    assert both == run("explain", "沈渡秋", "--corpus", NOVEL).ok().out
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
        ("国家标准国家标准国家标准国", "has 13 symbols"),
    ],
)
def test_explain_impossible_words(word: str, problem: str) -> None:
    write("a.txt", TEXT)
    done = run("explain", "国家", word, "--corpus", "a.txt")
    assert problem in done.error
    assert "hint: ask for " in done.error
    assert done.out == ""


def test_explain_longer_than_the_counts() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "c", "--order", 3, "-q").ok()
    assert "hint: count with --order 5\n" in run("explain", "国家标准", "--counts", "c").error


# --- the data is wrong: exit 1, one line -----------------------------------------------------


def counts_file(name: str = "c", text: str = TEXT, *more: object) -> Path:
    run("count", "-o", name, "-q", *more, stdin=text).ok()
    return Path(name)


def test_missing_file() -> None:
    assert run("count", "nothing.txt", "--tsv").error == "Error: nothing.txt: no such file\n"
    assert run("discover", "nothing.txt").error == "Error: nothing.txt: no such file\n"
    assert run("discover", "*.nothing").error == "Error: *.nothing: no file matches this pattern\n"
    assert "nothing.txt: no such file" in run("explain", "国家", "--corpus", "nothing.txt").error
    for args in (["--method", "entropy"], [NOVEL]):
        done = run("discover", "--counts", "nothing", *args)
        assert "nothing: cannot read: No such file" in done.error
    assert "nothing: cannot read: No such file" in run("merge", "nothing", "--tsv").error
    assert "nothing: no such file" in run("discover", NOVEL, "--known", "nothing").error


def test_folder_without_files() -> None:
    Path("empty").mkdir()
    assert run("count", "empty", "--tsv").error == "Error: empty: no file in this directory\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_unreadable_file() -> None:
    write("a.txt", TEXT).chmod(0)
    assert run("count", "a.txt", "--tsv").error == "Error: a.txt: permission denied\n"


def test_bad_encoding() -> None:
    write("a.txt", ("first line\n" + NOVEL.read_text(encoding="utf-8")).encode("gb18030"))
    for command in (["count", "--tsv"], ["discover"], ["explain", "国家", "--corpus"]):
        done = run(*command, "a.txt")
        assert re.match(
            r"Error: a\.txt:\d+: not UTF-8: byte 0x[0-9a-f]{2} at byte \d+ ", done.error
        )
        assert "\nhint: try --encoding gb18030" in done.error
        assert done.out == ""
    assert (
        "unknown encoding 'klingon'"
        in run("count", "a.txt", "--tsv", "--encoding", "klingon").error
    )


def test_truncated_gzip() -> None:
    write("a.gz", gzip.compress(NOVEL.read_bytes())[:-2000])
    error = run("count", "a.gz", "--tsv").error
    assert error.startswith("Error: a.gz: truncated gzip file: ends after ")
    assert "hint: the file is not complete" in error


def test_json_lines_read_as_text() -> None:
    error = run("discover", FORMATS / "news.jsonl").error
    assert (
        "JSON Lines, read as plain text\nhint: name the field that has the text: --field" in error
    )
    error = run("discover", FORMATS / "news.jsonl", "--field", "nothing").error
    assert "news.jsonl:1: no field 'nothing'\nhint: fields with text: title, text\n" in error


def test_no_such_column() -> None:
    error = run("discover", FORMATS / "posts.csv", "--column", "nothing").error
    assert "posts.csv:1: no column 'nothing'\nhint: columns: id, author, text" in error


USERS_OF_COUNTS = [
    ["merge", "{}", "-o", "out"],
    ["discover", str(NOVEL), "--counts", "{}"],
    ["explain", "国家", "--counts", "{}"],
]


@pytest.mark.parametrize("command", USERS_OF_COUNTS, ids=["merge", "discover", "explain"])
def test_broken_counts_files(command: list[str]) -> None:
    whole = counts_file().read_bytes()
    broken = {
        "text": (
            NOVEL.read_bytes(),
            "not an nlptools counts file\nhint: make one with nlptools count",
        ),
        "empty": (b"", "not an nlptools counts file"),
        "gzip": (gzip.compress(whole), "not an nlptools counts file"),
        "model": (
            whole.replace(b" counts ", b" model ", 1),
            "an nlptools model file, not a counts file",
        ),
        "newer": (
            whole.replace(b" counts 1", b" counts 2", 1),
            "counts format 2; this version reads",
        ),
        "short": (whole[:-300], "the file ends inside its arrays\nhint: it was cut short"),
        "head": (whole[:40], "damaged counts file"),
        "first": (whole[:17], "damaged counts file"),
        "json": (whole.replace(b'"order"', b"'order'", 1), "damaged counts file"),
        "lost": (whole.replace(b'"counts1"', b'"counts9"', 1), "damaged counts file"),
        "sizes": (re.sub(rb'"sizes":\[\d', b'"sizes":[9', whole), "damaged counts file"),
        "object": (
            re.sub(rb'"dtype":"[^"]*"', b'"dtype":"|O8"', whole, count=1),
            "damaged counts file",
        ),
        "typed": (re.sub(rb'"dtype":"<u2', b'"dtype":",u2', whole, count=1), "damaged counts file"),
        "swapped": (re.sub(rb'"offset":64', b'"offset":00', whole, count=1), "damaged counts file"),
        "huge": (whole.replace(b'"length":', b'"length":9999', 1), "damaged counts file"),
        "negative": (whole.replace(b'"offset":', b'"offset":-', 2), "damaged counts file"),
        "latin": (whole.replace(b'"latin":"run"', b'"latin":"ran"', 1), "damaged counts file"),
    }
    for name, (content, problem) in broken.items():
        assert content != whole, name
        write(name, content)
        done = run(*(part.format(name) for part in command))
        assert f"Error: {name}: " in done.error, name
        assert problem in done.error, (name, done.error)
        assert done.out == ""
        assert not Path("out").exists()


def test_a_folder_is_no_counts_file() -> None:
    Path("d").mkdir()
    assert run("discover", NOVEL, "--counts", "d").error.startswith("Error: d: ")


def test_counts_of_too_low_an_order() -> None:
    counts_file("c", TEXT, "--order", 2)
    write("a.txt", TEXT)
    for args in (["--method", "entropy"], ["a.txt"]):
        error = run("discover", "--counts", "c", *args).error
        assert "needs counts of order 5" in error
        assert "hint: make them with nlptools count --order 5" in error


@pytest.mark.parametrize("more", [["--order", 4], ["--latin", "char"], ["--fold", "lower"]])
def test_merge_of_different_settings(more: list[object]) -> None:
    counts_file("a")
    counts_file("b", TEXT, *more)
    done = run("merge", "a", "b", "-o", "out")
    assert done.error.startswith("Error: b was counted with ")
    assert "hint: count both with the same --order, --latin, --sentences and --fold" in done.error
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "command",
    [["count", "--tsv"], ["discover"], ["count", "-o", "c"]],
    ids=["tsv", "words", "file"],
)
@pytest.mark.parametrize(
    "text", ["", "\n\n\n", "国", "hello, world! 123\n", "，。！", "\ufeff", "\0\0\0", "   "]
)
def test_texts_with_nothing_to_find(command: list[str], text: str) -> None:
    done = run(*command, stdin=text).ok()
    if command == ["discover"]:
        assert done.out == HEADER + "\n"
        for method in ("entropy", "lm", "pmi"):
            assert run("discover", "--method", method, stdin=text).ok().out == HEADER + "\n"
        assert run("discover", "--top", 5, stdin=text).ok().out == HEADER + "\n"
    elif command[1] == "-o":
        entropy = run("discover", "--method", "entropy", "--counts", "c").ok()
        assert entropy.out == HEADER + "\n"
        assert run("discover", "-", "--counts", "c", stdin=text).ok().out == HEADER + "\n"
        assert run("merge", "c", "c", "-o", "d").code == 0
        assert "never occurs" in run("explain", "龘", "--counts", "c").ok().out
    else:
        assert done.out.startswith("ngram\tcount\n")


def test_output_where_nothing_can_be_written() -> None:
    write("a.txt", TEXT)
    Path("d").mkdir()
    for command in ("count", "discover"):
        error = run(command, "a.txt", "-o", "no/where").error
        assert error == "Error: no/where: cannot write: No such file or directory\n"
        assert "d: is a folder\nhint: name a file" in run(command, "a.txt", "-o", "d").error
        assert "cannot write" in run(command, "a.txt", "-o", "a.txt/b").error
    assert sorted(os.listdir()) == ["a.txt", "d"]


def test_temporary_folder_that_is_none() -> None:
    write("a.txt", TEXT)
    counts_file("c")
    for place, problem in (("no/where", "No such file"), ("a.txt", "Not a directory")):
        for command in (
            ["count", "a.txt", "-o", "out"],
            ["discover", "a.txt"],
            ["discover", "a.txt", "--method", "pmi"],
            ["discover", "a.txt", "--method", "lm"],
            ["merge", "c", "c", "-o", "out"],
        ):
            error = run(*command, "--tmp-dir", place).error
            assert error.startswith(
                f"Error: {place}: cannot write temporary files there: {problem}"
            )
            assert "hint: choose another folder with --tmp-dir" in error
            assert not Path("out").exists()


def large_text(symbols: int = 600_000) -> Path:
    """Random Han characters: every n-gram is another one, so that much has to be spilled."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0x4E00, 0x8000, symbols, np.uint32)
    codes[::40] = ord("\n")
    return write("large.txt", codes.tobytes().decode("utf-32-le"))


@posix
@pytest.mark.parametrize("where", ["tmp", "out"])
def test_limit_of_file_size(where: str) -> None:
    """As a full disk, without one: no file may grow beyond 1 MB (ulimit counts in kB)."""
    large_text()
    Path("tmp").mkdir()
    memory = "128MB" if where == "tmp" else "1GB"
    done = shell(f"ulimit -f 1024; nlptools count large.txt -o out --memory {memory} --tmp-dir tmp")
    if where == "tmp":
        assert done.error.startswith("Error: tmp: no space left on the disk while spilling there\n")
        assert "hint: choose another folder with --tmp-dir, or give more --memory" in done.error
    else:
        assert done.error == "Error: out: cannot write: File too large\n"
    assert sorted(os.listdir()) == ["large.txt", "tmp"]
    assert os.listdir("tmp") == []


def can_mount() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("where", ["tmp", "out", "words"])
def test_full_disk(where: str) -> None:
    """A disk of 1 MB, in a mount namespace of its own: gone with the process."""
    if not can_mount():
        pytest.skip("mounting a small disk needs root")
    large_text()
    Path("disk").mkdir()
    command = {
        "tmp": "count large.txt -o out --memory 128MB --tmp-dir disk",
        "out": "count large.txt -o disk/out",
        "words": "discover large.txt --min-count 1 --top 100000 -o disk/words",
    }[where]
    done = shell(
        "unshare -m bash -c 'mount -t tmpfs -o size=1m tmpfs disk;"
        f" nlptools {command} -q; code=$?; ls -A disk; exit $code'"
    )
    if where == "tmp":
        assert "Error: disk: no space left on the disk while spilling there\n" in done.error
    else:
        assert f"Error: disk/{where}: cannot write: No space left on device\n" in done.error
    assert done.out == ""  # nothing is left on the disk
    assert not Path("out").exists()


def test_disk_that_fails_while_spilling(monkeypatch: pytest.MonkeyPatch) -> None:
    large_text(200_000)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.SpillFile, "write", fail)
    done = run("count", "large.txt", "-o", "out", "--memory", "128MB")
    assert "no space left on the disk while spilling there" in done.error
    assert os.listdir() == ["large.txt"]


def test_disk_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    large_text(200_000)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storage.SpillFile, "write", fail)
    done = run("count", "large.txt", "-o", "out", "--memory", "128MB")
    assert done.error == "Error: Input/output error\n"


def test_not_enough_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nlptools.ngrams.count.count_ngrams", fail)
    error = run("count", NOVEL, "--tsv").error
    assert error == "Error: not enough memory\nhint: give a smaller --memory\n"


# --- the command line is wrong: exit 2 -------------------------------------------------------


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
        (["discover", "a", "--new-only"], "--new-only needs a list of known words: --known FILE"),
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
            ["discover", "a", "--method", "entropy", "--background", "general"],
            "--background goes with --method em",
        ),
        (["discover", "a", "--method", "pmi", "--background", "b"], "goes with --method em"),
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


# --- processes: pipes, locales, closed streams -----------------------------------------------


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


@posix
@pytest.mark.parametrize("command", ["count large.txt --tsv", "discover large.txt --top 100000"])
def test_a_reader_that_stops(command: str) -> None:
    """`| head` is no failure, and there is nothing to complain of."""
    large_text(200_000)
    done = shell(f"set -o pipefail; nlptools {command} -q | head -1").ok()
    assert done.out.count("\n") == 1
    assert done.err == ""
    early = shell(f"set -o pipefail; nlptools {command} -q | true").ok()
    assert early.err == ""


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_stdout_on_a_full_disk() -> None:
    write("a.txt", TEXT)
    for command in ("count a.txt --tsv", "discover a.txt", "explain 国家 --corpus a.txt"):
        error = shell(f"nlptools {command} -q > /dev/full").error
        assert error == "Error: cannot write to standard output: No space left on device\n"


@posix
def test_closed_streams() -> None:
    write("a.txt", TEXT)
    assert shell("nlptools count a.txt --tsv >&-").error == "Error: standard output is closed\n"
    assert (
        "Error: standard input is closed\nhint: name a file" in shell("nlptools discover <&-").error
    )
    assert shell("nlptools count a.txt --tsv 2>&-").ok().out.startswith("ngram\tcount\n")
    assert shell("nlptools count a.txt -o out >&- 2>&- <&-").code == 0
    assert shell("nlptools count nothing.txt --tsv 2>&-").code == 1
    assert load_counts("out").total == 6


@posix
def test_utf8_whatever_the_locale() -> None:
    write("文本.txt", TEXT)
    write("a.jsonl", '{"正文": "国家标准，国家。"}\n')
    count = "count 文本.txt --tsv --order 2 -q"
    for command in (
        count,
        "discover 文本.txt --min-count 1 --min-pmi 0 --min-entropy 0 -q",
        "explain 国家 标准 --corpus 文本.txt",
        "explain 国家 --corpus 文本.txt --format jsonl",
        "count a.jsonl --field 正文 --tsv -q",
        "discover --help",
        "explain --help",
    ):
        assert (
            shell(f"nlptools {command}", **PLAIN_LOCALE).ok().out
            == shell(f"nlptools {command}").ok().out
        )
    assert "国家\t2\n" in shell(f"nlptools {count}", **PLAIN_LOCALE).out
    assert shell("nlptools count 没有.txt --tsv", **PLAIN_LOCALE).error.endswith(": no such file\n")


@linux
def test_file_names_that_are_not_utf8() -> None:
    path = os.fsencode(Path.cwd()) + b"/\xff\xfe.txt"
    with open(path, "wb") as file:
        file.write(TEXT.encode())
    command = ["nlptools", "explain", "国家", "--corpus", b"\xff\xfe.txt"]
    program = Path(sys.executable).with_name("nlptools")
    done = subprocess.run([str(program), *command[1:]], capture_output=True, check=True)
    assert b"\n  \xff\xfe.txt:1: [" in done.stdout  # the name as it is


# --- signals ---------------------------------------------------------------------------------


@contextlib.contextmanager
def endless_count(*more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A count that reads a pipe without end, and has spilled already when it is handed out."""
    Path("tmp").mkdir()
    rng = np.random.default_rng(2)
    piece = rng.integers(0x4E00, 0x8000, 1 << 20, np.uint32).tobytes().decode("utf-32-le")
    data = piece.replace("\u4e01", "\n").encode()
    process = subprocess.Popen(
        [sys.executable, "-m", "nlptools", "count", "--memory", "128MB", "--tmp-dir", "tmp", *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    fed = threading.Event()

    def feed() -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            for number in range(1000):
                process.stdin.write(data)
                if number == 4:
                    fed.set()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        assert fed.wait(20)
        yield process
    finally:
        process.kill()
        process.wait()
        feeder.join(10)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        with contextlib.suppress(OSError):
            process.stdin.close()


@posix
@pytest.mark.parametrize(
    "name, code", [("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1), ("SIGINT", 1), ("SIGKILL", -9)]
)
def test_signals(name: str, code: int) -> None:
    """Ended from outside: soon, in silence, and without a trace on the disk."""
    with endless_count("-o", "out") as process:
        process.send_signal(getattr(signal, name))
        start = time.monotonic()
        assert process.wait(20) == code
        assert time.monotonic() - start < 8
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert said.strip() == ("Aborted!" if name == "SIGINT" else "")
    assert os.listdir("tmp") == []
    assert os.listdir() == ["tmp"]


@linux
@pytest.mark.parametrize("delay", [0.2, 0.5, 0.9, 1.4])
def test_killed_at_any_time(delay: float) -> None:
    """`kill -9` while reading, sorting, merging or writing: an old output stays as it was."""
    large_text()
    Path("tmp").mkdir()
    write("out", "what was here before")
    command = ["count", "large.txt", "-o", "out", "--memory", "128MB", "--tmp-dir", "tmp", "-q"]
    process = subprocess.Popen([sys.executable, "-m", "nlptools", *command])
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    process.kill()
    ended = process.wait()
    if ended == 0 or Path("out").read_bytes() != b"what was here before":
        # It may be killed after the new file took the place of the old one, which is then whole.
        counts = load_counts("out")
        counts.check("out")
        assert counts.total > 500_000
    assert os.listdir("tmp") == []
    assert {name for name in os.listdir() if not name.startswith(".out.")} == {
        "large.txt",
        "out",
        "tmp",
    }


# --- the terminal ----------------------------------------------------------------------------


@posix
def test_progress_on_a_terminal() -> None:
    code, out, shown = on_terminal("count", "--tsv", "--order", "1", pieces=3)
    assert code == 0
    assert out.decode() == "ngram\tcount\n准\t900000\n国\t900000\n家\t900000\n标\t900000\n"
    assert re.search(rb"\rreading: .*MB", shown)
    assert f"nlptools {__version__} count |".encode() in shown


@posix
def test_no_progress_with_quiet() -> None:
    code, out, shown = on_terminal("count", "--tsv", "--order", "1", "-q", pieces=2)
    assert code == 0
    assert out.startswith(b"ngram\tcount\n")
    assert shown == b""


@posix
def test_no_progress_in_a_file() -> None:
    write("a.txt", ("国家标准，" * 60_000 + "\n") * 5)
    done = shell(
        "for i in 1 2 3; do cat a.txt; sleep 0.3; done | nlptools count --tsv --order 1"
    ).ok()
    assert "reading" not in done.err
    assert "\r" not in done.err


# --- real files ------------------------------------------------------------------------------

needs_awkward = pytest.mark.skipif(
    not AWKWARD.is_dir(), reason=f"no folder {AWKWARD}; NLPTOOLS_DATA names the evaluation data"
)


def awkward_files() -> list[str]:
    return sorted(
        path.relative_to(AWKWARD).as_posix()
        for folder in ("real", "made")
        for path in (AWKWARD / folder).glob("*")
    )


def sane(text: str) -> bool:
    """No replacement, control or half characters in what is printed."""
    return not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffd\ufeff]", text)


# What is wrong with the text of a file has to be said; the others have to be read.
REFUSED = re.compile(
    r"gbk|gb18030|big5|Big5|EUC-TW|GB2312|utf16le_nobom|nul_gb|random_byte|cut_mid|mixed_enc"
    r"|surrogates|truncated|\.tar\.gz"
)


@needs_awkward
@pytest.mark.parametrize("name", awkward_files())
def test_awkward_file(name: str) -> None:
    start = time.monotonic()
    commands = (["count", "--tsv", "--order", 2, "--min-count", 2], ["discover"])
    for command in commands:
        done = run(*command, AWKWARD / name)
        if REFUSED.search(name):
            assert str(AWKWARD / name) in done.error
            assert done.out == ""
        else:
            assert done.ok().out.startswith(("ngram\tcount\n", HEADER + "\n"))
        assert sane(done.out)
        assert sane(done.err)
        assert time.monotonic() - start < 20


@needs_awkward
@pytest.mark.parametrize("name", [name for name in awkward_files() if REFUSED.search(name)])
def test_awkward_file_with_the_hint_followed(name: str) -> None:
    """What the hint says helps: with --encoding and --on-error replace all text is read."""
    command = ["discover", AWKWARD / name, "--on-error", "replace", "--encoding"]
    done = run(*command, "auto")
    if re.search(r"truncated\.txt\.gz|\.tar\.gz", name):
        assert done.error
        return
    if done.code:
        assert "cannot tell the encoding\nhint: name it with --encoding" in done.error
        done = run(*command, "gb18030")
    assert sane(done.ok().out)


@needs_awkward
def test_the_awkward_files_are_there() -> None:
    listed = re.findall(
        r"^\| ((?:real|made)/\S+) \|", (AWKWARD / "MANIFEST.md").read_text("utf-8"), re.M
    )
    assert set(listed) <= set(awkward_files())
    assert len(listed) > 50


TWINS = [
    ("made/laws6MB.txt.gz", "made/laws6MB.multimember.txt.gz", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.bz2", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.xz", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.zst", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.gb18030.txt", ["--encoding", "gb18030"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.gb18030.txt", ["--encoding", "auto"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_bom.txt", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16be_bom.txt", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_nobom.txt", ["--encoding", "utf-16-le"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_nobom.txt", ["--encoding", "auto"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf8_bom_crlf.txt", []),
    ("real/utf8_pku_test.txt", "real/gbk_pku_test.txt", ["--encoding", "gbk"]),
]


@pytest.fixture(scope="module")
def twins_counted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The bytes of a counts file; those of the first of two twins are made once."""
    folder, made = tmp_path_factory.mktemp("twins"), {}

    def counted(name: str, *more: str) -> bytes:
        if (name, more) not in made:
            run("count", AWKWARD / name, "-o", folder / "c", "--order", 3, "-q", *more).ok()
            made[name, more] = (folder / "c").read_bytes()
        return made[name, more]

    return counted


@needs_awkward
@pytest.mark.parametrize("plain, other, more", TWINS)
def test_twins_count_alike(
    twins_counted: Callable[..., bytes], plain: str, other: str, more: list[str]
) -> None:
    if other.endswith(".zst") and not importlib.util.find_spec("zstandard"):
        pytest.skip("nlptools[zstd] is not installed")
    assert twins_counted(other, *more) == twins_counted(plain)
