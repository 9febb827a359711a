"""Cells: number forms, addresses, numerals of Han characters, scripts; the expression and the arrays agree."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.segmentation import forms
from nlptools.segmentation.cells import cells, joined_to_last
from nlptools.segmentation.kinds import kinds_of
from nlptools.text import chars, unicode_ranges

HAN = "天地人一二三十百千万亿几数第点分之两○零壹伍拾统唯星期周年月日刻千瓦米个𠮷"
SIGNS = "0159９０aBwＷhé．.,，:：∶/／-－_'—·*%％‰℃+−@~ \n。…（)"
OTHERS = "カДㄅ한सि्ุཀ་\u0301\ufe0f\u200d\u20e3😀👍🏽🇨🇳🏴\U000e0067\U000e007f𝐀𝟙①²㎏\u0660\ud83d\ude00"
TEXTS = (
    st.text(st.sampled_from(HAN + SIGNS), max_size=20)
    | st.text(st.sampled_from(HAN + SIGNS + OTHERS), max_size=20)
    | st.text(st.sampled_from(HAN), max_size=20)
    | st.text(st.sampled_from("www.a:/@-+0_"), max_size=20)
    | st.text(max_size=20)
)


def by_arrays(text: str) -> list[str]:
    codes = chars.code_points(text)
    starts = np.flatnonzero(~joined_to_last(codes, kinds_of(codes))).tolist()
    return [text[a:b] for a, b in itertools.pairwise([*starts, len(text)])]


@settings(max_examples=1500)
@given(TEXTS)
@example("a. http://b.cn/?x=1，中")
@example("🇨🇨🇨🇳1️⃣")
@example("二○三万千瓦一一")
@example("的第十二条、五十万个、周三十点、一一，第一一，50万亿元，3亿万，万亿5，第第5")
@example("天apt-get、/etc/hosts -l -1 --a a-/b a- ./a www.a-b 第3-1 a_b.c/d-e")
def test_both_ways_agree(text: str) -> None:
    found = cells(text)
    assert found == by_arrays(text)
    assert "".join(found) == text
    assert "" not in found


@settings(max_examples=300)
@given(TEXTS, TEXTS)
def test_a_line_does_not_look_at_the_next(text: str, other: str) -> None:
    """Nothing far away changes a cell, be it a mark or an emoji."""
    between = "。\n天\n"
    if text[-1:] == "。" or other[:1] == "\n":
        return
    assert by_arrays(f"{text}{between}{other}") == [
        *by_arrays(text),
        *("。", "\n", "天", "\n"),
        *by_arrays(f"\n天\n{other}")[3:],
    ]


def check(text: str, expected: str) -> None:
    assert cells(text) == by_arrays(text) == expected.split("|")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("占7/12强", "占|7/12|强"),
        ("占７／１２", "占|７／１２"),
        ("约24,800人", "约|24,800|人"),
        ("约２４，８００人", "约|２４，８００|人"),
        ("第1,2,34页", "第1|,|2|,|34|页"),
        ("1,234,567.89元", "1,234,567.89|元"),
        ("9，600", "9|，|600"),
        ("08:15到", "08:15|到"),
        ("８：１５：３０到", "８：１５：３０|到"),
        ("答：15岁", "答|：|15|岁"),
        ("比分４∶１", "比|分|４∶１"),
        ("6·4％", "6·4％"),
        ("６·４％", "６·４％"),
        ("2019-4-30晚", "2019-4-30|晚"),
        ("2019/4/30", "2019/4/30"),
        ("2019.4.30", "2019.4.30"),
        ("０－２负", "０|－|２|负"),
        ("6~8倍", "6|~|8|倍"),
        ("6×8", "6|×|8"),
        ("6*8", "6*8"),
        ("6、8", "6|、|8"),
        ("021-55667788", "021-55667788"),
        ("+86-13900001111", "+86-13900001111"),
        ("5+8", "5|+|8"),
        ("2e-6", "2e-6"),
        ("升温-8℃", "升|温|-8℃"),
        ("（-8）", "（|-8|）"),
        ("周日-8点", "周|日|-|8|点"),
        ("8.5℃", "8.5℃"),
        ("MIG-29机", "MIG-29|机"),
        ("ＭＩＧ－２９", "ＭＩＧ－２９"),
        ("ＡＢ－ＣＤ", "ＡＢ|－|ＣＤ"),
        ("10w-40机油", "10w-40|机|油"),
        ("state-of-the-art", "state-of-the-art"),
        ("it's", "it's"),
        ("snake_case", "snake_case"),
        ("7mg/dL高", "7mg/dL|高"),
        ("km/h", "km/h"),
        ("R&D", "R|&|D"),
        ("v2.0.1和10.0.0.1", "v2.0.1|和|10.0.0.1"),
        ("3.5‰", "3.5‰"),
        ("1200万元", "1200万|元"),
        ("1.5万亿美元", "1.5万亿|美|元"),
        ("60万千瓦", "60万|千|瓦"),
        ("写信给li.lei@mail.test.cn。", "写|信|给|li.lei@mail.test.cn|。"),
        ("见http://test.cn/x?y=1&z=%20。", "见|http://test.cn/x?y=1&z=%20|。"),
        ("(https://test.cn/a_b).", "(|https://test.cn/a_b|)|."),
        ("https://test.cn/路", "https://test.cn/|路"),
        ("www.test.cn/a?b，好", "www.test.cn/a?b|，|好"),
        ("://x", ":|//|x"),
        ("a--b", "a|--|b"),
    ],
)
def test_forms_of_numbers(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("第四十七条", "第四十七|条"),
        ("第三人", "第三|人"),
        ("二〇一六年", "二〇一六|年"),
        ("二○○八年", "二○○八|年"),
        ("六月二十四日", "六|月|二十四|日"),
        ("七点四五万亿", "七点四五万亿"),
        ("十一点四十分", "十一|点|四十|分"),
        ("八点六分", "八|点|六|分"),
        ("一点一滴", "一|点|一|滴"),
        ("百分之六十七点八", "百分之六十七点八"),
        ("七分之三", "七分之三"),
        ("几分之一", "几分之一"),
        ("十分高兴", "十|分|高|兴"),
        ("几十万人", "几十万|人"),
        ("数百人", "数百|人"),
        ("参数十分多", "参|数|十|分|多"),
        ("十几个", "十几|个"),
        ("二三百里", "二三百|里"),
        ("两三天", "两三|天"),
        ("八百两银", "八百|两|银"),
        ("三万千瓦", "三万|千|瓦"),
        ("统一百货", "统|一|百|货"),
        ("唯一一次", "唯|一|一|次"),
        ("星期三十点", "星|期|三|十|点"),
        ("逐一一说", "逐|一|一|说"),
        ("陆拾叁万元", "陆拾叁万|元"),
        ("收拾伍", "收|拾伍"),
        ("大陆一些", "大|陆|一|些"),
    ],
)
def test_numerals_of_han_characters(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(
    "word",
    [
        "Спасибо",
        "ё1",
        "テスト",
        "てすと",
        "ﾃｽﾄﾞ",
        "감사",
        "مرحبا",
        "שבת",
        "ขอบคุณ",
        "धन्यवाद",
        "བཀྲ་ཤིས",
        "монгол",
        "ᠮᠣᠷᠢ",
        "Ελλάς",
        "ճաշ",
        "გმადლობ",
        "ㄊㄚ˙",
        "ˈwɔːtə",
        "m²",
        "a₁b₂",
        "½",
        "2½",
        "Ⅻ",
        "8㎎",
        "℡",
        "𝒙𝟗",
        "③",
        "Ⓑ",
        "éà",
        "xǐng",
        "नी\u200dम",
        "👩\u200d🚀",
        "👍🏿",
        "🏴\U000e0067\U000e0062\U000e007f",
        "🇫🇷",
        "2️⃣",
        "葛︀",
    ],
)
def test_one_cell(word: str) -> None:
    assert cells(word) == by_arrays(word) == [word]
    text = f"天，{word}。地"
    assert cells(text) == by_arrays(text) == ["天", "，", word, "。", "地"]
    assert cells(f"好{word}好") == ["好", word, "好"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("🇫🇷🇩🇪🇮", "🇫🇷|🇩🇪|🇮"),
        ("🇫🇫🇫🇫", "🇫🇫|🇫🇫"),
        ("①②③", "①|②|③"),
        ("㊀", "㊀"),
        ("佐々木", "佐|々|木"),
        ("用の字", "用|の|字"),
        ("བཀྲ་", "བཀྲ|་"),
        ("ジャック・ロンドン", "ジャック|・|ロンドン"),
    ],
)
def test_what_is_not_one(text: str, expected: str) -> None:
    check(text, expected)


def test_the_tables_name_their_version() -> None:
    assert int(unicode_ranges.VERSION.split(".")[0]) >= 17
    for name in ("LETTERS", "DIGITS", "MARKS", "VOWELS"):
        row = getattr(unicode_ranges, name)
        assert list(row) == sorted(row)
        assert len(row) % 2 == 0


@pytest.mark.parametrize(
    "text",
    [
        "三万五千元",
        "几百数千",
        "二十一点",
        "十二点三",
        "百分之二十点五",
        "贰拾万元",
        "两万亿",
        "大陆",
        "数百万人",
    ],
)
def test_traditional_numerals_are_numerals(text: str) -> None:
    """Cut at the same places, each cell as it stands."""
    traditional = text.translate({s: t for t, s in forms.TRADITIONAL.items()})
    assert traditional != text
    assert list(map(len, cells(traditional))) == list(map(len, cells(text)))
    assert "".join(cells(traditional)) == traditional
    assert by_arrays(traditional) == cells(traditional)
