"""Dictionaries for other programs: what is written, what is refused; read by the programs that are installed."""

from __future__ import annotations

import json
import string
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jiebacases import import_jieba
from places import DATA

from nlptools import __version__
from nlptools.errors import DataError
from nlptools.review.export import export_words
from nlptools.review.targets import MOST, TARGETS, Tags, Target, ik_form
from nlptools.segmentation.jieba import JiebaDictionary
from nlptools.text.wordlists import WHAT_IS_READ, merge_lists, merge_words

WORDS = {
    "沈渡秋": 35.0,
    "CT检查": 6.6,
    "C++": 0.2,
    "松烟派": None,
    "阿里·巴巴": 4.0,
    "iPad Pro": 3.0,
}
REFUSED = {
    "iPad Pro": "white space inside (U+0020)",
    "阿里·巴巴": "a character at which jieba always cuts (U+00B7 ·)",
}
RIME = """\
# Rime dictionary, written by nlptools {}
---
name: "forum"
version: "1"
sort: by_weight
columns:
  - text
  - weight
...
沈渡秋	35
松烟派
"""


def text(words: dict[str, float | None], to: str, **how: Any) -> str:
    return "".join(export_words(words, to, **how).pieces())


# --- what is written -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to, how, lines",
    [
        ("jieba", {"freq": "corpus"}, ["沈渡秋 35 nz", "CT检查 7 nz", "C++ 1 nz", "松烟派 nz"]),
        ("jieba", {"tag": "n", "freq": 9}, ["沈渡秋 9 n", "CT检查 9 n", "C++ 9 n", "松烟派 9 n"]),
        ("hanlp", {}, ["沈渡秋 nz 35", "CT检查 nz 7", "C++ nz 1", "松烟派 nz 1", "阿里·巴巴 nz 4"]),
        ("hanlp", {"tag": "品名", "freq": 9, "top": 1}, ["沈渡秋 品名 9"]),
        ("pkuseg", {}, ["沈渡秋", "CT检查", "C++", "松烟派", "阿里·巴巴"]),
        ("pkuseg", {"tag": "n", "top": 2}, ["沈渡秋\tn", "CT检查\tn"]),
        ("thulac", {}, ["沈渡秋", "CT检查", "C++", "松烟派", "阿里·巴巴"]),
        ("ltp", {}, ["沈渡秋", "CT检查", "C++", "松烟派", "阿里·巴巴"]),
        ("ik", {}, ["沈渡秋", "ct检查", "松烟派"]),
        (
            "funasr",
            {},
            [
                f"{word} 20"
                for word in ("沈渡秋", "CT检查", "C++", "松烟派", "阿里·巴巴", "iPad Pro")
            ],
        ),
        ("funasr", {"freq": "corpus", "top": 4}, ["沈渡秋 35", "CT检查 7", "C++ 1", "松烟派 1"]),
        ("hanlp", {"name": "a.csv", "top": 1}, ["沈渡秋,nz,35"]),
        (
            "hanlp",
            {"name": "a.tsv", "min_count": 4},
            ["沈渡秋\tnz\t35", "CT检查\tnz\t7", "松烟派\tnz\t1", "阿里·巴巴\tnz\t4"],
        ),
        ("plain", {}, list(WORDS)),
        ("plain", {"min_count": 4}, ["沈渡秋", "CT检查", "松烟派", "阿里·巴巴"]),
    ],
)
def test_lines(to: str, how: dict[str, Any], lines: list[str]) -> None:
    assert text(WORDS, to, **how) == "".join(f"{line}\n" for line in lines)


def test_rime() -> None:
    assert text(WORDS, "rime", name="forum") == RIME.format(__version__)
    header = text({}, "rime", name='a"b: c').split("\n")
    assert header[2] == 'name: "a\\"b: c"'
    assert "沈渡秋\t9\n松烟派\t9\n" in text(WORDS, "rime", freq=9)


def test_json() -> None:
    written = text(WORDS, "json")
    assert json.loads(written) == [
        {"word": word, "count": None if count is None else max(1, round(count))}
        for word, count in WORDS.items()
    ]
    assert written.split("\n")[1] == '{"word": "沈渡秋", "count": 35},'
    assert json.loads(text({}, "json")) == []


