"""--method lm: counts + corpus -> the words that a language model of the corpus cuts out of it (kexue.fm 3956).

The corpus teaches a language model of its symbols, which then cuts the same corpus (segmentation/tagger.py). A
word is what was cut out, in whatever share of its occurrences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from nlptools.base.resources import MIN_MEMORY, ordered_map, worker_pool
from nlptools.discovery.entropy import MOST_FREEDOM, OtherNgrams, ngram_texts
from nlptools.discovery.method import (
    Findings,
    Request,
    barred,
    bars_used,
    counted_and_kept,
    default_min_count,
    listed,
    rarer,
)
from nlptools.discovery.table import WordTable, stack_tables
from nlptools.lm.model import LanguageModel
from nlptools.lm.smoothing import train_lm
from nlptools.ngrams.count import count_encoded
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import Frequent, each_side, frequent_ngrams, pmi
from nlptools.segmentation.tagger import Tagger
from nlptools.wordmodel.expected_counts import stretches

LEAST_CUT = 2  # times; once may be an accident


def find(request: Request) -> Findings:
    """What is cut out; score = that of the method entropy times the share of its occurrences in which it is.

    Where the longest word is not asked for it is as long as the counts allow. min_pmi and min_entropy are no
    bars unless they are given.
    """
    request = replace(request, lengths=_lengths(request))
    counts, encoded = counted_and_kept(request, request.lengths[1] + 1)
    bars = request.bars
    least = default_min_count(counts.total) if bars.min_count is None else bars.min_count
    every = barred(cut_words(counts, encoded, least, request), bars, counts.settings.latin)
    others = OtherNgrams(every, counts, request.lengths, min(least, 2))
    used: dict[str, object] = {"method": "lm", "min_count": least}
    used |= {"max_length": request.lengths[1], "weights": listed(request.weights)}
    table = every.where(every.passed)
    return Findings.of(counts, table, others.unscored, used | bars_used(bars))


def _lengths(request: Request) -> tuple[int, int]:
    shortest, longest = request.lengths
    if request.own_length and request.counts is not None:
        longest = max(shortest, 2, min(longest, request.counts.order - 1))
    return shortest, longest


def cut_words(
    counts: NgramCounts, encoded: EncodedCorpus, min_count: int, request: Request
) -> WordTable:
    """What is cut out at all, of request.lengths symbols; seldom cut out is marked as not passed.

    counts: of order request.lengths[1] + 1. expected: how often it is cut out.
    """
    lengths = request.lengths
    frequent = frequent_ngrams(counts, min_count, lengths[1])
    found = [np.zeros(len(level), np.int64) for level in frequent.levels]
    longer = 0
    if len(frequent.levels[1]):
        longer = _cut_corpus(frequent, encoded, found, request)
    rows = [np.flatnonzero(times) for times in found]
    table = stack_tables([*_tables(frequent, rows, found, lengths), WordTable.empty()])
    passed = table.expected >= min(LEAST_CUT, min_count)
    asked = range(lengths[0], lengths[1] + 1)
    removed = {
        f"rarer than {min_count}": rarer(counts, [len(times) for times in found], lengths),
        "seldom cut out": sum(len(found[n - 1]) for n in asked) - int(np.count_nonzero(passed)),
        f"longer than {lengths[1]}": longer,
    }
    return replace(table, passed=passed, removed=removed)


def _cut_corpus(
    frequent: Frequent, encoded: EncodedCorpus, found: list[np.ndarray], request: Request
) -> int:
    """Learn from the corpus and cut it; adds to `found`, by length - 1, how often each frequent n-gram is cut
    out, and returns how many longer words are.
    """
    counts, threads = frequent.counts, request.machine.threads
    request.watch("learning", 1, 1)
    cut = _cutter(counts, encoded, frequent.min_count, request)
    request.watch("cutting words", 1, 1)
    single = np.full(len(counts.alphabet) + 1, -1)
    single[frequent.levels[0].rows + 1] = np.arange(len(frequent.levels[0]))
    number = _numbers(counts, encoded)
    longer = 0
    with worker_pool(threads) as pool:
        for ids in encoded.blocks:
            pieces = ordered_map(pool, threads, cut, stretches(ids))
            ends = np.concatenate([np.zeros(0, bool), *pieces])
            longer += _add_cut(frequent, single, number[ids], ends, found)
    request.watch("ranking", 1, 1)
    return longer


def _cutter(
    counts: NgramCounts, encoded: EncodedCorpus, min_count: int, request: Request
) -> Callable[[np.ndarray], np.ndarray]:
    """Learns from the corpus; provisional ids -> whether a word ends at each symbol."""
    weights, machine = request.weights, request.machine
    settings = replace(counts.settings, order=len(weights), sentences="clause")
    room = max(MIN_MEMORY, machine.memory // 2)  # the counts are there, too
    clauses = count_encoded(encoded, settings, memory=room, workers=machine.threads)
    # No word is rarer, so nothing rarer needs to be known: a tenth of the n-grams, and as good a list. Witten-Bell
    # and maximum likelihood: .453, .454 instead of .471.
    trie = train_lm(clauses, prune=(0, min_count - 1), memory=room, tmp_dir=encoded.folder)
    del clauses
    model = LanguageModel.from_trie(trie)
    tagger = Tagger(model, weights)
    encoder = encoded.encoder
    model_ids = np.zeros(len(encoder), np.int64)
    # <unk> goes to 0, the break, whose number does not matter.
    model_ids[encoder.ids(model.vocabulary)] = np.arange(len(model.vocabulary))
    return lambda ids: tagger.cut(ids, model_ids[ids])


def _numbers(counts: NgramCounts, encoded: EncodedCorpus) -> np.ndarray:
    """Provisional id -> id in the alphabet of the counts, 0 for what they do not have; of a break anything."""
    number = np.zeros(len(encoded.encoder), np.int64)
    symbols = counts.alphabet.symbols
    number[encoded.encoder.ids(symbols)] = np.arange(1, len(symbols) + 1)
    return number


def _add_cut(
    frequent: Frequent,
    single: np.ndarray,
    ids: np.ndarray,
    ends: np.ndarray,
    found: list[np.ndarray],
) -> int:
    """Add how often each frequent n-gram is cut out; returns how many longer words are.

    ids: of the alphabet, no word has a break; single: id -> index of the frequent symbol, -1: not frequent; ends:
    whether a word ends at each of the ids; found: by length - 1.
    """
    stops = np.flatnonzero(ends) + 1
    lengths = np.diff(stops, prepend=0)
    starts = stops - lengths
    longer = int(np.count_nonzero(lengths > len(found)))
    index = single[ids[starts]]
    for n in range(2, len(found) + 1):
        on = np.flatnonzero((lengths >= n) & (index >= 0))
        starts, lengths = starts[on], lengths[on]
        index = frequent.lookup(n, index[on], ids[starts + (n - 1)])
        np.add.at(found[n - 1], index[(lengths == n) & (index >= 0)], 1)
    return longer


def _tables(
    frequent: Frequent,
    rows: list[np.ndarray],
    found: list[np.ndarray],
    lengths: tuple[int, int],
) -> Iterator[WordTable]:
    """The n-grams of these rows, by length."""
    asked = [np.zeros(len(times), bool) for times in found]
    for mask, here in zip(asked, rows, strict=True):
        mask[here] = True
    neighbours = list(each_side(frequent, lengths[1], asked, entropy_only=True))
    for n in range(lengths[0], lengths[1] + 1):
        here, side = rows[n - 1], neighbours[n - 1]
        number, times = frequent.levels[n - 1].counts[here], found[n - 1][here]
        weakest = pmi(frequent, n)[here]
        left, right = side.left_entropy[here], side.right_entropy[here]
        free = np.minimum(np.minimum(left, right), MOST_FREEDOM)
        scores = times / number * np.log(number) * np.maximum(weakest, 0) * free
        yield WordTable.of(
            ngram_texts(frequent, n, here),
            counts=number,
            expected=times,
            pmi=weakest,
            left_entropy=left,
            right_entropy=right,
            scores=scores,
        )
