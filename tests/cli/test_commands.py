"""The list of commands: what it says without importing them is what they say of themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import nlptools.cli
from nlptools.cli import main
from nlptools.cli.commands import SENTENCES, Commands, sentence


def test_every_command_has_its_sentence() -> None:
    files = {path.stem for path in Path(nlptools.cli.__file__).parent.glob("*.py")}
    found = set()
    for name in files - {"__init__"}:
        module = __import__(f"nlptools.cli.{name}", fromlist=[name])
        if isinstance(getattr(module, name, None), click.Command):
            found.add(name)
    assert found == set(SENTENCES) == set(main.commands)
    for name, command in main.commands.items():
        assert command.name == name
        assert " ".join((command.help or "").split()).startswith(SENTENCES[name])
        for limit in (30, 62, 82):
            assert sentence(name, limit) == command.get_short_help_str(limit)


def test_help_imports_no_command() -> None:
    code = (
        "import sys\nfrom nlptools.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    loaded = done.stderr.split()
    assert "Find the words of a corpus" in done.stdout
    assert {name for name in SENTENCES if f"nlptools.cli.{name}" in loaded} == set()
    assert {"numpy", "pandas", "tempfile", "decimal"}.isdisjoint(loaded)


def test_a_mapping_like_any_other() -> None:
    commands = Commands()
    mine = click.Command("mine")
    commands["mine"] = mine
    assert (len(commands), commands["mine"]) == (len(SENTENCES) + 1, mine)
    del commands["mine"]
    assert "mine" not in commands and commands.get("mine") is None
    assert commands["dim"] is main.commands["dim"]
    with pytest.raises(KeyError):
        commands["nothing"]
