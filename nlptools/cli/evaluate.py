"""`nlptools evaluate`: gold and predicted segmentation -> precision, recall, F1, errors."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, open_corpus, write
from nlptools.cli.files import InputPath
from nlptools.errors import DataError

if TYPE_CHECKING:
    from nlptools.segmentation.evaluate import Evaluation
    from nlptools.text.corpus import Corpus


@click.command(
    epilog="""\b
Examples:
  nlptools evaluate gold.txt predicted.txt
  nlptools evaluate pku_test_gold.utf8 mine.txt --protocol sighan --known pku_training_words.utf8
  nlptools evaluate gold.txt.xz - --format tsv -q < predicted.txt
"""
)
@click.argument("gold", type=InputPath())
@click.argument("predicted", type=InputPath())
@click.option(
    "--protocol",
    type=click.Choice(["spans", "sighan"]),
    default="spans",
    show_default=True,
    help="A word is right when both its ends are (spans), or when diff finds it in its line, as the "
    "script of the SIGHAN bakeoff does.",
)
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=InputPath(),
    help="Word list (plain, jieba, vocab.txt) of the training text: rate and recall of OOV words. "
    "May be given several times.",
)
@click.option(
    "--format",
    "how",
    type=click.Choice(["text", "json", "tsv"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@options.decoding_options
@options.field_options
@options.quiet_option
def evaluate(
    gold: str,
    predicted: str,
    protocol: str,
    known_files: tuple[str, ...],
    how: str,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    quiet: bool,
) -> None:
    """Score a word segmentation against gold.

    GOLD and PREDICTED are the same text, words separated by white space, sentences on lines. One of
    them may be `-`, stdin. --field and --column are for both. Prints precision, recall and F1 of all words, of words made of Han
    characters and of the boundaries between those, the kinds of errors, and recall by word length.
    """
    closing = Closing("evaluate", quiet)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    ours = open_corpus((gold,), quiet, **reading)
    theirs = open_corpus((predicted,), quiet, **reading)
    from nlptools.segmentation.evaluate import evaluate_segmentation
    from nlptools.text.wordlists import read_words

    known = read_words(known_files, encoding="auto") if known_files else set()
    if known_files and not known:
        raise DataError(known_files[0], None, "no words", "--known names a word list")
    result = evaluate_segmentation(ours, theirs, known=known, protocol=protocol)
    write(_FORMATS[how](result))
    results = [
        f"{result.words.gold:,} gold words",
        f"{result.words.predicted:,} predicted words",
        f"F1 {_ratio(result.words.f1)}",
    ]
    closing.show(_both(ours, theirs), {"protocol": protocol}, results)


def _both(gold: Corpus, predicted: Corpus) -> Corpus:
    """The predicted corpus, its report being that of both files, for the closing line."""
    report, other = predicted.report, gold.report
    report.bytes += other.bytes
    report.characters += other.characters
    report.replaced += other.replaced
    report.skipped_lines += other.skipped_lines
    report.encodings |= other.encodings
    return predicted


def _text(result: Evaluation) -> Iterator[str]:
    from nlptools.segmentation.evaluate import PROTOCOLS

    yield f"protocol: {result.protocol} ({PROTOCOLS[result.protocol]})\n\n"
    yield _table(
        ["", "gold", "predicted", "right", "precision", "recall", "F1"],
        [
            [name, of.gold, of.predicted, of.right, of.precision, of.recall, of.f1]
            for name, of in (
                ("words", result.words),
                ("Han words", result.han_words),
                ("boundaries", result.boundaries),
            )
        ],
    )
    yield "\n"
    yield _table(
        ["errors by place", "words", "of predicted"],
        [[name, number, number / result.words.predicted] for name, number in result.errors.items()],
    )
    yield "\n"
    yield _table(
        ["gold words by length", "gold", "right", "recall"],
        [[length, part.gold, part.right, part.recall] for length, part in result.by_length.items()],
    )
    if result.oov is not None and result.iv is not None:
        yield "\n"
        yield _table(
            ["known words", "gold", "of gold", "right", "recall"],
            [
                [name, part.gold, part.gold / result.words.gold, part.right, part.recall]
                for name, part in (("OOV", result.oov), ("IV", result.iv))
            ],
        )


def _table(header: Sequence[str], rows: Sequence[Sequence[str | int | float]]) -> str:
    """Aligned columns, the first to the left."""
    cells = [header, *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + "\n"
        for row in cells
    )


def _cell(value: str | int | float) -> str:
    if isinstance(value, float):
        return _ratio(value)
    return f"{value:,}" if isinstance(value, int) else value


def _ratio(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"


def _json(result: Evaluation) -> Iterator[str]:
    """One object; JSON has no NaN: null."""

    def rounded(value: str | int | float) -> str | int | float | None:
        if isinstance(value, float):
            return None if math.isnan(value) else round(value, 4)
        return value

    row = {name: rounded(value) for name, value in result.measures().items()}
    yield json.dumps(row, ensure_ascii=False, indent=2) + "\n"


def _tsv(result: Evaluation) -> Iterator[str]:
    yield "measure\tvalue\n"
    for name, value in result.measures().items():
        yield f"{name}\t{f'{value:.4f}' if isinstance(value, float) else value}\n"


_FORMATS = {"text": _text, "json": _json, "tsv": _tsv}
