"""The unigram word model: weights and measures by hand, E-steps against all segmentations."""

from __future__ import annotations

import functools
import math
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
from nlptools.lattice.runs import arrange, find_runs
from nlptools.wordmodel import sample as sampling
from nlptools.wordmodel.candidates import Substrings
from nlptools.wordmodel.em import (
    NATS_GRAIN,
    Base,
    Lattice,
    affix_bonus,
    base_measure,
    exact,
    expect,
    find_rows,
    prune,
    weights,
)
from nlptools.wordmodel.sample import Sample, build_lattice

pytestmark = pytest.mark.usefixtures("loops")

Word = tuple[int, ...]

RUNS = st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=8), min_size=1, max_size=5)
SEEDS = st.integers(0, 1 << 32)


def sample_of(runs: Sequence[Sequence[int]], symbols: int) -> Sample:
    ids = np.array([0] + [i for run in runs for i in [*run, 0]], np.uint16)
    texts = [chr(ord("一") + i) for i in range(symbols)]
    return Sample(ids, texts, np.arange(symbols + 1), int(np.count_nonzero(ids)))


def lattice_of(
    runs: Sequence[Sequence[int]], symbols: int, min_count: int = 2, size: int = 1 << 18
) -> Lattice:
    """size: cells of a block."""
    with mock.patch.object(sampling, "arrange", functools.partial(arrange, size=size)):
        return build_lattice(sample_of(runs, symbols), min_count)


def spelled(lattice: Lattice, length: int) -> list[Word]:
    """The candidates of a length; row 0 as ()."""
    return [(), *map(tuple, lattice.words[length - 1].spelling[1:].tolist())]


def written(values: Sequence[np.ndarray], lattice: Lattice) -> dict[Word, float]:
    """Values of all candidates by word."""
    return {
        word: value
        for k, column in enumerate(values, 1)
        for word, value in zip(spelled(lattice, k)[1:], column.tolist()[1:], strict=True)
    }


def random_base(rng: np.random.Generator, symbols: int) -> Base:
    counts = {k: [rng.integers(0, 5, symbols + 1) for _ in range(k)] for k in (2, 3)}
    for places in counts.values():
        for place in places:
            place[0] = 0
    han = rng.random(symbols + 1) < 0.9
    han[0] = False
    return Base.from_counts(counts, han)


def measure(base: Base, word: Word) -> float:
    """Of a word, from the tables."""
    if len(word) not in base.tables:
        return 0.0
    places = zip(base.tables[len(word)], word, strict=True)
    return math.prod(float(table[symbol]) for table, symbol in places)


# --- weights -----------------------------------------------------------------------------------


def test_weights_by_hand() -> None:
    # N = 4 + 0.2 + 0.6 + 2 + 0.4 + 1.8 = 9; row 0 stands for no word.
    expected = [np.array([0, 4, 0.2, 0.6]), np.array([0, 2, 0.4]), np.array([0, 1.8])]
    singles, pairs, triples = weights(expected, (0, 2, 7))
    assert singles.dtype == pairs.dtype == np.float32
    # A single symbol keeps 0.05: of 0.2 and of 0.6 - 0.5 = 0.1 the latter is above it.
    assert singles[1:].tolist() == pytest.approx([3.5 / 9, 0.05 / 9, 0.1 / 9], rel=1e-6)
    assert pairs.tolist() == pytest.approx([0, 1.5 / 9 * math.exp(-2), 0], rel=1e-6)
    assert triples.tolist() == pytest.approx([0, 1.3 / 9 * math.exp(-7)], rel=1e-6)


