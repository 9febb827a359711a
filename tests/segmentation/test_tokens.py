"""The rule for tokens, character by character, and that tokens give back their text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars
from nlptools.text.chars import SPACES

# No numerals, and signs that join nothing but themselves; tests/segmentation/test_cells.py has the others.
JOINING = "/／-－_'—·∶:*⁄\u0f0b\u0f0c\u05f4：,，@+−℃℉"
JOINING += "".join(map(chr, range(0x1F1E6, 0x1F200)))  # letters of flags
JOINING += "第数几点分〇零○一二三四五六七八九十百千万亿两廿卅壹贰叁肆伍陆柒捌玖拾佰仟"
TEXT = st.text(
    st.characters(exclude_categories=["Cn", "Cs"], exclude_characters=JOINING), max_size=60
) | st.text(
    st.sampled_from(
        "天地玄黄𠮷葛Ab5éДカ．.%％‰，。…～ \t\n\r\u3000\u2028\0😀👍🏽❤\ufe0f\u0301\u200d\U000e0100"
    ),
    max_size=60,
)


class Single(Cutter):
    """Every Han character is a word."""

    def cut(self, ids: np.ndarray) -> np.ndarray:
        return np.ones(len(ids), bool)


class Glue(Cutter):
    """What lies between two breaks is a word."""

    def cut(self, ids: np.ndarray) -> np.ndarray:
        return (ids == 0) | (np.append(ids[1:], 0) == 0)


def single(text: str, symbols: Iterable[str] = ()) -> list[str]:
    return Single(symbols).segment(text)


def glued(text: str, symbols: Iterable[str] = ()) -> list[str]:
    return Glue(symbols).segment(text)


# --- the rule --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("天地", "天 地"),
        ("T恤K8s", "T 恤 K8s"),
        ("３Ｇ网", "３Ｇ 网"),
        ("βγ-αé", "βγ-αé"),
        ("3.14", "3.14"),
        ("３．１４", "３．１４"),
        ("1.2.3.4", "1.2.3.4"),
        ("a.b", "a.b"),
        ("3.", "3 ."),
        (".5", ". 5"),
        ("3..5", "3 .. 5"),
        ("3.天", "3 . 天"),
        ("50%", "50%"),
        ("50%的", "50% 的"),
        ("50.5％", "50.5％"),
        ("3‰", "3‰"),
        ("%5", "% 5"),
        ("5%%", "5%%"),
        ("天%", "天 %"),
        ("3-4", "3-4"),
        ("C++", "C ++"),
        ("——", "——"),
        ("……", "……"),
        ("！！？", "！！ ？"),
        ("天天……！", "天 天 …… ！"),
        ("a_b@c", "a_b @ c"),
        ("〇㐀𠮷豈", "〇 㐀 𠮷 豈"),
        ("あい한", "あい한"),
        ("\0\0天", "\0\0 天"),
        ("e\u0301", "e\u0301"),
        ("天\ufe00地", "天\ufe00 地"),
        ("葛\U000e0100城", "葛\U000e0100 城"),
        ("😀😀👍", "😀😀 👍"),
        ("👍🏽天", "👍🏽 天"),
        ("❤️‍🔥", "❤️‍🔥"),
        ("👨‍👩‍👧👨", "👨‍👩‍👧 👨"),
        ("天\u200d😀", "天\u200d 😀"),
        ("a\u200d😀", "a\u200d 😀"),
        ("😀\u200d天", "😀\u200d 天"),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    assert single(text) == tokens.split(" ")
    assert single(f"天，{text}，天") == ["天", "，", *tokens.split(" "), "，", "天"]


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("天 地", ["天", " ", "地"]),
        ("a  \t\n\n\r\nb", ["a", "  ", "\t", "\n\n", "\r", "\n", "b"]),
        ("天\u3000\u3000地", ["天", "\u3000\u3000", "地"]),
        ("天\u2028地\x85", ["天", "\u2028", "地", "\x85"]),
        # White space stays white space, whatever follows.
        ("天 \u0301地", ["天", " ", "\u0301", "地"]),
        ("\n\ufe0f", ["\n", "\ufe0f"]),
    ],
)
def test_white_space(text: str, tokens: list[str]) -> None:
    assert single(text) == tokens


def test_a_mark_with_nothing_before_it() -> None:
    assert single("\u0301天") == ["\u0301", "天"]


def test_white_space_is_what_python_says() -> None:
    assert set(SPACES) == {chr(code) for code in range(0x110000) if chr(code).isspace()}


def test_nothing() -> None:
    assert single("") == glued("") == []
    assert Single([]).ends(chars.code_points("")).tolist() == []


def twin(text: str) -> list[str]:
    """The rule in words: tokens of text in which every Han character is one. Without forms of numbers."""
    tokens: list[str] = []
    for i, character in enumerate(text):
        if tokens and _belongs(text, i, character):
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens


# Format characters that stand before or between others, and belong to nothing.
ALONE = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u200b\U000110bd\U000110cd"


def _is_mark(character: str) -> bool:
    if re.match(f"[{ALONE}]", character):
        return False
    return unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf") or "🏻" <= character <= "🏿"


def _is_word(text: str, i: int) -> bool:
    return 0 <= i < len(text) and bool(oracles.ONE_ALNUM.match(text[i])) and not _is_mark(text[i])


def _is_other(character: str) -> bool:
    return not (
        character.isspace()
        or _is_mark(character)
        or character in ".．%％‰"
        or oracles.ONE_HAN.match(character)
        or _is_word(character, 0)
    )


def _bare(text: str) -> tuple[str, list[int]]:
    """The text without the marks that stand on something, and where its characters stood."""
    places: list[int] = []
    for i, character in enumerate(text):
        if not i or not _is_mark(character) or text[i - 1].isspace():
            places.append(i)
    return "".join(text[i] for i in places), places


def _belongs(text: str, i: int, character: str) -> bool:
    if _is_mark(character) and not text[i - 1].isspace():
        return True
    bare, places = _bare(text)
    k = places.index(i)
    before = bare[k - 1]
    if oracles.ONE_HAN.match(character):
        return False
    if character == before:
        return True
    if text[i - 1] == "\u200d" and places[k - 1] < i - 1 and _is_other(character):
        return _is_other(before)
    if character in ".．" and _is_word(bare, k - 1):
        return _is_word(bare, k + 1)
    if before in ".．" and _is_word(bare, k):
        return _is_word(bare, k - 2)
    return _is_word(bare, k - 1) and (_is_word(bare, k) or character in "%％‰")


@settings(max_examples=400)
@given(TEXT)
@example("1.2.3")
@example("2026年3月1.5％")
@example("👨‍👩‍👧‍👦")
def test_the_rule(text: str) -> None:
    assert single(text) == twin(text)


# --- the frame -------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    TEXT, st.lists(st.sampled_from(["天", "𠮷", "A", "Ab5", "5.5%", "葛\U000e0100"]), unique=True)
)
def test_tokens_give_back_the_text(text: str, symbols: list[str]) -> None:
    for cutter in (Single(symbols), Glue(symbols)):
        tokens = cutter.segment(text)
        assert "".join(tokens) == text
        assert "" not in tokens
        ends = cutter.ends(chars.code_points(text))
        assert (np.flatnonzero(ends) + 1).tolist() == np.cumsum([len(t) for t in tokens]).tolist()


def glued_twin(text: str) -> list[str]:
    tokens: list[str] = []
    for token in twin(text):
        if tokens and oracles.ONE_HAN.match(token) and oracles.ONE_HAN.match(tokens[-1]):
            tokens[-1] += token
        else:
            tokens.append(token)
    return tokens


@settings(max_examples=200)
@given(TEXT)
def test_a_method_sees_whole_stretches_of_han(text: str) -> None:
    """And no less of them where something else than the method differs: marks, symbols, an emoji far away."""
    expected = glued_twin(text)
    assert glued(text) == expected
    assert glued(text, ["天", "Zzz"]) == expected
    assert glued(f"{text}，😀") == [*glued_twin(f"{text}，"), "😀"]


def test_a_mark_does_not_part_a_word() -> None:
    assert glued("葛\ufe00城") == glued("葛\ufe00城", ["Zzz"]) == ["葛\ufe00城"]
    assert glued("葛\U000e0100城") == ["葛\U000e0100城"]


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("用K8s集群", "用K8s集群"),
        ("用k8s集群", "用k8s集群"),
        ("用k9s集群", "用 k9s 集群"),
        ("用K8s的，K8s", "用K8s的 ， K8s"),
        ("AK8s集", "AK8s 集"),
        ("K8s：集", "K8s ： 集"),
        ("涨5.5%了", "涨5.5%了"),
        ("涨5.5了", "涨 5.5 了"),
    ],
)
def test_runs_that_a_method_knows(text: str, tokens: str) -> None:
    """A known run of letters and digits is a symbol among Han characters, another one is a break."""
    assert glued(text, ["K8s", "5.5%", "集"]) == tokens.split(" ")


def test_ids() -> None:
    """From 1 in the order of the symbols, 0 for a break, the last one for all other Han characters."""
    seen: list[list[int]] = []

    class Spy(Cutter):
        def cut(self, ids: np.ndarray) -> np.ndarray:
            seen.append(ids.tolist())
            return np.ones(len(ids), bool)

    Spy(["地", "𠮷"]).segment("天地，𠮷𠮸\n")
    Spy(["地", "K8s"]).segment("天地K8s集K")
    Spy([]).segment("天a")
    assert seen == [[3, 1, 0, 2, 3, 0], [3, 1, 2, 3, 0], [1, 0]]


@pytest.mark.parametrize("size", [0xFFFE, 0xFFFF, 0x10000, 70_000])
def test_many_symbols(size: int) -> None:
    """Ids outgrow 16 bits where there are many symbols."""
    symbols = [chr(0x20000 + i) for i in range(size - 1)] + ["天"]
    found: list[int] = []

    class Spy(Cutter):
        def cut(self, ids: np.ndarray) -> np.ndarray:
            found.extend(ids.tolist())
            return np.ones(len(ids), bool)

    Spy(symbols).segment("天地，")
    assert found == [size, size + 1, 0]


def test_a_method_has_to_cut() -> None:
    with pytest.raises(NotImplementedError):
        Cutter([]).segment("天")


# --- code points -----------------------------------------------------------------------------


@given(st.text())
def test_code_points_and_back(text: str) -> None:
    codes = chars.code_points(text)
    assert codes.tolist() == [ord(character) for character in text]
    assert (codes.dtype == np.uint16) == (max(text, default="") < "\U00010000")
    assert chars.text_of(codes) == text


@pytest.mark.parametrize("units", [[], [0x5929], [0x5929, 0x20BB7], [0xD800], [0xDC00, 0xD800]])
def test_text_of(units: Sequence[int]) -> None:
    text = "".join(map(chr, units))
    assert chars.text_of(chars.code_points(text)) == text
