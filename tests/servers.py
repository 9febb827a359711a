"""Commands of servers -> their processes, each with a log and a group of its own; nothing of them is left."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

WAIT = 120  # seconds in which each of them has to be there, however busy the machine is
# Java that lives short: its simplest compiler and collector.
# The classes of Spark are not verified: 3 of the 13 CPU s until a session has done its first work.
UNVERIFIED = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote")
JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *UNVERIFIED)


class Servers:
    """folder: for their logs. Whatever they start dies with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: dict[int, Path] = {}

    def start(self, command: Sequence[str], **env: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{len(self._processes)}.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                env=os.environ | env,
                start_new_session=True,
            )
        self._processes.append(process)
        self._logs[process.pid] = log
        return process

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        return self._logs[process.pid].read_text("utf-8", "replace")

    def said(self, process: subprocess.Popen[bytes], pattern: str) -> str:
        """What the group of a pattern is in the log of a process, as soon as it is there."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            ended = process.poll() is not None
            if found := re.search(pattern, self.log_of(process)):
                return found[1]
            if ended:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{process.args}: {self.log_of(process)[-2000:]}")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """By SIGKILL, and what it has started at once: as if its machine lost the power."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in reversed(self._processes):
            self.kill(process)


@contextlib.contextmanager
def stopped(servers: Servers) -> Iterator[None]:
    """They are stopped at the end, whatever happens in between."""
    try:
        yield
    finally:
        servers.stop()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
