"""Text, output file, vocab.txt, how -> ids of the text's tokens by another tokenizer, line by line.

how: "bert4keras" (characters), "bert4keras+jieba" and "bert4keras+rjieba" (WoBERT; HMM off), "huggingface"
(BertWordPieceTokenizer of the package tokenizers), "flash" (flash-tokenizer). For bert4keras a fifth
argument names its folder: its tokenizers.py is loaded alone, because the package imports Keras.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import types
import unicodedata
from collections.abc import Callable
from pathlib import Path

Encode = Callable[[str], list[int]]


def main(text: str, output: str, vocab: str, how: str, folder: str = "") -> None:
    encode = _encoder(vocab, how, folder)
    with (
        open(text, encoding="utf-8", newline="\n") as source,
        open(output, "w", encoding="utf-8", newline="\n") as target,
    ):
        for line in source:
            target.write(" ".join(map(str, encode(line.rstrip("\n")))) + "\n")


def _encoder(vocab: str, how: str, folder: str) -> Encode:
    if how == "huggingface":
        from tokenizers import BertWordPieceTokenizer

        fast = BertWordPieceTokenizer(vocab, lowercase=True)
        return lambda line: fast.encode(line, add_special_tokens=False).ids
    if how == "flash":
        from flash_tokenizer import BertTokenizerFlash

        flash = BertTokenizerFlash(vocab, do_lower_case=True)
        return lambda line: flash.tokenizer.encode(line, "longest", -1)[1:-1]
    tokenizer = _bert4keras(folder).Tokenizer(
        vocab, do_lower_case=True, pre_tokenize=_words(how.partition("+")[2])
    )
    return lambda line: tokenizer.encode(line)[0][1:-1]


def _words(name: str) -> Callable[[str], list[str]] | None:
    if name == "jieba":
        import jieba

        jieba.setLogLevel(logging.WARNING)
        return lambda line: jieba.lcut(line, HMM=False)
    if name == "rjieba":
        import rjieba

        return lambda line: rjieba.cut(line, False)
    return None


def _bert4keras(folder: str) -> types.ModuleType:
    """Its module of tokenizers, with the few helpers that it takes from the rest of the package."""
    helpers = types.ModuleType("bert4keras.snippets")
    vars(helpers).update(
        is_string=lambda text: isinstance(text, str),
        is_py2=False,
        open=open,
        convert_to_unicode=str,
        truncate_sequences=None,
        lowercase_and_normalize=_folded,
    )
    sys.modules["bert4keras"] = types.ModuleType("bert4keras")
    sys.modules["bert4keras.snippets"] = helpers
    spec = importlib.util.spec_from_file_location(
        "bert4keras.tokenizers", Path(folder) / "tokenizers.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in text if unicodedata.category(c) != "Mn")


if __name__ == "__main__":
    main(*sys.argv[1:])
