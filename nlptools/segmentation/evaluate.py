"""Gold and predicted segmentation of one text -> precision, recall, F1, kinds of errors, OOV recall."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError, quoted
from nlptools.segmentation.lcs import longest_common_subsequence
from nlptools.text import chars
from nlptools.text.chars import HAN, classes, code_points
from nlptools.text.corpus import Corpus
from nlptools.text.whole import check_size

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

# Protocol -> what it counts; shown with every result, because F1 means nothing without it.
PROTOCOLS = {
    "spans": "all tokens of the raw text, punctuation included",
    "sighan": "all tokens, punctuation included; longest common subsequence of the words of each line",
}
ERRORS = ("inside", "join", "crossing")
LENGTHS = ("1", "2", "3", "4", "5+")  # characters of a gold word

_LF, _CR = 0x0A, 0x0D
_TEXT, _SPACE, _LINE_END = range(3)
_WORDS = 1 << 16  # words that are str at a time; changes no result
_LONGEST_LINE = 1 << 16  # words; the bit vectors of a line grow with its square
_SAME_TEXT = (
    "the predicted file must be a segmentation of the same text; "
    "was it normalised, or are lines missing?"
)


def _kind_table() -> np.ndarray:
    """White space is what str.split() splits at. None of it lies above U+3000."""
    table = np.full(0x10000, _TEXT, np.uint8)
    table[[code for code in range(0x3001) if chr(code).isspace()]] = _SPACE
    table[[_LF, _CR]] = _LINE_END
    return table


_KINDS = _kind_table()


# --- what comes out ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Recalled:
    """Some of the gold words, and how many of them were found."""

    gold: int
    right: int

    @property
    def recall(self) -> float:
        """Share of the gold words; NaN where there is none."""
        return _ratio(self.right, self.gold)


@dataclass(frozen=True)
class Agreement(Recalled):
    """Things in gold (words, boundaries), in the predicted file, and in both."""

    predicted: int

    @property
    def precision(self) -> float:
        """Share of what was predicted; NaN where that is nothing."""
        return _ratio(self.right, self.predicted)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where there is nothing in either file."""
        return _ratio(2 * self.right, self.gold + self.predicted)


@dataclass(frozen=True, repr=False)
class Evaluation:
    """Scores of a segmentation; a loop over it gives (measure, value), as `measures` does.

    protocol: how `right` words were found, see evaluate_segmentation.

    characters: of the text, without white space. words: all of them. han_words: those made of Han
    characters only. boundaries: gaps between two Han characters of a line; where a line ends in
    either file, and next to anything but Han, there is nothing to decide and nothing is counted.
    errors: predicted words by where they lie in gold; the rest have the span of a gold word.
    "inside": a part of one gold word; "join": exactly several gold words; "crossing": all others.
    Boundaries and errors are by place in the text under every protocol.
    by_length: gold words of 1, 2, 3, 4, 5 or more characters, keys LENGTHS.
    oov, iv: gold words that are not, that are in the list of known words; None without a list.
    """

    protocol: str
    characters: int
    words: Agreement
    han_words: Agreement
    boundaries: Agreement
    errors: dict[str, int]
    by_length: dict[str, Recalled]
    oov: Recalled | None
    iv: Recalled | None

    def __repr__(self) -> str:
        words = self.words
        return (
            f"Evaluation({self.protocol}: F1 {words.f1:.4f}, precision {words.precision:.4f}, "
            f"recall {words.recall:.4f} of {words.gold:,} words)"
        )

    def __iter__(self) -> Iterator[tuple[str, str | int | float]]:
        return iter(self.measures().items())

    def to_frame(self) -> DataFrame:
        """A pandas DataFrame: a measure and its value in each row."""
        measures = self.measures()
        return to_frame({"measure": list(measures), "value": list(measures.values())})

    def _repr_html_(self) -> str:
        rows = [row for row in self if not isinstance(row[1], str)]
        return html_table(("measure", "value"), rows)

    @property
    def oov_rate(self) -> float:
        """Share of the gold words that are not in the list; NaN without a list."""
        return math.nan if self.oov is None else self.oov.gold / self.words.gold

    def measures(self) -> dict[str, str | int | float]:
        """Everything as measure -> value, in a fixed order; ratios are not rounded."""
        rows: dict[str, str | int | float] = {
            "protocol": self.protocol,
            "counted": PROTOCOLS[self.protocol],
            "characters": self.characters,
        }
        for name, plural, of in (
            ("word", "words", self.words),
            ("han_word", "han_words", self.han_words),
            ("boundary", "boundaries", self.boundaries),
        ):
            rows[f"gold_{plural}"] = of.gold
            rows[f"predicted_{plural}"] = of.predicted
            rows[f"right_{plural}"] = of.right
            rows[f"{name}_precision"] = of.precision
            rows[f"{name}_recall"] = of.recall
            rows[f"{name}_f1"] = of.f1
        for name, number in self.errors.items():
            rows[f"{name}_words"] = number
            rows[f"{name}_share"] = number / self.words.predicted
        parts = {f"length_{length}": part for length, part in self.by_length.items()}
        if self.oov is not None and self.iv is not None:
            parts |= {"oov": self.oov, "iv": self.iv}
        for name, part in parts.items():
            rows[f"gold_{name}"] = part.gold
            rows[f"right_{name}"] = part.right
            rows[f"{name}_recall"] = part.recall
        if self.oov is not None:
            rows["oov_rate"] = self.oov_rate
        return rows


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


