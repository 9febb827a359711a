"""Lines of a list without a header (words, dictionaries of jieba, HanLP and Rime) -> words, counts, tags."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from nlptools.text.delimited import read_cells

LARGEST = 1e15  # of a count: beyond it sums would not be finite
COLUMNS = ("word", "count", "tag")

# A jieba line is `word [frequency] [tag]`. Words may hold spaces, so frequency and tag are taken from the
# right; a tag without a frequency only after a word with something but ASCII in it ("machine learning"
# is a word, "云计算 n" a word and its tag), and only in small letters, as in jieba ("卡拉 OK" is a word).
_FREQUENCY = r"[ \t]+\d[\d,]*(?:\.\d+)?(?:[ \t]+[A-Za-z]+)?\Z"
_AFTER_ASCII = re.compile(_FREQUENCY)
_AFTER_WORD = re.compile(rf"{_FREQUENCY}|[ \t]+[-+]\d[\d.,]*\Z|[ \t]+[a-z]+\Z")
# A HanLP line is `word tag frequency [tag frequency ...]`. Alone it cannot be told from a jieba line of a word with
# a space in it ("卡拉 ok 30"): what more lines of the list are decides.
_TAGS = re.compile(r"(?:[ \t]+[A-Za-z][A-Za-z0-9]*[ \t]+\d+)+")
_HANLP = re.compile(rf"(\S+)({_TAGS.pattern})\Z")
_JIEBA = re.compile(rf"\S+{_FREQUENCY}")
# "# of the city" is a comment, "# 30" the sign with its count, "#" and "##ing" are tokens.
_COMMENT = re.compile(r"# (?! *\d+(?: +[A-Za-z]+)?\Z)")

_NUMBER = re.compile(r"[-+]?(?:[\d.,]*\d[\d.,]*(?:e[-+]?\d+)?|nan|inf|infinity)", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")

_RIME_COLUMNS = ("text", "code", "weight")  # where its header names none


class ListRow(NamedTuple):
    """A word with what stands beside it.

    line: as the file has it; in a list of lines only what follows the word. cells: aligned with the columns of the
    list, though there may be more or fewer; the first is the word, in a list of lines with the `##` of a word
    piece, which `word` has not. number: of the line in the file, from 1.
    """

    word: str
    line: str
    cells: Sequence[str]
    number: int


def count_of(cell: str) -> float | None:
    """The count in a cell, None where there is no number; `2,738` is 2738.

    Raises ValueError for a number that is no count: below 0, not finite, from LARGEST on.
    """
    cell = cell.strip()
    if not _NUMBER.fullmatch(cell):
        return None
    number = float(cell.replace(",", "") if _THOUSANDS.fullmatch(cell) else cell)
    if not (math.isfinite(number) and 0 <= number < LARGEST):
        raise ValueError(f"{cell} is no count")
    return number


def line_rows(lines: Sequence[str]) -> Iterator[ListRow]:
    """Rows of the lines of a list without a header; blank lines and comments have none."""
    found = _rime_rows(lines)
    if found is not None:
        yield from found
        return
    tagged = _is_hanlp(lines)
    for number, line in enumerate(lines, 1):
        if _COMMENT.match(line):
            continue
        entry, rest, beside = _parts(line, tagged)
        if entry:
            word = entry[2:] if entry.startswith("##") and len(entry) > 2 else entry
            yield ListRow(word, rest, (entry, *beside), number)


def csv_rows(lines: Iterable[str]) -> Iterator[ListRow]:
    """Rows of CSV without a header: the word is the first cell."""
    reader = read_cells(io.StringIO("\n".join(lines)))
    for cells in reader:
        if cells and (word := cells[0].strip(" ")):
            rest = " ".join(cell.strip() for cell in cells[1:])
            yield ListRow(word, rest, (word, *_beside(cells[1:])), reader.line_num)


def _parts(line: str, tagged: bool) -> tuple[str, str, Sequence[str]]:
    """(word, what follows it, count and tag of that). tagged: lines are HanLP's."""
    if "\t" in line:
        entry, _, rest = line.partition("\t")
        rest = rest.strip()
        entry = entry.strip(" ")
        if "\t" not in rest and not _TAGS.fullmatch(f" {rest}"):
            return entry, rest, rest.split()
        return entry, rest, _beside(rest.split("\t" if "\t" in rest else None))
    entry = line.strip(" ")
    if " " not in entry:
        return entry, "", ()
    if tagged and (pairs := _HANLP.match(entry)):
        return pairs[1], pairs[2].strip(), _beside(pairs[2].split())
    after = _AFTER_ASCII if entry.isascii() else _AFTER_WORD
    found = after.search(entry, 1)
    if found is None:
        return entry, "", ()
    rest = found[0].lstrip()
    return entry[: found.start()], rest, rest.split()


