"""One pass over a corpus: a Counter's counts, the expected counts of all segmentations, tenths by hand."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.resources import ordered_map
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import Corpus
from nlptools.wordmodel import expected_counts as module
from nlptools.wordmodel.em import Base
from nlptools.wordmodel.expected_counts import (
    SHARDS,
    Shards,
    Tally,
    Weighted,
    WordLookup,
    stretches,
    tally,
)
from nlptools.wordmodel.sample import LONGEST_RUN, Sample, take_sample

pytestmark = pytest.mark.usefixtures("loops")

RUN = st.text(st.sampled_from("天地玄"), min_size=1, max_size=8)
RUNS = st.lists(RUN, min_size=1, max_size=8)
LEXICON = st.lists(
    st.text(st.sampled_from("天地玄"), min_size=2, max_size=4), unique=True, max_size=8
)
SEEDS = st.integers(0, 1 << 32)


def read(texts: Sequence[str], block_size: int = 1 << 20) -> tuple[EncodedCorpus, Sample]:
    corpus = Corpus.from_texts(texts, block_size=block_size)
    encoded = encode_corpus(corpus, latin="break", workers=1)
    return encoded, take_sample(encoded, 10**9, lambda symbol: False)


def weighted(
    sample: Sample, words: Sequence[str], rng: np.random.Generator, base: Base | None = None
) -> Weighted:
    """Random weights; words with symbols that the sample does not have are left out by the caller."""
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    spelling = np.zeros((len(words), 4), np.uint16)
    for row, word in zip(spelling, words, strict=True):
        row[: len(word)] = [number[symbol] for symbol in word]
    singles = rng.uniform(0.01, 1, len(sample.texts) + 1).astype(np.float32)
    return Weighted(spelling, rng.uniform(0.001, 1, len(words)).astype(np.float32), singles, base)


def base_of(sample: Sample, rng: np.random.Generator) -> Base:
    size = len(sample.texts) + 1
    counts = {k: [rng.integers(0, 5, size) for _ in range(k)] for k in (2, 3)}
    return Base.from_counts(counts, sample.han)


def weight_of(model: Weighted, sample: Sample, words: Sequence[str], word: str) -> float:
    number = {text: i for i, text in enumerate(sample.texts, 1)}
    value = 0.0
    if len(word) == 1:
        value = float(model.singles[number[word]])
    elif word in words:
        value = float(model.words[words.index(word)])
    if model.base is not None and len(word) in model.base.tables:
        places = zip(model.base.tables[len(word)], word, strict=True)
        value += float(np.prod([float(table[number[symbol]]) for table, symbol in places]))
    return value


def usable(words: Sequence[str], texts: Sequence[str]) -> list[str]:
    return [word for word in words if set(word) <= set("".join(texts))]


# --- counts and expected counts ------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(RUNS, LEXICON, SEEDS, st.booleans(), st.sampled_from([3, 1 << 19]))
@example(["天天天天"], ["天天", "天天天"], 0, False, 1 << 19)  # occurrences that overlap
@example(["天"], [], 0, True, 3)
def test_tally_of_all_segmentations(
    runs: list[str], words: list[str], seed: int, with_base: bool, piece: int
) -> None:
    rng = np.random.default_rng(seed)
    encoded, sample = read(["，".join(runs)])
    words = usable(words, runs)
    models = [weighted(sample, words, rng) for _ in range(2)]
    if with_base:
        models[0] = Weighted(
            models[0].spelling, models[0].words, models[0].singles, base_of(sample, rng)
        )
    models[1] = Weighted(models[0].spelling, models[1].words, models[1].singles, None)
    with mock.patch.object(module, "_PIECE", piece):
        found = tally(encoded.blocks, sample, models)
    counts = Counter(run[a:b] for run in runs for a, b in oracles.occurrences(run, 4))
    assert found.words.tolist() == [counts[word] for word in words]
    assert found.singles.tolist() == [0, *(counts[symbol] for symbol in sample.texts)]
    assert len(found.expected_words) == len(found.expected_singles) == 2
    for model, of_words, of_singles in zip(
        models, found.expected_words, found.expected_singles, strict=True
    ):
        expected: Counter[str] = Counter()
        for run in runs:

            def weight(a: int, b: int, run: str = run, model: Weighted = model) -> float:
                return weight_of(model, sample, words, run[a:b])

            for (a, b), posterior in oracles.posteriors(len(run), 4, weight)[0].items():
                expected[run[a:b]] += posterior
        assert of_words.tolist() == pytest.approx(
            [expected[word] for word in words], rel=1e-4, abs=1e-5
        )
        assert of_singles[1:].tolist() == pytest.approx(
            [expected[symbol] for symbol in sample.texts], rel=1e-4, abs=1e-5
        )


def same(a: Tally, b: Tally) -> bool:
    arrays = [
        (x.singles, x.words, x.shards, *x.expected_singles, *x.expected_words) for x in (a, b)
    ]
    return all(x.tobytes() == y.tobytes() for x, y in zip(*arrays, strict=True))


def test_blocks_pieces_and_threads_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    symbols = np.array(list("天地玄黄宇宙洪荒，"))
    text = "".join(rng.choice(symbols, 20_000, p=[0.2] + [0.11] * 7 + [0.03]))
    text += "荒" * 3 * LONGEST_RUN + "\n天地" * 300
    words = ["天地", "地天", "玄黄宇", "荒荒", "天地玄黄", "宙洪", "洪荒"]
    encoded, sample = read([text])
    model = weighted(sample, words, rng, base_of(sample, rng))
    whole = tally(encoded.blocks, sample, [model])
    assert whole.shards.max() == SHARDS
    assert whole.expected_words[0].min() > 0
    with ThreadPoolExecutor(3) as pool:
        for block_size, piece, run in (
            (1000, 1 << 19, map),
            (1 << 20, 97, map),
            (500, 1000, functools.partial(ordered_map, pool, 3)),
        ):
            with mock.patch.object(module, "_PIECE", piece):
                parts = tally(read([text], block_size)[0].blocks, sample, [model], run)
            assert same(parts, whole)


def test_no_word_is_expected_across_the_cut_of_a_long_run() -> None:
    text = "天" * (LONGEST_RUN - 1) + "地玄" + "天地玄"
    encoded, sample = read([text])
    model = weighted(sample, ["地玄"], np.random.default_rng(0))
    model = Weighted(model.spelling, np.full(1, 100, np.float32), model.singles, None)
    found = tally(encoded.blocks, sample, [model])
    assert found.words.tolist() == [2]
    assert found.expected_words[0].tolist() == pytest.approx([1], abs=0.05)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 2), max_size=60), st.integers(1, 20))
@example([1] * 30, 5)
def test_stretches_end_at_breaks(ids: list[int], piece: int) -> None:
    with mock.patch.object(module, "_PIECE", piece):
        parts = list(stretches(np.array(ids, np.uint16)))
    assert [i for part in parts for i in part.tolist()] == ids
    assert all(part[-1] == 0 for part in parts[:-1])
    for part in parts:
        # Not longer than it must be: the first break after that many symbols ends it.
        assert all(part[piece - 1 : -1] > 0)
    assert all(len(part) >= piece for part in parts[:-1])


# --- shards --------------------------------------------------------------------------------------


def test_shards_by_hand() -> None:
    # 25 symbols: those numbered 0 1 2 are the first tenth, 3 4 the second, 5 6 7 the third, ...
    for number, tenths in enumerate([1, 1, 1, 2, 2, 3, 3, 3, 4], 1):
        shards = Shards(1, 25)
        edges = shards.edges(0, np.ones(9, np.uint16))
        shards.add(np.zeros(number, np.int64), np.arange(number), edges)
        assert shards.number().tolist() == [tenths]
    shards = Shards(3, 25)
    ids = np.array([0, 1, 1, 0, 1, 1, 1, 1, 0], np.uint16)  # numbered - 0 1 - 2 3 4 5 -
    shards.add(
        np.array([1, 1, 2, 1]), np.array([1, 2, 4, 7]), shards.edges(0, ids)
    )  # numbered 0, 1, 2, 5
    assert shards.number().tolist() == [0, 2, 1]
    shards.add(
        np.array([2, 2]), np.array([1, 6]), shards.edges(6, ids)
    )  # numbered 6 and 10: third and fifth
    assert shards.number().tolist() == [0, 2, 3]
    shards.add(np.array([1, 2]), np.array([5, 7]), shards.edges(19, ids))  # 22: ninth; 24: tenth
    assert shards.number().tolist() == [0, 3, 4]
    shards.add(np.zeros(0, np.int64), np.zeros(0, np.int64), shards.edges(19, ids))
    assert shards.number().tolist() == [0, 3, 4]


@pytest.mark.parametrize(("block_size", "piece"), [(1 << 20, 1 << 18), (64, 1 << 18), (64, 8)])
def test_shards_are_tenths_of_the_corpus(block_size: int, piece: int) -> None:
    # Ten times ten symbols, breaks do not count: 天地 is in each tenth, 玄黄 in three, 宇宙 in one.
    tenths = (
        ["天地，玄黄荒荒荒荒荒荒。"] * 3 + ["天地荒荒荒荒荒荒荒荒\n"] * 6 + ["宇宙宇宙宇宙宇宙天地"]
    )
    encoded, sample = read(["".join(tenths)], block_size)
    assert sample.symbols == 100
    rng = np.random.default_rng(0)
    model = weighted(sample, ["宇宙", "天地", "玄黄", "荒天"], rng)
    with mock.patch.object(module, "_PIECE", piece):
        found = tally(encoded.blocks, sample, [model])
    assert found.shards.tolist() == [1, 10, 3, 0]
    assert found.words.tolist() == [4, 10, 3, 0]


# --- words and ends --------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(RUNS, LEXICON, SEEDS, st.booleans())
@example(["天地"], [], 0, True)
def test_tokens_of_the_best_segmentation(
    runs: list[str], words: list[str], seed: int, with_base: bool
) -> None:
    rng = np.random.default_rng(seed)
    sample = read(["，".join(runs)])[1]
    words = usable(words, runs)
    model = weighted(sample, words, rng, base_of(sample, rng) if with_base else None)
    names = ["", *sample.texts]
    text = "，" + "，".join(runs) + "，"
    ids = np.array([names.index(s) if s in names else 0 for s in text], np.uint16)
    finder = WordLookup(model)
    assert finder.number == len(words) + 1
    for k, found in enumerate(finder.look_up(ids), 2):
        here = [text[max(0, i - k + 1) : i + 1] for i in range(len(ids))]
        assert found.tolist() == [
            words.index(word) + 1 if word in words and len(word) == k else 0 for word in here
        ]
    ends = finder.ends(ids)
    assert ends[ids == 0].all()
    tokens = finder.tokens(ids)
    assert tokens.dtype == np.uint32
    places = (np.flatnonzero(ends) + 1).tolist()
    cut = [text[a:b] for a, b in itertools.pairwise([0, *places])]
    number = {word: i for i, word in enumerate(words, 1)}
    number |= {symbol: len(words) + 1 + i for i, symbol in enumerate(names)}
    assert tokens.tolist() == [number.get(word, 0) for word in cut]
    # Equally good paths are possible, so that their scores are compared.
    at = 1
    for run in runs:

        def score(a: int, b: int, run: str = run) -> float:
            weight = weight_of(model, sample, words, run[a:b])
            return float(np.log(weight)) if weight else -np.inf

        best = oracles.best_segmentation(len(run), 4, score)
        last = [i + 1 for i in range(len(run)) if ends[at + i]]
        ours = list(itertools.pairwise([0, *last]))
        assert sum(score(*word) for word in ours) == pytest.approx(
            sum(score(*word) for word in best), rel=1e-5, abs=1e-5
        )
        at += len(run) + 1
