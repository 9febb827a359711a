"""The compact file of a model: what the text says, in fewer bytes; damaged files; the way back."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from commandline import posix
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.base.storage import write_container
from nlptools.errors import DataError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.wordlists import read_words
from nlptools.wordmodel.model import (
    OWN_MODELS,
    WordModel,
    convert_model,
    load_model,
    load_weights,
    parse_model,
)
from nlptools.wordmodel.packed import is_packed, packed_bytes

MODEL = WordModel(
    ["的", "𠮷野", "T恤", "天地"],
    np.array([276, 9, 0, 1 << 40]),
    np.array([270.1234, 9.0, 0.0005, 1e12]),
    np.array([-3.12345, -12.5, 0.25, -999.99996]),
    ["天", "𠮷"],
    np.array([[3, 0, 1, 0, 0], [0, 2, 0, 1, 70000]]),
    {"made_by": "手", "symbols": 12},
)
KNOWN = WordModel(
    *(getattr(MODEL, name) for name in ("words", "counts", "expected", "weights")),
    settings={"penalties": [0, 2, 7, 12]},
    known=np.array([True, False, True, False]),
)


@pytest.mark.parametrize("model", [MODEL, KNOWN, WordModel([], *np.zeros((3, 0)))])
def test_it_is_the_text(tmp_path: Path, model: WordModel) -> None:
    model.save(tmp_path / "m.nlpm")
    assert is_packed(tmp_path / "m.nlpm")
    loaded = load_model(tmp_path / "m.nlpm")
    assert loaded.text() == model.text()
    of_text = parse_model(model.text(), "m")
    assert list(loaded) == list(of_text)
    assert loaded.counts.dtype == np.int64
    assert loaded.packed() == model.packed() == of_text.packed()


NUMBERS = st.floats(0, 1e9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, st.floats(-900, 40)), min_size=1, max_size=9))
def test_numbers_are_those_that_are_printed(rows: list[tuple[float, float]]) -> None:
    expected, weights = np.array(rows).T
    words = [chr(0x4E00 + i) for i in range(len(rows))]
    model = WordModel(words, np.ones(len(rows), np.int64), expected, weights)
    again = parse_model(model.text(), "m")
    assert again.packed() == model.packed()


def test_a_segmenter_reads_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KNOWN.save(tmp_path / "m.nlpm")
    KNOWN.save(tmp_path / "m.tsv")
    read = []
    from nlptools.wordmodel.packed import PackedModel

    column = PackedModel._column

    def noted(self: PackedModel, name: str) -> np.ndarray:
        read.append(name)
        return column(self, name)

    monkeypatch.setattr(PackedModel, "_column", noted)
    segmenter = Segmenter.load(tmp_path / "m.nlpm", "coarse")
    assert {"weight", "word_text"} < set(read)
    assert not {"count", "expected", "known"} & set(read)
    text = "天地的T恤，𠮷野的天"
    assert segmenter.segment(text) == Segmenter.load(tmp_path / "m.tsv", "coarse").segment(text)
    both = load_weights(tmp_path / "m.nlpm"), load_weights(tmp_path / "m.tsv")
    assert list(both[0].words) == list(both[1].words)
    assert both[0].weights.tolist() == both[1].weights.tolist()


def test_there_and_back(tmp_path: Path) -> None:
    text, packed, again = (tmp_path / name for name in ("a.tsv", "a.nlpm", "b.tsv"))
    KNOWN.save(text)
    assert convert_model(text, packed).text() == KNOWN.text()
    convert_model(packed, again)
    assert again.read_bytes() == text.read_bytes()
    assert packed.stat().st_size < 3000


def test_a_word_list_it_is_not(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "m.nlpm")
    with pytest.raises(DataError, match="a compact model of nlptools, not a text") as caught:
        read_words([tmp_path / "m.nlpm"])
    assert caught.value.hint == f"write it as text: nlptools convert {tmp_path / 'm.nlpm'}"


def test_damage(tmp_path: Path) -> None:
    """Any byte that is changed is found by a checksum, or changes nothing."""
    path = tmp_path / "m.nlpm"
    data = KNOWN.packed()
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        try:
            assert load_model(path).text() == KNOWN.text()
        except DataError as error:
            assert str(path) in str(error)
    for end in range(0, len(data.rstrip(b"\0")), 50):
        path.write_bytes(data[:end])
        with pytest.raises(DataError):
            load_model(path)


COLUMNS = {
    "weight": np.zeros(4, np.int64),
    "count": np.ones(4, np.int64),
    "expected": np.ones(4, np.int64),
    "places": np.zeros(0, np.int64),
}


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"weight": np.zeros(3)}, "the column weight has 3 numbers"),
        ({"weight": np.full(4, 400_001)}, "a weight out of range"),
        ({"weight": np.full(4, -10_000_001)}, "a weight out of range"),
        ({"count": np.full(4, -1)}, "a count out of range"),
        ({"expected": np.full(4, 10**18)}, "a count out of range"),
        ({"known": np.full(4, 2)}, 'neither 0 nor 1 in the column "known"'),
        ({"places": np.zeros(5)}, "the column places has 5 numbers"),
    ],
)
def test_numbers_that_cannot_be(
    tmp_path: Path, columns: dict[str, np.ndarray], problem: str
) -> None:
    path = tmp_path / "m.nlpm"
    path.write_bytes(packed_bytes(MODEL.words, [], COLUMNS | columns, {}))
    with pytest.raises(DataError, match=problem) as caught:
        load_model(path)
    assert str(caught.value).startswith(f"{path}: damaged model file: ")


@pytest.mark.parametrize("settings", [{"fold": ["x"]}, {"symbols": "3"}, {"penalties": 1}])
def test_settings_that_cannot_be(tmp_path: Path, settings: dict[str, object]) -> None:
    path = tmp_path / "m.nlpm"
    path.write_bytes(packed_bytes(MODEL.words, [], COLUMNS, settings))
    with pytest.raises(DataError, match="its settings are not those of a model"):
        load_weights(path)


@pytest.mark.parametrize("meta", [{}, {"settings": {}}, {"settings": 3, "columns": {}}])
def test_descriptions_that_lack_something(tmp_path: Path, meta: dict[str, object]) -> None:
    stream = io.BytesIO()
    write_container(stream, "model", 1, meta, {})
    path = tmp_path / "m.nlpm"
    path.write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="its description lacks the settings or the columns"):
        load_model(path)


@posix
def test_a_pipe_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not is_packed(tmp_path / "pipe")  # opening it would wait for somebody who writes
    assert not is_packed(tmp_path)
    assert not is_packed(tmp_path / "nothing")


def test_another_version(tmp_path: Path) -> None:
    path = tmp_path / "m.nlpm"
    path.write_bytes(MODEL.packed().replace(b"nlptools model 1", b"nlptools model 2"))
    with pytest.raises(DataError, match="model format 2; this version reads up to 1"):
        load_model(path)


@pytest.mark.parametrize("name", OWN_MODELS)
def test_the_models_of_the_package_are_compact(name: str) -> None:
    assert is_packed(OWN_MODELS[name])
    assert OWN_MODELS[name].stat().st_size < 1_500_000
