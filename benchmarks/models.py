"""Text + KenLM -> training, files and scoring of language models: CPU, memory, sizes, and whether the numbers agree."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from measure import Command, interleaved, nlptools
from report import Report
from texts import first_lines

from nlptools.text.chars import INVISIBLE_RANGES, SPACES

HERE = Path(__file__).resolve().parent
MB = 10**6
ORDER = 4
# What the probabilities are compared on: every n-gram of a model of each order, and with these numbers of --prune.
COMPARED_BYTES = 10 * MB
ORDERS = (2, 3, 4, 5)
PRUNED = ((0, 0, 1), (0, 1, 2, 3))
SAME = 1e-5  # log10
# A line's score is a sum over its symbols: the kenlm module adds single precision numbers up.
SAME_SCORE = 1e-6
SHOWN = 1e-4  # our table has four decimals
HELD_OUT_LINES = 10_000


def bench_lm(args: argparse.Namespace, report: Report, work: Path) -> None:
    lines = clean_lines(args.text.read_bytes())
    text, split = work / "text.txt", work / "split.txt"
    write_both(lines, text, split)
    native, arpa, theirs = work / "our.lm", work / "our.arpa", work / "their.arpa"
    commands = [
        nlptools("nlptools lm train, native", "lm", "train", text, "-o", native),
        nlptools("nlptools lm train, ARPA", "lm", "train", text, "-o", arpa),
        lmplz(args.lmplz, split, theirs, ORDER, work),
    ]
    results = interleaved(commands, args.repeat)
    report.note(f"Order {ORDER}, {text.stat().st_size / MB:.1f} MB, {len(lines):,} lines.")
    report.add(results)
    report.times(results, text.stat().st_size)
    for result, file in zip(results, (native, arpa, theirs), strict=True):
        report.note(f"{result.command.name}: {file.stat().st_size / MB:.1f} MB")
    for result in results[:2]:
        ratio = results[2].cpu / result.cpu
        report.check(ratio >= 1, f"lmplz takes {ratio:.2f} x the CPU of {result.command.name}")
    for limit in args.memory:
        name = f"nlptools lm train in {limit}"
        options = ["--memory", limit, "-o", work / "small.lm"]
        [small] = interleaved([nlptools(name, "lm", "train", text, *options)], 1)
        report.add([small])
        verdict = f"{small.peak / MB:.0f} MB, {small.cpu:.2f} CPU s"
        same = native.read_bytes() == (work / "small.lm").read_bytes()
        report.check(same, f"{name}: {verdict}; the same bytes")
    _compare(args, lines, report, work)
    if args.kenlm_python:
        held_out = clean_lines(args.held_out.read_bytes())
        _score(args, native, arpa, lines, held_out, report, work)


def clean_lines(text: bytes) -> list[str]:
    """Lines with something in them, without white space and what is not seen: what is one sentence to both.

    KenLM takes a control character for a word; to nlptools none is a symbol (docs/how-it-works.md).
    """
    unseen = [code for first, last in INVISIBLE_RANGES for code in range(first, last + 1)]
    table = dict.fromkeys([*map(ord, SPACES), *range(0x20), *unseen])
    lines = (line.translate(table) for line in text.decode("utf-8").split("\n"))
    return [line for line in lines if line]


def write_both(lines: Sequence[str], text: Path, split: Path) -> None:
    """The lines, and the same with spaces between their characters."""
    text.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
    split.write_text("".join(f"{' '.join(line)}\n" for line in lines), "utf-8", newline="\n")


def lmplz(
    program: Path, split: Path, output: Path, order: int, work: Path, prune: Sequence[int] = ()
) -> Command:
    """KenLM's estimation of a model; with the memory that our default is."""
    argv = [str(program), "-o", str(order), "-S", "1G", "-T", f"{work}/"]
    if prune:
        argv += ["--prune", *map(str, prune)]
    name = f"lmplz -o {order}{' --prune' if prune else ''}{''.join(f' {n}' for n in prune)}"
    return Command(name, argv, str(split), str(output))


# --- the same numbers -------------------------------------------------------------------------


def _compare(args: argparse.Namespace, lines: Sequence[str], report: Report, work: Path) -> None:
    whole = "".join(f"{line}\n" for line in lines).encode()
    some = clean_lines(first_lines(whole, COMPARED_BYTES))
    text, split = work / "some.txt", work / "some.split.txt"
    write_both(some, text, split)
    report.note(f"\nEvery n-gram of {text.stat().st_size / MB:.1f} MB beside lmplz:")
    rows = []
    for order, prune in [*((n, ()) for n in ORDERS), *((ORDER, p) for p in PRUNED)]:
        ours, theirs = work / "compared.arpa", work / "compared.theirs.arpa"
        numbers = ",".join(map(str, prune)) or "0"
        options = ["--order", str(order), "--prune", numbers, "-o", ours]
        name = f"nlptools lm train --order {order} --prune {numbers}"
        interleaved(
            [
                nlptools(name, "lm", "train", text, *options),
                lmplz(args.lmplz, split, theirs, order, work, prune),
            ],
            1,
        )
        for n, mine, other, prob, back in largest_differences(ours, theirs):
            good = mine == other and max(prob, back) <= SAME
            report.failed |= not good
            rows.append([order, numbers, n, mine, other, f"{prob:.1e}", f"{back:.1e}"])
            rows[-1].append("" if good else "DIFFER")
    header = ["order", "prune", "n", "n-grams", "lmplz", "largest difference, prob", "back-off", ""]
    report.table(header, rows)


