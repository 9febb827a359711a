"""Numbers and their measure words, together or apart."""

from __future__ import annotations

import numpy as np
import pytest

from nlptools.segmentation.measures import counted
from nlptools.segmentation.methods import NUMERALS, open_cutter
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text import chars

GENERAL = Segmenter.load()
WORDS = {
    "三月": 9,
    "三名": 9,
    "一时": 9,
    "唯一": 9,
    "年级": 9,
    "月份": 9,
    "年": 9,
    "月": 9,
    "名": 9,
}


def cut(text: str, numerals: str) -> str:
    segmenter = Segmenter.from_counts(WORDS)
    segmenter.numerals = numerals
    return " ".join(segmenter.segment(text))


@pytest.mark.parametrize(
    ("text", "auto", "keep", "split"),
    [
        ("2016年", "2016 年", "2016年", "2016 年"),
        ("二〇一六年", "二〇一六 年", "二〇一六年", "二〇一六 年"),
        ("三月", "三月", "三月", "三 月"),
        ("三名", "三名", "三名", "三 名"),
        ("25名", "25 名", "25 名", "25 名"),
        ("7月份", "7 月份", "7月份", "7 月份"),
        ("第二十年", "第二十 年", "第二十 年", "第二十 年"),
        ("三年级", "三 年级", "三 年级", "三 年级"),
        ("唯一年", "唯一 年", "唯一 年", "唯一 年"),
        ("一时", "一时", "一时", "一时"),
        ("A4年", "A4 年", "A4 年", "A4 年"),
        ("年月", "年 月", "年 月", "年 月"),
        ("", "", "", ""),
    ],
)
def test_measure_words(text: str, auto: str, keep: str, split: str) -> None:
    assert [cut(text, numerals) for numerals in NUMERALS] == [auto, keep, split]


def test_another_text_beside() -> None:
    """Offsets are those of the whole text."""
    segmenter = Segmenter.from_counts(WORDS)
    segmenter.numerals = "keep"
    ends = segmenter.ends(chars.code_points("，2016年，🙂三月"))
    assert (np.flatnonzero(ends) + 1).tolist() == [1, 6, 7, 8, 10]


def test_open_cutter() -> None:
    assert open_cutter(numerals="keep").segment("1998年") == ["1998年"]
    assert open_cutter().numerals == "auto"
    with pytest.raises(ValueError, match="numerals must be one of auto, keep, split"):
        open_cutter(numerals="whole")


def test_numbers_with_measures_are_cut_evenly() -> None:
    """第二十条 is short enough to be learnt as a word, 第二十四条 is not: no model has either, a list of one's own may."""
    words = [
        "第二十条",
        "十二月",
        "三万元",
        "第一次",
        "第三方",
        "三七粉",
        "三月",
        "一百",
        "统一",
        "几个",
        "十",
    ]
    assert [w for w, flag in zip(words, counted(words), strict=True) if flag] == words[:4]
    assert counted([]).tolist() == []
    for text in ("第二十条", "第二十四条", "十二月", "二百五十三元"):
        assert len(GENERAL.segment(text)) == 2
        assert GENERAL.with_words([text]).segment(text) == [text]
        assert Segmenter.from_counts({text: 3}).segment(text) == [text]
