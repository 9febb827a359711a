"""`nlptools explain`: words -> the arithmetic behind their scores, why they are in the list or not, where they occur."""

from __future__ import annotations

from typing import Any

import click

from nlptools.cli import options
from nlptools.cli.console import given_options, note, open_corpus, usage_errors, write
from nlptools.cli.discover import background_of, check_settings, read_lists, read_models
from nlptools.cli.discover import discover as discover_command
from nlptools.cli.files import InputPath
from nlptools.cli.progress import watcher
from nlptools.discovery.rules import DEFAULT_METHOD, METHODS

# What makes the list, as discover has it.
_LIST = (
    *("min_score", "min_count", "min_pmi", "min_entropy", "min_length", "max_length", "numbers"),
    *("compat", "weights", "background_file", "prior_file", "known_files", "new_only", "all"),
    *("accepted_files", "rejected_files", "top"),
)


@click.command(
    epilog="""\b
Examples:
  nlptools explain 沈渡秋 松烟派 --corpus data/samples/novel.txt
  nlptools explain 机器学习 --counts it.counts --format jsonl
  nlptools explain 操作系统 文件系统 --corpus it/ --min-count 3 --background none
  nlptools explain 机器学习 --corpus it/ --method none --contexts 20
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
    "--method",
    type=click.Choice(["auto", *METHODS, "none"]),
    default="auto",
    show_default=True,
    help=f"Of the list, as of discover, in which it is said where the words stand; none: no list; auto: {DEFAULT_METHOD} "
    "with files in --corpus and no --counts.",
)
@options.options_of(discover_command, *_LIST)
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
    method: str,
    contexts: int,
    neighbours: int,
    how: str,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    latin: str,
    memory: int,
    workers: int | None,
    tmp_dir: str | None,
    **settings: Any,
) -> None:
    """Explain the scores of words: every split, the neighbours, where they stand in the list of discover, and why.

    Method em: the factors of the score, what is new about the word, how its occurrences are cut, and what lies around it;
    of a word that is not in the list the bars that dropped it. It takes as long as discover; --method none does not.
    All PMI and entropies are in nats. An occurrence next to a break (punctuation, a line end) counts
    as a neighbour of its own.
    """
    if counts_file is None and not paths:
        raise click.UsageError(
            "Name the text with --corpus FILE, or its counts with --counts FILE."
        )
    if method == "auto" and counts_file is not None:
        method = "none"
    discovery = _discovery(method, settings, bool(paths))
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
    corpus = open_corpus(paths, quiet, then="counting", **reading, fold=fold) if paths else None
    with usage_errors():
        found = explain_words(
            words,
            corpus=corpus,
            counts=counts,
            contexts=contexts,
            method=method,
            fold=fold,
            latin=latin,
            memory=memory,
            workers=workers,
            tmp_dir=tmp_dir,
            watch=watcher(quiet),
            **discovery,
        )
    once = corpus is not None and counts is None and not corpus.rereadable
    if once and contexts and not quiet:
        note("No contexts: a pipe can be read only once, and was read for the counts.")
    formats = {"text": explanation_text, "jsonl": explanation_json}
    write(formats[how](found, neighbours))


def _discovery(method: str, settings: dict[str, Any], has_corpus: bool) -> dict[str, Any]:
    """The settings of the list that were given, as its function takes them."""
    given = {name.removesuffix("_file").removesuffix("_files") for name in given_options()}
    settings["background_file"] = background_of(settings["background_file"], settings.pop("all"))
    if settings["background_file"] == "none":
        given.add("background")
    if method != "none":
        own = DEFAULT_METHOD if method == "auto" else method
        check_settings(own, settings, settings["known_files"], has_corpus)
    lists = (settings.pop(f"{name}_files") for name in ("known", "accepted", "rejected"))
    models = (settings.pop(f"{name}_file") for name in ("background", "prior"))
    read = read_lists(*lists) | read_models(*models)
    asked = {name: value for name, value in (settings | read).items() if name in given}
    if method == "none" and asked:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(asked))
        raise click.UsageError(f"There is no list without a method, and {names} changes nothing.")
    return asked
