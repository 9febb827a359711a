"""Kept rows come bit for bit, new ones are the mean of their pieces, all else in a file stays as it is."""

from __future__ import annotations

import json
import math
import struct
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vectorcases import bfloat16, safetensors_of

from nlptools.errors import DataError
from nlptools.vectors import vectors
from nlptools.vectors.tensors import from_bfloat16, to_bfloat16
from nlptools.vocab.embeddings import (
    EmbeddingReport,
    init_embeddings,
    norms_table,
    unknown_table,
)
from nlptools.vocab.map import VocabMap, write_map

# Base: 0 [PAD], 1 [UNK], 2 一, 3 个, 4 中, 5 国, 6 not kept.
BASE = np.array([[0, 0], [9, 9], [1, 2], [3, 6], [5, -1], [-2, 3], [7, 7]], np.float32)
# Kept: 0 [PAD], 1 [UNK], 2 国, 3 一, 4 个, 5 中.
KEEP = [0, 1, 5, 2, 3, 4]
MAP = VocabMap.of(
    KEEP, [[3, 4], [5, 2], [4, 1], [1]], ["一个", "中国", "个龘", "龘"], base_size=7, unknown=1
)
NEW = [
    [2, 4],  # 一个: ([1, 2] + [3, 6]) / 2
    [1.5, 1],  # 中国: ([5, -1] + [-2, 3]) / 2
    [3, 6],  # 个龘: 龘 is [UNK], which is left out
    [9, 9],  # 龘: nothing else, the row of [UNK]
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load_embeddings(
    embeddings: np.ndarray, keep_tokens: list[int], compound_tokens: list[Any]
) -> np.ndarray:
    """What bert4keras does with them, a row at a time; only in float64."""
    kept = embeddings.astype(np.float64)[keep_tokens]
    rows = list(kept)
    for item in compound_tokens:
        ids, weights = item if isinstance(item, tuple) else (item, [1] * len(item))
        rows.append(np.average(kept[ids], 0, weights))
    return np.array(rows)


def problem(source: str = "a.npy", output: str = "out", **options: object) -> str:
    """The error, its hint after " | "; nothing was written."""
    before = sorted(Path().iterdir())
    with pytest.raises(DataError) as caught:
        init_embeddings(source, MAP, output, **options)  # type: ignore[arg-type]
    assert sorted(Path().iterdir()) == before
    text = str(caught.value)
    assert "\n" not in text
    return " | ".join(filter(None, [text, caught.value.hint]))


def raw_tensors(path: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The header of a .safetensors file, and the bytes of each tensor, in the order of the data."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    parts = {
        name: data[8 + length + of["data_offsets"][0] : 8 + length + of["data_offsets"][1]]
        for name, of in sorted(
            ((n, h) for n, h in header.items() if n != "__metadata__"),
            key=lambda item: item[1]["data_offsets"],
        )
    }
    assert sum(map(len, parts.values())) == len(data) - 8 - length
    return header, parts


# --- rows


def test_by_hand() -> None:
    np.save("a.npy", BASE)
    report = init_embeddings("a.npy", MAP, "b.npy")
    found = np.load("b.npy")
    assert found.dtype == np.float32
    assert found.tolist() == [*BASE[KEEP].tolist(), *NEW]
    (of,) = report.tensors
    assert (of.name, of.base_shape, of.shape) == ("a.npy", (7, 2), (10, 2))
    assert [(u.word, u.pieces, u.unknown, u.nothing_else) for u in report.unknown] == [
        ("个龘", 2, 1, False),
        ("龘", 1, 1, True),
    ]
    assert (report.copied, report.left) == ((), ())


def test_unknown_pieces_can_be_averaged() -> None:
    """个龘 is ([3, 6] + [9, 9]) / 2 then, as bert4keras has it."""
    np.save("a.npy", BASE)
    report = init_embeddings("a.npy", MAP, "b.npy", unknown="average")
    assert np.load("b.npy")[6:].tolist() == [*NEW[:2], [6, 7.5], NEW[3]]
    assert len(report.unknown) == 2


def test_no_token_is_unknown() -> None:
    np.save("a.npy", BASE)
    plain = VocabMap.of(KEEP, [[4, 1]], ["个龘"], base_size=7, unknown=None)
    report = init_embeddings("a.npy", plain, "b.npy")
    assert np.load("b.npy")[6].tolist() == [6, 7.5]
    assert report.unknown == ()
    not_kept = VocabMap.of([0, 2, 3], [[1, 2]], ["一个"], base_size=7, unknown=1)
    assert init_embeddings("a.npy", not_kept, "b.npy").unknown == ()
    assert np.load("b.npy").tolist() == [[0, 0], [1, 2], [3, 6], [2, 4]]


def test_weights() -> None:
    """([1, 2] * 3 + [3, 6]) / 4; of [UNK] and pieces of weight 0 there is [UNK] alone."""
    np.save("a.npy", BASE)
    compounds = [[[3, 4], [3, 1]], [[4, 1], [2, 6]], [[4, 1], [0, 6]]]
    weighted = VocabMap.of(KEEP, compounds, ["一", "个", "国"], base_size=7, unknown=1)
    init_embeddings("a.npy", weighted, "b.npy")
    assert np.load("b.npy")[6:].tolist() == [[1.5, 3], [3, 6], [9, 9]]
    init_embeddings("a.npy", weighted, "b.npy", unknown="average")
    assert np.load("b.npy")[6:].tolist() == [[1.5, 3], [7.5, 8.25], [9, 9]]


def test_no_new_words() -> None:
    np.save("a.npy", BASE)
    fewer = VocabMap.of([3, 3, 0], [], [], base_size=7, unknown=1)
    report = init_embeddings("a.npy", fewer, "b.npy", rescale=True)
    assert np.load("b.npy").tolist() == BASE[[3, 3, 0]].tolist()
    assert report.tensors[0].new.rows == 0
    assert math.isnan(report.tensors[0].new.mean)


def test_a_vector() -> None:
    """The bias of the output is selected and averaged alike."""
    np.save("a.npy", BASE[:, 1])
    report = init_embeddings("a.npy", MAP, "b.npy")
    assert np.load("b.npy").tolist() == [*BASE[KEEP, 1].tolist(), *(row[1] for row in NEW)]
    assert report.tensors[0].shape == (10,)


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, VocabMap]:
    base, columns = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    numbers = st.integers(-64, 64).map(lambda n: n / 16)
    matrix = draw(st.lists(numbers, min_size=base * columns, max_size=base * columns))
    keep = draw(st.lists(st.integers(0, base - 1), min_size=1, max_size=12))
    ids = st.lists(st.integers(0, len(keep) - 1), min_size=1, max_size=5)
    weight = st.sampled_from([0.5, 1, 2, 3])
    weighted = ids.flatmap(
        lambda one: st.lists(weight, min_size=len(one), max_size=len(one)).map(lambda w: [one, w])
    )
    compounds = draw(st.lists(ids | weighted if draw(st.booleans()) else ids, max_size=9))
    words = [f"词{i}" for i in range(len(compounds))]
    unknown = draw(st.none() | st.integers(0, base - 1))
    made = VocabMap.of(keep, compounds, words, base_size=base, unknown=unknown)
    return np.array(matrix).reshape(base, columns), made


