"""The name of a word list -> its words: those that a corpus's words are marked by as known."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from nlptools.discovery.method import general
from nlptools.segmentation.jieba import JiebaDictionary, find_dictionary

NAMES = ("general", "jieba")


def check_known(known: Collection[str] | str) -> None:
    """Raise what known_words would, before there is work."""
    if isinstance(known, str) and known not in NAMES:
        raise ValueError(f"known must be words or one of {', '.join(NAMES)}, not {known!r}")
    if known == "jieba":
        find_dictionary()


def known_words(known: Collection[str] | str) -> Collection[str]:
    """Words that are given; for "general" those that the word list under the general model has, for "jieba" those of the
    dictionary of the installed jieba.

    Raises ValueError for another name, NlptoolsError where jieba is not installed.
    """
    if not isinstance(known, str):
        return known
    if known == "general":
        return _listed()
    if known == "jieba":
        frequencies = JiebaDictionary.load().frequencies
        return {word for word, frequency in frequencies.items() if frequency}
    return known


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    model = general()
    flags = [] if model.known is None else model.known.tolist()
    return frozenset(word for word, flag in zip(model.words, flags, strict=False) if flag)
