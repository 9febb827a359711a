"""Lines + encoders + the words in them -> sums: tokens, what falls apart, words kept whole; added up over a corpus.

All sums are whole numbers, so the size of the blocks and the number of threads change none of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from nlptools.segmentation.segmenter import Segmenter
from nlptools.subwords.encoders import Encoder
from nlptools.subwords.surfaces import EncodedLines
from nlptools.text import chars

LONGEST = 8  # characters of a token or word that has a number of its own; longer ones are counted with these
STEPS = 100  # of characters a token
_MOST = 20 * STEPS  # and more, in the last step
_SHORT_LINE = 10  # characters; shorter ones say little of characters a token
_EXAMPLE = (16, 64)  # characters of a line that is shown
EXAMPLES = 6
_CUTS = 61  # places in a word whose cuts are remembered
SEEN, APART = 1, 1 << 62  # a cut was seen; a character of it fell apart


class WordFinder:
    """Finds the words of text: those of several Han characters, as a segmenter cuts; or those of a list alone, which
    the segmenter is told of.
    """

    def __init__(self, words: Collection[str] | None = None) -> None:
        cutter = Segmenter.load()
        self._listed = None if words is None else frozenset(word for word in words if len(word) > 1)
        self._cutter = cutter if self._listed is None else cutter.with_words(sorted(self._listed))

    def find(self, text: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """(starts, stops, the words there) in a text of many lines."""
        codes = chars.code_points(text)
        stops = np.flatnonzero(self._cutter.ends(codes)) + 1
        starts = np.append(0, stops[:-1])[: len(stops)]
        chosen = stops - starts > 1
        if self._listed is None:
            han = np.append(0, np.cumsum(chars.classes(codes) == chars.HAN))
            chosen &= han[stops] - han[starts] == stops - starts
        starts, stops = starts[chosen], stops[chosen]
        words = [text[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        if self._listed is not None:
            known = np.array([word in self._listed for word in words], bool)
            starts, stops = starts[known], stops[known]
            words = [word for word in words if word in self._listed]
        return starts, stops, words


@dataclass
class TokenSums:
    """What one encoder made of lines. used: int64, how often each token came; apart: characters that fell apart into
    bytes; unknown_tokens, unknown: tokens that are [UNK], and characters under them; steps: int64, lines by their characters a token, in
    hundredths; whole, pieces: int64, by word: how often it was one token, its tokens; cuts: int64, by word, how the
    first one was cut that was not whole: SEEN, a bit for each place, APART; 0: none was.
    """

    used: np.ndarray
    apart: int
    unknown_tokens: int
    unknown: int
    steps: np.ndarray
    whole: np.ndarray
    pieces: np.ndarray
    cuts: np.ndarray


@dataclass
class BlockSums:
    """What a block of lines has. words: the different ones; times: int64, how often each came; examples: (order, line)."""

    lines: int
    characters: int
    bytes: int
    words: list[str]
    times: np.ndarray
    encoders: list[TokenSums]
    examples: list[tuple[int, str]]


def tally(
    lines: Sequence[str], encoders: Sequence[Encoder], finder: WordFinder | None
) -> BlockSums:
    """The sums of a block of lines. finder: None where words are not looked for."""
    text = "\n".join(lines)
    sizes = np.fromiter(map(len, lines), np.int64, len(lines))
    begins = np.cumsum(sizes + 1) - sizes - 1
    none = np.zeros(0, np.int64)
    starts, stops, found = none, none, list[str]()
    if finder is not None and text:
        starts, stops, found = finder.find(text)
    numbered = {word: number for number, word in enumerate(dict.fromkeys(found))}
    numbers = np.fromiter(map(numbered.__getitem__, found), np.int64, len(found))
    words = _Words(starts, stops, numbers, len(numbered), list(map(len, numbered)))
    return BlockSums(
        len(lines),
        int(sizes.sum()),
        len(text.encode()) - max(len(lines) - 1, 0),
        list(numbered),
        np.bincount(numbers, minlength=len(numbered)),
        [_of_one(encoder, lines, sizes, begins, words, len(text)) for encoder in encoders],
        _examples(lines),
    )


@dataclass(frozen=True)
class _Words:
    """Occurrences of words in a text, and which word each is; how many different ones, and their lengths."""

    starts: np.ndarray
    stops: np.ndarray
    numbers: np.ndarray
    count: int
    lengths: list[int]


def _of_one(
    encoder: Encoder,
    lines: Sequence[str],
    sizes: np.ndarray,
    begins: np.ndarray,
    words: _Words,
    length: int,
) -> TokenSums:
    encoded = encoder.encode(lines)
    ids, surfaces = encoded.ids, encoder.surfaces
    inner = surfaces.inner[ids[1:]] & (surfaces.characters[ids[:-1]] > 0)
    long = (sizes >= _SHORT_LINE) & (encoded.sizes > 0)
    step = np.minimum(sizes[long] * STEPS // encoded.sizes[long], _MOST - 1)
    strange = ids == encoder.unknown
    spans = np.zeros((0, 2), np.int32)
    if len(words.starts) or strange.any():
        spans = encoder.spans(lines, encoded)
    unknown = int((spans[strange, 1] - spans[strange, 0]).sum()) if strange.any() else 0
    return TokenSums(
        np.bincount(ids, minlength=len(encoder)),
        int(inner.sum()),
        int(strange.sum()),
        unknown,
        np.bincount(step, minlength=_MOST),
        *_kept(spans, encoded, strange, begins, words, length),
    )


def _kept(
    spans: np.ndarray,
    encoded: EncodedLines,
    strange: np.ndarray,
    begins: np.ndarray,
    words: _Words,
    length: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """whole, pieces and cuts of TokenSums."""
    cuts = np.zeros(words.count, np.int64)
    if not len(words.starts):
        return np.zeros(words.count, np.int64), np.zeros(words.count, np.int64), cuts
    shift = np.repeat(begins, encoded.sizes)
    solid = spans[:, 1] > spans[:, 0]
    first, last = (spans + shift[:, None])[solid].T
    known = ~strange[solid]
    begun = np.bincount(first, minlength=length + 1)
    before = np.append(0, np.cumsum(begun))
    ended = np.cumsum(np.bincount(last, minlength=length + 1))
    starts, stops = words.starts, words.stops
    pieces = before[stops] - ended[starts]  # begun before its end, not ended at its begin
    at, to = np.zeros((2, length + 1), bool)
    at[first[known]], to[last[known]] = True, True
    whole = (pieces == 1) & at[starts] & to[stops]
    of = words.numbers
    other = np.flatnonzero(~whole)[::-1]
    example = np.full(words.count, -1)
    example[of[other]] = other  # of several the first
    seen = np.flatnonzero(example >= 0)
    begin, end = starts[example[seen]], stops[example[seen]]
    cut = np.full(len(seen), SEEN, np.int64)
    bits = np.ones(len(seen), np.int64)
    for place in range(1, min(int((end - begin).max(initial=1)), _CUTS)):
        there = (begin + place < end) & (begun[np.minimum(begin + place, length)] > 0)
        cut |= there.astype(np.int64) << place
        bits += there
    cut[pieces[example[seen]] > bits] |= APART
    cuts[seen] = cut
    return (
        np.bincount(of[whole], minlength=words.count),
        np.bincount(of, pieces, minlength=words.count).astype(np.int64),
        cuts,
    )


def _examples(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Lines to be shown: those with the least checksums, which is as good as by chance, and no matter of blocks."""
    least, most = _EXAMPLE
    fit = sorted((zlib.crc32(s.encode()), s) for s in set(lines) if least <= len(s) <= most)
    found = []
    for order, line in fit:
        if 2 * int((chars.classes(chars.code_points(line)) == chars.HAN).sum()) > len(line):
            found.append((order, line))
            if len(found) == EXAMPLES:
                break
    return found


