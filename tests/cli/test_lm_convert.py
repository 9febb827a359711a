"""`nlptools lm convert`: native to ARPA and back without a change."""

from __future__ import annotations

import gzip
import itertools
import os
import re
from pathlib import Path

import pytest
from commandline import posix, run, shell, write
from lmcases import Models, printed, score
from places import CLINIC, NOVEL

from nlptools import __version__
from nlptools.lm.files import open_lm, read_trie
from nlptools.lm.model import load_lm
from nlptools.lm.smoothing import SMOOTHINGS


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("more", [["--prune", "0"], ["--order", 6], ["--prune", "0,1,2,2"]])
def test_round_trips_are_exact(smoothing: str, more: list[object]) -> None:
    run("lm", "train", NOVEL, "--smoothing", smoothing, *more, "-q", "-o", "a.lm").ok()
    for source, target in itertools.pairwise(["a.lm", "b.arpa", "c.lm", "d.arpa.gz", "e.lm"]):
        run("lm", "convert", source, "-o", target, "-q").ok()
    native = Path("a.lm").read_bytes()
    assert Path("c.lm").read_bytes() == Path("e.lm").read_bytes() == native
    assert gzip.decompress(Path("d.arpa.gz").read_bytes()) == Path("b.arpa").read_bytes()
    run("lm", "convert", "a.lm", "-o", "f.lm", "-q").ok()
    assert Path("f.lm").read_bytes() == native


def test_what_a_file_is_tells_its_content(novel: Models) -> None:
    whole = novel.arpa.read_text("utf-8")
    files = {
        "native.arpa": novel.native.read_bytes(),
        "text.lm": novel.arpa.read_bytes(),
        "packed": gzip.compress(novel.arpa.read_bytes()),
        "crlf": novel.arpa.read_bytes().replace(b"\n", b"\r\n"),
        "marked": b"\xef\xbb\xbf" + novel.arpa.read_bytes(),
    }
    expected = printed("score", "--model", novel.native, CLINIC)
    for name, content in files.items():
        write(name, content)
        assert printed("convert", name) == whole
        assert printed("score", "--model", name, CLINIC) == expected


@posix
def test_a_model_from_a_pipe(novel: Models) -> None:
    done = shell(f"nlptools lm convert <(cat {novel.arpa}) -q")
    assert "a model cannot come from a pipe\nhint: name a file\n" in done.err


def test_convert_there_and_back(novel: Models) -> None:
    write("a", novel.native.read_bytes())
    for source, output, how, expected in (
        ("a", "b", "native", novel.native),
        ("b", "a", "arpa", novel.arpa),
        ("a", "b", "native", novel.native),
    ):
        run("lm", "convert", source, "-o", output, "--format", how, "-q").ok()
        assert Path(output).read_bytes() == expected.read_bytes()
    assert sorted(os.listdir()) == ["a", "b"]


def test_the_closing_line_of_convert(novel: Models) -> None:
    sizes = load_lm(novel.native).sizes()
    done = run("lm", "convert", novel.native, "-o", "out").ok()
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} lm convert \| order:4 \| {sizes[0]:,} symbols \| "
        rf"{sum(sizes):,} n-grams( \| \d+\.\d [MG]B memory)? \| \d+\.\d s\n",
        done.err,
    )


# As SRILM writes: no <unk>, text before \data\, tabs or blanks, back-offs left out, probability 0 as -99.
FOREIGN = """made by hand

\\data\\
ngram 1=4
ngram 2=3

\\1-grams:
-0.5\t</s>
-99\t<s>\t-0.25
-0.7\t天\t-0.125
-1 地

\\2-grams:
-0.1\t<s> 天
-0.2 天 地
-0.3\t地\t</s>

\\end\\
"""


def test_a_model_from_elsewhere() -> None:
    """天地: p(天|<s>) -.1, p(地|天) -.2, p(</s>|地) -.3. 地天: back-off of <s> -.25 and 地 -1; 天 -.7, 地 has no
    back-off; back-off of 天 -.125 and </s> -.5. 龘: -.25 and <unk>, which is not there, -99; </s> -.5.
    """
    write("a.arpa", FOREIGN)
    rows = score("a.arpa", stdin="天地\n地天\n龘\n\n")
    assert [row.log10_prob for row in rows] == [-0.6, -2.575, -99.75, 0]
    assert [row.oov for row in rows] == [0, 0, 1, 0]
    assert [row.per_symbol for row in rows] == [-0.2, -0.8583, -49.875, 0]
    run("lm", "convert", "a.arpa", "-o", "a.lm", "-q").ok()
    assert score("a.lm", stdin="天地\n地天\n龘\n\n") == rows
    done = run("lm", "convert", "a.lm").ok()
    assert done.out.startswith("\\data\\\nngram 1=5\nngram 2=3\n")  # no settings: no line of them
    assert "\n-99\t<unk>\t0\n" in done.out


def test_models_of_both_kinds_are_read_alike(novel: Models) -> None:
    """By the functions of the package, too."""
    native, arpa = (read_trie(path) for path in (novel.native, novel.arpa))
    assert native.vocabulary == arpa.vocabulary
    assert native.settings == arpa.settings
    assert open_lm(novel.native).sizes() == open_lm(novel.arpa).sizes()
