"""Rows of results -> aligned table on stdout; raw.csv and summary.md in a folder.

Several benchmarks may save into one folder: each replaces what it wrote there before.
"""

from __future__ import annotations

import csv
import os
import platform
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from measure import Result

RAW = ("benchmark", "command", "run", "cpu_s", "wall_s", "peak_rss_bytes", "load")


class Report:
    """Collects the tables, notes and runs of one benchmark."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._parts: list[str] = []
        self._results: list[Result] = []
        self.failed = False
        self._loads = [os.getloadavg()]

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; numbers are aligned to the right."""
        text = format_table(header, rows)
        print(text, flush=True)
        self._parts.append(f"```\n{text}\n```\n")

    def note(self, text: str) -> None:
        """Print a line."""
        print(text, flush=True)
        self._parts.append(f"{text}\n")

    def times(self, results: Sequence[Result], size: int | None = None) -> None:
        """Print medians, and their ratio to the first; with the size of a text MB a CPU second too."""
        rows = []
        for result in results:
            row = [result.command.name, len(result.samples), result.cpu, result.wall]
            row += [result.rss / 10**6, f"{result.cpu / results[0].cpu:.2f} x"]
            rows.append(row + ([size / 10**6 / result.cpu] if size else []))
        header = ["command", "runs", "CPU s", "wall s", "peak RSS MB", "CPU / first"]
        self.table(header + (["MB / CPU s"] if size else []), rows)

    def check(self, passed: bool, text: str) -> None:
        """Print a bar and whether it was kept."""
        self.failed |= not passed
        self.note(f"{'PASS' if passed else 'OVER'}: {text}")

    def add(self, results: Sequence[Result]) -> None:
        """Keep every run for raw.csv and the command lines."""
        self._results += results

    def save(self, folder: Path) -> None:
        """Write raw.csv and summary.md, keeping what other benchmarks wrote there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._loads.append(os.getloadavg())
        self._save_raw(folder / "raw.csv")
        self._save_summary(folder / "summary.md")

    def _save_raw(self, path: Path) -> None:
        rows: list[list[str]] = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                rows = [row for row in csv.reader(file) if row[0] not in (RAW[0], self.name)]
        for result in self._results:
            for number, sample in enumerate(result.samples, 1):
                row = [self.name, result.command.name, number, f"{sample.cpu:.3f}"]
                row += [f"{sample.wall:.3f}", sample.rss, f"{sample.load:.2f}"]
                rows.append(list(map(str, row)))
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([RAW, *rows])

    def _save_summary(self, path: Path) -> None:
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        sections = re.split(r"^(?=## )", old, flags=re.MULTILINE)[1:]
        sections = [part for part in sections if part.split("\n", 1)[0] != f"## {self.name}"]
        loads = " -> ".join(f"{load[0]:.2f}" for load in self._loads)
        lines = list(dict.fromkeys(result.command.shown() for result in self._results))
        section = f"## {self.name}\n\n" + "\n".join(self._parts)
        section += f"\nLoad average (1 minute): {loads}."
        if lines:
            section += " Command lines (folders left out):\n\n```\n" + "\n".join(lines) + "\n```"
        sections.append(section + "\n\n")
        path.write_text(f"# Results\n\n{machine()}\n\n" + "".join(sections), encoding="utf-8")


def format_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns; a Han character is two columns wide."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    right = [
        all(isinstance(row[i], int | float) or row[i] in ("", "-") for row in rows)
        or all(re.match(r"^[-\d.,]*( ?[a-zA-Zx%]{0,2})$", _cell(row[i])) for row in rows)
        for i in range(len(header))
    ]
    lines = []
    for row in cells:
        padded = []
        for cell, width, to_right in zip(row, widths, right, strict=True):
            space = " " * (width - _width(cell))
            padded.append(space + cell if to_right else cell + space)
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def machine() -> str:
    """Processor, memory, system and versions: what the figures depend on."""
    from nlptools import __version__

    parts = [f"{os.cpu_count()} x {processor()}"]
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        parts.append(f"{memory / 2**30:.0f} GiB")
    try:
        parts.append(platform.freedesktop_os_release()["PRETTY_NAME"])
    except (OSError, KeyError):
        parts.append(platform.system())
    python = ".".join(map(str, sys.version_info[:3]))
    parts += [f"Python {python}", f"NumPy {np.__version__}", f"nlptools {__version__}"]
    return ", ".join(parts) + "."


def processor() -> str:
    """The name of the processor, with family and model where Linux tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(re.findall(r"^([\w ]+?)\s*: (.*)$", text.split("\n\n")[0], re.MULTILINE))
    name = fields.get("model name", platform.machine())
    if "cpu family" in fields:
        name += f" (family {fields['cpu family']}, model {fields.get('model', '?')})"
    return name
