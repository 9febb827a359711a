"""jieba's arithmetic: what it cuts, and the smallest frequencies that win; beside jieba itself where it is installed."""

from __future__ import annotations

import io
import itertools
import math
import random
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jiebacases import INSIDE, KNOWN, import_jieba, jieba_with
from tokencases import corpus_lines, installed_jieba, real_jieba

from nlptools.errors import DataError, NlptoolsError
from nlptools.review.winning import frequencies_for_any_part
from nlptools.segmentation import jieba as jiebacut
from nlptools.segmentation.jieba import (
    OUTSIDE,
    JiebaDictionary,
    JiebaWords,
    find_dictionary,
    winning_frequencies,
)
from nlptools.text import chars

# --- cutting -----------------------------------------------------------------------------------


def test_by_hand() -> None:
    """Total 16: 研究生|命 has 2/16 * 1/16, 研究|生命 has 4/16 * 4/16."""
    known = JiebaDictionary({"研究": 4, "研究生": 2, "生命": 4, "起源": 6})
    assert known.total == 16
    assert known.frequencies["研"] == 0
    assert known.route("研究生命起源") == ["研究", "生命", "起源"]
    # 16/30 * 1/30 and 4/30 * 4/30 are equal: the longer first word is taken.
    even = JiebaDictionary({"研究": 4, "研究生": 16, "生命": 4, "起源": 6})
    assert even.route("研究生命起源") == ["研究生", "命", "起源"]
    more = known.with_words({"研究生": 16})
    assert (more.total, more.frequencies["研究生"]) == (16 + 16, 16)
    assert (known.total, known.frequencies["研究生"]) == (16, 2)  # that was a copy


def test_letters_digits_and_the_rest() -> None:
    known = JiebaDictionary({"检查": 3, "3D": 1})
    assert known.cut("CT检查，PM2.5 a\r\nb 3D打印·。") == [
        *("CT", "检查", "，", "PM2", ".", "5", " ", "a", "\r\n", "b", " "),
        *("3D", "打", "印", "·", "。"),
    ]
    assert known.cut("") == []
    assert not known.is_one_word("CT")  # one word without the HMM, and two places in the graph
    assert not known.is_one_word("检 查")
    assert known.is_one_word("检查")


@settings(max_examples=300, deadline=None)
@given(KNOWN, st.text("一丁七aA1.· \n\r，", max_size=14))
def test_cut_is_that_of_jieba(known: dict[str, int], text: str) -> None:
    theirs, ours = jieba_with(known), JiebaDictionary(known)
    assert (ours.frequencies, ours.total) == (theirs.FREQ, theirs.total)
    assert ours.cut(text) == theirs.lcut(text, HMM=False)


@settings(max_examples=300, deadline=None)
@given(KNOWN, INSIDE)
def test_one_word_is_one_for_jieba(known: dict[str, int], word: str) -> None:
    """With the HMM and without; the other way round there are words of letters, which both leave whole."""
    theirs = jieba_with({**known, word: 1})
    if JiebaDictionary(known).with_words({word: 1}).is_one_word(word):
        assert theirs.lcut(word, HMM=False) == [word]
        assert theirs.lcut(word, HMM=True) == [word]
    elif not set(word) & set("aA1"):
        assert len(theirs.lcut(word, HMM=False)) > 1


# --- a block of text at a time ------------------------------------------------------------------


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


def test_blocks_by_hand(installed: JiebaWords) -> None:
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


def test_ties_in_blocks(tmp_path: Path) -> None:
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


# --- dictionaries of JiebaWords -----------------------------------------------------------------


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


# --- files ---------------------------------------------------------------------------------------


def test_load(tmp_path: Path) -> None:
    """The last of two lines of a word holds; the total has both, as in jieba."""
    path = tmp_path / "dict.txt"
    path.write_bytes("云计算 5 n\r\n云 7\n云计算 3 n\n".encode())
    known = JiebaDictionary.load(path)
    assert known.frequencies == {"云": 7, "云计": 0, "云计算": 3}
    assert known.total == 15
    assert import_jieba().Tokenizer.gen_pfdict(io.BytesIO(path.read_bytes())) == (
        known.frequencies,
        known.total,
    )


