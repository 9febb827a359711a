"""`nlptools lm`: character language models: train, score, convert; lmfilter.py has filter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    check_fields,
    check_folder,
    deliver,
    files_made,
    folder_name,
    given_options,
    note,
    open_corpus,
    open_stream,
    usage_errors,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.lmfilter import filter_command
from nlptools.cli.progress import watcher
from nlptools.cli.records import container, into_option

if TYPE_CHECKING:
    from nlptools.lm.model import LanguageModel
    from nlptools.lm.stream import ScoredLines, Totals
    from nlptools.lm.tally import ScoreTally
    from nlptools.lm.trie import NgramModel
    from nlptools.text.corpus import Corpus
    from nlptools.text.documents import Documents
    from nlptools.text.reading import ReadReport

format_option = click.option(
    "--format",
    type=click.Choice(["native", "arpa", "compact"]),
    help="native: mapped from the disk, loads at once; arpa: text, for KenLM and others; compact: an eighth of the "
    "size, logarithms to the nearest fiftieth.  "
    "[default: arpa for -o *.arpa, also with .gz or .zst after it, and stdout, compact for *.nlplm, else native]",
)


@click.group()
def lm() -> None:
    """Character language models: train them, score text, filter corpora, exchange them with KenLM."""


lm.add_command(filter_command)


@lm.command(
    epilog="""\b
Examples:
  nlptools lm train news.txt -o news.lm
  nlptools lm train news/ --order 5 --prune 0,0,1 -o news.arpa.gz
  nlptools lm train news.txt --sentences clause --smoothing ml -o news.lm
  nlptools count --order 4 --latin char --sentences line part1.txt -o part1.counts
  nlptools merge part*.counts -o all.counts && nlptools lm train --counts all.counts -o all.lm
  nlptools lm train --engine spark --master yarn hdfs:///news/ --order 5 --prune 0,0,1 -o news.lm
