"""Bytes and the characters that byte-level BPE writes for them."""

from __future__ import annotations

import pytest

from nlptools.subwords.bytelevel import CHARACTERS, read, written


def test_as_gpt2_writes_them() -> None:
    # 中 is E4 B8 AD. AD does not print: it is the last of the 68 that are written from U+0100 on.
    assert written(b"a b\n") == "aĠbĊ"
    assert written("中".encode()) == "ä¸Ń"
    assert len(set(CHARACTERS)) == 256
    assert read(written(bytes(range(256)))) == bytes(range(256))


@pytest.mark.parametrize("token", ["a b", "中", "\n"])
def test_what_no_byte_writes(token: str) -> None:
    assert read(token) is None
