"""Corpus + language model -> its documents, each kept or dropped, with the numbers and the reason why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlptools.base import storage
from nlptools.base.resources import (
    DEFAULT_MEMORY,
    MIN_MEMORY,
    check_memory,
    prompt_map,
    threads_within,
    worker_pool,
)
from nlptools.base.seen import SeenHashes
from nlptools.errors import DataError
from nlptools.lm.files import open_lm
from nlptools.lm.filtered import FilteredDocuments, FilterReport
from nlptools.lm.filterrules import COLUMNS, FilterRules
from nlptools.lm.judging import WIDTH, DocumentTable, duplicates, find_limits, judge
from nlptools.lm.longlines import PIECE
from nlptools.lm.model import LanguageModel
from nlptools.lm.stream import LineScorer, fold_of
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.text.documents import Documents, lull

# What is read only once, as a pipe, gets its limits from its beginning, which waits in memory.
SAMPLE = 10_000
SAMPLE_CHARACTERS = 8_000_000
_LEAST_ROOM = 8_000_000  # bytes for the hashes of documents
_CHARACTERS = COLUMNS.index("characters")

# Documents with the table of their numbers, a row each.
_Judged = tuple[Documents, np.ndarray]


def filter_documents(
    corpus: CorpusLike,
    model: str | os.PathLike[str] | LanguageModel,
    *,
    quantiles: Sequence[float] | None = None,
    max_perplexity: Sequence[float] | None = None,
    min_per_symbol: Sequence[float] | None = None,
    keep: Sequence[str] | None = None,
    min_symbols: int = 0,
    mean_symbols: float | None = None,
    first: int | None = None,
    measures: bool = False,
    min_han: float | None = None,
    max_oov: float | None = None,
    max_repeated: float | None = None,
    max_repeated_lines: float | None = None,
    unique: bool = False,
    fold: Sequence[str] | None = None,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> FilteredCorpus:
    """Which documents of a corpus are text as the model knows it, and which are garbage; in order.

    A document is a record of JSON Lines, CSV or Parquet, a line of plain text. Its perplexity is 10 ** (-log10
    probability / (symbols + ends of sentences)), its lines being sentences.
    quantiles: in percent; max_perplexity; min_per_symbol, log10: where the buckets end, one of the three: one limit for
    head and tail, two for head, middle and tail. keep: buckets that are kept, by default all but the tail.
    min_symbols: shorter documents are dropped, as are those without any. mean_symbols: those that the mean of the
    corpus counts for beside those of a document, so that the perplexity of a short one says less (None: 30 with
    quantiles, else 0). first: the limits (and that mean) are those of the first documents, so many; None: of all, which
    are read twice; of the first 10,000 or 8,000,000 characters where the corpus can be read only once.
    measures: drop and measure by the limits of LIMITS: min_han, max_oov, max_repeated, max_repeated_lines, shares in
    [0, 1]; one that is given holds without it. unique: drop documents whose text came before.
    model: loaded, its file, or "general", the one of the package. fold: names of FOLDS, by which documents are scored;
    None: as the model was trained. workers, tmp_dir: as in score_text. memory: bytes for the whole process. No result
    depends on workers, memory and the size of blocks.
    Raises ValueError for settings that make no sense, DataError for a file that is no model, or damaged.
    """
    rules = FilterRules(
        quantiles=quantiles,
        max_perplexity=max_perplexity,
        min_per_symbol=min_per_symbol,
        keep=keep,
        min_symbols=min_symbols,
        mean_symbols=mean_symbols,
        first=first,
        measures=measures,
        min_han=min_han,
        max_oov=max_oov,
        max_repeated=max_repeated,
        max_repeated_lines=max_repeated_lines,
        unique=unique,
    )
    check_memory(memory)
    loaded = (
        model if isinstance(model, LanguageModel) else open_lm(model, tmp_dir=tmp_dir, whole=True)
    )
    fold = fold_of(loaded) if fold is None else fold
    return FilteredCorpus(as_corpus(corpus), loaded, fold, rules, memory, workers, tmp_dir)


def room_for_hashes(memory: int) -> int:
    """Bytes for the hashes of documents, of so many for the process."""
    return max(_LEAST_ROOM, (memory - MIN_MEMORY) // 4)


class FilteredDocument(NamedTuple):
    """A document, as the corpus has it. record: of JSON Lines as it stands; fields: what filtering adds to it."""

    source: str
    number: int
    line: int
    text: str
    record: str | None
    kept: bool
    fields: dict[str, Any]


class FilteredCorpus:
    """The documents of a corpus, kept and dropped; loop over it, or over its batches, once for each time it is read."""

    report: FilterReport  # of what was given out so far

    def __init__(
        self,
        corpus: Corpus,
        model: LanguageModel,
        fold: Sequence[str],
        rules: FilterRules,
        memory: int,
        workers: int | None,
        tmp_dir: str | os.PathLike[str] | None,
    ) -> None:
        """See filter_documents."""
        self.corpus, self.model, self.fold, self.rules = corpus, model, tuple(fold), rules
        self.report = FilterReport(rules)
        self._scorer = LineScorer(model, fold)
        self._memory, self._tmp_dir = memory, tmp_dir
        self._workers = threads_within(memory, workers)

    def __iter__(self) -> Iterator[FilteredDocument]:
        for batch in self.batches():
            documents = batch.documents
            records: Sequence[str | None] = documents.records or [None] * len(documents)
            for place, added in enumerate(batch.fields()):
                yield FilteredDocument(
                    documents.source,
                    documents.numbers[place],
                    documents.lines[place],
                    str(documents.texts[place]),
                    records[place],
                    bool(batch.kept[place]),
                    added,
                )

    def batches(self) -> Iterator[FilteredDocuments]:
        """All documents in order; a batch without any in a lull of a pipe (Corpus.prompt)."""
        self.report = FilterReport(self.rules)
        with storage.spilling(self._tmp_dir) as folder:
            if not self.rules.needs_limits:
                found = self._judged(folder)
            elif self.rules.first is None and self.corpus.rereadable:
                found = self._twice(folder)
            else:
                found = self._sampled(folder)
            for documents, rows in found:
                batch = self._batch(documents, rows)
                self.report.add(batch)
                yield batch

    def _batch(self, documents: Documents, rows: np.ndarray) -> FilteredDocuments:
        return FilteredDocuments.of(documents, rows, self.rules, self.report)

    # --- one pass: every document with its numbers ------------------------------------------------

    def _judged(self, folder: Path) -> Iterator[_Judged]:
        """All documents with their rows, and none in a lull; the reasons are those that need no limits."""
        seen = SeenHashes(room_for_hashes(self._memory), folder) if self.rules.unique else None
        with worker_pool(self._workers) as pool:
            groups = _groups(self.corpus.documents(PIECE, folder))
            for done in prompt_map(pool, self._workers, self._numbers, groups):
                if done is None:
                    yield lull(""), np.empty((0, WIDTH))
                    continue
                group, rows, hashes = done
                if seen is not None:
                    duplicates(rows, hashes, seen)
                start = 0
                for documents in group:
                    yield documents, rows[start : start + len(documents)]
                    start += len(documents)

    def _numbers(self, group: list[Documents]) -> tuple[list[Documents], np.ndarray, np.ndarray]:
        """In a thread: the rows of all documents of a group, and the hashes of their texts, if they are asked for."""
        texts = [text for documents in group for text in documents.texts]
        return group, *judge(texts, self._scorer, self.rules)

    # --- limits -----------------------------------------------------------------------------------

    def _twice(self, folder: Path) -> Iterator[_Judged]:
        """The limits are those of all documents; their rows wait in a file while the text is read again."""
        table = DocumentTable(folder)
        for _, rows in self._judged(folder):
            table.append(rows)
        self._find_limits(table)
        start = 0
        for documents in self.corpus.documents(PIECE, folder):
            rows = table.rows(start, start + len(documents))
            sizes = [len(text) for text in documents.texts]
            if len(rows) < len(sizes) or not np.array_equal(rows[:, _CHARACTERS], sizes):
                raise changed_documents(documents.source)
            start += len(documents)
            yield documents, rows
        if start < len(table):
            raise changed_documents(self.corpus.name)

    def _sampled(self, folder: Path) -> Iterator[_Judged]:
        """The limits are those of the first documents, which wait in memory."""
        wanted = self.rules.first or SAMPLE
        judged = self._judged(folder)
        held: list[_Judged] = []
        sample, characters = DocumentTable(folder), 0.0
        for documents, rows in judged:
            held.append((documents, rows))
            sums = characters + np.cumsum(rows[:, _CHARACTERS])
            fit = min(len(rows), wanted - len(sample))
            fit = min(fit, int(np.searchsorted(sums, SAMPLE_CHARACTERS)))
            sample.append(rows[:fit])
            if fit < len(rows) or len(sample) == wanted:
                break
            characters = sums[-1] if len(rows) else characters
        self._find_limits(sample)
        yield from held
        held.clear()
        yield from judged

    def _find_limits(self, table: DocumentTable) -> None:
        find_limits(table, self.rules, self.report)


def changed_documents(source: str) -> DataError:
    """The error where a file is not read as it was before."""
    return DataError(
        source,
        None,
        "the documents are others than when they were read first",
        "filter files that nobody writes to",
    )


def _groups(batches: Iterable[Documents]) -> Iterator[list[Documents] | None]:
    """Small batches, as of small files, together; None in a lull."""
    held: list[Documents] = []
    size = 0
    for documents in batches:
        lull = not len(documents)
        characters = sum(map(len, documents.texts))
        if held and (lull or size + characters > PIECE):
            yield held
            held, size = [], 0
        if lull:
            yield None
            continue
        held.append(documents)
        size += characters
    if held:
        yield held
