"""Words of a corpus + a word model of other text -> how new each word is beside that text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def newness(table: WordTable, symbols: int, background: WordModel) -> np.ndarray:
    """How new each word is: ln(share here / share there) / KEYNESS, from 0 to 1.

    The share there of what the background lacks is what its parts predict, the words that it is cut into: their shares
    multiplied, times exp(PHRASE), at most that of the rarest of them. A word that was in a word list under the background
    has LISTED of it.
    """
    total = max(1, int(background.settings.get("symbols", 0)))
    number = {word: row for row, word in enumerate(background.words)}
    rows = _rows(table.words, number)
    # The last row is for those that are not there.
    there = np.maximum(np.append(background.counts, 0)[rows], UNSEEN) / total
    lacking = np.flatnonzero(rows < 0)
    if len(lacking):
        words = [table.words[row] for row in lacking.tolist()]
        there[lacking] = _predicted(words, background, number, UNSEEN / total)
    ratio = (table.counts / max(symbols, 1)) / there
    new = np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)
    if background.known is not None:
        new[np.append(background.known, False)[rows]] *= LISTED
    return new


def _rows(words: Sequence[str], number: Mapping[str, int]) -> np.ndarray:
    """The row of each word in the background, -1 where it is not there; int64."""
    return np.fromiter((number.get(word, -1) for word in words), np.int64, len(words))


def _predicted(
    words: Sequence[str], background: WordModel, number: Mapping[str, int], least: float
) -> np.ndarray:
    """What the shares of their parts say of the shares of words that the background lacks; at least `least`."""
    # Runs of letters and digits are in no model: they say nothing.
    cut = [
        [part for part in parts if part in number or is_han(part[0])]
        for parts in Segmenter.from_model(background).segment_batch(words)
    ]
    sizes = np.fromiter(map(len, cut), np.int64, len(cut))
    shares = np.full(len(cut), least)
    divided = sizes > 1
    rows = _rows([part for parts in cut if len(parts) > 1 for part in parts], number)
    if not len(rows):
        return shares
    expected = np.append(background.expected, 0.0)[rows]
    nats = np.log(np.maximum(expected, UNSEEN) / max(1.0, float(background.expected.sum())))
    starts = np.cumsum(sizes[divided]) - sizes[divided]
    predicted = np.minimum(
        np.add.reduceat(nats, starts) + PHRASE, np.minimum.reduceat(nats, starts)
    )
    # Where the background has none of them they say nothing.
    predicted[np.maximum.reduceat(rows, starts) < 0] = -np.inf
    shares[divided] = np.maximum(np.exp(predicted), least)
    return shares
