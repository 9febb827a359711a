"""Texts and tokenizer.json files -> what `vocab extend` makes of them, by words and merges, beside continued BPE.

The first part of each text is learnt from, the last one held out, without the lines that the first has too. What the
new tokenizers do is counted by cuts.py, with the library tokenizers alone.
"""

from __future__ import annotations

import argparse
import itertools
import random
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cuts import Cut, cut, load, new_tokens
from measure import HERE, Command, Result, interleaved, nlptools
from report import Report

from nlptools.text.corpus import Corpus

WAYS = ("words", "merges", "both", "bpe")
CHAINS = "words as merges"
NAMES = {"bpe": "continued BPE", CHAINS: CHAINS}
_OTHER_LINES = 100_000
_ROUND_TRIPS = 10_000
_AWKWARD = 100_000  # bytes of each file
_PEER = HERE / "peers" / "appended_merges.py"


@dataclass(frozen=True)
class Text:
    """A text in two parts. learn: a file of what is learnt from; rest: all lines that are not held out."""

    name: str
    learn: Path
    held: list[str]
    rest: list[str]
    words: Path


def bench_extend(args: argparse.Namespace, report: Report, work: Path) -> None:
    bases = dict(one.split("=", 1) for one in args.tokenizer)
    report.name = f"extend {' '.join(path.name for path in args.texts)}, {' '.join(bases)}"
    texts = [_parted(path, args, report, work) for path in args.texts]
    others = [
        _parted(path, args, report, work) if path not in args.texts else None for path in args.other
    ]
    found: list[list[object]] = []
    proofs: list[list[object]] = []
    trips: list[list[object]] = []
    for name, file in bases.items():
        for number, text in enumerate(texts):
            made = _extended(name, Path(file), text, args, report, work)
            before = load(Path(file))
            for way, (path, result) in made.items():
                after = load(path)
                new = _looked_for(way, path, before, after)
                on_held = cut(before, after, text.held, new)
                found.append([name, text.name, *_row(way, on_held, result)])
                print(found[-1], file=sys.stderr)
                if way == "bpe" or number >= args.proofs:
                    continue
                rest = [t for t in [*texts, *filter(None, others)] if t.name != text.name]
                lines = _lines_of(rest, _OTHER_LINES)
                proofs.append([name, text.name, way, *_proof(cut(before, after, lines, new))])
                print(proofs[-1], file=sys.stderr)
                if way in ("words", "both"):
                    trip = _round_trips(args.awkward, lines)
                    for kind, some in trip.items():
                        row = _trip(cut(before, after, some, new))
                        trips.append([name, text.name, way, kind, *row])
            shutil.rmtree(work / "made")
    _show(found, proofs, trips, report)


def _parted(path: Path, args: argparse.Namespace, report: Report, work: Path) -> Text:
    """The lines of a text, the first and the last MB of them; and the words of the first."""
    name = path.name.partition(".")[0]
    lines = [line for batch in Corpus([path]).documents() for line in batch.texts if line.strip()]
    sizes = [len(line.encode()) + 1 for line in lines]
    start, room = len(lines), args.held
    while start and room > 0:
        start -= 1
        room -= sizes[start]
    held = lines[start:]
    known, learnt, room = set(held), [], args.learn
    for line, size in zip(lines[:start], sizes, strict=False):
        if line in known:
            continue
        room -= size
        if room < 0:
            break
        learnt.append(line)
    learn, words = work / f"{name}.txt", work / f"{name}.words.tsv"
    learn.write_text("".join(f"{line}\n" for line in learnt), "utf-8", newline="\n")
    if path in args.texts:
        command = nlptools(f"discover --all, {name}", "discover", "-q", "--all", learn, "-o", words)
        report.add(interleaved([command], 1))
    report.note(
        f"{name}: learnt from the first {learn.stat().st_size / 1e6:.1f} MB, {len(learnt):,} lines; held out the last "
        f"{sum(sizes[start:]) / 1e6:.1f} MB, {len(held):,} lines, none of which is among the others."
    )
    return Text(name, learn, held, lines[:start], words)


# --- the tokenizers ----------------------------------------------------------------------------


def _extended(
    name: str, base: Path, text: Text, args: argparse.Namespace, report: Report, work: Path
) -> dict[str, tuple[Path, Result]]:
    """Way -> tokenizer.json and what it took."""
    folder = work / "made"
    folder.mkdir()
    made = {}
    for way in args.ways:
        path = folder / way
        title = f"{name}, {text.name}, {NAMES.get(way, way)}"
        if way in NAMES:
            how, source = ("bpe", text.learn) if way == "bpe" else ("chains", folder / "added.txt")
            if way != "bpe":
                _write_words(folder / "words" / "tokenizer.json", base, source)
            path = folder / f"{how}.json"
            line = [how, base, source, args.add, path]
            command = Command(title, [sys.executable, str(_PEER), *map(str, line)])
        else:
            options = ["--base", base, "--add", str(args.add), "--by", way, "--corpus", text.learn]
            command = nlptools(
                title, "vocab", "extend", "-q", text.words, *options, "--min-saving", "10",
                "-o", path,
            )  # fmt: skip
        (result,) = interleaved([command], 1)
        report.add([result])
        made[way] = path, result
    return made


