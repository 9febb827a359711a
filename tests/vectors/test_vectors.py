"""Vectors in memory and in a file, words that came before, samples; and the measures of `vectors check`."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError, ResourceError
from nlptools.vectors import check as vectorcheck
from nlptools.vectors import nearest as neighbours
from nlptools.vectors import vectors
from nlptools.vectors.check import check_table, check_vectors, components, isotropy
from nlptools.vectors.dimension import exact_dimension
from nlptools.vectors.moments import Moments, eigenvectors, moments_of
from nlptools.vectors.vectors import (
    SeenWords,
    Vectors,
    VectorStore,
    batch_rows,
    rebatched,
    sample_rows,
)

# --- Vectors


def cut(array: np.ndarray, sizes: list[int]) -> Iterator[np.ndarray]:
    at = 0
    for size in [*sizes, len(array)]:
        yield array[at : at + size]
        at += size


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 200), max_size=8), st.integers(1, 400), st.booleans())
def test_store(sizes: list[int], rows: int, in_file: bool) -> None:
    """Batches are the same whatever the pieces, in memory and in a file."""
    matrix = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
    words = [f"词{i}".encode() for i in range(rows)]
    with mock.patch.object(vectors, "BATCH", 150):
        store = VectorStore(2, matrix.dtype, room=0 if in_file else 10**6)
        at = 0
        for piece in cut(matrix, sizes):
            store.add(piece, words[at : at + len(piece)])
            at += len(piece)
        found = store.finish()
        assert batch_rows(2) == 75
        for _ in range(2):
            batches = list(found.batches())
            assert [len(batch) for batch in batches[:-1]] == [75] * (len(batches) - 1)
            assert np.array_equal(np.concatenate(batches), matrix)
            assert [w for words in found.word_batches() for w in words] == words
        chosen = np.arange(0, rows, 7)
        assert np.array_equal(found.take(chosen), matrix[chosen])
        backwards = chosen[::-1].tolist()
        assert found.names(backwards) == [f"词{i}" for i in backwards]


@given(st.lists(st.integers(0, 9), max_size=9), st.integers(0, 30), st.integers(1, 12))
def test_rebatched(sizes: list[int], rows: int, size: int) -> None:
    array = np.arange(rows)
    found = list(rebatched(cut(array, sizes), size))
    assert np.concatenate([array[:0], *found]).tolist() == array.tolist()
    assert all(len(batch) == size for batch in found[:-1])
    assert all(0 < len(batch) <= size for batch in found)


def test_mapped() -> None:
    matrix = np.arange(1000, dtype=np.float32).reshape(500, 2)
    with mock.patch.object(vectors, "BATCH", 200):
        base = Vectors.from_array(matrix, [f"w{i}" for i in range(500)])
        found = base.mapped(lambda rows: np.concatenate([rows, -rows, rows[:, :1]], axis=1), 5)
        assert found.shape == (500, 5)
        assert found.dtype == np.float32
        assert found.array().tolist() == [[a, b, -a, -b, a] for a, b in matrix.tolist()]
        sizes = [len(batch) for batch in found.batches()]
        assert sizes == [len(words) for words in found.word_batches()] == [64] * 7 + [52]
        assert list(found.words()) == list(base.words())
        assert found.names([499, 1]) == ["w499", "w1"]
    assert Vectors.from_array(matrix).names([3, 0]) == ["[3]", "[0]"]


@pytest.mark.parametrize(
    "matrix, words, message",
    [
        (np.zeros(3), None, "two dimensions"),
        (np.zeros((0, 3)), None, "a row"),
        (np.zeros((2, 2), int), None, "floating-point"),
        (np.array([[np.inf]]), None, "finite"),
        (np.zeros((2, 1)), ["a"], "as many as rows"),
        (np.zeros((2, 1)), ["a", "a"], "all different"),
        (np.zeros((2, 1)), ["a", "b\n"], "line ends"),
    ],
)
def test_arrays_that_are_no_vectors(
    matrix: np.ndarray, words: list[str] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Vectors.from_array(matrix, words)


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), max_size=6), max_size=12))
def test_seen_words(parts: list[list[str]]) -> None:
    """As a dict finds them."""
    seen, first, place = SeenWords(), {}, 0
    for part in parts:
        places = np.arange(place, place + len(part), dtype=np.int32)
        expected = []
        for word, here in zip(part, places.tolist(), strict=True):
            expected.append(first.get(word, -1))
            first.setdefault(word, here)
        found = seen.add([word.encode() for word in part], places)
        assert found.tolist() == expected
        place += len(part) + 3


def test_seen_words_of_many_levels() -> None:
    seen = SeenWords()
    for start in range(0, 5000, 50):
        words = [str(i).encode() for i in range(start, start + 50)]
        places = np.arange(start, start + 50, dtype=np.int32)
        assert (seen.add(words, places) == -1).all()
        sizes = [len(digests) for digests, _ in seen._levels]
        assert all(2 * b <= a for a, b in itertools.pairwise(sizes))
    assert seen.add([b"4999", b"0", b"x"], np.arange(3, dtype=np.int32)).tolist() == [4999, 0, -1]


def test_sample_rows() -> None:
    assert sample_rows(5, 5, 0).tolist() == [0, 1, 2, 3, 4] == sample_rows(5, 9, 1).tolist()
    found = sample_rows(1000, 100, 0)
    assert len(set(found.tolist())) == 100
    assert (np.diff(found) > 0).all()
    assert 400 < found.mean() < 600
    assert found.tolist() != sample_rows(1000, 100, 1).tolist()
    # The stream of PCG64, for ever.
    assert sample_rows(100, 5, 0).tolist() == PINNED


PINNED = [3, 11, 13, 20, 92]

# --- mean and covariance


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 300), st.integers(1, 4), st.integers(0, 10**6), st.floats(0, 1e6))
def test_moments_are_those_of_numpy(rows: int, columns: int, seed: int, far: float) -> None:
    """In one pass and by parts, as precise as in two; the mean may be far from 0."""
    matrix = np.random.default_rng(seed).normal(size=(rows, columns)) + far
    with mock.patch.object(vectors, "BATCH", 1):
        found = moments_of(Vectors.from_array(matrix), workers=2)
    assert found.count == rows
    assert np.allclose(found.mean, matrix.mean(axis=0), rtol=1e-13, atol=1e-14)
    expected = np.cov(matrix.T).reshape(columns, columns)
    assert np.allclose(found.covariance, expected, rtol=1e-9, atol=1e-9)


def test_moments_by_hand() -> None:
    """(1, 2), (3, 6) and (5, 10): mean (3, 6); deviations (-2, -4), 0, (2, 4)."""
    first = Moments.of(np.array([[1.0, 2]]))
    both = first + Moments.of(np.array([[3.0, 6], [5, 10]]))
    assert both.count == 3
    assert both.mean.tolist() == [3, 6]
    assert both.scatter.tolist() == [[8, 16], [16, 32]]
    assert both.covariance.tolist() == [[4, 8], [8, 16]]


def test_moments_do_not_depend_on_threads() -> None:
    matrix = np.random.default_rng(2).normal(size=(5000, 7)).astype(np.float32)
    with mock.patch.object(vectors, "BATCH", 700):
        one, many = (moments_of(Vectors.from_array(matrix), workers=n) for n in (1, 4))
    assert one.mean.tobytes() == many.mean.tobytes()
    assert one.scatter.tobytes() == many.scatter.tobytes()


def test_too_many_dimensions_for_the_memory() -> None:
    wide = Vectors.from_array(np.zeros((2, 3000)))
    with pytest.raises(ResourceError, match="3,000 dimensions") as caught:
        moments_of(wide, memory=128_000_000)
    assert caught.value.hint == "--memory 1GB"
    moments_of(wide, memory=10**9)


def test_eigenvectors() -> None:
    """[[2, 1], [1, 2]]: 3 along (1, 1), 1 along (1, -1); the sign is that of the first largest part."""
    values, columns = eigenvectors(np.array([[2.0, 1], [1, 2]]))
    assert np.allclose(values, [3, 1])
    root = math.sqrt(0.5)
    assert np.allclose(np.abs(columns), root)
    assert np.allclose(columns[:, 0], root)
    largest = np.abs(columns).argmax(axis=0)
    assert (columns[largest, [0, 1]] > 0).all()


# --- the measures, by hand

CROSS = np.array([[1, 0], [-1, 0], [0, 2], [0, -2]], np.float32)


def test_check_by_hand() -> None:
    """Four vectors: (1, 0), (-1, 0), (0, 2), (0, -2).

    Six pairs: two of opposites (cosine -1), four at right angles: mean cosine -2/6. X^T X is diag(2, 8), its
    eigenvectors are the axes: Z = 2 cosh 1 + 2 and 2 cosh 2 + 2. The covariance is diag(2, 8) / 3: its
    participation ratio is 10^2 / (4 + 64), and 8 / 10 is less than 90 %. The nearest of the first two is
    the third row, of the others the first (at right angles, the first of two): N_1 = 2, 0, 2, 0.
    """
    found = check_vectors(Vectors.from_array(CROSS, ["右", "左", "上", "下"]), nearest=1)
    expected = {
        "vectors": 4,
        "dimensions": 2,
        "bad_rows": 0,
        "dimension_bound": exact_dimension(4),
        "norm_min": 1,
        "norm_median": 1.5,
        "norm_max": 2,
        "zero_vectors": 0,
        "norm_of_mean": 0,
        "mean_cosine": -1 / 3,
        "isotropy": (math.cosh(1) + 1) / (math.cosh(2) + 1),
        "effective_dimension": 100 / 68,
        "components_90": 2,
        "nearest": 1,
        "queries": 4,
        "hub_skewness": 0,
        "hub_largest": 2,
        "antihub_share": 0.5,
    }
    assert list(found.measures) == list(expected)
    assert found.measures == pytest.approx(expected, abs=1e-12)
    assert found.hubs == [("右", 2), ("上", 2)]
    assert found.exact


def test_isotropy_of_a_shifted_cloud() -> None:
    """All at (1, 0) and (1, 0.5): X^T X = [[2, .5], [.5, .25]]; the sign of its eigenvectors changes nothing."""
    matrix = np.array([[1, 0], [1, 0.5]])
    _, columns = np.linalg.eigh(matrix.T @ matrix)
    sums = [sum(math.exp(sign * row @ c) for row in matrix) for c in columns.T for sign in (1, -1)]
    given = Vectors.from_array(matrix)
    assert isotropy(given, moments_of(given)) == pytest.approx(min(sums) / max(sums), rel=1e-12)
    large = Vectors.from_array(1000 * matrix)  # exp(1000) is no float64
    assert isotropy(large, moments_of(large)) == pytest.approx(0, abs=1e-300)


def test_a_ball_is_isotropic() -> None:
    matrix = np.random.default_rng(3).normal(size=(20_000, 10)).astype(np.float32)
    found = check_vectors(Vectors.from_array(matrix), queries=50).measures
    assert found["isotropy"] > 0.93
    assert abs(found["mean_cosine"]) < 1e-3
    assert found["effective_dimension"] == pytest.approx(10, rel=0.01)
    assert found["components_90"] == 9
    shifted = check_vectors(Vectors.from_array(matrix + 2), queries=50).measures
    assert shifted["isotropy"] < 0.01
    assert shifted["mean_cosine"] > 0.7
    assert shifted["effective_dimension"] == pytest.approx(10, rel=0.01)


def test_components() -> None:
    assert components(np.array([9.0, 1]), 0.9) == 1
    assert components(np.array([8.9, 1.1]), 0.9) == 2
    assert components(np.ones(10), 0.9) == 9
    assert components(np.zeros(3), 0.9) == 0


def test_zero_vectors() -> None:
    """They have no direction: no mean cosine, no neighbours."""
    matrix = np.concatenate([CROSS, np.zeros((2, 2), np.float32)])[[4, 0, 1, 5, 2, 3]]
    found = check_vectors(Vectors.from_array(matrix), nearest=1)
    assert found.measures["zero_vectors"] == 2
    assert found.measures["norm_min"] == 0
    assert found.measures["norm_median"] == 1
    assert found.measures["mean_cosine"] == pytest.approx(-1 / 3)
    assert found.measures["antihub_share"] == 0.5
    assert found.hubs == [("[1]", 2), ("[4]", 2)]


@pytest.mark.parametrize(
    "matrix, message",
    [
        ([[1.0, 2]], "one vector: there is nothing to compare it with"),
        ([[0.0, 0], [0, 0]], "all vectors are zero"),
        ([[1e200, 0], [1e200, 0]], "numbers so large that their squares overflow"),
        ([[1e200, 0], [0, 1]], "numbers so large that their squares overflow"),
    ],
)
def test_vectors_that_cannot_be_measured(matrix: list[list[float]], message: str) -> None:
    given = Vectors.from_array(np.array(matrix))
    given.source = "a.npy"
    with pytest.raises(DataError) as caught:
        check_vectors(given)
    assert str(caught.value) == f"a.npy: {message}"


def test_hardly_any_vectors() -> None:
    """Two equal ones: no variance. One beside zeros: no neighbours."""
    equal = check_vectors(Vectors.from_array(np.ones((2, 2)))).measures
    assert equal["mean_cosine"] == pytest.approx(1)
    assert math.isnan(equal["effective_dimension"])
    assert equal["components_90"] == 0
    assert (equal["nearest"], equal["queries"], equal["hub_largest"]) == (1, 2, 1)
    assert math.isnan(equal["hub_skewness"])
    alone = check_vectors(Vectors.from_array(np.array([[1.0, 0], [0, 0]])))
    assert (alone.measures["nearest"], alone.measures["queries"]) == (0, 0)
    assert math.isnan(alone.measures["antihub_share"])
    assert alone.hubs == []


def test_batches_change_no_figure() -> None:
    """Nor do threads; in six digits, as they are shown."""
    matrix = np.random.default_rng(4).normal(size=(700, 6)).astype(np.float32) + 0.3
    words = [f"词{i}" for i in range(700)]
    shown = set()
    for batch, tile, workers in ((1, 50, 1), (1000, 64, 3), (1 << 20, 4096, 2)):
        with (
            mock.patch.object(vectors, "BATCH", batch),
            mock.patch.object(neighbours, "_TILE", tile),
            mock.patch.object(neighbours, "_QUERIES", tile // 2),
        ):
            found = check_vectors(Vectors.from_array(matrix, words), workers=workers)
            shown.add(check_table(found, "tsv"))
    assert len(shown) == 1


def test_table() -> None:
    found = vectorcheck.VectorCheck(
        {"vectors": 12345678, "a": 1 / 3, "b": math.nan}, [("的", 12), ("New York", 1.5)], True
    )
    assert check_table(found, "tsv") == (
        "measure\tvalue\nvectors\t12345678\na\t0.333333\nb\tnan\n"
        "hub_1\t的\nhub_1_count\t12\nhub_2\tNew York\nhub_2_count\t1.5\n"
    )
    assert json.loads(check_table(found, "json")) == {
        "vectors": 12345678,
        "a": 0.333333,
        "b": None,
        "hubs": [{"word": "的", "count": 12}, {"word": "New York", "count": 1.5}],
    }
    with pytest.raises(ValueError, match="format must be one of tsv, json"):
        check_table(found, "text")
