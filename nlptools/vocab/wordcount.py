"""Corpus (+ segmenter) -> how often its words and characters occur, and a part of it that is held out from both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlptools.segmentation.stream import PIECE, segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars
from nlptools.text.blocks import Block
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.vocab.wordpiece import CJK, DROP, OTHER, SPACE, classes, fold_case, fold_codes
from nlptools.vocab.wordtally import WordTally

# Lines that are held out: groups of GROUP lines, one group in EVERY, the first of them early, so that even a
# page of text has one. Neighbouring lines are alike, single lines would not be unseen.
GROUP, EVERY, FIRST = 8, 20, 3
CYCLE = GROUP * EVERY
MOST_HELD = 2_000_000  # characters; enough for four digits, whatever the size of the corpus
_CODES = 0x110000


@dataclass
class CorpusWords:
    """What a corpus consists of, the held-out part left out.

    words: word -> count, in the order in which they were met. characters: int64, occurrences by code point, of
    all but white space and what a tokenizer leaves out. held: the text of the held-out lines. least, rarer: words that
    occur less often than `least` may be left out of `words`, and so many were.
    """

    words: Counter[str] = field(default_factory=Counter)
    characters: np.ndarray = field(default_factory=lambda: np.zeros(_CODES, np.int64))
    held: str = ""
    least: int = 1
    rarer: int = 0

    def counted(self) -> dict[str, int]:
        """Words with their counts, the frequent ones first; of equal ones by code points."""
        return dict(sorted(self.words.items(), key=lambda item: (-item[1], item[0])))


def count_corpus(
    corpus: Corpus,
    cutter: Cutter | None = None,
    *,
    lower: bool = True,
    workers: int | None = None,
    line: int = 0,
    most_held: int = MOST_HELD,
) -> CorpusWords:
    """Count the characters of a corpus and, with a segmenter, its words, in one pass.

    A word is all Han, or letters without digits; what else a segmenter makes is no candidate for a vocabulary.
    lower: fold case and accents as the tokenizer will. Of every 160 lines 8 are held out (GROUP, EVERY), and the first
    `most_held` characters of them are kept. workers: threads; they change no result. line: lines before this corpus,
    of which it is a part; of such parts words and characters add up.
    """
    found = CorpusWords()
    counted = _counted(corpus, found, lower, line, most_held)
    if cutter is None:
        for _ in counted:
            pass
        return found
    raw: Counter[str] = Counter()
    for text in segment_corpus(_Kept(counted), cutter, workers=workers):
        raw.update(text.split())
    candidates = [word for word in raw if word.isalpha()]  # no digits, marks, signs
    bits = class_bits(candidates)
    good = np.flatnonzero((bits == 1 << CJK) | (bits == 1 << OTHER)).tolist()
    candidates = [candidates[i] for i in good]
    folded = fold_words(candidates) if lower else candidates
    for word, form in zip(candidates, folded, strict=True):
        found.words[form] += raw[word]
    return found


def survey_lines(corpus: Corpus) -> tuple[int, np.ndarray]:
    """(lines of a corpus, characters of those that are the 0th, 1st, ... of every CYCLE; int64, with a line end each).

    What has to be known of the parts of a corpus before they are counted apart: the lines before each, and by
    held_characters which of them have the text that is held out.
    """
    sizes = np.zeros(CYCLE, np.int64)
    line = open_ = 0  # characters of a line that goes on
    for text in _whole_lines(corpus):
        ends = np.flatnonzero(chars.code_points(text) == 10)
        if not len(ends):
            open_ += len(text)
            continue
        lengths = np.diff(ends, prepend=-1)
        lengths[0] += open_
        open_ = len(text) - int(ends[-1]) - 1
        numbers = (line + np.arange(len(ends))) % CYCLE
        sizes += np.bincount(numbers, lengths, CYCLE).astype(np.int64)
        line += len(ends)
    return line, sizes


def held_characters(sizes: np.ndarray, line: int) -> int:
    """How many characters of a part of a corpus are held out. sizes: survey_lines; line: lines before it."""
    numbers = (line + np.arange(CYCLE)) // GROUP
    return int(sizes[numbers % EVERY == FIRST].sum())


def fold_words(words: Sequence[str]) -> list[str]:
    """Each word in small letters, without accents; the words have no line ends."""
    return fold_case("\n".join(words)).split("\n") if words else []


def class_bits(words: Sequence[str]) -> np.ndarray:
    """1 << class (wordpiece.py) for each class of characters that a word has, together; uint8. 0: an empty word."""
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    kinds = classes(chars.code_points("".join(words)))
    found = np.zeros(len(words), np.uint8)
    some = np.flatnonzero(lengths)
    if len(some):
        starts = (np.cumsum(lengths) - lengths)[some]
        found[some] = np.bitwise_or.reduceat(np.left_shift(np.uint8(1), kinds), starts)
    return found


class _Kept(Corpus):
    """Stretches of one text, of which a line may go on from one to the next; read once."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._configure("strict", (), 4 * PIECE)
        self._stretches = texts

    def blocks(self) -> Iterator[Block]:
        inside = False
        for text in self._stretches:
            yield Block(text, "", LineNumbers(), inside=inside)
            inside = not text.endswith("\n")