@settings(max_examples=60, deadline=None)
@given(cases(), st.sampled_from(["<f2", "<f4", "<f8", ">f4"]), st.booleans(), st.booleans())
def test_the_same_as_bert4keras(
    case: tuple[np.ndarray, VocabMap], dtype: str, fortran: bool, small: bool
) -> None:
    """In each of the files, bit for bit: the sums are exact. However many rows are in a batch."""
    matrix, made = case[0].astype(dtype), case[1]
    expected = load_embeddings(matrix, made.keep.tolist(), made.compound_tokens()).astype(dtype)
    stored = np.asfortranarray(matrix) if fortran else matrix
    np.save("a.npy", stored)
    np.savez_compressed("a.npz", w=stored)
    data = safetensors_of({"w": matrix.astype(matrix.dtype.newbyteorder("<"))}, pad=len(matrix) % 8)
    Path("a.safetensors").write_bytes(data)
    with mock.patch(
        "nlptools.vocab.embeddings.batch_rows", (lambda n: 2) if small else vectors.batch_rows
    ):
        for suffix in ("npy", "npz", "safetensors"):
            init_embeddings(f"a.{suffix}", made, f"b.{suffix}", unknown="average")
    assert np.load("b.npy").tobytes() == expected.tobytes()
    assert np.load("b.npy").dtype == np.dtype(dtype)
    assert np.load("b.npz")["w"].tobytes() == expected.tobytes()
    _, parts = raw_tensors("b.safetensors")
    assert parts["w"] == expected.astype(expected.dtype.newbyteorder("<")).tobytes()


@settings(max_examples=60, deadline=None)
@given(cases())
def test_unknown_pieces_are_as_if_they_were_not_there(case: tuple[np.ndarray, VocabMap]) -> None:
    matrix, made = case
    compounds = []
    for item in made.compound_tokens():
        ids, weights = item if isinstance(item, tuple) else (item, [1] * len(item))
        known = [
            (i, w) for i, w in zip(ids, weights, strict=True) if made.keep[i] != made.unknown
        ] or list(zip(ids, weights, strict=True))
        compounds.append(tuple(map(list, zip(*known, strict=True))))
    np.save("a.npy", matrix)
    init_embeddings("a.npy", made, "b.npy", unknown="skip")
    expected = load_embeddings(matrix, made.keep.tolist(), compounds)
    assert np.load("b.npy").tobytes() == expected.tobytes()


# --- types


def nearest_bfloat16(value: float) -> int:
    """The obvious way: of the two neighbours the nearer one, of equally near ones that with an even end."""
    low = struct.unpack("<I", struct.pack("<f", np.float32(value)))[0] >> 16
    around = [bits for bits in (low - 1, low, low + 1) if bits & 0x7FFF < 0x7F80 and bits >= 0]

    def number(bits: int) -> Fraction:
        return Fraction(struct.unpack("<f", struct.pack("<I", bits << 16))[0])

    return min(around, key=lambda bits: (abs(number(bits) - Fraction(value)), bits & 1))


