"""Stdin or a named pipe -> chunks of bytes; an empty one says that nothing more is there for now.

Such a *lull* goes through all that is made of the chunks, as an empty piece, an empty block, an empty line of output:
who holds something back that is complete hands it on before. It holds no text, so who knows nothing of it loses
nothing.
"""

from __future__ import annotations

import select
from collections.abc import Iterator
from typing import Protocol

# Seconds without a byte that make a lull. People see no delay of this length, and a program that sends a line and waits
# for the answer gets some hundred a second. Who has filled a pipe is a fast writer, which a busy machine holds up:
# it gets more time, as small pieces cost more than large ones.
LULL_SECONDS = 0.003
FULL, FULL_LULL_SECONDS = 1 << 16, 0.03


class Pipe(Protocol):
    """What is read: an open file without a buffer, or sys.stdin.buffer."""

    def fileno(self) -> int:
        """Its descriptor; OSError or ValueError where there is none."""

    def isatty(self) -> bool:
        """Whether people type it."""


class Reader(Protocol):
    """One read of a pipe: at most `size` bytes, those that are there; none at its end."""

    def __call__(self, size: int, /) -> bytes: ...


def pipe_chunks(pipe: Pipe, read: Reader, size: int, *, prompt: bool = False) -> Iterator[bytes]:
    """The bytes, `size` at a time; on a terminal one Ctrl-D ends it, as nothing is read after that.

    prompt: what has come is given as soon as nothing more does, and an empty chunk after it.
    """
    ended = False
    while not ended:
        parts, room, lull = [], max(size, 1), False
        while room and not (ended or lull):
            part = read(room)
            parts.append(part)
            room -= len(part)
            ended = not part
            lull = prompt and not ended and not _comes(pipe, size - room)
        if chunk := b"".join(parts):
            yield chunk
        if lull:
            yield b""


def _comes(pipe: Pipe, read: int) -> bool:
    """Whether there are more bytes, or the end, within the time of a lull; read: bytes that came without one."""
    seconds = LULL_SECONDS if read < FULL else FULL_LULL_SECONDS
    try:
        return bool(select.select([pipe.fileno()], [], [], seconds)[0])
    except (OSError, ValueError):
        # Windows tells nothing of pipes, which are read in whole blocks there; a terminal gives line after line.
        return not pipe.isatty()
