"""The bytes of each token + lines cut into tokens -> the characters of its line that each token stands for.

Text and tokens are laid beside each other without white space and compared byte by byte, a block of lines at once.
Where they differ (a normalizer changed characters, a token is unknown) the line is named, for a slower way.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.text import chars

_BLANK = 0x20
_INNER, _INNER_MASK = 0x80, 0xC0  # of UTF-8: a byte that is not the first of its character
_PLANE = 0x10000
# The first bytes of the white space that is not ASCII: U+0085, U+1680, U+2000 and on, U+3000.
_SPACES_BEGIN = (b"\xc2", b"\xe1", b"\xe2", b"\xe3")


@dataclass(frozen=True)
class EncodedLines:
    """Lines as ids. ids: int32, of all lines, one after another; ends: int64, shape (lines,), how many ids there are
    up to the end of each line. spans: of the tokens, where they are known already; see `Encoder.spans`.
    """

    ids: np.ndarray
    ends: np.ndarray
    spans: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"EncodedLines({len(self.ids):,} tokens in {len(self.ends):,} lines)"

    @property
    def sizes(self) -> np.ndarray:
        """Tokens of each line, int64."""
        return np.diff(self.ends, prepend=0)

    def chosen(self, lines: np.ndarray) -> EncodedLines:
        """Some of the lines alone, by their numbers."""
        sizes = self.sizes[lines]
        return EncodedLines(self.ids[places(self.ends[lines] - sizes, sizes)], np.cumsum(sizes))


class Surfaces:
    """What tokens look like in text, by their ids.

    tokens: their bytes; bytes: int32, how many each has; characters: int32, those that begin in it; inner: whether its first byte is in
    the middle of a character; blank: whether nothing but white space is in it; strange: whether it stands for text
    that it does not say ([UNK]).
    """

    def __init__(self, tokens: Sequence[bytes], strange: Sequence[int] = ()) -> None:
        self.tokens = tokens
        self.flat = np.frombuffer(b"".join(tokens), np.uint8)
        self.bytes = np.fromiter(map(len, tokens), np.int32, len(tokens))
        self.starts = np.cumsum(self.bytes, dtype=np.int64) - self.bytes
        first = np.append((self.flat & _INNER_MASK) != _INNER, True)
        before = np.append(0, np.cumsum(first))
        self.characters = (before[self.starts + self.bytes] - before[self.starts]).astype(np.int32)
        self.inner = ~first[self.starts] & (self.bytes > 0)
        self.strange = np.zeros(len(tokens), bool)
        self.strange[list(strange)] = True
        self._bare: list[tuple[np.ndarray, np.ndarray, np.ndarray] | None] = [None, None]
        self.blank = np.fromiter(map(_is_blank, tokens), bool, len(tokens))

    def __len__(self) -> int:
        return len(self.bytes)

    def bare(self, every: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The tokens without blanks, or without white space of every kind: (bytes, where each begins, how many)."""
        found = self._bare[every]
        if found is None:
            tokens = [token.replace(b" ", b"") for token in self.tokens]
            if every:
                tokens = [_without_space(token) for token in tokens]
            sizes = np.fromiter(map(len, tokens), np.int64, len(tokens))
            found = (np.frombuffer(b"".join(tokens), np.uint8), np.cumsum(sizes) - sizes, sizes)
            self._bare[every] = found
        return found


def places(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """All places of spans, one span after another; int64."""
    before = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)


def lay(
    lines: Sequence[str], encoded: EncodedLines, surfaces: Surfaces
) -> tuple[np.ndarray, np.ndarray]:
    """(start and stop of each token in its line, in characters, int32, shape (tokens, 2); numbers of the lines whose
    tokens could not be laid out, whose spans are nothing).

    White space at the edges of a token is no part of its span; that of a token of white space alone is empty. A
    character that falls apart into several tokens belongs to the span of each.
    """
    spans = np.zeros((len(encoded), 2), np.int32)
    left = np.arange(len(lines))
    for every in (False, True):
        if not len(left):
            break
        some = encoded if len(left) == len(lines) else encoded.chosen(left)
        found, good = _laid([lines[n] for n in left.tolist()], some, surfaces, every)
        sizes = encoded.sizes
        if good.all() and len(left) == len(lines):
            return found, left[:0]
        to = left[good]
        rows = places(encoded.ends[to] - sizes[to], sizes[to])
        spans[rows] = found[np.repeat(good, some.sizes)]
        left = left[~good]
    return spans, left


