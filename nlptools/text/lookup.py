"""Code points -> those under which words are looked up: case, width, traditional form; one for one, so places stay.

A segmenter looks up T恤, t恤 and Ｔ恤 as one word, 電腦 and 电脑 too, and gives out the text as it stands. Where a
corpus is folded (folding.py), the text itself becomes another one.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nlptools.text import chars, unicode_pairs
from nlptools.text.folding import FOLDS

# What OpenCC's t2s makes of each character alone: traditional.md. For cutting that is as good as OpenCC on whole
# texts, which looks at phrases (docs/decisions.md).
TABLE = Path(__file__).with_name("traditional.txt")
# What OpenCC changes in phrases alone. Both the words and the text are folded, so 著名 is found as well as 看著:
# +.0016 on a novel in the characters of Taiwan, no other development set changes by more than .0004.
VARIANTS = ("著瞭藉彷甦", "着了借仿苏")


class Lookup:
    """Folds code points for looking up; the result has the same length.

    names: of FOLDS; what a fold makes longer or shorter (㎏, İ) stays as it is, as does what is not a letter, a
    digit or a Han character. t2s goes by single characters.
    """

    def __init__(self, names: Sequence[str]) -> None:
        """Raises ValueError for other names, TypeError for one str."""
        if isinstance(names, str):
            raise TypeError("fold must be a sequence of names, not one str")
        for name in names:
            if name not in FOLDS:
                raise ValueError(f"fold must be of {', '.join(FOLDS)}, not {name!r}")
        self.names = tuple(name for name in FOLDS if name in names)
        # By code point, of those below 0x10000.
        self.table = np.arange(0x10000, dtype=np.uint16)
        for name in self.names:
            self.table = _TABLES[name]()[self.table]

    def __repr__(self) -> str:
        return f"Lookup({self.names!r})"

    def codes(self, codes: np.ndarray) -> np.ndarray:
        """Code points (chars.code_points) as they are looked up, of the same type."""
        if codes.dtype == np.uint16:
            return np.take(self.table, codes)
        low = np.take(self.table, np.minimum(codes, 0xFFFF))
        return np.where(codes > 0xFFFF, codes, low)

    def text(self, text: str) -> str:
        """A text as it is looked up.

        >>> lookup(("nfkc", "lower", "t2s")).text("Ｔ恤，電腦")
        't恤，电脑'
        """
        return chars.text_of(self.codes(chars.code_points(text)))

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Many short texts at once."""
        given = "".join(texts)
        whole = self.text(given)
        if whole == given:
            return list(texts)
        stops = itertools.accumulate(map(len, texts), initial=0)
        return [whole[start:stop] for start, stop in itertools.pairwise(stops)]


@functools.cache
def lookup(names: tuple[str, ...]) -> Lookup:
    """The one of these folds: there are few, and each has tables of its own."""
    return Lookup(names)


def lookup_for(symbols: Iterable[str], fold: Sequence[str] | None = None) -> Lookup:
    """What a method looks its symbols up by. fold: names of FOLDS; None: all, but t2s if they are mostly traditional.

    Statistics of 後 and 后 cannot be put together, where the words of a list can.
    """
    if fold is not None:
        return lookup(fold if isinstance(fold, str) else tuple(fold))
    kept = tuple(name for name in FOLDS if name != "t2s")
    return lookup(kept if mostly_traditional("".join(symbols)) else FOLDS)


def count_scripts(text: str) -> tuple[int, int]:
    """How many of its characters are traditional ones, and how many are simplified and nothing else."""
    kinds = np.take(_scripts(), np.minimum(chars.code_points(text), 0xFFFF))
    return int(np.count_nonzero(kinds == 1)), int(np.count_nonzero(kinds == 2))


def mostly_traditional(text: str) -> bool:
    """Whether more of its characters are traditional than simplified.

    >>> mostly_traditional("電腦"), mostly_traditional("电脑"), mostly_traditional("人")
    (True, False, False)
    """
    traditional, simplified = count_scripts(text)
    return traditional > simplified


@functools.cache
def traditional_pairs() -> tuple[str, str]:
    """The traditional characters, and the simplified one of each, in the same order."""
    _, _, pairs = TABLE.read_text(encoding="utf-8").partition("\n")
    return pairs[0::4], pairs[2::4]  # each line is a character, a space, a character


@functools.cache
def _scripts() -> np.ndarray:
    """By code point: 1 traditional, 2 only simplified, 0 both or neither; uint8."""
    traditional, simplified = traditional_pairs()
    # Many simplified forms are traditional characters, too (后, 干): Big5, which Taiwan writes with, has those.
    both = simplified.encode("big5", "ignore").decode("big5")
    scripts = np.zeros(0x10000, np.uint8)
    scripts[chars.code_points(simplified)] = 2
    scripts[chars.code_points(both)] = 0
    scripts[chars.code_points(traditional)] = 1
    return scripts


# --- tables: code point -> code point, uint16 --------------------------------------------------


@functools.cache
def _width_table() -> np.ndarray:
    return _table_of(unicode_pairs.WIDTH)


@functools.cache
def _case_table() -> np.ndarray:
    return _table_of(unicode_pairs.CASE)


@functools.cache
def _simplified_table() -> np.ndarray:
    table = _table_of(traditional_pairs(), VARIANTS)
    return table[table]  # 薴 is 苧, and 苧 is 苎


def _table_of(*folds: tuple[str, str]) -> np.ndarray:
    """folds: characters, and what each of them becomes."""
    table = np.arange(0x10000, dtype=np.uint16)
    for characters, folded in folds:
        table[chars.code_points(characters)] = chars.code_points(folded)
    return table


_TABLES = {"nfkc": _width_table, "lower": _case_table, "t2s": _simplified_table}
