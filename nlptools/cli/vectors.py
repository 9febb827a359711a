"""`nlptools vectors`: word vectors of any tool: look at them, compare them, whiten them, project them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, given_options, note, write
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.progress import shows_progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlptools.vectors.compare import VectorComparison
    from nlptools.vectors.vectors import Vectors

INPUT_FORMAT = click.Choice(["word2vec", "glove", "word2vec-bin", "npy", "npz", "safetensors"])

source_argument = click.argument("source", default="-", metavar="[FILE]", type=InputPath())

reading_options = options.chain(
    click.option(
        "--input-format",
        type=INPUT_FORMAT,
        help="Format of the file.  [default: recognised by content]",
    ),
    click.option(
        "--words",
        type=InputPath(),
        help="Words of an array (.npy, .npz, .safetensors), one a line.",
    ),
    click.option(
        "--tensor",
        type=options.TextParam(),
        metavar="NAME",
        help="Which array of a .npz or .safetensors file.  [default: the only matrix there]",
    ),
    click.option(
        "--duplicates",
        type=click.Choice(["error", "first"]),
        default="error",
        show_default=True,
        help="For a repeated word: stop, or keep only its first vector.",
    ),
    click.option(
        "--bad-rows",
        type=click.Choice(["stop", "skip"]),
        default="stop",
        show_default=True,
        help="For a row with NaN, an infinite number, no word or another number of numbers: stop, or leave it out.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(min=1),
        metavar="N",
        help="Read the first N rows only, also of a file that is cut.  [default: all]",
    ),
    options.decoding_options,
    options.machine_options,
)


def writing_options(output: OutputPath) -> options.Decorator:
    """-o, --format, --words-output"""
    return options.chain(
        click.option("-o", "--output", required=True, type=output, help="File to write."),
        click.option(
            "--format",
            type=click.Choice(["word2vec", "glove", "word2vec-bin", "npy", "safetensors"]),
            help="What to write.  [default: for -o *.txt, *.vec, *.glove, *.bin, *.npy, *.safetensors "
            "what the name says, else the format of FILE]",
        ),
        click.option(
            "--words-output",
            type=OutputPath(),
            help="Write the words to this file, one a line: .npy and .safetensors have none.",
        ),
    )


table_option = click.option(
    "--format",
    type=click.Choice(["tsv", "json"]),
    default="tsv",
    show_default=True,
    help="Output format.",
)

seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the random choices; the same seed gives the same result.",
)


neighbour_options = options.chain(
    click.option(
        "--nearest",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="Number of nearest neighbours of each vector that are looked up.",
    ),
    click.option(
        "--queries",
        type=click.IntRange(min=1),
        help="Look up the neighbours of N vectors only; their figures are then estimates.  "
        "[default: all of up to 50,000, else 10,000]",
    ),
    seed_option,
)


def dim_option(required: bool = False) -> options.Decorator:
    """--dim"""
    return click.option(
        "--dim",
        type=click.IntRange(min=1),
        required=required,
        show_default=False if required else "all",
        help="Dimensions of the result.",
    )


@click.group()
def vectors() -> None:
    """Word vectors (word2vec, GloVe, .npy, .safetensors): look at them, compare, whiten, project them."""


@vectors.command(
    epilog="""\b
Examples:
  nlptools vectors check vectors.txt
  nlptools vectors check model.bin.gz --format json | jq .isotropy
  nlptools vectors check bert.safetensors --tensor embeddings.word_embeddings.weight --words vocab.txt
  xz -dc glove.txt.xz | nlptools vectors check --nearest 5 --hubs 30
"""
)
@source_argument
@neighbour_options
@click.option(
    "--hubs",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many hubs to name.",
)
@table_option
@reading_options
@options.quiet_option
def check(
    source: str,
    nearest: int,
    queries: int | None,
    seed: int,
    hubs: int,
    format: str,
    quiet: bool,
    **reading: Any,
) -> None:
    """Measure word vectors.

    Their number and lengths, how evenly directions are used (mean cosine, isotropy, effective dimension), and
    hubs: vectors that are among the nearest of very many others. docs/guides/vectors.md explains the measures.
    """
    closing = Closing("vectors check", quiet)
    from nlptools.vectors.check import check_table, check_vectors

    with _Bar(quiet) as watch:
        found = _read(source, reading, watch, quiet)
        result = check_vectors(
            found,
            nearest=nearest,
            queries=queries,
            seed=seed,
            hubs=hubs,
            memory=reading["memory"],
            workers=reading["workers"],
            watch=watch,
        )
    write([check_table(result, format)])
    if not (result.exact or quiet):
        asked, points = result.measures["queries"], len(found) - result.measures["zero_vectors"]
        note(
            f"Hubness: {asked:,} of {points:,} vectors were asked for their neighbours (--queries)."
        )
    closing.show(None, {"nearest": nearest}, [_size(found)])


@vectors.command(
    epilog="""\b
