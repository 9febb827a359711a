"""Keyword in context, and the matcher behind it: right places, right lines, spread over the corpus."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.contexts import Context, find_contexts
from nlptools.usage.matcher import Matcher


def contexts_of(texts: list[str], word: str, **settings: int) -> list[Context]:
    return find_contexts(Corpus.from_texts(texts), [word], **settings)[word]


def written(tmp_path: Path, text: str, **reading: object) -> Corpus:
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    return Corpus([path], **reading)  # type: ignore[arg-type]


@given(
    words=st.sets(st.text("甲乙丙", min_size=1, max_size=4), max_size=8),
    text=st.text("甲乙丙，\n", max_size=60),
)
def test_matcher_finds_what_a_loop_finds(words: set[str], text: str) -> None:
    found = sorted(Matcher(words).find(text))
    expected = [
        (start, word)
        for start in range(len(text))
        for word in words
        if text.startswith(word, start)
    ]
    assert found == sorted(expected)


def test_matcher_outside_the_basic_plane() -> None:
    assert list(Matcher(["𠮷野"]).find("a𠮷野家😀𠮷野")) == [(1, "𠮷野"), (5, "𠮷野")]


def test_matcher_orders_by_end() -> None:
    assert list(Matcher(["国家", "国家标准", "标准"]).find("国家标准")) == [
        (0, "国家"),
        (0, "国家标准"),
        (2, "标准"),
    ]


def test_matcher_refuses_the_empty_word() -> None:
    with pytest.raises(ValueError, match="empty word"):
        Matcher(["甲", ""])


def test_matcher_without_words() -> None:
    assert list(Matcher([]).find("甲乙")) == []


def test_one_context() -> None:
    assert contexts_of(["今天下雨。", "我说：国家标准很好。"], "国家", width=3) == [
        Context("texts", 2, "我说：", "国家", "标准很")
    ]


def test_a_context_ends_with_its_line() -> None:
    text = "前一行\n左边国家右边\n后一行"
    assert contexts_of([text], "国家")[0].left == "左边"
    assert contexts_of([text], "国家")[0].right == "右边"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file(tmp_path: Path, end: str) -> None:
    text = end.join(["国家", "", "甲国家", "甲甲国家，国家", "国家"])
    found = find_contexts(written(tmp_path, text), ["国家"], number=9)["国家"]
    assert [context.line for context in found] == [1, 3, 4, 4, 5]
    assert [context.left for context in found] == ["", "甲", "甲甲", "甲甲国家，", ""]
    assert {context.source for context in found} == {str(tmp_path / "text.txt")}


def test_lines_of_overlapping_words(tmp_path: Path) -> None:
    """Occurrences come by their ends, so a long word may begin before the one found last."""
    text = "甲\n乙\n丙国家\n标准国家标准\n"
    words = ["准国", "国家", "标准国家标准", "标准"]
    found = find_contexts(written(tmp_path, text), words)
    assert {word: [c.line for c in contexts] for word, contexts in found.items()} == {
        "准国": [4],
        "国家": [3, 4],
        "标准国家标准": [4],
        "标准": [4, 4],
    }


@pytest.mark.parametrize("block_size", [64, 256, 1 << 20])
def test_blocks_do_not_matter(tmp_path: Path, block_size: int) -> None:
    lines = [f"第{i}行的国家标准" for i in range(50)]
    corpus = written(tmp_path, "\n".join(lines), block_size=block_size)
    found = find_contexts(corpus, ["国家"], number=50)["国家"]
    assert [context.line for context in found] == list(range(1, 51))


@pytest.mark.parametrize("occurrences", [0, 1, 4, 5, 6, 9, 10, 11, 100, 1234])
def test_number_and_spread(occurrences: int) -> None:
    texts = [f"国家{i}" for i in range(occurrences)]
    found = contexts_of(texts, "国家", number=5)
    places = [context.line for context in found]
    assert len(found) == min(occurrences, 5)
    assert places == sorted(set(places))
    if occurrences > 20:
        assert places[0] <= occurrences // 5
        assert places[-1] > occurrences // 2
        steps = [after - before for before, after in pairwise(places)]
        assert max(steps) <= 3 * min(steps)


def test_each_word_has_its_own_sample() -> None:
    texts = ["国家"] * 100 + ["罕见的词"]
    found = find_contexts(Corpus.from_texts(texts), ["国家", "罕见", "没有"], number=3)
    assert {word: len(contexts) for word, contexts in found.items()} == {
        "国家": 3,
        "罕见": 1,
        "没有": 0,
    }
    assert found["罕见"][0].line == 101


def test_the_same_word_twice() -> None:
    found = find_contexts(Corpus.from_texts(["国家"]), ["国家", "国家"])
    assert len(found["国家"]) == 1


def test_several_files(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("空行\n国家\n", encoding="utf-8")
    found = find_contexts(Corpus([tmp_path / "a", tmp_path / "b"]), ["国家"])["国家"]
    assert [(Path(c.source).name, c.line) for c in found] == [("a", 2), ("b", 2)]


@pytest.mark.parametrize("number", [0, -1])
def test_number_is_checked(number: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        contexts_of(["国家"], "国家", number=number)
