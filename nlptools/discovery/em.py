"""--method em: corpus -> words and terms ranked by how often a word model of the corpus expects them.

The score is the probability that it is one (em_score.py): of ten factors, or, for a word of a word list, of the share of
its occurrences that the model expects as a word, if that is more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.base.machine import LITTLE_MEMORY, trim_memory
from nlptools.base.resources import ordered_map, worker_pool
from nlptools.base.spool import Spool
from nlptools.discovery.candidates import Candidates, join_symbols, list_candidates
from nlptools.discovery.em_score import (
    FIRST,
    LAST,
    Seen,
    listed_score,
    score,
    shrinkage,
)
from nlptools.discovery.formation import NEUTRAL, Formation
from nlptools.discovery.marked import find_marked
from nlptools.discovery.method import (
    Findings,
    Request,
    barred,
    bars_used,
    check_model,
    default_min_count,
    is_number,
    model_name,
    settled_model,
)
from nlptools.discovery.occurrences import CutText, Occurrences, find_occurrences
from nlptools.discovery.onemachine import OneMachine
from nlptools.discovery.proposed import Models, Proposed, Run, propose_words
from nlptools.discovery.source import DiscoverySource
from nlptools.discovery.table import WordTable, stack_tables
from nlptools.discovery.terms import SHORTEST_TERM, Terms, find_terms, propose_terms
from nlptools.wordmodel.em import LONGEST, PENALTIES
from nlptools.wordmodel.fit import MIN_COUNT, Fitted, fit
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.prior import Carried, auto_prior_weight
from nlptools.wordmodel.room import Learnt, Room, room_within
from nlptools.wordmodel.sample import Sample, build_lattice

if TYPE_CHECKING:
    from nlptools.discovery.evidence import Explained

# Words of the prior that occur once matter in a sample of fewer symbols.
ONCE_BELOW = 300_000
# A prior weighs so many times what it does in training: new words of a short text show better against it.
PRIOR_TIMES = 2.0
# Rounds of co-training. A second one, which gives a segmenter +.003 F1, leaves the ranking as it is.
ROUNDS = 1


def default_min_count_expected(least: int) -> int:
    """Least count of a candidate, from that of the method entropy: the score takes care of rare ones."""
    return max(min(least, 5), round(0.4 * least))


def find(request: Request) -> Findings:
    """Words of two to four symbols, and terms of five to eight, which are sequences of such words.

    request.prior: a WordModel, None, or "auto": the general model. Raises ValueError for anything else.
    """
    # Words of all lengths, whichever are asked for: without the short ones the long ones look different.
    check_model(request.prior, "prior")
    source = OneMachine(request) if request.source is None else request.source
    bars, (shortest, longest) = request.bars, request.lengths

    def least_of(symbols: int) -> int:
        default = default_min_count_expected(default_min_count(symbols))
        return default if bars.min_count is None else bars.min_count

    counted = source.count(LONGEST + 1, least_of)
    trim_memory()
    request.watch("finding candidates", 1, 1)
    frequent, settings, least = counted.frequent, counted.settings, counted.frequent.min_count
    candidates = list_candidates(frequent, source.room, source.folder)
    trim_memory()
    asked = range(max(shortest, 2), min(longest, LONGEST) + 1)
    rare = sum(counted.twice[n - 1] - len(frequent.levels[n - 1]) for n in asked)
    facts = Findings(
        WordTable.empty(),
        lambda number: WordTable.empty(),
        {},
        *(settings.latin, settings.fold, counted.symbols, counted.ngrams),
    )
    most = None if request.own_length else longest
    marked = find_marked(frequent, *source.surroundings(settings, least), (shortest, most))
    del counted, frequent  # their memory is for the model
    trim_memory()

    def usable(symbol: str) -> bool:
        # A digit that is a symbol of its own (latin "char") may be part of K8s集群.
        return request.numbers or facts.latin == "char" or not is_number(symbol)

    ranked = rank_expected(candidates, source, request, least, usable)
    ranked = replace(ranked, marked=marked)
    used: dict[str, object] = {"method": "em", "min_count": least}
    used["min_score"] = f"{bars.min_score:g}"
    if request.prior is not None:
        used["prior"] = model_name(request.prior)

    def scored(number: int | None) -> WordTable:
        table = ranked.table(number, bars.min_score)
        low = len(ranked) - int(np.count_nonzero(table.passed))
        removed = {f"rarer than {least}": max(0, rare), f"score below {bars.min_score:g}": low}
        return barred(replace(table, removed=removed), bars, facts.latin)

    table = scored(0)
    return replace(
        facts,
        table=table.where(table.passed),
        more=lru_cache(maxsize=1)(scored),
        used=used | bars_used(bars),
        learnt=ranked.learnt,
    )


_READ, _SCORED = 1 << 15, 1 << 13  # candidates at a time: 2 MB and 4 MB

# What the word model says of a candidate. row: its number; the rest as in WordTable.
RANKED = np.dtype(
    [("row", np.int64), ("expected", np.float64), ("shards", np.uint8), ("score", np.float64)]
)


@dataclass(frozen=True)
class Ranked:
    """Candidates and terms with what the word model says of them.

    words: records (RANKED) of the candidates that the model could have as words, in any order. terms and their
    scores, spelled with `texts`. learnt: how much of the corpus the model knows. marked: candidates with a sign inside,
    of which the model knows nothing.
    """

    candidates: Candidates
    words: Spool
    terms: Terms
    term_scores: np.ndarray
    texts: Sequence[str]
    learnt: Learnt
    marked: WordTable = field(default_factory=WordTable.empty)

    def __len__(self) -> int:
        return self.words.nbytes // RANKED.itemsize + len(self.terms) + len(self.marked)

    def table(self, number: int | None, min_score: float) -> WordTable:
        """The words and terms with at least that score and, marked as not passed, the best so many
        others; None: all of them.
        """
        scores = self._of_all("score", self.term_scores, self.marked.scores)
        passed = scores >= min_score
        chosen = passed
        if number is None or number >= len(scores):
            chosen = np.ones(len(scores), bool)
        elif number:
            chosen = passed.copy()
            # Of equal ones the first candidates, however many were scored at a time.
            rest = np.full(len(self.terms) + len(self.marked), len(self.candidates))
            first = self._of_all("row", rest)
            chosen[np.lexsort([first, np.where(passed, np.inf, -scores)])[:number]] = True
        sizes = [len(self.terms), len(self.marked)]
        of_words, of_terms, of_marked = np.split(chosen, len(chosen) - np.cumsum(sizes[::-1])[::-1])
        words = self._word_table(self.words.where(of_words))
        tables = [words, self._term_table(of_terms), self.marked.where(of_marked)]
        return replace(stack_tables(tables), passed=passed[chosen])

    def _of_all(self, column: str, *others: np.ndarray) -> np.ndarray:
        """A column of RANKED of the words, then that of terms and marked ones."""
        return np.concatenate([*(words[column] for words in self.words), *others])

    def _word_table(self, ranked: np.ndarray) -> WordTable:
        records = self.candidates.take(ranked["row"])
        return WordTable.of(
            self.candidates.spell(records),
            counts=records["counts"],
            expected=ranked["expected"],
            pmi=records["pmi"],
            left_entropy=records["left_entropy"],
            right_entropy=records["right_entropy"],
            shards=ranked["shards"].astype(np.int64),
            scores=ranked["score"],
        )

    def _term_table(self, chosen: np.ndarray) -> WordTable:
        terms = self.terms.where(chosen)
        return WordTable.of(
            join_symbols(terms.spelling, self.texts),
            counts=terms.counts,
            expected=terms.expected,
            pmi=terms.pmi,
            left_entropy=terms.left_entropy,
            right_entropy=terms.right_entropy,
            shards=terms.shards,
            scores=self.term_scores[chosen],
            terms=np.ones(len(terms), bool),
        )


def rank_expected(
    candidates: Candidates,
    source: DiscoverySource,
    request: Request,
    min_count: int,
    usable: Callable[[str], bool],
) -> Ranked:
    """Train a word model and score the candidates and the terms that it finds, of request.lengths symbols.

    usable: which runs of letters and digits may be part of a word.
    """
    lengths, threads, watch = request.lengths, request.machine.threads, request.watch
    room = room_within(request.machine.memory, threads, held=candidates.nbytes)
    sample = source.sample(room.sample, usable)
    learnt = Learnt(len(sample), sample.symbols, room.sample)
    words = Spool(source.room, source.folder)
    words.append(np.zeros(0, RANKED))
    if not len(sample):
        return Ranked(candidates, words, Terms.none(), np.zeros(0), sample.texts, learnt)
    with worker_pool(room.threads) as pool:
        run = partial(ordered_map, pool, room.threads)
        fitted, formation, sample, ids = _learn(sample, source, request, room, run)
        proposed, models = propose_words(candidates, sample, fitted, run)
        del fitted
        trim_memory()
        watch("counting words", 1, 1)
        text, alone = _count(source, sample, proposed, models, room, run)
        cutter = models.cutter
        del models
        if request.explained is not None:
            assert isinstance(source, OneMachine)  # who explains reads the text here
            request.explained.cut(source.encoded.blocks, sample, cutter, run, room.piece)
        store, terms, of_terms = room.store(source.folder), Terms.none(), Occurrences.none(0)
        sequences = None
        if lengths[1] >= SHORTEST_TERM:
            watch("finding terms", 1, 1)
            of_sample = replace(sample, ids=next(iter(ids)))
            sequences = propose_terms(
                of_sample, cutter, alone, min_count, run, store=store, part=room.part
            )
            del of_sample
        del cutter, store, ids
        trim_memory()
        scorer = Scorer(sample, Symbols.of(sample, alone), formation, lengths, request.explained)
        if sequences is not None:
            terms, of_terms = find_terms(text, sequences, min_count, run)
        del sequences
        trim_memory()
        for rows, found in find_occurrences(text, proposed.spelling, run):
            scorer.score_words(proposed, rows, found, words)
    trim_memory()
    watch("ranking", 1, 1)
    asked = _between(terms.spelling, lengths)
    terms, of_terms = terms.where(asked), of_terms.of(asked)
    term_scores = scorer.score_terms(terms, of_terms)
    return Ranked(candidates, words, terms, term_scores, sample.texts, learnt)


@dataclass(frozen=True)
class Scorer:
    """Scores words and terms of request.lengths symbols; explained takes what is seen of those that it asks for."""

    sample: Sample
    symbols: Symbols
    formation: Formation | None
    lengths: tuple[int, int]
    explained: Explained | None

    def score_words(
        self, words: Proposed, rows: np.ndarray, stand: Occurrences, out: Spool
    ) -> None:
        """Records of RANKED to `out` of some of the words, which stand so in the corpus. rows: ascending."""
        # All candidates are gone through for each part, so parts are large; what is made of them is not.
        for part in _parts(len(rows), _READ):
            here, found = rows[part], stand.of(part)
            records = words.candidates.take(words.rows[here])
            for some in _parts(len(here), _SCORED):
                out.append(self._ranked(words, here[some], records[some], found.of(some)))

    def _ranked(
        self, words: Proposed, rows: np.ndarray, records: np.ndarray, stand: Occurrences
    ) -> np.ndarray:
        """The records of RANKED of some words."""
        rare, spelling = shrinkage(self.sample.symbols), words.spelling[rows]
        modelled, (expected, fine) = words.expected_of(rows)
        known = listed_score((expected + fine) / 2, records["counts"], rare)
        seen = _seen(records, spelling, stand, self.symbols, self.formation)
        ranked = np.empty(len(records), RANKED)
        ranked["row"], ranked["shards"] = words.rows[rows], stand.shards
        # What the model has no word for is a sequence of words, as longer terms are.
        ranked["expected"] = np.where(modelled, expected, stand.whole)
        # A listed word that the model cuts into two others (应用程序) may still hold together as a term does.
        found_so = score(seen, self.sample.symbols)
        listed = words.listed[rows]
        ranked["score"] = np.where(listed, np.maximum(known, found_so), found_so)
        if self.explained is not None:
            self.explained.take(
                *(spelling, seen, ranked["score"], self.sample),
                listed=listed,
                expected=(expected, fine),
                shrunk=rare,
            )
        return ranked[_between(spelling, self.lengths)]

    def score_terms(self, terms: Terms, stand: Occurrences) -> np.ndarray:
        """The probability of each. stand: how they stand in the corpus."""
        seen = _seen(terms, terms.spelling, stand, self.symbols, self.formation)
        found = score(seen, self.sample.symbols)
        if self.explained is not None:
            self.explained.take(terms.spelling, seen, found, self.sample)
        return found


@dataclass(frozen=True)
class Symbols:
    """What is known of the symbols of a sample, by id.

    alone: share of the occurrences in which it is a word of its own; first, last: whether it is of em_score.FIRST, LAST.
    """

    alone: np.ndarray
    first: np.ndarray
    last: np.ndarray

    @staticmethod
    def of(sample: Sample, alone: np.ndarray) -> Symbols:
        """Of this sample."""
        first = np.array([False, *(text in FIRST for text in sample.texts)])
        last = np.array([False, *(text in LAST for text in sample.texts)])
        return Symbols(alone, first, last)


def _seen(
    found: Any,
    spelling: np.ndarray,
    stand: Occurrences,
    symbols: Symbols,
    formation: Formation | None,
) -> Seen:
    """found: Terms, or records of candidates, with counts, PMI and entropies."""
    column = found.__getitem__ if isinstance(found, np.ndarray) else partial(getattr, found)
    lengths = np.count_nonzero(spelling, axis=1)
    first = spelling[:, 0]
    last = spelling[np.arange(len(spelling)), np.maximum(lengths - 1, 0)]
    neutral = np.full(len(spelling), NEUTRAL)
    begins, ends = (neutral, neutral) if formation is None else formation.of(spelling)
    return Seen(
        lengths=lengths,
        counts=column("counts"),
        pmi=column("pmi"),
        left_entropy=column("left_entropy"),
        right_entropy=column("right_entropy"),
        whole=stand.whole,
        joints=stand.joints,
        right_edge=stand.right_edge,
        alone=symbols.alone[first] + symbols.alone[last],
        first=symbols.first[first],
        last=symbols.last[last],
        begins=begins,
        ends=ends,
    )


def _parts(size: int, most: int) -> Iterator[slice]:
    """Slices of an array of that size; one, if it is empty."""
    for start in range(0, max(size, 1), most):
        yield slice(start, start + most)


def _count(
    source: DiscoverySource,
    sample: Sample,
    proposed: Proposed,
    models: Models,
    room: Room,
    run: Run,
) -> tuple[CutText, np.ndarray]:
    """(the corpus cut into words; for each symbol the share in which it is a word of its own).

    Fills in how often the proposed words are expected.
    """
    counted, text = source.cut(sample, models.weighted, models.cutter, run, room.piece)
    for expected, of_model in zip(proposed.expected, counted.expected_words, strict=True):
        expected[:] = of_model[models.rows]
    return text, counted.expected_singles[0] / np.maximum(counted.singles, 1)


def _learn(
    sample: Sample, source: DiscoverySource, request: Request, room: Room, run: Run
) -> tuple[Fitted, Formation | None, Sample, Spool]:
    """(the word model of the sample, what the prior's word list says of compounds, the sample without its ids, those)."""
    trim_memory()
    # Where memory is little the background reads the model again.
    keep = request.machine.memory >= LITTLE_MEMORY
    carried, formation = _carried(sample, settled_model(request.prior, "prior", keep=keep))
    least = 1 if carried is not None and len(sample) < ONCE_BELOW else MIN_COUNT
    lattice = build_lattice(sample, least, room.store(source.folder), room.part)
    # What learning does without: the ids, which the lattice has, and the model's words and their spelling, 25 MB.
    ids = Spool(source.room, source.folder)
    ids.append(sample.ids)
    sample = replace(sample, ids=sample.ids[:0].copy())
    before = None if carried is None else carried.into(lattice)
    del carried
    trim_memory()
    how: dict[str, Any] = {"rounds": ROUNDS, "run": run, "watch": request.watch}
    fitted = fit(sample, lattice, PENALTIES["default"], prior=before, **how)
    trim_memory()
    return fitted, formation, sample, ids


def _carried(sample: Sample, prior: WordModel | None) -> tuple[Carried | None, Formation | None]:
    """(the prior in the symbols of the sample, what its word list says of compounds)."""
    if prior is None:
        return None, None
    carried = Carried(prior, PRIOR_TIMES * auto_prior_weight(sample, prior), sample.texts)
    if prior.known is None:
        return carried, None
    return carried, Formation(prior, carried, len(sample.texts) + 1)


def _between(spelling: np.ndarray, lengths: tuple[int, int]) -> np.ndarray:
    """Which rows have so many symbols."""
    size = np.count_nonzero(spelling, axis=1)
    return (size >= lengths[0]) & (size <= lengths[1])
