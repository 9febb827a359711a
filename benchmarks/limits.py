"""Texts in three forms -> peak memory of the commands beside what --memory allows them.

The forms: a paragraph a line; all in one line; JSON Lines, ten lines a record. A command is one process, whose
largest resident size the system tells when it has ended.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from report import Report

MB = 10**6
RECORD = 10  # lines
FORMS = ("plain", "line", "records")
# {text} is the text with what tells its form, {corpus} the same as an option, {halves} and {counts} its two halves and
# the counts of each, {words} its best thousand.
COMMANDS = {
    "count --order 4": "count --order 4 {text}",
    "count": "count {text}",
    "discover pmi": "discover --method pmi {text}",
    "discover entropy": "discover --method entropy {text}",
    "discover em": "discover --method em {text}",
    "train": "train {text}",
    "merge": "merge {counts}",
    "compare": "compare {halves}",
    "lm train": "lm train {text}",
    "lm filter": "lm filter --model general --max-perplexity 500 {text}",
    "report": "report {words} {corpus}",
}


def bench_memory(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Every command, form, size and limit; what fails is told and does not end the rest."""
    rows: list[list[object]] = []
    for size in args.sizes or [None]:
        corpus = _corpus(args.corpus, size, work)
        report.note(f"Corpus: {sum(path.stat().st_size for path in corpus) / MB:.1f} MB.")
        for form in args.forms:
            texts = {"plain": _plain, "line": _one_line, "records": _records}[form](corpus, work)
            rows += _measured(args, report, work, form, texts)
    report.table(["limit", "MB", "form", "command", "peak RSS MB", "CPU s", "wall s", ""], rows)


def _measured(
    args: argparse.Namespace, report: Report, work: Path, form: str, texts: Sequence[Path]
) -> list[list[object]]:
    from measure import BenchmarkError, in_bytes, interleaved, nlptools

    size = round(sum(path.stat().st_size for path in texts) / MB)
    field = ["--field", "text"] if form == "records" else []
    halves = _halves(texts, work)
    places = {
        "{text}": [*field, *map(str, texts)],
        "{corpus}": [*field, *(word for path in texts for word in ("--corpus", str(path)))],
        "{halves}": [*field, *map(str, halves)],
        "{counts}": [str(work / "half.0.counts"), str(work / "half.1.counts")],
        "{words}": [str(work / "words.tsv")],
    }
    made = []
    if "merge" in args.commands:
        for number, half in enumerate(halves):
            made.append(["count", *field, half, "-o", work / f"half.{number}.counts"])
    if "report" in args.commands:
        made.append(["discover", "--top", "1000", *places["{text}"], "-o", work / "words.tsv"])
    if made:
        interleaved([nlptools("prepare", *words) for words in made], 1)
    rows: list[list[object]] = []
    for name in args.commands:
        line = [word for part in COMMANDS[name].split() for word in places.get(part, [part])]
        for limit in args.limits:
            told = ["--memory", limit, "-q", "-o", work / "out"]
            command = nlptools(f"{name}, {form} in {limit}", *line, *told)
            try:
                (result,) = interleaved([command], args.repeat)
            except BenchmarkError as error:
                report.failed = True
                rows.append([limit, size, form, name, "-", "-", "-", str(error).splitlines()[-1]])
                continue
            report.add([result])
            most = in_bytes(limit)
            verdict = "PASS" if result.peak <= most else f"over by {result.peak / most - 1:.1%}"
            report.failed |= result.peak > most
            peak = result.peak / MB
            rows.append([limit, size, form, name, peak, result.cpu, result.wall, verdict])
    return rows


def _corpus(corpus: Sequence[Path], size: int | None, work: Path) -> list[Path]:
    """The files; of a size asked for one file, their beginning of so many bytes."""
    if size is None:
        return list(corpus)
    path = work / "text.txt"
    left = size
    with path.open("wb") as file:
        for part in corpus:
            data = part.read_bytes()[:left]
            file.write(data[: data.rfind(b"\n") + 1])
            left -= len(data)
    return [path]


def _plain(corpus: Sequence[Path], work: Path) -> list[Path]:
    return list(corpus)


def _one_line(corpus: Sequence[Path], work: Path) -> list[Path]:
    """Every text without its line ends."""
    paths = [work / f"line.{path.name}" for path in corpus]
    for source, target in zip(corpus, paths, strict=True):
        target.write_bytes(source.read_bytes().replace(b"\n", b""))
    return paths


def _records(corpus: Sequence[Path], work: Path) -> list[Path]:
    paths = [work / f"{path.name}.jsonl" for path in corpus]
    for source, target in zip(corpus, paths, strict=True):
        lines = source.read_text(encoding="utf-8").split("\n")
        with target.open("w", encoding="utf-8") as file:
            for number in range(0, len(lines), RECORD):
                record = {"id": number, "text": "\n".join(lines[number : number + RECORD])}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return paths


def _halves(texts: Sequence[Path], work: Path) -> list[Path]:
    """Two files, each half of the first text: cut at a line end, or between characters where it is one line."""
    data = texts[0].read_bytes()
    middle = data.find(b"\n", len(data) // 2) + 1
    if not middle or middle == len(data):
        middle = len(data[: len(data) // 2].decode("utf-8", "ignore").encode())
    paths = [work / f"{half}{''.join(texts[0].suffixes[-1:])}" for half in ("a", "b")]
    for path, part in zip(paths, (data[:middle], data[middle:]), strict=True):
        path.write_bytes(part)
    return paths
