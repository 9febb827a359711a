"""discover with Spark, method em: the table of one machine, to the last digit, whatever the partitions and whoever dies."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import run
from sparkcases import SAMPLES, needs_spark, spark_marks

from nlptools.discovery.discover import discover_words
from nlptools.discovery.table import format_words
from nlptools.errors import DataError, NlptoolsError
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles
from nlptools.spark import kept, passes
from nlptools.spark.discover import discover_with_spark
from nlptools.text.corpus import Corpus

pytestmark = spark_marks

# Names with dots, runs with blanks, terms; each stands between other characters every time.
MARKED = [
    f"{a}{word}{b}，"
    for word in ("卡莱尔·布朗", "Norda Pro", "5Q-B", "糖类因子19-9", "全国代表大会")
    for a, b in zip("山水风云日月江河湖海春夏", "东西南北红黄蓝白秋冬天地", strict=True)
]


def printed(paths: list[str], fold: tuple[str, ...] = (), **settings: Any) -> str:
    return "".join(format_words(discover_words(Corpus(paths, fold=fold), **settings), "jsonl"))


def spread(paths: list[str], **settings: Any) -> str:
    return "".join(format_words(discover_with_spark(paths, **settings).table, "jsonl"))


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    """Two samples, and a text with marks that a break of files divides."""
    paths = [*SAMPLES[:2]]
    for number, lines in enumerate((MARKED[:31], MARKED[31:])):
        path = tmp_path / f"marked{number}.txt"
        path.write_text("\r\n".join(lines) + "\n\n𠮷𠮷野家" * 3, encoding="utf-8")
        paths.append(str(path))
    return paths


@needs_spark
@pytest.mark.parametrize(
    ("how", "settings"),
    [
        ("whole", {}),
        ("tasks", {"min_count": 2, "prior": None, "background": None, "numbers": True, "top": 400}),
        ("lines", {"latin": "char", "max_length": 3, "min_score": 0.2}),
    ],
)
def test_the_table_of_one_machine(
    spark: Any,
    texts: list[str],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    settings: dict[str, Any],
) -> None:
    """In one task, in one for each file, and in jobs of their own that cut files at line ends."""
    if how == "tasks":
        monkeypatch.setattr(passes, "split_size", lambda total, at_once: 1)
    elif how == "lines":
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        monkeypatch.setattr(engine, "PART", 1)
    wanted = printed(texts, **settings)
    assert spread(texts, **settings) == wanted
    if not settings:
        assert all(word in wanted for word in ("卡莱尔·布朗", "Norda Pro", "糖类因子19-9"))


@needs_spark
def test_columns_of_tables(spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet is cut at row groups; lists of texts are texts of several lines."""
    import pyarrow
    from pyarrow import parquet

    monkeypatch.setattr(engine, "split_size", lambda total, at_once: 10_000)
    lines = Path(SAMPLES[0]).read_text("utf-8").splitlines()
    for name, column in (("a", lines), ("b", [lines[i : i + 3] for i in range(0, len(lines), 3)])):
        table = pyarrow.table({"text": column, "number": range(len(column))})
        parquet.write_table(table, tmp_path / f"{name}.parquet", row_group_size=60)
    wanted = discover_words(Corpus([str(tmp_path)], field="text"))
    found = discover_with_spark([str(tmp_path)], field="text").table
    assert list(found) == list(wanted)


