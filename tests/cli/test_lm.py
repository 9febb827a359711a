"""`nlptools lm` as a group: processes, outputs that cannot be written, wrong usage, signals, the terminal."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from commandline import (
    PLAIN_LOCALE,
    Done,
    ended_by,
    endless,
    large_text,
    on_terminal,
    posix,
    run,
    shell,
    write,
)
from lmcases import HEADER, NOTHING, Models
from places import CLINIC, FORMATS, NOVEL

from nlptools import __version__
from nlptools.base import storage

# --- the group -------------------------------------------------------------------------------


def test_the_group() -> None:
    assert run("lm", "--help").ok().out.startswith("Usage: nlptools lm [OPTIONS] COMMAND [ARGS]...")
    for command in ("train", "score", "convert"):
        shown = run("lm", command, "-h").ok().out
        assert shown.startswith(f"Usage: nlptools lm {command} [OPTIONS] ")
        assert f"nlptools lm {command} " in shown.partition("Examples:")[2]
    assert "No such command 'nothing'" in run("lm", "nothing").usage


@posix
def test_exit_codes_of_a_process(novel: Models) -> None:
    write("a.txt", "天地玄黄\n")
    assert shell(f"nlptools lm score --model {novel.native} a.txt").code == 0
    assert shell("nlptools lm score --model nothing a.txt").code == 1
    assert shell("nlptools lm score a.txt").code == 2
    assert shell("nlptools lm").code == 2


@posix
def test_pipes(novel: Models) -> None:
    done = shell(f"nlptools lm train -q < {NOVEL} | cmp - {novel.arpa}").ok()
    assert (done.out, done.err) == ("", "")
    done = shell(
        f"head -n 3 {CLINIC} | nlptools lm score -q --model {novel.native} - | cut -f 7 "
        f"| tail -n +2 | cmp - <(head -n 3 {CLINIC})"
    ).ok()
    assert (done.out, done.err) == ("", "")
    done = shell(f"nlptools lm convert {novel.native} -q | gzip > x; nlptools lm convert x -q | wc")
    counted = novel.arpa.read_text("utf-8")
    assert done.ok().out.split()[0] == str(counted.count("\n"))


@posix
def test_a_reader_that_stops(novel: Models) -> None:
    for command, first in (
        (f"train {NOVEL}", "# nlptools lm {"),
        (f"convert {novel.native}", "# nlptools lm {"),
        (f"score --model {novel.native} {NOVEL} {NOVEL} {NOVEL}", HEADER),
        (f"score --model {novel.native} {NOVEL} {NOVEL} {NOVEL} --sort", HEADER),
    ):
        done = shell(f"set -o pipefail; nlptools lm {command} -q | head -n 1").ok()
        assert done.err == ""
        assert done.out.count("\n") == 1
        assert done.out.startswith(first)
    done = shell(
        f"set -o pipefail; nlptools lm score --model {novel.native} {NOVEL} -q | true"
    ).ok()
    assert done.err == ""


@posix
def test_utf8_whatever_the_locale(novel: Models) -> None:
    write("文本.txt", "入秋以后，寒鸦渡的船就少了。\n")
    write("a.jsonl", '{"正文": "入秋以后"}\n')
    for command in (
        "train 文本.txt --smoothing witten-bell -q",
        f"score --model {novel.native} 文本.txt -q",
        f"score --model {novel.native} a.jsonl --field 正文 --format jsonl --sort -q",
    ):
        plain = shell(f"nlptools lm {command}", **PLAIN_LOCALE).ok().out
        assert plain == shell(f"nlptools lm {command}").ok().out
    assert (
        "寒鸦渡" in shell(f"nlptools lm score --model {novel.native} 文本.txt", **PLAIN_LOCALE).out
    )


def test_completion_of_the_group() -> None:
    def offered(words: str, number: int) -> list[str]:
        asked = {"_NLPTOOLS_COMPLETE": "bash_complete", "COMP_WORDS": words}
        done = shell("nlptools", **asked, COMP_CWORD=str(number))
        return [line.removeprefix("plain,") for line in done.out.splitlines()]

    assert offered("nlptools lm ", 2) == ["convert", "filter", "score", "train"]
    assert offered("nlptools lm sc", 2) == ["score"]
    assert offered("nlptools lm train --pr", 3) == ["--prune"]
    assert offered("nlptools lm train --smoothing w", 4) == ["witten-bell"]
    assert "lm" in offered("nlptools l", 1)


# --- outputs that cannot be written ----------------------------------------------------------


def test_output_where_nothing_can_be_written(novel: Models) -> None:
    write("a.txt", "天地玄黄\n")
    Path("d").mkdir()
    for command in (
        ["train", "a.txt"],
        ["convert", novel.native],
        ["score", "--model", novel.native, "a.txt"],
        ["score", "--model", novel.native, "a.txt", "--totals"],
    ):
        for more in ([], ["--format", "arpa"]):
            if command[0] == "score" and more:
                continue
            error = run("lm", *command, *more, "-o", "no/where").error
            assert error == "Error: no/where: cannot write: No such file or directory\n"
            error = run("lm", *command, *more, "-o", "d").error
            assert error == "Error: d: is a folder\nhint: name a file to write to\n"
            assert "cannot write" in run("lm", *command, *more, "-o", "a.txt/b").error
    assert sorted(os.listdir()) == ["a.txt", "d"]


def test_temporary_folder_that_is_none(novel: Models) -> None:
    write("a.txt", "天地玄黄\n")
    for command in (
        ["train", "a.txt", "-o", "out"],
        ["convert", novel.native, "-o", "out"],
        ["score", "--model", novel.native, "a.txt", "--sort", "-o", "out"],
        ["score", "--model", novel.arpa, "a.txt", "-o", "out"],
    ):
        error = run("lm", *command, "--tmp-dir", "no/where").error
        assert error == (
            "Error: no/where: cannot write temporary files there: No such file or directory\n"
            "hint: choose another folder with --tmp-dir\n"
        )
        assert os.listdir() == ["a.txt"]


def test_an_old_file_stays_where_nothing_is_made(novel: Models) -> None:
    old = write("out", "what was here before")
    write("bad.txt", "天地\n".encode() * 200_000 + b"\xff\n")
    whole = novel.arpa.read_bytes()
    write("cut.arpa", whole[: whole.rindex(b"\n", 0, -1000)])
    assert run("lm", "train", "-o", "out", stdin="\n").error == NOTHING
    assert "not UTF-8" in run("lm", "train", "bad.txt", "-o", "out").error
    for more in ([], ["--sort"], ["--totals"]):
        scored = run("lm", "score", "--model", novel.native, "bad.txt", *more, "-o", "out")
        assert "bad.txt:200001: not UTF-8: byte 0xff" in scored.error
        assert scored.out == ""
    assert "cut short" in run("lm", "convert", "cut.arpa", "-o", "out").error
    assert old.read_text() == "what was here before"


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_stdout_on_a_full_disk(novel: Models) -> None:
    write("a.txt", "天地玄黄\n")
    for command in (
        "train a.txt",
        f"convert {novel.native}",
        f"score --model {novel.native} a.txt",
        f"score --model {novel.native} a.txt --totals",
    ):
        done = (
            shell(f"nlptools lm {command} --smoothing ml -q > /dev/full")
            if (command.startswith("train"))
            else shell(f"nlptools lm {command} -q > /dev/full")
        )
        assert done.error == ("Error: cannot write to standard output: No space left on device\n")


@posix
@pytest.mark.parametrize(
    "command, problem",
    [
        ("train large.txt --order 2 -o out", "out: cannot write: File too large"),
        ("train large.txt --order 2 -o out.arpa", "out.arpa: cannot write: File too large"),
        ("score --model MODEL large.txt -o out", "out: cannot write: File too large"),
        ("score --model MODEL large.txt --sort -o out", "tmp: no space left on the disk"),
        ("train large.txt --order 3 --memory 128MB -o out", "tmp: no space left on the disk"),
    ],
)
def test_limit_of_file_size(novel: Models, command: str, problem: str) -> None:
    """As a full disk, without one: no file may grow beyond 1 MB (ulimit counts in kB)."""
    large_text(600_000)
    Path("tmp").mkdir()
    command = command.replace("MODEL", str(novel.native))
    done = shell(f"ulimit -f 1024; nlptools lm {command} --tmp-dir tmp -q")
    assert done.error.startswith(f"Error: {problem}")
    assert sorted(os.listdir()) == ["large.txt", "tmp"]
    assert os.listdir("tmp") == []


def test_a_disk_that_fails_while_spilling(novel: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.SpillFile, "write", fail)
    done = run("lm", "score", "--model", novel.native, CLINIC, "--sort", "-o", "out")
    assert "no space left on the disk while spilling there\nhint: choose another" in done.error
    assert os.listdir() == []


def test_not_enough_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nlptools.lm.train.train_lm", fail)
    error = run("lm", "train", NOVEL).error
    assert error == "Error: not enough memory\nhint: give a smaller --memory\n"


# --- the command line is wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    "args, problem",
    [
        (["train", "a", "--order", "0"], "0 is not in the range 1<=x<=6"),
        (["train", "a", "--order", "7"], "7 is not in the range 1<=x<=6"),
        (["train", "a", "--prune", "1,0"], "--prune: the numbers must not fall."),
        (["train", "a", "--prune", "0,2,1"], "--prune: the numbers must not fall."),
        (["train", "a", "--prune", "0,0,0,0,1"], "--prune has 5 numbers, --order is 4."),
        (["train", "a", "--order", "1", "--prune", "0,0"], "--prune has 2 numbers, --order is 1."),
        (["train", "a", "--prune", "0,0,0,0,0,0,1"], "7 numbers, there can be 6"),
        (["train", "a", "--prune", "x"], "'x' is not a list of whole numbers; example: 0,0,1"),
        (["train", "a", "--prune", ""], "'' is not a list of whole numbers"),
        (["train", "a", "--prune", "-1"], "'-1' is not a list of whole numbers"),
        (["train", "a", "--prune", "0.5"], "'0.5' is not a list of whole numbers"),
        (["train", "a", "--prune", "1" * 19], "is not a list of whole numbers"),
        (["train", "a", "--smoothing", "x"], "'x' is not one of 'kneser-ney', 'witten-bell', 'ml'"),
        (["train", "a", "--sentences", "none"], "'none' is not one of 'line', 'clause'"),
        (["train", "a", "--latin", "x"], "'x' is not one of 'run', 'char', 'break'"),
        (["train", "a", "--format", "text"], "'text' is not one of 'native', 'arpa'"),
        (["train", "a", "--memory", "1MB"], "1MB is too little: at least 128MB"),
        (["train", "a", "--workers", "0"], "0 is not in the range x>=1"),
        (["train", "a", "--field", "b", "--column", "c"], "give one of them"),
        (["train", "a", "--totals"], "No such option"),
        (["score", "a"], "Missing option '--model'"),
        (["score", "a", "--model", "b", "--totals", "--sort"], "--totals prints no lines"),
        (["score", "a", "--model", "b", "--totals", "--top", "3"], "--totals prints no lines"),
        (
            ["score", "a", "--model", "b", "--totals", "--min-symbols", "3"],
            "leave out --sort, --top",
        ),
        (["score", "a", "--model", "b", "--min-symbols", "-1"], "-1 is not in the range x>=0"),
        (["score", "a", "--model", "b", "--top", "0"], "0 is not in the range x>=1"),
        (["score", "a", "--model", "b", "--format", "csv"], "'csv' is not one of 'tsv', 'jsonl'"),
        (["score", "a", "--model", "b", "--fold", "nfd"], "'nfd' is not one of"),
        (["score", "a", "--model", "b", "--memory", "1GB"], "No such option"),
        (["convert"], "Missing argument 'SOURCE'"),
        (["convert", "a", "b"], "unexpected extra argument (b)"),
        (["convert", "a", "--memory", "1MB"], "1MB is too little: at least 128MB"),
        (["convert", "a", "--format", "binary"], "'binary' is not one of 'native', 'arpa'"),
        (["convert", "a", "--workers", "2"], "No such option"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    write("a", "天地玄黄")
    more = ["-o", "out"] if args[0] != "score" else []
    assert problem in re.sub(r"\s+", " ", run("lm", *args, *more).usage)
    assert os.listdir() == ["a"]


def problem_of(*args: object) -> str:
    done: Done = run("lm", "train", *args, "-o", "out")
    assert not Path("out").exists()
    return done.error


def test_a_corpus_that_cannot_be_read(novel: Models) -> None:
    assert problem_of("nothing.txt") == "Error: nothing.txt: no such file\n"
    assert "JSON Lines, read as plain text" in problem_of(FORMATS / "news.jsonl")
    assert "no field 'x'" in problem_of(FORMATS / "news.jsonl", "--field", "x")
    assert "not UTF-8" in problem_of(FORMATS / "gb18030.txt")
    write("cut.gz", gzip.compress(NOVEL.read_bytes())[:-2000])
    assert "truncated gzip file" in problem_of("cut.gz")
    Path("d").mkdir()
    assert problem_of("d") == "Error: d: no file in this directory\n"
    error = run("lm", "score", "--model", novel.native, "nothing.txt").error
    assert error == "Error: nothing.txt: no such file\n"


# --- signals and the terminal ----------------------------------------------------------------


@posix
@pytest.mark.parametrize("command", ["train", "score"])
@pytest.mark.parametrize("name, code", [("SIGINT", -2), ("SIGTERM", 128 + 15)])
def test_signals(novel: Models, command: str, name: str, code: int) -> None:
    """Ended from outside: in silence, and without a trace on the disk."""
    Path("tmp").mkdir()
    more = ["--model", novel.native, "--sort"] if command == "score" else ["--memory", "128MB"]
    data = NOVEL.read_bytes() * 35  # 1 MB
    work = ["lm", command, *more, "--tmp-dir", "tmp", "-o", "out"]
    with endless(*work, data=data, pieces=3) as process:
        ended, said = ended_by(name, process)
    assert ended == code
    assert said == ""
    assert os.listdir("tmp") == []
    assert os.listdir() == ["tmp"]


@posix
def test_progress_on_a_terminal(novel: Models) -> None:
    command = ["lm", "score", "--model", str(novel.native), "--totals"]
    code, out, shown = on_terminal(*command, pieces=2)
    assert code == 0
    assert out.decode().startswith("lines\t10\n")
    assert re.search(rb"\rreading: .*MB", shown)
    assert f"nlptools {__version__} lm score |".encode() in shown
    assert on_terminal(*command, "-q", pieces=1)[2] == b""
