"""Words and a base tokenizer -> the words that are worth a token each, and why the others are not."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlptools.subwords.bytelevel import written
from nlptools.subwords.pieces import AddedWordFinder, JsonEncoder
from nlptools.text import chars

LONGEST = 40  # characters; a longer token stands for one sentence
# What goes on to the next count, as a multiple of what is wanted: without the words that have gone, shorter ones inside
# of them are found more often.
_FIRST, _SECOND = 3.0, 2.0
_ROUNDS = 2  # by then all but a few in a thousand stay
# The text is cut into so many parts; what a word saves in the one where it saves most says least of other text.
_PARTS = 10

Texts = Callable[[], Iterator[Sequence[str]]]


@dataclass(frozen=True)
class AddedWord:
    """A word that was looked at.

    count: its occurrences, NaN where nobody knows; pieces: the ids of the base it is made of; saved: tokens that
    it saves, NaN as count; id: of its token, None where it has none, and then why: reason; steady: what it saves
    outside the tenth of the text where it saves most, NaN where that was not counted.
    """

    word: str
    count: float
    pieces: tuple[int, ...]
    saved: float = math.nan
    id: int | None = None
    reason: str = ""
    steady: float = math.nan

    def counted(self, count: float) -> AddedWord:
        """With another count, each occurrence being one token instead of its pieces."""
        saved = count * max(0, len(self.pieces) - 1)
        return replace(self, count=count, saved=saved, steady=math.nan)


class Refusals:
    """Which words cannot be tokens, beside those that the tokenizer has."""

    def __init__(self, encoder: JsonEncoder) -> None:
        self._encoder = encoder
        file = encoder.file
        self._tokens, self._byte_level = file.tokens, file.byte_level
        self._added = file.added
        self._signs = {sign for token in self._added for sign in token}

    def look(self, word: str) -> AddedWord:
        """The word with its pieces, and the reason why it cannot be a token, if there is one."""
        found = AddedWord(word, math.nan, ())
        if reason := self._shape(word) or self._taken(word):
            return replace(found, reason=reason)
        found = replace(found, pieces=self._encoder.pieces(word))
        if len(found.pieces) == 1 and found.pieces[0] != self._encoder.unknown:
            return replace(found, reason="one token already")
        return found

    def _shape(self, word: str) -> str:
        if not any(map(chars.is_han, word)):
            return "no Chinese character in it"
        if len(word) > LONGEST:
            return f"longer than {LONGEST} characters"
        if any(sign.isspace() or unicodedata.category(sign)[0] == "C" for sign in word):
            return "a blank or an invisible character in it"
        seen = self._encoder.normalized(word)
        if seen.replace(" ", "") != word:
            return f"the tokenizer's normalizer makes {seen!r} of it"
        return ""

    def _taken(self, word: str) -> str:
        known = written(word.encode()) if self._byte_level else word
        if known in self._tokens or word in self._added:
            return "a token already"
        if self._signs.isdisjoint(word):
            return ""
        for token in self._added:
            if word in token or token in word or _lap(word, token) or _lap(token, word):
                return f"meets the added token {token!r}"
        return ""


def _lap(one: str, other: str) -> bool:
    """Whether the end of one is the beginning of the other."""
    return any(one.endswith(other[:size]) for size in range(1, min(len(one), len(other))))


def look_at(counts: Mapping[str, float | None], encoder: JsonEncoder) -> list[AddedWord]:
    """Every word with its count, its pieces and, if it cannot be a token, the reason."""
    refusals = Refusals(encoder)
    return [
        refusals.look(word).counted(math.nan if count is None else float(count))
        for word, count in counts.items()
    ]


def choose_words(
    words: Sequence[AddedWord],
    number: int,
    encoder: JsonEncoder,
    *,
    least: float = 0.0,
    texts: Texts | None = None,
) -> list[AddedWord]:
    """The same words, of which as many as `number` are left without a reason against them: those that save most.

    texts: what they are counted in, again for fewer words, as tokens: a word in a longer one that is chosen is not
    found there, and what it saves depends on the tokens around it. Those that are taken then save most outside the tenth of
    the text where they save most: a word of one chapter does not. What others that are taken would save inside of a word
    is not what it saves. Without it the counts are those that the words have.
    least: tokens that a word must save. Of words that save the same the one that comes first. Words without any count are
    taken in their order.
    """
    found = {word.word: word for word in words}
    left = [word for word in words if not word.reason]
    if texts is not None:
        left = _best(_counted(left, encoder, texts), math.ceil(_FIRST * number), least, found)
        left = _best(_counted(left, encoder, texts), math.ceil(_SECOND * number), least, found)
        weighed = left = _weighed(left, encoder, texts)
        for _ in range(_ROUNDS):
            others = {word.word for word in _best(left, number, least, found)}
            left = [_beside(word, others, encoder) for word in weighed]
    chosen = {word.word for word in _best(left, number, least, found)}
    return [_reasoned(found[word.word], word.word in chosen, least) for word in words]


def _reasoned(word: AddedWord, chosen: bool, least: float) -> AddedWord:
    if word.reason or chosen:
        return word
    if word.saved < least:
        return replace(word, reason="saves less than --min-saving")
    return replace(word, reason="others save more")


def _counted(words: list[AddedWord], encoder: JsonEncoder, texts: Texts) -> list[AddedWord]:
    finder = AddedWordFinder(encoder.file, [word.word for word in words])
    totals = np.zeros(len(words), np.int64)
    for batch in texts():
        totals += finder.count(batch)
    return [word.counted(float(count)) for word, count in zip(words, totals.tolist(), strict=True)]


def _weighed(words: list[AddedWord], encoder: JsonEncoder, texts: Texts) -> list[AddedWord]:
    """With what they save where they stand."""
    finder = AddedWordFinder(encoder.file, [word.word for word in words])
    whole = sum(len(text) for batch in texts() for text in batch)
    totals = np.zeros(len(words), np.int64)
    saved = np.zeros((_PARTS, len(words)), np.int64)
    passed = 0
    for batch in texts():
        number, gain, text = weigh(batch, encoder, finder)
        totals += np.bincount(number, minlength=len(words))
        before = passed + np.cumsum([0, *map(len, batch)])
        passed = int(before[-1])
        np.add.at(saved, (before[text] * _PARTS // max(1, whole), number), gain)
    rows = zip(
        words,
        totals.tolist(),
        saved.sum(axis=0).tolist(),
        (saved.sum(axis=0) - saved.max(axis=0)).tolist(),
        strict=True,
    )
    return [
        replace(word, count=float(count), saved=float(gain), steady=float(steady))
        for word, count, gain, steady in rows
    ]


def _beside(word: AddedWord, others: set[str], encoder: JsonEncoder) -> AddedWord:
    """With what it saves beside those of the others that stand in it, the longest of those that begin leftmost."""
    text, at, done, tokens = word.word, 0, 0, 0
    while at < len(text):
        ends = range(len(text), at, -1)
        end = next((end for end in ends if text[at:end] in others and text[at:end] != text), 0)
        if not end:
            at += 1
            continue
        tokens += 1 + (len(encoder.pieces(text[done:at])) if done < at else 0)
        at = done = end
    if not done:
        return word
    tokens += len(encoder.pieces(text[done:])) if done < len(text) else 0
    share = min(1.0, (tokens - 1) / max(1, len(word.pieces) - 1))
    return replace(word, saved=math.floor(share * word.saved), steady=share * word.steady)


def weigh(
    texts: Sequence[str], encoder: JsonEncoder, finder: AddedWordFinder
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(number of the word, tokens that it saves there, number of the text) of each occurrence in some texts; int64.

    As a token a word takes the place of all tokens that begin in it. What they reach over its end, and what another
    reaches into it, is a token by itself then, at least.
    """
    encoded = encoder.encode(texts)
    starts = encoder.spans(texts, encoded)[:, 0].astype(np.int64)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    firsts = np.cumsum(lengths) - lengths
    begins = np.bincount(starts + np.repeat(firsts, encoded.sizes), minlength=int(lengths.sum()))
    before = np.append(0, np.cumsum(begins))
    begins[firsts + lengths - 1] = 1  # the end of a text is no middle of a token
    number, places = finder.places(texts)
    start, stop = firsts[places[:, 0]] + places[:, 1], firsts[places[:, 0]] + places[:, 2]
    gain = before[stop] - before[start] - 1 - (begins[stop] == 0)
    return number, gain, places[:, 0]


def _best(
    words: list[AddedWord], number: int, least: float, found: dict[str, AddedWord]
) -> list[AddedWord]:
    """Those that save most, in the order in which they came; what is known of all goes to `found`."""
    found.update((word.word, word) for word in words)
    saved = np.array([word.saved for word in words])
    steady = np.array([word.steady for word in words])
    first = np.where(np.isnan(steady), saved, steady)
    order = np.lexsort((-np.nan_to_num(saved, nan=-1.0), -np.nan_to_num(first, nan=-1.0)))
    good = order[~(saved[order] < least)][:number]
    return [words[place] for place in np.sort(good).tolist()]
