"""Counts + encoded corpus with marks -> candidates with a sign inside: 卡莱尔·布朗, iPad Pro, 5G-A, 新型冠状病毒（2019-nCoV）.

What they are is decided by counts alone, as no word model has them; the score is on the scale of em_score.py.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from nlptools.discovery.em_score import FIRST, LAST
from nlptools.discovery.names import Characters, find_names
from nlptools.discovery.surroundings import (
    FIGURES,
    MIXED,
    SPACED,
    Surroundings,
)
from nlptools.discovery.table import WordTable
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.marks import CLOSING, DOTS, HYPHENS, OPENING
from nlptools.ngrams.scores import Frequent, each_side, frequent_ngrams
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.chars import is_han

# The weights of the score; by eye on television news, IT news and medical questions (docs/decisions.md).
# Of names: a constant, the mean evidence of their characters, the smaller entropy (at most MOST_FREEDOM).
NAME = (-0.3, 0.9, 1.2)
# Of runs of letters and digits: a constant, PMI (at most MOST_PMI), ln(smaller entropy + 0.1), and what a run without a
# capital and without a figure takes away.
RUNS = (-1.0, 0.2, 1.5, -1.0)
# Of Han characters beside a hyphen, a bracket, a number: a constant and ln(smaller entropy + 0.1).
BESIDE = (-0.2, 1.5)
MOST_FREEDOM, MOST_PMI = 2.0, 8.0
# The longer one of two is a word where it has so much of the occurrences of the shorter.
MANY = 0.6
# A word in front of a bracket has the bracket in so many of its occurrences, and a number in figures it in so many.
CONSTANT, FIGURES_OF = 0.25, 0.8
# English words with which a term neither begins nor ends.
_FUNCTION = re.compile(
    "(?:an?|and|are|as|at|be|by|for|from|in|into|is|its?|of|on|or|[st]|that|the|this|to|with|you)",
    re.IGNORECASE,
)
_HYPHENED = re.compile(r"[A-Za-z0-9.+]{1,20}(?:-[A-Za-z0-9.+]{1,20}){1,2}")
_LETTER = re.compile(r"[^\W\d_]")
_UPPER = re.compile(r"[A-Z0-9]")
_SMALL = re.compile(r"[a-z]{1,2}")


@dataclass(frozen=True)
class Marked:
    """Candidates, aligned. parts: the symbols of each part between marks; probability: the score; the rest as in WordTable."""

    words: list[str]
    parts: list[list[tuple[str, ...]]]
    counts: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    probability: np.ndarray

    def where(self, mask: np.ndarray) -> Marked:
        """Those for which a mask is true."""
        chosen = np.flatnonzero(mask).tolist()
        numbers = (self.counts, self.left_entropy, self.right_entropy, self.probability)
        words = [self.words[i] for i in chosen]
        return Marked(words, [self.parts[i] for i in chosen], *(each[chosen] for each in numbers))


def find_marked(
    frequent: Frequent,
    encoder: SymbolEncoder,
    around: Surroundings,
    lengths: tuple[int, int | None],
) -> WordTable:
    """All candidates that occur often enough, with their scores, in the order of their texts.

    frequent: n-grams of the corpus, whose min_count holds here, too. encoder: whose ids there are in `around`. lengths:
    least and most symbols of a word, None: as many as there are.
    """
    counts = frequent.counts
    known = Known(counts, frequent)
    every = [_names(known, encoder, around)]
    if counts.settings.latin == "run":
        every += [_spaced(known, around), _hyphened(known), _mixed(known, around)]
    parts = [parts for found in every for parts in found.parts]
    sizes = np.array([sum(map(len, of_word)) for of_word in parts], np.int64)
    table = WordTable.of(
        [word for found in every for word in found.words],
        counts=np.concatenate([found.counts for found in every]),
        pmi=known.pmi(parts, np.concatenate([found.counts for found in every])),
        left_entropy=np.concatenate([found.left_entropy for found in every]),
        right_entropy=np.concatenate([found.right_entropy for found in every]),
        scores=np.concatenate([found.probability for found in every]),
        marked=np.ones(len(parts), bool),
    )
    asked = (sizes >= lengths[0]) & (sizes <= (lengths[1] or sizes.max(initial=0)))
    return table.where(asked).sorted("word")


class Known:
    """Counts of the parts of candidates, all of which occur often."""

    def __init__(self, counts: NgramCounts, frequent: Frequent) -> None:
        self.counts, self.frequent = counts, frequent
        self.least = frequent.min_count
        self.single = counts.levels[0].counts[:].astype(np.int64)

    def count(self, parts: Sequence[tuple[str, ...]]) -> np.ndarray:
        """Occurrences of sequences of symbols, int64; of a longer one than there are n-grams those of its rarest n-gram."""
        order = len(self.frequent.levels)
        pieces = [
            (row, part[start : start + order])
            for row, part in enumerate(parts)
            for start in range(max(1, len(part) - order + 1))
        ]
        symbols = np.zeros((len(pieces), order), np.int64)
        for spelled, (_, piece) in zip(symbols, pieces, strict=True):
            spelled[: len(piece)] = self.counts.alphabet.ids(piece)
        found = self._single(symbols[:, 0])
        index = _places(self.frequent.levels[0].rows, symbols[:, 0] - 1)
        for n in range(2, order + 1):
            longer = np.flatnonzero(symbols[:, n - 1])
            index = np.where(symbols[:, n - 1] != 0, index, -1)
            on = longer[index[longer] >= 0]
            index[on] = self.frequent.lookup(n, index[on], symbols[on, n - 1])
            found[longer] = np.append(self.frequent.levels[n - 1].counts, self.least)[index[longer]]
        least = np.full(len(parts), np.iinfo(np.int64).max)
        np.minimum.at(least, [row for row, _ in pieces], found)
        return least

    def _single(self, ids: np.ndarray) -> np.ndarray:
        """Occurrences of symbols; none of what never is one, -1."""
        return np.append(self.single, 0)[np.where(ids > 0, ids - 1, len(self.single))]

    def pmi(self, parts: Sequence[Sequence[tuple[str, ...]]], counts: np.ndarray) -> np.ndarray:
        """PMI of candidates between the two parts beside the weakest mark, nats. counts: theirs.

        A part occurs as often as the candidate at least: 5G stands nowhere alone where all that there is is 5G-A.
        """
        places = dict.fromkeys(part for of_word in parts for part in of_word)
        number = dict(zip(places, self.count(list(places)).tolist(), strict=True))
        total = max(1, self.counts.total)
        weakest = [
            max(
                float(max(number[one], n)) * max(number[two], n)
                for one, two in itertools.pairwise(of_word)
            )
            for of_word, n in zip(parts, counts.tolist(), strict=True)
        ]
        return np.log(total * counts / np.array(weakest, np.float64))


def _places(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Place of each wanted value among ascending ones, -1 where it is missing."""
    place = np.searchsorted(ascending, wanted)
    found = np.append(ascending, -1)[place] == wanted
    return np.where(found & (wanted >= 0), place, -1)


