"""Text -> cells, which no method of segmentation cuts: the rule for everything that is not a word of Han characters.

One cell each: a run of letters and digits of any script but Han, with the signs that belong to it (3.14, 50%, 1/3,
GPT-4, 10:30, an address); a numeral of Han characters; a mark, repeated or not (—— ……); any other character.
What stands above and below a character (category M) and joiners belong to it. `cells` does one text by a regular
expression, `joined_to_last` a block by whole arrays, which leave to the expression only what is not simple.
"""

from __future__ import annotations

import itertools
import string

import numpy as np

from nlptools.segmentation import forms
from nlptools.segmentation.kinds import (
    HAN,
    JOINER,
    MARK,
    OTHER,
    PERCENT,
    POINT,
    SPACE,
    WORD,
    kinds_of,
    plain_text,
)
from nlptools.text import chars, unicode_ranges


def cells(text: str) -> list[str]:
    """The cells of a text; joined, they are the text.

    >>> cells("第三十二条：5mmol/L，占1/3")
    ['第三十二', '条', '：', '5mmol/L', '，', '占', '1/3']
    """
    odd, quick = forms.quick_expressions()
    if odd.search(text) is None:
        return quick.findall(text)
    simplified = text.translate(forms.TRADITIONAL)
    if odd.search(simplified) is None:
        stops = itertools.accumulate(map(len, quick.findall(simplified)), initial=0)
        return [text[a:b] for a, b in itertools.pairwise(stops)]
    codes = chars.code_points(text)
    ends = np.flatnonzero(~joined_to_last(codes, kinds_of(codes))).tolist()
    return [text[a:b] for a, b in itertools.pairwise([*ends, len(text)])]


# What the expression may join: numerals and what stands before or inside them; digits and what follows them; signs
# between letters and digits, signs that begin something. _HAN: any of the first four.
_NUMERAL, _FIRST, _INSIDE, _DIGIT, _BEHIND, _SIGN, _LEADS, _HAN = (1 << i for i in range(8))
_AFTER = np.zeros(0x10000, bool)  # by code point
_AFTER[[ord(c) for c in forms.NUMERALS + forms.FORMAL + "几之萬億兩貳陸幾"]] = True


def _features() -> np.ndarray:
    table = np.zeros(0x10000, np.uint8)
    for characters, feature in (
        (forms.NUMERALS + forms.FORMAL + "几○", _NUMERAL),
        ("第数", _FIRST),
        ("点分", _INSIDE),
        (forms.NUMERALS + forms.FORMAL + forms.AROUND, _HAN),
        (forms.SIGNS, _SIGN),
        ("+-−/@", _LEADS),
        ("万亿" + forms.DEGREES, _BEHIND),
    ):
        table[[ord(c) for c in characters]] |= feature
    for traditional, simplified in forms.TRADITIONAL.items():
        table[traditional] = table[simplified]
    table[chars.CLASS_TABLE == chars.DIGIT] |= _DIGIT
    return table


_FEATURES = _features()
_WIDE_DIGITS = chars.wide(unicode_ranges.DIGITS)


def _features_of(codes: np.ndarray) -> np.ndarray:
    if codes.dtype == np.uint16:
        return np.take(_FEATURES, codes)
    features = np.take(_FEATURES, np.minimum(codes, 0xFFFF))
    features[(codes > 0xFFFF) & chars.within(codes, _WIDE_DIGITS)] = _DIGIT
    return features


