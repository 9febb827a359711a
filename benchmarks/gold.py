"""Gold segmentations + raw text -> F1 of nlptools, of classical methods and of jieba, scored in one run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import texts
from measure import interleaved
from overlap import Passages
from report import Report
from segmenting import PEER_NAMES, jieba_dictionary, peer_command

from nlptools.discovery.discover import discover_words
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts
from nlptools.segmentation.baselines import BranchingCutter, PmiCutter
from nlptools.segmentation.evaluate import PROTOCOLS, Evaluation, evaluate_segmentation
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.segmentation.tokens import Cutter
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.adapt import adapt_model
from nlptools.wordmodel.model import general_model
from nlptools.wordmodel.train import train_model

MB = 10**6
RAW, OWN = "raw text (inductive)", "own text (transductive)"
GENERAL, RAW_MODEL, DICTIONARY = "general model", "raw model", "dictionary"


@dataclass
class Gold:
    """A gold segmentation. lines: words separated by spaces; raw: the same without the spaces.

    results: (method, what it learnt from, CPU seconds of that or "-", scores).
    """

    name: str
    lines: list[str]
    raw: list[str]
    results: list[tuple[str, str, float | str, Evaluation]] = field(default_factory=list)

    @staticmethod
    def read(path: Path, mark: str = "") -> Gold:
        """A file, also a compressed one; mark: after its name in the tables."""
        lines = [line for line in "".join(_blocks(path)).splitlines() if line.strip()]
        raw = ["".join(line.split()) for line in lines]
        return Gold(path.name.partition(".")[0] + mark, lines, raw)

    def score(self, method: str, source: str, cpu: float | str, output: Sequence[str]) -> None:
        """Score the lines that a method gave back."""
        found = evaluate_segmentation(Corpus.from_texts(self.lines), Corpus.from_texts(output))
        self.results.append((method, source, cpu, found))
        print(f"  {self.name}, {method} ({source}): {found.words.f1:.4f}", file=sys.stderr)


def bench_gold(args: argparse.Namespace, report: Report, work: Path) -> None:
    golds = [Gold.read(path) for path in args.gold]
    golds += [Gold.read(path, " (test)") for path in args.test]
    raw = write_raw(args.raw, golds, work / "raw.txt", report)
    some = raw
    if raw.stat().st_size > args.most_raw:
        some, _ = texts.write_mixed([raw], work / "mixed", args.most_raw)

    def learn(method: str, make: Callable[[], Cutter], *, source: str = RAW) -> None:
        """Score one segmenter on every gold text."""
        cutter, cpu = _timed(make)
        for gold in golds:
            gold.score(method, source, cpu if source == RAW else "-", segmented(cutter, gold))

    def learn_own(method: str, make: Callable[[Corpus], Cutter]) -> None:
        """Score a segmenter for each gold text that learns from its raw side."""
        for gold in golds:
            cutter, cpu = _timed(lambda gold=gold: make(Corpus.from_texts(gold.raw)))
            gold.score(method, OWN, cpu, segmented(cutter, gold))

    learn("nlptools", lambda: _trained(Corpus([raw])))
    learn("nlptools", Segmenter.load, source=GENERAL)
    learn("nlptools, --model raw", lambda: Segmenter.load("raw"), source=RAW_MODEL)
    learn_own("nlptools, --adapt", _adapted)
    learn_own("nlptools", _trained)
    for least in (1, 5):
        learn(
            f"PMI cut, count {least}",
            lambda least=least: PmiCutter(_counts(raw, 2), min_count=least),
        )
    learn(f"nVBE, {some.stat().st_size / MB:.3g} MB", lambda: BranchingCutter(_counts(some, 5)))
    learn("6920, maximum probability", lambda: _words_6920(raw))
    if args.jieba:
        dictionary = jieba_dictionary(args.jieba)
        for how, name in PEER_NAMES.items():
            for gold in golds:
                output = _jieba(args.jieba, gold, how, work, report)
                gold.score(name.format("jieba"), DICTIONARY, "-", output)
        learn("nlptools, jieba's dictionary", lambda: Segmenter.load(dictionary), source=DICTIONARY)
    _show(report, golds)


def _timed(make: Callable[[], Cutter]) -> tuple[Cutter, float]:
    """What is made, and the CPU seconds of all threads that it took."""
    start = time.process_time()
    made = make()
    return made, time.process_time() - start


def segmented(cutter: Cutter, gold: Gold) -> list[str]:
    return "".join(segment_corpus(Corpus.from_texts(gold.raw), cutter)).splitlines()


def _trained(corpus: Corpus, **options: object) -> Segmenter:
    return Segmenter.from_model(train_model(corpus, **options))


def _counts(path: Path, order: int) -> NgramCounts:
    # Without runs of letters and digits, which raises F1 on development sets, that of nVBE by .04.
    return count_ngrams(Corpus([path]), order=order, latin="break")


def _adapted(corpus: Corpus) -> Segmenter:
    model = adapt_model(corpus, general_model())
    assert model is not None
    return Segmenter.from_model(model)


def _words_6920(path: Path) -> Segmenter:
    """The words of the method pmi and the single characters, by how often they were cut out."""
    words = discover_words(Corpus([path]), method="pmi", min_length=1, background=None)
    return Segmenter.from_counts(dict(zip(words.words, words.scores.tolist(), strict=True)))


def _jieba(python: Path, gold: Gold, how: str, work: Path, report: Report) -> list[str]:
    text, output = work / "gold.txt", work / "jieba.txt"
    text.write_text("".join(f"{line}\n" for line in gold.raw), encoding="utf-8")
    name = f"{PEER_NAMES[how].format('jieba')}, {gold.name}"
    report.add(interleaved([peer_command("jieba", python, how, name, text, output)], 1))
    return output.read_text(encoding="utf-8").splitlines()


# --- raw text ---------------------------------------------------------------------------------


def _blocks(path: Path) -> Iterator[str]:
    return (block.text for block in Corpus([path]).blocks())


def write_raw(paths: Sequence[Path], golds: Sequence[Gold], target: Path, report: Report) -> Path:
    """All raw text without the passages of the gold texts; tables of what was removed."""
    passages = [Passages("\n".join(gold.raw)) for gold in golds]
    known = np.unique(np.concatenate([gold.all() for gold in passages]))
    seen = np.zeros(len(known), bool)
    rows = []
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for path in paths:
            size, clauses, removed = 0, 0, 0
            for text in _blocks(path):
                if ".seg." in path.name:
                    text = text.replace(" ", "")
                part = Passages(text)
                mask, found = part.among(known)
                seen[np.searchsorted(known, found)] = True
                size += len(text.encode())
                clauses += len(part)
                removed += int(np.count_nonzero(mask))
                file.write(part.without(mask))
            file.write("\n")
            rows.append([path.name, size / MB, clauses, removed, _percent(removed, clauses)])
    report.table(["raw text", "MB", "clauses", "removed", ""], rows)
    rows = []
    for gold, part in zip(golds, passages, strict=True):
        found = int(np.count_nonzero(part.among(known[seen])[0]))
        words = sum(len(line.split()) for line in gold.lines)
        rows.append([gold.name, len(gold.lines), words, len(part), found])
        rows[-1].append(_percent(found, len(part)))
    report.table(["gold text", "lines", "words", "clauses", "were in the raw text", ""], rows)
    return target


def _percent(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.1%}"


# --- tables -----------------------------------------------------------------------------------


def _show(report: Report, golds: Sequence[Gold]) -> None:
    report.note(f"Words: {PROTOCOLS['spans']}. Boundaries: between Han characters.")
    for gold in golds:
        report.note(f"\n{gold.name}")
        rows = []
        for method, source, cpu, found in gold.results:
            words = found.words
            figures = (words.precision, words.recall, words.f1, found.boundaries.f1)
            rows.append([method, source, *(f"{value:.4f}" for value in figures), cpu])
        header = ["method", "learnt from", "P", "R", "F1", "boundary F1", "CPU s to learn"]
        report.table(header, rows)
    report.note("\nF1 of words")
    rows = [
        [*first[:2], *(f"{gold.results[number][3].words.f1:.4f}" for gold in golds)]
        for number, first in enumerate(golds[0].results)
    ]
    report.table(["method", "learnt from", *(gold.name for gold in golds)], rows)