@settings(max_examples=300, deadline=None)
@given(
    st.floats(1e-44, 1e38)
    | st.floats(1, 2)
    | st.integers(0, 1 << 20).map(lambda n: 1 + n / (1 << 20))
)
def test_bfloat16_is_rounded_once(value: float) -> None:
    assert to_bfloat16(np.array([value])).tolist() == [nearest_bfloat16(value)]
    assert to_bfloat16(np.array([-value])).tolist() == [nearest_bfloat16(value) | 0x8000]


def test_bfloat16_ties() -> None:
    """1 + 2^-8 lies between 1 (0x3f80) and 1 + 2^-7 (0x3f81). Rounded to float32 first, a bit more would be a tie."""
    tie = 1 + 2**-8
    values = [tie, np.nextafter(tie, 2), np.nextafter(tie, 0), 1 + 3 * 2**-8, np.inf, -np.inf, 3e38]
    found = to_bfloat16(np.array(values)).tolist()
    assert found == [0x3F80, 0x3F81, 0x3F80, 0x3F82, 0x7F80, 0xFF80, 0x7F62]
    assert np.isnan(from_bfloat16(to_bfloat16(np.array([np.nan, -np.nan])))).all()
    assert to_bfloat16(np.array([3.4e38])).tolist() == [0x7F80]  # beyond the largest, 3.3895e38
    every = np.arange(1 << 16, dtype=np.uint16)
    finite = every[np.isfinite(from_bfloat16(every))]
    assert np.array_equal(to_bfloat16(from_bfloat16(finite).astype(np.float64)), finite)


def test_every_type_is_kept() -> None:
    """[1, 2] and [3, 7]: 4.5 in the second column has a place in each type."""
    matrix = np.array([[1, 2], [3, 7]], np.float32)
    made = VocabMap.of([1, 0], [[0, 1]], ["一"], base_size=2, unknown=None)
    tensors = {
        "half.embeddings": matrix.astype("<f2"),
        "brain.embeddings": bfloat16(matrix),
        "single.embeddings": matrix,
        "double.embeddings": matrix.astype("<f8"),
    }
    Path("a.safetensors").write_bytes(safetensors_of(tensors))
    report = init_embeddings("a.safetensors", made, "b.safetensors")
    header, parts = raw_tensors("b.safetensors")
    assert [header[name]["dtype"] for name in tensors] == ["F16", "BF16", "F32", "F64"]
    for name, dtype in (
        ("half.embeddings", "<f2"),
        ("single.embeddings", "<f4"),
        ("double.embeddings", "<f8"),
    ):
        assert parts[name] == np.array([[3, 7], [1, 2], [2, 4.5]], dtype).tobytes()
    # 3, 7, 1, 2, 2, 4.5
    assert np.frombuffer(parts["brain.embeddings"], "<u2").tolist() == [
        *(0x4040, 0x40E0, 0x3F80, 0x4000, 0x4000, 0x4090)
    ]
    assert {of.new.mean for of in report.tensors} == {math.hypot(2, 4.5)}


def test_the_mean_is_rounded_once() -> None:
    """In float16 1 + 2^-10 and 1 have the mean 1 + 2^-11, a tie: 1. In steps of 2 at 2048, 2049 and 2051 do not fit."""
    matrix = np.array([[1 + 2**-10, 2048], [1, 2050], [1 + 2**-9, 2052]], np.float16)
    made = VocabMap.of(
        [0, 1, 2], [[0, 1], [0, 2], [1, 2]], list("一个中"), base_size=3, unknown=None
    )
    np.save("a.npy", matrix)
    init_embeddings("a.npy", made, "b.npy")
    assert np.load("b.npy")[3:].tolist() == [
        [1, 2048],  # 2049: a tie
        [1 + 2**-9, 2050],  # 1 + 3 * 2^-11: a tie, up to an even end
        [1 + 2**-10, 2052],  # 2051: a tie, up
    ]


def test_kept_rows_keep_every_bit() -> None:
    """Signalling NaNs and negative zeros too."""
    bits = np.array([[0x7FA00001, 0x80000000], [0xFF800000, 1]], "<u4")
    np.save("a.npy", bits.view("<f4"))
    made = VocabMap.of([1, 0, 1], [[2]], ["一"], base_size=2, unknown=None)
    init_embeddings("a.npy", made, "b.npy")
    assert np.load("b.npy").view("<u4")[:3].tolist() == bits[[1, 0, 1]].tolist()


# --- norms


def test_norms() -> None:
    """Rows (3, 4), (0, 0), (6, 8), (0, 5): 5, 0, 10, 5. Kept 5, 10, 5; the mean of (3, 4) and (6, 8) has 7.5."""
    np.save("a.npy", np.array([[3, 4], [0, 0], [6, 8], [0, 5.0]]))
    made = VocabMap.of([0, 2, 3], [[0, 1]], ["一"], base_size=4, unknown=None)
    report = init_embeddings("a.npy", made, "b.npy")
    assert norms_table(report) == (
        "tensor\trows\tcount\tnorm_mean\tnorm_min\tnorm_max\tnot_finite\n"
        "a.npy\tbase\t4\t5\t0\t10\t0\n"
        "a.npy\tkept\t3\t6.66667\t5\t10\t0\n"
        "a.npy\tnew\t1\t7.5\t7.5\t7.5\t0\n"
    )


