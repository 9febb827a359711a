"""Counts -> the scores of every frequent n-gram: PMI, branching entropies, accessor variety.

Only n-grams at or above a minimum count are scored, but every marginal and every neighbour that
enters a score is counted exactly: nothing is pruned before it is added up.
Formulas and worked numbers: docs/how-it-works.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.spool import Spool
from nlptools.ngrams.counts import Level, NgramCounts
from nlptools.ngrams.neighbours import NeighbourSums, SplitCounts, weakest_split

_SLICE = 1 << 16
_ASKED = 1 << 18  # keys that are looked up at a time


def _in_memory() -> Spool:
    return Spool(1 << 62, None)


@dataclass(frozen=True)
class FrequentLevel:
    """The n-grams of one order that occur at least `min_count` times; aligned arrays.

    rows: row in the level of the counts (ascending); symbols: id of the last symbol;
    counts: int64; parents, suffixes: index, in the FrequentLevel of order - 1, of the n-gram without
    its last and without its first symbol (both occur at least as often, so they are there).
    """

    rows: np.ndarray
    symbols: np.ndarray
    counts: np.ndarray
    parents: np.ndarray
    suffixes: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Frequent:
    """All n-grams with at least min_count occurrences, orders 1 .. the order of the counts.

    neighbours: of each order the sums of c ln c on the left and on the right (NeighbourSums.weights), where they were made
    elsewhere; the counts then need have no rarer n-grams, and none of another order.
    """

    counts: NgramCounts
    min_count: int
    levels: tuple[FrequentLevel, ...]
    neighbours: tuple[tuple[np.ndarray, np.ndarray], ...] | None = None

    def symbols_at(self, ids: np.ndarray) -> np.ndarray:
        """Index among the frequent symbols of the symbols, which are, with these ids."""
        rows = self.levels[0].rows
        # Of another type searchsorted would make all rows.
        return np.searchsorted(rows, ids.astype(rows.dtype) - 1)

    def lookup(self, order: int, parents: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """Index of the n-grams (index of the prefix in order - 1, last symbol id); -1: not frequent."""
        level = self.levels[order - 1]
        base = len(self.counts.alphabet) + 1
        own = _child_keys(level.parents, level.symbols, base)
        return find_keys(own, _child_keys(parents, symbols, base))


def find_keys(sorted_keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Place of each wanted key among unique sorted keys, -1 where it is missing; int64."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1)
    # Sorted queries walk through the table in order instead of missing the cache at every step.
    order = np.argsort(wanted)
    ordered = wanted[order]
    places = np.minimum(np.searchsorted(sorted_keys, ordered), len(sorted_keys) - 1)
    places[sorted_keys[places] != ordered] = -1
    found = np.empty_like(places)
    found[order] = places
    return found


def frequent_ngrams(counts: NgramCounts, min_count: int, orders: int | None = None) -> Frequent:
    """The n-grams of orders 1 .. `orders` (default: all counted) with count >= min_count."""
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, not {min_count}")
    base = len(counts.alphabet) + 1
    levels: list[FrequentLevel] = []
    # Half of the memory; sums of keys are made of int64.
    index = np.int32 if max(map(len, counts.levels)) < (1 << 31) - _SLICE else np.int64
    for n in range(1, (orders or counts.order) + 1):
        above = levels[-1] if levels else None
        rows, symbols, found, parents = _frequent_rows(counts, n, min_count, above, index)
        if above is None:
            suffixes = np.zeros(len(rows), index)
        elif n == 2:
            suffixes = np.searchsorted(above.rows, symbols.astype(index) - 1).astype(index)
        else:
            # The suffix of a b c is (suffix of a b) c, one order lower.
            own = _child_keys(above.parents, above.symbols, base)
            suffixes = np.empty_like(parents)
            for start in range(0, len(rows), _ASKED):
                part = slice(start, start + _ASKED)
                asked = _child_keys(above.suffixes[parents[part]], symbols[part], base)
                suffixes[part] = find_keys(own, asked)
            del own
        levels.append(FrequentLevel(rows, symbols, found, parents, suffixes))
    return Frequent(counts, min_count, tuple(levels))


def _child_keys(parents: np.ndarray, symbols: np.ndarray, base: int) -> np.ndarray:
    """One number, int64, for each n-gram: the index of its prefix and its last symbol."""
    made = parents.astype(np.int64)
    made *= base
    made += symbols
    return made


def _frequent_rows(
    counts: NgramCounts,
    n: int,
    min_count: int,
    above: FrequentLevel | None,
    index: type[np.signedinteger[Any]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(rows, symbols, counts, parents) of one order. index: type of rows and parents."""
    columns: list[list[np.ndarray]] = [[], [], []]
    for of_rows, of_symbols, of_counts in _slices(counts.levels[n - 1], min_count):
        columns[0].append(of_rows.astype(index))
        columns[1].append(of_symbols)
        columns[2].append(of_counts.astype(np.int64))
    rows, symbols, found = map(_joined, columns)
    if above is None:
        return rows, symbols, found, np.zeros(len(rows), index)
    # Children stand in the order of their parents, and a frequent n-gram has a frequent parent.
    begins = _take(counts.levels[n - 2], above.rows)
    parents = np.empty(len(rows), index)
    for start in range(0, len(rows), _ASKED):
        part = slice(start, start + _ASKED)
        asked = rows[part].astype(begins.dtype)
        parents[part] = np.searchsorted(begins, asked, side="right") - 1
    return rows, symbols, found, parents


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    """The pieces as one array; they are given away, or there would be three columns twice."""
    whole = np.concatenate(pieces)
    pieces.clear()
    return whole


