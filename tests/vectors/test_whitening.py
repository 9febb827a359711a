"""Whitening: mean 0, covariance the identity; saved, shortened, applied to other vectors."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.vectors import vectors
from nlptools.vectors.files import read_vectors, write_vectors
from nlptools.vectors.vectors import Vectors
from nlptools.vectors.whitening import Whitening, fit_whitening, whiten_vectors


def correlated(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns))
    return (mixed + random.normal(size=columns)).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(0, 500), st.integers(0, 10**6), st.data())
def test_covariance_is_the_identity(
    columns: int, more: int, seed: int, data: st.DataObject
) -> None:
    matrix = correlated(3 * columns + 2 + more, columns, seed)
    dim = data.draw(st.integers(1, columns))
    given = Vectors.from_array(matrix)
    whitening = fit_whitening(given, dim=dim)
    white = whitening.apply(given).array().astype(np.float64)
    assert white.shape == (len(matrix), dim)
    assert np.abs(white.mean(axis=0)).max() < 1e-6
    if whitening.eigenvalues[dim - 1] > 1e-6 * whitening.eigenvalues[0]:
        assert np.abs(np.cov(white.T).reshape(dim, dim) - np.eye(dim)).max() < 1e-6


def test_the_published_code() -> None:
    """Su Jianlin's compute_kernel_bias and transform_and_normalize without the norm, up to signs."""
    matrix = correlated(500, 8, 3)
    mu = matrix.astype(np.float64).mean(axis=0, keepdims=True)
    u, s, _ = np.linalg.svd(np.cov(matrix.astype(np.float64).T))
    kernel = (u @ np.diag(1 / np.sqrt(s)))[:, :5]
    expected = (matrix - mu) @ kernel
    given = Vectors.from_array(matrix)
    found = fit_whitening(given, dim=5).apply(given).array()
    signs = np.sign((found * expected).sum(axis=0))
    assert np.allclose(found, expected * signs, atol=1e-5)


def test_by_hand() -> None:
    """(1, 0), (-1, 0), (0, 2), (0, -2): the covariance is diag(2, 8) / 3, the second axis comes first."""
    matrix = np.array([[1.0, 0], [-1, 0], [0, 2], [0, -2]])
    given = Vectors.from_array(matrix)
    whitening = fit_whitening(given)
    assert np.allclose(whitening.eigenvalues, [8 / 3, 2 / 3])
    one = math.sqrt(1.5)
    assert np.allclose(whitening.apply(given).array(), [[0, one], [0, -one], [one, 0], [-one, 0]])
    assert whitening.variance == 1
    assert fit_whitening(given, dim=1).variance == pytest.approx(0.8)


def test_directions_without_variance() -> None:
    """A column twice, a constant one: two of four directions, the rest is 0 and not rounding made large."""
    random = np.random.default_rng(5)
    a, b = random.normal(size=(2, 200))
    matrix = np.stack([a, b, a, np.full(200, 7.0)], axis=1).astype(np.float32)
    given = Vectors.from_array(matrix)
    whitening = fit_whitening(given)
    assert whitening.rank == 2
    white = whitening.apply(given).array()
    assert np.abs(np.cov(white.T) - np.diag([1, 1, 0, 0])).max() < 1e-6
    assert not white[:, 2:].any()
    # tolerance: a direction with a thousandth of the largest variance counts, or not.
    matrix = np.stack([a, 0.02 * b], axis=1)
    given = Vectors.from_array(matrix)
    share = whitening_share(given)
    assert 1e-4 < share < 1e-3
    assert fit_whitening(given, tolerance=share * 0.99).rank == 2
    assert fit_whitening(given, tolerance=share * 1.01).rank == 1


def whitening_share(given: Vectors) -> float:
    values = fit_whitening(given).eigenvalues
    return float(values[1] / values[0])


