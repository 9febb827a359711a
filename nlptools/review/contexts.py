"""Word list + corpus -> what it takes to judge each word: its numbers, how it is cut, contexts, a place for the decision.

One row a word, for a person, a script or a language model; `export`, `report` and `discover` read the decisions.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.base.resources import Watch, unwatched
from nlptools.discovery.columns import KINDS
from nlptools.errors import cell
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.delimited import read_cells
from nlptools.text.wordlists import WordRows, read_rows
from nlptools.usage.contexts import Context, spread
from nlptools.usage.usage import measure_usage

CONTEXT_FORMATS = ("jsonl", "tsv")
# Occurrences of a word that are cut, and characters on both sides that are cut with them: more say the same.
CUT, AROUND = 20, 20
SPLITS = 5  # ways to cut a word that a row has, most frequent first
_BATCH = 500  # words at a time

Split = tuple[tuple[str, ...], int]


@dataclass(frozen=True)
class WordInContext:
    """A word as a person sees it who decides on it.

    count: occurrences in the corpus. columns: what the list says of it, by the names that its columns have there.
    splits: (the words that cover an occurrence, how often), of up to CUT occurrences, spread over the corpus. decision:
    "accepted", "rejected" or "" for none, as in the list.
    """

    word: str
    count: int
    columns: dict[str, Any]
    splits: list[Split]
    contexts: list[Context]
    decision: str

    def row(self) -> dict[str, Any]:
        """As JSON holds it; what the corpus says takes the place of the list's own."""
        return {
            "word": self.word,
            "count": self.count,
            **self.columns,
            "splits": [{"words": list(words), "count": count} for words, count in self.splits],
            "contexts": [
                {
                    "source": one.source,
                    "line": one.line,
                    "left": one.left,
                    "word": one.word,
                    "right": one.right,
                }
                for one in self.contexts
            ],
            "decision": self.decision,
        }

    def cells(self) -> list[str]:
        """As TSV holds it: the splits and the contexts are a cell each."""
        row = self.row()
        row["splits"] = ", ".join(f"{'|'.join(words)} {count}" for words, count in self.splits)
        row["contexts"] = " / ".join(f"{c.left}[{c.word}]{c.right}" for c in self.contexts)
        return [_cell(value) for value in row.values()]


@dataclass(frozen=True, repr=False)
class WordsInContext:
    """The words of a list, in its order, with what it takes to judge them. columns: names of a row."""

    rows: list[WordInContext]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[WordInContext]:
        return iter(self.rows)

    def __repr__(self) -> str:
        shown = " ".join(one.word for one in self.rows[:5]) + (" ..." if len(self) > 5 else "")
        return f"WordsInContext({len(self):,} words{': ' if shown else ''}{shown})"

    def to_frame(self) -> Any:
        """A pandas DataFrame with the columns of the TSV, splits and contexts as lists."""
        rows = [one.row() for one in self.rows]
        return to_frame({name: [row[name] for row in rows] for name in self.columns})

    def _repr_html_(self) -> str:
        return html_table(self.columns, (one.cells() for one in self.rows), total=len(self))


def words_in_context(
    words: str | os.PathLike[str] | WordRows,
    corpus: CorpusLike,
    *,
    contexts: int = 5,
    width: int = 20,
    top: int | None = None,
    model: Segmenter | str | os.PathLike[str] | None = None,
    latin: str = "run",
    watch: Watch = unwatched,
) -> WordsInContext:
    """What it takes to judge the words of a list (its path, or read_rows of it) by the corpus that it was found in.

    contexts: at most so many of each word, spread evenly over the corpus, `width` characters on both sides. top: only
    the first so many words. model: what cuts the occurrences, as of segment; None: the general model. latin: what is a
    symbol, as in count. watch: called every 500 words. Nothing depends on how the corpus is read.
    Raises ValueError for a number below 0, DataError for a file that is no word list.
    """
    number, around = most_needed(contexts, width, top)
    rows = words if isinstance(words, WordRows) else read_rows(words)
    usage = measure_usage(
        [as_corpus(corpus)],
        rows.words[:top],
        contexts=number,
        width=around,
        neighbours=0,
        latin=latin,
    )
    segmenter = model if isinstance(model, Segmenter) else Segmenter.load(model)
    return rows_in_context(
        rows,
        usage.counts,
        usage.contexts,
        segmenter,
        contexts=contexts,
        width=width,
        top=top,
        watch=watch,
    )


