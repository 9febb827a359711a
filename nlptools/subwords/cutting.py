"""A tokenizer.json -> where a line may be cut so that its parts, encoded each by itself, have the ids of the whole.

The proof. BPE makes no token but those of its vocabulary, so between two characters that stand beside each other in
no token nothing is ever merged, and the merges left and right of that place do not know of each other. What comes
before BPE must not look across the place either. Cuts lie beside a Han character, or before a blank; the patterns
below take a run of letters whole, with at most one sign before it, and begin anew after it, so they find the same
pieces in the parts, but for a sign that goes from the begin of one part to the end of the other, with which nothing
would be merged. A tokenizer with other steps is not cut at all.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlptools.subwords.surfaces import Surfaces
from nlptools.subwords.tokenizerjson import TokenizerJson, parts
from nlptools.text import chars

FIRST, LAST = (
    0x4E00,
    0x9FA5,
)  # letters of Unicode 1.1: every library takes them for such, no normal form changes them
HAN, _LETTER, _DIGIT, _SIGN, _BLANK = range(1, 6)
# Signs of ASCII but for the apostrophe of contractions, of Chinese, and their full width.
_SIGNS = (
    '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~“”‘’…—、。《》〈〉「」『』【】〔〕！（），．／：；？［］～％'
)
_SLOTS = 1 << 22  # of a table by a hash; two entries in one slot cost a cut, and nothing else
_PAIR, _END, _BEGIN, _BOTH = range(1, 5)  # what an entry is: see CutPlaces._fill
# Bytes of a character by the first four bits of its first one; 0: in its middle.
_SIZES = np.array([1] * 8 + [0] * 4 + [2, 2, 3, 4])
_BYTE_INSIDE = re.compile(r"<0x[0-9A-Fa-f]{2}>")
_FORMS = ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Prepend")

# Patterns that take a run of letters whole, with at most one sign before it and a contraction after it: GPT-2's own
# (ByteLevel with use_regex), Qwen's, Llama 3's, and the three of DeepSeek V3. Whether they do so beside letters of other
# scripts, too: GPT-4o's ends a run where a capital follows.
_WHOLE_RUNS = {
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": True,
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+": True,
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+": False,
    r"\p{N}{1,3}": True,
    "[一-龥\u3040-ゟ゠-ヿ]+": True,
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+": True,
}


class CutPlaces:
    """Where lines of one tokenizer may be cut. prefixed: whether a blank is put before what is encoded."""

    def __init__(
        self,
        surfaces: Surfaces,
        *,
        anywhere: bool,
        letters: bool,
        plain: bool,
        prefixed: bool,
        closing: Sequence[str] = (),
        opening: Sequence[str] = (),
    ) -> None:
        """anywhere: between Han characters that stand beside letters of other scripts, too; letters: beside those
        letters. plain: no normalizer changes signs and letters, but for NFC. closing: tokens after which there is no cut,
        as what follows them is changed; opening: those before which there is none.
        """
        self.prefixed = prefixed
        self._anywhere = anywhere
        allowed = {(HAN, HAN)}
        if plain:
            allowed |= {(HAN, _SIGN), (_SIGN, HAN), (HAN, _DIGIT), (_DIGIT, HAN)}
            if letters:
                allowed |= {(HAN, _LETTER), (_LETTER, HAN)}
            if not prefixed:
                allowed |= {(kind, _BLANK) for kind in (HAN, _SIGN, _DIGIT, _LETTER)}
        self._allowed = np.zeros(64, bool)
        self._allowed[[one << 3 | two for one, two in allowed]] = True
        self._held = np.zeros(_SLOTS, bool)
        self._closing, self._opening = np.zeros((2, 1 << 16), bool)
        self._closing[[min(ord(token[-1]), 0xFFFF) for token in closing if token]] = True
        self._opening[[min(ord(token[0]), 0xFFFF) for token in opening if token]] = True
        self._inside = self._fill(surfaces)  # whether a token begins or ends inside of a character

    def _fill(self, surfaces: Surfaces) -> bool:
        """Mark what stands beside each other in a token: characters, and the bytes of one that is not whole there."""
        flat = surfaces.flat
        count = len(flat)
        if not count:
            return False
        ends = np.repeat(surfaces.starts + surfaces.bytes, surfaces.bytes)
        left = ends - np.arange(count)  # bytes up to the end of the token
        size = _SIZES[flat >> 4]
        pad = np.pad(flat, (0, 3)).astype(np.int64)
        three = (pad[:-3] & 15) << 12 | (pad[1:-2] & 63) << 6 | pad[2:-1] & 63
        code = np.where(size == 1, flat, np.where(size == 3, three, 0xFFFF))
        whole = left >= size
        one = np.flatnonzero((size > 0) & (left > size))
        two = one + size[one]
        self._held[_slot(_PAIR, code[one], np.where(whole[two], code[two], 0xFFFF))] = True
        part = ~whole[two]
        self._held[_slot(_END, code[one[part]], flat[two[part]])] = True
        inside = bool(part.any())
        for start in surfaces.starts[surfaces.inner].tolist():
            place = start + 1
            while place < ends[start] and size[place] == 0:
                place += 1
            if place < ends[start]:
                inside = True
                kind, right = (_BEGIN, code[place]) if whole[place] else (_BOTH, flat[place])
                self._held[_slot(kind, flat[place - 1] & 63, right)] = True
        return inside

    def find(self, codes: np.ndarray) -> np.ndarray:
        """Places of a text (code points, as chars.code_points) before which it may be cut; rising."""
        kinds = _kinds()[np.minimum(codes, 0xFFFF)]
        gaps = self._allowed[kinds[:-1] << 3 | kinds[1:]]
        if self._closing.any():
            gaps &= ~self._closing[np.minimum(codes[:-1], 0xFFFF)]
        if self._opening.any():
            gaps &= ~self._opening[np.minimum(codes[1:], 0xFFFF)]
        if not self._anywhere:
            han = kinds == HAN
            gaps &= ~(han[:-1] & han[1:]) | _between(codes, han)[1:]
        at = np.flatnonzero(gaps)
        one, two = codes[at].astype(np.int64), codes[at + 1].astype(np.int64)
        held = self._held[_slot(_PAIR, one, two)]
        if self.prefixed:
            held |= self._held[_slot(_PAIR, 0x20, two)] | self._held[_slot(_END, 0x20, _lead(two))]
        if self._inside:
            held |= self._held[_slot(_END, one, _lead(two))]
            held |= self._held[_slot(_BEGIN, one & 63, two)]
            held |= self._held[_slot(_BOTH, one & 63, _lead(two))]
        return at[~held] + 1


def cut_places(file: TokenizerJson, surfaces: Surfaces) -> CutPlaces | None:
    """Where lines may be cut for a tokenizer; None where it is of another kind than those that are known."""
    model = file.model
    if file.kind != "BPE" or any(map(model.get, _CONTEXT)):
        return None
    if model.get("fuse_unk") and not _every_byte(file):
        return None
    if any(token.get("single_word") for token in file.contents.get("added_tokens") or []):
        return None
    normal, before = (parts(file.contents.get(n)) for n in ("normalizer", "pre_tokenizer"))
    if not all(map(_is_plain, normal)):
        return None
    found = [_takes_runs(step) for step in before]
    if None in found:
        return None
    prefixed = any(step["type"] == "Prepend" for step in normal) or any(map(_prepends, before))
    anywhere = all(found)
    added = file.contents.get("added_tokens") or []
    # A blank is put after an added token, too, and before the token itself: it is found where that blank stands. Some
    # take the white space that follows them.
    closing = [token["content"] for token in added if prefixed or token.get("rstrip")]
    return CutPlaces(
        surfaces,
        anywhere=anywhere,
        letters=anywhere and not model.get("ignore_merges"),
        plain=all(step["type"] in ("NFC", "Prepend") or _string(step) == " " for step in normal),
        prefixed=prefixed,
        closing=closing,
        opening=[token["content"] for token in added if prefixed],
    )


def taken_whole(surfaces: Surfaces) -> tuple[list[int], list[str]]:
    """The tokens, ids and texts, of which a part of a run may consist. With `ignore_merges` a piece that is a token is
    taken whole, whatever merges would make of it: where that is not the token, a part may become what it never is in the
    whole, which is no token.
    """
    numbers, texts = [], []
    for number, token in enumerate(surfaces.tokens):
        if not 0 < len(token) <= 200:
            continue
        text = token.decode("utf-8", "replace")
        if "\ufffd" not in text and (len(text) == 1 or any(FIRST <= ord(c) <= LAST for c in text)):
            numbers.append(number)
            texts.append(text)
    return numbers, texts


_CONTEXT = ("dropout", "continuing_subword_prefix", "end_of_word_suffix")


def _every_byte(file: TokenizerJson) -> bool:
    """Whether nothing is unknown: each byte has a token, and none that is longer has one in it."""
    if not file.model.get("byte_fallback"):
        return False
    named = [token for token in file.tokens if _BYTE_INSIDE.search(token)]
    return len(named) == 256 and all(map(_BYTE_INSIDE.fullmatch, named))


def _is_plain(step: dict[str, Any]) -> bool:
    """Whether a normalizer does nothing to Han characters, and does not look across two of them."""
    if step.get("type") == "Replace":
        return _string(step) is not None
    return step.get("type") in _FORMS


def _string(step: dict[str, Any]) -> str | None:
    """The string that a step looks for, without Han characters; None where it is another pattern."""
    pattern = step.get("pattern")
    text = pattern.get("String") if isinstance(pattern, dict) else None
    return text if isinstance(text, str) and text and not any(map(chars.is_han, text)) else None


def _takes_runs(step: dict[str, Any]) -> bool | None:
    """Whether a pre-tokenizer takes runs of Han characters whole beside letters, too; None: it is not known."""
    if step.get("type") == "ByteLevel":
        return None if step.get("add_prefix_space") else True
    if step.get("type") == "Metaspace":
        return True
    if step.get("type") != "Split":
        return None
    if _string(step) == " ":
        return True
    if step.get("behavior") != "Isolated" and not (
        step.get("behavior") == "Removed" and step.get("invert")
    ):
        return None
    pattern = step.get("pattern")
    return _WHOLE_RUNS.get(pattern.get("Regex", "")) if isinstance(pattern, dict) else None


def _prepends(step: dict[str, Any]) -> bool:
    if step.get("type") != "Metaspace":
        return False
    return (
        step.get("prepend_scheme", "always") != "never"
        and step.get("add_prefix_space") is not False
    )


def _slot(kind: int, one: Any, two: Any) -> np.ndarray:
    """A slot for each entry; 40503 is 2**16 over the golden ratio."""
    mixed = np.asarray(one, np.int64) * 40503 ^ np.asarray(two, np.int64) * 61 ^ kind << 18
    return (mixed ^ mixed >> 11) & _SLOTS - 1


def _lead(codes: np.ndarray) -> np.ndarray:
    """The first byte of each code point in UTF-8, of those that have three bytes; below 0x80 it is none of them."""
    return np.where(codes < 0x800, 0, 0xE0 | codes >> 12)


@functools.cache
def _kinds() -> np.ndarray:
    """HAN, _LETTER, _DIGIT, _SIGN, _BLANK or 0 for each code point of the first plane, uint8; the last one stands for all beyond."""
    kinds = np.zeros(1 << 16, np.uint8)
    kinds[FIRST : LAST + 1] = HAN
    kinds[[*range(0x41, 0x5B), *range(0x61, 0x7B)]] = _LETTER
    kinds[0x30:0x3A] = _DIGIT
    kinds[[*map(ord, _SIGNS)]] = _SIGN
    kinds[0x20] = _BLANK
    return kinds


def _between(codes: np.ndarray, han: np.ndarray) -> np.ndarray:
    """Whether each character is in a run of Han characters that stands between signs, digits and white space."""
    apart = _apart()[np.minimum(codes, 0xFFFF)] & (codes <= 0xFFFF)
    edge = np.flatnonzero(np.diff(han, prepend=False, append=False))
    starts, stops = edge[::2], edge[1::2]
    padded = np.concatenate([[True], apart, [True]])
    good = padded[starts] & padded[stops + 1]
    inside = np.zeros(len(codes), bool)
    inside[han] = np.repeat(good, stops - starts)
    return inside


@functools.cache
def _apart() -> np.ndarray:
    """Whether a code point of the first plane is surely no letter and no mark."""
    return np.array(
        [unicodedata.category(chr(code))[0] in "PSNZ" or code < 0x20 for code in range(1 << 16)]
    )
