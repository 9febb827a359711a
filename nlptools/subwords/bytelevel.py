"""Bytes <-> the characters that byte-level BPE writes for them in its vocabulary.

Source: `bytes_to_unicode` of GPT-2 (github.com/openai/gpt-2, encoder.py): a byte that prints stands for itself, the
others for U+0100 and on.
"""

from __future__ import annotations


def _characters() -> list[str]:
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    table = {byte: chr(byte) for byte in printing}
    table |= {byte: chr(0x100 + number) for number, byte in enumerate(others)}
    return [table[byte] for byte in range(256)]


CHARACTERS = _characters()
# Each character of a token to the one of Latin-1 that has its byte for its number, all others there to one that has none.
_READ = dict.fromkeys(range(256), 65535)
_READ |= {ord(character): byte for byte, character in enumerate(CHARACTERS)}


def written(data: bytes) -> str:
    """A token's bytes as the vocabulary writes them, a character for each byte."""
    return "".join(map(CHARACTERS.__getitem__, data))


def read(token: str) -> bytes | None:
    """The bytes of a token of the vocabulary; None where a character stands for no byte."""
    try:
        return token.translate(_READ).encode("latin-1")
    except UnicodeEncodeError:
        return None
