"""Scored lines and their sums -> rows of TSV or JSON, as they stand or the oddest first."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

import numpy as np

from nlptools.base import storage
from nlptools.base.textcolumns import decimals, weave
from nlptools.errors import cell
from nlptools.lm.stream import COLUMNS, ScoredLines, Totals

SCORE_FORMATS = ("tsv", "jsonl")
DIGITS = 4
_BLANKS = str.maketrans("\t\n\r", "   ")  # a document may have several lines
_GROUP = 1 << 10  # lines that are formatted together


def format_lines(group: Sequence[ScoredLines], how: str) -> str:
    """A row for each line, as TSV (a tab or a line end in the text becomes a space) or JSON.

    Raises ValueError for an unknown format.
    """
    if how not in SCORE_FORMATS:
        raise ValueError(f"format must be one of {', '.join(SCORE_FORMATS)}, not {how!r}")
    sources = [source for lines in group for source in [lines.source] * len(lines)]
    lines = group[0] if len(group) == 1 else ScoredLines.joined(group)
    return _tsv(sources, lines) if how == "tsv" else _json_lines(sources, lines)


def _groups(scored: Iterable[ScoredLines]) -> Iterator[list[ScoredLines]]:
    """Lines of small files together: to format those of one costs 0.2 ms, however few they are. No lines in a lull."""
    held: list[ScoredLines] = []
    size = 0
    for lines in scored:
        lull = not len(lines)
        if not lull:
            held.append(lines)
            size += len(lines)
        if held and (lull or size >= _GROUP):
            yield held
            held, size = [], 0
        if lull:
            yield []
    if held:
        yield held


def _tsv(sources: list[str], lines: ScoredLines) -> str:
    numbers = weave(
        [
            *(b"\t", decimals(lines.numbers, 0), b"\t"),
            *(decimals(lines.log10_probs, DIGITS), b"\t", decimals(lines.per_symbol, DIGITS)),
            *(b"\t", decimals(lines.symbols, 0), b"\t", decimals(lines.oov, 0), b"\t\n"),
        ]
    )
    names = {source: cell(source) for source in set(sources)}
    cells = ["\n"] * (4 * len(lines))
    cells[0::4] = [names[source] for source in sources]
    cells[1::4] = numbers.decode("ascii").split("\n")[:-1]
    cells[2::4] = lines.texts
    if any(blank in text for blank in "\t\n\r" for text in lines.texts):
        cells[2::4] = [text.translate(_BLANKS) for text in lines.texts]
    return "".join(cells)


def _json_lines(sources: list[str], lines: ScoredLines) -> str:
    rows = zip(
        sources,
        lines.numbers.tolist(),
        (lines.log10_probs.round(DIGITS) + 0.0).tolist(),  # no -0.0
        (lines.per_symbol.round(DIGITS) + 0.0).tolist(),
        lines.symbols.tolist(),
        lines.oov.tolist(),
        lines.texts,
        strict=True,
    )
    objects = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)


def table_pieces(
    scored: Iterable[ScoredLines], how: str, top: int | None = None, *, head: bool = True
) -> Iterator[str]:
    """The rows of all lines, the first `top` of them; TSV with a head, if it is wanted."""
    # With the first rows: nothing is printed of a model that is damaged.
    first = head_of(how) if head else ""
    left = top
    for group in _groups(scored):
        if not group:
            yield ""
            continue
        rows = format_lines(group, how)
        if left is not None:  # the rest is read, but not shown: the totals are of everything
            shown = min(left, sum(map(len, group)))
            rows = "".join(line + "\n" for line in rows.split("\n")[:shown])
            left -= shown
        yield first + rows
        first = ""
    yield first


def oddest_lines(
    scored: Iterable[ScoredLines],
    how: str,
    top: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> Iterator[bytes]:
    """As table_pieces, the least probable lines first: by log10 probability for each symbol, then as they stand.

    Lines without symbols come last. The rows wait in a temporary file.
    """

    def rows() -> Iterator[tuple[np.ndarray, bytes]]:
        for group in _groups(scored):
            if group:
                keys = np.concatenate([oddness(lines) for lines in group])
                yield keys, format_lines(group, how).encode("utf-8", "surrogateescape")

    yield head_of(how).encode()
    yield from oddest_rows(rows(), top, tmp_dir)


def oddness(lines: ScoredLines) -> np.ndarray:
    """By what lines are sorted, the oddest having the lowest: log10 probability for each symbol."""
    return np.where(lines.symbols > 0, lines.per_symbol, np.inf)


def oddest_rows(
    groups: Iterable[tuple[np.ndarray, bytes]],
    top: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> Iterator[bytes]:
    """Rows, each a line, by their keys, the lowest first; those of one key as they stand. groups: (keys, rows)."""
    keys: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    with storage.spilling(tmp_dir) as folder:
        spill = storage.SpillFile(folder)
        for key, data in groups:
            rows = np.frombuffer(data, np.uint8)
            keys.append(key)
            sizes.append(np.diff(np.flatnonzero(rows == ord("\n")), prepend=-1))
            spill.write(rows)
        if not keys:
            return
        size = np.concatenate(sizes)
        begin = np.cumsum(size) - size
        order = np.argsort(np.concatenate(keys), kind="stable")[:top]
        for start, number in zip(begin[order].tolist(), size[order].tolist(), strict=True):
            spill.file.seek(start)
            yield spill.file.read(number)


def head_of(how: str) -> str:
    """What stands before the rows: of TSV the names of the columns."""
    return "\t".join(COLUMNS) + "\n" if how == "tsv" else ""


def totals_table(totals: Totals, how: str) -> str:
    """Name and number of every sum, a line each; or one JSON object."""
    numbers: dict[str, int | float | None] = {
        field.name: getattr(totals, field.name) for field in fields(totals)
    }
    numbers["perplexity"] = totals.perplexity
    numbers["perplexity_without_oov"] = totals.perplexity_without_oov
    rounded = {
        name: round(number, DIGITS) + 0.0 if isinstance(number, float) else number
        for name, number in numbers.items()
    }
    if how == "jsonl":
        finite = {k: v if v is None or math.isfinite(v) else None for k, v in rounded.items()}
        return json.dumps(finite) + "\n"
    return "".join(f"{name}\t{number}\n" for name, number in rounded.items())
