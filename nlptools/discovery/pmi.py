"""--method pmi: counts + corpus -> words of any length, cut out where no cohesive n-gram lies (kexue.fm 6920)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlptools.base import storage
from nlptools.base.spool import Spool
from nlptools.discovery.entropy import OtherNgrams, ngram_symbols, ngram_texts
from nlptools.discovery.joiner import Joiner, WordCounts, ids_of
from nlptools.discovery.longwords import LongWords
from nlptools.discovery.method import Findings, Request, counted_and_kept, default_min_count, listed
from nlptools.discovery.table import WordTable, stack_tables
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import Frequent, cohesion, each_side, frequent_ngrams, pmi

# Thresholds of the articles for words of 2, 3, 4 symbols, in nats. 6920 gives 2, 4, 6; 4256 gives the
# ratios 5, 25, 125, and a fixed minimum count of 128 (6920: 32, of which `default_min_count` takes care).
MIN_PMI_6920 = (2.0, 4.0, 6.0)
MIN_PMI_4256 = (math.log(5), math.log(25), math.log(125))
MIN_COUNT_4256 = 128


def find(request: Request) -> Findings:
    """n-grams above min_pmi nats (for 2, 3, ... symbols), joined wherever they overlap; score = how often the
    word was cut out.
    """
    compat, min_length = request.compat, request.lengths[0]
    bars = tuple(request.bars.min_pmi or (MIN_PMI_4256 if compat else MIN_PMI_6920))
    # One more where `top` fills up, so that every n-gram that it may ask for has its neighbours.
    order = len(bars) + 1
    counts, encoded = counted_and_kept(request, order + request.fills, least_order=order)
    request.watch("cutting words", 1, 1)
    least = request.bars.min_count
    if least is None:
        least = MIN_COUNT_4256 if compat else default_min_count(counts.total)
    table = join_words(counts, encoded, bars, least, compat is not None, min_length)
    wide = max(min_length, 2), counts.order - 1
    others = OtherNgrams(table, counts, wide, min(least, 2))
    method = f"pmi/{compat}" if compat else "pmi"
    used: dict[str, object] = {"method": method, "min_count": least, "min_pmi": listed(bars)}
    return Findings.of(counts, table, others.unscored, used)


def join_words(
    counts: NgramCounts,
    encoded: EncodedCorpus,
    min_pmi: Sequence[float],
    min_count: int,
    compat_4256: bool,
    min_length: int,
) -> WordTable:
    """Words of any length: what lies between two gaps that no kept n-gram covers."""
    frequent = frequent_ngrams(counts, min_count, len(min_pmi) + 1)
    kept = _cohesive(frequent, min_pmi, compat_4256)
    joiner = Joiner(
        frequent, kept, check_all=compat_4256, singles=min_length == 1, room=encoded.room // 2
    )
    cut = _cut_corpus(frequent, joiner, encoded, min_count)
    # The neighbours of n-grams below the counted order are in the counts; longer words need a look
    # at the places where they occur.
    covered = min(len(frequent.levels), counts.order - 1)
    tables = _counted_tables(cut, range(min_length, covered + 1))
    tables.append(_long_table(cut, covered, min_length, encoded))
    removed = {
        f"cut out less than {min_count} times": cut.rare,
        "not cohesive as a whole": cut.refused,
    }
    return replace(stack_tables(tables), removed=removed)


def _cohesive(frequent: Frequent, min_pmi: Sequence[float], compat_4256: bool) -> list[np.ndarray]:
    """Masks of the frequent n-grams of 2, 3, ... symbols that hold together."""
    kept = []
    for n, bar in enumerate(min_pmi, 2):
        if compat_4256:  # ratios above their bar, of the total of the characters that are kept
            total = int(frequent.levels[0].counts.sum())
            kept.append(cohesion(frequent, n, total) > round(math.exp(bar), 9))
        else:
            kept.append(pmi(frequent, n) >= bar)
    return kept


@dataclass(frozen=True)
class _CutWords:
    """What was cut out of the corpus.

    times: of each frequent n-gram, by length - 1; often: those that were cut out often enough. longer: words of
    the joiner's ids that are longer, and were cut out often enough. rare: how many were not; refused: how
    often what lay between two gaps was no word. live: provisional id -> the joiner's; hits: by block.
    """

    frequent: Frequent
    joiner: Joiner
    times: list[np.ndarray]
    often: list[np.ndarray]
    longer: dict[str, int]
    rare: int
    refused: int
    live: np.ndarray
    hits: Spool


def _cut_corpus(
    frequent: Frequent, joiner: Joiner, encoded: EncodedCorpus, min_count: int
) -> _CutWords:
    live = _live_ids(frequent, encoded, joiner)
    found = WordCounts([np.zeros(len(level), np.int64) for level in frequent.levels], Counter(), 0)
    hits = Spool(encoded.room, encoded.folder)
    with storage.spilling(encoded.folder):
        for block in encoded.blocks:
            cut = joiner.cut(live[block])
            found.add(cut)
            hits.append(cut.hits)
    often = [np.flatnonzero(number >= min_count) for number in found.counts]
    longer = {word: number for word, number in found.longer.items() if number >= min_count}
    rare = sum(int(np.count_nonzero(number)) for number in found.counts) + len(found.longer)
    rare -= sum(map(len, often)) + len(longer)
    return _CutWords(frequent, joiner, found.counts, often, longer, rare, found.refused, live, hits)


def _live_ids(frequent: Frequent, encoded: EncodedCorpus, joiner: Joiner) -> np.ndarray:
    """Provisional id -> the joiner's id, 0 for symbols that are in none of its n-grams."""
    symbols = frequent.counts.alphabet.symbols
    rows = frequent.levels[0].rows[joiner.symbols]
    live = np.zeros(len(encoded.encoder), np.uint32)
    # 0, a symbol that this corpus does not have though the counts do, goes back to 0.
    live[encoded.encoder.ids(symbols[row] for row in rows.tolist())] = np.arange(1, joiner.base)
    live[0] = 0
    return live


