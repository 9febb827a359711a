"""`nlptools tokenize`: text -> tokens or ids of a vocabulary, and ids -> text."""

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
    open_stream,
    usage_errors,
)
from nlptools.cli.files import InputPath, check_outputs
from nlptools.cli.records import container, into_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlptools.text.corpus import Corpus
    from nlptools.vocab.tokenizer import WordTokenizer


@click.command(
    epilog="""\b
Examples:
  echo 今天天气非常好 | nlptools tokenize --vocab vocab.txt
  nlptools tokenize --vocab vocab.txt --format ids corpus.txt > ids.txt
  nlptools tokenize --vocab vocab.txt --pre jieba corpus.txt.gz
  nlptools tokenize --vocab vocab.txt --special --max-length 512 --format jsonl corpus.txt
  nlptools tokenize --vocab vocab.txt --field text docs.jsonl.zst -o out.jsonl.zst
  nlptools tokenize --vocab vocab.txt --field text docs.jsonl.zst -o ids.npy
  nlptools tokenize --vocab vocab.txt --field text --engine spark --master yarn hdfs:///docs/ -o hdfs:///ids.parquet
  nlptools tokenize --vocab vocab.txt --decode ids.txt
"""
)
@options.corpus_argument
@click.option(
    "--vocab",
    "vocab_file",
    type=InputPath(),
    required=True,
    help="vocab.txt, a token a line.",
)
@click.option(
    "--pre",
    type=click.Choice(["vocab", "jieba", "none"]),
    default="vocab",
    show_default=True,
    help="What cuts the text into words first: the vocabulary's own unigram model; jieba without its HMM, which "
    "is WoBERT; nothing, which is BERT.",
)
@options.lower_option
@click.option(
    "--weights",
    "weights_file",
    type=InputPath(),
    help="For --pre vocab: a list of words with counts.  [default: by the order of the vocabulary]",
)
@click.option(
    "--jieba-dict",
    type=InputPath(),
    help="For --pre jieba: its dictionary.  [default: that of the installed jieba]",
)
@click.option(
    "--format",
    type=click.Choice(["tokens", "ids", "jsonl", "npy", "parquet"]),
    default="tokens",
    show_default=True,
    help="jsonl: an object for each line or record, with tokens, ids and offsets in characters; npy: all ids in "
    "NAME.npy, and in NAME.offsets.npy where each document begins; parquet: a list of ids for each document. "
    "-o NAME.npy and NAME.parquet ask for these, too.",
)
@into_option
@click.option(
    "--special/--no-special",
    default=False,
    show_default=True,
    help="[CLS] before every line or record, [SEP] after it.",
)
@click.option(
    "--max-length",
    type=click.IntRange(min=1),
    help="Tokens of a line or record, special ones counted; the rest is left out.",
)
@click.option(
    "--mark-unknown/--no-mark-unknown",
    default=False,
    show_default=True,
    help="Print [UNK] for an unknown token instead of its text.",
)
@click.option(
    "--decode",
    is_flag=True,
    help="Turn lines of ids back into text.",
)
@options.lookup_option("none")
@options.folder_output_option
@options.decoding_options
@options.field_options
@options.workers_option
@options.engine_options
@options.quiet_option
def tokenize(
    paths: tuple[str, ...],
    vocab_file: str,
    pre: str,
    lower: bool,
    weights_file: str | None,
    jieba_dict: str | None,
    format: str,
    into: str | None,
    special: bool,
    max_length: int | None,
    mark_unknown: bool,
    decode: bool,
    fold: tuple[str, ...] | None,
    output: str | None,
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
    """Tokenize text by words, as WoBERT does.

    A word that the vocabulary has is a token; everything else is cut by BERT's rules. The output has a
    line for each line of a text, and for each record.
    """
    if weights_file is not None and pre != "vocab":
        raise click.UsageError("--weights goes with --pre vocab.")
    if jieba_dict is not None and pre != "jieba":
        raise click.UsageError("--jieba-dict goes with --pre jieba.")
    encoding_only = {
        "pre",
        "lower",
        "weights_file",
        "format",
        "into",
        "special",
        "max_length",
        "mark_unknown",
        "fold",
    }
    if decode and given_options() & encoding_only:
        raise click.UsageError("--decode takes the ids as they are: give --vocab only.")
    if max_length is not None and special and max_length < 3:
        raise click.UsageError("--max-length with --special must be at least 3.")
    check_engine(engine, paths)
    if engine == "spark":
        output = _spark_folder(output, decode)
    form, records = (format, None) if decode else _forms(format, output, into, field or column)
    if engine == "spark" and form == "npy":
        raise click.UsageError("Spark does not write .npy: name a table, -o NAME.parquet.")
    closing = Closing("tokenize", quiet)
    reading: dict[str, Any] = {
        "encoding": encoding,
        "on_error": on_error,
        "field": field,
        "column": column,
    }
    corpus: Any = None
    if engine == "local":
        corpus = open_stream(paths, quiet, output, **reading, fold=())
    from nlptools.vocab.stream import TokenCounts, decode_corpus
    from nlptools.vocab.tokenizer import WordTokenizer
    from nlptools.vocab.unigram import as_weights
    from nlptools.vocab.vocab import load_vocab

    vocab = load_vocab(vocab_file)
    for problem in vocab.problems if decode else vocab.problems_when(lower=lower):
        note(problem)
    if decode:
        tokenizer = WordTokenizer(vocab, pre="none", lower=lower)
        deliver(decode_corpus(corpus, tokenizer), output)
        closing.show(corpus, {"vocab": vocab_file}, [])
        return
    weights = as_weights(weights_file)
    tokenizer = WordTokenizer(
        vocab, pre=pre, lower=lower, weights=weights, jieba_dict=jieba_dict, fold=fold or ()
    )
    counts = TokenCounts()
    cutting: dict[str, Any] = {"special": special, "max_length": max_length}
    results = []
    if engine == "spark":
        from nlptools.spark.tokenize import tokenize_with_spark

        cutting |= {"format": form, "mark_unknown": mark_unknown} | reading
        cutting |= {"into": into, "container": records, "master": master, "conf": conf}
        with usage_errors():
            made = tokenize_with_spark(paths, tokenizer, str(output), **cutting)
        counts = TokenCounts(*(int(made.sums.get(name, 0)) for name in ("tokens", "unknown")))
        corpus, results = made.report, [files_made(made, output)]
    elif form == "npy":
        from nlptools.vocab.idfiles import write_ids

        write_ids(corpus, tokenizer, str(output), workers=workers, counts=counts, **cutting)
    else:
        cutting |= {"workers": workers, "counts": counts}
        cutting |= {"format": form, "mark_unknown": mark_unknown}
        documents = field is not None or column is not None
        deliver(_pieces(corpus, tokenizer, records, into, documents, cutting), output)
    made_by = {"vocab": vocab_file, "pre": pre} | ({"fold": "+".join(fold)} if fold else {})
    results += [f"{counts.tokens:,} tokens", f"{counts.unknown:,} unknown"]
    closing.show(corpus, made_by, results)


def _spark_folder(output: str | None, decode: bool) -> str | None:
    """The folder that Spark writes, named as a file."""
    if decode:
        raise click.UsageError("--decode goes with --engine local.")
    check_folder(output)
    return folder_name(output)


def _forms(
    format: str, output: str | None, into: str | None, field: str | None
) -> tuple[str, str | None]:
    """(npy, or what a document becomes: tokens, ids, jsonl; the container of records, None: lines)."""
    asked = "format" in given_options()
    if format == "npy" or (not asked and output is not None and output.lower().endswith(".npy")):
        if output is None or not output.lower().endswith(".npy"):
            raise click.UsageError("--format npy is two files: name them with -o NAME.npy.")
        if into is not None:
            raise click.UsageError("--into goes with records, and --format npy has none.")
        from nlptools.vocab.idfiles import offsets_path

        check_outputs("--output", [offsets_path(output)])
        return "npy", None
    records = container(output, into, objects=field is not None and format == "jsonl")
    if format == "parquet" and records != "parquet":
        raise click.UsageError("--format parquet is a file: name it with -o NAME.parquet.")
    if format == "parquet" or (records == "parquet" and not asked):
        return "ids", records
    return format, records


def _pieces(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    records: str | None,
    into: str | None,
    documents: bool,
    cutting: dict[str, Any],
) -> Iterator[str | bytes]:
    """What is written: records, or a line for each document or line."""
    from nlptools.vocab.records import token_lines, tokenize_documents, tokenize_records
    from nlptools.vocab.stream import encode_corpus

    if records is not None:
        return tokenize_records(corpus, tokenizer, container=records, into=into, **cutting)
    if documents:
        return token_lines(tokenize_documents(corpus.documents(), tokenizer, **cutting))
    return encode_corpus(corpus, tokenizer, **cutting)
