"""Corpus (+ segmenter) -> how often its words and characters occur, and a part of it that is held out from both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlptools.segmentation.stream import PIECE, segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.vocab.wordpiece import CJK, DROP, OTHER, SPACE, classes, fold_case, fold_codes

# Lines that are held out: groups of GROUP lines, one group in EVERY, the first of them early, so that even a
# page of text has one. Neighbouring lines are alike, single lines would not be unseen.
GROUP, EVERY, FIRST = 8, 20, 3
MOST_HELD = 2_000_000  # characters; enough for four digits, whatever the size of the corpus
_CODES = 0x110000


@dataclass
class CorpusWords:
    """What a corpus consists of, the held-out part left out.

    words: word -> count, in the order in which they were met. characters: int64, occurrences by code point, of
    all but white space and what a tokenizer leaves out. held: the text of the held-out lines.
    """

    words: Counter[str] = field(default_factory=Counter)
    characters: np.ndarray = field(default_factory=lambda: np.zeros(_CODES, np.int64))
    held: str = ""

    def counted(self) -> dict[str, int]:
        """Words with their counts, the frequent ones first; of equal ones by code points."""
        return dict(sorted(self.words.items(), key=lambda item: (-item[1], item[0])))


def count_corpus(
    corpus: Corpus, cutter: Cutter | None = None, *, lower: bool = True, workers: int | None = None
) -> CorpusWords:
    """Count the characters of a corpus and, with a segmenter, its words, in one pass.

    A word is all Han, or letters without digits; what else a segmenter makes is no candidate for a vocabulary.
    lower: fold case and accents as the tokenizer will. Of every 160 lines 8 are held out (GROUP, EVERY). workers:
    threads; they change no result.
    """
    found = CorpusWords()
    counted = _counted(corpus, found, lower)
    if cutter is None:
        for _ in counted:
            pass
        return found
    source = Corpus.from_texts(counted, block_size=4 * PIECE)
    raw: Counter[str] = Counter()
    for text in segment_corpus(source, cutter, workers=workers):
        raw.update(text.split())
    candidates = [word for word in raw if word.isalpha()]  # no digits, marks, signs
    bits = class_bits(candidates)
    good = np.flatnonzero((bits == 1 << CJK) | (bits == 1 << OTHER)).tolist()
    candidates = [candidates[i] for i in good]
    folded = fold_words(candidates) if lower else candidates
    for word, form in zip(candidates, folded, strict=True):
        found.words[form] += raw[word]
    return found


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


def _counted(corpus: Corpus, found: CorpusWords, lower: bool) -> Iterator[str]:
    """The text that is not held out; what it is made of goes to `found`."""
    line = size = 0
    held: list[str] = []
    for block in corpus.blocks():
        parts: list[str] = []
        taken: list[str] = []
        # A block that goes on inside a line goes on with its number.
        for first, text in _groups(block.text, line):
            out = (first // GROUP) % EVERY == FIRST
            (taken if out else parts).append(text)
        line += chars.count_line_breaks(block.text)
        text = "".join(parts)
        if size < MOST_HELD and taken:
            held.append("".join(taken)[: MOST_HELD - size])
            size += len(held[-1])
        if text:
            _add_characters(found.characters, text, lower)
            yield text
    found.held = "".join(held)


def _groups(text: str, line: int) -> Iterator[tuple[int, str]]:
    """(number of its first line, text) of the pieces of a text that lie in one group of lines each."""
    lines = chars.with_line_feeds(text).split("\n")
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
    counts: Counter[str] = Counter()
    for piece in segment_corpus(corpus, cutter, workers=workers):
        counts.update(piece.split())
    if not counts:
        return WordCount(0, 0, 0)
    # All tokens in one array, and one look at it.
    lengths = np.fromiter(map(len, counts), np.int64, len(counts))
    kinds = chars.classes(chars.code_points("".join(counts)))
    lexical = (kinds == chars.HAN) | (kinds == chars.LETTER)
    is_word = np.logical_or.reduceat(lexical, np.cumsum(lengths) - lengths)
    times = np.fromiter(counts.values(), np.int64, len(counts))[is_word]
    return WordCount(int((times >= min_count).sum()), len(times), int(times.sum()))
