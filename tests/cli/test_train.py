"""`nlptools train` as people meet it: the model on stdout and as a file, options, errors."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import Done, posix, run, shell, shown_steps, write
from places import NOVEL, SAMPLES

from nlptools import __version__
from nlptools.wordmodel.model import COLUMNS, WordModel, general_model, load_model, parse_model

assert np


def train(*args: object, stdin: str | bytes | None = None) -> WordModel:
    """The model that is printed."""
    done = run("train", "-q", *args, stdin=stdin).ok()
    assert done.err == ""
    return parse_model(done.out, "-")


# --- ways out --------------------------------------------------------------------------------


def test_the_model_is_printed() -> None:
    done = run("train", NOVEL).ok()
    lines = done.out.split("\n")
    assert lines[0] == "# nlptools model 1"
    assert lines[1].startswith('# {"made_by": "nlptools')
    assert COLUMNS in lines
    assert lines[-1] == ""
    first = lines.index(COLUMNS) + 1
    rows = [line.split("\t") for line in lines[first:-1]]
    text = NOVEL.read_text("utf-8")
    for word, count, expected, weight in rows:
        assert 1 <= int(count) <= text.count(word)
        assert re.fullmatch(r"\d+\.\d{3}", expected)
        assert re.fullmatch(r"-\d+\.\d{4}", weight)
    assert ["沈渡秋", "35"] in [row[:2] for row in rows[:100]]


def test_the_file_is_what_is_printed() -> None:
    printed = run("train", NOVEL, "-q").ok().out
    for name in ("novel.model", "novel"):
        done = run("train", NOVEL, "-q", "-o", name).ok()
        assert (done.out, done.err) == ("", "")
        assert Path(name).read_bytes().decode() == printed
    run("train", NOVEL, "-q", "-o", "novel.model.gz").ok()
    assert gzip.decompress(Path("novel.model.gz").read_bytes()).decode() == printed
    again = Path("novel.model.gz").read_bytes()
    run("train", NOVEL, "-q", "-o", "novel.model.gz").ok()
    assert Path("novel.model.gz").read_bytes() == again
    assert sorted(os.listdir()) == ["novel", "novel.model", "novel.model.gz"]


def test_the_closing_line() -> None:
    done = run("train", NOVEL, "-o", "out").ok()
    model = load_model("out")
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} train \| granularity:default numerals:keep \| "
        r"9,909 characters in 29\.4 kB \| [\d,]+ Han characters \| learnt from [\d,]+ of [\d,]+ \| "
        rf"{len(model):,} words( \| \d+\.\d [MG]B memory)? \| \d+\.\d s\n",
        done.err,
    )
    more = ["--granularity", "coarse", "--numerals", "split", "--fold", "lower", "--fold", "nfkc"]
    err = run("train", NOVEL, *more, "-o", "out").ok().err
    assert " | granularity:coarse numerals:split fold:nfkc+lower | " in err
    assert (
        " | granularity:given numerals:keep | "
        in run("train", NOVEL, "--penalty", "1,5,9").ok().err
    )


@posix
def test_a_reader_that_stops() -> None:
    done = shell(f"set -o pipefail; nlptools train {NOVEL} -q | head -1").ok()
    assert (done.out, done.err) == ("# nlptools model 1\n", "")


def test_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the stages are shown, and no trace of them is left behind in what is printed."""
    quiet = run("train", NOVEL, "-q").ok()
    monkeypatch.setattr("nlptools.cli.progress.shows_progress", lambda quiet: not quiet)
    done = run("train", NOVEL).ok()
    assert done.out == quiet.out
    *steps, closing = shown_steps(done.err)
    assert steps == [
        "reading",
        "finding candidates",
        *(f"learning {i} of 9" for i in range(1, 10)),
        "counting words",
        "writing",
    ]
    assert closing.startswith(f"nlptools {__version__} train | ")
    assert run("train", NOVEL, "-q").ok().err == ""


# --- ways in ---------------------------------------------------------------------------------


