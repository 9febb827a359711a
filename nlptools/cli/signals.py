"""Signals -> the end of the process as its parent expects it, with files under way removed."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any


def end_at_once() -> bool:
    """Ctrl-C ends a process that only imports so far, without a traceback; whether that was changed.

    What a parent has set stays: a shell lets jobs in the background ignore Ctrl-C.
    """
    try:
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            return False
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:  # not the main thread
        return False
    return True


def end_in_order() -> None:
    """Ctrl-C raises KeyboardInterrupt again, after end_at_once."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def end_on_signals() -> None:
    """SIGTERM and SIGHUP end as Ctrl-C does: files under way are removed."""

    def end(number: int, frame: Any) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def die_of_interrupt() -> None:
    """End by SIGINT itself: a shell ends a loop only when the command in it died of Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
