"""`nlptools vectors` as people meet it: check, whiten, project; formats, errors, exit codes."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import commandline
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import write
from places import SAMPLES
from vectorcases import MATRIX, WORDS, safetensors_of, text_of

from nlptools import __version__
from nlptools.cli import main
from nlptools.vectors import hubness
from nlptools.vectors.check import CHECK_FORMATS, check_table, check_vectors
from nlptools.vectors.compare import compare_vectors, comparison_table
from nlptools.vectors.dimension import dimension_bounds
from nlptools.vectors.files import BAD_ROWS, DUPLICATES, INPUT_FORMATS, OUTPUT_FORMATS, read_vectors
from nlptools.vectors.projection import random_projection
from nlptools.vectors.whitening import Whitening, fit_whitening

run = partial(commandline.run, "vectors")
printed = partial(commandline.printed, "vectors")
refused = partial(commandline.refused, "vectors")
SAMPLE = SAMPLES / "vectors.txt"


@pytest.fixture(autouse=True)
def files(own_folder: None) -> None:
    write("v.txt", SAMPLE.read_bytes())


def values(table: str) -> dict[str, str]:
    lines = [line.split("\t") for line in table.splitlines()]
    assert lines[0] == ["measure", "value"]
    assert all(len(line) == 2 for line in lines)
    return dict(lines)  # type: ignore[arg-type]


# --- check


def test_check() -> None:
    table = printed("check", "v.txt")
    found = read_vectors("v.txt")
    assert table == check_table(check_vectors(found), "tsv")
    shown = values(table)
    matrix = found.array().astype(float)
    assert (shown["vectors"], shown["dimensions"]) == (str(len(matrix)), str(matrix.shape[1]))
    norms = np.linalg.norm(matrix, axis=1)
    assert float(shown["norm_max"]) == pytest.approx(norms.max(), rel=1e-5)
    spread = np.linalg.eigvalsh(np.cov(matrix.T))
    assert float(shown["effective_dimension"]) == pytest.approx(
        spread.sum() ** 2 / (spread**2).sum(), rel=1e-5
    )
    assert int(shown["queries"]) == len(matrix)
    assert int(shown["hub_1_count"]) == int(shown["hub_largest"])
    assert shown["hub_1"] in set(found.words())
    assert printed("check", stdin=SAMPLE.read_bytes()) == table
    assert printed("check", "-", stdin=SAMPLE.read_bytes()) == table


def test_check_as_json() -> None:
    shown = values(printed("check", "v.txt", "--hubs", "3", "--nearest", "4"))
    found = json.loads(
        printed("check", "v.txt", "--format", "json", "--hubs", "3", "--nearest", "4")
    )
    hubs = found.pop("hubs")
    assert [(hub["word"], str(hub["count"])) for hub in hubs] == [
        (shown[f"hub_{i}"], shown[f"hub_{i}_count"]) for i in (1, 2, 3)
    ]
    plain = {name: value for name, value in shown.items() if not re.match(r"measure|hub_\d", name)}
    assert {name: f"{value:.6g}" for name, value in found.items()} == plain
    assert "nearest" in found


def test_closing_line() -> None:
    done = run("check", "v.txt")
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} vectors check \| nearest:10 \| "
        r"60 vectors of 12 dimensions \(word2vec\) \| [\d.]+ MB memory \| [\d.]+ s\n",
        done.err,
    )


def test_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run("check", "v.txt", "--queries", "20")
    assert done.err.splitlines()[0] == (
        "Hubness: 20 of 60 vectors were asked for their neighbours (--queries)."
    )
    shown = values(done.out)
    assert (shown["queries"], shown["antihub_share"]) == ("20", "nan")
    assert shown != values(printed("check", "v.txt", "--queries", "20", "--seed", "1"))
    assert (
        json.loads(printed("check", "v.txt", "--queries", "20", "--format", "json"))[
            "antihub_share"
        ]
        is None
    )
    assert "--queries" not in run("check", "v.txt", "--queries", "60").err
    monkeypatch.setattr(hubness, "EXACT_ROWS", 30)
    monkeypatch.setattr(hubness, "SAMPLE", 25)
    assert values(printed("check", "v.txt"))["queries"] == "25"


def test_arrays() -> None:
    Path("a.safetensors").write_bytes(safetensors_of({"b": MATRIX, "w": MATRIX * 2}))
    Path("words.txt").write_text("\n".join(WORDS), encoding="utf-8")
    options = ("a.safetensors", "--tensor", "w", "--nearest", "2", "--hubs", "1")
    numbered = values(printed("check", *options))
    named = values(printed("check", *options, "--words", "words.txt"))
    assert numbered["hub_1"] == f"[{WORDS.index(named['hub_1'])}]"
    assert refused("check", "a.safetensors") == [
        "Error: a.safetensors: 2 matrices",
        "hint: choose one with --tensor: b (8 x 3), w (8 x 3)",
    ]


# --- whiten


def test_whiten() -> None:
    for name in ("w.txt", "w.bin", "w.npy", "w.safetensors", "w.glove", "w.vec.gz"):
        assert printed("whiten", "v.txt", "-o", name, "--dim", "5") == ""
        white = read_vectors(name).array().astype(float)
        assert white.shape == (60, 5)
        assert np.abs(np.cov(white.T) - np.eye(5)).max() < 1e-6
        given = read_vectors("v.txt")
        assert np.array_equal(white, fit_whitening(given, dim=5).apply(given).array())
    assert list(read_vectors("w.vec.gz").words()) == list(given.words())
    printed("whiten", "v.txt", "-o", "all.npy")
    assert np.load("all.npy").shape == (60, 12)
    assert np.load("all.npy").dtype == np.float32


def test_transform() -> None:
    printed("whiten", "v.txt", "-o", "a.npy", "--dim", "6", "--transform", "t.npz")
    printed("whiten", "v.txt", "-o", "b.npy", "--apply", "t.npz")
    assert Path("a.npy").read_bytes() == Path("b.npy").read_bytes()
    assert Whitening.load("t.npz").matrix.shape == (12, 6)
    printed("whiten", "v.txt", "-o", "c.npy", "--apply", "t.npz", "--dim", "2")
    assert np.allclose(np.load("c.npy"), np.load("a.npy")[:, :2], atol=1e-6)
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    few = "".join(f"{line}\n" for line in lines[1:4]).encode()
    printed("whiten", "-", "-o", "d.txt", "--apply", "t.npz", stdin=few)
    assert np.allclose(read_vectors("d.txt").array(), np.load("a.npy")[:3], atol=1e-6)


def test_format_of_the_output() -> None:
    """--format, else by the name, else as the input."""
    printed("whiten", "v.txt", "-o", "out")
    assert read_vectors("out").format == "word2vec"
    printed("whiten", "v.txt", "-o", "w.bin")
    printed("project", "w.bin", "-o", "out", "--dim", "2")
    assert read_vectors("out").format == "word2vec-bin"
    printed("project", "w.bin", "-o", "x.txt", "--dim", "2", "--format", "npy")
    assert read_vectors("x.txt").format == "npy"
    np.savez("a.npz", MATRIX)
    assert refused("whiten", "a.npz", "-o", "out2", code=2)[-1] == (
        "Error: A npz file is not written: choose another with --format."
    )


def test_words_of_an_output() -> None:
    done = run("whiten", "v.txt", "-o", "a.npy", "--words-output", "words.txt")
    assert "--words-output" not in done.err
    words = Path("words.txt").read_text(encoding="utf-8").splitlines()
    assert words == list(read_vectors("v.txt").words())
    printed("whiten", "a.npy", "--words", "words.txt", "-o", "b.txt")
    assert list(read_vectors("b.txt").words()) == words
    note = run("project", "v.txt", "-o", "a.npy", "--dim", "2").err.splitlines()[0]
    assert note == "a.npy has no words: --words-output FILE writes them."
    assert refused("whiten", "a.npy", "-o", "c.txt") == [
        "Error: word2vec has a word in every row, and these vectors have none",
        "hint: name a list of them: --words FILE",
    ]


def test_directions_without_variance() -> None:
    matrix = np.array([[1, 2, 0], [2, 4, 0], [3, 7, 0], [5, 5, 0]], np.float32)
    Path("a.txt").write_bytes(text_of(matrix, list("abcd")))
    notes = run("whiten", "a.txt", "-o", "b.txt").err.splitlines()
    assert notes[0] == "Only 2 of 3 directions have a variance; the other columns are 0."
    assert not read_vectors("b.txt").array()[:, 2].any()
    printed("whiten", "a.txt", "-o", "b.txt", "--dim", "2")
    assert len(run("whiten", "a.txt", "-o", "b.txt", "--dim", "2").err.splitlines()) == 1


# --- project


def test_project() -> None:
    table = printed("project", "v.txt", "-o", "p.npy", "--dim", "5", "--seed", "3", "--eps", "0.4")
    given = read_vectors("v.txt")
    after = np.load("p.npy")
    assert np.array_equal(after, random_projection(given, 5, seed=3).array())
    before = given.array().astype(float)
    errors = []
    for i in range(60):
        for j in range(i):
            old, new = (
                (m[i].astype(float) - m[j]) @ (m[i].astype(float) - m[j]) for m in (before, after)
            )
            errors.append(abs(new / old - 1))
    shown = values(table)
    assert int(shown["pairs"]) == len(errors) == 60 * 59 // 2
    assert float(shown["distortion_mean"]) == pytest.approx(np.mean(errors), rel=1e-5)
    assert float(shown["distortion_max"]) == pytest.approx(max(errors), rel=1e-5)
    assert float(shown["share_outside"]) == pytest.approx(np.mean(np.array(errors) > 0.4), rel=1e-5)
    assert int(shown["bound_dim"]) == dimension_bounds(60, eps=0.4).jl
    first = Path("p.npy").read_bytes()
    printed("project", "v.txt", "-o", "q.npy", "--dim", "5", "--seed", "3", "--workers", "1")
    assert Path("q.npy").read_bytes() == first
    printed("project", "v.txt", "-o", "q.npy", "--dim", "5")
    assert Path("q.npy").read_bytes() != first
    assert (
        values(printed("project", "v.txt", "-o", "q.npy", "--dim", "5", "--pairs", "7"))["pairs"]
        == "7"
    )


def test_one_vector_can_be_projected() -> None:
    shown = values(printed("project", "-", "-o", "p.txt", "--dim", "2", stdin=b"a 1 2 3\n"))
    assert (shown["pairs"], shown["distortion_mean"]) == ("0", "nan")
    assert read_vectors("p.txt").shape == (1, 2)


# --- errors


@pytest.mark.parametrize(
    "data, lines",
    [
        (b"", ["Error: a.txt: no vectors: the file is empty"]),
        (b"a 1 2\n", ["Error: a.txt: one vector: there is nothing to compare it with"]),
        (b"a 0 0\nb 0 0\n", ["Error: a.txt: all vectors are zero"]),
        (
            b"2 2\na 1 2\nb 1\n",
            [
                "Error: a.txt:3: 1 number in the row, not 2",
                "hint: every row has a word and 2 numbers, as the header says; --bad-rows skip leaves such rows out",
            ],
        ),
        (
            b"2 2\na 1 2\nb nan 1\n",
            ["Error: a.txt:3: nan in column 1", "hint: --bad-rows skip leaves such rows out"],
        ),
        (
            b"a 1 2\na 3 4\n",
            [
                "Error: a.txt:2: the word 'a' a second time, after line 1",
                "hint: keep the first of its vectors: --duplicates first",
            ],
        ),
    ],
)
def test_errors(data: bytes, lines: list[str]) -> None:
    Path("a.txt").write_bytes(data)
    assert refused("check", "a.txt") == lines


def test_errors_leave_no_output() -> None:
    Path("a.txt").write_bytes(b"a 1 2\nb 3 x\n")
    for command in (("whiten",), ("project", "--dim", "2")):
        assert refused(*command, "a.txt", "-o", "out.txt") == [
            "Error: a.txt:2: not a number in column 2: 'x'",
            "hint: --bad-rows skip leaves such rows out",
        ]
    Path("one.txt").write_bytes(b"a 1 2\n")
    assert refused("whiten", "one.txt", "-o", "out.txt") == [
        "Error: one.txt: one vector: it has no covariance"
    ]
    assert refused("whiten", "v.txt", "-o", "out.txt", "--apply", "v.txt")[0].startswith(
        "Error: v.txt: not a whitening: "
    )


@pytest.mark.parametrize(
    "args, message",
    [
        (["whiten", "v.txt", "-o", "o.txt", "--dim", "13"], "--dim 13: there are 12 dimensions."),
        (
            ["whiten", "v.txt", "-o", "o.txt", "--apply", "t.npz", "--transform", "u.npz"],
            "--apply uses a saved transform: leave out --transform and --tolerance.",
        ),
        (
            ["whiten", "v.txt", "-o", "o.txt", "--apply", "t.npz", "--tolerance", "0.1"],
            "--apply uses a saved transform: leave out --transform and --tolerance.",
        ),
        (
            ["whiten", "v.txt", "-o", "o.txt", "--apply", "three.npz"],
            "v.txt has 12 dimensions, three.npz was made for 3.",
        ),
        (["whiten", "v.txt"], "Missing option '-o' / '--output'."),
        (["project", "v.txt", "-o", "o.txt"], "Missing option '--dim'."),
        (["check", "--nearest", "0"], "Invalid value for '--nearest'"),
        (["project", "--eps", "1"], "Invalid value for '--eps'"),
        (["check", "--input-format", "vec"], "Invalid value for '--input-format'"),
    ],
)
def test_usage(args: list[str], message: str) -> None:
    three = read_vectors_of(np.random.default_rng(1).normal(size=(9, 3)))
    fit_whitening(three).save("three.npz")
    assert refused(*args, code=2)[-1].startswith(f"Error: {message}")


def read_vectors_of(matrix: np.ndarray):  # type: ignore[no-untyped-def]
    np.save("three.npy", matrix)
    return read_vectors("three.npy")


def test_choices_are_those_of_the_functions() -> None:
    group = main.commands["vectors"]
    for command in group.commands.values():  # type: ignore[attr-defined]
        choices = {
            option.name: tuple(option.type.choices)
            for option in command.params
            if hasattr(option.type, "choices")
        }
        assert choices["input_format"] == INPUT_FORMATS
        assert choices["duplicates"] == DUPLICATES
        assert choices["bad_rows"] == BAD_ROWS
        table = command.name in ("check", "compare")
        assert choices["format"] == (CHECK_FORMATS if table else OUTPUT_FORMATS)


def test_the_sample_is_as_described() -> None:
    """60 words of data/samples/novel.txt, 12 dimensions, three decimals."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "60 12"
    assert SAMPLE.stat().st_size < 6000
    novel = (SAMPLE.parent / "novel.txt").read_text(encoding="utf-8")
    for line in lines[1:]:
        word, *numbers = line.split(" ")
        assert novel.count(word) >= 4
        assert all(re.fullmatch(r"-?\d\.\d{3}", number) for number in numbers)


