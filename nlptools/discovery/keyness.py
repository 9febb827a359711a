"""Words of a corpus + a word model of other text -> how new each word is beside that text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nlptools.base.stringindex import StringIndex
from nlptools.discovery.table import WordTable
from nlptools.segmentation.partial import part_for
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.chars import is_han
from nlptools.wordmodel.model import WordModel

KEYNESS = 3.0  # a word that is exp(3) = 20 times as frequent as in the background keeps its score
# Words stand side by side more often than if they were drawn one by one: by so many nats, in a phrase of everyday
# language. What occurs no more often than that is not new.
PHRASE = 4.0
UNSEEN = 0.5  # occurrences of what the background lacks
_PIECE = 1 << 12  # words that are cut into their parts at a time: 2 MB
# Words so few that they are cut by a part of the model, which is made in 20 ms where the whole takes 55.
_FEW = 1 << 10
LISTED = 0.5  # of the newness of a word that a word list has remains, so that what no dictionary has comes first


@dataclass(frozen=True)
class Newness:
    """How new a word is, and why.

    here: its share of the symbols of the corpus; there: what the background has or predicts, and `source` which of the
    two: "counted", "parts", or "unseen" for what it can say nothing of. parts: the words that it is cut into, with
    their shares of all words there, for "parts". listed: a word list under the background has it. value: from 0 to 1.
    """

    here: float
    there: float
    source: str
    parts: list[tuple[str, float]]
    listed: bool
    value: float


class Reference:
    """A word model of other text, made ready for `newness`."""

    def __init__(self, model: WordModel, *, reread: bool = False) -> None:
        """reread: the model is the general one of the package, which need not stay: it is read again for cutting."""
        self._index = StringIndex(model.words)
        self.symbols = max(1, int(model.settings.get("symbols", 0)))
        # The last row of each is for words that are not there.
        known = np.zeros(len(model), bool) if model.known is None else model.known
        self.known = np.append(known, False)
        self.counts = np.append(model.counts, 0).clip(UNSEEN)
        self.share = np.append(model.expected, 0.0).clip(UNSEEN)
        self.share /= max(1.0, float(model.expected.sum()))
        self._model = None if reread else model

    @cached_property
    def segmenter(self) -> Segmenter:
        """That cuts what the model lacks into its words."""
        return Segmenter.load() if self._model is None else Segmenter.from_model(self._model)

    def cut(self, words: Sequence[str]) -> list[list[str]]:
        """What words that the model lacks are cut into."""
        if len(words) >= _FEW or self._model is None or "segmenter" in self.__dict__:
            return self.segmenter.segment_batch(words)
        part = part_for(self._model, "".join(words))
        return Segmenter.from_model(part).segment_batch(words)

    def rest(self) -> None:
        """The segmenter, 20 MB, is read again if it is asked for once more."""
        self.__dict__.pop("segmenter", None)

    def rows(self, words: Sequence[str]) -> np.ndarray:
        """Of the words; -1 for those that are not there; int64."""
        return self._index.rows(words)

    def listed(self, words: Sequence[str]) -> np.ndarray:
        """Which of the words a word list under the model has, bool."""
        return np.asarray(self.known[self.rows(words)])


class Background:
    """What a word model of other text has of some words, or predicts; arrays are aligned with the words.

    there: the share of its symbols which the occurrences of each word are, counted or predicted; listed: whether the
    word list under the model has it.
    """

    def __init__(self, reference: Reference, words: Sequence[str]) -> None:
        self._reference = reference
        self._rows = reference.rows(words)
        self.listed = reference.known[self._rows]
        self.there = reference.counts[self._rows] / reference.symbols
        lacking = np.flatnonzero(self._rows < 0).tolist()
        cut = reference.cut([words[i] for i in lacking]) if lacking else []
        # Runs of letters and digits are in no model: they say nothing. Nor does a single part.
        there = iter(reference.rows([part for parts in cut for part in parts]) >= 0)
        spoken = ([p for p in parts if next(there) or is_han(p[0])] for parts in cut)
        self._parts = {i: parts for i, parts in zip(lacking, spoken, strict=True) if len(parts) > 1}
        if self._parts:
            at = np.fromiter(self._parts, np.int64)
            self.there[at] = np.maximum(self._predicted(), UNSEEN / reference.symbols)

    def _predicted(self) -> np.ndarray:
        """Of the words that have parts, in their order."""
        sizes = np.fromiter(map(len, self._parts.values()), np.int64)
        rows = self._reference.rows([part for parts in self._parts.values() for part in parts])
        nats, starts = np.log(self._reference.share[rows]), np.cumsum(sizes) - sizes
        predicted = np.add.reduceat(nats, starts) + PHRASE
        predicted = np.minimum(predicted, np.minimum.reduceat(nats, starts))
        # Where the background has none of them they say nothing.
        return np.where(np.maximum.reduceat(rows, starts) < 0, 0.0, np.exp(predicted))

    def parts(self, number: int) -> list[tuple[str, float]]:
        """What a word that the model lacks is cut into, with the shares of all words there; nothing if that says nothing."""
        parts = self._parts.get(number, [])
        shares = self._reference.share[self._reference.rows(parts)]
        return list(zip(parts, shares.tolist(), strict=True))

    def source(self, number: int) -> str:
        """What the share rests on, as Newness has it."""
        if self._rows[number] >= 0:
            return "counted"
        return "parts" if number in self._parts else "unseen"


def newness(table: WordTable, symbols: int, background: Reference) -> np.ndarray:
    """How new each word is: ln(share here / share there) / KEYNESS, from 0 to 1.

    The share there of what the background lacks is what its parts predict, the words that it is cut into: their shares
    multiplied, times exp(PHRASE), at most that of the rarest of them. A word that was in a word list under the background
    has LISTED of it.
    """
    found = np.zeros(len(table))
    for start in range(0, len(table), _PIECE):
        part = np.arange(start, min(start + _PIECE, len(table)))
        words = [table.words[row] for row in part.tolist()]
        found[part] = _newness(table.counts[part], symbols, Background(background, words))
    return found


def explain_newness(table: WordTable, symbols: int, background: Reference) -> list[Newness]:
    """`newness` of each word, with what it is made of."""
    model = Background(background, table.words)
    columns = (
        (table.counts / max(symbols, 1)).tolist(),
        model.there.tolist(),
        [model.source(i) for i in range(len(table))],
        [model.parts(i) for i in range(len(table))],
        model.listed.tolist(),
        _newness(table.counts, symbols, model).tolist(),
    )
    return [Newness(*row) for row in zip(*columns, strict=True)]


def _newness(counts: np.ndarray, symbols: int, model: Background) -> np.ndarray:
    ratio = (counts / max(symbols, 1)) / model.there
    new = np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)
    new[model.listed] *= LISTED
    return new
