"""`nlptools tokenize` as people meet it: stdin, files, the three formats, and back; errors."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import PLAIN_LOCALE, posix, run, shell, write
from jiebacases import import_jieba
from places import FORMATS, NOVEL
from tokencases import TINY

from nlptools import __version__
from nlptools.vocab.tokenizer import WordTokenizer

assert np

VOCAB = "".join(TINY.lines())
TEXT = "今天天气非常好。"
TOKENS = "今天 天气 非常 好 。"
IDS = " ".join(str(TINY.ids[token]) for token in TOKENS.split())


@pytest.fixture(autouse=True)
def vocab_file(own_folder: None) -> Path:
    return write("vocab.txt", VOCAB)


def tokenize(*args: object, stdin: str | bytes | None = None) -> str:
    done = run("tokenize", "-q", "--vocab", "vocab.txt", *args, stdin=stdin).ok()
    assert done.err == ""
    return done.out


# --- ways in and out -------------------------------------------------------------------------


def test_fold() -> None:
    """By itself nothing is folded: ids are those that a network was trained on."""
    text = "今天天氣非常好。"
    assert tokenize("--fold", "t2s", stdin=text) == f"{TOKENS}\n"
    assert tokenize(stdin=text) == tokenize("--fold", "none", stdin=text) != f"{TOKENS}\n"
    row = json.loads(tokenize("--fold", "t2s", "--format", "jsonl", stdin=text))
    assert (row["text"], row["offsets"][1]) == (text, [2, 4])
    assert run("tokenize", "--vocab", "vocab.txt", "--decode", "--fold", "t2s", stdin="1").code == 2


@posix
def test_the_first_thing_people_try() -> None:
    done = shell(f"echo {TEXT} | nlptools tokenize --vocab vocab.txt").ok()
    assert done.out == f"{TOKENS}\n"
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} tokenize \| vocab:vocab\.txt pre:vocab \| 9 characters in 25 B"
        r" \| 5 tokens \| 0 unknown( \| \d+\.\d MB memory)? \| \d+\.\d s\n",
        done.err,
    )


def test_formats() -> None:
    assert tokenize(stdin=TEXT) == f"{TOKENS}\n"
    assert tokenize("--format", "ids", stdin=TEXT) == f"{IDS}\n"
    row = json.loads(tokenize("--format", "jsonl", stdin=TEXT))
    assert row == {
        "text": TEXT,
        "tokens": TOKENS.split(),
        "ids": [int(i) for i in IDS.split()],
        "offsets": [[0, 2], [2, 4], [4, 6], [6, 7], [7, 8]],
    }
    assert tokenize("--format", "jsonl", stdin="好\n").startswith(
        '{"text": "好", "tokens": ["好"], '
    )


def test_three_ways_to_cut() -> None:
    write("dict.txt", "今天天气 9 n\n非常 9 n\n")
    assert tokenize("--pre", "none", stdin=TEXT) == "今 天 天 气 非 常 好 。\n"
    args = ["--pre", "jieba", "--jieba-dict", "dict.txt"]
    assert tokenize(*args, stdin=TEXT) == "今 天 天 气 非常 好 。\n"
    import_jieba()
    assert tokenize("--pre", "jieba", stdin=TEXT) == "今 天 天 气 非常 好 。\n"
    write("words.tsv", "word\tcount\n天天\t90000\n今天\t1\n天气\t1\n今\t500\n气\t500\n")
    assert tokenize("--weights", "words.tsv", stdin=TEXT) == "今 天天 气 非常 好 。\n"


def test_case_and_the_unknown() -> None:
    text = "So NICE é 黄\n"
    assert tokenize(stdin=text) == "so nice e 黄\n"
    assert tokenize("--no-lower", stdin=text) == "So NICE é 黄\n"
    assert tokenize("--mark-unknown", stdin=text) == "so nice e [UNK]\n"
    assert tokenize("--no-lower", "--mark-unknown", stdin=text) == "[UNK] [UNK] [UNK] [UNK]\n"
    err = run("tokenize", "--vocab", "vocab.txt", stdin=text * 1000).ok().err
    assert " | 4,000 tokens | 1,000 unknown" in err


def test_special_tokens_and_lengths() -> None:
    assert tokenize("--special", stdin=f"{TEXT}\n\n") == f"[CLS] {TOKENS} [SEP]\n[CLS] [SEP]\n"
    assert tokenize("--special", "--max-length", 4, stdin=TEXT) == "[CLS] 今天 天气 [SEP]\n"
    assert tokenize("--max-length", 2, "--format", "ids", stdin=TEXT) == f"{IDS[:5]}\n"


def test_lines_stay_lines() -> None:
    write("a.txt", f"{TEXT}\r\n\r\n好\r好")
    write("b.txt", "")
    write("c.txt", "\n好\n")
    expected = f"{TOKENS}\n\n好\n好\n" + "\n好\n"
    assert tokenize("a.txt", "b.txt", "c.txt") == expected
    assert tokenize("a.txt", "a.txt") == f"{TOKENS}\n\n好\n好\n" * 2
    assert tokenize("-", "c.txt", stdin="好") == "好\n\n好\n"
    assert tokenize("b.txt") == ""
    assert tokenize("--format", "jsonl", "b.txt") == ""
    for workers in (1, 4):
        assert tokenize("--workers", workers, "a.txt", "c.txt") == expected


def test_files_of_all_kinds() -> None:
    expected = tokenize(FORMATS / "plain.txt")
    for name in ("plain.txt.gz", "utf16.txt", "utf8-bom-crlf.txt"):
        assert tokenize(FORMATS / name) == expected
    assert tokenize(FORMATS / "gb18030.txt", "--encoding", "auto") == expected
    write("a.jsonl", json.dumps({"text": TEXT}) + "\n")
    assert tokenize("--field", "text", "a.jsonl") == f"{TOKENS}\n"
    write("a.csv", f"id,text\n1,{TEXT}\n")
    assert tokenize("--column", "text", "a.csv") == f"{TOKENS}\n"
    write("bad.txt", b"\xff\n" + "好\n".encode())
    assert tokenize("--on-error", "skip", "bad.txt") == "好\n"
    assert "bad.txt:1: not UTF-8" in run("tokenize", "--vocab", "vocab.txt", "bad.txt").error


def test_the_output_file_is_what_is_printed() -> None:
    for more in ([], ["--format", "ids"], ["--format", "jsonl", "--special"]):
        printed = tokenize(NOVEL, *more)
        assert tokenize(NOVEL, *more, "-o", "out") == ""
        assert Path("out").read_bytes() == printed.encode()
    done = run("tokenize", "--vocab", "vocab.txt", "bad", "-o", "new")
    assert done.error == "Error: bad: no such file\n"
    assert not Path("new").exists()


def test_python_does_the_same() -> None:
    lines = NOVEL.read_text("utf-8").split("\n")[:-1]
    tokenizer = WordTokenizer(TINY)
    assert tokenize(NOVEL) == "".join(" ".join(tokenizer.tokenize(line)) + "\n" for line in lines)


@posix
def test_a_plain_locale() -> None:
    """Text, options and the names of files are UTF-8 all the same."""
    write("词表.txt", VOCAB)
    write("文.txt", TEXT)
    done = shell("nlptools tokenize --vocab 词表.txt --format jsonl 文.txt", **PLAIN_LOCALE).ok()
    assert json.loads(done.out)["tokens"] == TOKENS.split()
    assert " tokenize | vocab:" in done.err
    done = shell("nlptools tokenize --vocab 没有.txt 文.txt", **PLAIN_LOCALE)
    assert done.error.endswith(": no such file\n")


@posix
def test_a_reader_that_closes_the_pipe() -> None:
    write("long.txt", f"{TEXT}\n" * 200_000)
    done = shell(
        "set -o pipefail; nlptools tokenize -q --vocab vocab.txt long.txt | head -n 1"
    ).ok()
    assert done.out == f"{TOKENS}\n"
    assert done.err == ""


# --- back to text ----------------------------------------------------------------------------


def test_decode() -> None:
    ids = tokenize("--format", "ids", "--special", stdin=f"{TEXT}\n\nSo nicely!\n")
    assert tokenize("--decode", stdin=ids) == f"{TEXT}\n\nso nicely!\n"
    write("ids.txt", f"{IDS}\r\n{IDS}")
    assert tokenize("--decode", "ids.txt", "-o", "out") == ""
    assert Path("out").read_text("utf-8") == f"{TEXT}\n{TEXT}\n"
    done = run("tokenize", "--vocab", "vocab.txt", "--decode", "ids.txt").ok()
    assert re.match(
        r"nlptools \S+ tokenize \| vocab:vocab\.txt \| 30 characters in 30 B \| ", done.err
    )


@pytest.mark.parametrize("word", ["天", "-1", "1.0", str(len(TINY)), "1,2"])
def test_what_is_no_id(word: str) -> None:
    write("ids.txt", f"1 2\n\n3 {word}\n")
    for more in ([], ["-o", "out"]):
        done = run("tokenize", "--vocab", "vocab.txt", "--decode", "ids.txt", *more)
        assert done.error == (
            f"Error: ids.txt:3: no id: {word}\nhint: the vocabulary has the ids 0 to {len(TINY) - 1}\n"
        )
    assert not Path("out").exists()


# --- vocabularies ----------------------------------------------------------------------------


def test_a_packed_vocabulary() -> None:
    write("vocab.txt.gz", gzip.compress(VOCAB.encode()))
    done = run("tokenize", "-q", "--vocab", "vocab.txt.gz", stdin=TEXT).ok()
    assert done.out == f"{TOKENS}\n"


def test_lines_that_are_no_tokens_are_told() -> None:
    write("odd.txt", "[UNK]\n\n好\n好\n今天\n")
    done = run("tokenize", "--vocab", "odd.txt", "--format", "ids", stdin="今天好").ok()
    assert done.out == "4 3\n"
    assert done.err.split("\n")[:2] == [
        "odd.txt: no token in line 2",
        "odd.txt: listed again later: 好 (line 3)",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("好\n天\n", ": no [UNK] among its 2 tokens\nhint: a BERT vocabulary has a line [UNK]"),
        ("", ": an empty vocabulary\nhint: vocab.txt has a token a line"),
        (
            "word\tcount\n天\t3\n",
            ":1: a table, not a vocabulary\nhint: vocab.txt has a token a line",
        ),
        ('{"[UNK]": 0}\n', ":1: JSON, not a vocabulary\nhint: vocab.txt has a token a line"),
        (
            '{\n "version": "1.0"\n}\n',
            ":1: JSON, not a vocabulary\nhint: vocab.txt has a token a line",
        ),
        (b"[UNK]\n\xcc\xec\n", ":2: not UTF-8: byte 0xcc"),
        (None, ": no such file"),
    ],
)
def test_what_is_no_vocabulary(content: str | bytes | None, problem: str) -> None:
    if content is not None:
        write("other.txt", content)
    for more in ([], ["--decode"], ["--pre", "none"]):
        done = run("tokenize", "--vocab", "other.txt", *more, stdin="1")
        assert done.error.startswith(f"Error: other.txt{problem}")
        assert done.out == ""


def test_special_tokens_that_are_missing() -> None:
    write("some.txt", "[UNK]\n[CLS]\n")
    error = run("tokenize", "--vocab", "some.txt", "--special", stdin="好").error
    assert error == "Error: some.txt: no [SEP] in this vocabulary\n"


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--weights", "w", "--pre", "jieba"], "--weights goes with --pre vocab."),
        (["--weights", "w", "--pre", "none"], "--weights goes with --pre vocab."),
        (["--jieba-dict", "d"], "--jieba-dict goes with --pre jieba."),
        (["--jieba-dict", "d", "--pre", "none"], "--jieba-dict goes with --pre jieba."),
        (["--decode", "--pre", "vocab"], "--decode takes the ids as they are: give --vocab only."),
        (["--decode", "--format", "ids"], "--decode takes the ids as they are"),
        (["--decode", "--no-special"], "--decode takes the ids as they are"),
        (["--decode", "--max-length", "5"], "--decode takes the ids as they are"),
        (["--decode", "--mark-unknown"], "--decode takes the ids as they are"),
        (["--decode", "--no-lower"], "--decode takes the ids as they are"),
        (["--decode", "--weights", "w"], "--decode takes the ids as they are"),
        (["--max-length", "2", "--special"], "--max-length with --special must be at least 3."),
        (["--max-length", "0"], "0 is not in the range x>=1"),
        (["--workers", "0"], "0 is not in the range x>=1"),
        (["--pre", "bert"], "'bert' is not one of 'vocab', 'jieba', 'none'"),
        (["--format", "text"], "'text' is not one of 'tokens', 'ids', 'jsonl'"),
        (["--field", "a", "--column", "b"], "give one of them"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    before = os.listdir()
    assert problem in run("tokenize", NOVEL, "--vocab", "vocab.txt", *args, "-o", "out").usage
    assert os.listdir() == before


def test_stdin_can_be_read_once() -> None:
    assert tokenize("--vocab", "-", write("a.txt", TEXT), stdin=VOCAB) == f"{TOKENS}\n"
    for args in (
        ["--vocab", "-"],
        ["--vocab", "-", "-"],
        ["--vocab", "vocab.txt", "--weights", "-"],
    ):
        assert run("tokenize", *args, stdin=VOCAB).usage == "stdin can be read only once.\n"


def test_a_vocabulary_is_needed() -> None:
    assert "Missing option '--vocab'" in run("tokenize", NOVEL).usage


def test_missing_files() -> None:
    def error(*args: object) -> str:
        done = run("tokenize", "--vocab", "vocab.txt", *args, stdin="好")
        assert done.out == ""
        return done.error

    assert error("nothing.txt") == "Error: nothing.txt: no such file\n"
    assert error("--weights", "nothing").startswith("Error: nothing: no such file\n")
    assert error("--pre", "jieba", "--jieba-dict", "nothing").startswith(
        "Error: nothing: no such file\n"
    )
    assert (
        error("--pre", "jieba", "--jieba-dict", NOVEL)
        .split("\n")[0]
        .endswith(":1: not a line `word frequency [tag]` in UTF-8: jieba would not load it")
    )


def test_help() -> None:
    done = run("tokenize", "--help").ok()
    assert done.out.startswith("Usage: nlptools tokenize [OPTIONS] [CORPUS]...\n")
    for option in ("--vocab", "--pre", "--weights", "--jieba-dict", "--decode", "--mark-unknown"):
        assert option in done.out
