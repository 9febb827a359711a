"""Tokenizers + corpora -> TokenizerMeasures: characters a token, what falls apart, words kept whole, what is used.

Lines are read and counted block by block; nothing of the text is kept but some examples.
"""

from __future__ import annotations

import functools
import heapq
import math
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.base.resources import ordered_map, worker_pool
from nlptools.errors import DataError, cell
from nlptools.subwords.encoders import Encoder, load_encoder
from nlptools.subwords.tally import (
    EXAMPLES,
    LONGEST,
    STEPS,
    BlockSums,
    CorpusSums,
    WordFinder,
    WordSums,
    tally,
)
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.text.wordlists import read_words

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

TOTAL = "total"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MOST_CUT = 40  # words of the page
LONGEST_LINE = 1 << 20  # characters; what goes on is encoded as another line
_DIGITS = 4


@dataclass(frozen=True)
class TokenizerMeasure:
    """One tokenizer on one corpus: a row of the table. Shares are NaN where there is nothing to share.

    lines, characters, bytes: of the text, line ends left out. apart: share of the characters that fall apart into
    bytes. unknown, unknown_characters: shares of [UNK] in the tokens, and of the characters under it. words: occurrences
    of words of several characters; whole: share of them that is exactly one token; tokens_per_word: on average.
    vocabulary: tokens it has; used: share of them that came.
    """

    corpus: str
    tokenizer: str
    lines: int
    characters: int
    bytes: int
    tokens: int
    characters_per_token: float
    bytes_per_token: float
    apart: float
    unknown: float
    unknown_characters: float
    words: int
    whole: float
    tokens_per_word: float
    vocabulary: int
    used: float


COLUMNS = tuple(one.name for one in fields(TokenizerMeasure))


@dataclass(frozen=True)
class TokenizerShape:
    """How a tokenizer cuts all the text. lengths: tokens by the characters that begin in them, 0 to LONGEST and more, [UNK] left out.
    lines: characters a token of lines of ten characters and more, at QUANTILES. words: by length, 2 to LONGEST and
    more: (occurrences, whole, tokens).
    """

    tokenizer: str
    lengths: list[int]
    lines: list[float]
    words: list[tuple[int, int, int]]


@dataclass(frozen=True)
class TokenizerMeasures:
    """What was measured. rows: by corpus, then by tokenizer, the total last; shapes: by tokenizer, of all the text.
    cut: words that were cut most often: (word, times, by tokenizer how often not whole, how). examples: lines, with the
    tokens of each tokenizer as spans of characters.
    """

    rows: list[TokenizerMeasure]
    shapes: list[TokenizerShape]
    cut: list[tuple[str, int, list[int], list[str]]]
    examples: list[tuple[str, list[list[tuple[int, int]]]]]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"TokenizerMeasures({len(self.shapes)} tokenizers, {len(self.rows)} rows)"

    def lines(self) -> Iterator[str]:
        """The table as TSV: a header, then a row for each corpus and tokenizer. Shares have four digits."""
        yield "\t".join(COLUMNS) + "\n"
        for row in self.rows:
            yield "\t".join(map(_cell, _values(row))) + "\n"

    def to_frame(self) -> DataFrame:
        """The table as a pandas DataFrame, nothing rounded."""
        return to_frame({name: [getattr(row, name) for row in self.rows] for name in COLUMNS})

    def _repr_html_(self) -> str:
        return html_table(COLUMNS, list(map(_values, self.rows)))


def _values(row: TokenizerMeasure) -> list[Any]:
    return [getattr(row, name) for name in COLUMNS]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.{_DIGITS}f}"
    return cell(str(value))


def measure_tokenizers(
    tokenizers: Sequence[Encoder | str | os.PathLike[str]],
    corpus: Sequence[CorpusLike],
    *,
    words: Collection[str] | str | os.PathLike[str] | None = None,
    whole: bool = True,
    workers: int | None = None,
) -> TokenizerMeasures:
    """Measure tokenizers on corpora, each a row of its own, and on all of them together.

    tokenizers: loaded, or paths as of load_encoder. corpus: several, each a Corpus, a path or a list of paths; a unit is a line
    or a record, one of more than LONGEST_LINE characters is cut after those. words: those that should stay whole, a
    collection or a list in a file; None: the words of several Han characters as the general model cuts the text.
    whole: whether words are looked for at all. workers: threads; they change no result.

    Raises ValueError where there is no tokenizer or no corpus, DataError for what load_encoder refuses and a list
    without words of several characters.
    """
    if not tokenizers or not corpus:
        raise ValueError("name a tokenizer and a corpus")
    workers = workers or os.cpu_count() or 1
    encoders = [one if isinstance(one, Encoder) else load_encoder(one) for one in tokenizers]
    names = [
        one.path if isinstance(one, Encoder) else os.fspath(one).rstrip("/") for one in tokenizers
    ]
    finder = WordFinder(_listed(words)) if whole else None
    by_word = WordSums(len(encoders))
    examples: list[tuple[int, str]] = []
    total, rows = CorpusSums(encoders), []
    for source in corpus:
        text = as_corpus(source)
        sums = CorpusSums(encoders)
        for block in _blocks(text, encoders, finder, workers):
            sums.add(block)
            by_word.add(block)
            examples = heapq.nsmallest(EXAMPLES, {*examples, *block.examples})
        rows += _rows(sums, _name(text), names)
        total.include(sums)
    if len(corpus) > 1:
        rows += _rows(total, TOTAL, names)
    return TokenizerMeasures(
        rows,
        [
            _shape(name, encoder, total, n)
            for n, (name, encoder) in enumerate(zip(names, encoders, strict=True))
        ],
        by_word.most_cut(MOST_CUT),
        _shown(examples, encoders),
    )


