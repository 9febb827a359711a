"""What a run is doing -> one line on the terminal, in words, written anew at each step and gone at the end.

The line begins with a carriage return and is wiped with blanks: no other sign moves a cursor. Where that has no effect
(TERM=dumb), in a pipe and with --quiet there is none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

Part = TypeVar("Part")

if TYPE_CHECKING:
    from nlptools.base.resources import Watch
    from nlptools.text.corpus import Corpus

_SLOW = 2  # seconds: a step that takes longer says how long it has taken


def shows_progress(quiet: bool) -> bool:
    """Progress is for people: on a terminal, and not when they asked for silence."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return False
    return os.environ.get("TERM") != "dumb"


class _Line:
    """The line that stands on the terminal. Once it stands a thread writes it anew each second, with the time."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._now, self._sleep = now, sleep
        self._lock = threading.Lock()
        self._text = self._shown = ""
        self._since = 0.0
        self._clock: threading.Thread | None = None

    def say(self, text: str) -> None:
        """Another step begins."""
        with self._lock:
            self._text, self._since = text, self._now()
            self._write()
            if self._clock is None:
                self._clock = threading.Thread(target=self._tick, daemon=True)
                with contextlib.suppress(RuntimeError):  # no thread to be had
                    self._clock.start()

    def wipe(self) -> None:
        """Leave the terminal as it was."""
        with self._lock:
            if self._text:
                self._text = ""
                _show(f"\r{'':<{len(self._shown)}}\r")
                self._shown = ""

    def _tick(self) -> None:
        while True:
            self._sleep(1)
            with self._lock:
                if self._text:
                    self._write()

    def _write(self) -> None:
        seconds = int(self._now() - self._since)
        text = f"{self._text}, {seconds} s" if seconds >= _SLOW else self._text
        text = text[: max(0, shutil.get_terminal_size().columns - 1)]
        _show(f"\r{text:<{len(self._shown)}}")
        self._shown = text


_LINE = _Line()


def say(text: str) -> None:
    """Write the line anew."""
    _LINE.say(text)


def wipe() -> None:
    """Leave the terminal as it was; before anything else is written there."""
    _LINE.wipe()


@contextlib.contextmanager
def wiped() -> Iterator[None]:
    """No line stays behind, however the block ends."""
    try:
        yield
    finally:
        wipe()


def watcher(quiet: bool) -> Watch:
    """What a function calls as its steps begin."""
    from nlptools.base.resources import unwatched

    return _say_step if shows_progress(quiet) else unwatched


def _say_step(stage: str, number: int, of: int) -> None:
    say(f"{stage} {number} of {of}" if of > 1 else stage)


def _show(text: str) -> None:
    # A terminal that is gone is no reason to stop.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def corpus_type(quiet: bool, then: str | None) -> type[Corpus]:
    """Corpus, where progress is shown with a bar while it is read. then: what is done afterwards, for the line."""
    from nlptools.text.corpus import Corpus

    return _watched_corpus(then) if shows_progress(quiet) else Corpus


def _watched_corpus(then: str | None) -> type[Corpus]:
    from tqdm import tqdm

    from nlptools.text.blocks import Block
    from nlptools.text.corpus import DOCUMENTS_SIZE, Corpus
    from nlptools.text.documents import Documents

    tqdm.monitor_interval = 0  # a thread that would look after slow bars

    class WatchedCorpus(Corpus):
        """A corpus that shows a bar with rate and time left while it is read."""

        def blocks(self) -> Iterator[Block]:
            return self._watched(super().blocks())

        def documents(
            self, size: int = DOCUMENTS_SIZE, folder: Path | None = None
        ) -> Iterator[Documents]:
            return self._watched(super().documents(size, folder))

        def _watched(self, parts: Iterator[Part]) -> Iterator[Part]:
            say("reading")
            with tqdm(
                total=self.total_bytes,
                unit="B",
                unit_scale=True,
                desc="reading",
                leave=False,
                delay=0.3,
                nrows=24,  # a terminal that gives its size as 0 x 0 would show nothing
            ) as bar:
                for part in parts:
                    wipe()
                    bar.update(self.bytes_read - bar.n)
                    yield part
            if then:
                say(then)
            else:
                wipe()

    return WatchedCorpus
