"""Documents + tokenizer -> the same documents with their tokens or ids, in their records, as lines, or as arrays."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import prompt_map, worker_pool
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents, lull
from nlptools.text.recordfiles import written
from nlptools.text.results import Found, Ragged
from nlptools.vocab.longlines import safe_cut, whole_lines
from nlptools.vocab.stream import TokenCounts, check_tokens
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import END, START

TOKENS, IDS, OFFSETS = "tokens", "ids", "offsets"  # the names of the results


@dataclass(frozen=True)
class _Way:
    """How documents become tokens; the same as in tokenize_corpus."""

    tokenizer: WordTokenizer
    format: str
    special: bool
    most: int | None  # tokens of a document without the special ones
    marks: bool
    tokens: np.ndarray  # of the vocabulary, object
    type: type[np.generic]  # of ids


def id_type(size: int) -> type[np.generic]:
    """The smallest type of the ids of a vocabulary of `size` tokens that trainers read: uint16 or uint32."""
    return np.uint16 if size <= 1 << 16 else np.uint32


def tokenize_records(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    *,
    into: str | None = None,
    container: str = "jsonl",
    format: str = "tokens",
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
    workers: int | None = None,
    counts: TokenCounts | None = None,
) -> Iterator[str | bytes]:
    """The records of a corpus as they stand, in order, each with its tokens, in pieces of a file.

    container: "jsonl" or "parquet", what the file is (text/results.py, text/recordtables.py). format: of the result.
    "tokens" and "ids": a list of that name; "jsonl": tokens, ids and offsets in the text, in characters. into: the
    name of the result, where it is three an object of them. special, max_length: of a document. All else is as in
    tokenize_corpus. Raises DataError for a record that has a field of that name already.
    """
    found = tokenize_documents(
        corpus.documents(),
        tokenizer,
        format=format,
        special=special,
        max_length=max_length,
        mark_unknown=mark_unknown,
        workers=workers,
        counts=counts,
    )
    return written(found, container, into)


def tokenize_documents(
    batches: Iterable[Documents],
    tokenizer: WordTokenizer,
    *,
    format: str = "tokens",
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
    workers: int | None = None,
    counts: TokenCounts | None = None,
) -> Iterator[tuple[Documents, Found]]:
    """Batches of documents with what tokenize_records writes: lists of tokens, of ids, or those and offsets."""
    check_tokens(tokenizer, format, special, max_length)
    workers = workers or os.cpu_count() or 1
    counts = counts if counts is not None else TokenCounts()
    tokens = tokenizer.vocab.tokens
    most = None if max_length is None else max_length - 2 * special
    names = np.array(tokens, object)
    way = _Way(tokenizer, format, special, most, mark_unknown, names, id_type(len(tokens)))
    work = functools.partial(_found, way)
    with worker_pool(workers) as pool:
        items = (documents if len(documents) else None for documents in batches)
        for made in prompt_map(pool, workers, work, items):
            if made is None:
                yield lull(""), {}
                continue
            documents, found, more = made
            counts.tokens += more.tokens
            counts.unknown += more.unknown
            yield documents, found


def token_lines(results: Iterable[tuple[Documents, Found]]) -> Iterator[str]:
    """The first result of each document, tokens or ids, as a line separated by spaces."""
    for documents, found in results:
        if not len(documents):
            yield ""
            continue
        values = next(iter(found.values()))
        assert isinstance(values, Ragged)
        items = values.items[:]
        strings = list(map(str, items.tolist() if isinstance(items, np.ndarray) else items))
        edges = values.offsets.tolist()
        spans = itertools.pairwise(edges)
        yield "".join([f"{' '.join(strings[start:stop])}\n" for start, stop in spans])


def _found(way: _Way, documents: Documents) -> tuple[Documents, Found, TokenCounts]:
    """All texts at once, a line end between two: a call for each takes ten times as long."""
    text = "\n".join(documents.texts)
    lengths = np.fromiter(map(len, documents.texts), np.int64, len(documents)) + 1
    begins = np.append(0, np.cumsum(lengths))
    ids, starts, stops, strange = _encoded(way, text)
    edges = np.searchsorted(starts, begins)
    if way.most is not None:
        sizes = np.diff(edges)
        kept = np.flatnonzero(np.arange(len(ids)) - np.repeat(edges[:-1], sizes) < way.most)
        ids, starts, stops = ids[kept], starts[kept], stops[kept]
        strange = {at: strange[old] for at, old in enumerate(kept.tolist()) if old in strange}
        edges = np.append(0, np.cumsum(np.minimum(sizes, way.most)))
    counts = TokenCounts(len(ids), int(np.count_nonzero(ids == way.tokenizer.unknown)))
    found: dict[str, Ragged] = {}
    whole = edges + 2 * np.arange(len(edges)) if way.special else edges
    if way.format != "ids":
        names = way.tokens[ids]
        names[list(strange)] = list(strange.values())
        items = _with_ends(way, names, edges, [START, END])
        found[TOKENS] = Ragged(items.tolist(), whole)
    if way.format != "tokens":
        both = [way.tokenizer.vocab.ids[token] for token in (START, END)] if way.special else []
        found[IDS] = Ragged(_with_ends(way, ids.astype(way.type), edges, both), whole)
    if way.format == "jsonl":  # special tokens as Hugging Face has them
        spans = np.stack([starts, stops], axis=1)
        spans -= np.repeat(begins[:-1], np.diff(edges)).astype(np.int32)[:, None]
        found[OFFSETS] = Ragged(_with_ends(way, spans, edges, [0, 0]), whole)
    return documents, found, counts


def _with_ends(
    way: _Way, items: np.ndarray, edges: np.ndarray, ends: Sequence[object]
) -> np.ndarray:
    """The items of all documents, and where special tokens are asked for, one before and one after each."""
    if not way.special:
        return items
    size = len(edges) - 1
    places = np.stack([edges[:-1], edges[1:]], axis=1).reshape(-1)
    values = np.array([*ends] * size, items.dtype)
    if items.ndim == 2:
        values = np.repeat(values[:, None], 2, axis=1)
    return np.insert(items, places, values, axis=0)


def _encoded(way: _Way, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[int, str]]:
    """Of a text of any length: (ids, starts and stops in it, int32; how unknown tokens are written)."""
    columns: list[tuple[np.ndarray, ...]] = [(np.zeros(0, np.int32),) * 3]
    strange: dict[int, str] = {}
    before = 0
    for start, stop in _pieces(text):
        encoded = way.tokenizer.encode(text[start:stop])
        spans = (encoded.offsets + start).astype(np.int32)
        columns.append((encoded.ids, spans[:, 0], spans[:, 1]))
        if way.format != "ids" and not way.marks:
            places = np.flatnonzero(encoded.ids == way.tokenizer.unknown)
            names = zip((places + before).tolist(), encoded.texts(places), strict=True)
            strange |= {place: name for place, name in names if name}
        before += len(encoded)
    ids, starts, stops = map(np.concatenate, zip(*columns, strict=True))
    return ids, starts, stops, strange


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans of a text that can be tokenized alone."""
    for start, stop in whole_lines(text, len(text)):
        while 0 < (cut := safe_cut(text, start, stop)) < stop:
            yield start, cut
            start = cut
        yield start, stop
