"""A dictionary of jieba + text -> the words that jieba cuts without its HMM; new words -> frequencies that win.

JiebaDictionary does it as jieba itself does, word by word, and knows what happens when words are added.
JiebaWords does it for a block of text at a time, and finds the same words: as fast as a tokenizer needs it.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from math import log
from pathlib import Path

import numpy as np

from nlptools.errors import DataError, NlptoolsError
from nlptools.lattice.exact import PathFinder
from nlptools.segmentation.jiebalines import JiebaLines, PartPairs, blocks_of
from nlptools.text.sources import reason

# jieba cuts at every other character before it looks at its dictionary (re_han_default of jieba 0.42.1;
# so Han of the extensions, `·` and white space are in no word).
_HAN = ("\u4e00", "\u9fd5")
_LETTERS = (("0", "9"), ("A", "Z"), ("a", "z"))
_SIGNS = "+#&._%-"
_INSIDE = "".join(f"{first}-{last}" for first, last in (_HAN, *_LETTERS)) + re.escape(_SIGNS)
OUTSIDE = re.compile(f"[^{_INSIDE}]")
_RUNS = re.compile(f"([{_INSIDE}]+)")
_SPACE = re.compile(r"(\r\n|\s)")
_ENGLISH = re.compile("[a-zA-Z0-9]")


class JiebaDictionary:
    """Words with frequencies, as jieba keeps them: 0 for what is only the beginning of a word.

    Numbers are computed as jieba computes them, in the same order, so that ties are ties in both.
    """

    def __init__(self, frequencies: Mapping[str, int] | None = None) -> None:
        self.frequencies: dict[str, int] = {}
        self.total = 0
        for word, frequency in (frequencies or {}).items():
            self.add(word, frequency)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        *,
        parts_of: Collection[str] | None = None,
    ) -> JiebaDictionary:
        """The dictionary of jieba itself, that of the installed package if no file is named.

        A line is `word frequency [tag]`. parts_of: words that alone are to be cut, or to be made to win; what cannot be a
        part of them is not kept, which saves 60 MB and .6 s, but counts for the total. Raises DataError for what jieba does not load either,
        NlptoolsError where no file is named and jieba is not installed.
        """
        path = find_dictionary() if path is None else path
        made = cls()
        try:
            with open(path, "rb") as file:
                if parts_of is None:
                    made._read(file, path, None)
                elif not made._take(data := file.read(), PartPairs(parts_of)):
                    made = cls()
                    made._read(io.BytesIO(data), path, _pairs(parts_of))
        except OSError as error:
            raise DataError(path, None, reason(error), _WHICH) from None
        if not made.total:
            raise DataError(path, None, "no words with a frequency", _WHICH)
        return made

    def _read(
        self, lines: Iterable[bytes], path: str | os.PathLike[str], pairs: Collection[str] | None
    ) -> None:
        """pairs: the characters and the pairs of them that a word has to be made of to be kept."""
        for number, line in enumerate(lines, 1):
            try:
                word, number_of = line.strip().decode("utf-8").split(" ")[:2]
                if (frequency := int(number_of)) < 0:  # jieba loads it, and fails when it cuts
                    raise ValueError(number_of)
                if pairs is None or _made_of(word, pairs):
                    self.add(word, frequency)
                else:
                    self.total += frequency
            except ValueError:
                problem = "not a line `word frequency [tag]` in UTF-8: jieba would not load it"
                raise DataError(path, number, problem, _WHICH) from None

    def _take(self, data: bytes, parts: PartPairs) -> bool:
        """As _read does, where all lines are as they should be; whether they are."""
        for block in blocks_of(data):
            if (lines := JiebaLines.of(block)) is None:
                return False
            total = self.total + int(lines.frequencies.sum())
            for word, frequency in lines.among(parts):
                self.add(word, frequency)
            self.total = total
        return True

    def add(self, word: str, frequency: int) -> None:
        """As jieba's add_word: what the word had before stays in the total."""
        known = self.frequencies
        known[word] = frequency
        self.total += frequency
        for end in range(1, len(word)):
            known.setdefault(word[:end], 0)

    def with_words(self, frequencies: Mapping[str, int]) -> JiebaDictionary:
        """A copy with more words: what jieba has in memory after load_userdict."""
        made = JiebaDictionary()
        made.frequencies, made.total = self.frequencies.copy(), self.total
        for word, frequency in frequencies.items():
            made.add(word, frequency)
        return made

    def route(self, run: str) -> list[str]:
        """The words of the most probable path, of equal ones that whose first word is longest.

        The run has no character that is OUTSIDE.
        """
        known, n = self.frequencies, len(run)
        log_total = log(self.total)
        best = [(0.0, 0)] * (n + 1)
        for start in range(n - 1, -1, -1):
            best[start] = max(
                (log(known.get(run[start:end]) or 1) - log_total + best[end][0], end)
                for end in self._ends(run, start)
            )
        words, start = [], 0
        while start < n:
            end = best[start][1]
            words.append(run[start:end])
            start = end
        return words

    def _ends(self, run: str, start: int) -> list[int]:
        """Where the words end that begin at a place; the single character if there is none."""
        known, found = self.frequencies, []
        for end in range(start + 1, len(run) + 1):
            frequency = known.get(run[start:end])
            if frequency is None:
                break
            if frequency:
                found.append(end)
        return found or [start + 1]

    def cut(self, text: str) -> list[str]:
        """What jieba.lcut(text, HMM=False) gives."""
        found: list[str] = []
        for run in _RUNS.split(text):
            if _RUNS.match(run):
                found += _joined_letters(self.route(run))
            elif run:
                for piece in _SPACE.split(run):
                    found += [piece] if _SPACE.match(piece) else piece
        return found

    def is_one_word(self, word: str) -> bool:
        """Whether jieba cuts the word, standing alone, as one, with its HMM and without.

        That is so if the most probable path takes it whole: the HMM joins single characters only.
        """
        return not OUTSIDE.search(word) and self.route(word) == [word]


