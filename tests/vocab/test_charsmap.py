"""What a charsmap replaces, read again as SentencePiece reads it, and by Hugging Face."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.vocab.charsmap import charsmap, precompiled


def looked_up(data: bytes, key: bytes) -> str | None:
    """The replacement of the shortest beginning of the key, unit by unit (darts-clone)."""
    (size,) = struct.unpack_from("<I", data)
    units = struct.unpack_from(f"<{size // 4}I", data, 4)
    texts = data[4 + size :]

    def offset(unit: int) -> int:
        return (unit >> 10) << ((unit & 1 << 9) >> 6)

    place = offset(units[0])
    for byte in key:
        unit = units[place ^ byte]
        if unit & (1 << 31 | 0xFF) != byte:
            return None
        place ^= byte ^ offset(unit)
        if unit >> 8 & 1:
            begin = units[place] & (1 << 31) - 1
            return texts[begin : texts.index(0, begin)].decode()
    return None


KEYS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(KEYS.filter(lambda key: len(key.encode()) <= 4), st.text("#ab今"), max_size=40),
    KEYS,
)
def test_every_key_is_found_and_nothing_else(pairs: dict[str, str], other: str) -> None:
    closed = {key + "\x01": text for key, text in pairs.items() if "\x01" not in key}
    data = charsmap(closed)
    for key, text in closed.items():
        assert looked_up(data, key.encode()) == text
    beginnings = [key for key in closed if other.startswith(key)]
    assert looked_up(data, other.encode()) == (closed[beginnings[0]] if beginnings else None)


def test_places() -> None:
    """A string that becomes longer: all of it has the place of what it stands for."""
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    step = precompiled({"l\u0487": "##l", "\x01": ""})
    mark = {"type": "Replace", "pattern": {"Regex": "l\\K(?=y)"}, "content": "\u0487\x01"}
    pieces = [["[UNK]", -9.0], ["nice", -1.0], ["##ly", -1.0]]
    contents = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [mark, step]},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces},
    }
    found = tokenizers.Tokenizer.from_str(json.dumps(contents)).encode("nicely")
    assert (found.tokens, found.offsets) == (["nice", "##ly"], [(0, 4), (4, 6)])


@pytest.mark.parametrize("key", ["", "a\0", "今天"])
def test_what_cannot_be_replaced(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be replaced"):
        charsmap({key: "a"})
