"""Where a word stands in the list of discover, and why -> lines for people, values for JSON."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

from nlptools.discovery.cuts import Cuts
from nlptools.discovery.evidence import Evidence
from nlptools.discovery.explain import Near, Standing
from nlptools.discovery.keyness import Newness

WAYS = 8  # in which occurrences are cut, most frequent first
_MILLION = 1e6


def standing_lines(standing: Standing) -> list[str]:
    """For people, each line with two blanks before it."""
    lines = [f"  {standing.method:<6} {_place(standing)}"]
    lines += [f"  not in the list: {bar}" for bar in standing.bars]
    if standing.evidence is not None:
        lines += _evidence(standing.evidence)
    if standing.newness is not None:
        lines.append(f"  new    {_newness(standing.newness)}")
    if standing.cuts is not None:
        lines += _cuts(standing.cuts)
    for name, near in (("longer", standing.longer), ("parts", standing.shorter)):
        if near:
            lines.append(f"  {name:<7}{', '.join(map(_near, near))}")
    return lines


def standing_row(standing: Standing) -> dict[str, Any]:
    """As JSON holds it: numbers rounded to six digits, None for what is not known."""
    row = dataclasses.asdict(standing)
    del row["word"]
    if (evidence := standing.evidence) is not None:
        row["evidence"]["factors"] = [factor._asdict() for factor in evidence.factors]
    if (newness := standing.newness) is not None:
        row["newness"]["parts"] = [{"word": w, "share": share} for w, share in newness.parts]
    if (cuts := standing.cuts) is not None:
        row["cuts"]["ways"] = [{"words": list(w), "count": n} for w, n in cuts.ways[:WAYS]]
    rounded: dict[str, Any] = _rounded(row)
    return rounded


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _place(standing: Standing) -> str:
    own = f"rank {standing.rank:,} of" if standing.rank is not None else "not among"
    said = f"{own} {standing.words:,} words"
    if standing.score is None:
        return said
    said += f", score {standing.score:.4f}"
    if standing.newness is not None:
        said += f" = {standing.plain_score:.4f} x newness {standing.newness.value:.4f}"
    if standing.plain_rank is not None:
        by = "without newness" if standing.newness is not None else "with what is below the bars"
        said += f"; {by} rank {standing.plain_rank:,} of {standing.candidates:,}"
    return said


_KINDS = {
    "listed": "a word of the word list",
    "word": "a word that is in no word list",
    "term": "a term, a sequence of words",
}


def _evidence(found: Evidence) -> Iterator[str]:
    yield f"  odds   of {_KINDS[found.kind]}: {found.nats:+.4f} nats, probability {found.probability:.4f}"
    for factor in found.factors:
        if factor.name == "constant":
            yield f"    {'constant':<28}{factor.nats:+9.4f}"
        elif factor.weight:
            product = f"{factor.value:.4f} x {factor.weight:g}"
            yield f"    {factor.name:<9} {product:>16} ={factor.nats + 0.0:+9.4f}"
    if found.share is not None and found.shrunk is not None:
        yield (
            f"    expected {found.expected:.2f}, with fine penalties {found.fine:.2f}, of "
            f"{found.seen['counts']:,} + {found.shrunk:g}: share {found.share:.4f}; even at {found.even_share:g}"
        )
    yield from (f"    {reason}" for reason in found.behind)


def _newness(found: Newness) -> str:
    here, there = found.here * _MILLION, found.there * _MILLION
    said = (
        f"{found.value:.4f}: {here:,.2f} in a million symbols here, {there:,.2f} in the background"
    )
    if found.source == "parts":
        parts = " ".join(f"{word} {share * _MILLION:,.2f}" for word, share in found.parts)
        said += f", as its parts predict: {parts}"
    elif found.source == "unseen":
        said += ", which has never seen it"
    return f"{said}; half of it, as a word list has the word" if found.listed else said


def _cuts(cuts: Cuts) -> list[str]:
    lines = [
        f"  cut    as this word {cuts.whole:,}, inside longer words {cuts.inside:,}, "
        f"divided {cuts.divided:,}, across an end {cuts.torn:,}"
    ]
    ways = [f"{'|'.join(words)} {count:,}" for words, count in cuts.ways[:WAYS]]
    rest = len(cuts.ways) - len(ways)
    return [*lines, f"    {', '.join(ways)}{f' and {rest:,} more ways' if rest else ''}"]


def _near(near: Near) -> str:
    return f"{near.word} {near.count:,} ({near.score:.2f})"
