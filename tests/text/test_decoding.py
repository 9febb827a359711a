"""Encodings that a file is not in: one line with a hint that works, whatever the codec raises."""

from __future__ import annotations

import encodings.aliases
import random
from pathlib import Path

import pytest

from nlptools.errors import NlptoolsError
from nlptools.text.corpus import ON_ERROR, Corpus

TEXT = "我们的国家有一个大的标准。\n"


def read(path: Path, encoding: str, on_error: str = "strict", size: int = 1 << 20) -> str:
    corpus = Corpus([path], encoding=encoding, on_error=on_error, block_size=size)
    return "".join(block.text for block in corpus.blocks())


@pytest.mark.parametrize("on_error", ON_ERROR)
@pytest.mark.parametrize("named", ["utf-16", "utf-32"])
@pytest.mark.parametrize("real", ["utf-16-le", "utf-16-be", "utf-8", "gb18030"])
def test_no_byte_order_mark(tmp_path: Path, real: str, named: str, on_error: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode(real))
    with pytest.raises(NlptoolsError) as caught:
        read(path, named, on_error)
    problem = f"{path}: not {named.upper()}: there is no byte order mark at its beginning"
    assert (str(caught.value), caught.value.hint) == (problem, f"try --encoding {real}")
    assert read(path, real) == TEXT


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_no_mark_is_needed_in_an_empty_file(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(b"")
    assert read(path, encoding) == ""
    path.write_bytes(TEXT.encode(encoding))
    assert read(path, encoding) == TEXT
    path.write_bytes(b"plain ASCII\n")
    with pytest.raises(NlptoolsError) as caught:
        read(path, encoding)
    assert caught.value.hint == "try --encoding utf-8"


@pytest.mark.parametrize("on_error", ["replace", "skip"])
@pytest.mark.parametrize("encoding", ["idna", "punycode"])
def test_codecs_that_know_no_replacement(tmp_path: Path, encoding: str, on_error: str) -> None:
    path = tmp_path / "text"
    path.write_bytes(TEXT.encode())
    with pytest.raises(NlptoolsError, match=f"text:1: cannot be read as {encoding.upper()}: "):
        read(path, encoding, on_error)


def test_whatever_a_codec_raises(tmp_path: Path) -> None:
    """Every text codec of Python over some bytes and their mutations."""
    chance = random.Random(14)
    path = tmp_path / "text"
    names = sorted({*encodings.aliases.aliases.values(), "idna", "punycode", "undefined", "utf_7"})
    samples = [TEXT.encode(name) for name in ("utf-8", "utf-16", "utf-32", "gb18030", "utf-7")]
    samples += [b"", b"\xff", b"xn--fiqs8s.\n", b"a" * 70 + b".b", b"+AGE-\n"]
    read_well = 0
    for _ in range(30):
        data = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(6) if data else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        for name in names:
            try:
                read(path, name, chance.choice(ON_ERROR), chance.choice((8, 1 << 20)))
                read_well += 1
            except NlptoolsError:
                pass
    assert read_well
