"""Corpus + language model -> its documents, each kept or dropped, with the numbers and the reason why."""

from __future__ import annotations

import math
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
from nlptools.lm.documents import score_documents
from nlptools.lm.files import open_lm
from nlptools.lm.filtered import FilteredDocuments, FilterReport
from nlptools.lm.filterrules import COLUMNS, REASONS, FilterRules, per_symbol
from nlptools.lm.limits import quantiles_of, shrunk
from nlptools.lm.longlines import PIECE
from nlptools.lm.measures import hashes_of, measure
from nlptools.lm.model import LanguageModel
from nlptools.lm.stream import LineScorer, fold_of
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.text.documents import Documents, lull

# What is read only once, as a pipe, gets its limits from its beginning, which waits in memory.
SAMPLE = 10_000
SAMPLE_CHARACTERS = 8_000_000
_ROWS = 1 << 14  # of the table that are read at a time; sums do not depend on how the text came
_LEAST_ROOM = 8_000_000  # bytes for the hashes of documents
_WIDTH = len(COLUMNS)
_REASON = COLUMNS.index("reason")
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
                    documents.texts[place],
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
        room = max(_LEAST_ROOM, (self._memory - MIN_MEMORY) // 4)
        seen = SeenHashes(room, folder) if self.rules.unique else None
        with worker_pool(self._workers) as pool:
            groups = _groups(self.corpus.documents(PIECE))
            for done in prompt_map(pool, self._workers, self._numbers, groups):
                if done is None:
                    yield lull(""), np.empty((0, _WIDTH))
                    continue
                group, rows, hashes = done
                if seen is not None:
                    fit = np.flatnonzero(rows[:, _REASON] != REASONS.index("symbols"))
                    again = fit[seen.add(hashes[fit])]
                    rows[again, _REASON] = REASONS.index("duplicate")
                start = 0
                for documents in group:
                    yield documents, rows[start : start + len(documents)]
                    start += len(documents)

    def _numbers(self, group: list[Documents]) -> tuple[list[Documents], np.ndarray, np.ndarray]:
        """In a thread: the rows of all documents of a group, and the hashes of their texts, if they are asked for."""
        texts = [text for documents in group for text in documents.texts]
        scores = score_documents(self._scorer, texts)
        columns = {
            "log10_prob": scores.log10_probs,
            "numbers": scores.numbers,
            "symbols": scores.symbols,
            "oov": scores.oov / np.maximum(scores.symbols, 1),
            "characters": np.fromiter(map(len, texts), np.float64, len(texts)),
            **measure(texts, self.rules.measured),
        }
        rows = np.full((len(texts), _WIDTH), math.nan)
        for name, values in columns.items():
            rows[:, COLUMNS.index(name)] = values
        rows[:, _REASON] = self.rules.reasons(columns)
        hashes = hashes_of(texts) if self.rules.unique else np.empty((0, 2), np.uint64)
        return group, rows, hashes

    # --- limits -----------------------------------------------------------------------------------

    def _twice(self, folder: Path) -> Iterator[_Judged]:
        """The limits are those of all documents; their rows wait in a file while the text is read again."""
        table = _Table(folder)
        for _, rows in self._judged(folder):
            table.append(rows)
        self._find_limits(table)
        start = 0
        for documents in self.corpus.documents(PIECE):
            rows = table.rows(start, start + len(documents))
            sizes = [len(text) for text in documents.texts]
            if len(rows) < len(sizes) or not np.array_equal(rows[:, _CHARACTERS], sizes):
                raise _changed(documents.source)
            start += len(documents)
            yield documents, rows
        if start < len(table):
            raise _changed(self.corpus.name)

    def _sampled(self, folder: Path) -> Iterator[_Judged]:
        """The limits are those of the first documents, which wait in memory."""
        wanted = self.rules.first or SAMPLE
        judged = self._judged(folder)
        held: list[_Judged] = []
        sample, characters = _Table(folder), 0.0
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

    def _find_limits(self, table: _Table) -> None:
        """Mean and limits, of the documents that no other rule drops."""
        report, rules = self.report, self.rules
        log10_prob = numbers = 0.0
        for rows in table.kept():
            log10_prob += float(rows[:, COLUMNS.index("log10_prob")].sum())
            numbers += float(rows[:, COLUMNS.index("numbers")].sum())
        report.mean = log10_prob / numbers if numbers else math.nan
        report.sample = len(table)
        if rules.quantiles is None:
            return

        def values() -> Iterator[np.ndarray]:
            for rows in table.kept():
                yield -shrunk(*per_symbol(rows), report.mean, rules.weight)

        report.limits = quantiles_of(values, [share / 100 for share in rules.quantiles])


class _Table:
    """Rows of documents in a file."""

    def __init__(self, folder: Path) -> None:
        self._writer = storage.ColumnWriter(np.float64, storage.SpillFile(folder))
        self._column: storage.Column | None = None

    def append(self, rows: np.ndarray) -> None:
        self._writer.append(rows.ravel())

    def __len__(self) -> int:
        return self._writer.length // _WIDTH

    def rows(self, start: int, stop: int) -> np.ndarray:
        if self._column is None:
            self._column = self._writer.finish()
        return self._column[start * _WIDTH : stop * _WIDTH].reshape(-1, _WIDTH)

    def kept(self) -> Iterator[np.ndarray]:
        """Rows of documents that have no reason to be dropped, some at a time."""
        for start in range(0, len(self), _ROWS):
            rows = self.rows(start, min(start + _ROWS, len(self)))
            yield rows[rows[:, _REASON] == 0]


def _changed(source: str) -> DataError:
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