# --- bad rows


def test_bad_rows_are_counted_and_named() -> None:
    Path("a.txt").write_bytes("4 2\n上 1 2\n\x1b[2J nan 1\n中 3 4\n下 1 -inf\n".encode())
    done = run("check", "a.txt", "--bad-rows", "skip")
    assert done.err.splitlines()[0] == (
        "a.txt: 2 bad rows left out: line 3 ('\\x1b[2J'): nan in column 1; line 5 ('下'): -inf in column 2"
    )
    assert values(done.out)["vectors"] == values(done.out)["bad_rows"] == "2"
    assert (
        json.loads(printed("check", "a.txt", "--bad-rows", "skip", "--format", "json"))["bad_rows"]
        == 2
    )
    assert run("check", "a.txt", "--bad-rows", "skip", "-q").err == ""
    many = b"".join(b"w%d %s 1\n" % (i, b"nan" if i > 1 else b"%d" % i) for i in range(30))
    note = run("check", "--bad-rows", "skip", stdin=many).err.splitlines()[0]
    assert note.startswith("-: 28 bad rows left out: line 3 ('w2'): ")
    assert note.endswith("; and 18 more")
    for command in (("whiten",), ("project", "--dim", "1")):
        assert "2 bad rows" in run(*command, "a.txt", "-o", "o.npy", "--bad-rows", "skip").err
        assert len(np.load("o.npy")) == 2
    assert values(printed("check", "v.txt", "--limit", "7"))["vectors"] == "7"


