"""Corpus + segmenter -> the same text with separators between words, or JSON lines with offsets."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import prompt_map, worker_pool
from nlptools.native import kernel
from nlptools.native.texts import space_out
from nlptools.segmentation import forms
from nlptools.segmentation.kinds import HAN, KINDS, MARK, SPACE, WORD, kinds_of
from nlptools.segmentation.search import SPANS, TokenSpans, check_mode, search_spans, woven
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars
from nlptools.text.blocks import Block, join_small
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.lookup import count_scripts
from nlptools.text.pieces import lines_of

SEGMENT_FORMATS = ("text", "jsonl")
# What looks on: the code points of a piece, and whether a token ends after each.
Watch = Callable[[np.ndarray, np.ndarray], object]
# Characters that are cut at a time: their arrays stay in the cache. Measured: 2**18 and 2**19 alike.
PIECE = 1 << 18
CONTEXT = 128  # characters of a text without breaks that wait for what follows
LOOKING_BACK = chars.code_points(
    forms.NUMERALS
    + forms.FORMAL
    + forms.AROUND
    + "".join(map(chr, forms.TRADITIONAL))
    + forms.SIGNS
)
# What joins letters and digits wherever it stands between them (forms.py), and what an address may begin with.
_JOINING = chars.code_points(".．/_-")
_WEB = chars.code_points("wW.")
_BLANK = KINDS == SPACE  # by code point
SpansOf = Callable[[np.ndarray], TokenSpans]


@dataclass
class SegmentCounts:
    """What a text had that was segmented. traditional: characters that were looked up in their simplified form."""

    traditional: int = 0

    def watched(
        self, texts: Iterable[tuple[str, bool] | None]
    ) -> Iterator[tuple[str, bool] | None]:
        """The same texts, counted."""
        for piece in texts:
            if piece is not None:
                self.traditional += count_scripts(piece[0])[0]
            yield piece


def segment_corpus(
    corpus: Corpus,
    cutter: Cutter,
    *,
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    workers: int | None = None,
    watch: Watch | None = None,
    counts: SegmentCounts | None = None,
) -> Iterator[str]:
    """The corpus' text in pieces of whole lines, a very long line in several, words separated.

    format "text": lines stay lines, and white space stays what it is; taking the separators out gives back
    the text, where they do not occur in it. "jsonl": for each line an object with its text, its words (but
    not white space) and their offsets, in characters. mode "search": before each word those of the word list
    inside it, as Segmenter.search. workers: threads; they change no result. watch: is called with every piece,
    by all threads: its code points, and whether a token ends after each. counts: is added to.
    A piece without text comes where a pipe that is read promptly (Corpus.prompt) has nothing more for now.
    """
    settings = (separator, format, mode, workers, watch, counts)
    for piece in _pieces(corpus, cutter, *settings):
        yield piece if isinstance(piece, str) else piece.decode()


def encode_words(
    corpus: Corpus,
    cutter: Cutter,
    *,
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    workers: int | None = None,
    watch: Watch | None = None,
    counts: SegmentCounts | None = None,
) -> Iterator[str | bytes]:
    """As segment_corpus, pieces being in UTF-8 where that is quicker, for where they are written as they are."""
    return _pieces(corpus, cutter, separator, format, mode, workers, watch, counts)


def _pieces(
    corpus: Corpus,
    cutter: Cutter,
    separator: str,
    format: str,
    mode: str,
    workers: int | None,
    watch: Watch | None,
    counts: SegmentCounts | None,
) -> Iterator[str | bytes]:
    check_shape(separator, format, mode, cutter)
    workers = workers or os.cpu_count() or 1
    watched = cutter if watch is None else WatchedCutter(cutter, watch)
    units = None if format == "jsonl" else chars.code_points(separator)
    work = _work(watched, units, separator, mode)
    texts = _texts(corpus.blocks(), cutter, units)
    if counts is not None and "t2s" in cutter.fold:
        texts = counts.watched(texts)
    with worker_pool(workers) as pool:
        for pieces in prompt_map(pool, workers, work, texts):
            if pieces is None:
                yield ""
                continue
            yield from pieces


def _work(
    cutter: Cutter, units: np.ndarray | None, separator: str, mode: str
) -> Callable[[tuple[str, bool]], Iterable[str | bytes]]:
    """What is done with each piece; units: the code points of the separator, None: JSON lines."""
    if units is None:
        return functools.partial(_lines, functools.partial(SPANS[mode], cutter), cutter)
    if mode != "default":
        return functools.partial(_searched, cutter, units)
    if kernel.usable():
        return functools.partial(_encoded, cutter, units, separator.encode())
    return functools.partial(_spaced, cutter, units)


def check_shape(separator: str, format: str, mode: str, cutter: Cutter) -> None:
    """ValueError for settings of segment_corpus that are none."""
    if format not in SEGMENT_FORMATS:
        raise ValueError(f"format must be one of {', '.join(SEGMENT_FORMATS)}, not {format!r}")
    if not separator or "\n" in separator or "\r" in separator:
        raise ValueError("separator must be some characters other than line ends")
    check_mode(mode, cutter)


class WatchedCutter(Cutter):
    """A segmenter, every piece of which is shown to somebody."""

    def __init__(self, plain: Cutter, watch: Watch) -> None:
        self.plain, self._watch = plain, watch

    def ends(self, codes: np.ndarray) -> np.ndarray:
        ends = self.plain.ends(codes)
        self._watch(codes, ends)
        return ends


def separated(text: str, cutter: Cutter, separator: str, mode: str) -> str:
    """A text of any length with separators between its words, as segment_corpus writes it."""
    units = chars.code_points(separator)
    work = functools.partial(_spaced if mode == "default" else _searched, cutter, units)
    if len(text) <= 4 * PIECE:
        return "".join(work((text, False)))
    pieces = _texts(_slices(text), cutter, units)
    return "".join(part for piece in pieces if piece is not None for part in work(piece))


def _slices(text: str) -> Iterator[Block]:
    """A long text as blocks; CR and LF are in one of them."""
    start = 0
    while start < len(text):
        stop = start + PIECE
        stop += text[stop - 1 : stop + 1] == "\r\n"
        yield Block(text[start:stop], "", LineNumbers(), inside=start > 0)
        start = stop


def _texts(
    blocks: Iterable[Block], cutter: Cutter, separator: np.ndarray | None
) -> Iterator[tuple[str, bool] | None]:
    """(text, whether a separator follows it): pieces that can be cut into words alone; None in a lull.

    separator: as code points; None: lines are left whole.
    """
    held = ""
    for block in join_small(blocks, PIECE):
        if not block.text:
            yield None
            continue
        if held and not block.inside:  # the file before has no line end at its end
            held += "\n"
        held += block.text
        end = max(held.rfind("\n"), held.rfind("\r")) + 1
        if end:
            yield held[:end], False
            held = held[end:]
        while len(held) > 4 * PIECE and separator is not None:
            end, ended = _place_before_end(held, cutter)
            if not end:
                break
            both = chars.code_points(held[end - 1 : end + 1])
            yield held[:end], ended and bool(_parted(both, separator)[0])
            held = held[end:]
    if held:
        yield held, False


def _place_before_end(text: str, cutter: Cutter) -> tuple[int, bool]:
    """(where a text whose line goes on can be cut, away from its end; whether a token ends there); 0: nowhere."""
    if isinstance(cutter, WatchedCutter):  # the piece is cut once more
        cutter = cutter.plain
    codes = chars.code_points(text[: 3 * PIECE])
    kinds = kinds_of(codes)
    spaces = kinds == SPACE
    ends = cutter.ends(codes)[:-1]
    gaps = ends & ~spaces[1:] & ~spaces[:-1]
    # Rather where the cells do not look back (星期|三): before a character that is no part of a numeral, or a blank.
    plain = gaps & ~np.isin(codes[1:], LOOKING_BACK) & (codes[1:] > 0x7F)
    for chosen in (plain, gaps, ends & spaces[1:]):
        places = np.flatnonzero(chosen[:-CONTEXT])
        if len(places):
            return int(places[-1]) + 1, True
    return (0, False) if np.any(ends[:-CONTEXT]) else (_place_inside(codes, kinds), False)


def _place_inside(codes: np.ndarray, kinds: np.ndarray) -> int:
    """Where one token, which goes on, can be cut so that both parts are tokens again; 0: nowhere.

    In a row of one sign, or of letters and digits with what joins them; what begins with www. takes more signs. The
    rest of it has no sign before CONTEXT characters that makes an address of what stands before (@ and ://).
    """
    if kinds[0] not in (HAN, MARK) and bool(np.all(codes == codes[0])):
        return len(codes) - CONTEXT
    word = kinds == WORD
    web = np.isin(codes[:4], _WEB).all()
    if web or not np.all(word | np.isin(codes, _JOINING)):
        return 0
    inside = word[:-1] & word[1:] & ~np.isin(codes[1:], _WEB)
    places = np.flatnonzero(inside[:-CONTEXT])
    return int(places[-1]) + 1 if len(places) else 0


def _parted(codes: np.ndarray, separator: np.ndarray) -> np.ndarray:
    """Whether a separator can stand after each code point but the last: not beside what is one by itself; bool."""
    if not chars.text_of(separator).isspace():
        blank = np.isin(codes, chars.code_points(chars.LINE_ENDS))
    elif codes.dtype == np.uint16:
        blank = np.take(_BLANK, codes)
    else:
        blank = kinds_of(codes) == SPACE
    return ~(blank[1:] | blank[:-1])


def _searched(cutter: Cutter, separator: np.ndarray, piece: tuple[str, bool]) -> Iterable[str]:
    """Words with those inside them; each of these is followed by a separator."""
    text, goes_on = piece
    codes = chars.code_points(text)
    spans = search_spans(cutter, codes)
    last = np.append(_parted(codes, separator), False)
    followed = spans.inner | last[spans.stops - 1]
    made = chars.text_of(woven(codes, spans, followed, separator))
    return [made + chars.text_of(separator) * goes_on]


def _encoded(
    cutter: Cutter, units: np.ndarray, separator: bytes, piece: tuple[str, bool]
) -> Iterable[bytes]:
    """As _spaced, in UTF-8."""
    text, goes_on = piece
    codes, gap = _gaps(cutter, units, text)
    return [space_out(codes, np.append(gap, goes_on), separator)]


def _gaps(cutter: Cutter, units: np.ndarray, text: str) -> tuple[np.ndarray, np.ndarray]:
    """The code points of a text, and whether a separator stands after each but the last."""
    codes = chars.code_points(text)
    gap = cutter.ends(codes)[:-1]
    gap &= _parted(codes, units)
    return codes, gap


def _spaced(cutter: Cutter, units: np.ndarray, piece: tuple[str, bool]) -> Iterable[str]:
    text, goes_on = piece
    codes, gap = _gaps(cutter, units, text)
    # Every code point with a separator behind it, of which those are taken that stand at a gap.
    both = np.empty((len(codes), 1 + len(units)), max(codes.dtype, units.dtype))
    both[:, 0], both[:, 1:] = codes, units
    kept = np.zeros(both.shape, bool)
    kept[:, 0] = True
    kept[:-1, 1:] = gap[:, None]
    out = np.compress(kept.ravel(), both)  # a third of the time of an index of bool
    return [chars.text_of(out) + chars.text_of(units) * goes_on]


def _lines(spans: SpansOf, cutter: Cutter, piece: tuple[str, bool]) -> Iterable[str]:
    """JSON lines; each line of the text an object."""
    text = piece[0]
    if len(text) <= 4 * PIECE or max(map(len, lines_of(text))) <= 4 * PIECE:
        return [_objects(spans, text)]
    return _with_long_lines(spans, cutter, text)


def _with_long_lines(spans: SpansOf, cutter: Cutter, text: str) -> Iterator[str]:
    """As `_objects`, where lists of all words of a line would take seventy times its size."""
    held: list[str] = []
    for line in lines_of(text):
        if len(line) <= 4 * PIECE:
            held.append(line)
            continue
        yield _objects(spans, "".join(held))
        held = []
        yield from _long_object(spans, cutter, line.rstrip("\r\n"))
    yield _objects(spans, "".join(held))


def long_spans(
    spans: SpansOf, cutter: Cutter, text: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(starts, stops), int32, of the tokens of a text of any length, piece by piece; lines may end in it."""
    held: tuple[np.ndarray, np.ndarray] | None = None
    start, ended = 0, True
    while start < len(text):
        size, goes_on = len(text) - start, not ended
        if size > 4 * PIECE:
            size, ended = _place_before_end(text[start : start + 3 * PIECE], cutter)
            size = size or len(text) - start
        found = spans(chars.code_points(text[start : start + size]))
        starts, stops = (np.asarray(found[:2]) + start).astype(np.int32)
        if held is not None:
            if goes_on:  # its first token is the rest of the last one
                starts[0] = held[0][-1]
                held = held[0][:-1], held[1][:-1]
            yield held
        held = starts, stops
        start += size
    if held is not None:
        yield held


def _long_object(spans: SpansOf, cutter: Cutter, line: str) -> Iterator[str]:
    """The object of one line, piece by piece."""
    parts = list(long_spans(spans, cutter, line))
    yield f'{{"text": {json.dumps(line, ensure_ascii=False)}, "words": ['
    for offsets in (False, True):
        comma = ""
        for starts, stops in parts:
            both = zip(starts.tolist(), stops.tolist(), strict=True)
            kept = [(a, b) for a, b in both if not line[a:b].isspace()]
            listed: list[object] = [*kept] if offsets else [line[a:b] for a, b in kept]
            if listed:
                yield comma + json.dumps(listed, ensure_ascii=False)[1:-1]
                comma = ", "
        yield "]}\n" if offsets else '], "offsets": ['


def _objects(spans: SpansOf, text: str) -> str:
    # All lines at once: a call for each takes ten times as long.
    starts, stops, _ = (column.tolist() for column in spans(chars.code_points(text)))
    rows = []
    at = number = 0
    for line in lines_of(text):
        content = line.rstrip("\r\n")
        words, offsets, end = [], [], at + len(content)
        while number < len(starts) and starts[number] < end:
            start, stop = starts[number], stops[number]
            number += 1
            if not (word := text[start:stop]).isspace():
                words.append(word)
                offsets.append([start - at, stop - at])
        row = {"text": content, "words": words, "offsets": offsets}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
        at += len(line)
        while number < len(starts) and starts[number] < at:  # the tokens of the line end
            number += 1
    return "".join(rows)
