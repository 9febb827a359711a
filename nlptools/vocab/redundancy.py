"""Weighted words -> the best way to make each of them out of the others: what a vocabulary loses without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.text import chars


@dataclass(frozen=True)
class Splits:
    """Aligned with the words. scores: float64, the best sum over paths of two words and more; -inf for a single
    character. pieces: int64, how many words the best path has.
    """

    scores: np.ndarray
    pieces: np.ndarray


def best_splits(words: Sequence[str], scores: np.ndarray, unknown: float) -> Splits:
    """The best split of each word into other words of the list, the score of a split being the sum of its parts'.

    scores: float64, natural logarithms; unknown: score of a single character that is no word of the list. The
    words are distinct and not empty. Of equal sums the one with the longer last word.
    All words go forward together, a character at a time.
    """
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    if not len(words):
        return Splits(np.empty(0), np.empty(0, np.int64))
    if not lengths.all():
        raise ValueError("a word is empty")
    spelled, ids, ends = _spell(words, lengths)
    scores = np.asarray(scores, np.float64)
    single = np.full(int(ids.max()) + 1, float(unknown))
    alone = lengths == 1
    single[spelled[alone, 0]] = scores[alone]
    # Column of every place of the stream: 1 for the first character of a word; 0 for the break after it.
    column = np.zeros(len(ids), np.int64)
    starts = ends - lengths + 1
    inside = np.flatnonzero(ids)
    column[inside] = inside - np.repeat(starts, lengths) + 1
    whole = np.zeros(len(ids), np.int64)  # at its last character the length of the word
    whole[ends] = lengths
    longer = _found(spelled[~alone], scores[~alone], ids, column, whole)
    order = np.argsort(column, kind="stable")
    edges = np.searchsorted(column[order], np.arange(1, int(lengths.max()) + 2))
    best = np.zeros(
        len(ids) + 1
    )  # the last one, which is that of the place before the first, stays 0
    pieces = np.zeros(len(ids) + 1, np.int64)
    for step in range(1, int(lengths.max()) + 1):
        at = order[edges[step - 1] : edges[step]]
        best[at], pieces[at] = single[ids[at]], 1
        if step > 1:
            best[at] += best[at - 1]
            pieces[at] += pieces[at - 1]
        for k, places in longer.get(step, []):
            at, value = places
            total, number = value.copy(), np.ones(len(at), np.int64)
            if step > k:
                total += best[at - k]
                number += pieces[at - k]
            better = total >= best[at]
            best[at[better]] = total[better]
            pieces[at[better]] = number[better]
    found = best[ends]
    found[alone] = -np.inf
    return Splits(found, pieces[ends])


def _spell(words: Sequence[str], lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ids of each word's characters, a row each; the words one after another, 0 after each; their last places)."""
    codes = chars.code_points("".join(words))
    place = np.unique(codes, return_inverse=True)[1]
    owner = np.repeat(np.arange(len(words)), lengths)
    firsts = np.cumsum(lengths) - lengths
    column = np.arange(len(codes)) - firsts[owner]
    spelled = np.zeros((len(words), max(2, int(lengths.max()))), np.int32)
    spelled[owner, column] = place + 1
    ids = np.zeros(len(codes) + len(words), np.uint32)
    ids[np.arange(len(codes)) + owner] = place + 1
    return spelled, ids, np.cumsum(lengths + 1) - 2


_Found = dict[int, list[tuple[int, tuple[np.ndarray, np.ndarray]]]]


def _found(
    spelled: np.ndarray, scores: np.ndarray, ids: np.ndarray, column: np.ndarray, whole: np.ndarray
) -> _Found:
    """By the column of their last character: (length, (last places, scores)) of the words of two characters and
    more that stand in the stream, none of them being the whole word where it stands.
    """
    found: _Found = {}
    if not len(spelled):
        return found
    trie = Trie(spelled, int(ids.max()) + 1)
    padded = np.append(scores, -np.inf)
    for k, ((at, state), level) in enumerate(zip(trie.walk(ids), trie.levels, strict=True), 2):
        value = padded[level.word[state]]
        some = np.flatnonzero((value > -np.inf) & (column[at] >= k) & (whole[at] != k))
        at, value = at[some].astype(np.int64), value[some]
        if not len(some):
            continue
        order = np.argsort(column[at], kind="stable")
        at, value = at[order], value[order]
        steps, firsts = np.unique(column[at], return_index=True)
        lasts = np.append(firsts[1:], len(at))
        for step, a, b in zip(steps.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
            found.setdefault(step, []).append((k, (at[a:b], value[a:b])))
    return found
