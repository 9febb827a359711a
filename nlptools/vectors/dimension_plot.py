"""Bounds on the dimension of word vectors -> a picture: the dimension against the number of words."""

from __future__ import annotations

import importlib
import io
import math
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlptools.base.outputs import whole_file
from nlptools.errors import NlptoolsError, install_hint
from nlptools.vectors.dimension import COMMON_SIZES, capacity, entropy_gap, exact_dimension

SUFFIXES = (".svg", ".png", ".pdf")
_LEAST, _MOST = 2.0, 9.0  # log10 of the number of words that is always shown
_BLUE, _RED, _GREY, _INK = "#2a6f97", "#c8553d", "#b8bec4", "#30353a"
_SHADE = "#eef4f8"
_ROWS = 6  # of labels at the feet of the points; changes nothing but the picture
_SUBTITLE = "Line: 2 ln N + $h_n$ = 0, about n = 8.33 ln N. Shaded: too little room."
_STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same picture everywhere
    "font.size": 10.0,
    "svg.hashsalt": "nlptools",  # the same bytes each time
    "svg.fonttype": "none",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def load_figure() -> tuple[Any, Any]:
    """matplotlib, and its class Figure; NlptoolsError where it is not installed."""
    try:
        return importlib.import_module("matplotlib"), importlib.import_module("matplotlib.figure")
    except ImportError:
        raise NlptoolsError(
            "drawing a plot needs the module matplotlib", install_hint("plot")
        ) from None


def plot_bounds(
    path: str | os.PathLike[str],
    *,
    sizes: Sequence[int] = (),
    lengths: Sequence[int] = (),
    dimensions: Sequence[int] = (),
) -> None:
    """Draw the exact bound into an SVG, PNG or PDF file, with the usual sizes of vectors.

    sizes, lengths (of sequences) and dimensions are marked on it. Raises ValueError for another kind of file,
    NlptoolsError without matplotlib, DataError where the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"path must end in one of {', '.join(SUFFIXES)}, not {suffix!r}")
    matplotlib, figures = load_figure()
    points = [
        *((math.log10(n), exact_dimension(n), _words(n), "o") for n in sizes),
        *((math.log10(n), exact_dimension(n), f"length {n:,}", "s") for n in lengths),
        *((_fit(n), n, _words(capacity(n)), "D") for n in dimensions),
    ]
    picture = io.BytesIO()
    with matplotlib.rc_context(_STYLE):
        figure = figures.Figure(figsize=(9, 5.6), dpi=160, layout="constrained")
        _draw(figure.add_subplot(), points)
        # A date would make every file another one.
        date = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix)
        figure.savefig(picture, format=suffix[1:], metadata=date)
    with whole_file(path) as stream:
        stream.write(picture.getvalue())


def _fit(dimension: int) -> float:
    """log10 of the words that fit."""
    return -entropy_gap(dimension) / 2 / math.log(10)


def _words(number: int) -> str:
    """In few characters; large numbers rounded down."""
    if number == 1:
        return "1 word"
    if number < 10**9:
        return f"{number:,} words"
    digits = str(number)
    return rf"${digits[0]}.{digits[1:3]}\times10^{{{len(digits) - 1}}}$ words"


def _draw(axes: Any, points: Sequence[tuple[float, int, str, str]]) -> None:
    least = min([_LEAST, *(x - 0.3 for x, *_ in points)])
    most = max([_MOST, *(x + 0.3 for x, *_ in points)])
    low = min([16.0, *(y * 0.8 for _, y, *_ in points)])
    high = max([COMMON_SIZES[-1] * 1.35, *(y * 1.35 for _, y, *_ in points)])
    axes.set_xlim(least, most)
    axes.set_yscale("log", base=2)
    axes.set_ylim(low, high)

    curve = [n for n in range(1, math.ceil(high)) if least - 1 < _fit(n) < most + 1]
    across = [_fit(n) for n in curve]
    axes.fill_between(across, curve, low, color=_SHADE, linewidth=0, zorder=0)
    axes.plot(across, curve, color=_BLUE, linewidth=2.2, zorder=3)

    named: list[int] = []
    for size in COMMON_SIZES:
        axes.axhline(size, color=_GREY, linewidth=0.7, zorder=1)
        if named and math.log(size / named[-1]) < 0.03 * math.log(high / low):
            continue  # no room for its name
        named.append(size)
        axes.annotate(
            _words(capacity(size)),
            (1, size),
            (6, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    axes.set_yticks(named, [str(size) for size in named])
    axes.minorticks_off()
    steps = (part * 10**power for power in range(9) for part in (1, 2, 5))
    step = next(step for step in steps if 10 * step >= most - least)
    ticks = range(math.ceil(least / step) * step, math.floor(most) + 1, step)
    axes.set_xticks(ticks, [f"$10^{{{tick}}}$" if tick > 1 else f"{10**tick}" for tick in ticks])
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_GREY)
    axes.tick_params(length=0)
    axes.set_xlabel("number of words N")
    axes.set_ylabel("dimension n of their vectors")
    axes.set_title("How many dimensions N words need at least", loc="left", fontsize=13, pad=22)
    _note(axes, (0, 1), (0, 8), _SUBTITLE)
    _note(axes, (1, 1), (6, 8), "room for")
    for x, y, _, marker in points:
        axes.plot([x, x], [low, y], color=_RED, linewidth=0.9, linestyle=(0, (1, 2)), zorder=2)
        axes.plot(
            *([x], [y], marker),
            color=_RED,
            markersize=7.5,
            markeredgecolor="white",
            clip_on=False,
            zorder=4,
        )
    _label(axes, points, least, most)


def _note(axes: Any, place: tuple[float, float], shift: tuple[float, float], text: str) -> None:
    axes.annotate(
        text, place, shift, xycoords="axes fraction", textcoords="offset points", fontsize=9
    )


def _label(
    axes: Any, points: Sequence[tuple[float, int, str, str]], least: float, most: float
) -> None:
    """Names of the points at their feet; where two would meet, one higher."""
    ends = [-math.inf] * _ROWS
    for x, y, label, _ in sorted(set(points)):
        text = f"{label}: n = {y:,}"
        place = (x - least) / (most - least)
        width = 0.0103 * len(re.sub(r"\\times|[${}^]", "", text)) + 0.012  # of the axis, about
        leftwards = place + width > 1.02
        start = place - width if leftwards else place
        row = next((row for row, end in enumerate(ends) if end <= start), None)
        if row is None:
            continue
        ends[row] = start + width
        axes.annotate(
            text,
            (place, 0.035 + 0.047 * row),
            (-5 if leftwards else 5, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            ha="right" if leftwards else "left",
            color=_RED,
            fontsize=9.5,
            bbox={"facecolor": _SHADE, "edgecolor": "none", "pad": 1.5},
            zorder=5,
        )
