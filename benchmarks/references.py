"""A list of words + reference word lists -> precision of its first 100, 1,000, 10,000, and AP."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from nlptools.ngrams.counts import load_counts
from nlptools.text import chars

CUTS = (100, 1000, 10000)
LONGEST = 6  # symbols of a reference word that average precision asks for
LEAST_COUNT = 5  # occurrences of one


def read(paths: Iterable[Path]) -> set[str]:
    """All words of several lists: the first column, by tab or space, of every line."""
    words: set[str] = set()
    for path in paths:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            words.update(line.split()[:1])
    return words


def multi_han(words: Iterable[str]) -> list[str]:
    """The words of two and more Han characters and nothing else, in their order, once each."""
    kept = (word for word in words if len(word) > 1 and all(map(chars.is_han, word)))
    return list(dict.fromkeys(kept))


def in_text(reference: set[str], counts_file: Path) -> set[str]:
    """The multi-Han reference words that a text has often enough to be asked for."""
    counts = load_counts(os.fspath(counts_file))
    ngrams = (text for texts, _ in counts.batches(LEAST_COUNT) for text in texts)
    return reference.intersection(multi_han(ngrams))


def scores(words: list[str], reference: set[str], wanted: set[str]) -> list[float | str]:
    """Precision at CUTS ("-" where the list is shorter) and AP.

    words: multi-Han, best first. AP: mean over all wanted words of the precision at the place where
    the list has them, 0 where it does not; so it counts what is missing too.
    """
    hits, total, at = 0, 0.0, {}
    for place, word in enumerate(words, 1):
        hits += word in reference
        if word in wanted:
            total += hits / place
        if place in CUTS:
            at[place] = hits / place
    precision = [at.get(cut, "-") for cut in CUTS]
    return [*precision, total / len(wanted) if wanted else "-"]