def _beside(cells: Sequence[str]) -> Sequence[str]:
    """The cells after a word, the count first; of `tag count tag count ...` the sum of the counts."""
    cells = [cell.strip() for cell in cells]
    tags, numbers = cells[::2], cells[1::2]
    if not numbers or _NUMBER.fullmatch(tags[0]) or not _NUMBER.fullmatch(numbers[0]):
        return cells
    if len(tags) == len(numbers) and all(number.isdecimal() for number in numbers):
        return [str(sum(map(int, numbers))), tags[0]]
    return [numbers[0], tags[0]]


def _is_hanlp(lines: Sequence[str]) -> bool:
    """Whether more of the lines can only be HanLP's than are jieba's."""
    votes = 0
    for line in lines:
        entry = line.strip(" ")
        if " " in entry and "\t" not in entry and not entry.isascii():
            tags = _HANLP.match(entry)
            votes += (tags is not None and tags[2].islower()) - bool(_JIEBA.match(entry))
    return votes > 0


def _rime_rows(lines: Sequence[str]) -> Iterator[ListRow] | None:
    """The rows of a Rime dictionary; None for anything else.

    It begins with a document of YAML, from `---` to `...`, which may name the columns of the lines after it.
    """
    begin = next((i for i, line in enumerate(lines) if line.strip() and line[0] != "#"), 0)
    marks = [line.rstrip() for line in lines[begin:]]
    if marks[:1] != ["---"] or "..." not in marks:
        return None
    end = begin + marks.index("...")
    columns = _rime_columns(lines[begin + 1 : end]) or list(_RIME_COLUMNS)
    return _rime_body(lines, end + 1, columns)


def _rime_columns(header: Sequence[str]) -> list[str]:
    """The names under `columns:`, written as a list of lines or in brackets."""
    found = re.search(
        r"^columns:[ \t]*(?:#.*)?(?:\[(.*?)\]|((?:\n[ \t]*(?:-.*|#.*)?)+))", "\n".join(header), re.M
    )
    if found is None:
        return []
    names = (
        found[1].split(",") if found[1] is not None else re.findall(r"^[ \t]*-(.*)", found[2], re.M)
    )
    return [name.partition("#")[0].strip(" \t\"'") for name in names]


def _rime_body(lines: Sequence[str], start: int, columns: Sequence[str]) -> Iterator[ListRow]:
    word_at = columns.index("text") if "text" in columns else 0
    weight_at = columns.index("weight") if "weight" in columns else len(columns)
    comments = True
    for number, line in enumerate(lines[start:], start + 1):
        if comments and line.startswith("#"):
            comments = line.strip() != "# no comment"
            continue
        cells = line.split("\t")
        word = cells[word_at].strip(" ") if word_at < len(cells) else ""
        if word:
            weight = cells[weight_at].strip() if weight_at < len(cells) else ""
            rest = "\t".join(cells[:word_at] + cells[word_at + 1 :])
            yield ListRow(word, rest, (word, weight), number)
