"""The line of progress: what stands on the terminal at each moment, and that nothing stays."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from commandline import run, shown_steps, write

from nlptools import __version__
from nlptools.cli import progress


class Terminal(io.StringIO):
    """What is written, and what stands in the last line."""

    def isatty(self) -> bool:
        return True

    @property
    def line(self) -> str:
        shown = ""
        for piece in self.getvalue().split("\r"):
            shown = piece + shown[len(piece) :]
        return shown.rstrip()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    made = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=made))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    yield made
    progress.wipe()


def test_a_step_takes_the_place_of_the_last(terminal: Terminal) -> None:
    watch = progress.watcher(quiet=False)
    watch("finding candidates", 1, 1)
    assert terminal.line == "finding candidates"
    watch("learning", 3, 8)
    assert terminal.line == "learning 3 of 8"
    progress.wipe()
    assert terminal.line == ""
    written = terminal.getvalue()
    progress.wipe()
    assert terminal.getvalue() == written
    assert not re.search(r"[^\r -~]", written)


def test_a_slow_step_says_how_long_it_has_taken(terminal: Terminal) -> None:
    now, tick, ticked = [100.0], threading.Semaphore(0), threading.Semaphore(0)
    line = progress._Line(lambda: now[0], lambda _: ticked.release() or tick.acquire())
    line.say("ranking")
    shown = []
    for seconds in (1, 2, 75):
        assert ticked.acquire(timeout=60)
        now[0] = 100.0 + seconds
        tick.release()
        assert ticked.acquire(timeout=60)
        ticked.release()
        shown.append(terminal.line)
    assert shown == ["ranking", "ranking, 2 s", "ranking, 75 s"]
    line.say("writing")
    assert terminal.line == "writing"
    line.wipe()
    assert terminal.line == ""


def test_a_narrow_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that goes over into the next one could not be wiped."""
    monkeypatch.setenv("COLUMNS", "12")
    progress.say("reading word lists and models")
    assert terminal.line == "reading wor"


def test_nothing_stays_where_a_command_fails(terminal: Terminal) -> None:
    with pytest.raises(KeyboardInterrupt), progress.wiped():
        progress.say("counting")
        raise KeyboardInterrupt
    assert terminal.line == ""


def test_who_sees_it(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert progress.shows_progress(quiet=False)
    assert not progress.shows_progress(quiet=True)
    monkeypatch.setenv("TERM", "dumb")
    progress.watcher(quiet=False)("counting", 1, 1)
    assert terminal.getvalue() == ""
    monkeypatch.delenv("TERM")
    assert progress.shows_progress(quiet=False)
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    assert not progress.shows_progress(quiet=False)


@pytest.mark.parametrize(
    "command, steps",
    [
        (["count", "a.txt", "-o", "c"], ["reading", "counting", "writing"]),
        (["count", "a.txt", "--tsv"], ["reading", "counting", "writing"]),
        (["lm", "train", "a.txt", "-o", "m"], ["learning", "reading", "learning", "writing"]),
        (["segment", "a.txt", "-o", "s"], ["reading"]),
        (["compare", "a.txt", "b.txt", "--words", "w.txt"], ["reading", "counting"]),
        (["report", "w.txt", "--corpus", "a.txt", "-o", "p"], ["reading", "writing"]),
    ],
)
def test_every_command(
    monkeypatch: pytest.MonkeyPatch, command: list[str], steps: list[str]
) -> None:
    write("a.txt", "国家标准，国家规定。")
    write("b.txt", "国家标准，标准。" * 3)
    write("w.txt", "国家\n标准\n")
    monkeypatch.setattr(progress, "shows_progress", lambda quiet: not quiet)
    done = run(*command).ok()
    assert shown_steps(done.err)[:-1] == list(dict.fromkeys(steps))
    assert shown_steps(done.err)[-1].split("\n")[-1].startswith(f"nlptools {__version__} ")