def _slices(
    level: Level, min_count: int, first: int = 0, last: int | None = None
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(rows, symbols, counts) of the rows with at least min_count, slice by slice; of those from first to last alone."""
    last = len(level) if last is None else last
    for start in range(first, max(last, first + 1), _SLICE):
        part = slice(start, min(start + _SLICE, last))
        counts = level.counts[part]
        kept = np.flatnonzero(counts >= min_count)
        yield kept + start, level.symbols[part][kept], counts[kept]


def _take(level: Level, rows: np.ndarray) -> np.ndarray:
    """First children of ascending rows; of the row after the last one, where the children end."""
    assert level.children is not None
    pieces = []
    first = int(rows[0]) // _SLICE * _SLICE if len(rows) else 0
    for start in range(first, int(rows[-1]) + 1 if len(rows) else 0, _SLICE):
        low, high = np.searchsorted(rows, np.array([start, start + _SLICE], rows.dtype))
        if high > low:
            pieces.append(level.children[start : start + _SLICE][rows[low:high] - start])
    return np.concatenate(pieces) if pieces else np.empty(0, level.children.dtype)


_ALL = slice(None)


def pmi(frequent: Frequent, order: int, part: slice = _ALL) -> np.ndarray:
    """Weakest-split pointwise mutual information of each n-gram, in nats.

    min over j of log(total * c(w) / (c(w[:j]) * c(w[j:]))), with exact counts of all parts.
    float64, aligned with that part of frequent.levels[order - 1]; +inf for order 1, which has no split.
    """
    return np.log(cohesion(frequent, order, frequent.counts.total, part))


def cohesion(frequent: Frequent, order: int, total: int, part: slice = _ALL) -> np.ndarray:
    """The ratio inside the logarithm of `pmi`; 4256 compares it, and has a total of its own."""
    own = frequent.levels[order - 1].counts[part]
    return weakest_split(total, own, _splits(frequent, order, part))


def _splits(frequent: Frequent, order: int, part: slice) -> Iterator[SplitCounts]:
    """Every way to divide n-grams of one order, with the counts of both parts."""
    levels = frequent.levels
    prefixes = [np.arange(*part.indices(len(levels[order - 1])))]
    for n in range(order - 1, 0, -1):
        prefixes.append(levels[n].parents[prefixes[-1]])
    suffix = prefixes[0]
    for j in range(1, order):
        suffix = levels[order - j].suffixes[suffix]
        heads = levels[j - 1].counts[prefixes[order - j]]
        yield _ALL, heads, levels[order - j - 1].counts[suffix]


@dataclass(frozen=True)
class Sides:
    """Neighbour statistics of n-grams, aligned with a FrequentLevel.

    left_entropy, right_entropy: branching entropy in nats; left_variety, right_variety: accessor
    variety, empty where they are not asked for. Every occurrence next to a break counts as a neighbour of its own kind, for a word
    that stands at the edge of clauses is free there.
    """

    left_entropy: np.ndarray
    right_entropy: np.ndarray
    left_variety: np.ndarray
    right_variety: np.ndarray


def sides(frequent: Frequent, order: int) -> Sides:
    """Branching entropy and accessor variety of the n-grams of one order.

    H = ln c(w) - (1 / c(w)) * sum over neighbours a of c(wa) ln c(wa), and c(aw) for the left side;
    variety = number of neighbours (Feng et al. 2004). Needs counts of order + 1.
    Neighbours seen once add 0 to the sum, as those at breaks do, so only rows with a count of 2 or
    more are looked at. Source: matrix67 (entropy); Jin & Tanaka-Ishii 2006 (branching entropy).
    Raises ValueError when order + 1 was not counted.
    """
    none = [np.zeros(len(level), bool) for level in frequent.levels]
    none[order - 1][:] = True
    return all_sides(frequent, order, none)[order - 1]


def all_sides(
    frequent: Frequent, longest: int, wanted: Sequence[np.ndarray] | None = None
) -> list[Sides]:
    """`sides` of orders 1 .. longest, in one pass over the counts.

    wanted: masks over the frequent n-grams of each order; the numbers of all others are not to be
    used. Few wanted ones cost less than all.
    """
    return list(each_side(frequent, longest, wanted))


def each_side(
    frequent: Frequent,
    longest: int,
    wanted: Sequence[np.ndarray] | None = None,
    *,
    entropy_only: bool = False,
    spool: Callable[[], Spool] = _in_memory,
) -> Iterator[Sides]:
    """As all_sides, one order at a time; for who does not need them all at once. entropy_only: without varieties.

    spool: makes what holds the n-grams of one order of which the next one is made, 16 bytes each.
    """
    for _, _, found in side_parts(
        frequent, longest, wanted, entropy_only=entropy_only, spool=spool
    ):
        yield found


def side_parts(
    frequent: Frequent,
    longest: int,
    wanted: Sequence[np.ndarray] | None = None,
    *,
    entropy_only: bool = False,
    spool: Callable[[], Spool] = _in_memory,
    most: int | None = None,
) -> Iterator[tuple[int, slice, Sides]]:
    """As each_side, in parts of at most so many n-grams, 80 bytes each: (order, which of its n-grams, theirs).

    Every part goes through the counts of the next order.
    """
    counts, levels = frequent.counts, frequent.levels
    if frequent.neighbours is not None:
        for n, found in enumerate(_sides_made(frequent, longest, entropy_only), 1):
            yield n, _ALL, found
        return
    if longest >= counts.order:
        raise ValueError(
            f"the neighbours of {longest}-grams need counts of order {longest + 1}; "
            f"counted were {counts.order}"
        )
    begun = _begun(frequent, longest, wanted)
    rows = np.flatnonzero(counts.levels[0].counts[:] >= 2)
    itself = _index(levels[0].rows, begun[0], rows)
    above = spool()
    above.append(_rows(rows, itself, itself))
    for n in range(1, longest + 1):
        below, size = spool(), len(levels[n - 1])
        step = max(1, size if most is None else most)
        suffix_of = _SuffixFinder(frequent, n, begun[n - 1])
        for start in range(0, max(1, size), step):
            part = slice(start, min(start + step, size))
            take = None if start or n == longest else below
            how = (begun, suffix_of, above, take, part)
            yield n, part, _sides_of_part(frequent, n, *how, entropy_only)
        del suffix_of
        above = below


def _sides_made(frequent: Frequent, longest: int, entropy_only: bool) -> Iterator[Sides]:
    """From the sums of frequent.neighbours."""
    if not entropy_only:
        raise ValueError("sums that were made elsewhere have no varieties")
    none = np.zeros(0, np.int64)
    assert frequent.neighbours is not None
    for level, made in zip(frequent.levels[:longest], frequent.neighbours, strict=False):
        both = []
        for weights in made:
            sums = NeighbourSums(level.counts, entropy_only=True)
            sums.add_weights(np.arange(len(level)), weights)
            both.append(sums.entropy())
        yield Sides(both[0], both[1], none, none)


def _sides_of_part(
    frequent: Frequent,
    n: int,
    begun: Sequence[np.ndarray],
    suffix_of: _SuffixFinder,
    above: Iterable[np.ndarray],
    below: Spool | None,
    part: slice,
    entropy_only: bool,
) -> Sides:
    """Neighbours of some n-grams of order n. above: the rows (_ROWS) of that order that may matter, below takes those of
    the next one, if there is one; both piece by piece, ascending.
    """
    levels = frequent.levels
    own = levels[n - 1].counts[part]
    left, right = (NeighbourSums(own, entropy_only=entropy_only) for _ in range(2))
    for rows in above:
        for child, symbols, number, parents in _children(frequent.counts, n, rows["row"]):
            right.add(_within(part, rows["itself"][parents]), number)
            suffix = suffix_of(rows["suffix"][parents], symbols)
            left.add(_within(part, suffix), number)
            if below is not None:
                index = _index(levels[n].rows, begun[n], child)
                on = np.flatnonzero((index >= 0) | (suffix >= 0))
                below.append(_rows(child[on], index[on], suffix[on]))
    none = np.zeros(0, np.int64)
    varieties = (none, none) if entropy_only else (left.variety(), right.variety())
    of_left = left.entropy()
    del left
    return Sides(of_left, right.entropy(), *varieties)


def _within(part: slice, index: np.ndarray) -> np.ndarray:
    """Places in a part of what has these places in the whole; -1 for what is not in it."""
    return np.where((index >= part.start) & (index < part.stop), index - part.start, -1)


def _begun(
    frequent: Frequent, longest: int, wanted: Sequence[np.ndarray] | None
) -> list[np.ndarray]:
    """Masks of the wanted n-grams and of all their prefixes, for both sides go down symbol by symbol."""
    levels = frequent.levels
    begun = [
        np.ones(len(levels[n]), bool) if wanted is None else wanted[n].copy()
        for n in range(longest)
    ]
    for n in range(longest - 1, 0, -1):
        begun[n - 1][levels[n].parents[begun[n]]] = True
    return begun


# Rows of one order of the counts that may matter for the next one. row: its number; itself, suffix: index of the n-gram
# and of its suffix (an order less) among the frequent n-grams, -1 for not frequent or not asked for.
_ROWS = np.dtype([("row", np.int64), ("itself", np.int32), ("suffix", np.int32)])


def _rows(numbers: np.ndarray, itself: np.ndarray, suffix: np.ndarray) -> np.ndarray:
    """As _ROWS."""
    rows = np.empty(len(numbers), _ROWS)
    rows["row"], rows["itself"], rows["suffix"] = numbers, itself, suffix
    return rows


def _children(
    counts: NgramCounts, n: int, rows: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """(row, last symbol, count, place of the parent among `rows`) of order n + 1, seen twice or more.

    rows: ascending, of order n; children of others are left out.
    """
    if not len(rows):
        return
    begins, ends = _take(counts.levels[n - 1], rows), _take(counts.levels[n - 1], rows + 1)
    ends = np.append(ends, ends.dtype.type(0))  # uint64 and a Python int would be float64
    between = int(begins[0]), int(ends[-2])
    for child, symbols, number in _slices(counts.levels[n], 2, *between):
        child = child.astype(begins.dtype)
        parents = np.searchsorted(begins, child, side="right") - 1
        mine = np.flatnonzero((parents >= 0) & (child < ends[parents]))
        yield child[mine], symbols[mine], number[mine], parents[mine]


class _SuffixFinder:
    """Index, among the frequent n-grams of one order, of (suffix of order n - 1, last symbol)."""

    def __init__(self, frequent: Frequent, n: int, wanted: np.ndarray) -> None:
        """wanted: mask over them; all others are not found."""
        self._level, self._wanted, self._single = frequent.levels[n - 1], wanted, n == 1
        self._base = len(frequent.counts.alphabet) + 1
        listed = np.flatnonzero(wanted)
        self._keys = self._level.parents[listed].astype(np.int64)
        self._keys *= self._base
        self._keys += self._level.symbols[listed]
        self._found = np.append(listed, -1).astype(np.int32)  # -1: for what is not there

    def __call__(self, suffixes: np.ndarray, symbols: np.ndarray) -> np.ndarray:
        """suffixes: -1 for none, not looked at for n = 1. Gives -1 for what is not found."""
        if self._single:
            return _index(self._level.rows, self._wanted, symbols.astype(np.int64) - 1)
        found = np.full(len(symbols), -1)
        known = np.flatnonzero(suffixes >= 0)
        query = suffixes[known].astype(np.int64) * self._base + symbols[known]
        found[known] = self._found[find_keys(self._keys, query)]
        return found


def _index(ascending: np.ndarray, wanted: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Place of each row among the ascending ones, -1 where it is missing or not wanted."""
    places = _place(ascending, rows)
    places[~np.append(wanted, False)[places]] = -1
    return places


def _place(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Place of each wanted value among ascending ones, -1 where it is missing."""
    if not len(ascending):
        return np.full(len(wanted), -1)
    # Of another type searchsorted would make all of them.
    wanted = wanted.astype(ascending.dtype, copy=False)
    places = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    places[ascending[places] != wanted] = -1
    return places
