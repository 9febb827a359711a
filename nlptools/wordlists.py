"""Word list files (plain, jieba dictionary, vocab.txt, our own TSV, CSV, JSON lines) -> words, with counts if wanted."""

from __future__ import annotations

import csv
import itertools
import os
import re
from collections.abc import Iterable

from nlptools.corpus import Corpus

# A jieba line is `word [frequency] [tag]`. Words may hold spaces, so frequency and tag are taken from the
# right; a tag without a frequency only after a word with something but ASCII in it ("machine learning"
# is a word, "云计算 n" a word and its tag), and only in small letters, as in jieba ("卡拉 OK" is a word).
_JIEBA = re.compile(r"(?P<word>.+?)(?:[ \t]+[0-9]+(?:\.[0-9]+)?(?:[ \t]+[A-Za-z]+)?|[ \t]+[a-z]+)?")
_JIEBA_FREQUENCY = re.compile(r"(?P<word>.+?)[ \t]+[0-9]+(?:\.[0-9]+)?(?:[ \t]+[A-Za-z]+)?")
_OWN_HEADERS = ("word\t", "term\t", "# nlptools")
_JSON_LINES = re.compile(r"\.(jsonl|ndjson)(\.[a-z0-9]+)?$", re.IGNORECASE)


def read_words(paths: Iterable[str | os.PathLike[str]], *, encoding: str = "utf-8") -> set[str]:
    """All words of the files. Tolerates BOM, CRLF, blank lines, tabs, and spaces inside words.

    In a tab-separated line the word is the first cell, in JSON lines the field "word". The `##` of
    word pieces is not part of a word; special tokens such as [CLS] stay what they are.
    """
    words: set[str] = set()
    for path in paths:
        field = "word" if _JSON_LINES.search(os.fspath(path)) else None
        blocks = Corpus([path], encoding=encoding, field=field).blocks()
        # A path may be a folder or a pattern: many files, each with its own header.
        for _, of_file in itertools.groupby(blocks, key=lambda block: block.source):
            words.update(filter(None, _words("".join(block.text for block in of_file))))
    return words


def read_weighted_words(
    path: str | os.PathLike[str], *, encoding: str = "utf-8"
) -> dict[str, float | None]:
    """Words of a file with their counts: a jieba dictionary, a table of ours (its column "expected", else
    "count"), or any lines of word and number; None for a word without a number.
    """
    field = "word" if _JSON_LINES.search(os.fspath(path)) else None
    text = "".join(block.text for block in Corpus([path], encoding=encoding, field=field).blocks())
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith(("word\t", "word,")):
        rows = list(csv.reader(lines, delimiter="\t" if lines[0][4] == "\t" else ","))
        names = rows[0]
        column = (
            names.index("expected" if "expected" in names else "count")
            if {
                "expected",
                "count",
            }
            & set(names)
            else None
        )
        return {
            row[0]: _number(row[column]) if column is not None and column < len(row) else None
            for row in rows[1:]
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


def _number(cell: str) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _words(text: str) -> Iterable[str]:
    # Not str.splitlines: line 344 of bert-base-chinese's vocab.txt is U+2028.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith("word,"):
        return [row[0] for row in csv.reader(lines[1:]) if row]
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
