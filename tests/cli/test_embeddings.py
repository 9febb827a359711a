"""`nlptools vocab init-embeddings` as people meet it: files, norms, notes, errors, exit codes."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import click
import commandline
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import write
from vectorcases import safetensors_of

from nlptools import __version__
from nlptools.cli.embeddings import init_embeddings as command
from nlptools.vocab.embeddings import (
    INIT_METHODS,
    UNKNOWN,
    init_embeddings,
    norms_table,
    unknown_table,
)
from nlptools.vocab.map import VocabMap, write_map

run = partial(commandline.run, "vocab", "init-embeddings")
refused = partial(commandline.refused, "vocab", "init-embeddings")
BASE = np.array([[3, 4], [0, 5], [6, 8], [0, 1]], np.float32)
# 0 [UNK]; kept are all. The mean of (0, 5) and (6, 8): (3, 6.5).
MAP = VocabMap.of(
    [0, 1, 2, 3], [[1, 2], [0, 2], [0]], ["一个", "龘个", "龘"], base_size=4, unknown=0
)


@pytest.fixture(autouse=True)
def files(own_folder: None) -> None:
    np.save("a.npy", BASE)
    tensors = {
        "shared": BASE,
        "lm_head.weight": BASE * 2,
        "lm_head.bias": BASE[:, 0].copy(),
        "x": BASE[:3],
        "k": BASE.T.copy(),
    }
    write("a.safetensors", safetensors_of(tensors))
    write_map(MAP, "map.json")


def test_a_matrix() -> None:
    """The kept rows have norms 5, 5, 10, 1: 5.25; the new ones sqrt(51.25), 10, 5."""
    done = run("a.npy", "--map", "map.json", "-o", "b.npy", "-q")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "tensor\trows\tcount\tnorm_mean\tnorm_min\tnorm_max\tnot_finite\n"
        "a.npy\tbase\t4\t5.25\t1\t10\t0\n"
        "a.npy\tkept\t4\t5.25\t1\t10\t0\n"
        "a.npy\tnew\t3\t7.3863\t5\t10\t0\n"
    )
    assert np.load("b.npy").tolist() == [*BASE.tolist(), [3, 6.5], [6, 8], [3, 4]]


def test_the_same_as_the_function() -> None:
    options = (
        "--unknown",
        "average",
        "--rescale",
        "--tensor",
        "shared",
        "--tensor",
        "lm_head.bias",
    )
    done = run("a.safetensors", "--map", "map.json", "-o", "b.safetensors", "-q", *options)
    report = init_embeddings(
        "a.safetensors",
        MAP,
        "c.safetensors",
        tensor=["shared", "lm_head.bias"],
        unknown="average",
        rescale=True,
    )
    assert Path("b.safetensors").read_bytes() == Path("c.safetensors").read_bytes()
    assert done.out == norms_table(report)
    assert "averaged" in done.out


def test_notes_and_closing_line() -> None:
    done = run("a.safetensors", "--map", "map.json", "-o", "b.safetensors")
    *notes, closing = done.err.splitlines()
    assert notes == [
        "1 new word with unknown pieces, which are left out: 龘个.",
        "1 new word of unknown pieces alone, which have the row of [UNK]: 龘.",
        "Copied, though they have a dimension of 4, that of the old vocabulary: k.",
    ]
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} vocab init-embeddings \| "
        r"method:mean unknown:skip rescale:no \| "
        r"4 tokens -> 7: 4 kept, 3 new \| 3 tensors made anew, 2 copied \| "
        r"[\d.]+ MB memory \| [\d.]+ s",
        closing,
    )


def test_padding_and_layers_are_said() -> None:
    padded = np.vstack([BASE, np.zeros((4, 2), np.float32)])
    tensors = {"wte.weight": padded, "h.0.mlp.bias": BASE[:, 0].copy(), "h.0.attn": BASE}
    write("a.safetensors", safetensors_of(tensors))
    done = run("a.safetensors", "--map", "map.json", "-o", "b.safetensors").ok()
    assert "wte.weight: 4 rows after those of the 4 tokens are padding, and left out.\n" in done.err
    left = "Copied, though they have a dimension of 4, that of the old vocabulary: h.0.mlp.bias, h.0.attn.\n"
    assert left in done.err
    assert " | 1 tensor made anew, 2 copied | " in done.err


def test_several_files() -> None:
    write("part", safetensors_of({"embeddings": BASE}))
    write("a.index.json", '{"weight_map": {"embeddings": "part"}}')
    Path("new").mkdir()
    done = run("a.index.json", "--map", "map.json", "-o", "new/a.index.json", "-q").ok()
    assert done.out.splitlines()[1].startswith("embeddings\tbase\t4\t")
    assert sorted(path.name for path in Path("new").iterdir()) == ["a.index.json", "part"]
    assert run("a.index.json", "--map", "map.json", "-o", "b.index.json").error == (
        "Error: part: is the file that is read\nhint: write to another folder\n"
    )


def test_means_are_shorter() -> None:
    """(3, 4) and (-3, 4): norm 5, their mean (0, 4)."""
    np.save("a.npy", np.array([[3, 4], [-3, 4], [np.nan, 0]]))
    write_map(VocabMap.of([0, 1], [[0, 1]], ["一"], base_size=3, unknown=None), "map.json")
    line = ("a.npy", "--map", "map.json", "-o", "b.npy")
    assert run(*line).err.splitlines()[:-1] == [
        "a.npy: means are shorter than what they are made from: mean norm 4, of the kept rows 5 (--rescale).",
        "a.npy: 1 row with NaN or infinite numbers; so is what they are in.",
    ]
    assert len(run(*line, "--rescale").err.splitlines()) == 2
    assert np.load("b.npy")[2].tolist() == [0, 5]


def test_report() -> None:
    many = [f"龘{i}" for i in range(12)]
    more = VocabMap.of([0, 1], [[0, 1]] * 12, many, base_size=4, unknown=0)
    write_map(more, "map.json")
    line = ("a.npy", "--map", "map.json", "-o", "b.npy")
    shown = "12 new words with unknown pieces, which are averaged too: "
    assert run(*line, "--unknown", "average").err.startswith(
        f"{shown}{', '.join(many[:10])} and 2 more (--report lists all).\n"
    )
    done = run(*line, "--unknown", "average", "--report", "r.tsv")
    assert done.err.startswith(f"{shown}{', '.join(many[:10])} and 2 more.\n")
    report = init_embeddings("a.npy", more, "c.npy")
    assert Path("r.tsv").read_text(encoding="utf-8") == unknown_table(report)
    assert unknown_table(report).count("\n") == 13


def test_errors() -> None:
    given = ("--map", "map.json", "-o", "b.npy")
    assert refused("nowhere.npy", *given) == ["Error: nowhere.npy: no such file"]
    assert refused("a.npy", "--map", "a.npy", "-o", "b.npy")[0].startswith(
        "Error: a.npy: not a vocabulary map: no JSON: "
    )
    np.save("short.npy", BASE[:3])
    assert refused("short.npy", *given) == [
        "Error: short.npy: 3 rows, not 4, the size of the base vocabulary of the map",
        "hint: take the model whose vocabulary the map was made from",
    ]


@pytest.mark.parametrize(
    "args, message",
    [
        ([], "Missing argument 'MODEL'."),
        (["a.npy", "-o", "b.npy"], "Missing option '--map'."),
        (["a.npy", "--map", "map.json"], "Missing option '-o' / '--output'."),
        (["a.npy", "--unknown", "unk"], "Invalid value for '--unknown'"),
    ],
)
def test_usage(args: list[str], message: str) -> None:
    assert refused(*args, code=2)[-1].startswith(f"Error: {message}")


def test_choices_are_those_of_the_function() -> None:
    choices = {o.name: o.type.choices for o in command.params if isinstance(o.type, click.Choice)}
    assert {name: tuple(of) for name, of in choices.items()} == {
        "unknown": UNKNOWN,
        "method": INIT_METHODS,
    }
