"""tokenizer.json of Hugging Face -> TokenizerJson: its tokens, merges and ids, looked at without the library.

The form: github.com/huggingface/tokenizers, `Tokenizer.save`. What a file asks for is checked, never executed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nlptools.errors import QUOTED, DataError, cut, quoted
from nlptools.text.sources import reason
from nlptools.text.whole import read_whole

NAME = "tokenizer.json"
BLANK = "\u2581"  # what SentencePiece writes for a blank
_MOST = 1 << 28  # bytes; that of Gemma 3, with 262,144 tokens, has 33 MB
_IDS = 1 << 24  # the largest models have 262,144; there are tables with a row for each id
_SCORES = 1e9  # logarithms of probabilities
_HINT = "a tokenizer.json is what `Tokenizer.save` of Hugging Face's tokenizers writes"
_MODELS = ("BPE", "Unigram", "WordPiece", "WordLevel")


@dataclass(frozen=True)
class TokenizerJson:
    """A tokenizer.json. path: of the file; contents: its JSON, to be left as it is."""

    path: str
    contents: dict[str, Any]

    def __repr__(self) -> str:
        return f"TokenizerJson({self.path!r}, {self.kind}, {self.size:,} tokens)"

    @property
    def model(self) -> dict[str, Any]:
        """What the file says of its model, with the vocabulary."""
        return self.contents["model"]

    @property
    def kind(self) -> str:
        """BPE, Unigram, WordPiece or WordLevel."""
        return str(self.model["type"])

    @cached_property
    def byte_level(self) -> bool:
        """Whether tokens are written by bytelevel.py, as those of GPT-2, Llama 3 and Qwen."""
        steps = [
            *parts(self.contents.get("pre_tokenizer")),
            *parts(self.contents.get("normalizer")),
        ]
        return any(step.get("type") == "ByteLevel" for step in steps)

    @cached_property
    def tokens(self) -> dict[str, int]:
        """The tokens of the model with their ids; added tokens may be among them or not."""
        vocab = self.model["vocab"]
        if isinstance(vocab, dict):
            return dict(vocab)
        return {token: number for number, (token, _) in enumerate(vocab)}

    @cached_property
    def merges(self) -> list[tuple[str, str]]:
        """The merges of BPE in their order; [] of another model."""
        found = []
        for merge in self.model.get("merges") or []:
            one, two = merge.split(" ") if isinstance(merge, str) else merge
            found.append((one, two))
        return found

    @cached_property
    def added(self) -> dict[str, int]:
        """The added tokens (special ones, those of chats) with their ids."""
        return {token["content"]: token["id"] for token in self.contents.get("added_tokens") or []}

    @cached_property
    def size(self) -> int:
        """The largest id and one: as many rows the embeddings have at least."""
        return max([*self.tokens.values(), *self.added.values()]) + 1


def parts(step: Any) -> list[dict[str, Any]]:
    """The steps of a normalizer, pre-tokenizer or decoder, those inside a Sequence one by one; [] of null."""
    if not isinstance(step, dict):
        return []
    inner = next((step[key] for key in _SEQUENCES if isinstance(step.get(key), list)), None)
    if step.get("type") != "Sequence" or inner is None:
        return [step]
    return [found for one in inner for found in parts(one)]


_SEQUENCES = ("normalizers", "pretokenizers", "decoders", "processors")


def read_tokenizer_json(path: str | os.PathLike[str]) -> TokenizerJson:
    """Read a tokenizer.json, or the one in a folder; "-" is stdin. DataError, in one line, for anything else."""
    if Path(path).is_dir():
        path = Path(path) / NAME
    try:
        if os.fspath(path) == "-":
            data = read_whole(path).encode()
        else:
            with open(path, "rb") as file:
                data = file.read(_MOST + 1)
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None
    if len(data) > _MOST:
        raise DataError(path, None, f"not a {NAME}: more than {_MOST:,} bytes", _HINT)
    try:
        contents = json.loads(data)
    except (ValueError, RecursionError) as error:
        problem = f"not a {NAME}: no JSON: {cut(str(error), 2 * QUOTED)}"
        raise DataError(path, None, problem, _HINT) from None
    if problem := _problem(contents):
        raise DataError(path, None, f"not a {NAME}: {problem}", _HINT)
    return TokenizerJson(str(path), contents)


def _problem(contents: Any) -> str:
    """What is wrong with it; "" for nothing."""
    model = contents.get("model") if isinstance(contents, dict) else None
    if not isinstance(model, dict):
        return "no model"
    if "type" not in model and isinstance(model.get("merges"), list):
        model["type"] = "BPE"  # files of before 2021 do not say it
    if model.get("type") not in _MODELS:
        return f"a model of type {quoted(model.get('type'))}"
    vocab = model.get("vocab")
    if model["type"] == "Unigram":
        good = isinstance(vocab, list) and all(
            isinstance(row, list)
            and len(row) == 2
            and isinstance(row[0], str)
            and isinstance(row[1], int | float)
            and abs(row[1]) < _SCORES  # not NaN, either
            for row in vocab
        )
    else:
        good = isinstance(vocab, dict) and all(map(_is_id, vocab.values()))
    if not good or not vocab:
        return f"no vocabulary in its model, of strings with ids below {_IDS:,} or with scores"
    added = contents.get("added_tokens") or []
    if not isinstance(added, list) or not all(map(_is_added, added)):
        return f"added_tokens: not a list of tokens with ids below {_IDS:,}"
    merges = model.get("merges") or []
    if not isinstance(merges, list) or not all(map(_is_merge, merges)):
        return "merges: not a list of pairs"
    return ""


def _is_added(token: Any) -> bool:
    return (
        isinstance(token, dict)
        and isinstance(token.get("content"), str)
        and _is_id(token.get("id"))
    )


def _is_id(number: Any) -> bool:
    return type(number) is int and 0 <= number < _IDS


def _is_merge(merge: Any) -> bool:
    if isinstance(merge, str):
        return merge.count(" ") == 1
    return isinstance(merge, list) and len(merge) == 2 and all(isinstance(s, str) for s in merge)
