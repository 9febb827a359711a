"""Paths + language model -> a folder of scored lines or records, written by many machines, in the order of the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from nlptools.lm.model import LanguageModel
from nlptools.lm.records import found_of, score_documents
from nlptools.lm.report import head_of, table_pieces
from nlptools.lm.stream import ScoredLines, Totals, fold_of, score_corpus
from nlptools.lm.tally import ScoreTally
from nlptools.spark.kernel import Kernel, Sums
from nlptools.spark.maps import Job, Mapped, Output, digest_of
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.results import Found

_Scored = Iterable[tuple[Documents | None, ScoredLines]]


def score_with_spark(
    paths: Sequence[str],
    model: LanguageModel,
    output: str,
    *,
    into: str | None = None,
    container: str | None = None,
    format: str = "tsv",
    min_symbols: int = 0,
    fold: Sequence[str] | None = None,
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
) -> Mapped:
    """Score as score_corpus does, with Spark, into a folder of rows, TSV or JSON; container: as score_records does.

    min_symbols: lines, or documents, with fewer are left out. All files in the folder, sorted by their names and put
    together, are what one machine writes; of Parquet all of them are one table. A run that died goes on when it is started
    again as it was. The sums are those of Totals, and characters: `traditional`, `simplified`.
    """
    reading = reading_of(encoding=encoding, on_error=on_error, field=field, column=column, fold=())
    folds = fold_of(model) if fold is None else tuple(fold)
    records = field is not None or column is not None
    kernel = Scoring(format, records, min_symbols, folds, numbered=container is None)
    place = Output(output.rstrip("/"), container, into)
    with open_session(master, conf) as spark:
        made_of = ["lm score", format, min_symbols, folds, digest_of(model)]
        return Job.of(spark, paths, reading, made_of).map(kernel, model, place)


def totals_of(sums: Sums) -> Totals:
    """The sums over all that was scored."""
    numbers = {name: sums.get(name, zero) for name, zero in asdict(Totals()).items()}
    whole = {name: int(numbers.pop(name)) for name in ("lines", "sentences", "symbols", "oov")}
    return Totals(**whole, **numbers)


@dataclass(frozen=True)
class Scoring(Kernel):
    """score_corpus and score_documents, as a Kernel; what is shared is the model. by_record: a row for each record."""

    format: str
    by_record: bool
    min_symbols: int
    fold: tuple[str, ...]
    numbered: bool

    @property
    def head(self) -> str:
        return head_of(self.format)

    def text(self, corpus: Corpus, shared: LanguageModel, sums: Sums) -> Iterator[str]:
        scored: _Scored
        if self.by_record:
            scored = score_documents(corpus.documents(), shared, fold=self.fold, workers=1)
        else:
            lines = score_corpus(corpus, shared, fold=self.fold, workers=1)
            scored = ((None, some) for some in lines)
        chosen = self._chosen(scored, sums)
        yield from table_pieces((lines for _, lines in chosen), self.format, head=False)

    def records(
        self, corpus: Corpus, shared: LanguageModel, sums: Sums
    ) -> Iterator[tuple[Documents, Found]]:
        scored = score_documents(corpus.documents(), shared, fold=self.fold, workers=1)
        for documents, lines in self._chosen(scored, sums):
            if documents is not None:
                yield documents, found_of(lines)

    def _chosen(self, scored: _Scored, sums: Sums) -> _Scored:
        tally = ScoreTally(scripts=True)
        yield from tally.chosen(scored, self.min_symbols)
        sums |= asdict(tally.sums)
        sums |= {"traditional": tally.traditional, "simplified": tally.simplified}
