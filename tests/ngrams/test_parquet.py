"""A folder of n-grams is replaced if it is one, and nothing else is in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from nlptools.errors import DataError
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.parquet import MARKER, foreign_names, save_table
from nlptools.text.corpus import Corpus

OWN = [MARKER, "part-00000.parquet"]


@pytest.fixture(scope="module")
def counts() -> NgramCounts:
    return count_ngrams(Corpus.from_texts(["国家标准，国家。"]))


def test_a_table_is_replaced_by_a_table(counts: NgramCounts, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    for _ in range(2):
        save_table(counts, path)
        assert sorted(os.listdir(path)) == OWN
        assert os.listdir(tmp_path) == ["n.parquet"]
        # Spark's files beside them are no reason to refuse.
        for name in ("_SUCCESS", "._SUCCESS.crc", ".part-00000.parquet.crc"):
            (path / name).touch()


def test_what_is_somebody_elses_stays(counts: NgramCounts, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    save_table(counts, path)
    (path / "notes.txt").write_text("mine")
    (path / "sub").mkdir()
    (path / "part-1.parquet").mkdir()  # a folder, whatever it is called
    with pytest.raises(DataError, match="has files that are no n-grams: notes"):
        save_table(counts, path)
    assert (path / "notes.txt").read_text() == "mine"
    assert sorted(os.listdir(path)) == sorted([*OWN, "notes.txt", "part-1.parquet", "sub"])


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", json.dumps({"nlptools": "other"})])
def test_a_description_that_is_not_ours(counts: NgramCounts, tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.parquet"
    path.mkdir()
    (path / MARKER).write_text(text)
    with pytest.raises(DataError, match="is there already, and is no folder of n-grams"):
        save_table(counts, path)
    assert (path / MARKER).read_text() == text


def test_through_a_link(counts: NgramCounts, tmp_path: Path) -> None:
    (tmp_path / "n.parquet").symlink_to("place")
    for _ in range(2):
        save_table(counts, tmp_path / "n.parquet")
        assert (tmp_path / "n.parquet").is_symlink()
        assert sorted(os.listdir(tmp_path / "place")) == OWN


def test_names_of_others() -> None:
    ours = [*OWN, "_SUCCESS", "part-00003-5f1c-c000.zstd.parquet", "._nlptools.json.crc"]
    assert foreign_names(ours) == []
    assert foreign_names([*ours, "b.parquet", "a"]) == ["a", "b.parquet"]
