"""Byte-pair encoding that goes on: beside a slow one that counts all pairs anew before each merge."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlptools.subwords.merges import IdSequences, Merge, learn_merges


def joined(ids: tuple[int, ...]) -> str | None:
    return "".join(map(chr, ids))


def short(ids: tuple[int, ...]) -> str | None:
    """Tokens of three letters at most, and none that begins with b."""
    return None if len(ids) > 3 or ids[0] == ord("b") else joined(ids)


def learned(words: dict[str, int], number: int, least: int = 1, rule=joined) -> list[Merge]:  # type: ignore[no-untyped-def]
    counted = {tuple(map(ord, word)): count for word, count in words.items()}
    return learn_merges(IdSequences.of(counted), number, rule, first=1000, least=least)


def slowly(words: dict[str, int], number: int, least: int, rule) -> list[Merge]:  # type: ignore[no-untyped-def]
    rows = [(list(map(ord, word)), count) for word, count in words.items()]
    parts: dict[int, tuple[int, ...]] = {}
    found: list[Merge] = []
    while len(found) < number:
        pairs: Counter[tuple[int, int]] = Counter()
        for row, count in rows:
            for pair in itertools.pairwise(row):
                pairs[pair] += count
        allowed = {}
        for (a, b), count in pairs.items():
            made = (*parts.get(a, (a,)), *parts.get(b, (b,)))
            if count >= least and rule(made) is not None:
                allowed[-count, a, b] = made
        if not allowed:
            break
        best = min(allowed)
        (_, a, b), made, new, saved = best, allowed[best], 1000 + len(found), 0
        for row, count in rows:
            i = 0
            while i < len(row) - 1:
                if row[i] == a and row[i + 1] == b:
                    row[i : i + 2] = [new]
                    saved += count
                i += 1
        parts[new] = made
        found.append(Merge(a, b, rule(made), made, saved))
    return found


def test_the_example_of_the_paper() -> None:
    """Sennrich, Haddow & Birch 2016, section 3.2: low, lowest, newer, wider, here without the end of a word."""
    words = {"low": 5, "lowest": 2, "newer": 6, "wider": 3}
    tokens = [(merge.token, merge.saved) for merge in learned(words, 4)]
    # Of n-e, e-w and w-er, 6 times each, e-w has the smaller ids.
    assert tokens == [("er", 9), ("lo", 7), ("low", 7), ("ew", 6)]


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=9), st.integers(1, 5), max_size=8),
    st.integers(0, 12),
    st.integers(1, 4),
    st.sampled_from([joined, short]),
)
def test_as_when_all_pairs_are_counted_anew(words, number, least, rule) -> None:  # type: ignore[no-untyped-def]
    assert learned(words, number, least, rule) == slowly(words, number, least, rule)


@pytest.mark.parametrize(("word", "saved"), [("aaa", 1), ("aaaa", 2), ("aaaaa", 2)])
def test_a_pair_that_overlaps_itself(word: str, saved: int) -> None:
    assert learned({word: 1}, 1)[0].saved == saved


def test_nothing_to_learn() -> None:
    assert learned({}, 5) == []
    assert learned({"a": 9}, 5) == []
    assert learned({"ab": 2}, 5, least=3) == []