def joined_to_last(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Whether each code point belongs to the cell of the one before it; bool."""
    if not np.any(kinds == MARK):
        return _joined(codes, kinds)
    attached = kinds == MARK
    attached[1:] &= kinds[:-1] != SPACE
    attached[:1] = False
    bare = np.flatnonzero(~attached)
    joined = np.ones(len(codes), bool)
    inner = _joined(codes[bare], kinds[bare])
    after = bare[1:]
    glued = (codes[after - 1] == JOINER) & attached[after - 1] & (kinds[after] == OTHER)
    inner[1:] |= glued & (kinds[bare[:-1]] == OTHER)
    joined[bare] = inner
    return joined


def _joined(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """As joined_to_last, where no mark is attached to anything."""
    joined = np.zeros(len(codes), bool)
    same = joined[1:]
    np.equal(codes[1:], codes[:-1], out=same)
    same &= kinds[1:] != HAN
    word = kinds == WORD
    same |= word[1:] & word[:-1]
    same |= word[:-1] & (kinds[1:] == PERCENT)
    point = np.flatnonzero((kinds[1:-1] == POINT) & word[:-2] & word[2:]) + 1
    joined[point] = joined[point + 1] = True
    features = _features_of(codes)
    hot = _hot(codes, features, word, point)
    if len(hot):
        alone = (kinds == HAN) & (features & _HAN == 0)
        alone |= (kinds == OTHER) & (features == 0) & (codes > 0x7F) & (codes < 0xFFFF)
        edges = np.flatnonzero(alone | (kinds == SPACE))
        _by_expression(codes, edges, joined, hot)
    return joined


def _hot(
    codes: np.ndarray, features: np.ndarray, word: np.ndarray, point: np.ndarray
) -> np.ndarray:
    """Where something begins that is left to the expression: places, one in each such stretch at least.

    point: places of the points between letters and digits.
    """
    before, after = features[:-1], features[1:]
    found = np.zeros(len(codes), bool)
    hot = found[:-1]
    np.logical_and(before & (_NUMERAL | _FIRST), after & _NUMERAL, out=hot)
    hot |= (before & _FIRST != 0) & (after & _DIGIT != 0)
    hot |= (before & _DIGIT != 0) & (after & _BEHIND != 0)
    inside = np.flatnonzero((before & _NUMERAL != 0) & (after & _INSIDE != 0))
    hot[inside[_AFTER[np.minimum(codes[np.minimum(inside + 2, len(codes) - 1)], 0xFFFF)]]] = True
    hot |= (before & _LEADS != 0) & word[1:]
    hot[1:] |= (before[1:] & _SIGN != 0) & word[2:] & word[:-2]
    web = point[point >= 3]
    for back in (1, 2, 3):
        web = web[(codes[web - back] | 0x20) == ord("w")]  # in either case
    found[web] = True
    if codes.dtype != np.uint16:
        first, last = forms.FLAG_LETTERS[0], forms.FLAG_LETTERS[-1]
        found |= (codes >= ord(first)) & (codes <= ord(last))
    return np.flatnonzero(found)


def _by_expression(
    codes: np.ndarray, edges: np.ndarray, joined: np.ndarray, hot: np.ndarray
) -> None:
    """Do by the expression the stretches that have hot places.

    edges: places of what joins to nothing but itself, white space and most Han characters and signs; stretches lie
    between them.
    All of them are done at once, each with two characters before and one after it, for the expression looks at these.
    """
    edges = np.concatenate([[-1], edges, [len(codes)]])
    right = np.searchsorted(edges, hot)
    right = right[np.append(True, right[1:] != right[:-1])]
    first, stop = edges[right - 1] + 1, edges[right]
    plain, begins = _plain(codes, first, stop)
    begins, sizes = begins[plain], (stop - begins)[plain]
    joined[np.arange(int(sizes.sum())) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)] = (
        True
    )
    joined[begins] = False
    first, stop = first[~plain], stop[~plain]
    if not len(first):
        return
    begin, end = np.maximum(first - 2, 0), np.minimum(stop + 1, len(codes))
    begin[1:] = np.maximum(begin[1:], end[:-1])
    sizes = end - begin
    at = np.arange(int(sizes.sum())) + np.repeat(begin - (np.cumsum(sizes) - sizes), sizes)
    starts = np.zeros(len(at) + 1, bool)
    found = forms.cells_expression().finditer(plain_text(codes[at]).translate(forms.TRADITIONAL))
    starts[[match.end() for match in found]] = True
    starts[0] = True
    inside = (at >= np.repeat(first, sizes)) & (at < np.repeat(stop, sizes))
    joined[at[inside]] = ~starts[:-1][inside]


# Numerals that the expression joins whatever stands beside them; digits; 第; what may follow digits; letters and digits; signs
# that join these.
_ANYWHERE, _FIGURE, _ORDINAL, _MYRIAD, _LETTER, _JOIN = (1 << i for i in range(6))
_HUNDRED_MILLION, _TEN_THOUSAND, _ONE = (ord(c) for c in "亿万一")
# Behind these the expression looks further back.
_BEFORE = chars.code_points("统唯惟划期拜周")


def _parts() -> np.ndarray:
    table = np.zeros(0x10000, np.uint8)
    for characters, feature in (
        (forms.DIGITS + "十百万亿", _ANYWHERE),
        ("0123456789", _FIGURE),
        ("第", _ORDINAL),
        ("万亿", _MYRIAD),
        (string.ascii_letters + string.digits, _LETTER),
        ("./_-", _JOIN),
    ):
        table[[ord(c) for c in characters]] |= feature
    return table


_PARTS = _parts()


def _plain(codes: np.ndarray, first: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(which stretches are simple: one cell, which may have a sign before it; where that cell begins).

    Such are numbers with nothing to look for beside them (第三十二, 二十, 第19, 50万) and letters with signs between them
    (apt-get, /etc/hosts, -l). Most stretches are: the expression takes four times as long for them.
    """
    sizes = stop - first
    ends = np.cumsum(sizes)
    at = np.arange(int(ends[-1])) + np.repeat(first - (ends - sizes), sizes)
    found = np.take(_PARTS, np.minimum(codes[at], 0xFFFF))

    def count(which: np.ndarray) -> np.ndarray:
        return np.add.reduceat(which, ends - sizes, dtype=np.int64)

    numerals, figures, myriads, letters, joins = (
        count((found & part) != 0) for part in (_ANYWHERE, _FIGURE, _MYRIAD, _LETTER, _JOIN)
    )
    head, last = codes[first], codes[stop - 1]
    ordinal = head == ord("第")
    body = sizes - ordinal
    second = codes[np.minimum(first + 1, len(codes) - 1)]
    before = np.isin(codes[np.maximum(first - 1, 0)], _BEFORE)
    alone = (sizes > 1) & ~before & ((head != _ONE) | (second != _ONE))
    numeral = (numerals == body) & np.where(ordinal, body > 0, alone)
    pair = (codes[np.maximum(stop - 2, 0)] == _TEN_THOUSAND) & (last == _HUNDRED_MILLION)
    one = (last == _TEN_THOUSAND) | (last == _HUNDRED_MILLION)
    tail = (myriads == 0) | ((myriads == 1) & one) | ((myriads == 2) & pair)
    number = numeral | ((figures > 0) & (figures + myriads == body) & tail)
    # No sign beside another, none at the end, at the beginning one that joins nothing there.
    beside = found[1:] & found[:-1] & _JOIN != 0
    beside &= at[1:] == at[:-1] + 1
    digit = (second >= ord("0")) & (second <= ord("9"))
    sign = (head == ord("/")) | ((head == ord("-")) & ~digit)
    row = (letters + joins == sizes) & (count(np.append(beside, False)) == 0) & (letters > 0)
    row &= (np.take(_PARTS, np.minimum(last, 0xFFFF)) & _LETTER) != 0
    row &= sign | ((np.take(_PARTS, np.minimum(head, 0xFFFF)) & _LETTER) != 0)
    return number | row, first + (row & sign)
