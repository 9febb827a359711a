"""Two sequences of words -> one longest common subsequence, as pairs of places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

_TABLE_BITS = 1 << 26  # of a table of lengths that is kept whole


def longest_common_subsequence(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """One longest common subsequence of two word sequences: pairs of places in a and in b, rising.

    Bit-parallel: row j of the table of LCS lengths is an integer, in which bit i is 0 where the
    length grows by one from a[:i] to a[:i + 1]. What the rows of a long pair would take in memory is
    saved by halving b (Hirschberg 1975).

    >>> longest_common_subsequence(["人人", "人"], ["人", "人人"])
    [(0, 1)]

    Source: Hyyrö 2004, Bit-parallel LCS-length computation revisited.
    """
    in_a, in_b = set(a), set(b)
    left = [i for i, word in enumerate(a) if word in in_b]
    right = [j for j, word in enumerate(b) if word in in_a]
    pairs = _align([a[i] for i in left], [b[j] for j in right])
    return [(left[i], right[j]) for i, j in pairs]


def _align(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    if not a or not b:
        return []
    if len(a) * len(b) <= _TABLE_BITS or len(b) == 1:
        return _trace(a, b)
    middle = len(b) // 2
    ahead = _lengths(a, b[:middle])
    behind = _lengths(a[::-1], b[: middle - 1 : -1])
    cut = int(np.argmax(ahead + behind[::-1]))
    rest = _align(a[cut:], b[middle:])
    return _align(a[:cut], b[:middle]) + [(cut + i, middle + j) for i, j in rest]


def _rows(a: list[str], b: list[str]) -> Iterator[int]:
    """The row of the table for no word of b, for its first, its first two, ..."""
    places: dict[str, int] = {}
    for i, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << i
    every = row = (1 << len(a)) - 1
    yield row
    for word in b:
        hits = row & places.get(word, 0)
        row = (row + hits | row - hits) & every
        yield row


def _lengths(a: list[str], b: list[str]) -> np.ndarray:
    """LCS length of b and a[:i], for every i from 0 to len(a)."""
    for row in _rows(a, b):  # noqa: B007
        pass
    data = np.frombuffer(row.to_bytes((len(a) + 7) // 8, "little"), np.uint8)
    grows = 1 - np.unpackbits(data, count=len(a), bitorder="little")
    lengths = np.zeros(len(a) + 1, np.int64)
    np.cumsum(grows, out=lengths[1:])
    return lengths


def _trace(a: list[str], b: list[str]) -> list[tuple[int, int]]:
    """One way back through the whole table."""
    rows = list(_rows(a, b))
    pairs = []
    i, j = len(a), len(b)
    while i and j:
        if a[i - 1] == b[j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif rows[j] >> (i - 1) & 1:  # a[i - 1] adds nothing
            i -= 1
        else:
            j -= 1
    return pairs[::-1]
