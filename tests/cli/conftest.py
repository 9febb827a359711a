"""Around every test of a command: signals as they were, a folder of its own; and what several files build once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import run
from lmcases import Models
from places import NOVEL


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """The commands set handlers of their own; pytest gets its own back."""
    names = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = [signal.getsignal(name) for name in names]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts jobs in the background so, and what is ignored stays so in every child.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for name, handler in zip(names, before, strict=True):
        signal.signal(name, handler)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def novel(tmp_path_factory: pytest.TempPathFactory) -> Models:
    folder = tmp_path_factory.mktemp("models")
    models = Models(folder / "novel.lm", folder / "novel.arpa")
    for path in (models.native, models.arpa):
        run("lm", "train", NOVEL, "-q", "-o", path).ok()
    return models
