"""Columns of words and their numbers -> WordTable: selected, sorted, stacked; as TSV, CSV, JSON lines, pandas, HTML.

What columns there are, their names and their order: columns.py.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, make_dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.base.frames import SCREENFUL, html_table, to_frame
from nlptools.discovery.columns import (
    COLUMNS,
    DECISION,
    NUMBERS,
    PRINTED,
    SORT_COLUMNS,
    WORD_FORMATS,
    Column,
    WordColumns,
)

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame
    from nlptools.wordmodel.room import Learnt

_TYPES = {"int": np.int64, "real": np.float64, "flag": np.bool_, "decision": np.bool_}
_BATCH = 1 << 13
# Scores of more than this and less than 1 have so many digits in files.
_NEAR_ONE, _MORE_DIGITS = 0.9998, 8

# A row, with the columns by their names in files; unrounded, None where the method does not say.
_DECISION_FIELD = (DECISION.name, str, field(default="", repr=False))
WordRow: Any = make_dataclass("WordRow", [*COLUMNS, _DECISION_FIELD], frozen=True, slots=True)
WordRow.__module__ = __name__


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WordTable(WordColumns):
    """Ranked words, best first; the columns are those of WordColumns. A loop over it gives rows.

    removed: what each filter took out, in their order. settings: the thresholds that were used, also where
    they were scaled to the corpus. symbols, ngrams: how many there are in the corpus, and how many different
    ones were looked at. decided: whether there were decisions of words, and so there is the column for them.
    """

    removed: dict[str, int] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    symbols: int = 0
    ngrams: int = 0
    learnt: Learnt | None = None
    decided: bool = False

    @property
    def printed(self) -> tuple[Column, ...]:
        """The columns that files have."""
        return (*PRINTED, DECISION) if self.decided else PRINTED

    @staticmethod
    def of(words: list[str], **columns: np.ndarray) -> WordTable:
        """A table of these columns, by the names of WordColumns; the others say nothing.

        Without words, as for a table that gets them later, there can be columns all the same. Raises TypeError
        where a column is missing that every method says, ValueError where one has another length.
        """
        size = len(next(iter(columns.values()))) if columns else len(words)
        if words and len(words) != size:
            raise ValueError("there are more or fewer words than numbers")
        for one in NUMBERS:
            if one.attribute not in columns:
                if one.unsaid is None:
                    raise TypeError(f"the column {one.attribute} is missing")
                columns[one.attribute] = np.full(size, one.unsaid, _TYPES[one.kind])
            elif len(columns[one.attribute]) != size:
                raise ValueError(f"{one.attribute} has another length than the other columns")
            elif one.kind == "real":  # times that a word was cut out are a score, too
                columns[one.attribute] = columns[one.attribute].astype(np.float64, copy=False)
        every: dict[str, Any] = columns
        return WordTable(words=words, **every)

    @staticmethod
    def empty() -> WordTable:
        """No words."""
        return WordTable.of([], **{one.attribute: np.zeros(0, _TYPES[one.kind]) for one in NUMBERS})

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, len(self), _BATCH):
            yield from (WordRow(*row) for row in self._rows(slice(start, start + _BATCH)))

    def _rows(self, part: slice) -> Iterator[tuple[Any, ...]]:
        return zip(*(_values(self, one, part) for one in self.printed), strict=True)

    def __repr__(self) -> str:
        first = "".join(f" {word}" for word in self.words[:5])
        more = " ..." if len(self) > 5 else ""
        return f"WordTable({len(self):,} words{':' if first else ''}{first}{more})"

    def _repr_html_(self) -> str:
        """A screenful for a notebook."""
        header = [one.name for one in self.printed]
        return html_table(header, self._rows(slice(SCREENFUL)), total=len(self))

    def to_frame(self) -> DataFrame:
        """The table as a pandas DataFrame with the columns of the TSV, unrounded."""
        columns = {one.name: getattr(self, one.attribute) for one in PRINTED}
        if self.decided:
            columns[DECISION.name] = _values(self, DECISION, slice(None))
        return to_frame(columns)

    def select(self, rows: np.ndarray) -> WordTable:
        """The table of these rows, in this order."""
        arrays: dict[str, Any] = {
            one.attribute: getattr(self, one.attribute)[rows] for one in NUMBERS
        }
        return replace(self, words=[self.words[i] for i in rows.tolist()], **arrays)

    def where(self, mask: np.ndarray) -> WordTable:
        """The table of the rows for which the mask is true."""
        if len(mask) and mask.all():
            return self
        return self.select(np.flatnonzero(mask))

    def sorted(self, by: str = "score") -> WordTable:
        """Best first by a column of SORT_COLUMNS, or by "word"; ties by word, in code point order."""
        order = sorted(range(len(self.words)), key=self.words.__getitem__)
        place = np.empty(len(order), np.int64)
        place[order] = np.arange(len(order))
        if by == "word":
            return self.select(np.array(order, np.int64))
        keys = [place, -getattr(self, SORT_COLUMNS[by])]
        if by == "score":  # what did not pass comes last; where it has no score, by PMI
            keys = [place, np.where(self.passed, 0, -self.pmi), -self.scores, ~self.passed]
        return self.select(np.lexsort(keys))


def stack_tables(tables: Sequence[WordTable]) -> WordTable:
    """The rows of all tables; what is not a row is the first one's."""
    words = [word for table in tables for word in table.words]
    arrays: dict[str, Any] = {
        one.attribute: np.concatenate([getattr(table, one.attribute) for table in tables])
        for one in NUMBERS
    }
    return replace(tables[0], words=words, **arrays)


