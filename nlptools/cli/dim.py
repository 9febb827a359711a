"""`nlptools dim`: a number of words, given or counted -> bounds on the dimension of their vectors."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, given_options, open_corpus, write
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.segment import BLOCK

if TYPE_CHECKING:
    from nlptools.vectors.dimension import Bounds, Capacities

MOST_WORDS = 10**100
MOST_DIMENSIONS = 1 << 14  # the words that fit are written out: 889 digits
_OF_CORPUS = ("min_count", "workers", "encoding", "on_error", "field", "column", "fold")
_WIDTH = 100
_WHOLE = re.compile(
    r"[0-9]+(_[0-9]+)*|[0-9]{1,3}(,[0-9]{3})+|[0-9]+(\.[0-9]+)?[eE]\+?[0-9]{1,9}", re.ASCII
)


class Whole(click.ParamType):  # type: ignore[type-arg]
    """A whole number from 1 to `most`: 100000, 100_000, 100,000, 1e5."""

    name = "number"

    def __init__(self, most: int) -> None:
        self._most = most

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = str(value)
        number = Decimal(re.sub("[_,]", "", text)) if _WHOLE.fullmatch(text) else None
        if number is None or number != number.to_integral_value():
            self.fail(f"{text!r} is no whole number; examples: 100000, 100_000, 1e5", param, ctx)
        if number < 1:
            self.fail(f"{text} is below 1", param, ctx)
        if number > self._most:
            most = f"{self._most:,}" if self._most < 10**9 else f"{self._most:.0e}"
            self.fail(f"{text[:24]} is above {most}", param, ctx)
        return int(number)


class Row(NamedTuple):
    """A line of the table. kind: words, vocab, corpus or length; source: the files it was counted in."""

    kind: str
    source: str | None
    label: str
    bounds: Bounds


class _Command(click.Command):
    """-5 is no option but a number below 1."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name[1:2].isdigit():
                raise click.UsageError("A number of words is at least 1.", ctx) from None
            raise


