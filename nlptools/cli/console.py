"""What people see on stderr: notes, the closing line; opening a corpus, and writing to stdout."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from nlptools import __version__
from nlptools.cli.files import claim_stdin
from nlptools.cli.progress import corpus_type, wipe
from nlptools.errors import NlptoolsError, listed, quoted, visible

if TYPE_CHECKING:
    from nlptools.spark.maps import Mapped
    from nlptools.text.corpus import Corpus
    from nlptools.text.reading import ReadReport
    from nlptools.wordmodel.room import Learnt


# What may stand in a text of several lines, beside what can be printed.
LAYOUT = "\u3000\n\t"


def open_corpus(
    paths: tuple[str, ...], quiet: bool, *, then: str | None = None, **reading: Any
) -> Corpus:
    """The corpus a command was given; stdin where no path is named. then: what is done when it was read."""
    check_fields(reading["field"], reading["column"])
    if not paths:
        claim_stdin()
    if not paths or "-" in paths:
        if sys.stdin is None:
            raise NlptoolsError("standard input is closed", "name a file to read")
        if sys.stdin.isatty():
            note("Reading text from the terminal; end with Ctrl-D.")
        paths = paths or ("-",)
    try:
        return corpus_type(quiet, then)(paths, **reading)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def open_stream(paths: tuple[str, ...], quiet: bool, output: str | None, **reading: Any) -> Corpus:
    """As open_corpus; what a pipe or a terminal brings is answered at once, line by line. output: None is stdout."""
    # A bar of progress would stand in the lines that somebody types or reads.
    typed = (not paths or "-" in paths) and sys.stdin is not None and sys.stdin.isatty()
    read = output is None and sys.stdout is not None and sys.stdout.isatty()
    corpus = open_corpus(paths, quiet or typed or read, **reading)
    corpus.prompt = True
    return corpus


def check_fields(field: str | None, column: str | None) -> None:
    """Usage error of --field and --column."""
    if field is not None and column is not None:
        raise click.UsageError(
            "--field is for JSON Lines, --column for CSV and TSV: give one of them."
        )


def note_learnt(learnt: Learnt) -> None:
    """Say where a model is learnt from less than is there because the memory is small."""
    if learnt.cut:
        note(
            f"The memory has room to learn from {learnt.room:,} of {learnt.total:,} symbols; "
            "more --memory gives a better model and other words."
        )


def note_uncounted(words: Collection[str], where: str) -> None:
    """Name the words with a sign or a blank inside, which are counted in files of text only."""
    from nlptools.usage.signed import with_breaks

    if signed := sorted(with_breaks(words)):
        note(
            f"{len(signed):,} words with a sign or a blank inside are not counted, as {where} none of them: "
            f"{listed(signed, 3)}; name files of text."
        )


def write(pieces: Iterable[str | bytes]) -> None:
    """Text to stdout, UTF-8 whatever the locale is, a line end being LF.

    A piece without text says that nothing more comes for now, so that what is there should be seen.
    """
    if sys.stdout is None:
        raise NlptoolsError("standard output is closed")
    stream = sys.stdout.buffer
    watched = sys.stdout.isatty()
    for piece in pieces:
        wipe()  # also where a pipe leads to a pager
        with _stdout_errors():
            stream.write(encoded(piece))
            if watched or not piece:
                stream.flush()
    with _stdout_errors():
        stream.flush()


def deliver(pieces: Iterable[str | bytes], output: str | None) -> None:
    """Text to a file, as output_file writes it, or to stdout."""
    if output is None:
        write(pieces)
        return
    with output_file(output) as stream:
        for piece in pieces:
            stream.write(encoded(piece))


@contextlib.contextmanager
def output_file(path: str) -> Iterator[IO[bytes]]:
    """A file of text that appears when it is complete, compressed as its name says (.gz, .bz2, .xz, .zst)."""
    from nlptools.base.outputs import whole_file
    from nlptools.text.compressing import compressing

    with whole_file(path) as stream, compressing(stream, path) as packed:
        yield packed


def encoded(text: str | bytes) -> bytes:
    """Output as bytes, if it is not already. The only surrogates in it are those of file names that are not UTF-8."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


@contextlib.contextmanager
def _stdout_errors() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise NlptoolsError(f"cannot write to standard output: {error.strerror}") from error


