"""Word lists in the formats people have: every line of each, and what must not become a word."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.discovery.table import WordTable, format_words
from nlptools.errors import DataError
from nlptools.text.wordlists import (
    EntryCount,
    count_entries,
    is_json_lines,
    merge_lists,
    merge_words,
    read_decided,
    read_rows,
    read_weighted_words,
    read_words,
)
from nlptools.wordmodel.model import convert_model, load_named


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
    numbers = np.linspace(1, 9, len(words))
    return WordTable.of(
        words,
        counts=np.arange(len(words)),
        pmi=numbers,
        left_entropy=numbers,
        right_entropy=numbers,
        scores=numbers,
    )


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "plain"])
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_our_own_tables_are_word_lists(tmp_path: Path, how: str, words: list[str]) -> None:
    """What `discover` prints goes into the next run's --known, in every format."""
    text = "".join(format_words(table_of(words), how))
    assert words_of(tmp_path, text, f"words.{how}") == set(words)


# --- with their counts -----------------------------------------------------------------------


def weights_of(
    tmp_path: Path, text: str | bytes, name: str = "list.txt", **reading: str
) -> dict[str, float | None]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_weighted_words(path, **reading)


@pytest.mark.parametrize(
    "line, word, count",
    [
        ("沈渡秋", "沈渡秋", None),
        ("  沈渡秋 300 nr ", "沈渡秋", 300),
        ("沈渡秋 300", "沈渡秋", 300),
        ("沈渡秋 nr", "沈渡秋", None),
        ("沈渡秋 0.5 nr", "沈渡秋", 0.5),
        ("沈渡秋\t300\tnr", "沈渡秋", 300),
        ("沈渡秋\t", "沈渡秋", None),
        ("沈渡秋\t0", "沈渡秋", 0),
        ("沈渡秋\t1,306", "沈渡秋", 1306),
        ("沈渡秋 12,001,306.5", "沈渡秋", 12001306.5),
        ("沈渡秋\t２３", "沈渡秋", 23),
        ("沈渡秋 ２３", "沈渡秋", 23),
        ("沈渡秋\tnr\t300", "沈渡秋", 300),
        ("沈渡秋\tshen du qiu\t300", "沈渡秋", 300),
        ("沈渡秋\tnr 20 nz 3", "沈渡秋", 23),
        ("沈渡秋\t见 12 页", "沈渡秋", None),
        ("5G 30 eng", "5G", 30),
        ("machine learning 30 n", "machine learning", 30),
        ("##学", "学", None),
        ("2024", "2024", None),
    ],
)
def test_the_count_of_one_line(tmp_path: Path, line: str, word: str, count: float | None) -> None:
    assert weights_of(tmp_path, line) == {word: count}
    assert weights_of(tmp_path, f"第一 7\n\n{line}\r\n末尾\n") == {
        "第一": 7,
        word: count,
        "末尾": None,
    }


@pytest.mark.parametrize(
    "header, row, weight",
    [
        ("word\tcount\texpected", "甲乙\t9\t8.25", 8.25),
        ("word\tcount\texpected", "甲乙\t9\t", 9),
        ("word\texpected\tcount", "甲乙\t8.25\t9", 8.25),
        ("word\tpmi\tcount", "甲乙\t8.25\t9", 9),
        ("word\tpmi\tcount", "甲乙\t8.25", None),
        ("word\tpmi", "甲乙\t8.25", None),
        ("word,count,expected", "甲乙,9,8.25", 8.25),
        ("word,count,expected", '"甲乙","9",""', 9),
        ("word\tcount", '甲"乙\t9', 9),
    ],
)
def test_the_weight_in_a_table(tmp_path: Path, header: str, row: str, weight: float | None) -> None:
    """Expected counts where the method says them, else counts."""
    word = '甲"乙' if '甲"' in row else "甲乙"
    text = f"\ufeff{header}\n{row}\n\n丙{header[4]}1{header[4]}1\n"
    found = weights_of(tmp_path, text)
    assert list(found) == [word, "丙"]
    assert found[word] == weight