# --- compare


def test_compare() -> None:
    printed("whiten", "v.txt", "-o", "w.txt")
    table = printed("compare", "v.txt", "w.txt", "--nearest", "4")
    result = compare_vectors("v.txt", "w.txt", nearest=4)
    assert table == comparison_table(result, "tsv")
    shown = values(table)
    assert (shown["vectors_a"], shown["shared"], shown["nearest"]) == ("60", "60", "4")
    assert float(shown["kl_ab"]) > 0
    found = json.loads(printed("compare", "v.txt", "w.txt", "--nearest", "4", "--format", "json"))
    del shown["measure"]
    assert {name: f"{value:.6g}" for name, value in found.items()} == shown
    assert printed("compare", "-", "w.txt", "--nearest", "4", stdin=SAMPLE.read_bytes()) == table
    same = values(printed("compare", "v.txt", "v.txt"))
    assert [same[name] for name in ("kl_ab", "kl_ba", "bhattacharyya", "wasserstein")] == ["0"] * 4
    assert (same["procrustes_residual"], same["neighbour_overlap"]) == ("0", "1")
    done = run("compare", "v.txt", "w.txt", "--queries", "20")
    assert done.err.splitlines()[0] == "Neighbours: 20 words were asked for theirs (--queries)."


def test_compare_arrays() -> None:
    printed("project", "v.txt", "-o", "p.npy", "--dim", "8")
    printed("whiten", "v.txt", "-o", "w.npy", "--words-output", "words.txt")
    done = run("compare", "v.txt", "p.npy", "--words-b", "words.txt")
    assert done.err.splitlines()[0] == (
        "The dimensions differ: there are no distances between the normal distributions."
    )
    shown = values(done.out)
    assert (shown["kl_ab"], shown["shared"]) == ("nan", "60")
    text = printed("compare", "w.npy", "v.txt", "--words", "words.txt")
    both = run("compare", "v.txt", "w.npy")
    assert both.err.splitlines()[0] == ("B has no words, so none are shared: --words, --words-b.")
    assert values(both.out)["shared"] == "0"
    printed("project", "v.txt", "-o", "v.npy", "--dim", "12")
    numbered = run("compare", "v.npy", "w.npy")
    assert (
        numbered.err.splitlines()[0] == "Neither has words: rows of the same number are compared."
    )
    assert values(numbered.out)["shared"] == values(text)["shared"] == "60"
    assert refused("compare", "v.txt", "p.npy") == [
        "Error: p.npy: 8 dimensions, v.txt 12, and no word is in both",
        "hint: name the words of an array",
    ]


