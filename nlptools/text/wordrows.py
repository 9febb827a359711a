"""Word list files -> rows as they stand, with the columns that say something; what was decided of each word."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.wordlists import is_json_lines, read_words, split_list_line, without_settings

ACCEPTED, REJECTED = "accepted", "rejected"
DECISIONS = (ACCEPTED, REJECTED)
NUMBERS = ("score", "expected", "shards", "count")
FLAGS = ("term", "known")


@dataclass(frozen=True)
class WordRows:
    """Rows of a word list, each word once; all lists are aligned.

    kind: "tsv", "csv", "jsonl", or "lines" for plain words and dictionaries. header: the first line of a table.
    lines: each row as it stands in the file; for "lines" what follows the word. columns: numbers, None where a
    row has none; bools. decisions: "accepted", "rejected", or "".
    """

    words: list[str]
    kind: str
    header: str
    lines: list[str]
    columns: dict[str, list[Any]] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


def read_rows(path: str | os.PathLike[str], *, encoding: str = "auto") -> WordRows:
    """The rows of a table of ours, a jieba dictionary or any list with a word a line."""
    name = os.fspath(path)
    if is_json_lines(name):
        return _json_rows(name, encoding)
    text = "".join(block.text for block in Corpus([path], encoding=encoding).blocks())
    lines = without_settings(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    first = lines[0]
    if first.startswith("word,"):
        return _csv_rows(lines)
    if first.startswith("word\t"):
        names = first.split("\t")
        table = [(line.split("\t"), line) for line in lines[1:] if line]
        return _made("tsv", first, names, table)
    cells = [split_list_line(line) for line in lines]
    return _made("lines", "", ["word"], [([word], rest) for word, rest in cells if word])


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
        rows = None if Path(path).is_dir() else read_rows(path, encoding=encoding)
        if rows is not None and rows.decisions:
            decided = zip(rows.words, rows.decisions, strict=True)
            found.update(word for word, made in decided if made == decision)
        else:
            found |= read_words([path], encoding=encoding)
    return found


def _csv_rows(lines: list[str]) -> WordRows:
    """A cell may hold a line end, so the lines of the file are not those of the rows."""
    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
    names, *rows = csv.reader(io.StringIO("\n".join(lines)))
    return _made("csv", _csv_line(names), names, [(row, _csv_line(row)) for row in rows if row])


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()


def _json_rows(path: str, encoding: str) -> WordRows:
    for _ in Corpus([path], encoding=encoding, field="word").blocks():
        pass  # it says what is wrong with the file, and the rest of this function need not
    names = ["word", *NUMBERS, *FLAGS, "decision"]
    table = []
    decided = False
    for text in _whole_lines(path, encoding):
        row = json.loads(text)
        word = row["word"]
        if not isinstance(word, str):
            raise DataError(path, None, f"the field `word` is no text: {str(word)[:40]}")
        decided = decided or "decision" in row
        table.append(([word, *(_text(row.get(name)) for name in names[1:])], text))
    return _made("jsonl", "", names if decided else names[:-1], table)


def _whole_lines(path: str, encoding: str) -> list[str]:
    # Not Corpus: it refuses JSON Lines without a field.
    from nlptools.text.decoding import decompress, to_utf8

    with open(path, "rb") as file:
        chunks = decompress(iter(lambda: file.read(1 << 20), b""), path)
        chunks, _ = to_utf8(chunks, path, encoding, "strict")
        text = b"".join(chunks).decode("utf-8-sig")
    lines = (line.strip() for line in text.replace("\r", "\n").split("\n"))
    return [line for line in lines if line]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _made(kind: str, header: str, names: list[str], table: list[tuple[list[str], str]]) -> WordRows:
    words: dict[str, None] = {}
    kept = []
    for cells, line in table:
        word = cells[0]
        if word and word not in words:
            words[word] = None
            kept.append((cells, line))
    columns: dict[str, list[Any]] = {}
    for name in (*NUMBERS, *FLAGS):
        if name in names:
            at = names.index(name)
            read = _flag if name in FLAGS else _number
            values = [read(cells[at]) if at < len(cells) else None for cells, _ in kept]
            if any(value is not None for value in values):
                columns[name] = values
    decisions: list[str] = []
    if "decision" in names:
        at = names.index("decision")
        decisions = [cells[at].strip() if at < len(cells) else "" for cells, _ in kept]
        decisions = [decision if decision in DECISIONS else "" for decision in decisions]
    return WordRows(list(words), kind, header, [line for _, line in kept], columns, decisions)


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _flag(cell: str) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get(cell.strip().lower())
