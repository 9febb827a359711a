"""Settings of filter_documents, checked -> the reasons for which documents are dropped, in their order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.lm.limits import BUCKETS, MEAN_SYMBOLS
from nlptools.lm.measures import MEASURES

# Why a document is dropped: the first of them that holds. "" is kept.
REASONS = ("", "symbols", "duplicate", "han", "oov", "repeated", "repeated_lines", "perplexity")
# What is known of a document before there are limits; a row of the table in filter.py.
COLUMNS = (
    *("log10_prob", "numbers", "symbols", "oov", "characters"),
    *MEASURES,
    "reason",
)
# Of `measures`. Chosen on documents of encyclopaedia, news, statutes, recipes and manuals (docs/decisions.md): each
# drops fewer than 1 % of the good ones. MassiveText has .2 for duplicate lines, .15 to .1 for duplicate n-grams.
LIMITS = {"min_han": 0.2, "max_oov": 0.1, "max_repeated": 0.4, "max_repeated_lines": 0.3}


def per_symbol(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(log10 probability for each symbol and end of a sentence, how many of these) of rows of the table."""
    numbers = rows[:, COLUMNS.index("numbers")]
    return rows[:, COLUMNS.index("log10_prob")] / np.maximum(numbers, 1), numbers


@dataclass(frozen=True)
class FilterRules:
    """What to drop; see filter_documents. Raises ValueError for settings that make no sense."""

    quantiles: Sequence[float] | None = None
    max_perplexity: Sequence[float] | None = None
    min_per_symbol: Sequence[float] | None = None
    keep: Sequence[str] | None = None
    min_symbols: int = 0
    mean_symbols: float | None = None
    first: int | None = None
    measures: bool = False
    min_han: float | None = None
    max_oov: float | None = None
    max_repeated: float | None = None
    max_repeated_lines: float | None = None
    unique: bool = False

    def __post_init__(self) -> None:
        given = [name for name in _BORDERS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} exclude each other")
        for name in given:
            _check_borders(name, getattr(self, name))
        self._check_keep(given)
        if self.mean_symbols is not None and not given:
            raise ValueError(f"mean_symbols needs limits: {_GIVE}")
        for name in LIMITS:
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ValueError(f"{name} must be a share from 0 to 1, not {value:g}")
        if self.min_symbols < 0 or (self.first is not None and self.first < 1):
            raise ValueError("min_symbols must not be below 0, first at least 1")
        if self.mean_symbols is not None and not 0 <= self.mean_symbols < math.inf:
            raise ValueError("mean_symbols must not be below 0")
        if self.first is not None and not self.needs_limits:
            raise ValueError("first needs quantiles, or mean_symbols above 0")

    def _check_keep(self, given: Sequence[str]) -> None:
        if self.keep is None:
            return
        if not given:
            raise ValueError(f"keep needs buckets: {_GIVE}")
        known = self.names
        unknown = [name for name in self.keep if name not in known]
        if unknown or not self.keep:
            raise ValueError(f"keep: any of {', '.join(known)}, not {', '.join(unknown) or 'none'}")

    @property
    def borders(self) -> int:
        """How many limits there are between buckets: 0, 1 or 2."""
        return max(len(getattr(self, name) or ()) for name in _BORDERS)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the buckets there are."""
        return {0: (), 1: (BUCKETS[0], BUCKETS[2]), 2: BUCKETS}[self.borders]

    @property
    def kept_buckets(self) -> tuple[str, ...]:
        """Those that are kept, in their order."""
        if self.keep is None:
            return self.names[:-1]
        return tuple(name for name in self.names if name in self.keep)

    @property
    def limits(self) -> list[float]:
        """log10 of the perplexities that are given as limits; none for quantiles."""
        if self.max_perplexity is not None:
            return [math.log10(number) for number in self.max_perplexity]
        return [-number for number in self.min_per_symbol or ()]

    @property
    def weight(self) -> float:
        """Of the mean, in symbols."""
        if self.mean_symbols is not None:
            return self.mean_symbols
        return MEAN_SYMBOLS if self.quantiles is not None else 0.0

    @property
    def needs_limits(self) -> bool:
        """Whether documents must be read before the first can be judged."""
        return self.quantiles is not None or (self.weight > 0 and self.borders > 0)

    def limit(self, name: str) -> float | None:
        """The limit of a measure, as it was given or by default; None: it drops nothing."""
        value: float | None = getattr(self, name)
        return LIMITS[name] if value is None and self.measures else value

    @property
    def measured(self) -> tuple[str, ...]:
        """The measures that are computed, of MEASURES."""
        wanted = {
            name.removeprefix("min_").removeprefix("max_")
            for name in LIMITS
            if self.limit(name) is not None
        }
        return tuple(name for name in MEASURES if name in wanted)

    def reasons(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Number in REASONS of each document, as far as it needs no other document; uint8."""
        found = np.zeros(len(columns["symbols"]), np.uint8)
        for name in LIMITS:
            limit = self.limit(name)
            if limit is None:
                continue
            side, _, column = name.partition("_")
            over = columns[column] < limit if side == "min" else columns[column] > limit
            found[over & (found == 0)] = REASONS.index(column)
        found[columns["symbols"] < max(1, self.min_symbols)] = REASONS.index("symbols")
        return found


_GIVE = "give quantiles, max_perplexity or min_per_symbol"
_BORDERS = ("quantiles", "max_perplexity", "min_per_symbol")


def _check_borders(name: str, values: Sequence[float]) -> None:
    if not 1 <= len(values) <= 2:
        raise ValueError(f"{name}: one number, or two")
    steps = sorted(values, reverse=name == "min_per_symbol")
    if list(values) != steps or len(set(values)) < len(values):
        way = "fall" if name == "min_per_symbol" else "rise"
        raise ValueError(f"{name}: the second number must {way}")
    least, most = {"quantiles": (0, 100), "max_perplexity": (1, math.inf)}.get(name, (-math.inf, 0))
    if not all(least <= value <= most and math.isfinite(value) for value in values):
        wanted = {"quantiles": "percent, from 0 to 100", "max_perplexity": "at least 1"}
        raise ValueError(f"{name}: {wanted.get(name, 'logarithms, not above 0')}")
