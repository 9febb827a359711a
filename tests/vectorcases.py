"""Small vectors for tests, and writers of every format that owe nothing to the package."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

WORDS = ["的", "新词发现", "New York", ". . .", "2013", "iphone 6", "naïve", "，"]
MATRIX = np.array(
    [
        [0.5, -1, 2],
        [1e-8, 3.25, -0.125],
        [7, 8, 9],
        [0, 0, 0],
        [1.5, 123456.75, -2],
        [-0.001, 0.25, 1e10],
        [1 / 3, 2 / 3, -1 / 7],
        [-7, 5, 0.1],
    ],
    np.float32,
)


def number(value: float) -> str:
    """The shortest text that is this float32."""
    return str(np.float32(value))


def text_of(matrix: np.ndarray, words: Sequence[str], header: bool = True) -> bytes:
    lines = [" ".join([w, *map(number, row)]) for w, row in zip(words, matrix, strict=True)]
    head = [f"{len(matrix)} {matrix.shape[1]}"] if header else []
    return "".join(f"{line}\n" for line in [*head, *lines]).encode()


def binary_of(matrix: np.ndarray, words: Sequence[str], end: bytes = b"\n") -> bytes:
    rows = [
        word.encode() + b" " + struct.pack(f"<{len(row)}f", *row) + end
        for word, row in zip(words, matrix.tolist(), strict=True)
    ]
    return b"".join([b"%d %d\n" % matrix.shape, *rows])


def safetensors_of(tensors: dict[str, np.ndarray], pad: int = 0) -> bytes:
    """BF16 for arrays of uint16."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in tensors.items():
        kind = {"<f4": "F32", "<f2": "F16", "<f8": "F64", "<u2": "BF16", "<i4": "I32"}[
            array.dtype.str
        ]
        offsets = [len(data), len(data) + array.nbytes]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": offsets}
        data += array.tobytes()
    text = json.dumps(header).encode() + b" " * pad
    return struct.pack("<Q", len(text)) + text + data


def bfloat16(matrix: np.ndarray) -> np.ndarray:
    """The upper halves of float32."""
    return (matrix.astype("<f4").view("<u4") >> 16).astype("<u2")


def write_all(folder: Path, matrix: np.ndarray, words: Sequence[str]) -> list[tuple[str, bool]]:
    """The same matrix in every format: names of the files, and whether --words is needed.

    Words without blanks; .bin and .npy by hand, so that a writer and a reader cannot be wrong alike.
    """
    text = text_of(matrix, words)
    (folder / "words.txt").write_bytes("".join(f"{word}\n" for word in words).encode())
    np.save(folder / "v.npy", matrix)
    np.save(folder / "fortran.npy", np.asfortranarray(matrix))
    np.save(folder / "big.npy", matrix.astype(">f4"))
    np.savez(folder / "v.npz", vectors=matrix, other=np.arange(3))
    np.savez_compressed(folder / "packed.npz", a=matrix)
    np.savez_compressed(folder / "fortran.npz", a=np.asfortranarray(matrix))
    files = {
        "v.txt": text,
        "crlf.txt": text.replace(b"\n", b"\r\n"),
        "bom.txt": b"\xef\xbb\xbf" + text,
        "tabs.txt": text.replace(b" ", b"\t").replace(b"\t", b" ", 1),
        "blanks.vec": text.replace(b"\n", b" \n"),
        "end.txt": text.rstrip(b"\n"),
        "after.txt": text + b"\n \n\r\n",
        "utf16.txt": text.decode().encode("utf-16"),
        "v.txt.gz": gzip.compress(text),
        "v.txt.bz2": bz2.compress(text),
        "v.txt.xz": lzma.compress(text),
        "glove.txt": text_of(matrix, words, header=False),
        "v.bin": binary_of(matrix, words),
        "dense.bin": binary_of(matrix, words, end=b""),
        "v.bin.gz": gzip.compress(binary_of(matrix, words)),
        "v.safetensors": safetensors_of({"x.bias": matrix[0], "x.weight": matrix}),
        "odd.safetensors": safetensors_of({"ids": np.zeros(3, "<i4"), "w": matrix}, pad=5),
        "f64.safetensors": safetensors_of({"w": matrix.astype("<f8")}),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    arrays = [".npy", ".npz", ".safetensors"]
    every = sorted(path.name for path in folder.iterdir() if path.name != "words.txt")
    return [(name, Path(name).suffix in arrays) for name in every]
