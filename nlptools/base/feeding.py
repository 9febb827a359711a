"""What reads an iterator + items that are handed over one by one -> both at once: the reader has a thread of its own."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def feeding(read: Callable[[Iterator[Any]], None]) -> Iterator[Callable[[Any], None]]:
    """A function that gives an item to `read`, which is called in a thread and gets an iterator of all of them.

    One item waits at most. At the end the iterator ends, and `read` is waited for. What it raises is raised here, by
    the next item or at the end.
    """
    items: queue.Queue[Any] = queue.Queue(maxsize=1)
    end = object()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            read(iter(items.get, end))
        except BaseException as error:
            failed.append(error)
            while items.get() is not end:  # whoever gives is not kept waiting
                pass

    def give(item: Any) -> None:
        if failed:
            raise failed[0]
        items.put(item)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield give
    finally:
        items.put(end)
        thread.join()
    if failed:
        raise failed[0]