def test_the_bytes_do_not_depend_on_blocks(tmp_path: Path) -> None:
    """Of a file, whatever its format, the blocks it is read in and the threads."""
    matrix = correlated(900, 5)
    words = [f"词{i}" for i in range(900)]
    given = Vectors.from_array(matrix, words)
    written = set()
    with mock.patch.object(vectors, "BATCH", 700):
        for name in ("a.txt", "a.bin", "a.npy"):
            write_vectors(given, tmp_path / name)
            for block_size, workers in ((100, 1), (10_000, 3)):
                found = read_vectors(tmp_path / name, block_size=block_size)
                whitening = fit_whitening(found, dim=3, workers=workers)
                whitening.save(tmp_path / "t.npz")
                write_vectors(whitening.apply(found), tmp_path / "out.npy")
                out = (tmp_path / "t.npz").read_bytes(), (tmp_path / "out.npy").read_bytes()
                written.add(out)
    assert len(written) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_type_is_kept(dtype: type[np.floating]) -> None:
    given = Vectors.from_array(correlated(300, 4).astype(dtype))
    white = fit_whitening(given).apply(given)
    assert white.dtype == white.array().dtype == dtype
    close = 1e-12 if dtype is np.float64 else 1e-6 if dtype is np.float32 else 1e-2
    assert np.abs(np.cov(white.array().astype(float).T) - np.eye(4)).max() < close


