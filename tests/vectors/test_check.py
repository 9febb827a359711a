"""What is said of vectors: four of them by hand; a file and an object give the same; how it shows itself."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import DataError
from nlptools.vectors.check import (
    check_table,
    check_vectors,
    components,
    effective_dimension,
    mean_cosine,
)
from nlptools.vectors.files import write_vectors
from nlptools.vectors.vectors import Vectors

# East, north, west and twice south.
CROSS = np.array([[1, 0], [0, 1], [-1, 0], [0, -2]], np.float32)
WORDS = ["东", "北", "西", "南"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_vectors(Vectors.from_array(CROSS, WORDS), tmp_path / "cross.txt")
    return tmp_path / "cross.txt"


def test_by_hand() -> None:
    found = dict(check_vectors(Vectors.from_array(CROSS, WORDS), nearest=1))
    assert (found["vectors"], found["dimensions"], found["zero_vectors"]) == (4, 2, 0)
    assert (found["norm_min"], found["norm_median"], found["norm_max"]) == (1, 1, 2)
    assert found["norm_of_mean"] == pytest.approx(0.25)  # (0, -1) / 4
    # The unit vectors cancel out: (0 - 4) / (4 * 3).
    assert found["mean_cosine"] == pytest.approx(-1 / 3)
    # Variances 2/4 and (5 - 1/4)/4: (0.5 + 1.1875)^2 / (0.25 + 1.41015625).
    assert found["effective_dimension"] == pytest.approx(1.6875**2 / 1.66015625)
    assert found["components_90"] == 2
    # Eigenvectors lie along the axes. Z(east) = Z(west) = e + 2 + 1/e, Z(north) = 2 + e + e^-2, Z(south) = 2 + 1/e + e^2.
    least, most = 2 + math.e + math.exp(-2), 2 + 1 / math.e + math.exp(2)
    assert found["isotropy"] == pytest.approx(least / most, rel=1e-6)


@pytest.mark.parametrize(
    "eigenvalues, dimension, ninety",
    [([1, 1, 1, 1], 4, 4), ([5, 0, 0], 1, 1), ([0, 0], math.nan, 0)],
)
def test_dimensions(eigenvalues: list[float], dimension: float, ninety: int) -> None:
    values = np.array(eigenvalues, float)
    assert effective_dimension(values) == pytest.approx(dimension, nan_ok=True)
    assert components(values, 0.9) == ninety


def test_the_cosine_of_one_direction_is_1() -> None:
    assert mean_cosine(np.array([3.0, 0]), 3) == 1
    assert math.isnan(mean_cosine(np.array([1.0, 0]), 1))


def test_the_same_as_the_command(path: Path) -> None:
    found = check_vectors(path, nearest=1, hubs=2)
    assert found == check_vectors(str(path), nearest=1, hubs=2, memory=10**9, workers=2)
    for format in ("tsv", "json"):
        given = ("vectors", "check", path, "--nearest", 1, "--hubs", 2, "--format", format)
        assert run(*given).ok().out == check_table(found, format)
    with pytest.raises(ValueError, match="format must be one of tsv, json"):
        check_table(found, "xml")


def test_it_shows_itself(path: Path) -> None:
    found = check_vectors(path, nearest=1)
    assert repr(found) == f"VectorCheck(4 x 2, isotropy {found.measures['isotropy']:.4g})"
    frame = found.to_frame()
    assert list(frame.columns) == ["measure", "value"]
    assert dict(zip(frame["measure"], frame["value"], strict=True)) == dict(found)
    assert found._repr_html_().count("<tr>") == 1 + len(found.measures)
    assert json.loads(check_table(found, "json"))["vectors"] == 4


def test_what_cannot_be_measured() -> None:
    with pytest.raises(DataError, match="one vector"):
        check_vectors(Vectors.from_array(CROSS[:1]))
    with pytest.raises(DataError, match="all vectors are zero"):
        check_vectors(Vectors.from_array(CROSS * 0))


def test_numbers_near_the_limit(tmp_path: Path) -> None:
    """Their squares are finite, the squares of their variances are not; the measures have no unit."""
    small = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]])
    np.save(tmp_path / "small.npy", small)
    np.save(tmp_path / "large.npy", small * 2.0**260)
    found, expected = (dict(check_vectors(tmp_path / f"{name}.npy")) for name in ("large", "small"))
    for name in ("effective_dimension", "components_90", "mean_cosine"):
        assert found[name] == pytest.approx(expected[name], rel=1e-12)
    np.save(tmp_path / "equal.npy", np.full((400, 2), 1e153))
    with pytest.raises(DataError, match="squares overflow"):
        check_vectors(tmp_path / "equal.npy")
