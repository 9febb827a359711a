"""TokenizerJson and words -> the tokens each word is made of; text -> how often each word is found in it.

The library's tokenizer does the work, so that what is counted is what will be.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlptools.subwords.additions import with_words
from nlptools.subwords.encoders import HuggingFaceEncoder
from nlptools.subwords.tokenizerjson import BLANK, TokenizerJson, parts


class JsonEncoder(HuggingFaceEncoder):
    """A tokenizer.json with what it makes of single words, and of ids."""

    def __init__(self, file: TokenizerJson) -> None:
        super().__init__(file, json.dumps(file.contents))
        self.file = file
        steps = [
            *parts(file.contents.get("normalizer")),
            *parts(file.contents.get("pre_tokenizer")),
        ]
        # Whether a blank is put before a text: it is no part of a word.
        self._blank_first = any(step.get("type") in ("Prepend", "Metaspace") for step in steps)
        # Asked for once: each time the library wraps them anew.
        self._normalizer, self._splitter = self.tokenizer.normalizer, self.tokenizer.pre_tokenizer
        self._model = self.tokenizer.model

    def normalized(self, word: str) -> str:
        """A word as the model sees it; "" where nothing is left."""
        found = word
        if self._normalizer is not None:
            found = self._normalizer.normalize_str(word)
        return self._bare(found, word)

    def _bare(self, text: str, word: str) -> str:
        return text.removeprefix(BLANK) if self._blank_first and word[:1] != BLANK else text

    def pieces(self, word: str) -> tuple[int, ...]:
        """The ids of a word, in the middle of a text: without a blank before it, and without added tokens."""
        text = self.normalized(word)
        splits = [text]
        if self._splitter is not None:
            splits = [split for split, _ in self._splitter.pre_tokenize_str(text)]
        if splits:
            splits[0] = self._bare(splits[0], word)
        return tuple(token.id for split in splits for token in self._model.tokenize(split))

    def decode(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """The text of each row of ids."""
        found: list[str] = self.tokenizer.decode_batch(list(rows), skip_special_tokens=False)
        return found


class AddedWordFinder:
    """How often words are found as added tokens: the longest of those that begin leftmost."""

    def __init__(self, file: TokenizerJson, words: Sequence[str]) -> None:
        """file: whose normalizer the text goes through, and whose added tokens are found first."""
        model = {"type": "WordLevel", "vocab": {"": 0}, "unk_token": ""}
        bare: dict[str, Any] = {
            key: file.contents.get(key) for key in ("version", "added_tokens", "normalizer")
        }
        # The library passes over an added token without any text, which would be the unknown one here.
        tokens = [token for token in bare["added_tokens"] or [] if token["content"]]
        others = [dict(token, id=number) for number, token in enumerate(tokens, 1)]
        empty = TokenizerJson(file.path, bare | {"model": model, "added_tokens": others})
        self._first, self._size = empty.size, len(words)
        self._encoder = JsonEncoder(TokenizerJson(file.path, with_words(empty, words)))

    def count(self, texts: Sequence[str]) -> np.ndarray:
        """Occurrences of each word in some texts; int64."""
        ids = self._encoder.encode(texts).ids
        return np.bincount(ids[ids >= self._first] - self._first, minlength=self._size)

    def places(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(the word's number, (text, start, stop) in characters) of each occurrence; int64."""
        rows = [
            (token - self._first, number, *span)
            for number, one in enumerate(self._encoder.with_offsets(texts))
            for token, span in zip(one.ids, one.offsets, strict=True)
            if token >= self._first
        ]
        found = np.array(rows, np.int64).reshape(-1, 4)
        return found[:, 0], found[:, 1:]

    def lines(self, texts: Sequence[str]) -> np.ndarray:
        """How many words are found in each text; int64."""
        encoded = self._encoder.encode(texts)
        found = np.append(0, np.cumsum(encoded.ids >= self._first))
        ends = encoded.ends
        return found[ends] - found[ends - encoded.sizes]
