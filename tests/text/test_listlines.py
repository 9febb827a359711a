"""Dictionaries of other programs, comments, repeated words, and numbers that are no counts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from commandline import run
from hypothesis import given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.errors import DataError
from nlptools.review.export import export_words
from nlptools.text.wordlists import count_entries, read_rows, read_weighted_words, read_words


def counts_of(folder: Path, text: str | bytes, name: str = "list.txt") -> dict[str, float | None]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found = read_weighted_words(path, encoding="auto")
    assert read_words([path]) == set(found)
    assert read_rows(path).words == list(found)
    assert count_entries(path).entries == len(found)
    return found


# --- repeated words, comments ------------------------------------------------------------------


def test_the_first_count_of_a_word_holds(tmp_path: Path) -> None:
    """A base dictionary and one's own words, put together with cat."""
    text = "下棋 900\n棋谱\n下棋\n棋谱 30\n下棋 5 n\n"
    assert counts_of(tmp_path, text) == {"下棋": 900, "棋谱": 30}
    table = "word\tcount\n下棋\t900\n棋谱\t\n下棋\t\n棋谱\t30\n"
    assert counts_of(tmp_path, table) == {"下棋": 900, "棋谱": 30}
    rows = [{"word": "下棋", "count": 900}, {"word": "下棋"}]
    jsonl = "".join(json.dumps(row) + "\n" for row in rows)
    assert counts_of(tmp_path, jsonl, "list.jsonl") == {"下棋": 900}


def test_comments_are_no_words(tmp_path: Path) -> None:
    text = "# words of the game, 2 in all\n下棋 9\n#  word\tcount\n棋谱 3\n# 来自论坛 5\n"
    assert counts_of(tmp_path, text) == {"下棋": 9, "棋谱": 3}


def test_signs_are_no_comments(tmp_path: Path) -> None:
    assert read_words([SAMPLES / "userdict.txt"])
    text = "#\n##ing\n#话题\nC#\n#!\n"
    assert set(counts_of(tmp_path, text)) == {"#", "ing", "#话题", "C#", "#!"}
    assert counts_of(tmp_path, "# 30\n") == counts_of(tmp_path, "#\t30\n") == {"#": 30}


def test_a_header_named_term_or_word(tmp_path: Path) -> None:
    for name in ("word", "term"):
        assert counts_of(tmp_path, f"{name}\tcount\n下棋\t9\n") == {"下棋": 9}
        assert counts_of(tmp_path, f'{name},count\n下棋,"1,009"\n') == {"下棋": 1009}


# --- dictionaries ------------------------------------------------------------------------------


def test_hanlp(tmp_path: Path) -> None:
    text = "棋谱 nz 35\nGPT-4 nz 12\n下棋 v 70 vn 6\n落子 v 3\n国手\n"
    expected = {"棋谱": 35, "GPT-4": 12, "下棋": 76, "落子": 3, "国手": None}
    assert counts_of(tmp_path, text) == expected
    assert counts_of(tmp_path, text.replace(" ", "\t")) == expected
    assert counts_of(tmp_path, text.replace(" ", ","), "dict.csv") == expected


def test_a_jieba_dictionary_with_spaces_in_words(tmp_path: Path) -> None:
    text = "卡拉 ok 30\n下棋 9 v\n棋谱 5\n卡拉 OK 7\nmachine learning 3\n"
    expected = {"卡拉 ok": 30, "下棋": 9, "棋谱": 5, "卡拉 OK": 7, "machine learning": 3}
    assert counts_of(tmp_path, text) == expected
    assert counts_of(tmp_path, "卡拉 OK 7\n") == {"卡拉 OK": 7}
    assert counts_of(tmp_path, "machine learning 3\n") == {"machine learning": 3}


RIME = "# Rime dictionary\n# encoding: utf-8\n\n---\nname: qi\nversion: '1'\n{columns}...\n\n{rows}"


@pytest.mark.parametrize(
    "columns, rows",
    [
        ("", "下棋\txia qi\t90\n棋谱\tqi pu\n国手\n"),
        ("columns:\n  - text\n  - weight\n", "下棋\t90\n棋谱\n国手\n"),
        ("columns: [ text, weight, code ]\n", "下棋\t90\txia qi\n棋谱\t\tqi pu\n国手\n"),
        (
            "columns: # three\n- code\n# -\n- text # word\n- weight\nsort: x\n",
            "a\t下棋\t90\nb\t棋谱\nc\t国手\n",
        ),
    ],
)
def test_rime(tmp_path: Path, columns: str, rows: str) -> None:
    text = RIME.format(columns=columns, rows=rows)
    expected = {"下棋": 90, "棋谱": None, "国手": None}
    assert counts_of(tmp_path, text, "qi.dict.yaml") == expected
    assert counts_of(tmp_path, "\ufeff" + text.replace("\n", "\r\n")) == expected
    assert counts_of(tmp_path, gzip.compress(text.encode()), "qi.dict.yaml.gz") == expected


