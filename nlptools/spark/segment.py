"""Paths + segmenter -> a folder of segmented text or records, written by many machines, in the order of the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlptools.segmentation.records import segment_documents
from nlptools.segmentation.stream import SegmentCounts, segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.spark.kernel import Kernel, Sums
from nlptools.spark.maps import Job, Mapped, Output, digest_of
from nlptools.spark.session import open_session
from nlptools.spark.streams import reading_of
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.results import Found


def segment_with_spark(
    paths: Sequence[str],
    cutter: Cutter,
    output: str,
    *,
    into: str | None = None,
    container: str | None = None,
    separator: str = " ",
    format: str = "text",
    mode: str = "default",
    encoding: str = "utf-8",
    on_error: str = "strict",
    field: str | None = None,
    column: str | None = None,
    master: str | None = None,
    conf: Sequence[str] = (),
) -> Mapped:
    """Segment as segment_corpus does, with Spark, into a folder of text files; container: as segment_records does.

    All files in the folder, sorted by their names and put together, are what these give, but for a line end at the end
    of a text; of Parquet all of them are one table. A run that died goes on when it is started again as it was.
    """
    reading = reading_of(encoding=encoding, on_error=on_error, field=field, column=column, fold=())
    kernel = Segmenting(separator, format, mode)
    place = Output(output.rstrip("/"), container, into)
    with open_session(master, conf) as spark:
        made_of = ["segment", separator, format, mode, digest_of(cutter)]
        return Job.of(spark, paths, reading, made_of).map(kernel, cutter, place)


@dataclass(frozen=True)
class Segmenting(Kernel):
    """segment_corpus and segment_records, as a Kernel; what is shared is the segmenter."""

    separator: str
    format: str
    mode: str

    def text(self, corpus: Corpus, shared: Cutter, sums: Sums) -> Iterator[str]:
        counts = SegmentCounts()
        yield from segment_corpus(corpus, shared, workers=1, counts=counts, **self._shape())
        sums["traditional"] = counts.traditional

    def records(
        self, corpus: Corpus, shared: Cutter, sums: Sums
    ) -> Iterator[tuple[Documents, Found]]:
        counts = SegmentCounts()
        batches = corpus.documents()
        yield from segment_documents(batches, shared, workers=1, counts=counts, **self._shape())
        sums["traditional"] = counts.traditional

    def _shape(self) -> dict[str, Any]:
        return {"separator": self.separator, "format": self.format, "mode": self.mode}
