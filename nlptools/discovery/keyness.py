"""Words of a corpus + a word model of other text -> how new each word is beside that text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.discovery.table import WordTable
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.chars import is_han
from nlptools.wordmodel.model import WordModel

KEYNESS = 3.0  # a word that is exp(3) = 20 times as frequent as in the background keeps its score
# Words stand side by side more often than if they were drawn one by one: by so many nats, in a phrase of everyday
# language. What occurs no more often than that is not new.
PHRASE = 4.0
UNSEEN = 0.5  # occurrences of what the background lacks
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


class Background:
    """A word model of other text, and what it has of some words, or predicts."""

    def __init__(self, model: WordModel, words: Sequence[str]) -> None:
        self._total = max(1, int(model.settings.get("symbols", 0)))
        self._there = dict(zip(model.words, model.counts.tolist(), strict=True))
        self._expected = dict(zip(model.words, model.expected.tolist(), strict=True))
        self._sum = max(1.0, float(model.expected.sum()))
        known = model.known
        self._listed = {} if known is None else dict(zip(model.words, known.tolist(), strict=True))
        lacking = [word for word in words if word not in self._there]
        cut = Segmenter.from_model(model).segment_batch(lacking)
        self._parts = dict(zip(lacking, cut, strict=True))

    def listed(self, word: str) -> bool:
        """Whether the word list under the model has it."""
        return self._listed.get(word, False)

    def share(self, word: str) -> float:
        """Of a word: that of its symbols which its occurrences are, counted or predicted."""
        if word in self._there:
            return max(self._there[word], UNSEEN) / self._total
        shares = [share for _, share in self.parts(word)]
        if len(shares) < 2:
            return UNSEEN / self._total
        predicted = float(np.prod(shares) * np.exp(PHRASE))
        return max(min(predicted, min(shares)), UNSEEN / self._total)

    def parts(self, word: str) -> list[tuple[str, float]]:
        """The words that a word which the model lacks is cut into, with their shares of all words."""
        # Runs of letters and digits are in no model: they say nothing.
        parts = (part for part in self._parts[word] if part in self._expected or is_han(part[0]))
        return [(part, max(self._expected.get(part, 0.0), UNSEEN) / self._sum) for part in parts]

    def source(self, word: str) -> str:
        """What the share rests on, as Newness has it."""
        if word in self._there:
            return "counted"
        return "parts" if len(self.parts(word)) > 1 else "unseen"


def newness(table: WordTable, symbols: int, background: WordModel) -> np.ndarray:
    """How new each word is: ln(share here / share there) / KEYNESS, from 0 to 1.

    The share there of what the background lacks is what its parts predict, the words that it is cut into: their shares
    multiplied, times exp(PHRASE), at most that of the rarest of them. A word that was in a word list under the background
    has LISTED of it.
    """
    return _newness(table, symbols, Background(background, table.words))


def explain_newness(table: WordTable, symbols: int, background: WordModel) -> list[Newness]:
    """`newness` of each word, with what it is made of."""
    model = Background(background, table.words)
    here = (table.counts / max(symbols, 1)).tolist()
    values = _newness(table, symbols, model).tolist()
    found = []
    for word, share, value in zip(table.words, here, values, strict=True):
        source = model.source(word)
        parts = model.parts(word) if source == "parts" else []
        found.append(Newness(share, model.share(word), source, parts, model.listed(word), value))
    return found


def _newness(table: WordTable, symbols: int, model: Background) -> np.ndarray:
    shares = np.array([model.share(word) for word in table.words])
    ratio = (table.counts / max(symbols, 1)) / shares
    new = np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)
    new[[model.listed(word) for word in table.words]] *= LISTED
    return new