Examples:
  nlptools vectors compare vectors-2023.txt vectors-2024.txt
  nlptools vectors compare vectors.npy white.npy --format json | jq .wasserstein
  nlptools vectors compare a.npy b.txt --words words.txt --nearest 20
  nlptools vectors compare old.safetensors new.safetensors --tensor word_embeddings.weight --words old.txt \\
    --tensor-b word_embeddings.weight --words-b new.txt
"""
)
@click.argument("a", type=InputPath())
@click.argument("b", type=InputPath())
@click.option(
    "--shrinkage",
    type=options.Number(min=0, max=1),
    help="Move both covariances so much towards a multiple of the identity.  "
    "[default: 0; for a singular one as OAS says]",
)
@neighbour_options
@table_option
@reading_options
@click.option("--input-format-b", type=INPUT_FORMAT, help="As --input-format, for B.")
@click.option("--words-b", type=InputPath(), help="As --words, for B.")
@click.option("--tensor-b", type=options.TextParam(), metavar="NAME", help="As --tensor, for B.")
@options.quiet_option
def compare(
    a: str,
    b: str,
    shrinkage: float | None,
    nearest: int,
    queries: int | None,
    seed: int,
    format: str,
    input_format_b: str | None,
    words_b: str | None,
    tensor_b: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Measure how far apart two sets of word vectors lie.

    As normal distributions: KL divergence both ways, Bhattacharyya and 2-Wasserstein distance. For words in both
    (of two arrays without words: rows of the same number): what a rotation leaves, and how many of the nearest
    neighbours are the same. docs/guides/vectors.md explains the measures.
    """
    closing = Closing("vectors compare", quiet)
    from nlptools.vectors.compare import compare_vectors, comparison_table

    reading["room"] = reading["memory"] // 6  # for each of the two
    of_b = {"input_format": input_format_b, "words": words_b, "tensor": tensor_b}
    machine = {name: reading[name] for name in ("memory", "workers", "tmp_dir")}
    with _Bar(quiet) as watch:
        first = _read(a, reading, watch, quiet)
        second = _read(b, reading | of_b, watch, quiet)
        result = compare_vectors(
            first,
            second,
            shrinkage=shrinkage,
            nearest=nearest,
            queries=queries,
            seed=seed,
            **machine,
            watch=watch,
        )
    write([comparison_table(result, format)])
    if not quiet:
        for line in _compare_notes(first, second, result):
            note(line)
    closing.show(None, {"nearest": nearest}, [_size(first), _size(second)])


def _compare_notes(first: Vectors, second: Vectors, result: VectorComparison) -> Iterator[str]:
    """What one has to know to read the table."""
    measures = result.measures
    if result.ranks is None:
        yield "The dimensions differ: there are no distances between the normal distributions."
    for name, side, rank in zip("AB", (first, second), result.ranks or (), strict=False):
        if rank < side.shape[1]:
            shrinkage = measures[f"shrinkage_{name.lower()}"]
            yield (
                f"The covariance of {name} has rank {rank} of {side.shape[1]}: shrunk by {shrinkage:.3g}, "
                "except for wasserstein."
            )
    if first.has_words != second.has_words:
        yield f"{'B' if first.has_words else 'A'} has no words, so none are shared: --words, --words-b."
    elif not first.has_words and measures["shared"]:
        yield "Neither has words: rows of the same number are compared."
    if not result.exact:
        yield f"Neighbours: {measures['queries']:,} words were asked for theirs (--queries)."


@vectors.command(
    epilog="""\b
Examples:
  nlptools vectors whiten vectors.txt -o white.txt --dim 64
  nlptools vectors whiten train.npy -o train-256.npy --dim 256 --transform white.npz
  nlptools vectors whiten --apply white.npz test.npy -o test-256.npy
"""
)
@source_argument
@writing_options(OutputPath("stdout"))
@dim_option()
@click.option(
    "--tolerance",
    type=options.Number(min=0, max=1, max_open=True),
    default=1e-10,
    show_default=True,
    help="A variance of at most so much of the largest counts as 0; its column becomes 0.",
)
@click.option("--transform", type=OutputPath(), help="Save mean and matrix to this file (.npz).")
@click.option(
    "--apply", type=InputPath(), help="Use what --transform saved, instead of FILE's own."
)
@reading_options
@options.quiet_option
def whiten(
    source: str,
    output: str,
    format: str | None,
    words_output: str | None,
    dim: int | None,
    tolerance: float,
    transform: str | None,
    apply: str | None,
    quiet: bool,
    **reading: Any,
) -> None:
    """Make the mean 0 and the covariance the identity (BERT-whitening).

    With --dim the directions with the most variance are kept. The numbers keep their type.
    """
    if apply is not None and (transform is not None or "tolerance" in given_options()):
        raise click.UsageError(
            "--apply uses a saved transform: leave out --transform and --tolerance."
        )
    closing = Closing("vectors whiten", quiet)
    from nlptools.vectors.files import write_vectors
    from nlptools.vectors.whitening import Whitening, whiten_vectors

    machine = {name: reading[name] for name in ("memory", "workers")}
    loaded = None if apply is None else Whitening.load(apply)
    with _Bar(quiet) as watch:
        found = _read(source, reading, watch, quiet)
    kind = _output_format(found, output, format, words_output, quiet)
    most = found.shape[1] if loaded is None else loaded.matrix.shape[1]
    if loaded is not None and found.shape[1] != len(loaded.mean):
        problem = (
            f"{source} has {found.shape[1]} dimensions, {apply} was made for {len(loaded.mean)}."
        )
        raise click.UsageError(problem)
    if dim is not None and dim > most:
        raise click.UsageError(f"--dim {dim}: there are {most} dimensions.")
    result, whitening = whiten_vectors(found, dim=dim, tolerance=tolerance, apply=loaded, **machine)
    write_vectors(result, output, format=kind)
    _write_words(found, words_output)
    if transform is not None:
        whitening.save(transform)
    columns = whitening.matrix.shape[1]
    if whitening.rank < columns and not quiet:
        note(
            f"Only {whitening.rank} of {columns} directions have a variance; the other columns are 0."
        )
    settings = {"dim": columns} | ({"tolerance": tolerance} if loaded is None else {})
    kept = f"{100 * whitening.variance:.1f} % of the variance kept"
    closing.show(None, settings, [_size(found), kept])


