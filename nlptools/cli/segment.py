"""`nlptools segment`: text -> the same text with its words separated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    check_engine,
    check_folder,
    deliver,
    files_made,
    folder_name,
    given_options,
    note,
    open_corpus,
    open_stream,
    usage_errors,
)
from nlptools.cli.files import InputPath
from nlptools.cli.progress import watcher, wipe
from nlptools.cli.records import container, ended, into_option
from nlptools.errors import DataError, cut, listed
from nlptools.segmentation.methods import METHODS, MODES, NUMERALS, open_cutter, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlptools.segmentation.tokens import Cutter
    from nlptools.segmentation.userwords import UserWordCount
    from nlptools.text.corpus import Corpus

BLOCK = (
    1 << 19
)  # bytes of text: of 2**20 the arrays leave the cache, and twice as many pages are asked for
FEW_WORDS = 500  # a list as short as that is a user's, not one to cut a text by
_PRODUCT = "; ".join(f"{m.name}: {m.about}" for m in METHODS.values() if not m.reference)
_REFERENCES = ", ".join(f"{m.name} {m.about}" for m in METHODS.values() if m.reference)


@click.command(
    epilog="""\b
Examples:
  echo 今天天气非常好 | nlptools segment
  nlptools segment --model forum.model posts.txt > words.txt
  nlptools segment novel.txt > words.txt
  nlptools segment --words userdict.txt posts.txt > words.txt
  nlptools segment --model dict.txt --format jsonl posts.txt
  nlptools segment --field text docs.jsonl.zst -o out.jsonl.zst
  tail -f log | nlptools segment --mode search
  nlptools segment --engine spark --master yarn hdfs:///posts/ -o hdfs:///posts.words
  nlptools lm train --sentences clause posts.txt -o posts.lm
  nlptools segment --method lm --model posts.lm posts.txt
  nlptools count --latin break posts.txt -o posts.counts
  nlptools segment --method nvbe --counts posts.counts posts.txt
