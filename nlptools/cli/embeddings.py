"""`nlptools vocab init-embeddings`: the rows of a pretrained model for a new vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, note, write
from nlptools.cli.files import InputPath, OutputPath
from nlptools.errors import cut, listed

if TYPE_CHECKING:
    from nlptools.vocab.embeddings import EmbeddingReport, UnknownPieces

_NAMED = 10  # words and tensors named in a note


@click.command(
    name="init-embeddings",
    epilog="""\b
Examples:
  nlptools vocab init-embeddings model.safetensors --map map.json -o wobert.safetensors
  nlptools vocab init-embeddings model.safetensors.index.json --map map.json -o new/model.safetensors.index.json
  nlptools vocab init-embeddings embeddings.npy --map map.json -o new.npy --unknown average
  nlptools vocab init-embeddings bias.npy --map map.json -o new-bias.npy --report unknown.tsv
""",
)
@click.argument("source", metavar="FILE", type=InputPath())
@click.option(
    "--map",
    "map_path",
    required=True,
    type=InputPath(),
    help="Which tokens are kept, and what new words are made of: the file of vocab build.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=OutputPath(),
    help="File to write; of an index the other files come beside it.",
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
    "--rescale/--no-rescale",
    default=False,
    show_default=True,
    help="Multiply the new rows by one number: their mean norm becomes that of the kept rows.",
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
    tensor: tuple[str, ...],
    unknown: str,
    rescale: bool,
    report: str | None,
    quiet: bool,
) -> None:
    """Make the embeddings of a pretrained model for a new vocabulary, as WoBERT was made.

    FILE is a .safetensors checkpoint, the index of one in several files, a .npz or a .npy file. In every tensor
    with a row for each token of the base vocabulary (embedding, output weight, output bias; known by their names) the
    kept tokens have their rows, and a new word has the mean of the rows of its pieces. All else is copied byte for
    byte. Prints the norms of the rows.
    """
    closing = Closing("vocab init-embeddings", quiet)
    from nlptools.vocab import embeddings
    from nlptools.vocab.map import read_map

    vocab_map = read_map(map_path)
    result = embeddings.init_embeddings(
        source, vocab_map, output, tensor=tensor, unknown=unknown, rescale=rescale
    )
    write([embeddings.norms_table(result)])
    if report is not None:
        deliver([embeddings.unknown_table(result)], report)
    if not quiet:
        _note_unknown(result, unknown, report)
        _note_norms(result, rescale)
        if result.left:
            named = _named(list(result.left))
            size = f"{vocab_map.base_size:,}"
            note(
                f"Copied, though they have a dimension of {size}, that of the old vocabulary: {named}."
            )
    kept, words = len(vocab_map.keep), len(vocab_map.words)
    parts = [
        f"{vocab_map.base_size:,} tokens -> {len(vocab_map):,}: {kept:,} kept, {words:,} new",
        f"{len(result.tensors):,} {_plural('tensor', len(result.tensors))} made anew, "
        f"{len(result.copied):,} copied",
    ]
    closing.show(None, {"unknown": unknown, "rescale": "yes" if rescale else "no"}, parts)


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


def _note_norms(result: EmbeddingReport, rescale: bool) -> None:
    for of in result.tensors:
        short = len(of.shape) > 1 and of.new.mean < 0.95 * of.kept.mean
        if short and not rescale:
            means = f"mean norm {of.new.mean:.4g}, of the kept rows {of.kept.mean:.4g}"
            note(
                f"{cut(of.name)}: means are shorter than what they are made from: {means} (--rescale)."
            )
        padding = of.base_shape[0] - of.base.rows
        if padding:
            rows = (
                f"{padding:,} {_plural('row', padding)} after those of the {of.base.rows:,} tokens"
            )
            note(f"{cut(of.name)}: {rows} are padding, and left out.")
        bad = of.base.not_finite
        if bad:
            rows = _plural("row", bad)
            note(
                f"{cut(of.name)}: {bad:,} {rows} with NaN or infinite numbers; so is what they are in."
            )


def _named(names: list[str]) -> str:
    rest = len(names) - _NAMED
    return listed(names[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
