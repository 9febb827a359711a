"""Commands through which records go: each with all its fields, its result beside them, in a file of the name's kind."""

from __future__ import annotations

import importlib.util
import itertools
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import posix, run, shell, write
from lmcases import Models

from nlptools.text.decoding import decompress

VOCAB = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n今天\n天气\n好\n很\n。\n桃花\n"
RECORDS = (
    '{"id": "a", "text": "今天天气很好。\\n桃花", "n": 1e400}\n'
    "\n"
    '{ "text":"","meta":{"words":[]} , "id":"b" }\r\n'
    '{"text": "\\u6843\\u82b1", "id": "c"}'
)
WORDS = ["今天 天气 很 好 。\n桃花", "", "桃花"]
LINES = [1, 3, 4]
needs_arrow = pytest.mark.skipif(
    not importlib.util.find_spec("pyarrow"), reason="no pyarrow: bin/setup parquet"
)
needs_zstd = pytest.mark.skipif(
    not importlib.util.find_spec("zstandard"), reason="no zstandard: bin/setup zstd"
)


@pytest.fixture(autouse=True)
def files() -> None:
    write("docs.jsonl", RECORDS)
    write("vocab.txt", VOCAB)


def made(name: str) -> str:
    data = Path(name).read_bytes()
    return b"".join(decompress(iter([data]), name)).decode()


def expected(name: str, values: list[Any]) -> str:
    """The records as they stand, each with one field more."""
    heads = [line.rstrip()[:-1] for line in RECORDS.splitlines() if line]
    return "".join(
        f'{head}, "{name}": {json.dumps(value, ensure_ascii=False)}}}\n'
        for head, value in zip(heads, values, strict=True)
    )


@pytest.mark.parametrize(
    "output", ["o.jsonl", "o.ndjson.gz", pytest.param("o.jsonl.zst", marks=needs_zstd)]
)
def test_segment_by_the_name_of_the_output(output: str) -> None:
    run("segment", "--field", "text", "docs.jsonl", "-q", "-o", output).ok()
    assert made(output) == expected("words", WORDS)


def test_segment_into_a_field() -> None:
    out = run("segment", "--field", "text", "docs.jsonl", "-q", "--into", "词").ok().out
    assert out == expected("词", WORDS)
    out = run("segment", "--field", "text", "docs.jsonl", "-q", "--separator", "/").ok().out
    assert out == "今天/天气/很/好/。\n桃花\n\n桃花\n"  # no record is asked for


def test_segment_as_lists() -> None:
    out = run("segment", "--field", "text", "docs.jsonl", "-q", "--format", "jsonl").ok().out
    rows = list(map(json.loads, out.splitlines()))
    assert [row["words"] for row in rows] == [" ".join(words.split()).split() for words in WORDS]
    assert rows[2]["offsets"] == [[0, 2]]
    plain = run("segment", "-q", "--format", "jsonl", stdin="桃花\n").ok().out
    assert run("segment", "-q", "--format", "jsonl", "--into", "w", stdin="桃花\n").ok().out == (
        '{"text": "桃花", "w": {"words": ["桃花"], "offsets": [[0, 2]]}}\n'
    )
    assert plain == '{"text": "桃花", "words": ["桃花"], "offsets": [[0, 2]]}\n'


def test_words_of_the_user_and_of_the_text() -> None:
    write("own.txt", "很好\n")
    done = run("segment", "--field", "text", "docs.jsonl", "--words", "own.txt", "-o", "o.jsonl")
    assert "1 of 1 places of your words are one word" in done.ok().err
    assert "今天 天气 很好 。" in made("o.jsonl")
    run("segment", "--field", "text", "docs.jsonl", "--adapt", "-q", "-o", "o.jsonl").ok()
    assert len(made("o.jsonl").splitlines()) == 3


def test_plain_text_becomes_records() -> None:
    run("segment", "vocab.txt", "-q", "-o", "o.jsonl").ok()
    rows = list(map(json.loads, made("o.jsonl").splitlines()))
    assert [row["text"] for row in rows] == VOCAB.splitlines()
    assert rows[4] == {"text": "今天", "words": "今天"}


