"""`nlptools explain`: words -> the arithmetic behind their scores, and where they occur."""

from __future__ import annotations

from typing import Any

import click

from nlptools.cli import options
from nlptools.cli.console import note, open_corpus, write
from nlptools.cli.files import InputPath


@click.command(
    epilog="""\b
Examples:
  nlptools explain 沈渡秋 松烟派 --corpus data/samples/novel.txt
  nlptools explain 机器学习 --counts it.counts --format jsonl
"""
)
@click.argument("words", nargs=-1, required=True, type=options.TextParam())
@click.option(
    "--counts", "counts_file", type=InputPath(), help="Counts file to take the numbers from."
)
@click.option(
    "--corpus",
    "paths",
    multiple=True,
    type=InputPath(),
    help="Text to show contexts from, and to count when there is no counts file; `-` is stdin. "
    "May be given several times.",
)
@click.option(
    "--contexts",
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
    contexts: int,
    neighbours: int,
    how: str,
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
    from nlptools.ngrams.counts import load_counts
    from nlptools.review.explain import (
        explain_words,
        explanation_json,
        explanation_text,
        folds_of,
    )

    counts = None
    if counts_file is not None:
        counts = load_counts(counts_file)
        counts.require(1)
        # Without --fold the text is read, and the words are looked for, as it was counted.
        fold = fold or folds_of(counts, counts_file)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus = open_corpus(paths, quiet, **reading, fold=fold) if paths else None
    found = explain_words(
        words, corpus=corpus, counts=counts, contexts=contexts, fold=fold, **machine
    )
    once = corpus is not None and counts is None and not corpus.rereadable
    if once and contexts and not quiet:
        note("No contexts: a pipe can be read only once, and was read for the counts.")
    formats = {"text": explanation_text, "jsonl": explanation_json}
    write(formats[how](found, neighbours))