def test_weights_in_json_lines(tmp_path: Path) -> None:
    rows = [
        {"word": "甲乙", "count": 9, "expected": 8.25},
        {"word": "丙", "count": 3, "expected": None},
        {"word": 'a"b'},
        {"word": ["丁", "戊己"], "count": 2},
    ]
    text = "\n\n".join(json.dumps(row) for row in rows)
    weights = {"甲乙": 8.25, "丙": 3, 'a"b': None, "丁": 2, "戊己": 2}
    assert weights_of(tmp_path, text, "a.jsonl") == weights
    assert weights_of(tmp_path, "\ufeff" + text, "a.ndjson") == weights
    assert weights_of(tmp_path, gzip.compress(text.encode()), "a.jsonl.gz") == weights
    assert weights_of(tmp_path, text.encode("utf-16"), "b.jsonl", encoding="auto") == weights
    with pytest.raises(DataError, match=r"c\.jsonl:2: no field 'word'"):
        weights_of(tmp_path, '{"word": "甲"}\n{"term": "乙"}\n', "c.jsonl")
    with pytest.raises(DataError, match=r"c\.jsonl:2: not JSON"):
        weights_of(tmp_path, '{"word": "甲"}\n{"word": \n', "c.jsonl")
    with pytest.raises(DataError, match="no such file"):
        read_weighted_words(tmp_path / "nothing.jsonl")


@pytest.mark.parametrize(
    "name, json_lines",
    [
        ("a.jsonl", True),
        ("a.NDJSON.gz", True),
        ("a.jsonl.txt.gz", False),
        ("a.json", False),
        ("jsonl", False),
    ],
)
def test_json_lines_by_name(name: str, json_lines: bool) -> None:
    assert is_json_lines(name) == json_lines


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "plain"])
def test_our_own_tables_have_weights(tmp_path: Path, how: str) -> None:
    words, counts = ["甲乙", "A股", "丙"], np.array([9, 5, 3])
    nothing = np.zeros(3)
    table = WordTable.of(
        words,
        counts=counts,
        pmi=nothing,
        left_entropy=nothing,
        right_entropy=nothing,
        scores=nothing,
    )
    said = replace(table, expected=np.array([8.5, 4.25, 0.125]))
    for one, weights in ((table, counts.tolist()), (said, [8.5, 4.25, 0.12])):
        text = "".join(format_words(one, how))
        expected = (
            dict.fromkeys(words) if how == "plain" else dict(zip(words, weights, strict=True))
        )
        assert weights_of(tmp_path, text, f"words.{how}") == expected


def test_weights_of_a_model(tmp_path: Path) -> None:
    """Its settings and places are no words; a word has the column expected."""
    path = tmp_path / "a.model"
    path.write_text(
        "# nlptools model 1\n# {}\n# place\t沈\t1\t0\t0\t0\t0\n"
        "word\tcount\texpected\tweight\n沈渡秋\t35\t34.5\t-3.1\n",
        encoding="utf-8",
    )
    assert read_weighted_words(path) == {"沈渡秋": 34.5}
    assert read_words([path]) == {"沈渡秋"}


