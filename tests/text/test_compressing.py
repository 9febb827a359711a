"""Outputs are compressed as their names say, and the readers of the package take them back."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path

import pytest

from nlptools.errors import NlptoolsError, install_hint
from nlptools.text.compressing import compressing
from nlptools.text.decoding import COMPRESSED, decompress

needs_zstd = pytest.mark.skipif(
    not importlib.util.find_spec("zstandard"), reason="no zstandard: bin/setup zstd"
)
NAMES = [pytest.param(name, marks=needs_zstd if name == ".zst" else ()) for name in COMPRESSED]


def packed(name: str, pieces: list[bytes]) -> bytes:
    stream = io.BytesIO()
    with compressing(stream, name) as file:
        for piece in pieces:
            file.write(piece)
    return stream.getvalue()


@pytest.mark.parametrize("end", NAMES)
def test_round_trip(end: str) -> None:
    pieces = ["桃花".encode() * 1000, b"", b"\xff\n", b"x"]
    data = packed(f"a.txt{end.upper()}", pieces)
    assert len(data) < 300
    assert b"".join(decompress(iter([data]), "a")) == b"".join(pieces)


@pytest.mark.parametrize("end", NAMES)
def test_bytes_depend_on_the_text_alone(end: str, tmp_path: Path) -> None:
    """No name, no time, no size of pieces."""
    one = packed(str(tmp_path / f"a{end}"), [b"text"])
    assert one == packed(f"other{end}", [b"te", b"xt"])


@pytest.mark.parametrize("end", NAMES)
def test_nothing_is_a_file_too(end: str) -> None:
    data = packed(f"a{end}", [])
    assert data
    assert b"".join(decompress(iter([data]), "a")) == b""


@pytest.mark.parametrize("name", ["a", "a.txt", "gz", "a.gz.txt", "a.zip"])
def test_other_names_are_written_as_they_are(name: str) -> None:
    assert packed(name, [b"text"]) == b"text"


def test_zstd_without_its_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NlptoolsError, match="writing zstd files needs the module") as caught:
        packed("a.zst", [b"text"])
    assert caught.value.hint == install_hint("zstd")
