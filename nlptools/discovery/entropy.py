"""Counts -> frequent n-grams as words: those that hold together and are free on both sides (matrix67)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nlptools.discovery.wordtable import ARRAYS, WordTable, make_table, stack_tables
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.scores import Frequent, Sides, all_sides, frequent_ngrams, pmi
from nlptools.ngrams.symbols import join_texts

# Freedom beyond e**3 = 20 equally likely neighbours says no more: without the bound function words
# and, in clean data, markup come up to the top.
MOST_FREEDOM = 3.0


def free_ngrams(
    counts: NgramCounts,
    min_count: int,
    min_pmi: Sequence[float],
    min_entropy: float,
    lengths: tuple[int, int],
) -> WordTable:
    """n-grams of lengths[0] .. lengths[1] symbols that pass the three bars."""
    shortest, longest = lengths
    frequent = frequent_ngrams(counts, min_count, longest)
    pieces: list[WordTable] = []
    removed = Counter({"PMI": 0, "entropy": 0})
    for n, side in enumerate(all_sides(frequent, longest), 1):
        if n < shortest:
            continue
        every = _ngram_table(frequent, n, side)
        free = np.minimum(every.left_entropy, every.right_entropy) >= min_entropy
        cohesive = every.pmi >= min_pmi[min(n - 2, len(min_pmi) - 1)]
        removed["PMI"] += int(np.count_nonzero(~cohesive))
        removed["entropy"] += int(np.count_nonzero(cohesive & ~free))
        pieces.append(_spelled(every, frequent, n, np.flatnonzero(cohesive & free)))
    # A candidate occurs twice; of what occurs once nothing can be said.
    rarer = sum(
        counts.at_least(n, 2) - len(frequent.levels[n - 1]) for n in range(shortest, longest + 1)
    )
    return replace(
        stack_tables(pieces), removed={f"rarer than {min_count}": max(rarer, 0), **removed}
    )


def _ngram_table(frequent: Frequent, order: int, side: Sides) -> WordTable:
    """All frequent n-grams of one order with the score of the method entropy, without their texts."""
    weakest, number = pmi(frequent, order), frequent.levels[order - 1].counts
    freedom = np.minimum(side.left_entropy, side.right_entropy)
    # Three measures that each must be large; the logarithm because counts span decades.
    scores = np.log(number) * np.maximum(weakest, 0) * np.minimum(freedom, MOST_FREEDOM)
    return make_table([], number, weakest, side.left_entropy, side.right_entropy, scores)


def _spelled(table: WordTable, frequent: Frequent, order: int, rows: np.ndarray) -> WordTable:
    """Some rows of an `_ngram_table`, with their texts."""
    arrays: dict[str, Any] = {name: getattr(table, name)[rows] for name in ARRAYS}
    return replace(table, words=ngram_texts(frequent, order, rows), **arrays)


def ngram_symbols(frequent: Frequent, order: int, index: np.ndarray) -> list[list[int]]:
    """Frequent n-grams as lists of indices of frequent symbols."""
    columns: list[np.ndarray] = []
    for n in range(order, 0, -1):
        level = frequent.levels[n - 1]
        rows = level.symbols[index].astype(np.int64) - 1
        columns.append(np.searchsorted(frequent.levels[0].rows, rows))
        index = level.parents[index]
    symbols: list[list[int]] = np.array(columns[::-1], np.int64).T.tolist()
    return symbols


def ngram_texts(frequent: Frequent, order: int, index: np.ndarray) -> list[str]:
    """Texts of frequent n-grams of one order."""
    names = frequent.counts.alphabet.symbols
    own = [names[row] for row in frequent.levels[0].rows.tolist()]
    symbols = np.array(ngram_symbols(frequent, order, index), np.int64).reshape(-1, order)
    return join_texts(own, symbols.T)


def fill_up(
    table: WordTable,
    counts: NgramCounts,
    lengths: tuple[int, int],
    number: int | None,
    *,
    min_count: int,
    scored: bool,
) -> WordTable:
    """The table and, marked as not passed, the best `number` (None: all) other n-grams of each order.

    For `top`. scored: they keep the score of the method entropy; else 0, never cut out as a word.
    """
    pieces, have = [table], set(table.words)
    frequent = frequent_ngrams(counts, min_count, lengths[1])
    for n, side in enumerate(all_sides(frequent, lengths[1]), 1):
        if n < lengths[0]:
            continue
        every = _ngram_table(frequent, n, side)
        best = np.argsort(-every.scores, kind="stable")[
            : None if number is None else number + len(have)
        ]
        more = _spelled(every, frequent, n, np.sort(best))
        new = np.flatnonzero([word not in have for word in more.words])
        more = more.select(new)
        scores = more.scores if scored else np.zeros(len(more))
        pieces.append(replace(more, scores=scores, passed=np.zeros(len(more), bool)))
    return replace(stack_tables(pieces), removed=table.removed)
