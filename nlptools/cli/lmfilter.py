"""`nlptools lm filter`: documents + language model -> those that are text, and apart the rest with the reasons."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    changed_settings,
    check_engine,
    check_folder,
    deliver,
    files_made,
    folder_name,
    given_options,
    note,
    open_stream,
    output_file,
    usage_errors,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.records import container, into_option

if TYPE_CHECKING:
    from nlptools.lm.filter import FilteredCorpus
    from nlptools.lm.filtered import FilteredDocuments, FilterReport
    from nlptools.lm.filterreport import Examples
    from nlptools.spark.maps import Output
    from nlptools.text.corpus import Corpus
    from nlptools.text.reading import ReadReport


# Options that change no document and no reason.
_NO_RESULT = {
    *("paths", "output", "dropped", "examples", "format", "into", "quiet", "memory", "workers"),
    *("tmp_dir", "encoding", "on_error", "field", "column", "engine", "master", "conf"),
}


_UNLIKE = "The text is traditional, the model is not: --fold t2s scores it as simplified."
_LOOKED_AT = 1_000_000  # characters, to see whether a text is traditional


class _Names(click.ParamType):  # type: ignore[type-arg]
    """Names separated by commas: head,middle."""

    name = "names"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else tuple(value.split(","))


def _share(name: str, text: str) -> options.Decorator:
    return click.option(name, type=options.Number(0, 1), help=text)


_border_options = options.chain(
    click.option(
        "--quantiles",
        type=options.Numbers(2, 0),
        metavar="PERCENT[,PERCENT]",
        help="Where the buckets end, in percent of the documents, by perplexity: 30,60 makes head, middle and tail; one "
        "number head and tail.",
    ),
    click.option(
        "--max-perplexity",
        type=options.Numbers(2, 0),
        metavar="NUMBER[,NUMBER]",
        help="Where the buckets end, as perplexities. Nothing is read twice for that.",
    ),
    click.option(
        "--min-per-symbol",
        type=options.Numbers(2),
        metavar="NUMBER[,NUMBER]",
        help="The same in the unit of lm score, log10 for each symbol: -2 is a perplexity of 100.",
    ),
    click.option(
        "--keep",
        type=_Names(),
        metavar="BUCKET[,BUCKET]",
        help="Buckets to keep: any of head, middle, tail.  [default: all but tail]",
    ),
)

_rule_options = options.chain(
    click.option(
        "--min-symbols",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Only lines, or documents, with at least N symbols: the probability of a short one says little.",
    ),
    click.option(
        "--mean-symbols",
        type=options.Number(min=0),
        help="Symbols that the mean of the corpus counts for beside those of a document, as the perplexity of a short "
        "one says little; 0: none.  [default: 30 with --quantiles, else 0]",
    ),
    click.option(
        "--first",
        type=click.IntRange(min=1),
        help="Take limits and mean from the first N documents.  [default: all, which are read twice; of a pipe the "
        "first 10,000]",
    ),
    click.option(
        "--measures/--no-measures",
        default=False,
        show_default=True,
        help="Drop by the four rules below, and add their measures as fields.",
    ),
    _share(
        "--min-han", "Least share of Han among visible characters.  [default: 0.2 with --measures]"
    ),
    _share(
        "--max-oov",
        "Largest share of symbols unknown to the model.  [default: 0.1 with --measures]",
    ),
    _share(
        "--max-repeated",
        "Largest share of characters in stretches of ten that the document had before.  "
        "[default: 0.4 with --measures]",
    ),
    _share(
        "--max-repeated-lines",
        "Largest share of characters in lines that the document had before.  "
        "[default: 0.3 with --measures]",
    ),
    click.option(
        "--unique/--no-unique",
        default=False,
        show_default=True,
        help="Drop documents whose whole text came before; exact.",
    ),
)


@click.command(
    "filter",
    epilog="""\b