"""
)
@options.corpus_argument
@click.option(
    "-o", "--output", type=OutputPath("default"), help="Model file to write instead of stdout."
)
@format_option
@click.option(
    "--counts",
    "counts_file",
    type=InputPath(),
    help="Counts made earlier with nlptools count --sentences, instead of a corpus.",
)
@click.option(
    "--order", type=click.IntRange(1, 6), default=4, show_default=True, help="Longest n-gram."
)
@click.option(
    "--smoothing",
    type=click.Choice(["kneser-ney", "witten-bell", "ml"]),
    default="kneser-ney",
    show_default=True,
    help="Interpolated modified Kneser-Ney, as KenLM's lmplz; Witten-Bell; maximum likelihood, where "
    "unseen n-grams are impossible.",
)
@click.option(
    "--prune",
    type=options.Counts(most=6),
    help="Leave out n-grams that occur up to this often; for orders 1, 2, ..., the last number for all "
    "others: 0,0,1.  [default: 0; for ml 0,3]",
)
@options.latin_option("char")
@options.sentences_option("line")
@options.reading_options
@options.machine_options
@options.engine_options
@options.work_option
@options.quiet_option
def train(
    paths: tuple[str, ...],
    output: str | None,
    format: str | None,
    counts_file: str | None,
    smoothing: str,
    prune: tuple[int, ...] | None,
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
    """Estimate a language model of the characters of a corpus.

    Every visible character is a symbol, every line that has any is a sentence. The numbers are those of
    KenLM's lmplz for the same text with spaces between its characters.
    """
    if counts_file is not None:
        if paths:
            raise click.UsageError("Give a corpus or --counts, not both.")
        if engine == "spark":
            raise click.UsageError(
                "--engine spark counts a corpus; --counts goes with --engine local."
            )
        used = given_options() & {"order", "latin", "sentences", "fold", "field", "column"}
        used |= given_options() & {"encoding", "on_error"}
        if used:
            name = min(used).replace("_", "-")
            raise click.UsageError(f"--{name} is settled when counts are made.")
    check_engine(engine, paths)
    check_format(output, format)
    closing = Closing("lm train", quiet)
    if prune is not None and len(prune) > settings["order"] and counts_file is None:
        raise click.UsageError(f"--prune has {len(prune)} numbers, --order is {settings['order']}.")
    if prune is not None and list(prune) != sorted(prune):
        raise click.UsageError("--prune: the numbers must not fall.")
    from nlptools.lm.train import learn_lm
    from nlptools.ngrams.counts import load_counts

    reading: dict[str, Any] = {"encoding": encoding, "on_error": on_error, "field": field}
    reading |= {"column": column, "fold": fold}
    corpus, counts, model = None, None, None
    read: Corpus | ReadReport | None = None
    if engine == "spark":
        from nlptools.spark.lm import learn_lm_with_spark

        check_fields(field, column)
        how = {name: value for name, value in settings.items() if name != "workers"} | reading
        how |= {"master": master, "conf": conf, "work": work}
        with usage_errors():
            model, read = learn_lm_with_spark(paths, smoothing=smoothing, prune=prune, **how)
    elif counts_file is not None:
        counts = load_counts(counts_file, mapped=False)
        if prune is not None and len(prune) > counts.order:
            raise click.UsageError(
                f"--prune has {len(prune)} numbers, the order is {counts.order}."
            )
    else:
        read = corpus = open_corpus(paths, quiet, then="learning", **reading)
    watch = watcher(quiet)
    if model is None:
        watch("learning", 1, 1)
        model = learn_lm(corpus, counts=counts, smoothing=smoothing, prune=prune, **settings)
    del counts
    machine = {name: settings[name] for name in ("memory", "tmp_dir")}
    watch("writing", 1, 1)
    write(model, output, format, machine)
    if (orders := model.settings.get("fallback")) and not quiet:
        named = ", ".join(map(str, orders))
        note(
            f"Too little text to estimate the discounts of order {named}: they are 0.5, 1 and 1.5."
        )
    made_by = {name: model.settings[name] for name in ("smoothing", "latin", "sentences")}
    if engine != "local":
        made_by["engine"] = engine
    closing.show(
        read,
        {"order": model.order, **made_by},
        [f"{model.learnt_from:,} symbols", f"{sum(map(len, model.levels)):,} n-grams"],
    )


def write(
    model: NgramModel, output: str | None, format: str | None, machine: dict[str, Any]
) -> None:
    """To the file, or as ARPA to stdout."""
    from nlptools.lm.arpa import arpa_pieces
    from nlptools.lm.files import write_model

    if output is not None:
        write_model(model, output, format=format, **machine)
    else:
        deliver(arpa_pieces(model), None)


def check_format(output: str | None, format: str | None) -> None:
    """Usage error of --format."""
    if output is None and format in ("native", "compact"):
        raise click.UsageError(f"A {format} model is a file: name it with -o FILE.")


@lm.command(
    epilog="""\b
Examples:
  nlptools lm score --model news.lm posts.txt | sort -t$'\\t' -k4,4g | head
  nlptools lm score --model news.lm --sort --min-symbols 10 --top 100 posts.txt
  nlptools lm score --model news.lm --totals held-out.txt
  nlptools lm score --model news.lm --field text docs.jsonl.zst -o scored.jsonl.zst
  echo 今天天气很好 | nlptools lm score --model news.arpa.gz --format jsonl
  nlptools lm score --model news.lm --field text --engine spark --master yarn hdfs:///docs/ -o hdfs:///scored.parquet
