"""What every method of discovery gets and gives, Request -> Findings, and what several of them share."""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.base.resources import DEFAULT_MEMORY, Watch, threads_within, unwatched
from nlptools.discovery.rules import LONGEST_NGRAM, MIN_SCORE, WEIGHTS
from nlptools.discovery.source import DiscoverySource
from nlptools.discovery.table import WordTable
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_and_keep, count_ngrams
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import WordModel, general_model
from nlptools.wordmodel.room import Learnt

if TYPE_CHECKING:
    from nlptools.discovery.evidence import Explained


@dataclass(frozen=True)
class Bars:
    """What a word has to reach. None: scaled to the corpus, or no bar, as the method has it.

    min_pmi: nats, for words of 2, 3, ... symbols, the last one for all longer words. min_entropy: nats.
    """

    min_score: float = MIN_SCORE
    min_count: int | None = None
    min_pmi: Sequence[float] | None = None
    min_entropy: float | None = None


@dataclass(frozen=True)
class Machine:
    """Memory of the whole process in bytes; threads, None: one a core; the folder for what does not fit."""

    memory: int = DEFAULT_MEMORY
    workers: int | None = None
    tmp_dir: str | os.PathLike[str] | None = None

    @property
    def keywords(self) -> dict[str, Any]:
        """As the functions that count take them."""
        return {"memory": self.memory, "workers": self.threads, "tmp_dir": self.tmp_dir}

    @property
    def threads(self) -> int:
        """How many threads there are to be: fewer than workers where the memory is small."""
        return threads_within(self.memory, self.workers)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a method is asked for; discover_words explains the settings.

    lengths: least and most symbols of a word. own_length: whether the most is the method's own, which it may
    lower. fills: whether more than what passes may be asked for. explained: words of which the method says what it saw.
    source: of method em, the corpus where it does not lie on this machine.
    """

    corpus: Corpus | None
    counts: NgramCounts | None = None
    bars: Bars = Bars()
    lengths: tuple[int, int] = (2, LONGEST_NGRAM)
    own_length: bool = True
    fills: bool = False
    numbers: bool = False
    latin: str = "run"
    compat: str | None = None
    weights: Sequence[float] = WEIGHTS
    prior: WordModel | str | None = "auto"
    machine: Machine = Machine()
    watch: Watch = unwatched
    explained: Explained | None = None
    source: DiscoverySource | None = None

    @property
    def text(self) -> Corpus:
        """The corpus, for a method that reads it. Raises ValueError where there is none."""
        if self.corpus is None:
            raise ValueError("there is no corpus to read")
        return self.corpus


def check_model(asked: WordModel | str | None, option: str) -> None:
    """Raise what settled_model would, before a model is read."""
    if not isinstance(asked, WordModel | None) and asked != "auto":
        raise ValueError(f'{option} must be a WordModel, "auto" or None, not {asked!r}')


def settled_model(
    asked: WordModel | str | None, option: str, *, keep: bool = True
) -> WordModel | None:
    """The model that an option asks for; "auto": the general one. ValueError for another name.

    keep: as of general.
    """
    check_model(asked, option)
    return general(keep=keep) if isinstance(asked, str) else asked


_general: weakref.ref[WordModel] | None = None
_kept: WordModel | None = None


def general(*, keep: bool = True) -> WordModel:
    """The general model, which takes 8 MB: read once for all, or with keep=False as long as somebody has it."""
    global _general, _kept
    model = None if _general is None else _general()
    if model is None:
        model = general_model()
        _general = weakref.ref(model)
    if keep:
        _kept = model
    return model


def model_name(asked: WordModel | str) -> str:
    """For the settings that are shown."""
    return asked.settings.get("sha256", "")[:8] if isinstance(asked, WordModel) else "general"


@dataclass(frozen=True)
class Findings:
    """What a method found.

    table: what passed. more: the table with the best so many others (None: all), marked as not passed.
    used: the settings; latin, fold, symbols, ngrams: of the counts. learnt: of a method that learns a model.
    """

    table: WordTable
    more: Callable[[int | None], WordTable]
    used: dict[str, object]
    latin: str
    fold: tuple[str, ...]
    symbols: int
    ngrams: int
    learnt: Learnt | None = None

    @staticmethod
    def of(
        counts: NgramCounts,
        table: WordTable,
        more: Callable[[int | None], WordTable],
        used: dict[str, object],
    ) -> Findings:
        """With what the counts say; they are not kept."""
        ngrams = sum(counts.size(n) for n in range(1, counts.order + 1))
        settings = counts.settings
        return Findings(table, more, used, settings.latin, settings.fold, counts.total, ngrams)


def default_min_count(total: int) -> int:
    """Least count of a candidate in a corpus of `total` symbols.

    Grows with the cube root: 2 for a short story, 8 for 10 MB, 13 for 50 MB, 75 for 10 GB. The counts
    of chance n-grams grow with the corpus, those of rare words too, but more slowly
    (docs/decisions.md has the measurement).
    """
    return max(2, round(total ** (1 / 3) / 20))


def counted(request: Request, order: int) -> NgramCounts:
    """The counts that are given, or those of the corpus, of this order."""
    if request.counts is not None:
        request.counts.require(order)
        return request.counts
    return count_ngrams(request.text, order=order, latin=request.latin, **request.machine.keywords)


def counted_and_kept(
    request: Request, order: int, least_order: int | None = None, marks: bool = False
) -> tuple[NgramCounts, EncodedCorpus]:
    """The counts, made now or given, and the corpus to be read again.

    order: of counts that are made now; least_order: of given ones, if less will do. marks: of the corpus, too. Raises NlptoolsError
    where the counts are of a lower order, or of another text.
    """
    counts, corpus, how = request.counts, request.text, request.machine.keywords
    if counts is None:
        return count_and_keep(corpus, order=order, latin=request.latin, marks=marks, **how)
    counts.require(least_order or order)
    encoded = encode_corpus(corpus, latin=counts.settings.latin, marks=marks, **how)
    _check_same_text(counts, corpus, encoded)
    return counts, encoded


def _check_same_text(counts: NgramCounts, corpus: Corpus, encoded: EncodedCorpus) -> None:
    """NlptoolsError when counts cannot be those of the corpus."""
    symbols = sum(int(np.count_nonzero(block)) for block in encoded.blocks)
    if symbols != counts.total or corpus.fold != counts.settings.fold:
        raise NlptoolsError(
            f"the counts are not those of this corpus: {counts.total:,} symbols with "
            f"{counts.settings.options}, here are {symbols:,}",
            "count this corpus, and give the same --fold",
        )


def rarer(counts: NgramCounts, frequent: Sequence[int], lengths: tuple[int, int]) -> int:
    """How many n-grams of these lengths occur twice or more, but are not among the frequent ones.

    frequent: how many there are, by length - 1. A candidate occurs twice; of what occurs once nothing can be
    said.
    """
    asked = range(lengths[0], lengths[1] + 1)
    return max(0, sum(counts.at_least(n, 2) - frequent[n - 1] for n in asked))


def barred(table: WordTable, bars: Bars, latin: str) -> WordTable:
    """The table with what is below the bars of PMI and entropy, as far as there are any, marked as not passed."""
    passed, removed = table.passed.copy(), dict(table.removed)
    over: dict[str, np.ndarray] = {}
    if bars.min_pmi:
        number_of = np.array([symbols_in(word, latin) for word in table.words], np.int64)
        bar = np.array(bars.min_pmi)[np.minimum(number_of - 2, len(bars.min_pmi) - 1)]
        over["PMI"] = table.pmi >= bar
    if bars.min_entropy is not None:
        over["entropy"] = np.minimum(table.left_entropy, table.right_entropy) >= bars.min_entropy
    for reason, good in over.items():
        removed[reason] = int(np.count_nonzero(passed & ~good))
        passed &= good
    return replace(table, passed=passed, removed=removed)


def bars_used(bars: Bars) -> dict[str, object]:
    """Of `barred`, for the closing line."""
    used: dict[str, object] = {"min_pmi": listed(bars.min_pmi)} if bars.min_pmi else {}
    return used if bars.min_entropy is None else used | {"min_entropy": f"{bars.min_entropy:.3g}"}


def listed(numbers: Sequence[float]) -> str:
    """As they are typed: 2,4,6."""
    return ",".join(f"{number:.3g}" for number in numbers)


# A run of letters and digits in a word, and one that is a number.
_RUN = re.compile("[^\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]+")
_NUMBER = re.compile(r"[0-9０-９][0-9０-９.．\-_]*")


def symbols_in(word: str, latin: str) -> int:
    """How many symbols a word has, a run of letters and digits being one where `latin` is "run"."""
    return len(_RUN.sub("x", word)) if latin == "run" else len(word)


def is_number(run: str) -> bool:
    """Whether a run of letters and digits is a number in figures."""
    return _NUMBER.fullmatch(run) is not None


def number_in(word: str) -> bool:
    """Whether a word contains a number written in figures."""
    return any(map(is_number, _RUN.findall(word)))


def has_number(table: WordTable) -> np.ndarray:
    """Which words contain a number written in figures."""
    return np.array(list(map(number_in, table.words)), bool)
