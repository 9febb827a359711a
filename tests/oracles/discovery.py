"""Texts -> words, by the two methods of kexue.fm (6920 and 4256), with exact counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from oracles.ngrams import Ngram, count_ngrams, ratio, stretches, total


def longest_join(stretch: Sequence[str], good: set[Ngram], longest: int) -> list[Ngram]:
    """Walk from symbol to symbol; `end` is the farthest end of any good n-gram begun so far (6920)."""
    words: list[Ngram] = []
    start, end = 0, 0
    for i in range(len(stretch)):
        if i >= end:
            if i:
                words.append(tuple(stretch[start:i]))
            start, end = i, i + 1
        for n in range(2, longest + 1):
            if tuple(stretch[i : i + n]) in good:  # too short at the end of the stretch: not good
                end = max(end, i + n)
    if len(stretch):
        words.append(tuple(stretch[start:]))
    return words


def covered_join(stretch: Sequence[str], good: set[Ngram], longest: int) -> list[Ngram]:
    """Cut at every gap that no good n-gram covers (4256)."""
    words: list[Ngram] = []
    start = 0
    for gap in range(1, len(stretch) + 1):
        covered = gap < len(stretch) and any(
            tuple(stretch[i : i + n]) in good
            for n in range(2, longest + 1)
            for i in range(max(0, gap - n + 1), gap)
        )
        if not covered:
            words.append(tuple(stretch[start:gap]))
            start = gap
    return words


def _windows(word: Ngram, size: int) -> Iterable[Ngram]:
    return (word[i : i + size] for i in range(len(word) - size + 1))


def _cut_out(
    parts: list[list[str]],
    good: set[Ngram],
    longest: int,
    min_count: int,
    holds: Callable[[Ngram], bool],
    join: Callable[[Sequence[str], set[Ngram], int], list[Ngram]],
) -> dict[Ngram, int]:
    cut = Counter(word for part in parts for word in join(part, good, longest))
    return {word: n for word, n in cut.items() if n >= min_count and holds(word)}


def discover_6920(
    texts: Sequence[str],
    min_count: int,
    min_pmi: Sequence[float] = (2.0, 4.0, 6.0),
    latin: str = "run",
    counts: Counter[Ngram] | None = None,
) -> dict[Ngram, int]:
    """Words and how often each was cut out: kexue.fm 6920 with exact counts.

    counts: of orders 1 .. len(min_pmi) + 1, where they are known already.
    """
    longest = len(min_pmi) + 1
    counts = count_ngrams(texts, longest, latin) if counts is None else counts
    size = total(counts)
    good = {
        ngram
        for ngram, count in counts.items()
        if 2 <= len(ngram) <= longest
        and count >= min_count
        and math.log(ratio(counts, ngram, size)) >= min_pmi[len(ngram) - 2]
    }

    def holds(word: Ngram) -> bool:
        if len(word) < 3:
            return True
        return all(window in good for window in _windows(word, min(len(word), longest)))

    return _cut_out(stretches(texts, latin), good, longest, min_count, holds, longest_join)


def discover_4256(
    texts: Sequence[str],
    min_count: int,
    ratios: Sequence[Fraction | int] = (5, 25, 125),
    latin: str = "run",
) -> dict[Ngram, int]:
    """Words and how often each was cut out: kexue.fm 4256.

    Only what occurs min_count times is kept, the total is that of the kept symbols, a ratio must
    exceed its bar, and every window of 3 and of 4 symbols of a longer word must hold together.
    """
    longest = len(ratios) + 1
    kept = {w: c for w, c in count_ngrams(texts, longest, latin).items() if c >= min_count}
    counts = Counter(kept)
    size = total(counts)
    good = {
        ngram
        for ngram in kept
        if len(ngram) > 1 and ratio(counts, ngram, size) > ratios[len(ngram) - 2]
    }

    def holds(word: Ngram) -> bool:
        return all(
            window in good for size in range(3, longest + 1) for window in _windows(word, size)
        )

    return _cut_out(stretches(texts, latin), good, longest, min_count, holds, covered_join)
