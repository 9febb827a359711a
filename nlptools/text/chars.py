"""Code point -> class (Han, letter, digit, connector, break); where a text may be cut. All ranges are here.

A *break* separates: no n-gram and no word ever crosses it. Everything that is not a Han
character, a letter of any script, a digit, or a sign inside a run of those, is a break.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.text import unicode_ranges

BREAK, HAN, LETTER, DIGIT, CONNECTOR, PLUS, SHARP = range(7)

# Han: ideographic blocks of Unicode 17 and the ideographic zero. Planes 2 and 3 are reserved
# for ideographs as a whole, so that characters of later extensions count too.
HAN_BMP_RANGES = (
    (0x3007, 0x3007),  # 〇, a digit and a word character in Chinese: 二〇二六
    (0x3400, 0x4DBF),  # Extension A
    (0x4E00, 0x9FFF),  # CJK Unified Ideographs
    (0xF900, 0xFAFF),  # compatibility ideographs
)
HAN_SUPPLEMENTARY = (0x20000, 0x3FFFD)

# Signs that belong to a run of letters and digits when one stands on both sides: PM2.5, GPT-4, R&D, don't.
CONNECTORS = ".-_&'．"
# `+` also at the end of a run (C++, Notepad++, 18+); `#` only after a single letter (C#, F#),
# because in microblogs #iPhone15# is a closing hashtag.
PLUS_SIGNS = "+＋"
SHARP_SIGNS = "#＃"

# White space, which is no symbol of a language model and no token of a segmented text.
LINE_ENDS = "\r\n"
SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)

# What is not seen either: control characters above ASCII, format characters (Cc and Cf of Unicode 17: zero
# width spaces, marks of direction, the soft hyphen, tags), variation selectors, Hangul fillers, the joiner of graphemes.
INVISIBLE_RANGES = (
    (0x007F, 0x0084),
    (0x0086, 0x009F),
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
    (0xE0100, 0xE01EF),
)

# A longer run of letters and digits is no word (base64, hashes, URLs without a slash): it is a break.
# The longest entries of technical dictionaries stay below 40.
MAX_RUN = 64


def fill(table: np.ndarray, ranges: Sequence[int], value: int) -> None:
    """Set what lies in ranges (first, last, first, last, ...) as far as the table goes."""
    for first, last in zip(ranges[::2], ranges[1::2], strict=True):
        table[first : last + 1] = value


def wide(ranges: Sequence[int]) -> np.ndarray:
    """The ranges above the BMP, as edges: a code point lies in one when an odd number of edges is not above it."""
    edges = np.array(ranges, np.uint32)
    edges[1::2] += 1
    return edges[np.searchsorted(edges, 0x10000) :]


def within(codes: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Which code points above the BMP lie in ranges, by their edges; bool."""
    return np.searchsorted(edges, codes, "right") % 2 == 1


def _class_table() -> np.ndarray:
    table = np.zeros(0x10000, np.uint8)
    # A vowel sign is a letter here: Thai and Devanagari words have them inside.
    fill(table, unicode_ranges.LETTERS, LETTER)
    fill(table, unicode_ranges.VOWELS, LETTER)
    fill(table, unicode_ranges.DIGITS, DIGIT)
    for first, last in HAN_BMP_RANGES:
        table[first : last + 1] = HAN
    for signs, kind in ((CONNECTORS, CONNECTOR), (PLUS_SIGNS, PLUS), (SHARP_SIGNS, SHARP)):
        table[[ord(sign) for sign in signs]] = kind
    return table


CLASS_TABLE = _class_table()
_IS_HAN = (CLASS_TABLE == HAN).tolist()  # one at a time four times as fast as an array
_WIDE_LETTERS, _WIDE_VOWELS = wide(unicode_ranges.LETTERS), wide(unicode_ranges.VOWELS)
_WIDE_DIGITS = wide(unicode_ranges.DIGITS)


def code_points(text: str) -> np.ndarray:
    """The text's code points: uint16 when all are in the BMP (the fast, usual case), else uint32."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) == len(text):
        return units
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def text_of(codes: np.ndarray) -> str:
    """The text of code points, as `code_points` gives them."""
    encoding = "utf-16-le" if codes.dtype == np.uint16 else "utf-32-le"
    return codes.tobytes().decode(encoding, "surrogatepass")


def classes(codes: np.ndarray) -> np.ndarray:
    """Class of each code point, uint8."""
    if codes.dtype == np.uint16:
        return np.take(CLASS_TABLE, codes)
    kinds = np.take(CLASS_TABLE, np.minimum(codes, 0xFFFF))
    above = np.flatnonzero(codes > 0xFFFF)
    high = codes[above]
    found = np.full(len(above), BREAK, np.uint8)
    found[within(high, _WIDE_LETTERS) | within(high, _WIDE_VOWELS)] = LETTER
    found[within(high, _WIDE_DIGITS)] = DIGIT
    found[(high >= HAN_SUPPLEMENTARY[0]) & (high <= HAN_SUPPLEMENTARY[1])] = HAN
    kinds[above] = found
    return kinds


def is_han(character: str) -> bool:
    """True for one Han character."""
    code = ord(character)
    if code > 0xFFFF:
        return HAN_SUPPLEMENTARY[0] <= code <= HAN_SUPPLEMENTARY[1]
    return _IS_HAN[code]


def find_cut(text: str) -> tuple[int, bool]:
    """Where to cut a text that goes on, so that what stands left of the cut can be counted alone.

    Returns (position, clean). Clean: the character before the cut is a break, nothing is lost.
    Not clean (no break anywhere): the cut lies between two Han characters, and the n-grams across it
    belong to both sides; or inside a run of letters and digits that is too long to be a symbol on
    both sides. Position 0 means that there is no place to cut: read on.
    """
    end = len(text)
    window = 4096
    while end:
        start = max(0, end - window)
        breaks = np.flatnonzero(classes(code_points(text[start:end])) == BREAK)
        if len(breaks):
            return start + int(breaks[-1]) + 1, True
        end, window = start, window * 4
    han = classes(code_points(text)) == HAN
    between = np.flatnonzero(han[:-1] & han[1:])
    if len(between):
        return int(between[-1]) + 1, False
    tail = classes(code_points(text[-2 * (MAX_RUN + 1) :]))
    endless = len(tail) == 2 * (MAX_RUN + 1) and np.all((tail == LETTER) | (tail == DIGIT))
    return (len(text) - MAX_RUN - 1, False) if endless else (0, False)


def with_line_feeds(text: str) -> str:
    """The text with LF for every line end (LF, CRLF, lone CR)."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def count_line_breaks(text: str, start: int = 0, stop: int | None = None) -> int:
    """Line ends (LF, CRLF, lone CR) between two places of a text."""
    returns = text.count("\r", start, stop)
    ends = text.count("\n", start, stop) + returns
    return ends - (text.count("\r\n", start, stop) if returns else 0)
