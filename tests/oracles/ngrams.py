"""Texts -> symbols, sentences, exact counts, PMI, entropies; an n-gram is a tuple of symbols, a break ""."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

Ngram = tuple[str, ...]
# The character classes, spelled with characters.
HAN = "〇㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003fffd"
# Of the version of Unicode that Python knows: categories, and what else is a letter by UAX 29 or NFKC.
MORE_LETTERS = (
    "\u02c2-\u02c5\u02d2-\u02d7\u02d9\u02de\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u309b\u309c\ua708-\ua716\ua720\ua721"
    "\ua789\ua78a\uab5b№℡℻Ⓐ-ⓩ㉐㋌-㋾㌀-㍗㍱-㍺㎀-㏁㏃-㏆㏈-㏗㏙-㏟㏿🄰-🅩🅰-🆉🆐🈀-🈂🈓"
)
FILLERS = "\u115f\u1160\u3164\uffa0"
# Marks of no script of their own, which are breaks.
COMMON_MARKS = (
    "\u17b4\u17b5\u180b-\u180f\u0300-\u036f\u0485\u0486\u064b-\u0655\u0670\u0951-\u0954\u1ab0-\u1ace\u1cd0-\u1cd2\u1cd4-\u1ce8\u1ced\u1cf4"
    "\u1cf7-\u1cf9\u1dc0-\u1dff\u20d0-\u20f0\u302a-\u302d\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2d\U000101fd\U000102e0"
    "\U0001133b\U0001cf00-\U0001cf2d\U0001cf30-\U0001cf46\U0001d165-\U0001d169\U0001d16d-\U0001d172"
    "\U0001d17b-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad"
)


def _in_categories(names: tuple[str, ...], without: str) -> str:
    """The characters of some categories, but ideographs and those of a class, as the inside of a class."""
    left_out = re.compile(f"[{HAN}{without}々〆〻〡-〩〸-〺\U00016fe3]")
    codes = [
        code
        for code in range(0x20000)
        if unicodedata.category(chr(code)) in names and not left_out.match(chr(code))
    ]
    starts = [code for code, before in zip(codes, [-2, *codes], strict=False) if code != before + 1]
    ends = [code for code, after in zip(codes, [*codes[1:], -2], strict=True) if after != code + 1]
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(starts, ends, strict=True))


LETTER = _in_categories(("Lu", "Ll", "Lt", "Lm", "Lo", "Nl"), FILLERS) + MORE_LETTERS
LETTER += _in_categories(("Mn", "Mc", "Me"), COMMON_MARKS)
DIGIT = _in_categories(("Nd",), "") + "⁰⁴-⁹₀-₉²³¹¼-¾⅐-⅟↉\u19da"
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


START, END, UNKNOWN = "<s>", "</s>", "<unk>"
LINE_END = re.compile("[\r\n]")
# White space and control characters: no symbols, and no breaks.
BLANK = re.compile("[\0- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def is_unseen(character: str) -> bool:
    """Format and control characters, variation selectors, fillers."""
    code = ord(character)
    if unicodedata.category(character) in ("Cf", "Cc") or 0x13430 <= code <= 0x1343F:
        return True
    fillers = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, 0xFFA0}
    return code in fillers or 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF


def visible_symbols(text: str, latin: str = "run") -> list[str]:
    """As symbols_of, but every visible character is a symbol, and only the end of a line is a break.

    So are letters and digits that are no symbols: with latin "break", and runs that are too long.
    """
    symbols: list[str] = []
    i = 0
    while i < len(text):
        symbol, length = text[i], 1
        if LINE_END.match(text, i) or (latin == "break" and ONE_ALNUM.match(text, i)):
            symbol = ""
        elif latin == "run" and (run := RUN.match(text, i)):
            length = len(run[0])
            symbol = run[0] if length <= MAX_RUN else ""
        i += length
        if BLANK.fullmatch(symbol) or (len(symbol) == 1 and is_unseen(symbol)):
            continue
        if symbol or not symbols or symbols[-1]:
            symbols.append(symbol)
    return symbols


def sentences(texts: Iterable[str], mode: str, latin: str = "run") -> list[Ngram]:
    """The sentences of all texts, each from <s> to </s>; mode: "clause" or "line"."""
    split = {"clause": symbols_of, "line": visible_symbols}[mode]
    found: list[Ngram] = []
    for text in texts:
        current: list[str] = []
        for symbol in [*split(text, latin), ""]:
            if symbol:
                current.append(symbol)
            elif current:
                found.append((START, *current, END))
                current = []
    return found


def count_sentences(
    texts: Iterable[str], order: int, mode: str, latin: str = "run"
) -> Counter[Ngram]:
    """All n-grams of orders 1 .. order of the sentences."""
    counts: Counter[Ngram] = Counter()
    for sentence in sentences(texts, mode, latin):
        for n in range(1, order + 1):
            counts.update(zip(*(sentence[i:] for i in range(n)), strict=False))
    return counts
