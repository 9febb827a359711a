"""How texts stand in a corpus that was cut into words, against a twin that looks at every place."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import oracles
import pytest
from cutcorpora import TEXTS, WEIGHTS, Case, Run, Word, make, zipf_case
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base.resources import ordered_map
from nlptools.discovery.occurrences import (
    MOST_TEXTS,
    Occurrences,
    find_occurrences,
    texts_within,
)
from nlptools.wordmodel import expected_counts
from nlptools.wordmodel.expected_counts import SHARDS

pytestmark = pytest.mark.usefixtures("loops")

COLUMNS = list(Occurrences.__dataclass_fields__)
LONGEST = 6


def look(case: Case, words: list[Word], most: int, run: Run = map) -> Occurrences:
    """Of all words; of every second one with its neighbours."""
    texts = case.spell(words, LONGEST)
    found = Occurrences.none(len(texts))
    given = []
    free = np.arange(len(texts)) % 2 == 0
    for rows, here in find_occurrences(case.cut_corpus(run, most), texts, run, free=free):
        assert (np.diff(rows) > 0).all()
        given += rows.tolist()
        found.put(rows, here)
    assert sorted(given) == [row for row, word in enumerate(words) if len(word) > 1]
    return found


def stands(case: Case, word: Word) -> tuple[int, int, int, int, int]:
    """(counts, whole, joints, right_edge, shards) of a word, looked for at every place."""
    count, whole, joints, edge, before, shards = 0, 0, 0, 0, 0, set()
    for run in case.runs():
        ends = {0, *np.cumsum([len(w) for w in case.cut(run)]).tolist()}
        for i in range(len(run) - len(word) + 1):
            j = i + len(word)
            if tuple(run[i:j]) == word:
                count += 1
                edge += j == len(run)
                shards.add(min((before + j - 1) * SHARDS // case.sample.symbols, SHARDS - 1))
                if i in ends and j in ends:
                    whole += 1
                    joints += sum(i < end < j for end in ends)
        before += len(run)
    return count, whole, joints, edge, len(shards)


def check(case: Case, words: list[Word], found: Occurrences) -> None:
    texts = ["，".join("".join(run) for run in case.runs())]
    long = [word for word in words if len(word) > 1]
    entropies = oracles.branching_entropy(texts, long) if long else {}
    columns = zip(*(getattr(found, name).tolist() for name in COLUMNS), strict=True)
    for row, (word, (*numbers, left, right)) in enumerate(zip(words, columns, strict=True)):
        # Single symbols are not looked up.
        assert tuple(numbers) == (stands(case, word) if len(word) > 1 else (0, 0, 0, 0, 0))
        sides = entropies[word] if len(word) > 1 and row % 2 == 0 else (0, 0)
        assert (left, right) == pytest.approx(sides, abs=1e-9)


def test_worked() -> None:
    """大会 is one word in two of three texts; 会场 stands at an edge twice; tenths of 14 symbols."""
    case = make(
        ["全国大会场", "开大会，大会场", "国大会"], {"大会": -2.0, "会场": -1.0, "国大": -0.5}, {}
    )
    assert case.cut("全国大会场") == [("全",), ("国", "大"), ("会", "场")]
    assert case.cut("开大会") == [("开",), ("大", "会")]
    words = [("大", "会"), ("会", "场"), ("大", "会", "场")]
    found = look(case, words, MOST_TEXTS)
    # Ends are the symbols 3, 7, 9, 13 of 14 and 4, 10.
    assert found.counts.tolist() == [4, 2, 2]
    assert found.whole.tolist() == [1, 2, 1]
    assert found.joints.tolist() == [0, 0, 1]
    assert found.right_edge.tolist() == [2, 2, 2]
    assert found.shards.tolist() == [4, 2, 2]
    check(case, words, found)


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.sets(st.sampled_from(sorted(WEIGHTS))), st.sampled_from([1, 3, MOST_TEXTS]))
def test_random_texts(texts: list[str], words: set[str], most: int) -> None:
    case = make(texts, {w: WEIGHTS[w] for w in words}, {})
    asked = [word for word in case.counts if len(word) <= LONGEST][::2]
    check(case, asked, look(case, asked, most))


@pytest.mark.parametrize(("workers", "most"), [(1, 7), (3, 7), (3, MOST_TEXTS)])
def test_pieces_threads_and_parts_do_not_matter(workers: int, most: int) -> None:
    case = zipf_case()
    words = sorted(
        word for word, count in case.counts.items() if count > 9 and len(word) <= LONGEST
    )
    whole = look(case, words, MOST_TEXTS)
    assert len(words) > 50 and whole.joints.any()
    with ThreadPoolExecutor(workers) as pool, mock.patch.object(expected_counts, "_PIECE", 100):
        pieces = look(case, words, most, functools.partial(ordered_map, pool, workers))
    for name in COLUMNS:
        assert np.array_equal(getattr(pieces, name), getattr(whole, name)), name


def test_less_memory_fewer_texts_at_a_time() -> None:
    assert (
        texts_within(128_000_000) < texts_within(512_000_000) <= texts_within(10**12) == MOST_TEXTS
    )
