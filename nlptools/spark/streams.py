"""Streams of bytes that somebody else reads -> Corpus: what the distributed engine counts on one worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nlptools.text.corpus import BLOCK_SIZE, Corpus
from nlptools.text.decoding import find_codec


class Reading(NamedTuple):
    """How a source becomes text: the keywords of a Corpus."""

    encoding: str = "utf-8"
    on_error: str = "strict"
    field: str | None = None
    column: str | None = None
    fold: tuple[str, ...] = ()


class StreamCorpus(Corpus):
    """A corpus of (name, chunks of bytes), read once: each stream is what a file would be."""

    def __init__(
        self,
        streams: Iterable[tuple[str, Iterator[bytes]]],
        reading: Reading,
        *,
        block_size: int = BLOCK_SIZE,
    ) -> None:
        self._configure(reading.on_error, reading.fold, block_size)
        encoding = reading.encoding
        self._encoding = encoding if encoding == "auto" else find_codec(encoding)
        self._field, self._column = reading.field, reading.column
        self._texts = None
        self._sources = []
        self._opened = streams
        self.rereadable = False
        self.total_bytes = None

    def _streams(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield from self._opened


def reading_of(
    *,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: Sequence[str],
) -> Reading:
    """Checked as a Corpus would; ValueError for what makes no sense."""
    if field is not None and column is not None:
        raise ValueError("field and column exclude each other")
    reading = Reading(encoding, on_error, field, column, tuple(fold))
    corpus = StreamCorpus((), reading)
    return reading._replace(fold=corpus.fold)
