"""Text -> symbols: the classes of characters, runs of letters and digits, ids, canonical order."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools import chars
from nlptools.corpus import Corpus
from nlptools.counting import count_ngrams
from nlptools.symbols import LATIN_MODES, Alphabet, SymbolEncoder, split_symbols, symbol_order

# Every class, BMP and beyond, and what looks like one of them and is not.
CHARACTERS = "天地玄黄〇㐀豈𠮷𪚥aBzéβＡｂ057９.-_&'．+＋#＃ ，。\n\t·😀𝐀한あ\u3000\ufeff\ufffd\x00"
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=30)
SIGNS = st.text(st.sampled_from("aB5天.-+#&， "), max_size=16)


def collapsed(symbols: list[str]) -> list[str]:
    """One "" for each stretch of them, for how many breaks stand together means nothing."""
    return [s for i, s in enumerate(symbols) if s or not i or symbols[i - 1]]


# --- character classes -----------------------------------------------------------------------


def test_classes_are_those_of_the_oracle() -> None:
    text = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    expected = bytearray(len(text))
    for pattern, kind in (
        (oracles.HAN, chars.HAN),
        (oracles.LETTER, chars.LETTER),
        (oracles.DIGIT, chars.DIGIT),
        (oracles.JOINS, chars.CONNECTOR),
        (oracles.PLUS, chars.PLUS),
        (oracles.SHARP, chars.SHARP),
    ):
        for found in re.finditer(f"[{pattern}]", text):
            expected[found.start()] = kind
    codes = np.array([ord(c) for c in text], np.uint32)
    assert chars.classes(codes).tobytes() == bytes(expected)
    small = codes[codes < 0x10000].astype(np.uint16)
    assert chars.classes(small).tobytes() == bytes(expected[: len(small)])
    assert [kind == chars.HAN for kind in expected] == list(map(chars.is_han, text))


def test_classes_agree_with_unicode() -> None:
    kinds = chars.classes(np.arange(0x40000, dtype=np.uint32)).tolist()
    for code, kind in enumerate(kinds):
        character = chr(code)
        name = unicodedata.name(character, "")
        if not name:  # not assigned yet
            continue
        if name.startswith(("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH")):
            assert kind == chars.HAN, name
        elif kind == chars.HAN:
            assert name == "IDEOGRAPHIC NUMBER ZERO"
        if kind == chars.DIGIT:
            assert unicodedata.category(character) == "Nd", name
        if kind == chars.LETTER:
            assert name.startswith(("LATIN", "GREEK", "COPTIC", "FULLWIDTH LATIN")), name
            assert code == 0x3F6 or unicodedata.category(character)[0] == "L", name


@settings(max_examples=50, deadline=None)
@given(TEXTS)
def test_code_points(text: str) -> None:
    codes = chars.code_points(text)
    assert codes.tolist() == list(map(ord, text))
    assert (codes.dtype == np.uint32) == any(ord(c) > 0xFFFF for c in text)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sampled_from([1, 700]))
def test_find_cut(text: str, repeat: int) -> None:
    text *= repeat  # also longer than one window of the search
    known = oracles.HAN + oracles.ALNUM + oracles.JOINS + oracles.PLUS + oracles.SHARP
    breaks = [found.end() for found in re.finditer(f"[^{known}]", text)]
    pairs = [found.end() for found in re.finditer(f"[{oracles.HAN}](?=[{oracles.HAN}])", text)]
    if breaks:
        assert chars.find_cut(text) == (breaks[-1], True)
    else:
        # The last 130 characters are letters and digits: both sides of the cut stay too long.
        endless = re.search(f"[{oracles.ALNUM}]{{{2 * chars.MAX_RUN + 2}}}$", text)
        last = len(text) - chars.MAX_RUN - 1 if endless else 0
        assert chars.find_cut(text) == (pairs[-1] if pairs else last, False)


@pytest.mark.parametrize("latin", LATIN_MODES)
def test_runs_without_end_are_cut_and_count_the_same(latin: str) -> None:
    texts = ["天地" + "ab1" * 400 + "玄，" + "C" * 65 + "黄" + "d" * 64 + "宇"]
    whole = count_ngrams(Corpus.from_texts(texts), order=3, latin=latin, workers=1)
    corpus = Corpus.from_texts(texts, block_size=150)
    assert max(len(block.text) for block in corpus.blocks()) < 600
    assert dict(count_ngrams(corpus, order=3, latin=latin, workers=1).items()) == dict(
        whole.items()
    )


# --- text -> symbols -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("5G网络", ["5G", "网", "络"]),
        ("PM2.5超标", ["PM2.5", "超", "标"]),
        ("GPT-4、R&D，don't", ["GPT-4", "", "R&D", "", "don't"]),
        ("学C++。Notepad++ 18+", ["学", "C++", "", "Notepad++", "", "18+"]),
        ("a+b a++b a+++b", ["a+b", "", "a++b", "", "a++", "", "b"]),
        ("C#和F#5", ["C#", "和", "F#5"]),
        ("#iPhone15# #C# AC# .C#", ["", "iPhone15", "", "C", "", "AC", "", "C", ""]),
        ("a.b. .c c..d 天.地", ["a.b", "", "c", "", "c", "", "d", "", "天", "", "地"]),
        ("a+.b C#.net C#+", ["a+", "", "b", "", "C#", "", "net", "", "C#", ""]),
        ("𠮷A𠮷5.6𠮷𠮷", ["𠮷", "A", "𠮷", "5.6", "𠮷", "𠮷"]),
        ("二〇二六年β受体ＡＢＣ", ["二", "〇", "二", "六", "年", "β", "受", "体", "ＡＢＣ"]),
        ("天 地\n玄\u3000黄", ["天", "", "地", "", "玄", "", "黄"]),
        ("한あ😀𝐀", [""]),
        ("", []),
    ],
)
def test_runs_by_hand(text: str, symbols: list[str]) -> None:
    assert collapsed(split_symbols(text)) == symbols
    assert oracles.symbols_of(text) == symbols


@pytest.mark.parametrize("around", ["", "天", "𠮷", " "])
def test_a_run_of_64_is_a_symbol_and_one_of_65_a_break(around: str) -> None:
    edge = [around.strip()] if around else []
    for run in ("x" * 64, "1." * 31 + "1+"):
        assert len(run) <= 64
        assert collapsed(split_symbols(around + run + around)) == [*edge, run, *edge]
    for run in ("x" * 65, "1." * 32 + "1", "x" * 63 + "++", "x" * 100_000):
        assert len(run) > 64
        got = collapsed(split_symbols(f"{around}{run}{around}"))
        assert got == collapsed([*edge, "", *edge])


@settings(max_examples=300, deadline=None)
@given(TEXTS | SIGNS, st.sampled_from(LATIN_MODES))
@example("#", "run")
@example("a" * 65 + "𠮷", "run")
def test_symbols_are_those_of_the_oracle(text: str, latin: str) -> None:
    assert collapsed(split_symbols(text, latin)) == oracles.symbols_of(text, latin)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXTS, max_size=4), st.sampled_from(LATIN_MODES))
def test_a_symbol_has_one_id_in_all_texts(texts: list[str], latin: str) -> None:
    encoder = SymbolEncoder(latin)
    scanned = [encoder.scan(text) for text in texts]  # all, before any has its names
    known: dict[int, str] = {}
    for text, one in zip(texts, scanned, strict=True):
        ids = encoder.name(one)
        for number, symbol in zip(ids.tolist(), split_symbols(text, latin), strict=True):
            assert known.setdefault(number, symbol) == symbol
    assert len(set(known.values())) == len(known)
    assert max(known, default=0) < len(encoder)


@settings(max_examples=50, deadline=None)
@given(TEXTS, st.sampled_from(LATIN_MODES))
def test_ids_in_order(text: str, latin: str) -> None:
    encoder = SymbolEncoder(latin)
    encoder.encode(text)
    order, place = encoder.in_order()
    assert order[0] == place[0] == 0
    assert np.array_equal(place[order], np.arange(len(encoder)))
    symbols = encoder.texts(order[1:])
    assert symbols == sorted(symbols, key=symbol_order)
    assert len(symbols) == len(set(symbols))


def test_ids_grow_beyond_16_bits() -> None:
    names = [f"n{i}" for i in range(70_000)]
    encoder = SymbolEncoder()
    first = encoder.encode(" ".join(names[:100]))
    assert first.dtype == np.uint16
    ids = encoder.encode("天 " + " ".join(names))
    assert ids.dtype == np.uint32
    assert encoder.texts(ids[ids > 0]) == ["天", *names]
    assert ids[ids > 0][1:101].tolist() == first[first > 0].tolist()


def test_canonical_order_is_han_then_runs() -> None:
    symbols = ["B", "a", "𠮷", "天", "10", "β", "一", "豈"]
    assert sorted(symbols, key=symbol_order) == ["一", "天", "豈", "𠮷", "10", "B", "a", "β"]


def test_alphabet() -> None:
    alphabet = Alphabet(("天", "地"))
    assert alphabet.ids(["地", "玄", "天", ""]).tolist() == [2, -1, 1, -1]
    assert len(alphabet) == 2
    union = Alphabet.union([alphabet, Alphabet(("A", "天")), Alphabet(())])
    assert union.symbols == ("地", "天", "A")
    assert Alphabet.union([alphabet]) is alphabet


def test_unknown_mode() -> None:
    with pytest.raises(ValueError, match="latin must be one of run, char, break, not 'word'"):
        SymbolEncoder("word")
