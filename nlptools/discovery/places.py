"""Candidates + fitted word model + corpus -> where each stands: at ends of words, at edges of clauses, whole.

One pass over the whole corpus, cut into words by the best segmentation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.wordmodel.expected_counts import WordLookup, pieces
from nlptools.wordmodel.sample import Sample


@dataclass(frozen=True)
class Places:
    """Occurrences of candidates, int64, aligned with them.

    whole: with an end of a word on both sides; joints: ends of words inside those, added up; right_edge: next to a
    break on the right.
    """

    whole: np.ndarray
    joints: np.ndarray
    right_edge: np.ndarray

    def of(self, part: slice) -> Places:
        """Of some of the candidates."""
        return Places(self.whole[part], self.joints[part], self.right_edge[part])


def look_where(
    encoded: EncodedCorpus,
    sample: Sample,
    finder: WordLookup,
    spelling: np.ndarray,
    run: Callable[..., Iterable[Any]] = map,
    piece: int | None = None,
) -> Places:
    """Where each candidate stands. spelling: symbol ids of the sample padded with 0; run, piece: as in tally."""
    trie = Trie(spelling, len(sample.texts) + 1)
    size = len(spelling) + 1
    tables = trie.tabulate(np.arange(1, size, dtype=np.int32), 0)
    sums = np.zeros((3, size), np.int64)

    def work(text: tuple[np.ndarray, int]) -> list[tuple[np.ndarray, ...]]:
        ids, _ = text
        ends = finder.ends(ids)
        ended = np.concatenate([[0], np.cumsum(ends)])  # ends of words before each place
        padded = np.append(ids, ids.dtype.type(0))
        begins = np.concatenate([[True], ends])  # whether a word begins at each place
        found: list[tuple[np.ndarray, ...]] = []
        for k, ending in enumerate(trie.look_up(ids, tables), 2):
            at = np.flatnonzero(ending)
            row, first = ending[at], at - k + 1
            whole = begins[first] & ends[at]
            inside = ended[at[whole]] - ended[first[whole]]
            found.append((row[whole], inside, row[padded[at + 1] == 0]))
        return found

    for done in run(work, pieces(encoded.blocks, sample.number, piece)):
        for whole, inside, right in done:
            np.add.at(sums[0], whole, 1)
            np.add.at(sums[1], whole, inside)
            np.add.at(sums[2], right, 1)
    return Places(*sums[:, 1:])
