"""Text + lexicons -> which of their entries `discover` lists, by length, and what it lists besides."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import references
from measure import interleaved, nlptools
from report import Report

from nlptools.text.corpus import Corpus
from nlptools.usage.matcher import Matcher

LEAST = 20  # occurrences of an entry that is asked for
LENGTHS = (range(2, 3), range(3, 4), range(4, 5), range(5, 9))
CUTS = (100, 300, 500, 1000, 2000, 5000)
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
