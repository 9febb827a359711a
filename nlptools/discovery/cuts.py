"""Corpus as ids + word model + words -> into which words the model cuts the occurrences of each, with counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.expected_counts import Weighted, WordLookup, pieces
from nlptools.wordmodel.sample import Sample

if TYPE_CHECKING:
    from nlptools.usage.matcher import IdMatcher

# Longer ones are no candidates of any method.
LONGEST_CUT = 11


@dataclass(frozen=True)
class Cuts:
    """How the occurrences of a word are cut on the best path: their number in four kinds, and each way with its number.

    whole: as this very word. inside: within a longer word, which took them. divided: into shorter words that begin and
    end where the word does. torn: a part of them belongs to a word beside it. ways: (the words that cover an
    occurrence, how often), most frequent first, ties by text.
    """

    whole: int
    inside: int
    divided: int
    torn: int
    ways: list[tuple[tuple[str, ...], int]]


def find_cuts(
    blocks: Iterable[np.ndarray],
    sample: Sample,
    model: Weighted,
    words: Mapping[str, tuple[int, ...]],
    run: Callable[..., Iterable[Any]] = map,
    piece: int | None = None,
) -> dict[str, Cuts]:
    """Cuts of those of the words that occur, none of them longer than LONGEST_CUT symbols.

    blocks: ids of the corpus, of which sample.number makes those of the sample; words: with their ids there. run,
    piece: as of tally; neither changes the result.
    """
    from nlptools.usage.matcher import IdMatcher  # only who explains words needs the library

    asked = {word: ids for word, ids in words.items() if len(ids) <= LONGEST_CUT}
    matcher = IdMatcher([np.array(ids, np.int64) for ids in asked.values()])
    lengths = np.array([len(ids) for ids in asked.values()], np.int64)
    finder = WordLookup(model)

    def work(text: tuple[np.ndarray, int]) -> Counter[tuple[int, ...]]:
        return _ways(text[0], matcher, lengths, finder)

    ways: Counter[tuple[int, ...]] = Counter()
    if asked:
        for found in run(work, pieces(blocks, sample.number, piece)):
            ways.update(found)
    told: dict[str, Counter[tuple[tuple[str, ...], bool, bool]]] = {
        word: Counter() for word in asked
    }
    names = list(asked)
    for (number, before, after, *marked), count in ways.items():
        way = _texts(marked, sample.texts)
        told[names[number]][way, before > 0, after > 0] += count
    return {word: _cuts(word, counted) for word, counted in told.items() if counted}


def _ways(
    ids: np.ndarray, matcher: IdMatcher, lengths: np.ndarray, finder: WordLookup
) -> Counter[tuple[int, ...]]:
    """(number of the word; symbols of the words that cover it before it, and behind it; their ids, negative where a
    word ends) -> how often, in a piece of the corpus.
    """
    last, _ = matcher.find(ids)
    if not len(last):
        return Counter()
    # Only the runs that have one of the words, each with the break before it, need be cut.
    run_of = np.cumsum(ids == 0)
    wanted = np.zeros(int(run_of[-1]) + 1, bool)
    wanted[run_of[last]] = True
    ids = ids[wanted[run_of]]
    last, word = matcher.find(ids)
    ends = np.flatnonzero(finder.ends(ids))
    first = last - lengths[word] + 1
    # The words begin behind the last end before the occurrence, and end with the first that is not inside it.
    at = np.searchsorted(ends, first)
    begin = np.where(at > 0, ends[np.maximum(at - 1, 0)] + 1, 0)
    end = ends[np.searchsorted(ends, last)]
    marked = ids.astype(np.int64)
    marked[ends] *= -1
    place = begin[:, None] + np.arange(LONGEST_CUT + 2 * LONGEST)
    inside = place <= end[:, None]
    covered = np.where(inside, marked[np.minimum(place, len(ids) - 1)], 0)
    rows = np.column_stack([word, first - begin, end - last, covered])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    found: Counter[tuple[int, ...]] = Counter()
    for row, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        found[tuple(row[:3] + [i for i in row[3:] if i])] += count
    return found


def _texts(marked: Iterable[int], texts: list[str]) -> tuple[str, ...]:
    """The words of ids that are negative where a word ends."""
    words = [""]
    for i in marked:
        words[-1] += texts[abs(i) - 1]
        if i < 0:
            words.append("")
    return tuple(words[:-1])


def _cuts(word: str, counted: Counter[tuple[tuple[str, ...], bool, bool]]) -> Cuts:
    number = Counter[str]()
    ways: Counter[tuple[str, ...]] = Counter()
    for (way, before, after), count in counted.items():
        ways[way] += count
        if len(way) == 1:
            number["inside" if before or after else "whole"] += count
        else:
            number["torn" if before or after else "divided"] += count
    ranked = sorted(ways.items(), key=lambda item: (-item[1], item[0]))
    whole, inside, divided, torn = (number[kind] for kind in ("whole", "inside", "divided", "torn"))
    return Cuts(whole, inside, divided, torn, ranked)
