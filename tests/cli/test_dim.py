"""`nlptools dim` as people meet it: numbers, lists, texts, three formats, the plot, errors."""

from __future__ import annotations

import gzip
import importlib
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import commandline
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import write

from nlptools import __version__
from nlptools.errors import install_hint
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.vectors.dimension import BOUNDS, Bounds, capacity, dimension_bounds
from nlptools.vocab.wordcount import count_words

run = partial(commandline.run, "dim")
printed = partial(commandline.printed, "dim")
refused = partial(commandline.refused, "dim")
HEADER = (
    *("kind", "source", "size", "exact", "published", "published_8", "asymptotic"),
    *("eps", "jl", "jl_exists", "jl_sklearn"),
)
TEXT = "葡萄和葡萄，苹果和5G。\n" * 5 + "葡萄 2026\n"


@pytest.fixture(autouse=True)
def files(own_folder: None) -> None:
    write("vocab.txt", "[PAD]\ning\n##ing\n的\n的\n")
    write("text.txt", TEXT)


def rows(*args: str, stdin: str | bytes | None = None) -> list[dict[str, str]]:
    """The lines of the TSV by column."""
    header, *lines = (
        line.split("\t") for line in printed(*args, stdin=stdin).removesuffix("\n").split("\n")
    )
    return [dict(zip(header, line, strict=True)) for line in lines]


# --- formats ----------------------------------------------------------------------------------


def test_tsv() -> None:
    assert printed("100000", "5e6", "--length", "512", "--eps", "0.5") == (
        "\t".join(HEADER) + "\n"
        "words\t\t100000\t96\t95.90\t92.10\t95.70\t0.5\t1106\t737\t552\n"
        "words\t\t5000000\t128\t128.49\t123.40\t128.22\t0.5\t1481\t988\t740\n"
        "length\t\t512\t52\t51.97\t49.91\t51.86\t0.5\t599\t400\t299\n"
    )


def test_the_default_eps() -> None:
    (row,) = rows("100000")
    assert (row["eps"], row["jl"], row["jl_sklearn"]) == ("0.1", "27632", "9868")


def test_jsonl() -> None:
    first, second = printed("100000", "--vocab", "vocab.txt", "--format", "jsonl").splitlines()
    assert json.loads(first) == {
        **{"kind": "words", "source": None, "size": 100_000, "exact": 96, "published": 95.9},
        **{"published_8": 92.1, "asymptotic": 95.7, "eps": 0.1},
        **{"jl": 27_632, "jl_exists": 18_421, "jl_sklearn": 9_868},
    }
    assert tuple(json.loads(first)) == HEADER
    found = json.loads(second)
    assert (found["kind"], found["source"], found["size"]) == ("vocab", "vocab.txt", 4)


def test_python_twin() -> None:
    found = json.loads(printed("12345", "--eps", "0.25", "--format", "jsonl"))
    twin = vars(dimension_bounds(12_345, eps=0.25))
    assert {name: found[name] for name in twin} == {
        name: round(value, 2) if name in ("published", "published_8", "asymptotic") else value
        for name, value in twin.items()
    }
    assert HEADER[2:] == tuple(Bounds.__dataclass_fields__)


TABLE = """\
dimensions by bound   exact  8.33 ln N  8 ln N  8.3123 ln N      JL  JL, exists  JL, sklearn
100,000 words            96      95.90   92.10        95.70  27,632      18,421        9,868
1 word                    1       0.00    0.00         0.00       1           1            0
vocab.txt: 4 entries     12      11.55   11.09        11.52   3,328       2,219        1,188
length 512               52      51.97   49.91        51.86  14,972       9,982        5,347
"""


def test_text() -> None:
    args = ("1e5", "1", "--vocab", "vocab.txt", "--length", "512", "--format", "text")
    text = printed(*args)
    table, explained, caveat = text.split("\n\n")
    assert table + "\n" == TABLE
    assert max(map(len, text.split("\n"))) <= 100
    said = " ".join(explained.split())
    for name, bound in BOUNDS.items():
        assert said.count(f"{bound.meaning} [{bound.source}]") == 1
        eps = ", eps = 0.1" if name.startswith("jl") else ""
        assert f"\n{bound.name:<13}{bound.formula}{eps}\n" in f"\n{explained}\n"
    assert "not the best dimension" in " ".join(caveat.split())


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed, number",
    [
        ("100000", 100_000),
        ("100_000", 100_000),
        ("100,000", 100_000),
        ("1e5", 100_000),
        ("1E+5", 100_000),
        ("1.5e3", 1_500),
        ("21128e0", 21_128),
        ("007", 7),
        ("1e100", 10**100),
        ("123456789012345678901234567890", 123456789012345678901234567890),
    ],
)
def test_ways_to_write_a_number(typed: str, number: int) -> None:
    (row,) = rows(typed)
    assert int(row["size"]) == number
    assert int(row["exact"]) == dimension_bounds(number).exact


