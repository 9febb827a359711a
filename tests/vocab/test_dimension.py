"""`dim` as a function: of a number, of a list, of a corpus; one of them, and the words that are counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.vectors.dimension import dimension_bounds
from nlptools.vocab.dimension import bounds_of

TEXT = "今天天气很好。\n" * 5


def test_of_a_number() -> None:
    assert bounds_of(100_000).exact == 96  # kexue.fm/archives/7695 has it by its formula
    assert bounds_of(100_000, eps=0.2) == dimension_bounds(100_000, eps=0.2)
    with pytest.raises(ValueError, match="eps"):
        bounds_of(100, eps=1)


def test_of_a_list(tmp_path: Path) -> None:
    """Entries, not lines: a word that comes again is the same."""
    (tmp_path / "words.txt").write_text("天气\n今天\n天气\n", encoding="utf-8")
    assert bounds_of(vocab=tmp_path / "words.txt") == dimension_bounds(2)


def test_of_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    found = bounds_of(corpus=tmp_path / "text.txt")
    assert found == bounds_of(corpus=Corpus([tmp_path / "text.txt"]), workers=2)
    assert (
        2 <= found.size <= 6
    )  # 今天 天气 很 好, as the general model cuts them; the mark is no word
    with pytest.raises(DataError, match=r"none of its .* words occurs 6 times"):
        bounds_of(corpus=tmp_path / "text.txt", min_count=6)
    with pytest.raises(DataError, match="no words in it"):
        bounds_of(corpus=Corpus.from_texts(["，。"]))


@pytest.mark.parametrize(
    "given", [{}, {"number": 3, "vocab": "a.txt"}, {"vocab": "a", "corpus": "b"}]
)
def test_one_of_three(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="give a number, a vocab or a corpus, one of them"):
        bounds_of(**given)  # type: ignore[arg-type]
