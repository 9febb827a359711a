"""Word lists in the formats people have: every line of each, and what must not become a word."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.tables import format_words
from nlptools.wordlists import read_words
from nlptools.wordtable import WordTable

SAMPLES = Path(__file__).parent.parent / "data" / "samples"


def words_of(tmp_path: Path, text: str | bytes, name: str = "list.txt", **reading: str) -> set[str]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_words([path], **reading)


@pytest.mark.parametrize(
    "line, word",
    [
        ("沈渡秋", "沈渡秋"),
        ("  沈渡秋 ", "沈渡秋"),
        ("沈渡秋 300 nr", "沈渡秋"),
        ("沈渡秋 300", "沈渡秋"),
        ("沈渡秋 nr", "沈渡秋"),
        ("沈渡秋 0.5 nr", "沈渡秋"),
        ("沈渡秋\t300\tnr", "沈渡秋"),
        ("沈渡秋\t", "沈渡秋"),
        ("5G", "5G"),
        ("5G 30 eng", "5G"),
        ("machine learning", "machine learning"),
        ("machine learning 30", "machine learning"),
        ("machine learning 30 n", "machine learning"),
        ("机器 学习 30 n", "机器 学习"),
        ("A股 n", "A股"),
        ("2024", "2024"),
        ("##学", "学"),
        ("##", "##"),
        ("[CLS]", "[CLS]"),
        ("[unused1]", "[unused1]"),
        ("C++", "C++"),
    ],
)
def test_one_line(tmp_path: Path, line: str, word: str) -> None:
    assert words_of(tmp_path, line) == {word}
    assert words_of(tmp_path, f"第一\n{line}\n末尾\n") == {"第一", word, "末尾"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_blank_lines_and_bom(tmp_path: Path, end: str) -> None:
    text = end.join(["\ufeff甲乙", "", "  ", "丙丁", ""])
    assert words_of(tmp_path, text) == {"甲乙", "丙丁"}


def test_other_line_separators_are_entries(tmp_path: Path) -> None:
    """Line 344 of bert-base-chinese's vocab.txt is U+2028; str.splitlines would lose count there."""
    assert words_of(tmp_path, "甲\n\u2028\n乙\u0085丙\n") == {"甲", "\u2028", "乙\u0085丙"}


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "\n\n \n"])
def test_nothing(tmp_path: Path, text: str) -> None:
    assert words_of(tmp_path, text) == set()


def test_no_files() -> None:
    assert read_words([]) == set()


def test_several_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("甲乙\n", encoding="utf-8")
    (tmp_path / "b").write_text("丙丁 3 n\n", encoding="utf-8")
    assert read_words([tmp_path / "a", tmp_path / "b"]) == {"甲乙", "丙丁"}


def test_a_folder_of_lists(tmp_path: Path) -> None:
    """The last line of one file and the first of the next are two lines, and each has its header."""
    (tmp_path / "a.txt").write_text("甲乙", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("word\tcount\n丙丁\t3", encoding="utf-8")
    (tmp_path / "c.tsv").write_text("word\tcount\n戊己\t3", encoding="utf-8")
    assert read_words([tmp_path]) == {"甲乙", "丙丁", "戊己"}
    assert read_words([f"{tmp_path}/*.tsv"]) == {"丙丁", "戊己"}


def test_encodings(tmp_path: Path) -> None:
    text = "我们的国家标准\n他们说的是这个问题\n".encode("gb18030")
    expected = {"我们的国家标准", "他们说的是这个问题"}
    assert words_of(tmp_path, text, encoding="gb18030") == expected
    assert words_of(tmp_path, text, encoding="auto") == expected
    with pytest.raises(DataError, match=r"list\.txt:1: not UTF-8"):
        words_of(tmp_path, text)


def test_compressed(tmp_path: Path) -> None:
    assert words_of(tmp_path, gzip.compress("甲乙\n".encode()), "list.gz") == {"甲乙"}


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_words([tmp_path / "nothing"])


def test_json_lines(tmp_path: Path) -> None:
    text = "".join(json.dumps({"word": word, "count": 3}) + "\n" for word in ("甲乙", 'a"b'))
    assert words_of(tmp_path, text, "list.jsonl") == {"甲乙", 'a"b'}
    zipped = gzip.compress(text.encode())
    assert words_of(tmp_path, zipped, "list.JSONL.gz") == {"甲乙", 'a"b'}
    with pytest.raises(DataError, match="no field 'word'") as caught:
        words_of(tmp_path, '{"term": "甲乙"}\n', "list.jsonl")
    assert caught.value.hint == "fields with text: term"


def test_samples() -> None:
    jieba = read_words([SAMPLES / "userdict.txt"])
    assert {"沈渡秋", "陆青蘅", "贺三拐"} <= jieba
    assert len(jieba) == len((SAMPLES / "userdict.txt").read_text(encoding="utf-8").split("\n")) - 1
    assert {"江湖", "师父"} <= read_words([SAMPLES / "known.txt"])
    assert "word" not in jieba


WORDS = st.lists(
    st.text(st.characters(categories=["Lo", "Ll", "Nd"]), min_size=1, max_size=6).filter(
        lambda word: word != "word"
    ),
    unique=True,
    max_size=30,
)


def table_of(words: list[str]) -> WordTable:
    size = len(words)
    numbers = np.linspace(1, 9, size)
    flags = np.zeros(size, bool)
    return WordTable(
        words, np.arange(size), numbers, numbers, numbers, numbers, flags, flags, {}, {}
    )


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "plain"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_our_own_tables_are_word_lists(tmp_path: Path, how: str, words: list[str]) -> None:
    """What `discover` prints goes into the next run's --known, in every format."""
    text = "".join(format_words(table_of(words), how))
    assert words_of(tmp_path, text, f"words.{how}") == set(words)