def test_not_finite() -> None:
    np.save("a.npy", np.array([[3, 4], [np.nan, 0], [np.inf, 1], [0, 1]]))
    made = VocabMap.of([0, 1, 3], [[0, 1], [0, 2]], ["一", "二"], base_size=4, unknown=None)
    report = init_embeddings("a.npy", made, "b.npy")
    (of,) = report.tensors
    assert (of.base.not_finite, of.kept.not_finite, of.new.not_finite) == (2, 1, 1)
    assert (of.base.mean, of.kept.mean) == (3, 3)
    assert np.isnan(np.load("b.npy")[3:, 0]).tolist() == [True, False]


def test_rescale() -> None:
    """(0, 2) and (4, 0): norms 2 and 4, their mean (2, 1) gets 3, a piece alone keeps its own."""
    np.save("a.npy", np.array([[0, 2], [4, 0], [50, 50.0]]))
    made = VocabMap.of([0, 1], [[0, 1], [0]], ["一", "二"], base_size=3, unknown=None)
    report = init_embeddings("a.npy", made, "b.npy", rescale=True)
    factor = 3 / math.sqrt(5)
    assert np.load("b.npy") == pytest.approx(
        np.array([[0, 2], [4, 0], [2 * factor, factor], [0, 2]]), rel=1e-15
    )
    (of,) = report.tensors
    assert of.new.most == pytest.approx(3)
    assert (of.averaged.most, of.averaged.least) == pytest.approx((math.sqrt(5), 2))
    assert of.rescaled
    assert [line.split("\t")[1] for line in norms_table(report).splitlines()[1:]] == [
        *("base", "kept", "averaged", "new")
    ]
    weighted = VocabMap.of([0, 1], [[[0, 1], [3, 1]]], ["一"], base_size=3, unknown=None)
    init_embeddings("a.npy", weighted, "b.npy", rescale=True)
    # (3 (0, 2) + (4, 0)) / 4 = (1, 1.5), as long as (3 * 2 + 4) / 4 = 2.5.
    factor = 2.5 / math.sqrt(3.25)
    assert np.load("b.npy")[2] == pytest.approx([factor, 1.5 * factor], rel=1e-15)


def test_what_is_rescaled() -> None:
    """Asked for: what the model reads, and copies of it; of an extension by itself, if the output is another matrix."""
    plain = VocabMap.of(range(7), [[2, 3]], ["一个"], base_size=7, unknown=None)
    extension = VocabMap.of(range(7), [[2, 3]], ["一个"], base_size=7, unknown=None, extends=True)
    cases = {
        "read": {"embed_tokens": BASE},
        "twice": {"embed_tokens": BASE, "lm_head.weight": BASE.copy()},
        "two": {
            "embed_tokens": BASE,
            "lm_head.weight": BASE * 2,
            "lm_head.bias": BASE[:, 0].copy(),
        },
        "output": {"lm_head.weight": BASE},
    }

    def rescaled(case: str, made: VocabMap, rescale: bool | None) -> list[str]:
        Path("a.safetensors").write_bytes(safetensors_of(cases[case]))
        report = init_embeddings("a.safetensors", made, "b.safetensors", rescale=rescale)
        return [of.name for of in report.tensors if of.rescaled]

    for case, tensors in cases.items():
        assert rescaled(case, plain, None) == []
        assert rescaled(case, extension, False) == []
        expected = ["embed_tokens"] if "embed_tokens" in tensors else []
        assert rescaled(case, extension, None) == (expected if case == "two" else [])
        twice = ["lm_head.weight"] if case == "twice" else []
        assert rescaled(case, plain, True) == expected + twice


def test_rescale_leaves_a_bias_and_zeros() -> None:
    made = VocabMap.of([0, 1], [[0, 1]], ["一"], base_size=2, unknown=None)
    arrays = {"lm_head.bias": np.array([1.0, -3]), "lm_head.weight": np.zeros((2, 2))}
    np.savez("a.npz", **arrays)
    init_embeddings("a.npz", made, "b.npz", rescale=True)
    assert np.load("b.npz")["lm_head.bias"].tolist() == [1, -3, -1]
    assert not np.load("b.npz")["lm_head.weight"].any()


def test_unknown_table() -> None:
    np.save("a.npy", BASE)
    report = init_embeddings("a.npy", MAP, "b.npy")
    assert unknown_table(report) == "word\tpieces\tunknown\n个龘\t2\t1\n龘\t1\t1\n"
    assert unknown_table(EmbeddingReport((), (), (), ())) == "word\tpieces\tunknown\n"


# --- all else in a file


def checkpoint() -> dict[str, np.ndarray]:
    return {
        "z.norm": np.arange(5, dtype="<f4"),
        "embeddings": BASE,
        "layer.0": np.arange(12, dtype="<f2").reshape(3, 4),
        "ids": np.arange(8, dtype="<i4").reshape(1, 8),
        "lm_head.weight": BASE * 2,
        "lm_head.bias": BASE[:, 0].copy(),
        "kernel": BASE.T.copy(),
    }


