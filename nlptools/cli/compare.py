"""`nlptools compare`: two corpora, counts files or word lists -> words that are new or grew."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    check_fields,
    deliver,
    note_uncounted,
    open_corpus,
    usage_errors,
    write,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.progress import watcher
from nlptools.cli.screen import on_screen, screenful

if TYPE_CHECKING:
    from nlptools.review.compare import Comparison
    from nlptools.text.corpus import Corpus

# The columns that a narrow terminal can spare, first of all the first.
_LEAST_READ = ("z", "rate_a", "rate_b", "first_seen", "count_a")


@click.command(
    epilog="""\b
Examples:
  nlptools compare 2023.txt 2024.txt | head -50
  nlptools compare 'news-202[0-2].txt' news-2023.txt news-2024.txt --top 500 --report growth.html
  nlptools compare old.tsv new.tsv --new-only
  nlptools compare 2023.txt 2024.txt --statistic log_ratio --statistic documents --top 100
  nlptools compare dict-old.txt dict-new.txt --lists
  nlptools compare --engine spark --master yarn hdfs:///2023/ hdfs:///2024/ --words found.tsv -o growth.tsv
"""
)
@click.argument("a", type=InputPath())
@click.argument("b", nargs=-1, required=True, type=InputPath())
@click.option(
    "--words",
    "words_file",
    type=InputPath(),
    help="Word list: the words to compare.  [default: corpora: those that discover finds in B; counts files: "
    "those of its method entropy; word lists: all]",
)
@click.option(
    "--lists/--no-lists",
    default=False,
    show_default=True,
    help="The files are word lists (plain, jieba), not text; tables of discover are recognised.",
)
@click.option(
    "--shrink",
    type=options.NumberOrAuto(),
    default="auto",
    show_default=True,
    help="Occurrences added to every word, which draws the log odds of rare words to 0; auto: as "
    "many as the words have on average.",
)
@click.option(
    "--new-only/--all",
    default=False,
    show_default=True,
    help="Only the words that A does not have.",
)
@click.option(
    "--fallen/--no-fallen",
    default=False,
    show_default=True,
    help="Also the words that B has less of, last.",
)
@click.option(
    "--statistic",
    multiple=True,
    type=click.Choice(["log_likelihood", "log_ratio", "documents", "dispersion"]),
    help="Column to add: log-likelihood G2; log2 of how many times as frequent it is in B; in how many documents of B it "
    "is (files, of one file lines, or records); how unevenly it is spread there (0 to 1). May be given several times.",
)
@click.option("-n", "--top", type=click.IntRange(min=1), help="The first N words.")
@options.words_format_option
@options.output_option
@click.option(
    "--report",
    "page",
    type=OutputPath(),
    help="Page to write, with contexts and growth curves; needs corpora. The table is then written only with -o.",
)
@options.usage_options
@options.latin_option()
@options.reading_options
@options.machine_options
@options.engine_options
@options.work_option
@options.quiet_option
def compare(
    a: str,
    b: tuple[str, ...],
    words_file: str | None,
    lists: bool,
    how: str,
    output: str | None,
    page: str | None,
    contexts: int,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    work: str | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Compare A with B: which words are new in B, which grew, since when.

    A and B are text, counts files or word lists; a folder, a pattern or several names are time slices, in this
    order. Prints one word a line with its counts in A and B, both in a million symbols, the shrunk log odds
    (nats, above 0: more in B; the table is sorted by them), z (how far that is beyond chance), the first slice of
    all, A's and B's, that has the word, and whether A lacks it. A terminal shows a screenful, and as many as --top
    asks for; a file, a pipe and --format give all.
    """
    if "-" in (a, *b):
        raise click.UsageError("compare reads twice, and cannot read standard input: name files.")
    check_fields(settings["field"], settings["column"])
    check_engine(engine, (a, *b))
    if engine == "spark":
        _check_spark(words_file, page, lists, settings["statistic"])
    closing = Closing("compare", quiet)
    from nlptools.review.compare import format_comparison
    from nlptools.review.report import report_comparison
    from nlptools.text.wordlists import read_words

    words = read_words([words_file], encoding="auto") if words_file else None
    if engine == "spark":
        result = _spread(a, b, words or (), settings, master=master, conf=conf, work=work)
    else:
        shown = contexts if page else None
        result = _compared(a, b, words, page, quiet, lists=lists, contexts=shown, **settings)
    if page is not None:
        deliver([report_comparison(result).html], page)
    if page is None or output is not None:
        if on_screen(output):
            write(_screenful(result, settings["top"] is not None, quiet))
        else:
            deliver(format_comparison(result, how), output)
    used = {
        "shrink": f"{result.shrink:.4g}",
        "slices": f"{result.first_b}+{len(result.totals) - result.first_b}",
    }
    if engine != "local":
        used["engine"] = engine
    new = int(((result.count_a == 0) & (result.count_b > 0)).sum())
    sizes = f"{result.total_a:,} symbols in A, {result.total_b:,} in B"
    closing.show(None, used, [sizes, f"{len(result):,} words", f"{new:,} of them new"])


def _check_spark(
    words: str | None, page: str | None, lists: bool, statistic: tuple[str, ...]
) -> None:
    """Usage errors of --engine spark."""
    if lists:
        raise click.UsageError("--lists goes with --engine local: Spark reads text.")
    if page is not None:
        raise click.UsageError(
            "--report goes with --engine local: its contexts and curves are read in order."
        )
    for name in ("documents", "dispersion"):
        if name in statistic:
            raise click.UsageError(
                f"--statistic {name} goes with --engine local: it is no sum over parts of the text."
            )
    if words is None:
        raise click.UsageError(
            "--engine spark counts words that are named: give --words, such as what discover finds in B."
        )


def _spread(
    a: str, b: tuple[str, ...], words: Collection[str], settings: dict[str, Any], **spark: Any
) -> Comparison:
    """Compare with Spark; what is wrong with its settings is a usage error."""
    from nlptools.spark.compare import compare_with_spark

    of_the_machine = {"memory", "workers", "tmp_dir", "width", "neighbours"}
    how = {name: value for name, value in settings.items() if name not in of_the_machine}
    with usage_errors():
        return compare_with_spark(a, b, words=words, **how, **spark)


def _compared(
    a: str,
    b: tuple[str, ...],
    words: Collection[str] | None,
    page: str | None,
    quiet: bool,
    **settings: Any,
) -> Comparison:
    """Compare on this machine."""
    from nlptools.review.compare import compare_corpora
    from nlptools.review.slices import CORPUS, COUNTS, find_slices

    kind = find_slices(a, b, lists=settings["lists"]).kind
    if page is not None and kind != CORPUS:
        raise click.UsageError(f"--report needs text to show contexts from, not a {kind}.")
    if kind == COUNTS and words and not quiet:
        note_uncounted(words, "counts files have")

    def opened(paths: list[str], **reading: Any) -> Corpus:
        return open_corpus(tuple(paths), quiet, then="counting", **reading)

    return compare_corpora(a, b, words=words, watch=watcher(quiet), open_corpus=opened, **settings)


def _screenful(result: Comparison, whole: bool, quiet: bool) -> Iterator[str]:
    from nlptools.review.compare import COLUMNS

    return screenful(COLUMNS, result, len(result), least=_LEAST_READ, whole=whole, quiet=quiet)
