"""Words with a sign or a blank inside, counted where they stand in the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlptools.discovery.discover import discover_words
from nlptools.errors import NlptoolsError
from nlptools.review.compare import compare_corpora
from nlptools.review.explain import explain_words
from nlptools.text.corpus import Corpus
from nlptools.usage.signed import with_breaks
from nlptools.usage.usage import measure_usage

TEXTS = ["他说卡莱尔·布朗来了，用iPad Pro", "卡莱尔·布朗涨5%，iPad Process", "iPad Pro涨15%、5%%"]
WORDS = ["卡莱尔·布朗", "iPad Pro", "5%", "卡莱尔，布朗", "布朗"]


def test_by_hand() -> None:
    usage = measure_usage([Corpus.from_texts(TEXTS)], WORDS)
    # iPad Process is another word, and so is 15%.
    assert usage.counts.tolist() == [2, 2, 2, 0, 2]
    assert usage.left[0] == [("说", 1)]
    assert usage.left_breaks.tolist()[:3] == [1, 1, 1]
    assert usage.right[0] == [("来", 1), ("涨", 1)]
    assert usage.right[1] == [("涨", 1)]
    assert usage.right[2] == []  # a comma, and another sign
    assert np.isnan(usage.pmi[:4]).all()
    assert usage.splits[:4] == [[], [], [], []]
    assert usage.symbol_counts.tolist() == [0, 0, 0, 0, 2]
    assert usage.first[0] == 2
    assert [(c.line, c.left) for c in usage.contexts[0]] == [(1, "他说"), (2, "")]


def test_a_run_that_goes_on_is_another_word() -> None:
    """A point, a hyphen, two pluses belong to a run of letters and digits; a full stop does not."""
    texts = ["装Norda 7.5，装Norda 7-b，装Norda 7++；装Norda 7。装Norda 7.", "7.5 Norda，5 Norda"]
    usage = measure_usage([Corpus.from_texts(texts)], ["Norda 7", "5 Norda", "7%"])
    assert usage.counts.tolist() == [2, 1, 0]


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_blocks_change_nothing(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join([*TEXTS, "".join(TEXTS) * 30]), encoding="utf-8")
    one = measure_usage([Corpus([path])], WORDS)
    many = measure_usage([Corpus([path], block_size=size)], WORDS)
    assert many.counts.tolist() == one.counts.tolist()
    assert (many.left, many.right, many.contexts) == (one.left, one.right, one.contexts)
    assert many.first.tolist() == one.first.tolist()


def test_accepted_words_stay() -> None:
    corpus = Corpus.from_texts(TEXTS * 9)
    table = discover_words(corpus, method="entropy", accepted=WORDS, top=1)
    rows = {row.word: row for row in table}
    assert {word: rows[word].count for word in WORDS[:3]} == dict.fromkeys(WORDS[:3], 18)
    assert {rows[word].decision for word in WORDS[:3]} == {"accepted"}
    assert "卡莱尔，布朗" not in rows


def test_explained_and_compared(tmp_path: Path) -> None:
    for name, texts in (("a.txt", TEXTS[2:]), ("b.txt", TEXTS)):
        (tmp_path / name).write_text("\n".join(texts), encoding="utf-8")
    first, second = explain_words(["iPad Pro", "布朗"], corpus=tmp_path / "b.txt")
    assert (first.explanation.count, first.explanation.symbols) == (2, ["iPad", "Pro"])
    assert first.explanation.left is not None
    assert first.explanation.left.neighbours == [("用", 1)]
    assert [c.line for c in first.contexts] == [1, 3]
    assert second.explanation.count == 2
    (absent,) = explain_words("没 有", corpus=tmp_path / "b.txt")
    assert str(absent).endswith("never occurs")
    with pytest.raises(NlptoolsError, match="has a break in it"):
        explain_words("iPad Pro", corpus=Corpus.from_texts(iter(TEXTS)))
    paths = (str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    found = compare_corpora(*paths, words=WORDS, fallen=True)
    counts = dict(zip(found.words, found.count_b.tolist(), strict=True))
    assert counts == {"卡莱尔·布朗": 2, "iPad Pro": 2, "5%": 2, "布朗": 2}
    new = compare_corpora(*paths, words=WORDS, new_only=True)
    assert set(new.words) == {"卡莱尔·布朗", "布朗"}


def test_with_breaks() -> None:
    assert with_breaks(["GPT-4", "iPad Pro", "C++", "", "·"]) == ["iPad Pro", "·"]
    assert with_breaks(["GPT-4"], "break") == ["GPT-4"]
