"""`nlptools vocab init-embeddings`: the rows of a pretrained model for a new vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, note, write
from nlptools.cli.files import InputPath, OutputPath
from nlptools.errors import DataError, cut, listed

if TYPE_CHECKING:
    from nlptools.vocab.embeddings import EmbeddingReport
    from nlptools.vocab.recipes import UnknownPieces

_NAMED = 10  # words and tensors named in a note


@click.command(
    name="init-embeddings",
    epilog="""\b
Examples:
  nlptools vocab init-embeddings model.safetensors --map map.json -o wobert.safetensors
  nlptools vocab init-embeddings Qwen3-0.6B --map map.json -o Qwen3-0.6B-zh --pad-to 128
  nlptools vocab init-embeddings model.safetensors.index.json --map map.json -o new/model.safetensors.index.json
  nlptools vocab init-embeddings Qwen3-0.6B --map map.json -o Qwen3-0.6B-zh --method focus --vectors words.vec
  nlptools vocab init-embeddings embeddings.npy --map map.json -o new.npy --unknown average
  nlptools vocab init-embeddings bias.npy --map map.json -o new-bias.npy --report unknown.tsv
""",
)
@click.argument("source", metavar="MODEL", type=InputPath())
@click.option(
    "--map",
    "map_path",
    required=True,
    type=InputPath(),
    help="Which tokens are kept, and what new words are made of: the file of vocab build or vocab extend.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputPath(),
    help="File to write; of an index the other files come beside it. Of a folder: the folder.",
)
@click.option(
    "--tensor",
    multiple=True,
    type=options.TextParam(),
    metavar="NAME",
    help="Make only this tensor anew. May be given several times.  [default: all with a row for each token, by name]",
)
@click.option(
    "--unknown",
    type=click.Choice(["skip", "average"]),
    default="skip",
    show_default=True,
    help="Pieces of a word that are [UNK]: leave them out of its mean, or average them too, as bert4keras.",
)
@click.option(
    "--method",
    type=click.Choice(["mean", "weighted", "focus"]),
    default="mean",
    show_default=True,
    help="What the row of a new word is: the mean of the rows of its pieces; their mean weighted by the characters that "
    "each covers; a sum of the rows of tokens that are near to the word in --vectors (FOCUS).",
)
@click.option(
    "--vectors",
    type=InputPath(),
    help="Word vectors for --method focus, of any format that the vectors commands read. Words without a vector get "
    "the mean of their pieces.",
)
@click.option(
    "--tokenizer",
    type=InputPath(),
    help="tokenizer.json or vocab.txt of the base, for --method weighted and focus.  [default: that in the folder MODEL]",
)
@click.option(
    "--rescale/--no-rescale",
    default=None,
    help="Give each new row the mean length of the rows that it is made of, in the matrices that the model reads; the "
    "output matrix stays as it is.  [default: only for a map of vocab extend, where input and output are two matrices]",
)
@click.option(
    "--pad-to",
    type=click.IntRange(1, 1 << 20),
    default=1,
    show_default=True,
    metavar="N",
    help="Fill up the rows to a multiple of this number, with the mean of the rows of the base: 64 or 128 for speed.",
)
@click.option(
    "--report",
    type=OutputPath(),
    help="Write the words with unknown pieces to this file, as TSV.",
)
@options.quiet_option
def init_embeddings(
    source: str,
    map_path: str,
    output: str,
    tokenizer: str | None,
    report: str | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Make the embeddings of a pretrained model for a new vocabulary, as WoBERT was made.

    MODEL is a .safetensors checkpoint, the index of one in several files, a .npz or a .npy file, or the folder of a
    model: then config.json gets the new size and all but the files of the tokenizer is copied. In every tensor
    with a row for each token of the base vocabulary (embedding, output weight, output bias; known by their names) the
    kept tokens have their rows, and a new word has the mean of the rows of its pieces. All else is copied byte for
    byte. Prints the norms of the rows.
    """
    closing = Closing("vocab init-embeddings", quiet)
    from nlptools.vocab import embeddings
    from nlptools.vocab.map import read_map

    method, vectors = settings["method"], settings["vectors"]
    if (vectors is None) == (method == "focus"):
        raise click.UsageError("--method focus and --vectors belong together.")
    vocab_map = read_map(map_path)
    if method == "focus" or (method == "weighted" and vocab_map.weights is None):
        settings["tokens"] = _tokens(tokenizer or source, vocab_map.base_size, tokenizer is None)
    result = embeddings.init_embeddings(source, vocab_map, output, **settings)
    write([embeddings.norms_table(result)])
    if report is not None:
        deliver([embeddings.unknown_table(result)], report)
    if not quiet:
        _note_unknown(result, settings["unknown"], report)
        _note_no_vector(result, len(vocab_map.words), vectors)
        _note_norms(result, vocab_map.extends)
        _note_left(result, vocab_map.base_size)
        _note_model(result, Path(source), Path(output))
    kept, words = len(vocab_map.keep), len(vocab_map.words)
    padding = max(of.padding for of in result.tensors)
    filled = f", {padding:,} of padding" if padding else ""
    parts = [
        f"{vocab_map.base_size:,} tokens -> {len(vocab_map) + padding:,}: {kept:,} kept, {words:,} new{filled}",
        f"{len(result.tensors):,} {_plural('tensor', len(result.tensors))} made anew, "
        f"{len(result.copied):,} copied",
    ]
    rescaled = "yes" if any(of.rescaled for of in result.tensors) else "no"
    shown = {"method": method, "unknown": settings["unknown"], "rescale": rescaled}
    closing.show(None, shown, parts)


