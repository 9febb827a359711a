"""Words to be looked for -> sequences of symbol ids, each once, and those with a break in them: what a reading of text needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.folding import fold_text
from nlptools.usage.signed import LONGEST as LONGEST_SIGNED
from nlptools.usage.signed import SignedWords


class SoughtWords:
    """Words as a corpus is folded, numbered from 0: sequences of ids first, then those with a break in them.

    encoder: that made the ids; keys: ids -> number; number: how many sequences there are; texts: of all numbers; signed:
    the words with a break; at: for each word that was given its number, -1 for an empty one; int64.
    """

    def __init__(self, words: Sequence[str], fold: tuple[str, ...], latin: str) -> None:
        self.encoder = SymbolEncoder(latin)
        self.keys: dict[tuple[int, ...], int] = {}
        self.texts: list[str] = []
        folded = [fold_text(word, fold) if fold else word for word in words]
        numbers = [self._number(word) for word in folded]
        self.number = len(self.keys)
        pairs = zip(folded, numbers, strict=True)
        signed = dict.fromkeys(w for w, n in pairs if n < 0 and 0 < len(w) <= LONGEST_SIGNED)
        self.signed = SignedWords(list(signed))
        self.texts += self.signed.words
        signed_at = {word: self.number + i for i, word in enumerate(self.signed.words)}
        self.at = np.array(
            [signed_at.get(w, -1) if n < 0 else n for w, n in zip(folded, numbers, strict=True)],
            np.int64,
        )

    def _number(self, word: str) -> int:
        ids = tuple(self.encoder.encode(word).tolist()) if word else ()
        if not ids or 0 in ids:
            return -1
        if ids not in self.keys:
            self.texts.append(word)
        return self.keys.setdefault(ids, len(self.keys))
