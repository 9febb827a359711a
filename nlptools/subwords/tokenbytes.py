"""tokenizer.json or vocab.txt -> the bytes of text that each token stands for, by id.

How byte tokens of SentencePiece are written: `byte_fallback` of github.com/huggingface/tokenizers, `<0xE5>`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from nlptools.errors import DataError
from nlptools.subwords.bytelevel import read
from nlptools.subwords.tokenizerjson import BLANK, NAME, TokenizerJson, read_tokenizer_json
from nlptools.vocab.vocab import SPECIALS, load_vocab
from nlptools.vocab.wordpiece import CONTINUED

VOCAB = "vocab.txt"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_MOST = 1 << 24  # ids; Gemma 3 has 262,145


def token_bytes(path: str | os.PathLike[str]) -> list[bytes | None]:
    """Of each id up to the largest: UTF-8, or a part of it; None for special tokens and ids without a token.

    path: a tokenizer.json, a vocab.txt, or a folder with one of them. DataError for what cannot be read.
    """
    path = Path(path)
    if path.is_dir() and not (path / NAME).exists() and (path / VOCAB).exists():
        path /= VOCAB
    if path.suffix == ".txt":
        tokens = load_vocab(path).tokens
        return [None if token in SPECIALS else _of_wordpiece(token) for token in tokens]
    return _of_json(read_tokenizer_json(path))


def _of_json(tokenizer: TokenizerJson) -> list[bytes | None]:
    if tokenizer.size > _MOST:
        raise DataError(tokenizer.path, None, f"an id of {tokenizer.size - 1:,}")
    found: list[bytes | None] = [None] * tokenizer.size
    for token, number in tokenizer.tokens.items():
        found[number] = surface(tokenizer, token)
    for token in tokenizer.contents.get("added_tokens") or []:
        special = token.get("special", False)
        found[token["id"]] = None if special else token["content"].encode("utf-8", "replace")
    return found


def surface(tokenizer: TokenizerJson, token: str) -> bytes | None:
    """The bytes that a token of the model stands for; None where byte-level BPE writes no bytes so."""
    if tokenizer.byte_level:
        return read(token)
    model = tokenizer.model
    prefix = model.get("continuing_subword_prefix")
    if prefix is None and tokenizer.kind == "WordPiece":
        prefix = CONTINUED
    bare = token.removeprefix(prefix or "").removesuffix(model.get("end_of_word_suffix") or "")
    return spaced(bare, bytes_too=bool(model.get("byte_fallback")))


def spaced(token: str, *, bytes_too: bool) -> bytes:
    """The bytes of a token in which U+2581 is a blank, and, with bytes_too, <0x0A> a byte."""
    if bytes_too and (byte := _BYTE.fullmatch(token)):
        return bytes.fromhex(byte[1])
    return token.replace(BLANK, " ").encode("utf-8", "replace")


def _of_wordpiece(token: str) -> bytes:
    return token.removeprefix(CONTINUED).encode("utf-8", "replace")
