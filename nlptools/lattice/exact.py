"""Words by characters, with scores + text -> the words on the best path, by the sums that a scalar program makes.

`lattice.best_path` works with differences in float32; here every sum is the float64 that a loop over the
characters of a run would have, so that what jieba and Hugging Face's Unigram model decide is decided alike, ties
and roundings too: of equal sums the longer word wins.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lattice.runs import RunBlock, arrange, find_runs
from nlptools.lattice.trie import Trie
from nlptools.native.tokens import WordLevels
from nlptools.text import chars

LONGEST = 64  # characters of a word; longer ones are left out
DENSE = 3  # words of so many characters are looked for in all cells of a step, longer ones where they are
# A longer run is cut where no word goes across; its sums begin anew there.
RUN = 4096


@dataclass(frozen=True)
class Found:
    """Words on the best path. lengths: of the word that ends at each character, uint8, 0 where none does.
    words: its number, int32, -1 for a single character that is no word.
    """

    lengths: np.ndarray
    words: np.ndarray


@dataclass(frozen=True)
class _Level:
    """Words of one length in a text. at: places where they end, rising; state: of the trie; score: float64."""

    at: np.ndarray
    state: np.ndarray
    score: np.ndarray


class PathFinder:
    """Finds the best path through text, forward or, as jieba does, backward from the end of each run."""

    def __init__(
        self,
        words: Sequence[str],
        scores: np.ndarray,
        unknown: float,
        inside: np.ndarray,
        *,
        backward: bool = False,
    ) -> None:
        """scores: float64, of the words; unknown: of a character that is no word by itself. inside: code points
        that runs consist of; a word with any other is never found. Of equal words the first one counts.

        backward: jieba's order of summing, and its rule that a character that is no word stands alone only
        where no word begins.
        """
        self._backward = backward
        codes, owner, column = _spread(words, backward)
        used = np.zeros(_table_size(codes, inside), bool)
        used[codes] = True
        allowed = np.zeros(len(used), bool)
        allowed[inside] = True
        known = np.flatnonzero(used & allowed)
        self._size = len(known) + 2
        # 0 is a break, the last id a character inside runs that no word has.
        table = np.zeros(len(used), np.uint16 if self._size <= 1 << 16 else np.uint32)
        table[inside] = self._size - 1
        table[known] = np.arange(1, len(known) + 1)
        self._table = table
        lengths = np.bincount(owner, minlength=len(words))
        good = (lengths > 0) & (lengths <= LONGEST)
        good[owner[~allowed[codes]]] = False
        place = np.full(len(words), -1)
        place[good] = np.arange(int(good.sum()))
        kept = good[owner]
        spelled = np.zeros((int(good.sum()), max(2, int(lengths[good].max(initial=0)))), np.int32)
        spelled[place[owner[kept]], column[kept]] = table[codes[kept]]
        number = np.flatnonzero(good)
        alone = spelled[:, 1] == 0
        self._single = np.full(self._size, -1, np.int32)
        self._single[spelled[alone, 0][::-1]] = number[alone][::-1]
        scores = np.asarray(scores, np.float64)
        self._single_score = np.where(
            self._single >= 0, np.append(scores, 0.0)[self._single], float(unknown)
        )
        trie = Trie(spelled[~alone], self._size)
        many = np.append(number[~alone], -1)
        self._trie = trie
        self._numbers = [many[level.word].astype(np.int32) for level in trie.levels]
        padded = np.append(scores, -np.inf)
        self._scores = [padded[numbers] for numbers in self._numbers]
        self._of_words = scores

    @functools.cached_property
    def _compiled(self) -> WordLevels | None:
        padded = np.append(self._of_words, -np.inf)
        # A word that can never be is none.
        words = [np.where(padded[n] > -np.inf, n, np.int32(-1)) for n in self._numbers]
        return self._trie.with_values(words, -1)

    def __getstate__(self) -> dict[str, object]:
        """Without what has addresses of this process."""
        return {name: value for name, value in self.__dict__.items() if name != "_compiled"}

    def find(self, codes: np.ndarray) -> Found:
        """The words of the best path through code points; where no run is, lengths are 0."""
        if codes.dtype == np.uint16 and len(self._table) >= 0x10000:
            ids = np.take(self._table, codes)
        else:
            last = len(self._table) - 1
            ids = np.where(codes <= last, np.take(self._table, np.minimum(codes, last)), 0)
        if self._backward:
            ids = ids[::-1].copy()
        lengths, words = self._best(ids)
        if not self._backward:
            return Found(lengths, words)
        # A word is known by its first character so far: it goes to its last one.
        lengths, words = lengths[::-1], words[::-1]
        starts = np.flatnonzero(lengths)
        stops = starts + lengths[starts] - 1
        turned = np.zeros(len(codes), np.uint8), np.full(len(codes), -1, np.int32)
        turned[0][stops], turned[1][stops] = lengths[starts], words[starts]
        return Found(*turned)

    def _best(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(ids)
        result = np.zeros(count, np.uint8)
        words = np.full(count, -1, np.int32)
        starts, runs = find_runs(ids)
        if not len(runs):
            return result, words
        if self._compiled is not None and runs.max() <= RUN:
            alone, wide = (self._single, self._single_score), np.ascontiguousarray(ids, np.uint32)
            return self._compiled.cut_exactly(
                self._of_words, alone, (starts, runs), wide, backward=self._backward
            )
        levels = self._levels(ids)
        room: np.ndarray | None = None  # symbols of its run up to each one, where runs were cut
        if runs.max() > RUN:
            starts, runs = _shorter(count, starts, runs, levels)
            first = np.zeros(count, np.int64)
            first[starts] = starts
            room = np.arange(1, count + 1) - np.maximum.accumulate(first)
        dense = [np.take(self._single_score, ids)]
        for level in levels[: DENSE - 1]:
            value = np.full(count, -np.inf)
            value[level.at] = level.score
            dense.append(value)
        if self._backward:
            dense[0][self._must_begin_a_word(ids, levels, room)] = -np.inf
        cell_of = np.empty(count, np.int32)
        for block in arrange(starts, runs):
            places = block.places.astype(np.intp)
            cell_of.fill(-1)
            cell_of[places] = np.arange(len(places), dtype=np.int32)
            rare = [_by_cell(cell_of[level.at], level.score) for level in levels[DENSE - 1 :]]
            result[places] = _best_sums(block, [np.take(d, places) for d in dense], rare)
        single = result == 1
        words[single] = np.take(self._single, ids[single])
        for k, (level, numbers) in enumerate(zip(levels, self._numbers, strict=True), 2):
            chosen = np.flatnonzero(result[level.at] == k)
            words[level.at[chosen]] = np.take(numbers, level.state[chosen])
        return result, words

    def _levels(self, ids: np.ndarray) -> list[_Level]:
        """The words of two, three, ... symbols that end in the text."""
        levels = []
        for (at, state), scores in zip(self._trie.walk(ids), self._scores, strict=True):
            score = np.take(scores, state)
            some = np.flatnonzero(score > -np.inf)
            levels.append(_Level(at[some], state[some], score[some]))
        return levels

    def _must_begin_a_word(
        self, ids: np.ndarray, levels: Sequence[_Level], room: np.ndarray | None
    ) -> np.ndarray:
        """Places of characters that are no words, but begin some: with jieba they never stand alone."""
        strange = np.flatnonzero((np.take(self._single, ids) < 0) & (ids != 0))
        if not len(strange):
            return strange
        begins = np.zeros(len(ids), bool)
        for k, level in enumerate(levels, 2):
            # A word across a cut is none: without this its character would have no word at all.
            begins[level.at if room is None else level.at[room[level.at] >= k]] = True
        return strange[begins[strange]]


def _table_size(codes: np.ndarray, inside: np.ndarray) -> int:
    """One more than the largest code point, at least that of the BMP."""
    return max(0x10000, int(codes.max(initial=0)) + 1, int(inside.max(initial=0)) + 1)


def _spread(words: Sequence[str], backward: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(code point, its word, its place in the word) for all characters of all words."""
    codes = chars.code_points("".join(words)).astype(np.int64)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    owner = np.repeat(np.arange(len(words)), lengths)
    firsts = np.cumsum(lengths) - lengths
    column = np.arange(len(codes)) - np.repeat(firsts, lengths)
    if backward:
        column = np.repeat(lengths, lengths) - 1 - column
    return codes, owner, column


