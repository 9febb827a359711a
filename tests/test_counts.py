"""Exact counts: equal to a Counter's, the same bytes however they were made, safe on the disk."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools import counting, merging, storage
from nlptools.corpus import Block, Corpus
from nlptools.counting import count_and_keep, count_ngrams, encode_corpus
from nlptools.counts import MAX_ORDER, NgramCounts, Settings, load_counts
from nlptools.errors import DataError, NlptoolsError, ResourceError
from nlptools.merging import merge_counts, merge_files
from nlptools.symbols import LATIN_MODES

# Few symbols, so that n-grams repeat; every class; Han beyond the BMP.
PIECES = ["天", "地", "玄", "𠮷", "〇", "aB", "b", "5", "５", ".", "-", "+", "#", "，", " ", "\n"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
TEXTS = st.lists(TEXT, max_size=5)
ORDERS = st.integers(1, MAX_ORDER)
LATIN = st.sampled_from(LATIN_MODES)

WORN = "吃葡萄不吐葡萄皮不吃葡萄倒吐葡萄皮"


def count(texts: Sequence[str], order: int = 5, latin: str = "run", **how: Any) -> NgramCounts:
    block_size = how.pop("block_size", 4 << 20)
    how.setdefault("workers", 1)
    corpus = Corpus.from_texts(texts, block_size=block_size)
    return count_ngrams(corpus, order=order, latin=latin, **how)


def as_dict(counts: NgramCounts) -> dict[tuple[str, ...], int]:
    """Every n-gram as a tuple of symbols."""
    found: dict[tuple[str, ...], int] = {}
    names = ["", *counts.alphabet.symbols]
    for order in range(1, counts.order + 1):
        size = counts.size(order)
        if size:
            columns = counts.symbols_of(order, np.arange(size))
            ngrams = zip(*([names[i] for i in column.tolist()] for column in columns), strict=True)
            found.update(zip(ngrams, counts.levels[order - 1].counts[:].tolist(), strict=True))
    assert len(found) == sum(map(counts.size, range(1, counts.order + 1)))
    return found


def saved(counts: NgramCounts, folder: Path) -> bytes:
    path = folder / "saved.counts"
    counts.save(path)
    return path.read_bytes()


@contextlib.contextmanager
def small_parts(room: int) -> Iterator[None]:
    """Parts of at most `room` symbols, and merging over ranges of a few rows."""
    with (
        mock.patch.object(counting, "part_room", lambda *_: room),
        mock.patch.object(merging, "MOST_ROWS", max(1, room // 2)),
    ):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counts")


# --- equal to the oracle ---------------------------------------------------------------------


def test_by_hand() -> None:
    # 天地 玄 | 天地: a break ends every n-gram.
    counts = count(["天地玄，天地"], order=3)
    assert counts.total == 5
    assert list(counts.items()) == [
        *[("地", 2), ("天", 2), ("玄", 1)],
        *[("地玄", 1), ("天地", 2)],
        ("天地玄", 1),
    ]
    assert [counts.size(n) for n in (1, 2, 3)] == [3, 2, 1]
    assert list(counts.items(min_count=2)) == [("地", 2), ("天", 2), ("天地", 2)]
    assert counts.order == 3
    assert counts.settings == Settings(3, "run", ())


def test_no_ngram_goes_from_one_text_to_the_next() -> None:
    assert count(["天", "地"]).count("天地") == 0
    assert count(["天地"]).count("天地") == 1
    assert count(["天\n地", "天 地", "天𝐀地"]).count("天地") == 0


def test_tongue_twister() -> None:
    counts = count([WORN])
    assert counts.total == 17
    for word, number in {"葡萄": 4, "吃葡萄": 2, "吐葡萄": 2, "葡萄不": 1, "葡萄皮": 2}.items():
        assert counts.count(word) == number


@pytest.mark.parametrize("latin", LATIN_MODES)
def test_latin_modes(latin: str) -> None:
    counts = count(["5G网络用5G"], order=2, latin=latin)
    expected = {
        "run": {"5G": 2, "网": 1, "络": 1, "用": 1, "5G网": 1, "网络": 1, "络用": 1, "用5G": 1},
        "char": {
            **{"5": 2, "G": 2, "网": 1, "络": 1, "用": 1},
            **{"5G": 2, "G网": 1, "网络": 1, "络用": 1, "用5": 1},
        },
        "break": {"网": 1, "络": 1, "用": 1, "网络": 1, "络用": 1},
    }
    assert dict(counts.items()) == expected[latin]


@settings(max_examples=150, deadline=None)
@given(TEXTS, ORDERS, LATIN)
@example([], 1, "run")
@example(["", "，"], 12, "char")
@example(["x" * 65 + "天地"], 3, "run")
@example(["𠮷" * 30], 12, "run")
@example(["天"], 12, "break")
def test_counts_are_those_of_the_oracle(texts: list[str], order: int, latin: str) -> None:
    counts = count(texts, order, latin)
    expected = oracles.count_ngrams(texts, order, latin)
    assert as_dict(counts) == expected
    assert counts.total == oracles.total(expected)
    symbols = counts.alphabet.symbols
    # The canonical order: Han by code point, then the others by text; n-grams by their symbols.
    assert list(symbols) == sorted(
        symbols, key=lambda s: (not oracles.ONE_HAN.fullmatch(s), s)
    )
    place = {symbol: i for i, symbol in enumerate(symbols)}
    in_order = sorted(expected, key=lambda ngram: (len(ngram), [place[s] for s in ngram]))
    for least in (1, 2):
        assert list(counts.items(least)) == [
            ("".join(ngram), expected[ngram]) for ngram in in_order if expected[ngram] >= least
        ]
    for ngram, number in expected.items():
        assert counts.count(ngram) == number
        assert counts.count("".join(ngram)) == number
        rows = counts.rows(ngram)
        assert len(rows) == len(ngram)
        for n, row in enumerate(rows, 1):
            assert counts.texts(n, np.array([row])) == ["".join(ngram[:n])]


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXT)
def test_what_never_occurred_counts_0(texts: list[str], other: str) -> None:
    counts = count(texts, 4)
    expected = oracles.count_ngrams(texts, 4)
    ngram = tuple(oracles.symbols_of(other))[:4]
    if ngram:
        assert counts.count(ngram) == expected[ngram]
        rows = counts.rows(ngram)
        assert len(rows) == len(ngram) or not expected[ngram[: len(rows) + 1]]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_parents_and_texts_of_some_rows(texts: list[str], data: st.DataObject) -> None:
    counts = count(texts, 4)
    ngrams = list(as_dict(counts))
    begin = 0
    for order in range(1, 5):
        size = counts.size(order)
        own, begin = ngrams[begin : begin + size], begin + size
        if not size:
            assert counts.texts(order, np.empty(0, np.int64)) == []
            continue
        picked = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
        rows = np.array(picked)
        assert counts.texts(order, rows) == ["".join(own[i]) for i in picked]
        if order > 1:
            parents = counts.parents(order, rows)
            assert counts.texts(order - 1, parents) == ["".join(own[i][:-1]) for i in picked]


@pytest.mark.parametrize("word", ["", "天地玄黄宇宙", ["天"] * 6])
def test_count_refuses_what_was_not_counted(word: str | list[str]) -> None:
    with pytest.raises(ValueError, match="counted were 1 to 5"):
        count(["天地玄黄宇宙"]).count(word)


def test_a_word_with_a_break_counts_0() -> None:
    counts = count(["天，地"])
    assert counts.count("天，地") == counts.count("，") == counts.count(["天", "", "地"]) == 0


# --- the same bytes however they were made ---------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(TEXTS, ORDERS, LATIN, st.integers(1, 3), st.integers(1, 60), st.integers(8, 40))
def test_bytes_do_not_depend_on_parts_and_workers(
    folder: Path, texts: list[str], order: int, latin: str, workers: int, size: int, room: int
) -> None:
    expected = saved(count(texts, order, latin), folder)
    assert saved(count(texts, order, latin, workers=workers, block_size=size), folder) == expected
    with small_parts(room):
        counts = count(texts, order, latin, workers=workers, block_size=size)
    assert as_dict(counts) == oracles.count_ngrams(texts, order, latin)
    assert saved(counts, folder) == expected
