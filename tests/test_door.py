"""`import nlptools` is the one door: its names, where they come from, and what asking for them costs."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Iterator

import click
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from places import ROOT

import nlptools
from nlptools.cli import main

assert np

HOMES: dict[str, str] = nlptools._HOMES  # type: ignore[attr-defined] # of the module, not of its stub
STUB = ROOT / "nlptools" / "__init__.pyi"


def every_command(group: click.Group = main) -> Iterator[list[str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from ([name, *inner] for inner in every_command(command))
        else:
            yield [name]


COMMANDS = {"_".join(words).replace("-", "_") for words in every_command()}


def home_of(name: str) -> object:
    module, _, own = HOMES[name].partition(":")
    return getattr(importlib.import_module(f"nlptools.{module}"), own)


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_is_sorted_and_complete() -> None:
    assert nlptools.__all__ == sorted({"__version__", *HOMES})
    assert dir(nlptools) == nlptools.__all__


@pytest.mark.parametrize("name", sorted(HOMES))
def test_a_name_is_the_same_object_as_at_home(name: str) -> None:
    found = getattr(nlptools, name)
    assert found is home_of(name)
    assert getattr(nlptools, name) is found


@pytest.mark.parametrize("name", sorted(HOMES))
def test_a_name_is_defined_where_the_table_says(name: str) -> None:
    """Not handed on by a module that imports it: what moves is found here."""
    module, _, own = HOMES[name].partition(":")
    found = home_of(name)
    assert (found.__module__, found.__name__) == (f"nlptools.{module}", own)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(HOMES))
def test_a_name_says_what_it_is(name: str) -> None:
    """One sentence, in one line, of every function and class, for the list on the page of the API."""
    text = inspect.getdoc(home_of(name))
    assert text
    assert re.search(r"[.:;]$", text.split("\n")[0]), text.split("\n")[0]
    if name[0].isupper():  # a dataclass without a docstring has one that dataclass made
        assert not text.startswith(f"{name}(")


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="module 'nlptools' has no attribute 'nothing'"):
        _ = nlptools.nothing  # type: ignore[attr-defined]


def test_the_stub_says_the_same() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    stubs = {
        alias.asname: f"{node.module}:{alias.name}".removeprefix("nlptools.")
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert stubs == HOMES
    every = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert ast.literal_eval(every) == nlptools.__all__


def test_every_command_has_its_function() -> None:
    assert COMMANDS - set(HOMES) == set()
    assert all(inspect.isfunction(home_of(name)) for name in COMMANDS)


def classes_in(annotation: object) -> Iterator[type]:
    """The classes of an annotation: those of list[X], X | None and so on too."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from classes_in(inner)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_what_a_command_gives_back_is_at_the_door(command: str) -> None:
    gives = typing.get_type_hints(home_of(command))["return"]
    own = {found for found in classes_in(gives) if found.__module__.startswith("nlptools.")}
    assert own <= {home_of(name) for name in HOMES}


def test_import_loads_nothing() -> None:
    """Neither NumPy nor a wing; a name loads its own."""
    loaded = run(
        "import sys; before = set(sys.modules); import nlptools;"
        "print(*sorted(set(sys.modules) - before));"
        "nlptools.DataError; print(*sorted(m for m in sys.modules if m.startswith('nlptools')));"
        "nlptools.Corpus; print('numpy' in sys.modules)"
    )
    first, second, third = loaded.splitlines()
    outside = {name.split(".")[0] for name in first.split()} - set(sys.stdlib_module_names)
    assert outside == {"nlptools"}
    assert [name for name in first.split() if name.startswith("nlptools")] == ["nlptools"]
    assert second.split() == ["nlptools", "nlptools.errors"]
    assert third == "True"


def test_star_import() -> None:
    names = run("from nlptools import *; print(*sorted(n for n in dir() if n[0] != '_'))")
    assert names.split() == sorted(HOMES)


def test_a_wing_does_not_replace_a_function() -> None:
    """Importing nlptools.X makes X a name of the package: no wing may be called as a command is."""
    wings = {path.name for path in (ROOT / "nlptools").iterdir() if path.is_dir()}
    assert wings & set(HOMES) == set()


def test_every_name_stands_on_the_page_of_the_api() -> None:
    """Once, in a group; docs/api.md names them, bin/docs puts their docstrings there."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: nlptools\.(\w+)$", text, re.MULTILINE)
    assert sorted(named) == sorted(HOMES)
    assert set(re.findall(r"\]\[nlptools\.(\w+)\]", text)) <= set(named)


EXAMPLES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "nlptools").rglob("*.py")
    if "\n    >>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_in_docstrings(name: str) -> None:
    if name.startswith("nlptools.spark"):
        pytest.importorskip("pyspark")
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted > 0
    assert done.failed == 0
