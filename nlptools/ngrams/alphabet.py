"""Symbols that occur -> Alphabet: their canonical order, numbered from 1, packed; several -> their union, piece by piece.

A text of identifiers has millions of symbols. As Python strings, with a dict to find them, each takes 250 bytes; packed
it takes its own and one more. So alphabets that are only merged and saved are never unpacked as a whole.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nlptools.text import chars

_PIECE = 1 << 17  # bytes of an alphabet that are unpacked at a time
# Stands before every symbol but Han characters where symbols are compared, and so puts them behind; no text has it.
_BEHIND = "\U0010ffff"


def symbol_order(symbol: str) -> tuple[bool, str]:
    """Sort key of the canonical order: Han characters first, then runs, each by code point."""
    return not (len(symbol) == 1 and chars.is_han(symbol)), symbol


class Alphabet:
    """The symbols of a count, in canonical order; symbol i of `symbols` has id i + 1, a break is 0."""

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        """symbols: in canonical order."""
        names = tuple(symbols)
        self._size, self._text = len(names), pack(names)

    @classmethod
    def packed(cls, text: bytes, size: int) -> Alphabet:
        """text: as `text` gives it, of so many symbols."""
        made = cls()
        made._size, made._text = size, text
        return made

    def __repr__(self) -> str:
        return f"Alphabet({len(self):,} symbols)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alphabet) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        return self._size

    @property
    def text(self) -> bytes:
        """The symbols in UTF-8, surrogates too, a line feed between two."""
        return self._text

    @functools.cached_property
    def symbols(self) -> tuple[str, ...]:
        """All of them as strings, which are kept from then on."""
        return tuple(itertools.chain.from_iterable(self.pieces()))

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return dict(zip(self.symbols, range(1, len(self) + 1), strict=True))

    def ids(self, symbols: Iterable[str]) -> np.ndarray:
        """int64 ids, -1 for a symbol that never occurred."""
        return np.array([self._ids.get(symbol, -1) for symbol in symbols], np.int64)

    def pieces(self) -> Iterator[list[str]]:
        """The symbols, some thousands at a time; they are not kept."""
        start = 0
        while start < len(self._text):
            end = self._text.find(b"\n", start + _PIECE)
            end = len(self._text) if end < 0 else end
            yield self._text[start:end].decode("utf-8", "surrogatepass").split("\n")
            start = end + 1

    def in_order(self) -> bool:
        """Whether the symbols are in canonical order, each once."""
        last, size = "", 0
        for piece in self.pieces():
            keys = [last, *map(sort_key, piece)]
            if not all(piece) or not all(a < b for a, b in itertools.pairwise(keys)):
                return False
            last, size = keys[-1], size + len(piece)
        return size == len(self)


def pack(symbols: Sequence[str]) -> bytes:
    """As Alphabet.text."""
    return "\n".join(symbols).encode("utf-8", "surrogatepass")


def union(alphabets: Sequence[Alphabet]) -> tuple[Alphabet, list[np.ndarray]]:
    """(all symbols of several alphabets; for each of them the ids there of its symbols, uint32)."""
    if len(alphabets) == 1:
        return alphabets[0], [np.arange(1, len(alphabets[0]) + 1, dtype=np.uint32)]
    rest = [map(_comparable, alphabet.pieces()) for alphabet in alphabets]
    heads: list[list[str]] = [[] for _ in alphabets]
    ids: list[list[np.ndarray]] = [[np.zeros(0, np.uint32)] for _ in alphabets]
    texts: list[bytes] = []
    size = 0
    while True:
        heads = [head or next(more, []) for head, more in zip(heads, rest, strict=True)]
        there = [head for head in heads if head]
        if not there:
            break
        # What is not above the last of every piece stands in no later one.
        last = min(head[-1] for head in there)
        ends = [bisect.bisect_right(head, last) for head in heads]
        taken = [head[:end] for head, end in zip(heads, ends, strict=True)]
        heads = [head[end:] for head, end in zip(heads, ends, strict=True)]
        merged = sorted(set().union(*taken))
        numbers = dict(zip(merged, range(size + 1, size + len(merged) + 1), strict=True))
        for own, names in zip(ids, taken, strict=True):
            own.append(np.fromiter(map(numbers.__getitem__, names), np.uint32, len(names)))
        texts.append(pack([name.removeprefix(_BEHIND) for name in merged]))
        size += len(merged)
    return Alphabet.packed(b"\n".join(texts), size), [np.concatenate(own) for own in ids]


def _comparable(symbols: list[str]) -> list[str]:
    """Symbols in canonical order as strings that are in order."""
    first = bisect.bisect_left(symbols, True, key=lambda symbol: symbol_order(symbol)[0])
    return symbols[:first] + [_BEHIND + symbol for symbol in symbols[first:]]


def sort_key(symbol: str) -> str:
    """As symbol_order, as one string."""
    return symbol if len(symbol) == 1 and chars.is_han(symbol) else _BEHIND + symbol