def test_stdin_and_formats() -> None:
    expected = train(NOVEL).text()
    assert train(stdin=NOVEL.read_bytes()).text() == expected
    assert train("-", stdin=gzip.compress(NOVEL.read_bytes())).text() == expected
    gb = NOVEL.read_text("utf-8").encode("gb18030")
    assert train("--encoding", "gb18030", stdin=gb).text() == expected
    assert train("--encoding", "auto", stdin=gb).text() == expected
    rows = "".join(f'{{"text": "{line}"}}\n' for line in NOVEL.read_text("utf-8").split("\n"))
    assert train("--field", "text", write("novel.jsonl", rows)).text() == expected


def test_machine_options_do_not_matter() -> None:
    Path("tmp").mkdir()
    expected = train(NOVEL, SAMPLES / "clinic.txt").text()
    for more in (["--workers", 1], ["--memory", "128MB", "--tmp-dir", "tmp"], ["--workers", 5]):
        assert train(NOVEL, SAMPLES / "clinic.txt", *more).text() == expected
    assert os.listdir("tmp") == []


# --- what is learnt --------------------------------------------------------------------------


def test_granularity() -> None:
    longer, default, shorter = (
        train(NOVEL, "--granularity", name) for name in ("coarse", "default", "fine")
    )
    means = [
        float(np.average([len(word) for word in model.words], weights=model.expected))
        for model in (longer, default, shorter)
    ]
    assert means == sorted(means, reverse=True)
    assert means[0] > means[2] + 0.05
    assert default.settings["penalties"] == [0, 2, 7, 12]
    given_them = train(NOVEL, "--penalty", "2,7,12")
    assert given_them.settings["penalties"] == [0, 2, 7, 12]
    assert given_them.settings["granularity"] == "given"
    assert given_them.words == default.words
    assert np.array_equal(given_them.weights, default.weights)


def test_numerals() -> None:
    """split: numerals and measure words, which are learnt from the text, are words of their own."""
    pairs = [f"{numeral}{measure}" for numeral in "一二三四五六七八" for measure in "年月斤"]
    fronts, backs = (
        ["过了", "他等", "整整", "不到", "又是"],
        ["的事", "以后", "就好", "才来", "不算"],
    )
    lines = [f"{front}{pair}{back}\n" for pair in pairs for front in fronts for back in backs]
    text = NOVEL.read_text("utf-8") + "".join(lines)
    for name, out in (("keep", "过了 三年"), ("split", "过了 三 年")):
        run("train", "-q", "--numerals", name, "-o", name, stdin=text).ok()
        assert run("segment", "-q", "--model", name, stdin="过了三年").ok().out == out
        assert load_model(name).settings["numerals"] == name


def test_sample() -> None:
    text = NOVEL.read_text("utf-8")
    every, some = train(NOVEL), train(NOVEL, "--sample", 3000)
    assert every.settings["trained_on"] <= every.settings["symbols"]
    assert some.settings["symbols"] == every.settings["symbols"]
    assert 2000 < some.settings["trained_on"] < 3500
    # Counts are those of the whole corpus all the same.
    counts = dict(zip(some.words, some.counts.tolist(), strict=True))
    assert counts["沈渡秋"] == text.count("沈渡秋")


def test_a_prior() -> None:
    alone = train(NOVEL)
    mixed = train(NOVEL, "--prior", "general")
    general = general_model()
    assert len(mixed) > len(general)
    assert mixed.settings["prior"]["sha256"] == general.settings["sha256"]
    known = dict(zip(mixed.words, mixed.counts.tolist(), strict=True))
    assert known["沈渡秋"] == 35
    assert known["中国"] == 0  # a word of the prior alone
    assert "中国" not in alone.words
    run("train", NOVEL, "-q", "-o", "novel.model.gz").ok()
    again = train(SAMPLES / "clinic.txt", "--prior", "novel.model.gz", "--prior-weight", 0.5)
    assert again.settings["prior"] == {"sha256": alone.settings["sha256"], "weight": 0.5}
    assert {"沈渡秋", "郁长亭"} <= set(again.words)


