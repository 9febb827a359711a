"""`nlptools segment`: text -> the same text with its words separated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    StageBar,
    check_engine,
    deliver,
    given_options,
    note,
    open_corpus,
    usage_errors,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.segmentation.methods import METHODS, open_cutter, problems

if TYPE_CHECKING:
    from nlptools.segmentation.tokens import Cutter
    from nlptools.text.corpus import Corpus

BLOCK = 1 << 20  # bytes of text: what is cut at a time stays in the cache
_PRODUCT = "; ".join(f"{m.name}: {m.about}" for m in METHODS.values() if not m.reference)
_REFERENCES = ", ".join(f"{m.name} {m.about}" for m in METHODS.values() if m.reference)


@click.command(
    epilog="""\b
Examples:
  echo 今天天气非常好 | nlptools segment
  nlptools segment --model forum.model posts.txt > words.txt
  nlptools segment --adapt novel.txt > words.txt
  nlptools segment --model dict.txt --format jsonl posts.txt
  nlptools segment --engine spark --master yarn hdfs:///posts/ -o hdfs:///posts.words
  nlptools lm train --sentences clause posts.txt -o posts.lm
  nlptools segment --method lm --model posts.lm posts.txt
  nlptools count --latin break posts.txt -o posts.counts
  nlptools segment --method nvbe --counts posts.counts posts.txt
"""
)
@options.corpus_argument
@click.option(
    "--model",
    type=InputPath("general"),
    help="Model of nlptools train, or a list of words with counts (jieba dictionary, output of "
    "discover); for --method lm a model of nlptools lm train, or ARPA.  "
    "[default: the general model of the package]",
)
@click.option(
    "--granularity",
    type=click.Choice(["coarse", "default", "fine"]),
    help="Longer or shorter words.  [default: as the model was trained]",
)
@click.option(
    "--adapt/--no-adapt",
    default=False,
    show_default=True,
    help="Learn the words of the text first, on top of the model; reads the files twice.",
)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default="model",
    show_default=True,
    help=f"{_PRODUCT}. To compare with: {_REFERENCES}.",
)
@click.option(
    "--weights",
    type=options.Numbers(most=6, least=0),
    help="For the method lm: of the second, third, ... character of a word, the last of all later ones.  "
    "The article has 0.15,0.01,0.01,0.001.  [default: 0.17,0.005,0.003,0.001]",
)
@click.option(
    "--counts",
    "counts_file",
    type=InputPath(),
    help="Counts file of a corpus (nlptools count), for the methods pmi and nvbe.",
)
@click.option(
    "--separator",
    type=options.TextParam(),
    default=" ",
    show_default="a space",
    help="Between words.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="jsonl: an object for each line, with words and their offsets in characters.",
)
@click.option(
    "-o",
    "--output",
    type=OutputPath("default"),
    help="File to write instead of stdout; with --engine spark a folder.",
)
@options.lookup_option("all three")
@options.decoding_options
@options.workers_option
@options.engine_options
@options.quiet_option
def segment(
    paths: tuple[str, ...],
    model: str | None,
    granularity: str | None,
    adapt: bool,
    method: str,
    weights: tuple[float, ...] | None,
    counts_file: str | None,
    separator: str,
    format: str,
    output: str | None,
    fold: tuple[str, ...] | None,
    encoding: str,
    on_error: str,
    workers: int | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    quiet: bool,
) -> None:
    """Separate the words of a text.

    The output has the same lines. A run of letters and digits is one word, a repeated mark is one, any other
    character that is not Han is one.
    """
    asked: dict[str, Any] = {
        "model": model,
        "counts": counts_file,
        "granularity": granularity,
        "weights": weights,
        "fold": fold,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    for problem in problems(method, asked | ({"adapt": True} if adapt else {}), "--{}".format):
        raise click.UsageError(f"{problem}.")
    _check_output(separator, format)
    check_engine(engine, paths)
    if engine == "spark":
        _check_spark(adapt, output)
    closing = Closing("segment", quiet)
    corpus: Any = None
    if engine == "local":
        corpus = open_corpus(
            paths, quiet, encoding=encoding, on_error=on_error, field=None, column=None, fold=()
        )
        corpus.block_size = BLOCK
    from nlptools.segmentation.stream import SegmentCounts, segment_corpus

    if adapt:
        cutter = _adapted(corpus, model, granularity, fold, workers, quiet)
    else:
        cutter = _opened(method, asked)
    results = []
    if engine == "spark":
        from nlptools.spark.segment import segment_with_spark

        with usage_errors():
            folders = segment_with_spark(
                paths,
                cutter,
                str(output),
                separator=separator,
                format=format,
                encoding=encoding,
                on_error=on_error,
                master=master,
                conf=conf,
            )
        results = [f"{folders} folders in {output}"]
    else:
        counts = None if quiet else SegmentCounts()
        pieces = segment_corpus(
            corpus, cutter, separator=separator, format=format, workers=workers, counts=counts
        )
        deliver(pieces, output)
        if counts and counts.traditional:
            results = [f"{counts.traditional:,} traditional characters looked up as simplified"]
    made_by = {"method": method} if method != "model" else {}
    if METHODS[method].file == "model":
        made_by["model"] = model or "general"
    if adapt:
        made_by["adapted"] = "yes"
    closing.show(corpus, made_by, results)


def _check_output(separator: str, format: str) -> None:
    if not separator or "\n" in separator or "\r" in separator:
        raise click.UsageError("--separator must not be empty, nor a line end.")
    if format == "jsonl" and given_options() & {"separator"}:
        raise click.UsageError("--separator goes with --format text.")


def _check_spark(adapt: bool, output: str | None) -> None:
    if adapt:
        raise click.UsageError(
            "--adapt goes with --engine local; with Spark: train --engine spark."
        )
    if output is None:
        raise click.UsageError("Spark writes a folder: name it with -o DIR.")


def _opened(method: str, asked: dict[str, Any]) -> Cutter:
    try:
        return open_cutter(method, **asked)
    except ValueError as error:
        if "weights" not in asked:
            raise
        raise click.UsageError(f"--weights: {error}") from None


def _adapted(
    corpus: Corpus,
    model: str | None,
    granularity: str | None,
    fold: tuple[str, ...] | None,
    workers: int | None,
    quiet: bool,
) -> Cutter:
    """A segmenter that has learnt the words of the corpus, on top of a model."""
    from nlptools.segmentation.segmenter import Segmenter
    from nlptools.text.folding import FOLDS
    from nlptools.wordmodel.model import load_prior
    from nlptools.wordmodel.train import STEPS, NothingToLearnError, train_model

    if not corpus.rereadable:
        raise click.UsageError("--adapt reads the text twice: name files, not a pipe.")
    with StageBar(STEPS, quiet) as bar:
        prior = load_prior(model or "general")
        fold = FOLDS if fold is None else fold
        # As the model was trained, unless a granularity is asked for.
        given = prior.settings.get("penalties", (0.0,))[1:] or None
        try:
            prior = train_model(
                corpus.looked_up(fold),
                granularity=granularity or "default",
                penalty=None if granularity else given,
                prior=prior,
                workers=workers,
                watch=bar.step,
            )
        except NothingToLearnError:
            note("There are no Han characters to learn from; the model is used as it is.")
    return Segmenter.from_model(prior, fold=fold)
