"""Commands on an invented text -> what each costs beside a kernel of the same work, compared with what it cost before.

CPU seconds depend on the machine, on its neighbours and on the hour. So each command takes turns with kernel.py, which
has no code of nlptools, and the figure is the ratio of their lower quartiles; where `perf stat` may count instructions,
it is those instead. gate.json keeps the figures of each machine; with --against another checkout is measured in the same turns.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib.util
import json
import math
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
if TYPE_CHECKING:
    from measure import Command
    from report import Report

STORED = HERE / "gate.json"
BAR = 1.15  # a figure so many times the stored one is a slow-down; README.md says what it was chosen on
AGAIN = 2  # times as many turns more for what is over the bar, before it is believed
SIZES = {
    "tiny": 300_000,
    "small": 2_000_000,
    "middle": 4_000_000,
    "large": 12_000_000,
}  # bytes of the texts
KEY = ("machine", "python", "numpy", "loops", "unit", "text")  # what makes figures comparable
STARTS = 10  # of a program that takes a tenth of a second, for one figure
# One worker, so that figures do not depend on how many cores there are.
LINES = {
    "count": "count large.txt --workers 1",
    "count, records": "count --field text records.jsonl --workers 1",
    "discover": "discover small.txt --workers 1",
    "train": "train middle.txt --workers 1",
    "segment": "segment --no-adapt large.txt --workers 1",
    "segment, adapted": "segment small.txt --workers 1",
    "tokenize": "tokenize --vocab vocab.txt large.txt --workers 1",
    "lm train": "lm train large.txt --workers 1",
    "lm score": "lm score --model text.lm large.txt --workers 1",
    "vocab build": "vocab build --corpus small.txt --workers 1",
}
EXTEND = "vocab extend words.tsv --base base --corpus tiny.txt --add 1000 --workers 1"
Turns = Mapping[str, Sequence[float]]  # by the name of a measure


@dataclass(frozen=True)
class Measure:
    """A command line of nlptools without its output, and beside what it is measured."""

    name: str
    words: Sequence[str]
    beside: str = "kernel"


@dataclass(frozen=True)
class Verdict:
    """One row of the comparison. now, stored: nan where there is none. spread: relative, of the turns."""

    name: str
    now: float
    stored: float
    spread: float

    @property
    def times(self) -> float:
        return self.now / self.stored

    @property
    def slower(self) -> bool:
        return self.times > BAR

    @property
    def told(self) -> str:
        if math.isnan(self.now):
            return "not measured"
        if math.isnan(self.stored):
            return "new"
        if self.slower:
            return "SLOWER"
        return "faster" if self.times < 1 / BAR else ""


def bench_gate(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Measure, compare with gate.json or --against; with --store put the figures into gate.json instead."""
    from measure import ROOT

    by_perf = counts_instructions() and not args.cpu
    gauge = instructions if by_perf else cpu_ratios
    report.note(f"Unit: {'10^9 instructions' if by_perf else 'CPU beside that of kernel.py'}.")
    measures = prepare(work)
    roots = [ROOT, *([args.against] if args.against else [])]
    now, *others = gauge(measures, roots, args.repeat, work)
    machine = machine_now("instructions" if by_perf else "ratio", text_hash(work))
    if args.store:
        write_entry(STORED, machine | {"figures": figures_of(now)})
        show(report, compare(now, {}))
        report.note(f"Stored in {STORED.name}.")
        return
    if args.against:
        before = figures_of(others[0])
        report.note(f"Before: the checkout {args.against.name}, in the same turns.")
    else:
        before, remark = stored_for(machine, read_entries(STORED))
        report.note(remark)
    suspects = [row.name for row in compare(now, before) if row.slower]
    if suspects:
        print(f"  once more: {', '.join(suspects)}", file=sys.stderr)
        chosen = [measure for measure in measures if measure.name in suspects]
        for all_turns, more in zip(
            [now, *others], gauge(chosen, roots, AGAIN * args.repeat, work), strict=True
        ):
            for name, values in more.items():
                all_turns[name] += values
    rows = compare(now, figures_of(others[0]) if args.against else before)
    show(report, rows)
    slower = [row.name for row in rows if row.slower]
    names = f": {', '.join(slower)}" if slower else ""
    report.check(
        not slower, f"{len(slower)} commands cost more than {BAR:g} x what they did{names}"
    )


def compare(now: Turns, stored: Mapping[str, float]) -> list[Verdict]:
    """A row for everything that was measured now or before: first what became slower, most first."""
    nan = math.nan
    rows = [
        Verdict(name, lower_quartile(values), stored.get(name, nan), spread(values))
        for name, values in now.items()
    ]
    rows += [Verdict(name, nan, value, nan) for name, value in stored.items() if name not in now]
    return sorted(rows, key=lambda row: -row.times if row.slower else 0.0)


