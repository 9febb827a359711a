"""Numbers of documents -> shrunk towards the mean, quantiles of them, buckets between limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

# Symbols that the mean of the corpus counts for beside those of a document. From one half of a document the other
# half is best predicted with 20 to 120 of them (ten corpora, two models); 30 is within 7 % of the best error
# everywhere, none at all 13 to 60 % above it. docs/decisions.md has the figures.
MEAN_SYMBOLS = 30.0
BUCKETS = ("head", "middle", "tail")
_SLICES = 4  # of 16 bits, by which a quantile is found


def shrunk(per_symbol: np.ndarray, numbers: np.ndarray, mean: float, weight: float) -> np.ndarray:
    """(n x + k m) / (n + k): x the mean log10 probability of a document of n symbols, m that of all, k the weight.

    That is the credibility premium of Bühlmann (1967, ASTIN Bulletin 4): the best linear estimate where k is the
    variance of symbols inside a document divided by the variance between documents. Float64.
    """
    if weight == 0:
        return per_symbol
    return (numbers * per_symbol + weight * mean) / (numbers + weight)


def quantiles_of(
    values: Callable[[], Iterable[np.ndarray]], shares: Sequence[float]
) -> list[float]:
    """For each share the smallest value that so many values, and no fewer, do not exceed; exact.

    values: called for each pass over them, float64, without NaN; no array of all of them is ever made. shares: in
    [0, 1]. NaN where there are no values.
    """
    return [_quantile(values, share) for share in shares]


def _quantile(values: Callable[[], Iterable[np.ndarray]], share: float) -> float:
    """By sixteen bits of the sorted values after another: how many lie below is counted, the rest is looked into."""
    total = sum(map(len, values()))
    if not total:
        return float("nan")
    rank = min(total - 1, max(0, int(np.ceil(share * total - 1e-9)) - 1))
    prefix = 0
    for level in range(_SLICES):
        shift = np.uint64(16 * (_SLICES - 1 - level))
        counts = np.zeros(1 << 16, np.int64)
        for piece in values():
            keys = _ordered(piece)
            if level:
                keys = keys[keys >> (shift + np.uint64(16)) == prefix]
            part = (keys >> shift) & np.uint64(0xFFFF)
            counts += np.bincount(part.astype(np.int64), minlength=1 << 16)
        sums = np.cumsum(counts)
        digit = int(np.searchsorted(sums, rank, "right"))
        rank -= int(sums[digit - 1]) if digit else 0
        prefix = prefix << 16 | digit
    return _value(prefix)


def _ordered(values: np.ndarray) -> np.ndarray:
    """Numbers -> whole numbers in the same order; uint64. -0.0 is 0.0."""
    bits = (np.asarray(values, np.float64) + 0.0).view(np.uint64)
    sign = np.uint64(1 << 63)
    return np.where(bits & sign, ~bits, bits | sign)


def _value(key: int) -> float:
    bits = key ^ (1 << 63) if key >> 63 else key ^ ((1 << 64) - 1)
    return float(np.array([bits], np.uint64).view(np.float64)[0])


def buckets_of(values: np.ndarray, limits: Sequence[float]) -> np.ndarray:
    """Number in BUCKETS of each value: head up to the first limit, tail above the last; uint8.

    limits: one, or two that do not fall; with one there is no middle.
    """
    found = np.searchsorted(np.asarray(limits), values).astype(np.uint8)
    if len(limits) == 1:
        found *= 2
    return found
