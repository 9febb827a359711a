"""Gold segmentations + raw text -> F1 of segment --method lm, by smoothing, order, sentences and weights."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from gold import Gold, segmented, write_raw
from report import Report

from nlptools.lm.model import LanguageModel
from nlptools.lm.smoothing import train_lm
from nlptools.ngrams.count import count_sentences
from nlptools.segmentation.evaluate import evaluate_segmentation
from nlptools.segmentation.tagger import ARTICLE_WEIGHTS, DEFAULT_WEIGHTS, TagCutter
from nlptools.text.corpus import Corpus

MB = 10**6
# (order, sentences, smoothing, prune)
MODELS: Sequence[tuple[int, str, str, tuple[int, ...] | None]] = (
    *((4, "clause", name, None) for name in ("kneser-ney", "witten-bell")),
    *((4, "clause", "ml", (0, least)) for least in (0, 1, 3, 7)),
    *((4, "clause", "kneser-ney", (0, least)) for least in (1, 3)),
    (4, "line", "kneser-ney", None),
    *((order, "clause", "kneser-ney", None) for order in (2, 3, 5, 6)),
)
# For the first of the models.
WEIGHTS: Sequence[tuple[float, ...]] = (
    (1.0, 1.0, 1.0, 1.0),
    (0.1, 0.01, 0.01, 0.001),
    ARTICLE_WEIGHTS,
    (0.2, 0.01, 0.01, 0.001),
    (0.15, 0.03, 0.01, 0.001),
    (0.15, 0.005, 0.01, 0.001),
    (0.2, 0.005, 0.005, 0.001),
    (0.25, 0.005, 0.005, 0.001),
    (0.2, 0.003, 0.003, 0.001),
    DEFAULT_WEIGHTS,
)
MOST = 200_000  # characters of a gold text; of a longer one every so many lines


def bench_tags(args: argparse.Namespace, report: Report, work: Path) -> None:
    golds = [_thinned(Gold.read(path)) for path in args.gold]
    tests = [Gold.read(path, " (test)") for path in args.test]
    every = [*golds, *tests]
    raw = write_raw(args.raw, every, work / "raw.txt", report)
    report.note(f"\nF1 of words, learnt from {raw.stat().st_size / MB:.1f} MB (inductive)")
    header = ["order", "sentences", "smoothing", "prune", "weights", *(g.name for g in every)]
    header.append("mean of the development sets")
    rows = []
    for number, how in enumerate(MODELS):
        model = _model(Corpus([raw]), *how)
        tried = (None, ARTICLE_WEIGHTS) if number else (None, *WEIGHTS)
        fitting = [w for w in tried if w is None or len(w) <= model.order]
        rows += [_row(how, weights, model, golds, tests) for weights in fitting]
    report.table(header, rows)
    for gold in every:
        report.note(f"\n{gold.name}: F1, learnt from its own raw text and --own (transductive)")
        own = [*(path.read_text("utf-8") for path in args.own), *gold.raw]
        own = [line.replace(" ", "") for text in own for line in text.split("\n")]
        rows = []
        for how in MODELS:
            model = _model(Corpus.from_texts(own), *how)
            for weights in (None, ARTICLE_WEIGHTS):
                if weights is None or len(weights) <= model.order:
                    rows.append(_row(how, weights, model, [gold], []))
        report.table([*header[:5], gold.name, ""], rows)
    cutter = TagCutter(_model(Corpus([raw]), *MODELS[0]))
    start = time.process_time()
    size = sum(len("".join(segmented(cutter, gold)).encode()) for gold in every)
    report.note(f"\nSpeed: {size / MB / (time.process_time() - start):.1f} MB per CPU s.")


def _model(
    corpus: Corpus, order: int, sentences: str, smoothing: str, prune: tuple[int, ...] | None
) -> LanguageModel:
    counts, appearance = count_sentences(corpus, order=order, sentences=sentences)
    return LanguageModel.from_trie(
        train_lm(counts, smoothing=smoothing, prune=prune, appearance=appearance)
    )


def _row(
    how: tuple[int, str, str, tuple[int, ...] | None],
    weights: tuple[float, ...] | None,
    model: LanguageModel,
    golds: Sequence[Gold],
    tests: Sequence[Gold],
) -> list[object]:
    cutter = TagCutter(model, weights=weights)
    order, sentences, smoothing, prune = how
    scores = [_f1(cutter, gold) for gold in [*golds, *tests]]
    mean = float(np.mean(scores[: len(golds)]))
    shown = "default" if weights is None else " ".join(f"{w:g}" for w in weights)
    pruned = "" if prune is None else ",".join(map(str, prune))
    return [order, sentences, smoothing, pruned, shown, *(f"{f:.4f}" for f in [*scores, mean])]


def _f1(cutter: TagCutter, gold: Gold) -> float:
    output = Corpus.from_texts(segmented(cutter, gold))
    return evaluate_segmentation(Corpus.from_texts(gold.lines), output).words.f1


def _thinned(gold: Gold) -> Gold:
    step = max(1, sum(map(len, gold.raw)) // MOST)
    return Gold(gold.name, gold.lines[::step], gold.raw[::step])
