"""The folder of a model becomes one that loads: weights, config.json with the new size, small files; no tokenizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from vectorcases import safetensors_of

from nlptools.errors import DataError
from nlptools.vocab.embeddings import EmbeddingReport, init_embeddings
from nlptools.vocab.map import VocabMap
from nlptools.vocab.modelfolder import SizeChange, size_changes

BASE = np.array([[1, 2], [3, 6], [5, -1]], np.float32)
PADDED = np.vstack([BASE, np.full((5, 2), 9)]).astype(np.float32)
MAP = VocabMap.of(range(3), [[0, 1]], ["一个"], base_size=3, unknown=None, extends=True)
ROWS = [*BASE.tolist(), [2, 4]]
CONFIG = {"model_type": "x", "vocab_size": 8, "rms_norm_eps": 1e-06, "名": ["\ud800"]}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of one file with a padding, its tokenizer, and what else lies in such folders."""
    monkeypatch.chdir(tmp_path)
    Path("old/onnx").mkdir(parents=True)
    put("model.safetensors", safetensors_of({"model.embed_tokens.weight": PADDED, "x": BASE[:1]}))
    put("config.json", json.dumps(CONFIG).encode())
    for name in ("generation_config.json", "LICENSE", "modeling_x.py", "chat_template.jinja"):
        put(name, name.encode())
    for name in ("tokenizer.json", "merges.txt", "tokenizer.model", "pytorch_model.bin", ".hidden"):
        put(name, b"")


def put(name: str, data: bytes) -> None:
    Path("old", name).write_bytes(data)


def run(**options: Any) -> EmbeddingReport:
    return init_embeddings("old", MAP, "new", **options)


def config() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path("new/config.json").read_text("utf-8"))
    return found


def rows(name: str = "new/model.safetensors") -> list[list[float]]:
    data = Path(name).read_bytes()
    size = int.from_bytes(data[:8], "little")
    entry = json.loads(data[8 : 8 + size])["model.embed_tokens.weight"]
    begin, end = entry["data_offsets"]
    found: list[list[float]] = (
        np.frombuffer(data[8 + size + begin : 8 + size + end], "<f4")
        .reshape(entry["shape"])
        .tolist()
    )
    return found


def problem(output: str = "new") -> str:
    """The error and its hint; nothing new appears."""
    before = sorted(Path().rglob("*"))
    with pytest.raises(DataError) as caught:
        init_embeddings("old", MAP, output)
    assert sorted(Path().rglob("*")) == before
    return f"{caught.value} | {caught.value.hint}"


def test_a_folder() -> None:
    """New rows come in the place of the padding. 3 tokens and a new one: 4 rows."""
    report = run()
    assert rows() == ROWS
    assert config() == {**CONFIG, "vocab_size": 4}
    assert report.sizes == (SizeChange("vocab_size", 8, 4),)
    copied = ["LICENSE", "chat_template.jinja", "generation_config.json", "modeling_x.py"]
    assert list(report.files) == copied
    assert sorted(p.name for p in Path("new").iterdir()) == sorted(
        [*copied, "config.json", "model.safetensors"]
    )
    assert report.tokenizer == ("merges.txt", "tokenizer.json", "tokenizer.model")
    assert Path("new/LICENSE").read_bytes() == b"LICENSE"
    assert '"rms_norm_eps": 1e-06' in Path("new/config.json").read_text("utf-8")


def test_beside_a_new_tokenizer() -> None:
    """What vocab extend wrote there stays, also its template of chats; a second run is the same."""
    Path("new").mkdir()
    for name in ("tokenizer.json", "chat_template.jinja"):
        Path("new", name).write_text("new")
    run()
    assert Path("new/tokenizer.json").read_text() == "new"
    assert Path("new/chat_template.jinja").read_text() == "new"
    first = Path("new/model.safetensors").read_bytes()
    run()
    assert Path("new/model.safetensors").read_bytes() == first


def test_rows_to_a_multiple() -> None:
    """Filled up with the mean of the three rows of tokens, (3, 7 / 3): not of the padding, not of new rows."""
    report = run(pad_to=8)
    assert rows() == [*ROWS, *[[3, float(np.float32(7 / 3))]] * 4]
    assert config()["vocab_size"] == 8
    assert report.sizes == ()
    (of,) = report.tensors
    assert (of.padding, of.shape, of.new.rows) == (4, (8, 2), 1)
    init_embeddings("old", MAP, "more", pad_to=3)
    assert rows("more/model.safetensors")[4:] == [[3, float(np.float32(7 / 3))]] * 2
    with pytest.raises(ValueError, match="pad_to must be at least 1"):
        run(pad_to=0)


def test_rows_of_numbers_that_are_not_finite_fill_nothing() -> None:
    odd = BASE.copy()
    odd[0] = np.nan
    np.save("a.npy", odd)
    init_embeddings("a.npy", MAP, "b.npy", pad_to=8)
    assert np.load("b.npy")[4:].tolist() == [[4, 2.5]] * 4


