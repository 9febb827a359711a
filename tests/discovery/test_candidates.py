"""Candidates of method em: what is known of them is the same in memory and in a file."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from nlptools.discovery import candidates
from nlptools.discovery.candidates import list_candidates
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.scores import Frequent, frequent_ngrams, pmi, sides
from nlptools.text.corpus import Corpus


def text(seed: int = 1) -> str:
    rng = random.Random(seed)
    words = ["".join(rng.choices("天地玄黄宇宙洪荒日月", k=rng.randint(1, 4))) for _ in range(40)]
    return "\n".join("".join(rng.choices(words, k=12)) for _ in range(200))


@pytest.fixture(scope="module")
def frequent() -> Frequent:
    return frequent_ngrams(count_ngrams(Corpus.from_texts([text()]), order=5), 3, 4)


def test_columns(frequent: Frequent, tmp_path: Path) -> None:
    found = list_candidates(frequent, 1 << 30, tmp_path)
    records = np.concatenate(list(found.records))
    assert len(records) == sum(len(level) for level in frequent.levels[1:4])
    start = 0
    for n in (2, 3, 4):
        level, beside = frequent.levels[n - 1], sides(frequent, n)
        part = records[start : start + len(level)]
        start += len(level)
        assert found.spell(part) == frequent.counts.texts(n, level.rows)
        assert part["counts"].tolist() == level.counts.tolist()
        assert part["pmi"].tolist() == pmi(frequent, n).tolist()
        assert part["left_entropy"].tolist() == beside.left_entropy.tolist()
        assert part["right_entropy"].tolist() == beside.right_entropy.tolist()


def test_memory_changes_nothing(
    frequent: Frequent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for all, for a part, and for none; in pieces of any size."""
    whole = np.concatenate(list(list_candidates(frequent, 1 << 30, tmp_path).records))
    rows = np.random.default_rng(3).permutation(len(whole))[:50]
    for piece in (1, 7, 1 << 15):
        monkeypatch.setattr(candidates, "_PIECE", piece)
        for room in (0, whole.nbytes // 2):
            found = list_candidates(frequent, room, tmp_path)
            assert found.nbytes == whole.nbytes
            in_memory = sum(
                item.nbytes for item in found.records._items if type(item) is np.ndarray
            )
            assert in_memory <= room
            assert np.array_equal(found.take(rows), whole[rows])
            assert len(found.take(rows[:0])) == 0
            assert next(first for first, _ in found.pieces()) == 0
            places = np.concatenate([at for at, _ in found.among(rows)])
            assert sorted(places.tolist()) == list(range(len(rows)))
