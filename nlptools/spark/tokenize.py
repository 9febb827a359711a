"""Paths + tokenizer -> a folder of tokens, ids or records, written by many machines, in the order of the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlptools.spark.kernel import Kernel, Sums
from nlptools.spark.maps import Job, Mapped, Output, digest_of
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.results import Found
from nlptools.vocab.records import token_lines, tokenize_documents
from nlptools.vocab.stream import TokenCounts, check_tokens, tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer


def tokenize_with_spark(
    paths: Sequence[str],
    tokenizer: WordTokenizer,
    output: str,
    *,
    into: str | None = None,
    container: str | None = None,
    format: str = "tokens",
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
) -> Mapped:
    """Tokenize as tokenize_corpus does, with Spark, into a folder of text files; container: as tokenize_records does.

    Without container a record is a line of tokens or ids. All files in the folder, sorted by their names and put
    together, are what one machine writes; of Parquet all of them are one table. A run that died goes on when it is started
    again as it was. The sums are `tokens` and `unknown`.
    """
    reading = reading_of(encoding=encoding, on_error=on_error, field=field, column=column, fold=())
    check_tokens(tokenizer, format, special, max_length)
    records = field is not None or column is not None
    kernel = Tokenizing(records, format, special, max_length, mark_unknown)
    place = Output(output.rstrip("/"), container, into)
    with open_session(master, conf) as spark:
        made_of = ["tokenize", format, special, max_length, mark_unknown, digest_of(tokenizer)]
        return Job.of(spark, paths, reading, made_of).map(kernel, tokenizer, place)


@dataclass(frozen=True)
class Tokenizing(Kernel):
    """tokenize_corpus and tokenize_documents, as a Kernel; what is shared is the tokenizer.

    by_record: the text has a line for each record, not for each line of it.
    """

    by_record: bool
    format: str
    special: bool
    max_length: int | None
    mark_unknown: bool

    def text(self, corpus: Corpus, shared: WordTokenizer, sums: Sums) -> Iterator[str]:
        if self.by_record:
            yield from token_lines(self.records(corpus, shared, sums))
            return
        counts = TokenCounts()
        yield from tokenize_corpus(corpus, shared, counts=counts, **self._way())
        sums |= vars(counts)

    def records(
        self, corpus: Corpus, shared: WordTokenizer, sums: Sums
    ) -> Iterator[tuple[Documents, Found]]:
        counts = TokenCounts()
        yield from tokenize_documents(corpus.documents(), shared, counts=counts, **self._way())
        sums |= vars(counts)

    def _way(self) -> dict[str, Any]:
        return {
            "format": self.format,
            "special": self.special,
            "max_length": self.max_length,
            "mark_unknown": self.mark_unknown,
            "workers": 1,
        }
