"""Names of folds -> the function that folds a text, and where text may be cut before folding."""

from __future__ import annotations

import functools
import importlib
import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from nlptools.errors import NlptoolsError, install_hint
from nlptools.text.chars import BREAK, DIGIT, HAN, LETTER, classes, code_points

# What NFKC may change: runs of anything but ASCII, Han and the usual punctuation. Those stay as
# they are and begin no composition; except ASCII (e + accent), so an ASCII character before is in.
NOT_NFKC = re.compile("[\x00-\x7f]?[^\x00-\x7f\u2014\u2018-\u201d\u3001-\u3011\u4e00-\u9fff]+")

# What a cut inside a line must see on both sides of it to know that folding does not reach across.
FOLD_CONTEXT = 32

Fold = Callable[[str], str]


def fold_text(text: str, names: Sequence[str]) -> str:
    """A text as a corpus with these folds gives it out.

    >>> fold_text("５Ｇ网络", ["nfkc", "lower"])
    '5g网络'
    """
    fold = _shared_folder(names if isinstance(names, str) else tuple(names))
    return text if fold is None else fold(text)


@functools.cache  # opencc takes 16 ms to begin, too long for each of many words
def _shared_folder(names: Sequence[str]) -> Fold | None:
    return folder(names)


def folder(names: Sequence[str]) -> Fold | None:
    """The function that applies the named folds in the order of FOLDS; None: nothing to do."""
    if isinstance(names, str):
        raise TypeError("fold must be a sequence of names, not one str")
    for name in names:
        if name not in FOLDS:
            raise ValueError(f"fold must be of {', '.join(FOLDS)}, not {name!r}")
    steps = [make() for name, make in _MAKERS.items() if name in names]
    if not steps:
        return None

    def fold(text: str) -> str:
        for step in steps:
            text = step(text)
        return text

    return fold


def fold_stops(fold: Fold, text: str, cut: int, clean: bool) -> bool:
    """Whether folding both sides of the cut alone gives the same as folding the whole, and it is a cut as before.

    clean: the character left of the cut is a break, else Han characters or one run lie on both sides. A fold may
    change what a character is: IV is letters, while the one sign for it is a break.
    """
    left, right = text[max(0, cut - FOLD_CONTEXT) : cut], text[cut : cut + FOLD_CONTEXT]
    if unicodedata.combining(unicodedata.normalize("NFKD", right[0])[0]):
        return False
    before, after = fold(left), fold(right)
    if fold(left + right) != before + after:
        return False
    last, first = classes(code_points(before[-1:] + after[:1])).tolist()
    if clean:
        return last == BREAK
    if last == HAN:
        return first == HAN
    return bool(np.isin(classes(code_points(before + after)), (LETTER, DIGIT)).all())


def _nfkc() -> Fold:
    return _compatible


def _compatible(text: str) -> str:
    """unicodedata.normalize("NFKC", text), six times faster on Chinese text."""
    for wide, narrow in zip("，：；？！（）", ",:;?!()", strict=True):
        text = text.replace(wide, narrow)
    return NOT_NFKC.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def _lower() -> Fold:
    # Alone: str.lower looks at the letters around a Σ, which may lie in another block.
    return lambda text: text.replace("Σ", "σ").lower()


def _t2s() -> Fold:
    try:
        opencc = importlib.import_module("opencc")
    except ImportError:
        raise NlptoolsError(
            "traditional to simplified (t2s) needs the module opencc", install_hint("zh")
        ) from None
    convert: Fold = opencc.OpenCC("t2s").convert
    return convert


# Name -> what makes the function that folds, in the order in which they are applied.
_MAKERS: dict[str, Callable[[], Fold]] = {"nfkc": _nfkc, "lower": _lower, "t2s": _t2s}
FOLDS = tuple(_MAKERS)