def test_safetensors() -> None:
    tensors = checkpoint()
    Path("a.safetensors").write_bytes(safetensors_of(tensors, pad=3))
    report = init_embeddings("a.safetensors", MAP, "b.safetensors")
    header, parts = raw_tensors("b.safetensors")
    assert list(header) == ["__metadata__", *tensors]
    assert header["__metadata__"] == {"format": "pt"}
    assert list(parts) == list(tensors)
    anew = {"embeddings": [10, 2], "lm_head.weight": [10, 2], "lm_head.bias": [10]}
    for name, tensor in tensors.items():
        if name in anew:
            assert header[name]["shape"] == anew[name]
            assert parts[name] != tensor.tobytes()
        else:
            assert header[name]["shape"] == list(tensor.shape)
            assert parts[name] == tensor.tobytes()
    expected = np.array([*BASE[KEEP].tolist(), *NEW], np.float32)
    assert parts["embeddings"] == expected.tobytes()
    assert parts["lm_head.weight"] == (expected * 2).tobytes()
    assert parts["lm_head.bias"] == expected[:, 0].tobytes()
    assert [of.name for of in report.tensors] == list(anew)
    assert report.copied == ("z.norm", "layer.0", "ids", "kernel")
    assert report.left == ("kernel",)  # its second dimension is that of the old vocabulary


def test_chosen_tensors() -> None:
    Path("a.safetensors").write_bytes(safetensors_of(checkpoint()))
    names = ["lm_head.bias", "embeddings"]
    report = init_embeddings("a.safetensors", MAP, "b.safetensors", tensor=names)
    assert [of.name for of in report.tensors] == ["embeddings", "lm_head.bias"]
    assert report.left == ("lm_head.weight", "kernel")
    _, parts = raw_tensors("b.safetensors")
    assert parts["lm_head.weight"] == (BASE * 2).tobytes()