# --- what goes in -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Text:
    """A segmented text: its characters without white space, in an array, and where words end.

    codes: code points. ends: bool, true where a word ends after the character. lines: for each
    line, how many characters there are up to its end. places: (index of a line, source, number),
    one for each block and for each line after one that was left out.
    """

    name: str
    codes: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    places: list[tuple[int, str, int]]

    def line_of(self, characters: np.ndarray | int) -> np.ndarray:
        """Index of the line of each character."""
        return np.searchsorted(self.lines, characters, side="right")

    def place(self, line: int) -> tuple[str, int]:
        """Source and number of the line with an index."""
        first, source, number = self.places[
            bisect.bisect_right(self.places, line, key=lambda place: place[0]) - 1
        ]
        return source, number + line - first

    def place_of(self, character: int) -> tuple[str, int]:
        return self.place(int(self.line_of(character)))

    def shown(self, character: int) -> str:
        """What stands at a character and after it, for people."""
        end = min(character + 8, int(self.lines[self.line_of(character)]))
        return quoted(chars.text_of(self.codes[character:end]))

    def words(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last character of each word."""
        lasts = np.flatnonzero(self.ends)
        firsts = np.zeros_like(lasts)
        firsts[1:] = lasts[:-1] + 1
        return firsts, lasts


def _read(corpus: Corpus, name: str) -> _Text:
    codes = [np.zeros(0, np.uint16)]
    begins = [np.zeros(0, np.bool_)]
    lines = [np.zeros(0, np.int64)]
    places: list[tuple[int, str, int]] = []
    size = ended = 0  # characters and line ends so far
    source = ""
    in_word = in_line = False  # at the end of the block before
    for block in corpus.blocks():
        if block.source != source and in_line:  # a file that does not end with a line end
            lines.append(np.array([size]))
            ended += 1
            in_word = in_line = False
        source = block.source
        check_size(source, corpus.report.characters)
        units = code_points(block.text)
        if not len(units):
            continue
        places += [(ended + at, source, number) for at, number in block.lines.jumps()]
        kinds = np.take(_KINDS, np.minimum(units, 0xFFFF))
        text = kinds == _TEXT
        after_text = np.empty_like(text)
        after_text[0] = in_word
        after_text[1:] = text[:-1]
        codes.append(units[text])
        begins.append(~after_text[text])
        line_ends = _line_ends(units, kinds)
        lines.append(size + np.searchsorted(np.flatnonzero(text), line_ends))
        size += len(codes[-1])
        ended += len(line_ends)
        in_word = bool(text[-1])
        in_line = not len(line_ends) or int(line_ends[-1]) < len(units) - 1
    if in_line:
        lines.append(np.array([size]))
    ends = np.ones(size, np.bool_)
    ends[:-1] = np.concatenate(begins)[1:]
    if not source:  # nothing in it
        source = corpus.name
    return _Text(source or name, np.concatenate(codes), ends, np.concatenate(lines), places)


def _line_ends(units: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Where lines end: LF, CRLF (one) and lone CR. No block ends between CR and LF."""
    found = np.flatnonzero(kinds == _LINE_END)
    after = units[np.minimum(found + 1, len(units) - 1)]
    return found[(units[found] != _CR) | (after != _LF)]


def _check_same_text(gold: _Text, predicted: _Text) -> None:
    """DataError where the characters of the two texts are not the same."""
    if not len(gold.codes):
        raise DataError(gold.name, None, "no words", "the gold segmentation is empty")
    both = min(len(gold.codes), len(predicted.codes))
    differ = gold.codes[:both] != predicted.codes[:both]
    at = int(np.argmax(differ)) if differ.any() else both
    if at == len(gold.codes) == len(predicted.codes):
        return
    if at == len(gold.codes):
        source, line = predicted.place_of(at)
        last = "{}:{}".format(*gold.place_of(at - 1))
        problem = f"{predicted.shown(at)} stands here, but the gold text ended before ({last})"
        raise DataError(source, line, problem, _SAME_TEXT)
    there = f"gold has {gold.shown(at)}"
    where = "{}:{}".format(*gold.place_of(at))
    if not at and not both:
        raise DataError(predicted.name, None, f"no words, but {there} ({where})", _SAME_TEXT)
    if at == len(predicted.codes):
        source, line = predicted.place_of(at - 1)
        problem = f"the text ends in this line, but {there} ({where}) after it"
        raise DataError(source, line, problem, _SAME_TEXT)
    source, line = predicted.place_of(at)
    codes = f"U+{predicted.codes[at]:04X}, not U+{gold.codes[at]:04X}"
    problem = f"{predicted.shown(at)} stands where {there} ({where}): {codes}"
    raise DataError(source, line, problem, _SAME_TEXT)


# --- scores -----------------------------------------------------------------------------------


def evaluate_segmentation(
    gold: Corpus,
    predicted: Corpus,
    *,
    known: Collection[str] = (),
    protocol: str = "spans",
) -> Evaluation:
    """Score a word segmentation against gold.

    Words stand between white space (any run of what str.split() splits at, such as the space, tab
    and U+3000) and line ends. Apart from that both must be the same text, character by character;
    lines may be broken at other places.

    protocol "spans": a word is right when both its ends are, over the whole text. "sighan": as the
    `score` script of the SIGHAN bakeoff, which runs diff on the words of each line: right words are
    a longest common subsequence (LCS) of the two lines, so that gold 人人 人 and predicted 人 人人
    have one in common, and none by spans. Both need the same number of lines then. Their number is
    fixed by that; which of several equal ones they are is not, so that recall of OOV words and by
    length may differ by a word or two from diff's choice.
    These are the numbers of the script run with `diff -d`. Plain GNU diff skips frequent words to be
    fast, and misses some: nothing or a few words in 100,000 where F1 is above 0.75, more below (PKU
    test, every character a word: recall 0.438 instead of 0.455). The script also leaves out lines
    that are empty in gold, and takes the words |, < and > for wrong ones.

    known: the words of the training text, for the rate and the recall of OOV words.

    Raises DataError when the characters or the lines of the two do not fit together, or gold is
    empty; ValueError for an unknown protocol, and for input that was read already.
    Source: SIGHAN bakeoff 2005, script `score`; Emerson 2005, The Second International Chinese Word
    Segmentation Bakeoff (I05-3017).
    """
    for corpus in (gold, predicted):
        if not isinstance(corpus, Corpus):
            raise TypeError(
                "gold and predicted must be Corpus; Corpus.from_texts takes an iterable of str"
            )
    if isinstance(known, str):
        raise TypeError("known must be a collection of words, not one str")
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}, not {protocol!r}")
    ours, theirs = _read(gold, "gold"), _read(predicted, "predicted")
    _check_same_text(ours, theirs)
    gold_firsts, gold_lasts = ours.words()
    firsts, lasts = theirs.words()

    cuts = np.add.reduceat(ours.ends, firsts, dtype=np.int64) - ours.ends[lasts]
    whole = ours.ends[lasts]
    whole[1:] &= ours.ends[lasts[:-1]]
    right = whole & (cuts == 0)
    errors = {
        "inside": int(np.count_nonzero(~whole & (cuts == 0))),
        "join": int(np.count_nonzero(whole & (cuts > 0))),
        "crossing": int(np.count_nonzero(~whole & (cuts > 0))),
    }
    right_ends = np.zeros(len(ours.codes), np.bool_)
    right_ends[lasts[right]] = True
    gold_right = right_ends[gold_lasts]
    if protocol == "sighan":
        gold_right = _common(ours, theirs, gold_right, right)

    han = classes(ours.codes) == HAN
    gold_han = np.logical_and.reduceat(han, gold_firsts)
    lengths = np.minimum(gold_lasts - gold_firsts + 1, len(LENGTHS))
    of_length = np.bincount(lengths, minlength=len(LENGTHS) + 1)[1:]
    right_of_length = np.bincount(lengths[gold_right], minlength=len(LENGTHS) + 1)[1:]
    oov = iv = None
    if known:
        in_list = _in_list(ours, known)
        oov, iv = _recalled(~in_list, gold_right), _recalled(in_list, gold_right)
    return Evaluation(
        protocol=protocol,
        characters=len(ours.codes),
        words=Agreement(
            gold=len(gold_lasts), right=int(np.count_nonzero(gold_right)), predicted=len(lasts)
        ),
        han_words=Agreement(
            gold=int(np.count_nonzero(gold_han)),
            right=int(np.count_nonzero(gold_han & gold_right)),
            predicted=int(np.count_nonzero(np.logical_and.reduceat(han, firsts))),
        ),
        boundaries=_boundaries(ours, theirs, han),
        errors=errors,
        by_length={
            length: Recalled(int(number), int(found))
            for length, number, found in zip(LENGTHS, of_length, right_of_length, strict=True)
        },
        oov=oov,
        iv=iv,
    )


