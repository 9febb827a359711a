"""Texts in several forms -> peak memory of the commands beside what --memory allows them.

The forms: a paragraph a line, also compressed; all in one line; JSON Lines, ten lines a record, and all lines in one;
Parquet. A command is one process, whose largest resident size the system tells when it has ended.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import importlib
import json
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from report import Report

MB = 10**6
RECORD = 10  # lines
WORDS_FROM = 10 * MB  # the beginning of the text whose words `report` shows
# {text} is the text with what tells its form, {corpus} the same as an option, {halves} and {counts} its two halves and
# the counts of each, {words} its best thousand.
COMMANDS = {
    "count --order 4": "count --order 4 {text}",
    "count": "count {text}",
    "discover pmi": "discover --method pmi {text}",
    "discover entropy": "discover --method entropy {text}",
    "discover lm": "discover --method lm {text}",
    "discover em": "discover --method em {text}",
    "explain": "explain 国家标准 {corpus}",
    "train": "train {text}",
    "merge": "merge {counts}",
    "compare": "compare {halves}",
    "lm train": "lm train {text}",
    "lm filter": "lm filter --model general --max-perplexity 500 {text}",
    "lm filter --unique": "lm filter --model general --max-perplexity 500 --measures --unique {text}",
    "lm convert": "lm convert {model}",
    "report": "report {words} {corpus}",
    "report, all words": "report {every} {corpus}",
}


def bench_memory(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Every command, form, size and limit; what fails is told and does not end the rest."""
    rows: list[list[object]] = []
    for size in args.sizes or [None]:
        corpus = _corpus(args.corpus, size, work)
        report.note(f"Corpus: {sum(path.stat().st_size for path in corpus) / MB:.1f} MB.")
        for form in args.forms:
            rows += _measured(args, report, work, form, corpus)
    report.table(["limit", "MB", "form", "command", "peak RSS MB", "CPU s", "wall s", ""], rows)


def _measured(
    args: argparse.Namespace, report: Report, work: Path, form: str, corpus: Sequence[Path]
) -> list[list[object]]:
    from measure import BenchmarkError, in_bytes, interleaved, nlptools

    size = round(sum(path.stat().st_size for path in corpus) / MB)
    texts = FORMS[form](corpus, work)
    field = ["--field", "text"] if form in RECORDS else []
    halves = [FORMS[form]([half], work)[0] for half in _halves(corpus, work)]
    places = {
        "{text}": [*field, *map(str, texts)],
        "{corpus}": [*field, *(word for path in texts for word in ("--corpus", str(path)))],
        "{halves}": [*field, *map(str, halves)],
        "{counts}": [str(work / "half.0.counts"), str(work / "half.1.counts")],
        "{words}": [str(work / "words.tsv")],
        "{every}": [str(work / "every.tsv")],
        "{model}": [str(work / "model.lm")],
    }
    made: list[list[str | Path]] = []
    if "merge" in args.commands:
        for number, half in enumerate(halves):
            made.append(["count", *field, half, "-o", work / f"half.{number}.counts"])
    if any(name.startswith("report") for name in args.commands):
        beginning = _corpus(corpus, WORDS_FROM, work)
        made.append(["discover", *beginning, "-o", work / "every.tsv"])
        made.append(["discover", "--top", "1000", *beginning, "-o", work / "words.tsv"])
    if "lm convert" in args.commands:
        made.append(["lm", "train", *places["{text}"], "-o", work / "model.lm"])
    if made:
        interleaved([nlptools("prepare", *words) for words in made], 1)
    rows: list[list[object]] = []
    for name in args.commands:
        line = [word for part in COMMANDS[name].split() for word in places.get(part, [part])]
        for limit in args.limits:
            told: list[str | Path] = ["--memory", limit, "-q"]
            if name != "explain":  # which has no other output than stdout
                told += ["-o", work / "out"]
            command = nlptools(f"{name}, {size} MB, {form} in {limit}", *line, *told)
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
    path = work / f"text.{size}.txt"
    if list(corpus) == [path]:  # made before
        return [path]
    left = size
    with path.open("wb") as file:
        for part in corpus:
            with part.open("rb") as source:
                data = source.read(left)
            file.write(data[: data.rfind(b"\n") + 1])
            left -= len(data)
    return [path]


def _halves(texts: Sequence[Path], work: Path) -> list[Path]:
    """Two files, each half of the first text, cut at a line end."""
    data = texts[0].read_bytes()
    middle = data.find(b"\n", len(data) // 2) + 1
    paths = [work / "a.txt", work / "b.txt"]
    for path, part in zip(paths, (data[:middle], data[middle:]), strict=True):
        path.write_bytes(part)
    return paths


# --- forms ---------------------------------------------------------------------------------------


def _plain(corpus: Sequence[Path], work: Path) -> list[Path]:
    return list(corpus)


def _made(end: str, make: Callable[[bytes], bytes]) -> Callable[[Sequence[Path], Path], list[Path]]:
    """What makes of each file one whose name ends so."""

    def form(corpus: Sequence[Path], work: Path) -> list[Path]:
        paths = [work / f"{path.name}.{end}" for path in corpus]
        for source, target in zip(corpus, paths, strict=True):
            target.write_bytes(make(source.read_bytes()))
        return paths

    return form


def _records(corpus: Sequence[Path], work: Path, lines_each: int | None = RECORD) -> list[Path]:
    """JSON Lines, so many lines a record; None: all of them."""
    paths = [work / f"{path.name}.jsonl" for path in corpus]
    for source, target in zip(corpus, paths, strict=True):
        lines = source.read_text(encoding="utf-8").split("\n")
        step = lines_each or len(lines)
        with target.open("w", encoding="utf-8") as file:
            for number in range(0, len(lines), step):
                record = {"id": number, "text": "\n".join(lines[number : number + step])}
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return paths


def _one_record(corpus: Sequence[Path], work: Path) -> list[Path]:
    return _records(corpus, work, None)


def _parquet(corpus: Sequence[Path], work: Path) -> list[Path]:
    """Ten lines a row, one row group."""
    pyarrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    paths = [work / f"{path.name}.parquet" for path in corpus]
    for source, target in zip(corpus, paths, strict=True):
        lines = source.read_text(encoding="utf-8").split("\n")
        texts = ["\n".join(lines[at : at + RECORD]) for at in range(0, len(lines), RECORD)]
        parquet.write_table(pyarrow.table({"text": texts}), target)
    return paths


FORMS = {
    "plain": _plain,
    "line": _made("line.txt", lambda data: data.replace(b"\n", b"")),
    "records": _records,
    "record": _one_record,
    "parquet": _parquet,
    "gz": _made("gz", lambda data: gzip.compress(data, 1)),
    "xz": _made("xz", lambda data: lzma.compress(data, preset=1)),
    "bz2": _made("bz2", bz2.compress),
}
RECORDS = ("records", "record", "parquet")
