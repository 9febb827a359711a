"""`nlptools explain`: words -> the arithmetic behind their scores, and where they occur."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import note, open_corpus, write
from nlptools.errors import DataError

if TYPE_CHECKING:
    from nlptools.ngrams.counts import NgramCounts
    from nlptools.ngrams.explain import Explanation, Side
    from nlptools.usage.contexts import Context


@click.command(
    epilog="""\b
Examples:
  nlptools explain 沈渡秋 松烟派 --corpus data/samples/novel.txt
  nlptools explain 机器学习 --counts it.counts --format jsonl
"""
)
@click.argument("words", nargs=-1, required=True, type=options.TextParam())
@click.option(
    "--counts", "counts_file", type=click.Path(), help="Counts file to take the numbers from."
)
@click.option(
    "--corpus",
    "paths",
    multiple=True,
    type=click.Path(),
    help="Text to show contexts from, and to count when there is no counts file; `-` is stdin. "
    "May be given several times.",
)
@click.option(
    "--contexts",
    "number",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Contexts to show for each word, spread over the corpus.",
)
@click.option(
    "--neighbours",
    type=click.IntRange(min=0),
    default=8,
    show_default=True,
    help="Neighbours to show on each side, most frequent first.",
)
@click.option(
    "--format",
    "how",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@options.latin_option()
@options.reading_options
@options.machine_options
@options.quiet_option
def explain(
    words: tuple[str, ...],
    counts_file: str | None,
    paths: tuple[str, ...],
    number: int,
    neighbours: int,
    how: str,
    latin: str,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    **machine: Any,
) -> None:
    """Explain the scores of words: every split, the neighbours, where they occur.

    All PMI and entropies are in nats. An occurrence next to a break (punctuation, a line end) counts
    as a neighbour of its own.
    """
    if counts_file is None and not paths:
        raise click.UsageError(
            "Name the text with --corpus FILE, or its counts with --counts FILE."
        )
    counts = None
    if counts_file is not None:
        from nlptools.ngrams.counts import load_counts

        counts = load_counts(counts_file)
        counts.require(1)
        fold = fold or _known_folds(counts, counts_file)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus = open_corpus(paths, quiet, **reading, fold=fold) if paths else None
    from nlptools.ngrams.count import count_ngrams
    from nlptools.ngrams.counts import MAX_ORDER
    from nlptools.ngrams.explain import explain_word, word_symbols
    from nlptools.text.folding import fold_text
    from nlptools.usage.contexts import find_contexts

    # The words as they stand in the folded corpus; without --fold, folded as the counts were.
    words = tuple(fold_text(word, fold) for word in words)
    if counts is None:
        assert corpus is not None
        longest = max(len(word_symbols(word, latin)) for word in words)
        order = min(longest + 1, MAX_ORDER)
        counts = count_ngrams(corpus, order=order, latin=latin, **machine)
    results = [explain_word(counts, word) for word in words]
    contexts: dict[str, list[Context]] = {}
    if corpus is not None and number:
        if corpus.rereadable or counts_file is not None:
            contexts = find_contexts(corpus, words, number=number)
        elif not quiet:
            note("No contexts: a pipe can be read only once, and was read for the counts.")
    if how == "jsonl":
        write(_json_lines(results, contexts, neighbours))
    else:
        write(_text(results, contexts, neighbours))


def _known_folds(counts: NgramCounts, path: str) -> tuple[str, ...]:
    """The folds recorded in a counts file; DataError for one that this version does not have."""
    from nlptools.text.folding import FOLDS

    for name in counts.settings.fold:
        if name not in FOLDS:
            raise DataError(
                path, None, f"counted with an unknown fold: {name!r}", "name yours with --fold"
            )
    return counts.settings.fold


def _json_lines(
    results: Iterable[Explanation], contexts: dict[str, list[Context]], most: int
) -> Iterator[str]:
    for result in results:
        row = dataclasses.asdict(result)
        for side in (row["left"], row["right"]):
            if side is not None:
                side["neighbours"] = side["neighbours"][:most]
        row["pmi"] = _finite(row["pmi"])
        for split in row["splits"]:
            split["pmi"] = _finite(split["pmi"])
        row["contexts"] = [dataclasses.asdict(context) for context in contexts.get(result.word, [])]
        yield json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(number: float) -> float | None:
    return round(number, 4) if abs(number) != float("inf") and number == number else None


def _text(
    results: Iterable[Explanation], contexts: dict[str, list[Context]], most: int
) -> Iterator[str]:
    for i, result in enumerate(results):
        lines = [""] if i else []
        lines.append(f"{result.word}  count {result.count:,} of {result.total:,} symbols")
        if not result.count:
            yield "\n".join([*lines, "  never occurs", ""])
            continue
        for split in result.splits:
            mark = "  <- weakest" if split.pmi == result.pmi and len(result.splits) > 1 else ""
            lines.append(
                f"  split  {split.left} {split.left_count:,} | {split.right} {split.right_count:,}"
                f"  PMI {split.pmi:.4f}{mark}"
            )
        lines += _side_lines("left ", result.left, most) + _side_lines("right", result.right, most)
        for context in contexts.get(result.word, []):
            lines.append(
                f"  {context.source}:{context.line}: {context.left}[{context.word}]{context.right}"
            )
        yield "\n".join([*lines, ""])


def _side_lines(name: str, side: Side | None, most: int) -> list[str]:
    if side is None:
        return [f"  {name}  not counted: the counts end at this order"]
    shown = " ".join(f"{symbol} {count:,}" for symbol, count in side.neighbours[:most])
    rest = len(side.neighbours) - most
    more = f" and {rest:,} more" if rest > 0 else ""
    breaks = f"; at a break {side.breaks:,}" if side.breaks else ""
    return [
        f"  {name}  entropy {side.entropy:.4f}, variety {side.variety:,}: {shown}{more}{breaks}"
    ]