def test_csv_becomes_records() -> None:
    write("a.csv", 'id,text\n1,"今天,\n天气"\n2,\n')
    run("segment", "--column", "text", "a.csv", "-q", "-o", "o.jsonl").ok()
    assert list(map(json.loads, made("o.jsonl").splitlines())) == [
        {"id": "1", "text": "今天,\n天气", "words": "今天 ,\n天气"},
        {"id": "2", "text": "", "words": ""},
    ]


def tokenized(*args: object) -> str:
    return (
        run("tokenize", "--vocab", "vocab.txt", "--field", "text", "docs.jsonl", "-q", *args)
        .ok()
        .out
    )


IDS = [[4, 5, 7, 6, 8, 9], [], [9]]


def test_tokenize_has_a_line_or_record_for_each() -> None:
    """Two documents with two lines each were four rows."""
    assert tokenized("--format", "ids") == "4 5 7 6 8 9\n\n9\n"
    assert tokenized("--format", "ids", "--into", "input_ids") == expected("input_ids", IDS)
    assert tokenized("--format", "ids", "--special", "--max-length", "4") == "2 4 5 3\n2 3\n2 9 3\n"
    tokenized("-o", "o.jsonl")
    assert json.loads(made("o.jsonl").splitlines()[2])["tokens"] == ["桃花"]
    rows = list(map(json.loads, tokenized("--format", "jsonl").splitlines()))
    assert [row["ids"] for row in rows] == IDS
    assert rows[0]["offsets"][-1] == [8, 10]
    assert [row["id"] for row in rows] == ["a", "b", "c"]


@pytest.mark.parametrize("args", [(), ("--format", "npy")])
def test_tokenize_writes_arrays(args: tuple[str, ...]) -> None:
    tokenized("-o", "ids.npy", *args)
    ids, offsets = (np.load(name, mmap_mode="r") for name in ("ids.npy", "ids.offsets.npy"))
    spans = itertools.pairwise(offsets)
    assert [ids[start:stop].tolist() for start, stop in spans] == IDS
    del ids, offsets