def _joined_letters(words: Iterable[str]) -> Iterator[str]:
    """Single letters and digits in a row as one word."""
    letters = ""
    for word in words:
        if len(word) == 1 and _ENGLISH.match(word):
            letters += word
            continue
        if letters:
            yield letters
            letters = ""
        yield word
    if letters:
        yield letters


_WHICH = "--jieba-dict names jieba's own dictionary (dict.txt), not a user dictionary"


def find_dictionary() -> Path:
    """dict.txt of the installed jieba, which is not imported. NlptoolsError where there is none."""
    spec = importlib.util.find_spec("jieba")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / "dict.txt"
        if path.is_file():
            return path
    raise NlptoolsError(
        "jieba is not installed, and what wins depends on its dictionary",
        "pip install jieba, or name its dict.txt with --jieba-dict FILE",
    )


# --- a block of text at a time --------------------------------------------------------------

_CUT_AT, _LETTER, _OTHER = range(3)


def _kind_table() -> np.ndarray:
    """What jieba makes of a character, uint8, for the first 0x10000; it cuts at all others."""
    kinds = np.zeros(0x10000, np.uint8)
    for (first, last), kind in ((_HAN, _OTHER), *((ends, _LETTER) for ends in _LETTERS)):
        kinds[ord(first) : ord(last) + 1] = kind
    kinds[[ord(sign) for sign in _SIGNS]] = _OTHER
    return kinds


_KINDS = _kind_table()


class JiebaWords:
    """Where words end as jieba.lcut(text, HMM=False) cuts.

    words: those of the dictionary that have a frequency above 0; the numbers of `cut` point to them.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        """path: a dictionary as jieba has it; None: that of the installed package.

        Raises DataError for another file, NlptoolsError where no file is named and jieba is not installed.
        """
        frequencies, total = read_frequencies(find_dictionary() if path is None else path)
        self.words = [word for word, frequency in frequencies.items() if frequency]
        numbers = [frequency for frequency in frequencies.values() if frequency]
        # jieba's own expression: a logarithm of NumPy may differ in the last digit.
        log_total = log(total)
        score_of = {number: log(number) - log_total for number in set(numbers)}
        scores = np.array([score_of[number] for number in numbers])
        inside = np.flatnonzero(_KINDS)
        self._finder = PathFinder(self.words, scores, log(1) - log_total, inside, backward=True)

    def cut(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(whether a word ends at each code point, bool; the number of that word, int32, -1 where the
        dictionary does not have it).
        """
        found = self._finder.find(codes)
        ends, words = found.lengths > 0, found.words
        kinds = np.take(_KINDS, np.minimum(codes, 0xFFFF))
        if codes.dtype != np.uint16:
            kinds[codes > 0xFFFF] = _CUT_AT
        ends[kinds == _CUT_AT] = True
        # Single letters and digits in a row are one word.
        letter = (found.lengths == 1) & (kinds == _LETTER)
        joined = letter[:-1] & letter[1:]
        ends[:-1][joined] = False
        words[:-1][joined] = -1
        words[1:][joined] = -1
        line = (codes[:-1] == 13) & (codes[1:] == 10)
        ends[:-1][line] = False
        return ends, words


def read_frequencies(path: str | os.PathLike[str]) -> tuple[dict[str, int], int]:
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
    dictionary = JiebaDictionary.load(path)  # which says what is wrong, or reads it after all
    return dictionary.frequencies, dictionary.total