def test_data_in_another_order_than_the_header() -> None:
    data = 2 * BASE.tobytes() + b"abc"
    entry = {"dtype": "F32", "shape": [7, 2], "data_offsets": [0, 56]}
    header = {
        "x": {"dtype": "U8", "shape": [3], "data_offsets": [112, 115]},
        "shared": entry,
        "lm_head": entry | {"data_offsets": [56, 112]},
    }
    text = json.dumps(header).encode()
    Path("a.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    init_embeddings("a.safetensors", MAP, "b.safetensors")
    header, parts = raw_tensors("b.safetensors")
    assert list(header) == ["x", "shared", "lm_head"]
    assert list(parts) == ["shared", "lm_head", "x"]
    assert parts["shared"] == parts["lm_head"]
    assert parts["x"] == b"abc"
    assert header["x"]["data_offsets"] == [160, 163]


def test_the_real_library() -> None:
    numpy = pytest.importorskip("safetensors.numpy", reason="no safetensors: bin/setup test")
    from safetensors import safe_open

    tensors = checkpoint() | {"empty": np.empty((0, 3), np.float32), "one": np.array(2.5)}
    numpy.save_file(tensors, "a.safetensors", metadata={"format": "pt", "名": "值"})
    init_embeddings("a.safetensors", MAP, "b.safetensors")
    found = numpy.load_file("b.safetensors")
    expected = np.array([*BASE[KEEP].tolist(), *NEW], np.float32)
    assert set(found) == set(tensors)
    for name, array in found.items():
        change = {
            "embeddings": expected,
            "lm_head.weight": expected * 2,
            "lm_head.bias": expected[:, 0],
        }
        assert np.array_equal(array, change.get(name, tensors[name])), name
        assert array.dtype == tensors[name].dtype
    with safe_open("b.safetensors", "np") as file:
        assert file.metadata() == {"format": "pt", "名": "值"}
    # With all tokens kept in their order, and no new ones, it is the same file.
    same = VocabMap.of(range(7), [], [], base_size=7, unknown=1)
    init_embeddings("a.safetensors", same, "c.safetensors")
    assert raw_tensors("c.safetensors") == raw_tensors("a.safetensors")


def test_npz() -> None:
    with zipfile.ZipFile("a.npz", "w") as archive:
        for name, array in checkpoint().items():
            np.save("x.npy", array)
            kind = zipfile.ZIP_STORED if name < "e" else zipfile.ZIP_DEFLATED
            archive.write("x.npy", f"{name}.npy", kind)
        archive.writestr("readme.txt", b"kept")
        np.save("x.npy", np.array([{}], object), allow_pickle=True)
        archive.write("x.npy", "objects.npy")
    report = init_embeddings("a.npz", MAP, "b.npz")
    assert [of.name for of in report.tensors] == ["embeddings", "lm_head.weight", "lm_head.bias"]
    with zipfile.ZipFile("a.npz") as old, zipfile.ZipFile("b.npz") as new:
        assert old.namelist() == new.namelist()
        kinds = [[info.compress_type for info in file.infolist()] for file in (old, new)]
        assert kinds[0] == kinds[1]
        for name in old.namelist():
            made = name.removesuffix(".npy") in {of.name for of in report.tensors}
            assert (old.read(name) == new.read(name)) == (not made)
    expected = np.array([*BASE[KEEP].tolist(), *NEW], np.float32)
    with np.load("b.npz") as found:
        assert np.array_equal(found["embeddings"], expected)
        assert np.array_equal(found["lm_head.bias"], expected[:, 0])
    first = Path("b.npz").read_bytes()
    init_embeddings("a.npz", MAP, "c.npz")
    assert Path("c.npz").read_bytes() == first


# --- padding, several files


def test_padded_rows_are_left_out() -> None:
    """[7, 7] is a token, [50, 50] none: neither in the new rows nor in the norms."""
    padded = np.vstack([BASE, [[50, 50]]]).astype(np.float32)
    Path("a.safetensors").write_bytes(safetensors_of({"embeddings": padded, "x": BASE[:3]}))
    (of,) = init_embeddings("a.safetensors", MAP, "b.safetensors").tensors
    header, parts = raw_tensors("b.safetensors")
    assert parts["embeddings"] == np.array([*BASE[KEEP].tolist(), *NEW], "<f4").tobytes()
    assert header["embeddings"]["shape"] == [10, 2]
    assert (of.base_shape, of.shape, of.base.rows) == ((8, 2), (10, 2), 7)
    assert of.base.most == pytest.approx(math.hypot(9, 9))


FILES = ("m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors")


def sharded(**more: Any) -> None:
    """A folder `old` with an index and two files; the embedding lies in the second."""
    Path("old").mkdir()
    first = {"norm.weight": np.arange(5, dtype="<f4"), "layer.0.dense": BASE.copy()}
    second = {
        "embeddings": BASE,
        "lm_head.bias": BASE[:, 0].copy(),
        "ids": np.arange(3, dtype="<i4"),
    }
    weight_map = {}
    for file, tensors in zip(FILES, (first, second), strict=True):
        Path("old", file).write_bytes(safetensors_of(tensors, pad=2))
        weight_map |= dict.fromkeys(tensors, file)
    index = {"metadata": {"total_size": 1, "by": "我"}, "weight_map": weight_map, **more}
    Path("old/m.safetensors.index.json").write_text(json.dumps(index), "utf-8")


def test_several_files(here: Path) -> None:
    """20 + 56 bytes in the first, 80 + 40 + 12 in the second."""
    sharded()
    index, made = "m.safetensors.index.json", Path("new")  # which is made
    report = init_embeddings(f"old/{index}", MAP, made / index)
    assert [of.name for of in report.tensors] == ["embeddings", "lm_head.bias"]
    assert report.left == ("layer.0.dense",)
    assert sorted(path.name for path in made.iterdir()) == [*FILES, index]
    assert (made / FILES[0]).read_bytes() == Path("old", FILES[0]).read_bytes()
    _, parts = raw_tensors(f"new/{FILES[1]}")
    expected = np.array([*BASE[KEEP].tolist(), *NEW], np.float32)
    assert parts["embeddings"] == expected.tobytes()
    assert parts["lm_head.bias"] == expected[:, 0].tobytes()
    old, new = (json.loads(Path(folder, index).read_text("utf-8")) for folder in ("old", "new"))
    assert new["weight_map"] == old["weight_map"]
    assert new["metadata"] == {"total_size": 20 + 56 + 80 + 40 + 12, "by": "我"}


def test_numbers_of_an_index_are_counted_again() -> None:
    sharded(metadata={"total_parameters": 7, "total_size": 7})
    Path("new").mkdir()
    init_embeddings("old/m.safetensors.index.json", MAP, "new/x.index.json")
    metadata = json.loads(Path("new/x.index.json").read_text("utf-8"))["metadata"]
    assert metadata == {"total_parameters": 5 + 14 + 20 + 10 + 3, "total_size": 208}


def test_several_files_appear_together_or_not_at_all(here: Path) -> None:
    sharded()
    Path("new").mkdir()
    source = "old/m.safetensors.index.json"
    with (
        mock.patch(
            "nlptools.vectors.checkpoints._Safetensors.copy", side_effect=OSError(28, "full")
        ),
        pytest.raises((DataError, OSError)),
    ):
        init_embeddings(source, MAP, "new/m.safetensors.index.json")
    assert list(Path("new").iterdir()) == []
    before = {path: path.read_bytes() for path in Path("old").iterdir()}
    assert problem(source, "old/m.safetensors.index.json") == (
        "old/m.safetensors.index.json: is the file that is read | write to another folder"
    )
    assert problem(source, "old/n.index.json") == (
        f"old/{FILES[0]}: is the file that is read | write to another folder"
    )
    Path("file").touch()
    assert problem(source, "file/x.index.json").startswith("file/x.index.json: cannot write: ")
    assert problem(source, "new/model.safetensors") == (
        f"new/model.safetensors: what is written is a .index.json file, as {source} is one | "
        "name it *.index.json"
    )
    assert {path: path.read_bytes() for path in Path("old").iterdir()} == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{", "no index of a checkpoint: Expecting property name"),
        ("{}", "no index of a checkpoint: no weight_map"),
        ('{"weight_map": []}', "no index of a checkpoint: no weight_map"),
        ('{"weight_map": {}}', "no index of a checkpoint: no weight_map"),
        ('{"weight_map": {"a": "b"}, "metadata": 1}', "no index of a checkpoint: no weight_map"),
        ('{"weight_map": {"a": "../b"}}', "a: no file beside the index: '../b'"),
        ('{"weight_map": {"a": "/b"}}', "a: no file beside the index: '/b'"),
        ('{"weight_map": {"a": 1}}', "a: no file beside the index: 1"),
        ('{"weight_map": {"a": ".."}}', "a: no file beside the index: '..'"),
        ('{"weight_map": {"a": "b\\u0000"}}', "a: no file beside the index: 'b"),
        ('{"weight_map": {"a": ""}}', "a: no file beside the index: ''"),
        ('{"weight_map": {"a": "i.json"}}', "a: lies in the index itself"),
        ('{"weight_map": {"a": "none"}}', "none: no such file"),
        ('{"weight_map": {"a": "w"}}', "no tensor a in w"),
    ],
)
def test_damaged_indices(text: str, expected: str) -> None:
    Path("i.json").write_text(text, "utf-8")
    Path("w").write_bytes(safetensors_of({"b": BASE}))
    found = problem("i.json", "x.index.json")
    assert found.removeprefix("i.json: ").startswith(expected)


