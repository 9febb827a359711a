"""Filtered documents -> the files of what is kept and what is dropped: lines of text, JSON Lines or Parquet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from nlptools.base.feeding import feeding
from nlptools.lm.filtered import FilteredDocuments
from nlptools.text.documents import Documents
from nlptools.text.longtexts import LongText, slices
from nlptools.text.recordfiles import written

FILTER_FORMATS = ("text", "jsonl", "parquet")

# Documents and what is added to each.
_Part = tuple[Documents, dict[str, Any]]


def kept_pieces(
    batches: Iterable[FilteredDocuments],
    format: str,
    into: str | None = None,
    drop: Callable[[FilteredDocuments], None] | None = None,
) -> Iterator[str | bytes]:
    """The file of the documents that are kept, piece by piece; no text in a lull of a pipe.

    format: of FILTER_FORMATS; text is the text of each document on lines of its own, without anything added. into: the
    field, an object, for what is added; None: a field for each. drop: is given every batch.
    """

    def parts() -> Iterator[_Part]:
        for batch in batches:
            if drop is not None and len(batch.documents):
                drop(batch)
            yield batch.part(dropped=False)

    return _pieces(parts(), format, into)


@contextlib.contextmanager
def dropping(
    stream: IO[bytes], format: str, into: str | None = None
) -> Iterator[Callable[[FilteredDocuments], None]]:
    """What kept_pieces calls with each batch: the documents that are dropped go to the stream, with the reason."""

    def read(parts: Iterator[_Part]) -> None:
        for piece in _pieces(parts, format, into):
            stream.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", _ERRORS))

    if format == "parquet":  # whoever writes it wants to go over all documents himself
        with feeding(read) as give:
            yield lambda batch: give(batch.part(dropped=True))
    else:
        yield lambda batch: read(iter([batch.part(dropped=True)]))


_ERRORS = "surrogateescape"  # names of files that are not UTF-8


def _pieces(parts: Iterator[_Part], format: str, into: str | None) -> Iterator[str | bytes]:
    if format == "text":
        return _lines(documents for documents, _ in parts)
    return written(parts, format, into)


def _lines(batches: Iterable[Documents]) -> Iterator[str]:
    for documents in batches:
        if len(documents) == 1 and isinstance(documents.texts[0], LongText):
            yield from slices(documents.texts[0])
            yield "\n"
        else:
            yield "".join(f"{text}\n" for text in documents.texts)
