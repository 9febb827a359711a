"""Words that no method put forward: from the corpus, or from the counts, as far as those can say all of them."""

from __future__ import annotations

import numpy as np
import pytest
from wordtables import check_statistics, same_tables

from nlptools.discovery.given import given_words
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus

TEXTS = ["天地玄黄", "天地玄黄，5G网络", "黄天地", "5G网络"]


def test_from_a_corpus() -> None:
    table = given_words(["天地玄黄", "5G网络", "没有"], Corpus.from_texts(TEXTS), None, "run")
    assert table.words == ["天地玄黄", "5G网络"]
    assert table.counts.tolist() == [2, 2]
    assert not table.passed.any()
    assert not table.scores.any()
    check_statistics(TEXTS, table)


def test_from_counts_as_far_as_they_go() -> None:
    counts = count_ngrams(Corpus.from_texts(TEXTS), order=4)
    words = ["天地", "5G网络", "天地玄黄", "玄，黄", "没有"]
    table = given_words(words, None, counts, "run")
    assert table.words == ["天地", "5G网络"]  # the others are too long, no word, or not there
    check_statistics(TEXTS, table)
    same_tables(table, given_words(["天地", "5G网络"], Corpus.from_texts(TEXTS), None, "run"))


@pytest.mark.parametrize("corpus", [None, Corpus.from_texts(iter(TEXTS))])
def test_from_nothing(corpus: Corpus | None) -> None:
    """A text that can be read once has been read."""
    table = given_words(["天地"], corpus, None, "run")
    assert table.words == []
    assert table.counts.dtype == np.int64
