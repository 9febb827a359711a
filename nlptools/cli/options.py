"""Options that several commands share: one name, one meaning, one help text each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import click

from nlptools.base.machine import divide_memory
from nlptools.cli.files import FolderPath, InputPath, OutputPath
from nlptools.discovery.columns import WORD_FORMATS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

MEMORY = "nlptools.memory"  # in the meta of a context: the --memory of the command that runs
_UNITS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}


class Size(click.ParamType):  # type: ignore[type-arg]
    """A number of bytes, not below `least`: 512MB, 1G, 2GiB."""

    name = "size"

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        if isinstance(value, int):
            return value
        size = self._bytes(value, param, ctx)
        if ctx is not None and param is not None and param.name == "memory":
            ctx.meta[MEMORY] = size
        return size

    def _bytes(self, value: Any, param: Any, ctx: Any) -> int:
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?\s*", str(value).lower())
        if not found:
            self.fail(f"{value!r} is no size; examples: 512MB, 1G, 2GiB", param, ctx)
        number, unit, binary = found.groups()
        scale = 1024 ** " kmgt".index(unit) if binary and unit else _UNITS[unit]
        size = int(float(number) * scale)
        if size < self.least:
            self.fail(f"{value} is too little: at least {self.least // 10**6}MB", param, ctx)
        return size


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """Up to `most` numbers separated by commas: 2,4,6."""

    name = "numbers"

    def __init__(self, most: int, least: float = -math.inf) -> None:
        """most: how many; least: of each."""
        self._most, self._least = most, least

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in value.split(","))
        except ValueError:
            numbers = (math.nan,)
        if not all(map(math.isfinite, numbers)):
            self.fail(f"{value!r} is not a list of numbers; example: 2,4,6", param, ctx)
        if min(numbers) < self._least:
            self.fail(f"{min(numbers):g} is below {self._least:g}", param, ctx)
        if len(numbers) > self._most:
            self.fail(f"{len(numbers)} numbers, there can be {self._most}", param, ctx)
        return numbers


class Counts(click.ParamType):  # type: ignore[type-arg]
    """Up to `most` whole numbers, not below 0, separated by commas: 0,0,1."""

    name = "counts"

    def __init__(self, most: int) -> None:
        self._most = most

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[0-9]{1,18}(,[0-9]{1,18})*", value):
            self.fail(f"{value!r} is not a list of whole numbers; example: 0,0,1", param, ctx)
        numbers = tuple(int(part) for part in value.split(","))
        if len(numbers) > self._most:
            self.fail(f"{len(numbers)} numbers, there can be {self._most}", param, ctx)
        return numbers


class Number(click.FloatRange):
    """A number in a range; `nan`, which every range lets pass, is none."""

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number", param, ctx)
        return number


class NumberOrAuto(click.ParamType):  # type: ignore[type-arg]
    """A number above 0; "auto" is None, as in Python."""

    name = "number|auto"

    def convert(self, value: Any, param: Any, ctx: Any) -> float | None:
        if value is None or value == "auto":
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0 < number < 1e6:
            self.fail(f"{value!r} is neither auto nor a number above 0 and below 1e6", param, ctx)
        return number


class TextParam(click.ParamType):  # type: ignore[type-arg]
    """Text in UTF-8, whatever the locale says (LC_ALL=C makes surrogates of every byte)."""

    name = "text"

    def convert(self, value: Any, param: Any, ctx: Any) -> str:
        try:
            return str(value).encode("utf-8", "surrogateescape").decode("utf-8")
        except UnicodeError:
            return str(value)


def chain(*decorators: Decorator) -> Decorator:
    """Several decorators as one; the first is listed first in the help."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def options_of(command: click.Command, *names: str) -> Decorator:
    """The options of another command with these keywords, in its order."""
    chosen = [param for param in command.params if param.name in names]

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        # Decorators run from the last to the first, and click turns the list round.
        kept: list[click.Parameter] = function.__dict__.setdefault("__click_params__", [])
        kept.extend(reversed(chosen))
        return function

    return apply


corpus_argument = click.argument("paths", nargs=-1, metavar="[CORPUS]...", type=InputPath())

decoding_options = chain(
    click.option(
        "--encoding",
        default="utf-8",
        show_default=True,
        metavar="NAME",
        help="Encoding of the text; auto: guess for each file. A byte order mark is always obeyed.",
    ),
    click.option(
        "--on-error",
        type=click.Choice(["strict", "replace", "skip"]),
        default="strict",
        show_default=True,
        help="Bytes that cannot be decoded: stop, put U+FFFD in their place, or leave the line out.",
    ),
)

field_options = chain(
    click.option(
        "--field",
        type=TextParam(),
        metavar="NAME",
        help="The corpus is JSON Lines, Parquet or Arrow: read this field (a.b).",
    ),
    click.option(
        "--column",
        type=TextParam(),
        metavar="NAME",
        help="The corpus is CSV or TSV: read this column (name or number).",
    ),
)

