"""`nlptools vocab measure` as people meet it: the table, the page, what it refuses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import Done, run, write
from trained import tokenizer_json

from nlptools.subwords.measure import COLUMNS

assert np

VOCAB = "[UNK]\n桃树\n开花\n园\n丁\n树\n"


@pytest.fixture(autouse=True)
def files(own_folder: None) -> None:
    write("vocab.txt", VOCAB)
    write("one.txt", "桃树 开花\n园丁\n")
    write("two.txt", "梨树\n")
    write("words.txt", "桃树\n开花\n园丁\n梨树\n")


def measure(*args: object) -> Done:
    return run("vocab", "measure", *args)


def test_a_table() -> None:
    done = measure(
        "vocab.txt", "--corpus", "one.txt", "--corpus", "two.txt", "--words", "words.txt"
    ).ok()
    assert done.out == (
        "\t".join(COLUMNS) + "\n"
        "one.txt\tvocab.txt\t2\t7\t19\t4\t1.7500\t4.7500\t0.0000\t0.0000\t0.0000\t3\t0.6667\t1.3333\t6\t0.6667\n"
        "two.txt\tvocab.txt\t1\t2\t6\t2\t1.0000\t3.0000\t0.0000\t0.5000\t0.5000\t1\t0.0000\t2.0000\t6\t0.3333\n"
        "total\tvocab.txt\t3\t9\t25\t6\t1.5000\t4.1667\t0.0000\t0.1667\t0.1111\t4\t0.5000\t1.5000\t6\t1.0000\n"
    )
    assert re.match(r"nlptools \S+ vocab measure \| words:words\.txt \| 6 tokens", done.err)


def test_stdin_records_and_a_file() -> None:
    write("one.jsonl", '{"text": "桃树 开花"}\n{"text": "园丁"}\n')
    plain = measure("vocab.txt", "--corpus", "one.txt", "--no-whole", "-q").ok().out
    records = ["--corpus", "one.jsonl", "--field", "text", "--no-whole", "-q", "-o", "table.tsv"]
    assert measure("vocab.txt", *records).ok().out == ""
    assert Path("table.tsv").read_text("utf-8") == plain.replace("one.txt", "one.jsonl")
    piped = run(
        "vocab",
        "measure",
        "vocab.txt",
        "--corpus",
        "-",
        "--no-whole",
        "-q",
        stdin="桃树 开花\n园丁\n",
    )
    assert piped.ok().out == plain.replace("one.txt", "-")
    assert "\t\t\t6" in plain  # words: 0, and nothing to share


def test_a_page() -> None:
    tokenizer_json("bytes", Path("tokenizer.json"))
    write("text.txt", "孩子们在<桃树>下面等园丁，等了一天又一天。𠮷\n" * 2)
    args = ["--corpus", "text.txt", "--report", "page.html", "-q"]
    done = measure("vocab.txt", "tokenizer.json", *args).ok()
    assert done.out.count("\n") == 3
    page = Path("page.html").read_text("utf-8")
    assert "<script" not in page
    assert "<桃树>" not in page
    assert "&lt;" in page
    assert 'class="token apart">𠮷<' in page
    for title in ("How long tokens are", "line by line", "Lines as each", "Words most often cut"):
        assert title in page


def test_usage() -> None:
    assert (
        "--words goes with --whole"
        in measure("vocab.txt", "--corpus", "one.txt", "--words", "words.txt", "--no-whole").usage
    )
    assert "'--corpus'" in measure("vocab.txt").usage
    assert "TOKENIZER" in measure("--corpus", "one.txt").usage


def test_what_is_no_tokenizer(monkeypatch: pytest.MonkeyPatch) -> None:
    write("bad.json", "{")
    write("bad.model", "x")
    for name, said in (("bad.json", "no JSON"), ("bad.model", "not a SentencePiece model")):
        error = measure(name, "--corpus", "one.txt").error
        assert error.startswith(f"Error: {name}: ")
        assert said in error
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    write("good.json", '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}')
    assert "pip install 'nlptools-zh[hf]'" in measure("good.json", "--corpus", "one.txt").error