def _listed(words: Collection[str] | str | os.PathLike[str] | None) -> Collection[str] | None:
    if words is None:
        return None
    source: object = "words"
    if isinstance(words, str | os.PathLike):
        source, words = words, read_words([words], encoding="auto")
    if not any(len(word) > 1 for word in words):
        raise DataError(source, None, "no words of several characters")
    return words


def _name(corpus: Corpus) -> str:
    return " ".join(corpus.paths) or "texts"


def _blocks(
    corpus: Corpus, encoders: Sequence[Encoder], finder: WordFinder | None, workers: int
) -> Iterator[BlockSums]:
    """The sums of blocks of lines, in their order."""
    work = functools.partial(tally, encoders=encoders, finder=finder)
    with worker_pool(workers) as pool:
        yield from ordered_map(pool, workers, work, _lines(corpus))


def _lines(corpus: Corpus) -> Iterator[list[str]]:
    for batch in corpus.documents():
        if max(map(len, batch.texts), default=0) <= LONGEST_LINE:
            if batch.texts:
                yield batch.texts
            continue
        for text in batch.texts:
            for start in range(0, max(len(text), 1), LONGEST_LINE):
                yield [text[start : start + LONGEST_LINE]]


def _rows(sums: CorpusSums, corpus: str, names: Sequence[str]) -> list[TokenizerMeasure]:
    rows = []
    words = int(sums.words.sum())
    for name, of in zip(names, sums.encoders, strict=True):
        tokens = int(of.used.sum())
        rows.append(
            TokenizerMeasure(
                corpus=corpus,
                tokenizer=name,
                lines=sums.lines,
                characters=sums.characters,
                bytes=sums.bytes,
                tokens=tokens,
                characters_per_token=_share(sums.characters, tokens),
                bytes_per_token=_share(sums.bytes, tokens),
                apart=_share(of.apart, sums.characters),
                unknown=_share(of.unknown_tokens, tokens),
                unknown_characters=_share(of.unknown, sums.characters),
                words=words,
                whole=_share(int(of.whole.sum()), words),
                tokens_per_word=_share(int(of.pieces.sum()), words),
                vocabulary=len(of.used),
                used=_share(int((of.used > 0).sum()), len(of.used)),
            )
        )
    return rows


def _share(part: int, of: int) -> float:
    return part / of if of else math.nan


def _shape(name: str, encoder: Encoder, sums: CorpusSums, number: int) -> TokenizerShape:
    of = sums.encoders[number]
    lengths = np.minimum(encoder.surfaces.characters, LONGEST)
    used = np.where(encoder.surfaces.strange, 0, of.used)
    counts = np.bincount(lengths, used, minlength=LONGEST + 1).astype(np.int64).tolist()
    columns = (sums.words, of.whole, of.pieces)
    words = list(zip(*(column[2:].tolist() for column in columns), strict=True))
    return TokenizerShape(name, counts, _quantiles(of.steps), words)


def _quantiles(steps: np.ndarray) -> list[float]:
    until = np.cumsum(steps)
    if not until[-1]:
        return [math.nan] * len(QUANTILES)
    wanted = [math.ceil(share * int(until[-1])) for share in QUANTILES]
    return [float(np.searchsorted(until, number)) / STEPS for number in wanted]


def _shown(
    examples: Sequence[tuple[int, str]], encoders: Sequence[Encoder]
) -> list[tuple[str, list[list[tuple[int, int]]]]]:
    lines = [line for _, line in examples]
    cut: list[list[list[tuple[int, int]]]] = [[] for _ in lines]
    for encoder in encoders:
        encoded = encoder.encode(lines)
        spans = [(a, b) for a, b in encoder.spans(lines, encoded).tolist()]
        ends = [0, *encoded.ends.tolist()]
        for number in range(len(lines)):
            cut[number].append(spans[ends[number] : ends[number + 1]])
    return list(zip(lines, cut, strict=True))
