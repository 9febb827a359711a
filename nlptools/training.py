"""Corpus -> WordModel: the stages of the word model in their order."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlptools import __version__
from nlptools.corpus import Corpus
from nlptools.counting import DEFAULT_MEMORY, check_memory, encode_corpus
from nlptools.errors import NlptoolsError
from nlptools.gaps import GapRegression
from nlptools.parts import ordered_map
from nlptools.sampling import Sample, build_lattice, take_sample
from nlptools.tally import Tally, Weighted, tally
from nlptools.unigram import (
    DISCOUNT,
    LONGEST,
    PENALTIES,
    PRUNE,
    SINGLE_FLOOR,
    Base,
    Expected,
    Lattice,
    Tables,
    affix_bonus,
    base_measure,
    expect,
    find_rows,
    prune,
    weights,
)
from nlptools.wordmodel import PLACES, WordModel

GRANULARITIES = tuple(PENALTIES)
NUMERALS = ("keep", "split")

# More text of the same mixture does not help: mean F1 on five development sets is .8278 with 8 M
# characters, .8289 with 13 to 16 M, .8277 with 27 M, .8267 with 48 M.
SAMPLE = 14_000_000
BYTES_PER_SYMBOL = 42  # of a sample, at the peak; `bin/bench memory` repeats the measurement
BASE_MEMORY = 130_000_000
MIN_COUNT = 2  # of a candidate; 1 and 3 lose 0.003 F1
ITERATIONS = 4
PRUNE_AFTER = 2
BASE_FROM = 3  # iterations without the base measure, while most candidates are still alive
ROUNDS = 2  # of co-training; one gives half of what two give, a third one a tenth
STEPS = ITERATIONS + 1 + 2 * ROUNDS  # calls of `watch` in train_model
LEAST_EXPECTED = 0.5  # of a word in the model
LEAST_PENALTY = -40.0  # nats; float32 has no room for the weights of words with less than -80

# `numerals="split"`: a character is a measure word when so many of the numerals stand before it
# often enough, and words of numerals and a measure word become this much less likely.
NUMERAL_SYMBOLS = "一二三四五六七八九十百千万亿两〇零几"
MEASURE_NUMERALS, MEASURE_COUNT, MEASURE_NATS = 6, 5, -6.0

# A carried-over model weighs twice the corpus, and more under a very small one, as the root of its size.
# On six development texts of 20,000 to 400,000 characters half and twice as much lose up to .01 F1.
PRIOR_MASS, PRIOR_FULL = 2.0, 100_000
# Its words keep a tenth of their expected count where the discount would take all of it: F1 of a corpus of
# 20,000 characters .737 -> .782, of 200,000 .804 -> .807.
PRIOR_SHARE = 0.1
# Substrings that occur once are candidates if the prior has them; in a large corpus none of them matters.
ONCE_BELOW = 3_000_000

Watch = Callable[[str, int, float, int], None]


def unwatched(stage: str, iteration: int, log_likelihood: float, active: int) -> None:
    """Nobody watches."""


@dataclass
class Fitted:
    """The word model in its own numbers, before it becomes a list of words.

    expected holds what was found and what the prior, the same candidates' expected counts, adds to it.
    """

    lattice: Lattice
    penalties: Sequence[float]
    expected: Expected
    bonus: list[np.ndarray | None]
    prior: Expected | None
    base: Base
    regression: GapRegression | None = field(default=None, repr=False)

    def tables(self) -> Tables:
        """Weight of every candidate."""
        return weights(self.expected, self.penalties, self.bonus, self.least_share)

    @property
    def least_share(self) -> float:
        """The share of its expected count that every word keeps."""
        return 0.0 if self.prior is None else PRIOR_SHARE


def fit(
    sample: Sample,
    lattice: Lattice,
    penalties: Sequence[float],
    *,
    prior: Expected | None = None,
    split_numerals: bool = False,
    rounds: int = ROUNDS,
    least: float = PRUNE,
    run: Callable[..., Iterable[Any]] = map,
    watch: Watch = unwatched,
) -> Fitted:
    """EM, affix bonus, EM with the gap regression. The lattice is pruned on the way.

    prior: expected counts to add to what is found, by candidate. rounds: of co-training. least: expected count below which
    candidates are dropped.
    """
    han = sample.han
    counts = [words.counts.astype(np.float64) for words in lattice.words]
    if prior is not None:
        counts = [counts[0]] + [np.where(c < MIN_COUNT, 0, c) for c in counts[1:]]
    expected = add_prior(counts, prior)
    pairs = [cells[1] for cells in lattice.cells]
    sizes = len(lattice.words[0]), len(lattice.words[1])
    bonus: list[np.ndarray | None] = [None] * LONGEST
    base: Base | None = None
    least_share = 0.0 if prior is None else PRIOR_SHARE

    def step(stage: str, number: int, gaps: Any = None) -> list[np.ndarray]:
        nonlocal expected
        tables = weights(expected, penalties, bonus, least_share)
        found = expect(lattice, tables, base, gaps, run)
        expected = add_prior(found.expected, prior)
        active = sum(int(np.count_nonzero(c)) for c in expected)
        watch(stage, number, found.log_likelihood, active)
        return found.boundaries

    for iteration in range(ITERATIONS):
        if iteration == PRUNE_AFTER:
            kept = prune(lattice, expected, least)
            expected = _rows_of(expected, kept)
            prior = _rows_of(prior, kept) if prior is not None else None
        if iteration >= BASE_FROM:
            base = base_measure(lattice.words, expected, han)
        step("EM", iteration + 1)
    bonus = affix_bonus(lattice, expected)
    if split_numerals:
        _split_numerals(bonus, lattice, sample.texts)
    base = base_measure(lattice.words, expected, han)
    boundaries = step("affixes", 1)
    regression = GapRegression(
        lattice.blocks, [cells[0] for cells in lattice.cells], pairs, sizes, run
    )
    for number in range(1, rounds + 1):
        regression.fit(boundaries)
        for _ in range(2):
            base = base_measure(lattice.words, expected, han)
            boundaries = step("co-training", number, regression.gaps)
    base = base_measure(lattice.words, expected, han)
    return Fitted(lattice, penalties, expected, bonus, prior, base, regression)


def add_prior(found: Expected, prior: Expected | None) -> Expected:
    return found if prior is None else [a + b for a, b in zip(found, prior, strict=True)]


def _rows_of(columns: Expected, kept: Sequence[np.ndarray]) -> Expected:
    """The kept rows of the lengths 2, 3, ..., behind row 0."""
    rest = zip(columns[1:], kept, strict=True)
    return [columns[0]] + [np.concatenate([[0.0], c[rows]]) for c, rows in rest]


def _split_numerals(bonus: list[np.ndarray | None], lattice: Lattice, texts: Sequence[str]) -> None:
    """Lower the words of numerals and a measure word, which is learnt from what follows numerals."""
    numeral = np.array([False] + [text in NUMERAL_SYMBOLS for text in texts])
    pairs = lattice.words[1]
    often = (pairs.counts >= MEASURE_COUNT) & numeral[pairs.spelling[:, 0]]
    before = np.bincount(pairs.spelling[often, 1], minlength=len(numeral))
    measure = (before >= MEASURE_NUMERALS) & ~numeral
    for k in range(2, LONGEST + 1):
        spelling = lattice.words[k - 1].spelling
        here = numeral[spelling[:, :-1]].all(axis=1) & measure[spelling[:, -1]]
        extra = bonus[k - 1]
        bonus[k - 1] = (np.zeros(len(spelling)) if extra is None else extra) + MEASURE_NATS * here


def train_model(
    corpus: Corpus,
    *,
    granularity: str = "default",
    penalty: Sequence[float] | None = None,
    numerals: str = "keep",
    prior: WordModel | None = None,
    prior_weight: float | None = None,
    sample: int = SAMPLE,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
) -> WordModel:
    """Learn the words of a corpus: a model that segments any text like it.

    granularity: "fine" prefers shorter words, "coarse" longer ones; penalty: nats for words of 2, 3, 4
    characters, in its place. numerals "split": 三年 is two words. prior: a general model under a small
    corpus, its expected counts times prior_weight (None: by the sizes of both). sample: symbols to
    learn from; of a larger corpus runs are taken evenly, and fewer where `memory` has no room for so
    many. Counts in the model are those of the whole corpus. workers changes no result. watch: called
    after each iteration with stage, number, log-likelihood and active candidates.
    Raises NlptoolsError for a corpus without Han characters, ValueError for settings without sense.
    """
    if not isinstance(corpus, Corpus):
        raise TypeError("corpus must be a Corpus; Corpus.from_texts takes an iterable of str")
    check_memory(memory)
    penalties = _penalties(granularity, penalty)
    if numerals not in NUMERALS:
        raise ValueError(f"numerals must be one of {', '.join(NUMERALS)}, not {numerals!r}")
    if prior_weight is not None and not 0 < prior_weight < 1e6:
        raise ValueError(f"prior_weight must be above 0, not {prior_weight}")
    if sample < 1:
        raise ValueError(f"sample must be at least 1, not {sample}")
    workers = workers or os.cpu_count() or 1
    encoded = encode_corpus(corpus, latin="break", memory=memory, workers=workers, tmp_dir=tmp_dir)
    taken = take_sample(encoded, min(sample, sample_room(memory)), lambda symbol: False)
    if not taken.symbols:
        raise NlptoolsError("there are no Han characters to learn words from")
    settings: dict[str, Any] = {
        "made_by": f"nlptools {__version__} train",
        "granularity": granularity if penalty is None else "given",
        "penalties": list(penalties),
        "numerals": numerals,
        "fold": list(corpus.fold),
        "symbols": taken.symbols,
        "trained_on": len(taken),
        "sha256": taken.digest,
    }
    weight = prior_weight
    if prior is not None:
        weight = prior_weight or auto_prior_weight(taken, prior)
        settings["prior"] = {"sha256": prior.settings.get("sha256"), "weight": round(weight, 6)}
    with ThreadPoolExecutor(workers) as pool:
        run = functools.partial(ordered_map, pool, workers)
        once = prior is not None and len(taken) < ONCE_BELOW
        lattice = build_lattice(taken, 1 if once else MIN_COUNT)
        carried = None if prior is None else Carried(prior, weight or 0.0, taken.texts)
        fitted = fit(
            taken,
            lattice,
            penalties,
            prior=None if carried is None else carried.into(lattice),
            split_numerals=numerals == "split",
            run=run,
            watch=watch,
        )
        words = lexicon(fitted)
        if carried is not None:
            words = carried.join(words, fitted)
        found = tally(encoded, taken, [words], run)
    return _model(words, found, fitted, taken, carried, settings)


def _penalties(granularity: str, penalty: Sequence[float] | None) -> tuple[float, ...]:
    if penalty is None:
        if granularity not in PENALTIES:
            raise ValueError(
                f"granularity must be one of {', '.join(GRANULARITIES)}, not {granularity!r}"
            )
        return PENALTIES[granularity]
    if len(penalty) != LONGEST - 1 or not np.isfinite(penalty).all():
        raise ValueError(f"penalty must be {LONGEST - 1} numbers, for words of 2, 3, 4 characters")
    if min(penalty) < LEAST_PENALTY:
        raise ValueError(f"penalty must not be below {LEAST_PENALTY:g}")
    return (0.0, *map(float, penalty))


def sample_room(memory: int) -> int:
    """How many symbols can be learnt from within `memory` bytes."""
    return max(100_000, (memory - BASE_MEMORY) // BYTES_PER_SYMBOL)


def lexicon(fitted: Fitted) -> Weighted:
    """The words of a fitted model: at least half an occurrence is expected, or a prior has them.

    Heaviest first.
    """
    tables = fitted.tables()
    least = LEAST_EXPECTED * (fitted.least_share or 1.0)
    spelling, values = [], []
    for words, expected, table in zip(
        fitted.lattice.words[1:], fitted.expected[1:], tables[1:], strict=True
    ):
        rows = np.flatnonzero((expected >= least) & (table > 0))
        padded = np.zeros((len(rows), LONGEST), words.spelling.dtype)
        padded[:, : words.length] = words.spelling[rows]
        spelling.append(padded)
        values.append(table[rows])
    weight = np.concatenate(values)
    order = np.argsort(-weight, kind="stable")
    return Weighted(np.concatenate(spelling)[order], weight[order], tables[0], fitted.base)


def auto_prior_weight(sample: Sample, prior: WordModel) -> float:
    """So much of a prior that it weighs twice the sample, more under a very small one; 1 at most."""
    size = len(sample)
    mass = PRIOR_MASS * max(1.0, float(np.sqrt(PRIOR_FULL / max(size, 1))))
    return min(1.0, mass * size / max(1, int(prior.settings.get("trained_on", 0)) or size))


class Carried:
    """A general model under a corpus: its expected counts, times a weight, in the corpus' numbers.

    spelling: symbol ids of its words, padded with 0; expected: weighted counts. left: its words with
    symbols that the corpus does not have.
    """

    def __init__(self, model: WordModel, weight: float, texts: Sequence[str]) -> None:
        number = {text: i for i, text in enumerate(texts, 1)}
        expected = (model.expected * weight).tolist()
        self.spelling = np.zeros((0, LONGEST), np.int64)
        self.left: list[tuple[str, float]] = []
        spelled, values = [], []
        for word, value in zip(model.words, expected, strict=True):
            ids = [number.get(symbol, 0) for symbol in word]
            if len(ids) > LONGEST:
                continue
            if all(ids):
                spelled.append(ids + [0] * (LONGEST - len(ids)))
                values.append(value)
            else:
                self.left.append((word, value))
        if spelled:
            self.spelling = np.array(spelled)
        self.expected = np.array(values)

    def into(self, lattice: Lattice) -> Expected:
        """Drop the candidates that occur once and are not in the model; its counts for the others."""
        lengths = np.count_nonzero(self.spelling, axis=1)
        columns = []
        kept = []
        for k, words in enumerate(lattice.words, 1):
            column = np.zeros(len(words))
            of_length = lengths == k
            rows = find_rows(words, self.spelling[of_length, :k])
            column[rows] = self.expected[of_length]
            column[0] = 0
            columns.append(column)
            if k > 1:
                rows = np.flatnonzero((words.counts >= MIN_COUNT) | (column > 0))
                kept.append(rows[rows > 0])
        lattice.renumber(kept)
        return _rows_of(columns, kept)

    def join(self, words: Weighted, fitted: Fitted) -> Weighted:
        """The words and those of the model that are no candidates in the corpus."""
        lengths = np.count_nonzero(self.spelling, axis=1)
        value = self._weights(self.expected, lengths, fitted)
        new = (lengths > 1) & (value > 0)
        for k, candidates in enumerate(fitted.lattice.words[1:], 2):
            of_length = lengths == k
            new[of_length] &= find_rows(candidates, self.spelling[of_length, :k]) == 0
        spelling = np.concatenate([words.spelling, self.spelling[new].astype(words.spelling.dtype)])
        weight = np.concatenate([words.words, value[new].astype(np.float32)])
        order = np.argsort(-weight, kind="stable")
        return Weighted(spelling[order], weight[order], words.singles, words.base)

    def rest(self, fitted: Fitted) -> list[tuple[str, float, float]]:
        """(word, expected count, weight) of words with symbols that the corpus does not have."""
        words = [word for word, _ in self.left]
        expected = np.array([value for _, value in self.left])
        lengths = np.array([len(word) for word in words], np.int64)
        value = self._weights(expected, lengths, fitted)
        return [
            (word, e, w)
            for word, e, w in zip(words, expected.tolist(), value.tolist(), strict=True)
            if w > 0
        ]

    def _weights(self, expected: np.ndarray, lengths: np.ndarray, fitted: Fitted) -> np.ndarray:
        total = sum(float(c.sum()) for c in fitted.expected)
        floor = np.where(lengths == 1, SINGLE_FLOOR, fitted.least_share * expected)
        cost = np.exp(-np.array([0.0, *fitted.penalties]))[lengths]
        return np.maximum(expected - DISCOUNT, floor) * cost / total


def _model(
    words: Weighted,
    found: Tally,
    fitted: Fitted,
    sample: Sample,
    carried: Carried | None,
    settings: dict[str, Any],
) -> WordModel:
    """Best first by weight without its penalty, that is by expected count; ties by text."""
    texts = np.array(["", *sample.texts], object)
    columns = texts[words.spelling]
    names = sum((columns[:, j] for j in range(1, LONGEST)), columns[:, 0]).tolist()
    names += sample.texts
    counts = np.concatenate([found.words, found.singles[1:]])
    expected = np.concatenate([found.expected_words[0], found.expected_singles[0][1:]])
    weight = np.concatenate([words.words, words.singles[1:]]).astype(np.float64)
    if carried is not None:
        before = dict(
            zip(
                map(bytes, carried.spelling.astype(np.int32)),
                carried.expected.tolist(),
                strict=True,
            )
        )
        singles = np.zeros((len(sample.texts), LONGEST), np.int32)
        singles[:, 0] = np.arange(1, len(sample.texts) + 1)
        spelled = np.concatenate([words.spelling.astype(np.int32), singles])
        expected = expected + np.array([before.get(bytes(row), 0.0) for row in spelled])
        rest = carried.rest(fitted)
        names += [word for word, _, _ in rest]
        counts = np.concatenate([counts, np.zeros(len(rest), np.int64)])
        expected = np.concatenate([expected, [e for _, e, _ in rest]])
        weight = np.concatenate([weight, [w for _, _, w in rest]])
    expected, weight = expected.round(3), np.log(weight).round(4)
    order = sorted(range(len(names)), key=lambda i: (-expected[i], names[i]))
    places = np.array([fitted.base.counts[k][j] for k, j in PLACES]).T[1:]
    some = np.flatnonzero(places.any(axis=1))
    return WordModel(
        [names[i] for i in order],
        counts[order],
        expected[order],
        weight[order],
        [sample.texts[i] for i in some.tolist()],
        places[some],
        settings,
    )