def test_several_files() -> None:
    Path("old/model.safetensors").unlink()
    put("m-1.safetensors", safetensors_of({"model.embed_tokens.weight": BASE}))
    put("m-2.safetensors", safetensors_of({"lm_head.weight": BASE, "x": BASE[:1]}))
    files = {"model.embed_tokens.weight": "m-1.safetensors"}
    files |= dict.fromkeys(("lm_head.weight", "x"), "m-2.safetensors")
    put("model.safetensors.index.json", json.dumps({"weight_map": files}).encode())
    put("config.json", b'{"text_config": {"vocab_size": 3}, "audio_config": {"vocab_size": 5}}')
    report = run()
    assert [of.name for of in report.tensors] == ["model.embed_tokens.weight", "lm_head.weight"]
    assert config() == {"text_config": {"vocab_size": 4}, "audio_config": {"vocab_size": 5}}
    assert rows("new/m-1.safetensors") == ROWS
    assert Path("new/model.safetensors.index.json").exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('"tie_word_embeddings": true', []),
        ('"text_config": {"tie_word_embeddings": true}', []),
        ('"tie_word_embeddings": false', ["model.embed_tokens.weight"]),
        ('"a": 1', ["model.embed_tokens.weight"]),
    ],
)
def test_one_matrix_for_both(given: str, expected: list[str]) -> None:
    """As config.json has it, even if the file has another one for the output, which is not used then."""
    tensors = {"model.embed_tokens.weight": BASE, "lm_head.weight": BASE * 2}
    put("model.safetensors", safetensors_of(tensors))
    put("config.json", f'{{"vocab_size": 3, {given}}}'.encode())
    assert [of.name for of in run().tensors if of.rescaled] == expected
    both = [of.name for of in run(rescale=True).tensors if of.rescaled]
    assert both == (expected or list(tensors))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("vocab_size", None)]),
        ({"text_config": {"a": 1}}, [("text_config.vocab_size", None)]),  # Gemma 3: its default
        ({"vocab_size": 8, "padded_vocab_size": 8}, [("vocab_size", 8), ("padded_vocab_size", 8)]),
        ({"vocab_size": 8, "llm_config": {"vocab_size": 8}}, [("vocab_size", 8), ("llm_config.vocab_size", 8)]),
        ({"vocab_size": True, "a": {"b": {"vocab_size": 8}}}, [("a.b.vocab_size", 8)]),
        ({"vocab_size": 4}, []),
        ({"vocab_size": 9}, []),
    ],
)  # fmt: skip
def test_sizes_in_a_config(given: dict[str, Any], expected: list[tuple[str, int | None]]) -> None:
    assert size_changes(given, {8}, 4) == tuple(SizeChange(key, old, 4) for key, old in expected)


def test_config_beside_a_file() -> None:
    """It is not touched; what it would have to say is in the report."""
    report = init_embeddings("old/model.safetensors", MAP, "b.safetensors")
    assert report.sizes == (SizeChange("vocab_size", 8, 4),)
    assert not Path("config.json").exists()
    for text in ("{}", "[", "[]"):
        put("config.json", text.encode())
        report = init_embeddings("old/model.safetensors", MAP, "b.safetensors")
        assert report.sizes == ()


def test_errors() -> None:
    assert problem("old") == "old: is the folder that is read | write to another folder"
    assert problem("old/LICENSE") == "old/LICENSE: is no folder | a model is written to a folder"
    put("config.json", b'{"vocab_size": 9}')
    assert problem() == (
        "old/config.json: vocab_size 9, but the matrices of tokens have 8 rows | "
        "config.json is of another model"
    )
    put("config.json", b"[1]")
    assert problem().startswith("old/config.json: no JSON object | ")
    put("config.json", b'{"a":' * 900 + b"1" + b"}" * 900)
    assert problem().startswith("old/config.json: nested more than 50 times | ")
    put("config.json", b"{")
    assert problem().startswith("old/config.json: no JSON: Expecting")
    Path("old/config.json").unlink()
    assert problem() == (
        "old: no folder of a model: no config.json | for weights alone give the file: old/model.safetensors"
    )
    Path("old/model.safetensors").rename("old/a.safetensors")
    put("b.safetensors", b"")
    assert problem() == (
        "old: several checkpoints: a.safetensors, b.safetensors | name the right one model.safetensors"
    )
    Path("old/a.safetensors").unlink()
    Path("old/b.safetensors").unlink()
    assert problem().startswith("old: no folder of a model: no model.safetensors, no index")


def test_another_checkpoint_there() -> None:
    """Of a model.safetensors and an index of several transformers takes the first."""
    Path("new").mkdir()
    Path("new/pytorch_model.bin").touch()
    assert problem() == (
        "new: has weights already: pytorch_model.bin | remove them or write to another folder"
    )


def test_all_or_nothing() -> None:
    with (
        mock.patch(
            "nlptools.vectors.checkpoints._Safetensors.write", side_effect=OSError(28, "full")
        ),
        pytest.raises((DataError, OSError)),
    ):
        run()
    assert not Path("new").exists()
