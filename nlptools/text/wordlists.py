"""Word list files -> rows of words with what stands beside them -> sets, weights, decisions, numbers of entries.

One parser, read_lists, knows the formats: tables and models of ours (TSV, CSV, JSON Lines) here; a word a line,
vocab.txt and the dictionaries of other programs in listlines.py. Every other function here is a view of its rows.
"""

from __future__ import annotations

import io
import itertools
import json
import math
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError, quoted
from nlptools.text.chars import with_line_feeds
from nlptools.text.corpus import Corpus
from nlptools.text.decoding import decompress, find_codec, to_utf8
from nlptools.text.delimited import csv_line, read_cells
from nlptools.text.listlines import COLUMNS, ListRow, count_of, csv_rows, line_rows
from nlptools.text.pieces import lines_of
from nlptools.text.sources import find_sources
from nlptools.text.whole import LONGEST_LINE, check_size, read_whole

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

ACCEPTED, REJECTED = DECISIONS = ("accepted", "rejected")
NUMBERS = ("score", "expected", "shards", "count")
FLAGS = ("term", "known")
# The weight of a word: the first of these columns with a number in it.
WEIGHTS = ("expected", "count")
NO_COUNT = (
    "counts are numbers from 0; logarithms are none: name a list with counts, or take them out"
)

_JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.[a-z0-9]+)?$", re.IGNORECASE)
# What discover and contexts write, through a pipe or under another name; a word of a plain list begins otherwise.
_JSON_WORD = re.compile(r'\{ *"word" *: *["[]')
_CSV = re.compile(r"\.csv(\.[a-z0-9]+)?$", re.IGNORECASE)
_JSON = re.compile(r"\.json(\.[a-z0-9]+)?$", re.IGNORECASE)


# --- the parser ------------------------------------------------------------------------------


@dataclass(frozen=True)
class WordList:
    """One file, source. kind: "tsv", "csv", "jsonl", or "lines" for words and dictionaries. header: the first line
    of a TSV or CSV. columns: names of the cells. rows: those with a word, in order; to be read once.
    """

    source: str
    kind: str
    header: str
    columns: Sequence[str]
    rows: Iterator[ListRow]

    def decided(self) -> Iterator[tuple[str, float | None, str]]:
        """Words with their weights (see WEIGHTS), None where no number stands, and what the column `decision` says.

        Raises DataError for a number that is no count, and in a table for what is no number.
        """
        places = [self.columns.index(name) for name in WEIGHTS if name in self.columns]
        at = self.columns.index("decision") if "decision" in self.columns else -1
        for row in self.rows:
            weight = None
            for place in places:
                if weight is None and place < len(row.cells):
                    weight = self._count(row, row.cells[place])
            yield row.word, weight, _decision(row.cells[at] if 0 <= at < len(row.cells) else "")

    def _count(self, row: ListRow, cell: str) -> float | None:
        try:
            count = count_of(cell)
        except ValueError:
            count = None
        else:
            # What follows the word in a list of lines may be anything else.
            if count is not None or self.kind == "lines" or not cell.strip():
                return count
        problem = f"no count: {cell.strip()[:40]!r}"
        raise DataError(self.source, row.number, problem, NO_COUNT)


def is_json_lines(path: str | os.PathLike[str]) -> bool:
    """Whether a file is JSON Lines, by its name."""
    return bool(_JSON_LINES.search(os.fspath(path)))


def read_lists(
    path: str | os.PathLike[str], *, encoding: str, one_word: bool = False
) -> Iterator[WordList]:
    """The lists of a path: a file, or a folder or pattern of many, each with its own header.

    one_word: a record of JSON Lines must have one word, not a list of them.
    Raises DataError for what cannot be read, or has no words where its kind has them.
    """
    for source in find_sources([path]):
        if is_json_lines(source.name):
            yield _json_list(source.name, encoding, one_word)
        else:
            yield _parse(_text_of(source.name, encoding), source.name, one_word)


def _text_of(source: str, encoding: str) -> str:
    return read_whole(source, encoding=encoding)


