"""Corpus + segmenter -> the same text with separators between words, or JSON lines with offsets."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import ordered_map, worker_pool
from nlptools.segmentation.tokens import SPACE, Cutter, kinds_of
from nlptools.text import chars
from nlptools.text.corpus import Corpus, join_small
from nlptools.text.lookup import count_scripts
from nlptools.text.records import lines_of

SEGMENT_FORMATS = ("text", "jsonl")
# Characters that are cut at a time: their arrays stay in the cache. Measured: 2**18 and 2**19 alike.
PIECE = 1 << 18
CONTEXT = 128  # characters of a text without breaks that wait for what follows


@dataclass
class SegmentCounts:
    """What a text had that was segmented. traditional: characters that were looked up in their simplified form."""

    traditional: int = 0

    def watched(self, texts: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
        """The same texts, counted."""
        for text, goes_on in texts:
            self.traditional += count_scripts(text)[0]
            yield text, goes_on


def segment_corpus(
    corpus: Corpus,
    cutter: Cutter,
    *,
    separator: str = " ",
    format: str = "text",
    workers: int | None = None,
    counts: SegmentCounts | None = None,
) -> Iterator[str]:
    """The corpus' text in pieces of whole lines, a very long line in several, words separated.

    format "text": lines stay lines, and white space stays what it is; taking the separators out gives back
    the text, where they do not occur in it. "jsonl": for each line an object with its text, its words (but
    not white space) and their offsets, in characters. workers: threads; they change no result.
    counts: is added to.
    """
    if format not in SEGMENT_FORMATS:
        raise ValueError(f"format must be one of {', '.join(SEGMENT_FORMATS)}, not {format!r}")
    if not separator or "\n" in separator or "\r" in separator:
        raise ValueError("separator must be some characters other than line ends")
    workers = workers or os.cpu_count() or 1
    work = functools.partial(_spaced if format == "text" else _lines, cutter, separator)
    texts = _texts(corpus, cutter, format == "jsonl")
    if counts is not None and "t2s" in cutter.fold:
        texts = counts.watched(texts)
    with worker_pool(workers) as pool:
        for pieces in ordered_map(pool, workers, work, texts):
            yield from pieces


def _texts(corpus: Corpus, cutter: Cutter, whole_lines: bool) -> Iterator[tuple[str, bool]]:
    """(text, whether its last line goes on): pieces that can be cut into words alone."""
    held = ""
    for block in join_small(corpus.blocks(), PIECE):
        if held and not block.inside:  # the file before has no line end at its end
            held += "\n"
        held += block.text
        end = max(held.rfind("\n"), held.rfind("\r")) + 1
        if end:
            yield held[:end], False
            held = held[end:]
        while len(held) > 4 * PIECE and not whole_lines:
            end = _gap_before_end(held, cutter)
            if not end:
                break
            yield held[:end], True
            held = held[end:]
    if held:
        yield held, False


def _gap_before_end(text: str, cutter: Cutter) -> int:
    """Where a text whose line goes on can be cut: between two words, away from its end; 0: nowhere."""
    codes = chars.code_points(text[: 3 * PIECE])
    spaces = kinds_of(codes) == SPACE
    gaps = cutter.ends(codes)[:-1] & ~spaces[1:] & ~spaces[:-1]
    places = np.flatnonzero(gaps[:-CONTEXT])
    return int(places[-1]) + 1 if len(places) else 0


def _spaced(cutter: Cutter, separator: str, piece: tuple[str, bool]) -> Iterable[str]:
    text, goes_on = piece
    codes = chars.code_points(text)
    kinds = kinds_of(codes)
    gap = cutter.ends(codes)[:-1]
    blank = (
        kinds == SPACE
        if separator.isspace()
        else np.isin(codes, chars.code_points(chars.LINE_ENDS))
    )
    gap &= ~(blank[1:] | blank[:-1])
    units = chars.code_points(separator)
    wide = max(codes.dtype, units.dtype)
    shift = np.zeros(len(codes), np.int32)
    np.cumsum(gap, out=shift[1:])
    shift *= len(units)
    out = np.empty(len(codes) + int(shift[-1]) if len(codes) else 0, wide)
    place = shift + np.arange(len(codes), dtype=np.int32)
    out[place] = codes
    after = place[:-1][gap]
    for j, unit in enumerate(units.tolist(), 1):
        out[after + j] = unit
    return [chars.text_of(out) + separator * goes_on]


def _lines(cutter: Cutter, separator: str, piece: tuple[str, bool]) -> Iterable[str]:
    """JSON lines; each line of the text an object."""
    text = piece[0]
    if len(text) <= 4 * PIECE or max(map(len, lines_of(text))) <= 4 * PIECE:
        return [_objects(cutter, text)]
    return _with_long_lines(cutter, text)


def _with_long_lines(cutter: Cutter, text: str) -> Iterator[str]:
    """As `_objects`, where lists of all words of a line would take seventy times its size."""
    held: list[str] = []
    for line in lines_of(text):
        if len(line) <= 4 * PIECE:
            held.append(line)
            continue
        yield _objects(cutter, "".join(held))
        held = []
        yield from _long_object(cutter, line.rstrip("\r\n"))
    yield _objects(cutter, "".join(held))


def _long_object(cutter: Cutter, line: str) -> Iterator[str]:
    """The object of one line, piece by piece."""
    ends: list[np.ndarray] = []
    start = 0
    while start < len(line):
        size = len(line) - start
        if size > 4 * PIECE:
            size = _gap_before_end(line[start : start + 3 * PIECE], cutter) or size
        found = cutter.ends(chars.code_points(line[start : start + size]))
        ends.append((np.flatnonzero(found) + start + 1).astype(np.int32))
        start += size
    yield f'{{"text": {json.dumps(line, ensure_ascii=False)}, "words": ['
    for offsets in (False, True):
        start, comma = 0, ""
        for part in ends:
            stops = part.tolist()
            both = zip([start, *stops[:-1]], stops, strict=True)
            spans = [(a, b) for a, b in both if not line[a:b].isspace()]
            start = stops[-1]
            listed: list[object] = [*spans] if offsets else [line[a:b] for a, b in spans]
            if listed:
                yield comma + json.dumps(listed, ensure_ascii=False)[1:-1]
                comma = ", "
        yield "]}\n" if offsets else '], "offsets": ['


def _objects(cutter: Cutter, text: str) -> str:
    # All lines at once: a call for each takes ten times as long.
    ends = (np.flatnonzero(cutter.ends(chars.code_points(text))) + 1).tolist()
    rows = []
    at = number = 0
    for line in lines_of(text):
        content = line.rstrip("\r\n")
        words, offsets, start = [], [], at
        while start < at + len(content):
            stop = ends[number]
            number += 1
            if not (word := text[start:stop]).isspace():
                words.append(word)
                offsets.append([start - at, stop - at])
            start = stop
        row = {"text": content, "words": words, "offsets": offsets}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
        at += len(line)
        while number < len(ends) and ends[number] <= at:  # the tokens of the line end
            number += 1
    return "".join(rows)