def test_compare_shrinks_what_is_singular() -> None:
    few = SAMPLE.read_bytes().split(b"\n")[1:9]
    Path("few.txt").write_bytes(b"\n".join(few))
    done = run("compare", "few.txt", "v.txt")
    assert re.fullmatch(
        r"The covariance of A has rank 7 of 12: shrunk by 0\.\d+, except for wasserstein\.",
        done.err.splitlines()[0],
    )
    shown = values(done.out)
    assert float(shown["shrinkage_a"]) > 0
    assert shown["shrinkage_b"] == "0"
    assert refused("compare", "few.txt", "v.txt", "--shrinkage", "0") == [
        "Error: few.txt: a covariance of rank 7 of 12 has no inverse",
        "hint: shrink it by more with --shrinkage, or leave that out",
    ]
    given = values(printed("compare", "few.txt", "v.txt", "--shrinkage", "0.2"))
    assert (given["shrinkage_a"], given["shrinkage_b"]) == ("0.2", "0.2")
    assert given["wasserstein"] == shown["wasserstein"]


def test_compare_usage() -> None:
    assert refused("compare", "-", "-", code=2)[-1] == ("Error: stdin can be read only once.")
    assert refused("compare", "v.txt", code=2)[-1] == "Error: Missing argument 'B'."
    assert refused("compare", "v.txt", "v.txt", "--shrinkage", "2", code=2)[-1].startswith(
        "Error: Invalid value for '--shrinkage'"
    )
