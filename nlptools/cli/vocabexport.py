"""`nlptools vocab export`: vocab.txt -> tokenizer.json, or a folder that transformers loads."""

from __future__ import annotations

from pathlib import Path

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, note, write
from nlptools.cli.files import InputPath, OutputPath, check_outputs
from nlptools.errors import NlptoolsError


@click.command(
    name="export",
    epilog="""\b
Examples:
  nlptools vocab export vocab.txt > tokenizer.json
  nlptools vocab export vocab.txt -o my-wobert/
  nlptools vocab export vocab.txt --weights words.tsv --fallback byte -o my-wobert/
  nlptools vocab export vocab.txt --to roformer -o my-wobert/
""",
)
@click.argument("vocab_file", metavar="VOCAB", type=InputPath())
@click.option(
    "--to",
    type=click.Choice(["fast", "bert", "roformer"]),
    default="fast",
    show_default=True,
    help="fast: tokenizer.json, the ids of `tokenize --pre vocab`; bert, roformer: vocab.txt for the class of that "
    "name (with --output).",
)
@click.option(
    "--weights",
    "weights_file",
    type=InputPath(),
    help="A list of words with counts.  [default: by the order of the vocabulary]",
)
@options.lower_option
@click.option(
    "--fallback",
    type=click.Choice(["unknown", "byte"]),
    default="unknown",
    show_default=True,
    help="Unknown text: [UNK], or a token for each byte, added after all others.",
)
@click.option(
    "-o",
    "--output",
    type=OutputPath("default"),
    help="Folder to write, with the files that transformers asks for, or one file NAME.json, instead of stdout.",
)
@options.quiet_option
def export_vocab(
    vocab_file: str,
    to: str,
    weights_file: str | None,
    lower: bool,
    fallback: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Write a vocabulary for Hugging Face.

    tokenizer.json is a Unigram model with the scores of the words, in Rust from end to end: no pre-tokenizer in Python,
    no added tokens.
    """
    if to != "fast" and (weights_file is not None or fallback != "unknown"):
        raise click.UsageError("--weights and --fallback go with --to fast.")
    if to != "fast" and (output is None or output.endswith(".json")):
        raise click.UsageError(f"--to {to} writes a folder: give --output.")
    closing = Closing("vocab export", quiet)
    from nlptools.vocab.huggingface import tokenizer_files
    from nlptools.vocab.unigram import as_weights
    from nlptools.vocab.vocab import load_vocab

    vocab = load_vocab(vocab_file)
    for problem in vocab.problems_when(lower=lower):
        note(problem)
    weights = as_weights(weights_file)
    files = tokenizer_files(vocab, to=to, weights=weights, lower=lower, fallback=fallback)
    if output is None:
        write([files["tokenizer.json"]])
    elif output.endswith(".json"):
        deliver([files["tokenizer.json"]], output)
    else:
        folder = Path(output)
        check_outputs("--output", [str(folder / name) for name in files])
        if folder.exists() and not folder.is_dir():
            raise NlptoolsError(f"{output}: a file, not a folder", "give another --output")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            deliver([text], str(folder / name))
    closing.show(None, {"vocab": vocab_file, "to": to}, [f"{len(vocab):,} tokens"])
