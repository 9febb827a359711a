"""Runs side by side: every cell once, and sums and best paths that trying every segmentation gives."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.lattice import paths as lattice
from nlptools.lattice.paths import (
    OVERLAP,
    PIECE,
    Decode,
    best_path,
    best_tags,
    cut_runs,
    forward_backward,
)
from nlptools.lattice.runs import Steps, arrange, find_runs

pytestmark = pytest.mark.usefixtures("loops")

IDS = st.lists(st.integers(0, 2), max_size=40)
Tags = tuple[int, ...]
LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)
SEEDS = st.integers(0, 1 << 32)


def ids_of(lengths: Sequence[int]) -> np.ndarray:
    """Runs of these lengths with breaks around and between them."""
    return np.array([0] + [i for n in lengths for i in [1] * n + [0]], np.uint16)


def spread(
    by_place: Sequence[np.ndarray], starts: np.ndarray, lengths: np.ndarray, nothing: float
) -> list[np.ndarray]:
    """The same with `nothing` where a word would begin before its run, where no value may matter."""
    by_place = [column.astype(np.float32) for column in by_place]
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        for k, column in enumerate(by_place, 1):
            column[start : start + min(k - 1, length)] = nothing
    return by_place


# --- runs ------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(IDS, st.none() | st.integers(1, 6))
@example([], None)
@example([0, 0], 1)
@example([1], 1)
def test_runs_are_what_lies_between_breaks(ids: list[int], longest: int | None) -> None:
    expected = []
    at = 0
    for inside, group in itertools.groupby(ids, key=bool):
        size = len(list(group))
        step = longest or size
        if inside:
            expected += [(at + i, min(step, size - i)) for i in range(0, size, step)]
        at += size
    starts, lengths = find_runs(np.array(ids, np.uint16), longest)
    assert list(zip(starts.tolist(), lengths.tolist(), strict=True)) == expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 12), max_size=12), st.integers(1, 60))
@example([], 5)
def test_every_cell_is_in_one_block(lengths: list[int], size: int) -> None:
    starts, sizes = find_runs(ids_of(lengths))
    assert sizes.tolist() == lengths
    seen: list[tuple[int, int]] = []
    for block in arrange(starts, sizes, size):
        widths = [block.width(step) for step in range(block.steps)]
        assert len(block) == sum(widths) == len(block.places)
        assert block.starts == [sum(widths[:step]) for step in range(block.steps + 1)]
        assert widths == sorted(widths, reverse=True)
        assert widths[-1] > 0
        assert block.width(block.steps) == 0
        assert block.places.dtype == np.int32
        assert len(block) <= size or widths[0] == 1  # a run is never divided
        # Cell j of a step is one symbol after cell j of the step before.
        first = block.places[: widths[0]].tolist()
        for step, width in enumerate(widths):
            a = block.starts[step]
            assert block.places[a : a + width].tolist() == [place + step for place in first[:width]]
        seen += [(place, sum(width > j for width in widths)) for j, place in enumerate(first)]
    # The longest run first, those of a length as they stand in the text.
    expected = sorted(zip(starts.tolist(), lengths, strict=True), key=lambda run: -run[1])
    assert seen == expected


# --- forward and backward ----------------------------------------------------------------------


@settings(max_examples=120, deadline=None)
@given(LENGTHS, SEEDS, st.integers(1, 5), st.booleans(), st.sampled_from([6, 1 << 18]))
@example([1], 0, 4, True, 6)
@example([9, 9, 9], 1, 4, False, 1 << 18)
def test_sums_over_all_segmentations(
    lengths: list[int], seed: int, longest: int, with_gaps: bool, size: int
) -> None:
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    weights = np.exp(rng.uniform(-9, 2, (longest, len(ids))))
    weights[1:][rng.random((longest - 1, len(ids))) < 0.2] = 0  # no such word
    factors = np.exp(rng.uniform(-6, 6, len(ids))) if with_gaps else np.ones(len(ids))
    columns = spread(weights, starts, sizes, math.nan)
    found = [np.full(len(ids), np.nan) for _ in range(longest)]
    ends = np.full(len(ids), np.nan)
    likelihood = 0.0
    for block in arrange(starts, sizes, size):
        terms = [np.take(column, block.places) for column in columns]
        gaps = np.take(factors.astype(np.float32), block.places) if with_gaps else None
        boundary, log_likelihood = forward_backward(block, terms, gaps)
        assert boundary.dtype == np.float32
        ends[block.places] = boundary
        likelihood += log_likelihood
        for column, term in zip(found, terms, strict=True):
            column[block.places] = term
    expected_likelihood = 0.0
    for start, length in zip(starts.tolist(), lengths, strict=True):

        def weight(a: int, b: int, start: int = start) -> float:
            end = start + b - 1
            return float(weights[b - a - 1, end] * factors[end])

        expected, total = oracles.posteriors(length, longest, weight)
        expected_likelihood += math.log(total)
        for end in range(length):
            words = [expected[end - k + 1, end + 1] for k in range(1, longest + 1)]
            at = [float(column[start + end]) for column in found]
            assert at == pytest.approx(words, rel=3e-5, abs=1e-6)
            assert ends[start + end] == pytest.approx(sum(words), rel=3e-5, abs=1e-6)
            # Exactly one word covers each symbol.
            covering = sum(
                found[k - 1][start + later]
                for k in range(1, longest + 1)
                for later in range(end, min(end + k, length))
            )
            assert covering == pytest.approx(1, abs=1e-5)
        assert ends[start + length - 1] == 1
    assert likelihood == pytest.approx(expected_likelihood, rel=1e-5, abs=1e-4)
    # Nothing is written anywhere else.
    assert np.isnan(ends[ids == 0]).all()


@pytest.mark.parametrize(("low", "high"), [(-20.0, -10.0), (5.0, 15.0)])
def test_long_runs_neither_underflow_nor_overflow(low: float, high: float) -> None:
    """The sums themselves would be about exp(-30000) and exp(20000)."""
    rng = np.random.default_rng(7)
    lengths = [3000, 2999, 5]
    starts, sizes = find_runs(ids_of(lengths))
    (block,) = arrange(starts, sizes)
    logs = rng.uniform(low, high, (4, sum(lengths) + 4))
    columns = spread(np.exp(logs), starts, sizes, math.nan)
    boundary, likelihood = forward_backward(block, [np.take(c, block.places) for c in columns])
    expected = 0.0
    for start, length in zip(starts.tolist(), lengths, strict=True):
        sums = [0.0]  # logarithms of the sums up to each place
        for end in range(length):
            words = [sums[-k] + logs[k - 1, start + end] for k in range(1, min(4, end + 1) + 1)]
            sums.append(float(np.logaddexp.reduce(words)))
        expected += sums[-1]
    assert likelihood == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(boundary).all()
    assert boundary.min() >= 0
    assert boundary.max() <= 1 + 1e-4


def test_sums_by_hand() -> None:
    # A run of two: w(a) = 2, w(b) = 3, w(ab) = 6; a|b 2 * 3 = 6 and ab 6 are as likely.
    block = Steps([0, 1, 2])
    terms = [np.array([2, 3], np.float32), np.array([9, 6], np.float32)]
    boundary, likelihood = forward_backward(block, terms)
    assert boundary.tolist() == [0.5, 1]
    assert [term.tolist() for term in terms] == [[0.5, 0.5], [0, 0.5]]
    assert likelihood == pytest.approx(math.log(12), rel=1e-6)
    # With a boundary after the first three times as likely: 18 against 6.
    terms = [np.array([2, 3], np.float32), np.array([9, 6], np.float32)]
    boundary, likelihood = forward_backward(block, terms, np.array([3, 1], np.float32))
    assert boundary.tolist() == [0.75, 1]
    assert [term.tolist() for term in terms] == [[0.75, 0.75], [0, 0.25]]
    assert likelihood == pytest.approx(math.log(24), rel=1e-6)


# --- best paths --------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(LENGTHS, SEEDS, st.integers(1, 5), st.sampled_from([1, 3, 40]), st.sampled_from([6, 99]))
def test_best_path_of_all(
    lengths: list[int], seed: int, longest: int, most: int, size: int
) -> None:
    """Whole numbers, few of them: many paths are equally good, and the one with shorter words wins."""
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    scores = rng.integers(-most, 1, (longest, len(ids))).astype(np.float32)
    scores[1:][rng.random((longest - 1, len(ids))) < 0.3] = -np.inf  # no such word
    columns = spread(scores, starts, sizes, math.nan)
    ends = np.zeros(len(ids), bool)
    for block in arrange(starts, sizes, size):
        ends[block.places] = best_path(block, [np.take(c, block.places) for c in columns])
    for start, length in zip(starts.tolist(), lengths, strict=True):
        best = oracles.best_segmentation(
            length, longest, lambda a, b, start=start: float(scores[b - a - 1, start + b - 1])
        )
        assert (np.flatnonzero(ends[start : start + length]) + 1).tolist() == [b for _, b in best]


def test_of_two_equal_paths_the_shorter_words() -> None:
    # ab costs as much as a and b, bc as b and c, abc as all three.
    block = Steps([0, 1, 2, 3])
    singles = np.array([-1, -1, -1], np.float32)
    pairs, triples = np.array([0, -2, -2], np.float32), np.array([0, 0, -3], np.float32)
    assert best_path(block, [singles, pairs, triples]).tolist() == [True, True, True]
    # ab c and a bc are the best ones: the last word is the shorter one.
    assert best_path(block, [singles, pairs + 0.5, triples]).tolist() == [False, True, True]
    assert best_path(block, [singles, pairs, triples + 0.5]).tolist() == [False, False, True]


# --- best tags ---------------------------------------------------------------------------------


def taggings(length: int, order: int, log_weights: Sequence[float]) -> Iterator[tuple[float, Tags]]:
    """All that are allowed, with the sum of their transitions."""
    allowed = {(tag, 1): 0.0 for tag in range(1, order + 1)}
    for tag, weight in enumerate(log_weights, 1):
        allowed[tag, min(tag + 1, order)] = weight
    for tags in itertools.product(range(1, order + 1), repeat=length):
        steps = list(itertools.pairwise(tags))
        if tags[0] == 1 and allowed.keys() >= set(steps):
            yield sum(allowed[step] for step in steps), tags


def ends_of(tags: Tags) -> list[bool]:
    return [tag == 1 for tag in tags[1:]] + [True]


def word_lengths(ends: Sequence[bool]) -> list[int]:
    return np.diff(np.flatnonzero(ends), prepend=-1).tolist()


def decode_all(
    ids: np.ndarray, scores: Sequence[np.ndarray], decode: Decode, size: int
) -> np.ndarray:
    ends = ids == 0
    for block in arrange(*find_runs(ids), size):
        ends[block.places] = decode(block, [np.take(score, block.places) for score in scores])
    return ends


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
    SEEDS,
    st.integers(2, 5),
    st.sampled_from([1, 3, 40]),
    st.sampled_from([1, 6, 99]),
    st.booleans(),
)
@example([6, 6, 2, 6, 1], 0, 2, 1, 99, False)
@example([6, 5, 6, 3, 2], 1, 5, 3, 99, True)
def test_best_tags_of_all(
    lengths: list[int], seed: int, order: int, most: int, size: int, never: bool
) -> None:
    """Whole numbers, few of them: many taggings are equally good, and the one with shorter words wins."""
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, sizes = find_runs(ids)
    emissions = rng.integers(-most, 1, (order, len(ids))).astype(np.float32)
    emissions[rng.random(emissions.shape) < 0.1] = -99
    log_weights = rng.integers(-2, 2, order).astype(float)
    if never:
        log_weights[rng.random(order) < 0.3] = -math.inf
    decode = functools.partial(best_tags, log_weights=log_weights.tolist())
    ends = decode_all(ids, spread(emissions, starts, sizes, math.nan), decode, size)
    for start, length in zip(starts.tolist(), lengths, strict=True):
        places = range(start, start + length)

        def order_of(found: tuple[float, Tags], places: range = places) -> tuple[float, list[int]]:
            total, tags = found
            total += sum(float(emissions[t - 1, i]) for t, i in zip(tags, places, strict=True))
            return -total, word_lengths(ends_of(tags))[::-1]

        _, best = min(taggings(length, order, log_weights.tolist()), key=order_of)
        assert ends[start : start + length].tolist() == ends_of(best)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), SEEDS, st.integers(2, 4))
def test_best_tags_of_any_numbers(lengths: list[int], seed: int, order: int) -> None:
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    starts, _ = find_runs(ids)
    emissions = rng.uniform(-9, 0, (order, len(ids))).astype(np.float32)
    emissions[rng.random(emissions.shape) < 0.1] = -99
    log_weights = rng.uniform(-2, 0, order).tolist()
    ends = decode_all(
        ids, list(emissions), functools.partial(best_tags, log_weights=log_weights), 1 << 18
    )
    for start, length in zip(starts.tolist(), lengths, strict=True):
        totals: dict[tuple[bool, ...], float] = {}
        for total, tags in taggings(length, order, log_weights):
            for i, tag in enumerate(tags):
                total += float(emissions[tag - 1, start + i])
            totals[tuple(ends_of(tags))] = total
        found = totals[tuple(ends[start : start + length].tolist())]
        assert found == pytest.approx(max(totals.values()), abs=1e-3)


def test_best_tags_by_hand() -> None:
    # Two tags: abc as 1 2 2 counts -1 - 1 - 1 and the weights -1 - 3; as 1 2 1 -1 - 1 - 4 and -1; as
    # 1 1 1 -1 - 4 - 4.
    block = Steps([0, 1, 2, 3])
    first, later = np.array([-1, -4, -4], np.float32), np.array([9, -1, -1], np.float32)
    given = [first.copy(), later.copy()]
    assert best_tags(block, given, [-1, -3]).tolist() == [False, True, True]  # -7 equals -7
    assert np.array_equal(given, [first, later])  # nothing is written over
    assert best_tags(block, given, [-1, -2.9]).tolist() == [False, False, True]
    assert best_tags(block, given, [-3, 0]).tolist() == [False, False, True]  # -6, -9, -9
    assert best_tags(block, given, [-3, -3]).tolist() == [True, True, True]  # -9 equals -9
    assert best_tags(block, given, [-math.inf, 0]).tolist() == [True, True, True]


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_a_word_has_no_longest_length(order: int) -> None:
    """Beside runs of single symbols a word of 700, for which no tag is as small as its length."""
    ids = ids_of([700, 3, 700])
    emissions = np.full((order, len(ids)), -3, np.float32)
    emissions[1:, :702] = -1
    ends = decode_all(
        ids, list(emissions), functools.partial(best_tags, log_weights=[-1.0] * order), 1 << 18
    )
    assert np.flatnonzero(ends[:702]).tolist() == [0, 700, 701]
    assert ends[702:].all()


# --- runs that are too long ----------------------------------------------------------------------


def undivided(
    ids: np.ndarray, scores: Sequence[np.ndarray], decode: Decode = best_path
) -> np.ndarray:
    return decode_all(ids, scores, decode, 1 << 18)


def random_scores(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    scores = [rng.uniform(-12, -6, size).astype(np.float32)]
    for k in (2, 3, 4):
        score = rng.uniform(-8 * k, -4 * k, size).astype(np.float32)
        score[rng.random(size) < 0.5] = -np.inf
        scores.append(score)
    return scores


ARTICLE = functools.partial(best_tags, log_weights=[math.log10(0.15), -2.0, -2.0, -3.0])


def random_emissions(rng: np.random.Generator, size: int) -> list[np.ndarray]:
    """Of four tags: here and there a symbol that is likely after those before it."""
    emissions = [rng.uniform(-5, -2, size)]
    for _ in range(3):
        emissions.append(np.where(rng.random(size) < 0.5, rng.uniform(-2, 0, size), emissions[-1]))
    return [emission.astype(np.float32) for emission in emissions]


def scores_of_words(rng: np.random.Generator, ids: np.ndarray) -> list[np.ndarray]:
    """By a word list: the same word has the same weight everywhere."""
    words: dict[tuple[int, ...], float] = {}
    scores = np.full((4, len(ids)), -np.inf, np.float32)
    text = ids.tolist()
    for end in range(len(text)):
        for k in range(1, min(4, end + 1) + 1):
            word = tuple(text[end - k + 1 : end + 1])
            if 0 not in word:
                share = 1 if k == 1 else 0.1
                chosen = rng.random() < share
                found = words.setdefault(word, rng.uniform(-9, -3) if chosen else -math.inf)
                scores[k - 1, end] = found
    return list(scores)


LONG = PIECE + OVERLAP


@pytest.mark.parametrize(
    "lengths",
    [[LONG], [LONG + 1], [2 * PIECE + OVERLAP, 2 * PIECE + OVERLAP + 1], [5000, 3, 40, 1700, 1]],
)
@pytest.mark.parametrize("seed", range(3))
def test_pieces_of_a_long_run_meet(lengths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = ids_of(lengths)
    scores = random_scores(rng, len(ids))
    assert np.array_equal(cut_runs(ids, scores), undivided(ids, scores))
    ids[ids > 0] = rng.integers(1, 30, np.count_nonzero(ids))
    scores = scores_of_words(rng, ids)
    ends = cut_runs(ids, scores)
    assert np.array_equal(ends, undivided(ids, scores))
    assert 0.3 < ends.mean() < 0.95  # there are words, and there are boundaries
    scores = random_emissions(rng, len(ids))
    ends = cut_runs(ids, scores, ARTICLE)
    assert np.array_equal(ends, undivided(ids, scores, ARTICLE))
    assert 0.3 < ends.mean() < 0.95
    assert max(word_lengths(ends.tolist())) > 4


def test_small_pieces_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of seams at every phase."""
    monkeypatch.setattr(lattice, "PIECE", 80)
    monkeypatch.setattr(lattice, "OVERLAP", 40)
    rng = np.random.default_rng(3)
    for _ in range(15):
        ids = ids_of(rng.integers(1, 600, 5).tolist())
        scores = random_scores(rng, len(ids))
        assert np.array_equal(cut_runs(ids, scores), undivided(ids, scores))
        scores = random_emissions(rng, len(ids))
        assert np.array_equal(cut_runs(ids, scores, ARTICLE), undivided(ids, scores, ARTICLE))


