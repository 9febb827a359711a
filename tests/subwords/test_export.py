"""The function of `vocab export`: a vocabulary or a tokenizer.json -> files of each kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokencases import TINY

import nlptools
from nlptools.subwords.bytelevel import CHARACTERS
from nlptools.subwords.export import TARGETS, exported_files
from nlptools.subwords.tokenizerjson import read_tokenizer_json
from nlptools.vocab.huggingface import tokenizer_files
from nlptools.vocab.sentencepiece import sentencepiece_files


def test_vocabularies(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("".join(TINY.lines()), "utf-8")
    for to in ("tokenizers", "bert", "roformer"):
        assert exported_files(TINY, to=to) == tokenizer_files(TINY, to=to)
        assert exported_files(path, to=to) == tokenizer_files(TINY, to=to)
    assert exported_files(path) == exported_files(TINY, to="fast") == tokenizer_files(TINY)
    made = exported_files(path, to="sentencepiece", fallback="byte", lower=False)
    assert made == sentencepiece_files(TINY, fallback="byte", lower=False)
    assert nlptools.vocab_export is exported_files
    words = tmp_path / "words.tsv"
    words.write_text("word\tcount\n今天\t30\n", "utf-8")
    assert exported_files(path, weights=words) == tokenizer_files(TINY, weights={"今天": 30.0})


def test_tokenizers(tmp_path: Path) -> None:
    level = {"type": "ByteLevel", "add_prefix_space": False}
    model = {"type": "BPE", "vocab": {t: n for n, t in enumerate(CHARACTERS)}, "merges": []}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"pre_tokenizer": level, "model": model}), "utf-8")
    made = exported_files(tmp_path, to="tiktoken")
    assert list(made) == ["tokenizer.tiktoken", "tokenizer.tiktoken.json"]
    loaded = read_tokenizer_json(path)
    assert exported_files(loaded, to="tiktoken") == made
    assert list(exported_files(path, to="tiktoken", name="a")) == ["a", "a.json"]
    with pytest.raises(ValueError, match=r'"bert" is for a vocabulary, not for a tokenizer.json'):
        exported_files(loaded, to="bert")
    with pytest.raises(ValueError, match=r'"tiktoken" is for a tokenizer.json of byte-level BPE'):
        exported_files(TINY, to="tiktoken")


def test_others() -> None:
    with pytest.raises(ValueError, match=f"to must be one of {', '.join(TARGETS)}, not 'gpt'"):
        exported_files(TINY, to="gpt")
