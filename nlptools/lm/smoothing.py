"""N-gram counts with sentence boundaries -> the probabilities and back-offs of a language model.

All smoothings have one form. An n-gram hw has a count, of which it keeps m(hw) and gives g(hw) to the order
below; a pruned n-gram gives all. With D(h) = sum of m(hv) + g(hv) over v, and h' for h without its first symbol,

    p(w|h) = m(hw) / D(h) + b(h) p(w|h'),    b(h) = sum of g(hv) over v / D(h)

The order below the first is 1 / V for each of the V symbols, <unk> and </s> among them, <s> not.
docs/how-it-works.md has the rules and their sources.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nlptools.base import storage
from nlptools.base.keys import id_dtype
from nlptools.base.resources import DEFAULT_MEMORY, check_memory
from nlptools.base.storage import Column, ColumnWriter
from nlptools.errors import NlptoolsError
from nlptools.lm.suffixes import Suffixes, find_suffixes, rows_begun
from nlptools.lm.trie import (
    DECIMALS,
    LOG_ZERO,
    MAX_MODEL_ORDER,
    UNKNOWN,
    ModelLevel,
    NgramModel,
)
from nlptools.ngrams.counts import SLICE, NgramCounts
from nlptools.ngrams.symbols import END, START

KNESER_NEY, WITTEN_BELL, MAXIMUM_LIKELIHOOD = "kneser-ney", "witten-bell", "ml"


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """What a smoothing does with counts.

    discounted: below the highest order an n-gram counts its contexts, and of every number a discount is taken,
    which is estimated from the counts. per_type: what each n-gram that occurs adds to what its context gives to
    the order below. backs_off: that is given; False: what was never seen is impossible. prune: of train_lm.
    """

    discounted: bool
    per_type: float
    backs_off: bool
    prune: tuple[int, ...]


# Discounts of an order whose own cannot be estimated: those of KenLM's lmplz --discount_fallback.
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
# Maximum likelihood of rare n-grams says nothing: those of two and more symbols that occur up to so often are
# impossible. Best of 1, 3, 7 for the segmentation of kexue.fm/archives/3956 on a development set.
PRUNE_ML = (0, 3)
_RULES = {
    KNESER_NEY: Smoothing(discounted=True, per_type=0, backs_off=True, prune=(0,)),
    WITTEN_BELL: Smoothing(discounted=False, per_type=1, backs_off=True, prune=(0,)),
    MAXIMUM_LIKELIHOOD: Smoothing(discounted=False, per_type=0, backs_off=False, prune=PRUNE_ML),
}
SMOOTHINGS = tuple(_RULES)
# Bytes that a row takes at the end: symbol, suffix, probability, back-off, first child.
BYTES_PER_ROW = 24


def train_lm(
    counts: NgramCounts,
    *,
    smoothing: str = KNESER_NEY,
    prune: Sequence[int] | None = None,
    appearance: Sequence[str] = (),
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramModel:
    """A back-off language model of the order of the counts, which know their sentences.

    smoothing: "kneser-ney": interpolated modified Kneser-Ney (Chen & Goodman 1998), the numbers of KenLM's
    lmplz; discounts that the counts do not define are FALLBACK_DISCOUNTS, and settings["fallback"] says for
    which orders. "witten-bell": m = count, g = 1. "ml": maximum likelihood, nothing is given below.
    prune: for orders 1, 2, ... (the last number goes for all others) the largest count that is left out;
    not falling; None: 0, for "ml" PRUNE_ML. appearance: the symbols in the order of the corpus, as
    count_sentences gives them: the discounts are then those of lmplz to the last digit. memory: bytes for the whole process; it changes no number.
    Raises ValueError for settings that make no sense, NlptoolsError for counts without sentences.
    """
    check_memory(memory)
    if smoothing not in SMOOTHINGS:
        raise ValueError(f"smoothing must be one of {', '.join(SMOOTHINGS)}, not {smoothing!r}")
    if prune is None:
        prune = _RULES[smoothing].prune[: counts.order]
    _check(counts)
    thresholds = _thresholds(prune, counts.order)
    rows = sum(counts.size(n) for n in range(1, counts.order + 1))
    with storage.spilling(tmp_dir) as folder:
        estimate = _Estimate(counts, smoothing, thresholds, appearance, memory // 4, folder)
        model = estimate.model(None if rows * BYTES_PER_ROW <= memory // 4 else folder)
    return replace(model, learnt_from=counts.total)


def _check(counts: NgramCounts) -> None:
    if counts.settings.sentences == "none":
        raise NlptoolsError(
            "a language model needs counts with the beginnings and ends of sentences",
            "make them with nlptools count --sentences line",
        )
    if counts.order > MAX_MODEL_ORDER:
        raise NlptoolsError(
            f"the counts have order {counts.order}, a language model at most {MAX_MODEL_ORDER}",
            f"make them with nlptools count --order {MAX_MODEL_ORDER} or less",
        )
    if not counts.total:
        raise NlptoolsError("there is no text to learn from")


def _thresholds(prune: Sequence[int], order: int) -> list[int]:
    given = list(prune)
    if not 1 <= len(given) <= order:
        raise ValueError(f"prune has {len(given)} numbers, the model {order} orders")
    if given[0] < 0 or sorted(given) != given:
        # A model without an n-gram cannot have one that it is a part of.
        raise ValueError(f"the numbers of prune must not fall, nor be below 0: {given}")
    return given + given[-1:] * (order - len(given))


class _Estimate:
    """One model under way: what each order needs of the counts."""

    def __init__(
        self,
        counts: NgramCounts,
        smoothing: str,
        thresholds: Sequence[int],
        appearance: Sequence[str],
        room: int,
        folder: Path,
    ) -> None:
        self.counts, self.smoothing, self.thresholds = counts, smoothing, thresholds
        self.rules = _RULES[smoothing]
        self.start = int(counts.alphabet.ids([START])[0]) - 1  # the row of <s>
        self.suffixes: list[Suffixes] = []
        for n in range(2, counts.order + 1):
            above = self.suffixes[-1] if self.suffixes else None
            self.suffixes.append(find_suffixes(counts, n, above, room, folder))
        orders = range(1, counts.order + 1)
        self.begun = [rows_begun(counts, n) for n in orders]
        self.discounts = [FALLBACK_DISCOUNTS for _ in orders]
        self.fallback: list[int] = []
        if self.rules.discounted:
            last = self._last_rows(appearance)
            for n in orders:
                self._set_discounts(n, last[n - 1] if n <= len(last) else None)

    # --- what an n-gram counts, keeps and gives -----------------------------------------------

    def _numbers(self, n: int, first: int, last: int) -> np.ndarray:
        """The counts that the smoothing sees of some rows, int64.

        Discounted: below the highest order the number of contexts; what begins a sentence has but one, and
        counts as often as it occurs. <s> itself is no symbol that follows another.
        """
        level = self.counts.levels[n - 1]
        begun = self.begun[n - 1]
        if self.rules.discounted and n < self.counts.order:
            numbers = self.suffixes[n - 1].contexts[first:last].astype(np.int64)
            low, high = max(first, begun.start), min(last, begun.stop)
            if low < high:
                numbers[low - first : high - first] = level.counts[low:high]
        else:
            numbers = level.counts[first:last].astype(np.int64)
        if n == 1 and first <= self.start < last:
            numbers[self.start - first] = 0
        return numbers

    def _last_rows(self, appearance: Sequence[str]) -> list[int]:
        """The last n-grams of orders 1, 2, ... below the highest, as lmplz sorts them: by their last symbol,
        then the one before it, and so on, each by when it appears in the corpus.
        """
        if not appearance:
            return []
        counts = self.counts
        place = np.zeros(len(counts.alphabet) + 1, np.int64)
        others = [symbol for symbol in appearance if symbol not in (START, END)]
        place[counts.alphabet.ids([START, END, *others])] = np.arange(1, len(others) + 3)
        rows = [int(np.argmax(place[1:]))]
        for n in range(2, counts.order):
            column = self.suffixes[n - 2].rows
            ends = [
                first + np.flatnonzero(column[first : first + SLICE] == rows[-1])
                for first in range(0, len(column), SLICE)
            ]
            longer = np.concatenate(ends)
            if not len(longer):  # it begins a sentence
                break
            before = counts.symbols_of(n, longer)[0]
            rows.append(int(longer[np.argmax(place[before])]))
        return rows

    def _set_discounts(self, n: int, last: int | None) -> None:
        """Chen & Goodman 1998, equation 26; refused where lmplz refuses.

        last: a row that is taken by how often it occurs, whatever it counts otherwise. lmplz does so
        with the last n-gram of each order below the highest (end of AdjustCounts::Run), which moves the
        discounts of single characters by up to .01.
        """
        seen = np.zeros(5, np.int64)
        size = self.counts.size(n)
        for first in range(0, size, SLICE):
            numbers = self._numbers(n, first, min(first + SLICE, size))
            if last is not None and first <= last < first + SLICE:
                numbers[last - first] = self.counts.levels[n - 1].counts[last : last + 1][0]
            seen += np.bincount(np.minimum(numbers, 5), minlength=6)[:5]
        if np.all(seen[1:4] > 0):
            y = seen[1] / (seen[1] + 2 * seen[2])
            found = [k - (k + 1) * y * seen[k + 1] / seen[k] for k in (1, 2, 3)]
            if all(0 <= discount <= k for k, discount in enumerate(found, 1)):
                self.discounts[n - 1] = (found[0], found[1], found[2])
                return
        self.fallback.append(n)

    def _shares(self, n: int, first: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(kept, given, whether it stays in the model) of some rows; float64, float64, bool."""
        numbers = self._numbers(n, first, last)
        if self.rules.discounted:
            given = np.array([0.0, *self.discounts[n - 1]])[np.minimum(numbers, 3)]
            kept = numbers - given
        else:
            kept = numbers.astype(np.float64)
            given = (numbers > 0) * float(self.rules.per_type)
        stays = self._stays(n, first, last)
        if not stays.all():
            given[~stays] += kept[~stays]
            kept[~stays] = 0
        return kept, given, stays

    def _stays(self, n: int, first: int, last: int) -> np.ndarray:
        stays: np.ndarray = self.counts.levels[n - 1].counts[first:last] > self.thresholds[n - 1]
        if n == 1:  # a model always has its boundaries
            for row in (self.counts.alphabet.ids([START, END]) - 1).tolist():
                if first <= row < last:
                    stays[row - first] = True
        return stays

    # --- the model ------------------------------------------------------------------------------

    def model(self, folder: Path | None) -> NgramModel:
        """The model; its columns in memory or in files of `folder`."""
        counts = self.counts
        out = _Columns(counts, folder)
        probs, ids = self._first(out)
        for n in range(2, counts.order + 1):
            lower = self.suffixes[n - 2].gather(probs)
            probs = self._next(n, lower, ids, out)
        symbols = np.array(counts.alphabet.symbols, object)[ids[1:] > 0].tolist()
        settings = counts.settings
        how: dict[str, object] = {
            "latin": settings.latin,
            "sentences": settings.sentences,
            "fold": list(settings.fold),
            "smoothing": self.smoothing,
            "prune": list(self.thresholds),
        }
        if self.rules.discounted:
            how["discounts"] = [np.round(d, DECIMALS).tolist() for d in self.discounts]
            how["fallback"] = self.fallback
        return NgramModel((UNKNOWN, *symbols), out.finish(), how)

    def _first(self, out: _Columns) -> tuple[Column, np.ndarray]:
        """Order 1: (probability of each row of the counts, float32; model id of each id of the counts)."""
        size = len(self.counts.alphabet)
        kept, given, stays = self._shares(1, 0, size)
        total = kept.sum() + given.sum()
        back = given.sum() / total if self.rules.backs_off else 0.0
        unknown = back / int(np.count_nonzero(stays))  # <unk> is one more symbol, <s> none
        probs = kept / total + unknown
        probs[self.start] = 1  # never asked for: as lmplz has it
        ids = np.zeros(size + 1, id_dtype(size + 1))
        ids[1:][stays] = np.arange(1, int(np.count_nonzero(stays)) + 1)
        out.symbols[0].append(np.arange(int(ids.max()) + 1))
        out.log_probs[0].append(_log10(np.append(unknown, probs[stays])))
        return probs.astype(np.float32), ids

    def _next(self, n: int, lower: Column, ids: np.ndarray, out: _Columns) -> Column:
        """An order from 2: the probability of each row of the counts, float32.

        lower: that of its suffix. The contexts' back-offs and children are written, too.
        """
        level = self.counts.levels[n - 1]
        probs = out.scratch()
        if n == 2:  # <unk> is no context
            out.backoffs[0].append(np.zeros(1))
            out.children[0].append(np.zeros(1))
        for part in self.counts.contexts(n):
            kept, given, stays = self._shares(n, part.first, part.last)
            left = part.sums(given)
            total = left + part.sums(kept)
            leaf = total == 0  # what ends a sentence
            total[leaf] = 1
            back = left / total
            if not self.rules.backs_off:
                back[:] = 0
            found = kept / part.spread(total)
            found += part.spread(back) * lower[part.first : part.last]
            probs.append(found)
            back[leaf] = 1
            live = self._stays(n - 1, part.low, part.high)
            number = part.sums(stays).astype(np.int64)[live]
            out.children[n - 2].append(out.symbols[n - 1].length + np.cumsum(number) - number)
            out.backoffs[n - 2].append(_log10(back[live]))
            out.symbols[n - 1].append(ids[level.symbols[part.first : part.last][stays]])
            out.log_probs[n - 1].append(_log10(found[stays]))
        out.children[n - 2].append(np.array([out.symbols[n - 1].length]))
        return probs.finish()


