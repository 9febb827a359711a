"""Rows of float32 -> their texts with nine digits, as %.9g writes them, by whole arrays: in a third of the time."""

from __future__ import annotations

import functools
from collections.abc import Iterable

import numpy as np

# A number is four parts of four bytes: blank, sign, digit, point; and three groups of four digits behind the point. NUL
# fills them up.
_PARTS = 4
_LEAST, _MOST = -4, 0  # decimal exponents of the numbers that are written by arrays; few are others
_DECIMALS = 12
_PIECE = 1 << 13  # numbers at a time: in pieces of 2**16 it takes twice as long


def nine_digits(rows: np.ndarray) -> list[bytes]:
    """The numbers of each row, a blank before each: b" %.9g %.9g" % (...). rows: float32, with a column at least.

    A float32 times a power of ten up to 10**12 is exact in float64, so numbers are rounded as %.9g does, half to even.
    """
    step = max(1, _PIECE // rows.shape[1])
    with np.errstate(invalid="ignore"):  # of a NaN
        return [line for at in range(0, len(rows), step) for line in _lines(rows[at : at + step])]


def _lines(rows: np.ndarray) -> list[bytes]:
    values = rows.reshape(-1)
    sizes = np.abs(values).astype(np.float64)
    usual = (sizes >= 10.0**_LEAST) & (sizes < 10.0 ** (_MOST + 1))
    exponent = np.zeros(len(values), np.int8)  # above _LEAST
    for more in range(_LEAST + 1, _MOST + 1):
        exponent += sizes >= 10.0**more
    scales, lifts = _powers()
    digits = np.rint(np.where(usual, sizes, 0.0) * np.take(scales, exponent)).astype(np.uint64)
    usual &= (digits < 10**9) | (exponent < _MOST - _LEAST)  # 9.9999999999 is 10
    digits *= np.take(lifts, exponent)
    made = np.empty((len(values), _PARTS), np.uint32)
    _lay(digits, np.signbit(values), made)
    texts = made.view(f"S{4 * _PARTS}").reshape(-1)
    others = np.flatnonzero(~usual & (sizes != 0))
    texts[others] = [b" %.9g" % value for value in values[others].tolist()]
    records = made.view(np.uint8).reshape(len(rows), -1)
    records[:, 0] = 0x0A  # instead of the first blank
    lines = records.tobytes().translate(None, b"\0").split(b"\n")
    return [b" " + line for line in lines[1:]]


def _lay(digits: np.ndarray, negative: np.ndarray, made: np.ndarray) -> None:
    """The parts of each number, four bytes as one integer. digits: times 10**_DECIMALS, below 10**(_DECIMALS + 1), or 10
    for what is written otherwise.
    """
    firsts, groups = _tables()
    whole = digits // 10**_DECIMALS
    rest = digits - whole * 10**_DECIMALS
    high = rest // 10**8
    rest = (rest - high * 10**8).astype(np.uint32)
    middle = rest // 10**4
    low = rest - middle * 10**4
    short = np.uint32(10**4)  # groups without the zeros at their end
    broken = (high > 0) | (rest > 0)
    first = np.minimum(whole, 9).astype(np.uint32)
    made[:, 0] = firsts[first + np.uint32(10) * negative + np.uint32(20) * broken]
    made[:, 1] = groups[high.astype(np.uint32) + short * (rest == 0)]
    made[:, 2] = groups[middle + short * (low == 0)]
    made[:, 3] = groups[low + short]


@functools.cache
def _powers() -> tuple[np.ndarray, np.ndarray]:
    """By exponent: what makes nine digits of a number, and what makes as many of these as there are in all."""
    exponents = range(_LEAST, _MOST + 1)
    lifts = [10 ** (_DECIMALS - 8 + e) for e in exponents]
    return np.array([10.0 ** (8 - e) for e in exponents]), np.array(lifts, np.uint64)


@functools.cache
def _tables() -> tuple[np.ndarray, np.ndarray]:
    """Blank, sign and digit, without a point and with it; groups, and the same without zeros at their end."""
    firsts = (f" {sign}{d}{dot}" for dot in ("", ".") for sign in ("", "-") for d in range(10))
    plain = [f"{number:04}" for number in range(10**4)]
    return _four(firsts), _four([*plain, *(group.rstrip("0") for group in plain)])


def _four(texts: Iterable[str]) -> np.ndarray:
    return np.array(list(texts), "S4").view(np.uint32)
