"""Texts + tokenizer.json files -> speed of `nlptools vocab measure` beside the library `tokenizers`; the same ids."""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from measure import HERE, Command, interleaved, nlptools
from report import Report

TIMES = 1.0  # vocab measure --no-whole, of the library
LINES = 4000
MB = 10**6
ONE_LINE = "今天天气非常好，我们去公园。\n"


def bench_subwords(args: argparse.Namespace, report: Report, work: Path) -> None:
    one_line = work / "one.txt"
    one_line.write_text(ONE_LINE, encoding="utf-8")
    rows = []
    for tokenizer, text in itertools.product(args.tokenizer, args.texts):
        name = f"{Path(tokenizer).parent.parent.parent.name or tokenizer}, {text.name}"
        commands = list(_commands(name, tokenizer, text, one_line, work))
        results = interleaved(commands, args.repeat)
        report.add(results)
        whole, start = results[::2], results[1::2]
        cpu = [a.cpu - b.cpu for a, b in zip(whole, start, strict=True)]
        rows.append([name, *cpu, *(a.cpu for a in whole), *(a.rss / MB for a in whole)])
        ratio = cpu[1] / max(cpu[0], 1e-3)
        report.check(ratio >= TIMES, f"{name}: {ratio:.2f} x tokenizers (bar: {TIMES:g})")
        counted = int((work / "peer.out").read_text())
        ours = int((work / "ours.out").read_text().split("\n")[1].split("\t")[5])
        report.check(counted == ours, f"{name}: {ours:,} tokens, {counted:,} by tokenizers")
        different = _different(tokenizer, text)
        report.check(not different, f"{name}: ids of tokenizers but for {different:,} lines")
    names = ("measure --no-whole", "tokenizers", "with words")
    header = ["CPU s without start-up", *names, *(f"{n}, whole" for n in names)]
    report.table([*header, *(f"{n}, MB" for n in names)], rows)


def _commands(
    name: str, tokenizer: Path, text: Path, one_line: Path, work: Path
) -> Iterator[Command]:
    """Each of the three on the text, and on one line."""
    script = str(HERE / "peers" / "count_ids.py")
    for kind in ("ours", "peer", "words"):
        for what, where in ((text, work / f"{kind}.out"), (one_line, work / f"{kind}.one")):
            title = f"{kind}: {name}" + (", one line" if what is one_line else "")
            if kind == "peer":
                argv = [sys.executable, script, str(tokenizer), str(what)]
                yield Command(title, argv, stdout=str(where))
                continue
            options = ["--corpus", what, "--workers", "1", "-o", where]
            options += ["--no-whole"] if kind == "ours" else []
            yield nlptools(title, "vocab", "measure", tokenizer, *options)


def _different(tokenizer: Path, text: Path) -> int:
    """Lines whose ids are not the library's."""
    from tokenizers import Tokenizer

    from nlptools.subwords.encoders import load_encoder

    ours, theirs = load_encoder(tokenizer), Tokenizer.from_file(str(tokenizer))
    wrong = 0
    with open(text, encoding="utf-8", newline="\n") as file:
        lines = (line.rstrip("\n") for line in file)
        while batch := list(itertools.islice(lines, LINES)):
            encoded = ours.encode(batch)
            ids, ends = encoded.ids.tolist(), [0, *encoded.ends.tolist()]
            found = theirs.encode_batch_fast(batch, add_special_tokens=False)
            for (start, stop), one in zip(itertools.pairwise(ends), found, strict=True):
                wrong += ids[start:stop] != one.ids
    return wrong