def _recalled(part: np.ndarray, right: np.ndarray) -> Recalled:
    return Recalled(int(np.count_nonzero(part)), int(np.count_nonzero(part & right)))


def _boundaries(gold: _Text, predicted: _Text, han: np.ndarray) -> Agreement:
    open_gaps = han[:-1] & han[1:]
    for text in (gold, predicted):
        before = text.lines[(text.lines > 0) & (text.lines < len(han))] - 1
        open_gaps[before] = False
    ours, theirs = gold.ends[:-1] & open_gaps, predicted.ends[:-1] & open_gaps
    return Agreement(
        gold=int(np.count_nonzero(ours)),
        right=int(np.count_nonzero(ours & theirs)),
        predicted=int(np.count_nonzero(theirs)),
    )


def _in_list(text: _Text, known: Collection[str]) -> np.ndarray:
    """Whether each word is known."""
    known = known if isinstance(known, set | frozenset | dict) else frozenset(known)
    firsts, lasts = text.words()
    found = np.empty(len(lasts), np.bool_)
    for start in range(0, len(lasts), _WORDS):
        part = slice(start, start + _WORDS)
        words = _word_texts(text, firsts[part], lasts[part])
        found[part] = np.fromiter(map(known.__contains__, words), np.bool_, len(words))
    return found


