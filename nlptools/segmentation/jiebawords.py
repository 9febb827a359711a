"""Text -> the words jieba cuts without its HMM, a block at a time: its dictionary, its rules, its sums."""

from __future__ import annotations

import os
from math import log

import numpy as np

from nlptools.lattice.exact import PathFinder
from nlptools.segmentation.jieba import JiebaDictionary, find_dictionary

OUTSIDE, SIGN, LETTER, HAN = range(4)


def _kinds() -> np.ndarray:
    """What jieba makes of a character: Han or sign of its runs, letter or digit, or cut at (0x10000 classes)."""
    kinds = np.zeros(0x10000, np.uint8)
    kinds[0x4E00:0x9FD6] = HAN  # re_han_default of jieba 0.42.1
    for sign in "+#&._%-":
        kinds[ord(sign)] = SIGN
    for first, last in ("09", "AZ", "az"):
        kinds[ord(first) : ord(last) + 1] = LETTER
    return kinds


_KINDS = _kinds()


class JiebaWords:
    """Where words end as jieba.lcut(text, HMM=False) cuts.

    words: those of the dictionary that have a frequency above 0; the numbers of `cut` point to them.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """path: a dictionary as jieba has it; None: that of the installed package.

        Raises DataError for another file, NlptoolsError where no file is named and jieba is not installed.
        """
        frequencies, total = _read(find_dictionary() if path is None else path)
        self.words = [word for word, frequency in frequencies.items() if frequency]
        numbers = [frequency for frequency in frequencies.values() if frequency]
        # jieba's own expression: a logarithm of NumPy may differ in the last digit.
        log_total = log(total)
        score_of = {number: log(number) - log_total for number in set(numbers)}
        scores = np.array([score_of[number] for number in numbers])
        inside = np.flatnonzero(_KINDS)
        self._finder = PathFinder(self.words, scores, log(1) - log_total, inside, backward=True)

    def cut(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(whether a word ends at each code point, bool; the number of that word, int32, -1 where it is none of
        the dictionary's).
        """
        found = self._finder.find(codes)
        ends, words = found.lengths > 0, found.words
        kinds = np.take(_KINDS, np.minimum(codes, 0xFFFF))
        if codes.dtype != np.uint16:
            kinds[codes > 0xFFFF] = OUTSIDE
        ends[kinds == OUTSIDE] = True
        # Single letters and digits in a row are one word.
        letter = (found.lengths == 1) & (kinds == LETTER)
        joined = letter[:-1] & letter[1:]
        ends[:-1][joined] = False
        words[:-1][joined] = -1
        words[1:][joined] = -1
        line = (codes[:-1] == 13) & (codes[1:] == 10)
        ends[:-1][line] = False
        return ends, words


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, int], int]:
    """Frequencies by word, and their total, in which a word that is listed twice counts twice."""
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            rows = [line.strip().split(" ", 2) for line in file]
        frequencies = {row[0]: int(row[1]) for row in rows}
        total = sum(int(row[1]) for row in rows)
        if total > 0 and min(frequencies.values()) >= 0:
            return frequencies, total
    except (OSError, ValueError, IndexError):
        pass
    dictionary = JiebaDictionary.load(path)  # which says what is wrong, or puts up with it
    return dictionary.frequencies, dictionary.total
