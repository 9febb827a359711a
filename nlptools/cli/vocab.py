"""`nlptools vocab`: vocabularies for BERT with words in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    check_fields,
    encoded,
    note,
    open_corpus,
    output_file,
    usage_errors,
    write,
)
from nlptools.cli.embeddings import init_embeddings
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.vocabexport import export_vocab
from nlptools.cli.vocabextend import extend_vocab
from nlptools.cli.vocabmeasure import measure_vocab
from nlptools.errors import DataError

if TYPE_CHECKING:
    from nlptools.segmentation.segmenter import Segmenter
    from nlptools.text.corpus import Corpus
    from nlptools.text.reading import ReadReport
    from nlptools.vocab.build import VocabBuild
    from nlptools.vocab.wordcount import CorpusWords


@click.group()
def vocab() -> None:
    """Build vocabularies of words for BERT, extend those of language models, make the rows of a model for them."""


for _command in (init_embeddings, export_vocab, extend_vocab, measure_vocab):
    vocab.add_command(_command)


@vocab.command(
    epilog="""\b
Examples:
  nlptools vocab build dict.txt --base vocab.txt --words 20000 -o wobert.txt
  nlptools discover news/ | nlptools vocab build - --base vocab.txt --map map.json -o new.txt
  nlptools vocab build --corpus news/ --base vocab.txt --coverage 0.9999 --size 30000 -o new.txt
  nlptools vocab build forum.model --corpus forum/ --keep-base --base vocab.txt -o new.txt
  nlptools vocab build --corpus news/ --size 8000 --weights words.tsv --report report.json -o small.txt
  nlptools vocab build --engine spark --master yarn --corpus hdfs:///news/ --base vocab.txt --words 20000 -o new.txt
"""
)
@click.argument("lists", metavar="[WORDS]...", nargs=-1, type=InputPath())
@click.option(
    "--base",
    "base_file",
    type=InputPath(),
    help="vocab.txt to start from.  [default: signs, letters and the characters of the words]",
)
@click.option(
    "--keep-base/--no-keep-base",
    default=False,
    show_default=True,
    help="Leave the base as it is; else special tokens first, and none that BERT's rules never make.",
)
@click.option(
    "--corpus",
    "corpus_paths",
    multiple=True,
    type=InputPath(),
    help="Text: its words, if there are no WORDS; its characters; a part is held out for the report. May be given "
    "several times.",
)
@click.option(
    "--model",
    type=InputPath("general"),
    help="What finds the words of the corpus: a model of nlptools train, or a list of words with counts.  "
    "[default: the general model of the package]",
)
@click.option("--words", type=click.IntRange(min=0), help="How many words to add.  [default: all]")
@click.option("--size", type=click.IntRange(min=1), help="How many tokens in all.")
@click.option(
    "--coverage",
    type=options.Number(min=0, min_open=True, max=1),
    help="Add the most frequent characters, until the vocabulary has this share of those in the corpus.",
)
@click.option(
    "--prune/--no-prune",
    default=False,
    show_default=True,
    help="Leave out words that the other words spell as well.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    help="Least count; words without a count stay.  [default: none; 5 for the words of a corpus]",
)
@click.option(
    "--max-length",
    type=click.IntRange(min=1),
    help="Characters of a word, at most.",
)
@options.lower_option
@options.output_option
@click.option(
    "--map",
    "map_output",
    type=OutputPath(),
    help="File for what the tokens are made of, for init-embeddings; with --base.",
)
@click.option(
    "--weights",
    "weights_output",
    type=OutputPath(),
    help="File for the counts of the words, for tokenize --weights.",
)
@click.option(
    "--report",
    "report_output",
    type=OutputPath(),
    help="File for the report, as JSON, instead of a table on stderr.",
)
@options.reading_options
@options.workers_option
@options.engine_options
@options.work_option
@options.quiet_option
def build(
    lists: tuple[str, ...],
    base_file: str | None,
    corpus_paths: tuple[str, ...],
    model: str | None,
    output: str | None,
    map_output: str | None,
    weights_output: str | None,
    report_output: str | None,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    workers: int | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    work: str | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Build a vocabulary: the tokens of a base, then words by decreasing count.

    WORDS are lists of any kind: the output of discover, a model of train, a jieba dictionary, plain words; `-` is
    stdin. Several lists are merged; a word keeps its first count, and what a column `decision` rejects is left out.
    Without any the words are those of the corpus. What is added and left out, and how the vocabulary tokenizes, is said on stderr.
    """
    outputs = {
        "--output": output,
        "--map": map_output,
        "--weights": weights_output,
        "--report": report_output,
    }
    _check(lists, base_file, corpus_paths, model, map_output, settings)
    if engine == "spark" and not corpus_paths:
        raise click.UsageError("--engine spark counts a corpus: give --corpus FILE.")
    check_engine(engine, corpus_paths)
    closing = Closing("vocab build", quiet)
    from nlptools.vocab.build import make_vocab
    from nlptools.vocab.report import report_vocab
    from nlptools.vocab.vocab import load_vocab

    base = load_vocab(base_file) if base_file is not None else None
    if base is not None:
        _ = base.unknown  # what is wrong with it is said before the corpus is read
    listed = _read_lists(lists, quiet) if lists else {}
    corpus: Corpus | CorpusWords | None = None
    read: Corpus | ReadReport | None = None
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    cutter = _cutter(model) if corpus_paths and not lists else None
    if engine == "spark":
        check_fields(field, column)
        spark = {"master": master, "conf": conf, "work": work, **reading}
        corpus, read = _spread(corpus_paths, cutter, settings, fold=fold, **spark)
    elif corpus_paths:
        corpus = open_corpus(corpus_paths, quiet, then="choosing words", fold=fold, **reading)
        read = corpus
    made = make_vocab(listed, base=base, corpus=corpus, model=cutter, workers=workers, **settings)
    report = report_vocab(made, made.counted)
    pieces: dict[str, Iterator[str]] = {
        "--map": _map_pieces(made),
        "--weights": made.weight_lines(),
        "--report": report.as_json(),
        "--output": made.vocab.lines(),
    }
    _deliver_all({name: (path, pieces[name]) for name, path in outputs.items()})
    if not quiet:
        for problem in report.problems:
            note(f"{problem}.")
    if not quiet and report_output is None:
        for text in report.as_text():
            note(text.removesuffix("\n"))
    if not quiet and (short := shortfall(made, settings)):
        note(short)
    _close(closing, read, made, settings | {"engine": engine})


