"""Segmented text as text and as JSON lines: nothing is lost, lines stay lines, pieces leave no trace."""

from __future__ import annotations

import inspect
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from bothways import without
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.errors import DataError
from nlptools.segmentation import stream as spacing
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import encode_words, segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import general_model

GENERAL = Segmenter.load()
SMALL = Segmenter.from_counts({"天地": 9, "玄黄": 9, "宇宙": 9, "T恤": 5, "宇宙洪荒": 2, "天": 3})

SIGNS = "天地玄黄宇宙洪荒𠮷T恤5.%，。… \t\u3000\u2028\x85\0😀\u0301\ufe0f\r\n"
TEXT = st.text(st.sampled_from(SIGNS), max_size=80) | st.text(max_size=40)


def spaced(
    texts: str | bytes | Sequence[str | bytes], folder: Path, cutter: Cutter = SMALL, **how: Any
) -> str:
    """Files -> all output."""
    texts = [texts] if isinstance(texts, str | bytes) else texts
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"{number}.txt")
        paths[-1].write_bytes(text.encode() if isinstance(text, str) else text)
    corpus = Corpus(paths, block_size=how.pop("block_size", 1 << 20))
    return "".join(segment_corpus(corpus, cutter, **how))


def lines_of(text: str) -> list[str]:
    """Without their ends; LF, CRLF, CR."""
    return re.sub("\r\n?", "\n", text).split("\n")


def without_bom(text: str) -> str:
    """What a file of that text holds: a byte order mark at its beginning is none of it."""
    return text.removeprefix("\ufeff")


in_folder = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ""),
        ("天", "天"),
        ("天地玄黄", "天地 玄黄"),
        ("天地玄黄\n", "天地 玄黄\n"),
        ("天地玄黄\n\n\n玄", "天地 玄黄\n\n\n玄"),
        ("天地玄黄\r\n玄黄天\r\n", "天地 玄黄\r\n玄黄 天\r\n"),
        ("天地玄黄\r玄黄天\r", "天地 玄黄\r玄黄 天\r"),
        ("\r\n\r\n", "\r\n\r\n"),
        ("天地 玄黄", "天地 玄黄"),
        ("  天地  玄黄天 ", "  天地  玄黄 天 "),
        ("天地\t玄黄天", "天地\t玄黄 天"),
        ("\u3000\u3000天地玄黄", "\u3000\u3000天地 玄黄"),
        ("天地\u2028玄黄\x85天", "天地\u2028玄黄\x85天"),
        ("天地，玄黄。", "天地 ， 玄黄 。"),
        ("买3.5%的T恤！！", "买 3.5% 的 T恤 ！！"),
        ("天地 \u0301天", "天地 \u0301 天"),
        ("\0天地\0", "\0 天地 \0"),
    ],
)
def test_text(tmp_path: Path, text: str, expected: str) -> None:
    assert spaced(text, tmp_path) == expected


@pytest.mark.parametrize(
    "separator, expected",
    [
        ("/", "天地/ /玄黄/\t/天\n天地/玄黄"),
        ("  ", "天地 玄黄\t天\n天地  玄黄"),
        ("\t", "天地 玄黄\t天\n天地\t玄黄"),
        ("\u3000", "天地 玄黄\t天\n天地\u3000玄黄"),
        ("天", "天地天 天玄黄天\t天天\n天地天玄黄"),
        (" / ", "天地 /   / 玄黄 / \t / 天\n天地 / 玄黄"),
        ("😀", "天地😀 😀玄黄😀\t😀天\n天地😀玄黄"),
        ("\0", "天地\0 \0玄黄\0\t\0天\n天地\0玄黄"),
    ],
)
def test_separators(tmp_path: Path, separator: str, expected: str) -> None:
    assert spaced("天地 玄黄\t天\n天地玄黄", tmp_path, separator=separator) == expected


@pytest.mark.parametrize("separator", ["", "\n", "\r", "a\nb"])
def test_no_separators(tmp_path: Path, separator: str) -> None:
    with pytest.raises(ValueError, match="separator must be some characters other than line ends"):
        spaced("天地", tmp_path, separator=separator)


def test_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="format must be one of text, jsonl, not 'xml'"):
        spaced("天地", tmp_path, format="xml")


