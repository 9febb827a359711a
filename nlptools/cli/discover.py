"""`nlptools discover`: corpus -> ranked words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, encoded, note, open_corpus, write

if TYPE_CHECKING:
    from nlptools.wordtable import WordTable


@click.command(
    epilog="""\b
Examples:
  nlptools discover novel.txt | head
  nlptools discover forum/ --known dict.txt --new-only --top 1000 -o new-words.tsv
  nlptools discover posts.jsonl.gz --field text --format plain > words.txt
  nlptools discover laws.txt --method pmi --min-pmi 2,4,6 --min-count 32
"""
)
@options.corpus_argument
@click.option(
    "--method",
    type=click.Choice(["entropy", "pmi"]),
    default="entropy",
    show_default=True,
    help="entropy: frequent, cohesive, free on both sides. pmi: cohesive n-grams joined where they "
    "overlap, words of any length (kexue.fm 6920).",
)
@click.option(
    "--min-count", type=click.IntRange(min=1), help="Least count.  [default: scaled to the corpus]"
)
@click.option(
    "--min-pmi",
    type=options.Numbers(most=11),
    help="Least PMI in nats for words of 2, 3, ... symbols.  [default: 2, less for a page; method pmi: 2,4,6]",
)
@click.option(
    "--min-entropy",
    type=options.Number(min=0),
    help="Least branching entropy in nats, method entropy.  [default: scaled to the corpus]",
)
@click.option(
    "--min-length", type=click.IntRange(1, 11), default=2, show_default=True, help="Least symbols."
)
@click.option(
    "--max-length",
    type=click.IntRange(2, 11),
    default=4,
    show_default=True,
    help="Most symbols, method entropy.",
)
@click.option(
    "--numbers/--no-numbers",
    default=False,
    show_default=True,
    help="Keep words with a number in figures, such as 3月.",
)
@click.option(
    "--compat",
    type=click.Choice(["4256"]),
    help="With --method pmi: the thresholds and checks of the earlier article.",
)
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=click.Path(),
    help="Word list (plain, jieba, vocab.txt): mark its words. May be given several times.",
)
@click.option(
    "--new-only/--all", default=False, show_default=True, help="Leave out the known words."
)
@click.option(
    "--top", type=click.IntRange(min=1), help="The best N words, whether they pass the bars or not."
)
@click.option(
    "--sort",
    type=click.Choice(["score", "count", "pmi", "left-entropy", "right-entropy", "word"]),
    default="score",
    show_default=True,
    help="Column to sort by, largest first.",
)
@click.option(
    "--format",
    "how",
    type=click.Choice(["tsv", "jsonl", "csv", "plain"]),
    default="tsv",
    show_default=True,
    help="Output format.",
)
@click.option("-o", "--output", type=click.Path(), help="File to write instead of stdout.")
@click.option(
    "--counts",
    "counts_file",
    type=click.Path(),
    help="Counts file made from this corpus before; method entropy then reads no corpus.",
)
@options.latin_option
@options.reading_options
@options.machine_options
@options.quiet_option
def discover(
    paths: tuple[str, ...],
    known_files: tuple[str, ...],
    how: str,
    output: str | None,
    counts_file: str | None,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    **settings: Any,
) -> None:
    """Find the words of a corpus: no dictionary, no labels.

    Prints one word a line with its count, PMI (weakest split, nats), left and right branching entropy
    (nats), score, and whether it is known; best score first, ties by word.
    """
    method = settings["method"]
    if settings["new_only"] and not known_files:
        raise click.UsageError("--new-only needs a list of known words: --known FILE.")
    if settings["compat"] and method != "pmi":
        raise click.UsageError("--compat goes with --method pmi.")
    if method == "pmi" and settings["min_entropy"] is not None:
        raise click.UsageError("--min-entropy goes with --method entropy.")
    source = click.get_current_context().get_parameter_source("max_length")
    if method == "pmi" and source is click.core.ParameterSource.COMMANDLINE:
        raise click.UsageError("--max-length goes with --method entropy.")
    if counts_file is not None and method == "entropy" and paths:
        raise click.UsageError(
            "--counts replaces the corpus with --method entropy: give one of them."
        )
    if method == "entropy" and settings["min_length"] > settings["max_length"]:
        raise click.UsageError("--min-length is larger than --max-length.")
    if settings["min_length"] == 1 and method == "entropy":
        raise click.UsageError("A single symbol has no PMI; --min-length 1 goes with --method pmi.")
    closing = Closing("discover", quiet)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus = None
    if counts_file is None or method == "pmi":
        corpus = open_corpus(paths, quiet, **reading, fold=fold)
    from nlptools import storage, tables
    from nlptools.counts import load_counts
    from nlptools.wordlists import read_words
    from nlptools.words import discover_words

    settings["known"] = read_words(known_files, encoding="auto")
    if counts_file is not None:
        settings["counts"] = load_counts(counts_file, mapped=False)
        settings["counts"].check(counts_file)
    table = discover_words(corpus, **settings)
    pieces = tables.format_words(table, how)
    if output is None:
        write(pieces)
    else:
        with storage.whole_file(output) as stream:
            for piece in pieces:
                stream.write(encoded(piece))
    if not quiet and settings["top"] is None:
        _explain_few(table)
    folded = corpus.fold if corpus is not None else settings["counts"].settings.fold
    made_by = table.settings | ({"fold": "+".join(folded)} if folded else {})
    results = [f"{table.symbols:,} symbols", f"{table.ngrams:,} n-grams", f"{len(table):,} words"]
    closing.show(corpus, made_by, results)


def _explain_few(table: WordTable) -> None:
    """Say which filter took most away when little is left."""
    if not table.symbols:
        note("There are no Chinese characters, letters or digits in the input.")
    taken = sum(table.removed.values())
    if len(table) >= 20 or not taken:
        return
    reason, number = max(table.removed.items(), key=lambda item: item[1])
    how = _REMEDIES.get(reason.split(" ")[0], "--top N ranks them all the same")
    note(
        f"Few words are left: of {taken + len(table):,} candidates the filter `{reason}` removed "
        f"{number:,}; {how}."
    )


_REMEDIES = {
    "rarer": "lower --min-count, or ask for --top N",
    "PMI": "lower --min-pmi, or ask for --top N",
    "entropy": "lower --min-entropy, or ask for --top N",
    "cut": "lower --min-count, or ask for --top N",
    "not": "lower --min-pmi, or ask for --top N",
    "a": "keep them with --numbers",
    "known": "without --new-only they are kept and marked",
}