def test_refused() -> None:
    result = export_words(WORDS, "jieba")
    assert result.refused == {word: REFUSED[word] for word in ("阿里·巴巴", "iPad Pro")}
    assert list(result.words) == ["沈渡秋", "CT检查", "C++", "松烟派"]
    assert "".join(result.refused_pieces()) == (
        "word\treason\n"
        "阿里·巴巴\ta character at which jieba always cuts (U+00B7 ·)\n"
        "iPad Pro\twhite space inside (U+0020)\n"
    )


def test_a_word_too_long_for_jieba() -> None:
    """Not looked into: with win its parts would be all its 500,500 substrings and more."""
    result = export_words({"长" * 1000: 3, "长" * 1001: 3, "短" * 1_000_000: 2}, "jieba", freq=1)
    assert list(result.words) == ["长" * 1000]
    assert [why[:23] for why in result.refused.values()] == ["longer than 1,000 chara"] * 2
    assert "长" * 1001 not in export_words({"长" * 1001: 3, "沈渡秋": 1}, "jieba", freq="win").words


def test_top_counts_what_is_written() -> None:
    result = export_words({"a b": 1, "甲": 1, "乙": 1, "c d": 1}, "hanlp", top=2)
    assert (list(result.words), list(result.refused)) == (["甲", "乙"], ["a b"])
    assert list(export_words({"甲": 1, "a b": 1}, "hanlp", top=1).refused) == []


def test_large_counts() -> None:
    """HanLP's are 32-bit integers."""
    assert text({"甲": 1e14, "乙": MOST}, "hanlp") == f"甲 nz {MOST}\n乙 nz {MOST}\n"
    assert text({"甲": 1e14}, "funasr", freq="corpus") == "甲 100\n"


@pytest.mark.parametrize(
    "name, written, refused",
    [
        ("a.csv", ["air motor", "甲乙"], {"1,4-丁": "a comma, which ends the word: HanLP has no quotes"}),
        ("a.tsv", ["air motor", "1,4-丁", "甲乙"], {}),
        ("a.CSV", ["1,4-丁", "甲乙"], {"air motor": "white space inside (U+0020)"}),
    ],
)  # fmt: skip
def test_hanlp_by_the_name_of_its_file(
    name: str, written: list[str], refused: dict[str, str]
) -> None:
    words = dict.fromkeys(["air motor", "1,4-丁", "甲乙"], 3.0)
    result = export_words(words, "hanlp", name=name)
    assert (list(result.words), result.refused) == (written, refused)
    separator = {"a.csv": ",", "a.tsv": "\t"}.get(name, " ")
    assert "".join(result.pieces()) == "".join(f"{w}{separator}nz{separator}3\n" for w in written)


def test_what_may_have_no_effect() -> None:
    """IK did not find characters beyond U+FFFF before August 2024; FunASR recommends 10 characters at most."""
    result = export_words(dict.fromkeys(["𠮷野家", "沈渡秋"]), "ik")
    assert list(result.words) == ["𠮷野家", "沈渡秋"]
    why = "a character beyond U+FFFF, which IK finds since August 2024 (U+20BB7 𠮷)"
    assert result.doubtful == {"𠮷野家": why}
    assert list(export_words(dict.fromkeys(["甲" * 11, "乙" * 10]), "funasr").doubtful) == [
        "甲" * 11
    ]


def test_ik_folds_case_and_width() -> None:
    result = export_words({"ＣＴ检查": 3, "CT检查": 5, "ct检查": 1, "Ａ股": 2}, "ik")
    assert list(result.words) == ["ct检查", "a股"]
    assert list(result.refused) == ["CT检查", "ct检查"]
    assert set(result.refused.values()) == {
        "the same as another word once IK has folded case and width"
    }
    # Only A-Z: IK does not touch other capital letters.
    assert ik_form("ΑÉ！") == "ΑÉ!"