@in_folder
@given(TEXT, st.sampled_from(["|", "■■", "😀", "/ ", "\v"]))
@example("天地玄黄" * 20, "|")
def test_taking_the_separators_out_gives_back_the_text(
    tmp_path: Path, text: str, separator: str
) -> None:
    text = without_bom(text).replace(separator, "")
    if set(separator) & set(text):
        text = "".join(c for c in text if c not in separator)
    assert spaced(text, tmp_path, separator=separator).replace(separator, "") == text


@in_folder
@given(TEXT)
@example("天 \u0301地")
@example("天\n\ufe0f地")
def test_spaces(tmp_path: Path, text: str) -> None:
    """With a space: only spaces are added, and what lies between white space are the tokens."""
    text = without_bom(text)
    out = spaced(text, tmp_path)
    assert out.replace(" ", "") == text.replace(" ", "")
    tokens = [token for token in SMALL.segment(text) if not token.isspace()]
    assert out.split() == tokens
    assert [line.replace(" ", "") for line in lines_of(out)] == [
        line.replace(" ", "") for line in lines_of(text)
    ]


def test_lines_are_cut_alone(tmp_path: Path) -> None:
    """A word never goes over a line end, nor does what stands on another line matter."""
    text = (SAMPLES / "novel.txt").read_text("utf-8")
    whole = spaced(text, tmp_path, GENERAL)
    alone = "\n".join(" ".join(GENERAL.segment(line)) for line in text.split("\n"))
    assert whole == alone


# --- several files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts, expected",
    [
        (["天", "地"], "天\n地"),
        (["天\n", "地\n"], "天\n地\n"),
        (["天\r", "地"], "天\r地"),
        (["天", "", "地"], "天\n地"),
        (["", "天", ""], "天"),
        (["天\n\n", "\n地"], "天\n\n\n地"),
        (["玄黄天", "地玄黄"], "玄黄 天\n地 玄黄"),
    ],
)
@pytest.mark.parametrize("block_size", [4, 1 << 20])
def test_files_do_not_run_together(
    tmp_path: Path, texts: list[str], expected: str, block_size: int
) -> None:
    assert spaced(texts, tmp_path, block_size=block_size) == expected
    rows = spaced(texts, tmp_path, block_size=block_size, format="jsonl")
    assert [json.loads(row)["text"] for row in rows.split("\n")[:-1]] == [
        line.replace(" ", "")
        for line in lines_of(expected.rstrip("\n") if expected.endswith("\n") else expected)
    ]


# --- pieces ----------------------------------------------------------------------------------


@in_folder
@given(
    st.lists(TEXT, min_size=1, max_size=3),
    st.integers(4, 60),
    st.integers(1, 3),
    st.sampled_from(["text", "jsonl"]),
)
def test_blocks_and_workers_do_not_matter(
    tmp_path: Path, texts: list[str], block_size: int, workers: int, format: str
) -> None:
    whole = spaced(texts, tmp_path, format=format, workers=1)
    assert spaced(texts, tmp_path, format=format, workers=workers, block_size=block_size) == whole


def long_line(kind: str) -> str:
    """A line that is longer than what is cut at a time."""
    novel = (SAMPLES / "novel.txt").read_text("utf-8").replace("\n", "")
    if kind == "han":
        return "".join(c for c in novel if "一" <= c <= "龥")[:2500]
    if kind == "spaces":
        return novel.replace("，", "  ").replace("。", "\u3000")
    if kind == "astral":
        return novel.replace("，", "😀").replace("剑", "𠮷")
    if kind == "marks":
        return novel[:900] + "—" * 900 + novel[900:1800] + "a" * 1500 + novel[1800:]
    return novel


@pytest.mark.parametrize("kind", ["plain", "han", "spaces", "astral", "marks"])
@pytest.mark.parametrize("separator", [" ", "|"])
def test_a_long_line_is_cut_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, separator: str
) -> None:
    line = long_line(kind)
    text = f"{line}\n{line[:500]}\r\n{line}"
    whole = spaced(text, tmp_path, GENERAL, separator=separator)
    assert whole.count("\n") == 2
    for piece, block_size in ((64, 300), (100, 1000), (200, 1 << 20)):
        monkeypatch.setattr(spacing, "PIECE", piece)
        made = spaced(text, tmp_path, GENERAL, separator=separator, block_size=block_size)
        assert made == whole
        rows = spaced(text, tmp_path, GENERAL, format="jsonl", block_size=block_size).split("\n")
        assert [len(json.loads(row)["text"]) for row in rows[:-1]] == [len(line), 500, len(line)]


