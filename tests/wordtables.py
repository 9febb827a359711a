"""Word tables that several tests make and compare; texts to find words in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import strategies as st

from nlptools.discovery.columns import NUMBERS
from nlptools.discovery.discover import discover_words
from nlptools.discovery.table import WordTable
from nlptools.text.corpus import Corpus

# Clauses made of few words, so that much repeats; and of nothing but symbols.
WORDS = ["天地", "玄黄", "宇宙洪荒", "日月盈", "𠮷A", "B2B网络", "辰", "宿", "5", "，", "，"]
BY_WORDS = st.lists(st.sampled_from(WORDS), max_size=50).map("".join)
BY_SYMBOLS = st.text(st.sampled_from("天地玄𠮷A，"), max_size=60)
TEXTS = st.lists(BY_WORDS | BY_SYMBOLS, max_size=4)
# With a symbol in them that occurs 4 times; texts in which nothing is frequent have their own tests.
FULL = TEXTS.map(lambda texts: [*texts, "天天，天，天"])
LEAST = st.integers(1, 4)
# Bars of 1 to 5 orders; low ones let long words through.
BARS = st.lists(st.sampled_from([-9.0, 0.0, 0.3, 1.0, 2.0, 4.0]), min_size=1, max_size=5)

WORN = "吃葡萄不吐葡萄皮不吃葡萄倒吐葡萄皮"
# Texts in which nothing occurs twice.
NOTHING_FREQUENT = [[], [""], ["，。\n"], ["天"], ["天地玄"]]


def discover(texts: Sequence[str], **how: Any) -> WordTable:
    block_size = how.pop("block_size", 4 << 20)
    how = {"workers": 1, "background": None, "known": (), **how}
    return discover_words(Corpus.from_texts(texts, block_size=block_size), **how)


def zipf_texts(size: int, seed: int) -> list[str]:
    """Clauses of words of 1 to 6 characters, drawn by Zipf's law."""
    rng = random.Random(seed)
    words = [
        "".join(chr(0x4E00 + rng.randrange(300)) for _ in range(rng.choice([1, 2, 2, 2, 3, 4, 6])))
        for _ in range(600)
    ]
    weights = [1 / (i + 1) for i in range(len(words))]
    return ["".join(rng.choices(words, weights, k=rng.randint(1, 12))) for _ in range(size)]


def same_tables(one: WordTable, other: WordTable) -> None:
    """All columns and what was removed are the same."""
    assert one.words == other.words
    for column in NUMBERS:
        ours, theirs = getattr(one, column.attribute), getattr(other, column.attribute)
        assert np.array_equal(ours, theirs, equal_nan=column.kind == "real"), column.name
    assert one.removed == other.removed


def check_statistics(texts: Sequence[str], table: WordTable, latin: str = "run") -> None:
    """Counts, PMI and entropies of all words, however long, against the oracles."""
    ngrams = [tuple(oracles.symbols_of(word, latin)) for word in table.words]
    counts = oracles.count_ngrams(texts, max(map(len, ngrams), default=1), latin)
    entropies = oracles.branching_entropy(texts, ngrams, latin)
    close = {"rel": 1e-12, "abs": 1e-12}
    assert table.counts.tolist() == [counts[w] for w in ngrams]
    assert table.pmi.tolist() == pytest.approx([oracles.pmi(counts, w) for w in ngrams], **close)
    for i, column in enumerate((table.left_entropy, table.right_entropy)):
        assert column.tolist() == pytest.approx([entropies[w][i] for w in ngrams], **close)
