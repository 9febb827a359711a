"""A folder -> Spark's standalone cluster on this machine: a master and workers, each a process of its own.

They are what `start-master.sh` and `start-worker.sh` start, from the jars of pyspark, on ports that are free, and
know nothing of the process that asks them for work.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from nlptools.spark import session

WAIT = 120  # seconds in which each of them has to be there, however busy the machine is
# A short life: the simplest compiler and collector of Java.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# For a driver that uses it: small, and on the loopback interface alone.
CONF = (
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.driver.memory=512m",
    "spark.executor.memory=512m",
    f"spark.driver.extraJavaOptions={JAVA}",
    f"spark.executor.extraJavaOptions={JAVA}",
    "spark.sql.shuffle.partitions=2",
    # Nothing begins before both workers are there.
    "spark.cores.max=2",
    "spark.scheduler.minRegisteredResourcesRatio=1.0",
    f"spark.scheduler.maxRegisteredResourcesWaitingTime={WAIT}s",
)


class Cluster:
    """url: what --master takes. workers: their processes, each with one core, the leader of what it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: dict[int, Path] = {}

    def start(self, workers: int) -> None:
        master = self._start("master.Master", "--port", "0")
        self.url = self._said(master, r"Starting Spark master at (spark://\S+)")
        self._said(master, "(elected leader)")
        for _ in range(workers):
            self.add_worker(wait=False)
        for worker in self.workers:
            self._said(worker, "(Successfully registered)")

    def add_worker(self, wait: bool = True) -> None:
        place = self.work_of(len(self.workers))
        words = ["--cores", "1", "--memory", "512m", "--work-dir", str(place), self.url]
        self.workers.append(self._start("worker.Worker", *words))
        if wait:
            self._said(self.workers[-1], "(Successfully registered)")

    def work_of(self, number: int) -> Path:
        """The folder below which the executors of a worker work, and their Python."""
        return self.folder / f"worker{number}"

    def kill_worker(self, number: int) -> None:
        """As if the machine lost its power: the worker and its executors at once, by SIGKILL."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()

    def stop(self) -> None:
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        from pyspark import find_spark_home

        home = find_spark_home._find_spark_home()
        log = self.folder / f"{len(self._processes)}.log"
        env = os.environ | {
            "SPARK_HOME": home,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARK_DAEMON_MEMORY": "128m",
            "SPARK_DAEMON_JAVA_OPTS": JAVA,
        }
        command = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{name}"]
        command += ["--host", "127.0.0.1", "--webui-port", "0", *words]
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                env=env,
                start_new_session=True,  # a group of its own, to be ended with all that it starts
            )
        self._processes.append(process)
        self._logs[process.pid] = log
        return process

    def _said(self, process: subprocess.Popen[bytes], pattern: str) -> str:
        """What a process has written about itself, as soon as it has."""
        log = self._logs[process.pid]
        end = time.monotonic() + WAIT
        while time.monotonic() < end and process.poll() is None:
            if found := re.search(pattern, log.read_text("utf-8", "replace")):
                return found[1]
            time.sleep(0.05)
        raise RuntimeError(f"{process.args}: {log.read_text('utf-8', 'replace')[-2000:]}")


@contextlib.contextmanager
def started(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A cluster; nothing of it is left, whatever happens in between."""
    cluster = Cluster(folder)
    with session._java():
        try:
            cluster.start(workers)
            yield cluster
        finally:
            cluster.stop()