def test_the_line_was_cut_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacing, "PIECE", 64)
    (tmp_path / "a").write_text(long_line("han"), encoding="utf-8")
    corpus = Corpus([tmp_path / "a"], block_size=300)
    pieces = list(segment_corpus(corpus, GENERAL))
    assert len(pieces) > 12
    assert max(map(len, pieces)) < 1000


def test_a_line_in_which_nothing_can_be_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spacing, "PIECE", 64)
    for line in ("a" * 5000, "—" * 5000, " " * 5000):
        assert spaced(line, tmp_path, block_size=300) == line
    text = "a" * 5000 + "天地玄黄"
    assert spaced(text, tmp_path, block_size=300) == "a" * 5000 + " 天地 玄黄"


def test_a_large_line_without_a_break(tmp_path: Path) -> None:
    """3 MB in one line: in pieces, so that what is held at a time has a bound."""
    rng = random.Random(1)
    words = ["天地", "玄黄", "宇宙", "宇宙洪荒", "天", "𠮷", "洪"]
    text = "".join(rng.choices(words[:5], k=500_000))
    assert len(text.encode()) > 2_900_000
    (tmp_path / "a").write_text(text, encoding="utf-8")
    pieces = list(segment_corpus(Corpus([tmp_path / "a"], block_size=1 << 20), SMALL))
    assert len(pieces) > 1
    out = "".join(pieces)
    assert out.replace(" ", "") == text
    assert "  " not in out
    assert not out.startswith(" ")
    assert out.split(" ") == SMALL.segment(text)


# --- JSON lines ------------------------------------------------------------------------------


def check_rows(text: str, out: str) -> None:
    rows = [json.loads(row) for row in out.split("\n")[:-1]]
    lines = lines_of(text)
    if lines[-1] == "":
        lines.pop()  # the end of the last line begins no other
    assert [row["text"] for row in rows] == lines
    for row in rows:
        assert list(row) == ["text", "words", "offsets"]
        assert [row["text"][a:b] for a, b in row["offsets"]] == row["words"]
        edges = np.array([0, *(edge for pair in row["offsets"] for edge in pair)])
        assert (np.diff(edges) >= 0).all()
        assert "".join(row["words"]) == "".join(row["text"].split())
        assert row["words"] == [w for w in SMALL.segment(row["text"]) if not w.isspace()]


@in_folder
@given(TEXT)
@example("天地\n\n\r\n \n玄黄")
@example("\n")
@example("")
def test_rows(tmp_path: Path, text: str) -> None:
    text = without_bom(text)
    out = spaced(text, tmp_path, format="jsonl")
    assert out == "" or out.endswith("\n")
    check_rows(text, out)


def test_rows_exactly(tmp_path: Path) -> None:
    assert spaced('天地 \u3000T恤😀𠮷。\n\n \t\n"\\', tmp_path, format="jsonl") == (
        '{"text": "天地 \u3000T恤😀𠮷。", "words": ["天地", "T恤", "😀", "𠮷", "。"], '
        '"offsets": [[0, 2], [4, 6], [6, 7], [7, 8], [8, 9]]}\n'
        '{"text": "", "words": [], "offsets": []}\n'
        '{"text": " \\t", "words": [], "offsets": []}\n'
        '{"text": "\\"\\\\", "words": ["\\"", "\\\\"], "offsets": [[0, 1], [1, 2]]}\n'
    )


def test_both_formats_have_the_same_words(tmp_path: Path) -> None:
    text = (SAMPLES / "startup.txt").read_text("utf-8")
    rows = spaced(text, tmp_path, GENERAL, format="jsonl").split("\n")[:-1]
    lines = spaced(text, tmp_path, GENERAL).split("\n")
    assert [json.loads(row)["words"] for row in rows] == [
        line.split() for line in lines[: len(rows)]
    ]


# --- texts in memory -------------------------------------------------------------------------


def test_texts() -> None:
    """Each text is a line of its own, also where it is asked for block by block."""
    corpus = Corpus.from_texts(["天地玄黄", "", "玄黄天"])
    assert "".join(segment_corpus(corpus, SMALL)) == "天地 玄黄\n\n玄黄 天"
    small = Corpus.from_texts(["天地玄黄", "玄黄天"], block_size=2)
    assert "".join(segment_corpus(small, SMALL)) == "天地 玄黄\n玄黄 天"


