"""Map of vocabularies (.json) <-> VocabMap: which tokens of a base vocabulary are kept, what new words are made of."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.outputs import whole_file
from nlptools.errors import QUOTED, DataError, cut, quoted
from nlptools.text.sources import reason

KIND = "vocabulary map"
VERSION = 2
_PLAIN = (
    1  # the version that knew nothing of extensions: what has no `extends` is still written as such
)

_KEYS = ("base_size", "unknown", "keep_tokens", "compound_tokens", "words")
_HINT = "it is written together with the vocabulary, by nlptools vocab build"
_MOST = 1 << 26  # bytes; a map of a million words has 20 MB
_NO_WORD = "\t\n\r"  # a vocabulary has a token in each line


@dataclass(frozen=True)
class VocabMap:
    """A base vocabulary of base_size tokens -> one of len(keep) kept tokens, then len(words) new ones.

    keep: int64, shape (k,), base ids in the order of their new ids. words: the new tokens. pieces: int64, what
    the words are made of, one word after the other, as ids in the new vocabulary, all below k. offsets: int64,
    shape (len(words) + 1,), where the pieces of each word begin. weights: float64, of the pieces; None: all alike.
    unknown: the base id of [UNK]; None: there is no such token. extends: new tokens were appended to the tokenizer of
    a generative model (vocab extend), so keep is every base id in order. ValueError for anything else.
    """

    base_size: int
    unknown: int | None
    keep: np.ndarray
    pieces: np.ndarray
    offsets: np.ndarray
    words: tuple[str, ...]
    weights: np.ndarray | None = None
    extends: bool = False

    def __post_init__(self) -> None:
        if self.base_size < 1:
            raise ValueError(f"base_size must be at least 1, not {self.base_size}")
        if self.unknown is not None and not 0 <= self.unknown < self.base_size:
            raise ValueError(f"unknown: no id {self.unknown} among {self.base_size:,} base tokens")
        if not len(self.keep):
            raise ValueError("keep_tokens: no token is kept")
        bad = _first((self.keep < 0) | (self.keep >= self.base_size))
        if bad is not None:
            what = f"no id {self.keep[bad]} among {self.base_size:,} base tokens"
            raise ValueError(f"keep_tokens[{bad}]: {what}")
        if self.extends and not np.array_equal(self.keep, np.arange(self.base_size)):
            raise ValueError("extends: keep_tokens must be all base tokens, in their order")
        self._check_words()
        bad = _first((self.pieces < 0) | (self.pieces >= len(self.keep)))
        if bad is not None:
            what = f"no id {self.pieces[bad]} among {len(self.keep):,} kept tokens"
            raise ValueError(f"{self._named(bad)}: {what}")
        if self.weights is not None:
            self._check_weights(self.weights)

    def _check_words(self) -> None:
        if len(self.offsets) != len(self.words) + 1:
            problem = f"{len(self.words):,} words for {len(self.offsets) - 1:,} compound_tokens"
            raise ValueError(problem)
        lengths = np.diff(self.offsets)
        bad = _first(lengths < 1)
        if bad is not None:
            raise ValueError(f"compound_tokens[{bad}] ({cut(self.words[bad])}): no ids")
        if self.offsets[0] != 0 or self.offsets[-1] != len(self.pieces):
            raise ValueError("offsets must begin with 0 and end with the number of pieces")
        for i, word in enumerate(self.words):
            if not word or any(sign in word for sign in _NO_WORD) or not _encodes(word):
                raise ValueError(f"words[{i}]: no token of a vocabulary: {quoted(word)}")

    def _check_weights(self, weights: np.ndarray) -> None:
        if weights.shape != self.pieces.shape:
            raise ValueError("weights must be as many as pieces")
        bad = _first(~(np.isfinite(weights) & (weights >= 0)))
        if bad is not None:
            raise ValueError(f"{self._named(bad)}: a weight of {weights[bad]:g}")
        if self.words:
            empty = _first(np.add.reduceat(weights, self.offsets[:-1]) <= 0)
            if empty is not None:
                raise ValueError(f"{self._named(int(self.offsets[empty]))}: all weights are 0")

    def _named(self, piece: int) -> str:
        word = int(np.searchsorted(self.offsets, piece, "right")) - 1
        return f"compound_tokens[{word}] ({cut(self.words[word])})"

    def __len__(self) -> int:
        """Tokens of the new vocabulary."""
        return len(self.keep) + len(self.words)

    @classmethod
    def of(
        cls,
        keep_tokens: Sequence[int],
        compound_tokens: Sequence[Any],
        words: Sequence[str],
        *,
        base_size: int,
        unknown: int | None,
        extends: bool = False,
    ) -> VocabMap:
        """From what bert4keras takes: for each new word a list of ids, or a pair of ids and weights.

        Ids in compound_tokens are those after the selection by keep_tokens. ValueError for what is no such map.
        """
        ids, weights = [], []
        for i, item in enumerate(compound_tokens):
            try:
                one, theirs = _compound(item)
            except (TypeError, ValueError, OverflowError):
                name = f" ({cut(words[i])})" if i < len(words) else ""
                problem = "neither a list of ids nor a pair of ids and weights"
                raise ValueError(f"compound_tokens[{i}]{name}: {problem}") from None
            ids.append(one)
            weights.append(theirs)
        lengths = [0, *map(len, ids)]
        flat = list(itertools.chain.from_iterable(weights))
        if not all(map(_is_id, keep_tokens)):
            raise ValueError("keep_tokens: not a list of ids")
        return cls(
            base_size,
            unknown,
            np.array(keep_tokens, np.int64),
            np.array(list(itertools.chain.from_iterable(ids)), np.int64),
            np.cumsum(lengths, dtype=np.int64),
            tuple(words),
            None if all(weight == 1 for weight in flat) else np.array(flat, np.float64),
            extends,
        )

    def compound_tokens(self) -> list[Any]:
        """For build_transformer_model of bert4keras: lists of ids; (ids, weights) for a word with weights."""
        places = itertools.pairwise(self.offsets.tolist())
        if self.weights is None:
            return [self.pieces[start:stop].tolist() for start, stop in places]
        pairs = [
            (self.pieces[start:stop].tolist(), self.weights[start:stop].tolist())
            for start, stop in places
        ]
        return [ids if set(weights) == {1} else (ids, weights) for ids, weights in pairs]


def _first(bad: np.ndarray) -> int | None:
    return int(bad.argmax()) if bad.any() else None


def _encodes(word: str) -> bool:
    try:
        return bool(word.encode())
    except UnicodeError:
        return False


def _is_id(number: Any) -> bool:
    return type(number) in (int, np.int32, np.int64) and -(1 << 62) < number < 1 << 62


def _compound(item: Any) -> tuple[list[int], list[float]]:
    """Ids and weights; TypeError or ValueError for anything else."""
    ids, weights = item, None
    if len(item) == 2 and not any(map(_is_id, item)):
        ids, weights = item
        if len(ids) != len(weights):
            raise ValueError
        if not all(type(weight) in (int, float, np.float64) for weight in weights):
            raise TypeError
    if not all(map(_is_id, ids)) or isinstance(item, str | dict):
        raise TypeError
    return list(ids), [1.0] * len(ids) if weights is None else list(map(float, weights))


def read_map(path: str | os.PathLike[str]) -> VocabMap:
    """Read what `write_map` wrote. DataError for anything else, in one line; the file is parsed, never executed."""
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST + 1)
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None
    if len(data) > _MOST:
        raise DataError(path, None, f"not a {KIND}: more than {_MOST:,} bytes", _HINT)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        problem = f"not a {KIND}: no JSON: {cut(str(error), 2 * QUOTED)}"
        raise DataError(path, None, problem, _HINT) from None
    if not isinstance(found, dict) or found.get("nlptools") != KIND:
        raise DataError(path, None, f'not a {KIND}: no "nlptools": "{KIND}"', _HINT)
    version = found.get("version")
    if type(version) is int and version > VERSION:
        problem = f"{KIND} version {version}; this version reads up to {VERSION}"
        raise DataError(path, None, problem, "update nlptools")
    try:
        if version not in (_PLAIN, VERSION) or type(version) is not int:
            raise ValueError(f"version {quoted(version)}")
        return _parsed(found)
    except ValueError as error:
        raise DataError(path, None, f"a damaged {KIND}: {error}", _HINT) from None


def _parsed(found: dict[str, Any]) -> VocabMap:
    for key in _KEYS:
        if key not in found:
            raise ValueError(f"no {key}")
    size, unknown, keep, compounds, words = (found[key] for key in _KEYS)
    if not _is_id(size) or not (unknown is None or _is_id(unknown)):
        raise ValueError("base_size and unknown: not whole numbers")
    for key in _KEYS[2:]:
        if not isinstance(found[key], list):
            raise ValueError(f"{key}: not a list")
    if not all(isinstance(word, str) for word in words):
        raise ValueError("words: not a list of strings")
    if len(words) != len(compounds):
        raise ValueError(f"{len(words):,} words for {len(compounds):,} compound_tokens")
    extends = found.get("extends", False)
    if type(extends) is not bool:
        raise ValueError("extends: neither true nor false")
    return VocabMap.of(keep, compounds, words, base_size=size, unknown=unknown, extends=extends)


def map_pieces(vocab_map: VocabMap) -> Iterator[str]:
    """The JSON of a map, a key in each line."""
    values = {
        "nlptools": KIND,
        # An nlptools that knows only the first version would make other rows of an extension, and not say so.
        "version": VERSION if vocab_map.extends else _PLAIN,
        **({"extends": True} if vocab_map.extends else {}),
        "base_size": vocab_map.base_size,
        "unknown": vocab_map.unknown,
        "keep_tokens": vocab_map.keep.tolist(),
        "compound_tokens": vocab_map.compound_tokens(),
        "words": vocab_map.words,
    }
    before = "{\n"
    for name, value in values.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        yield f"{before}{json.dumps(name)}: {text}"
        before = ",\n"
    yield "\n}\n"


def write_map(vocab_map: VocabMap, path: str | os.PathLike[str]) -> None:
    """Write a map; the same bytes for the same map."""
    with whole_file(path) as stream:
        for piece in map_pieces(vocab_map):
            stream.write(piece.encode())