def _counted_tables(cut: _CutWords, lengths: range) -> list[WordTable]:
    """Words whose neighbours are in the counts, by length."""
    frequent, tables = cut.frequent, []
    asked = [np.zeros(len(level), bool) for level in frequent.levels]
    for mask, rows in zip(asked, cut.often, strict=True):
        mask[rows] = True
    covered = lengths.stop - 1
    sides = list(each_side(frequent, covered, asked, entropy_only=True)) if covered else []
    for n in lengths:
        rows, side = cut.often[n - 1], sides[n - 1]
        tables.append(
            WordTable.of(
                ngram_texts(frequent, n, rows),
                counts=frequent.levels[n - 1].counts[rows],
                pmi=pmi(frequent, n)[rows],
                left_entropy=side.left_entropy[rows],
                right_entropy=side.right_entropy[rows],
                scores=cut.times[n - 1][rows],
            )
        )
    return tables


def _long_table(cut: _CutWords, covered: int, min_length: int, encoded: EncodedCorpus) -> WordTable:
    """Words of more than `covered` symbols, by another look at the places where they occur."""
    frequent, joiner, longest = cut.frequent, cut.joiner, len(cut.frequent.levels)
    longer = {word: number for word, number in cut.longer.items() if len(word) >= min_length}
    words: list[list[int]] = []
    times = [np.fromiter(longer.values(), np.int64, len(longer))]
    if covered < longest and min_length <= longest:
        words = ngram_symbols(frequent, longest, cut.often[longest - 1])
        times.insert(0, cut.times[longest - 1][cut.often[longest - 1]])
    words += [joiner.symbols[np.array(ids_of(word)) - 1].tolist() for word in longer]
    longest_first = sorted(range(len(words)), key=lambda i: -len(words[i]))
    words = [words[i] for i in longest_first]
    looked_up = LongWords(frequent, longest, words, joiner)
    if words:
        for block, hit in zip(encoded.blocks, cut.hits, strict=True):
            looked_up.add(cut.live[block], block, hit[0::2], hit[1::2])
    found = looked_up.finish()
    symbols = frequent.counts.alphabet.symbols
    names = [symbols[row] for row in frequent.levels[0].rows.tolist()]
    return WordTable.of(
        ["".join([names[symbol] for symbol in word]) for word in words],
        counts=found.counts,
        pmi=found.pmi,
        left_entropy=found.left_entropy,
        right_entropy=found.right_entropy,
        scores=np.concatenate(times)[longest_first],
    )