def _parse(text: str, source: str, one_word: bool) -> WordList:
    # Not str.splitlines: line 344 of bert-base-chinese's vocab.txt is U+2028.
    lines = with_line_feeds(text).split("\n")
    if _JSON_WORD.match(lines[0]):
        return _json_table(lines, source, one_word)
    start = 0
    if lines[0].startswith("# nlptools"):  # a model: settings and places come before the table
        start = next((i for i, line in enumerate(lines) if not line.startswith("# ")), len(lines))
    header = lines[start] if start < len(lines) else ""
    if header.startswith(("word,", "term,")):
        # A cell may hold a line end, so the lines of the file are not those of the rows.
        columns = next(read_cells([header]))
        rows = _csv_table(lines[start + 1 :], start + 2)
        return WordList(source, "csv", csv_line(columns), ["word", *columns[1:]], rows)
    if header.startswith(("word\t", "term\t")):
        columns = ["word", *header.split("\t")[1:]]
        return WordList(source, "tsv", header, columns, _tsv_rows(lines[start + 1 :], start + 2))
    if _CSV.search(source) and "," in next(filter(str.strip, lines), ""):
        return WordList(source, "lines", "", COLUMNS, csv_rows(lines))
    return WordList(source, "lines", "", COLUMNS, line_rows(lines))


def _csv_table(lines: Iterable[str], first: int) -> Iterator[ListRow]:
    reader = read_cells(io.StringIO("\n".join(lines)))
    number = first
    for cells in reader:
        if cells and cells[0]:
            yield ListRow(cells[0], csv_line(cells), cells, number)
        number = first + reader.line_num


def _tsv_rows(lines: Iterable[str], first: int) -> Iterator[ListRow]:
    """Nothing is quoted in it."""
    for number, line in enumerate(lines, first):
        cells = line.split("\t")
        if word := cells[0].strip(" "):
            yield ListRow(word, line, [word, *cells[1:]], number)


def _json_list(source: str, encoding: str, one_word: bool) -> WordList:
    corpus = Corpus([source], encoding=encoding, field="word")
    corpus.longest_line = LONGEST_LINE
    for _ in corpus.blocks():
        check_size(
            source, corpus.report.bytes
        )  # it says what is wrong with the file, and the rest of this function need not
    return _json_table(lines_of(_raw_text(source, encoding)), source, one_word)


def _json_table(lines: Iterable[str], source: str, one_word: bool) -> WordList:
    """Raises DataError for a line that is no object, or whose `word` is no text."""
    columns = ["word", *NUMBERS, *FLAGS]
    rows: list[ListRow] = []
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line:
            continue
        record = _record(line, source, number)
        if "decision" in record and columns[-1] != "decision":
            columns.append("decision")
        words = record["word"]
        if one_word and not isinstance(words, str):
            raise DataError(source, number, f"the field `word` is no text: {quoted(words)}")
        beside = [_text(record.get(name)) for name in (*NUMBERS, *FLAGS, "decision")]
        several = [words] if isinstance(words, str) else words
        rows.extend(ListRow(word, line, [word, *beside], number) for word in several if word)
    return WordList(source, "jsonl", "", columns, iter(rows))


def _record(line: str, source: str, number: int) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(source, number, f"not JSON: {quoted(line)}") from None
    words = record.get("word") if isinstance(record, dict) else None
    several = words if isinstance(words, list) else [words]
    if not all(isinstance(word, str) for word in several):
        raise DataError(source, number, "no field `word` with text", "each line has a word")
    found: dict[str, Any] = record
    return found


def _raw_text(source: str, encoding: str) -> str:
    """The decoded text; a Corpus would give the words alone."""
    codec = encoding if encoding == "auto" else find_codec(encoding)
    with open(source, "rb") as file:
        chunks = decompress(iter(lambda: file.read(1 << 20), b""), source)
        chunks, _ = to_utf8(chunks, source, codec, "strict")
        return b"".join(chunks).decode("utf-8-sig")


