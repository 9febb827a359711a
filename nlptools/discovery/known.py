"""The name of a word list -> its words: those that a corpus's words are marked by as known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set
from functools import lru_cache

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
        return _Listed(general_reference())
    from nlptools.segmentation.jieba import JiebaDictionary

    frequencies = JiebaDictionary.load().frequencies
    return {word for word, frequency in frequencies.items() if frequency}


@lru_cache(maxsize=1)
def general_reference() -> Reference:
    """The general model as a background, made ready once."""
    return Reference(general(), general=True)


class _Listed(Set[str]):
    """The words of a model that a word list has, looked up where they are."""

    def __init__(self, reference: Reference) -> None:
        self._number, self._flags = reference.number, reference.known.tobytes()

    def __contains__(self, word: object) -> bool:
        row = self._number.get(word)  # type: ignore[call-overload]
        return row is not None and self._flags[row] == 1

    def __iter__(self) -> Iterator[str]:
        return (word for word, row in self._number.items() if self._flags[row])

    def __len__(self) -> int:
        return sum(self._flags)
