"""`nlptools lm score` sorted, in part and summed up; and what KenLM says of the same model."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from pathlib import Path

import pytest
from commandline import run
from lmcases import HEADER, Models, printed, rows_of, score, totals_of
from places import CLINIC, NOVEL, STARTUP

from nlptools import __version__
from nlptools.ngrams.symbols import split_symbols

# --- score: sorted, some, all together -------------------------------------------------------


def test_sort(novel: Models) -> None:
    text = CLINIC.read_text("utf-8") + "\n \n" + NOVEL.read_text("utf-8") + "\n龘\n龘\n"
    rows = score(novel.native, stdin=text)
    ordered = score(novel.native, "--sort", stdin=text)
    expected = sorted(rows, key=lambda row: (row.symbols == 0, row.per_symbol, row.line))
    near = [(a.per_symbol, b.per_symbol) for a, b in zip(ordered, expected, strict=True)]
    assert all(a == b for a, b in near)  # rounded: lines of one score may change places
    assert sorted(row.line for row in ordered) == [row.line for row in rows]
    assert [row.text for row in ordered[-3:]] == ["", " ", ""]
    assert [row.line for row in ordered if row.text == "龘"] == sorted(
        row.line for row in rows if row.text == "龘"
    )
    assert ordered != rows
    for line in ordered[:5]:
        assert line in rows
    again = printed("score", "--model", novel.native, "--sort", "--workers", 1, stdin=text)
    assert rows_of(again) == ordered
    found = printed("score", "--model", novel.native, "--sort", "--format", "jsonl", stdin=text)
    assert [json.loads(line)["line"] for line in found.splitlines()] == [r.line for r in ordered]


def test_the_oddest_lines_are_those_of_another_text(novel: Models) -> None:
    """What it is for: of the story and the hospital column, the column stands first."""
    ordered = score(novel.native, NOVEL, CLINIC, "--sort", "--top", 50)
    assert [row.source for row in ordered] == [str(CLINIC)] * 50


def test_top(novel: Models) -> None:
    rows, ordered = score(novel.native, CLINIC), score(novel.native, CLINIC, "--sort")
    for top in (1, 5, 59, 1000):
        assert score(novel.native, CLINIC, "--top", top) == rows[:top]
        assert score(novel.native, CLINIC, "--sort", "--top", top) == ordered[:top]
    jsonl = printed("score", "--model", novel.native, "--format", "jsonl", "--top", 2, CLINIC)
    assert jsonl.count("\n") == 2
    # The closing line is of everything all the same.
    for more in ([], ["--top", 3], ["--sort", "--top", 3], ["--totals"]):
        err = run("lm", "score", "--model", novel.native, CLINIC, *more).ok().err
        assert " | 59 lines | 7,311 symbols | 1,257 unknown | " in err


def test_min_symbols(novel: Models) -> None:
    text = "天地\n\n沈渡秋没有答话。\n 天 地 玄 \n" + NOVEL.read_text("utf-8")
    rows = score(novel.native, stdin=text)
    assert score(novel.native, "--min-symbols", 0, stdin=text) == rows
    for least in (1, 3, 4, 60, 10_000):
        kept = [row for row in rows if row.symbols >= least]
        assert len(kept) < len(rows)
        assert score(novel.native, "--min-symbols", least, stdin=text) == kept
        some = ["--min-symbols", least, "--top", 2]
        assert score(novel.native, *some, stdin=text) == kept[:2]
        ordered = score(novel.native, *some, "--sort", stdin=text)
        assert [row.per_symbol for row in ordered] == sorted(row.per_symbol for row in kept)[:2]
    # What is not printed is counted all the same.
    done = run("lm", "score", "--model", novel.native, "--min-symbols", 9, stdin="天地\n\n").ok()
    assert done.out == HEADER + "\n"
    assert " | 2 lines | 2 symbols | 0 unknown | " in done.err


def test_the_closing_line_of_nothing(novel: Models) -> None:
    for text, lines in (("", 0), ("\n \n", 2)):
        err = run("lm", "score", "--model", novel.native, stdin=text).ok().err
        assert f" | {lines} lines | nothing to score | " in err


TOTALS = [
    *("lines", "sentences", "symbols", "oov", "log10_prob", "oov_log10_prob"),
    *("perplexity", "perplexity_without_oov"),
]


def test_totals(novel: Models) -> None:
    rows = score(novel.native, CLINIC, STARTUP)
    totals = totals_of(novel.native, CLINIC, STARTUP)
    assert list(totals) == TOTALS
    assert totals["lines"] == totals["sentences"] == len(rows) == 59 + 94
    assert totals["symbols"] == sum(row.symbols for row in rows)
    assert totals["oov"] == sum(row.oov for row in rows) > 0
    assert totals["log10_prob"] == pytest.approx(sum(row.log10_prob for row in rows), abs=0.01)
    number = totals["symbols"] + totals["sentences"]
    assert totals["perplexity"] == pytest.approx(10 ** (-totals["log10_prob"] / number), rel=1e-6)
    known = totals["log10_prob"] - totals["oov_log10_prob"]
    without = 10 ** (-known / (number - totals["oov"]))
    assert totals["perplexity_without_oov"] == pytest.approx(without, rel=1e-6)
    assert totals["oov_log10_prob"] < 0
    table = printed("score", "--model", novel.native, "--totals", CLINIC, STARTUP)
    assert re.match(r"lines\t153\nsentences\t153\nsymbols\t\d+\noov\t\d+\nlog10_prob\t-\d", table)
    as_json = printed("score", "--model", novel.native, "--totals", "--format", "jsonl", CLINIC)
    alone = totals_of(novel.native, CLINIC)
    assert json.loads(as_json) == alone
    done = run("lm", "score", "--model", novel.native, CLINIC, "--totals", "-o", "out").ok()
    assert Path("out").read_text("utf-8").startswith("lines\t59\n")
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} lm score \| order:4 \| 7,370 characters in 21\.8 kB \| "
        rf"59 lines \| 7,311 symbols \| 1,257 unknown \| log10 probability {alone['log10_prob']:,.2f}"
        rf" \| perplexity {alone['perplexity']:.4g}, without unknown symbols "
        rf"{alone['perplexity_without_oov']:.4g}( \| \d+\.\d [MG]B memory)? \| \d+\.\d s\n",
        done.err,
    )


@pytest.mark.parametrize("text, lines", [("", 0), ("\n", 1), ("\n \n\t\n", 3)])
def test_totals_of_nothing(novel: Models, text: str, lines: int) -> None:
    totals = totals_of(novel.native, stdin=text)
    assert list(totals) == TOTALS
    assert [totals[name] for name in TOTALS[:6]] == [lines, 0, 0, 0, 0, 0]
    assert all(math.isnan(totals[name]) for name in TOTALS[6:])
    found = printed("score", "--model", novel.native, "--totals", "--format", "jsonl", stdin=text)
    as_json = json.loads(found, parse_constant=pytest.fail)
    assert [as_json[name] for name in TOTALS] == [lines, 0, 0, 0, 0, 0, None, None]


def test_a_text_fits_its_own_model(novel: Models) -> None:
    own, other = totals_of(novel.native, NOVEL), totals_of(novel.native, CLINIC)
    assert own["perplexity"] < other["perplexity_without_oov"] < other["perplexity"]
    assert own["oov"] == 0


@pytest.mark.parametrize("how", [[], ["--format", "jsonl"], ["--sort"], ["--totals"]])
def test_the_file_is_what_is_printed(novel: Models, how: list[str]) -> None:
    whole = printed("score", "--model", novel.native, CLINIC, *how)
    done = run("lm", "score", "--model", novel.native, CLINIC, *how, "-q", "-o", "out").ok()
    assert (done.out, done.err) == ("", "")
    assert Path("out").read_bytes().decode() == whole
    assert os.listdir() == ["out"]


# --- KenLM -----------------------------------------------------------------------------------


@pytest.mark.skipif(not importlib.util.find_spec("kenlm"), reason="no kenlm: pip install kenlm")
@pytest.mark.parametrize("sentences, latin", [("line", "char"), ("line", "run"), ("clause", "run")])
@pytest.mark.parametrize("order", [2, 4])
def test_kenlm_gives_the_same_scores(sentences: str, latin: str, order: int) -> None:
    import kenlm

    how = ["--sentences", sentences, "--latin", latin, "--order", order]
    run("lm", "train", STARTUP, *how, "-q", "-o", "m.arpa").ok()
    run("lm", "convert", "m.arpa", "-o", "m.lm", "-q").ok()
    model = kenlm.Model("m.arpa")
    rows = score("m.lm", CLINIC)
    lines = CLINIC.read_text("utf-8").split("\n")[:-1]
    assert len(rows) == len(lines)
    for row, line in zip(rows, lines, strict=True):
        found = [" ".join(words) for words in sentences_of(line, sentences, latin)]
        expected = sum(model.score(words) for words in found)
        assert row.log10_prob == pytest.approx(expected, abs=1e-3)
        assert row.oov == sum(is_oov for words in found for *_, is_oov in model.full_scores(words))
    assert any(row.oov for row in rows)


def sentences_of(line: str, sentences: str, latin: str) -> list[list[str]]:
    """The symbols of a line; marks are symbols of their own in a sentence that is a line."""
    symbols = split_symbols(line, latin)
    if sentences == "clause":
        whole = " ".join(symbol or "\n" for symbol in symbols)
        return [part.split() for part in whole.split("\n") if part.split()]
    words, at = [], 0
    for symbol in filter(None, symbols):
        place = line.index(symbol, at)
        words += [*"".join(line[at:place].split()), symbol]
        at = place + len(symbol)
    return [[*words, *"".join(line[at:].split())]]
