"""Words with a sign or a blank inside + windows of text -> where they stand; they are no n-grams.

A break ends a sequence of symbols, so the automaton of ids cannot find 卡莱尔·布朗 or iPad Pro: the text itself is
searched, character by character. The variants of a sign (卡莱尔•布朗) count as one, as they do for discovery.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.ngrams.marks import plain_signs
from nlptools.ngrams.symbols import split_symbols
from nlptools.text.chars import DIGIT, LETTER, classes, code_points
from nlptools.usage.matcher import Matcher
from nlptools.usage.windows import Window

# Characters of such a word; the automaton is as deep, and one of a million (a damaged list) ends the process.
LONGEST = 200


def with_breaks(words: Iterable[str], latin: str = "run") -> list[str]:
    """Those of the words that have a break in them, and so are no n-grams. latin: what is a symbol, as in count.

    >>> with_breaks(["GPT-4", "iPad Pro", "5%", "网络"])
    ['iPad Pro', '5%']
    """
    some = [word for word in words if 0 < len(word) <= LONGEST]
    return [word for word in some if "" in split_symbols(word, latin)]


class SignedWords:
    """The words, all different, and their automaton; they are numbered as they are given."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._numbers: dict[str, list[int]] = {}
        for number, word in enumerate(self.words):
            self._numbers.setdefault(plain_signs(word), []).append(number)
        self._matcher = Matcher(self._numbers)

    def __len__(self) -> int:
        return len(self.words)

    def find(
        self, window: Window, kept: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(numbers of words, where they begin, where they end) of the occurrences in the window, int64.

        Ascending by number, then by place. An occurrence inside a longer run of letters or digits (iPad Process) is none;
        kept: of the symbols of the window (Scanned), so that neither is CentOS 7 in CentOS 7.5.
        """
        text = window.text
        rows = [
            (number, start, start + len(word))
            for start, word in self._matcher.find(plain_signs(text))
            if window.start <= start < window.stop
            for number in self._numbers[word]
        ]
        found = np.array(sorted(rows), np.int64).reshape(-1, 3)
        torn = _inside_run(text, found[:, 1]) | _inside_run(text, found[:, 2])
        if kept is not None:
            torn |= _within_symbol(text, found[:, 1], found[:, 1], kept)
            torn |= _within_symbol(text, found[:, 2] - 1, found[:, 2], kept)
        found = found[~torn]
        return found[:, 0], found[:, 1], found[:, 2]


def _inside_run(text: str, places: np.ndarray) -> np.ndarray:
    """Whether letters or digits stand on both sides of each place, bool."""
    # A blank before and after the text: there is no run beyond its ends.
    sides = [(text[at - 1 : at] or " ") + (text[at : at + 1] or " ") for at in places.tolist()]
    kinds = classes(code_points("".join(sides))).reshape(-1, 2)
    return np.asarray(((kinds == LETTER) | (kinds == DIGIT)).all(axis=1))


def _within_symbol(text: str, runs: np.ndarray, places: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Whether each place lies within a symbol, bool: it begins none, and there is a letter or a digit in `runs`."""
    kinds = classes(code_points("".join(text[at] for at in runs.tolist())))
    return np.asarray(((kinds == DIGIT) | (kinds == LETTER)) & ~np.append(kept, True)[places])
