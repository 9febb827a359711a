"""`nlptools vocab measure`: tokenizers + corpora -> characters a token, what falls apart, words kept whole."""

from __future__ import annotations

import os

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, check_fields, deliver, open_corpus
from nlptools.cli.files import InputPath, OutputPath


@click.command(
    name="measure",
    epilog="""\b
Examples:
  nlptools vocab measure qwen/tokenizer.json llama/tokenizer.json --corpus forum.txt
  nlptools vocab measure tokenizer.model vocab.txt --corpus news/ --corpus laws.txt.xz -o table.tsv
  nlptools vocab measure qwen/ qwen-extended/ --corpus forum.jsonl --field text --report page.html
  nlptools vocab measure qwen/ --corpus forum.txt --words terms.txt
""",
)
@click.argument("tokenizers", metavar="TOKENIZER...", nargs=-1, required=True, type=InputPath())
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    required=True,
    type=InputPath(),
    help="Text to measure on, a row of the table; `-` is stdin. May be given several times: then there is a total, too.",
)
@click.option(
    "--words",
    type=InputPath(),
    help="Word list: the words that should stay whole.  [default: the words of several Han characters as `segment` "
    "cuts the text]",
)
@click.option(
    "--whole/--no-whole",
    default=True,
    show_default=True,
    help="Count the words that are one token; for that the text is cut into words, which takes as long again.",
)
@options.output_option
@click.option(
    "--report",
    "page",
    type=OutputPath(),
    help="Page to write, with the distributions side by side, lines and words as each tokenizer cuts them.",
)
@options.reading_options
@options.workers_option
@options.quiet_option
def measure_vocab(
    tokenizers: tuple[str, ...],
    corpora: tuple[str, ...],
    words: str | None,
    whole: bool,
    output: str | None,
    page: str | None,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    workers: int | None,
    quiet: bool,
) -> None:
    """Measure tokenizers on text: characters and bytes a token, words kept whole, what is used.

    TOKENIZER is a tokenizer.json, a SentencePiece .model, a vocab.txt, or a folder with one of them. Prints a row for
    each corpus and tokenizer: lines, characters, bytes and tokens; characters and bytes a token; the share of the
    characters that fall apart into bytes; the share of [UNK] in tokens and characters; words, the share of them that is
    one token, tokens a word; the size of the vocabulary and the share of it that came. No special tokens are added.
    """
    if words is not None and not whole:
        raise click.UsageError("--words goes with --whole.")
    check_fields(field, column)
    closing = Closing("vocab measure", quiet)
    # Threads of ours take a block each; those of the library would come on top of them.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from nlptools.subwords.measure import measure_tokenizers

    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    opened = [open_corpus((path,), quiet, fold=fold, **reading) for path in corpora]
    found = measure_tokenizers(tokenizers, opened, words=words, whole=whole, workers=workers)
    if page is not None:
        from nlptools.review.measured import measures_page

        deliver([measures_page(found)], page)
    deliver(found.lines(), output)
    made_by = {"words": words or ("segment" if whole else "none")}
    tokens = sum(row.tokens for row in found.rows if row.corpus in corpora)
    closing.show(opened[0] if len(opened) == 1 else None, made_by, [f"{tokens:,} tokens"])