NONSENSE = (
    *("abc", "", "1.5", "1e-5", "1.23e1", "nan", "inf", "0x10", "100k", "10,00", "1,0000", "1__0"),
    *("_1", "1_", "1 000", "١٢", "１００", "十"),
)


@pytest.mark.parametrize("typed", NONSENSE)
def test_no_number(typed: str) -> None:
    problem = f"Invalid value for '[N]...': {typed!r} is no whole number; examples: 100000,"
    usage(typed, problem=problem)


@pytest.mark.parametrize(
    "args, problem",
    [
        (("0",), "Invalid value for '[N]...': 0 is below 1"),
        (("5", "0e5"), "Invalid value for '[N]...': 0e5 is below 1"),
        (("-5",), "A number of words is at least 1."),
        (("-100", "7"), "A number of words is at least 1."),
        (("1e101",), "Invalid value for '[N]...': 1e101 is above 1e+100"),
        (("9" * 5000,), f"Invalid value for '[N]...': {'9' * 24} is above 1e+100"),
        (("1.5e999999999",), "1.5e999999999 is above 1e+100"),
        (("--length", "0"), "Invalid value for '--length': 0 is below 1"),
        (("--length", "x"), "Invalid value for '--length': 'x' is no whole number"),
        (("--inverse", "0"), "Invalid value for '--inverse': 0 is below 1"),
        (("--inverse", "16385"), "Invalid value for '--inverse': 16385 is above 16,384"),
        (("5", "--eps", "0"), "Invalid value for '--eps'"),
        (("5", "--eps", "1"), "Invalid value for '--eps'"),
        (("5", "--eps", "nan"), "Invalid value for '--eps': 'nan' is not a number"),
        (("5", "--format", "csv"), "Invalid value for '--format'"),
        (("5", "--lenght", "5"), "No such option"),
        ((), "Give a number of words, or --vocab, --corpus, --length or --inverse."),
        (("5", "--inverse", "5"), "--inverse prints a table of its own: give it alone."),
        (
            ("--inverse", "5", "--vocab", "vocab.txt"),
            "--inverse prints a table of its own: give it alone.",
        ),
        (("5", "--min-count", "5"), "--min-count goes with --corpus."),
        (("--vocab", "vocab.txt", "--encoding", "gbk"), "--encoding goes with --corpus."),
        (("5", "--fold", "lower"), "--fold goes with --corpus."),
        (("--vocab", "-", "--corpus", "-"), "stdin can be read only once"),
        (("--vocab", "-", "--vocab", "-"), "stdin can be read only once"),
        (("--corpus", "text.txt", "--min-count", "0"), "Invalid value for '--min-count'"),
        (
            ("--corpus", "text.txt", "--field", "a", "--column", "b"),
            "--field is for JSON Lines, --column for CSV and TSV: give one of them.",
        ),
        (("5", "--plot", "bound.jpg"), "--plot FILE ends in .svg, .png, .pdf."),
        (("5", "--plot", "svg"), "--plot FILE ends in .svg, .png, .pdf."),
    ],
)
def test_usage(args: tuple[str, ...], problem: str) -> None:
    usage(*args, problem=problem)


def usage(*args: str, problem: str) -> None:
    """Exit code 2, and one line that says what is wrong."""
    first, *_, error = refused(*args, code=2)
    assert first.startswith("Usage: nlptools dim ")
    assert error.startswith("Error: ")
    assert problem in error


# --- lists and texts --------------------------------------------------------------------------


def test_vocab() -> None:
    """4 entries: 2 ln 4 = 2.7726, h_11 = -2.7248, h_12 = -2.9651."""
    (row,) = rows("--vocab", "vocab.txt")
    assert (row["kind"], row["source"], row["size"], row["exact"]) == (
        *("vocab", "vocab.txt"),
        *("4", "12"),
    )
    done = run("--vocab", "vocab.txt")
    assert done.err.split(" | ")[2] == "vocab.txt: 4 entries (1 more repeat one)"


def test_several_lists() -> None:
    Path("other.txt.gz").write_bytes(gzip.compress("词\n词语\n".encode()))
    found = rows("--vocab", "vocab.txt", "9", "--vocab", "other.txt.gz", "--length", "8")
    assert [(row["kind"], row["source"], row["size"]) for row in found] == [
        ("words", "", "9"),
        ("vocab", "vocab.txt", "4"),
        ("vocab", "other.txt.gz", "2"),
        ("length", "", "8"),
    ]


def test_stdin() -> None:
    (row,) = rows("--vocab", "-", stdin="词\n词语\n")
    assert (row["source"], row["size"]) == ("-", "2")
    text = rows("--corpus", "-", "--min-count", "2", stdin=TEXT)
    assert text[0]["size"] == rows("--corpus", "text.txt", "--min-count", "2")[0]["size"]


