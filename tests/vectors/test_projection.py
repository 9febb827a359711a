"""Random projections: the matrix of a seed, and the distortion of distances."""

from __future__ import annotations

import math
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from commandline import run

from nlptools.vectors import projection, vectors
from nlptools.vectors.files import write_vectors
from nlptools.vectors.projection import (
    bound_eps,
    distortion_table,
    measure_distortion,
    project_vectors,
    random_matrix,
    random_projection,
)
from nlptools.vectors.vectors import Vectors


def some(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def test_the_matrix_follows_from_the_seed() -> None:
    """Twins of PCG64 and Box-Muller in plain Python; the raw stream of NumPy never changes."""
    raw = [int(x) for x in np.random.PCG64(7).random_raw(4)]
    assert raw == PINNED
    uniform = [((x >> 11) + 0.5) / 2**53 for x in raw]
    expected = []
    for first, second in zip(uniform[:2], uniform[2:], strict=True):
        radius = math.sqrt(-2 * math.log(first) / 3)
        expected += [radius * math.cos(math.tau * second), radius * math.sin(math.tau * second)]
    assert np.allclose(random_matrix(1, 3, 7).ravel(), expected[:3], rtol=1e-12)
    assert random_matrix(50, 20, 1).tobytes() == random_matrix(50, 20, 1).tobytes()
    assert not np.allclose(random_matrix(50, 20, 1), random_matrix(50, 20, 2))


PINNED = [
    11530976094092348043,
    16550673365885938325,
    14308875409591826786,
    4154339397315733314,
]


def test_the_matrix_is_normal() -> None:
    """N(0, 1/k): mean, variance, fourth moment 3, share within one sigma; rows and columns not correlated."""
    scaled = random_matrix(400, 500, 3) * math.sqrt(500)
    assert abs(scaled.mean()) < 0.01
    assert scaled.var() == pytest.approx(1, abs=0.01)
    assert (scaled**4).mean() == pytest.approx(3, abs=0.1)
    assert (np.abs(scaled) < 1).mean() == pytest.approx(0.6827, abs=0.005)
    correlations = np.corrcoef(scaled)
    np.fill_diagonal(correlations, 0)
    assert np.abs(correlations).max() < 0.25


def test_projection() -> None:
    matrix = some(300, 40)
    found = random_projection(Vectors.from_array(matrix, list(map(str, range(300)))), 9, seed=5)
    expected = matrix.astype(np.float64) @ random_matrix(40, 9, 5)
    assert np.allclose(found.array(), expected, rtol=1e-6)
    assert found.dtype == np.float32
    assert list(found.words())[:2] == ["0", "1"]
    with pytest.raises(ValueError, match="dim must be at least 1"):
        random_projection(found, 0)


def test_batches_change_hardly_a_bit() -> None:
    """They change nothing for a file, because they are always the same; by another size digits stay."""
    given = Vectors.from_array(some(500, 30))
    first = random_projection(given, 6).array()
    assert first.tobytes() == random_projection(given, 6).array().tobytes()
    with mock.patch.object(vectors, "BATCH", 100):
        other = random_projection(Vectors.from_array(some(500, 30)), 6).array()
    assert np.allclose(first, other, rtol=1e-6)


def test_distortion_by_hand() -> None:
    """Three points: squared distances 1, 4 and 5 before, 1, 2 and 10 after: off by 0, 0.5 and 1."""
    before = Vectors.from_array(np.array([[0.0, 0], [1, 0], [0, 2]]))
    after = Vectors.from_array(np.array([[0.0, 0], [1, 0], [-1, -1]]))
    old = [1, 4, 5]
    new = [1, 2, 5]
    errors = [abs(b / a - 1) for a, b in zip(old, new, strict=True)]
    found = measure_distortion(before, after, eps=0.4)
    assert found.pairs == 3
    assert found.mean == pytest.approx(sum(errors) / 3)
    assert found.largest == 0.5
    assert found.share == pytest.approx(1 / 3)
    assert measure_distortion(before, after, eps=0.51).share == 0


def test_equal_vectors_have_no_distortion() -> None:
    before = Vectors.from_array(np.array([[1.0, 0], [1, 0], [0, 2]]))
    assert measure_distortion(before, before).pairs == 2
    assert measure_distortion(before, before).largest == 0
    alone = Vectors.from_array(np.ones((1, 2)))
    found = measure_distortion(alone, alone)
    assert found.pairs == 0
    assert all(math.isnan(value) for value in (found.mean, found.largest, found.share))


def test_the_theory() -> None:
    """d'/d is chi-square with k degrees of freedom over k: its mean deviation is near sqrt(4 / (pi k))."""
    given = Vectors.from_array(some(1000, 200, 1))
    found = measure_distortion(given, random_projection(given, 400), eps=0.1, pairs=20_000)
    assert found.pairs == 20_000
    assert found.mean == pytest.approx(math.sqrt(4 / (math.pi * 400)), rel=0.1)
    # P(|chi2_400 / 400 - 1| > 0.1) = 0.158
    assert found.share == pytest.approx(0.158, abs=0.03)
    assert found.largest < bound_eps(1000, 400)


def test_a_sample_of_pairs() -> None:
    given = Vectors.from_array(some(3000, 10))
    after = random_projection(given, 5)
    found = measure_distortion(given, after, pairs=50, seed=1)
    assert found.pairs == 50
    assert found == measure_distortion(given, after, pairs=50, seed=1)
    assert found != measure_distortion(given, after, pairs=50, seed=2)
    with mock.patch.object(projection, "_ROWS", 4):
        assert measure_distortion(given, after).pairs == 6


def test_arguments() -> None:
    given = Vectors.from_array(some(3, 2))
    for options in ({"eps": 0.0}, {"eps": 1.0}, {"pairs": 0}):
        with pytest.raises(ValueError, match="eps must be between 0 and 1, pairs at least 1"):
            measure_distortion(given, given, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the same rows"):
        measure_distortion(given, Vectors.from_array(some(4, 2)))


def test_table() -> None:
    """24 ln 100,000 / 0.5^2 = 1105.2: 1106 dimensions; with 1106 of them eps is a little below 0.5."""
    found = projection.Distortion(7, 0.5, 0.25, 1.5, 0.125)
    assert distortion_table(found, (100_000, 300), 1106) == (
        "measure\tvalue\nvectors\t100000\ndimensions\t300\ndim\t1106\npairs\t7\n"
        "distortion_mean\t0.25\ndistortion_max\t1.5\neps\t0.5\nshare_outside\t0.125\n"
        "bound_dim\t1106\nbound_eps\t0.499828\n"
    )
    assert bound_eps(100_000, 1105) > 0.5 > bound_eps(100_000, 1106)


def test_project_takes_files_and_measures(tmp_path: Path) -> None:
    given = Vectors.from_array(some(40, 30), [f"w{i}" for i in range(40)])
    write_vectors(given, tmp_path / "given.npy")
    straight = project_vectors(given, 5, seed=3, eps=0.2, pairs=100)
    after = random_projection(given, 5, seed=3)
    assert straight.vectors.array().tobytes() == after.array().tobytes()
    assert straight.distortion == measure_distortion(given, after, eps=0.2, pairs=100, seed=3)
    assert list(straight.vectors.words()) == list(given.words())
    of_path = project_vectors(tmp_path / "given.npy", 5, seed=3, eps=0.2, pairs=100)
    assert of_path.distortion == straight.distortion
    for options in ({"dim": 0}, {"eps": 1.0}, {"pairs": 0}):
        with pytest.raises(ValueError, match=next(iter(options))):
            project_vectors(given, **{"dim": 5, **options})  # type: ignore[arg-type]


def test_project_prints_what_the_function_measures(tmp_path: Path) -> None:
    write_vectors(Vectors.from_array(some(40, 30)), tmp_path / "given.npy")
    printed = run(
        "vectors", "project", tmp_path / "given.npy", "-o", tmp_path / "out.npy", "--dim", 5
    )
    found = project_vectors(tmp_path / "given.npy", 5)
    assert printed.ok().out == distortion_table(found.distortion, (40, 30), 5)
    assert np.array_equal(np.load(tmp_path / "out.npy"), found.vectors.array())
