"""N-gram counts -> the reference segmenters that others are compared with.

Not the product: the classical methods, each as its authors describe it and in a few dozen lines, cut text
under the same rule for tokens, so that a difference in the score is one of method alone. The third one,
dictionary maximum probability, is Segmenter.from_counts.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from nlptools.base.keys import KeyTable
from nlptools.lattice.paths import cut_runs
from nlptools.ngrams.counts import NgramCounts, load_counts
from nlptools.ngrams.scores import all_sides, frequent_ngrams, pmi
from nlptools.segmentation.tokens import Cutter

# F1 at 2.25, 2.5, 2.75, 3 on the PKU development set: .676 .689 .693 .693; MSR: .682 .693 .692 .680. For
# lists of words the author takes 1 (nlp-zero), which as a bar for segmenting glues far too much: .525.
MIN_PMI = 2.5
# F1 at 3, 4, 5, 6 on the PKU development set: .762 .762 .756 .743.
MAX_LENGTH = 4


class PmiCutter(Cutter):
    """Cuts every gap between two symbols that do not stick together; what lies between cuts is a word.

    The gap between a and b is glued where ln(T c(ab) / (c(a) c(b))) >= min_pmi and c(ab) >= min_count.
    Source: Su Jianlin, kexue.fm/archives/3913.
    """

    def __init__(
        self,
        counts: NgramCounts,
        *,
        min_pmi: float = MIN_PMI,
        min_count: int = 1,
        fold: Sequence[str] | None = None,
    ) -> None:
        """counts: of order 2 or more, of a corpus. min_pmi: in nats. fold: as in lookup_for.

        min_count: of a pair that is glued; at 5 a corpus of 2 M symbols gives an F1 higher by .02.
        Raises NlptoolsError when the order of the counts is 1.
        """
        counts.require(2)
        super().__init__(counts.alphabet.symbols, fold)
        frequent = frequent_ngrams(counts, min_count, 2)
        singles, pairs = frequent.levels
        glued = pmi(frequent, 2) >= min_pmi
        first = singles.rows[pairs.parents[glued]] + 1
        self._glued = KeyTable(_keys(first, pairs.symbols[glued], self.size))

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        ends = np.ones(len(ids), bool)
        ends[:-1] = self._glued.find(_keys(ids[:-1], ids[1:], self.size)) < 0
        return ends


class BranchingCutter(Cutter):
    """nVBE: words are autonomous, for what may follow them is less certain than inside of them.

    With h(x) the entropy of what follows x, d(x_1..x_k) = h(x_1..x_k) - h(x_1..x_{k-1}), and likewise to the
    left. Each d is taken in standard deviations from the mean over all n-grams of its length (types,
    not occurrences; so the entropy of the empty string, a constant of length 1, does not matter),
    both sides are added to the autonomy a(w), and the segmentation with the largest sum of a(w) |w| is taken.
    A break is a neighbour unlike any other. What never occurred is no word; a single symbol that never
    occurred is as good as the worst that did.
    Source: Magistry & Sagot, ACL 2012 (short papers). On two development sets the division by the deviation
    raises F1 by .012 (PKU) and .017 (MSR) over the mean alone.
    """

    def __init__(
        self,
        counts: NgramCounts,
        *,
        max_length: int = MAX_LENGTH,
        fold: Sequence[str] | None = None,
    ) -> None:
        """counts: of order max_length + 1 or more, of a corpus; max_length: symbols of a word. fold: as in
        lookup_for.

        All n-grams are candidates: without those that occur once F1 falls by .018 (PKU) and .016 (MSR).
        Raises NlptoolsError when the order of the counts is too low.
        """
        if max_length < 1:
            raise ValueError(f"max_length must be at least 1, not {max_length}")
        counts.require(max_length + 1)
        super().__init__(counts.alphabet.symbols, fold)
        frequent = frequent_ngrams(counts, 1, max_length)
        before = [np.zeros(1), np.zeros(1)]  # entropies of the empty string
        self._found: list[KeyTable] = []
        self._scores: list[np.ndarray] = []
        for length, (level, side) in enumerate(
            zip(frequent.levels, all_sides(frequent, max_length), strict=True), 1
        ):
            right, left = side.right_entropy, side.left_entropy
            autonomy = _standardised(right - before[0][level.parents])
            autonomy += _standardised(left - before[1][level.suffixes])
            before = [right, left]
            scores = (length * autonomy).astype(np.float32)
            if length == 1:
                # Of the break no word is made; its score is not used.
                worst = scores.min(initial=0)
                self._scores.append(np.concatenate([[worst], scores, [worst]]))
            else:
                self._found.append(KeyTable(_keys(level.parents + 1, level.symbols, self.size)))
                self._scores.append(np.append(scores, np.float32(-np.inf)))

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        scores = [np.take(self._scores[0], ids)]
        # Number, from 1, of the n-gram that ends at each symbol; 0 for none.
        number = ids.astype(np.int64)
        number[ids == self.size - 1] = 0
        for table, values in zip(self._found, self._scores[1:], strict=True):
            row = np.full(len(ids), -1)
            row[1:] = table.find(_keys(number[:-1], ids[1:], self.size))
            scores.append(np.take(values, row))  # row -1 is the last one, -inf
            number = row + 1
        return cut_runs(ids, scores)


def _keys(before: np.ndarray, last: np.ndarray, size: int) -> np.ndarray:
    """Keys of n-grams: the number of all but the last symbol, and the id of that one, below `size`."""
    keys = before.astype(np.uint64)
    keys *= np.uint64(size)
    keys += last.astype(np.uint64)
    return keys


def _standardised(values: np.ndarray) -> np.ndarray:
    """In standard deviations from the mean; all 0 where the values do not differ."""
    if not len(values):
        return values
    deviation = values.std()
    centred = values - values.mean()
    # Equal entropies differ by rounding.
    return centred / deviation if deviation > 1e-9 else np.zeros(len(values))


def read_counts(path: str | os.PathLike[str]) -> NgramCounts:
    """The whole of a counts file, in memory. Raises DataError where it is damaged."""
    return load_counts(path, mapped=False)
