"""Code point -> what it is to the rule for tokens: Han, letter or digit, mark, white space, anything else."""

from __future__ import annotations

import string

import numpy as np

from nlptools.text import chars, unicode_ranges

OTHER, SPACE, HAN, WORD, POINT, PERCENT, MARK = range(7)
POINTS = ".．"
PERCENTS = "%％‰"
# Marks (unicode_ranges.MARKS) belong to what stands before them, if that is not white space; an emoji after the
# joiner of emoji belongs to the one before it.
JOINER = 0x200D


def _kinds() -> np.ndarray:
    kinds = np.full(0x10000, OTHER, np.uint8)
    chars.fill(kinds, unicode_ranges.LETTERS, WORD)
    chars.fill(kinds, unicode_ranges.DIGITS, WORD)
    kinds[chars.CLASS_TABLE == chars.HAN] = HAN
    for signs, kind in ((POINTS, POINT), (PERCENTS, PERCENT), (chars.SPACES, SPACE)):
        kinds[[ord(sign) for sign in signs]] = kind
    chars.fill(kinds, unicode_ranges.MARKS, MARK)
    return kinds


KINDS = _kinds()
_WIDE_MARKS = chars.wide(unicode_ranges.MARKS)
_WIDE_LETTERS = chars.wide(unicode_ranges.LETTERS)
_WIDE_DIGITS = chars.wide(unicode_ranges.DIGITS)


def kinds_of(codes: np.ndarray) -> np.ndarray:
    """What each code point is to the rule for tokens, uint8."""
    if codes.dtype == np.uint16:
        return np.take(KINDS, codes)
    kinds = np.take(KINDS, np.minimum(codes, 0xFFFF))
    above = np.flatnonzero(codes > 0xFFFF)
    high = codes[above]
    found = np.full(len(above), OTHER, np.uint8)
    found[chars.within(high, _WIDE_LETTERS) | chars.within(high, _WIDE_DIGITS)] = WORD
    found[(high >= chars.HAN_SUPPLEMENTARY[0]) & (high <= chars.HAN_SUPPLEMENTARY[1])] = HAN
    found[chars.within(high, _WIDE_MARKS)] = MARK
    kinds[above] = found
    return kinds


# --- plain text ------------------------------------------------------------------------------

# Of the letters and digits that the expression of forms.py does not know one stands for each: a letter, a digit as it
# may stand between full-width ones, another digit of a script that is plain (½, ²).
ANY_LETTER, ANY_DIGIT, ANY_NUMBER = "ａ", "０", "²"
_PLAIN = (
    *((0x0, 0x24F), (0x370, 0x481), (0x2000, 0x2BFF), (0x3000, 0x31FF), (0x3400, 0x4DBF)),
    *((0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF)),
)


def _plain() -> np.ndarray:
    plain = np.zeros(0x10000, bool)
    for first, last in _PLAIN:
        plain[first : last + 1] = True
    return plain & (KINDS != MARK)


_PLAIN_TABLE = _plain()


def _standing() -> np.ndarray:
    """What stands for each code point of the BMP in plain text."""
    table = np.arange(0x10000, dtype=np.uint16)
    word, digit = KINDS == WORD, chars.CLASS_TABLE == chars.DIGIT
    own = np.zeros(0x10000, bool)
    own[[ord(c) for c in string.ascii_letters + string.digits + "０１２３４５６７８９"]] = True
    table[word & ~digit & ~own] = ord(ANY_LETTER)
    table[word & digit & ~own] = ord(ANY_NUMBER)
    table[word & digit & ~_PLAIN_TABLE] = ord(ANY_DIGIT)
    return table


_STANDING = _standing()


def plain_text(codes: np.ndarray) -> str:
    """The code points with one letter for all letters that forms.py does not know, and so of digits."""
    if codes.dtype == np.uint16:
        plain = np.take(_STANDING, codes).astype(np.uint32)
    else:
        plain = codes.copy()
        low = codes <= 0xFFFF
        plain[low] = np.take(_STANDING, codes[low])
        plain[chars.within(codes, _WIDE_LETTERS) & ~low] = ord(ANY_LETTER)
        plain[chars.within(codes, _WIDE_DIGITS) & ~low] = ord(ANY_DIGIT)
    # Never as UTF-16: two lone surrogates would become one character.
    return plain.tobytes().decode("utf-32-le", "surrogatepass")


def plain_class(kind: int, *, digits: bool = False, without: str = "") -> str:
    """The plain characters of a kind (of WORD: its letters or its digits) as ranges of a regular expression."""
    chosen = _PLAIN_TABLE & (kind == KINDS)
    chosen[[ord(c) for c in without]] = False
    if kind == WORD:
        chosen &= (chars.CLASS_TABLE == chars.DIGIT) == digits
    return _ranges(chosen)


def strange_class() -> str:
    """What is not plain in the BMP, and beyond it all but emoji, as ranges of a regular expression."""
    return (
        _ranges(~_PLAIN_TABLE) + "\U00010000-\U0001f2ff\U0001f3fb-\U0001f3ff\U0001fb00-\U0010ffff"
    )


def _ranges(chosen: np.ndarray) -> str:
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False)).tolist()
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return "".join(f"\\u{first:04x}-\\u{last - 1:04x}" for first, last in pairs)
