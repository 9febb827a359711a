"""tokenizer.json or vocab.txt -> the bytes of text that each token stands for, by id.

How byte tokens of SentencePiece are written: `byte_fallback` of github.com/huggingface/tokenizers, `<0xE5>`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from nlptools.errors import DataError
from nlptools.subwords.bytelevel import read
from nlptools.subwords.tokenizerjson import NAME, TokenizerJson, read_tokenizer_json
from nlptools.vocab.vocab import SPECIALS, load_vocab
from nlptools.vocab.wordpiece import CONTINUED

VOCAB = "vocab.txt"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_MOST = 1 << 24  # ids; Gemma 3 has 262,145
_BLANK = "\u2581"  # how SentencePiece writes a blank


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
        if tokenizer.byte_level:
            found[number] = read(token)
        elif tokenizer.kind == "WordPiece":
            found[number] = _of_wordpiece(token)
        else:
            found[number] = _of_sentencepiece(token)
    for token in tokenizer.contents.get("added_tokens") or []:
        special = token.get("special", False)
        found[token["id"]] = None if special else token["content"].encode("utf-8", "replace")
    return found


def _of_wordpiece(token: str) -> bytes:
    return token.removeprefix(CONTINUED).encode("utf-8", "replace")


def _of_sentencepiece(token: str) -> bytes:
    if byte := _BYTE.fullmatch(token):
        return bytes.fromhex(byte[1])
    return token.replace(_BLANK, " ").encode("utf-8", "replace")
