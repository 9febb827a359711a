"""A folder -> Spark's standalone cluster on this machine: a master and workers, each a process of its own.

They are what `start-master.sh` and `start-worker.sh` start, from the jars of pyspark, on ports that are free, and
know nothing of the process that asks them for work.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from servers import JAVA, WAIT, Servers, stopped

from nlptools.spark import session

# For a driver that uses it: small, and on the loopback interface alone.
CONF = (
    "spark.driver.host=127.0.0.1",
    "spark.driver.bindAddress=127.0.0.1",
    "spark.driver.memory=512m",
    "spark.executor.memory=512m",
    f"spark.driver.extraJavaOptions={' '.join(JAVA)}",
    f"spark.executor.extraJavaOptions={' '.join(JAVA)}",
    "spark.sql.shuffle.partitions=2",
    # Nothing begins before both workers are there.
    "spark.cores.max=2",
    "spark.executor.cores=1",
    "spark.scheduler.minRegisteredResourcesRatio=1.0",
    f"spark.scheduler.maxRegisteredResourcesWaitingTime={WAIT}s",
)


class Cluster(Servers):
    """url: what --master takes. workers: their processes; each has two cores, for an executor of each of two drivers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = ""
        self.workers: list[subprocess.Popen[bytes]] = []

    def run(self, workers: int) -> None:
        master = self._daemon("master.Master", "--port", "0")
        self.url = self.said(master, r"Starting Spark master at (spark://\S+)")
        self.said(master, "(elected leader)")
        for number in range(workers):
            place = str(self.work_of(number))
            words = ("--cores", "2", "--memory", "1g", "--work-dir", place, self.url)
            self.workers.append(self._daemon("worker.Worker", *words))
        for worker in self.workers:
            self.said(worker, "(Successfully registered)")

    def work_of(self, number: int) -> Path:
        """The folder below which the executors of a worker work, and their Python."""
        return self.folder / f"worker{number}"

    def _daemon(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        from pyspark import find_spark_home

        home = find_spark_home._find_spark_home()
        command = [f"{home}/bin/spark-class", f"org.apache.spark.deploy.{name}"]
        return self.start(
            [*command, "--host", "127.0.0.1", "--webui-port", "0", *words],
            SPARK_HOME=home,
            SPARK_LOCAL_IP="127.0.0.1",
            SPARK_LOCAL_DIRS=str(self.folder / "local"),
            SPARK_DAEMON_MEMORY="128m",
            SPARK_DAEMON_JAVA_OPTS=" ".join(JAVA),
        )


@contextlib.contextmanager
def started(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    with session._java(), stopped(cluster):
        cluster.run(workers)
        yield cluster
