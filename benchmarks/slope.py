"""A command with --engine spark at several sizes -> CPU, shuffle and memory a MB, and what 1 TB would take by them.

The command is given as it is typed, without its text and output; whatever options it has are passed on.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from growing import exponents, write_growing
from measure import Command, Result, interleaved, nlptools
from report import Report
from spark import HERE, event_log, shuffled

TB = 1e12
CPU_HOURS = 200.0  # the bars of the mission
SLACK = 1.1
DRIVER_SLACK = 1.25  # what it may grow by from the smallest to the largest text
# Whose memory: the end of a command line, and who it is. The first that fits.
ROLES = (
    ("CoarseGrainedExecutorBackend", "executor Java"),
    ("pyspark.daemon", "worker Python"),
    ("SparkSubmit", "driver Java"),
    ("-m nlptools", "driver Python"),
)


def bench_slope(args: argparse.Namespace, report: Report, work: Path) -> None:
    """One run a size, the smallest first; an empty session is taken off."""
    sizes = sorted(args.size)
    folder = args.keep or work
    folder.mkdir(parents=True, exist_ok=True)
    texts = write_growing(args.text, folder, sizes)
    _show_growth(report, texts)
    script = [sys.executable, str(HERE / "spark.py"), "start", args.master]
    (start,) = interleaved([Command("empty session", script)], args.repeat)
    results, moved, peaks = [], [], []
    for text in texts:
        log, out = work / f"{text.stem}.log", work / f"{text.stem}{args.suffix}"
        log.mkdir()
        options = [*args.line, "--engine", "spark", "--master", args.master]
        settings = [part for entry in event_log(log) for part in ("--conf", entry)]
        command = nlptools(f"{args.line[0]} {text.name}", *options, *settings, text, "-o", out)
        with watched() as peak:
            (result,) = interleaved([command], args.repeat)
        results.append(result)
        moved.append([n / args.repeat for n in shuffled(log)])
        peaks.append(dict(peak))
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
        shutil.rmtree(log)
    report.add([start, *results])
    bytes_of = [text.stat().st_size for text in texts]
    _show_runs(report, results, start.cpu, bytes_of, moved, peaks)
    cpu = [result.cpu - start.cpu for result in results]
    _show_terabyte(report, bytes_of, cpu, [shuffle for shuffle, _ in moved])
    _check(report, bytes_of, cpu, [peak.get("driver Python", 0) for peak in peaks])


def _show_growth(report: Report, texts: Sequence[Path]) -> None:
    """The first text may be all real; by the exponents one sees whether the others go on like it."""
    orders = [*(f"order {n}" for n in range(1, 6)), "5 times and more"]
    rows = []
    for small, large in itertools.pairwise(texts):
        powers = exponents(small.read_bytes(), large.read_bytes())
        rows.append([f"{small.name} to {large.name}", *map(float, powers)])
    report.note("Different n-grams grow with this power of the text:")
    report.table(["texts", *orders], rows)


def _show_runs(
    report: Report,
    results: Sequence[Result],
    start: float,
    sizes: Sequence[int],
    moved: Sequence[Sequence[float]],
    peaks: Sequence[dict[str, int]],
) -> None:
    roles = [role for _, role in ROLES if any(role in peak for peak in peaks)]
    rows: list[list[object]] = []
    for number, (result, size) in enumerate(zip(results, sizes, strict=True)):
        further: object = ""
        if number:
            grown = (size - sizes[number - 1]) / 1e6
            further = (result.cpu - results[number - 1].cpu) / grown
        row = [result.command.name, size / 1e6, result.cpu - start, further, result.wall]
        memory = [peaks[number].get(role, 0) / 1e6 for role in roles]
        rows.append([*row, *(part / 1e6 for part in moved[number]), *memory])
    header = ["command", "MB", "CPU s", "each further MB", "wall s", "shuffled MB", "spilled MB"]
    report.note(f"CPU of all processes, without the {start:.1f} s of an empty session:")
    report.table([*header, *(f"{role}, peak MB" for role in roles)], rows)


def _show_terabyte(
    report: Report, sizes: Sequence[int], cpu: Sequence[float], moved: Sequence[float]
) -> None:
    """By the straight line through the last two sizes, and by their power law, the worse of the two."""
    rows = []
    for name, values, unit in (("CPU hours", cpu, 3600), ("shuffled TB", moved, TB)):
        if len(sizes) > 1 and values[-2] > 0:
            line, power = by_line(sizes, values), by_power(sizes, values)
            exponent = math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])
            rows.append([name, line / unit, power / unit, exponent])
    report.note("1 TB, by the last two sizes:")
    report.table(["", "straight line", "power law", "exponent"], rows)


def by_line(sizes: Sequence[float], values: Sequence[float], size: float = TB) -> float:
    """The value at a size on the straight line through the last two."""
    slope = (values[-1] - values[-2]) / (sizes[-1] - sizes[-2])
    return values[-1] + slope * (size - sizes[-1])


def by_power(sizes: Sequence[float], values: Sequence[float], size: float = TB) -> float:
    """The same on the straight line through their logarithms."""
    power = math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])
    return float(values[-1] * (size / sizes[-1]) ** power)


def _check(
    report: Report, sizes: Sequence[int], cpu: Sequence[float], driver: Sequence[int]
) -> None:
    if len(sizes) < 2:
        return
    times = (cpu[-1] / cpu[0]) / (sizes[-1] / sizes[0])
    report.check(times <= SLACK, f"from first to last {times:.2f} x linear (bar: {SLACK})")
    hours = max(by_line(sizes, cpu), by_power(sizes, cpu)) / 3600
    report.check(hours <= CPU_HOURS, f"1 TB in {hours:.0f} CPU hours (bar: {CPU_HOURS:.0f})")
    if all(driver):
        times = driver[-1] / driver[0]
        text = f"the driver's Python takes {times:.2f} x the memory (bar: {DRIVER_SLACK})"
        report.check(times <= DRIVER_SLACK, text)


# --- memory of the processes below this one ---------------------------------------------------------


@contextmanager
def watched() -> Iterator[dict[str, int]]:
    """Inside: the peak memory, in bytes, of the largest process of each role below this one; Linux alone."""
    peaks: dict[str, int] = {}
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            _look(peaks)
            time.sleep(0.2)

    watcher = threading.Thread(target=look)
    if sys.platform == "linux":
        watcher.start()
    try:
        yield peaks
    finally:
        ended.set()
        if watcher.ident is not None:
            watcher.join()


def _look(peaks: dict[str, int]) -> None:
    parents: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            stat = place.joinpath("stat").read_text(encoding="utf-8", errors="replace")
            parents[int(place.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    for number in parents:
        if not _below(number, parents):
            continue
        with suppress(OSError, StopIteration):
            words = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            role = next(role for part, role in ROLES if part in words)
            status = Path(f"/proc/{number}/status").read_text(encoding="utf-8")
            peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
            peaks[role] = max(peaks.get(role, 0), int(peak.split()[1]) * 1024)


def _below(number: int, parents: dict[int, int]) -> bool:
    me = os.getpid()
    while number > 1 and number != me:
        number = parents.get(number, 0)
    return number == me
