"""Ends of words + code points -> the same, with numbers and their measure words put together or apart.

Conventions differ: １９９８年 is one word in the corpora of PKU and MSR, two in those of SXU and CTB.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.base.packing import joined
from nlptools.segmentation.forms import AROUND, FORMAL, NUMERALS
from nlptools.text import chars

# Of dates and times, which keep takes along.
TIMES = "年月日时点分秒"
# What split takes off. Not 点 and 分, for 一点 and 十分 are seldom numbers.
MEASURES = "年月日时秒天周岁元块个名位次条种家人件份倍届场座辆台项张只支把口户所门级层楼米里斤吨亩"


# And these after a number of several characters, wherever a model learnt both as a word.
COUNTED = MEASURES + "点分章款节批部步代卷类号期集"


def _codes(characters: str) -> np.ndarray:
    return np.sort(chars.code_points(characters))


_NUMERAL, _TIMES, _MEASURES = _codes(NUMERALS + FORMAL + "○几"), _codes(TIMES), _codes(MEASURES)
_NUMBER, _COUNTED = _codes(NUMERALS + FORMAL + AROUND), _codes(COUNTED)
_MONTH, _PART = (ord(c) for c in "月份")
_ORDINAL, _ONE, _HOUR = (ord(c) for c in "第一时")


def counted(words: Sequence[str]) -> np.ndarray:
    """Which words are a number of several characters and a measure word (第二十条), which no model cuts evenly; bool.

    第二十条 has four characters and may be learnt as a word, 第二十四条 has five and may not.
    """
    text, lengths = joined(words)
    codes = chars.code_points(text)
    stops = np.cumsum(lengths)
    number = np.append(0, np.cumsum(np.isin(codes, _NUMBER)))
    some = lengths > 2
    last = np.zeros(len(lengths), np.int64)
    last[some] = codes[stops[some] - 1]
    body = number[np.maximum(stops - 1, 0)] - number[stops - lengths]
    return some & (body == lengths - 1) & np.isin(last, _COUNTED)


def measured(codes: np.ndarray, ends: np.ndarray, numerals: str) -> np.ndarray:
    """Whether a word ends after each code point once numbers and measure words are together or apart; bool.

    ends: as the method has it. numerals: "keep": a unit of time that is a word by itself goes to the number
    before it; "split": a word of a numeral and a measure word becomes two; "auto": nothing is changed.
    """
    if numerals == "auto" or not len(codes):
        return ends
    digit = chars.classes(codes) == chars.DIGIT
    number = digit | np.isin(codes, _NUMERAL)
    stops = np.flatnonzero(ends)
    starts = np.append(0, stops[:-1] + 1)
    # How many characters of each word are no numerals, but for its last one.
    strange = np.append(0, np.cumsum(~number))
    body = strange[stops] - strange[starts]
    ends = ends.copy()
    if numerals == "keep":
        number_word = (body == 0) & number[stops]
        number_word |= digit[stops] & digit[starts]
        ordinal = codes[starts] == _ORDINAL
        last = np.isin(codes[stops], _TIMES) & (stops == starts)
        last |= (codes[starts] == _MONTH) & (stops == starts + 1) & (codes[stops] == _PART)
        joined = np.flatnonzero(last[1:] & (number_word & ~ordinal)[:-1])
        ends[stops[joined]] = False
    else:
        apart = (stops > starts) & (body == 0) & np.isin(codes[stops], _MEASURES)
        moment = (codes[starts] == _ONE) & (codes[stops] == _HOUR)  # 一时
        ends[stops[apart & ~moment] - 1] = True
    return ends
