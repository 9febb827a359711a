"""Paths + language model -> folders of documents that are kept and dropped, written by many machines, in their order.

Limits that depend on all documents, and which of them came before, are found by the driver from the numbers of each
(40 bytes) that a first pass of the workers writes; the second scores the documents once more, as numbers cost more to
bring back to their documents.
"""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base import storage
from nlptools.base.resources import DEFAULT_MEMORY, check_memory
from nlptools.base.seen import SeenHashes
from nlptools.lm.filter import changed_documents, room_for_hashes
from nlptools.lm.filtered import FilteredDocuments, FilterReport
from nlptools.lm.filterrules import REASONS, FilterRules
from nlptools.lm.judging import OF_LIMITS, DocumentTable, duplicates, find_limits, judge
from nlptools.lm.longlines import PIECE
from nlptools.lm.model import LanguageModel
from nlptools.lm.stream import LineScorer, fold_of
from nlptools.spark.count import exists, names_in
from nlptools.spark.files import absolute
from nlptools.spark.folders import HadoopFile, read_text, remove_folder, write_text
from nlptools.spark.kernel import Kernel, Sums
from nlptools.spark.maps import (
    HOME,
    Job,
    Mapped,
    Output,
    digest_of,
)
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.spark.worker import start_of
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.lookup import count_scripts
from nlptools.text.results import Found

_NUMBERS, _LIMITS = (
    "numbers",
    "limits",
)  # in the folder of the output: of the first pass, and what it found
_LOOKED_AT = 1_000_000  # characters of a task, to see whether a text is traditional
# Of the documents of a group in a part, by the byte at which the piece of a large file begins: a bit for each, set where
# its text came before.
_Bits = Mapping[tuple[int, int], Mapping[int, np.ndarray]]


def filter_with_spark(
    paths: Sequence[str],
    model: LanguageModel,
    output: Output,
    rules: FilterRules,
    *,
    dropped: Output | None = None,
    fold: Sequence[str] | None = None,
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
) -> tuple[Mapped, FilterReport]:
    """Filter as filter_documents does, with Spark, into a folder of what is kept, and one of what is dropped.

    rules: as filter_documents makes them of its settings; their `first` is not looked at. Of text, the documents stand on lines of their own; of records each is as one machine writes it. memory: bytes for the
    driver's hashes of documents, where duplicates are looked for. A run that died goes on when it is started again as it
    was. The sums have the characters of both scripts, as far as they were counted: `traditional`, `simplified`.
    """
    check_memory(memory)
    reading = reading_of(encoding=encoding, on_error=on_error, field=field, column=column, fold=())
    folds = fold_of(model) if fold is None else tuple(fold)
    with open_session(master, conf) as spark:
        made_of = ["lm filter", dataclasses.astuple(rules), folds, digest_of(model)]
        job = Job.of(spark, paths, reading, made_of)
        run = _Run(job, model, Filtering(rules, folds, FilterReport(rules)), output)
        with storage.spilling(tmp_dir) as folder:
            return run.filtered(dropped, room_for_hashes(memory), folder)


@dataclass
class _Run:
    """The steps, at the driver."""

    job: Job
    model: LanguageModel
    kernel: Filtering
    output: Output

    def filtered(
        self, dropped: Output | None, room: int, folder: Path
    ) -> tuple[Mapped, FilterReport]:
        """Both passes. room: bytes for hashes. folder: for temporary files."""
        job, rules = self.job, self.kernel.rules
        other = dataclasses.replace(job, made_of=[*job.made_of, "dropped"])
        report = FilterReport(rules)
        works = [(job, self.output)] + ([] if dropped is None else [(other, dropped)])
        for one, place in works:  # before anything is written inside
            one.begin(place)
        home = _home_of(job, self.output)
        if rules.needs_limits or rules.unique:
            if all(exists(job.spark, f"{_home_of(job, at)}/{_LIMITS}") for _, at in works):
                told = json.loads(read_text(job.spark, f"{home}/{_LIMITS}"))
                report.mean, report.sample, report.limits = told
            else:
                bits = self._first_pass(f"{home}/{_NUMBERS}", report, room, folder)
                self.kernel = dataclasses.replace(self.kernel, report=report, bits=bits)
        made = job.map(self.kernel, self.model, self.output)
        if dropped is not None:
            rest = dataclasses.replace(self.kernel, dropped=True)
            made.files += other.map(rest, self.model, dropped).files
        told = json.dumps([report.mean, report.sample, list(report.limits)])
        for _, at in works:
            write_text(job.spark, f"{_home_of(job, at)}/{_LIMITS}", told)
        remove_folder(job.spark, f"{home}/{_NUMBERS}")
        for name, value in made.sums.items():
            kind, _, key = name.partition(":")
            if kind in ("documents", "characters"):
                bucket, reason = map(int, key.split(","))
                sums = report.counts.setdefault((bucket, reason), [0, 0])
                sums[kind == "characters"] += int(value)
        return made, report

    def _first_pass(self, place: str, report: FilterReport, room: int, folder: Path) -> _Bits:
        """Mean and limits into the report; which documents came before. place: a folder for their numbers."""
        rules, spark = self.kernel.rules, self.job.spark
        self.job.map(Measuring(rules, self.kernel.fold), self.model, Output(place, "rows"))
        table = DocumentTable(folder, len(OF_LIMITS))
        seen = SeenHashes(room, folder) if rules.unique else None
        found: dict[tuple[int, int], dict[int, list[np.ndarray]]] = {}
        for part, group, start, rows, hashes in _numbers(spark, place):
            if seen is not None:
                again = np.zeros(len(rows), bool)
                again[duplicates(rows, hashes, seen)] = True
                found.setdefault((part, group), {}).setdefault(start, []).append(again)
            if rules.needs_limits:
                table.append(rows)
        if rules.needs_limits:
            find_limits(table, rules, report)
        return {
            key: {start: np.concatenate(some) for start, some in pieces.items()}
            for key, pieces in found.items()
        }


