"""Paths of A and B (corpora, counts files, word lists) -> slices, and the counts of words in each of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlptools.errors import NlptoolsError
from nlptools.ngrams.counts import NgramCounts, load_counts
from nlptools.text.remote import is_remote
from nlptools.text.sources import find_sources
from nlptools.text.wordlists import is_json_lines, read_weighted_words

MOST_SLICES = (
    24  # of one side: more lines than that no plot shows, and a folder may have 10,000 files
)
CORPUS, COUNTS, LIST = "corpus", "counts file", "word list"


@dataclass(frozen=True)
class Slices:
    """What is compared: A's slices, then B's from `first_b`. kind: CORPUS, COUNTS or LIST. paths: of each."""

    kind: str
    names: list[str]
    paths: list[list[str]]
    first_b: int


def find_slices(a: str, b: Sequence[str], *, lists: bool = False) -> Slices:
    """Slices of a path A and paths B, each a file, a folder or a pattern; of several files each is a slice.

    lists: text files are word lists, also where they are no table of ours.
    Raises NlptoolsError when they are not all of one kind, or cannot be read twice.
    """
    sides = [_files([a]), _files(b)]
    kinds = {_kind(name, lists) for side in sides for name in side}
    if len(kinds) > 1:
        raise NlptoolsError(
            f"not of one kind: {' and '.join(sorted(kinds))}",
            "compare corpora, counts files or word lists among themselves",
        )
    return slices_of(kinds.pop(), sides)


def slices_of(kind: str, sides: Sequence[list[str]]) -> Slices:
    """The slices of the files of A and of B."""
    names, paths = [], []
    for side in sides:
        for group in _groups(side):
            short = [_stem(name) for name in group]
            names.append(short[0] if len(short) == 1 else f"{short[0]}…{short[-1]}")
            paths.append(group)
    first_b = len(_groups(sides[0]))
    return Slices(kind, names, paths, first_b)


def list_counts(slices: Slices) -> tuple[list[str], np.ndarray, list[int]]:
    """(words of all lists, counts: a row for each word, sums of the lists). A word without a number counts 1."""
    lists: list[dict[str, float]] = []
    for paths in slices.paths:
        every: dict[str, float] = {}
        for path in paths:
            for word, count in read_weighted_words(path, encoding="auto").items():
                every[word] = every.get(word, 0) + (1 if count is None else count)
        lists.append(every)
    words = sorted(set().union(*lists))
    counts = np.array([[one.get(word, 0) for one in lists] for word in words]).round()
    counts = counts.reshape(len(words), len(lists)).astype(np.int64)
    return words, counts, counts.sum(axis=0).tolist()


def open_counts(slices: Slices) -> list[list[NgramCounts]]:
    """The counts of each slice; NlptoolsError where they are not of one kind."""
    every = [[load_counts(path) for path in paths] for paths in slices.paths]
    settings = {counts.settings for side in every for counts in side}
    if len({(s.latin, s.fold) for s in settings}) > 1:
        told = " and ".join(sorted(s.options for s in settings))
        raise NlptoolsError(f"counted in different ways: {told}", "count all with one setting")
    for side in every:
        for counts in side:
            counts.require(1)
    return every


def word_counts(
    every: Sequence[Sequence[NgramCounts]], words: Sequence[str]
) -> tuple[np.ndarray, list[int]]:
    """(counts of words, a row each, a column for each slice; symbols of each slice).

    A word longer than what was counted has no count: NlptoolsError.
    """
    totals = [sum(counts.total for counts in side) for side in every]
    try:
        rows = [[sum(c.count(word) for c in side) for side in every] for word in words]
    except ValueError as error:
        raise NlptoolsError(str(error), "count with a larger --order, or give a corpus") from None
    return np.array(rows, np.int64).reshape(len(words), len(every)), totals


def _files(paths: Sequence[str | os.PathLike[str]]) -> list[str]:
    sources = find_sources(paths)
    if not all(source.rereadable for source in sources):
        raise NlptoolsError("a pipe can be read only once", "compare reads twice: name files")
    return [source.name for source in sources]


def _groups(files: list[str]) -> list[list[str]]:
    number = min(len(files), MOST_SLICES)
    bounds = [len(files) * i // number for i in range(number + 1)]
    return [files[bounds[i] : bounds[i + 1]] for i in range(number)]


def _stem(name: str) -> str:
    return Path(name).name.partition(".")[0] or Path(name).name


def _kind(name: str, lists: bool) -> str:
    if is_remote(name):
        return LIST if lists else CORPUS
    with open(name, "rb") as file:
        return kind_of(name, file.read(64), lists)


def kind_of(name: str, start: bytes, lists: bool = False) -> str:
    """CORPUS, COUNTS or LIST, of a file that starts so. lists: text is one."""
    if start.startswith(b"nlptools counts "):
        return COUNTS
    start = start.removeprefix(b"\xef\xbb\xbf")
    rows = is_json_lines(name) and start.startswith(b'{"word":')
    if lists or rows or start.startswith((b"word\t", b"word,", b"# nlptools")):
        return LIST
    return CORPUS
