"""A task's text as ids with the marks between them -> bytes that Spark keeps, and back.

They name their symbols themselves, as pieces of counts do: what is kept anywhere can be read anywhere.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from nlptools.base.spool import Spool
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.marks import Marks
from nlptools.ngrams.symbols import SymbolEncoder

# Ids that are kept together, about: a row of Spark of 8 MB, of which Java holds several copies. A line is never cut.
UNIT = 1 << 22


def pack_arrays(arrays: Sequence[np.ndarray]) -> bytes:
    """Arrays as bytes; Spark compresses what it sends from machine to machine."""
    stream = io.BytesIO()
    np.savez(stream, *arrays)
    return stream.getvalue()


def unpack_arrays(data: bytes) -> list[np.ndarray]:
    """What pack_arrays packed."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return [found[name] for name in found.files]


def pack_texts(texts: Sequence[str]) -> np.ndarray:
    """Texts without a line end as one array, uint8."""
    return np.frombuffer("\n".join(texts).encode("utf-8", "surrogatepass"), np.uint8)


def unpack_texts(packed: np.ndarray) -> list[str]:
    """What pack_texts packed."""
    return packed.tobytes().decode("utf-8", "surrogatepass").split("\n") if len(packed) else []


@functools.cache
def fixed_texts(latin: str) -> list[str]:
    """The symbols of all fixed provisional ids, from 1."""
    encoder = SymbolEncoder(latin)
    return encoder.texts(np.arange(1, len(encoder)))


def pack_encoded(encoded: EncodedCorpus) -> Iterator[bytes]:
    """An encoded corpus, with its marks if it has any, in one or several parts that end at the end of a line."""
    names = pack_texts(encoded.encoder.named())
    blocks: list[np.ndarray] = []
    marks: list[np.ndarray] = []
    size = 0
    for ids, inside, of_ids in _blocks(encoded):
        if size >= UNIT and not inside:
            yield _packed(names, blocks, marks)
            blocks, marks, size = [], [], 0
        blocks.append(ids)
        marks += [of_ids] if of_ids is not None else []
        size += len(ids)
    if blocks:
        yield _packed(names, blocks, marks)


def _blocks(encoded: EncodedCorpus) -> Iterator[tuple[np.ndarray, bool, np.ndarray | None]]:
    if encoded.marks is None:
        for ids in encoded.blocks:
            yield ids, False, None
        return
    for ids, marks in zip(encoded.blocks, encoded.marks.packed, strict=True):
        yield ids, bool(marks["sign"][0]), marks


def _packed(names: np.ndarray, blocks: Sequence[np.ndarray], marks: Sequence[np.ndarray]) -> bytes:
    return pack_arrays([names, np.array(len(blocks)), *blocks, *marks])


def unpack_encoded(
    parts: Iterable[bytes], latin: str, folder: Path, room: int = 0
) -> EncodedCorpus:
    """What pack_encoded packed. room: bytes in memory for it, all else goes to a file in `folder`."""
    encoder = SymbolEncoder(latin)
    blocks, of_ids = Spool(room, folder), Spool(room // 4, folder)
    for data in parts:
        names, number, *arrays = unpack_arrays(data)
        for name in () if len(blocks) else unpack_texts(names):  # the same in all parts
            encoder.extra(name)
        for i, array in enumerate(arrays):
            (blocks if i < int(number) else of_ids).append(array)
    marks = Marks(of_ids) if len(of_ids) else None
    return EncodedCorpus(encoder, blocks, room, folder, marks)
