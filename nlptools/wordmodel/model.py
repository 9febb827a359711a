"""WordModel <-> its file, readable or compact: words with their counts and weights, and what unseen words are made of.

The readable file is UTF-8 text, compressed where its name ends in .gz, .bz2, .xz or .zst. Lines that begin with `# ` come first: the
format and its version, a JSON object with the settings, then one line `# place` for each character with the
number of rare words that have it as first of 2, second of 2, first of 3, ... The rest is a table with a
header: word, count, expected, weight, and known where a word list was learnt on top of, separated by tabs.
docs/formats.md describes it. The compact file (packed.py) has the same content, as far as it is printed.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.base.outputs import whole_file
from nlptools.base.packing import JoinedStrings
from nlptools.errors import DataError, quoted
from nlptools.text.compressing import compressing
from nlptools.text.corpus import Corpus
from nlptools.text.folding import FOLDS
from nlptools.text.whole import LONGEST_LINE, read_whole
from nlptools.wordmodel.em import LEAST_PENALTY, LONGEST
from nlptools.wordmodel.packed import ENDING, PackedModel, damaged, is_packed, packed_bytes

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

FORMAT = "# nlptools model"
VERSION = 2  # 1: without the column "known"; models without it are still written so
GENERAL = Path(__file__).parent / "general.nlpm"  # learnt on top of a word list
RAW = Path(__file__).parent / "raw.nlpm"  # learnt from raw text alone
OWN_MODELS = {"general": GENERAL, "raw": RAW}  # of the package, by name
MODEL_FORMS = ("text", "compact")
COLUMNS = "word\tcount\texpected\tweight"
KNOWN_COLUMN = "known"
LARGEST = 1e15  # of any number in a model
MOST_NATS = 1000.0  # of a penalty, and of the logarithm of a weight below 0
MOST_WEIGHT = 40.0  # nats: exp(40) leaves room for sums in float32
PLACES = ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2))  # length of the unseen word, place in it


class WeightedWord(NamedTuple):
    """A row of a model: occurrences as a substring, of them as a word, logarithm of the weight."""

    word: str
    count: int  # type: ignore[assignment] # as the column is called; a row needs no tuple.count
    expected: float
    weight: float


class WordNotes(NamedTuple):
    """What a segmenter finds out about the words of a model; a compact file can keep it, so that it opens sooner.

    rules: the number of the rules by which it was found. glued: int64, ascending, which code points of all words in
    a row belong to the cell of the one before. counted: int64, ascending, which words are a number and a measure word.
    """

    rules: int
    glued: np.ndarray
    counted: np.ndarray


@dataclass(frozen=True)
class WordModel:
    """A word list with weights, by which any text can be segmented.

    words: best first; counts: int64, occurrences as a substring; expected: float64, of them as a word;
    weights: float64, logarithm of the weight in a segmentation (nats), penalty and bonus included.
    place_symbols, place_counts: characters and, shape (characters, 5), in how many rare words they stand
    at each of PLACES. settings: what made the model; among them symbols, the size of its corpus, and
    trained_on, that of the distinct text it was learnt from. known: bool, whether the word was in a word list that
    the model was learnt on top of; None: there was no list. notes: of the words, where the file has some.
    """

    words: Sequence[str]
    counts: np.ndarray
    expected: np.ndarray
    weights: np.ndarray
    place_symbols: Sequence[str] = ()
    place_counts: np.ndarray = field(default_factory=lambda: np.zeros((0, len(PLACES)), np.int64))
    settings: Mapping[str, Any] = field(default_factory=dict)
    known: np.ndarray | None = None
    notes: WordNotes | None = None

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        symbols = self.settings.get("symbols")
        of = f" of {symbols:,} characters" if isinstance(symbols, int) else ""
        return f"WordModel({len(self):,} words{of})"

    def __iter__(self) -> Iterator[WeightedWord]:
        columns = [column.tolist() for column in self._numbers]
        yield from itertools.starmap(WeightedWord, zip(self.words, *columns, strict=True))

    def to_frame(self) -> DataFrame:
        """The words as a pandas DataFrame, with the columns of the file."""
        columns = dict(zip(COLUMNS.split("\t"), (list(self.words), *self._numbers), strict=True))
        return to_frame(columns if self.known is None else columns | {KNOWN_COLUMN: self.known})

    def _repr_html_(self) -> str:
        return html_table(COLUMNS.split("\t"), self, total=len(self))

    @property
    def _numbers(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.counts, self.expected, self.weights

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        notes: WordNotes | None = None,
    ) -> None:
        """Write the model; the file appears when it is complete.

        format: "text", which is compressed as its name says, or "compact"; None: compact where the name ends in .nlpm.
        notes: of its words; only the compact form has room for them. Raises ValueError for an unknown format.
        """
        name = os.fspath(path)
        if format is None:
            format = "compact" if name.endswith(ENDING) else "text"
        if format not in MODEL_FORMS:
            raise ValueError(f"format must be one of {', '.join(MODEL_FORMS)}, not {format!r}")
        data = self.packed(notes) if format == "compact" else self.text().encode()
        packing = name if format == "text" else ""
        with whole_file(path) as stream, compressing(stream, packing) as packed:
            packed.write(data)

    def text(self) -> str:
        """What the file holds."""
        settings = {**self.settings, "words": len(self), "places": len(self.place_symbols)}
        version = 1 if self.known is None else VERSION
        lines = [f"{FORMAT} {version}\n# {json.dumps(settings, ensure_ascii=False)}\n"]
        for symbol, row in zip(self.place_symbols, self.place_counts.tolist(), strict=True):
            lines.append(f"# place\t{symbol}\t" + "\t".join(map(str, row)) + "\n")
        lines.append(COLUMNS + (f"\t{KNOWN_COLUMN}" if self.known is not None else "") + "\n")
        ends = ["\n"] * len(self)
        if self.known is not None:
            ends = [f"\t{flag:d}\n" for flag in self.known.tolist()]
        columns = [column.tolist() for column in self._numbers]
        for word, count, expected, weight, end in zip(self.words, *columns, ends, strict=True):
            lines.append(f"{word}\t{count}\t{expected:.3f}\t{weight:.4f}{end}")
        return "".join(lines)

    def packed(self, notes: WordNotes | None = None) -> bytes:
        """What the compact file holds."""
        columns = {
            "weight": _decimals(self.weights, 4),
            "count": self.counts,
            "expected": _decimals(self.expected, 3),
            "places": self.place_counts.ravel(),
        }
        if self.known is not None:
            columns["known"] = self.known
        if notes is not None:
            columns["notes_rules"] = np.array([notes.rules])
            columns |= {"notes_glued": notes.glued, "notes_counted": notes.counted}
        return packed_bytes(self.words, self.place_symbols, columns, self.settings)


class WordWeights(NamedTuple):
    """What of a model is needed to segment by it, as WordModel has it. listed: whether it says what is known.

    notes: of the words, where the file has some.
    """

    words: Sequence[str]
    weights: np.ndarray
    place_symbols: Sequence[str]
    place_counts: np.ndarray
    settings: Mapping[str, Any]
    listed: bool
    notes: WordNotes | None = None

    @staticmethod
    def of(model: WordModel) -> WordWeights:
        places = model.place_symbols, model.place_counts
        listed = model.known is not None
        return WordWeights(model.words, model.weights, *places, model.settings, listed, model.notes)


def _decimals(values: np.ndarray, digits: int) -> np.ndarray:
    """Numbers in units of their last digit when they are printed with so many behind the point; int64."""
    printed = [int(f"{value:.{digits}f}".replace(".", "")) for value in values.tolist()]
    return np.array(printed, np.int64)


def first_line(path: str | os.PathLike[str]) -> str:
    """The first line of a text file, as far as 200 characters."""
    corpus = Corpus([path], encoding="auto", block_size=1 << 16)
    corpus.longest_line = LONGEST_LINE
    for block in corpus.blocks():
        return block.text[:200].partition("\n")[0]
    return ""


def is_model(line: str) -> bool:
    """Whether a file whose first line this is is a model."""
    return line.startswith(FORMAT)


def general_model() -> WordModel:
    """The model that comes with the package, learnt on top of a word list; general.md says what it was made from."""
    return load_model(GENERAL)


def raw_model() -> WordModel:
    """The other model of the package: learnt from the same raw text alone, without any dictionary."""
    return load_model(RAW)


def load_model(path: str | os.PathLike[str]) -> WordModel:
    """Read a model, in either form. DataError, with the line, for a file that is none or is damaged."""
    if is_packed(path):
        return _unpacked(path)
    text = read_whole(path)
    return parse_model(text, os.fspath(path))


def load_named(name: str | os.PathLike[str]) -> WordModel:
    """The model of a file; for "general" and "raw" that of the package."""
    return load_model(OWN_MODELS.get(os.fspath(name), name))


def convert_model(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    format: str | None = None,
) -> WordModel:
    """Rewrite a model, and return it; what the source is tells its content, not its name.

    source: a model in either form; or "general" or "raw", those of the package. format: "text" or "compact", None: by
    the name of the output. Raises DataError for what is no model, ValueError for an unknown format.
    """
    model = load_named(source)
    model.save(output, format=format)
    return model


def load_weights(path: str | os.PathLike[str]) -> WordWeights:
    """What of a model is needed to segment by it; of a compact one nothing else is read."""
    if not is_packed(path):
        return WordWeights.of(load_model(path))
    return _weights(PackedModel.open(path), path)


def _weights(packed: PackedModel, path: str | os.PathLike[str]) -> WordWeights:
    try:
        _check_settings(packed.settings)
    except (LookupError, ArithmeticError, AttributeError, TypeError, ValueError):
        raise damaged(path, "its settings are not those of a model") from None
    words, places = packed.strings("word"), packed.strings("place")
    weights = packed.numbers("weight", len(words)) / 10_000
    place_counts = packed.numbers("places", len(places) * len(PLACES)).reshape(-1, len(PLACES))
    if (weights > MOST_WEIGHT).any() or (weights < -MOST_NATS).any() or (place_counts < 0).any():
        raise damaged(path, "a count below 0, or a weight out of range")
    listed, notes = "known" in packed, _notes(packed, words, path)
    return WordWeights(words, weights, places, place_counts, packed.settings, listed, notes)


def _notes(
    packed: PackedModel, words: JoinedStrings, path: str | os.PathLike[str]
) -> WordNotes | None:
    if "notes_rules" not in packed:
        return None
    (rules,) = packed.numbers("notes_rules", 1).tolist()
    glued, counted = (packed.numbers(f"notes_{name}", None) for name in ("glued", "counted"))
    for places, size in ((glued, len(words.text)), (counted, len(words))):
        inside = (places >= 0) & (places < size)
        if not (inside.all() and (places[1:] > places[:-1]).all()):
            raise damaged(path, "notes on words that it does not have")
    # Where a word ends, the next one begins.
    if (glued == 0).any() or (words.ends[np.searchsorted(words.ends, glued)] == glued).any():
        raise damaged(path, "a note that the first character of a word goes on with another word")
    return WordNotes(rules, glued, counted)


def _unpacked(path: str | os.PathLike[str]) -> WordModel:
    packed = PackedModel.open(path)
    words, weights, place_symbols, place_counts, settings, _, notes = _weights(packed, path)
    counts = packed.numbers("count", len(words))
    expected = packed.numbers("expected", len(words)) / 1000
    known = packed.numbers("known", len(words)) if "known" in packed else None
    if (
        (counts < 0).any()
        or (expected < 0).any()
        or max(counts.max(initial=0), expected.max(initial=0)) >= LARGEST
    ):
        raise damaged(path, "a count out of range")
    if known is not None and ((known < 0) | (known > 1)).any():
        raise damaged(path, 'neither 0 nor 1 in the column "known"')
    return WordModel(
        words,
        counts,
        expected,
        weights,
        place_symbols,
        place_counts,
        settings,
        None if known is None else known == 1,
        notes,
    )


def parse_model(text: str, path: str) -> WordModel:
    """As load_model, of a text that was read already."""
    lines = text.split("\n")
    if not is_model(lines[0]):
        raise DataError(path, 1, "not an nlptools model", "make one with nlptools train")
    version = lines[0][len(FORMAT) :].strip()
    if not version.isdecimal() or len(version) > 9 or int(version) > VERSION:
        problem = f"model format {quoted(version)}; this version reads up to {VERSION}"
        raise DataError(path, 1, problem, "update nlptools")
    try:
        settings = json.loads(lines[1].removeprefix("# "))
        words, places = int(settings.pop("words")), int(settings.pop("places"))
        _check_settings(settings)
        if words < 0 or places < 0:
            raise ValueError
    except (LookupError, ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
        raise DataError(path, 2, "no JSON object with the settings of a model here") from None
    first = 2 + places + 1
    header = COLUMNS if int(version) == 1 else f"{COLUMNS}\t{KNOWN_COLUMN}"
    head = len(lines) >= first and lines[first - 1].rstrip("\r") == header
    # The last line ends as all others do, or it may be the beginning of one.
    if not head or len(lines) <= first + words or any(map(str.strip, lines[first + words :])):
        problem = f"{words:,} words and {places:,} places were announced, here are others"
        line = min(len(lines), first + words + 1 if head else first)
        raise DataError(path, line, problem, "the file was cut short or edited")
    place_symbols, place_columns = _table(lines, 2, places, path, "# place\t", len(PLACES))
    if (place_columns < 0).any():
        bad = int(np.flatnonzero((place_columns < 0).any(axis=0))[0])
        raise DataError(path, 3 + bad, "a count below 0")
    word_list, columns = _table(lines, first, words, path, "", header.count("\t"))
    weights = columns[2]
    bad = (columns[:2] < 0).any(axis=0) | (weights > MOST_WEIGHT) | (weights < -MOST_NATS)
    if bad.any():
        line = first + 1 + int(np.flatnonzero(bad)[0])
        raise DataError(path, line, "a count below 0, or a weight out of range")
    known = None
    if int(version) > 1:
        if (bad := (columns[3] != 0) & (columns[3] != 1)).any():
            line = first + 1 + int(np.flatnonzero(bad)[0])
            raise DataError(path, line, 'neither 0 nor 1 in the column "known"')
        known = columns[3] == 1
    return WordModel(
        word_list,
        columns[0].astype(np.int64),
        columns[1],
        columns[2],
        place_symbols,
        place_columns.T.astype(np.int64),
        settings,
        known,
    )


def _check_settings(settings: dict[str, Any]) -> None:
    """ValueError or TypeError for settings that would fail where they are used."""
    sizes = [settings.get(name, 0) for name in ("symbols", "trained_on")]
    penalties = settings.get("penalties", [0.0] * LONGEST)
    if not all(isinstance(size, int) and 0 <= size < LARGEST for size in sizes):
        raise ValueError
    if len(penalties) != LONGEST or not all(LEAST_PENALTY <= n < MOST_NATS for n in penalties):
        raise ValueError
    if not set(settings.get("fold", [])) <= set(FOLDS):
        raise ValueError
    if not re.fullmatch("[0-9a-f]*", settings.get("sha256", "")):
        raise ValueError


def _table(
    lines: list[str], start: int, rows: int, path: str, prefix: str, columns: int
) -> tuple[list[str], np.ndarray]:
    """(first cells, the others as float64 of shape (columns, rows)) of some lines."""
    part = [line.rstrip("\r") for line in lines[start : start + rows]]
    cells = "\t".join([line.removeprefix(prefix) for line in part]).split("\t") if rows else []
    width = columns + 1
    tabs = columns + prefix.count("\t")
    try:
        if len(cells) != rows * width or {line.count("\t") for line in part} - {tabs}:
            raise ValueError
        # Twice as fast as NumPy's own conversion of texts.
        numbers = np.array([list(map(float, cells[j::width])) for j in range(1, width)])
        if not np.all(np.abs(numbers) < LARGEST) or not all(cells[0::width]):
            raise ValueError
    except ValueError:
        for number, line in enumerate(part, start + 1):
            _check_line(line, prefix, columns, path, number)
        raise DataError(path, start + 1, "damaged model") from None
    return cells[0::width], numbers.reshape(columns, rows)


def _check_line(line: str, prefix: str, columns: int, path: str, number: int) -> None:
    word, *cells = line.removeprefix(prefix).split("\t")
    if not line.startswith(prefix) or not word or len(cells) != columns:
        problem = f"expected {columns + 1} cells separated by tabs: {quoted(line)}"
        raise DataError(path, number, problem)
    for cell in cells:
        try:
            value = float(cell)
        except ValueError:
            raise DataError(path, number, f"not a number: {quoted(cell)}") from None
        if not abs(value) < LARGEST:
            raise DataError(path, number, f"not a finite number: {quoted(cell)}")
