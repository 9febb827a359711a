"""Another checkout + texts + peers -> CPU and memory of the commands before, now without and with compiled loops, and of the peers.

All of a row take turns; what the three of ours write must be the same bytes.
"""

from __future__ import annotations

import argparse
import compileall
import shlex
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import HERE, ROOT, Command, Result, interleaved
from models import ORDER, clean_lines, lmplz, write_both
from report import Report
from segmenting import peer_command
from tokenizing import peer_tokenizer

MB = 10**6
BEFORE, NUMPY, NOW = "before", "NumPy", "now"
# {text}: one of the texts, without white space between its lines' characters; {vocab}: --vocab.
LINES = {
    "discover": "discover {text}",
    "train": "train {text}",
    "segment": "segment {text}",
    "segment --no-adapt": "segment --no-adapt {text}",
    "tokenize": "tokenize --vocab {vocab} {text}",
    "count": "count {text}",
    "count --order 5": "count --order 5 {text}",
    "lm train": "lm train {text}",
}
ONCE = {"--help": "--help", "discover, the sample": "discover {sample}"}
# A run of a checkout's command line, with its folder first on the path.
START = (
    "import os, sys; sys.path.insert(0, sys.argv.pop(1)); {} from nlptools.cli import main; main()"
)
OFF = "os.environ['NLPTOOLS_KERNEL'] = 'off';"


@dataclass(frozen=True)
class Row:
    """A line of the table: command lines of ours and of peers, and where ours write, if they do."""

    name: str
    ours: Sequence[Command]
    peers: Sequence[Command]
    outputs: Sequence[Path]


def bench_versus(args: argparse.Namespace, report: Report, work: Path) -> None:
    """Measure all rows; the bars are those of the commands' own benchmarks."""
    compileall.compile_dir(args.before / "nlptools", quiet=2)
    rows = []
    for row in _rows(args, work):
        several = {"": args.repeat} | dict.fromkeys(
            (peer.name for peer in row.peers), args.peer_repeat or args.repeat
        )
        results = interleaved([*row.ours, *row.peers], several)
        report.add(results)
        rows.append([row.name, *(f"{_cpu(r)}, {r.peak / MB:.0f} MB" for r in results[:3])])
        now = results[2].cpu
        theirs = [f"{p.command.name} {_cpu(p)}: {now / p.cpu:.2f} x" for p in results[3:]]
        rows[-1] += [f"{now / results[0].cpu:.2f} x", "; ".join(theirs)]
        if row.outputs:
            same = len({path.read_bytes() for path in row.outputs}) == 1
            report.check(same, f"{row.name}: the same bytes before, without and with the loops")
    report.note(f"CPU s, median of {args.repeat} (least to most), and peak memory.")
    report.table(["", BEFORE, NUMPY, NOW, "of before", "peers in the same turns"], rows)


def _cpu(result: Result) -> str:
    taken = [sample.cpu for sample in result.samples]
    return f"{statistics.median(taken):.2f} ({min(taken):.2f}-{max(taken):.2f})"


def _rows(args: argparse.Namespace, work: Path) -> Iterator[Row]:
    sample = ROOT / "data" / "samples" / "novel.txt"
    for name, line in ONCE.items():
        if name in args.lines:
            yield _row(name, line.format(sample=shlex.quote(str(sample))), args.before, (), work)
    for text in args.texts:
        for name, line in LINES.items():
            if name not in args.lines or ("{vocab}" in line and not args.vocab):
                continue
            asked = line.format(text=shlex.quote(str(text)), vocab=shlex.quote(str(args.vocab)))
            peers = [*_peers(args, name, text, work)]
            yield _row(f"{name}, {text.name}", asked, args.before, peers, work)


def _row(name: str, line: str, before: Path, peers: Sequence[Command], work: Path) -> Row:
    words, outputs, ours = shlex.split(line), [], []
    for which, root, code in ((BEFORE, before, ""), (NUMPY, ROOT, OFF), (NOW, ROOT, "")):
        output = work / f"{which}.out"
        outputs.append(output)
        written = [] if words[-1].startswith("-") else ["-q", "-o", str(output)]
        argv = [sys.executable, "-c", START.format(code), str(root), *words, *written]
        ours.append(Command(f"{name}, {which}", argv))
    return Row(name, ours, peers, [] if words[-1].startswith("-") else outputs)


def _peers(args: argparse.Namespace, name: str, text: Path, work: Path) -> Iterator[Command]:
    output = work / "peer.out"
    if name == "discover" and args.word_discovery:
        yield word_discovery(args.peer_python, args.word_discovery, args.kenlm, text, output)
    if name == "segment --no-adapt":
        for peer, python in (("jieba", args.jieba), ("rjieba", args.rjieba)):
            if python:
                yield peer_command(peer, python, "no-hmm", f"{peer}, HMM off", text, output)
    if name == "tokenize" and args.bert_python and args.base:
        for peer in ("flash", "huggingface"):
            make = peer_tokenizer(args.bert_python, [str(args.base), peer])
            yield make(peer, text, output)
    if name == "lm train" and args.lmplz:
        split = work / "split.txt"
        write_both(clean_lines(text.read_bytes()), work / "clean.txt", split)
        yield lmplz(args.lmplz, split, work / "peer.arpa", ORDER, work)


def word_discovery(python: Path, folder: Path, kenlm: Path, text: Path, output: Path) -> Command:
    """The program of bojone, with the least count of its README."""
    driver = str(HERE / "peers" / "word_discovery.py")
    argv = [str(python), driver, str(folder), str(kenlm), str(text), "32", str(output)]
    return Command("word-discovery", argv)
