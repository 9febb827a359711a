"""Corpus -> its symbols as ids, block by block, kept for a second reading."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.base import storage
from nlptools.base.resources import (
    DEFAULT_MEMORY,
    ordered_map,
    spool_room,
    threads_within,
    worker_pool,
)
from nlptools.base.spool import Spool
from nlptools.ngrams.sentences import with_boundaries
from nlptools.ngrams.symbols import IdBlock, Scanned, SymbolEncoder
from nlptools.text.corpus import Corpus


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as provisional symbol ids, to be read as often as needed.

    Each array of `blocks` begins and ends at a break, several MB of text where lines allow. room and
    folder: bytes in memory and place on disk for as much again, if somebody has more to keep.
    """

    encoder: SymbolEncoder
    blocks: Spool
    room: int
    folder: Path


def id_blocks(
    corpus: Corpus, encoder: SymbolEncoder, pool: Executor, workers: int, memory: int
) -> Iterator[IdBlock]:
    """The blocks of a corpus as provisional ids; all cores scan, names are given in order."""
    # Each block under way takes about 6 times its size for a moment.
    corpus.block_size = min(corpus.block_size, max(1 << 16, memory >> 7))

    def scan(piece: tuple[str, bool]) -> tuple[Scanned, bool]:
        return encoder.scan(piece[0]), piece[1]

    blocks = (
        IdBlock(encoder.name(scanned), joined)
        for scanned, joined in ordered_map(pool, workers, scan, _texts(corpus, encoder.signs))
    )
    if encoder.sentences == "none":
        return blocks
    return with_boundaries(blocks, encoder.start, encoder.end)


def _texts(corpus: Corpus, signs: bool) -> Iterator[tuple[str, bool]]:
    """(text, goes on without a break from the text before); many small files make one text.

    signs: only the end of a line or a source is a break. A block has a cost of its own, 0.3 ms, which 10,000 files of 1 kB would pay 10,000 times.
    """
    held: list[str] = []
    size = 0
    for block in corpus.blocks():
        joined = block.inside if signs else block.joined
        if held and (joined or size + len(block.text) > corpus.block_size // 4):
            yield "\n".join(held), False
            held, size = [], 0
        if joined:
            yield block.text, True
        else:
            held.append(block.text)
            size += len(block.text)
    if held:
        yield "\n".join(held), False


def encode_corpus(
    corpus: Corpus,
    *,
    latin: str = "run",
    sentences: str = "none",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> EncodedCorpus:
    """The symbol ids of a corpus alone."""
    workers = threads_within(memory, workers)
    encoder = SymbolEncoder(latin, sentences)
    with storage.spilling(tmp_dir) as folder, worker_pool(workers) as pool:
        blocks = Spool(spool_room(memory), folder)
        for block in whole_stretches(id_blocks(corpus, encoder, pool, workers, memory)):
            blocks.append(block)
        return EncodedCorpus(encoder, blocks, spool_room(memory), folder)


def whole_stretches(blocks: Iterable[IdBlock]) -> Iterator[np.ndarray]:
    """Blocks that go on without a break, put together."""
    held: list[np.ndarray] = []
    for block in blocks:
        if held and not block.joined:
            yield np.concatenate(held) if len(held) > 1 else held[0]
            held.clear()
        held.append(block.ids)
    if held:
        yield np.concatenate(held) if len(held) > 1 else held[0]
