"""Numbers -> their exponential, with the same bits on every machine.

NumPy's own is other code on other processors and in other versions, with other last bits; sums, products and
rounding are the same everywhere (IEEE 754).
"""

from __future__ import annotations

import numpy as np

from nlptools.native import kernel

MOST = 80.0  # nats: what is beyond is taken for it; float32 has room for 88
_PIECE = 1 << 14  # numbers under work, which stay in the cache
_LOG2_E = 1.44269504088896341
# ln 2 as two numbers, the first of so few bits that its products with whole numbers are exact.
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4
# exp(r) = 1 + r + r**2 (...), |r| <= ln 2 / 2: the minimax polynomial of Cephes (expf).
_CEPHES = (
    *(1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3),
    *(4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1),
)
_EXPONENT_BIAS, _FRACTION_BITS = 127, 23


def exp(values: np.ndarray) -> np.ndarray:
    """E to the power of each of the values (a row of them), float32; relative error below 2e-7.

    >>> exp(np.array([0.0, 1.0])).tolist()
    [1.0, 2.7182817459106445]
    """
    if kernel.usable():
        return kernel.exponentials(np.ascontiguousarray(values, np.float32))
    out = np.empty(len(values), np.float32)
    for start in range(0, len(values), _PIECE):
        part = slice(start, start + _PIECE)
        out[part] = _exp(np.clip(values[part], -MOST, MOST).astype(np.float32, copy=False))
    return out


def rounded(values: np.ndarray) -> np.ndarray:
    """Float64 numbers with the precision of float32, not its range.

    For a handful of constants that come from np.exp or np.log, whose last bits differ by machine.
    """
    fractions, powers = np.frexp(values)
    return np.ldexp(fractions.astype(np.float32).astype(np.float64), powers)


def _exp(x: np.ndarray) -> np.ndarray:
    """x: float32, overwritten."""
    power = x * np.float32(_LOG2_E)
    np.rint(power, out=power)
    x -= power * np.float32(_LN2_HIGH)
    x -= power * np.float32(_LN2_LOW)
    y = x * np.float32(_CEPHES[0])
    for coefficient in _CEPHES[1:-1]:
        y += np.float32(coefficient)
        y *= x
    y += np.float32(_CEPHES[-1])
    y *= x
    y *= x
    y += x
    y += np.float32(1)
    bits = power.astype(np.int32)
    bits += _EXPONENT_BIAS
    bits <<= _FRACTION_BITS
    y *= bits.view(np.float32)
    return y
