"""Words of a corpus + a word model of other text -> how typical each word is of the corpus."""

from __future__ import annotations

import numpy as np

from nlptools.discovery.table import WordTable
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.chars import is_han
from nlptools.wordmodel.model import WordModel

KEYNESS = 3.0  # a word that is exp(3) = 20 times as frequent as in the background keeps its score


def keyness(table: WordTable, symbols: int, background: WordModel) -> np.ndarray:
    """How typical each word is of the corpus: ln(share here / share there) / 3, from 0 to 1.

    A model has no terms and no words with letters or digits; they are at most as frequent there as the
    rarest of the words that it cuts them into. Any other word that it lacks is none there.
    """
    there = dict(zip(background.words, background.counts.tolist(), strict=True))
    total = max(1, int(background.settings.get("symbols", 0)))
    segmenter = Segmenter.from_model(background)

    def count(word: str, is_term: bool) -> int:
        if word in there or not (is_term or any(not is_han(symbol) for symbol in word)):
            return there.get(word, 0)
        return min((there[part] for part in segmenter.segment(word) if part in there), default=0)

    terms = table.terms.tolist()
    counts = np.array([count(*row) for row in zip(table.words, terms, strict=True)])
    ratio = (table.counts / max(symbols, 1)) / (np.maximum(counts, 0.5) / total)
    return np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)
