"""Texts of documents -> what tells garbage from text without a model: share of Han, what is repeated inside; hashes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

import numpy as np

from nlptools.text import chars
from nlptools.text.longtexts import LongText, slices

# A stretch of so many characters that stood in the document before is a repetition. MassiveText (Rae et al. 2021,
# arXiv:2112.11446, table A1) looks at 5 to 10 English words, which are 8 to 16 characters of Chinese.
REPEATED = 10
MOST = 1_000_000  # characters of a document that are looked at: ten arrays of its length are made
_HASHED = 1 << 17  # stretches that are hashed at a time
_HAN = 2
_ODD = np.uint64(0x9E3779B97F4A7C15)


@functools.cache
def _kinds() -> np.ndarray:
    """Code point below 0x10000 -> 0 white space or invisible, 1 visible, 2 Han; uint8."""
    table = np.ones(0x10000, np.uint8)
    table[chars.CLASS_TABLE == chars.HAN] = _HAN
    table[:0x21] = 0
    table[[ord(space) for space in chars.SPACES]] = 0
    for first, last in chars.INVISIBLE_RANGES:
        table[first : last + 1] = 0
    return table


def _kinds_of(codes: np.ndarray) -> np.ndarray:
    kinds = np.take(_kinds(), np.minimum(codes, 0xFFFF))
    wide = np.flatnonzero(codes > 0xFFFF)
    if len(wide):
        kinds[wide] = np.where(chars.classes(codes[wide]) == chars.HAN, _HAN, 1)
        for first, last in chars.INVISIBLE_RANGES:
            kinds[wide[(codes[wide] >= first) & (codes[wide] <= last)]] = 0
    return kinds


MEASURES = ("han", "repeated", "repeated_lines")


def measure(
    documents: Sequence[str | LongText], names: Sequence[str] = MEASURES
) -> dict[str, np.ndarray]:
    """Shares in [0, 1] of each text, float64, 0 for a text without visible characters; names: of MEASURES.

    han: Han among the visible characters. repeated: visible characters in a stretch of ten that the text had before;
    white space and line ends are left out first, what overlaps counts once, the first occurrence not at all: the rule
    of MassiveText for duplicate n-grams (see REPEATED). repeated_lines: characters, blanks around lines left out, in
    lines that the text had before; its rule for duplicate lines, with the limit .2. Of a text of more than a million
    characters the first million is measured.
    """
    texts = [str(text) if len(text) <= MOST else text[:MOST] for text in documents]
    found: dict[str, np.ndarray] = {}
    if "han" in names or "repeated" in names:
        seen, codes, kinds = _visible(texts)
        visible = np.maximum(np.bincount(seen, minlength=len(texts)), 1)
        if "han" in names:
            found["han"] = np.bincount(seen[kinds == _HAN], minlength=len(texts)) / visible
        if "repeated" in names:
            found["repeated"] = _repeated(seen, codes, len(texts)) / visible
    if "repeated_lines" in names:
        found["repeated_lines"] = np.fromiter(map(_repeated_lines, texts), np.float64, len(texts))
    return found


def _visible(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(text of, code point, kind) of each visible character of all texts."""
    codes = chars.code_points("".join(texts))
    kinds = _kinds_of(codes)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    seen = np.repeat(np.arange(len(texts), dtype=np.int32), sizes)
    shown = kinds > 0
    return seen[shown], codes[shown], kinds[shown]


def _repeated(seen: np.ndarray, codes: np.ndarray, size: int) -> np.ndarray:
    """How many visible characters of each text are repeated. seen: the text of each code point."""
    number = len(codes) - REPEATED + 1
    if number < 1:
        return np.zeros(size)
    keys = np.empty(number, np.uint64)
    for start in range(0, number, _HASHED):
        part = _hashes(codes[start : start + _HASHED + REPEATED - 1])
        keys[start : start + len(part)] = part
    keys ^= seen[:number].astype(np.uint64) * _ODD
    inside = np.flatnonzero(seen[:number] == seen[REPEATED - 1 :]).astype(np.int32)
    if len(inside) < number:
        keys = keys[inside]
    order = np.argsort(keys, kind="stable")
    same = np.zeros(len(order), bool)
    for start in range(0, len(order), _HASHED):
        part = keys[order[start : start + _HASHED + 1]]
        same[start + 1 : start + len(part)] = part[1:] == part[:-1]
    again = inside[order[same]]
    del keys, order, inside
    edges = np.zeros(len(codes) + 1, np.int32)
    edges[again] += 1  # each place is there once
    edges[again + REPEATED] -= 1
    np.cumsum(edges, out=edges)
    return np.bincount(seen[edges[:-1] > 0], minlength=size)


def _hashes(codes: np.ndarray) -> np.ndarray:
    """A number of 64 bits for each ten codes in a row; equal ones for equal codes."""
    two = codes[1:].astype(np.uint64)
    two += np.uint64(0x632BE59BD9B4E019)
    two ^= codes[:-1] * _ODD  # as uint64
    two ^= two >> np.uint64(29)
    four = _joined(two, two, 2)
    four = _joined(four, four, 4)  # eight
    return _joined(four, two, 8)


def _joined(first: np.ndarray, second: np.ndarray, apart: int) -> np.ndarray:
    size = min(len(first), len(second) - apart)
    made = first[:size] * np.uint64(0xBF58476D1CE4E5B9)
    made += second[apart : apart + size]
    made ^= made >> np.uint64(31)
    made *= np.uint64(0x94D049BB133111EB)
    made ^= made >> np.uint64(29)
    return made


def _repeated_lines(text: str) -> float:
    if "\n" not in text:
        return 0.0
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    total = sum(map(len, lines))
    return (total - sum(map(len, set(lines)))) / total if total else 0.0


def hashes_of(texts: Sequence[str | LongText]) -> np.ndarray:
    """BLAKE2b of the UTF-8 of each text, 128 bits: uint64, two numbers each."""
    return np.frombuffer(b"".join(map(_digest, texts)), "<u8").reshape(-1, 2)


def _digest(text: str | LongText) -> bytes:
    if isinstance(text, str):
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    made = hashlib.blake2b(digest_size=16)
    for part in slices(text):
        made.update(part.encode("utf-8", "surrogatepass"))
    return made.digest()
