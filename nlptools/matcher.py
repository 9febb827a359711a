"""Word list + text -> every occurrence of every word. The only pyahocorasick import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ahocorasick


class Matcher:
    """Finds all occurrences of a set of words, overlapping ones too, in one pass over a text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in words:
            if not word:
                raise ValueError("an empty word occurs everywhere")
            self._automaton.add_word(word, word)
        self._automaton.make_automaton()

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """(start, word) of each occurrence, by the place where it ends."""
        if not len(self._automaton):
            return
        for last, word in self._automaton.iter(text):
            yield last - len(word) + 1, word
