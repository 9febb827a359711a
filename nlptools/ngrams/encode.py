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
    block_within,
    ordered_map,
    spool_room,
    threads_within,
    worker_pool,
)
from nlptools.base.spool import Spool
from nlptools.ngrams.marks import Marks, find_marks, joined_block
from nlptools.ngrams.sentences import with_boundaries
from nlptools.ngrams.symbols import IdBlock, Scanned, SymbolEncoder
from nlptools.text.corpus import Corpus


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus as provisional symbol ids, to be read as often as needed.

    Each array of `blocks` begins and ends at a break, several MB of text where lines allow. room and
    folder: bytes in memory and place on disk for as much again, if somebody has more to keep. marks: of the blocks,
    where they were asked for.
    """

    encoder: SymbolEncoder
    blocks: Spool
    room: int
    folder: Path
    marks: Marks | None = None


def id_blocks(
    corpus: Corpus,
    encoder: SymbolEncoder,
    pool: Executor,
    workers: int,
    memory: int,
    marks: bool = False,
) -> Iterator[IdBlock]:
    """The blocks of a corpus as provisional ids; all cores scan, names are given in order. marks: with their marks."""
    corpus.block_size = block_within(memory, corpus.block_size)

    def scan(piece: tuple[str, bool, bool]) -> tuple[Scanned, bool, np.ndarray | None, bool]:
        text, joined, inside = piece
        scanned = encoder.scan(text)
        return scanned, joined, find_marks(text, scanned) if marks else None, inside

    blocks = (
        IdBlock(encoder.name(scanned), joined, found, inside)
        for scanned, joined, found, inside in ordered_map(
            pool, workers, scan, _texts(corpus, encoder.signs)
        )
    )
    if encoder.sentences == "none":
        return blocks
    return with_boundaries(blocks, encoder.start, encoder.end)


def _texts(corpus: Corpus, signs: bool) -> Iterator[tuple[str, bool, bool]]:
    """(text, goes on without a break from the text before, goes on in its line); many small files make one text.

    signs: only the end of a line or a source is a break. A block has a cost of its own, 0.3 ms, which 10,000 files of 1 kB would pay 10,000 times.
    """
    held: list[str] = []
    size = 0
    inside = False  # of the first text that is held
    for block in corpus.blocks():
        joined = block.inside if signs else block.joined
        if held and (joined or block.inside or size + len(block.text) > corpus.block_size // 4):
            yield "\n".join(held), False, inside
            held, size = [], 0
        if joined:
            yield block.text, True, block.inside
        else:
            inside = block.inside if not held else inside
            held.append(block.text)
            size += len(block.text)
    if held:
        yield "\n".join(held), False, inside


def encode_corpus(
    corpus: Corpus,
    *,
    latin: str = "run",
    sentences: str = "none",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    marks: bool = False,
) -> EncodedCorpus:
    """The symbol ids of a corpus alone. marks: with the marks between them."""
    memory = corpus.room(memory)
    workers = threads_within(memory, workers)
    encoder = SymbolEncoder(latin, sentences)
    with storage.spilling(tmp_dir) as folder, worker_pool(workers) as pool:
        return kept_corpus(
            encoder, id_blocks(corpus, encoder, pool, workers, memory, marks), memory, folder, marks
        )


def kept_corpus(
    encoder: SymbolEncoder, blocks: Iterable[IdBlock], memory: int, folder: Path, marks: bool
) -> EncodedCorpus:
    """The blocks, kept to be read again; marks: theirs, too."""
    room = spool_room(memory)
    ids, of_ids = Spool(room, folder), Marks(Spool(room // 4, folder))
    for block in whole_stretches(blocks):
        ids.append(block.ids)
        if marks:
            of_ids.append(block)
    return EncodedCorpus(encoder, ids, room, folder, of_ids if marks else None)


def whole_stretches(blocks: Iterable[IdBlock]) -> Iterator[IdBlock]:
    """Blocks that go on without a break, put together."""
    held: list[IdBlock] = []
    for block in blocks:
        if held and not block.joined:
            yield joined_block(held)
            held.clear()
        held.append(block)
    if held:
        yield joined_block(held)
