"""What was filtered -> for people: a table of what was kept and why the rest was not, examples at the limits."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nlptools.lm.filtered import NO_BUCKET, FilteredDocuments, FilterReport
from nlptools.lm.filterrules import REASONS
from nlptools.lm.limits import BUCKETS

SHOWN = 60  # characters of an example

_WHY = {
    "symbols": "too few symbols",
    "duplicate": "came before",
    "han": "too little Han",
    "oov": "unknown characters",
    "repeated": "repeats itself",
    "repeated_lines": "repeated lines",
    "perplexity": "perplexity",
}


def report_table(report: FilterReport) -> str:
    """Documents and characters that were kept, by bucket, and dropped, by reason, with shares of all; no line end."""
    kept: dict[str, list[int]] = {}
    dropped: dict[str, list[int]] = {}
    for (bucket, reason), sums in sorted(report.counts.items()):
        if reason:
            name, side = _WHY[REASONS[reason]], dropped
        else:
            name, side = "" if bucket == NO_BUCKET else BUCKETS[bucket], kept
        side[name] = [a + b for a, b in zip(side.get(name, [0, 0]), sums, strict=True)]
    order = list(_WHY.values())
    rows = [["", "", "documents", "", "characters", ""]]
    every = [sum(sums[i] for sums in report.counts.values()) for i in (0, 1)]
    rows += _rows("kept", kept, every)
    rows += _rows("dropped", dict(sorted(dropped.items(), key=lambda x: order.index(x[0]))), every)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        names = (cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False))
        numbers = (cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True))
        lines.append("  ".join([*names, *numbers]).rstrip())
    return "\n".join(lines)


def _rows(title: str, sums: dict[str, list[int]], every: list[int]) -> list[list[str]]:
    made: list[list[str]] = []
    for name, numbers in (sums or {"": [0, 0]}).items():
        cells = [title if not made else "", name]
        for number, whole in zip(numbers, every, strict=True):
            cells += [f"{number:,}", f"{100 * number / whole:.1f} %" if whole else ""]
        made.append(cells)
    return made


def limits_line(report: FilterReport) -> str | None:
    """Where the buckets end and what these limits come from; None where there are none."""
    rules = report.rules
    if not report.limits or np.isnan(report.limits[0]):
        return None
    values = [f"{10**limit:,.4g}".replace(",", "") for limit in report.limits]
    ends = ", ".join(
        f"{name} up to {value}" for name, value in zip(rules.names[:-1], values, strict=True)
    )
    line = f"Perplexity: {ends}"
    if rules.quantiles is not None:
        shares = " and ".join(f"{share:g} %" for share in rules.quantiles)
        line += f" ({shares} of what no other rule drops in {report.sample:,} documents)"
    if rules.weight and not np.isnan(report.mean):
        line += f"; the mean {10**-report.mean:,.4g} counts for {rules.weight:g} symbols"
    return line + "."


class Example(NamedTuple):
    """A document near a limit."""

    log10_perplexity: float
    source: str
    line: int
    text: str


class Examples:
    """Of each limit the documents that are nearest to it, so many on each side; the first ones of equal ones."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._seen = 0
        self._heaps: dict[tuple[int, bool], list[tuple[float, int, Example]]] = {}

    def add(self, batch: FilteredDocuments, report: FilterReport) -> None:
        """Look at the documents of a batch that their perplexity alone keeps or drops."""
        fit = np.isin(batch.reasons, (0, REASONS.index("perplexity"))) & ~np.isnan(batch.judged)
        for limit in range(len(report.limits)):
            apart = batch.judged - report.limits[limit]
            for above in (False, True):
                places = np.flatnonzero(fit & ((apart > 0) == above))
                near = places[np.argsort(np.abs(apart[places]), kind="stable")[: self._number]]
                heap = self._heaps.setdefault((limit, above), [])
                for place in near.tolist():
                    documents = batch.documents
                    text = documents.texts[place][: 4 * SHOWN]
                    where = documents.source, documents.lines[place]
                    one = Example(float(batch.judged[place]), *where, text)
                    # A heap has its least on top: the farthest, of equal ones the last.
                    entry = (-abs(float(apart[place])), -(self._seen + place), one)
                    if len(heap) < self._number:
                        heapq.heappush(heap, entry)
                    else:
                        heapq.heappushpop(heap, entry)
        self._seen += len(batch.documents)

    def at(self, limit: int, above: bool) -> list[Example]:
        """Those on one side of a limit, by their perplexity."""
        found = [one for _, _, one in self._heaps.get((limit, above), [])]
        return sorted(found, key=lambda one: one.log10_perplexity)

    def lines(self, report: FilterReport) -> Iterator[str]:
        """For people: each limit, with what lies below and above it."""
        names = report.rules.names
        for limit, value in enumerate(report.limits):
            if not (self.at(limit, False) or self.at(limit, True)):
                continue
            yield f"Around perplexity {10**value:,.4g}, between {names[limit]} and {names[limit + 1]}:"
            for above in (False, True):
                bucket = names[limit + above]
                for one in self.at(limit, above):
                    text = " ".join(one.text.split())
                    text = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
                    yield f"  {bucket}  {10**one.log10_perplexity:.4g}  {one.source}:{one.line}  {text}"
