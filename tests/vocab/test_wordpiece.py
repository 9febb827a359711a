"""BERT's rules: classes of characters, small letters, words and pieces, beside the slow twin."""

from __future__ import annotations

import unicodedata

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokencases import ANY, ODD, TEXTS

from nlptools.text import chars
from nlptools.vocab.wordpiece import (
    CJK,
    DROP,
    LONGEST_WORD,
    OTHER,
    PUNCTUATION,
    SPACE,
    basic_words,
    classes,
    fold_case,
    fold_codes,
    is_cjk,
    is_punctuation,
    is_word_character,
    word_pieces,
)


def class_of(character: str) -> int:
    return int(classes(chars.code_points(character))[0])


@pytest.mark.parametrize(
    ("kind", "characters"),
    [
        (CJK, "一龥㐀䶿\u9fff豈\ufaff\U00020000\U0002a6df\U0002a700\U0002b81f\U0002ceaf\U0002fa1f"),
        (PUNCTUATION, "!/:@[`{~$+<=>^|。，、“”（）·…—_－＿｟〜\u2010§¶\U00010100"),
        (SPACE, " \t\n\r\u3000\xa0\u1680\u2000\u2028\u2029\u202f\u205f"),
        (DROP, "\x00\x07\x0b\x0c\x1c\x7f\x85\xad\u200b\u200d\u200e\ufeff\ufffd\U000e0001"),
        # Signs beyond ASCII that are symbols, not punctuation; Han of later blocks; what is not assigned.
        (OTHER, "aZ09éßΣ가ᄒあ〇々￥＋＝～￥×°①½😀\U0002ceb0\U00030000\uf8ff\u0378\u0301\U0002a6e0"),
    ],
)  # fmt: skip
def test_classes_by_hand(kind: int, characters: str) -> None:
    assert {c: class_of(c) for c in characters} == dict.fromkeys(characters, kind)


def test_all_of_ascii() -> None:
    signs = [chr(c) for c in range(128) if is_punctuation(chr(c))]
    assert "".join(signs) == oracles.ASCII_SIGNS
    assert [chr(c) for c in range(128) if class_of(chr(c)) == SPACE] == ["\t", "\n", "\r", " "]
    assert sum(class_of(chr(c)) == DROP for c in range(128)) == 33 - 3  # 32 and DEL; three separate
    assert sum(class_of(chr(c)) == OTHER for c in range(128)) == 62


def slow_class(c: str) -> int:
    if oracles.CHINESE.match(c):
        return CJK
    if oracles.stands_alone(c):
        return PUNCTUATION
    if not c.strip() and not oracles.is_control(c):
        return SPACE
    return DROP if oracles.is_control(c) else OTHER


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30) | TEXTS)
def test_classes_are_those_of_the_slow_twin(text: str) -> None:
    assert classes(chars.code_points(text)).tolist() == list(map(slow_class, text))
    for c in text:
        assert is_cjk(c) == (slow_class(c) == CJK)
        assert is_word_character(c) == (slow_class(c) == OTHER)


def test_the_edges_of_every_range_of_han() -> None:
    """Every code point beside one where the class changes, over all planes."""
    codes = np.concatenate([np.arange(0x3300, 0x11000), np.arange(0x1FF00, 0x20100)])
    codes = np.concatenate([codes, np.arange(0x2A600, 0x2CF00), np.arange(0x2F700, 0x31500)])
    codes = codes[(codes < 0xD800) | (codes > 0xDFFF)]
    slow = [bool(oracles.CHINESE.match(chr(c))) for c in codes.tolist()]
    assert (classes(codes) == CJK).tolist() == slow
    assert sum(slow) > 30_000


# --- small letters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Café ÉCOLE", "cafe ecole"),
        ("İI", "ii"),  # İ becomes i and a dot above
        ("ẞß", "ßß"),  # not ss
        ("ΣΑΣ", "σας"),  # the last one of a word
        ("가각", "\u1100\u1161\u1100\u1161\u11a8"),
        ("Ａ①ﬁ", "ａ①ﬁ"),  # NFD, not NFKD
        ("が", "か"),  # U+3099 is a mark
        ("\u0301", ""),
        ("हिन्दी", "हिनदी"),  # vowel signs stay: they take room
        ("豈", "豈"),
        ("", ""),
    ],
)
def test_fold_by_hand(text: str, folded: str) -> None:
    assert fold_case(text) == folded


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30) | TEXTS)
@example("Σ" * 3 + "\u0301Σ. Σ'A")
def test_fold_is_that_of_the_slow_twin(text: str) -> None:
    folded = fold_case(text)
    assert folded == oracles.small_letters(text)
    codes, origin = fold_codes(text)
    assert chars.text_of(codes) == folded
    each = [oracles.small_letters(character) for character in text]
    places = [place for place, one in enumerate(each) for _ in one]
    assert (list(range(len(text))) if origin is None else origin.tolist()) == places
    assert fold_codes(folded)[0].tolist() == fold_codes(fold_case(folded))[0].tolist()