@dataclass
class EncoderSums:
    """What one encoder made of a corpus: as TokenSums, words by their length: shape (LONGEST + 1,), int64."""

    used: np.ndarray
    apart: int = 0
    unknown_tokens: int = 0
    unknown: int = 0
    steps: np.ndarray = field(default_factory=lambda: np.zeros(_MOST, np.int64))
    whole: np.ndarray = field(default_factory=lambda: np.zeros(LONGEST + 1, np.int64))
    pieces: np.ndarray = field(default_factory=lambda: np.zeros(LONGEST + 1, np.int64))

    def add(self, more: TokenSums | EncoderSums, whole: np.ndarray, pieces: np.ndarray) -> None:
        """Add a block or another corpus. whole, pieces: those of `more`, by length."""
        self.used += more.used
        self.apart += more.apart
        self.unknown_tokens += more.unknown_tokens
        self.unknown += more.unknown
        self.steps += more.steps
        self.whole += whole
        self.pieces += pieces


class CorpusSums:
    """The sums of a corpus. words: int64, shape (LONGEST + 1,): occurrences of words, by length."""

    def __init__(self, encoders: Sequence[Encoder]) -> None:
        self.lines = self.characters = self.bytes = 0
        self.words = np.zeros(LONGEST + 1, np.int64)
        self.encoders = [EncoderSums(np.zeros(len(one), np.int64)) for one in encoders]

    def add(self, block: BlockSums) -> None:
        """Add a block of it."""
        self.lines += block.lines
        self.characters += block.characters
        self.bytes += block.bytes
        lengths = np.minimum(np.fromiter(map(len, block.words), np.int64), LONGEST)
        self.words += _by_length(lengths, block.times)
        for own, other in zip(self.encoders, block.encoders, strict=True):
            own.add(other, _by_length(lengths, other.whole), _by_length(lengths, other.pieces))

    def include(self, other: CorpusSums) -> None:
        """Add another corpus."""
        self.lines += other.lines
        self.characters += other.characters
        self.bytes += other.bytes
        self.words += other.words
        for own, more in zip(self.encoders, other.encoders, strict=True):
            own.add(more, more.whole, more.pieces)


