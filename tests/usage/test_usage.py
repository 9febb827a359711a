"""Words + corpora -> how they are used: the same numbers as from counts of everything, whatever the blocks are."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.explain import explain_word
from nlptools.text.corpus import Corpus
from nlptools.usage.contexts import Context, find_contexts, spread
from nlptools.usage.contextsample import steps_of
from nlptools.usage.matcher import IdMatcher
from nlptools.usage.usage import Usage, measure_usage

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what pandas warns of at import is not ours
    import pandas  # noqa: F401

TEXT = "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。\n5G网络，用5G，15G不是5G\nC++和C"


def usage_of(texts: list[str], words: list[str], block_size: int = 1 << 20, **how: int) -> Usage:
    return measure_usage([Corpus.from_texts(texts, block_size=block_size)], words, **how)


def same(one: Usage, other: Usage) -> bool:
    return all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") if isinstance(a, np.ndarray) else a == b
        for a, b in zip(vars(one).values(), vars(other).values(), strict=True)
    )


def test_by_hand() -> None:
    # 葡萄 four times: before it 吃 2, 吐 2; after it 不 1, 皮 2, 倒 1. 吃葡萄 twice, 葡萄皮 twice.
    usage = usage_of([TEXT], ["葡萄", "5G", "没有", "葡 萄", ""])
    assert usage.counts.tolist() == [4, 3, 0, 0, 0]
    assert usage.left[0] == [("吃", 2), ("吐", 2)]
    assert usage.right[0] == [("皮", 2), ("不", 1), ("倒", 1)]
    assert usage.left_entropy[0] == pytest.approx(math.log(2))
    assert usage.right_entropy[0] == pytest.approx(1.0397, abs=1e-4)
    # 8 + 9, then 5G 网 络, 用 5G, 15G 不 是 5G, then C++ 和 C.
    assert usage.symbols == [8 + 9 + 3 + 2 + 4 + 3]
    assert usage.splits[0] == [("葡", "萄", 4, 4)]
    assert usage.pmi[0] == pytest.approx(math.log(29 * 4 / 16))
    assert usage.pmi[1] == math.inf
    assert np.isnan(usage.pmi[2:]).all()
    assert usage.first.tolist() == [1, 20, -1, -1, -1]
    assert usage.right_breaks.tolist() == [0, 2, 0, 0, 0]
    assert [c.line for c in usage.contexts[1]] == [1, 1, 1]  # of the string
    assert usage.contexts[1][0].right == "网络，用5G，15G不是5G"
    assert usage.characters == [len(TEXT)]


def test_it_shows_itself() -> None:
    usage = usage_of([TEXT], ["葡萄", "没有"], contexts=1)
    assert repr(usage) == "Usage(words 2, corpora 1, symbols 29, occurrences 4)"
    first, second = usage
    assert len(usage) == 2
    assert (first.word, first.count, first.left) == ("葡萄", 4, [("吃", 2), ("吐", 2)])
    assert first.pmi == pytest.approx(math.log(29 * 4 / 16))
    assert (first.left_entropy, first.right_entropy) == pytest.approx(
        (math.log(2), 1.0397), abs=1e-4
    )
    assert (second.word, second.count, second.right, second.contexts) == ("没有", 0, [], [])
    assert first.contexts == usage.contexts[0]
    page = usage._repr_html_()
    assert ">葡萄<" in page
    assert ">皮 2 不 1 倒 1<" in page
    frame = usage.to_frame()
    assert frame["word"].tolist() == ["葡萄", "没有"]
    assert frame["count"].tolist() == [4, 0]
    assert frame["left_entropy"][0] == usage.left_entropy[0]
    assert list(frame.columns)[-3:] == ["left_breaks", "right_breaks", "first"]


@pytest.mark.parametrize("name", ["novel.txt", "startup.txt", "clinic.txt"])
def test_as_explained(name: str) -> None:
    corpus = Corpus([SAMPLES / name])
    counts = count_ngrams(corpus, order=6)
    words = [text for text, count in counts.items(3) if len(text) < 5][:3000:4]
    words += ["维生素C", "K8s", "北京大学"]
    usage = measure_usage([corpus], words, neighbours=1000, contexts=3)
    found = find_contexts(corpus, words, number=3, width=20)
    compared = 0
    for i, word in enumerate(words):
        told = explain_word(counts, word)
        assert usage.counts[i] == told.count
        assert usage.splits[i] == [
            (s.left, s.right, s.left_count, s.right_count) for s in told.splits
        ]
        if not told.count:
            continue
        assert usage.pmi[i] == pytest.approx(told.pmi)
        if all("\u4e00" <= c <= "\u9fff" for c in word):  # a run may be part of a longer one
            assert usage.contexts[i] == found[word]
        assert told.left and told.right
        assert usage.left[i] == told.left.neighbours
        assert usage.right[i] == told.right.neighbours
        assert usage.left_entropy[i] == pytest.approx(told.left.entropy)
        assert usage.right_entropy[i] == pytest.approx(told.right.entropy)
        assert usage.left_breaks[i] == told.left.breaks
        assert usage.right_breaks[i] == told.right.breaks
        compared += 1
    assert compared > 200


@settings(max_examples=150, deadline=None)
@given(
    st.text("中国人a1.，\n\r", max_size=400),
    st.integers(1, 300),
    st.integers(1, 3),
)
def test_blocks_change_nothing(tmp_path_factory: object, text: str, size: int, number: int) -> None:
    folder = tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    path = folder / "text.txt"
    path.write_bytes((text * 3).encode())
    words = ["中国", "国", "人a1", "a1", "中国人", "a"]
    many = measure_usage([Corpus([path], block_size=size)], words, contexts=number, width=7)
    one = measure_usage([Corpus([path])], words, contexts=number, width=7)
    assert same(many, one)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("中国人a1.，\r", max_size=60).map("{}\n".format), min_size=1, max_size=60),
    st.integers(1, 4),
    st.integers(1, 20),
)
def test_contexts_of_parts_are_those_of_the_whole(lines: list[str], number: int, size: int) -> None:
    """Who reads a part is told how often each word was there before."""
    words = ["中国", "国", "人a1", "中国人", "a.", "没有", "国"]
    whole = usage_of(["".join(lines)], words, contexts=number)
    steps = steps_of(whole.counts, number)
    seen = np.zeros(len(words), np.int64)
    kept: list[list[Context]] = [[] for _ in words]
    for start in range(0, len(lines), size):
        corpus = Corpus.from_texts(["".join(lines[start : start + size])])
        part = measure_usage([corpus], words, contexts=1, earlier=(seen, steps))
        for some, more in zip(kept, part.contexts, strict=True):
            some += more
        seen = seen + part.counts
    assert seen.tolist() == whole.counts.tolist()
    for some, every in zip(kept, whole.contexts, strict=True):
        beside = [(one.left, one.word, one.right) for one in every]
        assert [(one.left, one.word, one.right) for one in spread(some, number)] == beside


def test_long_lines_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    run = "x" * 300
    path.write_bytes(
        ("\r\n".join([f"甲乙{run}丙丁甲乙" * 40, "丁甲", f"甲乙{'y' * 64}甲"])).encode()
    )
    words = ["甲乙", "丁甲", "丙丁甲乙"]
    one = measure_usage([Corpus([path])], words)
    assert one.counts.tolist() == [81, 41, 40]
    for size in (1, 50, 333, 5000):
        assert same(measure_usage([Corpus([path], block_size=size)], words), one)
    assert [c.line for c in one.contexts[1]][-1] <= 2


def test_a_word_of_thousands_of_symbols() -> None:
    """Its parts would take the square of its length; it is found, and not divided."""
    longest, longer = "天地" * 50, "天地玄黄" * 2000
    usage = usage_of([longest, longer, longer], [longest, longer, "天地"])
    assert usage.counts.tolist() == [1, 2, 4100 - 50]
    assert np.isfinite(usage.pmi[0])
    assert np.isnan(usage.pmi[1])
    assert [len(splits) for splits in usage.splits] == [99, 0, 1]


def test_contexts_are_spread() -> None:
    texts = [f"第{i}行的词语在此" for i in range(1000)]
    usage = usage_of(texts, ["词语"], contexts=4)
    lines = [context.line for context in usage.contexts[0]]
    # 1,000 occurrences, every 128th is kept (8 of them), every second of those is shown.
    assert lines == [1, 257, 513, 769]


def test_corpora_are_counted_each() -> None:
    corpora = [
        Corpus.from_texts(["词语词语"]),
        Corpus.from_texts(["没有"]),
        Corpus.from_texts(["词语"]),
    ]
    usage = measure_usage(corpora, ["词语", "没有"])
    assert usage.by_corpus.tolist() == [[2, 0], [0, 1], [1, 0]]
    assert usage.symbols == [4, 2, 2]
    assert usage.first.tolist() == [0, 4]
    assert usage.counts.tolist() == [3, 1]


def test_folded_words_are_one() -> None:
    corpus = Corpus.from_texts(["ＡＢＣ技术abc技术"], fold=["nfkc", "lower"])
    usage = measure_usage([corpus], ["ABC技术", "ａｂｃ技术", "技"])
    assert usage.counts.tolist() == [2, 2, 2]


def test_nothing() -> None:
    usage = usage_of(["文字"], [])
    assert len(usage.words) == 0
    assert usage_of([], ["文字"]).counts.tolist() == [0]
    assert usage_of(["文字"], ["，", ""]).counts.tolist() == [0, 0]
    with pytest.raises(ValueError, match="negative"):
        usage_of(["文字"], ["文字"], contexts=-1)


def test_ids_without_a_character() -> None:
    matcher = IdMatcher([np.array([0xD7FF, 0xD800]), np.array([5])])
    last, found = matcher.find(np.array([5, 0xD7FF, 0xD800, 0x10FFFF + 7, 0, 5], np.uint32))
    assert last.tolist() == [0, 2, 5]
    assert found.tolist() == [1, 0, 1]
    assert len(IdMatcher([]).find(np.array([1]))[0]) == 0