# --- settings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to, how, problem",
    [
        ("word", {}, "to must be one of jieba, hanlp, "),
        ("jieba", {"freq": "most"}, "freq must be auto, corpus, win or a number, not 'most'"),
        ("jieba", {"freq": 0}, "freq must be from 1 to 2147483647 for jieba, not 0"),
        ("funasr", {"freq": 101}, "freq must be from 1 to 100 for funasr, not 101"),
        ("jieba", {"freq": MOST + 1}, "freq must be from 1"),
        ("hanlp", {"freq": "win"}, "freq win is for jieba"),
        ("ltp", {"freq": 3}, "freq 3: a dictionary for ltp has no frequencies"),
        ("json", {"freq": "win"}, "freq win: a dictionary for json has no frequencies"),
        ("hanlp", {"jieba_dict": "dict.txt"}, "jieba_dict is for jieba, not for hanlp"),
        ("ik", {"tag": "n"}, "tag n: a dictionary for ik has no tags"),
        ("jieba", {"tag": "NR"}, "tag must have only letters a-z for jieba, not be 'NR'"),
        ("jieba", {"tag": ""}, "tag must have"),
        ("hanlp", {"tag": "n r"}, "tag must have no white space and no comma for hanlp"),
        ("pkuseg", {"tag": "n\t"}, "tag must have no white space"),
    ],
)
def test_settings_that_a_target_does_not_have(to: str, how: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        export_words({"词": 1}, to, **how)


@pytest.mark.parametrize("kind, made", [(Target, TARGETS["rime"]), (Tags, TARGETS["jieba"].tags)])
def test_nothing_of_a_format_can_be_forgotten(kind: Any, made: Any) -> None:
    """Without any one of its fields an entry cannot be made, so the module cannot be imported."""
    every = {field.name: getattr(made, field.name) for field in fields(kind)}
    assert kind(**every) == made
    for name in every:
        with pytest.raises(TypeError, match=f"'{name}'"):
            kind(**{key: value for key, value in every.items() if key != name})


def test_an_entry_is_all_that_a_format_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """ansj: word, tag and frequency, separated by tabs."""

    def write(words: Any, tag: str | None, name: str) -> Iterator[str]:
        for word, frequency in words.items():
            yield f"{word}\t{tag}\t{frequency}\n"

    tags = Tags(pattern="[a-z]+", rule="only small letters", default="userDefine")
    entry = replace(TARGETS["hanlp"], name="ansj", write=write, tags=tags)
    monkeypatch.setitem(TARGETS, "ansj", entry)
    assert text({"云计算": 5, "a b": 1}, "ansj") == "云计算\tuserDefine\t5\n"
    assert text({"云计算": 5}, "ansj", freq=9, tag="n") == "云计算\tn\t9\n"
    with pytest.raises(ValueError, match="freq win is for jieba: how ansj weighs"):
        export_words({"云计算": 5}, "ansj", freq="win")
    with pytest.raises(ValueError, match="tag must have only small letters for ansj"):
        export_words({"云计算": 5}, "ansj", tag="N")


def test_an_export_shows_itself() -> None:
    result = export_words({"沈渡秋": 35, "松烟派": None, "a b": 1}, "jieba", freq="corpus")
    assert repr(result) == "Export(jieba: 2 words, 1 refused)"
    assert list(result) == [("沈渡秋", 35), ("松烟派", None)]
    assert len(result) == 2


# --- reasons ---------------------------------------------------------------------------------------

SEGMENTERS = ("jieba", "hanlp", "pkuseg", "thulac", "ltp", "ik", "rime")
LISTS = ("plain", "funasr")  # in which a word may have blanks inside


@pytest.mark.parametrize(
    "word, targets, why",
    [
        ("", TARGETS, "empty"),
        ("甲\ud800", TARGETS, "half a surrogate pair (U+D800)"),
        ("甲\n乙", (*SEGMENTERS, "plain"), "a control character or line end (U+000A)"),
        ("甲\x85乙", (*SEGMENTERS, "plain"), "a control character or line end (U+0085)"),
        ("甲\u2028乙", (*SEGMENTERS, "plain"), "a control character or line end (U+2028)"),
        ("甲\0", (*SEGMENTERS, "plain"), "a control character or line end (U+0000)"),
        ("\ufeff甲", (*SEGMENTERS, "plain"), "a byte order mark (U+FEFF)"),
        ("甲\t乙", SEGMENTERS, "white space inside (U+0009)"),
        ("甲\t乙", LISTS, "white space at an end, or a tab"),
        ("甲乙 ", LISTS, "white space at an end, or a tab"),
        ("甲　乙", ("funasr",), "white space that is not one blank (U+3000)"),
        ("甲  乙", ("funasr",), "white space that is not one blank (U+0020)"),
        ("沈\u200b渡", ("funasr",), "an invisible character (U+200B)"),
        ("iPad Pro", SEGMENTERS, "white space inside (U+0020)"),
        ("沈　渡", SEGMENTERS, "white space inside (U+3000)"),
        ("沈\u200b渡", SEGMENTERS, "an invisible character (U+200B)"),
        ("#甲乙", ("rime",), "a character without a code to spell it by (U+0023 #)"),
        ("甲", ("rime",), "a single character, which needs a code of its own"),
        ("甲" * 33, ("rime",), "longer than 32 characters"),
        ("甲:乙", ("jieba",), "a character at which jieba always cuts (U+003A :)"),
        ("甲:乙", ("ik",), "a character at which IK always cuts (U+003A :)"),
        ("㐂乐", ("jieba",), "a character at which jieba always cuts (U+3402 㐂)"),
        ("二〇二六", ("jieba",), "a character at which jieba always cuts (U+3007 〇)"),
        ("二〇二六", ("ik",), "a character at which IK always cuts (U+3007 〇)"),
    ],
)  # fmt: skip
def test_reasons(word: str, targets: tuple[str, ...], why: str) -> None:
    for to in targets:
        assert TARGETS[to].refusal(word) == why
        assert export_words({word: 1}, to).refused == {word: why}


@pytest.mark.parametrize(
    "word, targets",
    [
        ("沈渡秋", TARGETS),
        ("甲" * 32, TARGETS),
        ("二〇二六", ("hanlp", "pkuseg", "thulac", "ltp", "rime", "plain", "funasr", "json")),
        ("㐂乐", tuple(to for to in TARGETS if to != "jieba")),
        ("2024", tuple(to for to in TARGETS if to != "rime")),
        ("A", tuple(to for to in TARGETS if to not in ("rime", "ik"))),
        ("iPad Pro", ("plain", "funasr", "json")),
        ("甲\t\n", ("json",)),
        ("PM2.5", ("jieba", "hanlp", "thulac")),
        ("カラオケ", ("hanlp", "ik")),
    ],
)
def test_accepted(word: str, targets: tuple[str, ...]) -> None:
    for to in targets:
        assert TARGETS[to].refusal(word) == ""


@pytest.fixture(scope="module")
def small_dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In place of jieba's own, against which every example would take a second."""
    path = tmp_path_factory.mktemp("jieba") / "dict.txt"
    path.write_text("天 30 n\n地 20 n\n天地 5 n\n", encoding="utf-8")
    return path


@settings(max_examples=300)
@given(st.lists(st.text(min_size=1, max_size=6), max_size=6), st.sampled_from(list(TARGETS)))
def test_what_is_written_can_be_read_line_by_line(
    small_dictionary: Path, words: list[str], to: str
) -> None:
    """Every word is written once or refused; UTF-8, one line each, no first column is empty or trimmed."""
    against = small_dictionary if to == "jieba" else None
    result = export_words(dict.fromkeys(words, 3.0), to, jieba_dict=against)
    assert len(result.words) + len(result.refused) == len(set(words))
    data = "".join(result.pieces()).encode()
    shown = "".join(result.refused_pieces())
    assert shown.encode()
    assert len(shown.splitlines()) == len(result.refused) + 1
    if to == "json":
        assert [row["word"] for row in json.loads(data)] == list(result.words)
        return
    lines = data.decode().partition("\n...\n" if to == "rime" else "")[2] if to == "rime" else ""
    lines = lines or ("" if to == "rime" else data.decode())
    separator = {"jieba": " ", "hanlp": " ", "rime": "\t", "pkuseg": "\t"}.get(to, "\n")
    cells = (
        line.rsplit(" ", 1) if to == "funasr" else line.split(separator)
        for line in lines.splitlines()
    )
    read = [first for first, *_ in cells]
    assert read == list(result.words)
    assert all(word == word.strip() for word in read)


# --- the lists that are read -----------------------------------------------------------------------


def test_lists_are_merged(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("乙\n甲 3 n\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("word\tcount\n甲\t9\n丙\t2\n乙\t5\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"word": "a b", "count": 4}\n', encoding="utf-8")
    paths = [tmp_path / name for name in ("a.txt", "b.tsv", "c.jsonl")]
    assert list(merge_words(paths).items()) == [("乙", 5), ("甲", 3), ("丙", 2), ("a b", 4)]
    assert list(merge_words(reversed(paths)).items()) == [
        *(("a b", 4), ("甲", 9), ("丙", 2), ("乙", 5))
    ]


def test_words_are_an_object_or_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("云计算 300\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("云计算 5\n大数据 7\n", encoding="utf-8")
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    straight = export_words({"云计算": 300.0, "大数据": 7.0}, "jieba", freq="corpus")
    assert list(straight) == [("云计算", 300), ("大数据", 7)]
    assert export_words(files, "jieba", freq="corpus") == straight
    assert list(export_words(files[1], "jieba")) == list(export_words(str(files[1]), "jieba"))
    with pytest.raises(DataError):
        export_words(tmp_path / "nothing.txt", "jieba")


def test_decisions_are_honoured(tmp_path: Path) -> None:
    reviewed = "word\tcount\tdecision\n甲乙\t5\taccepted\n丙丁\t3\t\n戊己\t4\trejected\n庚辛\t2\trejected\n"
    (tmp_path / "a.tsv").write_text(reviewed, encoding="utf-8")
    (tmp_path / "b.txt").write_text("壬癸\n戊己\n", encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(
        '{"word": "庚辛", "decision": "accepted"}\n', encoding="utf-8"
    )
    paths = [tmp_path / name for name in ("a.tsv", "b.txt", "c.jsonl")]
    found = export_words(paths, "plain")
    assert (list(found.words), found.rejected, found.undecided) == (["甲乙", "丙丁", "壬癸"], 2, 0)
    found = export_words(
        paths, "plain", accepted_only=True
    )  # a list without decisions accepts all its words
    assert (list(found.words), found.rejected, found.undecided) == (["甲乙", "壬癸"], 2, 1)
    assert list(export_words(paths, "plain", top=2).words) == ["甲乙", "丙丁"]
    with pytest.raises(DataError, match="no column `decision`"):
        export_words(paths[1], "plain", accepted_only=True)
    with pytest.raises(DataError, match="no column `decision`"):
        export_words({"甲乙": 1.0}, "plain", accepted_only=True)
    merged = merge_lists(paths)
    assert merge_words(paths) == {"甲乙": 5, "丙丁": 3, "壬癸": None}
    assert set(merged.counts) - set(merge_words(paths)) == merged.rejected == {"戊己", "庚辛"}
    assert repr(merged) == "MergedWords(5 words, 2 accepted, 2 rejected)"


def test_no_word_lists(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\x81\xff\x00\x80\xff" * 9)
    with pytest.raises(DataError) as caught:
        merge_words([tmp_path / "a.txt"])
    assert caught.value.hint == WHAT_IS_READ


# --- frequencies that win --------------------------------------------------------------------------


def test_win(tmp_path: Path) -> None:
    """The numbers are worked out in test_jiebacut.py."""
    (tmp_path / "dict.txt").write_text("沈 30 n\n渡 30 v\n人 40 n\n", encoding="utf-8")
    how = {"freq": "win", "jieba_dict": tmp_path / "dict.txt"}
    result = export_words({"秋山": 5, "a b": 1, "沈渡": None}, "jieba", **how)
    assert result.words == {"秋山": 1, "沈渡": 9}
    assert list(result.refused) == ["a b"]
    assert text({}, "jieba", **how) == ""


def test_what_cannot_be_proven_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dict.txt").write_text("沈 30 n\n渡 30 v\n人 40 n\n", encoding="utf-8")
    real = JiebaDictionary.is_one_word
    monkeypatch.setattr(
        JiebaDictionary, "is_one_word", lambda self, word: word != "秋山" and real(self, word)
    )
    words = {"秋山": 5.0, "沈渡": 2.0}
    result = export_words(words, "jieba", jieba_dict=tmp_path / "dict.txt")
    assert result.freq == "win"  # the default, as there is a dictionary
    assert result.words == {"沈渡": 9}
    assert result.refused == {"秋山": "no frequency was found that wins in jieba"}


# --- the programs themselves -----------------------------------------------------------------------

NAMES = [
    "沈渡秋",
    "松烟派",
    "孤鹜剑",
    "给他打针",
    "3D打印",
    "云计算平台",
    "血糖过高",
    "C++",
    "PM2.5",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where jieba puts its dictionary once it is read; not the user's cache."""
    return str(tmp_path_factory.mktemp("jieba"))


def write(path: Path, to: str, words: list[str], **how: Any) -> Path:
    path.write_text(text(dict.fromkeys(words, 7.0), to, **how), encoding="utf-8")
    return path


@pytest.mark.parametrize("freq", ["win", "corpus", 100_000])
def test_jieba_reads_it(tmp_path: Path, cache: str, freq: str | int) -> None:
    jieba = import_jieba()
    words = [*NAMES, "给他", "过高", "2024", "A", "foo-bar"]
    path = write(tmp_path / "words.txt", "jieba", words, freq=freq)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = cache
    base = JiebaDictionary.load()
    with open(path, "rb") as file:
        tokenizer.load_userdict(file)
    assert {word: tokenizer.user_word_tag_tab[word] for word in words} == dict.fromkeys(words, "nz")
    for word in words:
        expected = {"win": tokenizer.FREQ[word], "corpus": 7}.get(str(freq), freq)
        assert tokenizer.FREQ[word] == expected >= (base.frequencies.get(word, 1), 1)[freq != "win"]
        if freq != "corpus":
            assert tokenizer.lcut(word, HMM=False) == tokenizer.lcut(word, HMM=True) == [word]
    if freq == "corpus":  # 7 is not enough for this one
        assert tokenizer.lcut("给他", HMM=False) == ["给", "他"]


def test_jieba_reads_words_without_a_count(tmp_path: Path, cache: str) -> None:
    """It computes a frequency itself."""
    jieba = import_jieba()
    path = tmp_path / "words.txt"
    path.write_text(text(dict.fromkeys(NAMES), "jieba", tag="n"), encoding="utf-8")
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = cache
    with open(path, "rb") as file:
        tokenizer.load_userdict(file)
    assert {word: tokenizer.user_word_tag_tab.get(word) for word in NAMES} == dict.fromkeys(
        NAMES, "n"
    )
    assert tokenizer.lcut("沈渡秋和松烟派", HMM=False) == ["沈渡秋", "和", "松烟派"]


def test_jieba_cuts_at_what_is_refused() -> None:
    """All signs of ASCII, and some of each kind beside it."""
    jieba = import_jieba()
    tokenizer = jieba.Tokenizer()
    tokenizer.initialized = True
    tokenizer.add_word("甲", 1)
    signs = [*string.printable, *"·〇㐂鿕鿖、－éカ한\u200b\U00020000"]
    for sign in signs:
        word = f"甲{sign}乙"
        tokenizer.add_word(word, 10**9)
        whole = tokenizer.lcut(word, HMM=False) == [word]
        assert whole is (TARGETS["jieba"].refusal(word) == ""), f"U+{ord(sign):04X}"


def test_pkuseg_reads_it(tmp_path: Path) -> None:
    """The part of it that reads a user dictionary; the rest needs a model."""
    pkuseg = pytest.importorskip("spacy_pkuseg", reason="no spacy-pkuseg: bin/setup test-all")
    path = write(tmp_path / "words.txt", "pkuseg", NAMES, tag="nr")
    reader = pkuseg.Preprocesser(str(path))
    for word in NAMES:
        pieces, are_words, tags = reader.solve(f"一{word}一")
        assert (pieces, are_words, tags[1]) == (["一", word, "一"], [False, True, False], "nr")


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it leaves its files open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_thulac_reads_it(tmp_path: Path) -> None:
    thulac = pytest.importorskip("thulac", reason="no thulac: bin/setup test-all")
    path = write(tmp_path / "words.txt", "thulac", NAMES)
    cutter = thulac.thulac(user_dict=str(path), seg_only=True)
    for word in NAMES:
        assert [piece for piece, _ in cutter.cut(word)] == [word]


def test_ltp_reads_it(tmp_path: Path) -> None:
    """The part of it that puts user words together; the rest needs a model."""
    algorithms = pytest.importorskip(
        "ltp_extension.algorithms", reason="no ltp-extension: bin/setup test-all"
    )
    path = write(tmp_path / "words.txt", "ltp", NAMES)
    hook = algorithms.Hook()
    for word in path.read_text(encoding="utf-8").split():
        hook.add_word(word, 2)
    for word in NAMES:
        assert hook.hook(f"一{word}一", ["一", *word, "一"]) == ["一", word, "一"]


def test_a_large_lexicon_wins(tmp_path: Path) -> None:
    """Every word of a real list, or a reason why not; none is lost."""
    import_jieba()
    lists = sorted((DATA / "lexicons").glob("*.txt")) if (DATA / "lexicons").is_dir() else []
    if not lists:
        pytest.skip(f"no word lists in {DATA / 'lexicons'}; NLPTOOLS_DATA names the folder")
    words = merge_words([max(lists, key=lambda path: path.stat().st_size)])
    result = export_words(words, "jieba", freq="win", top=50_000)
    assert len(result.words) > 10_000
    assert all(unicodedata.category(c)[0] not in "ZC" for word in result.words for c in word)
    assert not any("no frequency" in why for why in result.refused.values())
