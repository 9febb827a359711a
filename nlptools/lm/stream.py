"""Corpus + language model -> log10 probability of every line, and of the whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.base.resources import prompt_map, worker_pool
from nlptools.errors import DataError, quoted
from nlptools.lm.files import open_lm
from nlptools.lm.longlines import LONG, PIECE, is_long, sum_line, whole_lines
from nlptools.lm.model import LanguageModel
from nlptools.ngrams.symbols import LATIN_MODES, SENTENCE_MODES, Scanned, SymbolEncoder
from nlptools.text.chars import with_line_feeds
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.text.folding import FOLDS, folder
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.longtexts import LongText

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

COLUMNS = ("source", "line", "log10_prob", "per_symbol", "symbols", "oov", "text")
# No logarithm of a probability or back-off, nor a sum of some, is so far from 0.
MOST_LOG = 1e4


@dataclass(frozen=True)
class Totals:
    """Sums over lines.

    log10_prob: of everything; oov_log10_prob: the part of symbols that the model does not know. symbols: that
    were read; ends: of sentences, which have a probability, too; oov: unknown symbols.
    """

    lines: int = 0
    sentences: int = 0
    symbols: int = 0
    oov: int = 0
    log10_prob: float = 0.0
    oov_log10_prob: float = 0.0

    def __add__(self, other: Totals) -> Totals:
        names = [field.name for field in fields(self)]
        return Totals(*(getattr(self, name) + getattr(other, name) for name in names))

    @property
    def perplexity(self) -> float:
        """10 ** (-log10_prob / (symbols + sentences)): an end of a sentence is one more. NaN for nothing."""
        return _perplexity(self.log10_prob, self.symbols + self.sentences)

    @property
    def perplexity_without_oov(self) -> float:
        """The same, unknown symbols left out."""
        known = self.symbols + self.sentences - self.oov
        return _perplexity(self.log10_prob - self.oov_log10_prob, known)


def _perplexity(log10_prob: float, number: int) -> float:
    return float(10.0 ** (-log10_prob / number)) if number else float("nan")


@dataclass(frozen=True)
class ScoredLines:
    """Lines of a source; aligned arrays.

    numbers: of the lines, from 1. log10_probs, oov_log10_probs: float64. symbols, oov, sentences: int64.
    """

    source: str
    numbers: np.ndarray
    texts: list[str]
    log10_probs: np.ndarray
    oov_log10_probs: np.ndarray
    symbols: np.ndarray
    oov: np.ndarray
    sentences: np.ndarray

    @classmethod
    def nothing(cls) -> ScoredLines:
        """No lines."""
        number, prob = np.zeros(0, np.int64), np.zeros(0)
        return cls("", number, [], prob, prob, number, number, number)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def per_symbol(self) -> np.ndarray:
        """log10 probability for each symbol and end of a sentence; 0 for a line without symbols."""
        return self.log10_probs / np.maximum(self.symbols + self.sentences, 1)

    def __iter__(self) -> Iterator[ScoredLine]:
        columns = (self.numbers, self.log10_probs, self.per_symbol, self.symbols, self.oov)
        for row in zip(*(column.tolist() for column in columns), self.texts, strict=True):
            yield ScoredLine(self.source, *row)

    def select(self, kept: np.ndarray) -> ScoredLines:
        """The lines of a mask; `numbers` says which they are."""
        return self.at(np.flatnonzero(kept))

    def at(self, rows: np.ndarray) -> ScoredLines:
        """The lines with these places among them, from 0."""
        arrays = (self.log10_probs, self.oov_log10_probs, self.symbols, self.oov, self.sentences)
        return ScoredLines(
            self.source,
            self.numbers[rows],
            [self.texts[row] for row in rows.tolist()],
            *(array[rows] for array in arrays),
        )

    @staticmethod
    def joined(group: Sequence[ScoredLines]) -> ScoredLines:
        """The lines of all of them, of no source."""
        arrays = zip(
            *((x.log10_probs, x.oov_log10_probs, x.symbols, x.oov, x.sentences) for x in group),
            strict=True,
        )
        return ScoredLines(
            "",
            np.concatenate([lines.numbers for lines in group]),
            [text for lines in group for text in lines.texts],
            *map(np.concatenate, arrays),
        )

    def part(self, start: int, stop: int, source: str, numbers: LineNumbers) -> ScoredLines:
        """The lines start to stop, which have these numbers in a source."""
        arrays = (self.log10_probs, self.oov_log10_probs, self.symbols, self.oov, self.sentences)
        return ScoredLines(
            source,
            numbers.of(np.arange(stop - start)),
            self.texts[start:stop],
            *(array[start:stop] for array in arrays),
        )

    def totals(self) -> Totals:
        """Of these lines."""
        return Totals(
            len(self),
            int(self.sentences.sum()),
            int(self.symbols.sum()),
            int(self.oov.sum()),
            float(self.log10_probs.sum()),
            float(self.oov_log10_probs.sum()),
        )


class ScoredLine(NamedTuple):
    """A row of what `lm score` prints: the columns COLUMNS."""

    source: str
    line: int
    log10_prob: float
    per_symbol: float
    symbols: int
    oov: int
    text: str


class ScoredText:
    """All lines of a corpus with their probabilities, in order, and the sums of them."""

    def __init__(self, lines: Iterable[ScoredLines]) -> None:
        self._lines = list(lines)
        self.totals = sum((lines.totals() for lines in self._lines), Totals())

    def __len__(self) -> int:
        return self.totals.lines

    def __iter__(self) -> Iterator[ScoredLine]:
        for lines in self._lines:
            yield from lines

    def __repr__(self) -> str:
        sums = self.totals
        return f"ScoredText({len(self):,} lines, {sums.symbols:,} symbols, perplexity {sums.perplexity:.4g})"

    def to_frame(self) -> DataFrame:
        """A pandas DataFrame with the columns of the TSV."""
        rows = list(self)
        return to_frame({name: [getattr(row, name) for row in rows] for name in COLUMNS})

    def _repr_html_(self) -> str:
        return html_table(COLUMNS, self, total=len(self))


class LineScorer:
    """Scores texts of whole lines; any number of threads may use it."""

    def __init__(self, model: LanguageModel, fold: Sequence[str] = ()) -> None:
        """fold: names of FOLDS, by which texts are scored. Raises DataError for a model without ends of sentences."""
        model.require_sentences()
        self._model = model
        self._fold = folder(fold)
        latin, sentences = symbol_settings(model)
        self._encoder = SymbolEncoder(latin, sentences, lines=True)
        self._table = np.zeros(1 << 16, np.int64)
        fixed = self._encoder.ids(model.vocabulary)
        fixed[fixed > self._encoder.line] = 0
        self._table[fixed] = np.arange(len(fixed))
        self._table[0] = 0

    def score_all(self, pieces: Sequence[tuple[str, str, LineNumbers]]) -> list[ScoredLines]:
        """As `score` for each, (text, source, numbers of its lines), all of them at once."""
        if len(pieces) == 1:
            return [self.score(*pieces[0])]
        texts = [text if text.endswith("\n") else text + "\n" for text, _, _ in pieces]
        scored = self.score("".join(texts), "", LineNumbers())
        found, stop = [], 0
        for text, (_, source, numbers) in zip(texts, pieces, strict=True):
            start, stop = stop, stop + text.count("\n")
            found.append(scored.part(start, stop, source, numbers))
        return found

    def score(self, text: str, source: str, numbers: LineNumbers) -> ScoredLines:
        """The lines of a text, LF being the only line end; they are given out as they stand."""
        if not text.endswith("\n"):
            text += "\n"
        folded = text if self._fold is None else self._fold(text)
        if is_long(folded):
            return self._score_long(text, folded, source, numbers)
        scanned = self._encoder.scan(folded)
        end = self._model.end
        ids = np.empty(len(scanned.ids) + 1, np.int64)
        ids[0] = end  # what follows begins a sentence
        ids[1:] = self._numbered(scanned)
        breaks = np.flatnonzero(ids[1:] == end) + 1
        logs = self._log_probs(ids)
        # Of several breaks in a row only the first may end a sentence.
        last = np.append(0, breaks)
        void = last[1:] == last[:-1] + 1
        logs[breaks[void]] = 0
        lines = np.append(0, np.flatnonzero(scanned.ids == self._encoder.line) + 1)
        size = len(lines) - 1
        sentences = np.bincount(_line_of(breaks[~void], lines), minlength=size)
        every = np.bincount(_line_of(breaks, lines), minlength=size)
        unknown = np.flatnonzero(ids == 0)
        line_of_unknown = _line_of(unknown, lines)
        return ScoredLines(
            source,
            numbers.of(np.arange(size)),
            text.split("\n")[:-1],
            np.add.reduceat(logs, lines[:-1] + 1),
            np.bincount(line_of_unknown, logs[unknown], minlength=size),
            np.diff(lines) - every,
            np.bincount(line_of_unknown, minlength=size),
            sentences,
        )

    def _numbered(self, scanned: Scanned) -> np.ndarray:
        """Ids of the model, </s> at breaks and line ends; int64."""
        ids = scanned.numbered(self._table, self._model.ids)
        ids[(scanned.ids == 0) | (scanned.ids == self._encoder.line)] = self._model.end
        return ids

    def _log_probs(self, ids: np.ndarray) -> np.ndarray:
        """float64. Raises DataError for what is no logarithm of a probability."""
        logs = self._model.log_probs(ids).astype(np.float64)
        if not np.all(np.abs(logs) <= MOST_LOG):
            raise DataError(
                self._model.name,
                None,
                "damaged language model: it has numbers that are no probabilities",
                "make it again with nlptools lm train",
            )
        return logs

    def score_stored(self, text: LongText) -> ScoredLines:
        """A line in a file, without its end; its text is not given out."""
        folded = text.folded(self._fold, "\n")
        if len(folded) > LONG:
            return self._score_long("\n", folded, "", LineNumbers())
        return self.score(str(text), "", LineNumbers())  # a fold may make it short

    def _score_long(
        self, text: str, folded: str | LongText, source: str, numbers: LineNumbers
    ) -> ScoredLines:
        """One line with its end, of many megabytes. folded: as it is scored."""
        context = np.full(max(1, self._model.order - 1), self._model.end, np.int64)
        sums = sum_line(folded, self._encoder, self._numbered, self._log_probs, context)
        return ScoredLines(
            source,
            numbers.of(np.arange(1)),
            [text[:-1]],
            np.array([sums.log10_prob]),
            np.array([sums.oov_log10_prob]),
            np.array([sums.symbols]),
            np.array([sums.oov]),
            np.array([sums.sentences]),
        )


def _line_of(places: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The line in which each place lies; lines: 0, and where each one ends."""
    return np.searchsorted(lines, places) - 1


