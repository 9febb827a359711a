"""A file of any kind, and chance -> the same file damaged: bits, pieces, numbers, its end; seeded."""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBERS = (
    b"0 1 -1 -0 255 65535 65536 4294967295 2147483648 9223372036854775807 18446744073709551616 "
    b"1e400 -1e400 nan inf 0.5 1.0 1e-400 99999999999999999999999999999999 null true [] {}"
).split()
_STRINGS = (b"\x1b]0;t\x07", b"\0", b"\xff", b"\r", b"\n\n", b"\t", b" ", b'"', b"\xef\xbb\xbf")


def damaged(data: bytes, chance: random.Random) -> bytes:
    """One to four changes."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        if not data:
            break
        data = chance.choice(_CHANGES)(data, chance)
    return data


def _bit(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _byte(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(data))] = chance.choice((0, 1, 10, 32, 127, 128, 255))
    return bytes(changed)


def _shorter(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _without(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.choice((1, 2, 8, 64)) :]


def _twice(data: bytes, chance: random.Random) -> bytes:
    at, size = chance.randrange(len(data)), chance.choice((1, 4, 64, 1024))
    return data[: at + size] + data[at:]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice((*_STRINGS, *_NUMBERS)) + data[at:]


def _numbers(data: bytes, chance: random.Random) -> bytes:
    """Another number for one that is written in digits."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", data[:4096]))
    if not found:
        return _byte(data, chance)
    one = chance.choice(found)
    return data[: one.start()] + chance.choice(_NUMBERS) + data[one.end() :]


def _eight(data: bytes, chance: random.Random) -> bytes:
    """A large, a small or a negative binary number somewhere."""
    at = chance.randrange(len(data))
    number = chance.choice((0, 1, 255, 65535, 1 << 31, (1 << 32) - 1, 1 << 62, (1 << 64) - 1))
    size = chance.choice((2, 4, 8))
    return data[:at] + number.to_bytes(8, "little")[:size] + data[at + size :]


_CHANGES: tuple[Mutation, ...] = (
    *(_bit, _byte, _shorter, _without, _twice, _inserted, _numbers, _numbers, _eight),
)


def container(data: bytes, chance: random.Random) -> bytes:
    """A container with damage that its checksums do not show: its arrays or its description, signed again."""
    if chance.random() < 0.2:
        return damaged(data, chance)
    first, line, check, _ = data.split(b"\n", 3)
    base = len(first) + len(line) + len(check) + 3
    base += -base % 64
    arrays = bytearray(data[base:])
    line = re.sub(rb',"crc32":"[0-9a-f]*"', b"", line)
    if chance.random() < 0.4:
        line = _numbers(line, chance)
    else:
        listed = [entry for entry in json.loads(line)["arrays"] if entry["length"]]
        for _ in range(chance.choice((1, 2, 5))):
            entry = chance.choice(listed)
            width = int(entry["dtype"][2:])
            at = entry["offset"] + chance.randrange(entry["length"]) * width
            number = chance.choice((0, 1, 2, 7, chance.randrange(1 << 16), (1 << 64) - 1))
            arrays[at : at + width] = number.to_bytes(8, "little")[:width]
    head = first + b"\n" + line + b"\n%08x\n" % zlib.crc32(line)
    return head + bytes(-len(head) % 64) + bytes(arrays)


def archive(data: bytes, chance: random.Random) -> bytes:
    """A zip with a member damaged before it was packed, in any way of packing; or the zip itself damaged."""
    if chance.random() < 0.3:
        return damaged(data, chance)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        chosen = chance.choice(old.namelist())
        packing = chance.choice(
            (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        )
        for name in old.namelist():
            body = old.read(name)
            if name == chosen and chance.random() < 0.8:
                # The header of the array is its beginning.
                head, rest = body[:128], body[128:]
                body = (
                    damaged(head, chance) + rest if chance.random() < 0.8 else damaged(body, chance)
                )
            new.writestr(name, body, packing)
    packed = stream.getvalue()
    return damaged(packed, chance) if chance.random() < 0.4 else packed
