"""Ids as arrays that are mapped: every document has the ids that it has alone, whatever the sizes of pieces."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from commandline import linux
from tokencases import TINY

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.vocab.idfiles import offsets_path, save_ids, write_ids
from nlptools.vocab.records import tokenize_documents
from nlptools.vocab.tokenizer import WordTokenizer

WORDS = WordTokenizer(TINY)
TEXTS = ["今天天气", "", "非常好\n国家", "魑魅", "好" * 50]


@pytest.mark.parametrize("special", [False, True])
def test_arrays_are_mapped(special: bool, tmp_path: Path) -> None:
    path = tmp_path / "ids.npy"
    assert write_ids(Corpus.from_texts(TEXTS), WORDS, path, special=special) == len(TEXTS)
    ids = np.load(path, mmap_mode="r")
    offsets = np.load(tmp_path / "ids.offsets.npy", mmap_mode="r")
    assert ids.dtype == np.uint16
    assert (offsets.dtype, len(offsets)) == (np.int64, len(TEXTS) + 1)
    ends = [TINY.ids["[CLS]"]], [TINY.ids["[SEP]"]]
    for number, text in enumerate(TEXTS):
        expected = WORDS.encode(text).ids.tolist()
        expected = [*ends[0], *expected, *ends[1]] if special else expected
        assert ids[offsets[number] : offsets[number + 1]].tolist() == expected
    del ids, offsets


def test_batches_leave_no_trace(tmp_path: Path) -> None:
    made = []
    for size in (1, 7, 1 << 18):
        found = tokenize_documents(Corpus.from_texts(TEXTS).documents(size), WORDS, format="ids")
        save_ids(found, tmp_path / "a.npy", np.uint32)
        made.append([(tmp_path / name).read_bytes() for name in ("a.npy", "a.offsets.npy")])
    assert made[0] == made[1] == made[2]


def test_nothing_is_two_empty_arrays(tmp_path: Path) -> None:
    assert write_ids(Corpus.from_texts([]), WORDS, tmp_path / "a.npy") == 0
    assert np.load(tmp_path / "a.npy").tolist() == []
    assert np.load(tmp_path / "a.offsets.npy").tolist() == [0]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes("今天\n".encode() * 1000 + b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        write_ids(Corpus([tmp_path / "bad.txt"]), WORDS, tmp_path / "a.npy")
    assert os.listdir(tmp_path) == ["bad.txt"]


@linux
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.npy")
    reader = os.open(tmp_path / "a.npy", os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(DataError, match="arrays are no pipe"):
            write_ids(Corpus.from_texts(TEXTS), WORDS, tmp_path / "a.npy")
    finally:
        os.close(reader)
    assert os.listdir(tmp_path) == ["a.npy"]


def test_names() -> None:
    assert offsets_path("a/b.NPY") == "a/b.offsets.npy"
    assert offsets_path(Path("ids")) == "ids.offsets.npy"
