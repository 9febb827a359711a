"""A command line -> what came of it, within limits: no traceback, no hang above 10 s, no allocation above 1 GB."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from commandline import Done, run

RUNS = int(os.environ.get("NLPTOOLS_FUZZ", "60"))  # of each kind
SECONDS = 10
BYTES = 1 << 30


def within_limits(*command: object) -> Done:
    """Run in this process; AssertionError or what was raised where a limit is passed."""
    with _seconds(SECONDS), _memory(BYTES), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = run(*command)
    assert "not enough memory" not in done.err, done.err
    assert done.code in (0, 1, 2), done
    if done.code == 1:  # one line with the problem, perhaps after notes, and a hint
        lines = done.err.split("\n")
        assert [line.startswith("Error: ") for line in lines].count(True) == 1, done.err
        assert max(map(len, lines)) < 2000, done.err
    assert not any(sign in done.err for sign in "\x1b\x07\0"), done.err
    return done


@contextlib.contextmanager
def _seconds(number: int) -> Iterator[None]:
    def end(signum: int, frame: FrameType | None) -> None:
        raise AssertionError(f"hangs for {number} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(number * int(os.environ.get("NLPTOOLS_FUZZ_PATIENCE", "6")))  # a busy machine
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _memory(more: int) -> Iterator[None]:
    """Allocations of more than that fail, on Linux."""
    if sys.platform != "linux":
        yield
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    size = pages * os.sysconf("SC_PAGE_SIZE") + more
    resource.setrlimit(resource.RLIMIT_AS, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
