"""Slow, obvious twins of what the package computes: plain Python, exact fractions, one pass a question.

Nothing here imports nlptools. An n-gram is a tuple of symbols; a break is the symbol "".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

Ngram = tuple[str, ...]

# The character classes, spelled with characters.
HAN = "〇㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003fffd"
LETTER = "A-Za-zÀ-ÖØ-öø-ɏΆΈ-\u03ffḀ-ỿＡ-Ｚａ-ｚ"
DIGIT = "0-9０-９"
ALNUM = LETTER + DIGIT
JOINS = re.escape(".-_&'．")
PLUS = "+＋"
SHARP = "#＃"

# A run: letters and digits; a connector between two of them; up to two pluses after one of them;
# a sharp after a letter that stands alone.
RUN = re.compile(
    f"(?:(?<![{ALNUM}{JOINS}{PLUS}{SHARP}])[{LETTER}][{SHARP}][{ALNUM}]*|[{ALNUM}]+)"
    f"(?:(?<=[{ALNUM}])(?:[{JOINS}][{ALNUM}]+|[{PLUS}]{{1,2}}[{ALNUM}]*))*"
)
ONE_HAN = re.compile(f"[{HAN}]")
ONE_ALNUM = re.compile(f"[{ALNUM}]")
MAX_RUN = 64


def symbols_of(text: str, latin: str = "run") -> list[str]:
    """The symbols of a text; "" for each stretch of breaks between, before or after them."""
    symbols: list[str] = []
    i = 0
    while i < len(text):
        symbol, length = "", 1
        if ONE_HAN.match(text, i) or (ONE_ALNUM.match(text, i) and latin == "char"):
            symbol = text[i]
        elif latin == "run" and (run := RUN.match(text, i)):
            length = len(run[0])
            symbol = run[0] if length <= MAX_RUN else ""
        if symbol or not symbols or symbols[-1]:
            symbols.append(symbol)
        i += length
    return symbols


def stretches(texts: Iterable[str], latin: str = "run") -> list[list[str]]:
    """What lies between two breaks, from all texts."""
    found: list[list[str]] = []
    for text in texts:
        current: list[str] = []
        for symbol in [*symbols_of(text, latin), ""]:
            if symbol:
                current.append(symbol)
            elif current:
                found.append(current)
                current = []
    return found


def count_ngrams(texts: Iterable[str], order: int, latin: str = "run") -> Counter[Ngram]:
    """All n-grams of orders 1 .. order, never across a break or from one text to the next."""
    counts: Counter[Ngram] = Counter()
    for stretch in stretches(texts, latin):
        for n in range(1, order + 1):
            counts.update(zip(*(stretch[i:] for i in range(n)), strict=False))
    return counts


def total(counts: Counter[Ngram]) -> int:
    return sum(count for ngram, count in counts.items() if len(ngram) == 1)


def ratio(counts: Counter[Ngram], ngram: Ngram, size: int) -> Fraction:
    """The weakest split's size * c(w) / (c(left part) * c(right part)), exactly."""
    return min(
        Fraction(size * counts[ngram], counts[ngram[:j]] * counts[ngram[j:]])
        for j in range(1, len(ngram))
    )


def pmi(counts: Counter[Ngram], ngram: Ngram) -> float:
    """Of the weakest split, nats; infinite for a single symbol."""
    if len(ngram) == 1:
        return math.inf
    return math.log(ratio(counts, ngram, total(counts)))


def neighbours(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[Counter[object], Counter[object]]]:
    """What stands left and right of each occurrence; at a break something that stands nowhere else."""
    found: dict[Ngram, tuple[Counter[object], Counter[object]]] = {
        ngram: (Counter(), Counter()) for ngram in wanted
    }
    lengths = {len(ngram) for ngram in found}
    for stretch in stretches(texts, latin):
        for n in lengths:
            for i in range(len(stretch) - n + 1):
                sides = found.get(tuple(stretch[i : i + n]))
                if sides is not None:
                    sides[0][stretch[i - 1] if i else object()] += 1
                    sides[1][stretch[i + n] if i + n < len(stretch) else object()] += 1
    return found


def entropy(side: Counter[object]) -> float:
    """Of a distribution, nats."""
    size = sum(side.values())
    return -math.fsum(count / size * math.log(count / size) for count in side.values())


def branching_entropy(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[float, float]]:
    """(left, right) entropy of the neighbours, nats."""
    found = neighbours(texts, wanted, latin)
    return {ngram: (entropy(left), entropy(right)) for ngram, (left, right) in found.items()}


def accessor_variety(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[int, int]]:
    """(left, right) number of different neighbours."""
    found = neighbours(texts, wanted, latin)
    return {ngram: (len(left), len(right)) for ngram, (left, right) in found.items()}


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