def format_words(table: WordTable, how: str) -> Iterator[str]:
    """The table as pieces of text, each of many lines. PMI and entropy are in nats.

    Raises ValueError for an unknown format.
    """
    if how not in WORD_FORMATS:
        raise ValueError(f"format must be one of {', '.join(WORD_FORMATS)}, not {how!r}")
    names = [one.name for one in table.printed]
    if how in ("tsv", "csv"):
        yield ("\t" if how == "tsv" else ",").join(names) + "\n"
    for start in range(0, len(table), _BATCH):
        part = slice(start, start + _BATCH)
        if how == "plain":
            yield "".join(f"{word}\n" for word in table.words[part])
        elif how == "tsv":
            yield "".join("\t".join(row) + "\n" for row in _cells(table, part))
        elif how == "csv":
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(_cells(table, part))
            yield text.getvalue()
        else:
            columns = [_json_values(table, one, part) for one in table.printed]
            rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
            yield "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _values(table: WordTable, one: Column, part: slice, digits: int | None = None) -> list[Any]:
    """Part of a column as Python values, None where the method does not say; reals rounded where asked."""
    if one.kind == "text":
        return table.words[part]
    column = getattr(table, one.attribute)[part]
    if one.kind == "real" and digits is not None:
        more = _more_digits(one, column)
        column = np.where(more, column.round(_MORE_DIGITS), column.round(digits))
    values: list[Any] = column.tolist()
    if one.kind == "decision":
        return ["accepted" if value else "" for value in values]
    if one.unsaid is None or one.kind == "flag":
        return values
    said = column == column if math.isnan(one.unsaid) else column != one.unsaid
    if said.all():
        return values
    return [value if known else None for value, known in zip(values, said.tolist(), strict=True)]


def _more_digits(one: Column, values: Any) -> Any:
    """Whether four digits do not tell scores apart: the first 1,300 words of --all are probabilities of .9999."""
    return (one.attribute == "scores") & (values > _NEAR_ONE) & (values < 1)


def _cells(table: WordTable, part: slice) -> Iterator[tuple[str, ...]]:
    """Rows of texts."""
    return zip(*(_texts(table, one, part) for one in table.printed), strict=True)


def _texts(table: WordTable, one: Column, part: slice) -> list[str]:
    """Part of a column; empty where the method does not say, or there is no number."""
    values = _values(table, one, part, one.digits)
    if one.kind == "flag":
        return ["yes" if value else "no" for value in values]
    if one.kind != "real":
        return ["" if value is None else str(value) for value in values]
    usual = f"%.{one.digits}f"
    texts = ["" if value is None or value != value else usual % value for value in values]
    for i in np.flatnonzero(_more_digits(one, np.array(values, float))).tolist():
        texts[i] = f"{values[i]:.{_MORE_DIGITS}f}"
    return texts


def _json_values(table: WordTable, one: Column, part: slice) -> list[Any]:
    """JSON has no number for the PMI of a single symbol, which is infinite, nor for what is not said: null."""
    values = _values(table, one, part, one.digits)
    if one.kind != "real":
        return values
    return [value if value is not None and math.isfinite(value) else None for value in values]