def test_weights_with_bonus_and_least_share() -> None:
    expected = [np.array([0.0, 4]), np.array([0, 2, 0.4]), np.array([0, 1.6])]  # N = 8
    bonus = [None, np.array([0, math.log(3), math.log(2)]), None]
    singles, pairs, triples = weights(expected, (0, 0, 0), bonus, least_share=0.1)
    assert singles[1] == pytest.approx(3.5 / 8, rel=1e-6)
    assert pairs.tolist() == pytest.approx([0, 3 * 1.5 / 8, 2 * 0.04 / 8], rel=1e-6)
    assert triples.tolist() == pytest.approx([0, 1.1 / 8], rel=1e-6)


# --- E-steps -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(RUNS, SEEDS, st.integers(1, 3), st.booleans(), st.booleans())
@example([[1]], 0, 2, True, True)
@example([[1, 2, 1, 2, 1, 2], [1, 2]], 0, 2, False, False)
def test_expected_counts_over_all_segmentations(
    runs: list[list[int]], seed: int, min_count: int, with_base: bool, with_gaps: bool
) -> None:
    rng = np.random.default_rng(seed)
    lattice = lattice_of(runs, 3, min_count, size=9)
    tables = [rng.uniform(0.001, 1, len(words)).astype(np.float32) for words in lattice.words]
    for table in tables[1:]:
        table[0] = 0
    base = random_base(rng, 3) if with_base else None
    odds = {}  # by run and symbol
    ids = sample_of(runs, 3).ids
    by_place = np.exp(rng.uniform(-3, 3, len(ids))).astype(np.float32)
    by_place[np.append(ids[1:], 0) == 0] = 1
    starts, _ = find_runs(ids)
    for number, (start, run) in enumerate(zip(starts.tolist(), runs, strict=True)):
        for i in range(len(run)):
            odds[number, i] = float(by_place[start + i]) if with_gaps else 1.0
    value = written(tables, lattice)
    expected: Counter[Word] = Counter()
    likelihood = 0.0
    boundary = np.zeros(len(ids))
    for number, run in enumerate(runs):

        def weight(a: int, b: int, number: int = number, run: list[int] = run) -> float:
            word = tuple(run[a:b])
            unseen = measure(base, word) if base is not None else 0.0
            return (value.get(word, 0.0) + unseen) * odds[number, b - 1]

        found, total = oracles.posteriors(len(run), 4, weight)
        likelihood += math.log(total)
        for (a, b), posterior in found.items():
            expected[tuple(run[a:b])] += posterior
            boundary[starts[number] + b - 1] += posterior
    placed = list(arrange(*find_runs(ids), 9))
    done = expect(
        lattice,
        tables,
        base,
        (lambda i: by_place[placed[i].places]) if with_gaps else None,
    )
    ours = written(done.expected, lattice)
    assert ours == pytest.approx({word: expected[word] for word in ours}, rel=1e-4, abs=1e-5)
    assert [column[0] for column in done.expected] == [0] * 4
    assert done.log_likelihood == pytest.approx(likelihood, rel=1e-5, abs=1e-4)
    for block, boundaries in zip(placed, done.boundaries, strict=True):
        there = boundary[block.places]
        assert boundaries.tolist() == pytest.approx(there.tolist(), rel=1e-4, abs=1e-5)


def test_expected_counts_ignore_blocks_and_threads() -> None:
    rng = np.random.default_rng(1)
    runs = [rng.integers(1, 20, rng.integers(1, 30)).tolist() for _ in range(400)]
    results = []
    with ThreadPoolExecutor(3) as pool:
        for size, run in (
            (1 << 18, map),
            (100, map),
            (333, functools.partial(ordered_map, pool, 3)),
        ):
            lattice = lattice_of(runs, 20, size=size)
            tables = weights([words.counts.astype(float) for words in lattice.words], (0, 2, 7, 12))
            results.append(
                expect(lattice, tables, random_base(np.random.default_rng(2), 20), run=run)
            )
            assert (len(lattice.blocks) > 10) == (size < 1000)
    first = results[0]
    for other in results[1:]:
        for ours, theirs in zip(first.expected, other.expected, strict=True):
            assert ours.tobytes() == theirs.tobytes()
        assert other.log_likelihood == pytest.approx(first.log_likelihood)
    assert len(first.expected[3]) > 1


