"""tokenizer.json, read as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlptools.errors import DataError
from nlptools.subwords.tokenizerjson import read_tokenizer_json

BPE = {
    "added_tokens": [{"id": 9, "content": "<end>"}],
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [{"type": "Split"}, {"type": "ByteLevel"}],
    },
    "model": {
        "type": "BPE",
        "vocab": {"a": 0, "b": 1, "ab": 2},
        "merges": ["a b"],
    },
}


def saved(folder: Path, contents: Any) -> Path:
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(contents), encoding="utf-8")
    return path


def test_bpe(tmp_path: Path) -> None:
    path = saved(tmp_path, BPE)
    for given in (path, tmp_path):
        found = read_tokenizer_json(given)
        assert (found.kind, found.byte_level, found.size) == ("BPE", True, 10)
        assert found.tokens == {"a": 0, "b": 1, "ab": 2}
        assert found.merges == [("a", "b")]
        assert found.added == {"<end>": 9}
        assert found.contents == BPE


def test_merges_as_pairs_and_a_model_without_a_name(tmp_path: Path) -> None:
    model = {"vocab": {" ": 0, "b": 1, " b": 2}, "merges": [[" ", "b"]]}
    found = read_tokenizer_json(saved(tmp_path, {"model": model}))
    assert (found.kind, found.byte_level, found.added) == ("BPE", False, {})
    assert found.merges == [(" ", "b")]


def test_unigram(tmp_path: Path) -> None:
    model = {"type": "Unigram", "vocab": [["<unk>", 0], ["▁", -1.5], ["中", -2]]}
    found = read_tokenizer_json(saved(tmp_path, {"model": model}))
    assert found.tokens == {"<unk>": 0, "▁": 1, "中": 2}
    assert (found.merges, found.size) == ([], 3)


@pytest.mark.parametrize(
    ("contents", "problem"),
    [
        ([1], "no model"),
        ({"model": {"type": "Other", "vocab": {"a": 0}}}, "a model of type 'Other'"),
        ({"model": {"type": "BPE", "vocab": {}}}, "no vocabulary"),
        ({"model": {"type": "BPE", "vocab": {"a": -1}}}, "no vocabulary"),
        ({"model": {"type": "Unigram", "vocab": {"a": 0}}}, "no vocabulary"),
        ({"model": {"type": "Unigram", "vocab": [["a", -1e308]]}}, "no vocabulary"),
        ({"model": {"type": "Unigram", "vocab": [["a", float("nan")]]}}, "no vocabulary"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}, "merges"),
        ({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": 3}}, "merges"),
        ({"model": {"type": "BPE", "vocab": {"a": 0, "b": 10**12}}}, "ids below 16,777,216"),
        ({"model": BPE["model"], "added_tokens": [{"content": "x", "id": 1 << 31}]}, "ids below"),
        ({"model": BPE["model"], "added_tokens": [{"content": "x"}]}, "added_tokens"),
    ],
)
def test_what_is_no_tokenizer(tmp_path: Path, contents: Any, problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        read_tokenizer_json(saved(tmp_path, contents))


def test_no_json_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(b"{" * 100_000)
    with pytest.raises(DataError, match="no JSON"):
        read_tokenizer_json(path)
    with pytest.raises(DataError, match="no such file"):
        read_tokenizer_json(tmp_path / "nothing.json")