@click.command(
    cls=_Command,
    epilog="""\b
Examples:
  nlptools dim 100000 5e6
  nlptools dim 100000 --format text
  nlptools dim --vocab vocab.txt --length 512 --eps 0.2
  nlptools dim --corpus news.txt --min-count 10 --plot news.svg
  nlptools dim --inverse 128 --inverse 300
""",
)
@click.argument("numbers", nargs=-1, metavar="[N]...", type=Whole(MOST_WORDS))
@click.option(
    "--vocab",
    "vocab_files",
    multiple=True,
    type=InputPath(),
    help="Word list whose entries are counted (vocab.txt, vocab.json, plain, jieba, what discover wrote); "
    "`-` is stdin. May be given several times.",
)
@click.option(
    "--corpus",
    "paths",
    multiple=True,
    type=InputPath(),
    help="Text whose words are counted, cut by the general model; `-` is stdin. Given several times it is "
    "one corpus.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="With --corpus: count words that occur at least this often (5 as in word2vec).",
)
@click.option(
    "--length",
    "lengths",
    multiple=True,
    type=Whole(MOST_WORDS),
    help="Length of a sequence: the bounds on the size of an attention head. May be given several times.",
)
@click.option(
    "--inverse",
    multiple=True,
    type=Whole(MOST_DIMENSIONS),
    help="Dimension: print how many words fit into it instead. May be given several times.",
)
@click.option(
    "--eps",
    type=options.Number(min=1e-6, max=1, max_open=True),
    default=0.1,
    show_default=True,
    help="For the lemma of Johnson and Lindenstrauss: how far squared distances may be off.",
)
@click.option(
    "--format",
    "how",
    type=click.Choice(["tsv", "jsonl", "text"]),
    default="tsv",
    show_default=True,
    help="text: aligned, and with the formula, the meaning and the source of each bound.",
)
@click.option(
    "--plot",
    type=OutputPath(),
    help="Draw the bound against the number of words, with the usual sizes and your numbers: "
    "FILE.svg, .png or .pdf.",
)
@options.reading_options
@options.workers_option
@options.quiet_option
def dim(
    numbers: tuple[int, ...],
    vocab_files: tuple[str, ...],
    paths: tuple[str, ...],
    min_count: int,
    lengths: tuple[int, ...],
    inverse: tuple[int, ...],
    eps: float,
    how: str,
    plot: str | None,
    workers: int | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Bounds on the dimension of word vectors, for N words.

    They say how much room N words need, not which dimension is best; only experiments show that.
    Formulas, meaning and sources: --format text.
    """
    asked = numbers or vocab_files or paths or lengths
    if inverse and asked:
        raise click.UsageError("--inverse prints a table of its own: give it alone.")
    if not inverse and not asked:
        raise click.UsageError(
            "Give a number of words, or --vocab, --corpus, --length or --inverse."
        )
    if not paths and (wrong := [name for name in _OF_CORPUS if name in given_options()]):
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} goes with --corpus.")
    if (*vocab_files, *paths).count("-") > 1:
        raise click.UsageError("stdin can be read only once: name a file for the others.")
    closing = Closing("dim", quiet)
    if plot is not None:
        from nlptools.vectors.dimension_plot import SUFFIXES, load_figure

        if not plot.lower().endswith(SUFFIXES):
            raise click.UsageError(f"--plot FILE ends in {', '.join(SUFFIXES)}.")
        load_figure()  # now, not when everything is counted
    from nlptools.text.wordlists import count_entries
    from nlptools.vectors.dimension import dimension_bounds, word_capacities
    from nlptools.vocab.dimension import no_words
    from nlptools.vocab.wordcount import count_words

    def row(kind: str, size: int, label: str, source: str | None = None) -> Row:
        return Row(kind, source, label, dimension_bounds(size, eps=eps))

    rows = [row("words", number, _words(number)) for number in numbers]
    results = []
    for path in vocab_files:
        count = count_entries(path)
        rows.append(row("vocab", count.entries, f"{path}: {count.entries:,} entries", path))
        repeated = f" ({count.repeated:,} more repeat one)" if count.repeated else ""
        results.append(f"{path}: {count.entries:,} entries{repeated}")
    corpus = None
    if paths:
        corpus = open_corpus(paths, quiet, **reading)
        corpus.block_size = BLOCK
        from nlptools.segmentation.segmenter import Segmenter

        found = count_words(corpus, Segmenter.load(), min_count=min_count, workers=workers)
        if not found.words:
            raise no_words(corpus.name, found, min_count)
        source = " ".join(paths)
        results.append(f"{found.words:,} of {found.distinct:,} words, {found.tokens:,} tokens")
        label = f"{source}: {_words(found.words)} (count >= {min_count:,})"
        rows.append(row("corpus", found.words, label, source))
    rows += [row("length", number, f"length {number:,}") for number in lengths]
    capacities = [word_capacities(number, eps=eps) for number in inverse]
    if plot is not None:
        from nlptools.vectors.dimension_plot import plot_bounds

        plot_bounds(
            plot,
            sizes=[row.bounds.size for row in rows if row.kind != "length"],
            lengths=lengths,
            dimensions=inverse,
        )
    write(_FORMATS[how](rows, capacities))
    settings: dict[str, Any] = {"eps": f"{eps:g}"}
    if paths:
        settings["min_count"] = min_count
    closing.show(corpus, settings, results)


def _words(number: int) -> str:
    return "1 word" if number == 1 else f"{_number(number)} words"


def _number(value: float) -> str:
    """For people; above a million millions rounded down to four digits."""
    if isinstance(value, float):
        return f"{value:,.2f}"
    if value < 10**12:
        return f"{value:,}"
    digits = str(value)
    return f"{digits[0]}.{digits[1:4]}e{len(digits) - 1}"


# --- formats ----------------------------------------------------------------------------------

Value = str | int | float | None


def _records(rows: Sequence[Row], capacities: Sequence[Capacities]) -> Iterator[dict[str, Value]]:
    """Column -> value, numbers not rounded."""
    for row in rows:
        yield {"kind": row.kind, "source": row.source, **vars(row.bounds)}
    for words in capacities:
        yield vars(words)


def _tsv(rows: Sequence[Row], capacities: Sequence[Capacities]) -> Iterator[str]:
    for i, record in enumerate(_records(rows, capacities)):
        if not i:
            yield "\t".join(record) + "\n"
        yield "\t".join(_cell(name, value) for name, value in record.items()) + "\n"


def _cell(name: str, value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}" if name == "eps" else f"{value:.2f}"
    # A file name may have anything in it.
    return "" if value is None else re.sub(r"[\t\r\n]", " ", str(value))


def _jsonl(rows: Sequence[Row], capacities: Sequence[Capacities]) -> Iterator[str]:
    for record in _records(rows, capacities):
        rounded = {
            name: round(value, 2) if isinstance(value, float) and name != "eps" else value
            for name, value in record.items()
        }
        yield json.dumps(rounded, ensure_ascii=False) + "\n"


def _text(rows: Sequence[Row], capacities: Sequence[Capacities]) -> Iterator[str]:
    from nlptools.vectors.dimension import BOUNDS

    title = "dimensions by bound" if rows else "words that fit, by bound"
    labels = [row.label for row in rows] + [f"{words.dimension:,}" for words in capacities]
    table = [[title, *(bound.name for bound in BOUNDS.values())]]
    table += [
        [label, *(_number(record[name]) for name in BOUNDS)]  # type: ignore[arg-type]
        for label, record in zip(labels, _records(rows, capacities), strict=True)
    ]
    yield _aligned(table)
    yield "\n"
    eps = (rows[0].bounds if rows else capacities[0]).eps
    width = max(len(bound.name) for bound in BOUNDS.values()) + 2
    for name, bound in BOUNDS.items():
        formula = f"{bound.formula}, eps = {eps:g}" if name.startswith("jl") else bound.formula
        yield f"{bound.name:<{width}}{formula}\n"
        for line in textwrap.wrap(f"{bound.meaning} [{bound.source}]", _WIDTH - width):
            yield " " * width + line + "\n"
    yield "\n"
    yield textwrap.fill(_CAVEAT, _WIDTH) + "\n"


_CAVEAT = (
    "N: words, or for an attention head the length of the sequence. h_n = ln E[exp(n c)] - n E[c exp(n c)] / "
    "E[exp(n c)], c being the cosine of the angle between two random directions. These are bounds on room, not "
    "the best dimension: experiments tell that."
)


def _aligned(table: Sequence[Sequence[str]]) -> str:
    """Columns side by side, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + "\n"
        for row in table
    )


_FORMATS = {"tsv": _tsv, "jsonl": _jsonl, "text": _text}
