"""Word list + corpus -> the page on which people look at the words, accept and reject them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nlptools.base.outputs import whole_file
from nlptools.base.resources import DEFAULT_MEMORY, block_within, check_memory
from nlptools.review.compare import Comparison, format_comparison
from nlptools.review.page import render_page
from nlptools.review.page_data import report_data
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.wordlists import WordRows, read_rows
from nlptools.usage.usage import Usage, measure_usage


@dataclass(frozen=True)
class Page:
    """A page, whole: one file of HTML that needs no network.

    words: how many it has. missing: those that do not occur in the corpus.
    """

    html: str
    words: int
    missing: list[str]

    def __repr__(self) -> str:
        return f"Page({self.words:,} words, {self.size / 1e6:.1f} MB)"

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.html.encode("utf-8", "surrogateescape"))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it; the file appears when it is complete."""
        with whole_file(path) as stream:
            stream.write(self.html.encode("utf-8", "surrogateescape"))


def report_words(
    words: str | os.PathLike[str] | WordRows,
    corpus: CorpusLike,
    *,
    name: str | None = None,
    known: Collection[str] = frozenset(),
    contexts: int = 5,
    width: int = 20,
    neighbours: int = 8,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
) -> Page:
    """The page for a word list (its path, or read_rows of it) and the corpus in which the words are looked for.

    name: of the list, by which downloads are named; None: that of its file. known: words that are marked, beside
    those that the list marks. contexts: at most so many of each word, spread evenly over the corpus; width: their
    characters on both sides; neighbours: at most so many on each side. latin: what is a symbol, as in count. memory: bytes
    for the whole process, with which the text that is under work shrinks; the words and what is shown of them need room
    of their own, 2 kB each. It changes no result.
    Raises ValueError for a number below 0, DataError for a file that is no word list.
    """
    rows = words if isinstance(words, WordRows) else read_rows(words)
    if name is None:
        name = "words.tsv" if isinstance(words, WordRows) else os.fspath(words)
    text = as_corpus(corpus)
    check_memory(memory)
    text.block_size = block_within(memory, text.block_size)
    usage = measure_usage(
        [text], rows.words, contexts=contexts, width=width, neighbours=neighbours, latin=latin
    )
    data, shown = report_data(rows, usage, name=name, files=text.paths, known=frozenset(known))
    html = render_page(f"{data['source']['name']} – nlptools", data, shown)
    return _page(html, rows.words, usage)


def report_comparison(found: Comparison) -> Page:
    """The page for a comparison of corpora, with growth curves.

    Raises ValueError for one of counts files or word lists, which have no contexts.
    """
    if found.usage is None:
        raise ValueError("there are no contexts: the comparison is not one of corpora")
    header, *lines = "".join(format_comparison(found, "tsv")).splitlines()
    rows = WordRows(found.words, "tsv", header, lines)
    data, shown = report_data(
        rows, found.usage, name="compare.tsv", files=found.paths, comparison=found
    )
    html = render_page(f"{found.names[0]} → {found.names[-1]} – nlptools", data, shown)
    return _page(html, rows.words, found.usage)


def _page(html: str, words: Sequence[str], usage: Usage) -> Page:
    counts = usage.counts.tolist()
    missing = [word for word, count in zip(words, counts, strict=True) if not count]
    return Page(html, len(words), missing)
