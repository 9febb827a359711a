"""What a run is doing -> one line on the terminal, in words, written anew at each step and gone at the end.

The line begins with a carriage return and is wiped with blanks: no other sign moves a cursor. Where that has no effect
(TERM=dumb), in a pipe and with --quiet there is none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlptools.base.resources import Watch
    from nlptools.text.corpus import Corpus

_line = ""  # that stands on the terminal


def shows_progress(quiet: bool) -> bool:
    """Progress is for people: on a terminal, and not when they asked for silence."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return False
    return os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """Write the line anew."""
    global _line
    text = text[: max(0, shutil.get_terminal_size().columns - 1)]
    _show(f"\r{text:<{len(_line)}}")
    _line = text


def wipe() -> None:
    """Leave the terminal as it was; before anything else is written there."""
    global _line
    if _line:
        _show(f"\r{'':<{len(_line)}}\r")
        _line = ""


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

    from nlptools.text.corpus import Block, Corpus

    tqdm.monitor_interval = 0  # a thread that would look after slow bars

    class WatchedCorpus(Corpus):
        """A corpus that shows a bar with rate and time left while it is read."""

        def blocks(self) -> Iterator[Block]:
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
                for block in super().blocks():
                    bar.update(self.bytes_read - bar.n)
                    yield block
            if then:
                say(then)
            else:
                wipe()

    return WatchedCorpus