def test_rounded_posteriors_add_up_in_any_order() -> None:
    rng = np.random.default_rng(0)
    posteriors = (rng.random(10_000) ** 8).astype(np.float32)
    posteriors[:3] = 0, 1, 0.5
    before = posteriors.astype(np.float64)
    result = exact(posteriors)
    assert result is posteriors
    assert np.abs(result - before).max() <= 2.0**-21
    assert result[:3].tolist() == [0, 1, 0.5]
    multiples = result.astype(np.float64) * 2.0**20
    assert np.array_equal(multiples, multiples.round())
    shuffled = rng.permutation(result)
    one_by_one = functools.reduce(lambda a, b: a + b, shuffled.astype(np.float64).tolist())
    assert one_by_one == float(result.sum(dtype=np.float64))
    # Without it the order shows.
    assert sum(before.tolist()) != sum(sorted(before.tolist()))


# --- pruning -----------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(RUNS, SEEDS)
def test_prune_keeps_cells_and_words_aligned(runs: list[list[int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = lattice_of(runs, 3, min_count=1, size=9)
    before = [
        [[spelled(lattice, k)[i] for i in cells[k - 1].tolist()] for k in (2, 3, 4)]
        for cells in map(lattice.cells, range(len(lattice.blocks)))
    ]
    expected = [rng.integers(0, 4, len(words)) / 10 for words in lattice.words]  # with ties
    for column in expected:
        column[0] = 0
    value = written(expected, lattice)
    counts = written([words.counts for words in lattice.words], lattice)
    old = {k: spelled(lattice, k) for k in (2, 3, 4)}
    kept = prune(lattice, expected, least=0.2)
    for k, rows in zip((2, 3, 4), kept, strict=True):
        words = spelled(lattice, k)[1:]
        assert [old[k][i] for i in rows.tolist()] == words
        assert set(words) == {word for word in old[k][1:] if value[word] >= 0.2}
        # From the largest down, those of a value as they stood.
        assert words == sorted(words, key=lambda word: (-value[word], old[k].index(word)))
        assert lattice.words[k - 1].counts.tolist() == [0, *(counts[word] for word in words)]
    for cells, words_before in zip(
        map(lattice.cells, range(len(lattice.blocks))), before, strict=True
    ):
        for k, words_there in zip((2, 3, 4), words_before, strict=True):
            now = [spelled(lattice, k)[i] for i in cells[k - 1].tolist()]
            alive = set(spelled(lattice, k))
            assert now == [word if word in alive else () for word in words_there]


def test_prune_drops_below_a_fifth() -> None:
    lattice = lattice_of([[1, 2], [2, 1], [1, 1]], 2, min_count=1)
    expected = [np.zeros(3), np.array([0, 0.2, 0.19, 3]), np.zeros(1), np.zeros(1)]
    words = spelled(lattice, 2)
    prune(lattice, expected)
    assert spelled(lattice, 2) == [(), words[3], words[1]]


# --- rows ----------------------------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 4),
    st.sampled_from([3, 200, 1 << 30]),
    SEEDS,
    st.integers(0, 40),
    st.integers(0, 20),
    st.booleans(),
)
def test_rows_of_spellings(
    length: int, size: int, seed: int, known: int, asked: int, ordered: bool
) -> None:
    rng = np.random.default_rng(seed)
    size = min(size, 200) if length == 1 else size
    symbols = rng.integers(1, size, 4)
    if length == 1:
        rows = np.arange(size)[:, None]  # every symbol is a candidate
    else:
        words = np.unique(rng.choice(symbols, (known, length)), axis=0)
        words = words if ordered else rng.permutation(words)
        rows = np.concatenate([np.zeros((1, length), np.int64), words])
    row = {tuple(word): i for i, word in enumerate(rows.tolist()) if i}
    candidates = Substrings(rows.astype(np.uint32), np.zeros(len(rows), np.int64))
    queries = rng.choice(symbols, (asked, length))
    found = find_rows(candidates, queries)
    assert found.dtype == np.int64
    assert found.tolist() == [row.get(tuple(word), 0) for word in queries.tolist()]


# --- base measure --------------------------------------------------------------------------------


def test_base_measure_by_hand() -> None:
    # Symbols 1, 2, 3; V = 4 with the break. Rare words, each once: of 12, 13, 23, 31 with expected
    # counts 0.5, 99, 100, 5 of 1, 200, 100, 18 occurrences the first and the last but one, which has too
    # many, the second has 99 of 200 = 49 %, the last 5 of 18 = 28 %: 12 and 13 are left.
    pairs = Substrings(
        np.array([[0, 0], [1, 2], [1, 3], [2, 3], [3, 1]], np.uint16),
        np.array([0, 1, 200, 100, 18]),
    )
    triples = Substrings(np.array([[0, 0, 0], [3, 2, 1]], np.uint16), np.array([0, 2]))
    singles = Substrings(np.arange(4, dtype=np.uint16)[:, None], np.array([0, 9, 9, 9]))
    expected = [np.zeros(4), np.array([0, 0.5, 99, 100, 5]), np.array([0, 0.49])]
    han = np.array([False, True, True, True])
    base = base_measure([singles, pairs, triples], expected, han)
    assert [place.tolist() for place in base.counts[2]] == [[0, 2, 0, 0], [0, 0, 1, 1]]
    assert [place.tolist() for place in base.counts[3]] == [[0, 0, 0, 0]] * 3  # 0.49 is below 0.5
    # p(1 | first of 2) = 2.02 / 2.08, p(3 | second of 2) = 1.02 / 2.08.
    assert measure(base, (1, 3)) == pytest.approx(
        math.exp(-5) * (2.02 / 2.08) * (1.02 / 2.08), rel=1e-6
    )
    assert measure(base, (2, 1)) == pytest.approx(math.exp(-5) * (0.02 / 2.08) ** 2, rel=1e-6)
    # Nothing was seen: all symbols are alike.
    assert measure(base, (1, 2, 3)) == pytest.approx(math.exp(-7) / 64, rel=1e-6)
    assert base.measure(np.array([0, 1, 3, 2, 0, 1], np.uint16), 2).tolist() == pytest.approx(
        [0, 0, measure(base, (1, 3)), measure(base, (3, 2)), 0, 0]
    )
    letters = base_measure(
        [singles, pairs, triples], expected, np.array([False, True, False, True])
    )
    assert measure(letters, (1, 3)) == measure(base, (1, 3))
    assert measure(letters, (1, 2)) == measure(letters, (2, 1)) == 0


@settings(max_examples=80, deadline=None)
@given(RUNS, SEEDS)
@example([[1]], 0)
def test_base_measure_of_blocks_and_of_ids(runs: list[list[int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = random_base(rng, 3)
    ids = sample_of(runs, 3).ids
    by_place = {k: base.measure(ids, k) for k in (2, 3)}
    for k, column in by_place.items():
        words = [tuple(ids[max(0, i - k + 1) : i + 1].tolist()) for i in range(len(ids))]
        expected = [measure(base, word) if len(word) == k else 0 for word in words]
        assert column.tolist() == pytest.approx(expected, rel=1e-6)
        assert column[ids == 0].tolist() == [0] * (len(runs) + 1)
    for block in arrange(*find_runs(ids), 9):
        found = base.measures(block, np.take(ids, block.places))
        assert sorted(found) == [2, 3]
        for k, values in found.items():
            wanted = np.take(by_place[k], block.places).tolist()
            assert values.tolist() == pytest.approx(wanted, rel=1e-6)


# --- affix bonus ---------------------------------------------------------------------------------


def test_affix_bonus_by_hand() -> None:
    # abc four times, with 4 5 6 and a break on its left, 4 4 and twice a break on its right; cba twice,
    # alone. abcd: d is 4.
    a, b, c = 1, 2, 3
    runs = [[4, a, b, c, 4], [5, a, b, c, 4], [6, a, b, c], [a, b, c], [c, b, a], [c, b, a]]
    lattice = lattice_of(runs, 6)
    assert spelled(lattice, 3)[1:] == [(1, 2, 3), (2, 3, 4), (3, 2, 1)]
    assert spelled(lattice, 4)[1:] == [(1, 2, 3, 4)]
    # C(ab) C(c) = 2 * 6 against C(a) C(bc) = 3 * 3; for cba 1 * 3 against 6 * 2;
    # for bcd 3 * 2 against 9 * C(cd), which was not found: 0.01.
    counts = {(a,): 3, (b,): 9, (c,): 6, (4,): 2, (a, b): 2, (b, c): 3, (c, b): 1, (b, a): 2}
    expected = [
        np.array([counts.get(word, 0.0) for word in spelled(lattice, k)]) for k in (1, 2, 3, 4)
    ]
    none, two, three, four = affix_bonus(lattice, expected)
    assert none is two is None
    assert three is not None
    assert four is not None
    left = math.log(4)  # four different neighbours
    right = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))  # one of them twice
    assert right < left
    bcd = 0.0  # always a before it
    assert three.tolist() == pytest.approx(
        [0, 1.2 + 0.5 * (right - 2), 1.2 + 0.5 * (bcd - 2), -1.2 + 0.5 * (math.log(2) - 2)],
        abs=NATS_GRAIN,
    )
    # abcd twice, 4 and 5 before it, a break behind it.
    assert four.tolist() == pytest.approx([0, 0.5 * (math.log(2) - 2)], abs=NATS_GRAIN)


def test_affix_bonus_of_a_tie_is_that_of_a_suffix() -> None:
    lattice = lattice_of([[1, 1, 1], [1, 1, 1]], 1)
    expected = [np.ones(len(words)) for words in lattice.words]
    three = affix_bonus(lattice, expected)[2]
    assert three is not None
    assert three[1] == pytest.approx(1.2 + 0.5 * (math.log(2) - 2), abs=NATS_GRAIN)


def test_affix_bonus_counts_freedom_up_to_four_nats() -> None:
    # 80 different neighbours on either side: ln 80 = 4.38.
    runs = [[i, 1, 2, 3, i] for i in range(4, 84)]
    lattice = lattice_of(runs, 84)
    expected = [words.counts.astype(float) for words in lattice.words]
    three, four = affix_bonus(lattice, expected)[2:]
    assert three is not None
    assert three.tolist() == pytest.approx([0, 1.2 + 0.5 * (4 - 2)], abs=NATS_GRAIN)
    assert four is not None
    assert four.tolist() == [0]


@settings(max_examples=60, deadline=None)
@given(RUNS)
def test_affix_bonus_has_the_entropies_of_the_oracle(runs: list[list[int]]) -> None:
    lattice = lattice_of(runs, 3, min_count=1, size=9)
    expected = [np.ones(len(words)) for words in lattice.words]  # all splits tie
    expected[1][0] = 1
    texts = ["".join(chr(ord("一") + i) for i in run) for run in runs]
    for k, bonus in zip((3, 4), affix_bonus(lattice, expected)[2:], strict=True):
        assert bonus is not None
        words = spelled(lattice, k)[1:]
        names = [tuple(chr(ord("一") + i) for i in word) for word in words]
        entropies = oracles.branching_entropy(texts, names)
        more = 1.2 if k == 3 else 0
        assert bonus[1:].tolist() == pytest.approx(
            [more + 0.5 * (min(entropies[name]) - 2) for name in names], abs=NATS_GRAIN
        )