def _by_length(lengths: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.bincount(lengths, numbers, minlength=LONGEST + 1).astype(np.int64)


class WordSums:
    """How each word was cut, over all corpora: times; by encoder: whole, cuts. One row a word, in order of coming."""

    def __init__(self, encoders: int) -> None:
        self.words: dict[str, int] = {}
        self._times = np.zeros(0, np.int64)
        self._whole = np.zeros((encoders, 0), np.int64)
        self._cuts = np.zeros((encoders, 0), np.int64)

    def add(self, block: BlockSums) -> None:
        """Add a block."""
        known = self.words
        rows = np.array([known.setdefault(word, len(known)) for word in block.words], np.int64)
        if len(known) > len(self._times):
            more = max(2 * len(known), 1 << 10) - len(self._times)
            self._times = np.pad(self._times, (0, more))
            self._whole = np.pad(self._whole, ((0, 0), (0, more)))
            self._cuts = np.pad(self._cuts, ((0, 0), (0, more)))
        self._times[rows] += block.times
        for number, sums in enumerate(block.encoders):
            self._whole[number, rows] += sums.whole
            before = self._cuts[number, rows]
            self._cuts[number, rows] = np.where(before, before, sums.cuts)

    def most_cut(self, most: int) -> list[tuple[str, int, list[int], list[str]]]:
        """The words that all encoders together cut most often: (word, times, by encoder how often it was not whole,
        and how it was cut first: 园|丁; a character that fell apart into bytes is marked by a star at the end).
        """
        words, count = list(self.words), len(self.words)
        missed = self._times[:count] - self._whole[:, :count]
        total = missed.sum(axis=0)
        # Of equal ones the one that comes first in order, whatever the threads did.
        order = sorted(
            np.argsort(-total, kind="stable")[: 8 * most].tolist(),
            key=lambda n: (-total[n], words[n]),
        )
        return [
            (
                words[n],
                int(self._times[n]),
                missed[:, n].tolist(),
                [shown_cut(words[n], int(cut)) for cut in self._cuts[:, n]],
            )
            for n in order[:most]
            if total[n]
        ]


def shown_cut(word: str, cut: int) -> str:
    """A word with its cuts; "" where none was seen.

    >>> shown_cut("园丁们", SEEN | 1 << 2)
    '园丁|们'
    """
    if not cut:
        return ""
    made = "".join(f"|{c}" if n and cut >> n & 1 else c for n, c in enumerate(word))
    return made + ("*" if cut & APART else "")