def test_comments_of_rime(tmp_path: Path) -> None:
    rows = "#下棋\ta\t1\n棋谱\tb\t50%\n# no comment\n#国手\tc\t2\n"
    text = RIME.format(columns="", rows=rows)
    assert counts_of(tmp_path, text) == {"棋谱": None, "#国手": 2}


def test_three_dashes_alone_are_a_word(tmp_path: Path) -> None:
    assert counts_of(tmp_path, "---\n下棋\n") == {"---": None, "下棋": None}


def test_csv_without_a_header(tmp_path: Path) -> None:
    text = '下棋,90\n"a,b",3\n棋谱,nz,5\n国手\n'
    assert counts_of(tmp_path, text, "list.CSV") == {"下棋": 90, "a,b": 3, "棋谱": 5, "国手": None}
    packed = counts_of(tmp_path, gzip.compress(text.encode()), "list.csv.gz")
    assert packed == {"下棋": 90, "a,b": 3, "棋谱": 5, "国手": None}
    assert counts_of(tmp_path, "1,4-丁二醇 3\n") == {"1,4-丁二醇": 3}  # no .csv


WORDS = st.dictionaries(
    st.text("天地玄黄宇宙洪荒", min_size=2, max_size=4),
    st.integers(1, 10**9),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(WORDS)
def test_what_export_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory, words: dict[str, int]
) -> None:
    folder = tmp_path_factory.mktemp("export")
    small = folder / "dict.txt"
    small.write_text("天 3 n\n", encoding="utf-8")
    for target in ("jieba", "hanlp", "rime", "plain", "pkuseg", "thulac", "ltp", "ik"):
        # That of jieba itself would be read each time.
        how = {"freq": "corpus", "jieba_dict": small} if target == "jieba" else {}
        made = export_words(words, target, **how)
        found = counts_of(folder, "".join(made.pieces()), f"{target}.txt")
        counted = target in ("jieba", "hanlp", "rime")
        assert found == {word: count if counted else None for word, count in words.items()}


# --- numbers that are no counts ----------------------------------------------------------------

NONE = ["-4.1", "nan", "-inf", "1e400", "1e15", "12,34", "1.000,5", "1.2.3"]


@pytest.mark.parametrize(
    "text, line, cell",
    [
        *((f"下棋\t9\n\n棋谱\t{cell}\n", 3, cell) for cell in NONE),
        *((f"word\tpmi\tcount\n下棋\t-1\t9\n\n棋谱\t-1\t{cell}\n", 4, cell) for cell in NONE),
        *((f"下棋 9\n棋谱 {cell}\n", 2, cell) for cell in ("-4.1", "12,34", "nan", "1" + 15 * "0")),
    ],
)
def test_a_number_that_is_no_count_is_said(tmp_path: Path, text: str, line: int, cell: str) -> None:
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_weighted_words(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert caught.value.problem == f"no count: {cell!r}"
    assert read_words([path]) == {"下棋", "棋谱"}


def test_a_column_of_counts_has_counts(tmp_path: Path) -> None:
    for text, name, line in (
        ("word\tcount\n下棋\t9\n棋谱\t12次\n", "a.tsv", 3),
        ('term,count\n"a\nb",9\n棋谱,12次\n', "a.csv", 4),
        ('{"word": "下棋", "count": 9}\n\n{"word": "棋谱", "count": "12次"}\n', "a.jsonl", 3),
        ("# nlptools model 1\n# {}\nword\tcount\texpected\n下棋\t9\t12次\n", "a.model", 4),
    ):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="no count: '12次'") as caught:
            read_weighted_words(path)
        assert caught.value.line == line


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A list of words with logarithms, as SentencePiece writes beside its model."""
    path = tmp_path / "pieces.vocab"
    path.write_text("下\t-3.5\n下棋\t-7.25\n", encoding="utf-8")
    (tmp_path / "vocab.txt").write_text("[UNK]\n下\n棋\n下棋\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("下棋\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [
        "tokenize --vocab vocab.txt --weights LIST text.txt",
        "vocab export vocab.txt --weights LIST",
        "vocab build LIST",
        "segment --model LIST text.txt",
        "export LIST --to plain",
        "compare LIST LIST --lists",
    ],
)
def test_every_command_says_it(
    logs: Path, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    error = run(*command.replace("LIST", "pieces.vocab").split()).error
    assert error.startswith("Error: pieces.vocab:1: no count: '-3.5'\nhint: ")
    words = "".join(line.split("\t")[0] + "\n" for line in logs.read_text("utf-8").splitlines())
    logs.write_text(words, encoding="utf-8")  # as the hint says
    done = run(*command.replace("LIST", "pieces.vocab").split())
    if "--weights" in command:
        assert "pieces.vocab: no counts\nhint: name a list with a count" in done.error
    else:
        done.ok()