def test_damaged_files_of_several() -> None:
    """A byte changed in the index or in a file: all files, or one DataError and none of them."""
    sharded()
    random = np.random.default_rng(5)
    index, errors = "m.safetensors.index.json", 0
    for i in range(300):
        path = Path("old", (index, *FILES)[i % 3])
        good = path.read_bytes()
        data = bytearray(good)
        data[random.integers(min(len(data), 400))] = random.integers(256)
        path.write_bytes(bytes(data) if i % 5 else bytes(data[: random.integers(len(data))]))
        new = Path(f"new{i}")
        new.mkdir()
        try:
            init_embeddings(f"old/{index}", MAP, new / index)
            assert len(list(new.iterdir())) >= 2
        except DataError as error:
            assert "\n" not in str(error)
            assert list(new.iterdir()) == []
            errors += 1
        path.write_bytes(good)
    assert 100 <= errors < 300


def test_a_file_of_several() -> None:
    """Alone it has no embeddings: the index is named."""
    sharded()
    Path("old", FILES[0]).write_bytes(
        safetensors_of({"norm.weight": np.arange(5, dtype="<f4"), "y": BASE[:2]})
    )
    found = problem(f"old/{FILES[0]}", "x.safetensors")
    assert found.endswith("give the index of all its files: old/m.safetensors.index.json")


# --- errors


def test_wrong_height() -> None:
    wrong = "not 7, the size of the base vocabulary of the map"
    hint = "take the model whose vocabulary the map was made from"
    np.save("a.npy", BASE[:6])
    assert problem() == f"a.npy: 6 rows, {wrong} | {hint}"
    np.save("a.npy", np.float32(1))
    assert problem() == f"a.npy: a single number, {wrong} | {hint}"
    tensors = {"w": BASE[:6], "b": BASE[:5, 0].copy(), "one": np.array(1, "<f4")}
    Path("a.safetensors").write_bytes(safetensors_of(tensors))
    assert problem("a.safetensors") == (
        "a.safetensors: no tensor of 7 rows, the size of the base vocabulary of the map | "
        "the longest are: w (6 x 2), b (5), one (no dimensions)"
    )
    assert problem("a.safetensors", tensor=["w"]) == f"a.safetensors: w: 6 rows, {wrong} | {hint}"
    assert problem("a.safetensors", tensor=["v"]) == (
        "a.safetensors: no tensor 'v' | there are: w (6 x 2), b (5), one (no dimensions)"
    )


def test_other_arrays() -> None:
    floats = "float32 is usual"
    for array, expected in (
        (np.zeros((7, 2), int), f"an array of int64, not of floats | {floats}"),
        (np.zeros((7, 2), complex), f"an array of complex128, not of floats | {floats}"),
        (np.zeros((7, 0)), "no numbers: 7 x 0"),
        (
            np.array([None] * 7, object),
            "pickled Python objects, which are never loaded | save an array of floats",
        ),
    ):
        np.save("a.npy", array, allow_pickle=True)
        assert problem() == f"a.npy: {expected}"
    ids = np.zeros((7, 2), "<i4")
    Path("a.safetensors").write_bytes(safetensors_of({"w": BASE, "ids": ids}))
    assert problem("a.safetensors") == (
        "a.safetensors: of the tensors of 7 rows it is not clear which are of tokens: w (7 x 2), ids (7 x 2) | "
        "name all to make anew: --tensor w --tensor ids"
    )
    report = init_embeddings("a.safetensors", MAP, "b.safetensors", tensor=["w"])
    assert report.left == ("ids",)
    assert problem("a.safetensors", tensor=["ids"]) == (
        "a.safetensors: ids: a tensor of I32, not of floats | read are: F16, BF16, F32, F64"
    )


def test_damaged_headers() -> None:
    np.save("a.npy", BASE)
    cut = "the file was cut short: copy or download it again"
    good = Path("a.npy").read_bytes()
    Path("a.npy").write_bytes(good[:-1])
    assert problem() == f"a.npy: ends inside its array of 7 x 2 | {cut}"
    data = safetensors_of({"w": BASE, "last": BASE[:3]})
    Path("a.safetensors").write_bytes(data[:-1])
    assert problem("a.safetensors") == f"a.safetensors: ends inside the tensor last | {cut}"
    Path("a.safetensors").write_bytes(data[:40])
    assert problem("a.safetensors") == (
        "a.safetensors: no .safetensors file: no header at its beginning"
    )
    Path("a.safetensors").write_bytes(data.replace(b'"F32"', b'"F64"', 1))
    assert problem("a.safetensors") == "a.safetensors: w: 56 bytes for 7 x 2 of F64"
    np.savez_compressed("a.npz", w=np.random.default_rng(1).normal(size=(7, 900)))
    packed = bytearray(Path("a.npz").read_bytes())
    packed[3000:3010] = b"\0" * 10
    Path("a.npz").write_bytes(packed)
    assert problem("a.npz").startswith("a.npz: a damaged .npz file: ")