# --- one parser --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, text, words",
    [
        ("list.txt", "云计算 300 n\n区块链 n\n\n云计算\n", ["云计算", "区块链"]),
        ("list.txt", "云计算\t300\n 区块链 \tn\n", ["云计算", "区块链"]),
        ("list.tsv", "word\tcount\n云计算\t5\nNew York 3\t3\n", ["云计算", "New York 3"]),
        ("list.tsv", "term\tcount\n云计算\t5\n区块链\t3\n", ["云计算", "区块链"]),
        ("list.csv", 'word,count\n"云,计""算",5\n区块链,3\n', ['云,计"算', "区块链"]),
        ("list.csv", 'word,count\n"云\n计算",5\n区块链,3\n', ["云\n计算", "区块链"]),
        ("list.jsonl", '{"word": "云计算 300"}\n\n{"word": "区块链"}\n', ["云计算 300", "区块链"]),
        ("a.model", "# nlptools model 1\n# {}\nword\tcount\n云计算\t5\n", ["云计算"]),
    ],
)
def test_all_views_have_the_same_words(
    tmp_path: Path, name: str, text: str, words: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_words([path]) == set(words)
    assert list(read_weighted_words(path)) == words
    assert read_rows(path).words == words
    assert count_entries(path).entries == len(words)
    assert read_decided([path], "accepted") == read_decided([path], "rejected") == set(words)


def test_a_word_and_its_piece(tmp_path: Path) -> None:
    """One word, but two entries of a vocabulary; what stands behind a piece is not part of it."""
    path = tmp_path / "list.txt"
    path.write_text("学\n##学 30 n\n##学\t5\n", encoding="utf-8")
    assert read_words([path]) == {"学"}
    assert read_weighted_words(path) == {"学": 30}
    assert count_entries(path) == EntryCount(2, 1)


def test_a_folder_of_all_kinds(tmp_path: Path) -> None:
    """Each file by its own kind and header; decisions go for the file that has them."""
    for name, text in {
        "a.tsv": "word\tcount\tdecision\n甲乙\t3\taccepted\n丙丁\t2\trejected\n",
        "b.jsonl": '{"word": ["戊己", "庚辛"], "count": 4}\n',
        "c.csv": "word,count\n壬癸,1\n",
        "d.txt": "子丑 9\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    every = {"甲乙": 3, "丙丁": 2, "戊己": 4, "庚辛": 4, "壬癸": 1, "子丑": 9}
    kept = {word: count for word, count in every.items() if word != "丙丁"}
    assert read_weighted_words(tmp_path) == kept
    assert read_words([tmp_path]) == set(every)
    assert count_entries(tmp_path) == EntryCount(6, 0)
    assert read_decided([tmp_path], "rejected") == set(every) - {"甲乙"}
    with pytest.raises(DataError, match="the field `word` is no text"):
        read_rows(tmp_path)


def test_rows_of_a_folder_have_one_header(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("word\tcount\n甲乙\t3\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("word\tcount\n丙丁\t2\n甲乙\t9\n", encoding="utf-8")
    rows = read_rows(tmp_path)
    assert rows.lines == ["甲乙\t3", "丙丁\t2"]
    assert rows.columns == {"count": [3, 2]}
    (tmp_path / "c.tsv").write_text("word\tscore\n丙丁\t2\n", encoding="utf-8")
    with pytest.raises(DataError, match="lists with different columns"):
        read_rows(tmp_path)


# --- counting entries -------------------------------------------------------------------------

LISTS = {
    "plain.txt": ("词\n词语\n\n词\n", EntryCount(2, 1)),
    "dos.txt": ("\ufeff词\r\n词语\r\n", EntryCount(2, 0)),
    "no end.txt": ("词\n词语", EntryCount(2, 0)),
    # A piece and a word have a vector each; U+2028 is one, and ends no line.
    "vocab.txt": ("[PAD]\n[CLS]\ning\n##ing\n\u2028\n的\n", EntryCount(6, 0)),
    "dict.txt": ("云计算 300 n\n云计算 5 v\nmachine learning 12\n卡拉 OK\n", EntryCount(3, 1)),
    "tabs.txt": ("词\t3\n词\t5\n词语\t1\n", EntryCount(2, 1)),
    "found.tsv": ("word\tcount\n词\t3\n词语\t1\n", EntryCount(2, 0)),
    "found.csv": ('word,count\n词,3\n"a,b",1\n', EntryCount(2, 0)),
    "own.model": (
        '# nlptools words 1\n# {"total": 3}\nword\tcount\n词\t3\n',
        EntryCount(1, 0),
    ),
    "found.jsonl": ('{"word": "词"}\n{"word": "词语"}\n', EntryCount(2, 0)),
    "vocab.json": ('{"a": 0, "b": 1, "##a": 2}', EntryCount(3, 0)),
}


@pytest.mark.parametrize("name", LISTS)
def test_entries(name: str, tmp_path: Path) -> None:
    text, expected = LISTS[name]
    (tmp_path / name).write_bytes(text.encode())
    assert count_entries(tmp_path / name) == expected


def test_what_our_commands_write(tmp_path: Path) -> None:
    """As many entries as rows."""
    convert_model("raw", tmp_path / "raw.model.gz")
    assert count_entries(tmp_path / "raw.model.gz") == EntryCount(len(load_named("raw")), 0)
    assert count_entries(SAMPLES / "userdict.txt") == EntryCount(15, 0)


def test_a_whole_folder(tmp_path: Path) -> None:
    for name in ("one.tsv", "two.tsv"):
        (tmp_path / name).write_text("word\tcount\n词\t3\n" + name, encoding="utf-8")
    assert count_entries(tmp_path) == EntryCount(3, 1)


def test_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "gbk.txt"
    path.write_bytes("词典\n词语\n汉字编码的一个例子\n".encode("gb18030"))
    assert count_entries(path) == EntryCount(3, 0)


@pytest.mark.parametrize("text", ["", "\n \n", "word\tcount\n"])
def test_no_entries(text: str, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"list\.txt: no entries$") as caught:
        count_entries(path)
    assert caught.value.hint


@pytest.mark.parametrize("value", [[1, 2], {"model": {}}, {"a": True}, {"a": 1.5}, "a"])
def test_another_json(value: object, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(DataError, match=r"tokenizer\.json: not a vocab\.json"):
        count_entries(path)


def test_broken_json(tmp_path: Path) -> None:
    path = tmp_path / "vocab.json"
    path.write_text('{"a": 0,', encoding="utf-8")
    with pytest.raises(DataError, match="not a vocab"):
        count_entries(path)


# --- rows, with decisions -------------------------------------------------------------------------


def test_rows_of_every_kind(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("机器学习 12 n\n云计算\n\n云计算\nNew York 3\n", encoding="utf-8")
    rows = read_rows(path)
    assert rows.words == ["机器学习", "云计算", "New York"]
    assert rows.kind == "lines"
    assert rows.lines == ["12 n", "", "3"]
    assert rows.columns == {}
    path.write_text('word,score,decision\n"a,b",1.5,accepted\n丙,,?\n', encoding="utf-8")
    rows = read_rows(path)
    assert (rows.words, rows.kind, rows.header) == (["a,b", "丙"], "csv", "word,score,decision")
    assert rows.lines == ['"a,b",1.5,accepted', "丙,,?"]
    assert rows.columns == {"score": [1.5, None]}
    assert rows.decisions == ["accepted", ""]
    path = tmp_path / "list.jsonl"
    path.write_text(
        '{"word": "甲", "known": true, "score": null}\n{"word": "乙", "score": 2}\n',
        encoding="utf-8",
    )
    rows = read_rows(path)
    assert rows.columns == {"score": [None, 2.0], "known": [True, None]}
    assert rows.decisions == []
    assert read_decided([path], "accepted") == {"甲", "乙"}
    path.write_text('{"word": "甲", "decision": "rejected"}\n{"word": "乙"}\n', encoding="utf-8")
    assert read_decided([path], "rejected") == {"甲"}
    assert read_decided([path], "accepted") == set()
    with pytest.raises(ValueError, match="decision must be one of"):
        read_decided([path], "maybe")
    path.write_text('{"word": ["甲"]}\n', encoding="utf-8")
    with pytest.raises(DataError):
        read_rows(path)


def test_rows_show_themselves(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("word,score,known,decision\n甲乙,1.5,yes,accepted\n丙,,no,\n", encoding="utf-8")
    rows = read_rows(path)
    assert repr(rows) == "WordRows(2 words with score, known, decision, csv)"
    assert list(rows) == [("甲乙", "甲乙,1.5,yes,accepted"), ("丙", "丙,,no,")]
    frame = rows.to_frame()
    assert list(frame.columns) == ["word", "score", "known", "decision"]
    assert frame["known"].tolist() == [True, False]
    assert '<td style="text-align: right">1.5000</td>' in rows._repr_html_()
    path.write_text("甲乙 3 n\n", encoding="utf-8")
    assert repr(read_rows(path)) == "WordRows(1 words, lines)"


DECIDED = {
    "a.tsv": "word\tcount\tdecision\n甲乙\t3\taccepted\n丙丁\t2\trejected\n戊己\t1\t\n",
    "a.csv": "word,count,decision\n甲乙,3,accepted\n丙丁,2,rejected\n戊己,1,\n",
    "a.jsonl": '{"word": "甲乙", "count": 3, "decision": "accepted"}\n'
    '{"word": "丙丁", "count": 2, "decision": "rejected"}\n{"word": "戊己", "count": 1, "decision": ""}\n',
}


@pytest.mark.parametrize("name", DECIDED)
def test_rejected_words_have_no_weight(name: str, tmp_path: Path) -> None:
    """Nor does another list bring them back; merge_lists still knows them."""
    path = tmp_path / name
    path.write_text(DECIDED[name], encoding="utf-8")
    other = tmp_path / "plain.txt"
    other.write_text("丙丁\n庚辛\n", encoding="utf-8")
    assert read_weighted_words(path) == {"甲乙": 3, "戊己": 1}
    assert merge_words([other, path]) == {"庚辛": None, "甲乙": 3, "戊己": 1}
    assert merge_lists([other, path]).rejected == {"丙丁"}
    assert "丙丁" in read_words([path])
