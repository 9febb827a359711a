"""The one place where errors become exit codes: 1 the data, 2 the command line, 0 a closed pipe."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from typing import Any

import click

from nlptools.cli.commands import sentence
from nlptools.cli.console import LAYOUT, discard_stdout
from nlptools.cli.options import MEMORY, Size
from nlptools.cli.progress import wiped
from nlptools.cli.signals import die_of_interrupt, end_on_signals
from nlptools.errors import NlptoolsError, visible

_ARGS = "nlptools.args"
_OF_ANY_RUN = frozenset(
    ("--memory", "--workers", "--tmp-dir", "--encoding", "--on-error", "--field", "--input-format")
)


class _DataProblem(click.ClickException):
    """One line for people, and a hint; exit code 1."""

    def __init__(self, problem: str, hint: str | None) -> None:
        super().__init__(problem)
        self.hint = hint

    def show(self, file: Any = None) -> None:
        click.echo(f"Error: {self.message}", err=True)
        if self.hint:
            click.echo(f"hint: {self.hint}", err=True)


class _SteadyStderr(io.FileIO):
    """What nobody reads any more, or no disk holds, is not said; the work goes on."""

    def write(self, data: Any) -> int:
        with contextlib.suppress(OSError):
            return super().write(data)
        return memoryview(data).nbytes


class Boundary(click.Group):
    """The group of all commands; it goes around each of them, as a stream fails where it is consumed."""

    def main(self, *args: Any, **settings: Any) -> Any:
        _prepare_streams()
        return super().main(*args, **settings)

    def make_context(self, *args: Any, **settings: Any) -> click.Context:
        with _exit_codes([self]):  # --help and --version print here
            return super().make_context(*args, **settings)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, without importing the commands."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence(name, limit)) for name in names])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ARGS] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        end_on_signals()
        with _exit_codes([self], ctx):  # imports the command
            commands = _commands(self, ctx.meta[_ARGS])
        with _exit_codes(commands, ctx), wiped():
            result = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return result


def _prepare_streams() -> None:
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # Data is bytes; this is for help texts, where the locale has no Chinese.
        sys.stdout.reconfigure(errors="backslashreplace")
    with contextlib.suppress(OSError, AttributeError):  # closed, or not a real one
        if sys.stderr.fileno() == 2 and not (sys.platform == "win32" and sys.stderr.isatty()):
            raw = _SteadyStderr(2, "wb", closefd=False)
            sys.stderr = io.TextIOWrapper(
                io.BufferedWriter(raw), sys.stderr.encoding, sys.stderr.errors, line_buffering=True
            )


@contextlib.contextmanager
def _exit_codes(commands: list[click.Command], ctx: click.Context | None = None) -> Iterator[None]:
    """commands: the groups and the command that was called; hints name options that it has."""
    try:
        yield
    except NlptoolsError as error:
        raise _DataProblem(str(error), _fitting(error.hint, commands[-1])) from None
    except click.UsageError as error:
        told = error.format_message()
        if visible(told, keep=LAYOUT) == told:
            raise
        raise click.UsageError(visible(told, keep=LAYOUT), error.ctx) from None
    except BrokenPipeError:  # `| head` is not a failure
        _settle_stdout()
        raise click.exceptions.Exit(0) from None
    except OSError as error:  # a full disk, too many open files
        _settle_stdout()
        raise _DataProblem(f"{_place(error, ctx)}{error.strerror or error}", None) from None
    except MemoryError:
        memory = ctx.meta.get(MEMORY) if ctx is not None else None
        hint = _memory_hint(commands[-1], memory)
        raise _DataProblem("not enough memory", hint) from None
    except KeyboardInterrupt:
        die_of_interrupt()


def _settle_stdout() -> None:
    """What is in its buffer is written or given up; else the end of the process would fail on it once more."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        discard_stdout()


def _place(error: OSError, ctx: click.Context | None) -> str:
    """What an error of the system begins with: all output names its file but the help and the version."""
    if error.filename:
        return f"{error.filename}: "
    prints = ctx is None or not {"-h", "--help"}.isdisjoint(ctx.meta[_ARGS])
    return "cannot write to standard output: " if prints else ""


def _fitting(hint: str | None, command: click.Command) -> str | None:
    """A hint without those of its alternatives that name an option for reading or for the machine which is not there."""
    if hint is None:
        return None
    lacking = _OF_ANY_RUN - {option for param in command.params for option in param.opts}
    fitting = [
        way
        for way in hint.split(", or ")
        if "nlptools " in way or lacking.isdisjoint(re.findall(r"--[a-z-]+", way))
    ]
    return ", or ".join(fitting) or None


def _memory_hint(command: click.Command, memory: int | None) -> str:
    """What takes less memory, or that more is needed."""
    options = {param.name: param.type for param in command.params}
    least = options.get("memory")
    if isinstance(least, Size) and memory is not None and memory > least.least:
        return "give a smaller --memory"
    if "workers" in options:
        return "give --workers 1, or a higher limit of memory (ulimit -v)"
    return "a higher limit of memory (ulimit -v), or a machine with more, is needed"


def _commands(group: click.Group, args: list[str]) -> list[click.Command]:
    """The group, and what the first words of the command line call in it."""
    found: list[click.Command] = [group]
    for word in args:
        last = found[-1]
        if not isinstance(last, click.Group) or word not in last.commands:
            break
        found.append(last.commands[word])
    return found
