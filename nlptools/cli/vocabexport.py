"""`nlptools vocab export`: vocab.txt -> tokenizer.json, a .model, a folder for transformers; tokenizer.json -> ranks."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from nlptools.base.outputs import folder_for
from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, given_options, note, write
from nlptools.cli.files import InputPath, OutputPath, check_outputs
from nlptools.errors import NlptoolsError

# What the files are that --output can name, instead of a folder: the end of the name, and what belongs to it.
_FILES = {
    "tokenizers": (".json", "tokenizer.json"),
    "sentencepiece": (".model", "tokenizer.model"),
    "tiktoken": (".tiktoken", None),
}


class _Target(click.Choice[str]):
    """What to write for; `fast` is what `tokenizers` was called."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert("tokenizers" if value == "fast" else value, param, ctx)


@click.command(
    name="export",
    epilog="""\b
Examples:
  nlptools vocab export vocab.txt > tokenizer.json
  nlptools vocab export vocab.txt -o my-wobert/
  nlptools vocab export vocab.txt --weights words.tsv --fallback byte -o my-wobert/
  nlptools vocab export vocab.txt --to roformer -o my-wobert/
  nlptools vocab export vocab.txt --to sentencepiece -o my-wobert.model
  nlptools vocab export qwen/tokenizer.json --to tiktoken -o qwen.tiktoken
""",
)
@click.argument("vocab_file", metavar="VOCAB", type=InputPath())
@click.option(
    "--to",
    type=_Target(["tokenizers", "bert", "roformer", "sentencepiece", "tiktoken"]),
    default="tokenizers",
    show_default=True,
    help="tokenizers (or fast): tokenizer.json, the ids of `tokenize --pre vocab`; bert, roformer: vocab.txt for the class "
    "of that name; sentencepiece: a .model; tiktoken: the ranks of a tokenizer.json of byte-level BPE.",
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
    help="Folder to write, with the files that transformers asks for, or one file: NAME.json, NAME.model, NAME.tiktoken "
    "(with NAME.tiktoken.json); without it tokenizer.json goes to stdout.",
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
    """Write a vocabulary for Hugging Face or SentencePiece, or a tokenizer.json for tiktoken.

    tokenizer.json is a Unigram model with the scores of the words, in Rust from end to end: no pre-tokenizer in Python,
    no added tokens. A .model has the same scores. Ranks are written if tiktoken gives the same ids with them.
    """
    _check_usage(to, output, given_options())
    closing = Closing("vocab export", quiet)
    from nlptools.subwords.export import exported_files

    if to == "tiktoken":
        name = Path(output).name if output and output.endswith(".tiktoken") else None
        files = exported_files(vocab_file, to=to, name=name)
        ranks = next(iter(files.values()))
        counted = [f"{len(ranks.splitlines()):,} ranks"]
    else:
        from nlptools.vocab.unigram import as_weights
        from nlptools.vocab.vocab import load_vocab

        vocab = load_vocab(vocab_file)
        for problem in vocab.problems_when(lower=lower):
            note(problem)
        weights = as_weights(weights_file)
        files = exported_files(vocab, to=to, weights=weights, lower=lower, fallback=fallback)
        counted = [f"{len(vocab):,} tokens"]
        if to == "sentencepiece":
            counted.append(_pieces(files["tokenizer.model"]))
    _deliver(files, to, output)
    closing.show(None, {"vocab": vocab_file, "to": to}, counted)


def _check_usage(to: str, output: str | None, given: set[str]) -> None:
    if to not in ("tokenizers", "sentencepiece") and given & {"weights_file", "fallback"}:
        raise click.UsageError(
            "--weights and --fallback go with --to tokenizers and sentencepiece."
        )
    if to == "tiktoken" and "lower" in given:
        raise click.UsageError(
            "--lower and --no-lower are for a vocabulary, not for --to tiktoken."
        )
    if to != "tokenizers" and output is None:
        what = "a file or folder" if to in _FILES else "a folder"
        raise click.UsageError(f"--to {to} writes {what}: give --output.")
    for other, (end, _) in _FILES.items():
        if other != to and output is not None and output.endswith(end):
            what = f"a folder or NAME{_FILES[to][0]}" if to in _FILES else "a folder"
            raise click.UsageError(f"--to {to} writes {what}, not NAME{end}.")


def _pieces(model: str | bytes) -> str:
    from nlptools.vocab.modelproto import piece_model

    assert isinstance(model, bytes)
    return f"{len(piece_model(model).pieces):,} pieces"


def _deliver(files: dict[str, str | bytes], to: str, output: str | None) -> None:
    """Files of a folder, or those of them that the name of one file asks for."""
    end, one = _FILES.get(to, ("/", None))
    if output is None:
        write([files["tokenizer.json"]])
    elif output.endswith(end) and one is not None:
        deliver([files[one]], output)
    else:
        folder = Path(output).parent if output.endswith(end) else Path(output)
        paths = {name: str(folder / name) for name in files}
        check_outputs("--output", paths.values())
        if folder.exists() and not folder.is_dir():
            raise NlptoolsError(f"{output}: a file, not a folder", "give another --output")
        with contextlib.nullcontext() if output.endswith(end) else folder_for(folder):
            for name, content in files.items():
                deliver([content], paths[name])
