"""Measures by name -> lines, JSON, a DataFrame."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlptools.base.frames import html_table, to_frame
from nlptools.vectors.vectors import shown_number

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

MEASURE_FORMATS = ("tsv", "json")


@dataclass(frozen=True)
class Measures:
    """Numbers by name, in the order in which they are shown; NaN: not known."""

    measures: dict[str, float]

    def __iter__(self) -> Iterator[tuple[str, float]]:
        """(name, value) of each measure."""
        return iter(self.measures.items())

    def to_frame(self) -> DataFrame:
        """The measures as a pandas DataFrame with the columns measure and value."""
        return to_frame({"measure": list(self.measures), "value": list(self.measures.values())})

    def _repr_html_(self) -> str:
        return html_table(("measure", "value"), list(self.measures.items()))


def plain_number(value: float) -> float | None:
    """As JSON has it: six digits, None for what is not known; a whole number as it is."""
    if isinstance(value, int):
        return value
    return float(f"{value:.6g}") if math.isfinite(value) else None


def measure_table(
    measures: dict[str, float],
    format: str,
    *,
    lines: Any = (),
    objects: dict[str, Any] | None = None,
) -> str:
    """One of MEASURE_FORMATS: lines of name, tab, value; or one JSON object, with null for what is not known.

    lines: (name, text) of more lines; objects: more of the JSON object.
    """
    if format not in MEASURE_FORMATS:
        raise ValueError(f"format must be one of {', '.join(MEASURE_FORMATS)}, not {format!r}")
    if format == "json":
        known = {name: plain_number(value) for name, value in measures.items()}
        return json.dumps({**known, **(objects or {})}, ensure_ascii=False, indent=2) + "\n"
    shown = [("measure", "value"), *((name, shown_number(v)) for name, v in measures.items())]
    return "".join(f"{name}\t{text}\n" for name, text in [*shown, *lines])
