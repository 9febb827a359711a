"""Texts -> CPU and bytes shuffled of count --engine spark, beside the same counts by Spark SQL alone.

Run as a script it is what is compared with: `spark.py sql MASTER TEXT OUT LOG` counts with Spark SQL, `spark.py
start MASTER` starts and stops Spark.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
if TYPE_CHECKING:
    from report import Report

ORDER = 5
TIMES_SQL = 3.0
# Han as chars.py has it, for Java.
NO_HAN = r"[^\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\x{20000}-\x{3fffd}]+"
# Java's usual compiler and collector: Spark SQL takes 31 CPU s for 10 MB with them, 29 with those of nlptools; 86 and
# 133 for 50 MB.
USUAL_JAVA = "spark.driver.extraJavaOptions=-Dnothing=0"


def bench_spark(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Every text is counted by both; an empty session of each kind is taken off."""
    from measure import Command, interleaved, nlptools

    from nlptools.ngrams.counts import load_counts
    from nlptools.ngrams.parquet import save_table

    script = [sys.executable, str(Path(__file__).resolve())]
    commands = [
        Command("start", [*script, "start", args.master]),
        Command("start, usual Java", [*script, "start", args.master, USUAL_JAVA]),
    ]
    for number, text in enumerate(args.texts):
        for suffix in ("counts", "parquet"):
            log = work / f"{suffix}.{number}.log"
            log.mkdir()
            commands.append(
                nlptools(
                    f"nlptools {text.name}, {suffix}",
                    *("count", "--order", str(ORDER), "--latin", "break", "--engine", "spark"),
                    *("-q", "--master", args.master, text, "-o", work / f"{number}.{suffix}"),
                    *(part for entry in event_log(log) for part in ("--conf", entry)),
                )
            )
        log = work / f"sql.{number}.log"
        log.mkdir()
        out = work / f"sql.{number}.parquet"
        commands.append(
            Command(
                f"Spark SQL {text.name}",
                [*script, "sql", args.master, str(text), str(out), *event_log(log), USUAL_JAVA],
            )
        )
    results = interleaved(commands, args.repeat)
    report.add(results)
    report.times(results)
    start, usual = results[0].cpu, results[1].cpu
    rows = []
    for number, text in enumerate(args.texts):
        kinds = ("counts", "parquet", "sql")
        own = dict(zip(kinds, results[2 + 3 * number : 5 + 3 * number], strict=True))
        cpu = {kind: own[kind].cpu - (usual if kind == "sql" else start) for kind in kinds}
        sql = work / f"sql.{number}.parquet"
        save_table(load_counts(work / f"{number}.counts"), work / f"{number}.again.parquet")
        same = {
            "counts": differences(work / f"{number}.again.parquet", sql),
            "parquet": differences(work / f"{number}.parquet", sql),
            "sql": "",
        }
        for kind in kinds:
            moved, spilled = shuffled(work / f"{kind}.{number}.log")
            rows.append([text.name, kind, cpu[kind], moved / 1e6, spilled / 1e6, same[kind]])
        times = cpu["sql"] / cpu["counts"]
        report.check(times >= TIMES_SQL, f"{text.name}: {times:.1f} x less CPU than Spark SQL")
        for kind in kinds[:2]:
            report.check(same[kind].startswith("equal"), f"{text.name}, {kind}: {same[kind]}")
    report.table(["text", "engine", "CPU s", "shuffled MB", "spilled MB", "answer"], rows)


def event_log(folder: Path) -> list[str]:
    """Settings by which Spark writes down what it moves."""
    return [
        "spark.eventLog.enabled=true",
        f"spark.eventLog.dir=file://{folder}",
        "spark.eventLog.compress=false",
        "spark.eventLog.rolling.enabled=false",
    ]


def shuffled(folder: Path) -> tuple[int, int]:
    """Bytes shuffled, and bytes spilled to disk, as Spark has written them down."""
    moved = spilled = 0
    for file in folder.rglob("*"):
        if not file.is_file() or file.name.startswith("."):
            continue
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                metrics = event.get("Task Metrics") or {}
                if event["Event"] == "SparkListenerTaskEnd" and metrics:
                    moved += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
                    spilled += metrics["Disk Bytes Spilled"]
    return moved, spilled


def differences(ours: Path, sql: Path) -> str:
    """Whether two tables have the same n-grams with the same counts."""
    import pyarrow.parquet as parquet

    tables = [
        parquet.read_table(path, columns=["ngram", "count"]).sort_by("ngram").combine_chunks()
        for path in (ours, sql)
    ]
    first, second = tables
    if len(first) != len(second):
        return f"{len(first):,} n-grams, Spark SQL {len(second):,}"
    if not first.equals(second.cast(first.schema)):
        return "n-grams or counts differ"
    return f"equal: {len(first):,} n-grams"


# --- what is compared with ---------------------------------------------------------------------------


def count_by_sql(session: Any, text: str, out: str) -> None:
    """The n-grams of a text as people write it with Spark SQL."""
    from pyspark.sql import functions as F  # noqa: N812

    lines = session.read.text(text)
    runs = lines.select(F.explode(F.split("value", NO_HAN)).alias("run")).where("run != ''")
    ngrams = F.expr(
        f"""explode(flatten(transform(sequence(1, least({ORDER}, length(run))),
            n -> transform(sequence(1, length(run) - n + 1), i -> substring(run, i, n)))))"""
    )
    counts = runs.select(ngrams.alias("ngram")).groupBy("ngram").count()
    counts.write.option("compression", "zstd").parquet(out)


def main(words: Sequence[str]) -> None:
    """As the first lines of this file say."""
    from nlptools.spark.session import open_session

    what, master, *rest = words
    conf = [word for word in rest if word.startswith("spark.")]
    with open_session(master, conf) as session:
        if what == "sql":
            # As many tasks as the other has.
            session.conf.set("spark.sql.shuffle.partitions", "2")
            count_by_sql(session, rest[0], rest[1])
        else:
            session.range(10).count()


if __name__ == "__main__":
    main(sys.argv[1:])
