"""`nlptools compare`: two corpora, counts files or word lists -> words that are new or grew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, StageBar, deliver, open_corpus

if TYPE_CHECKING:
    from nlptools.review.compare import Comparison
    from nlptools.review.slices import Slices
    from nlptools.usage.usage import Usage


@click.command(
    epilog="""\b
Examples:
  nlptools compare 2023.txt 2024.txt | head -50
  nlptools compare 'news-202[0-2].txt' news-2023.txt news-2024.txt --top 500 --report growth.html
  nlptools compare old.tsv new.tsv
  nlptools compare dict-old.txt dict-new.txt --lists
"""
)
@click.argument("a", type=click.Path())
@click.argument("b", nargs=-1, required=True, type=click.Path())
@click.option(
    "--words",
    "words_file",
    type=click.Path(),
    help="Word list: the words to compare.  [default: corpora: those that discover finds in B; counts files: "
    "those of its method entropy; word lists: all]",
)
@click.option(
    "--lists/--no-lists",
    default=False,
    show_default=True,
    help="The files are word lists (plain, jieba), not text; tables of discover are known as such.",
)
@click.option(
    "--shrink",
    type=options.NumberOrAuto(),
    default="auto",
    show_default=True,
    help="Occurrences that every word is given beforehand, which draws the log odds of rare ones to 0; auto: as "
    "many as the words have on average.",
)
@click.option(
    "--fallen/--no-fallen",
    default=False,
    show_default=True,
    help="Also the words that B has less of, last.",
)
@click.option("--top", type=click.IntRange(min=1), help="The first N words.")
@options.words_format_option
@options.output_option
@click.option(
    "--report",
    "page",
    type=click.Path(),
    help="Page to write, with contexts and growth curves; needs corpora. The table is then written only with -o.",
)
@options.usage_options
@options.latin_option()
@options.reading_options
@options.machine_options
@options.quiet_option
def compare(
    a: str,
    b: tuple[str, ...],
    words_file: str | None,
    lists: bool,
    shrink: float | None,
    fallen: bool,
    top: int | None,
    how: str,
    output: str | None,
    page: str | None,
    contexts: int,
    width: int,
    neighbours: int,
    latin: str,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    **machine: Any,
) -> None:
    """Compare A with B: which words are new in B, which grew, since when.

    A and B are text, counts files or word lists; a folder, a pattern or several names are time slices, in this
    order. Prints one word a line with its counts in A and B, both in a million symbols, the shrunk log odds
    (nats, above 0: more in B; the table is sorted by them), z (how far that is beyond chance), the first slice of B
    that has the word, and whether A lacks it.
    """
    if "-" in (a, *b):
        raise click.UsageError("compare reads twice, and cannot read standard input: name files.")
    closing = Closing("compare", quiet)
    from nlptools.review import slices as kinds
    from nlptools.review.compare import compare_counts, format_comparison
    from nlptools.text.wordlists import read_words

    found = kinds.find_slices(a, b, lists=lists)
    if page is not None and found.kind != kinds.CORPUS:
        raise click.UsageError(f"--report needs text to show contexts from, not a {found.kind}.")
    words = sorted(read_words([words_file], encoding="auto")) if words_file else None
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    usage = None
    if found.kind == kinds.LIST:
        every, counts, totals = kinds.list_counts(found)
        if words is not None:
            kept = [i for i, word in enumerate(every) if word in set(words)]
            every, counts = [every[i] for i in kept], counts[kept]
        words = every
    elif found.kind == kinds.COUNTS:
        loaded = kinds.open_counts(found)
        words = _counted_words(loaded[found.first_b :]) if words is None else words
        counts, totals = kinds.word_counts(loaded, words)
    else:
        from nlptools.usage.usage import measure_usage

        if words is None:
            words = _found_words(b, quiet, reading, fold, latin, machine)
        shown = {"contexts": contexts if page else 0, "width": width, "neighbours": neighbours}
        corpora = found.corpora(**reading, fold=fold)
        usage = measure_usage(corpora, words, latin=latin, **shown)
        counts, totals = usage.by_corpus.T, usage.symbols
    result = compare_counts(words, counts, totals, found.names, found.first_b, shrink=shrink)
    import numpy as np

    keep = np.ones(len(result), bool) if fallen else result.log_odds > 0
    result = result.select(np.flatnonzero(keep & (result.count_a + result.count_b > 0))[:top])
    if page is not None:
        assert usage is not None
        place = {word: i for i, word in enumerate(words)}
        _write_page(page, result, usage.select([place[word] for word in result.words]), found)
    if page is None or output is not None:
        deliver(format_comparison(result, how), output)
    used = {
        "shrink": f"{result.shrink:.4g}",
        "slices": f"{found.first_b}+{len(totals) - found.first_b}",
    }
    new = int(np.count_nonzero((result.count_a == 0) & (result.count_b > 0)))
    sizes = f"{result.total_a:,} symbols in A, {result.total_b:,} in B"
    closing.show(None, used, [sizes, f"{len(result):,} words", f"{new:,} of them new"])


def _found_words(
    paths: tuple[str, ...],
    quiet: bool,
    reading: dict[str, Any],
    fold: tuple[str, ...],
    latin: str,
    machine: dict[str, Any],
) -> list[str]:
    from nlptools.discovery.discover import discover_words
    from nlptools.discovery.em import STEPS

    corpus = open_corpus(paths, quiet, **reading, fold=fold)
    with StageBar(STEPS, quiet) as bar:
        table = discover_words(corpus, latin=latin, watch=bar.step, **machine)
    return table.words


def _counted_words(loaded: list[list[Any]]) -> list[str]:
    from nlptools.discovery.discover import discover_words

    words: set[str] = set()
    for side in loaded:
        for counts in side:
            longest = min(4, counts.order - 1)
            table = discover_words(None, method="entropy", counts=counts, max_length=longest)
            words.update(table.words)
    return sorted(words)


def _write_page(path: str, result: Comparison, usage: Usage, found: Slices) -> None:
    from nlptools.review.compare import format_comparison
    from nlptools.review.page import render_page
    from nlptools.review.page_data import report_data
    from nlptools.text.wordrows import WordRows

    header, *lines = "".join(format_comparison(result, "tsv")).splitlines()
    rows = WordRows(result.words, "tsv", header, lines)
    files = [name for paths in found.paths for name in paths]
    data, contexts = report_data(rows, usage, name="compare.tsv", files=files, comparison=result)
    title = f"{found.names[0]} → {found.names[-1]} – nlptools"
    deliver([render_page(title, data, contexts)], path)
