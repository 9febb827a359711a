"""`nlptools count`: corpus -> counts file, or n-grams and counts as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, check_engine, note, open_corpus, usage_errors, write
from nlptools.cli.progress import watcher

if TYPE_CHECKING:
    from nlptools.ngrams.counts import NgramCounts
    from nlptools.spark.count import Counted

_BYTES_PER_RUN = 45  # of alphabets that are merged, and the ids of their symbols


@click.command(
    epilog="""\b
Examples:
  nlptools count laws.txt.xz -o laws.counts
  nlptools count news/ 'more/**/*.jsonl' --field text -o news.counts
  nlptools count --order 4 --latin char --sentences line laws.txt -o laws.counts
  nlptools count --engine spark --master yarn hdfs:///crawl/ -o hdfs:///crawl.parquet
  zcat part.gz | nlptools count --order 2 --tsv --min-count 5 | sort -t$'\\t' -k2,2nr | head
"""
)
@options.corpus_argument
@options.counts_output_options
@click.option(
    "--order", type=click.IntRange(1, 12), default=5, show_default=True, help="Longest n-gram."
)
@options.latin_option()
@options.sentences_option("none")
@options.reading_options
@options.machine_options
@options.engine_options
@options.work_option
@options.quiet_option
def count(
    paths: tuple[str, ...],
    output: str | None,
    tsv: bool,
    min_count: int,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    work: str | None,
    **settings: Any,
) -> None:
    """Count the n-grams of a corpus, exactly.

    A symbol is a Han character, or a whole run of Latin letters and digits; everything else is a
    break, and no n-gram crosses one. Counts of shards made anywhere add up with `nlptools merge`
    to the same bytes as one run over everything. A language model asks for --sentences, which count where
    sentences begin and end (<s>, </s>).
    """
    check_output(output, tsv, min_count)
    check_engine(engine, paths)
    closing = Closing("count", quiet)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    if engine == "spark":
        del settings["workers"]
        settings |= {"min_count": min_count, "master": master, "conf": conf, "work": work}
        made = spread(paths, table_of(output), **reading, fold=fold, **settings)
        if made.counts is not None:
            emit(made.counts, output, tsv, min_count)
        results = [f"{made.symbols:,} symbols", f"{made.ngrams:,} n-grams"]
        shown = {"order": settings["order"], "latin": settings["latin"], "engine": "spark"}
        closing.show(made.report, shown, results)
        return
    check_table(output)
    corpus = open_corpus(paths, quiet, then="counting", **reading, fold=fold)
    from nlptools.ngrams.count import count_ngrams

    counts = count_ngrams(corpus, **settings)
    watcher(quiet)("writing", 1, 1)
    emit(counts, output, tsv, min_count)
    if not quiet:
        _note_runs(counts, settings["memory"])
    closing.show(corpus, signature(counts), sizes(counts))


def spread(paths: tuple[str, ...], table: str | None = None, **settings: Any) -> Counted:
    """Count with Spark; what is wrong with its settings is a usage error."""
    from nlptools.spark.count import count_with_spark

    with usage_errors():
        return count_with_spark(paths, table=table, **settings)


def table_of(output: str | None) -> str | None:
    """The output, if it is a folder of Parquet."""
    from nlptools.ngrams.parquet import is_table

    return output if output is not None and is_table(output) else None


def check_table(output: str | None) -> None:
    """DataError, before anything is counted, for a folder that is there and has to stay."""
    if output is not None and table_of(output) is not None:
        from nlptools.ngrams.parquet import check_replaceable

        check_replaceable(output)


def check_output(output: str | None, tsv: bool, min_count: int) -> None:
    """Usage errors of -o, --tsv and --min-count."""
    if output is None and not tsv:
        raise click.UsageError("Name a counts file with -o FILE, or print the counts with --tsv.")
    if output is not None and tsv:
        raise click.UsageError("-o writes a counts file, --tsv prints: give one of them.")
    if min_count > 1 and not tsv and table_of(output) is None:
        raise click.UsageError(
            "A counts file holds every count; --min-count goes with --tsv or -o NAME.parquet."
        )


def emit(counts: NgramCounts, output: str | None, tsv: bool, min_count: int) -> None:
    """Write the counts file or print the counts."""
    if output is not None and table_of(output) is not None:
        from nlptools.ngrams.parquet import save_table

        save_table(counts, output, min_count)
        return
    if output is not None:
        counts.save(output)
        return

    def lines() -> Iterator[str]:
        yield "ngram\tcount\n"
        for texts, numbers in counts.batches(min_count):
            yield "".join(
                f"{text}\t{number}\n" for text, number in zip(texts, numbers, strict=True)
            )

    if tsv:
        write(lines())


def _note_runs(counts: NgramCounts, memory: int) -> None:
    """Say where the table of the runs of letters and digits is what takes the memory."""
    number = len(counts.alphabet)
    if number * _BYTES_PER_RUN > memory // 2:
        note(
            f"The text has {number:,} different symbols, most of them runs of letters and digits; their table is in "
            "memory whatever --memory says. --latin break leaves them out."
        )


def signature(counts: NgramCounts) -> dict[str, Any]:
    """The settings that made the counts."""
    fold = {"fold": "+".join(counts.settings.fold)} if counts.settings.fold else {}
    settings = counts.settings
    marks = {"sentences": settings.sentences} if settings.sentences != "none" else {}
    return {"order": counts.order, "latin": settings.latin, **marks, **fold}


def sizes(counts: NgramCounts) -> list[str]:
    """What was counted."""
    ngrams = sum(counts.size(n) for n in range(1, counts.order + 1))
    return [f"{counts.total:,} symbols", f"{ngrams:,} n-grams"]