def shortfall(made: VocabBuild, settings: Mapping[str, Any]) -> str:
    """Why there are fewer tokens, or words, than were asked for, and what would give more; "" where there are as many."""
    asked, got, option = settings["size"], len(made.vocab), "--size"
    if settings["words"] is not None:
        asked, got, option = settings["words"], len(made.words), "--words"
    if asked is None or got >= asked or made.beyond:
        return ""
    gone = {
        "too seldom for --min-count": made.rare,
        "too long for --max-length": made.long,
        "spelled as well by others (--prune)": len(made.redundant),
        "no tokens": len(made.refused),
    }
    left = [f"{text} {number:,}" for text, number in gone.items() if number]
    more = f" Left out: {', '.join(left)}." if left else ""
    return (
        f"{got:,} of {asked:,} ({option}): every word there is was added.{more} "
        "More text, or another word list, gives more."
    )


def _spread(
    paths: tuple[str, ...], cutter: Segmenter | None, settings: dict[str, Any], **how: Any
) -> tuple[CorpusWords, ReadReport]:
    """Count the corpus with Spark; of its words those that a vocabulary with these settings asks for."""
    from nlptools.spark.vocab import count_corpus_with_spark
    from nlptools.vocab.build import check_words, least_count

    wanted: dict[str, Any] = {"lower": settings["lower"]}
    if cutter is not None:
        wanted["least"] = least_count(settings["min_count"])
        if settings["max_length"] is not None:
            wanted["longest"] = settings["max_length"]
    with usage_errors():
        counted, report = count_corpus_with_spark(paths, cutter, **wanted, **how)
    if cutter is not None:
        check_words(counted, paths[0])
    return counted, report


def _check(
    lists: tuple[str, ...],
    base: str | None,
    corpus: tuple[str, ...],
    model: str | None,
    map_output: str | None,
    settings: dict[str, Any],
) -> None:
    """Options that clash."""
    if not lists and not corpus:
        raise click.UsageError("Nothing to take words from: give WORDS, or --corpus FILE.")
    if settings["words"] is not None and settings["size"] is not None:
        raise click.UsageError("--words and --size exclude each other.")
    if settings["coverage"] is not None and not corpus:
        raise click.UsageError("--coverage is that of a corpus: give --corpus FILE.")
    if model is not None and (lists or not corpus):
        raise click.UsageError("--model finds the words of a --corpus, without WORDS.")
    if map_output is not None and base is None:
        raise click.UsageError("--map goes with --base.")
    if settings["keep_base"] and base is None:
        raise click.UsageError("--keep-base goes with --base.")


def _read_lists(lists: tuple[str, ...], quiet: bool) -> dict[str, float | None]:
    from nlptools.text.wordlists import merge_words

    if "-" in lists:  # says what is wrong with stdin
        open_corpus(("-",), quiet, field=None, column=None)
    found = merge_words(lists)
    if not found:
        raise DataError(lists[0], None, "no words", "nothing to build a vocabulary from")
    return found


def _cutter(model: str | None) -> Segmenter:
    from nlptools.segmentation.segmenter import Segmenter

    return Segmenter.load(model)


def _map_pieces(made: VocabBuild) -> Iterator[str]:
    from nlptools.vocab.map import map_pieces

    if made.map is not None:
        yield from map_pieces(made.map)


def _deliver_all(outputs: dict[str, tuple[str | None, Iterator[str]]]) -> None:
    """Files that appear together, when all are complete; what has no file goes to stdout, if it is the vocabulary."""
    with contextlib.ExitStack() as stack:
        for name, (path, pieces) in outputs.items():
            if path is not None:
                stream = stack.enter_context(output_file(path))
                for piece in pieces:
                    stream.write(encoded(piece))
            elif name == "--output":
                write(pieces)


def _close(
    closing: Closing,
    read: Corpus | ReadReport | None,
    made: VocabBuild,
    settings: dict[str, Any],
) -> None:
    kept = len(made.vocab) - len(made.characters) - len(made.words)
    base = "none" if made.base is None else "whole" if settings["keep_base"] else "reduced"
    made_by = {"base": base, "prune": "yes" if settings["prune"] else "no"}
    for name in ("coverage", "min_count", "max_length"):
        if settings[name] is not None:
            made_by[name] = f"{settings[name]:g}"
    if not settings["lower"]:
        made_by["lower"] = "no"
    if settings["engine"] != "local":
        made_by["engine"] = settings["engine"]
    parts = [
        f"{kept:,} tokens before",
        f"{len(made.characters):,} characters",
        f"{len(made.words):,} words",
        f"{len(made.vocab):,} tokens",
    ]
    closing.show(read, made_by, parts)