@needs_spark
def test_what_was_kept_is_lost(
    spark: Any, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before every sum all that the workers kept is thrown away: it is read and made again, for a job of another shape."""
    from nlptools.spark import discover, learn

    monkeypatch.setattr(engine, "PART", 1)
    folded = passes.folded

    def after_a_loss(*given: Any) -> Any:
        spark.catalog.clearCache()
        return folded(*given)

    for module in (discover, learn):
        monkeypatch.setattr(module, "folded", after_a_loss)
    assert spread(texts[1:]) == printed(texts[1:])


@needs_spark
def test_what_was_read_and_folded(spark: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("ＡＢＣ集群，ABC集群很大。" * 9, encoding="utf-8")
    found = discover_with_spark([str(path)], fold=["nfkc"])
    assert found.fold == ("nfkc",)
    assert (found.report.files, found.report.bytes) == (1, path.stat().st_size)
    assert "ABC集群" in found.table.words
    assert found.table.symbols == 9 * 8


@needs_spark
@pytest.mark.parametrize("content", ["", "...\n", "天"])
def test_next_to_nothing(spark: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content, encoding="utf-8")
    found = discover_with_spark([str(path)])
    assert (len(found.table), found.table.symbols) == (0, len(content.strip(".\n")))


@needs_spark
def test_a_run_that_died_goes_on(
    spark: Any, tmp_path: Path, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read and counted is not read again: the texts may be gone; a run with other settings counts anew."""
    monkeypatch.setattr(engine, "PART", 1)
    work = str(tmp_path / "work")
    counted = passes.folded

    def dies(*given: Any) -> Any:
        if "OccurrenceFold" in str(given[2]):
            raise KeyboardInterrupt
        return counted(*given)

    from nlptools.spark import discover

    monkeypatch.setattr(discover, "folded", dies)
    with pytest.raises(KeyboardInterrupt):
        spread(texts[2:], work=work)
    monkeypatch.setattr(discover, "folded", counted)
    done = {path: path.stat().st_mtime_ns for path in Path(work).rglob("_SUCCESS")}
    assert len(done) == 2 * 2 + 1  # ids and cut text of each part, and the counts
    monkeypatch.setattr(passes, "_keep_task", _reads_nothing)
    monkeypatch.setattr(discover, "_counted", _reads_nothing)
    wanted = printed(texts[2:])
    assert spread(texts[2:], work=work) == wanted
    assert {path: path.stat().st_mtime_ns for path in Path(work).rglob("_SUCCESS")} == done


def _reads_nothing(*given: Any) -> Iterator[Any]:
    raise AssertionError("what is there was made again")
    yield


@needs_spark
def test_a_worker_that_dies(spark: Any, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first try of every task that makes a pass ends by kill -9 in its middle."""
    from pyspark import cloudpickle

    def dies(job: int, *given: Any) -> Iterator[Any]:
        from pyspark import TaskContext

        for row in map_task(job, *given):
            if TaskContext.get().attemptNumber() == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            yield row

    map_task = passes._map_task
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    monkeypatch.setattr(passes, "_map_task", dies)
    try:
        assert spread(texts[3:]) == printed(texts[3:])
    finally:
        cloudpickle.unregister_pickle_by_value(module)


@needs_spark
@pytest.mark.parametrize("cut", [False, True])
def test_errors_name_file_and_line(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: bool
) -> None:
    if cut:
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
    path = tmp_path / "bad.txt"
    path.write_bytes("好天气\n".encode() * 3 + b"\xff\xff\n")
    with pytest.raises(NlptoolsError, match=rf"^{path}:4: not UTF-8"):
        discover_with_spark([str(path)])


@needs_spark
def test_what_is_wrong_is_said_before_the_text_is_read(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        discover_with_spark([str(tmp_path / "none")])
    with pytest.raises(ValueError, match="min_count"):
        discover_with_spark([str(tmp_path / "none")], min_count=0)


@needs_spark
def test_the_command(spark: Any, tmp_path: Path, texts: list[str]) -> None:
    """The file of one machine; lists of words, which the driver reads, say the same."""
    own, many, known = tmp_path / "own.tsv", tmp_path / "many.tsv", tmp_path / "known"
    known.write_text("代表\nNorda Pro\n", encoding="utf-8")
    more = ["--known", known, "--new-only", "--accepted", known, *texts[2:]]
    run("discover", *more, "-o", own).ok()
    closing = run("discover", "--engine", "spark", *more, "-o", many).ok().err.splitlines()[-1]
    assert own.read_bytes() == many.read_bytes()
    assert closing.startswith("nlptools ")
    assert " discover | method:em " in closing


def test_units_are_small_for_java() -> None:
    """Java holds several copies of a row: with rows of 32 MB a worker of 2 GB had no room for two tasks."""
    assert kept.UNIT * 2 <= 8 << 20