def _text(value: Any) -> str:
    """A value of JSON as a table has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _decision(cell: str) -> str:
    """Accepted, rejected, or "" for whatever else somebody wrote."""
    made = cell.strip().lower()
    return made if made in DECISIONS else ""


def _flag(cell: str) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get(cell.strip().lower())


# --- words, with their weights -----------------------------------------------------------------


def read_words(paths: Iterable[str | os.PathLike[str]], *, encoding: str = "utf-8") -> set[str]:
    """All words of the files. Tolerates BOM, CRLF, blank lines, tabs, and spaces inside words.

    In a tab-separated line the word is the first cell, in JSON Lines the field "word". The `##` of
    word pieces is not part of a word; special tokens such as [CLS] stay what they are.
    """
    return {
        row.word
        for path in paths
        for listed in read_lists(path, encoding=encoding)
        for row in listed.rows
    }


def read_weighted_words(
    path: str | os.PathLike[str], *, encoding: str = "utf-8"
) -> dict[str, float | None]:
    """Words of a file with their counts, None for a word without one; of a word that occurs twice the first count.

    Words that a column `decision` rejects are left out. The file is a table or a model of ours (its column "expected", else "count"), a dictionary of jieba, HanLP or
    Rime, or has lines of word and number. Raises DataError for a file that cannot be read as one of these, and for
    a number that is no count.
    """
    found: dict[str, float | None] = {}
    rejected: set[str] = set()
    for listed in read_lists(path, encoding=encoding):
        for word, count, decision in listed.decided():
            if decision == REJECTED:
                rejected.add(word)
            if found.get(word) is None:
                found[word] = count
    return _without(found, rejected)


def _without(counts: dict[str, float | None], rejected: Collection[str]) -> dict[str, float | None]:
    return (
        {word: count for word, count in counts.items() if word not in rejected}
        if rejected
        else counts
    )


WHAT_IS_READ = (
    "give the output of nlptools discover, a model of nlptools train, a jieba dictionary or a list of "
    "words, in UTF-8; JSON Lines in a file whose name ends in .jsonl"
)


@dataclass(frozen=True, repr=False)
class MergedWords:
    """The words of several lists, with what was decided of them.

    counts: in the order in which the words appear, the first count given, None for none. rejected: by any list.
    accepted: by any list, and by none rejected; a list without a column `decision` accepts all its words. reviewed:
    whether a list has that column.
    """

    counts: dict[str, float | None] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    reviewed: bool = False

    def __repr__(self) -> str:
        return (
            f"MergedWords({len(self.counts):,} words, {len(self.accepted):,} accepted, "
            f"{len(self.rejected):,} rejected)"
        )


def merge_words(
    paths: Iterable[str | os.PathLike[str]], *, encoding: str = "auto"
) -> dict[str, float | None]:
    """The words of several lists, in the order in which they appear; the first count given is taken.

    What one of the lists rejects in a column `decision` is left out.
    Raises DataError for a file that is no word list.
    """
    merged = merge_lists(paths, encoding=encoding)
    return _without(merged.counts, merged.rejected)


def merge_lists(paths: Iterable[str | os.PathLike[str]], *, encoding: str = "auto") -> MergedWords:
    """As merge_words, with the decisions."""
    counts: dict[str, float | None] = {}
    accepted: set[str] = set()
    rejected: set[str] = set()
    reviewed = False
    for path in paths:
        first = ""
        for listed in _explained_lists(path, encoding):
            has_column = "decision" in listed.columns
            reviewed = reviewed or has_column
            for word, count, decision in listed.decided():
                first = first or word
                if counts.get(word) is None:
                    counts[word] = count
                if decision == REJECTED:
                    rejected.add(word)
                elif decision == ACCEPTED or not has_column:
                    accepted.add(word)
        if path == "-" and first.startswith("{"):
            raise DataError(path, 1, "JSON Lines, read as plain text", WHAT_IS_READ)
    return MergedWords(counts, accepted - rejected, rejected, reviewed)


def _explained_lists(path: str | os.PathLike[str], encoding: str) -> Iterator[WordList]:
    """Those of a path; an error says what a word list is."""
    try:
        yield from read_lists(path, encoding=encoding)
    except DataError as error:
        if "--" not in (error.hint or ""):
            raise
        # The options that it names are those of a corpus.
        raise DataError(path, error.line, error.problem, WHAT_IS_READ) from None


# --- rows as they stand, with decisions --------------------------------------------------------


@dataclass(frozen=True, repr=False)
class WordRows:
    """Rows of a word list, each word once; all lists are aligned.

    kind, header: as of WordList. lines: each row as it stands in the file; for "lines" what follows the word.
    columns: NUMBERS and FLAGS of the file that say something, None where a row says nothing.
    decisions: "accepted", "rejected", or "".
    """

    words: list[str]
    kind: str
    header: str
    lines: list[str]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        beside = [name for name in self._named() if name != "word"]
        told = f" with {', '.join(beside)}" if beside else ""
        return f"WordRows({len(self.words):,} words{told}, {self.kind})"

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(word, its line) of each row."""
        return zip(self.words, self.lines, strict=True)

    def to_frame(self) -> DataFrame:
        """A pandas DataFrame of the words and what stands beside them."""
        return to_frame(self._named())

    def _repr_html_(self) -> str:
        columns = self._named()
        return html_table(list(columns), list(zip(*columns.values(), strict=True)))

    def _named(self) -> dict[str, list[Any]]:
        decisions = {"decision": self.decisions} if self.decisions else {}
        return {"word": self.words, **self.columns, **decisions}


