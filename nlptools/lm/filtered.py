"""Documents with the table of their numbers + rules -> what is kept and dropped, the fields that are added, the sums."""

from __future__ import annotations

import dataclasses
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nlptools.lm.filterrules import COLUMNS, REASONS, FilterRules, per_symbol
from nlptools.lm.limits import BUCKETS, buckets_of, shrunk
from nlptools.text.documents import Documents

NO_BUCKET = len(BUCKETS)


@dataclass(frozen=True)
class FilteredDocuments:
    """Documents of a batch; aligned arrays.

    log10_perplexity: NaN without symbols; judged: the same, shrunk. oov: share of unknown symbols. buckets: numbers in
    BUCKETS, NO_BUCKET where there is none. reasons: numbers in REASONS, 0 is kept. measures: name -> share.
    """

    documents: Documents
    log10_perplexity: np.ndarray
    judged: np.ndarray
    oov: np.ndarray
    characters: np.ndarray
    buckets: np.ndarray
    reasons: np.ndarray
    measures: dict[str, np.ndarray]
    shrunk: bool  # whether `judged` is another number
    bucketed: bool  # whether there are buckets

    @classmethod
    def of(
        cls, documents: Documents, rows: np.ndarray, rules: FilterRules, report: FilterReport
    ) -> FilteredDocuments:
        """rows: of the table in filter.py. report: has the mean and the limits."""
        columns = {name: rows[:, number] for number, name in enumerate(COLUMNS)}
        mean_log, numbers = per_symbol(rows)
        weight = rules.weight if rules.borders else 0.0
        judged = -shrunk(mean_log, numbers, report.mean, weight)
        without = columns["symbols"] == 0
        buckets = np.full(len(rows), NO_BUCKET, np.uint8)
        reasons = columns["reason"].astype(np.uint8)
        if report.limits and not math.isnan(report.limits[0]):
            buckets[~without] = buckets_of(judged[~without], report.limits)
            kept = [BUCKETS.index(name) for name in rules.kept_buckets]
            reasons[(reasons == 0) & ~np.isin(buckets, kept)] = REASONS.index("perplexity")
        return cls(
            documents,
            np.where(without, math.nan, -mean_log),
            np.where(without, math.nan, judged),
            columns["oov"],
            columns["characters"].astype(np.int64),
            buckets,
            reasons,
            {name: columns[name] for name in rules.measured},
            weight > 0,
            rules.borders > 0,
        )

    @property
    def kept(self) -> np.ndarray:
        """Which ones have no reason to be dropped; bool."""
        return self.reasons == 0

    def columns(self) -> dict[str, Any]:
        """What filtering adds to each document, by the names of the fields: arrays of numbers, lists of names.

        perplexity (NaN without symbols), shrunk_perplexity (where it is another), oov, the measures, bucket (where there
        are any; None without symbols), reason (empty for what is kept).
        """
        found: dict[str, Any] = {"perplexity": perplexities(self.log10_perplexity)}
        if self.shrunk:
            found["shrunk_perplexity"] = perplexities(self.judged)
        found["oov"] = self.oov.round(4)
        for name, values in self.measures.items():
            found[name] = values.round(4)
        if self.bucketed:
            names = [*BUCKETS, None]
            found["bucket"] = [names[number] for number in self.buckets.tolist()]
        found["reason"] = [REASONS[number] for number in self.reasons.tolist()]
        return found

    def fields(self) -> Iterator[dict[str, Any]]:
        """The same, document by document, as JSON has them: None for NaN; no reason for what is kept."""
        columns = self.columns()
        lists = [x if isinstance(x, list) else _finite(x.tolist()) for x in columns.values()]
        for row in zip(*lists, strict=True):
            added = dict(zip(columns, row, strict=True))
            if not added["reason"]:
                del added["reason"]
            yield added

    def part(self, dropped: bool) -> tuple[Documents, dict[str, Any]]:
        """The documents that are dropped, or those that are kept, with the columns of these."""
        places = np.flatnonzero(self.kept != dropped)
        columns = {}
        for name, values in self.columns().items():
            if name == "reason" and not dropped:
                continue
            chosen = isinstance(values, list)
            columns[name] = [values[i] for i in places.tolist()] if chosen else values[places]
        return select(self.documents, places), columns


def select(documents: Documents, places: np.ndarray) -> Documents:
    """The documents at these places of a batch, ascending."""
    if len(places) == len(documents):
        return documents
    listed = places.tolist()

    def some(values: Sequence[Any] | None) -> Any:
        return None if values is None else [values[place] for place in listed]

    return dataclasses.replace(
        documents,
        numbers=array("q", some(documents.numbers)),
        lines=array("q", some(documents.lines)),
        texts=some(documents.texts),
        records=some(documents.records),
        rows=some(documents.rows),
        table=None if documents.table is None else documents.table.take(places),
    )


def perplexities(logs: np.ndarray) -> np.ndarray:
    """10 ** each, to two decimals; NaN for what is too large for a number."""
    with np.errstate(over="ignore"):
        values: np.ndarray = (10.0**logs).round(2)
    values[np.isinf(values)] = math.nan
    return values


def _finite(values: list[float]) -> list[float | None]:
    return [None if value != value else value for value in values]


@dataclass
class FilterReport:
    """What was kept and dropped so far.

    mean: log10 probability for each symbol, NaN where it was not looked for. limits: log10 of the perplexities between
    the buckets. sample: documents that these are from; None: they were given. counts: (bucket, reason) as their
    numbers -> [documents, characters].
    """

    rules: FilterRules
    mean: float = math.nan
    sample: int | None = None
    limits: Sequence[float] = ()
    counts: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.limits = self.rules.limits

    def add(self, batch: FilteredDocuments) -> None:
        """Count a batch."""
        keys = batch.buckets.astype(np.int64) * len(REASONS) + batch.reasons
        for key in np.unique(keys).tolist():
            here = keys == key
            sums = self.counts.setdefault(divmod(key, len(REASONS)), [0, 0])
            sums[0] += int(np.count_nonzero(here))
            sums[1] += int(batch.characters[here].sum())

    @property
    def kept(self) -> int:
        """Documents."""
        return sum(sums[0] for (_, reason), sums in self.counts.items() if not reason)

    @property
    def dropped(self) -> int:
        """Documents."""
        return sum(sums[0] for (_, reason), sums in self.counts.items() if reason)
