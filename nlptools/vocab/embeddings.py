"""Checkpoint of a pretrained model + VocabMap -> the checkpoint for the new vocabulary: kept rows, and means for new words.

The row of a new word is the mean of the rows of its pieces. Source: Su Jianlin, kexue.fm/archives/7758 (WoBERT),
and `load_embeddings` of bert4keras.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    StoredRows,
    index_of,
    open_checkpoint,
)
from nlptools.vectors.headers import sized
from nlptools.vectors.vectors import batch_rows, shown_number
from nlptools.vocab.map import VocabMap, read_map
from nlptools.vocab.tokentensors import token_tensors

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

UNKNOWN = ("skip", "average")


@dataclass(frozen=True)
class Norms:
    """L2 norms of some rows, of a vector the absolute values; NaN where there are no rows.

    rows: how many. not_finite: those that have NaN or an infinite number in them; the figures are of the others.
    """

    rows: int
    mean: float
    least: float
    most: float
    not_finite: int

    @classmethod
    def of(cls, norms: np.ndarray) -> Norms:
        """norms: one for each row, not finite where the row is not."""
        good = norms[np.isfinite(norms)]
        if not len(good):
            return cls(len(norms), math.nan, math.nan, math.nan, len(norms))
        figures = (float(good.mean()), float(good.min()), float(good.max()))
        return cls(len(norms), *figures, len(norms) - len(good))


@dataclass(frozen=True)
class NewTensor:
    """What became of one tensor. averaged: norms of the means, before --rescale; new: of the new rows as written."""

    name: str
    base_shape: tuple[int, ...]
    shape: tuple[int, ...]
    base: Norms
    kept: Norms
    averaged: Norms
    new: Norms


@dataclass(frozen=True)
class UnknownPieces:
    """A new word with pieces that the base vocabulary does not know; with nothing else: its row is that of [UNK]."""

    word: str
    pieces: int
    unknown: int
    nothing_else: bool


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
    """What init_embeddings did. Its rows are NormRow, those of the means only where the new rows differ. copied: names of the other tensors; left: those of them with a dimension of base_size."""

    tensors: tuple[NewTensor, ...]
    copied: tuple[str, ...]
    left: tuple[str, ...]
    unknown: tuple[UnknownPieces, ...]

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
    rescale: bool = False,
) -> EmbeddingReport:
    """Write the checkpoint `source` (.npy, .npz, .safetensors, or the index of several) for a new vocabulary to `output`.

    map: which tokens are kept and what new words are made of (VocabBuild.map), or its file.
    Every array of floats with a row for each token, be it embedding, output weight or output bias (tokentensors.py),
    gets len(map) rows: those of `keep`, bit for bit, then for each word the mean of the rows of its pieces,
    computed in float64 and rounded once to the type of the array. Rows after those of the tokens, a padding, are left
    out. All other arrays are copied byte for byte. A .npy file may hold a matrix or a vector (a bias). For an index
    (.safetensors.index.json) the files it names are written beside `output`, under the same names.

    tensor: names of those that are made anew, instead of all. unknown: [UNK] as a piece is left out of the mean
    ("skip"), as its row says nothing about the word, or averaged like the others ("average"), as bert4keras does
    it; a word of such pieces alone has the row of [UNK] either way. rescale: the new rows of a matrix are all
    multiplied by one number, so that their mean norm is that of the kept rows.

    Raises ValueError for another `unknown`, DataError for files that cannot be read or written, where nothing
    has base_size rows, or it is not clear what has, and for an output that is the source.
    """
    if unknown not in UNKNOWN:
        raise ValueError(f"unknown must be one of {', '.join(UNKNOWN)}, not {unknown!r}")
    vocab_map = map if isinstance(map, VocabMap) else read_map(map)
    checkpoint = open_checkpoint(source)
    _check_output(checkpoint, output)
    chosen = _choose(checkpoint, vocab_map.base_size, tensor)
    recipe = _Recipe.of(vocab_map, unknown)
    with contextlib.ExitStack() as stack:
        works = [
            _Work(stack.enter_context(checkpoint.rows(stored)), vocab_map, recipe, rescale)
            for stored in chosen
        ]
        made = {work.stored.name: Made(len(vocab_map), work) for work in works}
        checkpoint.save(output, made)
    copied = [name for name in checkpoint.shapes if name not in made]
    left = [name for name in copied if vocab_map.base_size in checkpoint.shapes[name]]
    tensors = tuple(work.report(len(vocab_map)) for work in works)
    return EmbeddingReport(tensors, tuple(copied), tuple(left), _unknown_pieces(vocab_map))


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


# --- rows ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Recipe:
    """What to average: base ids, one word after the other; where each word begins; weights, or None; their sums."""

    ids: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray | None
    totals: np.ndarray

    @classmethod
    def of(cls, vocab_map: VocabMap, unknown: str) -> _Recipe:
        ids, lengths = vocab_map.keep[vocab_map.pieces], np.diff(vocab_map.offsets)
        weights = np.ones(len(ids)) if vocab_map.weights is None else vocab_map.weights
        if unknown == "skip":
            known = _known(vocab_map)
            use = known | np.repeat(_nothing_known(vocab_map), lengths)
            lengths = _sums(use.astype(np.int64), vocab_map.offsets)
            ids, weights = ids[use], weights[use]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        given = None if vocab_map.weights is None else weights
        return cls(ids, offsets, given, _sums(weights, offsets))


def _sums(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    return np.add.reduceat(values, offsets[:-1]) if len(values) else values


def _known(vocab_map: VocabMap) -> np.ndarray:
    """For each piece whether it is another token than [UNK]."""
    ids = vocab_map.keep[vocab_map.pieces]
    return np.ones(len(ids), bool) if vocab_map.unknown is None else ids != vocab_map.unknown


def _nothing_known(vocab_map: VocabMap) -> np.ndarray:
    """For each word whether no known piece has a weight."""
    weights = 1.0 if vocab_map.weights is None else vocab_map.weights
    return _sums(_known(vocab_map) * weights, vocab_map.offsets) == 0


def _unknown_pieces(vocab_map: VocabMap) -> tuple[UnknownPieces, ...]:
    counts = _sums((~_known(vocab_map)).astype(np.int64), vocab_map.offsets)
    nothing, lengths = _nothing_known(vocab_map), np.diff(vocab_map.offsets)
    return tuple(
        UnknownPieces(vocab_map.words[i], int(lengths[i]), int(counts[i]), bool(nothing[i]))
        for i in np.flatnonzero(counts)
    )


@dataclass
class _Work:
    """The new rows of one array, computed while they are written, and the norms seen on the way."""

    rows: StoredRows
    vocab_map: VocabMap
    recipe: _Recipe
    rescale: bool
    norms: dict[str, Norms] = field(default_factory=dict)

    @property
    def stored(self) -> Stored:
        return self.rows.stored

    def report(self, rows: int) -> NewTensor:
        """What was done; once it was."""
        shape = self.stored.shape
        return NewTensor(self.stored.name, shape, (rows, *shape[1:]), **self.norms)

    def __iter__(self) -> Iterator[np.ndarray]:
        base, keep = self._base_norms(), self.vocab_map.keep
        self.norms["base"], self.norms["kept"] = Norms.of(base), Norms.of(base[keep])
        size = batch_rows(self.stored.columns)
        for start in range(0, len(keep), size):
            yield self.rows.take(keep[start : start + size])
        factor = 1.0
        if self.rescale and len(self.stored.shape) > 1:
            for _ in self._new(1, "averaged"):
                pass
            kept, averaged = self.norms["kept"].mean, self.norms["averaged"].mean
            factor = kept / averaged if kept > 0 and averaged > 0 else 1.0
        yield from self._new(factor, "new")
        self.norms.setdefault("averaged", self.norms["new"])

    def _base_norms(self) -> np.ndarray:
        """Of the rows of tokens, without a padding."""
        height, size = self.vocab_map.base_size, batch_rows(self.stored.columns)
        slices = (slice(start, min(start + size, height)) for start in range(0, height, size))
        return _joined([_norms(self.stored.decoded(self.rows.take(part))) for part in slices])

    def _new(self, factor: float, name: str) -> Iterator[np.ndarray]:
        """StoredRows of new words as they are stored; their norms are kept under that name."""
        norms = []
        for means in self._means():
            with np.errstate(over="ignore"):
                found = self.stored.encoded(means * factor)
            norms.append(_norms(self.stored.decoded(found)))
            yield found
        self.norms[name] = Norms.of(_joined(norms))

    def _means(self) -> Iterator[np.ndarray]:
        """StoredRows of new words in float64, in groups of words whose pieces make up a batch."""
        ids, offsets = self.recipe.ids, self.recipe.offsets
        start, size = 0, batch_rows(self.stored.columns)
        while start < len(offsets) - 1:
            stop = int(np.searchsorted(offsets, offsets[start] + size, "right")) - 1
            stop = max(stop, start + 1)
            part = slice(offsets[start], offsets[stop])
            values = self.stored.decoded(self.rows.take(ids[part]))
            with np.errstate(over="ignore", invalid="ignore"):
                if self.recipe.weights is not None:
                    values *= self.recipe.weights[part, None]
                sums = np.add.reduceat(values, offsets[start:stop] - offsets[start], axis=0)
                means = sums / self.recipe.totals[start:stop, None]
            yield means
            start = stop


def _norms(rows: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.sqrt(np.einsum("ij,ij->i", rows, rows))


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0)


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
