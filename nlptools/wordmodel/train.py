"""Corpus -> WordModel: a sample is learnt from, the whole corpus is counted."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from nlptools import __version__
from nlptools.base import storage
from nlptools.base.packing import JoinedStrings, as_joined
from nlptools.base.resources import (
    DEFAULT_MEMORY,
    Watch,
    check_memory,
    ordered_map,
    threads_within,
    unwatched,
    worker_pool,
)
from nlptools.errors import NlptoolsError
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.wordmodel.em import LEAST_PENALTY, LONGEST, PENALTIES
from nlptools.wordmodel.expected_counts import Tally, Weighted, tally
from nlptools.wordmodel.fit import MIN_COUNT, Fitted, fit, lexicon
from nlptools.wordmodel.lists import count_segmented, load_prior
from nlptools.wordmodel.model import PLACES, WordModel
from nlptools.wordmodel.prior import Carried, auto_prior_weight, keep_whole, put_together
from nlptools.wordmodel.room import SAMPLE, room_within
from nlptools.wordmodel.sample import Sample, build_lattice, take_sample

GRANULARITIES = tuple(PENALTIES)
NUMERALS = ("keep", "split")


# Substrings that occur once are candidates if the prior has them; in a large corpus none of them matters.
ONCE_BELOW = 3_000_000


class NothingToLearnError(NlptoolsError):
    """A corpus has no Han characters."""


def train_model(
    corpus: CorpusLike,
    *,
    granularity: str = "default",
    penalty: Sequence[float] | None = None,
    numerals: str = "keep",
    prior: WordModel | str | os.PathLike[str] | None = None,
    prior_weight: float | None = None,
    segmented: CorpusLike | None = None,
    sample: int = SAMPLE,
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
) -> WordModel:
    """Learn the words of a corpus (a Corpus, or paths): a model that segments any text like it.

    granularity: "fine" prefers shorter words, "coarse" longer ones; penalty: nats for words of 2, 3, 4
    characters, in its place. numerals "split": 三年 is two words. prior: a general model under a small
    corpus ("general" or "raw": those of the package; or the path of one, or of a word list), its expected counts times
    prior_weight (None: by the sizes of both). segmented: text that is cut already, words separated by white space:
    they are counted and known as those of a word list. sample: symbols to learn from; of a larger corpus runs are
    taken evenly, and fewer where `memory` has no room for so many. Counts in the model are those of the whole corpus. workers changes no
    result. watch: called as each step begins, with what is done, and which of how many steps of that name it is.
    Raises NlptoolsError for a corpus without Han characters, ValueError for settings without sense.
    """
    text = as_corpus(corpus)
    check_memory(memory)
    workers = threads_within(memory, workers)

    def open_text() -> TextSource:
        return EncodedText(
            encode_corpus(text, latin="break", memory=memory, workers=workers, tmp_dir=tmp_dir)
        )

    return learn_model(
        open_text,
        fold=text.fold,
        granularity=granularity,
        penalty=penalty,
        numerals=numerals,
        prior=load_prior(prior) if isinstance(prior, str | os.PathLike) else prior,
        prior_weight=prior_weight,
        segmented=None if segmented is None else count_segmented(segmented),
        sample=sample,
        memory=memory,
        workers=workers,
        tmp_dir=tmp_dir,
        watch=watch,
    )


class TextSource(Protocol):
    """A corpus from which a model can be learnt, wherever it lies: Han characters, all others breaks."""

    def sample(self, most: int) -> Sample:
        """Runs spread over it, of about `most` symbols."""

    def tally(self, sample: Sample, words: Weighted, run: Callable[..., Any], piece: int) -> Tally:
        """How often words occur, and are expected, in all of it."""


class EncodedText:
    """A corpus on this machine."""

    def __init__(self, encoded: EncodedCorpus) -> None:
        self._encoded = encoded

    def sample(self, most: int) -> Sample:
        """As take_sample."""
        return take_sample(self._encoded, most, lambda symbol: False)

    def tally(self, sample: Sample, words: Weighted, run: Callable[..., Any], piece: int) -> Tally:
        """As tally.tally."""
        return tally(self._encoded.blocks, sample, [words], run, piece)


def learn_model(
    open_text: Callable[[], TextSource],
    *,
    fold: Sequence[str],
    granularity: str,
    penalty: Sequence[float] | None,
    numerals: str,
    prior: WordModel | None,
    prior_weight: float | None,
    segmented: WordModel | None = None,
    sample: int,
    memory: int,
    workers: int,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch,
) -> WordModel:
    """As train_model, from any text; it is opened when the settings were found to make sense."""
    penalties = _penalties(granularity, penalty)
    if numerals not in NUMERALS:
        raise ValueError(f"numerals must be one of {', '.join(NUMERALS)}, not {numerals!r}")
    if prior_weight is not None and not 0 < prior_weight < 1e6:
        raise ValueError(f"prior_weight must be above 0, not {prior_weight}")
    if (prior is not None or segmented is not None) and numerals == "split":
        raise ValueError("numerals are not split on top of a prior, whose words keep them together")
    if sample < 1:
        raise ValueError(f"sample must be at least 1, not {sample}")
    text = open_text()
    watch("finding candidates", 1, 1)
    room = room_within(memory, workers, sample)
    taken = text.sample(room.sample)
    if not taken.symbols:
        raise NothingToLearnError("there are no Han characters to learn words from")
    settings: dict[str, Any] = {
        "made_by": f"nlptools {__version__} train",
        "granularity": granularity if penalty is None else "given",
        "penalties": list(penalties),
        "numerals": numerals,
        "fold": list(fold),
        "symbols": taken.symbols,
        "trained_on": len(taken),
        "sha256": taken.digest,
    }
    below: list[tuple[WordModel, float]] = []
    for name, model, given in (("prior", prior, prior_weight), ("segmented", segmented, None)):
        if model is not None:
            weight = given or auto_prior_weight(taken, model)
            below.append((model, weight))
            settings[name] = {"sha256": model.settings.get("sha256"), "weight": round(weight, 6)}
    with storage.spilling(tmp_dir) as folder, worker_pool(room.threads) as pool:
        run = functools.partial(ordered_map, pool, room.threads)
        once = bool(below) and len(taken) < ONCE_BELOW
        lattice = build_lattice(taken, 1 if once else MIN_COUNT, room.store(folder), room.part)
        carried = Carried(*put_together(below), taken.texts) if below else None
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
        watch("counting words", 1, 1)
        found = text.tally(taken, words, run, room.piece)
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


def _model(
    words: Weighted,
    found: Tally,
    fitted: Fitted,
    sample: Sample,
    carried: Carried | None,
    settings: dict[str, Any],
) -> WordModel:
    """Best first by weight without its penalty, that is by expected count; ties by text."""
    texts = as_joined(sample.texts)
    names = spelled(texts, words.spelling[:, :LONGEST]) + texts
    counts = np.concatenate([found.words, found.singles[1:]])
    expected = np.concatenate([found.expected_words[0], found.expected_singles[0][1:]])
    weight = np.concatenate([words.words, words.singles[1:]]).astype(np.float64)
    known = None
    if carried is not None:
        names, counts, expected, weight, known = _with_carried(
            names, counts, expected, weight, carried, fitted
        )
    if not weight.all():
        problem = "the penalties, or the counts of the prior, leave words no probability"
        raise NlptoolsError(problem, "give smaller ones")
    weight = np.log(weight)
    if known is not None:
        weight = keep_whole(names, weight, expected, known)
    expected, weight = expected.round(3), weight.round(4)
    order = most_first(names, expected)
    places = np.array([fitted.base.counts[k][j] for k, j in PLACES]).T[1:]
    some = np.flatnonzero(places.any(axis=1))
    if not np.isfinite(weight).all():
        raise NlptoolsError("the counts of the prior are too large to learn on top of")
    return WordModel(
        names.take(order),
        counts[order],
        expected[order],
        weight[order],
        [sample.texts[i] for i in some.tolist()],
        places[some],
        settings,
        None if known is None else known[order],
    )


def spelled(texts: JoinedStrings, spelling: np.ndarray) -> JoinedStrings:
    """The words that symbol ids, numbered from 1 and padded with 0, spell. texts: of the symbols."""
    symbols = texts.take(spelling[spelling > 0].astype(np.int64) - 1)
    sizes = np.append(0, texts.lengths)[spelling].sum(axis=1)
    return JoinedStrings(symbols.text, sizes)


def most_first(words: JoinedStrings, numbers: np.ndarray) -> np.ndarray:
    """The order of words by numbers, the largest first, and of equal ones by text; int64."""
    # The first three characters, of 21 bits each, as a number.
    begins = np.zeros(len(words), np.uint64)
    starts = words.ends - words.lengths
    for place in range(3):
        longer = np.flatnonzero(words.lengths > place)
        begins[longer] |= words.codes[starts[longer] + place].astype(np.uint64) << np.uint64(
            42 - 21 * place
        )
    order = np.lexsort((begins, -numbers))
    ranked, begins = numbers[order], begins[order]
    same = np.append((ranked[1:] == ranked[:-1]) & (begins[1:] == begins[:-1]), False)
    # Few are equal in all of that.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same])))
    for first, last in edges.reshape(-1, 2).tolist():
        order[first : last + 1] = sorted(order[first : last + 1].tolist(), key=words.__getitem__)
    return order


def _with_carried(
    names: JoinedStrings,
    counts: np.ndarray,
    expected: np.ndarray,
    weight: np.ndarray,
    carried: Carried,
    fitted: Fitted,
) -> tuple[JoinedStrings, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """The columns of a model (the last one `known`) with what a prior adds to each word, and its other words."""
    at = carried.rows_of(names)
    expected = expected + np.where(at < 0, 0.0, carried.expected[at])
    rows, weights = carried.rest(fitted)
    names = names + carried.words.take(rows)
    counts = np.concatenate([counts, np.zeros(len(rows), np.int64)])
    expected = np.concatenate([expected, carried.expected[rows]])
    weight = np.concatenate([weight, weights])
    if carried.known is None:
        return names, counts, expected, weight, None
    known = np.concatenate([np.where(at < 0, False, carried.known[at]), carried.known[rows]])
    return names, counts, expected, weight, known
