"""`nlptools vocab init-embeddings` as people meet it: files, norms, notes, errors, exit codes."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from pathlib import Path

import click
import commandline
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import write
from vectorcases import safetensors_of

from nlptools import __version__, token_bytes
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


# --- folders of models, methods


def model_folder() -> None:
    """Six tokens 中 国 人 猫 犬 <end> with a padding of two rows, a map of two new words, and vectors."""
    rows = np.array([[2, 0], [0, 4], [0, 0], [4, 4], [1, 1], [9, 9], [7, 7], [7, 7]], np.float32)
    Path("old").mkdir()
    tensors = {"model.embed_tokens.weight": rows, "lm_head.weight": rows * 2}
    write("old/model.safetensors", safetensors_of(tensors))
    write("old/config.json", '{"vocab_size": 8}')
    vocab = {token: number for number, token in enumerate("中国人猫犬")}
    end = [{"id": 5, "content": "<end>", "special": True}]
    model = {"type": "BPE", "vocab": vocab, "merges": []}
    write("old/tokenizer.json", json.dumps({"model": model, "added_tokens": end}))
    made = VocabMap.of(
        range(6), [[0, 1], [2, 0]], ["中国", "狗"], base_size=6, unknown=None, extends=True
    )
    write_map(made, "map.json")
    write("words.vec", "3 2\n狗 1 0\n犬 2 0\n猫 4 3\n")


def new_rows(name: str = "model.embed_tokens.weight") -> list[list[float]]:
    data = Path("new/model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    begin, end = json.loads(data[8 : 8 + size])[name]["data_offsets"]
    found: list[list[float]] = (
        np.frombuffer(data[8 + size + begin : 8 + size + end], "<f4").reshape(-1, 2)[6:].tolist()
    )
    return found


LINE = ("old", "--map", "map.json", "-o", "new")


def test_a_folder() -> None:
    """中国: mean (1, 2), as long as 2 and 4 are on average in what is read, as it is in the output."""
    model_folder()
    done = run(*LINE).ok()
    assert new_rows() == pytest.approx(np.array([[1, 2], [1, 0]]) * [[3 / math.sqrt(5)], [1]])
    assert new_rows("lm_head.weight") == [[2, 4], [2, 0]]
    names = ("model.embed_tokens.weight", "lm_head.weight")
    padding = "2 rows after those of the 6 tokens are padding; the new rows take their place."
    *notes, closing = done.err.splitlines()
    assert notes == [
        *(f"{name}: {padding}" for name in names),
        "Files of the tokenizer are not copied (tokenizer.json): those for the new vocabulary come from "
        "vocab extend -o new.",
    ]
    assert " | method:mean unknown:skip rescale:yes | 6 tokens -> 8: 6 kept, 2 new | " in closing
    write("new/tokenizer.json", "{}")
    done = run(*LINE, "--pad-to", "16", "--no-rescale").ok()
    assert new_rows()[:2] == [[1, 2], [1, 0]]
    *notes, closing = done.err.splitlines()
    assert notes[-1] == "config.json: vocab_size 8 -> 16."
    assert " rescale:no | 6 tokens -> 16: 6 kept, 2 new, 8 of padding | " in closing


def test_a_file_beside_its_config() -> None:
    model_folder()
    done = run(
        "old/model.safetensors", "--map", "map.json", "-o", "b.safetensors", "--pad-to", "64"
    )
    assert done.ok().err.splitlines()[-2] == (
        "config.json beside it: vocab_size is 8, must be 64; give the folder instead of the file, or change it."
    )


def test_focus() -> None:
    """狗 is 犬 by 0.6 and 猫 by 0.4: (1, 1) * 0.6 + (4, 4) * 0.4. 中国 has no vector."""
    model_folder()
    done = run(*LINE, "--method", "focus", "--vectors", "words.vec", "--no-rescale").ok()
    assert new_rows() == pytest.approx(np.array([[1, 2], [2.2, 2.2]]), rel=1e-6)
    first, *_, closing = done.err.splitlines()
    assert first == (
        "1 of 2 new words are means of their pieces, without a vector in words.vec: 中国."
    )
    assert "method:focus" in closing
    report = init_embeddings(
        "old", "map.json", "more", method="focus", vectors="words.vec", tokens=token_bytes("old"), rescale=False
    )  # fmt: skip
    same = Path("new/model.safetensors").read_bytes()
    assert Path("more/model.safetensors").read_bytes() == same
    assert report.no_vector == ("中国",)
    np.save("rows.npy", np.eye(2))
    assert run(*LINE, "--method", "focus", "--vectors", "rows.npy").error == (
        "Error: rows.npy: vectors without words\nhint: give a file with words\n"
    )


def test_weighted() -> None:
    """T恤 of T恤 (two characters) and 中 (one): (2 * (6, 0) + (0, 3)) / 3 = (4, 1); weights of the map win."""
    write("vocab.txt", "T恤\n中\n")
    np.save("a.npy", np.array([[6, 0], [0, 3.0]]))
    line = ("a.npy", "--map", "map.json", "-o", "b.npy", "--method", "weighted", "-q")
    write_map(VocabMap.of([0, 1], [[0, 1]], ["T恤"], base_size=2, unknown=None), "map.json")
    run(*line, "--tokenizer", "vocab.txt").ok()
    assert np.load("b.npy")[2].tolist() == [4, 1]
    given = VocabMap.of([0, 1], [[[0, 1], [1, 5]]], ["T恤"], base_size=2, unknown=None)
    write_map(given, "map.json")
    run(*line).ok()
    assert np.load("b.npy")[2].tolist() == [1, 2.5]


def test_what_belongs_together() -> None:
    model_folder()
    together = "Error: --method focus and --vectors belong together."
    for more in (("--method", "focus"), ("--vectors", "words.vec")):
        assert refused(*LINE, *more, code=2)[-1] == together
    needs = "Error: --method weighted and focus need --tokenizer, that of the base."
    alone = ("old/model.safetensors", *LINE[1:])
    assert refused(*alone, "--method", "weighted", code=2)[-1] == needs
    write("vocab.txt", "一\n二\n")
    assert refused(*LINE, "--method", "weighted", "--tokenizer", "vocab.txt") == [
        "Error: vocab.txt: 2 tokens, but the base of the map has 6",
        "hint: take the tokenizer that the map was made from",
    ]
    for settings, message in (
        ({"method": "sum"}, "method must be one of mean, weighted, focus"),
        ({"method": "weighted"}, "the method weighted needs the tokens of the base"),
        ({"method": "weighted", "tokens": [b"a"]}, "1 tokens for 6 of the map's base"),
        ({"method": "focus"}, "vectors are for the method focus"),
        ({"vectors": "words.vec"}, "vectors are for the method focus"),
    ):
        with pytest.raises(ValueError, match=message):
            init_embeddings("old", "map.json", "new", **settings)  # type: ignore[arg-type]
    assert not Path("new").exists()