def spans_of(text: str) -> np.ndarray:
    """How many characters each becomes when it is folded."""
    origin = fold_codes(text)[1]
    assert origin is not None
    return np.bincount(origin, minlength=len(text))


def test_every_character_keeps_its_place() -> None:
    """Folded alone it is as long as in any text: offsets rest on it. All letters and marks but Han and most Hangul."""
    codes = [
        *range(0x3200),
        *range(0xA000, 0xAC80),
        *range(0xF900, 0x12000),
        *range(0x1D100, 0x1EA00),
    ]
    everything = "".join(map(chr, codes))
    spans = spans_of(everything)
    marks = np.array([unicodedata.category(c) == "Mn" for c in everything])
    assert (spans == 0).tolist() == marks.tolist()
    assert int(spans.sum()) == len(fold_codes(everything)[0])
    assert sorted(set(spans.tolist())) == [0, 1, 2, 3]


def test_what_stays_one_character_is_folded_as_by_itself() -> None:
    """No origin is told where places are the same; a sigma, marks that change places and what leaves the BMP are not so."""
    codes = [
        *range(0x3200),
        *range(0xA000, 0xAC00),
        *range(0xF900, 0xFA00),
        *range(0x1D400, 0x1E900),
    ]
    everything = "".join(map(chr, codes))
    alone = [
        c for c, span in zip(everything, spans_of(everything).tolist(), strict=True) if span == 1
    ]
    alone = [c for c in alone if c != "Σ" and not unicodedata.combining(c)]
    for text in ("".join(alone), "".join(c for c in alone if c <= "\uffff")):
        folded, origin = fold_codes(text)
        assert origin is None
        assert chars.text_of(folded) == fold_case(text) != text
        assert folded.dtype == chars.code_points(fold_case(text)).dtype
    assert fold_codes("\ufacf天")[0].tolist() == [0x2284A, ord("天")]


# --- words and pieces ------------------------------------------------------------------------


def test_basic_words_by_hand() -> None:
    text = "天气 so nice! a\x00b \u200b《U.S.》\u3000x\u2028y"
    found = list(basic_words(text))
    assert " ".join(word for word, _, _ in found) == "天 气 so nice ! ab 《 U . S . 》 x y"
    assert {word: text[start:stop] for word, start, stop in found}["ab"] == "a\x00b"
    assert list(basic_words("")) == list(basic_words(" \u200b\n")) == []


@settings(max_examples=150, deadline=None)
@given(TEXTS | ANY)
def test_basic_words_are_those_of_the_slow_twin(text: str) -> None:
    found = list(basic_words(text))
    assert [word for word, _, _ in found] == oracles.bert_words(text)
    end = 0
    for word, start, stop in found:
        assert end <= start < stop
        assert "".join(c for c in text[start:stop] if not oracles.is_control(c)) == word
        end = stop


PIECES = st.sets(
    st.text("ab", min_size=1, max_size=4).flatmap(lambda t: st.sampled_from([t, f"##{t}"]))
)


@settings(max_examples=150, deadline=None)
@given(st.text("ab#", max_size=10), PIECES)
def test_pieces_are_those_of_the_slow_twin(word: str, tokens: set[str]) -> None:
    found = word_pieces(word, tokens)
    slow = oracles.longest_pieces(word, tokens)
    if found is None:
        assert slow == [word]
    else:
        assert found == (slow if word else [])
        assert "".join(p.removeprefix("##") if i else p for i, p in enumerate(found)) == word


def test_pieces_by_hand() -> None:
    tokens = {"un", "unh", "##happy", "##ha", "##p", "#", "###", "a", "##a"}
    assert word_pieces("unhappy", tokens) is None  # unh is longer, and then nothing fits
    assert word_pieces("un", tokens) == ["un"]
    assert word_pieces("unha", {*tokens} - {"unh"}) == ["un", "##ha"]
    assert word_pieces("##", tokens) == ["#", "###"]  # the sign itself, then its piece
    assert word_pieces("x", tokens) is None
    assert word_pieces("a" * LONGEST_WORD, tokens) == ["a", *["##a"] * (LONGEST_WORD - 1)]
    assert word_pieces("a" * (LONGEST_WORD + 1), tokens) is None


def test_the_odd_characters_have_every_class() -> None:
    """Or the texts that are drawn from them would test little."""
    assert {class_of(c) for c in ODD} == {SPACE, DROP, CJK, PUNCTUATION, OTHER}
    assert set(spans_of(ODD).tolist()) == {0, 1, 2, 3}
