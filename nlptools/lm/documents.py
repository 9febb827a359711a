"""Texts of documents + language model -> log10 probability, symbols and unknown symbols of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lm.longlines import LONG, whole_lines
from nlptools.lm.stream import LineScorer, ScoredLines
from nlptools.text.chars import with_line_feeds
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.longtexts import LongText


@dataclass(frozen=True)
class DocumentScores:
    """Sums over the lines of each document; aligned arrays.

    log10_probs: float64. symbols, ends (of sentences), oov: int64.
    """

    log10_probs: np.ndarray
    symbols: np.ndarray
    ends: np.ndarray
    oov: np.ndarray

    @property
    def numbers(self) -> np.ndarray:
        """How many probabilities each document has: of its symbols and the ends of its sentences."""
        return self.symbols + self.ends

    @property
    def per_symbol(self) -> np.ndarray:
        """log10 probability for each symbol and end of a sentence; 0 for a document without symbols."""
        return self.log10_probs / np.maximum(self.numbers, 1)


def score_documents(scorer: LineScorer, texts: Sequence[str | LongText]) -> DocumentScores:
    """The sums of each text; what a text gets does not depend on the others. A text may have lines, which are sentences."""
    found = np.zeros((4, len(texts)))
    together = [place for place, text in enumerate(texts) if len(text) < LONG]
    if together:
        ended = [with_line_feeds(str(texts[place])) + "\n" for place in together]
        lines = [text.count("\n") for text in ended]
        found[:, together] = _sums(scorer.score("".join(ended), "", LineNumbers()), lines)
    for place in sorted(set(range(len(texts))) - set(together)):
        whole = texts[place]
        if isinstance(whole, LongText):
            found[:, place] = _sums(scorer.score_stored(whole), [1])[:, 0]
            continue
        text = with_line_feeds(whole) + "\n"
        for start, stop in whole_lines(text):
            piece = scorer.score(text[start:stop], "", LineNumbers())
            found[:, place] += _sums(piece, [len(piece)])[:, 0]
    return DocumentScores(found[0], *found[1:].astype(np.int64))


def _sums(scored: ScoredLines, lines: Sequence[int]) -> np.ndarray:
    """Of so many lines for each document, one after the other."""
    of = np.repeat(np.arange(len(lines)), lines)
    columns = (scored.log10_probs, scored.symbols, scored.sentences, scored.oov)
    return np.array([np.bincount(of, column, minlength=len(lines)) for column in columns])
