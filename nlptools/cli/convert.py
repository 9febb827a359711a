"""`nlptools convert`: a word model -> the same model as text or in the compact form."""

from __future__ import annotations

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, write
from nlptools.cli.files import InputPath, OutputPath


@click.command(
    epilog="""\b
Examples:
  nlptools convert forum.model -o forum.nlpm
  nlptools convert forum.nlpm -o forum.model
  nlptools convert general | head
"""
)
@click.argument("source", type=InputPath("general", "raw"))
@click.option(
    "-o",
    "--output",
    type=OutputPath("default"),
    help="Model file to write instead of stdout.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "compact"]),
    help="text: a readable table, gzip for -o *.gz; compact: smaller, loads in a moment.  "
    "[default: compact for -o *.nlpm, else text]",
)
@options.quiet_option
def convert(source: str, output: str | None, format: str | None, quiet: bool) -> None:
    """Rewrite a word model as text, which people read, or in the compact form, which loads in a moment.

    SOURCE is a model of nlptools train in either form, or general or raw, the models of the package.
    """
    if output is None and format == "compact":
        raise click.UsageError("A compact model is a file: name it with -o FILE.")
    closing = Closing("convert", quiet)
    from nlptools.wordmodel.model import convert_model, load_named

    if output is None:
        model = load_named(source)
        write([model.text()])
    else:
        model = convert_model(source, output, format=format)
    closing.show(None, {"model": source}, [f"{len(model):,} words"])