# --- frequencies that win ------------------------------------------------------------------

# The arcs that begin at one place of a word, last place first: (end, logarithm of the frequency),
# or (end, -1 - number of the word) for one of the new words, whose frequency is still sought.
_Arcs = list[list[tuple[int, float]]]


def _pairs(words: Iterable[str]) -> set[str]:
    """The characters of words, and the pairs of neighbours."""
    found: set[str] = set()
    for word in words:
        found.update(word, map("".join, itertools.pairwise(word)))
    return found


def _made_of(word: str, pairs: Collection[str]) -> bool:
    """Whether it may be a part of the words that have these pairs."""
    if len(word) == 2:  # as most are
        return word in pairs
    return word[:1] in pairs and all(
        map(pairs.__contains__, map("".join, itertools.pairwise(word)))
    )


def winning_frequencies(base: JiebaDictionary, words: Collection[str]) -> dict[str, int]:
    """The smallest frequencies with which jieba cuts every one of the words as one, all being loaded.

    A word that jieba has keeps at least the frequency it has there. No other can be lowered, even by 1,
    without a word of the list falling apart. In the order given. Raises ValueError for an empty word, or
    one with a character at which jieba cuts.

    A word needs f with log f - log T >= the best path of its parts, T being the total, to which f
    belongs. Given T the words are solved from short to long. More T means less of each f, so
    T - (total of the solution for T) rises with T, and its one place of change is found by bisection.
    """
    order = sorted(dict.fromkeys(words), key=lambda word: (len(word), word))
    if not order:
        return {}
    if not order[0] or any(map(OUTSIDE.search, order)):
        raise ValueError("a word is empty, or has a character at which jieba cuts")
    numbers = {word: number for number, word in enumerate(order)}
    arcs = [_arcs_of(word, base.frequencies, numbers) for word in order]
    least = [max(base.frequencies.get(word, 0), 1) for word in order]
    low, total = base.total, base.total + sum(least)  # the solution for `low` has a larger total
    high = base.total + sum(_solve(arcs, least, low + 1))  # the one for `high` has no larger one
    while high - low > 1:
        made = base.total + sum(_solve(arcs, least, total))
        if made == total:
            high = total
            break
        low, high = (total, high) if made > total else (low, total)
        # As a rule the new total is right, or nearly so.
        total = made if low < made < high else (low + high) // 2
    found = _solve(arcs, least, high)
    # Where no solution has the total that it was solved for, there is a rest. The last word is part of no
    # other, so it can have that, and it cannot be spared: for `low` some word needs more.
    found[-1] += high - base.total - sum(found)
    solved = dict(zip(order, found, strict=True))
    return {word: solved[word] for word in dict.fromkeys(words)}


def _arcs_of(word: str, known: Mapping[str, int], numbers: Mapping[str, int]) -> _Arcs:
    """What jieba's graph of a word has besides the word itself."""
    n, found = len(word), []
    for start in range(n - 1, -1, -1):
        here: list[tuple[int, float]] = []
        for end in range(start + 1, n + (start > 0)):
            part = word[start:end]
            if part in numbers:
                here.append((end, -1.0 - numbers[part]))
            elif frequency := known.get(part):
                here.append((end, log(frequency)))
        if not here and start:
            here.append((start + 1, 0.0))
        found.append(here)
    return found


def _solve(arcs: list[_Arcs], least: list[int], total: int) -> list[int]:
    """The smallest frequency of each word at a total; the shorter words come first."""
    log_total = log(total)
    logs: list[float] = []  # by the number of the word
    found = []
    for of_word, fewest in zip(arcs, least, strict=True):
        best = [0.0] * (len(of_word) + 1)
        for start, here in zip(range(len(of_word) - 1, -1, -1), of_word, strict=True):
            value = -math.inf
            for end, weight in here:
                weight = weight if weight >= 0 else logs[int(-1 - weight)]
                value = max(value, weight - log_total + best[end])
            best[start] = value
        frequency = max(fewest, _least_frequency(best[0], log_total))
        found.append(frequency)
        logs.append(log(frequency))
    return found


def _least_frequency(value: float, log_total: float) -> int:
    """The smallest whole number whose logarithm, less that of the total, is not below the value."""
    if log(1) - log_total >= value:
        return 1
    high = max(2, math.ceil(math.exp(value + log_total)))
    if log(high - 1) - log_total < value <= log(high) - log_total:
        return high
    # Rounding: the estimate is off by a little.
    low = 1
    while log(high) - log_total < value:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if log(middle) - log_total < value:
            low = middle
        else:
            high = middle
    return high
