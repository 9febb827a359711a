"""What every kernel has that workers run over the documents of a corpus: text, records or rows come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.results import Found

Sums = dict[str, float]  # what a kernel has counted, by name; zero where a name is missing


class Kernel:
    """What is done with a corpus, on one machine or on a worker, to which it is sent.

    numbered: the text tells the numbers of lines.
    """

    numbered = False

    @property
    def head(self) -> str:
        """What stands once before all text."""
        return ""

    def text(self, corpus: Corpus, shared: Any, sums: Sums) -> Iterator[str]:
        """The text that is written, of whole lines: rows, or lines of a text.

        The corpus is read once. shared: what all workers have, a model. sums: is added to.
        """
        raise NotImplementedError

    def records(self, corpus: Corpus, shared: Any, sums: Sums) -> Iterator[tuple[Documents, Found]]:
        """Documents with what was found in each; all else as for `text`."""
        raise NotImplementedError

    def rows(self, corpus: Corpus, shared: Any, sums: Sums) -> Iterator[Any]:
        """Batches of pyarrow with columns that are those of `schema`; all else as for `text`."""
        raise NotImplementedError

    schema = ""  # of `rows`, as Spark has it

    def at(self, part: int, group: int) -> Kernel:
        """The kernel of a group of files, which are read alike, in a part of them."""
        return self

    def every(self) -> Kernel:
        """A kernel that makes records of the same columns, and leaves out none."""
        return self