@vectors.command(
    epilog="""\b
Examples:
  nlptools vectors project vectors.txt -o small.txt --dim 64
  nlptools vectors project bert.npy -o small.npy --dim 256 --seed 1 --eps 0.2
"""
)
@source_argument
@writing_options(OutputPath())
@dim_option(required=True)
@seed_option
@click.option(
    "--eps",
    type=options.Number(min=1e-6, max=1, max_open=True),
    default=0.1,
    show_default=True,
    help="For the lemma of Johnson and Lindenstrauss: how far squared distances may be off.",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Measure the distances of N pairs.",
)
@reading_options
@options.quiet_option
def project(
    source: str,
    output: str,
    format: str | None,
    words_output: str | None,
    dim: int,
    seed: int,
    eps: float,
    pairs: int,
    quiet: bool,
    **reading: Any,
) -> None:
    """Multiply by a random matrix, and measure what that does to distances.

    Prints the distortion of squared distances between sampled pairs beside what the lemma of Johnson and
    Lindenstrauss promises for all pairs. The matrix follows from --seed alone.
    """
    closing = Closing("vectors project", quiet)
    from nlptools.vectors.files import write_vectors
    from nlptools.vectors.projection import distortion_table, project_vectors

    with _Bar(quiet) as watch:
        found = _read(source, reading, watch, quiet)
    kind = _output_format(found, output, format, words_output, quiet)
    machine = {name: reading[name] for name in ("memory", "workers")}
    made = project_vectors(found, dim, seed=seed, eps=eps, pairs=pairs, **machine)
    write_vectors(made.vectors, output, format=kind)
    _write_words(found, words_output)
    write([distortion_table(made.distortion, found.shape, dim)])
    closing.show(None, {"dim": dim, "seed": seed}, [_size(found)])


class _Bar:
    """Progress on a terminal; called with stage, done, total."""

    def __init__(self, quiet: bool) -> None:
        self._shown = shows_progress(quiet)
        self._stage = ""
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not self._shown or not total:
            return
        if stage != self._stage:
            self.__exit__()
            self._stage = stage
            self._bar = click.progressbar(length=total, label=stage, file=sys.stderr)
        self._bar.update(min(done, total) - self._bar.pos)


def _read(source: str, reading: dict[str, Any], watch: _Bar, quiet: bool) -> Vectors:
    from nlptools.vectors.files import read_vectors

    if source == "-" and sys.stdin is not None and sys.stdin.isatty():
        note("Reading vectors from the terminal; end with Ctrl-D.")
    found = read_vectors(source, **reading, watch=watch)
    bad = found.bad_rows
    if bad.count and not quiet:
        named = "; ".join(bad.first)
        more = f"; and {bad.count - len(bad.first):,} more" if bad.count > len(bad.first) else ""
        rows = "bad row" if bad.count == 1 else "bad rows"
        note(f"{source}: {bad.count:,} {rows} left out: {named}{more}")
    return found


def _output_format(
    found: Vectors, output: str, format: str | None, words_output: str | None, quiet: bool
) -> str:
    """The format to write."""
    from nlptools.vectors.files import OUTPUT_FORMATS, STREAMS, format_of

    kind = format or format_of(output) or found.format
    if kind not in OUTPUT_FORMATS:
        raise click.UsageError(f"A {kind} file is not written: choose another with --format.")
    if found.has_words and kind not in STREAMS and words_output is None and not quiet:
        note(f"{output} has no words: --words-output FILE writes them.")
    return kind


def _write_words(found: Vectors, output: str | None) -> None:
    if output is not None:
        from nlptools.vectors.files import write_words

        write_words(found, output)


def _size(found: Vectors) -> str:
    return f"{len(found):,} vectors of {found.shape[1]:,} dimensions ({found.format})"
