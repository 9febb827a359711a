"""One line of many megabytes + language model -> its sums, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.ngrams.symbols import Scanned, SymbolEncoder
from nlptools.text.chars import find_cut, is_han
from nlptools.text.longtexts import LongText

PIECE = 240_000  # characters that are scored at a time: a little less than LanguageModel takes at a time
LONG = 4 * PIECE  # a line of more characters is scored window by window


def is_long(text: str) -> bool:
    """Whether a text is a single line, with its end, that is scored window by window."""
    return len(text) > LONG and text.find("\n") == len(text) - 1


def whole_lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of whole lines, about PIECE characters at a time; a long line is one of its own."""
    start = 0
    while start < len(text):
        stop = text.find("\n", start + PIECE) + 1 or len(text)
        if stop - start > LONG:
            stop = text.rfind("\n", start, start + PIECE) + 1 or stop
        yield start, stop
        start = stop


@dataclass
class LineSums:
    """As in ScoredLines, of one line."""

    log10_prob: float = 0.0
    oov_log10_prob: float = 0.0
    symbols: int = 0
    oov: int = 0
    sentences: int = 0


def sum_line(
    text: str | LongText,
    encoder: SymbolEncoder,
    numbered: Callable[[Scanned], np.ndarray],
    log_probs: Callable[[np.ndarray], np.ndarray],
    context: np.ndarray,
) -> LineSums:
    """The sums of one line with its end.

    numbered: ids of the model for what was scanned, `context[-1]` at breaks; log_probs: of such ids, float64;
    context: as many ids as the model looks back to, all </s>, which a line begins with.
    """
    sums, end = LineSums(), context[-1]
    for start, stop in _windows(text):
        ids = np.concatenate([context, numbered(encoder.scan(text[start:stop]))])
        new = ids[len(context) :]
        logs = log_probs(ids)[len(context) :]
        breaks = new == end
        # Of several breaks in a row only the first may end a sentence.
        void = breaks & (ids[len(context) - 1 : -1] == end)
        logs[void] = 0
        sums.log10_prob += float(logs.sum())
        sums.oov_log10_prob += float(logs[new == 0].sum())
        sums.symbols += int(np.count_nonzero(~breaks))
        sums.oov += int(np.count_nonzero(new == 0))
        sums.sentences += int(np.count_nonzero(breaks & ~void))
        context = ids[-len(context) :]
    return sums


def _windows(text: str | LongText) -> Iterator[tuple[int, int]]:
    """Spans of about PIECE characters between which a text may be cut; more where it may not."""
    start, size = 0, PIECE
    while start < len(text):
        stop = start + size
        if stop < len(text):
            cut, clean = find_cut(text[start:stop])
            stop = start + cut
            # Not clean is between two Han characters, or inside a run without end, which is one symbol or none.
            if not cut or not (clean or is_han(text[stop - 1])):
                size *= 2
                continue
        yield start, min(stop, len(text))
        start, size = stop, PIECE
