"""`nlptools lm filter`: documents + language model -> those that are text, and apart the rest with the reasons."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    changed_settings,
    note,
    open_corpus,
    usage_errors,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.progress import watcher

if TYPE_CHECKING:
    from nlptools.lm.filtered import FilteredDocuments

FORMATS = ("text", "jsonl", "parquet")


class _Names(click.ParamType):  # type: ignore[type-arg]
    """Names separated by commas: head,middle."""

    name = "names"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        return value if isinstance(value, tuple) else tuple(value.split(","))


def _share(name: str, text: str) -> options.Decorator:
    return click.option(name, type=options.Number(0, 1), help=text)
