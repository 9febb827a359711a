"""`nlptools merge`: counts files -> one counts file, or n-grams and counts as text."""

from __future__ import annotations

import click

from nlptools.cli import options
from nlptools.cli.console import Closing
from nlptools.cli.count import check_output, check_table, emit, signature, sizes
from nlptools.cli.files import InputPath


@click.command(
    epilog="""\b
Examples:
  nlptools merge shard-*.counts -o all.counts
  nlptools merge all.counts --tsv --min-count 100
"""
)
@click.argument("files", nargs=-1, required=True, type=InputPath())
@options.counts_output_options
@options.memory_option
@options.tmp_dir_option
@options.quiet_option
def merge(
    files: tuple[str, ...],
    output: str | None,
    tsv: bool,
    min_count: int,
    memory: int,
    tmp_dir: str | None,
    quiet: bool,
) -> None:
    """Add up counts files, or folders of Parquet, that were made with the same --order, --latin, --sentences
    and --fold.

    The result is the same, byte for byte, as one count over everything, in whatever order and
    grouping the files are merged.
    """
    check_output(output, tsv, min_count)
    check_table(output)
    closing = Closing("merge", quiet)
    from nlptools.ngrams.merge import merge_files

    counts = merge_files(files, memory=memory, tmp_dir=tmp_dir)
    emit(counts, output, tsv, min_count)
    closing.show(None, signature(counts), [f"{len(files)} files", *sizes(counts)])
