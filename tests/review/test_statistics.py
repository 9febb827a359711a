"""The statistics of compare: worked numbers, what they say of each other, and the columns of the command."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from commandline import run, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlptools.errors import NlptoolsError
from nlptools.review.compare import compare_corpora
from nlptools.review.statistics import STATISTICS, dispersion, log_likelihood, log_ratio


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_log_likelihood_worked() -> None:
    """2 (a ln(a / E_a) + b ln(b / E_b)); by hand for 30 of 1,000 against 10 of 3,000: E 10 and 30."""
    found = log_likelihood(np.array([30, 10, 0]), np.array([10, 30, 5]), 1000, 3000)
    assert found[0] == pytest.approx(2 * (30 * math.log(3) + 10 * math.log(1 / 3)))  # 43.9445
    assert found[1] == pytest.approx(0)
    # Nothing in A: 2 x 5 ln(5 / 3.75).
    assert found[2] == pytest.approx(10 * math.log(4 / 3))


def test_log_ratio_worked() -> None:
    """Hardie: a binary logarithm; 0 occurrences count half a one."""
    found = log_ratio(np.array([10, 40, 0, 3]), np.array([40, 10, 8, 3]), 1000, 1000)
    assert found.tolist() == [2, -2, 4, 0]


def test_dispersion_worked() -> None:
    """Shares .5 .25 .25 0 against .25 each: |.25| + 0 + 0 + |.25| = .5, half is .25, of .75 at most."""
    found = dispersion(np.array([[2, 1, 1, 0], [0, 0, 7, 0], [3, 3, 3, 3], [0, 0, 0, 0]]))
    assert found[0] == pytest.approx(1 / 3)
    assert found[1:3].tolist() == [1, 0]
    assert math.isnan(found[3])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 500), st.integers(0, 500), st.integers(501, 9999), st.integers(501, 9999))
def test_the_other_way_round(a: int, b: int, total_a: int, total_b: int) -> None:
    pair = np.array([a]), np.array([b])
    likelihood = log_likelihood(*pair, total_a, total_b)[0]
    assert likelihood >= 0
    assert likelihood == pytest.approx(log_likelihood(*pair[::-1], total_b, total_a)[0])
    assert log_ratio(*pair, total_a, total_b)[0] == pytest.approx(
        -log_ratio(*pair[::-1], total_b, total_a)[0]
    )


def test_columns_on_request() -> None:
    write("a.txt", "山水，山水。\n云\n")
    write("b.txt", "云中寨，云中寨。\n山水\n云中寨\n水\n")
    write("words.txt", "云中寨\n山水\n云\n")
    options = ["--words", "words.txt", "--fallen", "-q"]
    for name in STATISTICS:
        options += ["--statistic", name]
    table = run("compare", "a.txt", "b.txt", *options).ok().out
    rows = {row["word"]: row for row in csv.DictReader(io.StringIO(table), delimiter="\t")}
    assert list(rows["云"])[-5:] == ["new", *STATISTICS]
    new = rows["云中寨"]
    # 0 of 5 symbols and 3 of 12: 2 x 3 ln(3 / (12 x 3 / 17)); log2((3 / 12) / (.5 / 5)).
    assert new["log_likelihood"] == f"{6 * math.log(17 / 12):.4f}"
    assert new["log_ratio"] == f"{math.log2(2.5):.4f}"
    assert (new["documents"], rows["山水"]["documents"]) == ("2", "1")
    assert rows["山水"]["dispersion"] == "1.0000"
    first = json.loads(
        run("compare", "a.txt", "b.txt", *options, "--format", "jsonl").ok().out.splitlines()[0]
    )
    assert (first["word"], first["documents"]) == ("云中寨", 2)
    found = compare_corpora("a.txt", "b.txt", words=["云中寨"], statistic=["documents"])
    assert found.to_frame()["documents"].tolist() == [2]
    assert [word.word for word in found] == ["云中寨"]
    assert "documents" not in run("compare", "a.txt", "b.txt", "-q").ok().out


def test_several_files_are_documents(tmp_path: Path) -> None:
    write("a.txt", "山水\n")
    (tmp_path / "b").mkdir()
    for i, text in enumerate(["云中寨\n云中寨\n", "云中寨\n", "山水\n"]):
        (tmp_path / "b" / f"{i}.txt").write_text(text, encoding="utf-8")
    found = compare_corpora(
        "a.txt", str(tmp_path / "b"), words=["云中寨"], statistic=("documents",)
    )
    assert found.more["documents"].tolist() == [2]


def test_what_has_no_text() -> None:
    write("a.tsv", "word\tcount\n山水\t3\n")
    write("b.tsv", "word\tcount\n山水\t6\n云\t2\n")
    found = compare_corpora("a.tsv", "b.tsv", statistic=["log_ratio"])
    assert found.columns[-1] == "log_ratio"
    with pytest.raises(NlptoolsError, match="dispersion is one of the text, and here is a word"):
        compare_corpora("a.tsv", "b.tsv", statistic=["log_ratio", "dispersion"])
    with pytest.raises(ValueError, match="statistic must be of log_likelihood, "):
        compare_corpora("a.tsv", "b.tsv", statistic=["chi"])