Examples:
  nlptools lm filter docs.jsonl.zst --field text --quantiles 30,60 -o kept.jsonl.zst --dropped dropped.jsonl.zst
  nlptools lm filter docs.jsonl --field text --model my.lm --quantiles 90 --measures --unique -o kept.jsonl
  nlptools lm filter shard-*.parquet --field text --max-perplexity 250 -o kept.parquet
  zcat posts.txt.gz | nlptools lm filter --max-perplexity 300 --min-symbols 20 > kept.txt
  nlptools lm filter --engine spark --master yarn hdfs:///docs/ --field text --quantiles 30,60 --unique -o hdfs:///kept.parquet
""",
)
@options.corpus_argument
@click.option(
    "--model",
    type=InputPath("general"),
    default="general",
    show_default=True,
    help="Language model of text as it should be: native, compact or ARPA; general: a small one of everyday text in "
    "the package. Your own good text (lm train) judges better.",
)
@_border_options
@_rule_options
@click.option(
    "--dropped",
    type=OutputPath(),
    help="Write what is dropped to this file, with a field `reason`.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Show so many documents on each side of each limit.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "jsonl", "parquet"]),
    help="What is written; text has no fields.  [default: by the name of the file, else as the corpus: text for "
    "plain text, jsonl for records]",
)
@into_option
@options.lookup_option("as the model was trained")
@options.folder_output_option
@options.decoding_options
@options.field_options
@options.machine_options
@options.engine_options
@options.quiet_option
def filter_command(
    paths: tuple[str, ...],
    model: str,
    dropped: str | None,
    examples: int,
    format: str | None,
    into: str | None,
    output: str | None,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    **settings: Any,
) -> None:
    """Keep documents that are text, by their perplexity and by rules, and write them with the numbers.

    A document is a record of JSON Lines, CSV or Parquet, or a line of plain text. Records keep all their fields and get
    perplexity, oov (the share of unknown symbols) and bucket. What is kept and what is dropped, put together in order,
    is everything.
    """
    check_engine(engine, paths)
    if engine == "spark":
        output, dropped = _spark_folders(output, dropped)
    plain = field is None and column is None
    kept_as = _format(output, format, plain, into)
    dropped_as = _format(dropped, format, plain, into) if dropped is not None else ""
    closing = Closing("lm filter", quiet)
    from nlptools.lm.filter import filter_documents
    from nlptools.lm.filterfiles import dropping, kept_pieces
    from nlptools.lm.filterreport import Examples

    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    if engine == "spark":
        folders = (_folder(output, kept_as, into), _folder(dropped, dropped_as, into))
        settings |= {"master": master, "conf": conf}
        _filter_with_spark(paths, model, folders, closing, reading, settings)
        return
    corpus = open_stream(paths, quiet, output, **reading, fold=())
    with usage_errors():
        found = filter_documents(corpus, model, **settings)
    near = Examples(examples)
    watched = _Watched(found, near if examples else None)
    with contextlib.ExitStack() as stack:
        drop = None
        if dropped is not None:
            stream = stack.enter_context(output_file(dropped))
            drop = stack.enter_context(dropping(stream, dropped_as, into))
        deliver(kept_pieces(watched, kept_as, into, drop), output)
    if not quiet:
        _tell(found.report, near)
        if watched.unlike:
            note(_UNLIKE)
    _close(closing, found.report, corpus, model, [])


def _spark_folders(output: str | None, dropped: str | None) -> tuple[str | None, str | None]:
    """The folders that Spark writes, named as files."""
    if others := sorted(given_options() & {"first", "examples"}):
        raise click.UsageError(f"--{others[0]} goes with --engine local.")
    check_folder(output)
    if dropped is not None:
        check_folder(dropped)
    return folder_name(output), folder_name(dropped)


def _folder(name: str | None, format: str, into: str | None) -> Output | None:
    """A folder of that name, as Spark is told."""
    from nlptools.spark.maps import Output

    return None if name is None else Output(name, None if format == "text" else format, into)


def _filter_with_spark(
    paths: tuple[str, ...],
    model: str,
    folders: tuple[Output | None, Output | None],
    closing: Closing,
    reading: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    """The same by many machines. folders: of what is kept, and dropped."""
    from nlptools.lm.files import open_lm
    from nlptools.lm.filterreport import Examples
    from nlptools.lm.filterrules import FilterRules
    from nlptools.lm.stream import fold_of
    from nlptools.spark.lmfilter import filter_with_spark
    from nlptools.text.lookup import mostly_traditional

    output, dropped = folders
    assert output is not None
    del settings["workers"]
    loaded = open_lm(model, tmp_dir=settings["tmp_dir"], whole=True)
    with usage_errors():
        rules = FilterRules(**{each.name: settings.pop(each.name) for each in fields(FilterRules)})
        made, report = filter_with_spark(
            paths, loaded, output, rules, dropped=dropped, **reading, **settings
        )
    if not closing.quiet:
        _tell(report, Examples(0))
        unlike = made.sums.get("traditional", 0) > made.sums.get("simplified", 0)
        folds = fold_of(loaded) if settings["fold"] is None else settings["fold"]
        if unlike and "t2s" not in folds and not mostly_traditional("".join(loaded.vocabulary)):
            note(_UNLIKE)
    where = output.path if dropped is None else f"{output.path} and {dropped.path}"
    _close(closing, report, made.report, model, [files_made(made, where)])


def _close(
    closing: Closing,
    report: FilterReport,
    read: Corpus | ReadReport,
    model: str,
    results: list[str],
) -> None:
    """The closing line."""
    changed = changed_settings(
        _NO_RESULT | {"model", "quantiles", "max_perplexity", "min_per_symbol"}
    )
    made_by = {"model": model} | _limits(report) | changed
    results += [f"{report.kept:,} documents kept", f"{report.dropped:,} dropped"]
    closing.show(read, made_by, results)


def _format(name: str | None, format: str | None, plain: bool, into: str | None) -> str:
    """What is written to a file of this name, or to stdout."""
    from nlptools.text.jsonlines import bare_name

    if format is None:
        format = container(name, into, objects=not plain) or "text"
        if not plain and name is not None and bare_name(name).endswith((".csv", ".tsv")):
            raise click.UsageError(
                f"Records are not written as CSV: name {name} .jsonl or .parquet."
            )
    if format == "text" and into is not None:
        raise click.UsageError("--into is for records: --format jsonl.")
    if format == "parquet" and name is None:
        raise click.UsageError("Parquet is a file: name it with -o FILE.")
    return format


class _Watched:
    """The batches of a filtered corpus, looked at as they pass: for examples, and for the script of the text."""

    def __init__(self, found: FilteredCorpus, near: Examples | None) -> None:
        self._found, self._near = found, near
        self._characters = self._traditional = self._simplified = 0

    def __iter__(self) -> Iterator[FilteredDocuments]:
        for batch in self._found.batches():
            if self._near is not None:
                self._near.add(batch, self._found.report)
            if self._characters < _LOOKED_AT:
                self._count(batch.documents.texts)
            yield batch

    def _count(self, texts: list[str]) -> None:
        from nlptools.text.longtexts import slices
        from nlptools.text.lookup import count_scripts

        for text in slices(texts[0]) if len(texts) == 1 else ("".join(texts),):
            traditional, simplified = count_scripts(text)
            self._characters += len(text)
            self._traditional += traditional
            self._simplified += simplified

    @property
    def unlike(self) -> bool:
        """Whether the text is traditional, and neither are the model nor what it is asked."""
        from nlptools.text.lookup import mostly_traditional

        if self._traditional <= self._simplified or "t2s" in self._found.fold:
            return False
        return not mostly_traditional("".join(self._found.model.vocabulary))


def _limits(report: FilterReport) -> dict[str, str]:
    """The limits for the closing line, in the form of the option that sets them.

    A limit that was found is the perplexity of a document: it is rounded up, so that this one stays on its side.
    """
    limits = [10**limit for limit in report.limits if limit == limit]
    if report.rules.quantiles is not None:
        limits = [limit * (1 + 1e-6) for limit in limits]
    return {"max-perplexity": ",".join(f"{limit:.7g}" for limit in limits)} if limits else {}


def _tell(report: FilterReport, near: Examples) -> None:
    """Table, limits and examples."""
    from nlptools.lm.filterreport import limits_line, report_table

    note(report_table(report))
    if line := limits_line(report):
        note(line)
    if text := "\n".join(near.lines(report)):
        note(text)
