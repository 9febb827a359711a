"""Word list files (plain, jieba dictionary, vocab.txt, our own TSV, CSV, JSON lines) -> words, with counts if wanted."""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.decoding import decompress, to_utf8
from nlptools.text.records import lines_of

# A jieba line is `word [frequency] [tag]`. Words may hold spaces, so frequency and tag are taken from the
# right; a tag without a frequency only after a word with something but ASCII in it ("machine learning"
# is a word, "云计算 n" a word and its tag), and only in small letters, as in jieba ("卡拉 OK" is a word).
_JIEBA = re.compile(r"(?P<word>.+?)(?:[ \t]+[0-9]+(?:\.[0-9]+)?(?:[ \t]+[A-Za-z]+)?|[ \t]+[a-z]+)?")
_JIEBA_FREQUENCY = re.compile(r"(?P<word>.+?)[ \t]+[0-9]+(?:\.[0-9]+)?(?:[ \t]+[A-Za-z]+)?")
LARGEST = 1e15  # of a count: beyond it sums would not be finite
_OWN_HEADERS = ("word\t", "term\t", "# nlptools")
_JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.[a-z0-9]+)?$", re.IGNORECASE)
# The weight of a word in a table of ours: the first of these columns that says something.
_WEIGHTS = ("expected", "count")


def is_json_lines(path: str | os.PathLike[str]) -> bool:
    """Whether a file is JSON Lines, by its name."""
    return bool(_JSON_LINES.search(os.fspath(path)))


def read_words(paths: Iterable[str | os.PathLike[str]], *, encoding: str = "utf-8") -> set[str]:
    """All words of the files. Tolerates BOM, CRLF, blank lines, tabs, and spaces inside words.

    In a tab-separated line the word is the first cell, in JSON lines the field "word". The `##` of
    word pieces is not part of a word; special tokens such as [CLS] stay what they are.
    """
    words: set[str] = set()
    for path in paths:
        field = "word" if is_json_lines(path) else None
        blocks = Corpus([path], encoding=encoding, field=field).blocks()
        # A path may be a folder or a pattern: many files, each with its own header.
        for _, of_file in itertools.groupby(blocks, key=lambda block: block.source):
            words.update(filter(None, _words("".join(block.text for block in of_file))))
    return words