def largest_differences(ours: Path, theirs: Path) -> Iterator[tuple[int, int, int, float, float]]:
    """(n, our n-grams, their n-grams, largest difference of log10 probabilities, of back-offs) of two ARPA files.

    Read line by line with nothing of nlptools: this is the judge. NaN where the n-grams are not the same.
    """
    with ours.open(encoding="utf-8") as mine, theirs.open(encoding="utf-8") as others:
        for (n, a), (_, b) in zip(_sections(mine), _sections(others), strict=True):
            if a.keys() != b.keys():
                yield n, len(a), len(b), float("nan"), float("nan")
                continue
            prob = max(abs(a[words][0] - b[words][0]) for words in a)
            back = max(abs(a[words][1] - b[words][1]) for words in a)
            yield n, len(a), len(b), prob, back


def _sections(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, tuple[float, float]]]]:
    n, found = 0, {}
    for line in lines:
        if line.startswith("\\"):
            if n:
                yield n, found
            name = line[1:].partition("-")[0]
            n, found = int(name) if name.isdigit() else 0, {}
        elif n and line != "\n":
            prob, words, *back = line.rstrip("\n").split("\t")
            found[words] = float(prob), float(back[0]) if back else 0.0


# --- scoring ----------------------------------------------------------------------------------


def _score(
    args: argparse.Namespace,
    native: Path,
    arpa: Path,
    lines: Sequence[str],
    held_out: Sequence[str],
    report: Report,
    work: Path,
) -> None:
    binary = work / "their.bin"
    interleaved(
        [Command("build_binary", [str(args.build_binary), "probing", str(arpa), str(binary)])], 1
    )
    report.note(
        f"\nOur ARPA file as a probing model of KenLM: {binary.stat().st_size / MB:.1f} MB."
    )
    kenlm = [str(args.kenlm_python), str(HERE / "peers" / "kenlm_score.py"), str(binary)]
    few = held_out[:HELD_OUT_LINES]
    text, split = work / "held.txt", work / "held.split.txt"
    write_both(few, text, split)
    mine, other = work / "held.tsv", work / "held.kenlm"
    interleaved(
        [
            nlptools(
                "nlptools lm score, held out", "lm", "score", "--model", native, text, "-o", mine
            ),
            Command("kenlm.Model.score, held out", [*kenlm, str(split), str(other)]),
        ],
        1,
    )
    rows = [line.split("\t") for line in mine.read_text("utf-8").splitlines()[1:]]
    own = np.array([float(row[2]) for row in rows])
    theirs = np.array([float(line.split()[0]) for line in other.read_text().splitlines()])
    differences = np.abs(own - theirs)
    report.check(
        bool(np.all(differences <= SAME_SCORE * np.abs(theirs) + SHOWN)),
        f"scores of {len(own):,} held-out lines, {sum(map(len, few)):,} characters: largest difference "
        f"{differences.max():.1e}, of a score of {theirs[differences.argmax()]:.1f}",
    )
    # Start-up, loading included, is what the same takes for one line.
    rates = []
    for name, corpus in (("training text", lines), ("held-out text", held_out)):
        write_both(corpus, text, split)
        one, one_split = work / "one.txt", work / "one.split.txt"
        write_both(corpus[:1], one, one_split)
        options = ["lm", "score", "--model", native]
        commands = []
        for part, splitted, what in ((text, split, ""), (one, one_split, ", one line")):
            rows_to = ["-o", work / "rows.tsv"]
            commands += [
                nlptools(f"lm score --totals{what}", *options, "--totals", part),
                nlptools(f"lm score{what}", *options, part, *rows_to),
                Command(f"kenlm.Model.score{what}", [*kenlm, str(splitted), str(work / "sink")]),
            ]
        results = interleaved(commands, args.repeat)
        report.add(results)
        size = sum(map(len, corpus)) / 1e6
        speeds = [
            size / (whole.cpu - start.cpu)
            for whole, start in zip(results[:3], results[3:], strict=True)
        ]
        rates.append([name, size, *speeds, speeds[0] / speeds[2], speeds[1] / speeds[2]])
    header = [
        "text",
        "M characters",
        "lm score --totals, M/s",
        "lm score",
        "kenlm",
        "ratio",
        "ratio",
    ]
    report.table(header, rates)
    for name, _, *_, ratio, _ in rates:
        report.check(ratio >= 1, f"lm score --totals, {name}: {ratio:.2f} x the kenlm module")
    start = min(result.wall for result in results[3:4])
    report.note(f"lm score of one line, everything included: {start:.3f} s.")