def test_a_file_name_breaks_no_line() -> None:
    Path("a\tb.txt").write_text("词\n", encoding="utf-8")
    (row,) = rows("--vocab", "a\tb.txt")
    assert row["source"] == "a b.txt"
    found = json.loads(printed("--vocab", "a\tb.txt", "--format", "jsonl"))
    assert found["source"] == "a\tb.txt"


def test_corpus() -> None:
    """葡萄 11, 和 10, 苹果 5, 5G 5; 2026 and punctuation are no words."""
    segmented = Segmenter.load().segment(TEXT.split("\n")[0])
    assert segmented == ["葡萄", "和", "葡萄", "，", "苹果", "和", "5G", "。"]
    (row,) = rows("--corpus", "text.txt")
    assert (row["kind"], row["source"], row["size"]) == ("corpus", "text.txt", "4")
    assert rows("--corpus", "text.txt", "--min-count", "6")[0]["size"] == "2"
    twice = rows("--corpus", "text.txt", "--corpus", "text.txt", "--min-count", "22")
    assert [(row["source"], row["size"]) for row in twice] == [("text.txt text.txt", "1")]


def test_corpus_twin() -> None:
    found = count_words(Corpus(["text.txt"]), Segmenter.load(), min_count=2)
    assert rows("--corpus", "text.txt", "--min-count", "2")[0]["size"] == str(found.words)
    assert found.words == 4


def test_the_text_of_a_corpus() -> None:
    text = printed("--corpus", "text.txt", "--min-count", "6", "--format", "text")
    assert text.split("\n")[1].startswith("text.txt: 2 words (count >= 6)  ")


def test_reading_options() -> None:
    Path("text.jsonl").write_text(
        '{"title": "x", "body": "Word word"}\n{"title": "y", "body": "葡萄"}\n', encoding="utf-8"
    )
    args = ("--corpus", "text.jsonl", "--field", "body", "--min-count", "1")
    assert rows(*args)[0]["size"] == "3"
    assert rows(*args, "--fold", "lower")[0]["size"] == "2"
    Path("gbk.txt").write_bytes(TEXT.encode("gb18030"))
    assert rows("--corpus", "gbk.txt", "--encoding", "gb18030")[0]["size"] == "4"


def test_closing_line() -> None:
    done = run("--corpus", "text.txt", "--min-count", "6", "--eps", "0.5")
    assert done.code == 0
    (line,) = done.err.splitlines()
    parts = line.split(" | ")
    assert parts[:2] == [f"nlptools {__version__} dim", "eps:0.5 min_count:6"]
    assert parts[2] == f"{len(TEXT)} characters in {len(TEXT.encode())} B"
    assert parts[3] == "2 of 4 words, 31 tokens"
    assert parts[-1].endswith(" s")
    assert run("7").err.split(" | ")[:2] == [f"nlptools {__version__} dim", "eps:0.1"]


def test_bad_data() -> None:
    assert refused("--vocab", "none.txt") == ["Error: none.txt: no such file"]
    assert refused("--corpus", "none.txt") == ["Error: none.txt: no such file"]
    assert refused("5", "--vocab", "-", stdin="\n") == [
        "Error: -: no entries",
        "hint: name a list with a word on each line",
    ]
    assert refused("--corpus", "-", stdin="2026 ，\n") == ["Error: -: no words in it"]
    assert refused("--corpus", "text.txt", "--min-count", "1000") == [
        "Error: text.txt: none of its 4 words occurs 1,000 times",
        "hint: give a smaller --min-count",
    ]
    error, hint = refused("--corpus", "-", stdin=TEXT.encode("gb18030"))
    assert error.startswith("Error: -:1: not UTF-8")
    assert "--encoding gb18030" in hint


# --- backwards --------------------------------------------------------------------------------


def test_inverse() -> None:
    assert printed("--inverse", "128", "--inverse", "1000", "--eps", "0.5").splitlines()[:2] == [
        "\t".join(("dimension", *HEADER[3:])),
        "128\t5055144\t4714467\t8886110\t4870846\t0.5\t3\t7\t14",
    ]
    found = json.loads(printed("--inverse", "300", "--format", "jsonl"))
    assert (found["dimension"], found["exact"]) == (300, 4_899_585_299_205_556)
    assert "kind" not in found


def test_inverse_as_text() -> None:
    lines = printed("--inverse", "128", "--inverse", "300", "--format", "text").split("\n")
    assert [line.split()[:5] for line in lines[1:3]] == [
        ["128", "5,055,144", "4,714,467", "8,886,110", "4,870,846"],
        ["300", "4.899e15", "4.373e15", "1.932e16", "4.721e15"],
    ]
    assert lines[0].startswith("words that fit, by bound  ")


