"""Text -> symbols: the classes of characters, runs of letters and digits, ids, canonical order."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.ngrams.alphabet import symbol_order
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.symbols import (
    LATIN_MODES,
    SymbolEncoder,
    split_symbols,
)
from nlptools.text import chars
from nlptools.text.corpus import Corpus

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
    found = chars.classes(codes)
    small = codes[codes < 0x10000].astype(np.uint16)
    assert chars.classes(small).tobytes() == found[: len(small)].tobytes()
    # The tables may be of a later version of Unicode than Python's.
    given = np.array(
        [
            kind != 0 or unicodedata.category(c) != "Cn"
            for kind, c in zip(expected, text, strict=True)
        ]
    )
    assert found[given].tobytes() == np.frombuffer(expected, np.uint8)[given].tobytes()
    assert (found == chars.HAN).tolist() == list(map(chars.is_han, text))


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
            assert unicodedata.category(character)[0] == "N", name
        if unicodedata.category(character) == "Nd":
            assert kind == chars.DIGIT, name
        if kind == chars.LETTER:
            assert unicodedata.category(character)[0] in "LMNS", name


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
        ("한あ😀𝐀", ["한あ", "", "𝐀"]),
        ("用カラオケ机", ["用", "カラオケ", "机"]),
        ("Д-12型สวัสดี", ["Д-12", "型", "สวัสดี"]),
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
    order, symbols = encoder.in_order(np.arange(1, len(encoder)))
    assert sorted(order.tolist()) == list(range(1, len(encoder)))
    assert symbols == encoder.texts(order)
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


def test_unknown_mode() -> None:
    with pytest.raises(ValueError, match="latin must be one of run, char, break, not 'word'"):
        SymbolEncoder("word")


# --- language models: every visible character, and lines -------------------------------------

VISIBLE = st.text(
    st.sampled_from(
        CHARACTERS + "\r\x85\x7f\x1f\u2028\u2009\u200b\u2019“”《》…—🀄👩‍🦰カｶ각ᄀ\ue000\U000e0100"
    ),
    max_size=30,
)


def visible(text: str, latin: str = "run", encoder: SymbolEncoder | None = None) -> list[str]:
    """The symbols of a text for a language model, "" for a break."""
    encoder = encoder or SymbolEncoder(latin, "line")
    ids = encoder.encode(text)
    texts = iter(encoder.texts(ids[ids > 0]))
    return [next(texts) if i else "" for i in ids.tolist()]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("你好，世界！", ["你", "好", "，", "世", "界", "！"]),
        ("5G网络，PM2.5。", ["5G", "网", "络", "，", "PM2.5", "。"]),
        ("#iPhone15# a.b.", ["#", "iPhone15", "#", "a.b", "."]),
        ("天 地\u3000玄\t黄\xa0", ["天", "地", "玄", "黄"]),
        ("a b  C++ +", ["a", "b", "C++", "+"]),
        ("天\n地\r\n玄\r黄", ["天", "", "地", "", "玄", "", "黄"]),
        ("한あカｶ😀𝐀", ["한あカｶ", "😀", "𝐀"]),
        ("𠮷😀豈〇", ["𠮷", "😀", "豈", "〇"]),
        ("👩‍🦰", ["👩", "🦰"]),
        ("天\x00\x1c\x85\u2028地", ["天", "地"]),
        ("天\x7f气\ufeff\u200b好\xad，\u202e", ["天", "气", "好", "，"]),
        ("❤\ufe0f葛\U000e0100㈱\u3164\U000e0041", ["❤", "葛", "㈱"]),
        ("……", ["…", "…"]),
        ("<s>", ["<", "s", ">"]),
        (" \n ", [""]),
        ("   ", []),
        ("", []),
    ],
)
def test_lines_by_hand(text: str, symbols: list[str]) -> None:
    assert collapsed(visible(text)) == symbols
    assert oracles.visible_symbols(text) == symbols


def test_lines_in_other_latin_modes() -> None:
    assert visible("5G网C++。", "char") == ["5", "G", "网", "C", "+", "+", "。"]
    assert collapsed(visible("5G网C++。", "break")) == ["", "网", "", "+", "+", "。"]


@settings(max_examples=200, deadline=None)
@given(VISIBLE | TEXTS | SIGNS, st.sampled_from(LATIN_MODES))
@example("a" * 65 + "，𠮷", "run")
@example("，" + "a" * 64 + " " + "b" * 65, "run")
@example("a😀b", "run")
def test_lines_are_those_of_the_oracle(text: str, latin: str) -> None:
    assert collapsed(visible(text, latin)) == oracles.visible_symbols(text, latin)


@settings(max_examples=100, deadline=None)
@given(VISIBLE, st.sampled_from(LATIN_MODES))
def test_clauses_are_those_without_sentences(text: str, latin: str) -> None:
    encoder = SymbolEncoder(latin, "clause")
    ids = encoder.encode(text)
    texts = iter(encoder.texts(ids[ids > 0]))
    assert [next(texts) if i else "" for i in ids.tolist()] == split_symbols(text, latin)
    assert not {encoder.start, encoder.end} & set(ids.tolist())


@pytest.mark.parametrize("latin", LATIN_MODES)
def test_every_character_of_the_bmp(latin: str) -> None:
    """Each in its own line, and all at once."""
    codes = (code for code in range(0x10000) if not 0xD800 <= code < 0xE000)
    # What Python does not know may be a letter of a later version of Unicode.
    characters = [c for c in map(chr, codes) if unicodedata.category(c) != "Cn"]
    expected: list[str] = []
    for character in characters:
        own = oracles.visible_symbols(character, latin)
        expected += [*own, ""] if own != [""] else [""]
    assert collapsed(visible("\n".join(characters), latin)) == collapsed(expected[:-1])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(VISIBLE, max_size=4), st.sampled_from(LATIN_MODES), st.sampled_from(["clause", "line"])
)
def test_ids_and_texts_with_sentences(texts: list[str], latin: str, mode: str) -> None:
    encoder = SymbolEncoder(latin, mode)
    assert encoder.texts(np.array([encoder.start, encoder.end])) == ["<s>", "</s>"]
    scanned = [encoder.scan(text) for text in texts]  # all, before any has its names
    ids = np.concatenate([np.zeros(0, np.int64), *map(encoder.name, scanned)])
    ids = ids[ids > 0]
    symbols = encoder.texts(ids)
    assert encoder.ids(symbols).tolist() == ids.tolist()
    known = [*symbols, "<s>", "</s>"]
    assert len(set(encoder.ids(known).tolist())) == len(set(known))
    # What has a fixed id has it always; any other strange symbol has none yet, nor has white space.
    strangers = ["never seen", "", "a b", "<unk>", " ", "\n", "\u3000", "\U0001f9ff", "각각"]
    assert not encoder.ids(strangers).any()
    assert (encoder.ids(["，", "☆"]) > 0).all() == (mode == "line")
    # The canonical order of all that have an id.
    order, names = encoder.in_order(np.arange(1, len(encoder)))
    assert sorted(order.tolist()) == list(range(1, len(encoder)))
    assert names == encoder.texts(order)
    assert names == sorted(names, key=symbol_order)
    assert len(set(names)) == len(names)
    assert {"<s>", "</s>", *symbols} <= set(names)


def test_canonical_order_with_signs() -> None:
    symbols = ["，", "a", "𠮷", "<s>", "。", "天", "</s>", "😀", "あ", "!", "豈", "각"]
    expected = ["天", "豈", "𠮷", "!", "</s>", "<s>", "a", "。", "あ", "각", "，", "😀"]
    assert sorted(symbols, key=symbol_order) == expected
    encoder = SymbolEncoder("char", "line")
    encoder.encode("".join(s for s in symbols if s not in ("<s>", "</s>")))
    assert encoder.in_order(np.sort(encoder.ids(expected)))[1] == expected


def test_visible_ids_grow_beyond_16_bits() -> None:
    """More characters without a fixed id than 16 bits have left."""
    characters = "".join(
        map(
            chr,
            [
                *range(0xAC00, 0xD7A4),
                *range(0xE000, 0xF8FF),
                *range(0x10000, 0x11000),
                *range(0x11100, 0x13000),
            ],
        )
    )
    encoder = SymbolEncoder("char", "line")
    assert encoder.encode("天，각").dtype == np.uint16
    ids = encoder.encode("天，" + characters)
    assert ids.dtype == np.uint32
    assert len(encoder) > 0xFFFD
    assert encoder.texts(ids) == ["天", "，", *characters]
    assert encoder.encode("天，각").tolist() == ids[[0, 1, 3]].tolist()


def test_line_ends_may_be_symbols() -> None:
    encoder = SymbolEncoder("char", "line", lines=True)
    ids = encoder.encode("天\n\n，\r\na")
    assert encoder.texts(ids[ids > 0]) == ["天", "\n", "\n", "，", "\n", "a"]
    assert ids.tolist().count(encoder.line) == 3
    assert encoder.line == encoder.ids(["\n"])[0] > 0
    assert SymbolEncoder("char", "line").line == 0


@settings(max_examples=60, deadline=None)
@given(VISIBLE, st.sampled_from(LATIN_MODES))
def test_other_numbers(text: str, latin: str) -> None:
    """The ids of another vocabulary: of fixed symbols by a table, of the others by their names."""
    encoder = SymbolEncoder(latin, "line")
    known = ["天", "，", "aB", "a", "😀", "𠮷"]
    table = np.zeros(1 << 16, np.int64)
    numbers = {symbol: i for i, symbol in enumerate(known, 1)}
    fixed = encoder.ids(known)
    table[fixed[fixed > 0]] = np.flatnonzero(fixed) + 1
    scanned = encoder.scan(text)
    found = scanned.numbered(table, numbers)
    expected = [numbers.get(symbol, 0) for symbol in visible(text, latin, encoder)]
    assert found.tolist() == expected


def test_unknown_sentences() -> None:
    with pytest.raises(ValueError, match="sentences must be one of none, clause, line, not 'word'"):
        SymbolEncoder("run", "word")


def test_what_is_not_seen_is_what_unicode_says() -> None:
    """Every format and control character, the fillers and the variation selectors; nothing that is drawn."""
    listed = {code for first, last in chars.INVISIBLE_RANGES for code in range(first, last + 1)}
    unseen = {
        code
        for code in range(0x110000)
        if unicodedata.category(chr(code)) == "Cf"
        or (
            unicodedata.category(chr(code)) == "Cc"
            and code > 0x7E
            and chr(code) not in chars.SPACES
        )
    }
    others = listed - unseen
    assert unseen <= listed
    assert all(unicodedata.category(chr(code)) in ("Mn", "Lo", "Cn") for code in others)
    assert len(others) < 300
    for code in sorted(listed):
        assert visible(f"天{chr(code)}地") == ["天", "地"], hex(code)
