"""The command line: the group, its errors and exit codes. One file per command beside this one."""

from __future__ import annotations

import signal
import sys
from typing import Any

from nlptools.base.machine import prepare_numpy

prepare_numpy()

import click  # noqa: E402

from nlptools import __version__  # noqa: E402
from nlptools.cli.compare import compare  # noqa: E402
from nlptools.cli.console import LAYOUT, discard_stdout  # noqa: E402
from nlptools.cli.count import count  # noqa: E402
from nlptools.cli.dim import dim  # noqa: E402
from nlptools.cli.discover import discover  # noqa: E402
from nlptools.cli.evaluate import evaluate  # noqa: E402
from nlptools.cli.explain import explain  # noqa: E402
from nlptools.cli.export import export  # noqa: E402
from nlptools.cli.lm import lm  # noqa: E402
from nlptools.cli.merge import merge  # noqa: E402
from nlptools.cli.report import report  # noqa: E402
from nlptools.cli.segment import segment  # noqa: E402
from nlptools.cli.tokenize import tokenize  # noqa: E402
from nlptools.cli.train import train  # noqa: E402
from nlptools.cli.vectors import vectors  # noqa: E402
from nlptools.cli.vocab import vocab  # noqa: E402
from nlptools.errors import NlptoolsError, visible  # noqa: E402


class _DataProblem(click.ClickException):
    """One line for people, and a hint; exit code 1."""

    def __init__(self, error: NlptoolsError) -> None:
        super().__init__(str(error))
        self.hint = error.hint

    def show(self, file: Any = None) -> None:
        click.echo(f"Error: {self.message}", err=True)
        if self.hint:
            click.echo(f"hint: {self.hint}", err=True)


class Boundary(click.Group):
    """The one place where errors become exit codes: 1 the data, 2 the command line, 0 a closed pipe."""

    def invoke(self, ctx: click.Context) -> Any:
        _end_on_signals()
        try:
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return result
        except NlptoolsError as error:
            raise _DataProblem(error) from None
        except click.UsageError as error:
            told = error.format_message()
            if visible(told, keep=LAYOUT) == told:
                raise
            raise click.UsageError(visible(told, keep=LAYOUT), error.ctx) from None
        except BrokenPipeError:  # `| head` is not a failure
            discard_stdout()
            ctx.exit(0)
        except OSError as error:  # a full disk, too many open files
            where = f"{error.filename}: " if error.filename else ""
            raise _DataProblem(NlptoolsError(f"{where}{error.strerror or error}")) from None
        except MemoryError:
            problem = "not enough memory"
            raise _DataProblem(NlptoolsError(problem, "give a smaller --memory")) from None


def _end_on_signals() -> None:
    """SIGTERM and SIGHUP end as Ctrl-C does: files under way are removed."""

    def end(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


@click.group(
    cls=Boundary,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command: nlptools COMMAND --help. Shell completion: docs/completion.md.",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def main() -> None:
    """Chinese text tools: find the words of a corpus and review them, segment text, train word and language
    models, build vocabularies and tokenize, count n-grams, look at word vectors.

    Data goes to stdout, everything else to stderr; `-` and no file mean stdin.
    """


for command in (
    discover,
    count,
    merge,
    explain,
    report,
    compare,
    train,
    segment,
    evaluate,
    tokenize,
    export,
    lm,
    dim,
    vectors,
    vocab,
):
    main.add_command(command)
