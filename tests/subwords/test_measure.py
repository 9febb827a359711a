"""Tokenizers measured: every figure beside a slow count, whatever the blocks and threads."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from trained import FORMS, LINES, tokenizer_json

from nlptools.errors import DataError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.subwords import measure
from nlptools.subwords.encoders import Encoder, load_encoder
from nlptools.subwords.measure import COLUMNS, TokenizerMeasure, measure_tokenizers
from nlptools.subwords.tally import APART, SEEN, WordFinder, shown_cut, tally
from nlptools.text.chars import is_han
from nlptools.text.corpus import Corpus

MORE = [
    "园丁们给𠮷野家的梨树浇水。",
    "",
    "Peach 桃树　开花",
    "孩子们在梨树下面等园丁，园丁也等孩子们。",
]
TEXTS = [*LINES[:5], *MORE]


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> list[Encoder]:
    folder = tmp_path_factory.mktemp("jsons")
    return [load_encoder(tokenizer_json(form, folder / f"{form}.json")) for form in FORMS]


@functools.cache
def general() -> Segmenter:
    return Segmenter.load()


def words_in(line: str) -> Iterator[tuple[int, int]]:
    """The words of several Han characters, one after another."""
    at = 0
    for word in general().segment(line):
        if len(word) > 1 and all(map(is_han, word)):
            yield at, at + len(word)
        at += len(word)


def slowly(encoder: Encoder, lines: list[str]) -> dict[str, float]:
    """The figures of a row, a word and a token at a time."""
    tokens = apart = unknown = under = words = whole = pieces = 0
    used = set()
    for line in lines:
        encoded = encoder.encode([line])
        ids = encoded.ids.tolist()
        spans = list(map(tuple, encoder.spans([line], encoded).tolist()))
        tokens += len(ids)
        used |= set(ids)
        strange = [i == encoder.unknown for i in ids]
        unknown += sum(strange)
        under += sum(b - a for (a, b), is_strange in zip(spans, strange, strict=True) if is_strange)
        apart += sum(
            n > 1 for n in Counter(span for span in spans if span[1] - span[0] == 1).values()
        )
        for start, stop in words_in(line):
            over = [n for n, (a, b) in enumerate(spans) if a < b and a < stop and b > start]
            words += 1
            pieces += len(over)
            whole += [spans[n] for n in over] == [(start, stop)] and not strange[over[0]]
    characters = sum(map(len, lines))
    return {
        "lines": len(lines),
        "characters": characters,
        "bytes": len("".join(lines).encode()),
        "tokens": tokens,
        "characters_per_token": characters / tokens,
        "bytes_per_token": len("".join(lines).encode()) / tokens,
        "apart": apart / characters,
        "unknown": unknown / tokens,
        "unknown_characters": under / characters,
        "words": words,
        "whole": whole / words,
        "tokens_per_word": pieces / words,
        "vocabulary": len(encoder),
        "used": len(used) / len(encoder),
    }


def values(row: TokenizerMeasure) -> dict[str, float]:
    return {name: getattr(row, name) for name in COLUMNS[2:]}


@pytest.mark.parametrize("number", range(len(FORMS)), ids=list(FORMS))
def test_as_slowly(number: int, encoders: list[Encoder]) -> None:
    encoder = encoders[number]
    found = measure_tokenizers([encoder], [Corpus.from_texts(TEXTS)])
    (row,) = found.rows
    assert (row.corpus, row.tokenizer) == ("texts", encoder.path)
    assert values(row) == slowly(encoder, TEXTS)
    assert row.words > 20


def test_by_hand(tmp_path: Path) -> None:
    """Two lines, four words: 桃树 and 开花 are tokens, 园丁 is two, 梨树 two of which one is unknown."""
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\n桃树\n开花\n园\n丁\n树\n", encoding="utf-8")
    found = measure_tokenizers(
        [path],
        [Corpus.from_texts(["桃树 开花", "园丁"]), Corpus.from_texts(["梨树"])],
        words=["桃树", "开花", "园丁", "梨树"],
    )
    first, second, total = found.rows
    assert (first.tokens, first.whole, first.tokens_per_word) == (4, 2 / 3, 4 / 3)
    assert (second.unknown, second.unknown_characters, second.tokens_per_word) == (0.5, 0.5, 2)
    assert (total.corpus, total.lines, total.words, total.whole) == ("total", 3, 4, 0.5)
    assert (total.vocabulary, total.used) == (6, 1)
    (shape,) = found.shapes
    assert shape.lengths == [0, 3, 2, 0, 0, 0, 0, 0, 0]  # without [UNK], which has five signs
    assert shape.words[0] == (4, 2, 6)
    assert [one[:3] for one in found.cut] == [("园丁", 1, [1]), ("梨树", 1, [1])]
    assert [one[3] for one in found.cut] == [["园|丁"], ["梨|树"]]


def test_blocks_and_threads_change_nothing(
    encoders: list[Encoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = TEXTS * 5
    expected = measure_tokenizers(encoders, [Corpus.from_texts(texts)], workers=1)
    batches = Corpus.documents

    def small(self: Corpus, size: int = 40) -> object:
        return batches(self, 40)

    monkeypatch.setattr(Corpus, "documents", small)
    assert measure_tokenizers(encoders, [Corpus.from_texts(texts)], workers=3) == expected


def test_a_list_of_words() -> None:
    """Words of the list alone count; the segmenter is told of them, so they are no parts of others by chance."""
    text = "桃树开花 Peach\n美学，欧美学校 C++"
    starts, stops, words = WordFinder(["桃树开花", "美学", "Peach", "C++", "花"]).find(text)
    assert [text[a:b] for a, b in zip(starts, stops, strict=True)] == words
    assert words == ["桃树开花", "Peach", "美学", "C++"]


def test_without_words(encoders: list[Encoder]) -> None:
    (row,) = measure_tokenizers(encoders[:1], [Corpus.from_texts(TEXTS)], whole=False).rows
    assert row.words == 0
    assert math.isnan(row.whole)
    assert row.tokens == slowly(encoders[0], TEXTS)["tokens"]


def test_no_text(encoders: list[Encoder]) -> None:
    found = measure_tokenizers(encoders, [Corpus.from_texts([])])
    assert {row.tokens for row in found.rows} == {0}
    header, *rows = found.lines()
    assert header.split() == list(COLUMNS)
    assert all(line.count("\t") == len(COLUMNS) - 1 for line in rows)
    assert "nan" not in "".join(rows)


def test_a_very_long_line_is_cut(encoders: list[Encoder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LONGEST_LINE", 7)
    line = "桃树开花以前，园丁浇水。"
    whole = measure_tokenizers(encoders[:1], [Corpus.from_texts([line])]).rows[0]
    parts = measure_tokenizers(encoders[:1], [Corpus.from_texts([line[:7], line[7:]])]).rows[0]
    assert values(whole) == values(parts)


def test_shown_cuts() -> None:
    assert shown_cut("园丁们", 0) == ""
    assert shown_cut("园丁们", SEEN) == "园丁们"
    assert shown_cut("园丁们", SEEN | 0b110 | APART) == "园|丁|们*"


def test_quantiles(encoders: list[Encoder]) -> None:
    """Lines of ten characters and more alone, in hundredths."""
    lines = ["桃树开花以前园丁每天", "桃树", "园丁每天给桃树浇水。桃树"]
    found = measure_tokenizers(encoders[:1], [Corpus.from_texts(lines)])
    ratios = sorted(
        len(line) * 100 // len(encoders[0].encode([line])) / 100 for line in lines if len(line) > 9
    )
    assert found.shapes[0].lines == [ratios[0]] * 3 + [ratios[1]] * 2


def test_the_first_cut_of_a_word_is_shown(encoders: list[Encoder]) -> None:
    block = tally(["孩子们等园丁", "园丁𠮷"], encoders[:1], WordFinder())
    assert block.words[:1] != []
    assert block.times.sum() >= 2
    assert (block.encoders[0].cuts[block.encoders[0].whole < block.times] & SEEN).all()


def test_examples_do_not_depend_on_order(encoders: list[Encoder]) -> None:
    texts = [
        f"{a}在{b}下面等{c}，等了一天又一天。"
        for a, b, c in itertools.permutations(["园丁", "梨树", "孩子们", "桃树"], 3)
    ]
    forward = measure_tokenizers(encoders[:2], [Corpus.from_texts(texts)]).examples
    backward = measure_tokenizers(encoders[:2], [Corpus.from_texts(texts[::-1])]).examples
    assert forward == backward
    assert len(forward) == 6
    assert len(forward[0][1]) == 2


def test_frame_and_refusals(encoders: list[Encoder], tmp_path: Path) -> None:
    found = measure_tokenizers(encoders[:2], [Corpus.from_texts(TEXTS)])
    assert list(found.to_frame().columns) == list(COLUMNS)
    assert "characters_per_token" in found._repr_html_()
    assert len(found) == 2
    assert repr(found) == "TokenizerMeasures(2 tokenizers, 2 rows)"
    with pytest.raises(ValueError, match="name a tokenizer"):
        measure_tokenizers([], [Corpus.from_texts(TEXTS)])
    with pytest.raises(DataError, match="no words of several characters"):
        measure_tokenizers(encoders[:1], [Corpus.from_texts(TEXTS)], words=["桃"])
    assert np.isfinite(found.rows[0].used)
