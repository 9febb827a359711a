"""The name of a word list -> its words: those that a corpus's words are marked by as known."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Set

from nlptools.discovery.keyness import Reference
from nlptools.discovery.method import general

NAMES = ("general", "jieba")


def check_known(known: Collection[str] | str) -> None:
    """Raise what known_words would, before there is work."""
    if isinstance(known, str) and known not in NAMES:
        raise ValueError(f"known must be words or one of {', '.join(NAMES)}, not {known!r}")
    if known == "jieba":
        from nlptools.segmentation.jieba import find_dictionary

        find_dictionary()


def known_words(known: Collection[str] | str) -> Set[str]:
    """Words that are given; for "general" those that the word list under the general model has, for "jieba" those of the
    dictionary of the installed jieba.

    Raises ValueError for another name, NlptoolsError where jieba is not installed.
    """
    if not isinstance(known, str):
        return known if isinstance(known, Set) else frozenset(known)
    check_known(known)
    if known == "general":
        return ListedWords(general_reference())
    from nlptools.segmentation.jieba import find_dictionary, read_frequencies

    frequencies, _ = read_frequencies(find_dictionary())
    return {word for word, frequency in frequencies.items() if frequency}


_reference: Reference | None = None


def general_reference(*, keep: bool = True) -> Reference:
    """The general model as a background, made ready once for all. keep=False: the model itself, which takes 8 MB, is
    read for it and does not stay.
    """
    global _reference
    if _reference is None:
        _reference = Reference(general(keep=keep), reread=not keep)
    return _reference


class ListedWords(Set[str]):
    """The words of the general model that a word list has, looked up where they are."""

    def __init__(self, reference: Reference) -> None:
        self.among = reference.listed

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self.among([word])[0])

    def __iter__(self) -> Iterator[str]:
        words = general().words
        return itertools.compress(words, self.among(words).tolist())

    def __len__(self) -> int:
        return sum(1 for _ in self)
