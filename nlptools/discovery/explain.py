"""A finished discovery + words -> where each stands in the list, which bars dropped it, what lies around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlptools.discovery.cuts import Cuts
from nlptools.discovery.evidence import Evidence, Explained
from nlptools.discovery.keyness import Newness, explain_newness
from nlptools.discovery.method import Bars, symbols_in
from nlptools.discovery.table import WordTable
from nlptools.ngrams.symbols import split_symbols

_AROUND = 8  # longer and shorter candidates that are named


@dataclass(frozen=True)
class Near:
    """A candidate that contains a word, or that the word contains: its count, score, and whether it passed the bars."""

    word: str
    count: int
    score: float
    passed: bool


@dataclass(frozen=True)
class Standing:
    """Where a word stands in the list that `discover` prints with these settings.

    rank: of `words` words by score, from 1; None: it is not in the list, and `bars` say why. score: as the list ranks by.
    plain_score, plain_rank: without newness, among all `candidates`, whether they pass the bars or not. longer, shorter:
    candidates around it, those that passed the bars first, then by count. evidence, newness, cuts: of method em.
    """

    word: str
    method: str
    rank: int | None
    words: int
    score: float | None
    plain_score: float | None
    plain_rank: int | None
    candidates: int
    bars: list[str] = field(default_factory=list)
    longer: list[Near] = field(default_factory=list)
    shorter: list[Near] = field(default_factory=list)
    evidence: Evidence | None = None
    newness: Newness | None = None
    cuts: Cuts | None = None


@dataclass(frozen=True)
class Settled:
    """What a discovery with its filters came to.

    table: as it is printed, but for --sort. every: all candidates without newness, sorted, those that are not words by
    themselves (`bars`) marked as not passed; kept: which of them the filters keep. dropped: why they take a word out, ""
    if they do not. lengths: of words; top: how many were asked for.
    """

    table: WordTable
    every: WordTable
    kept: np.ndarray
    dropped: Callable[[str], str]
    bars: Bars
    lengths: tuple[int, int]
    top: int | None


def stand(explained: Explained, settled: Settled) -> None:
    """Fill explained.standing."""
    table, every = settled.table, settled.every
    used, latin = table.settings, str(table.settings["latin"])
    rank = {word: i for i, word in enumerate(table.words)}
    place = {word: i for i, word in enumerate(every.words)}
    before = np.cumsum(settled.kept)
    words = list(dict.fromkeys(explained.words))
    newness = _newness(words, table, every, rank, place, explained)
    for word in words:
        at, own = rank.get(word), place.get(word)
        score = None if own is None else float(every.scores[own])
        new = newness.get(word)
        bars: list[str] = []
        if at is None:
            bars = list(_bars(word, own, settled, used, latin)) or [_UNKNOWN]
        shown = score if score is None or new is None else score * new.value
        explained.standing[word] = Standing(
            word,
            str(used["method"]),
            None if at is None else at + 1,
            len(table),
            shown if at is None else float(table.scores[at]),
            score,
            None if own is None or not settled.kept[own] else int(before[own]),
            int(settled.kept.sum()),
            bars,
            _nearest(every, [i for i, other in enumerate(every.words) if word in other], own),
            _nearest(every, [i for i, other in enumerate(every.words) if other in word], own),
            explained.evidence.get(word),
            new,
            explained.cuts.get(word),
        )


_UNKNOWN = "the method did not put it forward"


def _newness(
    words: Sequence[str],
    table: WordTable,
    every: WordTable,
    rank: Mapping[str, int],
    place: Mapping[str, int],
    explained: Explained,
) -> dict[str, Newness]:
    """Of the words that are candidates, where there is a background."""
    if explained.background is None:
        return {}
    there = [word for word in words if word in place]
    rows = every.select(np.array([place[word] for word in there], np.int64))
    return dict(zip(there, explain_newness(rows, table.symbols, explained.background), strict=True))


def _nearest(every: WordTable, rows: list[int], own: int | None) -> list[Near]:
    """The most frequent of these rows, but for the word's own; those that passed the bars come first."""
    rows = [i for i in rows if i != own]
    rows.sort(key=lambda i: (not every.passed[i], -int(every.counts[i]), every.words[i]))
    return [
        Near(every.words[i], int(every.counts[i]), float(every.scores[i]), bool(every.passed[i]))
        for i in rows[:_AROUND]
    ]


def _bars(
    word: str, own: int | None, settled: Settled, used: Mapping[str, Any], latin: str
) -> Iterator[str]:
    """Why a word is not in the list; first what holds whatever its numbers are."""
    symbols = split_symbols(word, latin)
    if own is None and (not symbols or "" in symbols):
        yield _signed(used)
        return
    shortest, longest = settled.lengths
    size = symbols_in(word, latin)
    if not shortest <= size <= longest:
        yield f"{size} symbol{'s' if size != 1 else ''}: words have from {shortest} to {longest} (--min-length, --max-length)"
    why = settled.dropped(word)
    if why:
        yield why
    if own is None:
        if not why and shortest <= size <= longest:
            yield _no_candidate(size, used)
        return
    yield from _below(own, size, settled, used)
    if settled.top is not None and settled.every.passed[own]:
        yield f"behind the first {settled.top:,} (--top)"


def _signed(used: Mapping[str, Any]) -> str:
    if used["method"] != "em":
        return f"a sign or a blank inside, and method {used['method']} takes every sign for a break: --method em"
    least = used.get("min_count", 1)
    return f"a sign or a blank inside, and rarer than {least} (--min-count) or none of the signs that words have inside"


def _no_candidate(size: int, used: Mapping[str, Any]) -> str:
    least = used.get("min_count", 1)
    if used["method"] == "em" and size > 4:
        return (
            f"rarer than {least} (--min-count), or no sequence of two to four words of the model, none of them a word "
            "such as 的"
        )
    return f"rarer than {least} (--min-count), or with a number or a rare run of letters inside"


def _below(own: int, size: int, settled: Settled, used: Mapping[str, Any]) -> Iterator[str]:
    """The bars that the numbers of a candidate do not reach."""
    every, bars = settled.every, settled.bars
    score, pmi = float(every.scores[own]), float(every.pmi[own])
    entropy = float(min(every.left_entropy[own], every.right_entropy[own]))
    if used["method"] == "em" and score < bars.min_score:
        yield f"score {score:.4f} is below {bars.min_score:g} (--min-score)"
    count = int(every.counts[own])
    least = used.get("min_count")
    if isinstance(least, int) and count < least:
        yield f"rarer than {least} (--min-count): count {count:,}"
    asked = [float(number) for number in str(used.get("min_pmi", "")).split(",") if number]
    if asked and size > 1 and pmi < (bar := asked[min(size - 2, len(asked) - 1)]):
        yield f"PMI {pmi:.4f} is below {bar:g} (--min-pmi)"
    if "min_entropy" in used and entropy < float(used["min_entropy"]):
        yield f"entropy {entropy:.4f} is below {used['min_entropy']} (--min-entropy)"