def test_other_files() -> None:
    hint = "of another kind of checkpoint save the tensors as .safetensors or .npy first"
    for data in (b"", b"\x80\x02}q\x00.", b"GGUF\x03", b"1 2\n"):
        Path("a.bin").write_bytes(data)
        expected = f"a.bin: neither a .npy, a .npz nor a .safetensors file | {hint}"
        assert problem("a.bin") == expected
    with zipfile.ZipFile("a.pt", "w") as archive:
        archive.writestr("archive/data.pkl", b"x")
    assert problem("a.pt").startswith("a.pt: a zip archive without .npy arrays | a PyTorch file")
    assert problem("nowhere.npy") == "nowhere.npy: no such file"
    Path("folder").mkdir()
    assert problem("folder") == (
        "folder: no folder of a model: no model.safetensors, no index of several | "
        "save the model as .safetensors first (save_pretrained of transformers does)"
    )


def test_outputs(here: Path) -> None:
    np.save("a.npy", BASE)
    before = Path("a.npy").read_bytes()
    for name in ("a.npy", str(here / "a.npy")):
        expected = f"{name}: is the file that is read | write to another file"
        assert problem(output=name) == expected
    assert Path("a.npy").read_bytes() == before
    assert problem(output="b.safetensors") == (
        "b.safetensors: what is written is a .npy file, as a.npy is one | name it *.npy"
    )
    assert problem(output="no/b.npy") == "no/b.npy: cannot write: No such file or directory"
    init_embeddings("a.npy", MAP, "anything")
    assert np.load("anything").shape == (10, 2)
    with pytest.raises(ValueError, match="unknown must be one of skip, average"):
        init_embeddings("a.npy", MAP, "b.npy", unknown="unk")


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.safetensors"])
def test_damaged_files_are_errors(name: str) -> None:
    """Whatever bytes are changed or missing: a file, or one DataError and no file."""
    np.save("a.npy", BASE)
    np.savez_compressed("a.npz", w=BASE, b=BASE[:, 0], x=np.arange(4))
    Path("a.safetensors").write_bytes(safetensors_of(checkpoint()))
    good = Path(name).read_bytes()
    random = np.random.default_rng(7)
    errors = 0
    for i in range(300):
        data = bytearray(good)
        if i % 3:
            for _ in range(random.integers(1, 4)):
                data[random.integers(len(data) // (1 + i % 2))] = random.integers(256)
        else:
            del data[random.integers(len(data)) :]
        Path("x").write_bytes(bytes(data))
        Path("y").unlink(missing_ok=True)
        try:
            init_embeddings("x", MAP, "y")
            assert Path("y").exists()
        except DataError as error:
            assert "\n" not in str(error)
            assert not Path("y").exists()
            errors += 1
    assert 100 <= errors < 300
    assert sorted(path.name for path in Path().iterdir() if path.name not in ("x", "y")) == [
        *("a.npy", "a.npz", "a.safetensors")
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_batches_change_nothing(size: int) -> None:
    random = np.random.default_rng(2)
    matrix = random.normal(size=(40, 7))
    compounds = [random.integers(0, 30, random.integers(1, 6)).tolist() for _ in range(25)]
    words = [f"词{i}" for i in range(25)]
    made = VocabMap.of(
        random.permutation(40)[:30].tolist(), compounds, words, base_size=40, unknown=3
    )
    np.save("a.npy", matrix)
    init_embeddings("a.npy", made, "b.npy", rescale=True)
    with mock.patch("nlptools.vocab.embeddings.batch_rows", return_value=size):
        init_embeddings("a.npy", made, "c.npy", rescale=True)
    assert Path("b.npy").read_bytes() == Path("c.npy").read_bytes()


def test_a_report_shows_itself() -> None:
    np.save("base.npy", BASE)
    write_map(MAP, "map.json")
    found = init_embeddings("base.npy", "map.json", "new.npy")
    assert np.load("new.npy")[len(KEEP) :].tolist() == NEW  # a map is an object or a file
    assert repr(found) == "EmbeddingReport(1 tensors made anew, 0 copied)"
    base, kept, new = found
    assert [(row.rows, row.count) for row in found] == [("base", 7), ("kept", 6), ("new", 4)]
    assert (base.norm_min, kept.not_finite) == (0, 0)
    assert new.norm_max == pytest.approx(math.sqrt(162))  # of [9, 9]
    assert list(found.to_frame().columns) == norms_table(found).split("\n")[0].split("\t")
    assert found.to_frame()["rows"].tolist() == ["base", "kept", "new"]
    assert found._repr_html_().count("<tr>") == 4
    scaled = init_embeddings("base.npy", MAP, "scaled.npy", rescale=True)
    assert [row.rows for row in scaled] == ["base", "kept", "averaged", "new"]
