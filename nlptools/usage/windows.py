"""Corpus -> windows: stretches of text that overlap, so that what begins in one is seen with its surroundings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.text.chars import code_points, count_line_breaks
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers


@dataclass(frozen=True)
class Window:
    """A stretch of text; what begins at places `start` to `stop` is this window's, what is beside them another's.

    numbers: of its lines in the source, from 1.
    """

    text: str
    source: str
    numbers: LineNumbers
    start: int
    stop: int

    def lines(self, places: np.ndarray) -> np.ndarray:
        """Numbers of the lines on which these places of the text are, int64."""
        return self.numbers.of(np.searchsorted(_line_ends(self.text), places))


def read_windows(corpus: Corpus, margin: int) -> Iterator[Window]:
    """Blocks, and where a line goes on over several of them, with `margin` characters of both neighbours.

    Every character of the corpus is in the part from start to stop of one window.
    """
    text, source, lines, start = "", "", LineNumbers(), 0
    for block in corpus.blocks():
        if block.inside and text:
            stop = len(text) + len(block.text) - margin
            lines = lines.then(count_line_breaks(text), block.lines)
            text += block.text
            if stop > start:
                yield Window(text, source, lines, start, stop)
                # What lies before the text that is kept has to be long enough for a symbol, too.
                cut = _outside_line_end(text, max(0, stop - margin))
                lines = lines.after(count_line_breaks(text, 0, cut))
                text, start = text[cut:], stop - cut
            continue
        if text:
            yield Window(text, source, lines, start, len(text))
        text, source, lines, start = block.text, block.source, block.lines, 0
        stop = len(text) - margin
        if stop > margin:
            # Most blocks end a line; what is near the end waits for the next one all the same.
            yield Window(text, source, lines, 0, stop)
            cut = _outside_line_end(text, stop - margin)
            lines = lines.after(count_line_breaks(text, 0, cut))
            text, start = text[cut:], stop - cut
    if text:
        yield Window(text, source, lines, start, len(text))


def _outside_line_end(text: str, cut: int) -> int:
    """The place, or the one before it where it lies in the middle of a CR LF."""
    return cut - 1 if text[cut - 1 : cut + 1] == "\r\n" else cut


def _line_ends(text: str) -> np.ndarray:
    """Where lines end, at the last character of the end: LF, CR LF, lone CR."""
    codes = code_points(text)
    feed, back = codes == 10, codes == 13
    back[:-1] &= ~feed[1:]
    return np.flatnonzero(feed | back)