"""
)
@options.corpus_argument
@click.option(
    "--model",
    type=InputPath("general", "raw"),
    help="Model of nlptools train, or a list of words with counts (jieba dictionary, output of "
    "discover); for --method lm a model of nlptools lm train, or ARPA; raw: the model of the package that was learnt "
    "without a dictionary.  [default: general, the model of the package]",
)
@click.option(
    "--words",
    "word_lists",
    multiple=True,
    type=InputPath(),
    help="Words of your own, on top of the model or of any method: a list of any kind (a word a line, jieba, HanLP, "
    "Rime, TSV, CSV, JSON Lines). They win, whatever counts stand beside them; words with the count 0, and those that a column "
    "`decision` rejects, are left out. May be given several times.",
)
@click.option(
    "--granularity",
    type=click.Choice(["coarse", "default", "fine"]),
    help="Longer or shorter words.  [default: as the model was trained]",
)
@click.option(
    "--adapt/--no-adapt",
    default=None,
    help="Learn the words of the text first, on top of the model; reads the files twice.  "
    "[default: for files of 20,000 Han characters and more that are cut by the general model]",
)
@click.option(
    "--numerals",
    type=click.Choice(NUMERALS),
    default="auto",
    show_default=True,
    help="keep: a number and a unit of time are one word (1998年, 三月); split: two words, and so is a number with "
    "any measure word; auto: as the model has it, where the number has one character, and else two.",
)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default="model",
    show_default=True,
    help=f"{_PRODUCT}. To compare with: {_REFERENCES}.",
)
@click.option(
    "--weights",
    type=options.Numbers(most=6, least=0),
    help="For the method lm: of the second, third, ... character of a word, the last of all later ones.  "
    "The article has 0.15,0.01,0.01,0.001.  [default: 0.17,0.005,0.003,0.001]",
)
@click.option(
    "--counts",
    "counts_file",
    type=InputPath(),
    help="Counts file of a corpus (nlptools count), for the methods pmi and nvbe.",
)
@click.option(
    "--separator",
    type=options.TextParam(),
    default=" ",
    show_default="a space",
    help="Between words.",
)
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="default",
    show_default=True,
    help="search: before each word those of the word list inside it, short ones first, for the index of a search "
    "engine; with --format jsonl their offsets too.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "jsonl"]),
    default="text",
    show_default=True,
    help="jsonl: an object for each line, with words and their offsets in characters; in a record these instead of a "
    "text with separators.",
)
@into_option
@options.folder_output_option
@options.lookup_option("all three")
@options.decoding_options
@options.field_options
@options.workers_option
@options.engine_options
@options.quiet_option
def segment(
    paths: tuple[str, ...],
    model: str | None,
    word_lists: tuple[str, ...],
    granularity: str | None,
    adapt: bool | None,
    numerals: str,
    method: str,
    weights: tuple[float, ...] | None,
    counts_file: str | None,
    separator: str,
    mode: str,
    format: str,
    into: str | None,
    output: str | None,
    fold: tuple[str, ...] | None,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    workers: int | None,
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    quiet: bool,
) -> None:
    """Separate the words of a text.

    The output has the same lines; records are written as they stand, with the words in a field of their own. Letters and digits in a row are one word, with the signs of numbers, dates, codes
    and addresses (1/3, 10:30, GPT-4); a numeral of Han characters is cut nowhere; a repeated mark is one word, any other
    character that is not Han is one.
    """
    asked: dict[str, Any] = {
        "model": model,
        "counts": counts_file,
        "granularity": granularity,
        "weights": weights,
        "fold": fold,
    }
    asked = {name: value for name, value in asked.items() if value is not None}
    also = {"adapt": adapt, "mode": mode == "search"}
    given = asked | {name: True for name, wanted in also.items() if wanted}
    for problem in problems(method, given, "--{}".format):
        raise click.UsageError(f"{problem}.")
    _check_output(separator, format)
    check_engine(engine, paths)
    if engine == "spark":
        _check_spark(bool(adapt), output)
    fields = field is not None or column is not None
    named = folder_name(output) if engine == "spark" else output
    records = container(named, into, objects=fields and format == "jsonl")
    closing = Closing("segment", quiet)
    corpus: Any = None
    if engine == "local":
        corpus = open_stream(
            paths,
            quiet,
            output,
            encoding=encoding,
            on_error=on_error,
            field=field,
            column=column,
            fold=(),
        )
        corpus.block_size = BLOCK
    by_itself = adapt is None and method == "model" and model in (None, "general")
    cutter = None
    if adapt or (by_itself and _worth_adapting(corpus)):
        cutter = _adapted(corpus, model, granularity, fold, workers, quiet, asked=bool(adapt))
    adapted = "yes" if cutter is not None else ""
    if by_itself and corpus is not None and not corpus.rereadable:
        adapted = "no, a pipe"
    if cutter is None:
        cutter = _opened(method, asked)
    if word_lists:
        cutter = cutter.with_words(_read_words(word_lists))
    cutter.numerals = numerals
    if not quiet:
        _note_lists(cutter, model)
    shape: dict[str, Any] = {"separator": separator, "format": format, "mode": mode}
    if engine == "spark":
        from nlptools.spark.segment import segment_with_spark

        shape |= {"container": records, "into": into, "master": master, "conf": conf}
        shape |= {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
        with usage_errors():
            made = segment_with_spark(paths, cutter, str(output), **shape)
        corpus = made.report
        results = [files_made(made, output), *_looked_up(int(made.sums.get("traditional", 0)))]
    else:
        if records is not None:
            shape |= {"container": records, "into": into}
        results = _delivered(corpus, cutter, output, workers, quiet, fields, shape)
    made_by = {
        "method": method if method != "model" else "",
        "numerals": numerals if numerals != "auto" else "",
        "model": (model or "general") if METHODS[method].file == "model" else "",
        "adapted": adapted,
        "mode": mode if mode != "default" else "",
        "words": f"{len(cutter.user_words):,}" if cutter.user_words else "",
    }
    closing.show(corpus, {name: value for name, value in made_by.items() if value}, results)


def _delivered(
    corpus: Corpus,
    cutter: Cutter,
    output: str | None,
    workers: int | None,
    quiet: bool,
    fields: bool,
    shape: dict[str, Any],
) -> list[str]:
    """Write the text with its words separated; what there is to say of it.

    fields: it is that of records. shape: settings of segment_records where there is a container, else of segment_corpus.
    """
    from nlptools.segmentation.records import segment_records
    from nlptools.segmentation.stream import SegmentCounts, encode_words, segment_corpus
    from nlptools.segmentation.userwords import UserWordCount

    tally = counts = None
    if not quiet:
        counts = SegmentCounts()
        tally = UserWordCount(cutter.user_words, cutter.lookup) if cutter.user_words else None
    watch = tally.add if tally is not None else None
    work: Any = segment_corpus if fields else encode_words
    if "container" in shape:
        work = segment_records
    pieces = work(corpus, cutter, workers=workers, watch=watch, counts=counts, **shape)
    deliver(ended(pieces) if fields else pieces, output)
    results = _looked_up(counts.traditional if counts is not None else 0)
    return results + (list(_told(tally)) if tally is not None else [])


def _looked_up(traditional: int) -> list[str]:
    if not traditional:
        return []
    return [f"{traditional:,} traditional characters looked up as simplified"]


def _check_output(separator: str, format: str) -> None:
    if not separator or "\n" in separator or "\r" in separator:
        raise click.UsageError("--separator must not be empty, nor a line end.")
    if format == "jsonl" and given_options() & {"separator"}:
        raise click.UsageError("--separator goes with --format text.")


def _check_spark(adapt: bool, output: str | None) -> None:
    if adapt:
        raise click.UsageError(
            "--adapt goes with --engine local; with Spark: train --engine spark."
        )
    check_folder(output)


def _opened(method: str, asked: dict[str, Any]) -> Cutter:
    try:
        return open_cutter(method, **asked)
    except ValueError as error:
        if "weights" not in asked:
            raise
        raise click.UsageError(f"--weights: {error}") from None


def _worth_adapting(corpus: Corpus | None) -> bool:
    """Whether a corpus can be read twice and may be large enough."""
    from nlptools.wordmodel.adapt import ADAPT_LEAST

    return corpus is not None and corpus.rereadable and (corpus.total_bytes or 0) >= ADAPT_LEAST


def _read_words(paths: tuple[str, ...]) -> dict[str, float | None]:
    from nlptools.text.wordlists import merge_words

    if "-" in paths:  # says what is wrong with stdin
        open_corpus(("-",), True, field=None, column=None)
    words = merge_words(paths)
    if all(count == 0 for count in words.values()):
        raise DataError(paths[0], None, "no words", "--words names a list of words")
    return words


def _note_lists(cutter: Cutter, model: str | None) -> None:
    """What is to be known of lists of words: which is too short, and what words are too long."""
    number = getattr(cutter, "listed", None)
    if number is not None and number < FEW_WORDS:
        note(
            f"{model} has {number} words, and the text is cut by nothing else. "
            f"To lay them on top of the general model: --words {model}"
        )
    if cutter.unused:
        some = listed(cutter.unused)
        note(f"{len(cutter.unused)} words of the lists are too long to be used: {some}")


def _told(tally: UserWordCount) -> Iterator[str]:
    """Where words of users stand in the text, and where they did not win."""
    if not tally.places:
        yield "your words do not occur"
        return
    told = [f"{tally.whole:,} of {tally.places:,} places of your words are one word"]
    if tally.overlapped:
        told.append(f"in {tally.overlapped:,} another of yours holds")
    if tally.lost:
        some = ", ".join(f"{cut(word)} {count:,}" for word, count in [*tally.lost.items()][:5])
        told.append(f"in {sum(tally.lost.values()):,} one of the model holds: {some}")
    yield "; ".join(told)


def _adapted(
    corpus: Corpus,
    model: str | None,
    granularity: str | None,
    fold: tuple[str, ...] | None,
    workers: int | None,
    quiet: bool,
    *,
    asked: bool,
) -> Cutter | None:
    """A segmenter that has learnt the words of the corpus, on top of a model; None where there is too little of it.

    asked: by the user, who wants it for a small text too.
    """
    from nlptools.segmentation.segmenter import Segmenter
    from nlptools.text.folding import FOLDS
    from nlptools.wordmodel.adapt import ADAPT_LEAST, adapt_model
    from nlptools.wordmodel.lists import load_prior

    if not corpus.rereadable:
        raise click.UsageError("--adapt reads the text twice: name files, not a pipe.")
    fold = FOLDS if fold is None else fold
    found = adapt_model(
        corpus.looked_up(fold),
        load_prior(model or "general"),
        granularity=granularity,
        least=0 if asked else ADAPT_LEAST,
        workers=workers,
        watch=watcher(quiet),
    )
    wipe()
    if found is None and asked:
        note("There are no Han characters to learn from; the model is used as it is.")
    return None if found is None else Segmenter.from_model(found, fold=fold)
