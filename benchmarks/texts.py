"""Corpora -> the texts that are measured: mixed, split into symbols, or pathological."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text import chars
from nlptools.text.corpus import Corpus

BLOCK = 3000  # bytes; large enough to keep a text's own repetitions together


def write_mixed(corpora: Sequence[Path], folder: Path, size: int) -> tuple[Path, Path]:
    """Mix whole lines of all corpora in blocks, in md5 order: `size` bytes of it, and everything.

    A prefix of blocks in hash order has the same proportions as the whole.
    """
    blocks: list[bytes] = []
    for path in corpora:
        block, length = [], 0
        for line in path.read_bytes().splitlines(keepends=True):
            line = line if line.endswith(b"\n") else line + b"\n"
            block.append(line)
            length += len(line)
            if length >= BLOCK:
                blocks.append(b"".join(block))
                block, length = [], 0
        if block:
            blocks.append(b"".join(block))
    blocks.sort(key=lambda block: (hashlib.md5(block).digest(), block))
    whole = b"".join(blocks)
    folder.mkdir(parents=True, exist_ok=True)
    small, large = folder / f"mixed.{size // 10**6}m.txt", folder / "mixed.all.txt"
    small.write_bytes(first_lines(whole, size))
    large.write_bytes(whole)
    return small, large


def first_lines(text: bytes, size: int) -> bytes:
    """As many whole lines as fit into `size` bytes; cut inside when the first is longer."""
    head = text[:size]
    end = head.rfind(b"\n") + 1
    return head[:end] if end and len(text) > size else head.decode("utf-8", "ignore").encode()


def write_split(source: Path, target: Path) -> None:
    """Write a text as a counter of words wants it: symbols between spaces, a line for each stretch
    between two breaks; by nlptools' own rule of what a symbol is.
    """
    encoder = SymbolEncoder()
    names = np.array(["\n"], object)
    with target.open("w", encoding="utf-8", newline="\n") as file:
        line_open = False
        for block in Corpus([str(source)]).blocks():
            ids = encoder.encode(block.text)
            if not block.joined:
                ids = np.concatenate([np.zeros(1, ids.dtype), ids])
            before = np.concatenate([[line_open], ids[:-1] != 0])
            ids = ids[(ids != 0) | before]
            if not len(ids):
                line_open = line_open and block.joined
                continue
            line_open = bool(ids[-1])
            if len(encoder) > len(names):
                more = encoder.texts(np.arange(max(1, len(names)), len(encoder)))
                names = np.concatenate([names, np.array([f"{text} " for text in more], object)])
            file.write("".join(names[ids].tolist()).replace(" \n", "\n"))
        if line_open:
            file.write("\n")


def only_han(text: str) -> str:
    """The text without anything but Han characters of the basic plane."""
    codes = chars.code_points(text)
    return codes[chars.classes(codes) == chars.HAN].tobytes().decode(f"utf-{8 * codes.itemsize}-le")


def random_han(size: int) -> bytes:
    """Han characters of the basic block, equally likely, a line end every 100; always the same."""
    numbers = np.random.default_rng(1).integers(0x4E00, 0x9FA6, size // 3, dtype=np.uint16)
    numbers[99::100] = 10
    return numbers.tobytes().decode("utf-16-le").encode()


def write_small_files(text: bytes, folder: Path, number: int, size: int) -> None:
    """`number` files of about `size` bytes, cut between characters."""
    folder.mkdir()
    start = 0
    for i in range(number):
        piece = text[start : start + size].decode("utf-8", "ignore").encode()
        (folder / f"{i:05}.txt").write_bytes(piece)
        start += len(piece)


def plain_size(path: Path) -> int:
    """Bytes of a text, a compressed one or a folder, in UTF-8."""
    return sum(len(block.text.encode()) for block in Corpus([path]).blocks())