def test_an_error_while_reading(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"0\.txt:2: not UTF-8"):
        spaced("天地\n".encode() + b"\xff", tmp_path)


def test_files_without_a_last_line_end(tmp_path: Path) -> None:
    """Each ends its line, also the same file named twice, and one whose CR meets the LF of the next."""
    paths = []
    for name, text in (("a", "天气"), ("b", "很好\r"), ("c", "\n天")):
        paths.append(tmp_path / name)
        paths[-1].write_text(text, encoding="utf-8", newline="")
    made = segment_corpus(
        Corpus([paths[0], paths[0], *paths[1:]]), Segmenter.from_counts({"天气": 2})
    )
    assert "".join(made) == "天气\n天气\n很 好\r\n天"


def test_a_very_long_line_is_the_same_object() -> None:
    """It is cut and written piece by piece; lines around it are not touched."""
    rng = random.Random(5)
    line = "".join(rng.choice("中国人民天地，。 A1") for _ in range(3000))
    text = f"天地\n中国\n{line}\r\n人民\n"
    cutter = Segmenter.from_model(general_model())
    whole = "".join(segment_corpus(Corpus.from_texts([text]), cutter, format="jsonl", workers=1))
    with mock.patch.object(spacing, "PIECE", 300):
        pieces = list(segment_corpus(Corpus.from_texts([text]), cutter, format="jsonl", workers=1))
    assert len(pieces) > 10
    assert "".join(pieces) == whole
    assert [json.loads(row)["text"] for row in whole.splitlines()] == ["天地", "中国", line, "人民"]


ENDLESS = {
    "one sign": "\0" * 5000,
    "dashes": "天地" + "—" * 3000 + "玄黄",
    "one letter": "天地" + "a" * 3000 + "://b?c" + "x" * 400 + "@d.e",
    "blanks": "天" + " " * 3000 + "地",
    "numbers": " ".join(str(7 ** (n % 40)) for n in range(300)),
    "hexadecimal": "".join(f"{7**n:x}" for n in range(200)) + "玄黄",
    "a path": "/".join(f"w{11**n}" for n in range(200)),
    "thousands": "1" + ",000" * 900 + "元",
    "an address": "www." + "a/b.c" * 900 + "?d=e" + "f" * 900,
    "marks": "a" + "\u0301" * 3000 + "b",
    "percent": "5" + "%" * 3000 + "6",
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("separator", [" ", "/", "\u3000"])
def test_one_token_that_goes_on_and_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, separator: str
) -> None:
    """What has no place between two words is the same text and the same object, in whatever pieces it is cut."""
    text = ENDLESS[name]
    whole = spaced(text, tmp_path, GENERAL, separator=separator)
    row = spaced(text, tmp_path, GENERAL, format="jsonl")
    for piece in (64, 150):
        monkeypatch.setattr(spacing, "PIECE", piece)
        made = spaced(text, tmp_path, GENERAL, separator=separator, block_size=300)
        assert made == whole
        assert spaced(text, tmp_path, GENERAL, format="jsonl", block_size=300) == row


@pytest.mark.parametrize(
    "name", ["one sign", "dashes", "one letter", "blanks", "numbers", "a path"]
)
def test_the_token_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(spacing, "PIECE", 64)
    (tmp_path / "a").write_text(ENDLESS[name], encoding="utf-8")
    pieces = list(segment_corpus(Corpus([tmp_path / "a"], block_size=300), GENERAL))
    assert len(pieces) > 12
    assert max(map(len, pieces)) < 1000


@settings(max_examples=80, deadline=None)
@given(TEXT, st.sampled_from([" ", "/", "\u3000", "𠮷|"]), st.integers(1, 90))
def test_bytes_are_those_of_the_text(text: str, separator: str, size: int) -> None:
    """What a command writes: in one pass over the code points, and without compiled loops."""
    corpus = Corpus.from_texts([text], block_size=size)

    def written() -> bytes:
        pieces = encode_words(corpus, SMALL, separator=separator, workers=1)
        return b"".join(p.encode() if isinstance(p, str) else p for p in pieces)

    assert written() == "".join(segment_corpus(corpus, SMALL, separator=separator)).encode()
    assert written() == without(written)


def test_bytes_have_the_settings_of_text() -> None:
    first, second = map(inspect.signature, (segment_corpus, encode_words))
    assert first.parameters == second.parameters