reading_options = chain(
    decoding_options,
    field_options,
    click.option(
        "--fold",
        multiple=True,
        type=click.Choice(["nfkc", "lower", "t2s"]),
        help="Treat as equal: full and half width (nfkc), case (lower), traditional and simplified (t2s). "
        "May be given several times.",
    ),
)


def _asked(ctx: click.Context, parameter: click.Parameter, names: Any) -> tuple[str, ...] | None:
    """None: nothing was asked for; empty: not to fold."""
    if not names:
        return None
    if "none" in names and len(set(names)) > 1:
        raise click.UsageError("--fold none goes without another --fold.", ctx)
    return () if "none" in names else tuple(names)


def lookup_option(default: str) -> Decorator:
    """--fold of commands that print the text as it stands; none: not even what is done by default."""
    return click.option(
        "--fold",
        multiple=True,
        callback=_asked,
        type=click.Choice(["nfkc", "lower", "t2s", "none"]),
        help="Look words up whatever their width (nfkc), case (lower), traditional or simplified form (t2s); the "
        f"text is printed as it stands. May be given several times.  [default: {default}]",
    )


def latin_option(default: str = "run") -> Decorator:
    """--latin"""
    return click.option(
        "--latin",
        type=click.Choice(["run", "char", "break"]),
        default=default,
        show_default=True,
        help="Letters and digits: a whole run is one symbol (5G, PM2.5), each is one, or they separate.",
    )


def sentences_option(default: str) -> Decorator:
    """--sentences; for a language model there must be some."""
    modes = ["line", "clause"]
    return click.option(
        "--sentences",
        type=click.Choice(modes if default in modes else [default, *modes]),
        default=default,
        show_default=True,
        help="line: every visible character is a symbol, a line is a sentence; clause: a sentence ends at every "
        "character that is not Han, a letter or a digit, and those are not symbols.",
    )


def _within(ctx: click.Context, parameter: click.Parameter, memory: int) -> int:
    divide_memory(memory)
    return memory


memory_option = click.option(
    "--memory",
    callback=_within,
    type=Size(128_000_000),  # counting.MIN_MEMORY; test_cli_twins.py compares them
    default="1GB",
    show_default=True,
    help="Memory for the whole process; what does not fit goes to the temporary folder.",
)

tmp_dir_option = click.option(
    "--tmp-dir",
    type=FolderPath(),
    help="Folder for what does not fit into memory.  [default: the system's]",
)

workers_option = click.option(
    "--workers", type=click.IntRange(min=1), help="Threads.  [default: one for each core]"
)

machine_options = chain(memory_option, workers_option, tmp_dir_option)

engine_options = chain(
    click.option(
        "--engine",
        type=click.Choice(["local", "spark"]),
        default="local",
        show_default=True,
        help="spark: Apache Spark reads the text, on this machine or on many (docs/guides/scale.md).",
    ),
    click.option(
        "--master",
        metavar="URL",
        help="Master of Spark: local[4], spark://HOST:7077, yarn, k8s://...  [default: what spark-submit says, or "
        "this machine]",
    ),
    click.option(
        "--conf",
        multiple=True,
        metavar="NAME=VALUE",
        help="Setting of Spark, such as spark.executor.memory=4g. May be given several times.",
    ),
)

work_option = click.option(
    "--work",
    type=FolderPath(),
    metavar="DIR",
    help="Folder of Spark for finished parts; a run that died continues from there.",
)

counts_output_options = chain(
    click.option(
        "-o",
        "--output",
        type=OutputPath("stdout"),
        help="Counts file to write; NAME.parquet: a folder of Parquet, which other programs read too.",
    ),
    click.option("--tsv", is_flag=True, help="Print each n-gram and its count on a line instead."),
    click.option(
        "--min-count",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="With --tsv or Parquet: only n-grams that occur at least this often (Parquet: and all symbols).",
    ),
)

context_options = chain(
    click.option(
        "--contexts",
        type=click.IntRange(min=0),
        default=5,
        show_default=True,
        help="Contexts to show for each word, spread over the corpus.",
    ),
    click.option(
        "--width",
        type=click.IntRange(min=0, max=200),
        default=20,
        show_default=True,
        help="Characters on both sides of a word in its context.",
    ),
)

usage_options = chain(
    context_options,
    click.option(
        "--neighbours",
        type=click.IntRange(min=0),
        default=8,
        show_default=True,
        help="Neighbours to show on each side, most frequent first.",
    ),
)

output_option = click.option(
    "-o", "--output", type=OutputPath("default"), help="File to write instead of stdout."
)

folder_output_option = click.option(
    "-o",
    "--output",
    type=OutputPath("default"),
    help="File to write instead of stdout; with --engine spark a folder.",
)

words_format_option = click.option(
    "--format",
    "how",
    type=click.Choice(WORD_FORMATS),
    default="tsv",
    show_default=True,
    help="Output format.",
)

lower_option = click.option(
    "--lower/--no-lower", default=True, show_default=True, help="Small letters, no accents."
)

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="No progress and no closing line on stderr."
)