def test_save_and_load(tmp_path: Path) -> None:
    train, test = Vectors.from_array(correlated(300, 6)), Vectors.from_array(correlated(50, 6, 8))
    whitening = fit_whitening(train, dim=4)
    path = tmp_path / "t.npz"
    whitening.save(path)
    loaded = Whitening.load(path)
    assert loaded.apply(test).array().tobytes() == whitening.apply(test).array().tobytes()
    short = loaded.shortened(2).apply(test).array()
    assert np.allclose(short, whitening.apply(test).array()[:, :2], atol=1e-6)
    assert loaded.shortened(None).matrix.shape == (6, 4)
    with np.load(path, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["eigenvalues", "kind", "matrix", "mean"]
        assert str(arrays["kind"]) == "nlptools whitening 1"
        assert arrays["matrix"].shape == (6, 4)


def test_arguments() -> None:
    given = Vectors.from_array(correlated(50, 3))
    for dim in (0, 4):
        with pytest.raises(ValueError, match="dim must be between 1 and 3"):
            fit_whitening(given, dim=dim)
        with pytest.raises(ValueError, match="dim must be between 1 and 3"):
            fit_whitening(given).shortened(dim)
    with pytest.raises(ValueError, match="vectors must have 3 dimensions"):
        fit_whitening(given).apply(Vectors.from_array(correlated(9, 4)))


@pytest.mark.parametrize(
    "matrix, message",
    [
        ([[1.0, 2]], "one vector: it has no covariance"),
        ([[1.0, 2], [1, 2], [1, 2]], "all vectors are equal: they have no covariance"),
        ([[0.0], [0]], "all vectors are equal: they have no covariance"),
    ],
)
def test_nothing_to_whiten(matrix: list[list[float]], message: str) -> None:
    given = Vectors.from_array(np.array(matrix))
    given.source = "a.txt"
    with pytest.raises(DataError) as caught:
        fit_whitening(given)
    assert str(caught.value) == f"a.txt: {message}"


def test_files_that_are_no_transform(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    good = fit_whitening(Vectors.from_array(correlated(50, 3)))
    parts = {
        "kind": np.array("nlptools whitening 1"),
        "mean": good.mean,
        "matrix": good.matrix,
        "eigenvalues": good.eigenvalues,
    }

    def problem() -> str:
        with pytest.raises(DataError) as caught:
            Whitening.load(path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert problem() == f"{path}: no such file"
    changes: list[dict[str, object]] = [
        {"kind": np.array("other")},
        {"kind": np.array([1, 2])},
        {"mean": good.mean[:2]},
        {"mean": np.float64(3)},
        {"matrix": good.matrix[0]},
        {"matrix": good.matrix[:2]},
        {"matrix": good.matrix[:, :0]},
        {"matrix": good.matrix.astype(np.float32)},
        {"eigenvalues": good.eigenvalues * np.nan},
        {"mean": np.array([object()] * 3)},
    ]
    for change in changes:
        np.savez(path, **(parts | change))  # type: ignore[arg-type]
        assert problem().startswith(f"{path}: not a whitening: ")
    for name in parts:
        np.savez(path, **{key: value for key, value in parts.items() if key != name})
        assert problem().startswith(f"{path}: not a whitening: ")
    np.savez(path, **parts)
    whole = path.read_bytes()
    for data in (b"", b"text\n", whole[:-40], whole[:100], whole.replace(b"NUMPY", b"NUMPX")):
        path.write_bytes(data)
        what = "a damaged .npz file: " if data[:1] == b"P" else "not a whitening: no .npz file"
        assert problem().startswith(f"{path}: {what}")
    np.save(tmp_path / "a.npy", good.mean)
    path.write_bytes((tmp_path / "a.npy").read_bytes())
    assert problem().startswith(f"{path}: not a whitening: ")


def test_whiten_by_hand(tmp_path: Path) -> None:
    """Four corners of a square, 2 by 4 around (1, 2): the variances are 4/3 and 16/3."""
    square = np.array([[0, 0], [2, 0], [0, 4], [2, 4]], np.float64)
    given = Vectors.from_array(square, ["a", "b", "c", "d"])
    white, whitening = whiten_vectors(given)
    assert whitening.mean.tolist() == [1, 2]
    # 1 / sqrt(4/3) and 2 / sqrt(16/3) are both sqrt(3)/2; the signs of the columns are free.
    assert np.allclose(np.abs(white.array()), math.sqrt(3) / 2)
    assert np.allclose(white.array().T @ white.array() / 3, np.eye(2))
    assert list(white.words()) == ["a", "b", "c", "d"]
    assert repr(whitening) == "Whitening(2 -> 2 dimensions, 100.0% of the variance)"
    one = whiten_vectors(given, dim=1)
    assert (
        repr(one.whitening) == "Whitening(2 -> 1 dimensions, 80.0% of the variance)"
    )  # 4 / (1 + 4)
    assert repr(one.vectors) == "Vectors(4 x 1, float64, with words)"


def test_whiten_takes_files(tmp_path: Path) -> None:
    given = Vectors.from_array(correlated(50, 4), [f"w{i}" for i in range(50)])
    write_vectors(given, tmp_path / "given.txt")
    read = read_vectors(tmp_path / "given.txt")
    straight = whiten_vectors(read, dim=2)
    of_path = whiten_vectors(tmp_path / "given.txt", dim=2)
    assert of_path.vectors.array().tobytes() == straight.vectors.array().tobytes()
    straight.whitening.save(tmp_path / "white.npz")
    for apply in (straight.whitening, tmp_path / "white.npz", str(tmp_path / "white.npz")):
        other = whiten_vectors(read, apply=apply)
        assert other.vectors.array().tobytes() == straight.vectors.array().tobytes()
    with pytest.raises(ValueError, match="dim must be between 1 and 2"):
        whiten_vectors(read, apply=tmp_path / "white.npz", dim=3)
    with pytest.raises(ValueError, match="vectors must have 4 dimensions"):
        whiten_vectors(Vectors.from_array(correlated(9, 3)), apply=tmp_path / "white.npz")
    with pytest.raises(DataError, match="not a whitening"):
        whiten_vectors(read, apply=tmp_path / "given.txt")


def test_code_points_that_no_text_has(tmp_path: Path) -> None:
    """Of such NumPy makes a str that ends the process or raises SystemError where it is printed."""
    path = tmp_path / "t.npz"
    fit_whitening(Vectors.from_array(correlated(50, 2))).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for code in (0x110000, 0x7FFFFFFF, 0xFFFFFFFF):
        members["kind.npy"] = members["kind.npy"][:-4] + code.to_bytes(4, "little")
        with zipfile.ZipFile(path, "w") as archive:
            for name, body in members.items():
                archive.writestr(name, body)
        with pytest.raises(DataError, match=r"t\.npz: not a whitening: "):
            Whitening.load(path)


def test_an_odd_header(tmp_path: Path) -> None:
    """NumPy parses it as Python; what is none raises tokenize.TokenError there."""
    path = tmp_path / "t.npz"
    fit_whitening(Vectors.from_array(correlated(50, 2))).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["mean.npy"] = members["mean.npy"].replace(b"(2,)", b"(2, ")
    with zipfile.ZipFile(path, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    with pytest.raises(DataError, match=r"t\.npz: mean: a damaged \.npy header"):
        Whitening.load(path)