def discard_stdout() -> None:
    """What is still in its buffer would fail once more when the process ends."""
    if sys.stdout is None:
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_engine(engine: str, paths: Iterable[str]) -> None:
    """Usage errors of --engine and what goes with it."""
    given = given_options()
    if engine == "local":
        for name in ("master", "conf", "work"):
            if name in given:
                raise click.UsageError(f"--{name} goes with --engine spark.")
        return
    if "workers" in given:
        raise click.UsageError("--workers goes with --engine local; with Spark: --master local[4].")
    paths = list(paths)
    if not paths or "-" in paths:
        raise click.UsageError("Spark reads files, not standard input: name a corpus.")


def check_folder(output: str | None) -> None:
    """Usage errors of the folder that Spark writes."""
    from nlptools.spark.maps import compression_of

    if output is None:
        raise click.UsageError("Spark writes a folder: name it with -o DIR.")
    with usage_errors():
        compression_of(output)


def folder_name(output: str | None) -> str | None:
    """The name of a folder as that of a file: without the slash at its end."""
    return None if output is None else output.rstrip("/") or output


def files_made(made: Mapped, output: str | None) -> str:
    """What Spark has written, for the closing line."""
    return f"{made.files:,} files in {output}"


@contextlib.contextmanager
def usage_errors() -> Iterator[None]:
    """Settings that a function refuses are a usage error."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def given_options() -> set[str]:
    """Names of the options that stand on the command line."""
    ctx = click.get_current_context()
    typed = click.core.ParameterSource.COMMANDLINE
    return {name for name in ctx.params if ctx.get_parameter_source(name) is typed}


def changed_settings(leave_out: Collection[str]) -> dict[str, str]:
    """Options of the command with other values than their defaults, as the closing line has them.

    leave_out: keywords of those that do not change the result, and of those that it has anyway.
    """
    params = {str(param.name): param for param in click.get_current_context().command.params}
    values = click.get_current_context().params
    changed = {}
    for name in (name for name in params if name in given_options() - set(leave_out)):
        option, value, default = params[name], values[name], params[name].default
        if isinstance(default, str) and not isinstance(value, str):
            default = option.type.convert(default, None, None)
        if isinstance(option, click.Option) and value != default:
            short = name.removesuffix("_file").removesuffix("_files")
            changed[short] = f"{value / 1e6:g}MB" if option.type.name == "size" else _told(value)
    return changed


def _told(value: Any) -> str:
    """A value as it was typed, about; without blanks, which end it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ",".join(map(_told, value))
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return quoted(text) if any(map(str.isspace, text)) else text


def note(text: str) -> None:
    """A line for people, or several. What a file says has no effect on their terminal."""
    wipe()
    click.echo(visible(text, keep=LAYOUT), err=True)


class Closing:
    """Collects what a run did; one line on stderr at its end."""

    def __init__(self, command: str, quiet: bool) -> None:
        self._command, self.quiet = command, quiet
        if not quiet:
            _note_temporary_folder()
        self._start = time.perf_counter()

    def show(
        self, read: Corpus | ReadReport | None, settings: dict[str, Any], results: Iterable[str]
    ) -> None:
        """Settings that made the result, what was read, what came out, memory and time."""
        if self.quiet:
            return
        made_by = " ".join(f"{name}:{value}" for name, value in settings.items())
        parts = [f"nlptools {__version__} {self._command}", made_by]
        if read is not None:
            from nlptools.text.corpus import Corpus

            report = read.report if isinstance(read, Corpus) else read
            parts.append(f"{report.characters:,} characters in {_bytes(report.bytes)}")
            if report.replaced:
                parts.append(f"{report.replaced:,} bad byte sequences replaced")
            if report.skipped_lines:
                parts.append(f"{report.skipped_lines:,} lines skipped")
            if report.encodings:
                kinds = sorted(set(report.encodings.values()))
                parts.append(f"encodings found: {', '.join(kinds)}")
        parts += results
        memory = _peak_memory()
        if memory:
            parts.append(f"{_bytes(memory)} memory")
        parts.append(f"{time.perf_counter() - self._start:.1f} s")
        note(" | ".join(part for part in parts if part))


def _bytes(number: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number} B"


def _note_temporary_folder() -> None:
    """Say where temporary files go if it is not where the environment asks for."""
    context = click.get_current_context(silent=True)
    if context is None or context.params.get("tmp_dir", "") is not None:
        return  # a command that has none, or was told where
    asked = next((name for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)), None)
    if asked is None:
        return
    import tempfile

    folder = os.environ[asked]
    with contextlib.suppress(OSError):  # where no folder will do, who needs one says so
        place = tempfile.gettempdir()
        if Path(folder).resolve() != Path(place).resolve():
            note(f"{asked}: {quoted(folder)} cannot be written; temporary files go to {place}.")


def _peak_memory() -> int | None:
    """Peak resident memory of this process in bytes; None where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
