"""A word list, or text that is cut already -> a prior: words that are known, with counts, for a model to learn on top of."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from nlptools.errors import DataError, NlptoolsError
from nlptools.text import chars
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.wordlists import WHAT_IS_READ, is_json_lines, read_weighted_words
from nlptools.wordmodel.model import (
    OWN_MODELS,
    WordModel,
    first_line,
    is_model,
    load_model,
    load_named,
)
from nlptools.wordmodel.packed import is_packed

# A word of a list without counts: as if it had been met so often.
LISTED_COUNT = 1.0
LONGEST = 40  # characters of a word; a longer line of a list is no word
SEGMENTED_HINT = "give text whose words are separated by spaces, a sentence a line"


def load_prior(name: str | os.PathLike[str]) -> WordModel:
    """A model to learn on top of: "general", "raw", the model of a file, or one made of a word list."""
    if name in OWN_MODELS:
        return load_named(name)
    if is_packed(name) or (not is_json_lines(name) and is_model(first_line(name))):
        return load_model(name)
    listed = read_weighted_words(name, encoding="auto")
    words = {word: listed[word] for word in words_among(list(listed))}
    if not words:
        raise DataError(name, None, "no words of Han characters to learn on top of", WHAT_IS_READ)
    return prior_of_words(words)


def prior_of_words(counts: Mapping[str, float | None]) -> WordModel:
    """A word list as what is known before the text is read; its words have no weights yet.

    counts: of each word, None where the list has none; words with the count 0 are left out.
    """
    import hashlib  # 3 ms, for who has a list

    words = [word for word, count in counts.items() if count != 0 and word]
    given = [counts[word] for word in words]
    flat = all(count is None for count in given)
    expected = np.array([LISTED_COUNT if c is None else c for c in given], np.float64)
    digest = hashlib.sha256()
    for word, count in zip(words, given, strict=True):
        digest.update(f"{word}\t{count}\n".encode("utf-8", "surrogatepass"))
    settings = {"list": "words" if flat else "counts", "sha256": digest.hexdigest()}
    return WordModel(
        words,
        np.zeros(len(words), np.int64),
        expected,
        np.zeros(len(words)),
        settings=settings,
        known=np.ones(len(words), bool),
    )


def count_segmented(segmented: CorpusLike) -> WordModel:
    """The words of text that is cut already, separated by white space, as a word list with counts.

    Words of Han characters, of which one may be written with letters and digits (T恤); all others are left out.
    Raises NlptoolsError where there are none.
    """
    corpus = as_corpus(segmented)
    counts: Counter[str] = Counter()
    held = ""
    for block in corpus.blocks():
        # A word may go on in the next block of the same text.
        text = held + block.text if block.inside else f"{held} {block.text}"
        end = len(text.rstrip())
        words = text.split()
        held = words.pop() if words and end == len(text) else ""
        counts.update(words)
    counts.update([held] if held else [])
    kept = words_among(list(counts))
    if not kept:
        raise NlptoolsError(
            "there are no words of Han characters in the segmented text", SEGMENTED_HINT
        )
    # The most frequent first, whatever stands first in the text.
    kept.sort(key=lambda word: (-counts[word], word))
    return prior_of_words({word: float(counts[word]) for word in kept})


def words_among(texts: Sequence[str]) -> list[str]:
    """Those with a Han character in it, and nothing but Han characters, letters and digits; at most LONGEST of them."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    kinds = chars.classes(chars.code_points("".join(texts)))
    word = np.isin(kinds, (chars.HAN, chars.LETTER, chars.DIGIT))
    stops = np.cumsum(lengths)

    def number(flags: np.ndarray) -> np.ndarray:
        total = np.append(0, np.cumsum(flags))
        return total[stops] - total[stops - lengths]

    good = (number(word) == lengths) & (number(kinds == chars.HAN) > 0) & (lengths <= LONGEST)
    return [text for text, keep in zip(texts, good.tolist(), strict=True) if keep]
