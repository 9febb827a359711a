"""Texts + peers -> cost of `nlptools train` and speed of `nlptools segment`."""

from __future__ import annotations

import argparse
import functools
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import texts
from measure import HERE, BenchmarkError, Command, Result, in_bytes, interleaved, nlptools
from report import Report

# The bars of the project.
CPU_PER_10_MB = 1.5
TIMES_JIEBA = 10.0  # without start-up
TIMES_RJIEBA = 1.0  # with it

MB = 10**6
DEFAULT_MEMORY = "1GB"  # of the commands
GENERAL = "nlptools, general model"
ADAPTED = "nlptools, adapted to the text"
PEER_NAMES = {"no-hmm": "{}, HMM off", "hmm": "{}, HMM on"}

Segment = Callable[[str, Path, Path], Command]  # (name, text, output)
# What a segmenter segments to show how long it takes to start: jieba loads its dictionary at the first line.
ONE_LINE = "今天天气非常好，我们去公园。\n"


def bench_train(args: argparse.Namespace, report: Report, work: Path) -> None:
    commands, facts = [], []
    for path in args.texts:
        size = texts.plain_size(path)
        for limit in ["", *args.memory]:
            options = ["--memory", limit] if limit else []
            name = f"{path.name} in {limit}" if limit else path.name
            commands.append(nlptools(name, "train", path, *options, "-o", work / "model"))
            facts.append((path.name, size, limit or DEFAULT_MEMORY))
    results = interleaved(commands, args.repeat)
    report.add(results)
    rows, checks = [], []
    for result, (name, size, limit) in zip(results, facts, strict=True):
        cost = result.cpu / size * 10 * MB
        rows.append([name, size / MB, limit, len(result.samples), result.cpu, cost])
        rows[-1] += [result.wall, result.peak / MB]
        text = f"{cost:.2f} CPU s per 10 MB (bar: {CPU_PER_10_MB:g})"
        checks.append((cost <= CPU_PER_10_MB, f"{name} in {limit}: {text}"))
        most = in_bytes(limit)
        text = f"{name} in {limit}: peak {result.peak / MB:.0f} MB (bar: {most / MB:.0f})"
        checks.append((result.peak <= most, text))
    header = ["text", "MB", "limit", "runs", "CPU s", "CPU s / 10 MB", "wall s", "peak RSS MB"]
    report.table(header, rows)
    for check in checks:
        report.check(*check)


def bench_segment(args: argparse.Namespace, report: Report, work: Path) -> None:
    one_line = work / "one.txt"
    one_line.write_text(ONE_LINE, encoding="utf-8")
    # Adapted to the text it reads it twice, which the peers do not do.
    models: dict[str, list[str | Path]] = {GENERAL: ["--no-adapt"], ADAPTED: ["--adapt"]}
    if args.model:
        models[f"nlptools, {args.model.name}"] = ["--model", args.model]
    if args.jieba:
        models["nlptools, jieba's dictionary"] = ["--model", jieba_dictionary(args.jieba)]
    segmenters: dict[str, Segment] = {
        name: functools.partial(_ours, options) for name, options in models.items()
    }
    for peer, python in (("jieba", args.jieba), ("rjieba", args.rjieba)):
        for how, name in PEER_NAMES.items() if python else ():
            segmenters[name.format(peer)] = functools.partial(peer_command, peer, python, how)
    outputs = {name: work / f"{number}.txt" for number, name in enumerate(segmenters)}
    commands = []
    for name, segment in segmenters.items():
        commands.append(segment(name, args.text, outputs[name]))
        commands.append(segment(f"{name}, one line", one_line, work / "one.segmented"))
    rounds = {"": args.repeat} | dict.fromkeys(
        (name for name in segmenters if name not in models), args.peer_repeat or args.repeat
    )
    results = interleaved(commands, rounds)
    report.add(results)
    speeds = {
        whole.command.name: _speeds(whole, start, args.text.stat().st_size)
        for whole, start in zip(results[::2], results[1::2], strict=True)
    }
    _show_speeds(report, results[::2], results[1::2], speeds)
    for peer, bar, starts in (("jieba", TIMES_JIEBA, False), ("rjieba", TIMES_RJIEBA, True)):
        name = PEER_NAMES["no-hmm"].format(peer)
        if name not in speeds:
            continue
        whole, without = (a / b for a, b in zip(speeds[GENERAL], speeds[name], strict=True))
        measured = "with" if starts else "without"
        report.check(
            (whole if starts else without) >= bar,
            f"{GENERAL}: {without:.2f} x {name} without start-up, {whole:.2f} x with it "
            f"(bar: at least {bar:g} {measured} it)",
        )
    expected = args.text.read_bytes().replace(b" ", b"")
    for name, path in outputs.items():
        same = path.read_bytes().replace(b" ", b"") == expected
        report.check(same, f"{name}: without its spaces the output is the text")


def _ours(options: Sequence[str | Path], name: str, text: Path, output: Path) -> Command:
    return nlptools(name, "segment", *options, text, "-o", output)


def _speeds(whole: Result, start: Result, size: int) -> tuple[float, float]:
    """MB per CPU second of the process, and without what it takes to start."""
    return size / MB / whole.cpu, size / MB / max(whole.cpu - start.cpu, 1e-3)


def _show_speeds(
    report: Report,
    results: list[Result],
    starts: list[Result],
    speeds: dict[str, tuple[float, float]],
) -> None:
    rows = []
    for result, start in zip(results, starts, strict=True):
        name = result.command.name
        rows.append([name, len(result.samples), result.cpu, start.cpu, *speeds[name]])
        rows[-1] += [result.wall, result.rss / MB]
    header = ["segmenter", "runs", "CPU s", "start-up", "MB / CPU s", "without start-up"]
    report.table([*header, "wall s", "peak RSS MB"], rows)


# --- peers ------------------------------------------------------------------------------------


def peer_command(peer: str, python: Path, how: str, name: str, text: Path, output: Path) -> Command:
    """Runs jieba or rjieba in the Python that has it. how: "hmm" or "no-hmm"."""
    driver = HERE / "peers" / f"{peer}_segment.py"
    return Command(name, [str(python), str(driver), str(text), str(output), how])


def jieba_dictionary(python: Path) -> Path:
    """The dict.txt of the jieba which that Python has."""
    script = "import jieba, pathlib; print(pathlib.Path(jieba.__file__).with_name('dict.txt'))"
    done = subprocess.run(
        [python, "-W", "ignore", "-c", script], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{python} has no jieba:\n{done.stderr[-500:]}")
    return Path(done.stdout.strip())
