"""A run of symbols -> all its segmentations, their posteriors, the best one; a span is (start, end)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

Spans = tuple[tuple[int, int], ...]


def segmentations(length: int, longest: int, start: int = 0) -> Iterable[Spans]:
    """Every way to cut a run into words of at most `longest` symbols: (start, end) of each word."""
    if start == length:
        yield ()
    for end in range(start + 1, min(start + longest, length) + 1):
        for rest in segmentations(length, longest, end):
            yield ((start, end), *rest)


def posteriors(
    length: int, longest: int, weight: Callable[[int, int], float]
) -> tuple[Counter[tuple[int, int]], float]:
    """Posterior of every word of a run, and the sum over all segmentations of the products of weights."""
    found: Counter[tuple[int, int]] = Counter()
    total = 0.0
    for words in segmentations(length, longest):
        product = math.prod(weight(*word) for word in words)
        total += product
        for word in words:
            found[word] += product
    return Counter({word: value / total for word, value in found.items()}), total


def best_segmentation(length: int, longest: int, score: Callable[[int, int], float]) -> Spans:
    """The segmentation with the largest sum; of equal ones the one whose last word is shorter, and so on."""

    def order(words: Spans) -> tuple[float, list[int]]:
        return -sum(score(*word) for word in words), [end - start for start, end in words[::-1]]

    return min(segmentations(length, longest), key=order)


def occurrences(stretch: Sequence[object], longest: int) -> Iterable[tuple[int, int]]:
    """(start, end) of everything in a stretch that could be a word."""
    for start in range(len(stretch)):
        for end in range(start + 1, min(start + longest, len(stretch)) + 1):
            yield start, end


def cut_forward(run: str, scores: Mapping[str, float], unknown: float) -> list[str]:
    """The words of the largest sum, added up from the left; of equal sums the longer last word.

    unknown: the score of a character that is no word.
    """
    best, last = [0.0], [0]
    for end in range(1, len(run) + 1):
        value, length = best[end - 1] + scores.get(run[end - 1], unknown), 1
        for longer in range(2, end + 1):
            word = run[end - longer : end]
            if word in scores and best[end - longer] + scores[word] >= value:
                value, length = best[end - longer] + scores[word], longer
        best.append(value)
        last.append(length)
    words: list[str] = []
    end = len(run)
    while end:
        words.insert(0, run[end - last[end] : end])
        end -= last[end]
    return words


def cut_backward(run: str, scores: Mapping[str, float], unknown: float) -> list[str]:
    """As jieba: sums from the right, of equal ones the longer first word; a character that is no word stands
    alone only where no word begins.
    """
    n = len(run)
    best = [(0.0, n)] * (n + 1)
    for start in range(n - 1, -1, -1):
        ends = [end for end in range(start + 1, n + 1) if run[start:end] in scores]
        best[start] = max(
            (scores.get(run[start:end], unknown) + best[end][0], end) for end in ends or [start + 1]
        )
    words: list[str] = []
    start = 0
    while start < n:
        words.append(run[start : best[start][1]])
        start = best[start][1]
    return words
