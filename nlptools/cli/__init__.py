"""The command line: the group, its errors and exit codes. One file per command beside this one."""

from __future__ import annotations

from nlptools.cli.signals import end_at_once, end_in_order

_IMPORTING = end_at_once()

from nlptools.base.machine import prepare_numpy  # noqa: E402

prepare_numpy()

import atexit  # noqa: E402
import gc  # noqa: E402

import click  # noqa: E402

from nlptools import __version__  # noqa: E402
from nlptools.cli.boundary import Boundary  # noqa: E402
from nlptools.cli.commands import Commands  # noqa: E402

if _IMPORTING:
    end_in_order()
# At its end Python looks three times for cycles among all that there is: 40 ms, for memory that goes anyway.
atexit.register(gc.freeze)


@click.group(
    cls=Boundary,
    commands=Commands(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command: nlptools COMMAND --help. Shell completion: docs/completion.md.",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def main() -> None:
    """Chinese text tools: find the words of a corpus and review them, segment text, train word and language
    models, build vocabularies and tokenize, count n-grams, look at word vectors.

    Data goes to stdout, everything else to stderr; `-` and no file mean stdin.
    """