def _by_cell(cells: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cells of a block, rising, in which words end, and the words' scores; -1 is another block."""
    here = np.flatnonzero(cells >= 0)
    order = here[np.argsort(cells[here], kind="stable")]
    return cells[order], score[order]


def _best_sums(
    block: RunBlock,
    dense: Sequence[np.ndarray],
    rare: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """The length of the last word on the best path to each cell, if it lies on its run's best path; else 0."""
    starts = block.starts
    total = np.empty(len(block))
    length = np.ones(len(block), np.uint8)
    steps = [np.searchsorted(cells, starts) for cells, _ in rare]
    for step in range(block.steps):
        a, e = starts[step], starts[step + 1]
        width = e - a
        best = dense[0][a:e].copy()
        if step:
            best += total[starts[step - 1] :][:width]
        for k in range(2, min(len(dense), step + 1) + 1):
            sums = dense[k - 1][a:e]
            if step >= k:
                sums = sums + total[starts[step - k] :][:width]
            better = sums >= best
            length[a:e][better] = k
            np.maximum(best, sums, out=best)
        for k, ((cells, values), edges) in enumerate(zip(rare, steps, strict=True), len(dense) + 1):
            if k > step + 1:
                break
            first, last = edges[step], edges[step + 1]
            if first == last:
                continue
            at = cells[first:last] - a
            sums = values[first:last]
            if step >= k:
                sums = sums + total[starts[step - k] + at]
            better = sums >= best[at]
            at = at[better]
            best[at] = sums[better]
            length[a + at] = k
        total[a:e] = best
    reached = np.zeros(len(block), bool)
    longest = len(dense) + len(rare)
    for step in range(block.steps - 1, -1, -1):
        a, e = starts[step], starts[step + 1]
        width = e - a
        reached[a + block.width(step + 1) : e] = True
        ends, lengths = reached[a:e], length[a:e]
        lengths[~ends] = 0
        for k in range(1, min(len(dense), step) + 1):
            reached[starts[step - k] :][:width] |= lengths == k
        if step > len(dense) and longest > len(dense):
            long = np.flatnonzero(lengths > len(dense))
            if len(long):
                back = step - lengths[long].astype(np.int64)
                inside = back >= 0
                reached[np.asarray(starts)[back[inside]] + long[inside]] = True
    return length


def _shorter(
    count: int, starts: np.ndarray, lengths: np.ndarray, levels: Sequence[_Level]
) -> tuple[np.ndarray, np.ndarray]:
    """Runs of at most RUN symbols: longer ones are cut where no word goes across, if need be anywhere."""
    covered = np.zeros(count + 1, np.int64)  # words across the gap before each symbol
    for k, level in enumerate(levels, 2):
        covered += np.bincount(level.at - k + 2, minlength=count + 1)
        covered -= np.bincount(level.at + 1, minlength=count + 1)
    free = np.cumsum(covered) == 0
    new_starts: list[int] = []
    new_ends: list[int] = []
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        end = start + length
        while end - start > RUN:
            places = np.flatnonzero(free[start + 1 : start + RUN + 1])
            cut = start + 1 + int(places[-1]) if len(places) else start + RUN
            new_starts.append(start)
            new_ends.append(cut)
            start = cut
        new_starts.append(start)
        new_ends.append(end)
    first = np.array(new_starts, np.int64)
    return first, np.array(new_ends, np.int64) - first
