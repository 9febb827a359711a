"""How words are spread over a text: by hand, and as a loop over all lines and places says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.parts import PARTS, measure_spread
from nlptools.usage.usage import measure_usage


def corpora_of(directory: Path, *texts: str, block_size: int = 1 << 20) -> list[Corpus]:
    paths = []
    for i, text in enumerate(texts):
        paths.append(directory / f"{i}.txt")
        paths[-1].write_bytes(text.encode())
    return [Corpus([path], block_size=block_size) for path in paths]


def test_lines_and_files(tmp_path: Path) -> None:
    corpora = corpora_of(tmp_path, "天地天\n天\n地人\n", "天 A-B\n\nA-B天")
    words = ["天", "地人", "A-B", "没有", "天地"]
    size = sum(measure_usage(corpora, words).characters)
    lines = measure_spread(corpora, words, size)
    assert lines.documents.tolist() == [4, 1, 2, 0, 1]
    files = measure_spread(corpora, words, size, by_line=False)
    assert files.documents.tolist() == [2, 1, 1, 0, 1]
    assert lines.parts.sum(axis=1).tolist() == [5, 1, 2, 0, 1]
    assert (lines.parts == files.parts).all()


def test_a_word_that_is_asked_for_in_two_forms(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("ＡＢ国 AB国", encoding="utf-8")
    corpus = Corpus([tmp_path / "a"], fold=["nfkc"])
    assert measure_spread([corpus], ["AB国", "ＡＢ国"], 7).documents.tolist() == [1, 1]


def test_records(tmp_path: Path) -> None:
    """A record may have several lines."""
    (tmp_path / "a.jsonl").write_text('{"t": "天\\n天"}\n{"t": "天"}\n{"t": "地"}\n')
    corpus = Corpus([tmp_path / "a.jsonl"], field="t")
    assert measure_spread([corpus], ["天"], 7).documents.tolist() == [2]


WORDS = ["天", "地", "天地", "地天地", "a天", "天-a"]


def by_hand(texts: list[str], size: int) -> tuple[list[int], np.ndarray]:
    documents, parts, before = [0] * len(WORDS), np.zeros((len(WORDS), PARTS), int), 0
    for text in texts:
        at = before
        for line in text.split("\n"):
            for row, word in enumerate(WORDS):
                places = [i for i in range(len(line)) if line.startswith(word, i)]
                # A run of letters is one symbol: a word does not begin or end inside it.
                places = [i for i in places if not ("a" in word and _torn(line, i, word))]
                documents[row] += bool(places)
                for place in places:
                    parts[row, (at + place) * PARTS // size] += 1
            at += len(line) + 1
        before += len(text)
    return documents, parts


def _torn(line: str, at: int, word: str) -> bool:
    end = at + len(word)
    return (word[0] == "a" and line[:at].endswith("a")) or (
        word[-1] == "a" and line[end:].startswith("a")
    )


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.text("天地a-\n", max_size=80), min_size=1, max_size=3),
    st.integers(1, 30),
)
def test_as_a_loop(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], block_size: int
) -> None:
    # A file that does not end with a line end is followed by another text all the same.
    texts = [text.replace("--", "-") + "\n" for text in texts]
    directory = tmp_path_factory.mktemp("texts")
    size = sum(map(len, texts))
    found = measure_spread(corpora_of(directory, *texts, block_size=block_size), WORDS, size)
    documents, parts = by_hand(texts, size)
    assert found.documents.tolist() == documents
    assert (found.parts == parts).all()
