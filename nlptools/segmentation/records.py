"""Documents + segmenter -> the same documents with their words, and the records that they came from with them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator

import numpy as np

from nlptools.base.resources import prompt_map, worker_pool
from nlptools.segmentation.kinds import SPACE, kinds_of
from nlptools.segmentation.search import SPANS
from nlptools.segmentation.stream import (
    SegmentCounts,
    Watch,
    WatchedCutter,
    check_shape,
    long_spans,
    separated,
)
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents, lull
from nlptools.text.lookup import count_scripts
from nlptools.text.recordfiles import written
from nlptools.text.results import Found, Parts, Ragged

WORDS, OFFSETS = "words", "offsets"  # the names of the results


def segment_records(
    corpus: Corpus,
    cutter: Cutter,
    *,
    into: str | None = None,
    container: str = "jsonl",
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    workers: int | None = None,
    watch: Watch | None = None,
    counts: SegmentCounts | None = None,
) -> Iterator[str | bytes]:
    """The records of a corpus as they stand, in order, each with its words, in pieces of a file.

    container: "jsonl" or "parquet", what the file is (text/results.py, text/recordtables.py). format: of the result.
    "text": the text with separators between its words, white space and line ends as they are; "jsonl": a list of the
    words without white space, and their offsets in the text, in characters. into: its name, `words` by default; with
    offsets it is an object of both. All else is as in segment_corpus.
    Raises ValueError for settings that are none, DataError for a record that has a field of that name already.
    """
    check_shape(separator, format, mode, cutter)
    found = segment_documents(
        corpus.documents(),
        cutter,
        separator=separator,
        format=format,
        mode=mode,
        workers=workers,
        watch=watch,
        counts=counts,
    )
    return written(found, container, into)


def segment_documents(
    batches: Iterable[Documents],
    cutter: Cutter,
    *,
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    workers: int | None = None,
    watch: Watch | None = None,
    counts: SegmentCounts | None = None,
) -> Iterator[tuple[Documents, Found]]:
    """Batches of documents with what segment_records writes: `words`, and `offsets` where format is "jsonl"."""
    check_shape(separator, format, mode, cutter)
    workers = workers or os.cpu_count() or 1
    watched = cutter if watch is None else WatchedCutter(cutter, watch)
    if format == "jsonl":
        work = functools.partial(_listed, watched, mode)
    else:
        work = functools.partial(_separated, watched, mode, separator)
    with worker_pool(workers) as pool:
        for made in prompt_map(pool, workers, work, _counted(batches, cutter, counts)):
            yield (lull(""), {}) if made is None else made


def _counted(
    batches: Iterable[Documents], cutter: Cutter, counts: SegmentCounts | None
) -> Iterator[Documents | None]:
    """The batches; None in a lull."""
    for documents in batches:
        if counts is not None and "t2s" in cutter.fold:
            counts.traditional += count_scripts("".join(documents.texts))[0]
        yield documents if len(documents) else None


def _separated(
    cutter: Cutter, mode: str, separator: str, documents: Documents
) -> tuple[Documents, Found]:
    """Each text with separators: all of them at once, as lines, since a call for each takes ten times as long."""
    texts = documents.texts
    lines = separated("\n".join(texts), cutter, separator, mode).split("\n")
    if len(lines) == len(texts):
        return documents, {WORDS: lines}
    words, at = [], 0
    for text in texts:
        stop = at + text.count("\n") + 1
        words.append("\n".join(lines[at:stop]))
        at = stop
    return documents, {WORDS: words}


def _listed(cutter: Cutter, mode: str, documents: Documents) -> tuple[Documents, Found]:
    """Each text as the list of its words and that of their places."""
    joined = "\n".join(documents.texts)
    spans = functools.partial(SPANS[mode], cutter)
    parts = list(long_spans(spans, cutter, joined))
    none = [np.zeros(0, np.int32)]
    starts = np.concatenate([first for first, _ in parts] or none)
    stops = np.concatenate([last for _, last in parts] or none)
    kept = kinds_of(chars.code_points(joined))[starts] != SPACE
    starts, stops = starts[kept], stops[kept]
    lengths = np.fromiter(map(len, documents.texts), np.int64, len(documents)) + 1
    ends = np.cumsum(lengths)
    # Inner words stand before the word around them, but no word goes across a line end.
    document = np.searchsorted(ends, starts, side="right")
    edges = np.append(0, np.cumsum(np.bincount(document, minlength=len(documents))))
    begins = (ends - lengths)[document].astype(np.int32)
    pairs = np.stack([starts - begins, stops - begins], axis=1)
    return documents, {
        WORDS: Ragged(Parts(joined, starts, stops), edges),
        OFFSETS: Ragged(pairs, edges),
    }
