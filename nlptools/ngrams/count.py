"""Corpus -> exact n-gram counts, in bounded memory, on all cores.

The corpus becomes symbol ids, block by block; as many blocks as the memory allows are counted at a
time (kernel.py), and several such parts are merged (merge.py).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.resources import (
    DEFAULT_MEMORY,
    check_memory,
    spool_room,
    threads_within,
    worker_pool,
)
from nlptools.ngrams.counts import NgramCounts, Settings
from nlptools.ngrams.encode import EncodedCorpus, id_blocks, kept_corpus
from nlptools.ngrams.kernel import Buffer, count_part, part_room
from nlptools.ngrams.merge import BYTES_PER_ROW_KEPT, Tiers, merge_counts
from nlptools.ngrams.sentences import Appearance, with_boundaries
from nlptools.ngrams.symbols import IdBlock, SymbolEncoder
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus

_PIECE = 1 << 20  # symbols of a kept corpus at a time


@dataclass
class NgramCounter:
    """Takes the id blocks of a corpus in order, `finish` gives the counts.

    memory: bytes for the whole process; workers: threads. forgets: nobody else needs the ids, so names of symbols are
    kept for a part alone; a text of identifiers has millions of them.
    """

    settings: Settings
    encoder: SymbolEncoder
    pool: Executor
    workers: int = 1
    memory: int = DEFAULT_MEMORY
    tmp_dir: Path | None = None
    forgets: bool = False

    def __post_init__(self) -> None:
        self._blocks: list[IdBlock] = []
        self._size = 0
        self._seen = np.zeros(1 << 16, bool)
        self._tiers = Tiers(self.memory, self.tmp_dir)
        self._buffer = Buffer()

    def add(self, block: IdBlock) -> None:
        """Take one more block; counts and spills a part when there are enough of them."""
        seen = self._seen_in(block)
        if self._blocks and self._size + len(block.ids) > self._room(seen):
            tail = self._close_part(goes_on=block.joined)
            if self.forgets:
                tail, ids = self.encoder.restarted([tail, block.ids])
                block = IdBlock(ids, block.joined)
                self._seen = np.zeros(1 << 16, bool)
                seen = self._seen_in(block)
            if block.joined:
                before = IdBlock(tail)
                self._take(before, self._seen_in(before))
        self._take(block, seen)

    def _seen_in(self, block: IdBlock) -> np.ndarray:
        """Which ids the block has; those of the part so far get room for as many."""
        seen = np.zeros(max(len(self.encoder), len(self._seen)), bool)
        seen[block.ids] = True
        seen[0] = False
        self._seen = np.concatenate([self._seen, np.zeros(len(seen) - len(self._seen), bool)])
        return seen

    def _room(self, seen: np.ndarray) -> int:
        """How large the part may become with a block that has these symbols.

        Keys of one word need one sort, keys of ranks two. Rather than outgrow them a part ends,
        unless it is so small that merging it would cost more.
        """
        ranked = part_room(self.memory, self.workers, True, self.settings.order)
        order = self.settings.order
        if not keys.fits([int(np.count_nonzero(self._seen)) + 1] * order):
            return ranked
        if keys.fits([int(np.count_nonzero(self._seen | seen)) + 1] * order):
            return part_room(self.memory, self.workers, False, self.settings.order)
        return 0 if 3 * self._size > ranked else ranked

    def _take(self, block: IdBlock, seen: np.ndarray) -> None:
        self._seen |= seen
        self._blocks.append(block)
        self._size += len(block.ids)

    def _close_part(self, goes_on: bool) -> np.ndarray:
        """Count the blocks so far. The last n-grams of a run that goes on are left to the next part: their symbols."""
        tail = self._tail() if goes_on else np.zeros(0, np.uint16)
        self._tiers.add(self._count(len(tail), self.tmp_dir))
        return tail

    def _tail(self) -> np.ndarray:
        """The last symbols of the part, fewer than the order, as far as they are one stretch."""
        wanted = self.settings.order - 1
        pieces: list[np.ndarray] = []
        for block in reversed(self._blocks):
            pieces.insert(0, block.ids[max(0, len(block.ids) - wanted) :])
            wanted -= len(pieces[0])
            if not wanted or not block.joined:
                break
        return np.concatenate(pieces)

    def _count(self, left: int, folder: Path | None) -> NgramCounts:
        blocks, self._blocks, self._size = self._blocks, [], 0
        seen, self._seen = self._seen, np.zeros_like(self._seen)
        return count_part(
            blocks,
            left,
            seen,
            self.settings,
            self.encoder,
            folder,
            self.pool,
            self.workers,
            self._buffer,
        )

    def finish(self) -> NgramCounts:
        """Counts of everything added."""
        if not self._tiers:
            # In memory the levels take up to 12 bytes a symbol and order, less where text repeats.
            roomy = 2 * self._size <= part_room(
                self.memory, self.workers, True, self.settings.order
            )
            return self._count(0, None if roomy else self.tmp_dir)
        self._close_part(goes_on=False)
        self._buffer = Buffer()
        parts = self._tiers.parts()
        rows = sum(part.size(n) for part in parts for n in range(1, self.settings.order + 1))
        roomy = rows * BYTES_PER_ROW_KEPT <= self.memory // 3
        return merge_counts(parts, memory=self.memory, tmp_dir=None if roomy else self.tmp_dir)


def count_ngrams(
    corpus: CorpusLike,
    *,
    order: int = 5,
    latin: str = "run",
    sentences: str = "none",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramCounts:
    """Count the n-grams of orders 1 .. `order` of a corpus (a Corpus, or paths), exactly.

    latin: what a symbol is besides a Han character: each "run" of letters and digits, each "char",
    or none ("break"). sentences: "clause" counts <s> and </s> where a sentence begins and ends, at breaks;
    "line" makes every visible character a symbol, and each line one sentence. memory: bytes for the whole
    process; what does not fit goes to unnamed files in tmp_dir. workers: threads, by default one a core. None of the
    three changes the result.
    Raises ValueError for settings that make no sense, DataError for text that cannot be read.

    >>> from nlptools import Corpus
    >>> count_ngrams(Corpus.from_texts(["国家标准，国家"]), order=2).count("国家")
    2
    """
    check_memory(memory)
    corpus = as_corpus(corpus)
    settings = _settings(corpus, order, latin, sentences)
    return _count(corpus, settings, memory, workers, tmp_dir)[0]


def _settings(corpus: Corpus, order: int, latin: str, sentences: str) -> Settings:
    return Settings(order, latin, tuple(corpus.fold), sentences)


def count_and_keep(
    corpus: Corpus,
    *,
    order: int = 5,
    latin: str = "run",
    sentences: str = "none",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    marks: bool = False,
) -> tuple[NgramCounts, EncodedCorpus]:
    """As count_ngrams, and keep the symbol ids for a second pass. marks: with the marks between them."""
    check_memory(memory)
    settings = _settings(corpus, order, latin, sentences)
    counts, _, kept = _count(
        corpus, settings, memory - spool_room(memory), workers, tmp_dir, _Kept(memory, marks)
    )
    assert kept is not None
    return counts, kept


@dataclass(frozen=True)
class _Kept:
    """That a corpus is to be kept: memory of the whole process, whether with its marks."""

    memory: int
    marks: bool


def count_sentences(
    corpus: Corpus,
    *,
    order: int = 4,
    latin: str = "char",
    sentences: str = "line",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> tuple[NgramCounts, list[str]]:
    """As count_ngrams, with what a language model asks for; and the symbols in the order in which they appear."""
    check_memory(memory)
    appearance = Appearance()
    settings = _settings(corpus, order, latin, sentences)
    counts, encoder, _ = _count(corpus, settings, memory, workers, tmp_dir, None, appearance)
    return counts, encoder.texts(np.array(appearance.ids, np.int64))


def count_encoded(
    encoded: EncodedCorpus,
    settings: Settings,
    *,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
) -> NgramCounts:
    """As count_ngrams, of a corpus that is kept.

    settings: of the counts to make; latin and fold are those of the corpus, sentences "none" or "clause".
    """
    check_memory(memory)
    workers = threads_within(memory, workers)
    blocks: Iterator[IdBlock] = (
        IdBlock(ids[first : first + _PIECE], joined=first > 0)
        for ids in encoded.blocks
        for first in range(0, len(ids), _PIECE)
    )
    if settings.sentences == "clause":
        blocks = with_boundaries(blocks, *encoded.encoder.boundaries())
    with storage.spilling(encoded.folder) as folder, worker_pool(workers) as pool:
        counter = NgramCounter(settings, encoded.encoder, pool, workers, memory, folder)
        for block in blocks:
            counter.add(block)
        return counter.finish()


def _count(
    corpus: Corpus,
    settings: Settings,
    memory: int,
    workers: int | None,
    tmp_dir: str | os.PathLike[str] | None,
    keep: _Kept | None = None,
    appearance: Appearance | None = None,
) -> tuple[NgramCounts, SymbolEncoder, EncodedCorpus | None]:
    memory = corpus.room(memory)
    workers = threads_within(memory, workers)
    encoder = SymbolEncoder(settings.latin, settings.sentences)
    marks = keep is not None and keep.marks
    with storage.spilling(tmp_dir) as folder, worker_pool(workers) as pool:
        forgets = keep is None and appearance is None
        counter = NgramCounter(settings, encoder, pool, workers, memory, folder, forgets)

        def counted() -> Iterator[IdBlock]:
            for block in id_blocks(corpus, encoder, pool, workers, memory, marks):
                counter.add(block)
                if appearance is not None:
                    appearance.add(block.ids)
                yield block

        kept = None
        if keep is None:
            deque(counted(), maxlen=0)
        else:
            kept = kept_corpus(encoder, counted(), keep.memory, folder, marks)
        return counter.finish(), encoder, kept