def most_needed(contexts: int, width: int, top: int | None) -> tuple[int, int]:
    """(contexts, width) of which a row is made; ValueError for a number below 0."""
    if contexts < 0 or width < 0 or (top is not None and top < 0):
        raise ValueError("contexts, width and top must not be negative")
    return max(contexts, CUT), max(width, AROUND)


def rows_in_context(
    rows: WordRows,
    counts: np.ndarray,
    kept: Sequence[list[Context]],
    segmenter: Segmenter,
    *,
    contexts: int,
    width: int,
    top: int | None,
    watch: Watch = unwatched,
) -> WordsInContext:
    """What it takes to judge the first `top` words, which were looked for in the corpus.

    counts, kept: of each of them its occurrences, int64, and those that most_needed asks for.
    """
    records = _records(rows, top)
    names = rows.words[:top]
    decisions = rows.decisions or [""] * len(rows)
    found: list[WordInContext] = []
    for number, start in enumerate(range(0, len(names), _BATCH), 1):
        watch("cutting contexts", number, -(-len(names) // _BATCH))
        part = range(start, min(start + _BATCH, len(names)))
        splits = _splits([kept[at] for at in part], segmenter)
        for at, ways in zip(part, splits, strict=True):
            shown = [_cut(one, width) for one in spread(kept[at], contexts)]
            count = int(counts[at])
            found.append(WordInContext(names[at], count, records[at], ways, shown, decisions[at]))
    between = tuple(dict.fromkeys(name for record in records for name in record))
    return WordsInContext(found, ("word", "count", *between, "splits", "contexts", "decision"))


def format_contexts(found: WordsInContext, how: str) -> Iterator[str]:
    """The rows as JSON Lines or TSV. Raises ValueError for an unknown format."""
    if how not in CONTEXT_FORMATS:
        raise ValueError(f"format must be one of {', '.join(CONTEXT_FORMATS)}, not {how!r}")
    if how == "tsv":
        yield "\t".join(map(cell, found.columns)) + "\n"
    for one in found:
        if how == "tsv":
            yield "\t".join(map(cell, one.cells())) + "\n"
        else:
            yield json.dumps(one.row(), ensure_ascii=False, allow_nan=False) + "\n"


def _splits(words: Sequence[list[Context]], segmenter: Segmenter) -> list[list[Split]]:
    """How the model cuts the occurrences that were kept of each word."""
    kept = [spread(some, CUT) for some in words]
    lines = [one.left + one.word + one.right for some in kept for one in some]
    tokens = iter(segmenter.segment_batch(lines))
    splits = []
    for some in kept:
        ways: Counter[tuple[str, ...]] = Counter()
        for one in some:
            first = len(one.left)
            ways[tuple(_covering(next(tokens), first, first + len(one.word)))] += 1
        ranked = sorted(ways.items(), key=lambda item: (-item[1], item[0]))
        splits.append(ranked[:SPLITS])
    return splits


def _covering(tokens: Sequence[str], first: int, stop: int) -> Iterator[str]:
    """The tokens that have a character from first to stop; tokens are all of a line."""
    end = 0
    for token in tokens:
        start, end = end, end + len(token)
        if start < stop and end > first:
            yield token


def _cut(context: Context, width: int) -> Context:
    left = context.left[max(0, len(context.left) - width) :]
    return Context(context.source, context.line, left, context.word, context.right[:width])


_OWN = {"word", "count", "splits", "contexts", "decision"}


def _records(rows: WordRows, top: int | None) -> list[dict[str, Any]]:
    """What a list says of each word, but for what a row has of its own; numbers as numbers."""
    lines = rows.lines[:top]
    if rows.kind == "jsonl":
        return [
            {name: value for name, value in json.loads(line).items() if name not in _OWN}
            for line in lines
        ]
    if rows.kind == "lines":  # what follows a word there has no name
        return [{} for _ in lines]
    if rows.kind == "csv":
        names = next(read_cells(io.StringIO(rows.header)))
        every = [next(read_cells(io.StringIO(line))) for line in lines]
    else:
        names = rows.header.split("\t")
        every = [line.split("\t") for line in lines]
    return [
        {
            name: _value(name, cells[at] if at < len(cells) else "")
            for at, name in enumerate(names)
            if at and name not in _OWN
        }
        for cells in every
    ]


def _value(name: str, text: str) -> Any:
    """A cell of a column as JSON has it: None where it is empty."""
    kind = KINDS.get(name)
    if not text.strip():
        return None
    if kind == "flag":
        return text.strip() == "yes"
    if kind in ("int", "real"):
        try:
            number = float(text)
        except ValueError:
            return text
        if math.isfinite(number):
            return int(number) if kind == "int" and number.is_integer() else number
    return text


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