@pytest.mark.parametrize(
    "line", ["云计算", "云计算\t3\tn", "云计算 x n", "云计算 -3 n", "", "云 计算 3", "\udcff 3"]
)
def test_lines_that_jieba_does_not_load(tmp_path: Path, line: str) -> None:
    path = tmp_path / "dict.txt"
    path.write_bytes(f"云 7 n\n{line}\n云 8\n".encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=r"dict\.txt:2: not a line `word frequency") as caught:
        JiebaDictionary.load(path)
    assert "--jieba-dict" in str(caught.value.hint)


def test_no_dictionary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="none: no such file"):
        JiebaDictionary.load(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(DataError, match="empty: no words with a frequency"):
        JiebaDictionary.load(tmp_path / "empty")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NlptoolsError, match="jieba is not installed") as caught:
        JiebaDictionary.load()
    assert "--jieba-dict" in str(caught.value.hint)


def test_the_installed_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found without an import of jieba."""
    jieba = import_jieba()
    for name in [name for name in sys.modules if name.split(".")[0] == "jieba"]:
        monkeypatch.delitem(sys.modules, name)
    path = find_dictionary()
    assert "jieba" not in sys.modules
    assert path == Path(str(jieba.__file__)).parent / "dict.txt"


# --- frequencies that win ------------------------------------------------------------------------


def all_whole(known: JiebaDictionary, words: list[str]) -> bool:
    return all(map(known.is_one_word, words))


def test_winning_by_hand() -> None:
    """沈 and 渡 have 30 of 100: with f for 沈渡 the total is 100 + f, and f (100 + f) >= 900: f = 9
    gives 981, 8 gives 864. Nothing else makes a word of 秋山: 1 does.
    """
    base = JiebaDictionary({"沈": 30, "渡": 30, "人": 40})
    assert winning_frequencies(base, ["沈渡"]) == {"沈渡": 9}
    assert winning_frequencies(base, ["秋山"]) == {"秋山": 1}
    # f (101 + f) >= 900: 8 gives 872, 9 gives 990.
    assert winning_frequencies(base, ["秋山", "沈渡"]) == {"秋山": 1, "沈渡": 9}
    assert winning_frequencies(base, []) == {}


def test_a_known_word_keeps_its_frequency() -> None:
    base = JiebaDictionary({"沈": 30, "渡": 30, "沈渡": 20, "人": 1, "人人": 2000})
    assert winning_frequencies(base, ["人人", "沈渡"]) == {"人人": 2000, "沈渡": 20}


def test_no_fixed_point() -> None:
    """Both have 5 of 10. With the total 12, 25 / 12 is needed, 3; with 13, 25 / 13, 2. So no frequency is
    what its own total asks for, and 3 is the smallest that wins: 2 * 12 < 25 <= 3 * 13.
    """
    base = JiebaDictionary({"一": 5, "丁": 5})
    assert winning_frequencies(base, ["一丁"]) == {"一丁": 3}
    assert not base.with_words({"一丁": 2}).is_one_word("一丁")
    assert base.with_words({"一丁": 3}).is_one_word("一丁")


@pytest.mark.parametrize("words", [[""], ["阿里·巴巴"], ["a b"], ["好", "㐂"]])
def test_words_that_cannot_win(words: list[str]) -> None:
    with pytest.raises(ValueError, match="a word is empty, or has a character"):
        winning_frequencies(JiebaDictionary({"好": 1}), words)


def smallest_by_search(base: JiebaDictionary, words: list[str], most: int) -> int:
    """The smallest sum of frequencies with which every word is one, by trying all up to `most`."""
    sums = [
        sum(numbers)
        for numbers in itertools.product(range(1, most + 1), repeat=len(words))
        if all_whole(base.with_words(dict(zip(words, numbers, strict=True))), words)
    ]
    return min(sums)


SMALL = st.dictionaries(
    st.text("一丁", min_size=1, max_size=3), st.integers(1, 12), min_size=1, max_size=4
)
NEW = st.lists(st.text("一丁", min_size=1, max_size=4), min_size=1, max_size=3, unique=True)


@settings(max_examples=60, deadline=None)
@given(SMALL, NEW)
def test_no_smaller_sum_wins(known: dict[str, int], words: list[str]) -> None:
    """Beside all combinations of frequencies, for words that jieba does not have."""
    base = JiebaDictionary(known)
    words = [word for word in words if word not in known]
    found = winning_frequencies(base, words)
    if words and max(found.values()) <= 7:
        assert smallest_by_search(base, words, max(found.values()) + 1) == sum(found.values())


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.text("一丁七a", min_size=1, max_size=3), st.integers(1, 10**6), min_size=1),
    st.lists(st.text("一丁七a", min_size=1, max_size=6), max_size=8),
)
def test_one_less_and_a_word_falls_apart(known: dict[str, int], words: list[str]) -> None:
    """Every word is one; with one less for any of them, the others as they are, some word is not."""
    base = JiebaDictionary(known)
    found = winning_frequencies(base, words)
    distinct = list(dict.fromkeys(words))
    assert list(found) == distinct
    assert all_whole(base.with_words(found), distinct)
    for word, frequency in found.items():
        assert frequency >= known.get(word, 1)
        if frequency > known.get(word, 1):
            less = base.with_words({**found, word: frequency - 1})
            assert not all_whole(less, distinct)


def test_the_order_does_not_matter() -> None:
    base = JiebaDictionary({"一": 9, "丁": 5, "七": 3, "一丁": 2})
    words = ["一一", "丁七", "一丁七", "一丁一丁", "七七七"]
    found = winning_frequencies(base, words)
    for some in itertools.permutations(words):
        assert winning_frequencies(base, list(some)) == found


@pytest.mark.parametrize("total", [7, 1000, 60_101_967, 10**15, 10**18])
def test_the_least_frequency(total: int) -> None:
    """Also where the logarithms of neighbours are equal: one less is too little."""
    chance = random.Random(total)
    for _ in range(200):
        value = -chance.random() * math.log(total)
        found = jiebacut._least_frequency(value, math.log(total))
        assert math.log(found) - math.log(total) >= value
        assert found == 1 or math.log(found - 1) - math.log(total) < value


def test_jieba_itself(tmp_path: Path) -> None:
    """Words of its own dictionary's characters, loaded all together; each is one, with the HMM and without."""
    jieba = import_jieba()
    base = JiebaDictionary.load()
    theirs = jieba.Tokenizer()
    theirs.tmp_dir = str(tmp_path)
    theirs.initialize()
    assert (theirs.FREQ, theirs.total) == (base.frequencies, base.total)
    chance = random.Random(0)
    usual = [w for w, f in base.frequencies.items() if f > 20_000 and not OUTSIDE.search(w)]
    words = {"".join(chance.choices(usual, k=chance.choice([2, 2, 2, 3, 4]))) for _ in range(1500)}
    new = sorted(word for word in words if not base.frequencies.get(word))
    before = sum(theirs.lcut(word, HMM=False) == [word] for word in new)
    found = winning_frequencies(base, new)
    assert max(found.values()) > 1000
    for word, frequency in found.items():
        theirs.add_word(word, frequency)
    assert before < len(new) / 10
    for word in new:
        assert theirs.lcut(word, HMM=False) == [word]
        assert theirs.lcut(word, HMM=True) == [word]
    for word in chance.sample([word for word in new if found[word] > 1], 50):
        theirs.add_word(word, found[word] - 1)
        theirs.total -= found[word]  # add_word has added to what the word had
        assert theirs.lcut(word, HMM=False) != [word]
        theirs.add_word(word, found[word])
        theirs.total -= found[word] - 1


WORDS = st.lists(st.text("一丁七aA1.", min_size=1, max_size=5), min_size=1, max_size=4)


@given(WORDS, KNOWN)
def test_what_is_no_part_of_the_words_is_not_needed(
    words: list[str], known: dict[str, int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dict.txt"
        lines = "".join(f"{word} {number}\n" for word, number in known.items())
        path.write_text(lines, encoding="utf-8", newline="")
        whole, some = JiebaDictionary.load(path), JiebaDictionary.load(path, parts_of=words)
    assert some.total == whole.total
    assert some.frequencies.items() <= whole.frequencies.items()
    assert list(map(some.cut, words)) == list(map(whole.cut, words))
    assert frequencies_for_any_part(words, some) == frequencies_for_any_part(words, whole)