def read_rows(path: str | os.PathLike[str], *, encoding: str = "auto") -> WordRows:
    """The rows of a table of ours, a jieba dictionary or any list with a word a line.

    Raises DataError for a folder or pattern whose lists differ in their columns.
    """
    first, *others = read_lists(path, encoding=encoding, one_word=True)
    if any((other.kind, other.header) != (first.kind, first.header) for other in others):
        raise DataError(path, None, "lists with different columns", "name one of the files")
    rows = itertools.chain(first.rows, *(other.rows for other in others))
    return _distinct(replace(first, rows=rows))


def read_decided(
    paths: Iterable[str | os.PathLike[str]], decision: str, *, encoding: str = "auto"
) -> set[str]:
    """Words that were accepted or rejected: those of files with a column `decision` that says so, and all
    words of other files.
    """
    if decision not in DECISIONS:
        raise ValueError(f"decision must be one of {', '.join(DECISIONS)}, not {decision!r}")
    found: set[str] = set()
    for path in paths:
        for rows in map(_distinct, read_lists(path, encoding=encoding)):
            made = rows.decisions or [decision] * len(rows.words)
            found.update(
                word for word, one in zip(rows.words, made, strict=True) if one == decision
            )
    return found


def _distinct(listed: WordList) -> WordRows:
    """The first row of each word."""
    first: dict[str, ListRow] = {}
    for row in listed.rows:
        first.setdefault(row.word, row)

    def column(name: str) -> list[str]:
        at = listed.columns.index(name)
        return [row.cells[at] if at < len(row.cells) else "" for row in first.values()]

    columns: dict[str, list[Any]] = {}
    # What stands beside the words of a dictionary is only carried along.
    for name in (*NUMBERS, *FLAGS) if listed.kind != "lines" else ():
        if name in listed.columns:
            values = list(map(_flag if name in FLAGS else _number, column(name)))
            if any(value is not None for value in values):
                columns[name] = values
    decisions: list[str] = []
    if "decision" in listed.columns:
        decisions = list(map(_decision, column("decision")))
    lines = [row.line for row in first.values()]
    return WordRows(list(first), listed.kind, listed.header, lines, columns, decisions)


# --- how many entries --------------------------------------------------------------------------


@dataclass(frozen=True)
class EntryCount:
    """entries: distinct ones; repeated: lines that have an entry once more."""

    entries: int
    repeated: int


def count_entries(path: str | os.PathLike[str], *, encoding: str = "auto") -> EntryCount:
    """How many words a list has, which may also be a vocab.json: an object of tokens with their ids.

    Unlike in read_words, `##ing` and `ing` are two entries, because they have two vectors.
    Raises DataError for a list without entries.
    """
    found: Counter[str] = Counter()
    for source in find_sources([path]):
        if _JSON.search(source.name):
            found.update(_tokens(_text_of(source.name, encoding), source.name))
        else:
            for listed in read_lists(source.name, encoding=encoding):
                found.update(row.cells[0] for row in listed.rows)
    if not found:
        raise DataError(path, None, "no entries", "name a list with a word on each line")
    return EntryCount(len(found), found.total() - len(found))


def _tokens(text: str, source: str) -> Iterable[str]:
    """The tokens of a vocab.json, an object of token and id."""
    try:
        tokens = json.loads(text)
    except (ValueError, RecursionError):
        tokens = None
    if not isinstance(tokens, dict) or not all(type(number) is int for number in tokens.values()):
        raise DataError(
            source, None, "not a vocab.json, which has an id for each token", "name a list of words"
        )
    return tokens