def symbol_settings(model: LanguageModel) -> tuple[str, str]:
    """(latin, sentences) of a model: how text becomes its symbols.

    An ARPA file from elsewhere does not say: runs of letters are symbols if it has any, sentences are lines.
    """
    latin, sentences = model.settings.get("latin"), model.settings.get("sentences")
    if latin not in LATIN_MODES:
        runs = any(len(s) > 1 and s.isascii() and s.isalnum() for s in model.vocabulary)
        latin = "run" if runs else "char"
    return latin, sentences if sentences in SENTENCE_MODES[1:] else "line"


def fold_of(model: LanguageModel) -> tuple[str, ...]:
    """How text was folded that a model was trained on. Raises DataError for what this version does not know."""
    fold = model.settings.get("fold", [])
    if not isinstance(fold, list) or not all(name in FOLDS for name in fold):
        raise DataError(
            model.name,
            None,
            f"trained with --fold {quoted(fold)}, which this version does not know",
            f"known are {', '.join(FOLDS)}",
        )
    return tuple(fold)


def score_corpus(
    corpus: Corpus,
    model: LanguageModel,
    *,
    fold: Sequence[str] = (),
    workers: int | None = None,
) -> Iterator[ScoredLines]:
    """The lines of a corpus, in order. workers: threads; they change no result.

    fold: names of FOLDS, by which the text is scored (fold_of: as the model was trained). A line is held whole in
    memory. No lines at all come where a pipe that is read promptly (Corpus.prompt) has nothing more for now.
    """
    workers = workers or os.cpu_count() or 1
    scorer = LineScorer(model, fold)

    with worker_pool(workers) as pool:
        for scored in prompt_map(pool, workers, scorer.score_all, _batches(_whole_lines(corpus))):
            yield from (ScoredLines.nothing(),) if scored is None else scored