def _whole_lines(corpus: Corpus) -> Iterator[str]:
    """The text with LF as its only line end, also at the end of each source."""
    is_open = False
    for block in corpus.blocks():
        text = chars.with_line_feeds(block.text)
        if not text:
            continue
        if is_open and not block.inside:
            text = "\n" + text
        is_open = not text.endswith("\n")
        yield text
    if is_open:
        yield "\n"


def _counted(
    corpus: Corpus, found: CorpusWords, lower: bool, line: int, most_held: int
) -> Iterator[str]:
    """The text that is not held out; what it is made of goes to `found`."""
    size = 0
    held: list[str] = []
    for whole in _whole_lines(corpus):
        parts: list[str] = []
        taken: list[str] = []
        # A text that goes on inside a line goes on with its number.
        for first, text in _groups(whole, line):
            out = (first // GROUP) % EVERY == FIRST
            (taken if out else parts).append(text)
        line += whole.count("\n")
        if size < most_held and taken:
            held.append("".join(taken)[: most_held - size])
            size += len(held[-1])
        if text := "".join(parts):
            _add_characters(found.characters, text, lower)
            yield text
    found.held = "".join(held)


def _groups(text: str, line: int) -> Iterator[tuple[int, str]]:
    """(number of its first line, text) of the pieces of a text that lie in one group of lines each."""
    lines = text.split("\n")
    last = lines.pop()
    at = 0
    while at < len(lines):
        stop = min(len(lines), at + GROUP - (line + at) % GROUP)
        yield line + at, "\n".join(lines[at:stop]) + "\n"
        at = stop
    if last:
        yield line + len(lines), last


def _add_characters(counts: np.ndarray, text: str, lower: bool) -> None:
    codes = fold_codes(text)[0] if lower else chars.code_points(text)
    number = np.bincount(codes)
    seen = np.flatnonzero(number)
    kinds = classes(seen)
    seen = seen[(kinds != SPACE) & (kinds != DROP)]
    counts[seen] += number[seen]


@dataclass(frozen=True)
class WordCount:
    """words: distinct words that occur often enough; distinct: of any count; tokens: their occurrences."""

    words: int
    distinct: int
    tokens: int


def count_words(
    corpus: Corpus, cutter: Cutter, *, min_count: int = 5, workers: int | None = None
) -> WordCount:
    """How many distinct words a corpus has that occur at least min_count times.

    The text is cut by `cutter`. A word is a token with a Han character or a letter (Latin or Greek) in it:
    punctuation and plain numbers need no vector. workers: threads; they change no result.
    """
    if min_count < 1:
        raise ValueError("min_count must be at least 1")
    tally = WordTally()
    for piece in segment_corpus(corpus, cutter, workers=workers):
        tally.add(piece)
    times = tally.lexical_counts()
    return WordCount(int((times >= min_count).sum()), len(times), int(times.sum()))
