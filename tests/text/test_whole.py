"""What is held whole is held within bounds: compression bombs as lists, models and vocabularies."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from commandline import run

from nlptools.errors import DataError
from nlptools.text import whole
from nlptools.text.decoding import decompress
from nlptools.text.whole import LONGEST_LINE, read_whole

COMMANDS = (
    "discover text --known {}",
    "discover text --accepted {}",
    "discover text --prior {}",
    "train text --prior {} -o out",
    "segment text --model {}",
    "report {} --corpus text -o out",
    "export {} --to jieba",
    "compare --lists {} text",
    "tokenize text --vocab {}",
    "tokenize text --vocab vocab.txt --weights {}",
    "vocab build {} -o out",
    "vocab export {}",
    "dim --vocab {}",
    "vectors check a.npy --words {}",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text("今天天气非常好。\n", encoding="utf-8")
    Path("vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n今\n", encoding="utf-8")
    np.save("a.npy", np.eye(5, dtype=np.float32))
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_of_many_megabytes(folder: Path, command: str) -> None:
    """20 kB, unpacked 20 MB without a line end."""
    Path("bomb").write_bytes(b"".join([gzip.compress(bytes(5_000_000))] * 4))
    error = run(*command.format("bomb").split()).error
    assert error.startswith("Error: bomb:1: a line of many megabytes\n")
    assert not Path("out").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_too_many_characters(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "MOST", 100_000)
    Path("bomb").write_bytes(gzip.compress("字\n".encode() * 150_000))
    error = run(*command.format("bomb").split()).error
    assert "bomb: more than 100,000 characters: too large to be held whole\nhint: " in error


def test_lists_in_json_lines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bomb.jsonl").write_bytes(gzip.compress(bytes(LONGEST_LINE + 1)))
    assert "a line of many megabytes" in run("export", "bomb.jsonl", "--to", "jieba").error
    monkeypatch.setattr(whole, "MOST", 10_000)
    Path("bomb.jsonl").write_bytes(gzip.compress('{"word": "今天"}\n'.encode() * 20_000))
    assert "more than 10,000 characters" in run("export", "bomb.jsonl", "--to", "jieba").error


def test_maps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlptools.vocab.map._MOST", 100)
    Path("map.json").write_bytes(b" " * 101)
    args = ("vocab", "init-embeddings", "a.npy", "--map", "map.json", "-o", "out.npy")
    assert "not a vocabulary map: more than 100 bytes" in run(*args).error


def test_texts_to_evaluate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "MOST", 100)
    Path("gold").write_text("今天 天气\n" * 100, encoding="utf-8")
    assert "gold: more than 100 characters" in run("evaluate", "gold", "gold").error


def test_lines_up_to_the_bound_are_read(folder: Path) -> None:
    Path("list").write_bytes(b"a" * LONGEST_LINE + b"\r\nb\rc")
    assert len(read_whole("list")) == LONGEST_LINE + 5
    Path("list").write_bytes(b"\n\n" + b"a" * (LONGEST_LINE + 1))
    with pytest.raises(DataError, match="list:3: a line of many megabytes"):
        read_whole("list")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_one_step_of_unpacking_is_bounded(pack: object) -> None:
    """However well it packs, a chunk of a file never becomes more than some 80 MB at a time."""
    assert callable(pack)
    data = pack(bytes(200_000_000))
    sizes = [len(chunk) for chunk in decompress(iter([data]), "bomb")]
    assert sum(sizes) == 200_000_000
    assert max(sizes) < 100_000_000
