"""Counts + corpus as symbol ids -> words of any length, cut out where no cohesive n-gram lies (kexue.fm 6920)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nlptools.base import storage
from nlptools.base.spool import Spool
from nlptools.discovery.entropy import ngram_symbols, ngram_texts
from nlptools.discovery.joiner import Joiner, WordCounts, ids_of
from nlptools.discovery.longwords import LongWords
from nlptools.discovery.wordtable import WordTable, make_table, stack_tables
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import Frequent, all_sides, cohesion, frequent_ngrams, pmi


def join_words(
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
                ngram_texts(frequent, n, rows),
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
        words = ngram_symbols(frequent, longest, often[longest - 1])
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