class _Columns:
    """The levels of a model, as they grow; in memory or in files."""

    def __init__(self, counts: NgramCounts, folder: Path | None) -> None:
        self._folder = folder
        spill = None if folder is None else storage.SpillFile(folder)
        order = counts.order
        rows = id_dtype(max(counts.size(n) for n in range(1, order + 1)) + 2)
        symbol = id_dtype(len(counts.alphabet) + 1)
        self.symbols = [ColumnWriter(symbol, spill) for _ in range(order)]
        self.log_probs = [ColumnWriter(np.float32, spill) for _ in range(order)]
        self.backoffs = [ColumnWriter(np.float32, spill) for _ in range(order - 1)]
        self.children = [ColumnWriter(rows, spill) for _ in range(order - 1)]

    def scratch(self) -> ColumnWriter:
        """For the probabilities of one order."""
        return ColumnWriter(
            np.float32, None if self._folder is None else storage.SpillFile(self._folder)
        )

    def finish(self) -> tuple[ModelLevel, ...]:
        columns = zip(self.symbols, self.log_probs, strict=True)
        below = [
            (b.finish(), c.finish()) for b, c in zip(self.backoffs, self.children, strict=True)
        ]
        return tuple(
            ModelLevel(symbols.finish(), logs.finish(), *contexts)
            for (symbols, logs), contexts in zip(columns, [*below, (None, None)], strict=True)
        )


def _log10(probs: np.ndarray) -> np.ndarray:
    """LOG_ZERO for 0. Rounded as ARPA files are, so that they give back the same numbers."""
    with np.errstate(divide="ignore"):
        logs = np.minimum(np.log10(probs), 0)
    logs[~np.isfinite(logs)] = LOG_ZERO
    return np.round(logs, DECIMALS) + 0.0  # no -0.0