def _tokens(path: str, size: int, of_model: bool) -> list[bytes | None]:
    """The bytes of the base's tokens."""
    from nlptools.subwords.tokenbytes import token_bytes

    there = (Path(path) / name for name in ("tokenizer.json", "vocab.txt"))
    if of_model and not any(file.exists() for file in there):
        raise click.UsageError("--method weighted and focus need --tokenizer, that of the base.")
    found = token_bytes(path)
    if len(found) < size:
        problem = f"{len(found):,} tokens, but the base of the map has {size:,}"
        raise DataError(path, None, problem, "take the tokenizer that the map was made from")
    return found


def _note_unknown(result: EmbeddingReport, unknown: str, report: str | None) -> None:
    some = [of for of in result.unknown if not of.nothing_else]
    none = [of for of in result.unknown if of.nothing_else]
    done = "which are left out" if unknown == "skip" else "which are averaged too"
    _note_words(some, f"with unknown pieces, {done}", report)
    _note_words(none, "of unknown pieces alone, which have the row of [UNK]", report)


def _note_words(words: list[UnknownPieces], what: str, report: str | None) -> None:
    if words:
        more = " (--report lists all)" if len(words) > _NAMED and report is None else ""
        named = _named([of.word for of in words])
        note(f"{len(words):,} new {_plural('word', len(words))} {what}: {named}{more}.")


def _note_no_vector(result: EmbeddingReport, words: int, vectors: str | None) -> None:
    if vectors is not None and result.no_vector:
        some = f"{len(result.no_vector):,} of {words:,} new words"
        named = _named(list(result.no_vector))
        note(f"{some} are means of their pieces, without a vector in {cut(vectors)}: {named}.")


def _note_norms(result: EmbeddingReport, extends: bool) -> None:
    from nlptools.vocab.tokentensors import is_output

    for of in result.tensors:
        name = cut(of.name)
        short = len(of.shape) > 1 and of.new.mean < 0.95 * of.kept.mean
        # Of an extension it is decided with care which rows are rescaled; of an output matrix none are.
        if short and not (of.rescaled or extends or is_output(of.name)):
            means = f"mean norm {of.new.mean:.4g}, of the kept rows {of.kept.mean:.4g}"
            note(f"{name}: means are shorter than what they are made from: {means} (--rescale).")
        padding = of.base_shape[0] - of.base.rows
        if padding:
            rows = (
                f"{padding:,} {_plural('row', padding)} after those of the {of.base.rows:,} tokens"
            )
            done = "the new rows take their place" if extends else "and left out"
            note(f"{name}: {rows} are padding{';' if extends else ','} {done}.")
        bad = of.base.not_finite
        if bad:
            rows = _plural("row", bad)
            note(f"{name}: {bad:,} {rows} with NaN or infinite numbers; so is what they are in.")


def _note_left(result: EmbeddingReport, size: int) -> None:
    if result.left:
        what = f"they have a dimension of {size:,}, that of the old vocabulary"
        note(f"Copied, though {what}: {_named(list(result.left))}.")


def _note_model(result: EmbeddingReport, source: Path, output: Path) -> None:
    """What config.json and the tokenizer have to do with it."""
    for change in result.sizes:
        old = "not given" if change.old is None else f"{change.old:,}"
        if source.is_dir():
            note(f"config.json: {change.key} {old} -> {change.new:,}.")
        else:
            hint = "give the folder instead of the file, or change it"
            note(f"config.json beside it: {change.key} is {old}, must be {change.new:,}; {hint}.")
    if source.is_dir() and not (output / "tokenizer.json").exists():
        named = listed(result.tokenizer) or "none there"
        hint = "those for the new vocabulary come from vocab extend -o"
        note(f"Files of the tokenizer are not copied ({named}): {hint} {cut(str(output))}.")


def _named(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return listed(names[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
