"""`nlptools vectors`: word vectors of any tool: look at them, whiten them, project them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, given_options, note, shows_progress, write
from nlptools.cli.files import InputPath, OutputPath

if TYPE_CHECKING:
    from nlptools.vectors.vectors import Vectors

source_argument = click.argument("source", default="-", metavar="[FILE]", type=InputPath())

reading_options = options.chain(
    click.option(
        "--input-format",
        type=click.Choice(["word2vec", "glove", "word2vec-bin", "npy", "npz", "safetensors"]),
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


seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the random choices; the same seed gives the same result.",
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
    """Word vectors (word2vec, GloVe, .npy, .safetensors): look at them, whiten them, project them."""


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
@click.option(
    "--nearest",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Hubness: number of nearest neighbours of each vector.",
)
@click.option(
    "--queries",
    type=click.IntRange(min=1),
    help="Hubness: look up the neighbours of N vectors only; the figures are then estimates.  "
    "[default: all of up to 50,000, else 10,000]",
)
@seed_option
@click.option(
    "--hubs",
    type=click.IntRange(min=0),
    default=10,
    show_default=True,
    help="How many hubs to name.",
)
@click.option(
    "--format",
    type=click.Choice(["tsv", "json"]),
    default="tsv",
    show_default=True,
    help="Output format.",
)
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
        found = _read(source, reading, watch)
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
        found = _read(source, reading, watch)
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
        found = _read(source, reading, watch)
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


def _read(source: str, reading: dict[str, Any], watch: _Bar) -> Vectors:
    from nlptools.vectors.files import read_vectors

    if source == "-" and sys.stdin is not None and sys.stdin.isatty():
        note("Reading vectors from the terminal; end with Ctrl-D.")
    return read_vectors(source, **reading, watch=watch)


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
