"""Text + vocabularies + peers -> speed of `nlptools tokenize`, and whether its ids are the peers'."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measure import HERE, Command, Result, interleaved, nlptools
from report import Report

# The bars of the project.
TIMES_FASTEST = 3.0  # --pre vocab, of the fastest of the three below
BASE = ("huggingface", "bert4keras+jieba", "bert4keras+rjieba")
TIMES_FLASH = 1.0  # --pre vocab, of flash-tokenizer, start-up included
TIMES_RJIEBA = 1.0  # --pre jieba, of bert4keras + rjieba
TIMES_BATCH = 1.0  # encode_batch, of Hugging Face's
BATCH = 10_000  # lines
WORDS = "WORDS"  # the vocabulary with words, beside the one of characters

MB = 10**6
Tokenize = Callable[[str, Path, Path], Command]  # (name, text, output)
ONE_LINE = "今天天气非常好，我们去公园。\n"
# name -> which vocabulary
PEERS = {
    "huggingface": "base",
    "flash": "base",
    "bert4keras": "base",
    "bert4keras+rjieba": WORDS,
    "bert4keras+jieba": WORDS,
}
# Whose ids must be equal, line by line.
SAME = {
    "bert4keras": "nlptools, none",
    "bert4keras+jieba": "nlptools, jieba",
    "bert4keras+rjieba": "nlptools, jieba",
}


def bench_tokenize(args: argparse.Namespace, report: Report, work: Path) -> None:
    one_line = work / "one.txt"
    one_line.write_text(ONE_LINE, encoding="utf-8")
    commands, outputs = [], {}
    for number, (name, make) in enumerate(_tokenizers(args)):
        outputs[name] = work / f"{number}.ids"
        commands.append(make(name, args.text, outputs[name]))
        commands.append(make(f"{name}, one line", one_line, work / "one.ids"))
    ours = {command.name for command in commands if command.name.startswith("nlptools")}
    rounds = {"": args.repeat} | dict.fromkeys(
        (c.name for c in commands if c.name not in ours), args.peer_repeat or args.repeat
    )
    results = interleaved(commands, rounds)
    report.add(results)
    size = args.text.stat().st_size / MB
    speeds = {
        whole.command.name: size / max(whole.cpu - start.cpu, 1e-3)
        for whole, start in zip(results[::2], results[1::2], strict=True)
    }
    _show(report, results[::2], results[1::2], size, speeds, outputs)
    _check_speeds(report, speeds)
    cpu = {result.command.name: result.cpu for result in results[::2]}
    if "flash" in cpu:
        ratio = cpu["flash"] / cpu["nlptools, vocab"]
        text = f"nlptools, vocab: {ratio:.2f} x flash-tokenizer, start-up included (bar: {TIMES_FLASH:g})"
        report.check(ratio >= TIMES_FLASH, text)
    for peer, name in SAME.items():
        if peer in outputs:
            theirs, mine = (outputs[n].read_bytes().split(b"\n") for n in (peer, name))
            different = sum(a != b for a, b in zip(theirs, mine, strict=True))
            report.check(not different, f"{name}: ids of {peer} but for {different:,} lines")
    _bench_batches(args, report)


def _bench_batches(args: argparse.Namespace, report: Report) -> None:
    """encode_batch of lines in this process, beside Hugging Face's on one thread; ids as by one call a line."""
    import numpy as np
    from tokenizers import BertWordPieceTokenizer

    from nlptools.vocab.tokenizer import WordTokenizer
    from nlptools.vocab.vocab import load_vocab

    lines = args.text.read_text(encoding="utf-8").split("\n")[:BATCH]
    words = WordTokenizer(load_vocab(args.vocab))
    pieces = WordTokenizer(load_vocab(args.base), pre="none")
    theirs = BertWordPieceTokenizer(str(args.base), lowercase=True)
    padded = BertWordPieceTokenizer(str(args.base), lowercase=True)
    padded.enable_padding()
    calls: dict[str, Callable[[], Any]] = {
        "encode_batch, vocab": lambda: words.encode_batch(lines),
        "encode_batch, none": lambda: pieces.encode_batch(lines),
        "huggingface": lambda: theirs.encode_batch(lines),
        "huggingface, as arrays": lambda: [
            np.array([getattr(row, name) for row in found])
            for found in [padded.encode_batch(lines)]
            for name in ("ids", "type_ids", "attention_mask")
        ],
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(args.repeat + 1):  # the first one fills what is remembered
        for name, call in calls.items():
            start = time.process_time()
            call()
            if number:
                times[name].append(time.process_time() - start)
    cpu = {name: statistics.median(taken) for name, taken in times.items()}
    rows = [[name, taken, taken / len(lines) * 1e6] for name, taken in cpu.items()]
    report.table(["a batch", "CPU s", "us a line"], rows)
    ratio = cpu["huggingface"] / cpu["encode_batch, vocab"]
    text = f"encode_batch, vocab: {ratio:.2f} x huggingface (bar: {TIMES_BATCH:g})"
    report.check(ratio >= TIMES_BATCH, text)
    for name, tokenizer in (("vocab", words), ("none", pieces)):
        batch = tokenizer.encode_batch(lines, special=False)
        different = sum(
            row[: len(alone)].tolist() != alone.tolist() or len(alone) != size
            for line, row, size in zip(
                lines, batch["input_ids"], batch["attention_mask"].sum(axis=1), strict=True
            )
            for alone in [tokenizer.encode(line).ids]
        )
        report.check(
            not different, f"encode_batch, {name}: ids of encode but for {different} lines"
        )


def _tokenizers(args: argparse.Namespace) -> Iterator[tuple[str, Tokenize]]:
    for pre in ("vocab", "jieba", "none"):
        vocab = args.base if pre == "none" else args.vocab
        options = ["--pre", pre, "--vocab", vocab, "--format", "ids"]
        if pre == "jieba" and args.jieba_dict:
            options += ["--jieba-dict", args.jieba_dict]
        yield f"nlptools, {pre}", _maker(options)
    for peer, which in PEERS.items() if args.peer_python else ():
        if (peer.startswith("bert4keras") and not args.bert4keras) or peer in args.without:
            continue
        vocab = args.vocab if which == WORDS else args.base
        tail = [str(vocab), peer, *([str(args.bert4keras)] if "keras" in peer else [])]
        yield peer, peer_tokenizer(args.peer_python, tail)


def _maker(options: list[str | Path]) -> Tokenize:
    def make(name: str, text: Path, output: Path) -> Command:
        return nlptools(name, "tokenize", *options, text, "-o", output)

    return make


def peer_tokenizer(python: Path, tail: list[str]) -> Tokenize:
    """A peer in the Python that has it. tail: its vocabulary and name, for bert4keras its folder, too."""
    driver = HERE / "peers" / "bert_tokenize.py"

    def make(name: str, text: Path, output: Path) -> Command:
        return Command(name, [str(python), str(driver), str(text), str(output), *tail])

    return make


def _show(
    report: Report,
    results: list[Result],
    starts: list[Result],
    size: float,
    speeds: dict[str, float],
    outputs: dict[str, Path],
) -> None:
    rows = []
    for result, start in zip(results, starts, strict=True):
        name = result.command.name
        tokens = len(outputs[name].read_bytes().split())
        rows.append([name, len(result.samples), tokens, result.cpu, start.cpu])
        rows[-1] += [size / result.cpu, speeds[name], result.wall, result.rss / MB]
    header = ["tokenizer", "runs", "tokens", "CPU s", "start-up", "MB / CPU s"]
    report.table([*header, "without start-up", "wall s", "peak RSS MB"], rows)


def _check_speeds(report: Report, speeds: dict[str, float]) -> None:
    known = {name: speeds[name] for name in BASE if name in speeds}
    if known:
        fastest = max(known, key=known.__getitem__)
        ratio = speeds["nlptools, vocab"] / known[fastest]
        text = f"nlptools, vocab: {ratio:.2f} x {fastest} (bar: {TIMES_FASTEST:g})"
        report.check(ratio >= TIMES_FASTEST, text)
    for name, bar in (("bert4keras+rjieba", TIMES_RJIEBA),):
        if name in speeds:
            ratio = speeds["nlptools, jieba"] / speeds[name]
            report.check(ratio >= bar, f"nlptools, jieba: {ratio:.2f} x {name} (bar: {bar:g})")