def trimmed(text: str, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spans of a text without the white space at their edges; what is only white space becomes empty."""
    solid = ~_is_space()[np.minimum(chars.code_points(text), _PLANE - 1)]
    if solid.all() or not len(starts):
        return starts, stops
    count = len(solid)
    here = np.arange(count)
    after = np.append(np.minimum.accumulate(np.where(solid, here, count)[::-1])[::-1], count)
    before = np.append(-1, np.maximum.accumulate(np.where(solid, here, -1)))
    first, last = after[starts], before[stops] + 1
    empty = first >= last
    return np.where(empty, starts, first), np.where(empty, starts, last)


def _laid(
    lines: Sequence[str], encoded: EncodedLines, surfaces: Surfaces, every: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Spans, and which lines they are right for."""
    text = "".join(lines)
    codes = chars.code_points(text)
    ends = np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)))
    dropped = _is_dropped()[np.minimum(codes, _PLANE - 1)] if every else codes == _BLANK
    wide = 1 + (codes >= 0x80).astype(np.int8) + (codes >= 0x800) + (codes >= 0x10000)
    kept = np.flatnonzero(~dropped)
    character = np.repeat(kept, wide[kept])  # of each byte that is compared
    data = np.frombuffer(text.encode(), np.uint8)[np.repeat(~dropped, wide)]
    until = np.append(0, np.cumsum(np.where(dropped, 0, wide)))[
        ends
    ]  # bytes, to the end of each line
    flat, begins, sizes = surfaces.bare(every)
    size = sizes[encoded.ids]
    stop = np.append(0, np.cumsum(size))
    good = np.diff(until, prepend=0) == np.diff(stop[encoded.ends], prepend=0)
    strange = np.append(0, np.cumsum(surfaces.strange[encoded.ids]))[encoded.ends]
    good &= np.diff(strange, prepend=0) == 0
    if not good.all():
        spans = np.zeros((len(encoded), 2), np.int32)
        if good.any():
            chosen = np.flatnonzero(good)
            inner, right = _laid(
                [lines[n] for n in chosen.tolist()], encoded.chosen(chosen), surfaces, every
            )
            spans[np.repeat(good, encoded.sizes)] = inner
            good[chosen] = right
        return spans, good
    wrong = _folded()[flat[places(begins[encoded.ids], size)]] != _folded()[data]
    good[np.searchsorted(until, np.flatnonzero(wrong), side="right")] = False
    # Where nothing is left of a token its place is that of what follows.
    character = np.append(character, len(codes))
    starts, stops = character[stop[:-1]], character[np.maximum(stop[1:] - 1, 0)] + 1
    stops = np.where(size > 0, stops, starts)
    starts, stops = trimmed(text, starts, stops)
    before = np.repeat(np.append(0, ends[:-1]), encoded.sizes)
    length = np.repeat(ends, encoded.sizes) - before
    return np.stack(
        [np.clip(starts - before, 0, length), np.clip(stops - before, 0, length)], axis=1
    ).astype(np.int32), good


@functools.cache
def _is_space() -> np.ndarray:
    """Whether a code point of the first plane is white space."""
    return np.array([chr(code).isspace() for code in range(_PLANE)])


@functools.cache
def _is_dropped() -> np.ndarray:
    """White space and what BERT's normalizer leaves out: control characters, U+FFFD."""
    found = [unicodedata.category(chr(code)) in ("Cc", "Cf") for code in range(_PLANE)]
    dropped = np.array(found) | _is_space()
    dropped[0xFFFD] = True
    return dropped


@functools.cache
def _folded() -> np.ndarray:
    """Bytes with A to Z in small letters: a normalizer may do so, and it moves nothing."""
    table = np.arange(256, dtype=np.uint8)
    table[0x41:0x5B] += 0x20
    return table


def _is_blank(token: bytes) -> bool:
    if token[:1] in _SPACES_BEGIN:
        return token.decode("utf-8", "surrogateescape").isspace()
    return not token.strip()


def _without_space(token: bytes) -> bytes:
    if token.isalnum():  # ASCII
        return token
    text = token.decode("utf-8", "surrogateescape")
    dropped = _is_dropped()
    kept = "".join(c for c in text if ord(c) >= _PLANE or not dropped[ord(c)])
    return token if len(kept) == len(text) else kept.encode("utf-8", "surrogateescape")
