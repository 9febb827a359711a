"""Text -> words and word pieces by BERT's rules, and the classes of characters that these rest on.

The rules are those of bert4keras' Tokenizer, which made WoBERT's vocabulary and texts (kexue.fm/archives/7758):
Han characters and punctuation stand alone, white space separates, control characters are left out,
and what remains are words, cut into the longest pieces that a vocabulary has.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterator

import numpy as np

from nlptools.text import chars

SPACE, DROP, CJK, PUNCTUATION, OTHER = range(1, 6)
CONTINUED = "##"  # begins the token of a piece that is not the first of its word
LONGEST_WORD = 200  # characters; bert4keras' word_maxlen: a longer word is unknown as a whole

# What BERT counts as Chinese: not 〇, nor the extensions from F on.
CJK_RANGES = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)
_MARK = 0x10  # a bit beside the class: a combining mark, left out where case is folded
_CODES = 0x110000
_LINE_END = 0x0A
_BESIDE = 0x80  # a bit beside the span: what it becomes is not one character, or depends on its neighbours
_SIGMA = 0x3A3  # at the end of a word it becomes another one


def is_cjk(character: str) -> bool:
    """Whether BERT sets one character apart as Chinese."""
    code = ord(character)
    return any(first <= code <= last for first, last in CJK_RANGES)


def is_punctuation(character: str) -> bool:
    """Whether BERT sets one character apart as punctuation: all of ASCII's signs, and Unicode's category P."""
    code = ord(character)
    if code < 0x80:
        return 33 <= code <= 126 and not character.isalnum()
    return unicodedata.category(character).startswith("P")


def is_word_character(character: str) -> bool:
    """Whether one character is part of a word, not set apart, left out or white space."""
    return _class_of(ord(character)) & (_MARK - 1) == OTHER


def _class_of(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    if is_cjk(character):
        return CJK
    if is_punctuation(character):
        return PUNCTUATION
    # BERT names Zs and these three; str.split, which comes after, parts at Zl and Zp too.
    if category.startswith("Z") or character in "\t\n\r":
        return SPACE
    if category in ("Cc", "Cf") or code == 0xFFFD:
        return DROP
    return OTHER | (_MARK if category == "Mn" else 0)


def _distinct(codes: np.ndarray) -> np.ndarray:
    """As np.unique, which imports numpy.ma: 15 ms of a command."""
    ordered = np.sort(codes)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])]


class _Classes:
    """Classes of code points, each asked for once: there are few in a text, and 1,114,112 in all."""

    def __init__(self) -> None:
        self._known = np.zeros(_CODES, np.uint8)  # class and mark; 0: not asked for yet
        for first, last in CJK_RANGES:
            self._known[first : last + 1] = CJK
        # How many characters it becomes when case is folded, + 1, and _BESIDE; the only one of them.
        self._spans = np.zeros(_CODES, np.uint8)
        self._folded = np.zeros(_CODES, np.uint32)
        self._narrow = np.zeros(0x10000, np.uint16)

    def of(self, codes: np.ndarray) -> np.ndarray:
        found = np.take(self._known, codes)
        if not found.all():
            for code in _distinct(codes[found == 0]).tolist():
                self._known[code] = _class_of(code)
            found = np.take(self._known, codes)
        return found

    def fold(self, codes: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
        """(the code points folded, None where not each becomes one, whatever stands beside it; how many characters each
        becomes by `fold_case`, uint8: 0 for combining marks).
        """
        found = np.take(self._spans, codes)
        if not found.all():
            self._ask(_distinct(codes[found == 0]))
            found = np.take(self._spans, codes)
        if np.any(found != 2):
            return None, (found & np.uint8(_BESIDE - 1)) - np.uint8(1)
        if codes.dtype == np.uint16:
            return np.take(self._narrow, codes), found
        folded = np.take(self._folded, codes)
        return folded if np.any(folded > 0xFFFF) else folded.astype(np.uint16), found

    def _ask(self, new: np.ndarray) -> None:
        """What code points become, all at once, each in a line of its own: one after another takes 20 us each."""
        self._narrow[_LINE_END] = self._folded[_LINE_END] = _LINE_END
        self._spans[_LINE_END] = 2
        codes = new[new != _LINE_END].tolist()
        lines = fold_case("\n".join(map(chr, codes))).split("\n")
        for code, made in zip(codes, lines, strict=bool(codes)):
            one = len(made) == 1 and code != _SIGMA and not unicodedata.combining(made)
            if one and (code > 0xFFFF or made <= "\uffff"):
                self._folded[code] = ord(made)
                if code <= 0xFFFF:
                    self._narrow[code] = ord(made)
                self._spans[code] = 2
            else:
                self._spans[code] = (len(made) + 1) | _BESIDE


_classes = _Classes()


def classes(codes: np.ndarray) -> np.ndarray:
    """SPACE, DROP, CJK, PUNCTUATION or OTHER for each code point, uint8."""
    return _classes.of(codes) & np.uint8(_MARK - 1)


def fold_codes(text: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(code points, as chars.code_points, of the text in small letters, without accents; the place in the text of
    each of them, None where they are the same).
    """
    given = chars.code_points(text)
    folded, spans = _classes.fold(given)
    if folded is not None:
        return folded, None
    return _folded(text), np.repeat(np.arange(len(given)), spans)


def _folded(text: str) -> np.ndarray:
    lowered = text.lower()
    if not unicodedata.is_normalized("NFD", lowered):
        lowered = unicodedata.normalize("NFD", lowered)
    codes = chars.code_points(lowered)
    marks = _classes.of(codes) & np.uint8(_MARK)
    return codes[marks == 0] if marks.any() else codes


def fold_case(text: str) -> str:
    """The text in small letters, without accents: BERT's do_lower_case.

    >>> fold_case("Café ÉCOLE")
    'cafe ecole'
    """
    return chars.text_of(_folded(text))


def basic_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Words of a text: (word, start, stop). Case is not folded here; inside a word characters may be left out.

    >>> [word for word, _, _ in basic_words("天气 nice!")]
    ['天', '气', 'nice', '!']
    """
    word, start, stop = "", 0, 0
    for place, (character, kind) in enumerate(
        zip(text, classes(chars.code_points(text)).tolist(), strict=True)
    ):
        if kind == OTHER:
            start = start if word else place
            word += character
            stop = place + 1
            continue
        if kind == DROP:
            continue
        if word:
            yield word, start, stop
            word = ""
        if kind != SPACE:
            yield character, place, place + 1
    if word:
        yield word, start, stop


def word_pieces(
    word: str, tokens: Container[str], longest: int = LONGEST_WORD + len(CONTINUED)
) -> list[str] | None:
    """The longest piece that `tokens` has, then the longest of what is left, ...; None: not all is found.

    longest: characters of a token, ## counted, which need not be looked for in longer pieces.

    >>> word_pieces("unhappy", {"un", "##happy", "##hap"})
    ['un', '##happy']
    """
    if len(word) > LONGEST_WORD:
        return None
    pieces: list[str] = []
    start, rest = 0, word
    while len(rest) > start:
        for stop in range(min(len(rest), longest), start, -1):
            if rest[:stop] in tokens:
                break
        else:
            return None
        pieces.append(rest[:stop])
        rest = CONTINUED + rest[stop:]
        start = len(CONTINUED)
    return pieces
