"""The length of a longest common subsequence by its definition, for tests that compare with it."""

from __future__ import annotations

from functools import cache


@cache
def lcs_length(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return lcs_length(a[:-1], b[:-1]) + 1
    return max(lcs_length(a[:-1], b), lcs_length(a, b[:-1]))
