"""Short strings with what replaces them -> the charsmap of SentencePiece, and of Hugging Face's Precompiled normalizer.

A Replace gives all that it puts in the place of the last character it takes out. This normalizer, made for
SentencePiece, gives each new character the place of the old one it stands for, which keeps offsets right.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Any

# A unit of the double array (darts-clone): label in bits 0 to 7, whether a value follows in bit 8, offset from bit
# 10 on; a value has bit 31. Source: github.com/s-yata/darts-clone, spm_precompiled of Hugging Face.
_VALUE_FOLLOWS, _OFFSET_SHIFT, _IS_VALUE = 1 << 8, 10, 1 << 31
_BLOCK = 256  # units; whatever byte is looked up stays inside
_TRIES = 256
LONGEST = 5  # bytes of a string: longer clusters are looked at character by character


def charsmap(replacements: Mapping[str, str]) -> bytes:
    """The charsmap: wherever a key stands the replacement is put in. An empty one takes the key out.

    Keys must not begin with one another. Hugging Face looks up clusters of characters by their beginning, and takes
    nothing out where a text begins. Raises ValueError for a key that is empty or longer than LONGEST bytes, or has
    U+0000 in it.

    The form: size of the trie in bytes (uint32), the trie, the replacements, each ended by a zero byte; a value of
    the trie is the place of its replacement. SentencePiece wants a multiple of 1,024 bytes. Source: github.com/
    google/sentencepiece, src/normalizer.cc, DecodePrecompiledCharsMap.
    """
    texts, places, root = bytearray(), {}, _Node()
    for key, text in replacements.items():
        data = key.encode()
        if not 0 < len(data) <= LONGEST or "\0" in key + text:
            raise ValueError(f"cannot be replaced: {key!r}")
        node = root
        for byte in data:
            node = node.children.setdefault(byte, _Node())
        if text not in places:
            places[text] = len(texts)
            texts += text.encode() + b"\0"
        node.value = places[text]
    units = _double_array(root)
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + bytes(texts)


class _Node:
    def __init__(self) -> None:
        self.children: dict[int, _Node] = {}
        self.value: int | None = None


def _double_array(root: _Node) -> list[int]:
    """Each node has a base of its own; its child by byte b lies at base ^ b, its value at base itself."""
    units: dict[int, int] = {0: 0}
    bases: set[int] = set()
    waiting: list[tuple[int, _Node]] = [(0, root)]
    free, end = 1, _BLOCK  # of a block that no unit and no base lies in
    while waiting:
        place, node = waiting.pop()
        labels = [*node.children, *([] if node.value is None else [0])]
        if not labels:
            break  # nothing is replaced
        while free in units:
            free += 1
        # The base from which the first label falls on the first free unit, or one of the next ones; of nodes with
        # many children a new block is sooner found.
        for target in range(free, free + _TRIES):
            base = target ^ labels[0]
            if base not in bases and not any(base ^ b in units for b in labels):
                break
        else:
            base = end
            if len(labels) == 1:
                free += _TRIES  # nothing will fall there
        end = max(end, (base // _BLOCK + 1) * _BLOCK)
        bases.add(base)
        units[place] |= (place ^ base) << _OFFSET_SHIFT
        if node.value is not None:
            units[place] |= _VALUE_FOLLOWS
            units[base] = node.value | _IS_VALUE
        for byte, child in node.children.items():
            units[base ^ byte] = byte
            waiting.append((base ^ byte, child))
    size = (max(units) // _BLOCK + 1) * _BLOCK
    return [units.get(place, 0) for place in range(size)]


def precompiled(replacements: Mapping[str, str]) -> dict[str, Any]:
    """The normalizer of tokenizer.json that makes the replacements."""
    encoded = base64.b64encode(charsmap(replacements)).decode("ascii")
    return {"type": "Precompiled", "precompiled_charsmap": encoded}
