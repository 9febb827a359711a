"""A corpus that is cut by a word model made by hand, and what can be said of it the slow way."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import oracles
from hypothesis import strategies as st

from nlptools.base.spool import Spool
from nlptools.discovery.occurrences import MOST_TEXTS, CutCorpus
from nlptools.discovery.terms import LONGEST_TERM
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.em import LONGEST
from nlptools.wordmodel.expected_counts import Weighted, tally
from nlptools.wordmodel.sample import Sample, take_sample

Run = Callable[..., Iterable[Any]]
Word = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A corpus, and a word model made by hand: words with weights; all symbols weigh e**-3."""

    texts: Sequence[str]
    words: dict[Word, float]
    alone: dict[str, float]
    encoded: EncodedCorpus
    sample: Sample

    @property
    def model(self) -> Weighted:
        there = set(self.sample.texts)
        known = {w: v for w, v in self.words.items() if there.issuperset(w)}
        known = dict(sorted(known.items(), key=lambda item: -item[1]))
        spelling = self.spell(list(known), LONGEST)
        weights = np.exp(np.array([*known.values()], np.float64)).astype(np.float32)
        singles = np.full(len(there) + 1, math.exp(-3), np.float32)
        return Weighted(spelling, weights, singles, None)

    @property
    def shares(self) -> np.ndarray:
        return np.array([0.0, *(self.alone.get(symbol, 0.0) for symbol in self.sample.texts)])

    def cut_corpus(self, run: Run = map, most: int = MOST_TEXTS) -> CutCorpus:
        ends, model = Spool(1 << 30, None), self.model
        found = tally(self.encoded.blocks, self.sample, [model], run, cutter=model, ends=ends)
        sample = self.sample
        types = len(sample.texts) + 1
        blocks = self.encoded.blocks
        return CutCorpus(
            *(blocks, sample.number, types, sample.symbols, ends, found.singles), most=most
        )

    def spell(self, words: Sequence[Word], longest: int) -> np.ndarray:
        """Their symbol ids, padded with 0."""
        number = {text: i for i, text in enumerate(self.sample.texts, 1)}
        spelling = np.zeros((len(words), longest), np.int32)
        for row, word in zip(spelling, words, strict=True):
            row[: len(word)] = [number[symbol] for symbol in word]
        return spelling

    # --- twins ---

    def runs(self) -> list[list[str]]:
        """Stretches of the whole corpus; symbols that the sample does not have separate."""
        known, found = set(self.sample.texts), []
        for stretch in oracles.stretches(self.texts):
            current: list[str] = []
            for symbol in [*stretch, ""]:
                if symbol in known:
                    current.append(symbol)
                elif current:
                    found.append(current)
                    current = []
        return found

    @functools.cached_property
    def counts(self) -> Counter[Word]:
        """Occurrences in the whole corpus."""
        return oracles.count_ngrams(["，".join("".join(run) for run in self.runs())], LONGEST_TERM)

    def cut(self, run: Sequence[str]) -> list[Word]:
        """The best segmentation; of equal ones that with the shorter last word."""
        best: list[tuple[float, int]] = [(0.0, 0)]
        for end in range(1, len(run) + 1):
            ways = []
            for k in range(1, min(LONGEST, end) + 1):
                weight = -3.0 if k == 1 else self.words.get(tuple(run[end - k : end]), -math.inf)
                ways.append((best[end - k][0] + weight, k))
            best.append(max(ways, key=lambda way: (way[0], -way[1])))
        words: list[Word] = []
        end = len(run)
        while end:
            k = best[end][1]
            words.insert(0, tuple(run[end - k : end]))
            end -= k
        return words


def make(
    texts: Sequence[str], words: dict[str, float], alone: dict[str, float], once: bool = False
) -> Case:
    encoded = encode_corpus(Corpus.from_texts(texts), workers=1)
    sample = take_sample(encoded, 10**9, lambda symbol: True, once)
    spelled = {tuple(oracles.symbols_of(word)): weight for word, weight in words.items()}
    return Case(texts, spelled, alone, encoded, sample)


PIECES = ["全国", "代表", "大会", "全国代表大会", "了", "的", "开", "K8s", "，", "。"]
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES), max_size=14).map("".join), min_size=1, max_size=8
)
# Weights without ties: sums of different words differ.
WEIGHTS = {
    "全国": -2.01,
    "代表": -2.11,
    "大会": -2.23,
    "K8s大会": -2.9,
    "代表大会": -3.37,
    "会了": -1.57,
    "国代表": -2.77,
}


def zipf_case() -> Case:
    rng = np.random.default_rng(1)
    words = ["".join(map(chr, rng.integers(0x4E00, 0x4E50, k))) for k in [1, 2, 2, 2, 3, 4] * 9]
    texts = [
        "".join(words[min(i, 53)] for i in rng.zipf(1.3, size).tolist())
        for size in rng.integers(1, 9, 900).tolist()
    ]
    weights = {w: -2 - i / 37 - i * i / 1003 for i, w in enumerate(words) if len(w) > 1}
    return make(texts, weights, dict.fromkeys(words[::12], 0.7))
