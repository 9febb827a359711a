"""Candidates + corpus as symbol ids -> words and terms ranked by how often the word model expects them.

The score of a word: the share of its occurrences in which it is a word, as the model sees them, shrunk for
rare words; times the freedom of its neighbours; times the square root of the number of tenths of the corpus
that have it; lowered where its first or last character is mostly a word of its own, as in 了解决.
Formulas with their sources: docs/how-it-works.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nlptools.base.resources import Watch, ordered_map
from nlptools.discovery.terms import SHORTEST_TERM, Terms, find_terms
from nlptools.discovery.wordtable import WordTable, make_table, stack_tables
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.ngrams.scores import Frequent, all_sides, pmi
from nlptools.ngrams.symbols import join_texts
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.chars import is_han
from nlptools.wordmodel.em import LONGEST, PENALTIES, expect, find_rows, weights
from nlptools.wordmodel.expected_counts import Weighted, tally
from nlptools.wordmodel.fit import ITERATIONS, MIN_COUNT, Fitted, add_prior, fit, lexicon
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.prior import Carried, auto_prior_weight
from nlptools.wordmodel.sample import Sample, build_lattice, take_sample
from nlptools.wordmodel.train import SAMPLE, sample_room

# Chosen on statutes, medical questions, IT news and a novel; two more corpora confirmed them.
RARE = 5.0  # added to the count: of what occurs five times half remains
RARE_LEAST = 1.5
MOST_FREEDOM = 2.0  # nats: more kinds of neighbours say no more
LEAST_FREEDOM = 0.05  # added, so that words which always have the same neighbour have an order too
ALONE = 2.0  # exponent for the shares of the first and last symbol
# A word whose expected count is below the discount keeps a tenth of it, so that it can be ranked.
LEAST_SHARE = 0.1
# A prior weighs so many times what it does in training: new words of a short text show better against it.
PRIOR_TIMES = 2.0
# Words above this score: 80 to 90 % are in dictionaries, and of the others half are words (read by eye).
MIN_SCORE = 0.7
# Terms are ranked by another formula, which gives about three times as much to a term as good as a word.
TERM_SCALE = 0.35
# Terms of which less than a tenth of the occurrences are at an edge of a clause lose score; rare ones are
# shrunk to that tenth, as if they had been seen ten times more.
EDGE, EDGE_SEEN = 0.1, 10.0
# Rounds of co-training. A second one, which gives a segmenter +.003 F1, leaves the ranking as it is.
ROUNDS = 1
STEPS = ITERATIONS + 1 + 2 * ROUNDS + 2  # calls of `watch`: training, tally, terms
KEYNESS = 3.0  # a word that is exp(3) = 20 times as frequent as in the background keeps its score


def shrinkage(symbols: int) -> float:
    """What is added to counts in the score: RARE, less for a corpus below a million symbols.

    In a short story nothing occurs often, and what occurs three times is no accident.
    """
    return min(RARE, max(RARE_LEAST, symbols ** (1 / 3) / 20))


def default_min_count_expected(least: int) -> int:
    """Least count of a candidate, from that of the method entropy: the score takes care of rare ones."""
    return max(min(least, 5), round(0.4 * least))


@dataclass(frozen=True)
class Candidates:
    """Frequent n-grams of two to four symbols.

    symbols: ids of the alphabet of the counts, padded with 0, shape (size, 4); texts: that alphabet; counts,
    pmi, left_entropy, right_entropy: as in WordTable.
    """

    symbols: np.ndarray
    texts: tuple[str, ...]
    counts: np.ndarray
    pmi: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray

    def spell(self, rows: np.ndarray) -> list[str]:
        """Their texts."""
        return join_symbols(self.symbols[rows], self.texts)


def join_symbols(spelling: np.ndarray, texts: Sequence[str]) -> list[str]:
    """Texts of rows of symbol ids, the first of which is 1, padded with 0."""
    if not len(spelling):
        return []
    return join_texts(["", *texts], spelling.T)


def list_candidates(frequent: Frequent) -> Candidates:
    """All frequent n-grams of two to four symbols, with the scores that need the counts."""
    sides = all_sides(frequent, LONGEST)
    levels = frequent.levels
    spelled = (levels[0].rows + 1).astype(np.int32)[:, None]
    columns: list[list[np.ndarray]] = [[] for _ in range(5)]
    for n in range(2, LONGEST + 1):
        level = levels[n - 1]
        spelled = np.column_stack([spelled[level.parents], level.symbols.astype(np.int32)])
        padded = np.zeros((len(spelled), LONGEST), np.int32)
        padded[:, :n] = spelled
        side = sides[n - 1]
        found = (padded, level.counts, pmi(frequent, n), side.left_entropy, side.right_entropy)
        for column, values in zip(columns, found, strict=True):
            column.append(values)
    symbols, *rest = [np.concatenate(column) for column in columns]
    return Candidates(symbols, frequent.counts.alphabet.symbols, *rest)


def expectation_score(
    expected: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    shards: np.ndarray,
    alone: np.ndarray,
    rare: float = RARE,
) -> np.ndarray:
    """Score of each word.

    expected: mean expected count under default and fine penalties; freedom: the smaller branching entropy,
    nats; shards: tenths of the corpus that have it; alone: sum of the shares of the occurrences of its
    first and of its last symbol in which that is a word of its own; rare: what is added to the count, so
    that rare words have less.
    """
    share = expected / (counts + rare)
    free = np.minimum(freedom, MOST_FREEDOM) + LEAST_FREEDOM
    return share * free * np.sqrt(shards) * np.exp(-ALONE * alone)


def term_score(
    normed_pmi: np.ndarray,
    counts: np.ndarray,
    freedom: np.ndarray,
    alone: np.ndarray,
    edge: np.ndarray,
) -> np.ndarray:
    """Score of each term of several words, on the scale of expectation_score.

    normed_pmi: PMI of the weakest split between its words, divided by -ln p(term). edge: the smaller share
    of its occurrences that begin or end at a break. A part of a clause that never stands at one of its ends, as
    管理部门应当, is no term.
    """
    cohesion = np.log(counts) * np.maximum(normed_pmi, 0)
    shrunk = (edge * counts + EDGE * EDGE_SEEN) / (counts + EDGE_SEEN)
    at_edges = np.sqrt(np.minimum(shrunk / EDGE, 1))
    freedom = np.minimum(freedom, MOST_FREEDOM)
    return TERM_SCALE * cohesion * freedom * np.exp(-alone) * at_edges


@dataclass(frozen=True)
class Ranked:
    """Candidates and terms with what the word model says of them.

    rows: of the candidates that the model can have as words; expected, shards, scores: aligned with them.
    terms: as a table.
    """

    candidates: Candidates
    rows: np.ndarray
    expected: np.ndarray
    shards: np.ndarray
    scores: np.ndarray
    terms: WordTable

    def __len__(self) -> int:
        return len(self.rows) + len(self.terms)

    def table(self, number: int | None, min_score: float) -> WordTable:
        """The words and terms with at least that score and, marked as not passed, the best so many
        others; None: all of them.
        """
        scores = np.concatenate([self.scores, self.terms.scores])
        passed = scores >= min_score
        chosen = passed
        if number is None or number >= len(scores):
            chosen = np.ones(len(scores), bool)
        elif number:
            chosen = passed.copy()
            chosen[np.argsort(np.where(passed, np.inf, -scores), kind="stable")[:number]] = True
        here = np.flatnonzero(chosen[: len(self.rows)])
        rows = self.rows[here]
        table = make_table(
            self.candidates.spell(rows),
            self.candidates.counts[rows],
            self.candidates.pmi[rows],
            self.candidates.left_entropy[rows],
            self.candidates.right_entropy[rows],
            self.scores[here],
        )
        table = replace(table, expected=self.expected[here], shards=self.shards[here])
        terms = self.terms.select(np.flatnonzero(chosen[len(self.rows) :]))
        return replace(stack_tables([table, terms]), passed=passed[chosen])


def rank_expected(
    candidates: Candidates,
    encoded: EncodedCorpus,
    *,
    min_count: int,
    lengths: tuple[int, int],
    usable: Callable[[str], bool],
    prior: WordModel | None,
    memory: int,
    workers: int,
    watch: Watch,
) -> Ranked:
    """Train a word model and score the candidates and the terms that it finds.

    lengths: least and most symbols of what is kept. usable: which runs of letters and digits may be part of
    a word. prior: a general model to learn on top of, for a small corpus.
    """
    room = sample_room(memory - candidates.symbols.nbytes * 6)
    sample = take_sample(encoded, min(SAMPLE, room), usable)
    if not len(sample):
        none = np.zeros(0)
        return Ranked(candidates, none.astype(np.int64), none, none, none, WordTable.empty())
    with ThreadPoolExecutor(workers) as pool:
        run = functools.partial(ordered_map, pool, workers)
        carried = None
        if prior is not None:
            carried = Carried(prior, PRIOR_TIMES * auto_prior_weight(sample, prior), sample.texts)
        lattice = build_lattice(sample, MIN_COUNT if carried is None else 1)
        before = None if carried is None else carried.into(lattice)
        fitted = fit(
            sample, lattice, PENALTIES["default"], prior=before, rounds=ROUNDS, run=run, watch=watch
        )
        rows, spelling = _spelled(candidates, sample)
        order, models = _models(fitted, spelling, run)
        rows, spelling = rows[order], models[0].spelling
        model = lexicon(fitted)
        del fitted, lattice
        watch("expected counts", 1, 0.0, len(rows))
        found = tally(encoded, sample, models, run)
        alone = found.expected_singles[0] / np.maximum(found.singles, 1)
        terms = WordTable.empty()
        if lengths[1] >= SHORTEST_TERM:
            watch("terms", 1, 0.0, len(model.words))
            listed = find_terms(encoded, sample, model, alone, min_count, run)
            terms = _term_table(listed, sample, _ends_alone(listed.spelling, alone), lengths)
    expected, fine = found.expected_words
    counts, left, right = candidates.counts, candidates.left_entropy, candidates.right_entropy
    scores = expectation_score(
        (expected + fine) / 2,
        counts[rows],
        np.minimum(left[rows], right[rows]),
        found.shards,
        _ends_alone(spelling, alone),
        shrinkage(sample.symbols),
    )
    size = np.count_nonzero(spelling, axis=1)
    kept = np.flatnonzero((size >= lengths[0]) & (size <= lengths[1]))
    return Ranked(candidates, rows[kept], expected[kept], found.shards[kept], scores[kept], terms)


def keyness(table: WordTable, symbols: int, background: WordModel) -> np.ndarray:
    """How typical each word is of the corpus: ln(share here / share there) / 3, from 0 to 1.

    A model has no terms and no words with letters or digits; they are at most as frequent there as the
    rarest of the words that it cuts them into. Any other word that it lacks is none there.
    """
    there = dict(zip(background.words, background.counts.tolist(), strict=True))
    total = max(1, int(background.settings.get("symbols", 0)))
    segmenter = Segmenter.from_model(background)

    def count(word: str, is_term: bool) -> int:
        if word in there or not (is_term or any(not is_han(symbol) for symbol in word)):
            return there.get(word, 0)
        return min((there[part] for part in segmenter.segment(word) if part in there), default=0)

    terms = table.terms.tolist()
    counts = np.array([count(*row) for row in zip(table.words, terms, strict=True)])
    ratio = (table.counts / max(symbols, 1)) / (np.maximum(counts, 0.5) / total)
    return np.clip(np.log(np.maximum(ratio, 1e-9)) / KEYNESS, 0, 1)


def _spelled(candidates: Candidates, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """(rows, symbol ids of the sample padded with 0) of the candidates that the model can have as words."""
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    table = np.array([0] + [number.get(text, -1) for text in candidates.texts], np.int32)
    spelling = table[candidates.symbols]
    rows = np.flatnonzero((spelling >= 0).all(axis=1))
    return rows, spelling[rows]


def _ends_alone(spelling: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """`alone` of the first and of the last symbol of each word, added."""
    lengths = np.count_nonzero(spelling, axis=1)
    last = spelling[np.arange(len(spelling)), np.maximum(lengths - 1, 0)]
    return alone[spelling[:, 0]] + alone[last]


def _models(
    fitted: Fitted, spelling: np.ndarray, run: Callable[..., Iterable[Any]]
) -> tuple[np.ndarray, list[Weighted]]:
    """(order of the candidates, heaviest first; their weights by default and by fine penalties)."""
    lattice, fine = fitted.lattice, PENALTIES["fine"]
    gaps = fitted.regression.gaps if fitted.regression is not None else None
    tables = weights(fitted.expected, fine, fitted.bonus, LEAST_SHARE)
    found = expect(lattice, tables, fitted.base, gaps, run).expected
    fine_expected = add_prior(found, fitted.prior)
    lengths = np.count_nonzero(spelling, axis=1)
    models = []
    order: np.ndarray | None = None
    for expected, penalties in ((fitted.expected, fitted.penalties), (fine_expected, fine)):
        tables = weights(expected, penalties, fitted.bonus, LEAST_SHARE)
        weight = np.zeros(len(spelling), np.float32)
        for k in range(2, LONGEST + 1):
            of_length = np.flatnonzero(lengths == k)
            rows = find_rows(lattice.words[k - 1], spelling[of_length, :k])
            weight[of_length] = tables[k - 1][rows]
        if order is None:
            order = np.argsort(-weight, kind="stable")
            spelling = spelling[order]
            weight = weight[order]
            lengths = lengths[order]
        models.append(Weighted(spelling, weight, tables[0], fitted.base))
    assert order is not None
    return order, models


def _term_table(
    terms: Terms, sample: Sample, alone: np.ndarray, lengths: tuple[int, int]
) -> WordTable:
    size = np.count_nonzero(terms.spelling, axis=1)
    kept = np.flatnonzero((size >= lengths[0]) & (size <= lengths[1]))
    texts = join_symbols(terms.spelling, sample.texts)
    left, right = terms.left_entropy, terms.right_entropy
    edge = np.minimum(terms.left_edge, terms.right_edge)
    free = np.minimum(left, right)
    scores = term_score(terms.normed_pmi, terms.counts, free, alone, edge)
    table = make_table(texts, terms.counts, terms.pmi, left, right, scores)
    table = replace(
        table, expected=terms.expected, shards=terms.shards, terms=np.ones(len(table), bool)
    )
    return table.select(kept)
