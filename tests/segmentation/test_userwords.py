"""Words of users on top of a model: what wins, what does not, words with signs, and how often they stand in a text."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.segmentation.segmenter import Segmenter, segment_text
from nlptools.segmentation.stream import PIECE, segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.segmentation.userwords import MARGIN, UserBounds, UserWordCount
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import general_model

GENERAL = Segmenter.load()


class Glue(Cutter):
    """Cuts nowhere between Han characters."""

    def cut(self, ids: np.ndarray) -> np.ndarray:
        ends = ids == 0
        ends[:-1] |= ends[1:]
        ends[-1] = True
        return np.asarray(ends)


def cut(cutter: Cutter, text: str) -> str:
    words = cutter.segment(text)
    assert "".join(words) == text
    return "|".join(words)


# --- words of the lattice --------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, text, found",
    [
        (["雾螺湖"], "雾螺湖一到夜里", ["雾螺湖"]),
        (["量子芯片"], "研究量子芯片的人", ["量子芯片"]),
        (["寒鸦渡", "鹭洲镇"], "从寒鸦渡到鹭洲镇", ["寒鸦渡", "鹭洲镇"]),
        (["九八嘉年华"], "去看九八嘉年华", ["九八嘉年华"]),
        (["不远处的人"], "不远处的人来了", ["不远处的人"]),
        (["T恤衫"], "买T恤衫，TT恤衫", ["T恤衫"]),
        (["3D打印机"], "用3D打印机，13D打印机", ["3D打印机"]),
        (["𠮷野家牛丼"], "吃𠮷野家牛丼去", ["𠮷野家牛丼"]),
    ],
)
def test_a_word_beats_its_cuts(words: list[str], text: str, found: list[str]) -> None:
    tokens = GENERAL.with_words(words).segment(text)
    assert "".join(tokens) == text
    assert [token for token in tokens if token in words] == found


@pytest.mark.parametrize(
    "word, alone, text",
    [
        ("和服", "买|和服", "产品|和|服务"),
        ("的士", "叫|的士", "他|的|士兵"),
        ("学会", "学会", "中学|会议"),
    ],
)
def test_a_strong_word_across_its_end_holds(word: str, alone: str, text: str) -> None:
    with_word = GENERAL.with_words([word])
    assert cut(with_word, alone.replace("|", "")) == alone
    assert cut(with_word, text.replace("|", "")) == text


def test_worked() -> None:
    # 甲乙 weighs -2 - 3 + MARGIN, so 甲 乙丙 holds at -2 - 2 against -5 + MARGIN - 1.
    listed, weights = ["甲", "乙", "丙", "乙丙"], np.array([-2.0, -3.0, -1.0, -2.0])
    segmenter = Segmenter(listed, weights)
    assert MARGIN == 3
    assert cut(segmenter, "甲乙，甲乙丙") == "甲|乙|，|甲|乙丙"
    assert cut(segmenter.with_words(["甲乙"]), "甲乙，甲乙丙") == "甲乙|，|甲乙|丙"  # -3 against -4
    heavy = Segmenter(listed, np.array([-2.0, -3.0, -1.0, 2.0]))
    assert cut(heavy.with_words(["甲乙"]), "甲乙，甲乙丙") == "甲乙|，|甲|乙丙"  # -3 against 0
    # A word that the model knows keeps its weight where that is more.
    assert cut(heavy.with_words(["乙丙"]), "甲乙丙") == "甲|乙丙"


def test_no_unseen_word_lies_across() -> None:
    """甲乙丙 is in no list; its base measure would be enough to win against 甲乙 丙."""
    places = (["甲", "乙", "丙"], np.full((3, 5), 10**6))
    model = Segmenter(["甲", "乙", "丙"], np.full(3, -30.0), places=places)
    assert cut(model, "甲乙丙") == "甲乙丙"
    assert cut(model.with_words(["甲乙"]), "甲乙丙，丙甲乙，乙丙") == "甲乙|丙|，|丙|甲乙|，|乙丙"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("天地玄"), min_size=2, max_size=4), max_size=5),
    st.lists(st.sampled_from("天地玄黄"), max_size=15),
)
def test_bounds_of_arrays_and_of_cells(words: list[list[str]], cells: list[str]) -> None:
    distinct = [list(word) for word in dict.fromkeys(map(tuple, words))]
    bounds = UserBounds(distinct, {"天": 1, "地": 2, "玄": 3})
    text = "".join(cells)
    slowly = {
        place
        for word in map("".join, distinct)
        for first in range(len(text))
        if text.startswith(word, first)
        for place in (first, first + len(word))
    }
    assert bounds.places(cells) == slowly
    before = bounds.before(np.array(["黄天地玄".index(cell) for cell in cells], np.uint16))
    assert set(np.flatnonzero(before).tolist()) == slowly - {len(cells)}


def test_longer_words_beat_shorter_ones_in_them() -> None:
    words = ["云计算", "计算平台", "云计算平台", "平台"]
    for given_words in (words, words[::-1]):
        with_words = GENERAL.with_words(given_words)
        assert cut(with_words, "云计算平台，云计算，平台") == "云计算平台|，|云计算|，|平台"
    one_by_one = GENERAL.with_words(words[2:3]).with_words(words[:2])
    assert one_by_one.user_words == ("云计算平台", "云计算", "计算平台")
    assert cut(one_by_one, "云计算平台") == "云计算平台"


SYMBOLS = "天地玄𠮷aB3.-+ ·(%葛"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(SYMBOLS, min_size=1, max_size=6), min_size=1, max_size=6))
@example(["天地", "天地玄", "地玄"])
@example(["3.5", ".5", "3.5天"])
@example(["3.", "3"])
def test_every_word_alone_is_whole(given_words: list[str]) -> None:
    words = [word.strip() for word in given_words if word.strip()]
    for cutter in (Segmenter.from_counts({"天地": 90, "玄": 5, "地": 1}), Glue("天地玄")):
        with_words = cutter.with_words(words)
        for word in words:
            assert with_words.segment(word) == [word]
            assert with_words.segment(f"\n{word}\n") == ["\n", word, "\n"]


def test_counts_do_not_matter() -> None:
    for given_words in (["雾螺湖"], {"雾螺湖": None}, {"雾螺湖": 1}, {"雾螺湖": 1e9}, ("雾螺湖 ",)):
        assert cut(GENERAL.with_words(given_words), "在雾螺湖里") == "在|雾螺湖|里"
    assert cut(GENERAL.with_words({"雾螺湖": 0}), "在雾螺湖里") == cut(GENERAL, "在雾螺湖里")


def test_the_segmenter_stays_what_it_is() -> None:
    before = cut(GENERAL, "在雾螺湖用C++")
    with_words = GENERAL.with_words(["雾螺湖", "C++"])
    assert cut(GENERAL, "在雾螺湖用C++") == before != cut(with_words, "在雾螺湖用C++")
    assert GENERAL.user_words == ()
    again = pickle.loads(pickle.dumps(with_words))
    assert cut(again, "在雾螺湖用C++") == "在|雾螺湖|用|C++"
    assert again.user_words == ("雾螺湖", "C++")


@pytest.mark.parametrize(
    "words, error", [("雾螺湖", TypeError), ([""], ValueError), ([" \n"], ValueError)]
)
def test_what_is_no_list_of_words(words: Sequence[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        GENERAL.with_words(words)


def test_every_way_to_give_them() -> None:
    text, wanted = "在雾螺湖里", ["在", "雾螺湖", "里"]
    words = ["雾螺湖"]
    assert segment_text(text, words=words) == segment_text(text, words=iter(words)) == wanted
    assert segment_text(text, model=GENERAL, words=words) == wanted
    assert segment_text(text, model=general_model(), words=words) == wanted
    assert segment_text(text, model="general", words=words) == wanted
    assert Segmenter.load(words=words).segment(text) == wanted
    assert segment_text(text) == GENERAL.segment(text) != wanted


def test_other_methods_lay_them_over_the_text() -> None:
    glue = Glue("天地玄黄").with_words(["地玄", "玄黄", "C++"])
    assert cut(glue, "天地玄黄，学C++天") == "天|地玄|黄|，|学|C++|天"
    assert cut(glue.with_words(["天地玄"]), "天地玄黄") == "天地玄|黄"


# --- words with signs ------------------------------------------------------------------------

SIGNED = [
    *("10w-40", "HK-II", "C++", "癌抗原12-5", "iPhone Pro", "*ST东方", "玛丽·居里", "奔驰(国产)"),
    *(
        "[哭笑]",
        "7%新债",
        "Vue.js",
        "Win 11",
        "AT&T",
        "--verbose",
        "维生素(C)",
        "是·否",
        "#话题#",
        "A/B测试",
    ),
]


@pytest.mark.parametrize("word", SIGNED)
@pytest.mark.parametrize(
    "around", ["用{}的人", "{}", "，{}。", "{}\n{}", "(({}))", "我的 {} 呢", "{}、{}"]
)
def test_words_with_signs_are_whole(word: str, around: str) -> None:
    text = around.replace("{}", word)
    for cutter in (GENERAL.with_words(SIGNED), Segmenter.from_counts(dict.fromkeys(SIGNED, 3))):
        words = cutter.segment(text)
        assert "".join(words) == text
        assert words.count(word) == around.count("{}")


@pytest.mark.parametrize(
    "word, text, cut_text",
    [
        ("C++", "AC++，C++，C++天，C++a", "AC|++|，|C++|，|C++|天|，|C++|a"),
        ("10w-40", "110w-40，10w-401，10w-40a", "110w-40|，|10w-401|，|10w-40a"),
        ("-40", "天-40地-401", "天|-40|地|-401"),
        ("天)", "天))", "天)|)"),  # a repeated mark may be cut
        ("(天)", "(天)\ufe00", "(|天|)\ufe00"),  # a mark belongs to what stands before it
        ("1.5-", "1.5-，21.5-", "1.5-|，|21.5|-"),
        ("-天", "--天", "-|-天"),
    ],
)
def test_not_inside_of_a_longer_run(word: str, text: str, cut_text: str) -> None:
    assert cut(Segmenter.from_counts({"地": 1}).with_words([word]), text) == cut_text


def test_the_longest_that_begins_first() -> None:
    cutter = GENERAL.with_words(["A~B", "A~B~C", "B~C~D", "iPhone Pro", "Pro Max"])
    assert cut(cutter, "A~B~C~D") == "A~B~C|~|D"
    assert cut(cutter, "iPhone Pro Max") == "iPhone Pro| |Max"


def test_a_list_with_such_words_alone(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("lists") / "signs.txt"
    path.write_text("C++ 5\nHK-II 3\n玛丽·居里\n", encoding="utf-8")
    loaded = Segmenter.load(path)
    assert loaded.listed == 3
    assert cut(loaded, "玛丽·居里用C++") == "玛丽·居里|用|C++"


# --- how often they stand in a text ----------------------------------------------------------


def test_how_often() -> None:
    words = ["和服", "云计算", "云计算平台", "C++"]
    count = UserWordCount(words)
    text = "和服、产品和服务\n云计算平台的云计算\nC++，AC++\n"
    corpus = Corpus.from_texts(text.splitlines(keepends=True))
    list(segment_corpus(corpus, GENERAL.with_words(words), watch=count.add))
    # Whole: 和服, 云计算平台, 云计算, C++; 云计算 in 云计算平台 is overlapped; AC++ is no place of C++.
    assert (count.places, count.whole, count.overlapped) == (6, 4, 1)
    assert count.lost == {"和服": 1}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("天地玄+", min_size=2, max_size=3), max_size=5),
    st.lists(st.text("天地玄+，", max_size=12), max_size=4),
)
def test_the_sums_are_those_of_the_lines(words: list[str], lines: list[str]) -> None:
    cutter = Segmenter.from_counts({"天地": 90, "地": 1, "玄天": 50}).with_words(words)
    together, apart = UserWordCount(cutter.user_words), UserWordCount(cutter.user_words)
    text = "".join(line + "\n" for line in lines)
    codes = chars.code_points(text)
    together.add(codes, cutter.ends(codes))
    places = whole = 0
    for line in lines:
        codes = chars.code_points(line)
        apart.add(codes, cutter.ends(codes))
        tokens, start = set(), 0
        for token in cutter.segment(line):
            tokens.add((start, token))
            start += len(token)
        for word in set(words):
            found = [(i, word) for i in range(len(line)) if line.startswith(word, i)]
            places += len(found)
            whole += len(tokens.intersection(found))
    assert (together.places, together.whole) == (apart.places, apart.whole) == (places, whole)
    assert (together.overlapped, together.lost) == (apart.overlapped, apart.lost)
    assert sum(together.lost.values()) + together.overlapped == places - whole


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_a_line_that_is_cut_in_pieces_is_counted_once(format: str) -> None:
    text = "雾螺湖很大。" * (PIECE * 5 // 6)
    count = UserWordCount(["雾螺湖"])
    cutter = GENERAL.with_words(["雾螺湖"])
    pieces = segment_corpus(Corpus.from_texts([text]), cutter, format=format, watch=count.add)
    written = "".join(pieces)
    if format == "jsonl":
        assert json.loads(written)["words"].count("雾螺湖") == PIECE * 5 // 6
    assert count.places == count.whole == PIECE * 5 // 6


@pytest.mark.usefixtures("loops")
def test_a_pickle_is_the_same_after_work() -> None:
    """Spark tells by it that a run goes on: what a segmenter makes when it is asked for is not in it."""
    cutter = Segmenter.load().with_words(["没有换行", "C++", "USB接口"])
    before = pickle.dumps(cutter)
    cutter.segment("没有换行的C++，USB接口和Python3都在。" * 40)
    assert pickle.dumps(cutter) == before
