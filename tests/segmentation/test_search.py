"""Mode search: the words of the list inside each word, as a slow twin finds them; offsets; both formats."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import SAMPLES

import nlptools
from nlptools.segmentation import stream
from nlptools.segmentation.baselines import PmiCutter
from nlptools.segmentation.search import Token
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.text.corpus import Corpus

WORDS = {
    **dict.fromkeys(["清华大学", "T恤衫店", "卡拉OK厅", "天天向上天", "大学生活动中心"], 1000),
    **dict.fromkeys(
        ["清华", "华大", "大学", "学生", "大学生", "生活", "活动", "中心", "学生活"], 5
    ),
    **dict.fromkeys(["T恤", "恤衫", "T恤衫", "拉OK", "OK厅", "天天", "天天向", "向上"], 5),
    **dict.fromkeys(["𠮷野", "大𠮷野"], 50),
}
CUTTER = Segmenter.from_counts(WORDS)
SIGNS = ["清华大学", "大学生活动中心", "T恤衫店", "卡拉OK厅", "天天向上天", *"清大学生T𠮷野，1 \n"]
TEXT = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)


def twin(text: str, cutter: Segmenter = CUTTER, words: dict[str, int] = WORDS) -> list[Token]:
    """Every stretch of symbols inside every word, looked up by itself."""
    found, start = [], 0
    for word in cutter.segment(text):
        places = [match.span() for match in re.finditer("[A-Za-z0-9]+|.", word, re.DOTALL)]
        for size in range(2, len(places)):
            for i in range(len(places) - size + 1):
                a, b = places[i][0], places[i + size - 1][1]
                if word[a:b] in words:
                    found.append(Token(word[a:b], start + a, start + b))
        if not word.isspace():
            found.append(Token(word, start, start + len(word)))
        start += len(word)
    return found


@pytest.mark.parametrize(
    "text, words",
    [
        ("清华大学", "清华 华大 大学 清华大学"),
        (
            "大学生活动中心",
            "大学 学生 生活 活动 中心 大学生 学生活 大学生活动中心",
        ),  # short ones first
        ("T恤衫店", "T恤 恤衫 T恤衫 T恤衫店"),  # a run of letters is one symbol
        ("卡拉OK厅", "拉OK OK厅 卡拉OK厅"),
        ("天天向上天", "天天 向上 天天向 天天向上天"),
        ("大𠮷野", "𠮷野 大𠮷野"),  # beyond the first 65,536 code points
        ("大学", "大学"),
        ("清 大学", "清 大学"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_inner_words(text: str, words: str) -> None:
    assert CUTTER.search(text) == words.split()
    assert [token.word for token in CUTTER.tokens(text, mode="search")] == words.split()


@settings(max_examples=300, deadline=None)
@given(TEXT)
@example("清华大学清华大学")
@example("清华大学\n大学 T恤衫店")
def test_as_the_slow_twin(text: str) -> None:
    assert CUTTER.tokens(text, mode="search") == twin(text)
    words = CUTTER.tokens(text)
    assert [word.word for word in words] == [w for w in CUTTER.segment(text) if not w.isspace()]
    assert [text[start:stop] for _, start, stop in words] == [word.word for word in words]


def test_the_general_model_as_the_slow_twin() -> None:
    model = nlptools.general_model()
    cutter = Segmenter.from_model(model)
    known = dict.fromkeys(model.words, 1)
    text = (SAMPLES / "startup.txt").read_text("utf-8")
    # Of letters and numbers the twin knows little.
    text = re.sub(r"[^一-龥，。\n]|[一二三四五六七八九十百千万亿两几第点数零]", "", text)
    made = cutter.tokens(text, mode="search")
    assert made == twin(text, cutter, known)
    assert len(made) > len(cutter.tokens(text))


@settings(max_examples=100, deadline=None)
@given(TEXT, st.sampled_from([" ", "|", "/ "]), st.integers(1, 40), st.sampled_from([1, 2]))
def test_both_formats(text: str, separator: str, block_size: int, workers: int) -> None:
    """Lines stay lines; JSON lines say where each word stands."""

    def made(**how: str) -> str:
        corpus = Corpus.from_texts([text], block_size=block_size)
        return "".join(segment_corpus(corpus, CUTTER, mode="search", workers=workers, **how))

    plain = made(separator=separator).split("\n")
    lines = text.split("\n")
    assert len(plain) == len(lines)
    for line, printed in zip(lines, plain, strict=True):
        if separator == "|":
            parts = [part for part in re.split(r"\||(\s+)", printed) if part and not part.isspace()]
        else:
            parts = [part for part in printed.replace(separator, " ").split() if part != "/"]
        assert parts == CUTTER.search(line)
    rows = [json.loads(row) for row in made(format="jsonl").split("\n")[:-1]]
    for line, row in zip(lines, rows, strict=False):
        assert row["text"] == line
        tokens = CUTTER.tokens(line, mode="search")
        assert [Token(w, *o) for w, o in zip(row["words"], row["offsets"], strict=True)] == tokens


def test_text_exactly() -> None:
    def made(text: str, **how: str) -> str:
        return "".join(segment_corpus(Corpus.from_texts([text]), CUTTER, mode="search", **how))

    assert made("在清华大学 T恤\r\n\n大学") == "在 清华 华大 大学 清华大学 T恤\r\n\n大学"
    assert made("清华大学", separator="/") == "清华/华大/大学/清华大学"
    assert made("清华大学", separator="𠮷") == "清华𠮷华大𠮷大学𠮷清华大学"


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_a_long_line_in_pieces(monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    line = "清华大学，大学生活动中心天天向上天" * 150
    text = f"{line}\n大学\n{line}"

    def made() -> str:
        corpus = Corpus.from_texts([text], block_size=600)
        return "".join(segment_corpus(corpus, CUTTER, mode="search", format=format, workers=1))

    whole = made()
    monkeypatch.setattr(stream, "PIECE", 100)
    assert made() == whole
    assert whole.count("清华 华大 大学 清华大学") == (300 if format == "text" else 0)


def test_from_python() -> None:
    assert nlptools.segment("清华大学", model=CUTTER, mode="search") == CUTTER.search("清华大学")
    with pytest.raises(ValueError, match="mode must be one of default, search, not 'full'"):
        nlptools.segment("清华大学", mode="full")
    with pytest.raises(ValueError, match="mode must be one of default, search, not 'full'"):
        list(segment_corpus(Corpus.from_texts(["天"]), CUTTER, mode="full"))


def test_a_method_without_a_word_list() -> None:
    counts = nlptools.count(Corpus.from_texts(["清华大学"] * 9), order=3, latin="break")
    cutter = PmiCutter(counts)
    assert cutter.tokens("T恤 清")[-1] == Token("清", 3, 4)
    for call in (cutter.search, lambda text: nlptools.segment(text, model=cutter, mode="search")):
        with pytest.raises(ValueError, match="mode search needs a segmenter with a word list"):
            call("清华大学")
