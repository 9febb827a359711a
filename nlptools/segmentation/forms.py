"""Plain text -> cells: one regular expression for numbers, dates, addresses, numerals of Han characters, runs.

A *cell* is what no method of segmentation cuts. The expression knows few letters and digits, as each class with many
ranges takes a millisecond to compile; kinds.plain_text puts these for all others. Which signs join was counted in segmented text (docs/decisions.md).
"""

from __future__ import annotations

import functools
import re

from nlptools.segmentation.kinds import (
    ANY_LETTER,
    ANY_NUMBER,
    HAN,
    WORD,
    plain_class,
    strange_class,
)

# Numerals of Han characters. The white circle is written for a zero.
DIGITS, UNITS = "〇零一二三四五六七八九", "十百千万亿"
NUMERALS = DIGITS + UNITS + "两廿卅"
FORMAL = "壹贰叁肆伍陆柒捌玖拾佰仟"
# What else may be in a cell of numerals or begin it.
AROUND = "第几数点分之○"
_NUMERAL_SIGNS = NUMERALS + FORMAL + AROUND
# Traditional forms of these, which are numerals as well.
TRADITIONAL = str.maketrans("萬億兩貳陸點幾數", "万亿两贰陆点几数")
# Signs that make one cell of what stands around them, in some surroundings.
SIGNS = "/／-－_'—·∶:*⁄\u0f0b\u0f0c\u05f4：,，@+−"
DEGREES = "℃℉"
HAN_WIDE = "\U00020000-\U0003fffd"
FLAG_LETTERS = "\U0001f1e6-\U0001f1ff"

# Letters and digits of plain text, as classes of an expression.
_LETTERS = "A-Za-z" + ANY_LETTER
_DIGITS = f"0-9０-９{ANY_NUMBER}"
_URL = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%"
_URL_END = "A-Za-z0-9/#=&_~"


def _numeral(digits: str) -> str:
    """Numerals of Han characters: two or more, or one after 第. digits: those of figures, as a class."""
    one = (
        f"(?:[{DIGITS}十百万亿廿卅贰叁柒捌玖肆壹佰]"
        # 三万|千瓦: no thousand after a myriad, nor where it belongs to a unit of measure.
        "|(?<![万亿])千(?![瓦克卡伏帕焦])"
        # 五百|两, but 一两.
        f"|(?<![{UNITS}零〇○])两"
        f"|(?<=[{DIGITS}○])○"
        f"|几(?=[{UNITS}])|(?<=[十百千])几)"
    )
    # 一一 may be a word, or the edges of two.
    row = f"(?!一一(?![{NUMERALS}○])){one}{{2,}}+|[{FORMAL}]{{2}}[{FORMAL}零万亿]*+"
    # 统一|百货, 唯一|一个, 星期六|一早, 周三|十点.
    apart = f"(?<![统唯惟划])(?<!星期)(?<!礼拜)(?<!\\A周)(?<![^每几半两{DIGITS}十{digits}]周)"
    fraction = f"(?:{one}++|几)分之(?:{one}++|几)(?:点[{DIGITS}○]++)?"
    # 一点五万, but 三点五分, 一点一滴, 六点一直.
    decimal = (
        f"(?<![午晨晚早夜]){one}++点(?![{DIGITS}]+[十点分刻])"
        f"(?!一(?![{DIGITS}{UNITS}倍米公吨元美级])[一-鿿])[{DIGITS}]{one}*+"
    )
    some = f"(?<![参函常系指总人次多少倍基分整小岁户代偶奇无计])数(?=[{UNITS}]){one}++"
    return f"第(?:{one}++|[{FORMAL}]++)|{apart}(?!○)(?:{fraction}|{decimal}|{row})|{some}"


def _run(letters: str, digits: str) -> str:
    """Letters and digits, which are classes, in a row, with the signs between them and behind."""
    some = letters + digits
    join = (
        r"[.．/_\-]"
        f"|(?<=[{digits}])[／∶:*·⁄](?=[{digits}])"
        f"|(?<=[{letters}])(?:－(?=[{digits}])|['\u0f0b\u0f0c\u05f4](?=[{letters}])|—)"
    )
    row = f"[{some}]++(?:(?:{join})[{some}]++)*+"
    thousands = (
        f"(?:[{digits}]{{1,3}}(?:,[{digits}]{{3}})++|[０-９]{{1,3}}(?:，[０-９]{{3}})++)(?![{digits}])"
        f"(?:[.．·][{digits}]++)?[{some}]*+"
    )
    time = f"[{digits}]{{1,2}}：[{digits}]{{2}}(?:：[{digits}]{{2}})?(?![{digits}])"
    before = (
        f"(?<![{some}{NUMERALS}年月日号时点分秒\\-−)）\\]】])[\\-−](?=[{digits}])"
        f"|(?<![{some}])\\+(?=[{digits}\\-]{{8}})|第(?=[{digits}])"
    )
    after = f"%++|％++|‰++|(?<=[{digits}])(?:℃++|℉++|万亿|万|亿)"
    return f"(?:{before})?(?:{thousands}|{time}|{row})(?:{after})?"


ADDRESS = (
    f"[A-Za-z][A-Za-z0-9+.\\-]{{0,30}}+://(?=[A-Za-z0-9])[{_URL}]*[{_URL_END}]"
    r"|[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}+@[A-Za-z0-9][A-Za-z0-9\-]*+(?:\.[A-Za-z0-9\-]++)++"
)
WWW = f"[wW]{{3}}\\.(?=[A-Za-z0-9])[{_URL}]*[{_URL_END}]"


@functools.cache
def cells_expression() -> re.Pattern[str]:
    """The expression whose matches are the cells of plain text without marks, one after the other."""
    # First what is most frequent, signs and Han characters that begin nothing: 2.5 times as fast.
    han = plain_class(HAN)
    sign = f"([^{han}{HAN_WIDE}{FLAG_LETTERS}{_LETTERS}{_DIGITS}+\\-−])\\1*+"
    most = plain_class(HAN, without=_NUMERAL_SIGNS)
    numeral, run = _numeral(_DIGITS), _run(_LETTERS, _DIGITS)
    some = f"(?=[{_NUMERAL_SIGNS}])(?:{numeral})|{ADDRESS}|{WWW}|{run}"
    others = f"[{han}{HAN_WIDE}]|[{FLAG_LETTERS}]{{1,2}}|(.)\\2*+"
    return re.compile(f"{sign}|[{most}]|{some}|{others}", re.DOTALL)


@functools.cache
def quick_expressions() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(odd, cells): a text in which nothing is odd has the matches of `cells`, which has no groups, for its cells."""
    han, most = plain_class(HAN), plain_class(HAN, without=_NUMERAL_SIGNS)
    letters, digits = plain_class(WORD), plain_class(WORD, digits=True)
    others = "".join(map(chr, TRADITIONAL))
    odd = f"[{strange_class()}@{others}]|([^{han}{letters}{digits}])\\1"
    # First what is most frequent: Han characters and signs that begin nothing.
    alone = f"[{most}]|[^{han}{letters}{digits}+\\-−]"
    some = f"{_numeral(digits)}|{WWW}|{_run(letters, digits)}"
    return re.compile(odd), re.compile(f"{alone}|{some}|.", re.DOTALL)