def read_weighted_words(
    path: str | os.PathLike[str], *, encoding: str = "utf-8"
) -> dict[str, float | None]:
    """Words of a file with their counts: a jieba dictionary, a table or a model of ours (its column
    "expected", else "count"), or any lines of word and number; None for a word without a number.
    """
    if is_json_lines(path):
        return _weighted_json(os.fspath(path), encoding)
    text = "".join(block.text for block in Corpus([path], encoding=encoding).blocks())
    lines = without_settings(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    if lines[0].startswith(("word\t", "word,")):
        names, *rows = _table_rows(lines)
        columns = [names.index(column) for column in _WEIGHTS if column in names]
        return {
            row[0]: _number(*(row[column] for column in columns if column < len(row)))
            for row in rows
            if row and row[0]
        }
    found: dict[str, float | None] = {}
    for line in lines:
        word = _word(line)
        if not word:
            continue
        rest = line.strip(" ").removeprefix("##").removeprefix(word).split()
        found[word] = _number(rest[0]) if rest else None
    return found


def _weighted_json(path: str, encoding: str) -> dict[str, float | None]:
    for _ in Corpus([path], encoding=encoding, field="word").blocks():
        pass  # it says what is wrong with the file, and the rest of this function need not
    with open(path, "rb") as file:
        chunks = decompress(iter(lambda: file.read(1 << 20), b""), path)
        chunks, _ = to_utf8(chunks, path, encoding, "strict")
        text = b"".join(chunks).decode("utf-8-sig")
    found: dict[str, float | None] = {}
    for line in lines_of(text):
        if not line.isspace():
            row = json.loads(line)
            words = [row["word"]] if isinstance(row["word"], str) else row["word"]
            weight = _number(*(row.get(column) for column in _WEIGHTS))
            found.update((word, weight) for word in words if word)
    return found


def _number(*cells: object) -> float | None:
    """The first of the cells that is a number from 0."""
    for cell in cells:
        try:
            number = float(cell)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            continue
        if 0 <= number < LARGEST:
            return number
    return None


def split_list_line(line: str) -> tuple[str, str]:
    """The word of a line of a plain list or a jieba dictionary, and what follows it."""
    word = _word(line)
    rest = line.strip(" ").removeprefix("##").removeprefix(word) if word else ""
    return word, rest.strip()


def without_settings(lines: list[str]) -> list[str]:
    """The lines of a file; of a model only its table, before which there are settings and places."""
    if not lines[0].startswith("# nlptools"):
        return lines
    return list(itertools.dropwhile(lambda line: line.startswith("# "), lines)) or [""]


def _table_rows(lines: list[str]) -> list[list[str]]:
    """Cells of a CSV, and of a TSV, in which nothing is quoted; the header is there."""
    if lines[0].startswith("word\t"):
        return [line.split("\t") for line in lines]
    csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
    return list(csv.reader(lines))


def _words(text: str) -> Iterable[str]:
    # Not str.splitlines: line 344 of bert-base-chinese's vocab.txt is U+2028.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith("word,"):
        return [row[0] for row in _table_rows(lines)[1:] if row]
    lines = without_settings(lines)
    if lines[0].startswith(_OWN_HEADERS):
        del lines[0]
    return map(_word, lines)


def _word(line: str) -> str:
    if "\t" in line:
        return line.partition("\t")[0].strip(" ")
    line = line.strip(" ")
    if line.startswith("##") and len(line) > 2:
        return line[2:]
    if " " not in line:
        return line
    pattern = _JIEBA_FREQUENCY if line.isascii() else _JIEBA
    found = pattern.fullmatch(line)
    return found["word"] if found else line


@dataclass(frozen=True)
class EntryCount:
    """entries: distinct ones; repeated: lines that have an entry once more."""

    entries: int
    repeated: int


# What follows a word in a jieba dictionary, `word frequency [tag]`.
_FREQUENCY = re.compile(r"[ \t]+[0-9]+(\.[0-9]+)?([ \t]+[A-Za-z]+)?$")


def count_entries(path: str | os.PathLike[str], *, encoding: str = "auto") -> EntryCount:
    """How many words a list has: vocab.txt, vocab.json, plain, jieba, or what discover and train wrote.

    An entry is a line that is not empty, without what stands after a tab or a frequency; in JSON lines the
    field "word". Unlike in read_words, `##ing` and `ing` are two entries, because they have two vectors.
    Raises DataError for a list without entries.
    """
    field = "word" if is_json_lines(path) else None
    corpus = Corpus([path], encoding=encoding, field=field)
    found: Counter[str] = Counter()
    # A path may be a folder or a pattern: many files, each with its own header.
    for source, blocks in itertools.groupby(corpus.blocks(), key=lambda block: block.source):
        text = "".join(block.text for block in blocks)
        if re.search(r"\.json(\.[a-z0-9]+)?$", source, re.IGNORECASE):
            found.update(_json_entries(text, source))
        else:
            found.update(filter(None, _line_entries(text)))
    if not found:
        raise DataError(path, None, "no entries", "name a list with a word on each line")
    return EntryCount(len(found), found.total() - len(found))


def _json_entries(text: str, source: str) -> Iterable[str]:
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


def _line_entries(text: str) -> Iterable[str]:
    # Not str.splitlines: line 344 of bert-base-chinese's vocab.txt is U+2028.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith("# nlptools"):  # a model: settings and places come before the table
        lines = list(itertools.dropwhile(lambda line: line.startswith("# "), lines)) or [""]
    if lines[0].startswith("word,"):
        csv.field_size_limit(max(csv.field_size_limit(), 2**31 - 1))
        return [row[0] for row in csv.reader(lines[1:]) if row]
    if lines[0].startswith(("word\t", "term\t")):
        del lines[0]
    return (_FREQUENCY.sub("", line.partition("\t")[0].strip(" ")) for line in lines)