"""
)
@options.corpus_argument
@click.option(
    "--model",
    required=True,
    type=InputPath("general"),
    help="Model: native, compact or ARPA; or general, a small one of everyday text in the package.",
)
@click.option(
    "--sort/--no-sort",
    default=False,
    show_default=True,
    help="The oddest lines first: by log10 probability for each symbol.",
)
@click.option("--top", type=click.IntRange(min=1), help="Print the first N lines only.")
@click.option(
    "--min-symbols",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Only lines, or documents, with at least N symbols: the probability of a short one says little.",
)
@click.option(
    "--totals/--no-totals",
    default=False,
    show_default=True,
    help="Print the sums and the perplexity instead of lines.",
)
@click.option(
    "--format",
    type=click.Choice(["tsv", "jsonl"]),
    default="tsv",
    show_default=True,
    help="Rows; jsonl: of records the records themselves.",
)
@into_option
@options.lookup_option("as the model was trained")
@options.folder_output_option
@options.decoding_options
@options.field_options
@options.workers_option
@options.tmp_dir_option
@options.engine_options
@options.quiet_option
def score(
    paths: tuple[str, ...],
    model: str,
    sort: bool,
    top: int | None,
    min_symbols: int,
    totals: bool,
    format: str,
    into: str | None,
    fold: tuple[str, ...] | None,
    output: str | None,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    workers: int | None,
    tmp_dir: str | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    quiet: bool,
) -> None:
    """Give every line of a text, and every record, its probability.

    Columns: source, line, log10 probability, the same for each symbol and end of a sentence, symbols, unknown
    symbols (OOV), text. A record, which has the sums over its lines, is written as it stands with log10_prob, per_symbol,
    perplexity, symbols and oov. The closing line has the perplexity with and without unknown symbols.
    """
    if totals and (sort or top is not None or min_symbols):
        raise click.UsageError(
            "--totals prints no lines: leave out --sort, --top and --min-symbols."
        )
    check_engine(engine, paths)
    if engine == "spark":
        if others := sorted(given_options() & {"sort", "top", "totals"}):
            raise click.UsageError(f"--{others[0]} goes with --engine local.")
        check_folder(output)
        output = folder_name(output)
    documents = field is not None or column is not None
    how, records = _forms(format, output, into, documents)
    if into is not None and totals:
        raise click.UsageError("--totals prints no records: leave out --into.")
    if sort and records == "parquet":
        raise click.UsageError("--sort goes with rows and JSON Lines, not with Parquet.")
    closing = Closing("lm score", quiet)
    from nlptools.lm.files import open_lm
    from nlptools.lm.records import score_documents
    from nlptools.lm.report import totals_table
    from nlptools.lm.stream import fold_of, score_corpus
    from nlptools.lm.tally import ScoreTally
    from nlptools.text.lookup import mostly_traditional

    loaded = open_lm(model, tmp_dir=tmp_dir, whole=True)
    for problem in [] if quiet else loaded.problems:
        note(f"{problem}.")
    folds = fold_of(loaded) if fold is None else fold
    reading: dict[str, Any] = {
        "encoding": encoding,
        "on_error": on_error,
        "field": field,
        "column": column,
    }
    tally = ScoreTally(scripts=fold is None and not quiet)
    results: list[str] = []
    corpus: Any
    if engine == "spark":
        shape: dict[str, Any] = {"into": into, "container": records, "format": how, "fold": folds}
        shape |= {"min_symbols": min_symbols, "master": master, "conf": conf}
        corpus, results = _by_spark(paths, loaded, str(output), tally, shape | reading)
    else:
        corpus = open_stream(paths, quiet, output, **reading, fold=())
        corpus.prompt = not (sort or totals)
        settings: dict[str, Any] = {"fold": folds, "workers": workers}
        scored: Iterator[tuple[Documents | None, ScoredLines]]
        if documents or records:
            scored = iter(score_documents(corpus.documents(), loaded, **settings))
        else:
            scored = ((None, lines) for lines in score_corpus(corpus, loaded, **settings))
        chosen = tally.chosen(scored, min_symbols, top if records and not sort else None)
        if totals:
            for _ in chosen:
                pass
            deliver([totals_table(tally.sums, how)], output)
        else:
            deliver(_rows(chosen, how, records, into, sort, top, tmp_dir), output)
    unlike = tally.traditional > tally.simplified
    if unlike and "t2s" not in folds and not mostly_traditional("".join(loaded.vocabulary)):
        note("The text is traditional, the model is not: --fold t2s scores it as simplified.")
    made_by = {"order": loaded.order} | ({"fold": "+".join(folds)} if folds else {})
    results += results_of(tally.sums, "documents" if documents else "lines")
    closing.show(corpus, made_by, results)


def _by_spark(
    paths: tuple[str, ...],
    model: LanguageModel,
    output: str,
    tally: ScoreTally,
    settings: dict[str, Any],
) -> tuple[ReadReport, list[str]]:
    """What was read and what there is to say of it; the tally is filled."""
    from nlptools.spark.lmscore import score_with_spark, totals_of

    with usage_errors():
        made = score_with_spark(paths, model, output, **settings)
    tally.sums = totals_of(made.sums)
    if tally.scripts:
        tally.traditional = int(made.sums.get("traditional", 0))
        tally.simplified = int(made.sums.get("simplified", 0))
    return made.report, [files_made(made, output)]


def _forms(
    format: str, output: str | None, into: str | None, documents: bool
) -> tuple[str, str | None]:
    """(tsv or jsonl; the container of records, None: rows)."""
    asked = "format" in given_options()
    records = container(output, into, objects=documents and format == "jsonl")
    if asked and format == "tsv":
        if into is not None or records == "parquet":
            raise click.UsageError("--format tsv is rows: leave it out to write records.")
        return "tsv", None
    if records == "jsonl" and not documents and into is None:
        return "jsonl", None  # of lines, which have a place each
    return ("jsonl" if records else format), records


def _rows(
    chosen: Iterator[tuple[Documents | None, ScoredLines]],
    how: str,
    records: str | None,
    into: str | None,
    sort: bool,
    top: int | None,
    tmp_dir: str | None,
) -> Iterator[str | bytes]:
    """What is written: rows, or records."""
    from nlptools.lm.records import found_of
    from nlptools.lm.report import oddest_lines, oddest_rows, oddness, table_pieces
    from nlptools.text.recordfiles import written
    from nlptools.text.results import record_pieces

    if records is None:
        lines = (lines for _, lines in chosen)
        if sort:
            yield from oddest_lines(lines, how, top, tmp_dir)
        else:
            yield from table_pieces(lines, how, top)
        return
    both = ((documents, lines) for documents, lines in chosen if documents is not None)
    if sort:
        yield from oddest_rows(
            (
                (oddness(lines), piece.encode())
                for documents, lines in both
                for piece in record_pieces([(documents, found_of(lines))], into=into)
            ),
            top,
            tmp_dir,
        )
    else:
        found = ((documents, found_of(lines)) for documents, lines in both)
        yield from written(found, records, into)


def results_of(sums: Totals, unit: str) -> list[str]:
    """For people: what was scored. unit: what `lines` are."""
    if not sums.symbols:
        return [f"{sums.lines:,} {unit}", "nothing to score"]
    return [
        f"{sums.lines:,} {unit}",
        f"{sums.symbols:,} symbols",
        f"{sums.oov:,} unknown",
        f"log10 probability {sums.log10_prob:,.2f}",
        f"perplexity {sums.perplexity:.4g}, without unknown symbols {sums.perplexity_without_oov:.4g}",
    ]


@lm.command(
    epilog="""\b
Examples:
  nlptools lm convert news.arpa.gz -o news.lm
  nlptools lm convert news.lm -o news.arpa
  nlptools lm convert news.lm -o news.nlplm
  nlptools lm convert general | head
"""
)
@click.argument("source", type=InputPath("general"))
@click.option(
    "-o", "--output", type=OutputPath("default"), help="Model file to write instead of stdout."
)
@format_option
@options.memory_option
@options.tmp_dir_option
@options.quiet_option
def convert(
    source: str, output: str | None, format: str | None, quiet: bool, **machine: Any
) -> None:
    """Rewrite a model as ARPA, native or compact file; its kind is recognised by content, not by name.

    SOURCE is a file, or general, the model of the package.
    """
    check_format(output, format)
    closing = Closing("lm convert", quiet)
    from nlptools.lm.files import read_trie

    model = read_trie(source, **machine)
    watcher(quiet)("writing", 1, 1)
    write(model, output, format, machine)
    closing.show(
        None,
        {"order": model.order},
        [f"{len(model.vocabulary):,} symbols", f"{sum(map(len, model.levels)):,} n-grams"],
    )
