"""A number of words, or what has words (a list, a corpus) -> bounds on the dimension of their vectors."""

from __future__ import annotations

import os

from nlptools.errors import DataError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.wordlists import count_entries
from nlptools.vectors.dimension import Bounds, dimension_bounds
from nlptools.vocab.wordcount import WordCount, count_words


def bounds_of(
    number: int | None = None,
    *,
    vocab: str | os.PathLike[str] | None = None,
    corpus: CorpusLike | None = None,
    min_count: int = 5,
    eps: float = 0.1,
    workers: int | None = None,
) -> Bounds:
    """The bounds of dimension_bounds for a number of words, or for the words of a list or a corpus.

    vocab: a list of words in any format, see count_entries. corpus: its distinct words that occur at least min_count
    times, cut by the general model. eps: as in dimension_bounds. workers: threads; they change no result.
    Raises ValueError unless one of the three is given, DataError where there are no words.
    """
    if [number, vocab, corpus].count(None) != 2:
        raise ValueError("give a number, a vocab or a corpus, one of them")
    if vocab is not None:
        number = count_entries(vocab).entries
    elif corpus is not None:
        text = as_corpus(corpus)
        found = count_words(text, Segmenter.load(), min_count=min_count, workers=workers)
        if not found.words:
            raise no_words(text.name, found, min_count)
        number = found.words
    assert number is not None
    return dimension_bounds(number, eps=eps)


def no_words(name: str, found: WordCount, min_count: int) -> DataError:
    """The error for a corpus without words that occur often enough."""
    if not found.distinct:
        return DataError(name, None, "no words in it")
    problem = f"none of its {found.distinct:,} words occurs {min_count:,} times"
    return DataError(name, None, problem, "give a smaller --min-count")