def _write_words(path: Path, base: Path, output: Path) -> None:
    words = new_tokens(load(base), load(path))
    output.write_text("\n".join(words), "utf-8", newline="\n")


def _looked_for(way: str, path: Path, before: object, after: object) -> dict[str, int]:
    """The new tokens; of words put in as merges those that are words, and not what is on the way to them."""
    new = new_tokens(before, after)
    if way != CHAINS:
        return new
    words = path.parent.joinpath("added.txt").read_text("utf-8").split("\n")
    return {word: new[word] for word in words if word in new}


# --- the texts ---------------------------------------------------------------------------------


def _lines_of(texts: Sequence[Text], number: int) -> list[str]:
    """Lines of all, as many bytes of each as of the others: the held-out parts and then the others."""
    pools = [itertools.chain(text.held, text.rest) for text in texts]
    sizes, found = [0] * len(pools), []
    while pools and len(found) < number:
        least = sizes.index(min(sizes))
        line = next(pools[least], None)
        if line is None:
            del pools[least], sizes[least]
            continue
        sizes[least] += len(line.encode())
        found.append(line)
    return found


def _round_trips(awkward: Sequence[Path], lines: Sequence[str]) -> dict[str, list[str]]:
    """Lines of odd files, as UTF-8 whatever they are, and some of the others."""
    found: dict[str, list[str]] = {}
    files = [file for path in awkward for file in ([path] if path.is_file() else path.rglob("*"))]
    odd: list[str] = []
    for file in sorted(files):
        if file.is_file():
            with file.open("rb") as stream:
                odd += stream.read(_AWKWARD).decode("utf-8", "replace").split("\n")
    if odd:
        found["awkward files"] = odd
    found["other text"] = random.Random(1).sample(lines, min(_ROUND_TRIPS, len(lines)))
    return found


# --- the tables --------------------------------------------------------------------------------


def _row(way: str, one: Cut, result: Result) -> list[object]:
    saved = f"{100 * (1 - one.after / one.before):.2f} %"
    rates = [one.characters / one.before, one.characters / one.after, saved]
    bare = f"{one.same:,} of {one.without:,}"
    return [
        NAMES.get(way, way), *rates, bare, one.found, _share(one.whole, one.found), result.cpu,
        *one.seconds,
    ]  # fmt: skip


def _proof(one: Cut) -> list[object]:
    return [one.lines, one.without, one.same, one.found, _share(one.whole, one.found), one.decoded]


def _trip(one: Cut) -> list[object]:
    return [one.lines, one.decoded, *one.given_back]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _show(
    found: Sequence[Sequence[object]],
    proofs: Sequence[Sequence[object]],
    trips: Sequence[Sequence[object]],
    report: Report,
) -> None:
    report.note(
        "\nHeld-out text: characters a token before and after, tokens saved; lines without the text of a new token, "
        "and those of them with their ids; where new tokens' text stands, and the share of it that is one token; CPU "
        "seconds of making the tokenizer, and of encoding the held-out text before and after."
    )
    report.table(
        [
            "tokenizer", "text", "new tokens", "before", "after", "saved", "same ids", "found",
            "whole", "CPU s", "encode s", "after",
        ],
        found,
    )  # fmt: skip
    if proofs:
        report.note(
            "\nOther text, the rest of the texts together: lines without the text of a new token, and those of "
            "them with their ids; all lines that are decoded as before."
        )
        header = ["tokenizer", "text", "new tokens", "lines", "without", "same ids", "found"]
        report.table([*header, "whole", "decoded"], proofs)
    if trips:
        report.note(
            "\nRound trips: lines that are decoded as before, that the base gives back as they are, and the extended one."
        )
        header = ["tokenizer", "text", "new tokens", "lines of", "lines", "as before"]
        report.table([*header, "back, base", "back, extended"], trips)
    for row in proofs:
        if row[2] != CHAINS:
            good = row[4] == row[5] and row[3] == row[8]
            report.check(good, f"{row[0]}, {row[1]}, {row[2]}: other text has the ids it had")
    for row in found:
        if row[2] == "words":
            report.check(row[8] == "100.00 %", f"{row[0]}, {row[1]}: every added word is whole")
