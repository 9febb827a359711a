"""Words + corpora -> their counts: those of measure_usage, whatever the blocks are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.counting import count_words
from nlptools.usage.usage import measure_usage

# With a break inside, twice, empty, inside of another, of one character, not there.
WORDS = ["葡萄", "5G", "葡萄皮", "iPad Pro", "卡·布", "葡萄", "", "皮", "没有"]
TEXTS = [
    "吃葡萄不吐葡萄皮，不吃葡萄",
    "用5G，15G不是5G\niPad Pro和iPad Process",
    "卡•布来了，卡·布",
]


@given(st.permutations(TEXTS), st.integers(1, 60), st.sampled_from(["run", "char", "break"]))
def test_counts_are_those_of_measure_usage(texts: list[str], size: int, latin: str) -> None:
    corpora = [Corpus.from_texts(part, block_size=size) for part in (texts[:2], texts[2:])]
    found = count_words(corpora, WORDS, latin=latin)
    usage = measure_usage(corpora, WORDS, contexts=0, latin=latin)
    assert found.by_corpus.tolist() == usage.by_corpus.tolist()
    assert (found.symbols, found.characters) == (usage.symbols, usage.characters)


def test_words_are_folded_as_the_corpora_are() -> None:
    corpus = Corpus.from_texts(["ＡＢ和ab"], fold=["nfkc", "lower"])
    assert count_words([corpus], ["AB", "和"]).by_corpus.tolist() == [[2, 1]]


@pytest.mark.parametrize("words", [[], [""]])
def test_nothing_to_count(words: list[str]) -> None:
    found = count_words([Corpus.from_texts(["国家"])], words)
    assert found.by_corpus.shape == (1, len(words))
    assert not found.by_corpus.any()
    assert found.symbols == [2]
