"""Look-up of code points: what is folded, that places stay, that the table is what OpenCC says of each character."""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.text import chars
from nlptools.text.folding import FOLDS
from nlptools.text.lookup import (
    VARIANTS,
    Lookup,
    count_scripts,
    lookup,
    lookup_for,
    mostly_traditional,
    traditional_pairs,
)


@pytest.mark.parametrize(
    "names, text, folded",
    [
        (["nfkc"], "Ｔ恤ｶ５", "T恤カ5"),
        (["nfkc"], "\uf979", "凉"),
        (["lower"], "T恤 ΣΟΦΟΣ ÉЖ", "t恤 σοφοσ éж"),
        (["lower"], "Ｔ", "ｔ"),
        (["t2s"], "電腦，T𠮷", "电脑，T𠮷"),
        (["t2s"], "看著著名", "看着着名"),  # both the words and the text
        (["lower", "nfkc"], "Ｔ", "t"),
        (FOLDS, "Ｋ線圖", "k线图"),
        ([], "Ｋ線圖", "Ｋ線圖"),
        # What becomes longer, what becomes another kind of character.
        (FOLDS, "㎏①⼈Ⅳİ…（", "㎏①⼈Ⅳİ…（"),
    ],
)
def test_by_hand(names: list[str], text: str, folded: str) -> None:
    assert lookup(tuple(names)).text(text) == folded


@given(st.text(max_size=30))
def test_places_stay(text: str) -> None:
    every = lookup(FOLDS)
    folded = every.text(text)
    assert len(folded) == len(text)
    assert every.text(folded) == folded
    for before, after in zip(text, folded, strict=True):
        assert chars.is_han(before) == chars.is_han(after)
        assert every.text(before) == after


def test_case_and_width_are_those_of_the_corpus_fold() -> None:
    """Of each letter alone, where that is one character."""
    table = lookup(("nfkc", "lower")).table
    for code in [*range(0x21, 0x250), *range(0x370, 0x530), *range(0xFF01, 0xFFEF)]:
        one = chr(code)
        expected = unicodedata.normalize("NFKC", one).replace("Σ", "σ").lower()
        if len(expected) == 1 and one.isalnum() and expected.isalpha() and one.isalpha():
            assert chr(table[code]) == expected


@pytest.mark.parametrize(
    "name, fold",
    [
        ("nfkc", lambda one: unicodedata.normalize("NFKC", one)),
        ("lower", lambda one: one.replace("Σ", "σ").lower()),
    ],
)
def test_width_and_case_are_those_of_unicode(name: str, fold: Callable[[str], str]) -> None:
    """Of all characters that this Python knows; bin/unicode-tables may know more."""

    def kind(one: str) -> str:
        return "Han" if chars.is_han(one) else "run" if one.isalpha() or one.isdecimal() else one

    every = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    known = [one for one in every if unicodedata.category(one) != "Cn"]
    folded = [fold(one) for one in known]
    expected = [
        made if len(made) == 1 and made < "\U00010000" and kind(made) == kind(one) else one
        for one, made in zip(known, folded, strict=True)
    ]
    assert lookup((name,)).text("".join(known)) == "".join(expected)


def test_many_at_once() -> None:
    texts = ["", "電", "Ａ股", ""]
    assert lookup(FOLDS).texts(texts) == ["", "电", "a股", ""]


def test_wide_code_points_stay_wide() -> None:
    codes = chars.code_points("電𠮷")
    assert codes.dtype == np.uint32
    assert lookup(FOLDS).codes(codes).dtype == np.uint32


def test_wrong_names() -> None:
    with pytest.raises(ValueError, match="fold must be of nfkc, lower, t2s, not 'nfd'"):
        Lookup(["nfd"])
    with pytest.raises(TypeError, match="not one str"):
        lookup_for([], "lower")


@pytest.mark.parametrize(
    "words, traditional",
    [
        (["電腦", "学校"], True),  # 電 and 腦 against 学
        (["电脑", "學校"], False),
        (["乾隆", "电"], False),
        (["人", "天"], False),
        ([], False),
    ],
)
def test_of_which_script_words_are(words: list[str], traditional: bool) -> None:
    assert mostly_traditional("".join(words)) == traditional
    assert lookup_for(words).names == (FOLDS[:2] if traditional else FOLDS)  # of a language model
    assert lookup_for(words, ["t2s"]).names == ("t2s",)


def test_what_both_scripts_have_is_not_counted() -> None:
    """后 and 干 are traditional characters, too; 著 is also a simplified one."""
    assert count_scripts("后干著名") == (0, 0)
    assert count_scripts("後幹爱") == (2, 1)


def test_the_table() -> None:
    traditional, simplified = traditional_pairs()
    assert len(traditional) == len(simplified) == len(set(traditional)) > 3000
    assert all(map(chars.is_han, traditional + simplified))
    assert not set(VARIANTS[0]) & set(traditional)


@pytest.mark.skipif(not importlib.util.find_spec("opencc"), reason="no opencc: bin/setup zh")
def test_the_table_is_that_of_opencc() -> None:
    """Another version may know more characters, and hardly others."""
    import opencc

    traditional, simplified = traditional_pairs()
    made = opencc.OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    differ = sum(a != b for a, b in zip(made, simplified, strict=True))
    assert differ <= len(simplified) // 50
