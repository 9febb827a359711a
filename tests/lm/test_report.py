"""Rows of scored lines: the same and as fast however the text lies in files."""

from __future__ import annotations

import cProfile
import random
from pathlib import Path

import pytest

from nlptools.lm.model import LanguageModel
from nlptools.lm.report import oddest_lines, table_pieces
from nlptools.lm.stream import score_corpus
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus

FILES = 1500


@pytest.fixture(scope="module")
def texts() -> list[str]:
    rng = random.Random(3)
    return ["".join(rng.choices("天地玄黄宇宙洪荒，。", k=48)) + "\n" for _ in range(FILES)]


@pytest.fixture(scope="module")
def model(texts: list[str]) -> LanguageModel:
    return LanguageModel.from_trie(learn_lm(Corpus.from_texts(texts), order=3))


def scored(paths: list[Path], model: LanguageModel, how: str, odd: bool = False) -> str:
    lines = score_corpus(Corpus(paths), model, workers=1)
    if odd:
        return b"".join(oddest_lines(lines, how)).decode()
    return "".join(table_pieces(lines, how))


def test_many_small_files(texts: list[str], model: LanguageModel, tmp_path: Path) -> None:
    """To open them is what they cost, not to score each and to write its row; the rows are the same."""
    whole = tmp_path / "whole.txt"
    whole.write_text("".join(texts), "utf-8")
    paths = [tmp_path / f"{i:05}.txt" for i in range(FILES)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    expected = scored([whole], model, "tsv").splitlines()
    profile = cProfile.Profile()
    rows = profile.runcall(scored, paths, model, "tsv").splitlines()
    calls = sum(entry.callcount for entry in profile.getstats())
    cells = [row.split("\t") for row in rows]
    assert [row[2:] for row in cells] == [row.split("\t")[2:] for row in expected]
    assert [row[:2] for row in cells[1:]] == [[str(path), "1"] for path in paths]
    # Calls, not seconds, which depend on what else runs: 268 a file, most of them to open it; 438 where the rows of each
    # are made alone, and more where each is scored alone.
    assert calls < 340 * FILES


@pytest.mark.parametrize("how", ["tsv", "jsonl"])
def test_rows_of_files_that_are_formatted_together(
    texts: list[str], model: LanguageModel, tmp_path: Path, how: str
) -> None:
    """Each has its own source and numbers, in both orders; one is empty, and one has a tab."""
    parts = [texts[:2], [], ["天\t地\n"], texts[2:5]]
    paths = [tmp_path / f"{i}.txt" for i in range(len(parts))]
    for path, lines in zip(paths, parts, strict=True):
        path.write_text("".join(lines), "utf-8")
    for odd in (False, True):
        together = scored(paths, model, how, odd).splitlines()
        head = 1 if how == "tsv" else 0
        alone = [row for path in paths for row in scored([path], model, how).splitlines()[head:]]
        if odd:
            assert sorted(together[head:]) == sorted(alone)
        else:
            assert together[head:] == alone
