"""Command line -> CPU seconds, wall seconds and peak memory of the process that runs it.

Run as a script it is the launcher: a small process of its own, because on Linux a child's peak
memory is never reported below that of the process it was forked from.
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# What the commands get: as it was before prepare_numpy changed it for this process.
ENVIRONMENT = dict(os.environ)


class BenchmarkError(Exception):
    """A command failed or gave a wrong answer."""


@dataclass(frozen=True)
class Sample:
    """One run. cpu: user + system seconds. rss: peak of the largest process, bytes. load: before."""

    cpu: float
    wall: float
    rss: int
    load: float


@dataclass(frozen=True)
class Command:
    """What is run: a name for the tables, arguments, and files for its standard streams."""

    name: str
    argv: Sequence[str]
    stdin: str = os.devnull
    stdout: str = os.devnull

    def shown(self) -> str:
        """The command line without the folders of the machine it ran on."""
        words = [_shorten(word) for word in self.argv]
        if self.stdin != os.devnull:
            words += ["<", _shorten(self.stdin)]
        if self.stdout != os.devnull:
            words += [">", _shorten(self.stdout)]
        return " ".join(words)


@dataclass
class Result:
    """All runs of one command."""

    command: Command
    samples: list[Sample] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return statistics.median(sample.cpu for sample in self.samples)

    @property
    def wall(self) -> float:
        return statistics.median(sample.wall for sample in self.samples)

    @property
    def rss(self) -> int:
        return int(statistics.median(sample.rss for sample in self.samples))

    @property
    def peak(self) -> int:
        """The largest peak of all runs: what a limit is compared with."""
        return max(sample.rss for sample in self.samples)


def nlptools(name: str, *arguments: str | os.PathLike[str]) -> Command:
    """The checkout's own command line."""
    return Command(name, [sys.executable, "-m", "nlptools", *map(os.fspath, arguments)])


def in_bytes(limit: str) -> int:
    """256MB or 1GB as a number; as `nlptools --memory` reads it."""
    from nlptools.cli.options import Size

    return Size().convert(limit, None, None)


def run(command: Command) -> Sample:
    """Run a command once; BenchmarkError with the end of its stderr when it fails."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryFile() as errors:
        done = subprocess.run(
            [sys.executable, "-I", "-S", __file__],
            input=json.dumps([list(command.argv), command.stdin, command.stdout]).encode(),
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            check=True,
        )
        status, cpu, wall, rss = json.loads(done.stdout)
        if status:
            errors.seek(0)
            tail = errors.read().decode("utf-8", "replace")[-2000:]
            raise BenchmarkError(f"{command.shown()} ended with {status}:\n{tail}")
    return Sample(cpu, wall, rss, load)


def interleaved(commands: Sequence[Command], repeat: int | Mapping[str, int]) -> list[Result]:
    """Run commands in turn, A B C A B C, so that what else the machine does hits all of them.

    repeat: rounds; a mapping gives some commands (by name) fewer than the default under "".
    """
    rounds = repeat if isinstance(repeat, Mapping) else {"": repeat}
    results = [Result(command) for command in commands]
    for number in range(max(rounds.values())):
        for result in results:
            if number < rounds.get(result.command.name, rounds[""]):
                result.samples.append(run(result.command))
                sample = result.samples[-1]
                print(
                    f"  {result.command.name}: {sample.cpu:.2f} CPU s, {sample.wall:.2f} s, "
                    f"{sample.rss / 1e6:.0f} MB",
                    file=sys.stderr,
                )
    return results


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return ENVIRONMENT | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}


def _shorten(word: str) -> str:
    if word == sys.executable:
        return "python"
    if "=" in word and not word.startswith("-c"):
        option, _, value = word.partition("=")
        return f"{option}={_shorten(value)}"
    if word.rstrip("/") == tempfile.gettempdir() or re.fullmatch(r"tmp\w{8}", Path(word).name):
        return "TMP"
    if word.startswith("/"):
        return Path(word).name
    return word


def _adopt_orphans() -> None:
    """Have processes whose parent has ended become children of this one; Linux alone."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def _watch_unwaited(seconds: dict[int, float], done: threading.Event) -> None:
    """CPU of descendants that nobody waits for, by their number, as last seen; Linux alone.

    The daemon that starts Spark's Python workers ignores SIGCHLD, so their seconds become part of no other process's.
    """
    ticks = os.sysconf("SC_CLK_TCK")
    while sys.platform == "linux" and not done.wait(0.3):
        parents, own = {}, {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError):
                told = Path("/proc", name, "stat").read_text(errors="replace")
                fields = told.rpartition(")")[2].split()
                parents[int(name)] = int(fields[1])
                own[int(name)] = (int(fields[11]) + int(fields[12])) / ticks
        for pid, parent in parents.items():
            if _descends(pid, parents) and _ignores_children(parent):
                seconds[pid] = own[pid]


def _descends(pid: int, parents: Mapping[int, int]) -> bool:
    while pid in parents and pid != os.getpid():
        pid = parents[pid]
    return pid == os.getpid()


def _ignores_children(pid: int) -> bool:
    with suppress(OSError):
        told = Path("/proc", str(pid), "status").read_text(errors="replace")
        return bool(int(told.partition("SigIgn:")[2].split()[0], 16) >> (signal.SIGCHLD - 1) & 1)
    return False


def _launch() -> None:
    argv, stdin, stdout = json.load(sys.stdin)
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
    ]
    _adopt_orphans()
    unwaited: dict[int, float] = {}
    done = threading.Event()
    watcher = threading.Thread(target=_watch_unwaited, args=(unwaited, done))
    watcher.start()
    start = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    usages, waited = [usage], {pid}
    while True:  # what it has left running, such as the Java of Spark
        try:
            pid, _, usage = os.wait3(0)
        except ChildProcessError:
            break
        usages.append(usage)
        waited.add(pid)
    done.set()
    watcher.join()
    rss = max(u.ru_maxrss for u in usages) * (1 if sys.platform == "darwin" else 1024)
    cpu = sum(u.ru_utime + u.ru_stime for u in usages)
    cpu += sum(seconds for pid, seconds in unwaited.items() if pid not in waited)
    json.dump([os.waitstatus_to_exitcode(status), cpu, wall, rss], sys.stdout)


if __name__ == "__main__":
    _launch()
