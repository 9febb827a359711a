"""The methods of segmentation by name -> what each segments by, which options go with it, the open segmenter.

A method says that here, once. `problems` reads it for the command line and for `open_cutter`. NumPy is imported
when a segmenter is opened, so that the command line can read the table at `--help`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlptools.segmentation.tokens import Cutter

Path = str | os.PathLike[str]

# As in measures.py, which needs NumPy.
NUMERALS = ("auto", "keep", "split")
# Options that not every method has, in the order in which they are checked.
OPTIONS = ("counts", "model", "granularity", "adapt", "mode", "weights", "fold")


# What is given of a word: itself, or also the words inside it (search.py).
MODES = ("default", "search")


@dataclass(frozen=True, kw_only=True)
class SegmentMethod:
    """A method of segmentation.

    about: for the help. reference: only there to compare others with. options: of OPTIONS, those that go with
    it; `file` is the one that names what it segments by. needs: what that file has to be, where one must be
    named; empty where it need not. open: makes the segmenter of (that file or None, **other options).
    """

    name: str
    about: str
    reference: bool
    options: tuple[str, ...]
    file: str
    needs: str
    open: Callable[..., Cutter]


def _open_words(
    path: Path | None, granularity: str | None = None, fold: Sequence[str] | None = None
) -> Cutter:
    from nlptools.segmentation.segmenter import Segmenter

    return Segmenter.load(path, granularity, fold)


def _open_lm(
    path: Path, weights: Sequence[float] | None = None, fold: Sequence[str] | None = None
) -> Cutter:
    from nlptools.lm.files import open_lm
    from nlptools.segmentation.tagger import TagCutter

    return TagCutter(open_lm(path), weights=weights, fold=fold)


def _open_pmi(path: Path, fold: Sequence[str] | None = None) -> Cutter:
    from nlptools.segmentation.baselines import PmiCutter, read_counts

    return PmiCutter(read_counts(path), fold=fold)


def _open_nvbe(path: Path, fold: Sequence[str] | None = None) -> Cutter:
    from nlptools.segmentation.baselines import BranchingCutter, read_counts

    return BranchingCutter(read_counts(path), fold=fold)


_ENTRIES = (
    SegmentMethod(
        name="model",
        about="the best path through weighted words",
        reference=False,
        options=("model", "granularity", "adapt", "mode", "fold"),
        file="model",
        needs="",
        open=_open_words,
    ),
    SegmentMethod(
        name="lm",
        about="the best tags by a character language model (kexue.fm 3956)",
        reference=False,
        options=("model", "weights", "fold"),
        file="model",
        needs="a language model",
        open=_open_lm,
    ),
    SegmentMethod(
        name="pmi",
        about="cuts at weak pairs (kexue.fm 3913)",
        reference=True,
        options=("counts", "fold"),
        file="counts",
        needs="the counts of a corpus",
        open=_open_pmi,
    ),
    SegmentMethod(
        name="nvbe",
        about="by branching entropy (Magistry & Sagot 2012)",
        reference=True,
        options=("counts", "fold"),
        file="counts",
        needs="the counts of a corpus",
        open=_open_nvbe,
    ),
)
METHODS = {method.name: method for method in _ENTRIES}


def problems(
    method: str, given: Mapping[str, Any], call: Callable[[str], str] = str
) -> Iterator[str]:
    """What is wrong with the options of a segmentation, worst first; nothing where they make sense.

    given: the options that are given. call: how the caller names an option, as `--counts` for counts.
    """
    if method not in METHODS:
        yield f"{call('method')} must be one of {', '.join(METHODS)}, not {method!r}"
        return
    own = METHODS[method]
    for option in OPTIONS:
        if option in given and option not in own.options:
            having = [other.name for other in METHODS.values() if option in other.options]
            yield f"{call(option)} goes with {call('method')} {' or '.join(having)}"
    if own.needs and own.file not in given:
        yield f"{call('method')} {method} needs {own.needs}: {call(own.file)} FILE"


def open_cutter(
    method: str = "model",
    *,
    model: Path | None = None,
    counts: Path | None = None,
    granularity: str | None = None,
    weights: Sequence[float] | None = None,
    numerals: str = "auto",
    words: Iterable[str] | Mapping[str, float | None] | None = None,
    fold: Sequence[str] | None = None,
) -> Cutter:
    """The segmenter of a method.

    model: for "model" as in Segmenter.load, for "lm" a language model, native or ARPA. counts: a counts file,
    for "pmi" and "nvbe". granularity: as in Segmenter.load. weights: as in TagCutter. numerals: "keep", a number and the year,
    month or other unit of time after it are one word; "split", two, as a number and any measure word; "auto", two where
    the number has several characters, and else as the method has it.
    words: those of users, which every method takes: as in its with_words.
    fold: by what text is looked up, as in Segmenter.from_model.
    Raises ValueError for an option that does not go with the method or makes no sense, NlptoolsError for a
    file that is none of the kind.
    """
    options = {"model": model, "counts": counts, "granularity": granularity, "weights": weights}
    given = {name: value for name, value in options.items() if value is not None}
    for problem in problems(method, given):
        raise ValueError(problem)
    if numerals not in NUMERALS:
        raise ValueError(f"numerals must be one of {', '.join(NUMERALS)}, not {numerals!r}")
    own = METHODS[method]
    opened = own.open(given.pop(own.file, None), **given, fold=fold)
    if words is not None:
        opened = opened.with_words(words)
    opened.numerals = numerals
    return opened
