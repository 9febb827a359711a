"""The bytes of each token, of every kind of vocabulary: what a piece of a word covers of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlptools.errors import DataError
from nlptools.subwords.tokenbytes import token_bytes

SPECIAL = {"id": 5, "content": "<end>", "special": True}
ADDED = {"id": 4, "content": "中国", "special": False}


def put(model: dict[str, Any], **more: object) -> list[bytes | None]:
    contents = {"model": model, "added_tokens": [ADDED, SPECIAL], **more}
    Path("tokenizer.json").write_text(json.dumps(contents), "utf-8")
    return token_bytes(".")


def test_every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte-level BPE writes 中 (E4 B8 AD) as ä¸Ń, a blank as Ġ; SentencePiece a blank as U+2581. No token has id 3."""
    monkeypatch.chdir(tmp_path)
    rest = [None, "中国".encode(), None]
    bpe = {"type": "BPE", "vocab": {"ä¸Ń": 0, "Ġa": 1, "ä¸": 2}, "merges": []}
    steps = {"type": "Sequence", "pretokenizers": [{"type": "Split"}, {"type": "ByteLevel"}]}
    assert put(bpe, pre_tokenizer=steps) == ["中".encode(), b" a", b"\xe4\xb8", *rest]
    unigram = [["<0xE4>", 0.0], ["\u2581中", -1.0], ["a", -2.0]]
    model = {"type": "Unigram", "vocab": unigram, "byte_fallback": True}
    assert put(model) == [b"\xe4", " 中".encode(), b"a", *rest]
    assert put(model | {"byte_fallback": False})[0] == b"<0xE4>"
    pieces = {"type": "WordPiece", "vocab": {"中": 0, "##国": 1, "##ing": 2}}
    assert put(pieces) == ["中".encode(), "国".encode(), b"ing", *rest]
    with pytest.raises(DataError, match="with ids below 16,777,216"):
        put({"type": "WordPiece", "vocab": {"中": 10**12}})
    Path("tokenizer.json").unlink()
    Path("vocab.txt").write_text("[PAD]\n中\n##国\n", "utf-8")
    assert token_bytes(".") == token_bytes("vocab.txt") == [None, "中".encode(), "国".encode()]
    Path("vocab.txt").unlink()
    with pytest.raises(DataError, match=r"tokenizer\.json: no such file"):
        token_bytes(".")
