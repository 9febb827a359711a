"""Occurrences of words, window by window -> where each word occurs first, and contexts spread over all of them.

What `contexts` does for a few words with one loop over their occurrences, for thousands and on whole arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.usage.contexts import Context, line_end, spread
from nlptools.usage.windows import Window


class ContextSample:
    """Every 1st, 2nd, 4th, 8th ... occurrence of each word: the more there are, the fewer of them are kept.

    first: characters before the first occurrence of each word, int64, -1 for none yet.
    """

    def __init__(self, words: Sequence[str], contexts: int, width: int) -> None:
        """contexts: how many are wanted of each word, with `width` characters on both sides."""
        self.first = np.full(len(words), -1, np.int64)
        self._words, self._wanted, self._width = words, contexts, width
        self._step = np.ones(len(words), np.int64)
        self._seen = np.zeros(len(words), np.int64)
        # By word: (how many occurrences came before it, the context).
        self._kept: list[list[tuple[int, Context]]] = [[] for _ in words]
        self._part = False

    def go_on(self, seen: np.ndarray, step: np.ndarray) -> None:
        """Begin where so many occurrences of each word came before, in text that others read; keep every `step`-th of
        all, which steps_of says: of a part of the text nothing is thinned out, nor chosen from.
        """
        self._seen, self._step, self._part = seen.astype(np.int64), step.astype(np.int64), True

    def add(self, window: Window, before: int, words: np.ndarray, places: np.ndarray) -> None:
        """Occurrences in a window, which `before` characters precede: numbers of words, ascending, and their
        places in the text of the window, ascending for each word.
        """
        new = np.flatnonzero(np.diff(words, prepend=-1))
        unseen = new[self.first[words[new]] < 0]
        self.first[words[unseen]] = before + places[unseen] - window.start
        if not self._wanted:
            return
        rank = np.arange(len(words)) - np.repeat(new, np.diff(new, append=len(words)))
        number = self._seen[words] + rank
        self._seen += np.bincount(words, minlength=len(self._seen))
        if not self._part:
            self._step = _steps(self._step, self._seen, 2 * self._wanted)
        rows = np.flatnonzero(number % self._step[words] == 0)
        columns = (words[rows], number[rows], window.lines(places[rows]), places[rows])
        for word, nth, line, place in zip(*(c.tolist() for c in columns), strict=True):
            self._kept[word].append((nth, self._context(window, line, word, place)))
        for word in words[new].tolist():
            step = int(self._step[word])
            if step > 1:
                self._kept[word] = [item for item in self._kept[word] if item[0] % step == 0]

    def _context(self, window: Window, line: int, word: int, place: int) -> Context:
        text, end = window.text, place + len(self._words[word])
        left = line_end(text[max(0, place - self._width) : place], last=True)
        right = line_end(text[end : end + self._width], last=False)
        return Context(window.source, line, left, self._words[word], right)

    def contexts(self) -> list[list[Context]]:
        """Of each word as many as are wanted, or all; of a part of the text all that are kept."""
        every = [[context for _, context in kept] for kept in self._kept]
        return every if self._part else [spread(kept, self._wanted) for kept in every]


def steps_of(seen: np.ndarray, contexts: int) -> np.ndarray:
    """Every how many-th occurrence is kept of words that occur so often, where so many contexts are wanted, int64.

    >>> steps_of(np.array([0, 9, 10, 20, 21]), 5).tolist()
    [1, 1, 2, 4, 4]
    """
    return _steps(np.ones(len(seen), np.int64), seen, 2 * contexts)


def _steps(step: np.ndarray, seen: np.ndarray, room: int) -> np.ndarray:
    """The least power of two, not below `step`, that leaves fewer than `room` of `seen` occurrences."""
    step = step.copy()
    while True:
        over = -(-seen // step) >= room
        if not over.any():
            return step
        step[over] *= 2