def score_text(
    corpus: CorpusLike,
    model: str | os.PathLike[str] | LanguageModel,
    *,
    fold: Sequence[str] | None = None,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> ScoredText:
    """Give every line of a text its probability; score_corpus hands them on as they come.

    model: loaded, or its file, native or ARPA. fold: any of "nfkc", "lower", "t2s", by which the text is scored; its
    lines are given out as they stand; None: as the model was trained, a Corpus as it is. workers: threads; they change
    no result. Probabilities are logarithms to the base 10.
    Raises DataError for a file that is no model, or damaged.
    """
    loaded = (
        model if isinstance(model, LanguageModel) else open_lm(model, tmp_dir=tmp_dir, whole=True)
    )
    if fold is None:
        fold = () if isinstance(corpus, Corpus) else fold_of(loaded)
    return ScoredText(score_corpus(as_corpus(corpus), loaded, fold=fold, workers=workers))


def _whole_lines(corpus: Corpus) -> Iterator[tuple[str, str, LineNumbers]]:
    """(text of whole lines that end with LF, source, numbers of the lines); no text in a lull."""
    held: list[str] = []
    source, numbers = "", LineNumbers()
    for block in corpus.blocks():
        if not block.text:
            yield "", "", numbers
            continue
        text = with_line_feeds(block.text)  # CR and LF are in one block
        if held and not block.inside:
            whole, held = "".join([*held, "\n"]), []  # a line may be long: two of it at most
            yield from _pieces(whole, source, numbers)
        source = block.source
        numbers = numbers.then(0, block.lines) if held else block.lines
        end = text.rfind("\n") + 1
        if end:
            whole, held = "".join([*held, text[:end]]), []
            yield from _pieces(whole, source, numbers)
            numbers = numbers.after(whole.count("\n"))
        if end < len(text):
            held.append(text[end:])
    if held:
        yield from _pieces("".join(held), source, numbers)


def _pieces(text: str, source: str, numbers: LineNumbers) -> Iterator[tuple[str, str, LineNumbers]]:
    """Whole lines, about PIECE characters at a time."""
    for start, end in whole_lines(text):
        yield text[start:end], source, numbers
        numbers = numbers.after(text.count("\n", start, end))


def _batches(
    pieces: Iterable[tuple[str, str, LineNumbers]],
) -> Iterator[list[tuple[str, str, LineNumbers]] | None]:
    """Small pieces, as of small files, together: a piece that is scored alone costs 2 ms. None in a lull."""
    held: list[tuple[str, str, LineNumbers]] = []
    size = 0
    for piece in pieces:
        lull = not piece[0]
        if held and (lull or size + len(piece[0]) > PIECE):
            yield held
            held, size = [], 0
        if lull:
            yield None
            continue
        held.append(piece)
        size += len(piece[0]) + 1
    if held:
        yield held