def test_the_largest_inverse() -> None:
    (row,) = rows("--inverse", "16384")
    assert row["exact"] == str(capacity(16_384))


# --- the plot ---------------------------------------------------------------------------------


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is counted; nothing is left behind."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert refused("--corpus", "none.txt", "--plot", "bound.svg") == [
        "Error: drawing a plot needs the module matplotlib",
        f"hint: {install_hint('plot')}",
    ]
    assert not Path("bound.svg").exists()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The pictures that are drawn, as their axes."""
    # The first import lists the fonts, and says so on stderr where that takes long.
    pytest.importorskip("matplotlib.font_manager", reason="no matplotlib: bin/setup plot")
    dimplot = importlib.import_module("nlptools.vectors.dimension_plot")
    found: list[Any] = []
    draw = dimplot._draw

    def watch(axes: Any, points: Any) -> None:
        draw(axes, points)
        found.append(axes)

    monkeypatch.setattr(dimplot, "_draw", watch)
    return found


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize(
    "name, begins", [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")]
)
def test_plot(name: str, begins: bytes, drawn: list[Any]) -> None:
    table = printed("100000", "5e6", "--length", "512", "--plot", name)
    assert table == printed("100000", "5e6", "--length", "512")
    picture = Path(name).read_bytes()
    assert picture.startswith(begins)
    printed("100000", "5e6", "--length", "512", "--plot", name)
    assert Path(name).read_bytes() == picture
    axes = drawn[0]
    assert {"100,000 words: n = 96", "5,000,000 words: n = 128", "length 512: n = 52"} <= set(
        texts(axes)
    )
    assert "512 words: n = 52" not in texts(axes)
    points = {
        (x, y) for line in axes.lines if len(line.get_xdata()) == 1 for x, y in line.get_xydata()
    }
    assert points == {(5.0, 96.0), (np.log10(5e6), 128.0), (np.log10(512), 52.0)}


def test_the_line_of_the_plot(drawn: list[Any]) -> None:
    """It goes through (N, n) where exactly N words fit, and the usual sizes are marked."""
    printed("100000", "--plot", "a.png")
    (axes,) = drawn
    curve = max(axes.lines, key=lambda line: len(line.get_xdata()))
    across = dict(zip(curve.get_ydata().tolist(), curve.get_xdata().tolist(), strict=True))
    for n in (64, 96, 128):
        assert np.log10(capacity(n)) <= across[n] < np.log10(capacity(n) + 1)
    sizes = [50, 64, 100, 128, 200, 256, 300, 512, 768, 1024]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == list(map(str, sizes))
    level = {line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [0, 1]}
    assert level == set(sizes)
    assert {"425 words", "174,116 words", "5,055,144 words"} <= set(texts(axes))
    assert r"$3.28\times10^{53}$ words" in texts(axes)


def test_plot_of_dimensions(drawn: list[Any]) -> None:
    printed("--inverse", "64", "--inverse", "16384", "--plot", "a.svg")
    assert "2,290 words: n = 64" in texts(drawn[0])
    assert r"$1.07\times10^{856}$ words: n = 16,384" in texts(drawn[0])


def test_plot_of_few_and_many(drawn: list[Any]) -> None:
    """Everything lies within the picture; names that would meet are apart, or left out."""
    printed("1", "2", "1e100", *map(str, range(1000, 1100, 5)), "--plot", "a.svg")
    (axes,) = drawn
    assert axes.get_xlim() == pytest.approx((-0.3, 100.3))
    for line in axes.lines:
        if len(line.get_xdata()) == 1:
            x, y = line.get_xydata()[0]
            assert axes.get_xlim()[0] <= x <= axes.get_xlim()[1]
            assert axes.get_ylim()[0] <= y <= axes.get_ylim()[1]
    shown = [tick.get_text() for tick in axes.get_yticklabels()]
    assert "256" in shown
    assert "300" not in shown  # its name would lie on that of 256
    named = [text for text in axes.texts if ": n = " in text.get_text()]
    assert 4 <= len(named) < 23
    boxes = [text.get_window_extent() for text in named]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_a_plot_that_cannot_be_written(drawn: list[Any]) -> None:
    (error,) = refused("5", "--plot", "none/a.svg")
    assert error.startswith("Error: none/a.svg: cannot write: ")
    Path("a.svg").mkdir()
    assert refused("5", "--plot", "a.svg")[0] == "Error: a.svg: is a folder"


def test_another_kind_of_picture() -> None:
    dimplot = importlib.import_module("nlptools.vectors.dimension_plot")
    with pytest.raises(ValueError, match=r"must end in one of \.svg, \.png, \.pdf, not '\.gif'"):
        dimplot.plot_bounds("a.gif", sizes=[5])
