"""Documents + language model -> the probability of each: the sums over its lines, in its record or in rows."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nlptools.base.resources import prompt_map, worker_pool
from nlptools.lm.longlines import whole_lines
from nlptools.lm.model import LanguageModel
from nlptools.lm.report import DIGITS
from nlptools.lm.stream import LineScorer, ScoredLines
from nlptools.text.chars import with_line_feeds
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents, lull
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.recordfiles import written
from nlptools.text.results import Found


def score_records(
    corpus: Corpus,
    model: LanguageModel,
    *,
    into: str | None = None,
    container: str = "jsonl",
    fold: Sequence[str] = (),
    workers: int | None = None,
) -> Iterator[str | bytes]:
    """The records of a corpus as they stand, in order, each with its probability, in pieces of a file.

    container: "jsonl" or "parquet", what the file is (text/results.py, text/recordtables.py). The results are
    log10_prob, per_symbol, perplexity, symbols and oov, see found_of; into: one field for an object of them. fold,
    workers: as in score_corpus. Raises DataError for a record that has a field of such a name already.
    """
    scored = score_documents(corpus.documents(), model, fold=fold, workers=workers)
    return written(((documents, found_of(lines)) for documents, lines in scored), container, into)


def score_documents(
    batches: Iterable[Documents],
    model: LanguageModel,
    *,
    fold: Sequence[str] = (),
    workers: int | None = None,
) -> Iterator[tuple[Documents, ScoredLines]]:
    """Batches of documents with their sums: a row for each, whose text and line are those of the document.

    Every line of a document is a sentence of its own, or several, as in score_corpus; so a document has the
    probability of its lines, whatever is before and after it.
    """
    scorer = LineScorer(model, fold)
    workers = workers or os.cpu_count() or 1
    with worker_pool(workers) as pool:
        items = (documents if len(documents) else None for documents in batches)
        for made in prompt_map(pool, workers, functools.partial(_scored, scorer), items):
            yield (lull(""), ScoredLines.nothing()) if made is None else made


def found_of(lines: ScoredLines) -> Found:
    """The results that a record gets.

    log10_prob: of the whole document. per_symbol: the same for each symbol and end of a sentence. perplexity: ten to
    the power of minus that. symbols: that were read; oov: those that the model does not know. A document without
    symbols has no perplexity.
    """
    per_symbol = lines.per_symbol
    counted = lines.symbols + lines.sentences > 0
    with np.errstate(over="ignore"):
        perplexity = np.where(counted, 10.0**-per_symbol, np.nan)
    return {
        "log10_prob": lines.log10_probs.round(DIGITS) + 0.0,  # no -0.0
        "per_symbol": per_symbol.round(DIGITS) + 0.0,
        "perplexity": perplexity.round(DIGITS),
        "symbols": lines.symbols,
        "oov": lines.oov,
    }


def _scored(scorer: LineScorer, documents: Documents) -> tuple[Documents, ScoredLines]:
    texts = documents.texts
    if any("\r" in text for text in texts):
        texts = list(map(with_line_feeds, texts))
    joined = "\n".join(texts) + "\n"
    # A text of many megabytes is scored some lines at a time.
    spans = whole_lines(joined)
    parts = [scorer.score(joined[start:stop], "", LineNumbers()) for start, stop in spans]
    lines = parts[0] if len(parts) == 1 else ScoredLines.joined(parts)
    if len(lines) == len(texts):
        first = np.arange(len(texts))
    else:
        sizes = np.fromiter((text.count("\n") + 1 for text in texts), np.int64, len(texts))
        first = np.cumsum(sizes) - sizes
    sums = (lines.log10_probs, lines.oov_log10_probs, lines.symbols, lines.oov, lines.sentences)
    return documents, ScoredLines(
        documents.source,
        np.asarray(documents.lines, np.int64),
        documents.texts,
        *(np.add.reduceat(column, first) for column in sums),
    )
