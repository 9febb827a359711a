"""--into and the name of the output -> whether records go through a command, and as what they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import click

from nlptools.cli.options import TextParam

into_option = click.option(
    "--into",
    type=TextParam(),
    metavar="NAME",
    help="Write each record as it stands, with the result in this new field: JSON Lines, or Parquet for "
    "-o NAME.parquet.  [default: for -o NAME.jsonl and NAME.parquet, whatever their compression]",
)


def container(output: str | None, into: str | None, *, objects: bool) -> str | None:
    """What records are written as: "jsonl", "parquet"; None: the results are written without them.

    objects: an object for each record is asked for, whatever the name of the output.
    """
    from nlptools.text.jsonlines import bare_name
    from nlptools.text.recordfiles import container_of

    if into == "":
        raise click.UsageError("--into must not be empty.")
    named = container_of(output) if output is not None else None
    if named is None and (objects or into is not None):
        if output is not None and bare_name(output).endswith((".csv", ".tsv")):
            raise click.UsageError(
                f"Records are not written as CSV: name {output} .jsonl or .parquet."
            )
        return "jsonl"
    return named


def ended(pieces: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """The text of records with a line end at its end: of records it does not tell how the file ended."""
    last: str | bytes = ""
    for piece in pieces:
        last = piece or last
        yield piece
    if isinstance(last, str) and last and not last.endswith("\n"):
        yield "\n"