def _probability(nats: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-nats)), less for rare ones."""
    return counts / (counts + 1) / (1 + np.exp(-nats))


def _names(known: Known, encoder: SymbolEncoder, around: Surroundings) -> Marked:
    """Names with dots or hyphens in them."""
    symbols = known.counts.alphabet.symbols
    characters = Characters.of(encoder, known.single, symbols, around)
    found = find_names(around.dots, characters, known.least)
    signs = {around.dot: around.commonest(DOTS), around.hyphen: around.joiner}
    words: list[str] = []
    parts: list[list[tuple[str, ...]]] = []
    texts = iter(encoder.texts(found.spelling[found.spelling > 0].astype(np.int64)))
    for spelled in found.spelling.tolist():
        parts.append([])
        part: list[str] = []
        word: list[str] = []
        for number in filter(None, spelled):
            text = next(texts)
            word.append(signs.get(number, text))
            if number in signs:
                parts[-1].append(tuple(part))
                part = []
            else:
                part.append(text)
        parts[-1].append(tuple(part))
        words.append("".join(word))
    constant, of_nats, of_freedom = NAME
    freedom = np.minimum(np.minimum(found.left_entropy, found.right_entropy), MOST_FREEDOM)
    return Marked(
        words,
        parts,
        found.counts,
        found.left_entropy,
        found.right_entropy,
        _probability(constant + of_nats * found.nats + of_freedom * freedom, found.counts),
    )


@dataclass(frozen=True)
class _Level:
    """N-grams of one order around marks, aligned. spelling: ids of their alphabet; of_suffix, of_prefix: share of the
    occurrences of the n-gram without its first symbol, without its last one, that is theirs.
    """

    spelling: np.ndarray
    counts: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray
    of_suffix: np.ndarray
    of_prefix: np.ndarray

    @property
    def freedom(self) -> np.ndarray:
        """The smaller branching entropy, nats."""
        return np.minimum(self.left_entropy, self.right_entropy)

    def where(self, mask: np.ndarray) -> _Level:
        return _Level(*(getattr(self, column.name)[mask] for column in fields(self)))


def _levels(counts: NgramCounts, least: int) -> Iterator[_Level]:
    """Those of two symbols and more that occur often enough, order by order, as far as there are neighbours."""
    frequent = frequent_ngrams(counts, least, counts.order - 1)
    spelling = np.zeros((1, 0), np.int64)
    for n, side in enumerate(each_side(frequent, counts.order - 1), 1):
        level = frequent.levels[n - 1]
        if n == 1:
            spelling = level.rows[:, None] + 1
            continue
        shorter = frequent.levels[n - 2].counts
        spelling = np.column_stack([spelling[level.parents], level.symbols])
        yield _Level(
            spelling,
            level.counts,
            side.left_entropy,
            side.right_entropy,
            level.counts / shorter[level.suffixes],
            level.counts / shorter[level.parents],
        )


def _spaced(known: Known, around: Surroundings) -> Marked:
    """Runs of letters and digits with one blank between them."""
    counts = around.counts[SPACED.name]
    texts = counts.alphabet.symbols
    usable = np.array([False, *(not is_han(text[0]) for text in texts)])
    words: list[str] = []
    rows = []
    for level in _levels(counts, known.least):
        level = level.where(usable[level.spelling].all(axis=1))
        rows.append(level)
        words += [" ".join(texts[i - 1] for i in row) for row in level.spelling.tolist()]
    parts: list[list[tuple[str, ...]]] = [[(run,) for run in word.split(" ")] for word in words]
    good = np.array([_ends_well(word.split(" ")) for word in words], bool)
    return _runs(known, words, parts, rows, good)


def _hyphened(known: Known) -> Marked:
    """Runs of letters and digits with a hyphen inside, which is one symbol."""
    level, texts = known.frequent.levels[0], known.counts.alphabet.symbols
    wanted = np.array(
        [
            "-" in texts[row] and _HYPHENED.fullmatch(texts[row]) is not None
            for row in level.rows.tolist()
        ],
        bool,
    )
    none = [np.zeros(len(each), bool) for each in known.frequent.levels]
    none[0] = wanted
    side = next(each_side(known.frequent, 1, none, entropy_only=True))
    own = level.counts[wanted]
    rows = _Level(
        level.rows[wanted][:, None] + 1,
        own,
        side.left_entropy[wanted],
        side.right_entropy[wanted],
        np.ones(len(own)),
        np.ones(len(own)),
    )
    words = [texts[row] for row in level.rows[wanted].tolist()]
    parts: list[list[tuple[str, ...]]] = [[(run,) for run in word.split("-")] for word in words]
    good = np.array([_LETTER.search(word) is not None for word in words], bool)
    return _runs(known, words, parts, [rows], good)


def _ends_well(runs: Sequence[str]) -> bool:
    """Whether runs of letters and digits may be a term: no number first, no article or preposition at an end."""
    if _LETTER.search(runs[0]) is None:
        return False
    return not any(map(_FUNCTION.fullmatch, (runs[0], runs[-1])))


def _runs(
    known: Known,
    words: list[str],
    parts: list[list[tuple[str, ...]]],
    rows: Sequence[_Level],
    good: np.ndarray,
) -> Marked:
    """Scores of runs of letters and digits."""
    counts, left, right = (
        np.concatenate([getattr(level, name) for level in rows])
        for name in ("counts", "left_entropy", "right_entropy")
    )
    pmi = known.pmi(parts, counts)
    folded = "lower" in known.counts.settings.fold  # no capitals anywhere
    small = [
        not folded and any(_UPPER.search(run) is None for (run,) in of_word) for of_word in parts
    ]
    constant, of_pmi, of_freedom, of_small = RUNS
    nats = constant + of_pmi * np.minimum(pmi, MOST_PMI) + of_small * np.array(small, float)
    nats += of_freedom * np.log(np.minimum(left, right) + 0.1)
    return Marked(words, parts, counts, left, right, _probability(nats, counts)).where(good)


def _mixed(known: Known, around: Surroundings) -> Marked:
    """Han characters beside a hyphen, a bracket with a run in it, or a number like 19-9."""
    counts = around.counts[MIXED.name]
    texts = ["", *counts.alphabet.symbols]
    kinds = _Kinds.of(texts)
    in_brackets: dict[str, int] = {}
    rows, words, parts = [], [], []
    for level in _levels(counts, known.least):
        if level.spelling.shape[1] == 2:
            pairs = zip(level.spelling.tolist(), level.counts.tolist(), strict=True)
            in_brackets = {texts[b]: count for (a, b), count in pairs if texts[a] == "（"}
        level = level.where(kinds.may_be_words(level))
        rows.append(level)
        for row in level.spelling.tolist():
            symbols = [texts[i] for i in row]
            at = next((i for i, symbol in enumerate(symbols) if symbol in MIXED.mark), -1)
            after = symbols[at + 1 :] if at >= 0 else symbols[-1:]
            parts.append([tuple(symbols[:at]), tuple(after)])
            words.append(_spelled(symbols[:at], symbols[at] if at >= 0 else "", after, around))
    size, freedom, left, right = (
        np.concatenate([getattr(level, name) for level in rows])
        for name in ("counts", "freedom", "left_entropy", "right_entropy")
    )
    constant, of_freedom = BESIDE
    found = _probability(constant + of_freedom * np.log(freedom + 0.1), size)
    good = _constant(known, words, parts, size, in_brackets)
    return Marked(words, parts, size, left, right, found).where(good)


@dataclass(frozen=True)
class _Kinds:
    """What symbols beside marks are, by id; bool. figures: numbers like 19-9. bad_first, bad_last: of em_score.FIRST and LAST."""

    han: np.ndarray
    mark: np.ndarray
    figures: np.ndarray
    bad_first: np.ndarray
    bad_last: np.ndarray

    @staticmethod
    def of(texts: Sequence[str]) -> _Kinds:
        """Of an alphabet, with an empty text for id 0."""
        return _Kinds(
            np.array([len(text) == 1 and is_han(text) for text in texts]),
            np.array([text != "" and text in MIXED.mark for text in texts]),
            np.array([FIGURES.fullmatch(text) is not None for text in texts]),
            np.array([text != "" and text in FIRST + LAST for text in texts]),
            # 用-p and 方法-a end in an option, not in a name.
            np.array(
                [
                    text != "" and (text in LAST or _SMALL.fullmatch(text) is not None)
                    for text in texts
                ]
            ),
        )

    def may_be_words(self, level: _Level) -> np.ndarray:
        """Which n-grams have a mark between Han and one run, or figures at their end, and are no fragments."""
        spelled = level.spelling
        han, mark, figures = self.han[spelled], self.mark[spelled], self.figures[spelled]
        runs = ~han & ~mark
        # Everything but one run is Han: not 8千-1万.
        words = (mark.sum(axis=1) == 1) & ~mark[:, 0] & ~mark[:, -1]
        words &= (runs.sum(axis=1) == 1) & (runs[:, 0] | runs[:, -1])
        words |= figures[:, -1] & han[:, :-1].all(axis=1)
        # Of a text and a longer one the longer where most occurrences have it; a part has a symbol at least.
        first = han[:, 0] & han[:, 1]
        last = han[:, -1] & han[:, -2]
        words &= ~first | (level.of_suffix >= MANY)
        words &= ~last | (level.of_prefix >= MANY)
        good: np.ndarray = words & ~self.bad_first[spelled[:, 0]] & ~self.bad_last[spelled[:, -1]]
        return good


def _spelled(before: Sequence[str], sign: str, after: Sequence[str], around: Surroundings) -> str:
    """A word with a mark, written with the commonest form of it."""
    text = "".join(after)
    if sign == "（":
        opening = around.commonest(OPENING)
        sign, text = opening, text + CLOSING[OPENING.index(opening)]
    elif sign:
        sign = around.commonest(HYPHENS)
    return "".join(before) + sign + text


def _constant(
    known: Known,
    words: Sequence[str],
    parts: Sequence[Sequence[tuple[str, ...]]],
    counts: np.ndarray,
    in_brackets: Mapping[str, int],
) -> np.ndarray:
    """Which of the words belong to what stands in brackets behind them, and to the number; others, with a hyphen, all."""
    before = known.count([first for first, _ in parts])
    after = known.count([last for _, last in parts])
    good = np.ones(len(words), bool)
    for row, (word, (_, last)) in enumerate(zip(words, parts, strict=True)):
        if word[-1] in CLOSING:
            inside = in_brackets.get(last[0], 0)
            good[row] = counts[row] >= max(CONSTANT * before[row], inside / 2)
        elif FIGURES.fullmatch(last[0]):
            good[row] = counts[row] >= FIGURES_OF * after[row]
    return good
