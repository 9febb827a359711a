"""Ways into every command: files, folders, pipes, compression, encodings, records, folding."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import lzma
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from commandline import TEXT, posix, run, shell, write
from places import FORMATS

from nlptools.cli import main

COUNTS = {"国": 2, "家": 2, "准": 1, "标": 1, "国家": 2, "家标": 1, "标准": 1}  # of TEXT


def bigrams(*args: object, stdin: str | bytes | None = None) -> dict[str, int]:
    """n-gram -> count up to order 2, as `count --tsv` prints them."""
    done = run("count", "--tsv", "--order", 2, "-q", *args, stdin=stdin).ok()
    assert done.err == ""
    header, *lines = done.out.split("\n")[:-1]
    assert header == "ngram\tcount"
    return {ngram: int(count) for ngram, count in (line.split("\t") for line in lines)}


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


@pytest.mark.skipif(not importlib.util.find_spec("opencc"), reason="no opencc: bin/setup zh")
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
    monkeypatch.setattr("nlptools.cli.progress.shows_progress", lambda quiet: False)
    done = run("count", "--tsv", "-q", stdin=TEXT).ok()
    assert done.err == "Reading text from the terminal; end with Ctrl-D.\n"


READING = ("field", "column", "encoding", "on_error")


@pytest.mark.parametrize(
    "command",
    [
        *("discover", "count", "train", "tokenize", "evaluate", "report", "compare", "contexts"),
        *("explain", "dim", "lm train", "lm score", "vocab build"),
    ],
)
def test_every_command_reads_every_format(command: str) -> None:
    group: click.Command = main
    for name in command.split():
        assert isinstance(group, click.Group)
        group = group.commands[name]
    names = {param.name for param in group.params}
    assert set(READING) <= names
    assert "fold" in names or command == "evaluate"  # which compares texts as they stand


def test_parquet_in_commands() -> None:
    pa = pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup parquet")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"id": ["a", "b"], "text": [TEXT, "国\n家"]}), "a.parquet")
    expected = COUNTS | {"国": 3, "家": 3}
    assert bigrams("a.parquet", "--field", "text") == expected
    done = run("count", "--tsv", "a.parquet")
    assert done.error == (
        "Error: a.parquet: Parquet, read as plain text\n"
        "hint: name the column that has the text: --field text (columns with text: id, text)\n"
    )
    shown = run("explain", "国家", "--corpus", "a.parquet", "--field", "text").ok().out
    assert "a.parquet:1: " in shown


def test_the_hint_of_a_json_document_works() -> None:
    jq = shutil.which("jq")
    write("a.json", '[{"t": "国家"}, {"t": "标准"}]')
    hint = run("count", "--tsv", "--field", "t", "a.json").error.split("hint: ")[1]
    assert hint == "make it one object per line: jq -c '.[]' a.json | nlptools ... -\n"
    if jq:
        command = hint.split(": ", 1)[1].partition(" |")[0]
        lines = subprocess.run(command, shell=True, capture_output=True, check=True).stdout
        assert bigrams("-", "--field", "t", stdin=lines)["国家"] == 1


def test_segmented_records_are_compared() -> None:
    write("gold.jsonl", '{"w": "国家 标准"}\n{"w": "国家"}\n')
    done = run("evaluate", "gold.jsonl", "gold.jsonl", "--field", "w", "--format", "tsv").ok()
    assert "\n3 gold words" in done.err.replace("| ", "\n")
