"""Two corpora, or counts of words in them -> what is new or grew: shrunk log odds, z, first slice.

Monroe, Colaresi and Quinn, "Fightin' Words" (2008): log odds ratio with an informative Dirichlet prior, here the one
of matrix67's score: every word is given the same number of occurrences beforehand, shared out by the sizes of the
corpora, as if it were equally frequent in both. So a rare word is drawn to 0, a frequent one keeps its own.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.base.machine import trim_memory
from nlptools.base.resources import DEFAULT_MEMORY, Watch, block_within, unwatched
from nlptools.discovery.discover import discover_words
from nlptools.errors import NlptoolsError, cell
from nlptools.ngrams.counts import NgramCounts
from nlptools.review.slices import (
    CORPUS,
    COUNTS,
    LIST,
    Slices,
    find_slices,
    list_counts,
    open_counts,
    word_counts,
)
from nlptools.review.statistics import STATISTICS, need_text, statistics
from nlptools.text.corpus import Corpus
from nlptools.usage.counting import CorpusCounts, count_words
from nlptools.usage.parts import Spread, measure_spread
from nlptools.usage.signed import with_breaks
from nlptools.usage.usage import Usage, measure_usage

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

COMPARE_FORMATS = ("tsv", "jsonl", "csv", "plain")
COLUMNS = (
    *("word", "count_a", "count_b", "rate_a", "rate_b"),
    *("log_odds", "z", "first_seen", "new"),
)


@dataclass(frozen=True)
class Comparison:
    """Words, the largest rise first (by log odds, then z, then word); aligned columns.

    count_a, count_b: occurrences, int64. total_a, total_b: symbols, or the sum of all counts of lists. log_odds:
    shrunk, nats, above 0 where B has more. z: log_odds over its standard error. shrink: as used. slices, names, totals: counts of
    each word in each slice, A's first; which of them are B's begins at `first_b`. first_seen: name of the first slice
    of all that has the word, "" for a word that none has. more: statistics that were asked for, by name. usage, paths: of corpora, for a page: the words in their text,
    and what was read.
    """

    words: list[str]
    count_a: np.ndarray
    count_b: np.ndarray
    total_a: int
    total_b: int
    log_odds: np.ndarray
    z: np.ndarray
    slices: np.ndarray
    names: list[str]
    totals: list[int]
    first_b: int
    shrink: float
    more: dict[str, np.ndarray] = field(default_factory=dict)
    usage: Usage | None = field(default=None, repr=False)
    paths: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        shown = " ".join(self.words[:5]) + (" ..." if len(self) > 5 else "")
        return f"Comparison({len(self):,} words: {shown})"

    def __iter__(self) -> Iterator[ComparedWord]:
        number = len(COLUMNS)
        yield from itertools.starmap(ComparedWord, (row[:number] for row in comparison_rows(self)))

    def __len__(self) -> int:
        return len(self.words)

    @property
    def first_seen(self) -> list[str]:
        """Of all slices, A's and B's."""
        has = self.slices > 0
        names = [self.names[i] for i in has.argmax(axis=1).tolist()]
        seen: list[bool] = np.any(has, axis=1).tolist()
        return [name if there else "" for name, there in zip(names, seen, strict=True)]

    def select(self, rows: np.ndarray) -> Comparison:
        """The comparison of these rows, in this order; the totals stay."""
        chosen = rows.tolist()
        return replace(
            self,
            words=[self.words[i] for i in chosen],
            usage=None if self.usage is None else self.usage.select(chosen),
            more={name: values[rows] for name, values in self.more.items()},
            **{name: getattr(self, name)[rows] for name in _ARRAYS},
        )

    def to_frame(self) -> DataFrame:
        """The rows as a pandas DataFrame, with the columns of the TSV."""
        rows = list(self)
        named = {name: [getattr(row, name) for row in rows] for name in COLUMNS}
        return to_frame(named | {name: values.tolist() for name, values in self.more.items()})

    def _repr_html_(self) -> str:
        return html_table(self.columns, comparison_rows(self), total=len(self))

    @property
    def columns(self) -> tuple[str, ...]:
        """Of files: COLUMNS and the statistics."""
        return (*COLUMNS, *self.more)


_ARRAYS = ("count_a", "count_b", "log_odds", "z", "slices")


class ComparedWord(NamedTuple):
    """A row: rates are occurrences in a million symbols, log_odds nats."""

    word: str
    count_a: int
    count_b: int
    rate_a: float
    rate_b: float
    log_odds: float
    z: float
    first_seen: str
    new: bool


def compare_corpora(
    a: str,
    b: str | Sequence[str],
    *,
    words: Collection[str] | None = None,
    lists: bool = False,
    shrink: float | None = None,
    new_only: bool = False,
    fallen: bool = False,
    statistic: Collection[str] = (),
    top: int | None = None,
    contexts: int | None = 5,
    width: int = 20,
    neighbours: int = 8,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
    open_corpus: Callable[..., Corpus] = Corpus,
    **reading: Any,
) -> Comparison:
    """Compare A with B: which words are new in B, which grew, since when.

    a, b: text, counts files or word lists, all of one kind; a folder, a pattern or several names are time slices.
    words: those to compare; None: what discover_words finds in the corpora of B, by its method entropy in counts
    files, all words of lists. lists: the files are word lists, also where they are no table of ours. shrink:
    occurrences that each word is given beforehand, which draws the log odds of rare ones to 0; None: as many as the
    words have on average. new_only: only words that A does not have. fallen: also the words that B has less of, last. top: the first so many. statistic: columns to add,
    of STATISTICS (statistics.py has the formulas); documents and dispersion are those of B, whose text is read once more.
    contexts, width, neighbours: for a page (report_comparison), as in report; contexts=None: there will be none, and words
    are only counted, in less time and memory. latin: what is a symbol, as in count. watch: called while words are found, as in discover. open_corpus, reading: what opens the
    corpora, and settings of Corpus.
    Raises ValueError for a shrink that is not above 0 or an unknown statistic, NlptoolsError for files of several kinds, or that cannot be
    read twice, and for a statistic of the text where there is none.
    """

    def opened(paths: list[str]) -> Corpus:
        corpus = open_corpus(paths, **reading)
        corpus.block_size = block_within(memory, corpus.block_size)
        return corpus

    found = find_slices(a, [b] if isinstance(b, str) else b, lists=lists)
    _check_statistics(statistic, found.kind)
    asked = None if words is None else sorted(words)
    usage: Usage | None = None
    characters: list[int] = []
    if found.kind == LIST:
        asked, counts, totals = _of_lists(found, asked)
    elif found.kind == COUNTS:
        loaded = open_counts(found)
        asked = _frequent_words(loaded[found.first_b :]) if asked is None else asked
        signed = set(with_breaks(asked, loaded[0][0].settings.latin))  # which counts do not have
        asked = [word for word in asked if word not in signed]
        counts, totals = word_counts(loaded, asked)
    else:
        if asked is None:
            newer = [path for paths in found.paths[found.first_b :] for path in paths]
            asked = discover_words(
                open_corpus(newer, **reading),
                background=None,
                known=(),
                latin=latin,
                memory=memory,
                workers=workers,
                tmp_dir=tmp_dir,
                watch=watch,
            ).words
        trim_memory()
        corpora = [opened(paths) for paths in found.paths]
        if contexts is None:
            counted: CorpusCounts | Usage = count_words(corpora, asked, latin=latin)
        else:
            counted = usage = measure_usage(
                corpora, asked, contexts=contexts, width=width, neighbours=neighbours, latin=latin
            )
        counts, totals, characters = counted.by_corpus.T, counted.symbols, counted.characters
    every = compare_counts(asked, counts, totals, found.names, found.first_b, shrink=shrink)
    result = shown_rows(every, new_only=new_only, fallen=fallen, top=top)
    if usage is not None:
        place = {word: i for i, word in enumerate(asked)}
        usage = usage.select([place[word] for word in result.words])
    paths = [path for group in found.paths for path in group]
    spread = None
    if need_text(statistic) and found.kind == CORPUS:
        newer = [path for group in found.paths[found.first_b :] for path in group]
        by_line = len(newer) < 2 or bool(reading.get("field") or reading.get("column"))
        size = sum(characters[found.first_b :])
        corpora = [opened(paths) for paths in found.paths[found.first_b :]]
        spread = measure_spread(corpora, result.words, size, by_line=by_line, latin=latin)
    return replace(with_statistics(result, statistic, spread), usage=usage, paths=paths)


def shown_rows(every: Comparison, *, new_only: bool, fallen: bool, top: int | None) -> Comparison:
    """The first of those words that rose; see compare_corpora."""
    keep = np.ones(len(every), bool) if fallen else every.log_odds > 0
    if new_only:
        keep &= every.count_a == 0
    return every.select(np.flatnonzero(keep & (every.count_a + every.count_b > 0))[:top])


def with_statistics(
    found: Comparison, names: Collection[str], spread: Spread | None = None
) -> Comparison:
    """With these statistics beside. spread: of the words in B, for the statistics that ask for it."""
    sides = found.count_a, found.count_b, found.total_a, found.total_b
    return replace(found, more=statistics(names, *sides, spread))


def _check_statistics(names: Collection[str], kind: str) -> None:
    for name in names:
        if name not in STATISTICS:
            raise ValueError(f"statistic must be of {', '.join(STATISTICS)}, not {name!r}")
    if kind != CORPUS and (some := need_text(names)):
        raise NlptoolsError(f"{some[0]} is one of the text, and here is a {kind}", "name corpora")


def _of_lists(found: Slices, asked: list[str] | None) -> tuple[list[str], np.ndarray, list[int]]:
    """(words, counts, totals) of word lists; of the words asked for those that a list has."""
    every, counts, totals = list_counts(found)
    if asked is None:
        return every, counts, totals
    wanted = set(asked)
    kept = [i for i, word in enumerate(every) if word in wanted]
    return [every[i] for i in kept], counts[kept], totals


def _frequent_words(loaded: Sequence[Sequence[NgramCounts]]) -> list[str]:
    """The words of each counts file, by the method entropy."""
    words: set[str] = set()
    for side in loaded:
        for counts in side:
            longest = min(4, counts.order - 1)
            table = discover_words(
                None,
                method="entropy",
                counts=counts,
                max_length=longest,
                background=None,
                known=(),
            )
            words.update(table.words)
    return sorted(words)


def compare_counts(
    words: Sequence[str],
    slices: np.ndarray,
    totals: Sequence[int],
    names: Sequence[str],
    first_b: int,
    *,
    shrink: float | None = None,
) -> Comparison:
    """Compare the words of A's slices (before `first_b`) and B's (from there).

    slices: counts, a row for each word. totals: symbols of each slice. shrink: occurrences that each word is given
    beforehand; None: as many as the words have on average, as in matrix67's score.
    Raises ValueError for a shrink that is not above 0, or no slice on a side.
    """
    if shrink is not None and not shrink > 0:
        raise ValueError(f"shrink must be above 0, not {shrink}")
    if not 0 < first_b < len(totals):
        raise ValueError("there must be a slice of A and one of B")
    slices = np.asarray(slices, np.int64).reshape(len(words), len(totals))
    count_a, count_b = slices[:, :first_b].sum(axis=1), slices[:, first_b:].sum(axis=1)
    total_a, total_b = sum(totals[:first_b]), sum(totals[first_b:])
    if shrink is None:
        every_count = int(count_a.sum() + count_b.sum())
        shrink = max(every_count / max(len(words), 1), 1.0)
    value, z = log_odds(count_a, count_b, total_a, total_b, shrink=shrink)
    place = np.empty(len(words), np.int64)
    place[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    order = np.lexsort([place, -z, -value])
    every = Comparison(
        list(words),
        count_a,
        count_b,
        total_a,
        total_b,
        value,
        z,
        slices,
        list(names),
        list(totals),
        first_b,
        shrink,
    )
    return every.select(order)


def log_odds(
    count_a: np.ndarray, count_b: np.ndarray, total_a: int, total_b: int, *, shrink: float
) -> tuple[np.ndarray, np.ndarray]:
    """(shrunk log odds ratio of B against A in nats, its z) of each word.

    With V words, N = N_A + N_B, and beforehand m_A = shrink N_A / N and m_B = shrink N_B / N of each word:
    log((b + m_B) / (N_B + V m_B - b - m_B)) - log((a + m_A) / (N_A + V m_A - a - m_A)), and
    z = that / sqrt(1 / (b + m_B) + 1 / (a + m_A)). A word that is as frequent in both, or in neither, has 0.
    """
    whole = max(total_a + total_b, 1)

    def side(count: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
        # A side without any text still has some of each word, so that nothing is infinite.
        before = shrink * max(total, 1) / whole
        own = np.asarray(count, np.float64) + before
        rest = np.maximum(total + len(own) * before - own, 0.5)
        return own, np.log(own) - np.log(rest)

    (a, odds_a), (b, odds_b) = side(count_a, total_a), side(count_b, total_b)
    value = odds_b - odds_a
    return value, value / np.sqrt(1 / a + 1 / b)


def comparison_rows(found: Comparison) -> Iterator[tuple[Any, ...]]:
    """Rows of found.columns; rates are occurrences in a million symbols."""
    more = (
        values.round(4).tolist() if values.dtype.kind == "f" else values.tolist()
        for values in found.more.values()
    )
    yield from zip(
        found.words,
        found.count_a.tolist(),
        found.count_b.tolist(),
        per_million(found.count_a, found.total_a).tolist(),
        per_million(found.count_b, found.total_b).tolist(),
        found.log_odds.round(4).tolist(),
        found.z.round(4).tolist(),
        found.first_seen,
        ((found.count_a == 0) & (found.count_b > 0)).tolist(),
        *more,
        strict=True,
    )


def per_million(counts: np.ndarray, total: int) -> np.ndarray:
    """Occurrences in a million symbols, two digits."""
    return np.round(counts / max(total, 1) * 1e6, 2)


def format_comparison(found: Comparison, how: str) -> Iterator[str]:
    """The comparison as TSV, CSV, JSON Lines or plain words. Raises ValueError for an unknown format."""
    if how not in COMPARE_FORMATS:
        raise ValueError(f"format must be one of {', '.join(COMPARE_FORMATS)}, not {how!r}")
    rows, columns = comparison_rows(found), found.columns
    if how == "plain":
        yield from (f"{row[0]}\n" for row in rows)
    elif how == "jsonl":
        for row in rows:
            values = (None if value != value else value for value in row)  # JSON has no nan
            yield json.dumps(dict(zip(columns, values, strict=True)), ensure_ascii=False) + "\n"
    else:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        yield ("\t" if how == "tsv" else ",").join(columns) + "\n"
        for row in rows:
            cells = [_cell(value, name) for value, name in zip(row, columns, strict=True)]
            if how == "tsv":
                yield "\t".join(map(cell, cells)) + "\n"
                continue
            writer.writerow(cells)
            yield text.getvalue()
            text.seek(0)
            text.truncate()


def _cell(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return f"{value:.{2 if name.startswith('rate') else 4}f}"
    return str(value)
