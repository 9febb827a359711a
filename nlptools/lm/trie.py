"""A language model as a trie: what every smoothing makes, and what ARPA and native files are made from.

One level an order, its n-grams sorted by their ids, as in counts.py. Row i of the first level is the symbol
with id i, 0 being <unk>.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nlptools.base.storage import Column
from nlptools.ngrams.counts import NgramTrie

UNKNOWN = "<unk>"
# What ARPA files say for the logarithm of 0.
LOG_ZERO = -99.0
MAX_MODEL_ORDER = 6
# Decimals of logarithms, in files and in memory: an ARPA file gives back the same numbers.
DECIMALS = 7


@dataclass(frozen=True)
class ModelLevel:
    """The n-grams of one order; aligned columns, read by slices.

    symbols: id of the last symbol. log_probs: log10 of its probability after the others, float32.
    backoffs: log10 of the weight with which the next order falls back on this n-gram, float32; 0 for what
    is no context; None for the last order. children: first row of the continuations in the next level,
    one entry more than there are rows; None for the last order.
    """

    symbols: Column
    log_probs: Column
    backoffs: Column | None
    children: Column | None

    def __len__(self) -> int:
        return len(self.symbols)


@dataclass(frozen=True)
class NgramModel(NgramTrie):
    """Back-off n-gram probabilities of a vocabulary.

    vocabulary[i] is the text of id i; 0 is <unk>, and <s> and </s> are in it. settings: how text becomes
    symbols ("latin", "sentences", "fold", as in counts) and how the model was made, for people. learnt_from: symbols
    of the text it was estimated from, which no file tells: 0.
    """

    vocabulary: tuple[str, ...]
    levels: tuple[ModelLevel, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    learnt_from: int = 0

    def __repr__(self) -> str:
        ngrams = sum(map(len, self.levels))
        symbols = len(self.vocabulary)
        return f"NgramModel(order {self.order}, {symbols:,} symbols, {ngrams:,} n-grams)"

    @property
    def order(self) -> int:
        return len(self.levels)
