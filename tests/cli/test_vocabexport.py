"""`nlptools vocab export` as people meet it: stdout, one file or a folder; errors."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import PLAIN_LOCALE, Done, posix, run, shell, write
from tokencases import TINY

from nlptools import __version__
from nlptools.subwords.bytelevel import CHARACTERS
from nlptools.vocab.huggingface import tokenizer_files, tokenizer_json, write_json
from nlptools.vocab.sentencepiece import piece_model_of

assert np

VOCAB = "".join(TINY.lines())
FOLDER = ["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]


@pytest.fixture(autouse=True)
def vocab_file(own_folder: None) -> Path:
    return write("vocab.txt", VOCAB)


def export(*args: object) -> Done:
    return run("vocab", "export", *args)


def test_stdout_a_file_and_a_folder() -> None:
    expected = write_json(tokenizer_json(TINY))
    done = export("vocab.txt").ok()
    assert done.out == expected
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} vocab export \| vocab:vocab\.txt to:tokenizers"
        rf" \| {len(TINY)} tokens( \| \d+\.\d MB memory)? \| \d+\.\d s\n",
        done.err,
    )
    for args in (["-o", "new.json"], ["-o", "deep/er/folder"]):
        done = export("vocab.txt", "-q", *args).ok()
        assert (done.out, done.err) == ("", "")
    assert Path("new.json").read_text("utf-8") == expected
    assert sorted(os.listdir("deep/er/folder")) == FOLDER
    files = tokenizer_files(TINY)
    for name in FOLDER:
        assert Path("deep/er/folder", name).read_text("utf-8") == files[name]


def test_a_folder_is_written_again() -> None:
    export("vocab.txt", "-q", "-o", "made").ok()
    Path("made/note.txt").write_text("mine", "utf-8")
    export("vocab.txt", "-q", "-o", "made", "--no-lower").ok()
    assert (
        json.loads(Path("made/tokenizer_config.json").read_text("utf-8"))["do_lower_case"] is False
    )
    assert sorted(os.listdir("made")) == ["note.txt", *FOLDER]


def model(*args: object) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(export("vocab.txt", "-q", *args).ok().out)
    return made


def test_settings() -> None:
    write("words.tsv", "word\tcount\n今天\t30\n天气\t10\n")
    weighted = model("--weights", "words.tsv")
    assert weighted == json.loads(
        write_json(tokenizer_json(TINY, weights={"今天": 30.0, "天气": 10.0}))
    )
    assert weighted != model()
    assert model("--no-lower") == json.loads(write_json(tokenizer_json(TINY, lower=False)))
    by_bytes = model("--fallback", "byte")
    assert by_bytes["model"]["byte_fallback"] is True
    assert len(by_bytes["model"]["vocab"]) == len(TINY) + 256
    assert model("--lower", "--fallback", "unknown", "--to", "fast") == model()


def test_it_loads() -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    export("vocab.txt", "-q", "-o", "made").ok()
    loaded = tokenizers.Tokenizer.from_file("made/tokenizer.json")
    text = "今天天气非常好。So nicely!"
    ids = run("tokenize", "-q", "--vocab", "vocab.txt", "--format", "ids", stdin=text).ok().out
    assert loaded.encode(text, add_special_tokens=False).ids == [int(i) for i in ids.split()]


@pytest.mark.parametrize(
    ("to", "name"), [("bert", "BertTokenizer"), ("roformer", "RoFormerTokenizer")]
)
def test_classes(to: str, name: str) -> None:
    done = export("vocab.txt", "--to", to, "-o", "made").ok()
    assert f" vocab export | vocab:vocab.txt to:{to} | " in done.err
    assert sorted(os.listdir("made")) == [FOLDER[0], FOLDER[2], "vocab.txt"]
    assert Path("made/vocab.txt").read_text("utf-8") == VOCAB
    assert (
        json.loads(Path("made/tokenizer_config.json").read_text("utf-8"))["tokenizer_class"] == name
    )


def test_other_files() -> None:
    write("vocab.txt.gz", gzip.compress(VOCAB.encode()))
    assert export("vocab.txt.gz", "-q").ok().out == export("vocab.txt", "-q").ok().out
    write("odd.txt", "[UNK]\n\n好\n好\n")
    done = export("odd.txt", "-q").ok()
    assert done.err == "odd.txt: no token in line 2\nodd.txt: listed again later: 好 (line 3)\n"
    names = [token for token, _ in json.loads(done.out)["model"]["vocab"]]
    assert names == ["[UNK]", "[empty line 1]", "[listed again: line 2]", "好"]


def test_sentencepiece() -> None:
    library = pytest.importorskip("sentencepiece", reason="no sentencepiece: bin/setup test")
    done = export("vocab.txt", "--to", "sentencepiece", "-o", "new.model").ok()
    pieces = len(TINY) + 1  # and the blank
    assert f" to:sentencepiece | {len(TINY)} tokens | {pieces} pieces | " in done.err
    assert Path("new.model").read_bytes() == piece_model_of(TINY).data()
    export("vocab.txt", "-q", "--to", "sentencepiece", "--fallback", "byte", "-o", "made").ok()
    assert sorted(os.listdir("made")) == sorted([*FOLDER, "tokenizer.model"])
    assert Path("made/tokenizer.model").read_bytes() == piece_model_of(TINY, fallback="byte").data()
    text = "今天天气非常好。so nice!"
    loaded = library.SentencePieceProcessor(model_file="new.model")
    ids = run("tokenize", "-q", "--vocab", "vocab.txt", "--format", "ids", stdin=text).ok().out
    assert [i for i in loaded.encode(text) if i != len(TINY)] == [int(i) for i in ids.split()]
    write("words.tsv", "word\tcount\n今天\t30\n天气\t10\n")
    args = ("--weights", "words.tsv", "--no-lower", "-o", "new.model")
    export("vocab.txt", "-q", "--to", "sentencepiece", *args).ok()
    other = piece_model_of(TINY, weights={"今天": 30.0, "天气": 10.0}, lower=False)
    assert Path("new.model").read_bytes() == other.data()


def tokenizer_json_of_bytes() -> str:
    """Byte-level BPE with one merge."""
    tokens = [*CHARACTERS, "ab"]
    level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}
    model = {"type": "BPE", "vocab": {t: n for n, t in enumerate(tokens)}, "merges": ["a b"]}
    return json.dumps({"pre_tokenizer": level, "model": model})


def test_tiktoken() -> None:
    write("qwen/tokenizer.json", tokenizer_json_of_bytes())
    done = export("qwen/tokenizer.json", "--to", "tiktoken", "-o", "new.tiktoken").ok()
    assert " vocab:qwen/tokenizer.json to:tiktoken | 257 ranks | " in done.err
    ranks = Path("new.tiktoken").read_text("utf-8")
    assert ranks.startswith("AA== 0\n")
    assert ranks.endswith("YWI= 256\n")
    assert json.loads(Path("new.tiktoken.json").read_text("utf-8"))["encoding"]["name"] == "new"
    export("qwen", "-q", "--to", "tiktoken", "-o", "made").ok()
    assert sorted(os.listdir("made")) == ["tokenizer.tiktoken", "tokenizer.tiktoken.json"]
    assert Path("made/tokenizer.tiktoken").read_text("utf-8") == ranks
    again = ("-", "-q", "--to", "tiktoken", "-o", "again.tiktoken")
    run("vocab", "export", *again, stdin=tokenizer_json_of_bytes()).ok()
    assert Path("again.tiktoken").read_text("utf-8") == ranks


def test_what_tiktoken_is_not_for() -> None:
    done = export("vocab.txt", "--to", "tiktoken", "-o", "made")
    assert done.error.startswith("Error: vocab.txt: not a tokenizer.json: no JSON: ")
    write("other.json", tokenizer_json_of_bytes().replace("ByteLevel", "Whitespace"))
    assert export("other.json", "--to", "tiktoken", "-o", "made").error == (
        "Error: other.json: its BPE is of characters, as SentencePiece's, not of bytes\n"
        "hint: tiktoken cannot do this: use the file with tokenizers or transformers\n"
    )
    assert not Path("made").exists()
    write("made.tiktoken.json", tokenizer_json_of_bytes())
    done = export("made.tiktoken.json", "--to", "tiktoken", "-o", "made.tiktoken")
    assert done.usage == "--output is a file that is read: made.tiktoken.json.\n"


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--to", "bert"], "--to bert writes a folder: give --output."),
        (["--to", "roformer", "-o", "a.json"], "--to roformer writes a folder, not NAME.json."),
        (
            ["--to", "bert", "-o", "made", "--weights", "w"],
            "--weights and --fallback go with --to tokenizers and sentencepiece.",
        ),
        (
            ["--to", "bert", "-o", "made", "--fallback", "byte"],
            "--weights and --fallback go with --to",
        ),
        (
            ["--to", "gpt"],
            "'gpt' is not one of 'tokenizers', 'bert', 'roformer', 'sentencepiece', 'tiktoken'",
        ),
        (["--to", "sentencepiece"], "--to sentencepiece writes a file or folder: give --output."),
        (
            ["--to", "sentencepiece", "-o", "a.json"],
            "--to sentencepiece writes a folder or NAME.model, not NAME.json.",
        ),
        (["-o", "a.model"], "--to tokenizers writes a folder or NAME.json, not NAME.model."),
        (["--to", "tiktoken"], "--to tiktoken writes a file or folder: give --output."),
        (
            ["--to", "tiktoken", "-o", "made", "--fallback", "byte"],
            "--weights and --fallback go with --to tokenizers and sentencepiece.",
        ),
        (
            ["--to", "tiktoken", "-o", "made", "--no-lower"],
            "--lower and --no-lower are for a vocabulary, not for --to tiktoken.",
        ),
        (["--fallback", "none"], "'none' is not one of 'unknown', 'byte'"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    assert problem in export("vocab.txt", *args).usage
    assert os.listdir() == ["vocab.txt"]


def test_stdin() -> None:
    done = run("vocab", "export", "-", "-q", stdin=VOCAB).ok()
    assert done.out == write_json(tokenizer_json(TINY))
    usage = run("vocab", "export", "-", "--weights", "-", stdin=VOCAB).usage
    assert usage == "stdin can be read only once.\n"


def test_a_vocabulary_is_needed() -> None:
    assert "Missing argument 'VOCAB'" in export().usage


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("好\n天\n", ": no [UNK] among its 2 tokens\nhint: a BERT vocabulary has a line [UNK]"),
        ("", ": an empty vocabulary\nhint: "),
        ("word\tcount\n天\t3\n", ":1: a table, not a vocabulary\nhint: "),
        ('{\n "version": "1.0"\n}\n', ":1: JSON, not a vocabulary\nhint: "),
        ("<unk>\n天\n", ": no [UNK] among its 2 tokens\nhint: it has <unk>: sed 's|"),
        (b"[UNK]\n\xcc\xec\n", ":2: not UTF-8: byte 0xcc"),
        (None, ": no such file"),
    ],
)
def test_what_is_no_vocabulary(content: str | bytes | None, problem: str) -> None:
    if content is not None:
        write("other.txt", content)
    done = export("other.txt", "-o", "made")
    assert done.error.startswith(f"Error: other.txt{problem}")
    assert done.out == ""
    assert not Path("made").exists()


def test_all_marks_are_tokens() -> None:
    write("other.txt", "[UNK]\n\u0483\n\u0484\n\u0485\n\u0486\n\u0487\n\u034f\n")
    assert export("other.txt", "--no-lower").error == (
        "Error: other.txt: has all of U+0487 U+0486 U+0485 U+0484 U+0483 U+034F in its tokens\n"
        "hint: two of them are needed to mark where pieces of words begin\n"
    )


def test_capitals_that_are_never_made() -> None:
    write("cased.txt", "[UNK]\n[CLS]\nNew\nnew\n##É\n")
    assert export("cased.txt", "-q", "-o", "new.json").ok().err == (
        "cased.txt: 2 of 5 tokens have capitals or accents, which --lower never makes: "
        "New, ##É (line 3, 5)\n"
    )
    assert export("cased.txt", "-q", "--no-lower", "-o", "new.json").ok().err == ""


def test_lines_that_other_readers_number_otherwise() -> None:
    for content, problem in (
        (f"{VOCAB}\n龘\n", f":{len(TINY) + 1}: an empty line"),
        (f"{VOCAB}今\n", ":6: listed again later"),
    ):
        write("odd.txt", content)
        done = export("odd.txt", "--to", "bert", "-o", "made")
        assert done.code == 1
        assert f"Error: odd.txt{problem}\nhint: readers of vocab.txt number" in done.err
        assert not Path("made").exists()
    write("odd.txt", "[UNK]\n")
    error = export("odd.txt", "--to", "bert", "-o", "made").error
    assert error == "Error: odd.txt: no [PAD], [CLS], [SEP], [MASK] in this vocabulary\n"


def test_places_that_cannot_be_written() -> None:
    write("file", "mine")
    assert export("vocab.txt", "-o", "file").error == (
        "Error: file: a file, not a folder\nhint: give another --output\n"
    )
    assert Path("file").read_text("utf-8") == "mine"
    assert export("vocab.txt", "-o", "file/made").error.startswith("Error: ")
    assert export("vocab.txt", "-o", "none/new.json").error.startswith("Error: ")
    missing = export("vocab.txt", "--weights", "nothing").error
    assert missing.startswith("Error: nothing: no such file\n")


@posix
def test_a_plain_locale_and_a_closed_pipe() -> None:
    write("词表.txt", VOCAB)
    done = shell("nlptools vocab export -q 词表.txt", **PLAIN_LOCALE).ok()
    assert json.loads(done.out) == json.loads(write_json(tokenizer_json(TINY)))
    write("large.txt", VOCAB + "".join(f"w{n}\n" for n in range(30_000)))
    done = shell("set -o pipefail; nlptools vocab export -q large.txt | head -n 1").ok()
    assert (done.out, done.err) == ("{\n", "")


def test_help() -> None:
    done = export("--help").ok()
    assert done.out.startswith("Usage: nlptools vocab export [OPTIONS] VOCAB\n")
    for option in ("--to", "--weights", "--fallback", "--lower / --no-lower", "-o, --output"):
        assert option in done.out
