"""Where jieba cuts without its HMM, a block at a time, beside jieba itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jiebacases import KNOWN, jieba_with
from tokencases import corpus_lines, installed_jieba, real_jieba

from nlptools.errors import DataError, NlptoolsError
from nlptools.segmentation.jieba import JiebaDictionary
from nlptools.segmentation.jiebawords import JiebaWords
from nlptools.text import chars


def cut(by: JiebaWords, text: str) -> list[str]:
    """The words; the numbers are those of words of the dictionary, all that are there."""
    ends, words = by.cut(chars.code_points(text))
    assert (ends.dtype, words.dtype) == (bool, np.int32)
    assert len(ends) == len(words) == len(text)
    found, start = [], 0
    for stop in (np.flatnonzero(ends) + 1).tolist():
        found.append(text[start:stop])
        number = int(words[stop - 1])
        assert number < 0 or by.words[number] == found[-1]
        start = stop
    assert start == len(text)
    return found


def made_from(folder: Path, frequencies: dict[str, int]) -> JiebaWords:
    path = folder / "dict.txt"
    path.write_text("".join(f"{w} {n} n\n" for w, n in frequencies.items()), "utf-8", newline="")
    return JiebaWords(path)


@pytest.fixture(scope="module")
def installed() -> JiebaWords:
    return installed_jieba()


TRICKY = (
    "CT检查，PM2.5 a\r\nb 3D打印·。",
    "\r\n\r\n\n\r\r\n x\r",
    "ＰＭ２．５　全角，ABC　１２３",
    "😀👍🏽今天😀天气\U00020000㐀〇",
    "a+b#c&d.e_f%g-h++C#.NET 100%_x-y -- ..",
    "T恤 AA制 卡拉OK 阿Q正传 B超 3D",
    "A" * 300 + "天" + "1" * 300,
    "龥\u9fd5\u9fd6\u9fff䶿",  # jieba's Han end at U+9FD5
    "\x00\u200b\ufeff\u2028\x85\x1c天\x0c气",
    "",
    " ",
    "+",
    "a",
    "今天天气非常好。我们在国家图书馆学习自然语言处理",
)


@pytest.mark.parametrize("text", TRICKY)
def test_tricky_texts(installed: JiebaWords, text: str) -> None:
    assert cut(installed, text) == real_jieba().lcut(text, HMM=False)


def test_by_hand(installed: JiebaWords) -> None:
    assert cut(installed, "今天天气非常好。") == ["今天天气", "非常", "好", "。"]
    assert cut(installed, "CT检查3D打印\r\n") == ["CT", "检查", "3D", "打印", "\r\n"]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["今天", "天气", "非常", "研究生", "生命", "的", "是", "一个", "中华人民共和国", "AA制", "龘", "犇", "驫"]
        )
        | st.text("今天气的一不了人国研究生命龘犇aA1.+-#&_%· \r\n，", min_size=1, max_size=4)
        | st.characters(exclude_categories=["Cs"]),
        max_size=12,
    ).map("".join)
)  # fmt: skip
def test_any_text_with_the_dictionary_of_jieba(text: str) -> None:
    assert cut(installed_jieba(), text) == real_jieba().lcut(text, HMM=False)


@settings(max_examples=120, deadline=None)
@given(KNOWN, st.text("一丁七aA1.· \n\r，𠀀", max_size=24))
@example({"一一": 1, "丁": 3}, "一" * 9 + "丁")
@example({"aA": 5, "1": 2, ".": 1}, "aA1aAa1.a")
def test_any_dictionary(
    tmp_path_factory: pytest.TempPathFactory, known: dict[str, int], text: str
) -> None:
    """Small ones are full of ties and of characters without an entry."""
    by = made_from(tmp_path_factory.mktemp("dict"), known)
    assert cut(by, text) == jieba_with(known).lcut(text, HMM=False)
    assert cut(by, text) == JiebaDictionary(known).cut(text)


def test_ties(tmp_path: Path) -> None:
    """16/30 * 1/30 and 4/30 * 4/30 are equal: the longer first word is taken."""
    known = {"研究": 4, "研究生": 16, "生命": 4, "起源": 6}
    assert cut(made_from(tmp_path, known), "研究生命起源") == ["研究生", "命", "起源"]
    for more in range(200):  # equal but for roundings, which are those of jieba's own sums
        known["起源"] = more
        theirs = jieba_with(known).lcut("研究生命起源", HMM=False)
        assert cut(made_from(tmp_path, known), "研究生命起源") == theirs
    assert cut(made_from(tmp_path, {**known, "生命": 5}), "研究生命起源") == [
        "研究",
        "生命",
        "起源",
    ]


def test_long_runs(installed: JiebaWords) -> None:
    """Longer than what is cut at a time, without any break, with and without words across its gaps."""
    theirs = real_jieba()
    novel = "".join(re.findall("[\u4e00-\u9fd5]+", "".join(TRICKY))) * 400
    for text in (novel, "x1" * 5000, "的" * 6000 + "是" * 6000, "1.5%" * 3000 + "今天" * 3000):
        assert len(text) > 2 * 4096
        assert cut(installed, text) == theirs.lcut(text, HMM=False)


def test_a_long_run_of_a_word_that_overlaps_itself(tmp_path: Path) -> None:
    """No gap is free, so it is cut anywhere; the characters come back, and are words or single."""
    known = {"一一": 3, "一一一一": 2, "丁": 1}
    found = cut(made_from(tmp_path, known), "一" * 9001 + "丁")
    assert "".join(found) == "一" * 9001 + "丁"
    assert set(found) <= {"一", "一一", "一一一一", "丁"}
    assert found.count("一") <= 3


@pytest.mark.parametrize(
    ("corpus", "most"), [("msra_raw", 500), ("weibo_trend_2022", 3000), ("pingcap_docs_cn", 3000)]
)
def test_corpora(installed: JiebaWords, corpus: str, most: int) -> None:
    """News, microblogs, technical documents: as one text, and line by line."""
    lines = corpus_lines(corpus, most)
    text = "\r\n".join(lines)
    theirs: Any = real_jieba()
    expected = theirs.lcut(text, HMM=False)
    assert len(expected) > 11_000
    assert cut(installed, text) == expected
    assert [w for line in lines[:100] for w in cut(installed, line)] == [
        w for line in lines[:100] for w in theirs.lcut(line, HMM=False)
    ]


# --- dictionaries ----------------------------------------------------------------------------


def test_the_last_of_two_lines_holds_and_both_are_in_the_total(tmp_path: Path) -> None:
    path = tmp_path / "dict.txt"
    path.write_bytes("云计算 5 n\r\n云 7\n云计算 3 n\n计 0 n\n".encode())
    by = JiebaWords(path)
    assert by.words == ["云计算", "云"]
    assert cut(by, "云计算云计") == ["云计算", "云", "计"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("云 7 n\n云计算 x n\n", "dict.txt:2: not a line `word frequency"),
        ("云 7 n\n云计算\n", "dict.txt:2: not a line `word frequency"),
        ("云 7 n\n云计算 -3 n\n", "dict.txt:2: not a line `word frequency"),
        ("云 7 n\n\n", "dict.txt:2: not a line `word frequency"),
        ("云 0 n\n", "dict.txt: no words with a frequency"),
        ("", "dict.txt: no words with a frequency"),
        (b"\xff 3\n", "dict.txt:1: not a line `word frequency"),
        (None, "dict.txt: no such file"),
    ],
)
def test_what_is_no_dictionary(tmp_path: Path, content: str | bytes | None, problem: str) -> None:
    path = tmp_path / "dict.txt"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError, match=re.escape(problem)) as caught:
        JiebaWords(path)
    assert "--jieba-dict" in str(caught.value.hint)


def test_without_jieba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NlptoolsError, match="jieba is not installed"):
        JiebaWords()