def lower_quartile(values: Sequence[float]) -> float:
    """Of five turns the second best: neither a lucky one, nor those that were disturbed."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=4, method="inclusive")[0]


def spread(values: Sequence[float]) -> float:
    """Half of what lies between the lower and the upper quartile, beside the lower: 0.02 is 2 %."""
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / low


def figures_of(turns: Turns) -> dict[str, float]:
    """As gate.json keeps them: four digits."""
    return {name: float(f"{lower_quartile(values):.4g}") for name, values in turns.items()}


def stored_for(
    machine: Mapping[str, str], entries: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, float], str]:
    """The stored figures to compare with, and a sentence that says which they are.

    Those of the same machine and versions; else the latest in the same unit and of the same text.
    """
    fitting = [e for e in entries if all(e[k] == machine[k] for k in ("loops", "unit", "text"))]
    if not fitting:
        return (
            {},
            "Before: nothing is stored in this unit for this text and these loops (bin/bench gate --store).",
        )
    same = [e for e in fitting if all(e[k] == machine[k] for k in KEY)]
    entry = same[-1] if same else max(fitting, key=lambda e: e["date"])
    where = f"{entry['machine']}, Python {entry['python']}, NumPy {entry['numpy']}"
    remark = f"Before: {entry['date']}, nlptools {entry['nlptools']}, {where}."
    if not same:
        remark += " This is another machine: take --against, or --store the last release's first."
    return entry["figures"], remark


def read_entries(path: Path) -> list[dict[str, Any]]:
    """The figures of all machines, oldest first."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def write_entry(path: Path, entry: Mapping[str, Any]) -> None:
    """Add figures, in place of those of the same machine and versions."""
    kept = [old for old in read_entries(path) if any(old[k] != entry[k] for k in KEY)]
    text = json.dumps([*kept, entry], indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def machine_now(unit: str, text: str) -> dict[str, str]:
    """Processor, date, versions, what is counted and on which text: all that an entry has but its figures."""
    import numpy
    from report import processor

    from nlptools import __version__
    from nlptools.native import kernel

    return {
        "machine": processor(),
        "date": datetime.date.today().isoformat(),
        "python": ".".join(map(str, sys.version_info[:2])),
        "numpy": ".".join(numpy.__version__.split(".")[:2]),
        "nlptools": __version__,
        "loops": "compiled" if kernel.usable() else "numpy",
        "unit": unit,
        "text": text,
    }


def text_hash(work: Path) -> str:
    """What tells one invented text from another: a renewed general model makes another."""
    return hashlib.sha256((work / "large.txt").read_bytes()).hexdigest()[:12]


def show(report: Report, verdicts: Iterable[Verdict]) -> None:
    """The table."""
    rows = [
        [
            row.name,
            *map(_told, (row.now, row.stored, row.times)),
            "-" if math.isnan(row.spread) else f"{row.spread:.1%}",
            row.told,
        ]
        for row in verdicts
    ]
    report.table(["command", "now", "before", "times", "spread", ""], rows)


def _told(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def prepare(work: Path) -> list[Measure]:
    """Texts and models in a folder, and the commands that are measured with them."""
    from invented import write_invented
    from measure import nlptools, run

    write_invented(work / "large.txt", SIZES["large"])
    whole = (work / "large.txt").read_bytes()
    for name, size in SIZES.items():
        (work / f"{name}.txt").write_bytes(whole[: whole.rfind(b"\n", 0, size) + 1])
    _write_records(work / "large.txt", work / "records.jsonl")
    for line in (
        "vocab build --corpus small.txt --words 8000 -o vocab.txt",
        "lm train small.txt -o text.lm",
        "discover --top 3000 small.txt -o words.tsv",
    ):
        run(nlptools("prepare", *(_placed(word, work) for word in line.split())))
    measures = [Measure(name, line.split()) for name, line in LINES.items()]
    if importlib.util.find_spec("tokenizers"):
        _write_base(work / "base")
        measures.append(Measure("vocab extend", EXTEND.split()))
    return [Measure("start-up (--help)", ["--help"], "start"), *measures]


def _write_base(folder: Path) -> None:
    """A tokenizer.json of byte-level BPE as those of Qwen and Llama are, but of bytes alone, without merges."""
    from nlptools.subwords.bytelevel import CHARACTERS

    vocab = {mark: place for place, mark in enumerate(CHARACTERS)}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    told = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": None,
        "decoder": level,
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    }
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(told), encoding="utf-8")


