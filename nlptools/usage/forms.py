"""Words of a folded corpus -> the form in which each of them stands most often in the text as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.chars import MAX_RUN, code_points
from nlptools.text.corpus import Corpus
from nlptools.text.folding import fold_text
from nlptools.text.lookup import lookup
from nlptools.usage.matcher import IdMatcher
from nlptools.usage.windows import Window, read_windows


def original_forms(corpus: Corpus, words: Sequence[str], latin: str = "run") -> list[str]:
    """Read the corpus once more, without its folds, and say how each word is mostly written; ties by text.

    words: as they are folded, all different; latin: what is a symbol, as in `count`. Forms are found character by
    character (lookup.py): a word that only stands where a fold changes how many characters there are (㎏ is kg)
    comes back as it is.
    """
    if not corpus.fold or not words:
        return list(words)
    found = _Forms(words, corpus.fold, latin)
    for window in read_windows(corpus.unfolded(), found.margin):
        found.take(window)
    return found.commonest()


class _Forms:
    """What is collected over the windows of a corpus: how often each form of each word occurs."""

    def __init__(self, words: Sequence[str], fold: tuple[str, ...], latin: str) -> None:
        self.words, self.fold = words, fold
        self.lookup = lookup(fold)
        self.encoder = SymbolEncoder(latin)
        # As words are looked up; two that t2s tells apart in phrases (跟着, 跟著) may be looked up as one.
        self.keys = self.lookup.texts(words)
        numbers: dict[tuple[int, ...], int] = {}
        rows = [tuple(self.encoder.encode(key).tolist()) for key in self.keys]
        self.number = [numbers.setdefault(ids, len(numbers)) for ids in rows]
        self.matcher = IdMatcher([np.array(ids, np.int64) for ids in numbers])
        self.symbols = np.array([len(ids) for ids in numbers], np.int64)
        self.sizes = np.zeros(len(numbers), np.int64)
        self.sizes[self.number] = [len(key) for key in self.keys]
        self.margin = int(self.sizes.max()) + 3 * MAX_RUN + 4
        self.same = np.zeros(len(numbers), np.int64)  # occurrences that folding does not change
        self.others: Counter[tuple[int, str]] = Counter()

    def take(self, window: Window) -> None:
        """One window; what begins in it is counted."""
        codes = code_points(window.text)
        folded = self.lookup.text(window.text)
        scanned = self.encoder.scan(folded)
        last, found = self.matcher.find(self.encoder.name(scanned))
        start = last - self.symbols[found] + 1
        if scanned.kept is not None:
            start = np.flatnonzero(scanned.kept)[start]
        own = (start >= window.start) & (start < window.stop)
        start, found = start[own], found[own]
        stop = start + self.sizes[found]
        changed = np.append(0, np.cumsum(codes != code_points(folded)))
        other = changed[stop] > changed[start]
        self.same += np.bincount(found[~other], minlength=len(self.same))
        spans = map(slice, start[other].tolist(), stop[other].tolist())
        forms = map(window.text.__getitem__, spans)
        self.others.update(zip(found[other].tolist(), forms, strict=True))

    def commonest(self) -> list[str]:
        """Of each word; itself where no form of it was found."""
        forms: list[list[tuple[int, str]]] = [[] for _ in self.same]
        for (number, form), count in self.others.items():
            forms[number].append((-count, form))
        for word, number in zip(self.keys, self.number, strict=True):
            if self.same[number]:
                forms[number].append((-int(self.same[number]), word))
        chosen = []
        for word, number in zip(self.words, self.number, strict=True):
            ranked = sorted(forms[number])
            fitting = (form for _, form in ranked if fold_text(form, self.fold) == word)
            chosen.append(next(fitting, word))
        return chosen
