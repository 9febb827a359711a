"""Corpus + counts -> a ranked table of words: one of the methods, then the filters, then the best so many."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from nlptools.base.machine import LITTLE_MEMORY, trim_memory
from nlptools.base.resources import DEFAULT_MEMORY, Watch, unwatched
from nlptools.discovery.evidence import Explained
from nlptools.discovery.keyness import Reference, newness
from nlptools.discovery.known import ListedWords, check_known, general_reference, known_words
from nlptools.discovery.method import (
    Bars,
    Findings,
    Machine,
    Request,
    check_model,
    has_number,
    model_name,
    number_in,
)
from nlptools.discovery.rules import (
    DEFAULT_METHOD,
    METHODS,
    MIN_SCORE,
    WEIGHTS,
    given_options,
    problems,
)
from nlptools.discovery.source import DiscoverySource
from nlptools.discovery.table import WordTable, stack_tables
from nlptools.errors import NlptoolsError
from nlptools.ngrams.counts import NgramCounts
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.folding import fold_text
from nlptools.wordmodel.model import WordModel


def _find(request: Request, method: str) -> Findings:
    """By the file of the method, which is imported when it is asked for, as are others below: discover begins at once."""
    found: Findings = import_module(f"nlptools.discovery.{method}").find(request)
    return found


def discover_words(
    corpus: CorpusLike | None,
    *,
    method: str = DEFAULT_METHOD,
    min_score: float = MIN_SCORE,
    min_count: int | None = None,
    min_pmi: Sequence[float] | None = None,
    min_entropy: float | None = None,
    min_length: int = 2,
    max_length: int | None = None,
    numbers: bool = False,
    compat: str | None = None,
    weights: Sequence[float] | None = None,
    background: WordModel | str | None = "auto",
    prior: WordModel | str | None = "auto",
    known: Collection[str] | str = "general",
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
    explained: Explained | None = None,
    source: DiscoverySource | None = None,
) -> WordTable:
    """Find the words of a corpus (a Corpus, or paths) and rank them.

    method "em": a unigram word model is learnt from the corpus; score = the probability that a candidate of two to
    eight symbols is a word or a term, by what the model expects and what is seen of it (em_score.py); at least
    min_score. prior: a model to learn on top of; "auto": the general model of the package, None: nothing. watch: as
    in train_model.
    method "lm" (kexue.fm 3956): a language model of the symbols cuts the corpus that it has learnt from; score
    = that of the method entropy times the share of its occurrences in which a word was cut out. weights: of
    the second, third, ... symbol of a word, larger for longer words; None: rules.WEIGHTS.
    method "entropy" (matrix67): n-grams of min_length .. max_length symbols that are frequent, hold
    together (PMI) and are free on both sides (entropy); score = ln(count) * PMI * min(entropy, 3).
    method "pmi" (kexue.fm 6920; 4256 with compat): n-grams above min_pmi nats (for 2, 3, ... symbols)
    are joined wherever they overlap, so words may be longer; score = how often the word was cut out.
    min_count, min_pmi, min_entropy None: scaled to the corpus; the methods em and lm need no min_pmi and no
    min_entropy, but heed them. max_length None: 8 for em, 4 for entropy, 5 for lm or what the counts have.
    counts: made earlier from the same corpus; the method entropy then reads no corpus, which is None. numbers:
    keep words with a number in figures (3月).
    background: a model of other text, "auto": the general one, None: none; a score is multiplied by how new its word is
    beside that text, so that everyday words come last (keyness.py); with compat, as in the article, only where it is given.
    known: words to be marked, "general": those that the word list under the general model has, "jieba": those of the
    dictionary of the installed jieba. new_only: without them. top: that many, whether they pass or not. accepted: words
    that stay in the list whatever the bars, the filters and top say, if they occur at all. rejected: words that are left
    out. With either of them the table has the column `decision`. explained: words to be explained by this run, as
    explain_words does. source: of method em, a corpus that other machines read, in place of `corpus` (spark/discover.py).
    Raises ValueError for settings that make no sense or do not go together (rules.py), NlptoolsError for
    counts that do not fit.
    """
    corpus = None if corpus is None else as_corpus(corpus)
    given: dict[str, Any] = {
        **{
            "corpus": corpus or source,
            "counts": counts,
            "sort": sort,
            "compat": compat,
            "weights": weights,
        },
        **{"min_score": min_score, "min_count": min_count, "min_entropy": min_entropy},
        **{"min_length": min_length, "max_length": max_length},
        **{"background": background, "prior": prior},
    }
    for problem in problems(method, given_options(given)):
        raise ValueError(problem)
    request = Request(
        corpus=corpus,
        counts=counts,
        bars=Bars(min_score, min_count, min_pmi, min_entropy),
        lengths=(min_length, METHODS[method].longest_word(max_length)),
        own_length=max_length is None,
        fills=top is not None,
        numbers=numbers,
        latin=latin,
        compat=compat,
        weights=WEIGHTS if weights is None else weights,
        prior=prior,
        machine=Machine(memory, workers, tmp_dir),
        watch=watch,
        explained=explained,
        source=source,
    )
    check_known(known)
    lists = Lists.of((), accepted, rejected)
    check_model(background, "background")
    found = plain = _find(request, method)
    if top is None and not accepted and explained is None:
        # What more is made of, all candidates and terms, goes.
        found = plain = replace(found, more=_no_more)
    trim_memory()
    # The earlier article has no background.
    against = None if compat and background == "auto" else background
    reference = None
    watch("ranking", 1, 1)
    if against is not None:
        keep = memory >= LITTLE_MEMORY
        reference = general_reference(keep=keep) if isinstance(against, str) else Reference(against)
        if not keep:
            trim_memory()
        found = _new_first(plain, reference, model_name(against))
        if not keep:
            reference.rest()
            trim_memory()
    # Their memory is not there for the method.
    lists = replace(lists, known=known_words(known))
    filters = Filters(lists.folded(found.fold), numbers, new_only)
    table = _filled(filters.apply(found.table), found, filters, top)
    if accepted:
        table = _with_accepted(table, found, filters, request)
    table = replace(
        table,
        settings=found.used | {"latin": found.latin},
        symbols=found.symbols,
        ngrams=found.ngrams,
        learnt=found.learnt,
        accepted=among(table, filters.lists.accepted),
        decided=bool(accepted or rejected),
    ).sorted()
    if top is not None:
        table = table.where((np.arange(len(table)) < top) | table.accepted)
    if explained is not None:
        explained.background = reference
        _explain(explained, table, plain, filters, request, top)
    if corpus is not None and corpus.fold and corpus.rereadable:
        from nlptools.usage.forms import original_forms

        forms = original_forms(corpus, table.words, found.latin)
        table = replace(table, words=forms).sorted()
    return table if sort == "score" else table.sorted(sort)


def _no_more(number: int | None) -> WordTable:
    """For who asks for nothing but what passed."""
    raise ValueError("there are no other words")


def _new_first(found: Findings, background: Reference, name: str) -> Findings:
    """Every score times newness. The bars are for what is a word at all; how new it is says where it stands."""

    def keyed(table: WordTable) -> WordTable:
        return replace(table, scores=table.scores * newness(table, found.symbols, background))

    return replace(
        found,
        table=keyed(found.table),
        # What is best without the background need not be the best with it.
        more=lambda number: keyed(found.more(None)),
        used=found.used | {"background": name},
    )


@dataclass(frozen=True)
class Lists:
    """Words that are known, accepted and rejected."""

    known: Collection[str]
    accepted: Collection[str]
    rejected: Collection[str]

    @staticmethod
    def of(known: Collection[str], accepted: Collection[str], rejected: Collection[str]) -> Lists:
        """Raises NlptoolsError for words that are both accepted and rejected."""
        if both := sorted(set(accepted) & set(rejected)):
            raise NlptoolsError(
                f"accepted and rejected: {', '.join(both[:3])} ({len(both):,} in all)",
                "take each word out of one of the lists",
            )
        return Lists(*map(frozenset, (known, accepted, rejected)))

    def folded(self, fold: tuple[str, ...]) -> Lists:
        """As the corpus was folded."""
        if not fold:
            return self
        every = (self.known, self.accepted, self.rejected)
        return Lists(*(frozenset(fold_text(word, fold) for word in words) for words in every))


@dataclass(frozen=True)
class Filters:
    """What takes words out of a table, or marks them, whatever the method."""

    lists: Lists
    numbers: bool
    new_only: bool

    def apply(self, table: WordTable) -> WordTable:
        """Without numbers, rejected words and, with new_only, known ones; accepted ones stay."""
        lists = self.lists
        if not self.numbers:
            # A number behind a hyphen belongs to its word, 抗原19-9, or the word would not have been found.
            out = has_number(table) & ~table.marked & ~among(table, lists.accepted)
            table = _without(table, "a number in figures", out)
        if lists.rejected:
            table = _without(table, "rejected", among(table, lists.rejected))
        table = replace(table, known=among(table, lists.known))
        out = table.known & ~among(table, lists.accepted)
        return _without(table, "known already", out) if self.new_only else table

    def why(self, word: str) -> str:
        """For what reason a word is taken out, "" for none."""
        lists = self.lists
        if word in lists.accepted:
            return ""
        if not self.numbers and number_in(word):
            return "a number in figures (--numbers keeps it)"
        if word in lists.rejected:
            return "rejected (--rejected)"
        return "known already (--new-only)" if self.new_only and word in lists.known else ""


def _explain(
    explained: Explained,
    table: WordTable,
    plain: Findings,
    filters: Filters,
    request: Request,
    top: int | None,
) -> None:
    """Say of the words that are asked for where they stand. plain: what was found, without newness."""
    from nlptools.discovery.explain import Settled, stand

    every = plain.more(None).sorted()
    kept = among(every, set(filters.apply(every).words))
    settled = Settled(table, every, kept, filters.why, request.bars, request.lengths, top)
    stand(explained, settled)


def among(table: WordTable, words: Collection[str]) -> np.ndarray:
    """Which rows have one of the words."""
    if isinstance(words, ListedWords):
        return words.among(table.words)
    return np.array([word in words for word in table.words], bool)


def _without(table: WordTable, reason: str, out: np.ndarray) -> WordTable:
    """The table without some rows, which are counted under a reason."""
    number = int(np.count_nonzero(out & table.passed))
    return replace(table.where(~out), removed={**table.removed, reason: number})


def _filled(table: WordTable, found: Findings, filters: Filters, top: int | None) -> WordTable:
    """The table with at least `top` words, if there are so many."""
    if top is not None and len(table) < top:
        # A few more than asked for, as the filters take some out; everything if that is not enough.
        for number in (4 * top + 1000, None):
            table = filters.apply(found.more(number))
            if len(table) >= top:
                break
    return table


def _with_accepted(
    table: WordTable, found: Findings, filters: Filters, request: Request
) -> WordTable:
    """The table and those of the accepted words that occur, marked as not passed where they did not."""
    missing = set(filters.lists.accepted).difference(table.words)
    if missing:
        every = filters.apply(found.more(None))
        every = every.where(among(every, missing))
        table = replace(stack_tables([table, every]), removed=table.removed)
        missing.difference_update(every.words)
    if not missing:
        return table
    from nlptools.discovery.given import given_words

    # No candidates of the method: too long, too rare, or never on their own.
    rest = given_words(sorted(missing), request.corpus, request.counts, found.latin)
    return replace(stack_tables([table, filters.apply(rest)]), removed=table.removed)
