"""Sentences + peers -> what one call of `Segmenter.segment` costs, and a batch of them, in CPU time."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from measure import HERE, ROOT, BenchmarkError
from report import Report

from nlptools.text.corpus import Corpus

LENGTHS = (7, 11, 21)  # characters of a sentence
SENTENCES = 3000
# The bars of the project, in microseconds where jieba takes JIEBA for a title of 11 characters; elsewhere by its time.
CALL, BATCH_LINE, JIEBA, TITLE = 60.0, 12.0, 39.0, 11
LOAD = 0.05  # seconds

MICRO = 10**6
OURS = "nlptools"


def bench_latency(args: argparse.Namespace, report: Report, work: Path) -> None:
    sentences = work / "sentences.txt"
    sentences.write_text("".join(f"{line}\n" for line in _sentences(args.text)), encoding="utf-8")
    pythons = {OURS: Path(sys.executable), "jieba": args.jieba, "rjieba": args.rjieba}
    tools = {tool: python for tool, python in pythons.items() if python}
    runs: dict[str, list[dict[str, float]]] = {tool: [] for tool in tools}
    for _ in range(args.repeat):
        for tool, python in tools.items():
            runs[tool].append(_run(tool, python, sentences))
    medians = {
        tool: {name: statistics.median(run[name] for run in of_tool) for name in of_tool[0]}
        for tool, of_tool in runs.items()
    }
    rows = []
    for tool, found in medians.items():
        calls = [found[f"of {length}"] * MICRO for length in LENGTHS]
        batch = found["batch"] * MICRO if "batch" in found else "-"
        costs = [found[name] * 1000 for name in ("import", "load", "first")]
        rows.append([tool, len(runs[tool]), *calls, batch, *costs])
    header = ["segmenter", "runs", *(f"us, {length} characters" for length in LENGTHS)]
    report.table([*header, "us a line, batch", "import ms", "load ms", "first call ms"], rows)
    report.note(f"{max(LENGTHS)} characters a line in the batch; HMM off.")
    _check(report, medians)


def _sentences(path: Path) -> list[str]:
    """Some lines that are long enough, spread over the text; spaces, as of a gold text, taken out."""
    text = "".join(block.text for block in Corpus([path]).blocks())
    lines = ["".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if len(line) >= max(LENGTHS)]
    return lines[:: max(1, len(lines) // SENTENCES)][:SENTENCES]


def _run(tool: str, python: Path, sentences: Path) -> dict[str, float]:
    argv = [str(python), "-W", "ignore", str(HERE / "peers" / "latency.py"), tool, str(sentences)]
    done = subprocess.run(
        [*argv, *map(str, LENGTHS)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        raise BenchmarkError(f"{tool}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def _check(report: Report, medians: dict[str, dict[str, float]]) -> None:
    ours = medians[OURS]
    report.check(
        ours["load"] <= LOAD, f"load {ours['load'] * 1000:.0f} ms (bar: {LOAD * 1000:.0f} ms)"
    )
    if "jieba" not in medians:
        return
    scale = medians["jieba"][f"of {TITLE}"] * MICRO / JIEBA
    measured = [(f"{length} characters", ours[f"of {length}"], CALL) for length in LENGTHS]
    for what, cost, bar in [*measured, ("a line of a batch", ours["batch"], BATCH_LINE)]:
        text = f"{what}: {cost * MICRO:.1f} us (bar: {bar * scale:.1f}, {bar:g} where jieba takes {JIEBA:g})"
        report.check(cost * MICRO <= bar * scale, text)
