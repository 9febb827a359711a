"""`nlptools contexts`: a word list and its corpus -> a line for each word with all that it takes to judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    check_fields,
    deliver,
    note,
    open_corpus,
    usage_errors,
)
from nlptools.cli.files import InputPath
from nlptools.cli.progress import watcher
from nlptools.errors import listed

if TYPE_CHECKING:
    from nlptools.text.corpus import Corpus
    from nlptools.text.reading import ReadReport


@click.command(
    epilog="""\b
Examples:
  nlptools contexts words.tsv --corpus forum/ -o words.jsonl
  nlptools contexts words.tsv --corpus forum/ --top 300 --contexts 8 --width 40 | head
  nlptools discover forum/ | nlptools contexts - --corpus forum/ --format tsv -o to-judge.tsv
  nlptools export judged.jsonl --to jieba --accepted-only -o userdict.txt
  nlptools contexts words.tsv --engine spark --master yarn --corpus hdfs:///crawl/ --field text -o words.jsonl
"""
)
@click.argument("words", type=InputPath())
@click.option(
    "--corpus",
    "paths",
    multiple=True,
    required=True,
    type=InputPath(),
    help="Text in which the words are looked for; `-` is stdin. May be given several times.",
)
@options.context_options
@click.option("-n", "--top", type=click.IntRange(min=1), help="Only the first N words.")
@click.option(
    "--model",
    type=InputPath("general", "raw"),
    help="Model that says how the words are cut: of nlptools train, or a list of words with counts.  [default: general, "
    "the model of the package]",
)
@click.option(
    "--format",
    "how",
    type=click.Choice(["jsonl", "tsv"]),
    default="jsonl",
    show_default=True,
    help="Output format.",
)
@options.output_option
@options.latin_option()
@options.reading_options
@options.engine_options
@options.quiet_option
def contexts(
    words: str,
    paths: tuple[str, ...],
    how: str,
    output: str | None,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    **settings: Any,
) -> None:
    """Write what it takes to judge each word of a list: one object a line, with a place for the decision.

    WORDS is what `discover` wrote, a jieba dictionary or a plain list; `-` is stdin. A line has the word, its count in the
    corpus, the columns of the list, how up to 20 of its occurrences are cut by the model of `segment`, contexts spread
    over the corpus, and `decision`. Somebody, a script or a language model fills in `accepted` or `rejected`;
    `export`, `report` and `discover --accepted` and `--rejected` read that from a file whose name ends in .jsonl or
    that is TSV.
    """
    check_engine(engine, paths)
    check_fields(field, column)
    closing = Closing("contexts", quiet)
    from nlptools.review.contexts import format_contexts, words_in_context
    from nlptools.text.wordlists import read_rows

    rows = read_rows(words)
    settings |= {"watch": watcher(quiet)}
    reading: dict[str, Any] = {"encoding": encoding, "on_error": on_error, "fold": fold}
    reading |= {"field": field, "column": column}
    read: Corpus | ReadReport
    if engine == "spark":
        from nlptools.spark.contexts import contexts_with_spark

        settings |= reading | {"master": master, "conf": conf}
        with usage_errors():
            found, read = contexts_with_spark(rows, paths, **settings)
    else:
        read = open_corpus(paths, quiet, then="cutting contexts", **reading)
        found = words_in_context(rows, read, **settings)
    deliver(format_contexts(found, how), output)
    missing = [one.word for one in found if not one.count]
    if not quiet and missing and 2 * len(missing) >= len(found):
        some = listed(missing[:3])
        note(f"{len(missing):,} of {len(found):,} words do not occur in this corpus: {some}")
    made_by = {"contexts": settings["contexts"], "model": settings["model"] or "general"}
    if engine != "local":
        made_by["engine"] = engine
    closing.show(read, made_by, [f"{len(found):,} words"])
