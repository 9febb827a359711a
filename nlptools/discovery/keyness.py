"""Words of a corpus + a word model of other text -> how new each word is beside that text."""

from __future__ import annotations

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
    there = dict(zip(background.words, background.counts.tolist(), strict=True))
    words = dict(zip(background.words, background.expected.tolist(), strict=True))
    sum_of_words = max(1.0, float(background.expected.sum()))
    lacking = [word for word in table.words if word not in there]
    parts_of = dict(
        zip(lacking, Segmenter.from_model(background).segment_batch(lacking), strict=True)
    )

    def share(word: str) -> float:
        if word in there:
            return max(there[word], UNSEEN) / total
        # Runs of letters and digits are in no model: they say nothing.
        parts = [part for part in parts_of[word] if part in words or is_han(part[0])]
        shares = [max(words.get(part, 0.0), UNSEEN) / sum_of_words for part in parts]
        if len(parts) < 2:
            return UNSEEN / total
        predicted = float(np.prod(shares)) * np.exp(PHRASE)
        return max(min(predicted, min(shares)), UNSEEN / total)

    shares = np.array([share(word) for word in table.words])
    ratio = (table.counts / max(symbols, 1)) / shares
    new = np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)
    if background.known is not None:
        listed = dict(zip(background.words, background.known.tolist(), strict=True))
        new[[listed.get(word, False) for word in table.words]] *= LISTED
    return new