def test_the_weight_of_a_prior() -> None:
    told = " numerals:keep prior_weight:"
    err = run("train", NOVEL, "--prior", "general", "--prior-weight", 0.25, "-o", "a").ok().err
    assert f"{told}0.25 | " in err
    err = run("train", NOVEL, "--prior", "general", "--prior-weight", "auto", "-o", "b").ok().err
    found = re.search(rf"{told}([\d.e-]+) \| ", err)
    assert found
    assert 0 < float(found[1]) < 0.1
    run("train", NOVEL, "--prior", "general", "-q", "-o", "c").ok()
    assert Path("c").read_bytes() == Path("b").read_bytes()
    assert "prior" not in run("train", NOVEL, "--prior-weight", "auto", "-o", "d").ok().err


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n\n", "hello, world!", "，。！", "\ufeff", "\0\0", "３ ４"])
@pytest.mark.parametrize("output", [[], ["-o", "out"]])
def test_nothing_to_learn_from(text: str, output: list[str]) -> None:
    done = run("train", *output, stdin=text)
    assert done.error == "Error: there are no Han characters to learn words from\n"
    assert done.out == ""
    assert os.listdir() == []


@pytest.mark.parametrize("text", ["天", "天地", "天地玄黄，" * 3, "天" * 300, "A天A天"])
@pytest.mark.parametrize("prior", [[], ["--prior", "general"]])
def test_little_text(text: str, prior: list[str]) -> None:
    assert set(text) - set("，A") <= set(train(*prior, stdin=text).words)


@pytest.mark.parametrize(
    "args, problem",
    [
        (["--prior-weight", "0.5"], "--prior-weight goes with --prior."),
        (["--prior", "general", "--prior-weight", "0"], "'0' is neither auto nor a number above 0"),
        (["--prior", "general", "--prior-weight", "x"], "'x' is neither auto nor a number above 0"),
        (["--prior", "general", "--prior-weight", "nan"], "'nan' is neither auto"),
        (["--penalty", "2,7"], "--penalty needs three numbers, for words of 2, 3, 4 characters."),
        (["--penalty", "2"], "--penalty needs three numbers"),
        (["--penalty", "2,7,12,20"], "4 numbers, there can be 3"),
        (["--penalty", "2,7,x"], "'2,7,x' is not a list of numbers"),
        (["--penalty", "2,7,inf"], "is not a list of numbers"),
        (["--granularity", "huge"], "'huge' is not one of 'coarse', 'default', 'fine'"),
        (["--numerals", "x"], "'x' is not one of 'keep', 'split'"),
        (["--sample", "0"], "0 is not in the range x>=1"),
        (["--memory", "1MB"], "1MB is too little: at least 128MB"),
        (["--workers", "0"], "0 is not in the range x>=1"),
        (["--field", "a", "--column", "b"], "give one of them"),
        (["--counts", "a"], "No such option"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    assert problem in run("train", NOVEL, *args, "-o", "out").usage
    assert os.listdir() == []


def problem_of(*args: object) -> str:
    done: Done = run("train", *args, "-o", "out")
    assert not Path("out").exists()
    return done.error


def test_what_cannot_be_read_or_written() -> None:
    assert problem_of("nothing.txt") == "Error: nothing.txt: no such file\n"
    assert problem_of(NOVEL, "--prior", "nothing") == "Error: nothing: no such file\n"
    write("signs.txt", "C++\nNode.js\n")
    for option in ("--prior", "--segmented"):
        assert "no words of Han characters" in problem_of(NOVEL, option, "signs.txt")
    write("bad.txt", b"\xff")
    assert "bad.txt:1: not UTF-8: byte 0xff" in problem_of("bad.txt")
    assert "JSON Lines, read as plain text" in problem_of(SAMPLES / "formats" / "news.jsonl")
    Path("d").mkdir()
    for place in ("no/where", "d", "bad.txt/x"):
        done = run("train", NOVEL, "-q", "-o", place)
        assert f"Error: {place}: " in done.error
    place = ["--tmp-dir", "no/where"]
    assert "no/where: cannot write temporary files there" in problem_of(NOVEL, *place)
    assert sorted(os.listdir()) == ["bad.txt", "d", "signs.txt"]


def test_an_old_file_stays_where_nothing_is_learnt() -> None:
    old = write("out", "what was here before")
    assert run("train", "-o", "out", stdin="hello").error
    assert old.read_text() == "what was here before"
