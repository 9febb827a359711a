"""`nlptools vocab extend` as people meet it: ways in and out, what is said, errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run, write
from tokenizers import Tokenizer
from trained import tokenizer_json

from nlptools.subwords.checking import TextCheck
from nlptools.subwords.extension import ExtensionRow
from nlptools.vocab.map import read_map

assert np

WORDS = (
    "word\tcount\tdecision\n梨花开\t40\t\n孩子吃\t30\t\n水桃\t20\t\ntree\t9\t\n坏词\t99\trejected\n"
)
TEXT = "孩子吃水桃，梨花开了。\n孩子吃水桃。\n" * 20
OTHER = "今天下雨。\nThe tree.\n孩子吃饭。\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    tokenizer_json("bytes", folder / "tokenizer.json")
    return folder


@pytest.fixture(autouse=True)
def files() -> None:
    write("words.tsv", WORDS)
    write("text.txt", TEXT)
    write("other.txt", OTHER)


def test_a_folder_a_map_and_a_report(base: Path) -> None:
    outputs = ["-o", "new", "--map", "map.json", "--report", "report.tsv"]
    texts = ["--corpus", "text.txt", "--check", "other.txt"]
    done = run("vocab", "extend", "words.tsv", "--base", base, "--add", 3, *texts, *outputs).ok()
    head, learnt, other = [line.split("\t") for line in done.out.splitlines()]
    assert head == list(TextCheck._fields)
    row = dict(zip(head, other, strict=True))
    assert (row["text"], row["lines"], row["without"], row["same"]) == ("other.txt", "3", "2", "2")
    assert (row["found"], row["whole"], row["decoded"]) == ("1", "1", "3")
    row = dict(zip(head, learnt, strict=True))
    assert int(row["after"]) < int(row["before"])
    assert (row["found"], row["whole"]) == ("100", "100")
    assert "Left out, no Chinese character in it: 1 (tree)." in done.err
    assert "坏词" not in done.err
    assert re.search(r"vocab extend \| base:\S+ by:words \| .* \| 3 words \| 0 merges \|", done.err)
    size = len(Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab())
    assert sorted(read_map("map.json").words) == sorted(["梨花开", "孩子吃", "水桃"])
    new = Tokenizer.from_file("new/tokenizer.json")
    assert len(new.get_vocab()) == size + 3
    rows = Path("report.tsv").read_text("utf-8").splitlines()
    assert rows[0].split("\t") == list(ExtensionRow._fields)
    assert [line.split("\t")[0] for line in rows[1:]] == ["梨花开", "孩子吃", "水桃", "tree"]
    config = json.loads(Path("new/tokenizer_config.json").read_text("utf-8"))
    assert config == {"tokenizer_class": "PreTrainedTokenizerFast"}
    before = {path: path.read_bytes() for path in Path("new").iterdir()}
    again = run("vocab", "extend", "words.tsv", "--base", base, "--add", 3, *texts, *outputs, "-q")
    assert again.ok().err == ""
    assert before == {path: path.read_bytes() for path in Path("new").iterdir()}


def test_words_from_a_pipe_and_records(base: Path) -> None:
    lines = [json.dumps({"text": line}, ensure_ascii=False) for line in TEXT.splitlines()]
    write("text.jsonl", "\n".join(lines) + "\n")
    args = [
        "--base",
        base,
        "--add",
        3,
        "--corpus",
        "text.jsonl",
        "--field",
        "text",
        "-o",
        "new",
        "-q",
    ]
    done = run("vocab", "extend", "-", *args, stdin="梨花开\n孩子吃\n").ok()
    assert done.out.splitlines()[1].startswith("text.jsonl\t40\t")
    assert Tokenizer.from_file("new/tokenizer.json").token_to_id("梨花开") is not None


def test_few_words(base: Path) -> None:
    done = run("vocab", "extend", "words.tsv", "--base", base, "--add", 50, "-o", "new").ok()
    assert done.out == ""
    assert "3 of 50 (--add): no other saves as much as --min-saving." in done.err
    assert "--report lists all." in done.err


def test_by_merges_and_both(base: Path) -> None:
    for by in ("merges", "both"):
        args = ["--base", base, "--add", 4, "--by", by, "--corpus", "text.txt", "-o", by]
        done = run("vocab", "extend", "words.tsv", *args).ok()
        assert f"by:{by}" in done.err
        assert Path(by, "tokenizer.json").is_file()


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "Nothing to take words from: give WORDS, or --corpus FILE."),
        (["words.tsv", "--add", "0"], 2, "0 is not in the range"),
        (
            ["words.tsv", "--corpus", "-"],
            1,
            "can be read only once it is read several times: give a file",
        ),
        (["words.tsv", "--min-saving", "999"], 1, "nothing is added: no word saves enough"),
        (["words.tsv", "--base", "words.tsv"], 1, "words.tsv: not a tokenizer.json"),
        (["words.tsv", "--base", "none"], 1, "none: no such file"),
        (["words.tsv", "-o", "text.txt"], 1, "text.txt: a file, not a folder"),
        (["words.tsv", "--map", "words.tsv"], 2, "words.tsv"),
        (["words.tsv", "-o", "-"], 2, "--output needs the name of a file"),
        (["words.tsv", "--map", "./new/tokenizer.json"], 2, "a file that --output makes"),
        (["words.tsv", "--map", "none/map.json"], 1, "none/map.json: cannot write"),
    ],
)
def test_errors(args: list[str], code: int, said: str, base: Path) -> None:
    given = list(args)
    for option, value in (("--base", base), ("--add", 5), ("-o", "new")):
        if option not in given:
            given += [option, str(value)]
    done = run("vocab", "extend", *given, stdin=TEXT)
    assert done.code == code
    assert said in done.err.replace("\n", " ").replace("hint: ", "")
    assert not Path("new").exists()


def test_a_unigram_base_has_no_merges(tmp_path: Path) -> None:
    path = tokenizer_json("unigram", tmp_path / "u.json")
    done = run(
        "vocab", "extend", "words.tsv", "--base", path, "--add", 2, "--by", "both", "-o", "new"
    )
    assert done.code == 2
    assert "merges are for BPE, this is Unigram" in done.err
