"""Words + corpus or counts -> a word table of them, for words that no method put forward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.discovery.table import WordTable
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.explain import Explanation, explain_word
from nlptools.ngrams.symbols import split_symbols
from nlptools.text.corpus import Corpus
from nlptools.usage.usage import measure_usage


def given_words(
    words: Sequence[str], corpus: Corpus | None, counts: NgramCounts | None, latin: str
) -> WordTable:
    """Those of the words that occur, as rows that did not pass, with the score 0.

    None of them where there is neither a corpus that can be read again nor counts.
    """
    if corpus is not None and corpus.rereadable:
        usage = measure_usage([corpus], words, contexts=0, latin=latin)
        table = _unpassed(
            usage.words, usage.counts, usage.pmi, usage.left_entropy, usage.right_entropy
        )
    elif counts is not None:
        table = _explained(counts, words)
    else:
        return WordTable.empty()
    return table.select(np.flatnonzero(table.counts > 0))


def _explained(counts: NgramCounts, words: Sequence[str]) -> WordTable:
    """Those of the words that the counts can say all of."""
    told: list[Explanation] = []
    for word in words:
        symbols = split_symbols(word, counts.settings.latin)
        if symbols and "" not in symbols and len(symbols) < counts.order:
            told.append(explain_word(counts, word))
    return _unpassed(
        [one.word for one in told],
        np.array([one.count for one in told], np.int64),
        np.array([one.pmi for one in told], np.float64),
        np.array([one.left.entropy if one.left else 0.0 for one in told], np.float64),
        np.array([one.right.entropy if one.right else 0.0 for one in told], np.float64),
    )


def _unpassed(
    words: list[str], counts: np.ndarray, pmi: np.ndarray, left: np.ndarray, right: np.ndarray
) -> WordTable:
    return WordTable.of(
        list(words),
        counts=counts,
        pmi=pmi,
        left_entropy=left,
        right_entropy=right,
        scores=np.zeros(len(words)),
        passed=np.zeros(len(words), bool),
    )
