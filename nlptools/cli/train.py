"""`nlptools train`: corpus -> word model."""

from __future__ import annotations

from typing import Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    note_learnt,
    open_corpus,
    usage_errors,
    write,
)
from nlptools.cli.files import InputPath, OutputPath
from nlptools.cli.progress import watcher


@click.command(
    epilog="""\b
Examples:
  nlptools train news.txt -o news.model
  nlptools train forum/ --prior general -o forum.model
  nlptools train papers.txt --prior terms.txt -o papers.model
  nlptools train news.txt --segmented cut_by_hand.txt -o news.model
  nlptools train --engine spark --master yarn hdfs:///forum/ -o forum.model
  nlptools train papers.jsonl.gz --field text --granularity coarse -o papers.model.gz
"""
)
@options.corpus_argument
@click.option(
    "-o",
    "--output",
    type=OutputPath("default"),
    help="Model file to write instead of stdout; .nlpm: compact, .gz: packed text.",
)
@click.option(
    "--granularity",
    type=click.Choice(["coarse", "default", "fine"]),
    default="default",
    show_default=True,
    help="Longer or shorter words.",
)
@click.option(
    "--penalty",
    type=options.Numbers(most=3, least=-40),
    help="Penalty in nats for words of 2, 3, 4 characters, instead of a granularity; default is 2,7,12.",
)
@click.option(
    "--numerals",
    type=click.Choice(["keep", "split"]),
    default="keep",
    show_default=True,
    help="split: a numeral and a measure word are two words (三 年), as in the PKU, SXU and CTB corpora.",
)
@click.option(
    "--prior",
    "prior_file",
    type=InputPath("general", "raw"),
    help="Model or word list (with counts or without) to learn on top of, for a small corpus; general: the model of "
    "the package, raw: its model without a word list.",
)
@click.option(
    "--prior-weight",
    type=options.NumberOrAuto(),
    default="auto",
    show_default=True,
    help="How much its counts weigh; auto: by the sizes of both.",
)
@click.option(
    "--segmented",
    type=InputPath(),
    multiple=True,
    help="Text like the corpus that somebody has cut, words separated by spaces: by hand, or by another segmenter. "
    "Its words are counted and known. May be given several times.",
)
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=14_000_000,
    show_default=True,
    help="Learn from N characters, spread over a larger corpus.",
)
@options.reading_options
@options.machine_options
@options.engine_options
@options.work_option
@options.quiet_option
def train(
    paths: tuple[str, ...],
    output: str | None,
    prior_file: str | None,
    segmented: tuple[str, ...],
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    work: str | None,
    **settings: Any,
) -> None:
    """Learn the words of a corpus from raw text; the model segments any text like it.

    A unigram word model over all frequent substrings of up to four characters, by EM, and a
    regression on the characters around each gap, which teach each other. The model is a readable
    list: word, count, expected count as a word, weight.
    """
    if prior_file is None and settings["prior_weight"] is not None:
        raise click.UsageError("--prior-weight goes with --prior.")
    if settings["penalty"] is not None and len(settings["penalty"]) != 3:
        raise click.UsageError("--penalty needs three numbers, for words of 2, 3, 4 characters.")
    if (prior_file is not None or segmented) and settings["numerals"] == "split":
        raise click.UsageError("--numerals split goes with neither --prior nor --segmented.")
    check_engine(engine, paths)
    closing = Closing("train", quiet)
    reading: dict[str, Any] = {"encoding": encoding, "on_error": on_error, "field": field}
    reading |= {"column": column, "fold": fold}
    corpus: Any = None
    if engine == "local":
        corpus = open_corpus(paths, quiet, **reading)
    from nlptools.text.corpus import Corpus
    from nlptools.wordmodel.lists import count_segmented, load_prior
    from nlptools.wordmodel.room import SAMPLE, Learnt, room_within
    from nlptools.wordmodel.train import train_model

    if prior_file is not None:
        settings["prior"] = load_prior(prior_file)
    cut = Corpus(list(segmented), encoding="auto") if segmented else None
    watch = watcher(quiet)
    if engine == "spark":
        from nlptools.spark.train import train_with_spark

        del settings["workers"], settings["tmp_dir"]
        settings["segmented"] = None if cut is None else count_segmented(cut)
        settings |= reading | {"master": master, "conf": conf, "work": work}
        watch("reading", 1, 1)
        with usage_errors():
            model, report = train_with_spark(paths, watch=watch, **settings)
    else:
        model = train_model(corpus, segmented=cut, watch=watch, **settings)
        report = corpus.report
    watch("writing", 1, 1)
    if output is None:
        write([model.text()])
    else:
        model.save(output)
    made_by = {"granularity": model.settings["granularity"], "numerals": settings["numerals"]}
    if model.settings["fold"]:
        made_by["fold"] = "+".join(model.settings["fold"])
    if "prior" in model.settings:
        made_by["prior_weight"] = f"{model.settings['prior']['weight']:.3g}"
    room = room_within(settings["memory"], settings.get("workers"), settings["sample"])
    symbols, trained_on = model.settings["symbols"], model.settings["trained_on"]
    learnt = Learnt(
        trained_on, symbols, room.sample if room.sample < settings["sample"] else SAMPLE
    )
    if not quiet:
        note_learnt(learnt)
    results = [
        f"{model.settings['symbols']:,} Han characters",
        str(learnt),
        f"{len(model):,} words",
    ]
    closing.show(report, made_by, results)
