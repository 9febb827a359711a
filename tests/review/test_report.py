"""`report` as a function: a word list and its corpus -> the page that the command writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.review.compare import compare_corpora, compare_counts
from nlptools.review.report import report_comparison, report_words
from nlptools.text.corpus import Corpus

TEXT = "沈渡秋撑船。松烟派寻沈渡秋，沈渡秋不答。\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("words.txt").write_text("沈渡秋\n松烟派\n不在其中\n", encoding="utf-8")
    Path("text.txt").write_text(TEXT, encoding="utf-8")
    Path("known.txt").write_text("松烟派\n", encoding="utf-8")
    return tmp_path


def test_the_page_of_the_command(files: Path) -> None:
    run("report", "words.txt", "--corpus", "text.txt", "--known", "known.txt", "-o", "a.html").ok()
    page = report_words("words.txt", "text.txt", known={"松烟派"})
    page.save("b.html")
    assert Path("b.html").read_bytes() == Path("a.html").read_bytes()
    assert page.html.encode() == Path("a.html").read_bytes()
    assert page.size == Path("a.html").stat().st_size
    plain = report_words("words.txt", "text.txt")
    assert plain.html != page.html  # known words are marked


def test_what_a_page_says_of_itself(files: Path) -> None:
    page = report_words(files / "words.txt", Corpus.from_texts([TEXT]))
    assert (page.words, page.missing) == (3, ["不在其中"])
    assert repr(page) == f"Page(3 words, {page.size / 1e6:.1f} MB)"
    assert "<title>words.txt" in page.html


def test_the_name_is_that_of_the_list(files: Path) -> None:
    page = report_words("words.txt", "text.txt", name="渡口.txt")
    assert "<title>渡口.txt" in page.html


def test_arguments(files: Path) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        report_words("words.txt", "text.txt", contexts=-1)
    with pytest.raises(TypeError, match="corpus must be a Corpus, a path or a list of paths"):
        report_words("words.txt", iter([TEXT]))  # type: ignore[arg-type]


def test_the_page_of_a_comparison(files: Path) -> None:
    Path("old.txt").write_text("撑船，撑船。\n", encoding="utf-8")
    given = ("compare", "old.txt", "text.txt", "--words", "words.txt")
    run(*given, "--report", "a.html").ok()
    found = compare_corpora("old.txt", "text.txt", words=["不在其中", "松烟派", "沈渡秋"])
    report_comparison(found).save("b.html")
    assert Path("b.html").read_bytes() == Path("a.html").read_bytes()


def test_counts_alone_have_no_contexts() -> None:
    found = compare_counts(["新"], np.array([[0, 9]]), [10, 10], ["旧", "新"], 1)
    with pytest.raises(ValueError, match="not one of corpora"):
        report_comparison(found)


def test_memory_changes_no_page(files: Path) -> None:
    Path("long.txt").write_text(TEXT * 20_000, encoding="utf-8")  # several blocks within 128 MB
    pages = [
        report_words("words.txt", "long.txt", memory=memory).html for memory in (128 * 10**6, 10**9)
    ]
    assert pages[0] == pages[1]
    with pytest.raises(ValueError, match="at least 128 MB"):
        report_words("words.txt", "long.txt", memory=10**6)