@needs_arrow
@pytest.mark.parametrize("args", [(), ("--format", "parquet"), ("--format", "ids")])
def test_tokenize_writes_parquet(args: tuple[str, ...]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    tokenized("-o", "o.parquet", *args)
    table = pq.read_table("o.parquet")
    assert table.column("ids").to_pylist() == IDS
    assert table.schema.field("ids").type == pa.list_(pa.uint16())
    assert table.column("record").to_pylist()[2] == RECORDS.splitlines()[3]


@needs_arrow
def test_parquet_goes_through_every_command(novel: Models) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    given = pa.table({"id": [1, 2], "text": ["今天\n天气", ""], "tags": [["a"], None]})
    pq.write_table(given, "in.parquet")
    for args, names in (
        (["segment"], ["words"]),
        (["tokenize", "--vocab", "vocab.txt"], ["ids"]),
        (["lm", "score", "--model", novel.native, "--into", "lm"], ["lm"]),
    ):
        run(*args, "--field", "text", "in.parquet", "-q", "-o", "out.parquet").ok()
        table = pq.read_table("out.parquet")
        assert table.drop_columns(names).equals(given)
        assert table.schema.names[3:] == names
        run(*args, "--field", "text", "in.parquet", "-q", "-o", "out.jsonl").ok()
        first = json.loads(made("out.jsonl").splitlines()[0])
        assert [first[name] for name in ("id", "text", "tags")] == [1, "今天\n天气", ["a"]]


def scored(model: Path, *args: object) -> list[dict[str, Any]]:
    done = run("lm", "score", "--model", model, "--field", "text", "docs.jsonl", "-q", *args)
    return list(map(json.loads, done.ok().out.splitlines()))


def test_lm_score_has_a_row_or_record_for_each(novel: Models) -> None:
    rows = scored(novel.native, "--format", "jsonl")
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert list(rows[0])[3:] == ["log10_prob", "per_symbol", "perplexity", "symbols", "oov"]
    assert [row["symbols"] for row in rows] == [9, 0, 2]
    assert rows[1]["perplexity"] is None
    assert rows[0]["perplexity"] == pytest.approx(10 ** -rows[0]["per_symbol"], rel=1e-3)
    nested = scored(novel.native, "--into", "lm")
    assert [row["lm"]["log10_prob"] for row in nested] == [row["log10_prob"] for row in rows]
    done = run("lm", "score", "--model", novel.native, "--field", "text", "docs.jsonl")
    cells = [line.split("\t") for line in done.ok().out.splitlines()[1:]]
    assert [int(row[1]) for row in cells] == LINES
    assert [row[6] for row in cells] == ["今天天气很好。 桃花", "", "桃花"]
    assert "| 3 documents | 11 symbols |" in done.err


def test_lm_score_chooses_records(novel: Models) -> None:
    def ids(*args: object) -> list[str]:
        return [row["id"] for row in scored(novel.native, "--into", "lm", *args)]

    assert ids("--min-symbols", "1") == ["a", "c"]
    assert ids("--top", "2") == ["a", "b"]
    assert ids("--top", "1", "--min-symbols", "1") == ["a"]
    rows = scored(novel.native, "--format", "jsonl", "--min-symbols", "1")
    oddest = [row["id"] for row in sorted(rows, key=lambda row: float(row["per_symbol"]))]
    assert ids("--sort") == [*oddest, "b"]
    assert ids("--sort", "--top", "1") == oddest[:1]


def test_a_field_that_is_there_already(novel: Models) -> None:
    hint = "hint: give the result another name: --into NAME\n"
    for args, name in (
        (["segment", "--into", "id"], "id"),
        (["tokenize", "--vocab", "vocab.txt", "--into", "id"], "id"),
        (["lm", "score", "--model", novel.native, "--into", "text"], "text"),
    ):
        done = run(*args, "--field", "text", "docs.jsonl", "-q", "-o", "o.jsonl")
        assert done.error == f"Error: docs.jsonl:1: there is a field '{name}' already\n{hint}"
    assert not Path("o.jsonl").exists()


@pytest.mark.parametrize(
    "args, problem",
    [
        ("tokenize --vocab vocab.txt --format npy", "two files: name them with -o NAME.npy"),
        ("tokenize --vocab vocab.txt --format npy -o x", "two files: name them with -o NAME.npy"),
        ("tokenize --vocab vocab.txt -o x.npy --into y", "--into goes with records"),
        ("tokenize --vocab vocab.txt --format parquet", "name it with -o NAME.parquet"),
        ("tokenize --vocab vocab.txt --format parquet -o x.jsonl", "with -o NAME.parquet"),
        ("tokenize --vocab vocab.txt --decode --into x", "--decode takes the ids as they are"),
        (
            "tokenize --vocab vocab.txt ids.offsets.npy -o ids.npy",
            "--output is a file that is read",
        ),
        ("segment --field text --into y -o x.csv.gz", "not written as CSV: name x.csv.gz .jsonl"),
        ("segment --engine spark --field text", "Spark writes a folder: name it with -o DIR"),
        ("segment --engine spark -o x.jsonl.zst", "Spark does not write .zst: name the folder .gz"),
        ("lm score --model vocab.txt --into x --format tsv", "--format tsv is rows"),
        ("lm score --model vocab.txt --into x --totals", "--totals prints no records"),
        ("lm score --model vocab.txt --sort -o x.parquet", "--sort goes with rows and JSON Lines"),
    ],
)
def test_wrong_usage(args: str, problem: str) -> None:
    write("ids.offsets.npy", "1")
    assert problem in run(*args.split(), "docs.jsonl").usage
    assert sorted(os.listdir()) == ["docs.jsonl", "ids.offsets.npy", "vocab.txt"]


@posix
def test_records_through_a_pipe() -> None:
    command = "nlptools segment -q --field text --into words < docs.jsonl"
    assert shell(f"{command} | cat").ok().out == expected("words", WORDS)
    assert (
        shell(f"{command} | head -n 1").ok().out == expected("words", WORDS).split("\n")[0] + "\n"
    )