def _home_of(job: Job, output: Output) -> str:
    """Where a folder has what it knows of the run that wrote it."""
    return f"{absolute(job.spark, output.path)}/{HOME}"


def _numbers(spark: Any, place: str) -> Iterator[tuple[int, int, int, np.ndarray, np.ndarray]]:
    """(part, group, start, rows, hashes) of all documents in their order, some at a time."""
    parquet = importlib.import_module("pyarrow.parquet")
    for name in sorted(name for name in names_in(spark, place) if name.startswith("part-")):
        with io.BufferedReader(HadoopFile.open(spark, f"{place}/{name}"), 1 << 20) as file:
            for batch in parquet.ParquetFile(file, pre_buffer=False).iter_batches(64):
                for row in batch.to_pylist():
                    rows = np.frombuffer(row["rows"], np.float64).reshape(-1, len(OF_LIMITS))
                    hashes = np.frombuffer(row["hashes"], np.uint64).reshape(-1, 2)
                    yield row["part"], row["group"], row["start"], rows.copy(), hashes


# --- on the workers ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measuring(Kernel):
    """The first pass: what limits and duplicates are found by, of each document; what is shared is the model."""

    rules: FilterRules
    fold: tuple[str, ...]
    place: tuple[int, int] = (0, 0)

    schema = "part int, group int, start long, rows binary, hashes binary"

    def at(self, part: int, group: int) -> Kernel:
        return dataclasses.replace(self, place=(part, group))

    def rows(self, corpus: Corpus, shared: LanguageModel, sums: Sums) -> Iterator[Any]:
        arrow = importlib.import_module("pyarrow")
        scorer = LineScorer(shared, self.fold)
        part, group = self.place
        for documents in corpus.documents(PIECE):
            rows, hashes = judge(documents.texts, scorer, self.rules)
            columns = [
                arrow.array([part], arrow.int32()),
                arrow.array([group], arrow.int32()),
                arrow.array([start_of(corpus)], arrow.int64()),
                arrow.array([rows[:, OF_LIMITS].tobytes()], arrow.binary()),
                arrow.array([hashes.tobytes()], arrow.binary()),
            ]
            names = ["part", "group", "start", "rows", "hashes"]
            yield arrow.RecordBatch.from_arrays(columns, names=names)


@dataclass(frozen=True)
class Filtering(Kernel):
    """The second pass, or the only one: documents that are kept, or dropped, with their numbers.

    report: has the mean and the limits. bits: of all groups, or of its own. whole: nothing is left out.
    """

    rules: FilterRules
    fold: tuple[str, ...]
    report: FilterReport
    bits: _Bits = field(default_factory=dict)
    dropped: bool = False
    whole: bool = False

    def at(self, part: int, group: int) -> Kernel:
        own = (part, group)
        return dataclasses.replace(self, bits={own: self.bits[own]} if own in self.bits else {})

    def every(self) -> Kernel:
        return dataclasses.replace(self, whole=True, bits={})

    def text(self, corpus: Corpus, shared: LanguageModel, sums: Sums) -> Iterator[str]:
        for documents, _ in self.records(corpus, shared, sums):
            yield "".join(f"{text}\n" for text in documents.texts)

    def records(
        self, corpus: Corpus, shared: LanguageModel, sums: Sums
    ) -> Iterator[tuple[Documents, Found]]:
        report = FilterReport(self.rules, self.report.mean, self.report.sample)
        report.limits = self.report.limits
        for batch in self._batches(corpus, LineScorer(shared, self.fold), report, sums):
            report.add(batch)
            if self.whole:
                columns = batch.columns()
                if not self.dropped:
                    del columns["reason"]
                yield batch.documents, columns
            else:
                yield batch.part(self.dropped)
        for (bucket, reason), (number, characters) in report.counts.items():
            sums[f"documents:{bucket},{reason}"] = number
            sums[f"characters:{bucket},{reason}"] = characters

    def _batches(
        self, corpus: Corpus, scorer: LineScorer, report: FilterReport, sums: Sums
    ) -> Iterator[FilteredDocuments]:
        again = None
        for pieces in self.bits.values():
            again = pieces.get(start_of(corpus))
        at = looked = 0
        for documents in corpus.documents(PIECE):
            rows, _ = judge(documents.texts, scorer, self.rules)
            if again is not None:
                here = again[at : at + len(documents)]
                if len(here) < len(documents):
                    raise changed_documents(documents.source)
                rows[here, -1] = REASONS.index("duplicate")
            at += len(documents)
            if looked < _LOOKED_AT:
                text = "".join(documents.texts)
                traditional, simplified = count_scripts(text)
                sums["traditional"] = sums.get("traditional", 0) + traditional
                sums["simplified"] = sums.get("simplified", 0) + simplified
                looked += len(text)
            yield FilteredDocuments.of(documents, rows, self.rules, report)
        if again is not None and at < len(again):
            raise changed_documents(corpus.name)
