"""A text -> `count` of it as plain lines, JSON Lines and Parquet: CPU beside plain lines, whether the counts are the same."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

from measure import interleaved, nlptools
from report import Report

JSON_TIMES_PLAIN = 1.3
PARQUET_TIMES_PLAIN = 1.2
KINDS = (("jsonl", JSON_TIMES_PLAIN), ("parquet", PARQUET_TIMES_PLAIN))


def bench_formats(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Records of one line, and documents of ten."""
    lines = [line for line in args.text.read_text("utf-8").split("\n") if line]
    made = {
        "lines": lines,
        "documents": [" ".join(lines[i : i + 10]) for i in range(0, len(lines), 10)],
    }
    commands = []
    for name, texts in made.items():
        write(work, name, texts)
        for kind in ("txt", *(kind for kind, _ in KINDS)):
            field = () if kind == "txt" else ("--field", "text")
            source, counts = work / f"{name}.{kind}", work / f"{name}.{kind}.counts"
            argv = ("count", source, *field, "-o", counts)
            commands.append(nlptools(f"{name}, {kind}", *argv))
    results = interleaved(commands, args.repeat)
    report.add(results)
    report.times(results, args.text.stat().st_size)
    cpu = {result.command.name: result.cpu for result in results}
    for name in made:
        plain = (work / f"{name}.txt.counts").read_bytes()
        for kind, bar in KINDS:
            ratio = cpu[f"{name}, {kind}"] / cpu[f"{name}, txt"]
            say = f"{name}, {kind}: CPU {ratio:.2f} x plain lines (bar: at most {bar})"
            report.check(ratio <= bar, say)
            same = (work / f"{name}.{kind}.counts").read_bytes() == plain
            report.check(same, f"{name}, {kind}: the counts are {'' if same else 'not '}the same")


def write(work: Path, name: str, texts: list[str]) -> None:
    """The same texts in every format, with an id beside each."""
    (work / f"{name}.txt").write_text("\n".join(texts) + "\n", "utf-8")
    with open(work / f"{name}.jsonl", "w", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            record = {"id": f"d{number}", "text": text}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    pyarrow = importlib.import_module("pyarrow")
    table = pyarrow.table({"id": [f"d{i}" for i in range(len(texts))], "text": texts})
    importlib.import_module("pyarrow.parquet").write_table(table, work / f"{name}.parquet")
