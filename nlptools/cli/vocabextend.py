"""`nlptools vocab extend`: tokenizer.json and words -> the folder of a tokenizer with tokens for the words."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlptools.base.outputs import folder_for
from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    encoded,
    note,
    open_corpus,
    output_file,
    usage_errors,
    write,
)
from nlptools.cli.files import InputPath, OutputPath, check_outputs
from nlptools.errors import NlptoolsError, listed

if TYPE_CHECKING:
    from nlptools.subwords.extension import Extension

_NAMED = 5  # words named in a note


@click.command(
    name="extend",
    epilog="""\b
Examples:
  nlptools vocab extend words.txt --base qwen/tokenizer.json --add 5000 -o qwen-medical/
  nlptools discover --all forum/ | nlptools vocab extend - --base qwen/ --add 5000 --corpus forum/ --map map.json -o new/
  nlptools vocab extend --base llama/ --add 8000 --by both --corpus laws.txt --check news.txt --map map.json -o new/
  nlptools vocab extend words.txt --base qwen/ --add 2000 --report words.tsv -o new/
""",
)
@click.argument("lists", metavar="[WORDS]...", nargs=-1, type=InputPath())
@click.option(
    "--base",
    required=True,
    type=InputPath(),
    help="tokenizer.json of a language model, or a folder with one: byte-level BPE, SentencePiece's BPE, Unigram.",
)
@click.option("--add", required=True, type=click.IntRange(min=1), help="How many tokens, at most.")
@click.option(
    "--by",
    type=click.Choice(["words", "merges", "both"]),
    default="words",
    show_default=True,
    help="words: those that save most tokens, each whole wherever it stands; merges: the next merges of BPE, "
    "inside words alone; both: what saves most of either.",
)
@click.option(
    "--corpus",
    "corpus_paths",
    multiple=True,
    type=InputPath(),
    help="Text in which savings are counted, and whose words are taken if there are no WORDS. May be given several "
    "times.  [default: the counts of WORDS]",
)
@click.option(
    "--check",
    "check_paths",
    multiple=True,
    type=InputPath(),
    help="Other text, which is cut before and after. May be given several times, each is a row.",
)
@click.option(
    "--model",
    type=InputPath("general"),
    help="What cuts the corpus into words: a model of nlptools train, or a list of words with counts.  "
    "[default: the general model of the package]",
)
@click.option(
    "--min-saving",
    type=options.Number(min=0),
    default=10,
    show_default=True,
    help="Tokens that each new one must save, at least.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputPath(),
    help="Folder for tokenizer.json, and what stands beside that of the base for transformers.",
)
@click.option(
    "--map",
    "map_output",
    type=OutputPath(),
    help="File for what the new tokens are made of, for init-embeddings.",
)
@click.option(
    "--report",
    "report_output",
    type=OutputPath(),
    help="File for all words with what they save, as TSV: those added, and why the others are not.",
)
@options.reading_options
@options.workers_option
@options.quiet_option
def extend_vocab(
    lists: tuple[str, ...],
    base: str,
    corpus_paths: tuple[str, ...],
    check_paths: tuple[str, ...],
    output: str,
    map_output: str | None,
    report_output: str | None,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    quiet: bool,
    **settings: Any,
) -> None:
    """Add words to the tokenizer of a language model, such as Qwen's or Llama's.

    WORDS are lists of any kind: the output of discover, a jieba dictionary, plain words; `-` is stdin. All ids stay
    as they are, and so does text without new tokens; every word that is added is one token. The new ids follow the old
    ones. Prints for each text how it is cut before and after; needs the library tokenizers (the extra hf).
    """
    if not lists and not corpus_paths:
        raise click.UsageError("Nothing to take words from: give WORDS, or --corpus FILE.")
    closing = Closing("vocab extend", quiet)
    from nlptools.subwords.extend import extend_tokenizer
    from nlptools.text.wordlists import merge_words

    reading: dict[str, Any] = {"encoding": encoding, "on_error": on_error, "fold": fold}
    reading |= {"field": field, "column": column}
    words = None
    if lists:
        if "-" in lists:  # says what is wrong with stdin
            open_corpus(("-",), quiet, field=None, column=None)
        words = merge_words(lists)
    corpus = None
    if corpus_paths:
        corpus = open_corpus(corpus_paths, quiet, then="counting once more", **reading)
    check = [open_corpus((path,), quiet, **reading) for path in check_paths]
    with usage_errors():
        made = extend_tokenizer(base, words, corpus=corpus, check=check, **settings)
    _check_promise(made)
    _deliver(made, Path(output), map_output, report_output)
    write(_table(made))
    if not quiet:
        _note_words(made, settings["add"], report_output)
    parts = [
        f"{made.base.size:,} tokens before",
        f"{sum(word.id is not None for word in made.words):,} words",
        f"{len(made.merges):,} merges",
        f"{len(made):,} tokens",
    ]
    closing.show(corpus, {"base": base, "by": settings["by"]}, parts)


def _check_promise(made: Extension) -> None:
    for row in made.checks:
        if not row.holds:
            problem = (
                f"{row.text}: {row.without - row.same:,} lines without new tokens are cut otherwise"
            )
            raise NlptoolsError(f"{problem}, {row.lines - row.decoded:,} are not given back")


def _deliver(made: Extension, folder: Path, map_output: str | None, report: str | None) -> None:
    """All files appear together, when the last one is complete."""
    from nlptools.vocab.map import map_pieces

    files = {str(folder / name): iter([text]) for name, text in made.files().items()}
    check_outputs("--output", files)
    of_folder = set(map(os.path.realpath, files))
    for option, path in (("--map", map_output), ("--report", report)):
        if path is not None and os.path.realpath(path) in of_folder:
            raise click.UsageError(f"{option} is a file that --output makes: {path}.")
    if folder.exists() and not folder.is_dir():
        raise NlptoolsError(f"{folder}: a file, not a folder", "give another --output")
    if map_output is not None:
        files[map_output] = map_pieces(made.map)
    if report is not None:
        files[report] = _rows(made)
    with folder_for(folder), contextlib.ExitStack() as stack:
        for path, pieces in files.items():
            stream = stack.enter_context(output_file(path))
            for piece in pieces:
                stream.write(encoded(piece))


def _rows(made: Extension) -> Iterator[str]:
    from nlptools.subwords.extension import ExtensionRow

    yield "\t".join(ExtensionRow._fields) + "\n"
    for row in made:
        numbers = ["" if n is None else f"{n:.10g}" for n in (row.count, row.saved)]
        token = "" if row.id is None else str(row.id)
        cells = [row.word, numbers[0], str(row.pieces), numbers[1], token, row.by, row.reason]
        yield "\t".join(cells) + "\n"


def _table(made: Extension) -> Iterator[str]:
    from nlptools.subwords.checking import TextCheck

    if made.checks:
        yield "\t".join(TextCheck._fields) + "\n"
    for row in made.checks:
        cells = [f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row]
        yield "\t".join(cells) + "\n"


def _note_words(made: Extension, asked: int, report: str | None) -> None:
    """Why words were left out, and what would reach the number that was asked for."""
    left: dict[str, list[str]] = {}
    for word in made.words:
        if word.id is None:
            left.setdefault(word.reason.partition(":")[0], []).append(word.word)
    counts = Counter({reason: len(words) for reason, words in left.items()})
    for reason, number in counts.most_common():
        named = listed(left[reason][:_NAMED])
        more = " ..." if number > _NAMED else ""
        note(f"Left out, {reason}: {number:,} ({named}{more}).")
    if left and report is None:
        note("--report lists all.")
    if (got := len(made) - made.base.size) < asked:
        note(
            f"{got:,} of {asked:,} (--add): no other saves as much as --min-saving. "
            "More text, or a longer list, gives more."
        )