def _write_records(text: Path, records: Path) -> None:
    """JSON Lines, ten lines a record."""
    lines = text.read_text(encoding="utf-8").splitlines()
    with records.open("w", encoding="utf-8") as file:
        for number in range(0, len(lines), 10):
            record = {"id": number, "text": "\n".join(lines[number : number + 10])}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _placed(word: str, work: Path) -> str:
    """The path of a file that was prepared; other words as they are."""
    is_file = Path(word).suffix in (".txt", ".jsonl", ".lm", ".tsv") or word == "base"
    return str(work / word) if is_file else word


def command_of(measure: Measure, root: Path, work: Path, prefix: Sequence[str] = ()) -> Command:
    """What is run: the package of a checkout, by this Python, its output in the folder."""
    from measure import Command

    script = f"import sys; sys.path.insert(0, {str(root)!r}); from nlptools.cli import main; main()"
    argv = [sys.executable, "-c", script, *(_placed(word, work) for word in measure.words)]
    if measure.beside == "start":
        return Command(measure.name, [*prefix, *_often(argv)])
    return Command(measure.name, [*prefix, *argv, "-q", "-o", str(work / f"{measure.name}.out")])


def reference_of(beside: str, work: Path) -> Command:
    """The kernel; for what only starts, a Python that loads modules of its own library."""
    from measure import Command

    if beside == "start":
        modules = "argparse, json, re, dataclasses, typing, pathlib, tempfile, decimal, inspect"
        return Command("start", _often([sys.executable, "-c", f"import {modules}"]))
    return Command(
        "kernel", [sys.executable, "-I", str(HERE / "kernel.py"), str(work / "large.txt")]
    )


def _often(argv: Sequence[str]) -> list[str]:
    return ["sh", "-c", f'for i in {"1 " * STARTS}; do "$@" || exit; done', "sh", *argv]


def cpu_ratios(
    measures: Sequence[Measure], roots: Sequence[Path], turns: int, work: Path
) -> list[dict[str, list[float]]]:
    """Of each checkout, by the name of a measure: its CPU in every turn beside what its reference took in these turns.

    Neighbours make programs slower, never faster: so the reference's is the lower quartile of all its runs.
    """
    from measure import run

    seconds: list[dict[str, list[float]]] = [{} for _ in roots]
    references: dict[str, list[float]] = {}
    for turn in range(turns):
        for measure in measures:
            reference = reference_of(measure.beside, work)
            references.setdefault(measure.beside, []).append(run(reference).cpu)
            for root, found in zip(roots, seconds, strict=True):
                cpu = cpu_of(command_of(measure, root, work), root == roots[0])
                if cpu is not None:
                    found.setdefault(measure.name, []).append(cpu)
        print(f"  turn {turn + 1} of {turns}", file=sys.stderr)
    base = {m.name: lower_quartile(references[m.beside]) for m in measures}
    return [
        {name: [cpu / base[name] for cpu in values] for name, values in found.items()}
        for found in seconds
    ]


def instructions(
    measures: Sequence[Measure], roots: Sequence[Path], turns: int, work: Path
) -> list[dict[str, list[float]]]:
    """As `cpu_ratios`, but 10^9 instructions of the program itself, as perf counts them."""
    figures: list[dict[str, list[float]]] = [{} for _ in roots]
    told = work / "perf.csv"
    for _ in range(min(turns, 3)):  # they hardly differ
        for measure in measures:
            for root, found in zip(roots, figures, strict=True):
                command = command_of(measure, root, work, [*PERF, "-o", str(told), "--"])
                if cpu_of(command, root == roots[0]) is not None:
                    number = counted(told.read_text(encoding="utf-8"))
                    found.setdefault(measure.name, []).append(number / 1e9)
    return figures


def cpu_of(command: Command, own: bool) -> float | None:
    """CPU seconds of a command; None where it fails in another checkout, which may not know it."""
    from measure import BenchmarkError, run

    try:
        return run(command).cpu
    except BenchmarkError as error:
        if own:
            raise
        print(f"  {error}", file=sys.stderr)
        return None


PERF = ("perf", "stat", "-x,", "-e", "instructions:u")


def counts_instructions(run: Callable[..., Any] = subprocess.run) -> bool:
    """Whether perf is there, may count, and has counters: virtual machines seldom do."""
    if not shutil.which("perf"):
        return False
    done = run([*PERF, "--", "true"], capture_output=True, text=True)
    return done.returncode == 0 and counted(done.stderr) > 0


def counted(told: str) -> int:
    """The number of perf's line of values between commas; 0 where it says `<not supported>` or `<not counted>`."""
    for line in told.splitlines():
        number, _, rest = line.partition(",")
        if "instructions" in rest and number.isdigit():
            return int(number)
    return 0
