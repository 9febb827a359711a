"""`nlptools report`: a word list and its corpus -> one page to look at, accept and reject."""

from __future__ import annotations

from typing import Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, note, open_corpus
from nlptools.cli.files import InputPath, OutputPath
from nlptools.errors import listed


@click.command(
    epilog="""\b
Examples:
  nlptools report words.tsv --corpus forum/ -o report.html
  nlptools report new.txt --corpus novel.txt --known dict.txt --contexts 8 -o novel.html
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
@click.option("-o", "--output", required=True, type=OutputPath("default"), help="Page to write.")
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=InputPath(),
    help="Word list: its words are marked, as well as those that WORDS marks. May be given several times.",
)
@options.usage_options
@options.latin_option()
@options.reading_options
@options.memory_option
@options.quiet_option
def report(
    words: str,
    paths: tuple[str, ...],
    output: str,
    known_files: tuple[str, ...],
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    **settings: Any,
) -> None:
    """Write a page on which to look at words in their contexts, and to accept and reject them.

    WORDS is what `discover` wrote, a jieba dictionary or a plain list. The page is one file that needs no network:
    a table to sort, filter and search, contexts, splits and neighbours of each word, plots. Decisions stay in the
    browser and are downloaded as a plain list, a jieba dictionary, or WORDS with a column `decision`, which
    `discover --accepted` and `--rejected` read.
    """
    closing = Closing("report", quiet)
    from nlptools.review.report import report_words
    from nlptools.text.wordlists import read_rows, read_words

    rows = read_rows(words)
    known = read_words(known_files, encoding="auto")
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus = open_corpus(paths, quiet, then="writing", **reading, fold=fold)
    page = report_words(rows, corpus, known=known, name=words, **settings)
    deliver([page.html], output)
    if not quiet and page.missing and 2 * len(page.missing) >= page.words:
        some = listed(page.missing[:3])
        note(f"{len(page.missing):,} of {page.words:,} words do not occur in this corpus: {some}")
    results = [f"{page.words:,} words", f"{page.size / 1e6:.1f} MB page"]
    closing.show(corpus, {"contexts": settings["contexts"]}, results)
