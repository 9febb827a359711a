"""Bytes and threads of a command -> what is within the memory that was promised; work on all cores, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from nlptools.errors import ResourceError

DEFAULT_MEMORY = 1_000_000_000  # bytes
MIN_MEMORY = 128_000_000
PROCESS_MEMORY = 96_000_000  # interpreter, NumPy, click, an alphabet, and something to work on
THREAD_MEMORY = 24_000_000  # what one thread has under work

# Called as each step of something that takes long begins: what is done, in words a user knows, and which of how many
# steps of that name it is.
Watch = Callable[[str, int, int], None]

T = TypeVar("T")
R = TypeVar("R")


def check_memory(memory: int) -> None:
    """ValueError for less than NumPy and a few blocks of text take."""
    if memory < MIN_MEMORY:
        raise ValueError(f"memory must be at least {MIN_MEMORY // 10**6} MB")


class _InPlace(Executor):
    """One worker: the thread that asks. No other is started, where a system allows none."""

    def submit(self, work: Callable[..., R], /, *args: Any, **settings: Any) -> Future[R]:
        done: Future[R] = Future()
        done.set_result(work(*args, **settings))
        return done


class _Threads(ThreadPoolExecutor):
    """Threads that are started as they are needed; ResourceError where the system gives none."""

    def submit(self, work: Callable[..., R], /, *args: Any, **settings: Any) -> Future[R]:
        try:
            return super().submit(work, *args, **settings)
        except RuntimeError as error:
            raise ResourceError(
                "cannot start a thread",
                "give --workers 1, or raise the limit of processes (ulimit -u)",
            ) from error


def worker_pool(workers: int) -> Executor:
    """What runs work on so many threads; for one worker none is started."""
    return _InPlace() if workers == 1 else _Threads(workers)


def spool_room(memory: int) -> int:
    """Bytes in memory for a text that is to be read again; the rest of it goes to a file."""
    return max(0, memory - MIN_MEMORY) // 16


def block_within(memory: int, size: int) -> int:
    """Bytes of text in a block, at most `size`: under work one takes about six times as much for a moment."""
    return min(size, max(1 << 16, memory >> 7))


def threads_within(memory: int, workers: int | None) -> int:
    """How many of so many threads (None: one a core) `memory` bytes have room for, at least 1.

    Each has a block of text or of a lattice under work, and one more waits; no result depends on it.
    """
    asked = workers or os.cpu_count() or 1
    return max(1, min(asked, (memory - PROCESS_MEMORY) // THREAD_MEMORY))


def ordered_map(
    pool: Executor, workers: int, work: Callable[[T], R], items: Iterable[T]
) -> Iterator[R]:
    """Results of `work` in the order of the items, with at most workers + 1 of them under way."""
    if isinstance(pool, _InPlace):
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def prompt_map(
    pool: Executor, workers: int, work: Callable[[T], R], items: Iterable[T | None]
) -> Iterator[R | None]:
    """As ordered_map; None among the items is a lull: what is under way is given before it, then it too."""
    ended = False

    def until_lull() -> Iterator[T]:
        nonlocal ended
        for item in rest:
            if item is None:
                return
            yield item
        ended = True

    rest = iter(items)
    while not ended:
        yield from ordered_map(pool, workers, work, until_lull())
        if not ended:
            yield None


def unwatched(stage: str, number: int, of: int) -> None:
    """Nobody watches."""
