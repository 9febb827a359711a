"""Checkpoint of a pretrained model + VocabMap -> the checkpoint for the new vocabulary: kept rows, and rows for new words.

The row of a new word is the mean of the rows of its pieces. Source: Su Jianlin, kexue.fm/archives/7758 (WoBERT),
and `load_embeddings` of bert4keras; other means and their lengths: recipes.py, focus.py, docs/decisions.md.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError, cell, cut
from nlptools.vectors.checkpoints import (
    INDEX,
    SUFFIXES,
    Checkpoint,
    Made,
    Stored,
    index_of,
    open_checkpoint,
)
from nlptools.vectors.files import read_vectors
from nlptools.vectors.headers import sized
from nlptools.vectors.vectors import Vectors, batch_rows, shown_number
from nlptools.vocab.focus import near_tokens
from nlptools.vocab.map import VocabMap, read_map
from nlptools.vocab.modelfolder import CONFIG, ModelFolder, SizeChange, read_config, size_changes
from nlptools.vocab.newrows import NewRows, Norms
from nlptools.vocab.recipes import Recipe, UnknownPieces, unknown_pieces
from nlptools.vocab.tokentensors import is_output, token_tensors

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

UNKNOWN = ("skip", "average")
INIT_METHODS = ("mean", "weighted", "focus")


@dataclass(frozen=True)
class NewTensor:
    """What became of one tensor. averaged: norms of the means, before they were rescaled; new: of the new rows as written.

    rescaled: whether they were. padding: rows after those of the tokens, as written.
    """

    name: str
    base_shape: tuple[int, ...]
    shape: tuple[int, ...]
    base: Norms
    kept: Norms
    averaged: Norms
    new: Norms
    rescaled: bool
    padding: int


class NormRow(NamedTuple):
    """Norms of some rows of a tensor. rows: "base", "kept", "averaged" (the means) or "new"."""

    tensor: str
    rows: str
    count: int  # type: ignore[assignment] # as the column is called; a row needs no tuple.count
    norm_mean: float
    norm_min: float
    norm_max: float
    not_finite: int


@dataclass(frozen=True)
class EmbeddingReport:
    """What init_embeddings did. Its rows are NormRow, those of the means only where the new rows differ.

    copied: names of the other tensors; left: those of them with a dimension of base_size. no_vector: new words that are
    means of their pieces, as --method focus found no vector of them. sizes: what config.json has to say otherwise; of a
    folder it does, of a file the one beside it is left as it is. files: copied from a folder; tokenizer: not copied.
    """

    tensors: tuple[NewTensor, ...]
    copied: tuple[str, ...]
    left: tuple[str, ...]
    unknown: tuple[UnknownPieces, ...]
    no_vector: tuple[str, ...] = ()
    sizes: tuple[SizeChange, ...] = ()
    files: tuple[str, ...] = ()
    tokenizer: tuple[str, ...] = ()

    def __repr__(self) -> str:
        made, copied = len(self.tensors), len(self.copied)
        return f"EmbeddingReport({made:,} tensors made anew, {copied:,} copied)"

    def __iter__(self) -> Iterator[NormRow]:
        for of in self.tensors:
            groups = {"base": of.base, "kept": of.kept, "averaged": of.averaged, "new": of.new}
            if of.averaged == of.new:
                del groups["averaged"]
            for name, norms in groups.items():
                figures = (norms.mean, norms.least, norms.most)
                yield NormRow(of.name, name, norms.rows, *figures, norms.not_finite)

    def to_frame(self) -> DataFrame:
        """The norms as a pandas DataFrame, with the columns that the command prints."""
        rows = list(self)
        return to_frame({name: [getattr(row, name) for row in rows] for name in NormRow._fields})

    def _repr_html_(self) -> str:
        return html_table(NormRow._fields, list(self))


def init_embeddings(
    source: str | os.PathLike[str],
    map: VocabMap | str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    tensor: Sequence[str] = (),
    unknown: str = "skip",
    method: str = "mean",
    tokens: Sequence[bytes | None] | None = None,
    vectors: Vectors | str | os.PathLike[str] | None = None,
    rescale: bool | None = None,
    pad_to: int = 1,
) -> EmbeddingReport:
    """Write the checkpoint `source` (.npy, .npz, .safetensors, or the index of several) for a new vocabulary to `output`.

    map: which tokens are kept and what new words are made of (VocabBuild.map), or its file.
    Every array of floats with a row for each token, be it embedding, output weight or output bias (tokentensors.py),
    gets len(map) rows: those of `keep`, bit for bit, then for each word the mean of the rows of its pieces,
    computed in float64 and rounded once to the type of the array. Rows after those of the tokens, a padding, are left
    out. All other arrays are copied byte for byte. A .npy file may hold a matrix or a vector (a bias). For an index
    (.safetensors.index.json) the files it names are written beside `output`, under the same names.

    A folder of a model (config.json and its checkpoint) makes a folder: config.json there has the new size, other
    small files are copied; those of the tokenizer are not, and one that is there already stays.

    tensor: names of those that are made anew, instead of all. unknown: [UNK] as a piece is left out of the mean
    ("skip"), as its row says nothing about the word, or averaged like the others ("average"), as bert4keras does
    it; a word of such pieces alone has the row of [UNK] either way.

    method: "mean" of the pieces; "weighted" by the characters that each piece covers, unless the map has weights;
    "focus": of the tokens whose vectors are near to that of the word (focus.py), where it has a vector. tokens: the
    bytes of each token of the base (`token_bytes`), for the last two. vectors: with words, or their file; for the last.

    rescale: a new row of a matrix gets the mean length of the rows it is made of. None: of the extension of a
    generative model (VocabMap.extends) that is done in an input matrix which is not the output matrix too; True: in
    all matrices that the model reads. pad_to: rows are filled up to a multiple of it by the mean of the base's rows.

    Raises ValueError for other settings or without what a method needs, DataError for files that cannot be read or
    written, where nothing has base_size rows, or it is not clear what has, and for an output that is the source.
    """
    if unknown not in UNKNOWN:
        raise ValueError(f"unknown must be one of {', '.join(UNKNOWN)}, not {unknown!r}")
    if pad_to < 1:
        raise ValueError(f"pad_to must be at least 1, not {pad_to}")
    vocab_map = map if isinstance(map, VocabMap) else read_map(map)
    job = _Job(vocab_map, *_recipe(vocab_map, unknown, method, tokens, vectors), rescale, pad_to)
    if not Path(source).is_dir():
        checkpoint = open_checkpoint(source)
        _check_output(checkpoint, output)
        chosen = _choose(checkpoint, vocab_map.base_size, tensor)
        return replace(job.run(checkpoint, chosen, output), sizes=_beside(source, chosen, job.rows))
    folder, made = ModelFolder(source), Path(output)
    checkpoint = open_checkpoint(folder.checkpoint)
    target = made / folder.checkpoint.name
    folder.check_output(made, checkpoint.outputs(target))
    chosen = _choose(checkpoint, vocab_map.base_size, tensor)
    config, sizes = folder.resized({stored.shape[0] for stored in chosen}, job.rows)
    with folder.writing(made, config) as files:
        report = replace(job, tied=folder.tied).run(checkpoint, chosen, target)
    left = tuple(path.name for path in folder.small_files()[1])
    return replace(report, sizes=sizes, files=tuple(files), tokenizer=left)


def _recipe(
    vocab_map: VocabMap,
    unknown: str,
    method: str,
    tokens: Sequence[bytes | None] | None,
    vectors: Vectors | str | os.PathLike[str] | None,
) -> tuple[Recipe, tuple[str, ...]]:
    """What the new rows are made of, and the words for which there was no vector."""
    if method not in INIT_METHODS:
        raise ValueError(f"method must be one of {', '.join(INIT_METHODS)}, not {method!r}")
    if (vectors is None) == (method == "focus"):
        raise ValueError("vectors are for the method focus, which needs them")
    recipe = Recipe.of(vocab_map, unknown)
    if method == "mean" or (method == "weighted" and vocab_map.weights is not None):
        return recipe, ()
    if tokens is None:
        raise ValueError(f"the method {method} needs the tokens of the base")
    if len(tokens) < vocab_map.base_size:
        problem = f"{len(tokens):,} tokens for {vocab_map.base_size:,} of the map's base"
        raise ValueError(f"tokens must be those of the base: {problem}")
    if vectors is None:
        return recipe.by_characters(tokens), ()
    if not isinstance(vectors, Vectors):
        vectors = read_vectors(vectors, duplicates="first", bad_rows="skip")
    if not vectors.has_words:
        raise DataError(vectors.source, None, "vectors without words", "give a file with words")
    found, near = near_tokens(vocab_map.words, tokens[: vocab_map.base_size], vectors)
    rest = np.setdiff1d(np.arange(len(vocab_map.words)), found)
    return recipe.with_others(found, near), tuple(vocab_map.words[i] for i in rest)


@dataclass(frozen=True)
class _Job:
    """What is to be done to the arrays of tokens of a checkpoint."""

    vocab_map: VocabMap
    recipe: Recipe
    no_vector: tuple[str, ...]
    rescale: bool | None
    pad_to: int
    tied: bool = False  # as config.json says: the model takes the input matrix for the output

    @property
    def rows(self) -> int:
        """Of each array, as written."""
        return -(-len(self.vocab_map) // self.pad_to) * self.pad_to

    def run(
        self, checkpoint: Checkpoint, chosen: list[Stored], output: str | os.PathLike[str]
    ) -> EmbeddingReport:
        """Write it."""
        base = self.vocab_map.base_size
        scaled = self._rescaled(checkpoint, chosen)
        with contextlib.ExitStack() as stack:
            works = [
                NewRows(
                    stack.enter_context(checkpoint.rows(stored)),
                    self.vocab_map,
                    self.recipe,
                    stored.name in scaled,
                    self.rows,
                )
                for stored in chosen
            ]
            made = {work.stored.name: Made(self.rows, work) for work in works}
            checkpoint.save(output, made)
        copied = [name for name in checkpoint.shapes if name not in made]
        left = [name for name in copied if base in checkpoint.shapes[name]]
        tensors = tuple(self._report(work) for work in works)
        unknown = unknown_pieces(self.vocab_map)
        return EmbeddingReport(tensors, tuple(copied), tuple(left), unknown, self.no_vector)

    def _report(self, work: NewRows) -> NewTensor:
        shape, padding = work.stored.shape, self.rows - len(self.vocab_map)
        new = (self.rows, *shape[1:])
        return NewTensor(
            work.stored.name, shape, new, **work.norms, rescaled=work.rescale, padding=padding
        )

    def _rescaled(self, checkpoint: Checkpoint, chosen: list[Stored]) -> set[str]:
        """Names of the matrices whose new rows get the length of those they are made of."""
        if not (self.vocab_map.extends if self.rescale is None else self.rescale):
            return set()
        matrices = [stored for stored in chosen if len(stored.shape) > 1]
        outputs = [stored for stored in matrices if is_output(stored.name)]
        inputs = [stored for stored in matrices if stored not in outputs]
        # A model may have one matrix for both, and a file it twice.
        same = [
            stored
            for stored in outputs
            if self.tied or (inputs and _equal(checkpoint, inputs[0], stored))
        ]
        if self.rescale is None and len(outputs) == len(same):
            return set()
        return {stored.name for stored in [*inputs, *same]}


def _equal(checkpoint: Checkpoint, one: Stored, two: Stored) -> bool:
    """Whether two arrays are the same, bit for bit."""
    if (one.shape, one.dtype, one.bfloat16) != (two.shape, two.dtype, two.bfloat16):
        return False
    size = batch_rows(one.columns)
    with checkpoint.rows(one) as first, checkpoint.rows(two) as second:
        parts = (slice(start, start + size) for start in range(0, one.shape[0], size))
        return all(first.take(part).tobytes() == second.take(part).tobytes() for part in parts)


def _beside(
    source: str | os.PathLike[str], chosen: list[Stored], rows: int
) -> tuple[SizeChange, ...]:
    """What the config.json beside a file would have to say otherwise; nothing where there is none that says it."""
    path = Path(source).parent / CONFIG
    try:
        config = read_config(path) if path.is_file() else {}
    except DataError:
        return ()
    changes = size_changes(config, {stored.shape[0] for stored in chosen}, rows)
    return tuple(change for change in changes if change.old is not None)


def _check_output(checkpoint: Checkpoint, output: str | os.PathLike[str]) -> None:
    path = Path(output)
    if not path.name.lower().endswith(checkpoint.suffix) and (
        checkpoint.suffix == INDEX or path.suffix.lower() in SUFFIXES
    ):
        problem = f"what is written is a {checkpoint.suffix} file, as {checkpoint.path} is one"
        raise DataError(output, None, problem, f"name it *{checkpoint.suffix}")
    for made in checkpoint.outputs(path):
        for read in checkpoint.inputs:
            if made.exists() and made.samefile(read):
                hint = "write to another " + ("folder" if checkpoint.suffix == INDEX else "file")
                raise DataError(made, None, "is the file that is read", hint)


def _choose(checkpoint: Checkpoint, size: int, asked: Sequence[str]) -> list[Stored]:
    """The arrays to make anew, in the order of the file."""
    shapes, path = checkpoint.shapes, checkpoint.path
    try:
        names = token_tensors(path, shapes, size, asked)
    except DataError as error:
        if (index := index_of(path)) is None:
            raise
        hint = f"it is one of several: give the index of all its files: {index}"
        raise DataError(path, None, error.problem, hint) from None
    found = []
    for name in names:
        stored = checkpoint.stored(name)
        if not stored.columns:
            what = f"{cut(name)}: " if len(shapes) > 1 else ""
            raise DataError(path, None, f"{what}no numbers: {sized(shapes[name])}")
        found.append(stored)
    return found


# --- tables ----------------------------------------------------------------------------------


def norms_table(report: EmbeddingReport) -> str:
    """TSV of the norms of each tensor: of its base rows, those kept, the means, and the new rows if they differ."""
    lines = ["\t".join(NormRow._fields) + "\n"]
    for row in report:
        figures = "\t".join(map(shown_number, (row.norm_mean, row.norm_min, row.norm_max)))
        lines.append(f"{cell(row.tensor)}\t{row.rows}\t{row.count}\t{figures}\t{row.not_finite}\n")
    return "".join(lines)


def unknown_table(report: EmbeddingReport) -> str:
    """TSV of the new words with unknown pieces: how many pieces, how many of them unknown."""
    rows = (f"{of.word}\t{of.pieces}\t{of.unknown}\n" for of in report.unknown)
    return "".join(["word\tpieces\tunknown\n", *rows])
