"""Data that is wrong: exit 1, one line and a hint; and texts with nothing to find."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from commandline import TEXT, counts_file, run, write
from places import FORMATS, NOVEL

from nlptools.discovery.columns import COLUMNS

HEADER = "\t".join(COLUMNS)


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


# --- what a file says, on a terminal -----------------------------------------------------------

TITLE = "\x1b]0;title\x07"


@pytest.mark.parametrize(
    "command",
    [
        "count bad.csv --column text",
        "count bad.jsonl --field text",
        "tokenize bad.csv --vocab vocab.txt --decode",
        "tokenize text --vocab bad.txt",
        "vocab export bad.txt",
        "vectors check bad.safetensors",
        "vectors check bad.vec",
        "lm score text --model bad.arpa",
        "segment text --model bad.model",
        "report list --corpus text",
        "export list --to jieba",
        f"count x{TITLE}",
        f"count --o{TITLE}",
        f"count text --order {TITLE}",
        f"x{TITLE}",
    ],
)
def test_no_control_characters_and_no_megabytes(command: str) -> None:
    long = "长" * 100_000
    write("text", "今天天气。\n")
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n今\n")
    write("bad.csv", f"{TITLE},{long}\n1,2\n")
    write("bad.jsonl", json.dumps({TITLE: "x", long: "y"}) + "\n")
    write("bad.txt", f"{TITLE}\n{long}\n{TITLE}\n{long}\n")
    write("bad.vec", f"3 2\n{TITLE}{long} 1 x\n")
    write("bad.arpa", f"\\data\\\nngram 1={TITLE}{long}\n")
    write("bad.model", f"# nlptools model {TITLE}{long}\n")
    write("list", f"{TITLE}\n{long}\n天地\n")
    head = json.dumps(
        {
            name: {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}
            for name in (TITLE, "a\tb\n", long)
        }
    ).encode()
    write("bad.safetensors", len(head).to_bytes(8, "little") + head + bytes(4))
    done = run(*command.split(" "))
    assert not any(sign in done.err for sign in "\x1b\x07")
    assert max(map(len, done.err.split("\n"))) < 500, done.err[:1000]


def test_names_with_tabs_and_line_ends_in_tables() -> None:
    write("a\tb\nc", "今天天气非常好\n")
    write("text", "明天的天气\n")
    rows = run("compare", "text", "a\tb\nc", "--words", write("words", "今天\n"), "-q").out
    assert [row.count("\t") for row in rows.splitlines()] == [8, 8]
    assert "\ta b c\t" in rows