def _word_texts(text: _Text, firsts: np.ndarray, lasts: np.ndarray) -> list[str]:
    """Some words as str."""
    if not len(firsts):
        return []
    lengths = lasts - firsts + 1
    begins = np.cumsum(lengths) - lengths
    inside = np.arange(int(lengths.sum()))
    spaced = np.full(len(inside) + len(lengths) - 1, ord(" "), text.codes.dtype)
    spaced[inside + np.repeat(np.arange(len(lengths)), lengths)] = text.codes[
        inside + np.repeat(firsts - begins, lengths)
    ]
    return chars.text_of(spaced).split(" ")


# --- protocol sighan --------------------------------------------------------------------------


def _common(gold: _Text, predicted: _Text, gold_right: np.ndarray, right: np.ndarray) -> np.ndarray:
    """An LCS of each line: mask of the gold words in it. Given: masks of the words right by spans.

    Words of equal spans in one line are a common subsequence. It is a longest one when no other
    word of the gold line is among the others of the predicted line, for then no word occurs in both
    lines more often; that is so nearly always, and only the other lines need an LCS.
    """
    if len(gold.lines) != len(predicted.lines):
        raise DataError(
            predicted.name,
            None,
            f"the number of lines is {len(predicted.lines):,}, "
            f"but {len(gold.lines):,} in gold ({gold.name})",
            "the protocol sighan compares line by line; --protocol spans works across lines",
        )
    gold_right, right = gold_right.copy(), right.copy()
    ours, theirs = gold.words(), predicted.words()
    gold_line, line = gold.line_of(ours[1]), predicted.line_of(theirs[1])
    moved = gold_line[gold_right] != line[right]
    gold_right[np.flatnonzero(gold_right)[moved]] = False
    right[np.flatnonzero(right)[moved]] = False
    for first, stop in _batches(gold_line, line, len(gold.lines)):
        rest: list[set[tuple[int, str]]] = []
        for text, words, lines, found in (
            (gold, ours, gold_line, gold_right),
            (predicted, theirs, line, right),
        ):
            start, end = np.searchsorted(lines, [first, stop])
            wrong = start + np.flatnonzero(~found[start:end])
            texts = _word_texts(text, words[0][wrong], words[1][wrong])
            rest.append(set(zip(lines[wrong].tolist(), texts, strict=True)))
        for number in sorted({number for number, _ in rest[0] & rest[1]}):
            a = slice(*np.searchsorted(gold_line, [number, number + 1]).tolist())
            b = slice(*np.searchsorted(line, [number, number + 1]).tolist())
            longest = max(a.stop - a.start, b.stop - b.start)
            if longest > _LONGEST_LINE:
                raise DataError(
                    *gold.place(number),
                    f"a line of {longest:,} words; the protocol sighan compares whole lines",
                    "break the text into sentences, or use --protocol spans",
                )
            pairs = longest_common_subsequence(
                _word_texts(gold, ours[0][a], ours[1][a]),
                _word_texts(predicted, theirs[0][b], theirs[1][b]),
            )
            gold_right[a] = False
            gold_right[[a.start + i for i, _ in pairs]] = True
    return gold_right


def _batches(gold_line: np.ndarray, line: np.ndarray, lines: int) -> Iterator[tuple[int, int]]:
    """All lines as ranges of lines, each of about _WORDS words."""
    starts = {0, lines, *gold_line[::_WORDS].tolist(), *line[::_WORDS].tolist()}
    return itertools.pairwise(sorted(starts))