@pytest.mark.parametrize("length", [LONG, LONG + 1, 5000])
def test_a_word_longer_than_a_piece(length: int) -> None:
    """It is cut where pieces meet, for they have no end in common; nothing else is."""
    ids = ids_of([3, length, 2])
    emissions = np.full((4, len(ids)), -20, np.float32)
    emissions[1:] = 0
    sizes = word_lengths(cut_runs(ids, emissions, ARTICLE).tolist())
    seams = len(range(PIECE, length - OVERLAP, PIECE))
    assert seams == {LONG: 0, LONG + 1: 1, 5000: 9}[length]
    assert sizes[:3] == [1, 3, 1]
    assert sizes[-3:] == [1, 2, 1]
    words = sizes[3:-3]
    assert sum(words) == length
    assert len(words) == 1 + seams
    assert min(words) >= 2 * OVERLAP


@pytest.mark.parametrize("period", [2, 3, 4, 5])
@pytest.mark.parametrize("length", [LONG + 2, 2003])
def test_one_symbol_over_and_over(period: int, length: int) -> None:
    """哈哈哈…: the pieces are out of step and may have no end in common; no word becomes too long."""
    ids = ids_of([length])
    scores = [np.full(len(ids), value, np.float32) for value in (-9, -30, -30, -30, -30)]
    scores[period - 1][:] = -5
    ends = cut_runs(ids, scores)[1:-1]
    sizes = np.diff(np.flatnonzero(ends), prepend=-1)
    assert sizes.max() <= 5
    assert sizes.sum() == length
    # A few words around each seam at most are not the best ones.
    others = np.count_nonzero(sizes != period)
    assert others <= period * (1 + length // PIECE)


def test_nothing_to_cut() -> None:
    empty = [np.zeros(0, np.float32)] * 4
    assert cut_runs(np.zeros(0, np.uint16), empty).tolist() == []
    breaks = [np.zeros(3, np.float32)] * 4
    assert cut_runs(np.zeros(3, np.uint16), breaks).tolist() == [True] * 3
    assert cut_runs(np.zeros(0, np.uint16), empty, ARTICLE).tolist() == []
    assert cut_runs(np.zeros(3, np.uint16), breaks, ARTICLE).tolist() == [True] * 3
